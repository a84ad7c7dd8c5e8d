"""``claimcheck rules export``: a table as rows of text, each with the file and row that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from claimcheck.rulebook import npi_blocks
from claimcheck.rulebook.schema import OPEN, Release, day_of, kind_of, number_of
from claimcheck.rulebook.store import Store, place_of
from claimcheck.rulebook.tables.ncci import PAIR
from claimcheck.rulebook.tables.npis import NPI

PROVENANCE: Final = ("release", "source", "row", "sha256")
"""The columns that say where a row is from."""


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table's rows, without those of its provenance: the key, the days, and the values."""
    kind = kind_of(table)
    days = ("first", "last")
    return (*kind.key, *kind.values[:1], *days, *kind.values[1:]) if kind is PAIR else (*kind.key, *days, *kind.values)


def rows_of(store: Store, releases: Sequence[Release], day: date | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows of releases of one table, in order of their keys.

    Args:
        store: the rule book.
        releases: the releases.
        day: a day on which a row must hold; None for all rows.

    Yields:
        What ``columns_of`` names, then ``PROVENANCE``. Days are ISO 8601; a row that holds on all days of its release
        has none.
    """
    file_of = cache(store.source)
    for release in releases:
        kind, columns = kind_of(release.table), columns_of(release.table)
        days = {columns.index(name) for name in ("first", "last", *kind.days)}
        for *values, source, row in (_npis if kind is NPI else _stored)(store, release, day):
            shown = [_iso(value) if at in days else value for at, value in enumerate(values)]
            file = file_of(source)
            place = (place_of(file), row, file.sha256) if file else ("", "", "")
            yield *shown, release.name, *place


def _stored(store: Store, release: Release, day: date | None) -> Iterator[tuple[Any, ...]]:
    """Rows as they are stored: what ``columns_of`` names, the number of the file, and the row."""
    kind = kind_of(release.table)
    where = "release = :release" + (" AND :day BETWEEN first AND last" if day else "")
    order = ", ".join((*kind.key, "first"))
    columns = ", ".join(columns_of(release.table))
    sql = f"SELECT {columns}, source, row FROM {kind.name} WHERE {where} ORDER BY {order}"
    yield from store.connection.execute(sql, {"release": release.id, "day": number_of(day) if day else None})


def _npis(store: Store, release: Release, day: date | None) -> Iterator[tuple[Any, ...]]:
    """The same of a list of NPIs, which is kept in another order than its file's: it has no row of it."""
    for npi, (first, last, value), source in npi_blocks.rows_of(store.connection, release.id):
        if day is None or first <= number_of(day) <= last:
            yield npi, first, last, value, source, ""


def _iso(day: int | None) -> str:
    """A day; "" where there is none."""
    return day_of(day).isoformat() if day and day not in (_ALWAYS, OPEN) else ""


_ALWAYS: Final = number_of(date.min)
