"""``claimcheck check --deliver``: one judgement, every answer, in a folder that appears whole or not at all."""

import gzip
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker
from claimcheck.claim import Claim
from claimcheck.engine.loop import raise_errors
from claimcheck.runs.deliver import Clock, Delivery, SplitError, delivery_to
from claimcheck.runs.workers import run
from claimcheck.writers import Options
from support.answers import answers_in
from support.command_line import invoke, start
from support.independent_reader import complaints
from support.made_files import HEADER, bare, claims_of, row, simple, written
from support.places import FILES, ROOT, needs_files

PARTS = ("accepted", "warned", "held", "not_judged")
OF_THE_CLOCK = {"metrics.prom", "timing.json"}
IORT, DEMO = ROOT / "fixtures/837p/iort.837", ROOT / "fixtures/837p/demo.837"
ROWS = ROOT / "fixtures/rows/batch.csv"
SELECT = "FMT,STATUS,MUE,PTP,DUP,FILING"
CHECKER = Checker(select=SELECT.split(","), on_error=raise_errors)
"""Few checks: else no claim of the samples is accepted."""


# -- helpers -------------------------------------------------------------------------------------


def deliver(
    folder: Path, paths: Sequence[Path], then: Callable[[Delivery], object] = lambda made: None, jobs: int = 1
) -> None:
    """Deliver some files; ``then`` is done when they are judged."""
    names = [str(path) for path in paths]
    with delivery_to(folder, names, CHECKER, Options(), pytest.fail) as made:
        tally, _ = run(names, CHECKER, [made.writer], jobs, streams=made.streams)
        then(made)
        made.copy_parts()
        made.finish(tally, {}, lambda: Clock(0, {"claims": 1}))


def content(folder: Path) -> dict[str, bytes]:
    """What a delivery holds, but for the files that tell the time."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files.keys() >= OF_THE_CLOCK
    return {name: data for name, data in files.items() if name not in OF_THE_CLOCK}


def messages_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "messages.jsonl").read_text("utf-8").splitlines()]


def part_said(messages: Sequence[dict[str, Any]]) -> str:
    """The part of a claim, by its messages alone."""
    severities = {message["severity"] for message in messages}
    if "reject" in severities:
        return "held"
    if any(message["check"] == "NOT-JUDGED" for message in messages):
        return "not_judged"
    return "warned" if "warn" in severities else "accepted"


def messages_by_claim(whole: Sequence[Claim], messages: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The messages of each claim of an 837: they come before its CLM, or are of a segment of it."""
    starts = [claim.locus.segment or 0 for claim in whole]
    found: list[list[dict[str, Any]]] = [[] for _ in whole]
    for message in messages:
        if message["claim_id"] is None or message["locus"]["segment"] is None:
            continue
        at = bisect_right(starts, message["locus"]["segment"]) - 1
        for near in (at, at + 1):
            if 0 <= near < len(whole) and whole[near].claim_id == message["claim_id"]:
                found[near].append(message)
                break
    return found


def assert_each_claim_is_where_its_messages_say(path: Path, folder: Path) -> Counter[str]:
    """Each claim of a file once, in its part; how many there are in each."""
    whole = claims_of(path.read_bytes(), path.name)
    suffix = path.suffix
    parts = {name: claims_of((folder / f"{name}{suffix}").read_bytes(), path.name) for name in PARTS}
    messages = messages_by_claim(whole, messages_in(folder))
    if path.suffix != ".csv":
        said = [part_said(each) for each in messages]
    else:
        by_id: dict[str, list[dict[str, Any]]] = {}
        for message in messages_in(folder):
            by_id.setdefault(message["claim_id"], []).append(message)
        said = [part_said(by_id.get(claim.claim_id, [])) for claim in whole]
    for name, found in parts.items():
        assert [*map(bare, found)] == [bare(claim) for claim, part in zip(whole, said, strict=True) if part == name]
    return Counter(said)


def statuses_in(answer: str) -> list[tuple[str, str]]:
    """Of each claim that a 277CA answers its number, and the category of its first status."""
    found: list[tuple[str, str]] = []
    level = number = ""
    for segment in answer.replace("\n", "").split("~"):
        name, *elements = segment.split("*")
        if name == "HL":
            level, number = elements[2], ""
        elif (name, level) == ("TRN", "PT"):
            number = elements[1]
        elif name == "STC" and number:
            found.append((number, elements[0].partition(":")[0]))
            number = ""
    return found


def assert_answers_agree(path: Path, folder: Path) -> None:
    """The answers to an 837 are valid; the 277CA says of each claim what its part says, and no 999 rejects a set of
    which a claim goes on. A file that is held whole is not answered."""
    answers = {each.name: each.read_text() for each in folder.glob("*.x12")}
    assert [complaints(answer) for answer in answers.values()] == [[]] * len(answers)
    if not (folder / f"accepted{path.suffix}").exists():
        assert not answers
        return
    categories = {"accepted": "A2", "warned": "A2", "not_judged": "A1"}
    in_parts = Counter[tuple[str, str]]()
    for name in PARTS:
        claims = claims_of((folder / f"{name}{path.suffix}").read_bytes(), path.name)
        in_parts.update((claim.claim_id.strip(), categories.get(name, "")) for claim in claims)
    said = statuses_in(answers.get("277ca.x12", ""))
    assert Counter((id, each if each in categories.values() else "") for id, each in said) == in_parts
    if "999.x12" in answers:
        groups, _ = answers_in(answers["999.x12"])
        verdicts = [one.verdict for group in groups for one in group.sets]
        assert "A" in verdicts or "E" in verdicts or not in_parts


def assert_manifest_is_right(folder: Path) -> None:
    """It lists every file but itself and those that tell the time, each with its size and digest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {name: data for name, data in content(folder).items() if name != "manifest.json"}
    digests = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in found.items()}
    assert {each["name"]: (each["bytes"], each["sha256"]) for each in manifest["files"]} == digests


def assert_split_gives_the_parts(path: Path, folder: Path, into: Path) -> None:
    """``split`` of one file gives, byte for byte, what its delivery has."""
    options = {"accepted": "accepted", "warned": "warned", "held": "rejected", "not_judged": "not-judged"}
    given = [each for name, option in options.items() for each in (f"--{option}", into / f"{name}{path.suffix}")]
    extra = ["--format", "jsonl", "--output", into / "messages.jsonl", "--min-judged", "0"]
    done = invoke("split", path, "--isolated", "--select", SELECT, *given, *extra)
    assert done.exit_code in (0, 1), done.stderr
    for name in [*(f"{part}{path.suffix}" for part in PARTS), "messages.jsonl"]:
        assert (into / name).read_bytes() == (folder / name).read_bytes()


# -- the law -------------------------------------------------------------------------------------

codes = st.sampled_from(["99213", "7742", "77424", "G2211", "97110", "11721"])
csv_files = st.lists(codes, min_size=1, max_size=6).map(
    lambda found: "\n".join([HEADER, *(row(at, code, "") for at, code in enumerate(found, start=1))]).encode() + b"\n"
)


@st.composite
def varied(draw: st.DrawFn) -> bytes:
    """An 837 whose claims differ, so that they are judged differently."""
    data = draw(written())
    pieces = data.split(b"99213")
    wanted = [draw(codes).encode() for _ in pieces[1:]]
    return b"".join(part for pair in zip(pieces, [*wanted, b""], strict=True) for part in pair)


@given(st.lists(st.one_of(varied(), csv_files), min_size=1, max_size=4), st.sampled_from([1, 1, 1, 2]))
@settings(max_examples=30, deadline=None)
def test_every_claim_is_in_one_part_with_the_disposition_that_its_messages_say(files: list[bytes], jobs: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"{at}{'.837' if b'ISA' in data[:9] else '.csv'}" for at, data in enumerate(files)]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        deliver(folder / "out", paths, jobs=jobs)
        counted = Counter[str]()
        for path in paths:
            counted += assert_each_claim_is_where_its_messages_say(path, folder / "out" / path.name)
            if path.suffix == ".837":
                assert_answers_agree(path, folder / "out" / path.name)
        assert_manifest_is_right(folder / "out")
        if len(paths) == 1:  # of several, one may bill what another did: split sees it alone
            assert_split_gives_the_parts(paths[0], folder / "out" / paths[0].name, folder)
        summary = json.loads((folder / "out/summary.json").read_text())
        assert summary["claims"] == counted.total()
        for each, path in zip(summary["inputs"], paths, strict=True):
            assert each["folder"] == path.name
            claims = sum(part["claims"] for part in each["parts"].values())
            assert claims == sum(of["claims"] for of in each["by_disposition"].values())


@needs_files
def test_forty_files_at_once(tmp_path: Path) -> None:
    """Other people's files and ours: each claim in one part, the messages those of ``check``, and the same bytes by
    several processes as by one."""
    found = [path for path in FILES if claims_of(path.read_bytes(), path.name)]
    paths = [*found[:: len(found) // 36][:36], IORT, DEMO, ROOT / "fixtures/837i/hospital.837", ROWS]
    paths = [path for path in paths if path.exists()]
    assert len(paths) >= 39
    (tmp_path / "again").mkdir()
    deliver(tmp_path / "out", paths)
    deliver(tmp_path / "again/out", paths, jobs=2)
    assert content(tmp_path / "out") == content(tmp_path / "again/out")
    counted = Counter[str]()
    for path in paths:
        if path != ROWS:
            counted += assert_each_claim_is_where_its_messages_say(path, tmp_path / "out" / path.name)
            assert_answers_agree(path, tmp_path / "out" / path.name)
    assert_manifest_is_right(tmp_path / "out")
    assert counted.keys() >= {"accepted", "held", "not_judged"}
    checked = invoke("check", *paths, "--format", "jsonl", "--isolated", "--select", SELECT).stdout.splitlines()
    folders = [tmp_path / "out" / path.name for path in paths]
    delivered = [line for each in (*folders, tmp_path / "out") for line in (each / "messages.jsonl").open()]
    assert Counter(line.rstrip("\n") for line in delivered) == Counter(checked)


def test_history_spans_the_files_as_in_a_check(tmp_path: Path) -> None:
    """The second file bills once more what the first one did: only one judgement of both knows that."""
    first, second = tmp_path / "1.837", tmp_path / "2.837"
    first.write_bytes(simple(own=1))
    second.write_bytes(simple(own=1).replace(b"CLM*C1*", b"CLM*D1*"))
    deliver(tmp_path / "both", [first, second])
    deliver(tmp_path / "alone", [second])
    both, alone = (
        {message["check"] for message in messages_in(tmp_path / name / "2.837")} for name in ("both", "alone")
    )
    assert both - alone


@pytest.mark.parametrize("path", [IORT, DEMO, ROWS], ids=lambda path: path.name)
def test_split_gives_the_same_parts(path: Path, tmp_path: Path) -> None:
    suffix = path.suffix
    done = invoke("check", path, "--isolated", "--deliver", tmp_path / "out", "--ignore", "DUP")
    options = {"accepted": "accepted", "warned": "warned", "held": "rejected", "not_judged": "not-judged"}
    given = [each for name, option in options.items() for each in (f"--{option}", tmp_path / f"{name}{suffix}")]
    extra = ["--format", "jsonl", "--output", tmp_path / "m.jsonl", "--jobs", "2", "--record", tmp_path / "run.json"]
    split = invoke("split", path, "--isolated", "--ignore", "DUP", *given, *extra)
    assert split.exit_code == done.exit_code == 1
    for name in PARTS:
        delivered = tmp_path / "out" / path.name / f"{name}{suffix}"
        assert (tmp_path / f"{name}{suffix}").read_bytes() == delivered.read_bytes()
    assert (tmp_path / "m.jsonl").read_bytes() == (tmp_path / "out" / path.name / "messages.jsonl").read_bytes()
    assert (tmp_path / "run.json").read_bytes() == (tmp_path / "out/run.json").read_bytes()


# -- what is in it -------------------------------------------------------------------------------


def test_what_a_delivery_holds(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a/claims.837", simple(own=1))
        archive.writestr("b.csv", f"{HEADER}\n{row(1, '99213', '')}\n")
    (tmp_path / "night.837.GZ").write_bytes(gzip.compress(IORT.read_bytes()))
    paths = [IORT, tmp_path / "two.zip", tmp_path / "night.837.GZ", "-"]
    outputs = ["--format", "csv", "--output", tmp_path / "all.csv"]
    done = invoke("check", *paths, "--isolated", "--deliver", tmp_path / "out", *outputs, stdin=ROWS.read_bytes())
    assert (done.exit_code, done.stdout) == (1, "")
    assert (tmp_path / "all.csv").read_text().count("\n") > 20
    found = {path.parent: set[str]() for path in map(Path, content(tmp_path / "out"))}
    for path in map(Path, content(tmp_path / "out")):
        found[path.parent].add(path.name)
    of_837 = {"messages.jsonl", "277ca.x12", *(f"{name}.837" for name in PARTS)}
    of_rows = {"messages.jsonl", *(f"{name}.csv" for name in PARTS)}
    assert found.pop(Path()) == {"manifest.json", "run.json", "summary.json", "report.html", "messages.jsonl"}
    assert {str(folder): names - {"999.x12", "ta1.x12"} for folder, names in found.items()} == {
        "iort.837": of_837,
        "two.zip/a/claims.837": of_837,
        "two.zip/b.csv": of_rows,
        "night.837.GZ": of_837,
        "stdin": of_rows,
    }
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert [each["name"] for each in manifest["inputs"]][-1] == "-"
    assert manifest["inputs"][-1]["sha256"] == hashlib.sha256(ROWS.read_bytes()).hexdigest()
    listed = {each["name"]: each for each in manifest["files"]}
    assert listed.keys() == content(tmp_path / "out").keys() - {"manifest.json"}
    for name, data in content(tmp_path / "out").items():
        if name != "manifest.json":
            assert (listed[name]["bytes"], listed[name]["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert listed["two.zip/a/claims.837/messages.jsonl"]["input"] == f"{tmp_path / 'two.zip'}!a/claims.837"
    assert listed["stdin/held.csv"]["input"] == "standard input"
    assert listed["run.json"]["input"] is None


def test_the_metrics_are_those_of_the_summary(tmp_path: Path) -> None:
    invoke("check", IORT, DEMO, "--isolated", "--deliver", tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    text = (tmp_path / "out/metrics.prom").read_text()
    metrics = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert text.count("# HELP ") == text.count("# TYPE ") and text.endswith("\n")
    for disposition, counted in summary["by_disposition"].items():
        assert int(metrics[f'claimcheck_claims{{disposition="{disposition}"}}']) == counted["claims"]
        assert (
            int(metrics[f'claimcheck_lines{{disposition="{disposition}"}}']) == counted["lines"] == summary[disposition]
        )
        for charge in ("claims_charge", "lines_charge"):
            assert metrics[f'claimcheck_{charge}_dollars{{disposition="{disposition}"}}'] == counted[charge]
    severities = [int(metrics[f'claimcheck_messages{{severity="{each}"}}']) for each in ("reject", "warn", "inform")]
    assert sum(severities) == summary["messages"] == sum(each["messages"] for each in summary["inputs"])
    assert float(metrics["claimcheck_run_duration_seconds"]) > 0
    assert abs(float(metrics["claimcheck_last_run_timestamp_seconds"]) - time.time()) < 60
    assert metrics["claimcheck_run_exit_status"] == "1"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzip.compress(simple(own=3))[:-20], "only in part"),
        (b"%PDF-1.4", "is a PDF document"),
        (b"PK\x03\x04 and no more", "damaged or truncated zip archive"),
        (simple(own=1).decode().encode("utf-16"), "UTF-16"),
        (b"claim_id,code,units\nA,99213,1\n", "from_date"),
    ],
)
def test_a_file_that_can_not_be_split_is_held_whole(data: bytes, why: str, tmp_path: Path) -> None:
    """Nothing of it is sent on as clean, nothing is lost, and the others are delivered."""
    path = tmp_path / "in.837"
    path.write_bytes(data)
    done = invoke("check", path, IORT, "--isolated", "--deliver", tmp_path / "out")
    assert done.exit_code == 1
    of_bad, of_good = json.loads((tmp_path / "out/summary.json").read_text())["inputs"]
    assert why in of_bad["held_whole"] and of_good["held_whole"] is None
    parts = {each.name: each.read_bytes() for each in (tmp_path / "out/in.837").iterdir()}
    held = simple(own=3) if data[:2] == b"\x1f\x8b" else data
    assert held.startswith(parts["held.837"]) and parts["held.837"]
    assert parts.keys() == {"held.837", "messages.jsonl"} and parts["messages.jsonl"], "no answer that accepts it"
    assert f"{path}: " in done.stderr
    assert (tmp_path / "out/iort.837/held.837").stat().st_size


# -- what can't be delivered ---------------------------------------------------------------------


def in_a_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, simple(own=1))
    return path


def two(folder: Path, first: str, second: str) -> list[Path]:
    for at, name in enumerate((first, second)):
        (folder / str(at)).mkdir()
        (folder / str(at) / name).write_bytes(simple(own=1))
    return [folder / "0" / first, folder / "1" / second]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        (lambda folder: [IORT, IORT], "is given twice"),
        (lambda folder: ["-", "-"], "is given twice"),
        (lambda folder: [IORT, ROOT / "fixtures/../fixtures/837p/iort.837"], "is the same file as"),
        (lambda folder: two(folder, "a.837", "a.837"), "has the name of"),
        (lambda folder: two(folder, "a.837", "A.837"), "has the name of"),
        (lambda folder: two(folder, "a.837", "Run.json"), "has the name of the delivery's own run.json"),
        (lambda folder: [in_a_zip(folder / "a.zip", "../x.837")], "can't be a folder by its name"),
        (lambda folder: [in_a_zip(folder / "a.zip", "/x.837")], "can't be a folder by its name"),
        (lambda folder: [in_a_zip(folder / "a.zip", "x.837", "X.837")], "has the name of"),
        (lambda folder: [in_a_zip(folder / "a.zip", "x", "x/held.837")], "would be inside the folder of"),
        (lambda folder: [in_a_zip(folder / "a.zip", "x"), folder / "nowhere"], "No such file"),
    ],
)
def test_names_that_collide_are_told_before_anything_is_read(
    named: Callable[[Path], list[object]], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimcheck.cli.check.book_at", lambda path: pytest.fail("too late"))
    done = invoke("check", *named(tmp_path), "--isolated", "--deliver", tmp_path / "out")
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr and done.stderr.count("\n") == 1
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


@pytest.mark.parametrize(
    ("folder", "more", "why"),
    [
        ("there", [], "exists already"),
        ("file", [], "exists already"),
        ("link", [], "exists already"),
        ("nowhere/out", [], "found no folder"),
        ("out", ["--format", "csv", "--output", "out"], "is the file of another output"),
        ("out", ["--run-date", "2026-13-01"], "--run-date"),
        ("out", ["--format", "nothing"], "--format"),
    ],
)
def test_a_folder_that_can_not_be_made(
    folder: str, more: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    Path("file").write_text("")
    Path("link").symlink_to("nothing")
    before = sorted(Path().iterdir())
    done = invoke("check", IORT, "--isolated", "--deliver", folder, *more)
    assert done.exit_code == 2 and why in done.stderr
    assert sorted(Path().iterdir()) == before


def appended(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Path.unlink, "removed while it was being read"),
        (appended, "changed while it was being read"),
        (lambda path: path.write_bytes(simple(own=2).replace(b"*100*", b"*900*")), "changed while it was being read"),
        (lambda path: path.write_bytes(simple(own=1)), "changed while it was being read"),
    ],
)
def test_an_input_that_is_not_what_it_was(change: Callable[[Path], object], why: str, tmp_path: Path) -> None:
    path = tmp_path / "in.837"
    path.write_bytes(simple(own=2))
    with pytest.raises(SplitError, match=why):
        deliver(tmp_path / "out", [path], then=lambda made: change(path))
    assert {each.name for each in tmp_path.iterdir()} <= {"in.837"}


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit to the size of files is met where a full disk would be: as they are written, or closed."""
    for limit in (100, 5_000, 20_000):
        done = subprocess.run(
            [sys.executable, "-m", "claimcheck", "check", str(IORT), "--isolated", "--deliver", "out"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # else Python itself leaves half a .pyc behind
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr == "claimcheck: out: File too large. Nothing was delivered.\n"
        assert list(tmp_path.iterdir()) == []


def test_a_full_device_is_named(tmp_path: Path) -> None:
    """Never the claim file, which is read, nor an output that could be written."""
    outputs = ["--format", "jsonl", "--output", "m.jsonl", "--format", "csv", "--output", "/dev/full"]
    done = start("check", IORT, "--isolated", "--deliver", "out", *outputs, folder=tmp_path)
    named = "m.jsonl or /dev/full or out"
    assert done.stderr.decode() == f"claimcheck: {named}: No space left on device. Nothing was delivered.\n"
    parts = ["--accepted", "a.837", "--rejected", "/dev/full", "--format", "jsonl", "--output", "m.jsonl"]
    done = start("split", IORT, "--isolated", *parts, folder=tmp_path)
    named = "a.837 or /dev/full"
    assert done.stderr.decode() == f"claimcheck: {named}: No space left on device. Nothing was split.\n"
    assert done.returncode == 2 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended(ending: signal.Signals, tmp_path: Path) -> None:
    """It leaves nothing; killed, a hidden folder, which the next run removes, and not before it has ended."""
    command = [sys.executable, "-m", "claimcheck", "check", "--isolated", "--deliver", "out"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        until = time.monotonic() + 60
        while not list(tmp_path.glob(".out.*")):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        time.sleep(0.1)
        other = start("check", IORT, "--isolated", "--deliver", tmp_path / "out", folder=tmp_path)
        assert other.returncode == 1 and b"removed" not in other.stderr
        assert len(list(tmp_path.glob(".out.*"))) == 1, "that of the run that goes on"
        process.send_signal(ending)
        assert process.wait(timeout=60) == (-ending if ending == signal.SIGKILL else 128 + ending)
        said = f"claimcheck: out: ended by {ending.name}. Nothing was delivered.\n"
        assert process.stderr and process.stderr.read().decode() == ("" if ending == signal.SIGKILL else said)
    assert len(list(tmp_path.glob(".out.*"))) == (ending == signal.SIGKILL)
    (tmp_path / "out").rename(tmp_path / "of the other")
    again = start("check", IORT, "--isolated", "--deliver", tmp_path / "out", folder=tmp_path)
    assert again.returncode == 1 and (b"removed" in again.stderr) == (ending == signal.SIGKILL)
    assert list(tmp_path.glob(".out.*")) == []
    assert content(tmp_path / "out") == content(tmp_path / "of the other")
