"""Units: a positive number, whole where required, and minutes only for anesthesia."""

from collections.abc import Iterator

from claimcheck.authoring.check import PRACTITIONER, service_check
from claimcheck.authoring.examples import a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import MILEAGE
from claimcheck.claim import Service
from claimcheck.message import REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rules
from claimcheck.rulebook.sections import is_anesthesia

_DAY_OF_MINUTES = 1440
_NOT_TIMED = frozenset({"01953", "01990", "01996"})
"""Anesthesia codes that are not billed by time."""


@service_check(
    "UNIT-ZERO",
    severity=REJECT,
    citation=citations.tr3("SV104, SV205: service unit count"),
    codes=codes("CO-16", "M53", "A7:476", "H"),
    step=1,
    examples=(
        passes("one unit", a_service(units=1)),
        passes("half a unit", a_service(units="0.5")),
        fires("zero", a_service(units=0), says="greater than zero"),
        fires("negative", a_service(units=-2), says="greater than zero"),
        fires("missing", a_service(units=""), says="missing"),
        fires("not a number", a_service(units="1e400"), says="must be a number"),
    ),
)
def units_not_positive(service: Service, rules: Rules) -> Iterator[Finding]:
    """Units are missing, not a number, or not greater than zero.

    Report units as a plain decimal (``2``, ``1.5``). Unit limits do not count the line.
    """
    quantity = service.quantity
    if quantity is not None and quantity > 0:
        return
    missing = not service.units.strip()
    if missing:
        text = "Units are missing."
    elif quantity is None:
        text = f'Units must be a number; "{service.units[:20]}" reported.'
    else:
        text = f"Units must be greater than zero; {service.units[:20]} reported."
    yield Finding(
        text,
        "Report the number of units furnished.",
        field="units",
        observed=service.units[:20],
        allowed="more than 0",
        codes=codes("CO-16", "M53", "A6:476", "H") if missing else None,
    )


@service_check(
    "UNIT-FRAC",
    severity=REJECT,
    citation=citations.tr3("SV104, SV205: service unit count"),
    codes=codes("CO-16", "M53", "A7:476"),
    step=1,
    examples=(
        passes("whole units", a_service(units="2")),
        passes("whole units with a decimal point", a_service(units="2.0")),
        passes("ambulance mileage, of which AMB-MILE speaks", a_service("A0425", units="12.45")),
        fires("half a unit", a_service("77424", units="0.5"), says="Whole units"),
        passes("a code in tenths", a_service("S9999", units="0.5"), options={"tenths": ("S9999",)}),
        fires("in hundredths", a_service("S9999", units="0.55"), says="tenths", options={"tenths": ("S9999",)}),
    ),
)
def units_fractional(service: Service, rules: Rules, *, tenths: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Units are fractional where whole units are required.

    Report whole units. The option ``tenths`` lists codes that a payer takes in tenths. Of ambulance mileage AMB-MILE
    speaks.
    """
    quantity = service.quantity
    if quantity is None or quantity == int(quantity) or service.code in MILEAGE:
        return
    if service.code not in tenths:
        text = f"Whole units are required for {service.code}; {service.units[:20]} reported."
        yield Finding(text, "Report whole units.", field="units", observed=service.units)
    elif quantity * 10 != int(quantity * 10):
        text = f"{service.code} allows units in tenths; {service.units[:20]} reported."
        yield Finding(text, "Round up to the next tenth.", field="units", observed=service.units)


@service_check(
    "UNIT-MJ",
    severity=REJECT,
    citation=citations.ANESTHESIA,
    codes=codes("CO-16", "M53", "A7:251", "L"),
    settings=PRACTITIONER,
    examples=(
        passes("anesthesia in minutes", a_service("00811-AA", units=45, basis="MJ")),
        passes("daily management is not timed", a_service("01996", units=1)),
        fires("minutes on a visit", a_service("99213", units=15, basis="MJ"), says="minutes"),
        fires("anesthesia in units", a_service("00811-AA", units=3), says="in minutes (MJ)", severity=WARN),
        fires("more minutes than a day has", a_service("00811-AA", units=1500, basis="MJ"), says="1440"),
    ),
)
def minutes_misplaced(service: Service, rules: Rules) -> Iterator[Finding]:
    """Anesthesia time is not in minutes, or minutes are reported for a service other than anesthesia.

    Report time-based anesthesia (00100 to 01999) in minutes with unit basis MJ, every other service in units
    (UN). Some payers accept anesthesia units, so the edit only warns of them.
    """
    timed = is_anesthesia(service.code) and service.code not in _NOT_TIMED
    minutes = service.unit_basis == "MJ"
    if minutes and not is_anesthesia(service.code):
        text = f"Only anesthesia is reported in minutes (MJ); {service.code} is not anesthesia."
        remedy = "Report units with unit basis UN (SV103)."
        yield Finding(text, remedy, field="unit_basis", observed="MJ", allowed="UN")
    elif timed and service.unit_basis == "UN":
        text = f"Anesthesia time for {service.code} is reported in minutes (MJ); this line has units (UN)."
        remedy = "Report the minutes with unit basis MJ (SV103), unless this payer accepts units."
        yield Finding(text, remedy, field="unit_basis", observed=service.unit_basis[:2], allowed="MJ", severity=WARN)
    elif minutes and (service.quantity or 0) > _DAY_OF_MINUTES:
        text = f"A day has 1440 minutes; {service.units[:20]} reported."
        yield Finding(text, "Correct the minutes.", field="units", observed=service.units, allowed="1440")
