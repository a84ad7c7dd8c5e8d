"""Rule data: what is published, which release of it governs a day, and one way to look it up.

A ``Rulebook`` holds every release loaded; ``rulebook.on(day)`` gives the ``Rules`` of that day.
A look-up has three outcomes, never two: a row; ``Absent`` (a release that governs the day says
that there is no such row); or ``NotInForce`` (no release governs the day, so nothing is known).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar, cast

from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.message import Citation
from claimcheck.rulebook.rows import Absent, Asc, CodeDates, Fee, Listed, Modifier, Mue, Opps, Place, Row

__all__ = [
    "Absent",
    "Asc",
    "CodeDates",
    "Fee",
    "Listed",
    "Modifier",
    "Mue",
    "NotInForce",
    "Opps",
    "Period",
    "Place",
    "Release",
    "Rulebook",
    "Rules",
    "Table",
]

_DAY = timedelta(days=1)

FEE_SCHEDULE, OPPS_TABLE, ASC_TABLE, CODES = "fee_schedule", "opps", "asc", "codes"
MODIFIERS, PLACES = "modifiers", "places_of_service"
AMBULANCE_TRIP = "ambulance_trip"
"""Family of the pairs of letters that say where an ambulance went from and to: no modifiers elsewhere."""
MUE_TABLES: Mapping[Setting, str] = {
    PROFESSIONAL: "mue_practitioner",
    ASC: "mue_practitioner",
    OUTPATIENT: "mue_outpatient",
    DME: "mue_dme",
}
CODE_TABLES = frozenset({FEE_SCHEDULE, OPPS_TABLE, ASC_TABLE, "mue", "code_lists"})
"""What a check may need (``needs=``) that says something about a procedure code: FMT-CODE suppresses
the checks that need one of them, since an invalid code has no rules."""

PRICING_MODIFIERS = ("26", "TC", "53")
"""The modifiers with rows of their own in the fee schedule."""


class NotInForce(LookupError):
    """No release that governs the day can answer: the line is not judged, by that table."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Release(NamedTuple):
    """One published edition of a table and the days of service that it governs. A ``whole`` release
    lists every code, so that a missing one is known to be absent; a partial one proves nothing."""

    name: str
    table: str
    first: date
    last: date
    citation: Citation
    whole: bool = True


class Period(NamedTuple):
    """A row, the days that it holds for, and the releases that it was published in (in order)."""

    first: date
    last: date
    row: Row | None
    releases: tuple[str, ...]


@dataclass
class Table:
    """All releases of one table, and its rows by key, each with its days."""

    name: str
    releases: list[Release] = field(default_factory=list)
    rows: dict[Any, list[Period]] = field(default_factory=dict)

    def at(self, key: Any, day: date) -> Row | Absent:
        """The row for a key on a day.

        Raises:
            NotInForce: no release governs the day, or only one that does not list the key.
        """
        for period in self.rows.get(key, ()):
            if period.first <= day <= period.last:
                source = f"{self._cited(period.releases, day)} {_written(key)}"
                if period.row is None:
                    return Absent(f"{source} (not listed)", stated=any(p.row for p in self.rows[key]))
                return period.row._replace(source=source)
        for release in self.releases:
            if release.whole and release.first <= day <= release.last:
                return Absent(source=f"{release.name} {_written(key)} (not listed)")
        raise NotInForce(self.name)

    def _cited(self, names: tuple[str, ...], day: date) -> str:
        """The release that governs the day; between two that agree, both of them."""
        known = sorted((r for r in self.releases if r.name in names), key=lambda r: r.first)
        before = [r for r in known if r.first <= day]
        if before and before[-1].last >= day:
            return before[-1].name
        after = [r for r in known if r.first > day]
        agreeing = [r.name for r in before[-1:] + after[:1]] or list(names)
        return " and ".join(agreeing) + (", which agree:" if len(agreeing) > 1 else "")

    def borders(self) -> set[date]:
        """Every day on which something about this table changes."""
        spans = [(r.first, r.last) for r in self.releases]
        spans += [(p.first, p.last) for periods in self.rows.values() for p in periods]
        return {first for first, _ in spans} | {last + _DAY for _, last in spans if last < date.max}


def _written(key: Any) -> str:
    return "-".join(part for part in key if part) if isinstance(key, tuple) else str(key)


_R = TypeVar("_R")


class Rules:
    """All tables as they stand on one day: what a check is handed. Every look-up may raise
    ``NotInForce``; the engine turns that into a *not judged*, so a check never catches it for a
    service, and gives it back as ``NotJudged(line, gap.table)`` where it walks over several lines."""

    def __init__(self, tables: Mapping[str, Table], day: date | None) -> None:
        self._tables = tables
        self._day = day
        self._known: dict[tuple[str, Any], Row | Absent | NotInForce] = {}

    def _look_up(self, table: str, key: Any, _kind: type[_R]) -> _R | Absent:
        known = self._known.get((table, key))
        if known is None:
            known = self._find(table, key)
            if len(self._known) < 200_000:  # input chooses the keys: keep the memory bounded
                self._known[table, key] = known
        if isinstance(known, NotInForce):
            raise known.with_traceback(None)
        return cast("_R | Absent", known)

    def _find(self, table: str, key: Any) -> Row | Absent | NotInForce:
        if self._day is None or table not in self._tables:
            return NotInForce(table)
        try:
            return self._tables[table].at(key, self._day)
        except NotInForce as gap:
            return gap

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
            if (code, modifier) in self._tables[FEE_SCHEDULE].rows:
                raise  # the row is known on other days, not on this one
            # A partial release lists all rows of the codes it knows: the blank row decides.
            return Absent()

    def fee_row(self, code: str, modifier: str) -> Fee | Absent:
        """The fee schedule row of exactly this modifier, if there is one."""
        return self._priced(code, modifier)

    def mue(self, code: str, setting: Setting, program: str = "medicare") -> Mue | Absent:
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

    def modifier(self, modifier: str) -> Modifier | Absent:
        """A modifier: valid from, to, and its family."""
        return self._look_up(MODIFIERS, modifier, Modifier)

    def place(self, place_of_service: str) -> Place | Absent:
        """A place of service code."""
        return self._look_up(PLACES, place_of_service, Place)

    def listed(self, name: str, code: str) -> Listed | Absent:
        """Whether a code stands in a published list, such as ``visits`` or ``facility_only``."""
        return self._look_up(name, code, Listed)


class Rulebook:
    """Every release loaded. ``on(day)`` is the only way in, so that the date of service always
    picks the rule."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables: dict[str, Table] = {table.name: table for table in tables}
        self._borders = sorted(set().union(*(table.borders() for table in self.tables.values())))
        self._stretches: dict[int, Rules] = {}
        self.undated = Rules(self.tables, None)

    def on(self, day: date | None) -> Rules:
        """The rules in force on a day; for no day at all, rules that judge nothing. Days between
        two changes of the book share one ``Rules``."""
        if day is None:
            return self.undated
        stretch = bisect_right(self._borders, day)
        rules = self._stretches.get(stretch)
        if rules is None:
            rules = self._stretches[stretch] = Rules(self.tables, day)
        return rules

    @classmethod
    def of(cls, **tables: Mapping[str, Row]) -> Rulebook:
        """A book of a few rows that hold on every day: for examples and tests.

        ``fee={"77424": Fee("X"), "77424-26": ...}``, ``mue=`` (all settings), ``opps=``, ``asc=``,
        ``codes=``, ``modifiers=``, ``places=``; any other name is a code list.
        """
        return cls(table for name, rows in tables.items() for table in _example_tables(name, rows))


def _example_tables(name: str, rows: Mapping[str, Row]) -> list[Table]:
    names = {
        "fee": [FEE_SCHEDULE],
        "mue": sorted(set(MUE_TABLES.values())),
        "opps": [OPPS_TABLE],
        "asc": [ASC_TABLE],
        "codes": [CODES],
        "modifiers": [MODIFIERS],
        "places": [PLACES],
    }.get(name, [name])
    keyed = {_fee_key(key) if name == "fee" else key: row for key, row in rows.items()}
    always = (date.min, date.max)
    return [
        Table(
            table,
            [Release("example", table, *always, Citation("example"))],
            {key: [Period(*always, row, ("example",))] for key, row in keyed.items()},
        )
        for table in names
    ]


def _fee_key(written: str) -> tuple[str, str]:
    code, _, modifier = written.partition("-")
    return code, modifier
