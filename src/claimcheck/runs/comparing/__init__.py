"""The same claims judged twice, and what comes out otherwise: ``claimcheck compare``."""

from __future__ import annotations

from claimcheck.runs.comparing.differences import Comparison, Example, Moved, Shift
from claimcheck.runs.comparing.sides import CompareError, Judging, Reported, Side, compare_files

__all__ = [
    "CompareError",
    "Comparison",
    "Example",
    "Judging",
    "Moved",
    "Reported",
    "Shift",
    "Side",
    "compare_files",
]
