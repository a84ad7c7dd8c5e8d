"""The commands by name. Each is loaded when it is asked for, so that none pays for what another needs; the list of
them (``--help``) loads all."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

import claimcheck
from claimcheck.runs.signals import blocked_signals

_HOMES: Final = {
    "check": "check:check",
    "split": "split:split",
    "explain": "explain:explain_command",
    "checks": "explain:checks_command",
    "schema": "explain:schema_command",
    "new-check": "new_check:new_check_command",
    "config": "config:app",
    "rules": "rules:app",
}
"""Where each command is: its module in this package, and the function or group there."""


class _Commands(UserDict[str, Any]):
    """The homes of commands, each replaced by the command itself when it is first looked up."""

    def __getitem__(self, name: str) -> Any:
        found = self.data[name]
        if isinstance(found, str):
            found = self.data[name] = _load(name, found)
        return found


def _load(name: str, home: str) -> Any:
    module, _, attribute = home.partition(":")
    with blocked_signals():
        found = getattr(import_module(f"claimcheck.cli.{module}"), attribute)
    alone = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name=name)(found)
    return get_group(alone).commands[name]


class _LazyGroup(TyperGroup):
    """The group of all commands; typer's own holds those that are loaded already."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.commands = _Commands(_HOMES)


app = typer.Typer(
    cls=_LazyGroup,
    help="Check medical claims against published, cited and dated rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"claimcheck {claimcheck.__version__}")
        raise typer.Exit
