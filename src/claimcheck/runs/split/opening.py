"""A claim file to split, opened so that it can be read twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from claimcheck import ClaimcheckError
from claimcheck.message import EditMessage
from claimcheck.readers.files import Input, open_inputs

_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class SplitError(ClaimcheckError):
    """A file that can't be split, and why."""


CHANGED: Final = "The file was changed while it was being split."


class Opened(NamedTuple):
    """A file to split: its bytes, unpacked and seekable, and the name that messages carry."""

    file: BinaryIO
    label: str


@contextmanager
def opened(path: str | Path, name: str | None = None) -> Iterator[Opened]:
    """Open a file to read it twice; ``-`` is standard input. What is packed, or comes through a pipe, is spooled to
    a temporary file.

    Raises:
        SplitError: there is not one whole file to read.
        OSError: it can't be spooled.
    """
    given = None if str(path) == "-" else Path(path)
    if given and given.is_file():
        with given.open("rb") as plain:
            if not plain.read(4).startswith(_PACKED):
                plain.seek(0)
                yield Opened(plain, name or str(path))
                return
    inputs = open_inputs(given, name)
    with tempfile.TemporaryFile() as whole:
        label = _spool(inputs, cast(BinaryIO, whole))
        if (more := next(inputs, None)) is not None:
            reason = more.text if isinstance(more, EditMessage) else "The archive holds several files: split each."
            raise SplitError(reason)
        whole.seek(0)
        yield Opened(cast(BinaryIO, whole), label)


def _spool(inputs: Iterator[Input | EditMessage], whole: BinaryIO) -> str:
    """Copy the first of what was opened into a file; its name."""
    source = next(inputs)
    if isinstance(source, EditMessage):
        raise SplitError(source.text)
    shutil.copyfileobj(source, whole)
    if source.trouble:
        raise SplitError(f"The file could be read in part only: {source.trouble}.")
    return source.label
