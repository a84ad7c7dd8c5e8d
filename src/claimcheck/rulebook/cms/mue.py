"""Medically Unlikely Edits, quarterly: practitioner, outpatient hospital and DME supplier services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, UnsupportedFile
from claimcheck.rulebook.parts import (
    MONTHS,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    data_rows,
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_of,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.ncci import MUE, UNKNOWN_MAI

_TABLES: Final = {
    "practitioner": ("mue_practitioner", "practitioner services", 12_000),
    "outpatient hospital": ("mue_outpatient", "outpatient hospital services", 12_000),
    "dme supplier": ("mue_dme", "DME supplier services", 2_500),
}
_VALUES = re.compile(r"(practitioner|outpatient hospital|dme supplier) services mue values", re.IGNORECASE)
_EFFECTIVE = re.compile(r"Eff[-_ ]?([0-9]{2})-([0-9]{2})-(20[0-9]{2})|(20[0-9]{2})-?q([1-4])", re.IGNORECASE)
_MAI = re.compile(r"([0-9])\b.*")
_KNOWN: Final = {"MUE Adjudication Indicator": frozenset(map(str, MUE.published["mai"]))}


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The table of unit limits that a sheet is, if it is one."""
    if sheet.fixed:
        return []
    for header, row in enumerate(sheet.head):
        cells = [" ".join(cell.split()) for cell in row]
        title = _VALUES.fullmatch(cells[1]) if len(cells) > 2 else None
        if title is None or not cells[0].upper().startswith("HCPCS"):
            continue
        if len(cells) < 4 or cells[2] != "MUE Adjudication Indicator":
            raise UnsupportedFile(
                f"{sheet.place}, row {header + 1}: has no column MUE Adjudication Indicator: is it a Medicaid "
                "table? Add the Medicare table"
            )
        return [_part(sheet, told, header, title[1].lower())]
    return []


def _part(sheet: Sheet, told: Told, header: int, services: str) -> Part:
    table, title, min_rows = _TABLES[services]
    first, last = days_of(told, sheet, _days(sheet), "MCR_MUE_PractitionerServices_Eff_07-01-2024")
    number = quarter_of(first)
    return Part(
        sheet,
        table,
        f"MUE {table.removeprefix('mue_')} {first.year} Q{number}{from_day(first)}".replace("dme", "DME"),
        first,
        last,
        first,
        Citation(
            f"Medicare NCCI Medically Unlikely Edits, {title}, {MONTHS[number]} {first.year}",
            url=TABLES[table].page,
        ),
        lambda notes: _rows(sheet, header, notes),
        min_rows,
        values=_KNOWN,
    )


def _days(sheet: Sheet) -> tuple[date, date] | None:
    found = _EFFECTIVE.search(names_of(sheet))
    if found is None:
        return None
    month, day, year, other_year, number = found.groups()
    if other_year:
        return quarter(int(other_year), int(number))
    try:
        first = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return first, quarter(first.year, quarter_of(first))[1]


def _rows(sheet: Sheet, header: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, 4):
        code, units, mai, rationale = (cell.strip() for cell in row[:4])
        code = code_of(sheet, number, "HCPCS/CPT Code", code)
        if not (units.isdecimal() and units.isascii() and len(units) < 8):
            raise sheet.refuse(number, "MUE Values", units, "a number of units")
        found = _MAI.fullmatch(mai)
        if found is None:
            raise sheet.refuse(number, "MUE Adjudication Indicator", mai, "1, 2 or 3 and what it means")
        published = _KNOWN["MUE Adjudication Indicator"]
        known = notes.check(number, "MUE Adjudication Indicator", found[1], published) in published
        yield code, 10101, OPEN, int(units), int(found[1]) if known else UNKNOWN_MAI, rationale, number
