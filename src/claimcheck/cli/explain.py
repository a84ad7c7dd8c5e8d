"""``claimcheck explain``, ``checks`` and ``schema``: what claimcheck knows."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from claimcheck import explain
from claimcheck.checking import Check
from claimcheck.checks import all_checks
from claimcheck.claim import as_date
from claimcheck.cli.common import ListFormat, ProfileOption, RulebookOption, book_at, fail, ids
from claimcheck.message import EditMessage
from claimcheck.profile import ConfigurationError, load_profile
from claimcheck.sources import reading_edits
from claimcheck.stamp import ENGINE_EDITS


def explain_command(
    what: Annotated[str, typer.Argument(metavar="CODE|CHECK", help="A procedure code, or the id of a check.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day, for a code. Default: the newest known.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="List the code's NCCI pairs, not only their number.")] = False,
    rulebook: RulebookOption = None,
) -> None:
    """Explain a procedure code (every value, its meaning, source and dates) or a check."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 100
    console = Console(width=width, highlight=False)
    known = {check.id: check for check in _every_check()}
    if what.upper() in known:
        console.print(explain.check_page(known[what.upper()]))
        return
    book = book_at(rulebook)
    newest = explain.newest_day(book, what.upper())
    if newest is None:
        fail(f"{what!r} is neither a check nor a code in this rule book; see `claimcheck checks`")
    day = as_date(on) if on else newest
    if day is None:
        fail(f"{on!r} is no date; expected CCYYMMDD or CCYY-MM-DD")
    console.print(explain.code_page(book, what.upper(), day, all_pairs=pairs))


def _every_check() -> list[Check]:
    return [*all_checks(), *ENGINE_EDITS, *reading_edits()]


def checks_command(
    only: Annotated[list[str] | None, typer.Argument(metavar="[IDS]", help="Only these: ids or prefixes.")] = None,
    profile: ProfileOption = None,
    format: Annotated[ListFormat, typer.Option("--format", help="text or json.")] = ListFormat.text,
) -> None:
    """List the checks: id, severity, what they look for."""
    wanted = ids(only)
    listed = [c for c in _every_check() if not wanted or any(c.id.startswith(w.upper()) for w in wanted)]
    if wanted and not listed:
        fail(f"no check is called {wanted[0]!r}; see `claimcheck checks`")
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
        fail(str(error))
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


def schema_command() -> None:
    """Print the JSON Schemas of claim lines, claims and edit messages."""
    from pydantic import TypeAdapter

    from claimcheck.sources.rows import ClaimObject, ClaimRow

    schemas = {
        "claim_line": ClaimRow.model_json_schema(),
        "claim": ClaimObject.model_json_schema(),
        "edit_message": TypeAdapter(EditMessage).json_schema(),
    }
    typer.echo(json.dumps(schemas, indent=2))
