"""The account of a transaction's levels (HL)."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.readers.x12 import claim_issues
from claimcheck.readers.x12.issues import ReadIssue


class Levels:
    """Keeps account of the levels that are open: which waits for a claim, and which names a wrong parent.

    A level with a wrong parent or of an unknown kind is reported on each claim under it, or once if it has none. A
    level without a claim is reported once, unless it was reported why one may be missing.

    Attributes:
        waiting: the level of a subscriber or patient that waits for a claim: segment number and HL03.
        wrong: what is wrong with open levels, by HL03.
    """

    def __init__(self) -> None:
        self.waiting: tuple[int, str] | None = None
        self.wrong: dict[str, ReadIssue] = {}
        self._reported: set[str] = set()
        self._provider = 0
        self._accounted = self._any_accounted = False

    @property
    def holds_claims(self) -> bool:
        """Whether the transaction had a claim, or it was reported why one may be missing."""
        return self._accounted or self._any_accounted

    def account(self) -> None:
        """A claim begins, or something is reported for which one may be missing."""
        self._accounted, self.waiting = True, None

    def begin_provider(self, number: int) -> None:
        """The level of a billing provider begins; the number is 0 where its kind is unknown."""
        self._any_accounted, self._accounted, self._provider = self.holds_claims, False, number

    def reported_on_claim(self) -> list[ReadIssue]:
        """What is wrong with the open levels, to be reported on a claim."""
        self._reported.update(self.wrong)
        return [*self.wrong.values()]

    def end(self, kind: str) -> Iterator[ReadIssue]:
        """Levels end: those below a kind, by HL03, and of it."""
        for ended in [one for one in self.wrong if one >= kind]:
            wrong = self.wrong.pop(ended)
            if ended not in self._reported:
                yield wrong
            self._reported.discard(ended)
        if self.waiting and self.waiting[1] >= kind:
            issue = claim_issues.bare_level(*self.waiting)
            self.account()
            yield issue
        if kind == "20" and self._provider and not self._accounted:
            self.account()
            yield claim_issues.bare_level(self._provider, kind)

    def cut_off(self) -> None:
        """The file ends inside the transaction, which is reported: nobody can tell what is missing."""
        self.waiting, self._provider = None, 0
