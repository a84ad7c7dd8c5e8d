"""Waivers: reviewed exceptions as data.

A waiver says that a check's messages about certain claims were looked at and are not faults there: by whom, why, and
until when. What is waived is still a message and still counted; it only informs, and says by whom it was waived.
Waivers that are expired, that nothing needed, or that name no check are messages too.
"""

from __future__ import annotations

import csv
import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from claimcheck.authoring.check import Check, current_id, names_check
from claimcheck.claim import Claim, Line, Location, as_date
from claimcheck.message import WARN, Citation, EditMessage, Severity, StandardCodes, Waived
from claimcheck.readers.edits import reading_edit, unreadable

COLUMNS: Final = ("check", "code", "claim_id", "payer_id", "reason", "who", "until")
_NEEDED: Final = ("check", "reason", "who", "until")
_SOURCE: Final = Citation("claimcheck waivers", "reviewed exceptions")

WAIVER_EXPIRED: Final = reading_edit(
    "WAIVER-EXPIRED",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver had ended on the day of a claim that it would have waived.

    The day is that of submission, else the date of service; never today. The message about the claim stands. Look at
    the exception again: renew the waiver, or take it out.""",
)
WAIVER_UNUSED: Final = reading_edit(
    "WAIVER-UNUSED",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver waived nothing in this batch.

    What it was made for may be mended by now, or it may be written for other claims than it was meant for. Take it out,
    or correct its patterns.""",
)
WAIVER_UNKNOWN: Final = reading_edit(
    "WAIVER-UNKNOWN",
    WARN,
    _SOURCE,
    StandardCodes(),
    """A waiver names no check that runs, or one that can't be waived.

    What could not be read or judged can't be waived: it is not known to be clean. See ``claimcheck checks``.""",
)

WAIVER_EDITS: Final = (WAIVER_EXPIRED, WAIVER_UNUSED, WAIVER_UNKNOWN)


@dataclass
class Waiver:
    """A row of a waiver file, and what became of it in a batch.

    Attributes:
        check: id or prefix of ids.
        code, claim_id, payer_id: patterns such as ``J*``; blank for any.
        reason, who: why, and who looked at it.
        until: the last day that it holds.
        row: where it stands.
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
    used: int = 0
    late: int = 0

    def fits(self, claim: Claim, line: Line | None) -> bool:
        """Whether it speaks of a claim and a line, whatever the check and the day."""
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
        """Forget what became of them, before a batch."""
        for waiver in self.all:
            waiver.used = waiver.late = 0

    def waive(self, check: Check, severity: Severity, claim: Claim, line: Line | None) -> Waived | None:
        """The waiver of a message, if one holds: the first of the file that fits."""
        if check.reach == "READING":
            return None
        mine = self._by_check.get(check.id)
        if mine is None:
            mine = self._by_check[check.id] = [w for w in self.all if names_check(w.check, check.id)]
        for waiver in mine:
            if waiver.fits(claim, line):
                day = _day_of(claim, line)
                if day is not None and day <= waiver.until:
                    waiver.used += 1
                    return Waived(severity, waiver.reason, waiver.who, waiver.until.isoformat())
                waiver.late += 1
        return None

    def messages(self, checks: Iterable[Check]) -> Iterator[EditMessage]:
        """What is to be said of the waivers themselves after a batch; ``checks`` are those that ran."""
        ids = [check.id for check in checks]
        for waiver in self.all:
            locus = Location(str(self.path), row=waiver.row)
            if not any(names_check(waiver.check, id) for id in ids):
                text = f"The waiver names {waiver.check}, which is no check that runs and can be waived."
                yield unreadable(WAIVER_UNKNOWN, locus, text, "Name a check: see `claimcheck checks`.", field="check")
            elif waiver.late:
                text = f"The waiver of {waiver.check} ended on {waiver.until}; later messages stand: {waiver.late:,}."
                yield unreadable(WAIVER_EXPIRED, locus, text, "Renew it, or take it out.", field="until")
            elif not waiver.used:
                text = f"The waiver of {waiver.check} waived nothing in this batch."
                yield unreadable(WAIVER_UNUSED, locus, text, "Take it out, or correct its patterns.", field="check")


def _day_of(claim: Claim, line: Line | None) -> date | None:
    """The day that a waiver must hold on: of submission, else of service."""
    days = (line.day,) if line else tuple(line.day for line in claim.lines)
    return as_date(claim.received_date or "") or max((day for day in days if day), default=None)


def load_waivers(path: Path) -> Waivers:
    """Read a waiver file: CSV with a header.

    Raises:
        ValueError: it can't be read, or a row lacks what a waiver must have; the text says where.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            _check_header(path, rows.fieldnames or ())
            return Waivers(path, [_waiver(path, row, rows.line_num) for row in rows])
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: is no CSV in UTF-8: {error}") from None


def _check_header(path: Path, header: Iterable[str]) -> None:
    header = list(header)
    expected = f"expected {', '.join(COLUMNS)}"
    for name in header:
        if name not in COLUMNS:
            raise ValueError(f"{path}:1: {name!r} is no column of waivers; {expected}")
    for name in _NEEDED:
        if name not in header:
            raise ValueError(f"{path}:1: the column {name} is missing; {expected}")


def _waiver(path: Path, row: dict[str | None, str | list[str] | None], number: int) -> Waiver:
    if None in row or None in row.values():
        raise ValueError(f"{path}:{number}: the row has not as many cells as the header")
    cells = {str(name): str(value).strip() for name, value in row.items()}
    for name in _NEEDED:
        if not cells[name]:
            raise ValueError(f"{path}:{number}: {name} is blank; a waiver says what, why, by whom and until when")
    until = as_date(cells["until"])
    if until is None:
        raise ValueError(f"{path}:{number}: until: {cells['until']!r} is no date; expected CCYY-MM-DD or CCYYMMDD")
    code, claim_id, payer_id = (cells.get(name, "") for name in ("code", "claim_id", "payer_id"))
    check = current_id(cells["check"], f"{path}:{number}: check")
    return Waiver(check, code, claim_id, payer_id, cells["reason"], cells["who"], until, number)
