"""A claim file split by what was said of each claim: ``claimcheck split``.

The file is read twice: once to judge its claims, once to copy each into its part: byte for byte, or, of Parquet and
Arrow files, value for value. Between the
two a claim is two numbers, where it begins and where it goes. What could not be read is not lost: it goes to the
rejected part, and so does a claim of which something could not be read, for nobody can tell what that was.
"""

from __future__ import annotations

import shutil
import tempfile
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple, cast

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker
from claimcheck.engine.tally import Tally
from claimcheck.message import REJECT, Disposition, EditMessage
from claimcheck.readers import read
from claimcheck.readers.files import FILE_TRUNCATED, FILE_UNREADABLE, Input, Kind, kind_of, open_inputs
from claimcheck.readers.rows import csv_rows, json_rows
from claimcheck.runs.batch import no_garbage_collection
from claimcheck.runs.split.loops import split_837
from claimcheck.runs.split.rows import split_rows

Why = Disposition | Literal["unread"]
"""Why a claim goes where it goes: its disposition, or that something of it could not be read."""

_STOPPED: Final = (FILE_UNREADABLE.id, FILE_TRUNCATED.id, "ROW-HEADER")
"""Messages after which it is not known what the whole file holds."""

_HEAD: Final = 1 << 13
_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_REMEMBERED: Final = 10_000
"""Rows that could not be read, of which the claim's number is remembered: a claim has no more."""


class SplitError(Exception):
    """A file that can't be split, and why."""


class Opened(NamedTuple):
    """A file to split: its bytes, unpacked and seekable, and the name that messages carry."""

    file: BinaryIO
    label: str


class Sorted(NamedTuple):
    """Where everything in a file goes.

    Attributes:
        kind: what the file is.
        places: where each claim begins, and each row that could not be read: segment or row numbers, in order.
        parts: the part of each.
        claims: how many claims there are, by part and by why they go there.
        unread: how many messages there are of what could not be read.
        tally: the count of the check.
    """

    kind: Kind
    places: array[int]
    parts: bytearray
    claims: Counter[tuple[int, Why]]
    unread: int
    tally: Tally


@contextmanager
def opened(path: str | Path, name: str | None = None) -> Iterator[Opened]:
    """Open a file to read it twice; ``-`` is standard input. What is packed, or comes through a pipe, is set down in
    a temporary file.

    Raises:
        SplitError: there is not one whole file to read.
        OSError: it can't be set down.
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
        label = _set_down(inputs, cast(BinaryIO, whole))
        if (more := next(inputs, None)) is not None:
            reason = more.text if isinstance(more, EditMessage) else "The archive holds several files: split each."
            raise SplitError(reason)
        whole.seek(0)
        yield Opened(cast(BinaryIO, whole), label)


def _set_down(inputs: Iterator[Input | EditMessage], whole: BinaryIO) -> str:
    """Copy the first of what was opened into a file; its name."""
    source = next(inputs)
    if isinstance(source, EditMessage):
        raise SplitError(source.text)
    shutil.copyfileobj(source, whole)
    if source.trouble:
        raise SplitError(f"The file could be read in part only: {source.trouble}.")
    return source.label


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
    file.seek(0)
    claims = read(file, name=label, columns=configuration.columns, asc_npis=frozenset(configuration.asc_npis))
    sorter = (_ClaimSorter if kind == "837" else _RowSorter)(part_of)
    tally = Tally(files=1)
    has_loops = False
    with no_garbage_collection():
        for item in checker.judge(claims, tally):
            if isinstance(item, EditMessage):
                _must_go_on(item)
                has_loops = has_loops or item.check == "X12-NO-LINES"
                if item.severity == REJECT:
                    sorter.note(item)
            else:
                sorter.take(item.claim, item.outcome.disposition)
    if not tally.claims and not has_loops:  # levels without a claim go to the rejected part
        raise SplitError("The file holds no claim that could be read.")
    return Sorted(kind, sorter.places, sorter.parts, sorter.claims, sorter.unread, tally)


def _must_go_on(message: EditMessage) -> None:
    """Stop at what makes the rest of the file unknown, or its bytes others than those that were read."""
    if message.check in _STOPPED:
        raise SplitError(message.text)
    if message.check == "X12-ENCODING" and message.observed == "UTF-16":
        raise SplitError("The file is UTF-16 text: save it as UTF-8.")


def copy_parts(source: Opened, found: Sorted, outputs: Sequence[BinaryIO], rest: int) -> int:
    """Copy everything in a file into its part; ``rest`` is that of what belongs to no claim.

    Returns:
        How many things that belong to no claim went to ``rest``: loops without a claim, rows not read.

    Raises:
        SplitError: the file is no longer what it was when its claims were judged.
        OSError: a part can't be written.
    """
    source.file.seek(0)
    if found.kind == "837":
        with no_garbage_collection():
            copied, bare = split_837(source.file, found.places, found.parts, outputs, rest)
        if copied != len(found.places):
            raise SplitError("The file was changed while it was being split.")
        return bare
    if found.kind in ("parquet", "arrow"):
        _copy_columns(source, found, outputs)
        return found.unread
    lines = csv_rows.physical_lines if found.kind == "csv" else json_rows.physical_lines
    split_rows(lines(source.file), found.places, found.parts, outputs)
    return found.unread


def _copy_columns(source: Opened, found: Sorted, outputs: Sequence[BinaryIO]) -> None:
    from claimcheck.runs.split.columns import split_columns  # needs pyarrow, as reading the claims did

    try:
        rows = split_columns(source.file, found.places, found.parts, outputs)
    except OSError:
        raise
    except Exception:  # pyarrow raises many kinds at damaged files
        rows = 0
    if rows < found.places[-1]:
        raise SplitError("The file was changed while it was being split.")


class _ClaimSorter:
    """Where the claims of an 837 go. What is told of a claim's segments comes before the claim."""

    def __init__(self, part_of: Mapping[Disposition, int]) -> None:
        self.part_of = part_of
        self.places = array("Q")
        self.parts = bytearray()
        self.claims: Counter[tuple[int, Why]] = Counter()
        self.unread = 0
        self._damaged = False

    def note(self, message: EditMessage) -> None:
        """Something could not be read."""
        self.unread += 1
        self._damaged = self._damaged or message.claim_id is not None

    def take(self, claim: Claim, disposition: Disposition) -> None:
        """A claim was judged."""
        assert claim.locus.segment is not None
        self.places.append(claim.locus.segment)
        self.parts.append(self._part(disposition, self._damaged))
        self._damaged = False

    def _part(self, disposition: Disposition, damaged: bool) -> int:
        why: Why = "unread" if damaged and disposition != "rejected" else disposition
        part = self.part_of["rejected" if why == "unread" else why]
        self.claims[part, why] += 1
        return part


class _RowSorter(_ClaimSorter):
    """Where rows go. A row that could not be read goes to the rejected ones, and so does the claim that it names,
    or that has rows before and behind it."""

    def __init__(self, part_of: Mapping[Disposition, int]) -> None:
        super().__init__(part_of)
        self._unread_ids: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)

    def note(self, message: EditMessage) -> None:
        """A row could not be read, or a line of a claim object."""
        self.unread += 1
        row = message.locus.row
        assert row is not None
        if message.claim_id:
            self._unread_ids.append((row, message.claim_id))
        if not self.places or self.places[-1] != row:  # a claim object may have several lines that can't be read
            self.places.append(row)
            self.parts.append(self.part_of["rejected"])

    def take(self, claim: Claim, disposition: Disposition) -> None:
        """A claim was judged. Rows in the midst of it that could not be read are noted already."""
        first, last = claim.lines[0].place, claim.lines[-1].place
        since = bisect_left(self.places, first)
        until = bisect_left(self.places, last + 1, since)
        damaged = until > since or any(id == claim.claim_id for _, id in self._unread_ids)
        while self._unread_ids and self._unread_ids[0][0] <= last:
            self._unread_ids.popleft()
        part = self._part(disposition, damaged)
        self.places[since:until] = array("Q", (first,))
        self.parts[since:until] = bytes((part,))
