"""Check a file in a process of its own, to JSONL, and say what it cost.

    python benchmarks/checking_cost.py FILE OUTPUT RULEBOOK

Processor time counts from the opened rule book to the last message: what it costs to start is measured elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

from claimcheck import Checker
from claimcheck.rulebook.opening import open_book
from claimcheck.runs.batch import check_files
from claimcheck.runs.outputs import output_to
from claimcheck.writers import open_writer
from cost import report


def main() -> None:
    path, output, book = sys.argv[1:4]
    checker = Checker(open_book(book))

    def check() -> dict[str, int]:
        with output_to(Path(output)) as stream:
            tally, _ = check_files([path], checker, open_writer("jsonl", stream))
        return tally.counts()

    report(check)


if __name__ == "__main__":
    main()
