"""What facilities and laboratories are paid by: outpatient hospitals, surgical centers, clinical laboratories."""

from typing import Final, Literal, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Column, Kind, Table
from claimcheck.rulebook.tables.code_sets import ADDENDUM_B, LISTED


class Opps(NamedTuple):
    """Outpatient prospective payment system, Addendum B: status indicator and payment class."""

    status: str
    apc: str = ""
    source: str = "example"


class Asc(NamedTuple):
    """ASC covered procedures (Addendum AA) and ancillary services (Addendum BB)."""

    addendum: Literal["AA", "BB"]
    indicator: str
    source: str = "example"


# Source: OPPS Addendum D1; ASC Addendum DD1.
OPPS: Final = Kind(
    "opps",
    Opps,
    columns={
        "status": Column(
            "status indicator",
            {
                "A": "paid by another fee schedule",
                "B": "not recognized on outpatient bills",
                "C": "inpatient only",
                "D": "discontinued code: paid under no Medicare payment system",
                "E1": "not covered or not billable",
                "E2": "no pricing information",
                "F": "acquisition at reasonable cost",
                "G": "pass-through drug or biological",
                "H": "pass-through device",
                "H1": "",
                "J1": "comprehensive: one payment for the claim",
                "J2": "comprehensive if criteria are met",
                "K": "separately paid drug or biological",
                "K1": "separately paid drug or biological",
                "L": "influenza, pneumococcal and like vaccines, at reasonable cost",
                "M": "not billable to the contractor",
                "N": "packaged",
                "P": "partial hospitalization",
                "Q1": "packaged with S, T or V",
                "Q2": "packaged with T",
                "Q3": "may be part of a composite",
                "Q4": "laboratory, packaged when conditions are met",
                "R": "blood",
                "S": "paid, not discounted",
                "T": "paid, multiple-procedure reduction",
                "U": "brachytherapy source",
                "V": "clinic or emergency visit",
                "Y": "not implantable DME: bill the DME contractor",
            },
        ),
        "apc": Column("payment class (APC)", pattern="^([0-9]{4})?$"),
    },
    decides="status",
    section="opps",
    example="opps",
)
ASC: Final = Kind(
    "asc",
    Asc,
    columns={
        "addendum": Column("addendum", {"AA": "covered procedures", "BB": "ancillary services"}),
        "indicator": Column(
            "payment indicator",
            {
                "A2": "surgical, on the list since 2007",
                "B5": "another code may be available; no payment",
                "C5": "",
                "D1": "ancillary dental; no separate payment",
                "D2": "dental surgery added since 2024",
                "D5": "discontinued; no payment",
                "E5": "",
                "F4": "acquisition at reasonable cost",
                "G2": "surgical, not office-based",
                "H2": "brachytherapy source, paid with a covered surgical procedure",
                "J7": "pass-through device, contractor-priced, with a covered surgical procedure",
                "J8": "device-intensive procedure",
                "K2": "drug, paid with a covered surgical procedure",
                "K5": "no pricing data; no payment",
                "K7": "unclassified drug, contractor-priced",
                "L1": "vaccine, packaged",
                "L6": "special payment",
                "M5": "",
                "M6": "",
                "N1": "packaged",
                "P2": "office-based surgery, by OPPS weights",
                "P3": "office-based surgery, by the fee schedule",
                "R2": "office-based surgery, by OPPS weights",
                "S1": "",
                "U5": "",
                "X5": "",
                "Y5": "",
                "Z2": "radiology or diagnostic, by OPPS weights, with a covered surgical procedure",
                "Z3": "radiology or diagnostic, by the fee schedule, with a covered surgical procedure",
            },
        ),
    },
    decides="indicator",
    section="asc",
    example="asc",
    called="ASC addenda",
)

_ASC_PAGE: Final = f"{PAYMENT}/prospective-payment-systems/ambulatory-surgical-center-asc/asc-payment-rates-addenda"
_ADDENDA: Final = "ASC Payment Rates - Addenda"
TABLES: Final = {
    "laboratory_fees": Table(
        LISTED,
        "clinical laboratory fee schedule",
        "Clinical Laboratory Fee Schedule Files",
        f"{PAYMENT}/fee-schedules/clinical-laboratory-fee-schedule-clfs/files",
        imported=False,
    ),
    "opps": Table(OPPS, "OPPS Addendum B", *ADDENDUM_B, heading="OPPS, Addendum B"),
    "asc": Table(
        ASC, "ASC addendum list", f"{_ADDENDA}, Addenda AA and BB", _ASC_PAGE, heading="ASC, Addenda AA and BB"
    ),
    "asc_indicators": Table(LISTED, "ASC indicator list", f"{_ADDENDA}, Addendum DD1", _ASC_PAGE, keys="indicator"),
}
