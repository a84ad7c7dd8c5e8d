"""A comparison as text for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from claimcheck.claim import in_dollars
from claimcheck.message import Disposition
from claimcheck.runs.comparing.differences import Comparison, Example, Moved, severity_in_words
from claimcheck.writers.placing import printable

_ROWS: Final = 40
"""Checks and codes that are listed; JSON has all."""

_WIDTH: Final = 100


def text(found: Comparison, before: str, after: str) -> str:
    """A comparison as text.

    Args:
        found: what differs.
        before, after: what the sides are called.
    """
    return "".join(f"{line}\n" for line in _lines(found, before, after))


def _lines(found: Comparison, before: str, after: str) -> Iterator[str]:
    yield f"before: {before}"
    yield f"after:  {after}"
    yield ""
    yield from _moves("claims", found.claims, found.total_claims)
    yield from _moves("lines", found.lines, found.total_lines)
    yield from _messages(found)
    if found.unread:
        plural = "" if found.unread == 1 else "s"
        yield f"\n{found.unread:,} message{plural} about what could not be read, on both sides"
    for example in found.examples:
        yield ""
        yield from _example(example)


def _moves(what: str, moves: dict[tuple[Disposition, Disposition], Moved], total: int) -> Iterator[str]:
    changed = sum(moved.count for moved in moves.values())
    yield f"{changed:,} of {total:,} {what} change{':' if moves else ''}"
    for (one, other), moved in sorted(moves.items(), key=lambda item: (-item[1].count, item[0])):
        yield f"  {moved.count:>9,}  {words(one)} -> {words(other)}  {in_dollars(moved.charges)}"


def _messages(found: Comparison) -> Iterator[str]:
    rows = found.worst_messages()
    if not rows:
        yield "messages: none come or go"
        return
    yield ""
    shown = [(*about[:2], severity_in_words(*about[2:]), shift) for about, shift in rows[:_ROWS]]
    width = 2 + max(len(severity) for severity in ("severity", *(row[2] for row in shown)))
    yield f"{'check':<16}{'code':<9}{'severity':<{width}}{'gone':>9}{'new':>9}  charges"
    for check, code, severity, shift in shown:
        charges = shift.new_charges - shift.gone_charges
        counts = f"{_count('-', shift.gone):>9}{_count('+', shift.new):>9}"
        yield f"{check:<16}{printable(code):<9}{severity:<{width}}{counts}  {signed(charges)}"
    if len(rows) > _ROWS:
        yield f"... {len(rows) - _ROWS:,} more; --format json has all"


def _example(example: Example) -> Iterator[str]:
    message = example.message
    line = f" line {printable(message.line_number)}" if message.line_number is not None else ""
    code = f" {printable('-'.join([message.code, *message.modifiers]))}" if message.code else ""
    change = "new " if example.is_new else "gone"
    moved = words(example.before)
    if example.before != example.after:
        moved += f" -> {words(example.after)}"
    claim = printable(message.claim_id or "")
    severity = severity_in_words(message.severity, message.shadow)
    yield f"{change} {message.check} {severity}: claim {claim}{line}{code} ({moved})"
    yield from textwrap.wrap(printable(message.text), _WIDTH, initial_indent="     ", subsequent_indent="     ")


def words(disposition: Disposition) -> str:
    """A disposition as people write it."""
    return disposition.replace("_", " ")


def signed(amount: Decimal) -> str:
    """A difference in US dollars."""
    return f"{'+' if amount > 0 else ''}{in_dollars(amount)}"


def _count(sign: str, count: int) -> str:
    return f"{sign}{count:,}" if count else ""
