"""One run with a history: opened, judged with, added to, and committed once or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final, TypeVar

from claimcheck.memory import Remember
from claimcheck.memory.across import AcrossBatches, Kept, LeftOut, input_of
from claimcheck.memory.deposits import Added, AsOf, Look, Run, Store
from claimcheck.memory.identity import Identity

_Item = TypeVar("_Item")

WAIT: Final = 600.0
"""Seconds that a run waits for another one that writes."""
_AT_ONCE: Final = 2_000
"""Deposits that are handed to the store together."""


class Remembering:
    """What runs do with a history.

    Args:
        store: the history.
        identity: makes the keys of claims.
        remember: which claims count as sent.
        wait: seconds to wait for another run that writes.
        as_of_now: judge inputs that were read before with what is known since.
        judges: False where claims are added without being judged.

    Attributes:
        left_out: of the batch, how many claims the history does not keep, by why.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        remember: Remember = Remember.accepted,
        *,
        wait: float = WAIT,
        as_of_now: bool = False,
        judges: bool = True,
    ) -> None:
        self.judges = judges
        self.left_out: Counter[LeftOut] = Counter()
        self.store, self._identity, self._remember = store, identity, remember
        self._wait, self._as_of_now = wait, as_of_now
        self._look: Look | None = None
        self._run: Run | None = None
        self._known: dict[str, AsOf] = {}
        self._digests: dict[str, bytes] = {}
        self._starts: dict[bytes, int] = {}
        self._file: str | None = None
        self._taken = 0
        self._pending: list[Kept] = []

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Take the lease of the history for one batch; where nothing is remembered, only look at it. What ends it
        without ``commit`` adds nothing.

        Raises:
            HistoryError: another run did not end in time, or the history can't be used.
        """
        with ExitStack() as stack:
            if self._remember == Remember.none:
                self._look = self.store.look()
            else:
                self._look = self._run = stack.enter_context(self.store.run(self._wait))
            self._known, self._digests, self._starts, self._pending = {}, {}, {}, []
            self._file, self._taken = None, 0
            self.left_out.clear()
            try:
                yield
            finally:
                self._look = self._run = None

    @property
    def is_open(self) -> bool:
        """Whether a batch has begun and is not over."""
        return self._look is not None

    def whole(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """A batch as it is judged, which is committed once its last item was taken."""
        with self.batch():
            yield from items
            self.commit()

    def begin(self, digests: Mapping[str, bytes]) -> None:
        """Note what is read: by the name of each file the SHA-256 of its bytes. One that was read before is judged as
        of then."""
        assert self._look
        self._digests = {**digests}
        if not self._as_of_now:
            known = self._look.known([*digests.values()])
            self._known = {name: one for name, one in zip(digests, known, strict=True) if one}

    def history(self, lines_in_memory: int, keep: Callable[[Kept], object] | None = None) -> AcrossBatches:
        """The memory of a batch, or of one of its parts, in this process or one that is forked off.

        Args:
            lines_in_memory: lines of the batch that are kept before they go to a temporary file.
            keep: told what is to be added; by default it is added.
        """
        assert self._look
        now = self._look.before
        reader = self.store.reader(now)
        given = self._known, now, self._remember, keep or self.take, self.left_out, lines_in_memory, self.judges
        return AcrossBatches(reader, self._identity, *given, goes_on=None if keep else self.goes_on)

    def goes_on(self) -> None:
        """Keep the lease, however slowly claims are judged.

        Raises:
            HistoryError: another run has taken it.
        """
        assert self._look
        self._look.renew()

    def take(self, kept: Kept) -> None:
        """Add what a batch adds, in the order of its claims."""
        if kept.file != self._file:
            self._file = kept.file
            if digest := self._digests.get(input_of(kept.file, self._digests) or ""):
                self._starts.setdefault(digest, self._taken)
        self._taken += 1
        self._pending.append(kept)
        if len(self._pending) >= _AT_ONCE:
            self._add()
        else:
            self.goes_on()

    def commit(self, last: Callable[[object], object] = lambda connection: None) -> Added:
        """Make all of the batch seen at once.

        Args:
            last: called just before it is.

        Raises:
            HistoryError: it could not be; then nothing of it is there.
        """
        assert self._look
        if self._pending:
            self._add()
        return self._look.commit({digest: self._starts.get(digest, 0) for digest in self._digests.values()}, last)

    def _add(self) -> None:
        assert self._run
        pending, self._pending = self._pending, []
        self._run.add([kept.deposit for kept in pending])
        for kept in pending:
            if kept.replaces:
                self._run.change(kept.replaces, kept.state, kept.deposit.fingerprint)
