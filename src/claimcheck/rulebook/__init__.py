"""Rule data: what is published, which release of it governs a day, and one way to look it up.

A ``Rulebook`` holds every release loaded; ``rulebook.on(day)`` gives the ``Rules`` of that day.
A look-up has three outcomes, never two: a row; ``Absent`` (a release that governs the day says
that there is no such row); or ``NotInForce`` (no release governs the day, so nothing is known).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeVar, cast

from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.message import Citation
from claimcheck.rulebook import values
from claimcheck.rulebook.rows import (
    UNKNOWN_MAI,
    Absent,
    AddOn,
    Asc,
    CodeDates,
    Fee,
    Listed,
    Modifier,
    Mue,
    Opps,
    Pair,
    Place,
    Row,
)
from claimcheck.rulebook.schema import CROSS_REFERENCES, PAIR_TABLES, SUCCESSORS, Key, Release
from claimcheck.rulebook.store import BookError, Period, Store, new_database
from claimcheck.rulebook.writing import Writer

__all__ = [
    "CROSS_REFERENCES",
    "SUCCESSORS",
    "UNKNOWN_MAI",
    "Absent",
    "AddOn",
    "Among",
    "Asc",
    "BookError",
    "CodeDates",
    "Coverage",
    "Fee",
    "Key",
    "Listed",
    "Modifier",
    "Mue",
    "NotInForce",
    "Opps",
    "Pair",
    "Period",
    "Place",
    "Program",
    "Release",
    "Rulebook",
    "Rules",
    "Store",
]

FEE_SCHEDULE, OPPS_TABLE, ASC_TABLE, CODES = "fee_schedule", "opps", "asc", "codes"
LABORATORY_FEES = "laboratory_fees"
"""The clinical laboratory fee schedule, which alone lists every code that ends in U or M. No importer reads it yet."""
MODIFIERS, PLACES, ADD_ONS = "modifiers", "places_of_service", "add_on"
AMBULANCE_TRIP = "ambulance_trip"
"""Family of the pairs of letters that say where an ambulance went from and to: no modifiers elsewhere."""
MUE_TABLES: Mapping[Setting, str] = {
    PROFESSIONAL: "mue_practitioner",
    ASC: "mue_practitioner",
    OUTPATIENT: "mue_outpatient",
    DME: "mue_dme",
}
Program = Literal["medicare", "medicaid"]
"""Whose NCCI tables: Medicaid has limits and pairs of its own."""
PTP_TABLES: Mapping[Setting, str] = dict(
    zip((PROFESSIONAL, ASC, OUTPATIENT), PAIR_TABLES[:1] + PAIR_TABLES, strict=True)
)


def ptp_table(setting: Setting, program: Program = "medicare") -> str:
    """The name of the table of pairs for a setting, of Medicare or of Medicaid."""
    table = PTP_TABLES.get(setting, "ptp")
    return table if program == "medicare" else f"{program}_{table}"


NOT_OF_CODES = frozenset({MODIFIERS, PLACES})
"""Tables that say nothing about a procedure code. An invalid code suppresses the checks that need any other, a
list of codes too, since it has no rules."""

PRICING_MODIFIERS = ("26", "TC", "53")
"""The modifiers with rows of their own in the fee schedule."""

_POLICY_CHANGES: Final = frozenset({date(2019, 7, 1), date(2025, 1, 1)})
"""Days on which a policy changes that stands in no table: 59 on either line of a pair; visits' complexity beside
preventive services."""

CARRIED: Final = ", carried past "
"""In the source of a row that was taken from the newest release, for a day after its last."""


class NotInForce(LookupError):
    """No release that governs the day can answer: the line is not judged, by that table."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


Coverage = Literal["none", "other days", "in part"]
"""What a book has of a table that could not answer: no release at all, releases of other days, or one of the day that
does not list the code."""

_LONGEST_REMEMBERED: Final = 50
"""Codes of one day of which the pairs are remembered for good. A longer list hardly ever comes again, but for the next
check of the same claim."""
_LONG_REMEMBERED: Final = 5_000
"""Codes of longer lists that are remembered: at some 500 bytes each."""


class Among(NamedTuple):
    """The NCCI pairs in force among some codes: by column 2 and indicator, the codes of column 1 in order. ``unknown``
    are codes of which no release in force can say whether they are column 2 of another."""

    column1s: Mapping[tuple[str, str], Sequence[str]] = {}
    unknown: frozenset[str] = frozenset()


class PairWith(NamedTuple):
    """A pair that a code is in: the code's column, and the code of the other column."""

    column: int
    other: str
    pair: Pair


Dated = CodeDates | Modifier
"""A row with the first and last day of what it names, as a list with dates publishes them."""

_R = TypeVar("_R")
_Found = Row | Absent | tuple[AddOn, ...]


class Rules:
    """All tables as they stand on one day: what a check is handed. Every look-up may raise
    ``NotInForce``; the engine turns that into a *not judged*, so a check never catches it for a
    service, and gives it back as ``NotJudged(line, gap.table)`` where it walks over several lines."""

    def __init__(self, book: Rulebook, day: date | None) -> None:
        self._book = book
        self._day = day
        self._known: dict[tuple[str, Any], _Found | NotInForce] = {}
        self._among: dict[tuple[frozenset[str], Setting, Program], Among] = {}
        self._long_among: dict[tuple[frozenset[str], Setting, Program], Among] = {}
        self._in_force: dict[str, list[tuple[Store, Release, date]]] = {}
        self._gaps: dict[str, NotInForce] = {}

    def _look_up(self, table: str, key: Key, _kind: type[_R]) -> _R | Absent:
        known = self._known.get((table, key))
        if known is None:
            known = self._remember(table, key, self._find(table, key, Store.find))
        if isinstance(known, NotInForce):
            raise known.with_traceback(None)
        return cast("_R | Absent", known)

    def _remember(self, table: str, key: Key, found: _Found | NotInForce) -> _Found | NotInForce:
        if len(self._known) < 200_000:  # input chooses the keys: keep the memory bounded
            self._known[table, key] = found
        return found

    def _find(self, table: str, key: Key, ask: Callable[[Store, Release, Any, date], Any]) -> _Found | NotInForce:
        """What the first release that governs the day and knows something says."""
        if self._day is None:
            return self._gap(table)
        for store, release, last in self._releases(table):
            # A row's own days count past its release's end too, where one is carried.
            found: _Found | None = ask(store, release, key, self._day)
            if found is None and last < self._day:
                found = ask(store, release, key, last)
            if found is None:
                continue
            if not _understood(found):
                break
            return found if last == self._day else _carried(found, last)
        return self._gap(table)

    def _gap(self, table: str) -> NotInForce:
        """The gap of a table, one for all its keys: each keeps the frames that it was last raised in."""
        return self._gaps.setdefault(table, NotInForce(table))

    def _releases(self, table: str) -> list[tuple[Store, Release, date]]:
        """The releases in force, what wins first, each with the day that it is asked for: where the policy is
        to carry, the last day of a book's newest release for every day after it. A payer's overlay is not
        carried."""
        known = self._in_force.get(table)
        if known is None:
            assert self._day is not None
            known = self._in_force[table] = self._book.in_force(table, self._day)
        return known

    def coverage(self, table: str, code: str) -> Coverage:
        """What the book has of a table for the day, where a look-up of a procedure code found nothing in force."""
        releases = self._releases(table) if self._day is not None else []
        if any(release.last < date.max for _, release, _ in releases):
            return "in part"
        # What governs every day lists each code with days of its own.
        if releases and not self._book.knows_code(table, code):
            return "in part"
        return "other days" if self._book.has(table) else "none"

    def row(self, table: str, key: Key) -> Row | Absent:
        """The row of a key in a table of any name."""
        return self._look_up(table, key, Fee)

    def fee(self, code: str, modifiers: tuple[str, ...] = ()) -> Fee | Absent:
        """The fee schedule row for the pricing modifier billed (26, TC or 53), else the blank row."""
        for modifier in modifiers:
            if modifier in PRICING_MODIFIERS:
                row = self._priced(code, modifier)
                if row:
                    return row
        return self._look_up(FEE_SCHEDULE, (code, ""), Fee)

    def _priced(self, code: str, modifier: str) -> Fee | Absent:
        try:
            return self._look_up(FEE_SCHEDULE, (code, modifier), Fee)
        except NotInForce:
            if self._book.knows(FEE_SCHEDULE, (code, modifier)):
                raise  # the row is known on other days, not on this one
            # A partial release lists all rows of the codes it knows: the blank row decides.
            return Absent()

    def fee_row(self, code: str, modifier: str) -> Fee | Absent:
        """The fee schedule row of exactly this modifier, if there is one."""
        return self._priced(code, modifier)

    def mue(self, code: str, setting: Setting, program: Program = "medicare") -> Mue | Absent:
        """The unit limit in the table for the setting. Absent is not unlimited: CMS keeps some
        limits confidential. ``program`` is ``medicare`` or ``medicaid``, whose tables differ."""
        table = MUE_TABLES.get(setting, "mue")
        return self._look_up(table if program == "medicare" else f"{program}_{table}", code, Mue)

    def opps(self, code: str) -> Opps | Absent:
        """The Addendum B row: OPPS status indicator. Its letters are not the fee schedule's."""
        return self._look_up(OPPS_TABLE, code, Opps)

    def asc(self, code: str) -> Asc | Absent:
        """The ASC addendum row: covered procedure (AA) or ancillary service (BB)."""
        return self._look_up(ASC_TABLE, code, Asc)

    def code(self, code: str) -> CodeDates | Absent:
        """When a code is valid."""
        return self._look_up(CODES, code, CodeDates)

    def ended(self, code: str, table: str = CODES) -> Dated | None:
        """The dates of a code (or modifier) that ended before this day, by the newest list that has dates for it.
        They win over every list without dates that still names it, and hold after that list's own last day too:
        what has ended does not come back."""
        row = self._book.dates(table, code)
        return row if row and row.ended and self._day and row.ended < self._day else None

    def not_begun(self, code: str) -> Dated | None:
        """The dates of a code that begins after this day, by the newest list that has dates for it."""
        row = self._book.dates(CODES, code)
        return row if row and row.added and self._day and row.added > self._day else None

    def replacing(self, table: str, code: str) -> Listed | None:
        """What a list of successors names for a code that ended. That does not depend on the day."""
        row = self._book.newest(table, code)
        return row if isinstance(row, Listed) else None

    def last_listed(self, code: str) -> str:
        """The newest release before this day that lists a code, by name; empty where no release at hand does."""
        return self._book.last_listed(code, self._day) if self._day else ""

    def modifier(self, modifier: str) -> Modifier | Absent:
        """A modifier: valid from, to, and its family. The HCPCS file has the dates, not the families."""
        row = self._look_up(MODIFIERS, modifier, Modifier)
        if row and not row.family and modifier in self._book.families:
            family, pricing = self._book.families[modifier]
            return row._replace(family=family, pricing=pricing)
        return row

    def place(self, place_of_service: str) -> Place | Absent:
        """A place of service code."""
        return self._look_up(PLACES, place_of_service, Place)

    def listed(self, name: str, code: str) -> Listed | Absent:
        """Whether a code stands in a published list, such as ``visits`` or ``facility_only``."""
        return self._look_up(name, code, Listed)

    def pair(self, column1: str, column2: str, setting: Setting, program: Program = "medicare") -> Pair | Absent:
        """The NCCI edit in force for two codes, in this order, in the table for the setting. ``program`` is
        ``medicare`` or ``medicaid``, whose tables differ."""
        return self._look_up(ptp_table(setting, program), (column1, column2), Pair)

    def pairs_among(self, codes: frozenset[str], setting: Setting, program: Program = "medicare") -> Among:
        """Every NCCI edit in force among some codes, in both orders, in the table for the setting."""
        key = codes, setting, program
        long = len(codes) > _LONGEST_REMEMBERED
        remembered = self._long_among if long else self._among
        known = remembered.get(key)
        if known is None:
            known = self._find_among(*key)
            if long and sum(len(one) for one, *_ in remembered) > _LONG_REMEMBERED:
                remembered.clear()
            if len(remembered) < 50_000:
                remembered[key] = known
        return known

    def _find_among(self, codes: frozenset[str], setting: Setting, program: Program) -> Among:
        """As ``pair`` says it of each two codes, but by one look-up for each code of column 1: the pairs of a
        release are kept so, and codes may be thousands."""
        if len(codes) < 2:
            return Among()
        if self._day is None:
            return Among(unknown=codes)
        releases = [_Asked.of(*one, codes, self._day) for one in self._releases(ptp_table(setting, program))]
        found: dict[tuple[str, str], list[str]] = {}
        unknown: set[str] = set()
        answered: dict[str, set[str]] = {code: set() for code in codes}
        for column1 in sorted(codes):
            for column2, indicator in _said_of(column1, codes, releases, self._day).items():
                answered[column2].add(column1)
                if indicator in _PTP:
                    found.setdefault((column2, indicator), []).append(column1)
                elif indicator:
                    unknown.add(column2)
        return Among(found, frozenset(unknown.union(_unanswered(codes, releases, answered))))

    def primaries(self, code: str) -> tuple[AddOn, ...] | Absent:
        """The primary codes of an add-on code; Absent where it is none."""
        known = self._known.get((ADD_ONS, code))
        if known is None:
            known = self._remember(ADD_ONS, code, self._find(ADD_ONS, code, Store.primaries))
        if isinstance(known, NotInForce):
            raise known.with_traceback(None)
        return cast("tuple[AddOn, ...] | Absent", known)


class _Asked(NamedTuple):
    """A release of pairs that is asked about some codes: the day that it is asked for, and those of the codes among
    which it lists all pairs, so that there is none of which it is silent."""

    store: Store
    release: Release
    last: date
    lists: frozenset[str]

    @classmethod
    def of(cls, store: Store, release: Release, last: date, codes: frozenset[str], day: date) -> _Asked:
        """Find what it lists on a day, or on the last one that it is carried from."""
        lists = (c for c in codes if any(release.lists_pairs_of(c, one) for one in {day, last}))
        return cls(store, release, last, frozenset(lists))


def _said_of(column1: str, codes: frozenset[str], releases: list[_Asked], day: date) -> dict[str, str]:
    """What releases have rows for, of a code with some others as column 2: of each the indicator in force on a day,
    "" for none. The first release that knows of a pair decides, be it by its silence."""
    said: dict[str, str] = {}
    silent: list[frozenset[str]] = []
    for store, release, last, lists in releases:
        for column2, indicator in store.find_pairs(release, column1, codes, day).items():
            if column2 != column1 and not any(column2 in listed for listed in silent):
                said.setdefault(column2, indicator)
        for absent in store.says_absent(release, column1, {day, last}):
            if absent in codes and absent != column1 and not any(absent in listed for listed in silent):
                said.setdefault(absent, "")
        if column1 in lists:
            silent.append(lists)
            if len(lists) == len(codes):
                break
    return said


def _unanswered(codes: frozenset[str], releases: list[_Asked], answered: Mapping[str, set[str]]) -> Iterator[str]:
    """The codes of which no release can say whether they are column 2 of one of the others; ``answered`` are the
    codes of column 1 of which one has a row."""
    silent: dict[tuple[bool, ...], frozenset[str]] = {}
    for column2 in codes:
        kind = tuple(column2 in release.lists for release in releases)
        if kind not in silent:
            silent[kind] = codes.difference(*(release.lists for release in releases if column2 in release.lists))
        if any(column1 != column2 and column1 not in answered[column2] for column1 in silent[kind]):
            yield column2


def _understood(found: _Found) -> bool:
    """Whether what decides about a row is a value that CMS had published when this was written. By another
    one nothing can be judged."""
    match found:
        case Fee(status=status):
            return status in values.FEE["status"]
        case Mue(mai=mai):
            return mai != UNKNOWN_MAI
        case Opps(status=status):
            return status in _OPPS
        case Asc(indicator=indicator):
            return indicator in _ASC
        case Pair(indicator=indicator):
            return indicator in _PTP
    return True


_OPPS, _ASC = values.published(values.OppsStatus), values.published(values.AscIndicator)
_PTP = values.published(values.PairIndicator)


def _carried(found: _Found, last: date) -> _Found:
    if isinstance(found, tuple) and not hasattr(found, "_fields"):
        return tuple(cast("AddOn", _carried(row, last)) for row in found)
    if isinstance(found, Absent):
        return replace(found, source=f"{found.source}{CARRIED}{last}")
    row = cast("Row", found)
    return row._replace(source=f"{row.source}{CARRIED}{last}")


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
        self._borders = sorted(_POLICY_CHANGES.union(*(store.borders() for store in stores)))
        self._stretches: dict[int, Rules] = {}
        self.undated = Rules(self, None)
        self.knows = lru_cache(maxsize=10_000)(self._knows)
        self.dates = lru_cache(maxsize=10_000)(self._dates)

    def on(self, day: date | None) -> Rules:
        """The rules in force on a day; for no day at all, rules that judge nothing. Days between
        two changes of the book share one ``Rules``."""
        if day is None:
            return self.undated
        stretch = bisect_right(self._borders, day)
        rules = self._stretches.get(stretch)
        if rules is None:
            rules = self._stretches[stretch] = Rules(self, day)
        return rules

    def under(self, *overlays: Store) -> Rulebook:
        """This book with overlays on top of it, the first of them winning."""
        return Rulebook(*overlays, *self.stores, carry=self.carry) if overlays else self

    def tables(self) -> list[str]:
        """The names of all tables with a release."""
        return list(dict.fromkeys(name for store in self.stores for name in store.tables()))

    def has(self, table: str) -> bool:
        """Whether there is a release of a table, of whatever day."""
        return any(store.of(table) for store in self.stores)

    def governing(self, table: str, day: date) -> list[tuple[Store, Release]]:
        """The releases of a table that govern a day, what wins first, each with its store."""
        return [(s, release) for s in self.stores for release in s.of(table) if release.first <= day <= release.last]

    def in_force(self, table: str, day: date) -> list[tuple[Store, Release, date]]:
        """The releases of a table to ask on a day, what wins first, each with the day that it speaks of: the
        day itself, or the last day of a store's newest release where that is carried."""
        found = []
        for store in self.stores:
            newest = max((release.span[1] for release in store.of(table)), default=day)
            asked = newest if self.carry and not store.overlay and newest < day else day
            found += [(store, release, asked) for release in store.of(table) if release.first <= asked <= release.last]
        return found

    def periods(self, table: str, key: Key) -> list[Period]:
        """Every row of a key in a table, whatever its days; what wins first."""
        return [period for store in self.stores for period in store.periods(table, key)]

    def keys(self, table: str) -> list[Key]:
        """Every key of a table that has a row; of pairs, column 1 alone."""
        return sorted({key for store in self.stores if store.of(table) for key in store.keys(table)})

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
        if table in PTP_TABLES.values() or table == ADD_ONS:
            return False
        return self.knows(table, (code, "") if table == FEE_SCHEDULE else code)

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
        keys: list[tuple[str, Key]] = [(FEE_SCHEDULE, (code, modifier)) for modifier in ("", *PRICING_MODIFIERS)]
        keys += [(OPPS_TABLE, code), (ASC_TABLE, code)]
        found = (period for table, key in keys for period in self.periods(table, key))
        listed = [period for period in found if period.row is not None and period.last < before]
        newest = max(listed, key=lambda period: period.last, default=None)
        return newest.release.cited_on(newest.last) if newest else ""

    @cached_property
    def families(self) -> Mapping[str, tuple[str, bool]]:
        """What each modifier is about, and whether it belongs first on the line: our own classification."""
        sql = "SELECT modifier, family, pricing FROM modifier WHERE family != '' ORDER BY family != ?"
        found = [row for s in self.stores for row in s.connection.execute(sql, (AMBULANCE_TRIP,))]
        return {modifier: (family, bool(pricing)) for modifier, family, pricing in found}

    @classmethod
    def of(cls, **tables: Mapping[str, Row]) -> Rulebook:
        """A book of a few rows that hold on every day, or between their own dates: for examples and tests.

        ``fee={"77424": Fee("X"), "77424-26": ...}``, ``mue=`` (all settings), ``opps=``, ``asc=``,
        ``codes=``, ``modifiers=``, ``places=``, ``pairs={"32701-77424": Pair("0")}`` (all settings),
        ``add_ons={"19294-19301": AddOn("1", "19301")}``; any other name is a code list.

        Raises:
            TypeError: a table is no mapping of rows by code.
        """
        database = new_database()
        writer = Writer(database)
        for name, rows in tables.items():
            if not isinstance(rows, Mapping):
                raise TypeError(f"{name}= gives the rows of a table by code, found {rows!r}")
            for table in _EXAMPLE_TABLES.get(name, (name,)):
                always = (date.min, date.max)
                release = Release("example", table, *always, Citation("example"), complete_from=date.min)
                id = writer.release(release)
                for key, row in rows.items():
                    first, last = (row.added, row.ended) if isinstance(row, Dated | Place) else always
                    writer.row(id, table, _key_of(name, key), row, first or date.min, last or date.max)
                writer.borders_of_rows(id, table)
        return cls(Store(database))


_EXAMPLE_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "fee": (FEE_SCHEDULE,),
    "mue": tuple(sorted(set(MUE_TABLES.values()))),
    "opps": (OPPS_TABLE,),
    "asc": (ASC_TABLE,),
    "codes": (CODES,),
    "modifiers": (MODIFIERS,),
    "places": (PLACES,),
    "pairs": PAIR_TABLES,
    "add_ons": (ADD_ONS,),
}


def _key_of(name: str, written: str) -> Key:
    one, _, other = written.partition("-")
    return (one, other) if name in ("fee", "pairs", "add_ons") else written
