"""The patient's birth date and sex, and codes against them, the side of the body and the anatomic site."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Final

from claimcheck.authoring.check import PRACTITIONER, PRICED, ClaimColumns, claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.diagnoses import side_of_diagnosis
from claimcheck.checks.families import LEFT_SITES, RIGHT_SITES, SITES
from claimcheck.checks.spreadsheets import remedy_of_date
from claimcheck.claim import OUTPATIENT, Claim, Line, Service, as_date
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_OLDEST: Final = 124
"""Years; the Medicare Code Editor takes no age above."""
_MONTH_AND_DAY: Final = itemgetter(slice(4, 8))
_MONTHS_AND_DAYS: Final = frozenset(f"{date(2001, 1, 1) + timedelta(days):%m%d}" for days in range(365))


def _births_are_plain(block: ClaimColumns) -> bool:
    """Whether all birth dates are CCYYMMDD, on a day that every year has, and none is too long ago."""
    births = {*block.of_claims("birth_date")} - {None}
    if not births:
        return True
    written = "".join(births)
    if {*map(len, births)} != {8} or not (written.isascii() and written.isdigit()):
        return False
    if not _MONTHS_AND_DAYS.issuperset(map(_MONTH_AND_DAY, births)):
        return False
    latest = max(filter(None, block.days), default=date.min)
    return int(min(births)[:4]) >= max(latest.year - _OLDEST, date.min.year)


@claim_check(
    "BIRTH",
    severity=REJECT,
    citation=citations.BIRTH,
    codes=codes("CO-16", "N329", "A7:158", "H"),
    step=1,
    any_code=True,
    clean_if=_births_are_plain,
    examples=(
        passes("a day of the calendar", a_claim(a_line(), birth_date="1940-02-29")),
        passes("124 years old", a_claim(a_line(day="20240814"), birth_date="18990815")),
        fires("125 years old", a_claim(a_line(day="20240814"), birth_date="18990814"), says="over 124 years"),
        fires("not a day", a_claim(a_line(), birth_date="19400230"), says="not a calendar date"),
        fires("empty", a_claim(a_line(), birth_date=""), says="is missing"),
        passes("not carried by the source", a_claim(a_line())),
        passes("after the service: DATE-ORDER", a_claim(a_line(), birth_date="20250401")),
    ),
)
def birth_date_implausible(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The patient's birth date is not a calendar date, or makes the patient over 124 years old.

    The age is in whole years on the first date of service. A service before the birth is DATE-ORDER's. The message
    shows neither the date nor the age: they can identify a patient.
    """
    birth = claim.birth_date
    if birth is None:
        return
    born = as_date(birth)
    first = min((line.day for line in claim.lines if line.day), default=None)
    if born is None:
        text = "The patient's birth date is not a calendar date." if birth else "The patient's birth date is missing."
    elif first and _years(born, first) > _OLDEST:
        text = f"The birth date makes the patient over {_OLDEST} years old on the date of service."
    else:
        return
    remedy = "Correct the birth date (DMG02; CMS-1500 item 3, UB-04 FL 10)."
    yield Finding(text, remedy if born else remedy_of_date(birth, remedy), field="birth_date")


@lru_cache(maxsize=4096)
def _years(born: date, day: date) -> int:
    """Age in whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


_SEXES: Final = frozenset({"F", "M", "U"})


@claim_check(
    "SEX-CODE",
    severity=REJECT,
    citation=citations.tr3("Loops 2010BA and 2010CA, DMG03: F, M or U"),
    codes=codes(status="A7:157"),
    step=1,
    any_code=True,
    clean_if=lambda block: {*block.of_claims("sex")} - {None} <= _SEXES,
    examples=(
        passes("female", a_claim(a_line(), sex="F")),
        passes("unknown", a_claim(a_line(), sex="U")),
        passes("not carried by the source", a_claim(a_line())),
        fires("another letter", a_claim(a_line(), sex="X"), says="F, M or U"),
        fires("lower case", a_claim(a_line(), sex="f")),
        fires("empty", a_claim(a_line(), sex=""), says="is missing"),
    ),
)
def sex_not_a_code(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The patient's sex is not one of the codes of the 837: F, M or U (unknown). The message does not show it."""
    if claim.sex is None or claim.sex in _SEXES:
        return
    text = "The patient's sex is F, M or U; the claim has another value." if claim.sex else "The sex is missing."
    yield Finding(text, "Report F, M, or U for unknown (DMG03; CMS-1500 item 3).", field="sex", allowed="F, M, U")


_PREVENTIVE_VISITS = (99381, 99397)
_CRITICAL_CARE_AND_IMPLANTS = frozenset({99468, 99469, 99471, 99472, 99475, 99476, 92601, 92602, 92603, 92604})


def _is_age_specific(code: str) -> bool:
    number = number_of(code)
    return _PREVENTIVE_VISITS[0] <= number <= _PREVENTIVE_VISITS[1] or number in _CRITICAL_CARE_AND_IMPLANTS


_AGE_CODES = codes("CO-6", "N129", "A7:475", "H")
_BANDS = {"99383": Listed("5-11 years")}


@claim_check(
    "AGE",
    severity=REJECT,
    citation=citations.AGES,
    codes=_AGE_CODES,
    refines=("age_bands",),
    settings=PRICED,
    applies_to=lambda service, rules: _is_age_specific(service.code),
    examples=(
        passes("in the band", a_claim(a_line("99383"), birth_date="20180310"), age_bands=_BANDS),
        passes(
            "the day before the twelfth birthday", a_claim(a_line("99383"), birth_date="20130311"), age_bands=_BANDS
        ),
        fires("the twelfth birthday", a_claim(a_line("99383"), birth_date="20130310"), says="5-11", age_bands=_BANDS),
        fires("too young", a_claim(a_line("99383"), birth_date="2020-03-11"), age_bands=_BANDS),
        passes(
            "born on the day",
            a_claim(a_line("99381"), birth_date="20250310"),
            age_bands={"99381": Listed("under 1 year")},
        ),
        fires(
            "critical care of a newborn, on the 29th day",
            a_claim(a_line("99468"), birth_date="20250209"),
            severity=WARN,
            age_bands={"99468": Listed("0-28 days")},
        ),
        fires(
            "on a hospital claim",
            a_claim(a_line("99383", pos=None, setting=OUTPATIENT), birth_date="20180310"),
            says="UB-04 FL 10",
            age_bands={"99383": Listed("12-17 years")},
        ),
        passes("no birth date known", a_claim(a_line("99383"))),
        passes("no age in the code", a_claim(a_line("99213"), birth_date="20180310")),
        not_judged("no list for the day", a_claim(a_line("99383"), birth_date="20180310")),
    ),
)
def age_outside_band(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The patient's age on the date of service is outside the age range of the code.

    Preventive visits (99381 to 99397) are rejected, as a soft reject: a payer may still price a visit close to
    a limit of its range. Neonatal and pediatric critical care, and cochlear implant services, warn only:
    payers count their days in more than one way. Verify the date of birth first: it is wrong more often than
    the code. The message names the range of the code, never the patient's age.
    """
    born = as_date(claim.birth_date or "")
    if born is None:
        return
    for line in claim.lines:
        if not _is_age_specific(line.code):
            continue
        try:
            row = rulebook.on(line.day).listed("age_bands", line.code)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        # A birth after the service is DATE-ORDER's.
        if row and line.day and born <= line.day and not _in_band(row.value, born, line.day):
            box = "UB-04 FL 10" if line.service.setting == OUTPATIENT else "CMS-1500 item 3"
            yield Finding(
                f"{line.code} is for age {row.value}; the patient's age on the date of service differs.",
                f"Verify the date of birth (DMG02; {box}), or report the code for the patient's age.",
                line=line,
                field="code",
                observed=line.code,
                allowed=row.value,
                severity=WARN if number_of(line.code) in _CRITICAL_CARE_AND_IMPLANTS else None,
                soft=True,
                by=(row,),
            )


_BAND = re.compile(
    r"under (?P<under>\d+) years?|(?P<over>\d+) years and over"
    r"|(?P<years>\d+)-(?P<to_years>\d+) years|(?P<days>\d+)-(?P<to_days>\d+) days"
    r"|(?P<from_days>\d+) days to (?P<to_months>\d+) months"
)


@lru_cache(maxsize=4096)
def _in_band(band: str, born: date, day: date) -> bool:
    """Whether a patient born on a day is within an age range. A range that can't be read has no limits."""
    found = _BAND.fullmatch(band)
    if found is None:
        return True
    part = {name: int(text) for name, text in found.groupdict().items() if text}
    years = _years(born, day)
    days = (day - born) // timedelta(days=1)
    if "under" in part:
        return years < part["under"]
    if "over" in part:
        return years >= part["over"]
    if "years" in part:
        return part["years"] <= years <= part["to_years"]
    if "days" in part:
        return part["days"] <= days <= part["to_days"]
    # "Through 24 months" ends with the day before the birthday.
    return days >= part["from_days"] and years < part["to_months"] // 12


_MALE = (54000, 55899)
_FEMALE = (56405, 59899)
_EITHER = frozenset({58323})
"""A laboratory test of a donor's specimen, numbered within the section for female patients."""


def _sex_of(code: str) -> str:
    number = number_of(code)
    if number in _EITHER:
        return ""
    return "M" if _MALE[0] <= number <= _MALE[1] else "F" if _FEMALE[0] <= number <= _FEMALE[1] else ""


@claim_check(
    "SEX",
    severity=WARN,
    citation=citations.SEXES,
    codes=codes("CO-7", "", "A7:474", "H"),
    settings=PRACTITIONER,
    applies_to=lambda service, rules: bool(_sex_of(service.code)) and "KX" not in service.modifiers,
    examples=(
        passes("as the code", a_claim(a_line("59400"), sex="F")),
        fires("otherwise", a_claim(a_line("59400"), sex="M"), says="KX"),
        fires("the other way", a_claim(a_line("55700"), sex="F"), says="54000 to 55899"),
        passes("confirmed by KX", a_claim(a_line("55700-KX"), sex="F")),
        passes("unknown", a_claim(a_line("59400"), sex="U")),
        passes("not given", a_claim(a_line("59400"))),
        passes("of either", a_claim(a_line("19301"), sex="M")),
    ),
)
def sex_against_code(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The code is in a section for one sex; the sex on the claim differs.

    Checked are the sections 54000 to 55899 (male genital system) and 56405 to 59899 (female genital system,
    maternity). Where both the code and the sex are right, as for transgender and intersex patients, append KX:
    it tells the payer so, and this edit passes. Hospitals report condition code 45 instead; it is not read
    here, so hospital claims are not checked.
    """
    if claim.sex not in ("F", "M"):
        return
    for line in claim.lines:
        sex = _sex_of(line.code)
        if sex and sex != claim.sex and "KX" not in line.modifiers:
            (first, last), patients = (_MALE, "male") if sex == "M" else (_FEMALE, "female")
            yield Finding(
                f"{line.code} is for {patients} patients (section {first} to {last}); the sex on the claim differs.",
                "Verify the sex (DMG03; CMS-1500 item 3) and the code. If both are right, append KX.",
                line=line,
                field="code",
                observed=line.code,
            )


_ICD_10_CM = date(2015, 10, 1)
"""From then on diagnoses are those of ICD-10-CM."""

_LEFT = LEFT_SITES | {"LT"}
_RIGHT = RIGHT_SITES | {"RT"}


def _side_of(service: Service) -> str:
    """The side that a line's modifiers name; "" for none or both."""
    if "50" in service.modifiers:
        return ""
    left, right = not _LEFT.isdisjoint(service.modifiers), not _RIGHT.isdisjoint(service.modifiers)
    return "left" if left and not right else "right" if right and not left else ""


@claim_check(
    "DX-LAT",
    severity=WARN,
    citation=citations.LATERALITY,
    codes=codes("CO-11", "", "A8:255", "L"),
    settings=PRICED,
    applies_to=lambda service, rules: bool(_side_of(service)),
    examples=(
        passes("the same side", a_claim(a_line("19301-LT"), diagnoses=("C50912",))),
        fires("the other side", a_claim(a_line("19301-RT"), diagnoses=("C50912",)), says="left"),
        fires("a finger", a_claim(a_line("26010-F1"), diagnoses=("L02.511",)), says="right"),
        passes("one of two fits", a_claim(a_line("19301-RT", pointers=("1", "2")), diagnoses=("C50912", "C50911"))),
        passes("one has no side", a_claim(a_line("19301-RT", pointers=("1", "2")), diagnoses=("C50912", "I10"))),
        passes("only what is pointed to counts", a_claim(a_line("19301-RT"), diagnoses=("C50911", "C50912"))),
        passes("unspecified side", a_claim(a_line("19301-RT"), diagnoses=("C50919",))),
        passes("both sides", a_claim(a_line("19301-50"), diagnoses=("C50912",))),
        passes("before ICD-10-CM", a_claim(a_line("19301-RT", day="20150930"), diagnoses=("C50912",))),
        fires("bone: 4 is right", a_claim(a_line("25600-LT"), diagnoses=("S52.534A",)), says="right"),
        passes(
            "a hospital's diagnoses are the claim's",
            a_claim(a_line("19301-RT", setting=OUTPATIENT, pointers=None), diagnoses=("C50912", "I10")),
        ),
    ),
)
def diagnosis_on_other_side(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The side in the modifier conflicts with the side in every diagnosis of the line.

    LT, RT and the modifiers of eyelids, fingers and toes name a side; so do many ICD-10-CM codes. The edit
    fires only where every diagnosis that the line points to names a side, and all name the opposite one.
    Lines of hospital claims have no diagnosis pointers: there all diagnoses of the claim count.
    """
    diagnoses = claim.diagnoses
    if not diagnoses:
        return
    for line in claim.lines:
        side = _side_of(line.service)
        if not side or line.day is None or line.day < _ICD_10_CM:
            continue
        sides = {side_of_diagnosis(diagnosis) for diagnosis in _pointed(line, diagnoses)}
        if len(sides) == 1 and "" not in sides and side not in sides:
            (other,) = sides
            named = " ".join(m for m in line.modifiers if m in _LEFT | _RIGHT)
            where, remedy = _OF_CLAIM if line.pointers is None else _OF_LINE
            yield Finding(
                f"Modifier {named} is for the {side} side; every diagnosis of the {where} is for the {other} side.",
                remedy,
                line=line,
                field="modifiers",
                observed=named,
            )


_OF_LINE = "line", "Correct the modifier, the diagnosis code or the pointer (SV107; CMS-1500 item 24E)."
_OF_CLAIM = "claim", "Correct the modifier or the diagnosis code."
"""Whose diagnoses count, and what to correct."""


def _pointed(line: Line, diagnoses: tuple[str, ...]) -> tuple[str, ...]:
    """The diagnoses that a line points to; all of the claim's where lines point to none."""
    if line.pointers is None:
        return diagnoses
    places = (int(p) for p in line.pointers if re.fullmatch("[0-9]{1,2}", p))
    return tuple(diagnoses[place - 1] for place in places if 1 <= place <= len(diagnoses))


_SITES = (
    (26010, 26989, "F", "finger", "FA, F1 to F9"),
    (28001, 28899, "T", "toe", "TA, T1 to T9"),
    (67700, 67999, "E", "eyelid", "E1 to E4"),
)
"""Sections of the hand and fingers, foot and toes, and eyelids, with their anatomic modifiers."""


@service_check(
    "MOD-MISSING",
    severity=WARN,
    citation=citations.SITES,
    codes=codes("CO-4", "N822", "A6:453"),
    refines=("site_modifier",),
    settings=PRACTITIONER,
    examples=(
        passes("the finger is named", a_service("26951-F1"), site_modifier={"26951": Listed()}),
        fires("which toe", a_service("28510-LT"), says="TA, T1 to T9", site_modifier={"28510": Listed()}),
        fires(
            "a toe's modifier on an eyelid",
            a_service("67850-T1"),
            says="E1 to E4",
            site_modifier={"67850": Listed()},
        ),
        passes("both sides", a_service("67850-50"), site_modifier={"67850": Listed()}),
        passes("not in the policy", a_service("26123"), site_modifier={"26951": Listed()}),
        passes("another part of the body", a_service("19301")),
        not_judged("no list for the day", a_service("26951")),
    ),
)
def site_modifier_missing(service: Service, rules: Rules) -> Iterator[Finding]:
    """A procedure on an eyelid, finger or toe has no anatomic modifier.

    Payers that follow CMS's correct coding guidance deny such a procedure without E1 to E4, FA to F9 or
    TA to T9. Medicare prices such a line, but takes a second one for a duplicate. Only codes that a payer's
    published policy names are checked. Modifiers that other services require have edits of their own (THER,
    ANES).
    """
    if "50" in service.modifiers:
        return
    number = number_of(service.code)
    for first, last, kind, site, names in _SITES:
        named = any(m in SITES and m.startswith(kind) for m in service.modifiers)
        if named or not first <= number <= last:
            continue
        row = rules.listed("site_modifier", service.code)
        if row:
            yield Finding(
                f"{service.code} requires the anatomic modifier of the {site} ({names}); the line has none of them.",
                f"Append the modifier of the {site} treated (CMS-1500 item 24D).",
                field="modifiers",
                observed=" ".join(service.modifiers)[:40],
                allowed=names,
                by=(row,),
            )
