"""A check of a payer."""

from collections.abc import Iterator

from claimcheck import WARN, Citation, Finding, Rules, Service, a_service, codes, fires, passes, service_check


@service_check(
    "ACME-UNITS",
    severity=WARN,
    citation=Citation("ACME payer manual 2025", "page 1"),
    codes=codes("CO-151", "N362", "A7:476"),
    examples=(passes("one", a_service("99213")), fires("two", a_service("99213", units=2), says="one unit")),
)
def no_units(service: Service, rules: Rules) -> Iterator[Finding]:
    """ACME pays one unit of 99213."""
    if service.code == "99213" and service.units != "1":
        yield Finding("ACME pays one unit.", "Correct the units.", field="units", observed=service.units)
