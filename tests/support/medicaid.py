"""Medicaid's NCCI files in the layout of CMS: one text for each setting, separated by tabs, in a zip that says which.

Pairs are made up, but for their codes; limits are those that a test gives.
"""

import zipfile
from collections.abc import Iterable
from pathlib import Path

Limit = tuple[str, int, str]
"""A code, its units and the reason."""
Pair = tuple[str, str, str, str, str, str]
"""Column 1, column 2, effective and deletion date, modifier indicator, rationale."""

PRACTITIONER_MUE = "medicaid-ncci-q1-2026-mue-edits-practitioner-services.zip"
PRACTITIONER_PTP = "medicaid-ncci-q1-2026-ptp-edits-practitioner-services.zip"
MUE_NAMES = {
    "medicaid_mue_practitioner": PRACTITIONER_MUE,
    "medicaid_mue_outpatient": "medicaid-ncci-q1-2026-mue-edits-outpatient-hospital-services.zip",
    "medicaid_mue_dme": "medicaid-ncci-q1-2026-mue-edits-durable-medical-equipment.zip",
}
PTP_NAMES = {name.replace("mue", "ptp"): file.replace("mue", "ptp") for name, file in MUE_NAMES.items()}
"""What CMS calls the zip of each table; of the outpatient ones nobody has shown the name."""

WHY = "Misuse of Column Two code with Column One code"
PAIRS: tuple[Pair, ...] = (
    ("11042", "11720", "20100101", "20231231", "1", WHY),  # ended
    ("11042", "11721", "20130101", "", "1", WHY),
    ("11042", "97597", "20130101", "20130101", "9", WHY),  # never in force
    ("97110", "97150", "20130101", "", "0", "Mutually exclusive procedures"),
    ("G0463", "99213", "20200101", "", "0", "CPT Manual or CMS manual coding instruction"),
)
LIMITS: tuple[Limit, ...] = (
    ("20610", 2, "Clinical: Medicare Data"),
    ("77424", 1, "Code Descriptor / CPT Instruction"),
    ("97110", 6, "Clinical: Medicare Data"),
    ("A4253", 4, "Clinical: CMS Workgroup"),
    ("J1885", 8, "Prescribing Information"),
)
"""Medicaid's practitioner limits of 2026 Q1."""


def mue_text(limits: Iterable[Limit] = LIMITS) -> str:
    """A text of unit limits: nine lines of notices, the header, a row for each code."""
    notices = ["Invented notice where CMS has one on copyright.\t\t", *["\t\t"] * 8]
    rows = (f"{code}\t{units}\t{why}" for code, units, why in limits)
    return "\r\n".join((*notices, "HCPCS/CPT Code\tMUE Values\tMUE Rationale", *rows, ""))


def ptp_text(pairs: Iterable[Pair] = PAIRS, header: str = "") -> str:
    """A text of pairs: title, notice, header, a row for each pair."""
    header = header or "Col1\tCol2\tEffDt\tDelDt\tModifierIndicator\tPTP Edit Rationale"
    top = ["Invented title\t\t\t\t\t", "Invented notice on copyright\t\t\t\t\t", header]
    return "\r\n".join((*top, *map("\t".join, pairs), ""))


def zipped(folder: Path, name: str, text: str, member: str = "edits.txt") -> Path:
    """A zip of one text."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return path
