"""What checks that look across claims see of a patient's earlier claims beside a claim, and what of their findings is
new with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Final

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim, Line
from claimcheck.memory import Earlier, with_earlier
from claimcheck.message import WARN, Finding, NotJudged, milder

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
        self.checks: frozenset[Check] = frozenset()
        self._within: dict[int | None, Earlier] = {None: earlier}
        self._joined: dict[tuple[int, int | None, bool], Claim] = {}

    def lines_within(self, days: int | None) -> tuple[Line, ...]:
        """The lines on days at most so many days from those of the claim; all where that is None."""
        within = self._those_within(days)
        return (*within.held, *within.lines) if within.held else within.lines

    def joined(self, seen: Claim, check: Check) -> Claim:
        """The claim, of which a check sees some lines or all, with the earlier lines that the check looks at."""
        key = len(seen.lines), check.days_apart, check.counts_held
        if key not in self._joined:
            self._joined[key] = with_earlier(seen, self._those_within(check.days_apart), held=check.counts_held)
        return self._joined[key]

    def _those_within(self, days: int | None) -> Earlier:
        if days not in self._within:
            first, last = self._days
            earlier = self.earlier
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
