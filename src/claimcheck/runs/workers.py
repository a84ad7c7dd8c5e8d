"""Every core: several processes check one batch, and what comes out is the same, byte for byte, as of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from claimcheck import ClaimcheckError
from claimcheck.config.checker import Checker, engines_of
from claimcheck.engine.loop import Tally
from claimcheck.message import EditMessage
from claimcheck.runs.batch import Position, Streams, Watcher, can_be_read_once, check_files, name_of, once_readable
from claimcheck.writers import Writer

WORTH_A_WORKER: Final = 4 << 20
"""Bytes of claims below which another process costs more than it saves."""

_OPEN_FILES: Final = Path("/proc/self/fd")
"""Where a worker finds, by its number, a file that has no name: one that stays behind nowhere, whatever kills us."""


class WorkerDied(ClaimcheckError):
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


def run(
    paths: Sequence[str | Path],
    checker: Checker,
    writers: Sequence[Writer],
    jobs: int | None = None,
    *,
    streams: Mapping[str, BinaryIO] = {},
    bar: Watcher | None = None,
    say: Callable[[str], object] | None = None,
) -> tuple[Tally, list[EditMessage]]:
    """Check files, as one batch, into writers, by one process or several.

    Args:
        paths: the files; ``-`` is standard input.
        checker: what judges them.
        writers: where messages go.
        jobs: how many processes; where None, one a core as far as the files are worth it.
        streams: what is read in place of a path, by it.
        bar: told how far the batch is, now and then.
        say: told in one line of a worker that died; by default it is written to standard error.

    Returns:
        The count, and the messages of files of which nothing could be read.

    Raises:
        WorkerDied: a worker died, and so did the one in its place.
        BookError: somebody wrote into the rule book's file meanwhile.
        HistoryError: the checker's history can't be used; its batch must be open.
    """
    jobs, engines = jobs or worth(paths), engines_of(checker)
    with ExitStack() as stack:
        if engines.remembering:
            from claimcheck.runs.digests import begin  # most runs have no history

            streams = stack.enter_context(begin(engines.remembering, paths, streams))
        if jobs == 1 or not available():
            position = Position()
            told = (lambda tally: bar.told(tally, position.bytes)) if bar else None
            found = check_files(paths, checker, *writers, streams=streams, watch=position.watch, told=told)
        else:
            from claimcheck.runs.joining import Joining  # one process needs none of it
            from claimcheck.runs.unfinished import say_on_stderr

            sources = stack.enter_context(_spooled(paths, streams))
            found = Joining(sources, engines, writers, jobs, say or say_on_stderr).run(bar)
    engines.must_have_one_book()
    return found


@contextmanager
def _spooled(paths: Sequence[str | Path], streams: Streams) -> Iterator[list[tuple[Path, str]]]:
    """Where to read each file, and its name. What can be read only once, standard input and pipes, is spooled: a worker
    that dies is replaced, and the one in its place begins anew."""
    with ExitStack() as stack:
        copies: dict[str, Path] = {}
        make: Callable[[], Any] = tempfile.TemporaryFile if _OPEN_FILES.is_dir() else tempfile.NamedTemporaryFile
        for path in map(str, paths):
            if can_be_read_once(path):
                copy = stack.enter_context(make())
                shutil.copyfileobj(streams.get(path) or stack.enter_context(once_readable(path)), copy)
                copy.flush()
                copies[path] = _OPEN_FILES / str(copy.fileno()) if _OPEN_FILES.is_dir() else Path(copy.name)
        yield [(copies.get(path, Path(path)), name_of(path)) for path in map(str, paths)]
