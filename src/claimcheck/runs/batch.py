"""Whole files: readers to writers, counted."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker, Result, engines_of, messages_of, without_tally
from claimcheck.engine.loop import Tally
from claimcheck.message import EditMessage
from claimcheck.readers import read
from claimcheck.rulebook import Rulebook
from claimcheck.writers import Writer

NOTHING_READ: Final = ("FILE-UNREADABLE", "ROW-HEADER")
"""Messages after which nothing more is read of a file."""

NOW_AND_THEN: Final = 500
"""Claims after which progress is reported."""

Watch = Callable[[BinaryIO], object]
"""Who is handed each file as it is opened, to ask it how far it was read."""

Streams = Mapping[str, BinaryIO]
"""What is read in place of a path, by it: standard input with its digest, or a pipe that was spooled."""


class Watcher(Protocol):
    """Who is told how far a batch is."""

    def told(self, tally: Tally, read: int) -> None:
        """Take the count so far, and the bytes that were read."""


class Position:
    """How far files are read, in bytes."""

    def __init__(self) -> None:
        self._before = self._size = 0
        self._stream: BinaryIO | None = None

    def watch(self, stream: BinaryIO) -> None:
        """A file is opened; the one before was read."""
        self._before += self._size
        self._stream, self._size = stream, os.fstat(stream.fileno()).st_size

    @property
    def bytes(self) -> int:
        """The bytes read so far."""
        if self._stream is None or self._stream.closed or not self._stream.seekable():
            return self._before
        return self._before + self._stream.tell()


def name_of(path: str | Path) -> str:
    """The name of a file in messages."""
    return "standard input" if str(path) == "-" else str(path)


def can_be_read_once(path: str | Path) -> bool:
    """Whether a path is standard input, or a pipe, which gives its bytes once."""
    return str(path) == "-" or (Path(path).exists() and not Path(path).is_file())


def once_readable(path: str | Path) -> AbstractContextManager[BinaryIO]:
    """What ``can_be_read_once``, open.

    Raises:
        OSError: it can't be opened.
    """
    return nullcontext(sys.stdin.buffer) if str(path) == "-" else Path(path).open("rb")


def is_standard_output(path: Path | None) -> bool:
    """Whether an output goes to standard output: no path, or ``-``."""
    return path is None or str(path) == "-"


def claims_of(
    paths: Iterable[str | Path],
    checker: Checker,
    tally: Tally,
    streams: Mapping[str, BinaryIO] = {},
    *,
    watch: Watch | None = None,
) -> Iterator[Claim | EditMessage]:
    """What files hold, one after the other (``-`` is standard input); ``tally`` counts the files. ``streams`` are read
    in place of the paths that they are given for, and ``watch`` is handed each file that is opened."""
    configuration = checker.configuration
    for path in paths:
        tally.files += 1
        yield from read(
            streams.get(str(path)) or (sys.stdin.buffer if str(path) == "-" else path),
            name=name_of(path),
            watch=watch,
            **configuration.read_options,
        )


def check_files(
    paths: Iterable[str | Path],
    checker: Checker,
    *writers: Writer,
    streams: Mapping[str, BinaryIO] = {},
    watch: Watch | None = None,
    told: Callable[[Tally], object] | None = None,
) -> tuple[Tally, list[EditMessage]]:
    """Check files, as one batch, into writers.

    Args:
        paths: the files; ``-`` is standard input.
        checker: what judges them.
        writers: where messages go.
        streams: what is read in place of a path, by it.
        watch: handed each file that is opened.
        told: handed the count so far, now and then.

    Returns:
        The count, and the messages of files of which nothing could be read.
    """
    tally = Tally()
    unread = []
    with no_garbage_collection():
        claims = claims_of(paths, checker, tally, streams, watch=watch)
        for number, item in enumerate(engines_of(checker).judge(claims, tally)):
            for writer in writers:
                writer.take(item)
            if isinstance(item, EditMessage) and item.check in NOTHING_READ:
                unread.append(item)
            if told and not number % NOW_AND_THEN:
                told(tally)
    for writer in writers:
        writer.close()
    return tally, unread


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """The loop makes no reference cycles, and looking for them costs more than half of its time when
    a caller keeps claims."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@without_tally
def check(
    *paths: str | Path,
    profile: str | None = None,
    rulebook: Rulebook | None = None,
) -> Result[EditMessage]:
    """Check claim files as one batch: the short way in. Where more is to be said, make a ``Checker``.

    Args:
        paths: 837, CSV, XLSX, JSONL, Parquet or Arrow files, also .gz and .zip; ``-`` is standard input.
        profile: a profile's name for every claim; where None, by each claim's payer, filing indicator and setting.
        rulebook: the rules; where None, what ``open_book()`` opens.

    Returns:
        Each edit message, in the order of the input, as it is asked for: what can't be read is a message too. Then the
        summary and the exit status.

    Raises:
        ConfigurationError: no such profile.
        BookError, RuleDataError: the rule book can't be used.
    """
    checker = Checker(rulebook, profile)
    tally = Tally()
    judged = engines_of(checker).judge(claims_of(paths, checker, tally), tally)
    return Result(messages_of(judged), tally, checker.configuration)
