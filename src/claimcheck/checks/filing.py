"""Whose rules: what the claim says of its payer."""

import re
from collections.abc import Iterator
from functools import lru_cache

from claimcheck.authoring.check import ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL, Claim, Setting
from claimcheck.message import INFORM, REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.filing_indicators import FILINGS, MEDICARE, MEDICARE_PARTS, OTHERS, UNDEFINED

_MEDICARE_ADVANTAGE = "medicare_advantage"
_HOSPITAL = a_line(setting=OUTPATIENT)
_MEDICARE_PAYER = {"payer_profile": "medicare_part_b"}
_KINDS = "MB Medicare Part B, MA Part A, 16 Medicare Advantage, MC Medicaid, BL Blue Cross, CI commercial"
_PLACE = "loop 2000B SBR09"


def _filings_are_right(batch: ClaimColumns, *, payer_profile: str = "") -> bool:
    """Whether no filing indicator has anything wrong; a batch has few of them."""
    filings = {(claim.filing_indicator, claim.setting) for claim in batch.claims}
    return not any(_filing_finding(filing, setting, payer_profile) for filing, setting in filings)


@claim_check(
    "FILING",
    severity=REJECT,
    citation=citations.tr3("Loop 2000B, SBR09: claim filing indicator code (code list 1032)"),
    codes=codes(status="A7:480"),
    step=1,
    clean_if=_filings_are_right,
    examples=(
        passes("Medicare Part B", a_claim(a_line(), filing_indicator="MB")),
        passes("Medicare Part A on a hospital's claim", a_claim(_HOSPITAL, filing_indicator="MA")),
        passes("commercial", a_claim(a_line(), filing_indicator="CI")),
        passes("not carried by the source", a_claim(a_line())),
        passes("mutually defined: reported once per file", a_claim(a_line(), filing_indicator="ZZ")),
        fires("empty", a_claim(a_line(), filing_indicator=""), says="missing", severity=WARN),
        fires("not a code of the list", a_claim(a_line(), filing_indicator="XX"), says="XX is not in the code list"),
        fires("lower case", a_claim(a_line(), filing_indicator="mb"), says="mb is not in the code list"),
        fires("an insurance type", a_claim(a_line(), filing_indicator="HN"), says="Medicare HMO is 16"),
        fires("a code of 4010", a_claim(a_line(), filing_indicator="09"), says="004010", severity=WARN),
        fires("Part A by a physician", a_claim(a_line(), filing_indicator="MA"), says="Part B", severity=WARN),
        fires("Part B by a hospital", a_claim(_HOSPITAL, filing_indicator="MB"), says="Part A", severity=WARN),
        fires("an HMO", a_claim(a_line(), filing_indicator="HM"), says="Medicare Advantage", severity=INFORM),
        passes(
            "a Medicare contractor",
            a_claim(a_line(), filing_indicator="MB"),
            options=_MEDICARE_PAYER,
        ),
        fires(
            "Medicaid's indicator to a Medicare contractor",
            a_claim(a_line(), filing_indicator="MC"),
            options=_MEDICARE_PAYER,
            says="MC (Medicaid) does not fit the payer, configured as medicare_part_b",
            severity=WARN,
        ),
        fires(
            "Medicare's indicator to a Medicaid plan",
            a_claim(a_line(), filing_indicator="MB"),
            options={"payer_profile": "medicaid"},
            says="configured as medicaid",
            severity=WARN,
        ),
        passes(
            "commercial or Medicaid: both are not Medicare",
            a_claim(a_line(), filing_indicator="CI"),
            options={"payer_profile": "medicaid"},
        ),
        passes(
            "an HMO that is configured as commercial",
            a_claim(a_line(), filing_indicator="HM"),
            options={"payer_profile": "commercial"},
        ),
    ),
)
def filing_wrong(claim: Claim, rulebook: Rulebook, *, payer_profile: str = "") -> Iterator[Finding]:
    """The claim filing indicator is missing, not in the code list, or does not fit the claim or its payer.

    The indicator says what kind of payer the claim goes to, and so whose rules it is judged by: Medicare, Medicare
    Advantage (16, never MA, which is Part A), Medicaid or a commercial plan. A code that is not in the list rejects. A
    missing one, one that only version 004010 had, MA on a professional claim and MB on a hospital's outpatient claim
    warn. HM only informs: it is often sent for Medicare Advantage. ZZ says nothing of the payer; where nothing else
    names its kind, one message per file says by which profile the claims were judged.

    A payer's configuration wins over the indicator. Where one of the two says Medicare fee-for-service and the other
    does not, the claim warns; ``payer_profile`` is the profile that the configuration gives the payer, and claimcheck
    fills it in. With ``--profile`` the check is off: you have decided. A source that does not carry the indicator gets
    no message.
    """
    filing = claim.filing_indicator
    if finding := _filing_finding(filing, claim.setting, payer_profile):
        yield finding


@lru_cache(maxsize=4096)
def _filing_finding(filing: str | None, setting: Setting, payer_profile: str) -> Finding | None:
    """What is wrong with a filing indicator, or None where nothing is."""
    if filing is None:
        return None
    wrong = Finding("", f"Report the payer's kind in {_PLACE}: {_KINDS}.", field="filing_indicator", observed="")
    if not filing:
        return wrong._replace(text="The claim filing indicator is missing: it says whose rules apply.", severity=WARN)
    wrong = wrong._replace(observed=_shown(filing))
    if filing == "HN":
        text = "HN is not a claim filing indicator; a Medicare HMO is 16."
        return wrong._replace(text=text, remedy=f"Report 16 in {_PLACE} for Medicare Advantage.", allowed="16")
    if filing not in FILINGS:
        text = f"Claim filing indicator {_shown(filing)} is not in the code list."
        return wrong._replace(text=text, allowed=_CODES)
    means, _, in_5010 = FILINGS[filing]
    if not in_5010:
        text = f"{filing} ({means}) is a filing indicator of version 004010; 005010 does not have it."
        return wrong._replace(text=text, allowed=_CODES, severity=WARN)
    if _contradicts(filing, payer_profile):
        text = f"Filing indicator {filing} ({means}) does not fit the payer, configured as {payer_profile}."
        remedy = f"Correct {_PLACE}, or the payer's profile in the configuration."
        return wrong._replace(text=text, remedy=remedy, severity=WARN)
    if filing == "MA" and setting in (PROFESSIONAL, ASC, DME):
        text = "MA is Medicare Part A; a professional claim goes to Part B, which is MB."
        remedy = f"Report MB in {_PLACE}, or 16 if the payer is a Medicare Advantage plan."
        return wrong._replace(text=text, remedy=remedy, allowed="MB", severity=WARN)
    if filing == "MB" and setting == OUTPATIENT:
        text = "MB is Medicare Part B; a hospital's outpatient claim goes to Part A, which is MA."
        return wrong._replace(text=text, remedy=f"Report MA in {_PLACE}.", allowed="MA", severity=WARN)
    if filing == "HM" and payer_profile in ("", _MEDICARE_ADVANTAGE):
        text = "HM is an HMO other than Medicare's; Medicare Advantage is 16."
        remedy = f"Report 16 in {_PLACE} if the plan is Medicare Advantage; otherwise no action."
        return wrong._replace(text=text, remedy=remedy, severity=INFORM)
    return None


_CODES = ", ".join(code for code, filing in FILINGS.items() if filing.in_5010)


def _contradicts(filing: str, payer_profile: str) -> bool:
    """Whether one says Medicare fee-for-service and the other does not. A custom profile may be either."""
    if filing in MEDICARE_PARTS:
        return payer_profile in OTHERS
    return filing != UNDEFINED and payer_profile in MEDICARE


def _shown(filing: str) -> str:
    """An indicator as a message may show it: what is in its place may be anything, even a name."""
    return filing if re.fullmatch("[A-Za-z0-9]{1,3}", filing, re.ASCII) else f"a text of {len(filing)} characters"
