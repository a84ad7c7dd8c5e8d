"""``claimcheck history``: the commands, on histories in both databases."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from claimcheck.claim import Claim
from claimcheck.memory.deposits import Deposit, State
from claimcheck.memory.identity import Identity
from claimcheck.memory.keys import VARIABLE, make_key_file
from claimcheck.memory.stores import create_history
from claimcheck.memory.stores.sql import SqlStore
from support.command_line import invoke
from support.deposits import FIRST, KEY, a_deposit, patient

NEWEST = 700
"""Days after the first, on which lists of how often services are paid are in force."""


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key of what the other tests make, where commands look for it."""
    path = tmp_path / "a.key"
    path.write_text(f"{bytes(range(32)).hex()}\n")
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """A history with two patients and payers."""
    add(
        store,
        a_deposit("1", "Ann", 0, codes=("99213", "85025")),
        a_deposit("2", "Bob", 400, State.HELD, payer="OTHER"),
        a_deposit("3", "Ann", NEWEST),
    )
    return store


def add(store: SqlStore, *deposits: Deposit) -> None:
    with store.run(5) as run:
        run.add(deposits)
        run.commit({})


def deposits_of(store: SqlStore) -> list[Deposit]:
    reader = store.reader()
    found = [*reader.all()]
    reader.close()
    return found


def claims_of(store: SqlStore) -> list[str]:
    return [deposit.claim_id for deposit in deposits_of(store)]


def history(command: str, url: str, *arguments: object, status: int = 0) -> str:
    """What a command says."""
    done = invoke("history", command, *arguments, "--history", url)
    assert done.exit_code == status, done.output
    return done.output


class TestInit:
    """A new history and its key."""

    def test_makes_a_history_and_a_key_that_is_never_overwritten(
        self, new_url: Callable[[], str], tmp_path: Path
    ) -> None:
        url, path = new_url(), tmp_path / "new.key"
        done = invoke("history", "init", "--history", url, "--key-file", path)
        assert done.exit_code == 0, done.output
        assert path.stat().st_mode & 0o777 == 0o600
        key = path.read_text()
        assert len(bytes.fromhex(key.strip())) == 32
        assert f"CLAIMCHECK_HISTORY_KEY_FILE={path}" in done.output
        again = invoke("history", "init", "--history", url, "--key-file", path)
        assert again.exit_code == 0, "a second time it changes nothing"
        assert path.read_text() == key
        done = invoke("history", "stats", "--history", url, environment={VARIABLE: str(path)})
        assert done.exit_code == 0, done.output
        assert key.strip() not in done.output

    def test_leaves_no_key_where_the_history_can_not_be_made(self, tmp_path: Path) -> None:
        history = tmp_path / "none" / "x.history"
        done = invoke("history", "init", "--history", history, "--key-file", tmp_path / "x.key")
        assert done.exit_code == 2
        assert "the history was not made" in done.output
        assert not (tmp_path / "x.key").exists()

    @pytest.mark.parametrize(
        ("content", "mode", "said"),
        [
            ("ab" * 32, 0o640, "has mode 0640, expected 0600"),
            ("ab" * 31, 0o600, "expected 64 hex digits"),
            (None, 0o600, "No such file"),
            ("cd" * 32, 0o600, "was made with another key"),
        ],
    )
    def test_a_key_that_can_not_be_used_is_one_line(
        self, url: str, tmp_path: Path, content: str | None, mode: int, said: str
    ) -> None:
        path = tmp_path / "b.key"
        if content:
            path.write_text(content)
            path.chmod(mode)
        done = invoke("history", "stats", "--history", url, environment={VARIABLE: str(path)})
        assert done.exit_code == 2
        assert said in done.output
        assert len(done.output.splitlines()) == 1
        assert not content or content not in done.output

    def test_no_key_and_no_history_say_what_to_do(self, url: str) -> None:
        done = invoke("history", "stats", "--history", url, environment={VARIABLE: None})
        assert (done.exit_code, "`claimcheck history init` makes one" in done.output) == (2, True)
        for command in ("init", "stats", "verify", "forget", "export", "merge"):
            done = invoke("history", command, *(["x"] if command == "merge" else []))
            assert (done.exit_code, "name it by --history" in done.output) == (2, True)
            done = invoke("history", command, "one", "claims.history")
            assert (done.exit_code, "name the history by --history " in done.output) == (2, True)

    def test_the_configuration_names_both(self, tmp_path: Path) -> None:
        make_key_file(tmp_path / "c.key")
        Path("claimcheck.toml").write_text('history = "c.history"\nhistory_key = "c.key"\n')
        environment = {VARIABLE: None}
        assert invoke("history", "init", environment=environment).exit_code == 0
        assert invoke("history", "stats", environment=environment).exit_code == 0
        with pytest.raises(Exception, match="exists"):
            make_key_file(tmp_path / "c.key")


def test_stats_count_by_state_and_payer(filled: SqlStore, url: str) -> None:
    said = history("stats", url)
    for text in (
        "3 claims: 2 sent, 1 held, 0 superseded, 0 void",
        "4 lines",
        "2 patients",
        f"{FIRST} to",
        f"payer OTHER: 1 claim, 1 line, {FIRST + timedelta(400)} to {FIRST + timedelta(400)}, "
        f"all since {FIRST + timedelta(403)}\n",
    ):
        assert text in said
    whole, acme, other = map(json.loads, history("stats", url, "--format", "jsonl").splitlines())
    assert (whole["deposits"], whole["lines"], whole["patients"], whole["schema"]) == (3, 4, 2, 2)
    assert (acme["payer"], acme["lines"], other["first_day"]) == ("ACME", 3, str(FIRST + timedelta(400)))


def test_verify_finds_what_is_missing(filled: SqlStore, url: str) -> None:
    assert "is whole" in history("verify", url)
    connection = filled.connect()
    connection.run("DELETE FROM term WHERE id = (SELECT max(id) FROM term)")
    connection.run("UPDATE deposit SET id = 99 WHERE id = 2")
    connection.close()
    said = history("verify", url, status=1)
    assert "has terms that are missing" in said
    assert "deposit 99 has a number that was not given" in said


class TestForget:
    """What is deleted, and that no trace of it is left."""

    def test_by_payer_and_day(self, filled: SqlStore, url: str) -> None:
        assert "would forget 1 line, 1 claim whole" in history("forget", url, "--payer", "other", "--dry-run")
        assert claims_of(filled) == ["1", "2", "3"]
        history("forget", url, "--payer", "other")
        assert claims_of(filled) == ["1", "3"]
        said = history("forget", url, "--before", FIRST + timedelta(1))
        assert "forgot 2 lines, 1 claim whole; nothing is left of 0 patients" in said
        assert claims_of(filled) == ["3"]
        history("verify", url)

    @pytest.mark.parametrize("dependant", [False, True])
    def test_a_patient_is_forgotten_by_member_id(self, store: SqlStore, url: str, dependant: bool) -> None:
        identity = Identity(KEY)
        member = "w-123/20100203/F/ZOE" if dependant else "w-123"
        claim = Claim("1", (), payer_id="acme", patient_id=member, birth_date="20100203", sex="F")
        who = identity.patient(claim, "commercial")
        second = identity.patient(claim._replace(payer_responsibility="S"), "commercial")
        assert who and second
        alias = patient("alias")
        add(
            store,
            a_deposit("stays"),
            *(a_deposit("secret", "x")._replace(patient=each) for each in (who, second, alias)),
        )
        from claimcheck.memory.stores import keeping

        keeping.add_aliases(store, 5, [[(alias, who)]])
        more = ("--sex", "F", "--first-name", "Zoe") if dependant else ()
        given = ("--patient", "-", "--birth-date", "2010-02-03", "--payer", "ACME", *more)
        done = invoke("history", "forget", *given, "--history", url, stdin="W-123\n")
        assert done.exit_code == 0, done.output
        assert "nothing is left of 3 patients" in done.output
        assert "W-123" not in done.output.upper()
        assert claims_of(store) == ["stays"]
        if Path(url).exists():
            bytes_left = b"".join(path.read_bytes() for path in Path(url).parent.glob(f"{Path(url).name}*"))
            assert who not in bytes_left
            assert b"secret" not in bytes_left

    def test_lines_are_kept_as_long_as_an_edit_looks_for_them(self, store: SqlStore, url: str) -> None:
        """A line 13 months, a visit 37, a colonoscopy (G0121, again after 119 full months) 120, a first AWV always."""
        codes = ("85025", "99213", "G0121", "G0438")

        def kept_after(days: int) -> list[str]:
            name = str(days)
            add(store, a_deposit(name, name, NEWEST - days, codes=codes), a_deposit("now", "now", NEWEST))
            history("forget", url)
            found = store.reader().of_patients({patient(name): date(1990, 1, 1)}).get(patient(name), [])
            for deposit in found:
                assert len(deposit.lines) == len(deposit.dispositions)
                assert [line.number for line in deposit.lines] == [
                    str(codes.index(line.code) + 1) for line in deposit.lines
                ]
                assert {(line.day, line.charge) for line in deposit.lines} == {
                    (FIRST + timedelta(NEWEST - days), "110.5")
                }
            return [line.code for deposit in found for line in deposit.lines]

        assert kept_after(380) == [*codes]
        assert kept_after(430) == [*codes[1:]]
        assert kept_after(1200) == [*codes[2:]]
        assert kept_after(3500) == [*codes[2:]]
        assert kept_after(3900) == ["G0438"]
        history("verify", url)

    def test_a_slip_in_a_year_forgets_nothing(self, filled: SqlStore, url: str) -> None:
        slip = a_deposit("slip", day=NEWEST * 3)._replace(received=FIRST + timedelta(NEWEST))
        add(filled, a_deposit("new", day=NEWEST - 100), slip)
        history("forget", url)
        assert "new" in claims_of(filled)

    def test_the_configuration_says_how_long(self, store: SqlStore, url: str) -> None:
        add(store, a_deposit("1", day=NEWEST - 430, codes=("85025",)), a_deposit("2", day=NEWEST))
        Path("claimcheck.toml").write_text("[retention]\nlines = 24\n")
        assert "forgot 0 lines" in history("forget", url)
        Path("claimcheck.toml").write_text("[retention]\nlines = 2\n")
        assert "expected 3 to 84 months of lines" in history("forget", url, status=2)


class TestRows:
    """Deposits leave one history and come into another."""

    @pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
    def test_what_is_exported_can_be_imported(
        self, filled: SqlStore, url: str, new_url: Callable[[], str], name: str
    ) -> None:
        with filled.run(5) as run:
            run.add([by := a_deposit("1", day=1)])
            run.change([1], State.SUPERSEDED, by.fingerprint)
            run.commit({})
        history("export", url, "--output", name)
        other_url = new_url()
        other = create_history(other_url, KEY)
        assert "4 claims read: 4 added, 0 known before\n" in history("import-deposits", other_url, name)
        before, after = deposits_of(filled), deposits_of(other)
        assert [each._replace(changed=0, sent=0) for each in after] == [
            each._replace(changed=0, sent=0) for each in before
        ]
        again = history("import-deposits", other_url, name, name)
        assert "8 claims read: 0 added, 4 known before, 4 twice\n" in again
        assert deposits_of(other) == after

    def test_a_row_that_is_not_one_adds_nothing_and_is_named(self, filled: SqlStore, url: str) -> None:
        history("export", url, "--output", "rows.jsonl")
        rows = Path("rows.jsonl").read_text().splitlines()
        first = json.loads(rows[0])
        for broken, said in (
            ("{", "rows.jsonl:2: is not JSON"),
            (json.dumps({**first, "key": "0" * 32}), "rows.jsonl:2: was made with another key"),
            (json.dumps({**first, "patient": "Ann"}), "rows.jsonl:2: patient: "),
            (json.dumps({**first, "lines": []}), "rows.jsonl:2: lines: "),
            (json.dumps({**first, "name": "Ann"}), "rows.jsonl:2: name: "),
        ):
            Path("rows.jsonl").write_text(f"{json.dumps({**first, 'fingerprint': 'f' * 32})}\n{broken}\n")
            assert said in (output := history("import-deposits", url, "rows.jsonl", status=2))
            assert "Ann" not in output
        assert claims_of(filled) == ["1", "2", "3"]
        assert "No such file" in history("import-deposits", url, "none.jsonl", status=2)


class TestMerge:
    """Two histories, or two hashes of a patient, become one."""

    def test_another_history_of_the_same_key_is_added_once(
        self, filled: SqlStore, url: str, new_url: Callable[[], str]
    ) -> None:
        other_url = new_url()
        add(create_history(other_url, KEY), a_deposit("2", "Bob", 400, payer="OTHER"), a_deposit("4", "Cid"))
        said = history("merge", url, other_url)
        assert "2 claims read: 1 added, 1 known before (1 held before and now sent)" in said
        assert claims_of(filled) == ["1", "2", "3", "4"]
        assert {deposit.state for deposit in deposits_of(filled)} == {State.SENT}
        history("merge", url, other_url)
        assert claims_of(filled) == ["1", "2", "3", "4"]
        assert "into itself" in history("merge", url, url, status=2)

    def test_patients_are_one_until_that_is_undone(self, store: SqlStore, url: str) -> None:
        identity = Identity(KEY)
        ids = "1EG4TE5MK73", "2EG4TE5MK73"
        old, new = (identity.patient(Claim("", (), payer_id="MB", patient_id=member), "") for member in ids)
        assert old and new
        add(store, a_deposit("old")._replace(patient=old), a_deposit("new")._replace(patient=new))
        head = "payer,old_member_id,old_birth_date,new_member_id,new_birth_date\n"
        Path("ids.csv").write_text(f"{head}MB,{ids[0]},1940-02-03,{ids[1]},19400203\n")

        def seen(who: bytes) -> list[str]:
            found = store.reader().of_patients({who: date(1990, 1, 1)}).get(who, [])
            assert {deposit.patient for deposit in found} <= {who}
            return [deposit.claim_id for deposit in found]

        assert "1 patient read: 1 merged, 0 were one before" in history("merge", url, "--patients", "ids.csv")
        assert "0 merged, 1 were one before" in history("merge", url, "--patients", "ids.csv")
        assert "2 patients, 1 merged into others" in history("stats", url)
        assert seen(old) == seen(new) == ["old", "new"]
        Path("back.csv").write_text(f"{head}MB,{ids[1]},,{ids[0]},\n")
        assert "can't each be merged" in history("merge", url, "--patients", "back.csv", status=2)
        said = history("merge", url, "--patients", "ids.csv", "--undo")
        assert "1 patient read: 1 separated, 0 were not one" in said
        assert (seen(old), seen(new)) == (["old"], ["new"])
        Path("ids.csv").write_text("payer\nMB\n")
        assert "column old_member_id is missing" in history("merge", url, "--patients", "ids.csv", status=2)


def test_a_server_that_is_away_and_a_missing_driver_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/claims"
    said = history("stats", url, status=2)
    assert len(said.splitlines()) == 1
    assert "secret" not in said
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "claimcheck.memory.stores.postgres", raising=False)
    assert "pip install 'claimcheck-edits[postgres]'" in history("stats", url, status=2)
