"""Which lines of a patient's earlier claims may matter for a claim, and what of the findings on both is new with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Final

from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Resubmission
from claimcheck.memory import NOTHING, PAIRED, SCREENING, UNPAID, Earlier, Remembered
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
from claimcheck.rulebook.tables.frequency import counts, days_before, intervals_of, look_back

_LONGEST_GLOBAL: Final = timedelta(days=90)
_NEXT_DAY: Final = timedelta(days=1)
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


def first_day_needed(claim: Claim, rulebook: Rulebook) -> date | None:
    """How far back earlier lines may matter for a claim: the first day of those that a store has to look up. None where
    no line has a date, so that none do."""
    days = [day for line in claim.lines for day in (line.day, line.last_day) if day]
    if not days:
        return None
    first = min(days)
    needed = days_before(first, _LONGEST_GLOBAL.days)
    if claim.setting == PROFESSIONAL and any(is_new_patient_visit(line.code) for line in claim.lines):
        needed = days_before(first, STILL_KNOWN.days)
    for line in claim.lines:
        row = rulebook.on(line.day).frequency_or_none(line.service)
        if row and line.day:
            needed = min(needed, look_back(row, line.day))
    return needed


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
    days = {day for line in claim.lines for day in (line.day, line.last_day) if day}
    if not days:
        return NOTHING
    first, last = min(days) - _NEXT_DAY, max(days) + _NEXT_DAY
    # A procedure billed late may have a visit or procedure in its global period that was billed before it, also by a
    # colleague of the specialty.
    followed = max(days) + _LONGEST_GLOBAL if any(_is_procedure(line.code) for line in claim.lines) else last
    npis = {claim.rendering_npi(line) for line in claim.lines}
    surgeons = {line.code: "62" in line.modifiers for line in claim.lines if _is_procedure(line.code)}
    by_several = {line.code for line in claim.lines if _may_be_by_several(line)}
    months = {_month(line) for line in claim.lines if line.code in MONTHLY}
    lines: list[Line] = []
    near: set[int] = set()
    claims: dict[int, str] = {}
    without: dict[int, int] = {}
    for claim_id, billing_npi, billing_taxonomy, billed, unpaid in reversed(known):
        for i, line in reversed([*enumerate(billed)]):
            # Of most lines the dates alone say that they don't matter, whoever rendered them.
            monthly = bool(months) and line.code in MONTHLY
            if not monthly and not _matters(line, first, followed):
                continue
            npi = line.rendering_npi or billing_npi
            if not (billing_npi if claim.setting == OUTPATIENT else npi):  # the provider of the line is unknown
                continue
            one_group = billing_npi == claim.billing_npi
            mine = npi in npis
            alike = mine or _by_co_surgeon(line, surgeons) or (line.code in by_several and _may_be_by_several(line))
            if not (one_group or (alike and claim.setting != OUTPATIENT)):  # a hospital is one provider
                continue
            # A line without its claim needs its rendering provider.
            taxonomy = _taxonomy_in_group(claim, line, billing_npi, billing_taxonomy)
            colleague = taxonomy is not None and claim.setting == PROFESSIONAL
            follows = (mine or colleague) and (is_evaluation(line.code) or _is_procedure(line.code))
            of_month = one_group and monthly and _month(line) in months
            if of_month or _matters(line, first, followed if follows else last):
                if len(lines) == MOST_EARLIER:
                    return Earlier(too_many=True)
                near.add(id(line))
                line = line._replace(rendering_npi=npi, rendering_taxonomy=taxonomy)
                lines.append(line)
                claims[id(line)] = claim_id
                if unpaid and (why := unpaid[i] & _WHY):
                    without[id(line)] = why
    if _may_not_be_new(claim, known, max(days)):
        for at, (line, claim_id) in _seen_for_years(claim, known, npis, min(days), near).items():
            lines.append(line)
            claims[at] = claim_id
    return Earlier((*reversed(lines),), claims, without) if lines else NOTHING


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
    later = any(day and last < day <= last + STILL_KNOWN for day in new)
    return later and any(is_face_to_face(line.service) for line in claim.lines)


def _seen_for_years(
    claim: Claim, known: Sequence[Remembered], npis: Collection[str | None], first: date, near: Collection[int]
) -> dict[int, tuple[Line, str]]:
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
    return {id(line): (line, claim_id) for _, line, claim_id in nearest.values()}


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


def _matters(line: Line, first: date, last: date) -> bool:
    """Whether a line is of the same dates, or a procedure whose global period may reach them."""
    since, until = line.day, line.last_day
    if since is None or since > last:
        return False
    if until is None or until < since:  # not a span: the from date counts
        until = since
    return until >= first or (_is_procedure(line.code) and until >= first - _LONGEST_GLOBAL)


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


def new_findings(
    yielded: Iterable[Finding | NotJudged], claim: Claim, earlier: Earlier
) -> Iterator[Finding | NotJudged]:
    """Of what a check yields for a claim with earlier lines, what is new with this claim: findings on its own lines,
    with the number of the other claim; and, as a warning on the line that causes it, a finding on an earlier line that
    rests on lines of this claim alone. Findings on the earlier claims alone were reported with these."""
    own = {id(line) for line in claim.lines}
    reported: set[int] = set()
    others: list[Finding] = []
    named: dict[int, tuple[tuple[Line, ...], str]] = {}  # many findings of a long claim rest on the same lines
    for one in yielded:
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
    places = [_place(line, earlier) for line in finding.beside if id(line) in earlier.claims]
    return f" See {', '.join(places[:3])}{', ...' if len(places) > 3 else '.'}" if places else ""


def _caused(line: Line, cause: Line, earlier: Earlier) -> str:
    """How the message on a line says what it causes on an earlier claim: of services after it, this line came late."""
    place = _place(line, earlier)
    if line.day and cause.day and cause.day < line.day:
        return f"{line.code} on {place} was sent first, and this line causes an edit on it: "
    return f"This line causes an edit on {place}: "


def _place(line: Line, earlier: Earlier) -> str:
    return f"line {line.number} of claim {earlier.claims[id(line)]} of {line.day or line.from_date}"
