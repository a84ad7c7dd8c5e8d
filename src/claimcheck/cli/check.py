"""``claimcheck check``: claim files in, edit messages out."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from glob import glob
from pathlib import Path
from typing import Annotated

import typer

from claimcheck import batch
from claimcheck.cli.common import CLEAN, COULD_NOT_RUN, REJECTED, ProfileOption, RulebookOption, book_at, fail, ids
from claimcheck.engine import Tally
from claimcheck.profile import Checker, Configuration, ConfigurationError, load_configuration
from claimcheck.rulebook.starter import RuleDataError
from claimcheck.sinks.ack_277 import NoEnvelopeError


class Format(StrEnum):
    """Output formats of ``check``."""

    text = "text"
    jsonl = "jsonl"
    csv = "csv"
    ack_277 = "277ca"


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES or - or globs]", help="837, CSV or JSONL, also .gz and .zip."),
    ] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="IDS", help="Only these checks: ids or prefixes.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="IDS", help="Not these checks; the longest prefix wins."),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="Format of the messages.")] = Format.text,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="Write messages here. Default: standard output."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="Configuration file (claimcheck.toml).")
    ] = None,
) -> None:
    """Check claim files; messages go to standard output, the summary to standard error."""
    paths = _paths(files or ["-"])
    try:
        configuration = load_configuration(config) if config else Configuration()
        checker = Checker(
            book_at(rulebook),
            profile,
            select=ids(select),
            ignore=ids(ignore),
            configuration=configuration,
        )
    except (ConfigurationError, RuleDataError) as error:
        fail(str(error))
    _check_output(output, paths)
    colours = format is Format.text and output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    try:
        with batch.output_to(output) as stream:
            sink = batch.open_sink(format.value, stream, colours=colours)
            tally, unread = batch.check_files(paths, checker, sink)
    except NoEnvelopeError as error:
        fail(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:  # sources make messages of theirs: this is the output's
        fail(f"{output or 'standard output'}: {error.strerror}")
    for message in unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    _summarise(tally, format)
    if tally.unreadable and not tally.claims:
        raise typer.Exit(COULD_NOT_RUN)
    raise typer.Exit(REJECTED if tally.rejected or tally.unreadable else CLEAN)


def _check_output(output: Path | None, paths: list[str]) -> None:
    if output is None:
        if sys.stdout is None:
            fail("standard output is closed")
        return
    if not output.parent.is_dir():
        fail(f"{output}: there is no folder {output.parent}")
    if output.is_dir():
        fail(f"{output}: is a directory")
    if any(name != "-" and output.exists() and output.samefile(name) for name in paths):
        fail(f"{output}: is one of the claim files; messages go elsewhere")


def _paths(files: list[str]) -> list[str]:
    """Files as named; patterns that the shell left alone are expanded."""
    paths: list[str] = []
    for name in files:
        if name == "-" or Path(name).exists():
            paths.append(name)
            continue
        found = sorted(glob(name, recursive=True))  # noqa: PTH207 -- the pattern may be absolute
        if not found:
            fail(f"{name}: no such file")
        paths += found
    for name in paths:
        if name != "-" and Path(name).is_dir():
            fail(f"{name}: is a directory; name its files, such as {Path(name) / '*.837'}")
    return paths


def _summarise(tally: Tally, format: Format) -> None:
    counts = batch.as_summary(tally)
    if format is not Format.text:
        typer.echo(json.dumps(counts), err=True)
        return
    rest = ", ".join(
        f"{counts[name]:,} {name.replace('_', ' ')}"
        for name in ("accepted", "accepted_with_warnings", "rejected", "not_judged")
    )
    typer.echo(
        f"\n{_count(tally.files, 'file')}, {_count(tally.claims, 'claim')}, {_count(tally.lines, 'line')}: {rest}; "
        f"{_count(tally.messages, 'message')}, {tally.unreadable:,} unreadable",
        err=True,
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
