"""The codes of HCPCS Level II that come with claimcheck: ``rules/level2.csv.xz``, what releases say of each, and
``rules/level2.toml``, which says what these are. They lie under every rule book, in a store of their own, as the
diagnoses do."""

from __future__ import annotations

import csv
import lzma
import tomllib
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from claimcheck.message import Citation
from claimcheck.rulebook.schema import Edition, Release, day_of, kind_of
from claimcheck.rulebook.store import RuleDataError, Store, new_database, shipped_rules
from claimcheck.rulebook.tables import Kind
from claimcheck.rulebook.tables.code_sets import LEVEL_2
from claimcheck.rulebook.tables.ncci import PAIR, Pair
from claimcheck.rulebook.writing import Writer

_DATA: Final = "level2.csv.xz"
_DECLARED: Final = "level2.toml"
_LACKING: Final = "?"
"""A value that CMS publishes, and that is not at hand."""


def load_level2(folder: Path | None = None) -> Store:
    """The tables of Level II in a folder of rule data: by default those that come with claimcheck.

    Raises:
        RuleDataError: the data are not those that ``level2.toml`` describes.
    """
    folder = folder or shipped_rules()
    declared = tomllib.loads((folder / _DECLARED).read_text())
    data = (folder / _DATA).read_bytes()
    if (found := sha256(data).hexdigest()) != declared["sha256"]:
        raise RuleDataError(_DECLARED, 1, "sha256", f"{found} of {_DATA}", f"{declared['sha256']}: make both anew")
    rows: dict[str, list[list[str]]] = {}
    for table, *row in csv.reader(lzma.decompress(data).decode("ascii").splitlines()):
        rows.setdefault(table, []).append(row)
    database = new_database()
    writer = Writer(database)
    database.execute("BEGIN")
    editions = _editions(folder)
    for name, table in declared["table"].items():
        releases = _Releases(name, [editions[release] for release in table["releases"]])
        spans = [(first, last) for first, last in table.get("complete", ())]
        _write(writer, releases, spans, rows.get(name, []), rows.get(f"-{name}", []))
    database.execute("COMMIT")
    return Store(database)


def _editions(folder: Path) -> dict[str, tuple[Edition, Citation]]:
    """Each release that ``releases.toml`` names."""
    series = tomllib.loads((folder / "releases.toml").read_text())["series"]
    return {
        one["name"]: (Edition(one["name"], one["first"], one["last"]), Citation(of["title"], url=of["url"]))
        for of in series
        for one in of["releases"]
    }


class _Releases:
    """The releases of a table, from which to make such as stand for several that follow one another."""

    def __init__(self, table: str, releases: list[tuple[Edition, Citation]]) -> None:
        self.table = table
        self.kind = kind_of(table)
        self._editions = [edition for edition, _ in releases]
        self._citation = releases[0][1]
        self._listed = f"{LEVEL_2}-{LEVEL_2}" if self.kind is PAIR else f"{LEVEL_2}(-.+)?"

    def whole(self, first: date, last: date) -> Release:
        """What lists every code on some days."""
        return self._of(first, last, complete_from=first, complete_for=self._listed, note="every HCPCS Level II code")

    def dated(self, rows: int) -> Release:
        """What has the rows, where each has days of its own; it is asked before those that list every code."""
        note = "HCPCS Level II codes"
        return self._of(date.min, date.max, published=self._editions[0].first, note=note, rows=rows)

    def _of(self, first: date, last: date, **more: Any) -> Release:
        editions = tuple(e for e in self._editions if e.first <= last and first <= e.last)
        name = " to ".join(dict.fromkeys((editions[0].name, editions[-1].name)))
        return Release(name, self.table, first, last, self._citation, editions=editions, **more)


def _write(
    writer: Writer, releases: _Releases, spans: list[tuple[date, date]], rows: list[list[str]], absent: list[list[str]]
) -> None:
    kind, n = releases.kind, len(releases.kind.key)
    whole = {writer.release(releases.whole(*span)): span for span in spans}
    if kind is PAIR:
        for id, (begins, ends) in whole.items():
            for column1, column2, first, last, indicator in rows:
                if begins <= day_of(int(first)) <= ends:
                    end = day_of(int(last))
                    pair = Pair(cast("Any", indicator), day_of(int(first)), None if end == ends else end)
                    writer.row(id, releases.table, (column1, column2), pair)
    else:
        # Rows that go on past their release, as those of add-on codes do, are in the release itself.
        id = next(iter(whole)) if kind.self_dated else writer.release(releases.dated(len(rows)))
        writer.records(kind, ((id, *_stored(kind, row), None, None) for row in rows))
        for *key, first, last in absent:
            writer.absent(id, key[0] if n == 1 else tuple(key), day_of(int(first)), day_of(int(last)))
        whole[id] = (date.min, date.max)
    for id in whole:
        writer.borders_of_rows(id, releases.table)


def _stored(kind: Kind, row: list[str]) -> list[Any]:
    """A row as it is stored: its days, and some of its values, are numbers."""
    n = len(kind.key)
    stored: list[Any] = [None if text == _LACKING else text for text in row] if _LACKING in row else [*row]
    for at in (n, n + 1, *(n + 2 + at for at, name in enumerate(kind.values) if name in kind.numbers)):
        stored[at] = int(stored[at]) if stored[at] else None
    return stored
