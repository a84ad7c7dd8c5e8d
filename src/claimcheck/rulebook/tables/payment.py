"""How Medicare pays: by the physician fee schedule, the outpatient prospective payment system, the ASC addenda, and the
fee schedules of laboratory tests, of equipment and supplies (DMEPOS) and of drugs (ASP); and the carriers that pay."""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Column, Kind, NotInForce, Shown, Table
from claimcheck.rulebook.tables.code_sets import ADDENDUM_B, LISTED


class Fee(NamedTuple):
    """One row of the National Physician Fee Schedule Relative Value File, keyed (code, modifier):
    the 26, TC and 53 rows have values of their own. The parts of a global package are fractions of it
    (``"0.10"``); relative values are totals but for ``work_rvu``."""

    status: str = "A"
    pctc: str = "0"
    global_days: str = "XXX"
    multiple: str = "0"
    bilateral: str = "0"
    assistant: str = "0"
    co_surgeon: str = "0"
    team: str = "0"
    supervision: str = "09"
    imaging_family: str = "99"
    endoscopic_base: str = ""
    non_facility_na: bool = False
    facility_na: bool = False
    preoperative: str = ""
    intraoperative: str = ""
    postoperative: str = ""
    work_rvu: str = ""
    non_facility_rvu: str = ""
    facility_rvu: str = ""
    modifier: str = ""
    source: str = "example"


class FeeInPart(Fee):
    """A row of which some values are not at hand. By one that is not nothing is judged: to read it is as to look up in
    a table that is not in force."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if value is None:
            raise NotInForce("fee_schedule", lacks=name)
        return value


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


NO_MODIFIER: Final = "none"
"""Stands for a row without a modifier among the modifiers of a code."""
_ROW: Final = f"({NO_MODIFIER}|[0-9A-Z]{{2}}(-[0-9A-Z]{{2}})?)"


class Supply(NamedTuple):
    """A code of the DMEPOS fee schedule: its category of payment, the modifiers of its rows and who is billed.

    ``modifiers`` has one entry per row: ``NU RR UE``, or ``RR RR-QB`` where a row has two; ``none`` where it has none.
    """

    category: str
    modifiers: str = NO_MODIFIER
    jurisdiction: str = "D"
    source: str = "example"

    @property
    def rows(self) -> list[frozenset[str]]:
        """The modifiers of each row."""
        return [frozenset(row.split("-")) - {NO_MODIFIER} for row in self.modifiers.split()]

    @property
    def priced(self) -> frozenset[str]:
        """All modifiers of its rows."""
        return frozenset().union(*self.rows)


class DrugLimit(NamedTuple):
    """A code of the ASP pricing file: the amount that one unit stands for, as published (``15 MG``), and for a vaccine
    the percent of its average wholesale price (AWP) that is paid."""

    dosage: str
    vaccine: str = ""
    source: str = "example"


class Package(NamedTuple):
    """A package of a drug in the ASP crosswalk, keyed (code, NDC): the amount that one unit of the code stands for, and
    how many such units a package has. A product may stand under several codes."""

    dosage: str
    units: str = ""
    ndc: str = ""
    source: str = "example"


class Carrier(NamedTuple):
    """The Part B contractor of a ZIP code, by its number, and the pricing locality. ``is_split`` says that some of the
    nine-digit ZIP codes in it have another. States are those of the file: EM and WM, for example, are parts of MO."""

    carrier: str
    locality: str = ""
    state: str = ""
    is_split: bool = False
    source: str = "example"


PRICING_MODIFIERS: Final = ("26", "TC", "53")
"""The modifiers with rows of their own in the fee schedule."""

# Source: record layout and Attachment A of the relative value files.
_FEE_COLUMNS: Final = {
    "status": Column(
        "status",
        {
            "A": "active: paid separately if covered",
            "B": "always bundled: never paid separately",
            "C": "contractor-priced, by report",
            "D": "",
            "E": "excluded by regulation; another schedule may pay it (most Part B drugs)",
            "F": "",
            "G": "",
            "H": "",
            "I": "not valid for Medicare; another code is used",
            "J": "anesthesia: paid by base units and time",
            "L": "",
            "M": "measurement code: reporting only",
            "N": "not covered by Medicare",
            "P": "bundled with the visit it goes with, else excluded",
            "Q": "",
            "R": "restricted coverage",
            "T": "paid only if nothing else of the fee schedule is billed that day by the provider",
            "X": "excluded by statute: not a physician service; another schedule or a facility may be paid",
        },
    ),
    "pctc": Column(
        "PC/TC",
        {
            "0": "physician service: no components; 26 and TC do not apply",
            "1": "diagnostic test: splits into professional (26) and technical (TC)",
            "2": "professional component only: stands alone, no modifier",
            "3": "technical component only: stands alone, no modifier",
            "4": "global test only: its parts have codes of their own",
            "5": "incident to a physician: not payable to a practitioner in hospitals",
            "6": "laboratory service with a physician's interpretation: 26 applies",
            "7": "therapy: not payable to independent therapists in hospitals",
            "8": "physician's interpretation, hospital inpatients only",
            "9": "the concept does not apply",
        },
    ),
    "global_days": Column(
        "global days",
        {
            "000": "the day of the procedure",
            "010": "the day and 10 days after",
            "090": "the day before, the day and 90 days after",
            "MMM": "maternity: the usual period does not apply",
            "XXX": "the global concept does not apply",
            "YYY": "the contractor decides",
            "ZZZ": "add-on: within another procedure's period",
        },
    ),
    "multiple": Column(
        "multiple procedure (51)",
        {
            "0": "no multiple-procedure rule",
            "1": "",
            "2": "reduced: 100, 50, 50, 50, 50 percent, then by report",
            "3": "endoscopies of one family: by their base code",
            "4": "imaging: technical part 50, reading 95 percent",
            "5": "therapy: practice expense at 50 percent",
            "6": "cardiovascular: technical part at 75 percent",
            "7": "ophthalmology: technical part at 80 percent",
            "9": "the concept does not apply",
        },
    ),
    "bilateral": Column(
        "bilateral (50)",
        {
            "0": "not bilateral: 50 is priced as one procedure",
            "1": "150 percent with 50 and one unit",
            "2": "bilateral already: 50 is priced as one procedure",
            "3": "each side in full",
            "9": "the concept does not apply: 50 is invalid",
        },
    ),
    "assistant": Column(
        "assistant (80, 81, 82, AS)",
        {
            "0": "paid only with documentation of necessity",
            "1": "never paid (statute)",
            "2": "paid",
            "9": "the concept does not apply",
        },
    ),
    "co_surgeon": Column(
        "co-surgeon (62)",
        {
            "0": "not permitted",
            "1": "with documentation",
            "2": "permitted, two specialties",
            "9": "the concept does not apply",
        },
    ),
    "team": Column(
        "team (66)",
        {
            "0": "not permitted",
            "1": "with documentation, by report",
            "2": "permitted, by report",
            "9": "the concept does not apply",
        },
    ),
    "supervision": Column(
        "supervision",
        {
            "01": "general supervision",
            "02": "direct supervision",
            "03": "personal supervision",
            "04": "general, unless by a qualified psychologist",
            "05": "general, unless by a qualified audiologist",
            "06": "physician or certified physical therapist",
            "09": "the concept does not apply",
            "21": "general with a certified technician, else direct",
            "22": "technician with real-time contact to a physician",
            "66": "physician or certified physical therapist",
            "6A": "as 66, and the therapist may supervise",
            "77": "certified therapist, or direct supervision",
            "7A": "as 77, and the therapist may supervise",
        },
    ),
    "imaging_family": Column(
        "imaging family",
        {
            **{f"{n:02}": "" for n in range(1, 12)},
            "88": "multiple-procedure reduction of imaging applies",
            "99": "the concept does not apply",
        },
    ),
    "endoscopic_base": Column(pattern="^([0-9A-Z]{5})?$"),
    "non_facility_na": Column(),
    "facility_na": Column(),
}


def _fee_shown(row: Fee) -> Iterator[Shown]:
    yield from FEE.columns_of(row)
    if isinstance(row, FeeInPart):
        yield Shown("other values", "", "not in the rule book: edits that need one do not judge the line")
        return
    if row.endoscopic_base:
        yield Shown("endoscopic base", row.endoscopic_base, "the code of its family's diagnostic endoscopy")
    split = (row.preoperative, row.intraoperative, row.postoperative)
    if any(part.strip("0.") for part in split):
        yield Shown("global package", " + ".join(split), "before, during and after the operation")
    if (row.non_facility_rvu + row.facility_rvu).strip("0."):
        total = f"{row.non_facility_rvu} / {row.facility_rvu}"
        yield Shown("relative values", total, "in total, outside and in a facility")
    if row.non_facility_na:
        yield Shown("non-facility", "NA", "rarely or never performed outside facilities")
    if row.facility_na:
        yield Shown("facility", "NA", "rarely or never performed in facilities")


FEE: Final = Kind(
    "fee",
    Fee,
    key=("code", "modifier"),
    carries=("modifier",),
    columns=_FEE_COLUMNS,
    decides="status",
    section="fee_schedule",
    modifiers=("", *PRICING_MODIFIERS),
    example="fee",
    called="fee schedule",
    shows=_fee_shown,
    in_part=FeeInPart,
)
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
SUPPLY: Final = Kind(
    "supply",
    Supply,
    columns={
        "category": Column(
            "category",
            {
                "CR": "capped rental",
                "FS": "frequent and substantial servicing",
                "IL": "intraocular lenses",
                "IN": "inexpensive or routinely purchased",
                "LC": "lymphedema compression",
                "OS": "ostomy, tracheostomy and urological supplies",
                "OX": "oxygen and oxygen equipment",
                "PO": "prosthetics and orthotics",
                "SC": "splints and casts",
                "SD": "surgical dressings",
                "SU": "supplies",
                "TE": "transcutaneous electrical nerve stimulators",
                "TS": "therapeutic shoes",
            },
            pattern="^[A-Z]{2}( [A-Z]{2})*$",
        ),
        "modifiers": Column("modifiers priced", pattern=f"^{_ROW}( {_ROW})*$"),
        "jurisdiction": Column(
            "jurisdiction",
            {"D": "the DME contractor", "J": "the DME or the Part B contractor", "L": "the Part B contractor"},
            pattern="^[A-Z]( [A-Z])*$",
        ),
    },
    section="dmepos",
)
DRUG_LIMIT: Final = Kind(
    "drug_limit",
    DrugLimit,
    columns={"dosage": Column("one unit"), "vaccine": Column("vaccine, percent of AWP")},
)
PACKAGE: Final = Kind("package", Package, key=("code", "ndc"), carries=("ndc",))
CARRIER: Final = Kind("carrier", Carrier, key=("zip",))
DMEPOS: Final = "dmepos"
ASP: Final = "asp"
NDC_CROSSWALK: Final = "ndc_crosswalk"
CARRIERS: Final = "carriers"

_ASC_PAGE: Final = f"{PAYMENT}/prospective-payment-systems/ambulatory-surgical-center-asc/asc-payment-rates-addenda"
_ADDENDA: Final = "ASC Payment Rates - Addenda"
_ASP_PAGE: Final = f"{PAYMENT}/part-b-drugs/asp-pricing-files"
TABLES: Final = {
    "fee_schedule": Table(
        FEE,
        "physician fee schedule",
        "PFS Relative Value Files",
        f"{PAYMENT}/fee-schedules/physician/pfs-relative-value-files",
        heading="fee schedule",
    ),
    "laboratory_fees": Table(
        LISTED,
        "clinical laboratory fee schedule",
        "Clinical Laboratory Fee Schedule Files",
        f"{PAYMENT}/fee-schedules/clinical-laboratory-fee-schedule-clfs/files",
    ),
    "opps": Table(OPPS, "OPPS Addendum B", *ADDENDUM_B, heading="OPPS, Addendum B"),
    "asc": Table(
        ASC, "ASC addendum list", f"{_ADDENDA}, Addenda AA and BB", _ASC_PAGE, heading="ASC, Addenda AA and BB"
    ),
    "asc_indicators": Table(LISTED, "ASC indicator list", f"{_ADDENDA}, Addendum DD1", _ASC_PAGE, keys="indicator"),
    DMEPOS: Table(
        SUPPLY, "DMEPOS fee schedule", "DMEPOS Fee Schedule", f"{PAYMENT}/fee-schedules/dmepos/dmepos-fee-schedule"
    ),
    ASP: Table(DRUG_LIMIT, "ASP pricing file", "ASP Pricing Files", _ASP_PAGE),
    NDC_CROSSWALK: Table(PACKAGE, "NDC crosswalk", "ASP Pricing Files, ASP NDC-HCPCS Crosswalk", _ASP_PAGE),
    CARRIERS: Table(
        CARRIER,
        "ZIP code to carrier file",
        "Fee Schedules, ZIP Code to Carrier Locality File",
        f"{PAYMENT}/fee-schedules",
    ),
}
