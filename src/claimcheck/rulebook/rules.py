"""All tables as they stand on one day: what a check is handed, and looks up in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, cast

from claimcheck.claim import Service, plain_diagnosis
from claimcheck.rulebook.schema import Release, kind_of
from claimcheck.rulebook.store import Absent, Store
from claimcheck.rulebook.tables import TABLES, Key, NotInForce, Row
from claimcheck.rulebook.tables.code_sets import (
    EXCLUDES1,
    ICD_10_CM,
    CodeDates,
    Diagnosis,
    Listed,
    Modifier,
    Note,
    Place,
    notes_in,
)
from claimcheck.rulebook.tables.frequency import FREQUENCY, Frequency, is_of_family
from claimcheck.rulebook.tables.ncci import PAIR, AddOn, Mue, Pair, Program, mue_table, ptp_table
from claimcheck.rulebook.tables.npis import NPI, Npi, Term
from claimcheck.rulebook.tables.payment import ASP, DMEPOS, PRICING_MODIFIERS, Asc, DrugLimit, Fee, Opps, Supply

if TYPE_CHECKING:
    from claimcheck.rulebook import Rulebook

FEE_SCHEDULE, OPPS_TABLE, ASC_TABLE, CODES = "fee_schedule", "opps", "asc", "codes"
LABORATORY_FEES = "laboratory_fees"
"""The clinical laboratory fee schedule, which alone lists every code that ends in U or M that is paid. The value of a
code is QW where it has a row with QW."""
MODIFIERS, PLACES, ADD_ONS = "modifiers", "places_of_service", "add_on"

NOT_OF_CODES = frozenset(name for name, table in TABLES.items() if not table.is_by_code)
"""Tables that say nothing about a procedure code. An invalid code suppresses the checks that need any other, a
list of codes too, since it has no rules."""

_ENDS_KEPT: Final = date(2015, 1, 1)
"""From this day on the HCPCS file has every code that ended."""

CARRIED: Final = ", carried past "
"""In the source of a row that was taken from the newest release, for a day after its last."""


Coverage = Literal["none", "other days", "in part"]
"""What a book has of a table that could not answer: no release at all, releases of other days, or one of the day that
does not list the code."""


class Among(NamedTuple):
    """The NCCI pairs in force among some codes: by column 2 and indicator, the codes of column 1 in order. ``unknown``
    are codes of which no release in force can say whether they are column 2 of another."""

    column1s: Mapping[tuple[str, str], Sequence[str]] = {}
    unknown: frozenset[str] = frozenset()


class Excluded(NamedTuple):
    """Two diagnoses of which an Excludes1 note of one names the other: the note stands at ``where``, a code, section or
    chapter, and in the ``row`` of a list."""

    one: str
    other: str
    where: str
    row: Listed


_LONGEST_REMEMBERED: Final = 50
"""Codes of one day of which the pairs are remembered for good. A longer list hardly ever comes again, but for the next
check of the same claim."""
_LONG_REMEMBERED: Final = 5_000
"""Codes of longer lists that are remembered: at some 500 bytes each."""

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
        self._among: dict[tuple[frozenset[str], str, Program], Among] = {}
        self._long_among: dict[tuple[frozenset[str], str, Program], Among] = {}
        self._in_force: dict[str, list[tuple[Store, Release, date]]] = {}
        self._gaps: dict[str, NotInForce] = {}
        self._frequency: dict[Service, Frequency | None] = {}
        self._listed: dict[tuple[str, bool], set[str]] = {}
        self._excluded: dict[tuple[str, ...], tuple[Excluded, ...]] = {}
        self._compatible: set[tuple[str, str]] = set()
        self._notes: dict[str, tuple[tuple[Note, Listed], ...]] = {}

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

    def _find(
        self, table: str, key: Key, ask: Callable[[Store, Release, Any, date], Any], day: date | None = None
    ) -> _Found | NotInForce:
        """What the first release that governs the day and knows something says; ``day`` is another for which these
        rules hold, too."""
        if self._day is None:
            return self._gap(table)
        for store, release, last in self._releases(table):
            # A row's own days count past its release's end too, where one is carried.
            found: _Found | None = ask(store, release, key, day or self._day)
            if found is None and last < self._day:
                found = ask(store, release, key, last)
            if found is None:
                continue
            if not _understood(found):
                break
            return found if last == self._day else _carried(found, last)
        return (self._book.carry and self._find_carried(table, key, ask)) or self._gap(table)

    def _find_carried(self, table: str, key: Key, ask: Callable[[Store, Release, Any, date], Any]) -> _Found | None:
        """What the newest row of a key says on its last day, in a book that comes along: there a newer release may be
        at hand in part, and lack the key."""
        for store in self._book.stores:
            periods = [] if store.overlay or kind_of(table).self_dated else store.periods(table, key)
            newest = max((p for p in periods if p.release.editions), key=lambda p: p.last, default=None)
            if newest and self._day and newest.last < self._day:
                found: _Found | None = ask(store, newest.release, key, newest.last)
                if found is not None and _understood(found):
                    return _carried(found, newest.last)
        return None

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
        governing = [release for store, release, _ in releases if store.may_have(code)]
        if any(release.last < date.max for release in governing):
            return "in part"
        # What governs every day lists each code with days of its own.
        if governing and not self._book.knows_code(table, code):
            return "in part"
        return "other days" if self._book.has(table, code) else "none"

    def row(self, table: str, key: Key) -> Row | Absent:
        """The row of a key in a table of any name; of a list of NPIs, ask ``npi``."""
        if kind_of(table) is NPI:
            raise TypeError(f"{table} is a list of NPIs, whose rows are asked for by day: rules.npi(table, npi, day)")
        return self._look_up(table, key, Fee)

    def npi(self, table: str, npi: str, day: date) -> Npi | Absent:
        """The row of an NPI in a list that holds on a day. Rules may be of many days, and such a list changes with
        each, so that the day is asked for itself. Nothing is remembered: a batch may have any number of NPIs."""
        found = self._find(table, npi, Store.find, day)
        if isinstance(found, NotInForce):
            raise found.with_traceback(None)
        return cast("Npi | Absent", found)

    def listed_npis(self, table: str, npis: Iterable[str]) -> dict[str, Term]:
        """Of some NPIs those that a list in force has, with what it has, whatever the days: a quick look at many of
        which nearly none is listed, or nearly all are listed alike."""
        found: dict[str, Term] = {}
        for store, release, _ in self._releases(table) if self._day is not None else ():
            for npi, held in store.listed_npis(release, npis):
                found[npi] = found.get(npi, ()) + held
        return found

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

    def mue(self, code: str, setting: str, program: Program = "medicare") -> Mue | Absent:
        """The unit limit in the table for the setting. Absent is not unlimited: CMS keeps some
        limits confidential. ``program`` is ``medicare`` or ``medicaid``, whose tables differ."""
        return self._look_up(mue_table(setting, program), code, Mue)

    def opps(self, code: str) -> Opps | Absent:
        """The Addendum B row: OPPS status indicator. Its letters are not the fee schedule's."""
        return self._look_up(OPPS_TABLE, code, Opps)

    def asc(self, code: str) -> Asc | Absent:
        """The ASC addendum row: covered procedure (AA) or ancillary service (BB)."""
        return self._look_up(ASC_TABLE, code, Asc)

    def supply(self, code: str) -> Supply | Absent:
        """The DMEPOS fee schedule row: category of payment, and the modifiers that have a price."""
        return self._look_up(DMEPOS, code, Supply)

    def drug(self, code: str) -> DrugLimit | Absent:
        """The ASP pricing file's row of a drug: what one unit is."""
        return self._look_up(ASP, code, DrugLimit)

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
        """The dates of a code that begins after this day, by the newest list that has dates for it.

        The HCPCS file does not keep what ended before 2015, and CMS has given such codes out again (J1440, J7340): of
        days before, the first day of a code that began since proves nothing.
        """
        row = self._book.dates(CODES, code)
        if not (row and row.added and self._day and row.added > self._day):
            return None
        return None if self._day < _ENDS_KEPT <= row.added else row

    def frequency(self, service: Service) -> Frequency | None:
        """How often a service is paid: the row of its code, or of a modifier; None where nothing is said of it."""
        if service not in self._frequency and len(self._frequency) < 100_000:
            self._frequency[service] = self._find_frequency(service)
        return self._frequency[service] if service in self._frequency else self._find_frequency(service)

    def _find_frequency(self, service: Service) -> Frequency | None:
        frequent = self._book.frequent
        for key in (service.code, *service.modifiers):
            row = self._look_up(FREQUENCY, key, Frequency) if key in frequent else None
            if row and is_of_family(row, service):
                return row
        return None

    def frequency_or_none(self, service: Service) -> Frequency | None:
        """The same; None also where nothing in force says it."""
        try:
            return self.frequency(service)
        except NotInForce:
            return None

    def only_with(self, service: Service) -> str | None:
        """The diagnoses without which a service does not count (``Frequency.only_with``); "" where it counts with any,
        or where nothing in force says it. None where nothing is said of how often it is paid."""
        frequent = self._book.frequent
        if service.code in frequent:
            row = self.frequency_or_none(service)
            return row.only_with if row else ""
        return None if frequent.isdisjoint(service.modifiers) else ""

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

    def diagnosis(self, code: str) -> Diagnosis | Absent:
        """A code of ICD-10-CM that can be billed, without its point; Absent for a category, as for any other."""
        return self._look_up(ICD_10_CM, code, Diagnosis)

    def all_are(self, listed: bool, name: str, codes: AbstractSet[str]) -> bool:
        """Whether a published list is in force and has all of some codes (``listed``), or none of them: a quick look
        at many that nearly always are."""
        known = self._listed.setdefault((name, listed), set())
        if codes <= known:
            return True
        for code in codes - known:
            try:
                if bool(self.row(name, code)) is not listed:
                    return False
            except NotInForce:
                return False
            if len(known) < 200_000:
                known.add(code)
        return True

    def excluded_among(self, diagnoses: tuple[str, ...]) -> tuple[Excluded, ...]:
        """Every two of some diagnoses that exclude one another by an Excludes1 note, in order; none where no notes are
        in force. Codes are written without the point."""
        known = self._excluded.get(diagnoses)
        if known is None:
            known = tuple(self._find_excluded(diagnoses)) if len(diagnoses) > 1 else ()
            if len(self._excluded) < 50_000:
                self._excluded[diagnoses] = known
        return known

    def are_compatible(self, pairs: AbstractSet[tuple[str, str]]) -> bool:
        """Whether of no two diagnoses, as billed, one excludes the other: a quick look at many pairs that nearly always
        are."""
        if pairs <= self._compatible:
            return True
        for pair in pairs - self._compatible:
            if self.excluded_among(tuple(map(plain_diagnosis, pair))):
                return False
            if len(self._compatible) < 200_000:
                self._compatible.add(pair)
        return True

    def governs(self, table: str) -> bool:
        """Whether a release of a table is in force."""
        return self._day is not None and bool(self._releases(table))

    def _find_excluded(self, diagnoses: tuple[str, ...]) -> Iterator[Excluded]:
        for one, other in combinations(dict.fromkeys(diagnoses), 2):
            for code, named in ((one, other), (other, one)):
                found = next((note for note in self._notes_of(code) if note[0].names(named)), None)
                if found:
                    yield Excluded(one, other, found[0].where, found[1])
                    break

    def _notes_of(self, code: str) -> tuple[tuple[Note, Listed], ...]:
        """The Excludes1 notes that count for a code: its own, and those of what it is under."""
        known = self._notes.get(code)
        if known is None:
            known = tuple(self._find_notes(code))
            if len(self._notes) < 200_000:
                self._notes[code] = known
        return known

    def _find_notes(self, code: str) -> Iterator[tuple[Note, Listed]]:
        try:
            for end in range(3, len(code) + 1):
                if row := self.listed(EXCLUDES1, code[:end]):
                    yield from ((note._replace(where=note.where or code[:end]), row) for note in notes_in(row.value))
        except NotInForce:
            return

    def pair(self, column1: str, column2: str, setting: str, program: Program = "medicare") -> Pair | Absent:
        """The NCCI edit in force for two codes, in this order, in the table for the setting. ``program`` is
        ``medicare`` or ``medicaid``, whose tables differ."""
        return self._look_up(ptp_table(setting, program), (column1, column2), Pair)

    def pairs_among(self, codes: frozenset[str], setting: str, program: Program = "medicare") -> Among:
        """Every NCCI edit in force among some codes, in both orders, in the table for the setting."""
        key = codes, setting, program
        long = len(codes) > _LONGEST_REMEMBERED
        remembered = self._long_among if long else self._among
        known = remembered.get(key)
        if known is None:
            known = self._pairs_among(*key)
            if long and sum(len(one) for one, *_ in remembered) > _LONG_REMEMBERED:
                remembered.clear()
            if len(remembered) < 50_000:
                remembered[key] = known
        return known

    def _pairs_among(self, codes: frozenset[str], setting: str, program: Program) -> Among:
        if len(codes) < 2:
            return Among()
        if self._day is None:
            return Among(unknown=codes)
        return _find_among(codes, self._releases(ptp_table(setting, program)), self._day)

    def primaries(self, code: str) -> tuple[AddOn, ...] | Absent:
        """The primary codes of an add-on code; Absent where it is none."""
        known = self._known.get((ADD_ONS, code))
        if known is None:
            known = self._remember(ADD_ONS, code, self._find(ADD_ONS, code, Store.primaries))
        if isinstance(known, NotInForce):
            raise known.with_traceback(None)
        return cast("tuple[AddOn, ...] | Absent", known)


def _understood(found: _Found) -> bool:
    """Whether what decides about a row is a value that CMS had published when this was written. By another
    one nothing can be judged."""
    decides, published = _DECIDES.get(type(found), ("", _NONE))
    return not decides or getattr(found, decides) in published


_NONE: Final = frozenset[Any]()
_DECIDES: Final = {
    row: (kind.decides, kind.published[kind.decides] | {None})  # None: in a table that has no such column
    for kind in (table.kind for table in TABLES.values())
    if kind.decides
    for row in (kind.row, kind.in_part)
}


def _carried(found: _Found, last: date) -> _Found:
    if isinstance(found, tuple) and not hasattr(found, "_fields"):
        return tuple(cast("AddOn", _carried(row, last)) for row in found)
    if isinstance(found, Absent):
        return replace(found, source=f"{found.source}{CARRIED}{last}")
    row = cast("Row", found)
    return row._replace(source=f"{row.source}{CARRIED}{last}")


# NCCI pairs among some codes: one look-up for each code of column 1, since a release keeps its pairs so.

_PTP: Final = PAIR.published["indicator"]


def _find_among(codes: frozenset[str], releases: Iterable[tuple[Store, Release, date]], day: date) -> Among:
    """Every pair in force among some codes on a day, by the releases to ask, each with the day that it speaks of. It
    says what a look-up of each two codes would; codes may be thousands."""
    asked = [_Asked.of(*one, codes, day) for one in releases]
    found: dict[tuple[str, str], list[str]] = {}
    unknown: set[str] = set()
    answered: dict[str, set[str]] = {code: set() for code in codes}
    for column1 in sorted(codes):
        for column2, indicator in _said_of(column1, codes, asked, day).items():
            answered[column2].add(column1)
            if indicator in _PTP:
                found.setdefault((column2, indicator), []).append(column1)
            elif indicator:
                unknown.add(column2)
    return Among(found, frozenset(unknown.union(_unanswered(codes, asked, answered))))


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
