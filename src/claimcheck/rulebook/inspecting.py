"""What a rule book holds, where it has gaps, and whether it is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from claimcheck.rulebook import npi_blocks
from claimcheck.rulebook.deriving import GLOBAL_VISITS, showing_visits, visits_of
from claimcheck.rulebook.documents import documents
from claimcheck.rulebook.schema import DAY, KINDS, OPEN, Release, number_of, table_of
from claimcheck.rulebook.store import Fetched, Store, provenance_of
from claimcheck.rulebook.tables.ncci import PAIR
from claimcheck.rulebook.tables.npis import NPI
from claimcheck.rulebook.writing import content_of

_CODE = "[0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z]"


@dataclass(frozen=True)
class Span:
    """Days on which no release of a table governs, or on which two do."""

    table: str
    first: date
    last: date
    releases: tuple[Release, ...] = ()


def gaps(store: Store, table: str) -> Iterator[Span]:
    """The days between a table's releases that none of them governs."""
    covered: date | None = None
    for release in sorted(store.of(table), key=lambda release: release.first):
        if covered not in (None, date.max) and release.first > covered + DAY:
            yield Span(table, covered + DAY, release.first - DAY)
        covered = max(covered or release.last, release.last)


def overlaps(store: Store, table: str) -> Iterator[Span]:
    """The days that two releases of a table govern; the first of them wins."""
    releases = store.of(table)
    for n, winner in enumerate(releases):
        for other in releases[n + 1 :]:
            first, last = max(winner.first, other.first), min(winner.last, other.last)
            if first <= last:
                yield Span(table, first, last, (winner, other))


def ends(stores: Iterable[Store]) -> dict[str, date]:
    """The last day that the releases of each table speak of, where there is one."""
    found: dict[str, date] = {}
    for store in stores:
        for table in store.tables():
            lasts = [release.span[1] for release in store.of(table)]
            found[table] = max([*lasts, found.get(table, date.min)])
    return {table: last for table, last in sorted(found.items()) if number_of(last) < OPEN}


def spans(store: Store) -> Iterator[dict[str, Any]]:
    """All gaps and overlaps as plain JSON values; none of the starter book, where a row has days of its own."""
    for table in store.tables():
        if any(release.editions for release in store.of(table)):
            continue
        for kind, found in (("gap", gaps(store, table)), ("overlap", overlaps(store, table))):
            for one in found:
                yield {
                    "stretch": kind,
                    "table": table,
                    "first": one.first.isoformat(),
                    "last": one.last.isoformat(),
                    "releases": [release.name for release in one.releases],
                }


def as_dict(store: Store, release: Release) -> dict[str, Any]:
    """A release as plain JSON values."""
    fetched = {one.container: one for one in provenance_of(store).fetched}
    return {
        "release": release.name,
        "table": release.table,
        "first": release.first.isoformat(),
        "last": release.last.isoformat(),
        "rows": release.rows,
        "whole": release.complete_from is not None,
        "complete_from": release.complete_from.isoformat() if release.complete_from else None,
        "complete_to": release.complete_to.isoformat() if release.complete_to else None,
        "content": release.content,
        "citation": release.citation._asdict(),
        "note": release.note or None,
        "sources": [
            {**source._asdict(), "fetched": _origin(fetched.get(source.container or source.file))}
            for source in store.sources_of(release)
        ],
        "replaced_by": next((r.name for r in store.releases if r.id == release.replaced_by), None),
    }


def _origin(fetched: Fetched | None) -> dict[str, str] | None:
    """Where a file was fetched from, and when; the digest is that of the archive."""
    return {"url": fetched.url, "day": fetched.day.isoformat(), "sha256": fetched.sha256} if fetched else None


def licenses(store: Store) -> Iterator[dict[str, str]]:
    """The license agreements that were accepted, as plain JSON values."""
    for license in provenance_of(store).licenses:
        yield {"license": license.name, "page": license.page, "accepted": license.day.isoformat()}


def verify(store: Store, files: Iterable[Path] = ()) -> Iterator[str]:
    """What is wrong with a rule book: pages, counts, hashes, shapes, orphans, overlaps; and, of files given,
    whether the book was made of these.

    Raises:
        InvalidSourceFile: a file given can't be read.
    """
    db = store.connection
    try:
        yield from (
            f"the database is damaged: {said}" for (said,) in db.execute("PRAGMA integrity_check") if said != "ok"
        )
        yield from _orphans(db)
        for release in store.releases:
            yield from _content(store, release)
            yield from _shapes(db, release)
        for table in store.tables():
            for one, other in pairwise(store.of(table)):
                if (one.published, one.first, one.last) == (other.published, other.first, other.last):
                    yield f"{table}: {one.name} and {other.name} cover the same days, and neither is later"
        yield from _files(store, files)
    except sqlite3.DatabaseError as error:
        yield f"the database is damaged: {error}"


_LISTED = "SELECT code FROM listed WHERE release = ?"


def _orphans(db: sqlite3.Connection) -> Iterator[str]:
    """Rows of no release, or of one whose rows are gone; rows of no file."""
    made = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    kinds = [kind.name for kind in KINDS if kind.name in made]
    npis = [name for name in ("npis", "npi_term") if name in made]
    for name in (*kinds, "pairs", "pair_term", *npis, "absent", "border"):
        sql = f"SELECT count(*) FROM {name} WHERE release NOT IN (SELECT id FROM release WHERE replaced_by IS NULL)"
        (count,) = db.execute(sql).fetchone()
        if count:
            yield f"{name}: {count:,} rows belong to no release"
    for name in (*kinds, "pairs", *npis[:1]):
        sql = f"""SELECT count(*) FROM {name} WHERE source NOT IN (SELECT id FROM source WHERE release = {name}.release)
            AND release NOT IN (SELECT id FROM release WHERE in_table = ?)"""
        (count,) = db.execute(sql, (GLOBAL_VISITS,)).fetchone()
        if count:
            yield f"{name}: {count:,} rows name a file that their release was not read from"
    sql = """SELECT count(*) FROM pairs, json_each(column2s) AS item WHERE NOT EXISTS (SELECT 1 FROM pair_term
        WHERE pair_term.release = pairs.release AND term = CAST(substr(item.value, 7) AS INTEGER))"""
    (count,) = db.execute(sql).fetchone()
    if count:
        yield f"pairs: {count:,} have no dates and indicator"


def _content(store: Store, release: Release) -> Iterator[str]:
    if release.replaced_by is not None:
        return
    rows, content = content_of(store.connection, release.id, release.table)
    if rows != release.rows:
        yield f"{release.name}, {release.table}: has {rows:,} rows, but {release.rows:,} were read"
    elif content != release.content:
        yield f"{release.name}, {release.table}: its rows differ from those that were read (other hash)"
    read = sum(source.rows for source in store.sources_of(release))
    if release.table == GLOBAL_VISITS:
        yield from _derived(store, release)
    elif read != release.rows:
        yield f"{release.name}, {release.table}: its files had {read:,} rows, and it is noted to have {release.rows:,}"
    if release.last < release.first:
        yield f"{release.name}, {release.table}: ends before it begins"


def _derived(store: Store, release: Release) -> Iterator[str]:
    """A list that was made of other releases says what they say."""
    rows = {str(code) for (code,) in store.connection.execute(_LISTED, (release.id,))}
    made = {f"{pairs.name} with {fees.name}": (pairs, fees) for pairs, fees in showing_visits(store)}
    if release.name not in made or rows != visits_of(store.connection, *made[release.name]):
        yield f"{release.name}, {release.table}: differs from what these releases show"


def _shapes(db: sqlite3.Connection, release: Release) -> Iterator[str]:
    """Codes that are none, and days that end before they begin (an edit that never held does not)."""
    table = table_of(release.table)
    if table.kind is PAIR:
        name = "pair_term"
        pairs = db.execute("SELECT count(*) FROM pairs WHERE release = ? AND column1 NOT GLOB ?", (release.id, _CODE))
        if count := pairs.fetchone()[0]:
            yield f"{release.name}, {release.table}: {count:,} rows have an invalid column 1 code"
    elif table.kind is NPI:
        name = "npi_term"
        problems = npi_blocks.problems_of(db, release.id)
        yield from (f"{release.name}, {release.table}: {problem}" for problem in problems)
    else:
        name = table.kind.name
    sql = f"SELECT count(*) FROM {name} WHERE release = ? AND last < first"
    if count := db.execute(sql, (release.id,)).fetchone()[0]:
        yield f"{release.name}, {release.table}: {count:,} rows end before they begin"
    if table.is_by_code and table.kind is not PAIR:
        sql = f"SELECT count(*) FROM {name} WHERE release = ? AND code NOT GLOB ?"
        if count := db.execute(sql, (release.id, _CODE)).fetchone()[0]:
            yield f"{release.name}, {release.table}: {count:,} rows have an invalid code"


def _files(store: Store, files: Iterable[Path]) -> Iterator[str]:
    known = {source.sha256 for release in store.releases for source in store.sources_of(release)}
    for path in files:
        hashes = {document.sha256 for document in documents(path)}
        if not hashes & known:
            yield f"{path}: no release in the book was read from this file"
