"""NCCI add-on code edits: which primary codes an add-on code needs, with each row's own dates.

The text file has fixed columns since 2022. Where they stand is found from rows that fill all of them, and
every row is held to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet, UnsupportedFile, is_blank
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
    names_of,
    quarter,
    quarter_of,
    row_where,
    span_of,
    stacked,
)
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.ncci import ADD_ON

_COLUMNS: Final = (
    "AOC_EDIT_TYPE", "ADD-ON_CODE", "AOC_DELDT", "PRIMARY_CODE", "PRIMARY_CODE_DELDT", "AOC_EDIT_EFFDT",
    "AOC_EDIT_DELDT", "SPECIAL_INSTRUCTION_NOTES",
)  # fmt: skip
_WIDTHS: Final = (1, 5, 7, 5, 7, 7, 7)
_SHORTEST: Final = sum(_WIDTHS) - 7  # a row without a last day
_ALL_FILLED = re.compile(
    r"\s*([0-9])" + "".join(r"\s*([0-9A-Z]{5})" if width == 5 else r"\s*([0-9]{7})" for width in _WIDTHS[1:])
)
_BEGINS = re.compile(r"\s*[0-9]\s*[0-9A-Z]{5}[\s0-9]")
_NAME = re.compile(r"AOC_V(20[0-9]{2})Q([1-4])", re.IGNORECASE)
_KNOWN: Final = {"AOC_Edit_Type": ADD_ON.published["type"]}
_FEWEST: Final = 5_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The add-on code edits that a sheet holds, if it does."""
    if sheet.fixed:
        lines = [row[0] for row in sheet.head if not is_blank(row)]
        if not lines or sum(_BEGINS.match(line) is not None and len(line) >= _SHORTEST for line in lines) * 2 < len(
            lines
        ):
            return []
        records = lambda notes: _fixed_rows(sheet, notes)  # noqa: E731
    else:
        header = row_where(sheet, lambda row: row[0].strip().upper() == _COLUMNS[0])
        if header is None:
            return []
        names = stacked(sheet.head, header, header)
        columns = columns_of(sheet, names, _COLUMNS, header + 1)
        records = lambda notes: _rows(sheet, header, columns, notes)  # noqa: E731
    if re.search("AOC_V[0-9Q_]*-?F?-?MCD", names_of(sheet), re.IGNORECASE):
        raise UnsupportedFile(
            f"{sheet.place}: is the Medicaid table by its file name (MCD). Add the Medicare table (MCR)"
        )
    found = _NAME.search(names_of(sheet))
    days = quarter(int(found[1]), int(found[2])) if found else None
    start, last = days_of(told, sheet, days, "AOC_V2026Q2-MCR")
    edition = f"{start.year} Q{quarter_of(start)}{from_day(start)}"
    return [
        Part(
            sheet,
            "add_on",
            f"AOC {edition}",
            start,
            last,
            start,
            Citation(f"Medicare NCCI add-on code edits, {edition}", url=TABLES["add_on"].page),
            records,
            _FEWEST,
            own_dates=True,
            values=_KNOWN,
        )
    ]


def _rows(sheet: Sheet, header: int, columns: dict[str, int], notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, len(columns)):
        yield _record(sheet, notes, number, [row[columns[name]] for name in _COLUMNS])


def _fixed_rows(sheet: Sheet, notes: Notes) -> Iterator[Record]:
    starts = _starts(sheet)
    for number, (line,) in sheet.rows():
        if is_blank([line]) or (number < 10 and not _BEGINS.match(line)):
            continue
        cells = [line[start : start + width].strip() for start, width in zip(starts, _WIDTHS, strict=True)]
        yield _record(sheet, notes, number, [*cells, line[starts[-1] + _WIDTHS[-1] :].strip()])


def _starts(sheet: Sheet) -> list[int]:
    """Where each column begins: alike in all rows that fill them all."""
    found = {tuple(m.start(n) for n in range(1, 8)) for _, (line,) in sheet.rows() if (m := _ALL_FILLED.match(line))}
    if len(found) != 1:
        raise InvalidSourceFile(
            f"{sheet.place}: its columns can't be identified. Add the XLSX file of the same archive"
        )
    return list(found.pop())


def _record(sheet: Sheet, notes: Notes, row: int, cells: list[str]) -> Record:
    kind, code, _, primary, _, first, last, note = (cell.strip() for cell in cells)
    notes.check(row, "AOC_Edit_Type", kind, _KNOWN["AOC_Edit_Type"])
    days = span_of(sheet, row, ("AOC_Edit_EffDT", first), ("AOC_Edit_DelDT", last))
    return (
        code_of(sheet, row, "Add-On_Code", code),
        code_of(sheet, row, "Primary_Code", primary),
        *days,
        kind,
        " ".join(note.strip('"').split()),
        row,
    )
