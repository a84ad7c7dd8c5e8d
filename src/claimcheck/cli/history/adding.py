"""``claimcheck history add`` and ``sent``: claims that were sent, put into a history without judging them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from claimcheck.cli.commands import epilog
from claimcheck.cli.common import (
    FILES_HELP,
    ConfigOption,
    IsolatedOption,
    ProfileOption,
    QuietOption,
    RulebookOption,
    book_at,
    checker_of,
    configured,
    count,
    fail,
    paths_of,
    saying_how_it_ends,
)
from claimcheck.cli.history.group import BY_SIGNAL, WAIT_SECONDS, AtOption, HistoryCommand, WaitOption, app, url_of
from claimcheck.config.checker import COULD_NOT_RUN, REJECTED, engines_of
from claimcheck.config.files import ConfigurationError
from claimcheck.config.history import remembering_of
from claimcheck.engine.loop import Tally
from claimcheck.memory.deposits import Added, HistoryError
from claimcheck.memory.remembering import Remembering
from claimcheck.runs.workers import WorkerDied, run

FilesArgument = Annotated[list[str], typer.Argument(metavar="FILES...", help=f"{FILES_HELP}.")]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, max=256, metavar="N", help="Worker processes. Default: one per core, if worth it."),
]
_STATUSES = {
    "0": "done",
    "1": "done, but something could not be read: check it",
    "2": "could not run, or no claim could be read: nothing was added",
    **BY_SIGNAL,
}


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history add '2023/*.837' --history claims.history",
        "claimcheck history add lines.parquet --jobs 4",
        statuses=_STATUSES,
    ),
)
def add(
    files: FilesArgument,
    history: AtOption = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    jobs: JobsOption = None,
    wait: WaitOption = WAIT_SECONDS,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    quiet: QuietOption = False,
) -> None:
    """Add claims that were sent, without judging them: years of them, so that a history begins with more than nothing.

    Name files in the order in which they were sent. All of them are added, or none. A claim that the history has is not
    added again. Claims without a patient's number, and those that no edit looks at beside others, are left out.
    """
    done = _done(files, history, profile, rulebook, jobs, wait, config, isolated)
    _end(done, [f"{done.added.new:,} added", f"{done.added.known:,} known before"], quiet)


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history sent out/accepted.837 --history claims.history",
        statuses=_STATUSES,
    ),
)
def sent(
    files: FilesArgument,
    history: AtOption = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    jobs: JobsOption = None,
    wait: WaitOption = WAIT_SECONDS,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say that claims were sent, such as those of a file that went to the payer although some were held.

    A claim that the history does not have is added to it.
    """
    done = _done(files, history, profile, rulebook, jobs, wait, config, isolated)
    new, known, _, now_sent = done.added
    counts = [
        f"{now_sent:,} held before and now sent",
        f"{known - now_sent:,} sent or replaced before",
        f"{new:,} added",
    ]
    _end(done, counts, quiet)


class _Done(NamedTuple):
    """What was read, and what became of it."""

    remembering: Remembering
    tally: Tally
    added: Added


def _done(
    files: list[str],
    history: str | None,
    profile: str | None,
    rulebook: Path | None,
    jobs: int | None,
    wait: float,
    config: Path | None,
    isolated: bool,
) -> _Done:
    paths = paths_of(files)
    configuration = configured(config, isolated)
    url = url_of(history, configuration)
    checker = checker_of(book_at(rulebook), profile, configuration)
    try:
        remembering = remembering_of(url, configuration, wait=wait, as_of_now=True, judges=False)
    except (ConfigurationError, HistoryError) as error:
        fail(str(error))
    engines_of(checker).remember_in(remembering)
    with saying_how_it_ends(remembering.store, "added"), remembering.batch():
        try:
            tally, _ = run(paths, checker, [], jobs)
        except WorkerDied as error:
            fail(f"{error}; nothing was added")
        return _Done(remembering, tally, remembering.commit() if tally.claims else Added())


def _end(done: _Done, counts: list[str], quiet: bool) -> None:
    """Say what became of each claim, the numbers adding up, and end with its status."""
    remembering, tally, added = done
    if added.twice:
        counts.append(f"{added.twice:,} twice in these files")
    counts += (f"{number:,} {why}" for why, number in sorted(remembering.left_out.items()))
    if not quiet and tally.claims:
        typer.echo(f"{remembering.store.name}: {count(tally.claims, 'claim')} read: {', '.join(counts)}", err=True)
    if tally.unreadable:
        nothing = "" if tally.claims else "; nothing was added"
        text = f"claimcheck: {count(tally.unreadable, 'part')} could not be read; `claimcheck check` says why{nothing}"
        typer.echo(text, err=True)
        raise typer.Exit(REJECTED if tally.claims else COULD_NOT_RUN)
