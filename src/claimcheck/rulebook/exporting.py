"""``claimcheck rules export``: a table as rows of text, each with the file and row that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from claimcheck.rulebook.schema import OPEN, Release, day_of, kind_of, number_of
from claimcheck.rulebook.store import Store, place_of
from claimcheck.rulebook.tables.ncci import PAIR

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
        where = "release = :release" + (" AND :day BETWEEN first AND last" if day else "")
        order = ", ".join((*kind.key, "first"))
        sql = f"SELECT {', '.join(columns)}, source, row FROM {kind.name} WHERE {where} ORDER BY {order}"
        given = {"release": release.id, "day": number_of(day) if day else None}
        for *values, source, row in store.connection.execute(sql, given):
            shown = [_iso(value) if at in days else value for at, value in enumerate(values)]
            file = file_of(source)
            place = (place_of(file), row, file.sha256) if file else ("", "", "")
            yield *shown, release.name, *place


def _iso(day: int | None) -> str:
    """A day; "" where there is none."""
    return day_of(day).isoformat() if day and day not in (_ALWAYS, OPEN) else ""


_ALWAYS: Final = number_of(date.min)
