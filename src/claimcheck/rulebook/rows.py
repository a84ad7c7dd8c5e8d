"""The row types by the name of this module, from which custom checks may import them."""

from claimcheck.rulebook import (
    UNKNOWN_MAI,
    Absent,
    AddOn,
    Asc,
    CodeDates,
    Fee,
    Listed,
    Modifier,
    Mue,
    Opps,
    Pair,
    Place,
    Row,
)

__all__ = [
    "UNKNOWN_MAI", "Absent", "AddOn", "Asc", "CodeDates", "Fee", "Listed", "Modifier", "Mue", "Opps", "Pair",
    "Place", "Row",
]  # fmt: skip
