"""Units of Medicaid against a recount that shares no code with the program: random lines by the practitioners' limits
that are at hand (2026 Q1), from CMS's layout to messages, and no difference."""

import csv
import json
import math
import random
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from support.command_line import invoke
from support.medicaid import PRACTITIONER_MUE, mue_text, zipped
from support.published import CMS, needs_cms

SUBSET = CMS / "mue" / "medicaid_mue_practitioner_2026Q1.subset.rebuilt.csv"
LINES = 6_000


class Line(NamedTuple):
    """A claim line as drawn."""

    claim_id: str
    number: int
    code: str
    modifiers: str
    units: str
    first: date
    last: date


def drawn(limits: dict[str, int], seed: int) -> list[Line]:
    """Claims of one to six lines, some with one code on several."""
    choose = random.Random(seed)
    codes = sorted(limits)
    zero = [code for code in codes if limits[code] == 0]
    lines: list[Line] = []
    while len(lines) < LINES:
        claim = f"M{len(lines)}"
        code = choose.choice(codes)
        for number in range(1, choose.randint(1, 6) + 1):
            if choose.random() < 0.6:
                code = choose.choice(zero if choose.random() < 0.1 else codes)
            around = choose.choice(("", ".0", ".5"))
            units = f"{max(0, limits[code] + choose.randint(-1, 2))}{around}"
            day = date(2026, 1, 1) + timedelta(days=choose.randrange(80))
            span = choose.choice((0, 0, 0, 0, 1, 2, 9))
            modifiers = choose.choice(("", "", "59", "76", "GY", "LT|GY", "55", "50"))
            lines.append(Line(claim, number, code, modifiers, units, day, day + timedelta(days=span)))
    return lines


def expected(limits: dict[str, int], lines: list[Line]) -> set[tuple[str, int, str]]:
    """Each line for itself, whatever its modifiers: of several days the units of each, rounded to the nearest whole. A
    limit of zero pays nothing, whatever is billed, unless GY wants the denial."""
    found = set()
    for line in lines:
        days = (line.last - line.first).days + 1
        units = Fraction(line.units)
        daily = units if days == 1 else Fraction(math.floor(units / days + Fraction(1, 2)))
        limit = limits[line.code]
        if limit == 0 and "GY" not in line.modifiers.split("|"):
            found.add((line.claim_id, line.number, "MUE-ZERO"))
        if limit > 0 and daily > limit:
            found.add((line.claim_id, line.number, "MUE-LINE"))
    return found


@needs_cms
@pytest.mark.parametrize("seed", [20260101, 97110])
def test_no_difference(tmp_path: Path, seed: int) -> None:
    with SUBSET.open(encoding="utf-8", newline="") as rows:
        published = [(row["hcpcs"], int(row["mue_value"]), row["rationale"]) for row in csv.DictReader(rows)]
    book, claims = tmp_path / "book.sqlite", tmp_path / "claims.csv"
    file = zipped(tmp_path, PRACTITIONER_MUE, mue_text(published))
    assert invoke("rules", "add", file, "--partial", "--rulebook", book).exit_code == 0
    limits = {code: units for code, units, _ in published}
    lines = drawn(limits, seed)
    with claims.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("claim_id", "line_number", "code", "modifiers", "units", "from_date", "to_date", "charge"))
        writer.writerows((*line, "100.00") for line in lines)
    result = invoke(
        *("check", claims, "--rulebook", book, "--profile", "medicaid", "--isolated", "--select", "MUE"),
        *("--format", "jsonl"),
    )
    messages = [json.loads(line) for line in result.stdout.splitlines()]
    found = {(one["claim_id"], int(one["line_number"]), one["check"]) for one in messages if one["line_number"]}
    assert found == expected(limits, lines)
    assert all(one["severity"] == "reject" for one in messages if one["check"].startswith("MUE"))
    assert not any(one["check"] == "NOT-JUDGED" for one in messages)
    counts = Counter(check for _, _, check in found)
    assert counts["MUE-LINE"] > LINES / 10 and counts["MUE-ZERO"] > LINES / 50
