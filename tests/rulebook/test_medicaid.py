"""Medicaid's own limits and pairs: files in the layout of CMS, from the zip to a message, and what is refused."""

import csv
import json
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.rulebook import Mue, Pair, Rulebook, Store
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.inspecting import verify
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.starter import load_overlay
from support.command_line import invoke
from support.medicaid import (
    MUE_NAMES,
    PAIRS,
    PRACTITIONER_MUE,
    PRACTITIONER_PTP,
    PTP_NAMES,
    WHY,
    mue_text,
    ptp_text,
    zipped,
)
from support.published import CMS, needs_cms

DAY = date(2026, 2, 10)
SUBSET = CMS / "mue" / "medicaid_mue_practitioner_2026Q1.subset.rebuilt.csv"


def book_of(folder: Path, *files: Path, told: Told | None = None) -> tuple[Store, Report]:
    book = folder / "rules.sqlite"
    report = add(book, files, told, partial=True)
    return Store.open(book), report


def refusal(folder: Path, name: str, text: str, told: Told | None = None) -> str:
    with pytest.raises(InvalidSourceFile) as refused:
        add(folder / "rules.sqlite", [zipped(folder, name, text)], told, partial=True)
    assert not (folder / "rules.sqlite").exists()
    return str(refused.value)


# What is read.


@pytest.mark.parametrize("table", MUE_NAMES)
def test_limits_are_known_by_content_and_their_setting_by_name(tmp_path: Path, table: str) -> None:
    store, _ = book_of(tmp_path, zipped(tmp_path, MUE_NAMES[table], mue_text()))
    (release,) = store.releases
    setting = table.rpartition("_")[2].replace("dme", "DME")
    assert (release.table, release.name, release.rows) == (table, f"Medicaid MUE {setting} 2026 Q1", 5)
    assert (release.first, release.last) == (date(2026, 1, 1), date(2026, 3, 31))
    assert release.citation.title.startswith("Medicaid NCCI Medically Unlikely Edits, ")
    assert release.citation.url.endswith("/ncci-medicaid/medicaid-ncci-edit-files")
    assert not [*verify(store)]


@pytest.mark.parametrize("table", PTP_NAMES)
def test_pairs_are_known_by_content_and_their_setting_by_name(tmp_path: Path, table: str) -> None:
    store, _ = book_of(tmp_path, zipped(tmp_path, PTP_NAMES[table], ptp_text()))
    (release,) = store.releases
    setting = table.rpartition("_")[2].replace("dme", "DME")
    assert (release.table, release.name, release.rows) == (table, f"Medicaid PTP {setting} 2026 Q1", len(PAIRS))
    assert (release.first, release.last) == (date(2010, 1, 1), date(2026, 3, 31))
    assert release.citation.title.startswith("Medicaid NCCI procedure-to-procedure edits, ")
    assert not [*verify(store)]


def test_rows_read_back(tmp_path: Path) -> None:
    files = zipped(tmp_path, PRACTITIONER_MUE, mue_text()), zipped(tmp_path, PRACTITIONER_PTP, ptp_text())
    rules = Rulebook(book_of(tmp_path, *files)[0]).on(DAY)
    limit = rules.mue("97110", "professional", "medicaid")
    assert isinstance(limit, Mue)
    assert (limit.units, limit.mai, limit.rationale) == (6, None, "Clinical: Medicare Data")
    assert limit.source == "Medicaid MUE practitioner 2026 Q1 97110"
    pair = rules.pair("11042", "11721", "professional", "medicaid")
    assert isinstance(pair, Pair)
    assert pair == Pair("1", date(2013, 1, 1), None, False, WHY, "Medicaid PTP practitioner 2026 Q1 11042-11721")
    ended, never = (rules.pair("11042", code, "professional", "medicaid") for code in ("11720", "97597"))
    assert not ended and not never
    before = Rulebook(Store.open(tmp_path / "rules.sqlite")).on(date(2023, 12, 31))
    assert before.pair("11042", "11720", "professional", "medicaid")


@pytest.mark.parametrize(
    ("name", "member", "first", "last"),
    [
        ("medicaid-ncci-2026-q3-mue-edits-practitioner-services.zip", "edits.txt", "2026-07-01", "2026-09-30"),
        ("medicaid-ncci-q2-2026-mue-edits-practitioner-services-0.zip", "edits.txt", "2026-04-01", "2026-06-30"),
        ("download(3).zip", "MCD-MUE-PRA-v2025q4-F1-D.txt", "2025-10-01", "2025-12-31"),
        ("medicaid practitioner.zip", "MCD_MUE_Eff_04-01-2024.txt", "2024-04-01", "2024-06-30"),
    ],
)
def test_the_quarter_in_a_name(tmp_path: Path, name: str, member: str, first: str, last: str) -> None:
    store, _ = book_of(tmp_path, zipped(tmp_path, name, mue_text(), member))
    (release,) = store.releases
    assert (release.table, str(release.first), str(release.last)) == ("medicaid_mue_practitioner", first, last)


def test_a_title_or_the_column_may_tell_the_setting(tmp_path: Path) -> None:
    told = Told(first=date(2026, 1, 1))
    by_title = mue_text().replace("Invented notice", "Medicaid NCCI Durable Medical Equipment MUE", 1)
    assert book_of(tmp_path, zipped(tmp_path, "a.zip", by_title), told=told)[0].tables() == ["medicaid_mue_dme"]
    by_column = mue_text().replace("\tMUE Values", "\tOutpatient Hospital Services MUE Values")
    store, _ = book_of(tmp_path, zipped(tmp_path, "MCD.zip", by_column), told=told)
    assert "medicaid_mue_outpatient" in store.tables()


def test_what_neither_says_may_be_told(tmp_path: Path) -> None:
    for table, text in (("medicaid_mue_dme", mue_text()), ("medicaid_ptp_outpatient", ptp_text())):
        store, _ = book_of(tmp_path, zipped(tmp_path, "a.zip", text), told=Told(table, date(2026, 1, 1)))
        assert table in store.tables()


def test_column_names_in_full_say_the_same(tmp_path: Path) -> None:
    header = "Column 1\tColumn 2\tEffective Date\tDeletion Date\tModifier Indicator\tPTP Edit Rationale"
    store, _ = book_of(tmp_path, zipped(tmp_path, PRACTITIONER_PTP, ptp_text(header=header)))
    assert Rulebook(store).on(DAY).pair("97110", "97150", "professional", "medicaid")


def test_a_whole_table_of_a_suppliers_pairs_has_letters_alone(tmp_path: Path) -> None:
    pairs = [
        (f"E{one:04}", f"K{two:04}", "20200101", "", "0", WHY) for one, two in product(range(100, 130), range(1, 21))
    ]
    book = tmp_path / "rules.sqlite"
    add(book, [zipped(tmp_path, PTP_NAMES["medicaid_ptp_dme"], ptp_text(pairs))])
    store = Store.open(book)
    assert [release.complete_from for release in store.releases] == [date(2020, 1, 1)]
    rules = Rulebook(store).on(DAY)
    assert rules.pair("E0100", "K0001", "dme", "medicaid") and not rules.pair("K0001", "E0100", "dme", "medicaid")
    other = zipped(tmp_path, PTP_NAMES["medicaid_ptp_practitioner"], ptp_text(pairs))
    with pytest.raises(InvalidSourceFile, match="it has column 1 from E0100 to E0129; is the file truncated"):
        add(book, [other])


@needs_cms
def test_every_limit_of_the_practitioners_table_that_is_at_hand(tmp_path: Path) -> None:
    with SUBSET.open(encoding="utf-8", newline="") as rows:
        limits = [(row["hcpcs"], int(row["mue_value"]), row["rationale"]) for row in csv.DictReader(rows)]
    store, report = book_of(tmp_path, zipped(tmp_path, PRACTITIONER_MUE, mue_text(limits)))
    assert [release.rows for release in store.releases] == [8_253] == [len(limits)]
    assert report.notes == [
        "Medicaid MUE practitioner 2026 Q1 was added as incomplete: has 8,253 rows; CMS publishes over 12,000: is the "
        "file truncated?"
    ]
    rules = Rulebook(store).on(DAY)
    for code, units, why in limits:
        row = rules.mue(code, "professional", "medicaid")
        assert isinstance(row, Mue)
        assert (row.units, row.mai, row.rationale) == (units, None, why)


# What is refused.

Q1 = Told(first=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("name", "text", "told", "said"),
    [
        # Nobody says that it is Medicaid's; the agency's own name does not.
        ("a.zip", mue_text(), Q1, "is it a Medicaid table? If so, pass --table medicaid_mue_practitioner"),
        (
            "practitioner.zip",
            mue_text().replace("Invented notice", "Centers for Medicare & Medicaid Services", 1),
            Q1,
            "is it a Medicaid table?",
        ),
        ("a.zip", ptp_text(), Q1, "neither its name nor its title says that it is one. If so, pass --table medicaid_"),
        # Nobody says of what.
        ("medicaid-2026-q1.zip", mue_text(), None, "names no one setting, neither inside nor in its file name"),
        (
            "medicaid-practitioner-outpatient-2026-q1.zip",
            ptp_text(),
            None,
            "Pass --table medicaid_ptp_practitioner, medicaid_ptp_outpatient or medicaid_ptp_dme",
        ),
        ("medicaid-dme.zip", mue_text(), None, "names no quarter, neither inside nor in its file name"),
        # They contradict each other.
        (PRACTITIONER_MUE, mue_text(), Told("medicaid_mue_dme"), "is of medicaid_mue_practitioner by its name"),
        (PRACTITIONER_MUE, mue_text(), Told("mue_practitioner"), "--table is mue_practitioner, expected medicaid_mue_"),
        (PRACTITIONER_PTP, ptp_text(), Told("ptp_outpatient"), "--table is ptp_outpatient, expected medicaid_ptp_"),
        (
            PRACTITIONER_MUE,
            "HCPCS/CPT Code\tMUE Values\tMUE Adjudication Indicator\tMUE Rationale\r\n97110\t6\t3 Clinical\tx\r\n",
            None,
            "has a column MUE Adjudication Indicator, and is Medicaid's by its name: Medicaid's tables have none",
        ),
        (
            PRACTITIONER_MUE,
            "HCPCS/CPT Code\tMUE Values\tReason\r\n97110\t6\tx\r\n",
            None,
            "row 1: found the column 'Reason', expected MUE Rationale: unknown layout",
        ),
        (PRACTITIONER_MUE, mue_text(), Told(first=date(2026, 4, 1)), "is for 2026-01-01 to 2026-03-31"),
        # Cells that can't be, and rows that are cut off.
        (PRACTITIONER_MUE, mue_text([("97110", -6, "x")]), None, "row 11, column MUE Values: found '-6', expected a n"),
        (PRACTITIONER_MUE, mue_text([("9711X0", 6, "x")]), None, "row 11, column HCPCS/CPT Code: found '9711X0'"),
        (PRACTITIONER_MUE, mue_text() + "J2001\t4", None, "row 16: has 2 columns, expected 3: is the file truncated?"),
        (PRACTITIONER_MUE, mue_text() + "97110\t7\tx", None, "column code: found '97110', expected what row 13 says"),
        (PRACTITIONER_PTP, ptp_text() + "G0463\t99214\t202", None, "row 9: has 3 columns, expected 6: is the file tru"),
        (
            PRACTITIONER_PTP,
            ptp_text([("11042", "11721", "2013", "", "1", WHY)]),
            None,
            "row 4, column Effective Date: found '2013', expected a date",
        ),
        (
            PRACTITIONER_PTP,
            ptp_text([("11042", "11721", "20130101", "20121231", "1", WHY)]),
            None,
            "column Deletion Date: found '20121231', expected no day before 20130101",
        ),
        (
            PRACTITIONER_PTP,
            ptp_text([("11042", "11721", "20130101", "", i, WHY) for i in "01"]),
            None,
            "row 5, column Modifier: found '1', expected '0', as row 4 says of the same pair and days",
        ),
        (PRACTITIONER_PTP, ptp_text([]), None, "no PTP pair below row 3"),
        (
            PRACTITIONER_PTP,
            ptp_text(header="Col1\tCol2\tModifierIndicator"),
            None,
            "lists only the changes of a quarter",
        ),
        (PRACTITIONER_PTP, ptp_text(header="Col1\tCol2\tx\ty\tz"), None, "columns differ from the published PTP table"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, text: str, told: Told | None, said: str) -> None:
    assert said in refusal(tmp_path, name, text, told)


def test_an_indicator_that_is_not_published_judges_nothing(tmp_path: Path) -> None:
    text = ptp_text([("11042", "11721", "20130101", "", "7", WHY)])
    store, report = book_of(tmp_path, zipped(tmp_path, PRACTITIONER_PTP, text))
    assert any("'7' is none of 0, 1, 9" in note for note in report.notes)
    among = Rulebook(store).on(DAY).pairs_among(frozenset({"11042", "11721"}), "professional", "medicaid")
    assert not among.column1s and among.unknown


@pytest.mark.parametrize("agency", ["Centers for Medicare & Medicaid Services", "for Medicare and Medicaid programs"])
def test_a_notice_makes_no_table_medicaids(tmp_path: Path, agency: str) -> None:
    rows = (
        f"{agency}\t\t\t",
        "HCPCS/CPT Code\tPractitioner Services MUE Values\tMUE Adjudication Indicator\tMUE Rationale",
    )
    text = "\r\n".join((*rows, "97110\t8\t3 Date of Service Edit: Clinical\tClinical: Data", ""))
    store, _ = book_of(tmp_path, zipped(tmp_path, "a.zip", text), told=Told(first=date(2026, 1, 1)))
    assert store.tables() == ["mue_practitioner"]


# From the zip to a message.

LINES = """\
claim_id,code,modifiers,units,from_date,setting,charge
A,97110,GP,7,2026-02-10,professional,100.00
B,97110,GP,6,2026-02-10,professional,100.00
B,97110,GP|59,6,2026-02-10,professional,100.00
C,11042,,1,2026-02-10,professional,100.00
C,11721,,1,2026-02-10,professional,100.00
D,E0470,RR,1,2026-02-10,dme,100.00
D,E0601,RR,1,2026-02-10,dme,100.00
"""
SUPPLIER = [("E0470", "E0601", "20130101", "", "0", WHY)]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A rule book that the command made of Medicaid's files."""
    book = tmp_path / "book.sqlite"
    files = (
        zipped(tmp_path, PRACTITIONER_MUE, mue_text()),
        zipped(tmp_path, PRACTITIONER_PTP, ptp_text()),
        zipped(tmp_path, PTP_NAMES["medicaid_ptp_dme"], ptp_text(SUPPLIER)),
    )
    result = invoke("rules", "add", *files, "--partial", "--rulebook", book)
    assert result.exit_code == 0, result.output
    assert "added Medicaid MUE practitioner 2026 Q1: medicaid_mue_practitioner, 2026-01-01 to" in result.stdout
    (tmp_path / "claims.csv").write_text(LINES)
    return book


def messages_of(book: Path, profile: str) -> list[tuple[str, str, str, str]]:
    result = invoke(
        *("check", book.parent / "claims.csv", "--rulebook", book, "--profile", profile, "--isolated"),
        *("--select", "MUE,PTP", "--format", "jsonl"),
    )
    found = [one for one in map(json.loads, result.stdout.splitlines()) if one["claim_id"]]
    if profile == "medicaid":
        assert not any("Medicare" in one["citation"]["title"] for one in found)
    return [(one["claim_id"], one["line_number"], one["check"], one["text"]) for one in found]


def test_units_and_pairs_are_judged_under_medicaid(book: Path) -> None:
    said = {one[:3]: one[3] for one in messages_of(book, "medicaid") if one[2] != "NOT-JUDGED"}
    # Each line for itself: two of six units stand, one of seven does not.
    assert said == {
        ("A", "1", "MUE-LINE"): "Medicaid NCCI: 7 units of 97110 billed; MUE is 6 per line.",
        ("C", "2", "PTP-1"): "Medicaid NCCI edit: 11721 bundles into 11042; a modifier is allowed.",
        ("D", "2", "PTP-0"): "Medicaid NCCI edit: E0601 bundles into E0470; no modifier overrides it.",
    }


def test_medicare_asks_none_of_medicaids_tables(book: Path) -> None:
    assert {check for _, _, check, _ in messages_of(book, "medicare_part_b")} == {"NOT-JUDGED"}


def test_what_a_batch_of_medicaid_needs(book: Path) -> None:
    claims = book.parent / "claims.csv"
    result = invoke(
        *("rules", "needed", claims, "--rulebook", book, "--profile", "medicaid", "--isolated", "--format", "jsonl")
    )
    needs = {one["table"]: one for one in map(json.loads, result.stdout.splitlines())}
    assert {table for table in needs if table.startswith("medicaid_")} == {
        *("medicaid_mue_practitioner", "medicaid_ptp_practitioner", "medicaid_mue_dme", "medicaid_ptp_dme")
    }
    assert needs["medicaid_mue_dme"]["missing"] and needs["medicaid_mue_dme"]["waiting"] == 2
    assert needs["medicaid_mue_dme"]["file"] == (
        "medicaid-ncci-2026-q1-mue-edits-durable-medical-equipment-services.zip"
    )
    assert needs["medicaid_ptp_dme"]["releases"] == ["Medicaid PTP DME 2026 Q1"]


def test_tables_are_shown_compared_and_exported_as_medicares_are(book: Path) -> None:
    later = [(*pair[:4], "0", pair[5]) for pair in PAIRS[:4]]
    file = zipped(book.parent, PRACTITIONER_PTP.replace("q1-2026", "2026-q2"), ptp_text(later))
    assert invoke("rules", "add", file, "--partial", "--rulebook", book).exit_code == 0
    named = "Medicaid PTP practitioner 2026 Q1", "Medicaid PTP practitioner 2026 Q2"
    changes = invoke("rules", "diff", *named, "--rulebook", book).stdout
    assert "11042-11721: modifier indicator 1 -> 0" in changes
    exported = invoke("rules", "export", "medicaid_mue_practitioner", "--on", "2026-02-10", "--rulebook", book).stdout
    assert "97110,,,6,,Clinical: Medicare Data,Medicaid MUE practitioner 2026 Q1," in exported
    listed = invoke("rules", "list", "--rulebook", book).stdout
    assert "absent: medicaid_mue_dme\n    Medicaid NCCI Edit Files, MUE, Durable Medical Equipment\n" in listed
    page = invoke("explain", "97110", "--on", "2026-02-10", "--pairs", "--rulebook", book).stdout
    assert "Medicaid MUE (practitioner)" in page


def test_a_states_own_limit_is_an_overlay(book: Path) -> None:
    """Twice what the national table has; and no limit at all of a code that the state left out."""
    overlay = book.parent / "state"
    (overlay / "codes").mkdir(parents=True)
    (overlay / "releases.toml").write_text(
        '[[series]]\ntitle = "State policy"\nurl = "https://state.example/policy"\n'
        'tables = ["medicaid_mue_practitioner"]\n'
        'releases = [{ name = "State 2026", edition = "2026", first = 2026-01-01, last = 2026-12-31 }]\n'
    )
    days = 'first = 2026-01-01\nlast = 2026-12-31\ncites = ["State 2026"]\n'
    limit = f'[[mue]]\ntable = "medicaid_practitioner"\n{days}units = 12\nmai = 1\n'
    (overlay / "codes" / "97110.toml").write_text(f'code = "97110"\n\n{limit}')
    left_out = f'[[not_listed]]\ntable = "medicaid_mue_practitioner"\n{days}'
    (overlay / "codes" / "20610.toml").write_text(f'code = "20610"\n\n{left_out}')
    rulebook = open_book(book).under(load_overlay(overlay))
    checker = Checker(rulebook, "medicaid", select=["MUE-LINE"])
    lines = (a_line(code, units=units, day="20260210") for code, units in (("97110", 12), ("97110", 13), ("20610", 9)))
    found = checker.check(a_claim(*lines)).messages
    assert [(one.line_number, one.text) for one in found] == [
        ("2", "Medicaid NCCI: 13 units of 97110 billed; MUE is 12 per line (MAI 1).")
    ]
