"""Which tables and quarters a batch needs, and which of them the rule book has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from claimcheck.catalog.entries import tables_in
from claimcheck.claim import Setting
from claimcheck.config.checker import Checker, engines_of
from claimcheck.engine.loop import Engine, Tally
from claimcheck.engine.messages import Judged
from claimcheck.engine.missing import quarter_of
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.quarters import Quarter
from claimcheck.rulebook.schema import Release, table_of
from claimcheck.rulebook.tables import TABLES
from claimcheck.runs.batch import claims_of, no_garbage_collection


class Need(NamedTuple):
    """A table that lines of a batch need for a quarter.

    Attributes:
        table: the table, as ``rules list`` names it.
        quarter: such as ``2026 Q4``.
        lines: how many lines ask it.
        waiting: how many of them a check could not judge for want of it.
        blocked: how many of these are not judged at all.
        releases: the releases in the rule book that govern days of the quarter.
        missing: whether lines wait for it; where there are no lines, whether the rule book has no whole release of it.
    """

    table: str
    quarter: str
    lines: int
    waiting: int
    blocked: int
    releases: tuple[str, ...]
    missing: bool

    def as_dict(self) -> dict[str, Any]:
        """The need as plain JSON values."""
        published = table_of(self.table)
        return {
            **self._asdict(),
            "releases": [*self.releases],
            "title": published.title,
            "page": published.page or None,
        }


def needed_for(tables: Iterable[str], quarters: Iterable[Quarter], rulebook: Rulebook) -> Iterator[Need]:
    """What any claims of some quarters need of some tables."""
    for table, quarter in product(tables, quarters):
        releases = _releases(rulebook, table, quarter)
        names = tuple(dict.fromkeys(release.name for release in releases))
        # A store that has some codes alone, as what comes along has of Level II, is not the whole table.
        whole = [one for store in rulebook.stores if not store.codes for one in store.of(table)]
        is_whole = any(release.is_whole_for(quarter.first, quarter.last) for release in whole)
        is_there = bool(releases) if table_of(table).optional else is_whole
        yield Need(table, str(quarter), 0, 0, 0, names, not is_there)


def _releases(rulebook: Rulebook, table: str, quarter: Quarter) -> list[Release]:
    """The releases in a rule book that govern days of a quarter."""
    return [
        release
        for store in rulebook.stores
        for release in store.of(table)
        if release.span[0] <= quarter.last and quarter.first <= release.span[1]
    ]


def _tables(engine: Engine, setting: Setting) -> set[str]:
    """The tables that an engine's checks ask about lines of a setting."""
    tables = set()
    for active in engine.chosen:
        tables |= tables_in(active.check, setting, active.options.get("program", "medicare"))
    return tables


def needed_by(paths: Iterable[str | Path], checker: Checker, optional: Container[str] = ()) -> tuple[list[Need], Tally]:
    """What files need: they are judged as ``claimcheck check`` judges them.

    Args:
        paths: the files.
        checker: judges them.
        optional: the optional tables that are asked for.

    Returns:
        The needs, by table and quarter, and the summary of the run.
    """
    tally = Tally()
    engines = engines_of(checker)
    lines: Counter[tuple[Engine, Setting, str]] = Counter()
    with no_garbage_collection():
        for item in engines.judge(claims_of(paths, checker, tally), tally):
            if isinstance(item, Judged):
                engine, setting = engines.engine_for(item.claim), item.claim.setting
                for line in item.claim.lines:
                    lines[engine, setting, quarter_of(line.day)] += 1
    asked: Counter[tuple[str, str]] = Counter()
    for (engine, setting, named), count in lines.items():
        for table in _tables(engine, setting):
            if table in optional or not table_of(table).optional:
                asked[table, named] += count
    waiting = {(one.table, one.quarter): one for one in tally.missing.rows() if one.is_table}
    order = [*TABLES]
    needs = []
    for table, named in sorted({*asked, *waiting}, key=lambda key: (order.index(key[0]), key[1])):
        missing, quarter = waiting.get((table, named)), Quarter.read(named)
        if quarter and (missing or not table_of(table).ships):
            waits = (missing.lines, missing.blocked) if missing else (0, 0)
            releases = tuple(dict.fromkeys(release.name for release in _releases(checker.rulebook, table, quarter)))
            needs.append(Need(table, named, asked[table, named], *waits, releases, bool(missing) or not releases))
    return needs, tally
