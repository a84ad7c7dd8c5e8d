"""The tables of a rule book's database, and the records that its rows are made of.

Days are whole numbers, CCYYMMDD. ``claimcheck rules list --schema`` prints the tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from claimcheck.message import Citation
from claimcheck.rulebook.rows import (
    AddOn,
    Asc,
    CodeDates,
    Fee,
    Listed,
    Modifier,
    Mue,
    Opps,
    Place,
    Row,
)

SCHEMA_VERSION: Final = 1
APPLICATION: Final = 0x636C636B
"""``clck`` in the header: what such a database is known by."""
DAY: Final = timedelta(days=1)
OPEN: Final = 99991231
"""The last day of what has no end."""

SCHEMA: Final = """\
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
CREATE TABLE fee (
    release INTEGER, code TEXT, modifier TEXT, first INTEGER, last INTEGER, status TEXT, pctc TEXT,
    global_days TEXT, multiple TEXT, bilateral TEXT, assistant TEXT, co_surgeon TEXT, team TEXT,
    supervision TEXT, imaging_family TEXT, endoscopic_base TEXT, non_facility_na INTEGER,
    facility_na INTEGER, preoperative TEXT, intraoperative TEXT, postoperative TEXT, work_rvu TEXT,
    non_facility_rvu TEXT, facility_rvu TEXT, source INTEGER, row INTEGER,
    PRIMARY KEY (release, code, modifier, first)
) WITHOUT ROWID;
CREATE TABLE mue (
    release INTEGER, code TEXT, first INTEGER, last INTEGER, units INTEGER, mai INTEGER, rationale TEXT,
    source INTEGER, row INTEGER, PRIMARY KEY (release, code, first)
) WITHOUT ROWID;
CREATE TABLE opps (
    release INTEGER, code TEXT, first INTEGER, last INTEGER, status TEXT, apc TEXT,
    source INTEGER, row INTEGER, PRIMARY KEY (release, code, first)
) WITHOUT ROWID;
CREATE TABLE asc (
    release INTEGER, code TEXT, first INTEGER, last INTEGER, addendum TEXT, indicator TEXT,
    source INTEGER, row INTEGER, PRIMARY KEY (release, code, first)
) WITHOUT ROWID;
CREATE TABLE code (
    release INTEGER, code TEXT, first INTEGER, last INTEGER, added INTEGER, ended INTEGER,
    type_of_service TEXT, betos TEXT, ccs TEXT, needs TEXT, classified_by TEXT, coverage TEXT,
    pricing TEXT, laboratory TEXT, source INTEGER, row INTEGER, PRIMARY KEY (release, code, first)
) WITHOUT ROWID;
CREATE TABLE modifier (
    release INTEGER, modifier TEXT, first INTEGER, last INTEGER, added INTEGER, ended INTEGER,
    family TEXT, pricing INTEGER, source INTEGER, row INTEGER, PRIMARY KEY (release, modifier, first)
) WITHOUT ROWID;
CREATE TABLE place (
    release INTEGER, place TEXT, first INTEGER, last INTEGER, added INTEGER, ended INTEGER,
    facility INTEGER, source INTEGER, row INTEGER, PRIMARY KEY (release, place, first)
) WITHOUT ROWID;
CREATE TABLE listed (
    release INTEGER, code TEXT, first INTEGER, last INTEGER, value TEXT,
    source INTEGER, row INTEGER, PRIMARY KEY (release, code, first)
) WITHOUT ROWID;
CREATE TABLE add_on (
    release INTEGER, code TEXT, primary_code TEXT, first INTEGER, last INTEGER, type TEXT, note TEXT,
    source INTEGER, row INTEGER, PRIMARY KEY (release, code, primary_code, first)
) WITHOUT ROWID;
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
-- What a release says is not listed, and for which days, where it is not complete (the starter book).
CREATE TABLE absent (
    release INTEGER, key TEXT, first INTEGER, last INTEGER, PRIMARY KEY (release, key, first)
) WITHOUT ROWID;
-- Days on which a row of a release begins, or the day after one ends: where what is in force changes.
CREATE TABLE border (release INTEGER, day INTEGER, PRIMARY KEY (release, day)) WITHOUT ROWID;
"""


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


Key = str | tuple[str, ...]
"""What a row is looked up by: a code, or (code, modifier), (column 1, column 2), (add-on, primary)."""


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


@dataclass(frozen=True)
class Kind:
    """How a kind of row is kept: its SQL table, the columns of its key, those of its values."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    values: tuple[str, ...]
    days: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()

    @property
    def insert(self) -> str:
        """SQL that adds a row: release, key, first, last, values, source, row."""
        return f"INSERT INTO {self.name} VALUES ({', '.join('?' * (5 + len(self.key) + len(self.values)))})"

    def select(self, where: str, order: str = "") -> str:
        """SQL of rows: release, key, first, last, values, source, row."""
        columns = ", ".join(("release", *self.key, "first", "last", *self.values, "source", "row"))
        return f"SELECT {columns} FROM {self.name} WHERE {where}" + (f" ORDER BY {order}" if order else "")

    def encode(self, row: Row) -> tuple[Any, ...]:
        """A row's values as they are stored."""
        return tuple(self._encoded(name, getattr(row, name)) for name in self.values)

    def _encoded(self, name: str, value: Any) -> Any:
        if name in self.days:
            return None if value is None else number_of(value)
        return int(value) if name in self.flags else value

    def decode(self, record: Sequence[Any], source: str) -> Row:
        """The row of a record that ``select`` gave."""
        n = 1 + len(self.key)
        given = dict(zip(self.values, record[n + 2 : -2], strict=True))
        for name in self.days:
            given[name] = None if given[name] is None else day_of(given[name])
        for name in self.flags:
            given[name] = bool(given[name])
        if self.row is Fee:
            given["modifier"] = record[2]
        elif self.row is AddOn:
            given |= {"primary": record[2], "first": day_of(record[n]), "last": end_of(record[n + 1])}
        row: Row = self.row(**given, source=source)
        return row


def _values_of(row: type[Any], *without: str) -> tuple[str, ...]:
    return tuple(name for name in row._fields if name not in ("source", *without))


_DATES: Final = frozenset({"added", "ended"})
FEE: Final = Kind(
    "fee",
    Fee,
    ("code", "modifier"),
    _values_of(Fee, "modifier"),
    flags=frozenset({"non_facility_na", "facility_na"}),
)
MUE: Final = Kind("mue", Mue, ("code",), _values_of(Mue))
OPPS: Final = Kind("opps", Opps, ("code",), _values_of(Opps))
ASC: Final = Kind("asc", Asc, ("code",), _values_of(Asc))
CODE: Final = Kind("code", CodeDates, ("code",), _values_of(CodeDates), days=_DATES)
MODIFIER: Final = Kind(
    "modifier", Modifier, ("modifier",), _values_of(Modifier), days=_DATES, flags=frozenset({"pricing"})
)
PLACE: Final = Kind("place", Place, ("place",), _values_of(Place), days=_DATES, flags=frozenset({"facility"}))
LISTED: Final = Kind("listed", Listed, ("code",), _values_of(Listed))
ADD_ON: Final = Kind("add_on", AddOn, ("code", "primary_code"), ("type", "note"))
KINDS: Final = (FEE, MUE, OPPS, ASC, CODE, MODIFIER, PLACE, LISTED, ADD_ON)
PAIR_TABLES: Final = ("ptp_practitioner", "ptp_outpatient")
SUCCESSORS: Final = "successors"
CROSS_REFERENCES: Final = "cross_references"
"""Lists of what replaced a code: ours (``rules/successors.toml``), and the HCPCS file's."""
SELF_DATED: Final = frozenset({*PAIR_TABLES, "add_on"})
"""Tables whose rows bear their own dates, so that one that does not hold on a day says so even where the
release is not complete."""
_KIND_OF: Final = {
    "fee_schedule": FEE,
    "opps": OPPS,
    "asc": ASC,
    "codes": CODE,
    "modifiers": MODIFIER,
    "places_of_service": PLACE,
    "add_on": ADD_ON,
}


def kind_of(table: str) -> Kind:
    """The kind of a table's rows; a table of a name of its own is a list of codes."""
    if table.startswith(("mue_", "medicaid_mue")) or table == "mue":
        return MUE
    return _KIND_OF.get(table, LISTED)


def written(key: Key) -> str:
    """A key as messages show it."""
    return key if isinstance(key, str) else "-".join(part for part in key if part)
