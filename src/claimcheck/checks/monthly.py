"""Care that is billed by the calendar month: management of chronic conditions, remote monitoring, dialysis."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import biller
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line
from claimcheck.message import REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.sections import MONTHLY

_DIALYSIS = frozenset(str(number) for number in range(90951, 90963))
_MORE_TIME = "99439"
_MOST_OF_MORE_TIME = 2
"""Units of 99439 that a month may have."""

_PRIMARY_CARE = ("G0556", "G0557", "G0558")
_ALTERNATIVES = (
    _DIALYSIS,
    frozenset({"99487", "99490", "99491", *_PRIMARY_CARE}),
    frozenset({"99424", "99426", *_PRIMARY_CARE}),
    frozenset({"99492", "99493"}),
)
"""Codes of which a month has one. Care after a discharge (99495, 99496) is not among them: it may be billed in the
month of 99490 or 99491 since 2020."""

_OF_ONE_PRACTITIONER = frozenset({"99424", "99426", "99487", "99490", "99491"})
"""Chronic and principal care: alternatives for one practitioner alone. A specialist manages one condition while another
practitioner of the group manages all."""

_ALTERNATIVES_TO = {
    code: frozenset().union(*(group for group in _ALTERNATIVES if code in group)) - {code} for code in MONTHLY
}
_BY_30_DAYS = frozenset({"99454"})
"""Billed once in 30 days, which may begin twice within one calendar month."""
_DAYS = 30


class _Billed(NamedTuple):
    """A line of monthly care, its first day, and who billed it."""

    line: Line
    day: date
    provider: str | None

    @property
    def key(self) -> tuple[date, str | None]:
        """What pairs, units and duplicates compare: its day and provider."""
        return self.day, self.provider


@claim_check(
    "MONTH",
    severity=REJECT,
    citation=citations.MONTHLY_CARE,
    codes=codes("CO-119", "", "A3:23"),
    settings=(PROFESSIONAL, OUTPATIENT),
    step=3,
    across=True,
    applies_to=lambda service, rules: service.code in MONTHLY,
    examples=(
        fires(
            "twice within a month",
            a_claim(a_line("99490", day="20240810"), a_line("99490", day="20240831")),
            says="99490 is payable once per calendar month; it is also billed for 2024-08-10",
        ),
        passes("in two months", a_claim(a_line("99490", day="20240831"), a_line("99490", day="20240901"))),
        fires(
            "two codes of which a month has one",
            a_claim(a_line("99490", day="20240810"), a_line("99487", day="20240831")),
            says="99490 is billed for 2024-08-10",
            severity=WARN,
        ),
        passes(
            "care after a discharge in the month of chronic care",
            a_claim(a_line("99490", day="20240831"), a_line("99495", day="20240820")),
        ),
        fires(
            "chronic and principal care by one practitioner",
            a_claim(a_line("99490", day="20240810"), a_line("99424", day="20240831")),
            says="99490 is billed for 2024-08-10",
            severity=WARN,
        ),
        passes(
            "chronic and principal care by two of one group",
            a_claim(a_line("99490", day="20240810"), a_line("99424", day="20240831", rendering_npi=A_PHYSICIAN)),
        ),
        passes("two services", a_claim(a_line("99490", day="20240831"), a_line("99457", day="20240831"))),
        passes("of one day: pairs and duplicates", a_claim(a_line("99490"), a_line("99487"), a_line("99490"))),
        fires(
            "of one day, by two of one group",
            a_claim(a_line("99490"), a_line("99490", rendering_npi=A_PHYSICIAN)),
        ),
        passes("monitoring after 30 days", a_claim(a_line("99454", day="20250101"), a_line("99454", day="20250131"))),
        fires("monitoring after 29 days", a_claim(a_line("99454", day="20250101"), a_line("99454", day="20250130"))),
        fires(
            "dialysis by two codes",
            a_claim(a_line("90960", day="20250331"), a_line("90961", day="20250315")),
            severity=WARN,
        ),
        passes("more time twice", a_claim(a_line("99439", day="20240810"), a_line("99439", day="20240831"))),
        fires(
            "more time thrice",
            a_claim(a_line("99439", day="20240810", units=2), a_line("99439", day="20240831")),
            says="3 units of 99439 are billed for 2024-08; a month has at most 2",
            severity=WARN,
        ),
    ),
)
def billed_twice_in_a_month(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A service of the calendar month is billed twice for it, or beside an alternative.

    Chronic care, principal care, behavioral health, remote monitoring, advanced primary care and dialysis are paid
    once per calendar month, to one practitioner of a group. A code that is billed on two dates of a month rejects, and
    payers may price it all the same; two codes of which a month has one warn, and so do more than two units of 99439.
    Chronic and principal care are alternatives for one practitioner.
    99454 is counted by 30 days.

    Lines of one date and provider are judged by pairs, units and duplicates. Lines of one billing provider are
    compared; the edit is on the later one, or on the claim that is sent later. A line that spans two months is not
    compared.
    """
    if MONTHLY.isdisjoint([line.code for line in claim.lines[claim.earlier :]]):
        return
    months: dict[tuple[int, int], list[tuple[_Order, _Billed]]] = defaultdict(list)
    for at, line in enumerate(claim.lines):
        if line.code in MONTHLY and (day := _day_within_a_month(line)):
            provider = biller(claim, line)
            order = at >= claim.earlier, day, line.code, provider or "", line.modifiers, at
            months[day.year, day.month].append((order, _Billed(line, day, provider)))
    for month in months.values():
        if len(month) > 1:
            billed = [one for _, one in sorted(month)]
            yield from _billed_again(one for one in billed if one.line.code != _MORE_TIME)
            yield from _too_much_time([one for one in billed if one.line.code == _MORE_TIME])


def _day_within_a_month(line: Line) -> date | None:
    """The first day of a line; None where it is not a day, or the line spans two months."""
    first, last = line.day, line.last_day
    return first if first and last and (first.year, first.month) == (last.year, last.month) else None


_Order = tuple[bool, date, str, str, tuple[str, ...], int]
"""What makes a line the later one: the claim judged now, its day, its code, provider and modifiers, its position."""


def _billed_again(billed: Iterable[_Billed]) -> Iterator[Finding]:
    """What is billed twice in one month, of its lines in order."""
    before: dict[str, list[_Billed]] = {}
    for one in billed:
        code = one.line.code
        same = before.setdefault(code, [])
        others = [other for each in sorted(_ALTERNATIVES_TO[code]) for other in before.get(each, ())]
        if code in _OF_ONE_PRACTITIONER:
            several = (other for each in sorted(_OF_ONE_PRACTITIONER - {code}) for other in before.get(each, ()))
            others += [other for other in several if other.provider == one.provider]
        if again := _first_to_compare(one, same):
            yield _again(one, again)
        elif instead := _first_to_compare(one, others):
            yield _instead_of(one, instead)
        if len(same) < 2 and all(other.key != one.key for other in same):  # a later line is another than one of two
            same.append(one)


def _first_to_compare(one: _Billed, others: Iterable[_Billed]) -> _Billed | None:
    """The first of other lines that is of another date or provider, and less than 30 days away where these count."""
    for other in others:
        is_near = one.line.code not in _BY_30_DAYS or abs((one.day - other.day).days) < _DAYS
        if is_near and one.key != other.key:
            return other
    return None


def _too_much_time(billed: list[_Billed]) -> Iterator[Finding]:
    """Units of several dates together; those of one date are the MUE's."""
    units = Decimal(0)
    days = set()
    together = tuple(one.line for one in billed)
    for one in billed:
        units += _units(one)
        days.add(one.day)
        if units > _MOST_OF_MORE_TIME and len(days) > 1:
            yield Finding(
                f"{units.normalize():f} units of {_MORE_TIME} are billed for {one.day:%Y-%m}; a month has at most "
                f"{_MOST_OF_MORE_TIME}.",
                "Correct the units, or report 99487 if the care was complex.",
                line=one.line,
                field="units",
                observed=one.line.service.units[:20],
                allowed=str(_MOST_OF_MORE_TIME),
                severity=WARN,
                codes=codes("CO-151", "N362", "A3:23"),
                beside=together,
            )


def _units(billed: _Billed) -> Decimal:
    units = billed.line.service.quantity
    return units if units and units > 0 else Decimal(0)


def _again(one: _Billed, other: _Billed) -> Finding:
    code = one.line.code
    period = "per 30 days" if code in _BY_30_DAYS else "per calendar month"
    is_dialysis = code in _DIALYSIS
    return Finding(
        f"{code} is payable once {period}; it is also billed for {other.day}.",
        "Remove this line, or correct its date (CMS-1500 item 24A). Report the service once, for the whole period.",
        line=one.line,
        field="from_date",
        observed=one.line.from_date,
        severity=WARN if is_dialysis else None,
        soft=not is_dialysis,
        beside=(other.line,),
    )


def _instead_of(one: _Billed, other: _Billed) -> Finding:
    code, another = one.line.code, other.line.code
    return Finding(
        f"{code} and {another} are alternatives for one calendar month; {another} is billed for {other.day}.",
        "Report the one code that describes the care of the whole month; remove the other line.",
        line=one.line,
        field="code",
        observed=code,
        severity=WARN,
        beside=(other.line,),
    )
