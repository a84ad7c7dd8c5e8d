"""CMS's list of telehealth services of a calendar year, as it has been published since 2026."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
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
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES

_TITLE = re.compile(r"CY (20[0-9]{2}) Final List of Medicare Telehealth Services", re.IGNORECASE)
_CODE, _ACTION = "HCPCS", "PROPOSED ACTION"
_ON_THE_LIST: Final = frozenset({"Maintain", "Addition"})
_FEWEST: Final = 200


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The list that a sheet is, if it is one."""
    header = row_where(sheet, lambda row: row[0].strip().upper() == _CODE)
    if sheet.fixed or header is None:
        return []
    title = next((found for row in sheet.head[:header] for cell in row if (found := _TITLE.search(cell))), None)
    if title is None:
        return []
    columns = columns_of(sheet, stacked(sheet.head, header, header), (_CODE, _ACTION), header + 1)
    year = int(title[1])
    first, last = days_of(told, sheet, (date(year, 1, 1), date(year, 12, 31)), title[0])
    return [
        Part(
            sheet,
            "telehealth",
            f"Telehealth list {year}",
            first,
            last,
            first,
            Citation(f"List of Medicare Telehealth Services, calendar year {year}", url=TABLES["telehealth"].page),
            lambda notes: _rows(sheet, header, columns, notes),
            _FEWEST,
        )
    ]


def _rows(sheet: Sheet, header: int, columns: dict[str, int], notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, max(columns.values()) + 1):
        code = code_of(sheet, number, _CODE, row[columns[_CODE]])
        action = row[columns[_ACTION]].strip()
        if action not in _ON_THE_LIST:  # whether such a service is on the list is not known
            raise sheet.refuse(number, "Proposed Action", action, " or ".join(sorted(_ON_THE_LIST)))
        yield code, 10101, OPEN, "", number
