"""What every command's help has: ``-h``, options, then examples and exit statuses as they are written."""

from __future__ import annotations

import inspect
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

CLEAN, REJECTED, COULD_NOT_RUN, TOO_LITTLE_JUDGED = 0, 1, 2, 3

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
