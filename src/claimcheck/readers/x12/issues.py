"""Message texts for segments, envelopes, HL levels and claims that can't be read as required."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import Check
from claimcheck.message import INFORM, REJECT, WARN, ElementError, SegmentError, Severity, SyntaxNote
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
    here, so that a count which doesn't come out has this cause and is not reported again. ``syntax`` is what
    acknowledgments say of it."""

    edit: Check
    segment: int
    text: str
    remedy: str
    observed: str | None = None
    allowed: str | None = None
    severity: Severity | None = None
    damages: bool = False
    syntax: SyntaxNote | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to a worker, it names its edit: a copy of the edit would equal none."""
        return _issue_of, (self.edit.id, *self[1:])


def _issue_of(id: str, *others: Any) -> ReadIssue:
    return ReadIssue(next(edit for edit in READING_EDITS if edit.id == id), *others)


_NUMBERED = re.compile(r"[A-Za-z]{0,3}[0-9]{1,14}", re.ASCII)


# In the codes of acknowledgments (TA105, AK905, IK502, IK304, IK403)

_INVALID_STRUCTURE: Final = SyntaxNote(interchange=("022",))
_INVALID_SEPARATOR: Final = SyntaxNote(interchange=("027",))
_END_OF_FILE: Final = SyntaxNote(interchange=("023",), group=("3",), transaction=("2",))
_LAST_TERMINATOR: Final = SyntaxNote(interchange=("004",))
_MISSING: Final = {
    "SE": SyntaxNote(transaction=("2",)),
    "GE": SyntaxNote(group=("3",)),
}
"""What is missing of the envelope, where that is not the interchange's."""
_UNRECOGNIZED, _UNEXPECTED, _REQUIRED, _IN_ERROR = "1", "2", "3", "8"
_ELEMENT_MISSING, _CODE_INVALID = "1", "7"


def _of_segment(name: str, code: str, loop: str = "", *elements: ElementError) -> SyntaxNote:
    return SyntaxNote(segment=SegmentError(name, code, loop, elements))


def _copy(text: str) -> str:
    """A number as an acknowledgment may copy it; "" for anything else."""
    return text if len(text) <= 9 and text.isdecimal() and text.isascii() else ""


def _of_diagnoses(places: Iterable[str]) -> SyntaxNote:
    """Of diagnoses by their places: HI01, HI02 ..."""
    elements = (ElementError(int(place[2:]), _CODE_INVALID, 1, "1270") for place in places if place[2:].isdecimal())
    return _of_segment("HI", _IN_ERROR, "2300", *elements)


def _of_procedure(where: str, code: str) -> SyntaxNote:
    """Of the qualifier of a procedure by its place: SV101."""
    return _of_segment(where[:3], _IN_ERROR, "2400", ElementError(int(where[3:]), code, 1, "235"))


def shown(text: str) -> str:
    """A count or control number as a message may show it. A damaged segment can have anything in
    its place, even a name glued to a number, so only digits after few letters are repeated."""
    return text if _NUMBERED.fullmatch(text) else "nothing" if not text else "something else"


def stated(text: str) -> str:
    """A count or control number in a sentence, after "is"."""
    return text if _NUMBERED.fullmatch(text) else "empty" if not text else "not valid"


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
        "No ISA segment found, and the file does not look like X12; nothing was read.",
        "Verify that this is an 837 file, not compressed or encrypted.",
        "no ISA",
        "ISA",
        REJECT,
    )


def text_before_isa() -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        1,
        "An 837 file begins with ISA; text before the first ISA was skipped.",
        "Remove the text before ISA, or export the file again.",
        "other text",
        "ISA",
        REJECT,
        syntax=_INVALID_STRUCTURE,
    )


def no_isa_first(first: str, delimiters: Iterable[str]) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        1,
        "An 837 file begins with ISA; this one does not. Delimiters inferred: element {}, component {}, segment {}."
        "".format(*map(called, delimiters)),
        "Send the file with its complete envelope: ISA, GS ... GE, IEA.",
        first,
        "ISA",
    )


def isa_without_delimiters(number: int, lost: bool) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        "ISA does not name the delimiters as required; they were inferred."
        + (" The text after it could not be read." if lost else ""),
        "Send ISA with 16 elements; ISA16 is the component separator, and the segment terminator follows it.",
        severity=REJECT if lost else None,
        damages=lost,
        syntax=_INVALID_STRUCTURE,
    )


def isa_of_another_length(number: int, length: int) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        f"ISA has {ISA_LENGTH} characters; this one has {length}.",
        "Pad each ISA element to its fixed width: text with blanks, numbers with zeros.",
        str(length),
        str(ISA_LENGTH),
        syntax=_INVALID_STRUCTURE,
    )


def isa_names_another_separator(number: int, named: str, used: str) -> ReadIssue:
    return ReadIssue(
        X12_ISA,
        number,
        f"ISA16 names {called(named)} as the component separator; the claims use {called(used)} and were read with it.",
        "Report in ISA16 the separator used in composites such as HC:99213; receivers split them by ISA16.",
        called(named),
        called(used),
        REJECT,
        syntax=_INVALID_SEPARATOR,
    )


def utf_16() -> ReadIssue:
    return ReadIssue(
        X12_ENCODING,
        1,
        "The file is encoded as UTF-16; it was converted and read.",
        "Export the file as ASCII or UTF-8.",
        "UTF-16",
        "ASCII or UTF-8",
    )


def not_utf_8(number: int) -> ReadIssue:
    return ReadIssue(
        X12_ENCODING,
        number,
        "The text is not UTF-8 from this segment on; it was read as Latin-1.",
        "Export the file as ASCII or UTF-8.",
        "other bytes",
        "ASCII or UTF-8",
    )


def empty_segments(after: int, many: int) -> ReadIssue:
    return ReadIssue(
        X12_EMPTY,
        max(after, 1),
        f"{many} empty segment{'' if many == 1 else 's'} after segment {after}; nothing was lost.",
        "Remove the extra segment terminator.",
        str(many),
        "0",
    )


def too_long(number: int, longest: int) -> ReadIssue:
    return ReadIssue(
        X12_LENGTH,
        number,
        f"Segment {number} is longer than {longest:,} characters; it was skipped up to the next terminator. Claims or"
        " lines may be lost.",
        "Check the file at this segment for a missing terminator or damage, and export it again.",
        f"over {longest}",
        damages=True,
        syntax=_of_segment("", _UNRECOGNIZED),
    )


def unterminated(number: int, name: str) -> ReadIssue:
    return ReadIssue(
        X12_TRUNCATED,
        number,
        f"The last segment, {name}, has no segment terminator; it was read.",
        "End each segment with the terminator, including the last.",
        name,
        severity=WARN,
        syntax=_LAST_TERMINATOR,
    )


def breaks_off(number: int, name: str | None) -> ReadIssue:
    """``name`` is None where it is not a segment ID."""
    return ReadIssue(
        X12_TRUNCATED,
        number,
        f"The file ends inside the last segment{f', {name}' if name else ''}; it was not read. Claims or lines may be"
        " missing.",
        "Transfer the file again, and compare its size with the sender's.",
        name,
        damages=True,
        syntax=_END_OF_FILE,
    )


def unknown_segment(number: int, name: str) -> ReadIssue:
    is_id = re.fullmatch("[A-Za-z0-9]{2,3}", name, re.ASCII)
    what = f'segment "{name}" at' if is_id else "text instead of a segment at"
    return ReadIssue(
        X12_SEGMENT,
        number,
        f"Unrecognized {what} position {number}; it was skipped.",
        "Check the file at this segment: the segment ID is misspelled, or a name or note contains a terminator.",
        name if is_id else "not a segment id",
        syntax=_of_segment(name if is_id else "", _UNRECOGNIZED),
    )


# -- envelope ------------------------------------------------------------------------------------


def ends_inside_transaction(number: int) -> ReadIssue:
    return ReadIssue(
        X12_TRUNCATED,
        number,
        "The file ends inside a transaction, before its SE; claims or lines may be missing.",
        "Transfer the file again, and compare its size with the sender's.",
        "end of file",
        "SE",
        syntax=_END_OF_FILE,
    )


def envelope_lacks(
    number: int, missing: Sequence[str], before: str, severity: Severity | None, *, at_end: bool = False
) -> ReadIssue:
    """``at_end`` says that the file ends here."""
    what = " and ".join(missing)
    notes = [_MISSING.get(one, _INVALID_STRUCTURE) for one in missing]
    return ReadIssue(
        X12_ENVELOPE,
        number,
        f"{what} missing before {before}.",
        "Export the file again with its complete envelope: ISA, GS, ST ... SE, GE, IEA.",
        before,
        what,
        severity,
        syntax=SyntaxNote(
            ("023",) if at_end else next((note.interchange for note in notes if note.interchange), ()),
            next((note.group for note in notes if note.group), ()),
            next((note.transaction for note in notes if note.transaction), ()),
        ),
    )


_WRONG_COUNT: Final = {"SE": "4", "GE": "5", "IEA": "021"}
_WRONG_CONTROL_NUMBER: Final = {"SE": "3", "GE": "4", "IEA": "001"}


def wrong_trailer(
    number: int,
    name: str,
    wrong: Sequence[str],
    observed: str,
    allowed: str,
    *,
    lost: bool,
    miscounted: bool,
    misnumbered: bool,
) -> ReadIssue:
    codes = (_WRONG_COUNT[name],) * miscounted + (_WRONG_CONTROL_NUMBER[name],) * misnumbered
    included = int(observed) if miscounted and name == "GE" and _copy(observed) else None
    return ReadIssue(
        X12_COUNT,
        number,
        f"{'; '.join(wrong)}.{' Claims or lines may be lost.' if lost else ''}",
        f"Export the file again. If it was edited by hand, correct {name}.",
        observed,
        allowed,
        REJECT if lost else None,
        syntax=SyntaxNote(
            codes if name == "IEA" else (),
            codes if name == "GE" else (),
            codes if name == "SE" else (),
            included=included,
        ),
    )


def other_transaction(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_NOT_837,
        number,
        f"This transaction is not an 837 (ST01 is {stated(kind)}); it was skipped.",
        "No action if it is meant to be in the file; otherwise correct ST01.",
        shown(kind),
        "837",
        syntax=SyntaxNote(transaction=("1",)),
    )


def claims_lost(number: int, what: str, observed: str) -> ReadIssue:
    """Claims of a transaction that is announced as another kind."""
    return ReadIssue(
        X12_NOT_837,
        number,
        f"{what}; its claims were not read.",
        "If it contains claims, report 837 in ST01; otherwise move it to a functional group of its own type (GS01).",
        observed,
        "837",
        REJECT,
        syntax=SyntaxNote(transaction=("6",)),
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
    wrong = "which is not a known 837 implementation guide" if is_5010 else "not version 005010"
    return ReadIssue(
        X12_VERSION,
        number,
        f"The claims are in {seen}, {wrong}; they were read as far as possible.",
        f"Export the claims as {', '.join(allowed)} (GS08, ST03).",
        seen,
        ", ".join(guide.partition(" ")[0] for guide in allowed),
        syntax=SyntaxNote(group=("2",)),
    )


def not_to_be_paid(number: int, seen: str, kind: str, adjudicated: bool) -> ReadIssue:
    what = "claims that a payer has adjudicated" if adjudicated else "requests for predetermination"
    return ReadIssue(
        X12_VERSION,
        number,
        f"These are {what} ({seen}); each is judged as {A_KIND[kind]} claim.",
        f"No action if that is intended; claims for payment use {_GUIDE_OF[kind]}.",
        seen,
        _GUIDE_OF[kind].partition(" ")[0],
        INFORM,
    )


def lines_of_another_version(number: int, kind: str, announced: str) -> ReadIssue:
    return ReadIssue(
        X12_VERSION,
        number,
        f"The version (GS08, ST03) is for {A_KIND[announced]} claim; this is {A_KIND[kind]} line ({kind}). Claims were"
        " read by the type of their lines.",
        "Report the implementation guide of the claims in GS08 and ST03.",
        kind,
        announced,
        syntax=_of_segment(kind, _UNEXPECTED, "2400"),
    )


# -- levels --------------------------------------------------------------------------------------

LEVELS: Final = {"20": "billing provider", "22": "subscriber", "23": "patient"}
"""Kinds of levels, by HL03."""
_LOOP_OF: Final = {"20": "2000A", "22": "2000B", "23": "2000C"}


def unknown_level(number: int, level: str, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_HL,
        number,
        f"HL03 is 20 (billing provider), 22 (subscriber) or 23 (patient); that of HL {shown(level)} is {stated(kind)}."
        " Its claims were read without provider and patient.",
        "Report 20, 22 or 23 in HL03.",
        shown(kind),
        "20, 22 or 23",
        REJECT,
        syntax=_of_segment("HL", _IN_ERROR, "", ElementError(3, _CODE_INVALID, 0, "735", _copy(kind))),
    )


def wrong_parent(number: int, level: str, parent: str, kind: str, above: str, judged_by_parent: bool) -> ReadIssue:
    is_above = f"the level above is {shown(above)}" if above else "there is no level above"
    judged = (
        f"Its claims are judged under billing provider {shown(parent)}, as HL02 names it."
        if judged_by_parent
        else "Its claims are judged under the provider and subscriber before it."
    )
    return ReadIssue(
        X12_HL,
        number,
        f"HL02 of HL {shown(level)} ({LEVELS[kind]}) is {stated(parent)}; {is_above}. {judged}",
        "Report in HL02 the HL01 of the level above: billing provider for 22, subscriber for 23, none for 20.",
        shown(parent),
        shown(above),
        syntax=_of_segment("HL", _IN_ERROR, _LOOP_OF[kind], ElementError(2, _CODE_INVALID, 0, "734", _copy(parent))),
    )


def _nothing_there(number: int, text: str, missing: str, loop: str, severity: Severity | None = None) -> ReadIssue:
    remedy = "Report the missing claim or line. If it is in the billing system, the export lost it."
    syntax = _of_segment(missing, _REQUIRED, loop)
    return ReadIssue(X12_NO_LINES, number, text, remedy, severity=severity, syntax=syntax)


def bare_interchange(number: int) -> ReadIssue:
    return ReadIssue(
        X12_NO_LINES,
        number,
        "This interchange has no functional group (GS).",
        "Report the missing claims. If they are in the billing system, the export lost them.",
        syntax=SyntaxNote(interchange=("024",)),
    )


def bare_group(number: int) -> ReadIssue:
    return ReadIssue(
        X12_NO_LINES,
        number,
        "This functional group has no transaction set (ST).",
        "Report the missing claims. If they are in the billing system, the export lost them.",
        syntax=SyntaxNote(group=("5",)),
    )


def bare_transaction(number: int) -> ReadIssue:
    return _nothing_there(number, "This 837 transaction has no claim (CLM).", "CLM", "2300", WARN)


def bare_level(number: int, kind: str) -> ReadIssue:
    return _nothing_there(number, f"This {LEVELS[kind]} level (HL) has no claim (CLM).", "CLM", "2300", WARN)


def bare_claim(number: int) -> ReadIssue:
    text = "A claim requires at least one service line (loop 2400); this claim has none."
    return _nothing_there(number, text, "LX", "2400")


def bare_line(number: int, kind: str) -> ReadIssue:
    """``kind`` is that of the claim's lines."""
    text = "LX requires a service segment (SV1, SV2 or SV3); none follows this one."
    return _nothing_there(number, text, kind, "2400")


# -- claims and lines ----------------------------------------------------------------------------

MISSING: Final = "missing"


def unread_diagnoses(number: int, unread: Sequence[str], of: int) -> ReadIssue:
    return ReadIssue(
        X12_DIAGNOSIS,
        number,
        f"HI elements are qualifier and code (ABK:code); {len(unread)} of {of} ({', '.join(unread)}) are not and were"
        " not read.",
        "Report each as ABK:code or ABF:code, with the component separator in ISA16 (loop 2300).",
        str(len(unread)),
        "0",
        syntax=_of_diagnoses(unread),
    )


def unknown_qualifiers(number: int, unknown: Mapping[str, str]) -> ReadIssue:
    """``unknown`` has the qualifiers by their places."""
    places, found = ", ".join(unknown), ", ".join(unknown.values())
    qualifiers = found.replace("something else", "not a qualifier")
    return ReadIssue(
        X12_DIAGNOSIS,
        number,
        f"Diagnosis qualifiers are ABK (principal) and ABF (other); unrecognized in {places}: {qualifiers}.",
        f"Correct the qualifier in {places} (loop 2300), in capitals. Diagnosis pointers count the element's position.",
        found,
        "ABK, ABF",
        syntax=_of_diagnoses(unknown),
    )


def diagnoses_with_another_separator(number: int, where: str, found: str, named: str) -> ReadIssue:
    return _other_separator(X12_DIAGNOSIS, number, where, found, named, _of_diagnoses(where.split(", ")))


def procedure_with_another_separator(number: int, where: str, found: str, named: str) -> ReadIssue:
    return _other_separator(X12_COMPOSITE, number, where, found, named, _of_procedure(where, _CODE_INVALID))


def _other_separator(edit: Check, number: int, where: str, found: str, named: str, syntax: SyntaxNote) -> ReadIssue:
    """A composite uses another separator than the rest of the file, and is read with it."""
    return ReadIssue(
        edit,
        number,
        f"Component separator in {where} is {called(found)}; ISA16 names {called(named)}.",
        f"Use the separator in ISA16 in {where}.",
        called(found),
        called(named),
        syntax=syntax,
    )


def procedure_without_qualifier(number: int, where: str, code_sets: Sequence[str]) -> ReadIssue:
    return ReadIssue(
        X12_COMPOSITE,
        number,
        f"Procedure code qualifier ({where}-1) missing; it is HC for CPT and HCPCS codes.",
        f"Report the qualifier before the code in {where}: HC:code (AD:code for CDT in SV301).",
        MISSING,
        ", ".join(code_sets),
        syntax=_of_procedure(where, _ELEMENT_MISSING),
    )


def line_of_another_kind(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"This is {A_KIND[kind]} line ({kind}); the claim has lines of another type. It was read by its own type.",
        "Report professional, institutional and dental services on separate claims.",
        kind,
        severity=WARN,
        syntax=_of_segment(kind, _UNEXPECTED, "2400"),
    )


def line_without_number(number: int, kind: str, read_as: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"Each service line requires an LX; this one ({kind}) has none and was read as line {read_as} of the claim.",
        "Report LX before each service line.",
        kind,
        "LX",
        WARN,
        syntax=_of_segment("LX", _REQUIRED, "2400"),
    )


def line_outside_claim(number: int, kind: str) -> ReadIssue:
    return ReadIssue(
        X12_LOOP,
        number,
        f"Service line ({kind}) outside a claim: no CLM before it. It was not read.",
        "Send the claim again, with CLM before its service lines.",
        kind,
        "CLM",
        syntax=_of_segment(kind, _UNEXPECTED),
    )
