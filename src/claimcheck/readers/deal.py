"""Dealing a batch out to workers: each reads all of it, and takes the claims of its own patients.

All of one patient's claims fall to one worker, in the order of the input, so that what spans claims is judged as by
one process. To find its own a worker passes over the others' claims, which costs a small part of reading them; what
is said of files and envelopes falls to one worker too, and every worker knows to which.
"""

from __future__ import annotations

from zlib import crc32


class Deal:
    """What of a batch is one worker's.

    A source takes a turn for whatever it may yield: all workers count the same turns, and each falls to one of
    them, so that what they yield can be put in order again.

    Args:
        worker: which of the workers this is, from 0.
        workers: how many there are.

    Attributes:
        turn: the number of the turn being taken.
        now: the turn of the item that was yielded last.
        heard: whether a file so far had a claim, or anything wrong in it, whoever yields it.
    """

    def __init__(self, worker: int = 0, workers: int = 1) -> None:
        self.worker = worker
        self.workers = workers
        self.turn = self.now = 0
        self.heard = False
        self._nobodys = self.is_mine("")

    def is_mine(self, key: str) -> bool:
        """Whether the claims of a patient are this worker's; what is nobody's has a blank key."""
        if self.workers == 1:
            return True
        if "/" in key:  # a dependant's key begins with his subscriber's
            key = key.partition("/")[0]
        return crc32(key.encode(errors="backslashreplace")) % self.workers == self.worker

    def take_turn(self, key: str = "") -> bool:
        """Take the next turn, and tell whether it is this worker's."""
        self.turn += 1
        self.now = self.turn
        return self.is_mine(key) if key else self._nobodys
