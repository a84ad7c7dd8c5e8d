"""How long a history keeps lines: by what edits still look for, counted from the newest day that it knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from claimcheck.claim import Service
from claimcheck.rulebook import NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import is_face_to_face, is_new_patient_visit
from claimcheck.rulebook.tables.frequency import days_before, intervals_of, months_after

MONTHS_OF_LINES: Final = 13
"""Medicare's filing limit, and one."""
MONTHS_OF_VISITS: Final = 37
"""Three years in which a patient is not new, and one."""
_A_MONTH: Final = 31


class Retention(NamedTuple):
    """How long lines are kept after their last day of service.

    Attributes:
        lines: months of any line.
        visits: months of a service that says that a patient was seen.
    """

    lines: int = MONTHS_OF_LINES
    visits: int = MONTHS_OF_VISITS


def visits_since(retention: Retention, newest: date) -> date:
    """The first day of which all visits are kept, by the newest day of service that the history knows."""
    return months_after(newest, -max(retention.visits, retention.lines))


def first_days(retention: Retention, newest: date, book: Rulebook) -> Callable[[Service], date]:
    """Of a service the first day on which it is kept; before that nothing looks for it. A service that is paid so often
    in some months is kept for a month longer than these; one that is paid so often in a lifetime always.

    Args:
        retention: how long lines are kept.
        newest: the newest day of service that the history knows.
        book: says how often services are paid.
    """
    rules = book.on(newest)
    of_lines, of_visits = months_after(newest, -retention.lines), months_after(newest, -retention.visits)

    @lru_cache(maxsize=65_536)
    def first_day(service: Service) -> date:
        is_visit = is_new_patient_visit(service.code) or is_face_to_face(service)
        return min(of_lines, of_visits if is_visit else of_lines, _first_that_counts(service, newest, rules))

    return first_day


def _first_that_counts(service: Service, newest: date, rules: Rules) -> date:
    """The earliest day of a service that may matter for another on the newest day."""
    try:
        row = rules.frequency(service)
    except NotInForce:  # the list does not say it of so late a day: keep what it may say
        return date.min
    if row is None:
        return newest
    return min(days_before(interval.first_day(newest), _A_MONTH) for interval in intervals_of(row))
