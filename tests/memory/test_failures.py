"""Whatever happens to a run, a history is as before it or as after it, and the run says which."""

import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.stores import connections, create_history, open_history, sql
from claimcheck.memory.stores.sql import SqlRun, SqlStore
from claimcheck.runs.signals import EndedBySignal
from support.children import ended, fork, in_child
from support.deposits import KEY, a_deposit
from support.postgres import Server

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def numbers(store: SqlStore) -> dict[str, int]:
    """Every deposit's number, by its claim."""
    reader = store.reader()
    found = {deposit.claim_id: deposit.id for deposit in reader.all()}
    reader.close()
    return found


def remember(store: SqlStore, name: str, count: int = 1, wait: float = 60) -> None:
    with store.run(wait) as run:
        for number in range(count):
            run.add([a_deposit(f"{name} {number}", f"patient {number % 5}")])
        run.commit({})


def test_eight_writers_at_once_lose_nothing(store: SqlStore) -> None:
    def write(name: str) -> None:
        for number in range(2):
            remember(store, f"{name}.{number}", 3)

    children = [fork(partial(write, str(number))) for number in range(8)]
    assert [ended(child) for child in children] == [0] * 8
    found = numbers(store)
    assert found.keys() == {f"{name}.{run} {each}" for name in range(8) for run in range(2) for each in range(3)}
    assert sorted(found.values()) == [*range(1, 8 * 2 * 3 + 1)]


def test_a_run_that_is_killed_leaves_all_or_nothing(store: SqlStore) -> None:
    began = time.monotonic()
    assert in_child(lambda: remember(store, "whole", 20)) == 0
    delay = time.monotonic() - began
    luck, there, ends = random.Random(7), numbers(store).keys(), set()
    for attempt in range(12):
        child = fork(partial(remember, store, f"run {attempt}", 20))
        # Half of the time at any moment of the run, else about when its commit is.
        killer = threading.Timer(delay * luck.uniform(0, 1) if attempt % 2 else delay, os.kill, (child, signal.SIGKILL))
        killer.start()
        status = ended(child)
        killer.cancel()
        added = (now := numbers(store).keys()) - there
        assert added in (set(), {f"run {attempt} {number}" for number in range(20)})
        assert added or status != 0
        delay *= 0.8 if added else 1.25
        ends.add(bool(added))
        there = now
        with store.run(5):  # the lease of who is gone is free
            pass
    assert ends == {True, False}, "some were killed before their commit, some after it"


@pytest.mark.parametrize("is_committed", [False, True])
def test_what_a_signal_in_a_commit_leaves_is_known(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    def end(run: SqlRun, *given: object) -> None:
        execute = run._connection.run

        def ended(sql: str, values: Sequence[object] = ()) -> int:
            if sql == "COMMIT":
                if is_committed:
                    execute(sql)
                raise EndedBySignal(signal.SIGTERM)
            return execute(sql, values)

        monkeypatch.setattr(run._connection, "run", ended)
        original(run, *given)  # type: ignore[arg-type]

    original = SqlRun._commit
    with monkeypatch.context() as patch, pytest.raises(EndedBySignal):
        patch.setattr(SqlRun, "_commit", end)
        remember(store, "1")
    assert store.was_changed is is_committed
    assert numbers(store) == ({"1 0": 1} if is_committed else {})
    remember(store, "2", wait=0)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestServer:
    """What only a server can do."""

    @pytest.fixture
    def store(self, server: Server) -> SqlStore:
        return create_history(next(server.databases()), KEY)

    def test_a_run_goes_on_where_connections_were_lost_meanwhile(self, store: SqlStore, server: Server) -> None:
        reader = store.reader()
        with store.run(5) as run:
            run.add([a_deposit("1")])
            server.lose_connections()
            run.add([a_deposit("2", codes=("99214",))])
            assert run.known([bytes(32)]) == [None]
            assert reader.of_patients({a_deposit("1").patient: a_deposit("1").last_day}) == {}
            server.lose_connections()
            run.commit({})
        assert numbers(store) == {"1": 1, "2": 2}

    def test_a_restart_in_the_middle_of_a_run_loses_nothing(self, store: SqlStore, server: Server) -> None:
        with store.run(5) as run:
            run.add([a_deposit("1")])
            server.stop("immediate")
            server.start()
            run.commit({})
        assert numbers(store) == {"1": 1}

    def test_a_restart_that_takes_seconds_is_waited_for(self, store: SqlStore, server: Server) -> None:
        reader = store.reader()
        patients = {a_deposit("1").patient: a_deposit("1").last_day}
        with store.run(5) as run:
            run.add([a_deposit("1")])
            server.stop("immediate")
            restart = threading.Timer(0.5, server.start)
            restart.start()
            assert reader.of_patients(patients) == {}
            restart.join()
            run.commit({})
        assert numbers(store) == {"1": 1}

    def test_a_server_that_stays_away_leaves_what_was(
        self, store: SqlStore, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql, "_PAUSES", (0,))
        remember(store, "first")
        reader = store.reader()
        with pytest.raises(HistoryError, match="nothing was remembered"), store.run(5) as run:
            run.add([a_deposit("1")])
            server.stop()
            try:
                with pytest.raises(HistoryError, match="nothing was remembered"):
                    reader.of_patients({a_deposit("1").patient: a_deposit("1").last_day})
                run.commit({})
            finally:
                server.start()
        assert numbers(store) == {"first 0": 1}

    @pytest.mark.parametrize("arrives", [True, False])
    def test_a_commit_whose_answer_is_lost_is_looked_up(
        self, store: SqlStore, server: Server, monkeypatch: pytest.MonkeyPatch, arrives: bool
    ) -> None:
        def commit_and_lose(run: SqlRun, *given: object) -> None:
            connection = run._connection
            execute = connection.run

            def lose(sql: str, values: object = ()) -> int:
                if sql == "COMMIT":
                    if arrives:
                        execute(sql)
                    server.lose_connections()
                    return execute("SELECT 1")
                return execute(sql, values)  # type: ignore[arg-type]

            monkeypatch.setattr(connection, "run", lose)
            original(run, *given)  # type: ignore[arg-type]

        original = SqlRun._commit
        monkeypatch.setattr(SqlRun, "_commit", commit_and_lose)
        if arrives:
            remember(store, "1")
        else:
            with pytest.raises(HistoryError, match="nothing was remembered"):
                remember(store, "1")
        assert numbers(store) == ({"1 0": 1} if arrives else {})

    def test_a_server_that_is_away_is_one_line_without_the_password(self) -> None:
        for place in ("me:secret@127.0.0.1:1/none", "me:secret@[::1/none", "?a=secret"):
            url = f"postgresql://{place}"
            with pytest.raises(HistoryError) as refused:
                open_history(url, KEY)
            assert "secret" not in str(refused.value)
            assert "\n" not in str(refused.value)


@pytest.mark.parametrize("at", ["spool", "commit"])
def test_a_full_disk_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    monkeypatch.setattr(connections, "_SPOOL_CACHE", 64 if at == "spool" else 32 * 1024)
    store = create_history(str(tmp_path / "history.sqlite"), KEY)
    remember(store, "first")

    def fill() -> None:
        with pytest.raises(HistoryError, match=r"full|disk I/O") as refused, store.run(5) as run:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            run.add([a_deposit(f"{number}") for number in range(2000)])
            run.commit({})
        assert ("temporary file" if at == "spool" else "nothing was remembered") in str(refused.value)

    assert in_child(fill) == 0
    assert numbers(store) == {"first 0": 1}
    remember(store, "second")


def test_a_file_that_can_only_be_read_is_read(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    store = create_history(str(path), KEY)
    remember(store, "first")
    path.chmod(0o444)
    tmp_path.chmod(0o777)

    def as_nobody() -> None:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    def use() -> None:
        as_nobody()
        reading = open_history(str(path), KEY)
        assert numbers(reading) == {"first 0": 1}
        with pytest.raises(HistoryError, match="make it writable, or add nothing"):
            remember(reading, "second")

    def find_no_place() -> None:
        as_nobody()
        with pytest.raises(HistoryError, match="copy it to a folder that you can write to"):
            open_history(str(path), KEY)

    for folder in path.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
        if folder == Path("/tmp"):
            break
    assert in_child(use) == 0
    for beside in tmp_path.glob("history.sqlite-*"):
        beside.unlink()
    tmp_path.chmod(0o555)
    assert in_child(find_no_place) == 0
    tmp_path.chmod(0o755)


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    store = create_history(str(path), KEY)
    remember(store, "first", 200)
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    with pytest.raises(HistoryError, match=r"damaged|malformed"):
        numbers(open_history(str(path), KEY))
