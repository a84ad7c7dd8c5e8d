"""Claim lines from CSV."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, Final

from claimcheck.authoring.check import Check, unreadable
from claimcheck.claim import Claim, Location
from claimcheck.message import EditMessage
from claimcheck.readers.rows.assemble import Row, assemble
from claimcheck.readers.rows.columns import KNOWN, OFTEN_CALLED, SPACES
from claimcheck.readers.rows.edits import ROW_CELLS, ROW_HEADER, ROW_QUOTE, ROW_SIZE, ROW_TEXT
from claimcheck.readers.rows.layout import Layout, folded, layout_of
from claimcheck.readers.rows.notices import Notices, no_header

_LONGEST_RECORD = 1 << 20
"""Characters of one row, and of one cell."""

_DELIMITERS: Final = ",\t;|"
_SURROGATE = re.compile("[\ud800-\udfff]")
_LATIN = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
"""Bytes that are no UTF-8, as ``surrogateescape`` decodes them, to their Latin-1 characters."""

_ReadIssue = tuple[Check, str, str]


class _TooLongError(Exception):
    """One CSV record takes more characters than a record can have."""


class _Lines:
    """The physical lines of a CSV file, as the csv reader draws them.

    ``pending`` are the lines of the record being read: where a quote is not closed, reading goes back
    to them, so that an unclosed quote costs one row and not the rest of the file. ``issues`` are of
    lines in it that can't be read, by their number; ``spaced`` says that there may be spaces to drop.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.text = _as_text(stream)
        self.number = 0
        self.pending: list[str] = []
        self.back: deque[str] = deque()
        self.issues: dict[int, _ReadIssue] = {}
        self.recoded = 0
        self.spaced = False

    def feed(self) -> Iterator[str]:
        """Line after line."""
        pending = self.pending
        size = 0
        read = partial(self.text.readline, _LONGEST_RECORD)
        while True:
            line = self.back.popleft() if self.back else read()
            if not line:
                return
            self.number += 1
            if line[-1] != "\n" or not line.isascii() or "\0" in line:
                line = self._examined(line)
            if " " in line or "\t" in line:
                self.spaced = True
            if pending:
                size += len(line)
                if size > _LONGEST_RECORD:
                    pending.append(line)
                    raise _TooLongError
            else:
                size = len(line)
            pending.append(line)
            yield line

    def give_back(self, line: str) -> None:
        """Draw this line again."""
        self.back.append(line)
        self.number -= 1

    def _examined(self, line: str) -> str:
        """A line that is not plain ASCII, holds NUL, or ends without a line feed."""
        self.spaced = True
        if _SURROGATE.search(line):
            line = line.translate(_LATIN)
            self.recoded = self.recoded or self.number
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        if "\0" in line:
            self.issues[self.number] = _NOT_TEXT
        if not line.endswith(("\n", "\r")):
            if len(line) >= _LONGEST_RECORD - 1:
                while (more := self.text.readline(_LONGEST_RECORD)) and not more.endswith(("\n", "\r")):
                    pass
                self.issues[self.number] = _OVERLONG
                return "\n"
            if getattr(self.stream, "trouble", None):
                self.issues[self.number] = _CUT
        return line


def _as_text(stream: BinaryIO) -> io.TextIOWrapper:
    """Bytes as text of which each byte can be told again, with its line ends as they are."""
    return io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")


def physical_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The physical lines as they are counted here, byte for byte; one that is too long comes in pieces."""
    text = _as_text(stream)
    number, begins = 0, True
    try:
        for line in iter(partial(text.readline, _LONGEST_RECORD), ""):
            number += begins
            yield number, line.encode("utf-8", "surrogateescape")
            begins = line.endswith(("\n", "\r")) or (begins and len(line) < _LONGEST_RECORD - 1)
    finally:
        text.detach()  # the stream is the caller's to close


_NOT_TEXT = ROW_TEXT, "The row contains NUL characters; it was not read.", "Save the file again as UTF-8."
_CUT = ROW_CELLS, "The file ends inside this row; the row was not read.", "Send the complete file again."
_OVERLONG = (
    ROW_SIZE,
    f"A row has at most {_LONGEST_RECORD:,} characters; this one has more and was not read.",
    "Check for missing line breaks or an unclosed quote.",
)
_UNCLOSED = (
    ROW_QUOTE,
    "The quote that opens a cell is not closed at its end; the row was not read.",
    "Close the quote, and double each quote inside a quoted cell.",
)


def _alone(line: str, delimiter: str) -> list[str] | None:
    """One physical line as a record of its own; None where a quote in it is not closed."""
    more = False

    def feed() -> Iterator[str]:  # asked for another line only where the record is not complete
        nonlocal more
        yield line
        more = True

    try:
        cells = next(csv.reader(feed(), delimiter=delimiter), list[str]())
    except csv.Error:
        return None
    return None if more else cells


def _records(lines: _Lines, delimiter: str, file: str) -> Iterator[tuple[int, list[str]] | EditMessage]:
    """Each record with the row that it begins at, or what is wrong with it.

    The reader is strict: where an unclosed quote swallows rows until some later quote, the text after
    that quote gives it away.
    """
    reader = csv.reader(lines.feed(), delimiter=delimiter, strict=True)
    pending, issues = lines.pending, lines.issues
    while True:
        pending.clear()
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError):
            yield from _one_by_one(lines, delimiter, file, first)
            reader = csv.reader(lines.feed(), delimiter=delimiter, strict=True)
            continue
        if issues:
            yield _message_of(next(iter(issues.values())), file, first)
            issues.clear()
        else:
            yield first, cells


def _one_by_one(lines: _Lines, delimiter: str, file: str, first: int) -> Iterator[tuple[int, list[str]] | EditMessage]:
    """The lines of a record that came to grief, each read by itself."""
    lost = lines.pending.copy()
    if len(lost) > 1:  # the last line is where the reader stumbled: a row of its own begins there
        lines.give_back(lost.pop())
    for row, line in enumerate(lost, start=first):
        lines.spaced = True
        issue = lines.issues.pop(row, None)
        alone = None if issue else _alone(line, delimiter)
        if alone is None:
            yield _message_of(issue or _UNCLOSED, file, row)
        else:
            yield row, alone


def _message_of(issue: _ReadIssue, file: str, row: int) -> EditMessage:
    edit, text, remedy = issue
    return unreadable(edit, Location(file, row=row), text, remedy)


def sniff_header(line: str, columns: Mapping[str, str] = {}) -> tuple[str, int]:
    """The delimiter of a header line, and how many column names it holds that are known, mapped, or
    often used for the needed ones."""
    names = known_names(columns)

    def known(delimiter: str) -> int:
        return sum(folded(cell) in names for cell in (_alone(line, delimiter) or line.split(delimiter)))

    best = max(_DELIMITERS, key=lambda delimiter: (known(delimiter), line.count(delimiter)))
    return best, known(best)


def known_names(columns: Mapping[str, str]) -> frozenset[str]:
    """Names, as they are compared, that make a row a header: known, mapped, or often used for the needed columns."""
    others = (name for names in OFTEN_CALLED.values() for name in names)
    return KNOWN.union(map(folded, columns.values()), others)


def read_csv(
    stream: BinaryIO,
    file: str,
    *,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
) -> Iterator[Claim | EditMessage]:
    """Read claims from CSV: a header, then one row a claim line.

    Header names are matched whatever their case. The delimiter is a comma, tab, semicolon or vertical
    bar, found from the header. Nothing that the bytes hold raises.

    Args:
        stream: the file's bytes.
        file: the name that messages carry.
        columns: our column names to the file's.
        asc_npis: billing NPIs of surgical centers, for rows that state no setting.
        date_format: how the file writes dates, beside ISO 8601 and CCYYMMDD.

    Yields:
        Each claim, and a message for whatever could not be read, in the order of the file.
    """
    if csv.field_size_limit() < _LONGEST_RECORD:
        csv.field_size_limit(_LONGEST_RECORD)
    notices = Notices(file, columns)
    lines = _Lines(stream)
    try:
        yield from assemble(_csv_rows(lines, file, notices), file, asc_npis, date_format)
    finally:
        lines.text.detach()  # the stream is the caller's to close


def _csv_rows(lines: _Lines, file: str, notices: Notices) -> Iterator[Row | EditMessage]:
    columns = notices.columns
    head = next(lines.feed(), "")
    if head:
        lines.give_back(head)
    delimiter, recognized = sniff_header(head, columns)
    records = _records(lines, delimiter, file)
    header = next(records, (1, list[str]()))
    if isinstance(header, EditMessage):
        yield unreadable(ROW_HEADER, header.locus, f"Header not read. {header.text}", "Correct the header.")
        return
    row, names = header
    yield from notices.of_mapping(row)
    layout = layout_of(names, columns)
    if layout.missing:
        yield no_header(file, row, names, layout.missing, columns, recognized)
        return
    yield from notices.of_mapped(names, layout, row)
    yield from notices.of_unknown(layout.unknown, row)
    yield from notices.of_missing(layout.at.keys(), row)
    yield from _csv_cells(records, lines, layout, len(names), notices)


def _csv_cells(
    records: Iterator[tuple[int, list[str]] | EditMessage],
    lines: _Lines,
    layout: Layout,
    width: int,
    notices: Notices,
) -> Iterator[Row | EditMessage]:
    of_claim, of_service, of_line, split = layout.claim, layout.service, layout.line, layout.split
    new: Callable[..., Row] = tuple.__new__
    for record in records:
        if lines.recoded:
            yield from notices.of_encoding(lines.recoded)
        if isinstance(record, EditMessage):
            yield record
            continue
        place, written = record
        cells: list[Any] = written
        if lines.spaced:
            lines.spaced = False
            cells = [cell.strip(SPACES) for cell in written]
        if len(cells) != width:
            if any(cells):
                yield _wrong_width(notices.file, place, len(cells), width)
            continue
        cells.append(None)
        if split:
            cells[-1:] = split(cells), None
        claim = of_claim(cells)
        if claim[0] or _any_text(cells):  # spreadsheets leave rows of blanks at the end
            yield new(Row, (place, claim, of_service(cells), of_line(cells)))


def _any_text(cells: Sequence[Any]) -> bool:
    return any(isinstance(cell, str) and cell for cell in cells)


def _wrong_width(file: str, row: int, found: int, width: int) -> EditMessage:
    return unreadable(
        ROW_CELLS,
        Location(file, row=row),
        f"The header has {width} cells, this row {found}; the row was not read.",
        "Check for a delimiter in an unquoted cell, or a truncated row.",
        observed=str(found),
        allowed=str(width),
    )
