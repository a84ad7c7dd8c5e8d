"""What one release of a table says that another does not: what a new quarter changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

from claimcheck.rulebook import npi_blocks
from claimcheck.rulebook.schema import OPEN, Release, kind_of, number_of, select_of, written
from claimcheck.rulebook.store import Store
from claimcheck.rulebook.tables import Key
from claimcheck.rulebook.tables.ncci import PAIR
from claimcheck.rulebook.tables.npis import NPI

Change = Literal["added", "ended", "changed"]
_PAIR_FIELDS: Final = ("indicator", "first", "last", "prior_1996", "rationale")


@dataclass(frozen=True)
class Difference:
    """One row that two releases do not share. ``field`` is the value that changed, ``before`` and ``after``
    what it was and is; a row that is only in one of them is ``added`` or ``ended``."""

    table: str
    key: Key
    change: Change
    field: str = ""
    before: Any = None
    after: Any = None

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "table": self.table,
            "key": written(self.key),
            "change": self.change,
            "field": self.field or None,
            "before": self.before,
            "after": self.after,
        }

    def in_words(self) -> str:
        """As a coder reads it: ``99417: units 4 -> 6``."""
        if self.change != "changed":
            what = self.after if self.change == "added" else self.before
            return f"{written(self.key)}: {'new' if self.change == 'added' else 'ended'}" + (
                f", {what}" if what else ""
            )
        name = _name(self.table, self.field)
        return f"{written(self.key)}: {name} {_value(self.before)} -> {_value(self.after)}"


_NAMES: Final = {
    "units": "MUE",
    "indicator": "modifier indicator",
    "first": "first day",
    "last": "last day",
    "type": "type of add-on",
}


def _name(table: str, field: str) -> str:
    """What a coder calls a field."""
    columns = kind_of(table).columns
    title = columns[field].title if field in columns else ""
    return _NAMES.get(field) or title or field.replace("_", " ")


def _value(value: Any) -> str:
    return "none" if value in ("", None, OPEN) else str(value)


def differences(
    one_store: Store, one: Release, other_store: Store, other: Release, code: str = ""
) -> Iterator[Difference]:
    """What the second release changes against the first, key by key in order; of one code only, if given
    (of a pair, in either column)."""
    if kind_of(one.table) is PAIR:
        yield from _of_pairs(one_store, one, other_store, other, code)
        return
    if kind_of(one.table) is NPI:
        yield from _of_npis(one_store, one, other_store, other, code)
        return
    before, after = _rows(one_store, one, code), _rows(other_store, other, code)
    fields = ("first", "last", *kind_of(one.table).values)
    for key in sorted(before.keys() | after.keys()):
        shown: Key = key[0] if len(key) == 1 else key
        yield from _of_rows(one.table, shown, fields, before.get(key, []), after.get(key, []))


def changes(store: Store, one: Release, other: Release, code: str = "") -> Iterator[Difference]:
    """What a release changes for those who bill: all of it, but of tables whose rows carry their history
    (pairs, add-on codes) what is in force on the last day of each."""
    if kind_of(one.table) is PAIR:
        yield from _of_pairs(store, one, store, other, code, in_force=True)
    elif one.table == "add_on":
        before, after = _held(store, one, code), _held(store, other, code)
        for key in sorted(before.keys() | after.keys()):
            yield from _of_rows(one.table, key, ("type", "note"), before.get(key, []), after.get(key, []))
    else:
        yield from differences(store, one, store, other, code)


def _held(store: Store, release: Release, code: str) -> dict[tuple[str, ...], list[tuple[Any, ...]]]:
    last = number_of(release.last)
    rows = _rows(store, release, code)
    held = {key: [row[2:] for row in of if row[0] <= last <= row[1] and row[0] != row[1]] for key, of in rows.items()}
    return {key: of for key, of in held.items() if of}


def _rows(store: Store, release: Release, code: str) -> dict[tuple[str, ...], list[tuple[Any, ...]]]:
    kind = kind_of(release.table)
    width = len(kind.key)
    where, values = "release = ?", [release.id]
    found: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for record in store.connection.execute(select_of(kind, where, order=", ".join((*kind.key, "first"))), values):
        key = tuple(record[1 : 1 + width])
        if not code or code in key:
            found.setdefault(key, []).append(record[1 + width : -2])
    return found


def _of_rows(
    table: str, key: Key, fields: tuple[str, ...], before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> Iterator[Difference]:
    """Rows of one key: those in both say nothing; those left over are set side by side."""
    if before == after:
        return
    old = [row for row in before if row not in after]
    new = [row for row in after if row not in before]
    for was, now in zip(old, new, strict=False):
        for field, value, other in zip(fields, was, now, strict=True):
            if value != other:
                yield Difference(table, key, "changed", field, value, other)
    for row in old[len(new) :]:
        yield Difference(table, key, "ended", before=_shown(table, fields, row))
    for row in new[len(old) :]:
        yield Difference(table, key, "added", after=_shown(table, fields, row))


def _shown(table: str, fields: tuple[str, ...], row: tuple[Any, ...]) -> str:
    said = ((_name(table, field), value) for field, value in zip(fields, row, strict=True))
    return ", ".join(f"{name} {value}" for name, value in said if value not in ("", None, 10101, OPEN))


def _of_npis(
    one_store: Store, one: Release, other_store: Store, other: Release, code: str = ""
) -> Iterator[Difference]:
    """Both lists are in order, so that they are read side by side, and never held in memory."""
    fields = ("first", "last", "value")
    old, new = _by_npi(one_store, one), _by_npi(other_store, other)
    before, after = next(old, _NO_MORE), next(new, _NO_MORE)
    while before is not _NO_MORE or after is not _NO_MORE:
        npi = min(before[0], after[0])
        was, before = (before[1], next(old, _NO_MORE)) if before[0] == npi else ([], before)
        now, after = (after[1], next(new, _NO_MORE)) if after[0] == npi else ([], after)
        if not code or npi == code:
            yield from _of_rows(one.table, npi, fields, was, now)


_NO_MORE: Final[tuple[str, list[tuple[Any, ...]]]] = ("~", [])


def _by_npi(store: Store, release: Release) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    for npi, rows in groupby(npi_blocks.rows_of(store.connection, release.id), key=lambda row: row[0]):
        yield npi, [held for _, held, _ in rows]


def _of_pairs(
    one_store: Store, one: Release, other_store: Store, other: Release, code: str, *, in_force: bool = False
) -> Iterator[Difference]:
    """Packs that are alike, with terms that are, are passed over: they are nearly all."""
    old_terms, new_terms = one_store.terms_of(one.id), other_store.terms_of(other.id)
    old, new = _packs(one_store, one), _packs(other_store, other)
    alike = old_terms == new_terms and not in_force
    fields = _PAIR_FIELDS[:1] if in_force else _PAIR_FIELDS
    old_last, new_last = (number_of(one.last), number_of(other.last)) if in_force else (None, None)
    for column1 in sorted(old.keys() | new.keys()):
        if alike and old.get(column1) == new.get(column1):
            continue
        before, after = one_store.pairs_of(one.id, column1), other_store.pairs_of(other.id, column1)
        for column2 in sorted(before.keys() | after.keys()):
            if code and code not in (column1, column2):
                continue
            was = _said(before.get(column2, ()), old_terms, old_last)
            now = _said(after.get(column2, ()), new_terms, new_last)
            if was != now:
                yield from _of_rows(one.table, (column1, column2), fields, was, now)


def _said(terms: tuple[int, ...], known: Mapping[int, tuple[Any, ...]], day: int | None) -> list[tuple[Any, ...]]:
    """The rows of a pair; on a day, the indicators in force."""
    rows = [known[term] for term in terms]
    if day is None:
        return rows
    return [row[:1] for row in rows if row[1] <= day <= row[2] and row[0] != "9"]


def _packs(store: Store, release: Release) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    sql = "SELECT column1, column2s FROM pairs WHERE release = ? ORDER BY column1, row"
    for column1, column2s in store.connection.execute(sql, (release.id,)):
        found[column1] = (*found.get(column1, ()), column2s)
    return found
