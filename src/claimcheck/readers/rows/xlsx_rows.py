"""Claim lines from a sheet of an XLSX workbook, as people fill it in.

Each cell is read as CSV would have it, had the sheet been saved so in a form that loses nothing: text as it is, a
whole number without a point, a day as ISO 8601, an error as Excel shows it. Rows have Excel's numbers. The library that
reads workbooks keeps one sheet in memory, some 30 bytes per cell; all else is streaming.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import IO, Any, Final, NamedTuple
from xml.etree import ElementTree

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from claimcheck.authoring.check import unreadable
from claimcheck.claim import Claim, Location
from claimcheck.message import INFORM, WARN, EditMessage
from claimcheck.readers.files import Input, in_any_order, unread
from claimcheck.readers.rows.assemble import Row, assemble
from claimcheck.readers.rows.columns import DATE_COLUMNS, SPACES
from claimcheck.readers.rows.csv_rows import known_names
from claimcheck.readers.rows.edits import ROW_NUMBER, ROW_SHEET
from claimcheck.readers.rows.layout import Layout, folded, layout_of
from claimcheck.readers.rows.notices import LIKELY_HEADER, Notices, no_header

_MOST_CELLS: Final = 50_000_000
"""Cells from a sheet's first to its farthest, which the library takes memory for: all of Excel's rows with every column
that there is."""

_HEADER_WITHIN: Final = 20
"""Rows in which the header is looked for: people write a title above it."""

_MOST_DIGITS: Final = 10**15
"""Excel keeps 15 digits of a number."""

_PIECE: Final = 1 << 16

_SAVE: Final = "Save the claims as CSV, or as an XLSX workbook without a password."


class _Unfit(Exception):
    """A workbook that can't be read: its message says why."""


def read_xlsx(
    stream: Input,
    *,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
    sheet: str = "",
) -> Iterator[Claim | EditMessage]:
    """Read claims from a sheet of a workbook: a header, then one row per claim line.

    Nothing that the bytes hold raises.

    Args:
        stream: the file.
        columns: our column names to the sheet's.
        asc_npis: billing NPIs of surgical centers, for rows that state no setting.
        date_format: how cells of text write dates, beside ISO 8601 and CCYYMMDD; a day that is a cell's value is known.
        sheet: the sheet's name. By default the first visible one that has a header.

    Yields:
        Each claim, and a message for whatever could not be read, in the order of the sheet.
    """
    with ExitStack() as stack:
        try:
            whole = stack.enter_context(in_any_order(stream))
        except OSError as error:
            yield unread(stream.label, f"can't be spooled to a temporary file: {error.strerror}")
            return
        reader = _Reader(stream.label, columns)
        try:
            book = _Book(whole)
            chosen = reader.choose(book, sheet)
        except _Unfit as unfit:
            why = f"was read only in part: {stream.trouble}" if stream.trouble else str(unfit)
            yield unread(stream.label, why, _SAVE)
            return
        yield from reader.of_others(book, chosen, bool(sheet))
        yield from assemble(reader.rows(chosen), stream.label, asc_npis, date_format)


# -- workbooks -----------------------------------------------------------------------------------


class _Sheet(NamedTuple):
    """One sheet in memory.

    Attributes:
        name: its name.
        cells: what the library made of it.
        left: how many columns before its first one are empty.
        errors: what cells with an error show, by row and place in the row; the library reads nothing there.
    """

    name: str
    cells: CalamineSheet
    left: int
    errors: dict[tuple[int, int], str]

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row with Excel's number."""
        of_errors: dict[int, dict[int, str]] = {}
        for (row, at), shown in self.errors.items():
            of_errors.setdefault(row, {})[at] = shown
        for number, cells in enumerate(self.cells.iter_rows(), start=1):
            for at, shown in of_errors.get(number, {}).items():
                cells[at - self.left] = shown
            yield number, cells


class _Book:
    """A workbook: the library's, and the parts that are looked into before the library loads them.

    Raises:
        _Unfit: it is damaged, or another kind of document.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._parts = zipfile.ZipFile(file)
            names = {*self._parts.namelist()}
        except Exception:  # zipfile raises many kinds at damaged archives
            raise _Unfit("is a damaged or truncated spreadsheet (XLSX)") from None
        if "xl/workbook.bin" in names:
            raise _Unfit("is a binary spreadsheet (XLSB)")
        if "xl/workbook.xml" not in names:
            raise _Unfit("is an Office document, not a spreadsheet")
        file.seek(0)
        self._book = _must_open(partial(CalamineWorkbook.from_filelike, file))
        self._part_of = _must_open(self._find_parts)

    @property
    def names(self) -> list[str]:
        """The names of all sheets with cells."""
        return [one.name for one in self._book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]

    @property
    def visible(self) -> list[str]:
        """The names of those that are not hidden."""
        shown = {one.name for one in self._book.sheets_metadata if one.visible == SheetVisibleEnum.Visible}
        return [name for name in self.names if name in shown]

    def sheet(self, name: str) -> _Sheet:
        """Load a sheet.

        Raises:
            _Unfit: it is damaged, or too large.
        """
        extent, errors = _must_open(lambda: self._look_through(name))
        if extent > _MOST_CELLS:
            raise _Unfit(
                f'is too large: sheet "{_shown(name)}" spans {extent:,} cells, at most {_MOST_CELLS:,} are read; '
                "delete the empty rows and columns at its end"
            )
        cells = _must_open(lambda: self._book.get_sheet_by_name(name))
        return _Sheet(name, cells, cells.start[1] if cells.start else 0, errors)

    def _find_parts(self) -> dict[str, str]:
        """The archive's member of each sheet."""
        relations = ElementTree.fromstring(self._parts.read("xl/_rels/workbook.xml.rels"))
        targets = {one.get("Id"): str(one.get("Target")) for one in relations}
        found = {}
        for element in ElementTree.fromstring(self._parts.read("xl/workbook.xml")).iter():
            if element.tag.endswith("}sheet"):
                relation = next((value for key, value in element.items() if key.endswith("}id")), None)
                target = targets.get(relation, "")
                found[str(element.get("name"))] = target[1:] if target.startswith("/") else f"xl/{target}"
        return found

    def _look_through(self, name: str) -> tuple[int, dict[tuple[int, int], str]]:
        """How many cells the sheet takes in memory, and what its cells with an error show. The library would break off
        at a cell that is too far from the others, and takes an error for a blank."""
        letters: set[bytes] = set()
        last = 0
        errors: dict[tuple[int, int], str] = {}
        with self._parts.open(self._part_of[name]) as part:
            rest = b""
            while piece := part.read(_PIECE):
                text, found, rest = (rest + piece).rpartition(b"<c ")
                if not found:  # no cell begins in it; one may at its end
                    text, rest = b"", rest[-_PIECE:]
                rest = found + rest
                last = max(last, _take_extent(text, letters))
                _take_errors(text, errors)
            last = max(last, _take_extent(rest, letters))
            _take_errors(rest, errors)
        return last * max(map(_number_of, letters), default=0), errors


_PLACE: Final = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_ERROR: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?=[^>]* t="e")[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)


def _take_extent(text: bytes, letters: set[bytes]) -> int:
    """The last row of which there are cells in a piece of a sheet; ``letters`` are those of their columns."""
    found = _PLACE.findall(text)
    letters.update(column for column, _ in found)
    return max((int(row) for _, row in found), default=0)


def _take_errors(text: bytes, errors: dict[tuple[int, int], str]) -> None:
    if b' t="e"' in text:
        for column, row, shown in _ERROR.findall(text):
            errors[int(row), _number_of(column) - 1] = shown.decode("utf-8", "replace")[:10]


def _number_of(letters: bytes) -> int:
    """The number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _must_open(take: Any) -> Any:
    """What is taken from a workbook.

    Raises:
        _Unfit: it is damaged. Each part of it raises errors of its own; the library may also panic, which Python has
            no exception for that ``except Exception`` takes.
    """
    try:
        return take()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            what = "is protected by a password" if "assword" in str(error) else "is a damaged spreadsheet (XLSX)"
            raise _Unfit(what) from None
        raise


def _shown(name: str) -> str:
    """A sheet's name as far as Excel lets it be, without control characters."""
    return "".join(letter for letter in name if letter.isprintable())[:31]


# -- rows ----------------------------------------------------------------------------------------


class _Reader:
    """Reads one sheet of a workbook."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self._file = file
        self._columns = columns
        self._known = known_names(columns)
        self._notices = Notices(file, columns)
        self._told: set[int] = set()

    def choose(self, book: _Book, name: str) -> _Sheet:
        """The sheet of a name; without one the first visible sheet with a header, else the first.

        Raises:
            _Unfit: there is none.
        """
        if name and name not in book.names:
            raise _Unfit(f'has no sheet "{_shown(name)}"; it has {_listed(book.names)}')
        first = None
        for each in [name] if name else book.visible:
            loaded = book.sheet(each)
            first = first or loaded
            if self._header_of(loaded):
                return loaded
        if not first:
            raise _Unfit("has no visible sheet with cells")
        return first

    def of_others(self, book: _Book, chosen: _Sheet, named: bool) -> Iterator[EditMessage]:
        """The message about sheets that are not read: a warning where one of them has claim lines."""
        others = [] if named else [name for name in book.visible if name != chosen.name]
        if not others:
            return
        before = others[: book.visible.index(chosen.name)]
        alike = [name for name in others if name not in before and self._may_have_claims(book, name)]
        text = f'Sheet "{_shown(chosen.name)}" was read; not read: {_listed(others)}.'
        remedy = "No action if they hold no claim lines."
        if alike:
            text = f'Only sheet "{_shown(chosen.name)}" was read; claim lines may also be on {_listed(alike)}.'
            remedy = "Save each sheet as a file of its own, or name one in the configuration: sheet."
        severity = WARN if alike else INFORM
        yield unreadable(ROW_SHEET, Location(self._file), text, remedy, severity=severity, observed=str(len(others)))

    def _may_have_claims(self, book: _Book, name: str) -> bool:
        try:
            return self._header_of(book.sheet(name)) is not None
        except _Unfit:  # it is not what was asked for, and may be damaged
            return True

    def _header_of(self, sheet: _Sheet) -> tuple[int, list[str]] | None:
        """The first row that names columns, with its number."""
        for number, cells in islice(sheet.rows(), _HEADER_WITHIN):
            names = [_text(cell, False) for cell in cells]
            if sum(folded(name) in self._known for name in names) >= LIKELY_HEADER:
                return number, names
        return None

    def rows(self, sheet: _Sheet) -> Iterator[Row | EditMessage]:
        """Each row of the sheet, and what is to be said of its columns."""
        header = self._header_of(sheet)
        if header is None:
            row, names = next(
                ((row, [_text(c, False) for c in cells]) for row, cells in sheet.rows() if any(cells)), (1, [])
            )
            yield no_header(self._file, row, names, layout_of(names, self._columns).missing, self._columns, 0)
            return
        row, names = header
        yield from self._notices.of_mapping(row)
        layout = layout_of(names, self._columns)
        if layout.missing:
            yield no_header(self._file, row, names, layout.missing, self._columns, LIKELY_HEADER)
            return
        yield from self._notices.of_mapped(names, layout, row)
        yield from self._notices.of_unknown(layout.unknown, row)
        yield from self._notices.of_missing(layout.at.keys(), row)
        days = [place in {layout.at.get(name) for name in DATE_COLUMNS} for place in range(len(names))]
        for number, cells in islice(sheet.rows(), row, None):
            texts = [_text(cell, day) for cell, day in zip(cells, days, strict=True)]
            if any(texts):
                yield from self._of_numbers(layout, number, cells)
                yield self._row(layout, number, texts)

    def _row(self, layout: Layout, number: int, cells: list[Any]) -> Row:
        cells.append(None)
        if layout.split:
            cells[-1:] = layout.split(cells), None
        return Row(number, layout.claim(cells), layout.service(cells), layout.line(cells))

    def _of_numbers(self, layout: Layout, row: int, cells: Sequence[Any]) -> Iterator[EditMessage]:
        """The message of a column with a number that Excel could not keep, once."""
        for name, at in layout.at.items():
            cell = cells[at]
            if cell.__class__ is float and abs(cell) >= _MOST_DIGITS and at not in self._told:
                self._told.add(at)
                text = f"{name} is a number of more than 15 digits; Excel keeps 15, and the others are lost."
                remedy = "Format the column as text, and enter its values again."
                yield unreadable(ROW_NUMBER, Location(self._file, row=row), text, remedy, field=name)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{_shown(name)}"' for name in names[:3])
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown or "none"


def _text(cell: Any, is_day: bool) -> str:
    """A cell as text; one of a column of dates is a day whatever its time."""
    if cell.__class__ is str:
        text: str = cell.strip(SPACES)
        return text
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return str(cell.date() if is_day or cell.time() == time() else cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)
