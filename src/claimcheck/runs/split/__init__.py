"""A claim file split by what was said of each claim: ``claimcheck split``, and the parts of ``check --deliver``.

The file is read twice: once by the run that judges it, which tells a ``Sorting`` of each claim; once to copy each into
its part: byte for byte, or, of Parquet and Arrow files, value for value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, WARN, Disposition, EditMessage
from claimcheck.readers.files import FILE_TRUNCATED, FILE_UNREADABLE, Kind
from claimcheck.readers.rows import csv_rows, json_rows
from claimcheck.runs.batch import Streams
from claimcheck.runs.sources import CHANGED, Source, SplitError, Stamp, read_again, sources_of, spooled
from claimcheck.runs.split.loops import copy_loops
from claimcheck.runs.split.rows import copy_rows
from claimcheck.runs.split.sorting import LoopSorter, RowSorter, Sorted, Sorter, Why

__all__ = ["Opened", "Sorted", "Sorting", "SplitError", "Why", "copy_again", "copy_parts", "splitting"]

_STOPPED: Final = (FILE_UNREADABLE.id, FILE_TRUNCATED.id, "ROW-HEADER")
"""Messages after which it is not known what the whole file holds."""

Copy = Callable[[BinaryIO, Sorted, Sequence[BinaryIO]], int]
"""Copies everything in a file into its part; gives how many things there were that belong to no claim."""


class _Splitter(NamedTuple):
    """How files of one kind are split."""

    sorter: Callable[[Sorted], Sorter]
    copy: Copy


def _copy_columns(file: BinaryIO, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    from claimcheck.runs.split.columns import copy_columns  # needs pyarrow, as reading the claims did

    return copy_columns(file, found, outputs)


_SPLITTERS: Final[dict[Kind, _Splitter]] = {
    "837": _Splitter(LoopSorter, copy_loops),
    "csv": _Splitter(RowSorter, partial(copy_rows, csv_rows.physical_lines)),
    "jsonl": _Splitter(RowSorter, partial(copy_rows, json_rows.physical_lines)),
    "parquet": _Splitter(RowSorter, _copy_columns),
    "arrow": _Splitter(RowSorter, _copy_columns),
}


_NOT_SPLIT: Final = "The file is a spreadsheet (XLSX), which can be checked but not split: save it as CSV."


class Sorting:
    """A writer that finds out where everything in one file goes; it writes nothing.

    Args:
        kind: what the file is.
        part_of: the part of each disposition.
        must_split: end with an error where the file can't be split.

    Attributes:
        found: where everything goes, once the file was judged.
    """

    def __init__(self, kind: Kind, part_of: Mapping[Disposition, int], *, must_split: bool = False) -> None:
        self._must_split = must_split
        self.found = Sorted(kind, part_of)
        self.found.trouble = _NOT_SPLIT if kind == "xlsx" else ""
        self._sorter = _SPLITTERS[kind].sorter(self.found) if kind in _SPLITTERS else None
        self._has_loops = False

    def take(self, item: Judged | EditMessage) -> None:
        """A claim was judged, or something could not be read."""
        if isinstance(item, EditMessage):
            self._note(item)
        elif self._sorter:
            self._sorter.take(item.claim, item.outcome.disposition)

    def _note(self, message: EditMessage) -> None:
        """What leaves the rest of the file unknown, or its bytes others than those that were read, is a trouble."""
        found = self.found
        if message.check in _STOPPED:
            why, end, _ = message.text.partition(". ")  # what became of the claims is not so here
            found.trouble = found.trouble or why + end.strip()
        elif message.check == "X12-ENCODING" and message.observed == "UTF-16":
            found.trouble = found.trouble or "The file is UTF-16 text: save it as UTF-8."
        self._has_loops = self._has_loops or message.check == "X12-NO-LINES"
        if self._sorter and message.severity == REJECT and message.check not in _STOPPED:
            self._sorter.note(message)
        elif self._sorter and message.severity == WARN:
            self._sorter.warn(message)

    def close(self) -> None:
        """Levels without a claim go to the rejected part; a file without either has nothing to split.

        Raises:
            SplitError: the file can't be split, and must be.
        """
        found = self.found
        if not found.claims and not self._has_loops:
            found.trouble = found.trouble or "The file holds no claim that could be read."
        if found.trouble and self._must_split:
            raise SplitError(found.trouble)


class Opened(NamedTuple):
    """A file to split: what it is, what is read in place of its path, and its stamp where that is read itself."""

    source: Source
    streams: Streams
    stamp: Stamp | None

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.source.kind


@contextmanager
def splitting(path: str | Path, columns: Mapping[str, str] = {}) -> Iterator[Opened]:
    """Open a file to judge it, and then to copy its parts by ``copy_again``; ``-`` is standard input, which is spooled.

    Raises:
        SplitError: there is not one whole file to read.
        OSError: it can't be spooled.
    """
    with spooled([path]) as streams:
        stamp = Stamp.of(path) if not streams and Path(path).is_file() else None
        sources = [*sources_of(path, streams, columns)]
        for source in sources:
            if source.reason or len(sources) > 1:
                raise SplitError(source.reason or "The archive holds several files: split each.")
            if source.kind == "xlsx":
                raise SplitError(_NOT_SPLIT)
        for stream in streams.values():
            stream.seek(0)
        yield Opened(sources[0], streams, stamp)


def copy_again(opened: Opened, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    """Read a file once more, and copy its parts, as ``copy_parts`` does.

    Raises:
        SplitError: it can't be split, or is no longer what it was when its claims were judged.
        OSError: a part can't be written.
    """
    for _, file in read_again(opened.source.path, opened.streams):
        bare = copy_parts(cast(BinaryIO, file), found, outputs)
        if opened.stamp:
            opened.stamp.must_be_of(opened.source.path)
        return bare
    raise SplitError(CHANGED)


def copy_parts(file: BinaryIO, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    """Copy everything in a file, which is at its beginning, into its part.

    Returns:
        How many things that belong to no claim went to ``found.rest``: loops without a claim, rows not read.

    Raises:
        SplitError: it can't be split, or is no longer what it was when its claims were judged.
        OSError: a part can't be written.
    """
    if found.trouble:
        raise SplitError(found.trouble)
    return _SPLITTERS[found.kind].copy(file, found, outputs)
