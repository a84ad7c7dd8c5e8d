"""Rule data: what is published, which release of it governs a day, and one way to look it up.

A ``Rulebook`` holds every release loaded; ``rulebook.on(day)`` gives the ``Rules`` of that day.
A look-up has three outcomes, never two: a row; ``Absent`` (a release that governs the day says
that there is no such row); or ``NotInForce`` (no release governs the day, so nothing is known).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import Final, NamedTuple, cast

from claimcheck.message import Citation
from claimcheck.rulebook.rules import (
    ADD_ONS,
    ASC_TABLE,
    CARRIED,
    CODES,
    FEE_SCHEDULE,
    LABORATORY_FEES,
    MODIFIERS,
    NOT_OF_CODES,
    OPPS_TABLE,
    PLACES,
    Among,
    Coverage,
    Dated,
    Excluded,
    Rules,
)
from claimcheck.rulebook.schema import Edition, Release, examples_of, kind_of
from claimcheck.rulebook.store import Absent, BookError, Period, Source, Store, new_database
from claimcheck.rulebook.tables import Key, Kind, NotInForce, Row
from claimcheck.rulebook.tables.code_sets import (
    AMBULANCE_TRIP,
    CROSS_REFERENCES,
    SUCCESSORS,
    CodeDates,
    Diagnosis,
    Listed,
    Modifier,
    Place,
)
from claimcheck.rulebook.tables.frequency import FREQUENCY, Frequency
from claimcheck.rulebook.tables.ncci import (
    MUE_TABLES,
    NCCI_TABLES,
    PTP_TABLES,
    UNKNOWN_MAI,
    AddOn,
    Mue,
    Pair,
    Program,
    ptp_table,
)
from claimcheck.rulebook.tables.npis import NPI, Npi
from claimcheck.rulebook.tables.payment import (
    ASP,
    DMEPOS,
    PRICING_MODIFIERS,
    Asc,
    DrugLimit,
    Fee,
    FeeInPart,
    Opps,
    Supply,
)

__all__ = [
    "ADD_ONS", "AMBULANCE_TRIP", "ASC_TABLE", "ASP", "CARRIED", "CODES", "CROSS_REFERENCES", "DMEPOS",
    "FEE_SCHEDULE", "LABORATORY_FEES", "MODIFIERS", "MUE_TABLES", "NCCI_TABLES", "NOT_OF_CODES", "OPPS_TABLE",
    "PLACES", "PRICING_MODIFIERS", "PTP_TABLES", "SUCCESSORS", "UNKNOWN_MAI", "Absent", "AddOn", "Among", "Asc",
    "BookError", "CodeDates", "Coverage", "Diagnosis", "DrugLimit", "Edition", "Excluded", "Fee", "FeeInPart",
    "Frequency", "Key", "Listed", "Modifier", "Mue", "NotInForce", "Npi", "Opps", "Pair", "PairWith", "Period", "Place",
    "Program", "Release", "Row", "Rulebook", "Rules", "Source", "Store", "Supply", "ptp_table",
]  # fmt: skip

_POLICY_CHANGES: Final = frozenset({date(2019, 7, 1), date(2023, 7, 1), date(2023, 10, 1), date(2025, 1, 1)})
"""Days on which a policy changes that stands in no table: 59 on either line of a pair; JZ for drugs, and lines without
it are returned; visits' complexity beside preventive services."""


class PairWith(NamedTuple):
    """A pair that a code is in: the code's column, and the code of the other column."""

    column: int
    other: str
    pair: Pair


class Rulebook:
    """Every release loaded. ``on(day)`` is the only way in, so that the date of service always
    picks the rule.

    Args:
        stores: what holds the releases; where two can answer, the first of them wins.
        carry: judge a day after the newest release of a table by that release, and have every message
            say so, where otherwise it is not judged.
    """

    def __init__(self, *stores: Store, carry: bool = False) -> None:
        self.stores = stores
        self.carry = carry
        self._change_dates = sorted(_POLICY_CHANGES.union(*(store.change_dates() for store in stores)))
        self._by_period: dict[int, Rules] = {}
        self.undated = Rules(self, None)
        self.knows = lru_cache(maxsize=10_000)(self._knows)
        self.dates = lru_cache(maxsize=10_000)(self._dates)
        self.all_listed = lru_cache(maxsize=1_000)(self._all_listed)

    def on(self, day: date | None) -> Rules:
        """The rules in force on a day; for no day at all, rules that judge nothing. Days between
        two changes of the book share one ``Rules``."""
        if day is None:
            return self.undated
        period = bisect_right(self._change_dates, day)
        rules = self._by_period.get(period)
        if rules is None:
            rules = self._by_period[period] = Rules(self, day)
        return rules

    def changes_between(self, day: date, later: date) -> list[date]:
        """The days after one day and up to a later one on which rules change."""
        return [change for change in self._change_dates if day < change <= later]

    def under(self, *overlays: Store) -> Rulebook:
        """This book with overlays on top of it, the first of them winning."""
        return Rulebook(*overlays, *self.stores, carry=self.carry) if overlays else self

    def tables(self) -> list[str]:
        """The names of all tables with a release."""
        return list(dict.fromkeys(name for store in self.stores for name in store.tables()))

    def has(self, table: str, code: str = "") -> bool:
        """Whether there is a release of a table, of whatever day; of a code, such as may have it."""
        return any(store.of(table) for store in self.stores if not code or store.may_have(code))

    def has_edition(self, table: str, day: date) -> bool:
        """Whether a publication of a table speaks of a day: in the starter book a release is of several, and also
        governs days between those that agree."""
        releases = (release for store in self.stores for release in store.of(table))
        editions = (e for r in releases for e in r.editions or (Edition(r.name, r.first, r.last),))
        return any(edition.first <= day <= edition.last for edition in editions)

    def governing(self, table: str, day: date) -> list[tuple[Store, Release]]:
        """The releases of a table that govern a day, what wins first, each with its store."""
        return [(s, release) for s in self.stores for release in s.of(table) if release.first <= day <= release.last]

    def in_force(self, table: str, day: date) -> list[tuple[Store, Release, date]]:
        """The releases of a table to ask on a day, what wins first, each with the day that it speaks of: the
        day itself, or the last day of a store's newest release where that is carried."""
        found = []
        for store in self.stores:
            asked = _carried_from(store.of(table), day) if self.carry and not store.overlay else day
            found += [(store, release, asked) for release in store.of(table) if release.first <= asked <= release.last]
        return found

    def periods(self, table: str, key: Key) -> list[Period]:
        """Every row of a key in a table, whatever its days; what wins first."""
        return [period for store in self.stores for period in store.periods(table, key)]

    def keys(self, table: str, code: str = "") -> list[Key]:
        """Every key of a table that has a row, or every one of a code; of pairs, column 1 alone."""
        return sorted({key for store in self.stores if store.of(table) for key in store.keys(table, code)})

    def keys_under(self, table: str, start: str) -> list[str]:
        """Every key of a table of plain codes that begins with a code and is longer, in order. For messages."""
        return sorted({key for store in self.stores if store.of(table) for key in store.keys_under(table, start)})

    def pairs_with(self, table: str, code: str, day: date) -> list[PairWith] | None:
        """Every NCCI pair of a table that a code is in on a day; None where no release governs it. It
        walks over the whole table: for people, not for checks."""
        in_force = self.governing(table, day)
        if not in_force:
            return None
        found = {(column, other) for store, release in in_force for column, other in store.pairs_with(release, code)}
        pairs = []
        for column, other in sorted(found):
            key = (code, other) if column == 1 else (other, code)
            pair = next((said for s, r in in_force if (said := s.find(r, key, day)) is not None), None)
            if isinstance(pair, Pair):
                pairs.append(PairWith(column, other, pair))
        return pairs

    def _knows(self, table: str, key: Key) -> bool:
        """Whether any release has a row for a key, on whatever day. (``knows`` remembers some.)"""
        return any(period.row is not None for period in self.periods(table, key))

    def knows_code(self, table: str, code: str) -> bool:
        """Whether any release of a table that is keyed by procedure code has a row for it, on whatever day."""
        kind = kind_of(table)
        if kind.self_dated:
            return False
        return self.knows(table, kind.plain_key(code) if kind.carries else code)

    def _dates(self, table: str, key: Key) -> Dated | None:
        """When a code or modifier began and ended, by the newest list that has dates for it. (``dates`` remembers
        some.)"""
        rows = (row for row in self._rows(table, key) if isinstance(row, Dated))
        return next((row for row in rows if row.added or row.ended), None)

    def newest(self, table: str, key: Key) -> Row | None:
        """The newest row of a key, whatever its days: of what does not depend on the day."""
        return next(self._rows(table, key), None)

    def _rows(self, table: str, key: Key) -> Iterator[Row]:
        return (period.row for period in self.periods(table, key) if period.row is not None)

    def last_listed(self, code: str, before: date) -> str:
        """The newest release whose last day with a row of a code lies before a day, by name; empty where there is
        none. It looks through all releases: for messages."""
        listed = [period for period in self.all_listed(code) if period.last < before]
        newest = max(listed, key=lambda period: period.last, default=None)
        return newest.release.cited_on(newest.last) if newest else ""

    def _all_listed(self, code: str) -> list[Period]:
        """Every row of a code in the tables that price it, whatever its days. (``all_listed`` remembers some.)"""
        keys: list[tuple[str, Key]] = [(FEE_SCHEDULE, (code, modifier)) for modifier in ("", *PRICING_MODIFIERS)]
        keys += [(OPPS_TABLE, code), (ASC_TABLE, code)]
        return [period for table, key in keys for period in self.periods(table, key) if period.row is not None]

    @cached_property
    def families(self) -> Mapping[str, tuple[str, bool]]:
        """What each modifier is about, and whether it belongs first on the line: our own classification."""
        sql = "SELECT modifier, family, pricing FROM modifier WHERE family != '' ORDER BY family != ?"
        found = [row for s in self.stores for row in s.connection.execute(sql, (AMBULANCE_TRIP,))]
        return {modifier: (family, bool(pricing)) for modifier, family, pricing in found}

    @cached_property
    def frequent(self) -> frozenset[str]:
        """The codes and modifiers of which it is known how often they are paid: a quick look, since few lines have
        one."""
        return frozenset([key for key in self.keys(FREQUENCY) if isinstance(key, str)])

    def carrying(self) -> Rulebook:
        """This book with each table's newest release in force after its last day, too."""
        return Rulebook(*self.stores, carry=True)

    def as_of(self, day: date) -> Rulebook:
        """This book with its rules of one day in force on every day, whatever the date of service: for ``claimcheck
        compare`` alone, which says so in each message."""
        return _AsOf(day, *self.stores)

    @classmethod
    def of(cls, **tables: Mapping[str, Row]) -> Rulebook:
        """A book of a few rows that hold on every day, or between their own dates: for examples and tests.

        ``fee={"77424": Fee("X"), "77424-26": ...}``, ``mue=`` (all settings), ``opps=``, ``asc=``,
        ``codes=``, ``modifiers=``, ``places=``, ``pairs={"32701-77424": Pair("0")}`` (all settings),
        ``add_ons={"19294-19301": AddOn("1", "19301")}``; any other name is a code list.

        Raises:
            TypeError: a table is no mapping of rows by code.
        """
        from claimcheck.rulebook.writing import Writer

        database = new_database()
        writer = Writer(database)
        for name, rows in tables.items():
            if not isinstance(rows, Mapping):
                raise TypeError(f"{name}= gives the rows of a table by code, found {rows!r}")
            kind, names = examples_of(name)
            for table in names:
                always = (date.min, date.max)
                release = Release("example", table, *always, Citation("example"), complete_from=date.min)
                id = writer.release(release)
                if kind is NPI:
                    writer.npi_rows(id, cast("Mapping[str, Npi]", rows))
                    continue
                for key, row in rows.items():
                    first, last = (row.added, row.ended) if isinstance(row, Dated | Place) else always
                    writer.row(id, table, _key_of(kind, key), row, first or date.min, last or date.max)
                writer.borders_of_rows(id, table)
        return cls(Store(database))


class _AsOf(Rulebook):
    """A book whose rules of one day are in force on every day."""

    def __init__(self, day: date, *stores: Store) -> None:
        super().__init__(*stores)
        self._as_of = day

    def on(self, day: date | None) -> Rules:
        """The rules of the one day, for any day."""
        return super().on(day and self._as_of)

    def carrying(self) -> Rulebook:
        """This book: what is in force is the one day's."""
        return self

    def under(self, *overlays: Store) -> Rulebook:
        """This book with overlays on top of it, as of the same day."""
        return _AsOf(self._as_of, *overlays, *self.stores) if overlays else self


def _carried_from(releases: list[Release], day: date) -> date:
    """The day that releases are asked for: that of the newest one, where it ended before. Of a book that comes along a
    newer one may be at hand, with none between: then that of the newest before it."""
    days = [release.span for release in releases]
    if any(release.editions for release in releases):
        ended = [last for _, last in days if last < day]
        governed = any(first <= day <= last for first, last in days)
    else:
        ended, governed = [last for _, last in days], any(last >= day for _, last in days)
    return day if governed else max(ended, default=day)


def _key_of(kind: Kind, written: str) -> Key:
    if len(kind.key) == 1:
        return written
    parts = written.split("-")
    return (*parts, *[""] * (len(kind.key) - len(parts)))
