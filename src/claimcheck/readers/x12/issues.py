"""Texts of what is wrong with segments, envelopes, levels and claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import Check
from claimcheck.message import INFORM, REJECT, WARN, Severity
from claimcheck.readers.x12.edits import (
    READING_EDITS,
    X12_COMPOSITE,
    X12_COUNT,
    X12_DIAGNOSIS,
    X12_EMPTY,
    X12_ENCODING,
    X12_ENVELOPE,
    X12_HL,
    X12_ISA,
    X12_LENGTH,
    X12_LOOP,
    X12_NO_LINES,
    X12_NOT_837,
    X12_SEGMENT,
    X12_TRUNCATED,
    X12_VERSION,
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to a worker, it names its edit: a copy of the edit would equal none."""
        return _issue_of, (self.edit.id, *self[1:])


def _issue_of(id: str, *others: Any) -> ReadIssue:
    return ReadIssue(next(edit for edit in READING_EDITS if edit.id == id), *others)


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


# -- versions ------------------------------------------------------------------------------------

A_KIND: Final = {"SV1": "a professional", "SV2": "an institutional", "SV3": "a dental"}
_GUIDE_OF: Final = {
    "SV1": "005010X222A1 (professional)",
    "SV2": "005010X223A2 (institutional)",
    "SV3": "005010X224A2 (dental)",
}


def shown_version(version: str) -> str:
    """A version as a message may show it."""
    is_one = re.fullmatch("00[0-9]{4}(X[0-9]{3}([A-Z][0-9])?)?", version, re.ASCII)
    return version if is_one else "an unknown version"


def unexpected_version(number: int, seen: str, kind: str | None, is_5010: bool) -> ReadIssue:
    """``kind`` is that of the lines that the guide is for, None where the guide is unknown."""
    allowed = [_GUIDE_OF[kind]] if kind else [*_GUIDE_OF.values()]
    wrong = "which is not a known guide of the 837" if is_5010 else "not in version 005010"
    return ReadIssue(
        X12_VERSION,
        number,
        f"The claims are written in {seen}, {wrong}. They are read as far as it goes.",
        f"Export the claims as {', '.join(allowed)}.",
        seen,
        ", ".join(guide.partition(" ")[0] for guide in allowed),
    )


def not_to_be_paid(number: int, seen: str, kind: str, adjudicated: bool) -> ReadIssue:
    what = "claims that a payer has adjudicated" if adjudicated else "requests for predetermination"
    return ReadIssue(
        X12_VERSION,
        number,
        f"These are {what} ({seen}). Each is judged as {A_KIND[kind]} claim.",
        f"No action if that is what they are; claims to be paid are {_GUIDE_OF[kind]}.",
        seen,
        _GUIDE_OF[kind].partition(" ")[0],
        INFORM,
    )


def lines_of_another_version(number: int, kind: str, announced: str) -> ReadIssue:
    return ReadIssue(
        X12_VERSION,
        number,
        f"The version in the header is for {A_KIND[announced]} claim, but this is"
        f" {A_KIND[kind]} line ({kind}). The claims are read as what their lines are.",
        "Name the right guide in GS08 and ST03.",
        kind,
        announced,
    )


# -- levels --------------------------------------------------------------------------------------

LEVELS: Final = {"20": "a billing provider", "22": "a subscriber", "23": "a patient"}
"""Kinds of levels, by HL03."""


def unknown_level(number: int, level: str, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_HL,
        number,
        f"Level (HL) {shown(level)} is no billing provider (20), subscriber (22) or patient (23)."
        " The claims under it are read without them.",
        "Send 20, 22 or 23 in HL03.",
        shown(kind),
        "20, 22 or 23",
        REJECT,
    )


def wrong_parent(number: int, level: str, parent: str, kind: str, above: str, judged_by_parent: bool) -> ReadIssue:
    level_above = f"the level above it is {shown(above)}" if above else "there is no level above it"
    judged = (
        f"Its claims are judged as those of billing provider {shown(parent)}, which it names."
        if judged_by_parent
        else "Its claims are judged with the provider and the subscriber before it."
    )
    return ReadIssue(
        X12_HL,
        number,
        f"Level (HL) {shown(level)} is {LEVELS[kind]} and names parent {shown(parent)}; {level_above}. {judged}",
        "Let HL02 name the level above: the billing provider for 22, the subscriber for 23.",
        shown(parent),
        shown(above),
    )


def _nothing_there(number: int, text: str, severity: Severity | None = None) -> ReadIssue:
    remedy = "Complete the claim; if the line was in the billing system, look for what the export lost."
    return ReadIssue(X12_NO_LINES, number, text, remedy, severity=severity)


def bare_transaction(number: int) -> ReadIssue:
    return _nothing_there(number, "This 837 transaction holds no claim.", WARN)


def bare_level(number: int, kind: str) -> ReadIssue:
    return _nothing_there(number, f"This level (HL) is {LEVELS[kind]}, and has no claim.", WARN)


def bare_claim(number: int) -> ReadIssue:
    return _nothing_there(number, "This claim has no service line.")


def bare_line(number: int) -> ReadIssue:
    return _nothing_there(number, "This line number (LX) has no service behind it.")


# -- claims and lines ----------------------------------------------------------------------------

MISSING: Final = "missing"


def unread_diagnoses(number: int, unread: Sequence[str], of: int) -> ReadIssue:
    return ReadIssue(
        X12_DIAGNOSIS,
        number,
        f"{len(unread)} of {of} elements of HI ({', '.join(unread)}) are not written as qualifier and code, and"
        " were not read.",
        "Write each as ABK:code or ABF:code, with the component separator of ISA16.",
        str(len(unread)),
        "0",
    )


def unknown_qualifiers(number: int, unknown: Mapping[str, str]) -> ReadIssue:
    """``unknown`` has the qualifiers by their places."""
    places, found = ", ".join(unknown), ", ".join(unknown.values())
    return ReadIssue(
        X12_DIAGNOSIS,
        number,
        f"The qualifier in {places} is not known: {found}. A diagnosis has ABK (the first) or ABF.",
        f"Correct the qualifier in {places} (loop 2300), in capitals; pointers count the element's place.",
        found,
        "ABK, ABF",
    )


def diagnoses_with_another_separator(number: int, where: str, found: str, named: str) -> ReadIssue:
    return _other_separator(X12_DIAGNOSIS, number, where, found, named)


def procedure_with_another_separator(number: int, where: str, found: str, named: str) -> ReadIssue:
    return _other_separator(X12_COMPOSITE, number, where, found, named)


def _other_separator(edit: Check, number: int, where: str, found: str, named: str) -> ReadIssue:
    """A composite is written with another separator than the file's others, and is read with that."""
    return ReadIssue(
        edit,
        number,
        f"ISA16 names {called(named)} as the component separator, and {where} is written with {called(found)}.",
        f"Write {where} with the separator of ISA16.",
        called(found),
        called(named),
    )


def procedure_without_qualifier(number: int, where: str, code_sets: Sequence[str]) -> ReadIssue:
    return ReadIssue(
        X12_COMPOSITE,
        number,
        f"The code's qualifier ({where}-1) is missing. It must be HC for CPT and HCPCS codes.",
        f"Send the qualifier before the code in {where}: HC:code (AD:code for CDT in SV301).",
        MISSING,
        ", ".join(code_sets),
    )


def line_of_another_kind(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"This is {A_KIND[kind]} line ({kind}), and the claim has lines of another kind. It is read as what it is.",
        "Put professional, institutional and dental services on claims of their own.",
        kind,
        severity=WARN,
    )


def line_without_number(number: int, kind: str, read_as: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"This service line ({kind}) has no line number (LX) of its own. It is read as line {read_as} of its claim.",
        "Send an LX before each service line.",
        kind,
        "LX",
        WARN,
    )


def line_outside_claim(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"A service line ({kind}) stands outside any claim: there is no CLM before it. It was not read.",
        "Send the claim again with its CLM before its lines.",
        kind,
        "CLM",
    )
