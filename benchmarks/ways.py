"""Other ways to the same messages: many processes, and columns. Each is measured where this version has it."""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from claimcheck import Checker, read
from claimcheck.readers.rows.writing import write_rows
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.to_jsonl import JsonlWriter
from generate import generate
from measuring import ROOT, Bench, by_turns, ratio
from tables import Goal, Table

BATCH = 10_000
"""Lines of a record batch."""


def has_jobs() -> bool:
    """Whether ``claimcheck check`` has ``--jobs``."""
    command = [sys.executable, "-m", "claimcheck", "check", "--help"]
    return "--jobs" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def has_arrow() -> bool:
    """Whether there is ``claimcheck.arrow``, and pyarrow for it."""
    return all(importlib.util.find_spec(name) for name in ("claimcheck.arrow", "pyarrow"))


def jobs(bench: Bench) -> Table:
    path = bench.folder / "jobs.837"
    claims = 40 if bench.quick else 100_000
    lines = generate(claims, path)
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(1 if bench.quick else 3):
        for count in walls:
            walls[count].append(_checked(path, count, bench))
    assert _output(bench, 1).read_bytes() == _output(bench, 2).read_bytes(), "two jobs write other bytes than one"
    size = _output(bench, 1).stat().st_size / 1e6
    for file in (path, _output(bench, 1), _output(bench, 2)):
        file.unlink()
    times = ratio(walls[1], walls[2])
    return Table(
        "Many processes",
        f"`claimcheck check FILE --format jsonl --jobs N` over {claims:,} claims ({lines:,} lines) by {bench.by}, from "
        f"start to end, by the clock; {size:.1f} MB of messages, the same bytes.",
        ("jobs", "seconds", "lines a second"),
        [(str(n), f"{(one := statistics.median(all)):.2f}", f"{lines / one:,.0f}") for n, all in walls.items()],
        (Goal("two jobs, against one", times, 1.8, at_least=True),),
    )


def _output(bench: Bench, count: int) -> Path:
    return bench.folder / f"jobs{count}.jsonl"


def _checked(path: Path, count: int, bench: Bench) -> float:
    command = [sys.executable, "-m", "claimcheck", "check", path, "--isolated", "--rulebook", bench.book]
    options = ["--format", "jsonl", "--output", _output(bench, count), "--jobs", count]
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in (*command, *options)], capture_output=True, text=True, cwd=ROOT)
    wall = time.perf_counter() - start
    assert done.returncode in (0, 1) and _output(bench, count).is_file(), done.stderr  # 1: some line is rejected
    return wall


def arrow(bench: Bench) -> Table:
    import pyarrow

    source, rows_file = bench.folder / "arrow.837", bench.folder / "arrow.jsonl"
    lines = generate(bench.claims, source)
    rows = list(write_rows(read(source)))  # type: ignore[arg-type]
    with rows_file.open("w") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    whole = pyarrow.Table.from_pylist(rows)
    batches = whole.to_batches(max_chunksize=BATCH)
    checker = Checker(open_book(bench.book))
    works: dict[str, Callable[[], int]] = {
        "JSONL in, JSONL out": partial(_by_rows, rows_file, checker),
        "record batches in, record batches out": partial(_by_batches, batches, checker),
    }
    found = {name: work() for name, work in works.items()}  # warm
    assert len(set(found.values())) == 1, f"not the same number of messages: {found}"
    seconds = by_turns(works, bench.rounds)
    by_rows, by_batches = seconds.values()
    return Table(
        "Columns",
        f"The same {lines:,} lines as JSON lines, and as record batches of {BATCH:,} lines in memory "
        f"(`claimcheck.arrow.check_batches`), by {bench.by}; {max(found.values()):,} messages either way. Processor "
        f"time, medians of {bench.rounds} rounds by turns.",
        ("way", "lines a second"),
        [(name, f"{lines / statistics.median(each):,.0f}") for name, each in seconds.items()],
        (Goal("record batches, against JSON lines", ratio(by_rows, by_batches), 3, at_least=True),),
    )


def _by_rows(path: Path, checker: Checker) -> int:
    with Path("/dev/null").open("w") as out:
        writer = JsonlWriter(out)
        result = checker.judge(read(path))
        for item in result:
            writer.take(item)
    return result.summary.messages


def _by_batches(batches: Iterable[Any], checker: Checker) -> int:
    from claimcheck.arrow import check_batches

    return sum(batch.num_rows for batch in check_batches(batches, checker))
