"""A table more is a module that declares it and one that reads its file, and nothing else: all that there is of tables
knows it then. Proved with a copy of claimcheck that is given the DMEPOS fee schedule."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import claimcheck
from claimcheck.rulebook.store import shipped_rules
from support.books import old_book
from support.places import FIXTURES, ROOT, SHARED

MODULES = ROOT / "tests" / "support" / "dmepos"
FILE = """\
"Durable Medical Equipment,",,,,,
January 2025 Fee Schedule,,,,,
HCPCS,Mod,Mod2,JURIS,CATG,Ceiling
A4217,,,J,SU,4.38
A4217,AU,,J,OS,4.38
E1390,RR,,D,OX,0.00
E1390,RR,QB,D,OX,0.00
L8600,,,L,PO,0.00
E9999,,,Z,IN,0.00
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Claimcheck with the new table."""
    source = tmp_path_factory.mktemp("more")
    package = source / "src" / "claimcheck"
    shutil.copytree(Path(claimcheck.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "rules").symlink_to(shipped_rules())
    shutil.copy(MODULES / "table.py", package / "rulebook" / "tables" / "dmepos.py")
    shutil.copy(MODULES / "importer.py", package / "rulebook" / "cms" / "dmepos.py")
    return source / "src"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "DMEPOS.csv"
    path.write_text(FILE)
    return path


def python(source: Path, *arguments: object) -> str:
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def run(source: Path, *arguments: object) -> str:
    return python(source, "-m", "claimcheck", *arguments)


def test_its_file_is_read_listed_verified_and_compared(source: Path, file: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    said = run(source, "rules", "add", "--partial", "--rulebook", book, file)
    assert "added DMEPOS 2025 Q1: dmepos, 2025-01-01 to 2025-03-31, 6 rows" in said
    assert "column JURIS: 'Z' is none of D, J, L: taken for unknown" in said
    file.write_text(FILE.replace("January", "April").replace("L8600,,,L", "L8600,,,D"))
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    assert "dmepos\n  DMEPOS 2025 Q1  2025-01-01 to 2025-03-31  6 rows" in run(
        source, "rules", "list", "--rulebook", book
    )
    assert "L8600  jurisdiction: L -> D" in run(
        source, "rules", "diff", "DMEPOS 2025 Q1", "DMEPOS 2025 Q2", "--rulebook", book
    )
    assert "2 releases, 12 rows: no problems" in run(source, "rules", "verify", "--rulebook", book)
    assert "CREATE TABLE supply (" in run(source, "rules", "list", "--schema")


def test_a_code_is_explained_by_it(source: Path, file: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    lines = [line.rstrip() for line in run(source, "explain", "E1390", "--rulebook", book).splitlines()]
    assert "DMEPOS fee schedule, with RR QB" in lines
    assert any(line.split() == ["jurisdiction", "D", "the", "DME", "contractor"] for line in lines)
    assert "  source: DMEPOS 2025 Q1 E1390-RR-QB; in effect from 2025-01-01 to 2025-03-31" in lines


def test_it_is_looked_up_and_missed(source: Path, file: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    program = f"""
from datetime import date
from claimcheck import NotInForce, Rulebook, open_book
from claimcheck.rulebook.tables.dmepos import Supply
rules = open_book({str(book)!r}).on(date(2025, 2, 1))
assert rules.row("dmepos", ("E1390", "RR", "")) == Supply("D", "OX", "RR", "", "DMEPOS 2025 Q1 E1390-RR")
for key in (("E9999", "", ""), ("E1390", "", "")):  # a value that nobody knows, and a row that an excerpt lacks
    try:
        rules.row("dmepos", key)
    except NotInForce as gap:
        assert gap.table == "dmepos"
    else:
        raise AssertionError(key)
example = Rulebook.of(dmepos={{"E1390-RR-QB": Supply("D")}}).on(date(2025, 2, 1))
assert example.row("dmepos", ("E1390", "RR", "QB"))
assert not example.row("dmepos", ("E1390", "RR", ""))
"""
    python(source, "-c", program)


CHECK = """
from collections.abc import Iterator
from claimcheck import WARN, Citation, Finding, Rules, Service, service_check
from claimcheck import a_service, codes, fires, not_judged, passes
from claimcheck.rulebook.tables.dmepos import Supply

@service_check(
    "ACME-DME",
    severity=WARN,
    citation=Citation("DMEPOS Fee Schedule"),
    codes=codes("CO-4", "N519", "A7:453"),
    needs=("dmepos",),
    examples=(
        passes("rented", a_service("E1390-RR"), dmepos={"E1390-RR": Supply("D")}),
        fires("bought", a_service("E1390-NU"), dmepos={"E1390-RR": Supply("D")}),
        not_judged("no fee schedule", a_service("E1390-NU")),
    ),
)
def acme_wants_a_row(service: Service, rules: Rules) -> Iterator[Finding]:
    \"\"\"The fee schedule has no such row.\"\"\"
    row = rules.row("dmepos", (service.code, service.modifiers[0], ""))
    if not row:
        yield Finding("No such row.", "Correct the modifier.", field="modifiers", by=(row,))
"""


def test_a_check_needs_it_and_says_what_is_missing(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CHECK)
    page = run(source, "explain", "ACME-DME", "--checks", tmp_path / "mine.py", "--isolated")
    assert "DMEPOS fee schedule E1390-RR: jurisdiction D" in page
    options = ("--checks", tmp_path / "mine.py", "--isolated", "--select", "ACME-DME", "--format", "jsonl")
    program = f"""
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "claimcheck", "check", *{[*map(str, options)]!r},
    {str(FIXTURES / "837p" / "demo.837")!r}], capture_output=True, text=True)
print(done.stderr)
"""
    assert "DMEPOS fee schedule for " in python(source, "-c", program)


def test_the_rule_files_of_a_payer_may_have_rows_of_it(source: Path, tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "releases.toml").write_text(
        """
[[series]]
title = "Acme Health"
tables = ["dmepos"]
releases = [{ name = "Acme 12", edition = "2025", first = 2025-01-01, last = 2025-12-31 }]
"""
    )
    days = 'first = 2025-01-01\nlast = 2025-12-31\ncites = ["Acme 12"]\n'
    code = tmp_path / "codes" / "E1390.toml"
    code.write_text(f'code = "E1390"\n[[dmepos]]\n{days}modifier = "RR"\njurisdiction = "L"\n')
    program = f"""
from datetime import date
from pathlib import Path
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.starter import RuleDataError, load_overlay
try:
    row = Rulebook(load_overlay(Path({str(tmp_path)!r}))).on(date(2025, 2, 1)).row("dmepos", ("E1390", "RR", ""))
    print(row.jurisdiction, row.modifier)
except RuleDataError as error:
    print(error)
"""
    assert python(source, "-c", program) == "L RR\n"
    code.write_text(code.read_text().replace('"L"', '"X"'))
    assert "dmepos[0].jurisdiction: found 'X', expected 'D', 'L' or 'J'" in python(source, "-c", program)


def releases(listed: str) -> list[dict[str, object]]:
    return [one for one in map(json.loads, listed.splitlines()) if "release" in one]


def test_a_book_from_before_is_read_as_it_is_and_takes_it_up(source: Path, file: Path, tmp_path: Path) -> None:
    """Whole or not at all: the table comes in the copy that is swapped in."""
    book = tmp_path / "book.sqlite"
    old_book(book)
    before = book.read_bytes()
    old = releases(run(source, "rules", "list", "--rulebook", book, "--format", "jsonl"))
    assert "no problems" in run(source, "rules", "verify", "--rulebook", book)
    assert "MUE, DME supplier" in run(source, "explain", "E0100", "--rulebook", book)
    assert book.read_bytes() == before
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    *kept, new = releases(run(source, "rules", "list", "--rulebook", book, "--format", "jsonl"))
    assert kept == old
    assert new["table"] == "dmepos"
    assert "no problems" in run(source, "rules", "verify", "--rulebook", book)
    # And back: who has no such table reads the rest.
    assert "MUE DME 2026 Q2" in run(ROOT / "src", "rules", "list", "--rulebook", book)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the releases of CMS")
def test_the_whole_release(source: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    said = run(source, "rules", "add", "--rulebook", book, SHARED / "cms" / "fees" / "DMEPOS_JAN_2025.zip")
    assert "added DMEPOS 2025 Q1: dmepos, 2025-01-01 to 2025-03-31, 3,487 rows" in said
