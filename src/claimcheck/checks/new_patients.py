"""Visits of new patients, whom the practitioner, or a colleague of the group and specialty, saw before."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Final, NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.physicians import (
    OfOneDay,
    Specialties,
    crosswalk,
    days_of_several,
    one_specialty,
    perhaps_one_specialty,
)
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import WARN, Finding, Sourced, codes
from claimcheck.rulebook import Listed, Rulebook, Rules
from claimcheck.rulebook.sections import STILL_KNOWN, is_face_to_face, is_new_patient_visit, number_of

_ESTABLISHED: Final = (
    (99201, 99205, "99212 to 99215"),
    (92002, 92004, "92012, 92014"),
    (99324, 99350, "99347 to 99350"),
    (99381, 99387, "99391 to 99397"),
)
"""First and last code of new patients, and the codes of established ones among which the note decides."""


def _is_new(service: Service, rules: Rules | None = None) -> bool:
    return is_new_patient_visit(service.code)


_SELF: Final = "this practitioner"
_COLLEAGUE: Final = "a colleague of the same specialty"
_OTHER_SPECIALTY: Final = ", or of another specialty"


class _Seen(NamedTuple):
    """How many days before a patient was seen, the lines that say so, the latest first, and by whom."""

    days: int
    lines: tuple[Line, ...]
    who: str = _SELF

    @property
    def ago(self) -> str:
        """How long before, in a text."""
        return "the day" if self.days == 1 else f"{self.days} days"


class _Services:
    """Services face to face by whom they are of, in the order of their days."""

    def __init__(self) -> None:
        self._days: dict[str, list[date]] = {}
        self._lines: dict[tuple[str, date], Line] = {}

    def add(self, whose: str, day: date, line: Line) -> None:
        """Add a service. Of several of one day one counts, whatever the order of a claim's lines."""
        known = self._lines.get((whose, day))
        if known is None:
            insort(self._days.setdefault(whose, []), day)
        if known is None or line.code < known.code:
            self._lines[whose, day] = line

    def latest(self, whose: str, before: date) -> Line | None:
        """The latest service before a day, in the three years before it."""
        days = self._days.get(whose, [])
        at = bisect_left(days, before)
        return self._lines[whose, days[at - 1]] if at and (before - days[at - 1]).days <= STILL_KNOWN else None


class _Patient:
    """By whom a patient was seen: each practitioner, and each specialty of the group; on this claim and earlier ones,
    each apart, since what earlier claims say together was reported with them."""

    def __init__(self, claim: Claim, rulebook: Rulebook) -> None:
        self._claim = claim
        self._specialties = perhaps_one_specialty(rulebook, non_physicians=True)
        self._specialty = one_specialty(rulebook, non_physicians=True)

    @cached_property
    def _by_practitioner(self) -> tuple[_Services, _Services]:
        return self._services(lambda claim, line: (npi,) if (npi := claim.rendering_npi(line)) else ())

    @cached_property
    def _by_specialty(self) -> tuple[_Services, _Services]:
        return self._services(self._specialties)

    def _services(self, whose: Specialties) -> tuple[_Services, _Services]:
        """What was rendered face to face on earlier claims, and on this one."""
        claim, services = self._claim, (_Services(), _Services())
        for place, line in enumerate(claim.lines):
            if line.day and is_face_to_face(line.service):
                for one in whose(claim, line):
                    services[place >= claim.earlier].add(one, line.day, line)
        return services

    def seen_before(self, visit: Line, day: date) -> _Seen | None:
        """Who saw the patient less than three years before a visit."""
        npi = self._claim.rendering_npi(visit)
        if not npi:
            return None
        if seen := _latest(self._by_practitioner, [npi], day):
            return seen
        seen = _latest(self._by_specialty, self._specialties(self._claim, visit), day)
        return seen._replace(who=self._who(visit, seen.lines[0])) if seen else None

    def _who(self, visit: Line, service: Line) -> str:
        surely = self._specialty(self._claim, visit) == self._specialty(self._claim, service)
        return _COLLEAGUE if surely else "a colleague who may be of the same specialty"


_DAY: Final = attrgetter("day")


def _latest(services: tuple[_Services, ...], whose: Iterable[str], before: date) -> _Seen | None:
    found = {id(line): line for one in services for each in whose if (line := one.latest(each, before))}
    lines = sorted(found.values(), key=_DAY, reverse=True)
    return _Seen((before - _DAY(lines[0])).days, tuple(lines)) if lines else None


_ONE, _TWO = "1234567802", "1003000126"
_SPECIALTIES = {"207RC0000X": Listed("06 11"), "207R00000X": Listed("11"), "207Q00000X": Listed("08")}


def _after(earlier: str, day: str, visit: str, new: str, *, taxonomy: str = "207R00000X", npi: str = _TWO) -> Claim:
    """A service, and a visit of a new patient by an internist of the group on a later day."""
    return a_claim(
        a_line(earlier, day=day, rendering_npi=npi, rendering_taxonomy=taxonomy),
        a_line(visit, day=new, rendering_npi=_ONE, rendering_taxonomy="207R00000X"),
    )


@claim_check(
    "NEW-PT",
    severity=WARN,
    citation=citations.NEW_PATIENTS,
    codes=codes("CO-B16", "", "A3:23", "H"),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_is_new,
    across=True,
    counts_held=True,
    services_only=True,
    examples=(
        fires(
            "seen by the same practitioner",
            _after("99213", "20240710", "99203", "20240814", npi=_ONE),
            says="this practitioner saw this patient 35 days before (99213)",
        ),
        fires("by a colleague", _after("99213", "20240710", "99203", "20240814"), says="a colleague"),
        fires(
            "by a colleague who may be of the specialty",
            _after("99213", "20240710", "99203", "20240814", taxonomy="207RC0000X"),
            says="may be of the same specialty",
            specialties=_SPECIALTIES,
        ),
        passes(
            "by another specialty of the group",
            _after("99213", "20240710", "99203", "20240814", taxonomy="207Q00000X"),
            specialties=_SPECIALTIES,
        ),
        fires("three years before, less a day", _after("99213", "20210815", "99203", "20240814")),
        passes("three years before", _after("99213", "20210814", "99203", "20240814")),
        passes("a reading by a colleague", _after("71046-26", "20240710", "99203", "20240814")),
        passes("a call by a colleague", _after("99421", "20240710", "99203", "20240814")),
        fires("a procedure", _after("20610", "20240710", "92004", "20240814"), says="92004"),
        passes("an established patient", _after("99213", "20240710", "99213", "20240814")),
        fires("new to two of one specialty on one day", _after("99203", "20240814", "99203", "20240814")),
        passes("a later visit", _after("99213", "20240901", "99203", "20240814")),
    ),
)
def not_a_new_patient(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A new patient's visit, within three years of a face-to-face service by the same group and specialty.

    A patient is new if neither the practitioner, nor another one of the same group and specialty, rendered any service
    face to face in the three years before: a visit, a procedure, psychiatry, therapy or chiropractic. Readings,
    laboratory tests, drugs, calls and care management do not count. Specialties are compared by the taxonomy codes of
    the rendering providers; here it is enough that they may be the same, and non-physicians count as Medicare enrolls
    them (all nurse practitioners are one specialty). Of several new patient's visits to one specialty on one day, one
    is payable. Only services in this batch are known, and not whether they were paid, so the edit warns.
    """
    visits = [line for line in claim.lines if line.day and is_new_patient_visit(line.code)]
    if not visits:
        return
    told = set()
    patient = _Patient(claim, rulebook)
    for visit in visits:
        seen = patient.seen_before(visit, visit.day) if visit.day else None
        if seen:
            told.add(id(visit))
            what = f"{seen.who} saw this patient {seen.ago} before ({seen.lines[0].code})"
            by = crosswalk(claim, visit, seen.lines[0], rulebook)
            yield _finding(visit, what, seen.lines, by, "" if seen.who == _SELF else _OTHER_SPECIALTY)
    for of_day in days_of_several(claim, one_specialty(rulebook, non_physicians=True), _is_new):
        first, *others = _visit_of_each(claim, of_day)
        what = f"{_COLLEAGUE} bills {first.code} for this patient and date"
        for visit in others:
            if id(visit) not in told:
                yield _finding(visit, what, (first,), crosswalk(claim, visit, first, rulebook), _OTHER_SPECIALTY)


def _visit_of_each(claim: Claim, of_day: OfOneDay) -> Iterable[Line]:
    """The visit of each practitioner, the highest one first."""
    visits: dict[str | None, Line] = {}
    for code in sorted(of_day.by_code, reverse=True):
        for line in of_day.by_code[code]:
            visits.setdefault(claim.rendering_npi(line), line)
    return visits.values()


def _finding(visit: Line, what: str, beside: tuple[Line, ...], by: tuple[Sourced, ...], unless: str = "") -> Finding:
    number = number_of(visit.code)
    established = next(codes for first, last, codes in _ESTABLISHED if first <= number <= last)
    return Finding(
        f"{visit.code} is for new patients; {what}.",
        f"Report the established patient's code that the note supports ({established}). No action if the other service "
        f"was not face to face{unless}.",
        line=visit,
        field="code",
        observed=visit.code,
        allowed=established,
        by=by,
        beside=beside,
        yields_to=("FMT",),
    )
