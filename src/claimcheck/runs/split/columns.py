"""Rows copied into parts: Parquet and Arrow files, each part with the schema and the values of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimcheck.readers.files import PARQUET, is_arrow_stream
from claimcheck.readers.rows.arrow_rows import open_columns
from claimcheck.runs.sources import CHANGED, SplitError
from claimcheck.runs.split.sorting import Sorted

_HEAD: Final = 8
_BATCH: Final = 1 << 16
"""Rows copied at a time: as many as a row group of a part has at most."""


def copy_columns(file: BinaryIO, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    """Copy each row into the part of the row at which its claim begins; a part without rows has the columns alone.

    Returns:
        How many rows could not be read.

    Raises:
        SplitError: the file is no longer what it was.
    """
    try:
        rows = _copy(file, found.places, found.parts, outputs)
    except OSError:
        raise
    except Exception:  # pyarrow raises many kinds at damaged files
        rows = 0
    if rows < found.places[-1]:
        raise SplitError(CHANGED)
    return found.unread


def _copy(file: BinaryIO, places: Sequence[int], parts: bytes | bytearray, outputs: Sequence[BinaryIO]) -> int:
    """Copy the rows; how many there were."""
    head = file.read(_HEAD)
    file.seek(0)
    schema, batches = open_columns(file, head, whole=True, rows=_BATCH)
    rows = 0
    with ExitStack() as stack:
        writers = [stack.enter_context(_writer(output, head, schema)) for output in outputs]
        part_of = _part_of_each_row(places, parts)
        for batch in batches:
            rows += batch.num_rows
            of_rows = pa.array([next(part_of) for _ in range(batch.num_rows)], pa.uint8())
            for part, writer in enumerate(writers):
                mine = batch.filter(pa.compute.equal(of_rows, part))
                if mine.num_rows:
                    writer.write_batch(mine)
    return rows


def _part_of_each_row(places: Sequence[int], parts: bytes | bytearray) -> Iterator[int]:
    """The part of the first row, of the second, and so on without end."""
    at, row = 0, 1
    while True:
        while at + 1 < len(places) and places[at + 1] <= row:
            at += 1
        yield parts[at]
        row += 1


def _writer(output: BinaryIO, head: bytes, schema: pa.Schema) -> Any:
    """What writes a file of the same kind."""
    if head.startswith(PARQUET):
        return pq.ParquetWriter(output, schema, compression="zstd")
    return pa.ipc.new_stream(output, schema) if is_arrow_stream(head) else pa.ipc.new_file(output, schema)
