"""Every edit of the tables, against a recount that shares no code with the program (``recount.py``): random
claims by the whole tables of 2024 Q3, and no difference.

The releases are big and not part of this repository: they are read from ``CLAIMCHECK_SHARED``.
"""

import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from claimcheck.rulebook.adding import add
from support.places import SHARED
from support.recount import CHECKS, Edit, Line, bypassed, compare, draw, expected, found, open_book, report, write

CMS = SHARED / "cms"
RELEASES = (
    "rvu/rvu24c_jul-rebuilt.zip",
    "mue/MCR_MUE_PractitionerServices_Eff_07-01-2024.rebuilt.zip",
    "mue/MCR_MUE_DMESupplierServices_Eff_07-01-2024.rebuilt.zip",
    "aoc/AOC_V2026Q2-MCR.xlsx",
    "hcpcs/hcpc2026_jan_anweb_01122026.zip",
)
PAIRS = "ptp/ptp_practitioner_2024Q3.no-effective-date.tsv.gz"
IN_LAYOUT = "tools/ptp_in_cms_layout.py"
pytestmark = pytest.mark.xdist_group("cms")
by_cms_files = pytest.mark.skipif(not CMS.is_dir(), reason=f"the CMS releases are not in {CMS} (set CLAIMCHECK_SHARED)")

CLAIMCHECK = (sys.executable, "-m", "claimcheck")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole tables of 2024 Q3."""
    folder = tmp_path_factory.mktemp("recount")
    pairs = folder / "ccipra-v302r0-f1.txt"
    subprocess.run([sys.executable, CMS / IN_LAYOUT, CMS / PAIRS, "20240701", pairs], check=True)
    path = folder / "book.sqlite"
    add(path, [*(CMS / name for name in RELEASES), pairs])
    return path


def recounted(path: Path, seed: int, lines: int, folder: Path) -> set[Edit]:
    """The edits of so many random lines, after it is certain that both sides raise the same ones."""
    with closing(open_book(path)) as book:
        claims = draw(book, seed, lines)
        write(claims, folder / "claims.csv")
        ours = expected(book, claims)
        theirs = found(CLAIMCHECK, path, folder / "claims.csv", folder / "messages.jsonl", select=CHECKS)
        differences = compare(ours, theirs)
        report(book, claims, differences, each=3)
    assert not differences, f"{len(differences)} differences, printed above"
    return ours


@by_cms_files
def test_no_difference(book: Path, tmp_path: Path) -> None:
    edits = recounted(book, 20240701, 20_000, tmp_path)
    counts = Counter(check for _, _, check, _ in edits)
    assert set(counts) == set(CHECKS)
    assert all(count > 10 for check, count in counts.items() if check != "MUE-LINE")


@by_cms_files
def test_no_difference_in_other_claims(book: Path, tmp_path: Path) -> None:
    assert len(recounted(book, 77424, 5_000, tmp_path)) > 5_000


@by_cms_files
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


@by_cms_files
def test_the_same_claims_every_time(book: Path) -> None:
    def drawn(seed: int) -> list[Line]:
        with closing(open_book(book)) as opened:
            return draw(opened, seed, 300)

    assert drawn(1) == drawn(1) != drawn(2)


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
