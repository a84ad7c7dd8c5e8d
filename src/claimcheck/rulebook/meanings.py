"""What the published indicators mean, in our words, for ``claimcheck explain CODE``.

Source: record layout and Attachment A of the relative value files; NCCI policy manual (MUE, PTP); OPPS
Addendum D1; ASC Addendum DD1; NCCI add-on code edits.
"""

from typing import Final

FEE: Final[dict[str, dict[str, str]]] = {
    "status": {
        "A": "active: paid separately if covered",
        "B": "always bundled: never paid separately",
        "C": "contractor-priced, by report",
        "E": "excluded by regulation; another schedule may pay it (most Part B drugs)",
        "I": "not valid for Medicare; another code is used",
        "J": "anesthesia: paid by base units and time",
        "M": "measurement code: reporting only",
        "N": "not covered by Medicare",
        "P": "bundled with the visit it goes with, else excluded",
        "R": "restricted coverage",
        "T": "paid only if nothing else of the fee schedule is billed that day by the provider",
        "X": "excluded by statute: not a physician service; another schedule or a facility may be paid",
    },
    "pctc": {
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
    "global_days": {
        "000": "the day of the procedure",
        "010": "the day and 10 days after",
        "090": "the day before, the day and 90 days after",
        "MMM": "maternity: the usual period does not apply",
        "XXX": "the global concept does not apply",
        "YYY": "the contractor decides",
        "ZZZ": "add-on: within another procedure's period",
    },
    "multiple": {
        "0": "no multiple-procedure rule",
        "2": "reduced: 100, 50, 50, 50, 50 percent, then by report",
        "3": "endoscopies of one family: by their base code",
        "4": "imaging: technical part 50, reading 95 percent",
        "5": "therapy: practice expense at 50 percent",
        "6": "cardiovascular: technical part at 75 percent",
        "7": "ophthalmology: technical part at 80 percent",
        "9": "the concept does not apply",
    },
    "bilateral": {
        "0": "not bilateral: 50 is priced as one procedure",
        "1": "150 percent with 50 and one unit",
        "2": "bilateral already: 50 is priced as one procedure",
        "3": "each side in full",
        "9": "the concept does not apply: 50 is invalid",
    },
    "assistant": {
        "0": "paid only with documentation of necessity",
        "1": "never paid (statute)",
        "2": "paid",
        "9": "the concept does not apply",
    },
    "co_surgeon": {
        "0": "not permitted",
        "1": "with documentation",
        "2": "permitted, two specialties",
        "9": "the concept does not apply",
    },
    "team": {
        "0": "not permitted",
        "1": "with documentation, by report",
        "2": "permitted, by report",
        "9": "the concept does not apply",
    },
    "supervision": {
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
    "imaging_family": {
        "88": "multiple-procedure reduction of imaging applies",
        "99": "the concept does not apply",
    },
}

MAI: Final[dict[int | None, str]] = {
    1: "adjudicated by line",
    2: "by date of service, policy: absolute",
    3: "by date of service, clinical: appealable",
    None: "adjudicated by line (no indicator)",
}

OPPS: Final[dict[str, str]] = {
    "A": "paid by another fee schedule",
    "B": "not recognized on outpatient bills",
    "C": "inpatient only",
    "D": "discontinued code: paid under no Medicare payment system",
    "E1": "not covered or not billable",
    "E2": "no pricing information",
    "F": "acquisition at reasonable cost",
    "G": "pass-through drug or biological",
    "H": "pass-through device",
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
}

ASC: Final[dict[str, str]] = {
    "A2": "surgical, on the list since 2007",
    "B5": "another code may be available; no payment",
    "D1": "ancillary dental; no separate payment",
    "D2": "dental surgery added since 2024",
    "D5": "discontinued; no payment",
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
    "N1": "packaged",
    "P2": "office-based surgery, by OPPS weights",
    "P3": "office-based surgery, by the fee schedule",
    "R2": "office-based surgery, by OPPS weights",
    "Z2": "radiology or diagnostic, by OPPS weights, with a covered surgical procedure",
    "Z3": "radiology or diagnostic, by the fee schedule, with a covered surgical procedure",
}

ADD_ON: Final[dict[str, str]] = {
    "1": "paid only with one of the primary codes listed",
    "2": "no list: the contractor says which primary codes",
    "3": "primary codes listed, and more that the contractor may accept",
}

PTP: Final[dict[str, str]] = {
    "0": "never paid together: no modifier bypasses the edit",
    "1": "a modifier may bypass the edit where it is clinically appropriate",
}
