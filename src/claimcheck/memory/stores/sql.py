"""A history in SQL: what both stores do, and how a run writes and a reader looks up."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from claimcheck.memory.deposits import Added, AsOf, Deposit, HistoryError, State
from claimcheck.memory.stores.connections import BusyError, Connection, LostError, Row, UnknownOutcomeError, spooling
from claimcheck.memory.stores.packing import Packer, Party, party_of, term_of, terms_in, terms_of, unpack, value_of
from claimcheck.memory.stores.schema import (
    BEGINNINGS,
    DEPOSIT,
    EDITED,
    ENDED,
    FIRST_ARRIVAL,
    KNOWN,
    KNOWN_BEFORE,
    MIGRATIONS,
    NAMED,
    NEW_DEPOSITS,
    NEW_PATIENTS,
    NOW_ENDED,
    NOW_SENT,
    STATES,
)

if TYPE_CHECKING:
    from claimcheck.memory.keys import Key

_Answer = TypeVar("_Answer")

VERSION: Final = len(MIGRATIONS)
"""The version of the schema."""
STALE_SECONDS: Final = 600
"""A lease that was not renewed for so long may be taken over."""
_RENEW_SECONDS: Final = 60
_AT_ONCE: Final = 400
"""Patients, terms or fingerprints per query."""
_MOST_TERMS: Final = 20_000
_NOTHING: Final = "nothing was remembered"
_PAUSES: Final = (0, 1, 2, 4, 8)
"""Seconds between tries to reach a server that went away: a restart takes some."""


class SqlStore(ABC):
    """A history in a SQL database."""

    blob: str
    clustered: str
    number: str

    def __init__(self, url: str) -> None:
        self._url = url
        self.was_changed: bool | None = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._url

    @abstractmethod
    def connect(self, *, to_read: bool = False) -> Connection:
        """A connection of its own."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a history.

        Raises:
            HistoryError: something else is there, or it can't be reached.
        """

    @abstractmethod
    def prepare(self) -> Connection:
        """A connection to where a new history is to be."""

    @abstractmethod
    def mark(self, connection: Connection) -> None:
        """Mark what is new as a history."""

    def open(self, key: Key) -> None:
        """Open the history that is there, and bring it to this version.

        Raises:
            HistoryError: there is none, it is of another key or a newer version, or it can't be read.
        """
        if not self.exists():
            raise HistoryError(f"{self.name}: found no history; `claimcheck history init` makes one")
        connection = self.connect(to_read=True)
        try:
            meta = self._meta(connection)
        finally:
            connection.close()
        self._check(meta, key)
        if int(meta["schema"]) < VERSION:
            self._migrate()

    def create(self, key: Key) -> None:
        """Make the history where there is none; else open it.

        Raises:
            HistoryError: as ``open``, or it can't be made.
        """
        if self.exists():
            self.open(key)
            return
        connection = self.prepare()
        try:
            with connection.transaction():
                self._apply(connection, 0)
                connection.run("INSERT INTO meta VALUES ('key', ?)", [key.check_value])
                self.mark(connection)
        finally:
            connection.close()
        self.connect().close()

    def _meta(self, connection: Connection) -> dict[str, str]:
        meta: dict[str, str] = dict(connection.rows("SELECT name, value FROM meta"))
        if not meta.get("schema", "").isdecimal() or "key" not in meta:
            raise HistoryError(f"{self.name}: is not a whole history; restore it from a copy")
        return meta

    def _check(self, meta: Mapping[str, str], key: Key) -> None:
        if int(meta["schema"]) > VERSION:
            raise HistoryError(
                f"{self.name}: was made by a newer claimcheck (schema {meta['schema']}, this one knows {VERSION}); "
                "upgrade claimcheck"
            )
        if meta["key"] != key.check_value:
            raise HistoryError(
                f"{self.name}: was made with another key; name the file of its own key, or use another history"
            )

    def _migrate(self) -> None:
        connection = self.connect()
        try:
            with connection.transaction():
                connection.lock_lease()
                self._apply(connection, int(self._meta(connection)["schema"]))
        finally:
            connection.close()

    def _apply(self, connection: Connection, version: int) -> None:
        """The statements that make this version of an earlier one."""
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.run(statement.format(BLOB=self.blob, CLUSTERED=self.clustered, NUMBER=self.number))
        connection.run("DELETE FROM meta WHERE name = 'schema'")
        connection.run("INSERT INTO meta VALUES ('schema', ?)", [str(VERSION)])

    def reconnect(self, *, to_read: bool = False) -> Connection:
        """A connection in place of one that was lost, as soon as the other end is there again.

        Raises:
            HistoryError: it stays away.
        """
        for pause in _PAUSES:
            with suppress(HistoryError):
                return self.connect(to_read=to_read)
            time.sleep(pause)
        return self.connect(to_read=to_read)

    def reader(self, before: int | None = None) -> SqlReader:
        """A reader of its own, as of now or as of ``before``."""
        return SqlReader(self, before)

    def look(self) -> SqlLook:
        """Begin a run that adds nothing."""
        return SqlLook(self)

    @contextmanager
    def run(self, wait: float) -> Iterator[SqlRun]:
        """Take the lease, and begin to write."""
        self.was_changed = False
        run = SqlRun(self, wait)
        try:
            try:
                yield run
                self.was_changed = run.has_committed
            finally:
                run.close()
        except Exception:
            raise
        except BaseException:  # a signal, maybe in the middle of the commit
            self.was_changed = None
            self.was_changed = run.was_committed()
            run.close()
            raise

    def close(self) -> None:  # noqa: B027
        """Let go of the store: readers and runs have connections of their own."""


# -- reading ---------------------------------------------------------------------------------------


class _Terms:
    """What the numbers of terms say, looked up as they are needed."""

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}

    def have(self, numbers: set[int], connection: Connection) -> None:
        """Look up those that are not known yet."""
        missing = numbers.difference(self.values)
        if not missing:
            return
        if len(self.values) > _MOST_TERMS:
            self.values.clear()
            missing = numbers
        for some in _batches(sorted(missing), _AT_ONCE):
            marks = ",".join("?" * len(some))
            found = connection.rows(f"SELECT id, text FROM term WHERE id IN ({marks})", some)
            self.values.update((number, value_of(text)) for number, text in found)
        if lost := missing.difference(self.values):
            raise HistoryError(f"the history is damaged: term {min(lost)} is missing; restore it from a copy")


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _deposits(rows: Sequence[Row], terms: _Terms, connection: Connection, before: int) -> Iterator[Deposit]:
    """Deposits of rows of a patient's hash and ``DEPOSIT``, as of a number."""
    for row in rows:
        try:
            yield _deposit(row, terms.values, before)
        except KeyError:  # once for all that there are: most rows have terms that others had
            terms.have({number for each in rows for number in (each[6], *terms_in(each[14], each[10]))}, connection)
            yield _deposit(row, terms.values, before)


def _deposit(row: Row, terms: Mapping[int, Any], before: int) -> Deposit:
    patient, last, content, id, span, received, party, sent, state, changed, lines, place, claim_id, ref, body = row
    if sent == 1:
        sent = id
    elif sent > before:
        sent = 0
    if changed > before:
        changed = 0
    now = ENDED[state] if changed else _SENT if sent else _HELD
    days = _day(received) if received else None, _day(last - span), _day(last)
    billed = unpack(body, lines, last, terms)
    values = (patient, content, place, claim_id, *terms[party], ref, *days, now, *billed, id, changed, sent)
    return _new(Deposit, values)


_new: Final = tuple.__new__
"""Makes a deposit of its values: what a named tuple's own way does besides takes as long as the rest."""
_SENT: Final = State.SENT
_HELD: Final = State.HELD
_BY_NUMBER: Final = attrgetter("id")
_day: Final = lru_cache(maxsize=8192)(date.fromordinal)


class SqlReader:
    """Looks up deposits, as of a number; opens the store anew in a process that is forked off, and where the connection
    is lost."""

    def __init__(self, store: SqlStore, before: int | None) -> None:
        self._store = store
        self._terms = _Terms()
        self._beginnings: dict[tuple[str, str | None], list[tuple[int, date]]] | None = None
        self._use(store.connect(to_read=True))
        [(last, visits)] = self._connection.rows("SELECT last, visits FROM counter")
        self.before: int = last if before is None else before
        self.visits_since = date.fromordinal(max(visits, 1))

    def _use(self, connection: Connection) -> None:
        self._connection = connection
        self._pid = os.getpid()
        self._aliases = Aliases(self._connection.rows("SELECT old, new FROM alias"))

    def of_patients(self, since: Mapping[bytes, date]) -> dict[bytes, list[Deposit]]:
        """The deposits of many patients at once."""
        return self._ask(lambda: self._of_patients(since))

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        if os.getpid() != self._pid:
            self._connection.close()
            self._use(self._store.connect(to_read=True))
        try:
            return ask()
        except LostError:
            self._connection.close()
            try:  # the server may be there again; it is asked as of the same number
                self._use(self._store.reconnect(to_read=True))
                return ask()
            except HistoryError as error:
                raise HistoryError(f"{error}; {_NOTHING}") from None

    def _of_patients(self, since: Mapping[bytes, date]) -> dict[bytes, list[Deposit]]:
        days = {patient: day.toordinal() for patient, day in since.items()}
        if self._aliases:
            return self._of_aliases(since, days)
        found: dict[bytes, list[Deposit]] = {}
        for deposit in self._deposits_of(days):
            found.setdefault(deposit.patient, []).append(deposit)
        return _in_order(found)

    def _of_aliases(self, since: Mapping[bytes, date], days: Mapping[bytes, int]) -> dict[bytes, list[Deposit]]:
        asked: dict[bytes, list[bytes]] = {}
        wanted: dict[bytes, int] = {}
        for patient, day in days.items():
            for same in self._aliases.of(patient):
                asked.setdefault(same, []).append(patient)
                wanted[same] = min(day, wanted.get(same, day))
        found: dict[bytes, list[Deposit]] = {}
        for deposit in self._deposits_of(wanted):
            for patient in asked[deposit.patient]:
                if deposit.last_day >= since[patient]:
                    found.setdefault(patient, []).append(deposit._replace(patient=patient))
        return _in_order(found)

    def _deposits_of(self, since: Mapping[bytes, int]) -> Iterator[Deposit]:
        for some in _batches([*since.items()], _AT_ONCE):
            rows = self._connection.deposits_of(some, DEPOSIT, self.before)
            yield from _deposits(rows, self._terms, self._connection, self.before)

    def begins(self, payer: str, billing_npi: str | None, before: int) -> date | None:
        """The first day since which all claims of a provider for a payer are known."""
        if self._beginnings is None:
            self._beginnings = self._ask(self._read_beginnings)
        steps = self._beginnings.get((payer, billing_npi), ())
        return min([day for number, day in steps if number <= before], default=None)

    def _read_beginnings(self) -> dict[tuple[str, str | None], list[tuple[int, date]]]:
        found: dict[tuple[str, str | None], list[tuple[int, date]]] = {}
        rows = self._connection.rows("SELECT t.text, b.id, b.day FROM beginning b JOIN term t ON t.id = b.party")
        for text, number, day in rows:
            party = cast(Party, value_of(text))
            found.setdefault((party.payer, party.billing_npi), []).append((number, date.fromordinal(day)))
        return found

    def all(self) -> Iterator[Deposit]:
        """Every deposit, in order; memory does not grow with them."""
        sql = (
            f"SELECT p.hash, {DEPOSIT} FROM deposit d JOIN patient p ON p.id = d.patient WHERE d.id <= ? ORDER BY d.id"
        )
        rows = self._connection.each(sql, [self.before])
        while some := [*islice(rows, _AT_ONCE)]:
            yield from _deposits(some, self._terms, self._connection, self.before)

    def aliases(self) -> list[tuple[bytes, bytes]]:
        """Old and new hashes of patients that are one."""
        return self._aliases.pairs()

    def close(self) -> None:
        """Let go of the store."""
        self._connection.close()


def _in_order(found: dict[bytes, list[Deposit]]) -> dict[bytes, list[Deposit]]:
    for deposits in found.values():
        if len(deposits) > 1:
            deposits.sort(key=_BY_NUMBER)
    return found


class Aliases:
    """Which hashes are of one patient."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._new = {bytes(old): bytes(new) for old, new in rows}
        self._same: dict[bytes, list[bytes]] = {}
        for old in self._new:
            self._same.setdefault(self._root(old), []).append(old)

    def __bool__(self) -> bool:
        return bool(self._new)

    def _root(self, patient: bytes) -> bytes:
        seen = {patient}
        while (new := self._new.get(patient)) and new not in seen:
            seen.add(new)
            patient = new
        return patient

    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Each old hash with its new one."""
        return [*self._new.items()]

    def of(self, patient: bytes) -> Sequence[bytes]:
        """All hashes of a patient, by any of them."""
        root = self._root(patient)
        return (root, *self._same.get(root, ()))


def _nothing(connection: Connection) -> None:
    """What is done last in a commit, mostly."""


class SqlLook:
    """A run's look at a store: it holds neither a lease nor a connection."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        [(self.before, self._edits)] = self._rows("SELECT last, edits FROM counter")

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with closing(self._store.reconnect(to_read=True)) as connection:
            return connection.rows(sql, values)

    def known(self, digests: Sequence[bytes]) -> list[AsOf | None]:
        """Of each input as of when a run has read it first."""
        return _known(digests, self._rows)

    def renew(self) -> None:
        """Nobody waits for it."""

    def commit(self, inputs: Mapping[bytes, int], last: Callable[[Connection], object] = _nothing) -> Added:
        """End it: what was read must be of one time."""
        if self._rows("SELECT edits FROM counter") != [(self._edits,)]:
            raise HistoryError(
                f"{self._store.name}: was changed by `history forget` or `history merge` while it was read; run again"
            )
        return Added()


def _known(digests: Sequence[bytes], rows: Callable[[str, Sequence[Any]], list[Row]]) -> list[AsOf | None]:
    found: dict[bytes, AsOf] = {}
    for some in _batches([*{*digests}], _AT_ONCE):
        sql = f"SELECT digest, before, within FROM input WHERE digest IN ({','.join('?' * len(some))})"
        found.update((bytes(digest), AsOf(*numbers)) for digest, *numbers in rows(sql, some))
    return [found.get(digest) for digest in digests]


# -- writing ---------------------------------------------------------------------------------------


class _Numbers:
    """The numbers of terms; new ones wait in the spool."""

    def __init__(self, spool: sqlite3.Connection, last: int, ask: Callable[[str, Sequence[Any]], list[Row]]) -> None:
        self.last = last
        """The highest number."""
        self._spool, self._ask = spool, ask
        self._known: dict[tuple[Any, ...], int] = {}
        self._new: dict[str, int] = {}
        self._has_forgotten = False

    def of(self, value: tuple[Any, ...]) -> int:
        """The number of a term."""
        number = self._known.get(value)
        if number is None:
            self.have([value])
            number = self._known[value]
        return number

    def have(self, values: Iterable[tuple[Any, ...]]) -> None:
        """Look up those that are not known yet, many at once."""
        wanted = {term_of(value): value for value in values if value not in self._known}
        found: dict[str, int] = dict(self._found([text for text in wanted if text not in self._new]))
        for text, value in wanted.items():
            number = self._new.get(text) or found.get(text)
            if number is None:
                self.last += 1
                number = self._new[text] = self.last
            self._known[value] = number

    def _found(self, texts: Sequence[str]) -> Iterator[Row]:
        """Those of some terms that the store or the spool has, with their numbers."""
        for some in _batches(texts, _AT_ONCE):
            marks = ",".join("?" * len(some))
            if self._has_forgotten:
                yield from self._spool.execute(f"SELECT text, id FROM stage_term WHERE text IN ({marks})", some)
            yield from self._ask(f"SELECT text, id FROM term WHERE text IN ({marks})", some)

    def spool(self) -> None:
        """Have new ones in the spool; forget them where they are too many."""
        self._spool.executemany("INSERT INTO stage_term VALUES (?, ?)", [(id, text) for text, id in self._new.items()])
        self._new.clear()
        if len(self._known) > _MOST_TERMS:
            self._known.clear()
            self._has_forgotten = True
            self._spool.execute("CREATE INDEX IF NOT EXISTS stage_term_by_text ON stage_term (text)")


class SqlRun:
    """One run's part in a store: what it adds waits in a temporary file until the commit, so that neither readers nor
    other writers wait for it."""

    def __init__(self, store: SqlStore, wait: float) -> None:
        self._store = store
        self._token = secrets.token_hex(16)
        self._connection = store.connect()
        self._spool: sqlite3.Connection | None = None
        self._changes: list[tuple[int | bytes, int, bytes]] = []
        self._staged = 0
        self._added = Added()
        self._has_lease = self._has_ended = False
        self.has_committed = False
        try:
            self._take_lease(wait)
            [(self.before, terms)] = self._connection.rows("SELECT last, terms FROM counter")
            with spooling(store.name):
                self._spool = self._connection.spool()
            self._numbers = _Numbers(self._spool, terms, self._rows)
            self._packer = Packer(self._numbers.of)
        except BaseException:
            self.close()
            raise

    # -- the lease

    def _take_lease(self, wait: float) -> None:
        until = time.monotonic() + wait
        pause = 0.02
        while True:
            try:
                holder = self._try_lease()
            except BusyError:
                holder = "another process"
            if holder is None:
                return
            if time.monotonic() >= until:
                raise HistoryError(
                    f"{self._store.name}: {holder} writes to it, and did not end in {wait:g} seconds; wait longer, or "
                    f"try again. {_NOTHING.capitalize()}"
                )
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(pause * 1.5, 0.5)

    def _try_lease(self) -> str | None:
        """Take the lease, or say who has it."""
        connection = self._connection
        sql = f"SELECT host, pid, {connection.now} - renewed FROM lease"
        if (rows := connection.rows(sql)) and not _is_stale(*rows[0]):  # look before locking: others may be writing
            return f"process {rows[0][1]} on {rows[0][0]}"
        with connection.transaction():
            connection.lock_lease()
            if (rows := connection.rows(sql)) and not _is_stale(*rows[0]):
                return f"process {rows[0][1]} on {rows[0][0]}"
            self._has_lease = True
            connection.run("DELETE FROM lease")
            connection.run(
                f"INSERT INTO lease VALUES (?, ?, ?, {connection.now}, {connection.now})",
                [self._token, platform.node(), os.getpid()],
            )
        self._renewed = time.monotonic()
        return None

    def renew(self) -> None:
        """Say that the run goes on."""
        if time.monotonic() - self._renewed < _RENEW_SECONDS:
            return
        try:
            kept = self._again(self._renew)
        except BusyError:
            return  # another one looks at the lease right now; the next call says it
        if not kept:
            raise self._lost_lease()
        self._renewed = time.monotonic()

    def _renew(self) -> bool:
        connection = self._connection
        return connection.run(f"UPDATE lease SET renewed = {connection.now} WHERE token = ?", [self._token]) > 0

    def _lost_lease(self) -> HistoryError:
        return HistoryError(
            f"{self._store.name}: another run took over, since this one was silent for {STALE_SECONDS // 60} minutes; "
            f"{_NOTHING}"
        )

    def _again(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask the store; where the connection was lost meanwhile, once more over a new one."""
        try:
            return ask()
        except LostError:
            self._reconnect()
            return ask()

    def _reconnect(self) -> None:
        self._connection.close()
        self._connection = self._store.reconnect()

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        return self._again(lambda: self._connection.rows(sql, values))

    # -- what is added

    def known(self, digests: Sequence[bytes]) -> list[AsOf | None]:
        """Of each input as of when a run has read it first."""
        return _known(digests, self._rows)

    def add(self, deposits: Iterable[Deposit]) -> None:
        """Add deposits, in order."""
        self.renew()
        spool = self._spool
        assert spool is not None
        with spooling(self._store.name):
            deposits = [*deposits]
            self._numbers.have(terms_of(deposits))
            rows = [self._row(deposit) for deposit in deposits]
            spool.execute("BEGIN")
            try:
                spool.executemany(_ADD, rows)
                self._numbers.spool()
                spool.execute("COMMIT")
                self._staged += len(rows)
            except BaseException:
                with suppress(sqlite3.Error):
                    spool.execute("ROLLBACK")
                raise

    def _row(self, deposit: Deposit) -> Row:
        number, state, reference = self._numbers.of, deposit.state, deposit.original_reference
        last, received = deposit.last_day.toordinal(), deposit.received
        is_open = state is _SENT or state is _HELD
        if not is_open:
            self._has_ended = True
        return (
            deposit.patient,
            last,
            deposit.fingerprint,
            last - deposit.first_day.toordinal(),
            received.toordinal() if received else None,
            number(party_of(deposit)),
            1 if state is _SENT or deposit.sent > 0 else 0,
            0 if is_open else STATES[state],
            len(deposit.lines),
            deposit.place,
            _storable(deposit.claim_id),
            _storable(reference) if reference else None,
            self._packer.pack(deposit),
        )

    def change(self, targets: Iterable[int | bytes], state: State, by: bytes) -> None:
        """Make deposits superseded or void."""
        self._changes += [(target, STATES[state], by) for target in targets]

    # -- the commit

    def commit(self, inputs: Mapping[bytes, int], last: Callable[[Connection], object] = _nothing) -> Added:
        """Make all of it seen at once."""
        try:
            if self._connection.is_lost():
                self._reconnect()
            self._commit(inputs, last)
        except UnknownOutcomeError as error:
            if not (committed := self.was_committed()):
                if committed is None:
                    raise self._unknown() from None
                raise HistoryError(f"{error}; {_NOTHING}") from None
        except HistoryError as error:
            raise HistoryError(f"{error}; {_NOTHING}") from None
        self._has_lease, self.has_committed = False, True
        return self._added

    def _commit(self, inputs: Mapping[bytes, int], then: Callable[[Connection], object]) -> None:
        assert self._spool is not None
        with self.transaction() as connection:
            connection.take(self._spool)
            [(last, patients)] = connection.rows("SELECT last, patients FROM counter")
            connection.run("INSERT INTO term SELECT id, text FROM stage_term")
            staged = self._staged
            if connection.run(NEW_PATIENTS, [patients]):
                patients += staged
            added = connection.run(NEW_DEPOSITS, [last])
            mark = last + staged + 1
            self._added = Added(added)
            if added < staged:
                self._added = self._change_known(last, mark)
            changed = self._added.now_sent
            if self._has_ended:
                changed += connection.run(NOW_ENDED, [mark])
            changed += self._change(last, mark)
            before = last
            if added or changed:
                last = mark if changed else last + staged
            if inputs:
                connection.many(
                    "INSERT INTO input VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING",
                    [(digest, before, min(before + start, last)) for digest, start in inputs.items()],
                )
            connection.run("UPDATE counter SET last = ?, patients = ?, terms = ?", [last, patients, self._numbers.last])
            connection.run("INSERT INTO run VALUES (?, ?, ?)", [self._token, before, last])
            if added:
                [(arrival,)] = connection.rows(FIRST_ARRIVAL)
                connection.run(BEGINNINGS, [last, arrival, arrival])
            connection.run("DELETE FROM lease")
            then(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of who has the lease."""
        with self._connection.transaction():
            self._connection.lock_lease()
            if not self._connection.rows("SELECT 1 FROM lease WHERE token = ?", [self._token]):
                raise HistoryError(f"{self._store.name}: another run took over the history meanwhile")
            yield self._connection

    @contextmanager
    def edit(self) -> Iterator[Connection]:
        """A transaction of who has the lease, that changes what has no number."""
        with self.transaction() as connection:
            yield connection
            connection.run(EDITED)
            connection.run("INSERT INTO run SELECT ?, last, last FROM counter", [self._token])
        self.has_committed = True

    def _change_known(self, last: int, mark: int) -> Added:
        """Have what was held before be sent, where it was added again as sent; how many there are of each."""
        connection = self._connection
        connection.run(KNOWN, [last])
        [(known,)] = connection.rows(KNOWN_BEFORE, [last])
        now_sent = connection.run(NOW_SENT, [mark, 1, last])
        connection.run(NOW_SENT, [1, last + 1, mark])
        connection.run("DROP TABLE known")
        new = self._added.new
        return Added(new, known, self._staged - new - known, now_sent)

    def _change(self, last: int, mark: int) -> int:
        """Write what is superseded or void; what is so already stays so. How many there were."""
        if not self._changes:
            return 0
        named = self._named(
            {name for target, _, by in self._changes for name in (target, by) if isinstance(name, bytes)}
        )
        done = 0
        for target, state, by in self._changes:
            number = named[target] if isinstance(target, bytes) else target
            at = named[by] if named[by] > last else mark
            sql = "UPDATE deposit SET state = ?, changed = ? WHERE id = ? AND state = 0"
            done += self._connection.run(sql, [state, at, number])
        return done

    def _named(self, fingerprints: set[bytes]) -> dict[bytes, int]:
        """The numbers of deposits of this run."""
        named: dict[bytes, int] = {}
        self._connection.run("CREATE INDEX stage_by_fingerprint ON stage (fingerprint)")
        for some in _batches(sorted(fingerprints), _AT_ONCE):
            rows = self._connection.rows(f"{NAMED} WHERE s.fingerprint IN ({','.join('?' * len(some))})", some)
            named.update((bytes(fingerprint), number) for fingerprint, number in rows)
        if fingerprints - named.keys():
            raise ValueError("change() names a fingerprint that this run did not add")
        return named

    def was_committed(self) -> bool | None:
        """Whether a commit arrived whose answer was lost, or not waited for: a run's token says so. None where nobody
        can be asked."""
        with suppress(HistoryError):
            self._reconnect()
            with self._connection.transaction():
                self._connection.lock_lease()  # a commit that is on its way holds it
                return bool(self._connection.rows("SELECT 1 FROM run WHERE token = ?", [self._token]))
        return None

    def _unknown(self) -> HistoryError:
        return HistoryError(
            f"{self._store.name}: the server went away during the commit, so that all or nothing was remembered; run "
            "again once it is back: nothing is remembered twice"
        )

    def close(self) -> None:
        """Give the lease back, and let go of the store."""
        if self._has_lease:
            with suppress(HistoryError):
                self._again(lambda: self._connection.run("DELETE FROM lease WHERE token = ?", [self._token]))
        self._connection.close()
        if self._spool:
            with suppress(sqlite3.Error):
                self._spool.close()


_ADD: Final = f"INSERT INTO stage VALUES (NULL, {', '.join('?' * 13)})"


def _is_stale(host: str, pid: int, seconds: float) -> bool:
    """Whether who has the lease is gone."""
    if seconds > STALE_SECONDS:
        return True
    if host != platform.node():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is another user's
    return False


def _storable(text: str) -> str:
    """Text as both databases take it."""
    if text.isprintable():
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
