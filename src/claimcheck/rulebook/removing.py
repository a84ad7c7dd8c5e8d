"""``claimcheck rules remove``: releases out of a rule book, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from claimcheck.rulebook.building import changing, locked
from claimcheck.rulebook.deriving import GLOBAL_VISITS, derive_visits
from claimcheck.rulebook.schema import Release
from claimcheck.rulebook.store import BookError, Store
from claimcheck.rulebook.writing import Writer


def remove(book: Path, releases: Iterable[tuple[str, str]]) -> list[Release]:
    """Remove releases from a rule book, with the records of what they replaced.

    Args:
        book: the rule book's file.
        releases: the table and name of each.

    Returns:
        What was removed.

    Raises:
        BookError: the book can't be changed, or has no such release; it is as it was.
    """
    book = book.resolve()
    if not book.is_file():
        raise BookError(f"{book}: rule book not found")
    with locked(book), changing(book) as (connection, outdated, swap):
        if outdated:
            raise outdated
        store, writer = Store(connection), Writer(connection)
        current = {(one.table, one.name): one for one in store.releases if one.replaced_by is None}
        removed = []
        for table, name in releases:
            if (table, name) not in current:
                raise BookError(f"{book}: has no release {name} of {table}; see `claimcheck rules list`")
            if table == GLOBAL_VISITS:
                raise BookError(f"{book}: {name} is made of other releases; remove one of those")
            writer.forget(current[table, name])
            removed.append(current[table, name])
        derive_visits(connection)
        swap()
    return removed
