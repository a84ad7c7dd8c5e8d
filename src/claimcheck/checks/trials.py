"""Clinical trials: modifiers Q0 and Q1, diagnosis Z00.6 and the trial's number go together."""

from collections.abc import Iterator
from datetime import date

from claimcheck.authoring.check import PRICED, ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.spreadsheets import remedy_of_zeros
from claimcheck.claim import DME, PROFESSIONAL, Claim, Line, Service, plain_diagnosis
from claimcheck.message import REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rulebook, Rules

_MODIFIERS = frozenset({"Q0", "Q1"})
_DIAGNOSIS = "Z006"
_ICD_10_CM_BEGINS = date(2015, 10, 1)
"""Before it the diagnosis was V70.7."""
_NUMBER_SINCE = date(2014, 1, 1)
_DIGITS = 8


def _of_trial(service: Service, rules: Rules) -> bool:
    return not _MODIFIERS.isdisjoint(service.modifiers)


@claim_check(
    "TRIAL",
    severity=REJECT,
    citation=citations.TRIALS,
    codes=codes("CO-16", "MA50", "A3:23", "L"),
    settings=(*PRICED, DME),
    cases=("diagnosis", "number"),
    applies_to=_of_trial,
    examples=(
        passes("of no trial", a_claim(a_line("99214"), trial_number="")),
        passes("whole", a_claim(a_line("99214-Q1"), diagnoses=("C50.911", "Z00.6"), trial_number="01234567")),
        fires("no diagnosis", a_claim(a_line("99214-Q1")), says="Z00.6 is not on the claim"),
        passes("before ICD-10-CM", a_claim(a_line("99214-Q1", day="20150930"), diagnoses=("V707",))),
        passes("diagnoses not carried", a_claim(a_line("99214-Q1"), diagnoses=None)),
        fires("no number", a_claim(a_line("99214-Q0"), diagnoses=("Z006",), trial_number=""), says="8 digits"),
        fires(
            "with its letters",
            a_claim(a_line("99214-Q0"), diagnoses=("Z006",), trial_number="NCT01234567"),
            says="without NCT",
        ),
        passes("number not carried", a_claim(a_line("99214-Q0"), diagnoses=("Z006",), trial_number=None)),
        passes("no number on the last day without", a_claim(a_line("99214-Q0", day="20131231"), trial_number="")),
        fires("nor on the first with", a_claim(a_line("99214-Q0", day="20140101"), trial_number="")),
    ),
)
def trial_not_identified(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A line of a clinical trial (Q0, Q1) without the diagnosis Z00.6, or without the trial's number.

    Medicare returns such a claim as unprocessable. Z00.6 is on the claim, as a rule second, first for a healthy
    volunteer; payers may price the line without it all the same. The number is the eight digits of clinicaltrials.gov
    without NCT, from 2014 on. The two are cases: ``diagnosis`` and ``number``.
    """
    for line in claim.lines:
        billed = [modifier for modifier in line.modifiers if modifier in _MODIFIERS]
        if billed and line.day:
            yield from _without_diagnosis(claim, line, billed[0])
            yield from _without_number(claim, line, billed[0])


def _has_diagnosis(claim: Claim) -> bool:
    """Whether a trial is among the diagnoses; also where one could not be read, which may be it."""
    return any(not one or plain_diagnosis(one) == _DIAGNOSIS for one in claim.diagnoses or ())


def _without_diagnosis(claim: Claim, line: Line, modifier: str) -> Iterator[Finding]:
    if claim.diagnoses is None or _has_diagnosis(claim) or (line.day and line.day < _ICD_10_CM_BEGINS):
        return
    yield Finding(
        f"{modifier} reports a service of a clinical trial; Z00.6 is not on the claim.",
        "Report Z00.6 as a secondary diagnosis (first for a healthy volunteer), or remove the modifier.",
        line=line,
        field="diagnoses",
        observed="",
        allowed="Z00.6",
        soft=True,
        codes=codes("CO-16", "M64", "A6:255"),
        case="diagnosis",
    )


def _without_number(claim: Claim, line: Line, modifier: str) -> Iterator[Finding]:
    number = claim.trial_number
    if number is None or (len(number) == _DIGITS and number.isascii() and number.isdigit()):
        return
    if line.day and line.day >= _NUMBER_SINCE:
        found = "it is missing" if not number else f"{len(number)} characters are reported"
        remedy = (
            "Report the digits of the number at clinicaltrials.gov without NCT: REF*P4 (CMS-1500 item 19, after CT)."
        )
        yield Finding(
            f"{modifier} requires the number of the clinical trial, 8 digits; {found}.",
            remedy_of_zeros(number or "", 8, remedy, fewest=5, shown=False),
            line=line,
            field="trial_number",
            observed="" if not number else f"{len(number)} characters",
            allowed="8 digits",
            case="number",
        )


def _names_no_trial(block: ClaimColumns) -> bool:
    return _DIAGNOSIS not in block.diagnosis_codes


@claim_check(
    "TRIAL2",
    severity=WARN,
    citation=citations.TRIALS,
    codes=codes("CO-4", "N822", "A2:20", "L"),
    settings=(PROFESSIONAL,),
    clean_if=_names_no_trial,
    examples=(
        passes("with Q1", a_claim(a_line("99214-Q1"), a_line("85025"), diagnoses=("C50911", "Z006"))),
        fires("without", a_claim(a_line("99214"), diagnoses=("C50911", "Z00.6")), says="no line has Q0 or Q1"),
        passes("of no trial", a_claim(a_line("99214"))),
        passes("not carried", a_claim(a_line("99214"), diagnoses=None)),
    ),
)
def trial_without_modifier(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Z00.6 says that the claim is of a clinical trial, and no line has Q0 or Q1.

    Q0 is for what the trial investigates, Q1 for its routine clinical services. Services that have nothing to do with
    the trial are billed without Z00.6.
    """
    if not claim.lines or any(not _MODIFIERS.isdisjoint(line.modifiers) for line in claim.lines):
        return
    if any(plain_diagnosis(one) == _DIAGNOSIS for one in claim.diagnoses or ()):
        yield Finding(
            "Z00.6 reports a clinical trial; no line has Q0 or Q1.",
            "Append Q1 to routine services of the trial, Q0 to what it investigates; otherwise remove Z00.6.",
            field="diagnoses",
            observed="Z00.6",
        )
