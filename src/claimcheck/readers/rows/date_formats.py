"""Dates as a file's makers write them: what ``date_format`` of the configuration says, read as ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, TypeVar

from claimcheck.readers.rows.assemble import Row, WholeClaim
from claimcheck.readers.rows.columns import CLAIM_COLUMNS, DATE_COLUMNS, OTHER_COLUMNS
from claimcheck.readers.rows.records import Cells

_PARTS: Final = re.compile(r"YYYY|MMM|MM|DD|M|D|[-/. ]")
_WHOLE: Final = re.compile(rf"(?:{_PARTS.pattern})+")
_AS_PATTERN: Final = {
    "YYYY": "(?P<year>[0-9]{4})",
    "MMM": "(?P<name>[A-Za-z]{3})",
    "MM": "(?P<month>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "DD": "(?P<day>[0-9]{2})",
    "D": "(?P<day>[0-9]{1,2})",
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_EXPECTED: Final = (
    'expected how your files write dates: YYYY, M or MM (MMM for a name), D or DD, each once, such as "M/D/YYYY" or '
    '"DD.MM.YYYY"'
)


class DateFormatError(ValueError):
    """A date format that can't be read, or could be read in two ways."""


def date_reader(date_format: str) -> Callable[[str], str]:
    """A function that gives a date in a format as ISO 8601, and all else as it is: for a check to judge.

    Args:
        date_format: ``YYYY``, ``M`` (1 or 01) or ``MM``, ``D`` or ``DD``, each once, in any order and with ``/``,
            ``-``, ``.``, a space or nothing between them; ``MMM`` is an English name of a month such as ``Jan``. A
            year of two digits has no letter: nobody can tell whether 25 is a birth in 1925 or a visit in 2025.

    Raises:
        DateFormatError: it is another one.
    """
    given = date_format.upper()
    parts = _PARTS.findall(given) if _WHOLE.fullmatch(given) else []
    if sorted(part[0] for part in parts if part.isalpha()) != ["D", "M", "Y"]:
        years = "; a year has four digits" if re.search(r"(?<!Y)YY(?!Y)", given) else ""
        raise DateFormatError(f'found "{date_format[:40]}", {_EXPECTED}{years}')
    if any(_run_together(one, other) for one, other in pairwise(parts)):
        raise DateFormatError(f'found "{date_format[:40]}": without a separator write MM and DD, such as "MMDDYYYY"')
    pattern = re.compile("".join(_AS_PATTERN.get(part, re.escape(part)) for part in parts), re.ASCII)

    @lru_cache(maxsize=1 << 16)
    def read(text: str) -> str:
        found = pattern.fullmatch(text)
        if not found:
            return text
        written = found.groupdict()
        name = written.get("name", "").lower()
        if name and name not in _MONTHS:
            return text
        month = _MONTHS.index(name) + 1 if name else int(written["month"])
        try:
            return date(int(written["year"]), month, int(written["day"])).isoformat()
        except ValueError:
            return text

    return read


def _run_together(one: str, other: str) -> bool:
    """Whether it can't be told where one part ends and the other begins: 1112025 may be in January or November."""
    return one.isalpha() and other.isalpha() and "MMM" not in (one, other) and not {"M", "D"}.isdisjoint((one, other))


_Read = TypeVar("_Read")


def with_dates_read(rows: Iterable[Row | WholeClaim | _Read], date_format: str) -> Iterator[Row | WholeClaim | _Read]:
    """Rows whose dates in a format are ISO 8601; ISO 8601 and CCYYMMDD stay what they are.

    Raises:
        DateFormatError: the format can't be read.
    """
    return _with_dates_read(rows, date_reader(date_format))


def _with_dates_read(
    rows: Iterable[Row | WholeClaim | _Read], read: Callable[[str], str]
) -> Iterator[Row | WholeClaim | _Read]:
    for row in rows:
        if isinstance(row, Row):
            yield row._replace(claim=_dated(row.claim, _OF_CLAIMS, read), line=_dated(row.line, _OF_LINES, read))
        elif isinstance(row, WholeClaim):
            service, shared = row.shared
            lines = [(service, _dated(line, _OF_LINES, read)) for service, line in row.lines]
            claim = _dated(row.claim, _OF_CLAIMS, read)
            yield row._replace(claim=claim, lines=lines, shared=(service, _dated(shared, _OF_LINES, read)))
        else:
            yield row


def _places(columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(at for at, name in enumerate(columns) if name in DATE_COLUMNS)


_OF_CLAIMS: Final = _places(CLAIM_COLUMNS)
_OF_LINES: Final = _places(OTHER_COLUMNS)


def _dated(cells: Cells, places: tuple[int, ...], read: Callable[[str], str]) -> Cells:
    dated: list[Any] = [*cells]
    for at in places:
        if dated[at]:
            dated[at] = read(dated[at])
    return tuple(dated)
