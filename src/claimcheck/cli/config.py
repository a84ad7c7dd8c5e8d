"""``claimcheck config show``: what is in force, and where each value comes from."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from claimcheck.claim import Setting
from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IsolatedOption,
    ListFormat,
    ProfileOption,
    RulebookOption,
    checker_of,
    configured,
)
from claimcheck.config.effective import CheckValue, checks_in_force, values_in_force


class SettingOption(StrEnum):
    """Who bills."""

    professional = "professional"
    asc = "asc"
    outpatient = "outpatient"
    dme = "dme"
    institutional = "institutional"
    dental = "dental"


app = typer.Typer(help="The configuration.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _config() -> None:
    """The configuration."""


@app.command()
def show(
    payer: Annotated[str | None, typer.Option("--payer", metavar="ID", help="A payer's id, as claims have it.")] = None,
    filing: Annotated[
        str | None, typer.Option("--filing", metavar="CODE", help="A filing indicator (SBR09), such as MB or 16.")
    ] = None,
    setting: Annotated[SettingOption, typer.Option("--setting", help="Who bills.")] = SettingOption.professional,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    format: Annotated[ListFormat, typer.Option("--format", help="text or json.")] = ListFormat.text,
) -> None:
    """Show what is in force for a payer's claims, and where each value comes from."""
    configuration = configured(config, isolated)
    checker = checker_of(rulebook, profile, configuration, checks=checks)
    by = Setting(setting.value)
    values = values_in_force(checker, payer, filing, by)
    running = list(checks_in_force(checker, payer, filing, by))
    if format is ListFormat.json:
        found: dict[str, Any] = {"payer": payer, "filing": filing, "setting": setting.value}
        found["configuration"] = str(configuration.path) if configuration.path else None
        found |= {"values": [v._asdict() for v in values], "checks": [c._asdict() for c in running]}
        typer.echo(json.dumps(found, indent=2))
        return
    payers = f"{payer or 'any other payer'}, {f'filing indicator {filing}, ' if filing else ''}{setting.value}"
    typer.echo(f"{payers}; configured by {configuration.path or 'no file'}\n")
    _print([(value.name, _shown(value.value), value.origin) for value in values])
    typer.echo()
    _print([(c.check, _severity(c), _shown(c.options), c.origin) for c in running])


def _severity(of: CheckValue) -> str:
    soft = [f"soft {of.soft}"] if of.soft != of.severity else []
    return ", ".join([of.severity, *soft, *(f"{case} {severity}" for case, severity in of.cases.items())])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={_shown(each)}" for name, each in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _print(rows: list[tuple[str, ...]]) -> None:
    widths = [min(max(map(len, column)), 60) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    sys.stdout.flush()
