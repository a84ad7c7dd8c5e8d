"""``claimcheck history init``: a new history, and the key that hashes its patients."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.commands import epilog
from claimcheck.cli.common import ConfigOption, IsolatedOption, configured
from claimcheck.cli.history.group import AtOption, HistoryCommand, app, ending_on_errors, url_of
from claimcheck.runs.signals import blocked_signals


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history init --history claims.history",
        "claimcheck history init --history postgresql://me@db/claims --key-file h.key",
        "claimcheck history init                   the one that claimcheck.toml names",
    ),
)
def init(
    history: AtOption = None,
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
    url = url_of(history, configuration)
    named = os.environ.get(VARIABLE)
    path = key_file or (Path(named) if named else configuration.history_key)
    is_named = path is not None and key_file is None
    path = path or Path("claimcheck-history.key" if is_postgres(url) else f"{url}.key")
    is_new = not path.exists()
    with ending_on_errors(), blocked_signals():  # a key without its history, or a history without its key, is of no use
        key = make_key_file(path) if is_new else read_key(path)
        try:
            store = create_history(url, key)
        except BaseException:
            if is_new:  # a key of nothing would only be mistaken for one
                path.unlink(missing_ok=True)
            raise
    typer.echo(f"{store.name}: ready", err=True)
    typer.echo(f"{path}: {'made the key; keep a copy of it elsewhere' if is_new else 'is its key'}", err=True)
    if not is_named:
        typer.echo(f'claimcheck: put history_key = "{path}" into claimcheck.toml, or set {VARIABLE}={path}', err=True)
