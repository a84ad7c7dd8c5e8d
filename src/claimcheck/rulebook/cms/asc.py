"""ASC addenda: covered procedures (AA), ancillary services (BB), procedures that Medicare does not pay for in
a surgical center (EE), and what the payment indicators mean (DD1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet
from claimcheck.rulebook.parts import (
    FINAL_RULE,
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
    quarter_in,
    quarter_of,
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import DAY, OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.payment import ASC

_TITLE = re.compile(r"\s*Addendum (AA|BB|DD1|EE)\b.*?for CY ?(20[0-9]{2})", re.IGNORECASE | re.DOTALL)
_KNOWN: Final = {"Payment Indicator": ASC.published["indicator"]}
_TABLES: Final = {
    # addendum: table, the name of the release before its edition, rows that a whole one has at least
    "AA": ("asc", "ASC Addenda", 2_500),
    "BB": ("asc", "ASC Addenda", 1_500),
    "EE": ("asc_excluded", "ASC Addendum EE", 1_000),
    "DD1": ("asc_indicators", "ASC Addendum DD1", 10),
}


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The addendum that a sheet is, if it is one of those that are read."""
    if sheet.fixed:
        return []
    title = next((found for row in sheet.head[:3] for cell in row if (found := _TITLE.match(cell))), None)
    header = row_where(sheet, lambda row: row[0].strip().upper() in ("HCPCS CODE", "INDICATOR"))
    if title is None or header is None:
        return []
    addendum, year = title[1].upper(), int(title[2])
    table, series, min_rows = _TABLES[addendum]
    names = stacked(sheet.head, header, header)
    number = quarter_in(f"{' '.join(names)} {names_of(sheet)}", year)
    final = number is None and FINAL_RULE.search(f"{' '.join(names)} {names_of(sheet)}") is not None
    start = quarter(year, number or 1)[0]
    # A year's addenda stand till the year ends or an update takes over, and so does an update; but a code that
    # they lack may be new since, so that their silence speaks for their own quarter alone.
    days = (start, date(year, 12, 31)) if number or final else None
    first, last = days_of(told, sheet, days, "January_2025_ASC_Addenda")
    last = last if told.last else max(last, date(first.year, 12, 31))
    edition = f"{first.year} final rule" if final else f"{first.year} {MONTHS[quarter_of(first)]}{from_day(first)}"
    at = next((n for n, name in enumerate(names) if name.endswith("PAYMENT INDICATOR")), -1)
    if table == "asc" and at < 0:
        raise InvalidSourceFile(f"{sheet.place}, row {header + 1}: has no column Payment Indicator: unknown layout")
    readers = {
        "asc": lambda notes: _indicators(sheet, addendum, header, at, len(names), notes),
        "asc_excluded": lambda notes: _excluded(sheet, header),
        "asc_indicators": lambda notes: _meanings(sheet, header),
    }
    return [
        Part(
            sheet,
            table,
            f"{series} {edition}",
            first,
            last,
            first - DAY if final else first,
            Citation(f"{series}, CY {edition}", url=TABLES["asc"].page),
            readers[table],
            min_rows,
            label=addendum if table == "asc" else "",
            needs=frozenset({"AA", "BB"}) if table == "asc" else frozenset(),
            values=_KNOWN,
            complete_to=min(last, quarter(first.year, quarter_of(first))[1]),
        )
    ]


def _indicators(sheet: Sheet, addendum: str, header: int, at: int, width: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, width):
        code = code_of(sheet, number, "HCPCS Code", row[0])
        indicator = notes.check(number, "Payment Indicator", row[at].strip(), _KNOWN["Payment Indicator"])
        yield code, 10101, OPEN, addendum, indicator, number


def _excluded(sheet: Sheet, header: int) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, 1):
        yield code_of(sheet, number, "HCPCS Code", row[0]), 10101, OPEN, "", number


def _meanings(sheet: Sheet, header: int) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, 2):
        if not re.fullmatch(r"[A-Z][0-9]", row[0].strip()):
            raise sheet.refuse(number, "Indicator", row[0], "a letter and a digit")
        yield row[0].strip(), 10101, OPEN, " ".join(row[1].replace("\xff", " ").split()), number
