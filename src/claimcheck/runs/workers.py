"""Every core: several processes check one batch, and what comes out is the same, byte for byte, as of one.

Each worker reads the whole batch, but judges only the claims of the patients that are dealt to it (``sources.deal``):
so what spans claims is judged as by one process, and nothing is handed from worker to worker. They are forked off once
the rule book is open, and share its pages. What they find comes back numbered by turns, and is put in order again.
A worker that dies is replaced once by another, which does the same part again and leaves out what was handed over.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker, Findings
from claimcheck.engine.messages import Judged
from claimcheck.engine.tally import Tally
from claimcheck.message import EditMessage
from claimcheck.readers.deal import Deal
from claimcheck.runs.batch import NOTHING_READ, NOW_AND_THEN, check_files, claims_of, no_garbage_collection
from claimcheck.runs.signals import SIGNALS, blocked_signals
from claimcheck.writers import MergeableWriter, MessageWriter, Writer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

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
    if jobs == 1 or not available():
        position = Position()
        told = (lambda tally: bar.told(tally, position.bytes)) if bar else None
        return check_files(paths, checker, *writers, stdin=stdin, watch=position.watch, told=told)
    with _set_down(paths, stdin) as copies:
        return _Workers(paths, checker, writers, jobs, copies, say or _on_stderr).run(bar)


def _on_stderr(text: str) -> None:
    sys.stderr.write(f"claimcheck: {text}\n")


@contextmanager
def _set_down(paths: Sequence[str | Path], stdin: BinaryIO | None) -> Iterator[dict[str, Path]]:
    """Set down what can be read only once, standard input and pipes, so that each worker can read it."""
    with ExitStack() as stack:
        copies: dict[str, Path] = {}
        make: Callable[[], Any] = tempfile.TemporaryFile if _OPEN_FILES.is_dir() else tempfile.NamedTemporaryFile
        for path in map(str, paths):
            if path == "-" or (Path(path).exists() and not Path(path).is_file()):
                copy = stack.enter_context(make())
                source = stdin or sys.stdin.buffer if path == "-" else stack.enter_context(Path(path).open("rb"))
                shutil.copyfileobj(source, copy)
                copy.flush()
                copies[path] = _OPEN_FILES / str(copy.fileno()) if _OPEN_FILES.is_dir() else Path(copy.name)
        yield copies


class _Entry(NamedTuple):
    """What one turn brought: the text for each writer that can join texts, and the item where another wants it."""

    turn: int
    texts: tuple[str, ...]
    item: Judged | EditMessage | None


class _Parcel(NamedTuple):
    """What a worker hands over: entries, the turn up to which they are all, how many bytes of the input it has read
    by now, and its count."""

    entries: list[_Entry]
    turn: int
    read: int
    tally: Tally


class _Last(NamedTuple):
    """A worker's last word: what it learnt beside its messages, and the messages of files not read, by turn."""

    findings: Findings
    unread: list[tuple[int, EditMessage]]


class _Failed(NamedTuple):
    """An error that ended a worker, and would end another."""

    error: Exception


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


# -- a worker ------------------------------------------------------------------------------------


class _Worker:
    """The part of one worker, in its own process."""

    def __init__(self, out: Connection, deal: Deal, writers: Sequence[Writer], handed_over: int) -> None:
        self._out = out
        self._deal = deal
        self._stream = io.StringIO()
        self._joined = [writer.beside(self._stream) for writer in writers if isinstance(writer, MergeableWriter)]
        others = [writer for writer in writers if not isinstance(writer, MergeableWriter)]
        self._wants_items = bool(others)
        self._wants_all = any(not isinstance(writer, MessageWriter) for writer in others)
        self._to_leave_out = handed_over
        self._entries: list[_Entry] = []
        self._turns: deque[int] = deque()
        self._turn = 0
        self._position = Position()
        self._tally = Tally()

    def run(self, paths: Sequence[str | Path], checker: Checker, copies: Mapping[str, Path]) -> None:
        unread = []
        deal = self._deal
        with no_garbage_collection():
            watch = self._position.watch
            claims = claims_of(paths, checker, self._tally, copies=copies, deal=deal, watch=watch)
            for number, item in enumerate(checker.judge_part(self._noted(claims), self._tally, deal.workers)):
                self._turn = self._turns.popleft()
                if isinstance(item, EditMessage):
                    if item.check in NOTHING_READ:
                        unread.append((self._turn, item))
                    self._keep(item)
                elif self._wants_all or item.outcome.messages:
                    self._keep(item)
                if not number % NOW_AND_THEN:
                    self._hand_over()
        self._hand_over()
        self._out.send(_Last(checker.findings(), unread))

    def _noted(self, items: Iterable[Claim | EditMessage]) -> Iterator[Claim | EditMessage]:
        """Items as they are read, each with its turn: the engine takes some ahead, and gives one for each."""
        for item in items:
            self._turns.append(self._deal.now)
            yield item

    def _keep(self, item: Judged | EditMessage) -> None:
        if self._to_leave_out:
            self._to_leave_out -= 1
            return
        texts = tuple(map(self._text_of, self._joined, (item,) * len(self._joined)))
        self._entries.append(_Entry(self._turn, texts, item if self._wants_items else None))

    def _text_of(self, writer: MessageWriter, item: Judged | EditMessage) -> str:
        stream = self._stream
        stream.seek(0)
        stream.truncate()
        writer.take(item)
        return stream.getvalue()

    def _hand_over(self) -> None:
        self._out.send(_Parcel(self._entries, self._turn, self._position.bytes, self._tally))
        self._entries = []


def _begin(
    out: Connection,
    not_mine: Sequence[Connection],
    deal: Deal,
    paths: Sequence[str | Path],
    checker: Checker,
    writers: Sequence[Writer],
    copies: Mapping[str, Path],
    handed_over: int,
) -> None:
    """What a forked process does, from its first step to its last."""
    for ending in SIGNALS - {signal.SIGTERM}:
        signal.signal(ending, signal.SIG_IGN)  # the terminal sends it to all: who started us ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    for connection in not_mine:  # else no worker would see that its reader is gone
        connection.close()
    checker.reopen()
    try:
        _Worker(out, deal, writers, handed_over).run(paths, checker, copies)
    except BrokenPipeError:
        pass
    except Exception as error:
        out.send(_Failed(error))


# -- who joins what they find --------------------------------------------------------------------


class _Part:
    """One worker's part, as the process that joins them sees it."""

    def __init__(self, deal: Deal) -> None:
        self.deal = deal
        self.process: Any = None
        self.connection: Connection | None = None
        self.waiting: deque[_Parcel] = deque()
        self.handed_over = 0
        self.turn = 0
        self.read = 0
        self.tally = Tally()
        self.last: _Last | None = None
        self.again = False


class _Workers:
    """The workers of a batch.

    Args:
        paths: the files of the batch.
        checker: what judges them.
        writers: where messages go.
        jobs: how many workers.
        copies: where standard input and pipes were set down.
        say: told in one line of a worker that died.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        checker: Checker,
        writers: Sequence[Writer],
        jobs: int,
        copies: Mapping[str, Path],
        say: Callable[[str], object],
    ) -> None:
        self._paths, self._checker, self._sinks, self._copies, self._say = paths, checker, writers, copies, say
        self._joined = [writer for writer in writers if isinstance(writer, MergeableWriter)]
        self._others = [writer for writer in writers if not isinstance(writer, MergeableWriter)]
        self._parts = [_Part(Deal(worker, jobs)) for worker in range(jobs)]

    def run(self, bar: Watcher | None = None) -> tuple[Tally, list[EditMessage]]:
        """Start the workers, and join what they find.

        Raises:
            WorkerDied: a worker died, and so did the one in its place.
            Exception: what ended a worker.
        """
        try:
            for part in self._parts:
                self._start(part)
            while any(part.last is None for part in self._parts):
                self._receive()
                self._join()
                if bar:
                    bar.told(self._tally(), sum(part.read for part in self._parts) // len(self._parts))
            return self._end()
        finally:
            for part in self._parts:
                self._stop(part)

    def _start(self, part: _Part) -> None:
        for stream in (sys.stdout, sys.stderr):  # else the worker, when it ends, writes what waits there once more
            stream.flush()
        with blocked_signals():
            import multiprocessing  # one process needs none of it
        receive, send = multiprocessing.Pipe(duplex=False)
        not_mine = [receive, *(p.connection for p in self._parts if p.connection and not p.connection.closed)]
        deal = Deal(part.deal.worker, part.deal.workers)
        given = (send, not_mine, deal, self._paths, self._checker, self._sinks, self._copies, part.handed_over)
        process = multiprocessing.get_context("fork").Process(target=_begin, args=given, daemon=True)
        with blocked_signals():
            process.start()
            part.process, part.connection = process, receive
        send.close()

    def _stop(self, part: _Part) -> None:
        if part.process:
            part.process.kill()
            part.process.join()
        if part.connection:
            part.connection.close()

    def _receive(self) -> None:
        """Take what workers hand over; a worker far ahead of the others waits."""
        from multiprocessing.connection import Connection, wait  # loaded by Pipe

        unfinished = [part for part in self._parts if part.last is None]
        behind = [part for part in unfinished if len(part.waiting) < _WAITING]
        by_connection = {part.connection: part for part in behind}
        for connection in wait([*filter(None, by_connection)], timeout=1.0):
            assert isinstance(connection, Connection)
            part = by_connection[connection]
            try:
                given = connection.recv()
            except (EOFError, OSError):
                self._replace(part)
                continue
            if isinstance(given, _Failed):
                raise given.error
            if isinstance(given, _Last):
                part.last = given
            else:
                part.waiting.append(given)
                part.handed_over += len(given.entries)
                part.turn, part.read = max(part.turn, given.turn), max(part.read, given.read)
                part.tally = given.tally

    def _replace(self, part: _Part) -> None:
        """Have the part of a worker that died done again."""
        self._stop(part)
        number, of = part.deal.worker + 1, part.deal.workers
        how = _how(part.process.exitcode)
        if part.again:
            raise WorkerDied(f"worker {number} of {of} died twice ({how}); the batch is not checked")
        part.again = True
        self._say(f"worker {number} of {of} died ({how}); its part is done again")
        self._start(part)

    def _join(self) -> None:
        """Write what is complete: up to the turn that every worker has reached."""
        until = min((part.turn for part in self._parts if part.last is None), default=sys.maxsize)
        due: list[_Entry] = []
        for part in self._parts:
            waiting = part.waiting
            while waiting and (not waiting[0].entries or waiting[0].entries[0].turn <= until):
                parcel = waiting.popleft()
                if parcel.turn <= until:
                    due += parcel.entries
                    continue
                due += [entry for entry in parcel.entries if entry.turn <= until]
                later = [entry for entry in parcel.entries if entry.turn > until]
                waiting.appendleft(parcel._replace(entries=later))
                break
        due.sort(key=lambda entry: entry.turn)  # entries of one turn are one worker's, and stay in order
        for entry in due:
            for writer, text in zip(self._joined, entry.texts, strict=True):
                writer.write_text(text)
            if entry.item is not None:
                for other in self._others:
                    other.take(entry.item)

    def _tally(self) -> Tally:
        tally = Tally()
        for part in self._parts:
            tally.add(part.tally)
        tally.files = max(part.tally.files for part in self._parts)  # each has opened all of them
        return tally

    def _end(self) -> tuple[Tally, list[EditMessage]]:
        """Say what is to be said of the whole batch."""
        tally, checker = self._tally(), self._checker
        lasts = [part.last for part in self._parts if part.last]
        checker.begin()
        for last in lasts:
            checker.add(last.findings)
        for message in checker.last_messages(tally):
            for writer in self._sinks:
                writer.take(message)
        for writer in self._sinks:
            writer.close()
        unread = sorted((one for last in lasts for one in last.unread), key=lambda one: one[0])
        return tally, [message for _, message in unread]


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        named = -exitcode in {*signal.Signals}  # a real-time signal has no name
        return f"ended by {signal.Signals(-exitcode).name if named else f'signal {-exitcode}'}"
    return f"exit status {exitcode}"
