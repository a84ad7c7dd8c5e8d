"""GitHub: one workflow command a message, ``::error file=...,line=...,title=CHECK::text``, which GitHub Actions shows
as an annotation of the file."""

from __future__ import annotations

from typing import IO, Final

from claimcheck.message import INFORM, REJECT, WARN, EditMessage
from claimcheck.writers import Format, MergeableWriter
from claimcheck.writers.placing import line_of, portable, sentence

_COMMANDS: Final = {REJECT: "error", WARN: "warning", INFORM: "notice"}

_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
"""What GitHub unescapes in the text of a command, and in its properties."""


class GithubWriter(MergeableWriter):
    """Writes a command a message."""

    def __init__(self, stream: IO[str]) -> None:
        self._write = stream.write

    def write(self, message: EditMessage) -> None:
        """Write one command."""
        line = line_of(message.locus)
        properties = {"file": portable(message.locus.file), "line": line, "title": message.check}
        given = ",".join(f"{name}={str(v).translate(_PROPERTY)}" for name, v in properties.items() if v is not None)
        self._write(f"::{_COMMANDS[message.severity]} {given}::{sentence(message).translate(_DATA)}\n")

    def partial_writer(self, stream: IO[str]) -> GithubWriter:
        """A writer for a part of the commands."""
        return GithubWriter(stream)

    def write_text(self, text: str) -> None:
        """Write commands that are text already."""
        self._write(text)


FORMAT: Final = Format(lambda stream, _: GithubWriter(stream))
