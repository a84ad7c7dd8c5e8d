"""Statistics of a run for people: claims, lines and charges by disposition, then messages by check, code, payer and
provider with the charges on rejected lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal

from claimcheck.claim import in_dollars
from claimcheck.writers.figures import About, Breakdown, Figures
from claimcheck.writers.placing import printable

_ROWS = 15


def show_statistics(figures: Figures) -> None:
    """Print tables to standard error, the worst first."""
    from rich.console import Console

    console = Console(file=sys.stderr, width=None if sys.stderr.isatty() else 100, highlight=False)
    console.print(_dispositions(figures))
    tables = (
        ("check", figures.checks, False),
        ("code", figures.codes, False),
        ("payer", figures.payers, True),
        ("billing provider", figures.providers, True),
    )
    for noun, breakdown, of_claims in tables:
        console.print(_table(noun, breakdown, of_claims))
    if figures.uncharged:
        console.print(f"{figures.uncharged:,} lines have no charge that is a number; they are in no sum.")


def _dispositions(figures: Figures) -> object:
    rows = (
        (
            disposition.replace("_", " "),
            f"{counted.claims:,}",
            _money(counted.claims_charge),
            f"{counted.lines:,}",
            _money(counted.lines_charge),
        )
        for disposition, counted in figures.lines.items()
    )
    return _grid(("disposition", "claims", "claims' charge", "lines", "lines' charge"), rows)


def _table(noun: str, breakdown: Breakdown, of_claims: bool) -> object:
    """Messages by one thing. Claims are told only of what a claim has one of."""
    largest, more, others = breakdown.largest(_ROWS)
    named = [(name or "(none)", about) for name, about in largest]
    if others:
        named.append((f"({'over ' if breakdown.rest else ''}{more:,} more)", others))
    columns = [noun, "reject", "warn", "inform", "rejected lines' charge"]
    if of_claims:
        columns += ["held claims", "their charge"]
    return _grid(columns, ((_plain(name), *_cells(about, of_claims)) for name, about in named))


def _cells(about: About, of_claims: bool) -> Iterator[str]:
    for count in (about.reject, about.warn, about.inform):
        yield f"{count:,}" if count else ""
    yield _money(about.rejected_lines_charge)
    if of_claims:
        yield f"{about.held_claims:,}" if about.held_claims else ""
        yield _money(about.held_claims_charge)


def _grid(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> object:
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    return table


def _money(amount: Decimal) -> str:
    return in_dollars(amount) if amount else ""


def _plain(name: str) -> str:
    """A name from the input, without what would move a terminal's cursor or be taken for markup."""
    return printable(name).replace("[", "\\[")
