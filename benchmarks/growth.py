"""Whether a claim costs the same in a big batch as in a small one, in time and in memory."""

from __future__ import annotations

import os
from pathlib import Path

from generate import generate
from measuring import Bench, answer
from tables import Goal, Table

HERE = Path(__file__).parent
GROWN = 1.1
"""A claim costs no more, as far as one run can tell, up to so many times what it did."""


def measure(bench: Bench) -> Table:
    sizes = (20, 40) if bench.quick else (1_000, 10_000, 100_000, 1_000_000)
    rows, seconds, peaks = [], [], []
    for claims in sizes:
        path = bench.folder / "growth.837"
        lines = generate(claims, path)
        cost = answer(HERE / "checking_cost.py", path, os.devnull, bench.book)
        size = path.stat().st_size / 1e6
        path.unlink()
        found = cost["found"]
        dispositions = sum(found[name] for name in ("accepted", "accepted_with_warnings", "rejected", "not_judged"))
        assert (found["claims"], found["lines"], dispositions) == (claims, lines, lines), found
        seconds.append(cost["seconds"] * 1000 / claims)
        peaks.append(cost["peak_mb"])
        rows.append(
            (
                f"{claims:,}",
                f"{lines:,}",
                f"{size:,.0f} MB",
                f"{found['messages']:,}",
                f"{lines / cost['seconds']:,.0f}",
                f"{seconds[-1]:.4f}",
                _verdict(seconds),
                f"{peaks[-1]:.0f} MB",
                _verdict(peaks),
            )
        )
    return Table(
        "Growth",
        f"Batches of each size, each in a process of its own that checks them to JSONL by {bench.by}: processor time "
        "from the opened book on, and the peak of memory. The verdict is on a claim's time, and on the memory in all, "
        "against the row above; the first row pays for what is judged for the first time. Past 50,000 lines what "
        "was billed before for a patient goes to a temporary file, and is asked there.",
        ("claims", "lines", "file", "messages", "lines a second", "s per 1,000 claims", "time", "peak", "memory"),
        rows,
        (
            *(
                Goal(f"time of a claim, {sizes[-1]:,} claims against {fewer:,}", seconds[-1] / then, GROWN)
                for fewer, then in zip(sizes[1:-1], seconds[1:-1], strict=True)
            ),
            Goal(f"peak memory at {sizes[-1]:,} claims", peaks[-1], 150, "MB"),
        ),
    )


def _verdict(values: list[float]) -> str:
    if len(values) == 1:
        return ""
    times = values[-1] / values[-2]
    return "does not grow" if times <= GROWN else f"grows {times:.2f} times"
