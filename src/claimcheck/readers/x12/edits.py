"""The edits of reading an 837, with their pages: bytes and envelope first, then loops."""

from __future__ import annotations

from typing import Final

from claimcheck.authoring.check import Check, reading_edit
from claimcheck.message import REJECT, WARN, Citation, StandardCodes, codes

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
    Interchange header (ISA) missing or invalid.

    ISA is the first segment of every X12 file. It has 106 characters, each element padded to its fixed width,
    and its last characters name the delimiters. A receiver that reads it by position refuses an ISA of another
    length. claimcheck splits it at its own separator; where it is missing, the delimiters are inferred from the
    first segments, and the claims are still read.

    What to do: pad each ISA element to its width, or export the file again with its envelope.
    """,
)

X12_EMPTY: Final = reading_edit(
    "X12-EMPTY",
    WARN,
    Citation(_TR3, "Appendix B.1.1.3, segments"),
    StandardCodes(),
    """
    Empty segment: two segment terminators with nothing between them.

    Nothing is lost here, but some receivers stop at an empty segment, or count it in SE01. Empty segments are
    not counted in the segment positions of messages.

    What to do: remove the extra terminator.
    """,
)

X12_LENGTH: Final = reading_edit(
    "X12-LENGTH",
    REJECT,
    Citation(_X12_5, "Segment terminator"),
    codes(status="A3:684"),
    """
    Segment too long: over a million characters without a terminator.

    The file is damaged, or uses another delimiter from some point on. The text up to the next terminator was
    skipped; it may have contained claims or lines.

    What to do: check the file at this segment, and export it again.
    """,
)

X12_TRUNCATED: Final = reading_edit(
    "X12-TRUNCATED",
    REJECT,
    Citation(_TA1, "TA105 023, improper (premature) end of file"),
    codes(status="A3:684"),
    """
    File truncated inside a transaction or a segment.

    An interrupted transfer leaves such a file. What was read before is checked, but the last claim may lack
    lines, and whole claims may be missing. An incomplete last segment is not read: half a charge is not a
    charge. Only a closing segment without its terminator is read, with a warning.

    What to do: transfer the file again, and compare its size with the sender's.
    """,
)

X12_ENCODING: Final = reading_edit(
    "X12-ENCODING",
    WARN,
    Citation(_TR3, "Appendix B.1.1.2.2, basic and extended character set"),
    StandardCodes(),
    """
    File not encoded as ASCII or UTF-8.

    Bytes that are not UTF-8 are read as Latin-1, and UTF-16 is converted. Delimiters, codes, numbers and dates
    are right either way; accented letters in names may not be.

    What to do: export the file as ASCII, or else as UTF-8.
    """,
)

X12_COUNT: Final = reading_edit(
    "X12-COUNT",
    WARN,
    Citation(_999, "IK502 codes 3 and 4; AK905; TA105 001 and 021"),
    StandardCodes(),
    """
    Count or control number in a trailer (SE, GE or IEA) does not match.

    SE01 counts the segments from ST to SE, GE01 the transaction sets in the group, IEA01 the groups in the
    interchange; each trailer repeats its header's control number (ST02, GS06, ISA13). Where the trailer counts
    more than was found, something is lost and the message is a reject; otherwise it is a warning. A receiver's
    translator refuses the file either way.

    What to do: export the file again. If it was edited by hand, correct the trailer.
    """,
)

X12_ENVELOPE: Final = reading_edit(
    "X12-ENVELOPE",
    WARN,
    Citation(_999, "IK502 code 2; AK905 codes 3 and 5; TA105 022"),
    StandardCodes(),
    """
    Envelope segment (GS, ST, SE, GE or IEA) missing or out of place.

    ISA opens an interchange and IEA closes it; GS and GE do so for a functional group, ST and SE for a
    transaction set. The claims are still read. A missing SE is a reject: without its count a loss of claims or
    lines before it can't be detected.

    What to do: export the file again. A receiver refuses an incomplete envelope.
    """,
)

X12_SEGMENT: Final = reading_edit(
    "X12-SEGMENT",
    REJECT,
    Citation(_999, "IK304 code 1, unrecognized segment ID"),
    codes(status="A3:684"),
    """
    Unrecognized segment: its segment ID is not used in an 837.

    It may be a misspelled segment ID, the rest of a segment that was split by a terminator inside a name or
    note, or text from elsewhere. It was skipped; if it was a service line, that line is missing from the claim.

    What to do: check the file at this segment. Keep the segment terminator out of names and notes.
    """,
)

X12_HL: Final = reading_edit(
    "X12-HL",
    WARN,
    Citation(_TR3, "Loops 2000A, 2000B and 2000C; HL01 to HL03"),
    codes(status="A3:684", confidence="L"),
    """
    Hierarchical level (HL) with a wrong parent (HL02) or an unknown level code (HL03).

    HL02 of a subscriber is the HL01 of the billing provider before it, HL02 of a patient the HL01 of the
    subscriber before it. Claims of a subscriber that names another billing provider of the transaction are
    judged under that provider; where HL02 does not name one, under the provider and subscriber before them.
    Receivers differ, or refuse the file. An unknown HL03 is a reject: claims under it have no provider and no
    patient. Each claim affected has a message.

    What to do: number the levels from 1 in each transaction, and report the level above in HL02.
    """,
)

X12_NO_LINES: Final = reading_edit(
    "X12-NO-LINES",
    REJECT,
    Citation(_TR3, "Loop 2400, required: at least one service line"),
    codes(status="A6:247", confidence="L"),
    """
    Claim without a service line, or LX without a service segment (SV1, SV2 or SV3).

    A claim requires at least one line, and each LX a service segment. A billing provider, subscriber or patient
    level (HL) or an 837 transaction without a claim is a warning: the claim may be lost. ``claimcheck split``
    writes such levels to the rejected part. A functional group (GS) requires at least one transaction set, and an
    interchange a group, unless it acknowledges another one (TA1).

    What to do: report the missing claim or line. If it is in the billing system, the export lost it.
    """,
)

X12_LOOP: Final = reading_edit(
    "X12-LOOP",
    REJECT,
    Citation(_999, "IK304 code 2, unexpected segment"),
    codes(status="A3:684"),
    """
    Service line outside a claim, without its LX, or of another type than the claim.

    A line outside a claim (SV1, SV2 or SV3 without a CLM before it) is not read. A line without its LX, or of
    another type than the claim's other lines, is read with a warning.

    What to do: export the claim again, with a CLM for each claim and an LX for each line.
    """,
)

X12_DIAGNOSIS: Final = reading_edit(
    "X12-DIAGNOSIS",
    REJECT,
    Citation(_TR3, "Loop 2300, HI, C022-01 and C022-02"),
    codes(status="A7:255"),
    """
    Diagnosis (HI) not reported as qualifier and code, such as ABK:J0300.

    Each HI element is a qualifier and a code with the component separator between them: ABK or ABF and an
    ICD-10-CM code (BK or BF and ICD-9-CM before October 2015), in capitals. An element with an unknown
    qualifier, or without a code, keeps its position, so that the diagnosis pointers of the lines still point
    to the intended diagnoses. Procedures, condition codes, value codes and the like, which HI may also report,
    are not diagnoses and take no position.

    What to do: report HI as HI*ABK:code*ABF:code, with the component separator in ISA16.
    """,
)

X12_COMPOSITE: Final = reading_edit(
    "X12-COMPOSITE",
    REJECT,
    Citation(_TR3, "Loop 2400, SV101, SV202 and SV301; C003-01, product or service ID qualifier"),
    codes(status="A7:507", confidence="L"),
    """
    Procedure not reported as qualifier and code, such as HC:99213.

    The qualifier is missing, or the separator between it and the code is not the one in ISA16. Without a
    qualifier the line is not judged: its code set is unknown. With another separator it is read as intended.
    A receiver refuses both.

    What to do: report HC for CPT and HCPCS codes in SV101-1 or SV202-1 (AD for CDT codes in SV301-1), followed
    by the component separator in ISA16.
    """,
)

X12_NOT_837: Final = reading_edit(
    "X12-NOT-837",
    WARN,
    Citation(_TR3, "ST01, transaction set identifier 837"),
    codes(status="A3:684", confidence="L"),
    """
    Transaction is not an 837 claim, such as a remittance (835); it was skipped.

    It is a reject where claims may be lost: the transaction contains a claim or a service line, or its type is
    unknown and its functional group (GS01 HC) or version is for claims.

    What to do: nothing if it is meant to be in the file and contains no claims; otherwise correct ST01.
    """,
)

X12_VERSION: Final = reading_edit(
    "X12-VERSION",
    WARN,
    Citation("45 CFR 162.1102(c)", "", "https://www.ecfr.gov/current/title-45/section-162.1102"),
    StandardCodes(),
    """
    Version is not 005010X222, X223 or X224, or does not match the claims.

    Since 2012 HIPAA requires version 005010 of the 837: X222 professional, X223 institutional, X224 dental.
    Claims in 004010 and in unknown versions are read as far as possible, and so are lines of another type than
    the version is for. Payers refuse them. Predeterminations (X291, X292) and post-adjudicated claims (X298,
    X299, X300) are read and judged as claims; there the message informs.

    What to do: export the claims as 005010, and report the implementation guide in GS08 and ST03.
    """,
)

READING_EDITS: Final[tuple[Check, ...]] = (
    X12_ISA, X12_EMPTY, X12_LENGTH, X12_TRUNCATED, X12_ENCODING, X12_COUNT, X12_ENVELOPE,
    X12_SEGMENT, X12_HL, X12_NO_LINES, X12_LOOP, X12_DIAGNOSIS, X12_COMPOSITE, X12_NOT_837, X12_VERSION,
)  # fmt: skip
