"""What an importer makes of a sheet: the release that it belongs to, and how to read its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet, is_blank
from claimcheck.rulebook.schema import OPEN

QUARTER_OF_MONTH: Final = {
    "jan": 1, "january": 1, "apr": 2, "april": 2, "jul": 3, "july": 3, "oct": 4, "october": 4,
}  # fmt: skip
MONTHS: Final = ("", "January", "April", "July", "October")
"""The months in which a quarter's release comes out, by quarter."""
_CODE = re.compile(r"[0-9A-Z]{5}")


@dataclass
class Told:
    """What the command line says of the files given, where they do not say it themselves."""

    table: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass
class Notes:
    """What is to be said of a sheet that is taken all the same: values outside the published ones, rows that
    repeat another."""

    sheet: Sheet
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    where: dict[tuple[str, str], int] = field(default_factory=dict)
    repeated: int = 0

    def check(self, row: int, column: str, value: str, published: frozenset[str]) -> str:
        """A value as it stands; if it is not among the published ones, it is noted."""
        if value not in published:
            self.unknown[column, value] += 1
            self.where.setdefault((column, value), row)
        return value

    def lines(self, published: Mapping[str, frozenset[str]]) -> Iterator[str]:
        """One line for each such value, and one for rows that say again what another says."""
        if self.repeated:
            yield f"{self.sheet.place}: {self.repeated} rows say again what another says of the same code"
        for (column, value), count in self.unknown.items():
            known = ", ".join(sorted(published.get(column, ())))
            rows = f"row {self.where[column, value]}" + (f" and {count - 1} more" if count > 1 else "")
            place = f"{self.sheet.place}, {rows}, column {column}"
            yield f"{place}: {value!r} is none of {known}: taken for unknown, so that nothing is judged by it"


Record = tuple[Any, ...]
"""Key, first and last day (CCYYMMDD), the values as stored, and the row's number."""


@dataclass
class Part:
    """A sheet as part of a release.

    ``label`` tells the parts of a release apart (an addendum; of four files of pairs, the first pair), and
    ``number`` is that of a file by its name; of parts with the same label
    only the one of the lowest ``rank`` is read, the others are the same thing in another format and are
    compared. A whole release has at least ``min_rows`` rows and all labels of ``needs``. Rows with ``own_dates``
    carry their history with them. A missing row proves absence to ``complete_to`` at most, and a lower
    ``revision`` never replaces a higher one; a release that ``drops_expired_rows`` drops what ended long ago. A
    column that few rows fill is ``sparse``: how many do shows nothing of whether the file is whole, so that a missing
    row proves nothing. ``pairs`` reads NCCI pairs, which are too many for records.
    """

    sheet: Sheet
    table: str
    name: str
    first: date
    last: date
    published: date
    citation: Citation
    records: Callable[[Notes], Iterator[Record]]
    min_rows: int
    label: str = ""
    number: int = 0
    needs: frozenset[str] = frozenset()
    complete_for: str = ""
    note: str = ""
    own_dates: bool = False
    drops_expired_rows: bool = False
    sparse: bool = False
    pairs: Any = None
    complete_to: date | None = None
    revision: int = 0
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rank: int = 0


def quarter(year: int, number: int) -> tuple[date, date]:
    """The first and last day of a quarter."""
    return date(year, 3 * number - 2, 1), date(year, 3 * number, (31, 30, 30, 31)[number - 1])


def quarter_of(day: date) -> int:
    """The quarter that a day is in."""
    return (day.month + 2) // 3


def quarter_in(text: str, year: int) -> int | None:
    """The quarter of a year that the name of a month in a text tells: ``April 2025``, ``2025_Apr``, also with
    blanks encoded as CMS's addresses have them (``april_202025_20web``)."""
    text = re.sub(r"[_%]20(?=[^0-9]|20[0-9]{2})", " ", text)
    month = r"(jan|apr|jul|oct)[a-z]*"
    found = re.search(rf"(?<![a-z]){month}[ _-]*{year}|{year}[ _-]*{month}", text, re.IGNORECASE)
    return QUARTER_OF_MONTH[(found[1] or found[2]).lower()] if found else None


_QUARTER_NAMED = re.compile(
    r"Eff[-_ ]?([0-9]{2})-([0-9]{2})-(20[0-9]{2})"
    r"|(?<![0-9])(20[0-9]{2})[-_ ]?q([1-4])(?![0-9])|(?<![a-z0-9])q([1-4])[-_ ]?(20[0-9]{2})(?![0-9])",
    re.IGNORECASE,
)


def quarter_named(sheet: Sheet) -> tuple[date, date] | None:
    """The days that a sheet governs by its names: ``Eff_07-01-2024`` to the end of the quarter, or a whole quarter,
    ``2026-q3`` or ``q2-2026``."""
    found = _QUARTER_NAMED.search(names_of(sheet))
    if found is None:
        return None
    month, day, year, year_before, number, number_before, year_after = found.groups()
    if not month:
        return quarter(int(year_before or year_after), int(number or number_before))
    try:
        first = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return first, quarter(first.year, quarter_of(first))[1]


FINAL_RULE = re.compile(r"nfrm|final[ _]rule|final CY|\bFR\b", re.IGNORECASE)
"""The table of a year as its final rule has it, before the January update."""


def from_day(first: date) -> str:
    """What a release's name adds where it begins within a quarter: an edition of its own, beside the one
    that the quarter began with."""
    return "" if first == quarter(first.year, quarter_of(first))[0] else f" from {first}"


def days_of(told: Told, sheet: Sheet, found: tuple[date, date] | None, what: str) -> tuple[date, date]:
    """The days that a release governs: as told, else as found, the quarter of a first day told alone.

    Raises:
        InvalidSourceFile: neither is known.
    """
    if told.first and found and not found[0] <= told.first <= found[1]:
        raise InvalidSourceFile(
            f"{sheet.place}: is for {found[0]} to {found[1]}, by its content or file name, but --first is {told.first}"
        )
    if told.first:
        found = told.first, quarter(told.first.year, quarter_of(told.first))[1]
    if found is None:
        raise InvalidSourceFile(
            f"{sheet.place}: names no quarter, neither inside nor in its file name ({what}). "
            "Pass --first, and --last unless it is the end of the quarter"
        )
    first, last = found
    last = told.last or last
    if last < first:
        raise InvalidSourceFile(
            f"{sheet.place}: its last day, {last}, is before its first, {first}. Correct --first or --last"
        )
    return first, last


_DAY_IN_NAME = re.compile(r"[_ ](20[0-9]{2})([01][0-9])([0-3][0-9])\b")


def snapshot_day(told: Told, sheet: Sheet, what: str) -> date:
    """The day on which a list was released that says what holds then: as its file name has it, else as told.

    Raises:
        InvalidSourceFile: it is not known, or the two differ.
    """
    match = _DAY_IN_NAME.search(names_of(sheet))
    found = None
    if match:
        with suppress(ValueError):
            found = date(*map(int, match.groups()))
    if found and told.first and found != told.first:
        raise InvalidSourceFile(
            f"{sheet.place}: was released on {found}, by its file name, but --first is {told.first}"
        )
    day = found or told.first
    if day is None:
        raise InvalidSourceFile(
            f"{sheet.place}: names no day of release in its file name ({what}). Pass that day as --first"
        )
    return day


def names_of(sheet: Sheet) -> str:
    """All names under which a sheet comes, to find in them what its content does not say."""
    return " ".join((sheet.name, sheet.document.file, sheet.document.container))


def stacked(rows: Sequence[Sequence[str]], top: int, bottom: int) -> list[str]:
    """Column names written over several rows, each joined into one."""
    width = max(len(row) for row in rows[top : bottom + 1])
    cells = ([row[n] if n < len(row) else "" for row in rows[top : bottom + 1]] for n in range(width))
    return [" ".join(" ".join(column).split()).upper() for column in cells]


def row_where(sheet: Sheet, test: Callable[[list[str]], bool]) -> int | None:
    """The place among a sheet's first rows of the first that passes a test."""
    return next((place for place, row in enumerate(sheet.head) if row and test(row)), None)


def columns_of(sheet: Sheet, names: Sequence[str], wanted: Iterable[str], row: int) -> dict[str, int]:
    """Where the columns wanted stand, by name.

    Raises:
        InvalidSourceFile: one is not there: the layout is not known.
    """
    found = {}
    for name in wanted:
        if name not in names:
            raise InvalidSourceFile(f"{sheet.place}, row {row}: has no column {name}: unknown layout")
        found[name] = names.index(name)
    return found


def data_rows(sheet: Sheet, header: int, width: int) -> Iterator[tuple[int, list[str]]]:
    """The rows below a header (its row's place among the rows), blank ones left out.

    Raises:
        InvalidSourceFile: one has fewer cells than the header has columns: the file is cut off.
    """
    for place, (number, row) in enumerate(sheet.rows()):
        if place <= header or is_blank(row) or _is_footnote(row):
            continue
        if len(row) < width:
            raise InvalidSourceFile(
                f"{sheet.place}, row {number}: has {len(row)} columns, expected {width}: is the file truncated?"
            )
        yield number, row


def _is_footnote(row: list[str]) -> bool:
    return " " in row[0].strip() and is_blank(row[1:])


def code_of(sheet: Sheet, row: int, column: str, text: str) -> str:
    """A code of five characters. Spreadsheets drop the leading zeros of one that is all digits; since every
    code has five, they can be put back. A hard space (in two code pages) may stand around one.

    Raises:
        InvalidSourceFile: it is no such code, or what is left of one can't be told.
    """
    code = text.strip(" \t\xa0\xff")
    if 0 < len(code) < 5 and code.isdecimal() and code.isascii():
        code = code.zfill(5)
    if _CODE.fullmatch(code):
        return code
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?E[+-]?[0-9]+|[0-9]+\.[0-9]+", code, re.IGNORECASE):
        expected = "a code of five characters: a spreadsheet made a number of it, and the code can't be restored"
        raise sheet.refuse(row, column, text, expected)
    raise sheet.refuse(row, column, text, "a code of five characters")


def restored(text: str, width: int) -> str:
    """A value of digits with the leading zeros that a spreadsheet dropped."""
    text = text.strip()
    return text.zfill(width) if text.isdecimal() else text


def day_number(sheet: Sheet, row: int, column: str, text: str) -> int:
    """A day written CCYYMMDD or CCYYDDD, as CCYYMMDD.

    Raises:
        InvalidSourceFile: it is none.
    """
    text = text.strip()
    try:
        if len(text) == 8 and text.isdecimal():
            date(int(text[:4]), int(text[4:6]), int(text[6:]))
            return int(text)
        if len(text) == 7 and text.isdecimal():
            day = date(int(text[:4]), 1, 1) + timedelta(days=int(text[4:]) - 1)
            if day.year == int(text[:4]):
                return day.year * 10000 + day.month * 100 + day.day
    except (ValueError, OverflowError):
        pass
    raise sheet.refuse(row, column, text, "a date, as CCYYMMDD or CCYYDDD")


def span_of(sheet: Sheet, row: int, first: tuple[str, str], last: tuple[str, str]) -> tuple[int, int]:
    """A row's first and last day, each with the name of its column; no last day is an open end.

    Raises:
        InvalidSourceFile: one is no date, or the row ends before it begins.
    """
    begins = day_number(sheet, row, *first)
    ends = day_number(sheet, row, *last) if last[1].strip() not in ("", "*") else OPEN
    if ends < begins:
        raise sheet.refuse(row, last[0], last[1], f"no day before {first[1].strip()}, when the row begins")
    return begins, ends
