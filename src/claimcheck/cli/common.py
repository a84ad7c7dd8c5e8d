"""What the commands share: options, and how they end when they can't run."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from claimcheck.authoring.check import Check, ChecksRefused
from claimcheck.config.checker import COULD_NOT_RUN, Checker, exit_status_of, is_too_little_judged
from claimcheck.config.configuration import Configuration, find_configuration, load_configuration, own_checks, placed
from claimcheck.config.files import ConfigurationError
from claimcheck.engine.loop import Tally
from claimcheck.engine.missing import missing_texts
from claimcheck.memory import HistoryError, Remember
from claimcheck.rulebook import BookError, Rulebook
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.store import RuleDataError
from claimcheck.runs.batch import is_standard_output
from claimcheck.runs.signals import EndedBySignal

if TYPE_CHECKING:
    from claimcheck.memory.deposits import Store


def complete_profile(incomplete: str) -> list[str]:
    """The profiles that ship, for a shell. (What these functions need is loaded when a shell asks.)"""
    from claimcheck.config.profile import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]


def complete_format(incomplete: str) -> list[str]:
    """The formats of messages."""
    from claimcheck.writers import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def complete_check(incomplete: str) -> list[str]:
    """Every check that ships, also after a comma."""
    from claimcheck.catalog.entries import every_check

    return _with_ids(incomplete, every_check())


def complete_selectable(incomplete: str) -> list[str]:
    """The checks that can be selected and ignored: not those that always run."""
    from claimcheck.checks import all_checks

    return _with_ids(incomplete, all_checks())


def _with_ids(incomplete: str, checks: Iterable[Check]) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{check.id}" for check in checks if check.id.startswith(last)]


ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        autocompletion=complete_profile,
        help="Profile for every claim, such as medicare_part_b or medicaid, or a TOML file. Default: by each claim's "
        "payer, filing indicator (SBR09) and setting.",
    ),
]
RulebookOption = Annotated[
    Path | None,
    typer.Option(
        "--rulebook",
        metavar="PATH",
        envvar="CLAIMCHECK_RULEBOOK",
        help="Rule book made by `rules add`, a folder of rule data, or `starter`. Default: the one in your data "
        "folder, else the starter book.",
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="IDS",
        autocompletion=complete_selectable,
        help="Run only these checks: ids or prefixes, such as MUE,PTP-1.",
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="IDS",
        autocompletion=complete_selectable,
        help="Do not run these checks. The longest prefix wins.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="PATH",
        help="Configuration file. Default: the nearest claimcheck.toml, or pyproject.toml with [tool.claimcheck], in "
        "this folder or above.",
    ),
]
IsolatedOption = Annotated[bool, typer.Option("--isolated", help="Use no configuration file.")]
MinJudgedOption = Annotated[
    float | None,
    typer.Option(
        "--min-judged",
        min=0,
        max=1,
        metavar="SHARE",
        help="Share of the lines that must be judged; else the exit status is 3. Default: 0.5.",
    ),
]
ChecksOption = Annotated[
    list[str] | None,
    typer.Option("--checks", metavar="MODULE|PATH", help="Custom checks: a module, a file or a folder of them."),
]
HistoryOption = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="PATH|URL",
        help="What earlier batches billed, to judge with and to add to: a file of `history init`, or postgresql://...",
    ),
]
RememberOption = Annotated[
    Remember | None,
    typer.Option(
        "--remember",
        metavar="CLAIMS",
        help="Claims that count as sent in the history: accepted, the default, all, or none to add nothing.",
    ),
]
WaitOption = Annotated[
    float,
    typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for another run that adds to the history."),
]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Show no summary and no progress; errors still show.")]
VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help="Show what the run rests on, and how long each phase took.")
]
FILES_HELP = "837, CSV, XLSX, JSONL, Parquet or Arrow; also .gz or .zip. - is standard input"


class AsOf(StrEnum):
    """As of when files are judged that the history knows already."""

    now = "now"


AsOfOption = Annotated[
    AsOf | None,
    typer.Option(
        "--as-of",
        metavar="now",
        help="Judge files that the history knows with what was billed since. Default: as of when they were judged "
        "first.",
    ),
]


class ListFormat(StrEnum):
    """Output formats of lists."""

    text = "text"
    json = "json"


class Timer:
    """How long each phase of a command took, in seconds; the first is the start of the program."""

    def __init__(self) -> None:
        self.phases = {"start": process_time()}
        self._began = perf_counter()

    def end(self, phase: str) -> None:
        """A phase is over."""
        now = perf_counter()
        self.phases[phase] = now - self._began
        self._began = now


def fail(text: str) -> NoReturn:
    """Usage: one line on stderr, status 2."""
    typer.echo(f"claimcheck: {' '.join(text.splitlines())}", err=True)
    raise typer.Exit(COULD_NOT_RUN)


@contextmanager
def saying_how_it_ends(store: Store, done: str, but: str = "") -> Iterator[None]:
    """What is wrong with a history ends the command; and where a signal does, say in which state the history is.

    Args:
        store: the history.
        done: what is done to it, such as "remembered".
        but: what is to be said, too, where it was done.
    """
    try:
        yield
    except HistoryError as error:
        fail(str(error))
    except EndedBySignal as end:
        state = {
            False: f"Nothing was {done}",
            True: f"All was {done} before{but}",
            None: f"It could not be asked whether it was {done}; run again, nothing is {done} twice",
        }[store.was_changed]
        with suppress(OSError):  # the terminal may be what went away
            typer.echo(f"claimcheck: {store.name}: ended by {end.name}. {state}.", err=True)
        raise


def book_at(path: Path | None) -> Rulebook:
    """The rule book to use, or the end."""
    try:
        return open_book(path)
    except (BookError, RuleDataError) as error:
        fail(str(error))


def configured(config: Path | None, isolated: bool) -> Configuration:
    """The configuration to use, or the end."""
    try:
        path = config or (None if isolated else find_configuration(Path()))
        return load_configuration(path) if path else Configuration()
    except ConfigurationError as error:
        fail(str(error))


def checker_of(
    rulebook: Rulebook,
    profile: str | None,
    configuration: Configuration,
    *,
    checks: list[str] | None = None,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
) -> Checker:
    """The checker of a command line, or the end."""
    try:
        return Checker(
            rulebook,
            profile,
            checks=[placed(name, Path()) for name in checks or []],
            select=ids(select),
            ignore=ids(ignore),
            configuration=configuration,
        )
    except (ConfigurationError, RuleDataError) as error:
        fail(str(error))
    except ChecksRefused as refused:
        fail_all(refused)


def must_be_one_of(quiet: bool, verbose: bool) -> None:
    """Quiet or verbose, or the end."""
    if quiet and verbose:
        fail("-q and -v can't be used together")


def read_terminal(paths: Iterable[str]) -> None:
    """Where claims are to be typed or pasted, say so, for it looks as if nothing happened; and read them all at once:
    else each reader that looks for the end would wait for a Ctrl-D of its own."""
    if "-" not in paths or sys.stdin is None or not sys.stdin.isatty():
        return
    typer.echo(
        "claimcheck: waiting for claims on standard input: paste an 837, CSV or JSON lines, then press Ctrl-D on a "
        "line of its own. Or press Ctrl-C and name files: claimcheck check FILES",
        err=True,
    )
    sys.stdin = io.TextIOWrapper(io.BytesIO(sys.stdin.buffer.read()))


def own_checks_of(config: Path | None, isolated: bool, checks: list[str] | None) -> tuple[Check, ...]:
    """The checks of the user's own, or the end."""
    try:
        return own_checks(configured(config, isolated), (placed(name, Path()) for name in checks or []))
    except ChecksRefused as refused:
        fail_all(refused)


def fail_all(refused: ChecksRefused) -> NoReturn:
    """Each problem on a line of its own, status 2."""
    for problem in refused.problems:
        typer.echo(f"claimcheck: {' '.join(problem.splitlines())}", err=True)
    raise typer.Exit(COULD_NOT_RUN)


def ids(given: list[str] | None) -> list[str]:
    """Ids may be given several times or joined by commas."""
    if given and not any(ids.strip(", ") for ids in given):
        fail("found no check id where an option needs one; `claimcheck checks` lists them")
    return [id.strip() for ids in given or [] for id in ids.split(",") if id.strip()]


def must_be_writable(output: Path, inputs: Iterable[str]) -> None:
    """An output that can be written and is not one of the claim files, or the end."""
    if is_standard_output(output):
        if sys.stdout is None:
            fail("standard output is closed; name a file")
        return
    resolved(output)
    if not output.parent.is_dir():
        fail(f"{output}: found no folder {output.parent}; create it first")
    if output.is_dir():
        fail(f"{output}: is a directory; name a file in it")
    if any(name != "-" and output.exists() and output.samefile(name) for name in inputs):
        fail(f"{output}: is one of the claim files; name another file")


def must_spare_history(outputs: Iterable[Path | None], configuration: Configuration) -> None:
    """No output takes the place of the history or of its key, or the end: with either all that it knows is lost."""
    if not (configuration.history or configuration.history_key):
        return
    from claimcheck.memory.keys import key_file  # few have a history

    files = [Path(f"{configuration.history}{suffix}") for suffix in ("", "-wal", "-shm")]
    kept = {resolved(path) for path in (*files, key_file(configuration.history_key)) if path}
    for output in outputs:
        if output and not is_standard_output(output) and resolved(output) in kept:
            fail(f"{output}: is the history, or its key; name another file")


def say_without_history(*configurations: Configuration) -> None:
    """Say that a command judges without the history that a configuration names."""
    if any(configuration.history for configuration in configurations):
        typer.echo("claimcheck: judged without the history, which `claimcheck check` alone uses", err=True)


def paths_of(files: list[str]) -> list[str]:
    """Files as named, or the end; patterns that the shell left alone are expanded."""
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


def resolved(path: Path) -> Path:
    """A path whose links are followed, or the end."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        fail(f"{path}: found symbolic links that form a loop; name another file")


def end_run(
    tally: Tally, configuration: Configuration, summary: str, *, for_people: bool = True, quiet: bool = False
) -> NoReturn:
    """End a run: its summary, and what hampered it, go to standard error; what lines wait for and which payers are not
    known only where people read it. Then the exit status."""
    for_people = for_people and not quiet
    if for_people:
        _show_missing(tally)
    if is_too_little_judged(tally, configuration):
        typer.echo(f"claimcheck: {_too_little(tally, configuration)}", err=True)
    if not quiet:
        typer.echo(summary, err=True)
    for check, (lines, needed, known) in sorted(tally.short.items()) if for_people else ():
        text = f"{check}: {count(lines, 'line')}, the history reaches back {known} of {count(needed, 'month')}"
        typer.echo(text, err=True)
    if for_people and tally.payer_unknown:
        typer.echo(
            f"{count(tally.payer_unknown, 'claim')} judged by Medicare's rules: no payer type reported. Report the "
            "filing indicator (SBR09), configure the payer, or give --profile",
            err=True,
        )
    raise typer.Exit(exit_status_of(tally, configuration))


def _show_missing(tally: Tally) -> None:
    """Say on standard error what lines wait for."""
    for title, texts in missing_texts(tally.missing).items():
        typer.echo(f"\n{title}:", err=True)
        for text in texts:
            typer.echo(f"  {text}", err=True)
    if any(row.source for row in tally.missing.rows()):
        typer.echo(
            "\n`claimcheck rules fetch FILES` downloads what is missing; `rules needed FILES` lists it.", err=True
        )


def _too_little(tally: Tally, configuration: Configuration) -> str:
    """That too little could be judged, with the table, the days and the lines that most wait for."""
    judged = tally.lines - tally.not_judged
    text = f"only {judged:,} of {count(tally.lines, 'line')} could be judged ({judged / tally.lines:.1%}; "
    text += f"min_judged is {configuration.min_judged:.1%})"
    worst = tally.missing.rows()[0]
    days = f", dates of service {worst.first} to {worst.last}" if worst.first else ""
    missing = "is not in the rule book: " if worst.is_table else ""
    return f"{text}: {worst.name} {missing}{count(worst.blocked, 'line')}{days}"


def count(number: int, noun: str) -> str:
    """A number of things: ``1 claim``, ``2,000 claims``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
