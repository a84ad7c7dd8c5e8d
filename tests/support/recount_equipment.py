"""A recount of the edits of equipment (families#equipment), by CMS's DMEPOS fee schedule as published: plain ``csv``,
and no code of the program."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHECKS = ("DME-RENT", "DME-RENT2", "DME-CAP", "DME-ONE-KX")
BILLED = (
    *(
        "",
        "NU",
        "RR",
        "UE",
        "RR KH",
        "RR KI KX",
        "RR KJ GA",
        "NU KX",
        "UE RA",
        "NU BP",
        "MS",
        "KR RR",
        "RR KR GZ",
        "LL",
    ),
    *("KX", "GY", "GA KX", "KX GZ RR", "NU RR", "RR NU UE", "RB", "NR", "LT", "RT LT", "RR LT KX", "BP", "GX GY", "KH"),
)
"""What is billed with each code, as it is drawn."""


class Row(NamedTuple):
    """A row of the file: its modifiers, and the category of payment."""

    modifiers: set[str]
    category: str


def published(archive: Path) -> dict[str, list[Row]]:
    """The rows of each code."""
    with zipfile.ZipFile(archive) as files:
        (name,) = files.namelist()
        text = files.read(name).decode("latin-1")
    found: dict[str, list[Row]] = {}
    for cells in csv.reader(io.StringIO(text)):
        code, one, two, _, category = (cell.strip() for cell in cells[:5])
        if len(code) == 5 and code[1:].isdigit():
            found.setdefault(code, []).append(Row({one, two} - {""}, category))
    return found


def drawn(codes: list[str], seed: int) -> list[tuple[str, str]]:
    """Every code with some of what can be billed with it, in any order."""
    draw = random.Random(seed)
    return [(code, billed) for code in codes for billed in draw.sample(BILLED, 6)]


def expected(rows: list[Row], billed: str) -> Iterator[tuple[str, str, str]]:
    """Check, severity and what would pass, for Medicare."""
    modifiers = set(billed.split())
    usual = {"NU", "RR", "UE"}
    if all(row.modifiers & usual for row in rows):
        says_otherwise = {"MS", "RA", "RB", "LL", "NR", "KR", "BP", "GY", "GZ"}
        if not modifiers & (usual | says_otherwise):
            yield "DME-RENT", "reject", " ".join(sorted(usual & _all(rows)))
    for modifier in sorted(modifiers & usual):
        if not any(modifier in row.modifiers for row in rows) and not modifiers & {"BP", "RA"}:
            yield "DME-RENT2", "warn", " ".join(sorted(usual & _all(rows)))
    by_month = bool(modifiers & {"KH", "KI", "KJ", "MS", "KR"})
    if "RR" in modifiers and not by_month and any(row.category == "CR" for row in rows):
        yield "DME-CAP", "reject", "KH KI KJ"
    if "KX" in modifiers and modifiers & {"GA", "GZ", "GY"}:
        yield "DME-ONE-KX", "reject", ""


def _all(rows: list[Row]) -> set[str]:
    return {modifier for row in rows for modifier in row.modifiers}
