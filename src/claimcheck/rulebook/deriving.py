"""The visits that a procedure's global period includes, as each release of pairs shows them.

CMS publishes no list of them. But it bundles them, and no other visits that it pays, into nearly every procedure
with 0 or 10 global days: they are column 2 of at least 97 of 100 of these. A release of practitioners' pairs and
the fee schedule of the same quarter make the list of that quarter.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Final

from claimcheck.message import Citation
from claimcheck.rulebook.schema import Release, number_of
from claimcheck.rulebook.sections import is_evaluation
from claimcheck.rulebook.store import Store
from claimcheck.rulebook.tables.code_sets import Listed
from claimcheck.rulebook.tables.ncci import PAIR_TABLES
from claimcheck.rulebook.writing import Writer, content_of

GLOBAL_VISITS: Final = "global_visits"
_SHARE: Final = 0.97


def derive_visits(connection: sqlite3.Connection) -> list[Release]:
    """Make the list of each quarter anew, after pairs or fee schedules have changed; what was made."""
    for release in Store(connection).of(GLOBAL_VISITS):
        Writer(connection).drop_rows(release)
        connection.execute("DELETE FROM release WHERE id = ?", (release.id,))
    return [_list_of(connection, pairs, fees) for pairs, fees in showing_visits(Store(connection))]


def showing_visits(store: Store) -> Iterator[tuple[Release, Release]]:
    """Each release of pairs with the fee schedule in force when it ends, where both are whole."""
    for pairs in store.of(PAIR_TABLES[0]):
        fees = next((r for r in store.of("fee_schedule") if r.first <= pairs.last <= r.last), None)
        if fees and fees.complete_from and pairs.complete_from:
            yield pairs, fees


def _list_of(connection: sqlite3.Connection, pairs: Release, fees: Release) -> Release:
    writer = Writer(connection)
    release = Release(
        f"{pairs.name} with {fees.name}",
        GLOBAL_VISITS,
        pairs.published,
        pairs.last,
        Citation(pairs.citation.title, f"visits bundled into procedures of 0 and 10 days in {fees.name}"),
        complete_from=pairs.published,
        published=pairs.published,
    )
    id = writer.release(release)
    for code in sorted(visits_of(connection, pairs, fees)):
        writer.row(id, GLOBAL_VISITS, code, Listed(), release.first, release.last)
    writer.borders_of_rows(id, GLOBAL_VISITS)
    rows, content = content_of(connection, id, GLOBAL_VISITS)
    connection.execute("UPDATE release SET rows = ?, content = ? WHERE id = ?", (rows, content, id))
    return next(r for r in Store(connection).releases if r.id == id)


def visits_of(connection: sqlite3.Connection, pairs: Release, fees: Release) -> set[str]:
    """Visits that are column 2 of nearly every payable procedure with 0 or 10 global days."""
    day = number_of(pairs.last)
    sql = "SELECT code FROM fee WHERE release = ? AND modifier = '' AND status = 'A'"
    visits = {code for (code,) in connection.execute(sql, (fees.id,)) if is_evaluation(code)}
    sql = "SELECT term FROM pair_term WHERE release = ? AND indicator != '9' AND ? BETWEEN first AND last"
    in_force = {str(term) for (term,) in connection.execute(sql, (pairs.id, day))}
    sql = (
        "SELECT column1, column2s FROM pairs WHERE release = ? AND column1 IN (SELECT code FROM fee WHERE release = ? "
        "AND modifier = '' AND status = 'A' AND global_days IN ('000', '010')) ORDER BY column1"
    )
    procedures: set[str] = set()
    counts: Counter[str] = Counter()
    for column1, column2s in connection.execute(sql, (pairs.id, fees.id)):
        procedures.add(column1)
        counts.update({item[:5] for item in json.loads(column2s) if item[6:] in in_force} & visits)
    return {code for code, count in counts.items() if count >= _SHARE * len(procedures)}
