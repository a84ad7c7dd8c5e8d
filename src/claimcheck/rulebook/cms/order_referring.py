"""The Order and Referring list of PECOS: who may order or refer what for Medicare's patients.

The file has the names of practitioners, too. They are not read: a rule book has NPIs alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet
from claimcheck.rulebook.parts import Notes, Part, Record, Told, columns_of, data_rows, snapshot_day
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.npis import ORDER_REFERRING, SERVICES, SNAPSHOT, is_npi

_MIN_ROWS: Final = 1_000_000
"""CMS lists some two million."""
_FLAGS: Final = {"Y": True, "N": False}


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The list, if a sheet is it."""
    names = [cell.strip().upper() for cell in sheet.head[0]] if sheet.head and not sheet.fixed else []
    if names[:3] != ["NPI", "LAST_NAME", "FIRST_NAME"]:
        return []
    columns = columns_of(sheet, names, ("NPI", *SERVICES), 1)
    day = snapshot_day(told, sheet, "OrderReferring_20261008.csv")
    name = f"Order and Referring {day}"
    citation = Citation(f"CMS: {name}", url=TABLES[ORDER_REFERRING].page)

    def records(notes: Notes) -> Iterator[Record]:
        return _records(sheet, columns, len(names))

    return [Part(sheet, ORDER_REFERRING, name, day - SNAPSHOT, day, day, citation, records, _MIN_ROWS)]


def _records(sheet: Sheet, columns: dict[str, int], width: int) -> Iterator[Record]:
    at, flags = columns["NPI"], [(name, columns[name]) for name in SERVICES]
    values: dict[tuple[str, ...], str] = {}
    for number, row in data_rows(sheet, 0, width):
        npi, given = row[at].strip(), tuple([row[place] for _, place in flags])
        if not is_npi(npi):
            raise sheet.refuse(number, "NPI", npi, "an NPI: ten digits, the first 1 or 2")
        value = values.get(given)
        if value is None:
            value = values[given] = " ".join(
                name for (name, _), flag in zip(flags, given, strict=True) if _is_set(sheet, number, name, flag)
            )
        yield npi, 10101, OPEN, value, number


def _is_set(sheet: Sheet, row: int, column: str, flag: str) -> bool:
    known = _FLAGS.get(flag.strip().upper())
    if known is None:
        raise sheet.refuse(row, column, flag, "Y or N")
    return known
