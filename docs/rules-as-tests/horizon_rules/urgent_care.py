"""Urgent Care Center Billing Requirements, a reimbursement policy of Horizon BCBSNJ in force since 2022."""

from collections.abc import Iterator
from datetime import date

from claimcheck import (
    REJECT,
    WARN,
    Citation,
    Claim,
    Finding,
    Rulebook,
    a_claim,
    a_line,
    claim_check,
    codes,
    fires,
    passes,
)

POLICY = Citation(
    "Horizon BCBSNJ reimbursement policy: Urgent Care Center Billing Requirements",
    "effective January 1, 2022: policy",
    "https://www.horizonblue.com/providers/policies-procedures/policies/reimbursement-policies-guidelines/"
    "urgent-care-center-billing-requirements",
)
FIRST_DAY = date(2022, 1, 1)
GLOBAL_CODES = ("S9083", "S9088")
URGENT_CARE = "20"


@claim_check(
    "HORIZON-UCC-1",
    severity=REJECT,
    citation=POLICY,
    codes=codes("CO-96", "N130", "A7:454"),
    settings=("professional",),
    any_code=True,
    examples=(
        passes("the visit by its level", a_claim(a_line("99213", pos="20", day="20240814"))),
        passes("before the policy", a_claim(a_line("S9083", pos="20", day="20211231"))),
        fires("a global code", a_claim(a_line("S9083", pos="20", day="20220101")), says="S9083"),
        fires(
            "a global code beside the visit",
            a_claim(a_line("99213", pos="20", day="20240814"), a_line("S9088", pos="20", day="20240814")),
            says="S9088",
        ),
    ),
)
def global_urgent_care_code(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An urgent care center bills a global code, which Horizon does not consider for reimbursement.

    Since January 1, 2022 services in urgent care centers are billed by the level of the service rendered. Bill the
    visit by its evaluation and management code, and what else was rendered by its own codes.
    """
    for line in claim.lines:
        if line.code in GLOBAL_CODES and line.day and line.day >= FIRST_DAY:
            yield Finding(
                f"Horizon does not consider {line.code} for reimbursement since {FIRST_DAY}.",
                "Bill the evaluation and management code of the visit's level, and what else was rendered.",
                line=line,
                field="code",
                observed=line.code,
            )


@claim_check(
    "HORIZON-UCC-2",
    severity=WARN,
    citation=POLICY,
    codes=codes("CO-16", "M20", "A7:454"),
    settings=("professional",),
    any_code=True,
    examples=(
        passes(
            "a visit and what was rendered at it",
            a_claim(a_line("99213-25", pos="20", day="20240814"), a_line("36415", pos="20", day="20240814")),
        ),
        passes("another place", a_claim(a_line("36415", pos="11", day="20240814"))),
        passes("before the policy", a_claim(a_line("36415", pos="20", day="20211231"))),
        fires("no visit", a_claim(a_line("36415", pos="20", day="20240814")), says="No visit is billed"),
        fires(
            "the visit of another day",
            a_claim(a_line("99213", pos="20", day="20240813"), a_line("36415", pos="20", day="20240814")),
            says="2024-08-14",
        ),
    ),
)
def urgent_care_without_visit(
    claim: Claim,
    rulebook: Rulebook,
    *,
    visits: tuple[str, ...] = ("99202", "99203", "99204", "99205", "99211", "99212", "99213", "99214", "99215"),
) -> Iterator[Finding]:
    """A day in an urgent care center has no visit: no evaluation and management code of the policy's levels.

    The policy asks for the code of the visit's level, and any additional services. A second claim for the day may
    have it, so this only warns. ``visits`` are the codes of the levels.
    """
    days = {line.day: line for line in reversed(claim.lines) if line.service.place_of_service == URGENT_CARE}
    seen = {line.day for line in claim.lines if line.code in visits}
    for day, line in sorted((day, line) for day, line in days.items() if day):
        if day >= FIRST_DAY and day not in seen:
            yield Finding(
                f"No visit is billed for {day}, a day in urgent care.",
                "Bill the evaluation and management code of the visit's level, if it is on no other claim.",
                line=line,
                field="code",
            )
