"""``claimcheck rules add``, ``list``, ``diff`` and ``verify``: a rule book of the files that CMS publishes."""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from claimcheck.claim import as_date
from claimcheck.cli.commands import STATUSES, Command, epilog
from claimcheck.cli.common import count, fail
from claimcheck.cli.rules.group import BookOption, Format, FormatOption, app, path_of, show_report
from claimcheck.config.checker import CLEAN, REJECTED
from claimcheck.config.files import nearest
from claimcheck.rulebook import BookError, Store
from claimcheck.rulebook.opening import STARTER, default_path
from claimcheck.rulebook.schema import SCHEMA, Release, table_of
from claimcheck.rulebook.tables import TABLES

_INDENTED: Final[Any] = {"initial_indent": "    ", "subsequent_indent": "        ", "break_on_hyphens": False}


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules add RVU25D.zip",
        "claimcheck rules add ccipra-v313r0-f1.zip ccipra-v313r0-f2.zip \\\n"
        "      ccipra-v313r0-f3.zip ccipra-v313r0-f4.zip",
        "claimcheck rules add pairs.csv --table ptp_practitioner --first 2025-10-01",
    ),
)
def add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="zip, csv, txt or xlsx files, as CMS publishes them.")
    ],
    rulebook: BookOption = None,
    table: Annotated[
        str | None,
        typer.Option(
            "--table", metavar="TABLE", help="ptp_practitioner or ptp_outpatient, if a file's name does not tell."
        ),
    ] = None,
    first: Annotated[
        str | None,
        typer.Option(
            "--first",
            metavar="DATE",
            help="First day that the releases govern, or that of a list's release, if the files do not tell.",
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--last", metavar="DATE", help="Last day. Default: the end of the first day's quarter."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Accept incomplete releases; what they lack is not judged.")
    ] = False,
) -> None:
    """Add published files to the rule book: all, or none.

    Each is recognized by its content: relative value files (PPRRVU), MUE tables, NCCI pairs (give the four files
    together) and add-on codes, OPPS Addendum B, ASC addenda, the HCPCS file (ANWEB), the Order and Referring list and
    the LEIE.
    """
    from claimcheck.rulebook.adding import add as add_files
    from claimcheck.rulebook.cms import Told

    path = path_of(rulebook)
    told = Told(table, _day(first, "--first"), _day(last, "--last"))
    try:
        with _bar() as progress:
            report = add_files(path, files, told, partial=partial, progress=progress)
    except BookError as error:
        fail(str(error))
    show_report(path, report)


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """On a terminal a bar of the releases that are added."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda name, done, total: bar.update(task, description=name, completed=done, total=total)


def _day(text: str | None, option: str) -> date | None:
    day = as_date(text) if text else None
    if text and day is None:
        fail(f'{option}: found "{text}", expected a date, CCYY-MM-DD or CCYYMMDD')
    return day


def _store(rulebook: Path | None) -> Store:
    if rulebook and str(rulebook) == STARTER:
        from claimcheck.rulebook.starter import load

        return load().stores[0]
    path = rulebook or default_path()
    if rulebook is None and not path.is_file():
        fail(f"{path}: found no rule book; `claimcheck rules add FILE...` makes one")
    try:
        return Store.open(path)
    except BookError as error:
        fail(str(error))


def _stores(rulebook: Path | None) -> list[Store]:
    """The store of a rule book; of the starter book all that come along."""
    if rulebook and str(rulebook) == STARTER:
        from claimcheck.rulebook.opening import open_book

        return list(open_book(STARTER).stores)
    return [_store(rulebook)]


@app.command(
    name="list",
    cls=Command,
    epilog=epilog("claimcheck rules list", "claimcheck rules list --rulebook starter --format jsonl"),
)
def list_command(
    rulebook: BookOption = None,
    format: FormatOption = Format.text,
    schema: Annotated[bool, typer.Option("--schema", help="Show the tables of the database instead.")] = False,
) -> None:
    """List the releases, and the tables that are missing.

    Of each release: the days that it governs, its rows and files, and where they were fetched from; also gaps and
    overlaps, the tables that checks need but the book has no release of, and the licenses that were accepted.
    """
    from claimcheck.rulebook import inspecting

    if schema:
        typer.echo(SCHEMA, nl=False)
        return
    stores = _stores(rulebook)
    if format is Format.jsonl:
        for store in stores:
            for release in store.releases:
                typer.echo(json.dumps(inspecting.as_dict(store, release)))
            for span in inspecting.spans(store):
                typer.echo(json.dumps(span))
        for table, last in inspecting.ends(stores).items():
            typer.echo(json.dumps({"table": table, "ends": last.isoformat()}))
        for absent in _absent(stores):
            typer.echo(json.dumps(absent._asdict()))
        for license in inspecting.licenses(stores[0]):
            typer.echo(json.dumps(license))
        return
    for table in sorted({table for store in stores for table in store.tables()}):
        typer.echo(table)
        for store in stores:
            for line in _of_table(store, table):
                typer.echo(f"  {line}")
    for store in stores:
        for release in store.releases:
            if release.replaced_by is not None:
                sources = ", ".join(source.sha256[:12] for source in store.sources_of(release))
                typer.echo(f"replaced: {release.name} ({release.table}), sha256 {sources}")
    for table, last in inspecting.ends(stores).items():
        if text := ending(last):
            typer.echo(f"{table_of(table).name} {text}")
    for absent in _absent(stores):
        typer.echo(f"absent: {absent.absent}")
        typer.echo(f"    {absent.title}" + ("" if absent.imported else " (`rules add` does not read it yet)"))
        typer.echo(f"    {absent.page}")
        typer.echo(textwrap.fill(f"needed by {', '.join(absent.needed_by)}", 100, **_INDENTED))
    for license in inspecting.licenses(stores[0]):
        typer.echo(f"license accepted: {license['license']}, {license['accepted']}, {license['page']}")


_SOON: Final = 45
"""Days before the last one that ``rules list`` says so: CMS publishes a quarter about a month ahead."""


def ending(last: date) -> str:
    """How soon a table ends, counted from today; "" where that is not soon."""
    days = (last - date.today()).days
    if days > _SOON:
        return ""
    if days < 0:
        return f"ended {count(-days, 'day')} ago, on {last}"
    return f"ends in {count(days, 'day')}, on {last}" if days else f"ends today, {last}"


class _AbsentTable(NamedTuple):
    """A table that checks need and of which a rule book has no release, neither its own nor one that comes with
    claimcheck: its name, where it is published, and the checks that judge nothing by it."""

    absent: str
    title: str
    page: str
    imported: bool
    needed_by: list[str]


def _absent(stores: list[Store]) -> Iterator[_AbsentTable]:
    from claimcheck.catalog.entries import checks_by_table

    checks = checks_by_table()
    for name, table in TABLES.items():
        if name in checks and not (table.ships or table.optional or any(store.of(name) for store in stores)):
            yield _AbsentTable(name, table.title, table.page, table.imported, checks[name])


def _of_table(store: Store, table: str) -> Iterator[str]:
    from claimcheck.rulebook.inspecting import gaps, overlaps
    from claimcheck.rulebook.store import place_of, provenance_of

    fetched = {one.container: one for one in provenance_of(store).fetched}
    for release in sorted(store.of(table), key=lambda r: (r.published, r.first)):
        first, last = release.span
        whole = "" if release.complete_from or release.editions else ", in part"
        rows = f"{release.rows:,} rows{whole}" if release.rows else ""
        more = "; ".join(filter(None, (rows, release.note)))
        yield f"{release.name}  {first} to {last}  {more}".rstrip()
        sources = store.sources_of(release)
        for source in sources:
            yield f"    {place_of(source)}  {source.rows:,} rows  sha256 {source.sha256[:16]}"
        for container in dict.fromkeys(source.container or source.file for source in sources):
            if origin := fetched.get(container):
                yield f"    fetched {origin.day} from {origin.url}"
    if any(release.editions for release in store.of(table)):
        return  # of the starter book, where a row has days of its own
    for gap in gaps(store, table):
        yield f"gap: {gap.first} to {gap.last} is governed by no release"
    for both in overlaps(store, table):
        winner, other = both.releases
        wins = f"{winner.name} wins over {other.name}"
        wins += "" if winner.complete_from else " where it has a row"
        yield f"overlap: {both.first} to {both.last}: {wins}"


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules remove RVU24A",
        'claimcheck rules remove "MUE practitioner 2024 Q2" "MUE DME 2024 Q2"',
    ),
)
def remove(
    releases: Annotated[list[str], typer.Argument(metavar="RELEASES...", help="Releases, as `rules list` names them.")],
    table: Annotated[str, typer.Option("--table", metavar="TABLE", help="Only of this table.")] = "",
    rulebook: BookOption = None,
) -> None:
    """Remove releases from the rule book: all, or none."""
    from claimcheck.rulebook.removing import remove as remove_releases

    path, store = path_of(rulebook), _store(rulebook)
    named = [(release.table, release.name) for name in releases for release in _named(store, name, table).values()]
    try:
        removed = remove_releases(path, named)
    except BookError as error:
        fail(str(error))
    for release in removed:
        typer.echo(f"removed {release.name}: {release.table}, {release.rows:,} rows")


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules export mue_practitioner --on 2026-05-01 --output mue.csv",
        "claimcheck rules export fee_schedule --release RVU25D | gzip > rvu25d.csv.gz",
    ),
)
def export(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table, as `rules list` names it.")],
    release: Annotated[str, typer.Option("--release", metavar="NAME", help="Only this release.")] = "",
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Only rows that hold on this day, by the release in force."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="PATH", help="File to write; - is standard output.")
    ] = None,
    rulebook: BookOption = None,
) -> None:
    """Write a table as CSV: each row with the release, file and row that it came from."""
    from claimcheck.rulebook.exporting import PROVENANCE, columns_of, rows_of
    from claimcheck.runs.outputs import output_to

    store, day = _store(rulebook), _day(on, "--on")
    known = store.of(table)
    if not known:
        near = nearest(table, store.tables())
        fail(f'unknown table "{table}"{f", did you mean {near}?" if near else ""}; see `claimcheck rules list`')
    chosen = [_named(store, release, table)[table]] if release else known
    if day:
        chosen = [one for one in chosen if one.first <= day <= one.last][:1]
    try:
        with output_to(output) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow((*columns_of(table), *PROVENANCE))
            writer.writerows(rows_of(store, chosen, day))
    except OSError as error:
        fail(f"{output}: can't be written: {error.strerror or error}")


@app.command(
    cls=Command,
    epilog=epilog("claimcheck rules diff RVU25A RVU25D", "claimcheck rules diff RVU25A RVU25D --code 77424"),
)
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="Release, as `rules list` names it.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Later release.")],
    code: Annotated[str, typer.Option("--code", metavar="CODE", help="Only this code.")] = "",
    table: Annotated[str, typer.Option("--table", metavar="TABLE", help="Only this table.")] = "",
    rulebook: BookOption = None,
    format: FormatOption = Format.text,
) -> None:
    """Show what a release changes: codes, indicators, units.

    Of NCCI pairs and add-on codes: what is in effect on the last day of each.
    """
    from claimcheck.rulebook.comparing import changes

    store = _store(rulebook)
    pairs = _pairs_of_releases(store, one, other, table)
    for before, after in pairs:
        found = list(changes(store, before, after, code.upper()))
        if format is Format.jsonl:
            for difference in found:
                typer.echo(json.dumps(difference.as_dict()))
            continue
        counts = Counter(d.change if d.change != "changed" else d.field for d in found)
        shown = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "nothing"
        typer.echo(f"{before.name} -> {after.name}, {before.table}: {shown}")
        for difference in found:
            typer.echo(f"  {difference.in_words()}")


def _pairs_of_releases(store: Store, one: str, other: str, table: str) -> list[tuple[Release, Release]]:
    before, after = _named(store, one, table), _named(store, other, table)
    found = [(before[name], after[name]) for name in before if name in after]
    if not found:
        tables = f"{one} is of {' and '.join(before)}, {other} of {' and '.join(after)}"
        fail(f"{tables}; name two releases of one table, as `claimcheck rules list` shows them")
    return found


def _named(store: Store, name: str, table: str) -> dict[str, Release]:
    known = [r for r in store.releases if r.replaced_by is None and (not table or r.table == table)]
    found = {release.table: release for release in known if release.name.lower() == name.lower()}
    if not found:
        of = f" of {table}" if table else ""
        near = nearest(name.upper(), [release.name for release in known])
        fail(f'unknown release{of} "{name}"{f", did you mean {near}?" if near else ""}; see `claimcheck rules list`')
    return found


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck rules verify",
        "claimcheck rules verify RVU25D.zip",
        statuses={"0": "the rule book is sound", "1": "it is not: each problem is shown", "2": STATUSES["2"]},
    ),
)
def verify(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES]...", help="Also check that the book was made from these.")
    ] = None,
    rulebook: BookOption = None,
) -> None:
    """Verify the rule book: hashes, counts, shapes, overlaps."""
    from claimcheck.rulebook.inspecting import verify as problems_of

    if str(rulebook) == STARTER:
        fail("the starter book was not made from files, and claimcheck's own tests verify it; name another book")
    store = _store(rulebook)
    try:
        problems = list(problems_of(store, files or ()))
    except BookError as error:
        fail(str(error))
    for problem in problems:
        typer.echo(problem)
    current = [release for release in store.releases if release.replaced_by is None]
    typer.echo(
        f"{len(current)} releases, {sum(r.rows for r in current):,} rows: {len(problems) or 'no'} problems", err=True
    )
    raise typer.Exit(REJECTED if problems else CLEAN)
