"""NCCI pairs among some codes: one look-up for each code of column 1, since a release keeps its pairs so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from claimcheck.rulebook.schema import Release
from claimcheck.rulebook.store import Store
from claimcheck.rulebook.tables.ncci import PAIR

_PUBLISHED: Final = PAIR.published["indicator"]


class Among(NamedTuple):
    """The NCCI pairs in force among some codes: by column 2 and indicator, the codes of column 1 in order. ``unknown``
    are codes of which no release in force can say whether they are column 2 of another."""

    column1s: Mapping[tuple[str, str], Sequence[str]] = {}
    unknown: frozenset[str] = frozenset()


def pairs_among(codes: frozenset[str], releases: Iterable[tuple[Store, Release, date]], day: date) -> Among:
    """Every pair in force among some codes on a day, by the releases to ask, each with the day that it speaks of. It
    says what a look-up of each two codes would; codes may be thousands."""
    asked = [_Asked.of(*one, codes, day) for one in releases]
    found: dict[tuple[str, str], list[str]] = {}
    unknown: set[str] = set()
    answered: dict[str, set[str]] = {code: set() for code in codes}
    for column1 in sorted(codes):
        for column2, indicator in _said_of(column1, codes, asked, day).items():
            answered[column2].add(column1)
            if indicator in _PUBLISHED:
                found.setdefault((column2, indicator), []).append(column1)
            elif indicator:
                unknown.add(column2)
    return Among(found, frozenset(unknown.union(_unanswered(codes, asked, answered))))


class _Asked(NamedTuple):
    """A release of pairs that is asked about some codes: the day that it is asked for, and those of the codes among
    which it lists all pairs, so that there is none of which it is silent."""

    store: Store
    release: Release
    last: date
    lists: frozenset[str]

    @classmethod
    def of(cls, store: Store, release: Release, last: date, codes: frozenset[str], day: date) -> _Asked:
        """Find what it lists on a day, or on the last one that it is carried from."""
        lists = (c for c in codes if any(release.lists_pairs_of(c, one) for one in {day, last}))
        return cls(store, release, last, frozenset(lists))


def _said_of(column1: str, codes: frozenset[str], releases: list[_Asked], day: date) -> dict[str, str]:
    """What releases have rows for, of a code with some others as column 2: of each the indicator in force on a day,
    "" for none. The first release that knows of a pair decides, be it by its silence."""
    said: dict[str, str] = {}
    silent: list[frozenset[str]] = []
    for store, release, last, lists in releases:
        for column2, indicator in store.find_pairs(release, column1, codes, day).items():
            if column2 != column1 and not any(column2 in listed for listed in silent):
                said.setdefault(column2, indicator)
        for absent in store.says_absent(release, column1, {day, last}):
            if absent in codes and absent != column1 and not any(absent in listed for listed in silent):
                said.setdefault(absent, "")
        if column1 in lists:
            silent.append(lists)
            if len(lists) == len(codes):
                break
    return said


def _unanswered(codes: frozenset[str], releases: list[_Asked], answered: Mapping[str, set[str]]) -> Iterator[str]:
    """The codes of which no release can say whether they are column 2 of one of the others; ``answered`` are the
    codes of column 1 of which one has a row."""
    silent: dict[tuple[bool, ...], frozenset[str]] = {}
    for column2 in codes:
        kind = tuple(column2 in release.lists for release in releases)
        if kind not in silent:
            silent[kind] = codes.difference(*(release.lists for release in releases if column2 in release.lists))
        if any(column1 != column2 and column1 not in answered[column2] for column1 in silent[kind]):
            yield column2
