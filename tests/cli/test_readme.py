"""The README is true: what it shows is run here."""

import csv
import io
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from claimcheck import Checker, EditMessage, a_claim, a_line, read
from claimcheck.config.configuration import Configuration, load_configuration
from claimcheck.config.waivers import load_waivers
from support.places import ROOT

README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def sessions() -> list[tuple[str, str]]:
    """Each command of the console blocks, with the output shown below it."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


COMMANDS = [(command, shown) for command, shown in sessions() if command.startswith(("claimcheck ", "pytest "))]


def test_commands(tmp_path: Path) -> None:
    """One after the other, as a reader would type them: a later one uses what an earlier one made."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    for command, shown in COMMANDS:
        program, *arguments = shlex.split(command)
        done = subprocess.run([BIN / program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, command
        assert done.returncode in (0, 1), (command, done.stderr)
        if shown.strip():
            assert re.fullmatch(as_pattern(shown.strip()), done.stdout.strip(), re.DOTALL), (command, done.stdout)


def as_pattern(shown: str) -> str:
    """What is shown as a pattern for what is written: the whole of it, but for what ``...`` stands for."""
    return ".*".join(map(re.escape, shown.split("...")))


def test_every_command_mentioned_in_the_text_runs() -> None:
    """The ones in running text too: ``claimcheck explain 77424`` and the like."""
    for command in set(re.findall(r"`(claimcheck (?:explain|checks|schema|config)[^`]*)`", README)):
        program, *arguments = shlex.split(command)
        done = subprocess.run([BIN / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_the_other_commands_are_those_of_the_makefile_and_pip() -> None:
    others = {command for command, _ in sessions()} - {command for command, _ in COMMANDS}
    assert others <= {"make demo", "pip install ."}  # .ci/run runs the one, tests/project/test_wheel.py the other


def test_python_block(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (program,) = blocks("python")
    exec(compile(program, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "12 lines, 6 rejected; exit status 1"
    assert len(lines) > 6


def test_configuration_blocks() -> None:
    rules, columns = (Configuration(**tomllib.loads(text)) for text in blocks("toml"))
    assert columns.columns["code"] == "hcpcs_cd"
    assert rules.payers["ACME*"].overlays == [Path("acme")]
    assert rules.past_newest == "carry"


def test_the_configured_limit_of_filing_speaks(tmp_path: Path) -> None:
    """The first configuration, as it is written, of a claim that comes after seven months."""
    (tmp_path / "claimcheck.toml").write_text(blocks("toml")[0])
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "releases.toml").write_text("series = []\n")
    checker = Checker(configuration=load_configuration(tmp_path / "claimcheck.toml"))
    late = a_claim(a_line(day="20240814"), received_date="20250315", payer_id="ACME7")
    for filing, profile in (("CI", "commercial"), ("16", "medicare_advantage")):
        messages = checker.check(late._replace(filing_indicator=filing)).messages
        (message,) = (m for m in messages if m.check == "DATE-TIMELY")
        assert (message.severity, message.allowed, message.profile) == ("reject", "2025-02-14", profile)
    assert "DATE-TIMELY" not in checker.check(late._replace(received_date="20241201")).checks


def test_waivers_block(tmp_path: Path) -> None:
    (tmp_path / "waivers.csv").write_text(blocks("csv")[0])
    (waiver,) = load_waivers(tmp_path / "waivers.csv").all
    assert (waiver.check, waiver.payer_id) == ("STATUS-X", "ACME*")


def test_rows_block() -> None:
    _, text = blocks("csv")
    header = next(csv.reader(io.StringIO(text)))
    assert {"claim_id", "code", "from_date", "units"} <= set(header)
    claims = [item for item in read(io.BytesIO(text.encode()), name="x.csv") if not isinstance(item, EditMessage)]
    assert [len(claim.lines) for claim in claims] == [2]


def test_the_check_of_contributing_is_a_check() -> None:
    from claimcheck.authoring.check import Check, run_example

    text = (ROOT / "CONTRIBUTING.md").read_text()
    (program,) = blocks("python", text)
    names: dict[str, object] = {}
    exec(compile(program, "CONTRIBUTING.md", "exec"), names)
    check = names["acme_wants_no_25"]
    assert isinstance(check, Check)
    for example in check.examples:
        findings, missing = run_example(check, example)
        assert bool(findings) == (example.verdict == "fires") and not missing
