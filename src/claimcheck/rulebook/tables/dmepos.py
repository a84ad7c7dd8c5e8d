"""The DMEPOS fee schedule: equipment, prosthetics, orthotics and supplies."""

from typing import Final, NamedTuple

from claimcheck.rulebook.tables import PAYMENT, Column, Kind, Table

NO_MODIFIER: Final = "none"
"""Stands for a row without a modifier among the modifiers of a code."""


_ROW: Final = f"({NO_MODIFIER}|[0-9A-Z]{{2}}(-[0-9A-Z]{{2}})?)"


class Supply(NamedTuple):
    """A code of the DMEPOS fee schedule: its category of payment, the modifiers of its rows and who is billed.

    ``modifiers`` has one entry per row: ``NU RR UE``, or ``RR RR-QB`` where a row has two; ``none`` where it has none.
    """

    category: str
    modifiers: str = NO_MODIFIER
    jurisdiction: str = "D"
    source: str = "example"

    @property
    def rows(self) -> list[frozenset[str]]:
        """The modifiers of each row."""
        return [frozenset(row.split("-")) - {NO_MODIFIER} for row in self.modifiers.split()]

    @property
    def priced(self) -> frozenset[str]:
        """All modifiers of its rows."""
        return frozenset().union(*self.rows)


SUPPLY: Final = Kind(
    "supply",
    Supply,
    columns={
        "category": Column(
            "category",
            {
                "CR": "capped rental",
                "FS": "frequent and substantial servicing",
                "IL": "intraocular lenses",
                "IN": "inexpensive or routinely purchased",
                "LC": "lymphedema compression",
                "OS": "ostomy, tracheostomy and urological supplies",
                "OX": "oxygen and oxygen equipment",
                "PO": "prosthetics and orthotics",
                "SC": "splints and casts",
                "SD": "surgical dressings",
                "SU": "supplies",
                "TE": "transcutaneous electrical nerve stimulators",
                "TS": "therapeutic shoes",
            },
            pattern="^[A-Z]{2}( [A-Z]{2})*$",
        ),
        "modifiers": Column("modifiers priced", pattern=f"^{_ROW}( {_ROW})*$"),
        "jurisdiction": Column(
            "jurisdiction",
            {"D": "the DME contractor", "J": "the DME or the Part B contractor", "L": "the Part B contractor"},
            pattern="^[A-Z]( [A-Z])*$",
        ),
    },
    section="dmepos",
)
DMEPOS: Final = "dmepos"
TABLES: Final = {
    DMEPOS: Table(
        SUPPLY, "DMEPOS fee schedule", "DMEPOS Fee Schedule", f"{PAYMENT}/fee-schedules/dmepos/dmepos-fee-schedule"
    ),
}
