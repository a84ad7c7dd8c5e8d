"""What a worker finds in its shards: by plain readers, which know nothing of shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration
from claimcheck.message import EditMessage
from claimcheck.readers import read_input
from claimcheck.readers.files import broken_off, holds_no_claim, open_inputs
from claimcheck.readers.x12.claims import ClaimReader
from claimcheck.readers.x12.segments import Block, ReadIssue
from claimcheck.runs.batch import Position
from claimcheck.runs.shards import Begin, Content, End, Piece, Shard, Whole
from claimcheck.runs.subscribers import worker_of

Item = Claim | EditMessage
Place = tuple[int, int]
"""Where an item was found in its round: the piece, and which of its items it is."""
Found = list[tuple[Place, Item]]

_AT_ONCE: Final = 2_000
"""Items of a whole file that are found at once."""


class ShardReader:
    """Reads the shards of one worker.

    Args:
        number: which of the workers it is, from 0.
        workers: how many there are.
        configuration: what rows' columns are called, and who is a surgical center.
    """

    def __init__(self, number: int, workers: int, configuration: Configuration) -> None:
        self._number, self._workers = number, workers
        self._columns, self._asc_npis = configuration.columns, frozenset(configuration.asc_npis)
        self._position = Position()
        self._reader: ClaimReader | None = None
        self._label = ""
        self._found_any = False

    @property
    def read(self) -> int:
        """The bytes that were read of the file that it reads whole."""
        return self._position.bytes

    def find(self, shard: Shard) -> Iterator[tuple[Found, bool]]:
        """What is this worker's of a shard, and whether there is more: of a whole file all workers find it in as many
        parts."""
        if isinstance(shard, Whole):
            items = enumerate(self._items_of(shard))
            while some := [*islice(items, _AT_ONCE)]:
                yield [((0, place), item) for place, item in some if self._is_assigned(item)], True
            yield [], False
            self._position = Position()
        else:
            yield [*self._found_in(shard or ())], False

    def _items_of(self, whole: Whole) -> Iterator[Item]:
        inputs = open_inputs(whole.source, whole.name, self._position.watch)
        for opened in islice(inputs, whole.number, whole.number + 1):
            if isinstance(opened, EditMessage):
                yield opened
            else:
                yield from read_input(opened, columns=self._columns, asc_npis=self._asc_npis)

    def _found_in(self, pieces: Sequence[Piece]) -> Iterator[tuple[Place, Item]]:
        for sequence, assigned, content in pieces:
            for place, item in enumerate(self._items_in(content)):
                if assigned or self._is_assigned(item):
                    yield (sequence, place), item

    def _is_assigned(self, item: Item) -> bool:
        """Whether an item that every worker finds is this one's: a claim by its patient, else by its number; messages
        are the first worker's."""
        if isinstance(item, EditMessage):
            return self._number == 0
        return worker_of(item.patient_id or item.claim_id, self._workers) == self._number

    def _items_in(self, content: Content | tuple[Any, ...]) -> Sequence[Item]:
        if isinstance(content, EditMessage):
            return (content,)
        if isinstance(content, Begin):
            self._label, self._found_any = content.label, False
            self._reader = ClaimReader(content.label, self._asc_npis)
            return ()
        reader = self._reader
        assert reader
        if isinstance(content, End):
            found = reader.close()
            reader.forget()
            if content.trouble:
                found.append(broken_off(self._label, content.trouble))
            elif not found and not self._found_any:
                found.append(holds_no_claim(self._label))
            return found
        found = reader.take(content if isinstance(content, ReadIssue) else Block(*content))
        self._found_any = self._found_any or bool(found)
        return found
