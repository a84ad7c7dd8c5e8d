"""Medically Unlikely Edits, quarterly: practitioner, outpatient hospital and DME supplier services, of Medicare and of
Medicaid, whose limits have no adjudication indicator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.documents import Sheet, UnsupportedFile
from claimcheck.rulebook.medicaid import SERVICES, is_named_medicaid, is_of_medicaid, setting_of
from claimcheck.rulebook.parts import (
    MONTHS,
    Notes,
    Part,
    Record,
    Told,
    code_of,
    data_rows,
    days_of,
    from_day,
    quarter_named,
    quarter_of,
)
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.ncci import MUE, UNKNOWN_MAI

_OF_MEDICARE: Final = {
    "practitioner": ("mue_practitioner", "practitioner services"),
    "outpatient hospital": ("mue_outpatient", "outpatient hospital services"),
    "dme supplier": ("mue_dme", "DME supplier services"),
}
_FEWEST: Final = {
    "mue_practitioner": 12_000,
    "mue_outpatient": 12_000,
    "mue_dme": 2_500,
    "medicaid_mue_practitioner": 12_000,
    "medicaid_mue_outpatient": 12_000,
    "medicaid_mue_dme": 1_500,
}
_INDICATOR: Final = "MUE Adjudication Indicator"
_VALUES = re.compile(r"(?:(.+) services )?mue values?", re.IGNORECASE)
_MAI = re.compile(r"([0-9])\b.*")
_KNOWN: Final = {_INDICATOR: frozenset(map(str, MUE.published["mai"]))}


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The table of unit limits that a sheet is, if it is one."""
    if sheet.fixed:
        return []
    for header, row in enumerate(sheet.head):
        cells = [" ".join(cell.split()) for cell in row]
        title = _VALUES.fullmatch(cells[1]) if len(cells) > 2 else None
        if title is not None and cells[0].upper().startswith("HCPCS"):
            return _parts(sheet, told, header, cells, (title[1] or "").lower())
    return []


def _parts(sheet: Sheet, told: Told, header: int, cells: list[str], services: str) -> list[Part]:
    place = f"{sheet.place}, row {header + 1}"
    of_medicaid = is_of_medicaid(sheet, told, header)
    if len(cells) > 3 and cells[2] == _INDICATOR:
        if is_named_medicaid(sheet):
            raise UnsupportedFile(
                f"{place}: has a column {_INDICATOR}, and is Medicaid's by its name: Medicaid's tables have none. "
                "Add the file as CMS named it"
            )
        return [_part(sheet, told, header, *_OF_MEDICARE[services])] if services in _OF_MEDICARE else []
    if of_medicaid and cells[2].lower() == "mue rationale":
        setting = setting_of(sheet, told, header, "mue")
        return [_part(sheet, told, header, f"medicaid_mue_{setting}", SERVICES[setting])]
    if of_medicaid:
        raise UnsupportedFile(f"{place}: found the column {cells[2][:40]!r}, expected MUE Rationale: unknown layout")
    raise UnsupportedFile(
        f"{place}: has no column {_INDICATOR}: is it a Medicaid table? If so, pass --table medicaid_mue_practitioner, "
        "_outpatient or _dme; else add the Medicare table"
    )


def _part(sheet: Sheet, told: Told, header: int, table: str, services: str) -> Part:
    of_medicaid = table.startswith("medicaid_")
    named = "medicaid-ncci-2026-q3-mue-edits-..." if of_medicaid else "MCR_MUE_PractitionerServices_Eff_07-01-2024"
    first, last = days_of(told, sheet, quarter_named(sheet), named)
    number = quarter_of(first)
    release = f"MUE {table.rpartition('_')[2]} {first.year} Q{number}{from_day(first)}".replace("dme", "DME")
    title = f"NCCI Medically Unlikely Edits, {services}, {MONTHS[number]} {first.year}"
    return Part(
        sheet,
        table,
        f"Medicaid {release}" if of_medicaid else release,
        first,
        last,
        first,
        Citation(f"{'Medicaid' if of_medicaid else 'Medicare'} {title}", url=TABLES[table].page),
        lambda notes: _rows_of_medicaid(sheet, header) if of_medicaid else _rows(sheet, header, notes),
        _FEWEST[table],
        values={} if of_medicaid else _KNOWN,
    )


def _rows(sheet: Sheet, header: int, notes: Notes) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, 4):
        code, units, mai, rationale = (cell.strip() for cell in row[:4])
        key = code_of(sheet, number, "HCPCS/CPT Code", code)
        limit = _units(sheet, number, units)
        found = _MAI.fullmatch(mai)
        if found is None:
            raise sheet.refuse(number, _INDICATOR, mai, "1, 2 or 3 and what it means")
        published = _KNOWN[_INDICATOR]
        known = notes.check(number, _INDICATOR, found[1], published) in published
        yield key, 10101, OPEN, limit, int(found[1]) if known else UNKNOWN_MAI, rationale, number


def _rows_of_medicaid(sheet: Sheet, header: int) -> Iterator[Record]:
    for number, row in data_rows(sheet, header, 3):
        code, units, rationale = (cell.strip() for cell in row[:3])
        key = code_of(sheet, number, "HCPCS/CPT Code", code)
        yield key, 10101, OPEN, _units(sheet, number, units), None, rationale, number


def _units(sheet: Sheet, row: int, text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 8):
        raise sheet.refuse(row, "MUE Values", text, "a number of units")
    return int(text)
