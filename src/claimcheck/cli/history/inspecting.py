"""``claimcheck history stats`` and ``verify``: what is in a history, and whether it is whole."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import typer

from claimcheck.cli.commands import epilog
from claimcheck.cli.common import ConfigOption, IsolatedOption, count
from claimcheck.cli.history.group import AtOption, Format, FormatOption, HistoryCommand, Place, app, ending_on_errors
from claimcheck.config.checker import CLEAN, REJECTED

if TYPE_CHECKING:
    from claimcheck.memory.stores.inspecting import PayerStats, Stats


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history stats --history claims.history",
        "claimcheck history stats --format jsonl          the whole, then each payer",
    ),
)
def stats(
    history: AtOption = None,
    format: FormatOption = Format.text,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Show how much a history has: deposits, lines, patients, days, by payer, and its size.

    It has all claims for a payer since the day on which the first one was received, that of the provider who began
    last: how far back edits over years can look.
    """
    from claimcheck.memory.stores.inspecting import stats as count_all

    store = Place(history, config, isolated).open()
    with ending_on_errors():
        found = count_all(store)
    if format is Format.jsonl:
        typer.echo(_as_json(found))
        for payer in found.payers:
            typer.echo(_as_json(payer))
        return
    typer.echo(f"{store.name} (schema {found.schema})")
    states = f"{found.sent:,} sent, {found.held:,} held, {found.superseded:,} superseded, {found.void:,} void"
    typer.echo(f"  {count(found.deposits, 'claim')}: {states}")
    per_line = f", {found.bytes / found.lines:.0f} per line" if found.lines else ""
    typer.echo(f"  {count(found.lines, 'line')}; {found.bytes:,} bytes{per_line}")
    typer.echo(f"  {count(found.patients, 'patient')}, {found.aliases:,} merged into others")
    typer.echo(f"  {count(found.inputs, 'input')} read")
    if found.first_day:
        typer.echo(f"  dates of service {found.first_day} to {found.last_day}")
    for payer in found.payers:
        counts = f"{count(payer.deposits, 'claim')}, {count(payer.lines, 'line')}"
        days = f"{payer.first_day} to {payer.last_day}, all since {payer.known_since}"
        typer.echo(f"  payer {payer.payer or 'not named'}: {counts}, {days}")


def _as_json(record: Stats | PayerStats) -> str:
    values = record._asdict()
    values.pop("payers", None)
    return json.dumps({name: str(value) if isinstance(value, date) else value for name, value in values.items()})


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history verify --history claims.history",
        statuses={"0": "it is whole", "1": "something is wrong with it", "2": "could not run"},
    ),
)
def verify(history: AtOption = None, config: ConfigOption = None, isolated: IsolatedOption = False) -> None:
    """Check that a history is whole: its file, schema, key, numbers and every line."""
    from claimcheck.memory.stores.inspecting import problems

    store = Place(history, config, isolated).open()
    with ending_on_errors():
        found = [*problems(store)]
    for problem in found:
        typer.echo(problem)
    if found:
        typer.echo(f"{store.name}: {count(len(found), 'problem')}; restore it from a copy", err=True)
    else:
        typer.echo(f"{store.name}: is whole", err=True)
    raise typer.Exit(REJECTED if found else CLEAN)
