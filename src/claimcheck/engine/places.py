"""Where a field of the row format stands on the claim that is sent: loop, segment and element of the 837, and the item
of the paper form.

Sources: ASC X12N 005010X222A1 (837P) and 005010X223A2 (837I); NUCC 1500 Claim Form Reference Instruction Manual;
Medicare Claims Processing Manual chapter 25 (UB-04) and chapter 26 section 10.4 (CMS-1500).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from claimcheck.claim import ASC, DENTAL, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Setting


class Place(NamedTuple):
    """Where a value stands; None where a form has no place for it.

    Attributes:
        element: loop, segment and element, such as ``2400 SV101-3``; a segment that a loop has several of is told by
            its qualifier, as in ``2400 REF02 (X4)``. Where a line may take its value from the claim, both, the line's
            first: ``2420A NM109 / 2310B NM109``.
        box: item of the CMS-1500, such as ``24D``; locator of the UB-04, such as ``FL 44``.
    """

    element: str | None = None
    box: str | None = None


NOWHERE: Final = Place()
"""The place of what has none."""

_CLAIM: Final = {
    "claim_id": ("2300 CLM01", "26", "FL 3a"),
    "type_of_bill": ("2300 CLM05", None, "FL 4"),
    "payer_id": ("2010BB NM109", None, "FL 51"),
    "billing_npi": ("2010AA NM109", "33a", "FL 56"),
    "billing_taxonomy": ("2000A PRV03", "33b", "FL 81"),
    "patient_id": ("2010BA NM109", "1a", "FL 60"),
    "birth_date": ("2010CA DMG02 / 2010BA DMG02", "3", "FL 10"),
    "sex": ("2010CA DMG03 / 2010BA DMG03", "3", "FL 11"),
    "received_date": ("GS04", None, None),
    "diagnoses": ("2300 HI01-2", "21", "FL 67"),
    "frequency": ("2300 CLM05-3", "22", "FL 4"),
    "filing_indicator": ("2000B SBR09", "1", None),
    "payer_responsibility": ("2000B SBR01", None, "FL 50"),
    "original_reference": ("2300 REF02 (F8)", "22", "FL 64"),
    "trial_number": ("2300 REF02 (P4)", "19", "FL 39"),
    "other_payers": ("2330B NM109", "9d", "FL 51"),
    "line_number": ("2400 LX01", "24", "FL 42"),
    "line_control": ("2400 REF02 (6R)", None, None),
    "ndc": ("2410 LIN03", "24", "FL 43"),
}
"""What every claim has in the same element: element, CMS-1500 item, UB-04 locator."""

_PROFESSIONAL: Final = {
    **{name: Place(element, item) for name, (element, item, _) in _CLAIM.items() if name != "type_of_bill"},
    "code_set": Place("2400 SV101-1", "24D"),
    "code": Place("2400 SV101-2", "24D"),
    "modifiers": Place("2400 SV101-3", "24D"),
    "description": Place("2400 SV101-7", "19"),
    "charge": Place("2400 SV102", "24F"),
    "unit_basis": Place("2400 SV103", "24G"),
    "units": Place("2400 SV104", "24G"),
    "place_of_service": Place("2400 SV105 / 2300 CLM05-1", "24B"),
    "pointers": Place("2400 SV107-1", "24E"),
    "from_date": Place("2400 DTP03 (472)", "24A"),
    "to_date": Place("2400 DTP03 (472)", "24A"),
    "rendering_npi": Place("2420A NM109 / 2310B NM109", "24J"),
    "rendering_taxonomy": Place("2420A PRV03 / 2310B PRV03", "24J"),
    "referring_npi": Place("2420F NM109 / 2310A NM109", "17b"),
    "ordering_npi": Place("2420E NM109", "17b"),
    "clia": Place("2400 REF02 (X4) / 2300 REF02 (X4)", "23"),
    "prior_authorization": Place("2400 REF02 (G1) / 2300 REF02 (G1)", "23"),
    "assumed_care_date": Place("2300 DTP03 (090)", "19"),
    "relinquished_care_date": Place("2300 DTP03 (091)", "19"),
    "service_zip": Place("2420C N403 / 2310C N403 / 2010AA N403", "32"),
}

_INSTITUTIONAL: Final = {
    **{name: Place(element, locator) for name, (element, _, locator) in _CLAIM.items()},
    "revenue_code": Place("2400 SV201", "FL 42"),
    "code_set": Place("2400 SV202-1", "FL 44"),
    "code": Place("2400 SV202-2", "FL 44"),
    "modifiers": Place("2400 SV202-3", "FL 44"),
    "description": Place("2400 SV202-7", "FL 80"),
    "charge": Place("2400 SV203", "FL 47"),
    "unit_basis": Place("2400 SV204", "FL 46"),
    "units": Place("2400 SV205", "FL 46"),
    "place_of_service": Place("2300 CLM05-1", "FL 4"),
    "from_date": Place("2400 DTP03 (472) / 2300 DTP03 (434)", "FL 45"),
    "to_date": Place("2400 DTP03 (472) / 2300 DTP03 (434)", "FL 45"),
    "rendering_npi": Place("2420C NM109 / 2310D NM109", "FL 78"),
    "referring_npi": Place("2420D NM109 / 2310F NM109", "FL 78"),
    "prior_authorization": Place("2300 REF02 (G1)", "FL 63"),
    "service_zip": Place("2310E N403 / 2010AA N403", "FL 1"),
}

PLACES: Final[Mapping[Setting, Mapping[str, Place]]] = {
    PROFESSIONAL: _PROFESSIONAL,
    ASC: _PROFESSIONAL,
    DME: _PROFESSIONAL,
    OUTPATIENT: _INSTITUTIONAL,
    INSTITUTIONAL: _INSTITUTIONAL,
    DENTAL: {},
}
"""The place of each field, by the claim's setting. A field that is not here has no place on such a claim. Of dental
claims no field is judged."""

_FIRST_MODIFIER: Final = 3
"""SV101-3 and SV202-3 hold the first of four modifiers."""


@lru_cache(maxsize=10_000)
def place_of(setting: Setting, field: str, observed: str | None, modifiers: tuple[str, ...]) -> Place:
    """Where a field stands on a claim. Of modifiers it is the first of those observed (``50 RT``); where none of the
    line's was, as where one is missing, their whole composite."""
    place = PLACES[setting].get(field, NOWHERE)
    if field != "modifiers" or not place.element or not modifiers:
        return place
    composite = place.element.rpartition("-")[0]
    found = [modifiers.index(one) for one in (observed or "").split() if one in modifiers]
    return place._replace(element=f"{composite}-{_FIRST_MODIFIER + min(found)}" if found else composite)
