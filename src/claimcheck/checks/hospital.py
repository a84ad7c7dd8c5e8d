"""Hospital outpatient claims: revenue codes, and comprehensive APCs (status indicator J1)."""

import re
from collections.abc import Iterator

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MOST_NAMED, listing
from claimcheck.checks.spreadsheets import remedy_of_zeros
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
        fires("missing", a_claim(_hospital("77424", "")), says="missing"),
        fires("malformed", a_claim(_hospital("77424", "33")), says="4 digits"),
    ),
)
def revenue_code_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The revenue code of a hospital claim line is missing or malformed."""
    for line in claim.lines:
        code = line.revenue_code
        if code and _REVENUE_CODE.fullmatch(code):
            continue
        text = "Each line requires a revenue code; it is missing."
        if code:
            text = f'A revenue code has 4 digits; "{code[:10]}" reported.'
        remedy = "Report the 4-digit revenue code of the department, with its leading zero (SV201, UB-04 FL 42)."
        yield Finding(
            text,
            remedy_of_zeros(code or "", 4, remedy, fewest=2),
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
        passes("one line", a_claim(_hospital("77424")), opps={"77424": Opps("J1")}),
        fires(
            "two comprehensive services",
            a_claim(_hospital("77424"), _hospital("19301-LT", "0360")),
            says="one comprehensive APC payment",
            opps={"77424": Opps("J1"), "19301": Opps("J1")},
        ),
        passes(
            "no comprehensive service",
            a_claim(_hospital("71046"), _hospital("85025")),
            opps={"71046": Opps("S"), "85025": Opps("Q4")},
        ),
        passes(
            "a critical access hospital, which is paid by cost",
            a_claim(_hospital("77424"), _hospital("19301"), type_of_bill="851"),
            opps={"77424": Opps("J1"), "19301": Opps("J1")},
        ),
        passes("no OPPS table for the day", a_claim(_hospital("77424"), _hospital("19301"))),
    ),
)
def comprehensive_payment(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A comprehensive service (status indicator J1) is on the claim: one comprehensive APC payment covers it.

    The highest-ranking J1 service is paid, possibly with a complexity adjustment. Most other lines are
    packaged into it; the exceptions include vaccines, pass-through drugs and devices, and brachytherapy sources.
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
        except NotInForce:  # this check only informs: without the table the line is judged all the same
            continue
        if isinstance(row, Opps) and row.status == "J1":
            comprehensive.append(row)
            codes.add(line.code)
    if comprehensive:
        named = listing(codes)
        text = f"{named}: status indicator J1, so one comprehensive APC payment covers the claim."
        by = tuple(sorted(set(comprehensive))[:MOST_NAMED])
        remedy = (
            "No action needed. Most other lines are packaged; exceptions include vaccines, brachytherapy sources and "
            "pass-through drugs and devices."
        )
        yield Finding(text, remedy, field="code", observed=named, by=by)


def _is_comprehensive(row: object) -> bool:
    return isinstance(row, Opps) and row.status == "J1"
