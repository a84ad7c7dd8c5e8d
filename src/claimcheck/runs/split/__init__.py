"""A claim file split by what was said of each claim: ``claimcheck split``.

The file is read twice: once to judge its claims (``sorting``), once to copy each into its part: byte for byte, or, of
Parquet and Arrow files, value for value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import BinaryIO, Final, NamedTuple

from claimcheck.config.checker import Checker, engines_of
from claimcheck.message import REJECT, Disposition, EditMessage
from claimcheck.readers import read
from claimcheck.readers.files import FILE_TRUNCATED, FILE_UNREADABLE, Kind, kind_of
from claimcheck.readers.rows import csv_rows, json_rows
from claimcheck.runs.batch import no_garbage_collection
from claimcheck.runs.split.loops import copy_loops
from claimcheck.runs.split.opening import Opened, SplitError, opened
from claimcheck.runs.split.rows import copy_rows
from claimcheck.runs.split.sorting import LoopSorter, RowSorter, Sorted, Sorter, Why

__all__ = ["Opened", "Sorted", "SplitError", "Why", "copy_parts", "opened", "sort_claims"]

_STOPPED: Final = (FILE_UNREADABLE.id, FILE_TRUNCATED.id, "ROW-HEADER")
"""Messages after which it is not known what the whole file holds."""

_HEAD: Final = 1 << 13

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


def sort_claims(source: Opened, checker: Checker, part_of: Mapping[Disposition, int]) -> Sorted:
    """Judge the claims of a file, and find out where each goes.

    Raises:
        SplitError: the file can't be read, or there is no claim in it.
    """
    file, label = source
    configuration = checker.configuration
    kind, reason = kind_of(file.read(_HEAD), label, configuration.columns)
    if kind == "unknown":
        raise SplitError(f"The file {reason}.")
    if kind not in _SPLITTERS:
        raise SplitError("The file is a spreadsheet (XLSX), which can be checked but not split: save it as CSV.")
    file.seek(0)
    claims = read(file, name=label, **configuration.row_options)
    found = Sorted(kind, part_of)
    sorter = _SPLITTERS[kind].sorter(found)
    has_loops = False
    with no_garbage_collection():
        for item in engines_of(checker).judge(claims, found.tally):
            if isinstance(item, EditMessage):
                _must_go_on(item)
                has_loops = has_loops or item.check == "X12-NO-LINES"
                if item.severity == REJECT:
                    sorter.note(item)
            else:
                sorter.take(item.claim, item.outcome.disposition)
    if not found.tally.claims and not has_loops:  # levels without a claim go to the rejected part
        raise SplitError("The file holds no claim that could be read.")
    return found


def _must_go_on(message: EditMessage) -> None:
    """Stop at what makes the rest of the file unknown, or its bytes others than those that were read."""
    if message.check in _STOPPED:
        raise SplitError(message.text)
    if message.check == "X12-ENCODING" and message.observed == "UTF-16":
        raise SplitError("The file is UTF-16 text: save it as UTF-8.")


def copy_parts(source: Opened, found: Sorted, outputs: Sequence[BinaryIO]) -> int:
    """Copy everything in a file into its part.

    Returns:
        How many things that belong to no claim went to ``found.rest``: loops without a claim, rows not read.

    Raises:
        SplitError: the file is no longer what it was when its claims were judged.
        OSError: a part can't be written.
    """
    source.file.seek(0)
    return _SPLITTERS[found.kind].copy(source.file, found, outputs)
