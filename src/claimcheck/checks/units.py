"""Units as numbers, before any limit is looked at."""

from collections.abc import Iterator

from claimcheck.authoring.check import PRACTITIONER, service_check
from claimcheck.authoring.examples import a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.claim import Service
from claimcheck.message import REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rules
from claimcheck.rulebook.sections import is_anesthesia

_DAY_OF_MINUTES = 1440
_NOT_TIMED = frozenset({"01953", "01990", "01996"})
"""Anesthesia codes that are not billed by time: burn area, organ donor, daily management."""


@service_check(
    "UNIT-ZERO",
    severity=REJECT,
    citation=citations.tr3("SV104, SV205: service unit count"),
    codes=codes("CO-16", "M53", "A7:476", "H"),
    step=1,
    examples=(
        passes("one unit", a_service(units=1)),
        passes("half a unit is more than zero", a_service(units="0.5")),
        fires("zero", a_service(units=0), says="greater than zero"),
        fires("negative", a_service(units=-2), says="greater than zero"),
        fires("missing", a_service(units=""), says="missing"),
        fires("not a number", a_service(units="1e400"), says="not a number"),
    ),
)
def units_not_positive(service: Service, rules: Rules) -> Iterator[Finding]:
    """Units are missing, not a number, or not greater than zero.

    Units are written as a plain decimal (``2``, ``1.5``). The line takes no part in unit limits.
    """
    quantity = service.quantity
    if quantity is not None and quantity > 0:
        return
    missing = not service.units.strip()
    if missing:
        text = "Units are missing."
    elif quantity is None:
        text = "Units are not a number."
    else:
        text = "Units must be greater than zero."
    yield Finding(
        text,
        "Report the units rendered.",
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
        passes("whole units written with a point", a_service(units="2.0")),
        passes("ambulance mileage in tenths", a_service("A0425", units="12.4")),
        fires("half a unit", a_service("77424", units="0.5"), says="Whole units"),
        fires("mileage in hundredths", a_service("A0425", units="12.45"), says="tenths"),
    ),
)
def units_fractional(
    service: Service, rules: Rules, *, tenths: tuple[str, ...] = ("A0425", "A0435", "A0436")
) -> Iterator[Finding]:
    """Units are fractional where whole units are required.

    Ambulance mileage is reported in tenths of a mile; everything else in whole units. The option
    ``tenths`` names the codes that take tenths.
    """
    quantity = service.quantity
    if quantity is None or quantity == int(quantity):
        return
    if service.code not in tenths:
        yield Finding("Whole units are required.", "Report whole units.", field="units", observed=service.units)
    elif quantity * 10 != int(quantity * 10):
        text = f"{service.code} takes units in tenths, no finer."
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
        fires("anesthesia in units", a_service("00811-AA", units=3), says="minutes (MJ)", severity=WARN),
        fires("more than a day", a_service("00811-AA", units=1500, basis="MJ"), says="1440"),
    ),
)
def minutes_misplaced(service: Service, rules: Rules) -> Iterator[Finding]:
    """Anesthesia time is not reported in minutes, or minutes are reported for something else.

    Time-based anesthesia (00100 to 01999) is reported in minutes with unit basis MJ; every other
    service in units (UN). Some payers take anesthesia units, so that half of the edit only warns.
    """
    timed = is_anesthesia(service.code) and service.code not in _NOT_TIMED
    minutes = service.unit_basis == "MJ"
    if minutes and not is_anesthesia(service.code):
        text = f"{service.code} is not anesthesia: units, not minutes."
        yield Finding(text, "Report units with unit basis UN.", field="unit_basis", observed="MJ", allowed="UN")
    elif timed and service.unit_basis == "UN":
        text = f"Report anesthesia time for {service.code} in minutes (MJ)."
        remedy = "Report the minutes with unit basis MJ, unless this payer takes units."
        yield Finding(text, remedy, field="unit_basis", observed=service.unit_basis[:2], allowed="MJ", severity=WARN)
    elif minutes and (service.quantity or 0) > _DAY_OF_MINUTES:
        text = "A day has no more than 1440 minutes."
        yield Finding(text, "Correct the minutes.", field="units", observed=service.units, allowed="1440")
