"""Visits: their add-on services, and visits that two practitioners split."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MOST_NAMED, same_session
from claimcheck.claim import PROFESSIONAL, Claim, Line
from claimcheck.message import REJECT, WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import Fee, Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import is_anesthesia, is_radiology_or_laboratory, is_surgery, number_of

_COMPLEXITY = "G2211"
_OFFICE_VISITS = (99202, 99215)
_EXEMPT_FROM = 2025
"""The year from which a preventive service on the same date keeps the add-on payable."""


def _is_visit_with_25(line: Line) -> bool:
    return "25" in line.modifiers and _OFFICE_VISITS[0] <= number_of(line.code) <= _OFFICE_VISITS[1]


@claim_check(
    "VISIT-COMPLEXITY",
    severity=WARN,
    adopted_from="CMS fee schedule",
    citation=citations.VISIT_COMPLEXITY,
    codes=codes("CO-97", "M15", "A3:735", "L"),
    needs=("fee_schedule",),
    refines=("preventive_services",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: service.code == _COMPLEXITY,
    services_only=True,
    examples=(
        passes("a visit alone", a_claim(a_line("99214"), a_line("G2211")), fee={"G2211": Fee()}),
        fires(
            "a visit with 25 beside an injection of a joint",
            a_claim(a_line("99214-25"), a_line("G2211"), a_line("20610")),
            says="not payable when 99214 has 25",
            fee={"G2211": Fee()},
            preventive_services={},
        ),
        passes(
            "beside a wellness visit",
            a_claim(a_line("99214-25"), a_line("G2211"), a_line("G0439")),
            fee={"G2211": Fee()},
            preventive_services={"G0439": Listed()},
        ),
        fires(
            "beside a wellness visit, in 2024",
            a_claim(
                a_line("99214-25", day="20240310"), a_line("G2211", day="20240310"), a_line("G0439", day="20240310")
            ),
            fee={"G2211": Fee()},
        ),
        fires("25 for nothing on the claim", a_claim(a_line("99214-25"), a_line("G2211")), fee={"G2211": Fee()}),
        passes(
            "another day's visit", a_claim(a_line("99214-25", day="20250309"), a_line("G2211")), fee={"G2211": Fee()}
        ),
        passes("bundled, as until 2023", a_claim(a_line("99214-25"), a_line("G2211")), fee={"G2211": Fee("B")}),
        not_judged("no fee schedule", a_claim(a_line("99214-25"), a_line("G2211"))),
        not_judged(
            "no list of preventive services for the day",
            a_claim(a_line("99214-25"), a_line("G2211"), a_line("G0439")),
            fee={"G2211": Fee()},
        ),
    ),
)
def complexity_beside_25(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The complexity add-on G2211 with an office visit that has modifier 25.

    Since 2024 Medicare pays G2211 with an office visit (99202 to 99215), but not if that visit has 25. From 2025 on
    it is payable all the same if the other service of the date is a Part B preventive service, vaccine
    administration or an annual wellness visit (AWV). Remove G2211, or remove 25 if no other service requires it.
    Payers other than Medicare have rules of their own.
    """
    sessions: dict[tuple[object, ...], list[Line]] = {}
    for line in claim.lines:
        sessions.setdefault(same_session(claim, line), []).append(line)
    for same_day in sessions.values():
        visit = next((line for line in same_day if _is_visit_with_25(line)), None)
        complexity = [line for line in same_day if line.code == _COMPLEXITY]
        if visit is None or not complexity:
            continue
        try:
            row = rulebook.on(visit.day).fee(_COMPLEXITY)
            if not row or row.status != "A":
                continue
            exempt, looked_up = _exempt(visit, same_day, rulebook)
        except NotInForce as gap:
            yield from (NotJudged(line, gap.table) for line in complexity)
            continue
        for line in complexity if not exempt else ():
            yield Finding(
                f"{_COMPLEXITY} is not payable when {visit.code} has 25{_exception(visit)}.",
                f"Remove {_COMPLEXITY}, or remove 25 from {visit.code} if no other service requires it.",
                line=line,
                field="code",
                observed=_COMPLEXITY,
                by=(row, *looked_up),
            )


def _exception(visit: Line) -> str:
    """What would keep the add-on payable on the day of a visit."""
    if visit.day is None or visit.day.year < _EXEMPT_FROM:
        return ""
    return ", except with preventive services, AWV or vaccine administration; none is billed for this date"


def _exempt(line: Line, same_day: list[Line], rulebook: Rulebook) -> tuple[bool, tuple[Sourced, ...]]:
    """Whether a service of the day keeps the add-on payable, and the rows that say no."""
    if line.day is None or line.day.year < _EXEMPT_FROM:
        return False, ()
    rules = rulebook.on(line.day)
    others = sorted({o.code for o in same_day if o.code != _COMPLEXITY and not _is_visit_with_25(o)})
    rows = [rules.listed("preventive_services", code) for code in others]
    return any(rows), tuple(rows[:MOST_NAMED])


_FS_BEGINS: Final = date(2022, 1, 1)
_SPLIT_ADD_ONS: Final = frozenset({"99292", "99418", "G0316", "G0317", "G0318", "G2212"})
"""Add-on codes of visits that may be split."""
_OFFICES: Final = frozenset(("11", "12", "13", "14", "20", "49", "50", "71", "72"))
"""No part of a facility."""
_PERHAPS_FACILITIES: Final = frozenset(("24", "32", "33", "54"))
_A_VISIT = {"99214": Listed(), "99233": Listed()}


@claim_check(
    "FS-PLACE",
    severity=REJECT,
    adopted_from="CMS rules of split visits",
    citation=citations.SPLIT_VISITS,
    codes=codes("CO-4", "N519", "A8:453"),
    refines=("visits",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: "FS" in service.modifiers,
    examples=(
        passes("in a hospital", a_claim(a_line("99233-FS", pos="21")), visits=_A_VISIT),
        fires("in an office", a_claim(a_line("99214-FS")), says="POS 11", visits=_A_VISIT),
        fires(
            "in a nursing facility", a_claim(a_line("99214-FS", pos="32")), severity=WARN, says="32", visits=_A_VISIT
        ),
        passes("prolonged", a_claim(a_line("99418-FS", pos="21"))),
        fires("prolonged, in an office", a_claim(a_line("G2212-FS")), says="POS 11"),
        fires("on a procedure", a_claim(a_line("11042-FS", pos="22")), says="E/M services only"),
        fires("on another service", a_claim(a_line("96372-FS", pos="22")), says="E/M services only", visits=_A_VISIT),
        passes("before FS", a_claim(a_line("99214-FS", day="20211231"))),
        fires("on its first day", a_claim(a_line("99214-FS", day="20220101")), visits=_A_VISIT),
        not_judged("no list of visits", a_claim(a_line("99214-FS"))),
    ),
)
def split_visit_outside_facility(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Modifier FS (split or shared visit) outside of a facility, or on something other than an E/M service.

    From 2022 on a visit may be split between a physician and another practitioner of the group in a facility only. In
    an office the visit is that of the practitioner who performed it, or incident to a physician's service. Places that
    may belong to a facility (24, 32, 33, 54) warn.
    """
    for line in claim.lines:
        if "FS" not in line.modifiers or line.day is None or line.day < _FS_BEGINS:
            continue
        try:
            yield from _split_findings(line, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _split_findings(line: Line, rules: Rules) -> Iterator[Finding]:
    code, place = line.code, line.service.place_of_service or ""
    finding = Finding("", "", line=line, field="modifiers", observed="FS")
    is_procedure = is_anesthesia(code) or is_surgery(code) or is_radiology_or_laboratory(code)
    row = None if is_procedure or code in _SPLIT_ADD_ONS else rules.listed("visits", code)
    by = () if row is None else (row,)
    if is_procedure or (row is not None and not row):
        text = f"Modifier FS (split or shared visit) applies to E/M services only; {code} is not one."
        yield finding._replace(text=text, remedy="Remove FS; append it to the visit if that was split.", by=by)
    elif place in _OFFICES or place in _PERHAPS_FACILITIES:
        yield finding._replace(
            text=f"Modifier FS (split or shared visit) requires a facility; POS {place} is reported.",
            remedy="Remove FS and bill the practitioner who performed the visit, or incident to; or correct the POS.",
            soft=place in _OFFICES,
            severity=WARN if place in _PERHAPS_FACILITIES else None,
            by=by,
            codes=codes("CO-5", "M77", "A8:453"),
        )
