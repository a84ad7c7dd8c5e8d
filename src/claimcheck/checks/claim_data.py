"""Charges, number of lines, diagnosis pointers, places of service and NPIs."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat
from typing import Final

from claimcheck.authoring.check import EVERY_SETTING, PRACTITIONER, ClaimColumns, claim_check, service_check
from claimcheck.authoring.examples import AN_ORGANISATION, a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import is_reporting_only, shown_place
from claimcheck.checks.spreadsheets import remedy_of_zeros
from claimcheck.checks.status import supply_for_dme_contractor
from claimcheck.claim import (
    ASC,
    DENTAL,
    DME,
    INSTITUTIONAL,
    OUTPATIENT,
    PROFESSIONAL,
    SETTINGS,
    Claim,
    Line,
    Service,
    as_number,
    can_be_place,
)
from claimcheck.message import REJECT, WARN, Finding, NotJudged, Severity, codes
from claimcheck.rulebook import Fee, NotInForce, Opps, Place, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_MOST_DIAGNOSES = 12
_MOST_POINTERS = 4


def _charges_are_plain(batch: ClaimColumns) -> bool:
    """Whether all charges have the usual form: ``112.50``."""
    charges = batch.columns["charge"]
    if None in charges:
        return False
    written = "".join(charges)
    if max(map(len, charges), default=0) > 12 or not (written.isascii() and written.replace(".", "").isdigit()):
        return False
    try:
        return min(map(float, charges)) > 0
    except ValueError:
        return False


@claim_check(
    "CHG",
    severity=REJECT,
    citation=citations.tr3("SV102, SV203: line item charge amount"),
    codes=codes("CO-16", "M79", "A7:178"),
    needs=("fee_schedule",),
    any_code=True,
    clean_if=_charges_are_plain,
    examples=(
        passes("a charge", a_claim(a_line(charge="90.00"))),
        fires("missing", a_claim(a_line(charge="")), says="missing"),
        fires("negative", a_claim(a_line(charge="-5")), says="negative"),
        fires("not an amount", a_claim(a_line(charge="1.2.3")), says="not an amount"),
        passes("zero for a reporting-only code", a_claim(a_line("3100F", charge="0.00"))),
        passes("a vaccine that the state supplies", a_claim(a_line("90686-SL", charge="0.00"))),
        passes(
            "zero for a bundled service",
            a_claim(a_line("99024", charge="0")),
            fee={"99024": Fee("B")},
        ),
        fires(
            "zero for a visit",
            a_claim(a_line(charge="0")),
            says="Charge is zero for 99213",
            severity=WARN,
            fee={"99213": Fee("A")},
        ),
        not_judged("zero without a fee schedule", a_claim(a_line(charge="0"))),
    ),
)
def charge_unusable(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The line charge is missing, not an amount, negative, or zero for a payable service.

    Zero is correct for reporting-only and bundled services (category II codes, status M and B) and for
    state-supplied vaccines (SL); on another professional service the edit warns. Hospitals report packaged items at
    zero.
    """
    for line in claim.lines:
        charge = line.charge
        if charge is None or not (problem := _charge_problem(charge)):
            continue
        if problem == _ZERO:
            yield from _zero_charge(claim, line, rulebook)
        else:
            shown = f": {charge[:20]}" if charge.strip() else ""
            text = f"Each line requires a charge; the charge is {problem}{shown}."
            remedy = "Report the charge for this line as a positive amount, such as 90.00."
            yield Finding(text, remedy, line=line, field="charge", observed=charge[:20])


_ZERO = "zero"


@lru_cache(maxsize=65536)
def _charge_problem(charge: str) -> str:
    """What is wrong with a charge; "" for a positive amount."""
    amount = as_number(charge)
    if amount is None:
        return "not an amount" if charge.strip() else "missing"
    return "" if amount > 0 else "negative" if amount < 0 else _ZERO


def _zero_charge(claim: Claim, line: Line, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    if claim.setting not in PRACTITIONER or is_reporting_only(line.code) or "SL" in line.modifiers:
        return
    try:
        row = rulebook.on(line.day).fee(line.code, line.modifiers)
    except NotInForce as gap:
        yield NotJudged(line, gap.table)
        return
    if row and row.status not in ("M", "B"):
        text = f"Charge is zero for {line.code}, which is neither reporting-only nor bundled."
        remedy = "Report your usual charge, unless the service was furnished at no charge."
        yield Finding(text, remedy, line=line, field="charge", observed=line.charge, severity=WARN, by=(row,))


_MOST_LINES: Final = {PROFESSIONAL: 50, ASC: 50, DME: 50, DENTAL: 50, OUTPATIENT: 999, INSTITUTIONAL: 999}
"""How often loop 2400 may repeat: 50 in the 837P and 837D, 999 in the 837I."""


@claim_check(
    "LINES",
    severity=REJECT,
    citation=citations.tr3("Loop 2400: up to 50 service lines (837P, 837D), up to 999 (837I)"),
    codes=codes("", "", "A3:121", "L"),
    settings=SETTINGS,
    any_code=True,
    services_only=True,
    examples=(
        passes("50 lines", a_claim(*[a_line("99213")] * 50)),
        fires("51 lines", a_claim(*[a_line("99213")] * 51), says="this claim has 51"),
        passes("999 lines of a hospital", a_claim(*[a_line("99213", setting=OUTPATIENT)] * 999)),
        fires("1,000 lines of a hospital", a_claim(*[a_line("99213", setting=OUTPATIENT)] * 1000), says="At most 999"),
    ),
)
def too_many_lines(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim has more service lines than the implementation guide allows.

    A professional or dental claim has up to 50 lines, an institutional claim up to 999. Split the claim, and keep each
    add-on code on the same claim as its primary code, where payers look for it. Limits of units and pair edits
    apply across both claims.
    """
    most, lines = _MOST_LINES[claim.setting], len(claim.lines)
    if lines > most:
        text = f"At most {most} service lines (loop 2400) per claim; this claim has {lines}."
        remedy = "Split the claim; keep each add-on code on the same claim as its primary code."
        yield Finding(text, remedy, observed=str(lines), allowed=str(most))


def _pointers_are_right(batch: ClaimColumns) -> bool:
    """Whether all pointers are valid; few combinations of them are billed."""
    counts = [len(claim.diagnoses or ()) for claim in batch.claims]
    if max(counts, default=0) > _MOST_DIAGNOSES:
        return False
    lines = [len(claim.lines) for claim in batch.claims]
    combinations = set(zip(batch.columns["pointers"], chain(*map(repeat, counts, lines)), strict=True))
    return not any(pointers is None or _pointer_findings(pointers, count) for pointers, count in combinations)


@claim_check(
    "DX-PTR",
    severity=REJECT,
    citation=citations.tr3("SV107: diagnosis code pointers; HI: up to 12 diagnoses"),
    codes=codes("CO-16", "M76", "A7:477", "H"),
    settings=(PROFESSIONAL, ASC, DME),
    clean_if=_pointers_are_right,
    examples=(
        passes("the first diagnosis", a_claim(a_line(pointers=("1",)))),
        fires("no pointer", a_claim(a_line(pointers=())), says="the first is missing"),
        fires(
            "past the last diagnosis",
            a_claim(a_line(pointers=("2",)), diagnoses=("I10",)),
            says="has 1 diagnosis.",
        ),
        fires("not a number", a_claim(a_line(pointers=("A",))), says='"A" reported'),
        fires("five", a_claim(a_line(pointers=tuple("12345")), diagnoses=tuple("ABCDE")), says="At most 4"),
        fires("the same twice", a_claim(a_line(pointers=("1", "1"))), says="repeated", severity=WARN),
        passes("no diagnosis at all: DX-MISSING", a_claim(a_line(pointers=("1",)), diagnoses=())),
        fires("thirteen diagnoses", a_claim(a_line(), diagnoses=("I10",) * 13), says="At most 12"),
    ),
)
def pointers_wrong(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A diagnosis pointer is missing, invalid or repeated, or there are too many pointers or diagnoses.

    A professional line points to up to 4 of the claim's up to 12 diagnoses by their position, 1 to 12, the primary
    one for the service first. (The CMS-1500 form has the letters A to L for 1 to 12.) A claim
    without any diagnosis is DX-MISSING.
    """
    diagnoses = claim.diagnoses
    if diagnoses == ():
        return
    if diagnoses is not None and len(diagnoses) > _MOST_DIAGNOSES:
        yield Finding(
            f"At most {_MOST_DIAGNOSES} diagnoses per claim; this claim has {len(diagnoses)}.",
            "Keep the 12 that support the services, and correct the diagnosis pointers.",
            field="diagnoses",
            observed=str(len(diagnoses)),
            allowed="12",
        )
    count = None if diagnoses is None else len(diagnoses)
    for line in claim.lines:
        pointers = line.pointers
        if pointers is None or not (findings := _pointer_findings(pointers, count)):
            continue
        for text, remedy, severity in findings:
            observed = " ".join(pointers)[:40]
            yield Finding(text, remedy, line=line, field="pointers", observed=observed, severity=severity)


@lru_cache(maxsize=4096)
def _pointer_findings(pointers: tuple[str, ...], count: int | None) -> tuple[tuple[str, str, Severity | None], ...]:
    """What is wrong with these pointers into ``count`` diagnoses: text, remedy, and severity where it is milder."""
    findings: list[tuple[str, str, Severity | None]] = []
    given = [pointer for pointer in pointers if pointer]
    correct = "Point to a diagnosis on this claim that supports the service (SV107, CMS-1500 item 24E)."
    if not pointers or not pointers[0]:
        findings.append(("Each line requires a diagnosis pointer; the first is missing.", correct, None))
    if len(pointers) > _MOST_POINTERS:
        text = f"At most {_MOST_POINTERS} diagnosis pointers per line; this line has {len(pointers)}."
        findings.append((text, "Keep the 4 that best support the service, the primary one first.", None))
    if malformed := [pointer for pointer in given if not re.fullmatch("[0-9]{1,2}", pointer)]:
        text = f'In SV107 diagnosis pointers are numbers from 1 to 12; "{malformed[0][:10]}" reported.'
        findings.append((text, "Report the position of the diagnosis on the claim: 1 for A, 2 for B and so on.", None))
    elif count is not None and (invalid := [pointer for pointer in given if not 1 <= int(pointer) <= count]):
        text = f"Pointer {invalid[0]} is invalid; the claim has {count} {'diagnosis' if count == 1 else 'diagnoses'}."
        findings.append((text, correct, None))
    elif repeated := [pointer for pointer in given if given.count(pointer) > 1]:
        text = f"Each diagnosis is pointed to once per line; pointer {repeated[0]} is repeated."
        findings.append((text, "Remove the repeated pointer.", WARN))
    return tuple(findings)


@service_check(
    "POS-INVALID",
    severity=REJECT,
    citation=citations.PLACES,
    codes=codes("CO-5", "M77", "A7:249", "H"),
    refines=("places_of_service",),
    settings=(PROFESSIONAL, ASC, DME),
    examples=(
        passes("a valid place", a_service(pos="11"), places={"11": Place()}),
        fires("an invalid place", a_service(pos="30"), says="30 is not valid", places={"11": Place()}),
        fires("missing", a_service(pos=""), says="missing"),
        fires("malformed", a_service(pos="OFFICE"), says="6 characters"),
        not_judged("no list of places for the day", a_service(pos="11")),
    ),
)
def place_not_valid(service: Service, rules: Rules) -> Iterator[Finding]:
    """The place of service is missing, malformed, or not valid on the date of service (CMS code set)."""
    place = service.place_of_service
    if place is None:
        return
    if not place:
        text, remedy = (
            "The place of service is missing.",
            "Report the 2-digit place of service code.",
        )
        yield Finding(text, remedy, field="place_of_service", observed="")
        return
    if not can_be_place(place):
        text = f"A place of service code has 2 digits; this one has {len(place)} characters."
        remedy = "Report a place of service code that is valid on the date of service."
        yield Finding(
            text, remedy, field="place_of_service", observed=f"{len(place)} characters", allowed="2 characters"
        )
        return
    row = rules.place(place)
    if not row:
        yield Finding(
            f"Place of service {place} is not valid on this date of service.",
            remedy_of_zeros(place, 2, "Report a place of service code that is valid on the date of service."),
            field="place_of_service",
            observed=place,
            by=(row,),
        )


@service_check(
    "POS-TYPE",
    severity=REJECT,
    cases=("supply",),
    citation=citations.PLACES,
    codes=codes("CO-5", "M77", "A8:249"),
    needs=("fee_schedule",),
    refines=("opps",),
    settings=PRACTITIONER,
    examples=(
        passes("an ASC claim with place 24", a_service("19301", pos="24", setting=ASC)),
        fires("an ASC claim with another place", a_service("19301", pos="22", setting=ASC), says="24"),
        fires("an office visit to an inpatient", a_service("99213", pos="21"), severity=WARN, fee={"99213": Fee()}),
        fires(
            "a hospital visit in the office",
            a_service("99232", pos="11"),
            severity=WARN,
            fee={"99232": Fee()},
        ),
        passes("critical care in any place", a_service("99291", pos="11"), fee={"99291": Fee()}),
        fires(
            "a supply for the DME contractor",
            a_service("A4253"),
            says="DME",
            severity=WARN,
            fee={"A4253": Fee("X")},
            opps={"A4253": Opps("Y")},
        ),
    ),
)
def place_does_not_fit(service: Service, rules: Rules) -> Iterator[Finding]:
    """The place of service does not match the claim type or the service.

    Ambulatory surgical centers report place of service 24. Office visits (99202 to 99215) do not match an
    inpatient hospital (21), nor hospital visits (99221 to 99239) an office (11). Supplies that the fee
    schedule excludes are usually billed to the DME contractor (the case ``supply``).
    """
    place, code = service.place_of_service, service.code
    finding = Finding("", "", field="place_of_service", observed=None if place is None else shown_place(place))
    if service.setting == ASC:
        if place is not None and place != "24":
            text = f"ASC claims require place of service 24; this line has place {shown_place(place)}."
            remedy = (
                "If the service was furnished in the ASC, correct the place of service to 24; otherwise remove the "
                "line from this claim."
            )
            yield finding._replace(text=text, remedy=remedy, allowed="24")
        return
    if place == "21" and 99202 <= number_of(code) <= 99215:
        text = f"{code} is an office visit; place of service 21 is an inpatient hospital."
        remedy = "Report a hospital visit code, or correct the place of service."
        yield finding._replace(text=text, remedy=remedy, severity=WARN)
    elif place == "11" and 99221 <= number_of(code) <= 99239:
        text = f"{code} is a hospital visit; place of service 11 is an office."
        remedy = "Report an office visit code, or correct the place of service."
        yield finding._replace(text=text, remedy=remedy, severity=WARN)
    yield from supply_for_dme_contractor(service, rules)


@lru_cache(maxsize=65536)
def npi_problem(npi: str | None) -> str:
    """What is wrong with an NPI; "" for a valid or missing one."""
    if not npi:
        return ""
    if not re.fullmatch("[0-9]{10}", npi):
        return "is invalid: an NPI has 10 digits"
    if npi[0] not in "12":
        return f"{npi} is invalid: an NPI begins with 1 or 2"
    digits = [int(d) for d in "80840" + npi]
    digits[-2::-2] = [2 * d - 9 if d > 4 else 2 * d for d in digits[-2::-2]]
    if sum(digits) % 10:
        return f"{npi} is invalid: its check digit is wrong"
    return _PLACEHOLDER if npi == "1234567893" else ""


def _npis_are_right(batch: ClaimColumns) -> bool:
    """Whether all NPIs are valid; a batch has few distinct ones."""
    return "" not in batch.billing_npis and not any(map(npi_problem, batch.npis))


_PLACEHOLDER = "1234567893 is a placeholder from CMS's documentation"


@claim_check(
    "NPI",
    severity=REJECT,
    citation=citations.NPI,
    codes=codes("CO-207", "N290", "A7:562", "H"),
    settings=EVERY_SETTING,
    clean_if=_npis_are_right,
    examples=(
        passes("a correct check digit", a_claim(a_line(), billing_npi=AN_ORGANISATION)),
        fires("a wrong check digit", a_claim(a_line(), billing_npi="1234567890"), says="check digit"),
        fires("nine digits", a_claim(a_line(rendering_npi="123456789")), says="10 digits"),
        fires("neither 1 nor 2 first", a_claim(a_line(referring_npi="3234567802")), says="begins with"),
        fires("an ordering provider", a_claim(a_line(ordering_npi="123456789")), says="Ordering provider NPI"),
        fires("missing from an 837", a_claim(a_line(), billing_npi=""), says="missing", severity=WARN),
        passes("not a column of the source", a_claim(a_line(), billing_npi=None)),
        fires("the example of CMS", a_claim(a_line(), billing_npi="1234567893"), severity=WARN),
    ),
)
def npi_not_valid(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A provider's NPI is invalid (10 digits, the first 1 or 2, the last a check digit), or the billing NPI is missing.

    The edit looks at the billing, rendering, referring and ordering providers. It warns of a claim without a billing
    NPI, since only atypical providers have none. It does not know whether a valid NPI is assigned to anyone. An NPI
    that the claim has once for all lines, or on every line, is reported once for the claim.
    """
    npi = claim.billing_npi
    if npi == "":
        text = "The billing provider NPI is missing."
        remedy = "Report the billing provider's NPI; only atypical providers have none."
        missing = codes("CO-206", "N257", "A6:562", "H")
        yield Finding(text, remedy, field="billing_npi", observed="", severity=WARN, codes=missing)
    of_claim = npis_of_all_lines(claim)
    for npi, roles in of_claim.items():
        if problem := npi_problem(npi):
            yield _npi_finding(roles, npi, problem, None)
    for line in claim.lines:
        for role, npi in npis_of(line):
            if npi and npi not in of_claim and (problem := npi_problem(npi)):
                yield _npi_finding([role], npi, problem, line)


NPI_REMARKS = {"billing": "N257", "rendering": "N290", "referring": "N286", "ordering": "N265"}


def npis_of(line: Line) -> tuple[tuple[str, str | None], ...]:
    """The NPIs of a line, each with whose it is."""
    return ("rendering", line.rendering_npi), ("referring", line.referring_npi), ("ordering", line.ordering_npi)


def npis_of_all_lines(claim: Claim) -> dict[str, list[str]]:
    """The billing NPI, and those that each of several lines has for the same provider, with whose they are."""
    lines = [npis_of(line) for line in claim.lines]
    shared = {line[0] for line in zip(*lines, strict=True) if len(line) > 1 and len({*line}) == 1}
    of_claim: dict[str, list[str]] = {}
    if claim.billing_npi:
        of_claim[claim.billing_npi] = ["billing"]
    for _, npi in sorted(shared, key=lambda one: [*NPI_REMARKS].index(one[0])):
        if npi:
            of_claim.setdefault(npi, [])
    for role, npi in dict.fromkeys(one for line in lines for one in line):
        if npi in of_claim:
            of_claim[npi].append(role)
    return of_claim


def _npi_finding(roles: list[str], npi: str, problem: str, line: Line | None) -> Finding:
    first, *others = roles
    whose = f"{', '.join(roles[:-1])} and {roles[-1]}" if others else first
    return Finding(
        f"{whose.capitalize()} provider NPI {problem}.",
        f"Look up the {whose} provider's NPI (NPPES) and report it.",
        line=line,
        field=f"{first}_npi",
        observed=npi[:20],
        severity=WARN if problem is _PLACEHOLDER else None,
        codes=codes("CO-207", NPI_REMARKS[first], "A7:562", "H"),
    )
