"""``claimcheck history init``: a new history, and the key that hashes its patients."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.commands import Command, epilog
from claimcheck.cli.common import ConfigOption, IsolatedOption, configured
from claimcheck.cli.history.group import app, ending_on_errors
from claimcheck.runs.signals import blocked_signals


@app.command(
    cls=Command,
    epilog=epilog(
        "claimcheck history init claims.history",
        "claimcheck history init postgresql://scrubber@db/claims --key-file h.key",
    ),
)
def init(
    place: Annotated[
        str, typer.Argument(metavar="PATH|URL", help="File of the new history, or postgresql://... of a database.")
    ],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            metavar="PATH",
            help="File of the key; made where there is none. Default: the one of CLAIMCHECK_HISTORY_KEY_FILE or the "
            "configuration, else PATH.key.",
        ),
    ] = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Make a history, and the key that its patients are hashed with.

    The key is 64 hex digits in a file that only you can read. It is never overwritten. Keep a copy of it elsewhere than
    the history: who has both can find out who a patient is, and without the key the history is of no use.
    """
    from claimcheck.memory.keys import VARIABLE, make_key_file, read_key
    from claimcheck.memory.stores import create_history
    from claimcheck.memory.stores.opening import is_postgres

    configuration = configured(config, isolated)
    named = os.environ.get(VARIABLE)
    path = key_file or (Path(named) if named else configuration.history_key)
    is_named = path is not None and key_file is None
    path = path or Path("claimcheck-history.key" if is_postgres(place) else f"{place}.key")
    is_new = not path.exists()
    with ending_on_errors(), blocked_signals():  # a key without its history, or a history without its key, is of no use
        key = make_key_file(path) if is_new else read_key(path)
        try:
            store = create_history(place, key)
        except BaseException:
            if is_new:  # a key of nothing would only be mistaken for one
                path.unlink(missing_ok=True)
            raise
    typer.echo(f"{store.name}: ready", err=True)
    typer.echo(f"{path}: {'made the key; keep a copy of it elsewhere' if is_new else 'is its key'}", err=True)
    if not is_named:
        typer.echo(f'claimcheck: put history_key = "{path}" into claimcheck.toml, or set {VARIABLE}={path}', err=True)
