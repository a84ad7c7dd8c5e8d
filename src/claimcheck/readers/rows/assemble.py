"""From rows to claims: what each cell becomes, and which rows make one claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from claimcheck.authoring.check import unreadable
from claimcheck.claim import (
    ASC,
    SETTINGS,
    Claim,
    Line,
    Location,
    Service,
    Setting,
    setting_of_bill,
    setting_of_taxonomy,
)
from claimcheck.message import REJECT, EditMessage
from claimcheck.readers.rows.columns import CLAIM_COLUMNS, OTHER_COLUMNS
from claimcheck.readers.rows.edits import ROW_APART, ROW_CLAIM, ROW_CONFLICT, ROW_SETTING, ROW_SIZE
from claimcheck.readers.rows.records import LONGEST_REMEMBERED, Cells, claim_of, line_of, service_of

_RENDERING, _TAXONOMY = map(OTHER_COLUMNS.index, ("rendering_npi", "rendering_taxonomy"))

_MOST_LINES = 10_000
"""Lines of one claim held in memory; a professional claim has 50 at most, a hospital's 999."""

_RECENT_CLAIMS = 1 << 16
"""Claims remembered, to detect one whose rows are not together."""

_MOST_SERVICES = 1 << 15
"""Services remembered: real lines repeat one in 98 of 100."""


class Row(NamedTuple):
    """One row: its number, and its cells of the claim, the service and the line."""

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
    rows: Iterable[Row | WholeClaim | EditMessage], file: str, asc_npis: frozenset[str], date_format: str = ""
) -> Iterator[Claim | EditMessage]:
    """Put the rows of each claim together. Two rows are of one claim if every cell that belongs to the
    claim is the same on both. Dates in ``date_format``, where there is one, become ISO 8601 first."""
    if date_format:
        from claimcheck.readers.rows.date_formats import with_dates_read  # few files need it

        rows = with_dates_read(rows, date_format)
    return _Assembly(file, asc_npis).run(rows)


class _Assembly:
    """Makes the claims of a file, and remembers their services."""

    def __init__(self, file: str, asc_npis: frozenset[str]) -> None:
        self._file = file
        self._asc_npis = asc_npis
        self._services: dict[Cells, Service] = {}
        self._objects = _Seen()

    def run(self, rows: Iterable[Row | WholeClaim | EditMessage]) -> Iterator[Claim | EditMessage]:
        """Each claim once it is whole, and what is wrong with rows."""
        file = self._file
        key: Cells = (None,)
        setting: Setting | None = None
        start = 0
        lines: list[Line] = []
        lacks = False
        seen = _Seen()
        for row in rows:
            if isinstance(row, Row):
                place, cells, of_service, of_line = row
                if cells != key or not cells[0] or len(lines) >= _MOST_LINES:
                    if lines:
                        yield self._claim(key, lines, setting, start, lacks)
                        lines = []
                    lacks = False
                    claim_id = cells[0]
                    if claim_id and claim_id != key[0]:
                        seen.note(claim_id, place)
                    else:
                        yield from _beginning(file, place, key, cells)
                    key, start, setting = cells, place, _setting(cells, self._asc_npis)
                if setting is None:
                    yield _unknown_setting(file, place, cells)
                else:
                    lines.append(line_of(of_line, self._service(of_service, setting), place, len(lines) + 1))
            elif isinstance(row, EditMessage):
                lacks = lacks or row.severity == REJECT  # a row that could not be read may be of the claim
                yield row
            else:
                if lines:
                    yield self._claim(key, lines, setting, start, lacks)
                key, lines, lacks = (None,), [], False
                yield from self._whole(row)
        if lines:
            yield self._claim(key, lines, setting, start, lacks)
        yield from seen.message(file)

    def _whole(self, claim: WholeClaim) -> Iterator[Claim | EditMessage]:
        """The claim of a claim object."""
        place, cells, rows, shared = claim
        if any(cell is not None for cells_of in shared for cell in cells_of):
            rows = [_inheriting(row, shared) for row in rows]
        setting = _setting(cells, self._asc_npis)
        if not cells[0]:
            yield _no_number(self._file, place)
        if setting is None:
            yield _unknown_setting(self._file, place, cells)
            return
        lines = [
            line_of(of_line, self._service(of_service, setting), place, position)
            for position, (of_service, of_line) in enumerate(rows, start=1)
        ]
        made = self._claim(cells, lines, setting, place)
        yield made._replace(repeats_number=True) if self._repeats(made) else made

    def _repeats(self, claim: Claim) -> bool:
        """Whether an earlier claim object of the same billing provider has the number of this one, and neither replaces
        or voids another. Of rows that are not together ROW-APART tells."""
        if not claim.claim_id or claim.frequency in ("7", "8"):
            return False
        return self._objects.has_passed(hash((claim.claim_id, claim.billing_npi)))

    def _claim(
        self, cells: Cells, lines: list[Line], setting: Setting | None, place: int, lacks: bool = False
    ) -> Claim:
        assert setting
        claim = claim_of(cells, tuple(lines), setting, Location(self._file, None, None, None, place))
        return claim._replace(lacks_lines=True) if lacks else claim

    def _service(self, cells: Cells, setting: Setting) -> Service:
        service = self._services.get(cells)
        if service is None or service.setting != setting:
            service = service_of(cells, setting)
            if len(str(cells)) <= LONGEST_REMEMBERED:
                if len(self._services) >= _MOST_SERVICES:
                    self._services.clear()
                self._services[cells] = service
        return service


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


_of_setting = itemgetter(*map(CLAIM_COLUMNS.index, ("setting", "type_of_bill", "billing_npi", "billing_taxonomy")))
_STATED: dict[str, Setting] = {setting: setting for setting in SETTINGS}


def _setting(claim: Cells, asc_npis: frozenset[str]) -> Setting | None:
    """The setting that a row states, else that its bill or billing provider implies; None where it
    states one that is not known."""
    stated, type_of_bill, billing_npi, billing_taxonomy = _of_setting(claim)
    if stated:
        return _STATED.get(stated) or _STATED.get(stated.lower())
    if type_of_bill:
        return setting_of_bill(type_of_bill)
    return ASC if billing_npi in asc_npis else setting_of_taxonomy(billing_taxonomy)


# -- messages -----------------------------------------------------------------------------------


class _Seen:
    """Claim numbers that have passed, as many as memory allows: to detect claims whose rows are not together."""

    def __init__(self) -> None:
        self.recent: set[int] = set()
        self.older: set[int] = set()
        self.again = 0
        self.first: tuple[int, str] | None = None

    def note(self, claim_id: str, row: int) -> None:
        """A claim begins at this row."""
        if self.has_passed(hash(claim_id)):
            self.again += 1
            self.first = self.first or (row, claim_id)

    def has_passed(self, number: int) -> bool:
        """Whether a number has passed; now it has."""
        known = number in self.recent or number in self.older
        if len(self.recent) >= _RECENT_CLAIMS:
            self.older, self.recent = self.recent, set()
        self.recent.add(number)
        return known

    def message(self, file: str) -> Iterator[EditMessage]:
        """The message about it at the end of the file."""
        if self.first:
            row, claim_id = self.first
            text = "Rows of a claim must be together; this claim_id appears again here, after another claim."
            if self.again > 1:
                text += f" This occurs {self.again:,} times in the file."
            remedy = "Sort the file by claim_id, so that the rows of each claim are together."
            yield unreadable(ROW_APART, Location(file, row=row), text, remedy, claim_id=claim_id)


def _beginning(file: str, place: int, before: Cells, claim: Cells) -> Iterator[EditMessage]:
    """The message where a claim begins whose number is blank, or that of the row before."""
    claim_id, locus = claim[0], Location(file, row=place)
    if not claim_id:
        yield _no_number(file, place)
    elif claim == before:
        text = f"A claim has at most {_MOST_LINES:,} rows; from this row on it is judged as a separate claim."
        remedy = "Verify that claim_id is the claim number; split a claim with more rows."
        yield unreadable(ROW_SIZE, locus, text, remedy, claim_id=claim_id)
    else:
        differ = [name for name, one, other in zip(CLAIM_COLUMNS, claim, before, strict=True) if one != other]
        text = f"Rows of a claim must agree; this one differs in {', '.join(differ)}, and starts a new claim."
        remedy = "Repeat the claim's values on each of its rows, or give each claim its own claim_id."
        yield unreadable(ROW_CONFLICT, locus, text, remedy, claim_id=claim_id, field=differ[0])


def _no_number(file: str, place: int) -> EditMessage:
    text = "claim_id missing; the row is judged as a claim of its own."
    remedy = "Report the claim number in claim_id."
    return unreadable(ROW_CLAIM, Location(file, row=place), text, remedy, claim_id="", field="claim_id")


def _unknown_setting(file: str, place: int, claim: Cells) -> EditMessage:
    return unreadable(
        ROW_SETTING,
        Location(file, row=place),
        "Setting not recognized; the row was not judged.",
        "Report one of the allowed settings, or leave the setting blank.",
        claim_id=claim[0] or "",
        field="setting",
        observed=_of_setting(claim)[0][:40],
        allowed=", ".join(SETTINGS),
    )
