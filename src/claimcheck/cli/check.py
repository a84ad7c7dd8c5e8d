"""``claimcheck check``: claim files in, edit messages out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, BinaryIO, Final, NamedTuple, cast

import typer

from claimcheck.authoring.check import Check
from claimcheck.claim import in_dollars
from claimcheck.cli.commands import RUN_STATUSES, Command, epilog, group
from claimcheck.cli.common import (
    FILES_HELP,
    AsOfOption,
    ChecksOption,
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
    must_spare_history,
    paths_of,
    read_terminal,
    resolved,
)
from claimcheck.config.checker import Checker
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import Tally
from claimcheck.memory import HistoryError
from claimcheck.message import EditMessage
from claimcheck.rulebook import BookError
from claimcheck.runs.batch import Streams, is_standard_output
from claimcheck.runs.workers import WorkerDied, run
from claimcheck.writers import FORMATS, FormatError, Options, Writer, format_of, open_writer

if TYPE_CHECKING:
    from claimcheck.cli.progress import Bar
    from claimcheck.rulebook.schema import Release
    from claimcheck.writers.figures import Figures


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


def _nothing(unbroken: ExitStack) -> None:
    """What is done with a batch where there is no history."""


class Asked(NamedTuple):
    """A run, as a command line asks for it.

    Attributes:
        paths: the claim files; ``-`` is standard input.
        checker: what judges them.
        outputs: each format that messages are written in, with its file.
        jobs: how many processes; None for one a core.
        statistics: whether to show figures.
        record: where to write what the run rests on.
        given: what was given beside the configuration, as the record has it.
        options: what formats may have a use for, whatever their output.
        quiet: whether to show no progress.
        timer: is told when the claims are judged.
        deliver: the folder for all that comes of it, if there is to be one.
        commit: has the history keep the batch; called when all is written, before it takes its place, with a stack at
            whose end it has: no signal ends the run meanwhile.
        places: at whose end files take their places, where that is after what is delivered; else at once.
    """

    paths: list[str]
    checker: Checker
    outputs: list[Output]
    jobs: int | None
    statistics: bool
    record: Path | None
    given: dict[str, Any]
    options: Options
    quiet: bool
    timer: Timer
    deliver: Path | None = None
    commit: Callable[[ExitStack], object] = _nothing
    places: ExitStack | None = None


FormatOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        autocompletion=complete_format,
        help=f"Format of the messages: {', '.join(FORMATS)}. Repeat it for several.",
    ),
]
OutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        metavar="PATH",
        help="File for each --format, in order; - is standard output, the default. One that ends in .gz is compressed.",
    ),
]
WaiversOption = Annotated[
    Path | None, typer.Option("--waivers", metavar="PATH", help="Waivers: reviewed exceptions (CSV).")
]
FailOnOption = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on",
        metavar="DISPOSITION",
        help="Lines that make the exit status 1: rejected, not_judged or accepted_with_warnings. Default: "
        "rejected. Repeat it for several.",
    ),
]
StatisticsOption = Annotated[
    bool, typer.Option("--statistics", help="Count messages by check, code, payer and provider on standard error.")
]
RecordOption = Annotated[
    Path | None, typer.Option("--record", metavar="PATH", help="Write what the run rests on, and its counts (JSON).")
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=1,
        max=256,
        metavar="N",
        help="Worker processes. Default: one per core, if the files are large enough.",
    ),
]
RunDateOption = Annotated[
    datetime | None,
    typer.Option(
        "--run-date",
        metavar="CCYY-MM-DD",
        formats=["%Y-%m-%d"],
        help="Date of the run, as the report shows it. Default: the newest date on which claims were received.",
    ),
]


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
        "claimcheck check 'in/*.837' --deliver out",
        statuses=RUN_STATUSES,
    ),
)
def check(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help=f"{FILES_HELP}, the default.")] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
    checks: ChecksOption = None,
    waivers: WaiversOption = None,
    fail_on: FailOnOption = None,
    statistics: StatisticsOption = False,
    record: RecordOption = None,
    deliver: Annotated[
        Path | None,
        typer.Option(
            "--deliver",
            metavar="DIR",
            help="New folder for all that comes of the run: for each file its messages, 277CA, 999 and its claims by "
            "disposition; a report, the record, a summary and metrics.",
        ),
    ] = None,
    run_date: RunDateOption = None,
    history: HistoryOption = None,
    remember: RememberOption = None,
    wait: WaitOption = 600,
    as_of: AsOfOption = None,
    min_judged: MinJudgedOption = None,
    jobs: JobsOption = None,
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
    paths = paths_of(files or ["-"])
    configuration = configuration_of(config, isolated, waivers, fail_on, min_judged).with_given(
        history=history, remember=remember
    )
    if (remember or as_of) and not configuration.history:
        option = "--remember" if remember else "--as-of"
        fail(f"{option}: found no history; name it by --history, or by history in claimcheck.toml")
    timer.end("configuration")
    outputs = outputs_of(format or ([] if deliver else [_TEXT]), output or [], paths, record)
    must_spare_history([*(each.path for each in outputs), record], configuration)
    if deliver:
        from claimcheck.cli import delivering

        delivering.must_be_deliverable(deliver, paths, [*(each.path for each in outputs), record], configuration)
    book = book_at(rulebook)
    timer.end("rule book")
    checker = checker_of(book, profile, configuration, checks=checks, select=select, ignore=ignore)
    if configuration.history:
        from claimcheck.cli import remembering

        remembering.use(checker, wait=wait, as_of_now=as_of is not None)
    timer.end("checks")
    if verbose:
        from claimcheck.cli import verbose as detail

        detail.show(detail.basis(checker, rulebook, profile))
    read_terminal(paths)
    given = {"profile": profile, "select": ids(select), "ignore": ids(ignore), "checks": checks or []}
    options = options_of(checker, run_date)
    asked = Asked(paths, checker, outputs, jobs, statistics, record, given, options, quiet, timer, deliver)
    with remembering.batch_of(checker) if configuration.history else nullcontext(_nothing) as commit:
        asked = asked._replace(commit=commit)
        tally = delivering.deliver(asked, deliver) if deliver else checked(asked)
    if verbose:
        detail.show(detail.times(timer, tally))
    for_people = not outputs or any(each.format == _TEXT for each in outputs)
    summary = _sentence(tally, configuration, timer.phases["claims"]) if for_people else json.dumps(tally.as_dict())
    end_run(tally, configuration, summary, for_people=for_people, quiet=quiet)


def configuration_of(
    config: Path | None,
    isolated: bool,
    waivers: Path | None,
    fail_on: list[FailOn] | None,
    min_judged: float | None,
) -> Configuration:
    """The configuration of a run, with what was given in place of its keys, or the end."""
    return configured(config, isolated).with_given(
        waivers=waivers,
        fail_on=[each.value for each in fail_on] if fail_on else None,
        min_judged=min_judged,
    )


def options_of(checker: Checker, run_date: datetime | None) -> Options:
    """What formats may have a use for, whatever their output. A run date that is given wins over the configured one."""
    answers, given = checker.configuration.acknowledgments, run_date.date() if run_date else None
    return Options(
        titles=partial(_titles, checker),
        checks=partial(_checks, checker),
        pages=partial(_pages, checker),
        releases=partial(_releases, checker),
        run_date=given or answers.run_date,
        acknowledging=answers.acknowledging(given),
        say=say,
    )


def checked(
    asked: Asked, writers: Sequence[Writer] = (), figures: Figures | None = None, streams: Mapping[str, BinaryIO] = {}
) -> Tally:
    """Check files into every output, then show what is asked for of it, or the end.

    Args:
        asked: the run.
        writers: more of those that take what is found.
        figures: what counts the run, if one of these does.
        streams: what is read in place of a path, by it.
    """
    read = dict(streams)
    if not figures and (asked.statistics or asked.record):
        from claimcheck.runs.record import FiguresWriter  # most runs need none

        figures = counting = FiguresWriter()
        writers = [*writers, counting]
    if asked.record and "-" in asked.paths and "-" not in read:
        from claimcheck.runs.record import Hashed

        read["-"] = cast("BinaryIO", Hashed(sys.stdin.buffer))
    tally, unread = _into(asked, writers, read)
    asked.timer.end("claims")
    if figures and asked.statistics:
        from claimcheck.cli.statistics import show_statistics

        show_statistics(figures)
    if figures and asked.record:
        from claimcheck.runs.record import digests_of, record_of

        given, digests = asked.given, digests_of(read)
        record = record_of(asked.checker, asked.paths, tally, figures, given=given, streams=digests)
        _write_record(asked.record, record, asked.places)
    for message in unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    return tally


def outputs_of(formats: list[str], outputs: list[Path], paths: list[str], record: Path | None) -> list[Output]:
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


def _write_record(path: Path, record: dict[str, Any], places: ExitStack | None) -> None:
    from claimcheck.runs.outputs import output_to

    try:
        with output_to(path, then=places) as stream:
            stream.write(json.dumps(record, indent=2) + "\n")
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _into(asked: Asked, others: Sequence[Writer], streams: Streams) -> tuple[Tally, list[EditMessage]]:
    """Check files into every output; each appears whole, or none does."""
    outputs = asked.outputs
    try:
        with ExitStack() as own, ExitStack() as stack:
            places = asked.places or own
            writers: list[Writer] = []
            for format, output in outputs:
                stream = stack.enter_context(_opened(output, _is_binary(format), places))
                writers.append(open_writer(format, stream, asked.options._replace(colors=_shows_colors(output))))
            bar = stack.enter_context(nullcontext() if asked.quiet else _progress_of(asked.paths, outputs))
            found = run(asked.paths, asked.checker, [*writers, *others], asked.jobs, streams=streams, bar=bar)
            if any(path is None for _, path in outputs):
                sys.stdout.flush()  # where it is full, no file appears either
            stack.close()
            if not asked.deliver:
                with ExitStack() as unbroken:  # all is written: it is remembered, then the files take their places
                    asked.commit(unbroken)
                    own.close()
            return found
    except BrokenPipeError:
        raise
    except (BookError, FormatError, HistoryError, WorkerDied) as error:
        fail(str(error))
    except OSError as error:  # sources make messages of theirs: this is an output's
        nothing = ". Nothing was delivered." if asked.deliver else ""
        written = [*(output or "standard output" for _, output in outputs), *([asked.deliver] if asked.deliver else [])]
        fail(f"{error.filename or ' or '.join(map(str, written))}: {error.strerror}{nothing}")


def say(line: str) -> None:
    """Tell something on standard error."""
    typer.echo(f"claimcheck: {line}", err=True)


def _opened(path: Path | None, binary: bool, places: ExitStack) -> AbstractContextManager[IO[Any]]:
    """An output, which takes its place at the end of ``places``. What writes files is loaded where there is one."""
    if path is None:
        return nullcontext(sys.stdout.buffer if binary else sys.stdout)
    from claimcheck.runs.outputs import output_to

    return output_to(path, binary=binary, then=places)


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


def _pages(checker: Checker, ids: Iterable[str]) -> dict[str, str]:
    """The pages of checks, in Markdown. A custom check whose examples can't be run has none."""
    from claimcheck.catalog.pages import check_page

    checks = _checks(checker)
    pages = {}
    for id in ids:
        with suppress(Exception):
            pages[id] = check_page(checks[id])
    return pages


def _releases(checker: Checker) -> list[Release]:
    return [release for store in checker.rulebook.stores for release in store.releases]


def _titles(checker: Checker) -> dict[str, str]:
    """What each check looks for, the user's own among them."""
    return {id: check.title for id, check in _checks(checker).items()}


def _checks(checker: Checker) -> dict[str, Check]:
    """Each check by its id, the user's own among them."""
    from claimcheck.catalog.entries import every_check  # most formats do without

    return {check.id: check for check in (*every_check(), *checker.checks())}


def _sentence(tally: Tally, configuration: Configuration, seconds: float) -> str:
    """The count, for people: files and lines, then claims and money, then how long it took."""
    counts = tally.counts()
    held, rejected = map(in_dollars, (tally.held_claims_charge, tally.rejected_lines_charge))
    configured_by = f"; configured by {configuration.path}" if configuration.path else ""
    return (
        f"\n{count(tally.files, 'file')}, {count(tally.claims, 'claim')}, {count(tally.lines, 'line')}: "
        f"{_by_disposition(counts)}; {count(tally.messages, 'message')}, {tally.unreadable:,} unreadable{configured_by}"
        f"\nclaims: {_by_disposition(counts, 'claims_')}"
        f"\ncharges: {held} on rejected claims, of which {rejected} on rejected lines"
        f"\n{tally.judged_share:.1%} of lines judged; {seconds:,.1f} s, "
        f"{tally.lines / max(seconds, 0.001):,.0f} lines per second"
    )


def _by_disposition(counts: Mapping[str, int], prefix: str = "") -> str:
    return ", ".join(
        f"{counts[prefix + name]:,} {name.replace('_', ' ')}"
        for name in ("accepted", "accepted_with_warnings", "rejected", "not_judged")
    )
