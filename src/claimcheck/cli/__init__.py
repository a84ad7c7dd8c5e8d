"""The command line.

Exit status: 0 no line rejected; 1 some line rejected, or something could not be read; 2 could not run.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

import claimcheck
from claimcheck.cli import check, config, explain, new_check, rules, split
from claimcheck.cli.common import REJECTED

app = typer.Typer(
    help="Check medical claims against published, cited and dated rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(name="check")(check.check)
app.command(name="split")(split.split)
app.command(name="explain")(explain.explain_command)
app.command(name="checks")(explain.checks_command)
app.command(name="schema")(explain.schema_command)
app.command(name="new-check")(new_check.new_check_command)
app.add_typer(config.app, name="config")
app.add_typer(rules.app, name="rules")


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"claimcheck {claimcheck.__version__}")
        raise typer.Exit


def _leave(ending: int, frame: object) -> NoReturn:
    """End in order, so that no part of an output is left, and no worker; status as shells have it."""
    raise SystemExit(128 + ending)


def main() -> None:
    """Run the command line. A reader that goes away (``| head``) is no error of ours."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a claim id that the terminal can't show is no error
            stream.reconfigure(errors="backslashreplace")
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _leave)
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REJECTED)
