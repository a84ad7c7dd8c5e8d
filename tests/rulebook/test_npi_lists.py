"""Lists of NPIs: read from the published files, kept in blocks, and looked up in without reading them whole."""

import random
import re
import sqlite3
import subprocess
import sys
from array import array
from datetime import date, timedelta
from pathlib import Path

import pytest

from claimcheck.message import Citation
from claimcheck.rulebook import Absent, NotInForce, Npi, Rulebook, Rules, Store
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.comparing import changes
from claimcheck.rulebook.exporting import rows_of
from claimcheck.rulebook.inspecting import verify
from claimcheck.rulebook.npi_blocks import BITS, ConflictError, NpiList, Packed, pack
from claimcheck.rulebook.removing import remove
from claimcheck.rulebook.schema import OPEN, Release
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.tables.npis import DEACTIVATED, EXCLUDED, ORDER_REFERRING, Term
from claimcheck.rulebook.writing import Writer, content_of
from support.npi_files import LEIE_HEADER, NAMES, deactivated, leie, npis, order_referring
from support.published import CMS, needs_cms

DAY = date(2026, 9, 1)
FIRST, SECOND, OTHER = "1003000126", "1003000134", "1992999999"
MANY = 3_000_000


def rules_of(book: Path, day: date = DAY) -> Rules:
    return Rulebook(Store.open(book)).on(day)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite"


def test_who_may_order_what(tmp_path: Path, book: Path) -> None:
    file = order_referring(tmp_path, {SECOND: "NNYNN", FIRST: "YYNYN"})
    (added,) = add(book, [file], partial=True).added
    assert added == "Order and Referring 2026-10-08: order_referring, 2026-07-10 to 2026-10-08, 2 rows"
    rules = rules_of(book)
    assert rules.npi(ORDER_REFERRING, FIRST, DAY) == Npi(
        "PARTB DME PMD", source=f"Order and Referring 2026-10-08 {FIRST}"
    )
    assert rules.npi(ORDER_REFERRING, SECOND, DAY)[0] == "HHA"  # type: ignore[index]
    with pytest.raises(NotInForce):  # a part of the list: who is not in it may be in the rest
        rules.npi(ORDER_REFERRING, OTHER, DAY)
    assert [*verify(Store.open(book), [file])] == []


def test_who_is_excluded(tmp_path: Path, book: Path) -> None:
    rows = [
        ("0000000000", "20100119", "00000000"),
        (FIRST, "20200520", "00000000"),
        (SECOND, "20101018", "20150302"),
        (SECOND, "20260801", "00000000"),
        (FIRST, "20200520", "00000000"),
        *((npi, "20190418", "00000000") for npi in npis(5_000)),
    ]
    file = leie(tmp_path, rows)
    report = add(book, [file])
    assert report.added == ["LEIE 2026-11-10: excluded_npis, 2026-08-12 to 2026-11-10, 5,003 rows"]
    assert any("1 rows say again" in note for note in report.notes)
    rules = rules_of(book)
    source = f"LEIE 2026-11-10 {FIRST}"
    assert rules.npi(EXCLUDED, FIRST, DAY) == Npi("", date(2020, 5, 20), None, source)
    assert rules.npi(EXCLUDED, SECOND, DAY)[1:3] == (date(2026, 8, 1), None)  # type: ignore[index]
    assert rules.npi(EXCLUDED, SECOND, date(2012, 1, 1))[1:3] == (date(2010, 10, 18), date(2015, 3, 1))  # type: ignore[index]
    assert rules.npi(EXCLUDED, OTHER, DAY) == Absent(f"LEIE 2026-11-10 {OTHER} (not listed)")
    assert rules.listed_npis(EXCLUDED, [FIRST, OTHER, "", "no NPI"]).keys() == {FIRST}
    assert [*verify(Store.open(book), [file])] == []


def test_which_npis_are_deactivated(tmp_path: Path, book: Path) -> None:
    file = deactivated(tmp_path, [(FIRST, "06/03/2024"), (SECOND, "11/02/2026")])
    with pytest.raises(InvalidSourceFile, match="has 2 rows; CMS publishes over 250,000"):
        add(book, [file])
    report = add(book, [file], partial=True)
    assert report.added == ["NPPES deactivated 2026-11-09: deactivated_npis, 2026-08-11 to 2026-11-09, 2 rows"]
    rules = rules_of(book)
    assert rules.npi(DEACTIVATED, FIRST, DAY)[1:3] == (date(2024, 6, 3), None)  # type: ignore[index]
    assert not rules.npi(DEACTIVATED, SECOND, date(2026, 11, 1))
    assert rules.npi(DEACTIVATED, SECOND, date(2026, 11, 2))
    assert [*verify(Store.open(book), [file])] == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("123", "06/03/2024"), "row 3, column NPI: found '123', expected an NPI"),
        ((FIRST, "2024"), "row 3, column NPPES DEACTIVATION DATE: found '2024', expected a date, as MM/DD/YYYY"),
    ],
)
def test_a_damaged_list_of_deactivated_npis(tmp_path: Path, book: Path, row: tuple[str, str], said: str) -> None:
    with pytest.raises(InvalidSourceFile, match=said):
        add(book, [deactivated(tmp_path, [row])], partial=True)


def test_a_list_speaks_of_the_90_days_before_its_release(tmp_path: Path, book: Path) -> None:
    add(book, [leie(tmp_path, [(npi, "20190418", "00000000") for npi in npis(5_000)])])
    rulebook, released = Rulebook(Store.open(book)), date(2026, 11, 10)
    governed = {days for days in range(-1, 95) if rulebook.on(released - timedelta(days)).governs(EXCLUDED)}
    assert governed == {*range(91)}
    carried = Rulebook(Store.open(book), carry=True)
    day = released + timedelta(5)
    assert "carried past 2026-11-10" in carried.on(day).npi(EXCLUDED, next(npis(1)), day).source


def test_nothing_but_npis_and_days_gets_into_the_book(tmp_path: Path, book: Path) -> None:
    rows = [(npi, "20190418", "00000000") for npi in npis(5_000)]
    add(book, [leie(tmp_path, rows), order_referring(tmp_path, {FIRST: "YYYYY"})], partial=True)
    data = book.read_bytes()
    assert not [name for name in NAMES if name.encode() in data]


def test_the_day_of_release_is_told_where_the_file_name_does_not_say_it(tmp_path: Path, book: Path) -> None:
    rows = [(npi, "20190418", "00000000") for npi in npis(5_000)]
    file = leie(tmp_path, rows, "UPDATED.csv")
    with pytest.raises(InvalidSourceFile, match=r"names no day of release .*\(UPDATED_20261110.csv\)\. Pass .*--first"):
        add(book, [file])
    assert add(book, [file], Told(first=date(2026, 11, 12))).added[0].startswith("LEIE 2026-11-12: ")
    dated = leie(tmp_path, rows)
    with pytest.raises(
        InvalidSourceFile, match="was released on 2026-11-10, by its file name, but --first is 2026-11-12"
    ):
        add(book, [dated], Told(first=date(2026, 11, 12)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FIRST, "100300012", r"row 2, column NPI: found '100300012', expected an NPI: ten digits"),
        ("20200520", "20201320", r"row 2, column EXCLDATE: found '20201320', expected a date"),
        ('"00000000","00000000"', '"x","00000000"', r"row 2, column REINDATE: found 'x', expected a date"),
        ("EXCLDATE", "EXCLUDED", r"row 1: has no column EXCLDATE: unknown layout"),
        (',"1128b4"', "", r"row 2: has 17 columns, expected 18: is the file truncated"),
    ],
)
def test_a_bad_row_says_where(tmp_path: Path, book: Path, old: str, new: str, said: str) -> None:
    file = leie(tmp_path, [(FIRST, "20200520", "00000000")])
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(InvalidSourceFile, match=said):
        add(book, [file], partial=True)
    assert not book.exists()


def test_a_bad_flag_and_a_short_file_are_refused(tmp_path: Path, book: Path) -> None:
    with pytest.raises(InvalidSourceFile, match=r"row 2, column DME: found 'X', expected Y or N"):
        add(book, [order_referring(tmp_path, {FIRST: "YXNNN"})], partial=True)
    with pytest.raises(InvalidSourceFile, match=r"has 1 rows; CMS publishes over 1,000,000: is the file truncated"):
        add(book, [order_referring(tmp_path, {FIRST: "YYNNN"})])
    twice = order_referring(tmp_path, {FIRST: "YYNNN"})
    twice.write_text(f"{twice.read_text()}{FIRST},X,Y,N,N,N,N,N\n")
    with pytest.raises(InvalidSourceFile, match=f"has NPI {FIRST} in two rows that say different things"):
        add(book, [twice], partial=True)


def test_a_file_of_npis_alone_is_not_oigs(tmp_path: Path, book: Path) -> None:
    """One that somebody made of it lacks what a list is judged by: the days."""
    file = tmp_path / "leie_excluded_npis_20251210.csv"
    file.write_text("npi\n" + "".join(f"{npi}\n" for npi in npis(6_000)))
    with pytest.raises(InvalidSourceFile, match="no table found that claimcheck reads"):
        add(book, [file])


def test_two_lists_are_compared_exported_and_removed(tmp_path: Path, book: Path) -> None:
    add(book, [order_referring(tmp_path, {FIRST: "YYNNN", SECOND: "YNNNN"})], partial=True)
    later = order_referring(tmp_path, {FIRST: "YNNNN", OTHER: "YYYYY"}, "OrderReferring_20261105.csv")
    add(book, [later], partial=True)
    store = Store.open(book)
    new, old = store.of(ORDER_REFERRING)
    assert [one.in_words() for one in changes(store, old, new)] == [
        f"{FIRST}: may order PARTB DME -> PARTB",
        f"{SECOND}: ended, may order PARTB",
        f"{OTHER}: new, may order PARTB DME HHA PMD HOSPICE",
    ]
    assert [one.key for one in changes(store, old, new, OTHER)] == [OTHER]
    assert [row[:5] for row in rows_of(store, [new], DAY)] == [
        (FIRST, "", "", "PARTB", "Order and Referring 2026-11-05"),
        (OTHER, "", "", "PARTB DME HHA PMD HOSPICE", "Order and Referring 2026-11-05"),
    ]
    assert [period.release for period in store.periods(ORDER_REFERRING, FIRST)] == [new, old]
    remove(book, [(ORDER_REFERRING, old.name)])
    store = Store.open(book)
    assert [release.name for release in store.releases] == [new.name] and [*verify(store)] == []
    for table in ("npis", "npi_term"):
        assert store.connection.execute(f"SELECT DISTINCT release FROM {table}").fetchall() == [(new.id,)]


def test_a_corrected_list_replaces_the_one_of_its_day(tmp_path: Path, book: Path) -> None:
    add(book, [order_referring(tmp_path, {FIRST: "YYNNN"})], partial=True)
    again = add(book, [order_referring(tmp_path, {FIRST: "YYNNN"})], partial=True)
    assert again.unchanged and not again.added
    corrected = add(book, [order_referring(tmp_path, {FIRST: "YNNNN"})], partial=True)
    assert corrected.added[0].endswith("replaces the edition in the book: 1 differences")
    assert [*verify(Store.open(book))] == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE npis SET npis = CAST(substr(npis, 5, 4) || substr(npis, 1, 4) AS BLOB)", "has NPIs out of order"),
        ("UPDATE npis SET npis = x'0900010009000200'", "has NPIs without days"),
        ("UPDATE npis SET block = 1", "block 1 has no NPIs"),
        ("UPDATE npis SET source = 99", "1 rows name a file that their release was not read from"),
        ("UPDATE npi_term SET last = 10000101, first = 20000101", "rows end before they begin"),
        ("INSERT INTO npis VALUES (9, 15300, 1, x'00000000')", "1 rows belong to no release"),
    ],
)
def test_verify_finds_what_is_wrong(tmp_path: Path, book: Path, sql: str, said: str) -> None:
    add(book, [order_referring(tmp_path, {FIRST: "YYNNN", SECOND: "YNNNN"})], partial=True)
    with sqlite3.connect(book) as connection:
        connection.execute(sql)
    assert any(said in problem for problem in verify(Store.open(book)))


def test_every_number_is_found_and_no_other() -> None:
    """Against a dictionary, with NPIs that share blocks, at their ends, and rows in any order."""
    chosen = random.Random(20)
    numbers = [
        *chosen.sample(range(1_003_000_000, 1_003_500_000), 3_000),
        *chosen.sample(range(10**9, 3 * 10**9), 3_000),
    ]
    edges = [block << BITS | last for block in (15_300, 15_301, 45_000) for last in (0, 1, (1 << BITS) - 1)]
    rows = {n: (20000101 + n % 7, OPEN, "ABC"[n % 3]) for n in (*numbers, *edges, 1_000_000_000, 2_999_999_999)}
    shuffled = [*rows.items()]
    chosen.shuffle(shuffled)
    packed = pack(shuffled)
    assert packed.rows == len(rows) and packed.repeated == 0
    store = Store(new_database())
    release = Release("R", EXCLUDED, date.min, date.max, Citation("R"), id=1)
    Writer(store.connection).npis(1, None, packed)
    found = NpiList(lambda: store.connection, release.id)
    for n in (*rows, *(n + step for n in rows for step in (-1, 1)), 0, -5, 12, 10**10, 10**30):
        assert found.find(n) == ((rows[n],) if n in rows else ())


def test_rows_of_one_npi_that_differ_on_the_same_days_are_a_conflict() -> None:
    assert pack([(5, (1, 2, "")), (5, (3, 4, "")), (5, (1, 2, ""))])[0] == [((1, 2, ""), (3, 4, ""))]
    with pytest.raises(ConflictError):
        pack([(5, (1, 2, "A")), (5, (1, 2, "B"))])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with three million NPIs, each with one of 32 values."""
    path = tmp_path_factory.mktemp("many") / "book.sqlite"
    connection = new_database(str(path))
    connection.execute("BEGIN")
    writer = Writer(connection)
    citation = Citation("R")
    release = Release(
        "R", ORDER_REFERRING, date(2026, 7, 10), date(2026, 10, 8), citation, date(2026, 7, 10), rows=MANY
    )
    numbers = array("I", range(1_000_000_004, 1_000_000_004 + 331 * MANY, 331))
    terms: list[Term] = [((10101, OPEN, str(value)),) for value in range(32)]
    id = writer.release(release)
    writer.npis(id, None, Packed(terms, numbers, array("H", (n % 32 for n in range(MANY))), 0))
    rows, content = content_of(connection, id, ORDER_REFERRING)
    connection.execute("UPDATE release SET rows = ?, content = ?", (rows, content))
    connection.execute("COMMIT")
    connection.close()
    assert rows == MANY
    return path


def test_a_look_up_reads_a_block_and_not_the_list(many: Path) -> None:
    assert many.stat().st_size < 20_000_000
    store = Store.open(many)
    (release,) = store.of(ORDER_REFERRING)
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    listed = NpiList(lambda: store.connection, release.id)
    assert listed.find(1_000_000_004 + 331) == ((10101, OPEN, "1"),) and listed.find(1_000_000_005) == ()
    assert [statement for statement in statements if "FROM npis" in statement] == [
        "SELECT npis FROM npis WHERE release = 1 AND block = 15258"
    ]


ASK = """
import sys
from pathlib import Path
from claimcheck.rulebook.npi_blocks import NpiList
from claimcheck.rulebook.store import Store
from claimcheck.rulebook.tables.npis import ORDER_REFERRING

store = Store.open(Path(sys.argv[1]))
(release,) = store.of(ORDER_REFERRING)
find = NpiList(lambda: store.connection, release.id).find
print(sum(1 for npi in range(1_000_000_004, 1_000_000_004 + 331 * 3_000_000, 331) if find(npi)))
print(Path("/proc/self/status").read_text())
"""


@pytest.mark.measured
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_three_million_looked_up_take_under_50_mb(many: Path) -> None:
    """The peak of a whole process that looks up each of them, with every block in memory at the end."""
    done = subprocess.run([sys.executable, "-c", ASK, many], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{MANY}\n")
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stdout)
    assert peak and int(peak[1]) < 50_000


def test_the_layout_is_oigs() -> None:
    assert len(LEIE_HEADER.split(",")) == 18


@needs_cms
def test_all_npis_of_a_whole_list_are_read_in_oigs_layout_alone(tmp_path: Path, book: Path) -> None:
    rebuilt = CMS / "leie" / "leie_excluded_npis_2025-12.rebuilt.csv"
    with pytest.raises(InvalidSourceFile, match="no table found that claimcheck reads"):
        add(book, [rebuilt])
    excluded = rebuilt.read_text().split()[1:]
    file = leie(tmp_path, ((npi, "20190418", "00000000") for npi in excluded))
    assert add(book, [file]).added[0].endswith(f" {len(excluded):,} rows")
    assert rules_of(book).listed_npis(EXCLUDED, excluded).keys() == {*excluded}
