"""Provider taxonomy codes: NUCC's list, which comes out in January and July, and CMS's crosswalk of them to the
specialties that providers enrol in Medicare with. Of either only codes and days are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, UnsupportedFile
from claimcheck.rulebook.parts import (
    Notes,
    Part,
    Record,
    Told,
    columns_of,
    data_rows,
    days_of,
    names_of,
    quarter,
    quarter_of,
    stacked,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.code_sets import SPECIALTIES, TAXONOMIES

_CROSSWALKS: Final = (
    ("PROVIDER TAXONOMY CODE", "MEDICARE SPECIALTY CODE"),
    ("TAXONOMY_CODE", "SPECIALTY_CODE"),
)
"""The columns of the crosswalk, as CMS calls them and in short."""
_LIST: Final = {"CODE", "GROUPING", "CLASSIFICATION", "SPECIALIZATION"}
_CHANGES: Final = ["CODE", "DATE", "CHANGE"]
_ENDS: Final = ("DEACTIVATED", "DEACTIVATION DATE", "NOTES")
"""Columns of NUCC's list that tell when a code ended, by edition; the last is a text that also tells other things."""
_TAXONOMY = re.compile("[0-9]{3}[0-9A-Z]{6}X")
_SPECIALTY = re.compile(r"([0-9A-Z]{2})(\[[0-9]+\])*")
"""A specialty code, and the numbers of CMS's footnotes to it."""
_NOTED = re.compile(r"\[([^\]:]*):[^\]]*\b(?:de|in)activ", re.IGNORECASE)
_DAY = re.compile(
    r"(?P<y>[0-9]{4})-?(?P<m>[0-9]{2})-?(?P<d>[0-9]{2})|(?P<M>[0-9]{1,2})/(?P<D>[0-9]{1,2})/(?P<Y>[0-9]{4})"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(rf"({'|'.join(_MONTHS)})[a-z]*[ _-]*(20[0-9]{{2}})|(20[0-9]{{2}})[_-]([01][0-9])", re.IGNORECASE)
_VERSION = re.compile(r"taxonomy[ _-]*([0-9]{1,2})[._]?([01])(?![0-9])", re.IGNORECASE)


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """NUCC's list or CMS's crosswalk, if a sheet is one."""
    if sheet.fixed or not sheet.head:
        return []
    names = stacked(sheet.head, 0, 0)
    for columns in _CROSSWALKS:
        if set(columns) <= set(names):
            return [_crosswalk(sheet, told, names, columns)]
    if set(names) >= _LIST:
        return [_list(sheet, told, names)]
    if names[:3] == _CHANGES:
        raise UnsupportedFile(
            f"{sheet.place}: has changes of taxonomy codes. Add the list of codes (nucc_taxonomy_251)"
        )
    return []


def _list(sheet: Sheet, told: Told, names: list[str]) -> Part:
    found = _VERSION.search(names_of(sheet))
    days = _half(2000 + int(found[1]), int(found[2])) if found else None
    first, last = days_of(told, sheet, days, "nucc_taxonomy_251")
    name = f"NUCC taxonomy {first.year % 100}.{int(first.month > 6)}"
    end = next((column for column in _ENDS if column in names), "")
    columns = columns_of(sheet, names, ["CODE", end] if end else ["CODE"], 1)

    def records(notes: Notes) -> Iterator[Record]:
        for number, row in data_rows(sheet, 0, len(names)):
            text = row[columns[end]].strip() if end else ""
            yield (
                _taxonomy(sheet, number, "CODE", row[columns["CODE"]]),
                10101,
                _end(sheet, number, end, text),
                "",
                number,
            )

    return _part(sheet, TAXONOMIES, name, (first, last), records, 800)


def _half(year: int, number: int) -> tuple[date, date]:
    """The days of a version: half a year."""
    return (date(year, 7, 1), date(year, 12, 31)) if number else (date(year, 1, 1), date(year, 6, 30))


def _end(sheet: Sheet, row: int, column: str, text: str) -> int:
    """The day on which a code ended, as CCYYMMDD."""
    if column == _ENDS[-1]:
        noted = _NOTED.search(text)
        text = noted[1].strip() if noted else ""
    if not text:
        return OPEN
    found = _DAY.fullmatch(text)
    try:
        part = {name.lower(): int(value) for name, value in found.groupdict().items() if value} if found else {}
        day = date(part["y"], part["m"], part["d"])
    except (KeyError, ValueError):
        raise sheet.refuse(row, column, text, "a date, as 2023-01-01 or 1/1/2023") from None
    return day.year * 10000 + day.month * 100 + day.day


def _crosswalk(sheet: Sheet, told: Told, names: list[str], columns: tuple[str, str]) -> Part:
    found = _MONTH.search(names_of(sheet))
    days = _quarter_of_name(found) if found else None
    first, last = days_of(told, sheet, days, "Medicare_Provider_and_Supplier_Taxonomy_Crosswalk_October_2025")
    at = columns_of(sheet, names, columns, 1)

    def records(notes: Notes) -> Iterator[Record]:
        specialties: dict[str, set[str]] = {}
        rows: dict[str, int] = {}
        for number, row in data_rows(sheet, 0, len(names)):
            taxonomy, specialty = (row[at[column]] for column in columns)
            if taxonomy.strip():  # some specialties have none
                code = _taxonomy(sheet, number, columns[0], taxonomy)
                known = _SPECIALTY.fullmatch(specialty.strip().zfill(2))
                if known is None:
                    raise sheet.refuse(number, columns[1], specialty, "a specialty code of two characters, such as 08")
                specialties.setdefault(code, set()).add(known[1])
                rows.setdefault(code, number)
        for code, codes in specialties.items():
            yield code, 10101, OPEN, " ".join(sorted(codes)), rows[code]

    return _part(
        sheet, SPECIALTIES, f"Taxonomy crosswalk {first.year} Q{quarter_of(first)}", (first, last), records, 400
    )


def _quarter_of_name(found: re.Match[str]) -> tuple[date, date] | None:
    month = _MONTHS.index(found[1].lower()) + 1 if found[1] else int(found[4])
    return quarter(int(found[2] or found[3]), (month + 2) // 3) if 1 <= month <= 12 else None


def _part(
    sheet: Sheet,
    table: str,
    name: str,
    days: tuple[date, date],
    records: Callable[[Notes], Iterator[Record]],
    min_rows: int,
) -> Part:
    first, last = days
    citation = Citation(TABLES[table].title, name, TABLES[table].page)
    return Part(sheet, table, name, first, last, first, citation, records, min_rows)


def _taxonomy(sheet: Sheet, row: int, column: str, text: str) -> str:
    code = text.strip()
    if not _TAXONOMY.fullmatch(code):
        raise sheet.refuse(row, column, text, "a taxonomy of ten characters, such as 207Q00000X")
    return code
