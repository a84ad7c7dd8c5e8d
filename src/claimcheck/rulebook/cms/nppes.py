"""NPPES's list of deactivated NPIs, which comes out each month: an NPI and the day of its deactivation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet
from claimcheck.rulebook.parts import Notes, Part, Record, Told, data_rows, snapshot_day
from claimcheck.rulebook.schema import OPEN, number_of
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.npis import DEACTIVATED, SNAPSHOT, is_npi

_COLUMNS: Final = ["NPI", "NPPES DEACTIVATION DATE"]
_MIN_ROWS: Final = 250_000
"""NPPES lists some 333,000."""


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The list, if a sheet is it: its columns are named below a title."""
    heads = [[cell.strip().upper() for cell in row[:2]] for row in sheet.head[:2]]
    if sheet.fixed or _COLUMNS not in heads:
        return []
    top = heads.index(_COLUMNS)
    day = snapshot_day(told, sheet, "NPPES Deactivated NPI Report 20261109.xlsx")
    name = f"NPPES deactivated {day}"
    citation = Citation(f"CMS: NPPES Deactivated NPI Report, {day}", url=TABLES[DEACTIVATED].page)

    def records(notes: Notes) -> Iterator[Record]:
        for number, (npi, deactivated, *_) in data_rows(sheet, top, 2):
            if not is_npi(npi.strip()):
                raise sheet.refuse(number, "NPI", npi, "an NPI: ten digits, the first 1 or 2")
            yield npi.strip(), _day(sheet, number, deactivated.strip()), OPEN, "", number

    return [Part(sheet, DEACTIVATED, name, day - SNAPSHOT, day, day, citation, records, _MIN_ROWS)]


def _day(sheet: Sheet, row: int, text: str) -> int:
    """A day as the list writes it, MM/DD/YYYY; a workbook may hold it as a day of its own."""
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return number_of(datetime.strptime(text, form).date())
        except ValueError:
            continue
    raise sheet.refuse(row, _COLUMNS[1], text, "a date, as MM/DD/YYYY")
