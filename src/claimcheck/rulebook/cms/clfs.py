"""The clinical laboratory fee schedule, quarterly: a row for each test, and one more with QW for some of the tests that
are waived."""

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
    data_rows,
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_of,
    row_where,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES

_COLUMNS: Final = ["YEAR", "HCPCS", "MOD", "EFF_DATE"]
_NAME = re.compile(r"(20[0-9]{2})[ _-]?Q([1-4])|([0-9]{2})CLABQ([1-4])", re.IGNORECASE)
_KNOWN: Final = {"MOD": frozenset({"", "QW"})}
_FEWEST: Final = 1_500


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The fee schedule that a sheet is, if it is one."""
    header = row_where(sheet, lambda row: [cell.strip().upper() for cell in row[:4]] == _COLUMNS)
    if sheet.fixed or header is None:
        return []
    first, last = days_of(told, sheet, _days(sheet), "CLFS 2025 Q1V1, or 25CLABQ1")
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            "laboratory_fees",
            f"CLFS {edition}",
            first,
            last,
            first,
            Citation(f"Clinical Laboratory Fee Schedule, {edition}", url=TABLES["laboratory_fees"].page),
            lambda notes: _rows(sheet, header, str(first.year), notes),
            _FEWEST,
            values=_KNOWN,
        )
    ]


def _days(sheet: Sheet) -> tuple[date, date] | None:
    found = _NAME.search(names_of(sheet))
    if found is None:
        return None
    year, number, short_year, other_number = found.groups()
    return quarter(int(year or f"20{short_year}"), int(number or other_number))


def _rows(sheet: Sheet, header: int, year: str, notes: Notes) -> Iterator[Record]:
    """One row per code, which says QW where a row of it does."""
    places: dict[str, int] = {}
    modifiers: dict[str, set[str]] = {}
    for number, row in data_rows(sheet, header, len(_COLUMNS)):
        given, code, modifier = (cell.strip() for cell in row[:3])
        if given != year:
            raise sheet.refuse(number, "YEAR", given, f"{year}, the year of the release")
        code = code_of(sheet, number, "HCPCS", code)
        notes.check(number, "MOD", modifier, _KNOWN["MOD"])
        places.setdefault(code, number)
        known = modifiers.setdefault(code, set())
        notes.repeated += modifier in known
        known.add(modifier)
    for code, known in modifiers.items():
        yield code, 10101, OPEN, "QW" if "QW" in known else "", places[code]
