"""``claimcheck rules``: what a person sees who makes a rule book, and where it is kept."""

import csv
import gzip
import hashlib
import io
import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from claimcheck.cli.rules.book import ending
from claimcheck.rulebook.schema import SCHEMA
from claimcheck.rulebook.tables import TABLES
from support.command_line import invoke
from support.places import FIXTURES

DEMO = FIXTURES / "837p" / "demo.837"

HEADER = '"HCPCS/\nCPT Code",DME Supplier Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
RELEASED = {
    "04-01-2024": {"A4206": 0, "A4253": 6, "E0114": 1, "X0001": 1},
    "07-01-2024": {"A4206": 0, "A4253": 7, "X0001": 1, "L0450": 1},
}
SUMMER, AUTUMN = "MUE DME 2024 Q2", "MUE DME 2024 Q3"


def run(*arguments: object, home: Path | None = None, **environment: str) -> Result:
    # In place of the environment of tests: that of a user who has set nothing.
    own = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "CLAIMCHECK_RULEBOOK": None} if home else {}
    return invoke(*arguments, environment={**environment, **own})


def limits(folder: Path, quarter: str) -> Path:
    path = folder / f"MCR_MUE_DMESupplierServices_Eff_{quarter}.csv"
    rows = [
        f"{code},{units},3 Date of Service Edit: Clinical,CMS Policy\n" for code, units in RELEASED[quarter].items()
    ]
    path.write_text(HEADER + "".join(rows))
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.sqlite"
    done = run("rules", "add", "--partial", "--rulebook", path, *(limits(tmp_path, quarter) for quarter in RELEASED))
    assert done.exit_code == 0, done.stderr
    return path


def test_add_says_what_was_added(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    file = limits(tmp_path, "04-01-2024")
    done = run("rules", "add", "--partial", "--rulebook", path, file)
    assert done.exit_code == 0
    assert done.stdout == "added MUE DME 2024 Q2: mue_dme, 2024-04-01 to 2024-06-30, 4 rows\n"
    assert "added as incomplete" in done.stderr
    again = run("rules", "add", "--partial", "--rulebook", path, file)
    assert again.stdout == "unchanged MUE DME 2024 Q2: already in the book, from the same file\n"
    assert f"{path}: unchanged" in again.stderr


def test_a_refusal_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = run("rules", "add", "--rulebook", tmp_path / "book.sqlite", limits(tmp_path, "04-01-2024"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "claimcheck: MCR_MUE_DMESupplierServices_Eff_04-01-2024.csv: MUE DME 2024 Q2 is incomplete"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "book.sqlite").exists()


def test_list(book: Path, tmp_path: Path) -> None:
    lines = run("rules", "list", "--rulebook", book).stdout.splitlines()
    assert lines[0] == "mue_dme"
    assert lines[1] == "  MUE DME 2024 Q2  2024-04-01 to 2024-06-30  4 rows, in part"
    assert lines[2].startswith("      MCR_MUE_DMESupplierServices_Eff_04-01-2024.csv  4 rows  sha256 ")
    assert not any("gap" in line for line in lines)


def test_list_ends_with_the_tables_that_the_book_has_no_release_of(book: Path) -> None:
    lines = run("rules", "list", "--rulebook", book).stdout.splitlines()
    absent = [line.partition(" ")[2] for line in lines if line.startswith("absent: ")]
    assert absent[:5] == ["fee_schedule", "mue_practitioner", "mue_outpatient", "ptp_practitioner", "ptp_outpatient"]
    assert {"add_on", "opps", "asc", "codes", "medicaid_mue_dme"} < set(absent)
    assert not {"mue_dme", "visits", "telehealth", "modifiers"} & set(absent)  # in it, or with claimcheck
    at = lines.index("absent: add_on")
    assert lines[at + 1 : at + 4] == [
        "    Medicare NCCI Add-on Code Edits",
        "    https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/"
        "medicare-ncci-add-code-edits",
        "    needed by AOC-1, AOC-2, AOC-3",
    ]
    assert all(line.startswith(("absent: ", "    ")) for line in lines[lines.index("absent: fee_schedule") :])


def test_absent_tables_as_json_lines(book: Path) -> None:
    lines = run("rules", "list", "--rulebook", book, "--format", "jsonl").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    absent = {one["absent"]: one for one in found if "absent" in one}
    assert absent["add_on"] == {
        "absent": "add_on",
        "title": "Medicare NCCI Add-on Code Edits",
        "page": "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/"
        "medicare-ncci-add-code-edits",
        "imported": True,
        "needed_by": ["AOC-1", "AOC-2", "AOC-3"],
    }
    assert "mue_dme" not in absent


def test_list_tells_of_a_table_that_cannot_be_added_yet(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "medicaid_mue_dme"
    monkeypatch.setitem(TABLES, table, TABLES[table]._replace(imported=False))
    lines = run("rules", "list", "--rulebook", book).stdout.splitlines()
    said = lines[lines.index(f"absent: {table}") + 1]
    assert said.endswith("MUE, Durable Medical Equipment (`rules add` does not read it yet)")
    lines = run("rules", "list", "--rulebook", book, "--format", "jsonl").stdout.splitlines()
    (found,) = (one for one in map(json.loads, lines) if one.get("absent") == table)
    assert found["imported"] is False


def test_list_tells_of_gaps_and_overlaps(tmp_path: Path) -> None:
    path, file = tmp_path / "book.sqlite", limits(tmp_path, "04-01-2024")
    unnamed = file.with_name("limits.csv")
    unnamed.write_bytes(file.read_bytes())
    add = ["rules", "add", "--partial", "--rulebook", path]
    run(*add, file)
    run(*add, unnamed, "--first", "2024-10-01", "--last", "2025-03-31")
    run(*add, unnamed, "--first", "2025-01-01")
    lines = [line.strip() for line in run("rules", "list", "--rulebook", path).stdout.splitlines()]
    assert "gap: 2024-07-01 to 2024-09-30 is governed by no release" in lines
    assert "overlap: 2025-01-01 to 2025-03-31: MUE DME 2025 Q1 wins over MUE DME 2024 Q4 where it has a row" in lines


def test_list_as_json_lines(book: Path) -> None:
    listed = [
        json.loads(line) for line in run("rules", "list", "--rulebook", book, "--format", "jsonl").stdout.splitlines()
    ]
    assert [one["release"] for one in listed if "release" in one] == [SUMMER, AUTUMN]
    assert listed[0]["first"] == "2024-04-01"
    assert listed[0]["whole"] is False
    (source,) = listed[0]["sources"]
    assert source["file"] == "MCR_MUE_DMESupplierServices_Eff_04-01-2024.csv"
    assert len(source["sha256"]) == 64


def test_the_schema_is_the_databases_own(book: Path) -> None:
    shown = run("rules", "list", "--schema").stdout
    assert shown == SCHEMA
    made = sqlite3.connect(book).execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    for (sql,) in made:
        assert sql in shown


def test_the_starter_book_is_listed_by_edition() -> None:
    lines = run("rules", "list", "--rulebook", "starter").stdout.splitlines()
    assert {"fee_schedule", "cross_references", "icd10cm", "excludes1"} <= {*lines}
    assert sum(line.endswith("rows; HCPCS Level II codes") for line in lines) == 8
    assert not any(line.strip().startswith(("gap", "overlap")) for line in lines)


def test_releases_that_hold_for_ever_are_listed_as_json_lines() -> None:
    done = run("rules", "list", "--rulebook", "starter", "--format", "jsonl")
    assert (done.exit_code, done.stderr) == (0, "")
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"9999-12-31", "2025-12-31"} <= {one.get("last") for one in listed}
    assert "gap" not in {one.get("stretch") for one in listed}


def test_diff(book: Path) -> None:
    done = run("rules", "diff", SUMMER, AUTUMN, "--rulebook", book)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "MUE DME 2024 Q2 -> MUE DME 2024 Q3, mue_dme: added 1, ended 1, units 1",
        "  A4253: MUE 6 -> 7",
        "  E0114: ended, MUE 1, MAI 3, rationale CMS Policy",
        "  L0450: new, MUE 1, MAI 3, rationale CMS Policy",
    ]
    one = run("rules", "diff", SUMMER, AUTUMN, "--rulebook", book, "--code", "a4253", "--format", "jsonl")
    assert [json.loads(line) for line in one.stdout.splitlines()] == [
        {"table": "mue_dme", "key": "A4253", "change": "changed", "field": "units", "before": 6, "after": 7}
    ]


def test_list_says_which_table_ends_soon_or_has_ended(book: Path) -> None:
    lines = run("rules", "list", "--rulebook", book).stdout.splitlines()
    (ended,) = [line for line in lines if line.startswith("NCCI MUE (DME) ")]
    days = (date.today() - date(2024, 9, 30)).days
    assert ended == f"NCCI MUE (DME) ended {days} days ago, on 2024-09-30"
    listed = [*map(json.loads, run("rules", "list", "--rulebook", book, "--format", "jsonl").stdout.splitlines())]
    assert {"table": "mue_dme", "ends": "2024-09-30"} in listed


@pytest.mark.parametrize(
    ("days", "said"),
    [(-1, "ended 1 day ago"), (0, "ends today"), (33, "ends in 33 days"), (45, "ends in 45 days"), (46, "")],
)
def test_how_soon_a_table_ends(days: int, said: str) -> None:
    assert ending(date.today() + timedelta(days=days)).startswith(said)
    assert bool(ending(date.today() + timedelta(days=days))) == bool(said)


def test_remove(book: Path) -> None:
    done = run("rules", "remove", SUMMER, "--rulebook", book)
    assert (done.exit_code, done.stdout) == (0, "removed MUE DME 2024 Q2: mue_dme, 4 rows\n")
    assert run("rules", "verify", "--rulebook", book).stderr == "1 releases, 4 rows: no problems\n"
    assert SUMMER not in run("rules", "list", "--rulebook", book).stdout


def test_remove_all_or_nothing(book: Path) -> None:
    before = book.read_bytes()
    done = run("rules", "remove", SUMMER, "RVU25D", "--rulebook", book)
    assert done.exit_code == 2 and 'unknown release "RVU25D"' in done.stderr
    assert book.read_bytes() == before


def test_remove_forgets_what_a_release_replaced(book: Path, tmp_path: Path) -> None:
    file = limits(tmp_path, "04-01-2024")
    file.write_text(file.read_text().replace("A4253,6", "A4253,5"))
    assert "replaces the edition" in run("rules", "add", "--partial", "--rulebook", book, file).stdout
    run("rules", "remove", SUMMER, "--rulebook", book)
    with closing(sqlite3.connect(book)) as connection:
        assert connection.execute("SELECT name FROM release").fetchall() == [(AUTUMN,)]
        assert connection.execute("SELECT count(*) FROM source").fetchone() == (1,)


def test_export_has_each_row_with_its_source(book: Path, tmp_path: Path) -> None:
    done = run("rules", "export", "mue_dme", "--rulebook", book)
    rows = [*csv.DictReader(io.StringIO(done.stdout))]
    assert [row["code"] for row in rows] == ["A4206", "A4253", "L0450", "X0001", "A4206", "A4253", "E0114", "X0001"]
    first = rows[0]
    file = tmp_path / "MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv"
    assert (first["units"], first["release"], first["source"]) == ("0", AUTUMN, file.name)
    assert first["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.read_text().splitlines()[int(rows[1]["row"]) - 1].startswith("A4253,7")


def test_export_of_a_day_or_a_release(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "mue.csv.gz"
    done = run("rules", "export", "mue_dme", "--on", "2024-05-01", "--output", path, "--rulebook", book)
    assert done.exit_code == 0, done.stderr
    rows = [*csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))]
    assert {row["release"] for row in rows} == {SUMMER} and len(rows) == 4
    one = run("rules", "export", "mue_dme", "--release", SUMMER, "--rulebook", book).stdout
    assert [*csv.DictReader(io.StringIO(one))] == rows
    wrong = run("rules", "export", "mue_dm", "--rulebook", book)
    assert wrong.exit_code == 2 and "did you mean mue_dme?" in wrong.stderr


def test_diff_of_what_is_not_there(book: Path) -> None:
    done = run("rules", "diff", SUMMER, "RVU25D", "--rulebook", book)
    assert done.exit_code == 2
    assert done.stderr == 'claimcheck: unknown release "RVU25D"; see `claimcheck rules list`\n'
    done = run("rules", "diff", SUMMER, AUTUMN, "--table", "opps", "--rulebook", book)
    assert done.exit_code == 2


def test_a_sound_book_is_verified(book: Path, tmp_path: Path) -> None:
    done = run("rules", "verify", "--rulebook", book, tmp_path / "MCR_MUE_DMESupplierServices_Eff_04-01-2024.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "2 releases, 8 rows: no problems\n"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE mue SET units = 99 WHERE code = 'A4253'", "its rows differ from those that were read"),
        ("DELETE FROM mue WHERE code = 'A4253' AND release = 1", "has 3 rows, but 4 were read"),
        ("UPDATE mue SET release = 9 WHERE release = 1", "mue: 4 rows belong to no release"),
        ("UPDATE mue SET source = 9 WHERE code = 'L0450'", "mue: 1 rows name a file"),
        ("UPDATE mue SET last = 20000101, first = 20000102 WHERE code = 'L0450'", "1 rows end before they begin"),
        ("UPDATE mue SET code = 'l0450' WHERE code = 'L0450'", "1 rows have an invalid code"),
        ("UPDATE release SET first = 20240401, last = 20240630, published = 20240401", "neither is later"),
        ("UPDATE source SET rows = 5 WHERE id = 1", "its files had 5 rows"),
    ],
)
def test_verify_finds_what_is_wrong(book: Path, damage: str, said: str) -> None:
    with sqlite3.connect(book) as connection:
        connection.execute(damage)
    done = run("rules", "verify", "--rulebook", book)
    assert done.exit_code == 1
    assert said in done.stdout


def test_verify_is_not_for_the_starter_book() -> None:
    done = run("rules", "verify", "--rulebook", "starter")
    assert done.exit_code == 2
    assert "the starter book was not made from files" in done.stderr


def test_verify_finds_a_damaged_page(book: Path) -> None:
    content = bytearray(book.read_bytes())
    content[4096 * 3 : 4096 * 3 + 2048] = b"\xff" * 2048
    book.write_bytes(content)
    done = run("rules", "verify", "--rulebook", book)
    assert done.exit_code == 1
    assert "damaged" in done.stdout


def test_verify_tells_of_a_file_that_the_book_was_not_made_of(book: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(HEADER)
    done = run("rules", "verify", other, "--rulebook", book)
    assert done.exit_code == 1
    assert done.stdout == f"{other}: no release in the book was read from this file\n"


def test_the_users_own_book_is_made_and_used_without_being_named(tmp_path: Path) -> None:
    before = run("explain", "X0001", home=tmp_path)
    assert before.exit_code == 2  # the starter book has not heard of it
    listed = run("rules", "list", home=tmp_path)
    assert listed.exit_code == 2
    assert "rulebook.sqlite: found no rule book" in listed.stderr
    added = run("rules", "add", "--partial", limits(tmp_path, "07-01-2024"), home=tmp_path)
    assert added.exit_code == 0
    assert (tmp_path / "data/claimcheck/rulebook.sqlite").is_file()
    after = run("explain", "X0001", home=tmp_path)
    assert after.exit_code == 0
    assert "MUE DME 2024 Q3 X0001" in after.stdout
    starter = run("explain", "77424", "--rulebook", "starter", home=tmp_path)
    assert "RVU25D 77424" in starter.stdout


def test_a_book_may_be_named_by_the_environment(book: Path) -> None:
    done = run("explain", "L0450", CLAIMCHECK_RULEBOOK=str(book))
    assert "MUE DME 2024 Q3 L0450" in done.stdout
    done = run("check", DEMO, CLAIMCHECK_RULEBOOK=str(book.with_name("none.sqlite")))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"claimcheck: {book.with_name('none.sqlite')}: rule book not found")


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00" + b"\x00" * 4080])
def test_a_file_that_is_no_book(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.sqlite"
    path.write_bytes(content)
    for command in (["check", DEMO], ["explain", "77424"], ["rules", "list"], ["rules", "verify"]):
        done = run(*command, "--rulebook", path)
        assert (done.exit_code, done.stdout) == (2, ""), command
        assert done.stderr.startswith(f"claimcheck: {path}: not a rule book")
        assert done.stderr.count("\n") == 1


def test_explain_tells_where_a_value_stands(book: Path) -> None:
    page = run("explain", "A4253", "--on", "2024-08-14", "--rulebook", book).stdout
    assert "units      7" in page
    assert "MUE DME 2024 Q3 A4253; in effect from 2024-07-01 to 2024-09-30" in page
    assert "file: MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv, row 4" in page
    assert "on other days: 2024-04-01 to 2024-06-30: 6" in page
