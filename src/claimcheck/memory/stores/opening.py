"""Open a history by its path or URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimcheck.memory.deposits import HistoryError

if TYPE_CHECKING:
    from claimcheck.memory.keys import Key
    from claimcheck.memory.stores.sql import SqlStore


def is_postgres(url: str) -> bool:
    """Whether it is the URL of a PostgreSQL database, not the path of a file."""
    return url.startswith(("postgresql://", "postgres://"))


def open_history(url: str, key: Key) -> SqlStore:
    """The history at a path or ``postgresql://`` URL.

    Raises:
        HistoryError: there is none, it is of another key or a newer version, or it can't be reached.
    """
    store = _at(url)
    store.open(key)
    return store


def create_history(url: str, key: Key) -> SqlStore:
    """Make a new history at a path or ``postgresql://`` URL, or open the one that is there.

    Raises:
        HistoryError: what is there is not a history, or of another key, or it can't be reached.
    """
    store = _at(url)
    store.create(key)
    return store


def _at(url: str) -> SqlStore:
    if is_postgres(url):
        try:
            from claimcheck.memory.stores.postgres import PostgresStore
        except ImportError:
            raise HistoryError(
                "a history in PostgreSQL needs psycopg: pip install 'claimcheck-edits[postgres]'"
            ) from None
        return PostgresStore(url)
    from claimcheck.memory.stores.sqlite import SqliteStore

    return SqliteStore(url)
