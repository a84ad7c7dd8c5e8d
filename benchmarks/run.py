"""Time the reader and the whole check against the bare floor, in one run on one core.

    python benchmarks/run.py [CLAIMS] [ROUNDS]

The three take turns over the same generated file, so that a machine that slows down slows all of
them; the ratio is that of the medians of processor time. Memory is the peak of a process of its own
that checks ten times as many claims. The rule book is the one that ``CLAIMCHECK_RULEBOOK`` names, as for the command.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from floor import floor
from generate import generate

from claimcheck import Checker, Tally
from claimcheck.rulebook import Opps, Rulebook
from claimcheck.rulebook.opening import open_book
from claimcheck.sinks.jsonl import JsonlSink
from claimcheck.sources.claims_837 import read_837

GOALS = {"reader": 1.5, "whole check": 2.5}

_PEAK = """
import re, sys
from pathlib import Path
from claimcheck.batch import check_files, output_to, open_sink
from claimcheck.profile import Checker
with output_to(Path(sys.argv[2])) as stream:
    tally, _ = check_files([sys.argv[1]], Checker(), open_sink("jsonl", stream))
# Not ru_maxrss: that begins with the size of the process which started this one.
peak = re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]
print(tally.claims, tally.lines, tally.messages, int(peak) // 1024)
"""


ADDENDUM_B = {
    **dict.fromkeys(("80053", "80061", "83036", "85025", "36415"), Opps("Q4")),
    **dict.fromkeys(("J1885", "J3301"), Opps("N")),
    "G0008": Opps("S"),
    "77424": Opps("J1"),
}
"""OPPS status of the batch's tests and drugs, as in January 2025: without an Addendum B of its quarter, which is not
at hand, a third of its lines would not be judged, and that much writing be timed."""


def with_addendum_b(book: Rulebook) -> Rulebook:
    """A rule book that has every table for the days of the batch."""
    return Rulebook(*book.stores, *Rulebook.of(opps=ADDENDUM_B).stores)


def read(path: Path) -> None:
    with path.open("rb") as stream:
        for _ in read_837(stream, path.name):
            pass


def check(path: Path, checker: Checker) -> None:
    with path.open("rb") as stream, Path(os.devnull).open("w") as out:
        sink = JsonlSink(out)
        for item in checker.judge(read_837(stream, path.name), Tally()):
            sink.take(item)


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def main() -> None:
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.837"
        lines = generate(claims, path)
        checker = Checker(with_addendum_b(open_book()))
        works: dict[str, Callable[[], object]] = {
            "floor": lambda: floor(path),
            "reader": lambda: read(path),
            "whole check": lambda: check(path, checker),
        }
        for work in works.values():
            work()  # warm
        seconds: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds):
            for name, work in works.items():
                seconds[name].append(timed(work))
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
        print(f"{claims:,} claims, {lines:,} lines, {path.stat().st_size / 1e6:.1f} MB, {rounds} rounds\n")
        print("| what | seconds | lines a second | times the floor | goal |")
        print("| --- | --- | --- | --- | --- |")
        for name, median in medians.items():
            ratio = median / medians["floor"]
            goal = GOALS.get(name, "")
            print(f"| {name} | {median:.3f} | {lines / median:,.0f} | {ratio:.2f} | {goal} |")
        for count in (claims, 10 * claims):
            big = Path(folder) / "big.837"
            generate(count, big)
            out = Path(folder) / "messages.jsonl"
            done = subprocess.run([sys.executable, "-c", _PEAK, big, out], capture_output=True, text=True, check=True)
            found, _, messages, peak = done.stdout.split()
            print(f"\n{int(found):,} claims, a process of their own: {int(messages):,} messages, peak {peak} MB")


if __name__ == "__main__":
    main()
