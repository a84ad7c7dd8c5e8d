"""The fee schedule of parenteral and enteral nutrition (PEN), quarterly: a row for each code and modifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimcheck.rulebook.tables.nutrition import NUTRIENT  # type: ignore[import-untyped]

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

_COLUMNS: Final = ["HCPCS", "MOD", "MOD2", "JURIS", "TYPE"]
_TITLE = re.compile(r"(January|April|July|October) (20[0-9]{2}) Fee Schedule")
_KNOWN: Final = {"JURIS": NUTRIENT.published["jurisdiction"]}
_FEWEST: Final = 50


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The fee schedule that a sheet is, if it is one."""
    header = row_where(sheet, lambda row: [cell.strip().upper() for cell in row[:5]] == _COLUMNS)
    if sheet.fixed or header is None:
        return []
    title = next((found for row in sheet.head[:header] for cell in row if (found := _TITLE.search(cell))), None)
    days = quarter(int(title[2]), QUARTER_OF_MONTH[title[1].lower()]) if title else None
    first, last = days_of(told, sheet, days, "DMEPEN_JAN")
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            "nutrition",
            f"PEN {edition}",
            first,
            last,
            first,
            Citation(f"PEN Fee Schedule, {edition}", url=TABLES["nutrition"].page),
            lambda notes: _rows(sheet, header, notes),
            _FEWEST,
            values=_KNOWN,
        )
    ]


def _rows(sheet: Sheet, header: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, len(sheet.head[header])):
        code, modifier, modifier2, jurisdiction, category = (cell.strip() for cell in row[:5])
        notes.check(number, "JURIS", jurisdiction, _KNOWN["JURIS"])
        code = code_of(sheet, number, "HCPCS", code)
        yield code, modifier, modifier2, 10101, OPEN, jurisdiction, category, number
