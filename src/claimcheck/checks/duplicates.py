"""Duplicates: the same service on two lines of a claim, or of two claims, and a claim that is sent again."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from claimcheck.authoring.check import PRICED, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import ANATOMIC, DISTINCT, REPEAT
from claimcheck.claim import ASC, DME, OUTPATIENT, Claim, Line, Resubmission, as_number
from claimcheck.memory import Earlier, with_earlier
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Fee, NotInForce, Rulebook

_REMEDY = (
    "Add the units to {first} if one service was done {times} times; otherwise remove this line, or append 76, 77, "
    "91 or 59 if repeated and documented."
)
_REMEDY_OF_EARLIER_CLAIM = (
    "If repeated and documented, append 76, 77, 91 or 59. If units were missed, correct the earlier claim (replacement "
    "claim or reopening). Otherwise remove this line."
)
"""Units can't be added to a claim that was submitted."""
_DETAILS = ("units", "charge", "NDC", "description")


@claim_check(
    "DUP-LINE",
    severity=REJECT,
    citation=citations.REPEATS,
    codes=codes("OA-18", "", "A3:54"),
    needs=("fee_schedule",),
    settings=(*PRICED, DME),
    step=3,
    repeated=True,
    across=True,
    days_apart=0,
    examples=(
        passes("two services", a_claim(a_line("71046"), a_line("71045"))),
        fires("the same twice", a_claim(a_line("77424"), a_line("77424")), says="duplicate of line 1:"),
        fires("one date in two formats", a_claim(a_line("77424"), a_line("77424", day="2025-03-10"))),
        fires(
            "one charge in two formats", a_claim(a_line("77424", charge="90"), a_line("77424", charge="90.00", ndc=""))
        ),
        fires(
            "with other units",
            a_claim(a_line("77424"), a_line("77424", units=2)),
            says="duplicate of line 1 with different units",
            severity=WARN,
        ),
        passes("a repeat by the same physician", a_claim(a_line("71046"), a_line("71046-76"))),
        passes("two repeats", a_claim(a_line("71046"), a_line("71046-76"), a_line("71046-76"))),
        passes("two sides", a_claim(a_line("73630-LT"), a_line("73630-RT"))),
        passes("two components", a_claim(a_line("71046-26"), a_line("71046-TC"))),
        passes("surgical and postoperative care", a_claim(a_line("66984-54"), a_line("66984-55"))),
        passes("two days", a_claim(a_line("99232"), a_line("99232", day="20250311"))),
        passes("two providers", a_claim(a_line("99232"), a_line("99232", rendering_npi="1234567802"))),
        fires(
            "two identical lines on a hospital claim",
            a_claim(a_line("85025", setting=OUTPATIENT), a_line("85025", setting=OUTPATIENT)),
            severity=WARN,
        ),
        fires(
            "two lines of a code without sides on an ASC claim",
            a_claim(a_line("77424", setting=ASC), a_line("77424", setting=ASC)),
            fee={"77424": Fee(bilateral="9")},
        ),
        passes(
            "two sides on an ASC claim",
            a_claim(a_line("19301", setting=ASC), a_line("19301", setting=ASC)),
            fee={"19301": Fee(bilateral="1")},
        ),
        fires(
            "one side twice on an ASC claim",
            a_claim(a_line("19301-LT", setting=ASC), a_line("19301-LT", setting=ASC)),
            fee={"19301": Fee(bilateral="1")},
        ),
    ),
)
def line_repeated(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Possible duplicate of an earlier line: same code, modifiers, date, provider and place of service.

    The edit is on the later line. For a true repeat append 76, 77 or 91 (laboratory), or the modifier that makes it
    distinct. The edit only warns where units, charge, NDC or description differ, and on hospital claims, where
    departments bill the same code. An ASC reports two sides on two lines of one claim; on two claims they
    warn.
    """
    alike: dict[tuple[object, ...], list[Line]] = {}
    for line in claim.lines:
        if line.code and (REPEAT | DISTINCT).isdisjoint(line.modifiers):
            alike.setdefault(_identity(claim, line), []).append(line)
    for lines in alike.values():
        if len(lines) > 1:
            yield from _repeated(claim, lines, rulebook)


def _identity(claim: Claim, line: Line) -> tuple[object, ...]:
    service = line.service
    return (
        service.code,
        tuple(sorted(service.modifiers)),
        service.place_of_service,
        line.day or line.from_date,
        line.last_day or line.to_date,
        claim.rendering_npi(line),
        line.revenue_code,
    )


def _repeated(claim: Claim, lines: list[Line], rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    may_be_sides = False
    if claim.setting == ASC and len(lines) == 2 and ANATOMIC.isdisjoint(lines[0].modifiers):
        try:
            row = rulebook.on(lines[0].day).fee(lines[0].code)
            may_be_sides = bool(row and row.bilateral in ("1", "3"))
        except NotInForce as gap:
            yield NotJudged(lines[1], gap.table)
            return
        if may_be_sides and not any(line is lines[0] for line in claim.lines[: claim.earlier]):
            return
    first = _details(lines[0])
    details = {first: lines[0]}
    of_earlier_claims = {id(line) for line in claim.lines[: claim.earlier]}
    for line in lines[1:]:
        its = _details(line)
        same = details.get(its)
        details.setdefault(its, line)
        other = same or lines[0]
        earlier = id(other) in of_earlier_claims
        name = f"line {other.number}" + (" of an earlier claim" if earlier else "")
        yield Finding(
            f"Possible duplicate of {name}{_in_what(its, its if same else first)}.",
            _REMEDY_OF_EARLIER_CLAIM if earlier else _REMEDY.format(first=name, times=len(lines)),
            line=line,
            field="code",
            observed=line.code,
            severity=None if same and claim.setting != OUTPATIENT and not may_be_sides else WARN,
            beside=(other,),
        )


def _details(line: Line) -> tuple[Decimal | str, ...]:
    """What duplicates may differ in (``_DETAILS``), the same however a file format writes it: $100 as 100.00, no NDC as
    an empty one. A line of an earlier batch has no description, and most lines have an empty one."""
    return _value(line.service.units), _value(line.charge), line.ndc or "", line.description or ""


def _value(text: str | None) -> Decimal | str:
    number = as_number(text) if text else None
    return (text or "") if number is None else number


def _in_what(its: tuple[object, ...], first: tuple[object, ...]) -> str:
    """What lines with some details have in common, or how they differ."""
    different = " and ".join(name for name, one, other in zip(_DETAILS, its, first, strict=True) if one != other)
    return (
        f" with different {different}" if different else ": same code, modifiers, date, provider and place of service"
    )


def _again(*lines: Line, of: Resubmission, **fields: str) -> Claim:
    """A claim that is sent again."""
    return with_earlier(a_claim(*lines, **fields), Earlier(resubmits=of))


_TWICE: Final = a_line("99213"), a_line("99213-25")
_FIRST: Final = Resubmission((a_line("99213", day="2025-03-10"),))
_SAME: Final = Resubmission(is_same=True, sent=date(2025, 3, 14))


@claim_check(
    "DUP-CLAIM",
    severity=WARN,
    citation=citations.DUPLICATES,
    codes=codes("OA-18", "", "A3:54"),
    settings=(*PRICED, DME),
    step=1,
    any_code=True,
    repeated=True,
    across=True,
    examples=(
        passes("an original", a_claim(a_line("99213"))),
        passes("two lines of a code", a_claim(a_line("99213"), a_line("99213"))),
        fires("sent again with another line", _again(*_TWICE, a_line("71046"), of=_FIRST), says="original"),
        fires("the same claim", _again(*_TWICE, of=_SAME), says="before, on 2025-03-14", severity=INFORM),
        fires(
            "the same claim, of which no day is known",
            _again(*_TWICE, of=_SAME._replace(sent=None)),
            says="sent before;",
            severity=INFORM,
        ),
    ),
)
def claim_sent_again(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A second original claim (frequency 1) of the same number, billing provider, patient and payer as an earlier one.

    Both bill services of the same code and date, and no answer to the first is known. The payer has both in process,
    and denies what both bill. To correct a claim that the payer has, wait for its answer and replace it (frequency 7),
    or have it reopened. A claim that was held before it was sent is corrected in this way: then nothing is said. Nor is
    anything of claims of one number without a service in common, such as parts of a long one.

    Where all that is billed is the same, the claim was sent again: the edit only informs, and the claim is judged as it
    was the first time. Earlier batches are known by a history alone.
    """
    first = claim.resubmits
    if first is None:
        return
    if first.is_same:
        when = f", on {first.sent.isoformat()}" if first.sent else ""
        yield Finding(
            f"All of this claim was sent before{when}; no answer to it is known.",
            "No action if the first was lost or refused. Otherwise wait for the payer's answer: it denies a copy.",
            field="claim_id",
            severity=INFORM,
        )
        return
    count = len(first.lines)
    yield Finding(
        "An original claim of this number was sent; no answer is known. Payers deny what both bill: "
        f"{count} line{'s' if count > 1 else ''}.",
        "Send only what the first lacks, or wait for the answer and replace the claim (frequency 7). No action if the "
        "first was not accepted.",
        field="claim_id",
        beside=first.lines,
    )
