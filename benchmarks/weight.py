"""How heavy the hot loop is: bytecode instructions a line, counted and not timed.

    python benchmarks/weight.py          shows the weights beside those in weight.json
    python benchmarks/weight.py --write  writes them there

Counts are the same from run to run and from machine to machine, so that a test can hold them; seconds are not. They
say nothing of what goes on below the bytecode, in the C of a regular expression or of SQLite: RESULTS.md does.

A part's weight is given in floors: its instructions against those of the floor over the same file in the same run.
That evens out most of what a version of Python does with more instructions than another, but not all of it (up to a
tenth), so that each version has its own numbers. A change of the loop changes all of them alike: what is
written for one version moves the others by the same factor.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from claimcheck import Checker
from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers.x12.claims import read_837
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.to_jsonl import JsonlWriter
from floor import floor
from generate import generate
from tables import Table

STORED = Path(__file__).with_name("weight.json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
CLAIMS = 300


def weigh() -> dict[str, float]:
    """The instructions of each part over one batch, and of all together, in those of the floor."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.837"
        generate(CLAIMS, path)
        content = path.read_bytes()
        bare = instructions(lambda: floor(path))
    checker = Checker(open_book("starter"))

    def read() -> list[Claim | EditMessage]:
        return list(read_837(io.BytesIO(content), "batch.837"))

    claims = read()
    judged = list(checker.judge(claims))  # from here on everything is remembered, as in a long run

    def write() -> None:
        writer = JsonlWriter(io.StringIO())
        for item in judged:
            writer.take(item)

    write()
    counts = {
        "reading": instructions(read),
        "judging": instructions(lambda: list(checker.judge(claims))),
        "writing": instructions(write),
    }
    counts["all"] = sum(counts.values())
    return {part: round(count / bare, 3) for part, count in counts.items()}


def instructions(work: Callable[[], object]) -> int:
    """How many bytecode instructions some work runs."""
    count = 0

    def on_event(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "call":
            frame.f_trace = on_event  # Python 3.13 marks the code only of a frame that is traced already
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            count += 1
        return on_event

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for instructions only if a frame wants them by then
    sys.settrace(on_event)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def stored() -> dict[str, float]:
    """The weights that the tests hold for this version of Python; none where nobody has weighed with it."""
    return _all_stored().get(VERSION, {})


def store(found: dict[str, float]) -> None:
    """Write what was found for this version of Python, and move the other versions by as much."""
    weights = _all_stored()
    grown = {part: found[part] / was for part, was in weights.get(VERSION, {}).items()}
    for held in weights.values():
        held.update({part: round(was * grown.get(part, 1), 3) for part, was in held.items()})
    STORED.write_text(json.dumps({**weights, VERSION: found}, indent=2, sort_keys=True) + "\n")


def _all_stored() -> dict[str, dict[str, float]]:
    weights: dict[str, dict[str, float]] = json.loads(STORED.read_text())
    return weights


def measure() -> Table:
    known = stored()
    return Table(
        "Weight of the hot loop",
        f"Bytecode instructions over {CLAIMS} claims by the starter book, everything remembered, in those of the "
        "floor; `tests/project/test_benchmarks.py` holds them.",
        ("part", "floors", "held at"),
        [(part, f"{found:.3f}", f"{known[part]:.3f}" if known else "") for part, found in weigh().items()],
    )


def main() -> None:
    found = weigh()
    if "--write" in sys.argv[1:]:
        store(found)
    known = stored()
    for part, weight in found.items():
        print(f"{part}: {weight:.3f} floors" + (f", held at {known[part]:.3f}" if known else ""))


if __name__ == "__main__":
    main()
