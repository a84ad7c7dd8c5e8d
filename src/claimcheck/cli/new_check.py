"""``claimcheck new-check``: a custom check to fill in."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.commands import Command, epilog, group
from claimcheck.cli.common import fail
from claimcheck.custom_checks.loading import problem_of_id
from claimcheck.custom_checks.scaffold import new_check
from claimcheck.runs.batch import is_standard_output


class ReachOption(StrEnum):
    """What a new check must see."""

    service = "service"
    claim = "claim"
    history = "history"


app = group("Custom checks.")


@app.command(
    "new-check",
    cls=Command,
    epilog=epilog(
        "claimcheck new-check ACME-101",
        "claimcheck new-check ACME-102 --reach claim --output rules/acme_102.py",
        "pytest --claimcheck acme_101.py     run its examples",
    ),
)
def new_check_command(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of the check, with a prefix of your own: ACME-101.")],
    reach: Annotated[
        ReachOption,
        typer.Option(
            "--reach",
            metavar="REACH",
            help="What the check must see: a line's service, the whole claim, or the history of the patient's claims "
            "(service, claim, history).",
        ),
    ] = ReachOption.service,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="File; - is standard output. Default: acme_101.py here."),
    ] = None,
) -> None:
    """Write a custom check to fill in.

    The module has the check's page, its source, and an example of each verdict. Name it in `checks` of claimcheck.toml,
    or by --checks.
    """
    if problem := problem_of_id(id):
        fail(f"{id} {problem}")
    path = output or Path(f"{id.lower().replace('-', '_')}.py")
    if is_standard_output(path):
        typer.echo(new_check(id, reach.value, f"{id.lower().replace('-', '_')}.py"), nl=False)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_check(id, reach.value, shlex.quote(path.name)))
    except FileExistsError:
        fail(f"{path}: exists; name another file by --output")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    typer.echo(f"{path}: fill in what it marks, then try it: pytest --claimcheck {shlex.quote(str(path))}")
