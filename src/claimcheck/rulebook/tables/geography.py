"""Who processes the claims of a place: Medicare's contractors by ZIP code."""

from typing import Final, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Kind, Table


class Carrier(NamedTuple):
    """The Part B contractor of a ZIP code, by its number, and the pricing locality. ``is_split`` says that some of the
    nine-digit ZIP codes in it have another. States are those of the file: EM and WM, for example, are parts of MO."""

    carrier: str
    locality: str = ""
    state: str = ""
    is_split: bool = False
    source: str = "example"


CARRIER: Final = Kind("carrier", Carrier, key=("zip",))
CARRIERS: Final = "carriers"

TABLES: Final = {
    CARRIERS: Table(
        CARRIER,
        "ZIP code to carrier file",
        "Fee Schedules, ZIP Code to Carrier Locality File",
        f"{PAYMENT}/fee-schedules",
    ),
}
