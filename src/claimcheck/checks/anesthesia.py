"""Anesthesia: who rendered it, under whose direction."""

from collections.abc import Iterator

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import PHYSICIAN_TAXONOMIES, taxonomy_in
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Fee, NotInForce, Rulebook
from claimcheck.rulebook.sections import is_anesthesia, number_of

_WHO = ("AA", "AD", "QK", "QX", "QY", "QZ")
_OF_PHYSICIANS = frozenset({"AA", "AD", "QK", "QY"})
_ANESTHETISTS = ("367500000X", "367H00000X")
"""Certified registered nurse anesthetists, anesthesiologist assistants."""
_ASSISTANT = ("367H00000X",)
_DAILY_MANAGEMENT = "01996"
_NOT_AGREED = frozenset({_DAILY_MANAGEMENT})
"""Visits after the operation: payers differ on whether they want to know who directed them."""

_NURSE = "367500000X"
_ANESTHESIOLOGIST = "207L00000X"


def _who(service: Service) -> list[str]:
    return [modifier for modifier in _WHO if modifier in service.modifiers]


@claim_check(
    "ANES",
    severity=REJECT,
    citation=citations.ANESTHESIA_MODIFIERS,
    codes=codes("CO-4", "N822", "A6:453"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: is_anesthesia(service.code) and len(_who(service)) < 2,
    examples=(
        passes("by an anesthesiologist", a_claim(a_line("00811-AA-QS")), fee={"00811": Fee("J")}),
        fires("nobody named", a_claim(a_line("00811")), says="AA, AD, QK, QX, QY or QZ", fee={"00811": Fee("J")}),
        fires(
            "monitored care and physical status alone",
            a_claim(a_line("00811-QS-P3")),
            says="not by QS P3 alone",
            fee={"00811": Fee("J")},
        ),
        fires("daily management", a_claim(a_line("01996")), severity=WARN, fee={"01996": Fee("J")}),
        passes("two of them are another edit", a_claim(a_line("00811-AA-QK")), fee={"00811": Fee("J")}),
        passes("not in the schedule's anesthesia", a_claim(a_line("00811")), fee={"00811": Fee("D")}),
        passes("no anesthesia", a_claim(a_line("43239"))),
        passes(
            "a nurse anesthetist alone",
            a_claim(a_line("00811-QZ"), billing_taxonomy=_NURSE),
            fee={"00811": Fee("J")},
        ),
        fires(
            "a nurse anesthetist as anesthesiologist",
            a_claim(a_line("00811-AA"), billing_taxonomy=_NURSE),
            says="is a physician's modifier",
            severity=WARN,
            fee={"00811": Fee("J")},
        ),
        fires(
            "an anesthesiologist as nurse anesthetist",
            a_claim(a_line("00811-QZ"), billing_taxonomy=_ANESTHESIOLOGIST),
            says="is an anesthetist's modifier",
            severity=WARN,
            fee={"00811": Fee("J")},
        ),
        fires(
            "an assistant without direction",
            a_claim(a_line("00811-QZ"), billing_taxonomy=_ASSISTANT[0]),
            says="QX",
            severity=WARN,
            fee={"00811": Fee("J")},
        ),
        not_judged("no fee schedule", a_claim(a_line("00811"))),
    ),
)
def anesthesia_modifier_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Anesthesia that does not say who rendered it and under whose direction.

    Each anesthesia service (status J) bears exactly one of AA, AD, QK, QX, QY and QZ, first on the line;
    it sets the price. QS, G8, G9, 23 and the physical status (P1 to P6) stand beside it, never alone.
    Physicians bill AA, AD, QK and QY; nurse anesthetists QX and QZ; anesthesiologist assistants, who are
    always directed, QX: another taxonomy only warns. Daily management of an infusion (01996) without one
    warns too: payers do not agree. Two of them are MOD-CONFLICT's, their place on the line MOD-ORDER's.
    """
    for line in claim.lines:
        if not is_anesthesia(line.code) or len(who := _who(line.service)) > 1:
            continue
        try:
            row = rulebook.on(line.day).fee(line.code)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if not row or row.status != "J":
            continue
        if not who:
            yield _nobody(line, row)
        elif trouble := _unfit(claim, line, who[0]):
            yield Finding(
                trouble,
                "Correct the modifier or the rendering provider.",
                line=line,
                field="modifiers",
                observed=who[0],
                severity=WARN,
                codes=codes("CO-4", "N519", "A8:453"),
                by=(row,),
            )


def _nobody(line: Line, row: Fee) -> Finding:
    beside = [m for m in dict.fromkeys(line.modifiers) if m in _BESIDE]
    alone = f", not by {' '.join(beside)} alone" if beside else ""
    return Finding(
        f"Who rendered the anesthesia {line.code} is said by AA, AD, QK, QX, QY or QZ{alone}.",
        "Put the one that fits first on the line.",
        line=line,
        field="modifiers",
        observed=" ".join(beside),
        allowed=" ".join(_WHO),
        severity=WARN if line.code in _NOT_AGREED else None,
        by=(row,),
    )


_BESIDE = frozenset({"QS", "G8", "G9", "23", "P1", "P2", "P3", "P4", "P5", "P6"})


def _unfit(claim: Claim, line: Line, who: str) -> str:
    """Why a modifier does not fit the provider's taxonomy; "" where it does or none is known."""
    if who in _OF_PHYSICIANS and taxonomy_in(claim, line, _ANESTHETISTS):
        return f"{who} is a physician's modifier; who rendered it is an anesthetist."
    if who not in _OF_PHYSICIANS and taxonomy_in(claim, line, PHYSICIAN_TAXONOMIES):
        return f"{who} is an anesthetist's modifier; who rendered it is a physician."
    if who == "QZ" and taxonomy_in(claim, line, _ASSISTANT):
        return "QZ says without direction; an anesthesiologist assistant is always directed (QX)."
    return ""


_CIRCUMSTANCES = (99100, 99140)
"""Circumstances that qualify anesthesia, reported beside it."""


@claim_check(
    "ANES2",
    severity=WARN,
    citation=citations.ANESTHESIA_MODIFIERS,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: bool(_who(service)) and not is_anesthesia(service.code),
    examples=(
        passes("anesthesia", a_claim(a_line("00811-AA"))),
        fires("an endoscopy", a_claim(a_line("43239-AA")), says="AA is for anesthesia"),
        passes("a line placed by a nurse anesthetist", a_claim(a_line("36620-QZ"), billing_taxonomy=_NURSE)),
        passes("a block, by whom is not known", a_claim(a_line("64415-QZ"), billing_taxonomy=None)),
        fires("a block by a physician", a_claim(a_line("64415-QZ"), billing_taxonomy=_ANESTHESIOLOGIST), says="QZ"),
        fires("directed, on a block", a_claim(a_line("64415-QX"), billing_taxonomy=_NURSE), says="QX"),
        passes("a qualifying circumstance", a_claim(a_line("99100-AA"))),
    ),
)
def anesthesia_modifier_elsewhere(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A modifier of anesthesia (AA, AD, QK, QX, QY, QZ) on something that is none.

    Lines and blocks are paid by the fee schedule, whoever directed them, and take none of these; some
    contractors want QZ where a nurse anesthetist placed them, so that QZ is let through there.
    """
    for line in claim.lines:
        if is_anesthesia(line.code) or _CIRCUMSTANCES[0] <= number_of(line.code) <= _CIRCUMSTANCES[1]:
            continue
        for modifier in _who(line.service):
            if modifier == "QZ" and not taxonomy_in(claim, line, PHYSICIAN_TAXONOMIES):
                continue
            text = f"{modifier} is for anesthesia; {line.code} is none."
            yield Finding(text, f"Remove {modifier}.", line=line, field="modifiers", observed=modifier)
