"""Part B drugs by their average sales price (ASP), quarterly: the payment limits, which say what one unit of each code
is and which codes are vaccines, and the packages of each code by NDC (the crosswalk)."""

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
from claimcheck.rulebook.tables.payment import ASP, NDC_CROSSWALK

_LIMITS = re.compile("^Payment Allowance Limits for Medicare Part B Drugs", re.IGNORECASE)
_CODE, _DOSAGE, _VACCINE = "HCPCS CODE", "HCPCS CODE DOSAGE", "VACCINE AWP%"
_CROSSWALK = re.compile("ASP NDC ?- ?HCPCS Crosswalk", re.IGNORECASE)
"""Not that of prices of another kind (AWP)."""
_CODE_OF_YEAR = re.compile(r"_(20[0-9]{2})_CODE")
_NDC, _UNIT, _UNITS = "NDC", "HCPCS DOSAGE", "BILLUNITSPKG"
_PRODUCT = re.compile("[0-9A-Z]{10,13}")
"""An NDC without its dashes: 11 digits, but for a few products, which have an identifier of another kind."""
_DAY = r"([A-Z][a-z]+ [0-9]{1,2}, 20[0-9]{2})"
_EFFECTIVE = re.compile(f"Effective {_DAY} through {_DAY}")
_FEWEST: Final = 700
_FEWEST_PACKAGES: Final = 1_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The payment limits or the crosswalk, if a sheet is one of them."""
    header = None if sheet.fixed else row_where(sheet, lambda row: _heads(row[0].strip().upper()))
    if header is None:
        return []
    titles = [" ".join(cell.split()) for row in sheet.head[:header] for cell in row]
    for title, read in ((_LIMITS, _limits), (_CROSSWALK, _crosswalk)):
        if any(map(title.search, titles)):
            effective = next((found for text in titles if (found := _EFFECTIVE.search(text))), None)
            days = days_of(told, sheet, _days(effective), "Effective January 1, 2025 through March 31, 2025")
            return [read(sheet, header, *days)]
    return []


def _heads(cell: str) -> bool:
    return cell == _CODE or _CODE_OF_YEAR.fullmatch(cell) is not None


def _limits(sheet: Sheet, header: int, first: date, last: date) -> Part:
    columns = columns_of(sheet, stacked(sheet.head, header, header), (_CODE, _DOSAGE, _VACCINE), header + 1)
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return Part(
        sheet,
        ASP,
        f"ASP {edition}",
        first,
        last,
        first,
        Citation(f"Payment Allowance Limits for Medicare Part B Drugs, {edition}", url=TABLES[ASP].page),
        lambda notes: _rows(sheet, header, columns, notes),
        _FEWEST,
    )


def _crosswalk(sheet: Sheet, header: int, first: date, last: date) -> Part:
    names = stacked(sheet.head, header, header)
    columns = columns_of(sheet, names, (_NDC, _UNIT, _UNITS), header + 1)
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return Part(
        sheet,
        NDC_CROSSWALK,
        f"NDC crosswalk {edition}",
        first,
        last,
        first,
        Citation(f"ASP NDC-HCPCS Crosswalk, {edition}", url=TABLES[NDC_CROSSWALK].page),
        lambda notes: _packages(sheet, header, columns),
        _FEWEST_PACKAGES,
    )


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


def _packages(sheet: Sheet, header: int, columns: dict[str, int]) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, max(columns.values()) + 1):
        code = code_of(sheet, number, "HCPCS Code", row[0])
        given, dosage, units = (" ".join(row[columns[name]].split()) for name in (_NDC, _UNIT, _UNITS))
        ndc = given.replace("-", "").upper()
        if not _PRODUCT.fullmatch(ndc):
            raise sheet.refuse(number, _NDC, given, "an NDC, such as 50242-0060-01")
        yield code, ndc, 10101, OPEN, dosage, units, number
