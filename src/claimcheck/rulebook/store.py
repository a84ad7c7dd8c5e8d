"""The store: one SQLite database with every release of a rule book and its rows, to look up in.

A rule book on disk is one such file, made by ``claimcheck rules add`` and never changed in place; the
starter book, a payer's overlay and the few rows of an example are the same tables in memory.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from claimcheck import ClaimcheckError
from claimcheck.message import Citation
from claimcheck.rulebook.schema import (
    APPLICATION,
    DAY,
    KINDS,
    NEWER,
    SCHEMA,
    SCHEMA_VERSION,
    Edition,
    Release,
    day_of,
    end_of,
    kind_of,
    number_of,
    select_of,
    statements,
    written,
)
from claimcheck.rulebook.tables import Key, Kind, Row
from claimcheck.rulebook.tables.ncci import ADD_ON, PAIR, AddOn, Pair
from claimcheck.rulebook.tables.npis import NPI, Npi, Term, is_npi

if TYPE_CHECKING:
    from claimcheck.rulebook.npi_blocks import NpiList


class BookError(ClaimcheckError):
    """A rule book that can't be opened or changed; the text says which and why."""


class RuleDataError(ClaimcheckError, ValueError):
    """A rule file that can't be used: which one, where in it, and what was expected there."""

    def __init__(self, file: str, line: int, field: str, found: str, expected: str) -> None:
        where = f"{file}:{line}: {field}: " if field else f"{file}:{line}: "
        super().__init__(f"{where}found {found}, expected {expected}")
        self.file, self.line, self.field, self.found, self.expected = file, line, field, found, expected


def shipped_rules() -> Path:
    """The folder of the rules that come with claimcheck."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_rules"
    return installed if installed.is_dir() else package.parents[1] / "rules"


class OutdatedBook(BookError):
    """A rule book of another version of claimcheck. ``hashes`` are those of the files that it was made of."""

    def __init__(self, text: str, hashes: frozenset[str]) -> None:
        super().__init__(text)
        self.hashes = hashes


@dataclass(frozen=True, slots=True)
class Absent:
    """What a look-up gives where a release in force has no such row: a published fact, not a gap.
    ``source`` names that release."""

    source: str = "example"

    def __bool__(self) -> Literal[False]:
        return False


class Source(NamedTuple):
    """A file, or a sheet of one, that a release was read from; ``rows`` of it were kept. ``container`` is
    the zip archive around it."""

    file: str
    container: str = ""
    sheet: str = ""
    sha256: str = ""
    rows: int = 0


def place_of(source: Source) -> str:
    """A file as people name it: sheet and archive too."""
    sheet = f", sheet {source.sheet}" if source.sheet else ""
    return f"{source.file}{sheet}" + (f" in {source.container}" if source.container else "")


class Fetched(NamedTuple):
    """Where a file was downloaded from."""

    container: str
    url: str
    sha256: str
    day: date


class License(NamedTuple):
    """A license agreement that was accepted: whose, the page where it can be read, and the day."""

    name: str
    page: str
    day: date


class Provenance(NamedTuple):
    """How files came here: where each was downloaded from, and the licenses that were accepted for it."""

    fetched: tuple[Fetched, ...] = ()
    licenses: tuple[License, ...] = ()


class Period(NamedTuple):
    """A row, the days for which it holds, and where it was read; ``row`` is None where a release says
    that there is none."""

    first: date
    last: date
    row: Row | None
    release: Release
    source: int = 0
    line: int = 0


def new_database(target: str = ":memory:") -> sqlite3.Connection:
    """An empty rule book's database."""
    connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
    if target == ":memory:" and hasattr(connection, "deserialize"):
        connection.deserialize(_empty_database())  # a copy takes a twentieth of the time
        return connection
    return _with_schema(connection)


@cache
def _empty_database() -> bytes:
    with closing(_with_schema(sqlite3.connect(":memory:", isolation_level=None))) as connection:
        return connection.serialize()


def _with_schema(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.executescript(SCHEMA)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return connection


def check_is_book(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that a database is a rule book of this version. It may be from before there was some table: then it
    has no release of it.

    Raises:
        OutdatedBook: it is one of another version.
        BookError: it is not one.
    """
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION:
            raise BookError(f"{path}: not a rule book. Create one: `claimcheck rules add --rulebook PATH FILE...`")
        why = f"its tables are version {version}, these are {SCHEMA_VERSION}" if version != SCHEMA_VERSION else ""
        why = why or ", ".join(f"its table {name} differs" for name in _differing(connection))
        if why:
            raise _outdated(connection, path, why)
    except sqlite3.DatabaseError as error:
        raise BookError(f"{path}: not a rule book, or damaged ({error})") from None


def _made(connection: sqlite3.Connection) -> dict[str, str]:
    """The SQL that a database's tables and views were made by, by name."""
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _differing(connection: sqlite3.Connection) -> list[str]:
    """The tables that a database has otherwise than they are made now; newer ones may be missing."""
    made = _made(connection)
    others = [(name, sql, made.get(name)) for name, sql in statements().items() if made.get(name) != sql]
    return [n for n, sql, was in others if (was is None and n not in NEWER) or (was and was.split() != sql.split())]


def add_tables(connection: sqlite3.Connection) -> None:
    """Add the tables to a rule book that there were none of when it was made."""
    made = _made(connection)
    for name, sql in statements().items():
        if name not in made:
            connection.execute(sql)


def _outdated(connection: sqlite3.Connection, path: Path, why: str) -> OutdatedBook:
    """The error that says how to make a book again. Its rows can't be taken over: what its files had for a column
    that it lacks is in the files alone."""
    sql = """SELECT coalesce(nullif(container, ''), file), sha256 FROM source WHERE release IN
        (SELECT id FROM release WHERE replaced_by IS NULL) ORDER BY id"""
    from shlex import quote

    try:
        sources = connection.execute(sql).fetchall()
    except sqlite3.OperationalError:
        sources = []
    files = " ".join(dict.fromkeys(quote(file) for file, _ in sources)) or "FILE..."
    return OutdatedBook(
        f"{path}: was made by another version of claimcheck ({why}); make it again of the same files: "
        f"`claimcheck rules add --rulebook {quote(str(path))} {files}`",
        frozenset(sha256 for _, sha256 in sources),
    )


class BookFile:
    """The file of a rule book, kept open: whatever takes its place at its path, by a rename or a link that is
    switched, and also when it is removed, it is read on to the end. Reading needs no lock and writes nothing.

    Raises:
        OSError: there is no such file, or it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)
        self._opened = os.fstat(self._handle)

    def connect(self) -> sqlite3.Connection:
        """A connection of its own to this very file. Where that is not at its path any more, SQLite, which opens
        files by path alone, is given its bytes."""
        if self._is_at_path():
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            with suppress(sqlite3.OperationalError):
                connection = _connection(uri)
                if self._is_at_path():  # still, so that it is what SQLite has opened
                    return connection
                connection.close()
        import mmap  # seldom needed

        connection = _connection(":memory:")
        with mmap.mmap(self._handle, 0, access=mmap.ACCESS_READ) as data:
            connection.deserialize(data)
        return connection

    def must_be_unchanged(self) -> None:
        """Make sure that nobody wrote into the file.

        Raises:
            BookError: somebody did.
        """
        now, opened = os.fstat(self._handle), self._opened
        if (now.st_size, now.st_mtime_ns) != (opened.st_size, opened.st_mtime_ns):
            raise BookError(f"{self.path}: was overwritten while in use. Put a new rule book there by a rename (`mv`)")

    def _is_at_path(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), self._opened)
        except OSError:
            return False


def _connection(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)


@lru_cache(maxsize=1 << 16)
def _one_term(written: str) -> tuple[int, ...]:
    """The term of most pairs, one object for all that share it: a code has hundreds of pairs, and few terms."""
    return (int(written),)


class Store:
    """One rule book's database.

    Attributes:
        overlay: names the payer's overlay that it is, as its rows then do.
        codes: a pattern that the procedure codes fit of which alone it has rows; "" where it may have any.
    """

    codes = ""

    def __init__(self, connection: sqlite3.Connection, overlay: str = "") -> None:
        self.connection = connection
        self.overlay = overlay
        self._file: BookFile | None = None
        self.releases = _releases(connection)
        self._of_table: dict[str, list[Release]] = {}
        for release in sorted(self.releases, key=_precedence):
            if release.replaced_by is None:
                self._of_table.setdefault(release.table, []).append(release)
        self._saying_absent = {id for (id,) in connection.execute("SELECT DISTINCT release FROM absent")}
        self.pairs_of = lru_cache(maxsize=1024)(self._pairs_of)

    @classmethod
    def open(cls, path: Path) -> Store:
        """A rule book's file, to read only. It is never changed in place, so no reader waits for anybody.

        Raises:
            BookError: there is no such file, or it is no rule book.
        """
        if not path.is_file():
            raise BookError(f"{path}: rule book not found. Create one: `claimcheck rules add`")
        try:
            file = BookFile(path)
        except OSError as error:
            raise BookError(f"{path}: can't be read: {error.strerror}") from None
        connection = file.connect()
        check_is_book(connection, path)
        try:
            store = cls(connection)
        except sqlite3.DatabaseError as error:
            raise BookError(f"{path}: is damaged ({error})") from None
        store._file = file
        return store

    def reopen(self) -> None:
        """Open the same file once more: a process that was forked off can't share the place at which its parent reads.
        What is in memory is its own.

        Raises:
            BookError: somebody wrote into the file, so that it is not what the parent has read.
        """
        if self._file:
            self.connection = self._file.connect()
            self.must_be_unchanged()

    def must_be_unchanged(self) -> None:
        """Make sure that all that was looked up is of one book.

        Raises:
            BookError: somebody wrote into the file since it was opened.
        """
        if self._file:
            self._file.must_be_unchanged()

    def may_have(self, key: Key) -> bool:
        """Whether it may say anything of a procedure code, or of a key that begins with one."""
        return not self.codes or re.match(self.codes, key if isinstance(key, str) else key[0]) is not None

    def tables(self) -> list[str]:
        """The names of the tables that have a release."""
        return list(self._of_table)

    def of(self, table: str) -> list[Release]:
        """The releases of a table; where two cover a day, the first of them wins."""
        return self._of_table.get(table, [])

    # Looking up.

    def find(self, release: Release, key: Key, day: date) -> Row | Absent | None:
        """What a release says of a key on a day; None where it is not known to say anything."""
        if not self.may_have(key):
            return None
        kind = kind_of(release.table)
        if kind is PAIR:
            return self._find_pair(release, key, day)
        if kind is NPI:
            return self._find_npi(release, key, day)
        records = self._records(kind, release, key)
        number, n = number_of(day), 1 + len(kind.key)
        for record in records:
            if record[n] <= number <= record[n + 1]:
                return row_of(kind, record, self._cited(release, key, day))
        return self._missing(release, key, day, bool(records))

    def primaries(self, release: Release, code: str, day: date) -> tuple[AddOn, ...] | Absent | None:
        """The rows of an add-on code that hold on a day. One whose edit ended as it began never held."""
        if not self.may_have(code):
            return None
        records = self.connection.execute(select_of(ADD_ON, "release = ? AND code = ?"), (release.id, code)).fetchall()
        number, source = number_of(day), self._cited(release, code, day)
        held = [r for r in records if r[3] <= number <= r[4] and r[3] != r[4]]
        if held:
            return tuple(cast("AddOn", row_of(ADD_ON, record, source)) for record in held)
        return self._missing(release, code, day, bool(records))

    def _find_pair(self, release: Release, key: Key, day: date) -> Row | Absent | None:
        column1, column2 = cast("tuple[str, str]", key)
        terms = self.pairs_of(release.id, column1).get(column2, ())
        held = self._term_on(release, terms, day)
        if held:
            indicator, first, last, prior_1996, rationale = held
            source = self._cited(release, key, day)
            return Pair(indicator, day_of(first), end_of(last), bool(prior_1996), rationale, source)
        return self._missing(release, key, day, bool(terms))

    def _find_npi(self, release: Release, key: Key, day: date) -> Row | Absent | None:
        held, number = self._held(release, key), number_of(day)
        for first, last, value in held:
            if first <= number <= last:
                return Npi(value, day_of(first), end_of(last), self._cited(release, key, day))
        return self._missing(release, key, day, bool(held))

    def _held(self, release: Release, key: Key) -> Term:
        """The rows of an NPI as they are stored."""
        npi = written(key)
        return self._npis_of(release).find(int(npi)) if is_npi(npi) else ()

    def _term_on(self, release: Release, terms: Iterable[int], day: date) -> tuple[Any, ...] | None:
        """The terms of a pair that hold on a day; None where none do."""
        number = number_of(day)
        for term in terms:
            held = self.terms_of(release.id)[term]
            if held[1] <= number <= held[2] and held[0] != "9":
                return held
        return None

    def find_pairs(self, release: Release, column1: str, column2s: frozenset[str], day: date) -> dict[str, str]:
        """Of some codes, those of which a release has a row as column 2 of a code, each with the indicator of
        the edit on a day; "" where none is in force then."""
        if not self.may_have(column1):
            return {}
        terms = self.pairs_of(release.id, column1)
        both = column2s.intersection(terms) if len(terms) < len(column2s) else terms.keys() & column2s
        held = {column2: self._term_on(release, terms[column2], day) for column2 in both}
        return {column2: term[0] if term else "" for column2, term in held.items()}

    def listed_npis(self, release: Release, npis: Iterable[str]) -> Iterator[tuple[str, Term]]:
        """Those of some NPIs that a release lists, each with its rows as they are stored."""
        find = self._npis_of(release).find
        for npi in npis:
            if len(npi) == 10 and npi.isdecimal() and (held := find(int(npi))):
                yield npi, held

    def _npis_of(self, release: Release) -> NpiList:
        from claimcheck.rulebook.npi_blocks import NpiList

        known = self._npis.get(release.id)
        if known is None:
            known = self._npis[release.id] = NpiList(lambda: self.connection, release.id)
        return known

    @cached_property
    def _npis(self) -> dict[int, NpiList]:
        return {}

    def says_absent(self, release: Release, column1: str, days: set[date]) -> set[str]:
        """The codes that a release says not to be column 2 of a code on one of some days."""
        if release.id not in self._saying_absent:
            return set()
        sql = "SELECT key, first, last FROM absent WHERE release = ? AND key BETWEEN ? AND ?"
        said = self.connection.execute(sql, (release.id, f"{column1}-", f"{column1}.")).fetchall()
        numbers = [number_of(day) for day in days]
        return {key[len(column1) + 1 :] for key, first, last in said if any(first <= n <= last for n in numbers)}

    def _pairs_of(self, release: int, column1: str) -> dict[str, tuple[int, ...]]:
        """Column 2 of every row of a column-1 code, with its terms. (``pairs_of`` remembers some.)"""
        sql = "SELECT column2s FROM pairs WHERE release = ? AND column1 = ?"
        packs = self.connection.execute(sql, (release, column1))
        items = [item for (column2s,) in packs for item in json.loads(column2s)]
        found: dict[str, tuple[int, ...]] = {sys.intern(item[:5]): _one_term(item[6:]) for item in items}
        if len(found) < len(items):  # a pair has a row for each time that it was in force
            found = {}
            for item in items:
                found[item[:5]] = (*found.get(item[:5], ()), int(item[6:]))
        return found

    def terms_of(self, release: int) -> Mapping[int, tuple[Any, ...]]:
        """The terms of a release's pairs: indicator, first and last day, prior to 1996, rationale."""
        known = self._terms.get(release)
        if known is None:
            sql = "SELECT term, indicator, first, last, prior_1996, rationale FROM pair_term WHERE release = ?"
            known = self._terms[release] = {
                term: tuple(rest) for term, *rest in self.connection.execute(sql, (release,))
            }
        return known

    @cached_property
    def _terms(self) -> dict[int, dict[int, tuple[Any, ...]]]:
        return {}

    def _missing(self, release: Release, key: Key, day: date, elsewhen: bool) -> Absent | None:
        """What it means that a release has no row for a day, though perhaps for others."""
        source = f"{self._cited(release, key, day)} (not listed)"
        if release.lists(key, day) or (elsewhen and kind_of(release.table).self_dated):
            return Absent(source)
        said = release.id in self._saying_absent and self._said_absent(release, key, day)
        return Absent(source) if said else None

    def _said_absent(self, release: Release, key: Key, day: date) -> bool:
        sql = "SELECT 1 FROM absent WHERE release = ? AND key = ? AND ? BETWEEN first AND last"
        return self.connection.execute(sql, (release.id, written(key), number_of(day))).fetchone() is not None

    def _cited(self, release: Release, key: Key, day: date) -> str:
        of = f"overlay {self.overlay}: " if self.overlay else ""
        return f"{of}{release.cited_on(day)} {written(key)}"

    def _records(self, kind: Kind, release: Release, key: Key) -> list[tuple[Any, ...]]:
        parts = (key,) if isinstance(key, str) else key
        if kind is NPI:
            return [(release.id, *parts, *held, None, None) for held in self._held(release, key)]
        return self.connection.execute(_OF_A_KEY[kind.name], (release.id, *parts)).fetchall()

    # Walking over everything.

    def periods(self, table: str, key: Key) -> list[Period]:
        """Every row of a key in a table, whatever its days, the later release first; what a release says
        to be absent too."""
        if not self.may_have(key):
            return []
        kind = kind_of(table)
        found: list[Period] = []
        for release in self.of(table):
            ends = self._superseded(release)
            if kind is PAIR:
                found += self._pair_periods(release, key)
                continue
            rows = (_period(kind, release, record) for record in self._records(kind, release, key))
            found += [row._replace(last=min(row.last, ends)) for row in rows if row.first <= ends]
            if release.id in self._saying_absent:
                sql = "SELECT first, last FROM absent WHERE release = ? AND key = ?"
                days = self.connection.execute(sql, (release.id, written(key)))
                found += [Period(day_of(first), day_of(last), None, release) for first, last in days]
        return found

    def _superseded(self, release: Release) -> date:
        """The last day before a later release, which lists everything, governs instead."""
        later = (r.first for r in self.of(release.table) if r.complete_from and r.published > release.published)
        return min((first - DAY for first in later if first > release.first), default=date.max)

    def _pair_periods(self, release: Release, key: Key) -> Iterator[Period]:
        column1, column2 = cast("tuple[str, str]", key)
        sql = "SELECT row, source, column2s FROM pairs WHERE release = ? AND column1 = ?"
        for start, origin, column2s in self.connection.execute(sql, (release.id, column1)).fetchall():
            for line, item in enumerate(json.loads(column2s), start):
                if item.startswith(column2):
                    indicator, first, last, prior_1996, rationale = self.terms_of(release.id)[int(item[6:])]
                    days = day_of(first), end_of(last)
                    row = Pair(indicator, *days, bool(prior_1996), rationale, f"{release.name} {written(key)}")
                    yield Period(days[0], day_of(last), row, release, origin or 0, line)

    def pairs_with(self, release: Release, code: str) -> Iterator[tuple[int, str]]:
        """The column of a code and the other code, of each row that it is in, whatever its days."""
        yield from ((1, other) for other in self.pairs_of(release.id, code))
        sql = "SELECT DISTINCT column1 FROM pairs WHERE release = ? AND instr(column2s, ?)"
        yield from ((2, column1) for (column1,) in self.connection.execute(sql, (release.id, f'"{code} ')))

    def keys(self, table: str, code: str = "") -> list[Key]:
        """Every key of a table that has a row, or every one of a code, in order; of pairs, column 1 alone."""
        ids = ", ".join(str(release.id) for release in self.of(table))
        kind = kind_of(table)
        rows, key = ("pairs", ("column1",)) if kind is PAIR else (kind.name, kind.key)
        sql = f"SELECT DISTINCT {', '.join(key)} FROM {rows} WHERE release IN ({ids})"
        sql += f" AND {key[0]} = :code" if code else ""
        found = self.connection.execute(f"{sql} ORDER BY {', '.join(key)}", {"code": code}).fetchall()
        return [key[0] if len(key) == 1 else key for key in found]

    def keys_under(self, table: str, start: str) -> list[str]:
        """Every key of a table of plain codes that begins with a code and is longer."""
        ids, kind = ", ".join(str(release.id) for release in self.of(table)), kind_of(table)
        (code,) = kind.key
        sql = f"SELECT DISTINCT {code} FROM {kind.name} WHERE release IN ({ids}) AND {code} > ? AND {code} < ?"
        return [key for (key,) in self.connection.execute(sql, (start, f"{start}~"))]

    def sources_of(self, release: Release) -> list[Source]:
        """The files that a release was read from."""
        sql = "SELECT file, container, sheet, sha256, rows FROM source WHERE release = ? ORDER BY id"
        return [Source(*record) for record in self.connection.execute(sql, (release.id,))]

    def source(self, id: int) -> Source | None:
        """One of the files, by the number that its rows bear."""
        sql = "SELECT file, container, sheet, sha256, rows FROM source WHERE id = ?"
        record = self.connection.execute(sql, (id,)).fetchone()
        return Source(*record) if record else None

    def change_dates(self) -> set[date]:
        """Every day on which something that the book says changes."""
        days = {day_of(day) for (day,) in self.connection.execute("SELECT DISTINCT day FROM border")}
        for release in self.releases:
            spans = [(release.first, release.last), *((e.first, e.last) for e in release.editions)]
            for first, last in spans:
                days |= {first, last + DAY} if last < date.max else {first}
            if release.complete_from:
                days.add(release.complete_from)
            if release.complete_to and release.complete_to < date.max:
                days.add(release.complete_to + DAY)
        return days


_OF_A_KEY = {
    kind.name: select_of(kind, " AND ".join(f"{column} = ?" for column in ("release", *kind.key))) for kind in KINDS
}


def provenance_of(store: Store) -> Provenance:
    """How the files came here that ``claimcheck rules fetch`` added."""
    try:
        fetched = store.connection.execute("SELECT container, url, sha256, day FROM fetched ORDER BY container")
        licenses = store.connection.execute("SELECT name, page, day FROM license ORDER BY name")
    except sqlite3.OperationalError:  # the book is from before there were such tables
        return Provenance()
    return Provenance(
        tuple(Fetched(container, url, sha256, day_of(day)) for container, url, sha256, day in fetched),
        tuple(License(name, page, day_of(day)) for name, page, day in licenses),
    )


def row_of(kind: Kind, record: Sequence[Any], source: str) -> Row:
    """The row of a record that ``select_of`` gave."""
    n = 1 + len(kind.key)
    given = dict(zip(kind.values, record[n + 2 : -2], strict=True))
    for name in kind.days:
        given[name] = None if given[name] is None else day_of(given[name])
    in_part = kind.in_part is not None and None in given.values()
    for name in kind.flags:
        given[name] = None if in_part and given[name] is None else bool(given[name])
    if kind.carries:
        given.update(zip(kind.carries, record[2:n], strict=True))
    if kind.self_dated:
        given.update(first=day_of(record[n]), last=end_of(record[n + 1]))
    row: Row = (kind.in_part if in_part and kind.in_part else kind.row)(**given, source=source)
    return row


def _period(kind: Kind, release: Release, record: Sequence[Any]) -> Period:
    n = 1 + len(kind.key)
    first, last = day_of(record[n]), day_of(record[n + 1])
    key = cast("Key", record[1] if len(kind.key) == 1 else tuple(record[1:n]))
    row = row_of(kind, record, f"{release.name} {written(key)}")
    return Period(max(first, release.first), min(last, release.last), row, release, record[-2] or 0, record[-1] or 0)


def _precedence(release: Release) -> tuple[int, int, int]:
    """Later published, then narrower, wins."""
    return -number_of(release.published), (release.last - release.first).days, -release.id


def _releases(connection: sqlite3.Connection) -> list[Release]:
    editions: dict[int, list[Edition]] = {}
    for release, name, first, last in connection.execute(
        "SELECT release, name, first, last FROM edition ORDER BY first"
    ):
        editions.setdefault(release, []).append(Edition(name, day_of(first), day_of(last)))
    sql = """SELECT id, name, in_table, first, last, published, complete_from, complete_to, complete_for, title,
        edition, url, note, rows, content, replaced_by FROM release ORDER BY id"""
    return [
        Release(
            id=id,
            name=name,
            table=table,
            first=day_of(first),
            last=day_of(last),
            published=day_of(published),
            complete_from=day_of(complete_from) if complete_from else None,
            complete_to=day_of(complete_to) if complete_to else None,
            complete_for=complete_for,
            citation=Citation(title, section, url),
            note=note,
            editions=tuple(editions.get(id, ())),
            rows=rows,
            content=content,
            replaced_by=replaced_by,
        )
        for (
            id, name, table, first, last, published, complete_from, complete_to, complete_for, title, section, url,
            note, rows, content, replaced_by,
        ) in connection.execute(sql)
    ]  # fmt: skip
