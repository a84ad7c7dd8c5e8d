"""The global period of a procedure: which visits and procedures around it are part of the global package.

A procedure with 0, 10 or 90 global days includes E/M visits on its date, one of 90 days also those of the day
before; one of 10 or 90 days includes follow-up within them. A modifier on the visit, or on the later procedure, shows
that it is payable separately. The package is that of the practitioner who performed the procedure; colleagues of the
same group and specialty are paid as one with them, so that their visits and procedures warn.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import AN_ORGANISATION, a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import ASSISTANTS, MOST_NAMED, RETURN, listing, named
from claimcheck.checks.physicians import COLLEAGUE, Maybe, Specialties, crosswalk, degrees_of
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, Severity, Sourced, codes
from claimcheck.rulebook import Absent, Fee, Listed, NotInForce, Pair, Rulebook, Rules
from claimcheck.rulebook.sections import is_evaluation

_APART: Final = frozenset({"24", "25", "57", "FT"})
"""Modifiers that make a visit payable beside a procedure."""
_MINOR: Final = ("000", "010")
_MAJOR: Final = "090"
_LENGTH: Final = {"010": 10, "090": 90}
_PAYABLE: Final = ("A", "C", "R")
_PARTS: Final = frozenset({"54", "55", "56"})
_MAPS = codes("CO-97", "M144", "A3:776")
_ADOPTED: Final = "CMS global surgery rules"
_PAIRED = {"11042-99213": Pair("1")}
_CRITICAL: Final = ("99291", "99292")


class _Procedure(NamedTuple):
    """A line with a global period, and its row."""

    line: Line
    row: Fee


def _procedure(rulebook: Rulebook, line: Line) -> _Procedure | NotJudged | None:
    """A line as a payable procedure with a global period of the surgeon's own, if it is one. An assistant's
    line has none; neither has postoperative (55) or preoperative (56) care alone on the day of surgery."""
    if is_evaluation(line.code) or not line.code or not {"55", "56", *ASSISTANTS}.isdisjoint(line.modifiers):
        return None
    try:
        row = rulebook.on(line.day).fee(line.code, line.modifiers)
        has_period = row and row.global_days in (*_MINOR, _MAJOR) and row.status in _PAYABLE
    except NotInForce as gap:
        return NotJudged(line, gap.table)
    return _Procedure(line, row) if row and has_period else None


def _length(row: Fee) -> str:
    """A global period as coders write it: ``0-day``, ``90-day``."""
    return f"{int(row.global_days)}-day"


class _Procedures:
    """Some procedures, and what findings tell of them: made once for all visits beside them, which may be many."""

    def __init__(self, all: Iterable[_Procedure] = ()) -> None:
        self.all = tuple(all)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Their lines."""
        return tuple(procedure.line for procedure in self.all)

    @cached_property
    def rows(self) -> tuple[Fee, ...]:
        """The rows of the first of them."""
        return tuple(procedure.row for procedure in self.all[:MOST_NAMED])

    @cached_property
    def lengths(self) -> frozenset[str]:
        """Their global days."""
        return frozenset(procedure.row.global_days for procedure in self.all)

    @cached_property
    def codes(self) -> str:
        """Their codes."""
        return named(self.lines)

    @cached_property
    def described(self) -> str:
        """Their codes, each with its global days."""
        return listing({f"{p.line.code} ({_length(p.row)})" for p in self.all})


_NO_PROCEDURES: Final = _Procedures()


class _OfDay:
    """What is billed on one day beside visits: the procedures of each practitioner, and lines of which nobody can tell
    whether they are procedures: the tables that are lacking, and one of each practitioner."""

    def __init__(self) -> None:
        self.billed = False
        self.by_npi: dict[str | None, list[_Procedure]] = {}
        self._by_specialty: dict[Specialties, dict[str, list[_Procedure]]] = {}
        self.gaps: set[str] = set()
        self.gap_of: dict[str | None, NotJudged] = {}

    def add(self, claim: Claim, line: Line, found: _Procedure | NotJudged | None, kinds: tuple[str, ...]) -> None:
        """Add a line of the day, as far as it is of these kinds."""
        self.billed = True
        npi = claim.rendering_npi(line)
        if isinstance(found, NotJudged):
            self.gaps.add(found.table)
            self.gap_of.setdefault(npi, found)
        elif found and found.row.global_days in kinds:
            self.by_npi.setdefault(npi, []).append(found)

    def of_colleagues(self, claim: Claim, visit: Line, specialties: Specialties) -> list[_Procedure]:
        """The procedures of colleagues of a visit's practitioner, who performed none."""
        if specialties not in self._by_specialty:
            known = self._by_specialty[specialties] = {}
            for procedure in chain.from_iterable(self.by_npi.values()):
                for specialty in specialties(claim, procedure.line):
                    known.setdefault(specialty, []).append(procedure)
        by_specialty = self._by_specialty[specialties]
        return next(filter(None, (by_specialty.get(one) for one in specialties(claim, visit))), [])


class _Days:
    """What a claim bills beside visits, by day: procedures of some kinds."""

    def __init__(self, claim: Claim, rulebook: Rulebook, kinds: tuple[str, ...] = (*_MINOR, _MAJOR)) -> None:
        self._days: dict[int, _OfDay] = {}  # by ordinal: the day after the last of the calendar is not a date
        for line in claim.lines:
            day = line.day
            if day and line.code and not is_evaluation(line.code):
                self._days.setdefault(day.toordinal(), _OfDay()).add(claim, line, _procedure(rulebook, line), kinds)

    def of(self, day: date | None, days_later: int = 0) -> _OfDay:
        """What is billed on a day, or so many days after it."""
        return (self._days.get(day.toordinal() + days_later) if day else None) or _OfDay()


def _is_open_visit(service: Service, rules: Rules) -> bool:
    return is_evaluation(service.code) and _APART.isdisjoint(service.modifiers)


def _pair_speaks(visit: Line, procedure: Line, rules: Rules) -> bool:
    """Whether an NCCI pair edit judges the two, so that this edit need not."""
    try:
        return bool(
            rules.pair(procedure.code, visit.code, PROFESSIONAL) or rules.pair(visit.code, procedure.code, PROFESSIONAL)
        )
    except NotInForce:
        return False


class _Bundled(NamedTuple):
    """A visit, the procedures that include it, and whether they are by a colleague of the same specialty, with the
    severity that this leaves and the rows by which it is the same."""

    visit: Line
    procedures: _Procedures
    listed: Listed
    by_colleague: bool
    severity: Severity | None
    crosswalk: tuple[Sourced, ...]


def _bundled(
    claim: Claim, rulebook: Rulebook, kinds: tuple[str, ...], maybe: Maybe, later: int = 0
) -> Iterator[_Bundled | NotJudged]:
    """Visits without a modifier that procedures of some kinds include, on their own day or some days later. Of those of
    one practitioner an NCCI pair may judge the two; it is never about two practitioners."""
    days: _Days | None = None
    degrees = degrees_of(rulebook, maybe)
    known: dict[tuple[object, ...], tuple[_Procedures, Severity | None]] = {}
    for visit in claim.lines:
        rules = rulebook.on(visit.day)
        if not _is_open_visit(visit.service, rules):
            continue
        days = days or _Days(claim, rulebook, kinds)
        of_day = days.of(visit.day, later)
        if not of_day.billed:
            continue
        try:
            listed = rules.listed("global_visits", visit.code)
        except NotInForce as gap:
            yield NotJudged(visit, gap.table)
            continue
        if not listed:
            continue
        npi = claim.rendering_npi(visit)
        mine = of_day.by_npi.get(npi, [])
        about = visit.code, visit.day, npi if mine else claim.rendering_taxonomy(visit), bool(mine)
        if about not in known:
            if mine:
                unpaired = (p for p in mine if later or not _pair_speaks(visit, p.line, rules))
                known[about] = _Procedures(unpaired), None
            else:
                known[about] = _by_colleagues(claim, visit, of_day, degrees)
        procedures, severity = known[about]
        if procedures.all:
            rows = crosswalk(claim, visit, procedures.lines[0], rulebook)
            yield _Bundled(visit, procedures, listed, not mine, severity, rows)
        elif not mine and not later:  # an unknown code of the next day says little about today's visit
            yield from (NotJudged(visit, table) for table in sorted(of_day.gaps))


def _by_colleagues(
    claim: Claim, visit: Line, of_day: _OfDay, degrees: list[tuple[Specialties, Severity | None]]
) -> tuple[_Procedures, Severity | None]:
    """The procedures of colleagues, of the surest degree to which there are any."""
    for specialties, severity in degrees:
        if found := of_day.of_colleagues(claim, visit, specialties):
            return _Procedures(found), severity or WARN
    return _NO_PROCEDURES, None


def _of_colleague(severity: Severity | None) -> str:
    """How a text says that a colleague performed a procedure."""
    return f" A colleague {'perhaps ' if severity == INFORM else ''}of the same specialty performed it."


def _bundled_finding(bundled: _Bundled, text: str, remedy: str) -> Finding:
    procedures = bundled.procedures
    return Finding(
        text + (_of_colleague(bundled.severity) if bundled.by_colleague else ""),
        remedy,
        line=bundled.visit,
        field="modifiers",
        observed=procedures.codes,
        severity=bundled.severity,
        by=(bundled.listed, *procedures.rows, *bundled.crosswalk),
        beside=procedures.lines,
        case=COLLEAGUE if bundled.by_colleague else "",
    )


_IF_SEPARATE = "If a significant, separately identifiable E/M is documented"
_LISTED = {"99213": Listed()}
_MINOR_SURGERY: Final[dict[str, Any]] = {
    "fee": {"11042": Fee(global_days="000")},
    "global_visits": _LISTED,
    "pairs": {},
}
_MAJOR_SURGERY: Final[dict[str, Any]] = {**_MINOR_SURGERY, "fee": {"27447": Fee(global_days="090")}}


@claim_check(
    "GLB-25",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=_MAPS,
    needs=("fee_schedule", "ptp"),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    cases=(COLLEAGUE,),
    applies_to=_is_open_visit,
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        fires(
            "a visit on the day of a minor procedure",
            a_claim(a_line("99213"), a_line("11042")),
            says="11042 (0-day)",
            **_MINOR_SURGERY,
        ),
        passes(
            "significant and separate",
            a_claim(a_line("99213-25"), a_line("11042")),
            **_MINOR_SURGERY,
        ),
        passes(
            "an NCCI edit reports the pair",
            a_claim(a_line("99213"), a_line("11042")),
            fee={"11042": Fee(global_days="000")},
            global_visits=_LISTED,
            pairs=_PAIRED,
        ),
        passes(
            "a service without a global period",
            a_claim(a_line("99213"), a_line("77469")),
            fee={"77469": Fee(global_days="XXX")},
            global_visits=_LISTED,
            pairs={},
        ),
        passes(
            "a new patient's visit",
            a_claim(a_line("99203"), a_line("11042")),
            **_MINOR_SURGERY,
        ),
        passes(
            "another practitioner's procedure",
            a_claim(a_line("99213", rendering_npi="1234567802", rendering_taxonomy="2086S0122X"), a_line("11042")),
            **_MINOR_SURGERY,
        ),
        fires(
            "a colleague's of the same specialty, also of an NCCI pair",
            a_claim(a_line("99213", rendering_npi="1234567802", rendering_taxonomy="207Q00000X"), a_line("11042")),
            severity=WARN,
            **_MINOR_SURGERY | {"pairs": _PAIRED},
        ),
        not_judged(
            "no list of visits", a_claim(a_line("99213"), a_line("11042")), fee={"11042": Fee(global_days="000")}
        ),
    ),
)
def visit_on_day_of_minor_procedure(
    claim: Claim, rulebook: Rulebook, *, maybe: Maybe = "nothing"
) -> Iterator[Finding | NotJudged]:
    """An E/M visit on the date of a procedure with 0 or 10 global days, without modifier 25.

    The visit is part of the global package unless it is significant and separately identifiable (25 on the E/M).
    Visits that NCCI bundles into such procedures are included: new patient and emergency visits are not. If an
    NCCI edit is in force for the two codes, PTP-1 reports it instead. A procedure by a colleague of the same
    group and specialty warns, whether there is an NCCI edit or not. ``maybe`` is what to report where a taxonomy code
    stands for several specialties, one of which is the colleague's (nothing, inform).
    """
    for said in _bundled(claim, rulebook, _MINOR, maybe):
        if isinstance(said, NotJudged):
            yield said
            continue
        visit = said.visit.code
        text = f"E/M {visit} is part of the global package of {said.procedures.described} on the same date."
        remedy = f"{_IF_SEPARATE}, append 25 to {visit}; otherwise remove it."
        yield _bundled_finding(said, text, remedy)


@claim_check(
    "GLB-57",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=_MAPS,
    needs=("fee_schedule", "ptp"),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    cases=(COLLEAGUE,),
    applies_to=_is_open_visit,
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        fires(
            "a visit on the day of major surgery",
            a_claim(a_line("99213"), a_line("27447-RT")),
            says="27447 (90-day)",
            **_MAJOR_SURGERY,
        ),
        fires(
            "a visit on the day before",
            a_claim(a_line("99213", day="20250309"), a_line("27447-RT")),
            severity=WARN,
            **_MAJOR_SURGERY,
        ),
        passes(
            "the visit at which surgery was decided",
            a_claim(a_line("99213-57"), a_line("27447-RT")),
            **_MAJOR_SURGERY,
        ),
        passes(
            "an assistant's visit",
            a_claim(a_line("99213"), a_line("27447-80")),
            **_MAJOR_SURGERY,
        ),
        not_judged(
            "no list of visits", a_claim(a_line("99213"), a_line("27447-RT")), fee={"27447": Fee(global_days="090")}
        ),
    ),
)
def visit_before_major_procedure(
    claim: Claim, rulebook: Rulebook, *, maybe: Maybe = "nothing"
) -> Iterator[Finding | NotJudged]:
    """An E/M visit on the date of major surgery (90 global days), or the day before, without modifier 57.

    The visit is part of the global package unless the decision for surgery was made there (57 on the E/M), or it
    was unrelated or separate (24, 25, FT). The day before warns: the record decides. If an NCCI edit is in force
    for the two codes, PTP-1 reports it instead. Surgery by a colleague of the same group and specialty warns. ``maybe``
    is what to report where a taxonomy code stands for several specialties, one of which is the colleague's (nothing,
    inform).
    """
    for later in (0, 1):
        for said in _bundled(claim, rulebook, (_MAJOR,), maybe, later):
            if isinstance(said, NotJudged):
                yield said
                continue
            visit = said.visit.code
            when = "on the day of" if later == 0 else "on the day before"
            text = f"E/M {visit} {when} {said.procedures.described}, part of its global package."
            remedy = f"Append 57 to {visit} if this visit was the decision for surgery; otherwise remove it."
            finding = _bundled_finding(said, text, remedy)
            yield finding._replace(severity=finding.severity or WARN) if later else finding


def _bears(modifier: str) -> Callable[[Service, Rules], bool]:
    return lambda service, rules: is_evaluation(service.code) and modifier in service.modifiers


class _Around(NamedTuple):
    """A visit with a modifier, and its practitioner's procedures on its day, and on it and the next."""

    visit: Line
    today: _Procedures
    both_days: _Procedures


def _around(claim: Claim, rulebook: Rulebook, modifier: str) -> Iterator[_Around | NotJudged]:
    days: _Days | None = None
    known: dict[tuple[object, ...], tuple[NotJudged | None, _Procedures, _Procedures]] = {}
    for visit in claim.lines:
        if modifier not in visit.modifiers or not is_evaluation(visit.code):
            continue
        days = days or _Days(claim, rulebook)
        npi = claim.rendering_npi(visit)
        about = visit.day, npi
        if about not in known:
            today, tomorrow = days.of(visit.day), days.of(visit.day, 1)
            gap = today.gap_of.get(npi) or tomorrow.gap_of.get(npi)
            both = _Procedures((*today.by_npi.get(npi, ()), *tomorrow.by_npi.get(npi, ())))
            known[about] = gap, _Procedures(today.by_npi.get(npi, ())), both
        gap, of_day, of_both_days = known[about]
        yield NotJudged(visit, gap.table) if gap else _Around(visit, of_day, of_both_days)


def _visit_finding(
    visit: Line, text: str, remedy: str, modifier: str, procedures: _Procedures = _NO_PROCEDURES
) -> Finding:
    return Finding(
        text,
        remedy,
        line=visit,
        field="modifiers",
        observed=modifier,
        by=procedures.rows,
        beside=procedures.lines,
    )


@claim_check(
    "GLB-57-MINOR",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("CO-4", "N519", "A7:453"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_bears("57"),
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        fires(
            "minor surgery alone", a_claim(a_line("99213-57"), a_line("11042")), fee={"11042": Fee(global_days="000")}
        ),
        passes("major surgery", a_claim(a_line("99213-57"), a_line("27447")), fee={"27447": Fee(global_days="090")}),
        passes("no surgery at all", a_claim(a_line("99213-57")), fee={}),
        not_judged("no fee schedule", a_claim(a_line("99213-57"), a_line("11042"))),
    ),
)
def decision_for_minor_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Modifier 57 on a visit, with only procedures of 0 or 10 global days on its date and the next.

    57 is for the decision for major surgery (90 global days). The decision for a minor procedure is part of its
    global package; report a separately identifiable visit with 25.
    """
    for said in _around(claim, rulebook, "57"):
        if isinstance(said, NotJudged):
            yield said
            continue
        procedures = said.both_days
        if procedures.all and procedures.lengths.issubset(_MINOR):
            text = f"Modifier 57 applies to major (90-day) surgery; billed is {procedures.described}."
            remedy = f"{_IF_SEPARATE}, replace 57 with 25; otherwise remove {said.visit.code}."
            yield _visit_finding(said.visit, text, remedy, "57", procedures)


@claim_check(
    "GLB-57-NONE",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_bears("57"),
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        fires("no surgery here", a_claim(a_line("99213-57")), fee={}),
        passes(
            "surgery the next day",
            a_claim(a_line("99213-57"), a_line("27447", day="20250311")),
            fee={"27447": Fee(global_days="090")},
        ),
        not_judged("no fee schedule", a_claim(a_line("99213-57"), a_line("27447"))),
    ),
)
def decision_without_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Modifier 57 on a visit, and no procedure on its date or the next in this batch: it may be on another claim."""
    for said in _around(claim, rulebook, "57"):
        if isinstance(said, NotJudged):
            yield said
        elif not said.both_days.all:
            text = (
                "Modifier 57 reported, but no procedure by this practitioner on this or the next date is in this batch."
            )
            yield _visit_finding(said.visit, text, "No action if another claim bills it.", "57")


@claim_check(
    "GLB-25-MAJOR",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_bears("25"),
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        fires(
            "major surgery alone", a_claim(a_line("99213-25"), a_line("27447")), fee={"27447": Fee(global_days="090")}
        ),
        passes(
            "minor surgery too",
            a_claim(a_line("99213-25"), a_line("27447"), a_line("11042")),
            fee={"27447": Fee(global_days="090"), "11042": Fee(global_days="000")},
        ),
        passes("critical care", a_claim(a_line("99291-25"), a_line("27447")), fee={"27447": Fee(global_days="090")}),
        not_judged("no fee schedule", a_claim(a_line("99213-25"), a_line("27447"))),
    ),
)
def separate_visit_and_major_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Modifier 25 on a visit, with only major surgery (90 global days) on that date: 57 is for the decision for it."""
    for said in _around(claim, rulebook, "25"):
        if isinstance(said, NotJudged):
            yield said
        elif (
            said.today.lengths == {_MAJOR}
            and not {"24", "57"} & {*said.visit.modifiers}
            and said.visit.code not in _CRITICAL
        ):
            text = f"Modifier 25 reported with major surgery only: {said.today.described}."
            remedy = "Replace 25 with 57 if this visit was the decision for surgery."
            yield _visit_finding(said.visit, text, remedy, "25", said.today)


def _has_follow_up(service: Service, rules: Rules) -> bool:
    """Whether a service may have a global period of 10 or 90 days."""
    if is_evaluation(service.code) or not service.code:
        return False
    row = rules.fee(service.code, service.modifiers)
    return bool(row and row.global_days in _LENGTH)


class _Period(NamedTuple):
    """A procedure whose global period a line falls into, and the days since; the severity where a colleague performed
    it."""

    procedure: _Procedure
    days: int
    of_colleague: Severity | None = None


class _OfPractitioner:
    """What one practitioner did that may have a global period, by day, each with its place on the claim."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.gaps: dict[date, tuple[int, NotJudged]] = {}
        self.procedures: dict[tuple[date, str], tuple[int, _Procedure]] = {}

    def add(self, place: int, day: date, found: _Procedure | NotJudged) -> None:
        """Add a procedure; of several alike on one day the first counts."""
        self.days.append(day)
        if isinstance(found, NotJudged):
            self.gaps.setdefault(day, (place, found))
        else:
            self.procedures.setdefault((day, found.row.global_days), (place, found))

    def period(self, day: date) -> _Period | NotJudged | None:
        """The latest procedure in whose 10 or 90 days a day falls; what is not known, if anything within them."""
        first = date.fromordinal(max(1, day.toordinal() - _LENGTH[_MAJOR]))
        before = self.days[bisect_left(self.days, first) : bisect_left(self.days, day)]
        if gaps := [self.gaps[one] for one in before if one in self.gaps]:
            return min(gaps, key=itemgetter(0))[1]
        for one in reversed(before):
            days = (day - one).days
            open = [self.procedures.get((one, length)) for length, last in _LENGTH.items() if days <= last]
            if any(open):
                return _Period(min(filter(None, open), key=itemgetter(0))[1], days)
        return None


class _Periods:
    """The procedures of a claim with a global period. Surgical care alone (54) leaves what follows to another."""

    def __init__(self, claim: Claim, rulebook: Rulebook, maybe: Maybe = "nothing") -> None:
        self._claim = claim
        self._degrees = degrees_of(rulebook, maybe)
        self._performed: list[tuple[int, date, _Procedure]] = []
        self._by_npi: dict[str | None, _OfPractitioner] = {}
        self._by_specialty: dict[Specialties, dict[str, _OfPractitioner]] = {}
        self._known: dict[tuple[str | None, str | None, date], _Period | NotJudged | None] = {}
        for place, line in enumerate(claim.lines):
            if line.day and "54" not in line.modifiers and (found := _procedure(rulebook, line)):
                self._by_npi.setdefault(claim.rendering_npi(line), _OfPractitioner()).add(place, line.day, found)
                if isinstance(found, _Procedure):
                    self._performed.append((place, line.day, found))
        _in_order(self._by_npi.values())

    def of(self, line: Line) -> _Period | NotJudged | None:
        """The latest earlier procedure in whose 10 or 90 days a line falls: by the same practitioner, else by a
        colleague of the same specialty."""
        day, npi = line.day, self._claim.rendering_npi(line)
        if day is None or not self._by_npi:
            return None
        about = npi, self._claim.rendering_taxonomy(line), day
        if about not in self._known:
            mine = self._by_npi[npi].period(day) if npi in self._by_npi else None
            self._known[about] = mine or self._of_colleagues(line, day)
        known = self._known[about]
        return NotJudged(line, known.table) if isinstance(known, NotJudged) else known

    def _of_colleagues(self, line: Line, day: date) -> _Period | None:
        """The same of colleagues, where the practitioner of the line has none. What is not known to be a procedure says
        nothing of a colleague's visits."""
        if {*self._by_npi} <= {self._claim.rendering_npi(line)}:
            return None
        for specialties, severity in self._degrees:
            by_specialty = self._of_specialties(specialties)
            for specialty in specialties(self._claim, line):
                period = by_specialty[specialty].period(day) if specialty in by_specialty else None
                if isinstance(period, _Period):
                    return period._replace(of_colleague=severity or WARN)
        return None

    def _of_specialties(self, specialties: Specialties) -> dict[str, _OfPractitioner]:
        known = self._by_specialty.get(specialties)
        if known is None:
            known = self._by_specialty[specialties] = {}
            for place, day, procedure in self._performed:
                for specialty in specialties(self._claim, procedure.line):
                    known.setdefault(specialty, _OfPractitioner()).add(place, day, procedure)
            _in_order(known.values())
        return known


def _in_order(all: Iterable[_OfPractitioner]) -> None:
    for of_practitioner in all:
        of_practitioner.days = sorted(set(of_practitioner.days))


def _spans_days(claim: Claim) -> bool:
    first = claim.lines[0].from_date if claim.lines else ""
    return any(line.from_date != first for line in claim.lines)


@claim_check(
    "GLB-24",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_bears("24"),
    across=True,
    services_only=True,
    examples=(
        fires("no surgery before it", a_claim(a_line("99213-24")), fee={}),
        passes(
            "within the period",
            a_claim(a_line("27447", day="20250301"), a_line("99213-24")),
            fee={"27447": Fee(global_days="090")},
        ),
        fires(
            "after the period",
            a_claim(a_line("10060", day="20250201"), a_line("99213-24")),
            fee={"10060": Fee(global_days="010")},
        ),
        not_judged("no fee schedule", a_claim(a_line("27447", day="20250301"), a_line("99213-24"))),
    ),
)
def unrelated_to_nothing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Modifier 24 on a visit in no open global period of this batch: the procedure may have been billed earlier."""
    periods: _Periods | None = None
    for visit in claim.lines:
        if "24" not in visit.modifiers or not is_evaluation(visit.code):
            continue
        periods = periods or _Periods(claim, rulebook)
        period = periods.of(visit)
        if isinstance(period, NotJudged):
            yield period
        elif period is None:
            text = "Modifier 24 reported, but no procedure with an open global period is in this batch."
            yield _visit_finding(visit, text, "No action if it was billed earlier.", "24")


@claim_check(
    "GLB-POSTOP",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.GLOBAL_SURGERY,
    codes=_MAPS,
    needs=("fee_schedule",),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    cases=(COLLEAGUE,),
    applies_to=_has_follow_up,
    across=True,
    services_only=True,
    examples=(
        fires(
            "a visit after surgery",
            a_claim(a_line("27447", day="20250301"), a_line("99213")),
            says="9 days into the 90-day global of 27447",
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        passes(
            "for something else",
            a_claim(a_line("27447", day="20250301"), a_line("99213-24")),
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        fires(
            "another procedure",
            a_claim(a_line("27447", day="20250301"), a_line("11042")),
            says="into the 90-day global",
            fee={"27447": Fee(global_days="090"), "11042": Fee(global_days="000")},
        ),
        passes(
            "a staged one",
            a_claim(a_line("27447", day="20250301"), a_line("11042-58")),
            fee={"27447": Fee(global_days="090"), "11042": Fee(global_days="000")},
        ),
        passes(
            "a service without a global period",
            a_claim(a_line("27447", day="20250301"), a_line("71046")),
            fee={"27447": Fee(global_days="090"), "71046": Fee(global_days="XXX")},
        ),
        passes(
            "after ten days",
            a_claim(a_line("10060", day="20250227"), a_line("99213")),
            fee={"10060": Fee(global_days="010")},
            global_visits=_LISTED,
        ),
        passes(
            "surgical care alone",
            a_claim(a_line("66984-54", day="20250301"), a_line("92012")),
            fee={"66984": Fee(global_days="090")},
            global_visits={"92012": Listed()},
        ),
        passes(
            "by another practitioner",
            a_claim(a_line("27447", day="20250301"), a_line("99213", rendering_npi="1234567802")),
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        fires(
            "by a colleague of the same specialty",
            a_claim(
                a_line("27447", day="20250301"),
                a_line("99213", rendering_npi="1234567802", rendering_taxonomy="207Q00000X"),
            ),
            says="A colleague of the same specialty performed it",
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        fires(
            "one practitioner, with an NPI on one line only",
            a_claim(a_line("27447", day="20250301"), a_line("99213", rendering_npi=AN_ORGANISATION)),
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        not_judged("no fee schedule", a_claim(a_line("27447", day="20250301"), a_line("99213")), global_visits=_LISTED),
    ),
)
def within_global_period(
    claim: Claim, rulebook: Rulebook, *, maybe: Maybe = "nothing"
) -> Iterator[Finding | NotJudged]:
    """A visit or procedure within a 10- or 90-day global period, without a modifier.

    Follow-up that belongs to the recovery is part of the global package. An unrelated visit requires 24 (FT for
    critical care); a procedure requires 58 (staged or related), 78 (unplanned return to the operating room) or 79
    (unrelated). The period is that of the practitioner who performed the procedure, and of colleagues of the same group
    and specialty. Only procedures in this batch are known. ``maybe`` is what to report where a taxonomy code stands for
    several specialties, one of which is the colleague's (nothing, inform).
    """
    if not _spans_days(claim):
        return
    periods = _Periods(claim, rulebook, maybe)
    for line in claim.lines:
        visit = is_evaluation(line.code)
        telling = {"24", "FT"} if visit else RETURN
        if not telling.isdisjoint(line.modifiers) or (not visit and not _PARTS.isdisjoint(line.modifiers)):
            continue
        period = periods.of(line)
        if period is None:
            continue
        if isinstance(period, NotJudged):
            yield period
            continue
        try:
            included = _included(line, visit, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if included:
            rows = crosswalk(claim, line, period.procedure.line, rulebook)
            yield _postoperative_finding(line, visit, period, (included, period.procedure.row, *rows))


def _included(line: Line, visit: bool, rules: Rules) -> Listed | Fee | Absent | None:
    """The row by which a global period includes a line: a visit's in the list, a procedure's of the fee schedule."""
    if visit:
        return rules.listed("global_visits", line.code)
    row = rules.fee(line.code, line.modifiers)
    assistant = not frozenset(ASSISTANTS).isdisjoint(line.modifiers)
    return row if row and row.global_days in (*_MINOR, _MAJOR) and row.status in _PAYABLE and not assistant else None


def _postoperative_finding(line: Line, visit: bool, period: _Period, by: tuple[Sourced, ...]) -> Finding:
    procedure = period.procedure
    since = "1 day" if period.days == 1 else f"{period.days} days"
    if visit:
        remedy = "Append 24 if unrelated (FT for critical care); otherwise it is not billable, remove it."
    else:
        remedy = (
            "If documented, append 58 (staged or related), 78 (unplanned return to the operating room) or 79 "
            "(unrelated); otherwise it is part of the global package: remove it."
        )
    text = f"{line.code} is {since} into the {_length(procedure.row)} global of {procedure.line.code}."
    return Finding(
        text + (_of_colleague(period.of_colleague) if period.of_colleague else ""),
        remedy,
        line=line,
        field="modifiers",
        observed=since,
        severity=period.of_colleague,
        by=by,
        beside=(procedure.line,),
        case=COLLEAGUE if period.of_colleague else "",
    )
