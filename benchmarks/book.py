"""The rule books that the benchmarks check by: the whole one, made of CMS's files, or the one that comes along.

CMS's files are big and not part of this repository: they are read from the folder that ``CLAIMCHECK_SHARED`` names.
The generated batch has its days in the third quarter of 2024. The Addendum B of that quarter is not among the files,
and without one a third of the batch's lines would not be judged, and that much writing be timed: the table of 2025
stands in for it, in both books.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from claimcheck.rulebook.starter import shipped_rules

SHARED = Path(os.environ.get("CLAIMCHECK_SHARED") or Path(__file__).parents[2] / "shared")
CMS = SHARED / "cms"
WHOLE_RELEASES = (
    "rvu/*-rebuilt.zip",
    "rvu/rvu25*.zip",
    "mue/*.zip",
    "aoc/AOC_*.xlsx",
    "opps/*_nfrm_addenda.*.zip",
    "asc/*.zip",
    "hcpcs/*.zip",
)
PAIRS = (
    ("practitioner_2024Q2", "20240401", "ccipra-v301r0-f1.txt"),
    ("practitioner_2024Q3", "20240701", "ccipra-v302r0-f1.txt"),
    ("outpatient_2024Q3", "20240701", "ccioph-v302r0-f1.txt"),
)
"""The tables of pairs at hand are not in CMS's layout, which a script beside them writes."""


def published_files(folder: Path) -> list[Path]:
    """Every whole release at hand, as CMS publishes it; what must be written first is written into the folder."""
    files = [path for pattern in WHOLE_RELEASES for path in sorted(CMS.glob(pattern))]
    return [*files, *(_pairs(*pairs, folder) for pairs in PAIRS), _addendum_b_of_the_quarter(folder)]


def starter_book(folder: Path) -> Path:
    """The starter book, its Addendum B of 2025 in force from the batch's days on."""
    target = folder / "starter"
    shutil.copytree(shipped_rules(), target)
    for file in (target / "releases.toml", *sorted((target / "codes").glob("*.toml"))):
        file.write_text(_since_the_quarter(file.read_text(encoding="utf-8")), encoding="utf-8")
    return target


def _pairs(source: str, first_day: str, name: str, folder: Path) -> Path:
    script, table = CMS / "tools/ptp_in_cms_layout.py", CMS / f"ptp/ptp_{source}.no-effective-date.tsv.gz"
    subprocess.run([sys.executable, script, table, first_day, folder / name], check=True, stderr=subprocess.DEVNULL)
    return folder / name


def _addendum_b_of_the_quarter(folder: Path) -> Path:
    (addenda,) = CMS.glob("opps/*_nfrm_addenda.*.zip")
    with zipfile.ZipFile(addenda) as files:
        (member,) = (name for name in files.namelist() if re.search(r"Addendum B\b.*\.txt$", name))
        text = files.read(member)
    target = folder / "July 2024 Web Addendum B.txt"
    target.write_bytes(text.replace(b"HCPCS Code for CY 2025", b"HCPCS Code for CY 2024", 1))
    return target


def _since_the_quarter(text: str) -> str:
    in_a_code = r'2025-01-01(?=\nlast = [0-9-]+\ncites = \["OPPS Addendum B 2025"\])'
    in_releases = r'("OPPS Addendum B 2025".* first = )2025-01-01'
    return re.sub(in_releases, r"\g<1>2024-07-01", re.sub(in_a_code, "2024-07-01", text))
