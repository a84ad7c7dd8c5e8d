"""The fee schedule of parenteral and enteral nutrition (PEN)."""

from typing import Final, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Column, Kind, Table


class Nutrient(NamedTuple):
    """A row of the fee schedule, keyed (code, modifier, modifier 2): who is billed, and the category of payment."""

    jurisdiction: str
    category: str = ""
    modifier: str = ""
    modifier2: str = ""
    source: str = "example"


NUTRIENT: Final = Kind(
    "nutrient",
    Nutrient,
    key=("code", "modifier", "modifier2"),
    carries=("modifier", "modifier2"),
    columns={
        "jurisdiction": Column(
            "jurisdiction", {"D": "the DME contractor", "L": "the Part B contractor", "J": "either of them"}
        ),
        "category": Column("category", pattern="^([A-Z]{2})?$"),
    },
    decides="jurisdiction",
    section="nutrition",
)
TABLES: Final = {
    "nutrition": Table(
        NUTRIENT, "PEN fee schedule", "PEN Fee Schedule", f"{PAYMENT}/fee-schedules/dmepos/dmepos-fee-schedule"
    ),
}
