"""``claimcheck config``: the configuration in effect, and whether it can be used."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from claimcheck.claim import Setting
from claimcheck.cli.commands import Command, epilog, group
from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IsolatedOption,
    ListFormat,
    ProfileOption,
    RulebookOption,
    book_at,
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


app = group(
    "Show or check the configuration in effect.",
    epilog=epilog("claimcheck config show --payer ACME7", "claimcheck config check"),
)


@app.command(
    "show",
    cls=Command,
    epilog=epilog(
        "claimcheck config show",
        "claimcheck config show --payer ACME7 --filing 16",
        "claimcheck config show --setting asc --format json",
    ),
)
def show(
    payer: Annotated[
        str | None, typer.Option("--payer", metavar="ID", help="Payer id, as on claims (NM109 of loop 2010BB).")
    ] = None,
    filing: Annotated[
        str | None, typer.Option("--filing", metavar="CODE", help="Filing indicator (SBR09), such as MB or 16.")
    ] = None,
    setting: Annotated[
        SettingOption,
        typer.Option(
            "--setting",
            metavar="SETTING",
            help="Who bills: professional, asc, outpatient, dme, institutional or dental.",
        ),
    ] = SettingOption.professional,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    format: Annotated[ListFormat, typer.Option("--format", metavar="FORMAT", help="text or json.")] = ListFormat.text,
) -> None:
    """Show what is in effect for a payer's claims, and where it is set."""
    configuration = configured(config, isolated)
    checker = checker_of(book_at(rulebook), profile, configuration, checks=checks)
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


@app.command(
    "check",
    cls=Command,
    epilog=epilog(
        "claimcheck config check",
        "claimcheck config check --config ci/claimcheck.toml",
        statuses={"0": "it can be used", "2": "something is wrong: file, line, found, expected"},
    ),
)
def check(
    rulebook: RulebookOption = None,
    checks: ChecksOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Check the configuration and all files that it names.

    These are profiles, overlays, waivers and custom checks with their examples. Made for pre-commit and CI: it reads no
    claims, and prints nothing where all is well but the name of the file.
    """
    configuration = configured(config, isolated)
    checker_of(book_at(rulebook), None, configuration, checks=checks)
    typer.echo(f"{configuration.path or 'no configuration file'}: OK")


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
