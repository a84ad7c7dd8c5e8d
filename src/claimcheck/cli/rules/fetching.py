"""``claimcheck rules needed`` and ``rules fetch``: what claims need, and its download."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from claimcheck.cli.commands import Command, epilog
from claimcheck.cli.common import (
    FILES_HELP,
    ConfigOption,
    IsolatedOption,
    ProfileOption,
    book_at,
    checker_of,
    configured,
    count,
    fail,
    read_terminal,
)
from claimcheck.cli.rules.group import BookOption, Format, FormatOption, app, path_of, show_report
from claimcheck.config.checker import CLEAN, REJECTED
from claimcheck.config.files import nearest
from claimcheck.rulebook import BookError, Rulebook
from claimcheck.rulebook.quarters import Quarter
from claimcheck.rulebook.schema import table_of

if TYPE_CHECKING:
    from claimcheck.fetch.client import Client, Progress
    from claimcheck.fetch.fetching import Plan, Wanted
    from claimcheck.fetch.sites import Site
    from claimcheck.rulebook.store import License
    from claimcheck.runs.needed import Need

_FilesArgument = Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help=f"{FILES_HELP}.")]
_FromOption = Annotated[
    str | None, typer.Option("--from", metavar="MONTH", help="Instead of FILES: first month of service dates, 2026-07.")
]
_ToOption = Annotated[str | None, typer.Option("--to", metavar="MONTH", help="Last month. Default: that of --from.")]
_TableOption = Annotated[
    list[str] | None, typer.Option("--table", metavar="TABLE", help="Only this table; may be repeated.")
]
_STATUSES: Final = {"0": "the rule book has all of it", "1": "something is missing", "2": "could not run"}


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules needed batch.837",
        "claimcheck rules needed --from 2026-07 --to 2026-12",
        "claimcheck rules needed batch.837 --format jsonl",
        statuses=_STATUSES,
    ),
)
def needed(
    files: _FilesArgument = None,
    from_month: _FromOption = None,
    to_month: _ToOption = None,
    table: _TableOption = None,
    rulebook: BookOption = None,
    profile: ProfileOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    format: FormatOption = Format.text,
) -> None:
    """Show which tables and quarters claims need, and which the rule book lacks.

    Claims are judged as `claimcheck check` judges them; without FILES, all tables for the months that you name are
    needed. Nothing is downloaded: `claimcheck rules fetch` does that.
    """
    needs = _needs(files or [], from_month, to_month, table or [], book_at(rulebook), profile, config, isolated)
    missing = [need for need in needs if need.missing]
    if format is Format.jsonl:
        for need in needs:
            typer.echo(json.dumps({**need.as_dict(), "file": _file_name(need)}))
    else:
        for line in _as_text(needs):
            typer.echo(line)
        typer.echo(_conclusion(needs, missing), err=True)
    raise typer.Exit(REJECTED if missing else CLEAN)


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules fetch batch.837",
        "claimcheck rules fetch --from 2026-07 --table mue_practitioner",
        "claimcheck rules fetch batch.837 --accept-license --mirror https://mirror.example.org/cms",
        "claimcheck rules fetch batch.837 --from-dir downloads",
        statuses={
            "0": "the rule book has all that is published of it",
            "1": "something is not published yet, or no longer",
            "2": "could not run: nothing was changed",
        },
    ),
)
def fetch(
    files: _FilesArgument = None,
    from_month: _FromOption = None,
    to_month: _ToOption = None,
    table: _TableOption = None,
    rulebook: BookOption = None,
    profile: ProfileOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    accept_license: Annotated[
        bool,
        typer.Option("--accept-license", help="Accept the license agreements of the AMA and the ADA; don't ask."),
    ] = False,
    from_dir: Annotated[
        Path | None,
        typer.Option("--from-dir", metavar="DIR", help="Take CMS's files from this folder; use no network."),
    ] = None,
    mirror: Annotated[
        str, typer.Option("--mirror", metavar="URL", help="Ask a copy of CMS's site instead, with the same paths.")
    ] = "",
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="DIR", help="Where to keep the files. Default: in your cache folder."),
    ] = None,
    user_agent: Annotated[
        str, typer.Option("--user-agent", metavar="TEXT", help="What requests say they come from.")
    ] = "",
    pause: Annotated[
        float, typer.Option("--pause", min=0, max=600, metavar="SECONDS", help="Between two requests. Default: 1.")
    ] = 1.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be downloaded, and download nothing.")
    ] = False,
) -> None:
    """Download what claims need and the rule book lacks from CMS, and add it.

    Files are found by the links on CMS's pages. They hold CPT and CDT codes, so that you must accept the license
    agreements of the AMA and the ADA first; the rule book notes when. All files are added, or none. Only this command
    uses the network. It honours HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.
    """
    from claimcheck.fetch.client import FetchError
    from claimcheck.fetch.fetching import fetch as fetch_files
    from claimcheck.fetch.fetching import lacking, plan
    from claimcheck.fetch.originals import Originals
    from claimcheck.fetch.sites import FolderSite, OnlineSite
    from claimcheck.rulebook.opening import future_book

    path, today = path_of(rulebook), date.today()
    if path.is_dir():
        fail(f"{path}: is a folder; name the file of a rule book")
    # The starter book does not count: one of your own takes its place.
    book = book_at(path) if path.exists() else future_book()
    needs = _needs(files or [], from_month, to_month, table or [], book, profile, config, isolated)
    originals = Originals(cache or _default_cache())
    client = None if from_dir else _client(mirror, user_agent, pause)
    try:
        site: Site = OnlineSite(client, originals, today) if client else FolderSite(_folder(from_dir), today)
        wanted = lacking(path, _wanted(needs))
        if not wanted:
            typer.echo(f"{path}: has all that is needed and can be fetched", err=True)
            raise typer.Exit(CLEAN)
        found = plan(site, wanted)
        _show_plan(found)
        if dry_run or not found.files:
            raise typer.Exit(REJECTED if found.unpublished else CLEAN)
        licenses = _licenses(path, accept_license, client, today) if client and found.needs_license else ()
        with _progress() as progress:
            lock = None if from_dir else originals.folder / ".lock"
            report = fetch_files(path, found, site, licenses, progress, lock, ask_license=not from_dir)
    except FetchError as error:
        fail(f"{error}. The rule book is as it was. Download the files yourself and run `claimcheck rules add FILE...`")
    except BookError as error:
        fail(str(error))
    finally:
        if client:
            client.close()
    show_report(path, report)
    raise typer.Exit(REJECTED if found.unpublished else CLEAN)


def _needs(
    files: list[str],
    from_month: str | None,
    to_month: str | None,
    tables: list[str],
    book: Rulebook,
    profile: str | None,
    config: Path | None,
    isolated: bool,
) -> list[Need]:
    """What files need, or all tables that checks ask in some months."""
    from claimcheck.catalog.entries import checks_by_table
    from claimcheck.fetch.fetching import BY_TABLE
    from claimcheck.runs.needed import needed_by, needed_for

    if bool(files) == bool(from_month):
        fail("name FILES, or months by --from and --to")
    for name in tables:
        if name not in BY_TABLE:
            near = nearest(name, [*BY_TABLE])
            fail(f'--table: found "{name}"{f", did you mean {near}?" if near else ""}; expected {", ".join(BY_TABLE)}')
    if files:
        read_terminal(files)
        needs, _ = needed_by(files, checker_of(book, profile, configured(config, isolated)), tables)
    else:
        usual = [name for name in BY_TABLE if name in checks_by_table() and not table_of(name).optional]
        needs = [*needed_for(tables or usual, _quarters(from_month, to_month), book)]
    return [need for need in needs if not tables or need.table in tables]


def _quarters(from_month: str | None, to_month: str | None) -> list[Quarter]:
    first = _quarter_of(from_month or "", "--from")
    last = _quarter_of(to_month, "--to") if to_month else first
    if last < first:
        fail(f"--to: found {to_month}, which is before {from_month}")
    return [*first.until(last)]


def _quarter_of(text: str, option: str) -> Quarter:
    quarter = Quarter.of_month(text) or Quarter.read(text)
    if quarter is None:
        fail(f'{option}: found "{text}", expected a month, such as 2026-07, or a quarter, such as 2026Q3')
    return quarter


def _file_name(need: Need) -> str | None:
    """What the file of a need is usually called, where it is known."""
    from claimcheck.fetch.fetching import BY_TABLE

    publication, quarter = BY_TABLE.get(need.table), Quarter.read(need.quarter)
    return publication.file_name(need.table, quarter) if publication and quarter else None


def _as_text(needs: list[Need]) -> Iterator[str]:
    """The needs by table, a quarter per line."""
    for table, some in groupby(needs, lambda need: need.table):
        published, missing = table_of(table), False
        yield published.name
        for need in some:
            lines = f"  {count(need.lines, 'line')}" if need.lines else ""
            held = ", ".join(need.releases)
            if not need.missing:
                yield f"  {need.quarter}{lines}  in the rule book: {held}"
                continue
            missing = True
            waits = f"; {count(need.waiting, 'line')} wait{'s' if need.waiting == 1 else ''}" if need.waiting else ""
            partly = f"; the rule book has a part: {held}" if held else ""
            name = _file_name(need)
            yield f"  {need.quarter}{lines}  missing{waits}{partly}" + (f"; usually named {name}" if name else "")
        if missing and published.page:
            yield f"  {published.title}: {published.page}"


def _conclusion(needs: list[Need], missing: list[Need]) -> str:
    if not needs:
        return "these claims need no table"
    if not missing:
        return "the rule book has all of it"
    return f"{len(missing)} of {len(needs)} are missing; `claimcheck rules fetch` downloads what CMS publishes"


# -- fetching ------------------------------------------------------------------------------------


def _wanted(needs: list[Need]) -> list[Wanted]:
    """What can be fetched of what is missing; what can't is told."""
    from claimcheck.fetch.fetching import BY_TABLE, Wanted

    wanted = []
    for need in needs:
        quarter = Quarter.read(need.quarter)
        # Of a list that is a snapshot there may be a newer one.
        if quarter is None or not (need.missing or table_of(need.table).optional):
            continue
        if need.table in BY_TABLE:
            wanted.append(Wanted(need.table, quarter))
        else:
            published = table_of(need.table)
            where = f"; see {published.page}" if published.page else ""
            typer.echo(f"note: {published.name} for {quarter} can't be fetched{where}", err=True)
    return wanted


def _show_plan(found: Plan) -> None:
    for link in found.files:
        typer.echo(f"found {link.name}  {link.page}".rstrip())
    for page in found.gone:
        typer.echo(f"note: {page}", err=True)
    for wanted, publication in found.unpublished:
        name = publication.file_name(wanted.table, wanted.quarter)
        typer.echo(
            f"note: {table_of(wanted.table).name} for {wanted.quarter} not found on {publication.page} "
            f"(usually {name}); old quarters leave CMS's pages. If you have the file: `claimcheck rules add FILE`",
            err=True,
        )


def _licenses(path: Path, is_accepted: bool, client: Client, today: date) -> tuple[License, ...]:
    """The license agreements, as accepted before, by the option, or now by whoever reads CMS's pages of them."""
    from claimcheck.fetch.fetching import accept, accepted_licenses, license_pages
    from claimcheck.fetch.published import LICENSES

    if known := accepted_licenses(path):
        return known
    if is_accepted:
        return accept(today)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ()
    pages = license_pages(client)
    typer.echo("\n\n".join(f"{page.url}\n\n{page.text}" for page in pages), err=True)
    asked = f"Do you accept these license agreements ({', '.join(LICENSES.values())})?"
    return accept(today) if typer.confirm(asked, err=True) else ()


def _client(mirror: str, agent: str, pause: float) -> Client:
    from claimcheck.fetch.client import AGENT, Client, FetchError

    if not (agent.isascii() and agent.isprintable()):
        fail(f"--user-agent: found {agent!r}, expected printable ASCII")
    try:
        return Client(mirror, agent or AGENT, pause)
    except FetchError as error:
        fail(str(error))


def _folder(path: Path | None) -> Path:
    if not path or not path.is_dir():
        fail(f"--from-dir: {path} is not a folder")
    return path


def _default_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("claimcheck", appauthor=False) / "originals"


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar per file on a terminal; elsewhere a line per file."""
    if not sys.stderr.isatty():
        yield _OncePerFile()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, there: int, expected: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name)
            bars.update(tasks[name], completed=there, total=expected)

        yield tell


class _OncePerFile:
    """Says on standard error which file is being downloaded."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, name: str, there: int, expected: int | None) -> None:
        if name not in self._told:
            self._told.add(name)
            typer.echo(f"downloading {name}", err=True)
