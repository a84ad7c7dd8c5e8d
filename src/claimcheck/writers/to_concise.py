"""Concise: one message a line, ``file:line: CHECK severity claim line code: text``, as compilers and linters write it,
so that editors and ``grep`` take it."""

from __future__ import annotations

from typing import IO, Final

from claimcheck.message import EditMessage
from claimcheck.writers import Format, MergeableWriter
from claimcheck.writers.placing import about, line_of, printable


class ConciseWriter(MergeableWriter):
    """Writes a line a message."""

    def __init__(self, stream: IO[str]) -> None:
        self._write = stream.write

    def write(self, message: EditMessage) -> None:
        """Write one line."""
        line = line_of(message.locus)
        place = printable(message.locus.file) + (f":{line}" if line is not None else "")
        subject = about(message)
        said = f" {subject}: " if subject else ": "
        self._write(f"{place}: {message.check} {message.severity}{said}{printable(message.text)}\n")

    def partial_writer(self, stream: IO[str]) -> ConciseWriter:
        """A writer for a part of the lines."""
        return ConciseWriter(stream)

    def write_text(self, text: str) -> None:
        """Write lines that are text already."""
        self._write(text)


FORMAT: Final = Format(lambda stream, _: ConciseWriter(stream))
