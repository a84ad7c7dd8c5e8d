"""Rule books that an earlier claimcheck made."""

import sqlite3
from pathlib import Path

from support.places import FIXTURES

OLD: tuple[str, ...] = (
    "MCR_MUE_DMESupplierServices_Eff_04-01-2026.csv",
    "PPRRVU25_JAN.csv",
    "ccipra-v322r0-f1.txt",
    "AOC_V2026Q2-MCR.txt",
    "HCPC2026_JAN_ANWEB.csv",
    "2025 NFRM Addendum B.11122024.txt",
)
"""The files that the old book was made of, in order."""


def old_book(path: Path, *changes: str) -> Path:
    """A book of version 1, as it was made then; ``changes`` are made to it after."""
    connection = sqlite3.connect(path)
    connection.executescript((FIXTURES / "books" / "version-1.sql").read_text("utf-8"))
    for change in changes:
        connection.execute(change)
    connection.commit()
    connection.close()
    return path
