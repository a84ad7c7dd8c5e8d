"""The positions of segments in a file, to copy it in parts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple

from claimcheck.readers.x12.blocks import BETWEEN, Block, Scanner
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.readers.x12.syntax import ENVELOPE, SEGMENT_IDS, Delimiters, element


class Mark(NamedTuple):
    """Where a segment stands that opens or closes a loop, or the first one where none should be.

    Attributes:
        name: the segment ID; "" for text that is not a segment.
        text: the segment, without its terminator.
        number: its number in the file, as in messages.
        empty: how many empty segments precede it.
        start: its first byte in the file.
        delimiters: those that it is written with.
    """

    name: str
    text: str
    number: int
    empty: int
    start: int
    delimiters: Delimiters

    def element(self, index: int) -> str:
        """An element of the segment, "" where it ends before."""
        return element(self.text.split(self.delimiters.element), index)


def read_marks(stream: BinaryIO, names: Collection[str]) -> Iterator[Mark]:
    """Where the envelope's segments stand and those called ``names``, counted as ``read_blocks`` counts them.

    Also marked is the first segment behind an envelope's: it may belong to no transaction. The last mark is the
    end of the file. Each byte belongs to the last mark before it, the first bytes to the first mark. Line breaks
    behind a terminator belong to the segment that it ends.
    """
    marker = _Marker(stream, frozenset((*names, *ENVELOPE)))
    for _ in marker.run():
        yield from marker.found
        marker.found.clear()
    yield from marker.found
    yield marker.end_of_file()


class _Marker(Scanner):
    """A scanner that keeps account of places instead of decoding what stands there. ``dropped`` is the place in
    the file at which ``data`` begins."""

    def __init__(self, stream: BinaryIO, names: frozenset[str]) -> None:
        super().__init__(stream)
        self.names = names
        self.prefixes = frozenset(name[:2].encode() for name in names)
        self.plain = frozenset(name.encode() for name in names.difference(ENVELOPE))
        self.found: list[Mark] = []
        self.dropped = 0
        self.empties = 0
        self.outside = self.first = True
        self.isa_at: int | None = None

    def end_of_file(self) -> Mark:
        """The end, as a mark."""
        end = self.dropped + len(self.data)
        return Mark("", "", self.count + 1, self.empties, end, self.delimiters or Delimiters("*", ":", "~"))

    def _fill(self) -> None:
        self.dropped += self.at
        super()._fill()

    def _search_isa(self) -> Iterator[Block | ReadIssue]:
        self._mark("", b"", 1, 0)
        yield from super()._search_isa()

    def _isa(self) -> Iterator[Block | ReadIssue]:
        start = self.dropped + self.at if self.isa_at is None else self.isa_at
        number = self.count + 1
        for item in super()._isa():
            if isinstance(item, Block):
                self._mark("ISA", item.text.encode("latin-1"), number, start)
            yield item
        self.isa_at = None

    def _cut(self, data: bytes) -> Iterator[Block | ReadIssue]:
        assert self.delimiters is not None
        place = self.dropped + self.at - len(data)
        if not self._cut_plainly(data, place):
            self._cut_any(data, place)
        yield Block(self.delimiters, "", self.count)  # nothing to read: a pause in which the marks are taken

    def _cut_plainly(self, data: bytes, place: int) -> bool:
        """Find the marks of plain bytes at the speed of a search; False, and nothing is found, where they are not
        plain: where a segment is empty or indented, has a line break in its midst, or is one of the envelope."""
        if self.outside:
            return False
        text = self.terminator + data
        breaks, returns = text.count(b"\n"), text.count(b"\r")
        if breaks or returns:
            end = self.terminator + (b"\r\n" if returns else b"\n")
            if returns not in (0, breaks) or text.count(end) != breaks:
                return False
        places = []
        for border in self.borders.finditer(text):
            name = border[1]
            if name not in self.plain:
                return False
            places.append((name.decode(), border.start(), border.start(1)))
        counted = 0
        for name, at, start in places:
            self.count += text.count(self.terminator, counted, at)
            counted = at
            segment = text[start : text.index(self.terminator, start)]
            self._mark(name, segment, self.count + 1, place + start - len(self.terminator))
        self.count += text.count(self.terminator, counted) - 1
        return True

    def _cut_any(self, data: bytes, place: int) -> None:
        """Find the marks of any bytes, segment by segment."""
        lined = b"\n" in data or b"\r" in data
        for raw in data.split(self.terminator)[:-1]:
            segment = (raw.translate(None, b"\r\n") if lined else raw).lstrip(b" \t")
            if segment:
                self.count += 1
                if self.outside or segment[:2] in self.prefixes:
                    self._look_at(segment, self.count, place + _line_breaks(raw))
            else:
                self.empties += 1
            place += len(raw) + 1

    def _cut_at(self, delimiters: Delimiters) -> None:
        super()._cut_at(delimiters)
        element, end = (re.escape(each.encode("latin-1")) for each in (delimiters.element, delimiters.terminator))
        names = b"|".join(sorted(name.encode() for name in self.names))
        self.borders = re.compile(b"%b[\r\n]*(?:(%b)(?=[%b%b])|[ \t%b])" % (end, names, element, end, end))

    def _too_long(self) -> ReadIssue:
        if self.outside:
            self._mark("", b"", self.count + 1, self.dropped + self.at)
        return super()._too_long()

    def _unfinished(self, end: int) -> Iterator[Block | ReadIssue]:
        rest, start, number = self.data[self.at : end], self.dropped + self.at, self.count + 1
        self.isa_at = self.dropped + end
        if not self.skipping:
            start += _line_breaks(rest)
            if segment := rest.strip(BETWEEN):
                self._look_at(segment.translate(None, b"\r\n"), number, start, finished=False)
            else:
                self.isa_at = start
        yield from super()._unfinished(end)

    def _look_at(self, segment: bytes, number: int, start: int, *, finished: bool = True) -> None:
        """Mark a segment if it is one to be marked. Only a closing one is read without its terminator."""
        assert self.delimiters is not None
        name = segment.partition(self.delimiters.element.encode("latin-1"))[0].decode("latin-1")
        read = finished or name in ("SE", "GE", "IEA")
        if read and name in self.names:
            self._mark(name, segment, number, start)
        elif self.outside and not (read and name == "TA1"):
            self._mark(name if read and name in SEGMENT_IDS else "", segment, number, start)

    def _mark(self, name: str, segment: bytes, number: int, start: int) -> None:
        delimiters = self.delimiters or Delimiters("*", ":", "~")
        start = 0 if self.first else start
        self.found.append(Mark(name, segment.decode("latin-1"), number, self.empties, start, delimiters))
        self.first = False
        self.outside = name in ENVELOPE and name != "ST"


def _line_breaks(raw: bytes) -> int:
    """How many line breaks precede everything else."""
    return len(raw) - len(raw.lstrip(b"\r\n"))
