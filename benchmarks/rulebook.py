"""Time the making and the use of a whole rule book, each against its yardstick in the same run.

    CLAIMCHECK_SHARED=../shared python benchmarks/rulebook.py [ROUNDS]

The book is that of the third quarter of 2024: fee schedule, unit limits, NCCI pairs of both tables and
add-on codes, as CMS published them. The yardstick of an import is a plain ``csv`` read of the same file;
of a check, that of the same claims by the starter book.
"""

from __future__ import annotations

import csv
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from floor import floor
from generate import generate
from run import _PEAK, check, timed, with_addendum_b

from claimcheck import Checker
from claimcheck.rulebook import NotInForce, Rulebook, Rules
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.starter import load

SHARED = Path(os.environ.get("CLAIMCHECK_SHARED") or Path(__file__).parents[2] / "shared")
CMS = SHARED / "cms"
A_DAY = date(2024, 8, 14)
LOOK_UPS = 50_000


def in_cms_layout(name: str, target: Path) -> Path:
    """A table of pairs of the quarter, written as CMS does."""
    script = CMS / "tools" / "ptp_in_cms_layout.py"
    source = CMS / "ptp" / f"{name}_2024Q3.no-effective-date.tsv.gz"
    subprocess.run([sys.executable, script, source, "20240701", target], check=True, stderr=subprocess.DEVNULL)
    return target


def plain_read(path: Path) -> None:
    with path.open(encoding="latin-1", newline="") as stream:
        for _ in csv.reader(stream, delimiter="\t"):
            pass


def mixed(book: Rulebook) -> Callable[[], None]:
    """Fifty thousand look-ups in every table, of codes in real numbers."""
    draw = random.Random(7)
    codes = [key[0] for key in draw.choices(book.keys("fee_schedule"), k=400)]
    asked: list[Callable[[Rules], object]] = []
    for _ in range(LOOK_UPS):
        one, other = draw.choices(codes, k=2)
        asked.append(
            draw.choice(
                (
                    lambda rules, one=one: rules.fee(one, ("26",)),
                    lambda rules, one=one: rules.mue(one, "professional"),
                    lambda rules, one=one: rules.mue(one, "outpatient"),
                    lambda rules, one=one, other=other: rules.pair(one, other, "professional"),
                    lambda rules, one=one: rules.primaries(one),
                    lambda rules: rules.modifier("59"),
                )
            )
        )

    def ask_all() -> None:
        rules = book.on(A_DAY)
        for ask in asked:
            try:
                ask(rules)
            except NotInForce:
                raise AssertionError("a table of the quarter is not in force") from None

    return ask_all


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {rounds} rounds\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        practitioner = in_cms_layout("ptp_practitioner", folder / "ccipra-v302r0-f1.txt")
        outpatient = in_cms_layout("ptp_outpatient", folder / "ccioph-v302r0-f1.txt")
        reads, imports, sets = [], [], []
        others = [
            CMS / "rvu" / "rvu24c_jul-rebuilt.zip",
            *sorted((CMS / "mue").glob("*07-01-2024*.zip")),
            CMS / "aoc" / "AOC_V2026Q2-MCR.xlsx",
        ]
        for n in range(rounds):
            reads.append(timed(lambda: plain_read(practitioner)))
            imports.append(timed(lambda n=n: add(folder / f"pairs{n}.sqlite", [practitioner])))
            sets.append(timed(lambda n=n: add(folder / f"book{n}.sqlite", [*others, practitioner, outpatient])))
        read, imported = statistics.median(reads), statistics.median(imports)
        print("| what | measured | yardstick | ratio | goal |")
        print("| --- | --- | --- | --- | --- |")
        print(
            f"| import of 1.67 million pairs | {imported:.2f} s | csv read, {read:.2f} s | {imported / read:.2f} | 4 |"
        )
        print(f"| import of the whole quarter | {statistics.median(sets):.1f} s | | | 60 s |")
        path = folder / "book0.sqlite"
        print(f"| size of the book | {path.stat().st_size / 1e6:.0f} MB | | | |")

        one = folder / "one.837"
        generate(1, one, first_day=date(2024, 7, 2))
        command = [sys.executable, "-m", "claimcheck", "check", str(one), "--rulebook", str(path), "--format", "jsonl"]
        walls = []
        for _ in range(max(rounds, 5)):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            walls.append(time.perf_counter() - start)
        print(f"| a process that opens the book and checks one claim | {statistics.median(walls):.2f} s | | | 0.5 s |")

        book = open_book(path)
        ask_all = mixed(book)
        cold = timed(ask_all)
        warm = statistics.median(timed(ask_all) for _ in range(max(rounds, 5)))
        print(f"| a look-up, the first time | {cold / LOOK_UPS * 1e6:.1f} µs | | | |")
        print(f"| a look-up, after warm-up | {warm / LOOK_UPS * 1e6:.2f} µs | | | 5 µs |")

        batch = folder / "batch.837"
        generate(10_000, batch, first_day=date(2024, 7, 2))
        checker, small = Checker(with_addendum_b(book)), Checker(with_addendum_b(load()))
        works: dict[str, Callable[[], object]] = {
            "floor": lambda: floor(batch),
            "starter": lambda: check(batch, small),
            "whole": lambda: check(batch, checker),
        }
        for work in works.values():
            work()  # warm
        seconds: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(max(rounds, 9)):
            for name, work in works.items():
                seconds[name].append(timed(work))
        bare, base, whole = (statistics.median(times) for times in seconds.values())
        print(f"| check of 10,000 claims | {whole:.2f} s | the floor, {bare:.3f} s | {whole / bare:.2f} | 2.5 |")
        print(f"| the same | {whole:.2f} s | by the starter book, {base:.2f} s | {whole / base:.2f} | |")

        big = folder / "big.837"
        generate(100_000, big, first_day=date(2024, 7, 2))
        environment = {**os.environ, "CLAIMCHECK_RULEBOOK": str(path)}
        process = [sys.executable, "-c", _PEAK, str(big), str(folder / "messages.jsonl")]
        done = subprocess.run(process, capture_output=True, text=True, check=True, env=environment)
        _, _, messages, peak = done.stdout.split()
        print(f"| peak memory, 100,000 claims | {peak} MB ({int(messages):,} messages) | | | 150 MB |")


if __name__ == "__main__":
    main()
