"""The count of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from claimcheck.engine.messages import Outcome
from claimcheck.engine.missing import MissingRules
from claimcheck.message import REJECT, EditMessage


@dataclass
class Tally:
    """What became of a run. ``lines`` is the sum of the four dispositions; ``unreadable`` counts what
    could not be read as a line at all (rows, segments, whole files), each with its message; ``payer_unknown`` claims
    of which nothing says what kind of payer they go to; ``missing`` are the tables and quarters that lines wait for."""

    files: int = 0
    claims: int = 0
    lines: int = 0
    accepted: int = 0
    accepted_with_warnings: int = 0
    rejected: int = 0
    not_judged: int = 0
    messages: int = 0
    unreadable: int = 0
    payer_unknown: int = 0
    missing: MissingRules = field(default_factory=MissingRules)

    def add(self, other: Tally) -> None:
        """Count what another part of the run counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missing.merge(other.missing)

    def add_unread(self, message: EditMessage) -> None:
        """Count what a source could not read."""
        self.messages += 1
        self.unreadable += message.severity == REJECT

    def add_outcome(self, outcome: Outcome, payer_unknown: bool) -> None:
        """Count a claim that was judged."""
        messages, dispositions, _, waiting = outcome
        self.claims += 1
        self.payer_unknown += payer_unknown
        self.lines += len(dispositions)
        if waiting:
            self.missing.add(waiting)
        if messages:
            self.messages += len(messages)
            for disposition in dispositions:
                setattr(self, disposition, getattr(self, disposition) + 1)
        else:
            self.accepted += len(dispositions)

    @property
    def judged_share(self) -> float:
        """The share of the lines that could be judged, from 0 to 1; 1 where there are no lines."""
        return (self.lines - self.not_judged) / self.lines if self.lines else 1.0

    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTS}


COUNTS: Final = tuple(name for name in Tally.__dataclass_fields__ if name != "missing")
