"""The database of a rule book, made of the tables that are declared, and the records that its rows are made of.

Days are whole numbers, CCYYMMDD. ``claimcheck rules list --schema`` prints the tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

from claimcheck.message import Citation
from claimcheck.rulebook.tables import TABLES, Key, Kind, Table
from claimcheck.rulebook.tables.code_sets import LISTED
from claimcheck.rulebook.tables.ncci import PAIR
from claimcheck.rulebook.tables.npis import NPI

SCHEMA_VERSION: Final = 1
"""Of the columns: raised when those of a table change. A table more needs no other version."""
APPLICATION: Final = 0x636C636B
"""``clck`` in the header: what such a database is known by."""
DAY: Final = timedelta(days=1)
OPEN: Final = 99991231
"""The last day of what has no end."""

_RECORDS: Final = """\
-- One published edition of a table. first and last are the days of service that it governs; where two
-- cover a day, the later `published` (its quarter's first day) wins. From the day complete_from to
-- complete_to (NULL: its last) a key that fits the pattern complete_for and has no row is known not to be
-- listed; complete_from NULL: a missing key proves nothing. content is the sha256 of its rows as stored.
-- A corrected edition replaces the one before it, whose rows are gone and whose record stays, with
-- replaced_by.
CREATE TABLE release (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, in_table TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, published INTEGER NOT NULL, complete_from INTEGER, complete_to INTEGER,
    complete_for TEXT NOT NULL,
    title TEXT NOT NULL, edition TEXT NOT NULL, url TEXT NOT NULL, note TEXT NOT NULL,
    rows INTEGER NOT NULL, content TEXT NOT NULL, replaced_by INTEGER REFERENCES release
);
-- What a release of the starter book stands for: the editions that agree on its rows.
CREATE TABLE edition (
    release INTEGER NOT NULL REFERENCES release, name TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
);
-- The files that a release was read from: container is the zip archive around a file, sha256 the file's own.
CREATE TABLE source (
    id INTEGER PRIMARY KEY, release INTEGER NOT NULL REFERENCES release, file TEXT NOT NULL,
    container TEXT NOT NULL, sheet TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL
);
-- Rows. first and last are the days for which a row itself holds, within its release's; source and row
-- say where it stands: file (and sheet), and line of a text file or row of a sheet.
"""
_PACKED: Final = """\
-- NCCI pairs are millions that repeat a few thousand combinations of dates, indicator and rationale: a
-- term. One row of `pairs` holds consecutive rows of one column-1 code as a JSON array of
-- "column2 term"; the view `pair` shows them as they were published.
CREATE TABLE pair_term (
    release INTEGER, term INTEGER, indicator TEXT, first INTEGER, last INTEGER, prior_1996 INTEGER,
    rationale TEXT, PRIMARY KEY (release, term)
) WITHOUT ROWID;
CREATE TABLE pairs (
    release INTEGER, column1 TEXT, row INTEGER, source INTEGER, column2s TEXT, PRIMARY KEY (release, column1, row)
) WITHOUT ROWID;
CREATE VIEW pair AS
    SELECT pairs.release, column1, substr(item.value, 1, 5) AS column2, indicator, first, last, prior_1996,
        rationale, source, row + item.key AS row
    FROM pairs, json_each(column2s) AS item
    JOIN pair_term ON pair_term.release = pairs.release AND term = CAST(substr(item.value, 7) AS INTEGER);
-- Lists of NPIs are millions that repeat a few hundred combinations of days and value. What an NPI has, one row or
-- several, is a term. One row of `npis` holds the NPIs that share their first bits (NPI >> 16 = block), in order: of
-- each a number of four bytes, little-endian, which is its last 16 bits, then those of the number of its term.
CREATE TABLE npi_term (
    release INTEGER, term INTEGER, first INTEGER, last INTEGER, value TEXT, PRIMARY KEY (release, term, first, last)
) WITHOUT ROWID;
CREATE TABLE npis (
    release INTEGER, block INTEGER, source INTEGER, npis BLOB, PRIMARY KEY (release, block)
) WITHOUT ROWID;
-- What a release says is not listed, and for which days, where it is not complete (the starter book).
CREATE TABLE absent (
    release INTEGER, key TEXT, first INTEGER, last INTEGER, PRIMARY KEY (release, key, first)
) WITHOUT ROWID;
-- Days on which a row of a release begins, or the day after one ends: where what is in force changes.
CREATE TABLE border (release INTEGER, day INTEGER, PRIMARY KEY (release, day)) WITHOUT ROWID;
"""


def _create(kind: Kind) -> str:
    """SQL that makes the table of a kind of row."""
    columns = [*kind.key, "first", "last", *kind.values]
    numbers = {"first", "last", *kind.numbers}
    place, primary = "source INTEGER, row INTEGER,", f"PRIMARY KEY ({', '.join(('release', *kind.key, 'first'))})"
    lines = ["    release INTEGER,"]
    for part in (*(f"{name} {'INTEGER' if name in numbers else 'TEXT'}," for name in columns), place, primary):
        if len(lines[-1]) + 1 + len(part) > _WIDTH or (part == place and len(lines) == 1):
            lines.append("   ")
        lines[-1] += f" {part}"
    return "\n".join((f"CREATE TABLE {kind.name} (", *lines, ") WITHOUT ROWID;\n"))


_WIDTH: Final = 104
KINDS: Final = tuple(
    sorted(
        {table.kind: None for table in TABLES.values() if table.kind not in (PAIR, NPI)},
        key=lambda kind: (kind.self_dated, kind is LISTED),
    )
)
"""Every kind of row that has a table of its own in the database: all but pairs and NPIs, which are packed."""
_PROVENANCE: Final = """\
-- Where `claimcheck rules fetch` downloaded a file from, and when; sha256 is that of the file as downloaded.
CREATE TABLE fetched (
    container TEXT PRIMARY KEY, url TEXT NOT NULL, sha256 TEXT NOT NULL, day INTEGER NOT NULL
) WITHOUT ROWID;
-- The license agreements that whoever fetched files accepted, on which page and when.
CREATE TABLE license (name TEXT PRIMARY KEY, page TEXT NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
"""
NEWER: Final = frozenset({kind.name for kind in KINDS} | {"fetched", "license", "npi_term", "npis"})
"""The tables that a rule book may lack, since it was made before there were such."""
SCHEMA: Final = "".join((_RECORDS, *map(_create, KINDS), _PACKED, _PROVENANCE))


@cache
def statements() -> dict[str, str]:
    """The SQL that makes each table and view, by its name."""
    sql = "\n".join(line for line in SCHEMA.splitlines() if not line.startswith("--"))
    return {one.split()[2]: one.strip() for one in sql.split(";") if one.strip()}


def table_of(name: str) -> Table:
    """A table by name; one that is not declared is a list of codes, called by its own name."""
    return TABLES.get(name) or Table(LISTED, name.replace("_", " "), name, ships=True)


def kind_of(table: str) -> Kind:
    """The kind of a table's rows."""
    return _KIND_OF.get(table, LISTED)


_KIND_OF: Final = {name: table.kind for name, table in TABLES.items()}


def tables_of(kind: Kind) -> tuple[str, ...]:
    """The tables that have rows of a kind; of those for each setting, Medicare's."""
    by_setting = dict.fromkeys(kind.by_setting.values())
    return tuple(by_setting or (name for name, table in TABLES.items() if table.kind is kind))


def sections_of(kind: Kind) -> dict[str, str]:
    """The tables that a section of a code's file may be of, by what the file calls them: ``practitioner``, and of
    Medicaid's ``medicaid_practitioner``."""
    tables = (name for name, table in TABLES.items() if table.kind is kind)
    return {name.replace(f"{kind.section}_", ""): name for name in tables}


def examples_of(name: str) -> tuple[Kind, tuple[str, ...]]:
    """The kind of the rows that examples give by a name, and the tables that then have them."""
    kind = _BY_EXAMPLE.get(name)
    if kind is None:
        return kind_of(name), (name,)
    return kind, tables_of(kind)


_BY_EXAMPLE: Final = {table.kind.example: table.kind for table in TABLES.values() if table.kind.example}


def insert_of(kind: Kind) -> str:
    """SQL that adds a row: release, key, first, last, values, source, row."""
    return f"INSERT INTO {kind.name} VALUES ({', '.join('?' * (5 + len(kind.key) + len(kind.values)))})"


def select_of(kind: Kind, where: str, order: str = "") -> str:
    """SQL of rows: release, key, first, last, values, source, row."""
    columns = ", ".join(("release", *kind.key, "first", "last", *kind.values, "source", "row"))
    return f"SELECT {columns} FROM {kind.name} WHERE {where}" + (f" ORDER BY {order}" if order else "")


def written(key: Key) -> str:
    """A key as messages show it."""
    return key if isinstance(key, str) else "-".join(part for part in key if part)


def number_of(day: date) -> int:
    """A day as CCYYMMDD."""
    return day.year * 10000 + day.month * 100 + day.day


@lru_cache(maxsize=4096)
def day_of(number: int) -> date:
    """The day of CCYYMMDD."""
    return date(number // 10000, number // 100 % 100, number % 100)


def end_of(number: int) -> date | None:
    """A last day; None for what has no end."""
    return None if number == OPEN else day_of(number)


class Edition(NamedTuple):
    """A publication that a release rests on, and the days that it speaks of."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Release:
    """One published edition of a table and the days of service that it governs.

    A release that is complete from some day on lists every key (that fits ``complete_for``, a regular
    expression, where there is one), so that a missing one is known to be absent; another proves nothing
    by its silence. The starter book holds some rows of many editions: there a release stands for the
    ``editions`` that agree on a row.
    """

    name: str
    table: str
    first: date
    last: date
    citation: Citation
    complete_from: date | None = None
    complete_to: date | None = None
    complete_for: str = ""
    published: date = date.min
    note: str = ""
    editions: tuple[Edition, ...] = ()
    id: int = 0
    rows: int = 0
    content: str = ""
    replaced_by: int | None = None

    @property
    def span(self) -> tuple[date, date]:
        """The days that its editions speak of."""
        editions = self.editions or (Edition(self.name, self.first, self.last),)
        return min(e.first for e in editions), max(e.last for e in editions)

    def is_whole_for(self, first: date, last: date) -> bool:
        """Whether it governs all days of a period and has every row of them."""
        begins = self.complete_from
        return (
            begins is not None and max(self.first, begins) <= first and last <= min(self.last, self.complete_to or last)
        )

    def lists(self, key: Key, day: date) -> bool:
        """Whether a release would list a key if there were one: by its silence it is known to be absent."""
        if self.complete_from is None or not self.complete_from <= day <= (self.complete_to or date.max):
            return False
        return not self.complete_for or re.fullmatch(self.complete_for, written(key)) is not None

    def lists_pairs_of(self, code: str, day: date) -> bool:
        """Whether a release would list the pairs of a code with another such code: what a pattern of pairs fits, it
        fits in either column."""
        return self.lists((code, code), day)

    def cited_on(self, day: date) -> str:
        """The name of the edition that governs a day; between two that agree, both of them."""
        if not self.editions:
            return self.name
        before = [e for e in self.editions if e.first <= day]
        if before and before[-1].last >= day:
            return before[-1].name
        after = [e for e in self.editions if e.first > day]
        agreeing = [e.name for e in before[-1:] + after[:1]]
        return " and ".join(agreeing) + (", which agree:" if len(agreeing) > 1 else "")
