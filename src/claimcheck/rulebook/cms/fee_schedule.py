"""The physician fee schedule, quarterly: PPRRVU, the National Physician Fee Schedule Relative Value File, and the file
of its look-up's portal.

CSV and XLSX have ten rows of preamble and of column names written over several rows; the text file has fixed
columns (since 2026 with the pricing indicator in what was a filler). Of 2026, files for both conversion factors
(QPP and nonQPP) hold the same indicators, QPP of fewer codes.

The portal has one CSV file per year, which each quarter's edition replaces. Its rows of one code, one for each
conversion factor, say the same, or the file is refused. It does not say its quarter. Its name has the day on which it
was made, when the next quarter's edition may be out: that of 2025-09-23 has October's rows. So the day tells the
quarter only where just one is possible; else you say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet, is_blank
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
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_of,
    restored,
    row_where,
    stacked,
)
from claimcheck.rulebook.schema import DAY, OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.payment import FEE

_TITLE = re.compile(r"(20[0-9]{2}) National Physician Fee Schedule Relative Value File (\w+) Release", re.IGNORECASE)
_NAME = re.compile(r"PPRRVU(?:20)?([0-9]{2})[_-]?(JAN|APR|JUL|OCT)|RVU([0-9]{2})([ABCD])", re.IGNORECASE)
_COLUMNS: Final = {
    "status": "STATUS CODE",
    "pctc": "PCTC IND",
    "global_days": "GLOB DAYS",
    "multiple": "MULT PROC",
    "bilateral": "BILAT SURG",
    "assistant": "ASST SURG",
    "co_surgeon": "CO- SURG",
    "team": "TEAM SURG",
    "supervision": "PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES",
    "imaging_family": "DIAGNOSTIC IMAGING FAMILY INDICATOR",
    "endoscopic_base": "ENDO BASE",
    "preoperative": "PRE OP",
    "intraoperative": "INTRA OP",
    "postoperative": "POST OP",
    "work_rvu": "WORK RVU",
    "non_facility_rvu": "NON-FACILITY TOTAL",
    "facility_rvu": "FACILITY TOTAL",
}
_NA: Final = {"non_facility_na": "NON-FAC PE RVU", "facility_na": "FACILITY PE RVU"}
"""Both are called NA INDICATOR: each stands right after this column."""
_FIXED: Final = {
    "code": (1, 5), "modifier": (6, 7), "status": (58, 58), "work_rvu": (60, 65), "non_facility_na": (73, 74),
    "facility_na": (82, 83), "non_facility_rvu": (91, 96), "facility_rvu": (97, 102), "pctc": (103, 103),
    "global_days": (104, 106), "preoperative": (107, 109), "intraoperative": (110, 112), "postoperative": (113, 115),
    "multiple": (116, 116), "bilateral": (117, 117), "assistant": (118, 118), "co_surgeon": (119, 119),
    "team": (120, 120), "endoscopic_base": (128, 132), "factor": (133, 140), "supervision": (142, 143),
    "imaging_family": (146, 147),
}  # fmt: skip
"""Positions in the text file, from 1, as its record layout counts them."""
_WIDTHS: Final = {"global_days": 3, "supervision": 2, "imaging_family": 2}
_AMOUNTS: Final = frozenset(
    {"preoperative", "intraoperative", "postoperative", "work_rvu", "non_facility_rvu", "facility_rvu"}
)
_CHANGED_WITHIN: Final = {
    (2024, 1): {
        "32.7442": ("RVU24A", date(2024, 1, 1), date(2024, 3, 8)),
        "33.2875": ("RVU24AR", date(2024, 3, 9), date(2024, 3, 31)),
    }
}
"""A quarter in which the law changed the conversion factor (Consolidated Appropriations Act, 2024, section
212): both releases say January, and it is by the factor that they are told apart."""
_PORTAL: Final = "https://pfs.data.cms.gov"
_PORTAL_NAME = re.compile(r"indicators(20[0-9]{2})[AB]?-([0-9]{2})-([0-9]{2})(?:-(20[0-9]{2}))?", re.IGNORECASE)
_PORTAL_COLUMNS: Final = {
    "status": "PROC_STAT",
    "pctc": "PCTC",
    "global_days": "GLOBAL",
    "multiple": "MULT_SURG",
    "bilateral": "BILT_SURG",
    "assistant": "ASST_SURG",
    "co_surgeon": "CO_SURG",
    "team": "TEAM_SURG",
    "supervision": "PHY_SUPERV",
    "imaging_family": "FAMILY_IND",
    "endoscopic_base": "ENDOBASE",
    "preoperative": "PRE_OP",
    "intraoperative": "INTRA_OP",
    "postoperative": "POST_OP",
    "work_rvu": "RVU_WORK",
    "non_facility_rvu": "FULL_NFAC_TOTAL",
    "facility_rvu": "FULL_FAC_TOTAL",
    "non_facility_na": "TRANS_NFAC_PE_NAFLAG",
    "facility_na": "TRANS_FAC_PE_NAFLAG",
}
_FEWEST: Final = 15_000


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The fee schedule that a sheet is, if it is one."""
    return _relative_values(sheet, told) or _portal(sheet, told)


def _relative_values(sheet: Sheet, told: Told) -> list[Part]:
    head = sheet.head
    if sheet.fixed:
        first_row = next((row[0] for row in head if not row[0].startswith("HDR")), "")
        if not head or not head[0][0].startswith("HDR ") or not _is_row(first_row):
            return []
        layout = None
    else:
        header = row_where(sheet, lambda row: [cell.strip().upper() for cell in row[:2]] == ["HCPCS", "MOD"])
        if header is None or "STATUS CODE" not in (names := _names(head, header)):
            return []
        layout = _layout(sheet, names, header)
    year_and_quarter = _edition(sheet)
    factor = _factor(sheet, layout)
    found, name = None, ""
    if year_and_quarter:
        name, *days = _CHANGED_WITHIN.get(year_and_quarter, {}).get(factor, ("", *quarter(*year_and_quarter)))
        found = days[0], days[1]
    first, last = days_of(told, sheet, found, "PPRRVU25_JAN, rvu25a")
    year, number = first.year, quarter_of(first)
    rows = (lambda notes: _fixed_rows(sheet, notes)) if layout is None else (lambda notes: _rows(sheet, layout, notes))
    return [
        Part(
            sheet,
            "fee_schedule",
            name or f"RVU{year % 100:02}{'ABCD'[number - 1]}{from_day(first)}",
            first,
            last,
            first,
            Citation(
                f"Medicare Physician Fee Schedule Relative Value File, {MONTHS[number]} {year}",
                url=TABLES["fee_schedule"].page,
            ),
            rows,
            _FEWEST,
            note=f"conversion factor {factor}" if factor else "",
            values=FEE.published,
            rank=10 if re.search("(?<!non)qpp", names_of(sheet).lower()) else 0,
        )
    ]


def _names(head: list[list[str]], header: int) -> list[str]:
    """The names of the columns, written over five rows above the last of them."""
    rows = [row for row in head[: header + 1] if not is_blank(row)][-6:]
    return stacked(rows, 0, len(rows) - 1)


def _is_row(line: str) -> bool:
    return len(line) >= 147 and re.fullmatch(r"[0-9A-Z]{5}[0-9A-Z ]{2}", line[:7]) is not None and line[57:58].isalpha()


class _Layout(dict[str, int]):
    """Where each column stands; ``header`` is the row of the last part of their names."""

    header = 0
    factor = 0
    width = 0


def _layout(sheet: Sheet, names: list[str], header: int) -> _Layout:
    found = columns_of(sheet, names, [*_COLUMNS.values(), "CONV FACTOR"], header + 1)
    layout = _Layout((field, found[name]) for field, name in _COLUMNS.items())
    for field, before in _NA.items():
        at = names.index(before) + 1 if before in names else -1
        found_name = names[at] if 0 <= at < len(names) else ""
        if not found_name.endswith("NA INDICATOR"):
            raise sheet.refuse(header + 1, before, found_name, "NA INDICATOR in the column after it")
        layout[field] = at
    layout.header, layout.factor, layout.width = header, found["CONV FACTOR"], len(names)
    return layout


def _edition(sheet: Sheet) -> tuple[int, int] | None:
    """Year and quarter: from the title of the table, else from the file's name."""
    for row in sheet.head:
        title = _TITLE.search(" ".join(row))
        if title and title[2].lower() in QUARTER_OF_MONTH:
            return int(title[1]), QUARTER_OF_MONTH[title[2].lower()]
    name = _NAME.search(names_of(sheet))
    if name is None:
        return None
    if name[1]:
        return 2000 + int(name[1]), QUARTER_OF_MONTH[name[2].lower()]
    return 2000 + int(name[3]), "ABCD".index(name[4].upper()) + 1


def _factor(sheet: Sheet, layout: _Layout | None) -> str:
    """The conversion factor of the first row."""
    for row in sheet.head[layout.header + 1 if layout else 0 :]:
        if is_blank(row) or (layout and len(row) < layout.width):
            continue
        text = _cut(row[0], "factor") if layout is None else row[layout.factor].strip()
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            return f"{Decimal(text):.4f}"
    return ""


def _rows(sheet: Sheet, layout: _Layout, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, layout.header, layout.width):
        yield _record(sheet, notes, number, row[0], row[1], {name: row[at].strip() for name, at in layout.items()})


def _fixed_rows(sheet: Sheet, notes: Notes) -> Iterator[Record]:
    for number, (line,) in sheet.rows():
        if line.startswith("HDR") or is_blank([line]):
            continue
        if not _is_row(line):
            raise sheet.refuse(number, "1 to 147", line, "a row of the layout: is the file truncated?")
        values = {name: _cut(line, name) for name in _FIXED}
        yield _record(sheet, notes, number, values["code"], values["modifier"], values)


def _cut(line: str, name: str) -> str:
    first, last = _FIXED[name]
    return line[first - 1 : last].strip()


def _record(
    sheet: Sheet,
    notes: Notes,
    row: int,
    code: str,
    modifier: str,
    values: dict[str, str],
    columns: Mapping[str, str] = _COLUMNS,
) -> Record:
    code, modifier = code_of(sheet, row, "HCPCS", code), modifier.strip()
    if modifier not in ("", "26", "TC", "53"):
        raise sheet.refuse(row, "MOD", modifier, "26, TC, 53 or nothing")
    for name, width in _WIDTHS.items():
        values[name] = restored(values[name], width)
    for name, published in FEE.published.items():
        notes.check(row, name, values[name], published)
    if values["endoscopic_base"]:
        values["endoscopic_base"] = code_of(sheet, row, columns["endoscopic_base"], values["endoscopic_base"])
    for name in _AMOUNTS:
        values[name] = _amount(sheet, row, columns[name], values[name])
    flags = {name: int(values[name] == "NA") for name in _NA}
    stored: dict[str, str | int] = {**values, **flags}
    return code, modifier, 10101, OPEN, *(stored[name] for name in FEE.values), row


def _amount(sheet: Sheet, row: int, column: str, text: str) -> str:
    if text and not re.fullmatch(r"[0-9]{0,6}(\.[0-9]{0,6})?", text):
        raise sheet.refuse(row, column, text, "a number")
    return f"{Decimal(text):.2f}" if text else ""


# The portal's file.


def _portal(sheet: Sheet, told: Told) -> list[Part]:
    header = row_where(sheet, lambda row: [cell.strip().upper() for cell in row[:2]] == ["HCPC", "MODIFIER"])
    if header is None or _PORTAL_COLUMNS["status"] not in (names := stacked(sheet.head, header, header)):
        return []
    columns = columns_of(sheet, names, _PORTAL_COLUMNS.values(), header + 1)
    first, last = _portal_days(sheet, told)
    edition = f"{first.year} Q{quarter_of(first)}{from_day(first)}"
    return [
        Part(
            sheet,
            "fee_schedule",
            f"PFS portal {edition}",
            first,
            last,
            first - DAY,  # the relative value file of the quarter, which has its days on it, wins
            Citation(f"Medicare Physician Fee Schedule, indicators of the look-up, {edition}", url=_PORTAL),
            lambda notes: _portal_rows(sheet, header, columns, notes),
            _FEWEST,
            values=FEE.published,
        )
    ]


def _portal_days(sheet: Sheet, told: Told) -> tuple[date, date]:
    """The quarter that a file governs: as told, else the only one that it can be of.

    Raises:
        InvalidSourceFile: it may be of another, too.
    """
    name = _PORTAL_NAME.search(names_of(sheet))
    if name is None:
        return days_of(told, sheet, None, "indicators2025-10-07-2025")
    possible = _possible_quarters(sheet, name)
    if told.first is None and len(possible) > 1:
        first_days = " or ".join(f"--first {first}" for first, _ in possible)
        raise InvalidSourceFile(
            f"{sheet.place}: does not say its quarter; by the day in its name it is of one of two. Pass {first_days}"
        )
    return days_of(told, sheet, (possible[0][0], possible[-1][1]), name[0])


def _possible_quarters(sheet: Sheet, name: re.Match[str]) -> list[tuple[date, date]]:
    """The quarters of the file's year that may have been the newest on the day in its name: that of the day, and the
    one after it."""
    year, month, day, made_in = (int(text) if text else None for text in name.groups())
    assert year and month and day
    try:
        made = date(made_in or year, month, day)
    except ValueError:
        raise InvalidSourceFile(f"{sheet.place}: has {name[0]} in its name, which has no such day") from None
    if made.year != year:
        return [quarter(year, 1 if made.year < year else 4)]
    return [quarter(year, number) for number in (quarter_of(made), quarter_of(made) + 1) if number <= 4]


def _portal_rows(sheet: Sheet, header: int, columns: dict[str, int], notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, len(sheet.head[header])):
        values = {field: row[columns[name]].strip() for field, name in _PORTAL_COLUMNS.items()}
        yield _record(sheet, notes, number, row[0], row[1], values, _PORTAL_COLUMNS)
