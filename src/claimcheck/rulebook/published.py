"""Where each table of a rule book is published: what a missing one is called, and the page to take it from."""

from __future__ import annotations

from typing import Final, NamedTuple

_CMS: Final = "https://www.cms.gov/medicare"
_CODING: Final = f"{_CMS}/coding-billing"
_PAYMENT: Final = f"{_CMS}/payment"
_NCCI: Final = f"{_CODING}/national-correct-coding-initiative-ncci-edits"
_CLIA: Final = f"{_CMS}/quality/clinical-laboratory-improvement-amendments/categorization-tests"


class Publication(NamedTuple):
    """Where a table is published.

    Attributes:
        name: what messages call the table.
        title: the title of the page, with the part of it where it has several.
        page: its address; "" where there is none.
        ships: whether the table comes with claimcheck, so that nothing has to be loaded.
        imported: whether ``claimcheck rules add`` reads what is published.
    """

    name: str
    title: str
    page: str = ""
    ships: bool = False
    imported: bool = True


_MUE: Final = f"{_NCCI}/medicare-ncci-medically-unlikely-edits-mues"
_PTP: Final = f"{_NCCI}/medicare-ncci-procedure-procedure-ptp-edits"
_HCPCS: Final = f"{_CODING}/healthcare-common-procedure-system/quarterly-update"
_THERAPY: Final = f"{_CODING}/therapy-services"
_OPPS: Final = f"{_PAYMENT}/prospective-payment-systems/hospital-outpatient-pps/quarterly-addenda-updates"
_ASC: Final = f"{_PAYMENT}/prospective-payment-systems/ambulatory-surgical-center-asc/asc-payment-rates-addenda"


def _medicaid(name: str, part: str) -> Publication:
    page = f"{_CODING}/ncci-medicaid/medicaid-ncci-edit-files"
    return Publication(name, f"Medicaid NCCI Edit Files, {part}", page, imported=False)


PUBLISHED_AT: Final[dict[str, Publication]] = {
    "fee_schedule": Publication(
        "physician fee schedule",
        "PFS Relative Value Files",
        f"{_PAYMENT}/fee-schedules/physician/pfs-relative-value-files",
    ),
    "mue_practitioner": Publication(
        "NCCI MUE (practitioner)", "Medicare NCCI Medically Unlikely Edits, Practitioner Services", _MUE
    ),
    "mue_outpatient": Publication(
        "NCCI MUE (outpatient)", "Medicare NCCI Medically Unlikely Edits, Facility Outpatient Services", _MUE
    ),
    "mue_dme": Publication("NCCI MUE (DME)", "Medicare NCCI Medically Unlikely Edits, DME Supplier Services", _MUE),
    "ptp_practitioner": Publication(
        "NCCI PTP (practitioner)", "Medicare NCCI Procedure to Procedure (PTP) Edits, Practitioner", _PTP
    ),
    "ptp_outpatient": Publication(
        "NCCI PTP (outpatient)", "Medicare NCCI Procedure to Procedure (PTP) Edits, Hospital", _PTP
    ),
    "medicaid_mue_practitioner": _medicaid("Medicaid MUE (practitioner)", "MUE, Practitioner Services"),
    "medicaid_mue_outpatient": _medicaid("Medicaid MUE (outpatient)", "MUE, Outpatient Hospital Services"),
    "medicaid_mue_dme": _medicaid("Medicaid MUE (DME)", "MUE, Durable Medical Equipment"),
    "medicaid_ptp_practitioner": _medicaid("Medicaid PTP (practitioner)", "PTP, Practitioner Services"),
    "medicaid_ptp_outpatient": _medicaid("Medicaid PTP (outpatient)", "PTP, Outpatient Hospital Services"),
    "add_on": Publication(
        "add-on code table", "Medicare NCCI Add-on Code Edits", f"{_NCCI}/medicare-ncci-add-code-edits"
    ),
    "laboratory_fees": Publication(
        "clinical laboratory fee schedule",
        "Clinical Laboratory Fee Schedule Files",
        f"{_PAYMENT}/fee-schedules/clinical-laboratory-fee-schedule-clfs/files",
        imported=False,
    ),
    "opps": Publication("OPPS Addendum B", "Hospital Outpatient PPS, Quarterly Addenda Updates, Addendum B", _OPPS),
    "asc": Publication("ASC addendum list", "ASC Payment Rates - Addenda, Addenda AA and BB", _ASC),
    "asc_indicators": Publication("ASC indicator list", "ASC Payment Rates - Addenda, Addendum DD1", _ASC),
    "codes": Publication("HCPCS file", "HCPCS Quarterly Update, Alpha-Numeric HCPCS File", _HCPCS),
    "modifiers": Publication("modifier list", "HCPCS Quarterly Update, Alpha-Numeric HCPCS File", _HCPCS, ships=True),
    "places_of_service": Publication(
        "place of service list", "Place of Service Codes", f"{_CODING}/place-of-service-codes", ships=True
    ),
    # Made of a quarter's pairs and its fee schedule, where a book has both.
    "global_visits": Publication(
        "list of global-period visits",
        "Medicare NCCI Procedure to Procedure (PTP) Edits, Practitioner",
        _PTP,
        ships=True,
    ),
    "visits": Publication(
        "list of visits", "Medicare NCCI Procedure to Procedure (PTP) Edits, Practitioner", _PTP, ships=True
    ),
    "facility_only": Publication(
        "list of facility-only services",
        "Hospital Outpatient PPS, Quarterly Addenda Updates, Addendum B",
        _OPPS,
        ships=True,
    ),
    "always_therapy": Publication(
        "always-therapy list", "Therapy Services, Annual Therapy Update", _THERAPY, ships=True
    ),
    "sometimes_therapy": Publication(
        "sometimes-therapy list", "Therapy Services, Annual Therapy Update", _THERAPY, ships=True
    ),
    "site_modifier": Publication(
        "list of site modifiers",
        "UnitedHealthcare, Procedure to Modifier Policy",
        "https://www.uhcprovider.com/en/policies-protocols/commercial-policies/commercial-reimbursement-policies.html",
        ships=True,
    ),
    "age_bands": Publication(
        "list of ages",
        "Society of Critical Care Medicine, neonatal and pediatric critical care; definitions of visits",
        "https://www.sccm.org/Communications/Critical-Connections/Archives/2019/Revisiting-Neonatal-and-Pediatric-Critical-Care-Se",
        ships=True,
    ),
    "preventive_services": Publication(
        "list of preventive services",
        "Medicare Preventive Services",
        f"{_CMS}/prevention/prevntiongeninfo/medicare-preventive-services",
        ships=True,
    ),
    "clia_excluded": Publication("CLIA-excluded list", "CLIA, Categorization of Tests", _CLIA, ships=True),
    "clia_waived": Publication("CLIA-waived list", "CLIA, Categorization of Tests", _CLIA, ships=True),
    "clia_waived_qw": Publication("CLIA-waived QW list", "CLIA, Categorization of Tests", _CLIA, ships=True),
    "successors": Publication(
        "list of successors", "HCPCS Quarterly Update, Alpha-Numeric HCPCS File", _HCPCS, ships=True
    ),
    "telehealth": Publication(
        "telehealth list", "List of Telehealth Services", f"{_CMS}/coverage/telehealth/list-services", ships=True
    ),
    "single_dose_drugs": Publication(
        "single-dose drug list",
        "JW and JZ Modifiers, Frequently Asked Questions",
        f"{_CMS}/medicare-fee-for-service-payment/hospitaloutpatientpps/downloads/jw-modifier-faqs.pdf",
        ships=True,
    ),
}
"""Each table that checks ask for, by the name that ``NotInForce`` gives."""


def publication_of(table: str) -> Publication:
    """Where a table is published; a list of an overlay is called by its own name."""
    return PUBLISHED_AT.get(table) or Publication(table.replace("_", " "), table, ships=True)
