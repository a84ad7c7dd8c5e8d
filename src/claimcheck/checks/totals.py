"""The claim's total charge: the sum of its lines, and what its field can hold."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, repeat
from typing import Any, Final

from claimcheck.authoring.check import ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.claim import ASC, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Claim, as_number
from claimcheck.message import MEDICARE_ADVANTAGE, NOT_MEDICARE, REJECT, Finding, Wording, codes
from claimcheck.rulebook import Rulebook

_TOTAL_LINE: Final = "0001"
"""The revenue code of a total on paper, which an 837I does not send as a line."""
_MOST: Final = Decimal("99999.99")
_ELEMENT: Final = "2300 CLM02"


def _totals_are_right(block: ClaimColumns) -> bool:
    """Whether each claim's charge is the sum of its lines, all of which are numbers; or no claim carries one."""
    totals, charges = block.of_claims("charge"), block.columns["charge"]
    if {*totals} == {None}:
        return True
    if None in totals or None in charges or _TOTAL_LINE in block.columns["revenue_code"]:
        return False
    numbers: list[Any] = [*map(as_number, charges)]
    if {*map(type, numbers)} != {Decimal}:  # to look for None, each Decimal would be compared with it: that is slow
        return False
    of_each = map(islice, repeat(iter(numbers)), map(len, block.of_claims("lines")))
    return [*map(sum, of_each)] == [*map(as_number, totals)]


@claim_check(
    "BALANCE",
    severity=REJECT,
    citation=citations.tr3("CLM02: total claim charge amount, the sum of all service lines (section 1.4.4)"),
    codes=codes("CO-16", "M54", "A7:178"),
    step=1,
    any_code=True,
    clean_if=_totals_are_right,
    examples=(
        passes("the sum", a_claim(a_line(charge="60.00"), a_line(charge="40"), charge="100")),
        passes("cents", a_claim(a_line(charge="0.1"), a_line(charge="0.2"), charge="0.30")),
        passes("not carried by the source", a_claim(a_line(charge="60"))),
        passes("a line without a charge: CHG", a_claim(a_line(charge="60"), a_line(charge=""), charge="100")),
        passes("a line could not be read", a_claim(a_line(charge="60"), charge="100", lacks_lines=True)),
        passes(
            "a hospital's total as a line",
            a_claim(
                a_line(setting=OUTPATIENT, charge="60"),
                a_line("", setting=OUTPATIENT, charge="60")._replace(revenue_code=_TOTAL_LINE),
                charge="60",
            ),
        ),
        fires(
            "five dollars more on the lines",
            a_claim(a_line(charge="60"), a_line(charge="45"), charge="100"),
            says="the lines add up to 105, 100 was reported",
        ),
        fires("a cent less", a_claim(a_line(charge="100.00"), charge="100.01"), says="100.01"),
    ),
)
def total_is_not_the_sum(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim's charge (CLM02) is not the sum of its line charges, to the cent.

    Not judged where the claim's charge or a line's is missing or not a number, or where a part of the claim could not
    be read. Rows carry no charge of the claim. A hospital's line of revenue code 0001, the total on paper, does not
    count. What other payers paid is another matter: coordination of benefits is not judged.
    """
    total = as_number(claim.charge or "")
    lines = [line for line in claim.lines if line.revenue_code != _TOTAL_LINE]
    charges = [number for line in lines if (number := as_number(line.charge or "")) is not None]
    if total is None or not charges or len(charges) < len(lines) or claim.lacks_lines:
        return
    if (found := sum(charges)) != total:
        text = (
            f"The claim charge is the sum of its lines: the lines add up to {_amount(found)}, {_amount(total)} was "
            "reported."
        )
        remedy = f"Correct the claim charge ({_ELEMENT}), or the line charge that is wrong."
        allowed = _amount(found)
        yield _of_total(claim, Finding(text, remedy, field="charge", observed=_amount(total), allowed=allowed))


def _charges_are_small(block: ClaimColumns) -> bool:
    """Whether no charge of a claim or line exceeds what its field can hold."""
    amounts = {*block.columns["charge"], *block.of_claims("charge")} - {None}
    return max(filter(None, map(as_number, amounts)), default=_MOST) <= _MOST


@claim_check(
    "BIG-CHARGE",
    severity=REJECT,
    citation=citations.BIG_CHARGES,
    codes=codes("CO-16", "M79", "A7:178"),
    step=1,
    any_code=True,
    settings=(PROFESSIONAL, ASC, DME),
    clean_if=_charges_are_small,
    examples=(
        passes("the most", a_claim(a_line(charge="99999.99"), charge="99999.99")),
        fires("a cent more", a_claim(a_line(charge="100000.00"), charge="100000"), says="100000 was reported"),
        fires(
            "two lines together",
            a_claim(a_line(charge="60000"), a_line(charge="50000"), charge="110000"),
            says="claim or line",
        ),
        fires("one line, of a source without the claim's charge", a_claim(a_line(charge="132000.00")), says="132000"),
        passes("not an amount: CHG", a_claim(a_line(charge="A LOT"))),
    ),
)
def charge_too_big(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The charge of the claim or of a line is over 99,999.99, the most that the field of a Part B claim can hold.

    Split the services over several claims that differ in their amounts, and say "claim 1 of 2" in the note. Each
    Medicare contractor names the modifier that keeps the second claim from being a duplicate. Where the claim's charge
    is too big, that is reported alone.
    """
    total = as_number(claim.charge or "")
    if total is not None and total > _MOST:
        yield _of_total(claim, _too_big(total))
        return
    for line in claim.lines:
        charge = as_number(line.charge or "")
        if charge is not None and charge > _MOST:
            yield _too_big(charge)._replace(line=line)


def _too_big(amount: Decimal) -> Finding:
    said = f"at most 99,999.99 as the charge of a claim or line; {_amount(amount)} was reported."
    return Finding(
        f"Part B claims take {said}",
        'Split the services over claims with different amounts, each with the note "claim 1 of 2" and so on; ask the '
        "payer for the modifier.",
        field="charge",
        observed=_amount(amount),
        allowed=str(_MOST),
        wordings=(Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), f"The payer takes {said}"),),
    )


def _of_total(claim: Claim, finding: Finding) -> Finding:
    """A finding of the claim's charge: its place is not that of a line's."""
    box = "FL 47" if claim.setting in (OUTPATIENT, INSTITUTIONAL) else "28"
    return finding._replace(element=_ELEMENT, box=box)


def _amount(number: Decimal | int) -> str:
    """An amount as messages show it."""
    return f"{number:f}"
