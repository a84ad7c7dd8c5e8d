"""Every edit of the tables, against a recount that shares no code with the program (``recount.py``): random
claims by the whole tables of 2024 Q3, and no difference.

The releases are big and not part of this repository: they are read from ``CLAIMCHECK_SHARED``.
"""

import sys
from collections import Counter
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from claimcheck import Checker, a_claim, a_line
from claimcheck.claim import DME
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.opening import open_book as open_any_book
from support import recount_equipment
from support.published import CMS, every_release, in_cms_group, needs_cms
from support.recount import CHECKS, Edit, Line, bypassed, compare, draw, expected, found, open_book, report, write

pytestmark = in_cms_group

CLAIMCHECK = (sys.executable, "-m", "claimcheck")


@pytest.fixture(scope="module")
def book() -> Path:
    """The whole tables of 2024 Q3, among those of other quarters."""
    return every_release()[0]


DRAWN = {20240701: 10_000, 20240702: 10_000, 77424: 5_000}
"""How many lines are drawn by each seed."""


def drawn(path: Path, seed: int, lines: int) -> list[Line]:
    with closing(open_book(path)) as book:
        return draw(book, seed, lines)


@cache
def recounted(path: Path, seed: int) -> set[Edit]:
    """The edits of random claims, after it is certain that both sides raise the same ones."""
    with closing(open_book(path)) as book, TemporaryDirectory() as folder:
        claims = draw(book, seed, DRAWN[seed])
        file = Path(folder) / "claims.csv"
        write(claims, file)
        ours = expected(book, claims)
        theirs = found(CLAIMCHECK, path, file, file.with_suffix(".jsonl"), select=CHECKS)
        differences = compare(ours, theirs)
        report(book, claims, differences, each=3)
    assert not differences, f"{len(differences)} differences, printed above"
    return ours


@needs_cms
@pytest.mark.parametrize("seed", DRAWN)
def test_no_difference(book: Path, seed: int) -> None:
    assert len(recounted(book, seed)) > 0.9 * DRAWN[seed]


@needs_cms
def test_no_check_is_left_out(book: Path) -> None:
    edits = [edit for seed in DRAWN for edit in recounted(book, seed)]
    assert len(edits) > sum(DRAWN.values())
    counts = Counter(check for _, _, check, _ in edits)
    assert set(counts) == set(CHECKS)
    assert all(count > 10 for check, count in counts.items() if check != "MUE-LINE")


@needs_cms
def test_a_difference_is_found(book: Path, tmp_path: Path) -> None:
    """What either side leaves out, or raises with another severity, is told."""
    with closing(open_book(book)) as opened:
        claims = draw(opened, 1, 200)
        edits = expected(opened, claims)
        claim_id, number, check, severity = min(edit for edit in edits if edit[3] == "reject")
        other = (claim_id, number, check, "inform")
        assert [(d.kind, d.check) for d in compare(edits, edits - {min(edits)})] == [("expected only", min(edits)[2])]
        assert [(d.kind, d.check) for d in compare(edits - {min(edits)}, edits)] == [("found only", min(edits)[2])]
        changed = edits - {(claim_id, number, check, severity)} | {other}
        (difference,) = compare(edits, changed)
        assert (difference.kind, difference.expected, difference.found) == (
            "another severity",
            ("reject",),
            ("inform",),
        )
        report(opened, claims, [difference], each=1)


@needs_cms
def test_the_same_claims_every_time(book: Path) -> None:
    one, again, other = (drawn(book, seed, 300) for seed in (1, 1, 2))
    assert one == again != other


@needs_cms
def test_no_difference_of_equipment(tmp_path: Path) -> None:
    """Every code of the DMEPOS fee schedule, with and without what can be billed with it."""
    archive = CMS / "fees" / "DMEPOS_JAN_2025.zip"
    add(tmp_path / "book.sqlite", [archive])
    rows = recount_equipment.published(archive)
    lines = recount_equipment.drawn(sorted(rows), 20250101)
    checker = Checker(open_any_book(tmp_path / "book.sqlite"), "medicare_part_b", select=[*recount_equipment.CHECKS])
    counts: Counter[str] = Counter()
    for code, billed in lines:
        line = a_line("-".join((code, *billed.split())), pos="12", setting=DME, day="20250203")
        theirs = [(m.check, m.severity, m.allowed or "") for m in checker.check(a_claim(line)).messages]
        ours = [*recount_equipment.expected(rows[code], billed)]
        assert sorted(theirs) == sorted(ours), (code, billed)
        counts.update(check for check, _, _ in ours)
    assert set(counts) == set(recount_equipment.CHECKS)
    assert min(counts.values()) > 300


@pytest.mark.parametrize(
    ("one", "two", "how"),
    [
        ("", "", "none"),
        ("", "59", "full"),
        ("59", "", "full"),
        ("", "76", "none"),
        ("LT", "RT", "full"),
        ("LT", "LT", "weak"),
        ("LT", "LT|59", "weak"),
        ("LT", "LT|XE", "noted"),
        ("LT", "F1", "weak"),
        ("LT", "", "weak"),
        ("50", "LT", "weak"),
        ("50", "", "none"),
        ("50|LT", "RT", "weak"),
        ("", "XP", "weak"),
        ("", "XP|59", "full"),
        ("LT", "RT|XP", "full"),
        ("58", "58", "weak"),
        ("58", "79", "full"),
        ("25", "", "none"),
    ],
)
def test_table_c3(one: str, two: str, how: str) -> None:
    """The rows of the specification on what parts two procedures."""
    assert bypassed("11042", 0, one, "11721", 0, two) == how
