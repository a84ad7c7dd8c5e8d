"""Surgery by the fee schedule's indicators: global days, multiple and bilateral procedures, assistants,
co-surgeons and teams."""

from collections.abc import Iterator
from itertools import islice

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import (
    ASSISTANTS,
    DISTINCT,
    MOST_NAMED,
    NON_PHYSICIAN_TAXONOMIES,
    PHYSICIAN_TAXONOMIES,
    RETURN,
    SITES,
    SPLIT_CARE,
    same_session,
    taxonomy_in,
)
from claimcheck.checks.modifier_fits import is_out_of_place
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import (
    INFORM,
    NOT_MEDICARE,
    REJECT,
    WARN,
    Finding,
    NotJudged,
    Severity,
    StandardCodes,
    Wording,
    codes,
)
from claimcheck.rulebook import AddOn, Fee, Mue, NotInForce, Rulebook, Rules

_MODIFIER = codes("CO-4", "N519", "A7:453")
_DOCUMENTS = codes("CO-252", "M29", "A2:20")
_NOT_PAID = codes("CO-54", "", "A3:453")
_GLOBAL = "CMS global surgery rules"
_ADOPTED = "CMS fee schedule"


def _row_of(modifier: str, service: Service, rules: Rules) -> Fee | None:
    """The fee schedule row of a service that has the modifier."""
    if modifier not in service.modifiers:
        return None
    return rules.fee(service.code, service.modifiers) or None


@service_check(
    "GLB-SPLIT",
    severity=REJECT,
    adopted_from=_GLOBAL,
    citation=citations.GLOBAL_SURGERY,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("surgical care of a major procedure", a_service("19301-54"), fee={"19301": Fee(global_days="090")}),
        fires(
            "no global period",
            a_service("77424-54"),
            says="10- or 90-day",
            fee={"77424": Fee("X", "9", "XXX")},
        ),
        fires(
            "follow-up of an add-on",
            a_service("19294-55"),
            says="otherwise remove the line",
            fee={"19294": Fee(global_days="ZZZ")},
        ),
        fires(
            "a code of which the contractor decides",
            a_service("77424-55"),
            says="the contractor decides whether 55 applies",
            severity=WARN,
            fee={"77424": Fee(global_days="YYY")},
        ),
        fires(
            "surgical care of an add-on",
            a_service("19294-54"),
            says="54 follows the primary procedure",
            severity=WARN,
            fee={"19294": Fee(global_days="ZZZ")},
        ),
        fires("preoperative care", a_service("19301-56"), severity=WARN, fee={"19301": Fee(global_days="090")}),
        not_judged("no fee schedule", a_service("19301-54")),
    ),
)
def care_not_split(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 54, 55 or 56 on a code without a 10- or 90-day global period to split.

    They split surgical, postoperative and preoperative care between physicians. For add-on codes
    (ZZZ) they follow the primary procedure; for YYY the contractor decides; 56 alone is rarely paid.
    """
    billed = [m for m in SPLIT_CARE if m in service.modifiers]
    if not billed:
        return
    row = rules.fee(service.code, service.modifiers)
    if not row:
        return
    for modifier in billed:
        divisible = row.global_days in ("010", "090")
        if divisible and modifier != "56":
            continue
        text, remedy = _split_texts(modifier, service.code, row.global_days)
        yield Finding(
            text,
            remedy,
            field="modifiers",
            observed=modifier,
            allowed=f"global days {row.global_days}",
            severity=WARN if divisible or _follows_another(modifier, row.global_days) else None,
            by=(row,),
        )


def _split_texts(modifier: str, code: str, global_days: str) -> tuple[str, str]:
    """Text and remedy. 54 is on the operation itself, 55 and 56 may be all that the provider furnished."""
    performed = f"If this provider performed the procedure, remove {modifier}; otherwise remove the line"
    if global_days in ("010", "090"):
        text = f"Modifier {modifier} (preoperative care only) on {code} is rarely paid separately."
        return text, f"{performed}, or submit documentation of the transfer of care."
    if global_days == "YYY":
        text = f"{code} has global indicator YYY: the contractor decides whether {modifier} applies."
        return text, "Verify with the contractor."
    if global_days == "ZZZ" and modifier == "54":
        text = f"{code} is an add-on code (ZZZ): 54 follows the primary procedure."
        return text, "Report 54 if the primary procedure has it; otherwise remove 54."
    text = f"Modifier {modifier} applies to 10- or 90-day global procedures only; {code} is {global_days}."
    return text, "Remove 54." if modifier == "54" else f"{performed}."


def _follows_another(modifier: str, global_days: str) -> bool:
    """Whether the contractor or the primary procedure decides."""
    return global_days == "YYY" or (global_days == "ZZZ" and modifier == "54")


_CARE = {"55": "postoperative", "56": "preoperative"}


@service_check(
    "GLB-SPLIT2",
    severity=REJECT,
    adopted_from=_GLOBAL,
    citation=citations.GLOBAL_SURGERY,
    codes=_MODIFIER,
    settings=(PROFESSIONAL,),
    examples=(
        passes("an assistant in surgery", a_service("19301-80")),
        passes("surgical care alone", a_service("66984-54")),
        fires("an assistant's follow-up", a_service("66984-55-80"), says="55 and 80"),
        fires("an assistant's preparation", a_service("66984-56-AS"), says="56 and AS"),
    ),
)
def assistant_splits_care(service: Service, rules: Rules) -> Iterator[Finding]:
    """Postoperative or preoperative care (55, 56) on an assistant surgeon's line.

    An assistant (80, 81, 82, AS) takes part in the operation only. A provider who furnished both reports two lines
    with the date of surgery, and on the line for the care the dates on which it was assumed and relinquished.
    MOD-CONFLICT reports 54 and 55 on one line.
    """
    care = [m for m in ("55", "56") if m in service.modifiers]
    assistant = [m for m in ASSISTANTS if m in service.modifiers]
    if care and assistant:
        yield Finding(
            f"Modifiers {care[0]} and {assistant[0]} cannot be reported together; an assistant bills surgery only.",
            f"Report the assist with {assistant[0]}, and any {_CARE[care[0]]} care with {care[0]} on a separate line.",
            field="modifiers",
            observed=f"{care[0]} {assistant[0]}",
        )


@service_check(
    "GLB-RET",
    severity=REJECT,
    adopted_from=_GLOBAL,
    citation=citations.GLOBAL_SURGERY,
    codes=_MODIFIER,
    settings=(PROFESSIONAL,),
    examples=(
        passes("a staged procedure", a_service("19301-58")),
        fires("staged and unrelated", a_service("19301-58-79"), says="58 and 79"),
    ),
)
def returns_contradict(service: Service, rules: Rules) -> Iterator[Finding]:
    """Two of modifiers 58, 78 and 79 on one line: they contradict one another.

    58 is staged or related, 78 an unplanned return to the operating room, 79 unrelated. A payer may price the line
    all the same; its profile may lower this edit.
    """
    billed = [m for m in dict.fromkeys(service.modifiers) if m in RETURN]
    if len(billed) > 1:
        names = " and ".join(billed)
        text = f"Modifiers {names} reported together; they contradict one another."
        remedy = "Report only one: 58 staged or related, 78 unplanned return to the operating room, 79 unrelated."
        yield Finding(text, remedy, field="modifiers", observed=" ".join(billed), soft=True)


@service_check(
    "MULT-51",
    severity=WARN,
    cases=("no_concept",),
    adopted_from=_ADOPTED,
    citation=citations.pfs("Attachment A: multiple procedure indicator; modifier 51"),
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("no 51", a_service("19301"), fee={"19301": Fee(multiple="2")}),
        fires("not needed", a_service("19301-51"), says="ranks", severity=INFORM, fee={"19301": Fee(multiple="2")}),
        fires(
            "without effect",
            a_service("99213-51"),
            says="no multiple",
            severity=INFORM,
            fee={"99213": Fee(multiple="0")},
        ),
        fires("does not apply", a_service("77424-51"), says="does not apply", fee={"77424": Fee(multiple="9")}),
        fires("on an add-on", a_service("19294-51"), says="add-on", fee={"19294": Fee(global_days="ZZZ")}),
        fires(
            "on a code that the add-on list names",
            a_service("94645-51"),
            says="add-on",
            fee={"94645": Fee()},
            add_ons={"94645-94644": AddOn("1", "94644")},
        ),
        not_judged("no fee schedule", a_service("19301-51")),
    ),
)
def multiple_procedure_modifier(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 51, which Medicare does not require and which is invalid with some codes.

    Medicare contractors rank multiple procedures themselves. With add-on codes and where the multiple procedure
    concept does not apply (indicator 9, the case ``no_concept``) it is an error; elsewhere it has no effect. Some
    other payers require it.
    """
    row = _row_of("51", service, rules)
    if row is None:
        return
    severity: Severity | None = None
    case, elsewhere = "", ""
    if row.global_days == "ZZZ" or _adds_on(service, rules):
        text = f"Modifier 51 cannot be reported with add-on code {service.code}."
    elif row.multiple == "9":
        text = f"Modifier 51 does not apply to {service.code} (multiple procedure indicator 9)."
        case = "no_concept"
    elif row.multiple == "0":
        severity = INFORM
        text = f"Modifier 51 has no effect on {service.code}: no multiple procedure reduction applies (indicator 0)."
    else:
        severity = INFORM
        text = f"Modifier 51 has no effect on {service.code}: Medicare ranks multiple procedures itself."
        elsewhere = f"Modifier 51 has no effect on {service.code} if the payer ranks procedures itself, as CMS does."
    yield Finding(
        text,
        "Remove 51." if severity is None else "No action needed; 51 may be omitted.",
        field="modifiers",
        observed="51",
        allowed=f"multiple procedure {row.multiple}",
        severity=severity,
        by=(row,),
        case=case,
        wordings=(Wording(NOT_MEDICARE, elsewhere),) if elsewhere else (),
    )


def _adds_on(service: Service, rules: Rules) -> bool:
    """Whether CMS's list of add-on codes names a code; where none is in force the global days alone tell."""
    try:
        return bool(rules.primaries(service.code))
    except NotInForce:
        return False


_BILATERAL = {
    "0": ("{code} is not eligible for bilateral payment (bilateral indicator 0).", "Remove 50."),
    "2": ("{code} is already bilateral; 50 does not apply (bilateral indicator 2).", "Remove 50; report 1 unit."),
    "9": ("Modifier 50 is invalid with {code}; the bilateral concept does not apply (indicator 9).", "Remove 50."),
}


@service_check(
    "BILAT-50",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.BILATERAL,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL, OUTPATIENT),
    examples=(
        passes("150 percent", a_service("19301-50"), fee={"19301": Fee(bilateral="1")}),
        passes(
            "each side in full",
            a_service("76519-26-50"),
            fee={"76519": Fee(bilateral="2"), "76519-26": Fee(bilateral="3")},
        ),
        fires("not eligible", a_service("77469-50"), says="indicator 0", fee={"77469": Fee(bilateral="0")}),
        fires(
            "both sides already",
            a_service("76519-50"),
            says="already bilateral",
            fee={"76519": Fee(bilateral="2")},
        ),
        fires("no such concept", a_service("77424-50"), says="indicator 9", fee={"77424": Fee(bilateral="9")}),
        fires(
            "a single toe, both sides",
            a_service("28285-50-T1"),
            severity=WARN,
            fee={"28285": Fee(bilateral="1")},
        ),
        not_judged("no fee schedule", a_service("19301-50")),
    ),
)
def bilateral_not_allowed(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 50 on a code that is not payable as bilateral.

    Bilateral indicator 1 pays 150 percent, 3 each side in full. With 0 and 2 the contractor may price the line
    as one procedure all the same; with 9 the modifier is invalid. The fee schedule row of the pricing modifier
    decides: the professional component (26) of a code may be bilateral where its technical component is not.
    Eyelids, fingers and toes have their own modifiers.
    """
    row = _row_of("50", service, rules)
    if row is None:
        return
    if row.bilateral in _BILATERAL:
        text, remedy = _BILATERAL[row.bilateral]
        yield Finding(
            text.format(code=service.code),
            remedy,
            field="modifiers",
            observed="50",
            allowed=f"bilateral {row.bilateral}",
            soft=row.bilateral != "9",
            by=(row,),
        )
    for site in sorted(SITES.intersection(service.modifiers)):
        text = f"Modifiers 50 (both sides) and {site} (one site) cannot be reported together."
        yield Finding(
            text,
            "Report one line per site with its anatomic modifier, without 50.",
            field="modifiers",
            observed=f"50 {site}",
            severity=WARN,
            by=(row,),
        )


@service_check(
    "BILAT-UNITS",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.BILATERAL,
    codes=codes("CO-16", "M53", "A7:476"),
    needs=("fee_schedule", "mue"),
    settings=(PROFESSIONAL, OUTPATIENT),
    examples=(
        passes("one line, one unit", a_service("19301-50"), fee={"19301": Fee(bilateral="1")}),
        fires(
            "two units",
            a_service("19301-50", units=2),
            says="with 50 is 1 unit",
            fee={"19301": Fee(bilateral="1")},
            mue={"19301": Mue(1, 2)},
        ),
        fires(
            "two units, and a limit of as many",
            a_service("64400-50", units=2),
            says="with 50 is 1 unit",
            severity=WARN,
            fee={"64400": Fee(bilateral="1")},
            mue={"64400": Mue(4, 3)},
        ),
        passes("either way", a_service("73630-50", units=2), fee={"73630": Fee(bilateral="3")}),
        fires(
            "two units unexplained",
            a_service("20610", units=2),
            severity=WARN,
            fee={"20610": Fee(bilateral="1")},
        ),
        fires("two of both sides", a_service("92227", units=2), severity=WARN, fee={"92227": Fee(bilateral="2")}),
        not_judged("no fee schedule", a_service("19301-50", units=2)),
    ),
)
def bilateral_units(service: Service, rules: Rules) -> Iterator[Finding]:
    """The units do not match a bilateral procedure.

    A bilateral procedure (indicator 1) is one line with 50 and 1 unit, priced at 150 percent. Two units without
    a modifier warn, for it and for a code that is already bilateral (indicator 2); the MUE decides whether they
    are too many. Two units with 50 are rejected only if the MUE is 1; even then a payer may price the line all
    the same.
    """
    units = service.quantity
    bilateral = "50" in service.modifiers
    if units is None or units <= 0 or units == 1 or (units != 2 and not bilateral):
        return
    row = rules.fee(service.code, service.modifiers)
    if not row:
        return
    if row.bilateral == "1" and bilateral:
        text = f"Bilateral {service.code} with 50 is 1 unit on one line; {service.units[:20]} units billed."
        limit = _limit(service, rules)
        yield Finding(
            text,
            "Correct the units to 1.",
            field="units",
            observed=service.units[:20],
            allowed="1",
            severity=None if limit and limit.units == 1 else WARN,
            soft=True,
            by=(row, limit) if limit else (row,),
        )
    elif row.bilateral in ("1", "2") and not bilateral and not _explained(service):
        text = f"2 units of {service.code} billed without a modifier (bilateral indicator {row.bilateral})."
        remedy = (
            "If bilateral, report one line with 50 and 1 unit; otherwise correct the units, or append the modifier "
            "that is documented."
            if row.bilateral == "1"
            else "Correct the units to 1: the code covers both sides."
        )
        yield Finding(text, remedy, field="units", observed=service.units[:20], allowed="1", severity=WARN, by=(row,))


def _limit(service: Service, rules: Rules) -> Mue | None:
    """The MUE, where one is known. Without it the edit warns, so there is nothing to be left unjudged."""
    try:
        return rules.mue(service.code, service.setting) or None
    except NotInForce:
        return None


def _explained(service: Service) -> bool:
    return not (DISTINCT | SITES | {"LT", "RT", "76", "77"}).isdisjoint(service.modifiers)


@claim_check(
    "BILAT-LTRT",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.BILATERAL,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=lambda service, rules: not {"LT", "RT"}.isdisjoint(service.modifiers),
    services_only=True,
    examples=(
        passes("one side", a_claim(a_line("19301-LT")), fee={"19301": Fee(bilateral="1")}),
        fires(
            "two lines",
            a_claim(a_line("19301-LT"), a_line("19301-RT")),
            says="50",
            fee={"19301": Fee(bilateral="1")},
        ),
        passes(
            "each side in full",
            a_claim(a_line("73630-LT"), a_line("73630-RT")),
            fee={"73630": Fee(bilateral="3")},
        ),
        fires(
            "a side without meaning",
            a_claim(a_line("77424-LT")),
            severity=INFORM,
            fee={"77424": Fee(bilateral="9")},
        ),
        fires(
            "both sides are meant already",
            a_claim(a_line("76519-RT")),
            severity=INFORM,
            fee={"76519": Fee(bilateral="2")},
        ),
        passes(
            "two days",
            a_claim(a_line("19301-LT"), a_line("19301-RT", day="20250311")),
            fee={"19301": Fee(bilateral="1")},
        ),
        not_judged("no fee schedule", a_claim(a_line("19301-LT"))),
    ),
)
def sides_on_lines(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """LT and RT on two lines of a code that is not paid per side, or a side that does not apply.

    Report a bilateral procedure (indicator 1) on one line with 50; with 0 and 2 both sides are paid once; with 3
    two lines are correct. A single side is informational: it never rejects.
    """
    billed: dict[tuple[object, ...], set[str]] = {}
    for line in claim.lines:
        billed.setdefault((line.code, *same_session(claim, line)), set()).update(line.modifiers)
    for line in claim.lines:
        sides = {"LT", "RT"}.intersection(line.modifiers)
        if len(sides) != 1:  # both on one line is MOD-CONFLICT's
            continue
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
            applies = row and row.bilateral != "3"
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if not row or not applies:
            continue
        severity: Severity | None = None
        paired = not ({"LT", "RT"} - sides).isdisjoint(billed[line.code, *same_session(claim, line)])
        if paired and row.bilateral != "9":
            text = f"{line.code} billed on LT and RT lines; bilateral indicator is {row.bilateral}."
            remedy = (
                "Report one line with 50 and 1 unit instead."
                if row.bilateral == "1"
                else "Report one line with 1 unit: both sides are paid once."
            )
        elif row.bilateral in ("2", "9"):
            text = f"LT and RT are informational only for {line.code} (bilateral indicator {row.bilateral})."
            remedy, severity = "No action needed.", INFORM
        else:
            continue
        if is_out_of_place(min(sides), line.service, rulebook.on(line.day)):  # MOD-FITS reports it
            continue
        yield Finding(
            text,
            remedy,
            line=line,
            field="modifiers",
            observed=" ".join(sorted(sides)),
            allowed=f"bilateral {row.bilateral}",
            severity=severity,
            by=(row,),
        )


@claim_check(
    "ASST",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASSISTANTS,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: not frozenset(ASSISTANTS).isdisjoint(service.modifiers),
    examples=(
        passes("payable", a_claim(a_line("19302-80")), fee={"19302": Fee(assistant="2")}),
        fires(
            "with documentation",
            a_claim(a_line("19301-80")),
            severity=WARN,
            fee={"19301": Fee(assistant="0")},
        ),
        fires("never paid", a_claim(a_line("45378-82")), says="never payable", fee={"45378": Fee(assistant="1")}),
        fires(
            "no such concept",
            a_claim(a_line("77424-AS"), billing_taxonomy="363A00000X"),
            says="invalid",
            fee={"77424": Fee(assistant="9")},
        ),
        fires(
            "a physician's modifier by a nurse practitioner",
            a_claim(a_line("19302-80"), billing_taxonomy="363LF0000X"),
            says="AS",
            severity=WARN,
            fee={"19302": Fee(assistant="2")},
        ),
        not_judged("no fee schedule", a_claim(a_line("19302-80"))),
    ),
)
def assistant_not_payable(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """An assistant at surgery (80, 81, 82, AS) is not payable, or only with documentation.

    The indicators differ from those of co-surgeons: 0 requires documentation of medical necessity, 1 is never
    payable, 2 is payable, 9 means that the concept does not apply. Physicians report 80, 81 or 82, other
    practitioners AS.
    """
    for line in claim.lines:
        billed = [m for m in ASSISTANTS if m in line.modifiers]
        if not billed:
            continue
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
            payable = not row or row.assistant == "2"
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row and not payable:
            yield _assistant_finding(line, row, " ".join(billed))
        yield from _assistant_taxonomy(claim, line, billed)


def _assistant_finding(line: Line, row: Fee, billed: str) -> Finding:
    finding = Finding(
        "", "", line=line, field="modifiers", observed=billed, allowed=f"assistant {row.assistant}", by=(row,)
    )
    if row.assistant == "0":
        text = f"An assistant at surgery for {line.code} is payable only with documentation (indicator 0)."
        return finding._replace(
            text=text,
            remedy="Submit the operative report; show the medical necessity.",
            severity=WARN,
            codes=_DOCUMENTS,
        )
    if row.assistant == "1":
        text = f"An assistant at surgery for {line.code} is never payable by Medicare (indicator 1)."
        remedy = "Remove the line; do not bill the patient."
        elsewhere = f"{_ADOPTED}: an assistant at surgery for {line.code} is never payable by payers that follow CMS."
        wordings = (Wording(NOT_MEDICARE, elsewhere, "Remove the line."),)
        return finding._replace(text=text, remedy=remedy, codes=_NOT_PAID, wordings=wordings)
    text = f"Modifier {billed} is invalid with {line.code}; the assistant concept does not apply (indicator 9)."
    return finding._replace(
        text=text,
        remedy=f"Remove the line. Remove {billed} only if this provider performed the procedure alone.",
    )


def _assistant_taxonomy(claim: Claim, line: Line, billed: list[str]) -> Iterator[Finding]:
    physician = taxonomy_in(claim, line, PHYSICIAN_TAXONOMIES)
    other = taxonomy_in(claim, line, NON_PHYSICIAN_TAXONOMIES)
    if other and "AS" not in billed:
        text = f"Modifier {billed[0]} is for physicians; the rendering provider is not a physician."
        remedy = f"Report AS instead of {billed[0]}, or correct the rendering provider."
    elif physician and billed == ["AS"]:
        text = "Modifier AS is for non-physician practitioners; the rendering provider is a physician."
        remedy = "Report 80, 81 or 82 instead of AS, or correct the rendering provider."
    else:
        return
    yield Finding(
        text,
        remedy,
        line=line,
        field="modifiers",
        observed=" ".join(billed),
        severity=WARN,
    )


_Verdict = tuple[str, str, Severity | None, StandardCodes | None]
"""Text, remedy, severity where it is milder, and mapping where it is another."""

_ONE_SURGEON = "One surgeon reports {code} without {modifier}; remove the other surgeon's line."
_NO_CONCEPT: _Verdict = (
    "Modifier {modifier} is invalid with {code}; the concept does not apply (indicator 9).",
    _ONE_SURGEON,
    None,
    None,
)
_CO_SURGEONS: dict[str, _Verdict] = {
    "0": ("Co-surgeons are not permitted for {code} (indicator 0).", _ONE_SURGEON, None, _NOT_PAID),
    "1": (
        "Co-surgeons for {code} require documentation of medical necessity (indicator 1).",
        "Submit both operative reports.",
        WARN,
        _DOCUMENTS,
    ),
    "2": (
        "Co-surgeons are payable for {code} if they have different specialties (indicator 2).",
        "Verify that both surgeons report {code} with {modifier}.",
        INFORM,
        None,
    ),
}
_TEAMS: dict[str, _Verdict] = {
    "0": ("Team surgery is not permitted for {code} (indicator 0).", _ONE_SURGEON, None, _NOT_PAID),
    "1": (
        "Team surgery for {code} requires documentation of medical necessity, and is paid by report (indicator 1).",
        "Submit the operative reports.",
        WARN,
        _DOCUMENTS,
    ),
    "2": (
        "Team surgery for {code} is paid by report (indicator 2).",
        "Submit the operative reports.",
        WARN,
        _DOCUMENTS,
    ),
}


def _surgeons_finding(modifier: str, service: Service, row: Fee, allowed: str, verdict: _Verdict) -> Finding:
    text, remedy, severity, mapped = verdict
    return Finding(
        text.format(modifier=modifier, code=service.code),
        remedy.format(modifier=modifier, code=service.code),
        field="modifiers",
        observed=modifier,
        allowed=allowed,
        severity=severity,
        by=(row,),
        codes=mapped,
    )


@service_check(
    "COSURG",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.CO_SURGEONS,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("no co-surgeon", a_service("19302"), fee={"19302": Fee(co_surgeon="0")}),
        fires("payable", a_service("33533-62"), severity=INFORM, fee={"33533": Fee(co_surgeon="2")}),
        fires("with documentation", a_service("19302-62"), severity=WARN, fee={"19302": Fee(co_surgeon="1")}),
        fires("not permitted", a_service("19301-62"), says="not permitted", fee={"19301": Fee(co_surgeon="0")}),
        fires("no such concept", a_service("77424-62"), says="invalid", fee={"77424": Fee(co_surgeon="9")}),
        not_judged("no fee schedule", a_service("19302-62")),
    ),
)
def co_surgeon_not_payable(service: Service, rules: Rules) -> Iterator[Finding]:
    """Co-surgeons (62) are not payable, or only with documentation.

    Indicator 0 is not permitted, 1 requires documentation, 2 is payable to two surgeons of different specialties
    who both report the code with 62, 9 means that the concept does not apply.
    """
    row = _row_of("62", service, rules)
    if row is None:
        return
    verdict = _CO_SURGEONS.get(row.co_surgeon, _NO_CONCEPT)
    yield _surgeons_finding("62", service, row, f"co-surgeon {row.co_surgeon}", verdict)


@service_check(
    "TEAM",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.CO_SURGEONS,
    codes=_MODIFIER,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("no team", a_service("33533"), fee={"33533": Fee(team="0")}),
        fires("with documentation", a_service("33945-66"), severity=WARN, fee={"33945": Fee(team="1")}),
        fires("by report", a_service("33945-66"), says="by report", severity=WARN, fee={"33945": Fee(team="2")}),
        fires("not permitted", a_service("19301-66"), says="not permitted", fee={"19301": Fee(team="0")}),
        fires("no such concept", a_service("77424-66"), says="invalid", fee={"77424": Fee(team="9")}),
        not_judged("no fee schedule", a_service("33945-66")),
    ),
)
def team_not_payable(service: Service, rules: Rules) -> Iterator[Finding]:
    """Team surgery (66) is not payable, or by report only.

    Indicator 0 is not permitted, 1 requires documentation of medical necessity, 2 is paid by report, 9 means that
    the concept does not apply.
    """
    row = _row_of("66", service, rules)
    if row is None:
        return
    yield _surgeons_finding("66", service, row, f"team {row.team}", _TEAMS.get(row.team, _NO_CONCEPT))


@claim_check(
    "COSURG-PAIR",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.CO_SURGEONS,
    codes=_MODIFIER,
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: "62" in service.modifiers,
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        passes(
            "both surgeons",
            a_claim(a_line("22551-62"), a_line("22551-62", rendering_npi="1234567802")),
        ),
        fires(
            "one of them alone",
            a_claim(a_line("22551-62"), a_line("22551", rendering_npi="1234567802")),
            says="22551 with 62",
        ),
        fires(
            "an assistant beside co-surgeons",
            a_claim(a_line("22551-62"), a_line("22551-80", rendering_npi="1234567802")),
            says="assistant",
        ),
        passes("two days", a_claim(a_line("22551-62"), a_line("22551", rendering_npi="1234567802", day="20250311"))),
        passes("one surgeon's two lines", a_claim(a_line("22551-62"), a_line("22551-76"))),
    ),
)
def one_surgeon_without_62(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Another surgeon reports the code with 62 for the date, and this line has no 62 or is an assistant's.

    Co-surgeons both report the same code with 62. An assistant is generally not payable with co-surgeons.
    """
    with_62: dict[tuple[object, ...], list[Line]] = {}
    for line in claim.lines:
        if "62" in line.modifiers:
            with_62.setdefault((line.code, line.day), []).append(line)
    others_of: dict[tuple[object, ...], tuple[Line, ...]] = {}
    for line in claim.lines:
        if "62" in line.modifiers or "66" in line.modifiers or not line.day:
            continue
        npi = claim.rendering_npi(line)
        about = line.code, line.day, npi
        if about not in others_of:
            others = (o for o in with_62.get(about[:2], ()) if claim.rendering_npi(o) != npi)
            others_of[about] = (*islice(others, MOST_NAMED),)
        if others_of[about]:
            assists = not frozenset(ASSISTANTS).isdisjoint(line.modifiers)
            why = "an assistant is generally not payable with co-surgeons" if assists else "both must report 62"
            yield Finding(
                f"Another surgeon reports {line.code} with 62 on this date; {why}.",
                "Remove the assistant's line unless medical necessity is documented."
                if assists
                else f"If both are co-surgeons, append 62 to {line.code}; otherwise correct the other surgeon's line.",
                line=line,
                field="modifiers",
                observed=" ".join(line.modifiers),
                allowed="62",
                beside=others_of[about],
            )
