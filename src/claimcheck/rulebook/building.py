"""A rule book's file while it changes: nobody sees anything of it until the whole is there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from claimcheck.rulebook.store import BookError, OutdatedBook, add_tables, check_is_book, new_database


@contextmanager
def locked(book: Path) -> Iterator[None]:
    """One change of a book at a time."""
    try:
        book.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(book.with_name(f".{book.name}.lock"), timeout=0)
        with lock:
            yield
    except Timeout:
        raise BookError(f"{book}: another command is writing to it. Try again when that has ended") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise BookError(f"{book}: can't be changed: {said}; the book is unchanged") from None


@contextmanager
def changing(book: Path) -> Iterator[tuple[sqlite3.Connection, OutdatedBook | None, Callable[[], None]]]:
    """A copy of the book to change, and what puts it in the book's place. One of another version can't be changed: in
    place of a copy it is a new book, to make again of the same files."""
    for left in book.parent.glob(f".{book.name}.*.building"):  # of one that was killed: the lock is ours
        left.unlink()
    handle, name = tempfile.mkstemp(dir=book.parent, prefix=f".{book.name}.", suffix=".building")
    os.close(handle)
    beside = Path(name)
    try:
        with _open_copy(book, beside) as (connection, outdated):

            def swap() -> None:
                connection.execute("COMMIT")
                connection.close()
                with beside.open("rb+") as stream:
                    os.fsync(stream.fileno())
                beside.chmod(0o644)
                beside.replace(book)
                _sync_folder(book.parent)

            yield connection, outdated, swap
    except sqlite3.DatabaseError as error:
        raise BookError(f"{book}: can't be built: {error}; the book is unchanged") from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _open_copy(book: Path, beside: Path) -> Iterator[tuple[sqlite3.Connection, OutdatedBook | None]]:
    outdated = None
    if book.exists():
        shutil.copyfile(book, beside)
        connection = sqlite3.connect(beside, isolation_level=None)
    else:
        connection = new_database(str(beside))
    try:
        try:
            check_is_book(connection, book)
        except OutdatedBook as error:
            outdated = error
            connection.close()
            beside.unlink()
            connection = new_database(str(beside))
        # Nobody sees the copy before it is whole, so that it needs no journal.
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -65536"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        add_tables(connection)
        yield connection, outdated
    finally:
        with suppress(sqlite3.Error):
            connection.close()


def _sync_folder(folder: Path) -> None:
    """Have the rename itself on the disk, where a folder can be opened for that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
