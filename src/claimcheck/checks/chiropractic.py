"""Chiropractic services: active treatment (AT), and what Medicare covers of a chiropractor's services."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.authoring.check import ClaimColumns, claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import is_of_individual, is_reporting_only, taxonomy_in
from claimcheck.claim import PROFESSIONAL, Claim, Service
from claimcheck.message import MEDICARE_ADVANTAGE, NOT_MEDICARE, REJECT, WARN, Finding, Wording, codes
from claimcheck.rulebook import Rulebook, Rules

_MANIPULATIONS: Final = frozenset({"98940", "98941", "98942"})
"""Manipulation of the spine."""
_ACTIVE: Final = "AT"
_NOTICES: Final = frozenset({"GA", "GX", "GY", "GZ"})
_AT_BEGINS: Final = date(2004, 10, 1)
_CHIROPRACTORS: Final = "111N"
"""How taxonomy codes of chiropractors begin."""
_CHIROPRACTOR: Final = "111N00000X"


def _is_without_at(service: Service, rules: Rules) -> bool:
    return (
        service.code in _MANIPULATIONS and _NOTICES.isdisjoint(service.modifiers) and _ACTIVE not in service.modifiers
    )


def _treated(*written: str, taxonomy: str | None = _CHIROPRACTOR, day: str = "20250310") -> Claim:
    return a_claim(*(a_line(one, day=day) for one in written), billing_taxonomy=taxonomy)


@claim_check(
    "CHIRO-AT",
    severity=REJECT,
    citation=citations.CHIROPRACTIC,
    codes=codes("CO-50", status="A6:453", confidence="L"),
    settings=(PROFESSIONAL,),
    applies_to=_is_without_at,
    examples=(
        passes("active treatment", _treated("98941-AT")),
        passes("maintenance, with an ABN", _treated("98941-GA")),
        fires("without AT", _treated("98941"), says="requires AT for active treatment"),
        fires("with another modifier", _treated("98940-59")),
        fires("by whom is not known", _treated("98942", taxonomy=None), severity=WARN),
        fires("by someone of a group", _treated("98942", taxonomy="193400000X"), severity=WARN),
        passes("by a physician", _treated("98941", taxonomy="207Q00000X")),
        passes("before AT", _treated("98941", day="20040930")),
        fires("on the first day of AT", _treated("98941", day="20041001")),
        passes("manipulation elsewhere than the spine", _treated("98943")),
    ),
)
def active_treatment_not_reported(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Chiropractic manipulation (98940, 98941, 98942) without AT.

    Medicare covers active treatment of a subluxation, which AT reports; a line without it is denied as maintenance
    care. Report GA where an ABN for maintenance care is on file, GZ where none is, GY or GX where a denial is wanted.
    It warns where no taxonomy says whether a chiropractor rendered the service; of other practitioners it says nothing.
    """
    for line in claim.lines:
        if not _is_without_at(line.service, rulebook.undated) or line.day is None or line.day < _AT_BEGINS:
            continue
        is_known = taxonomy_in(claim, line, (_CHIROPRACTORS,))
        if not is_known and is_of_individual(claim.rendering_taxonomy(line)):
            continue
        requires = f"{line.code} by a chiropractor requires AT for active treatment"
        active = "Append AT if active treatment is documented"
        yield Finding(
            f"{requires}; without it Medicare denies it as maintenance care.",
            f"{active}. For maintenance care append GA with an ABN on file, GZ without one.",
            line=line,
            field="modifiers",
            observed=" ".join(line.modifiers)[:40],
            allowed=_ACTIVE,
            severity=None if is_known else WARN,
            wordings=(
                Wording((MEDICARE_ADVANTAGE,), remedy=f"{active}."),
                Wording(NOT_MEDICARE, f"{requires}; none is reported.", f"{active}."),
            ),
        )


@service_check(
    "CHIRO-AT-GA",
    severity=WARN,
    citation=citations.CHIROPRACTIC,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(PROFESSIONAL,),
    examples=(
        passes("active treatment", a_service("98941-AT")),
        passes("maintenance care", a_service("98941-GA")),
        fires("both", a_service("98941-AT-GA"), says="AT and GA"),
        fires("without an ABN", a_service("98940-GZ-AT"), says="AT and GZ"),
        passes("GY, of another service", a_service("98941-AT-GY")),
    ),
)
def active_treatment_and_denial(service: Service, rules: Rules) -> Iterator[Finding]:
    """Chiropractic manipulation has AT together with GA or GZ.

    AT says active treatment, which is covered; GA and GZ expect a denial as not necessary. Palmetto and the Railroad
    contractor deny a line with both.
    """
    if service.code not in _MANIPULATIONS or _ACTIVE not in service.modifiers:
        return
    for expected in ("GA", "GZ"):
        if expected in service.modifiers:
            yield Finding(
                f"AT and {expected} contradict each other: active treatment is covered, {expected} expects a denial.",
                f"Keep AT for active treatment, or {expected} for maintenance care.",
                field="modifiers",
                observed=f"AT {expected}",
                wordings=(Wording(NOT_MEDICARE, remedy="Keep the one that is documented and remove the other."),),
            )


_NOT_JUDGED: Final = frozenset({"", "98943", "99024"})
"""Manipulation elsewhere than the spine, of which STATUS-N speaks; a postoperative visit, which is not paid."""


def _is_reported_only(code: str) -> bool:
    """Measures of quality, for which nothing is paid."""
    return is_reporting_only(code) or code[:2] in ("G8", "G9", "M1")


def _none_by_chiropractors(block: ClaimColumns) -> bool:
    taxonomies = {*block.of_claims("billing_taxonomy"), *block.columns["rendering_taxonomy"]}
    return _CHIROPRACTORS not in " ".join(filter(None, taxonomies))


@claim_check(
    "CHIRO-ONLY",
    severity=REJECT,
    citation=citations.CHIROPRACTORS,
    codes=codes("CO-96", "N425", "A3:23"),
    settings=(PROFESSIONAL,),
    clean_if=_none_by_chiropractors,
    examples=(
        passes("manipulation of the spine", _treated("98941-AT")),
        fires("a visit", _treated("98941-AT", "99213-25"), says="not 99213"),
        fires("an X-ray", _treated("72100")),
        passes("for a denial", _treated("98941-AT", "99213-25-GY")),
        passes("by a physician", _treated("99213", taxonomy="207Q00000X")),
        fires(
            "by a chiropractor of a group",
            a_claim(a_line("99213", rendering_npi="1234567802", rendering_taxonomy=_CHIROPRACTOR)),
        ),
        passes("measures of quality", _treated("98941-AT", "1125F", "G8730", "M1106")),
        passes("manipulation elsewhere, which STATUS-N reports", _treated("98943")),
    ),
)
def not_covered_by_chiropractor(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A chiropractor bills Medicare for something other than manipulation of the spine (98940 to 98942).

    Medicare covers no visit, test, X-ray or therapy that a chiropractor renders or orders. Report GY (GX with a
    voluntary ABN) where a denial is wanted. Codes for reporting alone are left out.
    """
    for line in claim.lines:
        code = line.code
        if code in _MANIPULATIONS or code in _NOT_JUDGED or _is_reported_only(code):
            continue
        if not {"GX", "GY"}.isdisjoint(line.modifiers) or not taxonomy_in(claim, line, (_CHIROPRACTORS,)):
            continue
        only, verify = "98940 to 98942 by a chiropractor", "Verify that the payer covers the service."
        yield Finding(
            f"Medicare covers only {only}, not {code}.",
            "Append GY if a denial is wanted (GX with a voluntary ABN); otherwise remove the line.",
            line=line,
            field="code",
            observed=code,
            soft=True,
            yields_to=("FMT", "STATUS-N"),
            wordings=(
                Wording(
                    (MEDICARE_ADVANTAGE,), f"Original Medicare covers only {only}; the plan may cover {code}.", verify
                ),
                Wording(NOT_MEDICARE, f"Some payers cover only {only}; {code} is another service.", verify),
            ),
        )
