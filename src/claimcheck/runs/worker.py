"""A worker: a process of its own that reads and judges its shards of a batch."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker, Findings
from claimcheck.engine.loop import Tally, judge
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage
from claimcheck.readers import read_input
from claimcheck.readers.files import broken_off, holds_no_claim, open_inputs
from claimcheck.readers.x12.claims import ClaimReader
from claimcheck.readers.x12.segments import Block, ReadIssue
from claimcheck.runs.batch import NOTHING_READ, Position, no_garbage_collection
from claimcheck.runs.shards import Begin, End, Piece, Shard, Whole
from claimcheck.runs.signals import SIGNALS
from claimcheck.runs.subscribers import worker_of
from claimcheck.writers import MergeableWriter, MessageWriter, Writer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_AT_ONCE: Final = 2_000
"""Claims and messages of a whole file between two parcels."""

Item = Claim | EditMessage
Place = tuple[int, int]
"""Where an item was found in its round: the piece's sequence, and the place in it."""


class Entry(NamedTuple):
    """What was found in one place: the text for each writer that can merge texts, and the item where somebody else
    wants it."""

    place: Place
    texts: tuple[str, ...]
    item: Judged | EditMessage | None


class Parcel(NamedTuple):
    """What a worker hands over: entries in order, whether more of the same round follow, its count so far, the bytes
    that it read of a whole file, and, when the batch ends, what it learnt beside its messages."""

    entries: list[Entry]
    more: bool
    tally: Tally
    read: int = 0
    findings: Findings | None = None


class Failed(NamedTuple):
    """An error that ended a worker, and would end another."""

    error: Exception


class Worker:
    """The part of one worker, in its own process.

    Args:
        out: where its parcels go.
        number: which of the workers it is, from 0.
        workers: how many there are.
        checker: what judges its claims.
        writers: where messages go in the end.
    """

    def __init__(self, out: Connection, number: int, workers: int, checker: Checker, writers: Sequence[Writer]) -> None:
        self._out, self._number, self._workers, self._checker = out, number, workers, checker
        self._stream = io.StringIO()
        self._partial = [w.partial_writer(self._stream) for w in writers if isinstance(w, MergeableWriter)]
        others = [writer for writer in writers if not isinstance(writer, MergeableWriter)]
        self._wants_items = bool(others)
        self._wants_all = any(not isinstance(writer, MessageWriter) for writer in others)
        self._asc_npis = frozenset(checker.configuration.asc_npis)
        self._history = checker.history(workers)
        self._tally = Tally()
        self._entries: list[Entry] = []
        self._label = ""
        self._reader: ClaimReader | None = None
        self._found_any = False

    def run(self, shards: Iterable[Shard]) -> None:
        """Read and judge what is dealt to it."""
        self._checker.begin()
        with no_garbage_collection():
            for shard in shards:
                if shard is None:
                    self._hand_over(findings=self._checker.findings())
                elif isinstance(shard, Whole):
                    self._judge_whole(shard)
                else:
                    self._judge(self._found_in(shard))
                    self._hand_over()

    def _judge(self, found: Iterable[tuple[Place, Item]]) -> None:
        """Judge what was found, and keep what somebody wants of it."""
        found = [*found]
        judged = judge((item for _, item in found), self._checker.engine_for, self._tally, self._history)
        for (place, _), item in zip(found, judged, strict=True):
            if self._wants_all or isinstance(item, EditMessage) or item.outcome.messages:
                texts = tuple(self._text_of(writer, item) for writer in self._partial)
                wanted = self._wants_items or (isinstance(item, EditMessage) and item.check in NOTHING_READ)
                self._entries.append(Entry(place, texts, item if wanted else None))

    def _judge_whole(self, whole: Whole) -> None:
        position = Position()
        items = enumerate(_items_of(whole, self._checker, position))
        while some := [*islice(items, _AT_ONCE)]:
            self._judge(((0, place), item) for place, item in some if self._is_assigned(item))
            self._hand_over(more=True, read=position.bytes)
        self._hand_over(read=position.bytes)

    def _found_in(self, pieces: Sequence[Piece]) -> Iterator[tuple[Place, Item]]:
        for sequence, content, assigned in pieces:
            for place, item in enumerate(self._read(content)):
                if assigned or self._is_assigned(item):
                    yield (sequence, place), item

    def _is_assigned(self, item: Item) -> bool:
        """Whether an item that every worker finds is this one's: a claim by its patient, and what is nobody's is the
        first worker's."""
        if isinstance(item, EditMessage):
            return self._number == 0
        return worker_of(item.patient_id or item.claim_id, self._workers) == self._number

    def _read(self, content: Begin | Block | ReadIssue | End | EditMessage) -> Sequence[Item]:
        if isinstance(content, Begin):
            self._label, self._found_any = content.label, False
            self._reader = ClaimReader(content.label, self._asc_npis)
            return ()
        if isinstance(content, EditMessage):
            return (content,)
        reader = self._reader
        assert reader
        if not isinstance(content, End):
            found = reader.take(content)
            self._found_any = self._found_any or bool(found)
            return found
        found = reader.close()
        reader.forget()
        if content.trouble:
            found.append(broken_off(self._label, content.trouble))
        elif not found and not self._found_any:
            found.append(holds_no_claim(self._label))
        return found

    def _text_of(self, writer: MessageWriter, item: Judged | EditMessage) -> str:
        stream = self._stream
        stream.seek(0)
        stream.truncate()
        writer.take(item)
        return stream.getvalue()

    def _hand_over(self, *, more: bool = False, read: int = 0, findings: Findings | None = None) -> None:
        self._out.send(Parcel(self._entries, more, self._tally, read, findings))
        self._entries = []


def _items_of(whole: Whole, checker: Checker, position: Position) -> Iterator[Item]:
    columns, asc_npis = checker.configuration.columns, frozenset(checker.configuration.asc_npis)
    inputs = open_inputs(whole.source, whole.name, position.watch)
    for opened in islice(inputs, whole.number, whole.number + 1):
        if isinstance(opened, EditMessage):
            yield opened
        else:
            yield from read_input(opened, columns=columns, asc_npis=asc_npis)


def work(
    connection: Connection,
    others: Sequence[Connection],
    number: int,
    workers: int,
    checker: Checker,
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
    checker.reopen()
    try:
        Worker(connection, number, workers, checker, writers).run(_received(connection))
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
