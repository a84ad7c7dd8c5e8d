"""Rows of deposits as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyarrow
from pyarrow import parquet

from claimcheck.memory.deposits import Deposit, HistoryError
from claimcheck.memory.stores.rows import DepositRow, LineRow, row_of

_AT_ONCE: Final = 5000
_TYPES: Final = {"modifiers": pyarrow.list_(pyarrow.string()), "unpaid": pyarrow.int8(), "sent": pyarrow.bool_()}
_LINE: Final = pyarrow.struct([(name, _TYPES.get(name, pyarrow.string())) for name in LineRow.model_fields])
_SCHEMA: Final = pyarrow.schema(
    [
        (name, pyarrow.list_(_LINE) if name == "lines" else _TYPES.get(name, pyarrow.string()))
        for name in DepositRow.model_fields
    ]
)


def write_parquet(deposits: Iterable[Deposit], key: str, stream: IO[bytes]) -> int:
    """Write deposits; how many there are."""
    rows, count = (row_of(deposit, key) for deposit in deposits), 0
    with parquet.ParquetWriter(stream, _SCHEMA, compression="zstd") as writer:
        while some := [*islice(rows, _AT_ONCE)]:
            writer.write_table(pyarrow.Table.from_pylist(some, schema=_SCHEMA))
            count += len(some)
    return count


def read_parquet(path: Path) -> Iterator[Any]:
    """The rows of a file.

    Raises:
        HistoryError: it can't be read.
    """
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_AT_ONCE):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise HistoryError(f"{path}: can't be read as Parquet: {str(error).splitlines()[0]}") from None
