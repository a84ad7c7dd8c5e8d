"""How many branches of ``src`` the tests take, from the report of ``coverage json``; too few is an error."""

import json
import sys
from typing import Any

LEAST = 95.0
"""Percent."""


def share(report: dict[str, Any]) -> float:
    totals = report["totals"]
    return 100 * float(totals["covered_branches"]) / float(totals["num_branches"])


if __name__ == "__main__":
    found = share(json.load(sys.stdin))
    print(f"{found:.1f} % of the branches are taken; at least {LEAST:.0f} % must be")
    sys.exit(found < LEAST)
