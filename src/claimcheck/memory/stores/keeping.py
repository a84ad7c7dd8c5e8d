"""What is taken out of a history, and which patients are one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from heapq import heappop, heappush
from itertools import islice
from typing import Any, Final, NamedTuple

from claimcheck.claim import Service
from claimcheck.memory.deposits import Added, Deposit, HistoryError, State
from claimcheck.memory.stores.connections import Connection
from claimcheck.memory.stores.packing import Party, only, terms_in, value_of
from claimcheck.memory.stores.schema import EDITED
from claimcheck.memory.stores.sql import Aliases, SqlRun, SqlStore

_AT_ONCE: Final = 2000
_UNCHANGED: Final = "nothing was forgotten"


class Forgotten(NamedTuple):
    """How much was taken out: whole deposits, lines (those of other deposits too), and patients of whom nothing is
    left."""

    deposits: int
    lines: int
    patients: int


class _DryRun(Exception):
    """Ends a transaction whose outcome was only to be counted."""


def forget(
    store: SqlStore,
    wait: float,
    *,
    patients: Sequence[bytes] = (),
    payer: str | None = None,
    before: date | None = None,
    dry_run: bool = False,
) -> Forgotten:
    """Delete deposits that are all of this, and leave no trace of them.

    Args:
        store: the history.
        wait: seconds to wait for another writer.
        patients: hashes of one patient; those of their aliases too.
        payer: a payer's key.
        before: those whose last day of service is before it.
        dry_run: only count.

    Raises:
        HistoryError: it could not be; then nothing of it was.
    """

    def delete(connection: Connection) -> tuple[int, int]:
        where, values = ["1 = 1"], list[Any]()
        parties: list[int] | None = None
        if patients:
            hashes = _with_aliases(connection, patients)
            where.append(f"patient IN (SELECT id FROM patient WHERE hash IN ({_marks(hashes)}))")
            values += hashes
            connection.run(f"DELETE FROM alias WHERE old IN ({_marks(hashes)})", hashes)
        if payer is not None:
            parties = [id for id, party in _terms(connection, Party) if party.payer == payer]
            where.append(f"party IN ({_marks(parties)})" if parties else "1 = 0")
            values += parties
        if before is not None:
            where.append("last_day < ?")
            values.append(before.toordinal())
        if not patients:
            _begin_later(connection, parties, before)
        condition = " AND ".join(where)
        [(lines,)] = connection.rows(f"SELECT coalesce(sum(lines), 0) FROM deposit WHERE {condition}", values)
        return connection.run(f"DELETE FROM deposit WHERE {condition}", values), int(lines)

    return _forget(store, wait, delete, dry_run)


def _begin_later(connection: Connection, parties: Sequence[int] | None, before: date | None) -> None:
    """Since when all claims are known: of those that are forgotten not before a day, or not at all."""
    where = f"party IN ({_marks(parties)})" if parties else "1 = 1" if parties is None else "1 = 0"
    if before is None:
        connection.run(f"DELETE FROM beginning WHERE {where}", parties or ())
    else:
        day = before.toordinal()
        connection.run(f"UPDATE beginning SET day = ? WHERE day < ? AND {where}", [day, day, *(parties or ())])


def forget_expired(
    store: SqlStore,
    wait: float,
    first_days: Callable[[date], Callable[[Service], date]],
    visits_since: Callable[[date], date],
    *,
    dry_run: bool = False,
) -> Forgotten:
    """Delete lines that no edit looks for any more; what is left of their deposits stays.

    Args:
        store: the history.
        wait: seconds to wait for another writer.
        first_days: given the newest day of service that is known, says of a service from which day on it is kept.
        visits_since: given that day, says from which day on all visits are kept.
        dry_run: only count.

    Raises:
        HistoryError: it could not be; then nothing of it was.
    """

    def delete(connection: Connection) -> tuple[int, int]:
        newest = newest_day(connection)
        if newest is None:
            return 0, 0
        deleted = _delete_expired(connection, first_days(newest))
        if deleted != (0, 0):
            _keep_visits_since(connection, visits_since(newest))
        return deleted

    return _forget(store, wait, delete, dry_run)


def newest_day(connection: Connection) -> date | None:
    """The newest day of service that is known; one after the day that its claim was received is a slip."""
    [(newest,)] = connection.rows("SELECT max(last_day) FROM deposit WHERE received IS NULL OR last_day <= received")
    return date.fromordinal(newest) if newest else None


def _forget(store: SqlStore, wait: float, delete: Callable[[Connection], tuple[int, int]], dry_run: bool) -> Forgotten:
    found = Forgotten(0, 0, 0)
    with store.run(wait) as run:
        try:
            with run.edit() as connection:
                connection.leave_no_trace()
                deposits, lines = delete(connection)
                orphans = "DELETE FROM patient WHERE NOT EXISTS (SELECT 1 FROM deposit d WHERE d.patient = patient.id)"
                found = Forgotten(deposits, lines, connection.run(orphans))
                if dry_run:
                    raise _DryRun
        except _DryRun:
            return found
        except HistoryError as error:
            raise HistoryError(f"{error}; {_UNCHANGED}") from None
        try:
            connection.compact()
        except HistoryError as error:
            raise HistoryError(
                f"{error}; it was forgotten, but its space on the disk was not freed; run it again"
            ) from None
    return found


def _delete_expired(connection: Connection, first_day: Callable[[Service], date]) -> tuple[int, int]:
    firsts = {id: first_day(service).toordinal() for id, service in _terms(connection, Service)}
    latest = max(firsts.values(), default=0)
    after = deposits = lines = 0
    while rows := connection.rows(
        f"SELECT id, last_day, lines, body FROM deposit WHERE id > ? AND last_day < ? ORDER BY id LIMIT {_AT_ONCE}",
        [after, latest],
    ):
        gone, slim = [], []
        for id, last_day, count, body in rows:
            services = terms_in(body, count)[::2]
            kept = [at for at, service in enumerate(services) if last_day >= firsts[service]]
            lines += count - len(kept)
            if not kept:
                gone.append((id,))
            elif len(kept) < count:
                slim.append((len(kept), only(body, count, kept), id))
        connection.many("DELETE FROM deposit WHERE id = ?", gone)
        connection.many("UPDATE deposit SET lines = ?, body = ? WHERE id = ?", slim)
        deposits += len(gone)
        after = rows[-1][0]
    return deposits, lines


def _terms(connection: Connection, kind: type[Any]) -> Iterator[tuple[int, Any]]:
    """The terms of a kind: services, or parties."""
    for id, text in connection.rows("SELECT id, text FROM term"):
        if isinstance(value := value_of(text), kind):
            yield id, value


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _with_aliases(connection: Connection, patients: Iterable[bytes]) -> list[bytes]:
    aliases = Aliases(connection.rows("SELECT old, new FROM alias"))
    return sorted({same for patient in patients for same in aliases.of(patient)})


# -- which patients are one ------------------------------------------------------------------------


Pairs = Sequence[tuple[bytes, bytes]]
"""Of one patient the old hashes, each with its new one: a hash for each way in which claims may name them."""


def add_aliases(store: SqlStore, wait: float, patients: Iterable[Pairs]) -> int:
    """Have old hashes of patients be those of new ones; how many patients there are of whom they were not. Nothing else
    changes, so that it can be taken back.

    Raises:
        HistoryError: two would go round in a circle, or it could not be written; then none is.
    """
    with _changing(store, wait) as connection:
        return _add_aliases(connection, store.name, patients)


def remove_aliases(store: SqlStore, wait: float, patients: Iterable[Pairs]) -> int:
    """Take back that patients are one; how many patients there were.

    Raises:
        HistoryError: it could not be written.
    """
    with _changing(store, wait) as connection:
        sql = "DELETE FROM alias WHERE old = ? AND new = ?"
        return sum(sum([connection.run(sql, pair) for pair in pairs]) > 0 for pairs in patients)


def merge(store: SqlStore, other: SqlStore, wait: float) -> Added:
    """Add what another history of the same key has, with which of its patients are one: all of it, or nothing.

    Raises:
        HistoryError: it could not be; then nothing of it was.
    """
    with closing(other.reader()) as reader, store.run(wait) as run:
        deposits = _in_their_turn(reader.all(), run)
        while some := [*islice(deposits, _AT_ONCE)]:
            run.add(some)
        patients = [(pair,) for pair in reader.aliases()]

        def also(connection: Connection) -> None:
            _add_aliases(connection, store.name, patients)
            _keep_visits_since(connection, reader.visits_since)

        return run.commit({}, also)


def _in_their_turn(deposits: Iterable[Deposit], run: SqlRun) -> Iterator[Deposit]:
    """Deposits in order, as they were at first. What became superseded or void is so by the newest one of then, so
    that when each arrives those before it count that counted then."""
    ended: list[tuple[int, bytes, State]] = []
    newest = b""
    for one in deposits:
        while ended and ended[0][0] < one.id:
            _, content, state = heappop(ended)
            run.change([content], state, newest)
        newest = one.fingerprint
        if one.changed:
            heappush(ended, (one.changed, one.fingerprint, one.state))
        yield one._replace(state=State.SENT if one.sent else State.HELD)
    for _, content, state in sorted(ended):
        run.change([content], state, newest)


def _keep_visits_since(connection: Connection, first: date) -> None:
    """Note that visits before a day were deleted."""
    connection.run("UPDATE counter SET visits = ? WHERE visits < ?", [first.toordinal()] * 2)


def _add_aliases(connection: Connection, name: str, patients: Iterable[Pairs]) -> int:
    known = {bytes(old): bytes(new) for old, new in connection.rows("SELECT old, new FROM alias")}
    added = sum([_add_patient(connection, name, known, pairs) for pairs in patients])
    if added:
        connection.run(EDITED)
    return added


def _add_patient(connection: Connection, name: str, known: dict[bytes, bytes], pairs: Pairs) -> bool:
    """Have old hashes of a patient be those of new ones; whether one was not."""
    added = [(old, new) for old, new in pairs if old != new and known.get(old) != new]
    for old, new in added:
        if old in known:
            raise HistoryError(f"{name}: a patient is merged into another one already; undo that first")
        at: bytes | None = new
        while at:
            if at == old:
                raise HistoryError(f"{name}: two patients can't each be merged into the other")
            at = known.get(at)
        known[old] = new
        connection.run("INSERT INTO alias VALUES (?, ?)", [old, new])
    return bool(added)


@contextmanager
def _changing(store: SqlStore, wait: float) -> Iterator[Connection]:
    with store.run(wait) as run, run.edit() as connection:
        yield connection
