"""The ZIP code to carrier file (ZIP5), quarterly: lines of fixed columns, one per ZIP code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, UnsupportedFile, is_blank
from claimcheck.rulebook.parts import Notes, Part, Record, Told, days_of, from_day, quarter, quarter_of
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.payment import CARRIERS

_LINE = re.compile(
    r"(?P<state>[A-Z]{2})(?P<zip>[0-9]{5})(?P<carrier>[0-9]{5})(?P<locality>[0-9]{2})"
    r".{6}(?P<is_split>[01]).{54}(?P<year>20[0-9]{2})(?P<quarter>[1-4])\s*"
)
"""Columns 1 to 80, as its record layout counts them. The nine-digit file (ZIP9) has the rest of the ZIP code in what is
filler here."""
_FEWEST: Final = 40_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The carriers by ZIP code, if a sheet is that file."""
    if not sheet.fixed or not sheet.head or (line := _LINE.fullmatch(sheet.head[0][0])) is None:
        return []
    if any(row[0][21:25].isdecimal() for row in sheet.head):
        raise UnsupportedFile(f"{sheet.place}: is the file of nine-digit ZIP codes. Add that of five digits (ZIP5)")
    edition = line["year"], line["quarter"]
    first, last = days_of(told, sheet, quarter(*map(int, edition)), "ZIP5_OCT2025")
    name = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            CARRIERS,
            f"ZIP5 {name}",
            first,
            last,
            first,
            Citation(f"ZIP Code to Carrier Locality File, {name}", url=TABLES[CARRIERS].page),
            lambda notes: _rows(sheet, edition, notes),
            _FEWEST,
        )
    ]


def _rows(sheet: Sheet, edition: tuple[str, str], notes: Notes) -> Iterator[Record]:
    for number, (text,) in sheet.rows():
        if is_blank([text]):
            continue
        line = _LINE.fullmatch(text)
        if line is None:
            raise sheet.refuse(number, "1 to 80", text.strip(), "a row of the layout: is the file truncated?")
        if (line["year"], line["quarter"]) != edition:
            found = line["year"] + line["quarter"]
            raise sheet.refuse(number, "Year/Quarter", found, f"{''.join(edition)}, as in the first row")
        yield line["zip"], 10101, OPEN, *line.group("carrier", "locality", "state"), int(line["is_split"]), number
