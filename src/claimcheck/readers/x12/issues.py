"""What can be wrong with a file's bytes and envelope, in words: one function per issue, which gives its ``ReadIssue``.

``number`` is always the segment's. What is observed holds ids, counts and control numbers alone, never what may be a
patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from claimcheck.authoring.check import Check
from claimcheck.message import REJECT, WARN, Severity
from claimcheck.readers.x12.edits import (
    X12_COUNT,
    X12_EMPTY,
    X12_ENCODING,
    X12_ENVELOPE,
    X12_ISA,
    X12_LENGTH,
    X12_NOT_837,
    X12_SEGMENT,
    X12_TRUNCATED,
)


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


_NUMBERED = re.compile(r"[A-Za-z]{0,3}[0-9]{1,14}", re.ASCII)


def shown(text: str) -> str:
    """A count or control number as a message may show it. A damaged segment can have anything in
    its place, even a name glued to a number, so only digits after few letters are repeated."""
    return text if _NUMBERED.fullmatch(text) else "nothing" if not text else "something else"


def called(delimiter: str) -> str:
    """A delimiter as a message shows it."""
    names = {"\n": "line feed", "\r": "carriage return"}
    return names.get(delimiter, delimiter if delimiter.isprintable() else f"hexadecimal {ord(delimiter):02X}")


# -- bytes and segments --------------------------------------------------------------------------

ISA_LENGTH: Final = 106


def empty_file() -> ReadIssue:
    return ReadIssue(X12_ISA, 1, "The file is empty.", "Export the file again.", "nothing", "ISA", REJECT)


def no_isa() -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        1,
        "There is no ISA segment, and the file does not look like X12. Nothing was read.",
        "Check that this is an 837 file, neither compressed nor encrypted.",
        "no ISA",
        "ISA",
        REJECT,
    )


def text_before_isa() -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        1,
        "There is other text before the first ISA segment; it was skipped.",
        "Send nothing before ISA.",
        "other text",
        "ISA",
        REJECT,
    )


def no_isa_first(first: str, delimiters: Iterable[str]) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        1,
        "The file does not begin with an ISA segment. The delimiters were guessed: {} between elements,"
        " {} between components, {} behind segments.".format(*map(called, delimiters)),
        "Send the file with its envelope: ISA, GS ... GE, IEA.",
        first,
        "ISA",
    )


def isa_without_delimiters(number: int, lost: bool) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        "The ISA segment does not name its delimiters as it must. They were guessed."
        + (" What follows it could not be read." if lost else ""),
        "Send ISA with its 16 elements; the last is the component separator, then the terminator.",
        severity=REJECT if lost else None,
        damages=lost,
    )


def isa_of_another_length(number: int, length: int) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        f"The ISA segment is {length} characters long; it must be {ISA_LENGTH}.",
        "Pad every ISA element with blanks (numbers with zeros) to its fixed width.",
        str(length),
        str(ISA_LENGTH),
    )


def isa_names_another_separator(number: int, named: str, used: str) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        f"ISA16 names {called(named)} as the component separator, and the claims are written"
        f" with {called(used)}. They are read with that.",
        "Send in ISA16 the separator that composites such as HC:99213 are written with; receivers go by it.",
        called(named),
        called(used),
        REJECT,
    )


def utf_16() -> ReadIssue:
    return ReadIssue(
        X12_ENCODING,
        1,
        "The file is encoded as UTF-16; it was converted and read.",
        "Export the file as plain ASCII or UTF-8.",
        "UTF-16",
        "ASCII or UTF-8",
    )


def not_utf_8(number: int) -> ReadIssue:
    return ReadIssue(
        X12_ENCODING,
        number,
        "From here on there are characters that are not UTF-8; they are read as Latin-1.",
        "Export the file as plain ASCII or UTF-8.",
        "other bytes",
        "ASCII or UTF-8",
    )


def empty_segments(after: int, many: int) -> ReadIssue:
    return ReadIssue(
        X12_EMPTY,
        max(after, 1),
        f"After segment {after} there {'is an' if many == 1 else f'are {many}'} empty"
        f" segment{'' if many == 1 else 's'}; nothing else was lost.",
        "Remove the doubled segment terminator.",
        str(many),
        "0",
    )


def too_long(number: int, longest: int) -> ReadIssue:
    return ReadIssue(
        X12_LENGTH,
        number,
        f"Segment {number} is longer than {longest:,} characters. It was skipped up to the next"
        " terminator; claims or lines may have been lost in it.",
        "Look at the file at this segment: a terminator is missing, or the file is damaged.",
        f"over {longest}",
        damages=True,
    )


def unterminated(number: int, name: str) -> ReadIssue:
    return ReadIssue(
        X12_TRUNCATED,
        number,
        f"The last segment, {name}, has no terminator. It was read.",
        "End every segment with the terminator, the last one too.",
        name,
        severity=WARN,
    )


def breaks_off(number: int, name: str | None) -> ReadIssue:
    """``name`` is None where it is no segment's."""
    return ReadIssue(
        X12_TRUNCATED,
        number,
        f"The last segment{f', {name},' if name else ''} breaks off before its terminator. It was not read, and what"
        " should follow it is missing.",
        "Transfer the file again, and compare its size with the sender's.",
        name,
        damages=True,
    )


def unknown_segment(number: int, name: str) -> ReadIssue:
    is_id = re.fullmatch("[A-Za-z0-9]{2,3}", name, re.ASCII)
    what = f"begins with {name}, which is" if is_id else "does not begin with a segment id: it is"
    return ReadIssue(
        X12_SEGMENT,
        number,
        f"Segment {number} {what} no segment of an 837. It was skipped.",
        "Look at the file at this segment: a name is misspelt, or a terminator stands in a text.",
        name if is_id else "not a segment id",
    )


# -- envelope ------------------------------------------------------------------------------------


def ends_inside_transaction(number: int) -> ReadIssue:
    return ReadIssue(
        X12_TRUNCATED,
        number,
        "The file ends inside a transaction: there is no SE. Lines and claims may be missing.",
        "Transfer the file again, and compare its size with the sender's.",
        "end of file",
        "SE",
    )


def envelope_lacks(number: int, what: str, before: str, severity: Severity | None) -> ReadIssue:
    return ReadIssue(
        X12_ENVELOPE,
        number,
        f"{what} {'are' if ' and ' in what else 'is'} missing before {before}.",
        "Export the file again with its whole envelope.",
        before,
        what,
        severity,
    )


def wrong_trailer(number: int, name: str, wrong: Sequence[str], observed: str, allowed: str, lost: bool) -> ReadIssue:
    return ReadIssue(
        X12_COUNT,
        number,
        f"{name} {', and '.join(wrong)}.{' Some may have been lost.' if lost else ''}",
        "Export the file again; if it was edited by hand, correct the trailer.",
        observed,
        allowed,
        REJECT if lost else None,
    )


def other_transaction(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_NOT_837,
        number,
        "This transaction is not an 837 claim; it was skipped.",
        "Nothing needs to be done if it belongs in the file.",
        shown(kind),
        "837",
    )


def claims_lost(number: int, what: str, observed: str) -> ReadIssue:
    return ReadIssue(
        X12_NOT_837,
        number,
        f"{what}. Its claims were not read.",
        "If it holds claims, send 837 in ST01; else move it to a group of its own kind (GS01).",
        observed,
        "837",
        REJECT,
    )
