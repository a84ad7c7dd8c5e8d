"""The rows that the report holds: messages, and claims with their lines. What is worst comes first, then what costs
most, then what comes first in the input; memory does not grow with the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from heapq import heappop, heappush, heapreplace
from itertools import islice
from math import inf
from typing import Final, Generic, NamedTuple, TypeVar

from claimcheck.claim import Claim
from claimcheck.engine.messages import Judged
from claimcheck.message import ACCEPTED, SEVERITIES, Disposition, EditMessage, Severity
from claimcheck.writers.figures import DISPOSITIONS, Subject

_Row = TypeVar("_Row")

_Key = tuple[int, float, int]
"""How early a row comes: its mildness, negative; its amount; its number, negative. The greatest comes first."""

_MILDNESS: Final[dict[str, int]] = {
    **{severity: -at for at, severity in enumerate(SEVERITIES)},
    **{disposition: -at for at, disposition in enumerate(DISPOSITIONS)},
}


class WorstFirst(Generic[_Row]):
    """A bounded number of rows: past it, a row takes the place of the last one, or has none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[_Key, _Row]] = []
        self._taken = 0

    def key_for(self, kind: Severity | Disposition, amount: Decimal | str | None) -> _Key | None:
        """The key of the next row; None where there is no place for it."""
        self._taken += 1
        key = _MILDNESS[kind], -inf if amount is None else float(amount), -self._taken
        return key if len(self._heap) < self._most or (self._heap and key > self._heap[0][0]) else None

    def keep(self, key: _Key, row: _Row) -> _Row | None:
        """Keep a row, whose key ``key_for`` gave; returns the one whose place it takes."""
        if len(self._heap) < self._most:
            heappush(self._heap, (key, row))
            return None
        return heapreplace(self._heap, (key, row))[1]

    def drop_last(self) -> _Row:
        """Drop the last row, and return it."""
        return heappop(self._heap)[1]

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[_Row]:
        return (row for _, row in sorted(self._heap, reverse=True))


class MessageRow(NamedTuple):
    """A message of the worklist: with the number of its claim in the input (0 where it is about no claim), the
    positions of the lines that it is about, and what becomes of them."""

    message: EditMessage
    claim: int
    lines: tuple[int, ...]
    disposition: Disposition | None


class Worklist:
    """The messages that the page holds.

    Args:
        most: how many it holds.

    Attributes:
        left_out: how many messages of each severity the page does not hold.
    """

    def __init__(self, most: int) -> None:
        self._rows: WorstFirst[MessageRow] = WorstFirst(most)
        self.left_out: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)

    def take(self, found: Iterable[Subject], number: int = 0) -> None:
        """Keep those messages that there is a place for; ``number`` is that of their claim."""
        for message, _, lines, disposition in found:
            key = self._rows.key_for(message.severity, message.charge)
            if key is None:
                self.left_out[message.severity] += 1
                continue
            last = self._rows.keep(key, MessageRow(message, number, lines, disposition))
            if last:
                self.left_out[last.message.severity] += 1

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[MessageRow]:
        return iter(self._rows)

    def first(self, most: int) -> Iterator[EditMessage]:
        """The first messages."""
        return (row.message for row in islice(self, most))

    @property
    def shares(self) -> list[tuple[Severity, int, int]]:
        """Of each severity that there are messages of: how many are held, and how many there are."""
        held = dict.fromkeys(SEVERITIES, 0)
        for row in self:
            held[row.message.severity] += 1
        counts = [(severity, count, count + self.left_out[severity]) for severity, count in held.items()]
        return [share for share in counts if share[2]]


class State(NamedTuple):
    """What becomes of a claim or line, how many messages are about it, and the checks of these, joined by ``|``."""

    disposition: Disposition
    messages: int = 0
    checks: str = ""


class ClaimRow(NamedTuple):
    """A claim that the page holds, with its number in the input, and what becomes of it and of each of its lines."""

    claim: Claim
    number: int
    state: State
    lines: Sequence[State]


class ClaimList:
    """The claims that the page holds, each with all of its lines. Of those accepted the first ones of the input are
    held, of the others those that cost most.

    Args:
        most: how many claims it holds.
        most_lines: how many lines they may have in all.

    Attributes:
        lines: how many lines they have.
    """

    def __init__(self, most: int, most_lines: int) -> None:
        self._rows: WorstFirst[ClaimRow] = WorstFirst(most)
        self._most_lines = most_lines
        self.lines = 0

    def take(self, item: Judged, found: Sequence[Subject], number: int) -> None:
        """Keep a claim, with what was found in it, if there is a place for it."""
        claim, outcome = item
        disposition = outcome.disposition
        charge = None if disposition is ACCEPTED else charge_of(claim)
        key = self._rows.key_for(disposition, charge)
        if key is None:
            return
        last = self._rows.keep(key, _claim_row(item, disposition, found, number))
        self.lines += len(claim.lines) - (len(last.lines) if last else 0)
        while self.lines > self._most_lines:
            self.lines -= len(self._rows.drop_last().lines)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[ClaimRow]:
        return iter(self._rows)


def charge_of(claim: Claim) -> Decimal | None:
    """The charges on a claim's lines; None where none is a number."""
    amounts = [amount for line in claim.lines if (amount := line.amount) is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _claim_row(item: Judged, disposition: Disposition, found: Sequence[Subject], number: int) -> ClaimRow:
    lines = [_PLAIN[each] for each in item.outcome.dispositions]
    if not found:
        return ClaimRow(item.claim, number, _PLAIN[disposition], lines)
    by_line: dict[int, list[Subject]] = {}
    for subject in found:
        for at in subject.lines:
            by_line.setdefault(at, []).append(subject)
    for at, about in by_line.items():
        lines[at] = _state(lines[at].disposition, about)
    return ClaimRow(item.claim, number, _state(disposition, found), lines)


def _state(disposition: Disposition, found: Sequence[Subject]) -> State:
    worst = sorted(found, key=_severity) if len(found) > 1 else found
    return State(disposition, len(found), "|".join(dict.fromkeys(subject.message.check for subject in worst)))


def _severity(subject: Subject) -> int:
    return -_MILDNESS[subject.message.severity]


_PLAIN: Final = {disposition: State(disposition) for disposition in DISPOSITIONS}
"""What becomes of claims and lines without a message."""
