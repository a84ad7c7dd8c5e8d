"""The signals that end a run, and moments at which they must wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS: Final = frozenset(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows lacks one
)


class EndedBySignal(SystemExit):
    """The end by a signal: whoever guards against the ``sys.exit()`` of a plug-in lets it pass.

    Attributes:
        name: the signal's, such as ``SIGINT``.
    """

    def __init__(self, ending: int) -> None:
        super().__init__(128 + ending)  # the exit status, as shells have it
        self.name = signal.Signals(ending).name


@contextmanager
def blocked_signals() -> Iterator[None]:
    """Have signals that end us wait. What their handler raises while a module is loaded or a process forked may be
    swallowed by what Python runs then, or leaves a worker of which nobody knows."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
