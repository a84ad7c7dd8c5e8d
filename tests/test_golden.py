"""Golden files: claim files in ``fixtures/`` with exactly the messages that they must raise beside them.

To write them anew after a change that is meant: ``python tests/test_golden.py``, and read the difference.
"""

import io
import json
from pathlib import Path

import pytest

from claimcheck import Checker, read
from claimcheck.engine import let_through
from claimcheck.sinks.jsonl import JsonlSink, encode

FIXTURES = Path(__file__).parents[1] / "fixtures"
INPUTS = sorted(
    path
    for path in FIXTURES.rglob("*.*")
    if path.suffix in (".837", ".csv", ".jsonl") and path.parent.name not in ("iort", "cms")
)
INPUTS = [path for path in INPUTS if not path.name.endswith(".messages.jsonl")]


def messages_of(path: Path) -> str:
    out = io.StringIO()
    sink = JsonlSink(out)
    with path.open("rb") as stream:
        for message in Checker(on_error=let_through).run(read(stream, name=str(path.relative_to(FIXTURES.parent)))):
            sink.write(message)
    return out.getvalue()


def golden(path: Path) -> Path:
    return path.with_suffix(path.suffix + ".messages.jsonl")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_golden(path: Path) -> None:
    assert messages_of(path).splitlines() == golden(path).read_text().splitlines()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_the_quick_encoder_writes_what_json_writes(path: Path) -> None:
    for message in Checker().run(read(path)):
        assert encode(message) == json.dumps(message.as_dict()) + "\n"


if __name__ == "__main__":
    for path in INPUTS:
        golden(path).write_text(messages_of(path))
