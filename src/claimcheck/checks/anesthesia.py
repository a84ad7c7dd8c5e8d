"""Anesthesia: modifiers for who performed or medically directed it (AA, AD, QK, QX, QY, QZ)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import DISTINCT, PHYSICIAN_TAXONOMIES, REPEAT, RETURN, taxonomy_in
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


# Two providers of one case.


def _case(*written: str) -> Claim:
    """Lines of as many providers, for examples."""
    npis = (None, A_PHYSICIAN, "1003000126")
    return a_claim(*(a_line(one, rendering_npi=npi) for one, npi in zip(written, npis, strict=False)))


_DIRECTING = frozenset({"AD", "QK", "QY"})
_DIRECTED_AND_ALONE = frozenset(frozenset(pair) for pair in (("QK", "QZ"), ("QY", "QZ"), ("AD", "QZ"), ("QK", "QY")))
_NOT_DIRECTED = frozenset({"AA", "QX"})
"""A contradiction where nobody reports to have directed."""
_BOTH_ALONE = frozenset({"AA", "QZ"})
_ANOTHER_CASE = DISTINCT | REPEAT | RETURN


class _Part(NamedTuple):
    """A line of a case, who rendered it, and its modifier of who performed or directed the case."""

    line: Line
    npi: str
    who: str


def _cases(claim: Claim) -> Iterator[list[_Part]]:
    """The anesthesia cases of a claim: lines of one code and date, the later ones last: those of the claim judged now,
    then by their modifiers. A line with two of the modifiers is MOD-CONFLICT, one with none ANES."""
    cases: dict[tuple[str, date], list[tuple[tuple[bool, tuple[str, ...], str, int], _Part]]] = defaultdict(list)
    for at, line in enumerate(claim.lines):
        if not is_anesthesia(line.code) or not _ANOTHER_CASE.isdisjoint(line.modifiers):
            continue
        who, npi, day = _who(line.service), claim.rendering_npi(line), line.day
        if len(who) == 1 and npi and day:
            order = at >= claim.earlier, line.modifiers, npi, at
            cases[line.code, day].append((order, _Part(line, npi, who[0])))
    for case in cases.values():
        if len(case) > 1:
            yield [part for _, part in sorted(case)]


def _contradictions(case: list[_Part], pairs: Collection[frozenset[str]]) -> Iterator[tuple[_Part, _Part]]:
    """Each line of a case with the first one before it, of another provider, whose modifier makes such a pair."""
    before: list[_Part] = []
    for part in case:
        others = (one for one in before if one.npi != part.npi and frozenset({one.who, part.who}) in pairs)
        if other := next(others, None):
            yield part, other
        alike = [one.npi for one in before if one.who == part.who]
        if len(alike) < 2 and part.npi not in alike:  # any later line has another provider than one of two
            before.append(part)


@claim_check(
    "ANES-CASE",
    severity=WARN,
    citation=citations.ANESTHESIA,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(PROFESSIONAL,),
    repeated=True,
    services_only=True,
    across=True,
    days_apart=0,
    examples=(
        passes("one who directs and one who is directed", _case("00142-QK", "00142-QX")),
        fires("alone and directed", _case("00142-AA", "00142-QX"), says="QX"),
        fires("directing, and not directed", _case("00142-QY", "00142-QZ"), says="QY and QZ contradict each other"),
        fires("one and several at a time", _case("00142-QK", "00142-QY")),
        passes("alone for a part, then directing", _case("00142-AA", "00142-QX", "00142-QK")),
        passes("both alone are another edit", _case("00142-AA", "00142-QZ")),
        passes("two cases of a day", _case("00142-AA", "00142-QX-59")),
        passes("two codes", _case("00142-AA", "00811-QX")),
        passes("two days", a_claim(a_line("00142-AA"), a_line("00142-QX", day="20250311", rendering_npi=A_PHYSICIAN))),
        passes("one provider", a_claim(a_line("00142-AA"), a_line("00142-QX"))),
    ),
)
def case_contradictory(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Two providers report one anesthesia case by modifiers that contradict each other.

    A case is either medically directed (QK, QY or AD by the physician, QX by the CRNA or anesthesiologist assistant)
    or performed alone (AA, QZ). Lines of one code and date by two providers are one case, on one claim or on two of
    the batch, whoever bills them; 59, 76 or another modifier of a repeat tells that it is another. AA with QZ is
    ANES-BOTH.
    """
    if not any(is_anesthesia(line.code) for line in claim.lines[claim.earlier :]):
        return
    for case in _cases(claim):
        directed = any(part.who in _DIRECTING for part in case)
        for part, other in _contradictions(case, _DIRECTED_AND_ALONE if directed else {_NOT_DIRECTED}):
            first, second = sorted((part.who, other.who))
            yield _of_case(
                part,
                other,
                f"{first} and {second} contradict each other: two providers report one case of {part.line.code}.",
                "Medically directed: QK, QY or AD with QX. Alone: AA or QZ. Correct the wrong one (CMS-1500 item 24D).",
            )


@claim_check(
    "ANES-BOTH",
    severity=WARN,
    citation=citations.ANESTHESIA,
    codes=codes("CO-B20", "", "A2:20", "L"),
    settings=(PROFESSIONAL,),
    repeated=True,
    services_only=True,
    across=True,
    days_apart=0,
    examples=(
        fires("both alone", _case("00142-AA", "00142-QZ"), says="throughout"),
        passes("alone", a_claim(a_line("00142-AA"))),
        passes("directed", _case("00142-QK", "00142-QX")),
        passes("one provider", a_claim(a_line("00142-AA"), a_line("00142-QZ"))),
    ),
)
def case_by_both(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A physician (AA) and a CRNA (QZ) both report that they performed one anesthesia case.

    Both are paid only where each was needed for the whole case, as documentation must show. ANES-CASE says what one
    case is.
    """
    if not any(is_anesthesia(line.code) for line in claim.lines[claim.earlier :]):
        return
    for case in _cases(claim):
        for part, other in _contradictions(case, {_BOTH_ALONE}):
            yield _of_case(
                part,
                other,
                f"AA and QZ for one case of {part.line.code}: both are paid only if both were needed throughout.",
                "Report why both were needed (NTE, CMS-1500 item 19), or remove one of the lines.",
            )


def _of_case(part: _Part, other: _Part, text: str, remedy: str) -> Finding:
    return Finding(text, remedy, line=part.line, field="modifiers", observed=part.who, beside=(other.line,))
