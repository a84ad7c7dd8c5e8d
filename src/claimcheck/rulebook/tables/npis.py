"""Lists of National Provider Identifiers: who may order, who is excluded, which NPIs are deactivated.

Each is a snapshot of its day. Without one nothing is missed: what it tells comes on top of what claims need.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from claimcheck.rulebook.tables import Column, Kind, Table


class Npi(NamedTuple):
    """An NPI in a list, with the list's own value for it, if any, and the days for which the row holds; no last day is
    an open end."""

    value: str = ""
    first: date = date.min
    last: date | None = None
    source: str = "example"


Held = tuple[int, int, str]
"""A row of an NPI: first and last day (CCYYMMDD), value."""
Term = tuple[Held, ...]
"""What NPIs have in common: the rows that each of them has in a list."""
ORDER_REFERRING: Final = "order_referring"
EXCLUDED: Final = "excluded_npis"
DEACTIVATED: Final = "deactivated_npis"
SNAPSHOT: Final = timedelta(days=90)
"""How long before its release a list speaks of services: it does not say what it said earlier."""
SERVICES: Final = {
    "PARTB": "Part B services",
    "DME": "DMEPOS items",
    "HHA": "home health services",
    "PMD": "power mobility devices",
    "HOSPICE": "hospice services",
}
"""The columns of the Order and Referring list: what an NPI may order or refer."""


def is_npi(text: str) -> bool:
    """Whether a text is as an NPI is: ten digits, the first 1 or 2."""
    return len(text) == 10 and text.isascii() and text.isdecimal() and text[0] in "12"


NPI: Final = Kind(
    "npi", Npi, key=("npi",), columns={"value": Column("may order")}, self_dated=True, called="lists of NPIs"
)
"""Such lists are millions of rows, and are kept in blocks (``rulebook.npi_blocks``)."""

TABLES: Final = {
    ORDER_REFERRING: Table(
        NPI,
        "Order and Referring list",
        "Order and Referring (PECOS)",
        "https://data.cms.gov/provider-characteristics/medicare-provider-supplier-enrollment/order-and-referring",
        optional=True,
    ),
    EXCLUDED: Table(
        NPI,
        "List of Excluded Individuals and Entities (LEIE)",
        "LEIE Downloadable Databases",
        "https://oig.hhs.gov/exclusions/leie-database-supplement-downloads/",
        optional=True,
    ),
    DEACTIVATED: Table(
        NPI,
        "list of deactivated NPIs",
        "NPPES Deactivated NPI Report",
        "https://download.cms.gov/nppes/NPI_Files.html",
        optional=True,
    ),
}
