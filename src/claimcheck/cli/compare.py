"""``claimcheck compare``: the same claims judged twice, and what comes out otherwise."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from claimcheck.cli.commands import Command, epilog, group
from claimcheck.cli.common import (
    FILES_HELP,
    ChecksOption,
    ConfigOption,
    IgnoreOption,
    IsolatedOption,
    ProfileOption,
    RulebookOption,
    SelectOption,
    book_at,
    checker_of,
    configured,
    fail,
    must_be_writable,
    must_spare_history,
    paths_of,
    read_terminal,
    say_without_history,
)
from claimcheck.config.checker import Checker
from claimcheck.config.files import expected_one_of, value_shown
from claimcheck.rulebook import FEE_SCHEDULE, MUE_TABLES, OPPS_TABLE, PTP_TABLES, BookError, Rulebook
from claimcheck.rulebook.quarters import Quarter
from claimcheck.runs.comparing import CompareError, Comparison, Judging, Reported, Side, compare_files
from claimcheck.runs.comparing.differences import EXAMPLES

KEYS: Final = ("rulebook", "quarter", "profile", "config", "waivers", "checks", "messages")
"""What a side may have of its own."""

_BY_QUARTER: Final = (FEE_SCHEDULE, OPPS_TABLE, *MUE_TABLES, *PTP_TABLES)
"""Tables of which a book has a release of a quarter, where it has that quarter."""


class CompareFormat(StrEnum):
    """Output formats of a comparison."""

    text = "text"
    json = "json"
    html = "html"


class _Common(NamedTuple):
    """What both sides have where they have nothing of their own."""

    rulebook: Path | None
    profile: str | None
    config: Path | None
    isolated: bool
    checks: list[str]
    select: list[str] | None
    ignore: list[str] | None


app = group("Compare two judgements of the same claims.")


@app.command(
    "compare",
    cls=Command,
    epilog=epilog(
        "claimcheck compare may.837 --before quarter=2026Q3 --after quarter=2026Q4",
        "claimcheck compare may.837 --after profile=commercial",
        "claimcheck compare 'in/*.837' --after config=new.toml --after checks=acme.py \\\n"
        "      --format html --output compare.html",
        "claimcheck compare may.837 --before messages=may.jsonl",
        statuses={"0": "nothing changes", "1": "something changes", "2": "could not run"},
    ),
)
def compare(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help=f"{FILES_HELP}, the default.")] = None,
    before: Annotated[
        list[str] | None,
        typer.Option("--before", metavar="KEY=VALUE", help=f"What the first side has of its own: {', '.join(KEYS)}."),
    ] = None,
    after: Annotated[
        list[str] | None,
        typer.Option("--after", metavar="KEY=VALUE", help="The same of the second side. Repeat either for several."),
    ] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    format: Annotated[
        CompareFormat, typer.Option("--format", metavar="FORMAT", help="text, json or html.")
    ] = CompareFormat.text,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="PATH", help="File for it. Default: standard output.")
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, max=1000, metavar="N", help="Messages to show as examples.")
    ] = EXAMPLES,
) -> None:
    """Judge the same claims twice, and show what changes.

    Each side has its own rule book, quarter, profile, configuration, waivers, custom checks, or the messages of an
    earlier run. quarter=2026Q4 puts the rules of that quarter in force on every date of service, and each message of
    that side says so.
    """
    common = _Common(rulebook, profile, config, isolated, checks or [], select, ignore)
    sides = [_given("--before", before), _given("--after", after)]
    if sides[0] == sides[1]:
        fail("both sides are the same; give --before or --after, such as --after quarter=2026Q4")
    paths = paths_of(files or ["-"])
    if output:
        must_be_writable(output, paths)
    checkers = [_checker(given, common) for given in sides]
    for checker in checkers:
        must_spare_history([output], checker.configuration)
    say_without_history(*(checker.configuration for checker in checkers))
    _must_read_alike(*checkers)
    read_terminal(paths)
    try:
        made = [_side(given, checker) for given, checker in zip(sides, checkers, strict=True)]
        found = compare_files(paths, checkers[1], made[0], made[1], examples=examples)
    except (CompareError, BookError) as error:
        fail(str(error))
    _write(found, [_called(given) for given in sides], format, output)
    for message in found.files_unread:
        typer.echo(f"claimcheck: {message.locus.file}: {message.text}", err=True)
    if found.unread and not found.total_claims and not found.files_unread:
        fail("no claim could be read; `claimcheck check` says why")
    if found.files_unread:  # else a build would take it that nothing changes
        raise typer.Exit(2)
    raise typer.Exit(0 if found.is_same else 1)


def _given(option: str, values: list[str] | None) -> dict[str, list[str]]:
    """What a side has of its own, by key; only custom checks may be several."""
    found: dict[str, list[str]] = {}
    for value in values or []:
        key, equals, text = value.partition("=")
        if key not in KEYS or not equals or not text:
            fail(f"{option}: found {value_shown(value)}, {expected_one_of(key, [f'{name}=VALUE' for name in KEYS])}")
        if key in found and key != "checks":
            fail(f"{option}: found {key} twice; name one")
        found.setdefault(key, []).append(text)
    if "messages" in found and len(found) > 1:
        fail(f"{option}: messages are of an earlier run; remove {', '.join(key for key in found if key != 'messages')}")
    return found


def _called(given: dict[str, list[str]]) -> str:
    return ", ".join(f"{key}={value}" for key, values in given.items() for value in values) or "as configured"


def _checker(given: dict[str, list[str]], common: _Common) -> Checker:
    """The checker of a side, or the end. The side of an earlier run has one for reading alone."""
    one = {key: values[0] for key, values in given.items()}
    config = Path(one["config"]) if "config" in one else common.config
    configuration = configured(config, common.isolated and "config" not in one)
    if "waivers" in one:
        configuration = configuration.with_given(waivers=Path(one["waivers"]))
    book = book_at(Path(one["rulebook"]) if "rulebook" in one else common.rulebook)
    if "quarter" in one:
        book = _as_of(book, one["quarter"])
    return checker_of(
        book,
        one.get("profile", common.profile),
        configuration,
        checks=[*common.checks, *given.get("checks", [])],
        select=common.select,
        ignore=common.ignore,
    )


def _as_of(book: Rulebook, text: str) -> Rulebook:
    """A book with a quarter's rules in force on every day, or the end."""
    quarter = Quarter.read(text)
    if quarter is None:
        fail(f"quarter: found {value_shown(text)}, expected a quarter such as 2026Q4")
    if not any(book.has_edition(table, quarter.first) for table in _BY_QUARTER):
        fail(f"quarter: found no release of {quarter} in the rule book; `claimcheck rules list` shows what there is")
    return book.as_of(quarter.first)


def _must_read_alike(before: Checker, after: Checker) -> None:
    """Both sides read the files in the same way, or the end."""
    for name in ("columns", "asc_npis"):
        if getattr(before.configuration, name) != getattr(after.configuration, name):
            fail(f"{name}: differ between the two configurations, so that they read other claims; make them the same")


def _side(given: dict[str, list[str]], checker: Checker) -> Side:
    if "messages" in given:
        return Reported(Path(given["messages"][0]))
    quarter = Quarter.read(given["quarter"][0]) if "quarter" in given else None
    return Judging(checker, f"Judged as if the rules of {quarter} applied on this date." if quarter else "")


def _write(found: Comparison, names: list[str], format: CompareFormat, output: Path | None) -> None:
    from claimcheck.runs.outputs import output_to

    try:
        with output_to(output) as stream:
            if format is CompareFormat.json:
                record = {"before": names[0], "after": names[1], **found.as_dict()}
                stream.write(json.dumps(record, indent=2) + "\n")
            elif format is CompareFormat.html:
                from claimcheck.runs.comparing.page import page

                stream.write(page(found, *names))
            else:
                from claimcheck.runs.comparing.text import text

                stream.write(text(found, *names))
    except OSError as error:
        fail(f"{output or 'standard output'}: {error.strerror}")
