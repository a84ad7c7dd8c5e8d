"""The benchmarks still run, and the hot loop has not grown heavier."""

import json
import os
import re
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import pytest

import peers
import tables
import weight
from measuring import Bench
from support.places import BENCHMARKS

pytestmark = pytest.mark.measured

HEAVIER = 1.12
"""A part may be so many times as heavy as the weight held: a fifth more is found, a twentieth is let through."""
WRITE = "python benchmarks/weight.py --write"


def too_heavy(found: dict[str, float], held: dict[str, float]) -> list[str]:
    """What to say of each part that is heavier than it may be."""
    return [
        f"{part} runs {found[part] / was:.2f} times the instructions it did ({was:.3f} floors, now {found[part]:.3f})"
        for part, was in held.items()
        if found[part] > HEAVIER * was
    ]


def test_the_hot_loop_is_no_heavier() -> None:
    held = weight.stored()
    if not held:
        pytest.skip(f"nobody has weighed with Python {weight.VERSION}: {WRITE}")
    found = weight.weigh()
    heavy = too_heavy(found, held)
    assert not heavy, f"{'; '.join(heavy)}. Where that is what the work needs: {WRITE}"
    for part, was in held.items():
        if found[part] < was / 1.05:
            warnings.warn(f"{part} is {was / found[part]:.2f} times lighter than held; hold it: {WRITE}", stacklevel=1)


def test_weighing_counts_the_same_each_time_and_sees_a_fifth_more() -> None:
    def work(times: int) -> int:
        return sum(n % 7 for n in range(times))

    one = weight.instructions(lambda: work(1000))
    assert one == weight.instructions(lambda: work(1000)) > 1000
    for times, heavy in ((1050, []), (1200, ["loop"])):
        found = {"loop": weight.instructions(partial(work, times)) / one}
        assert [text.split()[0] for text in too_heavy(found, {"loop": 1.0})] == heavy


def test_writing_a_weight_moves_the_other_versions_by_as_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight, "STORED", tmp_path / "weight.json")
    weight.STORED.write_text(json.dumps({weight.VERSION: {"reading": 1.0}, "4.0": {"reading": 0.5}}))
    weight.store({"reading": 1.2})
    assert json.loads(weight.STORED.read_text()) == {weight.VERSION: {"reading": 1.2}, "4.0": {"reading": 0.6}}


def test_a_goal_is_met_within_its_limit() -> None:
    goals = [tables.Goal("a", 1.8, 1.8), tables.Goal("b", 1.81, 1.8), tables.Goal("c", 1.8, 1.8, at_least=True)]
    assert [goal.met for goal in (*goals, tables.Goal("d", 1.7, 1.8, at_least=True))] == [True, False, True, False]


def test_what_can_not_be_installed_or_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "INSTALLED", tmp_path)
    batch = peers._Batch(tmp_path / "no.837", 1, 1)
    bench = Bench(tmp_path, tmp_path, tmp_path, quick=False)
    (tmp_path / f"badx12-{weight.VERSION}").mkdir()
    (tmp_path / f"badx12-{weight.VERSION}" / "ready").touch()
    for name, why in (("x12sdk", "can't be installed: "), ("badx12", "No module named 'badx12'")):
        row = peers._called(name, name, ["./nowhere"], [batch, batch], bench).row(1000)
        assert why in row[5]
        assert row == (name, "", "", "", "", row[5], peers.DOES[name])


def test_a_quick_run_measures_every_part(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--output", str(results)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    text = results.read_text()
    for title in ("Speed on one core", "Cold start", "Peers", "Growth", "What is remembered", "Weight of the hot loop"):
        assert f"## {title}\n" in text
    for row in ("whole check, against the floor", "first message, the starter book"):
        assert re.search(rf"^\| {row} \| [0-9.]+ (times|s) \| at most [0-9.]+ \| (yes|\*\*no\*\*) \|$", text, re.M)
    assert re.search(r"^\| pyx12 \| 20 \| [0-9,]+ \| [0-9.]+ times \| [0-9]+ \| valid \|", text, re.M)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
    assert str(tmp_path.parent) not in text and "/tmp/" not in text


def test_the_costs_of_a_history_are_measured(tmp_path: Path) -> None:
    said = ""
    for command in ("make", "check", "append"):
        few = ["--lines", "3000", "--patients", "300"] if command == "make" else ["--rounds", "1"]
        script = [sys.executable, BENCHMARKS / "history.py", command, tmp_path, *few]
        said += subprocess.run(script, capture_output=True, text=True, check=True).stdout
    ways = re.findall(r"^ 100,000  (without|with it|remembered) +[0-9.]+ +[0-9.]+ +[0-9]+$", said, re.M)
    assert ways == ["without", "with it", "remembered"], said
    assert re.search(r"[0-9,]+ lines: [0-9,]+ a second .*\n[0-9.]+ bytes a line", said), said
