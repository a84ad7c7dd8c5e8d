"""``claimcheck new-check``: a check of one's own to fill in."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.common import fail
from claimcheck.custom_checks.loading import problem_of_id
from claimcheck.custom_checks.scaffold import new_check


class ReachOption(StrEnum):
    """What a new check must see."""

    service = "service"
    claim = "claim"
    history = "history"


def new_check_command(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id, with a prefix of your own: ACME-101.")],
    reach: Annotated[
        ReachOption,
        typer.Option("--reach", help="What it must see: a line's service, the claim, or the patient's claims."),
    ] = ReachOption.service,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="PATH", help="The file. Default: acme_101.py here.")
    ] = None,
) -> None:
    """Write a module with a new check: its page, its source, and an example of each verdict to fill in."""
    if problem := problem_of_id(id):
        fail(f"{id} {problem}")
    path = output or Path(f"{id.lower().replace('-', '_')}.py")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_check(id, reach.value, shlex.quote(path.name)))
    except FileExistsError:
        fail(f"{path}: is there already; a new check goes into a file of its own")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    typer.echo(f"{path}: fill in what it marks, then try it: pytest --claimcheck {shlex.quote(str(path))}")
