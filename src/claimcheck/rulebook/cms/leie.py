"""OIG's List of Excluded Individuals and Entities (LEIE): whom no federal health care program pays.

The file has names, birth dates and addresses, too. They are not read: a rule book has NPIs and dates alone. Most rows
have no NPI.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet
from claimcheck.rulebook.parts import Notes, Part, Record, Told, columns_of, data_rows, day_number, snapshot_day
from claimcheck.rulebook.schema import DAY, OPEN, day_of, number_of
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.npis import EXCLUDED, SNAPSHOT, is_npi

_COLUMNS: Final = ("NPI", "EXCLDATE", "REINDATE")
_MIN_ROWS: Final = 5_000
"""OIG lists some 8,000 with an NPI."""
_NONE: Final = frozenset({"", "0", "0000000000"})
_NO_DAY: Final = frozenset({"", "0", "00000000"})


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The list, if a sheet is it."""
    names = [cell.strip().upper() for cell in sheet.head[0]] if sheet.head and not sheet.fixed else []
    if names[:2] != ["LASTNAME", "FIRSTNAME"] or "EXCLTYPE" not in names:
        return []
    columns = columns_of(sheet, names, _COLUMNS, 1)
    day = snapshot_day(told, sheet, "UPDATED_20261110.csv")
    name = f"LEIE {day}"
    citation = Citation(f"OIG: List of Excluded Individuals and Entities, {day}", url=TABLES[EXCLUDED].page)

    def records(notes: Notes) -> Iterator[Record]:
        return _records(sheet, columns, len(names))

    return [Part(sheet, EXCLUDED, name, day - SNAPSHOT, day, day, citation, records, _MIN_ROWS)]


def _records(sheet: Sheet, columns: dict[str, int], width: int) -> Iterator[Record]:
    for number, row in data_rows(sheet, 0, width):
        npi, excluded, reinstated = (row[columns[name]].strip() for name in _COLUMNS)
        if npi in _NONE:
            continue
        if not is_npi(npi):
            raise sheet.refuse(number, "NPI", npi, "an NPI: ten digits, the first 1 or 2; 0000000000 for none")
        first = day_number(sheet, number, "EXCLDATE", excluded)
        last = OPEN
        if reinstated not in _NO_DAY:
            last = number_of(day_of(day_number(sheet, number, "REINDATE", reinstated)) - DAY)
        if first <= last:
            yield npi, first, last, "", number
