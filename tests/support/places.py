"""Where files are: of the project, and of what is shared beside it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
BENCHMARKS = ROOT / "benchmarks"
SHARED = Path(os.environ.get("CLAIMCHECK_SHARED") or ROOT.parent / "shared")
"""Real releases and claim files, which are no part of the project; tests skip where they are missing."""
FILES = sorted(path for path in (SHARED / "x12").glob("*") if path.suffix != ".md")
"""Other people's 837 files."""
needs_files = pytest.mark.skipif(not FILES, reason=f"no sample files in {SHARED / 'x12'}")
