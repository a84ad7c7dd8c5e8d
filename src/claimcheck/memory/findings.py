"""Findings on a claim together with earlier ones: what is new with this claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from claimcheck.claim import Claim, Line, Resubmission
from claimcheck.memory.records import Earlier
from claimcheck.message import WARN, Finding, NotJudged, milder


class _Joined(Claim):
    """A claim with lines of earlier ones before its own."""

    own: int = 0
    again: Resubmission | None = None

    @property
    def earlier(self) -> int:
        """All lines but the claim's own."""
        return len(self.lines) - self.own

    @property
    def resubmits(self) -> Resubmission | None:
        """The earlier claim that it bills again."""
        return self.again


def with_earlier(claim: Claim, earlier: Earlier, *, held: bool = False) -> Claim:
    """A claim with the patient's earlier lines before its own, those that were ``held`` too or not."""
    lines = (*earlier.held, *earlier.lines) if held else earlier.lines
    joined = _Joined(*claim._replace(lines=(*lines, *claim.lines)))
    joined.own, joined.again = len(claim.lines), earlier.resubmits
    return joined


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
    """How a line is told of what it causes on an earlier claim: of services that come after it, this line came late."""
    place = _place(line, earlier)
    if line.day and cause.day and cause.day < line.day:
        return f"{line.code} on {place} was sent first, and this line causes an edit on it: "
    return f"This line causes an edit on {place}: "


def _place(line: Line, earlier: Earlier) -> str:
    return f"line {line.number} of claim {earlier.claims[id(line)]} of {line.day or line.from_date}"
