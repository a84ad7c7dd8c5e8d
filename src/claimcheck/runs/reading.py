"""What a worker finds in its shards: by the plain reader, which knows nothing of shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration
from claimcheck.message import EditMessage
from claimcheck.readers.files import broken_off, holds_no_claim
from claimcheck.readers.x12.blocks import Block
from claimcheck.readers.x12.claims import ClaimReader
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.runs.shards import Begin, Content, End, Repeating, Shard, worker_of_item

Item = Claim | EditMessage
Place = tuple[int, int]
"""Where an item was found in its round: the piece, and which of its items it is."""


class ShardReader:
    """Reads the shards of one worker.

    Args:
        number: which of the workers it is, from 0.
        workers: how many there are.
        configuration: who is a surgical center, and whether patients are named.
    """

    def __init__(self, number: int, workers: int, configuration: Configuration) -> None:
        self._number, self._workers = number, workers
        self._asc_npis = frozenset(configuration.asc_npis)
        self._patient_names = configuration.acknowledgments.patient == "name"
        self._reader: ClaimReader | None = None
        self._label = ""
        self._found_any = False

    def find(self, shard: Shard) -> Iterator[tuple[Place, Item]]:
        """What is this worker's of a shard."""
        for sequence, assigned, content in shard or ():
            for place, item in enumerate(self._items_in(content)):
                if assigned or worker_of_item(item, self._workers) == self._number:
                    yield (sequence, place), item

    def _items_in(self, content: Content | tuple[Any, ...]) -> Sequence[Item]:
        if isinstance(content, Claim | EditMessage):
            return (content,)
        if isinstance(content, Begin):
            self._label, self._found_any = content.label, False
            self._reader = ClaimReader(content.label, self._asc_npis, self._patient_names)
            return ()
        reader = self._reader
        assert reader
        if isinstance(content, Repeating):
            reader.expect_repeating(content.segments)
            return ()
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
