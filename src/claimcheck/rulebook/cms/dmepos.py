"""The DMEPOS fee schedule, quarterly: a row for each code and its modifiers, with an amount for each state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet
from claimcheck.rulebook.parts import (
    QUARTER_OF_MONTH,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    data_rows,
    days_of,
    from_day,
    quarter,
    quarter_of,
    row_where,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.payment import NO_MODIFIER, SUPPLY

_COLUMNS: Final = ["HCPCS", "MOD", "MOD2", "JURIS", "CATG"]
_TITLE = re.compile(r"DMEPOS|Durable Medical Equipment", re.IGNORECASE)
_QUARTER = re.compile(r"(January|April|July|October) (20[0-9]{2}) Fee Schedule", re.IGNORECASE)
_MODIFIER = re.compile("([0-9A-Z]{2})?")
_KNOWN: Final = {"CATG": SUPPLY.published["category"], "JURIS": SUPPLY.published["jurisdiction"]}
_FEWEST: Final = 1_700
"""Codes; each has one to eleven rows."""


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The fee schedule that a sheet is, if it is one."""
    header = row_where(sheet, lambda row: [cell.strip().upper() for cell in row[:5]] == _COLUMNS)
    if sheet.fixed or header is None:
        return []
    titles = [cell for row in sheet.head[:header] for cell in row]
    if not any(map(_TITLE.search, titles)):
        return []
    found = next((found for cell in titles if (found := _QUARTER.search(cell))), None)
    days = quarter(int(found[2]), QUARTER_OF_MONTH[found[1].lower()]) if found else None
    first, last = days_of(told, sheet, days, "January 2025 Fee Schedule")
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            "dmepos",
            f"DMEPOS {edition}",
            first,
            last,
            first,
            Citation(f"DMEPOS Fee Schedule, {edition}", url=TABLES["dmepos"].page),
            lambda notes: _rows(sheet, header, notes),
            _FEWEST,
            values=_KNOWN,
        )
    ]


def _rows(sheet: Sheet, header: int, notes: Notes) -> Iterator[Record]:
    """One row per code; of each value what its rows say, in their order."""
    places: dict[str, int] = {}
    said: dict[str, tuple[dict[str, None], ...]] = {}
    for number, row in data_rows(sheet, header, len(sheet.head[header])):
        code, *modifiers, jurisdiction, category = (cell.strip() for cell in row[:5])
        code = code_of(sheet, number, "HCPCS", code)
        for column, modifier in zip(("Mod", "Mod2"), modifiers, strict=True):
            if not _MODIFIER.fullmatch(modifier):
                raise sheet.refuse(number, column, modifier, "a modifier of two characters, or none")
        notes.check(number, "JURIS", jurisdiction, _KNOWN["JURIS"])
        notes.check(number, "CATG", category, _KNOWN["CATG"])
        places.setdefault(code, number)
        categories, priced, jurisdictions = said.setdefault(code, ({}, {}, {}))
        billed = "-".join(filter(None, modifiers)) or NO_MODIFIER
        notes.repeated += billed in priced
        categories[category], priced[billed], jurisdictions[jurisdiction] = None, None, None
    for code, values in said.items():
        yield code, 10101, OPEN, *map(" ".join, values), places[code]
