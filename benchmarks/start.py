"""Cold processes: what is waited for before the first message."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from claimcheck import Checker
from claimcheck.rulebook.opening import STARTER, open_book
from generate import generate
from measuring import Bench, Spent, process
from speed import check
from tables import Goal, Table

VERSION = "`claimcheck --version`"
WHOLE = "first message, the whole book"
BY_STARTER = "first message, the starter book"
GOALS = {VERSION: 0.15, WHOLE: 0.4, BY_STARTER: 0.4}


def measure(bench: Bench) -> Table:
    claim = a_claim_with_a_message(bench)
    check_one = [sys.executable, "-m", "claimcheck", "check", claim, "--isolated", "--format", "jsonl", "--rulebook"]
    commands: dict[str, list[str | Path]] = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        '`python -c "import typer"`': [sys.executable, "-c", "import typer"],
        VERSION: [sys.executable, "-m", "claimcheck", "--version"],
        BY_STARTER: [*check_one, STARTER],
    }
    if bench.book != bench.starter:
        commands[WHOLE] = [*check_one, bench.book]
    spent: dict[str, list[Spent]] = {name: [] for name in commands}
    for _ in range(bench.rounds):
        for name, command in commands.items():
            spent[name].append(process(command))
    first = {name: statistics.median(each.first for each in all) for name, all in spent.items()}
    bare = first["`python -c pass`"]
    return Table(
        "Cold start",
        f"A process of its own, on one claim with a message; seconds until the first byte it writes (the end, where it "
        f"writes none), until its end, and of the processor. Medians of {bench.rounds} rounds by turns.",
        ("process", "first byte", "end", "processor", "beyond `python -c pass`"),
        [
            (
                name,
                f"{first[name]:.3f}",
                f"{statistics.median(each.wall for each in all):.3f}",
                f"{statistics.median(each.processor for each in all):.3f}",
                f"{first[name] - bare:.3f}",
            )
            for name, all in spent.items()
        ],
        [Goal(name, first[name], limit, "s") for name, limit in GOALS.items() if name in first],
    )


def a_claim_with_a_message(bench: Bench) -> Path:
    """A file of one generated claim that both rule books have something to say of."""
    path = bench.folder / "one.837"
    checkers = [Checker(open_book(book)) for book in (STARTER, bench.book)]
    for seed in range(1000):
        generate(1, path, seed)
        if all(check(path, checker).rejected for checker in checkers):
            return path
    raise AssertionError("no generated claim is rejected")
