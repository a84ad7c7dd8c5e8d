"""Which lines of a patient's earlier claims may matter for a claim, what each check that looks across claims sees of
them, and what of its findings on both is new with the claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Resubmission
from claimcheck.memory import NOTHING, PAIRED, SCREENING, UNPAID, Earlier, Remembered, with_earlier
from claimcheck.message import WARN, Finding, NotJudged, milder
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.sections import (
    MONTHLY,
    STILL_KNOWN,
    is_anesthesia,
    is_evaluation,
    is_face_to_face,
    is_new_patient_visit,
    is_reading,
    is_surgery,
)
from claimcheck.rulebook.tables.frequency import counted_since, counts, days_after, days_before, intervals_of, look_back

_LONGEST_GLOBAL: Final = 90
NEAR: Final = _LONGEST_GLOBAL + 1
"""How many days before a claim an earlier one may end that matters for it, but for what counts over years."""
_PROCEDURES_ELSEWHERE: Final = frozenset(
    {"77750", "77761", "77762", "77763", "92986", "92987", "92990", "G0342", "G0343"}
    | {"G0412", "G0413", "G0414", "G0415"}
)
"""Codes with 10 or 90 global days outside the section of surgery, dental ones aside: all from RVU20A to RVU25D."""
MOST_EARLIER: Final = 100
"""Lines on the dates around a claim that are looked at. One patient has fewer; more are those of a number that a file
gives to many patients, which say nothing together."""

MOST_OF_YEARS: Final = 150
"""Lines over months and years that are looked at, those next to the claim: more than any course of treatment has."""
_WHY: Final = PAIRED | UNPAID


class LookBack(NamedTuple):
    """A check that looks back over months or years for a line of a day: from which day on."""

    check: str
    day: date
    since: date


def looks_back(claim: Claim, rulebook: Rulebook) -> list[LookBack]:
    """The lines of a claim for which earlier ones matter over months or years."""
    frequent, professional = rulebook.frequent, claim.setting == PROFESSIONAL
    looks: list[LookBack] = []
    for line in claim.lines:
        service = line.service
        if professional and is_new_patient_visit(service.code) and (day := line.day):
            looks.append(LookBack("NEW-PT", day, days_before(day, STILL_KNOWN)))
        if (service.code in frequent or not frequent.isdisjoint(service.modifiers)) and (day := line.day):
            row = rulebook.on(day).frequency_or_none(service)
            if row:
                looks.append(LookBack("FREQ", day, counted_since(row, day)))
                if row.follows:
                    looks.append(LookBack("FREQ-ORDER", day, look_back(row, day)))
    return looks


def first_day_needed(first_day: date, looks: Sequence[LookBack]) -> date:
    """How far back earlier lines may matter for a claim that begins on a day: from where on a store has to look."""
    needed = days_before(first_day, _LONGEST_GLOBAL)
    return min(needed, *[look.since for look in looks]) if looks else needed


def lines_of_years(claim: Claim, known: Sequence[Remembered], rulebook: Rulebook) -> Earlier:
    """What earlier claims of a patient, of any provider and setting, billed that counts with services of a claim over
    months and years, before it and after it."""
    wanted: dict[str, tuple[date, date]] = {}  # by code or modifier: from which day on, and the last day of the claim
    for line in claim.lines:
        row = rulebook.on(line.day).frequency_or_none(line.service)
        if row is None or line.day is None:
            continue
        since = look_back(row, line.day)
        for key in row.related.split():
            first, last = wanted.get(key, (since, line.day))
            wanted[key] = min(first, since), max(last, line.day)
    found: list[tuple[int, int, Line, str]] = []
    for claim_id, billing_npi, _, billed, unpaid in known if wanted else ():
        for i, line in enumerate(billed):
            mark = unpaid[i] if unpaid else 0
            days = next((wanted[key] for key in (line.code, *line.modifiers) if key in wanted), None)
            if days is None or mark & _WHY or not _counts_for(line, *days, mark, rulebook):
                continue
            distance = abs((days[1] - (line.day or days[1])).days)
            npi = line.rendering_npi or billing_npi
            found.append((distance, len(found), line._replace(rendering_npi=npi), claim_id))
    if not found:
        return NOTHING
    nearest = sorted(sorted(found)[:MOST_OF_YEARS], key=_ORDER)
    return Earlier(tuple([line for _, _, line, _ in nearest]), {id(line): claim_id for _, _, line, claim_id in nearest})


_ORDER: Final = itemgetter(1)


def _counts_for(line: Line, since: date, last: date, mark: int, rulebook: Rulebook) -> bool:
    """Whether an earlier line counts with services of a claim: not before ``since``, nor so long after the ``last`` of
    them that they are forgotten."""
    day = line.day
    if day is None or day < since or not counts(line.service):
        return False
    row = rulebook.on(day).frequency_or_none(line.service)
    if row is None:
        return day <= last
    if row.only_with and not mark & SCREENING:
        return False
    return day <= last or any(each.first_day(day) <= last for each in intervals_of(row))


def earlier_lines(claim: Claim, known: Sequence[Remembered]) -> Earlier:
    """What earlier claims of a patient billed, near enough in time to matter for a claim."""
    days = [day for line in claim.lines for day in (line.day, line.last_day) if day]
    if not days:
        return NOTHING
    first, last = min(days), max(days)
    chosen = _chosen(claim, known, first, last)
    if chosen is None:
        return Earlier(too_many=True)
    lines = [line for _, line, _, _ in chosen]
    claims = {id(line): claim_id for _, line, claim_id, _ in chosen}
    without = {id(line): why for _, line, _, why in chosen if why}
    if _may_not_be_new(claim, known, last):
        near = {id(original) for original, _, _, _ in chosen}
        npis = {claim.rendering_npi(line) for line in claim.lines}
        for line, claim_id in _seen_for_years(claim, known, npis, first, near):
            lines.append(line)
            claims[id(line)] = claim_id
    return Earlier((*reversed(lines),), claims, without) if lines else NOTHING


def _chosen(
    claim: Claim, known: Sequence[Remembered], first_day: date, last_day: date
) -> list[tuple[Line, Line, str, int]] | None:
    """The lines near enough, the newest first: as they are remembered, with who rendered them, the claim of each, and
    whether nothing is paid for it. None where they are too many."""
    codes = [line.code for line in claim.lines]
    bills_procedure = any(map(_is_procedure, codes))
    # A procedure billed late may have a visit or procedure in its global period that was billed before it, also by a
    # colleague of the specialty.
    first, last = days_before(first_day, 1), days_after(last_day, 1)
    followed = days_after(last_day, _LONGEST_GLOBAL) if bills_procedure else last
    preceded = days_before(first_day, NEAR)
    months = {_month(line) for line in claim.lines if line.code in MONTHLY}
    provider: _Provider | None = None
    chosen: list[tuple[Line, Line, str, int]] = []
    for claim_id, billing_npi, billing_taxonomy, billed, unpaid in reversed(known):
        for i in range(len(billed) - 1, -1, -1):
            line = billed[i]
            # Of most lines the dates alone say that they don't matter, whoever rendered them.
            monthly = bool(months) and line.code in MONTHLY
            if not monthly and not _matters(line, preceded, first, followed):
                continue
            provider = provider or _Provider(claim)
            rendered = provider.rendered(line, billing_npi, billing_taxonomy)
            if rendered is None:
                continue
            of_month = monthly and billing_npi == claim.billing_npi and _month(line) in months
            follows = rendered.follows and (is_evaluation(line.code) or _is_procedure(line.code))
            if of_month or _matters(line, preceded, first, followed if follows else last):
                if len(chosen) == MOST_EARLIER:
                    return None
                named = line._replace(rendering_npi=rendered.npi, rendering_taxonomy=rendered.taxonomy)
                chosen.append((line, named, claim_id, unpaid[i] & _WHY if unpaid else 0))
    return chosen


class _Rendered(NamedTuple):
    """Who rendered an earlier line, and whether the claim's procedures have follow-up by them."""

    npi: str | None
    taxonomy: str | None
    follows: bool


class _Provider:
    """Who bills and renders a claim, as far as it says whether an earlier line is of the same provider."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._npis = {claim.rendering_npi(line) for line in claim.lines}
        self._surgeons = {line.code: "62" in line.modifiers for line in claim.lines if _is_procedure(line.code)}
        self._by_several = {line.code for line in claim.lines if _may_be_by_several(line)}

    def rendered(self, line: Line, billing_npi: str | None, billing_taxonomy: str | None) -> _Rendered | None:
        """Who rendered a line; None where that is another provider, or not known."""
        claim = self._claim
        npi = line.rendering_npi or billing_npi
        if not (billing_npi if claim.setting == OUTPATIENT else npi):
            return None
        mine = npi in self._npis
        if billing_npi != claim.billing_npi:
            several = line.code in self._by_several and _may_be_by_several(line)
            alike = mine or _by_co_surgeon(line, self._surgeons) or several
            if not alike or claim.setting == OUTPATIENT:  # a hospital is one provider
                return None
        # A line without its claim needs its rendering provider.
        taxonomy = _taxonomy_in_group(claim, line, billing_npi, billing_taxonomy)
        colleague = taxonomy is not None and claim.setting == PROFESSIONAL
        return _Rendered(npi, taxonomy, mine or colleague)


def _taxonomy_in_group(claim: Claim, line: Line, billing_npi: str | None, billing_taxonomy: str | None) -> str | None:
    """The taxonomy of who rendered an earlier line; another group's specialty does not count, nor an unknown one's."""
    if not billing_npi or billing_npi != claim.billing_npi:
        return None
    return line.rendering_taxonomy if line.rendering_npi else billing_taxonomy


def _may_not_be_new(claim: Claim, known: Sequence[Remembered], last: date) -> bool:
    """Whether what was billed for years may say that a patient is not new: one for whom the claim bills such a visit,
    or who was seen before such a visit of an earlier claim."""
    if claim.setting != PROFESSIONAL:
        return False
    if any(is_new_patient_visit(line.code) for line in claim.lines):
        return True
    new = (line.day for _, _, _, billed, _ in known for line in billed if is_new_patient_visit(line.code))
    later = any(day and last < day <= days_after(last, STILL_KNOWN) for day in new)
    return later and any(is_face_to_face(line.service) for line in claim.lines)


def _seen_for_years(
    claim: Claim, known: Sequence[Remembered], npis: Collection[str | None], first: date, near: Collection[int]
) -> Iterator[tuple[Line, str]]:
    """Services that practitioners of the group, or of the claim, rendered face to face, but those ``near`` it: the
    nearest of each practitioner before and after the claim, and the nearest visit of a new patient, each with its
    claim."""
    nearest: dict[tuple[object, ...], tuple[int, Line, str]] = {}
    for claim_id, billing_npi, billing_taxonomy, billed, _ in known:
        one_group = billing_npi == claim.billing_npi
        for line in billed:
            day, npi = line.day, line.rendering_npi or billing_npi
            if day is None or id(line) in near or not is_face_to_face(line.service):
                continue
            if not npi or not (one_group or npi in npis):
                continue
            taxonomy = _taxonomy_in_group(claim, line, billing_npi, billing_taxonomy)
            days = (day - first).days
            about = npi, taxonomy, days > 0, days > 0 and is_new_patient_visit(line.code)
            if about in nearest and abs(nearest[about][0]) <= abs(days):
                continue
            if about in nearest or len(nearest) < MOST_EARLIER:
                nearest[about] = days, line._replace(rendering_npi=npi, rendering_taxonomy=taxonomy), claim_id
    yield from ((line, claim_id) for _, line, claim_id in nearest.values())


@lru_cache(maxsize=16_384)
def _is_procedure(code: str) -> bool:
    return is_surgery(code) or code in _PROCEDURES_ELSEWHERE


def _by_co_surgeon(line: Line, surgeons: Mapping[str, bool]) -> bool:
    """Whether a line is of a procedure that two surgeons share, by the modifier (62) of either."""
    return line.code in surgeons and (surgeons[line.code] or "62" in line.modifiers)


def _may_be_by_several(line: Line) -> bool:
    """Whether several providers, of whatever groups, may bill one and the same service: an anesthesia case, a
    reading."""
    return is_anesthesia(line.code) or is_reading(line.code, line.modifiers)


def _month(line: Line) -> tuple[int, int] | None:
    """The calendar month of a line; None where its date is not one."""
    return (day.year, day.month) if (day := line.day) else None


def _matters(line: Line, preceded: date, first: date, last: date) -> bool:
    """Whether a line is of the same dates, from ``first`` to ``last``, or a procedure whose global period may reach
    them: one since the day ``preceded``."""
    since, until = line.day, line.last_day
    if since is None or since > last:
        return False
    if until is None or until < since:  # not a span: the from date counts
        until = since
    return until >= first or (_is_procedure(line.code) and until >= preceded)


_ORIGINAL: Final = ("1", "", None)


def resubmitted(claim: Claim, known: Sequence[Remembered], earlier: Earlier, sent: date | None = None) -> Earlier:
    """The same, saying which of the earlier lines are of an original claim with the number of this one, which is an
    original too, and bill what it bills."""
    number, npi = claim.claim_id, claim.billing_npi
    if not earlier.lines or not number or all(one[0] != number or one[1] != npi for one in known):
        return earlier
    if (claim.frequency or (claim.type_of_bill or "")[-1:]) not in _ORIGINAL:
        return earlier
    billed = {(line.code, line.day) for line in claim.lines}
    lines = [ln for ln in earlier.lines if (ln.code, ln.day) in billed and earlier.claims[id(ln)] == number]
    return earlier._replace(resubmits=Resubmission((*lines,), sent=sent)) if lines else earlier


_NONE: Final = Earlier()


class Beside:
    """What a patient's earlier claims billed beside a claim, as each check that looks across claims sees it.

    Args:
        claim: the claim that is judged.
        earlier: all that is beside it.

    Attributes:
        checks: those that must see the claim with earlier lines.
    """

    def __init__(self, claim: Claim, earlier: Earlier) -> None:
        self.earlier, self._claim = earlier, claim
        self.checks: frozenset[Any] = frozenset()
        self._within: dict[int | None, Earlier] = {None: earlier}
        self._joined: dict[tuple[int, int | None, bool], Claim] = {}

    def lines_within(self, days: int | None) -> tuple[Line, ...]:
        """The lines on days at most so many days from those of the claim; all where that is None."""
        within = self._those_within(days)
        return (*within.held, *within.lines) if within.held else within.lines

    def joined(self, seen: Claim, days: int | None, *, held: bool) -> Claim:
        """The claim, of which a check sees some lines or all, with the earlier lines at most so many days apart, those
        that were ``held`` too or not."""
        key = len(seen.lines), days, held
        if key not in self._joined:
            self._joined[key] = with_earlier(seen, self._those_within(days), held=held)
        return self._joined[key]

    def _those_within(self, days: int | None) -> Earlier:
        if days not in self._within:
            earlier = self.earlier
            first, last = self._days
            if first and last and (spans := _spans((*earlier.lines, *earlier.held))):
                first, last = _reached(first, last, spans, days or 0)
            lines, held = (
                tuple([line for line in those if _days_apart(line, first, last) <= (days or 0)])
                for those in (earlier.lines, earlier.held)
            )
            self._within[days] = earlier._replace(lines=lines, held=held) if lines or held else _NONE
        return self._within[days]

    @cached_property
    def _days(self) -> tuple[date | None, date | None]:
        """The first and last day of the claim."""
        days = [day for line in self._claim.lines for day in (line.day, line.last_day) if day]
        return min(days, default=None), max(days, default=None)


def _spans(lines: Iterable[Line]) -> list[tuple[date, date]]:
    """The first and last days of lines of several days."""
    days = [(line.day, line.last_day) for line in lines if line.to_date and line.to_date != line.from_date]
    return [(first, last) for first, last in days if first and last and first < last]


def _reached(first: date, last: date, spans: Sequence[tuple[date, date]], apart: int) -> tuple[date, date]:
    """The days of a claim with those of lines of several days near it, and near these: what is found on such a line may
    rest on a line of any of its days."""
    since, until = days_before(first, apart), days_after(last, apart)
    near = [(first, last), *[span for span in spans if span[0] <= until and span[1] >= since]]
    reached = min(near)[0], max([day for _, day in near])
    return reached if reached == (first, last) else _reached(*reached, spans, apart)


def _days_apart(line: Line, first: date | None, last: date | None) -> int:
    """How many days a line is from some others: none where they overlap, or where it is not known."""
    day, last_day = line.day, line.last_day
    if day is None or first is None or last is None:
        return 0
    if day > last and (last_day is None or last_day > last):
        return (min(day, last_day or day) - last).days
    return max((first - max(day, last_day or day)).days, 0)


def new_findings(
    yielded: Iterable[Finding | NotJudged], claim: Claim, earlier: Earlier
) -> Iterator[Finding | NotJudged]:
    """Of what a check yields for a claim with earlier lines, what is new with this claim: findings on its own lines,
    with the number of the other claim; and, as a warning on the line that causes it, a finding on an earlier line that
    rests on lines of this claim alone. Findings on the earlier claims alone were reported with these."""
    own: set[int] = set()
    reported: set[int] = set()
    others: list[Finding] = []
    named: dict[int, tuple[tuple[Line, ...], str]] = {}  # many findings of a long claim rest on the same lines
    for one in yielded:  # of most claims nothing
        own = own or {id(line) for line in claim.lines}
        if isinstance(one, NotJudged):
            if id(one.line) in own:
                yield one
        elif one.line is None or id(one.line) in own:
            reported.add(id(one.line))
            if id(one.beside) not in named:
                named[id(one.beside)] = one.beside, _named(one, earlier)
            yield one.adding(after=named[id(one.beside)][1])
        else:
            others.append(one)
    if not others:
        return
    places = {id(line): place for place, line in enumerate(earlier.lines)}
    for finding in sorted(others, key=lambda finding: places.get(id(finding.line), 0)):
        beside = [line for line in finding.beside if line is not finding.line]
        cause = beside[0] if beside and all(id(line) in own for line in beside) else None
        if cause and id(cause) not in reported:
            reported.add(id(cause))
            assert finding.line is not None
            new = finding.adding(before=_caused(finding.line, cause, earlier))
            yield new._replace(line=cause, severity=milder(WARN, finding.severity or WARN), soft=False)


def _named(finding: Finding, earlier: Earlier) -> str:
    """Where the lines of earlier claims are: at most three, and each claim once."""
    lines = [line for line in finding.beside if id(line) in earlier.claims]
    of_claims: dict[str, list[Line]] = {}
    for line in lines[:3]:
        of_claims.setdefault(earlier.claims[id(line)], []).append(line)
    places = ", ".join(_places(some, earlier) for some in of_claims.values())
    return f" See {places}{', ...' if len(lines) > 3 else '.'}" if places else ""


def _caused(line: Line, cause: Line, earlier: Earlier) -> str:
    """How the message on a line says what it causes on an earlier claim: of services after it, this line came late."""
    is_later = bool(line.day and cause.day and cause.day < line.day)
    return f"This line causes an edit on {_places([line], earlier)}{', which was sent first' if is_later else ''}: "


def _places(lines: Sequence[Line], earlier: Earlier) -> str:
    """Of lines of one claim."""
    numbers = ", ".join(line.number for line in lines)
    days = sorted({str(line.day or line.from_date) for line in lines})
    period = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"line{'s' if len(lines) > 1 else ''} {numbers} of claim {earlier.claims[id(lines[0])]} of {period}"
