"""A batch dealt out: round by round what each worker gets of it.

An 837 is cut before anything in it is parsed: each worker reads the envelope and the subscribers that are dealt to it.
What every worker reads they all read alike, so that a place in it is the same place for each. Rows are read here, by
the plain reader, and dealt as claims.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration
from claimcheck.message import EditMessage
from claimcheck.readers import read_input
from claimcheck.readers.files import Input, kind_of, open_inputs
from claimcheck.readers.x12.blocks import Block, read_blocks
from claimcheck.readers.x12.claim_numbers import ClaimNumbers
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.runs.batch import Position
from claimcheck.runs.subscribers import EVERY_WORKER, Cutter, worker_of

_ROUND: Final = 1 << 20
"""Characters of a round, some thousand claims for each worker: with a quarter of it two take a tenth longer."""

_ITEM: Final = 500
"""What a claim counts for in it that was read from rows."""


class Begin(NamedTuple):
    """An 837 begins: its name."""

    label: str


class End(NamedTuple):
    """An 837 ends; ``trouble`` says why it broke off, where it did."""

    trouble: str


class Repeating(NamedTuple):
    """The segments of an 837, still to be read, that begin claims with the number of an earlier one: a worker does not
    see the claims of the others."""

    segments: frozenset[int]


Content = Begin | Repeating | Block | ReadIssue | End | Claim | EditMessage
Piece = tuple[int, bool, Content | tuple[Any, ...]]
"""What a worker is to read: its place in the round, whether all of it is this worker's, and the content. Of what is
every worker's each keeps the claims of its own patients. Most pieces are blocks, which go as bare tuples: those take
a fraction of the time to be sent."""
Shard = list[Piece] | None
"""What one worker reads in a round; None where the batch ends."""


class Round(NamedTuple):
    """A shard for each worker, and the bytes of the input that were read by its end."""

    shards: Sequence[Shard]
    read: int


def worker_of_item(item: Claim | EditMessage, workers: int) -> int:
    """Which of some workers gets what was read: a claim goes by its patient, else by its number, and messages are the
    first worker's."""
    return 0 if isinstance(item, EditMessage) else worker_of(item.patient_id or item.claim_id, workers)


class Dealer:
    """Deals out the files of a batch.

    Args:
        sources: each file's path, with the name that messages carry.
        configuration: what rows' columns are called, and who is a surgical center.
        workers: how many share the batch.
    """

    def __init__(self, sources: Sequence[tuple[Path, str]], configuration: Configuration, workers: int) -> None:
        self._sources, self._configuration, self._workers = sources, configuration, workers
        self._position = Position()
        self._pieces: list[list[Piece]] = [[] for _ in range(workers)]
        self._sequence = self._size = 0

    def rounds(self) -> Generator[Round, None, None]:
        """The rounds of the batch, the same each time; the last one ends it."""
        columns = self._configuration.columns
        for source, name in self._sources:
            for opened in open_inputs(source, name, self._position.watch):
                if isinstance(opened, EditMessage):
                    self._add_item(opened)
                elif kind_of(opened.head, opened.label, columns).kind == "837":
                    yield from self._of_837(opened)
                else:
                    yield from self._of_rows(opened)
        yield self._round()
        yield Round([None] * self._workers, self._position.bytes)

    def _of_837(self, stream: Input) -> Iterator[Round]:
        cutter, numbers = Cutter(self._workers), ClaimNumbers()
        self._add(EVERY_WORKER, Begin(stream.label))
        for block in read_blocks(stream):
            if isinstance(block, Block) and (repeated := numbers.repeated_in(block)):
                self._add(EVERY_WORKER, Repeating(repeated))
            for worker, content in cutter.cut(block):
                self._add(worker, content)
            if isinstance(block, Block):
                self._size += len(block.text)
            if self._size > _ROUND:
                yield self._round()
        for worker, content in cutter.end():
            self._add(worker, content)
        self._add(EVERY_WORKER, End(stream.trouble))

    def _of_rows(self, stream: Input) -> Iterator[Round]:
        for item in read_input(stream, **self._configuration.read_options):
            self._add_item(item)
            self._size += _ITEM
            if self._size > _ROUND:
                yield self._round()

    def _add_item(self, item: Claim | EditMessage) -> None:
        self._add(worker_of_item(item, self._workers), item)

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
