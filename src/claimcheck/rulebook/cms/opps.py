"""OPPS Addendum B: the status indicator and payment class of each code, by year, with quarterly updates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.cms.documents import NotWanted, Sheet
from claimcheck.rulebook.cms.parts import (
    MONTHS,
    QUARTER_OF_MONTH,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    columns_of,
    data_rows,
    days_of,
    names_of,
    quarter,
    quarter_of,
    restored,
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.values import OppsStatus, published

_TITLE = re.compile(r"\s*Addendum B\b.*OPPS Payment by HCPCS Code for CY ?(20[0-9]{2})", re.IGNORECASE)
_DATA_TITLE = re.compile(r"\s*Data Addendum B\b", re.IGNORECASE)
_QUARTERLY = re.compile(
    r"(?P<month>January|April|July|October)[ _-]?(?P<year>20[0-9]{2})"
    r"|(?P<year_first>20[0-9]{2})[ _-]?(?P<month_last>January|April|July|October)",
    re.IGNORECASE,
)
_KNOWN: Final = {"SI": published(OppsStatus)}
_URL: Final = "https://www.cms.gov/medicare/payment/prospective-payment-systems/hospital-outpatient"
_FEWEST: Final = 15_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The Addendum B that a sheet is, if it is one."""
    if sheet.fixed:
        return []
    titles = [cell for row in sheet.head[:6] for cell in row]
    if any(_DATA_TITLE.match(title) for title in titles):
        raise NotWanted(
            f"{sheet.place}: is the Data Addendum B, on which rates were calculated; the table that claims are paid by "
            "is Addendum B"
        )
    title = next((found for cell in titles if (found := _TITLE.match(cell))), None)
    header = row_where(sheet, lambda row: row[0].strip().upper() == "HCPCS CODE")
    if title is None or header is None:
        return []
    names = stacked(sheet.head, header, header)
    columns = columns_of(sheet, names, ("HCPCS CODE", "SI", "APC"), header + 1)
    year, month = int(title[1]), _QUARTERLY.search(names_of(sheet))
    start = date(year, 1, 1)
    if month and int(month["year"] or month["year_first"]) == year:
        start = quarter(year, QUARTER_OF_MONTH[(month["month"] or month["month_last"]).lower()])[0]
    # A year's table stands till the year ends or an update takes over, and so does an update.
    first, last = days_of(told, sheet, (start, date(year, 12, 31)), "Addendum B")
    edition = f" {MONTHS[quarter_of(first)]}" if month or first.month != 1 else ""
    return [
        Part(
            sheet,
            "opps",
            f"OPPS Addendum B {first.year}{edition}",
            first,
            last,
            first,
            Citation(f"OPPS Addendum B, CY {first.year}{edition}", url=_URL),
            lambda notes: _rows(sheet, header, columns, len(names), notes),
            _FEWEST,
            values=_KNOWN,
        )
    ]


def _rows(sheet: Sheet, header: int, columns: dict[str, int], width: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, width):
        code = code_of(sheet, number, "HCPCS Code", row[columns["HCPCS CODE"]])
        status = notes.check(number, "SI", row[columns["SI"]].strip(), _KNOWN["SI"])
        apc = restored(row[columns["APC"]], 4) if row[columns["APC"]].strip() else ""
        yield code, 10101, OPEN, status, apc, number
