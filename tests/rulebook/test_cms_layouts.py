"""The layouts that CMS publishes, each in a file of a few rows (fixtures/cms): known by what is in them whatever
they are called, and read back row by row, with the file and the line that they stand in."""

import csv
import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console
from xlsxwriter import Workbook

from claimcheck.catalog.code_pages import code_page
from claimcheck.rulebook import (
    Absent,
    AddOn,
    Asc,
    CodeDates,
    Fee,
    Listed,
    Modifier,
    Mue,
    NotInForce,
    Opps,
    Pair,
    Release,
    Rulebook,
    Rules,
    Store,
)
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.comparing import Difference, differences
from claimcheck.rulebook.inspecting import verify
from claimcheck.rulebook.starter import load
from claimcheck.rulebook.store import Source
from claimcheck.rulebook.tables.ncci import PAIR_TABLES
from claimcheck.rulebook.tables.payment import Carrier, DrugLimit, Package, Supply
from support.places import ROOT

FIXTURES = ROOT / "fixtures" / "cms"
DAY = timedelta(days=1)

PFS_25, PFS_25_TEXT, PFS_25_CR = "PPRRVU25_JAN.csv", "PPRRVU25_JAN.txt", "PPRRVU2025_Jul.csv"
PFS_24A, PFS_24AR = "rvu24a-PPRRVU24_JAN.csv", "rvu24ar-PPRRVU24_JAN.csv"
PFS_26, PFS_26_QPP, PFS_26_TEXT = "PPRRVU2026_Jul_nonQPP.csv", "PPRRVU2026_Jul_QPP.csv", "PPRRVU2026_Jul_nonQPP.txt"
MUE_PRACTITIONER = "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"
MUE_OUTPATIENT = "MCR_MUE_OutpatientHospitalServices_Eff_04-01-2026.csv"
MUE_DME = "MCR_MUE_DMESupplierServices_Eff_04-01-2026.csv"
PTP = [f"ccipra-v322r0-f{n}.txt" for n in range(1, 5)]
PTP_HOSPITAL = "ccioph-v322r0-f1.txt"
AOC_TEXT, AOC_TAB = "AOC_V2026Q2-MCR.txt", "AOC_V2026Q2-MCR-tab.txt"
ADDENDUM_B = "2025 NFRM Addendum B.11122024.txt"
ASC_AA, ASC_BB, ASC_DD1, ASC_EE = (f"508-Version-Jan-2025-ASC-{name}.csv" for name in ("AA", "BB", "DD1", "EE"))
HCPCS_TEXT, HCPCS_CSV = "HCPC2026_JAN_ANWEB.txt", "HCPC2026_JAN_ANWEB.csv"
DMEPOS, CLFS = "DMEPOS_JAN_2025.csv", "CLFS 2025 Q1V1.csv"
ASP = "section 508 version of Jan 2025 ASP Pricing File.csv"
NDC = "section 508 version of October 2026 ASP NDC-HCPCS Crosswalk.csv"
PORTAL, TELEHEALTH = "indicators2026-10-07-2026.csv", "List of Telehealth Services CY 2026.txt"
ZIP5 = "ZIP5_OCT2025.txt"


class Layout(NamedTuple):
    """A file: what it does not say itself, and its releases: table, name, first and last day, rows."""

    told: Told | None
    releases: list[tuple[str, str, date, date, int]]


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


def ptp_layout(table: str, first: str, rows: int) -> Layout:
    name = f"PTP {table.removeprefix('ptp_')} 2026 Q3"
    return Layout(Told(table, date(2026, 7, 1)), [(table, name, *days(first, "2026-09-30"), rows)])


JANUARY_25, JULY_25, JULY_26 = (
    days("2025-01-01", "2025-03-31"),
    days("2025-07-01", "2025-09-30"),
    days("2026-07-01", "2026-09-30"),
)
OCTOBER_26 = days("2026-10-01", "2026-12-31")
APRIL_26, YEAR_25 = days("2026-04-01", "2026-06-30"), days("2025-01-01", "2025-12-31")
Q2_26 = Told(first=date(2026, 4, 1))
AOC = Layout(Q2_26, [("add_on", "AOC 2026 Q2", *days("2013-04-01", "2026-06-30"), 13)])
HCPCS = Layout(
    Told(first=date(2026, 1, 1)),
    [
        # From the day on which the oldest of its rows begins.
        ("codes", "HCPCS 2026 January", *days("1986-01-01", "2026-03-31"), 8),
        ("modifiers", "HCPCS 2026 January", *days("2002-07-01", "2026-03-31"), 4),
        ("cross_references", "HCPCS 2026 January", *days("2024-01-01", "2026-03-31"), 1),
    ],
)
LAYOUTS = {
    PFS_25: Layout(None, [("fee_schedule", "RVU25A", *JANUARY_25, 15)]),
    PFS_25_TEXT: Layout(Told(first=date(2025, 1, 1)), [("fee_schedule", "RVU25A", *JANUARY_25, 15)]),
    PFS_25_CR: Layout(None, [("fee_schedule", "RVU25C", *JULY_25, 10)]),
    # Both say January: the law changed the conversion factor on 9 March.
    PFS_24A: Layout(None, [("fee_schedule", "RVU24A", *days("2024-01-01", "2024-03-08"), 7)]),
    PFS_24AR: Layout(None, [("fee_schedule", "RVU24AR", *days("2024-03-09", "2024-03-31"), 7)]),
    PFS_26: Layout(None, [("fee_schedule", "RVU26C", *JULY_26, 8)]),
    PFS_26_QPP: Layout(None, [("fee_schedule", "RVU26C", *JULY_26, 8)]),
    PFS_26_TEXT: Layout(Told(first=date(2026, 7, 1)), [("fee_schedule", "RVU26C", *JULY_26, 8)]),
    MUE_PRACTITIONER: Layout(Q2_26, [("mue_practitioner", "MUE practitioner 2026 Q2", *APRIL_26, 10)]),
    MUE_OUTPATIENT: Layout(Q2_26, [("mue_outpatient", "MUE outpatient 2026 Q2", *APRIL_26, 8)]),
    MUE_DME: Layout(Q2_26, [("mue_dme", "MUE DME 2026 Q2", *APRIL_26, 6)]),
    PTP[0]: ptp_layout("ptp_practitioner", "1996-01-01", 11),
    PTP[1]: ptp_layout("ptp_practitioner", "2000-01-01", 5),
    PTP[2]: ptp_layout("ptp_practitioner", "1996-01-01", 5),
    PTP[3]: ptp_layout("ptp_practitioner", "2005-07-01", 6),
    PTP_HOSPITAL: ptp_layout("ptp_outpatient", "1996-01-01", 6),
    AOC_TEXT: AOC,
    AOC_TAB: AOC,
    ADDENDUM_B: Layout(None, [("opps", "OPPS Addendum B 2025", *YEAR_25, 12)]),
    ASC_AA: Layout(None, [("asc", "ASC Addenda 2025 January", *YEAR_25, 6)]),
    ASC_BB: Layout(None, [("asc", "ASC Addenda 2025 January", *YEAR_25, 5)]),
    ASC_DD1: Layout(None, [("asc_indicators", "ASC Addendum DD1 2025 January", *YEAR_25, 13)]),
    ASC_EE: Layout(None, [("asc_excluded", "ASC Addendum EE 2025 January", *YEAR_25, 5)]),
    HCPCS_TEXT: HCPCS,
    HCPCS_CSV: HCPCS,
    DMEPOS: Layout(None, [("dmepos", "DMEPOS 2025 Q1", *JANUARY_25, 8)]),
    CLFS: Layout(Told(first=date(2025, 1, 1)), [("laboratory_fees", "CLFS 2025 Q1", *JANUARY_25, 6)]),
    ASP: Layout(None, [("asp", "ASP 2025 Q1", *JANUARY_25, 7)]),
    NDC: Layout(None, [("ndc_crosswalk", "NDC crosswalk 2026 Q4", *OCTOBER_26, 5)]),
    PORTAL: Layout(Told(first=date(2026, 10, 1)), [("fee_schedule", "PFS portal 2026 Q4", *OCTOBER_26, 8)]),
    TELEHEALTH: Layout(None, [("telehealth", "Telehealth list 2026", *days("2026-01-01", "2026-12-31"), 5)]),
    ZIP5: Layout(None, [("carriers", "ZIP5 2025 Q4", *days("2025-10-01", "2025-12-31"), 5)]),
}
UNNAMED = [name for name, layout in LAYOUTS.items() if layout.told]
"""Those that need CMS's name for the file, or to be told."""


def book_of(folder: Path, *files: Path, told: Told | None = None) -> tuple[Store, Report]:
    book = folder / "rules.sqlite"
    report = add(book, files, told, partial=True)
    return Store.open(book), report


def store_of(folder: Path, *files: Path, told: Told | None = None) -> Store:
    return book_of(folder, *files, told=told)[0]


def rules_of(store: Store, day: str) -> Rules:
    return Rulebook(store).on(date.fromisoformat(day))


def refusal(folder: Path, *files: Path, told: Told | None = None, partial: bool = True) -> str:
    book = folder / "rules.sqlite"
    with pytest.raises(InvalidSourceFile) as caught:
        add(book, files, told, partial=partial)
    assert not book.exists()
    return str(caught.value)


def shown(store: Store) -> list[tuple[str, str, date, date, int]]:
    return [(r.table, r.name, r.first, r.last, r.rows) for r in store.releases]


def copied(name: str, to: Path) -> Path:
    return Path(shutil.copy(FIXTURES / name, to))


def unlike(one: Store, other: Store) -> list[Difference]:
    """What two books say differently, release by release."""
    assert shown(one) == shown(other)
    return [d for a, b in zip(one.releases, other.releases, strict=True) for d in differences(one, a, other, b)]


def cells(name: str) -> list[list[str]]:
    """The rows of a separated fixture."""
    text = (FIXTURES / name).read_bytes().decode("latin-1")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if name.endswith(".txt") else ","))


def separated(path: Path, rows: Iterable[Sequence[str]], end: str = "\r\n") -> Path:
    with path.open("w", encoding="latin-1", newline="") as stream:
        csv.writer(stream, delimiter="\t" if path.suffix == ".txt" else ",", lineterminator=end).writerows(rows)
    return path


def workbook(path: Path, *sheets: Sequence[Sequence[str]], numbers: bool = False, names: Sequence[str] = ()) -> Path:
    """An XLSX file; with ``numbers`` as a spreadsheet has it that took for a number whatever looks like one."""
    with Workbook(path, {"strings_to_numbers": numbers, "strings_to_formulas": False}) as book:
        for place, rows in enumerate(sheets):
            sheet = book.add_worksheet(names[place] if names else None)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    (sheet.write if numbers else sheet.write_string)(number, column, cell.replace("\xff", "\xa0"))
    return path


# Known by content.


@pytest.mark.parametrize("name", LAYOUTS)
def test_known_by_content_whatever_its_name(tmp_path: Path, name: str) -> None:
    of_year = name in (ADDENDUM_B, ASC_DD1, ASC_EE)  # whose titles tell the year; the quarter must be told
    odd = copied(name, tmp_path / "download(3).dat")
    told = Told(first=date(2025, 1, 1)) if of_year else LAYOUTS[name].told
    named = [(t, f"{n} January" if name == ADDENDUM_B else n, *rest) for t, n, *rest in LAYOUTS[name].releases]
    assert shown(store_of(tmp_path, odd, told=told)) == named
    if of_year:
        (tmp_path / "unasked").mkdir()
        assert "Pass --first" in refusal(tmp_path / "unasked", odd)


@pytest.mark.parametrize("name", LAYOUTS)
def test_its_name_says_the_rest(tmp_path: Path, name: str) -> None:
    assert shown(store_of(tmp_path, FIXTURES / name)) == LAYOUTS[name].releases


@pytest.mark.parametrize(
    ("name", "called", "release", "first", "last"),
    [
        (PFS_25_TEXT, "PPRRVU2023_Oct.txt", "RVU23D", "2023-10-01", "2023-12-31"),
        (PFS_25_TEXT, "PPRRVU23_APR.txt", "RVU23B", "2023-04-01", "2023-06-30"),
        (PFS_26_TEXT, "rvu26a.txt", "RVU26A", "2026-01-01", "2026-03-31"),
        (MUE_DME, "MCR_MUE_DMESupplierServices_Eff_10-01-2025.csv", "MUE DME 2025 Q4", "2025-10-01", "2025-12-31"),
        (MUE_DME, "medicare-ncci-2024-q1-dme.csv", "MUE DME 2024 Q1", "2024-01-01", "2024-03-31"),
        (PTP_HOSPITAL, "ccioph-v313r1-f1.txt", "PTP outpatient 2025 Q4", "2025-10-01", "2025-12-31"),
        (PTP_HOSPITAL, "ccioph-v300r0.txt", "PTP outpatient 2024 Q1", "2024-01-01", "2024-03-31"),
        (AOC_TEXT, "AOC_V2025Q4-MCR.txt", "AOC 2025 Q4", "2025-10-01", "2025-12-31"),
        (HCPCS_TEXT, "HCPC2026_OCT_ANWEB.txt", "HCPCS 2026 October", "2026-10-01", "2026-12-31"),
        (HCPCS_CSV, "HCPC2025_APR_ANWEB_v2.csv", "HCPCS 2025 April", "2025-04-01", "2025-06-30"),
        (CLFS, "25clabq3v2.csv", "CLFS 2025 Q3", "2025-07-01", "2025-09-30"),
        (CLFS, "PUF_CLFS_CY2025_Q4V1.csv", "CLFS 2025 Q4", "2025-10-01", "2025-12-31"),
    ],
)
def test_the_quarter_in_a_name(tmp_path: Path, name: str, called: str, release: str, first: str, last: str) -> None:
    store = store_of(tmp_path, copied(name, tmp_path / called))
    assert {(r.name, r.published, r.last) for r in store.releases} == {(release, *days(first, last))}


@pytest.mark.parametrize("name", UNNAMED)
def test_what_neither_says_is_asked(tmp_path: Path, name: str) -> None:
    odd = copied(name, tmp_path / "download(3).dat")
    said = refusal(tmp_path, odd)
    assert said.startswith("download(3).dat: names n")
    if name.startswith("cci"):
        assert "Pass --table ptp_practitioner or ptp_outpatient" in said
        said = refusal(tmp_path, odd, told=Told(table="ptp_practitioner"))
    assert "Pass --first" in said


@pytest.mark.parametrize("name", UNNAMED)
def test_the_days_told_win(tmp_path: Path, name: str) -> None:
    told = LAYOUTS[name].told
    assert told
    told = Told(told.table, told.first, date(2026, 12, 24))
    assert {r.last for r in store_of(tmp_path, FIXTURES / name, told=told).releases} == {date(2026, 12, 24)}


def test_pairs_are_of_no_other_table(tmp_path: Path) -> None:
    assert "--table is mue_dme, expected ptp_" in refusal(tmp_path, FIXTURES / PTP[0], told=Told("mue_dme"))


@pytest.mark.parametrize(
    ("called", "possible"),
    [
        ("indicators2024B-09-18-2024.csv", "--first 2024-07-01 or --first 2024-10-01"),
        ("indicators2025-09-23-2025.csv", "--first 2025-07-01 or --first 2025-10-01"),
        ("indicators2026-02-10-2026.csv", "--first 2026-01-01 or --first 2026-04-01"),
        ("indicators2023-09-28.csv", "--first 2023-07-01 or --first 2023-10-01"),
    ],
)
def test_the_portals_file_may_be_of_the_next_quarter(tmp_path: Path, called: str, possible: str) -> None:
    """As that of 2025-09-23 is: it has the rows of RVU25D."""
    file = copied(PORTAL, tmp_path / called)
    assert refusal(tmp_path, file).endswith(f"Pass {possible}")
    first = date.fromisoformat(possible[-10:])
    assert "but --first is" in refusal(tmp_path, file, told=Told(first=date(2019, 1, 1)))
    [release] = store_of(tmp_path, file, told=Told(first=first)).releases
    assert (release.first, release.name) == (first, f"PFS portal {first.year} Q{(first.month + 2) // 3}")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("indicators2026-12-19-2025.csv", "PFS portal 2026 Q1"),
        ("indicators2025-01-14-2026.csv", "PFS portal 2025 Q4"),
        ("indicators2025-11-03-2025.csv", "PFS portal 2025 Q4"),
    ],
)
def test_some_days_tell_the_quarter_of_the_portals_file(tmp_path: Path, called: str, name: str) -> None:
    assert [release.name for release in store_of(tmp_path, copied(PORTAL, tmp_path / called)).releases] == [name]


def test_a_day_that_there_is_not_in_the_name_of_the_portals_file(tmp_path: Path) -> None:
    file = copied(PORTAL, tmp_path / "indicators2026-13-41-2026.csv")
    assert "has indicators2026-13-41-2026 in its name, which has no such day" in refusal(tmp_path, file)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_quarters_own_file_wins_over_the_portals(tmp_path: Path, order: tuple[int, int]) -> None:
    """Whichever is added first; for the other codes the portal's is asked."""
    header, *rows = cells(PFS_26)
    kept = [row for row in rows if row[0] != "93306"]
    values = [[cell if cell != "11.04" else "12.34" for cell in row] for row in kept]
    values[0][2] = "2026 National Physician Fee Schedule Relative Value File October Release"
    files = [separated(tmp_path / "PPRRVU2026_Oct.csv", [header, *values]), FIXTURES / PORTAL]
    files[0].write_bytes(files[0].read_bytes().replace(b"File July Release", b"File October Release"))
    rules = rules_of(store_of(tmp_path, *(files[at] for at in order)), "2026-11-15")
    assert rules.fee("43239").source == "RVU26D 43239"
    assert rules.fee("93306").source == "PFS portal 2026 Q4 93306"


def test_the_portals_rows_are_those_of_the_quarters_file(tmp_path: Path) -> None:
    """But for the conversion factor each code stands there once."""
    portal, own = store_of(tmp_path / "a", FIXTURES / PORTAL), store_of(tmp_path / "b", FIXTURES / PFS_26)
    assert list(differences(own, own.releases[0], portal, portal.releases[0])) == []


def test_the_file_of_the_other_conversion_factor_need_not_have_all_codes(tmp_path: Path) -> None:
    archive, (top, *rows) = tmp_path / "rvu26c.zip", cells(PFS_26_QPP)
    fewer = separated(tmp_path / PFS_26_QPP, [top, *(row for row in rows if row[3] not in ("I", "J", "X"))])
    with zipfile.ZipFile(archive, "w") as files:
        files.write(fewer, PFS_26_QPP)
        files.write(FIXTURES / PFS_26, PFS_26)
    store, report = book_of(tmp_path, archive)
    assert shown(store) == LAYOUTS[PFS_26].releases
    assert f"agrees: rvu26c.zip: {PFS_26_QPP} with rvu26c.zip: {PFS_26}" in report.notes


def test_nine_digit_zip_codes_are_left_out(tmp_path: Path) -> None:
    nine = (FIXTURES / ZIP5).read_text().replace("0 A   ", "11234 ")
    (tmp_path / "ZIP9_OCT2025.txt").write_text(nine)
    assert "Add that of five digits (ZIP5)" in refusal(tmp_path, tmp_path / "ZIP9_OCT2025.txt")


def test_a_newer_telehealth_list_governs_its_own_year_alone(tmp_path: Path) -> None:
    """Under it is what comes with claimcheck, of earlier years."""
    under = load()
    book = Rulebook(store_of(tmp_path, FIXTURES / TELEHEALTH), *under.stores)
    assert book.on(date(2026, 3, 1)).listed("telehealth", "0362T").source == "Telehealth list 2026 0362T"
    earlier = date(2025, 3, 1)
    assert book.on(earlier).listed("telehealth", "99213") == under.on(earlier).listed("telehealth", "99213")


def test_the_packages_of_a_drug_are_on_its_page(tmp_path: Path) -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(code_page(Rulebook(store_of(tmp_path, FIXTURES / NDC)), "J9035", date(2026, 10, 1)))
    page = capture.get()
    assert re.search("50242006001 +10 units +of 10 MG each", page) and "source: NDC crosswalk 2026 Q4" in page


def test_each_release_cites_what_cms_calls_it(tmp_path: Path) -> None:
    files = [FIXTURES / name for name in (PFS_25, MUE_DME, PTP_HOSPITAL, AOC_TAB, ADDENDUM_B, ASC_EE, HCPCS_CSV)]
    titles = {release.table: release.citation.title for release in store_of(tmp_path, *files).releases}
    assert titles == {
        "fee_schedule": "Medicare Physician Fee Schedule Relative Value File, January 2025",
        "mue_dme": "Medicare NCCI Medically Unlikely Edits, DME supplier services, April 2026",
        "ptp_outpatient": "Medicare NCCI procedure-to-procedure edits, 2026 Q3, version 32.2 revision 0",
        "add_on": "Medicare NCCI add-on code edits, 2026 Q2",
        "opps": "OPPS Addendum B, CY 2025, final rule",
        "asc_excluded": "ASC Addendum EE, CY 2025 January",
        "codes": "HCPCS Level II file, 2026 January",
        "cross_references": "HCPCS Level II file, 2026 January",
        "modifiers": "HCPCS Level II file, 2026 January",
    }


def test_a_quarterly_addendum_is_named_by_its_month(tmp_path: Path) -> None:
    """Its title says the year alone: an update stands till the year ends."""
    file = copied(ADDENDUM_B, tmp_path / "July_2025_Web_Addendum_B.txt")
    assert shown(store_of(tmp_path, file)) == [("opps", "OPPS Addendum B 2025 July", JULY_25[0], YEAR_25[1], 12)]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        # The quarter's changes, without their dates.
        (
            [["Invented notice", "", ""], ["Column 1", "Column 2", "Modifier\nIndicator"], ["0008U", "0441U", "1"]],
            "Add the complete table",
        ),
        # What rates were calculated on.
        (
            [["", "Data Addendum B.-Data Status Indicators", ""], ["HCPCS Code", "x", "SI"], ["0001F", "", "E1"]],
            "rates",
        ),
        # Medicaid's limits have no adjudication indicator.
        ([["HCPCS/CPT Code", "Practitioner Services MUE Values", "MUE Rationale"], ["0001U", "1", "x"]], "Medicaid"),
        ([["Column 1", "Column 2", "Effective", "Deletion"], ["0008U", "0441U", "20240101", "*"]], "columns differ"),
        ([["HCPC", "SEQNUM", "RECID", "BETOS"], ["A0428", "0010", "3", "O1A"]], "has no column COV"),
        ([["Contractor", "Locality"], ["10112", "00"]], "no table found that claimcheck reads"),
    ],
)
def test_a_look_alike_is_refused(tmp_path: Path, rows: list[list[str]], why: str) -> None:
    assert why in refusal(
        tmp_path, separated(tmp_path / "ccipra-v322r0-f1.txt", rows), told=Told(first=date(2026, 7, 1))
    )


# Read back.

FEE_43239 = Fee(
    status="A",
    pctc="0",
    global_days="000",
    multiple="3",
    bilateral="0",
    assistant="1",
    co_surgeon="0",
    team="0",
    supervision="09",
    imaging_family="99",
    endoscopic_base="43235",
    preoperative="0.00",
    intraoperative="0.00",
    postoperative="0.00",
    work_rvu="2.39",
    non_facility_rvu="11.04",
    facility_rvu="4.10",
)
FEE_27447 = Fee(
    status="A",
    pctc="0",
    global_days="090",
    multiple="2",
    bilateral="1",
    assistant="2",
    co_surgeon="1",
    team="0",
    supervision="09",
    imaging_family="99",
    endoscopic_base="",
    non_facility_na=True,
    facility_na=False,
    preoperative="0.10",
    intraoperative="0.69",
    postoperative="0.21",
    work_rvu="19.60",
    non_facility_rvu="38.88",
    facility_rvu="38.88",
)
FEE_93306_TC = Fee(
    status="A",
    pctc="1",
    global_days="XXX",
    multiple="6",
    bilateral="0",
    assistant="0",
    co_surgeon="0",
    team="0",
    supervision="01",
    imaging_family="99",
    endoscopic_base="",
    non_facility_na=False,
    facility_na=True,
    preoperative="0.00",
    intraoperative="0.00",
    postoperative="0.00",
    work_rvu="0.00",
    non_facility_rvu="3.79",
    facility_rvu="3.79",
    modifier="TC",
)


@pytest.mark.parametrize(
    ("name", "day", "release"),
    [
        (PFS_25, "2025-01-01", "RVU25A"),
        (PFS_25_TEXT, "2025-03-31", "RVU25A"),
        (PFS_25_CR, "2025-09-30", "RVU25C"),
        (PFS_26, "2026-07-01", "RVU26C"),
        (PFS_26_QPP, "2026-07-01", "RVU26C"),
        (PFS_26_TEXT, "2026-09-30", "RVU26C"),
    ],
)
def test_the_fee_schedule_field_by_field(tmp_path: Path, name: str, day: str, release: str) -> None:
    rules = rules_of(store_of(tmp_path, FIXTURES / name), day)
    assert rules.fee("43239") == FEE_43239._replace(source=f"{release} 43239")
    assert rules.fee("27447") == FEE_27447._replace(source=f"{release} 27447")
    assert rules.fee("93306", ("59", "TC")) == FEE_93306_TC._replace(source=f"{release} 93306-TC")
    assert rules.fee_row("93306", "26")[-2:] == ("26", f"{release} 93306-26")  # type: ignore[index]
    assert rules.fee("00100")[:3] == ("J", "9", "XXX")  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        (PFS_25, "32.3465"),
        (PFS_25_TEXT, "32.3465"),
        (PFS_25_CR, "32.3465"),
        (PFS_26, "33.4009"),
        (PFS_26_QPP, "33.5675"),
        (PFS_26_TEXT, "33.4009"),
    ],
)
def test_the_conversion_factor_is_noted(tmp_path: Path, name: str, factor: str) -> None:
    assert store_of(tmp_path, FIXTURES / name).releases[0].note == f"conversion factor {factor}"


def test_two_releases_of_one_quarter(tmp_path: Path) -> None:
    store = store_of(tmp_path, FIXTURES / PFS_24AR, FIXTURES / PFS_24A)
    before, after = rules_of(store, "2024-03-08"), rules_of(store, "2024-03-09")
    expected = FEE_43239._replace(non_facility_rvu="11.28")
    assert before.fee("43239") == expected._replace(source="RVU24A 43239")
    assert after.fee("43239") == expected._replace(source="RVU24AR 43239")
    assert before.fee_row("45378", "53")[17:19] == ("5.09", "2.73")  # type: ignore[index]
    assert {r.name: r.note for r in store.releases} == {
        "RVU24A": "conversion factor 32.7442",
        "RVU24AR": "conversion factor 33.2875",
    }


def primary(code: str, place: int = 0) -> Callable[[Rules], AddOn]:
    def look_up(rules: Rules) -> AddOn:
        found = rules.primaries(code)
        assert found
        return found[place]

    return look_up


AOC_22851 = AddOn("1", "22100", date(2013, 4, 1), date(2016, 12, 31))
ON_INTERNET = (
    "Based on Internet-Only Manual, Medicare Claims Processing Manual, Publication 100-04, Chapter 12, Section "
    "20.4.5 (Allowable Adjustments)"
)
ROWS: list[tuple[tuple[str, ...], str, Callable[[Rules], Any], Any]] = [
    ((MUE_PRACTITIONER,), "2026-04-01", lambda r: r.mue("J0585", "professional"), Mue(800, 3, "Clinical: Data")),
    ((MUE_PRACTITIONER,), "2026-06-30", lambda r: r.mue("43239", "asc"), Mue(1, 2, "Anatomic Consideration")),
    ((MUE_PRACTITIONER,), "2026-06-30", lambda r: r.mue("A4206", "asc"), Mue(0, 3, "CMS Policy")),
    ((MUE_OUTPATIENT,), "2026-04-01", lambda r: r.mue("A4218", "outpatient"), Mue(20, 3, "Clinical: CMS Workgroup")),
    (
        (MUE_OUTPATIENT,),
        "2026-06-30",
        lambda r: r.mue("0001U", "outpatient"),
        Mue(1, 2, "Code Descriptor / CPT Instruction"),
    ),
    ((MUE_DME,), "2026-04-01", lambda r: r.mue("A4218", "dme"), Mue(56, 3, "CMS Policy")),
    ((MUE_DME,), "2026-06-30", lambda r: r.mue("E0100", "dme"), Mue(1, 3, "Nature of Equipment")),
    # One that is open, one that has ended, one from before the edits had dates.
    (
        (PTP[0],),
        "2026-09-30",
        lambda r: r.pair("0001U", "0030U", "professional"),
        Pair("1", date(2018, 7, 1), None, False, "Misuse of Column Two code with Column One code"),
    ),
    (
        (PTP[0],),
        "2004-03-31",
        lambda r: r.pair("0001T", "0002T", "asc"),
        Pair("1", date(2003, 1, 1), date(2004, 3, 31), False, "Mutually exclusive procedures"),
    ),
    (
        (PTP[0],),
        "1996-01-01",
        lambda r: r.pair("00140", "36400", "professional"),
        Pair("1", date(1996, 1, 1), None, True, "Standard preparation/monitoring services for anesthesia"),
    ),
    (
        (PTP_HOSPITAL,),
        "2026-07-01",
        lambda r: r.pair("11042", "0213T", "outpatient"),
        Pair("1", date(2011, 1, 1), None, False, "Misuse of Column Two code with Column One code"),
    ),
    ((AOC_TEXT, AOC_TAB), "2013-04-01", primary("22851"), AOC_22851),
    (
        (AOC_TEXT, AOC_TAB),
        "2026-06-30",
        primary("0054T"),
        AddOn("2", "CCCCC", date(2013, 4, 1), None, "Contractor Defined Primary Codes"),
    ),
    ((AOC_TEXT, AOC_TAB), "2025-10-01", primary("0984T", 1), AddOn("3", "36222", date(2025, 10, 1))),
    (
        # The edit's own last day, not that of either code.
        (AOC_TEXT, AOC_TAB),
        "2023-06-30",
        primary("U0005"),
        AddOn("1", "U0004", date(2021, 10, 1), date(2023, 6, 30)),
    ),
    (
        (AOC_TEXT, AOC_TAB),
        "2026-06-30",
        primary("69990"),
        AddOn("1", "61304", date(2013, 4, 1), None, ON_INTERNET),
    ),
    ((ADDENDUM_B,), "2025-01-01", lambda r: r.opps("27447"), Opps("J1", "5115")),
    ((ADDENDUM_B,), "2025-12-31", lambda r: r.opps("99213"), Opps("B")),
    ((ADDENDUM_B,), "2025-12-31", lambda r: r.opps("A9521"), Opps("K", "0766")),
    # A hard space stands behind this code.
    ((ADDENDUM_B,), "2025-12-31", lambda r: r.opps("A4341"), Opps("N")),
    ((ASC_AA,), "2025-01-01", lambda r: r.asc("27447"), Asc("AA", "J8")),
    # An asterisk stands between this code and its descriptor.
    ((ASC_AA,), "2025-12-31", lambda r: r.asc("0588T"), Asc("AA", "R2")),
    ((ASC_BB,), "2025-12-31", lambda r: r.asc("77424"), Asc("BB", "Z2")),
    ((ASC_BB,), "2025-01-01", lambda r: r.asc("J9271"), Asc("BB", "K2")),
    ((ASC_EE,), "2025-12-31", lambda r: r.listed("asc_excluded", "00176"), Listed()),
    ((ASC_EE,), "2025-01-01", lambda r: r.listed("asc_excluded", "G0415"), Listed()),
    ((ASC_DD1,), "2025-12-31", lambda r: r.listed("asc_indicators", "Z3"), Listed("Radiology, paid by fee schedule")),
    ((ASC_DD1,), "2025-01-01", lambda r: r.listed("asc_indicators", "L1"), Listed("Vaccine; packaged")),
    (
        (HCPCS_TEXT, HCPCS_CSV),
        "2024-12-31",
        lambda r: r.code("C9794"),
        CodeDates(date(2024, 1, 1), date(2024, 12, 31), "6", "P7A", coverage="D", pricing="53"),
    ),
    (
        (HCPCS_TEXT, HCPCS_CSV),
        "2026-03-31",
        lambda r: r.code("E0100"),
        CodeDates(date(1986, 1, 1), None, "A P R", "D1E", coverage="D", pricing="32"),
    ),
    (
        (HCPCS_TEXT, HCPCS_CSV),
        "2026-03-31",
        lambda r: r.code("G0124"),
        CodeDates(date(1998, 4, 1), None, "5", "T1H", coverage="D", pricing="11 21", laboratory="630"),
    ),
    (
        (HCPCS_TEXT, HCPCS_CSV),
        "1994-01-01",
        lambda r: r.code("Q0111"),
        CodeDates(date(1994, 1, 1), None, "5", "T1H", coverage="C", pricing="21", laboratory="110 120 130 400"),
    ),
    ((DMEPOS,), "2025-01-01", lambda r: r.row("dmepos", "E1390"), Supply("OX", "RR RR-QB RR-QF")),
    ((DMEPOS,), "2025-03-31", lambda r: r.row("dmepos", "K0005"), Supply("IN", "NU RR UE")),
    # Two codes have rows of two categories.
    ((DMEPOS,), "2025-03-31", lambda r: r.row("dmepos", "A4217"), Supply("SU OS", "none AU", "J")),
    ((DMEPOS,), "2025-03-31", lambda r: r.row("dmepos", "L8600"), Supply("PO", "none", "L")),
    ((CLFS,), "2025-01-01", lambda r: r.listed("laboratory_fees", "0001U"), Listed()),
    ((CLFS,), "2025-03-31", lambda r: r.listed("laboratory_fees", "80053"), Listed("QW")),
    ((ASP,), "2025-01-01", lambda r: r.row("asp", "J1885"), DrugLimit("15 MG")),
    ((ASP,), "2025-03-31", lambda r: r.row("asp", "90662"), DrugLimit("0.5 ML", "95")),
    # One product, two codes.
    (
        (NDC,),
        "2026-10-01",
        lambda r: r.row("ndc_crosswalk", ("Q5105", "00069130510")),
        Package("100 UNITS", "200", "00069130510"),
    ),
    (
        (NDC,),
        "2026-12-31",
        lambda r: r.row("ndc_crosswalk", ("Q5106", "00069130510")),
        Package("1000 UNITS", "20", "00069130510"),
    ),
    ((TELEHEALTH,), "2026-01-01", lambda r: r.listed("telehealth", "90849"), Listed()),
    ((TELEHEALTH,), "2026-12-31", lambda r: r.listed("telehealth", "99213"), Listed()),
    ((ZIP5,), "2025-10-01", lambda r: r.row("carriers", "20814"), Carrier("12202", "01", "MD")),
    ((ZIP5,), "2025-12-31", lambda r: r.row("carriers", "63001"), Carrier("05302", "01", "EM")),
    ((ZIP5,), "2025-12-31", lambda r: r.row("carriers", "35958"), Carrier("10112", "00", "AL", True)),
    ((HCPCS_TEXT, HCPCS_CSV), "2026-03-31", lambda r: r.modifier("A1"), Modifier(date(2002, 7, 1))),
    (
        (HCPCS_TEXT, HCPCS_CSV),
        "2019-12-31",
        lambda r: r.modifier("GD"),
        Modifier(date(2008, 1, 1), date(2019, 12, 31)),
    ),
]


@pytest.mark.parametrize(("name", "day", "look_up", "row"), [(name, *rest) for names, *rest in ROWS for name in names])
def test_rows_read_back(tmp_path: Path, name: str, day: str, look_up: Callable[[Rules], Any], row: Any) -> None:
    """All fields but the source, which begins with the name of the release."""
    found = look_up(rules_of(store_of(tmp_path, FIXTURES / name), day))
    assert found._replace(source="") == row._replace(source="")
    assert found.source.startswith(f"{LAYOUTS[name].releases[0][1]} ")


@pytest.mark.parametrize(
    ("name", "look_up"),
    [
        (PFS_25, lambda r: r.fee("43239")),
        (PFS_24A, lambda r: r.fee("43239")),
        (PFS_24AR, lambda r: r.fee("43239")),
        (PFS_26, lambda r: r.fee("43239")),
        (MUE_PRACTITIONER, lambda r: r.mue("27447", "professional")),
        (MUE_OUTPATIENT, lambda r: r.mue("77424", "outpatient")),
        (MUE_DME, lambda r: r.mue("E0100", "dme")),
        (ADDENDUM_B, lambda r: r.opps("27447")),
        (ASC_AA, lambda r: r.asc("27447")),
        (ASC_EE, lambda r: r.listed("asc_excluded", "00176")),
        (ASC_DD1, lambda r: r.listed("asc_indicators", "A2")),
        (DMEPOS, lambda r: r.row("dmepos", "E0601")),
        (CLFS, lambda r: r.listed("laboratory_fees", "81002")),
        (ASP, lambda r: r.row("asp", "J1745")),
        (NDC, lambda r: r.row("ndc_crosswalk", ("J9035", "50242006001"))),
        (PORTAL, lambda r: r.fee("43239")),
        (TELEHEALTH, lambda r: r.listed("telehealth", "0362T")),
        (ZIP5, lambda r: r.row("carriers", "99501")),
    ],
)
def test_a_release_governs_its_days_and_no_other(tmp_path: Path, name: str, look_up: Callable[[Rules], Any]) -> None:
    book = Rulebook(store_of(tmp_path, FIXTURES / name))
    [(_, _, first, last, _)] = LAYOUTS[name].releases
    assert look_up(book.on(first))
    assert look_up(book.on(last))
    for day in (first - DAY, last + DAY):
        with pytest.raises(NotInForce):
            look_up(book.on(day))


@pytest.mark.parametrize(
    ("name", "first", "last", "look_up"),
    [
        (PTP[0], "2018-07-01", "2018-09-30", lambda r: r.pair("0001U", "0028U", "professional")),
        (PTP[0], "2003-01-01", "2004-03-31", lambda r: r.pair("0001T", "0002T", "professional")),
        (PTP[3], "2005-07-01", "2006-12-31", lambda r: r.pair("77427", "0082T", "professional")),
        (PTP_HOSPITAL, "2005-07-01", "2006-12-31", lambda r: r.pair("77427", "0082T", "outpatient")),
        (AOC_TEXT, "2013-04-01", "2016-12-31", lambda r: r.primaries("22851")),
        (AOC_TAB, "2021-10-01", "2023-06-30", lambda r: r.primaries("U0005")),
    ],
)
def test_a_row_with_days_of_its_own(
    tmp_path: Path, name: str, first: str, last: str, look_up: Callable[[Rules], Any]
) -> None:
    """On the day before and the day after, the row itself says that it is not in force."""
    store = store_of(tmp_path, FIXTURES / name)
    book = Rulebook(store)
    begins, ends = days(first, last)
    assert look_up(book.on(begins))
    assert look_up(book.on(ends))
    for day in (begins - DAY, ends + DAY):
        if day >= store.releases[0].first:
            assert isinstance(look_up(book.on(day)), Absent)
        else:
            with pytest.raises(NotInForce):
                look_up(book.on(day))


@pytest.mark.parametrize("name", [HCPCS_TEXT, HCPCS_CSV])
@pytest.mark.parametrize(
    ("first", "last", "look_up"),
    [
        ("2024-01-01", "2024-12-31", lambda r: r.code("C9794")),
        ("2021-10-01", "2023-12-31", lambda r: r.code("K1021")),
        ("2016-01-01", "2017-12-31", lambda r: r.modifier("CP")),
    ],
)
def test_a_code_that_came_and_went(
    tmp_path: Path, name: str, first: str, last: str, look_up: Callable[[Rules], Any]
) -> None:
    book = Rulebook(store_of(tmp_path, FIXTURES / name))
    begins, ends = days(first, last)
    assert look_up(book.on(begins)).ended == ends
    assert look_up(book.on(ends)).added == begins
    for day in (begins - DAY, ends + DAY):
        with pytest.raises(NotInForce):  # a part of the file: whether another row has the day is not known
            look_up(book.on(day))


def test_two_rows_of_a_pair_for_different_days(tmp_path: Path) -> None:
    book = Rulebook(store_of(tmp_path, FIXTURES / PTP[0]))
    before, after = (book.on(date(2023, month, day)).pair("0007U", "0328U", "asc") for month, day in ((6, 30), (7, 1)))
    assert before
    assert after
    assert before[:3] == ("0", date(2022, 7, 1), date(2023, 6, 30))
    assert after[:3] == ("1", date(2023, 7, 1), None)


@pytest.mark.parametrize(
    ("name", "day", "look_up"),
    [
        (PTP[0], "2022-01-01", lambda r: r.pair("0001A", "90473", "professional")),
        (PTP[3], "2015-01-01", lambda r: r.pair("G0101", "99497", "professional")),
        # An add-on edit that ended as it began.
        (AOC_TEXT, "2019-01-01", lambda r: r.primaries("96131")),
        (AOC_TAB, "2019-01-01", lambda r: r.primaries("96131")),
    ],
)
def test_a_row_that_was_never_in_force(tmp_path: Path, name: str, day: str, look_up: Callable[[Rules], Any]) -> None:
    assert isinstance(look_up(rules_of(store_of(tmp_path, FIXTURES / name), day)), Absent)


def test_the_order_of_a_pair_and_its_table_count(tmp_path: Path) -> None:
    store = store_of(tmp_path, *(FIXTURES / name for name in (*PTP, PTP_HOSPITAL)))
    rules = rules_of(store, "2026-07-01")
    assert rules.pair("11042", "0213T", "professional")[0] == "0"  # type: ignore[index]
    assert rules.pair("11042", "0213T", "outpatient")[0] == "1"  # type: ignore[index]
    with pytest.raises(NotInForce):
        rules.pair("0213T", "11042", "professional")


# Where each row stands.


def lines_of(name: str) -> list[str]:
    return re.split("\r\n|\r|\n", (FIXTURES / name).read_bytes().decode("latin-1"))


def standing(store: Store) -> Iterator[tuple[Sequence[str], Source, int]]:
    """Each row's key, the file that it was read from, and the line."""
    for table in set(store.tables()) - set(PAIR_TABLES):
        for key in store.keys(table):
            for period in store.periods(table, key):
                source = store.source(period.source)
                assert source, key
                yield ((key,) if isinstance(key, str) else key), source, period.line
    for one, two, of, line in store.connection.execute("SELECT column1, column2, source, row FROM pair"):
        source = store.source(of)
        assert source, one
        yield (one, two), source, line


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_row_says_where_it_stands(tmp_path: Path, name: str) -> None:
    lines = lines_of(name)
    found = []
    for key, source, line in standing(store_of(tmp_path, FIXTURES / name)):
        assert source[:3] == (name, "", "")
        assert source.sha256 == hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()
        assert all(part in lines[line - 1].replace("-", "") for part in key), (key, line)
        found.append((key, line))
    assert len(found) == sum(rows for *_, rows in LAYOUTS[name].releases)
    assert len(set(found)) == len({line for _, line in found})  # though two tables may have a column each of one


@pytest.mark.parametrize("name", [PTP[0], PTP_HOSPITAL])
def test_a_pair_says_where_it_stands(tmp_path: Path, name: str) -> None:
    store = store_of(tmp_path, FIXTURES / name)
    [period] = store.periods(store.releases[0].table, ("0001U", "0030U"))
    source = store.source(period.source)
    assert source
    assert source.file == name
    assert lines_of(name)[period.line - 1].startswith("0001U\t0030U\t")


def test_rows_of_several_files_name_their_own(tmp_path: Path) -> None:
    store = store_of(tmp_path, *(FIXTURES / name for name in (*PTP, ASC_AA, ASC_BB)))
    seen = set()
    for key, source, line in standing(store):
        assert all(part in lines_of(source.file)[line - 1] for part in key)
        seen.add(source.file)
    assert seen == {*PTP, ASC_AA, ASC_BB}
    rows = {source.file: source.rows for release in store.releases for source in store.sources_of(release)}
    assert rows == {name: LAYOUTS[name].releases[0][-1] for name in seen}


def test_a_row_of_a_workbook_is_counted_from_its_top(tmp_path: Path) -> None:
    file = workbook(tmp_path / "PPRRVU25_JAN.xlsx", cells(PFS_25), names=["PPRRVU25_V1223"])
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    found = 0
    for (code, modifier), source, line in standing(store_of(tmp_path, file)):
        assert source[:3] == ("PPRRVU25_JAN.xlsx", "", "PPRRVU25_V1223")
        assert rows[line - 1][:2] == [code, modifier]
        found += 1
    assert found == 15


# The same table in other formats.

SEPARATED = [name for name in LAYOUTS if name not in (PFS_25_TEXT, PFS_26_TEXT, AOC_TEXT, HCPCS_TEXT, ZIP5)]


@pytest.mark.parametrize("numbers", [False, True], ids=["texts", "numbers"])
@pytest.mark.parametrize("name", SEPARATED)
def test_a_workbook_says_the_same(tmp_path: Path, name: str, numbers: bool) -> None:
    """Also one whose codes became numbers and lost their leading zeros: 100 for 00100, GLOB DAYS 0, supervision 9."""
    file = workbook(tmp_path / f"{Path(name).stem}.xlsx", cells(name), numbers=numbers)
    (tmp_path / "other").mkdir()
    one, other = store_of(tmp_path, FIXTURES / name), store_of(tmp_path / "other", file)
    assert unlike(one, other) == []


def test_numbers_in_a_workbook_are_numbers(tmp_path: Path) -> None:
    """The test above would hold of texts as well."""
    file = workbook(tmp_path / "any.xlsx", cells(PFS_25), numbers=True)
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert [100.0, 0.0, 9.0] in [[row[0], row[10], row[25]] for row in rows]


def test_a_workbook_of_pairs_that_begins_with_a_number(tmp_path: Path) -> None:
    """No row is taken for a part of the header because its code has lost its zeros."""
    rows = [*cells(PTP[0])[:6], *(["00140", str(code), "", "20200101", "*", "1", ""] for code in range(36400, 36410))]
    rows.append(["11042", "36400", "", "20200101", "*", "1", ""])
    file = workbook(tmp_path / "ccipra-v322r0-f1.xlsx", rows, numbers=True)
    assert [r.rows for r in store_of(tmp_path, file).releases] == [11]


@pytest.mark.parametrize("title", ["2026", "PAIRS"])
def test_no_title_above_the_columns_is_taken_for_a_pair(tmp_path: Path, title: str) -> None:
    """A year has as many digits as a code that lost a zero, and a word may have five letters."""
    file = separated(tmp_path / PTP[0], [[title, *cells(PTP[0])[0][1:]], *cells(PTP[0])[1:]])
    assert shown(store_of(tmp_path, file)) == LAYOUTS[PTP[0]].releases


def test_a_workbook_of_pairs_with_its_column_names_in_one_row(tmp_path: Path) -> None:
    names = [
        "Column 1",
        "Column 2",
        "*=in existence\nprior to 1996",
        "Effective\nDate",
        "Deletion\nDate\n*=no data",
        "Modifier\n0=not allowed\n1=allowed\n9=not applicable",
        "PTP Edit Rationale",
    ]
    file = workbook(tmp_path / "ccipra-v322r0-f1.xlsx", [*cells(PTP[0])[:2], names, *cells(PTP[0])[6:]])
    (tmp_path / "other").mkdir()
    assert unlike(store_of(tmp_path, FIXTURES / PTP[0]), store_of(tmp_path / "other", file)) == []


def test_a_workbook_of_pairs_without_cms_s_name_is_asked_for_its_table(tmp_path: Path) -> None:
    file = workbook(tmp_path / "pairs.xlsx", cells(PTP[0]))
    assert "Pass --table" in refusal(tmp_path, file)
    assert shown(store_of(tmp_path, file, told=LAYOUTS[PTP[0]].told)) == LAYOUTS[PTP[0]].releases


@pytest.mark.parametrize(
    ("one", "other"), [(PFS_25, PFS_25_TEXT), (PFS_26, PFS_26_TEXT), (AOC_TAB, AOC_TEXT), (HCPCS_CSV, HCPCS_TEXT)]
)
def test_fixed_columns_say_the_same(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "other").mkdir()
    assert unlike(store_of(tmp_path, FIXTURES / one), store_of(tmp_path / "other", FIXTURES / other)) == []


@pytest.mark.parametrize("gap", ["", " ", "  "])
@pytest.mark.parametrize("note", ["", "an invented remark; "])
def test_add_on_columns_are_found_where_they_stand(tmp_path: Path, gap: str, note: str) -> None:
    rows = [[*row[:7], note + row[7] if row[7] else ""] for row in cells(AOC_TAB)[2:]]
    widths = (1, 5, 7, 5, 7, 7, 7, 0)
    lines = (gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    file = tmp_path / AOC_TEXT
    file.write_text("".join(f"{line.rstrip()}\r\n" for line in lines), "latin-1", newline="")
    tab = separated(tmp_path / AOC_TAB, [*cells(AOC_TAB)[:2], *rows])
    (tmp_path / "other").mkdir()
    assert unlike(store_of(tmp_path, tab), store_of(tmp_path / "other", file)) == []


def test_add_on_columns_that_no_row_fills_are_not_guessed(tmp_path: Path) -> None:
    file = tmp_path / AOC_TEXT
    file.write_bytes(b"".join(line for line in (FIXTURES / AOC_TEXT).open("rb") if b"2020366" not in line[:32]))
    file.write_bytes(b"".join(line for line in file.open("rb") if not line.startswith(b"1U0005")))
    assert "its columns can't be identified. Add the XLSX file" in refusal(tmp_path, file)


@pytest.mark.parametrize("name", [PFS_25_TEXT, AOC_TEXT, HCPCS_TEXT])
def test_fixed_columns_are_known_though_every_line_has_commas(tmp_path: Path, name: str) -> None:
    """Descriptors and notes are texts: what stands in them does not make a file comma-separated."""
    lines = lines_of(name)
    if name == AOC_TEXT:
        lines = [f"{line}, with, commas" if line else "" for line in lines]
    else:
        lines = [re.sub("Invented descriptor.{14}", "Invented, with, two, commas".ljust(33), line) for line in lines]
    text = "\r\n".join(lines)
    assert text.count(",") > text.count("\n")
    (tmp_path / name).write_text(text, "latin-1", newline="")
    assert shown(store_of(tmp_path, tmp_path / name)) == LAYOUTS[name].releases


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_any_line_end_will_do(tmp_path: Path, name: str, end: bytes) -> None:
    data = b"\n".join((FIXTURES / name).read_bytes().replace(b"\r\n", b"\n").split(b"\r"))
    file = tmp_path / name
    file.write_bytes(data.replace(b"\n", end))
    (tmp_path / "other").mkdir()
    one, other = store_of(tmp_path, FIXTURES / name), store_of(tmp_path / "other", file)
    assert unlike(one, other) == []
    assert [line for *_, line in standing(other)] == [line for *_, line in standing(one)]


@pytest.mark.parametrize("name", SEPARATED)
def test_a_byte_order_mark_is_no_part_of_the_first_cell(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"\xef\xbb\xbf" + (FIXTURES / name).read_bytes())
    assert shown(store_of(tmp_path, file)) == LAYOUTS[name].releases


# Several files at once.


def test_of_several_formats_one_is_read_and_the_others_are_compared(tmp_path: Path) -> None:
    file = workbook(tmp_path / "PPRRVU25_JAN.xlsx", cells(PFS_25), names=["sheet"])
    store, report = book_of(tmp_path, file, FIXTURES / PFS_25_TEXT, FIXTURES / PFS_25)
    assert [source.file for source in store.sources_of(store.releases[0])] == [PFS_25]
    assert sorted(note for note in report.notes if note.startswith("agrees")) == [
        "agrees: PPRRVU25_JAN.txt with PPRRVU25_JAN.csv",
        "agrees: PPRRVU25_JAN.xlsx, sheet sheet with PPRRVU25_JAN.csv",
    ]


def test_a_format_that_says_something_else_is_told(tmp_path: Path) -> None:
    changed = tmp_path / PFS_25_TEXT
    changed.write_bytes((FIXTURES / PFS_25_TEXT).read_bytes().replace(b"  4.100000.00", b"  4.110000.00"))
    store, report = book_of(tmp_path, FIXTURES / PFS_25, changed)
    assert f"differs: {PFS_25_TEXT} from {PFS_25}, which was taken, in 1 codes: 43239" in report.notes
    (tmp_path / "other").mkdir()
    [one] = unlike(store, store_of(tmp_path / "other", changed))
    assert (one.key, one.field, one.before, one.after) == (("43239", ""), "facility_rvu", "4.10", "4.11")


@pytest.mark.parametrize("files", [(PFS_26, PFS_26_QPP), (PFS_26_QPP, PFS_26)], ids=["nonQPP first", "QPP first"])
def test_both_conversion_factors_have_the_same_indicators(tmp_path: Path, files: tuple[str, str]) -> None:
    store, report = book_of(tmp_path, *(FIXTURES / name for name in files))
    assert [release.note for release in store.releases] == ["conversion factor 33.4009"]
    assert f"agrees: {PFS_26_QPP} with {PFS_26}" in report.notes
    again = add(tmp_path / "rules.sqlite", [FIXTURES / PFS_26_QPP], partial=True)
    assert again.unchanged == ["RVU26C: already in the book, with the same rows"]


def test_four_files_are_one_table_of_pairs(tmp_path: Path) -> None:
    store, report = book_of(tmp_path, *(FIXTURES / name for name in PTP))
    assert shown(store) == ptp_layout("ptp_practitioner", "1996-01-01", 27).releases
    assert [source.file for source in store.sources_of(store.releases[0])] == PTP
    assert "incomplete: has 27 rows; CMS publishes over 500,000" in report.notes[0]
    rules = rules_of(store, "2026-07-01")
    for pair in (("0001U", "0030U"), ("27447", "11042"), ("43239", "43235"), ("G0101", "57410")):
        assert rules.pair(*pair, "professional"), pair


def test_three_of_four_files_are_told(tmp_path: Path) -> None:
    _, report = book_of(tmp_path, *(FIXTURES / name for name in (PTP[0], PTP[1], PTP[3])))
    assert "its files are f1, f2, f4, with column 1 from 0001A to G0101" in report.notes[0]


def test_four_files_of_other_names_are_one_table_of_pairs(tmp_path: Path) -> None:
    """What is told goes for all of them; none is left out for being of the same table as another."""
    files = [copied(name, tmp_path / f"pairs {n}.txt") for n, name in enumerate(PTP)]
    store = store_of(tmp_path, *files, told=LAYOUTS[PTP[0]].told)
    assert [release.rows for release in store.releases] == [27]


def test_a_zip_of_several_files(tmp_path: Path) -> None:
    file = tmp_path / "rvu25a-updated-01_10_2025.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(FIXTURES / PFS_25_TEXT, f"a folder/{PFS_25_TEXT}")
        archive.write(FIXTURES / PFS_25, f"a folder/{PFS_25}")
        archive.write(workbook(tmp_path / "book.xlsx", cells(PFS_25)), "PPRRVU25_JAN.xlsx")
        archive.writestr("GPCI2025.csv", "Contractor,State\r\n10112,AL\r\n")
    store, report = book_of(tmp_path, file)
    assert shown(store) == LAYOUTS[PFS_25].releases
    [source] = store.sources_of(store.releases[0])
    assert (source.file, source.container, source.rows) == (PFS_25, file.name, 15)
    assert {s[:2] for _, s, _ in standing(store)} == {(PFS_25, file.name)}
    assert sum(note.startswith(f"agrees: {file.name}: PPRRVU25_JAN.") for note in report.notes) == 2
    assert f"left out of {file.name}, since no check needs them: GPCI2025.csv" in report.notes


def test_the_name_of_the_zip_says_what_that_of_the_file_does_not(tmp_path: Path) -> None:
    file = tmp_path / "medicare-ncci-2026-q2-dme-supplier-services-mue-table.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(FIXTURES / MUE_DME, "table.csv")
    assert shown(store_of(tmp_path, file)) == LAYOUTS[MUE_DME].releases


def test_a_workbook_of_all_addenda(tmp_path: Path) -> None:
    names = (ASC_AA, ASC_BB, ASC_DD1, ASC_EE)
    other = [["Addendum DD2 -- ASC Comment Indicators for CY 2025", ""], ["CI", "Comment Indicator Meanings"]]
    sheets = [f"January 2025 ASC {name}" for name in ("AA", "BB", "DD1", "EE", "DD2")]
    file = workbook(tmp_path / "January_2025_ASC_Addenda.xlsx", *map(cells, names), other, names=sheets)
    (tmp_path / "other").mkdir()
    store = store_of(tmp_path / "other", file)
    assert unlike(store_of(tmp_path, *(FIXTURES / name for name in names)), store) == []
    assert {source.sheet for _, source, _ in standing(store)} == set(sheets[:4])


# What is wrong with a file is told, and nothing is changed.


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\x1a", b"\r\n" * 50])
def test_an_empty_file_is_no_table(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "download.txt").write_bytes(data)
    assert "no table found that claimcheck reads" in refusal(tmp_path, tmp_path / "download.txt")


def rows_only(name: str) -> list[list[str]]:
    """Without what stands below the table."""
    kept = [row for row in cells(name) if any(cell.strip(" \x1a") for cell in row)]
    return [row for row in kept if not row[0].startswith("NOTE")]


@pytest.mark.parametrize(
    "name", [PFS_25, PFS_25_CR, PFS_26, MUE_DME, PTP[0], PTP_HOSPITAL, AOC_TAB, ADDENDUM_B, ASC_AA, DMEPOS, CLFS]
)
@pytest.mark.parametrize("left", [1, 3])
def test_a_table_that_is_cut_off_in_its_last_row(tmp_path: Path, name: str, left: int) -> None:
    *rows, last = rows_only(name)
    assert "is the file truncated?" in refusal(tmp_path, separated(tmp_path / name, [*rows, last[:left]]))


@pytest.mark.parametrize("name", [PFS_25, PTP[0], ADDENDUM_B, ASC_AA])
@pytest.mark.parametrize("left", [2, 4])
def test_a_table_that_is_cut_off_in_its_first_row(tmp_path: Path, name: str, left: int) -> None:
    rows = rows_only(name)
    first = len(rows) - LAYOUTS[name].releases[0][-1]
    file = separated(tmp_path / name, [*rows[:first], rows[first][:left]])
    assert "is the file truncated?" in refusal(tmp_path, file)


@pytest.mark.parametrize("left", [1, 2, 5, 20, 30, 45])
def test_a_row_of_hcpcs_that_is_cut_off(tmp_path: Path, left: int) -> None:
    rows = cells(HCPCS_CSV)
    file = separated(tmp_path / HCPCS_CSV, [*rows[:-1], rows[-1][:left]])
    assert "is the file truncated?" in refusal(tmp_path, file)


@pytest.mark.parametrize(("name", "left"), [(PFS_25_TEXT, 100), (HCPCS_TEXT, 250)])
def test_fixed_columns_that_are_cut_off(tmp_path: Path, name: str, left: int) -> None:
    lines = [line for line in lines_of(name) if line.strip(" \x1a")]
    row = next(line for line in lines if "," not in line and not line.startswith("HDR"))
    file = tmp_path / name
    # More rows than the first ones, by which a file is known.
    file.write_text("\r\n".join([*lines, *[row] * 40, row[:left]]), "latin-1", newline="")
    assert "is the file truncated?" in refusal(tmp_path, file)


@pytest.mark.parametrize("name", [name for name in SEPARATED if name != PFS_25_CR])
def test_blank_lines_say_nothing(tmp_path: Path, name: str) -> None:
    """In front of the first row, between two, and at the end."""
    data = (FIXTURES / name).read_bytes()
    end = b"\r\n" if b"\r\n" in data else b"\n"
    body = data.removesuffix(end).split(end)
    rows = LAYOUTS[name].releases
    first = next(n for n, line in enumerate(body) if re.match(rb' *[0-9A-Z]{2,5}[ \xff]?["\t,]|[123]\t', line))
    first = {ASC_DD1: 2, HCPCS_CSV: 1}.get(name, first)
    file = tmp_path / name
    file.write_bytes(end.join([*body[:first], b"", body[first], b"", *body[first + 1 :], b"", b"", b"\x1a"]))
    assert shown(store_of(tmp_path, file)) == rows


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (PFS_25, b"\n43239,,", b"\n4323,,x", None),
        (PFS_25, b"\n43239,,", b"\n4323?,,", "column HCPCS: found '4323?', expected a code of five characters"),
        (PFS_25, b"\n43239,,", b"\n4.3E+10,,", "a spreadsheet made a number of it, and the code can't be restored"),
        (PFS_25, b"\n45378,53,", b"\n45378,54,", "row 21, column MOD: found '54', expected 26, TC, 53 or nothing"),
        (PFS_25, b",11.04,", b",11.O4,", "column NON-FACILITY TOTAL: found '11.O4', expected a number"),
        (MUE_DME, b"A4218,56,", b"A4218,many,", "row 11, column MUE Values: found 'many', expected a number of units"),
        (MUE_DME, b"A4218,56,3 ", b"A4218,56,", "column MUE Adjudication Indicator: found 'Date of Service"),
        (PTP[0], b"20180930", b"20180931", "row 10, column Deletion Date: found '20180931', expected a date"),
        (PTP[0], b"\t*\t19960101", b"\tx\t19960101", "found 'x', expected * or nothing"),
        (PTP[0], b"0030U", b"0030", None),
        (AOC_TAB, b"\t2025274", b"\t2025367", "column AOC_Edit_EffDT: found '2025367', expected a date"),
        (AOC_TEXT, b"2025274", b"2025367", "row 2, column AOC_Edit_EffDT: found '2025367', expected a date"),
        (ASC_DD1, b"B5,", b"B55,", "row 4, column Indicator: found 'B55', expected a letter and a digit"),
        (HCPCS_CSV, b"20241231", b"20241331", "column TERM DT: found '20241331', expected a date"),
        (HCPCS_TEXT, b"19860101", b"1986 101", "column ADD DT: found '1986 101', expected a date"),
        (
            DMEPOS,
            b"E1390,RR,QB",
            b"E1390,RR,Q",
            "row 15, column Mod2: found 'Q', expected a modifier of two",
        ),
        (
            CLFS,
            b"2025,81002",
            b"2024,81002",
            "row 9, column YEAR: found '2024', expected 2025, the year of the",
        ),
        (ASP, b"\nJ1745,", b"\nJ174,", "column HCPCS Code: found 'J174', expected a code of five characters"),
        (NDC, b"50242-0060-01", b"50242-0060-0?", "row 11, column NDC: found '50242-0060-0?', expected an NDC"),
        (PORTAL, b",38.88,090,", b",38.8x,090,", "row 4, column FULL_FAC_TOTAL: found '38.8x', expected a number"),
        (PORTAL, b"\n93306,26,", b"\n93306,27,", "column MOD: found '27', expected 26, TC, 53 or nothing"),
        (TELEHEALTH, b"Addition", b"Deletion", "row 6, column Proposed Action: found 'Deletion', expected Addition or"),
        (ZIP5, b"20254\r\nMD", b"20254\r\nM1", "row 2, column 1 to 80: found 'M1208"),
        (ZIP5, b"20254\r\nNY", b"20261\r\nNY", "row 2, column Year/Quarter: found '20261', expected 20254, as in"),
    ],
)
def test_a_cell_that_can_not_be(tmp_path: Path, name: str, old: bytes, new: bytes, said: str | None) -> None:
    data = (FIXTURES / name).read_bytes()
    assert old in data
    (tmp_path / name).write_bytes(data.replace(old, new, 1))
    if said is None:  # digits that may have lost their zeros
        assert shown(store_of(tmp_path, tmp_path / name)) == LAYOUTS[name].releases
        return
    refused = refusal(tmp_path, tmp_path / name)
    assert refused.startswith(f"{name}, row ")
    assert said in refused


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (PFS_25, b"27447,,", b"43239,,", "found '43239', expected what row 17 says of it, or the code once"),
        (MUE_DME, b"A4221,4,", b"A4218,4,", "row 12, column code: found 'A4218', expected what row 11 says of it"),
        (PTP[0], b"20230701\t*\t1", b"20230601\t*\t1", "row 13, column Modifier: found '1', expected '0', as row 12"),
        (ADDENDUM_B, b"64483\t", b"27447\t", "row 9, column code: found '27447', expected what row 8 says of it"),
        # Of two conversion factors.
        (PORTAL, b"43235,33.4009", b",33.4009", "row 7, column code: found '43239', expected what row 6 says of it"),
        (NDC, b"Q5106,,Invented", b"Q5105,,Invented", "found 'Q5105-00069130510', expected what row 13 says of it"),
    ],
)
def test_rows_that_contradict_each_other(tmp_path: Path, name: str, old: bytes, new: bytes, said: str) -> None:
    data = (FIXTURES / name).read_bytes()
    assert old in data
    (tmp_path / name).write_bytes(data.replace(old, new, 1))
    assert said in refusal(tmp_path, tmp_path / name)


def test_addenda_that_contradict_each_other(tmp_path: Path) -> None:
    """A code is a covered procedure or an ancillary service."""
    other = tmp_path / ASC_BB
    other.write_bytes((FIXTURES / ASC_BB).read_bytes().replace(b"\n77424,", b"\n27447,"))
    assert "27447" in refusal(tmp_path, FIXTURES / ASC_AA, other)


def test_a_value_outside_the_published_ones_is_told_and_judges_nothing(tmp_path: Path) -> None:
    file = tmp_path / ADDENDUM_B
    file.write_bytes((FIXTURES / ADDENDUM_B).read_bytes().replace(b"\tJ1\t", b"\tJ9\t"))
    store, report = book_of(tmp_path, file)
    assert f"{ADDENDUM_B}, row 8 and 1 more, column SI: 'J9' is none of A, B, C" in "\n".join(report.notes)
    assert [period.row for period in store.periods("opps", "27447")] == [
        Opps("J9", "5115", "OPPS Addendum B 2025 27447")
    ]
    with pytest.raises(NotInForce):
        rules_of(store, "2025-01-01").opps("27447")


# Parts and wholes.

KINDS = [PFS_25, PFS_26_TEXT, MUE_PRACTITIONER, MUE_OUTPATIENT, MUE_DME, PTP[0], PTP_HOSPITAL, AOC_TEXT, ADDENDUM_B]
KINDS += [ASC_AA, ASC_EE, HCPCS_TEXT, DMEPOS, CLFS, ASP, NDC, PORTAL, TELEHEALTH, ZIP5]
UNLISTED: dict[str, Callable[[Rules], Any]] = {
    PFS_25: lambda r: r.fee("99999"),
    PFS_26_TEXT: lambda r: r.fee("99999"),
    MUE_PRACTITIONER: lambda r: r.mue("99999", "professional"),
    MUE_OUTPATIENT: lambda r: r.mue("99999", "outpatient"),
    MUE_DME: lambda r: r.mue("99999", "dme"),
    PTP[0]: lambda r: r.pair("0001U", "99999", "professional"),
    PTP_HOSPITAL: lambda r: r.pair("0001U", "99999", "outpatient"),
    AOC_TEXT: lambda r: r.primaries("99999"),
    ADDENDUM_B: lambda r: r.opps("99999"),
    ASC_AA: lambda r: r.asc("99999"),
    ASC_EE: lambda r: r.listed("asc_excluded", "99999"),
    HCPCS_TEXT: lambda r: r.code("A9999"),
    DMEPOS: lambda r: r.row("dmepos", "E9999"),
    CLFS: lambda r: r.listed("laboratory_fees", "99999"),
    ASP: lambda r: r.row("asp", "J9999"),
    NDC: lambda r: r.row("ndc_crosswalk", ("J9035", "50242006002")),
    PORTAL: lambda r: r.fee("99999"),
    TELEHEALTH: lambda r: r.listed("telehealth", "99999"),
    ZIP5: lambda r: r.row("carriers", "00000"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_part_is_refused_unless_that_is_meant(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, FIXTURES / name, partial=False)
    assert said.startswith(f"{name}: ")
    assert " is incomplete: " in said
    assert "To add it anyway, pass --partial" in said


@pytest.mark.parametrize("name", KINDS)
def test_what_a_part_lacks_is_not_known(tmp_path: Path, name: str) -> None:
    store, report = book_of(tmp_path, FIXTURES / name)
    assert any(" was added as incomplete: " in note for note in report.notes)
    assert {release.complete_from for release in store.releases} == {None}
    with pytest.raises(NotInForce):
        UNLISTED[name](Rulebook(store).on(LAYOUTS[name].releases[0][3]))


def test_a_whole_list_says_what_is_not_in_it(tmp_path: Path) -> None:
    """The meanings of the ASC payment indicators are thirteen rows at most."""
    add(tmp_path / "rules.sqlite", [FIXTURES / ASC_DD1])
    found = rules_of(Store.open(tmp_path / "rules.sqlite"), "2025-03-01").listed("asc_indicators", "Z9")
    assert found == Absent("ASC Addendum DD1 2025 January Z9 (not listed)")
    cut = separated(tmp_path / ASC_DD1, cells(ASC_DD1)[:11])
    (tmp_path / "cut").mkdir()
    assert "has 9 rows; CMS publishes over 10" in refusal(tmp_path / "cut", cut, partial=False)


def whole(folder: Path, file: Path) -> Store:
    add(folder / "rules.sqlite", [file])
    return Store.open(folder / "rules.sqlite")


def test_a_whole_table_of_limits_says_what_has_none(tmp_path: Path) -> None:
    more = ([f"E{n:04}", "1", "3 Date of Service Edit: Clinical", "CMS Policy"] for n in range(2000, 4494))
    store = whole(tmp_path, separated(tmp_path / MUE_DME, [*cells(MUE_DME), *more]))
    assert [(r.rows, r.complete_from) for r in store.releases] == [(2500, date(2026, 4, 1))]
    assert rules_of(store, "2026-06-30").mue("E4494", "dme") == Absent("MUE DME 2026 Q2 E4494 (not listed)")
    assert rules_of(store, "2026-06-30").mue("E4493", "dme")


@pytest.fixture(scope="module")
def hcpcs(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """A HCPCS file that is whole by its number of rows."""
    folder = tmp_path_factory.mktemp("hcpcs")
    header, *rows = cells(HCPCS_CSV)
    code, modifier = next(row for row in rows if row[0] == "E0100"), next(row for row in rows if row[0] == "   A1")
    codes = ([f"L{n:04}", *code[1:]] for n in range(4992))
    modifiers = (
        [f"   {one}{two}", *modifier[1:]] for one in "KLMQTUVW" for two in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    return Rulebook(whole(folder, separated(folder / HCPCS_CSV, [header, *rows, *codes, *modifiers])))


@pytest.mark.parametrize(
    ("table", "key", "ended"),
    [
        ("codes", "A0001", None),
        ("codes", "V9999", None),
        ("codes", "C9794", date(2024, 12, 31)),
        ("codes", "K1021", date(2023, 12, 31)),
        ("modifiers", "ZZ", None),
        ("modifiers", "CP", date(2017, 12, 31)),
    ],
)
def test_what_a_whole_hcpcs_file_says_is_not_listed(hcpcs: Rulebook, table: str, key: str, ended: date | None) -> None:
    for day in (date(2026, 3, 31), date(2026, 4, 1)):  # what has ended stays so after the file's last day
        row = hcpcs.on(day).ended(key, table)
        assert (row.ended if row else None) == ended
    assert isinstance(hcpcs.on(date(2026, 3, 31)).row(table, key), Absent)


@pytest.mark.parametrize(
    "look_up",
    [
        lambda r: r.code("99213"),
        lambda r: r.code("0001U"),
        lambda r: r.code("D0120"),  # dental codes are not in it
        lambda r: r.modifier("25"),
        lambda r: r.modifier("RH"),  # where an ambulance went from and to
        lambda r: r.modifier("GD"),  # two letters of such a pair, though it was another modifier, too, till 2019
    ],
)
def test_what_even_a_whole_hcpcs_file_does_not_speak_of(hcpcs: Rulebook, look_up: Callable[[Rules], Any]) -> None:
    with pytest.raises(NotInForce):
        look_up(hcpcs.on(date(2026, 3, 31)))


def test_a_hcpcs_file_forgets_codes_that_ended_long_ago(hcpcs: Rulebook) -> None:
    """What it does not list on a day before the year after the first end that it knows proves nothing: of what ended
    in that year it has but some. A code without a cross-reference may have one that CMS left out."""
    [store] = hcpcs.stores
    complete = {release.table: release.complete_from for release in store.releases}
    assert complete == {"codes": date(2022, 1, 1), "modifiers": date(2018, 1, 1), "cross_references": None}
    assert isinstance(hcpcs.on(date(2022, 1, 1)).code("A0001"), Absent)
    with pytest.raises(NotInForce):
        hcpcs.on(date(2021, 12, 31)).code("A0001")


# What the book does not keep.


def test_no_descriptor_and_no_notice_is_in_the_book(tmp_path: Path) -> None:
    """CPT's descriptors are the AMA's. (Every one of the fixtures is invented, and says so.)"""
    files = [FIXTURES / name for name in LAYOUTS]
    for file in files:
        assert file.name in (ASC_DD1, AOC_TEXT, ZIP5) or b"invented" in file.read_bytes().lower(), file.name
    files += [workbook(tmp_path / f"{Path(name).stem}.xlsx", cells(name)) for name in (PFS_25, ADDENDUM_B, HCPCS_CSV)]
    store = store_of(tmp_path, *files)
    assert len(store.releases) == 25
    data = (tmp_path / "rules.sqlite").read_bytes()
    assert b"Contractor Defined Primary Codes" in data  # a note is kept: texts can be found in the file
    for mark in (b"invented", b"descriptor,", "invented".encode("utf-16-le")):
        assert mark not in data.lower()


def test_releases_are_in_force_together(tmp_path: Path) -> None:
    """All fixtures in one book: each day is answered by the release that governs it."""
    store = store_of(tmp_path, *(FIXTURES / name for name in LAYOUTS))
    expected: dict[str, list[Release]] = {}
    for release in store.releases:
        expected.setdefault(release.table, []).append(release)
    assert {table: len(of) for table, of in expected.items() if len(of) > 1} == {"fee_schedule": 6}
    named = {
        day: rules_of(store, day).fee("43239").source.partition(" ")[0]
        for day in ("2024-01-01", "2024-03-09", "2025-03-31", "2025-07-01", "2026-09-30", "2026-10-01")
    }
    assert list(named.values()) == ["RVU24A", "RVU24AR", "RVU25A", "RVU25C", "RVU26C", "PFS"]


@pytest.mark.parametrize("name", ["April 2025 Web Addendum B.03312025.txt", "2025_april_web_addendum_b.txt"])
def test_an_update_of_addendum_b_begins_with_its_quarter(tmp_path: Path, name: str) -> None:
    file = Path(shutil.copy(FIXTURES / ADDENDUM_B, tmp_path / name))
    [release] = store_of(tmp_path, FIXTURES / ADDENDUM_B, file).of("opps")[:1]
    assert (release.name, release.first, release.last) == (
        "OPPS Addendum B 2025 April",
        date(2025, 4, 1),
        date(2025, 12, 31),
    )


@pytest.mark.parametrize(
    ("name", "release", "first"),
    [
        ("2025 Apr Web Addendum B.txt", "OPPS Addendum B 2025 April", date(2025, 4, 1)),
        ("2025_Oct_Web_Addendum_B.txt", "OPPS Addendum B 2025 October", date(2025, 10, 1)),
        ("april_202025_20web_20addendum_20b.03.31.25.txt", "OPPS Addendum B 2025 April", date(2025, 4, 1)),
        ("january%202025%20web%20addendum%20b.txt", "OPPS Addendum B 2025 January", date(2025, 1, 1)),
        ("2025 NFRM Addendum B.txt", "OPPS Addendum B 2025", date(2025, 1, 1)),
    ],
)
def test_the_quarter_of_addendum_b_by_its_name(tmp_path: Path, name: str, release: str, first: date) -> None:
    [found] = store_of(tmp_path, copied(ADDENDUM_B, tmp_path / name)).releases
    assert (found.name, found.first) == (release, first)


def test_the_january_update_wins_over_the_final_rule_whichever_came_first(tmp_path: Path) -> None:
    update = copied(ADDENDUM_B, tmp_path / "January 2025 Web Addendum B.txt")
    for n, files in enumerate(((FIXTURES / ADDENDUM_B, update), (update, FIXTURES / ADDENDUM_B))):
        folder = tmp_path / str(n)
        folder.mkdir()
        for file in files:
            store = store_of(folder, file)
        assert [release.name for release in store.of("opps")] == [
            "OPPS Addendum B 2025 January",
            "OPPS Addendum B 2025",
        ]
        assert list(verify(store)) == []


def test_a_years_table_is_silent_of_codes_that_are_new_since(tmp_path: Path) -> None:
    """Its rows stand to the year's end; that it lacks a code proves nothing after its own quarter."""
    add(tmp_path / "rules.sqlite", [FIXTURES / ASC_DD1])
    store = Store.open(tmp_path / "rules.sqlite")
    assert rules_of(store, "2025-08-15").listed("asc_indicators", "A2")
    assert isinstance(rules_of(store, "2025-03-31").listed("asc_indicators", "Z9"), Absent)
    with pytest.raises(NotInForce):
        rules_of(store, "2025-04-01").listed("asc_indicators", "Z9")


def test_medicaids_add_on_codes_are_not_medicares(tmp_path: Path) -> None:
    said = refusal(tmp_path, copied(AOC_TAB, tmp_path / "AOC_V2026Q2-MCD.txt"))
    assert "is the Medicaid table by its file name" in said


def test_no_part_is_lost_to_another(tmp_path: Path) -> None:
    store_of(tmp_path, FIXTURES / ASC_AA)
    with pytest.raises(InvalidSourceFile) as caught:
        store_of(tmp_path, FIXTURES / ASC_BB)
    said = str(caught.value)
    assert "in part, and this part lacks 6 of its rows: add all parts together" in said
    store = store_of(tmp_path, FIXTURES / ASC_AA, FIXTURES / ASC_BB)
    assert [release.rows for release in store.of("asc")] == [11]


def test_an_older_revision_replaces_no_newer_one(tmp_path: Path) -> None:
    store_of(tmp_path, copied(PTP[0], tmp_path / "ccipra-v322r1-f1.txt"))
    text = (FIXTURES / PTP[0]).read_bytes().replace(b"\t1\t", b"\t0\t", 1)
    older = tmp_path / PTP[0]
    older.write_bytes(text)
    with pytest.raises(
        InvalidSourceFile, match="is revision 0 of PTP practitioner 2026 Q3, but the book has revision 1"
    ):
        store_of(tmp_path, older)


def test_a_page_tells_the_days_and_the_file_of_the_release_that_answers(tmp_path: Path) -> None:
    """January's addenda stand for the year, until April's take over."""
    later = []
    for name in (ASC_AA, ASC_BB):
        text = (FIXTURES / name).read_bytes().replace(b"January 2025", b"April 2025").replace(b"R2", b"G2")
        file = tmp_path / name.replace("Jan", "Apr")
        file.write_bytes(text)
        later.append(file)
    store_of(tmp_path, FIXTURES / ASC_AA, FIXTURES / ASC_BB)
    store = store_of(tmp_path, *later)
    code = next(
        str(key)
        for key in store.keys("asc")
        if store.find(store.of("asc")[1], key, date(2025, 2, 1)) == Asc("AA", "R2", f"ASC Addenda 2025 January {key}")
    )
    # Neither is whole, so that both have a row: the later published one answers.
    page = Console(width=200, file=io.StringIO())
    page.print(code_page(Rulebook(store), code, date(2025, 5, 1)))
    said = page.file.getvalue()  # type: ignore[attr-defined]
    assert f"source: ASC Addenda 2025 April {code}; in effect from 2025-04-01 to 2025-12-31" in said
    assert "file: 508-Version-Apr-2025-ASC-AA.csv" in said
