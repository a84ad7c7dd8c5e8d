"""Which column of a file is which of ours, and what is said of a file's columns once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from operator import itemgetter
from typing import Any, Final, NamedTuple

from claimcheck.claim import Location
from claimcheck.message import EditMessage
from claimcheck.readers.edits import unreadable
from claimcheck.readers.rows.columns import (
    CLAIM_COLUMNS,
    COLUMNS,
    KNOWN,
    LIST_COLUMNS,
    NEEDED,
    OFTEN_CALLED,
    OTHER_COLUMNS,
    SERVICE_COLUMNS,
    SPLIT_MODIFIERS,
)
from claimcheck.readers.rows.edits import ROW_COLUMN, ROW_COLUMNS, ROW_ENCODING

SPACES: Final = " \t\u00a0"
"""What is dropped around a value: spaces, tabs, and the no-break spaces of spreadsheets."""

OF_CHECKS: Final = {
    ("charge",): ("CHG",),
    ("pointers",): ("DX-PTR",),
    ("diagnoses",): ("DX-PTR",),
    ("place_of_service",): ("POS-INVALID", "POS-TYPE", "PCTC-POS"),
    ("received_date",): ("DATE-FUTURE", "DATE-TIMELY"),
    ("billing_npi",): ("NPI (billing)",),
    ("rendering_npi",): ("NPI (rendering)",),
    ("patient_id",): ("what spans claims",),
    ("billing_npi", "rendering_npi"): ("what spans claims",),
    ("birth_date",): ("AGE",),
    ("sex",): ("SEX",),
    ("referring_npi", "ordering_npi"): ("ORDREF",),
    ("clia",): ("CLIA",),
    ("description",): ("NOC-DESC",),
}
"""Columns of which a file may lack every one, and the checks that then have nothing to judge."""

_MOST_NAMED = 100
"""Strange columns named in a file: names are input, so what is remembered of them is bounded."""

Pick = Callable[[Sequence[Any]], tuple[Any, ...]]
"""Takes the cells of some columns from a row."""


class Layout(NamedTuple):
    """Where the columns stand in rows with these names.

    A row is read as its cells, then the list made of split modifiers if there are any, then None,
    which is the cell of every column that is missing.
    """

    claim: Pick
    service: Pick
    line: Pick
    split: Pick | None
    texts: Pick
    lists: tuple[int, ...]
    at: dict[str, int]
    strange: tuple[tuple[str, str], ...]
    lacking: tuple[str, ...]


_MISSING, _SPLIT = -1, -2


def layout_of(
    names: Sequence[str],
    columns: Mapping[str, str],
    known: frozenset[str] = KNOWN,
    needed: Sequence[str] = NEEDED,
) -> Layout:
    """Find our columns among a file's names: each by the name that it is mapped to, else by its own."""
    places: dict[str, int] = {}
    strange: list[tuple[str, str]] = []
    for place, name in enumerate(names):
        if not name.strip():
            strange.append(("", f"Column {place + 1} has no name, and is ignored."))
        elif folded(name) in places:
            strange.append((name, f"Column {shown(name)} is there twice; the first one is read."))
        else:
            places[folded(name)] = place

    mapped = {ours: folded(theirs) for ours, theirs in columns.items() if ours in known}
    at = {ours: places[theirs] for ours, theirs in mapped.items() if theirs in places}
    taken = set(at.values())
    for name, place in places.items():
        if name in known and name not in at and place not in taken:
            at[name] = place
    strange += _unread(names, places, at, known)

    index = {**dict.fromkeys(COLUMNS, _MISSING), **at}
    split = None
    if "modifiers" not in at and (divided := [at[name] for name in SPLIT_MODIFIERS if name in at]):
        split = _pick(divided)
        index["modifiers"] = _SPLIT
    return Layout(
        claim=_pick(index[name] for name in CLAIM_COLUMNS),
        service=_pick(index[name] for name in SERVICE_COLUMNS),
        line=_pick(index[name] for name in OTHER_COLUMNS),
        split=split,
        texts=_pick(place for name, place in at.items() if name not in LIST_COLUMNS),
        lists=tuple(place for name, place in at.items() if name in LIST_COLUMNS),
        at=at,
        strange=tuple(strange),
        lacking=tuple(name for name in needed if name not in at),
    )


def _pick(places: Iterable[int]) -> Pick:
    chosen = list(places)
    if len(chosen) < 2:  # itemgetter then gives a bare value, or takes none: ask for blanks as well
        chosen += (_MISSING, _MISSING)
    return itemgetter(*chosen)


def _unread(
    names: Sequence[str], places: Mapping[str, int], at: Mapping[str, int], known: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """The columns that are not read, and why."""
    read = set(at.values())
    for name, place in places.items():
        written = shown(names[place])
        if name in SPLIT_MODIFIERS and name in at and "modifiers" in at:
            yield written, f"Column {written} is ignored: the modifiers are read from column modifiers."
        elif place in read:
            continue
        elif name in KNOWN and name not in known:
            where = "the claim, not to a line" if name in CLAIM_COLUMNS else "a line, not to the claim"
            yield written, f"{written} belongs to {where}, and is ignored here."
        else:
            yield written, f"Column {written} is not known, and is ignored."


def folded(name: str) -> str:
    """A column's name as it is compared."""
    return name.strip().casefold()


def shown(name: str) -> str:
    """A column's name, as far as it fits in a message."""
    return name.strip()[:40]


class Notices:
    """What is said once a file: about its columns, and its encoding."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self.file = file
        self.columns = columns
        self.named: set[str] = set()
        self.lacked: set[tuple[str, ...]] = set()
        self.recoded = False

    def of_mapping(self, row: int) -> Iterator[EditMessage]:
        """Names in ``columns`` that are no columns of ours."""
        for ours in self.columns:
            if ours not in KNOWN:
                text = f"The configuration maps {shown(ours)}, which is no column of a claim line."
                yield self._of_column(row, ours, text, f"Map one of: {', '.join(COLUMNS)}.")

    def of_mapped(self, names: Sequence[str], layout: Layout, row: int) -> Iterator[EditMessage]:
        """Mapped columns that the file does not have under that name."""
        there = set(map(folded, names))
        for ours, theirs in self.columns.items():
            if ours in KNOWN and folded(theirs) not in there:
                instead = f"; column {ours} is read instead." if ours in layout.at else "."
                text = f"There is no column {shown(theirs)}, to which {ours} is mapped{instead}"
                yield self._of_column(row, theirs, text, "Correct the mapping, or the file's header.")

    def of_unmet(self, met: AbstractSet[str], row: int) -> Iterator[EditMessage]:
        """Mapped keys that no row of JSON lines has; ``met`` are our names of those that some row has."""
        for ours, theirs in self.columns.items():
            if ours in KNOWN and ours not in met:
                text = f"No row has the key {shown(theirs)}, to which {ours} is mapped."
                yield self._of_column(row, theirs, text, "Correct the mapping, or the file's keys.")

    def of_strange(self, strange: Iterable[tuple[str, str]], row: int) -> Iterator[EditMessage]:
        """Columns that are not read, each once."""
        for name, text in strange:
            if text in self.named or len(self.named) > _MOST_NAMED:
                continue
            self.named.add(text)
            if len(self.named) > _MOST_NAMED:
                text = "More columns are not known; they are ignored without a message."
            remedy = "Rename it or map it in the configuration if it is needed; otherwise leave it out."
            if nearest := self._nearest(name):
                mapping = f'[columns] {nearest} = "{shown(name)}"'
                remedy = f"Did you mean {nearest}? Rename the column, or map it in the configuration: {mapping}."
            yield self._of_column(row, name, text, remedy)

    def of_lacking(self, carried: AbstractSet[str], row: int, where: str = "for this file") -> Iterator[EditMessage]:
        """Columns that are lacking and checks depend on, each once: in the whole file, or, in JSON lines,
        in a row and others like it."""
        lacking = [names for names in self.not_lacked if carried.isdisjoint(names)]
        if not lacking:
            return
        self.lacked.update(lacking)
        columns = ", ".join(dict.fromkeys(name for names in lacking for name in names))
        *checks, last = dict.fromkeys(check for names in lacking for check in OF_CHECKS[names])
        said = f"{', '.join(checks)} and {last} are" if checks else f"{last} is"
        yield unreadable(
            ROW_COLUMNS,
            Location(self.file, row=row),
            f"No column {columns}: {said} not judged {where}.",
            "Add the columns, or map them in the configuration, to have the lines judged by these checks.",
            observed=columns,
        )

    @property
    def not_lacked(self) -> list[tuple[str, ...]]:
        """Columns, of which one is enough, whose lack was not told of."""
        return [names for names in OF_CHECKS if names not in self.lacked]

    @property
    def may_lack(self) -> bool:
        """Whether there are columns left whose lack was not told of."""
        return len(self.lacked) < len(OF_CHECKS)

    def of_encoding(self, row: int) -> Iterator[EditMessage]:
        """The first row that is not UTF-8."""
        if not self.recoded:
            self.recoded = True
            text = "Not UTF-8 text: the bytes that are none are read as Latin-1 in this file."
            yield unreadable(ROW_ENCODING, Location(self.file, row=row), text, "Write the file as UTF-8.")

    def _nearest(self, name: str) -> str:
        """What a strange column may have been meant to be."""
        if not name or folded(name) in KNOWN:
            return ""
        for ours, others in OFTEN_CALLED.items():
            if folded(name) in others:
                return ours
        free = [ours for ours in COLUMNS if ours not in self.columns]
        return next(iter(get_close_matches(folded(name), free, 1, 0.75)), "")

    def _of_column(self, row: int, name: str, text: str, remedy: str) -> EditMessage:
        return unreadable(ROW_COLUMN, Location(self.file, row=row), text, remedy, observed=shown(name))
