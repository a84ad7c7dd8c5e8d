"""What rejects mean for payment, and what payment means for other findings.

Medicare pays nothing for a line whose code is not valid, whose status or units deny it, or which a pair edit bundles
into another line. Each check declares this (``Check.denies``). A finding that rests on such lines is weaker, or is a
finding only then (``Check.depends_on_payment``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from claimcheck.authoring.check import Check, Denies
from claimcheck.claim import Claim, Line
from claimcheck.engine.findings import ActiveFinding, Found, Verdict
from claimcheck.memory import PAIRED, UNPAID, Earlier
from claimcheck.message import REJECT, WARN, Finding

_MEANS: Final[Mapping[Denies, int]] = {"": 0, "code": UNPAID, "line": UNPAID, "pair": PAIRED}
_ENOUGH: Final = {"weaker": UNPAID, "only": PAIRED}
"""From which value on a line counts as unpaid: a line that a pair edit denies may still be paid once the other line is
rejected, but until then it is not a paid primary."""


def denied_by(finding: ActiveFinding) -> int:
    """Whether nothing is paid for the line of a finding: 0, ``PAIRED`` or ``UNPAID``. A soft reject may be priced."""
    return _MEANS[finding.check.denies] if finding.severity == REJECT and not finding.worded.soft else 0


def unpaid_by(findings: Iterable[ActiveFinding]) -> int:
    """The same by all findings of a line together."""
    return max(map(denied_by, findings), default=0)


def unpaid_lines(verdicts: Iterable[Verdict], found: Found) -> list[int]:
    """The same of each line, by what is known so far."""
    unpaid = [verdict.unpaid for verdict in verdicts]
    for at, finding in found.findings:
        if at is not None and (denied := denied_by(finding)) > unpaid[at]:
            unpaid[at] = denied
    return unpaid


class SoFar:
    """What is known of a claim's lines when a check over lines yields its first finding, without its own
    rejects."""

    def __init__(self, check: Check, claim: Claim, verdicts: list[Verdict], found: Found, earlier: Earlier) -> None:
        self._depends = check.depends_on_payment
        self._verdicts, self._found = verdicts, found
        lines = zip(claim.lines, unpaid_lines(verdicts, found), strict=True) if self._depends else ()
        self._unpaid = {**{id(line): unpaid for line, unpaid in lines}, **earlier.unpaid}
        self._all_unpaid: dict[int, tuple[tuple[Line, ...], bool]] = {}
        self._by_line: list[list[ActiveFinding]] | None = None

    def weighed(self, yielded: Finding) -> Finding | None:
        """A finding once it is known which of the lines beside it are paid; None where it is not a finding then."""
        if not self._depends or not yielded.beside:
            return yielded
        if not self._are_unpaid(yielded.beside):
            return yielded if self._depends == "weaker" else None
        if self._depends == "only":
            return yielded
        lines, they, are = ("lines", "they", "are") if len(yielded.beside) > 1 else ("line", "it", "is")
        weaker = f" The other {lines} {are} also rejected; if {they} {are} removed, this edit clears."
        return yielded.adding(after=weaker)._replace(severity=WARN)

    def hides(self, finding: ActiveFinding, at: int | None) -> bool:
        """Whether a finding yields to one that its line already has."""
        if self._by_line is None:
            self._by_line = [[*verdict.findings] for verdict in self._verdicts]
            for position, other in self._found.findings:
                if position is not None:
                    self._by_line[position].append(other)
        return at is not None and any(other.hides(finding) for other in self._by_line[at])

    def _are_unpaid(self, beside: tuple[Line, ...]) -> bool:
        """Whether nothing is paid for any of these lines; many findings of a long claim rest on the same ones."""
        known = self._all_unpaid.get(id(beside))
        if known is None:
            enough = _ENOUGH[self._depends]
            known = beside, all(self._unpaid.get(id(line), 0) >= enough for line in beside)
            self._all_unpaid[id(beside)] = known
        return known[1]
