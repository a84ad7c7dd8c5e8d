"""Whole files: sources to writers, counted."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim
from claimcheck.config.checker import Checker
from claimcheck.engine.tally import Tally
from claimcheck.message import EditMessage
from claimcheck.readers import read
from claimcheck.readers.deal import Deal
from claimcheck.rulebook import Rulebook
from claimcheck.writers import FormatError, Writer
from claimcheck.writers.csv import CsvWriter
from claimcheck.writers.jsonl import JsonlWriter
from claimcheck.writers.text import TextWriter

NOTHING_READ: Final = ("FILE-UNREADABLE", "ROW-HEADER")
"""Messages after which nothing more is read of a file."""

NOW_AND_THEN: Final = 500
"""Claims after which it is told how far a batch is."""

Watch = Callable[[BinaryIO], object]
"""Who is handed each file as it is opened, to ask it how far it was read."""

FORMATS: Final = ("text", "jsonl", "csv", "parquet", "html", "277ca")
BINARY_FORMATS: Final = ("parquet",)
"""Formats that are bytes, not text."""


def open_writer(format: str, stream: IO[Any], *, colours: bool = False, checks: Iterable[Check] = ()) -> Writer:
    """The writer of a format. ``checks`` are those of the user's own, which a report gives titles of.

    Raises:
        FormatError: there is no such format, or what it needs is not installed.
    """
    if format == "text":
        return TextWriter(stream, colours=colours)
    if format == "jsonl":
        return JsonlWriter(stream)
    if format == "csv":
        return CsvWriter(stream)
    if format == "parquet":
        try:
            from claimcheck.writers.parquet import ParquetWriter
        except ModuleNotFoundError:
            raise FormatError("parquet needs pyarrow: pip install 'claimcheck-edits[arrow]'") from None
        return ParquetWriter(stream)
    if format == "html":
        from claimcheck.catalog.entries import every_check
        from claimcheck.writers.html import HtmlWriter

        return HtmlWriter(stream, titles={check.id: check.title for check in (*every_check(), *checks)})
    if format == "277ca":
        from claimcheck.writers.ack_277 import AcknowledgmentWriter

        return AcknowledgmentWriter(stream)
    raise FormatError(f"there is no format {format!r}; expected one of {', '.join(FORMATS)}")


def claims_of(
    paths: Iterable[str | Path],
    checker: Checker,
    tally: Tally,
    stdin: BinaryIO | None = None,
    *,
    copies: Mapping[str, Path] = {},
    deal: Deal | None = None,
    watch: Watch | None = None,
) -> Iterator[Claim | EditMessage]:
    """What files hold, one after the other (``-`` is standard input, or ``stdin``); ``tally`` counts the files.
    ``copies`` says where one that can be read only once was set down. Of a ``deal`` only what is this worker's;
    ``watch`` is handed each file that is opened."""
    configuration = checker.configuration
    for path in paths:
        tally.files += 1
        from_stdin = str(path) == "-"
        yield from read(
            copies.get(str(path)) or ((stdin or sys.stdin.buffer) if from_stdin else path),
            name="standard input" if from_stdin else str(path),
            columns=configuration.columns,
            asc_npis=frozenset(configuration.asc_npis),
            deal=deal,
            watch=watch,
        )


def check_files(
    paths: Iterable[str | Path],
    checker: Checker,
    *writers: Writer,
    stdin: BinaryIO | None = None,
    watch: Watch | None = None,
    told: Callable[[Tally], object] | None = None,
) -> tuple[Tally, list[EditMessage]]:
    """Check files, as one batch, into writers.

    Args:
        paths: the files; ``-`` is standard input, or ``stdin``.
        checker: what judges them.
        writers: where messages go.
        stdin: what is read as standard input.
        watch: handed each file that is opened.
        told: handed the count so far, now and then.

    Returns:
        The count, and the messages of files of which nothing could be read.
    """
    tally = Tally()
    unread = []
    with no_garbage_collection():
        claims = claims_of(paths, checker, tally, stdin, watch=watch)
        for number, item in enumerate(checker.judge(claims, tally)):
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
    beside = Path(name)
    try:
        with os.fdopen(handle, **how) as stream:
            yield stream
        beside.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # there only where something went wrong


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def as_summary(tally: Tally) -> dict[str, Any]:
    """The count as the contract's JSON object."""
    return {**tally.counts(), "missing": [one.as_dict() for one in tally.missing.rows()]}


def check(
    *paths: str | Path,
    profile: str | None = None,
    rulebook: Rulebook | None = None,
    tally: Tally | None = None,
) -> Iterator[EditMessage]:
    """Check claim files: the short way in.

    Args:
        paths: 837, CSV, JSONL, Parquet or Arrow files, also .gz and .zip; ``-`` is standard input.
        profile: a profile's name for every claim; where None, by each claim's payer, filing indicator and setting.
        rulebook: the rules; where None, what ``open_book()`` opens.
        tally: counted up as the messages are taken.

    Yields:
        Each edit message, in the order of the input. What can't be read is a message too.

    Raises:
        ConfigurationError: no such profile.
        BookError, RuleDataError: the rule book can't be used.
    """
    checker = Checker(rulebook, profile)
    tally = tally if tally is not None else Tally()
    yield from checker.run(claims_of(paths, checker, tally), tally)
