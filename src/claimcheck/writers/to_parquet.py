"""Parquet: one edit message a row, for data teams. Needs the extra ``arrow`` (pyarrow)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any, Final

from claimcheck.message import EditMessage
from claimcheck.writers import Format, FormatError, MessageWriter
from claimcheck.writers.columns import LISTS, NUMBERS, columns, values

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError:
    raise FormatError("parquet needs pyarrow: pip install 'claimcheck-edits[arrow]'") from None

ROWS: Final = 20_000
"""Messages that are kept before they are written."""


def _type(name: str) -> Any:
    if name in LISTS:
        return pa.list_(pa.string())
    return pa.int64() if name in NUMBERS else pa.string()


SCHEMA: Final = pa.schema([(name, _type(name)) for name in columns()])
"""The columns of ``writers.columns``: text, but for lists of texts and for segment and row, which are numbers."""


def as_batch(messages: Iterable[EditMessage]) -> pa.RecordBatch:
    """Messages as columns; there must be one."""
    columns = zip(*map(values, messages), strict=True)
    arrays = [pa.array(column, field.type) for field, column in zip(SCHEMA, columns, strict=True)]
    return pa.record_batch(arrays, schema=SCHEMA)


class _Output:
    """A stream for pyarrow's writer, which ends a file that was given up when it is collected: by then the stream is
    closed, and what it writes is of no use to anyone."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        """Write on, as long as the output is open."""
        return len(data) if self._stream.closed else self._stream.write(data)

    def flush(self) -> None:
        """The output's owner flushes it."""

    def close(self) -> None:
        """The output's owner closes it."""


class ParquetWriter(MessageWriter):
    """Writes a Parquet file in row groups, so that memory is a row group's."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._writer = pq.ParquetWriter(_Output(stream), SCHEMA, compression="zstd")
        self._messages: list[EditMessage] = []

    def write(self, message: EditMessage) -> None:
        """Take one message."""
        self._messages.append(message)
        if len(self._messages) >= ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left, and the file's end."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._messages:
            self._writer.write_batch(as_batch(self._messages))
            self._messages.clear()


FORMAT: Final = Format(lambda stream, _: ParquetWriter(stream), binary=True)
