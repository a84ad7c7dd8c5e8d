"""The bare floor, our reader, and the whole check, by turns in one process on one core."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

from claimcheck import Checker, Tally
from claimcheck.readers.x12.claims import read_837
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.to_jsonl import JsonlWriter
from floor import floor
from generate import generate
from measuring import Bench, by_turns, ratio, timed
from tables import Goal, Table


def read(path: Path) -> None:
    """Read every claim."""
    with path.open("rb") as stream:
        for _ in read_837(stream, path.name):
            pass


def check(path: Path, checker: Checker) -> Tally:
    """Check every claim, messages to JSONL."""
    with path.open("rb") as stream, Path(os.devnull).open("w") as out:
        writer = JsonlWriter(out)
        result = checker.judge(read_837(stream, path.name))
        for item in result:
            writer.take(item)
    return result.summary


def measure(bench: Bench) -> Table:
    path = bench.folder / "batch.837"
    lines = generate(bench.claims, path)
    checker = Checker(open_book(bench.book))
    tally = check(path, checker)
    assert (tally.claims, tally.lines, tally.unreadable) == (bench.claims, lines, 0), tally
    works: dict[str, Callable[[], object]] = {
        "floor": partial(floor, path),
        "reader": partial(read, path),
        "whole check": partial(check, path, checker),
    }
    for work in works.values():
        work()  # warm
    seconds = by_turns(works, bench.rounds)
    seconds["whole check, first pass"] = [_first_pass(path, bench.book) for _ in range(bench.rounds)]
    times = {name: ratio(each, seconds["floor"]) for name, each in seconds.items()}
    rows = [
        (name, f"{lines / statistics.median(each):,.0f}", f"{times[name]:.2f}", _range(each, seconds["floor"]))
        for name, each in seconds.items()
    ]
    return Table(
        "Speed on one core",
        f"{bench.claims:,} generated claims, {lines:,} lines, {path.stat().st_size / 1e6:.1f} MB, every check on, by "
        f"{bench.by}: {tally.messages:,} messages to JSONL, {tally.not_judged} lines not judged. Processor time, the "
        f"medians of {bench.rounds} rounds, in which they take turns. What was said of a service before is remembered "
        "from round to round; a first pass has a new checker, which remembers nothing.",
        ("what", "lines a second", "times the floor", "from, to"),
        rows,
        (
            Goal("reader, against the floor", times["reader"], 1.5),
            Goal("whole check, against the floor", times["whole check"], 1.8),
        ),
    )


def _first_pass(path: Path, book: Path) -> float:
    checker = Checker(open_book(book))  # opened anew: a book remembers its look-ups, too
    return timed(lambda: check(path, checker))


def _range(seconds: list[float], base: list[float]) -> str:
    ratios = [one / other for one, other in zip(seconds, base, strict=True)]
    return f"{min(ratios):.2f}, {max(ratios):.2f}"
