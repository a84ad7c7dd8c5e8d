"""The published sources that the checks cite, each once."""

from claimcheck.message import Citation

_CMS = "https://www.cms.gov/"
_MANUALS = _CMS + "regulations-and-guidance/guidance/manuals/downloads/"
_NCCI = _CMS + "medicare/coding-billing/national-correct-coding-initiative-ncci-edits/"


def _manual(chapter: int, section: str) -> Citation:
    return Citation(
        "Medicare Claims Processing Manual (Pub. 100-04)",
        f"chapter {chapter}, {section}",
        f"{_MANUALS}clm104c{chapter:02}.pdf",
    )


def pfs(section: str) -> Citation:
    """The record layout and Attachment A of the Physician Fee Schedule relative value files."""
    return Citation(
        "National Physician Fee Schedule Relative Value File",
        section,
        _CMS + "medicare/payment/fee-schedules/physician/pfs-relative-value-files",
    )


def tr3(section: str) -> Citation:
    """The implementation guides of the 837 (professional X222A1, institutional X223A2)."""
    return Citation("ASC X12N 837 implementation guides 005010X222A1 and 005010X223A2", section)


BIG_CHARGES = Citation(
    "Medicare contractors: charges of $100,000 and more on Part B claims",
    "Palmetto GBA 2024-08-19; CGS cope16412; NGS 11431746; Noridian DME: a field of seven digits, per claim and line",
)

MUE = Citation(
    "CMS: Medicare NCCI Medically Unlikely Edits; FAQ 11344, How are claims adjudicated with MUEs?",
    "MUE adjudication indicators",
    _NCCI + "medicare-ncci-medically-unlikely-edits-mues",
)
NCCI_MUE_ZERO = Citation(
    "NCCI Policy Manual for Medicare Services",
    "chapter I, section V (MUE value 0)",
    _NCCI + "medicare-ncci-policy-manual",
)
NCCI_59 = Citation(
    "NCCI Policy Manual for Medicare Services",
    "chapter I, section E: modifier 59 and X{EPSU} are not for E/M services",
    _NCCI + "medicare-ncci-policy-manual",
)
MEDICAID_NCCI = Citation(
    "NCCI Technical Guidance Manual for Medicaid Services",
    "claim adjudication rules of Medicaid's own MUE and PTP tables",
    _CMS + "medicare/coding-billing/ncci-medicaid/medicaid-ncci-edit-files",
)
PTP = Citation(
    "NCCI Policy Manual for Medicare Services",
    "chapter I, sections A and D: procedure-to-procedure edits and their modifier indicators",
    _NCCI + "medicare-ncci-policy-manual",
)
PTP_MODIFIERS = Citation(
    "NCCI Policy Manual for Medicare Services; CMS change request 11168",
    "chapter I, section E: modifiers that bypass an edit; 59 and X{EPSU} on either code since 2019-07-01",
    _NCCI + "medicare-ncci-policy-manual",
)
NCCI_PANELS = Citation(
    "NCCI Policy Manual for Medicare Services",
    "chapters I, section N, and X, section C: laboratory panels",
    _NCCI + "medicare-ncci-policy-manual",
)
ADD_ONS = Citation(
    "CMS: Medicare NCCI add-on code edits",
    "types 1, 2 and 3; an add-on code is never paid unless a primary code is also paid",
    _NCCI + "medicare-ncci-add-code-edits",
)
GLOBAL_SURGERY = _manual(12, "section 40: surgeons and global surgery")
GLOBAL_MODIFIERS = _manual(12, "section 30.6.6: modifiers 24, 25 and 57 with E/M services")
GROUP_PRACTICE = _manual(12, "section 30.6.5: physicians in group practice")
NEW_PATIENTS = _manual(12, "section 30.6.7.A: definition of a new patient (Change Request 8165)")
SPLIT_CARE = _manual(12, "section 40.2: billing requirements for global surgeries, by one group or several")
BILATERAL = _manual(12, "section 40.7: bilateral surgeries")
CO_SURGEONS = _manual(12, "section 40.8: co-surgeons and team surgeons")
ENDOSCOPY = _manual(12, "section 40.6: multiple surgeries, C.7: endoscopies of one family with their base")
ASSISTANTS = _manual(12, "section 20.4.3: assistant at surgery services")
MODIFIER_53 = pfs("Attachment A: records of modifier 53; other codes by contractor review")
RADIOLOGY = _manual(13, "section 20.2: professional and technical component")
ASC = _manual(14, "sections 10, 40 and 50: covered services, bilateral procedures, claims of ASCs")
ASC_ADDENDA = Citation(
    "CMS: Ambulatory surgical center payment",
    "Addenda AA, BB and DD1 (payment indicators)",
    _CMS + "medicare/payment/prospective-payment-systems/ambulatory-surgical-center-asc",
)
ASC_OTHER_ENTITIES = Citation(
    "CMS change request of 2010-08-06",
    "Billing requirement for ancillary services performed in the ASC by entities other than ASCs",
)
OPPS = Citation(
    "CMS: Hospital outpatient prospective payment system",
    "Addenda B and D1: status indicators; comprehensive APCs (J1)",
    _CMS + "medicare/payment/prospective-payment-systems/hospital-outpatient-pps",
)
OPPS_CLAIMS = _manual(4, "section 20: HCPCS and revenue codes on outpatient claims")
TIMELY = _manual(1, "section 70: time limitations for filing claims")
HCPCS = Citation(
    "CMS: HCPCS quarterly release",
    "codes and modifiers with their add and termination dates",
    _CMS + "medicare/coding-billing/healthcare-common-procedure-system/quarterly-update",
)
MODIFIER_TABLES = Citation(
    "HCPCS modifiers (CMS) and CPT modifiers (AMA)",
    "modifiers in force on the date of service",
    _CMS + "medicare/coding-billing/healthcare-common-procedure-system/quarterly-update",
)
MODIFIER_FITS = Citation(
    "HCPCS modifiers (CMS), CPT modifiers (AMA), payers' modifier-to-procedure policies",
    "what each modifier is for",
    _CMS + "medicare/coding-billing/healthcare-common-procedure-system/quarterly-update",
)
MODIFIERS_OF_PAYERS = Citation(
    "HCPCS Quarterly Update, Alpha-Numeric HCPCS File",
    "modifiers with coverage code I: not payable by Medicare",
    _CMS + "medicare/coding-billing/healthcare-common-procedure-system/quarterly-update",
)
PLACES = Citation(
    "CMS: Place of service code set",
    "professional claims",
    _CMS + "medicare/coding-billing/place-of-service-codes",
)
FACILITY_MODIFIERS = _manual(4, "section 20.6: use of modifiers on outpatient claims")
DUPLICATES = _manual(1, "section 120: detection of duplicate claims")
REPEATS = _manual(12, "section 40: repeat procedures (76, 77); laboratory repeats by 91 (chapter 16)")
ANESTHESIA = _manual(12, "section 50: payment for anesthesiology services")
NPI = Citation(
    "CMS: Requirements for National Provider Identifier check digit",
    "Luhn formula over 80840 and the NPI",
    _CMS + "regulations-and-guidance/administrative-simplification/nationalprovidentstand/downloads/npicheckdigit.pdf",
)
BIRTH = Citation(
    "Definitions of Medicare Code Edits; ASC X12N 837, DMG02: birth date",
    "age conflict: ages from 0 to 124 years",
    _CMS + "medicare/payment/prospective-payment-systems/acute-inpatient-pps/ms-drg-classifications-and-software",
)
RENDERING = _manual(1, "section 30.2: assignment; the rendering practitioner of a group, loop 2310B or 2420A")
TAXONOMY = Citation(
    "NUCC: Health Care Provider Taxonomy code set",
    "codes by version, and those deactivated; ASC X12N 837, PRV03",
    "https://www.nucc.org/index.php/code-sets-mainmenu-41/provider-taxonomy-mainmenu-40",
)
LIABILITY = _manual(1, "section 60: provider billing of non-covered charges (GA, GX, GY, GZ)")
THERAPY = _manual(5, "sections 10.4 and 20: therapy services and their modifiers; Change Request 10176")
THERAPY_EVALUATIONS = Citation(
    "NCCI Policy Manual for Medicare Services",
    "chapter XI, section P: therapy evaluations with tests and management by therapists of one discipline",
    _NCCI + "medicare-ncci-policy-manual",
)
THERAPISTS = Citation(
    "Medicare Benefit Policy Manual (Pub. 100-02)",
    "chapter 15, section 230: practice of physical and occupational therapy and of speech-language pathology",
    f"{_MANUALS}bp102c15.pdf",
)
ANESTHESIA_MODIFIERS = _manual(12, "section 50.K: anesthesia claims modifiers")
READINGS = _manual(13, "section 100.1: one interpretation of a test, as of an emergency room's patient")
MONTHLY_CARE = Citation(
    "CMS: Chronic Care Management Services (MLN909188); physician fee schedule final rule of 2020",
    "one practitioner, once per calendar month; transitional care in the same month",
    _CMS + "outreach-and-education/medicare-learning-network-mln/mlnproducts/chroniccaremanagement.pdf",
)
ADVANCE_CARE_PLANNING = Citation(
    "Medicare Benefit Policy Manual (Pub. 100-02); Claims Processing Manual, chapter 18, section 140.8",
    "chapter 15, section 280.5.1: advance care planning as an element of an annual wellness visit",
    f"{_MANUALS}bp102c15.pdf",
)
SCREENING_COLONOSCOPY = _manual(18, "section 60: colorectal cancer screening; MM7012 (PT), CR 10075 (sedation)")
TRIALS = _manual(32, "sections 69.6 and 69.7: claims of clinical trials; Change Request 8401: the trial's number")
SITES = Citation(
    "UnitedHealthcare: Procedure to Modifier Policy",
    "anatomical modifiers of eyelids, fingers and toes (from 2018-05-01), after CMS's correct coding guidance",
)
AGES = Citation(
    "Society of Critical Care Medicine: Neonatal and pediatric critical care billing",
    "ages that codes name; CARC 6: the procedure code is inconsistent with the patient's age",
    "https://www.sccm.org/Communications/Critical-Connections/Archives/2019/Revisiting-Neonatal-and-Pediatric-Critical-Care-Se",
)
SEXES = _manual(32, "section 240: services with a gender/procedure conflict (Change Request 6638)")
LATERALITY = Citation(
    "ICD-10-CM Official Guidelines for Coding and Reporting",
    "section I.B.13: laterality",
    _CMS + "medicare/coding-billing/icd-10-codes",
)
VISIT_COMPLEXITY = Citation(
    "CMS Transmittal 13015, and the physician fee schedule final rules of 2024 and 2025",
    "office visit complexity (G2211) with modifier 25",
    _CMS + "medicare/payment/fee-schedules/physician",
)
CLIA = _manual(16, "section 70: CLIA requirements; the certificate number on the claim")
CLIA_WAIVED = _manual(16, "section 70.8: certificate of waiver, and the tests that take QW")
LABORATORY_REPEATS = _manual(16, "section 100.5.1: tests performed more than once on the same day (91)")
TELEHEALTH = _manual(12, "section 190: Medicare payment for telehealth services")
DISCARDED_DRUGS = _manual(17, "section 40: discarded drugs and biologicals (JW, JZ)")
NDC = Citation(
    "42 CFR 447.520; ASC X12N 837 implementation guides",
    "physician-administered drugs in Medicaid; loop 2410, LIN03: 11 digits after N4",
    "https://www.ecfr.gov/current/title-42/section-447.520",
)
ORDERING = Citation(
    "42 CFR 424.507",
    "ordering covered items and services for Medicare beneficiaries: the individual's name and NPI",
    "https://www.ecfr.gov/current/title-42/section-424.507",
)
AMBULANCE = _manual(15, "section 30: ambulance claims, origin and destination modifiers, mileage with its transport")
AMBULANCE_MILEAGE = Citation(
    "CMS Change Request 7065 (Transmittal 2103)",
    "fractional mileage of ambulance claims, from 2011-01-01",
    _CMS + "regulations-and-guidance/guidance/transmittals/downloads/r2103cp.pdf",
)
PICK_UP = _manual(15, "section 20.1.5: ZIP code of the point of pick-up; without it a claim is unprocessable (N53)")
CHIROPRACTIC = Citation(
    "Medicare Benefit Policy Manual (Pub. 100-02)",
    "chapter 15, section 240.1.3: active and maintenance treatment, AT from 2004-10-01",
    f"{_MANUALS}bp102c15.pdf",
)
CHIROPRACTORS = Citation(
    "Medicare Benefit Policy Manual (Pub. 100-02)",
    "chapter 15, sections 30.5 and 240.1.1: manual manipulation of the spine alone",
    f"{_MANUALS}bp102c15.pdf",
)
SPLIT_VISITS = Citation(
    "42 CFR 415.140",
    "split (or shared) visits: E/M visits in a facility, by a physician and another practitioner (FS)",
    "https://www.ecfr.gov/current/title-42/section-415.140",
)
TELEHEALTH_PLACES = Citation(
    "CY 2024 Physician Fee Schedule final rule, 88 FR 78874",
    "telehealth in place 10 (the patient's home) or 02, from 2024-01-01; 95 by clinicians in a hospital and therapists",
)
ASSUMED_CARE = _manual(12, "section 40.2: split global care; the date on which postoperative care was assumed")
OPERATING_ROOM = _manual(12, "section 40.1.B: complications that require a return trip to the operating room (78)")
HOSPICE = _manual(11, "section 50: attending physician (GV) and services unrelated to the terminal condition (GW)")
EXCLUSIONS = Citation(
    "42 CFR 1001.1901",
    "no payment by federal health care programs for items and services of, or ordered by, the excluded",
    "https://www.ecfr.gov/current/title-42/section-1001.1901",
)
NPPES = Citation(
    "45 CFR 162.410; CMS: NPPES data dissemination",
    "a provider's NPI; the list of those that are deactivated",
    "https://download.cms.gov/nppes/NPI_Files.html",
)
UNLISTED = _manual(26, "section 10.4, items 19 and 24D: narrative of unlisted and not otherwise classified codes")
_GUIDELINES = "ICD-10-CM Official Guidelines for Coding and Reporting"
_ICD_10_CM = _CMS + "medicare/coding-billing/icd-10-codes"
_CODE_EDITOR = (
    _CMS + "medicare/payment/prospective-payment-systems/acute-inpatient-pps/ms-drg-classifications-and-software"
)


def _icd_10_cm(section: str) -> Citation:
    """The guidelines that are published with the codes of each fiscal year."""
    return Citation(_GUIDELINES, section, _ICD_10_CM)


DIAGNOSES = Citation(
    "45 CFR 162.1000 and 162.1002; ICD-10-CM Official Guidelines for Coding and Reporting",
    "code sets valid on the date of service; sections I.A.3 and I.B.2: to the highest number of characters",
    "https://www.ecfr.gov/current/title-45/section-162.1000",
)
FIRST_DIAGNOSIS = Citation(
    f"{_GUIDELINES}; CMS Change Requests 7596 and 7700",
    "sections I.A.13 (manifestations) and I.C.20 (external causes): never first",
    _ICD_10_CM,
)
EXTERNAL_CAUSES = _icd_10_cm("section I.C.20: external causes of morbidity, V00 to Y99")
REPEATED_DIAGNOSES = _icd_10_cm("section I.B.12: each code once per encounter")
EXCLUDES1 = _icd_10_cm("section I.A.12.a: Excludes1 notes")
DIAGNOSIS_AGES = Citation("Definitions of Medicare Code Edits", "age conflict", _CODE_EDITOR)
DIAGNOSIS_SEXES = Citation(
    "Definitions of Medicare Code Edits", "sex conflict, for dates of service up to 2024-09-30", _CODE_EDITOR
)
_DMEPOS_FEES = _CMS + "medicare/payment/fee-schedules/dmepos/dmepos-fee-schedule"
DMEPOS = Citation(
    "CMS: DMEPOS fee schedule; Medicare Claims Processing Manual (Pub. 100-04)",
    "rows with NU, RR and UE; chapter 20, section 30: general payment rules",
    _DMEPOS_FEES,
)
CAPPED_RENTAL = _manual(20, "section 30.5: capped rental items (KH, KI, KJ)")
COVERAGE_MODIFIERS = Citation(
    "DME contractors: policy articles of local coverage determinations", "KX, GA, GZ and GY: one per line"
)
PAP = Citation(
    "DME contractors: Local Coverage Determination L33718",
    "positive airway pressure devices and accessories: KX, GA, GZ or GY",
    "https://www.cms.gov/medicare-coverage-database/view/lcd.aspx?lcdid=33718",
)
VACCINES = _manual(18, "section 10.2.1: vaccines and their administration (G0008, G0009, G0010)")
VACCINE_ADMINISTRATION = Citation(
    "HCPCS Level II and CPT", "administration codes of vaccines: G0008 to G0010; 90460 to 90474, 90480"
)
NO_DIAGNOSIS = _manual(26, "section 10.4, item 21: diagnosis or nature of the illness or injury")
FREQUENCY = Citation(
    "Medicare Claims Processing Manual (Pub. 100-04), chapter 18; National Coverage Determinations",
    "how often services are paid; each message cites the rule of its family",
    _CMS + "medicare/coverage/preventive-services-coverage",
)
WELLNESS_ORDER = _manual(18, "sections 80 and 140: IPPE and Annual Wellness Visits")
