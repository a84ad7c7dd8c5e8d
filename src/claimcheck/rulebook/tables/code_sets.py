"""The code sets: procedure codes, modifiers and places of service by date, and lists of codes."""

from datetime import date
from typing import Final, NamedTuple

from claimcheck.rulebook.tables import CMS, CODING, PAYMENT, Column, Kind, Table
from claimcheck.rulebook.tables.ncci import PTP_PAGE


class CodeDates(NamedTuple):
    """When a procedure code is valid, and the classifications published with it: type of service, BETOS
    and, in the HCPCS file, coverage code, pricing indicators and laboratory certifications."""

    added: date | None = None
    ended: date | None = None
    type_of_service: str = ""
    betos: str = ""
    ccs: str = ""
    needs: str = ""
    source: str = "example"
    classified_by: str = ""
    coverage: str = ""
    pricing: str = ""
    laboratory: str = ""


class Modifier(NamedTuple):
    """A modifier: its family, and when it is valid. ``family`` names what it is about
    (``evaluation``, ``assistant``, ``anatomic``, ...); ``pricing`` ones belong first on the line."""

    added: date | None = None
    ended: date | None = None
    family: str = ""
    pricing: bool = False
    source: str = "example"


class Place(NamedTuple):
    """A place of service: when it is valid, and which Medicare rate it takes."""

    added: date | None = None
    ended: date | None = None
    facility: bool = False
    source: str = "example"


class Listed(NamedTuple):
    """Membership of a code in a published list, with the list's own value for it, if any."""

    value: str = ""
    source: str = "example"


AMBULANCE_TRIP: Final = "ambulance_trip"
"""Family of the pairs of letters that say where an ambulance went from and to: no modifiers elsewhere."""
SUCCESSORS: Final = "successors"
CROSS_REFERENCES: Final = "cross_references"
"""Lists of what replaced a code: ours (``rules/successors.toml``), and the HCPCS file's."""

CODE: Final = Kind(
    "code",
    CodeDates,
    columns={
        "added": Column("added"),
        "ended": Column("ended"),
        "type_of_service": Column("type of service"),
        "betos": Column("BETOS"),
        "ccs": Column("CCS"),
        "coverage": Column("coverage code"),
        "pricing": Column("pricing indicators"),
        "laboratory": Column("laboratory certifications"),
        "classified_by": Column("classified by"),
        "needs": Column("needs"),
    },
    example="codes",
)
MODIFIER: Final = Kind("modifier", Modifier, key=("modifier",), example="modifiers", called="modifiers")
PLACE: Final = Kind("place", Place, key=("place",), example="places", called="places of service")
LISTED: Final = Kind("listed", Listed)
"""A table that is not declared is a list of codes too, such as one of a payer's overlay."""


_HCPCS: Final = (
    "HCPCS Quarterly Update, Alpha-Numeric HCPCS File",
    f"{CODING}/healthcare-common-procedure-system/quarterly-update",
)
_PAIRS: Final = "Medicare NCCI Procedure to Procedure (PTP) Edits, Practitioner", PTP_PAGE
_THERAPY: Final = "Therapy Services, Annual Therapy Update", f"{CODING}/therapy-services"
_CLIA: Final = (
    "CLIA, Categorization of Tests",
    f"{CMS}/quality/clinical-laboratory-improvement-amendments/categorization-tests",
)
ADDENDUM_B: Final = (
    "Hospital Outpatient PPS, Quarterly Addenda Updates, Addendum B",
    f"{PAYMENT}/prospective-payment-systems/hospital-outpatient-pps/quarterly-addenda-updates",
)
_SHIPPED: Final = {
    # table: what messages call it, where it is published
    "global_visits": ("list of global-period visits", _PAIRS),
    "visits": ("list of visits", _PAIRS),
    "facility_only": ("list of facility-only services", ADDENDUM_B),
    "always_therapy": ("always-therapy list", _THERAPY),
    "sometimes_therapy": ("sometimes-therapy list", _THERAPY),
    "site_modifier": (
        "list of site modifiers",
        (
            "UnitedHealthcare, Procedure to Modifier Policy",
            "https://www.uhcprovider.com/en/policies-protocols/commercial-policies/commercial-reimbursement-policies.html",
        ),
    ),
    "age_bands": (
        "list of ages",
        (
            "Society of Critical Care Medicine, neonatal and pediatric critical care; definitions of visits",
            "https://www.sccm.org/Communications/Critical-Connections/Archives/2019/Revisiting-Neonatal-and-Pediatric-Critical-Care-Se",
        ),
    ),
    "preventive_services": (
        "list of preventive services",
        ("Medicare Preventive Services", f"{CMS}/prevention/prevntiongeninfo/medicare-preventive-services"),
    ),
    "clia_excluded": ("CLIA-excluded list", _CLIA),
    "clia_waived": ("CLIA-waived list", _CLIA),
    "clia_waived_qw": ("CLIA-waived QW list", _CLIA),
    SUCCESSORS: ("list of successors", _HCPCS),
    "telehealth": ("telehealth list", ("List of Telehealth Services", f"{CMS}/coverage/telehealth/list-services")),
    "single_dose_drugs": (
        "single-dose drug list",
        (
            "JW and JZ Modifiers, Frequently Asked Questions",
            f"{CMS}/medicare-fee-for-service-payment/hospitaloutpatientpps/downloads/jw-modifier-faqs.pdf",
        ),
    ),
}
"""Lists that come with claimcheck (``rules/lists.toml``)."""
TABLES: Final = {
    "codes": Table(CODE, "HCPCS file", *_HCPCS, heading="code"),
    "modifiers": Table(MODIFIER, "modifier list", *_HCPCS, ships=True),
    "places_of_service": Table(
        PLACE, "place of service list", "Place of Service Codes", f"{CODING}/place-of-service-codes", ships=True
    ),
    **{table: Table(LISTED, name, *published, ships=True) for table, (name, published) in _SHIPPED.items()},
}
