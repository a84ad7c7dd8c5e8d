"""``claimcheck init``: a claimcheck.toml with every setting, commented out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.commands import Command, epilog, group
from claimcheck.cli.common import fail, must_be_writable
from claimcheck.config.template import template
from claimcheck.runs.batch import is_standard_output
from claimcheck.runs.outputs import output_to

app = group("Start a configuration.")


@app.command(
    "init",
    cls=Command,
    epilog=epilog(
        "claimcheck init",
        "claimcheck init --output -          print it instead",
        "claimcheck init --force             replace the file",
    ),
)
def init(
    output: Annotated[Path, typer.Option("--output", metavar="PATH", help="File; - is standard output.")] = Path(
        "claimcheck.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a claimcheck.toml with every setting commented out.

    Each setting has its meaning and its default. Remove the # in front of what you want to change.
    """
    must_be_writable(output, [])
    if output.suffix.lower() == ".gz":
        fail(f"{output}: a configuration can't be compressed; name it {output.with_suffix('')}")
    to_file = not is_standard_output(output)
    if to_file and output.exists() and not force:
        fail(f"{output}: exists; --force replaces it, or name another file by --output")
    try:
        with output_to(output) as stream:
            stream.write(template())
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    if to_file:
        typer.echo(f"{output}: remove the # in front of what you change; `claimcheck config check` checks it")
