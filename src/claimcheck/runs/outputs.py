"""Output files: each appears whole, or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def output_to(path: Path | None, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Standard output, or a file that appears whole or not at all. What is no regular file (a pipe, a
    device) is written to as it is; a link is followed; a file that is there keeps its permissions.

    Raises:
        OSError: the output can't be written.
    """
    if path is None:
        yield sys.stdout.buffer if binary else sys.stdout
        sys.stdout.flush()
        return
    how: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if path.exists() and not path.is_file():  # before links are followed: a shell's pipe has no path of its own
        with path.open(**how) as stream:
            yield stream
        return
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, **how) as stream:
            yield stream
        unfinished.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)  # there only where something went wrong


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
