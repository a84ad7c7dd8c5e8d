"""Hospital outpatient claims: revenue codes, and what the comprehensive payment class packages."""

import re
from collections.abc import Iterator

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MOST_NAMED, listing
from claimcheck.claim import OUTPATIENT, Claim, Line
from claimcheck.message import INFORM, REJECT, Finding, codes
from claimcheck.rulebook import NotInForce, Opps, Rulebook

_REVENUE_CODE = re.compile("[0-9]{4}")


def _hospital(written: str, revenue_code: str | None = "0333", **fields: object) -> Line:
    return a_line(written, pos=None, setting=OUTPATIENT, revenue_code=revenue_code, **fields)  # type: ignore[arg-type]


@claim_check(
    "OPPS-REV",
    severity=REJECT,
    citation=citations.OPPS_CLAIMS,
    codes=codes("CO-16", "M50", "A6:455", "H"),
    settings=(OUTPATIENT,),
    examples=(
        passes("a revenue code", a_claim(_hospital("77424"))),
        fires("none", a_claim(_hospital("77424", "")), says="missing"),
        fires("ill-formed", a_claim(_hospital("77424", "33")), says="four digits"),
    ),
)
def revenue_code_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A line of a hospital's claim has no revenue code, or an ill-formed one."""
    for line in claim.lines:
        code = line.revenue_code
        if code and _REVENUE_CODE.fullmatch(code):
            continue
        text = "A revenue code has four digits." if code else "The revenue code is missing."
        yield Finding(
            text,
            "Report the revenue code of the department.",
            line=line,
            field="revenue_code",
            observed=(code or "")[:10],
            codes=codes("CO-16", "M50", "A7:455", "H") if code else None,
        )


@claim_check(
    "OPPS-INFO",
    severity=INFORM,
    citation=citations.OPPS,
    codes=codes("CO-97", "", "A2:20"),
    needs=("opps",),
    any_code=True,
    settings=(OUTPATIENT,),
    step=7,
    applies_to=lambda service, rules: _is_comprehensive(rules.opps(service.code)),
    examples=(
        passes("alone", a_claim(_hospital("77424")), opps={"77424": Opps("J1")}),
        fires(
            "two comprehensive services",
            a_claim(_hospital("77424"), _hospital("19301-LT", "0360")),
            says="one comprehensive payment",
            opps={"77424": Opps("J1"), "19301": Opps("J1")},
        ),
        passes(
            "none",
            a_claim(_hospital("71046"), _hospital("85025")),
            opps={"71046": Opps("S"), "85025": Opps("Q4")},
        ),
        passes(
            "a critical access hospital is paid by cost",
            a_claim(_hospital("77424"), _hospital("19301"), type_of_bill="851"),
            opps={"77424": Opps("J1"), "19301": Opps("J1")},
        ),
        passes("no OPPS table for the day", a_claim(_hospital("77424"), _hospital("19301"))),
    ),
)
def comprehensive_payment(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A comprehensive service (status indicator J1) stands with other lines: one payment covers them.

    The highest-ranking J1 service is paid, possibly with a complexity adjustment. Most other lines are
    packaged into it; vaccines, pass-through drugs and devices, brachytherapy sources are among those not.
    """
    if len(claim.lines) < 2 or (claim.type_of_bill or "").removeprefix("0").startswith("85"):
        return
    comprehensive: list[Opps] = []
    codes: set[str] = set()
    for line in claim.lines:
        if not line.code:
            continue
        try:
            row = rulebook.on(line.day).opps(line.code)
        except NotInForce:  # information about payment: nothing is left unjudged without it
            continue
        if isinstance(row, Opps) and row.status == "J1":
            comprehensive.append(row)
            codes.add(line.code)
    if comprehensive:
        named = listing(codes)
        text = f"{named} (J1): one comprehensive payment covers the claim."
        by = tuple(sorted(set(comprehensive))[:MOST_NAMED])
        remedy = "Nothing to do. Most other lines are packaged; vaccines, pass-through items and brachytherapy are not."
        yield Finding(text, remedy, field="code", observed=named, by=by)


def _is_comprehensive(row: object) -> bool:
    return isinstance(row, Opps) and row.status == "J1"
