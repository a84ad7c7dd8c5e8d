"""Rule data: what is published, which release of it governs a day, and one way to look it up.

A ``Rulebook`` holds every release loaded; ``rulebook.on(day)`` gives the ``Rules`` of that day.
A look-up has three outcomes, never two: a row; ``Absent`` (a release that governs the day says
that there is no such row); or ``NotInForce`` (no release governs the day, so nothing is known).
"""

from claimcheck.rulebook.book import Rulebook
from claimcheck.rulebook.pairs import Among
from claimcheck.rulebook.rules import (
    ADD_ONS,
    ASC_TABLE,
    CARRIED,
    CODES,
    FEE_SCHEDULE,
    LABORATORY_FEES,
    MODIFIERS,
    NOT_OF_CODES,
    OPPS_TABLE,
    PLACES,
    Coverage,
    NotInForce,
    Rules,
)
from claimcheck.rulebook.schema import Release
from claimcheck.rulebook.store import Absent, BookError, Period, Store
from claimcheck.rulebook.tables import Key, Row
from claimcheck.rulebook.tables.code_sets import (
    AMBULANCE_TRIP,
    CROSS_REFERENCES,
    SUCCESSORS,
    CodeDates,
    Listed,
    Modifier,
    Place,
)
from claimcheck.rulebook.tables.facilities import Asc, Opps
from claimcheck.rulebook.tables.fee_schedule import PRICING_MODIFIERS, Fee
from claimcheck.rulebook.tables.ncci import MUE_TABLES, PTP_TABLES, UNKNOWN_MAI, AddOn, Mue, Pair, Program, ptp_table

__all__ = [
    "ADD_ONS", "AMBULANCE_TRIP", "ASC_TABLE", "CARRIED", "CODES", "CROSS_REFERENCES", "FEE_SCHEDULE",
    "LABORATORY_FEES", "MODIFIERS", "MUE_TABLES", "NOT_OF_CODES", "OPPS_TABLE", "PLACES", "PRICING_MODIFIERS",
    "PTP_TABLES", "SUCCESSORS", "UNKNOWN_MAI", "Absent", "AddOn", "Among", "Asc", "BookError", "CodeDates",
    "Coverage", "Fee", "Key", "Listed", "Modifier", "Mue", "NotInForce", "Opps", "Pair", "Period", "Place",
    "Program", "Release", "Row", "Rulebook", "Rules", "Store", "ptp_table",
]  # fmt: skip
