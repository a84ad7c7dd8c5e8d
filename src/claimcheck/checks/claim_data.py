"""Charges, diagnosis pointers, places of service and provider numbers."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat
from typing import Final

from claimcheck.authoring.check import EVERY_SETTING, PRACTITIONER, ClaimColumns, claim_check, service_check
from claimcheck.authoring.examples import AN_ORGANISATION, a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import can_be_place, is_reporting_only, shown_place
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
)
from claimcheck.message import REJECT, WARN, Finding, NotJudged, Severity, codes
from claimcheck.rulebook import Fee, NotInForce, Opps, Place, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_MOST_DIAGNOSES = 12
_MOST_POINTERS = 4


def _charges_are_plain(batch: ClaimColumns) -> bool:
    """Whether all charges are what nearly every one is: ``112.50``."""
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
        passes("nothing charged for reporting", a_claim(a_line("3100F", charge="0.00"))),
        passes("a vaccine that the state supplies", a_claim(a_line("90686-SL", charge="0.00"))),
        passes(
            "nothing charged for what is bundled",
            a_claim(a_line("99024", charge="0")),
            fee={"99024": Fee("B")},
        ),
        fires("nothing charged for a visit", a_claim(a_line(charge="0")), severity=WARN, fee={"99213": Fee("A")}),
        not_judged("a free service without a fee schedule", a_claim(a_line(charge="0"))),
    ),
)
def charge_unusable(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The line's charge is missing, negative, or zero for a service that is paid.

    Zero is right for reporting-only and bundled services (category II codes, status M and B) and for vaccines
    that the state supplies (SL); on another professional service it warns. Hospitals report packaged items at zero.
    """
    for line in claim.lines:
        charge = line.charge
        if charge is None or not (trouble := _charge_trouble(charge)):
            continue
        if trouble == _NOTHING:
            yield from _nothing_charged(claim, line, rulebook)
        else:
            text, remedy = f"The charge is {trouble}.", "Report the charge for the service."
            yield Finding(text, remedy, line=line, field="charge", observed=charge[:20])


_NOTHING = "zero"


@lru_cache(maxsize=65536)
def _charge_trouble(charge: str) -> str:
    """What is wrong with a charge, or "" where nothing is."""
    amount = as_number(charge)
    if amount is None:
        return "not an amount" if charge.strip() else "missing"
    return "" if amount > 0 else "negative" if amount < 0 else _NOTHING


def _nothing_charged(claim: Claim, line: Line, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    if claim.setting not in PRACTITIONER or is_reporting_only(line.code) or "SL" in line.modifiers:
        return
    try:
        row = rulebook.on(line.day).fee(line.code, line.modifiers)
    except NotInForce as gap:
        yield NotJudged(line, gap.table)
        return
    if row and row.status not in ("M", "B"):
        text = f"Nothing is charged for {line.code}."
        remedy = "Report the usual charge, unless the service is free."
        yield Finding(text, remedy, line=line, field="charge", observed=line.charge, severity=WARN, by=(row,))


_MOST_LINES: Final = {PROFESSIONAL: 50, ASC: 50, DME: 50, DENTAL: 50, OUTPATIENT: 999, INSTITUTIONAL: 999}
"""Repeats of loop 2400: 50 in the 837P and 837D, 999 in the 837I."""


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
        fires("51 lines", a_claim(*[a_line("99213")] * 51), says="this one has 51"),
        passes("999 lines of a hospital", a_claim(*[a_line("99213", setting=OUTPATIENT)] * 999)),
        fires("1,000 lines of a hospital", a_claim(*[a_line("99213", setting=OUTPATIENT)] * 1000), says="at most 999"),
    ),
)
def too_many_lines(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The claim has more service lines than its implementation guide allows.

    A professional or dental claim has up to 50 lines, an institutional one up to 999. Split the claim, and keep each
    add-on code on the claim of its primary: payers look for it there. Units and pairs of one day are still added up
    over both claims.
    """
    most, lines = _MOST_LINES[claim.setting], len(claim.lines)
    if lines > most:
        text = f"A claim has at most {most} lines; this one has {lines}."
        remedy = "Split the claim (loop 2400); keep add-on codes on the claim of their primary."
        yield Finding(text, remedy, observed=str(lines), allowed=str(most))


def _pointers_are_right(batch: ClaimColumns) -> bool:
    """Whether all pointers point to diagnoses; few combinations of them are billed."""
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
        passes("points to the first", a_claim(a_line(pointers=("1",)))),
        fires("no pointer", a_claim(a_line(pointers=())), says="first diagnosis pointer is missing"),
        fires("points past the end", a_claim(a_line(pointers=("2",)), diagnoses=("I10",)), says="which has 1"),
        fires("not a number", a_claim(a_line(pointers=("A",))), says="not a number"),
        fires("five", a_claim(a_line(pointers=tuple("12345")), diagnoses=tuple("ABCDE")), says="at most 4"),
        fires("the same twice", a_claim(a_line(pointers=("1", "1"))), says="repeated", severity=WARN),
        passes("no diagnosis at all: DX-MISSING", a_claim(a_line(pointers=("1",)), diagnoses=())),
        fires("thirteen diagnoses", a_claim(a_line(), diagnoses=("I10",) * 13), says="at most 12"),
    ),
)
def pointers_wrong(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A diagnosis pointer is missing, too many, or points to no diagnosis.

    A professional line names its diagnoses by their order on the claim, 1 to 12, at most four, the
    main one first. A claim without any diagnosis is DX-MISSING.
    """
    diagnoses = claim.diagnoses
    if diagnoses == ():
        return
    if diagnoses is not None and len(diagnoses) > _MOST_DIAGNOSES:
        text = f"A claim has at most {_MOST_DIAGNOSES} diagnoses."
        yield Finding(
            text,
            "Keep the 12 that matter most.",
            field="diagnoses",
            observed=str(len(diagnoses)),
            allowed="12",
        )
    count = None if diagnoses is None else len(diagnoses)
    for line in claim.lines:
        pointers = line.pointers
        if pointers is None or not (findings := _pointer_findings(pointers, count)):
            continue
        for text, severity in findings:
            observed = " ".join(pointers)[:40]
            remedy = "Point to the diagnoses that explain the service."
            yield Finding(text, remedy, line=line, field="pointers", observed=observed, severity=severity)


@lru_cache(maxsize=4096)
def _pointer_findings(pointers: tuple[str, ...], count: int | None) -> tuple[tuple[str, Severity | None], ...]:
    """What is wrong with these pointers into so many diagnoses, and how severe where that is milder."""
    findings: list[tuple[str, Severity | None]] = []
    if not pointers or not pointers[0]:
        findings.append(("The first diagnosis pointer is missing.", None))
    if len(pointers) > _MOST_POINTERS:
        findings.append((f"A line has at most {_MOST_POINTERS} diagnosis pointers.", None))
    if any(p and not re.fullmatch("[0-9]{1,2}", p) for p in pointers):
        findings.append(("A diagnosis pointer is not a number.", None))
    elif count is not None and any(p and not 1 <= int(p) <= count for p in pointers):
        findings.append((f"A pointer names a diagnosis that is not on the claim, which has {count}.", None))
    elif len(set(given := [p for p in pointers if p])) < len(given):
        findings.append(("A diagnosis pointer is repeated.", WARN))
    return tuple(findings)


@service_check(
    "POS-INVALID",
    severity=REJECT,
    citation=citations.PLACES,
    codes=codes("CO-5", "M77", "A7:249", "H"),
    refines=("places_of_service",),
    settings=(PROFESSIONAL, ASC, DME),
    examples=(
        passes("in force", a_service(pos="11"), places={"11": Place()}),
        fires("not in force", a_service(pos="30"), says="30 is not valid", places={"11": Place()}),
        fires("missing", a_service(pos=""), says="missing"),
        fires("not written as one", a_service(pos="OFFICE"), says="6 characters"),
        not_judged("no list of places for the day", a_service(pos="11")),
    ),
)
def place_not_valid(service: Service, rules: Rules) -> Iterator[Finding]:
    """The place of service is missing, or not in CMS's code set on the date of service."""
    place = service.place_of_service
    if place is None:
        return
    if not place:
        text, remedy = "The place of service is missing.", "Report where the service was rendered."
        yield Finding(text, remedy, field="place_of_service", observed="")
        return
    if not can_be_place(place):
        text = f"The place of service has {len(place)} characters; a code has 2."
        remedy = "Report a place of service in force on the date of service."
        yield Finding(
            text, remedy, field="place_of_service", observed=f"{len(place)} characters", allowed="2 characters"
        )
        return
    row = rules.place(place)
    if not row:
        yield Finding(
            f"Place of service {place} is not valid on this date of service.",
            "Report a place of service in force on the date of service.",
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
        passes("a surgical center", a_service("19301", pos="24", setting=ASC)),
        fires("a surgical center elsewhere", a_service("19301", pos="22", setting=ASC), says="24"),
        fires("an office visit in hospital", a_service("99213", pos="21"), severity=WARN, fee={"99213": Fee()}),
        fires(
            "a hospital visit in the office",
            a_service("99232", pos="11"),
            severity=WARN,
            fee={"99232": Fee()},
        ),
        passes("critical care anywhere", a_service("99291", pos="11"), fee={"99291": Fee()}),
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
    """The place of service does not fit the kind of claim or the service.

    Surgical centers bill place 24. Office visits (99202 to 99215) are not rendered to inpatients,
    nor hospital visits (99221 to 99239) in an office. Supplies that the fee schedule excludes
    usually go to the DME contractor (the case ``supply``).
    """
    place, code = service.place_of_service, service.code
    finding = Finding("", "", field="place_of_service", observed=None if place is None else shown_place(place))
    if service.setting == ASC:
        if place is not None and place != "24":
            text = f"An ambulatory surgical center bills place of service 24, not {shown_place(place)}."
            yield finding._replace(text=text, remedy="Report place of service 24.", allowed="24")
        return
    if place == "21" and 99202 <= number_of(code) <= 99215:
        text = f"{code} is an office visit; place of service 21 is an inpatient hospital."
        remedy = "Report a hospital visit, or correct the place."
        yield finding._replace(text=text, remedy=remedy, severity=WARN)
    elif place == "11" and 99221 <= number_of(code) <= 99239:
        text = f"{code} is a hospital visit; place of service 11 is an office."
        remedy = "Report an office visit, or correct the place."
        yield finding._replace(text=text, remedy=remedy, severity=WARN)
    yield from supply_for_dme_contractor(service, rules)


@lru_cache(maxsize=65536)
def _npi_trouble(npi: str | None) -> str:
    """What is wrong with an NPI, or "" where nothing is, or there is none."""
    if not npi:
        return ""
    if not re.fullmatch("[0-9]{10}", npi):
        return "does not have ten digits"
    if npi[0] not in "12":
        return "does not begin with 1 or 2"
    digits = [int(d) for d in "80840" + npi]
    digits[-2::-2] = [2 * d - 9 if d > 4 else 2 * d for d in digits[-2::-2]]
    if sum(digits) % 10:
        return "has a wrong check digit"
    return _PLACEHOLDER if npi == "1234567893" else ""


def _npis_are_right(batch: ClaimColumns) -> bool:
    """Whether no NPI has anything wrong; few providers bill many claims."""
    billing = {claim.billing_npi for claim in batch.claims}
    others = (batch.columns[name] for name in ("rendering_npi", "referring_npi", "ordering_npi"))
    return "" not in billing and not any(map(_npi_trouble, billing.union(*others)))


_PLACEHOLDER = "is CMS's example, not a provider"


@claim_check(
    "NPI",
    severity=REJECT,
    citation=citations.NPI,
    codes=codes("CO-207", "N290", "A7:562", "H"),
    settings=EVERY_SETTING,
    clean_if=_npis_are_right,
    examples=(
        passes("a right check digit", a_claim(a_line(), billing_npi=AN_ORGANISATION)),
        fires("a wrong one", a_claim(a_line(), billing_npi="1234567890"), says="check digit"),
        fires("nine digits", a_claim(a_line(rendering_npi="123456789")), says="ten digits"),
        fires("neither 1 nor 2", a_claim(a_line(referring_npi="3234567802")), says="begin with"),
        fires("an ordering one", a_claim(a_line(ordering_npi="123456789")), says="ordering"),
        fires("none on an 837", a_claim(a_line(), billing_npi=""), says="missing", severity=WARN),
        passes("none known", a_claim(a_line(), billing_npi=None)),
        fires("CMS's example", a_claim(a_line(), billing_npi="1234567893"), severity=WARN),
    ),
)
def npi_not_valid(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A provider's NPI can't be one: ten digits, the first 1 or 2, the last a check digit.

    Billing, rendering, referring and ordering providers are looked at. A claim without a billing NPI warns: only
    providers that are not of health care have none. Whether a well-formed NPI belongs to
    somebody is not known here.
    """
    npi = claim.billing_npi
    if npi == "":
        text, remedy = "The billing provider's NPI is missing.", "Report the NPI, if the provider has one."
        missing = codes("CO-206", "N257", "A6:562", "H")
        yield Finding(text, remedy, field="billing_npi", observed="", severity=WARN, codes=missing)
    if npi and (trouble := _npi_trouble(npi)):
        yield _npi_finding("billing", npi, trouble, None)
    for line in claim.lines:
        npi = line.rendering_npi
        if npi and (trouble := _npi_trouble(npi)):
            yield _npi_finding("rendering", npi, trouble, line)
        npi = line.referring_npi
        if npi and (trouble := _npi_trouble(npi)):
            yield _npi_finding("referring", npi, trouble, line)
        npi = line.ordering_npi
        if npi and (trouble := _npi_trouble(npi)):
            yield _npi_finding("ordering", npi, trouble, line)


_NPI_REMARKS = {"billing": "N257", "rendering": "N290", "referring": "N286", "ordering": "N265"}


def _npi_finding(role: str, npi: str, trouble: str, line: Line | None) -> Finding:
    return Finding(
        f"The {role} provider's NPI {trouble}.",
        "Correct the NPI.",
        line=line,
        field=f"{role}_npi",
        observed=npi[:20],
        severity=WARN if trouble is _PLACEHOLDER else None,
        codes=codes("CO-207", _NPI_REMARKS[role], "A7:562", "H"),
    )
