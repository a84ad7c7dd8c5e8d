"""What a store asks of a database, the same of SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.stores.schema import STAGE

Row = tuple[Any, ...]


class BusyError(HistoryError):
    """Another one writes at this moment."""


class LostError(HistoryError):
    """The connection is gone; what was not committed is not there."""


class UnknownOutcomeError(LostError):
    """The connection went while a commit was on its way: it may have arrived."""


class Connection(ABC):
    """A connection to a history; outside of ``transaction`` each statement is one of its own. Placeholders are ``?``.
    Every method may raise ``HistoryError``."""

    now: str
    """The time in SQL, in seconds since 1970."""

    @abstractmethod
    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a query finds."""

    @abstractmethod
    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """What a query finds, as it is read: memory does not grow with it."""

    @abstractmethod
    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""

    @abstractmethod
    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values, in a transaction."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """One writer's transaction: all of it, or nothing.

        Raises:
            BusyError: another one writes and does not end within seconds.
            UnknownOutcomeError: whether it was committed is not known.
        """

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """What is read within it is of one time, whatever others write meanwhile."""

    @abstractmethod
    def lock_lease(self) -> None:
        """Within a transaction: let no other look at the lease until it ends."""

    @abstractmethod
    def deposits_of(self, since: Sequence[tuple[bytes, int]], columns: str, before: int) -> list[Row]:
        """The deposits of patients, each from a day on, with the patient's hash first."""

    @abstractmethod
    def spool(self) -> sqlite3.Connection:
        """Where a run keeps what it adds until its commit; its tables are made."""

    @abstractmethod
    def take(self, spool: sqlite3.Connection) -> None:
        """Within a transaction: have the tables of a spool."""

    @abstractmethod
    def is_lost(self) -> bool:
        """Whether the other end is gone."""

    @abstractmethod
    def leave_no_trace(self) -> None:
        """Before something is deleted: overwrite it."""

    @abstractmethod
    def compact(self) -> None:
        """Free the space of what was deleted.

        Raises:
            HistoryError: it could not be, since others read.
        """

    @abstractmethod
    def problems(self) -> Iterator[str]:
        """What the database itself finds wrong."""

    @abstractmethod
    def size(self) -> int:
        """Bytes on disk."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""


_SPOOL_CACHE: Final = 4 * 1024


def make_stage(database: sqlite3.Connection) -> sqlite3.Connection:
    """The tables of a spool, in a temporary file that is gone with the connection."""
    database.execute("PRAGMA temp_store = FILE")
    database.execute(f"PRAGMA temp.cache_size = -{_SPOOL_CACHE}")
    for statement in STAGE:
        database.execute(statement.format(BLOB="BLOB"))
    return database


@contextmanager
def spooling(where: str) -> Iterator[None]:
    """What goes wrong with a spool, in our words."""
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(f"{where}: what is to be remembered can't be kept in a temporary file: {error}") from None
