"""Calendar quarters, by which CMS names its releases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple, Self

_WRITTEN: Final = re.compile(r"([12]\d{3})[ -]?Q([1-4])", re.IGNORECASE | re.ASCII)
_MONTH: Final = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


class Quarter(NamedTuple):
    """A calendar quarter; the earlier one is the smaller."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year} Q{self.number}"

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """A quarter as people write it, ``2026Q3`` or ``2026 Q3``; None for anything else."""
        match = _WRITTEN.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    @classmethod
    def of_month(cls, text: str) -> Self | None:
        """The quarter of a month, ``2026-07``; None for anything else."""
        match = _MONTH.fullmatch(text)
        return cls(int(match[1]), (int(match[2]) + 2) // 3) if match else None

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Self:
        """The quarter after it."""
        return self.plus(1)

    def plus(self, quarters: int) -> Self:
        """The quarter some quarters later."""
        years, number = divmod(self.number - 1 + quarters, 4)
        return type(self)(self.year + years, number + 1)

    def until(self, last: Quarter) -> Iterator[Self]:
        """The quarters from this one to a last one."""
        quarter = self
        while quarter <= last:
            yield quarter
            quarter = quarter.next
