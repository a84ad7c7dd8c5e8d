"""``claimcheck check``: claim files in, edit messages out."""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, cast

import typer

from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IgnoreOption,
    IsolatedOption,
    MinJudgedOption,
    ProfileOption,
    RulebookOption,
    SelectOption,
    checker_of,
    configured,
    count,
    end_run,
    fail,
    ids,
    must_be_writable,
)
from claimcheck.config.checker import Checker
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import Tally
from claimcheck.message import EditMessage
from claimcheck.runs import batch
from claimcheck.runs.outputs import output_to
from claimcheck.runs.workers import WorkerDied, run
from claimcheck.writers import FORMATS, FormatError, Options, Writer, format_of, open_writer

if TYPE_CHECKING:
    from claimcheck.cli.progress import Bar
    from claimcheck.runs.record import FiguresWriter, Hashed


Format = StrEnum("Format", {name: name for name in FORMATS})  # type: ignore[misc]


_TEXT: Final = Format("text")


class FailOn(StrEnum):
    """Dispositions that may make the exit status 1."""

    rejected = "rejected"
    not_judged = "not_judged"
    accepted_with_warnings = "accepted_with_warnings"


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES or - or globs]", help="837, CSV, JSONL, Parquet or Arrow, also .gz, .zip."),
    ] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format: Annotated[
        list[Format] | None, typer.Option("--format", help="Format of the messages; may be given several times.")
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", metavar="PATH", help="A file for each format, in order. Default: standard output."),
    ] = None,
    checks: ChecksOption = None,
    waivers: Annotated[
        Path | None, typer.Option("--waivers", metavar="PATH", help="Reviewed exceptions (CSV).")
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(
            "--fail-on", help="Lines that make the exit status 1. Default: rejected. May be given several times."
        ),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Show messages by check, code, payer and provider on standard error.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="PATH", help="Write what the run rests on and its counts (JSON)."),
    ] = None,
    min_judged: MinJudgedOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            max=256,
            metavar="N",
            help="Processes. Default: one a core, as far as the files are worth it.",
        ),
    ] = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Check claim files; messages go to standard output, the summary to standard error."""
    paths = _paths(files or ["-"])
    configuration = configured(config, isolated).with_given(
        waivers=waivers,
        fail_on=[each.value for each in fail_on] if fail_on else None,
        min_judged=min_judged,
    )
    checker = checker_of(rulebook, profile, configuration, checks=checks, select=select, ignore=ignore)
    outputs = _outputs(format or [_TEXT], output or [], paths)
    if record:
        must_be_writable(record, paths)
    figures, stdin = _counted(paths, record is not None) if statistics or record else (None, None)
    tally, unread = _into(outputs, paths, checker, figures, stdin, jobs)
    if figures and statistics:
        from claimcheck.cli.statistics import show_statistics

        show_statistics(figures)
    if figures and record:
        from claimcheck.runs.record import record_of

        given = {"profile": profile, "select": ids(select), "ignore": ids(ignore), "checks": checks or []}
        _write_record(record, record_of(checker, paths, tally, figures, given=given, stdin=stdin))
    for message in unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    for_people = any(format == _TEXT for format, _ in outputs)
    summary = _sentence(tally, configuration) if for_people else json.dumps(batch.as_summary(tally))
    end_run(tally, configuration, summary, for_people=for_people)


def _counted(paths: list[str], recorded: bool) -> tuple[FiguresWriter, Hashed | None]:
    """What counts a run, and standard input with the digest of what is read, where a record names it."""
    from claimcheck.runs.record import FiguresWriter, Hashed  # most runs need neither

    return FiguresWriter(), Hashed(sys.stdin.buffer) if recorded and "-" in paths else None


def _outputs(formats: list[Format], outputs: list[Path], paths: list[str]) -> list[tuple[Format, Path | None]]:
    """Each format with its file, in order; one may be left for standard output."""
    if len(outputs) > len(formats):
        fail(f"{len(outputs)} outputs are given, and {len(formats)} formats: each --output is of one --format")
    if len(formats) > len(outputs) + 1:
        fail(f"{len(formats)} formats are given, and {len(outputs)} outputs: only one can go to standard output")
    if len(set(outputs)) < len(outputs):
        fail("two formats can't go into one file")
    pairs = list(zip_longest(formats, outputs))
    for format, output in pairs:
        if output is not None:
            must_be_writable(output, paths)
        elif sys.stdout is None:
            fail("standard output is closed")
        if output is None and sys.stdout.isatty() and _is_binary(format):
            fail(f"{format} is not for a terminal: give it an --output")
    return pairs


def _write_record(path: Path, record: dict[str, Any]) -> None:
    try:
        with output_to(path) as stream:
            stream.write(json.dumps(record, indent=2) + "\n")
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _into(
    outputs: list[tuple[Format, Path | None]],
    paths: list[str],
    checker: Checker,
    figures: FiguresWriter | None,
    stdin: Hashed | None,
    jobs: int | None,
) -> tuple[Tally, list[EditMessage]]:
    """Check files into every output; each appears whole, or none does."""
    writing: Path | None = None
    try:
        with ExitStack() as stack:
            writers: list[Writer] = []
            for format, output in outputs:
                writing = output
                stream = stack.enter_context(output_to(output, binary=_is_binary(format)))
                options = Options(colors=_shows_colors(output), titles=partial(_titles, checker))
                writers.append(open_writer(format, stream, options))
            if figures:
                writers.append(figures)
            bar = stack.enter_context(_progress_of(paths, outputs))
            return run(paths, checker, writers, jobs, stdin=cast("BinaryIO | None", stdin), bar=bar)
    except BrokenPipeError:
        raise
    except (FormatError, WorkerDied) as error:
        fail(str(error))
    except OSError as error:  # sources make messages of theirs: this is an output's
        fail(f"{error.filename or writing or 'standard output'}: {error.strerror}")


def _progress_of(paths: list[str], outputs: list[tuple[Format, Path | None]]) -> AbstractContextManager[Bar | None]:
    """A bar on standard error, if that is a terminal and messages do not go there too, and it is known how much there
    is to read."""
    mixed = any(output is None for _, output in outputs) and sys.stdout.isatty()
    if mixed or sys.stderr is None or not sys.stderr.isatty() or not all(Path(path).is_file() for path in paths):
        return nullcontext()
    from claimcheck.cli.progress import progress_of

    return progress_of([Path(path) for path in paths])


def _is_binary(format: Format) -> bool:
    try:
        return format_of(format).binary
    except FormatError as error:
        fail(str(error))


def _shows_colors(output: Path | None) -> bool:
    return output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _titles(checker: Checker) -> dict[str, str]:
    """What each check looks for, the user's own among them."""
    from claimcheck.catalog.entries import every_check  # most formats do without

    return {check.id: check.title for check in (*every_check(), *checker.checks())}


def _paths(files: list[str]) -> list[str]:
    """Files as named; patterns that the shell left alone are expanded."""
    paths: list[str] = []
    for name in files:
        if name == "-" or Path(name).exists():
            paths.append(name)
            continue
        from glob import glob  # most shells leave none

        found = sorted(glob(name, recursive=True))  # noqa: PTH207 -- the pattern may be absolute
        if not found:
            fail(f"{name}: no such file")
        paths += found
    for name in paths:
        if name != "-" and Path(name).is_dir():
            fail(f"{name}: is a directory; name its files, such as {Path(name) / '*.837'}")
    return paths


def _sentence(tally: Tally, configuration: Configuration) -> str:
    """The count, for people."""
    counts = tally.counts()
    rest = ", ".join(
        f"{counts[name]:,} {name.replace('_', ' ')}"
        for name in ("accepted", "accepted_with_warnings", "rejected", "not_judged")
    )
    return (
        f"\n{count(tally.files, 'file')}, {count(tally.claims, 'claim')}, {count(tally.lines, 'line')}: {rest}; "
        f"{count(tally.messages, 'message')}, {tally.unreadable:,} unreadable"
        + (f"; configured by {configuration.path}" if configuration.path else "")
    )
