"""The page "rules as tests" is true: its commands, its code, its configuration."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.places import ROOT

EXAMPLE = ROOT / "docs" / "rules-as-tests"
PAGE = (EXAMPLE / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example in a folder of its own."""
    shutil.copytree(EXAMPLE, tmp_path / "example")
    return tmp_path / "example"


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    module = {"claimcheck": "claimcheck", "pytest": "pytest"}[program]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_commands(folder: Path) -> None:
    for block in blocks("console"):
        command, _, shown = block.removeprefix("$ ").partition("\n")
        done = run(command, folder)
        assert shown.strip() in done.stdout, (command, done.stdout, done.stderr)
        if command == "pytest --claimcheck urgent_care.py":  # filled in, it is the module of the package
            (folder / "urgent_care.py").unlink()


def test_the_difference_that_is_told(folder: Path) -> None:
    module = folder / "horizon_rules" / "urgent_care.py"
    module.write_text(module.read_text().replace('a_line("S9083", pos="20", day="20220101")', 'a_line("99213")'))
    done = run("claimcheck check claims/urgent_care.csv", folder)
    assert done.returncode == 2
    (shown,) = (block for block in blocks("text"))
    assert shown.partition(": HORIZON")[2] in done.stderr


def test_the_check_shown_is_the_one_in_the_module() -> None:
    check, _ = blocks("python")
    assert check in (EXAMPLE / "horizon_rules" / "urgent_care.py").read_text()


def test_the_configuration_shown_is_the_one_in_use() -> None:
    (shown,) = blocks("toml")
    payers = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["tool"]["claimcheck"]["payers"]
    (payer,) = tomllib.loads(shown)["tool"]["claimcheck"]["payers"].values()
    assert payer.items() <= payers["22099"].items()


def test_the_tests_shown_pass(folder: Path) -> None:
    (folder / "test_contract.py").write_text(blocks("python")[1])
    done = run("pytest --claimcheck -q test_contract.py", folder)
    assert "2 passed" in done.stdout, done.stdout
