"""Whether the procedure code of a line is valid on its date of service.

Of the lists of codes only the HCPCS file has dates, and its dates win over every list without dates: the fee
schedule, Addendum B and the ASC addenda still list codes that have ended. Where it has no dates for a code, any of
these lists shows that the code is valid; whether its absence from them shows that it is not, depends on the code.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from claimcheck.authoring.check import EVERY_SETTING, ClaimColumns, claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import either, successors_in
from claimcheck.checks.spreadsheets import remedy_of_zeros
from claimcheck.claim import INSTITUTIONAL, OUTPATIENT, Claim, Service
from claimcheck.message import REJECT, WARN, Finding, Sourced, codes
from claimcheck.rulebook import (
    ASP,
    CODES,
    CROSS_REFERENCES,
    DMEPOS,
    FEE_SCHEDULE,
    LABORATORY_FEES,
    OPPS_TABLE,
    PRICING_MODIFIERS,
    SUCCESSORS,
    Absent,
    Asc,
    CodeDates,
    Fee,
    Listed,
    NotInForce,
    Opps,
    Rulebook,
    Rules,
    Supply,
)

_WELL_FORMED = re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}")
_LENGTH = 5
_RETIRED = frozenset("DFGHL")
"""Status codes of deleted, discontinued and local codes: only in historical fee schedules."""
_DISCONTINUED = "D"
"""OPPS status of a code that no Medicare payment system pays any longer."""
_DISCONTINUED_AT_CENTERS = "D5"
_PRICE_LISTS = (LABORATORY_FEES, DMEPOS, ASP)
"""Fee schedules that prove a code which they list, and never that a code which they lack is invalid."""
_J1010, _J1030 = CodeDates(date(2024, 4, 1)), CodeDates(date(1982, 1, 1), date(2024, 3, 31))
_J3247, _C9166 = CodeDates(date(2024, 7, 1)), CodeDates(date(2024, 4, 1), date(2024, 6, 30))
_J1938, _J1940 = CodeDates(date(2025, 4, 1)), CodeDates(date(1982, 1, 1), date(2025, 3, 31))


@service_check(
    "FMT-ENDED",
    severity=REJECT,
    citation=citations.HCPCS,
    codes=codes("CO-181", "N56", "A7:507", "H"),
    needs=(CODES, FEE_SCHEDULE),
    settings=EVERY_SETTING,
    step=1,
    denies="code",
    examples=(
        passes("before it ends", a_service("J1940"), codes={"J1940": _J1940}),
        passes("without an end date", a_service("J1010"), codes={"J1010": _J1010}),
        passes("on the fee schedule alone", a_service("J1030"), fee={"J1030": Fee("I")}),
        fires(
            "ended, though the fee schedule lists it",
            a_service("J1030"),
            says="J1030 ended 2024-03-31.",
            fee={"J1030": Fee("I")},
            codes={"J1030": _J1030},
        ),
        fires(
            "with a successor",
            a_service("J1030"),
            says="Report J1010; its unit is 1 mg.",
            codes={"J1030": _J1030, "J1010": _J1010},
            successors={"J1030": Listed("J1010; its unit is 1 mg")},
        ),
        fires(
            "with a cross-reference",
            a_service("C9166"),
            says="Report J3247",
            codes={"C9166": _C9166, "J3247": _J3247},
            cross_references={"C9166": Listed("J3247")},
        ),
        fires("with GY, which does not make it valid", a_service("J1030-GY"), codes={"J1030": _J1030}),
    ),
)
def code_ended(service: Service, rules: Rules) -> Iterator[Finding]:
    """The procedure code ended before the date of service (HCPCS file).

    The file gives each Level II code its first and last day, which apply to every payer. It wins over lists without
    dates: the fee schedule, Addendum B and the ASC addenda list codes for quarters after their end. An ended code has
    no rules, so this edit silences every table edit of the line. No modifier makes the code valid.

    The remedy names the replacement where it is known: from claimcheck's list of successors, else from the HCPCS
    file's cross-reference where that code is valid on the date of service. The units of the two often differ.
    """
    row = rules.ended(service.code)
    if row and row.ended:
        successor = _successor(service.code, row.ended, rules)
        yield Finding(
            f"{service.code} ended {row.ended}.",
            successor.remedy,
            field="code",
            observed=service.code,
            allowed=" ".join(successor.codes) or None,
            by=(row, *successor.by),
        )


@service_check(
    "FMT-FUTURE",
    severity=REJECT,
    citation=citations.HCPCS,
    codes=codes("CO-181", "N56", "A7:507", "H"),
    needs=(CODES,),
    settings=EVERY_SETTING,
    step=1,
    denies="code",
    examples=(
        passes("in force", a_service("J1010"), codes={"J1010": _J1010}),
        passes("on the fee schedule alone", a_service("J1938"), fee={"J1938": Fee("E")}),
        fires(
            "before it is effective, though the fee schedule lists it",
            a_service("J1938"),
            says="J1938 is effective 2025-04-01",
            fee={"J1938": Fee("E")},
            codes={"J1938": _J1938},
        ),
    ),
)
def code_not_begun(service: Service, rules: Rules) -> Iterator[Finding]:
    """The procedure code becomes effective after the date of service (HCPCS file).

    The file gives each Level II code its first day, which applies to every payer, whatever other list has the code. A
    code that is not yet effective has no rules, so this edit silences every table edit of the line.

    Services before 2015 are not judged by a code that began later: the file lacks codes that ended before, and some of
    them were given out again with another meaning (J1440, J7340).
    """
    row = rules.not_begun(service.code)
    if row:
        yield Finding(
            f"{service.code} is effective {row.added}, after this date of service.",
            "Report a code that is valid on the date of service, or correct the date.",
            field="code",
            observed=service.code,
            by=(row,),
        )


@service_check(
    "FMT-CODE",
    severity=REJECT,
    citation=citations.HCPCS,
    codes=codes("CO-181", "N56", "A7:507", "H"),
    needs=(CODES, FEE_SCHEDULE, OPPS_TABLE, "asc", *_PRICE_LISTS),
    settings=EVERY_SETTING,
    step=1,
    denies="code",
    examples=(
        passes("on the fee schedule", a_service("77424"), fee={"77424": Fee("X")}),
        passes("on the fee schedule with a modifier only", a_service("86153"), fee={"86153-26": Fee()}),
        passes("in the HCPCS file", a_service("J1885"), codes={"J1885": CodeDates(date(2003, 1, 1))}),
        passes("on the fee schedule, not in the HCPCS file", a_service("M1389"), codes={}, fee={"M1389": Fee("M")}),
        passes("in Addendum B", a_service("0005U"), fee={}, opps={"0005U": Opps("A")}),
        passes(
            "on the laboratory fee schedule", a_service("0001U"), fee={}, opps={}, laboratory_fees={"0001U": Listed()}
        ),
        passes("on the DMEPOS fee schedule", a_service("L8699"), codes={}, fee={}, dmepos={"L8699": Supply("PO")}),
        passes(
            "in the HCPCS file, discontinued in Addendum B",
            a_service("G9919"),
            codes={"G9919": CodeDates(date(2018, 1, 1))},
            opps={"G9919": Opps("D")},
        ),
        passes("ended, which FMT-ENDED reports", a_service("J1030"), codes={"J1030": _J1030}, fee={}),
        passes("not yet effective, which FMT-FUTURE reports", a_service("J1938"), codes={"J1938": _J1938}, fee={}),
        fires("discontinued in Addendum B", a_service("0012M"), codes={}, fee={}, opps={"0012M": Opps("D")}),
        fires("discontinued at ASCs", a_service("21632"), fee={}, asc={"21632": Asc("AA", "D5")}),
        fires("in neither", a_service("77423"), says="not a valid procedure code", fee={"77424": Fee("X")}),
        fires("a HCPCS code in neither", a_service("J0001"), codes={}, fee={}),
        fires("a dental code that the fee schedule lacks", a_service("D0121"), fee={"D0120": Fee("N")}),
        fires("a leading zero dropped", a_service("810"), says='"810" has 3 characters; codes have 5.'),
        fires("malformed", a_service("ABCDE"), says="is not a procedure code"),
        fires("missing", a_service(""), says="missing"),
        not_judged("no release in force", a_service("77424")),
        not_judged("a code that the fee schedule would not list", a_service("L8699"), fee={}),
        not_judged("a HCPCS code without the HCPCS file", a_service("J0001"), fee={}),
        not_judged("a HCPCS code without a fee schedule", a_service("J0001"), codes={}),
        not_judged("a CPT code without a fee schedule", a_service("77424"), codes={"J1885": CodeDates()}),
        not_judged("a category III code without Addendum B", a_service("0999T"), fee={}),
        not_judged("a proprietary laboratory test", a_service("0999U"), fee={}, opps={}, laboratory_fees={}),
    ),
)
def code_not_valid(service: Service, rules: Rules) -> Iterator[Finding]:
    """The procedure code is missing, malformed or not valid on the date of service.

    A code is valid where the HCPCS file has dates for it that cover the date of service, or where the fee schedule in
    force on that date or Addendum B lists it (the fee schedule lists nearly every CPT and HCPCS code, payable or not),
    or the fee schedule of laboratory tests, of DMEPOS or of drugs (ASP). Where the code ended or is not yet effective
    by the HCPCS file, FMT-ENDED or FMT-FUTURE reports it.

    A code that no list in the rule book has is invalid where the lists that would have it are in force:

    - HCPCS Level II: the HCPCS file, as far back as it keeps ended codes, and the fee schedule; dental codes (D),
      which the file leaves out: the fee schedule.
    - CPT: the fee schedule; for category III (T) and vaccine administration (A) Addendum B too. Proprietary
      laboratory tests (U, M) are added every quarter and are in no complete list: their absence proves nothing.

    Otherwise the code is not judged. A malformed code is always rejected. An invalid code has no rules, so this
    edit silences every table edit of the line.

    Report the code that was valid on the date of service.
    """
    code = service.code
    if not code:
        if service.setting not in (OUTPATIENT, INSTITUTIONAL):  # a line may have a revenue code alone
            yield Finding("The procedure code is missing.", "Report the procedure code of the service.", field="code")
        return
    if not _WELL_FORMED.fullmatch(code):
        yield _malformed(code)
        return
    if rules.ended(code) or rules.not_begun(code):
        return
    fee, dates = _answer(rules.fee, code) or _priced_row(rules, code), _answer(rules.code, code)
    if dates or (fee and fee.status not in _RETIRED):
        return
    by: list[Sourced] = [answer for answer in (fee, dates) if answer is not None]
    if not fee:
        opps, asc = _answer(rules.opps, code), _answer(rules.asc, code)
        if (opps and opps.status != _DISCONTINUED) or (asc and asc.indicator != _DISCONTINUED_AT_CENTERS):
            return
        if any(_answer(partial(rules.row, table), code) for table in _PRICE_LISTS):
            return
        if missing := _missing_proof(code, fee, dates, opps):
            raise NotInForce(missing)
        by += [answer for answer in (opps, asc or None) if answer is not None]
    listed = rules.last_listed(code)
    yield Finding(
        f"{code} is not a valid procedure code on this date of service"
        f"{f'; it was last listed in {listed}' if listed else ''}.",
        f"Report {'its replacement code and verify the units' if listed else 'a code that is valid on that date'}.",
        field="code",
        observed=code,
        by=tuple(by),
    )


def _malformed(code: str) -> Finding:
    finding = Finding("", "", field="code", observed=code[:20])
    if len(code) == _LENGTH:
        forms = "5 digits, 4 digits and a letter, or a letter and 4 digits"
        return finding._replace(text=f'"{code}" is not a procedure code: {forms}.', remedy="Correct the code.")
    text = f'"{code[:20]}" has {len(code)} character{"s" * (len(code) != 1)}; codes have {_LENGTH}.'
    remedy = "Correct the code; report modifiers in their own fields."
    return finding._replace(text=text, remedy=remedy_of_zeros(code, _LENGTH, remedy, fewest=3))


def _missing_proof(code: str, fee: Absent | None, dates: Absent | None, opps: Opps | Absent | None) -> str:
    """The table that must be in force to show that a code in no table is invalid; empty where those in force show it.
    (None: no release of that table governs the day.)"""
    level_2 = "A" <= code[0] <= "V"
    if opps and (fee is not None or dates is not None or not level_2):
        return ""
    if level_2 and code[0] != "D":
        # The fee schedule has codes that are not in the HCPCS file yet, but none of these families.
        if fee is None and code[0] not in "BCEKL":
            return FEE_SCHEDULE
        return CODES if dates is None else ""
    if code[-1] in "UM":
        return OPPS_TABLE if opps is None else LABORATORY_FEES
    if fee is None:
        return FEE_SCHEDULE
    return OPPS_TABLE if opps is None and code[-1] in "TA" else ""


_CODE_SETS: Final = ("HC", "ER", "IV", "WK")
_CODE_SETS_837I: Final = ("HC", "HP", "ER", "IV", "WK")
"""Qualifiers of procedure codes in the 837P, and in the 837I, which has HIPPS rates, too."""
_OF_4010: Final = "ZZ"
_CODE_SET_OF: Final = itemgetter(Service._fields.index("code_set"))


def _qualifiers_are_known(block: ClaimColumns) -> bool:
    """Whether all codes have a qualifier that is right on every claim."""
    return {*map(_CODE_SET_OF, block.columns["service"])}.issubset(_CODE_SETS)


@claim_check(
    "QUAL-CODE",
    severity=REJECT,
    citation=citations.tr3("SV101-1, SV202-1: product or service ID qualifier"),
    codes=codes("", "", "A7:507"),
    step=1,
    any_code=True,
    clean_if=_qualifiers_are_known,
    examples=(
        passes("CPT and HCPCS", a_claim(a_line())),
        fires("a HIPPS rate on a professional claim", a_claim(a_line("1AFKS", code_set="HP")), says="HP is not"),
        fires("a dental code", a_claim(a_line("D0120", code_set="AD")), says="HC, ER, IV or WK"),
        fires("a word", a_claim(a_line(code_set="HCPCS")), says="A text of 5 characters is not"),
        fires("of 4010", a_claim(a_line(code_set="ZZ")), says="004010", severity=WARN),
    ),
)
def qualifier_unknown(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The qualifier of a procedure code is not one that the claim type has.

    HC is for CPT and HCPCS codes, HP for HIPPS rates (institutional claims alone), ER, IV and WK for code sets that few
    payers take. ZZ warns: it is of version 004010. In an 837 a missing qualifier is X12-COMPOSITE; in rows a blank one
    is HC. Claims of dental services (AD) are not checked.
    """
    for line in claim.lines:
        qualifier = line.service.code_set
        known = _CODE_SETS_837I if line.service.setting in (OUTPATIENT, INSTITUTIONAL) else _CODE_SETS
        if not qualifier or qualifier in known:
            continue
        shown = (
            qualifier if re.fullmatch("[A-Z0-9]{2}", qualifier, re.ASCII) else f"A text of {len(qualifier)} characters"
        )
        text = f"{shown} is not a qualifier of procedure codes on this claim type: {either(known)}."
        if qualifier == _OF_4010:
            text = f"Qualifier {qualifier} is of version 004010; version 005010 has {either(known)}."
        yield Finding(
            text,
            "Report HC for a CPT or HCPCS code (SV101-1, SV202-1).",
            line=line,
            field="code_set",
            observed=shown,
            allowed=", ".join(known),
            severity=WARN if qualifier == _OF_4010 else None,
        )


_Answer = TypeVar("_Answer")


def _priced_row(rules: Rules, code: str) -> Fee | Absent | None:
    """The fee schedule row of a code with a pricing modifier, else without one."""
    rows = (_answer(partial(rules.fee_row, modifier=modifier), code) for modifier in PRICING_MODIFIERS)
    return next((row for row in rows if row), None) or _answer(rules.fee, code)


def _answer(ask: Callable[[str], _Answer], code: str) -> _Answer | None:
    """A table's answer for a code; None where no release of it governs the day."""
    try:
        return ask(code)
    except NotInForce:
        return None


class _Successor(NamedTuple):
    """What replaced a code that ended: the remedy, the codes, and the rows they are from."""

    remedy: str
    codes: tuple[str, ...] = ()
    by: tuple[Sourced, ...] = ()


_VERIFY_UNITS = "Verify the units; they may differ."


def _successor(code: str, ended: date, rules: Rules) -> _Successor:
    """What to report in place of a code that ended: a suggestion, never an automatic change."""
    listed = rules.replacing(SUCCESSORS, code)
    if listed:
        names, note = successors_in(listed)
        codes = tuple(name for name in names if not rules.ended(name) and not rules.not_begun(name))
        if codes:
            report = f"Report {either(codes)}{'; ' + note if note else ''}."
            return _Successor(report if "unit" in note else f"{report} {_VERIFY_UNITS}", codes, (listed,))
        if not names:
            return _Successor(f"Verify the code; no code replaces it: {note}.", (), (listed,))
    reference = rules.replacing(CROSS_REFERENCES, code)
    if reference:
        codes = tuple(name for name in reference.value.split() if _is_valid(name, rules))
        if codes:
            report = f"Report {either(codes)} (cross-reference of the HCPCS file)."
            return _Successor(f"{report} {_VERIFY_UNITS}", codes)  # by the same row as the code's end
    year, quarter = divmod(4 * ended.year + (ended.month - 1) // 3 + 1, 4)
    update = f"{('January', 'April', 'July', 'October')[quarter]} {year}"
    why = "the HCPCS file names none"
    if reference:
        why = f"its cross-reference, {reference.value}, is not known to be valid on this date"
    return _Successor(f"Look up the replacement code in the HCPCS update of {update}; {why}. {_VERIFY_UNITS}")


def _is_valid(code: str, rules: Rules) -> bool:
    """Whether a list shows that a code is valid on the day."""
    if not _WELL_FORMED.fullmatch(code) or rules.ended(code) or rules.not_begun(code):
        return False
    fee = _answer(rules.fee, code)
    if _answer(rules.code, code) or (fee and fee.status not in _RETIRED):
        return True
    return any(_answer(partial(rules.row, table), code) for table in _PRICE_LISTS)
