"""The process that starts workers, deals a batch out to them, and joins what they find.

Workers are forked off once the rule book is open, and share its pages. Round by round each gets its shard, and its
answer is a parcel of what it found, place by place; the parcels of a round are merged. A worker is some rounds ahead of
what is merged, and no more: that bounds the memory. One that dies is replaced once by another, which does the same part
again: what was merged of it is dropped.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from claimcheck.config.checker import BatchNotes, Engines
from claimcheck.engine.loop import Tally
from claimcheck.message import EditMessage
from claimcheck.runs.batch import NOTHING_READ, Watcher, no_garbage_collection
from claimcheck.runs.shards import Dealer, Round
from claimcheck.runs.signals import blocked_signals
from claimcheck.runs.worker import Entry, Failed, Parcel, work
from claimcheck.runs.workers import WorkerDied
from claimcheck.writers import MergeableWriter, Writer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_AHEAD: Final = 4
"""Rounds that workers are given before the first of them is merged: none waits for another at each round's end."""


class _Worker:
    """A worker, as the process that joins them sees it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: Any = None
        self.connection: Connection
        self.tally = Tally()
        self.notes: BatchNotes | None = None
        self.again = False

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.process:
            self.process.kill()
            self.process.join()
            self.connection.close()

    def drain(self) -> None:
        """Take in what it handed over before it ended, which may be what ended it.

        Raises:
            Exception: what ended it.
        """
        with suppress(EOFError, OSError):
            while self.connection.poll():
                self.receive()

    def receive(self) -> Parcel:
        """Its next parcel.

        Raises:
            EOFError, OSError: it died.
            Exception: what ended it.
        """
        parcel = self.connection.recv()
        if isinstance(parcel, Failed):
            raise _Ended(parcel.error)
        assert isinstance(parcel, Parcel)
        self.tally, self.notes = parcel.tally, parcel.notes
        return parcel


class _Ended(Exception):
    """An error of a worker's own, which is no death."""


class Joining:
    """The workers of a batch.

    Args:
        sources: each file's path, with the name that messages carry.
        engines: what judges them.
        writers: where messages go.
        jobs: how many workers.
        say: told in one line of a worker that died.
    """

    def __init__(
        self,
        sources: Sequence[tuple[Path, str]],
        engines: Engines,
        writers: Sequence[Writer],
        jobs: int,
        say: Callable[[str], object],
    ) -> None:
        self._sources, self._engines, self._writers, self._say = sources, engines, writers, say
        self._mergeable = [writer for writer in writers if isinstance(writer, MergeableWriter)]
        self._others = [writer for writer in writers if not isinstance(writer, MergeableWriter)]
        self._workers = [_Worker(number) for number in range(jobs)]
        self._unread: list[EditMessage] = []
        self._dealt = self._merged = 0

    def run(self, bar: Watcher | None = None) -> tuple[Tally, list[EditMessage]]:
        """Start the workers, and join what they find.

        Raises:
            WorkerDied: a worker died, and so did the one in its place.
            Exception: what ended a worker.
        """
        ahead: deque[Round] = deque()
        try:
            for worker in self._workers:
                self._start(worker)
            with no_garbage_collection(), closing(self._dealer().rounds()) as rounds:
                for dealt in rounds:
                    ahead.append(dealt)
                    self._deal(dealt)
                    if len(ahead) > _AHEAD:
                        self._merge(ahead.popleft(), bar)
            while ahead:
                self._merge(ahead.popleft(), bar)
            return self._end()
        except _Ended as ended:
            raise ended.args[0] from None
        finally:
            for worker in self._workers:
                worker.stop()

    def _dealer(self) -> Dealer:
        return Dealer(self._sources, self._engines.configuration, len(self._workers))

    def _start(self, worker: _Worker) -> None:
        for stream in (sys.stdout, sys.stderr):  # else the worker, when it ends, writes what waits there once more
            stream.flush()
        with blocked_signals():
            import multiprocessing  # loaded while no signal can end it halfway
        ours, its = multiprocessing.Pipe()
        others = [ours, *(one.connection for one in self._workers if one.process and one is not worker)]
        given = (its, others, worker.number, len(self._workers), self._engines, self._writers)
        process = multiprocessing.get_context("fork").Process(target=work, args=given, daemon=True)
        with blocked_signals():
            process.start()
            worker.process, worker.connection = process, ours
        its.close()

    def _deal(self, dealt: Round) -> None:
        self._dealt += 1
        for worker, shard in zip(self._workers, dealt.shards, strict=True):
            try:
                worker.connection.send(shard)
            except OSError:
                self._replace(worker)

    def _merge(self, dealt: Round, bar: Watcher | None) -> None:
        """Write what the workers found in a round."""
        parcels = [self._next_parcel(worker) for worker in self._workers]
        self._merged += 1
        if self._engines.remembering:
            self._engines.remembering.goes_on()
        for entry in merge(*(parcel.entries for parcel in parcels), key=lambda entry: entry.place):
            self._write(entry)
        if bar:
            bar.told(self._tally(), dealt.read)

    def _next_parcel(self, worker: _Worker) -> Parcel:
        try:
            return worker.receive()
        except (EOFError, OSError):
            self._replace(worker)
            return self._next_parcel(worker)

    def _write(self, entry: Entry) -> None:
        if entry.kept and self._engines.remembering:
            self._engines.remembering.take(entry.kept)
        for writer, text in zip(self._mergeable, entry.texts, strict=True):
            writer.write_text(text)
        if entry.item is not None:
            for other in self._others:
                other.take(entry.item)
            if isinstance(entry.item, EditMessage) and entry.item.check in NOTHING_READ:
                self._unread.append(entry.item)

    def _replace(self, worker: _Worker) -> None:
        """Have the part of a worker that died done again, up to where it was.

        Raises:
            Exception: it did not die: an error ended it, and would end another.
        """
        worker.drain()
        worker.stop()
        which, how = f"worker {worker.number + 1} of {len(self._workers)}", _how(worker.process.exitcode)
        if worker.again:
            raise WorkerDied(f"{which} died twice ({how}); the batch is not checked")
        worker.again = True
        self._say(f"{which} died ({how}); its part is done again")
        self._start(worker)
        try:
            with closing(self._dealer().rounds()) as rounds:
                for number, dealt in enumerate(islice(rounds, self._dealt)):
                    worker.connection.send(dealt.shards[worker.number])
                    if number < self._merged:
                        worker.receive()
        except (EOFError, OSError):
            self._replace(worker)

    def _tally(self) -> Tally:
        tally = Tally(files=len(self._sources))
        for worker in self._workers:
            tally.add(worker.tally)
        return tally

    def _end(self) -> tuple[Tally, list[EditMessage]]:
        """Say what is to be said of the whole batch."""
        tally, engines = self._tally(), self._engines
        engines.begin()
        for worker in self._workers:
            assert worker.notes
            engines.add_notes(worker.notes)
        for message in engines.last_messages(tally):
            for writer in self._writers:
                writer.take(message)
        for writer in self._writers:
            writer.close()
        return tally, self._unread


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        named = -exitcode in {*signal.Signals}  # a real-time signal has no name
        return f"ended by {signal.Signals(-exitcode).name if named else f'signal {-exitcode}'}"
    return f"exit status {exitcode}"
