"""Pages for people: what the rule book says of a code on a day, and what a check does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from claimcheck.checking import Check
from claimcheck.claim import Claim, Line, Service
from claimcheck.examples import Example
from claimcheck.rulebook import (
    CODES,
    FEE_SCHEDULE,
    MODIFIERS,
    PLACES,
    PRICING_MODIFIERS,
    Absent,
    NotInForce,
    Period,
    Rulebook,
    meanings,
)
from claimcheck.rulebook.rows import Asc, CodeDates, Fee, Mue, Opps, Row

_FEE_NAMES = {
    "status": "status",
    "pctc": "PC/TC",
    "global_days": "global days",
    "multiple": "multiple procedure (51)",
    "bilateral": "bilateral (50)",
    "assistant": "assistant (80, 81, 82, AS)",
    "co_surgeon": "co-surgeon (62)",
    "team": "team (66)",
    "supervision": "supervision",
    "imaging_family": "imaging family",
}
_TABLE_NAMES = {
    "mue_practitioner": "MUE, practitioner and ASC",
    "mue_outpatient": "MUE, hospital outpatient",
    "mue_dme": "MUE, DME supplier",
    "opps": "OPPS, Addendum B",
    "asc": "ASC, Addenda AA and BB",
}


def newest_day(rulebook: Rulebook, code: str) -> date | None:
    """The newest day on which the fee schedule, or else any table, has a row for a code; None for a code
    that no table has heard of."""
    tables = rulebook.tables
    of_fees = tables[FEE_SCHEDULE].rows.get((code, ""), [])
    of_others = [
        period
        for name, table in tables.items()
        if name not in (FEE_SCHEDULE, MODIFIERS, PLACES)
        for period in table.rows.get(code, [])
    ]
    for periods in (of_fees, of_others):
        days = [period.last for period in periods if period.row is not None]
        if days:
            return max(days)
    return None


def code_page(rulebook: Rulebook, code: str, day: date) -> RenderableType:
    """Everything that the rule book says of a code on a day: each value, what it means, its source
    and the days that it holds for."""
    parts: list[RenderableType] = [Text(f"{code} on {day}", style="bold"), Text("")]
    for title, table, key in _asked(rulebook, code):
        parts += _section(rulebook, title, table, key, day)
    lists = [
        f"{name} ({row.source})"
        for name in rulebook.tables
        if name not in _PRINTED and (row := _find(rulebook, name, code, day)) and not isinstance(row, NotInForce)
    ]
    if lists:
        parts.append(Text("code lists: " + ", ".join(lists)))
    return Group(*parts)


_PRINTED = {FEE_SCHEDULE, CODES, MODIFIERS, PLACES, *_TABLE_NAMES}


def _asked(rulebook: Rulebook, code: str) -> Iterator[tuple[str, str, Any]]:
    yield "code", CODES, code
    yield "fee schedule", FEE_SCHEDULE, (code, "")
    for modifier in PRICING_MODIFIERS:
        if (code, modifier) in rulebook.tables[FEE_SCHEDULE].rows:
            yield f"fee schedule, with {modifier}", FEE_SCHEDULE, (code, modifier)
    for table, title in _TABLE_NAMES.items():
        if table in rulebook.tables:
            yield title, table, code


def _find(rulebook: Rulebook, table: str, key: Any, day: date) -> Row | Absent | NotInForce:
    try:
        return rulebook.tables[table].at(key, day)
    except NotInForce as gap:
        return gap


def _section(rulebook: Rulebook, title: str, table: str, key: Any, day: date) -> Iterator[RenderableType]:
    periods = rulebook.tables[table].rows.get(key, [])
    found = _find(rulebook, table, key, day)
    yield Text(title, style="bold")
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(style="bold")
    grid.add_column()
    if isinstance(found, NotInForce):
        grid.add_row("not judged", "", "no release in force for this code on this day")
    elif isinstance(found, Absent):
        grid.add_row("not listed", "", "")
    else:
        for row in _values(found):
            grid.add_row(*row)
    yield Padding(grid, (0, 0, 0, 2))
    if not isinstance(found, NotInForce):
        period = next((p for p in periods if p.first <= day <= p.last), None)
        yield Padding(Text(f"source: {found.source}{_span(period)}", style="dim"), (0, 0, 0, 2))
    others = [p for p in periods if not p.first <= day <= p.last and p.row is not None]
    if others:
        yield Padding(Text("on other days: " + "; ".join(_summary(p) for p in others), style="dim"), (0, 0, 0, 2))
    yield Text("")


def _span(period: Period | None) -> str:
    if period is None:
        return ""
    first = "" if period.first == date.min else f"from {period.first}"
    last = "" if period.last == date.max else f"to {period.last}"
    days = " ".join(part for part in (first, last) if part)
    return f"; holds {days}" if days else ""


def _summary(period: Period) -> str:
    assert period.row is not None
    values = " ".join(value for _, value, _ in _values(period.row))
    return f"{period.first} to {period.last}: {values}"


def _values(row: Row) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each field that a row publishes."""
    for kind, values in _ROWS.items():
        if isinstance(row, kind):
            return list(values(row))
    return []


def _fee_values(row: Fee) -> Iterator[tuple[str, str, str]]:
    for field, name in _FEE_NAMES.items():
        value = getattr(row, field)
        yield name, value, meanings.FEE[field].get(value, "")
    if row.endoscopic_base:
        yield "endoscopic base", row.endoscopic_base, "the code of its family's diagnostic endoscopy"
    if row.non_facility_na:
        yield "non-facility", "NA", "rarely or never performed outside facilities"
    if row.facility_na:
        yield "facility", "NA", "rarely or never performed in facilities"


def _mue_values(row: Mue) -> Iterator[tuple[str, str, str]]:
    yield "units", str(row.units), "no units payable" if row.units == 0 else "the most that are plausible"
    yield "MAI", str(row.mai or "none"), meanings.MAI[row.mai]


def _opps_values(row: Opps) -> Iterator[tuple[str, str, str]]:
    yield "status indicator", row.status, meanings.OPPS.get(row.status, "")
    if row.apc:
        yield "payment class (APC)", row.apc, ""


def _asc_values(row: Asc) -> Iterator[tuple[str, str, str]]:
    yield "addendum", row.addendum, "covered procedures" if row.addendum == "AA" else "ancillary services"
    yield "payment indicator", row.indicator, meanings.ASC.get(row.indicator, "")


def _code_values(row: CodeDates) -> Iterator[tuple[str, str, str]]:
    if row.added:
        yield "added", row.added.isoformat(), ""
    if row.ended:
        yield "ended", row.ended.isoformat(), ""
    for name, value in (("type of service", row.type_of_service), ("BETOS", row.betos), ("CCS", row.ccs)):
        if value:
            yield name, value, ""
    if row.classified_by:
        yield "classified by", row.classified_by, ""
    if row.needs:
        yield "needs", row.needs, ""


_ROWS: dict[type[Any], Callable[[Any], Iterable[tuple[str, str, str]]]] = {
    Fee: _fee_values,
    Mue: _mue_values,
    Opps: _opps_values,
    Asc: _asc_values,
    CodeDates: _code_values,
}


def check_page(check: Check) -> RenderableType:
    """A check's page: what it says, by which source, and its examples."""
    maps = check.maps
    facts = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("severity", check.severity)
    facts.add_row("reach", check.reach)
    if check.reach != "READING":
        facts.add_row("claims", ", ".join(check.settings))
    if check.needs:
        facts.add_row("needs", ", ".join(check.needs))
    for name, default in check.options.items():
        facts.add_row("option", f"{name} = {default!r}")
    source = "; ".join(part for part in check.cites if part)
    facts.add_row("source", source)
    if maps.carc:
        facts.add_row("CARC", f"{maps.carc.group}-{maps.carc.code}")
    if maps.rarc:
        facts.add_row("RARC", maps.rarc)
    if maps.claim_status:
        facts.add_row("claim status", f"{maps.claim_status.category}:{maps.claim_status.code}")
        facts.add_row("confidence", {"H": "high", "M": "medium", "L": "low"}[maps.confidence])
    parts: list[RenderableType] = [
        Text(check.id, style="bold"),
        Text(""),
        Text(check.doc.replace("``", "")),
        Text(""),
        facts,
    ]
    if check.examples:
        examples = Table(title="examples", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("verdict", "case", "billed", "by"):
            examples.add_column(column, header_style="dim")
        for example in check.examples:
            examples.add_row(example.verdict, example.title, _billed(example), _by(example))
        parts += [Text(""), examples]
    return Group(*parts)


def _billed(example: Example) -> str:
    if isinstance(example.subject, Service):
        return _written(example.subject)
    lines = [_line(example.subject, line) for line in example.subject.lines]
    return "; ".join(lines if len(lines) <= 3 else [*lines[:2], f"... {len(lines)} lines"])


def _line(claim: Claim, line: Line) -> str:
    return _written(line.service) + (f" on {line.from_date}" if line.from_date != "20250310" else "")


def _written(service: Service) -> str:
    units = "" if service.units == "1" else f" x{service.units or '?'}"
    place = f" pos {service.place_of_service}" if service.place_of_service not in (None, "11") else ""
    return "-".join([service.code or "(no code)", *service.modifiers]) + units + place


def _by(example: Example) -> str:
    defaults: dict[str, Any] = {}
    shown = []
    for table, rows in example.tables.items():
        for key, row in rows.items():
            defaults = dict(row._field_defaults)
            values = [f"{f}={v}" for f, v in row._asdict().items() if f != "source" and v != defaults.get(f, "")]
            shown.append(f"{table} {key}{': ' if values else ''}{' '.join(values)}")
        if not rows:
            shown.append(f"{table}: no row")
    return "; ".join(shown)
