"""The conventions of the project, as tests: lint, format, types, and who may import whom."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import claimcheck
from claimcheck.catalog.entries import every_check
from support.places import ROOT

COMMANDS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_convention(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_group_of_tests_stays_on_one_worker(pytester: pytest.Pytester) -> None:
    """As xdist does with some versions of pytest alone; where it does not, the book of every release is made twice."""
    pytester.makepyfile("""
        import os, pytest

        @pytest.mark.xdist_group("one")
        @pytest.mark.parametrize("n", range(8))
        def test_of_a_group(n, record_property):
            record_property("worker", os.environ["PYTEST_XDIST_WORKER"])
    """)
    result = pytester.runpytest_subprocess("-n", "2", "--dist", "loadgroup", "--junitxml=report.xml")
    result.assert_outcomes(passed=8)
    assert len(set(re.findall(r'name="worker" value="(\w+)"', (pytester.path / "report.xml").read_text()))) == 1


def test_no_file_names_a_registry_or_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    marks = [
        "file" + "s.pythonhosted",
        "pypi." + "org/simple",
        "registry." + "npmjs",
        "/home" + "/",
        "/root" + "/",
    ]
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".gz", ".zip", ".xlsx"} or not path.is_file():
            continue
        text = path.read_text("utf-8", errors="replace")
        assert not [mark for mark in marks if mark in text], name


def test_no_pattern_is_possessive() -> None:
    """Before Python 3.11.5 possessive quantifiers and atomic groups match wrongly."""
    possessive = re.compile(r"\(\?>|(?<!\\)[*+?}]\+")
    assert possessive.search("a*" + "+") and possessive.search("(?" + ">a)") and not possessive.search(r"[+-]?a\++")
    for path in (ROOT / "src").rglob("*.py"):
        texts = (n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant))
        assert not [text for text in texts if isinstance(text, str) and possessive.search(text)], path


IDS_OF_THE_SPECIFICATION = """
FMT-CODE FMT-ENDED FMT-FUTURE MOD-INVALID MOD-DUP MOD-CONFLICT MOD-MISSING MOD-ORDER MOD-EM-ONLY MOD-EM-59
MOD-CLAIMTYPE UNIT-ZERO UNIT-FRAC UNIT-MJ DATE-FUTURE DATE-ORDER DATE-SPAN DATE-TIMELY DX-PTR DX-LAT POS-INVALID
POS-TYPE NPI AGE SEX DUP-LINE
CLIA QW TELE THER ANES NDC DRUG-JWJZ NOC-DESC ORDREF CHG STATUS-B STATUS-C STATUS-E STATUS-I STATUS-M STATUS-N
STATUS-P STATUS-R STATUS-T STATUS-X PCTC-26 PCTC-TC PCTC-POS GLB-SPLIT GLB-25 GLB-57 GLB-24 GLB-POSTOP GLB-RET MULT-51
BILAT-50 BILAT-UNITS BILAT-LTRT ASST COSURG TEAM SUPV IMGFAM NA-POS ENDO-BASE MUE-LINE MUE-DOS MUE-ZERO PTP-0 PTP-1
PTP-WEAK AOC-1 AOC-2 AOC-3 ASC-ANC ASC-50 ASC-TC ASC-LIST ASC-PROV OPPS-INFO OPPS-REV GLB-SPLIT2 GLB-25-MAJOR
GLB-57-MINOR GLB-57-NONE MOD-53 VISIT-COMPLEXITY THER2 ANES2 LINES NOT-JUDGED EM-DAY NEW-PT THER-EVAL POST55-GROUP
"""
"""The edits of the specification. Status A and J need no edit; D, F, G, H and L are FMT-CODE's; Q is in no release at
hand."""


def test_every_edit_of_the_specification_is_a_check() -> None:
    assert set(IDS_OF_THE_SPECIFICATION.split()) <= {check.id for check in every_check()}


def test_ids_are_written_alike() -> None:
    assert [check.id for check in every_check() if not re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", check.id)] == []


def test_users_are_shown_public_names_alone() -> None:
    assert set(dir(claimcheck)) == {*claimcheck.__all__, "__version__"}
    assert all(hasattr(claimcheck, name) for name in dir(claimcheck))
