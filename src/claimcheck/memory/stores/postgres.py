"""A history in a PostgreSQL database, in a schema of its own: claimcheck."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.stores.connections import (
    BusyError,
    Connection,
    LostError,
    Row,
    UnknownOutcomeError,
    make_stage,
)
from claimcheck.memory.stores.schema import STAGE
from claimcheck.memory.stores.sql import SqlStore

_SCHEMA: Final = "claimcheck"
_CONNECT_SECONDS: Final = 10
_LOCK_SECONDS: Final = 5
_STAGE_TYPES: Final = (
    *("int4", "bytea", "int4", "bytea", "int4", "int4", "int4", "int4", "int4", "int4", "bytea", "text", "text"),
    "bytea",
)

_HOW_TO_BE_ALLOWED: Final = (
    "use the database user that made the history; one that makes it needs GRANT CREATE ON DATABASE"
)


class _PostgresConnection(Connection):
    """A connection to a PostgreSQL database."""

    now = "extract(epoch FROM clock_timestamp())"

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._committing = False
        with self._errors():
            given = conninfo_to_dict(url)
            given.setdefault("connect_timeout", _CONNECT_SECONDS)
            given.setdefault("application_name", "claimcheck")
            self._db = psycopg.connect(**cast("dict[str, Any]", given), autocommit=True)
            self._db.execute(f"SET search_path TO {_SCHEMA}")
            self._db.execute(f"SET lock_timeout TO '{_LOCK_SECONDS}s'")
            self._db.execute("SET client_min_messages TO error")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise BusyError(self._says(error)) from None
        except psycopg.OperationalError as error:
            if not hasattr(self, "_db"):
                raise LostError(self._says(error)) from None
            if not self._db.closed and not self._db.broken:  # a full disk, too many connections: the server lives
                raise HistoryError(self._says(error)) from None
            raise (UnknownOutcomeError if self._committing else LostError)(self._says(error)) from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise HistoryError(f"{self._says(error)}; {_HOW_TO_BE_ALLOWED}") from None
        except psycopg.ProgrammingError as error:
            if not hasattr(self, "_db"):  # the text of it quotes the URL, with its password
                raise HistoryError(f"{self._name}: is not the URL of a PostgreSQL database") from None
            raise HistoryError(self._says(error)) from None
        except psycopg.Error as error:
            raise HistoryError(self._says(error)) from None

    def _says(self, error: psycopg.Error) -> str:
        text = error.diag.message_primary or (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"{self._name}: {text}"

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._errors():
            return self._execute(sql, values).fetchall()

    def _execute(self, sql: str, values: Sequence[Any]) -> psycopg.Cursor[Row]:
        return self._db.cursor(binary=True).execute(cast("Any", sql.replace("?", "%s")), values or None)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        with self._errors(), self._db.transaction(), self._db.cursor("each", binary=True) as cursor:
            cursor.itersize = 5000
            cursor.execute(cast("Any", sql.replace("?", "%s")), values or None)
            yield from cursor

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        with self._errors():
            return self._execute(sql, values).rowcount

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        with self._errors():
            self._db.cursor().executemany(cast("Any", sql.replace("?", "%s")), values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.run("BEGIN")
        try:
            yield
            self._committing = True
            self.run("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._committing = False

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")

    def lock_lease(self) -> None:
        self.run("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE")

    def deposits_of(self, since: Sequence[tuple[bytes, int]], columns: str, before: int) -> list[Row]:
        sql = (
            f"SELECT w.hash, {columns} FROM unnest(?::bytea[], ?::int[]) AS w (hash, since)"
            " JOIN patient p ON p.hash = w.hash"
            " JOIN deposit d ON d.patient = p.id AND d.last_day >= w.since WHERE d.id <= ?"
        )
        return self.rows(sql, [[patient for patient, _ in since], [day for _, day in since], before])

    def spool(self) -> sqlite3.Connection:
        return make_stage(sqlite3.connect("", isolation_level=None, check_same_thread=False))

    def take(self, spool: sqlite3.Connection) -> None:
        for statement in STAGE:
            self.run(statement.format(BLOB="BYTEA") + " ON COMMIT DROP")
        self._copy("stage", _STAGE_TYPES, spool.execute("SELECT * FROM stage"))
        self._copy("stage_term", ("int4", "text"), spool.execute("SELECT * FROM stage_term"))
        self.run("ANALYZE stage (seq)")  # how many there are is what its plans need

    def _copy(self, table: str, types: Sequence[str], rows: Iterable[Row]) -> None:
        sql = cast("Any", f"COPY {table} FROM STDIN (FORMAT BINARY)")
        with self._errors(), self._db.cursor() as cursor, cursor.copy(sql) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def is_lost(self) -> bool:
        try:
            self.rows("SELECT 1")
        except LostError:
            return True
        return False

    def leave_no_trace(self) -> None:
        """What is deleted is gone with ``compact``, which writes the tables anew."""

    def compact(self) -> None:
        for table in ("deposit", "patient", "alias"):
            self.run(f"VACUUM (FULL, ANALYZE) {table}")

    def problems(self) -> Iterator[str]:
        return iter(())

    def size(self) -> int:
        [(size,)] = self.rows(
            "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n"
            f" ON n.oid = c.relnamespace WHERE n.nspname = '{_SCHEMA}' AND c.relkind = 'r'"
        )
        return int(size)

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._db.close()


class PostgresStore(SqlStore):
    """A history in a PostgreSQL database."""

    blob = "BYTEA"
    clustered = ""
    number = "id BIGINT PRIMARY KEY"

    @property
    def name(self) -> str:
        """Its server and database, without user and password."""
        try:
            given = conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            return "postgresql://..."
        return f"postgresql://{given.get('host', '')}/{given.get('dbname', '')}"

    def connect(self, *, to_read: bool = False) -> Connection:
        """A connection of its own."""
        connection = _PostgresConnection(self._url, self.name)
        if to_read:
            connection.run("SET default_transaction_read_only TO on")
        return connection

    def exists(self) -> bool:
        """Whether there is a history."""
        connection = self.connect(to_read=True)
        try:
            return connection.rows(f"SELECT to_regclass('{_SCHEMA}.meta') IS NOT NULL")[0][0] is True
        finally:
            connection.close()

    def prepare(self) -> Connection:
        """A connection to where a new history is to be."""
        connection = self.connect()
        connection.run(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        return connection

    def mark(self, connection: Connection) -> None:
        """Its schema is the mark."""
