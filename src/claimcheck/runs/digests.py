"""The inputs of a run, told to a history by their digests before anything of them is judged."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.remembering import Remembering
from claimcheck.runs.batch import Streams, can_be_read_once, name_of, once_readable
from claimcheck.runs.sources import SplitError, Stamp

_PIECE: Final = 1 << 20


@contextmanager
def begin(remembering: Remembering, paths: Sequence[str | Path], streams: Streams) -> Iterator[Streams]:
    """Tell a history what is to be read, so that what it knows is judged as of then. What can be read only once is
    spooled.

    Args:
        remembering: its batch is open.
        paths: the files; ``-`` is standard input.
        streams: what is read in place of a path, by it.

    Yields:
        The same streams, with one more for each that was spooled.

    Raises:
        HistoryError: a file was changed while it was read, so that it is not what the history is told.
    """
    with ExitStack() as stack:
        digests: dict[str, bytes] = {}
        stamps: dict[str, Stamp] = {}
        found = dict(streams)
        for path in dict.fromkeys(map(str, paths)):
            with suppress(OSError):  # reading it says why
                if path not in found and not can_be_read_once(path):
                    stamps[path] = Stamp.of(path)
                digests[name_of(path)] = _digest(path, found, stack)
        remembering.begin(digests)
        yield found
        for path, stamp in stamps.items():
            try:
                stamp.must_be_of(path)
            except (SplitError, OSError):
                raise HistoryError(f"{path}: was changed while it was read. Nothing was remembered.") from None


def _digest(path: str, streams: dict[str, BinaryIO], stack: ExitStack) -> bytes:
    given = streams.get(path)
    if given is None and not can_be_read_once(path):
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    digest = hashlib.sha256()
    with ExitStack() as reading:
        source: Any = given if given is not None else reading.enter_context(once_readable(path))
        copy = given if given is not None and given.seekable() else None
        spool = copy or stack.enter_context(tempfile.TemporaryFile())
        while piece := source.read(_PIECE):
            digest.update(piece)
            if copy is None:
                spool.write(piece)
    spool.seek(0)
    streams[path] = spool
    return digest.digest()
