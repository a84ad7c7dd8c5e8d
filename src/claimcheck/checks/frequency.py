"""How often services are paid: screenings, counseling, monthly care, courses of treatment, rent and supplies.

What an interval is, is data (``rules/frequency.toml``, ``rulebook.tables.frequency``); here services are compared by
it: frequency#intervals.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, takewhile
from operator import attrgetter
from typing import Final, NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import SIDES
from claimcheck.claim import DME, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, as_date
from claimcheck.message import (
    INFORM,
    MEDICARE_ADVANTAGE,
    NOT_MEDICARE,
    WARN,
    Citation,
    Finding,
    NotJudged,
    StandardCodes,
    Wording,
    codes,
)
from claimcheck.rulebook import NotInForce, Rulebook, Rules
from claimcheck.rulebook.tables.frequency import (
    FREQUENCY,
    Frequency,
    Interval,
    by_key,
    by_risk,
    counts,
    interval,
    is_judged,
    is_screening,
    months_after,
    pointed,
)

_LIABLE: Final = {"GA": "GA is reported: the patient is liable (PR).", "GZ": "GZ is reported: the line denies (CO)."}
_STARTS_ANEW: Final = frozenset({"KH", "RA"})
"""Modifiers of the first month of rent, and of equipment that replaces another."""
_COUNSELING, _LUNG_SCREENING = "G0296", "71271"
_LOOK_IT_UP: Final = "Look up the next eligible date in the MAC's portal or by a 270/271."
_LOOK_IT_UP_BY_WAY: Final = {
    "LIFE": "Look up in the MAC's portal or by a 270/271 whether it was paid before.",
    "MON": "One practitioner is paid for the month: agree who bills it.",
    "RENT": "Look up the months paid in the DME MAC's portal.",
    "NEVER": "Verify the date of birth.",
}
_IF_PATIENT_PAYS: Final = "With a signed ABN append GA; otherwise remove the line."
_OTHERWISE: Final = "Otherwise remove the line."
"""An ABN is named for what is billed too often alone: not for what is paid once in a lifetime or month, nor at no age,
nor for equipment that the patient owns."""
_PLAN: Final = f"Look up the plan's own limit; it may allow one per calendar year. {_OTHERWISE}"


class _Visit(NamedTuple):
    """A line that counts, with the interval that it must keep, and another one that holds ``also``; ``at_risk``:
    whether a diagnosis says so of the patient; ``order``: where it is on the claim; ``own``: whether it is a line of
    the claim that is judged now."""

    line: Line
    day: date
    row: Frequency
    interval: Interval
    also: Interval | None
    at_risk: bool
    order: int
    own: bool
    provider: str | None

    @property
    def units(self) -> Decimal:
        """Its units; 1 where they are not a number."""
        units = self.line.service.quantity
        return units if units and units > 0 else Decimal(1)

    @property
    def group(self) -> tuple[str | None, ...]:
        """What counts together: its family, and what the family counts apart."""
        apart = self.row.apart
        return (
            self.row.family,
            self.line.code if "code" in apart else None,
            self.provider if "provider" in apart else None,
            " ".join(sorted(SIDES.intersection(self.line.modifiers))) if "side" in apart else None,
        )


class _Together:
    """Services that count together, by day, then in the order of the lines. A claim may have thousands: sums are made
    once."""

    def __init__(self, visits: list[_Visit]) -> None:
        self.visits = visits
        self.days = [visit.day for visit in visits]
        self.position = {visit.order: at for at, visit in enumerate(visits)}
        self.one_a_day = [visit for at, visit in enumerate(visits) if not at or visit.day != self.days[at - 1]]
        self._periods: dict[Interval, dict[date, tuple[int, list[_Visit]]]] = {}

    @cached_property
    def may_be_late(self) -> bool:
        """Whether any of earlier claims is later than one of the claim that is judged."""
        own = next((visit.day for visit in self.visits if visit.own), date.max)
        return any(not visit.own and visit.day > own for visit in reversed(self.visits))

    def until(self, visit: _Visit) -> _Together:
        """Those that were billed when a line is judged: those of earlier claims, and its own until it."""
        at = self.position[visit.order]
        return _Together([*self.visits[: at + 1], *(other for other in self.visits[at + 1 :] if not other.own)])

    @cached_property
    def units(self) -> list[Decimal]:
        """The units of the first so many."""
        return [Decimal(0), *accumulate(visit.units for visit in self.visits)]

    @cached_property
    def minutes(self) -> list[Decimal]:
        """The minutes of the first so many."""
        return [Decimal(0), *accumulate(visit.units * visit.row.minutes for visit in self.visits)]

    @cached_property
    def rented(self) -> dict[date, tuple[int, int]]:
        """Of each day of rent the positions among the days of the first month of its rent, and of itself."""
        found, start = {}, 0
        for at, visit in enumerate(self.one_a_day):
            if not _STARTS_ANEW.isdisjoint(visit.line.modifiers):
                start = at
            found[visit.day] = start, at
        return found

    def places(self, limit: Interval) -> dict[date, tuple[int, list[_Visit]]]:
        """Of each day how many services of its period count before it, and the period, in the order in which they
        count: those of earlier claims first."""
        if limit not in self._periods:
            periods: list[list[_Visit]] = []
            for one in self.one_a_day:
                if not periods or one.day >= limit.next_day(periods[-1][0].day):
                    periods.append([])
                periods[-1].append(one)
            counted = [sorted(period, key=_sent_first) for period in periods]
            self._periods[limit] = {one.day: (at, period) for period in counted for at, one in enumerate(period)}
        return self._periods[limit]


def _sent_first(visit: _Visit) -> tuple[bool, date]:
    return visit.own, visit.day


_DAY: Final = attrgetter("day")
_MOST_BESIDE: Final = 100
"""Lines that a finding rests on, at most; a text names three."""


def _lines(visits: Sequence[_Visit]) -> tuple[Line, ...]:
    return tuple([visit.line for visit in visits[:_MOST_BESIDE]])


class _Services:
    """The lines of a claim, and of earlier ones, of which it is known how often they are paid."""

    def __init__(self, claim: Claim, rulebook: Rulebook) -> None:
        self._claim = claim
        self._birth = as_date(claim.birth_date or "")
        self.unjudged: list[Line] = []
        self.visits = [*self._visits(rulebook)]

    def _visits(self, rulebook: Rulebook) -> Iterator[_Visit]:
        frequent, earlier = rulebook.frequent, self._claim.earlier
        for order, line in enumerate(self._claim.lines):
            service = line.service
            if service.code not in frequent and frequent.isdisjoint(service.modifiers):
                continue
            own = order >= earlier
            try:
                row = rulebook.on(line.day).frequency(service)
            except NotInForce:
                if own:
                    self.unjudged.append(line)
                continue
            if row is None or line.day is None or not counts(service):
                continue
            diagnoses = pointed(self._claim, line) if own and (row.only_with or row.risks) else ()
            if own and not is_screening(row.only_with, diagnoses):
                continue  # an earlier line is here only where it is one
            provider = self._claim.rendering_npi(line)
            risk = by_risk(row, diagnoses)
            changed = self._changed(row, line, risk)
            limit, also = changed or interval(row.rule), interval(row.also) if row.also and not changed else None
            yield _Visit(line, line.day, row, limit, also, risk is not None, order, own, provider)

    def _changed(self, row: Frequency, line: Line, risk: Interval | None) -> Interval | None:
        """The interval that holds for a line in place of its family's rule: by its modifiers, the patient's risk and
        age."""
        by_modifier = (each for keys, each in by_key(row.modifiers) if keys[0] in line.modifiers)
        return next(by_modifier, None) or risk or self._by_age(row, line.day)

    def _by_age(self, row: Frequency, day: date | None) -> Interval | None:
        if not row.ages or not self._birth or not day:
            return None
        return next(
            (each for keys, each in by_key(row.ages) if months_after(self._birth, 12 * int(keys[0])) <= day), None
        )

    def older(self, row: Frequency, day: date) -> Iterator[tuple[date, Interval]]:
        """The intervals of ages that the patient reaches after a day, with the birthday."""
        for keys, each in by_key(row.ages) if self._birth else ():
            assert self._birth
            birthday = months_after(self._birth, 12 * int(keys[0]))
            if birthday > day:
                yield birthday, each

    @cached_property
    def by_group(self) -> dict[tuple[str | None, ...], _Together]:
        """Those that count together."""
        groups: dict[tuple[str | None, ...], list[_Visit]] = defaultdict(list)
        for visit in sorted(self.visits, key=_by_day):
            groups[visit.group].append(visit)
        return {group: _Together(visits) for group, visits in groups.items()}

    @cached_property
    def sent_before(self) -> list[_Visit]:
        """Those of earlier claims, by day."""
        return sorted((visit for visit in self.visits if not visit.own), key=_by_day)

    @cached_property
    def by_code(self) -> dict[str, list[_Visit]]:
        """All by code, in the same order."""
        codes: dict[str, list[_Visit]] = defaultdict(list)
        for visit in sorted(self.visits, key=_by_day):
            codes[visit.line.code].append(visit)
        return codes


def _by_day(visit: _Visit) -> tuple[date, int]:
    return visit.day, visit.order


class _Found(NamedTuple):
    """What is wrong: what a text says after the code and day of a line, the lines that it rests on, and the standard
    codes where they are not those of an interval; the first day of what was counted; what to do where that is not what
    the family says; other checks that report the same."""

    says: str
    beside: tuple[Line, ...]
    codes: StandardCodes
    since: date = date.max
    remedy: str = ""
    yields_to: tuple[str, ...] = ()


def _judged(visit: _Visit, together: _Together, services: _Services) -> _Found | None:
    """Whether a line is more than is paid, by the ways in which its family is counted, and beside other families."""
    return (
        _by_interval(visit, visit.interval, together, services)
        or (_by_interval(visit, visit.also, together, services) if visit.also else None)
        or (_excluded(visit, services) if visit.row.excludes else None)
        or (_with_those_sent_first(visit, together) if services.sent_before and together.may_be_late else None)
    )


def _by_interval(visit: _Visit, limit: Interval, together: _Together, services: _Services) -> _Found | None:
    match limit.way:
        case "M" | "P" | "LIFE":
            return _too_soon(visit, together, services)
        case "R":
            return _too_many_of_a_period(visit, limit, together)
        case "MON":
            return _twice_in_a_month(visit, together)
        case "NEVER":
            says = f"{visit.line.code} is not payable at the patient's age on {visit.day}."
            return _Found(says, (), codes("CO-6", "N129", "A3:23", "L"))
        case _:
            return _by_count(visit, limit, together)


def _by_count(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """Whether a line is more than is paid by what was billed until its day."""
    match limit.way:
        case "SESSIONS":
            return _too_many_sessions(visit, limit, together)
        case "VISITS":
            return _too_many_visits(visit, limit, together)
        case "BREAK":
            return _not_the_first(visit, limit, together)
        case "SUPPLY":
            return _too_much_supplied(visit, limit, together)
        case "RENT":
            return _rented_too_long(visit, limit, together)
        case "MINUTES" | "YEARS":
            return _too_long_trained(visit, limit, together)
        case _:
            return None


def _with_those_sent_first(visit: _Visit, together: _Together) -> _Found | None:
    """Whether, counted with this line, a later service on a claim that was sent first is more than is paid."""
    known = together.until(visit)
    at = known.position[visit.order]
    for other in known.visits[at + 1 :]:
        for limit in (other.interval, other.also) if other.also else (other.interval,):
            found = _by_count(other, limit, known) if other.day > visit.day else None
            if not found:
                continue
            # A line before the period in which was counted may have ended another one.
            without = _Together([*known.visits[:at], *known.visits[at + 1 :]]) if found.since > visit.day else None
            if without is None or not _by_count(other, limit, without):
                return found._replace(says=f"With this line, {found.says}", beside=(other.line,))
    return None


# By the distance between two


def _too_soon(visit: _Visit, together: _Together, services: _Services) -> _Found | None:
    """By the latest service before it, or of an earlier claim the next one after it."""
    blocking = [(other, visit.interval) for other in _last_before(visit, together.visits)]
    for keys, distance in () if visit.at_risk else by_key(visit.row.after):
        blocking += [(other, distance) for code in keys for other in _last_before(visit, services.by_code[code])]
    until = [(_payable_again(visit, other, each, services), other) for other, each in blocking]
    until = [(day, other) for day, other in until if day > visit.day]
    if not until:
        return _before_one_sent_first(visit, services)
    again, other = max(until, key=lambda each: (each[0], -each[1].order))
    billed = f"{_what(other, visit)} was billed for {other.day}"
    if again == date.max:
        return _Found(f"{visit.line.code} is paid once in a lifetime; {billed}.", (other.line,), _CODES_OF_LIFE)
    says = f"{visit.line.code} on {visit.day} is too soon: {billed}; payable again from {again}."
    return _Found(says, (other.line,), _codes(visit.row))


def _before_one_sent_first(visit: _Visit, services: _Services) -> _Found | None:
    """A later service on a claim that was sent first, of which the payer says that it comes too soon after this one, or
    of this one that it is the second."""
    for other in services.sent_before:
        distance = _distance_of(other, visit) if other.day > visit.day else None
        if distance and distance.next_day(visit.day) > other.day:
            what = f"{_what(other, visit)} of {other.day}, which was billed first"
            says = f"{visit.line.code} on {visit.day} is too near {what}; one of the two is payable."
            return _Found(says, (other.line,), _codes(visit.row))
    return None


def _distance_of(later: _Visit, earlier: _Visit) -> Interval | None:
    """The interval that a later service must keep from an earlier one, at the least: what its diagnoses say of the
    patient's risk is not known of an earlier claim."""
    if later.group == earlier.group:
        shortest = [each for _, each in by_key(later.row.risks)] or [later.interval]
        return min((*shortest, later.interval), key=lambda each: each.next_day(earlier.day))
    if later.row.risks or later.interval.way == "NONE":
        return None
    return next((each for keys, each in by_key(later.row.after) if earlier.line.code in keys), None)


def _last_before(visit: _Visit, others: Sequence[_Visit]) -> Iterable[_Visit]:
    at = bisect_left(others, visit.day, key=lambda other: other.day)
    return others[at - 1 : at] if at else ()


def _payable_again(visit: _Visit, other: _Visit, distance: Interval, services: _Services) -> date:
    """The next day on which a service is payable after another, also by the interval of an age that the patient reaches
    before."""
    again = distance.next_day(other.day)
    if other.group != visit.group:
        return again
    older = services.older(visit.row, visit.day)
    return min([again, *(max(birthday, each.next_day(other.day)) for birthday, each in older)])


# By the number in a period


def _too_many_of_a_period(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the days in the period that the first service of it opens; those of earlier claims count first."""
    before, period = together.places(limit)[visit.day]
    if before < limit.most:
        return None
    first = min(period, key=_by_day).day
    says = (
        f"{visit.line.code} on {visit.day} is number {before + 1} of {visit.row.family} since {first}; "
        f"{limit.most} are payable in {limit.span} months, the next from {limit.next_day(first)}."
    )
    return _Found(says, _lines(period[: limit.most]), _codes(visit.row))


def _twice_in_a_month(visit: _Visit, together: _Together) -> _Found | None:
    if not _is_within_a_month(visit):
        return None
    month = visit.day.replace(day=1)
    at = bisect_left(together.one_a_day, month, key=lambda one: one.day)
    for other in together.one_a_day[at : at + _MOST_DAYS_OF_MONTH]:
        same_month = (other.day.year, other.day.month) == (month.year, month.month)
        if same_month and other.day != visit.day and (not other.own or other.day < visit.day):
            if not _is_within_a_month(other):
                continue
            what = f"{_what(other, visit)} was billed for {other.day}"
            says = f"{visit.line.code} is payable once per calendar month; {what}."
            return _Found(says, (other.line,), codes("CO-119", "N362", "A3:23", "L"))
    return None


_MOST_DAYS_OF_MONTH: Final = 31


def _is_within_a_month(visit: _Visit) -> bool:
    last = visit.line.last_day
    return last is not None and (last.year, last.month) == (visit.day.year, visit.day.month)


def _excluded(visit: _Visit, services: _Services) -> _Found | None:
    """By a service of another family in its month, billed before it, that the same practitioner is not paid for."""
    if not _is_within_a_month(visit):
        return None
    month = visit.day.replace(day=1)
    next_month = months_after(month, 1)
    for code in visit.row.excludes.split():
        others = services.by_code.get(code, ())
        at = bisect_left(others, month, key=_DAY)
        for other in takewhile(lambda other: other.day < next_month, others[at:]):
            comes_first = not other.own or _by_day(other) < _by_day(visit)
            if comes_first and other.provider == visit.provider and visit.provider and _is_within_a_month(other):
                says = (
                    f"{visit.line.code} and {code} are alternatives for one practitioner and calendar month; {code} "
                    f"was billed for {other.day}."
                )
                remedy = "Report the one code that describes the care of the whole month; remove the other line."
                same_day = ("PTP",) if other.day == visit.day else ()
                found = codes("CO-119", "N362", "A3:23", "L")
                return _Found(says, (other.line,), found, remedy=remedy, yields_to=same_day)
    return None


def _not_the_first(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the latest service of a month before it, where no break lies between."""
    month = visit.day.replace(day=1)
    for other in _last_before(visit._replace(day=month), together.visits):
        if limit.next_day(other.day) > visit.day:
            says = (
                f"{visit.line.code} on {visit.day} is for the first month of {visit.row.family}; {other.line.code} was "
                f"billed for {other.day}. A new episode needs a break of {limit.most} months."
            )
            later = " or ".join(code for code in visit.row.counts.split() if code != visit.line.code)
            remedy = f"Report {later} for a later month of the episode."
            return _Found(says, (other.line,), codes("CO-119", "N362", "A3:23", "L"), other.day, remedy)
    return None


def _too_many_visits(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the days up to this one, within so many days."""
    visits = together.one_a_day
    start = bisect_right(visits, limit.first_day(visit.day), key=_DAY)
    at = bisect_left(visits, visit.day, key=_DAY)
    number = at + 1 - start
    if number <= limit.most:
        return None
    since, again = visits[start].day, limit.next_day(visits[at - limit.most].day)
    says = (
        f"{visit.line.code} on {visit.day} is visit {number} of {visit.row.family} since {since}; {limit.most} are "
        f"payable in {limit.span} days, the next from {again}."
    )
    return _Found(says, _lines(visits[start : min(at, start + _MOST_BESIDE)]), _codes(visit.row), since)


def _too_many_sessions(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the units up to this line, within so many days."""
    at = together.position[visit.order]
    start = bisect_right(together.days, limit.first_day(visit.day)) if limit.span else 0
    number = together.units[at + 1] - together.units[start]
    if number <= limit.most:
        return None
    in_time = f" in {limit.span // 7} weeks" if limit.span else ""
    says = (
        f"{visit.line.code} on {visit.day} is session {number.normalize():f} of {visit.row.family} since "
        f"{together.days[start]}; {limit.most} are payable{in_time}."
    )
    beside = _lines(together.visits[start : min(at, start + _MOST_BESIDE)])
    return _Found(says, beside, _codes(visit.row), together.days[start])


def _too_much_supplied(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the units of earlier deliveries that are not used up. What one day has is for the limits of units."""
    at = together.position[visit.order]
    of_day = bisect_left(together.days, visit.day)
    start = bisect_right(together.days, visit.day, hi=of_day, key=limit.next_day)
    units = together.units[at + 1] - together.units[start]
    if start == of_day or units <= limit.most:
        return None
    used_up = bisect_left(together.units, together.units[at + 1] - limit.most, lo=start, hi=of_day)
    says = (
        f"{visit.line.code} on {visit.day} makes {units.normalize():f} units since {together.days[start]}; "
        f"{limit.most} are payable per {limit.span} months, the next from {limit.next_day(together.days[used_up - 1])}."
    )
    beside = _lines(together.visits[start : min(of_day, start + _MOST_BESIDE)])
    return _Found(says, beside, codes("CO-151", visit.row.remark, "A3:23", "L"), together.days[start])


def _rented_too_long(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the days on which a month of rent began, since the rent began anew."""
    start, at = together.rented[visit.day]
    months, most = at - start + 1, limit.most
    if months <= most:
        return None
    since = together.one_a_day[start].day
    says = f"{visit.line.code} on {visit.day} is month {months} of rent since {since}; {most} months are payable."
    beside = _lines(together.one_a_day[start : min(at, start + _MOST_BESIDE)])
    return _Found(says, beside, codes("CO-108", visit.row.remark, "A3:23", "L"), since)


def _too_long_trained(visit: _Visit, limit: Interval, together: _Together) -> _Found | None:
    """By the minutes of the first year of training, and of each calendar year after it."""
    at, first = together.position[visit.order], together.days[0]
    end = date(first.year + 1, 1, 1) if limit.way == "YEARS" else months_after(first, 12)
    is_first = visit.day < end
    since = first if is_first else max(end, date(visit.day.year, 1, 1))
    start = bisect_left(together.days, since)
    minutes = together.minutes[at + 1] - together.minutes[start]
    most = limit.most if is_first else limit.span
    if minutes <= most:
        return None
    period = "the first year" if is_first else f"{visit.day.year}"
    says = (
        f"{visit.line.code} on {visit.day} makes {_hours(minutes)} hours of {visit.row.family} since {since}; "
        f"{_hours(Decimal(most))} are payable in {period}."
    )
    return _Found(says, _lines(together.visits[start : min(at, start + _MOST_BESIDE)]), _codes(visit.row), since)


def _hours(minutes: Decimal) -> str:
    return f"{round(Decimal(minutes) / 60, 2).normalize():f}"


# What is said


def _what(other: _Visit, visit: _Visit) -> str:
    """Another service in a text: its family, and its code where that is another than the line's."""
    code = other.line.code
    return other.row.family if code == visit.line.code else f"{other.row.family} ({code})"


_CODES_OF_LIFE: Final = codes("CO-149", "N117", "A3:23", "H")


def _codes(row: Frequency) -> StandardCodes:
    return codes("CO-119", row.remark, "A3:23", "M")


def _finding(visit: _Visit, found: _Found) -> Finding:
    row = visit.row
    liable = next((_LIABLE[modifier] for modifier in visit.line.modifiers if modifier in _LIABLE), "")
    diagnostic = "If it was diagnostic, report the diagnostic code. " if "screening" in row.family else ""
    special = f"{row.remedy} " if row.remedy else diagnostic
    severity = INFORM if liable or row.severity == INFORM else WARN
    way = visit.interval.way
    look_it_up, otherwise = _LOOK_IT_UP_BY_WAY.get(way), _OTHERWISE
    if look_it_up is None:
        look_it_up, otherwise = _LOOK_IT_UP, _IF_PATIENT_PAYS
    remedy, of_plan = f"{look_it_up} {special}{liable or otherwise}", f"{special}{_PLAN}"
    if found.remedy:
        remedy = of_plan = f"{found.remedy} {liable}".rstrip()
    return Finding(
        found.says,
        remedy,
        line=visit.line,
        field="code",
        observed=visit.line.code,
        severity=severity,
        by=(row,),
        codes=_of_patient(found.codes) if "GA" in visit.line.modifiers else found.codes,
        beside=found.beside,
        yields_to=("FMT", "MONTH", *found.yields_to),
        wordings=(Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), remedy=of_plan),),
        citation=Citation(row.reference or citations.FREQUENCY.title),
    )


def _of_patient(codes: StandardCodes) -> StandardCodes:
    return codes._replace(carc=codes.carc._replace(group="PR") if codes.carc else None)


def _is_counted(service: Service, rules: Rules) -> bool:
    row = rules.frequency(service)
    return row is not None and is_judged(row)


def _of(**row: object) -> Frequency:
    return Frequency(**{"reference": "CPM ch. 18", **row})  # type: ignore[arg-type]


_MAMMOGRAM = {
    code: _of(family="a screening mammogram", rule="M(11)", ages="40=M(11); 35=M(60); 0=NEVER", counts="77067 77063")
    for code in ("77067", "77063")
}
_AAA = {"76706": _of(family="an abdominal aortic aneurysm screening", rule="LIFE(1)", counts="76706")}
_COLONOSCOPY = {
    "G0121": _of(
        family="a screening colonoscopy",
        rule="M(119)",
        after="G0105=M(119); G0104=M(47)",
        counts="G0121",
        related="G0104 G0105 G0121",
        modifiers="KX=NONE",
    ),
    "G0104": _of(
        family="a screening sigmoidoscopy",
        rule="M(47)",
        after="G0121=M(119)",
        counts="G0104",
        related="G0104 G0105 G0121",
        risks="Z800=M(47)",
    ),
}
_TOBACCO = {"99407": _of(family="tobacco cessation counseling", rule="R(8, 12)", counts="99406 99407")}
_HIV = {
    "G0475": _of(
        family="an HIV screening", rule="M(11)", counts="G0475", risks="Z2981=R(8, 12); Z34 O09=R(3, 12)", remark="N386"
    )
}
_LIPIDS = {"80061": _of(family="a cardiovascular screening test", rule="M(59)", counts="80061", only_with="Z136")}
_RISK = {"G0136": _of(family="an SDOH risk assessment", rule="P(180)", counts="G0136")}
_OVERSIGHT = {"G0181": _of(family="care plan oversight", rule="MON(1)", counts="G0181 G0182")}
_REHAB = {
    "93798": _of(
        family="cardiac rehabilitation", rule="SESSIONS(3, 252)", modifiers="KX=SESSIONS(4, 252)", counts="93797 93798"
    )
}
_CUSHIONS = {"A7032": _of(family="CPAP cushions and filters", rule="SUPPLY(6, 3)", counts="A7032", apart="code")}
_RENTAL = {
    modifier: _of(family="capped rental", rule="RENT(2)", requires="RR", counts="KH KI", apart="code side")
    for modifier in ("KH", "KI")
}
_TRAINING = {
    "G0108": _of(family="diabetes self-management training", rule="MINUTES(600, 120)", counts="G0108", minutes=30)
}
_FOOT_CARE = {"11720": _of(family="routine foot care", rule="P(60)", counts="11720", severity="inform")}
_LUNG = {"71271": _of(family="a lung cancer screening", rule="M(11)", counts="71271", related="71271 G0296")}
_APCM = {
    "G0557": _of(
        family="advanced primary care management",
        rule="MON(1)",
        counts="G0557",
        excludes="99495",
        related="99495 G0557",
    ),
    "99495": _of(family="transitional care management", rule="P(30)", counts="99495", excludes="G0557"),
}
_COLLABORATIVE_CARE = {
    code: _of(family="collaborative care", rule="MON(1)", also=also, counts="99492 99493 G2214")
    for code, also in (("99492", "BREAK(6)"), ("99493", ""))
}
_ACUPUNCTURE = {
    "97810": _of(
        family="acupuncture for low back pain",
        rule="R(20, 12)",
        also="VISITS(12, 90)",
        modifiers="KX=R(20, 12)",
        counts="97810",
        only_with="M545",
    )
}
_AT_50 = {"birth_date": "19750301"}


def _twice(code: str, day: str, again: str, **fields: str | tuple[str, ...]) -> Claim:
    setting = DME if code.startswith(("A7", "E0")) else PROFESSIONAL
    return a_claim(a_line(code, day=day, setting=setting), a_line(code, day=again, setting=setting), **fields)


def _each(code: str, *days: str, setting: str = PROFESSIONAL, units: int = 1) -> Claim:
    return a_claim(*(a_line(code, day=day, setting=setting, units=units) for day in days))


def _acupuncture(last: str, code: str = "97810") -> Claim:
    """Twelve weekly visits, and one more."""
    weekly = (date(2025, 1, 6) + timedelta(weeks=week) for week in range(12))
    lines = [a_line("97810", day=f"{day:%Y%m%d}") for day in weekly]
    return a_claim(*lines, a_line(code, day=last), diagnoses=("M54.51",))


_TEN = tuple(f"2025{month:02}10" for month in range(1, 10))


@claim_check(
    "FREQ",
    severity=WARN,
    cases=("counseling",),
    citation=citations.FREQUENCY,
    codes=codes("CO-119", "N362", "A3:23"),
    refines=(FREQUENCY,),
    settings=(PROFESSIONAL, OUTPATIENT, DME),
    step=5,
    across=True,
    years=True,
    applies_to=_is_counted,
    examples=(
        fires(
            "a mammogram 11 months after the month of the last one, less a day",
            _twice("77067", "20250120", "20251231", **_AT_50),
            says="77067 on 2025-12-31 is too soon: a screening mammogram was billed for 2025-01-20; payable "
            "again from 2026-01-01",
            frequency=_MAMMOGRAM,
        ),
        passes("on the next eligible day", _twice("77067", "20250120", "20260101", **_AT_50), frequency=_MAMMOGRAM),
        passes("one day is one service", a_claim(a_line("77067-26"), a_line("77067-TC")), frequency=_MAMMOGRAM),
        fires(
            "the second one between 35 and 39",
            _twice("77067", "20240120", "20260101", birth_date="19880301"),
            says="payable again from 2028-03-01",
            frequency=_MAMMOGRAM,
        ),
        fires(
            "a mammogram at 34",
            a_claim(a_line("77067"), birth_date="19900401"),
            says="not payable at the patient's age",
            frequency=_MAMMOGRAM,
        ),
        fires(
            "once in a lifetime",
            _twice("76706", "20190301", "20250310"),
            says="76706 is paid once in a lifetime",
            frequency=_AAA,
        ),
        passes("broken off", a_claim(a_line("76706-53", day="20190301"), a_line("76706")), frequency=_AAA),
        passes("billed for a denial", _twice("76706-GY", "20190301", "20250310"), frequency=_AAA),
        fires(
            "the patient agreed to pay",
            a_claim(a_line("76706", day="20190301"), a_line("76706-GA")),
            severity=INFORM,
            frequency=_AAA,
        ),
        fires(
            "a colonoscopy after a sigmoidoscopy",
            a_claim(a_line("G0104", day="20220120"), a_line("G0121", day="20251231")),
            says="payable again from 2026-01-01",
            frequency=_COLONOSCOPY,
        ),
        passes(
            "after a positive stool test",
            a_claim(a_line("G0104", day="20220120"), a_line("G0121-KX", day="20251231")),
            frequency=_COLONOSCOPY,
        ),
        passes(
            "a sigmoidoscopy at high risk after a colonoscopy",
            a_claim(a_line("G0121", day="20200120"), a_line("G0104", day="20251231"), diagnoses=("Z80.0",)),
            frequency=_COLONOSCOPY,
        ),
        fires(
            "the ninth session of counseling",
            _each("99407", *_TEN),
            says="99407 on 2025-09-10 is number 9 of tobacco cessation counseling since 2025-01-10; 8 are payable in "
            "12 months, the next from 2026-01-01",
            frequency=_TOBACCO,
        ),
        passes("in the next 12 months", _each("99407", *_TEN[:8], "20260101"), frequency=_TOBACCO),
        fires("a second HIV screening", _twice("G0475", "20250120", "20250420"), frequency=_HIV),
        passes("while on PrEP", _twice("G0475", "20250120", "20250420", diagnoses=("Z29.81",)), frequency=_HIV),
        fires(
            "screened for heart disease again",
            _twice("80061", "20210120", "20251231", diagnoses=("Z13.6",)),
            frequency=_LIPIDS,
        ),
        passes("a test, not a screening", _twice("80061", "20210120", "20251231"), frequency=_LIPIDS),
        fires("180 days, less one", _twice("G0136", "20240101", "20240628"), frequency=_RISK),
        passes("after 180 days", _twice("G0136", "20240101", "20240629"), frequency=_RISK),
        fires(
            "twice in a month",
            _twice("G0181", "20250301", "20250331"),
            says="G0181 is payable once per calendar month; care plan oversight was billed for 2025-03-01",
            frequency=_OVERSIGHT,
        ),
        passes("in two months", _twice("G0181", "20250331", "20250401"), frequency=_OVERSIGHT),
        fires(
            "care after a discharge in a month of primary care management",
            a_claim(a_line("99495", day="20250310"), a_line("G0557", day="20250331")),
            says="G0557 and 99495 are alternatives for one practitioner and calendar month; 99495 was billed for "
            "2025-03-10",
            frequency=_APCM,
        ),
        passes(
            "by two practitioners",
            a_claim(a_line("99495", day="20250310", rendering_npi=A_PHYSICIAN), a_line("G0557", day="20250331")),
            frequency=_APCM,
        ),
        passes(
            "in the month after",
            a_claim(a_line("99495", day="20250310"), a_line("G0557", day="20250401")),
            frequency=_APCM,
        ),
        fires(
            "the code of the first month in a later one",
            a_claim(a_line("99493", day="20250310"), a_line("99492", day="20250930")),
            says="99492 on 2025-09-30 is for the first month of collaborative care; 99493 was billed for 2025-03-10",
            frequency=_COLLABORATIVE_CARE,
        ),
        passes(
            "a new episode",
            a_claim(a_line("99493", day="20250310"), a_line("99492", day="20251001")),
            frequency=_COLLABORATIVE_CARE,
        ),
        passes(
            "the code of later months in each",
            a_claim(a_line("99492", day="20250310"), a_line("99493", day="20250410"), a_line("99493", day="20250510")),
            frequency=_COLLABORATIVE_CARE,
        ),
        fires(
            "visit 13 in 90 days",
            _acupuncture("20250331"),
            says="97810 on 2025-03-31 is visit 13 of acupuncture for low back pain since 2025-01-06; 12 are payable in "
            "90 days, the next from 2025-04-06",
            frequency=_ACUPUNCTURE,
        ),
        passes("with KX", _acupuncture("20250331", "97810-KX"), frequency=_ACUPUNCTURE),
        passes("visit 13 after 90 days", _acupuncture("20250406"), frequency=_ACUPUNCTURE),
        fires(
            "a session too many",
            _each("93798", "20250301", "20250303", "20250305", "20250307"),
            says="is session 4 of cardiac rehabilitation",
            frequency=_REHAB,
        ),
        passes(
            "more with KX",
            a_claim(*(a_line("93798", day=day) for day in ("20250301", "20250303", "20250305")), a_line("93798-KX")),
            frequency=_REHAB,
        ),
        fires(
            "cushions before the last are used up",
            _each("A7032", "20250110", "20250330", setting=DME, units=6),
            says="makes 12 units since 2025-01-10; 6 are payable per 3 months, the next from 2025-03-31",
            frequency=_CUSHIONS,
        ),
        passes("ten days before", _each("A7032", "20250110", "20250331", setting=DME, units=6), frequency=_CUSHIONS),
        fires(
            "rent past the cap",
            a_claim(
                a_line("E0601-RR-KH", day="20250101", setting=DME),
                a_line("E0601-RR-KI", day="20250201", setting=DME),
                a_line("E0601-RR-KI", day="20250301", setting=DME),
            ),
            says="is month 3 of rent since 2025-01-01; 2 months are payable",
            frequency=_RENTAL,
        ),
        passes(
            "rent that began anew",
            a_claim(
                a_line("E0601-RR-KH", day="20250101", setting=DME),
                a_line("E0601-RR-KI", day="20250201", setting=DME),
                a_line("E0601-RR-KH", day="20250801", setting=DME),
            ),
            frequency=_RENTAL,
        ),
        fires(
            "more than ten hours of training in a year",
            _each("G0108", "20250110", "20250210", units=11),
            says="makes 11 hours of diabetes self-management training since 2025-01-10; 10 are payable in the first",
            frequency=_TRAINING,
        ),
        passes("ten hours", _each("G0108", "20250110", "20250210", units=10), frequency=_TRAINING),
        fires(
            "foot care within 60 days", _twice("11720", "20250110", "20250310"), severity=INFORM, frequency=_FOOT_CARE
        ),
        fires(
            "a first lung screening without counseling",
            a_claim(a_line("71271")),
            says="requires a counseling visit (G0296)",
            severity=INFORM,
            frequency=_LUNG,
        ),
        passes("with counseling", a_claim(a_line("G0296", day="20250301"), a_line("71271")), frequency=_LUNG),
    ),
)
def paid_too_often(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A service that is billed more often than Medicare pays it.

    A list has the families of services and their intervals: screenings, counseling, care plans, courses of treatment,
    rent and supplies (`rules/frequency.toml`). Full months are counted after the month of the last service: after
    2025-01-20 it is payable again from 2026-01-01. Services of one family on one day are one, whoever bills them. A
    service that was broken off (53, 73, 74) or is billed for a denial (GY) does not count. A patient is at low risk
    unless the line points to a diagnosis that says otherwise. With KX a colonoscopy follows a positive test. Advanced
    primary care management is not paid with other care management, nor with care after a discharge, of the same
    practitioner and month.

    Services of any provider and setting count, as far as they are in this batch, or in its history. The payer knows
    more, and no answer of a payer is read, so the edit only warns. With GA it informs that the patient is liable, with
    GZ that the line denies. What a source does not tell (the start of an episode or of a stay) is not judged.
    """
    services = _Services(claim, rulebook)
    for line in services.unjudged:
        yield NotJudged(line, FREQUENCY)
    if not services.visits or _is_fine_alone(services.visits):
        return
    told: set[tuple[object, ...]] = set()
    for visit in sorted((visit for visit in services.visits if visit.own), key=_by_day):
        together = services.by_group[visit.group]
        once = (*visit.group, visit.day)
        if once in told:
            continue
        found = _judged(visit, together, services)
        if found:
            told.add(once)
            yield _finding(visit, found)
        elif visit.line.code == _LUNG_SCREENING:
            yield from _not_counseled(visit, together, claim)


_OF_SEVERAL: Final = frozenset({"M", "P", "R", "LIFE", "MON", "BREAK", "EPISODE", "NONE"})
"""Ways by which one service is never too many."""


def _is_fine_alone(visits: Sequence[_Visit]) -> bool:
    """Whether a line is the only one that counts, and fine for that: so are most."""
    if len(visits) > 1:
        return False
    (visit,) = visits
    ways = {visit.interval.way, visit.also.way} if visit.also else {visit.interval.way}
    return ways <= _OF_SEVERAL and visit.line.code != _LUNG_SCREENING


def _not_counseled(visit: _Visit, together: _Together, claim: Claim) -> Iterator[Finding]:
    """The first lung screening needs counseling before it."""
    if together.visits[0] is visit and not any(
        line.code == _COUNSELING and line.day and line.day <= visit.day for line in claim.lines
    ):
        yield Finding(
            f"The first {visit.line.code} requires a counseling visit ({_COUNSELING}) before it; none is known.",
            "No action if it was billed elsewhere, or if an earlier screening was.",
            line=visit.line,
            field="code",
            observed=visit.line.code,
            severity=INFORM,
            by=(visit.row,),
            case="counseling",
            citation=Citation(visit.row.reference or citations.FREQUENCY.title),
        )


# IPPE and wellness visits

_IPPE, _FIRST, _LATER = "G0402", "G0438", "G0439"
_WELLNESS: Final = {_FIRST: "the first Annual Wellness Visit", _LATER: "an Annual Wellness Visit"}
_SINCE_IPPE: Final = Interval("M", 11)
_REACHES_BACK: Final = 120
"""Months that a history must know to say that a visit of a lifetime is not in it."""


class _Wellness(NamedTuple):
    line: Line
    day: date
    own: bool


@claim_check(
    "FREQ-ORDER",
    severity=WARN,
    cases=("first",),
    citation=citations.WELLNESS_ORDER,
    codes=codes("CO-119", "N130", "A3:23"),
    settings=(PROFESSIONAL, OUTPATIENT),
    step=5,
    across=True,
    years=True,
    applies_to=lambda service, rules: service.code in (_IPPE, _FIRST, _LATER),
    examples=(
        fires(
            "a wellness visit within 11 full months of the IPPE",
            a_claim(a_line("G0402", day="20240120"), a_line("G0438", day="20241231")),
            says="payable from 2025-01-01",
        ),
        passes("on the next eligible day", a_claim(a_line("G0402", day="20240120"), a_line("G0438", day="20250101"))),
        fires(
            "the IPPE after a wellness visit",
            a_claim(a_line("G0439", day="20240120"), a_line("G0402", day="20250301")),
            says="G0402 is for the first 12 months of Part B",
        ),
        fires("both on one day", a_claim(a_line("G0402"), a_line("G0438")), says="not payable on the day of the IPPE"),
        fires(
            "the first after a later one",
            a_claim(a_line("G0439", day="20230120"), a_line("G0438", day="20250301")),
            says="G0438 is for the first Annual Wellness Visit",
        ),
        passes("in order", a_claim(a_line("G0438", day="20230120"), a_line("G0439", day="20240301"))),
        passes("billed for a denial", a_claim(a_line("G0402-GY", day="20240120"), a_line("G0438", day="20241231"))),
    ),
)
def wellness_out_of_order(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The Welcome to Medicare visit and the wellness visits of a patient are out of order.

    The IPPE (G0402) is paid once, in the first 12 months of Part B; the first Annual Wellness Visit (G0438) once,
    11 full months after it at the earliest; later ones (G0439) 11 full months after the last. A wellness visit on the
    day of the IPPE, or too soon after it, an IPPE after a wellness visit, and G0438 after G0439 warn. Two services of
    one code are FREQ. Visits of any provider in this batch and its history count. G0439 informs where a history of ten
    years has no G0438: another practice may have billed it.
    """
    known = [
        _Wellness(line, line.day, at >= claim.earlier)
        for at, line in enumerate(claim.lines)
        if line.code in (_IPPE, _FIRST, _LATER) and line.day and counts(line.service)
    ]
    known.sort(key=lambda one: one.day)
    by_code = {code: [one for one in known if one.line.code == code] for code in _REMEDIES}
    sent_before = {code: [one for one in by_code[code] if not one.own] for code in by_code}
    for visit in known:
        if visit.own and (found := _out_of_order(visit, by_code, sent_before) or _without_first(visit, by_code, claim)):
            yield found


_ByCode = Mapping[str, Sequence[_Wellness]]


def _out_of_order(visit: _Wellness, by_code: _ByCode, sent_before: _ByCode) -> Finding | None:
    """By the service of each other code on its day, the last one before it, and the next one that was sent first; of
    a claim the later one is at fault."""
    for code, others in by_code.items():
        if code == visit.line.code or not others:
            continue
        before, at = bisect_left(others, visit.day, key=_DAY), bisect_right(others, visit.day, key=_DAY)
        sent = sent_before[code]
        after = bisect_right(sent, visit.day, key=_DAY)
        on_the_day = others[at - 1 : at] if at > before else ()
        for other in (*on_the_day, *others[max(before - 1, 0) : before], *sent[after : after + 1]):
            text = _of_ippe(visit, other) if visit.line.code == _IPPE else _of_wellness(visit, other)
            if text:
                return _wellness_finding(visit, other, text)
    return None


def _without_first(visit: _Wellness, by_code: _ByCode, claim: Claim) -> Finding | None:
    """A later visit where a history that reaches back over years has no first one."""
    since = claim.known_since
    if visit.line.code != _LATER or by_code[_FIRST] or not since or months_after(since, _REACHES_BACK) > visit.day:
        return None
    return Finding(
        f"{_LATER} is for the Annual Wellness Visits after the first; no first one ({_FIRST}) is known since {since}.",
        f"No action if it was billed elsewhere or before that day; otherwise report {_FIRST}.",
        line=visit.line,
        field="code",
        observed=_LATER,
        severity=INFORM,
        case="first",
        yields_to=("FMT", "FREQ"),
    )


def _of_ippe(visit: _Wellness, other: _Wellness) -> str:
    """What is wrong with an IPPE beside a wellness visit."""
    name = _WELLNESS.get(other.line.code)
    if name is None:
        return ""
    if other.day == visit.day:  # of one claim the wellness visit is at fault
        told = f"{_IPPE} on {visit.day}: {name} ({other.line.code}), not payable on its day, was billed first."
        return "" if other.own else told
    if other.day < visit.day:
        return f"{_IPPE} is for the first 12 months of Part B; {name} ({other.line.code}) was billed for {other.day}."
    if other.day < _SINCE_IPPE.next_day(visit.day):
        return f"{_IPPE} on {visit.day}: {name}, payable 11 full months after it, was billed for {other.day}."
    return ""


def _of_wellness(visit: _Wellness, other: _Wellness) -> str:
    """What is wrong with a wellness visit beside an IPPE, or beside another one."""
    code, billed = visit.line.code, other.line.code
    if billed == _IPPE:
        if other.day == visit.day:
            return f"{code} is not payable on the day of the IPPE ({_IPPE}), {visit.day}."
        if other.day > visit.day:
            return f"{code} on {visit.day}: the IPPE ({_IPPE}), which comes before it, was billed for {other.day}."
        again = _SINCE_IPPE.next_day(other.day)
        if visit.day < again:
            return (
                f"{code} on {visit.day} is too soon: {_IPPE} (IPPE) was billed for {other.day}; payable from {again}."
            )
    elif (code, billed) == (_FIRST, _LATER) and other.day < visit.day:
        return f"{_FIRST} is for the first Annual Wellness Visit; {_LATER} was billed for {other.day}."
    elif (code, billed) == (_LATER, _FIRST) and other.day > visit.day:
        return f"{_LATER} on {visit.day}: {_FIRST}, the first Annual Wellness Visit, was billed for {other.day}."
    return ""


_REMEDIES: Final = {
    _IPPE: "Report G0438 or G0439 if its elements were provided and it is due; otherwise remove the line.",
    _FIRST: "Report G0439 if one was billed before and 11 full months have passed; otherwise remove the line.",
    _LATER: "Look up the next eligible date in the MAC's portal or by a 270/271; remove the line if it is not due.",
}


def _wellness_finding(visit: _Wellness, other: _Wellness, text: str) -> Finding:
    code = visit.line.code
    return Finding(
        text,
        _REMEDIES[code],
        line=visit.line,
        field="code",
        observed=code,
        codes=_CODES_OF_LIFE if code == _IPPE or other.line.code == _LATER else None,
        beside=(other.line,),
        yields_to=("FMT", "FREQ"),
        wordings=(Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), remedy=_PLAN),),
    )
