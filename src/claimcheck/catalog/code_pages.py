"""A code's page: its rules in the rule book on a day, for ``claimcheck explain CODE``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from claimcheck.rulebook import (
    ADD_ONS,
    CODES,
    FEE_SCHEDULE,
    Absent,
    FeeInPart,
    Key,
    Listed,
    NotInForce,
    Period,
    Row,
    Rulebook,
    Rules,
    Store,
)
from claimcheck.rulebook.schema import DAY, table_of
from claimcheck.rulebook.store import place_of
from claimcheck.rulebook.tables import TABLES, Table
from claimcheck.rulebook.tables.code_sets import LISTED
from claimcheck.rulebook.tables.ncci import ADD_ON, PAIR
from claimcheck.rulebook.tables.payment import NDC_CROSSWALK, Package


def newest_day(rulebook: Rulebook, code: str) -> date | None:
    """The newest day on which the fee schedule has a whole row for a code, or else any table has one; None for a code
    that is in no table. What comes along counts where the book itself has nothing of the code."""
    for store in rulebook.stores:
        for periods in (store.periods(FEE_SCHEDULE, (code, "")), _other_periods(store, code)):
            rows = (period for period in periods if period.row is not None)
            days = [period.last for period in rows if not isinstance(period.row, FeeInPart)]
            if days:
                return max(days)
    return None


def _other_periods(store: Store, code: str) -> Iterator[Period]:
    for name in store.tables():
        table = table_of(name)
        if table.is_by_code and not table.kind.self_dated:
            for key in store.keys(name, code):
                yield from store.periods(name, key)


def code_page(rulebook: Rulebook, code: str, day: date, *, all_pairs: bool = False) -> RenderableType:
    """All rules of the rule book for a code on a day: each value, its meaning, its source and the days that it is in
    effect; of NCCI pairs their number, or all of them."""
    parts: list[RenderableType] = [Text(f"{code} on {day}", style="bold"), Text("")]
    for name, table in _by_row(rulebook):
        parts += _sections(rulebook, name, table, code, day)
    parts += _add_on_section(rulebook, code, day)
    parts += _package_section(rulebook, code, day)
    for name, table in TABLES.items():
        if table.kind is PAIR and name in rulebook.tables():
            parts += _pair_section(rulebook, table.heading or table.name, name, code, day, all_pairs)
    rules = rulebook.on(day)
    lists = [
        f"{name}{f': {text}' if (text := row.value.lstrip('; ')) else ''} ({row.source})"
        for name in rulebook.tables()
        if _is_list_of_codes(name) and isinstance(row := _find(rules, name, code), Listed)
    ]
    if lists:
        parts.append(Text("code lists: " + ", ".join(lists)))
    return Group(*parts)


def _by_row(rulebook: Rulebook) -> list[tuple[str, Table]]:
    """The tables that have a row of their own for a code, with columns to show: that of its dates, the fee schedule,
    then those that the book has."""
    always_or_there = (CODES, FEE_SCHEDULE, *rulebook.tables())
    shown = [(name, table) for name, table in TABLES.items() if table.kind.columns and not table.kind.self_dated]
    found = [(name, table) for name, table in shown if name in always_or_there and table.is_by_code]
    return sorted(found, key=lambda one: one[0] != CODES)


def _is_list_of_codes(name: str) -> bool:
    table = table_of(name)
    return table.kind is LISTED and table.is_by_code


def lists_page(rulebook: Rulebook, tables: Iterable[str], day: date | None) -> Iterator[RenderableType]:
    """The code lists among some tables as of a day, by default the last day that each covers."""
    for table in tables:
        if table_of(table).kind is not LISTED:
            continue
        releases = [release for store in rulebook.stores for release in store.of(table)]
        if not releases:
            continue
        on = day or max(release.last for release in releases)
        rules = rulebook.on(on)
        rows = [(str(code), _find(rules, table, code)) for code in rulebook.keys(table)]
        listed = [(code, row) for code, row in rows if isinstance(row, Listed)]
        sources = sorted({row.source.rpartition(" ")[0] for _, row in listed})
        yield Text(f"List {table} on {on}: {len(listed)} codes [{'; '.join(sources) or 'no release in force'}]", "bold")
        yield _note(" ".join(f"{code} ({row.value})" if row.value else code for code, row in listed))


def _sections(rulebook: Rulebook, name: str, table: Table, code: str, day: date) -> Iterator[RenderableType]:
    """What a table has of a code, and of the code with each modifier that has a row."""
    plain = table.kind.plain_key(code)
    yield from _section(rulebook, table.heading or table.name, name, plain, day)
    for key in rulebook.keys(name, code) if table.kind.carries else ():
        if key != plain:
            with_it = f"{table.heading or table.name}, with {' '.join(filter(None, key[1:]))}"
            yield from _section(rulebook, with_it, name, key, day)


def _find(rules: Rules, table: str, key: Key) -> Row | Absent | NotInForce:
    try:
        return rules.row(table, key)
    except NotInForce as gap:
        return gap


def _section(rulebook: Rulebook, title: str, table: str, key: Key, day: date) -> Iterator[RenderableType]:
    rules = rulebook.on(day)
    found = _find(rules, table, key)
    ended = rules.ended(key) if table == CODES and isinstance(key, str) else None
    periods = _merged(rulebook.periods(table, key))
    held = next((p for p in periods if p.first <= day <= p.last), None)
    yield Text(title, style="bold")
    grid = _grid()
    if ended and ended.ended:
        grid.add_row("ended", ended.ended.isoformat(), "not valid from this date, even if another list has it")
    elif isinstance(found, NotInForce):
        why = "the value is not among the published ones" if held else "no release in force for this code on this day"
        grid.add_row("not judged", "", why)
    elif isinstance(found, Absent):
        grid.add_row("not listed", "", "")
    else:
        for line in table_of(table).kind.shown(found):
            grid.add_row(*line)
    yield Padding(grid, (0, 0, 0, 2))
    if isinstance(found, Absent):
        yield _note(f"source: {found.source}")
    elif not isinstance(found, NotInForce):
        yield _note(f"source: {found.source}{_span(held)}")
        yield from _file(rulebook, table, key, day)
    others = [p for p in periods if not p.first <= day <= p.last and p.row is not None]
    if others:
        yield _note("on other days: " + "; ".join(_summary(p) for p in others))
    yield Text("")


def _grid() -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(style="bold")
    grid.add_column()
    return grid


def _note(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 2))


def _file(rulebook: Rulebook, table: str, key: Key, day: date) -> Iterator[RenderableType]:
    """The location of the row in force: file, row and hash, in a book made of files."""
    for store in rulebook.stores:
        for period in store.periods(table, key):
            source = store.source(period.source) if period.first <= day <= period.last and period.source else None
            if source:
                yield _note(f"file: {place_of(source)}, row {period.line}; sha256 {source.sha256[:12]}")
                return


def _merged(periods: Iterable[Period]) -> list[Period]:
    """The rows of a key day by day, each from the release that takes precedence (periods come in that order);
    adjacent periods with the same row are merged."""
    answering: list[Period] = []
    for period in periods:
        answering += _without(period, answering)
    merged: list[Period] = []
    for period in sorted(answering, key=lambda p: (p.first, p.last)):
        before = merged[-1] if merged else None
        if before and _same(before.row, period.row) and period.first <= before.last + DAY:
            merged[-1] = before._replace(last=max(before.last, period.last))
        else:
            merged.append(period)
    return merged


def _without(period: Period, others: list[Period]) -> list[Period]:
    """A period less the days of others."""
    left = [period]
    for other in others:
        pieces = []
        for piece in left:
            if other.last < piece.first or piece.last < other.first:
                pieces.append(piece)
                continue
            if piece.first < other.first:
                pieces.append(piece._replace(last=other.first - DAY))
            if other.last < piece.last:
                pieces.append(piece._replace(first=other.last + DAY))
        left = pieces
    return left


def _same(one: Row | None, other: Row | None) -> bool:
    if one is None or other is None:
        return one is other
    return one._replace(source="") == other._replace(source="")


def _span(period: Period | None) -> str:
    if period is None:
        return ""
    first = "" if period.first == date.min else f"from {period.first}"
    last = "" if period.last == date.max else f"to {period.last}"
    days = " ".join(part for part in (first, last) if part)
    return f"; in effect {days}" if days else ""


def _summary(period: Period) -> str:
    assert period.row is not None
    values = " ".join(line.value for line in table_of(period.release.table).kind.shown(period.row))
    return f"{period.first} to {period.last}: {values}"


def _add_on_section(rulebook: Rulebook, code: str, day: date) -> Iterator[RenderableType]:
    if ADD_ONS not in rulebook.tables():
        return
    try:
        primaries = rulebook.on(day).primaries(code)
    except NotInForce:
        return
    if not primaries:
        return
    yield Text("add-on code", style="bold")
    grid = _grid()
    for kind in sorted({row.type for row in primaries}):
        codes = " ".join(row.primary for row in primaries if row.type == kind and row.primary != "CCCCC")
        grid.add_row(f"type {kind}", "", ADD_ON.means("type", kind))
        if codes:
            grid.add_row("primary codes", "", codes)
    for note in sorted({row.note for row in primaries if row.note}):
        grid.add_row("note", "", note)
    yield Padding(grid, (0, 0, 0, 2))
    yield _note(f"source: {primaries[0].source}")
    yield Text("")


def _package_section(rulebook: Rulebook, code: str, day: date) -> Iterator[RenderableType]:
    """The packages of a drug by NDC, each with how many units of the code it has."""
    rules = rulebook.on(day)
    keys = rulebook.keys(NDC_CROSSWALK, code)
    packages = [row for key in keys if isinstance(row := _find(rules, NDC_CROSSWALK, key), Package)]
    if not packages:
        return
    yield Text(TABLES[NDC_CROSSWALK].name, style="bold")
    grid = _grid()
    for package in packages:
        grid.add_row(package.ndc, f"{package.units} units", f"of {package.dosage} each")
    yield Padding(grid, (0, 0, 0, 2))
    yield _note(f"source: {packages[0].source.rpartition(' ')[0]}")
    yield Text("")


def _pair_section(
    rulebook: Rulebook, title: str, table: str, code: str, day: date, all_pairs: bool
) -> Iterator[RenderableType]:
    """How many pairs a code is in on a day, by column and indicator."""
    yield Text(title, style="bold")
    found = rulebook.pairs_with(table, code, day)
    grid = _grid()
    if found is None:
        grid.add_row("not judged", "", "no release in force on this day")
    else:
        for column in (1, 2):
            for indicator in ("0", "1"):
                others = [p.other for p in found if p.column == column and p.pair.indicator == indicator]
                if others:
                    label = f"column {column}, indicator {indicator}"
                    grid.add_row(
                        label, str(len(others)), " ".join(others) if all_pairs else PAIR.means("indicator", indicator)
                    )
        if not found:
            grid.add_row("in no pair", "", "")
    yield Padding(grid, (0, 0, 0, 2))
    if found:
        source = found[0].pair.source.rpartition(" ")[0]
        yield _note(f"source: {source}" + ("" if all_pairs else "; --pairs lists them"))
    yield Text("")
