"""What ``check``, ``Checker.run`` and ``Checker.judge`` return: items as they are judged, then the summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import claimcheck
from claimcheck import (
    Checker,
    Claim,
    ClaimcheckError,
    Configuration,
    EditMessage,
    Judged,
    NotFinished,
    Result,
    Tally,
    a_claim,
    a_line,
    check,
    read,
)
from claimcheck.arrow import check_batches
from claimcheck.message import Disposition
from support.command_line import invoke
from support.places import ROOT

DEMO = ROOT / "fixtures/837p/demo.837"


def claims(number: int, taken: list[int]) -> Iterator[Claim]:
    for n in range(number):
        taken.append(n)
        yield a_claim(a_line("77424", pos="22"))._replace(claim_id=f"C{n}")


def test_messages_come_as_claims_are_read() -> None:
    taken: list[int] = []
    result = Checker(select=["STATUS-X"]).run(claims(10_000, taken))
    assert not taken
    assert next(result).claim_id == "C0"
    assert 0 < len(taken) < 100


@pytest.mark.parametrize("name", ["summary", "dispositions", "exit_status"])
def test_nothing_is_summed_up_before_the_end(name: str) -> None:
    result = Checker(select=["STATUS-X"]).run(claims(3, []))
    with pytest.raises(NotFinished, match=r"iterate over the result first"):
        getattr(result, name)
    next(result)
    with pytest.raises(NotFinished):
        getattr(result, name)
    assert [message.claim_id for message in result] == ["C1", "C2"]
    getattr(result, name)
    assert not list(result)


def test_a_batch_that_broke_off_is_never_finished() -> None:
    def broken() -> Iterator[Claim]:
        yield from claims(1, [])
        raise OSError("the share is gone")

    result = Checker(select=["GLB"]).run(broken())
    with pytest.raises(OSError, match="share is gone"):
        list(result)
    assert not list(result)
    with pytest.raises(NotFinished):
        _ = result.exit_status


def test_a_result_says_what_the_command_line_says() -> None:
    result = check(DEMO)
    messages = list(result)
    done = invoke("check", DEMO, "--format", "jsonl")
    assert [message.as_dict() for message in messages] == [json.loads(line) for line in done.stdout.splitlines()]
    assert result.summary.as_dict() == json.loads(done.stderr.splitlines()[-1])
    assert result.exit_status == done.exit_code == 1
    assert sum(result.dispositions.values()) == result.summary.lines > 0
    assert result.dispositions[Disposition.REJECTED] == result.summary.rejected > 0


def test_claims_and_messages_are_of_one_batch() -> None:
    judged, messages = Checker().judge(read(DEMO)), Checker().run(read(DEMO))
    flat: list[EditMessage] = []
    lines = []
    for item in judged:
        assert isinstance(item, Judged)
        flat += item.outcome.messages
        lines += item.outcome.dispositions
    assert flat == list(messages)
    assert judged.summary == messages.summary
    assert {name: lines.count(name) for name in judged.dispositions} == judged.dispositions


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 1),
        ({"fail_on": []}, 0),
        ({"fail_on": ["accepted"]}, 0),
        ({"min_judged": 1.0}, 1),
    ],
)
def test_the_exit_status_is_the_configurations(given: dict[str, Any], status: int) -> None:
    result = Checker(select=["STATUS-X"], configuration=Configuration(**given)).run(claims(3, []))
    list(result)
    assert result.exit_status == status


def test_too_little_judged_and_nothing_read() -> None:
    result = Checker(select=["STATUS"]).run([a_claim(a_line("77424", day="20010101"))])
    list(result)
    assert result.exit_status == 3
    result = check(ROOT / "no such file")
    assert [message.check for message in result] == ["FILE-UNREADABLE"]
    assert result.exit_status == 2


def test_what_one_batch_uses_another_of_the_same_checker_still_lacks() -> None:
    checker = Checker(configuration=Configuration(asc_npis=["1234567893"]), select=["STATUS-X"])
    using = a_claim(a_line("77424", pos="22"), billing_npi="1234567893")
    one, two = checker.run([using]), checker.run(claims(1, []))
    assert [message.check for message in one] == ["STATUS-X"]
    assert [message.check for message in two] == ["STATUS-X", "CONFIG-UNUSED"]


@pytest.mark.parametrize(
    "call",
    [
        lambda tally: check(DEMO, tally=tally),  # type: ignore[call-arg]
        lambda tally: Checker().run([], tally),  # type: ignore[call-arg]
        lambda tally: Checker().run([], tally=tally),  # type: ignore[call-arg]
        lambda tally: Checker().judge([], tally),  # type: ignore[call-arg]
        lambda tally: check_batches([], Checker(), tally=tally),  # type: ignore[call-arg]
    ],
)
def test_a_tally_is_refused_with_the_new_way(call: Callable[[Tally], object]) -> None:
    with pytest.raises(TypeError, match=r"takes no tally: iterate over the result.*result\.summary"):
        call(Tally())


def test_a_misspelt_parameter_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'profil'"):
        check(DEMO, profil="x")  # type: ignore[call-arg]


def test_a_configuration_that_can_not_be_used_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClaimcheckError, match="unknown profile"):
        check(DEMO, profile=str(tmp_path / "no such.toml"))


def test_plumbing_is_not_on_the_checker() -> None:
    public = [name for name in dir(Checker) if not name.startswith("_")]
    assert public == ["check", "checks", "configuration", "judge", "rulebook", "run"]
    assert isinstance(Checker().run([]), Result)
    assert claimcheck.Result is Result
