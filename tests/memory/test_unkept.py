"""A check across claims that reads what a history does not keep is named at the start, however it reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claimcheck.claim import Line
from claimcheck.memory.unkept import unkept_by
from support.command_line import invoke

CODES = frozenset(f"{code:05}" for code in range(2000))
GETTER = attrgetter("service.code", "description")


def _described(text: str, line: Line) -> bool:
    return line.description == text


class Described:
    @staticmethod
    def is_one(line: Line) -> bool:
        return line.description == "X"

    @property
    def of(self) -> Callable[[Line], object]:
        return lambda line: line.description


INSTANCE = Described()
TABLE = {"X": [partial(_described, "X")]}


@lru_cache
def _remembered(line: Line) -> bool:
    return _described("X", line)


def _closure() -> Callable[[Line], object]:
    read = GETTER
    return lambda line: read(line)


@pytest.mark.parametrize(
    "function",
    [
        lambda line: line.description,
        lambda line: [each for each in [line] if each.description],
        lambda line: getattr(line, "description"),  # noqa: B009
        lambda line: line._asdict()["description"],
        lambda line: line.code in CODES and TABLE["X"][0](line),
        lambda line: GETTER(line),
        lambda line: _remembered(line),
        lambda line: Described.is_one(line),
        lambda line: INSTANCE.of(line),
        _closure(),
    ],
)
def test_a_field_that_is_not_kept_is_found(function: Callable[[Any], object]) -> None:
    check = SimpleNamespace(reach="HISTORY", function=function)
    assert [*unkept_by([check])] == [(check, ["description"])]
    assert not [*unkept_by([SimpleNamespace(reach="CLAIM", function=function)])]


@pytest.mark.parametrize(
    "function",
    [lambda line: (line.code, line.modifiers, line.charge, line.ndc, line.day), lambda line: {"field": "description"}],
)
def test_what_is_kept_is_not_named(function: Callable[[Any], object]) -> None:
    assert not [*unkept_by([SimpleNamespace(reach="HISTORY", function=function)])]


@pytest.mark.usefixtures("forgotten_modules")
def test_a_custom_check_is_named_at_the_start(tmp_path: Path) -> None:
    """Also where a module beside it reads the field."""
    checks, batch, history = tmp_path / "checks", tmp_path / "none.jsonl", tmp_path / "claims.history"
    checks.mkdir()
    batch.write_text('{"claim_id": "A", "code": "99213", "units": 1, "from_date": "2024-08-14"}\n')
    (checks / "acme_notes.py").write_text("def note_of(line):\n    return line.description\n")
    (checks / "acme.py").write_text(
        "from acme_notes import note_of\n"
        "from claimcheck import Citation, Finding, a_claim, a_line, claim_check, codes, fires, passes, REJECT\n"
        "@claim_check('ACME-9', severity=REJECT, citation=Citation('ACME manual'), across=True,\n"
        "    codes=codes('CO-4', 'N519', 'A7:453'), examples=(\n"
        "    fires('one', a_claim(a_line('99214', description='X'))), passes('another', a_claim(a_line('99213')))))\n"
        "def described(claim, rulebook):\n"
        '    """ACME takes no such line."""\n'
        "    for line in claim.lines:\n"
        "        if note_of(line) == 'X':\n"
        "            yield Finding('ACME takes no X.', 'Remove it.', line=line, field='code')\n"
    )
    assert invoke("history", "init", "--history", history, "--isolated").exit_code == 0
    key = {"CLAIMCHECK_HISTORY_KEY_FILE": f"{history}.key"}
    given = "check", batch, "--checks", checks, "--history", history, "--isolated"
    assert "ACME-9 reads description, which the history does not keep" in invoke(*given, environment=key).stderr
