"""``claimcheck explain``, ``checks`` and ``schema``: what claimcheck knows."""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

import typer

from claimcheck.authoring.check import RENAMED, current_id
from claimcheck.catalog import code_pages, pages
from claimcheck.catalog.entries import CheckEntry, InProfile, Option, entry_of, every_check
from claimcheck.claim import Location, as_date
from claimcheck.cli.commands import Command, epilog, group
from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IsolatedOption,
    ListFormat,
    ProfileOption,
    RulebookOption,
    book_at,
    complete_check,
    fail,
    ids,
    own_checks_of,
)
from claimcheck.config.files import ConfigurationError, expected_one_of, nearest
from claimcheck.message import MESSAGE_VERSION, Carc, Citation, ClaimStatus, EditMessage, Waived
from claimcheck.writers.judged import CLAIM_VERSION, JudgedClaim, JudgedLine

app = group("What claimcheck knows.")


@app.command(
    "explain",
    cls=Command,
    epilog=epilog(
        "claimcheck explain 77424 --on 2025-03-10",
        "claimcheck explain 11042 --pairs",
        "claimcheck explain MUE-DOS",
    ),
)
def explain_command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CODE|CHECK",
            help="Procedure code (CPT or HCPCS), or the id of a check.",
            autocompletion=complete_check,
        ),
    ],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Date of service. Default: the newest that is known.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="List the code's NCCI pairs, not only their count.")] = False,
    rulebook: RulebookOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Explain a procedure code or a check, with sources.

    Of a code: every value, its meaning, source and dates. Of a check: what it looks for, its severity per profile, its
    options and its source.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() else 100
    console = Console(width=width, highlight=False)
    book = book_at(rulebook)
    what = _current(what, "explain").upper()
    newest = code_pages.newest_day(book, what)
    if newest is not None:
        console.print(code_pages.code_page(book, what, _day(on) or newest, all_pairs=pairs))
        return
    edits = (check for listed in (every_check, partial(own_checks_of, config, isolated, checks)) for check in listed())
    found = next((check for check in edits if check.id.upper() == what), None)
    if found is None:
        fail(f'found "{what}", expected a code of this rule book, or a check{_near(what)}; see `claimcheck checks`')
    console.print(pages.on_a_terminal(pages.check_page(found)))
    console.print(*code_pages.lists_page(book, found.needs, _day(on)), sep="\n")


def _current(name: str, where: str) -> str:
    """The id or prefix by which a check goes now: a former one is found whatever its case, as others are."""
    return current_id(next((former for former in RENAMED if former.upper() == name.upper()), name), where)


def _near(what: str) -> str:
    """The check that was perhaps meant."""
    near = nearest(what, [check.id for check in every_check()])
    return f" (did you mean {near}?)" if near else ""


def _day(on: str | None) -> date | None:
    day = as_date(on) if on else None
    if on and day is None:
        fail(f'--on: found "{on}", expected a date, CCYY-MM-DD or CCYYMMDD')
    return day


@app.command(
    "checks",
    cls=Command,
    epilog=epilog(
        "claimcheck checks",
        "claimcheck checks MUE PTP --profile medicaid",
        "claimcheck checks --format json",
    ),
)
def checks_command(
    only: Annotated[
        list[str] | None,
        typer.Argument(metavar="[IDS]...", help="Only these: ids or prefixes.", autocompletion=complete_check),
    ] = None,
    profile: ProfileOption = None,
    format: Annotated[
        ListFormat, typer.Option("--format", metavar="FORMAT", help="text, or json with all that is known.")
    ] = ListFormat.text,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """List the checks: id, severity, what they look for."""
    every = (*every_check(), *own_checks_of(config, isolated, checks))
    wanted = [_current(name, "checks") for name in ids(only)]
    listed = [c for c in every if not wanted or any(c.id.upper().startswith(w.upper()) for w in wanted)]
    for name in wanted:
        if not any(check.id.upper().startswith(name.upper()) for check in listed):
            names = [check.id for check in every]
            fail(f'unknown check "{name}", {expected_one_of(name.upper(), names, _LISTED)}')
    try:
        entries = [entry_of(check, profile) for check in listed]
    except ConfigurationError as error:
        fail(str(error))
    if format is ListFormat.json:
        typer.echo(json.dumps([entry.as_dict() for entry in entries], indent=2))
        return
    width = max(len(entry.id) for entry in entries)
    for entry in entries:
        typer.echo(f"{entry.id:<{width}}  {entry.severity:<6}  {entry.title}")


_LISTED: Final = "an id or prefix that `claimcheck checks` lists"


@app.command("schema", cls=Command, epilog=epilog("claimcheck schema > schema.json"))
def schema_command() -> None:
    """Print the JSON Schemas of claim lines, claims, messages and judged claims."""
    from claimcheck.readers.rows.columns import ClaimObject, ClaimRow

    schemas = {
        "claim_line": ClaimRow.model_json_schema(),
        "claim": ClaimObject.model_json_schema(),
        "edit_message": {"version": MESSAGE_VERSION, **_schema_of(EditMessage)},
        "judged_claim": {"version": CLAIM_VERSION, **_schema_of(JudgedClaim)},
        "check": _schema_of(CheckEntry),
    }
    typer.echo(json.dumps(schemas, indent=2))


_FIELDS: Final = {
    record.__name__: record._fields
    for record in (Citation, Carc, ClaimStatus, Location, Waived, InProfile, Option, JudgedLine)
}


def _schema_of(written: type) -> dict[str, Any]:
    """The schema of what we write, where a named tuple is an object with every key, not an array."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(written).json_schema(mode="serialization")
    for name, definition in schema["$defs"].items():
        if "prefixItems" in definition:
            names = _FIELDS[name]
            properties = dict(zip(names, definition["prefixItems"], strict=True))
            schema["$defs"][name] = {"type": "object", "properties": properties, "required": list(names), "title": name}
    return schema
