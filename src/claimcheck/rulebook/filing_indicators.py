"""Claim filing indicators (SBR09, X12 element 1032): what kind of payer a claim goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from claimcheck.claim import ASC, DENTAL, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Setting

PROFILE_OF: Final[Mapping[Setting, str]] = {
    PROFESSIONAL: "medicare_part_b",
    ASC: "medicare_asc",
    OUTPATIENT: "medicare_opps",
    DME: "medicare_part_b",
    INSTITUTIONAL: "medicare_opps",
    DENTAL: "medicare_part_b",
}
"""Medicare's profile of each setting: of its claims, and of those whose payer nobody can tell."""

MEDICARE: Final = frozenset(PROFILE_OF.values())
"""The profiles of Medicare fee-for-service."""

OTHERS: Final = frozenset({"medicare_advantage", "medicaid", "medicaid_mco", "commercial", "commercial_other"})
"""The profiles of other payers."""

MEDICARE_PARTS: Final = ("MA", "MB")
"""The filing indicators of Medicare fee-for-service."""

UNDEFINED: Final = "ZZ"
"""The filing indicator that says nothing: mutually defined, or unknown."""


class Filing(NamedTuple):
    """What a filing indicator says: the payer's kind, the profile of its claims ("" where the indicator names none, or
    Medicare's of the setting), and whether version 005010 has the code."""

    means: str
    profile: str = ""
    in_5010: bool = True


FILINGS: Final[Mapping[str, Filing]] = {
    "11": Filing("other non-federal program", "commercial_other"),
    "12": Filing("preferred provider organization", "commercial_other"),
    "13": Filing("point of service", "commercial_other"),
    "14": Filing("exclusive provider organization", "commercial_other"),
    "15": Filing("indemnity insurance", "commercial_other"),
    "16": Filing("Medicare Advantage", "medicare_advantage"),
    "17": Filing("dental maintenance organization", "commercial_other"),
    "AM": Filing("automobile medical", "commercial_other"),
    "BL": Filing("Blue Cross/Blue Shield", "commercial_other"),
    "CH": Filing("TRICARE", "commercial"),
    "CI": Filing("commercial insurance", "commercial_other"),
    "DS": Filing("disability", "commercial_other"),
    "FI": Filing("federal employees program", "commercial"),
    "HM": Filing("health maintenance organization", "commercial_other"),
    "LM": Filing("liability medical", "commercial_other"),
    "MA": Filing("Medicare Part A"),
    "MB": Filing("Medicare Part B"),
    "MC": Filing("Medicaid", "medicaid"),
    "OF": Filing("other federal program", "commercial"),
    "TV": Filing("Title V", "medicaid"),
    "VA": Filing("veterans affairs plan", "commercial"),
    "WC": Filing("workers' compensation", "commercial_other"),
    UNDEFINED: Filing("mutually defined"),
    "09": Filing("self-pay", "commercial_other", in_5010=False),
    "10": Filing("central certification", "commercial_other", in_5010=False),
    "LI": Filing("liability", "commercial_other", in_5010=False),
}
"""Every filing indicator, those of version 005010 first."""


def profile_of_filing(indicator: str | None, setting: Setting) -> str | None:
    """The profile of claims with a filing indicator; None where it does not tell what kind of payer it is."""
    if indicator in MEDICARE_PARTS:
        return PROFILE_OF[setting]
    filing = FILINGS.get(indicator or "")
    return (filing.profile or None) if filing else None
