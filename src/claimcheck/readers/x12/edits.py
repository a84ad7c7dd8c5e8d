"""The edits of reading an 837, and their pages: of its bytes and envelope, then of its loops."""

from __future__ import annotations

from typing import Final

from claimcheck.authoring.check import Check
from claimcheck.message import REJECT, WARN, Citation, StandardCodes, codes
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

X12_SEGMENT: Final = reading_edit(
    "X12-SEGMENT",
    REJECT,
    Citation(_999, "IK304 code 1, unrecognized segment ID"),
    codes(status="A3:684"),
    """
    A segment begins with something that is no segment of an 837.

    It may be a segment with a misspelt name, the rest of one that was cut in two by a terminator inside
    a text, or text that does not belong here. It was skipped; if it was a service line, that line is
    missing from the claim.

    What to do: look at the file at this segment. Keep the segment terminator out of names and notes.
    """,
)

X12_HL: Final = reading_edit(
    "X12-HL",
    WARN,
    Citation(_TR3, "Loops 2000A, 2000B and 2000C; HL01 to HL03"),
    codes(status="A3:684", confidence="L"),
    """
    A level (HL) names a parent that is not the one above it, or is of an unknown kind.

    HL02 of a subscriber must be HL01 of the billing provider before it, HL02 of a patient HL01 of the
    subscriber before it. Claims of a subscriber that names another billing provider of the transaction
    are judged as that provider's; where HL02 names none, as those of the provider and the subscriber
    before them. Receivers differ, or refuse the file. Under a level of an unknown kind, which is a
    reject, claims have no provider and no patient: nobody can tell whose they are. Each claim that
    is concerned has a message.

    What to do: number the levels from 1 in each transaction, and let HL02 name the level above.
    """,
)

X12_NO_LINES: Final = reading_edit(
    "X12-NO-LINES",
    REJECT,
    Citation(_TR3, "Loop 2400, required: at least one service line"),
    codes(status="A6:247", confidence="L"),
    """
    A claim has no service line, or a line number (LX) has no service (SV1, SV2 or SV3) behind it.

    Every claim needs at least one line, and every LX a service segment. Nothing can be checked in
    what is not there. A billing provider, subscriber or patient level (HL) without a claim, or a whole
    837 transaction, is a warning: the claim may have been lost. ``claimcheck split`` writes such levels
    to the rejected part.

    What to do: complete the claim. If the lines were in the billing system, the export lost them.
    """,
)

X12_LOOP: Final = reading_edit(
    "X12-LOOP",
    REJECT,
    Citation(_999, "IK304 code 2, unexpected segment"),
    codes(status="A3:684"),
    """
    A service line stands where none can: outside any claim, or without a line number of its own.

    A line outside a claim (SV1, SV2 or SV3 with no CLM before it) belongs to nobody and is not read.
    A line without its LX, or of another kind than the claim's other lines, is read with a warning.

    What to do: export the claim again. Each claim needs its CLM, and each line its LX.
    """,
)

X12_DIAGNOSIS: Final = reading_edit(
    "X12-DIAGNOSIS",
    REJECT,
    Citation(_TR3, "Loop 2300, HI, C022-01 and C022-02"),
    codes(status="A7:255"),
    """
    A diagnosis is not written as qualifier and code, such as ABK:J0300.

    Each element of HI is a qualifier and a code with the component separator between them: ABK or ABF
    and an ICD-10-CM code (BK or BF and ICD-9-CM before October 2015), in capitals. An element with an
    unknown qualifier, or with no code, keeps its place, so that the diagnosis pointers of the lines
    still point to what they were meant for. Procedures, conditions, values and the like, which HI may
    hold too, are no diagnoses and have no place.

    What to do: write HI as HI*ABK:code*ABF:code, with the separator that ISA16 names.
    """,
)

X12_COMPOSITE: Final = reading_edit(
    "X12-COMPOSITE",
    REJECT,
    Citation(_TR3, "Loop 2400, SV101, SV202 and SV301; C003-01, product or service ID qualifier"),
    codes(status="A7:507", confidence="L"),
    """
    A procedure is not written as qualifier and code, such as HC:99213.

    The qualifier is missing, or another separator than ISA16 names parts it from the code. The first is
    not judged, for nobody can tell whose code it is; the other is read as it was meant. A receiver
    refuses either.

    What to do: send HC for CPT and HCPCS codes in SV101-1 or SV202-1 (AD for CDT codes in SV301-1), and
    the separator of ISA16 behind it.
    """,
)

X12_NOT_837: Final = reading_edit(
    "X12-NOT-837",
    WARN,
    Citation(_TR3, "ST01, transaction set identifier 837"),
    codes(status="A3:684", confidence="L"),
    """
    A transaction in the file is not an 837 claim, such as a remittance (835); it was skipped.

    It is a reject where claims may be lost with it: the transaction holds a claim or a service line, or its
    kind is unknown and its group (GS01 HC) or version says that it holds claims.

    What to do: nothing, if it is meant to be in the file and holds no claims; else correct ST01.
    """,
)

X12_VERSION: Final = reading_edit(
    "X12-VERSION",
    WARN,
    Citation("45 CFR 162.1102(c)", "", "https://www.ecfr.gov/current/title-45/section-162.1102"),
    StandardCodes(),
    """
    The claims are written in a version that is not 005010X222, X223 or X224, or don't fit their version.

    Since 2012 HIPAA asks for version 005010 of the 837: X222 professional, X223 institutional, X224
    dental. Claims in 004010 and in unknown versions are read as far as they go, and so are lines of
    another kind than the version names. Payers refuse them. Predeterminations (X291, X292) and reports of
    claims that a payer has adjudicated (X298, X299, X300) are read and judged as claims, which the message
    only informs of.

    What to do: export the claims as 005010, and name the right guide in GS08 and ST03.
    """,
)

READING_EDITS: Final[tuple[Check, ...]] = (
    X12_ISA, X12_EMPTY, X12_LENGTH, X12_TRUNCATED, X12_ENCODING, X12_COUNT, X12_ENVELOPE,
    X12_SEGMENT, X12_HL, X12_NO_LINES, X12_LOOP, X12_DIAGNOSIS, X12_COMPOSITE, X12_NOT_837, X12_VERSION,
)  # fmt: skip
