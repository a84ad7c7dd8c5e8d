"""``claimcheck history export`` and ``import-deposits``: deposits as rows, of hashes alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer

from claimcheck.cli.commands import epilog
from claimcheck.cli.common import (
    ConfigOption,
    IsolatedOption,
    count,
    fail,
    must_be_writable,
    must_spare_history,
    saying_how_it_ends,
)
from claimcheck.cli.history.group import (
    CHANGING,
    WAIT_SECONDS,
    AtOption,
    HistoryCommand,
    Place,
    WaitOption,
    app,
    claims_added,
    ending_on_errors,
)
from claimcheck.runs.outputs import output_to

_AT_ONCE: Final = 2000
_NEEDS_PYARROW: Final = "Parquet needs pyarrow: pip install 'claimcheck-edits[parquet]'"


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history export --output deposits.jsonl.gz",
        "claimcheck history export --output deposits.parquet",
    ),
)
def export(
    output: Annotated[
        Path, typer.Option("--output", metavar="PATH", help="JSON lines, or Parquet by its name; - is standard output.")
    ] = Path("-"),
    history: AtOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Write every claim that a history has, one row each, patients as hashes alone.

    Rows are for `claimcheck history import-deposits` with the same key. They are still protected health information.
    """
    from claimcheck.memory.stores.rows import write_jsonl

    must_be_writable(output, [])
    place = Place(history, config, isolated)
    must_spare_history([output], place.configuration.with_given(history=place.url))
    is_parquet = output.suffix.lower() == ".parquet"
    if is_parquet:
        try:
            from claimcheck.memory.stores.parquet import write_parquet
        except ImportError:
            fail(_NEEDS_PYARROW)
    store = place.open()
    try:
        with ending_on_errors():
            reader = store.reader()
            with output_to(output, binary=is_parquet) as stream:
                write = write_parquet if is_parquet else write_jsonl
                written = write(reader.all(), place.key.check_value, stream)
            reader.close()
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    typer.echo(f"{store.name}: {count(written, 'claim')} written", err=True)


@app.command(
    name="import-deposits",
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history import-deposits deposits.jsonl more.parquet",
        statuses=CHANGING,
    ),
)
def import_deposits(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="JSON lines or Parquet of `history export`.")],
    history: AtOption = None,
    wait: WaitOption = WAIT_SECONDS,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Add rows of `claimcheck history export` that were made with the same key: all of them, or none.

    What the history has already is not added again; what was held in it and was sent by the rows, is sent.
    """
    from claimcheck.memory.stores.rows import read_rows

    place = Place(history, config, isolated)
    store = place.open()
    with saying_how_it_ends(store, "added"):
        try:
            with store.run(wait) as run:
                for path in files:
                    deposits = read_rows(path, place.key.check_value)
                    while some := [*islice(deposits, _AT_ONCE)]:
                        run.add(some)
                added = run.commit({})
        except ImportError:
            fail(_NEEDS_PYARROW)
    typer.echo(f"{store.name}: {claims_added(added)}", err=True)
