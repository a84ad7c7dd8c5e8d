"""A batch dealt out: round by round what each worker reads of it, before anything is parsed.

Of an 837 each worker reads the envelope and the subscribers that are dealt to it. Other files are not cut, for that
would cost as much as reading them: each worker reads all of them, and keeps the claims of its own patients. Whatever
every worker reads they all read alike, so that a place in it is the same place for each.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from claimcheck.message import EditMessage
from claimcheck.readers.files import Input, kind_of, open_inputs
from claimcheck.readers.x12.segments import Block, ReadIssue, read_blocks
from claimcheck.runs.batch import Position
from claimcheck.runs.subscribers import EVERY_WORKER, Cutter

_ROUND: Final = 1 << 18
"""Characters of a round, some hundred claims for each worker."""


class Begin(NamedTuple):
    """An 837 begins: its name."""

    label: str


class End(NamedTuple):
    """An 837 ends; ``trouble`` says why it broke off, where it did."""

    trouble: str


class Whole(NamedTuple):
    """A file that each worker reads for itself: the so-and-so-many-th of those that a path has."""

    source: Path
    name: str
    number: int


Content = Begin | Block | ReadIssue | End | EditMessage
Piece = tuple[int, bool, Content | tuple[Any, ...]]
"""What a worker is to read: its place in the round, whether all of it is this worker's, and the content. Of what is
every worker's each keeps the claims of its own patients. Most pieces are blocks, which go as bare tuples: those take
a fraction of the time to be sent."""
Shard = list[Piece] | Whole | None
"""What one worker reads in a round; None where the batch ends."""


class Round(NamedTuple):
    """A shard for each worker, and the bytes of the input that were read by its end."""

    shards: Sequence[Shard]
    read: int


class Dealer:
    """Deals out the files of a batch.

    Args:
        sources: each file's path, with the name that messages carry.
        columns: for rows, our column names to the files'.
        workers: how many share the batch.
    """

    def __init__(self, sources: Sequence[tuple[Path, str]], columns: Mapping[str, str], workers: int) -> None:
        self._sources, self._columns, self._workers = sources, columns, workers
        self._position = Position()
        self._pieces: list[list[Piece]] = [[] for _ in range(workers)]
        self._sequence = self._size = 0

    def rounds(self) -> Generator[Round, None, None]:
        """The rounds of the batch, the same each time; the last one ends it."""
        for source, name in self._sources:
            for number, opened in enumerate(open_inputs(source, name, self._position.watch)):
                if isinstance(opened, EditMessage):
                    self._add(EVERY_WORKER, opened)
                elif kind_of(opened.head, opened.label, self._columns).kind == "837":
                    yield from self._of_837(opened)
                else:
                    yield self._round()
                    yield Round([Whole(source, name, number)] * self._workers, self._position.bytes)
        yield self._round()
        yield Round([None] * self._workers, self._position.bytes)

    def _of_837(self, stream: Input) -> Iterator[Round]:
        cutter = Cutter(self._workers)
        self._add(EVERY_WORKER, Begin(stream.label))
        for block in read_blocks(stream):
            for worker, content in cutter.cut(block):
                self._add(worker, content)
            if isinstance(block, Block):
                self._size += len(block.text)
            if self._size > _ROUND:
                yield self._round()
        for worker, content in cutter.end():
            self._add(worker, content)
        self._add(EVERY_WORKER, End(stream.trouble))

    def _add(self, worker: int, content: Content) -> None:
        self._sequence += 1
        sent = tuple(content) if isinstance(content, Block) else content
        if worker != EVERY_WORKER:
            self._pieces[worker].append((self._sequence, True, sent))
            return
        for pieces in self._pieces:
            pieces.append((self._sequence, False, sent))

    def _round(self) -> Round:
        shards, self._pieces = self._pieces, [[] for _ in range(self._workers)]
        self._sequence = self._size = 0
        return Round(shards, self._position.bytes)
