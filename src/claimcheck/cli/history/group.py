"""The group of commands of a history, and what they share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer._click.exceptions import UsageError

from claimcheck.claim import as_date
from claimcheck.cli.commands import STATUSES, Command, epilog, group
from claimcheck.cli.common import configured, count, fail
from claimcheck.config.configuration import Configuration
from claimcheck.memory import HistoryError

if TYPE_CHECKING:
    from datetime import date

    from claimcheck.memory.deposits import Added
    from claimcheck.memory.keys import Key
    from claimcheck.memory.stores.sql import SqlStore

app = group(
    "Keep what earlier batches billed, to judge with: a SQLite file or a PostgreSQL database.",
    epilog=epilog(
        "claimcheck history init --history claims.history",
        "export CLAIMCHECK_HISTORY_KEY_FILE=claims.history.key",
        "claimcheck check batch.837 --history claims.history",
        "claimcheck history stats --history claims.history",
    ),
)

WAIT_SECONDS = 600.0
BY_SIGNAL: Final = {"129, 130, 143": "ended by a signal: a line says if all was done before"}
CHANGING: Final = {**STATUSES, **BY_SIGNAL}
"""Exit statuses of commands that change a history."""

AtOption = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="PATH|URL",
        help="File of the history, or postgresql://... Default: `history` of the configuration.",
    ),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for another run that adds to it.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be forgotten, and forget nothing.")]


class HistoryCommand(Command):
    """A command on a history, which an option names: who names it otherwise is told so."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options apart."""
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            if extra := _EXTRA.fullmatch(error.message):
                error.message += f"; name the history by --history {extra[1].split()[0]}"
            raise


_EXTRA: Final = re.compile(r"Got unexpected extra argument.*\((.+)\)", re.DOTALL)


class Format(StrEnum):
    """Output formats."""

    text = "text"
    jsonl = "jsonl"


FormatOption = Annotated[
    Format, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object per line.")
]


@contextmanager
def ending_on_errors() -> Iterator[None]:
    """What is wrong with a history ends the command: one line, status 2."""
    try:
        yield
    except HistoryError as error:
        fail(str(error))


def claims_added(added: Added) -> str:
    """How many deposits were read, and what became of each."""
    counts = [f"{added.new:,} added", f"{added.known:,} known before"]
    if added.now_sent:
        counts[-1] += f" ({added.now_sent:,} held before and now sent)"
    if added.twice:
        counts.append(f"{added.twice:,} twice")
    return f"{count(added.new + added.known + added.twice, 'claim')} read: {', '.join(counts)}"


def url_of(history: str | None, configuration: Configuration) -> str:
    """The path or URL of the history that a command is about, or the end."""
    return (
        history
        or configuration.history
        or fail("found no history: name it by --history, or by history in claimcheck.toml")
    )


class Place:
    """Which history a command is about.

    Attributes:
        configuration: as it holds here.
        url: the history's path or URL.
        key: its key.
    """

    def __init__(self, history: str | None, config: Path | None, isolated: bool) -> None:
        from claimcheck.memory.keys import find_key

        self.configuration: Configuration = configured(config, isolated)
        self.url = url_of(history, self.configuration)
        with ending_on_errors():
            self.key: Key = find_key(self.configuration.history_key)

    def open(self, url: str | None = None) -> SqlStore:
        """The history, or another one of the same key; or the end."""
        from claimcheck.memory.stores import open_history

        with ending_on_errors():
            return open_history(url or self.url, self.key)


def day_of(text: str | None, option: str, *, of_birth: bool = False) -> date | None:
    """The day that an option names, or the end. A day of birth is a patient's: what was given is not repeated."""
    day = as_date(text) if text else None
    if text and day is None:
        found = f"a text of {len(text)} characters" if of_birth else f'"{text}"'
        fail(f"{option}: found {found}, expected a date, CCYY-MM-DD or CCYYMMDD")
    return day
