"""A whole rule book: made, opened, asked."""

from __future__ import annotations

import csv
import random
import statistics
from collections.abc import Callable
from datetime import date
from pathlib import Path

from claimcheck.rulebook import NotInForce, Rulebook
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.opening import open_book
from measuring import timed
from tables import Goal, Table

A_DAY = date(2024, 8, 14)
LOOK_UPS = 50_000


def make(target: Path, files: list[Path], rounds: int) -> Table:
    """Make the whole book of CMS's files, and time it against its yardstick."""
    pairs = next(path for path in files if path.name.startswith("ccipra-v302"))
    reads, imports = [], []
    for n in range(rounds):
        reads.append(timed(lambda: _plain_read(pairs)))
        imports.append(timed(lambda n=n: add(target.with_name(f"pairs{n}.sqlite"), [pairs])))
    read, imported = statistics.median(reads), statistics.median(imports)
    report = None

    def add_all() -> None:
        nonlocal report
        report = add(target, files)

    whole = timed(add_all)
    assert report is not None
    opened = [timed(lambda: open_book(target)) for _ in range(max(rounds, 5))]
    first, later = _look_ups(open_book(target), max(rounds, 3))
    return Table(
        "The whole rule book",
        f"Every release at hand, {len(report.added)} of them, in {len(files)} files, as CMS publishes them. Processor "
        f"time; the yardstick of an import is a plain `csv` read of the same file. A look-up is one of {LOOK_UPS:,} in "
        "every table, of codes in real numbers.",
        ("what", "measured", "yardstick"),
        [
            ("import of 1.67 million pairs", f"{imported:.2f} s", f"csv read, {read:.2f} s"),
            ("import of everything", f"{whole:.1f} s", ""),
            ("size of the book", f"{target.stat().st_size / 1e6:.0f} MB", ""),
            ("opening it", f"{statistics.median(opened) * 1000:.0f} ms", ""),
            ("a look-up, the first time", f"{first * 1e6:.1f} µs", ""),
            ("a look-up, after warm-up", f"{later * 1e6:.2f} µs", ""),
        ],
        (
            Goal("import of pairs, against a plain csv read", imported / read, 4),
            Goal("a look-up, after warm-up", later * 1e6, 5, "µs"),
        ),
    )


def _plain_read(path: Path) -> None:
    with path.open(encoding="latin-1", newline="") as stream:
        for _ in csv.reader(stream, delimiter="\t"):
            pass


def _look_ups(book: Rulebook, rounds: int) -> tuple[float, float]:
    """Seconds of a look-up, the first time and later."""
    ask_all = _mixed(book)
    first = timed(ask_all)
    later = statistics.median(timed(ask_all) for _ in range(rounds))
    return first / LOOK_UPS, later / LOOK_UPS


def _mixed(book: Rulebook) -> Callable[[], None]:
    draw = random.Random(7)
    codes = [key[0] for key in draw.choices(book.keys("fee_schedule"), k=400)]
    asks = [(draw.randrange(6), *draw.choices(codes, k=2)) for _ in range(LOOK_UPS)]

    def ask_all() -> None:
        rules = book.on(A_DAY)
        ask: tuple[Callable[[str, str], object], ...] = (
            lambda one, other: rules.fee(one, ("26",)),
            lambda one, other: rules.mue(one, "professional"),
            lambda one, other: rules.mue(one, "outpatient"),
            lambda one, other: rules.pair(one, other, "professional"),
            lambda one, other: rules.primaries(one),
            lambda one, other: rules.modifier("59"),
        )
        for which, one, other in asks:
            try:
                ask[which](one, other)
            except NotInForce:
                raise AssertionError("a table of the quarter is not in force") from None

    return ask_all
