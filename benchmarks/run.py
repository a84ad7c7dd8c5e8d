"""Measure everything, in one run on one machine, and write RESULTS.md.

    python benchmarks/run.py [--quick] [--only NAME,...] [--output PATH]

``--quick`` does all of it on a few claims by the starter book, to prove that it works: its figures mean nothing.
CMS's files, for the whole rule book, are looked for in the folder that ``CLAIMCHECK_SHARED`` names.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import distributions
from pathlib import Path

import books
import growth
import memo
import peers
import speed
import start
import ways
import weight
from book import CMS, published_files, starter_book
from measuring import Bench
from tables import Table, written

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS: dict[str, Callable[[Bench], Table]] = {
    "speed": speed.measure,
    "start": start.measure,
    "peers": peers.measure,
    "growth": growth.measure,
    "jobs": ways.jobs,
    "arrow": ways.arrow,
    "memo": memo.measure,
    "weight": lambda _: weight.measure(),
}
MISSING: dict[str, tuple[Callable[[], bool], str]] = {
    "jobs": (ways.has_jobs, "many processes: this version has no `--jobs`"),
    "arrow": (ways.has_arrow, "columns: this version has no `claimcheck.arrow`, or pyarrow is not installed"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure everything, and write RESULTS.md.")
    parser.add_argument("--quick", action="store_true", help="on a few claims, only to prove that it works")
    parser.add_argument("--only", help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--output", type=Path, default=RESULTS)
    given = parser.parse_args()
    names = given.only.split(",") if given.only else list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    os.environ.pop("CLAIMCHECK_RULEBOOK", None)
    with tempfile.TemporaryDirectory() as name:
        tables, left_out = measured(Path(name), names, given.quick)
    given.output.write_text(written(tables, machine(), left_out), encoding="utf-8")
    print(f"written: {given.output}", file=sys.stderr)


def measured(folder: Path, names: list[str], quick: bool) -> tuple[list[Table], list[str]]:
    """Each part, and what was left out and why."""
    tables: list[Table] = []
    left_out: list[str] = []
    starter = book = starter_book(folder)
    about_book = None
    if quick or not CMS.is_dir():
        why = "a quick run, whose figures mean nothing" if quick else "CMS's files are not here (CLAIMCHECK_SHARED)"
        left_out.append(f"the whole rule book: {why}")
    else:
        book = folder / "whole.sqlite"
        about_book = _told("books", lambda: books.make(book, published_files(folder), rounds=3))
    bench = Bench(folder, book, starter, quick)
    for name in names:
        is_there, why = MISSING.get(name, (None, ""))
        if is_there and not is_there():
            left_out.append(why)
        else:
            tables.append(_told(name, lambda name=name: PARTS[name](bench)))
    return [*tables, *([about_book] if about_book else [])], left_out


def _told(name: str, measure: Callable[[], Table]) -> Table:
    start = time.perf_counter()
    table = measure()
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return table


def machine() -> Table:
    """What all of it ran on."""
    packages = {each.name.lower(): each.version for each in distributions()}
    shown = ("claimcheck-edits", "pydantic", "typer", "rich", "pyarrow", "python-calamine")
    return Table(
        "Machine",
        "",
        ("", ""),
        [
            ("date", f"{date.today():%Y-%m-%d}"),
            ("processor", f"{_processor()}, {os.cpu_count()} cores"),
            ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"),
            ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
            ("load when it ended", ", ".join(f"{load:.2f}" for load in os.getloadavg())),
            ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
            ("packages", ", ".join(f"{name} {packages[name]}" for name in shown if name in packages)),
        ],
    )


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    named = (line for line in cpus.read_text().splitlines() if line.startswith("model name")) if cpus.exists() else ()
    return next(named, "").partition(":")[2].strip() or platform.processor() or "unknown"


if __name__ == "__main__":
    main()
