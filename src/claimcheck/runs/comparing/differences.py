"""What differs between two judgements of the same claims, counted as they pass: dispositions of claims and lines,
messages that come and go, and the charges at stake. Memory is bounded by the number of checks and codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from claimcheck.claim import Claim
from claimcheck.engine.messages import Outcome
from claimcheck.message import Disposition, EditMessage, Severity

EXAMPLES: Final = 20
"""Examples that a comparison keeps by default."""

_CODES: Final = 10_000
"""Pairs of check and code that are counted one by one: input chooses the codes."""

_NOTHING: Final = Decimal(0)


@dataclass(slots=True)
class Moved:
    """Claims or lines that went from one disposition to another, and their charges in US dollars."""

    count: int = 0
    charges: Decimal = _NOTHING

    def add(self, charge: Decimal) -> None:
        """Count one more."""
        self.count += 1
        self.charges += charge


@dataclass(slots=True)
class Shift:
    """Messages of one check, code and severity that only one side has, and the charges in US dollars of the lines that
    they are about; of a message about a whole claim, of all its lines."""

    gone: int = 0
    new: int = 0
    gone_charges: Decimal = _NOTHING
    new_charges: Decimal = _NOTHING

    def add(self, charge: Decimal, *, is_new: bool) -> None:
        """Count one more."""
        if is_new:
            self.new += 1
            self.new_charges += charge
        else:
            self.gone += 1
            self.gone_charges += charge


class Example(NamedTuple):
    """A message that one side alone has, with the dispositions of its line on both; of a message about a whole claim,
    those of the claim.

    Attributes:
        message: the message.
        is_new: whether it is of the side after; else of the side before.
        before, after: the dispositions.
    """

    message: EditMessage
    is_new: bool
    before: Disposition
    after: Disposition


_About = tuple[str, str, Severity, Severity | Literal[""]]
"""Check, code (blank for a message about a claim), severity, and the severity that it would have, were its check not on
trial (blank for most)."""

_OTHER_CODES: Final = "(other codes)"


@dataclass
class Comparison:
    """What differs.

    Attributes:
        total_claims, total_lines: what was judged.
        claims, lines: how many went from which disposition to which other.
        messages: those that one side alone has, by check, code, severity and ``shadow``.
        examples: the first of these, at most ``most`` of them, and at most ``of_a_kind`` of a check and direction.
        unread: messages about what could not be read; both sides read the same.
        files_unread: those of files of which nothing could be read, so that nothing of them was compared.
    """

    most: int = EXAMPLES
    total_claims: int = 0
    total_lines: int = 0
    claims: dict[tuple[Disposition, Disposition], Moved] = field(default_factory=dict)
    lines: dict[tuple[Disposition, Disposition], Moved] = field(default_factory=dict)
    messages: dict[_About, Shift] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    unread: int = 0
    files_unread: list[EditMessage] = field(default_factory=list)
    _of_a_kind: Counter[tuple[str, bool]] = field(default_factory=Counter)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.claims or self.lines or self.messages)

    def add(self, claim: Claim, before: Outcome, after: Outcome) -> None:
        """Compare two judgements of one claim."""
        self.total_claims += 1
        self.total_lines += len(claim.lines)
        if not (before.messages or after.messages) and before.dispositions == after.dispositions:
            return
        charges = [line.amount or _NOTHING for line in claim.lines]
        if before.disposition != after.disposition:
            _moved(self.claims, before.disposition, after.disposition).add(sum(charges, _NOTHING))
        for one, other, charge in zip(before.dispositions, after.dispositions, charges, strict=True):
            if one != other:
                _moved(self.lines, one, other).add(charge)
        self._compare_messages(claim, before, after, charges)

    def add_last(self, before: Iterable[EditMessage], after: Iterable[EditMessage]) -> None:
        """Compare the messages at the end of a batch, about its waivers and configuration."""
        gone, new = _only(list(before), list(after))
        for message, is_new in [(m, False) for m in gone] + [(m, True) for m in new]:
            self._shift(message).add(_NOTHING, is_new=is_new)

    def _compare_messages(self, claim: Claim, before: Outcome, after: Outcome, charges: list[Decimal]) -> None:
        gone, new = _only(before.messages, after.messages)
        if not (gone or new):
            return
        places = {(line.number, claim.locus_of(line)): at for at, line in enumerate(claim.lines)}
        for message, is_new in [(m, False) for m in gone] + [(m, True) for m in new]:
            at = None if message.line_number is None else places.get((message.line_number, message.locus))
            self._shift(message).add(sum(charges, _NOTHING) if at is None else charges[at], is_new=is_new)
            if self._wants_example(message, is_new):
                one = before.disposition if at is None else before.dispositions[at]
                other = after.disposition if at is None else after.dispositions[at]
                self.examples.append(Example(message, is_new, one, other))

    def _wants_example(self, message: EditMessage, is_new: bool) -> bool:
        """Whether there is a place for it: of each check some, lest the first take all."""
        kind = message.check, is_new
        if len(self.examples) >= self.most or self._of_a_kind[kind] >= max(1, self.most // 5):
            return False
        self._of_a_kind[kind] += 1
        return True

    def _shift(self, message: EditMessage) -> Shift:
        about: _About = message.check, message.code or "", message.severity, message.shadow or ""
        if about not in self.messages and len(self.messages) >= _CODES:
            about = message.check, _OTHER_CODES, message.severity, message.shadow or ""
        return self.messages.setdefault(about, Shift())

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain JSON values; money as text."""
        return {
            "is_same": self.is_same,
            "claims": {"total": self.total_claims, "changed": _moves(self.claims)},
            "lines": {"total": self.total_lines, "changed": _moves(self.lines)},
            "messages": [
                {
                    "check": check,
                    "code": code or None,
                    "severity": severity,
                    "shadow": shadow or None,
                    "gone": shift.gone,
                    "new": shift.new,
                    "gone_charges": str(shift.gone_charges),
                    "new_charges": str(shift.new_charges),
                }
                for (check, code, severity, shadow), shift in self.worst_messages()
            ],
            "unread": self.unread,
            "examples": [
                {
                    "change": "new" if one.is_new else "gone",
                    "before": one.before,
                    "after": one.after,
                    "message": one.message.as_dict(),
                }
                for one in self.examples
            ],
        }

    def worst_messages(self) -> list[tuple[_About, Shift]]:
        """The messages that come and go, the most frequent first."""
        return sorted(self.messages.items(), key=lambda one: (-(one[1].gone + one[1].new), one[0]))


def severity_in_words(severity: Severity, shadow: Severity | Literal[""] | None) -> str:
    """A severity; of a check on trial the one that it would have: "shadow reject"."""
    return f"shadow {shadow}" if shadow else str(severity)


def _moved(moves: dict[tuple[Disposition, Disposition], Moved], one: Disposition, other: Disposition) -> Moved:
    return moves.setdefault((one, other), Moved())


def _moves(moves: dict[tuple[Disposition, Disposition], Moved]) -> list[dict[str, Any]]:
    return [
        {"before": one, "after": other, "count": moved.count, "charges": str(moved.charges)}
        for (one, other), moved in sorted(moves.items(), key=lambda item: (-item[1].count, item[0]))
    ]


def _only(before: list[EditMessage], after: list[EditMessage]) -> tuple[list[EditMessage], list[EditMessage]]:
    """The messages that only one side has. One is the other's where check, severity, place and field are the same: its
    text may name another release."""
    left, right = Counter(map(_identity, before)), Counter(map(_identity, after))
    return _beyond(before, right), _beyond(after, left)


def _identity(message: EditMessage) -> tuple[object, ...]:
    locus = message.locus[1:]  # an earlier run may have named the file otherwise
    return message.check, message.severity, message.line_number, locus, message.field


def _beyond(messages: list[EditMessage], others: Counter[tuple[object, ...]]) -> list[EditMessage]:
    others, found = others.copy(), []
    for message in messages:
        identity = _identity(message)
        if others[identity]:
            others[identity] -= 1
        else:
            found.append(message)
    return found
