"""A rule book is the old one or the new one, whole, whatever happens while it is made."""

import resource
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from claimcheck.rulebook import Rulebook, Store
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.building import locked
from claimcheck.rulebook.inspecting import verify

HEADER = (
    "CPT only copyright: an invented notice\t\t\t\t\t\t\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)
MUE = '"HCPCS/\nCPT Code",DME Supplier Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
Book = list[tuple[str, int, str]]


def limits(folder: Path, units: int = 1, quarter: str = "04-01-2024") -> Path:
    path = folder / f"MCR_MUE_DMESupplierServices_Eff_{quarter}.csv"
    path.write_text(f"{MUE}A4253,{units},3 Date of Service Edit: Clinical,CMS Policy\n")
    return path


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred thousand pairs, which take a moment to import."""
    path = tmp_path_factory.mktemp("pairs") / "ccipra-v302r0-f1.txt"
    with path.open("w") as stream:
        stream.write(HEADER)
        for one in range(10_000, 10_300):
            stream.writelines(f"{one}\t{other}\t\t20240701\t*\t1\tMisuse\n" for other in range(20_000, 21_000))
    return path


def command(book: Path, *files: Path) -> list[str]:
    tool = Path(sys.executable).parent / "claimcheck"
    return [str(tool), "rules", "add", "--partial", "--rulebook", str(book), *map(str, files)]


def content(book: Path) -> Book:
    store = Store.open(book)
    assert list(verify(store)) == []
    return [(release.name, release.rows, release.content) for release in store.releases]


def test_killed_at_any_moment_the_book_is_the_old_one_or_the_new_one(tmp_path: Path, pairs: Path) -> None:
    book = tmp_path / "book.sqlite"
    add(book, [limits(tmp_path)], partial=True)
    before, old = book.read_bytes(), content(book)
    start = time.monotonic()
    subprocess.run(command(book, pairs), check=True, capture_output=True)
    seconds = time.monotonic() - start
    new = content(book)
    assert old != new
    seen = set()
    for moment in range(10):
        book.write_bytes(before)
        process = subprocess.Popen(command(book, pairs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds * (moment + 1) / 11)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = content(book)
        assert found in (old, new), moment
        seen.add(found == new)
    assert False in seen
    book.write_bytes(before)
    add(book, [pairs], partial=True)
    assert content(book) == new
    assert not list(tmp_path.glob(".*.building")), "what the killed ones left behind is gone"


def test_while_one_is_changing_the_book_another_is_told_so(tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    add(book, [limits(tmp_path)], partial=True)
    before = book.read_bytes()
    with locked(book):
        second = subprocess.run(command(book, limits(tmp_path, units=2)), capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == f"claimcheck: {book}: another command is writing to it. Try again when that has ended\n"
    assert book.read_bytes() == before


def test_two_at_once(tmp_path: Path, pairs: Path) -> None:
    """Whichever comes first, what was said to be added is in the book."""
    book, small = tmp_path / "book.sqlite", limits(tmp_path)
    names = {pairs: "PTP practitioner 2024 Q3", small: "MUE DME 2024 Q2"}
    quiet = subprocess.DEVNULL
    started = {path: subprocess.Popen(command(book, path), stdout=quiet, stderr=quiet) for path in names}
    statuses = {path: process.wait() for path, process in started.items()}
    assert set(statuses.values()) <= {0, 2}
    assert 0 in statuses.values()
    assert {name for name, *_ in content(book)} == {names[path] for path, status in statuses.items() if status == 0}


def no_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def test_a_full_disk(tmp_path: Path, pairs: Path) -> None:
    book = tmp_path / "book.sqlite"
    add(book, [limits(tmp_path)], partial=True)
    before = book.read_bytes()
    done = subprocess.run(command(book, pairs), capture_output=True, text=True, check=False, preexec_fn=no_room)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"claimcheck: {book}: can't be")
    assert done.stderr.endswith("the book is unchanged\n")
    assert book.read_bytes() == before
    assert not list(tmp_path.glob(".*.building"))


def test_a_reader_keeps_the_book_that_it_opened(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    add(path, [limits(tmp_path, units=6)], partial=True)
    day = date(2024, 5, 1)
    reader = Rulebook(Store.open(path))
    report = add(path, [limits(tmp_path, units=7)], partial=True)
    assert report.added[0].endswith("replaces the edition in the book: 1 differences")
    old, new = reader.on(day).mue("A4253", "dme"), Rulebook(Store.open(path)).on(day).mue("A4253", "dme")
    assert old and new
    assert (old.units, new.units) == (6, 7)
    assert path.stat().st_mode & 0o777 == 0o644
