"""Payment limits of Part B drugs (ASP), quarterly: what one unit of each code is, and which codes are vaccines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet
from claimcheck.rulebook.parts import (
    Notes,
    Part,
    Record,
    Told,
    code_of,
    columns_of,
    data_rows,
    days_of,
    from_day,
    quarter_of,
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES

_TITLE: Final = "PAYMENT ALLOWANCE LIMITS FOR MEDICARE PART B DRUGS"
_CODE, _DOSAGE, _VACCINE = "HCPCS CODE", "HCPCS CODE DOSAGE", "VACCINE AWP%"
_DAY = r"([A-Z][a-z]+ [0-9]{1,2}, 20[0-9]{2})"
_EFFECTIVE = re.compile(f"Effective {_DAY} through {_DAY}")
_FEWEST: Final = 700


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The payment limits that a sheet is, if it is them."""
    header = row_where(sheet, lambda row: row[0].strip().upper() == _CODE)
    if sheet.fixed or header is None:
        return []
    titles = [" ".join(cell.split()) for row in sheet.head[:header] for cell in row]
    if not any(title.upper().startswith(_TITLE) for title in titles):
        return []
    names = stacked(sheet.head, header, header)
    columns = columns_of(sheet, names, (_CODE, _DOSAGE, _VACCINE), header + 1)
    effective = next((found for title in titles if (found := _EFFECTIVE.search(title))), None)
    first, last = days_of(told, sheet, _days(effective), "Effective January 1, 2025 through March 31, 2025")
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            "asp",
            f"ASP {edition}",
            first,
            last,
            first,
            Citation(f"Payment Allowance Limits for Medicare Part B Drugs, {edition}", url=TABLES["asp"].page),
            lambda notes: _rows(sheet, header, columns, notes),
            _FEWEST,
        )
    ]


def _days(effective: re.Match[str] | None) -> tuple[date, date] | None:
    if effective is None:
        return None
    try:
        first, last = (datetime.strptime(day, "%B %d, %Y").date() for day in effective.groups())
    except ValueError:
        return None
    return first, last


def _rows(sheet: Sheet, header: int, columns: dict[str, int], notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, max(columns.values()) + 1):
        code = code_of(sheet, number, "HCPCS Code", row[columns[_CODE]])
        dosage = " ".join(row[columns[_DOSAGE]].split())
        yield code, 10101, OPEN, dosage, row[columns[_VACCINE]].strip(), number
