"""The code sets: procedure codes, modifiers, places of service and diagnoses by date, and lists of codes. Diagnoses are
written without their decimal point, and NUCC's names of taxonomies are left where they are."""

from datetime import date
from functools import lru_cache
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


class Diagnosis(NamedTuple):
    """A code that can be billed, and the days on which it can; no last day is an open end."""

    first: date = date.min
    last: date | None = None
    source: str = "example"


class Note(NamedTuple):
    """What Excludes1 notes name: codes, which stand for all under them, and ranges of codes. ``where`` is the section
    or chapter that they stand at; "" for the code's own."""

    where: str
    codes: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]

    def names(self, diagnosis: str) -> bool:
        """Whether they name a diagnosis."""
        if diagnosis.startswith(self.codes):
            return True
        return any(first <= diagnosis[: len(first)] and diagnosis[: len(last)] <= last for first, last in self.ranges)


@lru_cache(maxsize=8192)
def notes_in(value: str) -> tuple[Note, ...]:
    """The notes in a value of the list."""
    notes = []
    for part in value.split("; "):
        where, _, named = part.rpartition(": ")
        ranges = [token.split("-") for token in named.split() if "-" in token]
        codes = tuple(token for token in named.split() if "-" not in token)
        notes.append(Note(where, codes, tuple((first, last) for first, last in ranges)))
    return tuple(notes)


LEVEL_2: Final = "[A-CE-V][0-9]{4}"
"""The codes of HCPCS Level II that the HCPCS file lists: all but those of dental services (D), which are the ADA's."""
AMBULANCE_TRIP: Final = "ambulance_trip"
"""Family of the pairs of letters that say where an ambulance went from and to: no modifiers elsewhere."""
SUCCESSORS: Final = "successors"
CROSS_REFERENCES: Final = "cross_references"
"""Lists of what replaced a code: ours (``rules/successors.toml``), and the HCPCS file's."""

ICD_10_CM: Final = "icd10cm"
"""The codes that can be billed; a category is not one of them."""
EXCLUDES1: Final = "excludes1"
"""By category or code, what its Excludes1 notes name: codes, which stand for all under them, and ranges (``E08-E13``).
Notes of a section or chapter stand at each of its categories, after its name: ``E10 E11; G50-G59: M541``."""
UNSPECIFIED_SIDES: Final = "unspecified_sides"
"""Codes that leave the side open, each with those of the right and of the left side."""
MANIFESTATIONS: Final = "manifestations"
DIAGNOSIS_AGES: Final = "diagnosis_ages"
"""Codes for newborn, pediatric, maternity or adult patients."""
DIAGNOSIS_SEXES: Final = "diagnosis_sexes"
"""Codes for female (F) or male (M) patients."""

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
DIAGNOSIS: Final = Kind("diagnosis", Diagnosis, key=("diagnosis",), self_dated=True)
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
_ICD_10_CM_CODES: Final = f"{CODING}/icd-10-codes"
_CODE_EDITOR: Final = (
    "Definitions of Medicare Code Edits",
    f"{CMS}/payment/prospective-payment-systems/acute-inpatient-pps/ms-drg-classifications-and-software",
)
_TABULAR_ORDER: Final = "ICD-10-CM Files, Code Descriptions in Tabular Order", _ICD_10_CM_CODES
_OF_DIAGNOSES: Final = {
    EXCLUDES1: ("list of Excludes1 notes", ("ICD-10-CM Files, Tabular List", _ICD_10_CM_CODES)),
    UNSPECIFIED_SIDES: ("list of diagnoses of an unspecified side", _TABULAR_ORDER),
    MANIFESTATIONS: ("list of manifestation codes", _CODE_EDITOR),
    DIAGNOSIS_AGES: ("list of ages by diagnosis", _CODE_EDITOR),
    DIAGNOSIS_SEXES: ("list of sexes by diagnosis", _CODE_EDITOR),
}
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
TAXONOMIES: Final = "taxonomies"
"""The codes of NUCC's set. One that NUCC deactivated is listed to that day."""
SPECIALTIES: Final = "specialties"
"""By taxonomy code, the Medicare specialty codes that such a provider may be enrolled with: ``08``, ``06 11``."""

TABLES: Final = {
    "codes": Table(CODE, "HCPCS file", *_HCPCS, heading="code"),
    "modifiers": Table(MODIFIER, "modifier list", *_HCPCS, ships=True),
    "places_of_service": Table(
        PLACE, "place of service list", "Place of Service Codes", f"{CODING}/place-of-service-codes", ships=True
    ),
    **{table: Table(LISTED, name, *published, ships=True) for table, (name, published) in _SHIPPED.items()},
    ICD_10_CM: Table(DIAGNOSIS, "ICD-10-CM code list", *_TABULAR_ORDER, ships=True),
    **{
        table: Table(LISTED, name, *published, ships=True, keys="diagnosis")
        for table, (name, published) in _OF_DIAGNOSES.items()
    },
    TAXONOMIES: Table(
        LISTED,
        "taxonomy code list",
        "NUCC, Health Care Provider Taxonomy",
        "https://www.nucc.org/index.php/code-sets-mainmenu-41/provider-taxonomy-mainmenu-40",
        ships=True,
        keys="taxonomy",
    ),
    SPECIALTIES: Table(
        LISTED,
        "taxonomy crosswalk",
        "Medicare Provider and Supplier Taxonomy Crosswalk",
        "https://data.cms.gov/provider-characteristics/medicare-provider-supplier-enrollment/"
        "medicare-provider-and-supplier-taxonomy-crosswalk",
        ships=True,
        keys="taxonomy",
    ),
}
