"""Add-on services of visits."""

from collections.abc import Iterator

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MOST_NAMED, same_session
from claimcheck.claim import PROFESSIONAL, Claim, Line
from claimcheck.message import WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import Fee, Listed, NotInForce, Rulebook
from claimcheck.rulebook.sections import number_of

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
