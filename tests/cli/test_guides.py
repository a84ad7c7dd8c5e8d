"""The README and the guides are true: each page's files are written, and its commands and programs run, in order.

A block whose title names a file is that file: ``toml title="claimcheck.toml"``.
"""

import re
import tomllib
from pathlib import Path

import pytest

from claimcheck import Checker, a_claim, a_line
from claimcheck.config.configuration import Configuration, load_configuration
from support.places import ROOT
from support.site import GUIDES, as_pattern, blocks, run_here, sessions

OTHERS = {"pip install .", "pip install '.[html]'"}  # tests/project/test_wheel.py runs them
ELSEWHERE = {"engines.md", "large-batches.md", "plugins.md"}
"""Whose programs need what not every machine has, or an installed package: tests/runs/test_spark_and_dask.py and
tests/runs/test_plugins.py run them."""


@pytest.mark.usefixtures("forgotten_modules")
@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_page_works_as_it_is_shown(page: Path, tmp_path: Path) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    for block in blocks(page.read_text("utf-8")):
        if block.title:
            path = tmp_path / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "console":
            for command, shown in sessions(block.text):
                if command not in OTHERS:
                    made_as_shown(command, shown, tmp_path)
        elif block.language == "python" and page.name not in ELSEWHERE:
            (tmp_path / "program.py").write_text(block.text, "utf-8")
            done = run_here("python program.py", tmp_path)
            assert done.returncode == 0 and done.stdout, done.stderr


def made_as_shown(command: str, shown: str, folder: Path) -> None:
    """A command ends well, or with rejected lines, and writes what is shown."""
    done = run_here(command, folder)
    assert "Traceback" not in done.stderr, command
    assert done.returncode in (0, 1), (command, done.stderr)
    if shown:
        assert re.fullmatch(as_pattern(shown), done.stdout.strip(), re.DOTALL), (command, done.stdout)
    for name in re.findall(r"--(?:output|record|accepted|rejected) (\S+)", command):
        assert (folder / name).is_file(), (command, name)


def test_every_guide_shows_something_that_is_run() -> None:
    without = {"containers.md", "engines.md", "index.md"}  # tests/project/test_pipelines.py runs the first
    pages = [page for page in GUIDES if page.name not in without]
    assert len(pages) > 9
    for page in pages:
        assert any(block.language in ("console", "python") for block in blocks(page.read_text("utf-8"))), page


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_every_command_in_running_text_is_one(page: Path, tmp_path: Path) -> None:
    """``claimcheck explain MUE-DOS`` and the like, outside of blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for command in sorted(set(re.findall(r"`(claimcheck (?:explain|checks|schema|config)[^`]*)`", text))):
        done = run_here(command, tmp_path)
        assert done.returncode == 0, (command, done.stderr)


def configuration_of(name: str, folder: Path) -> Checker:
    """A checker by the first ``claimcheck.toml`` that a guide shows."""
    text = next(
        block.text
        for block in blocks((ROOT / "docs/guides" / name).read_text("utf-8"))
        if block.title == "claimcheck.toml"
    )
    assert Configuration(**tomllib.loads(text))
    (folder / "claimcheck.toml").write_text(text)
    return Checker(configuration=load_configuration(folder / "claimcheck.toml"))


def test_the_configured_limit_of_filing_speaks(tmp_path: Path) -> None:
    """The payer of the guide, and a claim that comes after seven months."""
    checker = configuration_of("payers.md", tmp_path)
    late = a_claim(a_line(day="20240814"), received_date="20250315", payer_id="ACME7")
    for filing, profile in (("CI", "commercial"), ("16", "medicare_advantage")):
        messages = checker.check(late._replace(filing_indicator=filing)).messages
        (message,) = (m for m in messages if m.check == "DATE-TIMELY")
        assert (message.severity, message.allowed, message.profile) == ("reject", "2025-02-14", profile)
    assert "DATE-TIMELY" not in checker.check(late._replace(received_date="20241201")).checks


@pytest.mark.parametrize(
    ("shown", "written"), [("REJECT  PTP-1\n", "REJECT  PTP-0\n"), ("a ... c", "a b"), ("a\n...\nb", "a\nb c")]
)
def test_what_differs_from_what_is_shown_is_found(shown: str, written: str) -> None:
    assert not re.fullmatch(as_pattern(shown.strip()), written.strip(), re.DOTALL)
