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
from claimcheck.cli.common import (
    CLEAN,
    COULD_NOT_RUN,
    REJECTED,
    ConfigOption,
    IgnoreOption,
    ProfileOption,
    RulebookOption,
    SelectOption,
    book_at,
    count,
    fail,
    ids,
    must_be_writable,
)
from claimcheck.engine import Tally
from claimcheck.profile import Checker, Configuration, ConfigurationError, load_configuration
from claimcheck.rulebook.starter import RuleDataError


class Format(StrEnum):
    """Output formats of ``check``."""

    text = "text"
    jsonl = "jsonl"
    csv = "csv"


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES or - or globs]", help="837, CSV or JSONL, also .gz and .zip."),
    ] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format: Annotated[Format, typer.Option("--format", help="Format of the messages.")] = Format.text,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="Write messages here. Default: standard output."),
    ] = None,
    config: ConfigOption = None,
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
    if output is None and sys.stdout is None:
        fail("standard output is closed")
    if output:
        must_be_writable(output, paths)
    colours = format is Format.text and output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    try:
        with batch.output_to(output) as stream:
            sink = batch.open_sink(format.value, stream, colours=colours)
            tally, unread = batch.check_files(paths, checker, sink)
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
        f"\n{count(tally.files, 'file')}, {count(tally.claims, 'claim')}, {count(tally.lines, 'line')}: {rest}; "
        f"{count(tally.messages, 'message')}, {tally.unreadable:,} unreadable",
        err=True,
    )
