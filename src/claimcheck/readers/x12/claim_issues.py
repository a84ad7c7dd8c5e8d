"""What can be wrong with the claims of a file, in words: one function per issue, which gives its ``ReadIssue``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from claimcheck.authoring.check import Check
from claimcheck.message import INFORM, REJECT, WARN, Severity
from claimcheck.readers.x12.edits import X12_COMPOSITE, X12_DIAGNOSIS, X12_HL, X12_LOOP, X12_NO_LINES, X12_VERSION
from claimcheck.readers.x12.issues import ReadIssue, called, shown

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
