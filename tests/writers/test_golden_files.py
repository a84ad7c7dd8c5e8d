"""Golden files: claim files in ``fixtures/`` with exactly the messages that they must raise beside them; and pytest,
the command line and Python say the same of each.

To write them anew after a change that is meant: ``make golden``, and read the difference.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck import Checker, read
from claimcheck.cli.commands import app
from claimcheck.suite.collection import expectation_of
from claimcheck.writers.jsonl import encode
from support.golden import BATCHES, messages_of
from support.places import FIXTURES

EACH = pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.name)


@EACH
def test_python_says_what_is_expected(path: Path) -> None:
    assert messages_of(path) == expectation_of(path).read_text().splitlines(keepends=True)


@EACH
def test_the_command_line_says_what_is_expected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    done = CliRunner().invoke(app, ["check", path.name, "--format", "jsonl"])
    assert done.stdout == expectation_of(path).read_text()


@pytest.mark.parametrize("by", ["claim", "line", "check"])
def test_pytest_says_what_is_expected(by: str, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck", f"--claimcheck-by={by}", str(FIXTURES))
    assert result.ret == 0, result.stdout.str()
    collected = {node.partition("::")[0] for node in _nodes(pytester, by)}
    assert collected == {str(path.relative_to(FIXTURES)) for path in BATCHES}


def _nodes(pytester: pytest.Pytester, by: str) -> list[str]:
    options = ["--claimcheck", f"--claimcheck-by={by}", "--collect-only", "-q", f"--rootdir={FIXTURES}"]
    return [line for line in pytester.runpytest(*options, str(FIXTURES)).outlines if "::" in line]


@pytest.mark.parametrize("by", ["claim", "line", "check"])
@EACH
def test_pytest_writes_what_is_expected(path: Path, by: str, pytester: pytest.Pytester) -> None:
    copy = pytester.path / path.name
    copy.write_bytes(path.read_bytes())
    pytester.runpytest("--claimcheck", f"--claimcheck-by={by}", "--claimcheck-update", path.name)
    assert expectation_of(copy).read_text() == expectation_of(path).read_text()


@EACH
def test_the_quick_encoder_writes_what_json_writes(path: Path) -> None:
    for message in Checker().run(read(path)):
        assert encode(message) == json.dumps(message.as_dict()) + "\n"
