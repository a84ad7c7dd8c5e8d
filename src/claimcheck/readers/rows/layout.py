"""Which column of a file is which of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from claimcheck.readers.rows.columns import (
    CLAIM_COLUMNS,
    COLUMNS,
    KNOWN,
    LIST_COLUMNS,
    NEEDED,
    OTHER_COLUMNS,
    SERVICE_COLUMNS,
    SPLIT_MODIFIERS,
)

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
    unknown: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


_MISSING, _SPLIT = -1, -2


def layout_of(
    names: Sequence[str],
    columns: Mapping[str, str],
    known: frozenset[str] = KNOWN,
    needed: Sequence[str] = NEEDED,
) -> Layout:
    """Find our columns among a file's names: each by the name that it is mapped to, else by its own."""
    places: dict[str, int] = {}
    unknown: list[tuple[str, str]] = []
    for place, name in enumerate(names):
        if not name.strip():
            unknown.append(("", f"Column {place + 1} has no name and was ignored."))
        elif folded(name) in places:
            unknown.append((name, f"Column {shown(name)} appears twice; the first one was read."))
        else:
            places[folded(name)] = place

    mapped = {ours: folded(theirs) for ours, theirs in columns.items() if ours in known}
    at = {ours: places[theirs] for ours, theirs in mapped.items() if theirs in places}
    taken = set(at.values())
    for name, place in places.items():
        if name in known and name not in at and place not in taken:
            at[name] = place
    unknown += _unread(names, places, at, known)

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
        unknown=tuple(unknown),
        missing=tuple(name for name in needed if name not in at),
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
            yield written, f"Column {written} was ignored: modifiers are read from column modifiers."
        elif place in read:
            continue
        elif name in KNOWN and name not in known:
            where = "the claim, not to a line" if name in CLAIM_COLUMNS else "a line, not to the claim"
            yield written, f"Column {written} belongs to {where}, and was ignored here."
        else:
            yield written, f"Column {written} is unknown and was ignored."


def folded(name: str) -> str:
    """A column's name as it is compared."""
    return name.strip().casefold()


def shown(name: str) -> str:
    """A column's name, as far as it fits in a message."""
    return name.strip()[:40]
