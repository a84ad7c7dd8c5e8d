"""Ambulance services: where the trip went from and to, its miles, the transport that they belong to, the pick-up."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Final

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MILEAGE, Day, is_trip
from claimcheck.checks.spreadsheets import remedy_of_zeros
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, NOT_MEDICARE, REJECT, WARN, Finding, Wording, codes
from claimcheck.rulebook import Rulebook, Rules

_TRANSPORTS: Final = frozenset(f"A{number:04}" for number in range(426, 435))
"""A0426 to A0434: the transport itself."""
_BY_OTHERS: Final = frozenset(
    (
        *("A0080", "A0090", "A0100", "A0110", "A0120", "A0130", "A0140", "A0225", "A0999", "S9960", "S9961"),
        *("T2001", "T2002", "T2003", "T2004", "T2005", "T2007", "T2049"),
    )
)
"""Transports that Medicaid and health plans pay, such as by wheelchair van, or newborns' and unlisted ones."""
_ANY_TRANSPORT: Final = _TRANSPORTS | _BY_OTHERS
_OF_TRIPS: Final = _TRANSPORTS | MILEAGE
_WITHOUT_TRIP: Final = frozenset({"QL", "GY"})
"""The patient was pronounced dead before loading; the service is excluded by statute."""


@service_check(
    "AMB-TRIP",
    severity=REJECT,
    citation=citations.AMBULANCE,
    codes=codes("CO-4", "N822", "A6:453", "L"),
    settings=(PROFESSIONAL, OUTPATIENT),
    examples=(
        passes("home to hospital", a_service("A0428-RH")),
        passes("mileage to a physician's office on the way", a_service("A0425-HX", units="12.3")),
        fires("no pair", a_service("A0429"), says="A0429 requires an origin and destination"),
        fires("mileage without a pair", a_service("A0425", units="7")),
        fires("X is a destination only", a_service("A0428-XR")),
        fires("another modifier alone", a_service("A0427-QM")),
        passes("pronounced dead before loading", a_service("A0429-QL")),
        passes("for a denial", a_service("A0428-GY")),
        passes("no transport", a_service("A0998")),
    ),
)
def trip_missing(service: Service, rules: Rules) -> Iterator[Finding]:
    """An ambulance transport or its mileage (A0425 to A0436) has no origin and destination modifier.

    Report the trip as one modifier of two letters on each line: origin (D, E, G, H, I, J, N, P, R, S), then
    destination (one of these, or X). RH is from the residence to the hospital. A line with QL (pronounced dead before
    loading) or GY needs none.
    """
    if service.code not in _OF_TRIPS or any(map(is_trip, service.modifiers)):
        return
    if _WITHOUT_TRIP.isdisjoint(service.modifiers):
        text = f"{service.code} requires an origin and destination modifier; none is reported."
        remedy = "Append the trip to each of its lines, such as RH (residence to hospital) or SH (scene to hospital)."
        yield Finding(text, remedy, field="modifiers", observed=" ".join(service.modifiers)[:40])


def _is_zip(text: str) -> bool:
    """Whether a text is a ZIP code: 5 digits, or 9, also with the hyphen of print."""
    digits = text.replace("-", "", 1) if text[5:6] == "-" else text
    return len(digits) in (5, 9) and digits.isascii() and digits.isdigit()


@claim_check(
    "AMB-ZIP",
    severity=REJECT,
    citation=citations.PICK_UP,
    codes=codes("CO-16", "N53", "A6:500", "L"),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: service.code in _OF_TRIPS,
    examples=(
        passes("5 digits", a_claim(a_line("A0428-RH", service_zip="43001"))),
        passes("9 digits", a_claim(a_line("A0428-RH", service_zip="430011234"))),
        passes("as print has them", a_claim(a_line("A0428-RH", service_zip="43001-1234"))),
        fires("none", a_claim(a_line("A0428-RH", service_zip="")), says="none is reported"),
        fires("of 4 digits", a_claim(a_line("A0425-RH", service_zip="4300")), says="4 characters"),
        passes("a source that carries none", a_claim(a_line("A0428-RH"))),
        passes("no transport", a_claim(a_line("A0998", service_zip=""))),
        passes("a visit", a_claim(a_line("99213", service_zip=""))),
    ),
)
def pick_up_unknown(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An ambulance line (A0425 to A0436) has no ZIP code of the pick-up, or one that is not 5 or 9 digits.

    The ZIP code of the point of pick-up prices the trip; Medicare returns a claim without it. The billing provider's or
    a facility's does not stand for it. A source that does not carry it is not judged.
    """
    for line in claim.lines:
        if line.code not in _OF_TRIPS or line.service_zip is None or _is_zip(line.service_zip):
            continue
        reported = f"one of {len(line.service_zip)} characters" if line.service_zip else "none"
        remedy = "Report it where the patient was picked up: loop 2310E NM1*PW, N403 (CMS-1500 item 23)."
        yield Finding(
            f"{line.code} requires the ZIP code of the pick-up, 5 or 9 digits; {reported} is reported.",
            remedy_of_zeros(line.service_zip, 5 if len(line.service_zip) < 5 else 9, remedy, fewest=3, shown=False),
            line=line,
            field="service_zip",
            observed=f"{len(line.service_zip)} characters" if line.service_zip else "",
            codes=codes("CO-16", "N53", "A7:500", "L") if line.service_zip else None,
            element="2420G N403 / 2310E N403",
            box="23",
        )


_GROUND: Final = "A0425"
_WHOLE_FROM: Final = 100
_TENTHS_FROM: Final = date(2011, 1, 1)
_WHOLE, _TENTH = Decimal(1), Decimal("0.1")


def _rounded(service: Service, tenths: bool = True) -> Decimal | None:
    """The miles as a payer takes them, rounded up; None where units are not miles above zero. Whether miles by air are
    whole or tenths is the contractor's."""
    miles = service.quantity
    if service.code not in MILEAGE or miles is None or miles <= 0:
        return None
    whole = not tenths or (service.code == _GROUND and miles >= _WHOLE_FROM)
    return miles.quantize(_WHOLE if whole else _TENTH, ROUND_UP)


def _is_odd(service: Service, rules: Rules, *, tenths: bool = True) -> bool:
    rounded = _rounded(service, tenths)
    return rounded is not None and (rounded != service.quantity or service.units.startswith("."))


def _miles(code: str, units: str, day: str = "20250310") -> Claim:
    return a_claim(a_line(f"{code}-SH", units=units, day=day))


@claim_check(
    "AMB-MILE",
    severity=WARN,
    citation=citations.AMBULANCE_MILEAGE,
    codes=codes("CO-16", "M53", "A2:20", "L"),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=_is_odd,
    examples=(
        passes("tenths", _miles("A0425", "12.3")),
        passes("whole miles from 100 on", _miles("A0425", "105")),
        fires("hundredths", _miles("A0425", "12.34"), says="tenths below 100"),
        fires("tenths from 100 on", _miles("A0425", "100.5"), says="whole miles from 100"),
        passes("the last tenth below 100", _miles("A0425", "99.9")),
        passes("tenths by air", _miles("A0436", "105.5")),
        fires("hundredths by air", _miles("A0435", "105.55"), says="tenths"),
        fires("no 0 before the point", _miles("A0425", ".5"), says="0 before the decimal point"),
        passes("before 2011", _miles("A0425", "12.34", day="20101231")),
        fires("on the first day", _miles("A0425", "12.34", day="20110101")),
        fires("a payer of whole miles", _miles("A0425", "12.3"), says="whole miles", options={"tenths": False}),
    ),
)
def miles_not_rounded(claim: Claim, rulebook: Rulebook, *, tenths: bool = True) -> Iterator[Finding]:
    """Ambulance mileage has more decimals than the payer takes, which cuts off the rest.

    From 2011 on Medicare takes ground mileage (A0425) in tenths below 100 miles and in whole miles from 100 on; air
    mileage (A0435, A0436) in tenths or in whole miles, as the contractor decides. Round up: a fraction that is cut off
    is not paid. Below 1 mile report a 0 before the decimal point. Where a payer wants whole miles alone, as Medicaid of
    some states, set the option ``tenths`` to false.
    """
    for line in claim.lines:
        rounded, day = _rounded(line.service, tenths), line.day
        if rounded is None or day is None or day < _TENTHS_FROM:
            continue
        units = line.service.units[:20]
        finding = Finding("", f"Round up to {rounded}.", line=line, field="units", observed=units, allowed=str(rounded))
        if rounded != line.service.quantity:
            yield _rounding_finding(finding, line.code, tenths)
        elif units.startswith("."):
            text = f"Miles below 1 are reported with a 0 before the decimal point; {units} is reported."
            yield finding._replace(text=text, remedy=f"Report 0{units}.", allowed=f"0{units}")


def _rounding_finding(finding: Finding, code: str, tenths: bool) -> Finding:
    """Which miles a payer takes, and what was submitted."""
    billed = f"{finding.observed} miles of {code}"
    if not tenths:
        return finding._replace(text=f"{billed} reported; the payer may take whole miles only.")
    takes = "tenths" if code != _GROUND else "tenths below 100 miles, whole miles from 100 on"
    own = Wording(NOT_MEDICARE, text=f"{billed} reported; the payer may take {takes}.")
    return finding._replace(text=f"{billed} reported; Medicare takes {takes}, and cuts off the rest.", wordings=(own,))


def _trips(line: Line) -> set[str]:
    return {*filter(is_trip, line.modifiers)}


@claim_check(
    "AMB-BASE",
    severity=WARN,
    citation=citations.AMBULANCE,
    codes=codes("CO-107", status="A2:20", confidence="L"),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=lambda service, rules: service.code in MILEAGE,
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        passes("with its transport", a_claim(a_line("A0428-RH"), a_line("A0425-RH", units="7"))),
        fires("alone", a_claim(a_line("A0425-RH", units="7")), says="without a transport"),
        passes("a transport alone", a_claim(a_line("A0429-SH"))),
        fires(
            "a transport of another day",
            a_claim(a_line("A0428-RH", day="20250309"), a_line("A0425-RH", units="7")),
            says="without a transport",
        ),
        fires(
            "another trip",
            a_claim(a_line("A0428-RH"), a_line("A0425-HR", units="7")),
            says="no transport of that trip",
            severity=INFORM,
        ),
        passes(
            "there and back",
            a_claim(
                *(a_line("A0428-RH"), a_line("A0425-RH", units="7")),
                *(a_line("A0428-HR"), a_line("A0425-HR", units="7")),
            ),
        ),
        passes("a wheelchair van", a_claim(a_line("A0130-RP"), a_line("A0425-RP", units="7"))),
        passes("a trip that AMB-TRIP asks for", a_claim(a_line("A0428"), a_line("A0425-RH", units="7"))),
    ),
)
def mileage_without_transport(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Ambulance mileage (A0425, A0435, A0436) without a transport (A0426 to A0434) of the same date and trip.

    Mileage is paid with the transport only. Transports that Medicaid and health plans pay count, such as a wheelchair
    van (A0130). The claim and the patient's earlier claims of the batch are searched. A
    transport on that date whose origin and destination differ informs.
    """
    miles = [line for line in claim.lines if line.code in MILEAGE]
    if not miles:
        return
    transported: dict[Day, set[str]] = {}
    for line in claim.lines:
        if line.code in _ANY_TRANSPORT:
            transported.setdefault(line.day or line.from_date, set()).update(_trips(line) or {""})
    for line in miles:
        trips, of_day = _trips(line), transported.get(line.day or line.from_date)
        remedy = "Bill the transport and its mileage on one claim, each with the modifier of the trip."
        finding = Finding("", remedy, line=line, field="code", observed=line.code)
        if of_day is None:
            yield finding._replace(text=f"Mileage {line.code} is billed without a transport on this date.")
        elif trips and trips.isdisjoint(of_day) and "" not in of_day:
            text = f"Mileage {line.code} is of trip {' '.join(sorted(trips))}; no transport of that trip is billed."
            yield finding._replace(text=text, severity=INFORM, field="modifiers", observed=" ".join(sorted(trips)))
