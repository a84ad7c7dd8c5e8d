"""The command line.

Exit status: 0 no line rejected; 1 some line rejected, or something could not be read; 2 could not run.
"""

from __future__ import annotations

import io
import json
import os
import sys
from enum import StrEnum
from glob import glob
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import claimcheck
from claimcheck import batch, explain
from claimcheck.checking import Check
from claimcheck.checks import all_checks
from claimcheck.claim import as_date
from claimcheck.engine import Tally
from claimcheck.message import EditMessage
from claimcheck.profile import Checker, Configuration, ConfigurationError, load_configuration, load_profile
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.starter import RuleDataError, load
from claimcheck.sources import reading_edits
from claimcheck.stamp import ENGINE_EDITS

app = typer.Typer(
    help="Check medical claims against published, cited and dated rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

CLEAN, REJECTED, COULD_NOT_RUN = 0, 1, 2


class Format(StrEnum):
    """Output formats of ``check``."""

    text = "text"
    jsonl = "jsonl"
    csv = "csv"


class ListFormat(StrEnum):
    """Output formats of ``checks``."""

    text = "text"
    json = "json"


_Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Profile for every claim. Default: by each claim's setting."),
]
_Rulebook = Annotated[
    Path | None,
    typer.Option("--rulebook", metavar="PATH", help="Folder of rule data. Default: the starter rule book."),
]


def _fail(text: str) -> NoReturn:
    """Usage: one line on stderr, status 2."""
    typer.echo(f"claimcheck: {text}", err=True)
    raise typer.Exit(COULD_NOT_RUN)


def _book(path: Path | None) -> Rulebook:
    if path and not path.is_dir():
        _fail(f"{path}: no such folder of rule data")
    try:
        return load(path)
    except RuleDataError as error:
        _fail(str(error))


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"claimcheck {claimcheck.__version__}")
        raise typer.Exit


@app.command()
def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES or - or globs]", help="837, CSV or JSONL, also .gz and .zip."),
    ] = None,
    profile: _Profile = None,
    rulebook: _Rulebook = None,
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
            _book(rulebook),
            profile,
            select=_ids(select),
            ignore=_ids(ignore),
            configuration=configuration,
        )
    except ConfigurationError as error:
        _fail(str(error))
    _check_output(output, paths)
    colours = format is Format.text and output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    try:
        with batch.output_to(output) as stream:
            sink = batch.open_sink(format.value, stream, colours=colours)
            tally, unread = batch.check_files(paths, checker, sink)
    except BrokenPipeError:
        raise
    except OSError as error:  # sources make messages of theirs: this is the output's
        _fail(f"{output or 'standard output'}: {error.strerror}")
    for message in unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    _summarise(tally, format)
    if tally.unreadable and not tally.claims:
        raise typer.Exit(COULD_NOT_RUN)
    raise typer.Exit(REJECTED if tally.rejected or tally.unreadable else CLEAN)


def _check_output(output: Path | None, paths: list[str]) -> None:
    if output is None:
        if sys.stdout is None:
            _fail("standard output is closed")
        return
    if not output.parent.is_dir():
        _fail(f"{output}: there is no folder {output.parent}")
    if output.is_dir():
        _fail(f"{output}: is a directory")
    if any(name != "-" and output.exists() and output.samefile(name) for name in paths):
        _fail(f"{output}: is one of the claim files; messages go elsewhere")


def _paths(files: list[str]) -> list[str]:
    """Files as named; patterns that the shell left alone are expanded."""
    paths: list[str] = []
    for name in files:
        if name == "-" or Path(name).exists():
            paths.append(name)
            continue
        found = sorted(glob(name, recursive=True))  # noqa: PTH207 -- the pattern may be absolute
        if not found:
            _fail(f"{name}: no such file")
        paths += found
    for name in paths:
        if name != "-" and Path(name).is_dir():
            _fail(f"{name}: is a directory; name its files, such as {Path(name) / '*.837'}")
    return paths


def _ids(given: list[str] | None) -> list[str]:
    """Ids may be given several times or joined by commas."""
    if given and not any(ids.strip(", ") for ids in given):
        _fail("an option that takes ids of checks was given none")
    return [id.strip() for ids in given or [] for id in ids.split(",") if id.strip()]


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


@app.command(name="explain")
def explain_command(
    what: Annotated[str, typer.Argument(metavar="CODE|CHECK", help="A procedure code, or the id of a check.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day, for a code. Default: the newest known.")
    ] = None,
    rulebook: _Rulebook = None,
) -> None:
    """Explain a procedure code (every value, its meaning, source and dates) or a check."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 100
    console = Console(width=width, highlight=False)
    known = {check.id: check for check in _every_check()}
    if what.upper() in known:
        console.print(explain.check_page(known[what.upper()]))
        return
    book = _book(rulebook)
    newest = explain.newest_day(book, what.upper())
    if newest is None:
        _fail(f"{what!r} is neither a check nor a code in this rule book; see `claimcheck checks`")
    day = as_date(on) if on else newest
    if day is None:
        _fail(f"{on!r} is no date; expected CCYYMMDD or CCYY-MM-DD")
    console.print(explain.code_page(book, what.upper(), day))


def _every_check() -> list[Check]:
    return [*all_checks(), *ENGINE_EDITS, *reading_edits()]


@app.command(name="checks")
def checks_command(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[IDS]", help="Only these: ids or prefixes.")] = None,
    profile: _Profile = None,
    format: Annotated[ListFormat, typer.Option("--format", help="text or json.")] = ListFormat.text,
) -> None:
    """List the checks: id, severity, what they look for."""
    wanted = _ids(ids)
    listed = [c for c in _every_check() if not wanted or any(c.id.startswith(w.upper()) for w in wanted)]
    if wanted and not listed:
        _fail(f"no check is called {wanted[0]!r}; see `claimcheck checks`")
    severities = _severities(profile, listed)
    if format is ListFormat.json:
        typer.echo(json.dumps([_as_json(check, severities[check.id]) for check in listed], indent=2))
        return
    width = max(len(check.id) for check in listed)
    for check in listed:
        typer.echo(f"{check.id:<{width}}  {severities[check.id]:<6}  {check.title}")


def _severities(profile: str | None, listed: list[Check]) -> dict[str, str]:
    severities = {check.id: str(check.severity) for check in listed}
    if profile is None:
        return severities
    try:
        chosen = {c.check.id: str(c.severity) for c in load_profile(profile).chosen(all_checks())}
    except ConfigurationError as error:
        _fail(str(error))
    own = {check.id for check in all_checks()}
    return {id: chosen.get(id, "off") if id in own else severity for id, severity in severities.items()}


def _as_json(check: Check, severity: str) -> dict[str, Any]:
    maps = check.maps
    return {
        "id": check.id,
        "title": check.title,
        "severity": severity,
        "reach": check.reach,
        "step": check.step,
        "settings": list(check.settings),
        "needs": list(check.needs),
        "options": check.options,
        "citation": check.cites._asdict(),
        "carc": maps.carc._asdict() if maps.carc else None,
        "rarc": maps.rarc,
        "claim_status": maps.claim_status._asdict() if maps.claim_status else None,
        "confidence": maps.confidence,
    }


@app.command()
def schema() -> None:
    """Print the JSON Schemas of claim lines, claims and edit messages."""
    from pydantic import TypeAdapter

    from claimcheck.sources.rows import ClaimObject, ClaimRow

    schemas = {
        "claim_line": ClaimRow.model_json_schema(),
        "claim": ClaimObject.model_json_schema(),
        "edit_message": TypeAdapter(EditMessage).json_schema(),
    }
    typer.echo(json.dumps(schemas, indent=2))


def main() -> None:
    """Run the command line. A reader that goes away (``| head``) is no error of ours."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a claim id that the terminal can't show is no error
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REJECTED)
