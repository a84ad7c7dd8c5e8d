"""The columns of a claim line, each declared once: by the models that ``claimcheck schema`` prints.

All else follows from them: what is read of CSV, JSON lines, Parquet and Arrow, the records that it becomes
(``records``), and what is written. A new column is a field here, and one of the same name in ``Claim``, ``Line`` or
``Service``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from claimcheck.claim import SETTINGS, Service


class Becomes(NamedTuple):
    """What a cell becomes in its record, as Python source: ``{}`` is the cell, which is None where there is none."""

    source: str


def _written(value: Any) -> Any:
    """A JSON number as text; anything else is left for pydantic to judge."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_list(value: Any) -> Any:
    """A list as ``|``-joined text may write it; ``null`` within a list is a blank."""
    if isinstance(value, str):
        return value.split("|")
    return ["" if item is None else item for item in value] if isinstance(value, list) else value


_NUMBER: Final = BeforeValidator(_written, json_schema_input_type=str | int | float | None)
_LIST: Final = BeforeValidator(_as_list, json_schema_input_type=list[str] | str | None)

Text = Annotated[str | None, Becomes("{} or None")]
"""Text of which a blank cell says nothing."""

Kept = Annotated[str | None, Becomes("{}")]
"""Text of which a blank cell says that it was left empty, for a check to judge."""

Needed = Annotated[str | None, Becomes('{} or ""')]
"""Text that its record always has."""

KeptNumber = Annotated[Kept, _NUMBER]
NeededNumber = Annotated[Needed, _NUMBER]
LineNumber = Annotated[str | None, _NUMBER, Becomes("{} or str(position)")]

Texts = Annotated[list[str] | None, _LIST, Becomes("listed({})")]
Modifiers = Annotated[list[str] | None, _LIST, Becomes("tuple(filter(None, listed({}) or ()))")]

_DAY: Final = object()
"""Marks a date. It equals nothing else: else ``typing`` gives back types that an earlier import of this module made."""
TextDay = Annotated[Text, _DAY]
KeptDay = Annotated[Kept, _DAY]
NeededDay = Annotated[Needed, _DAY]

CodeSet = Annotated[str | None, Becomes("{} or HCPCS")]
Implied = Annotated[str | None, Becomes("setting")]
"""The setting, which other columns imply where it is blank."""

_DATE = "ISO 8601 (2025-03-10) or CCYYMMDD (20250310)"


class _Columns(BaseModel):
    # Built on first use: reading asks pydantic only to explain a row that it can't take.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class ClaimFields(_Columns):
    """What belongs to the claim as a whole."""

    claim_id: Needed = Field(description="The sender's claim number (CLM01)")
    setting: Implied = Field(
        default=None,
        description=f"Type of biller, which selects the tables: {', '.join(SETTINGS)}. Blank: by type of bill, "
        "else by the billing provider's taxonomy, else professional",
        examples=list(SETTINGS),
    )
    type_of_bill: Text = Field(default=None, description="Institutional type of bill, such as 131")
    payer_id: Text = Field(default=None, description="Payer identifier, by which the configuration selects the profile")
    billing_npi: Text = Field(default=None, description="NPI of the billing provider")
    billing_taxonomy: Text = Field(default=None, description="Taxonomy code of the billing provider")
    patient_id: Text = Field(default=None, description="Patient identifier; never in a message")
    birth_date: TextDay = Field(default=None, description=f"The patient's: {_DATE}; never in a message")
    sex: Text = Field(default=None, description="The patient's: F, M or U; never in a message")
    received_date: TextDay = Field(
        default=None,
        description=f"When the claim was submitted: {_DATE}. Future and late dates are measured against it",
    )
    diagnoses: Texts = Field(
        default=None, description="ICD-10-CM codes, in the order to which pointers refer; or joined by |"
    )
    frequency: Text = Field(
        default=None, description="Claim frequency code: 1 original, 7 replacement, 8 void (CLM05-3)"
    )
    filing_indicator: Kept = Field(
        default=None,
        description="Claim filing indicator, which selects the profile (SBR09): MB Medicare Part B, MA Part A, "
        "16 Medicare Advantage, MC Medicaid, CI commercial, BL Blue Cross, ...",
    )
    payer_responsibility: Kept = Field(
        default=None, description="Whether the payer pays first (P), second (S) or third (T) (SBR01)"
    )
    original_reference: Kept = Field(
        default=None, description="The payer's number of the claim that this one replaces or voids (REF*F8)"
    )
    trial_number: Kept = Field(default=None, description="Clinical trial number: 8 digits (REF*P4)")
    other_payers: Texts = Field(
        default=None, description="Identifiers of the patient's other payers (2330B); or joined by |"
    )


class OfLines(_Columns):
    """What belongs to a line, and a claim object may state for all of its lines: a line that lacks it, or has it as
    null, inherits it; one that has it as ``""`` does not."""

    place_of_service: Kept = Field(default=None, description="Two-digit place of service code")
    rendering_npi: Text = Field(default=None, description="NPI of the rendering provider, if not the billing provider")
    rendering_taxonomy: Text = Field(default=None, description="Taxonomy code of the rendering provider")
    referring_npi: Kept = Field(default=None, description="NPI of the referring provider")
    clia: Kept = Field(default=None, description="CLIA certificate number of the laboratory")
    prior_authorization: Text = Field(default=None, description="Prior authorization number")
    description: Kept = Field(default=None, description="Free text of the line; never in a message")
    assumed_care_date: KeptDay = Field(default=None, description=f"Assumed care date: {_DATE}")
    relinquished_care_date: KeptDay = Field(default=None, description=f"Relinquished care date: {_DATE}")
    ordering_npi: Kept = Field(default=None, description="NPI of the ordering provider")
    service_zip: Kept = Field(
        default=None,
        description="ZIP code of where the service was rendered; of the pick-up for ambulance services. "
        "Never in a message",
    )


class ClaimLine(OfLines):
    """What belongs to one service line."""

    code: Needed = Field(description="HCPCS or CPT procedure code; blank on a line of a revenue code alone")
    code_set: CodeSet = Field(
        default=None, description="X12 qualifier of the code: HC (HCPCS and CPT, the default), ER, HP, IV, WK"
    )
    modifiers: Modifiers = Field(default=None, description="Modifiers in the order billed; or joined by |")
    units: NeededNumber = Field(description="Units of service, a plain decimal; minutes where unit_basis is MJ")
    unit_basis: Needed = Field(default=None, description="UN for units or MJ for minutes; blank: not reported")
    from_date: NeededDay = Field(description=f"First date of service, which selects the rules: {_DATE}")
    to_date: NeededDay = Field(default=None, description=f"Last date of service, where it is another: {_DATE}")
    line_number: LineNumber = Field(default=None, description="Number of the line; its position if blank")
    line_control: Text = Field(default=None, description="The sender's control number of the line (REF*6R)")
    charge: KeptNumber = Field(default=None, description="Line charge in US dollars, such as 120.50")
    pointers: Texts = Field(
        default=None, description="Positions in diagnoses, from 1, the main one first; or joined by |"
    )
    revenue_code: Text = Field(default=None, description="Revenue code (institutional)")
    ndc: Kept = Field(default=None, description="National drug code, 11 digits without dashes")


class ClaimRow(ClaimLine, ClaimFields):
    """One claim line: a row of CSV or of JSON lines."""


class ClaimHead(OfLines, ClaimFields):
    """What a claim object states, but for its lines."""


class ClaimObject(ClaimHead):
    """One claim: an object of JSON lines. A line inherits what it lacks, or has as null, and the claim states for its
    lines, as in an 837; a line with ``""`` says that there is none."""

    lines: list[ClaimLine] = Field(min_length=1, description="The claim's service lines, in order")


# -- what follows from them ----------------------------------------------------------------------

_FIELDS: Final[dict[str, FieldInfo]] = ClaimRow.model_fields

CLAIM_COLUMNS: Final = tuple(ClaimFields.model_fields)
"""Columns of the claim, the same on each of its rows."""

LINE_COLUMNS: Final = tuple(ClaimLine.model_fields)

SERVICE_COLUMNS: Final = tuple(name for name in LINE_COLUMNS if name in Service._fields)
"""Columns of the coded part of a line; its setting is the claim's."""

OTHER_COLUMNS: Final = tuple(name for name in LINE_COLUMNS if name not in SERVICE_COLUMNS)

INHERITED: Final = tuple(OfLines.model_fields)
"""Columns of a line that a claim object may state for all of its lines, as an 837 does."""

NEEDED: Final = tuple(sorted(name for name, field in _FIELDS.items() if field.is_required()))
"""Without these a row is not a claim line; the claim's own is first."""

LIST_COLUMNS: Final = frozenset(name for name, field in _FIELDS.items() if _LIST in field.metadata)

NUMBER_COLUMNS: Final = frozenset(name for name, field in _FIELDS.items() if _NUMBER in field.metadata)

DATE_COLUMNS: Final = frozenset(name for name, field in _FIELDS.items() if _DAY in field.metadata)

BECOMES: Final = {
    name: part.source for name, field in _FIELDS.items() for part in field.metadata if isinstance(part, Becomes)
}
"""What the cell of a column becomes, as Python source."""

BLANK_IS_NONE: Final = frozenset(name for name, source in BECOMES.items() if source == "{} or None")
"""Columns of which a blank cell says nothing."""

_WRITTEN_FIRST: Final = (
    *("claim_id", "line_number", "line_control", "setting", "type_of_bill", "frequency", "payer_id", "billing_npi"),
    *("billing_taxonomy", "rendering_npi", "rendering_taxonomy", "referring_npi", "patient_id", "birth_date", "sex"),
    *("place_of_service", "from_date", "to_date", "received_date", "code", "code_set", "modifiers", "units"),
    *("unit_basis", "charge", "diagnoses", "pointers", "revenue_code", "ndc", "clia", "prior_authorization"),
    *("description", "assumed_care_date", "relinquished_care_date", "ordering_npi", "filing_indicator"),
    *("service_zip", "payer_responsibility", "original_reference", "trial_number", "other_payers"),
)
"""The order in which files have had their columns; new ones come behind."""

COLUMNS: Final = tuple(dict.fromkeys((*_WRITTEN_FIRST, *_FIELDS)))
"""Every column, in the order in which rows are written."""

SPACES: Final = " \t\u00a0"
"""What is dropped around a value: spaces, tabs, and the no-break spaces of spreadsheets."""

SPLIT_MODIFIERS: Final = ("modifier_1", "modifier_2", "modifier_3", "modifier_4")
"""Four columns in place of ``modifiers``."""

KNOWN: Final = frozenset((*COLUMNS, *SPLIT_MODIFIERS))

OFTEN_CALLED: Final = {
    "claim_id": ("claimid", "clm_id", "claim", "claim_number", "claim_no", "claim_num", "icn", "dcn", "ccn"),
    "code": (
        *("hcpcs", "hcpcs_cd", "hcpcs_code", "cpt", "cpt_code", "cpt_cd", "proc_code", "procedure"),
        *("procedure_code", "proc_cd"),
    ),
    "from_date": ("dos", "service_date", "date_of_service", "from_dt", "dos_from", "start_date", "svc_date"),
    "units": ("qty", "quantity", "unit", "service_units", "unit_count", "svc_units"),
}
"""What other files call the needed columns: to suggest a mapping, never to guess one."""
