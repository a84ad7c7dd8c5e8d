"""Whether a claim costs the same in a big batch as in a small one, in time and in memory."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import NamedTuple

from generate import generate
from measuring import Bench, answer, ratio
from tables import Goal, Table

HERE = Path(__file__).parent
GROWN = 1.1
"""A claim costs no more, as far as one run can tell, up to so many times what it did."""


def measure(bench: Bench) -> Table:
    sizes = [_checked(claims, bench) for claims in ((20, 40) if bench.quick else (1_000, 10_000, 100_000, 1_000_000))]
    before = [None, *sizes]
    last = sizes[-1]
    return Table(
        "Growth",
        "Batches of each size, the floor and a check to JSONL each in a process of its own, the check by "
        f"{bench.by}: processor time from the opened book on, medians of 3 rounds (of a million claims one), and the "
        "peak of memory. The verdicts are against the row above: on a claim's time in those of the floor, and on the "
        "memory in all. The first row pays for what is judged for the first time. Past 50,000 lines what was billed "
        "before for a patient goes to a temporary file, and is asked there.",
        (
            *("claims", "lines", "file", "messages", "lines a second", "s per 1,000 claims"),
            *("times the floor", "time", "peak", "memory"),
        ),
        [size.row(than) for size, than in zip(sizes, before, strict=False)],
        (
            *(
                Goal(f"time of a claim, {last.claims:,} claims against {size.claims:,}", last.times / size.times, GROWN)
                for size in sizes[1:-1]
            ),
            Goal(f"peak memory at {last.claims:,} claims", last.peak, 150, "MB"),
        ),
    )


class _Size(NamedTuple):
    """What a batch of some size cost."""

    claims: int
    lines: int
    bytes: int
    messages: int
    seconds: float
    times: float
    """The same in those of the floor."""
    peak: float

    def row(self, than: _Size | None) -> tuple[str, ...]:
        return (
            f"{self.claims:,}",
            f"{self.lines:,}",
            f"{self.bytes / 1e6:,.1f} MB",
            f"{self.messages:,}",
            f"{self.lines / self.seconds:,.0f}",
            f"{1000 * self.seconds / self.claims:.4f}",
            f"{self.times:.2f}",
            _verdict(self.times / than.times) if than else "",
            f"{self.peak:.0f} MB",
            _verdict(self.peak / than.peak) if than else "",
        )


def _checked(claims: int, bench: Bench) -> _Size:
    path = bench.folder / "growth.837"
    lines = generate(claims, path)
    rounds = 1 if bench.quick or claims > 100_000 else 3
    bare, costs = [], []
    for _ in range(rounds):
        bare.append(answer(HERE / "floor.py", path)["seconds"])
        costs.append(answer(HERE / "checking_cost.py", path, os.devnull, bench.book))
    size = path.stat().st_size
    path.unlink()
    found = costs[0]["found"]
    dispositions = sum(found[name] for name in ("accepted", "accepted_with_warnings", "rejected", "not_judged"))
    assert (found["claims"], found["lines"], dispositions) == (claims, lines, lines), found
    seconds = [cost["seconds"] for cost in costs]
    peak = max(cost["peak_mb"] for cost in costs)
    return _Size(claims, lines, size, found["messages"], statistics.median(seconds), ratio(seconds, bare), peak)


def _verdict(times: float) -> str:
    return "does not grow" if times <= GROWN else f"grows {times:.2f} times"
