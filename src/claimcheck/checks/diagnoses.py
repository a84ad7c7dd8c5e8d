"""Diagnoses: codes of ICD-10-CM that are valid on the date of service, in an order that payers take, for the patient's
age and sex, and beside one another."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from claimcheck.authoring.check import PRACTITIONER, ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import LEFT_SITES, RIGHT_SITES
from claimcheck.claim import (
    ASC,
    DME,
    INSTITUTIONAL,
    OUTPATIENT,
    PROFESSIONAL,
    Claim,
    Line,
    Service,
    Submission,
    as_date,
    plain_diagnosis,
)
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import Absent, Excluded, Listed, NotInForce, Period, Rulebook, Rules
from claimcheck.rulebook.tables.code_sets import (
    DIAGNOSIS_AGES,
    DIAGNOSIS_SEXES,
    EXCLUDES1,
    ICD_10_CM,
    MANIFESTATIONS,
    UNSPECIFIED_SIDES,
    Diagnosis,
)

_ICD_10_CM_BEGINS: Final = date(2015, 10, 1)
_AS_WRITTEN = re.compile(r"[A-Z](?=[0-9A-Z]?[0-9])[0-9A-Z]{1,6}|[0-9]{3,5}", re.ASCII)
"""What may be a diagnosis, of ICD-10-CM or of ICD-9-CM."""


@lru_cache(maxsize=65536)
def _shown(diagnosis: str) -> str:
    """A diagnosis as coders write it. What is in its place may be anything, even a name: then how long it is."""
    code = plain_diagnosis(diagnosis)
    if not _AS_WRITTEN.fullmatch(code):
        return f"A diagnosis of {len(diagnosis)} characters"
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def _observed(diagnosis: str) -> str:
    return diagnosis if _AS_WRITTEN.fullmatch(plain_diagnosis(diagnosis)) else f"{len(diagnosis)} characters"


def _place(at: int) -> str:
    """Where a diagnosis is reported, by its position from 1."""
    return f"HI{at:02}, CMS-1500 item 21{'ABCDEFGHIJKL'[at - 1]}" if at <= 12 else f"diagnosis {at}"


# Valid on its day.


class _Day(NamedTuple):
    """A date of service that decides about a diagnosis, and the line that bears it."""

    day: date
    line: Line


def _through_date(claim: Claim) -> date | None:
    return as_date(claim.statement[1] or claim.statement[0])


def _lines_pointing_to(claim: Claim, at: int) -> list[Line]:
    """The lines that point to a diagnosis, by its position from 1; none where lines point to none."""
    return [line for line in claim.lines if line.pointers and str(at) in line.pointers]


def _days_of(claim: Claim, lines: list[Line]) -> list[_Day]:
    """The days by which a diagnosis is judged, each once, in order: those of the lines that it explains; of an
    inpatient's claim the day of discharge. A line without a day is DATE-INVALID."""
    through = _through_date(claim) if claim.setting == INSTITUTIONAL else None
    days = {day: line for line in reversed(lines) if (day := through or line.day)}
    return [_Day(day, days[day]) for day in sorted(days)]


class _Judged(NamedTuple):
    """A diagnosis, its position from 1, and the days on which it is valid, is not, and of which nothing is known.
    ``is_pointed``: lines point to it, or all of a hospital's do."""

    at: int
    code: str
    valid: list[_Day]
    wrong: list[_Day]
    unknown: list[_Day]
    is_pointed: bool


def _judged(claim: Claim, rulebook: Rulebook) -> Iterator[_Judged]:
    """Each diagnosis, by the days that decide about it."""
    for at, diagnosis in enumerate(claim.diagnoses or (), 1):
        if not diagnosis:
            continue  # it could not be read, which the reader says
        pointing = _lines_pointing_to(claim, at)
        judged = _Judged(at, diagnosis, [], [], [], bool(pointing) or claim.setting == OUTPATIENT)
        for one in _days_of(claim, pointing or [*claim.lines]):
            try:
                listed = rulebook.on(one.day).diagnosis(plain_diagnosis(diagnosis))
            except NotInForce:
                judged.unknown.append(one)
                continue
            (judged.valid if listed else judged.wrong).append(one)
        yield judged


def _are_valid(block: ClaimColumns) -> bool:
    """Whether all diagnoses are valid on all days; a hospital's stay is judged by another day than its lines'."""
    return INSTITUTIONAL not in block.settings and all(
        rules.all_are(True, ICD_10_CM, block.diagnosis_codes) for rules in block.rules
    )


_SPLITTABLE: Final = (PROFESSIONAL, DME, OUTPATIENT)
_E11 = {"E1100": Diagnosis(), "E119": Diagnosis()}
_FY2022 = date(2021, 10, 1)
_BACK_PAIN = {
    "M545": Diagnosis(last=date(2021, 9, 30)),
    "M5450": Diagnosis(_FY2022),
    "M5459": Diagnosis(_FY2022),
    "F32A": Diagnosis(_FY2022),
}


def _on(day: str, *diagnoses: str) -> Claim:
    return a_claim(a_line(day=day), diagnoses=diagnoses)


@claim_check(
    "DX-INVALID",
    severity=REJECT,
    citation=citations.DIAGNOSES,
    codes=codes("CO-16", "M76", "A7:255", "H"),
    step=1,
    needs=(ICD_10_CM,),
    clean_if=_are_valid,
    examples=(
        passes("valid", a_claim(a_line(), diagnoses=("E119",)), icd10cm=_E11),
        passes("as coders write it", a_claim(a_line(), diagnoses=("e11.9",)), icd10cm=_E11),
        fires("a category", a_claim(a_line(), diagnoses=("E11",)), says="such as E11.00", icd10cm=_E11),
        fires(
            "no 7th character",
            a_claim(a_line(), diagnoses=("S52501",)),
            says="S52.501A",
            icd10cm={"S52501A": Diagnosis()},
        ),
        fires("unknown", a_claim(a_line(), diagnoses=("4019",)), says="not an ICD-10-CM code", icd10cm=_E11),
        fires("the second", a_claim(a_line(), diagnoses=("E119", "E11X")), says="E11.X", icd10cm=_E11),
        fires("anything else", a_claim(a_line(), diagnoses=("A NAME",)), says="6 characters", icd10cm=_E11),
        passes("on its last day", _on("20210930", "M545"), icd10cm=_BACK_PAIN),
        fires("ended and divided", _on("20211002", "M54.5"), says="ended on 2021-09-30", icd10cm=_BACK_PAIN),
        fires("not begun", _on("20210930", "F32A"), says="begins on 2021-10-01", icd10cm=_BACK_PAIN),
        passes(
            "no line points to it, and it is valid on the day of one",
            a_claim(a_line(day="20210930"), a_line(day="20211002"), diagnoses=("M5450", "M545", "F32A")),
            icd10cm={**_BACK_PAIN, "M5450": Diagnosis()},
        ),
        fires(
            "the line that it explains decides",
            a_claim(a_line(day="20210930"), a_line(day="20211002", pointers=("2",)), diagnoses=("M5450", "M545")),
            says="2021-10-02",
            icd10cm={**_BACK_PAIN, "M5450": Diagnosis()},
        ),
        passes("none", a_claim(a_line(), diagnoses=()), icd10cm=_E11),
        passes("not carried", a_claim(a_line(), diagnoses=None), icd10cm=_E11),
        not_judged("no list for the day", a_claim(a_line(), diagnoses=("E119",))),
    ),
)
def diagnosis_not_valid(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A diagnosis is not a valid ICD-10-CM code on the date of service.

    A category is not billable: report the code to its last character, the 7th included. Codes begin and end with the
    fiscal year, on October 1, and some on April 1; the date of service decides, never the date of the claim. A
    professional claim's diagnosis is judged by the lines that point to it, one that no line points to by all of them; a
    hospital's outpatient claim by its lines, an inpatient one by its through date.

    A diagnosis that is valid on some of its lines' days and not on others is DX-SPAN. Days before 2015-10-01, when
    ICD-9-CM was in force, are not judged.
    """
    gaps: dict[int, Line] = {}
    for one in _judged(claim, rulebook):
        gaps.update((id(day.line), day.line) for day in one.unknown)
        if not one.wrong or (one.valid and (not one.is_pointed or claim.setting in _SPLITTABLE)):
            continue
        yield _invalid(one, one.wrong[0].day, rulebook)
    unknown = {rulebook.on(line.day) for line in gaps.values()}
    yield from (NotJudged(line, ICD_10_CM) for line in claim.lines if gaps and rulebook.on(line.day) in unknown)


def _row_of(rulebook: Rulebook, code: str, day: date) -> Sourced:
    """The row of a diagnosis. The key of one that is no code may be a name: the row of it names its release alone."""
    row = rulebook.on(day).diagnosis(code)
    return row if _AS_WRITTEN.fullmatch(code) else Absent(row.source.replace(code, "diagnosis"))


def _invalid(one: _Judged, day: date, rulebook: Rulebook) -> Finding:
    """What is wrong with a diagnosis on a day."""
    code, shown = plain_diagnosis(one.code), _shown(one.code)
    finding = Finding(
        "",
        f"Report the code in force on the date of service ({_place(one.at)}).",
        field="diagnoses",
        observed=_observed(one.code),
        by=(_row_of(rulebook, code, day),),
        codes=codes("CO-16", "MA63", "A7:254", "H") if one.at == 1 else None,
    )
    under = [child for child in rulebook.keys_under(ICD_10_CM, code) if rulebook.on(day).diagnosis(child)]
    ended = _ended(rulebook, code, day)
    if ended:
        text = f"{shown} ended on {ended.last}; it is not valid on {day}."
        remedy = f"Report what it was divided into: {_some(under)} ({_place(one.at)})." if under else finding.remedy
        return finding._replace(text=text, remedy=remedy)
    if under:
        status = "A7:254" if one.at == 1 else "A7:255"
        return finding._replace(
            text=f"{shown} is a category, not a billable code: it needs more characters, such as {_shown(under[0])}.",
            remedy=f"Report the code to its last character, the 7th included ({_place(one.at)}).",
            codes=codes("CO-16", "M81", status, "H"),
        )
    begins = _begins(rulebook, code, day)
    if begins:
        remedy = f"Report the code in force on the date of service, or correct the date ({_place(one.at)})."
        return finding._replace(text=f"{shown} begins on {begins.first}; it is not valid on {day}.", remedy=remedy)
    text = f"{shown} is not an ICD-10-CM code."
    return finding._replace(text=text, remedy=f"Correct the diagnosis ({_place(one.at)}).")


def _ended(rulebook: Rulebook, code: str, day: date) -> Period | None:
    """When a code ended before a day."""
    before = [period for period in rulebook.periods(ICD_10_CM, code) if period.row is not None and period.last < day]
    return max(before, key=lambda period: period.last, default=None)


def _begins(rulebook: Rulebook, code: str, day: date) -> Period | None:
    """When a code begins after a day."""
    after = [period for period in rulebook.periods(ICD_10_CM, code) if period.row is not None and period.first > day]
    return min(after, key=lambda period: period.first, default=None)


def _some(under: list[str], most: int = 4) -> str:
    shown = ", ".join(map(_shown, under[:most]))
    return f"{shown} and {len(under) - most} more" if len(under) > most else shown


_G35 = {"G35": Diagnosis(last=date(2025, 9, 30))}


def _on_two(day: str, later: str) -> Claim:
    return a_claim(a_line(day=day), a_line(day=later), diagnoses=("G35",))


@claim_check(
    "DX-SPAN",
    severity=REJECT,
    citation=citations.DIAGNOSES,
    codes=codes("CO-16", "M76", "A7:255", "H"),
    step=1,
    needs=(ICD_10_CM,),
    settings=_SPLITTABLE,
    clean_if=_are_valid,
    examples=(
        passes("valid on both days", _on_two("20250928", "20250930"), icd10cm=_G35),
        fires("ended in between", _on_two("20250930", "20251002"), says="both sides of 2025-10-01", icd10cm=_G35),
        passes("invalid on both days", _on_two("20251002", "20251003"), icd10cm=_G35),
        passes(
            "the later line does not point to it",
            a_claim(a_line(day="20250930"), a_line(day="20251002", pointers=("2",)), diagnoses=("G35", "I10")),
            icd10cm={**_G35, "I10": Diagnosis()},
        ),
        fires(
            "all lines of a hospital point to all",
            a_claim(
                a_line(day="20250930", setting=OUTPATIENT, pointers=None),
                a_line(day="20251002", setting=OUTPATIENT, pointers=None),
                diagnoses=("I10", "G35"),
            ),
            icd10cm={**_G35, "I10": Diagnosis()},
        ),
    ),
)
def diagnosis_valid_on_some_days(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A diagnosis is valid on the days of some of its lines, and not on those of others.

    The lines lie on both sides of a day on which ICD-10-CM changes: October 1, or April 1. Split the claim there, and
    report on each part the code in force. DX-INVALID is silent then.
    """
    for one in _judged(claim, rulebook):
        if not (one.valid and one.wrong and one.is_pointed):
            continue
        right, wrong = one.valid[0].day, one.wrong[0].day
        change = _change_between(rulebook, plain_diagnosis(one.code), right, wrong)
        yield Finding(
            f"{_shown(one.code)} is valid on {right} but not on {wrong}: its lines are on both sides of {change}.",
            f"Split the claim at {change}, and report the code in force on each part.",
            field="diagnoses",
            observed=_observed(one.code),
            by=(rulebook.on(wrong).diagnosis(plain_diagnosis(one.code)),),
        )


def _change_between(rulebook: Rulebook, code: str, right: date, wrong: date) -> date:
    """The first day on which a code is valid, or on which it no longer is, between two days."""
    low, high = sorted((right, wrong))
    was = bool(rulebook.on(low).diagnosis(code))
    changes = rulebook.changes_between(low, high)
    return next(day for day in changes if bool(rulebook.on(day).diagnosis(code)) is not was)


# Missing, too many, twice, with a point.

_TRANSPORT: Final = ((21, 999, "A"), (2001, 2007, "T"), (207, 215, "S"))
"""Ambulance and other transport, A0021 to A0999, T2001 to T2007 and S0207 to S0215, which need no diagnosis."""


@lru_cache(maxsize=4096)
def _is_transport(code: str) -> bool:
    digits = code[1:]
    if not (len(code) == 5 and digits.isascii() and digits.isdecimal()):
        return False
    return any(code[0] == letter and first <= int(digits) <= last for first, last, letter in _TRANSPORT)


@claim_check(
    "DX-MISSING",
    severity=REJECT,
    citation=citations.NO_DIAGNOSIS,
    codes=codes("CO-16", "MA63", "A6:254", "H"),
    step=1,
    any_code=True,
    clean_if=lambda block: () not in block.diagnoses,
    examples=(
        passes("a diagnosis", a_claim(a_line())),
        fires("none", a_claim(a_line(), diagnoses=()), says="no diagnosis"),
        passes("a source that carries none", a_claim(a_line(), diagnoses=None)),
        passes("an ambulance", a_claim(a_line("A0428"), a_line("A0425"), diagnoses=())),
        fires("an ambulance and a drug", a_claim(a_line("A0428"), a_line("J1885"), diagnoses=())),
        fires("a hospital", a_claim(a_line(setting=OUTPATIENT), diagnoses=())),
    ),
)
def diagnosis_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim has no diagnosis.

    Every claim reports the reason for the service as a code of ICD-10-CM. A professional claim of ambulance or other
    transport services alone needs none.
    """
    if claim.diagnoses != ():
        return
    exempt = claim.setting not in (OUTPATIENT, INSTITUTIONAL) and all(_is_transport(line.code) for line in claim.lines)
    if not exempt:
        remedy = "Report the reason for the service as ICD-10-CM (loop 2300 HI, CMS-1500 item 21)."
        yield Finding("The claim has no diagnosis.", remedy, field="diagnoses", observed="")


_MOST_OF_A_HOSPITAL: Final = 25


@claim_check(
    "DX-COUNT",
    severity=REJECT,
    citation=citations.tr3("HI: one principal and up to 24 other diagnoses (837I)"),
    codes=codes("", "", "A7:255"),
    step=1,
    any_code=True,
    settings=(OUTPATIENT, INSTITUTIONAL),
    clean_if=lambda block: max(map(len, filter(None, block.diagnoses)), default=0) <= _MOST_OF_A_HOSPITAL,
    examples=(
        passes("25", a_claim(a_line(setting=OUTPATIENT), diagnoses=("I10",) * 25)),
        fires("26", a_claim(a_line(setting=OUTPATIENT), diagnoses=("I10",) * 26), says="at most 25"),
    ),
)
def too_many_diagnoses(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An institutional claim has more than one principal and 24 other diagnoses.

    Of a professional claim, which has at most 12, DX-PTR says it.
    """
    count = len(claim.diagnoses or ())
    if count > _MOST_OF_A_HOSPITAL:
        yield Finding(
            f"A claim has at most {_MOST_OF_A_HOSPITAL} diagnoses; this one has {count}.",
            "Keep the principal diagnosis and the 24 others that matter most.",
            field="diagnoses",
            observed=str(count),
            allowed=str(_MOST_OF_A_HOSPITAL),
        )


_ICD_9: Final = frozenset(("BK", "BF"))
_USUAL: Final = ("ABK", "ABF")


def _qualifiers_are_right(block: ClaimColumns) -> bool:
    """Whether all are ABK and ABF, and no day is one of ICD-9-CM."""
    if {claim.diagnosis_qualifiers for claim in block.claims} != {None} or INSTITUTIONAL in block.settings:
        return False
    days = {*map(as_date, set(block.columns["from_date"]))}
    return all(day is not None and day >= _ICD_10_CM_BEGINS for day in days)


def _with(qualifiers: tuple[str, ...] | None, *diagnoses: str, day: str = "20240814") -> Claim:
    return _on(day, *diagnoses)._replace(submission=Submission(), diagnosis_qualifiers=qualifiers)


@claim_check(
    "DX-QUAL",
    severity=REJECT,
    citation=citations.tr3("HI01-1: ABK, ABF for ICD-10-CM, from 2015-10-01; BK, BF for ICD-9-CM before"),
    codes=codes("CO-16", "M76", "A7:255"),
    step=1,
    any_code=True,
    clean_if=_qualifiers_are_right,
    examples=(
        passes("ABK", _with(None, "I10")),
        fires("ICD-9-CM in 2024", _with(("BK",), "4019"), says="requires ICD-10-CM"),
        fires("ICD-10-CM on its eve", _with(None, "I10", day="20150930"), says="requires ICD-9-CM"),
        passes("ICD-9-CM on that day", _with(("BK", "BF"), "4019", "2724", day="20150930")),
        fires("both", _with(("ABK", "BF"), "I10", "4019"), says="both"),
        fires("the first is not the principal one", _with(("ABF",), "I10"), says="ABF"),
        passes("in rows", _on("20150930", "I10")),
        passes("none", _with(None)),
    ),
)
def qualifier_of_another_version(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The qualifiers of an 837's diagnoses do not fit the date of service, or one another.

    ABK (the first diagnosis) and ABF (the others) say ICD-10-CM, which is reported for dates of service from 2015-10-01
    on; BK and BF say ICD-9-CM, for the days before. An inpatient's date is that of discharge. A claim has diagnoses of
    one of them.
    """
    if claim.submission is None or not claim.diagnoses:
        return
    qualifiers = claim.diagnosis_qualifiers or _USUAL[: len(claim.diagnoses)]
    finding = Finding(
        "",
        "Report ABK for the first diagnosis and ABF for the others (HI01-1, HI02-1 ...).",
        field="diagnoses",
        observed=" ".join(dict.fromkeys(qualifiers)),
        allowed="ABK, ABF",
    )
    old = not _ICD_9.isdisjoint(qualifiers)
    if old and not _ICD_9.issuperset(qualifiers):
        yield finding._replace(
            text="HI has both ICD-10-CM (ABK, ABF) and ICD-9-CM (BK, BF) diagnoses; report one kind."
        )
        return
    through = _through_date(claim) if claim.setting == INSTITUTIONAL else None
    days = [through] if through else [line.day for line in claim.lines if line.day]
    if old and days and min(days) >= _ICD_10_CM_BEGINS:
        yield finding._replace(
            text=f"Qualifier {qualifiers[0]} is ICD-9-CM; the date of service, {min(days)}, requires ICD-10-CM."
        )
    elif not old and days and max(days) < _ICD_10_CM_BEGINS:
        yield finding._replace(
            text=f"Qualifier {qualifiers[0]} is ICD-10-CM; the date of service, {max(days)}, requires ICD-9-CM.",
            remedy="Report BK for the first diagnosis and BF for the others (HI01-1, HI02-1 ...), or correct the date.",
            allowed="BK, BF",
        )
    elif qualifiers[0] in ("ABF", "BF"):
        first = qualifiers[0].replace("F", "K")
        text = f"The first diagnosis has qualifier {qualifiers[0]}; the first, or principal, diagnosis has {first}."
        yield finding._replace(text=text, remedy=f"Report {first} in HI01-1.", allowed=first)


@claim_check(
    "DX-DOT",
    severity=REJECT,
    citation=citations.tr3("HI01-2: the decimal point of a diagnosis is assumed"),
    codes=codes("CO-16", "M76", "A7:255"),
    step=1,
    any_code=True,
    clean_if=lambda block: "." not in "".join(map("".join, filter(None, block.diagnoses))),
    examples=(
        passes("none", a_claim(a_line(), diagnoses=("L02511",), submission=Submission())),
        fires("a point", a_claim(a_line(), diagnoses=("L02.511",), submission=Submission()), says="Diagnosis L02.511"),
        passes("in rows, as coders write it", a_claim(a_line(), diagnoses=("L02.511",))),
    ),
)
def diagnosis_with_point(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A diagnosis of an 837 has a decimal point.

    The implementation guide leaves it out; some payers return the claim for it. In rows (CSV, JSON lines, Parquet)
    a point is right.
    """
    if claim.submission is None:
        return
    for at, diagnosis in enumerate(claim.diagnoses or (), 1):
        if "." in diagnosis:
            plain = plain_diagnosis(diagnosis)
            value = f"Report {plain}" if _AS_WRITTEN.fullmatch(plain) else "Report it"
            yield Finding(
                f"Diagnosis {_shown(diagnosis)} is sent with a decimal point; in X12 the point is assumed.",
                f"{value} without the point ({_place(at)}).",
                field="diagnoses",
                observed=_observed(diagnosis),
                soft=True,
            )


@lru_cache(maxsize=65536)
def _repeated(diagnoses: tuple[str, ...] | None) -> tuple[int, int] | None:
    """The positions, from 1, of the first two diagnoses that are the same; None where all differ."""
    known: dict[str, int] = {}
    for at, diagnosis in enumerate(diagnoses or (), 1):
        if diagnosis and (before := known.setdefault(plain_diagnosis(diagnosis), at)) != at:
            return before, at
    return None


@claim_check(
    "DX-DUP",
    severity=WARN,
    citation=citations.REPEATED_DIAGNOSES,
    codes=codes("CO-16", "M64", "A2:20", "L"),
    any_code=True,
    clean_if=lambda block: not any(map(_repeated, block.diagnoses)),
    examples=(
        passes("different ones", a_claim(a_line(), diagnoses=("I10", "E119"))),
        fires("one twice", a_claim(a_line(), diagnoses=("I10", "E119", "I10")), says="as diagnosis 1 and 3"),
        fires("written otherwise", a_claim(a_line(), diagnoses=("E11.9", "E119"))),
        passes("two that could not be read", a_claim(a_line(), diagnoses=("", "", "I10"))),
    ),
)
def diagnosis_twice(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """One diagnosis is on the claim twice.

    Each code is reported once per encounter. Remove one, and correct the pointers of the lines that point past it.
    """
    found = _repeated(claim.diagnoses)
    if found and claim.diagnoses:
        one, other = found
        diagnosis = claim.diagnoses[other - 1]
        yield Finding(
            f"{_shown(diagnosis)} is reported twice, as diagnosis {one} and {other}.",
            f"Remove diagnosis {other}, and correct the diagnosis pointers (SV107, CMS-1500 item 24E).",
            field="diagnoses",
            observed=_observed(diagnosis),
        )


# The first diagnosis.

_EXTERNAL: Final = frozenset("VWXY")
"""How external causes of morbidity begin, V00 to Y99."""


def _is_external(diagnosis: str, day: date | None) -> bool:
    """Whether a diagnosis is an external cause. ICD-9-CM, of the days before, has others that begin with V."""
    return diagnosis[:1].upper() in _EXTERNAL and day is not None and day >= _ICD_10_CM_BEGINS


def _firsts_are_right(block: ClaimColumns) -> bool:
    """Whether no first diagnosis is an external cause or a manifestation."""
    firsts = {plain_diagnosis(diagnoses[0]) for diagnoses in block.diagnoses if diagnoses}
    if not _EXTERNAL.isdisjoint([first[:1] for first in firsts]):
        return False
    return all(rules.all_are(False, MANIFESTATIONS, firsts) for rules in block.rules)


_E0842 = {"E0842": Listed()}


@claim_check(
    "DX-FIRST",
    severity=REJECT,
    citation=citations.FIRST_DIAGNOSIS,
    codes=codes("CO-16", "MA63", "A7:254"),
    refines=(MANIFESTATIONS,),
    settings=(PROFESSIONAL, ASC, OUTPATIENT, DME),
    cases=("manifestation",),
    clean_if=_firsts_are_right,
    examples=(
        passes("an injury, then its cause", a_claim(a_line(), diagnoses=("S52501A", "W1830XA")), manifestations=_E0842),
        fires("an external cause", a_claim(a_line(), diagnoses=("W1830XA", "S52501A")), says="external cause"),
        fires("a manifestation", a_claim(a_line(), diagnoses=("E08.42",)), says="manifestation", manifestations=_E0842),
        passes("a manifestation second", a_claim(a_line(), diagnoses=("K861", "E0842")), manifestations=_E0842),
        passes("ICD-9-CM had screenings there", _on("20060310", "V7389"), manifestations=_E0842),
        passes("a screening", a_claim(a_line("G0121"), diagnoses=("Z1211",)), manifestations=_E0842),
        passes("none", a_claim(a_line(), diagnoses=())),
        passes("before ICD-10-CM", _on("20060310", "E0842")),
        not_judged("no list for the day", a_claim(a_line(), diagnoses=("E0842",))),
    ),
)
def first_diagnosis_wrong(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The first diagnosis of the claim is an external cause, or a manifestation of another disease.

    External causes (V00 to Y99) say how an injury happened and are never first. A manifestation follows the disease
    that it comes from (the case ``manifestation``): which codes are manifestations is in a list of the Medicare Code
    Editor. The claim's first diagnosis decides, not the first pointer of a line (DX-FIRST-PTR).
    """
    diagnosis = next(iter(claim.diagnoses or ()), "")
    if not diagnosis or not claim.lines:
        return
    line = _first_line(claim)
    if line.day is None or line.day < _ICD_10_CM_BEGINS:
        return
    finding = Finding("", "", field="diagnoses", observed=_observed(diagnosis))
    if _is_external(diagnosis, line.day):
        text = f"{_shown(diagnosis)} is an external cause; it cannot be the first diagnosis."
        remedy = "Report the injury or condition first (HI01, CMS-1500 item 21A), the external cause after it."
        yield finding._replace(text=text, remedy=remedy)
        return
    try:
        row = rulebook.on(line.day).listed(MANIFESTATIONS, plain_diagnosis(diagnosis))
    except NotInForce as gap:
        yield NotJudged(line, gap.table)
        return
    if row:
        yield finding._replace(
            text=f"{_shown(diagnosis)} is a manifestation; the underlying disease is reported before it.",
            remedy="Report the underlying disease first (HI01, CMS-1500 item 21A).",
            by=(row,),
            case="manifestation",
        )


def _first_line(claim: Claim) -> Line:
    """A line of the claim's first day."""
    return min(claim.lines, key=lambda line: line.day or date.max)


@claim_check(
    "DX-FIRST-PTR",
    severity=WARN,
    citation=citations.EXTERNAL_CAUSES,
    codes=codes("CO-11", "", "A2:20", "L"),
    any_code=True,
    settings=(PROFESSIONAL,),
    clean_if=lambda block: _EXTERNAL.isdisjoint([code[:1] for code in block.diagnosis_codes]),
    examples=(
        passes("the injury", a_claim(a_line(), diagnoses=("S52501A", "W1830XA"))),
        fires("its cause", a_claim(a_line(pointers=("2",)), diagnoses=("S52501A", "W1830XA")), says="W18.30XA"),
        passes("its cause second", a_claim(a_line(pointers=("1", "2")), diagnoses=("S52501A", "W1830XA"))),
        passes("first on the claim: DX-FIRST", a_claim(a_line(), diagnoses=("W1830XA", "S52501A"))),
        passes(
            "ICD-9-CM had screenings there",
            a_claim(a_line(day="20060310", pointers=("2",)), diagnoses=("401", "V7389")),
        ),
        passes("no pointer", a_claim(a_line(pointers=()), diagnoses=("S52501A", "W1830XA"))),
    ),
)
def first_pointer_wrong(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A line's first diagnosis pointer points to an external cause.

    External causes (V00 to Y99) say how an injury happened; the line's main diagnosis is the injury. Where an external
    cause is the first diagnosis of the claim, DX-FIRST says it.
    """
    diagnoses = claim.diagnoses
    if not diagnoses:
        return
    for line in claim.lines:
        main = _pointed(line, diagnoses)[:1]
        if main and _is_external(main[0], line.day) and not _is_external(diagnoses[0], line.day):
            yield Finding(
                f"The line's main diagnosis, {_shown(main[0])}, is an external cause.",
                "Point to the injury or condition first (SV107-1, CMS-1500 item 24E).",
                line=line,
                field="pointers",
                observed=" ".join(line.pointers or ())[:40],
            )


@lru_cache(maxsize=65536)
def _pointed_to(pointers: tuple[str, ...], diagnoses: tuple[str, ...]) -> tuple[str, ...]:
    places = (int(p) for p in pointers if re.fullmatch("[0-9]{1,2}", p, re.ASCII))
    return tuple(diagnoses[place - 1] for place in places if 1 <= place <= len(diagnoses))


def _pointed(line: Line, diagnoses: tuple[str, ...]) -> tuple[str, ...]:
    """The diagnoses that a line points to, in order."""
    return _pointed_to(line.pointers or (), diagnoses)


# Age and sex.

_AGES: Final = {"newborn": (0, 0), "pediatric": (0, 17), "maternity": (9, 64), "adult": (15, 124)}
_OLDEST: Final = 124
_OF_AN_AGE = {
    "A33": Listed("newborn"),
    "O0900": Listed("maternity"),
    "Z00129": Listed("pediatric"),
    "N401": Listed("adult"),
}


def _ages_are_right(block: ClaimColumns) -> bool:
    """Whether no diagnosis is of an age, or all patients are of all such ages; a clinic's often are."""
    if all(rules.all_are(False, DIAGNOSIS_AGES, block.diagnosis_codes) for rules in block.rules):
        return True
    days = {*map(as_date, set(block.columns["from_date"]))}
    births = {*map(as_date, filter(None, {claim.birth_date for claim in block.claims}))} - {None}
    if None in days or len(block.rules) > 1 or not births:
        return not births
    (rules,) = block.rules
    if not rules.governs(DIAGNOSIS_AGES):
        return False
    found = [rules.listed(DIAGNOSIS_AGES, code) for code in block.diagnosis_codes]
    bands = [_AGES[value] for value in {row.value for row in found if row} if value in _AGES]
    youngest = _age_on(min(days), max(births))  # type: ignore[type-var]
    oldest = _age_on(max(days), min(births))  # type: ignore[type-var]
    return all(first <= youngest and oldest <= last for first, last in bands)


@lru_cache(maxsize=65536)
def _age_on(day: date, born: date) -> int:
    """The age in whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _aged(born: str, *diagnoses: str) -> Claim:
    return a_claim(a_line(), diagnoses=diagnoses, birth_date=born)


@claim_check(
    "DX-AGE",
    severity=WARN,
    citation=citations.DIAGNOSIS_AGES,
    codes=codes("CO-9", "", "A8:475"),
    refines=(DIAGNOSIS_AGES,),
    clean_if=_ages_are_right,
    examples=(
        passes("a child", _aged("20200101", "Z00129"), diagnosis_ages=_OF_AN_AGE),
        passes("the day before the eighteenth birthday", _aged("20070311", "Z00129"), diagnosis_ages=_OF_AN_AGE),
        fires("on the eighteenth birthday", _aged("20070310", "Z00129"), says="0 to 17", diagnosis_ages=_OF_AN_AGE),
        fires("pregnant", _aged("19550101", "I10", "O09.00"), says="O09.00", diagnosis_ages=_OF_AN_AGE),
        fires("no newborn", _aged("19950101", "A33"), says="newborn", diagnosis_ages=_OF_AN_AGE),
        fires("no adult", _aged("20150101", "N401"), diagnosis_ages=_OF_AN_AGE),
        passes("of any age", _aged("19550101", "I10"), diagnosis_ages=_OF_AN_AGE),
        passes("a birth date that can't be", _aged("18550101", "A33"), diagnosis_ages=_OF_AN_AGE),
        passes("born after the service", _aged("20260101", "N401"), diagnosis_ages=_OF_AN_AGE),
        passes("no birth date", a_claim(a_line(), diagnoses=("A33",)), diagnosis_ages=_OF_AN_AGE),
        not_judged("no list for the day", _aged("19950101", "A33")),
    ),
)
def diagnosis_of_another_age(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The patient's age on the first date of service is not that of a diagnosis.

    The lists of the Medicare Code Editor name diagnoses of newborns (age 0), children (0 to 17), maternity (9 to 64)
    and adults (15 to 124), in whole years. Before October 2020 maternity was 12 to 55; the wider band is used for all
    days. Check the birth date first. A birth date after the service, or more than 124 years before it, says nothing.
    """
    born = as_date(claim.birth_date or "")
    if born is None or not claim.diagnoses or not claim.lines:
        return
    line = _first_line(claim)
    day = line.day
    if day is None or born > day or day < _ICD_10_CM_BEGINS:
        return
    age = _age_on(day, born)
    if age > _OLDEST:
        return
    rules = rulebook.on(day)
    for at, diagnosis in enumerate(claim.diagnoses, 1):
        try:
            row = rules.listed(DIAGNOSIS_AGES, plain_diagnosis(diagnosis))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            return
        if not row or row.value not in _AGES:
            continue
        first, last = _AGES[row.value]
        if not first <= age <= last:
            ages = f"age {first}" if first == last else f"ages {first} to {last}"
            yield Finding(
                f"{_shown(diagnosis)} is a {row.value} diagnosis, for {ages}; the patient's age differs.",
                f"Verify the birth date (DMG02), or correct the diagnosis ({_place(at)}).",
                field="diagnoses",
                observed=_observed(diagnosis),
                allowed=ages,
                by=(row,),
            )


_OF_A_SEX = {"N401": Listed("M"), "O0900": Listed("F")}


def _sexes_are_right(block: ClaimColumns) -> bool:
    """Whether no diagnosis is of a sex, as from October 2024 on none is, or no patient of another than all such."""
    if all(rules.all_are(False, DIAGNOSIS_SEXES, block.diagnosis_codes) for rules in block.rules):
        return True
    sexes = {claim.sex for claim in block.claims} & {"F", "M"}
    if not all(rules.governs(DIAGNOSIS_SEXES) for rules in block.rules):
        return not sexes
    found = [rules.listed(DIAGNOSIS_SEXES, code) for rules in block.rules for code in block.diagnosis_codes]
    return not sexes or len(sexes | {row.value for row in found if row}) == 1


@claim_check(
    "DX-SEX",
    severity=WARN,
    citation=citations.DIAGNOSIS_SEXES,
    codes=codes("CO-10", "", "A8:474", "L"),
    refines=(DIAGNOSIS_SEXES,),
    settings=(PROFESSIONAL, ASC, DME),
    clean_if=_sexes_are_right,
    examples=(
        passes("as the diagnosis", a_claim(a_line(), diagnoses=("N401",), sex="M"), diagnosis_sexes=_OF_A_SEX),
        fires("otherwise", a_claim(a_line(), diagnoses=("N40.1",), sex="F"), says="male", diagnosis_sexes=_OF_A_SEX),
        fires("the other way", a_claim(a_line(), diagnoses=("O0900",), sex="M"), diagnosis_sexes=_OF_A_SEX),
        passes("confirmed by KX", a_claim(a_line("99213-KX"), diagnoses=("N401",), sex="F"), diagnosis_sexes=_OF_A_SEX),
        passes("unknown", a_claim(a_line(), diagnoses=("N401",), sex="U"), diagnosis_sexes=_OF_A_SEX),
        passes("of either", a_claim(a_line(), diagnoses=("I10",), sex="F"), diagnosis_sexes=_OF_A_SEX),
        not_judged("no list for the day", a_claim(a_line(), diagnoses=("N401",), sex="F")),
    ),
)
def diagnosis_of_another_sex(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A diagnosis is of the other sex than the claim's, on dates of service up to 2024-09-30.

    CMS ended this edit with October 2024; for later days the check is silent. KX on a line tells the payer that both
    are right, as for transgender and intersex patients. Hospitals say it by condition code 45, which is not read here,
    so that their claims are not looked at.
    """
    if claim.sex not in ("F", "M") or not claim.diagnoses or not claim.lines:
        return
    if any("KX" in line.modifiers for line in claim.lines):
        return
    line = _first_line(claim)
    if line.day is None or line.day < _ICD_10_CM_BEGINS:
        return
    rules = rulebook.on(line.day)
    for at, diagnosis in enumerate(claim.diagnoses, 1):
        try:
            row = rules.listed(DIAGNOSIS_SEXES, plain_diagnosis(diagnosis))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            return
        if row and row.value != claim.sex:
            sex = "female" if row.value == "F" else "male"
            yield Finding(
                f"{_shown(diagnosis)} is for {sex} patients; the claim's sex differs.",
                f"Verify the sex (DMG03) and the diagnosis ({_place(at)}); if both are right, append KX.",
                field="diagnoses",
                observed=_observed(diagnosis),
                by=(row,),
            )


# Beside one another.

_MOST_PAIRS: Final = 3


def _excluded_of(rules: Rules, diagnoses: tuple[str, ...]) -> tuple[Excluded, ...]:
    return rules.excluded_among(tuple(map(plain_diagnosis, diagnoses)))


def _none_is_excluded(block: ClaimColumns) -> bool:
    return all(rules.are_compatible(block.diagnosis_pairs) for rules in block.rules if rules.governs(EXCLUDES1))


_NOTES = {"R7303": Listed("E08-E13"), "E10": Listed("E08 E09 E11 E13"), "G57": Listed("G50-G59: M541")}


def _both(*diagnoses: str) -> Claim:
    return a_claim(a_line(pointers=("1", "2")), diagnoses=diagnoses)


@claim_check(
    "DX-EXCL1",
    severity=WARN,
    citation=citations.EXCLUDES1,
    codes=codes("CO-16", "M76", "A2:20", "L"),
    refines=(EXCLUDES1,),
    any_code=True,
    clean_if=_none_is_excluded,
    examples=(
        passes("unrelated", _both("I10", "E119"), excludes1=_NOTES),
        fires("two types of one disease", _both("E11.9", "E10.9"), says="note at E10", excludes1=_NOTES),
        fires("a range", _both("R7303", "E119"), says="R73.03 and E11.9", excludes1=_NOTES),
        fires("a note of the section", _both("G5702", "M5416"), says="G50-G59", excludes1=_NOTES),
        fires(
            "on the claim, but of no one line",
            a_claim(a_line(), a_line("71046", pointers=("2",)), diagnoses=("R7303", "E119")),
            severity=INFORM,
            excludes1=_NOTES,
        ),
        fires(
            "on a hospital's claim",
            a_claim(a_line(setting=OUTPATIENT, pointers=None), diagnoses=("R7303", "E119")),
            excludes1=_NOTES,
        ),
        passes("one alone", a_claim(a_line(), diagnoses=("R7303",)), excludes1=_NOTES),
        passes("no notes for the day", _both("R7303", "E119")),
    ),
)
def diagnoses_exclude_one_another(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An Excludes1 note says that two diagnoses are not coded together.

    The note of either may name the other: at the code, or at the category, section or chapter above it. Both are right
    where the two conditions are unrelated, which the guidelines allow; so the check only warns, once for each pair and
    for three pairs at most. Some payers deny the claim: give this check ``reject`` in the profile of such a payer.
    Two diagnoses that no line points to together only inform.

    Notes are known for dates of service from 2024-10-01 to 2026-09-30; other days are not looked at.
    """
    diagnoses = claim.diagnoses
    if not diagnoses or len(diagnoses) < 2 or not claim.lines:
        return
    for one in _excluded_of(rulebook.on(_first_line(claim).day), diagnoses)[:_MOST_PAIRS]:
        line = _line_of_both(claim, one)
        yield Finding(
            f"{_shown(one.one)} and {_shown(one.other)} exclude each other (Excludes1 note at {_where(one.where)}).",
            "Keep the one that applies; keep both only if the conditions are unrelated and the record says so.",
            line=line,
            field="diagnoses",
            observed=f"{_observed(one.one)} {_observed(one.other)}",
            severity=INFORM if line is None and claim.setting not in (OUTPATIENT, INSTITUTIONAL) else None,
            by=(one.row,),
        )


def _where(note: str) -> str:
    return note if "-" in note else _shown(note)


def _line_of_both(claim: Claim, one: Excluded) -> Line | None:
    """The first line that points to both of two diagnoses."""
    for line in claim.lines:
        pointed = {plain_diagnosis(diagnosis) for diagnosis in _pointed(line, claim.diagnoses or ())}
        if one.one in pointed and one.other in pointed:
            return line
    return None


# The side.

_SIDES: Final = LEFT_SITES | RIGHT_SITES | {"LT", "RT"}
_KNEE = {"M1710": Listed("M1711 M1712")}


def _names_a_side(service: Service, rules: Rules) -> bool:
    return not _SIDES.isdisjoint(service.modifiers)


@claim_check(
    "DX-UNSPEC",
    severity=WARN,
    citation=citations.LATERALITY,
    codes=codes("CO-11", "", "A2:20", "L"),
    refines=(UNSPECIFIED_SIDES,),
    settings=PRACTITIONER,
    applies_to=_names_a_side,
    examples=(
        passes("the side is named", a_claim(a_line("20610-RT"), diagnoses=("M1711",)), unspecified_sides=_KNEE),
        fires(
            "it is left open", a_claim(a_line("20610-RT"), diagnoses=("M1710",)), says="M17.11", unspecified_sides=_KNEE
        ),
        passes(
            "one of two names it",
            a_claim(a_line("20610-RT", pointers=("1", "2")), diagnoses=("M1710", "M1711")),
            unspecified_sides=_KNEE,
        ),
        fires(
            "the other has no side",
            a_claim(a_line("20610-RT", pointers=("1", "2")), diagnoses=("M17.10", "I10")),
            unspecified_sides=_KNEE,
        ),
        passes("no modifier of a side", a_claim(a_line("20610"), diagnoses=("M1710",)), unspecified_sides=_KNEE),
        passes("no diagnosis has a side", a_claim(a_line("20610-RT"), diagnoses=("I10",)), unspecified_sides=_KNEE),
        not_judged("no list for the day", a_claim(a_line("20610-RT"), diagnoses=("M1710",))),
    ),
)
def diagnosis_leaves_side_open(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A line's modifier tells the side, and its diagnoses leave it open.

    LT, RT and the eyelids, fingers and toes name a side. Of the line's diagnoses at least one has codes of its own for
    right and left, and none of those that have names the side. Report the code of the side if the record tells it. A
    diagnosis of the other side is DX-LAT.
    """
    diagnoses = claim.diagnoses
    if not diagnoses:
        return
    for line in claim.lines:
        if _SIDES.isdisjoint(line.modifiers) or line.day is None or line.day < _ICD_10_CM_BEGINS:
            continue
        pointed = _pointed(line, diagnoses)
        if any(map(side_of_diagnosis, pointed)):
            continue
        try:
            rows = [rulebook.on(line.day).listed(UNSPECIFIED_SIDES, plain_diagnosis(each)) for each in pointed]
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        open_ones = [(diagnosis, row) for diagnosis, row in zip(pointed, rows, strict=True) if row]
        if open_ones:
            yield _side_left_open(line, *open_ones[0])


def _side_left_open(line: Line, diagnosis: str, row: Listed) -> Finding:
    right, left = map(_shown, row.value.split())
    named = " ".join(m for m in line.modifiers if m in _SIDES)
    return Finding(
        f"{named} names the side; {_shown(diagnosis)} leaves it unspecified. {right} is right, {left} is left.",
        "Report the code of the side if the record names it.",
        line=line,
        field="diagnoses",
        observed=_observed(diagnosis),
        allowed=row.value,
        by=(row,),
    )


# Which side of the body a diagnosis names.
#
# The character that says right (1) or left (2) stands in another place from category to category, and in injuries of
# some bones 4 and 5 say so too. Each category here was compared with the title of every code in it (release of April
# 2026): no code of it reads otherwise. What is not here has no side that is certain. Left out on purpose: diagnoses
# whose side is not that of the treatment (strokes and what they leave, paralysis, amputations, pregnancy) and external
# causes.

_FIFTH = """
    C34 C40 C431 C432 C436 C437 C46 C47 C491 C492 C4A1 C4A2 C4A6 C4A7 C50A C57 C62 C63 C69 C72 C74 C76 C78
    C790 C796 C797 D02 D031 D032 D036 D037 D04 D05 D09 D14 D16 D172 D21 D22 D23 D29 D30 D31 D35 D39 D40 D41
    D44 D486 G51 G56 G57 H055 H101 H103 H113 H170 H171 H181 H201 H202 H210 H214 H251 H252 H263 H270 H302 H309
    H332 H334 H340 H341 H352 H356 H403 H404 H405 H406 H430 H431 H432 H46 H490 H491 H492 H493 H494 H502 H512
    H520 H521 H571 H600 H601 H602 H604 H606 H609 H612 H619 H624 H652 H653 H659 H661 H662 H664 H669 H69 H701
    H709 H71 H720 H721 H729 H731 H732 H739 H740 H741 H742 H744 H749 H75 H80 H810 H811 H812 H819 H830 H831 H839
    H901 H904 H907 H910 H911 H912 H919 H92 H931 H939 H93A H94 H950 I65 I66 I800 I801 I830 I831 I832 I839 L890
    L891 L892 L893 L895 L896 L97 M16 M17 M18 M201 M202 M203 M204 M206 M214 M220 M221 M224 M229 M234 M235 M239
    M543 M544 M670 M675 M701 M702 M703 M704 M705 M706 M707 M712 M750 M752 M753 M754 M755 M758 M759 M760 M761
    M762 M763 M764 M765 M766 M767 M77 M91 M920 M921 M923 M924 M926 M927 M95 M97 N60 N61 N633 N634 N830 N831
    N834 Q650 Q653 Q660 Q661 Q663 Q664 Q665 Q667 Q668 Q669 Q70 Q710 Q711 Q712 Q713 Q714 Q715 Q716 Q719 Q720
    Q721 Q722 Q723 Q724 Q725 Q726 Q727 Q729 S001 S023 S03 S041 S042 S043 S044 S045 S046 S047 S050 S051 S052
    S053 S054 S055 S056 S057 S059 S068 S092 S200 S223 S224 S318 S429 S435 S436 S438 S439 S440 S441 S442 S443
    S444 S445 S449 S498 S499 S500 S501 S529 S532 S533 S540 S541 S542 S543 S549 S57 S629 S639 S640 S641 S642
    S643 S649 S670 S672 S673 S674 S679 S69 S700 S701 S729 S740 S741 S742 S749 S77 S800 S801 S829 S833 S836
    S839 S840 S841 S842 S849 S87 S898 S899 S900 S903 S940 S941 S942 S943 S949 S970 S978 T15 T26 T334 T336 T337
    T344 T346 T347 T845 T873 T874 T875
"""
_FIFTH_OF_BONES = """
    H650 S063 S722 S825 S826 S930
"""
_SIXTH = """
    C500 C501 C502 C503 C504 C505 C506 C508 C509 D49 G90 H024 H04 H050 H051 H052 H053 H054 H058 H100 H102 H104
    H105 H108 H110 H111 H112 H114 H118 H15 H16 H178 H180 H182 H183 H184 H185 H186 H187 H188 H200 H208 H211
    H212 H213 H215 H250 H258 H260 H261 H262 H264 H271 H300 H301 H308 H31 H330 H331 H333 H342 H348 H350 H351
    H353 H354 H357 H36 H400 H401 H402 H408 H433 H438 H440 H441 H442 H443 H444 H445 H446 H447 H448 H47 H498
    H500 H501 H503 H504 H506 H508 H522 H525 H53 H570 H578 H59 H603 H605 H608 H610 H611 H613 H618 H628 H654
    H663 H68 H700 H702 H708 H722 H728 H730 H738 H743 H748 H813 H818 H832 H833 H838 H90A H918 H930 H932 H933
    H938 H951 H958 I75 I802 I824 I825 I826 I827 I82A I82B I82C I838 I87 L024 L025 L026 L030 L031 L98A M000
    M001 M002 M008 M01 M02 M05 M06 M07 M08 M10 M11 M12 M13 M14 M19 M1A M200 M205 M210 M211 M212 M213 M215 M216
    M217 M218 M219 M222 M223 M228 M236 M238 M266 M601 M602 M608 M610 M612 M613 M614 M615 M620 M621 M622 M624
    M63 M65 M662 M663 M668 M672 M673 M674 M678 M679 M700 M708 M709 M710 M711 M713 M714 M715 M718 M751 M768 M80
    M843 M844 M845 M846 M848 M85 M860 M861 M862 M863 M864 M865 M866 M88 M890 M892 M893 M894 M895 M896 M897 M90
    M922 M925 M93 M942 M943 M966 N50 N832 N833 N835 Q521 Q662 Q718 Q728 S002 S004 S011 S013 S014 S026 S028
    S040 S048 S058 S081 S093 S15 S201 S202 S203 S204 S21 S25 S28 S325 S370 S40 S41 S431 S434 S448 S45 S46 S48
    S490 S491 S503 S508 S509 S51 S534 S548 S55 S560 S561 S562 S563 S564 S565 S568 S569 S58 S59 S600 S601 S602
    S603 S605 S608 S610 S611 S614 S615 S633 S635 S638 S648 S650 S651 S652 S653 S654 S658 S659 S660 S662 S664
    S668 S669 S680 S684 S685 S687 S702 S703 S709 S71 S728 S748 S75 S76 S78 S79 S802 S808 S809 S81 S823 S834
    S835 S838 S848 S85 S86 S88 S890 S891 S892 S893 S901 S902 S905 S908 S934 S936 S948 S95 S96 S971 S98 S99 T20
    T22 T23 T24 T25 T28 T330 T335 T338 T340 T345 T348 T69 T79 T870 T871
"""
_SIXTH_OF_BONES = """
    H651 H660 M240 M241 M242 M243 M244 M245 M246 M248 M25 M611 M661 M79 M847 M870 M871 M872 M873 M878 S323
    S324 S326 S354 S355 S420 S421 S422 S423 S424 S430 S432 S433 S520 S521 S522 S523 S525 S526 S530 S531 S620
    S621 S622 S625 S630 S631 S720 S721 S723 S724 S73 S820 S821 S822 S824 S828 S830 S831 S904 S909 S91 S92 S931
    S933 S935
"""
_FOURTH = """
    C56 C64 C65 C66 D24 H67 H82 Q20 S47 T16
"""

_TWO: Final = {"1": "right", "2": "left"}
_FOUR: Final = {**_TWO, "4": "right", "5": "left"}

_PLACES: Final[dict[str, tuple[int, dict[str, str]]]] = {
    category: (place, sides)
    for categories, place, sides in (
        (_FOURTH, 3, _TWO),
        (_FIFTH, 4, _TWO),
        (_FIFTH_OF_BONES, 4, _FOUR),
        (_SIXTH, 5, _TWO),
        (_SIXTH_OF_BONES, 5, _FOUR),
    )
    for category in categories.split()
}


@lru_cache(maxsize=65536)
def side_of_diagnosis(diagnosis: str) -> Literal["right", "left", ""]:
    """The side that a diagnosis names: "" where it names none, both, or none that is certain."""
    code = diagnosis.replace(".", "").upper()
    place, sides = _PLACES.get(code[:4]) or _PLACES.get(code[:3]) or (0, {})
    side = sides.get(code[place : place + 1], "")
    return "right" if side == "right" else "left" if side else ""
