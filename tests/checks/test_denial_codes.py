"""The mapping of edits to CARC, RARC and claim status: denial-codes#table."""

import csv
from itertools import chain, product
from typing import Any

import pytest

from claimcheck import Checker, EditMessage
from claimcheck.authoring.check import Check, run_example
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.message import StandardCodes, codes
from claimcheck.readers import reading_edits
from support.judging import on_claim, starter
from support.places import SHARED

CODES = SHARED / "cms" / "codes"


# denial-codes#table in full, row by row: checks; the adjustment reasons, remarks
# and claim statuses that it allows (a blank remark: none); the confidence of the pairing. Rows of one check are
# its cases. Checks of the table that do not exist yet are compared once they do.
TABLE_G = """
FMT-CODE                        | CO-181               | N56 M20 M51    | A7:507               | H
FMT-ENDED FMT-FUTURE            | CO-181               | N56            | A7:507               | H
MOD-INVALID                     | CO-182               | N823           | A7:453               | H
MOD-DUP                         | CO-4                 | N823           | A7:453               | H
MOD-CONFLICT                    | CO-4                 | N519           | A8:453               | M
MOD-MISSING                     | CO-4                 | N822           | A6:453               | M
MOD-EM-ONLY MOD-EM-59           | CO-4                 | N823 N519      | A7:453               | M
MOD-CLAIMTYPE                   | CO-4 CO-282          | N823           | A7:453               | M
MOD-ORDER                       | -                    | -              | A2:20                | M
UNIT-ZERO                       | CO-16                | M53            | A7:476 A6:476        | H
UNIT-FRAC                       | CO-16                | M53            | A7:476               | M
UNIT-MJ                         | CO-16                | M53            | A7:251 A7:659 A7:523 | L
DATE-FUTURE                     | CO-110               | M52            | A7:510               | H
DATE-ORDER                      | CO-16                | M52 M59        | A7:187               | H
DATE-SPAN                       | CO-268               | N61 N63        | A7:773               | H
DATE-TIMELY                     | CO-29                | -              | A3:718               | H
CHG                             | CO-16                | M79            | A7:178 A7:583        | M
DX-PTR                          | CO-16                | M76            | A7:477 A8:477        | H
LINES                           | -                    | -              | A3:121               | L
DX-LAT                          | CO-11                | -              | A8:255 A8:453        | L
POS-INVALID                     | CO-5 CO-58           | M77            | A7:249               | H
POS-TYPE                        | CO-5                 | M77 N79        | A8:249               | M
NPI                             | CO-207 CO-208        | N290 N257 N286 N265 | A7:562               | H
NPI                             | CO-206               | N290 N257 N286 N265 | A6:562 A7:562        | H
TAXONOMY                        | CO-16                | N255 N288      | A7:145               | M
REND-NPI                        | CO-16                | N290           | A6:562               | M
REND-MIX                        | CO-16                | N290           | A2:20                | M
BIRTH                           | CO-16                | N329           | A7:158               | H
SEX-CODE                        | -                    | -              | A7:157               | M
PAYER-ID                        | -                    | -              | A6:153               | M
COB                             | CO-16                | MA04           | A2:20                | L
QUAL-CODE                       | -                    | -              | A7:507               | M
AGE                             | CO-6                 | N129           | A7:475               | H
SEX                             | CO-7                 | -              | A7:474               | H
DUP-LINE                        | OA-18                | - M86          | A3:54                | M
DUP-CLAIM                       | OA-18                | -              | A3:54 A2:20          | M
CLIA                            | CO-16                | MA120          | A6:544 A7:544        | H
QW                              | CO-B7 CO-4           | N822           | A7:453               | M
TELE                            | CO-4                 | N822           | A7:453               | M
TELE                            | CO-5                 | M77            | A8:249               | M
TELE-95                         | CO-5                 | M77            | A8:249               | M
AMB-TRIP                        | CO-4                 | N822           | A6:453               | L
AMB-MILE                        | CO-16                | M53            | A2:20                | L
AMB-BASE                        | CO-107               | -              | A2:20                | L
AMB-ZIP                         | CO-16                | N53            | A6:500 A7:500        | L
CHIRO-AT                        | CO-50                | -              | A6:453               | L
CHIRO-AT-GA                     | CO-4                 | N519           | A8:453               | M
CHIRO-ONLY                      | CO-96                | N425           | A3:23                | M
HOSPICE                         | CO-4                 | N519           | A8:453               | M
FS-PLACE                        | CO-4                 | N519           | A8:453               | M
FS-PLACE                        | CO-5                 | M77            | A8:453               | M
POST55                          | CO-16                | MA130          | A6:187               | L
OR-78                           | CO-97                | -              | A2:20                | L
THER                            | CO-4                 | N822 MA130     | A6:453               | M
ANES                            | CO-4                 | N822           | A6:453               | M
ANES                            | CO-4                 | N519           | A8:453               | M
NDC                             | CO-16                | M119           | A6:218 A7:218        | H
VAX-ADMIN                       | CO-16 CO-181         | N56            | A7:507               | M
VAX-ADMIN2                      | CO-16                | N56            | A7:507               | L
VAX-PAIR                        | -                    | -              | A2:20                | M
DME-RENT                        | CO-4                 | N822           | A7:507               | M
DME-RENT2                       | CO-4                 | N519           | A2:20                | M
DME-CAP                         | CO-4                 | N822           | A7:453               | M
DME-ONE-KX                      | CO-4                 | N519           | A8:453               | M
DME-PAP                         | CO-4                 | N822           | A2:20                | M
DRUG-JWJZ                       | CO-4 CO-16           | N822 MA130     | A6:453               | M
NOC-DESC                        | CO-16                | N350 M51       | A6:306               | M
ORDREF                          | CO-16                | N264 N265 N285 N286 | A6:562 A7:562   | M
ORDREF-LIST                     | CO-16                | N265 N286      | A7:562               | M
ORDREF-LIST                     | CO-183 CO-184        | N574           | A7:562               | M
NPI-EXCLUDED                    | CO-B7                | -              | A3:91                | L
NPI-DEACTIVATED                 | CO-208               | N290 N257 N286 N265 | A7:562               | M
STATUS-X                        | CO-171 CO-170        | N95            | A3:23 A3:454         | L
STATUS-X                        | CO-96                | N448           | A3:23 A3:454         | L
STATUS-N                        | CO-96                | N425           | A3:23 A3:764         | M
STATUS-N                        | PR-96                | N425           | A2:20                | M
STATUS-I                        | CO-16 CO-181         | N56 N657       | A7:507 A3:454        | M
STATUS-B STATUS-P               | CO-97 CO-234         | M15 N19        | A3:735               | M
STATUS-T                        | CO-97                | N20 M80 M14    | A3:735               | M
STATUS-M                        | CO-246               | N620           | A2:20                | H
STATUS-C STATUS-R               | CO-252               | M29 N706       | A2:20                | M
STATUS-E                        | CO-96                | N448           | A2:20                | L
PCTC-26 PCTC-TC ASC-TC          | CO-4                 | N823 N519      | A7:453               | M
PCTC-POS                        | CO-5                 | M97            | A8:249               | M
PCTC-POS                        | CO-97 CO-171         | M96            | A8:249               | M
GLB-25 GLB-57 GLB-POSTOP        | CO-97                | M144 N525      | A3:776               | M
EM-DAY                          | CO-97 CO-B20         | M15            | A3:735               | L
NEW-PT                          | CO-B16               | -              | A3:23                | H
THER-EVAL                       | CO-236               | M80            | A3:735               | L
POST55-GROUP                    | CO-4                 | N519           | A7:453               | L
GLB-SPLIT GLB-RET MULT-51 BILAT-50 | CO-4              | N519 N823      | A7:453               | M
BILAT-UNITS                     | CO-16 CO-151         | M53            | A7:476               | M
IMGFAM                          | CO-59                | - N644         | A2:20                | M
ASST COSURG TEAM                | CO-4                 | N519           | A7:453               | M
ASST COSURG TEAM                | CO-54                | -              | A3:453               | M
ASST COSURG TEAM                | CO-252               | M29            | A2:20                | M
MUE-LINE MUE-DOS                | CO-151               | N362           | A7:476 A3:23         | M
MUE-ZERO                        | CO-96 CO-234         | N56            | A3:454               | L
PTP-0 PTP-1                     | CO-236               | M80 N20 M15    | A3:735 A3:23         | M
AOC-1 AOC-2 AOC-3               | CO-107 CO-B15        | N122 N674      | A3:736               | H
ENDO-BASE                       | CO-97 CO-59          | M15            | A3:735               | M
ASC-ANC                         | CO-107               | N674           | A3:736               | M
ASC-LIST ASC-PROV               | CO-171               | M97 N95        | A3:249               | L
ASC-50                          | CO-4                 | N519           | A7:453               | M
OPPS-REV                        | CO-16 CO-199         | M50            | A6:455 A7:455        | H
"""


def _cases_of(table: str) -> dict[str, list[tuple[StandardCodes, ...]]]:
    """Each check's rows of the table, each as the mappings that it allows."""
    cases: dict[str, list[tuple[StandardCodes, ...]]] = {}
    for row in table.strip().splitlines():
        ids, carcs, rarcs, statuses, confidence = (cell.split() for cell in row.split("|"))
        cells = product(carcs, rarcs, statuses)
        allowed = tuple(codes(*(cell.strip("-") for cell in row), confidence[0]) for row in cells)  # type: ignore[arg-type, call-arg]
        for check in ids:
            cases.setdefault(check, []).append(allowed)
    return cases


CASES_OF_G = _cases_of(TABLE_G)

_DENIED_AS_MEANT = codes("PR-96", "N425", "A2:20")
"""What GY asks for is denied to the patient, as the row of status N says, whichever status it is."""

BESIDE_G = {
    "STATUS-E": [_DENIED_AS_MEANT],
    "STATUS-I": [_DENIED_AS_MEANT, codes("CO-246", "N620", "A2:20", "H")],  # reporting codes, as status M
    "STATUS-P": [_DENIED_AS_MEANT],
    "STATUS-X": [_DENIED_AS_MEANT],
    "DATE-SPAN": [
        codes("CO-16", "M53", "A7:476"),
        codes("CO-16", "N63", "A7:187", "L"),
    ],  # the table: the year alone
    "PCTC-POS": [codes("CO-5", "M77", "A8:249")],  # an interpretation that is paid for inpatients only
    "THER": [codes("CO-4", "N519", "A8:453")],  # a modifier of another discipline
    "ASC-LIST": [codes("CO-97", "", "A2:20")],  # packaged
}
"""Cases of a check that the table does not have: a judgment of ours."""


@pytest.mark.parametrize("check", [check for check in all_checks() if check.id in CASES_OF_G], ids=lambda c: c.id)
def test_table_g(check: Check) -> None:
    """A check is mapped by its first row, and every case of its examples by one of its rows."""
    cases = CASES_OF_G[check.id]
    assert check.codes in cases[0]
    allowed = [*chain(*cases), *BESIDE_G.get(check.id, [])]
    for example in check.examples:
        for finding in run_example(check, example)[0]:
            assert (finding.codes or check.codes) in allowed, example.title


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_categories_are_those_of_g0(check: Check) -> None:
    """A3 content, A6 missing, A7 invalid, A8 two fields at odds; what passes is accepted with a message, A2:20."""
    for mapping in (check.codes, *(f.codes for e in check.examples for f in run_example(check, e)[0] if f.codes)):
        assert mapping.claim_status
        assert mapping.claim_status == ("A2", "20") or mapping.claim_status.category in ("A3", "A6", "A7", "A8")
        is_patients = check.id == "FREQ"  # with GA
        assert mapping.carc is None or mapping.carc.group in ("CO", "OA") or mapping.carc == ("PR", "96") or is_patients
        assert (mapping.claim_status.code == "455") == (check.id == "OPPS-REV")  # revenue codes


def message(check: str, profile: str | None = None, **line: object) -> EditMessage:
    claim = a_claim(a_line(**line))  # type: ignore[arg-type]
    (found,) = [m for m in Checker(profile=profile).check(claim).messages if m.check == check]
    return found


def test_an_assistant_is_mapped_by_the_indicator() -> None:
    never = message("ASST", written="45378-80", pos="22")
    assert (never.carc, never.rarc) == (("CO", "54"), None)
    no_concept = message("ASST", written="77424-80", pos="22")
    assert (no_concept.carc, no_concept.rarc) == (("CO", "4"), "N519")


def test_status_x_outside_a_facility_is_non_covered() -> None:
    assert message("STATUS-X", written="77424", pos="22").carc == ("CO", "171")
    office = message("STATUS-X", written="77424", pos="11")
    assert (office.carc, office.rarc) == (("CO", "96"), "N448")


def test_what_passes_is_accepted_with_a_message() -> None:
    warned = message("STATUS-X", profile="commercial", written="77424", pos="22")
    assert (warned.severity, warned.claim_status) == ("warn", ("A2", "20"))
    informed = message("BILAT-LTRT", written="77424-LT", pos="22")
    assert (informed.severity, informed.claim_status, informed.carc) == ("inform", ("A2", "20"), None)
    denied = message("STATUS-X", written="77424-GY", pos="22")
    assert (denied.carc, denied.claim_status) == (("PR", "96"), ("A2", "20"))


def published(name: str, column: str = "code") -> dict[str, dict[str, str]]:
    with (CODES / name).open(encoding="utf-8", newline="") as rows:
        return {row[column]: row for row in csv.DictReader(rows)}


@pytest.mark.skipif(not CODES.is_dir(), reason=f"no code lists in {CODES}")
def test_codes_are_published_and_none_has_stopped() -> None:
    carcs, rarcs = published("carc_2026-03-10.csv"), published("rarc_2026-03-10.csv")
    used: list[StandardCodes] = [check.codes for check in (*all_checks(), *reading_edits())]
    used += [f.codes for c in all_checks() for e in c.examples for f in run_example(c, e)[0] if f.codes]
    statuses, categories = (
        published("x12_claim_status_508.pyx12.csv"),
        published("x12_claim_status_category_507.pyx12.csv"),
    )
    for mapping in used:
        if mapping.carc:
            assert not carcs[mapping.carc.code]["stop"]
        if mapping.rarc and not mapping.rarc.startswith("MA"):
            assert mapping.rarc in rarcs
        if mapping.claim_status:
            assert mapping.claim_status.category in categories
            code = mapping.claim_status.code
            assert code in statuses or int(code) > max(map(int, statuses))  # the list at hand is an older one


BOOK = starter()


def test_codes_of_single_checks() -> None:
    """G1: ASST=1: CO-54, no RARC. MPPR: CARC 59, no N670. DUP-LINE: OA-18, M86 or none, A3:54. STATUS-X in a
    non-facility POS: CO-96 N448, never M97. CLIA: MA120."""

    def mapped(check: str, *written: str, **fields: Any) -> set[tuple[Any, ...]]:
        found = BOOK.checker.check(on_claim(*written, **fields)).messages
        return {(*(m.carc or ("", "")), m.rarc, *(m.claim_status or ("", ""))) for m in found if m.check == check}

    assert mapped("ASST", "45378-80", pos="22") == {("CO", "54", None, "A3", "453")}
    assert mapped("IMGFAM", "70553", "72148") == {("CO", "59", None, "A2", "20")}
    assert mapped("DUP-LINE", "20610-LT", "20610-LT") == {("OA", "18", None, "A3", "54")}
    for place in ("11", "12", "49"):
        assert mapped("STATUS-X", "77424", pos=place) == {("CO", "96", "N448", "A3", "23")}
    for place in ("21", "22", "24"):
        assert mapped("STATUS-X", "77424", pos=place) == {("CO", "171", "N95", "A3", "23")}
    assert mapped("CLIA", "85025", clia="36-1") == {("CO", "16", "MA120", "A7", "544")}


def test_ma_codes_are_not_validated() -> None:
    """RARC MA codes: dates and many texts in codes/rarc are unusable: do not validate against them."""
    assert [m.rarc for m in BOOK.checker.check(on_claim("85025", clia="36-1")).messages] == ["MA120"]
