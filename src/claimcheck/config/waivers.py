"""Waivers: reviewed exceptions as data.

A waiver says that a check's messages about certain claims were reviewed and accepted: by whom, why, and until when.
What is waived is still a message and still counted; it only informs, and says who waived it. Waivers that expired, that
were not used, or that name an unknown check are messages too.
"""

from __future__ import annotations

import csv
import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from claimcheck.authoring.check import Check, current_id, names_check, reading_edit, unreadable
from claimcheck.claim import Claim, Line, Location, as_date
from claimcheck.config.files import ConfigurationError, expected_one_of, nearest, value_shown
from claimcheck.message import INFORM, WARN, Citation, EditMessage, Severity, StandardCodes, Waived

APPROVAL: Final = ("ticket", "approved_by", "approved_on")
"""Columns of a file that records approvals; whichever it has of them, each of its waivers should have all three."""

COLUMNS: Final = ("check", "code", "claim_id", "payer_id", "reason", "who", "until", *APPROVAL)
_NEEDED: Final = ("check", "reason", "who", "until")
_OPTIONAL: Final = tuple(name for name in COLUMNS if name not in _NEEDED)
_SOURCE: Final = Citation("claimcheck waivers", "reviewed exceptions")

WAIVER_EXPIRED: Final = reading_edit(
    "WAIVER-EXPIRED",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver had ended on the day of a claim that it would have waived.

    The day is that of submission, else the date of service; never today. The message is still reported.
    Review the exception: renew the waiver, or remove it.""",
)
WAIVER_UNUSED: Final = reading_edit(
    "WAIVER-UNUSED",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver was not used in this batch.

    What it was written for may be corrected by now, or its patterns may match other claims than you meant. Remove it,
    or correct its patterns.""",
)
WAIVER_UNKNOWN: Final = reading_edit(
    "WAIVER-UNKNOWN",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver names an unknown check, one that does not run, or one that can't be waived.

    What could not be read or judged can't be waived: it is not known to be clean. See ``claimcheck checks``.""",
)
WAIVER_INCOMPLETE: Final = reading_edit(
    "WAIVER-INCOMPLETE",
    INFORM,
    _SOURCE,
    StandardCodes(),
    """A waiver lacks its ticket, who approved it, or when.

    Reported where the file has at least one of the columns ``ticket``, ``approved_by`` and ``approved_on``: whoever
    records approvals is told of each waiver without one. The waiver holds all the same. Add the approval, or remove
    the waiver.""",
)

WAIVER_EDITS: Final = (WAIVER_EXPIRED, WAIVER_UNUSED, WAIVER_UNKNOWN, WAIVER_INCOMPLETE)


@dataclass
class Waiver:
    """A row of a waiver file, and how it was used in a batch.

    Attributes:
        check: id or prefix of ids.
        code, claim_id, payer_id: patterns such as ``J*``; blank for any.
        reason, who: why, and who reviewed it.
        until: the last day that it holds.
        ticket, approved_by: where it is filed, and who approved it; blank where the file does not say.
        approved_on: the day of the approval; None where the file does not say.
        row: its row in the file.
        missing: what it lacks of an approval, where the file records approvals.
        used: messages that it waived.
        late: messages that it would have waived, had it not ended.
    """

    check: str
    code: str
    claim_id: str
    payer_id: str
    reason: str
    who: str
    until: date
    row: int
    ticket: str = ""
    approved_by: str = ""
    approved_on: date | None = None
    missing: tuple[str, ...] = ()
    used: int = 0
    late: int = 0

    def waived(self, severity: Severity) -> Waived:
        """What a message of this severity says of it."""
        approved_on = self.approved_on.isoformat() if self.approved_on else None
        approval = self.ticket or None, self.approved_by or None, approved_on
        return Waived(severity, self.reason, self.who, self.until.isoformat(), *approval)

    def fits(self, claim: Claim, line: Line | None) -> bool:
        """Whether it applies to a claim and a line, whatever the check and the day."""
        pairs = (
            (self.code, line.code if line else ""),
            (self.claim_id, claim.claim_id),
            (self.payer_id, claim.payer_id or ""),
        )
        return all(not pattern or fnmatch.fnmatchcase(value, pattern) for pattern, value in pairs)


class Waivers:
    """The waivers of a file.

    Args:
        path: the file; messages about a waiver name it.
        waivers: its rows.
    """

    def __init__(self, path: Path, waivers: Iterable[Waiver]) -> None:
        self.path = path
        self.all = list(waivers)
        self._by_check: dict[str, list[Waiver]] = {}

    def begin(self) -> None:
        """Forget how they were used, before a batch."""
        for waiver in self.all:
            waiver.used = waiver.late = 0

    def waive(
        self, check: Check, severity: Severity, claim: Claim, line: Line | None, field: str | None = None
    ) -> Waived | None:
        """The waiver of a message, if one holds: the first of the file that fits. What every line says in a field
        of its own, and is reported once of the claim, is also waived where each line is."""
        if check.reach == "READING":
            return None
        holding = self._holding(check, claim, line)
        of_every_line = line is None and field in Line._fields
        of_lines = [self._holding(check, claim, one) for one in claim.lines if of_every_line and not holding]
        if of_lines and all(of_lines):
            holding = of_lines[0]
        if holding is None:
            return None
        for waiver in {one.row: one for one in (holding, *of_lines) if one}.values():
            waiver.used += 1
        return holding.waived(severity)

    def _holding(self, check: Check, claim: Claim, line: Line | None) -> Waiver | None:
        """The first waiver that fits and has not ended; those that have are counted."""
        mine = self._by_check.get(check.id)
        if mine is None:
            mine = self._by_check[check.id] = [w for w in self.all if names_check(w.check, check.id)]
        for waiver in mine:
            if waiver.fits(claim, line):
                day = _day_of(claim, line)
                if day is not None and day <= waiver.until:
                    return waiver
                waiver.late += 1
        return None

    def messages(self, checks: Iterable[Check]) -> Iterator[EditMessage]:
        """The messages about the waivers themselves after a batch; ``checks`` are those that ran."""
        ids = [check.id for check in checks]
        for waiver in self.all:
            locus = Location(str(self.path), row=waiver.row)
            if waiver.missing:
                text = (
                    f"The waiver of {waiver.check} requires an approval in full; missing: {', '.join(waiver.missing)}."
                )
                remedy = "Add what is missing, or remove the waiver."
                yield unreadable(WAIVER_INCOMPLETE, locus, text, remedy, field=waiver.missing[0])
            if not any(names_check(waiver.check, id) for id in ids):
                text = f"The waiver names {waiver.check}, which is not a check that runs and can be waived."
                near = nearest(waiver.check, ids)
                remedy = f"{f'Did you mean {near}? ' if near else ''}Name a check that `claimcheck checks` lists."
                yield unreadable(WAIVER_UNKNOWN, locus, text, remedy, field="check")
            elif waiver.late:
                days = f"ended on {waiver.until}; later messages not waived: {waiver.late:,}."
                text = f"The waiver of {waiver.check} {days}"
                yield unreadable(WAIVER_EXPIRED, locus, text, "Renew it, or remove it.", field="until")
            elif not waiver.used:
                text = f"The waiver of {waiver.check} was not used in this batch."
                yield unreadable(WAIVER_UNUSED, locus, text, "Remove it, or correct its patterns.", field="check")


def _day_of(claim: Claim, line: Line | None) -> date | None:
    """The day that a waiver must hold on: of submission, else of service."""
    days = (line.day,) if line else tuple(line.day for line in claim.lines)
    return as_date(claim.received_date or "") or max((day for day in days if day), default=None)


def load_waivers(path: Path) -> Waivers:
    """Read a waiver file: CSV with a header.

    Raises:
        ConfigurationError: it can't be read, or a row lacks what a waiver must have; the text says where.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            _check_header(path, rows.fieldnames or ())
            try:
                return Waivers(path, [_waiver(f"{path}:{rows.line_num}", row, rows.line_num) for row in rows])
            except csv.Error as error:
                raise ConfigurationError(f"{path}:{rows.reader.line_num}: expected CSV ({error})") from None
    except OSError as error:
        columns = ", ".join(COLUMNS)
        raise ConfigurationError(f"{path}: {error.strerror}; expected a waiver file, CSV with {columns}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: found bytes that are not UTF-8; save the file as UTF-8") from None


def _check_header(path: Path, header: Iterable[str]) -> None:
    header = list(header)
    for name in header:
        if name not in COLUMNS:
            raise ConfigurationError(f"{path}:1: unknown column {value_shown(name)}, {expected_one_of(name, COLUMNS)}")
    for name in _NEEDED:
        if name not in header:
            raise ConfigurationError(f"{path}:1: found no column {name}, expected {', '.join(COLUMNS)}")


def _waiver(place: str, row: dict[str | None, str | list[str] | None], number: int) -> Waiver:
    if None in row or None in row.values():
        found = "more" if None in row else "fewer"
        raise ConfigurationError(f"{place}: found {found} cells than columns; put cells with commas in quotes")
    cells = {str(name): str(value).strip() for name, value in row.items()}
    for name in _NEEDED:
        if not cells[name]:
            raise ConfigurationError(f"{place}: {name}: found nothing, expected a value")
    until = _day(place, "until", cells["until"])
    code, claim_id, payer_id, ticket, approved_by, approved = (cells.get(name, "") for name in _OPTIONAL)
    approved_on = _day(place, "approved_on", approved) if approved else None
    if approved_on and approved_on > until:
        raise ConfigurationError(
            f"{place}: approved_on: found {approved_on}, expected a day no later than until ({until})"
        )
    missing = tuple(name for name in APPROVAL if not cells.get(name)) if not cells.keys().isdisjoint(APPROVAL) else ()
    check = current_id(cells["check"], f"{place}: check")
    reviewed = cells["reason"], cells["who"], until, number
    return Waiver(check, code, claim_id, payer_id, *reviewed, ticket, approved_by, approved_on, missing)


def _day(place: str, name: str, text: str) -> date:
    day = as_date(text)
    if day is None:
        raise ConfigurationError(f"{place}: {name}: found {value_shown(text)}, expected a date, CCYY-MM-DD or CCYYMMDD")
    return day
