"""Output files: each appears whole or not at all; ``-`` is standard output, and ``.gz`` is compressed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from claimcheck.runs.batch import is_standard_output
from claimcheck.runs.unfinished import unfinished_file

_LEVEL: Final = 6
"""How hard gzip compresses, as its own command does by default: the 9 of Python's takes three times as long."""


@contextmanager
def output_to(path: Path | None, *, binary: bool = False, then: ExitStack | None = None) -> Iterator[IO[Any]]:
    """Standard output (None or ``-``), or a file that appears whole or not at all, compressed where its name ends in
    ``.gz``. What is not a regular file (a pipe, a device) is written to as it is; a link is followed; a file that is
    there keeps its permissions.

    Args:
        path: where it goes.
        binary: whether bytes are written to it.
        then: at whose end the file takes its place, where something must be done once all of it is written.

    Raises:
        OSError: the output can't be written.
    """
    if path is None or is_standard_output(path):
        yield sys.stdout.buffer if binary else sys.stdout
        sys.stdout.flush()
        return
    with _whole_file(path, then) as file, ExitStack() as stack:
        stream = stack.enter_context(_compressed(file)) if path.suffix.lower() == ".gz" else file
        yield stream if binary else stack.enter_context(io.TextIOWrapper(stream, "utf-8", newline=""))


def _compressed(file: BinaryIO) -> BinaryIO:
    """A gzip stream without a name or time, so that the same messages are the same bytes."""
    from gzip import GzipFile  # few outputs are compressed

    return cast("BinaryIO", GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=_LEVEL))


@contextmanager
def _whole_file(path: Path, then: ExitStack | None) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of the one at the path once it is written. What is left there by a run
    that was killed is removed."""
    if path.exists() and not path.is_file():  # before links are followed: a shell's pipe has no path of its own
        with path.open("wb") as stream:
            yield stream
        return
    path = path.resolve()
    unfinished, lock = unfinished_file(path)
    with ExitStack() as at_once:
        places = then or at_once
        if lock is not None:
            places.callback(os.close, lock)
        places.callback(unfinished.unlink, missing_ok=True)  # there only where something went wrong
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.chmod(path.stat().st_mode if path.exists() else 0o666 & ~umask())
        places.push(partial(_take_place, unfinished, path))


def _take_place(unfinished: Path, path: Path, failed: object, *why: object) -> None:
    """A file that is written takes the place of the one at its path, where nothing failed."""
    if failed is None:
        unfinished.replace(path)


def umask() -> int:
    """The permissions that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
