"""The global period of a procedure: which visits and procedures around it are paid.

A procedure with 0, 10 or 90 global days includes the visits of its day, one of 90 days also those of the day
before; one of 10 or 90 days what follows within them. A modifier on the visit, or on the later procedure, says
why it is paid all the same. All of it is by the practitioner who did the procedure.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

from claimcheck.checking import claim_check
from claimcheck.checks import citations
from claimcheck.checks.families import ASSISTANTS, RETURN, named
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.examples import AN_ORGANISATION, a_claim, a_line, fires, not_judged, passes
from claimcheck.message import INFORM, REJECT, WARN, Fault, NotJudged, maps
from claimcheck.rulebook import Absent, Fee, Listed, NotInForce, Pair, Rulebook, Rules
from claimcheck.sections import is_evaluation

_APART: Final = frozenset({"24", "25", "57", "FT"})
"""Modifiers that say why a visit is paid beside a procedure."""
_MINOR: Final = ("000", "010")
_MAJOR: Final = "090"
_LENGTH: Final = {"010": 10, "090": 90}
_PAYABLE: Final = ("A", "C", "R")
_PARTS: Final = frozenset({"54", "55", "56"})
_DAY: Final = timedelta(days=1)
_MAPS = maps("CO-97", "M144", "A3:776")
_ADOPTED: Final = "CMS global surgery rules"
_PAIRED = {"11042-99213": Pair("1")}
_CRITICAL: Final = ("99291", "99292")


class _Procedure(NamedTuple):
    """A line with a global period, and its row."""

    line: Line
    row: Fee


def _procedures(claim: Claim, rulebook: Rulebook, lines: Iterable[Line]) -> Iterator[_Procedure | NotJudged]:
    """Those of some lines that are payable procedures with a global period of the surgeon's own. An assistant's
    line has none; neither has postoperative (55) or preoperative (56) care alone on the day of surgery."""
    for line in lines:
        if is_evaluation(line.code) or not line.code or not {"55", "56", *ASSISTANTS}.isdisjoint(line.modifiers):
            continue
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row and row.global_days in (*_MINOR, _MAJOR) and row.status in _PAYABLE:
            yield _Procedure(line, row)


def _beside(claim: Claim, line: Line, days_later: int = 0) -> list[Line]:
    """The other lines of the day of a line, or of a day after it."""
    day = line.day
    if day is None:
        return []
    wanted = day + days_later * _DAY
    return [other for other in claim.lines if other is not line and other.day == wanted]


def _same_practitioner(claim: Claim, line: Line, other: Line) -> bool:
    return claim.rendering_npi(line) == claim.rendering_npi(other)


def _same_specialty(claim: Claim, line: Line, other: Line) -> bool:
    """Whether two practitioners who bill together are of one specialty: to Medicare they are as one."""
    specialty = claim.rendering_taxonomy(line)
    return specialty is not None and specialty == claim.rendering_taxonomy(other)


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
    """A visit, the procedures that include it, and whether they are by a colleague of the same specialty."""

    visit: Line
    procedures: list[_Procedure]
    listed: Listed
    by_colleague: bool


def _bundled(
    claim: Claim, rulebook: Rulebook, kinds: tuple[str, ...], later: int = 0
) -> Iterator[_Bundled | NotJudged]:
    """Visits without a modifier that procedures of some kinds include, on their own day or some days later."""
    for visit in claim.lines:
        rules = rulebook.on(visit.day)
        if not _is_open_visit(visit.service, rules):
            continue
        others = [o for o in _beside(claim, visit, later) if o.code and not is_evaluation(o.code)]
        if not others:
            continue
        try:
            listed = rules.listed("global_visits", visit.code)
        except NotInForce as gap:
            yield NotJudged(visit, gap.table)
            continue
        if not listed:
            continue
        found = list(_procedures(claim, rulebook, others))
        procedures = [p for p in found if isinstance(p, _Procedure) and p.row.global_days in kinds]
        mine = [p for p in procedures if _same_practitioner(claim, visit, p.line)]
        alike = [p for p in procedures if _same_specialty(claim, visit, p.line)]
        unpaired = [p for p in mine or alike if later or not _pair_speaks(visit, p.line, rules)]
        if unpaired:
            yield _Bundled(visit, unpaired, listed, not mine)
        elif not mine and not later:  # an unknown code of the next day says little about today's visit
            yield from (NotJudged(visit, gap.table) for gap in found if isinstance(gap, NotJudged))


def _bundled_fault(bundled: _Bundled, text: str, remedy: str) -> Fault:
    procedures = [procedure.line for procedure in bundled.procedures]
    return Fault(
        text + (" (The procedure is a colleague's of the same specialty.)" if bundled.by_colleague else ""),
        remedy,
        line=bundled.visit,
        field="modifiers",
        observed=named(procedures),
        severity=WARN if bundled.by_colleague else None,
        by=(bundled.listed, *(procedure.row for procedure in bundled.procedures)),
        beside=tuple(procedures),
    )


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
    cites=citations.GLOBAL_MODIFIERS,
    maps=_MAPS,
    needs=("fee_schedule", "ptp"),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_is_open_visit,
    across=True,
    by_services=True,
    examples=(
        fires(
            "a visit on the day of a minor procedure",
            a_claim(a_line("99213"), a_line("11042")),
            says="11042 (000 days)",
            **_MINOR_SURGERY,
        ),
        passes(
            "significant and separate",
            a_claim(a_line("99213-25"), a_line("11042")),
            **_MINOR_SURGERY,
        ),
        passes(
            "a pair edit speaks of the two",
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
            "a colleague's of the same specialty",
            a_claim(a_line("99213", rendering_npi="1234567802", rendering_taxonomy="207Q00000X"), a_line("11042")),
            severity=WARN,
            **_MINOR_SURGERY,
        ),
        not_judged(
            "no list of visits", a_claim(a_line("99213"), a_line("11042")), fee={"11042": Fee(global_days="000")}
        ),
    ),
)
def visit_on_day_of_minor_procedure(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """A visit on the day of a procedure with 0 or 10 global days, without a modifier that says why it is paid.

    The visit is included unless it is significant and separately identifiable (25 on the visit). Which visits
    are included is what NCCI bundles into such procedures: new patients' and emergency visits are not. Where a
    pair edit is in force for the two codes it speaks instead (PTP-1). A procedure by a colleague of the same
    group and specialty warns.
    """
    for said in _bundled(claim, rulebook, _MINOR):
        if isinstance(said, NotJudged):
            yield said
            continue
        text = f"The visit is included in {_described(said)} of the same day, unless significant and separate (25)."
        yield _bundled_fault(said, text, "Add 25 to the visit if the record shows a separate service; else remove it.")


def _described(bundled: _Bundled) -> str:
    return ", ".join(sorted({f"{p.line.code} ({p.row.global_days} days)" for p in bundled.procedures}))


@claim_check(
    "GLB-57",
    severity=REJECT,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_MODIFIERS,
    maps=_MAPS,
    needs=("fee_schedule", "ptp"),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_is_open_visit,
    across=True,
    by_services=True,
    examples=(
        fires(
            "a visit on the day of major surgery",
            a_claim(a_line("99213"), a_line("27447-RT")),
            says="27447 (090 days)",
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
def visit_before_major_procedure(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """A visit on the day of major surgery (90 global days), or the day before, without 57.

    It is included in the surgery unless the decision for it was made there (57 on the visit), or it was for
    something else (24, 25, FT). The day before warns: what the record shows decides. Where a pair edit is in
    force for the two codes it speaks instead (PTP-1).
    """
    for later in (0, 1):
        for said in _bundled(claim, rulebook, (_MAJOR,), later):
            if isinstance(said, NotJudged):
                yield said
                continue
            when = "of the same day" if later == 0 else "of the next day"
            text = f"The visit is included in {_described(said)} {when}, unless surgery was decided there (57)."
            fault = _bundled_fault(said, text, "Add 57 to the visit if the decision was made there; else remove it.")
            yield fault._replace(severity=WARN) if later else fault


def _bears(modifier: str) -> Callable[[Service, Rules], bool]:
    return lambda service, rules: is_evaluation(service.code) and modifier in service.modifiers


class _Around(NamedTuple):
    """A visit with a modifier, and the global days of the practitioner's procedures on its day and the next."""

    visit: Line
    today: list[_Procedure]
    tomorrow: list[_Procedure]


def _around(claim: Claim, rulebook: Rulebook, modifier: str) -> Iterator[_Around | NotJudged]:
    for visit in claim.lines:
        if modifier not in visit.modifiers or not is_evaluation(visit.code):
            continue
        days, gaps = [], []
        for later in (0, 1):
            lines = [o for o in _beside(claim, visit, later) if _same_practitioner(claim, visit, o)]
            found = list(_procedures(claim, rulebook, lines))
            days.append([p for p in found if isinstance(p, _Procedure)])
            gaps += [gap for gap in found if isinstance(gap, NotJudged)]
        if gaps:
            yield NotJudged(visit, gaps[0].table)
        else:
            yield _Around(visit, *days)


def _visit_fault(visit: Line, text: str, remedy: str, modifier: str, procedures: Iterable[_Procedure] = ()) -> Fault:
    return Fault(
        text,
        remedy,
        line=visit,
        field="modifiers",
        observed=modifier,
        by=tuple(procedure.row for procedure in procedures),
        beside=tuple(procedure.line for procedure in procedures),
    )


@claim_check(
    "GLB-57b",
    severity=WARN,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_MODIFIERS,
    maps=maps("CO-4", "N519", "A7:453"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_bears("57"),
    across=True,
    by_services=True,
    examples=(
        fires(
            "minor surgery alone", a_claim(a_line("99213-57"), a_line("11042")), fee={"11042": Fee(global_days="000")}
        ),
        passes("major surgery", a_claim(a_line("99213-57"), a_line("27447")), fee={"27447": Fee(global_days="090")}),
        passes("no surgery at all", a_claim(a_line("99213-57")), fee={}),
        not_judged("no fee schedule", a_claim(a_line("99213-57"), a_line("11042"))),
    ),
)
def decision_for_minor_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """57 on a visit, and only procedures with 0 or 10 global days on its day and the next.

    57 is for the decision to do major surgery (90 days). The decision for a minor procedure is included in it;
    a separate visit is shown by 25.
    """
    for said in _around(claim, rulebook, "57"):
        if isinstance(said, NotJudged):
            yield said
            continue
        procedures = [*said.today, *said.tomorrow]
        if procedures and all(p.row.global_days in _MINOR for p in procedures):
            text = f"57 is for major (90-day) surgery; {named(p.line for p in procedures)} has 0 or 10 days."
            yield _visit_fault(said.visit, text, "Use 25 if the visit was separate.", "57", procedures)


@claim_check(
    "GLB-57c",
    severity=INFORM,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_MODIFIERS,
    maps=maps("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_bears("57"),
    across=True,
    by_services=True,
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
def decision_without_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """57 on a visit, and no surgery on its day or the next in this batch: it may be on another claim."""
    for said in _around(claim, rulebook, "57"):
        if isinstance(said, NotJudged):
            yield said
        elif not said.today and not said.tomorrow:
            text = "57: no surgery of this practitioner that day or the next is in this batch."
            yield _visit_fault(said.visit, text, "Nothing to do if another claim bills it.", "57")


@claim_check(
    "GLB-25b",
    severity=INFORM,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_MODIFIERS,
    maps=maps("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_bears("25"),
    across=True,
    by_services=True,
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
def separate_visit_and_major_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """25 on a visit, and only major surgery (90 global days) that day: 57 says that surgery was decided there."""
    for said in _around(claim, rulebook, "25"):
        if isinstance(said, NotJudged):
            yield said
        elif (
            _only_major(said.today) and not {"24", "57"} & {*said.visit.modifiers} and said.visit.code not in _CRITICAL
        ):
            text = f"25 beside major (90-day) surgery ({named(p.line for p in said.today)}) alone."
            yield _visit_fault(said.visit, text, "Use 57 if the decision was made there.", "25", said.today)


def _only_major(procedures: list[_Procedure]) -> bool:
    return bool(procedures) and all(procedure.row.global_days == _MAJOR for procedure in procedures)


class _Period(NamedTuple):
    """A procedure whose global period a line falls into, and the days since."""

    procedure: _Procedure
    days: int


def _period_of(claim: Claim, rulebook: Rulebook, line: Line) -> _Period | NotJudged | None:
    """The latest earlier procedure by the same practitioner in whose 10 or 90 days a line falls. Surgical care
    alone (54) leaves what follows to another."""
    day = line.day
    if day is None:
        return None
    earlier = [
        other
        for other in claim.lines
        if (before := other.day)
        and day - 90 * _DAY <= before < day
        and not is_evaluation(other.code)
        and "54" not in other.modifiers
        and _same_practitioner(claim, line, other)
    ]
    found: list[_Period] = []
    for said in _procedures(claim, rulebook, earlier):
        if isinstance(said, NotJudged):
            return NotJudged(line, said.table)
        days = (day - (said.line.day or day)).days
        if days <= _LENGTH.get(said.row.global_days, 0):
            found.append(_Period(said, days))
    return min(found, key=lambda period: period.days, default=None)


def _spans_days(claim: Claim) -> bool:
    first = claim.lines[0].from_date if claim.lines else ""
    return any(line.from_date != first for line in claim.lines)


@claim_check(
    "GLB-24",
    severity=INFORM,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_MODIFIERS,
    maps=maps("", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=5,
    concerns=_bears("24"),
    across=True,
    by_services=True,
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
def unrelated_to_nothing(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """24 on a visit, and no procedure of the batch in whose global period it falls: it may be on another claim."""
    for visit in claim.lines:
        if "24" not in visit.modifiers or not is_evaluation(visit.code):
            continue
        period = _period_of(claim, rulebook, visit)
        if isinstance(period, NotJudged):
            yield period
        elif period is None:
            text = "24: no earlier procedure of this practitioner, whose global period would hold, is in this batch."
            yield _visit_fault(visit, text, "Nothing to do if an earlier claim billed it.", "24")


@claim_check(
    "GLB-POSTOP",
    severity=WARN,
    adopted_from=_ADOPTED,
    cites=citations.GLOBAL_SURGERY,
    maps=_MAPS,
    needs=("fee_schedule",),
    refines=("global_visits",),
    settings=(PROFESSIONAL,),
    step=5,
    across=True,
    by_services=True,
    examples=(
        fires(
            "a visit after surgery",
            a_claim(a_line("27447", day="20250301"), a_line("99213")),
            says="9 days after 27447",
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
            says="58, 78 or 79",
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
            "one practitioner, named once and understood once",
            a_claim(a_line("27447", day="20250301"), a_line("99213", rendering_npi=AN_ORGANISATION)),
            fee={"27447": Fee(global_days="090")},
            global_visits=_LISTED,
        ),
        not_judged("no fee schedule", a_claim(a_line("27447", day="20250301"), a_line("99213")), global_visits=_LISTED),
    ),
)
def within_global_period(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """A visit or procedure within the 10 or 90 days after the same practitioner's procedure, with no modifier for it.

    What belongs to the recovery is included. A visit for something else bears 24 (FT for critical care); a
    procedure bears 58 (staged), 78 (return to the operating room) or 79 (unrelated). Only what the batch holds
    is seen.
    """
    if not _spans_days(claim):
        return
    for line in claim.lines:
        visit = is_evaluation(line.code)
        telling = {"24", "FT"} if visit else RETURN
        if not telling.isdisjoint(line.modifiers) or (not visit and not _PARTS.isdisjoint(line.modifiers)):
            continue
        period = _period_of(claim, rulebook, line)
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
            yield _postoperative_fault(line, visit, period, included)


def _included(line: Line, visit: bool, rules: Rules) -> Listed | Fee | Absent | None:
    """The row by which a global period includes a line: a visit's in the list, a procedure's of the fee schedule."""
    if visit:
        return rules.listed("global_visits", line.code)
    row = rules.fee(line.code, line.modifiers)
    assistant = not frozenset(ASSISTANTS).isdisjoint(line.modifiers)
    return row if row and row.global_days in (*_MINOR, _MAJOR) and row.status in _PAYABLE and not assistant else None


def _postoperative_fault(line: Line, visit: bool, period: _Period, included: Listed | Fee | Absent) -> Fault:
    procedure = period.procedure
    length = int(procedure.row.global_days)
    since = "1 day" if period.days == 1 else f"{period.days} days"
    say = "24, or FT for critical care" if visit else "58, 78 or 79"
    return Fault(
        f"{line.code} falls {since} after {procedure.line.code}, within its {length} global days.",
        f"If it is paid apart, say why by {say}; otherwise remove the line.",
        line=line,
        field="modifiers",
        observed=since,
        by=(included, procedure.row),
        beside=(procedure.line,),
    )
