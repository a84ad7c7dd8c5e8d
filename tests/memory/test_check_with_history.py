"""``claimcheck check --history``: files in, messages and memory out, or neither."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from claimcheck.memory.deposits import Deposit
from claimcheck.memory.keys import read_key
from claimcheck.memory.remembering import Remembering
from claimcheck.memory.stores import create_history, open_history
from claimcheck.memory.stores.opening import is_postgres
from claimcheck.memory.stores.sql import SqlRun
from claimcheck.runs.signals import EndedBySignal
from generate import generate
from support.canaries import CANARIES, FILE, canaries_in
from support.children import wait_for
from support.command_line import PROGRAM, invoke
from weeks import write

if TYPE_CHECKING:
    from support.postgres import Server


class Place:
    """A history in a folder, and commands that use it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path: Any = name if is_postgres(name) else folder / name
        self.key = folder / "history.key"
        self.environment: Mapping[str, str | None] = {"CLAIMCHECK_HISTORY_KEY_FILE": str(self.key)}
        assert self.run("history", "init", "--history", self.path, "--key-file", self.key).exit_code == 0

    def run(self, *arguments: object, stdin: bytes | None = None):  # type: ignore[no-untyped-def]
        return invoke(*arguments, "--isolated", stdin=stdin, environment=self.environment)

    def check(self, *arguments: object, stdin: bytes | None = None) -> str:
        found = self.run("check", "-q", "--format", "jsonl", "--history", self.path, *arguments, stdin=stdin)
        assert found.exit_code in (0, 1), found.stderr
        return str(found.stdout)

    def deposits(self) -> list[Deposit]:
        store = open_history(str(self.path), read_key(self.key))
        reader = store.reader()
        found = list(reader.all())
        reader.close()
        return found

    @property
    def content(self) -> bytes:
        """All bytes of its files."""
        return b"".join(
            path.read_bytes() for path in self.path.parent.iterdir() if path.name.startswith(self.path.name)
        )


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("batches")
    paths = [folder / "one.837", folder / "two.837"]
    for seed, path in enumerate(paths, start=1):
        generate(300, path, seed)
    return paths


def test_jobs_change_neither_messages_nor_memory(tmp_path: Path, batches: list[Path]) -> None:
    alone, several = Place(tmp_path, "alone"), Place(tmp_path, "several")
    for files in (batches[:1], batches, batches[1:]):
        assert alone.check(*files, "--jobs", 1) == several.check(*files, "--jobs", 3)
    assert alone.deposits() == several.deposits()
    assert len(alone.deposits()) == 600


def test_the_same_files_again_have_the_same_messages_and_add_nothing(tmp_path: Path, batches: list[Path]) -> None:
    place = Place(tmp_path, "history")
    first = place.check(batches[0])
    both = place.check(*batches)
    known = place.deposits()
    assert place.check(*batches) == both
    assert sorted(place.check(*reversed(batches), "--jobs", 2).splitlines()) == sorted(both.splitlines())
    assert first + place.check(batches[1]) == both
    assert place.check("-", stdin=batches[0].read_bytes()).replace("standard input", str(batches[0])) == first
    assert place.deposits() == known
    now = place.check(batches[0], "--as-of", "now")
    assert now.count("DUP-CLAIM") > 250 and "DUP-CLAIM" not in first
    assert place.deposits() == known


def test_what_is_sent_again_in_another_file_is_told(tmp_path: Path, batches: list[Path]) -> None:
    place = Place(tmp_path, "history")
    first = place.check(batches[0])
    known = place.deposits()
    found = place.check("-", stdin=batches[0].read_bytes() + b"\n")
    again = [line for line in found.splitlines() if '"check": "DUP-CLAIM"' in line]
    assert len(again) == sum(str(one.state) == "sent" for one in known)
    assert len(found.splitlines()) == len(first.splitlines()) + len(again)
    assert place.deposits() == known


@pytest.mark.parametrize("option", [("--remember", "all"), ("--as-of", "now")])
def test_an_option_of_a_history_needs_one(tmp_path: Path, batches: list[Path], option: tuple[str, str]) -> None:
    """A batch that was to be remembered is not forgotten in silence."""
    done = Place(tmp_path, "history").run("check", "-q", batches[0], *option)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"claimcheck: {option[0]}: found no history") and done.stderr.count("\n") == 1


def test_none_is_remembered_where_nothing_is_to_be(tmp_path: Path, batches: list[Path]) -> None:
    place = Place(tmp_path, "history")
    with open_history(str(place.path), read_key(place.key)).run(0):  # nobody who reads waits for who writes
        place.check(batches[0], "--remember", "none", "--wait", 0)
    assert place.deposits() == []


def test_a_run_that_could_not_write_its_output_remembers_nothing(tmp_path: Path, batches: list[Path]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    place = Place(tmp_path, "history")
    outputs = "--format", "jsonl", "--output", tmp_path / "messages.jsonl", "--format", "csv", "--output", "/dev/full"
    found = place.run("check", batches[0], "--history", place.path, *outputs)
    assert found.exit_code == 2 and "No space left" in found.stderr
    assert place.deposits() == []
    assert not (tmp_path / "messages.jsonl").exists()
    place.check(batches[0], "--output", tmp_path / "messages.jsonl")
    assert len(place.deposits()) == 300 and (tmp_path / "messages.jsonl").exists()


@pytest.mark.parametrize("deliver", [False, True])
def test_a_file_that_is_changed_while_it_is_read_is_not_remembered(
    tmp_path: Path, batches: list[Path], deliver: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, batch, output = Place(tmp_path, "h.sqlite"), tmp_path / "batch.837", tmp_path / "out.jsonl"
    batch.write_bytes(batches[0].read_bytes())
    begin = Remembering.begin

    def changed(self: Remembering, digests: Mapping[str, bytes]) -> None:
        begin(self, digests)
        batch.write_bytes(batches[1].read_bytes())

    monkeypatch.setattr(Remembering, "begin", changed)
    options = ["--deliver", tmp_path / "delivery"] if deliver else []
    outputs = ["--format", "jsonl", "--output", output]
    done = place.run("check", batch, "-q", "--history", place.path, *outputs, *options)
    assert done.exit_code == 2 and "changed while it was" in done.stderr, done.stderr
    assert not place.deposits()
    assert sorted(path.name for path in tmp_path.iterdir() if "h.sqlite" not in path.name) == [
        "batch.837", "history.key",
    ]  # fmt: skip


def test_added_claims_are_as_judged_ones(tmp_path: Path, batches: list[Path]) -> None:
    judged, added, later = Place(tmp_path, "judged"), Place(tmp_path, "added"), batches[1]
    judged.check(batches[0], "--remember", "all")
    assert added.run("history", "add", batches[0], "--history", added.path, "--jobs", 2).exit_code == 0
    keys = [(one.patient, one.fingerprint, one.lines, one.state) for one in judged.deposits()]
    assert [(one.patient, one.fingerprint, one.lines, one.state) for one in added.deposits()] == keys
    assert judged.check(later) == added.check(later)


def test_each_claim_that_is_read_is_counted_once(tmp_path: Path) -> None:
    """What is twice in the files is one deposit; what is left out is said by why."""
    known, new = tmp_path / "known.837", tmp_path / "new.837"
    generate(20, known, 1)
    generate(30, new, 2)
    unknown = tmp_path / "unknown.csv"
    unknown.write_text(
        "claim_id,patient_id,code,from_date,units,setting\n"
        "1,,99213,2024-07-15,1,\n2,P,99213,soon,1,\n3,P,D1110,2024-07-15,1,dental\n4,P,99213,2024-07-15,1,\n"
    )
    for jobs in (1, 2):
        place = Place(tmp_path, f"history{jobs}")
        place.run("history", "add", known, "--history", place.path)
        files = known, new, new, unknown
        found = place.run("history", "add", *files, "--history", place.path, "--jobs", jobs)
        assert (
            "84 claims read: 31 added, 20 known before, 30 twice in these files, 1 institutional or dental, "
            "1 without a date of service, 1 without a patient's number\n"
        ) in found.stderr
        assert len(place.deposits()) == 51


def test_what_was_held_is_said_to_be_sent(tmp_path: Path, batches: list[Path]) -> None:
    place = Place(tmp_path, "history")
    place.check(batches[0])
    held = sum(str(one.state) == "held" for one in place.deposits())
    found = place.run("history", "sent", batches[0], "--history", place.path)
    sent = 300 - held
    assert f"300 claims read: {held} held before and now sent, {sent} sent or replaced before, 0 added" in found.stderr
    assert {str(one.state) for one in place.deposits()} == {"sent"}


def test_a_history_that_is_not_there_or_has_no_key_ends_the_run(tmp_path: Path, batches: list[Path]) -> None:
    place = Place(tmp_path, "history")
    for command in (("check",), ("history", "add"), ("history", "sent")):
        missing = place.run(*command, batches[0], "--history", tmp_path / "nothing")
        assert missing.exit_code == 2 and "history init" in missing.stderr
    without = invoke(
        "check", batches[0], "--history", place.path, "--isolated", environment={"CLAIMCHECK_HISTORY_KEY_FILE": None}
    )
    assert without.exit_code == 2 and "no key" in without.stderr


@pytest.mark.parametrize("name", ["history", "history-wal", "history.key"])
def test_no_output_takes_the_place_of_a_history_or_its_key(tmp_path: Path, batches: list[Path], name: str) -> None:
    place, output, batch = Place(tmp_path, "history"), tmp_path / name, batches[0]
    configuration = tmp_path / "claimcheck.toml"
    configuration.write_text('history = "history"\nhistory_key = "history.key"\n')
    output.touch()
    before, key = place.content, place.key.read_bytes()
    for command in (
        ("check", batch, "--format", "jsonl", "--output", output),
        ("check", batch, "--record", output),
        ("split", batch, "--accepted", output, "--rejected", tmp_path / "rejected.837"),
        ("compare", batch, "--after", "profile=commercial", "--output", output),
        ("history", "export", "--output", output),
    ):
        done = invoke(*command, "--config", configuration)
        assert done.exit_code == 2 and "is the history, or its key" in done.stderr and done.stderr.count("\n") == 1
    assert (place.content, place.key.read_bytes()) == (before, key)


def test_what_judges_without_the_history_says_so(tmp_path: Path, batches: list[Path]) -> None:
    configuration = tmp_path / "claimcheck.toml"
    configuration.write_text('history = "history"\n')
    parts = "--accepted", tmp_path / "accepted.837", "--rejected", tmp_path / "rejected.837"
    for command in (("split", batches[0], *parts), ("compare", batches[0], "--after", "profile=commercial")):
        assert "without the history" in invoke(*command, "--config", configuration).stderr


def test_no_canary_sings_in_a_history(tmp_path: Path) -> None:
    place = Place(tmp_path, "history")
    place.check("-", "--remember", "all", stdin=FILE.format(**CANARIES).encode())
    content = place.content.decode("latin-1")
    assert "CLAIM7" in content
    assert canaries_in(content) == []


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_no_canary_sings_in_a_dump_of_a_history_nor_in_the_log(tmp_path: Path, server: Server) -> None:
    place = Place(tmp_path, next(server.databases()))
    place.check("-", "--remember", "all", stdin=FILE.format(**CANARIES).encode())
    place.run("history", "sent", "-", "--history", place.path, stdin=FILE.format(**CANARIES).encode())
    dump = server.dump(str(place.path))
    content = dump + "".join(bytes.fromhex(text).decode("latin-1") for text in re.findall(r"\\\\x([0-9a-f]+)", dump))
    assert "CLAIM7" in content and '"charge":"-5"' in content, "also what is in bytes"
    assert canaries_in(content + server.log) == []


def test_a_note_in_the_place_of_service_is_not_kept(tmp_path: Path) -> None:
    """A CLM without its end takes the elements of the NTE behind it for its own."""
    cut = FILE.format(**CANARIES).replace("CLM*CLAIM7*100***22:B:1*Y*A*Y*Y~", "CLM*CLAIM7*100*")
    place = Place(tmp_path, "history")
    place.check("-", "--remember", "all", stdin=cut.encode())
    rows = place.run("history", "export", "--history", place.path).output
    assert "CLAIM7" in rows
    assert canaries_in(rows + place.content.decode("latin-1")) == []


def test_errors_of_a_history_do_not_quote_patients(tmp_path: Path) -> None:
    place = Place(tmp_path, "history")
    member, birth = CANARIES["member"], "02/07/1931"
    given = "--payer", "P", "--patient", "-", "--birth-date", birth, "--history", place.path
    forget = place.run("history", "forget", *given, stdin=member.encode())
    ids = tmp_path / "ids.csv"
    columns = "payer,old_member_id,old_birth_date,new_member_id,new_birth_date"
    ids.write_text(f"{columns}\nP,{member},{birth},{member}2,{birth}\n")
    merge = place.run("history", "merge", "--patients", ids, "--history", place.path)
    for done in (forget, merge):
        assert done.exit_code == 2
        assert "expected a date" in done.output
        assert birth not in done.output and canaries_in(done.output) == []


def test_a_run_whose_claims_take_long_keeps_its_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing of them is kept: of those of which the patient is not known."""
    renewed = Counter[str]()
    monkeypatch.setattr(SqlRun, "renew", lambda run: renewed.update(["renewed"]))
    generate(60, tmp_path / "batch.837")
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("claim_id,code,from_date,units\n" + "".join(f"{at},99213,2024-07-15,1\n" for at in range(60)))
    place = Place(tmp_path, "history")
    for jobs in (1, 2):
        for path, least in ((tmp_path / "batch.837", 60), (unknown, 1)):
            renewed.clear()
            place.check(path, "--jobs", jobs, "--as-of", "now")
            assert renewed.total() >= least


def test_eight_weeks_one_by_one_are_as_all_at_once(tmp_path: Path, url: str) -> None:
    """What is sent again the history knows to be the same; in one batch it is billed twice. All else is the same."""
    weeks = write(tmp_path, patients=200)
    key = tmp_path / "key"
    key.write_text(bytes(range(32)).hex())  # the key of ``url``
    key.chmod(0o600)

    def check(history: object, *paths: Path) -> list[dict[str, str]]:
        arguments = "check", "-q", "--format", "jsonl", "--history", history, "--remember", "all", "--isolated", *paths
        found = invoke(*arguments, environment={"CLAIMCHECK_HISTORY_KEY_FILE": str(key)})
        assert found.exit_code in (0, 1), found.stderr
        return [json.loads(line) for line in found.stdout.splitlines()]

    one_by_one = [message for week in weeks for message in check(url, week)]
    once = tmp_path / "once"
    create_history(str(once), read_key(key))
    at_once = check(once, *weeks)
    again = {one["claim_id"] for one in one_by_one if one["check"] == "DUP-CLAIM" and "sent before, on" in one["text"]}
    assert len(again) > 10

    def others(messages: list[dict[str, str]]) -> list[dict[str, str]]:
        return [
            one
            for one in messages
            if one["claim_id"] not in again and again.isdisjoint(re.findall(r"W\d+", one["text"]))
        ]

    assert others(one_by_one) == others(at_once)
    earlier = Counter(one["check"] for one in others(one_by_one) if re.search(r"claim W\d+", one["text"]))
    assert earlier.keys() >= {"DUP-CLAIM", "DUP-LINE", "FREQ", "GLB-POSTOP", "MONTH", "NEW-PT"}


@pytest.mark.parametrize("command", [("check",), ("history", "add")])
def test_a_signal_is_told_with_what_the_history_has_then(tmp_path: Path, command: tuple[str, ...]) -> None:
    place = Place(tmp_path, "h.sqlite")
    arguments = *command, "-", "--history", place.path, "--isolated"
    environment = {**os.environ, "CLAIMCHECK_HISTORY_KEY_FILE": str(place.key)}
    process = subprocess.Popen(
        [str(PROGRAM), *map(str, arguments)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    with process, closing(sqlite3.connect(place.path)) as database:
        wait_for(lambda: database.execute("SELECT 1 FROM lease").fetchall() != [])  # it waits for what it reads
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
        done = "remembered" if command == ("check",) else "added"
        assert process.stderr
        assert process.stderr.read().decode() == f"claimcheck: {place.path}: ended by SIGTERM. Nothing was {done}.\n"
        assert database.execute("SELECT 1 FROM lease").fetchall() == []


@pytest.mark.parametrize("deliver", [False, True])
def test_no_signal_comes_between_the_commit_and_the_names_of_files(
    tmp_path: Path, batches: list[Path], deliver: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, output = Place(tmp_path, "h.sqlite"), tmp_path / "out.jsonl"

    def end(number: int, frame: object) -> None:
        raise EndedBySignal(number)

    def commit(run: SqlRun, *given: Any) -> object:
        added = original(run, *given)
        os.kill(os.getpid(), signal.SIGTERM)
        return added

    original = SqlRun.commit
    monkeypatch.setattr(SqlRun, "commit", commit)
    before = signal.signal(signal.SIGTERM, end)
    another = Event()
    thread = Thread(target=another.wait)  # which the system may hand a signal, as to those of libraries
    thread.start()
    try:
        options = ["--deliver", tmp_path / "delivery"] if deliver else []
        arguments = batches[0], "-q", "--history", place.path, "--format", "jsonl", "--output", output, *options
        done = place.run("check", *arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
        another.set()
        thread.join()
    assert done.exit_code == 128 + signal.SIGTERM
    assert done.stderr == f"claimcheck: {place.path}: ended by SIGTERM. All was remembered before.\n"
    assert len(place.deposits()) == 300
    assert output.exists() and (tmp_path / "delivery" / "manifest.json").exists() is deliver


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda place: place.key.unlink(), "key"),
        (lambda place: place.key.chmod(0o644), "chmod 600"),
        (lambda place: place.key.write_text("0" * 63), "64 hex digits"),
        (lambda place: place.key.write_text("0" * 64), "another key"),
        (lambda place: place.path.write_text("hello\n" * 500), "not a history"),
        (lambda place: _other_database(place.path), "not a history"),
        (lambda place: (place.path.unlink(), place.path.mkdir()), "is a folder"),
        (lambda place: place.path.unlink(), "history init"),
    ],
)
def test_a_history_that_can_not_be_used_is_one_line_and_judges_nothing(
    tmp_path: Path, batches: list[Path], damage: Callable[[Place], object], says: str
) -> None:
    place, output = Place(tmp_path, "history"), tmp_path / "messages.jsonl"
    damage(place)
    configuration = tmp_path / "claimcheck.toml"
    configuration.write_text(f"history = {str(place.path)!r}\n")
    for given in (("--history", place.path, "--isolated"), ("--config", configuration)):
        arguments = "check", "-q", batches[0], "--format", "jsonl", "--output", output, *given
        found = invoke(*arguments, environment=place.environment)
        assert (found.exit_code, found.stdout, output.exists()) == (2, "", False)
        assert says in found.stderr and found.stderr.count("\n") == 1


def _other_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE other (one)")
