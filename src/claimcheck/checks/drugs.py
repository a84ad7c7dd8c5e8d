"""Drugs: discarded amounts of single-dose containers (JW, JZ) and national drug codes (NDC)."""

import re
from collections.abc import Iterator
from datetime import date

from claimcheck.authoring.check import PRICED, ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import UNCLASSIFIED_DRUGS, is_drug, same_session
from claimcheck.checks.spreadsheets import remedy_of_zeros
from claimcheck.claim import ASC, OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import Asc as AscRow
from claimcheck.rulebook import Listed, NotInForce, Opps, Rulebook, Rules

_REQUIRED_FROM = date(2023, 7, 1)
_RETURNED_FROM = date(2023, 10, 1)
"""Contractors return such lines from this date; the modifiers were required from the date above."""
_SEPARATELY_PAID = ("G", "K", "K1")
_PACKAGED = "N1"
_LIST = "single_dose_drugs"


def _is_drug(service: Service, rules: Rules) -> bool:
    return is_drug(service.code)


@claim_check(
    "DRUG-JWJZ",
    severity=REJECT,
    adopted_from="CMS policy on discarded drugs",
    citation=citations.DISCARDED_DRUGS,
    codes=codes("CO-16", "N822", "A6:453"),
    refines=("single_dose_drugs", "opps", "asc"),
    settings=PRICED,
    applies_to=_is_drug,
    services_only=True,
    examples=(
        passes("nothing discarded", a_claim(a_line("J1745-JZ")), single_dose_drugs={"J1745": Listed()}),
        passes(
            "administered and discarded",
            a_claim(a_line("J1745", units=35), a_line("J1745-JW", units=5)),
            single_dose_drugs={"J1745": Listed()},
        ),
        fires("neither", a_claim(a_line("J1745")), says="JZ", single_dose_drugs={"J1745": Listed()}),
        fires(
            "neither, before lines were returned",
            a_claim(a_line("J1745", day="20230801")),
            severity=WARN,
            single_dose_drugs={"J1745": Listed()},
        ),
        passes(
            "before JZ was required",
            a_claim(a_line("J1745", day="20230630")),
            single_dose_drugs={"J1745": Listed()},
        ),
        fires("discarded alone", a_claim(a_line("J1745-JW")), says="administered amount", severity=WARN),
        fires(
            "discarded, and nothing discarded",
            a_claim(a_line("J1745"), a_line("J1745-JW"), a_line("J1745-JZ")),
            says="both JZ",
            severity=WARN,
        ),
        passes("another container", a_claim(a_line("J1885")), single_dose_drugs={}),
        passes("not a drug", a_claim(a_line("99213"))),
        passes(
            "packaged in a hospital",
            a_claim(a_line("J1745", setting=OUTPATIENT)),
            single_dose_drugs={"J1745": Listed()},
            opps={"J1745": Opps("N")},
        ),
        fires(
            "paid separately in a hospital",
            a_claim(a_line("J1745", setting=OUTPATIENT)),
            single_dose_drugs={"J1745": Listed()},
            opps={"J1745": Opps("K")},
        ),
        passes(
            "packaged in an ASC",
            a_claim(a_line("J1745", pos="24", setting=ASC)),
            single_dose_drugs={"J1745": Listed()},
            asc={"J1745": AscRow("BB", "N1")},
        ),
        not_judged(
            "a separately paid drug, without a list of single-dose containers",
            a_claim(a_line("J9271")),
            opps={"J9271": Opps("K")},
        ),
        passes("a drug that is packaged elsewhere", a_claim(a_line("J1885")), opps={"J1885": Opps("N")}),
    ),
)
def discarded_amount_not_reported(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """JW or JZ missing for a drug from a single-dose container, or JW and JZ in conflict.

    From July 2023 a separately paid drug from a single-dose container is billed either with JZ (nothing was
    discarded), or on two lines: the administered amount, and the discarded amount with JW. Contractors return
    other lines from October 2023; for earlier dates the edit warns. The code list ``single_dose_drugs`` names
    the drugs. Without it, a drug that hospitals are paid for separately (OPPS status G or K) is not judged,
    and nothing is reported for other drugs. Drugs packaged into a hospital's or ASC's payment are exempt. A JW
    line without the administered amount, and JW with JZ, warn for any drug: the other lines may be on another
    claim, or for another container.
    """
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in claim.lines:
        if is_drug(line.code) and line.code not in UNCLASSIFIED_DRUGS:
            groups.setdefault((line.code, *same_session(claim, line)), []).append(line)
    for lines in groups.values():
        yield from _contradictions(lines)
        if not any("JW" in line.modifiers for line in lines):
            yield from _without_modifier(claim, [line for line in lines if "JZ" not in line.modifiers], rulebook)


def _contradictions(lines: list[Line]) -> Iterator[Finding]:
    discarded = [line for line in lines if "JW" in line.modifiers]
    nothing = [line for line in lines if "JZ" in line.modifiers and "JW" not in line.modifiers]
    if not discarded:
        return
    finding = Finding("", "", field="modifiers", severity=WARN)
    for line in nothing:
        text = f"{line.code} is reported with both JZ (nothing discarded) and JW (discarded amount) on this date."
        remedy = "If nothing was discarded, remove the JW line; otherwise remove JZ from the administered amount."
        yield finding._replace(text=text, remedy=remedy, line=line, observed="JZ")
    if len(discarded) == len(lines):
        for line in discarded:
            text = f"JW reports the discarded amount of {line.code}; no line reports the administered amount."
            remedy = "Report the administered amount on a separate line of the same claim."
            yield finding._replace(text=text, remedy=remedy, line=line, observed="JW")


def _without_modifier(claim: Claim, lines: list[Line], rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    for line in lines:
        if line.day is None or line.day < _REQUIRED_FROM:
            continue
        try:
            rests_on = _single_dose(claim, line, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if rests_on:
            yield Finding(
                f"{line.code}, a single-dose container drug, requires JZ or a JW line; neither is reported.",
                "Append JZ if nothing was discarded; otherwise report the discarded units on a separate line with JW.",
                line=line,
                field="modifiers",
                observed=" ".join(line.modifiers)[:40],
                allowed="JZ",
                severity=WARN if line.day < _RETURNED_FROM else None,
                by=rests_on,
            )


def _single_dose(claim: Claim, line: Line, rules: Rules) -> tuple[Sourced, ...]:
    """The rows by which a drug requires JW or JZ; none where it requires neither."""
    unknown: NotInForce | None = None
    listed: tuple[Sourced, ...] = ()
    try:
        row = rules.listed(_LIST, line.code)
        if not row:
            return ()
        listed = (row,)
    except NotInForce as gap:
        unknown = gap
    if claim.setting == ASC:
        paid = rules.asc(line.code)
        if not paid or paid.indicator == _PACKAGED:
            return ()
        listed += (paid,)
    elif claim.setting == OUTPATIENT or unknown:
        opps = rules.opps(line.code)
        if not opps or opps.status not in _SEPARATELY_PAID:
            return ()
        listed += (opps,)
    if unknown:
        raise unknown
    return listed


_ELEVEN_DIGITS = re.compile("[0-9]{11}")


def _are_right(block: ClaimColumns, *, required: bool = False) -> bool:
    """Whether all NDCs are well formed, and none is missing that the payer requires."""
    given = {*block.columns["ndc"]} - {None, ""}
    if not all(map(_ELEVEN_DIGITS.fullmatch, given)):
        return False
    lines = zip(block.columns["ndc"], block.columns["service"], strict=True) if required else ()
    return not any(ndc == "" and is_drug(service.code) for ndc, service in lines)


@claim_check(
    "NDC",
    severity=INFORM,
    citation=citations.NDC,
    codes=codes("CO-16", "M119", "A6:218", "H"),
    settings=(PROFESSIONAL, ASC, OUTPATIENT),
    clean_if=_are_right,
    examples=(
        passes("eleven digits", a_claim(a_line("J1885", ndc="00409379501"))),
        passes("none, for Medicare", a_claim(a_line("J1885", ndc=""))),
        fires("none, where it is required", a_claim(a_line("J1885", ndc="")), options={"required": True}),
        passes("no drug", a_claim(a_line("99213", ndc="")), options={"required": True}),
        passes("a source that has none", a_claim(a_line("J1885", ndc=None)), options={"required": True}),
        fires("with dashes", a_claim(a_line("J1885", ndc="00409-3795-01")), says="11 digits"),
        fires("ten digits", a_claim(a_line("J1885", ndc="0409379501")), says="11 digits"),
        fires("ten digits, whatever was rendered", a_claim(a_line("99213", ndc="0409379501")), says="11 digits"),
    ),
)
def drug_code_wrong(claim: Claim, rulebook: Rulebook, *, required: bool = False) -> Iterator[Finding]:
    """National drug code (NDC) is not 11 digits, or is missing where the payer requires it.

    The NDC is reported as 11 digits, 5-4-2, without dashes; an NDC of 10 digits lacks a leading zero in one of
    its parts. Medicaid requires it for physician-administered drugs, and so do many other payers: ``required``
    asks for it on drug lines (J codes, biosimilars). Medicare does not require it, so there the edit only
    informs.
    """
    for line in claim.lines:
        ndc = line.ndc
        if ndc and not _ELEVEN_DIGITS.fullmatch(ndc):
            remedy = "Report 11 digits without dashes: loop 2410 LIN03 (CMS-1500 item 24, UB-04 FL 43)."
            yield Finding(
                "NDC invalid: an NDC has 11 digits (5-4-2, with leading zeros) without dashes.",
                remedy_of_zeros(ndc, 11, remedy, fewest=7, shown=False),
                line=line,
                field="ndc",
                observed=ndc[:20],
                codes=codes("CO-16", "M119", "A7:218", "H"),
            )
        elif ndc == "" and required and is_drug(line.code):
            text = f"The payer requires the NDC of drugs; {line.code} has none."
            remedy = "Report the NDC of the product administered: loop 2410 LIN03 (CMS-1500 item 24, UB-04 FL 43)."
            yield Finding(text, remedy, line=line, field="ndc", observed="")
