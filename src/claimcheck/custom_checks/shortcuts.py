"""The proof of a check's shortcuts (``Check``): with them it says the same as without, of claims that are put together
from its examples.

The services of each example are billed with what else stands on the lines and claims of the others, and the other way
round; on other days, at other charges, for another patient, by another provider, in other numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from claimcheck.authoring.check import Check
from claimcheck.authoring.examples import A_PHYSICIAN, Example, a_line
from claimcheck.claim import Claim, Line
from claimcheck.engine.findings import CHECK_FAILED, ActiveCheck
from claimcheck.engine.loop import Engine
from claimcheck.memory import NOTHING, Earlier
from claimcheck.rulebook import Rulebook

SHORTCUTS: Final[tuple[tuple[str, ...], ...]] = (
    ("applies_to", "repeated"),
    ("services_only",),
    ("days_apart",),
    ("clean_if",),
)
"""The shortcuts of a check, those that work together as one."""

_SOME_LINES: Final = tuple(a_line(code) for code in ("99213", "71046", "85025", "27447-RT", "J1885", "97110-GP"))
"""Lines of several sections of codes, which a check's own examples may not have."""
_MOST_LINES: Final = 40
"""Lines of other examples that each is combined with."""
_OTHER_DAYS: Final = (-1500, -700, -365, -91, -31, -1, 1, 31, 91, 365)
_DAYS_APART: Final = (0, -1, 1, -2, 2, -10, -31, 31, -90)


def shortcut_failure(check: Check) -> str:
    """Which shortcut of a check does not hold, and on what claim; blank where they do."""
    in_full = replace(check, applies_to=None, repeated=False, services_only=False, days_apart=None, clean_if=None)
    for names in SHORTCUTS:
        values = {name: getattr(check, name) for name in names}
        used: dict[str, Any] = {
            name: value for name, value in values.items() if value is not None and value is not False
        }
        if used:
            shortened = replace(in_full, **used)
            for example in check.examples:
                if claim := _claim_that_differs(check, example, shortened, in_full):
                    codes = ", ".join(line.code for line in claim.lines[:5]) or "no line"
                    given = "= and ".join(used)
                    return f"{given}= does not hold: with it, the check does not say of a claim ({codes}) what it says"
    return ""


def _claim_that_differs(check: Check, example: Example, shortened: Check, in_full: Check) -> Claim | None:
    """A claim of which a check says something else with a shortcut, by the rules and options of an example."""
    book = Rulebook.of(**example.tables)
    options = {**check.options, **example.options}
    with_it, without = (
        Engine(book, [ActiveCheck(each, each.severity, each.severity, options)], "example")
        for each in (shortened, in_full)
    )
    for claim, earlier in chain(
        ((claim, NOTHING) for claim in _claims_like(check, example)), _claims_beside(check, example)
    ):
        expected = without.check(claim, earlier)
        if CHECK_FAILED.id in expected.checks:  # it need not understand what no example has
            continue
        if with_it.check(claim, earlier, with_it.clean_checks([claim])) != expected:
            return claim
    return None


def _claims_beside(check: Check, example: Example) -> Iterator[tuple[Claim, Earlier]]:
    """Of a check that looks across claims, an example's lines as those of a claim and of earlier ones, billed for other
    days."""
    claim = example.subject
    if check.reach != "HISTORY" or not isinstance(claim, Claim):
        return
    for at, line in enumerate(claim.lines[:_MOST_LINES]):
        others = claim.lines[:at] + claim.lines[at + 1 :]
        for days in _DAYS_APART:
            moved = tuple(_moved(other, days) for other in others)
            for own, before in (((line,), moved), (moved, (line,))):
                if own and before:
                    yield claim._replace(lines=own), Earlier(before, {id(one): "EARLIER" for one in before})


def _claims_like(check: Check, example: Example) -> Iterator[Claim]:
    """An example's claim, and what it may be together with the other examples."""
    claim = example.subject
    if not isinstance(claim, Claim):
        return
    yield claim
    claims = [other.subject for other in check.examples if isinstance(other.subject, Claim)]
    lines = [*_SOME_LINES, *(line for other in claims for line in other.lines)][:_MOST_LINES]
    for line in claim.lines[:_MOST_LINES]:
        yield claim._replace(lines=(line,))
    for other in lines:
        yield claim._replace(lines=tuple(line._replace(service=other.service) for line in claim.lines))
        yield claim._replace(lines=tuple(_with_details_of(other, line) for line in claim.lines))
        yield claim._replace(lines=tuple(other._replace(service=line.service) for line in claim.lines))
        yield claim._replace(lines=(*claim.lines, other._replace(number="99")))
    for another in claims:
        yield another._replace(lines=claim.lines)
    for days in _OTHER_DAYS:
        yield claim._replace(lines=tuple(_moved(line, days) for line in claim.lines))
    yield claim._replace(lines=tuple(line._replace(charge="0.00", pointers=()) for line in claim.lines))
    yield claim._replace(diagnoses=("I10", "E119"), birth_date="20240101", sex="F", patient_id="P")
    yield claim._replace(billing_npi=A_PHYSICIAN, billing_taxonomy="208600000X", received_date="20260101")
    yield claim._replace(type_of_bill="851", frequency="7", filing_indicator="CI", claim_id="ANOTHER")
    yield claim._replace(charge="100000.01", original_reference="1", payer_responsibility="S", other_payers=())
    yield claim._replace(original_reference="", trial_number="", payer_responsibility="", other_payers=("A",))


def _with_details_of(other: Line, line: Line) -> Line:
    """A line with all of another but its service and dates."""
    return other._replace(service=line.service, from_date=line.from_date, to_date=line.to_date, number=line.number)


def _moved(line: Line, days: int) -> Line:
    """A line so many days later, with its span."""
    later = timedelta(days)
    first = f"{line.day + later:%Y%m%d}" if line.day else line.from_date
    last = f"{line.last_day + later:%Y%m%d}" if line.to_date and line.last_day else line.to_date
    return line._replace(from_date=first, to_date=last)
