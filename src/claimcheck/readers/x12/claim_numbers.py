"""Claim numbers (CLM01) that an earlier claim of the transaction has, found in the text before anything is parsed.

Claims of one batch are judged in several processes, of which none sees all: here one reads past all of them. Nearly all
blocks repeat nothing, which a few looks at their text as a whole tell.
"""

from __future__ import annotations

import re
from typing import Final

from claimcheck.readers.x12.blocks import Block
from claimcheck.readers.x12.syntax import Delimiters

_MOST_NUMBERS: Final = 1 << 17
"""Claims of a transaction whose numbers are remembered: input chooses them. The guides allow 5,000."""


_ID: Final = 7
"""Where NM109 is behind NM101."""


class _Marks:
    """What is looked for in text that has a terminator before each segment and at its end."""

    def __init__(self, delimiters: Delimiters) -> None:
        element, _, terminator = delimiters
        e, c, t = map(re.escape, delimiters)
        skip, part = f"[^{e}{t}]*", f"[^{e}{c}{t}]*"
        resubmitted = f"{f'{e}{skip}' * 3}{e}{part}{c}{part}{c}[78][{e}{c}{t}]"  # CLM05-3: replacement or void
        self.delimiters = delimiters
        self.transaction = f"{terminator}ST{element}"
        self.provider = f"{terminator}NM1{element}85{element}"
        self.claims = re.compile(f"{t}CLM{e}([^{e}{t}]+)(?=[{e}{t}])(?!{resubmitted})")


class ClaimNumbers:
    """Reads past the blocks of one file, in order."""

    def __init__(self) -> None:
        self._marks: _Marks | None = None
        self._provider = ""
        self._seen: dict[str, set[int]] = {}  # of the open transaction, by billing provider: hashes of numbers
        self._count = 0

    def repeated_in(self, block: Block) -> frozenset[int]:
        """The segments of a block that begin a claim (CLM) whose number an earlier claim of the same transaction and
        billing provider has; neither of the two replaces or voids another."""
        delimiters, text, first, _ = block
        if self._marks is None or self._marks.delimiters != delimiters:
            self._marks = _Marks(delimiters)
        marks, terminator = self._marks, delimiters.terminator
        found: set[int] = set()
        for at, of_transaction in enumerate(f"{terminator}{text}{terminator}".split(marks.transaction)):
            if at:
                self._begin()
                first += 1
            for place, of_provider in enumerate(of_transaction.split(marks.provider)):
                if place:
                    first += 1
                    # That of another payer (2330G) has no id.
                    billing = of_provider.partition(terminator)[0].split(delimiters.element)
                    self._provider = "".join(billing[_ID : _ID + 1]) or self._provider
                found |= self._repeated(marks, of_provider, first)
                first += of_provider.count(terminator)
        return frozenset(found)

    def _begin(self) -> None:
        self._provider, self._seen, self._count = "", {}, 0

    def _repeated(self, marks: _Marks, text: str, first: int) -> set[int]:
        """The claims in a part of a block, which begins in a segment or before it."""
        ids = marks.claims.findall(text)
        if not ids:
            return set()
        self._count += len(ids)
        if self._count > _MOST_NUMBERS:
            self._seen, self._count = {}, len(ids)
        seen = self._seen.setdefault(self._provider, set())
        numbers = {*map(hash, ids)}
        if len(numbers) == len(ids) and seen.isdisjoint(numbers):
            seen |= numbers
            return set()
        found = set()
        for claim in marks.claims.finditer(text):
            number = hash(claim[1])
            if number in seen:
                found.add(first + text.count(marks.delimiters.terminator, 0, claim.start()))
            seen.add(number)
        return found
