"""Where everything in a claim file goes, found out while its claims are judged.

A claim is two numbers: where it begins and where it goes. What could not be read is not lost: it goes to the rejected
part, and so does a claim of which something could not be read, for nobody can tell what that was. One of which the
source only warns goes where claims with warnings go.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from claimcheck.claim import Claim
from claimcheck.message import Disposition, EditMessage
from claimcheck.readers.files import Kind

Why = Disposition | Literal["unread"]
"""Why a claim goes where it goes: its disposition, or that something of it could not be read."""

_REMEMBERED: Final = 10_000
"""Rows that could not be read, of which the claim's number is remembered: a claim has no more."""


@dataclass(slots=True)
class Sorted:
    """Where everything in a file goes.

    Attributes:
        kind: what the file is.
        part_of: the part of each disposition.
        places: where each claim begins, and each row that could not be read: segment or row numbers, in order.
        parts: the part of each.
        claims: how many claims there are, by part and by why they go there.
        unread: how many messages there are of what could not be read.
        trouble: why the file can't be split; blank where it can.
    """

    kind: Kind
    part_of: Mapping[Disposition, int]
    places: array[int] = field(default_factory=lambda: array("Q"))
    parts: bytearray = field(default_factory=bytearray)
    claims: Counter[tuple[int, Why]] = field(default_factory=Counter)
    unread: int = 0
    trouble: str = ""

    @property
    def rest(self) -> int:
        """The part of what belongs to no claim."""
        return self.part_of[Disposition.REJECTED]

    def count_claim(self, disposition: Disposition, *, damaged: bool, warned: bool) -> int:
        """Count a claim, of which something could not be read or was warned of; the part to which it goes."""
        if warned and disposition == Disposition.ACCEPTED:
            disposition = Disposition.ACCEPTED_WITH_WARNINGS
        why: Why = "unread" if damaged and disposition != "rejected" else disposition
        part = self.rest if why == "unread" else self.part_of[why]
        self.claims[part, why] += 1
        return part


class Sorter(Protocol):
    """Notes where what is read of a file goes, in its order."""

    def note(self, message: EditMessage) -> None:
        """Something could not be read."""

    def warn(self, message: EditMessage) -> None:
        """The source warns of something that it read."""

    def take(self, claim: Claim, disposition: Disposition) -> None:
        """A claim was judged."""


class LoopSorter:
    """Where the claims of an 837 go. What is reported of a claim's segments comes before the claim."""

    def __init__(self, found: Sorted) -> None:
        self._found = found
        self._damaged = self._warned = False

    def note(self, message: EditMessage) -> None:
        """Something could not be read."""
        self._found.unread += 1
        self._damaged = self._damaged or message.claim_id is not None

    def warn(self, message: EditMessage) -> None:
        """The source warns of something that it read."""
        self._warned = self._warned or message.claim_id is not None

    def take(self, claim: Claim, disposition: Disposition) -> None:
        """A claim was judged."""
        assert claim.locus.segment is not None
        self._found.places.append(claim.locus.segment)
        self._found.parts.append(self._found.count_claim(disposition, damaged=self._damaged, warned=self._warned))
        self._damaged = self._warned = False


class RowSorter:
    """Where rows go. A row that could not be read goes to the rejected ones, and so does the claim that it names,
    or that has rows before and behind it."""

    def __init__(self, found: Sorted) -> None:
        self._found = found
        self._unread_ids: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)
        self._warned_ids: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)

    def note(self, message: EditMessage) -> None:
        """A row could not be read, or a line of a claim object."""
        found, row = self._found, message.locus.row
        assert row is not None
        found.unread += 1
        if message.claim_id:
            self._unread_ids.append((row, message.claim_id))
        if not found.places or found.places[-1] != row:  # a claim object may have several lines that can't be read
            found.places.append(row)
            found.parts.append(found.rest)

    def warn(self, message: EditMessage) -> None:
        """The source warns of something that it read."""
        if message.claim_id and message.locus.row is not None:
            self._warned_ids.append((message.locus.row, message.claim_id))

    def take(self, claim: Claim, disposition: Disposition) -> None:
        """A claim was judged. Rows in the midst of it that could not be read are noted already."""
        found, first, last = self._found, claim.lines[0].place, claim.lines[-1].place
        since = bisect_left(found.places, first)
        until = bisect_left(found.places, last + 1, since)
        damaged = until > since or any(id == claim.claim_id for _, id in self._unread_ids)
        warned = any(id == claim.claim_id for _, id in self._warned_ids)
        for ids in (self._unread_ids, self._warned_ids):
            while ids and ids[0][0] <= last:
                ids.popleft()
        part = found.count_claim(disposition, damaged=damaged, warned=warned)
        found.places[since:until] = array("Q", (first,))
        found.parts[since:until] = bytes((part,))
