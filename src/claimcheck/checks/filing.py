"""The payer that the claim goes to: its filing indicator (SBR09), which tells whose rules apply, its ID, and the payers
before it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

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
    """Whether every filing indicator is right; a batch has few different ones."""
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
            says="MC (Medicaid) conflicts with the payer, configured as medicare_part_b",
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
    """Claim filing indicator missing, not in the code list, or in conflict with the claim or its payer.

    The indicator (SBR09) names the type of payer, and so the profile that the claim is judged by: Medicare, Medicare
    Advantage (16, never MA, which is Part A), Medicaid or a commercial plan. A code that is not in the list rejects. A
    missing code, a code of version 004010 only, MA on a professional claim and MB on a hospital outpatient claim warn.
    HM informs: it is often sent for Medicare Advantage. ZZ does not name a payer type; where nothing else does, one
    message per file tells by which profile its claims were judged.

    Your configuration of a payer takes precedence over the indicator. Where one of them is Medicare fee-for-service
    and the other is not, the claim warns; claimcheck sets ``payer_profile`` to the profile that you configured for the
    payer. With ``--profile`` the check is off, since you chose the profile. Sources that do not carry the indicator
    get no message.
    """
    filing = claim.filing_indicator
    if finding := _filing_finding(filing, claim.setting, payer_profile):
        yield finding


@lru_cache(maxsize=4096)
def _filing_finding(filing: str | None, setting: Setting, payer_profile: str) -> Finding | None:
    """What is wrong with a filing indicator, or None where nothing is."""
    if filing is None:
        return None
    wrong = Finding("", f"Report the payer type in {_PLACE}: {_KINDS}.", field="filing_indicator", observed="")
    if not filing:
        return wrong._replace(
            text="Claim filing indicator missing: it determines which payer's rules apply.", severity=WARN
        )
    wrong = wrong._replace(observed=_shown(filing))
    if filing == "HN":
        text = "HN is not a claim filing indicator; a Medicare HMO is 16."
        return wrong._replace(text=text, remedy=f"Report 16 in {_PLACE} for Medicare Advantage.", allowed="16")
    if filing not in FILINGS:
        text = f"Claim filing indicator {_shown(filing)} is not in the code list."
        return wrong._replace(text=text, allowed=_CODES)
    means, _, in_5010 = FILINGS[filing]
    if not in_5010:
        text = f"Claim filing indicator {filing} ({means}) is for version 004010 only; 005010 does not have it."
        return wrong._replace(text=text, allowed=_CODES, severity=WARN)
    if _contradicts(filing, payer_profile):
        text = f"Claim filing indicator {filing} ({means}) conflicts with the payer, configured as {payer_profile}."
        remedy = f"Correct {_PLACE}, or the payer's profile in your configuration."
        return wrong._replace(text=text, remedy=remedy, severity=WARN)
    if filing == "MA" and setting in (PROFESSIONAL, ASC, DME):
        text = "MA is Medicare Part A; professional claims go to Part B (MB)."
        remedy = f"Report MB in {_PLACE}, or 16 if the payer is a Medicare Advantage plan."
        return wrong._replace(text=text, remedy=remedy, allowed="MB", severity=WARN)
    if filing == "MB" and setting == OUTPATIENT:
        text = "MB is Medicare Part B; hospital outpatient claims go to Part A (MA)."
        return wrong._replace(text=text, remedy=f"Report MA in {_PLACE}.", allowed="MA", severity=WARN)
    if filing == "HM" and payer_profile in ("", _MEDICARE_ADVANTAGE):
        text = "HM is an HMO other than Medicare; Medicare Advantage is 16."
        remedy = f"Report 16 in {_PLACE} if the plan is Medicare Advantage; otherwise no action."
        return wrong._replace(text=text, remedy=remedy, severity=INFORM)
    return None


_CODES = ", ".join(code for code, filing in FILINGS.items() if filing.in_5010)


def _contradicts(filing: str, payer_profile: str) -> bool:
    """Whether one is Medicare fee-for-service and the other is not. A custom profile may be either."""
    if filing in MEDICARE_PARTS:
        return payer_profile in OTHERS
    return filing != UNDEFINED and payer_profile in MEDICARE


def _shown(filing: str) -> str:
    """An indicator as a message may show it: the element may hold anything, even a name."""
    return filing if re.fullmatch("[A-Za-z0-9]{1,3}", filing, re.ASCII) else f"a text of {len(filing)} characters"


@claim_check(
    "PAYER-ID",
    severity=REJECT,
    citation=citations.tr3("Loop 2010BB, NM109: payer identifier"),
    codes=codes("", "", "A6:153"),
    step=1,
    any_code=True,
    clean_if=lambda block: "" not in block.of_claims("payer_id"),
    examples=(
        passes("an ID", a_claim(a_line(), payer_id="12345")),
        passes("not carried by the source", a_claim(a_line())),
        fires("empty", a_claim(a_line(), payer_id=""), says="missing"),
    ),
)
def payer_id_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The payer that the claim goes to has no ID (NM109 of loop 2010BB).

    In rows a blank ``payer_id`` says nothing, and is not checked.
    """
    if claim.payer_id == "":
        remedy = "Report the payer's ID: loop 2010BB NM1*PR, NM108 PI and NM109."
        yield Finding("The payer ID is missing.", remedy, field="payer_id", observed="")


_AFTER_ANOTHER: Final = frozenset({"S", "T"})


@claim_check(
    "COB",
    severity=WARN,
    citation=citations.tr3("Loop 2320: other subscriber information, required where another payer has paid or may pay"),
    codes=codes("CO-16", "MA04", "A2:20", "L"),
    step=1,
    any_code=True,
    clean_if=lambda block: _AFTER_ANOTHER.isdisjoint(block.of_claims("payer_responsibility")),
    examples=(
        passes("the primary payer", a_claim(a_line(), payer_responsibility="P", other_payers=())),
        passes("the secondary payer", a_claim(a_line(), payer_responsibility="S", other_payers=("12345",))),
        passes("another payer without an ID", a_claim(a_line(), payer_responsibility="S", other_payers=("",))),
        fires("no other payer", a_claim(a_line(), payer_responsibility="S", other_payers=()), says="secondary"),
        fires("the third", a_claim(a_line(), payer_responsibility="T", other_payers=()), says="tertiary"),
        passes("not carried by the source", a_claim(a_line(), payer_responsibility="S")),
    ),
)
def other_payer_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim goes to a secondary or tertiary payer (SBR01 S or T) and names no other payer.

    A payer that pays after another needs to know what that one paid or denied: loop 2320, with the payer in 2330B. The
    amounts are not checked. Sources that do not carry the other payers get no message.
    """
    if claim.payer_responsibility in _AFTER_ANOTHER and claim.other_payers == ():
        kind = "secondary" if claim.payer_responsibility == "S" else "tertiary"
        yield Finding(
            f"A claim to a {kind} payer requires the other payer's data (loop 2320); this claim has none.",
            "Report what the other payer paid or denied in loops 2320 and 2330B, or correct SBR01.",
            field="payer_responsibility",
            observed=claim.payer_responsibility,
        )
