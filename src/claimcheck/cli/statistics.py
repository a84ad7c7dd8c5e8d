"""Statistics of a run for people: messages by check, code, payer and provider, and the money held back."""

from __future__ import annotations

import sys

from claimcheck.writers.figures import Breakdown, Figures

_ROWS = 15


def show_statistics(figures: Figures) -> None:
    """Print tables to standard error, the worst first."""
    from rich.console import Console

    console = Console(file=sys.stderr, width=None if sys.stderr.isatty() else 100, highlight=False)
    tables = (
        ("check", figures.checks),
        ("code", figures.codes),
        ("payer", figures.payers),
        ("billing provider", figures.providers),
    )
    for noun, breakdown in tables:
        console.print(_table(noun, breakdown))
    if figures.uncharged:
        console.print(f"{figures.uncharged:,} lines have no charge that is a number; they are in no sum.")


def _table(noun: str, breakdown: Breakdown) -> object:
    from rich.table import Table

    table = Table(noun, *(("reject", "warn", "inform", "held back")), box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    largest, more, others = breakdown.largest(_ROWS)
    rows = [(name or "(none)", about) for name, about in largest]
    if others:
        rows.append((f"({'over ' if breakdown.rest else ''}{more:,} more)", others))
    for name, about in rows:
        counts = (f"{count:,}" if count else "" for count in (about.reject, about.warn, about.inform))
        table.add_row(_printable(name), *counts, f"${about.held_back:,.2f}" if about.held_back else "")
    return table


def _printable(name: str) -> str:
    """A name from the input, without what would move a terminal's cursor or be taken for markup."""
    return "".join(c if c.isprintable() else "?" for c in name).replace("[", "\\[")
