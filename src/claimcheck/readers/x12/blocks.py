"""X12 bytes to blocks of segments, in one pass and in constant memory.

``read_blocks`` cuts a stream into blocks of segments: the cutting itself is done by ``str.split``,
so that a reader spends its time on what the segments say. What can't be read becomes a ``ReadIssue``
in its place, and the reading goes on behind it. Nothing here knows what a claim is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.issues import ISA_LENGTH, ReadIssue
from claimcheck.readers.x12.syntax import (
    BLANKS,
    SEGMENT_IDS,
    Delimiters,
    as_written,
    begins_isa,
    delimiters_of,
    guess_delimiters,
    is_plainly_isa,
)

CHUNK: Final = 1 << 16
LONGEST: Final = 1 << 20
"""A segment longer than this is skipped. A chunk must be shorter, so that only the segment which
began in an earlier chunk can be too long."""
_LOOKAHEAD: Final = 4096
"""Bytes that are looked at to read an ISA, or to guess delimiters: the whole rest of a short file."""

BETWEEN: Final = BLANKS + codecs.BOM_UTF8
"""Bytes allowed between two interchanges: files are joined with their byte-order marks."""

_AS_LATIN_1 = "claimcheck-latin-1"


def _latin_1_of(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 as Latin-1; those around them that are UTF-8 stay so."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_AS_LATIN_1, _latin_1_of)


class Block(NamedTuple):
    """Segments in a row, with a terminator between each two; ``first`` is the number of the first in the file, and
    ``whole`` says that they are subscribers' loops, of which the last ends with the block."""

    delimiters: Delimiters
    text: str
    first: int
    whole: bool = False


def read_blocks(stream: BinaryIO) -> Iterator[Block | ReadIssue]:
    """Cut a binary stream into segments. What is yielded, and its order, do not depend on how many
    bytes the stream gives at a time; only where one block ends and the next begins does."""
    return Scanner(stream).run()


class Scanner:
    """``data[at:]`` are the bytes not yet read, and ``at`` is the start of a segment, except while
    ``skipping`` the rest of one that is too long."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.decoder: codecs.IncrementalDecoder | None = None
        self.data = b""
        self.at = 0
        self.ended = False
        self.skipping = False
        self.delimiters: Delimiters | None = None
        self.terminator = b""
        self.count = 0
        self.empty = 0
        self.encoding_reported = False

    def run(self) -> Iterator[Block | ReadIssue]:
        """Blocks of segments, and what could not be cut into segments, in the order of the file."""
        yield from self._start()
        while self.delimiters is not None:
            end = self._next_isa()
            if self.skipping:
                if self._skip(end):
                    continue
            else:
                cut = self.data.rfind(self.terminator, self.at, end) + 1
                if cut:
                    yield from self._finished(cut)
                if end - self.at > LONGEST:
                    yield self._too_long()
                    self.skipping = True
            if end < len(self.data):
                if not self.ended and len(self.data) - end < _LOOKAHEAD:
                    self._fill()
                    continue
                yield from self._unfinished(end)
                yield from self._isa()
            elif self.ended:
                yield from self._unfinished(end)
                return
            else:
                self._fill()

    def _fill(self) -> None:
        """Read on. What was read before is dropped."""
        chunk = self.stream.read(CHUNK) or b""
        self.ended = not chunk
        if self.decoder is not None:
            chunk = self.decoder.decode(chunk, self.ended).encode()
        self.data = self.data[self.at :] + chunk
        self.at = 0

    def _look_ahead(self) -> bytes:
        """The next bytes: enough to understand an ISA, fewer only at the end of the file."""
        while not self.ended and len(self.data) - self.at < _LOOKAHEAD:
            self._fill()
        return self.data[self.at : self.at + _LOOKAHEAD]

    # The start of the file

    def _start(self) -> Iterator[Block | ReadIssue]:
        yield from self._byte_order()
        window = self._look_ahead()
        while window and not (text := window.lstrip(BLANKS)):
            self.at += len(window)
            window = self._look_ahead()
        if not window:
            yield issues.empty_file()
            return
        self.at += len(window) - len(text)
        window = self._look_ahead()
        if begins_isa(window, 0):
            yield from self._isa()
        elif (guess := guess_delimiters(window)) is not None:
            self._cut_at(guess)
            first = window[:3].decode("latin-1").rstrip(guess.element)
            yield issues.no_isa_first(first, guess)
        else:
            yield from self._search_isa()

    def _byte_order(self) -> Iterator[ReadIssue]:
        """Strip a byte-order mark; convert UTF-16, with or without one."""
        while not self.ended and len(self.data) < 4:
            self._fill()
        start = self.data[:4]
        if start.startswith(codecs.BOM_UTF8):
            self.at = 3
            return
        big = start.startswith(codecs.BOM_UTF16_BE) or start[:1] == b"\0" != start[1:2]
        little = start.startswith(codecs.BOM_UTF16_LE) or start[1:2] == b"\0" != start[:1]
        if len(start) == 4 and (big or little):
            self.decoder = codecs.getincrementaldecoder("utf-16-be" if big else "utf-16-le")("replace")
            self.data = self.decoder.decode(self.data, self.ended).removeprefix("\ufeff").encode()
            self.encoding_reported = True
            yield issues.utf_16()

    def _search_isa(self) -> Iterator[Block | ReadIssue]:
        """The file begins with text that is not X12: look for an ISA further on."""
        while True:
            window = self._look_ahead()
            found = window.find(b"ISA")
            if found < 0 and self.ended and len(self.data) - self.at <= _LOOKAHEAD:
                yield issues.no_isa()
                return
            # An ISA may begin in the last two bytes of the window.
            self.at += found if found >= 0 else max(1, len(window) - 2)
            if found >= 0:
                if is_plainly_isa(self._look_ahead()):
                    break
                self.at += 3
        yield from self._isa()
        yield issues.text_before_isa()

    # Interchanges

    def _next_isa(self) -> int:
        """Where the next interchange begins, or may begin once more bytes are here; else the end."""
        data, at = self.data, self.data.find(b"ISA", self.at)
        while at >= 0:
            if begins_isa(data, at):
                if self._starts_segment(at):
                    return at
                window = data[at : at + _LOOKAHEAD]
                if is_plainly_isa(window) or (len(window) < _LOOKAHEAD and not self.ended):
                    return at
            at = data.find(b"ISA", at + 3)
        return len(data)

    def _starts_segment(self, at: int) -> bool:
        """Whether only blanks are between a terminator and this position: a name may contain "ISA"."""
        while at > self.at:
            at -= 1
            byte = self.data[at : at + 1]
            if byte == self.terminator:
                return True
            if byte not in BETWEEN:
                return False
        return not self.skipping

    def _isa(self) -> Iterator[Block | ReadIssue]:
        """Read the ISA that begins here, and cut by its delimiters from now on."""
        window = self._look_ahead()
        delimiters, length, guessed = delimiters_of(window, self.delimiters)
        used = delimiters if guessed else as_written(delimiters, window[length:])
        self._cut_at(used)
        text = window[:length].decode("latin-1").translate({10: None, 13: None})
        # An ISA with no end in sight: go on behind the next terminator, whatever that is a part of.
        lost = length == len(window)
        self.at += length if lost else length + 1
        self.skipping = lost
        self.count += 1
        yield Block(used, text, self.count)
        if used != delimiters:
            yield issues.isa_names_another_separator(self.count, delimiters.component, used.component)
        if guessed:
            yield issues.isa_without_delimiters(self.count, lost)
        elif len(text) + 1 != ISA_LENGTH:
            yield issues.isa_of_another_length(self.count, len(text) + 1)

    def _cut_at(self, delimiters: Delimiters) -> None:
        self.delimiters = delimiters
        self.terminator = delimiters.terminator.encode("latin-1")
        end = re.escape(delimiters.terminator)
        self.blank_or_empty = re.compile(f"{end}[ \t{end}]")

    # Segments

    def _finished(self, cut: int) -> Iterator[Block | ReadIssue]:
        """Yield the segments before ``cut``, which is just behind a terminator."""
        first = self.data.find(self.terminator, self.at)
        if first - self.at > LONGEST:
            yield self._too_long()
            self.at = first + 1
        if self.at < cut:
            data, self.at = self.data[self.at : cut], cut
            yield from self._cut(data)

    def _cut(self, data: bytes) -> Iterator[Block | ReadIssue]:
        """Cut bytes that end with a terminator: at full speed where nothing is odd in them."""
        assert self.delimiters is not None
        terminator = self.delimiters.terminator
        try:
            # Once it was said that there are other bytes, they are no longer worth an exception.
            text = data.decode(self.delimiters.codec, _AS_LATIN_1 if self.encoding_reported else "strict")
        except UnicodeDecodeError:
            yield from self._cut_slowly(data)
            return
        if "\n" in text and terminator != "\n":
            text = text.replace("\n", "")
        if "\r" in text and terminator != "\r":
            text = text.replace("\r", "")
        text = text[:-1]
        odd = self.blank_or_empty.search(text)  # one look for all that may be odd behind a terminator
        if text[:1] in (" ", "\t") or odd:
            text = terminator.join(segment.lstrip(" \t") for segment in text.split(terminator))
        if (
            self.empty
            or not text
            or text[0] == terminator
            or text[-1] == terminator
            or (odd and 2 * terminator in text)
        ):
            yield from self._cut_slowly(data)
            return
        yield Block(self.delimiters, text, self.count + 1)
        self.count += text.count(terminator) + 1

    def _cut_slowly(self, data: bytes) -> Iterator[Block | ReadIssue]:
        """The same, segment by segment, with a message where one is empty or not UTF-8."""
        assert self.delimiters is not None
        whole: list[str] = []
        for raw in data.split(self.terminator)[:-1]:
            text, clean = self._decoded(raw)
            if not text:
                self.empty += 1
                continue
            found = [*self._empties(self.count)]
            if not clean and not self.encoding_reported:
                self.encoding_reported = True
                found.append(issues.not_utf_8(self.count + 1))
            if found:
                yield from self._block(whole)
                yield from found
                whole = []
            whole.append(text)
            self.count += 1
        yield from self._block(whole)

    def _block(self, segments: list[str]) -> Iterator[Block]:
        """The segments that were cut last, if there are any."""
        assert self.delimiters is not None
        if segments:
            text = self.delimiters.terminator.join(segments)
            yield Block(self.delimiters, text, self.count - len(segments) + 1)

    def _decoded(self, raw: bytes) -> tuple[str, bool]:
        """A segment as text, without line breaks and indent, and whether it was in the right code."""
        assert self.delimiters is not None
        try:
            text, clean = raw.decode(self.delimiters.codec), True
        except UnicodeDecodeError:
            text, clean = raw.decode(self.delimiters.codec, _AS_LATIN_1), False
        return text.replace("\n", "").replace("\r", "").lstrip(" \t"), clean

    def _empties(self, after: int) -> Iterator[ReadIssue]:
        """One message for a run of empty segments."""
        if self.empty:
            many, self.empty = self.empty, 0
            yield issues.empty_segments(after, many)

    def _too_long(self) -> ReadIssue:
        self.count += 1
        return issues.too_long(self.count, LONGEST)

    def _skip(self, end: int) -> bool:
        """Drop the rest of a segment that is too long; whether its terminator was found."""
        found = self.data.find(self.terminator, self.at, end)
        self.skipping = found < 0
        if found >= 0:
            self.at = found + 1
        else:
            # An ISA may begin in the last three bytes.
            self.at = end if end < len(self.data) else max(self.at, end - 3)
        return found >= 0

    def _unfinished(self, end: int) -> Iterator[Block | ReadIssue]:
        """What stands between the last terminator and the end of the file, or the next ISA."""
        assert self.delimiters is not None
        if self.delimiters.terminator not in "\r\n":
            yield from self._empties(self.count)
        self.empty = 0
        rest, self.at = self.data[self.at : end].strip(BETWEEN), end
        if self.skipping or not rest:
            return
        text, _ = self._decoded(rest)
        self.count += 1
        name = text.split(self.delimiters.element, 1)[0]
        if name in ("SE", "GE", "IEA"):
            yield Block(self.delimiters, text, self.count)
            yield issues.unterminated(self.count, name)
        else:
            yield issues.breaks_off(self.count, name if name in SEGMENT_IDS else None)
