"""What could not be judged because rules are missing: each line with the checks that wait for them, the messages for
a claim, and the totals of a run by table and quarter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, NamedTuple

from claimcheck.claim import DENTAL, INSTITUTIONAL, Service, Setting
from claimcheck.message import Citation, Finding
from claimcheck.rulebook import Coverage
from claimcheck.rulebook.schema import table_of

CHECK_ERROR: Final = "check failed"
"""In place of a table: the check ended with an error of its own."""

TOO_MANY: Final = "all of the patient's earlier claims"
"""In place of a table: the batch has too many lines under one patient number on the dates of a claim."""

TYPE_OF_BILL: Final = "type of bill"
CODE_SET: Final = "code set "
"""In place of a table: no rule table covers this type of bill, or codes of this set (its qualifier follows)."""

NO_DATE: Final = "service date"
"""In place of a table: the line has no valid service date to select the rules by."""

_FORM_ALONE: Final[dict[Setting, str]] = {
    DENTAL: "Dental claim: only the number of lines is checked.",
    INSTITUTIONAL: "This type of bill is checked for its format only; no rule table covers it.",
}

_YEARS: Final = range(1966, 2100)
"""Years whose quarters are counted: from Medicare's first on."""
_QUARTERS: Final = 6
"""Quarters of one table that the end of a run names; the JSON count has them all."""
_GROUPS: Final = 2
"""Groups of codes, by what they lack, that one message names."""
_SHOWN: Final = 3
"""Tables or codes that one message names; the end of a run lists them all."""


def code_set_of(qualifier: str) -> str:
    """What is in place of a table for codes of a set (SV101-1). A qualifier has 2 characters; a longer value may be
    anything, even a name, so it is not shown."""
    return f"{CODE_SET}{qualifier if len(qualifier) <= 2 else 'other'}"


class Waiting(NamedTuple):
    """A check that could not judge a line.

    Attributes:
        line: the line's position in its claim, from 0.
        check: the id of the check.
        table: the missing table, or what is in its place.
        blocks: whether the line is not judged because of it; otherwise only this edit needs the table.
        coverage: what the rule book has of the table.
        day: the date of service that the table is missing for: the first, or the last of a span; None without a date.
    """

    line: int
    check: str
    table: str
    blocks: bool
    coverage: Coverage
    day: date | None


class MissingTable(NamedTuple):
    """Lines of a run that wait for one table and quarter.

    Attributes:
        table: the table, or what is in its place.
        quarter: such as ``2026 Q4``; "" where the lines have no date, or one of a year without rules.
        coverage: what the rule book has of the table.
        lines: how many lines wait for it.
        blocked: how many of them cannot be judged without it, even if another edit rejects them.
        first, last: the first and last of their dates of service; None where they have none.
    """

    table: str
    quarter: str
    coverage: Coverage
    lines: int = 0
    blocked: int = 0
    first: date | None = None
    last: date | None = None

    def and_more(self, lines: int, blocked: int, *days: date | None) -> MissingTable:
        """This row with more lines that wait for the same."""
        known = [day for day in (self.first, self.last, *days) if day]
        return self._replace(
            lines=self.lines + lines,
            blocked=self.blocked + blocked,
            first=min(known, default=None),
            last=max(known, default=None),
        )

    @property
    def name(self) -> str:
        """Its name, with its quarter."""
        if not self.is_table:
            qualifier = self.table.removeprefix(CODE_SET) if self.table.startswith(CODE_SET) else ""
            return _CAUSES.get(self.table) or f"codes with qualifier {qualifier or '(blank)'}, in no rule table"
        name = table_of(self.table).name
        return f"{name} for {self.quarter}" if self.quarter else name

    @property
    def is_table(self) -> bool:
        """Whether it is a table, not what is in place of one."""
        return self.table not in _NO_TABLE and not self.table.startswith(CODE_SET)

    @property
    def coverage_text(self) -> str:
        """What the rule book has of it; "" where it is not a table."""
        if not self.is_table:
            return ""
        published = table_of(self.table)
        if published.ships:
            return "a list shipped with claimcheck: update claimcheck, or add the list to an overlay"
        unread = "" if published.imported else ", and `rules add` cannot read it yet"
        return f"{_COVERED[self.coverage]}{unread}"

    @property
    def source(self) -> Citation | None:
        """Where to load it from, title and address; None where nothing can be loaded."""
        published = table_of(self.table) if self.is_table else None
        can_load = published and published.page and published.imported and not published.ships
        return Citation(published.title, url=published.page) if published and can_load else None

    @property
    def advice(self) -> str:
        """What the rule book has of it, and what to load from where."""
        source = self.source
        load = f"; load {source.title}: {source.url}" if source else ""
        return f"{self.coverage_text}{load}"

    def as_dict(self) -> dict[str, Any]:
        """The row as plain JSON values."""
        published = table_of(self.table) if self.is_table else None
        return {
            "table": self.table,
            "quarter": self.quarter or None,
            "lines": self.lines,
            "blocked": self.blocked,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "in_rule_book": self.coverage if self.is_table else None,
            "title": published.title if published else None,
            "page": (published.page or None) if published else None,
        }


_CAUSES: Final = {
    CHECK_ERROR: "a check ended with an error",
    TOO_MANY: "too many lines on the same dates under one patient number",
    TYPE_OF_BILL: "types of bill that no rule table covers",
    NO_DATE: "no readable service date",
}
_NO_TABLE: Final = tuple(_CAUSES)
_COVERED: Final[dict[Coverage, str]] = {
    "none": "the rule book has no release of it",
    "other days": "the rule book has releases for other dates only",
    "in part": "the rule book does not list the codes",
}


class MissingRules:
    """What the lines of a run wait for, by table and quarter."""

    _MOST: Final = 1_000
    """Tables and days that are counted before they are combined to quarters: the input chooses the dates."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str, Coverage], MissingTable] = {}
        # Lines, and how many of them are not judged, by day: the loop only counts, and rows are made of it.
        self._by_day: dict[tuple[str, Coverage, date | None], list[int]] = {}

    def add(self, waiting: Iterable[Waiting]) -> None:
        """Count the lines of a claim: each once for each table that it waits for."""
        found: dict[tuple[int, str, Coverage, date | None], bool] = {}
        for at, _, table, blocks, coverage, day in waiting:
            key = at, table, coverage, day
            found[key] = blocks or found.get(key, False)
        by_day = self._by_day
        for (_, table, coverage, day), blocks in found.items():
            counts = by_day.setdefault((table, coverage, day), [0, 0])
            counts[0] += 1
            counts[1] += blocks
        if len(by_day) > self._MOST:
            self._by_quarter()

    def merge(self, other: MissingRules) -> None:
        """Count all that another part of the run counted."""
        for one in other.rows():
            self._count(one)

    def _by_quarter(self) -> None:
        """Combine days to quarters."""
        for (table, coverage, day), (lines, blocked) in self._by_day.items():
            self._count(
                MissingTable(
                    _missing_table(day is not None, table), quarter_of(day), coverage, lines, blocked, day, day
                )
            )
        self._by_day = {}

    def _count(self, one: MissingTable) -> None:
        key = one.table, one.quarter, one.coverage
        known = self._of.get(key) or MissingTable(*key)
        self._of[key] = known.and_more(one.lines, one.blocked, one.first, one.last)

    def rows(self) -> list[MissingTable]:
        """What is missing: first what leaves most lines not judged."""
        self._by_quarter()
        return sorted(self._of.values(), key=lambda one: (-one.blocked, -one.lines, one[:3]))

    def __bool__(self) -> bool:
        return bool(self._of or self._by_day)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MissingRules) and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]


def missing_texts(missing: MissingRules) -> dict[str, list[str]]:
    """What the lines of a run wait for, under headings: tables, each with its quarters, how many lines wait for it and
    what to load; then causes other than tables."""
    tables: dict[tuple[str, Coverage], list[MissingTable]] = {}
    others = []
    for one in missing.rows():
        if one.is_table:
            tables.setdefault((one.table, one.coverage), []).append(one)
        else:
            others.append(f"{one.name}: {one.lines:,} {'line' if one.lines == 1 else 'lines'}")
    texts = [_table_text(some) for some in tables.values()]
    return {title: some for title, some in (("Not in the rule book", texts), ("Not judged", others)) if some}


def _table_text(rows: list[MissingTable]) -> str:
    """One table with its quarters."""
    first, quarters = rows[0], _some(sorted({one.quarter for one in rows if one.quarter}), _QUARTERS)
    name = table_of(first.table).name + (f" for {quarters}" if quarters else "")
    waits = _waits(sum(one.lines for one in rows), sum(one.blocked for one in rows))
    return f"{name}: {waits}; {first.advice}"


def _waits(lines: int, blocked: int) -> str:
    """How many lines wait, and how many of them cannot be judged without it."""
    noun = "line" if lines == 1 else "lines"
    if not blocked:
        return f"{lines:,} {noun} judged without it"
    need = "needs it" if blocked == 1 else "need it"
    return f"{lines:,} {noun} {need}" if blocked == lines else f"{lines:,} {noun}, {blocked:,} of them {need}"


def quarter_of(day: date | None) -> str:
    """The calendar quarter of a day, as CMS names its releases: ``2026 Q4``; "" for a day that no release will ever
    govern, so that dates from the input cannot fill the memory."""
    return f"{day.year} Q{(day.month + 2) // 3}" if day and day.year in _YEARS else ""


# -- messages for a claim ----------------------------------------------------------------------------


class Cause(NamedTuple):
    """Why a line could not be judged, as far as the message tells; ``quarter`` is None where the line has no date."""

    setting: Setting
    code: str
    check: str
    table: str
    coverage: Coverage
    quarter: str | None

    @classmethod
    def of(cls, service: Service, one: Waiting) -> Cause:
        """The cause of a line's service and a check that waits."""
        quarter = quarter_of(one.day) if one.day else None
        return cls(service.setting, service.code, one.check, one.table, one.coverage, quarter)


def _subject(one: Cause) -> str:
    """What a list of a day does not have: the code of the line, or what else the list is of."""
    table = table_of(one.table)
    return one.code if table.is_by_code else f"a {table.keys or table.kind.key[0]} of the claim"


class _Reasons:
    """Why lines of a claim could not be judged, combined so that one cause is reported once."""

    def __init__(self, causes: Iterable[Cause]) -> None:
        self.forms: dict[str, None] = {}
        self.code_sets: dict[str, None] = {}
        self.absent: dict[str, dict[str, None]] = {}
        self.unknown: dict[tuple[str, str], dict[str, None]] = {}
        self.failed: dict[str, None] = {}
        self.undated = self.too_many = False
        self.loadable = False
        for cause in causes:
            self._add(cause)

    def _add(self, one: Cause) -> None:
        quarter, table = one.quarter, one.table
        if one.setting in _FORM_ALONE:
            self.forms[_FORM_ALONE[one.setting]] = None
        elif table == CHECK_ERROR:
            self.failed[one.check] = None
        elif table == TOO_MANY:
            self.too_many = True
        elif table.startswith(CODE_SET):
            self.code_sets[table.removeprefix(CODE_SET)] = None
        elif quarter is None:
            self.undated = True
        elif one.coverage == "in part":
            self._add_table(table)
            self.unknown.setdefault((quarter, _subject(one)), {})[table_of(table).name] = None
        else:
            self._add_table(table)
            self.absent.setdefault(quarter, {})[table_of(table).name] = None

    def _add_table(self, table: str) -> None:
        published = table_of(table)
        self.loadable = self.loadable or published.imported or published.ships

    def texts(self) -> Iterator[str]:
        """The sentences; first what the biller can correct on the claim."""
        if self.undated:
            yield "the service date is missing or is not a date"
        for quarter, names in self.absent.items():
            when = f" for {quarter}" if quarter else ""
            yield f"{_some(names)}{when} {'is' if len(names) == 1 else 'are'} not in the rule book"
        by_names: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (quarter, code), names in self.unknown.items():
            by_names.setdefault((quarter, tuple(names)), []).append(code)
        for (quarter, tables), codes in islice(by_names.items(), _GROUPS):
            are = "is" if len(codes) == 1 else "are"
            yield f"{_some(codes)} {are} not in the rule book's {_some(tables)} of {quarter}"
        if more := sum(map(len, islice(by_names.values(), _GROUPS, None))):
            yield f"other tables do not list {more} other {'code' if more == 1 else 'codes'}"
        if self.code_sets:
            yield f"no rule table covers codes with qualifier {_some(self.code_sets)}"
        if self.failed:
            yield f"{_some(self.failed)} ended with an error"
        if self.too_many:
            yield "the batch has too many lines on these dates under this patient number"

    def remedy(self) -> str:
        """The action for the first of the causes."""
        if self.undated:
            return "Correct the service date (DTP*472)."
        if (self.absent or self.unknown) and not self.loadable:
            return "claimcheck cannot load these tables yet; review these lines by hand."
        if self.absent or self.unknown:
            return "Load the missing tables (listed at the end of the run), or review these lines by hand."
        if self.too_many:
            return "Report a separate number for each patient; if this is one patient, review these lines by hand."
        if self.failed:
            return "Review these lines by hand, and report the error in the check."
        return "Review these lines by hand."


def not_judged_finding(causes: Sequence[Cause]) -> Finding:
    """The finding for the lines of a claim that could not be judged."""
    reasons = _Reasons(causes)
    text = " ".join(reasons.forms)
    if others := "; ".join(reasons.texts()):
        text = f"{text} Not checked: {others}.".strip()
    field = "from_date" if reasons.undated else None
    return Finding(text, reasons.remedy(), field=field, observed=_observed(causes))


def partly_judged_finding(causes: Sequence[Cause]) -> Finding:
    """The finding for the lines that were judged except by edits whose list is missing."""
    checks = _some(dict.fromkeys(one.check for one in causes))
    reasons = "; ".join(_Reasons(causes).texts())
    remedy = "No action on the claim. The end of the run lists what to load."
    return Finding(f"Not checked by {checks}: {reasons}.", remedy, observed=_observed(causes))


def _observed(causes: Sequence[Cause]) -> str:
    """The tables, or what is in their place."""
    return ", ".join(sorted({_missing_table(one.quarter is not None, one.table) for one in causes}))


def _missing_table(is_dated: bool, table: str) -> str:
    """The table, or the service date without which none can be selected."""
    return table if is_dated or table in _NO_TABLE or table.startswith(CODE_SET) else NO_DATE


def _some(names: Iterable[str], most: int = _SHOWN) -> str:
    """The first names, and how many more there are."""
    all_names = [*names]
    more = len(all_names) - most
    shown = ", ".join(all_names[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown
