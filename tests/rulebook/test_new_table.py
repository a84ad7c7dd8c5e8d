"""A table more is a module that declares it and one that reads its file, and nothing else: all that there is of tables
knows it then. Proved with a copy of claimcheck that is given the fee schedule of parenteral and enteral nutrition."""

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
from support.places import FIXTURES, ROOT

MODULES = ROOT / "tests" / "support" / "nutrition"
FILE = """\
"Parenteral and Enteral Nutrition (PEN)",,,,,
January 2025 Fee Schedule,,,,,
HCPCS,Mod,Mod2,JURIS,TYPE,Ceiling
B4034,,,J,SU,4.38
B4034,AU,,J,OS,4.38
B9002,RR,,D,OX,0.00
B9002,RR,QB,D,OX,0.00
B4185,,,L,PO,0.00
B9999,,,Z,IN,0.00
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Claimcheck with the new table."""
    source = tmp_path_factory.mktemp("more")
    package = source / "src" / "claimcheck"
    shutil.copytree(Path(claimcheck.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "rules").symlink_to(shipped_rules())
    shutil.copy(MODULES / "table.py", package / "rulebook" / "tables" / "nutrition.py")
    shutil.copy(MODULES / "importer.py", package / "rulebook" / "cms" / "nutrition.py")
    return source / "src"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "PEN.csv"
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
    assert "added PEN 2025 Q1: nutrition, 2025-01-01 to 2025-03-31, 6 rows" in said
    assert "column JURIS: 'Z' is none of D, J, L: taken for unknown" in said
    file.write_text(FILE.replace("January", "April").replace("B4185,,,L", "B4185,,,D"))
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    assert "nutrition\n  PEN 2025 Q1  2025-01-01 to 2025-03-31  6 rows" in run(
        source, "rules", "list", "--rulebook", book
    )
    assert "B4185: jurisdiction L -> D" in run(
        source, "rules", "diff", "PEN 2025 Q1", "PEN 2025 Q2", "--rulebook", book
    )
    assert "2 releases, 12 rows: no problems" in run(source, "rules", "verify", "--rulebook", book)
    assert "CREATE TABLE nutrient (" in run(source, "rules", "list", "--schema")


def test_a_code_is_explained_by_it(source: Path, file: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    lines = [line.rstrip() for line in run(source, "explain", "B9002", "--rulebook", book).splitlines()]
    assert "PEN fee schedule, with RR QB" in lines
    assert any(line.split() == ["jurisdiction", "D", "the", "DME", "contractor"] for line in lines)
    assert "  source: PEN 2025 Q1 B9002-RR-QB; in effect from 2025-01-01 to 2025-03-31" in lines


def test_it_is_looked_up_and_missed(source: Path, file: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.sqlite"
    run(source, "rules", "add", "--partial", "--rulebook", book, file)
    program = f"""
from datetime import date
from claimcheck import NotInForce, Rulebook, open_book
from claimcheck.rulebook.tables.nutrition import Nutrient
rules = open_book({str(book)!r}).on(date(2025, 2, 1))
assert rules.row("nutrition", ("B9002", "RR", "")) == Nutrient("D", "OX", "RR", "", "PEN 2025 Q1 B9002-RR")
for key in (("B9999", "", ""), ("B9002", "", "")):  # a value that nobody knows, and a row that an excerpt lacks
    try:
        rules.row("nutrition", key)
    except NotInForce as gap:
        assert gap.table == "nutrition"
    else:
        raise AssertionError(key)
example = Rulebook.of(nutrition={{"B9002-RR-QB": Nutrient("D")}}).on(date(2025, 2, 1))
assert example.row("nutrition", ("B9002", "RR", "QB"))
assert not example.row("nutrition", ("B9002", "RR", ""))
"""
    python(source, "-c", program)


CHECK = """
from collections.abc import Iterator
from claimcheck import WARN, Citation, Finding, Rules, Service, service_check
from claimcheck import a_service, codes, fires, not_judged, passes
from claimcheck.rulebook.tables.nutrition import Nutrient

@service_check(
    "ACME-PEN",
    severity=WARN,
    citation=Citation("PEN Fee Schedule"),
    codes=codes("CO-4", "N519", "A7:453"),
    needs=("nutrition",),
    examples=(
        passes("rented", a_service("B9002-RR"), nutrition={"B9002-RR": Nutrient("D")}),
        fires("bought", a_service("B9002-NU"), nutrition={"B9002-RR": Nutrient("D")}),
        not_judged("no fee schedule", a_service("B9002-NU")),
    ),
)
def acme_wants_a_row(service: Service, rules: Rules) -> Iterator[Finding]:
    \"\"\"The fee schedule has no such row.\"\"\"
    row = rules.row("nutrition", (service.code, service.modifiers[0], ""))
    if not row:
        yield Finding("No such row.", "Correct the modifier.", field="modifiers", by=(row,))
"""


def test_a_check_needs_it_and_says_what_is_missing(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CHECK)
    page = run(source, "explain", "ACME-PEN", "--checks", tmp_path / "mine.py", "--isolated")
    assert "PEN fee schedule B9002-RR: jurisdiction D" in page
    options = ("--checks", tmp_path / "mine.py", "--isolated", "--select", "ACME-PEN", "--format", "jsonl")
    program = f"""
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "claimcheck", "check", *{[*map(str, options)]!r},
    {str(FIXTURES / "837p" / "demo.837")!r}], capture_output=True, text=True)
print(done.stderr)
"""
    assert "PEN fee schedule for " in python(source, "-c", program)


def test_the_rule_files_of_a_payer_may_have_rows_of_it(source: Path, tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "releases.toml").write_text(
        """
[[series]]
title = "Acme Health"
tables = ["nutrition"]
releases = [{ name = "Acme 12", edition = "2025", first = 2025-01-01, last = 2025-12-31 }]
"""
    )
    days = 'first = 2025-01-01\nlast = 2025-12-31\ncites = ["Acme 12"]\n'
    code = tmp_path / "codes" / "B9002.toml"
    code.write_text(f'code = "B9002"\n[[nutrition]]\n{days}modifier = "RR"\njurisdiction = "L"\n')
    program = f"""
from datetime import date
from pathlib import Path
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.starter import RuleDataError, load_overlay
try:
    row = Rulebook(load_overlay(Path({str(tmp_path)!r}))).on(date(2025, 2, 1)).row("nutrition", ("B9002", "RR", ""))
    print(row.jurisdiction, row.modifier)
except RuleDataError as error:
    print(error)
"""
    assert python(source, "-c", program) == "L RR\n"
    code.write_text(code.read_text().replace('"L"', '"X"'))
    assert "nutrition[0].jurisdiction: found 'X', expected 'D', 'L' or 'J'" in python(source, "-c", program)


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
    assert new["table"] == "nutrition"
    assert "no problems" in run(source, "rules", "verify", "--rulebook", book)
    # And back: who has no such table reads the rest.
    assert "MUE DME 2026 Q2" in run(ROOT / "src", "rules", "list", "--rulebook", book)
