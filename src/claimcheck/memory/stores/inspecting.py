"""What is in a history, and whether it is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import NamedTuple

from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.stores.connections import Connection
from claimcheck.memory.stores.packing import RECORD_BYTES, Party, terms_in, value_of
from claimcheck.memory.stores.sql import VERSION, SqlStore


class PayerStats(NamedTuple):
    """What a history has of a payer; ``known_since`` is the day since which it has all claims of each provider."""

    payer: str
    deposits: int
    lines: int
    first_day: date
    last_day: date
    known_since: date | None


class Stats(NamedTuple):
    """What a history has; ``bytes`` on disk, with its indexes. ``aliases`` are those of its ``patients`` who are merged
    into others."""

    schema: int
    deposits: int
    sent: int
    held: int
    superseded: int
    void: int
    lines: int
    patients: int
    aliases: int
    inputs: int
    first_day: date | None
    last_day: date | None
    bytes: int
    payers: tuple[PayerStats, ...]


def stats(store: SqlStore) -> Stats:
    """Count what a history has.

    Raises:
        HistoryError: it can't be read.
    """
    with closing(store.connect(to_read=True)) as connection, connection.snapshot():
        states: Counter[int] = Counter(
            dict(
                connection.rows(
                    "SELECT CASE WHEN state > 0 THEN state WHEN sent > 0 THEN 1 ELSE 0 END, count(*) FROM deposit"
                    " GROUP BY 1"
                )
            )
        )
        payers = _payers(connection)
        count = {table: connection.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("patient", "input")}
        [(aliases,)] = connection.rows("SELECT count(*) FROM alias a JOIN patient p ON p.hash = a.old")
        return Stats(
            VERSION,
            sum(states.values()),
            states[1],
            states[0],
            states[2],
            states[3],
            sum(payer.lines for payer in payers),
            count["patient"],
            aliases,
            count["input"],
            min((payer.first_day for payer in payers), default=None),
            max((payer.last_day for payer in payers), default=None),
            connection.size(),
            payers,
        )


def _payers(connection: Connection) -> tuple[PayerStats, ...]:
    found: dict[str, PayerStats] = {}
    since = _known_since(connection)
    sql = (
        "SELECT t.text, count(*), sum(d.lines), min(d.last_day - d.span), max(d.last_day)"
        " FROM deposit d JOIN term t ON t.id = d.party GROUP BY t.text"
    )
    for text, deposits, lines, first, last in connection.rows(sql):
        party = value_of(text)
        assert isinstance(party, Party)
        days = date.fromordinal(first), date.fromordinal(last)
        before = found.get(party.payer) or PayerStats(party.payer, 0, 0, *days, since.get(party.payer))
        found[party.payer] = PayerStats(
            party.payer,
            before.deposits + deposits,
            before.lines + int(lines),
            min(before.first_day, days[0]),
            max(before.last_day, days[1]),
            before.known_since,
        )
    return tuple(found[payer] for payer in sorted(found))


def _known_since(connection: Connection) -> dict[str, date]:
    """By payer the latest of the days since which the claims of each provider are known."""
    firsts: dict[tuple[str, str | None], int] = {}
    for text, day in connection.rows("SELECT t.text, b.day FROM beginning b JOIN term t ON t.id = b.party"):
        party = value_of(text)
        assert isinstance(party, Party)
        provider = party.payer, party.billing_npi
        firsts[provider] = min(day, firsts.get(provider, day))
    latest: dict[str, int] = {}
    for (payer, _), day in firsts.items():
        latest[payer] = max(day, latest.get(payer, day))
    return {payer: date.fromordinal(day) for payer, day in latest.items()}


def problems(store: SqlStore) -> Iterator[str]:
    """What is wrong with a history, in plain words; nothing where it is whole.

    Raises:
        HistoryError: it can't be read at all.
    """
    with closing(store.connect(to_read=True)) as connection, connection.snapshot():
        try:
            broken = [*connection.problems()]
            yield from broken
            if not broken:
                yield from _problems(connection)
        except HistoryError as error:
            yield str(error)


def _problems(connection: Connection) -> Iterator[str]:
    [(last, patients, terms)] = connection.rows("SELECT last, patients, terms FROM counter")
    known = dict.fromkeys(id for (id,) in connection.rows("SELECT id FROM term"))
    people = {id for (id,) in connection.rows("SELECT id FROM patient")}
    if (known and max(known) > terms) or (people and max(people) > patients):
        yield "terms or patients have higher numbers than were given"
    seen: set[int] = set()
    for id, patient, party, sent, changed, lines, body in connection.each(
        "SELECT id, patient, party, sent, changed, lines, body FROM deposit"
    ):
        seen.add(patient)
        if not 0 < id <= last or max(sent, changed) > last:
            yield f"deposit {id} has a number that was not given"
        if patient not in people:
            yield f"deposit {id} is of a patient who is missing"
        if lines < 1 or len(body) < lines * RECORD_BYTES:
            yield f"deposit {id} lacks lines"
        elif not known.keys() >= {party, *terms_in(body, lines)}:
            yield f"deposit {id} has terms that are missing"
    parties = {party for (party,) in connection.rows("SELECT party FROM beginning")}
    if not known.keys() >= parties:
        yield "it is not known whose claims begin when: terms are missing"
    if people - seen:
        yield f"patients without a deposit: {len(people - seen):,}"
