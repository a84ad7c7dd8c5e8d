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
from typing import IO, TYPE_CHECKING, Annotated, Any, BinaryIO, Final, NamedTuple, cast

import typer

from claimcheck.cli.commands import RUN_STATUSES, Command, epilog, group
from claimcheck.cli.common import (
    FILES_HELP,
    ChecksOption,
    AsOfOption,
    ConfigOption,
    HistoryOption,
    IgnoreOption,
    IsolatedOption,
    MinJudgedOption,
    ProfileOption,
    QuietOption,
    RememberOption,
    RulebookOption,
    SelectOption,
    Timer,
    VerboseOption,
    WaitOption,
    book_at,
    checker_of,
    complete_format,
    configured,
    count,
    end_run,
    fail,
    ids,
    must_be_one_of,
    must_be_writable,
    read_terminal,
    resolved,
)
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import Tally
from claimcheck.memory.records import HistoryError
from claimcheck.message import EditMessage
from claimcheck.rulebook import BookError
from claimcheck.runs.batch import is_standard_output
from claimcheck.runs.workers import WorkerDied, run
from claimcheck.writers import FORMATS, FormatError, Options, Writer, format_of, open_writer

if TYPE_CHECKING:
    from claimcheck.cli.progress import Bar
    from claimcheck.memory.remembering import Remembering
    from claimcheck.runs.record import FiguresWriter, Hashed


_TEXT: Final = "text"


class FailOn(StrEnum):
    """Dispositions that may make the exit status 1."""

    rejected = "rejected"
    not_judged = "not_judged"
    accepted_with_warnings = "accepted_with_warnings"


class Output(NamedTuple):
    """A format, and the file that it is written to; None is standard output."""

    format: str
    path: Path | None


app = group("Check claim files.")


@app.command(
    "check",
    cls=Command,
    epilog=epilog(
        "claimcheck check batch.837",
        "claimcheck check 'in/*.837' --format jsonl --output messages.jsonl.gz",
        "claimcheck check lines.csv --profile medicaid --select MUE,PTP",
        "claimcheck check batch.837 --format text --format html --output - \\\n      --output report.html",
        "zcat batch.837.gz | claimcheck check -q --format csv > messages.csv",
        statuses=RUN_STATUSES,
    ),
)
def check(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help=f"{FILES_HELP}, the default.")] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            autocompletion=complete_format,
            help=f"Format of the messages: {', '.join(FORMATS)}. Repeat it for several.",
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            metavar="PATH",
            help="File for each --format, in order; - is standard output, the default. One that ends in .gz is "
            "compressed.",
        ),
    ] = None,
    checks: ChecksOption = None,
    waivers: Annotated[
        Path | None, typer.Option("--waivers", metavar="PATH", help="Waivers: reviewed exceptions (CSV).")
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(
            "--fail-on",
            metavar="DISPOSITION",
            help="Lines that make the exit status 1: rejected, not_judged or accepted_with_warnings. Default: "
            "rejected. Repeat it for several.",
        ),
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option("--statistics", help="Count messages by check, code, payer and provider on standard error."),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="PATH", help="Write what the run rests on, and its counts (JSON)."),
    ] = None,
    min_judged: MinJudgedOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            max=256,
            metavar="N",
            help="Worker processes. Default: one per core, if the files are large enough.",
        ),
    ] = None,
    history: HistoryOption = None,
    remember: RememberOption = None,
    wait: WaitOption = 600,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check claim files, and write a message per finding.

    Messages go to standard output, the summary to standard error.
    """
    must_be_one_of(quiet, verbose)
    timer = Timer()
    paths = _paths(files or ["-"])
    configuration = configured(config, isolated).with_given(
        waivers=waivers,
        fail_on=[each.value for each in fail_on] if fail_on else None,
        min_judged=min_judged,
        history=history,
        remember=remember.value if remember else None,
    )
    timer.end("configuration")
    book = book_at(rulebook)
    timer.end("rule book")
    checker = checker_of(book, profile, configuration, checks=checks, select=select, ignore=ignore)
    if configuration.history:
        from claimcheck.cli import remembering

        remembering.use(checker, wait=wait, as_of_now=as_of is not None)
    timer.end("checks")
    outputs = _outputs(format or [_TEXT], output or [], paths, record)
    if verbose:
        from claimcheck.cli import verbose as detail

        detail.show(detail.basis(checker, rulebook, profile))
    read_terminal(paths)
    figures, stdin = _counted(paths, record is not None) if statistics or record else (None, None)
    bar = nullcontext() if quiet else _progress_of(paths, outputs)
    tally, unread = _into(outputs, paths, checker, figures, stdin, jobs, bar)
    timer.end("claims")
    if figures and statistics:
        from claimcheck.cli.statistics import show_statistics

        show_statistics(figures)
    if figures and record:
        from claimcheck.runs.record import record_of

        given = {"profile": profile, "select": ids(select), "ignore": ids(ignore), "checks": checks or []}
        _write_record(record, record_of(checker, paths, tally, figures, given=given, stdin=stdin))
    for message in unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    if verbose:
        detail.show(detail.times(timer, tally))
    for_people = any(each.format == _TEXT for each in outputs)
    summary = _sentence(tally, configuration) if for_people else json.dumps(tally.as_dict())
    end_run(tally, configuration, summary, for_people=for_people, quiet=quiet)


def _counted(paths: list[str], recorded: bool) -> tuple[FiguresWriter, Hashed | None]:
    """What counts a run, and standard input with the digest of what is read, where a record names it."""
    from claimcheck.runs.record import FiguresWriter, Hashed  # most runs need neither

    return FiguresWriter(), Hashed(sys.stdin.buffer) if recorded and "-" in paths else None


def _outputs(formats: list[str], outputs: list[Path], paths: list[str], record: Path | None) -> list[Output]:
    """Each format with its file, in order; one output may be standard output."""
    for format in formats:
        _is_binary(format)  # that of another distribution is looked for only where one is named
    if len(outputs) > len(formats):
        fail(f"found {count(len(outputs), '--output')} and {count(len(formats), '--format')}; each --output needs one")
    pairs = [
        Output(format, None if is_standard_output(path) else path) for format, path in zip_longest(formats, outputs)
    ]
    files = [path for _, path in pairs if path]
    if len(pairs) - len(files) + (record is not None and is_standard_output(record)) > 1:
        fail("only one output can go to standard output; give the others an --output")
    targets = {resolved(path) for path in files}
    if len(targets) < len(files):
        fail("two formats can't go to one file; give each its own --output")
    if record and not is_standard_output(record) and resolved(record) in targets:
        fail(f"{record}: is the file of an --output; name another file by --record")
    for path in (*files, *([record] if record else [])):
        must_be_writable(path, paths)
    if len(files) < len(pairs):
        _must_suit_standard_output(next(each.format for each in pairs if not each.path))
    return pairs


def _must_suit_standard_output(format: str) -> None:
    """Standard output is open, and a format that it can show, or the end."""
    if sys.stdout is None:
        fail("standard output is closed; give an --output")
    if sys.stdout.isatty() and _is_binary(format):
        fail(f"{format} can't be shown on a terminal; give it an --output")


def _write_record(path: Path, record: dict[str, Any]) -> None:
    from claimcheck.runs.outputs import output_to

    try:
        with output_to(path) as stream:
            stream.write(json.dumps(record, indent=2) + "\n")
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _into(
    outputs: list[Output],
    paths: list[str],
    checker: Checker,
    figures: FiguresWriter | None,
    stdin: Hashed | None,
    jobs: int | None,
    progress: AbstractContextManager[Bar | None],
) -> tuple[Tally, list[EditMessage]]:
    """Check files into every output; each appears whole, or none does."""
    writing: Path | None = None
    try:
        with ExitStack() as places, ExitStack() as stack:
            remembering = _begun(checker, places)
            writers: list[Writer] = []
            for format, output in outputs:
                writing = output
                stream = stack.enter_context(_opened(output, _is_binary(format), places))
                options = Options(colors=_shows_colors(output), titles=partial(_titles, checker))
                writers.append(open_writer(format, stream, options))
            if figures:
                writers.append(figures)
            bar = stack.enter_context(progress)
            found = run(paths, checker, writers, jobs, stdin=cast("BinaryIO | None", stdin), bar=bar)
            if any(path is None for _, path in outputs):
                sys.stdout.flush()  # where it is full, no file appears either
            stack.close()
            if remembering:
                remembering.commit()  # all is written: now it is remembered, then the files take their places
            return found
    except BrokenPipeError:
        raise
    except (BookError, FormatError, HistoryError, WorkerDied) as error:
        fail(str(error))
    except OSError as error:  # sources make messages of theirs: this is an output's
        fail(f"{error.filename or writing or 'standard output'}: {error.strerror}")


def _opened(path: Path | None, binary: bool, places: ExitStack) -> AbstractContextManager[IO[Any]]:
    """An output, which takes its place at the end of ``places``. What writes files is loaded where there is one."""
    if path is None:
        return nullcontext(sys.stdout.buffer if binary else sys.stdout)
    from claimcheck.runs.outputs import output_to

    return output_to(path, binary=binary, then=places)


def _begun(checker: Checker, stack: ExitStack) -> Remembering | None:
    """The history that a batch is added to, whose lease is held to the end of a stack."""
    remembering = engines_of(checker).remembering
    if remembering:
        stack.enter_context(remembering.batch())
    return remembering


def _progress_of(paths: list[str], outputs: list[Output]) -> AbstractContextManager[Bar | None]:
    """A bar on standard error, if that is a terminal and messages do not go there too, and it is known how much there
    is to read."""
    mixed = any(output is None for _, output in outputs) and sys.stdout.isatty()
    if mixed or sys.stderr is None or not sys.stderr.isatty() or not all(Path(path).is_file() for path in paths):
        return nullcontext()
    from claimcheck.cli.progress import progress_of

    return progress_of([Path(path) for path in paths])


def _is_binary(format: str) -> bool:
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
            fail(f"{name}: No such file or directory; name files or patterns that match some")
        paths += found
    for name in paths:
        if name != "-" and Path(name).is_dir():
            fail(f"{name}: is a directory; name files in it, such as {Path(name) / '*.837'}")
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
