"""The claims of an 837 copied into parts, with the loops above them and counts that fit.

A claim hangs under a billing provider (2000A), a subscriber (2000B) and perhaps a patient (2000C), in a
transaction, a group and an interchange. Each part gets, of all these loops, those that have a claim in it; its
levels (HL) are numbered anew, and SE01, GE01 and IEA01 count what is there. All else is copied byte for byte.

The file is walked twice: once to learn which levels keep a level below them, for an HL says so in its own
segment, before it comes; then to copy. What is remembered of the file is a byte or two a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple, cast

from claimcheck.readers.x12.blocks import CHUNK, LONGEST
from claimcheck.readers.x12.marks import Mark, read_marks
from claimcheck.readers.x12.state import MOST_PROVIDERS
from claimcheck.readers.x12.syntax import ENVELOPE
from claimcheck.runs.batch import no_garbage_collection
from claimcheck.runs.sources import CHANGED, SplitError
from claimcheck.runs.split.sorting import Sorted

_INTERCHANGE, _GROUP, _SET, _PROVIDER, _SUBSCRIBER, _PATIENT = range(6)
_OPENS: Final = {"ISA": _INTERCHANGE, "GS": _GROUP, "ST": _SET}
_CLOSES: Final = {"SE": _SET, "GE": _GROUP, "IEA": _INTERCHANGE}
_LEVELS: Final = {"22": _SUBSCRIBER, "23": _PATIENT}
_WHOLE: Final = 1 << 7
"""Bit of the whole file, beside those of the parts."""


class _Loop:
    """A loop that is open: an interchange, group, transaction or level.

    Attributes:
        depth: how deep it stands.
        first, last: the marks between which the segments stand that belong to all that is in it.
        parent: the loop around it, if any.
        parts: bits of the parts that have it.
        held: what its trailer counts, of the whole file: groups or transactions.
        kept: the same in each part; of a transaction its segments.
        kept_empty: of a transaction, its empty segments in each part.
        index: of a transaction or level, its place among those of the file.
        order: of a level its place in the transaction; of a transaction how many levels it has so far.
        levels: of a transaction how many levels each part has so far; of a level its number in each part.
    """

    __slots__ = (
        "depth", "first", "held", "index", "kept", "kept_empty", "last", "levels", "order", "parent", "parts",
    )  # fmt: skip

    def __init__(self, depth: int, first: Mark, last: Mark, parent: _Loop | None, parts: int) -> None:
        self.depth, self.first, self.last, self.parent = depth, first, last, parent
        self.parts = self.held = self.index = self.order = 0
        self.kept, self.kept_empty, self.levels = [0] * parts, [0] * parts, [0] * parts

    @property
    def is_level(self) -> bool:
        """Whether it begins with an HL."""
        return self.depth >= _PROVIDER


class _Step(NamedTuple):
    """Something to copy into a part: the bytes between two marks. ``opens`` or ``closes`` is the loop that begins
    or ends with it; neither, where it is a claim."""

    part: int
    first: Mark
    last: Mark
    opens: _Loop | None = None
    closes: _Loop | None = None


class _Walk:
    """A walk through the loops of a file. What holds no claim goes, once, to the part ``rest``."""

    def __init__(self, claims: Sequence[int], parts: bytes | bytearray, many: int, rest: int) -> None:
        self._claims, self._parts = claims, parts
        self._many, self._rest = many, rest
        self._open: list[_Loop] = []
        self._set: _Loop | None = None
        # The billing provider above, where the subscriber names another one of the transaction; and all of these.
        self._above: _Loop | None = None
        self._providers: dict[str, _Loop] = {}
        self._sets = self._levels = 0
        self.copied = self.bare = 0

    def steps(self, stream: BinaryIO) -> Iterator[_Step]:
        """What to copy where, in the order of the file."""
        for mark, after in pairwise(self._told(read_marks(stream, ("HL", "CLM")))):
            depth = _CLOSES.get(mark.name)
            if mark.name == "CLM":
                yield from self._claim(mark, after)
            elif depth is None:
                yield from self._begin(mark, after)
            else:
                self._return_to_above()
                yield from self._close(depth + 1)
                if self._open and self._open[-1].depth == depth:
                    yield from self._close(depth, (mark, after))
                else:
                    self._push(_SET, mark, after)
        self._return_to_above()
        yield from self._close(_INTERCHANGE)

    def _told(self, marks: Iterable[Mark]) -> Iterator[Mark]:
        """The marks without those that open nothing: in transactions that are no 837, and what looks like a claim
        and was not read as one."""
        skipped, at = False, 0
        for mark in marks:
            if mark.name in ENVELOPE:
                skipped = mark.name == "ST" and mark.element(1) != "837"
            elif mark.name == "HL" and skipped:
                continue
            elif mark.name == "CLM":
                if at == len(self._claims) or self._claims[at] != mark.number:
                    continue
                at += 1
            yield mark

    def _begin(self, mark: Mark, after: Mark) -> Iterator[_Step]:
        """A loop begins; what is no loop of ours and stands in no transaction counts as one of its own."""
        if mark.name == "HL":
            depth = _LEVELS.get(mark.element(3), _PROVIDER)
            self._must_be_in_set(mark)
        else:
            depth = _OPENS.get(mark.name, _SET)
        if depth <= _PROVIDER:
            self._return_to_above()
        yield from self._close(depth)
        if depth == _SUBSCRIBER:
            self._return_to_above()
            self._follow(mark.element(2))
        self._push(depth, mark, after)
        if mark.name == "HL" and mark.element(3) == "20" and len(self._providers) < MOST_PROVIDERS:
            self._providers[mark.element(1)] = self._open[-1]

    def _follow(self, parent: str) -> None:
        """Put a subscriber under the billing provider that its HL02 names, as it was judged."""
        above, named = self._open[-1], self._providers.get(parent)
        if named and above.depth == _PROVIDER and above.first.element(1) != parent:
            self._above = above
            self._open[-1] = named

    def _return_to_above(self) -> None:
        """Leave the billing provider that a subscriber named for the one above."""
        if self._above:
            while self._open[-1].depth > _PROVIDER:
                self._open.pop()
            self._open[-1], self._above = self._above, None

    def _must_be_in_set(self, mark: Mark) -> None:
        """What belongs into a transaction and stands in none is read as if there were an ST before it."""
        if self._set is None:
            self._push(_SET, mark, mark)

    def _push(self, depth: int, first: Mark, last: Mark) -> None:
        parent = self._open[-1] if self._open else None
        loop = _Loop(depth, first, last, parent, self._many)
        if loop.is_level:
            assert self._set
            loop.index, self._levels = self._levels, self._levels + 1
            self._set.order += 1
            loop.order = self._set.order
        elif depth == _SET:
            self._set, self._providers = loop, {}
            loop.index, self._sets = self._sets, self._sets + 1
        if parent and self._is_counted(loop):
            parent.held += 1
        self._open.append(loop)

    def _is_counted(self, loop: _Loop) -> bool:
        """Whether the trailer of the loop around it counts this one."""
        parent = loop.parent
        if parent is None:
            return False
        if loop.depth == _GROUP:
            return parent.depth == _INTERCHANGE
        return loop.depth == _SET and parent.depth == _GROUP and loop.first.name not in ("", *_CLOSES)

    def _claim(self, mark: Mark, after: Mark) -> Iterator[_Step]:
        self._must_be_in_set(mark)
        part = self._parts[self.copied]
        self.copied += 1
        yield from self._opened(part)
        self._count(part, mark, after)
        yield _Step(part, mark, after)

    def _opened(self, part: int) -> Iterator[_Step]:
        """Open in a part what is open in the file."""
        if self._open[-1].parts >> part & 1:
            return
        for loop in self._open:
            if loop.parts >> part & 1:
                continue
            loop.parts |= 1 << part
            if loop.parent and self._is_counted(loop):
                loop.parent.kept[part] += 1
            if loop.depth >= _SET:
                self._count(part, loop.first, loop.last)
            if loop.is_level:
                assert self._set
                self._set.levels[part] += 1
                loop.levels[part] = self._set.levels[part]
            yield _Step(part, loop.first, loop.last, opens=loop)

    def _count(self, part: int, first: Mark, last: Mark) -> None:
        """Count segments that a part has of the transaction."""
        assert self._set
        self._set.kept[part] += last.number - first.number
        self._set.kept_empty[part] += last.empty - first.empty

    def _close(self, depth: int, trailer: tuple[Mark, Mark] | None = None) -> Iterator[_Step]:
        """Close loops, down to a depth; the last one by its trailer, if it has one."""
        while self._open and self._open[-1].depth >= depth:
            loop = self._open[-1]
            if not loop.parts:
                self.bare += 1
                yield from self._opened(self._rest)
            self._open.pop()
            if loop is self._set:
                self._set = None
            if trailer and loop.depth == depth:
                for part in range(self._many):
                    if loop.parts >> part & 1:
                        yield _Step(part, *trailer, closes=loop)


class _Plan:
    """What must be known of levels before they are copied: whether the parts keep one below them, and, of their
    transaction, whether they are numbered as they must be: from 1 on, each naming the level above."""

    def __init__(self, steps: Iterable[_Step]) -> None:
        self._below, self._odd = bytearray(), bytearray()
        for step in steps:
            if step.opens and step.opens.is_level:
                self._note(step.opens, step.part)

    def _note(self, loop: _Loop, part: int) -> None:
        of, above = _set_of(loop), _level_above(loop)
        for kept, index in ((self._below, loop.index), (self._odd, of.index)):
            if len(kept) <= index:
                kept.extend(bytes(index + 1 - len(kept)))
        if above:
            self._below[above.index] |= _WHOLE | 1 << part
        parent = above.first.element(1) if above else ""
        if (loop.first.element(1), loop.first.element(2)) != (str(loop.order), parent):
            self._odd[of.index] = 1

    def of(self, loop: _Loop, part: int) -> dict[int, str]:
        """The elements of its HL that a part has otherwise. Levels that are not numbered as they must be keep their
        numbers: to number them anew could give one the number by which another names its parent."""
        changed: dict[int, str] = {}
        if not self._odd[_set_of(loop).index]:
            above = _level_above(loop)
            changed = {1: str(loop.levels[part]), 2: str(above.levels[part]) if above else ""}
        below = self._below[loop.index]
        if loop.first.element(4) == "1" and below & _WHOLE and not below >> part & 1:
            changed[4] = "0"
        return changed


def _set_of(loop: _Loop) -> _Loop:
    while loop.depth > _SET:
        assert loop.parent
        loop = loop.parent
    return loop


def _level_above(loop: _Loop) -> _Loop | None:
    """The level that a level stands under: where 22 is missing above 23, none."""
    above = loop.parent
    return above if above and above.is_level and above.depth == loop.depth - 1 else None


def copy_loops(file: BinaryIO, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    """Copy each claim of an 837 into its part.

    Returns:
        How many loops hold no claim; they go to ``found.rest``.

    Raises:
        SplitError: the file is no longer what it was.
    """
    with no_garbage_collection():
        copied, bare = split_837(file, found.places, found.parts, outputs, found.rest)
    if copied != len(found.places):
        raise SplitError(CHANGED)
    return bare


def split_837(
    source: BinaryIO, claims: Sequence[int], parts: bytes | bytearray, outputs: Sequence[BinaryIO], rest: int
) -> tuple[int, int]:
    """Copy each claim of a file, with the loops above it, into its part.

    Args:
        source: the file; it must be seekable.
        claims: the segment number of each claim's CLM, in order.
        parts: the part of each claim, its place in ``outputs``.
        outputs: where each part is written.
        rest: the part of what holds no claim: empty levels, transactions that are no 837, what is no segment.

    Returns:
        How many claims were copied, and how many loops that hold none.
    """
    plan = _Plan(_Walk(claims, parts, len(outputs), rest).steps(_from_start(source)))
    walk = _Walk(claims, parts, len(outputs), rest)
    for step in walk.steps(_from_start(source)):
        changed: dict[int, str] = {}
        if step.opens and step.opens.is_level:
            changed = plan.of(step.opens, step.part)
        elif step.closes:
            changed = _count_of(step.closes, step.first, step.part)
        source.seek(step.first.start)
        _copy(source, outputs[step.part], step.last.start - step.first.start, step.first, changed)
    return walk.copied, walk.bare


def _count_of(loop: _Loop, trailer: Mark, part: int) -> dict[int, str]:
    """What a trailer counts in a part. One that counted more than there was does so in each part, by as many: it
    tells of a loss, which is not to be hidden."""
    stated = trailer.element(1).strip()
    held, kept = loop.held, loop.kept[part]
    if loop.depth == _SET:
        held, kept = trailer.number - loop.first.number + 1, kept + 1
        empty = trailer.empty - loop.first.empty
        if empty and stated.lstrip("0") == str(held + empty):  # some count empty segments too
            held, kept = held + empty, kept + loop.kept_empty[part]
    if not (stated.isascii() and stated.isdecimal() and len(stated) <= 10) or loop.first.name not in _OPENS:
        return {}
    count = kept + max(0, int(stated) - held)
    return {1: str(count)} if count != int(stated) else {}


def _copy(source: BinaryIO, output: BinaryIO, size: int, first: Mark, changed: dict[int, str]) -> None:
    """Copy bytes from where the source stands, with some elements of the first segment changed."""
    if changed:
        piece = source.read(min(size, LONGEST))
        size -= len(piece)
        output.write(_with(piece, first, changed))
    while size > 0 and (piece := source.read(min(size, CHUNK))):
        size -= len(piece)
        output.write(piece)


def _with(piece: bytes, mark: Mark, changed: dict[int, str]) -> bytes:
    """A segment, and what follows it, with elements changed that have another value. Line breaks stay: some
    files are cut into lines of one length."""
    separator, _, terminator = (delimiter.encode("latin-1") for delimiter in mark.delimiters)
    segment, end, behind = piece.partition(terminator)
    elements = segment.split(separator)
    for index, value in changed.items():
        if index < len(elements) and elements[index].translate(None, b"\r\n").decode("latin-1") != value:
            breaks = bytes(byte for byte in elements[index] if byte in b"\r\n")
            elements[index] = value.encode() + breaks
    return separator.join(elements) + end + behind


def _from_start(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _FromStart(file))  # only its ``read`` is asked for


class _FromStart:
    """Reads a file from its start, while others read elsewhere in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at = file, 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        self._file.seek(self._at)
        piece = self._file.read(size)
        self._at += len(piece)
        return piece
