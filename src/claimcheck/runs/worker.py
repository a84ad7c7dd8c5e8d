"""A worker: a process of its own that reads and judges its shards of a batch."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterable, Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from claimcheck.config.checker import BatchNotes, Engines
from claimcheck.engine.loop import Tally, judge
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage
from claimcheck.runs.batch import NOTHING_READ, no_garbage_collection
from claimcheck.runs.reading import Item, Place, ShardReader
from claimcheck.runs.shards import Shard
from claimcheck.runs.signals import SIGNALS
from claimcheck.writers import MergeableWriter, MessageWriter, Writer, takes_every_claim

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from claimcheck.memory.across import Kept


class Entry(NamedTuple):
    """What was found in one place: the text for each writer that can merge texts, the item where somebody else
    wants it, and what a history is to keep of it."""

    place: Place
    texts: tuple[str, ...]
    item: Judged | EditMessage | None
    kept: Kept | None = None


class Parcel(NamedTuple):
    """What a worker hands over of a round: entries in order, its count so far, and, when the batch ends, what it learnt
    beside its messages."""

    entries: list[Entry]
    tally: Tally
    notes: BatchNotes | None


class Failed(NamedTuple):
    """An error that ended a worker, and would end another."""

    error: Exception


class Worker:
    """The part of one worker, in its own process.

    Args:
        out: where its parcels go.
        number: which of the workers it is, from 0.
        workers: how many there are.
        engines: what judges its claims.
        writers: where messages go in the end.
    """

    def __init__(self, out: Connection, number: int, workers: int, engines: Engines, writers: Sequence[Writer]) -> None:
        self._out, self.number, self._engines = out, number, engines
        self._stream = io.StringIO()
        self._partial = [w.partial_writer(self._stream) for w in writers if isinstance(w, MergeableWriter)]
        self._wants_items = any(not isinstance(writer, MergeableWriter) for writer in writers)
        self._wants_all = any(map(takes_every_claim, writers))
        self._reader = ShardReader(number, workers, engines.configuration)
        self._kept: list[Kept] = []
        self._history = engines.history(workers, self._kept.append)
        self._tally = Tally()
        self._entries: list[Entry] = []

    def run(self, shards: Iterable[Shard]) -> None:
        """Read and judge what is dealt to it."""
        self._engines.begin()
        with no_garbage_collection():
            for shard in shards:
                self._judge([*self._reader.find(shard)])
                self._hand_over(self._engines.notes() if shard is None else None)

    def _judge(self, found: Sequence[tuple[Place, Item]]) -> None:
        """Judge what was found, and keep what somebody wants of it."""
        judged = judge((item for _, item in found), self._engines.engine_for, self._tally, self._history)
        for (place, _), item in zip(found, judged, strict=True):
            kept = self._kept.pop() if self._kept else None
            if self._wants_all or isinstance(item, EditMessage) or item.outcome.messages:
                texts = tuple(self._text_of(writer, item) for writer in self._partial)
                wanted = self._wants_items or (isinstance(item, EditMessage) and item.check in NOTHING_READ)
                self._entries.append(Entry(place, texts, item if wanted else None, kept))
            elif kept:
                self._entries.append(Entry(place, tuple("" for _ in self._partial), None, kept))

    def _text_of(self, writer: MessageWriter, item: Judged | EditMessage) -> str:
        stream = self._stream
        stream.seek(0)
        stream.truncate()
        writer.take(item)
        return stream.getvalue()

    def _hand_over(self, notes: BatchNotes | None) -> None:
        self._out.send(Parcel(self._entries, self._tally, notes))
        self._entries = []


def work(
    connection: Connection,
    others: Sequence[Connection],
    number: int,
    workers: int,
    engines: Engines,
    writers: Sequence[Writer],
) -> None:
    """What a forked process does, from its first step to its last. ``others`` are ends of connections that it has by
    the fork alone: while it holds one, nobody notices that its owner is gone."""
    for ending in SIGNALS - {signal.SIGTERM}:
        signal.signal(ending, signal.SIG_IGN)  # the terminal sends it to all: who started us ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    for other in others:
        other.close()
    try:
        engines.reopen()
        Worker(connection, number, workers, engines, writers).run(_received(connection))
    except BrokenPipeError:
        pass
    except Exception as error:
        connection.send(Failed(error))


def _received(connection: Connection) -> Iterator[Shard]:
    """The shards as they come, the last of which is None. A thread takes them in, so that who sends them never waits
    for a worker that itself waits to hand over what it found."""
    shards: SimpleQueue[Shard] = SimpleQueue()

    def take_in() -> None:
        shard: Shard = []
        while shard is not None:
            try:
                shard = connection.recv()
            except (EOFError, OSError):  # who started us is gone: handing over fails, too
                shard = None
            shards.put(shard)

    Thread(target=take_in, daemon=True).start()
    shard: Shard = []
    while shard is not None:
        shard = shards.get()
        yield shard
