"""The claim's number and frequency: an original claim, or one that replaces or voids another."""

import re
from collections.abc import Callable, Iterator
from operator import attrgetter, methodcaller
from typing import Final

from claimcheck.authoring.check import ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.claim import INSTITUTIONAL, OUTPATIENT, Claim, Setting
from claimcheck.message import INFORM, REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rulebook

_HOSPITALS: Final = (OUTPATIENT, INSTITUTIONAL)
_PROFESSIONAL_CODES: Final = {"1": "original", "7": "replacement", "8": "void"}
_RESUBMITTED: Final = {"7": "replacement", "8": "void", "Q": "reopening"}
_NOT_OF_PROVIDERS: Final = frozenset("XYGI")
"""Frequencies of institutional claims that payers alone give."""
_WHERE: Final = "2300 CLM05-3"
_LONGEST_NUMBER: Final = 20
"""Characters of CLM01 that every payer returns; it may have 38."""

_HOSPITAL: Final = a_line(setting=OUTPATIENT)
_REPLACES: Final = {"frequency": "7"}


def _frequencies_are_usual(block: ClaimColumns) -> bool:
    """Whether all claims are originals, or tell no frequency."""
    return {*block.of_claims("frequency")} <= {"1", None}


@claim_check(
    "CLM-FREQ",
    severity=REJECT,
    citation=citations.tr3("CLM05-3: claim frequency code (code list 235, NUBC type of bill frequency)"),
    codes=codes(status="A7:535"),
    step=1,
    cases=("reopening",),
    any_code=True,
    clean_if=_frequencies_are_usual,
    examples=(
        passes("an original", a_claim(a_line(), frequency="1")),
        passes("not carried by the source", a_claim(a_line())),
        fires("empty", a_claim(a_line(), frequency=""), says="none was reported"),
        fires("not one letter or digit", a_claim(a_line(), frequency="1.00"), says='"1.00"'),
        fires("nothing that may be shown", a_claim(a_line(), frequency="DOE"), says="3 characters"),
        fires("none of an 837P", a_claim(a_line(), frequency="9"), says="9 was reported", severity=WARN),
        fires("a replacement", a_claim(a_line(), frequency="7"), says="replacement", severity=INFORM),
        passes("a hospital's replacement", a_claim(_HOSPITAL, frequency="7")),
        passes("an interim bill", a_claim(_HOSPITAL, frequency="2")),
        fires("a payer's adjustment", a_claim(_HOSPITAL, frequency="X"), says="X was reported", severity=WARN),
    ),
)
def frequency_wrong(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim frequency is missing or malformed, or not one that the payer takes.

    It is one letter or digit (CLM05-3): 1 an original claim, 7 a replacement, 8 a void. A professional claim has one of
    these; a hospital's claim may have others, but those that payers alone give (G, I, X, Y) warn. A blank cell of a
    table says nothing.

    Medicare Part B contractors correct a claim by reopening, so that 7 and 8 inform there (the case ``reopening``): no
    rule of CMS was found that refuses them.
    """
    frequency = claim.frequency
    if frequency is None or frequency == "1":
        return
    wrong = Finding("", f"Report it in {_WHERE}: 1 original, 7 replacement, 8 void.", field="frequency")
    if not frequency.strip():
        yield wrong._replace(text="Each claim requires a frequency code (CLM05-3); none was reported.", observed="")
    elif not re.fullmatch("[0-9A-Za-z]", frequency, re.ASCII):
        text = f"A claim frequency is one letter or digit; {_shown(frequency)} was reported."
        yield wrong._replace(text=text, observed=_shown(frequency).strip('"'))
    elif claim.setting in _HOSPITALS:
        if frequency.upper() in _NOT_OF_PROVIDERS:
            text = f"Payers alone give the frequencies G, I, X and Y; {frequency} was reported."
            yield wrong._replace(text=text, observed=frequency, severity=WARN)
    elif frequency not in _PROFESSIONAL_CODES:
        text = f"A professional claim is 1 (original), 7 (replacement) or 8 (void); {frequency} was reported."
        yield wrong._replace(text=text, observed=frequency, allowed="1, 7, 8", severity=WARN)
    else:
        what = _PROFESSIONAL_CODES[frequency]
        text = f"Part B claims are corrected by reopening; frequency {frequency} ({what}) was reported."
        remedy = "No action if your contractor takes it; otherwise request a reopening of the claim."
        yield wrong._replace(text=text, remedy=remedy, observed=frequency, severity=INFORM, case="reopening")


_Facts = tuple[str | None, str | None, str | None, Setting]
_FACTS: Final = ("original_reference", "frequency", "type_of_bill", "setting")
_facts: Final[Callable[[Claim], _Facts]] = attrgetter(*_FACTS)


def _references_are_right(block: ClaimColumns) -> bool:
    """Whether no claim lacks the payer's number that it needs, or has one that it does not need."""
    return not any(map(_has_wrong_reference, {*zip(*map(block.of_claims, _FACTS), strict=True)}))


def _reference_of(claim: Claim) -> str:
    return (claim.original_reference or "").strip()


def _has_wrong_reference(facts: _Facts) -> bool:
    """Whether a claim needs the payer's number and is without, or is an original that has one."""
    reference, frequency, bill, setting = facts
    if reference is None:
        return False
    frequency = frequency or (bill or "")[-1:]
    needs = frequency in _RESUBMITTED and (frequency != "Q" or setting in _HOSPITALS)
    return needs if not reference.strip() else frequency == "1"


@claim_check(
    "CLM-REF",
    severity=REJECT,
    citation=citations.tr3("Loop 2300 REF*F8: payer claim control number, required where CLM05-3 is 7 or 8"),
    codes=codes("CO-16", "", "A6:464"),
    step=1,
    any_code=True,
    clean_if=_references_are_right,
    examples=(
        passes("an original", a_claim(a_line(), frequency="1", original_reference="")),
        passes("a replacement with it", a_claim(a_line(), frequency="7", original_reference="2025060012345")),
        passes("not carried by the source", a_claim(a_line(), frequency="7")),
        fires("a replacement", a_claim(a_line(), frequency="7", original_reference=""), says="7 (replacement)"),
        fires("a void", a_claim(a_line(), frequency="8", original_reference=" "), says="8 (void)"),
        fires("a hospital's, by its type of bill", a_claim(_HOSPITAL, type_of_bill="137", original_reference="")),
        fires("a reopening", a_claim(_HOSPITAL, frequency="Q", original_reference=""), says="Q (reopening)"),
        passes("Q of a professional claim: CLM-FREQ", a_claim(a_line(), frequency="Q", original_reference="")),
    ),
)
def reference_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A replacement or void does not name the claim that it replaces or voids.

    The payer finds that claim by its own number, which stands in REF*F8: the number of the remittance advice (835,
    CLP07). Payers without one deny the claim as a duplicate. Medicare Part B is not judged: see CLM-FREQ.
    """
    if _has_wrong_reference(_facts(claim)) and not _reference_of(claim):
        frequency = claim.frequency or (claim.type_of_bill or "")[-1:]
        yield Finding(
            f"Frequency {frequency} ({_RESUBMITTED[frequency]}) requires the payer's number of the original claim "
            "(REF*F8); it is missing.",
            "Report in 2300 REF*F8 the number that the remittance advice gives (835 CLP07).",
            field="original_reference",
            observed="",
        )


@claim_check(
    "CLM-REF2",
    severity=WARN,
    citation=citations.tr3("Loop 2300 REF*F8: payer claim control number, for CLM05-3 other than 1"),
    codes=codes(status="A2:20"),
    step=1,
    any_code=True,
    clean_if=_references_are_right,
    examples=(
        passes("an original", a_claim(a_line(), frequency="1", original_reference="")),
        passes("a replacement", a_claim(a_line(), frequency="7", original_reference="2025060012345")),
        fires("an original that names a claim", a_claim(a_line(), frequency="1", original_reference="2025060012345")),
    ),
)
def reference_of_original(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An original claim (frequency 1) names a claim of the payer (REF*F8), as a replacement does.

    The payer may take it for a duplicate.
    """
    if _has_wrong_reference(_facts(claim)) and _reference_of(claim):
        yield Finding(
            "Frequency 1 is an original claim; the payer's number of an earlier claim (REF*F8) was reported with it.",
            f"Report frequency 7 ({_WHERE}) if it replaces that claim; otherwise remove REF*F8.",
            field="frequency",
            observed="1",
        )


_without_spaces: Final[Callable[[str], str]] = methodcaller("strip", " ")


def _numbers_are_right(block: ClaimColumns) -> bool:
    """Whether every claim has a number of no more than 20 characters."""
    numbers = block.of_claims("claim_id")
    return all(map(_without_spaces, numbers)) and max(map(len, numbers), default=0) <= _LONGEST_NUMBER


@claim_check(
    "PCN",
    severity=REJECT,
    citation=citations.tr3("CLM01: patient control number; receivers return at least 20 characters"),
    codes=codes(status="A6:478"),
    step=1,
    any_code=True,
    clean_if=_numbers_are_right,
    examples=(
        passes("20 characters", a_claim(a_line())._replace(claim_id="A" * 20)),
        fires("21 characters", a_claim(a_line())._replace(claim_id="A" * 21), says="has 21", severity=WARN),
        fires("missing", a_claim(a_line())._replace(claim_id=""), says="missing"),
    ),
)
def number_unusable(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The patient control number (CLM01) is missing, or has over 20 characters, of which payers may return only 20.

    The remittance advice and the claim status response find the claim by it. Of rows ROW-CLAIM tells that it is
    missing.
    """
    number = claim.claim_id
    if not _without_spaces(number):
        if claim.locus.row is None:
            text = "Each claim requires a patient control number (CLM01); it is missing."
            remedy = "Report one of at most 20 characters, unique per claim, in 2300 CLM01 (CMS-1500 item 26)."
            yield Finding(text, remedy, field="claim_id", observed="")
    elif len(number) > _LONGEST_NUMBER:
        text = f"Payers return at most 20 characters of a patient control number (CLM01); this one has {len(number)}."
        remedy = "Shorten it to 20 characters, unique per claim (CMS-1500 item 26)."
        observed = f"{len(number)} characters"
        yield Finding(text, remedy, field="claim_id", observed=observed, allowed="20 characters", severity=WARN)


def _numbers_are_new(block: ClaimColumns) -> bool:
    """Whether no claim repeats a number."""
    return True not in block.of_claims("repeats_number")


@claim_check(
    "PCN-DUP",
    severity=WARN,
    citation=citations.tr3("CLM01: patient control number, unique per claim"),
    codes=codes(status="A2:20"),
    step=1,
    any_code=True,
    clean_if=_numbers_are_new,
    examples=(
        passes("a number of its own", a_claim(a_line())),
        fires("the number of an earlier claim", a_claim(a_line(), repeats_number=True), says="earlier claim"),
    ),
)
def number_repeated(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An earlier claim of the same transaction and billing provider has the same number (CLM01), for any patient.

    The remittance advice can't tell the two. Replacements and voids (frequency 7, 8) may repeat the number of their
    original. Of claim objects, such as those of JSON lines, the file is looked at; of rows that are not together
    ROW-APART tells.
    """
    if claim.repeats_number and claim.claim_id:
        text = "Each claim requires its own patient control number (CLM01); an earlier claim has the same one."
        remedy = "Give each claim a unique number (CMS-1500 item 26): the 835 identifies a claim by it."
        yield Finding(text, remedy, field="claim_id", observed=None)


def _shown(frequency: str) -> str:
    """A frequency as a message may show it: the element may hold anything, even a name."""
    short = re.fullmatch(r"[0-9.]{1,4}|[0-9A-Za-z]{1,2}", frequency, re.ASCII)
    return f'"{frequency}"' if short else f"a text of {len(frequency)} characters"
