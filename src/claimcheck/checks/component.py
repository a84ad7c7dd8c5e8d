"""Professional and technical components: modifiers 26 and TC, and who may bill them where."""

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
    "0": "a physician service without a technical part",
    "1": "a diagnostic test",
    "2": "the professional component already",
    "3": "technical only",
    "4": "the global test only",
    "5": "incident to a physician's service",
    "6": "a laboratory service with a physician's interpretation",
    "7": "a therapist's service",
    "8": "a physician's interpretation",
    "9": "a service without components",
}


def _has_component(service: Service, rules: Rules, modifier: str) -> Fee | Absent | None:
    """The row by which a component modifier is wrong; None where it is right."""
    row = rules.fee(service.code)
    if rules.fee_row(service.code, modifier) or (row and row.pctc == "1"):
        return None
    return row


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
            "a laboratory's interpretation has a row of its own",
            a_service("84165-26"),
            fee={"84165": Fee("X", "9"), "84165-26": Fee("A", "6")},
        ),
        fires("a physician service", a_service("77469-26"), says="26 is not valid", fee={"77469": Fee(pctc="0")}),
        fires(
            "no components at all",
            a_service("77424-26"),
            says="without components",
            fee={"77424": Fee("X", "9")},
        ),
        not_judged("no fee schedule", a_service("77424-26")),
    ),
)
def no_professional_component(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 26 on a code that has no professional component to bill.

    Only diagnostic tests (PC/TC 1) and codes with a fee schedule row of their own for 26 split.
    """
    if "26" not in service.modifiers:
        return
    row = _has_component(service, rules, "26")
    if row:
        text = f"26 is not valid: {service.code} is {_MEANING.get(row.pctc, 'not split')}."
        yield Finding(text, "Remove 26.", field="modifiers", observed="26", allowed=f"PC/TC {row.pctc}", by=(row,))


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
        fires("technical already", a_service("93005-TC"), says="technical only", fee={"93005": Fee(pctc="3")}),
        fires("no components", a_service("77424-TC", setting=ASC), fee={"77424": Fee("X", "9")}),
        not_judged("no fee schedule", a_service("77424-TC")),
    ),
)
def no_technical_component(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier TC on a code that has no technical component of its own.

    On a surgical center's claim TC belongs only on codes that split, so it is wrong there on codes
    that are technical by definition; such a line may be priced all the same.
    """
    if "TC" not in service.modifiers:
        return
    row = _has_component(service, rules, "TC")
    if row:
        yield Finding(
            f"TC is not valid: {service.code} is {_MEANING.get(row.pctc, 'not split')}.",
            "Remove TC.",
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
"""Independent testing facilities and portable X-ray suppliers bill the technical side themselves."""


def _out_of_place(service: Service, row: Fee) -> bool:
    """Whether a practitioner who bills this service in this place must be looked at."""
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


def _concerns_place(service: Service, rules: Rules) -> bool:
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
    applies_to=_concerns_place,
    examples=(
        passes("the reading", a_claim(a_line("71046-26", pos="22")), fee={"71046": Fee(pctc="1")}),
        passes("in the office", a_claim(a_line("71046")), fee={"71046": Fee(pctc="1")}),
        fires(
            "global in a hospital",
            a_claim(a_line("71046", pos="22")),
            says="71046-26",
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "in a nursing facility",
            a_claim(a_line("71046", pos="31")),
            severity=WARN,
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "technical only",
            a_claim(a_line("93005", pos="21")),
            says="technical only",
            fee={"93005": Fee(pctc="3")},
        ),
        fires(
            "incident-to",
            a_claim(a_line("96372", pos="22")),
            says="Incident-to",
            fee={"96372": Fee(pctc="5")},
        ),
        fires(
            "global in a surgical center, on its ancillary list",
            a_claim(a_line("71046", pos="24")),
            fee={"71046": Fee(pctc="1")},
            asc={"71046": Asc("BB", "Z3")},
        ),
        fires(
            "not on its list",
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
            "a hospice patient, unrelated",
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
            "a smear outside a hospital stay",
            a_claim(a_line("85060")),
            says="inpatients",
            fee={"85060": Fee(pctc="8")},
        ),
        not_judged("no ASC list for the day", a_claim(a_line("71046", pos="24")), fee={"71046": Fee(pctc="1")}),
    ),
)
def technical_side_in_facility(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The technical side of a service is billed by a practitioner where the facility bills it.

    In hospitals the facility bills technical components, technical-only tests, and services incident
    to a physician's: the practitioner reports the professional component (26) alone. In other
    facilities the edit warns. In a surgical center (place of service 24) it rejects what the center
    bills as ancillary (Addendum BB). Independent testing facilities, portable X-ray suppliers and
    services unrelated to a hospice stay (GW) are exempt.
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
        text = f"Incident-to service {code} is not payable to a practitioner in place of service {place}."
        bills = finding._replace(text=text, remedy="The facility bills it.")
        yield bills if place in _INCIDENT_TO else bills._replace(severity=WARN)
    elif pctc == "7":
        text = f"Therapy by an independent therapist is not payable in place of service {place}."
        therapy = finding._replace(text=text, remedy="The hospital bills it.")
        if taxonomy_in(claim, line, PT_OT_TAXONOMIES):
            yield therapy
        elif taxonomy_in(claim, line, SPEECH_HEARING_TAXONOMIES):
            yield therapy._replace(severity=WARN)
    elif pctc == "8":
        text = f"{code} is payable only for hospital inpatients."
        remedy = "Remove the line; the laboratory bills the smear."
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
    if pctc == "1" and "TC" in line.modifiers:
        text = f"In place of service {place} the facility bills the technical component of {code}."
        return text, "Remove the line; the facility bills it."
    if pctc == "1":
        text = f"In place of service {place} the facility bills the technical component; report {code}-26."
        return text, f"Report {code}-26 for the reading."
    if pctc == "3":
        text = f"{code} is technical only; not payable to a practitioner in place of service {place}."
        return text, "The facility bills it; bill the code of the professional component, if there is one."
    text = f"{code} is the global test; in place of service {place} bill the interpretation-only code."
    return text, "Bill the code of the professional component."


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
        fires("both components", a_claim(a_line("71046-26"), a_line("71046-TC")), says="71046 without a modifier"),
        passes("one", a_claim(a_line("71046-26"))),
        passes("two days", a_claim(a_line("71046-26", day="20250311"), a_line("71046-TC"))),
        passes("two providers", a_claim(a_line("71046-26", rendering_npi="1234567802"), a_line("71046-TC"))),
        passes("two places", a_claim(a_line("71046-26", pos="22"), a_line("71046-TC"))),
    ),
)
def components_apart(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """One provider bills both components of a test on two lines.

    The global service, the code without 26 and TC, is the two together where one provider renders them on
    one day in one place. Two lines are no duplicates and are paid alike; they are only more to keep right.
    """
    readings = {_billed_in(claim, line) for line in claim.lines if "26" in line.modifiers}
    for line in claim.lines:
        if "TC" in line.modifiers and "26" not in line.modifiers and _billed_in(claim, line) in readings:
            text = f"26 and TC of {line.code} by one provider: bill {line.code} without a modifier."
            yield Finding(text, "Bill the global service on one line.", line=line, field="modifiers", observed="TC")


def _billed_in(claim: Claim, line: Line) -> tuple[object, ...]:
    return (line.code, line.service.place_of_service, *same_session(claim, line))
