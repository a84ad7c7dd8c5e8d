"""The loops of an 837: which segments are read in each, by what function, and which open another loop.

This is the whole of it. ``REF*G1`` is a REF whose first element is G1; ``REF`` is any other one. A segment that a loop
does not list says nothing there: so a REF of a provider can't be taken for one of the claim. To read one more field,
add its segment here, as a ``claim_field`` or ``line_field``, and the field to the record.

Loops are named as in the guides (TR3). 2310 stands for the providers of a claim, 2420 for those of a line; where the
service was rendered is the 837P's 2310C or 2420C, and a pick-up 2310E or 2420G.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from claimcheck.readers.x12 import claim_loops as claim
from claimcheck.readers.x12 import header_loops as header
from claimcheck.readers.x12.claim_loops import claim_field, line_field
from claimcheck.readers.x12.state import State
from claimcheck.readers.x12.syntax import ENVELOPE, SEGMENT_IDS

Read = Callable[[State, Sequence[str], int], None]
"""Reads a segment, given its elements and its number in the file."""


class Segment(NamedTuple):
    """A segment of a loop: what reads it, the loop that it opens, and whether it is then read again, in that loop."""

    read: Read | None = None
    opens: str | None = None
    again: bool = False


Loop = Mapping[str, Read | Segment]

OUTSIDE: Final = "outside any transaction"
SKIPPED: Final = "a transaction of another kind"
QUALIFIED_BY: Final = {"HL": 3, "LIN": 2}
"""Which element is a segment's qualifier, where it is not the first."""

_ENVELOPE: Loop = {
    "ISA": Segment(header.isa, opens=OUTSIDE),
    "GS": Segment(header.gs, opens=OUTSIDE),
    "ST*837": Segment(header.st_837, opens="1000"),
    "ST": Segment(header.st, opens=SKIPPED),
    "SE": Segment(header.se, opens=OUTSIDE),
    "GE": Segment(header.ge, opens=OUTSIDE),
    "IEA": Segment(header.iea, opens=OUTSIDE),
}
_IN_TRANSACTION: Loop = {
    **_ENVELOPE,
    "HL*20": Segment(header.billing_level, opens="2000A"),
    "HL*22": Segment(header.subscriber_level, opens="2000B"),
    "HL*23": Segment(header.patient_level, opens="2000C"),
    "HL": Segment(header.unknown_level, opens="2000A"),
    "CLM": Segment(claim.clm, opens="2300"),
    "SV1": claim.outside,
    "SV2": claim.outside,
    "SV3": claim.outside,
}
_IN_CLAIM: Loop = {
    **_IN_TRANSACTION,
    "HI": claim.hi,
    "LX": Segment(claim.lx, opens="2400"),
    "SV1": Segment(claim.sv1, opens="2400"),
    "SV2": Segment(claim.sv2, opens="2400"),
    "SV3": Segment(claim.sv3, opens="2400"),
}
_BILLING: Loop = {
    **_IN_TRANSACTION,
    "PRV*BI": header.billing_taxonomy,
    "NM1*85": Segment(header.billing_provider, opens="2010AA"),
    "NM1": Segment(opens="2000A"),
}
_CLAIM: Loop = {
    **_IN_CLAIM,
    "DTP*434": claim.statement,
    "DTP*472": claim.statement,
    "DTP*090": line_field("assumed_care_date", 3),
    "DTP*091": line_field("relinquished_care_date", 3),
    "NTE": claim.claim_note,
    "NM1*82": Segment(claim.rendering_provider, opens="2310"),
    "NM1*DN": Segment(claim.referring_provider, opens="2310"),
    "NM1*DK": Segment(claim.ordering_provider, opens="2310"),
    "NM1*77": Segment(claim.service_facility, opens="2310C"),
    "NM1*PW": Segment(claim.pick_up, opens="2310E"),
    "NM1": Segment(claim.other_provider, opens="2310"),
    "SBR": Segment(claim.other_payer, opens="2320"),
}
_LINE: Loop = {
    **_IN_CLAIM,
    "DTP*472": claim.service_dates,
    "NTE": claim.line_note,
    "LIN*N4": line_field("ndc", 3),
    "NM1*82": Segment(claim.rendering_provider, opens="2420"),
    "NM1*DN": Segment(claim.referring_provider, opens="2420"),
    "NM1*DK": Segment(claim.ordering_provider, opens="2420"),
    "NM1*77": Segment(claim.service_facility, opens="2420C"),
    "NM1*PW": Segment(claim.pick_up, opens="2420G"),
    "NM1": Segment(claim.other_provider, opens="2420"),
    "SVD": Segment(opens="2430"),
}

GRAMMAR: Final[Mapping[str, Loop]] = {
    OUTSIDE: {
        **{name: Segment(header.headless, opens="1000", again=True) for name in SEGMENT_IDS - {"TA1", *ENVELOPE}},
        **_ENVELOPE,
        "TA1": header.ta1,
    },
    SKIPPED: {
        **_ENVELOPE,
        **dict.fromkeys(("CLM", "SV1", "SV2", "SV3"), header.claim_skipped),
    },
    "1000": {
        **_IN_TRANSACTION,
        "BHT": header.bht,
        "NM1*41": header.submitter,
        "NM1*40": header.receiver,
    },
    "2000A": _BILLING,
    "2010AA": {**_BILLING, "N4": header.billing_city, "REF*EI": header.billing_tax_number},
    "2000B": {
        **_IN_TRANSACTION,
        "SBR": header.payment,
        "NM1*IL": header.insured,
        "NM1*PR": header.payer,
        "DMG": header.demographics,
    },
    "2000C": {
        **_IN_TRANSACTION,
        "NM1*QC": header.patient_name,
        "DMG": header.demographics,
    },
    "2300": {
        **_CLAIM,
        "REF*G1": line_field("prior_authorization", 2),
        "REF*X4": line_field("clia", 2),
        "REF*D9": claim_field("trace", 2),
        "REF*F8": claim_field("original_reference", 2),
        "REF*P4": claim_field("trial_number", 2),
    },
    "2310": {**_CLAIM, "PRV*PE": claim.rendering_taxonomy},
    "2310C": {**_CLAIM, "PRV*PE": claim.rendering_taxonomy, "N4": claim.service_facility_city},
    "2310E": {**_CLAIM, "PRV*PE": claim.rendering_taxonomy, "N4": claim.pick_up_city},
    "2320": {**_IN_CLAIM, "SBR": claim.other_payer, "NM1*PR": claim.other_payer_name},
    "2400": {
        **_LINE,
        "REF*6R": claim.control_number,
        "REF*G1": claim.prior_authorization,
        "REF*X4": line_field("clia", 2),
    },
    "2420": {**_LINE, "PRV*PE": claim.rendering_taxonomy},
    "2420C": {**_LINE, "PRV*PE": claim.rendering_taxonomy, "N4": claim.service_facility_city},
    "2420G": {**_LINE, "PRV*PE": claim.rendering_taxonomy, "N4": claim.pick_up_city},
    "2430": {**_IN_CLAIM, "LIN*N4": line_field("ndc", 3)},
}
"""The loops by their names."""
