"""The walk through the segments of an 837, loop by loop, as the grammar has it."""

from __future__ import annotations

from functools import cache, partial
from typing import Final, NamedTuple

from claimcheck.readers.x12.composites import Composites, Memo
from claimcheck.readers.x12.grammar import GRAMMAR, OUTSIDE, QUALIFIED_BY, SKIPPED, Loop, Segment
from claimcheck.readers.x12.header_loops import unknown_segment
from claimcheck.readers.x12.state import State
from claimcheck.readers.x12.syntax import SEGMENT_IDS, Delimiters


class Row(NamedTuple):
    """How a loop reads the segments of one name: by the qualifier in element ``at``, else as ``other``."""

    at: int
    qualified: dict[str, Segment]
    other: Segment | None


_UNKNOWN: Final = Row(0, {}, Segment(unknown_segment))


@cache
def row_of(loop: str, name: str) -> Row | None:
    """How a loop reads the segments of a name that an 837 may hold; None where they say nothing."""
    named = {key.partition("*"): _segment(GRAMMAR[loop], key) for key in GRAMMAR[loop] if key.split("*")[0] == name}
    qualified = {qualifier: segment for (_, star, qualifier), segment in named.items() if star}
    other = named.get((name, "", ""))
    return Row(QUALIFIED_BY.get(name, 1), qualified, other) if named else None


def _segment(loop: Loop, key: str) -> Segment:
    read = loop[key]
    return read if isinstance(read, Segment) else Segment(read)


def _row_by_prefix(loop: str, element: str, prefix: str) -> Row | None:
    name = prefix.partition(element)[0]
    if name in SEGMENT_IDS:
        return row_of(loop, name)
    return None if loop == SKIPPED else _UNKNOWN


class Walker:
    """Walks through segments, and keeps what they say in its ``state``.

    Attributes:
        loop: the name of the loop that is open.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.delimiters: Delimiters | None = None

    def learn(self, delimiters: Delimiters) -> None:
        """Walk by these delimiters from now on."""
        self.delimiters = delimiters
        self._element, component, self._terminator = delimiters
        self.state.component, self.state.composites = component, Composites(component)
        # A row is found by a segment's first four characters, a name and its separator: nearly half of all segments
        # say nothing where they stand, and are never split.
        self._rows = {loop: Memo(partial(_row_by_prefix, loop, self._element)) for loop in GRAMMAR}
        self.open(OUTSIDE)

    def open(self, loop: str) -> None:
        """Read what follows as segments of a loop."""
        self.loop, self._row_of = loop, self._rows[loop]

    def walk(self, text: str, number: int) -> int:
        """Read segments with a terminator between each two, from a number on; give the number of the next one."""
        for number, raw in enumerate(text.split(self._terminator), number):  # noqa: B020
            row = self._row_of[raw[:4]]
            if row is not None:
                self._read(row, raw, number)
        return number + 1

    def _read(self, row: Row, raw: str, number: int) -> None:
        at, qualified, segment = row
        elements = raw.split(self._element)
        if at < len(elements):
            segment = qualified.get(elements[at], segment)
        if segment is None:
            return
        read, opens, again = segment
        if read is not None:
            read(self.state, elements, number)
        if opens is not None:
            self.open(opens)
        if again:
            self.walk(raw, number)
