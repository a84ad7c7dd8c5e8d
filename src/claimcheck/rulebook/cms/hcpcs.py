"""The HCPCS Level II file (ANWEB), quarterly: codes and modifiers with their dates and classifications, and the
codes to report in place of some.

In the text file a code or modifier takes several records; only the first (3 for a code, 7 for a modifier)
has more than its text, and texts are left where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, is_blank
from claimcheck.rulebook.parts import (
    MONTHS,
    QUARTER_OF_MONTH,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    columns_of,
    data_rows,
    day_number,
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_of,
    restored,
    stacked,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.code_sets import CROSS_REFERENCES, LEVEL_2

_COLUMNS: Final = (
    "HCPC", "RECID", "BETOS", "COV", "ADD DT", "TERM DT",
    *(f"TOS{n}" for n in range(1, 6)), *(f"PRICE{n}" for n in range(1, 5)), *(f"LABCERT{n}" for n in range(1, 9)),
    *(f"XREF{n}" for n in range(1, 6)),
)  # fmt: skip
_FIXED: Final = {
    "HCPC": (1, 5), "RECID": (11, 11), "COV": (230, 230), "BETOS": (257, 259),
    "ADD DT": (269, 276), "TERM DT": (285, 292),
    **{f"TOS{n}": (260 + n, 260 + n) for n in range(1, 6)},
    **{f"PRICE{n}": (118 + 2 * n, 119 + 2 * n) for n in range(1, 5)},
    **{f"LABCERT{n}": (178 + 3 * n, 180 + 3 * n) for n in range(1, 9)},
    **{f"XREF{n}": (200 + 5 * n, 204 + 5 * n) for n in range(1, 6)},
}  # fmt: skip
"""Positions in the text file, from 1, as its record layout counts them."""
_LINE = 293
_NAME = re.compile(r"HCPC(20[0-9]{2})_?(JAN|APR|JUL|OCT)", re.IGNORECASE)
_MODIFIERS_LISTED: Final = "(?![DEGHIJNPRS][DEGHIJNPRSX])[A-Z][0-9A-Z]"
"""All that begin with a letter; not the pairs that say where an ambulance went from and to."""


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The codes and the modifiers of a HCPCS file, if a sheet is one."""
    if sheet.fixed:
        lines = [row[0] for row in sheet.head if not is_blank(row)]
        if not lines or not all(len(line) >= _LINE and line[5:10].isdecimal() and line[10] in "3478" for line in lines):
            return []
        header, width, columns = -1, 1, {}
    else:
        names = stacked(sheet.head, 0, 0) if sheet.head else []
        if names[:3] != ["HCPC", "SEQNUM", "RECID"]:
            return []
        header, width, columns = 0, len(names), columns_of(sheet, names, _COLUMNS, 1)
    found = _NAME.search(names_of(sheet))
    days = quarter(int(found[1]), QUARTER_OF_MONTH[found[2].lower()]) if found else None
    start, last = days_of(told, sheet, days, "HCPC2026_JAN_ANWEB")
    edition = f"{start.year} {MONTHS[quarter_of(start)]}{from_day(start)}"
    citation = Citation(f"HCPCS Level II file, {edition}", url=TABLES["codes"].page)
    name = f"HCPCS {edition}"

    def part(table: str, kind: str, min_rows: int, listed: str, *, sparse: bool = False) -> Part:
        def records(notes: Notes) -> Iterator[Record]:
            for number, values in _values(sheet, header, width, columns):
                if values["RECID"] == kind and (not sparse or _referred(values)):
                    yield _record(sheet, number, values, table)

        return Part(
            sheet,
            table,
            name,
            start,
            last,
            start,
            citation,
            records,
            min_rows,
            complete_for=listed,
            own_dates=True,
            drops_expired_rows=True,
            sparse=sparse,
        )

    return [
        part("codes", "3", 5_000, LEVEL_2),
        part("modifiers", "7", 250, _MODIFIERS_LISTED),
        part(CROSS_REFERENCES, "3", 0, LEVEL_2, sparse=True),
    ]


def _values(sheet: Sheet, header: int, width: int, columns: dict[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    if not sheet.fixed:
        for number, row in data_rows(sheet, header, width):
            yield number, {name: row[at].strip() for name, at in columns.items()}
        return
    for number, (line,) in sheet.rows():
        if is_blank([line]):
            continue
        if len(line) < _LINE:
            raise sheet.refuse(number, f"1 to {_LINE}", line.strip(), "a row of the layout: is the file truncated?")
        yield number, {name: line[first - 1 : last].strip() for name, (first, last) in _FIXED.items()}


def _record(sheet: Sheet, row: int, values: dict[str, str], table: str) -> Record:
    added = day_number(sheet, row, "ADD DT", values["ADD DT"]) if values["ADD DT"] else None
    ended = day_number(sheet, row, "TERM DT", values["TERM DT"]) if values["TERM DT"] else None
    if added and ended and ended < added:
        raise sheet.refuse(row, "TERM DT", values["TERM DT"], f"no day before {values['ADD DT']}, when it was added")
    days = added or 10101, ended or OPEN, added, ended
    if table == "modifiers":
        if not re.fullmatch("[0-9A-Z]{2}", values["HCPC"]):
            raise sheet.refuse(row, "HCPC", values["HCPC"], "a modifier of two characters")
        return values["HCPC"], *days, "", 0, row
    code = code_of(sheet, row, "HCPC", values["HCPC"])
    if table == CROSS_REFERENCES:  # they hold after the code's end as before it
        return code, added or 10101, OPEN, _referred(values), row
    joined = (_joined(values, "TOS", 6), values["BETOS"], "", "", "", values["COV"], _joined(values, "PRICE", 5, 2))
    return code, *days, *joined, _joined(values, "LABCERT", 9, 3), row


def _referred(values: dict[str, str]) -> str:
    """The codes that a row refers to, as published: one is the word CPT."""
    return _joined(values, "XREF", 6, 5)


def _joined(values: dict[str, str], name: str, end: int, width: int = 1) -> str:
    found: Sequence[str] = [restored(values[f"{name}{n}"], width) for n in range(1, end)]
    return " ".join(value for value in found if value)
