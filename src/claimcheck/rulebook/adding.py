"""``claimcheck rules add``: published files into a rule book, all of them or none.

The book is built beside the old one and swapped in by one rename. Until then nobody sees anything of it; a
reader that has the old one open keeps it. Whatever goes wrong leaves the old book as it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from claimcheck.rulebook.building import changing, locked
from claimcheck.rulebook.cms import Document, InvalidSourceFile, Part, Told, UnsupportedFile, documents, parts_of
from claimcheck.rulebook.comparing import differences
from claimcheck.rulebook.deriving import derive_visits
from claimcheck.rulebook.npi_blocks import ConflictError, pack
from claimcheck.rulebook.parts import Notes, Record
from claimcheck.rulebook.schema import OPEN, Release, kind_of, number_of, select_of
from claimcheck.rulebook.store import (
    BookError,
    Provenance,
    Store,
)
from claimcheck.rulebook.tables.ncci import PAIR_TABLES
from claimcheck.rulebook.tables.npis import NPI
from claimcheck.rulebook.writing import Term, Writer, content_of

_FORMATS: Final = ("csv", "tab", "fixed", "xlsx")
"""Of the same table in several formats, the first is read."""
_LIKELY: Final = 0.85
"""A whole release has at least this part of the rows of the one nearest in time, within a year."""
_NEAR: Final = timedelta(days=400)
_SHOWING_VISITS: Final = (PAIR_TABLES[0], "fee_schedule")
"""Tables that show together which visits a global period includes."""


@dataclass
class Report:
    """What became of the files: a line for each release, and what else there is to say."""

    added: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def add(
    book: Path,
    files: Iterable[Path],
    told: Told | None = None,
    *,
    partial: bool = False,
    provenance: Provenance | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Add the tables in published files to a rule book, which is made if it is not there.

    Args:
        book: the rule book's file.
        files: zip, csv, txt or xlsx, as CMS publishes them.
        told: what they do not say themselves.
        partial: take releases that are not whole, too; a missing row in one proves nothing.
        provenance: how the files came here, where they were fetched.
        progress: told the release that is added, how many were before it, and how many there are.

    Raises:
        InvalidSourceFile: one of the files can't be used; the book is as it was.
        BookError: the book can't be changed; the book is unchanged.
    """
    report = Report()
    groups = _grouped(files, told or Told(), report)
    try:
        book = book.resolve()
    except (OSError, RuntimeError) as error:
        raise BookError(f"{book}: {getattr(error, 'strerror', None) or 'is a link to itself'}") from None
    with locked(book), changing(book) as (connection, outdated, swap):
        if outdated and not (outdated.hashes and outdated.hashes <= _hashes(groups)):
            raise outdated
        adding = _Adding(connection, partial, report)
        for number, ((_, name), parts) in enumerate(groups.items()):
            if progress:
                progress(name, number, len(groups))
            adding.release(parts)
        if report.added:
            if provenance:
                Writer(connection).provenance(provenance)
            if any(table in _SHOWING_VISITS for table, _ in groups):
                report.notes += [f"made of {r.name}: {r.table}, {r.rows} codes" for r in derive_visits(connection)]
            swap()
    return report


# What is in the files.

_Groups = dict[tuple[str, str], list[Part]]


def _hashes(groups: _Groups) -> set[str]:
    return {part.sheet.document.sha256 for parts in groups.values() for part in parts}


def _grouped(files: Iterable[Path], told: Told, report: Report) -> _Groups:
    """The parts of each release, by table and name."""
    groups: _Groups = {}
    for path in files:
        found, others = _parts_in(documents(path), told)
        if not found:
            if others and isinstance(others[0], InvalidSourceFile):
                raise others[0]
            raise InvalidSourceFile(f"{path}: no table found that claimcheck reads, in a known layout")
        report.notes += [f"left out: {other}" for other in others if isinstance(other, UnsupportedFile)]
        unread = [other for other in others if isinstance(other, str)]
        if unread:
            report.notes.append(f"left out of {path.name}, since no check needs them: {', '.join(unread)}")
        for part in found:
            if told.table and part.table != told.table:
                raise InvalidSourceFile(f"{part.sheet.place}: is table {part.table}, but --table is {told.table}")
            groups.setdefault((part.table, part.name), []).append(part)
    return groups


def _parts_in(files: Iterable[Document], told: Told) -> tuple[list[Part], list[UnsupportedFile | str]]:
    found: list[Part] = []
    others: list[UnsupportedFile | str] = []
    for document in files:
        try:
            parts = parts_of(document, told)
        except UnsupportedFile as refusal:
            others.append(refusal)
            continue
        finally:
            document.forget()
        found += parts
        if not parts:
            others.append(document.file)
    others.sort(key=lambda other: isinstance(other, str))
    return found, others


# From parts to releases.


class _Adding:
    """Adds releases to the book that is being built."""

    def __init__(self, connection: sqlite3.Connection, partial: bool, report: Report) -> None:
        self._db = connection
        self._writer = Writer(connection)
        self._partial = partial
        self._report = report

    def release(self, parts: Sequence[Part]) -> None:
        """Add a release, unless the book has it; one that says something else is replaced."""
        store = Store(self._db)
        known = next((r for r in store.of(parts[0].table) if r.name == parts[0].name), None)
        chosen, others = _chosen(parts)
        same_days = known and (known.last, known.published) == (chosen[0].last, chosen[0].published)
        hashes = {part.sheet.document.sha256 for part in chosen}
        if known and same_days and {source.sha256 for source in store.sources_of(known)} == hashes:
            self._report.unchanged.append(f"{known.name}: already in the book, from the same file")
            return
        one = chosen[0]
        if known and known.note.startswith("revision ") and known.note > f"revision {one.revision}":
            raise InvalidSourceFile(f"{one.sheet.place}: is {one.note} of {known.name}, but the book has {known.note}")
        release = Release(
            one.name, one.table, one.first, one.last, one.citation, published=one.published, note=one.note
        )
        id = self._writer.release(release)
        self._db.execute("SAVEPOINT rows")
        for part in chosen:
            self._rows(id, part)
        release = self._close(id, chosen)
        for part in others:
            self._compare(part, chosen, id)
        for part in parts:
            part.sheet.document.forget()
        self._settle(release, known, chosen)

    def _rows(self, id: int, part: Part) -> None:
        source = self._writer.source(id, part.sheet.source())
        notes = Notes(part.sheet)
        if part.pairs:
            count = self._pairs(id, source, part, notes)
        elif kind_of(part.table) is NPI:
            count = self._npis(id, source, part, notes)
        else:
            kind, count = kind_of(part.table), 0
            width = len(kind.key)

            record: Record = ()

            def stored() -> Iterator[tuple[Any, ...]]:
                nonlocal count, record
                for record in _unique(part, width, notes):
                    count += 1
                    yield (id, *record[:-1], source, record[-1])

            try:
                self._writer.records(kind, stored())
            except sqlite3.IntegrityError:
                name = "-".join(str(item) for item in record[:width] if item)
                expected = "a code that no other file of the release has"
                raise part.sheet.refuse(record[-1], "code", name, expected) from None
        self._db.execute("UPDATE source SET rows = ? WHERE id = ?", (count, source))
        self._report.notes += notes.lines(part.values)

    def _npis(self, id: int, source: int, part: Part, notes: Notes) -> int:
        """Add a list of NPIs, which are too many for rows."""
        records = ((int(npi), (first, last, value)) for npi, first, last, value, _ in part.records(notes))
        try:
            packed = pack(records)
        except ConflictError as error:
            raise InvalidSourceFile(
                f"{part.sheet.place}: has NPI {error} in two rows that say different things of the same days"
            ) from None
        except OverflowError:
            raise InvalidSourceFile(
                f"{part.sheet.place}: has more combinations of dates and values than any list of NPIs"
            ) from None
        notes.repeated += packed.repeated
        self._writer.npis(id, source, packed)
        return packed.rows

    def _pairs(self, id: int, source: int, part: Part, notes: Notes) -> int:
        (known,) = self._db.execute("SELECT count(*) FROM pair_term WHERE release = ?", (id,)).fetchone()
        sql = "SELECT indicator, first, last, prior_1996, rationale FROM pair_term WHERE release = ? ORDER BY term"
        terms: dict[Term, int] = {tuple(term): n for n, term in enumerate(self._db.execute(sql, (id,)))}
        count = 0

        def stored() -> Iterator[tuple[Any, ...]]:
            nonlocal count
            for column1, row, column2s in part.pairs.packs(notes, terms):
                count += column2s.count(",") + 1
                yield id, column1, row, source, column2s

        try:
            self._writer.pairs(stored())
        except sqlite3.IntegrityError:
            raise InvalidSourceFile(
                f"{part.sheet.place}: repeats rows of another file of the same release. Add each file once"
            ) from None
        self._writer.terms(id, list(terms)[known:], known)
        self._once(id, part)
        return count

    def _once(self, id: int, part: Part) -> None:
        """Make sure that no pair stands in two files of a release."""
        sql = "SELECT column1 FROM pairs WHERE release = ? GROUP BY column1 HAVING count(DISTINCT source) > 1"
        for (column1,) in self._db.execute(sql, (id,)).fetchall():
            found: dict[int, set[str]] = {}
            of = self._db.execute("SELECT source, column2s FROM pairs WHERE release = ? AND column1 = ?", (id, column1))
            for source, column2s in of:
                found.setdefault(source, set()).update(item[:5] for item in json.loads(column2s))
            both = set.intersection(*found.values())
            if both:
                pair = f"{column1}-{min(both)}"
                raise InvalidSourceFile(
                    f"{part.sheet.place}: has the pair {pair}, which is also in another file of the release"
                )

    def _close(self, id: int, parts: Sequence[Part]) -> Release:
        """Note what can be told of a release once its rows are there: its first day, whether it is whole."""
        one = parts[0]
        rows, content = content_of(self._db, id, one.table)
        whole = not one.sparse and not self._missing(id, parts, rows)
        self._writer.borders_of_rows(id, one.table)
        values: dict[str, Any] = {
            "rows": rows,
            "content": content,
            "first": number_of(one.first),
            "complete_from": None,
        }
        ends: int | None = None
        if one.own_dates and rows:
            name = "pair_term" if one.pairs else kind_of(one.table).name
            sql = f"SELECT min(first), min(CASE WHEN last < {OPEN} THEN last END) FROM {name} WHERE release = ?"
            values["first"], ends = self._db.execute(sql, (id,)).fetchone()
        if values["first"] > number_of(one.last):
            places = ", ".join(part.sheet.place for part in parts)
            raise InvalidSourceFile(
                f"{places}: every row begins after {one.last}, where {one.name} ends: {values['first']}"
            )
        if whole:
            # It keeps what ended in the year of its first end in part, and all that ended later.
            values["complete_from"] = _next_year(ends) if one.drops_expired_rows and ends else values["first"]
            values["complete_for"] = one.complete_for
            values["complete_to"] = number_of(one.complete_to) if one.complete_to else None
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        self._db.execute(f"UPDATE release SET {pairs} WHERE id = :id", {**values, "id": id})
        return next(release for release in Store(self._db).releases if release.id == id)

    def _missing(self, id: int, parts: Sequence[Part], rows: int) -> bool:
        """Whether a release is not whole.

        Raises:
            InvalidSourceFile: it is not, and nobody said that it need not be.
        """
        one = parts[0]
        why = ""
        labels = {part.label for part in parts}
        usual = max((part.min_rows for part in parts), default=0) if not one.needs else sum(p.min_rows for p in parts)
        if one.needs - labels:
            why = f"{' and '.join(sorted(one.needs - labels))} is missing"
        elif one.pairs and (gap := self._missing_pairs(id, parts)):
            why = gap
        elif rows < usual:
            why = f"has {rows:,} rows; CMS publishes over {usual:,}: is the file truncated?"
        elif (near := self._nearest(one)) and rows < near.rows * _LIKELY:
            why = f"has {rows:,} rows, and {near.name} has {near.rows:,}: is the file truncated?"
        if why and not self._partial:
            places = ", ".join(part.sheet.place for part in parts)
            raise InvalidSourceFile(
                f"{places}: {one.name} is incomplete: {why} To add it anyway, pass --partial; "
                "codes without a row in it are then not judged"
            )
        if why:
            self._report.notes.append(f"{one.name} was added as incomplete: {why}")
        return bool(why)

    def _missing_pairs(self, id: int, parts: Sequence[Part]) -> str:
        """CMS cuts a table of pairs into files by column 1; whole, they run from digits to letters, and those of
        supplies among letters."""
        numbers = sorted(f"f{part.number}" for part in parts if part.number)
        expected = [f"f{n}" for n in range(1, len(numbers) + 1)]
        sql = "SELECT min(column1), max(column1) FROM pairs WHERE release = ?"
        first, last = self._db.execute(sql, (id,)).fetchone()
        ends_early = not (last or "0")[0].isalpha()
        reader = parts[0].pairs
        begins_late = reader.from_digits and (first or "9") > "1"
        if numbers != expected or begins_late or ends_early:
            have = f"its files are {', '.join(numbers)}, with" if numbers else "it has"
            why = "add all of its files (f1 to f4) together." if reader.in_parts else "is the file truncated?"
            return f"{have} column 1 from {first} to {last}; {why}"
        return ""

    def _nearest(self, part: Part) -> Release | None:
        others = [
            release
            for release in Store(self._db).of(part.table)
            if release.name != part.name and release.complete_from and abs(release.published - part.published) < _NEAR
        ]
        return min(others, key=lambda r: abs((r.published - part.published).days), default=None)

    def _compare(self, part: Part, chosen: Sequence[Part], id: int) -> None:
        """Whether the same table in another format says the same."""
        like = next(one for one in chosen if one.label == part.label)
        if part.pairs:
            same = part.sheet.document.sha256 == like.sheet.document.sha256
            if not same and part.sheet.format == like.sheet.format:
                places = f"{part.sheet.place} and {like.sheet.place}"
                raise InvalidSourceFile(
                    f"{places}: start with the same rows and are of one release. Add only the right one"
                )
            self._report.notes.append(f"not read: {part.sheet.place} (the same pairs as {like.sheet.place})")
            return
        if kind_of(part.table) is NPI:
            self._report.notes.append(f"not read: {part.sheet.place} (the same list as {like.sheet.place})")
            return
        kind = kind_of(part.table)
        ours = {r[1:-2] for r in self._db.execute(select_of(kind, "release = ?"), (id,))}
        theirs = {record[:-1] for record in _unique(part, len(kind.key), Notes(part.sheet))}
        if part.label:
            ours = {record for record in ours if part.label in record}
        if part.rank > like.rank:  # a lesser edition need not have all codes
            width = len(kind.key)
            keys = {record[:width] for record in theirs}
            ours = {record for record in ours if record[:width] in keys}
        if ours == theirs:
            self._report.notes.append(f"agrees: {part.sheet.place} with {like.sheet.place}")
            return
        differing = sorted({record[0] for record in ours ^ theirs})
        some = ", ".join(differing[:5]) + (" ..." if len(differing) > 5 else "")
        self._report.notes.append(
            f"differs: {part.sheet.place} from {like.sheet.place}, which was taken, in {len(differing)} codes: {some}"
        )

    def _settle(self, release: Release, known: Release | None, parts: Sequence[Part]) -> None:
        """Keep a new release; of one that the book has, keep the corrected edition."""
        what = f"{release.name}: {release.table}, {_days(release)}, {release.rows:,} rows"
        if not release.rows:
            self._report.notes.append(f"{release.name}: has nothing for {release.table}")
            self._drop(release)
            return
        if known is None:
            self._report.added.append(what)
            return
        if known.complete_from and not release.complete_from:
            raise InvalidSourceFile(
                f"{parts[0].sheet.place}: is a part of {known.name}, of which the book has the whole"
            )
        found = list(differences(Store(self._db), known, Store(self._db), release))
        gone = sum(difference.change == "ended" for difference in found)
        if gone and not release.complete_from:
            raise InvalidSourceFile(
                f"{parts[0].sheet.place}: the book has {known.name} in part, and this part lacks {gone:,} of its rows: "
                "add all parts together"
            )
        same_days = (known.first, known.last) == (release.first, release.last)
        if not found and same_days and bool(known.complete_from) == bool(release.complete_from):
            self._drop(release)
            self._report.unchanged.append(f"{release.name}: already in the book, with the same rows")
            return
        moved = "" if same_days else f"; it governed {_days(known)}"
        self._writer.drop_rows(known)
        self._db.execute("UPDATE release SET replaced_by = ? WHERE id = ?", (release.id, known.id))
        self._report.added.append(f"{what}; replaces the edition in the book: {len(found):,} differences{moved}")

    def _drop(self, release: Release) -> None:
        self._db.execute("ROLLBACK TO rows")
        self._db.execute("DELETE FROM release WHERE id = ?", (release.id,))


def _next_year(day: int) -> int:
    """The first day of the year after a day, both as CCYYMMDD."""
    return (day // 10000 + 1) * 10000 + 101


def _days(release: Release) -> str:
    return f"{release.first} to {release.last}"


def _chosen(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Of each label one part, and the rest, which are the same in other formats.

    Raises:
        InvalidSourceFile: two of one format are different files.
    """
    best: dict[str, Part] = {}
    ranked = sorted(parts, key=lambda p: (p.rank, _FORMATS.index(p.sheet.format)))
    for part in ranked:
        best.setdefault(part.label, part)
    for part in ranked:
        like = best[part.label]
        alike = (part.rank, part.sheet.format) == (like.rank, like.sheet.format)
        if alike and part.sheet.document.sha256 != like.sheet.document.sha256:
            places = f"{like.sheet.place} and {part.sheet.place}"
            raise InvalidSourceFile(f"{places}: are both {part.name} in the same format. Add only the right one")
    chosen = [best[label] for label in sorted(best)]
    return chosen, [part for part in ranked if all(part is not one for one in chosen)]


def _unique(part: Part, width: int, notes: Notes) -> Iterator[Record]:
    """The rows of a part, each key once, or where rows bear dates each key and first day.

    Raises:
        InvalidSourceFile: two rows of one key disagree.
    """
    seen: dict[tuple[Any, ...], Record] = {}
    for record in part.records(notes):
        key = record[: width + (part.own_dates and not part.drops_expired_rows)]
        before = seen.setdefault(key, record)
        if before is record:
            yield record
            continue
        notes.repeated += 1
        if before[:-1] != record[:-1]:
            name = "-".join(str(item) for item in record[:width] if item)
            raise part.sheet.refuse(record[-1], "code", name, f"what row {before[-1]} says of it, or the code once")
