"""What the commands share: exit statuses, options, and how they end when they can't run."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from claimcheck.rulebook import BookError, Rulebook
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.starter import RuleDataError

CLEAN, REJECTED, COULD_NOT_RUN = 0, 1, 2

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Profile for every claim. Default: by each claim's setting."),
]
RulebookOption = Annotated[
    Path | None,
    typer.Option(
        "--rulebook",
        metavar="PATH",
        envvar="CLAIMCHECK_RULEBOOK",
        help="Rule book made by `rules add`, or a folder of rule data; `starter` for the one that comes along. "
        "Default: that in the user's data folder, else the starter book.",
    ),
]
SelectOption = Annotated[
    list[str] | None, typer.Option("--select", metavar="IDS", help="Only these checks: ids or prefixes.")
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="IDS", help="Not these checks; the longest prefix wins."),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="PATH", help="Configuration file (claimcheck.toml).")
]


class ListFormat(StrEnum):
    """Output formats of lists."""

    text = "text"
    json = "json"


def fail(text: str) -> NoReturn:
    """Usage: one line on stderr, status 2."""
    typer.echo(f"claimcheck: {' '.join(text.splitlines())}", err=True)
    raise typer.Exit(COULD_NOT_RUN)


def book_at(path: Path | None) -> Rulebook:
    """The rule book to use, or the end."""
    try:
        return open_book(path)
    except (BookError, RuleDataError) as error:
        fail(str(error))


def ids(given: list[str] | None) -> list[str]:
    """Ids may be given several times or joined by commas."""
    if given and not any(ids.strip(", ") for ids in given):
        fail("an option that takes ids of checks was given none")
    return [id.strip() for ids in given or [] for id in ids.split(",") if id.strip()]


def must_be_writable(output: Path, inputs: Iterable[str]) -> None:
    """An output that can be written and is none of the claim files, or the end."""
    if not output.parent.is_dir():
        fail(f"{output}: there is no folder {output.parent}")
    if output.is_dir():
        fail(f"{output}: is a directory")
    if any(name != "-" and output.exists() and output.samefile(name) for name in inputs):
        fail(f"{output}: is one of the claim files; name another file")


def count(number: int, noun: str) -> str:
    """A number of things: ``1 claim``, ``2,000 claims``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
