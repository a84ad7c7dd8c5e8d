"""CSV: one edit message a row, for spreadsheets."""

from __future__ import annotations

import csv
from typing import IO, Final

from claimcheck.message import EditMessage
from claimcheck.writers import Format, MergeableWriter
from claimcheck.writers.columns import columns, inert, texts


class CsvWriter(MergeableWriter):
    """Writes a header and a row a message. Lists are joined by ``|``; absent values are empty; a text
    that a spreadsheet would take for a formula gets a leading apostrophe."""

    def __init__(self, stream: IO[str], *, header: bool = True) -> None:
        self._stream = stream
        self._rows = csv.writer(stream, lineterminator="\n")
        if header:
            self._rows.writerow(columns())

    def write(self, message: EditMessage) -> None:
        """Write one row."""
        self._rows.writerow(map(inert, texts(message)))

    def partial_writer(self, stream: IO[str]) -> CsvWriter:
        """A writer for a part of the rows."""
        return CsvWriter(stream, header=False)

    def write_text(self, text: str) -> None:
        """Write rows that are text already."""
        self._stream.write(text)


FORMAT: Final = Format(lambda stream, _: CsvWriter(stream))
