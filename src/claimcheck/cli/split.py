"""``claimcheck split``: a claim file in, its claims out by disposition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from claimcheck.cli.check import (
    Asked,
    FailOnOption,
    FormatOption,
    JobsOption,
    Output,
    OutputOption,
    RecordOption,
    RunDateOption,
    StatisticsOption,
    WaiversOption,
    checked,
    configuration_of,
    options_of,
    outputs_of,
    say,
)
from claimcheck.cli.commands import RUN_STATUSES, Command, epilog, group
from claimcheck.cli.common import (
    FILES_HELP,
    ChecksOption,
    ConfigOption,
    IgnoreOption,
    IsolatedOption,
    MinJudgedOption,
    ProfileOption,
    QuietOption,
    RulebookOption,
    SelectOption,
    Timer,
    VerboseOption,
    book_at,
    checker_of,
    count,
    end_run,
    fail,
    ids,
    must_be_one_of,
    must_be_writable,
    must_spare_history,
    read_terminal,
    resolved,
    say_without_history,
)
from claimcheck.message import Disposition
from claimcheck.runs import split as splitting
from claimcheck.runs.batch import is_standard_output, name_of
from claimcheck.runs.outputs import output_to
from claimcheck.runs.signals import EndedBySignal, blocked_signals

app = group("Split claim files.")


@app.command(
    "split",
    cls=Command,
    epilog=epilog(
        "claimcheck split batch.837 --accepted send.837 --rejected fix.837",
        "claimcheck split batch.837 --accepted send.837 --rejected fix.837.gz \\\n"
        "      --warned review.837 --not-judged wait.837",
        "claimcheck split batch.837 --accepted - --rejected fix.837 > send.837",
        statuses=RUN_STATUSES,
    ),
)
def split(
    file: Annotated[str, typer.Argument(metavar="FILE", help=f"{FILES_HELP}.")],
    accepted: Annotated[
        Path, typer.Option("--accepted", metavar="PATH", help="File for claims without a rejected line.")
    ],
    rejected: Annotated[
        Path, typer.Option("--rejected", metavar="PATH", help="File for rejected claims, and what could not be read.")
    ],
    warned: Annotated[
        Path | None,
        typer.Option("--warned", metavar="PATH", help="File for claims accepted with warnings. Default: --accepted."),
    ] = None,
    not_judged: Annotated[
        Path | None,
        typer.Option(
            "--not-judged", metavar="PATH", help="File for claims that could not be judged. Default: --rejected."
        ),
    ] = None,
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
    run_date: RunDateOption = None,
    min_judged: MinJudgedOption = None,
    jobs: JobsOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Split a claim file by disposition, each claim byte for byte.

    Every part is written, whole or not at all. One without a claim is an empty file (CSV: the header alone; Parquet
    and Arrow: the columns alone). A part that ends in .gz is compressed; one of them may be -, standard output.
    """
    must_be_one_of(quiet, verbose)
    timer = Timer()
    # What could not be judged is not sent on as clean unless the caller says so.
    given: dict[Disposition, Path] = {
        Disposition.ACCEPTED: accepted,
        Disposition.REJECTED: rejected,
        Disposition.ACCEPTED_WITH_WARNINGS: warned or accepted,
        Disposition.NOT_JUDGED: not_judged or rejected,
    }
    if resolved(accepted) == resolved(rejected):
        fail("accepted and rejected claims can't go to one file; name two")
    parts = {resolved(path): path for path in given.values()}
    paths = [*parts.values()]
    _must_be_parts(paths, file)
    part_of = {disposition: [*parts].index(resolved(path)) for disposition, path in given.items()}
    configuration = configuration_of(config, isolated, waivers, fail_on, min_judged)
    timer.end("configuration")
    outputs = outputs_of(format or [], output or [], [file] if Path(file).exists() else [], record)
    _must_be_apart(paths, outputs, record)
    must_spare_history([*paths, *(each.path for each in outputs), record], configuration)
    say_without_history(configuration)
    book = book_at(rulebook)
    timer.end("rule book")
    checker = checker_of(book, profile, configuration, checks=checks, select=select, ignore=ignore)
    timer.end("checks")
    if verbose:
        from claimcheck.cli import verbose as detail

        detail.show(detail.basis(checker, rulebook, profile))
    read_terminal([file])
    name = name_of(file)
    given_too = {"profile": profile, "select": ids(select), "ignore": ids(ignore), "checks": checks or []}
    options = options_of(checker, run_date)
    asked = Asked([file], checker, outputs, jobs, statistics, record, given_too, options, True, timer)
    is_split = False
    try:
        with splitting.splitting(file, configuration.columns) as source, ExitStack() as stack:
            sorting = splitting.Sorting(source.kind, part_of, must_split=True)
            # Messages take their place with the parts: where nothing is split, none of them appears.
            tally = checked(asked._replace(places=stack), [sorting], streams=source.streams)
            parts_to = [_output(stack, path) for path in paths]
            bare = splitting.copy_again(source, sorting.found, parts_to)
            for part in parts_to:  # so that a full disk leaves none of the parts, rather than some
                part.flush()
            with blocked_signals():
                stack.close()
                is_split = True
    except splitting.SplitError as error:
        fail(f"{name}: {error} Nothing was split.")
    except EndedBySignal as end:
        if not is_split:
            with suppress(OSError):  # the terminal may be what went away
                say(f"{name}: ended by {end.name}. Nothing was split.")
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        where = error.filename or " or ".join(
            "standard output" if is_standard_output(each) else str(each) for each in paths
        )
        fail(f"{where}: {error.strerror}. Nothing was split.")
    timer.end("parts")
    if verbose:
        detail.show(detail.times(timer, tally))
    end_run(tally, configuration, "\n".join(_summary(name, paths, sorting.found, tally.claims, bare)), quiet=quiet)


def _must_be_parts(paths: Sequence[Path], file: str) -> None:
    """Parts can be written, each to a file of its own."""
    for path in paths:
        must_be_writable(path, [file] if Path(file).exists() else [])
        if path.suffix.lower() == ".zip":
            fail(f"{path}: a part can't be a .zip; name it .gz, or without {path.suffix}")


def _must_be_apart(parts: Sequence[Path], outputs: Sequence[Output], record: Path | None) -> None:
    """No part goes where messages or the record go, or the end."""
    others = [each.path or Path("-") for each in outputs] + ([record] if record else [])
    for other in others:
        if any(resolved(part) == resolved(other) for part in parts):
            fail(f"{other}: is the file of a part; name another one by --output or --record")


def _output(stack: ExitStack, path: Path) -> BinaryIO:
    return cast("BinaryIO", stack.enter_context(output_to(path, binary=True)))


def _summary(name: str, paths: Sequence[Path], found: splitting.Sorted, claims: int, bare: int) -> Iterator[str]:
    """How many claims went where, and why, line by line."""
    yield f"{name}: {count(claims, 'claim')}"
    for part, path in enumerate(paths):
        whys = {why: many for (of, why), many in found.claims.items() if of == part}
        reasons = [f"{many:,} {_REASONS[why]}" for why, many in sorted(whys.items())]
        if part == found.rest and bare:
            what = "loop without a claim" if found.kind == "837" else "row that could not be read"
            reasons.append(f"and {bare:,} {what if bare == 1 else _PLURALS[what]}")
        to = "standard output" if is_standard_output(path) else path
        yield f"  {count(sum(whys.values()), 'claim')} to {to}: {', '.join(reasons) or 'none'}"
    if found.unread:
        yield f"{count(found.unread, 'place')} could not be read; `claimcheck check` shows which."


_REASONS: dict[splitting.Why, str] = {
    Disposition.ACCEPTED: "accepted",
    Disposition.ACCEPTED_WITH_WARNINGS: "accepted with warnings",
    Disposition.NOT_JUDGED: "not judged",
    Disposition.REJECTED: "rejected",
    "unread": "not read whole",
}
_PLURALS = {
    "loop without a claim": "loops without a claim",
    "row that could not be read": "rows that could not be read",
}
