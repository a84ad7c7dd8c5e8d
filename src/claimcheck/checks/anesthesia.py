"""Anesthesia: modifiers for who performed or medically directed it (AA, AD, QK, QX, QY, QZ)."""

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
"""Visits after the operation: payers differ on whether they require an anesthesia modifier."""

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
        fires(
            "no anesthesia modifier", a_claim(a_line("00811")), says="AA, AD, QK, QX, QY or QZ", fee={"00811": Fee("J")}
        ),
        fires(
            "monitored care and physical status alone",
            a_claim(a_line("00811-QS-P3")),
            says="only QS P3 is reported",
            fee={"00811": Fee("J")},
        ),
        fires("daily management", a_claim(a_line("01996")), severity=WARN, fee={"01996": Fee("J")}),
        passes("two of them are another edit", a_claim(a_line("00811-AA-QK")), fee={"00811": Fee("J")}),
        passes("not in the schedule's anesthesia", a_claim(a_line("00811")), fee={"00811": Fee("D")}),
        passes("not anesthesia", a_claim(a_line("43239"))),
        passes(
            "a nurse anesthetist alone",
            a_claim(a_line("00811-QZ"), billing_taxonomy=_NURSE),
            fee={"00811": Fee("J")},
        ),
        fires(
            "a nurse anesthetist as anesthesiologist",
            a_claim(a_line("00811-AA"), billing_taxonomy=_NURSE),
            says="is for physicians",
            severity=WARN,
            fee={"00811": Fee("J")},
        ),
        fires(
            "an anesthesiologist as nurse anesthetist",
            a_claim(a_line("00811-QZ"), billing_taxonomy=_ANESTHESIOLOGIST),
            says="is for anesthetists",
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
    """Anesthesia modifier (AA, AD, QK, QX, QY, QZ) missing, or in conflict with the provider's taxonomy.

    Each anesthesia service (status J) requires exactly one of AA, AD, QK, QX, QY and QZ, in the first modifier
    position; it determines payment. QS, G8, G9, 23 and physical status (P1 to P6) are additional, never alone.
    Physicians bill AA, AD, QK and QY; CRNAs QX and QZ; anesthesiologist assistants, who are always medically
    directed, QX. A conflicting taxonomy warns only. Daily management of an infusion (01996) without a modifier
    warns too: payers differ. Two of them on one line are reported by MOD-CONFLICT, a wrong position by
    MOD-ORDER.
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
            yield _missing(line, row)
        elif conflict := _conflict(claim, line, who[0]):
            yield Finding(
                conflict,
                "Correct the modifier or the rendering provider (CMS-1500 items 24D, 24J).",
                line=line,
                field="modifiers",
                observed=who[0],
                severity=WARN,
                codes=codes("CO-4", "N519", "A8:453"),
                by=(row,),
            )


def _missing(line: Line, row: Fee) -> Finding:
    others = [m for m in dict.fromkeys(line.modifiers) if m in _ADDITIONAL]
    reported = f"only {' '.join(others)} is" if others else "none is"
    return Finding(
        f"Anesthesia {line.code} requires AA, AD, QK, QX, QY or QZ as first modifier; {reported} reported.",
        "Append the modifier for who performed or directed the anesthesia, first on the line (CMS-1500 item 24D).",
        line=line,
        field="modifiers",
        observed=" ".join(others),
        allowed=" ".join(_WHO),
        severity=WARN if line.code in _NOT_AGREED else None,
        by=(row,),
    )


_ADDITIONAL = frozenset({"QS", "G8", "G9", "23", "P1", "P2", "P3", "P4", "P5", "P6"})


def _conflict(claim: Claim, line: Line, who: str) -> str:
    """Why a modifier conflicts with the provider's taxonomy; "" where it does not, or no taxonomy is known."""
    if who in _OF_PHYSICIANS and taxonomy_in(claim, line, _ANESTHETISTS):
        return f"{who} is for physicians; the provider's taxonomy is that of a CRNA or anesthesiologist assistant."
    if who not in _OF_PHYSICIANS and taxonomy_in(claim, line, PHYSICIAN_TAXONOMIES):
        return f"{who} is for anesthetists; the provider's taxonomy is that of a physician."
    if who == "QZ" and taxonomy_in(claim, line, _ASSISTANT):
        return "QZ is without medical direction; an anesthesiologist assistant is always directed (QX)."
    return ""


_CIRCUMSTANCES = (99100, 99140)
"""Qualifying circumstances, reported in addition to anesthesia."""


@claim_check(
    "ANES2",
    severity=WARN,
    citation=citations.ANESTHESIA_MODIFIERS,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: bool(_who(service)) and not is_anesthesia(service.code),
    examples=(
        passes("anesthesia", a_claim(a_line("00811-AA"))),
        fires("an endoscopy", a_claim(a_line("43239-AA")), says="AA applies to anesthesia"),
        passes("a line placed by a nurse anesthetist", a_claim(a_line("36620-QZ"), billing_taxonomy=_NURSE)),
        passes("a block, by whom is not known", a_claim(a_line("64415-QZ"), billing_taxonomy=None)),
        fires("a block by a physician", a_claim(a_line("64415-QZ"), billing_taxonomy=_ANESTHESIOLOGIST), says="QZ"),
        fires("directed, on a block", a_claim(a_line("64415-QX"), billing_taxonomy=_NURSE), says="QX"),
        passes("a qualifying circumstance", a_claim(a_line("99100-AA"))),
    ),
)
def anesthesia_modifier_elsewhere(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Anesthesia modifier (AA, AD, QK, QX, QY, QZ) on a service that is not anesthesia.

    Vascular lines and nerve blocks are paid by the physician fee schedule, whoever directed them, and take none
    of these modifiers. Some contractors ask for QZ where a CRNA placed them, so QZ passes there.
    """
    for line in claim.lines:
        if is_anesthesia(line.code) or _CIRCUMSTANCES[0] <= number_of(line.code) <= _CIRCUMSTANCES[1]:
            continue
        for modifier in _who(line.service):
            if modifier == "QZ" and not taxonomy_in(claim, line, PHYSICIAN_TAXONOMIES):
                continue
            text = f"Modifier {modifier} applies to anesthesia services only; {line.code} is not one."
            yield Finding(
                text, f"Remove {modifier} (CMS-1500 item 24D).", line=line, field="modifiers", observed=modifier
            )
