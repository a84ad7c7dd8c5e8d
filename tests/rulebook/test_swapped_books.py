"""A rule book for a team: one file, read by many, never written to, swapped while they read it."""

import ctypes
import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from claimcheck import Checker
from claimcheck.rulebook import Rulebook, Store
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.inspecting import verify
from claimcheck.runs.workers import run
from claimcheck.writers.to_jsonl import JsonlWriter
from support.command_line import PROGRAM

MUE = '"HCPCS/\nCPT Code",DME Supplier Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
DAY = date(2024, 5, 1)
OLD, NEW = 6, 7
Swap = Callable[[Path, Path], object]


def book_of(folder: Path, units: int) -> Path:
    """A book with one unit limit."""
    folder.mkdir(parents=True, exist_ok=True)
    limits = folder / "MCR_MUE_DMESupplierServices_Eff_04-01-2024.csv"
    limits.write_text(f"{MUE}A4253,{units},3 Date of Service Edit: Clinical,CMS Policy\n")
    add(folder / "book.sqlite", [limits], partial=True)
    limits.unlink()
    return folder / "book.sqlite"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return book_of(tmp_path / "share", OLD)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return book_of(tmp_path / "made", NEW)


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    path = tmp_path / "batch.csv"
    lines = [f"C{n},A4253,9,{DAY},dme,100.00\n" for n in range(400)]
    path.write_text("claim_id,code,units,from_date,setting,charge\n" + "".join(lines))
    return path


def limits_in(messages: str) -> list[str]:
    """The unit limit that each message rests on."""
    return [message["allowed"] for message in map(json.loads, messages.splitlines()) if message["check"] == "MUE-DOS"]


def rename(book: Path, new: Path) -> None:
    new.replace(book)


def remove(book: Path, new: Path) -> None:
    book.unlink()


def switch_a_link(book: Path, new: Path) -> None:
    """As a Kubernetes ConfigMap is updated: the file is a link into a folder, which is a link that is switched."""
    link = book.parent / "..data"
    beside = book.parent / "..data_tmp"
    beside.symlink_to(new.parent)
    beside.replace(link)


def behind_links(book: Path) -> None:
    first = book.parent / "..2024_04_01"
    first.mkdir()
    book.rename(first / book.name)
    (book.parent / "..data").symlink_to(first.name)
    book.symlink_to(Path("..data") / book.name)


SWAPS = pytest.mark.parametrize("swap", [rename, remove, switch_a_link])


@SWAPS
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_workers_have_the_book_of_who_started_them(book: Path, new: Path, batch: Path, swap: Swap, jobs: int) -> None:
    if swap is switch_a_link:
        behind_links(book)
    checker = Checker(Rulebook(Store.open(book)), select=["MUE"])
    swap(book, new)
    messages = io.StringIO()
    run([batch], checker, [JsonlWriter(messages)], jobs=jobs)
    assert limits_in(messages.getvalue()) == [str(OLD)] * 400
    if swap is not remove:
        rules = Rulebook(Store.open(book)).on(DAY)
        limit = rules.mue("A4253", "dme")
        assert limit and limit.units == NEW, "who opens it now has the new one"


@SWAPS
def test_a_swap_between_two_steps_of_the_command(
    book: Path, new: Path, batch: Path, tmp_path: Path, swap: Swap
) -> None:
    """The command opens its rule book, waits for a batch that comes by a pipe, and then starts its workers."""
    if swap is switch_a_link:
        behind_links(book)
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*_check(book), "--jobs", "2", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with pipe.open("wb") as stream:  # opens when the command does, and that has opened its book by then
        swap(book, new)
        stream.write(batch.read_bytes())
    messages, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert limits_in(messages) == [str(OLD)] * 400


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_book_that_is_overwritten_in_use_is_told(
    book: Path, new: Path, batch: Path, tmp_path: Path, jobs: int
) -> None:
    pipe, output = tmp_path / "pipe.csv", tmp_path / "messages.jsonl"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*_check(book), "--jobs", str(jobs), "--output", str(output), str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pipe.open("wb") as stream:
        shutil.copyfile(new, book)
        stream.write(batch.read_bytes())
    messages, said = process.communicate(timeout=60)
    assert (process.returncode, messages, output.exists()) == (2, "", False)
    expected = "was overwritten while in use. Put a new rule book there by a rename (`mv`)"
    assert said == f"claimcheck: {book}: {expected}\n"


def test_the_book_that_is_opened_is_one_file(book: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A swap between the look at a file and SQLite's opening of its path."""
    resolve = Path.resolve

    def resolved(path: Path, strict: bool = False) -> Path:
        if path == book and new.exists():
            new.replace(book)
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", resolved)
    store = Store.open(book)
    assert not new.exists()
    limit = Rulebook(store).on(DAY).mue("A4253", "dme")
    assert limit and limit.units == OLD
    assert not list(verify(store))


def test_stores_give_their_files_back(book: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("open files can't be counted here")
    before = len(list(folder.iterdir()))
    for _ in range(50):
        Store.open(book).reopen()
    gc.collect()
    assert len(list(folder.iterdir())) < before + 10


# -- read-only -------------------------------------------------------------------------------------


def as_anybody() -> None:
    """Have the superuser, too, need leave to write (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.fixture
def read_only(book: Path) -> Iterator[Path]:
    for other in book.parent.iterdir():
        if other != book:
            other.unlink()
    book.chmod(0o444)
    book.parent.chmod(0o555)
    yield book
    book.parent.chmod(0o755)


def ask(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of somebody who may write nothing there."""
    command = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=as_anybody)


@pytest.mark.skipif(sys.platform != "linux", reason="the superuser may write everywhere")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("rules", "list"), 0),
        (("rules", "verify"), 0),
        (("rules", "export", "mue_dme"), 0),
        (("rules", "needed", "--from", "2024-04", "--table", "mue_dme"), 1),
        (("explain", "A4253", "--on", DAY), 0),
    ],
)
def test_reading_needs_no_leave_to_write(read_only: Path, arguments: tuple[object, ...], status: int) -> None:
    done = ask(*arguments, "--rulebook", read_only)
    assert done.returncode == status, done.stderr
    assert "A4253" in done.stdout or "MUE DME 2024 Q2" in done.stdout or arguments[1] == "verify"
    assert [path.name for path in read_only.parent.iterdir()] == [read_only.name]


@pytest.mark.skipif(sys.platform != "linux", reason="the superuser may write everywhere")
def test_workers_need_no_leave_to_write(read_only: Path, batch: Path) -> None:
    done = ask(*_check(read_only)[1:], "--jobs", 2, batch)
    assert done.returncode == 1, done.stderr
    assert limits_in(done.stdout) == [str(OLD)] * 400
    assert [path.name for path in read_only.parent.iterdir()] == [read_only.name]


@pytest.mark.skipif(sys.platform != "linux", reason="the superuser may write everywhere")
def test_changing_a_read_only_book_is_refused(read_only: Path, tmp_path: Path) -> None:
    before = read_only.read_bytes()
    done = ask("rules", "remove", "MUE DME 2024 Q2", "--rulebook", read_only)
    assert done.returncode == 2
    assert done.stderr == f"claimcheck: {read_only}: can't be changed: Permission denied; the book is unchanged\n"
    assert read_only.read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="the superuser may read everything")
def test_a_book_that_may_not_be_read_is_told(book: Path) -> None:
    book.chmod(0o000)
    for command in (("rules", "verify"), ("explain", "A4253"), ("rules", "needed", "--from", "2024-04")):
        done = ask(*command, "--rulebook", book)
        assert done.returncode == 2 and str(book) in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("damage", "status", "said"),
    [
        (lambda book: None, 0, "1 releases, 1 rows: no problems"),
        (lambda book: _change(book, "UPDATE mue SET units = 9"), 1, "1 problems"),
        (lambda book: book.write_bytes(book.read_bytes()[:5000]), 2, "damaged"),
        (lambda book: book.write_text("no book"), 2, "not a rule book"),
        (lambda book: book.unlink(), 2, "not found"),
    ],
)
def test_statuses_of_verify(book: Path, damage: Callable[[Path], object], status: int, said: str) -> None:
    damage(book)
    done = ask("rules", "verify", "--rulebook", book)
    assert done.returncode == status, done.stderr
    assert said in done.stdout + done.stderr and "Traceback" not in done.stderr


def _change(book: Path, sql: str) -> None:
    import sqlite3

    with sqlite3.connect(book) as connection:
        connection.execute(sql)


def _check(book: Path) -> list[str]:
    options = ["--rulebook", str(book), "--select", "MUE", "--isolated", "--format", "jsonl", "--quiet"]
    return [str(PROGRAM), "check", *options]
