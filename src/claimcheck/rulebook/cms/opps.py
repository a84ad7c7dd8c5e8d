"""OPPS Addendum B: the status indicator and payment class of each code, by year, with quarterly updates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, UnsupportedFile
from claimcheck.rulebook.parts import (
    FINAL_RULE,
    MONTHS,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    columns_of,
    data_rows,
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_in,
    quarter_of,
    restored,
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import DAY, OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.payment import OPPS

_TITLE = re.compile(r"\s*Addendum B\b.*OPPS Payment by HCPCS Code for CY ?(20[0-9]{2})", re.IGNORECASE)
_DATA_TITLE = re.compile(r"\s*Data Addendum B\b", re.IGNORECASE)
_KNOWN: Final = {"SI": OPPS.published["status"]}
_FEWEST: Final = 15_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The Addendum B that a sheet is, if it is one."""
    if sheet.fixed:
        return []
    titles = [cell for row in sheet.head[:6] for cell in row]
    if any(_DATA_TITLE.match(title) for title in titles):
        raise UnsupportedFile(
            f"{sheet.place}: is the Data Addendum B, used to calculate rates. Add Addendum B, by which claims are paid"
        )
    title = next((found for cell in titles if (found := _TITLE.match(cell))), None)
    header = row_where(sheet, lambda row: row[0].strip().upper() == "HCPCS CODE")
    if title is None or header is None:
        return []
    names = stacked(sheet.head, header, header)
    columns = columns_of(sheet, names, ("HCPCS CODE", "SI", "APC"), header + 1)
    year = int(title[1])
    number = quarter_in(names_of(sheet), year)
    final = number is None and FINAL_RULE.search(names_of(sheet)) is not None
    start = quarter(year, number or 1)[0]
    # A year's table stands till the year ends or an update takes over, and so does an update; but a code that
    # it lacks may be new since, so that its silence speaks for its own quarter alone.
    days = (start, date(year, 12, 31)) if number or final else None
    first, last = days_of(told, sheet, days, "April 2025 Web Addendum B, or 2025 NFRM Addendum B")
    last = last if told.last else max(last, date(first.year, 12, 31))
    edition = "" if final else f" {MONTHS[quarter_of(first)]}{from_day(first)}"
    return [
        Part(
            sheet,
            "opps",
            f"OPPS Addendum B {first.year}{edition}",
            first,
            last,
            first - DAY if final else first,
            Citation(f"OPPS Addendum B, CY {first.year}{edition or ', final rule'}", url=TABLES["opps"].page),
            lambda notes: _rows(sheet, header, columns, len(names), notes),
            _FEWEST,
            values=_KNOWN,
            complete_to=min(last, quarter(first.year, quarter_of(first))[1]),
        )
    ]


def _rows(sheet: Sheet, header: int, columns: dict[str, int], width: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, width):
        code = code_of(sheet, number, "HCPCS Code", row[columns["HCPCS CODE"]])
        status = notes.check(number, "SI", row[columns["SI"]].strip(), _KNOWN["SI"])
        apc = restored(row[columns["APC"]], 4) if row[columns["APC"]].strip() else ""
        yield code, 10101, OPEN, status, apc, number
