"""Where a message is and what it is about, in a line, as CI and editors take it: file, line, claim."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from claimcheck.claim import Location
from claimcheck.message import INFORM, REJECT, WARN, EditMessage, Severity

LEVELS: Final[dict[Severity, str]] = {REJECT: "error", WARN: "warning", INFORM: "note"}
"""Severities as linters call them."""


def printable(text: str) -> str:
    """Input as shown on a terminal, without characters that would move its cursor, change its colors or end a line."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


@lru_cache(maxsize=1024)
def portable(file: str) -> str:
    """A file's name without the place of this machine: relative to the working folder where it is below, else its name
    alone; relative names as they are."""
    path = Path(file)
    if not path.is_absolute():
        return path.as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def line_of(locus: Location) -> int | None:
    """The line of the file: its row; its segment, which is the line of an 837 with a segment a line."""
    return locus.segment if locus.row is None else locus.row


def about(message: EditMessage) -> str:
    """The claim, line and code that a message is about: ``claim C1 line 2 77424-26``; "" where it is about the file."""
    if message.claim_id is None:
        return ""
    parts = [f"claim {message.claim_id}"]
    if message.line_number is not None:
        parts.append(f"line {message.line_number}")
    elif message.lines:
        parts.append(f"line{'' if len(message.lines) == 1 else 's'} {_some(message.lines)}")
    if message.code:
        parts.append("-".join([message.code, *message.modifiers]))
    return printable(" ".join(parts))


def _some(numbers: list[str]) -> str:
    more = len(numbers) - _NAMED
    return ", ".join(numbers[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


_NAMED: Final = 10
"""Lines that are named."""


def sentence(message: EditMessage) -> str:
    """What a message says: what it is about, the finding and the fix."""
    said = f"{message.text} {message.remedy}" if message.remedy else message.text
    subject = about(message)
    return printable(f"{subject}: {said}" if subject else said)
