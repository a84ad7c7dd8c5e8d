"""NCCI Medically Unlikely Edits (MUE): the units of a code that are payable per line or per date of service.

A code without a published MUE is not unlimited: CMS keeps some limits confidential. Units are never reduced to
the limit: all units of the line, or of the date, are denied, and the patient may not be billed for them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import AN_ORGANISATION, a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import biller, days_of, is_drug, span_of
from claimcheck.claim import ASC, DENTAL, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, Setting
from claimcheck.message import MEDICARE_ADVANTAGE, NOT_MEDICARE, REJECT, WARN, Finding, NotJudged, Wording, codes
from claimcheck.rulebook import Absent, Asc, DrugLimit, Fee, Mue, NotInForce, Program, Row, Rulebook, Rules

_SETTINGS: tuple[Setting, ...] = (PROFESSIONAL, ASC, OUTPATIENT, DME)
_MAPS = codes("CO-151", "N362", "A7:476")
_ADOPTED = "NCCI MUE"
_ABSOLUTE = "No modifier overrides it. Correct the units or remove the line"
_BILATERAL = "If bilateral, report one line with 50 and 1 unit; otherwise correct the units or remove the line"
_CLINICAL_LIMIT = (
    "Verify units against the record. If correct and medically necessary, expect a denial and appeal with "
    "documentation."
)
_CLAIMS = {
    PROFESSIONAL: "professional claims",
    ASC: "ASC claims",
    OUTPATIENT: "outpatient hospital claims",
    DME: "DME supplier claims",
    INSTITUTIONAL: "institutional claims",
    DENTAL: "dental claims",
}


def _counted(line: Line) -> Decimal | None:
    """The units of a line; None for a line that has none to count. Anesthesia minutes are not units."""
    units = line.service.quantity
    return None if units is None or units <= 0 or line.service.unit_basis == "MJ" else units


def _per_day(line: Line, units: Decimal) -> Decimal:
    """Units of each day of a span, rounded to the nearest whole; of one day as billed."""
    days = span_of(line)
    return units if days == 1 else (units / days).quantize(Decimal(1), ROUND_HALF_UP)


def _what_is_one_unit(line: Line, rulebook: Rulebook) -> tuple[str, tuple[Row, ...]]:
    """What one unit of a drug is, by the ASP pricing file where one is in force, for the remedy: the units are often
    those of another amount. With the row."""
    if not is_drug(line.code):
        return "", ()
    try:
        row = rulebook.on(line.day).drug(line.code)
    except NotInForce:
        return "", ()
    return (f" One unit is {row.dosage}.", (row,)) if row and row.dosage[:1].isdigit() else ("", ())


def _judged_by_line(service: Service, rules: Rules, *, program: Program = "medicare", every_line: bool = False) -> bool:
    row = rules.mue(service.code, service.setting, program)
    return isinstance(row, Mue) and row.units > 0 and (every_line or row.mai == 1)


def _over_limit_alone(service: Service, rules: Rules, *, program: Program = "medicare") -> bool:
    """Whether a line has more units than the limit of a day: then, or where a code stands on several
    lines, the sum must be made."""
    row = rules.mue(service.code, service.setting, program)
    units = service.quantity
    return isinstance(row, Mue) and units is not None and units > row.units


@claim_check(
    "MUE-LINE",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.MUE,
    codes=_MAPS,
    needs=("mue",),
    settings=_SETTINGS,
    step=4,
    applies_to=_judged_by_line,
    services_only=True,
    denies="line",
    examples=(
        passes("units equal to the MUE", a_claim(a_line("97110", units=8)), mue={"97110": Mue(8, mai=1)}),
        fires("one unit over", a_claim(a_line("97110", units=9)), says="9 units", mue={"97110": Mue(8, mai=1)}),
        passes("MAI 3 is judged by day", a_claim(a_line("97110", units=9)), mue={"97110": Mue(8, mai=3)}),
        passes(
            "each line by itself",
            a_claim(a_line("97110", units=8), a_line("97110-76", units=8)),
            mue={"97110": Mue(8, mai=1)},
        ),
        passes(
            "a span by its days",
            a_claim(a_line("97110", units=16, to_date="20250311")),
            mue={"97110": Mue(8, mai=1)},
        ),
        passes("no published limit", a_claim(a_line("97110", units=99)), mue={}),
        fires(
            "a payer that judges every line so",
            a_claim(a_line("97110", units=9)),
            options={"every_line": True},
            mue={"97110": Mue(8, mai=3)},
        ),
        fires(
            "a drug by its milligrams",
            a_claim(a_line("J1885", units=60)),
            says="One unit is 15 MG.",
            mue={"J1885": Mue(8, mai=1)},
            asp={"J1885": DrugLimit("15 MG")},
        ),
        fires(
            "Medicaid's limits, which have no MAI",
            a_claim(a_line("97110", units=7)),
            says="Medicaid NCCI: 7 units of 97110 billed; MUE is 6 per line.",
            options={"program": "medicaid", "every_line": True},
            medicaid_mue_practitioner={"97110": Mue(6)},
        ),
        not_judged("no table for the day", a_claim(a_line("97110", units=9))),
    ),
)
def units_over_line_mue(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare", every_line: bool = False
) -> Iterator[Finding | NotJudged]:
    """Units on one line exceed the code's MUE, which is adjudicated per claim line (MAI 1).

    If more units are documented, report them on separate lines with the modifier that explains them (59,
    XE/XP/XS/XU, 76, 77, 91 or an anatomic modifier): each line is judged alone. Options: ``program`` is whose
    table is read (medicare, medicaid); ``every_line`` judges every code per line, as Medicaid does. Of a drug the
    remedy says what one unit is, where an ASP pricing file is in the rule book.
    """
    for line in claim.lines:
        units = _counted(line)
        if units is None:
            continue
        try:
            row = rulebook.on(line.day).mue(line.code, claim.setting, program)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if not row or row.units == 0 or not (every_line or row.mai == 1):
            continue
        if _per_day(line, units) > row.units:
            billed = line.service.units[:20]
            days = span_of(line)
            over = f" over {days} days" if days > 1 else ""
            per, mai = " and day" if days > 1 else "", " (MAI 1)" if row.mai == 1 else ""
            one_unit, by = _what_is_one_unit(line, rulebook)
            finding = Finding(
                f"{billed} units of {line.code} billed{over}; MUE is {row.units} per line{per}{mai}.",
                "Correct the units; use separate lines with 59/X{EPSU}, 76, 77, 91 or an anatomic modifier only if "
                f"documented.{one_unit}",
                line=line,
                field="units",
                observed=billed,
                allowed=str(row.units),
                by=(row, *by),
            )
            yield _of_program(finding, program)


def _of_program(finding: Finding, program: Program) -> Finding:
    """A finding by Medicaid's own table says that it is: it is not a rule of Medicare's that a payer adopted."""
    if program == "medicare":
        return finding
    text = f"Medicaid NCCI: {finding.text}"
    wordings = tuple(one._replace(text=text) for one in finding.wordings) or (Wording(NOT_MEDICARE, text),)
    return finding._replace(text=text, wordings=wordings, citation=citations.MEDICAID_NCCI)


class _Counted(NamedTuple):
    """A line that takes part in the sum of a day, with its limit."""

    line: Line
    units: Decimal
    limit: Mue


@claim_check(
    "MUE-DOS",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.MUE,
    codes=_MAPS,
    needs=("mue", "fee_schedule"),
    settings=_SETTINGS,
    step=4,
    applies_to=_over_limit_alone,
    repeated=True,
    across=True,
    days_apart=0,
    services_only=True,
    denies="line",
    examples=(
        passes("units equal to the MUE", a_claim(a_line("77424")), mue={"77424": Mue(1, mai=2)}),
        fires(
            "by policy",
            a_claim(a_line("77424", units=2)),
            says="MAI 2, absolute",
            mue={"77424": Mue(1, mai=2)},
        ),
        fires("clinically", a_claim(a_line("77425", units=2)), says="MAI 3, clinical", mue={"77425": Mue(1, mai=3)}),
        fires(
            "76 does not help",
            a_claim(a_line("77424"), a_line("77424-76")),
            says="2 units of 77424 billed for this date; MUE is 1",
            mue={"77424": Mue(1, mai=2)},
        ),
        fires(
            "units written with decimals",
            a_claim(a_line("77424", units="1.00"), a_line("77424-76", units="1.00")),
            says="2 units of 77424",
            mue={"77424": Mue(1, mai=2)},
        ),
        fires(
            "two sides are two units",
            a_claim(a_line("19301-LT"), a_line("19301-RT")),
            mue={"19301": Mue(1, mai=2)},
        ),
        fires(
            "two sides of a code that takes 50",
            a_claim(a_line("19301-LT"), a_line("19301-RT")),
            says="one line with 50",
            mue={"19301": Mue(1, mai=2)},
            fee={"19301": Fee(bilateral="1")},
        ),
        fires(
            "three units of two sides in a surgical center",
            a_claim(a_line("19301", units=3, pos="24", setting=ASC)),
            says="MUE is 1, doubled to 2",
            mue={"19301": Mue(1, mai=2)},
            fee={"19301": Fee(bilateral="1")},
        ),
        passes("50 is one unit", a_claim(a_line("19301-50")), mue={"19301": Mue(1, mai=2)}),
        passes(
            "two days",
            a_claim(a_line("77424"), a_line("77424", day="20250311")),
            mue={"77424": Mue(1, mai=2)},
        ),
        passes(
            "two providers",
            a_claim(a_line("19301"), a_line("19301-80", rendering_npi="1234567802")),
            mue={"19301": Mue(1, mai=2)},
        ),
        fires(
            "one provider, with an NPI on one line only",
            a_claim(a_line("77424"), a_line("77424-76", rendering_npi=AN_ORGANISATION)),
            mue={"77424": Mue(1, mai=2)},
        ),
        passes(
            "postoperative care is not counted",
            a_claim(a_line("66984-54"), a_line("66984-55")),
            mue={"66984": Mue(1, mai=2)},
        ),
        passes(
            "a span by its days",
            a_claim(a_line("99232", units=3, to_date="20250312")),
            mue={"99232": Mue(1, mai=2)},
        ),
        passes(
            "minutes are not units",
            a_claim(a_line("00811", units=60, basis="MJ")),
            mue={"00811": Mue(1, mai=3)},
        ),
        passes(
            "two sides in a surgical center",
            a_claim(a_line("19301", units=2, pos="24", setting=ASC)),
            mue={"19301": Mue(1, mai=2)},
            fee={"19301": Fee(bilateral="1")},
        ),
        fires(
            "no two sides in a surgical center",
            a_claim(a_line("77424", units=2, pos="24", setting=ASC)),
            mue={"77424": Mue(1, mai=2)},
            fee={"77424": Fee(bilateral="9")},
        ),
        fires(
            "a drug by its milligrams",
            a_claim(a_line("J1885", units=60)),
            says="One unit is 15 MG.",
            mue={"J1885": Mue(8, mai=3)},
            asp={"J1885": DrugLimit("15 MG")},
        ),
        not_judged("no table for the day", a_claim(a_line("77424", units=2))),
    ),
)
def units_over_day_mue(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """Units of a code on one date of service exceed its MUE (MAI 2 and 3).

    All lines of the same code, date and provider are summed, whatever their modifiers: 59, 76, 91,
    LT or RT do not help. MAI 2 is absolute: correct the units. MAI 3 is clinical: units over it are denied
    at first and may be appealed with documentation. A line with 50 counts as billed (one unit); a date span
    is divided by its days. A surgical center can't bill 50, so a bilateral code has twice the limit there.
    Units are summed per practitioner, on hospital claims per facility. ``program`` is whose table is read. Of a drug
    the remedy says what one unit is, where an ASP pricing file is in the rule book.
    """
    days: dict[tuple[str, str | None, date | None], list[_Counted]] = defaultdict(list)
    for line in claim.lines:
        units = _counted(line)
        if units is None or "55" in line.modifiers:  # postoperative care: the surgeon's own 54 seen from the other side
            continue
        try:
            limit = rulebook.on(line.day).mue(line.code, claim.setting, program)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if limit and limit.units and limit.mai != 1:
            provider = biller(claim, line)
            counted = _Counted(line, _per_day(line, units), limit)
            for day in days_of(line):
                days[line.code, provider, day].append(counted)
    yield from _over_limit(claim, rulebook, days.values())


def _over_limit(claim: Claim, rulebook: Rulebook, days: Iterable[list[_Counted]]) -> Iterator[Finding | NotJudged]:
    """One finding for each line of each code and day that is over its limit; a line that spans several
    such days is said once, by the worst of them."""
    worst: dict[int, tuple[_Counted, _Sum]] = {}
    for counted in days:
        limit = counted[0].limit
        total = sum((c.units for c in counted), Decimal(0))
        if total <= limit.units:
            continue
        most = limit.units
        by: tuple[Row | Absent, ...] = ()
        together = tuple(each.line for each in counted)
        if claim.setting == ASC:
            try:
                fee = rulebook.on(counted[0].line.day).fee(counted[0].line.code)
                if fee and fee.bilateral == "1":  # CMS doubles the limit where a center can't bill 50
                    most *= 2
            except NotInForce as gap:
                yield from (NotJudged(c.line, gap.table) for c in counted)
                continue
            by = (fee,)
        if total <= most:
            continue
        bilateral = limit.mai == 2 and claim.setting != ASC and _may_be_bilateral(together, rulebook)
        one_unit, by_asp = _what_is_one_unit(together[0], rulebook)
        sum_of_day = _Sum(total, most, (*by, *by_asp), together, bilateral, one_unit)
        for each in counted:
            if id(each.line) not in worst or worst[id(each.line)][1].total < total:
                worst[id(each.line)] = each, sum_of_day
    for each, sum_of_day in worst.values():
        yield _day_finding(each, sum_of_day)


class _Sum(NamedTuple):
    """The units of a code on a date, their limit, the rows by which it is another than the MUE, the lines summed, and
    whether these may be one bilateral procedure, and what one unit of a drug is."""

    total: Decimal
    most: int
    by: tuple[Row | Absent, ...]
    lines: tuple[Line, ...]
    bilateral: bool
    one_unit: str


def _may_be_bilateral(lines: tuple[Line, ...], rulebook: Rulebook) -> bool:
    """Whether LT and RT are reported for a code that is reported once with 50 instead. Without a fee schedule only
    the remedy says less, so there is nothing to be left unjudged."""
    if not {"LT", "RT"} <= {modifier for line in lines for modifier in line.modifiers}:
        return False
    try:
        row = rulebook.on(lines[0].day).fee(lines[0].code)
        return isinstance(row, Fee) and row.bilateral == "1"
    except NotInForce:
        return False


def _day_finding(counted: _Counted, over: _Sum) -> Finding:
    line, limit = counted.line, counted.limit
    absolute = limit.mai == 2
    sum_of_units = f"{over.total.normalize():f}"  # 2, of 1.00 and 1.00
    kind = "MAI 2, absolute" if absolute else f"MAI {limit.mai}, clinical"
    doubled = over.most != limit.units
    most = f"{limit.units}, doubled to {over.most} for a bilateral code on an ASC claim" if doubled else str(over.most)
    correct = _BILATERAL if over.bilateral else _ABSOLUTE
    return Finding(
        f"{sum_of_units} units of {line.code} billed for this date; MUE is {most} ({kind}).",
        f"{f'{correct}; do not bill the patient.' if absolute else _CLINICAL_LIMIT}{over.one_unit}",
        line=line,
        field="units",
        observed=sum_of_units,
        allowed=str(over.most),
        soft=limit.mai != 2,
        by=(limit, *over.by),
        beside=over.lines,
        wordings=(Wording(NOT_MEDICARE, remedy=f"{correct}.{over.one_unit}"),) if absolute else (),
    )


_REASONS = {
    "cms policy": "policy",
    "drug discontinued": "drug_discontinued",
    "oral medication; not payable": "oral_drug",
    "compounded drug policy": "compounded_drug",
}
_NO_REASON = "policy"
_CLINICAL = "clinical"
"""What a contractor or a clinical workgroup decided, and whatever else CMS gives as its reason."""


def _reason(row: Mue) -> str:
    """Why a limit is zero; a table that does not give its reasons is taken to state CMS's policy."""
    published = row.rationale.strip().casefold()
    return _REASONS.get(published, _CLINICAL) if published else _NO_REASON


def _has_no_units(service: Service, rules: Rules, *, program: Program = "medicare") -> bool:
    row = rules.mue(service.code, service.setting, program)
    return isinstance(row, Mue) and row.units == 0


_DISCONTINUED = Mue(0, 3, "Drug discontinued")


@claim_check(
    "MUE-ZERO",
    severity=REJECT,
    citation=citations.NCCI_MUE_ZERO,
    codes=codes("CO-96", "N56", "A3:454", "L"),
    needs=("mue",),
    settings=_SETTINGS,
    step=4,
    applies_to=_has_no_units,
    cases=(*_REASONS.values(), _CLINICAL),
    adopted_from=_ADOPTED,
    denies="line",
    services_only=True,
    examples=(
        passes("a limit above zero", a_claim(a_line("77424")), mue={"77424": Mue(1, 2)}),
        fires("zero", a_claim(a_line("G0463")), says="MUE for G0463 is 0", mue={"G0463": Mue(0, 3)}),
        fires("a discontinued drug", a_claim(a_line("J0390")), says="MUE for J0390 is 0", mue={"J0390": _DISCONTINUED}),
        passes(
            "a supplier bills what suppliers may bill",
            a_claim(a_line("E0601", setting=DME)),
            mue={"E0601": Mue(1, 3)},
        ),
        passes("GY: denial intended", a_claim(a_line("A9270-GY")), mue={"A9270": Mue(0, 3)}),
        passes("no published limit", a_claim(a_line("99490")), mue={}),
        passes(
            "a packaged item of a surgical center",
            a_claim(a_line("20930", pos="24", setting=ASC)),
            mue={"20930": Mue(0, 3)},
            asc={"20930": Asc("AA", "N1")},
        ),
        not_judged("no table for the day", a_claim(a_line("G0463"))),
    ),
)
def no_units_payable(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """The MUE of the code is 0 for this type of claim: no units are payable.

    The code is invalid, bundled or excluded for the setting, by the fee schedule, Addendum B or the
    manuals. Another setting's table may differ: a code that DME suppliers may bill only warns on a
    professional claim, and the ASC addenda decide for ASCs. ``program`` is whose table is read.

    The table gives the reason of each limit, and the cases are these reasons, since most are Medicare's
    policy and nothing to other payers: ``policy`` (also where a table gives no reasons), ``drug_discontinued``,
    ``oral_drug``, ``compounded_drug``, and ``clinical`` for what a workgroup or contractor decided and for any other.
    Medicare's zero restates the status of the code in the fee schedule, so that a line with a finding of a STATUS
    check has none of this one, whatever severity a profile, payer or waiver gives to it; where that check is off, not
    selected, or only warns or informs by itself, this one is reported.
    """
    for line in claim.lines:
        if "GY" in line.modifiers:
            continue
        try:
            row = rulebook.on(line.day).mue(line.code, claim.setting, program)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if isinstance(row, Mue) and row.units == 0:
            yield from _zero_finding(line, row, rulebook.on(line.day), program)


def _zero_finding(line: Line, row: Mue, rules: Rules, program: Program) -> Iterator[Finding]:
    setting, code = line.service.setting, line.code
    if setting == ASC and isinstance(_known(rules.asc, code), Asc):
        return
    suppliers = partial(rules.mue, setting=DME, program=program)
    supplier = _known(suppliers, code) if setting == PROFESSIONAL else None
    finding = Finding(
        f"MUE for {code} is 0 on {_CLAIMS[setting]}; no units are payable.",
        "Verify the code and who bills it.",
        line=line,
        field="units",
        observed=line.service.units[:20],
        allowed="0",
        by=(row, supplier) if supplier else (row,),
        case=_reason(row) if program == "medicare" else "",
        yields_to=("STATUS",) if program == "medicare" else (),
    )
    if isinstance(supplier, Mue) and supplier.units > 0:
        remedy = "Verify the code and who bills it (DME suppliers bill the DME contractor)."
        others = Wording(
            (MEDICARE_ADVANTAGE, *NOT_MEDICARE), remedy="Verify the code and who bills it (DME suppliers)."
        )
        finding = finding._replace(remedy=remedy, severity=WARN, wordings=(others,))
    yield _of_program(finding, program)


def _known(ask: Callable[[str], Row | Absent], code: str) -> Row | Absent | None:
    """What another setting's table says, which can only soften the verdict; None where none is in force."""
    try:
        return ask(code)
    except NotInForce:
        return None
