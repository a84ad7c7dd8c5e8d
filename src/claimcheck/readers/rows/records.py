"""Rows and records: the one mapping between them, made of the columns' declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from claimcheck.claim import HCPCS, Claim, Line, Location, Service, Setting
from claimcheck.readers.rows.columns import (
    BECOMES,
    CLAIM_COLUMNS,
    COLUMNS,
    LINE_COLUMNS,
    OTHER_COLUMNS,
    SERVICE_COLUMNS,
    SPACES,
)

LONGEST_REMEMBERED: Final = 500
"""Characters of what is remembered: input chooses it, so the memory is bounded."""

Cells = tuple[Any, ...]
"""Cells of some columns in the order of ``columns``; a list column's is ``|``-joined text or a tuple."""


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
        return _divided(cell) if len(cell) <= LONGEST_REMEMBERED else _divided.__wrapped__(cell)
    return cell


def field_of(column: str) -> str:
    """The field of a column, which has its name: ``line_number`` and ``line_control`` are a line's."""
    return column.removeprefix("line_")


def _maker(record: Any, columns: Sequence[str], given: Sequence[str]) -> Callable[..., Any]:
    """Makes records of the cells of some columns, and of what else is ``given``; a field of neither has its default.

    The function is written out and compiled, as those of ``attrs`` and ``NamedTuple`` are: a loop over the columns of
    each line takes four to six times as long. It leaves out the record's own constructor, which takes half as long
    again.
    """
    values = {field: repr(default) for field, default in record._field_defaults.items()}
    values |= {field: field for field in given}
    values |= {field_of(name): BECOMES[name].format(f"cell_{name}") for name in columns}
    source = f"""
def make(cells, {", ".join(given)}):
    {", ".join(f"cell_{name}" for name in columns)} = cells
    return new(record, ({", ".join(values[field] for field in record._fields)}))
"""
    names = {"new": tuple.__new__, "record": record, "listed": listed, "HCPCS": HCPCS}
    exec(source, names)
    make: Callable[..., Any] = names["make"]
    return make


claim_of: Callable[[Cells, tuple[Line, ...], Setting, Location], Claim] = _maker(
    Claim, CLAIM_COLUMNS, ("lines", "setting", "locus")
)
service_of: Callable[[Cells, Setting], Service] = _maker(Service, SERVICE_COLUMNS, ("setting",))
line_of: Callable[[Cells, Service, int, int], Line] = _maker(Line, OTHER_COLUMNS, ("service", "place", "position"))

_cells_of_claim = attrgetter(*map(field_of, CLAIM_COLUMNS))
_cells_of_line = attrgetter(*(f"{'service.' * (name in SERVICE_COLUMNS)}{field_of(name)}" for name in LINE_COLUMNS))


def row_of(claim: Claim, line: Line) -> dict[str, Any]:
    """A line as a row, ready for JSON: every column, None where the claim does not carry it."""
    cells = dict(zip((*CLAIM_COLUMNS, *LINE_COLUMNS), (*_cells_of_claim(claim), *_cells_of_line(line)), strict=True))
    return {name: list(cell) if isinstance(cell := cells[name], tuple) else cell for name in COLUMNS}
