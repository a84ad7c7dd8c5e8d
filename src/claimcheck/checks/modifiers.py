"""Modifiers: validity, conflicts with each other, with the procedure code and with the claim type."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import DISTINCT, LEFT_SITES, RIGHT_SITES, SIDES, either, is_ambulance, successors_in
from claimcheck.checks.modifier_fits import is_out_of_place
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
from claimcheck.message import MEDICARE_ADVANTAGE, NOT_MEDICARE, REJECT, WARN, Finding, Wording, codes
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
        fires("malformed", a_service("99213-5"), says="2 characters"),
        fires(
            "five modifiers",
            a_service("99213-24-25-57-95-GT"),
            says="At most 4",
            modifiers=dict.fromkeys(("24", "25", "57", "95", "GT"), Modifier()),
        ),
        fires(
            "ended",
            a_service("J1885-JG"),
            says="JG ended 2024-12-31",
            modifiers={"JG": Modifier(date(2018, 1, 1), date(2024, 12, 31))},
        ),
        passes(
            "an ambulance origin and destination",
            a_service("A0425-RH"),
            modifiers={"RH": Modifier(family=AMBULANCE_TRIP)},
        ),
        fires(
            "an origin and destination on a visit",
            a_service("99213-RH"),
            says="not an ambulance code",
            modifiers={"RH": Modifier(family=AMBULANCE_TRIP)},
        ),
        not_judged("no list of modifiers for the day", a_service("99213-25")),
    ),
)
def modifier_not_valid(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier is malformed, not valid on the date of service, or the fifth on its line.

    Modifiers are added and end: XE, XP, XS and XU were added in 2015, FT and 93 in 2022, JZ in 2023; JG ended in 2024,
    and TB is the 340B modifier since. Ambulance origin and destination modifiers, two letters such as RH, are valid on
    ambulance codes only.
    """
    if len(service.modifiers) > _MOST_MODIFIERS:
        yield Finding(
            f"At most {_MOST_MODIFIERS} modifiers per line; this line has {len(service.modifiers)}.",
            "Report pricing modifiers first. Where the payer takes 99, report it fourth and list the rest in the note.",
            field="modifiers",
            observed=str(len(service.modifiers)),
            allowed=str(_MOST_MODIFIERS),
        )
    for modifier in dict.fromkeys(service.modifiers):
        finding = Finding("", "", field="modifiers", observed=modifier[:10])
        if not _TWO_CHARACTERS.fullmatch(modifier):
            text = f'A modifier has 2 characters, letters or digits; "{modifier[:10]}" reported.'
            yield finding._replace(text=text, remedy="Correct it; report each modifier in a field of its own.")
            continue
        # On an ambulance line a modifier that ended may be an origin and destination.
        ended = rules.ended(modifier, MODIFIERS)
        row = None if ended and not is_ambulance(service.code) else rules.modifier(modifier)
        if row and (row.family != AMBULANCE_TRIP or is_ambulance(service.code)):
            continue
        if row:
            text = (
                f"Modifier {modifier} is an ambulance origin and destination; {service.code} is not an ambulance code."
            )
            yield finding._replace(text=text, remedy=f"Remove or correct {modifier}.", by=(row,))
            continue
        listed = rules.replacing(SUCCESSORS, modifier) if ended else None
        names, note = successors_in(listed) if listed else ((), "")
        what = f"ended {ended.ended}" if ended else "is not valid on this date of service"
        remedy = f"Remove {modifier}, or report a modifier that is valid on the date of service."
        if names:
            remedy = f"Report {either(names)}{'; ' + note if note else ''}."
        by = tuple(row for row in (ended or row, listed) if row is not None)
        yield finding._replace(text=f"Modifier {modifier} {what}.", remedy=remedy, by=by)


@service_check(
    "MOD-DUP",
    severity=REJECT,
    citation=citations.tr3("SV101-3 to -6: procedure modifiers"),
    codes=codes("CO-4", "N823", "A7:453", "H"),
    examples=(
        passes("two different modifiers", a_service("77424-59-TC")),
        fires("the same modifier twice", a_service("77424-59-59"), says="59 is repeated"),
    ),
)
def modifier_repeated(service: Service, rules: Rules) -> Iterator[Finding]:
    """A modifier is reported twice on one line.

    Repeating it has no meaning. A repeat service is reported by its units, or on a line of its own.
    """
    if len(set(service.modifiers)) == len(service.modifiers):
        return
    for modifier in dict.fromkeys(service.modifiers):
        if service.modifiers.count(modifier) > 1:
            shown = modifier[:10]
            text = f"Each modifier is reported once per line; {shown} is repeated."
            remedy = f"Remove the repeated {shown}. Report a repeat service by its units or on a separate line."
            yield Finding(text, remedy, field="modifiers", observed=shown)


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
            "a code with a fee schedule row for 53",
            a_service("45378-53"),
            fee={"45378": Fee(), "45378-53": Fee()},
        ),
        fires("a code without a row for 53", a_service("19301-53"), says="no price for 19301-53", fee={"19301": Fee()}),
        not_judged("no fee schedule", a_service("19301-53")),
    ),
)
def discontinued_without_row(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 53 (discontinued procedure) on a code without a fee schedule row for 53.

    Only a few colonoscopy codes have a published price for 53. The contractor prices every other discontinued
    procedure by review, so submit the operative report with the claim.
    """
    if "53" not in service.modifiers or is_out_of_place("53", service, rules):  # MOD-FITS reports it
        return
    row = rules.fee(service.code)
    if row and not rules.fee_row(service.code, "53"):
        text = f"The fee schedule has no price for {service.code}-53: a discontinued procedure is priced by review."
        remedy = "Attach the operative report (PWK): how much was done, and why the procedure was discontinued."
        yield Finding(text, remedy, field="modifiers", observed="53", by=(row,))


class _Conflict(NamedTuple):
    """Two modifiers that cannot be reported together; ``soft`` where payers may price the line all the same."""

    one: str
    other: str
    soft: bool
    remedy: str


_ONE_OF: tuple[tuple[str, bool, str], ...] = (
    # Sets of modifiers of which a line may have one; whether that is soft; and which to report.
    ("26 TC", False, "Report 26 for the professional or TC for the technical component; for both, neither."),
    ("80 81 82", False, "Report one: 80 assistant, 81 minimum assistant, 82 no qualified resident available."),
    ("62 66", False, "Report 62 for two co-surgeons, or 66 for a surgical team."),
    ("54 55 56", True, "Report each on its own line: 54 surgery, 55 postoperative and 56 preoperative care."),
    ("76 77", True, "Report 76 for a repeat by the same practitioner, 77 for a repeat by another."),
    ("52 53", True, "Report 52 for a reduced service, or 53 for a discontinued procedure."),
    ("58 78 79", True, "Report one: 58 staged or related, 78 unplanned return to the operating room, 79 unrelated."),
    ("73 74", False, "Report 73 if discontinued before anesthesia was given, 74 if after."),
    (
        "XE XS XP XU",
        True,
        "Report the one documented: XE encounter, XS structure, XP practitioner, XU unusual service.",
    ),
    ("GA GZ", False, "Report GA if an ABN is on file, GZ if not."),
    ("GA GY", True, "Report GY if the service is excluded by statute; GA only for a required ABN on file."),
    ("GZ GY", True, "Report GY if the service is excluded by statute; GZ only if a required ABN is not on file."),
    (
        "AA AD QK QX QY QZ",
        False,
        "Report one: AA, AD, QK or QY (anesthesiologist), QX or QZ (anesthetist).",
    ),
    ("GN GO GP", False, "Report the one of the plan of care: GP (PT), GO (OT) or GN (SLP)."),
    ("CQ CO", False, "Report CQ for a physical therapist assistant, or CO for an occupational therapy assistant."),
    ("JW JZ", False, "Report JZ if nothing was discarded; else JW, on a separate line with the discarded amount."),
    ("95 93", False, "Report 95 for audio and video, or 93 for audio-only."),
    ("95 GT", False, "Report 95, or GT where the payer requires it."),
    ("93 GT", False, "Report GT for audio and video, or 93 for audio-only."),
    ("GT GQ", False, "Report GT for real-time audio and video, or GQ for store-and-forward."),
)
_NEVER_WITH: tuple[tuple[str, str, bool, str], ...] = (
    # Any of the first with any of the second.
    (
        "62 66",
        "80 81 82 AS",
        False,
        "Report one role: co-surgeon (62), team (66) or assistant (80, 81, 82, AS).",
    ),
    ("59", "XE XS XP XU", True, "Report the X modifier, which is more specific, and remove 59."),
    ("76 77", "91", True, "Report 91 for a repeat laboratory test, 76 or 77 for another repeat procedure."),
    ("GX", "EY GA GL GZ KB QL TQ", False, "Keep GX for a voluntary ABN on a noncovered service; otherwise remove it."),
    ("53", "73 74", False, "Report 53 on the physician's claim, 73 or 74 on the facility's."),
    ("50", "LT RT", True, "Report 50 for both sides, or LT or RT for one side."),
    ("50", "78", True, "Report one line per side, each with 78 and LT or RT."),
)
_ONLY_DOUBTFUL = frozenset({("50", "78")})
"""Some contractors want two lines with the side instead."""
_LIABILITY = {"GA", "GX", "GY", "GZ"}
_WITHOUT_ABN = Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), remedy="Keep the documented one and remove the other.")
"""ABNs are for original Medicare alone."""
_REPORTED_BY_GLB_RET = {"58", "78", "79"}

_REQUIRES = (("CQ", "GP", "a physical therapy"), ("CO", "GO", "an occupational therapy"))


def _conflicts(billed: set[str]) -> Iterator[_Conflict]:
    for names, soft, remedy in _ONE_OF:
        found = [m for m in names.split() if m in billed]
        for other in found[1:]:
            yield _Conflict(found[0], other, soft, remedy)
    for ones, others, soft, remedy in _NEVER_WITH:
        for one in billed.intersection(ones.split()):
            for other in billed.intersection(others.split()):
                yield _Conflict(one, other, soft, remedy)


_VALID_TOGETHER = (
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
"""Pairs that look like conflicts and are not."""


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
            passes(f"{pair.replace('-', ' and ')} together", a_service(f"19301-{pair}"), fee={"19301": Fee()})
            for pair in _VALID_TOGETHER
        ),
        fires("both components", a_service("77424-26-TC"), says="for both, neither"),
        fires("59 with its subset", a_service("11042-59-XS"), says="59 and XS"),
        fires("assistant and co-surgeon", a_service("19301-62-80"), says="62 and 80"),
        fires("bilateral return to the operating room", a_service("19301-50-78"), says="50 and 78", severity=WARN),
        passes("58 and 78, which GLB-RET reports", a_service("19301-58-78")),
        fires(
            "staged and unrelated, on a hospital claim", a_service("19301-58-79", setting=OUTPATIENT), says="58 and 79"
        ),
        fires("therapy assistant without the therapy modifier", a_service("97110-CQ"), says="CQ requires GP"),
        fires("a left finger with RT", a_service("26055-RT-F1"), says="RT and F1", severity=WARN),
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
    """Two modifiers on one line cannot be reported together, or one requires another that is missing.

    A service is global or one component of it; an assistant is not a co-surgeon; 50 already means both
    sides; an ABN is on file or it is not. Where the two belong on two lines (54 and 55, LT and RT), split
    the line. LT or RT with 50, or LT with RT, are the case ``sides``. A payer may price some of these
    pairs all the same; its profile may lower them.
    """
    if len(service.modifiers) < 2 and not {"CQ", "CO"}.intersection(service.modifiers):
        return
    billed = set(service.modifiers)

    def finding(text: str, pair: str, remedy: str) -> Finding:
        return Finding(text, remedy, field="modifiers", observed=pair)

    for one, other, soft, remedy in sorted(set(_conflicts(billed))):
        if service.setting == PROFESSIONAL and {one, other} <= _REPORTED_BY_GLB_RET:
            continue
        text = f"Modifiers {one} and {other} cannot be reported together."
        yield finding(text, f"{one} {other}", remedy)._replace(
            soft=soft,
            severity=WARN if (one, other) in _ONLY_DOUBTFUL else None,
            case="sides" if other in SIDES else "",
            wordings=() if _LIABILITY.isdisjoint((one, other)) else (_WITHOUT_ABN,),
        )
    for one, other, plan in _REQUIRES:
        # MOD-FITS reports one on a service that is not therapy.
        if one in billed and other not in billed and not is_out_of_place(one, service, rules):
            text = f"Modifier {one} requires {other} on the same line; {other} is missing."
            remedy = (
                f"Append {other} if under {plan} plan of care. Remove {one} only if no assistant furnished the service."
            )
            yield finding(text, one, remedy)
    for side, opposite in (("RT", LEFT_SITES), ("LT", RIGHT_SITES)):
        if side in billed:
            for site in sorted(billed & opposite):
                text = f"Modifiers {side} and {site} contradict each other: they are opposite sides."
                remedy = "Keep the modifier of the documented side; report a second side on a separate line."
                yield finding(text, f"{side} {site}", remedy)._replace(severity=WARN)
    if {"LT", "RT"} <= billed:
        row = rules.fee(service.code, service.modifiers)
        if row and row.bilateral != "3":
            text = f"LT and RT cannot be reported on one line of {service.code} (bilateral indicator {row.bilateral})."
            bilateral = row.bilateral == "1"
            remedy = "Report modifier 50 with 1 unit." if bilateral else "Report the service once, without LT and RT."
            one_line = finding(text, "LT RT", remedy)
            yield one_line._replace(soft=True, severity=None if bilateral else WARN, by=(row,), case="sides")


@service_check(
    "HOSPICE",
    severity=REJECT,
    citation=citations.HOSPICE,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(PROFESSIONAL,),
    examples=(
        passes("the attending physician", a_service("99349-GV")),
        passes("unrelated to the terminal condition", a_service("99349-GW")),
        fires("both", a_service("99349-GV-GW"), says="GV and GW"),
    ),
)
def hospice_modifiers_conflict(service: Service, rules: Rules) -> Iterator[Finding]:
    """GV and GW on one line: care of the terminal condition of a hospice patient, and care of something else.

    GV is for the attending physician whom the hospice does not employ, GW for services that are not related to the
    terminal condition. Whether the patient is in hospice is not on the claim, so that a missing one is not found.
    """
    if {"GV", "GW"}.issubset(service.modifiers):
        yield Finding(
            "Modifiers GV and GW cannot be reported together: GV is for the terminal condition, GW for another one.",
            "Keep GV if the attending physician treated the terminal condition; otherwise keep GW.",
            field="modifiers",
            observed="GV GW",
            soft=True,
        )


_VISIT_MODIFIERS = ("24", "25", "57", "FT")


@service_check(
    "MOD-EM-ONLY",
    severity=REJECT,
    citation=citations.GLOBAL_MODIFIERS,
    codes=codes("CO-4", "N823", "A7:453"),
    refines=("visits",),
    examples=(
        passes("25 on a visit", a_service("99213-25"), visits={"99213": Listed()}),
        fires("25 on a procedure", a_service("77424-25"), says="25 applies to E/M services only"),
        fires("57 on surgery", a_service("19301-57"), says="57 applies to E/M services only"),
        fires(
            "25 on another service",
            a_service("96372-25"),
            says="25 applies to",
            severity=WARN,
            visits={"99213": Listed()},
        ),
        fires("27 on a hospital procedure", a_service("19301-27", setting=OUTPATIENT), says="27 applies to E/M"),
        passes("FT on critical care", a_service("99291-FT"), visits={"99291": Listed()}),
        fires("FT on another visit", a_service("99213-FT"), severity=WARN, visits={"99213": Listed()}),
        not_judged("no list of visits for the day", a_service("96372-25")),
    ),
)
def visit_modifier_on_procedure(service: Service, rules: Rules) -> Iterator[Finding]:
    """An E/M modifier (24, 25, 57, FT; 27 on hospital claims) on a code that is not an E/M service.

    Append it to the E/M service of the same date, not to the procedure. The edit rejects it on anesthesia,
    surgery, radiology and laboratory codes. It warns on other codes outside the list of visits, and of FT on an
    E/M service other than critical care.
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
                text = f"FT is for critical care (99291, 99292) unrelated to surgery; {code} is another service."
                remedy = "Report 24, 25 or 57 if it applies; otherwise remove FT."
                yield Finding(text, remedy, field="modifiers", observed="FT", severity=WARN, by=(row,))
            return
        by = (row,)
    for modifier in billed:
        yield Finding(
            f"Modifier {modifier} applies to E/M services only; {code} is not one.",
            f"Remove {modifier} from {code}; append it to the E/M service of the same date if documented.",
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
        fires("59 on a visit", a_service("99213-59"), says="59 does not apply to E/M", visits={"99213": Listed()}),
        fires("59 on an eye visit", a_service("92014-59"), severity=WARN, visits={"92014": Listed()}),
        passes("counseling, which is not a visit", a_service("99406-59"), visits={"99213": Listed()}),
        fires(
            "XU on care management",
            a_service("99490-XU"),
            says="XU",
            severity=WARN,
            visits={"99490": Listed()},
        ),
    ),
)
def distinct_modifier_on_visit(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 59 or X{EPSU} on an E/M service, where it bypasses no edit.

    For a separate E/M service append 25 (or 24, 57) to it, never 59. On eye visits, preventive and care
    management services in the list of visits the edit only warns.
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
            f"Modifier {modifier} does not apply to E/M services such as {service.code}; it bypasses no edit there.",
            f"Append 25 instead if the E/M is significant and separately identifiable; otherwise remove {modifier}.",
            field="modifiers",
            observed=modifier,
            severity=None if 99202 <= number <= 99350 else WARN,
            by=(row,),
        )


_PHYSICIAN_MODIFIERS: Final = ("26", "53", "54", "55", "56", "62", "66", "80", "81", "82", "AS")
_NOT_ON: Final[Mapping[Setting, Mapping[str, bool]]] = {
    # Modifiers that are not valid on a claim type; True where payers may price the line all the same. A claim of one
    # setting may have lines of any other, so each setting has a row.
    PROFESSIONAL: {"73": False, "74": False, "27": False, "CA": False, "PO": True, "PN": True},
    ASC: dict.fromkeys(_PHYSICIAN_MODIFIERS, False),
    OUTPATIENT: dict.fromkeys(_PHYSICIAN_MODIFIERS, True),
    DME: {},
    INSTITUTIONAL: {},
    DENTAL: {},
}
_PROFESSIONAL_FEES = ("096", "097", "098")
"""Revenue codes under which a critical access hospital (type of bill 85x) bills professional services."""


@claim_check(
    "MOD-CLAIMTYPE",
    severity=REJECT,
    citation=citations.FACILITY_MODIFIERS,
    codes=codes("CO-4", "N823", "A7:453"),
    settings=(PROFESSIONAL, ASC, OUTPATIENT),
    applies_to=lambda service, rules: not _NOT_ON[service.setting].keys().isdisjoint(service.modifiers),
    examples=(
        passes("FY is a professional modifier", a_claim(a_line("73630-FY"))),
        fires("73 on a professional claim", a_claim(a_line("77424-73", pos="22")), says="Replace 73 with 53 (or 52)"),
        fires("26 on an ASC claim", a_claim(a_line("77424-26", pos="24", setting=ASC)), says="Replace 26 with TC"),
        fires(
            "26 on a hospital claim",
            a_claim(a_line("77424-26", setting=OUTPATIENT, revenue_code="0333")),
            says="26",
        ),
        fires(
            "53 on a hospital claim",
            a_claim(a_line("45378-53", setting=OUTPATIENT, revenue_code="0750")),
            says="Replace 53 with 73 (before anesthesia) or 74 (after)",
        ),
        passes("PO on a hospital claim", a_claim(a_line("77424-PO", setting=OUTPATIENT, revenue_code="0333"))),
        passes(
            "26 on a professional line of a critical access hospital",
            a_claim(a_line("71046-26", setting=OUTPATIENT, revenue_code="0972"), type_of_bill="851"),
        ),
        passes(
            "a line of another setting on a professional claim",
            a_claim(a_line("99213"), a_line("E0601-RR", setting=DME)),
        ),
    ),
)
def modifier_of_another_claim_type(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A modifier that is not valid on this claim type.

    Facility modifiers (73, 74, 27, CA, PO, PN) are not valid on a professional claim. Physician modifiers
    (26, 53 to 56, 62, 66, 80 to 82, AS) are not valid on an ASC or hospital claim, except on the
    professional lines of a critical access hospital. A payer may price PO and PN on a professional claim, or any of
    these on a hospital claim, all the same; its profile may lower them.
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
                    _instead_of(modifier, line.service.setting),
                    line=line,
                    field="modifiers",
                    observed=modifier,
                    soft=barred[modifier],
                )


def _instead_of(modifier: str, setting: Setting) -> str:
    """What to do about a modifier of another claim type: replace it where this one has its own."""
    if setting == PROFESSIONAL:
        if modifier in ("73", "74"):
            replace = f"Replace {modifier} with 53 (or 52) if this is the physician's claim"
            return f"{replace}; otherwise bill the line on the facility's claim."
        return f"Remove {modifier}, or bill the line on the facility's claim."
    if modifier == "53":
        return "Replace 53 with 73 (before anesthesia) or 74 (after)."
    if modifier == "26" and setting == ASC:
        return (
            "Replace 26 with TC if the code has components and the ASC furnished the technical one; otherwise remove "
            "26, or bill the line on the physician's professional claim."
        )
    return f"Remove {modifier}, or bill the line on the physician's professional claim."


_CLAIM_NAMES: Final[Mapping[Setting, str]] = {
    PROFESSIONAL: "professional",
    ASC: "ambulatory surgical center",
    OUTPATIENT: "hospital outpatient",
    DME: "DME supplier",
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
            says="Move pricing modifier 26 to position 1",
            modifiers={"26": Modifier(pricing=True), "RT": Modifier()},
        ),
        not_judged("no list of modifiers for the day", a_service("76519-RT-26")),
    ),
)
def pricing_modifier_not_first(service: Service, rules: Rules) -> Iterator[Finding]:
    """A pricing modifier (26, TC, 53, anesthesia, QW) is not in the first position.

    Contractors price by the first modifier field, so another order delays or misprices the line.
    """
    if len(service.modifiers) < 2:
        return
    rows = [rules.modifier(modifier) for modifier in service.modifiers]
    if isinstance(rows[0], Modifier) and rows[0].pricing:
        return
    for position, (modifier, row) in enumerate(zip(service.modifiers, rows, strict=True), start=1):
        if isinstance(row, Modifier) and row.pricing:
            observed = " ".join(service.modifiers)[:40]
            yield Finding(
                f"Pricing modifiers are reported first; {modifier} is in position {position}.",
                f"Move pricing modifier {modifier} to position 1.",
                field="modifiers",
                observed=observed,
                by=(row,),
            )
            return
