"""How often a service is paid: for each code its family, the interval that the family has, and what changes it, as
``rules/frequency.toml`` writes them; when a service is payable again, and how far back what was billed may matter."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from claimcheck.claim import OUTPATIENT, Claim, Line, Service, plain_diagnosis
from claimcheck.rulebook.tables import CMS, Column, Kind, Shown, Table


class Frequency(NamedTuple):
    """How often a service is paid. Codes of one ``family`` count together.

    Attributes:
        family: what messages call a service of it.
        rule: its interval (``rulebook.tables.frequency``).
        also: another interval that holds with the rule, where no modifier, risk or age changes it.
        counts: the codes that count with it, its own among them.
        excludes: other codes that one practitioner is not paid for in a calendar month of it.
        after: other codes that it must keep a distance from, each with the interval: ``G0104=M(47); G0121=M(119)``.
        related: all codes that are looked at together with it.
        first_differs: whether the first one ever has a rule of its own.
        follows: the code of the first one ever, where that is another one.
        only_with: beginnings of diagnoses; a line that points to none of them is not of the family.
        risks: intervals of patients of whom a diagnosis says more: ``Z34 O09=R(3, 12); Z2981=R(8, 12)``,
            or several together, ``Z7289+F1920=M(11)``.
        ages: intervals from an age on, the highest first: ``40=M(11); 35=M(59); 0=NEVER``.
        modifiers: intervals of lines with a modifier: ``KX=NONE``.
        requires: the modifiers of which a line has one, or it is not of the family.
        spans: of a row of a modifier the codes that it is about; any without.
        apart: what counts by itself: each ``code``, ``provider`` or ``side``.
        minutes: of one unit, where the interval counts hours.
        severity: the most that an edit may be, once payers' answers are known.
        remedy: what else to do.
        remark: the remark code of the denial.
        reference: where the rule is published.
        tag: how sure that is: V read in the source, V2 in a contractor's or plan's text, K from knowledge of the field,
            K? in doubt.
    """

    family: str = ""
    rule: str = ""
    also: str = ""
    counts: str = ""
    excludes: str = ""
    after: str = ""
    related: str = ""
    first_differs: bool = False
    follows: str = ""
    only_with: str = ""
    risks: str = ""
    ages: str = ""
    modifiers: str = ""
    requires: str = ""
    spans: str = ""
    apart: str = ""
    minutes: int = 0
    severity: str = "warn"
    remedy: str = ""
    remark: str = "N362"
    reference: str = ""
    tag: str = "K"
    source: str = "example"


_WRITTEN: Final = re.compile(r"([A-Z]+)(?:\((\d+)(?:, (\d+))?\))?")
_NUMBERS: Final[Mapping[str, tuple[int, ...]]] = {
    "M": (1,),
    "P": (1,),
    "R": (2,),
    "LIFE": (1,),
    "MON": (1,),
    "SESSIONS": (1, 2),
    "VISITS": (2,),
    "BREAK": (1,),
    "SUPPLY": (2,),
    "RENT": (1,),
    "MINUTES": (2,),
    "YEARS": (2,),
    "EPISODE": (0,),
    "NONE": (0,),
    "NEVER": (0,),
}
"""How many numbers follow each way."""

_END_OF_TIME: Final = 10_000 * 12
EARLY: Final = timedelta(days=10)
"""How many days before the last delivery is used up a supplier may deliver again."""
_USEFUL_LIFE: Final = 60
"""Months for which equipment is rented at most, before a new one is due."""
_PERIODS_BACK: Final = 36
"""Months that are looked at to tell when the 12 months opened in which services are counted."""


class Interval(NamedTuple):
    """How often a service is paid.

    Attributes:
        way: ``M`` again once ``most`` full months have passed after the month of the last one; ``P`` not within
            ``most`` days; ``R`` ``most`` services in the ``span`` months that the first of them opens; ``LIFE``
            ``most`` ever; ``MON`` ``most`` a calendar month; ``SESSIONS`` ``most`` units in ``span`` days, ever where
            that is 0; ``VISITS`` ``most`` days in ``span`` days; ``BREAK`` the first of an episode, which ends by
            ``most`` full months without a service; ``SUPPLY`` ``most`` units in ``span`` months; ``RENT`` ``most``
            months of rent; ``MINUTES`` ``most`` in the first 12 months and ``span`` in each calendar year after;
            ``YEARS`` ``most`` minutes in the first calendar year and ``span`` in each other; ``EPISODE`` can't be told;
            ``NONE`` no limit; ``NEVER`` not paid.
        most, span: its numbers.
    """

    way: str
    most: int = 0
    span: int = 0

    def first_day(self, day: date) -> date:
        """The earliest day on which a service may matter for one of a day."""
        match self.way:
            case "M" | "BREAK":
                return _months_from(day, -self.most)
            case "P":
                return days_before(day, self.most)
            case "R":
                return _months_from(day, -_PERIODS_BACK)
            case "MON":
                return day.replace(day=1)
            case "SUPPLY":
                return _months_from(day, -self.span)
            case "RENT":
                return _months_from(day, -_USEFUL_LIFE)
            case "SESSIONS" | "VISITS" if self.span:
                return days_before(day, self.span)
            case "LIFE" | "SESSIONS" | "MINUTES" | "YEARS":
                return date.min
            case _:
                return day

    def next_day(self, earlier: date) -> date:
        """The next day on which a service is payable after one of a day, by the distance between two. Of ``R`` that is
        the end of the period which the service opens, of ``VISITS`` the day from which on it does not count, of
        ``SUPPLY`` that from which on it is used up, of ``LIFE`` never."""
        match self.way:
            case "M" | "BREAK":
                return _months_from(earlier, self.most + 1)
            case "P":
                return days_after(earlier, self.most)
            case "VISITS":
                return days_after(earlier, self.span)
            case "R":
                return _months_from(earlier, self.span)
            case "MON":
                return _months_from(earlier, 1)
            case "SUPPLY":
                return days_before(months_after(earlier, self.span), EARLY.days)
            case "LIFE":
                return date.max
            case _:
                return earlier


def _months_from(day: date, months: int) -> date:
    """The first day of the month some months after that of a day."""
    number = day.year * 12 + day.month - 1 + months
    if number < 12:
        return date.min
    return date(number // 12, number % 12 + 1, 1) if number < _END_OF_TIME else date.max


def days_before(day: date, days: int) -> date:
    """The day some days before; the first that there is where that has none."""
    return day - timedelta(days=days) if (day - date.min).days >= days else date.min


def days_after(day: date, days: int) -> date:
    """The day some days after; the last that there is where that has none."""
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max


def months_after(day: date, months: int) -> date:
    """The same day some months after; the last of that month where it has no such day."""
    first = _months_from(day, months)
    last = days_before(_months_from(first, 1), 1)
    return min(days_after(first, day.day - 1), last)


@lru_cache(maxsize=512)
def interval(rule: str) -> Interval:
    """An interval as a rule writes it: ``M(11)``, ``R(8, 12)``, ``NONE``.

    Raises:
        ValueError: it is not written so.
    """
    found = _WRITTEN.fullmatch(rule)
    numbers = [int(number) for number in found.groups()[1:] if number] if found else []
    if not found or len(numbers) not in _NUMBERS.get(found[1], ()):
        raise ValueError(f"{rule}: expected one of {', '.join(_NUMBERS)}, with its numbers")
    return Interval(found[1], *numbers)


@lru_cache(maxsize=1024)
def by_key(written: str) -> tuple[tuple[tuple[str, ...], Interval], ...]:
    """Intervals by what they are of: ``Z34 O09=R(3, 12); Z2981=R(8, 12)``."""
    parts = (part.partition("=") for part in written.split("; ") if part)
    return tuple((tuple(keys.split()), interval(rule)) for keys, _, rule in parts)


def look_back(row: Frequency, day: date) -> date:
    """From which day on earlier services may matter for a line of a day."""
    return date.min if row.follows else counted_since(row, day)


def counted_since(row: Frequency, day: date) -> date:
    """From which day on earlier services may count with a line of a day: one that it ``follows`` need not."""
    return min(each.first_day(day) for each in intervals_of(row))


def intervals_of(row: Frequency) -> Iterable[Interval]:
    """Every interval that a row may have for a line, and for ever where its first one differs."""
    yield interval(row.rule)
    if row.also:
        yield interval(row.also)
    if row.excludes:
        yield interval("MON(1)")
    if row.first_differs:
        yield interval("LIFE(1)")
    for written in (row.after, row.risks, row.ages, row.modifiers):
        yield from (each for _, each in by_key(written))


def pointed(claim: Claim, line: Line) -> tuple[str, ...]:
    """The diagnoses of a claim that a line points to, without their point: of a hospital's claim, whose lines have no
    pointers, all; none where a source does not carry them."""
    pointers = line.pointers
    if claim.diagnoses is None or (pointers is None and claim.setting != OUTPATIENT):
        return ()
    return _pointed(claim.diagnoses, pointers)


@lru_cache(maxsize=4096)
def _pointed(diagnoses: tuple[str, ...], pointers: tuple[str, ...] | None) -> tuple[str, ...]:
    if pointers is None:
        return tuple([plain_diagnosis(diagnosis) for diagnosis in diagnoses])
    at = (int(pointer) for pointer in pointers if pointer.isascii() and pointer.isdigit())
    return tuple([plain_diagnosis(diagnoses[place - 1]) for place in at if 0 < place <= len(diagnoses)])


def is_of_family(row: Frequency, service: Service) -> bool:
    """Whether a line is of the family of its code, or of one of its modifiers, by its service alone."""
    if row.requires and not any(modifier in service.modifiers for modifier in row.requires.split()):
        return False
    return not row.spans or any(first <= service.code <= last for first, _, last in _spans(row.spans))


@lru_cache(maxsize=64)
def _spans(written: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(span.partition("-") for span in written.split())


_INCOMPLETE: Final = frozenset({"53", "73", "74"})
_NOT_TO_MEDICARE: Final = "GY"


def counts(service: Service) -> bool:
    """Whether a service is one of those that are counted: not one that was broken off, nor one that is billed for a
    denial (GY)."""
    return _NOT_TO_MEDICARE not in service.modifiers and _INCOMPLETE.isdisjoint(service.modifiers)


@lru_cache(maxsize=4096)
def is_screening(only_with: str, diagnoses: tuple[str, ...]) -> bool:
    """Whether the diagnoses that a line points to make it one of a family of screenings (``Frequency.only_with``)."""
    return not only_with or _begins(diagnoses, tuple(only_with.split()))


def by_risk(row: Frequency, diagnoses: tuple[str, ...]) -> Interval | None:
    """The interval of a patient at risk, of whom a diagnosis says so; None for one at low risk."""
    return next((each for keys, each in by_key(row.risks) if any(_are_all(diagnoses, key) for key in keys)), None)


def _are_all(diagnoses: tuple[str, ...], key: str) -> bool:
    """Whether diagnoses begin in every way that a key joins: ``Z7289+F1920``."""
    return all(_begins(diagnoses, (beginning,)) for beginning in key.split("+"))


def _begins(diagnoses: tuple[str, ...], beginnings: tuple[str, ...]) -> bool:
    return any(diagnosis.startswith(beginnings) for diagnosis in diagnoses)


def is_judged(row: Frequency) -> bool:
    """Whether anything can be told of a family: not where all depends on the start of an episode."""
    return row.rule not in ("EPISODE", "NONE") or bool(row.risks or row.modifiers or row.ages)


_MEANS: Final[Mapping[str, str]] = {
    "M": "again once {} full months have passed after the month of the last one",
    "P": "not within {} days",
    "R": "{} in the {} months that the first of them opens",
    "LIFE": "once in a lifetime",
    "MON": "once a calendar month",
    "SESSIONS": "{} sessions",
    "VISITS": "{} visits in {} days",
    "BREAK": "in the first month of an episode, which ends by {} full months without a service",
    "SUPPLY": "{} units in {} months",
    "RENT": "{} months of rent",
    "MINUTES": "{} minutes in the first 12 months, {} in each calendar year after them",
    "YEARS": "{} minutes in the first calendar year, {} in each other",
    "EPISODE": "once an episode, which is not judged",
}


def _shown(row: Frequency) -> Iterator[Shown]:
    for shown in _FREQUENCY.columns_of(row):
        yield shown._replace(meaning=_meaning(shown.value)) if shown.value in (row.rule, row.also) else shown


def _meaning(rule: str) -> str:
    way, _, numbers = rule.rstrip(")").partition("(")
    return _MEANS.get(way, "").format(*numbers.split(", "))


FREQUENCY: Final = "frequency"
_FREQUENCY: Final = Kind(
    "frequency",
    Frequency,
    columns={
        "family": Column("Counts as"),
        "rule": Column("Paid"),
        "also": Column("Also limited to"),
        "counts": Column("Together with"),
        "excludes": Column("Not in the month of"),
        "after": Column("Distance from others"),
        "only_with": Column("Diagnoses"),
        "risks": Column("By risk"),
        "ages": Column("By age"),
        "modifiers": Column("By modifier"),
        "reference": Column("Published in"),
    },
    shows=_shown,
)
TABLES: Final = {
    FREQUENCY: Table(
        _FREQUENCY,
        "list of how often services are paid",
        "Medicare Claims Processing Manual and National Coverage Determinations: how often services are paid",
        f"{CMS}/coverage/preventive-services-coverage",
        ships=True,
        heading="frequency",
    )
}
