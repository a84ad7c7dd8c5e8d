"""The syntax of X12: the segments that an 837 may hold, and the delimiters that it is written with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

SEGMENT_IDS: Final = frozenset(
    """
    AMT BHT CAS CL1 CLM CN1 CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC CTP CUR DMG DN1 DN2 DSB DTP FRM GE GS HCP
    HI HL HSD IEA IMM ISA K3 LIN LQ LX MEA MIA MOA N2 N3 N4 NM1 NTE OI PAT PER PRV PS1 PWK QTY REF SBR SE
    ST SV1 SV2 SV3 SV4 SV5 SV6 SV7 SVD TA1 TOO UR
    """.split()  # noqa: SIM905
)
"""Every segment that an 837 may hold, of any kind and version, with its envelope."""

ENVELOPE: Final = ("ISA", "GS", "ST", "SE", "GE", "IEA")


def element(elements: Sequence[str], index: int) -> str:
    """An element of a split segment, "" where the segment ends before it."""
    return elements[index] if index < len(elements) else ""


BLANKS: Final = b" \t\r\n\0\x1a"
_LONGEST_ISA_ELEMENT = 30
_NAMES = "|".join(sorted(SEGMENT_IDS)).encode()


class Delimiters(NamedTuple):
    """The three characters that cut an interchange into segments, elements and components."""

    element: str
    component: str
    terminator: str

    @property
    def codec(self) -> str:
        """UTF-8, unless a delimiter is a byte that stands inside UTF-8 letters."""
        return "utf-8" if "".join(self).isascii() else "latin-1"


def begins_isa(data: bytes, at: int) -> bool:
    """Whether "ISA" and something that can be an element separator stand here."""
    separator = data[at + 3 : at + 4]
    return data.startswith(b"ISA", at) and separator not in BLANKS and not separator.isalnum()


def is_plainly_isa(window: bytes) -> bool:
    """Whether this can be nothing but an ISA segment, even in the middle of something else."""
    if not begins_isa(window, 0):
        return False
    parts = [part.strip() for part in window.split(window[3:4], 16)]
    return (
        len(parts) == 17
        and max(map(len, parts[:16])) <= 15
        and all(len(parts[i]) == 2 for i in (1, 3, 5, 7))
        and len(parts[12]) == 5
        and parts[13].isdigit()
    )


def delimiters_of(window: bytes, before: Delimiters | None) -> tuple[Delimiters, int, bool]:
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


def as_written(named: Delimiters, window: bytes) -> Delimiters:
    """The delimiters that an ISA names, with the component separator of what follows it, where that is another in
    every composite within reach."""
    separator, component, terminator = (delimiter.encode("latin-1") for delimiter in named)
    own = re.split(rb"%b\s*ISA%b" % (re.escape(terminator), re.escape(separator)), window, maxsplit=1)[0]
    seen = _components_of(own, separator, terminator)
    return named if not seen or component in seen else named._replace(component=seen[0].decode("latin-1"))


def _can_delimit(byte: bytes, separator: bytes) -> bool:
    return bool(byte) and byte != separator and not byte.isalnum() and byte not in b" \t"


def _named(separator: bytes, component: bytes, terminator: bytes) -> Delimiters:
    return Delimiters(separator.decode("latin-1"), component.decode("latin-1"), terminator.decode("latin-1"))


def guess_delimiters(window: bytes) -> Delimiters | None:
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
