"""How things are timed: by turns, so that a machine that slows down slows all of them; and each in a process of its
own where memory or a cold start is asked for."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Bench:
    """One run: where it may write, the rule book it checks by, and whether it is only to prove that it works."""

    folder: Path
    book: Path
    starter: Path
    quick: bool

    @property
    def claims(self) -> int:
        """Claims of the batch that most things are measured on."""
        return 100 if self.quick else 10_000

    @property
    def rounds(self) -> int:
        """How often each is measured."""
        return 1 if self.quick else 9

    @property
    def by(self) -> str:
        """The rule book, in words."""
        return "the starter book" if self.book == self.starter else "the whole book"


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of some work, the cyclic garbage collector off, as in every run of the command."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def by_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each, round by round."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(timed(work))
    return seconds


def ratio(seconds: Sequence[float], base: Sequence[float]) -> float:
    """How many times the base: the median of the rounds, each against the base of the same round."""
    return statistics.median(one / other for one, other in zip(seconds, base, strict=True))


class Spent(NamedTuple):
    """What a process cost: seconds until its first byte of output (or its end), in all, and of the processor; and the
    peak of its memory, at least that of the process that started it."""

    first: float
    wall: float
    processor: float
    peak_mb: float


def process(command: Sequence[str | Path], environment: Mapping[str, str] = {}) -> Spent:
    """Run a process to its end; what it says is read and dropped."""
    start = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as running:
        assert running.stdout is not None
        running.stdout.read(1)
        first = time.perf_counter() - start
        while running.stdout.read(1 << 16):
            pass
        _, status, used = os.wait4(running.pid, 0)
        wall = time.perf_counter() - start
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode not in (0, 1):  # 1: some line was rejected
        raise RuntimeError(f"{' '.join(map(str, command))} ended with status {running.returncode}")
    return Spent(first, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def answer(script: Path, *arguments: object, isolated: Path | None = None) -> dict[str, Any]:
    """Run a script in a process of its own, and read the JSON that it says.

    Args:
        script: what to run.
        arguments: what it is told.
        isolated: a folder of packages, which then are all that it has.

    Raises:
        RuntimeError: it failed; the last line of what it said is the text.
    """
    command = [sys.executable, *(["-S"] if isolated else []), script, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(isolated)} if isolated else None
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
