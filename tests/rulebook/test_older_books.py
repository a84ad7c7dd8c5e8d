"""A rule book that an earlier claimcheck made is read as it is where all that it holds is kept as today; else the error
names the command that makes it again, and that command does so."""

import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from claimcheck.rulebook import BookError, Rulebook, Store
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.inspecting import verify
from claimcheck.rulebook.schema import SCHEMA_VERSION, statements
from support.books import OLD, old_book
from support.npi_files import order_referring
from support.places import FIXTURES

FILES = [FIXTURES / "cms" / name for name in OLD]
TODAYS = "ALTER TABLE release DROP COLUMN complete_to"
"""What an early one lacked: which releases prove absence to which day."""
CHANGED = (
    (TODAYS, "its table release differs"),
    ("ALTER TABLE fee DROP COLUMN preoperative", "its table fee differs"),
    ("ALTER TABLE mue ADD COLUMN more TEXT", "its table mue differs"),
    (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", f"its tables are version 2, these are {SCHEMA_VERSION}"),
    ("DROP TABLE source", "its table source differs"),
)


def content(path: Path) -> list[tuple[str, str, int, str]]:
    store = Store.open(path)
    assert list(verify(store, FILES)) == []
    return [(release.name, release.table, release.rows, release.content) for release in store.releases]


def test_a_book_of_this_version_is_read_as_it_is(tmp_path: Path) -> None:
    old, new = old_book(tmp_path / "old.sqlite"), tmp_path / "new.sqlite"
    before = old.read_bytes()
    add(new, FILES, partial=True)
    assert content(old) == content(new)
    for path in (old, new):
        rules = Rulebook(Store.open(path)).on(date(2025, 2, 1))
        assert rules.fee("77424")[:2] == ("X", "9")  # type: ignore[index]
        assert rules.fee("45378", ("53",))[-2:] == ("53", "RVU25A 45378-53")  # type: ignore[index]
        assert rules.opps("77424")[:2] == ("J1", "5627")  # type: ignore[index]
    assert old.read_bytes() == before


def test_it_takes_more_files(tmp_path: Path) -> None:
    book = old_book(tmp_path / "book.sqlite")
    before = content(book)
    (said,) = add(book, [FIXTURES / "cms" / "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"], partial=True).added
    assert said.startswith("MUE practitioner 2026 Q2")
    assert content(book)[:-1] == before


def test_it_takes_a_list_of_npis(tmp_path: Path) -> None:
    """Which it has no tables for."""
    book = old_book(tmp_path / "book.sqlite")
    before = content(book)
    (said,) = add(book, [order_referring(tmp_path, {"1003000126": "YYYYY"})], partial=True).added
    assert said.startswith("Order and Referring 2026-10-08")
    assert content(book)[:-1] == before


def test_a_table_that_it_has_from_elsewhere_does_not_matter(tmp_path: Path) -> None:
    """Such as one of a later claimcheck."""
    book = old_book(tmp_path / "book.sqlite", "CREATE TABLE more (release INTEGER, code TEXT)")
    before = content(book)
    add(book, [FIXTURES / "cms" / "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"], partial=True)
    assert content(book)[:-1] == before


def test_a_table_that_it_lacks_is_added_with_the_next_file(tmp_path: Path) -> None:
    book = old_book(tmp_path / "book.sqlite", "DROP TABLE asc")
    assert "asc" in statements()
    before = content(book)
    add(book, [FIXTURES / "cms" / "508-Version-Jan-2025-ASC-AA.csv"], partial=True)
    assert content(book)[: len(before)] == before
    assert Rulebook(Store.open(book)).has("asc")


@pytest.mark.parametrize(("change", "says"), CHANGED)
def test_one_of_another_version_is_refused_with_the_command_that_makes_it_again(
    change: str, says: str, tmp_path: Path
) -> None:
    book = old_book(tmp_path / "a book.sqlite", change)
    before = book.read_bytes()
    with pytest.raises(BookError) as refused:
        Store.open(book)
    said = str(refused.value)
    assert says in said and "\n" not in said
    with pytest.raises(BookError) as changing:
        add(book, FILES[1:], partial=True)
    assert str(changing.value) == said
    assert book.read_bytes() == before
    assert not list(tmp_path.glob(".*.building"))


@pytest.mark.parametrize("change", [change for change, says in CHANGED if "source" not in says])
def test_that_command_makes_it_again(change: str, tmp_path: Path) -> None:
    """``--partial`` as it was given then: the files are excerpts."""
    book = old_book(tmp_path / "a book.sqlite", change)
    with pytest.raises(BookError) as refused:
        Store.open(book)
    _, *arguments = shlex.split(str(refused.value).split("`")[1])
    assert arguments[:4] == ["rules", "add", "--rulebook", str(book)]
    assert arguments[4:] == list(OLD)
    command = [sys.executable, "-m", "claimcheck", *arguments, "--partial"]
    done = subprocess.run(command, cwd=FIXTURES / "cms", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content(book) == content(old_book(tmp_path / "old.sqlite"))
    assert book.stat().st_mode & 0o777 == 0o644


def test_a_file_refused_leaves_it_as_it_was(tmp_path: Path) -> None:
    book = old_book(tmp_path / "book.sqlite", TODAYS)
    before = book.read_bytes()
    with pytest.raises(BookError, match="is incomplete"):
        add(book, FILES)
    assert book.read_bytes() == before
    assert not list(tmp_path.glob(".*.building"))
