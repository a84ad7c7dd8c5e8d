"""NCCI add-on code edits: an add-on code is payable only with a payable primary code, by the same practitioner for the
same patient and date of service."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from claimcheck.authoring.check import PRICED, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import Day, LinesOfDays, biller, days_of, named
from claimcheck.checks.physicians import Specialties, one_specialty
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service, Setting
from claimcheck.message import NOT_MEDICARE, REJECT, WARN, Finding, NotJudged, Severity, Wording, codes
from claimcheck.rulebook import AddOn, Fee, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_MAPS = codes("CO-107", "N122", "A3:736", "H")
_ADOPTED: Final = "NCCI add-on code edits"
_FULL: Final = 50
"""Lines that an 837P claim can have: a claim that has them may be continued on another."""
_SHARED_TIME: Final = {"99292": "99291"}
"""Add-on codes whose primary another practitioner of the same group and specialty may have billed
(Medicare Claims Processing Manual, chapter 12, section 30.6.12)."""


class _AddOnLine(NamedTuple):
    """An add-on line, the rows of it that apply, and the lines of its days with a listed primary; whether other codes
    are billed on these days, and all lines of the claim by day."""

    line: Line
    rows: tuple[AddOn, ...]
    primaries: tuple[Line, ...]
    others: bool
    by_day: LinesOfDays


def _holding(rows: tuple[AddOn, ...], setting: Setting) -> tuple[AddOn, ...]:
    """The rows that hold in a setting: a note may limit one to practitioners or to facilities."""
    professional = setting == PROFESSIONAL
    other = "facilities only" if professional else "Practitioner Only"
    return tuple(row for row in rows if other not in row.note)


def _adds_on(service: Service, rules: Rules) -> bool:
    """Whether a code is an add-on code; where no list of them is in force, whether the fee schedule says so."""
    try:
        return bool(rules.primaries(service.code))
    except NotInForce:
        return _in_another_global(service.code, service.modifiers, rules)


def _in_another_global(code: str, modifiers: tuple[str, ...], rules: Rules) -> bool:
    try:
        row = rules.fee(code, modifiers)
        return isinstance(row, Fee) and row.global_days == "ZZZ"
    except NotInForce:
        return False


def _add_on_lines(claim: Claim, rulebook: Rulebook, type: str) -> Iterator[_AddOnLine | NotJudged]:
    """Every add-on line of a type, with the primaries beside it."""
    by_day: LinesOfDays | None = None
    known: dict[tuple[object, ...], tuple[Line, ...]] = {}
    for line in claim.lines:
        rules = rulebook.on(line.day)
        try:
            rows = _holding(rules.primaries(line.code) or (), claim.setting)
        except NotInForce as gap:
            if type == "1" and _in_another_global(line.code, line.modifiers, rules):
                yield NotJudged(line, gap.table)
            continue
        if rows and rows[0].type == type:
            by_day = by_day or LinesOfDays(claim)
            provider, days = biller(claim, line), _days(line)
            about = line.code, provider, *days
            if about not in known:
                known[about] = by_day.of(days, provider, {row.primary for row in rows} - {line.code})
            others = any(len(by_day.codes(day, provider)) > 1 for day in days)
            yield _AddOnLine(line, rows, known[about], others, by_day)


def _days(line: Line) -> list[Day]:
    return [day or line.from_date for day in days_of(line)]


_CAVITY = {"19294-19301": AddOn("1", "19301"), "19294-19302": AddOn("1", "19302")}
_CRITICAL = {"99292-99291": AddOn("1", "99291")}
_CONTRACTOR = {"0735T-CCCCC": AddOn("2", "CCCCC")}
_SOME = {"88311-88305": AddOn("3", "88305")}


@claim_check(
    "AOC-1",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ADD_ONS,
    codes=_MAPS,
    needs=("add_on", "fee_schedule"),
    settings=PRICED,
    step=6,
    applies_to=_adds_on,
    depends_on_payment="only",
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        passes("with its primary", a_claim(a_line("19301-LT"), a_line("19294")), add_ons=_CAVITY),
        fires("alone", a_claim(a_line("19294")), says="without a payable primary", add_ons=_CAVITY),
        fires(
            "the primary of another practitioner",
            a_claim(a_line("19301"), a_line("19294", rendering_npi="1234567802")),
            add_ons=_CAVITY,
        ),
        fires(
            "an infusion that went on past midnight",
            a_claim(a_line("96365", day="20250309"), a_line("96366")),
            says="the day before",
            severity=WARN,
            add_ons={"96366-96365": AddOn("1", "96365")},
        ),
        fires(
            "an infusion of several days that went on past midnight",
            a_claim(a_line("96365", day="20250307", to_date="20250309"), a_line("96366")),
            says="the day before",
            severity=WARN,
            add_ons={"96366-96365": AddOn("1", "96365")},
        ),
        fires("surgery of the day before", a_claim(a_line("19301", day="20250309"), a_line("19294")), add_ons=_CAVITY),
        passes(
            "a primary that spans the day",
            a_claim(a_line("19301", day="20250309", to_date="20250311"), a_line("19294")),
            add_ons=_CAVITY,
        ),
        fires(
            "critical care that a colleague may have begun", a_claim(a_line("99292")), severity=WARN, add_ons=_CRITICAL
        ),
        passes(
            "critical care that a colleague began",
            a_claim(
                a_line("99291", rendering_npi="1234567802", rendering_taxonomy="207R00000X"),
                a_line("99292", rendering_npi="1003000126", rendering_taxonomy="207R00000X"),
            ),
            add_ons=_CRITICAL,
        ),
        fires(
            "a full claim, which may be continued",
            a_claim(a_line("19294"), *(a_line("99213") for _ in range(49))),
            severity=WARN,
            add_ons=_CAVITY,
        ),
        passes(
            "a row that is limited to facilities",
            a_claim(a_line("96376")),
            add_ons={"96376-96374": AddOn("1", "96374", note="96376 may be reported by facilities only")},
        ),
        not_judged("no list of add-on codes", a_claim(a_line("19294")), fee={"19294": Fee(global_days="ZZZ")}),
        passes(
            "nothing says that it is an add-on code", a_claim(a_line("19301")), fee={"19301": Fee(global_days="090")}
        ),
    ),
)
def no_primary(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """An add-on code without a payable primary code, where CMS's list of primaries is closed (type 1).

    The same practitioner must bill the primary for the same date, and it must be payable: one that is itself
    rejected for its status, its units or an NCCI edit does not count, and the message says so. A primary on the
    day before (an infusion or critical care past midnight), a claim with all 50 lines in use, and critical care
    that a colleague of the same group and specialty may have billed, only warn; where the claim shows the
    colleague's payable primary, there is no message.
    """
    specialties: Specialties | None = None
    specialists: LinesOfDays | None = None
    shared: dict[tuple[object, ...], tuple[Line, ...]] = {}
    for said in _add_on_lines(claim, rulebook, "1"):
        if isinstance(said, NotJudged):
            yield said
        else:
            doubt = _why_only_warn(claim, said)
            if said.line.code in _SHARED_TIME:
                specialties = specialties or one_specialty(rulebook, non_physicians=True)
                specialists = specialists or LinesOfDays(claim, specialties)
                said = _with_colleagues(claim, said, specialties(claim, said.line), specialists, shared)
            yield _finding(said, doubt)


class _Doubt(NamedTuple):
    """Why a missing primary need not be an error, and what to do about it."""

    why: str
    remedy: str


def _why_only_warn(claim: Claim, add_on: _AddOnLine) -> _Doubt | None:
    """Why a missing primary need not be an error; None where it is one."""
    line = add_on.line
    if add_on.primaries:
        return None
    is_after_another = line.day and line.day > date.min and _may_pass_midnight(line.code)
    before = line.day - timedelta(days=1) if line.day and is_after_another else None
    if before and add_on.by_day.of([before], biller(claim, line), {row.primary for row in add_on.rows}):
        return _Doubt(
            "one is billed for the day before, which is correct if the service went past midnight",
            "No action if the service was continuous past midnight; otherwise report the primary of this date.",
        )
    if _is_full(claim):
        return _Doubt(
            "the claim has all 50 lines, and another may continue it", "Verify that the other claim has the primary."
        )
    if line.code in _SHARED_TIME:
        primary = _SHARED_TIME[line.code]
        return _Doubt(
            "a colleague of the same group and specialty may have billed it",
            f"No action if a colleague of the group and specialty billed {primary}; otherwise report it or remove "
            f"{line.code}.",
        )
    return None


def _is_full(claim: Claim) -> bool:
    return len(claim.lines) - claim.earlier >= _FULL


def _may_pass_midnight(code: str) -> bool:
    """Services that go on into the next day: infusions, chemotherapy and critical care."""
    return 96360 <= number_of(code) <= 96549 or code in _SHARED_TIME


def _with_colleagues(
    claim: Claim,
    add_on: _AddOnLine,
    specialty: tuple[str, ...],
    specialists: LinesOfDays,
    shared: dict[tuple[object, ...], tuple[Line, ...]],
) -> _AddOnLine:
    """With the lines of the day on which practitioners of the same group and specialty billed the primary code too;
    what lines of one practitioner and day have in common is ``shared``."""
    line = add_on.line
    if not specialty:
        return add_on
    days = _days(line)
    about = line.code, claim.rendering_npi(line), *specialty, *days
    if about not in shared:
        colleagues = specialists.of(days, specialty, {_SHARED_TIME[line.code]})
        shared[about] = (*{id(one): one for one in (*add_on.primaries, *colleagues)}.values(),)
    return add_on._replace(primaries=shared[about])


@claim_check(
    "AOC-2",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ADD_ONS,
    codes=_MAPS,
    needs=("add_on",),
    settings=PRICED,
    step=6,
    applies_to=_adds_on,
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        fires("with other services", a_claim(a_line("0735T"), a_line("61510")), severity=WARN, add_ons=_CONTRACTOR),
        fires("alone", a_claim(a_line("0735T")), says="nothing else", add_ons=_CONTRACTOR),
        passes("another code", a_claim(a_line("61510")), add_ons=_CONTRACTOR),
    ),
)
def primary_by_contractor(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """An add-on code whose primary codes the Medicare contractor defines (type 2).

    CMS lists none, so the edit warns: see the contractor's articles. Billed alone for its date it has no primary
    at all, and is rejected.
    """
    for said in _add_on_lines(claim, rulebook, "2"):
        if isinstance(said, _AddOnLine):
            alone = not said.others and not _is_full(claim)
            code = said.line.code
            if alone:
                text = f"Add-on code {code} billed with nothing else by the same provider on this date."
                remedy = f"Report the primary procedure on the same claim; otherwise remove {code}."
                yield _finding(said)._replace(text=text, remedy=remedy, soft=True)
            else:
                text = f"Add-on code {code} requires a primary code that the contractor defines."
                remedy = "Verify in the contractor's articles that a primary code is billed on this claim."
                yield _by_payer(_finding(said)._replace(text=text, remedy=remedy, severity=WARN))


@claim_check(
    "AOC-3",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.ADD_ONS,
    codes=_MAPS,
    needs=("add_on",),
    settings=PRICED,
    step=6,
    applies_to=_adds_on,
    depends_on_payment="only",
    across=True,
    days_apart=1,
    services_only=True,
    examples=(
        passes("with a listed primary", a_claim(a_line("88305"), a_line("88311")), add_ons=_SOME),
        fires(
            "without",
            a_claim(a_line("88311"), a_line("99213")),
            says="contractor may accept others",
            severity=WARN,
            add_ons=_SOME,
        ),
        passes("another code", a_claim(a_line("88305")), add_ons=_SOME),
    ),
)
def no_listed_primary(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """An add-on code without a payable primary code of CMS's list, where contractors may accept others (type 3)."""
    for said in _add_on_lines(claim, rulebook, "3"):
        if isinstance(said, _AddOnLine):
            remedy = (
                f"Verify with the payer that the primary on this claim is accepted; otherwise remove {said.line.code}."
            )
            yield _by_payer(_finding(said, _Doubt("the contractor may accept others", remedy)))


def _by_payer(finding: Finding) -> Finding:
    """What Medicare leaves to its contractors, other payers decide themselves."""
    text, remedy = (said.replace("contractor", "payer") for said in (finding.text, finding.remedy))
    return finding._replace(
        wordings=(Wording(NOT_MEDICARE, f"{_ADOPTED}, which payers that follow CMS apply: {text}", remedy),)
    )


def _listed(add_on: _AddOnLine) -> str:
    """The primary codes, a few of them."""
    codes = sorted({row.primary for row in add_on.rows})
    return f"{', '.join(codes[:5])}{' ...' if len(codes) > 5 else ''}"


def _finding(add_on: _AddOnLine, doubt: _Doubt | None = None) -> Finding:
    """An add-on code whose primary is missing, or billed and rejected; with a doubt it only warns."""
    line = add_on.line
    severity: Severity | None = WARN if doubt else None
    if add_on.primaries:
        rejected = named(add_on.primaries)
        text = f"Add-on code {line.code} billed without a payable primary: {rejected} is billed but rejected"
        remedy = f"Fix {rejected} first; without a payable primary, remove {line.code}."
    else:
        text = f"Add-on code {line.code} billed without a payable primary ({_listed(add_on)}) "
        text += "by the same provider on this date"
        remedy = f"Report both on one claim if the primary was performed; otherwise remove {line.code}."
        remedy = doubt.remedy if doubt else remedy
    return Finding(
        text + (f"; {doubt.why}." if doubt else "."),
        remedy,
        line=line,
        field="code",
        observed=line.code,
        severity=severity,
        by=tuple(add_on.rows[:1]),
        beside=add_on.primaries,
    )
