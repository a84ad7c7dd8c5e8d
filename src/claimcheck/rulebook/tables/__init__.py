"""The rule tables, each declared once.

A ``Table`` is what is published under one name; a ``Kind`` is what its rows are, which several tables may share. The
modules of this package declare them in a dictionary ``TABLES``, and are found by themselves. All else follows from
the declarations: the database, the look-up, the rule files, ``explain``, the names of what is missing, and the rows
that examples may give. What reads a published file is an importer: a module of ``rulebook/cms``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, get_args

from claimcheck import ClaimcheckError


class NotInForce(ClaimcheckError, LookupError):
    """No release that governs the day can answer: the line is not judged, by that table. Where a row was found that
    lacks a value, ``lacks`` names it."""

    def __init__(self, table: str, lacks: str = "") -> None:
        super().__init__(table)
        self.table = table
        self.lacks = lacks


class Row(Protocol):
    """A row of any table: a named tuple. Values stay as published, as text."""

    @property
    def source(self) -> str:
        """The release and row that it came from."""

    @property
    def _fields(self) -> tuple[str, ...]: ...
    @property
    def _field_defaults(self) -> dict[str, Any]: ...
    def _asdict(self) -> dict[str, Any]: ...
    def _replace(self, *args: Any, **kwargs: Any) -> Self: ...


Key = str | tuple[str, ...]
"""What a row is looked up by: a code, or (code, modifier), (column 1, column 2), (add-on, primary)."""


class Shown(NamedTuple):
    """A line of ``claimcheck explain CODE``: a value of a row, what it is called and what it means."""

    name: str
    value: str
    meaning: str = ""


class Column(NamedTuple):
    """What is known of a field of a row.

    Attributes:
        title: what ``explain`` calls it; it does not show one that has none.
        values: each value that is published for it, with what it means in our words, where that says more.
        pattern: what else it may be in a rule file.
    """

    title: str = ""
    values: Mapping[Any, str] = {}
    pattern: str = ""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of row, and how the rows are kept, read and shown.

    Attributes:
        name: its table in the database.
        row: the row's type. A field that is a date, a flag or a number is stored as a number, all else as text.
        key: the columns that a row is looked up by.
        carries: the fields of a row that are the parts of its key after the first.
        columns: what is known of the fields, in the order in which ``explain`` shows them.
        decides: the column by which alone a row is judged: nothing is, by a value that is not among the published ones.
        self_dated: whether rows bear their own dates, so that one that does not hold on a day says so even where its
            release is not complete.
        by_setting: the table for each setting, where there is one for each.
        section: what a code's rule file calls its rows; "" where no such file has any.
        modifiers: those that a row may be for, where the key has one; without them any.
        example: what examples call its tables, which then all have the rows; "" where by their names.
        called: what the pages of checks call them; "" where by the names of the tables.
        shows: makes the lines of ``explain``, where the columns alone do not say it.
        in_part: the type of a row that lacks values, where there may be such.
    """

    name: str
    row: type[Any]
    key: tuple[str, ...] = ("code",)
    carries: tuple[str, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    decides: str = ""
    self_dated: bool = False
    by_setting: Mapping[str, str] = field(default_factory=dict)
    section: str = ""
    modifiers: tuple[str, ...] = ()
    example: str = ""
    called: str = ""
    shows: Callable[[Any], Iterable[Shown]] | None = None
    in_part: type[Any] | None = None

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The fields that are columns of their own, beside the key, the days and the source."""
        apart = {"source", *self.carries, *(("first", "last") if self.self_dated else ())}
        return tuple(name for name in self.row._fields if name not in apart)

    @cached_property
    def days(self) -> frozenset[str]:
        """The values that are dates."""
        return self._of_type(date)

    @cached_property
    def flags(self) -> frozenset[str]:
        """The values that are true or false."""
        return self._of_type(bool)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The values that are stored as numbers."""
        return self.days | self.flags | self._of_type(int)

    def _of_type(self, wanted: type) -> frozenset[str]:
        return frozenset(name for name in self.values if self.type_of(name) is wanted)

    def type_of(self, field: str) -> type:
        """The type of a field, such as that of ``int | None`` or ``Literal["a", "b"]``."""
        annotation = self.row.__annotations__[field]
        while arguments := get_args(annotation):
            annotation = arguments[0]
        return annotation if isinstance(annotation, type) else type(annotation)

    def plain_key(self, code: str) -> Key:
        """The key of a code's own row: that of no modifier, where the key has one."""
        return (code, *("" for _ in self.carries)) if self.carries else code

    @cached_property
    def published(self) -> Mapping[str, frozenset[Any]]:
        """The published values of each column that has any."""
        return {name: frozenset(column.values) for name, column in self.columns.items() if column.values}

    def means(self, column: str, value: Any) -> str:
        """What a value means; "" where that says no more than the value, or is not known."""
        return self.columns[column].values.get(value, "")

    def shown(self, row: Row) -> Iterable[Shown]:
        """The lines of ``explain`` for a row."""
        return self.shows(row) if self.shows else self.columns_of(row)

    def columns_of(self, row: Row) -> Iterable[Shown]:
        """A line for each column that has a title, and a value or published values."""
        values = row._asdict()
        for name, column in self.columns.items():
            value = values[name]
            if column.title and value is not None and (column.values or value != ""):
                yield Shown(column.title, str(value), self.means(name, value))


class Table(NamedTuple):
    """A rule table, and where it is published.

    Attributes:
        kind: what its rows are.
        name: what messages call it.
        title: the title of the page where it is published, with the part of it where it has several.
        page: the address; "" where there is none.
        ships: whether it comes with claimcheck, so that nothing has to be loaded.
        imported: whether ``claimcheck rules add`` reads what is published.
        heading: what ``explain`` writes over its row; "" for the name.
        keys: what a list is of, where that is not procedure codes.
        optional: whether claims are judged without it as well, so that nobody needs it who did not ask for it.
    """

    kind: Kind
    name: str
    title: str
    page: str = ""
    ships: bool = False
    imported: bool = True
    heading: str = ""
    keys: str = ""
    optional: bool = False

    @property
    def is_by_code(self) -> bool:
        """Whether it says anything of procedure codes."""
        return (self.keys or self.kind.key[0]) in ("code", "column1")


CMS: Final = "https://www.cms.gov/medicare"
CODING: Final = f"{CMS}/coding-billing"
PAYMENT: Final = f"{CMS}/payment"


def _declared() -> dict[str, Table]:
    names = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - {"__init__"})
    modules = [import_module(f"{__name__}.{name}") for name in names]
    found = {name: table for module in modules for name, table in module.TABLES.items()}
    return {name: found[name] for name in sorted(found, key=_order)}


def _order(table: str) -> int:
    return next((n for n, begins in enumerate(_FIRST) if table.startswith(begins)), len(_FIRST))


_FIRST: Final = ("fee", "mue", "ptp", "medicaid", "add_on", "laboratory", "opps", "asc", "codes", "modifiers", "places")
"""The order in which tables are listed, by how their names begin; then come the others."""
TABLES: Final = _declared()
"""Every table, by the name that ``NotInForce`` gives and ``claimcheck rules list`` shows."""
