"""What the measures give back, and the one writer of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Goal(NamedTuple):
    """A figure with its limit: at most, or ``at_least``."""

    what: str
    measured: float
    limit: float
    unit: str = "times"
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure, as it is written, is within its limit."""
        measured = round(self.measured, 2)
        return measured >= self.limit if self.at_least else measured <= self.limit


class Table(NamedTuple):
    """What a measure found: its title, what was measured and how, and rows of texts."""

    title: str
    how: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()


def written(tables: Iterable[Table], machine: Table, left_out: Sequence[str] = ()) -> str:
    """The results as Markdown: goals first, then the machine, then what was measured."""
    tables = list(tables)
    goals = [goal for table in tables for goal in table.goals]
    parts = ["# Results", "", "Written by `make bench`; [what is measured, and why so](README.md).", ""]
    parts += _grid(("goal", "measured", "limit", "met"), [_as_row(goal) for goal in goals])
    for table in (machine, *tables):
        parts += ["", f"## {table.title}", "", *([table.how, ""] if table.how else [])]
        parts += _grid(table.columns, table.rows)
    if left_out:
        parts += ["", "## Left out", "", *(f"- {each}" for each in left_out)]
    return "\n".join(parts) + "\n"


def _as_row(goal: Goal) -> tuple[str, ...]:
    sign = "at least" if goal.at_least else "at most"
    return goal.what, f"{goal.measured:.2f} {goal.unit}", f"{sign} {goal.limit:g}", "yes" if goal.met else "**no**"


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]
    return [line.replace("|  |", "| |").replace("|  |", "| |") for line in lines]
