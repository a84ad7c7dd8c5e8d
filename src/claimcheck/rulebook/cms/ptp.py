"""NCCI procedure-to-procedure edits, quarterly, in four files: practitioner (ccipra) and hospital (ccioph).

Neither the table nor the quarter stands in a file: both are in the name under which CMS publishes it
(``ccipra-v302r0-f1``: practitioner, version 30.2, third quarter of 2024, first of four). Each file carries the
whole history of its pairs, so that a table has over a million rows; what repeats in them (dates, indicator and
rationale: a term) is looked at once.
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
    Told,
    code_of,
    days_of,
    from_day,
    names_of,
    quarter,
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


class PairReader:
    """Reads the pairs of a sheet: ``packs`` as they come, and ``terms`` as they were found."""

    def __init__(self, sheet: Sheet, skip: int) -> None:
        self._sheet = sheet
        self._skip = skip

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
                if len(row) < 6:
                    said = f"has {len(row)} columns, expected 7: is the file truncated?"
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
        prior, first, last, indicator, *rationale = (cell.strip() for cell in cells)
        if prior not in ("", "*"):
            raise sheet.refuse(row, "*=in existence prior to 1996", prior, "* or nothing")
        notes.check(row, "Modifier", indicator, _KNOWN["Modifier"])
        if not last:
            raise sheet.refuse(row, "Deletion Date", last, "a date, or * for none")
        term = (
            indicator,
            *span_of(sheet, row, ("Effective Date", first), ("Deletion Date", last)),
            int(prior == "*"),
            rationale[0] if rationale else "",
        )
        return terms.setdefault(term, len(terms))


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """The pairs that a sheet holds, if it does."""
    if sheet.fixed:
        return []
    header = row_where(sheet, lambda row: [_plain(cell) for cell in row[:2]] == ["column1", "column2"])
    if header is None:
        return []
    names = [_plain(cell) for cell in sheet.head[header]]
    if len(names) == 3 and names[2].startswith("modifier"):
        raise UnsupportedFile(
            f"{sheet.place}: lists only the changes of a quarter, without dates. Add the "
            "complete table (ccipra-... or ccioph-...)"
        )
    expected = ("*=inexistence", "effective", "deletion", "modifier")
    if not all(name.startswith(part) for name, part in zip(names[2:6], expected, strict=False)) or len(names) < 6:
        raise InvalidSourceFile(f"{sheet.place}, row {header + 1}: columns differ from the published PTP table")
    below = enumerate(sheet.head[header + 1 :], header + 1)
    data = next((place for place, row in below if row and row[0].strip(" \x1a")), None)
    if data is None:
        raise InvalidSourceFile(f"{sheet.place}: no PTP pair below row {header + 1}")
    skip = next(number for place, (number, _) in enumerate(sheet.rows()) if place == data - 1)
    return [_part(sheet, told, skip, " ".join(sheet.head[data][:2]))]


def _plain(cell: str) -> str:
    return "".join(cell.split()).lower()


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
        pairs=PairReader(sheet, skip),
        rank=9 - int(named[4]) if named else 0,
        note=f"revision {named[4]}" if named else "",
        revision=int(named[4]) if named else 0,
    )
