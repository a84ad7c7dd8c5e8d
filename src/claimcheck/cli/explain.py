"""``claimcheck explain``, ``checks`` and ``schema``: what claimcheck knows."""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

import typer

from claimcheck.authoring.check import current_id
from claimcheck.catalog import code_pages, pages
from claimcheck.catalog.entries import CheckEntry, InProfile, Option, entry_of, every_check
from claimcheck.claim import Location, as_date
from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IsolatedOption,
    ListFormat,
    ProfileOption,
    RulebookOption,
    book_at,
    fail,
    ids,
    own_checks_of,
)
from claimcheck.config.files import ConfigurationError
from claimcheck.message import MESSAGE_VERSION, Carc, Citation, ClaimStatus, EditMessage, Waived


def explain_command(
    what: Annotated[str, typer.Argument(metavar="CODE|CHECK", help="A procedure code, or the id of a check.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day, for the values. Default: the newest known.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="List the code's NCCI pairs, not only their number.")] = False,
    rulebook: RulebookOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Explain a procedure code (every value, its meaning, source and dates) or a check."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 100
    console = Console(width=width, highlight=False)
    book = book_at(rulebook)
    what = current_id(what, "explain").upper()
    newest = code_pages.newest_day(book, what)
    if newest is not None:
        console.print(code_pages.code_page(book, what, _day(on) or newest, all_pairs=pairs))
        return
    edits = (check for listed in (every_check, partial(own_checks_of, config, isolated, checks)) for check in listed())
    found = next((check for check in edits if check.id.upper() == what), None)
    if found is None:
        fail(f"{what!r} is neither a check nor a code in this rule book; see `claimcheck checks`")
    console.print(pages.on_a_terminal(pages.check_page(found)))
    console.print(*code_pages.lists_page(book, found.needs, _day(on)), sep="\n")


def _day(on: str | None) -> date | None:
    day = as_date(on) if on else None
    if on and day is None:
        fail(f"{on!r} is no date; expected CCYYMMDD or CCYY-MM-DD")
    return day


def checks_command(
    only: Annotated[list[str] | None, typer.Argument(metavar="[IDS]", help="Only these: ids or prefixes.")] = None,
    profile: ProfileOption = None,
    format: Annotated[ListFormat, typer.Option("--format", help="text or json.")] = ListFormat.text,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """List the checks: id, severity, what they look for; in json everything that is known of them."""
    every = (*every_check(), *own_checks_of(config, isolated, checks))
    wanted = ids(only)
    listed = [c for c in every if not wanted or any(c.id.upper().startswith(w.upper()) for w in wanted)]
    for name in wanted:
        if not any(check.id.upper().startswith(name.upper()) for check in listed):
            fail(f"no check is called {name!r}; see `claimcheck checks`")
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


def schema_command() -> None:
    """Print the JSON Schemas of claim lines, claims, edit messages and listed checks."""
    from claimcheck.readers.rows.columns import ClaimObject, ClaimRow

    schemas = {
        "claim_line": ClaimRow.model_json_schema(),
        "claim": ClaimObject.model_json_schema(),
        "edit_message": {"version": MESSAGE_VERSION, **_schema_of(EditMessage)},
        "check": _schema_of(CheckEntry),
    }
    typer.echo(json.dumps(schemas, indent=2))


_RECORDS: Final = {
    record.__name__: record for record in (Citation, Carc, ClaimStatus, Location, Waived, InProfile, Option)
}


def _schema_of(written: type) -> dict[str, Any]:
    """The schema of what we write, where a named tuple is an object with every key, not an array."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(written).json_schema(mode="serialization")
    for name, definition in schema["$defs"].items():
        if name in _RECORDS:
            names = _RECORDS[name]._fields
            properties = dict(zip(names, definition["prefixItems"], strict=True))
            schema["$defs"][name] = {"type": "object", "properties": properties, "required": list(names), "title": name}
    return schema
