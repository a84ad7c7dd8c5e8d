"""The group of commands of the rule book, and the options that they share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claimcheck.cli.commands import epilog, group
from claimcheck.cli.common import fail
from claimcheck.rulebook.opening import STARTER, VARIABLE, default_path

if TYPE_CHECKING:
    from claimcheck.rulebook.adding import Report

app = group(
    "Make and inspect a rule book from the files that CMS publishes.",
    epilog=epilog(
        "claimcheck rules add RVU25D.zip mue-practitioner-2025q4.zip",
        "claimcheck rules list",
        "claimcheck rules diff RVU25A RVU25D --code 77424",
    ),
)

BookOption = Annotated[
    Path | None,
    typer.Option(
        "--rulebook",
        metavar="PATH",
        envvar=VARIABLE,
        help="File of the rule book. Default: the one in your data folder.",
    ),
]


class Format(StrEnum):
    """Output formats."""

    text = "text"
    jsonl = "jsonl"


FormatOption = Annotated[
    Format, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object per line.")
]


def path_of(rulebook: Path | None) -> Path:
    """The file of the rule book that a command changes."""
    path = rulebook or default_path()
    if str(path) == STARTER:
        fail("the starter book comes with claimcheck and can't be changed; name another file by --rulebook")
    return path


def show_report(path: Path, report: Report) -> None:
    """What became of the files that were added to a rule book, and how to see what that changes."""
    for line in report.added:
        typer.echo(f"added {line}")
    for line in report.unchanged:
        typer.echo(f"unchanged {line}")
    for line in report.notes:
        typer.echo(f"note: {line}", err=True)
    typer.echo(f"{path}: {'changed' if report.added else 'unchanged'}", err=True)
    if report.added:
        typer.echo("`claimcheck compare FILES --before quarter=... --after quarter=...` shows what changes.", err=True)
