"""X12 bytes to segments, in one pass and in constant memory, and the envelope around them.

``read_blocks`` cuts a stream into blocks of segments: the cutting itself is done by ``str.split``,
so that a reader spends its time on what the segments say. What can't be read becomes a ``ReadIssue``
in its place, and the reading goes on behind it. Nothing here knows what a claim is.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from claimcheck.authoring.check import Check
from claimcheck.message import REJECT, WARN, Citation, Severity, StandardCodes, codes
from claimcheck.readers.edits import reading_edit

_X12_5 = "ASC X12.5 Interchange Control Structures"
_TR3 = "ASC X12N 005010X222A1 (837P) and 005010X223A2 (837I)"
_999 = "ASC X12N 005010X231A1 (999 Implementation Acknowledgment)"
_TA1 = "ASC X12N 005010X231A1, TA1 Interchange Acknowledgment"

X12_ISA: Final = reading_edit(
    "X12-ISA",
    WARN,
    Citation(_X12_5, "ISA: fixed length; it names the delimiters"),
    StandardCodes(),
    """
    The interchange header (ISA) is missing, or is not what it must be.

    ISA is the first segment of every X12 file. It is 106 characters long, every element padded to
    its fixed width, and its last characters name the delimiters. A receiver that reads by position
    refuses an ISA of another length. Here it is split at its own separator; where it is missing, the
    delimiters are guessed from the first segments, and the claims are read all the same.

    What to do: pad each ISA element to its width, or have the file exported again with its envelope.
    """,
)

X12_EMPTY: Final = reading_edit(
    "X12-EMPTY",
    WARN,
    Citation(_TR3, "Appendix B.1.1.3, segments"),
    StandardCodes(),
    """
    There is an empty segment: two terminators with nothing between them.

    Nothing is lost by it here, but some receivers stop at an empty segment, and count it in SE01.
    Empty segments are not counted in the segment numbers of these messages.

    What to do: remove the doubled terminator.
    """,
)

X12_LENGTH: Final = reading_edit(
    "X12-LENGTH",
    REJECT,
    Citation(_X12_5, "Segment terminator"),
    codes(status="A3:684"),
    """
    A segment is too long to be one: over a million characters with no terminator.

    The file was damaged, or another delimiter was used in the middle of it. The text up to the next
    terminator was skipped; claims or lines may have stood in it.

    What to do: look at the file at this segment, and export it again.
    """,
)

X12_TRUNCATED: Final = reading_edit(
    "X12-TRUNCATED",
    REJECT,
    Citation(_TA1, "TA105 023, improper (premature) end of file"),
    codes(status="A3:684"),
    """
    The file ends too early: inside a claim transaction, or inside a segment.

    A transfer that broke off leaves such a file. What was read before is checked, but the last claim
    may lack lines, and whole claims may be missing. A last segment that is cut off is not read: half
    a charge is not a charge. Only a closing segment without its terminator is read, with a warning.

    What to do: transfer the file again, and compare its size with the sender's.
    """,
)

X12_ENCODING: Final = reading_edit(
    "X12-ENCODING",
    WARN,
    Citation(_TR3, "Appendix B.1.1.2.2, basic and extended character set"),
    StandardCodes(),
    """
    The file is not encoded as X12 asks: plain ASCII, or UTF-8 for other letters.

    Bytes that are not UTF-8 are read as Latin-1, and UTF-16 is converted. Delimiters, codes, numbers
    and dates come out right either way; letters with accents in a name may not.

    What to do: export the file as UTF-8, or better as plain ASCII.
    """,
)

X12_COUNT: Final = reading_edit(
    "X12-COUNT",
    WARN,
    Citation(_999, "IK502 codes 3 and 4; AK905; TA105 001 and 021"),
    StandardCodes(),
    """
    A trailer (SE, GE or IEA) doesn't match its header, or what stands between them.

    SE01 counts the segments from ST to SE, GE01 the transaction sets of the group, IEA01 the groups of
    the interchange; each trailer repeats its header's control number. Where the trailer counts more
    than there is, something was lost and the message is a reject; otherwise it is a warning. The
    receiver's own translator will refuse the file either way.

    What to do: export the file again. If it was edited by hand, correct the trailer.
    """,
)

X12_ENVELOPE: Final = reading_edit(
    "X12-ENVELOPE",
    WARN,
    Citation(_999, "IK502 code 2; AK905 codes 3 and 5; TA105 022"),
    StandardCodes(),
    """
    A part of the envelope is missing: GS, ST, SE, GE or IEA, or it stands in the wrong place.

    ISA opens an interchange and IEA closes it; GS and GE do so for a group, ST and SE for a
    transaction. The claims are read all the same. A missing SE is a reject: without its count nobody
    can tell whether claims or lines were lost before it.

    What to do: export the file again. A receiver refuses an incomplete envelope.
    """,
)

SEGMENT_EDITS: Final = (
    X12_ISA, X12_EMPTY, X12_LENGTH, X12_TRUNCATED, X12_ENCODING, X12_COUNT, X12_ENVELOPE,
)  # fmt: skip

SEGMENT_IDS: Final = frozenset(
    """
    AMT BHT CAS CL1 CLM CN1 CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC CTP CUR DMG DN1 DN2 DSB DTP FRM GE GS HCP
    HI HL HSD IEA IMM ISA K3 LIN LQ LX MEA MIA MOA N2 N3 N4 NM1 NTE OI PAT PER PRV PS1 PWK QTY REF SBR SE
    ST SV1 SV2 SV3 SV4 SV5 SV6 SV7 SVD TA1 TOO UR
    """.split()  # noqa: SIM905
)
"""Every segment that an 837 may hold, of any kind and version, with its envelope."""

CHUNK: Final = 1 << 16
LONGEST: Final = 1 << 20
"""A segment longer than this is skipped. A chunk must be shorter, so that only the segment which
began in an earlier chunk can be too long."""
_LOOKAHEAD: Final = 4096
"""Bytes that are looked at to read an ISA, or to guess delimiters: the whole rest of a short file."""

_ISA_LENGTH = 106
_LONGEST_ISA_ELEMENT = 30
_BLANKS = b" \t\r\n\0\x1a"
_BETWEEN = _BLANKS + codecs.BOM_UTF8
"""What may stand between two interchanges: files are joined with their byte-order marks."""


_AS_LATIN_1 = "claimcheck-latin-1"


def _latin_1_of(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 as Latin-1; those around them that are UTF-8 stay so."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_AS_LATIN_1, _latin_1_of)


class Delimiters(NamedTuple):
    """The three characters that cut an interchange into segments, elements and components."""

    element: str
    component: str
    terminator: str

    @property
    def codec(self) -> str:
        """UTF-8, unless a delimiter is a byte that stands inside UTF-8 letters."""
        return "utf-8" if "".join(self).isascii() else "latin-1"


class Block(NamedTuple):
    """Segments in a row, with a terminator between each two; ``first`` is the number of the first in the file."""

    delimiters: Delimiters
    text: str
    first: int


class ReadIssue(NamedTuple):
    """Something that could not be read as it should be. ``damages`` says that segments may be missing
    here, so that a count which doesn't come out has this cause and is not reported again."""

    edit: Check
    segment: int
    text: str
    remedy: str
    observed: str | None = None
    allowed: str | None = None
    severity: Severity | None = None
    damages: bool = False


def read_blocks(stream: BinaryIO) -> Iterator[Block | ReadIssue]:
    """Cut a binary stream into segments. What is yielded, and its order, do not depend on how many
    bytes the stream gives at a time; only where one block ends and the next begins does."""
    return _Scanner(stream).run()


def element(elements: Sequence[str], index: int) -> str:
    """An element of a split segment, "" where the segment ends before it."""
    return elements[index] if index < len(elements) else ""


def shown(text: str) -> str:
    """A count or control number as a message may show it. A damaged segment can have anything in
    its place, even a name glued to a number, so only digits after few letters are repeated."""
    return text if _NUMBERED.fullmatch(text) else "nothing" if not text else "something else"


_NUMBERED = re.compile(r"[A-Za-z]{0,3}[0-9]{1,14}", re.ASCII)


class _Scanner:
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
        self.encoding_told = False

    def run(self) -> Iterator[Block | ReadIssue]:
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
        while window and not (text := window.lstrip(_BLANKS)):
            self.at += len(window)
            window = self._look_ahead()
        if not window:
            yield ReadIssue(
                X12_ISA, 1, "The file is empty.", "Export the file again.", "nothing", "ISA", severity=REJECT
            )
            return
        self.at += len(window) - len(text)
        window = self._look_ahead()
        if _begins_isa(window, 0):
            yield from self._isa()
        elif (guess := _guess(window)) is not None:
            self._cut_at(guess)
            yield ReadIssue(
                X12_ISA,
                1,
                "The file does not begin with an ISA segment. The delimiters were guessed: {} between elements,"
                " {} between components, {} behind segments.".format(*map(called, guess)),
                "Send the file with its envelope: ISA, GS ... GE, IEA.",
                window[:3].decode("latin-1").rstrip(guess.element),
                "ISA",
            )
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
            self.encoding_told = True
            yield ReadIssue(
                X12_ENCODING,
                1,
                "The file is encoded as UTF-16; it was converted and read.",
                "Export the file as plain ASCII or UTF-8.",
                "UTF-16",
                "ASCII or UTF-8",
            )

    def _search_isa(self) -> Iterator[Block | ReadIssue]:
        """The file begins with something that is no X12: look for an ISA further on."""
        while True:
            window = self._look_ahead()
            found = window.find(b"ISA")
            if found < 0 and self.ended and len(self.data) - self.at <= _LOOKAHEAD:
                yield ReadIssue(
                    X12_ISA,
                    1,
                    "There is no ISA segment, and the file does not look like X12. Nothing was read.",
                    "Check that this is an 837 file, neither compressed nor encrypted.",
                    "no ISA",
                    "ISA",
                    severity=REJECT,
                )
                return
            # An ISA may begin in the last two bytes of the window.
            self.at += found if found >= 0 else max(1, len(window) - 2)
            if found >= 0:
                if _is_plainly_isa(self._look_ahead()):
                    break
                self.at += 3
        yield from self._isa()
        yield ReadIssue(
            X12_ISA,
            1,
            "There is other text before the first ISA segment; it was skipped.",
            "Send nothing before ISA.",
            "other text",
            "ISA",
            severity=REJECT,
        )

    # Interchanges

    def _next_isa(self) -> int:
        """Where the next interchange begins, or may begin once more bytes are here; else the end."""
        data, at = self.data, self.data.find(b"ISA", self.at)
        while at >= 0:
            if _begins_isa(data, at):
                if self._starts_segment(at):
                    return at
                window = data[at : at + _LOOKAHEAD]
                if _is_plainly_isa(window) or (len(window) < _LOOKAHEAD and not self.ended):
                    return at
            at = data.find(b"ISA", at + 3)
        return len(data)

    def _starts_segment(self, at: int) -> bool:
        """Whether only blanks stand between a terminator and this place: "ISA" may stand in a name."""
        while at > self.at:
            at -= 1
            byte = self.data[at : at + 1]
            if byte == self.terminator:
                return True
            if byte not in _BETWEEN:
                return False
        return not self.skipping

    def _isa(self) -> Iterator[Block | ReadIssue]:
        """Read the ISA that begins here, and cut by its delimiters from now on."""
        window = self._look_ahead()
        delimiters, length, guessed = _delimiters_of(window, self.delimiters)
        used = delimiters if guessed else _as_written(delimiters, window[length:])
        self._cut_at(used)
        text = window[:length].decode("latin-1").translate({10: None, 13: None})
        # An ISA with no end in sight: go on behind the next terminator, whatever that is a part of.
        lost = length == len(window)
        self.at += length if lost else length + 1
        self.skipping = lost
        self.count += 1
        yield Block(used, text, self.count)
        if used != delimiters:
            yield ReadIssue(
                X12_ISA,
                self.count,
                f"ISA16 names {called(delimiters.component)} as the component separator, and the claims are written"
                f" with {called(used.component)}. They are read with that.",
                "Send in ISA16 the separator that composites such as HC:99213 are written with; receivers go by it.",
                called(delimiters.component),
                called(used.component),
                severity=REJECT,
            )
        if guessed:
            yield ReadIssue(
                X12_ISA,
                self.count,
                "The ISA segment does not name its delimiters as it must. They were guessed."
                + (" What follows it could not be read." if lost else ""),
                "Send ISA with its 16 elements; the last is the component separator, then the terminator.",
                severity=REJECT if lost else None,
                damages=lost,
            )
        elif len(text) + 1 != _ISA_LENGTH:
            yield ReadIssue(
                X12_ISA,
                self.count,
                f"The ISA segment is {len(text) + 1} characters long; it must be {_ISA_LENGTH}.",
                "Pad every ISA element with blanks (numbers with zeros) to its fixed width.",
                str(len(text) + 1),
                str(_ISA_LENGTH),
            )

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
            text = data.decode(self.delimiters.codec, _AS_LATIN_1 if self.encoding_told else "strict")
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
            trouble = [*self._empties(self.count)]
            if not clean and not self.encoding_told:
                self.encoding_told = True
                trouble.append(self._not_utf8())
            if trouble:
                yield from self._block(whole)
                yield from trouble
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
            yield ReadIssue(
                X12_EMPTY,
                max(after, 1),
                f"After segment {after} there {'is an' if many == 1 else f'are {many}'} empty"
                f" segment{'' if many == 1 else 's'}; nothing else was lost.",
                "Remove the doubled segment terminator.",
                str(many),
                "0",
            )

    def _not_utf8(self) -> ReadIssue:
        return ReadIssue(
            X12_ENCODING,
            self.count + 1,
            "From here on there are characters that are not UTF-8; they are read as Latin-1.",
            "Export the file as plain ASCII or UTF-8.",
            "other bytes",
            "ASCII or UTF-8",
        )

    def _too_long(self) -> ReadIssue:
        self.count += 1
        return ReadIssue(
            X12_LENGTH,
            self.count,
            f"Segment {self.count} is longer than {LONGEST:,} characters. It was skipped up to the next"
            " terminator; claims or lines may have been lost in it.",
            "Look at the file at this segment: a terminator is missing, or the file is damaged.",
            f"over {LONGEST}",
            damages=True,
        )

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
        rest, self.at = self.data[self.at : end].strip(_BETWEEN), end
        if self.skipping or not rest:
            return
        text, _ = self._decoded(rest)
        self.count += 1
        name = text.split(self.delimiters.element, 1)[0]
        if name in ("SE", "GE", "IEA"):
            yield Block(self.delimiters, text, self.count)
            yield ReadIssue(
                X12_TRUNCATED,
                self.count,
                f"The last segment, {name}, has no terminator. It was read.",
                "End every segment with the terminator, the last one too.",
                name,
                severity=WARN,
            )
        else:
            named = f", {name}," if name in SEGMENT_IDS else ""
            yield ReadIssue(
                X12_TRUNCATED,
                self.count,
                f"The last segment{named} breaks off before its terminator. It was not read, and what"
                " should follow it is missing.",
                "Transfer the file again, and compare its size with the sender's.",
                name if named else None,
                damages=True,
            )


def _begins_isa(data: bytes, at: int) -> bool:
    """Whether "ISA" and something that can be an element separator stand here."""
    separator = data[at + 3 : at + 4]
    return data.startswith(b"ISA", at) and separator not in _BLANKS and not separator.isalnum()


def _is_plainly_isa(window: bytes) -> bool:
    """Whether this can be nothing but an ISA segment, even in the middle of something else."""
    if not _begins_isa(window, 0):
        return False
    parts = [part.strip() for part in window.split(window[3:4], 16)]
    return (
        len(parts) == 17
        and max(map(len, parts[:16])) <= 15
        and all(len(parts[i]) == 2 for i in (1, 3, 5, 7))
        and len(parts[12]) == 5
        and parts[13].isdigit()
    )


def _delimiters_of(window: bytes, before: Delimiters | None) -> tuple[Delimiters, int, bool]:
    """The delimiters that an ISA names, its length without terminator, and whether it was guessed.

    The ISA is split at its own separator: senders squeeze blanks out of it, and then nothing stands
    where the standard says.
    """
    separator = window[3:4]
    parts = window.split(separator, 16)
    if len(parts) == 17 and max(map(len, parts[:16])) <= _LONGEST_ISA_ELEMENT:
        start = len(window) - len(parts[16])
        component, terminator, behind = parts[16][:1], parts[16][1:2], parts[16][2:]
        if broken := _after_line_break(parts[16][1:], separator):
            return _named(separator, component, broken[1]), start + 1 + broken.start(1), False
        if terminator == b"\r" and behind[:1] == b"\n":
            # A line feed alone may end lines further on.
            return _named(separator, component, b"\n"), start + 2, False
        named = _can_delimit(component, separator) and _can_delimit(terminator, separator)
        named = named and component not in b"\r\n" and component != terminator
        if named and not _ends_lines(component, terminator, behind):
            if terminator not in behind and (other := _guess_terminator(behind, separator)):
                return _named(separator, component, other), start + 1, True
            return _named(separator, component, terminator), start + 1, False
    terminator = _guess_terminator(window[4:], separator)
    if not terminator and before is not None and before.element.encode("latin-1") == separator:
        terminator = before.terminator.encode("latin-1")
    terminator = terminator or b"~"
    end = window.find(terminator, 4)
    component = _guess_component(window, separator, terminator)
    return _named(separator, component, terminator), len(window) if end < 0 else end, True


def _after_line_break(behind: bytes, separator: bytes) -> re.Match[bytes] | None:
    """A terminator, in group 1, that has a line break before it, where segments go on behind it."""
    return re.match(
        rb"[\r\n]+([^0-9A-Za-z\s%b])\s*(?:%b)%b" % (re.escape(separator), _NAMES, re.escape(separator)), behind
    )


def _ends_lines(component: bytes, terminator: bytes, behind: bytes) -> bool:
    """Whether ISA16 was left out, and what stands in its place is the terminator before a newline:
    then the next line ends with it too."""
    return terminator in b"\r\n" and behind.split(terminator, 1)[0].rstrip().endswith(component)


def _as_written(named: Delimiters, window: bytes) -> Delimiters:
    """The delimiters that an ISA names, with the component separator of what follows it, where that is another in
    every composite within reach."""
    separator, component, terminator = (delimiter.encode("latin-1") for delimiter in named)
    own = re.split(rb"%b\s*ISA%b" % (re.escape(terminator), re.escape(separator)), window, maxsplit=1)[0]
    seen = _components_of(own, separator, terminator)
    return named if not seen or component in seen else named._replace(component=seen[0].decode("latin-1"))


def called(delimiter: str) -> str:
    """A delimiter as a message shows it."""
    names = {"\n": "line feed", "\r": "carriage return"}
    return names.get(delimiter, delimiter if delimiter.isprintable() else f"hexadecimal {ord(delimiter):02X}")


def _can_delimit(byte: bytes, separator: bytes) -> bool:
    return bool(byte) and byte != separator and not byte.isalnum() and byte not in b" \t"


def _named(separator: bytes, component: bytes, terminator: bytes) -> Delimiters:
    return Delimiters(separator.decode("latin-1"), component.decode("latin-1"), terminator.decode("latin-1"))


_NAMES = "|".join(sorted(SEGMENT_IDS)).encode()


def _guess(window: bytes) -> Delimiters | None:
    """The delimiters of a text that begins with a segment other than ISA; None if it begins with none."""
    start = re.match(rb"(?:%s)([^0-9A-Za-z\s])" % _NAMES, window)
    if start is None:
        return None
    separator = start[1]
    terminator = _guess_terminator(window, separator)
    return _named(separator, _guess_component(window, separator, terminator), terminator) if terminator else None


def _guess_terminator(window: bytes, separator: bytes) -> bytes:
    """What precedes most segments that have a known name; b"" if there is none."""
    e = re.escape(separator)
    found = re.finditer(rb"([^0-9A-Za-z \t%b])\s*(?:%b)%b" % (e, _NAMES, e), window)
    ends = Counter(b"\n" if one[1] == b"\r" and b"\n" in one[0] else one[1] for one in found)
    return max(ends, key=ends.__getitem__, default=b"")


def _guess_component(window: bytes, separator: bytes, terminator: bytes) -> bytes:
    """What the composites of a text are written with; where it has none, a usual separator that is free."""
    seen = _components_of(window, separator, terminator)
    return seen[0] if seen else next(byte for byte in (b":", b">", b"<") if byte not in (separator, terminator))


def _components_of(window: bytes, separator: bytes, terminator: bytes) -> list[bytes]:
    """What follows the first component of procedures, diagnoses and facilities (CLM05), in their order."""
    e, t = re.escape(separator), re.escape(terminator)
    skip, other = b"[^%b%b]*" % (e, t), rb"([^0-9A-Za-z\s%b%b])" % (e, t)
    codes = rb"(?:SV[13]|SV2%b%b|HI)%b(?:HC|AD|ER|A?BK)%b(?=[0-9A-Za-z])" % (e, skip, e, other)
    facility = rb"CLM(?:%b%b){4}%b[0-9A-Z]{2}%b(?=[AB])" % (e, skip, e, other)
    return [one or two for one, two in re.findall(b"%b|%b" % (codes, facility), window)]


# Where segments stand, for whoever copies a file in parts

ENVELOPE: Final = ("ISA", "GS", "ST", "SE", "GE", "IEA")


class Mark(NamedTuple):
    """Where a segment stands that opens or closes a loop, or the first one where none should be.

    Attributes:
        name: the segment's id; "" for what stands there and is none.
        text: the segment, without its terminator.
        number: its number in the file, as in messages.
        empty: how many empty segments stand before it.
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


class _Marker(_Scanner):
    """A scanner that keeps account of places instead of decoding what stands there. ``dropped`` is the place in
    the file at which ``data`` begins."""

    def __init__(self, stream: BinaryIO, names: frozenset[str]) -> None:
        super().__init__(stream)
        self.names = names
        self.prefixes = frozenset(name[:2].encode() for name in names)
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
        yield Block(self.delimiters, "", self.count)  # nothing to read: a pause in which the marks are taken

    def _too_long(self) -> ReadIssue:
        if self.outside:
            self._mark("", b"", self.count + 1, self.dropped + self.at)
        return super()._too_long()

    def _unfinished(self, end: int) -> Iterator[Block | ReadIssue]:
        rest, start, number = self.data[self.at : end], self.dropped + self.at, self.count + 1
        self.isa_at = self.dropped + end
        if not self.skipping:
            start += _line_breaks(rest)
            if segment := rest.strip(_BETWEEN):
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
    """How many line breaks stand before all else."""
    return len(raw) - len(raw.lstrip(b"\r\n"))
