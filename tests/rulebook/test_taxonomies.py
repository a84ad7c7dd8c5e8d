"""Provider taxonomy codes: what comes with claimcheck is what NUCC and CMS publish, without their texts, and their
files are read into a rule book."""

import csv
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from claimcheck.rulebook import Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.starter import RuleDataError, load, shipped_rules
from claimcheck.rulebook.store import Store
from claimcheck.rulebook.tables.code_sets import SPECIALTIES, TAXONOMIES
from support.published import CMS, needs_cms

DAY = date(2024, 8, 14)
SHIPPED = shipped_rules() / "taxonomies.toml"
FILES = CMS / "codes"


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load()


def on(book: Rulebook, day: str) -> Rules:
    return book.on(date.fromisoformat(day))


def published(name: str) -> list[dict[str, str]]:
    with (FILES / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


# What ships.


@needs_cms
def test_the_codes_are_those_of_the_list_and_end_when_they_ended() -> None:
    said = tomllib.loads(SHIPPED.read_text())[TAXONOMIES]
    changes = published("nucc_taxonomy_changelog.rebuilt.csv")
    ended = {row["code"]: row["date"] for row in changes if row["change"] == "deactivated"}
    assert {code: str(days["last"]) for code, days in said["dated"].items()} == ended
    assert len(ended) == 23
    listed = {row["code"] for row in published("nucc_taxonomy_latest.rebuilt.csv")}
    assert {*said["codes"], *ended} == listed
    assert len(said["codes"]) + len(ended) == len(listed) == 874
    assert max(row["date"] for row in changes) < str(said["whole_to"]), "the newest change that it knows of"


@needs_cms
def test_the_specialties_are_those_of_the_crosswalk() -> None:
    said = tomllib.loads(SHIPPED.read_text())[SPECIALTIES]["values"]
    rows = {(row["taxonomy_code"], row["specialty_code"]) for row in published(CROSSWALK) if row["taxonomy_code"]}
    assert {(code, one) for code, value in said.items() for one in value.split()} == rows
    assert all(value.split() == sorted(set(value.split())) for value in said.values())


def test_no_names_of_codes() -> None:
    values = re.findall(r'"([^"]*)"', re.sub(r"(?m)^#.*$", "", SHIPPED.read_text()))
    plain = re.compile(r"[0-9]{3}[0-9A-Z]{6}X|[0-9A-Z]{2}( [0-9A-Z]{2})*")
    assert {value for value in values if not plain.fullmatch(value)} == {
        "NUCC Health Care Provider Taxonomy code set",
        "NUCC taxonomy 24.1",
        "Medicare Provider and Supplier Taxonomy Crosswalk",
        "Taxonomy crosswalk 2024 Q4",
    }


@pytest.mark.parametrize(
    ("taxonomy", "specialties"),
    [("207Q00000X", "08"), ("207R00000X", "11"), ("207RC0000X", "06 11"), ("207X00000X", "02 20"), ("390200000X", "")],
)
def test_a_taxonomy_has_specialties(book: Rulebook, taxonomy: str, specialties: str) -> None:
    row = book.on(DAY).listed(SPECIALTIES, taxonomy)
    assert (row.value if row else "") == specialties
    if row:
        assert row == Listed(specialties, f"Taxonomy crosswalk 2024 Q4 {taxonomy}")


def test_a_code_is_listed_to_the_day_it_ended(book: Rulebook) -> None:
    assert on(book, "2023-01-01").listed(TAXONOMIES, "246YC3301X")
    assert not on(book, "2023-01-02").listed(TAXONOMIES, "246YC3301X")
    assert not on(book, "2026-08-14").listed(TAXONOMIES, "246YC3301X"), "what ended is known after the list, too"


def test_a_later_version_may_have_codes_more(book: Rulebook) -> None:
    assert not on(book, "2024-12-31").listed(TAXONOMIES, "207Q99999X")
    with pytest.raises(NotInForce):
        on(book, "2025-01-01").listed(TAXONOMIES, "207Q99999X")
    assert on(book, "2026-12-31").listed(TAXONOMIES, "207Q00000X")


def test_they_lie_under_every_book(tmp_path: Path) -> None:
    added(tmp_path, "nucc_taxonomy_260.csv", LIST)
    rules = open_book(tmp_path / "book.sqlite").on(DAY)
    assert rules.listed(TAXONOMIES, "207Q00000X")
    assert rules.listed(SPECIALTIES, "207Q00000X")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('"101200000X", ', '"101200000Y", '), "taxonomies.codes[0]: found '101200000Y', expected a taxonomy of 10"),
        (("whole_to = 2024-12-31", "whole_to = 2028-12-31"), "expected a day between 2005-01-01 and 2026-12-31"),
    ],
)
def test_a_fault_in_the_file_is_told(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    (tmp_path / "codes").mkdir()
    for path in shipped_rules().glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text())
    text = SHIPPED.read_text()
    assert change[0] in text
    (tmp_path / "taxonomies.toml").write_text(text.replace(*change))
    with pytest.raises(RuleDataError) as caught:
        load(tmp_path)
    assert "taxonomies.toml" in str(caught.value)
    assert says in str(caught.value)


# Their files.

CROSSWALK = "medicare_specialty_taxonomy_crosswalk.rebuilt.csv"
LIST = """\
Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section
207Q00000X,A,B,,"a, b",[7/1/2006: new],C,D
246YC3301X,A,B,,,"[7/1/2003: new], [1/1/2023: deactivated]",C,D
"""
OF_CMS = """\
MEDICARE SPECIALTY CODE,MEDICARE PROVIDER/SUPPLIER TYPE DESCRIPTION,PROVIDER TAXONOMY CODE,"PROVIDER TAXONOMY \
DESCRIPTION:  TYPE, CLASSIFICATION, SPECIALIZATION"
6,A,207RC0000X,B
11,A,207RC0000X ,B
11,A,207RC0000X,B
A0[7][13],A,282N00000X,B
C9,A,,
"""


def added(folder: Path, name: str, text: str, told: Told | None = None) -> Report:
    (folder / name).write_text(text)
    return add(folder / "book.sqlite", [folder / name], told, partial=True)


def rows_of(folder: Path, table: str) -> dict[str, tuple[str, str]]:
    store = Store.open(folder / "book.sqlite")
    sql = "SELECT code, listed.last, value FROM listed JOIN release ON id = release WHERE in_table = ?"
    return {code: (str(last), value) for code, last, value in store.connection.execute(sql, (table,))}


def test_the_list_is_read_by_its_notes(tmp_path: Path) -> None:
    report = added(tmp_path, "nucc_taxonomy_251.csv", LIST)
    assert report.added == ["NUCC taxonomy 25.1: taxonomies, 2025-07-01 to 2025-12-31, 2 rows"]
    assert rows_of(tmp_path, TAXONOMIES) == {"207Q00000X": ("99991231", ""), "246YC3301X": ("20230101", "")}


def test_the_list_is_read_by_a_column_of_days(tmp_path: Path) -> None:
    text = LIST.replace("Notes", "Deactivation Date").replace("[7/1/2006: new]", "")
    added(tmp_path, "nucc_taxonomy_90.csv", text.replace('"[7/1/2003: new], [1/1/2023: deactivated]"', "1/1/2023"))
    assert rows_of(tmp_path, TAXONOMIES)["246YC3301X"] == ("20230101", "")


def test_the_crosswalk_is_read(tmp_path: Path) -> None:
    name = "Medicare_Provider_and_Supplier_Taxonomy_Crosswalk_August_2026.csv"
    report = added(tmp_path, name, OF_CMS)
    assert report.added == ["Taxonomy crosswalk 2026 Q3: specialties, 2026-07-01 to 2026-09-30, 2 rows"]
    assert rows_of(tmp_path, SPECIALTIES) == {"207RC0000X": ("99991231", "06 11"), "282N00000X": ("99991231", "A0")}


@needs_cms
def test_the_whole_files(tmp_path: Path) -> None:
    files = [FILES / "nucc_taxonomy_latest.rebuilt.csv", FILES / CROSSWALK]
    report = add(tmp_path / "book.sqlite", files, Told(first=date(2024, 10, 1)))
    assert [line.rpartition(", ")[2] for line in report.added] == ["874 rows", "454 rows"]
    shipped = tomllib.loads(SHIPPED.read_text())
    assert {code: value for code, (_, value) in rows_of(tmp_path, SPECIALTIES).items()} == shipped[SPECIALTIES][
        "values"
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("list.csv", LIST, "list.csv: names no quarter"),
        ("taxonomy_crosswalk_2024-13-01.csv", OF_CMS, "names no quarter"),
        ("nucc_taxonomy_251.csv", LIST.replace("207Q00000X", "207Q0000X"), "row 2, column CODE: found '207Q0000X'"),
        ("nucc_taxonomy_251.csv", LIST.replace("1/1/2023", "13/1/2023"), "row 3, column NOTES: found '13/1/2023'"),
        ("crosswalk_2024-10-01.csv", OF_CMS.replace("A0[7][13]", "A00"), "row 5, column MEDICARE SPECIALTY CODE"),
        ("crosswalk_2024-10-01.csv", OF_CMS.replace("282N00000X,B", "282N00000X"), "truncated?"),
        ("changes.csv", "code,date,change,details\n246YC3301X,2023-01-01,deactivated,x\n", "Add the list of codes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(InvalidSourceFile) as caught:
        added(tmp_path, name, text)
    assert says in str(caught.value)
    assert not (tmp_path / "book.sqlite").exists()


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nucc_taxonomy_251.csv").write_text(LIST)
    with pytest.raises(InvalidSourceFile, match="is the file truncated"):
        add(tmp_path / "book.sqlite", [tmp_path / "nucc_taxonomy_251.csv"])
