"""ICD-10-CM: what comes with claimcheck is what CMS publishes, and its files are read into a rule book."""

import csv
import hashlib
import lzma
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import NotInForce, Rulebook
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.cms.icd10cm import billable, tokens_of, unspecified_sides
from claimcheck.rulebook.diagnoses import load_diagnoses
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.store import RuleDataError, Store
from claimcheck.rulebook.tables.code_sets import EXCLUDES1, ICD_10_CM, UNSPECIFIED_SIDES, Diagnosis, notes_in
from support import shipped_diagnoses
from support.published import CMS, needs_cms

STORE = load_diagnoses()
BOOK = Rulebook(STORE)
FILES = CMS / "icd10cm"


def valid_on(day: str) -> set[str]:
    """The codes that can be billed on a day, by the rows alone."""
    number = int(day.replace("-", ""))
    sql = "SELECT diagnosis FROM diagnosis WHERE ? BETWEEN first AND last"
    return {code for (code,) in STORE.connection.execute(sql, (number,))}


# What ships.


@needs_cms
def test_the_data_are_made_of_what_is_published() -> None:
    made = shipped_diagnoses.rows()
    shipped = csv.reader(lzma.decompress(shipped_diagnoses.DATA.read_bytes()).decode("ascii").splitlines())
    assert [tuple(row) for row in shipped] == made
    assert hashlib.sha256(shipped_diagnoses.DATA.read_bytes()).hexdigest() in shipped_diagnoses.DECLARED.read_text()


def test_other_data_than_declared_are_refused(tmp_path: Path) -> None:
    (tmp_path / "diagnoses.toml").write_text(shipped_diagnoses.DECLARED.read_text())
    (tmp_path / "diagnoses.csv.xz").write_bytes(lzma.compress(b"icd10cm,A000,20151001,,\n"))
    with pytest.raises(RuleDataError, match=r"diagnoses.toml:1: sha256: found .* make both anew"):
        load_diagnoses(tmp_path)


def test_they_are_small() -> None:
    assert shipped_diagnoses.DATA.stat().st_size < 150_000


@needs_cms
@pytest.mark.parametrize(
    ("year", "day"),
    [("fy2021", "2021-01-01"), ("fy2022", "2021-10-01"), ("fy2025", "2025-04-01"), ("fy2026", "2025-10-01")],
)
def test_a_code_is_valid_iff_the_list_of_its_year_has_it(year: str, day: str) -> None:
    with (FILES / "icd10cm_valid_by_fy.rebuilt.csv").open(newline="") as stream:
        listed = {row["code"]: row[year] for row in csv.DictReader(stream)}
    valid = valid_on(day)
    assert valid == {code for code, is_valid in listed.items() if is_valid == "1"}
    prefixes = {code[:end] for code in valid for end in range(3, len(code))}
    assert prefixes >= {code for code, is_valid in listed.items() if is_valid == "0"}, "what is listed as a category"
    assert not prefixes & valid


@settings(max_examples=200, deadline=None)
@given(st.data(), st.dates(date(2015, 10, 1), date(2027, 3, 31)))
def test_a_look_up_says_what_the_rows_say(data: st.DataObject, day: date) -> None:
    code = data.draw(st.sampled_from(SOME_CODES))
    for asked in (code, code[:3], code[:-1], f"{code}X"):
        row = BOOK.on(day).diagnosis(asked)
        assert bool(row) is any(p.first <= day <= p.last for p in BOOK.periods(ICD_10_CM, asked))
    if BOOK.on(day).diagnosis(code):
        assert not any(BOOK.on(day).diagnosis(code[:end]) for end in range(3, len(code))), "no category can be billed"


_CODES = STORE.connection.execute("SELECT diagnosis FROM diagnosis ORDER BY last, first DESC LIMIT 3000")
SOME_CODES = [*(code for (code,) in _CODES), "A000", "E119", "S52501A", "Z0000"]
"""Those that ended, and some that began late."""


@pytest.mark.parametrize(
    ("day", "known"), [("2015-09-30", False), ("2015-10-01", True), ("2027-03-31", True), ("2027-04-01", False)]
)
def test_days_that_no_edition_covers_are_unknown(day: str, known: bool) -> None:
    rules = BOOK.on(date.fromisoformat(day))
    if known:
        assert rules.diagnosis("E119")
        assert not rules.diagnosis("E11")
    else:
        with pytest.raises(NotInForce):
            rules.diagnosis("E119")


def test_a_row_names_the_fiscal_year() -> None:
    row = BOOK.on(date(2025, 4, 2)).diagnosis("E119")
    assert row == Diagnosis(date(2015, 10, 1), None, "ICD-10-CM FY2025 E119")


def test_they_lie_under_every_book(tmp_path: Path) -> None:
    for book in (open_book("starter"), open_book(tmp_path_of_a_book(tmp_path))):
        assert book.on(date(2024, 8, 14)).diagnosis("E119")
        assert book.on(date(2026, 4, 10)).listed(EXCLUDES1, "E10")


def tmp_path_of_a_book(folder: Path) -> Path:
    added(folder, order("E119    1"), "icd10cm-order-2028.txt", partial=True)
    return folder / "book.sqlite"


def test_a_code_that_ended_is_in_no_gap() -> None:
    periods = BOOK.periods(ICD_10_CM, "M545")
    assert [(p.first, p.last) for p in periods] == [(date(2015, 10, 1), date(2021, 9, 30))]
    assert BOOK.keys_under(ICD_10_CM, "M545") == ["M5450", "M5451", "M5459"]


# Excludes1 notes.


def excluded(day: str, *diagnoses: str) -> list[str]:
    return [f"{one.one} {one.other} {one.where}" for one in BOOK.on(date.fromisoformat(day)).excluded_among(diagnoses)]


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ("E119", "E109", "E11"),
        ("R7303", "E119", "R73"),
        ("M5450", "M5441", "M545"),
        ("F329", "F319", "F32"),
        ("G5702", "M5416", "G50-G59"),
        ("F458", "G4763", "F458"),
    ],
)
def test_published_pairs_exclude_one_another(one: str, other: str, where: str) -> None:
    assert excluded("2026-04-10", one, other) == [f"{one} {other} {where}"]
    (found,) = excluded("2026-04-10", other, one)
    assert found.startswith(f"{other} {one} ")


def test_other_pairs_do_not() -> None:
    assert not excluded("2026-04-10", "J209", "J441"), "Excludes2"
    assert not excluded("2026-04-10", "I10", "E119")
    assert not excluded("2026-04-10", "E119", "E119")
    assert not excluded("2024-09-30", "E119", "E109"), "no notes at hand"
    assert not excluded("2026-10-01", "E119", "E109"), "no notes at hand"
    assert excluded("2024-10-01", "E119", "E109")


def test_notes_are_read_from_their_words() -> None:
    assert [*tokens_of("certain (A04.0-A04.4) and others (C51-C52, C60.-, C63.2)")] == [
        "A040-A044",
        "C51-C52",
        "C60",
        "C632",
    ]
    assert [*tokens_of("with fifth character (B27.- with fifth character 2), or (M50.1.-)")] == ["M501"]
    own, section = notes_in("E10 E08-E09; G50-G59: M541")
    assert [code for code in ("E1011", "E0921", "E11") if own.names(code)] == ["E1011", "E0921"]
    assert section.where == "G50-G59"
    assert [code for code in ("M5416", "M542") if section.names(code)] == ["M5416"]


@needs_cms
def test_nearly_all_tokens_are_understood() -> None:
    notes = [
        r
        for r in shipped_diagnoses.table_of("icd10cm/icd10cm_notes_2026-04.rebuilt.csv")
        if r["note_type"] == "excludes1"
    ]
    published = [token for row in notes for token in row["codes"].split("|") if token]
    assert len(notes) == 5_407
    assert len(published) == 5_672
    assert len(published) - sum(len({*tokens_of(row["text"])}) for row in notes) < 60


# Sides.


def test_a_side_is_left_open_by_words() -> None:
    titles = {
        "M1710": "Unilateral primary osteoarthritis, unspecified knee",
        "M1711": "Unilateral primary osteoarthritis, right knee",
        "M1712": "Unilateral primary osteoarthritis, left knee",
        "A009": "Cholera, unspecified",
    }
    assert [*unspecified_sides(titles)] == [("M1710", "M1711", "M1712")]


def test_the_sides_that_ship() -> None:
    rules = BOOK.on(date(2025, 3, 10))
    assert rules.listed(UNSPECIFIED_SIDES, "H2510")
    assert rules.listed(UNSPECIFIED_SIDES, "M1710")
    assert not rules.listed(UNSPECIFIED_SIDES, "M1711")


# The files of CMS.

MANY = [f"B{n:03}    1" for n in range(50)]
HEAD = "00001 A00     0 Cholera                                                      Cholera"


def order(*rows: str) -> str:
    """An order file of codes with their flags."""
    lines = [
        HEAD,
        "00002 A000    1 Cholera due to Vibrio cholerae 01, biovar cholerae           Cholera, biovar cholerae",
    ]
    lines += [f"{n:05} {row} {'Short title':60} Long title, of {row}" for n, row in enumerate(rows, 3)]
    return "\r\n".join(lines) + "\r\n"


def added(folder: Path, text: str | bytes, name: str, *, partial: bool = False, told: Told | None = None) -> Report:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    return add(folder / "book.sqlite", [path], told, partial=partial)


def book_of(folder: Path) -> Rulebook:
    return Rulebook(Store.open(folder / "book.sqlite"))


def test_an_order_file_is_read(tmp_path: Path) -> None:
    report = added(tmp_path, order("E11     0", "E119    1"), "icd10cm-order-2028.txt", partial=True)
    assert "ICD-10-CM FY2028: icd10cm, 2027-10-01 to 2028-09-30, 2 rows" in report.added
    book = book_of(tmp_path)
    assert book.on(date(2028, 1, 1)).diagnosis("E119")
    assert book.keys(ICD_10_CM) == ["A000", "E119"]


def test_an_update_of_april_holds_from_then(tmp_path: Path) -> None:
    report = added(tmp_path, order(), "icd10cm-order-April-1-2027.txt", partial=True)
    assert "ICD-10-CM FY2027 from 2027-04-01: icd10cm, 2027-04-01 to 2027-09-30, 1 rows" in report.added


def test_a_list_of_codes_is_read(tmp_path: Path) -> None:
    text = "1\r\nA00-A09\r\nA00\r\nA000\r\r\nA001\r\nE11\r\nE119\r\n"
    report = added(tmp_path, text, "code-list-April-2026.txt", partial=True)
    assert "ICD-10-CM FY2026 from 2026-04-01: icd10cm, 2026-04-01 to 2026-09-30, 3 rows" in report.added
    assert book_of(tmp_path).keys(ICD_10_CM) == ["A000", "A001", "E119"]


XML = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2028</version>
<chapter><name>6</name><desc>Diseases of the nervous system (G00-G99)</desc>
<excludes1><note>neoplasms (C00-D49)</note></excludes1>
<section id="G50-G59"><desc>Nerve disorders (G50-G59)</desc>
<excludes1><note>radiculitis NOS (M54.1-)</note><note>of itself (G50.1)</note></excludes1>
<diag><name>G57</name><desc>x</desc><excludes1><note>current injury (S84.-, S74.0)</note></excludes1>
<diag><name>G57.0</name><desc>x</desc><excludes1><note>sciatica (M54.3-)</note></excludes1></diag></diag>
</section></chapter></ICD10CM.tabular>
"""


def test_a_tabular_list_is_read_for_its_notes(tmp_path: Path) -> None:
    report = added(tmp_path, XML, "icd10cm-tabular-2028.xml", partial=True)
    assert "ICD-10-CM FY2028: excludes1, 2027-10-01 to 2028-09-30, 2 rows" in report.added
    found = book_of(tmp_path).on(date(2028, 1, 1)).excluded_among
    assert [one.where for one in found(("G5700", "M5410", "M5430"))] == ["G50-G59", "G570"]
    assert [one.where for one in found(("G5700", "C509"))] == ["G00-G99"]
    assert not found(("G5700", "G501"))


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (order(), "codes.txt", "names no quarter"),
        (order(*MANY) + "garbage\r\n", "icd10cm-order-2028.txt", "row 53, column 1 to 78: found 'garbage'"),
        ("1\nA00-A09\nA00\nA000\nA001\n" * 9 + "E11.9\n", "code-list-2028.txt", "found 'E11.9', expected a code of"),
        (XML[:500], "icd10cm-tabular-2028.xml", "can't be read as XML"),
        (XML.replace("?>", "?><!DOCTYPE x>", 1), "icd10cm-tabular-2028.xml", "declares entities"),
        (order(), "icd10cm-order-2028.txt", "has 1 rows; CMS publishes over 60,000"),
        ("00001 A00  0 Cholera\n", "icd10cm-order-2028.txt", "no table found that claimcheck reads"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, name: str, expected: str) -> None:
    with pytest.raises(InvalidSourceFile) as refused:
        added(tmp_path, text, name)
    assert expected in str(refused.value)
    assert name in str(refused.value)


def test_what_can_be_billed_begins_no_other_code() -> None:
    assert billable(["A00", "A000", "A001", "E11", "E119", "A00"]) == ["A000", "A001", "E119"]


@needs_cms
@pytest.mark.parametrize(
    ("name", "rows", "day"),
    [
        ("icd10cm-order-Jan-2021.zip", 72_621, "2021-01-01"),
        ("icd10cm-code-list-April-2025.zip", 0, "2025-04-01"),
        ("icd10cm-code-list-April-2026.zip", 0, "2026-04-01"),
        ("icd10cm-tabular-April-1-2026.zip", 0, "2026-04-01"),
    ],
)
def test_the_whole_files_say_what_ships(tmp_path: Path, name: str, rows: int, day: str) -> None:
    report = add(tmp_path / "book.sqlite", [FILES / name])
    book, when = book_of(tmp_path), date.fromisoformat(day)
    assert report.added
    if book.has(ICD_10_CM):
        assert set(book.keys(ICD_10_CM)) == valid_on(day)
        assert not rows or len(book.keys(ICD_10_CM)) == rows
    if book.has(EXCLUDES1):
        theirs = {key: book.on(when).listed(EXCLUDES1, str(key)) for key in book.keys(EXCLUDES1)}
        ours = {key: BOOK.on(when).listed(EXCLUDES1, str(key)) for key in BOOK.keys(EXCLUDES1)}
        assert {k: r.value for k, r in theirs.items() if r} == {k: r.value for k, r in ours.items() if r}


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "icd10cm-order-2028.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("icd10cm-order-2028.txt", order())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidSourceFile, match="truncated"):
        add(tmp_path / "book.sqlite", [path])
