"""837 claims from X12: professional, institutional and dental, 5010 and, as far as it goes, 4010."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers.x12.blocks import Block, read_blocks
from claimcheck.readers.x12.claim_numbers import ClaimNumbers
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.readers.x12.plain import PlainReader
from claimcheck.readers.x12.state import State
from claimcheck.readers.x12.walker import Walker


def read_837(
    stream: BinaryIO, file: str, *, asc_npis: frozenset[str] = frozenset(), patient_names: bool = False
) -> Iterator[Claim | EditMessage]:
    """Read the claims of an X12 file, and messages about what can't be read, in the file's order.

    Messages about a claim come before it. ``asc_npis`` are billing providers known to be ambulatory
    surgical centers, whatever their taxonomy. Claims have their patient's name only with ``patient_names``. No bytes
    raise an exception.
    """
    reader, numbers = ClaimReader(file, asc_npis, patient_names), ClaimNumbers()
    try:
        for block in read_blocks(stream):
            if isinstance(block, Block):
                reader.expect_repeating(numbers.repeated_in(block))
            yield from reader.take(block)
        yield from reader.close()
    finally:
        reader.forget()


class ClaimReader:
    """Reads the blocks of one file."""

    def __init__(self, file: str, asc_npis: frozenset[str], patient_names: bool = False) -> None:
        self._state = State(file, asc_npis, patient_names)
        self._plain = PlainReader(Walker(self._state))
        self._last = 0
        self._repeating: frozenset[int] = frozenset()

    def expect_repeating(self, segments: frozenset[int]) -> None:
        """These segments, still to be read, begin claims that repeat the number of an earlier one."""
        if segments:
            begun = self._state.claim.number if self._state.claim else self._last
            self._repeating = segments.union(one for one in self._repeating if one >= begun)

    def take(self, block: Block | ReadIssue) -> list[Claim | EditMessage]:
        """Read a block; give what was found up to its end."""
        if isinstance(block, ReadIssue):
            self._state.envelope.note(block)
            self._state.report(block)
            return self._taken()
        delimiters, text, first, is_whole = block
        if delimiters != self._plain.delimiters:
            self._plain.learn(delimiters)
        self._last = self._plain.read(text + delimiters.terminator, first, is_whole) - 1
        if is_whole:
            self._state.end_levels("22")
        return self._taken()

    def close(self) -> list[Claim | EditMessage]:
        """The file ends, and whatever is open ends with it; give what was found up to here."""
        state = self._state
        state.envelope.end(self._last)
        if state.envelope.is_open:
            state.transaction.levels.cut_off()
        state.end_levels()
        return self._taken()

    def _taken(self) -> list[Claim | EditMessage]:
        """What was found; a claim that repeats a number says so."""
        found = self._state.taken()
        if not self._repeating:
            return found
        return [
            item._replace(repeats_number=True)
            if isinstance(item, Claim) and item.locus.segment in self._repeating
            else item
            for item in found
        ]

    def forget(self) -> None:
        """Let go of what refers to itself. Callers may have switched the cyclic collector off."""
        vars(self._state).clear()
