"""From rows to claims: what each cell becomes, and which rows make one claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from claimcheck.claim import (
    ASC,
    HCPCS,
    SETTINGS,
    Claim,
    Line,
    Location,
    Service,
    Setting,
    setting_of_bill,
    setting_of_taxonomy,
)
from claimcheck.message import EditMessage
from claimcheck.readers.edits import unreadable
from claimcheck.readers.rows.columns import CLAIM_COLUMNS, OTHER_COLUMNS
from claimcheck.readers.rows.edits import ROW_APART, ROW_CLAIM, ROW_CONFLICT, ROW_SETTING, ROW_SIZE
from claimcheck.readers.rows.layout import SPACES

_RENDERING, _TAXONOMY = map(OTHER_COLUMNS.index, ("rendering_npi", "rendering_taxonomy"))

_MOST_LINES = 10_000
"""Lines of one claim held in memory; a professional claim has 50 at most, a hospital's 999."""

_RECENT_CLAIMS = 1 << 16
"""Claims remembered, to notice one whose rows stand apart."""

_MOST_SERVICES = 1 << 15
"""Services remembered: real lines repeat one in 98 of 100."""

_LONGEST_REMEMBERED = 500
"""Characters of what is remembered: input chooses it, so the memory is bounded."""

Cells = tuple[Any, ...]
"""Cells of some columns in the order of ``columns``; a list column's is ``|``-joined text or a tuple."""


class Row(NamedTuple):
    """One row: where it stands, and its cells that belong to the claim, the service and the line."""

    place: int
    claim: Cells
    service: Cells
    line: Cells


class WholeClaim(NamedTuple):
    """One claim object: the cells of its lines are those of a ``Row``; ``shared`` are such cells that the claim states
    for all of its lines."""

    place: int
    claim: Cells
    lines: list[tuple[Cells, Cells]]
    shared: tuple[Cells, Cells]


def assemble(
    rows: Iterable[Row | WholeClaim | EditMessage], file: str, asc_npis: frozenset[str]
) -> Iterator[Claim | EditMessage]:
    """Put the rows of each claim together. Two rows are of one claim if every cell that belongs to the
    claim is the same on both."""
    return _Assembly(file, asc_npis).run(rows)


class _Assembly:
    """The claim that is being put together, and those before it as far as they matter."""

    def __init__(self, file: str, asc_npis: frozenset[str]) -> None:
        self.file = file
        self.asc_npis = asc_npis
        self.services: dict[Cells, Service] = {}

    def run(self, rows: Iterable[Row | WholeClaim | EditMessage]) -> Iterator[Claim | EditMessage]:
        """Each claim once it is whole, and what is wrong with rows."""
        file, services = self.file, self.services
        key: Cells = (None,)
        setting: Setting | None = None
        start = 0
        lines: list[Line] = []
        count = 0
        seen = _Seen()
        for row in rows:
            if isinstance(row, Row):
                place, cells, of_service, of_line = row
                if cells != key or not cells[0] or count >= _MOST_LINES:
                    if count:
                        assert setting
                        yield _claim(key, lines, setting, start, file)
                        lines, count = [], 0
                    claim_id = cells[0]
                    if claim_id and claim_id != key[0]:
                        seen.note(claim_id, place)
                    else:
                        yield from _beginning(file, place, key, cells)
                    key, start, setting = cells, place, _setting(cells, self.asc_npis)
                if setting is None:
                    yield _unknown_setting(file, place, cells)
                else:
                    count += 1
                    lines.append(_line(of_service, of_line, setting, count, place, services))
            elif isinstance(row, EditMessage):
                yield row
            else:
                if count:
                    assert setting
                    yield _claim(key, lines, setting, start, file)
                key, lines, count = (None,), [], 0
                yield from self._whole(row)
        if count:
            assert setting
            yield _claim(key, lines, setting, start, file)
        yield from seen.message(file)

    def _whole(self, claim: WholeClaim) -> Iterator[Claim | EditMessage]:
        """The claim of a claim object."""
        place, cells, rows, shared = claim
        if any(cell is not None for cells_of in shared for cell in cells_of):
            rows = [_inheriting(row, shared) for row in rows]
        setting = _setting(cells, self.asc_npis)
        if not cells[0]:
            yield _no_number(self.file, place)
        if setting is None:
            yield _unknown_setting(self.file, place, cells)
            return
        lines = [_line(*row, setting, n, place, self.services) for n, row in enumerate(rows, start=1)]
        yield _claim(cells, lines, setting, place, self.file)


# -- what cells become ---------------------------------------------------------------------------


def _inheriting(row: tuple[Cells, Cells], shared: tuple[Cells, Cells]) -> tuple[Cells, Cells]:
    """A line's cells with its claim's, where it has none of its own. Who has another provider than the claim does not
    have the taxonomy of the claim's."""
    service, line = (
        tuple(stated if own is None else own for own, stated in zip(*both, strict=True))
        for both in zip(row, shared, strict=True)
    )
    if row[1][_RENDERING] is not None:
        line = (*line[:_TAXONOMY], row[1][_TAXONOMY], *line[_TAXONOMY + 1 :])
    return service, line


# A record's own constructor costs more than all else that is done for its row.
_new: Callable[..., Any] = tuple.__new__


def _line(
    of_service: Cells,
    cells: Cells,
    setting: Setting,
    position: int,
    place: int,
    services: dict[Cells, Service],
) -> Line:
    service = services.get(of_service)
    if service is None or service[5] != setting:
        service = _service(of_service, setting)
        if len(str(of_service)) <= _LONGEST_REMEMBERED:
            if len(services) >= _MOST_SERVICES:
                services.clear()
            services[of_service] = service
    from_date, to_date, number, control, charge, pointers, npi, taxonomy, referring, revenue, *others = cells
    ndc, clia, authorization, description, assumed, relinquished, ordering = others
    line: Line = _new(
        Line,
        (
            service,
            from_date or "",
            to_date or "",
            number or str(position),
            control or None,
            charge,
            listed(pointers),
            place,
            npi or None,
            taxonomy or None,
            referring,
            ordering,
            revenue or None,
            ndc,
            clia,
            authorization or None,
            description,
            assumed or None,
            relinquished or None,
        ),
    )
    return line


def _service(cells: Cells, setting: Setting) -> Service:
    code, modifiers, units, unit_basis, place_of_service, code_set = cells
    modifiers = tuple(filter(None, listed(modifiers) or ()))
    return Service(code or "", modifiers, units or "", unit_basis or "", place_of_service, setting, code_set or HCPCS)


def _claim(cells: Cells, lines: Iterable[Line], setting: Setting, place: int, file: str) -> Claim:
    claim_id, _, bill, payer, npi, taxonomy, patient, birth_date, sex, received, diagnoses, *others = cells
    frequency, filing_indicator = others
    claim: Claim = _new(
        Claim,
        (
            claim_id or "",
            tuple(lines),
            setting,
            Location(file, None, None, None, place),
            bill or None,
            payer or None,
            npi or None,
            taxonomy or None,
            patient or None,
            birth_date or None,
            sex or None,
            received or None,
            listed(diagnoses),
            frequency or None,
            None,
            ("", ""),
            None,
            None,
            None,
            filing_indicator,
        ),
    )
    return claim


@lru_cache(maxsize=1 << 16)
def _divided(text: str) -> tuple[str, ...]:
    return without_last_blanks(part.strip(SPACES) for part in text.split("|"))


def without_last_blanks(parts: Iterable[str]) -> tuple[str, ...]:
    """A list without the blanks at its end. Those between keep their place: pointers count places."""
    kept = list(parts)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def listed(cell: str | tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The cell of a list column."""
    if isinstance(cell, str):
        return _divided(cell) if len(cell) <= _LONGEST_REMEMBERED else _divided.__wrapped__(cell)
    return cell


_STATED: dict[str, Setting] = {setting: setting for setting in SETTINGS}


def _setting(claim: Cells, asc_npis: frozenset[str]) -> Setting | None:
    """The setting that a row states, else that its bill or billing provider implies; None where it
    states one that is not known."""
    stated, type_of_bill, billing_npi, billing_taxonomy = claim[1], claim[2], claim[4], claim[5]
    if stated:
        return _STATED.get(stated) or _STATED.get(stated.lower())
    if type_of_bill:
        return setting_of_bill(type_of_bill)
    return ASC if billing_npi in asc_npis else setting_of_taxonomy(billing_taxonomy)


# -- what is said --------------------------------------------------------------------------------


class _Seen:
    """Claim numbers that have passed, as many as memory allows: to notice rows that stand apart."""

    def __init__(self) -> None:
        self.recent: set[int] = set()
        self.older: set[int] = set()
        self.again = 0
        self.first: tuple[int, str] | None = None

    def note(self, claim_id: str, row: int) -> None:
        """A claim begins at this row."""
        number = hash(claim_id)
        if number in self.recent or number in self.older:
            self.again += 1
            self.first = self.first or (row, claim_id)
        if len(self.recent) >= _RECENT_CLAIMS:
            self.older, self.recent = self.recent, set()
        self.recent.add(number)

    def message(self, file: str) -> Iterator[EditMessage]:
        """What is to be said of it at the end of the file."""
        if self.first:
            row, claim_id = self.first
            text = "Rows of this claim stand apart: its number appears again here, after another claim."
            if self.again > 1:
                text += f" So it is {self.again:,} times in this file."
            remedy = "Sort the file by claim, so that the rows of each claim stand together."
            yield unreadable(ROW_APART, Location(file, row=row), text, remedy, claim_id=claim_id)


def _beginning(file: str, place: int, before: Cells, claim: Cells) -> Iterator[EditMessage]:
    """What is to be said where a claim begins whose number is blank, or that of the row before."""
    claim_id, locus = claim[0], Location(file, row=place)
    if not claim_id:
        yield _no_number(file, place)
    elif claim == before:
        text = f"The claim has more than {_MOST_LINES:,} rows: from this row on it is judged as a claim of its own."
        remedy = "Check that claim_id is the number of the claim; split a claim of so many lines."
        yield unreadable(ROW_SIZE, locus, text, remedy, claim_id=claim_id)
    else:
        differ = [name for name, one, other in zip(CLAIM_COLUMNS, claim, before, strict=True) if one != other]
        text = f"Differs from the row before in {', '.join(differ)}: a new claim begins at this row."
        remedy = "Repeat the claim's values on each of its rows, or give each claim its own claim_id."
        yield unreadable(ROW_CONFLICT, locus, text, remedy, claim_id=claim_id, field=differ[0])


def _no_number(file: str, place: int) -> EditMessage:
    text = "The row has no claim_id: it is judged as a claim of its own."
    remedy = "Give the row its claim_id."
    return unreadable(ROW_CLAIM, Location(file, row=place), text, remedy, claim_id="", field="claim_id")


def _unknown_setting(file: str, place: int, claim: Cells) -> EditMessage:
    return unreadable(
        ROW_SETTING,
        Location(file, row=place),
        "The setting is not known: the row can't be judged.",
        "Write one of the allowed settings, or leave it blank.",
        claim_id=claim[0] or "",
        field="setting",
        observed=claim[1][:40],
        allowed=", ".join(SETTINGS),
    )
