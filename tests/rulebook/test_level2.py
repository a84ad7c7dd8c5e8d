"""The codes of HCPCS Level II that come with claimcheck: what ships, and what is published of it."""

import csv
import gzip
import hashlib
import io
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from claimcheck import NotInForce
from claimcheck.rulebook import Absent, Asc, FeeInPart, Opps, Rulebook, Rules
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.level2 import load_level2
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.store import RuleDataError
from support import shipped_level2
from support.places import FIXTURES
from support.published import CMS, in_cms_group, needs_cms

BOOK = Rulebook(load_level2())
LEVEL_2 = re.compile("[A-CE-V][0-9]{4}")
HCPCS = CMS / "hcpcs" / "hcpc2026_jan_anweb_01122026.zip"
RVU = CMS / "rvu"
MUE = CMS / "mue"


def on(day: str) -> Rules:
    return BOOK.on(date.fromisoformat(day))


def knows(ask: Callable[[str], object], code: str) -> bool:
    try:
        ask(code)
    except NotInForce:
        return False
    return True


# What ships.


@needs_cms
@in_cms_group
def test_the_data_are_made_of_what_is_published() -> None:
    shipped = csv.reader(lzma.decompress(shipped_level2.DATA.read_bytes()).decode("ascii").splitlines())
    assert [tuple(row) for row in shipped] == shipped_level2.rows()
    assert hashlib.sha256(shipped_level2.DATA.read_bytes()).hexdigest() in shipped_level2.DECLARED.read_text()


def test_other_data_than_declared_are_refused(tmp_path: Path) -> None:
    (tmp_path / "level2.toml").write_text(shipped_level2.DECLARED.read_text())
    (tmp_path / "level2.csv.xz").write_bytes(lzma.compress(b"codes,A0425,20010101,99991231\n"))
    with pytest.raises(RuleDataError, match=r"level2.toml:1: sha256: found .* make both anew"):
        load_level2(tmp_path)


def test_they_are_small_and_few_are_missing() -> None:
    assert shipped_level2.DATA.stat().st_size < 150_000
    assert len(BOOK.keys("codes")) == 8_623


def test_no_text_of_a_code_ships_and_no_code_of_others() -> None:
    """But the codes that CMS names beside one of Level II, and why it pays no units or for whom an edit is."""
    texts = set()
    for _, code, *more in csv.reader(lzma.decompress(shipped_level2.DATA.read_bytes()).decode("ascii").splitlines()):
        assert LEVEL_2.fullmatch(code)
        texts |= {text for text in more if not re.fullmatch("[A-Z0-9 ?]*", text)}
    assert texts == {
        "CMS Policy",
        "Clinical: CMS Workgroup",
        "Clinical: Data",
        "Code Descriptor / CPT Instruction",
        "Compounded Drug Policy",
        "Contractor Defined Primary Codes",
        "Drug discontinued",
        "Nature of Equipment",
        "Oral Medication; Not Payable",
        "Published Contractor Policy",
    }


# What is published of it, read by code of this file's own.


def rows_of(path: Path, member: str = "") -> Iterator[list[str]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (name,) = (name for name in archive.namelist() if re.search(member, name))
            text = archive.read(name).decode("latin-1")
    else:
        text = path.read_text()
    yield from csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")))


@cache
def statuses(release: str) -> dict[str, str]:
    (path,) = RVU.glob(f"{release.lower()}[_.-]*zip")
    rows = rows_of(path, r"(?i)pprrvu.*\.csv$")
    return {row[0]: row[3] for row in rows if row and LEVEL_2.fullmatch(row[0]) and not row[1].strip()}


@cache
def limits(pattern: str) -> dict[str, tuple[int, int]]:
    (path,) = MUE.glob(pattern)
    rows = rows_of(path, r"\.csv$")
    return {row[0]: (int(row[1]), int(row[2][0])) for row in rows if row and LEVEL_2.fullmatch(row[0])}


@cache
def file_of_hcpcs() -> dict[str, tuple[str, str]]:
    """The first and last day of each code."""
    with zipfile.ZipFile(HCPCS) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("ANWEB_01122026.txt"))
        lines = archive.read(name).decode("latin-1").splitlines()
    return {line[:5]: (line[268:276].strip(), line[284:292].strip()) for line in lines if line[10:11] == "3"}


@needs_cms
@pytest.mark.parametrize(
    ("release", "day"),
    [
        ("RVU20A", "2020-01-01"), ("RVU20B", "2020-06-30"), ("RVU20C", "2020-07-01"), ("RVU20D", "2020-12-31"),
        ("RVU21A", "2021-01-01"), ("RVU21B", "2021-06-30"), ("RVU21C", "2021-07-01"), ("RVU21D", "2021-12-31"),
        ("RVU22A", "2022-01-01"), ("RVU22B", "2022-06-30"), ("RVU22C", "2022-07-01"), ("RVU22D", "2022-12-31"),
        ("RVU23A", "2023-01-01"), ("RVU23B", "2023-06-30"), ("RVU23C", "2023-07-01"), ("RVU23D", "2023-12-31"),
        ("RVU24A", "2024-03-08"), ("RVU24AR", "2024-03-09"), ("RVU24B", "2024-06-30"), ("RVU24C", "2024-07-01"),
        ("RVU24D", "2024-12-31"), ("RVU25A", "2025-01-01"), ("RVU25B", "2025-06-30"), ("RVU25C", "2025-07-01"),
        ("RVU25D", "2025-12-31"),
    ],
)  # fmt: skip
def test_every_status_is_the_releases(release: str, day: str) -> None:
    rules, published = on(day), statuses(release)
    assert len(published) > 4_000
    for code in {*published, *file_of_hcpcs()}:
        row = rules.fee(code)
        assert row.source.startswith(f"{release} {code}")
        assert (row.status if row else None) == published.get(code), code


@needs_cms
@pytest.mark.parametrize(
    ("setting", "pattern", "day"),
    [
        ("professional", "MCR_MUE_PractitionerServices_Eff_04-01-2024*.zip", "2024-06-30"),
        ("professional", "MCR_MUE_PractitionerServices_Eff_07-01-2024*.zip", "2024-07-01"),
        ("professional", "*2026-q2-practitioner*.zip", "2026-04-01"),
        ("asc", "*2026-q2-practitioner*.zip", "2026-04-01"),
        ("professional", "MCR_MUE_PractitionerServices_Eff_07-01-2026.rebuilt.csv", "2026-09-30"),
        ("outpatient", "MCR_MUE_OutpatientHospitalServices_Eff_04-01-2024*.zip", "2024-04-01"),
        ("outpatient", "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2024*.zip", "2024-09-30"),
        ("outpatient", "*2026-q2-facility-outpatient*.zip", "2026-06-30"),
        ("dme", "MCR_MUE_DMESupplierServices_Eff_04-01-2024*.zip", "2024-04-01"),
        ("dme", "MCR_MUE_DMESupplierServices_Eff_07-01-2024*.zip", "2024-09-30"),
        ("dme", "*2026-q2-dme*.zip", "2026-06-30"),
    ],
)
def test_every_limit_is_the_releases(setting: str, pattern: str, day: str) -> None:
    rules, published = on(day), limits(pattern)
    assert len(published) > 2_500
    for code in {*published, *file_of_hcpcs()}:
        limit = rules.mue(code, setting)
        assert ((limit.units, limit.mai) if limit else None) == published.get(code), code


@needs_cms
def test_between_two_releases_a_limit_holds_where_they_agree() -> None:
    rules = on("2025-03-10")
    before, after = (
        limits(pattern)
        for pattern in ("MCR_MUE_PractitionerServices_Eff_07-01-2024*.zip", "*2026-q2-practitioner*.zip")
    )
    for code, (_, ended) in file_of_hcpcs().items():
        agree = before.get(code) == after.get(code) and not (ended and ended < "20250310")
        if agree:
            limit = rules.mue(code, "professional")
            assert ((limit.units, limit.mai) if limit else None) == before.get(code)
        elif before.get(code) != after.get(code):
            assert not knows(lambda c: rules.mue(c, "professional"), code)


@needs_cms
@pytest.mark.parametrize("day", ["2015-01-01", "2020-02-29", "2024-04-01", "2026-03-31"])
def test_a_code_is_valid_between_its_dates(day: str) -> None:
    rules, number = on(day), day.replace("-", "")
    for code, (added, ended) in file_of_hcpcs().items():
        assert bool(rules.code(code)) == ((added or "0") <= number <= (ended or "9")), code
        past = rules.ended(code)
        assert (past is not None) == bool(ended and ended < number)


@needs_cms
def test_what_is_at_hand_in_part_says_nothing_by_its_silence() -> None:
    rules = on("2026-08-03")
    with (CMS / "opps" / "opps_addendum_b_2026Q3.rebuilt.csv").open(newline="") as file:
        addendum_b = {
            row["hcpcs"]: row["status_indicator"] for row in csv.DictReader(file) if row["release"] == "2026Q3"
        }
    with (CMS / "rvu" / "pfs_2026_payable_codes.rebuilt.csv").open(newline="") as file:
        payable = {row["code"]: row["status_2026B"] for row in csv.DictReader(file) if row["global_2026A"]}
    judged = 0
    for code in file_of_hcpcs():
        if knows(rules.opps, code):
            row = rules.opps(code)
            assert isinstance(row, Opps) and row.status == addendum_b[code]
            judged += 1
        else:  # S1 is not among the indicators that were known when this was written
            assert addendum_b.get(code, "S1") == "S1"
        if knows(rules.fee, code):
            fee = rules.fee(code)
            assert isinstance(fee, FeeInPart) and fee.status == payable[code]
        assert not knows(rules.fee, code) or code in payable
        assert not knows(rules.code, code), "the file of January says nothing of the summer"
    assert judged > 6_000


@needs_cms
def test_the_pairs_are_all_those_of_two_such_codes() -> None:
    rules = on("2026-08-03")
    found = {}
    with gzip.open(CMS / "ptp" / "ptp_practitioner_2026Q3.active.no-dates.tsv.gz", "rt") as lines:
        next(lines)
        for line in lines:
            one, other, indicator = line.rstrip("\n").split("\t")
            if LEVEL_2.fullmatch(one) and LEVEL_2.fullmatch(other):
                found[one, other] = indicator
    codes = frozenset({code for pair in found for code in pair})
    among = rules.pairs_among(codes, "professional")
    assert not among.unknown
    said = {(one, other): i for (other, i), ones in among.column1s.items() for one in ones}
    assert said == found and len(found) > 1_000


# How it is looked up.


def test_a_pair_with_another_code_is_not_judged() -> None:
    for day in ("2024-08-14", "2026-08-03"):
        assert on(day).pairs_among(frozenset({"G0439", "99213"}), "professional").unknown
        assert not knows(lambda code, day=day: on(day).pair(code, "99213", "professional"), "G0439")  # type: ignore[misc]
    assert not on("2026-08-03").pairs_among(frozenset({"G0439", "J1885"}), "professional").unknown


@pytest.mark.parametrize("code", ["99213", "D0120", "0001U", "ZZZZZ", "X0000"])
@pytest.mark.parametrize("day", ["2024-08-14", "2025-01-01", "2026-08-03"])
def test_of_other_codes_nothing_is_known(code: str, day: str) -> None:
    rules = on(day)
    for ask in (rules.fee, rules.opps, rules.asc, rules.code, rules.primaries):
        assert not knows(ask, code)
    for setting in ("professional", "outpatient", "dme"):
        assert not knows(lambda c, setting=setting: rules.mue(c, setting), code)  # type: ignore[misc]
    assert rules.coverage("mue_practitioner", code) == "in part"
    assert open_book_below().on(date.fromisoformat(day)).coverage("mue_practitioner", code) == "none"


def open_book_below() -> Rulebook:
    """The store as it is opened under a rule book: such as may have a code alone answers for it."""
    (store,) = (store for store in open_book("starter").stores if store.of("cross_references"))
    return Rulebook(store)


def test_a_row_names_the_release_of_its_day() -> None:
    assert on("2024-03-09").fee("G2211").source == "RVU24AR G2211"
    assert on("2026-08-03").mue("J1885", "professional").source == "MUE practitioner 2026 Q3 J1885"
    assert on("2026-03-31").mue("J1885", "professional").source == (
        "MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: J1885"
    )
    assert on("2020-02-01").fee("E0601") == Absent("RVU20A E0601 (not listed)")
    assert on("2026-08-03").asc("J1885") == Asc("BB", "K2", "ASC Addenda 2026 July J1885")


def test_a_code_that_ended_has_its_successor() -> None:
    book = open_book("starter").on(date(2026, 8, 3))
    ended = book.ended("J1030")
    assert ended and ended.ended == date(2024, 3, 31)
    assert book.replacing("cross_references", "C9001") is None
    assert book.replacing("successors", "J1030")


def test_a_book_of_ones_own_wins(tmp_path: Path) -> None:
    own = tmp_path / "book.sqlite"
    add(own, [FIXTURES / "cms" / "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"], partial=True)
    table = open_book(own).on(date(2026, 4, 1))
    listed = [str(key) for key in Rulebook(open_book(own).stores[0]).keys("mue_practitioner")]
    assert listed
    for code in listed:
        row = table.mue(code, "professional")
        assert row == Rulebook(open_book(own).stores[0]).on(date(2026, 4, 1)).mue(code, "professional")
    assert table.mue("J1885", "professional"), "what it lacks comes along"
