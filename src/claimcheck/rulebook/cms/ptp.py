"""NCCI procedure-to-procedure edits, quarterly, in four files: practitioner (ccipra) and hospital (ccioph).

Neither the table nor the quarter stands in a file: both are in the name under which CMS publishes it
(``ccipra-v302r0-f1``: practitioner, version 30.2, third quarter of 2024, first of four). Each file carries the
whole history of its pairs, so that a table has over a million rows; what repeats in them (dates, indicator and
rationale: a term) is looked at once.

Medicaid's tables come in one file each, without the column of pairs prior to 1996, and an open pair has no deletion
date there, where Medicare's has ``*``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet, UnsupportedFile, is_blank
from claimcheck.rulebook.medicaid import SERVICES, is_of_medicaid, setting_of
from claimcheck.rulebook.parts import (
    Notes,
    Part,
    Told,
    code_of,
    days_of,
    from_day,
    names_of,
    quarter,
    quarter_named,
    quarter_of,
    row_where,
    span_of,
)
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.ncci import PAIR, PAIR_TABLES

Term = tuple[str, int, int, int, str]
"""Indicator, first and last day, prior to 1996, rationale."""
Pack = tuple[str, int, str]
"""Consecutive rows of one column-1 code: the code, the first row's number, ``["column2 term", ...]``."""

_NAME = re.compile(r"cci(pra|oph)-v([0-9]{2})([0-9])r([0-9])(?:-f([0-9]))?", re.IGNORECASE)
_VERSION_0: Final = 1994
"""Version 30 was that of 2024."""
_TABLE_OF: Final = {"pra": PAIR_TABLES[0], "oph": PAIR_TABLES[1]}
_KNOWN: Final = {"Modifier": PAIR.published["indicator"]}
_FEWEST: Final = 500_000
_FEWEST_DME: Final = 500
"""Few codes are of supplies."""


class _Layout(NamedTuple):
    """The columns between column 2 and the rationale, by how their names begin, without blanks; and whether an open
    pair has no deletion date there, instead of ``*``."""

    columns: tuple[tuple[str, ...], ...]
    open_is_blank: bool


_MEDICARE: Final = _Layout((("*=inexistence",), ("effective",), ("deletion",), ("modifier",)), open_is_blank=False)
_MEDICAID: Final = _Layout((("effective", "effdt"), ("deletion", "deldt"), ("modifier",)), open_is_blank=True)


class PairReader:
    """Reads the pairs of a sheet: ``packs`` as they come, and ``terms`` as they were found. ``in_parts`` is whether a
    table comes in several files, and ``from_digits`` whether column 1 of a whole one begins with codes of digits alone:
    all codes of supplies begin with a letter."""

    def __init__(self, sheet: Sheet, skip: int, layout: _Layout, *, from_digits: bool = True) -> None:
        self._sheet = sheet
        self._skip = skip
        self._layout = layout
        self._fewest_cells = 2 + len(layout.columns)
        self.in_parts = layout is _MEDICARE
        self.from_digits = from_digits

    def packs(self, notes: Notes, terms: dict[Term, int]) -> Iterator[Pack]:
        """All rows in order; ``terms`` numbers what they have in common, and grows.

        Raises:
            InvalidSourceFile: a row is none, or two rows for the same days disagree.
        """
        sheet = self._sheet
        tails: dict[tuple[str, ...], str] = {}
        known: dict[str, str] = {}
        seen: set[str] = set()
        column1, start, items, number = "", 0, list[str](), 0
        for number, row in sheet.rows():
            if number <= self._skip:
                continue
            try:
                one, two, *rest = row
                tail = tails[(*rest,)]
                other = known[two]
            except (KeyError, ValueError):
                if is_blank(row):
                    continue
                if len(row) < self._fewest_cells:
                    said = f"has {len(row)} columns, expected {self._fewest_cells + 1}: is the file truncated?"
                    raise InvalidSourceFile(f"{sheet.place}, row {number}: {said}") from None
                other = known[two] = code_of(sheet, number, "Column 2", two)
                tail = tails[(*rest,)] = f" {self._term(notes, terms, number, rest)}"
            if one != column1 and one in seen:
                raise sheet.refuse(number, "Column 1", one, "all rows of a column 1 code together")
            if one != column1 or number != start + len(items):
                if items:
                    yield self._pack(column1, start, items, terms)
                column1, start, items = one, number, []
                seen.add(one)
            items.append(other + tail)
        if items:
            yield self._pack(column1, start, items, terms)

    def _pack(self, column1: str, start: int, items: list[str], terms: dict[Term, int]) -> Pack:
        code = code_of(self._sheet, start, "Column 1", column1)
        if len({item[:5] for item in items}) < len(items):
            self._agree(start, items, list(terms))
        return code, start, '["' + '","'.join(items) + '"]'

    def _agree(self, start: int, items: list[str], terms: list[Term]) -> None:
        """Make sure that rows of one pair do not say different things of the same days."""
        seen: dict[str, list[tuple[int, Term]]] = {}
        for row, item in enumerate(items, start):
            indicator, first, last, *_ = term = terms[int(item[6:])]
            for other_row, (other, since, until, *_) in seen.setdefault(item[:5], []):
                both = other != indicator and "9" not in (other, indicator)
                if both and since <= last and first <= until:
                    expected = f"{other!r}, as row {other_row} says of the same pair and days"
                    raise self._sheet.refuse(row, "Modifier", indicator, expected)
            seen[item[:5]].append((row, term))

    def _term(self, notes: Notes, terms: dict[Term, int], row: int, cells: list[str]) -> int:
        sheet = self._sheet
        width = len(self._layout.columns)
        *before, first, last, indicator = (cell.strip() for cell in cells[:width])
        prior, rationale = "".join(before), "".join(cells[width : width + 1]).strip()
        if prior not in ("", "*"):
            raise sheet.refuse(row, "*=in existence prior to 1996", prior, "* or nothing")
        notes.check(row, "Modifier", indicator, _KNOWN["Modifier"])
        if not last and not self._layout.open_is_blank:
            raise sheet.refuse(row, "Deletion Date", last, "a date, or * for none")
        term = (
            indicator,
            *span_of(sheet, row, ("Effective Date", first), ("Deletion Date", last)),
            int(prior == "*"),
            rationale,
        )
        return terms.setdefault(term, len(terms))


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The pairs that a sheet holds, if it does."""
    if sheet.fixed:
        return []
    header = row_where(sheet, lambda row: [_plain(cell) for cell in row[:2]] in _FIRST_TWO)
    if header is None:
        return []
    names = [_plain(cell) for cell in sheet.head[header]]
    if len(names) == 3 and names[2].startswith("modifier"):
        raise UnsupportedFile(
            f"{sheet.place}: lists only the changes of a quarter, without dates. Add the "
            "complete table (ccipra-... or ccioph-...)"
        )
    layout = next((one for one in (_MEDICARE, _MEDICAID) if _is_in(one, names[2:])), None)
    if layout is None:
        raise InvalidSourceFile(f"{sheet.place}, row {header + 1}: columns differ from the published PTP table")
    below = enumerate(sheet.head[header + 1 :], header + 1)
    data = next((place for place, row in below if row and row[0].strip(" \x1a")), None)
    if data is None:
        raise InvalidSourceFile(f"{sheet.place}: no PTP pair below row {header + 1}")
    skip = next(number for place, (number, _) in enumerate(sheet.rows()) if place == data - 1)
    first_pair = " ".join(sheet.head[data][:2])
    if layout is _MEDICAID:
        return [_part_of_medicaid(sheet, told, header, skip, first_pair)]
    return [_part(sheet, told, skip, first_pair)]


_FIRST_TWO: Final = (["column1", "column2"], ["col1", "col2"])


def _plain(cell: str) -> str:
    return "".join(cell.split()).lower()


def _is_in(layout: _Layout, names: list[str]) -> bool:
    """Whether columns, the first two left out, are those of a layout."""
    return len(names) >= len(layout.columns) and all(map(str.startswith, names, layout.columns))


def _part_of_medicaid(sheet: Sheet, told: Told, header: int, skip: int, first_pair: str) -> Part:
    if not is_of_medicaid(sheet, told, header):
        raise InvalidSourceFile(
            f"{sheet.place}, row {header + 1}: has the columns of a Medicaid table, and neither its name nor its title "
            "says that it is one. If so, pass --table medicaid_ptp_practitioner, _outpatient or _dme"
        )
    setting = setting_of(sheet, told, header, "ptp")
    table = f"medicaid_ptp_{setting}"
    start, last = days_of(told, sheet, quarter_named(sheet), "medicaid-ncci-2026-q3-ptp-edits-...")
    edition = f"{start.year} Q{quarter_of(start)}{from_day(start)}"
    return Part(
        sheet,
        table,
        f"Medicaid PTP {setting} {edition}".replace("dme", "DME"),
        start,
        last,
        start,
        Citation(f"Medicaid NCCI procedure-to-procedure edits, {SERVICES[setting]}, {edition}", url=TABLES[table].page),
        lambda notes: iter(()),
        _FEWEST_DME if setting == "dme" else _FEWEST,
        label=first_pair,
        own_dates=True,
        values=_KNOWN,
        pairs=PairReader(sheet, skip, _MEDICAID, from_digits=setting != "dme"),
    )


def _part(sheet: Sheet, told: Told, skip: int, first_pair: str) -> Part:
    named = _NAME.search(names_of(sheet))
    table = told.table or (_TABLE_OF[named[1].lower()] if named else None)
    if table is None:
        raise InvalidSourceFile(
            f"{sheet.place}: names neither practitioner nor hospital PTP edits, inside or in its file "
            f"name (ccipra-v302r0-f1, ccioph-v302r0-f1). Pass --table {PAIR_TABLES[0]} or {PAIR_TABLES[1]}"
        )
    if named and told.table in PAIR_TABLES and told.table != _TABLE_OF[named[1].lower()]:
        raise InvalidSourceFile(
            f"{sheet.place}: is of {_TABLE_OF[named[1].lower()]} by its name, and --table is {told.table}"
        )
    if table not in PAIR_TABLES:
        raise InvalidSourceFile(
            f"{sheet.place}: is a PTP table, but --table is {table}, expected {' or '.join(PAIR_TABLES)}"
        )
    days = quarter(_VERSION_0 + int(named[2]), int(named[3]) + 1) if named and int(named[3]) < 4 else None
    start, last = days_of(told, sheet, days, "ccipra-v302r0-f1")
    edition = f"{start.year} Q{quarter_of(start)}{from_day(start)}"
    name = f"PTP {table.removeprefix('ptp_')} {edition}"
    version = f", version {named[2]}.{named[3]} revision {named[4]}" if named else ""
    return Part(
        sheet,
        table,
        name,
        start,
        last,
        start,
        Citation(f"Medicare NCCI procedure-to-procedure edits, {edition}{version}", url=TABLES[table].page),
        lambda notes: iter(()),
        _FEWEST,
        label=first_pair,
        number=int(named[5]) if named and named[5] else 0,
        own_dates=True,
        values=_KNOWN,
        pairs=PairReader(sheet, skip, _MEDICARE),
        rank=9 - int(named[4]) if named else 0,
        note=f"revision {named[4]}" if named else "",
        revision=int(named[4]) if named else 0,
    )
