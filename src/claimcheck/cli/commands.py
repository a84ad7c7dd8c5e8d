"""The commands by name, and the shape of their help: options, then examples and exit statuses as they are written.

Each command is loaded when it is asked for, so that none pays for what another needs; the list of them (``--help``)
loads all.
"""

from __future__ import annotations

import inspect
from collections import UserDict
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

import claimcheck
from claimcheck.runs.signals import blocked_signals

_COULD_NOT_RUN: Final = "could not run: wrong usage, configuration or rule book"

RUN_STATUSES: Final = {
    "0": "no line was rejected",
    "1": "a line was rejected, or something could not be read",
    "2": "could not run, or no claim could be read",
    "3": "too little could be judged (--min-judged)",
    "129, 130, 143": "ended by a signal",
}
"""Exit statuses of a command that judges claims."""

STATUSES: Final = {"0": "done", "2": _COULD_NOT_RUN}
"""Exit statuses of the other commands."""


class Command(TyperCommand):
    """A command whose arguments are shown by the names that they are given, without Python's types, and whose epilog is
    shown as it is written."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The options and arguments of the usage line."""
        return ["[OPTIONS]", *(str(param.metavar) for param in _arguments(self, ctx))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options."""
        options = [param.get_help_record(ctx) for param in self.get_params(ctx) if param.param_type_name == "option"]
        arguments = [(str(param.metavar), getattr(param, "help", "")) for param in _arguments(self, ctx)]
        for title, records in (("Arguments", arguments), ("Options", [each for each in options if each])):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write examples and exit statuses, without wrapping them."""
        _write_epilog(self.epilog, formatter)


class Group(TyperGroup):
    """A group of commands whose epilog is shown as it is written."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write examples and exit statuses, without wrapping them."""
        _write_epilog(self.epilog, formatter)


def _arguments(command: TyperCommand, ctx: Any) -> list[Any]:
    return [param for param in command.get_params(ctx) if param.param_type_name == "argument"]


def _write_epilog(epilog: str | None, formatter: Any) -> None:
    if epilog:
        formatter.write_paragraph()
        formatter.write(inspect.cleandoc(epilog) + "\n")


def epilog(*examples: str, statuses: dict[str, str] = STATUSES) -> str:
    """The end of a help page: examples, one per line, and what each exit status means."""
    width = max(map(len, statuses))
    meanings = (f"  {status:<{width}}  {meaning}" for status, meaning in statuses.items())
    return "\n".join(("Examples:", *(f"  {each}" for each in examples), "", "Exit status:", *meanings))


def group(help: str, **settings: Any) -> typer.Typer:
    """A group of commands in plain text, so that help is the same in a terminal, a pipe and a log."""
    return typer.Typer(cls=Group, help=help, no_args_is_help=True, rich_markup_mode=None, **settings)


HOMES: Final = {
    "check": "check",
    "split": "split",
    "compare": "compare",
    "explain": "explain",
    "checks": "explain",
    "schema": "explain",
    "init": "init",
    "config": "config",
    "rules": "rules",
    "history": "history",
    "new-check": "new_check",
}
"""The module of each command in this package; its ``app`` has the command, or is the group."""


class _Commands(UserDict[str, Any]):
    """The homes of commands, each replaced by the command itself when it is first looked up."""

    def __getitem__(self, name: str) -> Any:
        found = self.data[name]
        if isinstance(found, str):
            found = self.data[name] = _load(name, found)
        return found


def _load(name: str, module: str) -> Any:
    with blocked_signals():
        app = import_module(f"claimcheck.cli.{module}").app
    loaded = get_group(app)
    return loaded.commands.get(name, loaded)


class _LazyGroup(Group):
    """The group of all commands; typer's own holds those that are loaded already."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(HOMES)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what is wrong with its options is said in our words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            from claimcheck.cli.usage import in_our_words

            error.message = in_our_words(error.message)
            raise

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands for a shell: their names alone, so that none is loaded for it."""
        from typer._click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name) for name in HOMES if name.startswith(incomplete)]


app = typer.Typer(
    cls=_LazyGroup,
    help="Check medical claims against published, cited and dated rules.",
    epilog=epilog(
        "claimcheck check batch.837                 messages, and a summary",
        "claimcheck check batch.837 --format jsonl  one JSON object per message",
        "claimcheck explain 77424 --on 2025-03-10   the rules of a code on a day",
        "claimcheck explain MUE-DOS                 what a check looks for, its source",
        "claimcheck init                            a claimcheck.toml with all settings",
        "claimcheck COMMAND -h                      options and examples of a command",
        statuses=RUN_STATUSES,
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version; with -v what it runs on.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="With --version: say more.")] = False,
) -> None:
    if version:
        typer.echo(f"claimcheck {claimcheck.__version__}")
        if verbose:
            from claimcheck.cli.verbose import installation

            typer.echo("\n".join(installation()))
        raise typer.Exit
    if verbose:
        context.fail("-v is an option of a command: claimcheck check -v FILES")
