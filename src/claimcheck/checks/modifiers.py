"""Modifiers: whether they exist, whether they fit one another, the code and the kind of claim."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import DISTINCT, LEFT_SITES, RIGHT_SITES, SIDES, either, is_ambulance, successors_in
from claimcheck.claim import (
    ASC,
    DENTAL,
    DME,
    HCPCS,
    INSTITUTIONAL,
    OUTPATIENT,
    PROFESSIONAL,
    Claim,
    Service,
    Setting,
)
from claimcheck.message import REJECT, WARN, Finding, Severity, codes
from claimcheck.rulebook import (
    AMBULANCE_TRIP,
    MODIFIERS,
    SUCCESSORS,
    Absent,
    Fee,
    Listed,
    Modifier,
    Rulebook,
    Rules,
)
from claimcheck.rulebook.sections import is_anesthesia, is_evaluation, is_radiology_or_laboratory, is_surgery, number_of

_TRIP = Modifier(family=AMBULANCE_TRIP)
_MOST_MODIFIERS = 4
_TWO_CHARACTERS = re.compile(r"[0-9A-Z]{2}")


@service_check(
    "MOD-INVALID",
    severity=REJECT,
    citation=citations.MODIFIER_TABLES,
    codes=codes("CO-182", "N823", "A7:453", "H"),
    refines=("modifiers",),
    examples=(
        passes("in force", a_service("99213-25"), modifiers={"25": Modifier()}),
        fires("unknown", a_service("99213-ZZ"), says="ZZ is not valid", modifiers={"25": Modifier()}),
        fires("ill-formed", a_service("99213-5"), says="two characters"),
        fires(
            "five modifiers",
            a_service("99213-24-25-57-95-GT"),
            says="at most 4",
            modifiers=dict.fromkeys(("24", "25", "57", "95", "GT"), Modifier()),
        ),
        fires(
            "ended",
            a_service("J1885-JG"),
            says="JG ended 2024-12-31",
            modifiers={"JG": Modifier(date(2018, 1, 1), date(2024, 12, 31))},
        ),
        passes("an ambulance's trip", a_service("A0425-RH"), modifiers={"RH": Modifier(family=AMBULANCE_TRIP)}),
        fires(
            "a trip without an ambulance",
            a_service("99213-RH"),
            modifiers={"RH": Modifier(family=AMBULANCE_TRIP)},
        ),
        not_judged("no list of modifiers for the day", a_service("99213-25")),
    ),
)
def modifier_not_valid(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier is not two letters or digits, not in force on the date of service, or the fifth.

    Modifiers begin and end: XE, XP, XS and XU in 2015, FT and 93 in 2022, JZ in 2023; JG ended in 2024, and TB is the
    340B modifier since. The pairs of letters that say where an ambulance went from and to are modifiers of
    ambulance codes alone.
    """
    if len(service.modifiers) > _MOST_MODIFIERS:
        text = f"A line has at most {_MOST_MODIFIERS} modifiers."
        yield Finding(
            text,
            "Keep the modifiers that matter most.",
            field="modifiers",
            observed=str(len(service.modifiers)),
            allowed=str(_MOST_MODIFIERS),
        )
    for modifier in dict.fromkeys(service.modifiers):
        finding = Finding("", "Correct the modifier.", field="modifiers", observed=modifier[:10])
        if not _TWO_CHARACTERS.fullmatch(modifier):
            yield finding._replace(text="A modifier has two characters, letters or digits.")
            continue
        # On an ambulance's line one that ended may be a trip: two letters that say from where to where.
        ended = rules.ended(modifier, MODIFIERS)
        row = None if ended and not is_ambulance(service.code) else rules.modifier(modifier)
        if row and (row.family != AMBULANCE_TRIP or is_ambulance(service.code)):
            continue
        listed = rules.replacing(SUCCESSORS, modifier) if ended else None
        names, note = successors_in(listed) if listed else ((), "")
        what = f"ended {ended.ended}" if ended else "is not valid on this date of service"
        remedy = f"Report {either(names)}{'; ' + note if note else ''}." if names else "Report one in force that day."
        by = tuple(said for said in (ended or row, listed) if said is not None)
        yield finding._replace(text=f"Modifier {modifier} {what}.", remedy=remedy, by=by)


@service_check(
    "MOD-DUP",
    severity=REJECT,
    citation=citations.tr3("SV101-3 to -6: procedure modifiers"),
    codes=codes("CO-4", "N823", "A7:453", "H"),
    examples=(
        passes("two different ones", a_service("77424-59-TC")),
        fires("the same twice", a_service("77424-59-59"), says="59 is repeated"),
    ),
)
def modifier_repeated(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier stands twice on one line.

    Repetition has no meaning: units, or lines of their own, say that a service was rendered twice.
    """
    if len(set(service.modifiers)) == len(service.modifiers):
        return
    for modifier in dict.fromkeys(service.modifiers):
        if service.modifiers.count(modifier) > 1:
            text = f"Modifier {modifier[:10]} is repeated."
            yield Finding(text, "Report each modifier once.", field="modifiers", observed=modifier[:10])


@service_check(
    "MOD-53",
    severity=WARN,
    adopted_from="CMS fee schedule",
    citation=citations.MODIFIER_53,
    codes=codes("CO-4", "N519", "A2:20", "L"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes(
            "a code with a row of its own for 53",
            a_service("45378-53"),
            fee={"45378": Fee(), "45378-53": Fee()},
        ),
        fires("a code without one", a_service("19301-53"), says="contractor review", fee={"19301": Fee()}),
        not_judged("no fee schedule", a_service("19301-53")),
    ),
)
def discontinued_without_row(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 53 (discontinued procedure) on a code that the fee schedule has no 53 row for.

    Only a few colonoscopy codes have a published price for 53; every other discontinued procedure
    is priced by contractor review, so send the report with the claim.
    """
    if "53" not in service.modifiers:
        return
    row = rules.fee(service.code)
    if row and not rules.fee_row(service.code, "53"):
        text = f"{service.code} has no published price with 53: it goes to contractor review."
        yield Finding(text, "Attach the operative report.", field="modifiers", observed="53", by=(row,))


_EITHER_OR: tuple[tuple[str, bool], ...] = (
    # Sets of modifiers of which a line bears at most one; True where payers may price it all the same.
    ("26 TC", False),
    ("80 81 82", False),
    ("62 66", False),
    ("54 55 56", True),
    ("76 77", True),
    ("52 53", True),
    ("58 78 79", True),
    ("73 74", False),
    ("XE XS XP XU", True),
    ("GA GZ", False),
    ("GA GY", True),
    ("GZ GY", True),
    ("AA AD QK QX QY QZ", False),
    ("GN GO GP", False),
    ("CQ CO", False),
    ("JW JZ", False),
    ("95 93", False),
    ("95 GT", False),
    ("93 GT", False),
    ("GT GQ", False),
)
_NEVER_TOGETHER: tuple[tuple[str, str, bool], ...] = (
    # Any of the first with any of the second.
    ("62 66", "80 81 82 AS", False),
    ("59", "XE XS XP XU", True),
    ("76 77", "91", True),
    ("GX", "EY GA GL GZ KB QL TQ", False),
    ("53", "73 74", False),
    ("50", "LT RT", True),
    ("50", "78", True),
)
_ONLY_DOUBTFUL = frozenset({("50", "78")})
"""Reported as two lines with the side, by some contractors."""
_REPORTED_BY_GLB_RET = {"58", "78", "79"}

_REMEDIES = {
    ("26", "TC"): "Keep the one that was rendered, or bill the global service without a modifier.",
    ("50", "78"): "Report one line for each side, with 78.",
}
_NEEDS_PARTNER = (("CQ", "GP"), ("CO", "GO"))


def _clashes(billed: set[str]) -> Iterator[tuple[str, str, bool]]:
    """Pairs of modifiers that exclude one another, and whether payers may price them all the same."""
    for names, soft in _EITHER_OR:
        found = [m for m in names.split() if m in billed]
        for other in found[1:]:
            yield found[0], other, soft
    for ones, others, soft in _NEVER_TOGETHER:
        for one in billed.intersection(ones.split()):
            for other in billed.intersection(others.split()):
                yield one, other, soft


_TOGETHER = (
    *(
        "24-25",
        "24-57",
        "25-57",
        "24-FT",
        "25-FT",
        "25-95",
        "26-59",
        "26-76",
        "26-77",
        "50-59",
        "50-62",
        "50-80",
    ),
    *("54-78", "54-79", "59-GP", "AS-80", "CO-GO", "CQ-GP", "GX-GY", "GX-TS", "KX-GP", "LT-59"),
)
"""Pairs that look wrong to a hurried reader and are right."""


@service_check(
    "MOD-CONFLICT",
    severity=REJECT,
    cases=("sides",),
    citation=citations.GLOBAL_SURGERY,
    codes=codes("CO-4", "N519", "A8:453"),
    needs=("fee_schedule",),
    any_code=True,
    examples=(
        *(
            passes(f"{pair.replace('-', ' and ')} go together", a_service(f"19301-{pair}"), fee={"19301": Fee()})
            for pair in _TOGETHER
        ),
        fires("component of a component", a_service("77424-26-TC"), says="26 and TC"),
        fires("two kinds of distinct", a_service("11042-59-XS"), says="59 and XS"),
        fires("assistant who is co-surgeon", a_service("19301-62-80"), says="62 and 80"),
        fires("both sides of a return", a_service("19301-50-78"), says="50 and 78", severity=WARN),
        passes("a return is another edit", a_service("19301-58-78")),
        fires("staged and unrelated, a hospital's", a_service("19301-58-79", setting=OUTPATIENT), says="58 and 79"),
        fires("therapy assistant without the plan", a_service("97110-CQ"), says="CQ needs GP"),
        fires("a left site on the right side", a_service("26055-RT-F1"), says="RT and F1", severity=WARN),
        passes("both sides, where each is paid", a_service("73630-LT-RT"), fee={"73630": Fee(bilateral="3")}),
        fires(
            "both sides on one line",
            a_service("20610-LT-RT"),
            says="LT and RT",
            fee={"20610": Fee(bilateral="1")},
        ),
    ),
)
def modifiers_conflict(service: Service, rules: Rules) -> Iterator[Finding]:
    """Two modifiers on one line exclude one another, or one lacks the partner that it needs.

    A service is global or one component of it; an assistant is not a co-surgeon; 50 already says both
    sides; an advance notice was given or was not. Where the two belong to two lines (54 and 55, LT
    and RT), split the line. A side beside 50, or both on one line, are the case ``sides``. Some of these
    pairs a payer may price all the same; its profile may lower them.
    """
    if len(service.modifiers) < 2 and not {"CQ", "CO"}.intersection(service.modifiers):
        return
    billed = set(service.modifiers)

    def finding(text: str, pair: str, remedy: str | None = None) -> Finding:
        remedy = remedy or "Keep the one that is documented, or split the line."
        return Finding(text, remedy, field="modifiers", observed=pair)

    for one, other, soft in sorted(set(_clashes(billed))):
        if service.setting == PROFESSIONAL and {one, other} <= _REPORTED_BY_GLB_RET:
            continue
        clash = finding(
            f"Modifiers {one} and {other} exclude one another.", f"{one} {other}", _REMEDIES.get((one, other))
        )
        doubtful: Severity | None = WARN if (one, other) in _ONLY_DOUBTFUL else None
        yield clash._replace(soft=soft, severity=doubtful, case="sides" if other in SIDES else "")
    for one, partner in _NEEDS_PARTNER:
        if one in billed and partner not in billed:
            yield finding(f"Modifier {one} needs {partner} on the same line.", one, f"Add {partner}, or remove {one}.")
    for side, wrong in (("RT", LEFT_SITES), ("LT", RIGHT_SITES)):
        if side in billed:
            for site in sorted(billed & wrong):
                text = f"Modifiers {side} and {site} name opposite sides."
                yield finding(text, f"{side} {site}")._replace(severity=WARN)
    if {"LT", "RT"} <= billed:
        row = rules.fee(service.code, service.modifiers)
        if row and row.bilateral != "3":
            text = f"Modifiers LT and RT on one line of {service.code}."
            sides = "Report 50 with one unit." if row.bilateral == "1" else "Report the service once."
            one_line = finding(text, "LT RT", sides)
            doubtful = None if row.bilateral == "1" else WARN
            yield one_line._replace(soft=True, severity=doubtful, by=(row,), case="sides")


_VISIT_MODIFIERS = ("24", "25", "57", "FT")


@service_check(
    "MOD-EM-ONLY",
    severity=REJECT,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("CO-4", "N823", "A7:453"),
    refines=("visits",),
    examples=(
        passes("25 on a visit", a_service("99213-25"), visits={"99213": Listed()}),
        fires("25 on a procedure", a_service("77424-25"), says="25 is for visits"),
        fires("57 on surgery", a_service("19301-57"), says="57 is for visits"),
        fires(
            "25 on another service",
            a_service("96372-25"),
            says="25 is for",
            severity=WARN,
            visits={"99213": Listed()},
        ),
        fires("27 on a hospital's procedure", a_service("19301-27", setting=OUTPATIENT), says="27 is for visits"),
        passes("FT on critical care", a_service("99291-FT"), visits={"99291": Listed()}),
        fires("FT on another visit", a_service("99213-FT"), severity=WARN, visits={"99213": Listed()}),
        not_judged("no list of visits for the day", a_service("96372-25")),
    ),
)
def visit_modifier_on_procedure(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier of visits (24, 25, 57, FT; 27 for hospitals) on something that is no visit.

    It belongs on the evaluation and management line of the same day, not on the procedure. On
    anesthesia, surgery, radiology and laboratory codes it is rejected; on other codes outside the
    list of visits it is doubtful, and so is FT on a visit that is no critical care.
    """
    only = (*_VISIT_MODIFIERS, "27") if service.setting == OUTPATIENT else _VISIT_MODIFIERS
    billed = [m for m in dict.fromkeys(service.modifiers) if m in only]
    if not billed:
        return
    code = service.code
    by: tuple[Absent, ...] = ()
    if not (is_anesthesia(code) or is_surgery(code) or is_radiology_or_laboratory(code)):
        row = rules.listed("visits", code)
        if row:
            if "FT" in billed and code not in ("99291", "99292"):
                text = "FT is for critical care that is unrelated to surgery."
                yield Finding(text, "Use 24, 25 or 57.", field="modifiers", observed="FT", severity=WARN, by=(row,))
            return
        by = (row,)
    for modifier in billed:
        yield Finding(
            f"Modifier {modifier} is for visits; {code} is not one.",
            f"Report {modifier} on the visit, or remove it.",
            field="modifiers",
            observed=modifier,
            severity=WARN if by else None,
            by=by,
        )


@service_check(
    "MOD-EM-59",
    severity=REJECT,
    citation=citations.NCCI_59,
    codes=codes("CO-4", "N519", "A7:453"),
    refines=("visits",),
    examples=(
        passes("59 on a procedure", a_service("11042-59")),
        fires("59 on a visit", a_service("99213-59"), says="59 is not for visits", visits={"99213": Listed()}),
        fires("59 on an eye visit", a_service("92014-59"), severity=WARN, visits={"92014": Listed()}),
        passes("counselling is no visit", a_service("99406-59"), visits={"99213": Listed()}),
        fires(
            "XU on other management",
            a_service("99490-XU"),
            says="XU",
            severity=WARN,
            visits={"99490": Listed()},
        ),
    ),
)
def distinct_modifier_on_visit(service: Service, rules: Rules) -> Iterator[Finding]:
    """59 or X{EPSU} on a visit: it bypasses no edit there.

    A separate visit is shown by 25 (24, 57) on the visit, never by 59. On eye visits, preventive and
    care management services of the visit list the edit only warns.
    """
    billed = [m for m in dict.fromkeys(service.modifiers) if m in DISTINCT]
    number = number_of(service.code)
    if not billed or not is_evaluation(service.code):
        return
    row = rules.listed("visits", service.code)
    if not row:
        return
    for modifier in billed:
        yield Finding(
            f"Modifier {modifier} is not for visits.",
            "Use 25 if the visit is significant and separately identifiable; else remove the modifier.",
            field="modifiers",
            observed=modifier,
            severity=None if 99202 <= number <= 99350 else WARN,
            by=(row,),
        )


_PHYSICIANS: Final = ("26", "53", "54", "55", "56", "62", "66", "80", "81", "82", "AS")
_NOT_ON: Final[Mapping[Setting, Mapping[str, bool]]] = {
    # Modifiers that are not valid on a kind of claim; True where payers may price the line all the same. A claim of
    # one setting may have lines of any other, so that each setting has an answer.
    PROFESSIONAL: {"73": False, "74": False, "27": False, "CA": False, "PO": True, "PN": True},
    ASC: dict.fromkeys(_PHYSICIANS, False),
    OUTPATIENT: dict.fromkeys(_PHYSICIANS, True),
    DME: {},
    INSTITUTIONAL: {},
    DENTAL: {},
}
_PROFESSIONAL_FEES = ("096", "097", "098")
"""Revenue codes under which a critical access hospital (bill 85x) bills professional services."""


@claim_check(
    "MOD-CLAIMTYPE",
    severity=REJECT,
    citation=citations.FACILITY_MODIFIERS,
    codes=codes("CO-4", "N823", "A7:453"),
    settings=(PROFESSIONAL, ASC, OUTPATIENT),
    applies_to=lambda service, rules: not _NOT_ON[service.setting].keys().isdisjoint(service.modifiers),
    examples=(
        passes("FY is a professional modifier", a_claim(a_line("73630-FY"))),
        fires("73 on a professional claim", a_claim(a_line("77424-73", pos="22")), says="73"),
        fires("26 on an ASC's claim", a_claim(a_line("77424-26", pos="24", setting=ASC)), says="26"),
        fires(
            "26 on a hospital's claim",
            a_claim(a_line("77424-26", setting=OUTPATIENT, revenue_code="0333")),
            says="26",
        ),
        passes("PO is a hospital's", a_claim(a_line("77424-PO", setting=OUTPATIENT, revenue_code="0333"))),
        passes(
            "26 on a critical access hospital's professional line",
            a_claim(a_line("71046-26", setting=OUTPATIENT, revenue_code="0972"), type_of_bill="851"),
        ),
        passes(
            "a line of another setting on a professional claim",
            a_claim(a_line("99213"), a_line("E0601-RR", setting=DME)),
        ),
    ),
)
def modifier_of_another_claim_type(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A modifier that this kind of claim can't bear.

    Facility modifiers (73, 74, 27, CA, PO, PN) have no place on a professional claim; physicians'
    modifiers (26, 53 to 56, 62, 66, 80 to 82, AS) none on a surgical center's or hospital's, except
    on the professional lines of a critical access hospital. What a hospital's payer, or PO and PN a
    professional one, may overlook all the same, a profile may lower.
    """
    for line in claim.lines:
        barred = _NOT_ON[line.service.setting]
        bill = (claim.type_of_bill or "").removeprefix("0")
        if line.service.code_set != HCPCS:
            continue
        if bill.startswith("85") and (line.revenue_code or "").startswith(_PROFESSIONAL_FEES):
            continue
        for modifier in dict.fromkeys(line.modifiers):
            if modifier in barred:
                yield Finding(
                    f"Modifier {modifier} is not valid on {_CLAIM_NAMES[line.service.setting]} claims.",
                    "Remove the modifier, or bill the line on the right claim.",
                    line=line,
                    field="modifiers",
                    observed=modifier,
                    soft=barred[modifier],
                )


_CLAIM_NAMES: Final[Mapping[Setting, str]] = {
    PROFESSIONAL: "professional",
    ASC: "ambulatory surgical center",
    OUTPATIENT: "hospital outpatient",
    DME: "supplier",
    INSTITUTIONAL: "institutional",
    DENTAL: "dental",
}


@service_check(
    "MOD-ORDER",
    severity=WARN,
    citation=citations.MODIFIER_TABLES,
    codes=codes(status="A2:20"),
    refines=("modifiers",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("26 first", a_service("76519-26-RT"), modifiers={"26": Modifier(pricing=True), "RT": Modifier()}),
        fires(
            "26 second",
            a_service("76519-RT-26"),
            says="Put 26 first",
            modifiers={"26": Modifier(pricing=True), "RT": Modifier()},
        ),
        not_judged("no list of modifiers for the day", a_service("76519-RT-26")),
    ),
)
def pricing_modifier_not_first(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier that sets the price (26, TC, 53, anesthesia, QW) does not stand first.

    Contractors price by the first modifier field, so another order delays or misprices the line.
    """
    if len(service.modifiers) < 2:
        return
    rows = [rules.modifier(modifier) for modifier in service.modifiers]
    if isinstance(rows[0], Modifier) and rows[0].pricing:
        return
    for modifier, row in zip(service.modifiers, rows, strict=True):
        if isinstance(row, Modifier) and row.pricing:
            observed = " ".join(service.modifiers)[:40]
            yield Finding(
                f"Put {modifier} first.",
                f"Report {modifier} in the first modifier field.",
                field="modifiers",
                observed=observed,
                by=(row,),
            )
            return
