"""Professional and technical components: modifiers 26 and TC, and who bills them in which place of service."""

from collections.abc import Iterator

from claimcheck.authoring.check import PRACTITIONER, claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import (
    PT_OT_TAXONOMIES,
    SPEECH_HEARING_TAXONOMIES,
    same_session,
    shown_place,
    taxonomy_in,
)
from claimcheck.claim import ASC, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Absent, Asc, Fee, NotInForce, Rulebook, Rules

_INDICATOR = citations.pfs("Attachment A: PC/TC indicator")
_MAPS = codes("CO-4", "N519", "A7:453")
_ADOPTED = "CMS fee schedule"
_MEANING = {
    "0": "physician service",
    "1": "diagnostic test",
    "2": "professional component only",
    "3": "technical component only",
    "4": "global test only",
    "5": "incident-to service",
    "6": "laboratory physician interpretation",
    "7": "therapy service",
    "8": "physician interpretation",
    "9": "components do not apply",
}


def _row_without_component(service: Service, rules: Rules, modifier: str) -> Fee | Absent | None:
    """The fee schedule row by which a component modifier is not valid; None where it is valid."""
    row = rules.fee(service.code)
    if rules.fee_row(service.code, modifier) or (row and row.pctc == "1"):
        return None
    return row


def _not_valid(modifier: str, code: str, row: Fee) -> str:
    meaning = f"PC/TC indicator {row.pctc}, {_MEANING[row.pctc]}" if row.pctc in _MEANING else "no components"
    return f"Modifier {modifier} is not valid for {code} ({meaning})."


@service_check(
    "PCTC-26",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=_INDICATOR,
    codes=_MAPS,
    needs=("fee_schedule",),
    settings=PRACTITIONER,
    examples=(
        passes("a diagnostic test", a_service("71046-26"), fee={"71046": Fee(pctc="1")}),
        passes(
            "a laboratory test with a fee schedule row for 26",
            a_service("84165-26"),
            fee={"84165": Fee("X", "9"), "84165-26": Fee("A", "6")},
        ),
        fires(
            "a physician service", a_service("77469-26"), says="26 is not valid for 77469", fee={"77469": Fee(pctc="0")}
        ),
        fires(
            "a technical-only code",
            a_service("93005-26"),
            says="Replace 93005-26 with the code of the interpretation",
            fee={"93005": Fee(pctc="3")},
        ),
        fires(
            "a service without components",
            a_service("77424-26"),
            says="components do not apply",
            fee={"77424": Fee("X", "9")},
        ),
        not_judged("no fee schedule", a_service("77424-26")),
    ),
)
def no_professional_component(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 26 on a code without a separate professional component.

    It is valid only for diagnostic tests (PC/TC indicator 1) and codes with a fee schedule row for 26.
    """
    if "26" not in service.modifiers:
        return
    row = _row_without_component(service, rules, "26")
    if row:
        text, allowed = _not_valid("26", service.code, row), f"PC/TC {row.pctc}"
        own_code = f"Replace {service.code}-26 with the code of the interpretation."
        remedy = own_code if row.pctc in ("3", "4") else "Remove 26."
        yield Finding(text, remedy, field="modifiers", observed="26", allowed=allowed, by=(row,))


@service_check(
    "PCTC-TC",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=_INDICATOR,
    codes=_MAPS,
    needs=("fee_schedule",),
    settings=PRACTITIONER,
    examples=(
        passes("a diagnostic test", a_service("71046-TC"), fee={"71046": Fee(pctc="1")}),
        fires(
            "a technical-only code",
            a_service("93005-TC"),
            says="technical component only",
            fee={"93005": Fee(pctc="3")},
        ),
        fires(
            "a global test",
            a_service("93000-TC"),
            says="Report the technical-only code instead of 93000-TC",
            fee={"93000": Fee(pctc="4")},
        ),
        fires("a service without components", a_service("77424-TC", setting=ASC), fee={"77424": Fee("X", "9")}),
        not_judged("no fee schedule", a_service("77424-TC")),
    ),
)
def no_technical_component(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier TC on a code without a separate technical component.

    It is valid only for diagnostic tests (PC/TC indicator 1) and codes with a fee schedule row for TC. On an ASC
    claim a payer may price TC on a code that is technical by definition all the same.
    """
    if "TC" not in service.modifiers:
        return
    row = _row_without_component(service, rules, "TC")
    if row:
        yield Finding(
            _not_valid("TC", service.code, row),
            f"Report the technical-only code instead of {service.code}-TC." if row.pctc == "4" else "Remove TC.",
            field="modifiers",
            observed="TC",
            allowed=f"PC/TC {row.pctc}",
            soft=service.setting == ASC,
            by=(row,),
        )


_HOSPITALS = frozenset({"19", "21", "22", "23", "51"})
_OTHER_FACILITIES = frozenset({"26", "31", "34", "52", "56", "61"})
_INCIDENT_TO = frozenset({"19", "21", "22", "23"})
_INCIDENT_TO_DOUBTFUL = frozenset({"51", "52", "61"})
_INPATIENT = frozenset({"21", "51", "61"})
_TESTING_SUPPLIERS = ("293D00000X", "335V00000X")
"""Independent diagnostic testing facilities and portable X-ray suppliers bill the technical component themselves."""


def _out_of_place(service: Service, row: Fee) -> bool:
    """Whether the facility bills this service, or a part of it, in this place of service."""
    place, pctc = service.place_of_service, row.pctc
    if not place or "GW" in service.modifiers:
        return False
    if pctc in ("3", "4") or (pctc == "1" and "26" not in service.modifiers):
        return place in _HOSPITALS or place in _OTHER_FACILITIES or place == "24"
    if pctc == "5":
        return place in _INCIDENT_TO or place in _INCIDENT_TO_DOUBTFUL
    if pctc == "7":
        return place in _INCIDENT_TO
    return pctc == "8" and place not in _INPATIENT


def _applies_to_place(service: Service, rules: Rules) -> bool:
    row = rules.fee(service.code, service.modifiers)
    return isinstance(row, Fee) and _out_of_place(service, row)


@claim_check(
    "PCTC-POS",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.RADIOLOGY,
    codes=codes("CO-5", "M97", "A8:249"),
    needs=("fee_schedule",),
    refines=("asc",),
    settings=(PROFESSIONAL,),
    applies_to=_applies_to_place,
    examples=(
        passes("the professional component", a_claim(a_line("71046-26", pos="22")), fee={"71046": Fee(pctc="1")}),
        passes("in the office", a_claim(a_line("71046")), fee={"71046": Fee(pctc="1")}),
        fires(
            "the global service in a hospital",
            a_claim(a_line("71046", pos="22")),
            says="append 26 to 71046",
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "in a nursing facility",
            a_claim(a_line("71046", pos="31")),
            severity=WARN,
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "a technical-only code",
            a_claim(a_line("93005", pos="21")),
            says="technical component only",
            fee={"93005": Fee(pctc="3")},
        ),
        fires(
            "a global test",
            a_claim(a_line("93000", pos="21")),
            says="report its own code instead of 93000",
            fee={"93000": Fee(pctc="4")},
        ),
        fires(
            "an incident-to service",
            a_claim(a_line("96372", pos="22")),
            says="incident-to",
            fee={"96372": Fee(pctc="5")},
        ),
        fires(
            "the global service in an ASC, on the ancillary list (Addendum BB)",
            a_claim(a_line("71046", pos="24")),
            fee={"71046": Fee(pctc="1")},
            asc={"71046": Asc("BB", "Z3")},
        ),
        fires(
            "the global service in an ASC, not on the list",
            a_claim(a_line("71046", pos="24")),
            severity=WARN,
            fee={"71046": Fee(pctc="1")},
            asc={},
        ),
        passes(
            "an independent testing facility",
            a_claim(a_line("71046", pos="22"), billing_taxonomy="293D00000X"),
            fee={"71046": Fee(pctc="1")},
        ),
        passes(
            "unrelated to the hospice condition (GW)",
            a_claim(a_line("71046-GW", pos="22")),
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "a therapist in a hospital",
            a_claim(a_line("97110-GP", pos="22"), billing_taxonomy="225100000X"),
            fee={"97110": Fee(pctc="7")},
        ),
        fires(
            "a speech therapist in a hospital",
            a_claim(a_line("92507", pos="22"), billing_taxonomy="235Z00000X"),
            severity=WARN,
            fee={"92507": Fee(pctc="7")},
        ),
        fires(
            "incident-to in a psychiatric hospital",
            a_claim(a_line("96372", pos="51")),
            severity=WARN,
            fee={"96372": Fee(pctc="5")},
        ),
        fires(
            "a smear interpretation outside a hospital stay",
            a_claim(a_line("85060")),
            says="inpatients",
            fee={"85060": Fee(pctc="8")},
        ),
        not_judged("no ASC list for the day", a_claim(a_line("71046", pos="24")), fee={"71046": Fee(pctc="1")}),
    ),
)
def technical_side_in_facility(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A practitioner bills the technical component of a service in a place where the facility bills it.

    In hospitals the facility bills technical components, technical-only tests and incident-to services; the
    practitioner bills the professional component (26) only. In other facilities the edit warns. In an ASC
    (place of service 24) it rejects what the ASC bills as ancillary (Addendum BB). Independent diagnostic testing
    facilities, portable X-ray suppliers and services unrelated to a hospice condition (GW) are exempt.
    """
    for line in claim.lines:
        if line.service.place_of_service is None:
            continue
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
            if row and _out_of_place(line.service, row) and not _is_testing_supplier(claim, line):
                yield from _place_finding(claim, line, row, rulebook)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _is_testing_supplier(claim: Claim, line: Line) -> bool:
    return claim.billing_taxonomy in _TESTING_SUPPLIERS or line.rendering_taxonomy in _TESTING_SUPPLIERS


def _place_finding(claim: Claim, line: Line, row: Fee, rulebook: Rulebook) -> Iterator[Finding]:
    place, code, pctc = line.service.place_of_service or "", line.code, row.pctc
    finding = Finding("", "", line=line, field="place_of_service", observed=shown_place(place), by=(row,))
    if pctc == "5":
        text = f"{code} is an incident-to service, not payable to a practitioner in place of service {place}."
        incident_to = finding._replace(text=text, remedy="Remove the line; the facility bills the service.")
        yield incident_to if place in _INCIDENT_TO else incident_to._replace(severity=WARN)
    elif pctc == "7":
        text = f"{code} by a therapist in private practice is not payable in place of service {place}."
        therapy = finding._replace(text=text, remedy="Remove the line; the hospital bills the therapy.")
        if taxonomy_in(claim, line, PT_OT_TAXONOMIES):
            yield therapy
        elif taxonomy_in(claim, line, SPEECH_HEARING_TAXONOMIES):
            yield therapy._replace(severity=WARN)
    elif pctc == "8":
        text = f"{code} is payable only for hospital inpatients; place of service is {place}."
        remedy = "Remove the line; the laboratory bills the test, which includes the interpretation."
        yield finding._replace(text=text, remedy=remedy, soft=True, codes=codes("CO-5", "M77", "A8:249"))
    else:
        text, remedy = _technical_texts(line, pctc, place)
        inpatient = _INPATIENT_TECHNICAL if place in ("21", "51") and pctc != "4" else None
        doubtful = place in _OTHER_FACILITIES
        if place == "24" and pctc == "1":
            row_of_center = rulebook.on(line.day).asc(code)
            doubtful = not row_of_center or row_of_center.addendum != "BB"
            finding = finding._replace(by=(row, row_of_center))
        yield finding._replace(text=text, remedy=remedy, severity=WARN if doubtful else None, codes=inpatient)


_INPATIENT_TECHNICAL = codes("CO-97", "M96", "A8:249")


def _technical_texts(line: Line, pctc: str, place: str) -> tuple[str, str]:
    code = line.code
    if pctc == "1":
        if "TC" in line.modifiers:
            text = f"In place of service {place} the facility bills the technical component of {code}; the line has TC."
            return text, "Remove the line."
        text = (
            f"{code} without 26 includes the technical component, which the facility bills in place of service {place}."
        )
        return (
            text,
            f"If this provider's written interpretation is documented, append 26 to {code}; otherwise remove the line.",
        )
    if pctc == "3":
        text = f"{code} is technical component only; not payable to a practitioner in place of service {place}."
        return text, "Remove the line; for the interpretation report its own code, if there is one."
    text = f"{code} is a global test; in place of service {place} the facility bills the technical component."
    return (
        text,
        f"If this provider's interpretation is documented, report its own code instead of {code}; otherwise remove the "
        "line.",
    )


@claim_check(
    "PCTC-SPLIT",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=_INDICATOR,
    codes=codes(status="A2:20"),
    settings=(PROFESSIONAL,),
    repeated=True,
    services_only=True,
    examples=(
        fires("both components", a_claim(a_line("71046-26"), a_line("71046-TC")), says="Report 71046 once"),
        passes("one component", a_claim(a_line("71046-26"))),
        passes("two days", a_claim(a_line("71046-26", day="20250311"), a_line("71046-TC"))),
        passes("two providers", a_claim(a_line("71046-26", rendering_npi="1234567802"), a_line("71046-TC"))),
        passes("two places", a_claim(a_line("71046-26", pos="22"), a_line("71046-TC"))),
    ),
)
def components_on_two_lines(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """One provider bills the professional and the technical component on two lines.

    Where one provider furnishes both on one date in one place, the global service (the code without 26 or TC)
    is the two together. Two lines are not duplicates and are paid the same; one line is simpler.
    """
    professional = {_billed_in(claim, line) for line in claim.lines if "26" in line.modifiers}
    for line in claim.lines:
        if "TC" in line.modifiers and "26" not in line.modifiers and _billed_in(claim, line) in professional:
            text = f"{line.code}-26 and {line.code}-TC by one provider on one date are the global service."
            remedy = f"Report {line.code} once, without 26 and TC."
            yield Finding(text, remedy, line=line, field="modifiers", observed="TC")


def _billed_in(claim: Claim, line: Line) -> tuple[object, ...]:
    return (line.code, line.service.place_of_service, *same_session(claim, line))
