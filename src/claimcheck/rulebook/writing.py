"""Filling a rule book's database: releases, their sources and their rows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, cast

from claimcheck.rulebook import npi_blocks
from claimcheck.rulebook.npi_blocks import Packed
from claimcheck.rulebook.schema import (
    DAY,
    OPEN,
    Release,
    day_of,
    insert_of,
    kind_of,
    number_of,
    select_of,
    written,
)
from claimcheck.rulebook.store import Provenance, Source
from claimcheck.rulebook.tables import Key, Kind, Row
from claimcheck.rulebook.tables.code_sets import Diagnosis
from claimcheck.rulebook.tables.ncci import PAIR, AddOn, Pair
from claimcheck.rulebook.tables.npis import NPI, Npi

Term = tuple[str, int, int, int, str]
"""What pairs have in common: indicator, first and last day, prior to 1996, rationale."""


class Writer:
    """Adds releases to a database. A release is added, then its sources and rows, then it is closed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._terms: dict[tuple[int, Term], int] = {}
        self._pairs = 0

    def release(self, release: Release) -> int:
        """Add a release; its number."""
        values = {
            "name": release.name,
            "in_table": release.table,
            "first": number_of(release.first),
            "last": number_of(release.last),
            "published": number_of(release.published),
            "complete_from": number_of(release.complete_from) if release.complete_from else None,
            "complete_to": number_of(release.complete_to) if release.complete_to else None,
            "complete_for": release.complete_for,
            "title": release.citation.title,
            "edition": release.citation.section,
            "url": release.citation.url,
            "note": release.note,
            "rows": release.rows,
            "content": release.content,
        }
        marks = ", ".join(f":{name}" for name in values)
        id = self._db.execute(f"INSERT INTO release ({', '.join(values)}) VALUES ({marks})", values).lastrowid
        assert id is not None
        self._db.executemany(
            "INSERT INTO edition VALUES (?, ?, ?, ?)",
            ((id, e.name, number_of(e.first), number_of(e.last)) for e in release.editions),
        )
        return id

    def source(self, release: int, source: Source) -> int:
        """Add a file that a release was read from; its number."""
        record = (release, source.file, source.container, source.sheet, source.sha256, source.rows)
        sql = "INSERT INTO source (release, file, container, sheet, sha256, rows) VALUES (?, ?, ?, ?, ?, ?)"
        id = self._db.execute(sql, record).lastrowid
        assert id is not None
        return id

    def provenance(self, provenance: Provenance) -> None:
        """Note how files came here."""
        fetched = [(one.container, one.url, one.sha256, number_of(one.day)) for one in provenance.fetched]
        self._db.executemany("INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?)", fetched)
        licenses = [(one.name, one.page, number_of(one.day)) for one in provenance.licenses]
        self._db.executemany("INSERT OR REPLACE INTO license VALUES (?, ?, ?)", licenses)

    def records(self, kind: Kind, records: Iterable[tuple[Any, ...]]) -> None:
        """Add rows as they are stored: release, key, first, last, values, source, row."""
        self._db.executemany(insert_of(kind), records)

    def row(self, release: int, table: str, key: Key, row: Row, first: date = date.min, last: date = date.max) -> None:
        """Add one row by hand."""
        if isinstance(row, Pair):
            self._pair(release, key, row)
            return
        kind = kind_of(table)
        if kind.self_dated:
            dated = cast("AddOn | Diagnosis", row)
            first, last = dated.first, dated.last or date.max
        parts = (key,) if isinstance(key, str) else key
        days = number_of(first), number_of(last)
        self._db.execute(insert_of(kind), (release, *parts, *days, *_encoded(kind, row), None, None))

    def _pair(self, release: int, key: Key, row: Pair) -> None:
        column1, column2 = cast("tuple[str, str]", key)
        last = number_of(row.last) if row.last else OPEN
        term: Term = (row.indicator, number_of(row.first), last, int(row.prior_1996), row.rationale)
        number = self._terms.get((release, term))
        if number is None:
            number = self._terms[release, term] = len(self._terms)
            self.terms(release, [term], number)
        self._pairs += 1
        self.pairs([(release, column1, self._pairs, None, f'["{column2} {number}"]')])

    def npis(self, release: int, source: int | None, packed: Packed) -> None:
        """Add the whole list of NPIs of a release."""
        terms = ((release, number, *held) for number, term in enumerate(packed.terms) for held in term)
        self._db.executemany("INSERT INTO npi_term VALUES (?, ?, ?, ?, ?)", terms)
        blocks = ((release, block, source, stored) for block, stored in npi_blocks.blocks_of(packed))
        self._db.executemany("INSERT INTO npis VALUES (?, ?, ?, ?)", blocks)

    def npi_rows(self, release: int, rows: Mapping[str, Npi]) -> None:
        """Add such a list by hand."""
        held = (
            (int(npi), (number_of(row.first), number_of(row.last or date.max), row.value)) for npi, row in rows.items()
        )
        self.npis(release, None, npi_blocks.pack(held))

    def terms(self, release: int, terms: Iterable[Term], start: int = 0) -> None:
        """Add what pairs have in common, numbered from ``start``."""
        numbered = ((release, term, *values) for term, values in enumerate(terms, start))
        self._db.executemany("INSERT INTO pair_term VALUES (?, ?, ?, ?, ?, ?, ?)", numbered)

    def pairs(self, records: Iterable[tuple[Any, ...]]) -> None:
        """Add pairs: release, column 1, row of the first, source, ``["column2 term", ...]``."""
        self._db.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?)", records)

    def absent(self, release: int, key: Key, first: date, last: date) -> None:
        """Say that a release does not list a key."""
        self._db.execute(
            "INSERT INTO absent VALUES (?, ?, ?, ?)", (release, written(key), number_of(first), number_of(last))
        )

    def change_dates(self, release: int, spans: Iterable[tuple[date, date]]) -> None:
        """Note the days on which rows of a release begin, and those after they end."""
        days = {number_of(day) for first, last in spans for day in (first, *([last + DAY] if last < date.max else []))}
        self._db.executemany("INSERT OR IGNORE INTO border VALUES (?, ?)", ((release, day) for day in sorted(days)))

    def borders_of_rows(self, release: int, table: str) -> None:
        """Note them from the rows as they are stored; not those of NPIs, which are asked for by the day itself."""
        kind = kind_of(table)
        if kind is NPI:
            return
        sql = f"SELECT DISTINCT first, last FROM {'pair_term' if kind is PAIR else kind.name} WHERE release = ?"
        self.change_dates(release, [(day_of(first), day_of(last)) for first, last in self._db.execute(sql, (release,))])

    def forget(self, release: Release) -> None:
        """Forget a release, with the records of those that it replaced, and where its files came from."""
        self.drop_rows(release)
        sql = """WITH RECURSIVE gone(id) AS (VALUES(?) UNION SELECT release.id FROM release JOIN gone
            ON release.replaced_by = gone.id) SELECT id FROM gone ORDER BY id"""
        for (id,) in self._db.execute(sql, (release.id,)).fetchall():
            self._db.execute("DELETE FROM source WHERE release = ?", (id,))
            self._db.execute("DELETE FROM edition WHERE release = ?", (id,))
            self._db.execute("DELETE FROM release WHERE id = ?", (id,))
        named = "SELECT container FROM source UNION SELECT file FROM source"
        self._db.execute(f"DELETE FROM fetched WHERE container NOT IN ({named})")

    def drop_rows(self, release: Release) -> None:
        """Forget the rows of a release that another replaces; its record stays."""
        kind = kind_of(release.table)
        names = _PACKED.get(kind, (kind.name,))
        for name in (*names, "absent", "border"):
            self._db.execute(f"DELETE FROM {name} WHERE release = ?", (release.id,))


_PACKED: Final = {PAIR: ("pairs", "pair_term"), NPI: ("npis", "npi_term")}
"""The tables of the database that hold what is packed."""


def _encoded(kind: Kind, row: Row) -> Iterator[Any]:
    """A row's values as they are stored."""
    values = row._asdict()
    for name in kind.values:
        value = values[name]
        if value is not None and name in kind.days:
            value = number_of(value)
        yield int(value) if name in kind.flags and value is not None else value


def content_of(connection: sqlite3.Connection, release: int, table: str) -> tuple[int, str]:
    """How many rows a release has, and the sha256 of them: keys, days and values, in order."""
    digest, count = hashlib.sha256(), 0
    kind = kind_of(table)
    if kind is PAIR:
        terms = connection.execute("SELECT * FROM pair_term WHERE release = ? ORDER BY term", (release,))
        for _, *values in terms:
            digest.update(repr(values).encode())
        sql = "SELECT column1, column2s FROM pairs WHERE release = ? ORDER BY column1, row"
        for column1, column2s in connection.execute(sql, (release,)):
            digest.update(f"{column1} {column2s}\n".encode())
            count += column2s.count(",") + 1
        return count, digest.hexdigest()
    if kind is NPI:
        for rows, piece in npi_blocks.contents_of(connection, release):
            digest.update(piece)
            count += rows
        return count, digest.hexdigest()
    sql = select_of(kind, "release = ?", order=", ".join((*kind.key, "first")))
    for _, *values in connection.execute(sql, (release,)):
        digest.update(repr(values[:-2]).encode())
        count += 1
    return count, digest.hexdigest()
