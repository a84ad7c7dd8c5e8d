"""A history in a SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.stores.connections import BusyError, Connection, Row, make_stage
from claimcheck.memory.stores.sql import SqlStore

APPLICATION: Final = 0x636C6868
"""Marks a SQLite file as a history (PRAGMA application_id): "clhh"."""
_BUSY_SECONDS: Final = 5.0
_CACHE_KIB: Final = 8 * 1024
_INHERITED: list[sqlite3.Connection] = []
"""Connections of a process that this one was forked off: never closed here, for SQLite's locks are the other's."""


class _SqliteConnection(Connection):
    """A connection to a SQLite file."""

    now = "((julianday('now') - 2440587.5) * 86400.0)"

    def __init__(self, path: Path, mode: str) -> None:
        self._path = path
        self._writes = mode == "rw"
        self._pid = os.getpid()
        with self._errors():
            self._db = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=_BUSY_SECONDS,
                check_same_thread=False,
                cached_statements=64,
            )
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self._db.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            busy = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            remedy = self._how_to_write() if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) else ""
            raise (BusyError if busy else HistoryError)(f"{self._path}: {error}{remedy}") from None
        except sqlite3.DatabaseError as error:
            raise HistoryError(f"{self._path}: is damaged, or not a history: {error}") from None

    def _how_to_write(self) -> str:
        if not os.access(self._path.parent, os.W_OK):
            return "; SQLite makes files beside it, also to read it: copy it to a folder that you can write to"
        if not os.access(self._path, os.W_OK):
            return "; make it writable, or add nothing by `--remember none`"
        return ""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._errors():
            return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        with self._errors():
            yield from self._db.execute(sql, values)

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        with self._errors():
            return self._db.execute(sql, values).rowcount

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        with self._errors():
            self._db.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled it back already
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.run("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def lock_lease(self) -> None:
        """The transaction is the only writer's already."""

    def deposits_of(self, since: Sequence[tuple[bytes, int]], columns: str, before: int) -> list[Row]:
        wanted = ",".join(["(?,?)"] * len(since))
        sql = (
            f"WITH w (hash, since) AS (VALUES {wanted}) SELECT w.hash, {columns} FROM w"
            " CROSS JOIN patient p ON p.hash = w.hash"
            " CROSS JOIN deposit d ON d.patient = p.id AND d.last_day >= w.since WHERE d.id <= ?"
        )
        return self.rows(sql, [*(value for pair in since for value in pair), before])

    def spool(self) -> sqlite3.Connection:
        with self._errors():
            return make_stage(self._db)

    def take(self, spool: sqlite3.Connection) -> None:
        """They are here already."""

    def is_lost(self) -> bool:
        return False

    def leave_no_trace(self) -> None:
        self.run("PRAGMA secure_delete = ON")

    def compact(self) -> None:
        self.run("VACUUM")
        [(is_busy, *_)] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise BusyError(f"{self._path}: another process reads it")

    def problems(self) -> Iterator[str]:
        return (str(text) for (text,) in self.rows("PRAGMA integrity_check(20)") if text != "ok")

    def size(self) -> int:
        files = (self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        if os.getpid() != self._pid:
            _INHERITED.append(self._db)
            return
        with suppress(sqlite3.Error):
            if self._writes:
                self._empty_log()
            self._db.close()

    def _empty_log(self) -> None:
        """Bring what was committed into the file, unless somebody reads it now. Else it stays in the log where a reader
        closes last, and a copy of the file alone lacks it."""
        self._db.execute("PRAGMA busy_timeout = 0")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class SqliteStore(SqlStore):
    """A history in a SQLite file."""

    blob = "BLOB"
    clustered = "WITHOUT ROWID"
    number = "id INTEGER PRIMARY KEY"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._path = Path(url)

    def connect(self, *, to_read: bool = False) -> Connection:
        """A connection of its own."""
        connection = _SqliteConnection(self._path, "ro" if to_read else "rw")
        if not to_read:
            connection.rows("PRAGMA journal_mode = WAL")
        return connection

    def exists(self) -> bool:
        """Whether there is a history."""
        if self._path.is_dir():
            raise HistoryError(f"{self._path}: is a folder; name the file of a history")
        try:
            if not self._path.stat().st_size:
                return False
        except FileNotFoundError:
            return False
        except OSError as error:
            raise HistoryError(f"{self._path}: {error.strerror}") from None
        connection = _SqliteConnection(self._path, "ro")
        try:
            [(application,)] = connection.rows("PRAGMA application_id")
        finally:
            connection.close()
        if application != APPLICATION:
            raise HistoryError(f"{self._path}: is not a history; nothing in it was changed")
        return True

    def prepare(self) -> Connection:
        """A connection to where a new history is to be."""
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise HistoryError(f"{self._path}: {error.strerror}; the history was not made") from None
        return _SqliteConnection(self._path, "rw")

    def mark(self, connection: Connection) -> None:
        """Mark what is new as a history."""
        connection.run(f"PRAGMA application_id = {APPLICATION}")
