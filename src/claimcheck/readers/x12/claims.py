"""837 claims from X12: professional, institutional and dental, 5010 and, as far as it goes, 4010."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers.x12.blocks import Block, read_blocks
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.readers.x12.plain import PlainReader
from claimcheck.readers.x12.state import State
from claimcheck.readers.x12.walker import Walker


def read_837(stream: BinaryIO, file: str, *, asc_npis: frozenset[str] = frozenset()) -> Iterator[Claim | EditMessage]:
    """Read the claims of an X12 file, and messages about what can't be read, in the file's order.

    Messages about a claim come before it. ``asc_npis`` are billing providers known to be ambulatory
    surgical centers, whatever their taxonomy. No bytes raise an exception.
    """
    reader = Reader(file, asc_npis)
    try:
        for block in read_blocks(stream):
            if isinstance(block, Block):
                reader.read(block)
            else:
                reader.note(block)
            yield from reader.taken()
        reader.end()
        yield from reader.taken()
    finally:
        reader.close()


class Reader:
    """Reads the segments of a file block by block."""

    def __init__(self, file: str, asc_npis: frozenset[str]) -> None:
        self._state = State(file, asc_npis)
        self._plain = PlainReader(Walker(self._state))
        self._last = 0

    def read(self, block: Block) -> None:
        """Read a block of segments."""
        delimiters, text, first = block
        if delimiters != self._plain.delimiters:
            self._plain.learn(delimiters)
        self._last = self._plain.read(text + delimiters.terminator, first) - 1

    def note(self, issue: ReadIssue) -> None:
        """Take in what could not be cut into segments."""
        self._state.envelope.note(issue)
        self._state.report(issue)

    def end(self) -> None:
        """The file ends: whatever is open ends with it."""
        state = self._state
        state.envelope.end(self._last)
        if state.envelope.is_open:
            state.transaction.levels.cut_off()
        state.end_levels()

    def taken(self) -> Iterator[Claim | EditMessage]:
        """What was found since it was last asked."""
        yield from self._state.found
        self._state.found.clear()

    def close(self) -> None:
        """Let go of what refers to itself. Callers may have switched the cyclic collector off."""
        vars(self._state).clear()
