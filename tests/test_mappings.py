"""The mapping of edits to CARC, RARC and claim status: table G of the specification, as M4 corrects it."""

import csv
import os
from pathlib import Path

import pytest

from claimcheck import Checker, EditMessage
from claimcheck.checks import all_checks
from claimcheck.examples import a_claim, a_line
from claimcheck.message import Mapping, maps
from claimcheck.sources import reading_edits

SHARED = Path(os.environ.get("CLAIMCHECK_SHARED", Path(__file__).parents[2] / "shared"))
CODES = SHARED / "cms" / "codes"
CHECKS = {check.id: check for check in all_checks()}


@pytest.mark.parametrize(
    ("check", "carc", "rarc", "status", "confidence"),
    [
        ("FMT-CODE", "CO-181", "N56", "A7:507", "H"),
        ("MOD-INVALID", "CO-182", "N823", "A7:453", "H"),
        ("MOD-DUP", "CO-4", "N823", "A7:453", "H"),
        ("MOD-CONFLICT", "CO-4", "N519", "A8:453", "M"),
        ("MOD-CLAIMTYPE", "CO-4", "N823", "A7:453", "M"),
        ("MOD-ORDER", "", "", "A2:20", "M"),
        ("UNIT-ZERO", "CO-16", "M53", "A7:476", "H"),
        ("UNIT-FRAC", "CO-16", "M53", "A7:476", "M"),
        ("DATE-FUTURE", "CO-110", "M52", "A7:510", "H"),
        ("DATE-ORDER", "CO-16", "M52", "A7:187", "H"),
        ("DATE-TIMELY", "CO-29", "", "A3:718", "H"),
        ("DX-PTR", "CO-16", "M76", "A7:477", "H"),
        ("POS-INVALID", "CO-5", "M77", "A7:249", "H"),
        ("NPI", "CO-207", "N290", "A7:562", "H"),
        ("DUP-LINE", "OA-18", "", "A3:54", "M"),
        ("STATUS-X", "CO-171", "N95", "A3:23", "L"),
        ("STATUS-B", "CO-97", "M15", "A3:735", "M"),
        ("STATUS-M", "CO-246", "N620", "A2:20", "H"),
        ("MUE-DOS", "CO-151", "N362", "A7:476", "M"),
        ("MUE-ZERO", "CO-96", "N56", "A3:454", "L"),
        ("ASC-ANC", "CO-107", "N674", "A3:736", "M"),
        ("OPPS-REV", "CO-16", "M50", "A6:455", "H"),
        ("MOD-MISSING", "CO-4", "N822", "A6:453", "M"),
        ("THER", "CO-4", "N822", "A6:453", "M"),
        ("ANES", "CO-4", "N822", "A6:453", "M"),
        ("AGE", "CO-6", "N129", "A7:475", "H"),
        ("SEX", "CO-7", "", "A7:474", "H"),
        ("DX-LAT", "CO-11", "", "A8:255", "L"),
    ],
)
def test_table_g(check: str, carc: str, rarc: str, status: str, confidence: str) -> None:
    assert CHECKS[check].maps == maps(carc, rarc, status, confidence)  # type: ignore[arg-type]


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
    used: list[Mapping] = [check.maps for check in (*all_checks(), *reading_edits())]
    for mapping in used:
        if mapping.carc:
            assert not carcs[mapping.carc.code]["stop"]
        if mapping.rarc and not mapping.rarc.startswith("MA"):
            assert mapping.rarc in rarcs
