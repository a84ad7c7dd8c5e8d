"""What a history does, the same in SQLite and in PostgreSQL."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from claimcheck.claim import Line, Service
from claimcheck.memory.deposits import Added, AsOf, Deposit, HistoryError, State
from claimcheck.memory.keys import Key
from claimcheck.memory.stores import create_history, open_history, postgres, schema, sql, sqlite
from claimcheck.memory.stores.keeping import forget, forget_expired, merge
from claimcheck.memory.stores.packing import party_of, term_of
from claimcheck.memory.stores.sql import SqlStore
from support.children import in_child
from support.deposits import FIRST, KEY, a_deposit, patient

LONG_AGO = date(1990, 1, 1)
DIGEST = bytes(32)


def remember(store: SqlStore, *deposits: Deposit, digests: tuple[bytes, ...] = ()) -> Added:
    with store.run(5) as run:
        run.add(deposits)
        return run.commit(dict.fromkeys(digests, len(deposits)))


def seen(store: SqlStore, *names: str, before: int | None = None) -> list[Deposit]:
    reader = store.reader(before)
    found = reader.of_patients({patient(name): LONG_AGO for name in names or ("Ann",)})
    reader.close()
    return [deposit for name in names or ("Ann",) for deposit in found.get(patient(name), [])]


def test_a_deposit_comes_back_as_it_was(store: SqlStore) -> None:
    odd = (
        Line(Service("99213", ("25", "59"), "2", "UN", "11"), "20240305", "20240307", charge="110", ndc="123"),
        Line(Service("0", (), "1.5", "MJ", None, code_set="ZZ"), "20240230", "", "7", charge="-3"),
        Line(Service("99499"), "20240306", "", "3", rendering_npi="1", rendering_taxonomy="T", revenue_code=""),
        Line(Service("99499"), "20240306", "20240230", "4", charge="00.5"),
        Line(Service("99499"), "18000101", "", "5", charge="99999999999.00"),
        Line(Service("99499"), "20240308", "", "6", charge="0.05"),
    )  # fmt: skip
    whole = a_deposit("C\x00LAIM ü", lines=odd)._replace(
        first_day=date(1800, 1, 1),
        last_day=date(2024, 3, 7),
        unpaid=bytes([0, 1, 2, 0, 0, 0]),
        dispositions="awrnaa",
        type_of_bill="131",
        frequency="7",
        original_reference="ICN 1",
        billing_npi=None,
        received=None,
    )
    plain = a_deposit("2")._replace(dispositions="")
    remember(store, whole, plain)
    first, second = seen(store)
    assert first == whole._replace(claim_id="C\ufffdLAIM ü", id=1, sent=1)
    assert second == plain._replace(id=2, sent=2)
    assert [type(line.service.setting) for line in first.lines] == [type(line.service.setting) for line in whole.lines]


def test_nothing_is_seen_before_the_commit_and_all_after(store: SqlStore) -> None:
    early = store.reader()
    with store.run(5) as run:
        run.add([a_deposit("1"), a_deposit("2", "Bob")])
        assert not seen(store, "Ann", "Bob")
        run.commit({})
    assert [deposit.claim_id for deposit in seen(store, "Ann", "Bob")] == ["1", "2"]
    assert not early.of_patients({patient("Ann"): LONG_AGO}), "a reader sees what was there when it was opened"


def test_a_run_that_ends_without_commit_leaves_nothing(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.run(5) as run:
        run.add([a_deposit("1")])
        raise ZeroDivisionError
    with store.run(0) as run:
        run.add([a_deposit("2")])
    assert not seen(store)
    remember(store, a_deposit("3"))
    assert [deposit.id for deposit in seen(store)] == [1]


def test_the_same_deposit_is_there_once(store: SqlStore) -> None:
    one = a_deposit("1")
    assert remember(store, one, one) == Added(new=1, twice=1)
    assert remember(store, a_deposit("0"), one, one) == Added(new=1, known=1, twice=1)
    assert [(deposit.claim_id, deposit.id) for deposit in seen(store)] == [("1", 1), ("0", 3)]


def test_what_was_held_becomes_sent_and_never_held_again(store: SqlStore) -> None:
    remember(store, a_deposit("1", state=State.HELD))
    remember(store, a_deposit("2"))
    assert remember(store, a_deposit("1"), a_deposit("3")) == Added(new=1, known=1, now_sent=1)
    assert remember(store, a_deposit("1", state=State.HELD)) == Added(known=1)
    first, second, third = seen(store)
    assert [deposit.state for deposit in (first, second, third)] == [State.SENT] * 3
    assert (first.id, second.id, third.id, first.sent) == (1, 2, 4, 5), "a number for each that was added"
    assert [first.as_of(before) for before in range(7)] == [None, *[State.HELD] * 4, State.SENT, State.SENT]
    assert [deposit.state for deposit in seen(store, before=4)] == [State.HELD, State.SENT, State.SENT]
    with store.run(1) as run:
        assert run.before == 5, "a change without a new deposit has a number of its own"


def test_deposits_are_superseded_and_void_as_of_a_number(store: SqlStore) -> None:
    remember(store, a_deposit("1"), a_deposit("2", state=State.HELD))
    with store.run(5) as run:
        replacement = a_deposit("1", day=1)
        run.add([a_deposit("same run"), replacement])
        run.change([1, a_deposit("same run").fingerprint], State.SUPERSEDED, replacement.fingerprint)
        run.change([1, 2], State.VOID, replacement.fingerprint)
        run.commit({})
    found = {deposit.id: deposit for deposit in seen(store)}
    assert [found[number].state for number in (1, 2, 3, 4)] == [
        State.SUPERSEDED,
        State.VOID,
        State.SUPERSEDED,
        State.SENT,
    ]
    assert {found[number].changed for number in (1, 2, 3)} == {4}
    assert [deposit.state for deposit in seen(store, before=2)] == [State.SENT, State.HELD]
    assert found[1].as_of(3) is State.SENT
    assert found[1].as_of(4) is State.SUPERSEDED


def test_what_is_merged_is_superseded_and_void_when_it_was(store: SqlStore, new_url: Callable[[], str]) -> None:
    """When each deposit arrives, those before it count that counted then."""
    remember(store, a_deposit("1"), a_deposit("2"))
    with store.run(5) as run:
        run.add([a_deposit("3"), a_deposit("4", "Bob"), a_deposit("5")])
        run.change([1], State.SUPERSEDED, a_deposit("4", "Bob").fingerprint)
        run.commit({})
    with store.run(5) as run:
        run.add([a_deposit("3")])
        run.change([2], State.VOID, a_deposit("3").fingerprint)
        run.commit({})
    remember(store, a_deposit("6", state=State.HELD), a_deposit("7"))
    other = create_history(new_url(), KEY)
    merge(other, store, 5)

    def told(of: SqlStore) -> list[list[State | None]]:
        found = seen(of)
        return [[one.as_of(each.id - 1) for one in found] for each in found]

    assert told(other) == told(store)
    assert {one.claim_id: one.state for one in seen(other)} == {one.claim_id: one.state for one in seen(store)}


def test_terms_that_a_run_forgot_are_looked_up_again(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "_MOST_TERMS", 1)
    billed = [a_deposit(str(number), day=number, codes=(f"9921{number % 3}",)) for number in range(6)]
    remember(store, a_deposit("before", codes=("99210",)))
    with store.run(5) as run:
        for deposit in billed:
            run.add([deposit])
        run.commit({})
    found = {deposit.claim_id: deposit for deposit in seen(store)}
    assert [found[one.claim_id].lines for one in billed] == [one.lines for one in billed]
    connection = store.connect(to_read=True)
    assert connection.rows("SELECT count(*), count(DISTINCT text) FROM term") == [(5, 5)], (
        "three services, a party, details"
    )
    connection.close()


def test_a_change_names_what_the_run_adds(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="fingerprint"), store.run(5) as run:
        run.add([a_deposit("1")])
        run.change([1], State.VOID, bytes(16))
        run.commit({})
    assert not seen(store)


class TestBeginnings:
    """Since which day all claims of a provider for a payer are known, as of a number."""

    @staticmethod
    def begins(store: SqlStore, payer: str = "ACME", npi: str = "1234567893") -> list[int | None]:
        """That day as of each number, in days after the first."""
        reader = store.reader()
        found = [reader.begins(payer, npi, before) for before in range(reader.before + 1)]
        reader.close()
        return [None if day is None else (day - FIRST).days for day in found]

    def test_each_payer_and_provider_has_one_of_its_own(self, store: SqlStore) -> None:
        remember(store, a_deposit("1", day=10), a_deposit("straggler", day=-300)._replace(received=FIRST))
        remember(store, a_deposit("2", day=20, payer="LATER"), a_deposit("3", day=30)._replace(billing_npi=None))
        assert self.begins(store) == [None, None, 0, 0, 0]
        assert self.begins(store, "LATER") == [None, None, None, None, 23]
        reader = store.reader()
        assert reader.begins("ACME", None, 4) == FIRST + timedelta(33)
        assert reader.begins("LATER", None, 4) is None
        reader.close()

    def test_older_claims_that_are_added_later_move_it_back_from_then_on(self, store: SqlStore) -> None:
        remember(store, a_deposit("1", day=400))
        remember(store, a_deposit("2", day=200))
        remember(store, a_deposit("3", day=300), a_deposit("1", day=400))
        assert self.begins(store)[:4] == [None, 403, 203, 203]

    def test_a_slip_in_the_day_that_claims_were_received_does_not(self, store: SqlStore) -> None:
        remember(store, a_deposit("1", day=400)._replace(received=FIRST - timedelta(9000)))
        assert self.begins(store)[-1] == 400

    def test_where_claims_do_not_say_when_they_were_received_the_first_of_a_run_do(self, store: SqlStore) -> None:
        rows = [a_deposit(f"{day}", day=day)._replace(received=None) for day in (3, 1, 2, *range(4, 200))]
        late = a_deposit("late", day=150, payer="LATER")._replace(received=None)
        remember(store, *rows, a_deposit("straggler", day=-5000)._replace(received=None), late)
        assert self.begins(store)[-1] == 100
        assert self.begins(store, "LATER")[-1] == 150

    def test_what_is_forgotten_moves_it_on(self, store: SqlStore) -> None:
        remember(store, a_deposit("1"), a_deposit("2", payer="OTHER"), a_deposit("3", day=50))
        forget(store, 5, before=FIRST + timedelta(40), dry_run=True)
        assert self.begins(store)[-1] == 3
        forget(store, 5, before=FIRST + timedelta(40), payer="ACME")
        assert (self.begins(store)[-1], self.begins(store, "OTHER")[-1]) == (40, 3)
        forget(store, 5, patients=[patient("Ann")])
        assert self.begins(store)[-1] == 40
        forget(store, 5, payer="OTHER")
        assert self.begins(store, "OTHER")[-1] is None
        remember(store, a_deposit("1"))
        assert self.begins(store)[-2:] == [40, 3]

    def test_visits_are_known_since_the_day_that_they_are_kept_from(
        self, store: SqlStore, new_url: Callable[[], str]
    ) -> None:
        remember(store, a_deposit("1", day=-2000, codes=("85025",)), a_deposit("2", day=700))
        assert store.reader().visits_since == date.min
        keep, since = lambda newest: lambda service: newest, lambda newest: newest - timedelta(9)
        forget_expired(store, 5, keep, since)
        assert store.reader().visits_since == FIRST + timedelta(691)
        other = create_history(new_url(), KEY)
        merge(other, store, 5)
        assert other.reader().visits_since == FIRST + timedelta(691)


def test_a_look_waits_for_nobody_and_is_of_one_time(store: SqlStore) -> None:
    remember(store, a_deposit("1"), a_deposit("2", "Bob"), digests=(DIGEST,))
    with store.run(5) as run:
        look = store.look()
        assert (look.before, look.known([DIGEST, bytes([1]) * 32])) == (2, [AsOf(0, 2), None])
        run.add([a_deposit("3")])
        run.commit({})
    assert look.commit({DIGEST: 0}) == Added()
    forget(store, 5, before=LONG_AGO, dry_run=True)
    assert look.commit({}) == Added()
    forget(store, 5, patients=[patient("Bob")])
    with pytest.raises(HistoryError, match="while it was read; run again"):
        look.commit({})


def test_a_snapshot_is_of_one_time(store: SqlStore) -> None:
    remember(store, a_deposit("1"))
    connection = store.connect(to_read=True)
    with connection.snapshot():
        assert len([*connection.each("SELECT id FROM deposit")]) == 1
        remember(store, a_deposit("2"))
        assert connection.rows("SELECT count(*) FROM deposit") == [(1,)]
    assert connection.rows("SELECT count(*) FROM deposit") == [(2,)]
    connection.close()


def test_what_is_forgotten_while_another_reads_is_said_to_be_on_the_disk(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    monkeypatch.setattr(postgres, "_LOCK_SECONDS", 1)
    remember(store, a_deposit("1"))
    connection = store.connect(to_read=True)
    with connection.snapshot():
        connection.rows("SELECT count(*) FROM deposit")
        with pytest.raises(HistoryError, match="its space on the disk was not freed; run it again"):
            forget(store, 5, before=FIRST + timedelta(9))
    connection.close()
    assert forget(store, 5, before=FIRST + timedelta(9)) == (0, 0, 0)
    assert not seen(store)


def test_inputs_are_known_as_of_when_they_were_read_first(store: SqlStore) -> None:
    other = bytes([1]) * 32
    remember(store, a_deposit("1"), digests=(DIGEST,))
    remember(store, a_deposit("2"), digests=(DIGEST, other))
    nothing_new = bytes([3]) * 32
    remember(store, a_deposit("1"), digests=(nothing_new,))  # a number after it is another run's
    with store.run(5) as run:
        known = run.known([other, bytes([2]) * 32, DIGEST, nothing_new])
        assert known == [AsOf(1, 2), None, AsOf(0, 1), AsOf(2, 2)]


def test_each_patient_is_asked_from_a_day_of_their_own(store: SqlStore) -> None:
    names = [f"P{number}" for number in range(900)]
    remember(store, *(a_deposit(f"{name} {day}", name, day) for name in names for day in (0, 10, 20)))
    since = {patient(name): FIRST + timedelta(number % 25) for number, name in enumerate(names)}
    found = store.reader().of_patients({**since, patient("nobody"): FIRST})
    for number, name in enumerate(names):
        expected = [f"{name} {day}" for day in (0, 10, 20) if day >= number % 25]
        assert [deposit.claim_id for deposit in found.get(patient(name), [])] == expected


def test_a_reader_works_on_in_a_process_that_is_forked_off(store: SqlStore) -> None:
    remember(store, a_deposit("1"))
    reader = store.reader()
    assert len(reader.of_patients({patient("Ann"): LONG_AGO})[patient("Ann")]) == 1
    remember(store, a_deposit("2"))

    def look() -> None:
        found = reader.of_patients({patient("Ann"): LONG_AGO})
        assert [deposit.claim_id for deposit in found[patient("Ann")]] == ["1"]

    assert in_child(look) == 0
    assert len(reader.of_patients({patient("Ann"): LONG_AGO})[patient("Ann")]) == 1


def test_another_writer_waits_and_says_for_whom(store: SqlStore) -> None:
    said = rf"process {os.getpid()} on .* did not end in 0.1 seconds"
    with store.run(5), pytest.raises(HistoryError, match=said), store.run(0.1):
        pass
    remember(store, a_deposit("1"))


def test_the_lease_of_a_process_that_is_gone_is_taken_over(store: SqlStore) -> None:

    def die() -> None:
        with store.run(5) as run:
            run.add([a_deposit("1")])
            os._exit(7)

    assert in_child(die) == 7
    remember(store, a_deposit("2"))
    assert [deposit.claim_id for deposit in seen(store)] == ["2"]


def test_a_lease_that_was_not_renewed_is_lost_and_nothing_is_remembered(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.run(5) as slow:
        slow.add([a_deposit("slow")])
        monkeypatch.setattr(sql, "STALE_SECONDS", -1)
        remember(store, a_deposit("quick"))
        with pytest.raises(HistoryError, match=r"another run took over.*nothing was remembered"):
            slow.commit({})
    assert [deposit.claim_id for deposit in seen(store)] == ["quick"]


def test_a_run_renews_its_lease(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def renewed() -> float:
        connection = store.connect(to_read=True)
        [(at,)] = connection.rows("SELECT renewed FROM lease")
        connection.close()
        return float(at)

    with store.run(5) as run:
        before = renewed()
        run.renew()
        assert renewed() == before, "once a minute is enough"
        monkeypatch.setattr(sql, "_RENEW_SECONDS", 0)
        run.add([])
        assert renewed() > before
        monkeypatch.setattr(sql, "STALE_SECONDS", -1)
        with store.run(5), pytest.raises(HistoryError, match="another run took over"):
            run.renew()


def test_another_key_is_refused(url: str) -> None:
    for opened in (open_history, create_history):
        with pytest.raises(HistoryError, match="was made with another key"):
            opened(url, Key(bytes(32)))


def test_a_newer_schema_is_refused_and_an_older_one_migrated(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(store, a_deposit("1"))
    with monkeypatch.context() as patch:
        patch.setattr(sql, "MIGRATIONS", (*schema.MIGRATIONS, ("ALTER TABLE run ADD COLUMN note TEXT",)))
        patch.setattr(sql, "VERSION", sql.VERSION + 1)
        newer = open_history(url, KEY)
        assert len(seen(newer)) == 1
        connection = newer.connect(to_read=True)
        assert connection.rows("SELECT note FROM run") == [(None,)]
        connection.close()
        open_history(url, KEY)
    with pytest.raises(HistoryError, match=r"made by a newer claimcheck .schema 3, this one knows 2"):
        open_history(url, KEY)


def test_a_history_of_the_first_schema_gets_its_beginnings(
    new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_url()
    with monkeypatch.context() as patch:
        patch.setattr(sql, "MIGRATIONS", schema.MIGRATIONS[:1])
        patch.setattr(sql, "VERSION", 1)
        connection = create_history(url, KEY).connect()
    party = term_of(party_of(a_deposit("1")))
    connection.run("INSERT INTO term VALUES (7, ?)", [party])
    columns = (
        "patient, last_day, id, span, received, party, sent, state, changed, lines, fingerprint, place, claim_id, body"
    )
    for number, day in enumerate((FIRST, FIRST - timedelta(5)), start=1):
        values = day.toordinal(), number, day.toordinal() + 3, bytes(16), bytes(16), b""
        insert = f"INSERT INTO deposit ({columns}) VALUES (1, ?, ?, 0, ?, 7, 1, 0, 0, 1, ?, ?, '', ?)"
        connection.run(insert, values)
    connection.close()
    reader = open_history(url, KEY).reader(2)
    assert reader.begins("ACME", "1234567893", 2) == FIRST - timedelta(2)
    reader.close()


def test_a_history_that_is_not_there_is_not_made_by_reading(new_url: Callable[[], str]) -> None:
    url = new_url()
    with pytest.raises(HistoryError, match="found no history; `claimcheck history init` makes one"):
        open_history(url, KEY)
    assert not Path(url).exists()


@pytest.mark.parametrize("change", ["DELETE FROM meta WHERE name = 'key'", "UPDATE meta SET value = 'one'"])
def test_a_history_that_says_not_what_it_is_is_not_whole(store: SqlStore, url: str, change: str) -> None:
    with closing(store.connect()) as connection:
        connection.run(change)
    with pytest.raises(HistoryError, match="is not a whole history; restore it from a copy"):
        open_history(url, KEY)


def test_what_is_not_a_history_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "text.sqlite", tmp_path / "other.sqlite"
    text.write_text("ISA*00*" * 500)
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE claim (id)")
    database.close()
    for path, said in (
        (text, "not a history: file is not a database"),
        (other, "is not a history"),
        (tmp_path, "is a folder"),
    ):
        before = path.read_bytes() if path.is_file() else b""
        for opened in (open_history, create_history):
            with pytest.raises(HistoryError, match=said):
                opened(str(path), KEY)
        assert not before or path.read_bytes() == before
    with pytest.raises(HistoryError, match="No such file or directory; the history was not made"):
        create_history(str(tmp_path / "none" / "history.sqlite"), KEY)


def test_a_file_of_a_history_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    store = create_history(str(path), KEY)
    remember(store, a_deposit("1"))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_copy_of_the_file_alone_has_what_a_run_added_though_a_reader_closes_last(tmp_path: Path) -> None:
    path, copy = tmp_path / "history.sqlite", tmp_path / "copy.sqlite"
    store = create_history(str(path), KEY)
    reader = store.reader()
    remember(store, a_deposit("1"))
    reader.close()
    copy.write_bytes(path.read_bytes())
    assert [deposit.claim_id for deposit in seen(open_history(str(copy), KEY))] == ["1"]
