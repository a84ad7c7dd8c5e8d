"""How far a batch is: a bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from claimcheck.engine.loop import Tally

_BETWEEN: Final = 0.1
"""Seconds between two states of the bar."""


class Bar:
    """A bar with the part of the bytes that was read, lines a second, and the time that is left. It is drawn by
    whoever is told, not by a thread of its own: a process with threads is not to be forked."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("checking", total=total, rate="")
        self._start = self._drawn = time.monotonic()

    def told(self, tally: Tally, read: int) -> None:
        """Show how far the batch is: its count so far, and the bytes that were read."""
        now = time.monotonic()
        if now - self._drawn >= _BETWEEN:
            self._drawn = now
            rate = f"{tally.claims:,} claims, {tally.lines / (now - self._start):,.0f} lines a second"
            self._progress.update(self._task, completed=read, rate=rate)
            self._progress.refresh()


@contextmanager
def progress_of(files: list[Path]) -> Iterator[Bar]:
    """A bar on standard error."""
    columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as progress:
        yield Bar(progress, sum(path.stat().st_size for path in files))
