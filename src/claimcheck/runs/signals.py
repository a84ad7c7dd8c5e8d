"""The signals that end a run, and moments at which they must wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

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
    with _masked(), _deferred():
        yield


@contextmanager
def _masked() -> Iterator[None]:
    """Have the system keep signals from this thread."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _deferred() -> Iterator[None]:
    """Have signals wait that another thread was handed, such as one of a library's: Python would run their handlers in
    this one all the same."""
    waiting: list[int] = []
    handlers: dict[int, Any] = {}
    try:
        with suppress(ValueError):  # only the main thread may, and handlers run in no other
            for ending in SIGNALS:
                if callable(handler := signal.getsignal(ending)):
                    signal.signal(ending, lambda number, frame: waiting.append(number))
                    handlers[ending] = handler
        yield
    finally:
        for ending, handler in handlers.items():
            signal.signal(ending, handler)
        for ending in waiting[:1]:
            handlers[ending](ending, None)
