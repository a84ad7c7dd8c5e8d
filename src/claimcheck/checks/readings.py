"""Interpretations of tests: one is paid for each test of an emergency patient."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import ANATOMIC
from claimcheck.claim import PROFESSIONAL, Claim, Line
from claimcheck.message import INFORM, WARN, Finding, Severity, codes
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.sections import is_reading

_ANOTHER_READING = frozenset({"59", "76", "77", "XE", "XP"})
_EMERGENCY = "23"
_HOSPITAL = ("21", "22")
_SEVERITIES: Final[dict[frozenset[str], Severity]] = {
    frozenset({_EMERGENCY}): WARN,
    **{frozenset({_EMERGENCY, place}): INFORM for place in _HOSPITAL},
}
"""By the places of service of two readings; of others nothing is said."""


def _by_two(one: str, other: str, pos: str = "23", other_pos: str = "23", npi: str | None = A_PHYSICIAN) -> Claim:
    """Two readings of a day, for examples."""
    return a_claim(a_line(one, pos=pos), a_line(other, pos=other_pos, rendering_npi=npi))


@claim_check(
    "READ-2",
    severity=WARN,
    citation=citations.READINGS,
    codes=codes("OA-18", "", "A2:20", "L"),
    settings=(PROFESSIONAL,),
    step=3,
    repeated=True,
    services_only=True,
    across=True,
    days_apart=0,
    examples=(
        fires("twice in the emergency room", _by_two("93010", "93010"), says="A second reading of 93010"),
        fires("an X-ray", _by_two("71046-26", "71046-26")),
        passes("a second opinion", _by_two("93010", "93010-77")),
        passes("the test itself", _by_two("71046", "71046-TC")),
        fires("in the emergency room and the ward", _by_two("93010", "93010", other_pos="21"), severity=INFORM),
        passes("in the ward", _by_two("93010", "93010", "21", "21")),
        passes("two sides", _by_two("73630-26-LT", "73630-26-RT")),
        passes("by one provider", _by_two("93010", "93010", npi=None)),
    ),
)
def second_reading(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Two providers bill the interpretation of one test of an emergency patient.

    The emergency physician and the specialist may both read an electrocardiogram or an X-ray; one interpretation is
    paid, as a rule the one that directed the treatment. Lines of one code and date by two providers are compared, on
    one claim or on two of the batch, whoever bills them: both in place of service 23 warn; one in 23 and one in 21 or
    22 may be two tests, and inform. 59, 76, 77, XE or XP on a line says that it is another reading.
    """
    if not any(is_reading(line.code, line.modifiers) for line in claim.lines[claim.earlier :]):
        return
    tests: dict[tuple[object, ...], list[tuple[_Order, Line]]] = defaultdict(list)
    for at, line in enumerate(claim.lines):
        npi = claim.rendering_npi(line)
        if not npi or not is_reading(line.code, line.modifiers) or not _ANOTHER_READING.isdisjoint(line.modifiers):
            continue
        place = line.service.place_of_service or ""
        if line.day and place in (_EMERGENCY, *_HOSPITAL):
            sites = ANATOMIC.intersection(line.modifiers)
            order = at >= claim.earlier, place, line.modifiers, npi, at
            tests[line.code, line.day, sites].append((order, line))
    for readings in tests.values():
        if len(readings) > 1:
            yield from _second_readings(claim, [line for _, line in sorted(readings, key=lambda one: one[0])])


_Order = tuple[bool, str, tuple[str, ...], str, int]
"""What makes a line the later one: the claim judged now, its place, modifiers and provider, its position."""


def _second_readings(claim: Claim, readings: list[Line]) -> Iterator[Finding]:
    """Each line with the first one before it, of another provider, that is read in such a place."""
    before: list[Line] = []
    for line in readings:
        npi, place = claim.rendering_npi(line), line.service.place_of_service
        found = [
            (severity, other)
            for other in before
            if claim.rendering_npi(other) != npi
            and (severity := _SEVERITIES.get(frozenset(filter(None, (place, other.service.place_of_service)))))
        ]
        if found:
            yield _second_reading(line, *min(found, key=lambda one: one[0] != WARN))
        alike = [claim.rendering_npi(other) for other in before if other.service.place_of_service == place]
        if len(alike) < 2 and npi not in alike:  # any later line has another provider than one of two
            before.append(line)


def _second_reading(line: Line, severity: Severity, other: Line) -> Finding:
    return Finding(
        f"A second reading of {line.code} is billed for {line.day} by another provider; as a rule one is paid.",
        "Append 77 and report the reason if a second opinion was needed; otherwise remove the line.",
        line=line,
        field="code",
        observed=line.code,
        severity=severity,
        beside=(other,),
    )
