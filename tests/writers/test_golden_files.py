"""Golden files: claim files in ``fixtures/`` with exactly the messages that they must raise beside them; and the
doors of the house agree: pytest, the command line and Python say the same of each.

To write them anew after a change that is meant: ``pytest fixtures --claimcheck --claimcheck-update``, and read the
difference.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck import Checker, read
from claimcheck.cli.commands import app
from claimcheck.engine.loop import raise_errors
from claimcheck.suite.expectations import expectation_of
from claimcheck.writers.to_jsonl import encode
from support.places import FIXTURES

INPUTS = sorted(
    path
    for path in FIXTURES.rglob("*.*")
    if path.suffix in (".837", ".csv", ".jsonl") and path.parent.name not in ("iort", "cms")
)
INPUTS = [path for path in INPUTS if not path.name.endswith(".messages.jsonl")]
EACH = pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)


@EACH
def test_python_says_what_is_expected(path: Path) -> None:
    with path.open("rb") as stream:
        messages = list(Checker(on_error=raise_errors).run(read(stream, name=path.name)))
    assert [encode(message) for message in messages] == expectation_of(path).read_text().splitlines(keepends=True)


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
    assert collected == {str(path.relative_to(FIXTURES)) for path in INPUTS}


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
