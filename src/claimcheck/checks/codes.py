"""Whether a line names a procedure code that exists on its date of service."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import TypeVar

from claimcheck.checking import service_check
from claimcheck.checks import citations
from claimcheck.claim import INSTITUTIONAL, OUTPATIENT, Service
from claimcheck.examples import a_service, fires, not_judged, passes
from claimcheck.message import REJECT, Fault, Sourced, maps
from claimcheck.rulebook import PRICING_MODIFIERS, Absent, CodeDates, Fee, NotInForce, Opps, Rules

_WELL_FORMED = re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}")
_RETIRED = frozenset("DFGHL")
"""Status codes of deleted, discontinued and local codes: only in historical fee schedules."""
_DISCONTINUED = "D"
"""OPPS status of a code that no Medicare payment system pays any more."""


@service_check(
    "FMT-CODE",
    severity=REJECT,
    cites=citations.HCPCS,
    maps=maps("CO-181", "N56", "A7:507", "H"),
    needs=("codes", "fee_schedule", "opps", "asc"),
    step=1,
    examples=(
        passes("on the fee schedule", a_service("77424"), fee={"77424": Fee("X")}),
        passes("on it with a modifier alone", a_service("86153"), fee={"86153-26": Fee()}),
        passes("in the code table", a_service("J1885"), codes={"J1885": CodeDates(date(2003, 1, 1))}),
        passes("in Addendum B", a_service("0005U"), fee={}, opps={"0005U": Opps("A")}),
        fires("discontinued in Addendum B", a_service("0012M"), codes={}, fee={}, opps={"0012M": Opps("D")}),
        fires("in neither", a_service("77423"), says="not a valid code", fee={"77424": Fee("X")}),
        fires("ill-formed", a_service("7742"), says="five characters"),
        fires("no code", a_service(""), says="no procedure code"),
        not_judged("nothing in force", a_service("77424")),
        not_judged("a code that the fee schedule would not list", a_service("L8699"), fee={}),
        not_judged("a CPT code without a fee schedule", a_service("77424"), codes={"J1885": CodeDates()}),
    ),
)
def code_not_valid(service: Service, rules: Rules) -> Iterator[Fault]:
    """The procedure code is not valid on the date of service.

    A code is valid where the fee schedule in force that day lists it (it lists nearly every CPT and
    HCPCS code, payable or not), or the HCPCS file lists it with dates that cover the day. An
    ill-formed code is rejected always; a well-formed one that no release can speak of is not judged.
    An invalid code has no rules, so this edit silences every table edit of the line.

    Report the code that was valid on the day the service was rendered.
    """
    code = service.code
    if not code:
        if service.setting not in (OUTPATIENT, INSTITUTIONAL):  # revenue code lines need none
            yield Fault("There is no procedure code on the line.", "Report the procedure code.", field="code")
        return
    if not _WELL_FORMED.fullmatch(code):
        text = "A procedure code has five characters: four digits and one more, or a letter and four digits."
        remedy = "Correct the code: leading zeros are kept, modifiers have fields of their own."
        yield Fault(text, remedy, field="code", observed=code[:20])
        return
    fee, dates = _answer(rules.fee, code) or _priced_row(rules, code), _answer(rules.code, code)
    if dates or (fee and fee.status not in _RETIRED):
        return
    by: list[Sourced] = [answer for answer in (fee, dates) if answer is not None]
    ended = isinstance(dates, Absent) and dates.stated
    if not ended and not fee:
        opps = _answer(rules.opps, code)
        by += [opps] if opps else []
        if (opps and opps.status != _DISCONTINUED) or _answer(rules.asc, code):
            return
        lists = _listing_table(code)
        if (fee if lists == "fee_schedule" else dates) is None:
            raise NotInForce(lists)
    yield Fault(
        f"{code} is not a valid code on this date of service.",
        "Report the code that was valid on the date of service.",
        field="code",
        observed=code,
        by=tuple(by),
    )


_Answer = TypeVar("_Answer")


def _priced_row(rules: Rules, code: str) -> Fee | Absent | None:
    """The row of a code that the fee schedule lists with a pricing modifier alone, else what it says of it bare."""
    rows = (_answer(partial(rules.fee_row, modifier=modifier), code) for modifier in PRICING_MODIFIERS)
    return next((row for row in rows if row), None) or _answer(rules.fee, code)


def _answer(ask: Callable[[str], _Answer], code: str) -> _Answer | None:
    """What a table says of a code; None where no release of it governs the day."""
    try:
        return ask(code)
    except NotInForce:
        return None


def _listing_table(code: str) -> str:
    """The table that would list a code if it were valid. The fee schedule has no code of the families B,
    C, E, K and L, nor of laboratories' own tests (PLA and MAAA, ending in U and M)."""
    return "codes" if code[0] in "BCEKL" or code[-1] in "UM" else "fee_schedule"
