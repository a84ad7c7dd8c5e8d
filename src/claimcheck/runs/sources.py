"""The claim files of a run, looked at before they are read and read again after: what each is, and whether it is still
the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple, cast

from claimcheck import ClaimcheckError
from claimcheck.message import EditMessage
from claimcheck.readers.files import Kind, in_any_order, kind_of, open_inputs
from claimcheck.runs.batch import Streams, can_be_read_once, name_of, once_readable

CHANGED: Final = "The file was changed while it was being read."


class SplitError(ClaimcheckError):
    """A file that can't be split, and why."""


class Source(NamedTuple):
    """A claim file: one that was named, or one in an archive.

    Attributes:
        path: the file as it was named; ``-`` is standard input.
        label: the name that messages carry, such as ``batch.zip!claims.837``.
        kind: what it is.
        reason: why nothing of it can be read; blank where something can.
        is_open: whether it has bytes to read again.
    """

    path: str
    label: str
    kind: Kind
    reason: str = ""
    is_open: bool = True

    @property
    def member(self) -> str:
        """Its name in the archive; blank where it is in none."""
        return self.label.removeprefix(name_of(self.path)).removeprefix("!")


@contextmanager
def spooled(paths: Iterable[str | Path]) -> Iterator[Streams]:
    """What can be read only once, standard input and pipes, in temporary files, by path.

    Raises:
        OSError: it can't be read, or not be spooled.
    """
    with ExitStack() as stack:
        copies: dict[str, BinaryIO] = {}
        for path in map(str, paths):
            if can_be_read_once(path) and path not in copies:
                copy = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))
                with once_readable(path) as stream:
                    shutil.copyfileobj(stream, copy)
                copy.seek(0)
                copies[path] = copy
        yield copies


def sources_of(
    path: str | Path, streams: Mapping[str, BinaryIO] = {}, columns: Mapping[str, str] = {}
) -> Iterator[Source]:
    """What there is to read in a file: itself, or each file in an archive. ``streams`` are read in place of the paths
    that they are given for; ``columns`` are those of rows, by which the reader knows a file."""
    for opened in open_inputs(_from_start(path, streams), name_of(path)):
        if isinstance(opened, EditMessage):
            yield Source(str(path), opened.locus.file, "unknown", opened.text, is_open=False)
        else:
            kind, reason = kind_of(opened.head, opened.label, columns)
            yield Source(str(path), opened.label, kind, f"The file {reason}." if kind == "unknown" else "")


def read_again(path: str | Path, streams: Mapping[str, BinaryIO] = {}) -> Iterator[tuple[str, IO[bytes]]]:
    """The bytes of each file that ``sources_of`` gives, seekable, with its label: what is packed is spooled.

    Raises:
        OSError: they can't be spooled.
    """
    for opened in open_inputs(_from_start(path, streams), name_of(path)):
        if not isinstance(opened, EditMessage):
            with in_any_order(opened) as file:
                file.seek(0)
                yield opened.label, file


def _from_start(path: str | Path, streams: Streams) -> Path | BinaryIO:
    stream = streams.get(str(path))
    if stream is None:
        return Path(path)
    stream.seek(0)
    return stream


class Stamp(NamedTuple):
    """What tells a file from what it was: another one in its place, or other bytes."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, path: str | Path) -> Stamp:
        """The stamp of a file as it is now.

        Raises:
            OSError: it is not there any more.
        """
        found = Path(path).stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)

    def must_be_of(self, path: str | Path) -> None:
        """The file is as it was.

        Raises:
            SplitError: it was changed or removed.
            OSError: it can't be looked at any more.
        """
        try:
            now = Stamp.of(path)
        except FileNotFoundError:
            raise SplitError("The file was removed while it was being read.") from None
        if now != self:
            raise SplitError(CHANGED)
