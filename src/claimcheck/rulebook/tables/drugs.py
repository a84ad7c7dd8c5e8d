"""Payment limits of drugs that Medicare Part B pays by average sales price (ASP)."""

from typing import Final, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Column, Kind, Table


class DrugLimit(NamedTuple):
    """A code of the ASP pricing file: the amount that one unit stands for, as published (``15 MG``), and for a vaccine
    the percent of its average wholesale price (AWP) that is paid."""

    dosage: str
    vaccine: str = ""
    source: str = "example"


DRUG_LIMIT: Final = Kind(
    "drug_limit",
    DrugLimit,
    columns={"dosage": Column("one unit"), "vaccine": Column("vaccine, percent of AWP")},
)
ASP: Final = "asp"
TABLES: Final = {
    ASP: Table(DRUG_LIMIT, "ASP pricing file", "ASP Pricing Files", f"{PAYMENT}/part-b-drugs/asp-pricing-files"),
}
