"""Every core: several processes check one batch, and what comes out is the same, byte for byte, as of one.

Each worker reads the whole batch, but judges only the claims of the patients that are dealt to it (``sources.deal``):
so what spans claims is judged as by one process, and nothing is handed from worker to worker. They are forked off once
the rule book is open, and share its pages. What they find comes back numbered by turns, and is put in order again.
A worker that dies is replaced once by another, which does the same part again and leaves out what was handed over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from claimcheck.config.checker import Checker
from claimcheck.engine.loop import Tally
from claimcheck.message import EditMessage
from claimcheck.runs.batch import check_files
from claimcheck.writers import Writer

WORTH_A_WORKER: Final = 4 << 20
"""Bytes of claims below which another process costs more than it saves."""

_OPEN_FILES: Final = Path("/proc/self/fd")
"""Where a worker finds, by its number, a file that has no name: one that stays behind nowhere, whatever kills us."""

_WAITING: Final = 64
"""Parcels of one worker that wait until the others have come as far: it bounds the memory."""


class WorkerDied(Exception):
    """A worker died twice over the same part; the text says how."""


def available() -> bool:
    """Whether this system can fork processes off."""
    return hasattr(os, "fork")


def worth(paths: Iterable[str | Path]) -> int:
    """How many processes to use where nobody says: one a core, as far as there is enough for each. What is no
    file, such as standard input, is read by one, for it can be read only once."""
    if not available():
        return 1
    files = [Path(path) for path in paths]
    if not all(path.is_file() for path in files):
        return 1
    return max(1, min(_cores(), sum(path.stat().st_size for path in files) // WORTH_A_WORKER))


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Watcher(Protocol):
    """Who is told how far a batch is."""

    def told(self, tally: Tally, read: int) -> None:
        """Take the count so far, and the bytes that were read."""


def run(
    paths: Sequence[str | Path],
    checker: Checker,
    writers: Sequence[Writer],
    jobs: int | None = None,
    *,
    stdin: BinaryIO | None = None,
    bar: Watcher | None = None,
    say: Callable[[str], object] | None = None,
) -> tuple[Tally, list[EditMessage]]:
    """Check files, as one batch, into writers, by one process or several.

    Args:
        paths: the files; ``-`` is standard input, or ``stdin``.
        checker: what judges them.
        writers: where messages go.
        jobs: how many processes; where None, one a core as far as the files are worth it.
        stdin: what is read as standard input.
        bar: told how far the batch is, now and then.
        say: told in one line of a worker that died; by default it is written to standard error.

    Returns:
        The count, and the messages of files of which nothing could be read.

    Raises:
        WorkerDied: a worker died, and so did the one in its place.
    """
    jobs = jobs or worth(paths)
    position = Position()
    told = (lambda tally: bar.told(tally, position.bytes)) if bar else None
    return check_files(paths, checker, *writers, stdin=stdin, watch=position.watch, told=told)


class Position:
    """How far files are read, in bytes."""

    def __init__(self) -> None:
        self._before = 0
        self._stream: BinaryIO | None = None

    def watch(self, stream: BinaryIO) -> None:
        """A file is opened; the one before was read."""
        self._before = self.bytes
        self._stream = stream

    @property
    def bytes(self) -> int:
        """The bytes read so far."""
        if self._stream is None or self._stream.closed or not self._stream.seekable():
            return self._before
        return self._before + self._stream.tell()
