"""The starter rule book: the TOML files in ``rules/``, which make a fresh install work at once.

``rules/releases.toml`` names the releases, ``rules/codes/CODE.toml`` holds what they say about one
code, and ``modifiers.toml``, ``places_of_service.toml`` and ``lists.toml`` hold what they say about
everything else; ``successors.toml`` names what replaced codes that ended. Whatever is wrong with a
file is one exception, ``RuleDataError``, that names the file, the line and the field.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from claimcheck.message import Citation
from claimcheck.rulebook import (
    ADD_ONS,
    AMBULANCE_TRIP,
    ASC_TABLE,
    CODES,
    FEE_SCHEDULE,
    MODIFIERS,
    OPPS_TABLE,
    PLACES,
    SUCCESSORS,
    AddOn,
    Asc,
    CodeDates,
    Fee,
    Listed,
    Modifier,
    Mue,
    Opps,
    Pair,
    Place,
    Rulebook,
    Store,
    values,
)
from claimcheck.rulebook.files import RuleDataError, shipped_rules
from claimcheck.rulebook.rows import Row
from claimcheck.rulebook.schema import DAY, PAIR_TABLES, Edition, Key, Release
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.writing import Writer

__all__ = ["RuleDataError", "RuleFile", "load", "shipped_rules"]

_Path = tuple[str | int, ...]
"""Where a value stands in a file: ``("fee_schedule", 0, "status")``."""


def load(folder: Path | None = None) -> Rulebook:
    """The rule book made of the files in a folder: by default the rules that come with claimcheck.

    Raises:
        RuleDataError: a file is missing, is not TOML, or says something that can't be.
    """
    folder = folder or shipped_rules()
    book = _Book(RuleFile.of(folder, "releases.toml"))
    if not (folder / "codes").is_dir():
        raise RuleDataError(f"{folder.name}/codes", 1, "", "no such folder", "a folder of files, one a code")
    book.add_codes(folder)
    book.add_bundles(folder)
    book.add_lists_of(folder)
    return Rulebook(book.store())


def load_lists() -> Store:
    """What comes with claimcheck and no file of CMS has: families of modifiers, places of service and
    code lists. It lies under a whole rule book."""
    book = _Book(RuleFile.of(shipped_rules(), "releases.toml"))
    book.add_lists_of(shipped_rules())
    return book.store()


def load_overlay(folder: Path) -> Store:
    """A payer's overlay: a folder in the shape of ``rules/``, with ``releases.toml`` and any of the rest.

    Raises:
        RuleDataError: a file is missing, is not TOML, or says something that can't be.
    """
    book = _Book(RuleFile.of(folder, "releases.toml"))
    book.add_codes(folder)
    book.add_bundles(folder)
    book.add_lists_of(folder, optional=True)
    return book.store(overlay=folder.name)


# What the files may say.


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Code = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z]$")]
_ModifierCode = Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
_PlaceCode = Annotated[str, Field(pattern=r"^[0-9]{2}$")]
_Text = Annotated[str, Field(min_length=1)]
_Cites = Annotated[list[_Text], Field(min_length=1)]


class _Edition(_Model):
    name: _Text
    edition: _Text
    first: date
    last: date


class _Series(_Model):
    """The releases of one publication, oldest first, and the tables that hold rows of them."""

    tables: list[_Text]
    title: _Text
    url: Annotated[str, Field(pattern=r"^(https://.*)?$")] = ""
    releases: Annotated[list[_Edition], Field(min_length=1)]


class _Releases(_Model):
    series: list[_Series]


class _Span(_Model):
    first: date
    last: date
    cites: _Cites


class _Validity(_Span):
    added: date | None = None
    ended: date | None = None


class _Classification(_Model):
    type_of_service: str = ""
    betos: str = ""
    ccs: str = ""
    needs: str = ""
    citation: _Text


class _Fee(_Span):
    modifier: Literal["", "26", "TC", "53"] = ""
    status: values.FeeStatus
    pctc: values.Pctc
    global_days: values.GlobalDays
    multiple: values.Multiple
    bilateral: values.Bilateral
    assistant: values.Surgeons
    co_surgeon: values.Surgeons
    team: values.Surgeons
    supervision: values.Supervision
    imaging_family: values.ImagingFamily
    endoscopic_base: Annotated[str, Field(pattern=r"^([0-9A-Z]{5})?$")] = ""
    non_facility_na: bool = False
    facility_na: bool = False


class _Mue(_Span):
    table: Literal["practitioner", "outpatient", "dme"]
    units: Annotated[int, Field(ge=0)]
    mai: Literal[1, 2, 3]
    rationale: str = ""


class _Opps(_Span):
    status: values.OppsStatus
    apc: Annotated[str, Field(pattern=r"^([0-9]{4})?$")] = ""


class _Asc(_Span):
    addendum: Literal["AA", "BB"]
    indicator: values.AscIndicator


class _NotListed(_Span):
    """A table that does not name the code, which is a published fact too."""

    table: Literal["fee_schedule", "mue_practitioner", "mue_outpatient", "mue_dme", "opps", "asc"]


class _OneCode(_Model):
    code: _Code
    validity: _Validity | None = None
    classification: _Classification | None = None
    fee_schedule: list[_Fee] = []
    mue: list[_Mue] = []
    opps: list[_Opps] = []
    asc: list[_Asc] = []
    not_listed: list[_NotListed] = []


class _Dates(_Model):
    added: date | None = None
    ended: date | None = None


class _Whole(_Span):
    """A list with everything in it: from ``whole_from`` on, what it does not name does not exist."""

    whole_from: date


class _Modifier(_Dates):
    pricing: bool = False


class _AmbulancePairs(_Model):
    origin: Annotated[str, Field(pattern=r"^[A-Z]+$")]
    destination: Annotated[str, Field(pattern=r"^[A-Z]+$")]


class _Modifiers(_Whole):
    family: dict[_Text, dict[_ModifierCode, _Modifier]]
    ambulance_pairs: _AmbulancePairs | None = None


class _Place(_Dates):
    facility: bool


class _Places(_Whole):
    place: dict[_PlaceCode, _Place]


class _Stretch(_Model):
    first: date | None = None
    last: date | None = None


class _List(_Span):
    """Codes of a list; ``values`` where the list says something of each, ``dated`` where a code
    stands in it for some of its days only. Without ``whole_from`` it is known in part: what it does not
    name may stand in it all the same."""

    title: _Text
    whole_from: date | None = None
    codes: list[_Code] = []
    values: dict[_Code, _Text] = {}
    dated: dict[_Code, _Stretch] = {}


class _Pairs(_Span):
    """NCCI pairs by column 1. ``never`` no modifier bypasses (indicator 0), ``modifier`` one may (1).
    ``whole`` says that every pair among the codes that have a file is here."""

    whole: bool = False
    never: dict[_Code, list[_Code]] = {}
    modifier: dict[_Code, list[_Code]] = {}


class _PairFile(_Model):
    practitioner: _Pairs | None = None
    outpatient: _Pairs | None = None


class _AddOnRows(_Stretch):
    type: Literal["1", "2", "3"]
    primaries: Annotated[list[_Code], Field(min_length=1)]
    note: str = ""


class _AddOnFile(_Span):
    """Add-on codes and their primaries. ``whole`` says that no other code that has a file is one."""

    whole: bool = False
    add_on: dict[_Code, list[_AddOnRows]] = {}


class _Successor(_Model):
    """What to report in place of codes or modifiers that ended; ``note`` says more of it, such as its unit, or why
    nothing replaces them."""

    of: Annotated[list[_Code | _ModifierCode], Field(min_length=1)]
    codes: list[_Code | _ModifierCode] = []
    note: str = ""


class _SuccessorFile(_Span):
    title: _Text
    successor: list[_Successor]


class _Lists(RootModel[dict[_Text, _List]]):
    pass


_M = TypeVar("_M", bound=BaseModel)
_FEE_FIELDS: Final = tuple(name for name in Fee._fields if name in _Fee.model_fields)


class RuleFile:
    """A TOML file that people write, and the line of each of its fields."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or str(path)

    @classmethod
    def of(cls, folder: Path, name: str) -> RuleFile:
        """A file of a rules folder, called by its name in there: ``rules/codes/77424.toml``."""
        return cls(folder / name, f"{folder.name}/{name}")

    def parse(self, model: type[_M]) -> _M:
        """The file's content, checked against what such a file may say.

        Raises:
            RuleDataError: it can't be read, is not TOML, or says something else.
        """
        try:
            self.text = self.path.read_text("utf-8")
        except OSError as error:
            raise RuleDataError(self.name, 1, "", error.strerror or "nothing", "a readable file") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RuleDataError(self.name, line, "", "bytes that are not UTF-8", "text") from None
        try:
            content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self._not_toml(str(error)) from None
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self._refuse(error, model)

    def _not_toml(self, complaint: str) -> RuleDataError:
        lines = self.text.splitlines() or [""]
        found = re.fullmatch(r"(?s)(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", complaint)
        what, number = (found[1], int(found[2] or len(lines))) if found else (complaint, 1)
        number = min(number, len(lines))
        return RuleDataError(self.name, number, "", _shown(lines[number - 1].strip()), f"valid TOML ({what})")

    def _refuse(self, error: ValidationError, model: type[BaseModel]) -> NoReturn:
        # A misspelt field is also a missing one: say the former.
        first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
        path = tuple(part for part in first["loc"] if part != "[key]")
        match first["type"]:
            case "missing":
                found, expected = "nothing", "a value"
            case "extra_forbidden":
                found, expected = "an unknown field", f"one of {', '.join(_fields_at(model, path[:-1]))}"
            case "literal_error":
                found, expected = _shown(first["input"]), str(first["ctx"]["expected"])
            case _:
                found, expected = _shown(first["input"]), _expected(first["msg"])
        self.refuse(path, found, expected)

    def refuse(self, path: _Path, found: object, expected: str) -> NoReturn:
        """Say that the value at a path can't be."""
        lines = _lines_of(self.text)
        known = path
        while known and known not in lines:
            known = known[:-1]
        field = ""
        for part in path:
            field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else part
        raise RuleDataError(self.name, lines.get(known, 1), field, str(found), expected)


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields_at(model: type[BaseModel], path: _Path) -> list[str]:
    """The fields that may stand at a path."""
    schema: dict[str, Any] = model.model_json_schema()
    definitions, here = schema.get("$defs", {}), schema
    for part in (*path, None):
        here = here.get("anyOf", [here])[0]
        if "$ref" in here:
            here = definitions[here["$ref"].rpartition("/")[2]]
        if part is not None:
            keyed = {**here.get("properties", {}), **here.get("patternProperties", {})}
            here = (
                keyed.get(part) or here.get("items") or here.get("additionalProperties") or next(iter(keyed.values()))
            )
    return list(here.get("properties", {}))


def _expected(complaint: str) -> str:
    complaint = complaint.removeprefix("Input should be ").removeprefix("String should ")
    return complaint[:1].lower() + complaint[1:]


_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[^\s\[\]{},=.#"\']+|[\[\]{},=.\n]',
    re.DOTALL,
)


def _lines_of(text: str) -> dict[_Path, int]:
    """The line of each field of a TOML document (``tomllib`` does not tell); wrong ones aside."""
    return _Scan(text).lines


class _Scan:
    """A reader of TOML that keeps the places of things and drops_expired_rows their values."""

    def __init__(self, text: str) -> None:
        self.lines: dict[_Path, int] = {(): 1}
        self.counts: dict[_Path, int] = {}
        self.tokens = list(self._tokens(text))
        self.at = 0
        table: _Path = ()
        while self.peek():
            if self.peek() == "\n":
                self.at += 1
            elif self.peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    @staticmethod
    def _tokens(text: str) -> Iterator[tuple[str, int]]:
        line, end = 1, 0
        for found in _TOKEN.finditer(text):
            line += text.count("\n", end, found.start())
            end = found.start()
            if not found[0].startswith("#"):
                yield found[0], line

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def next(self) -> tuple[str, int]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _key(self) -> tuple[list[str], int]:
        token, line = self.next()
        parts = [token.strip("\"'")]
        while self.peek() == ".":
            self.at += 1
            parts.append(self.next()[0].strip("\"'"))
        return parts, line

    def _mark(self, base: _Path, parts: Iterable[str], line: int) -> _Path:
        for part in parts:
            base = self._last(base)
            base = (*base, part)
            self.lines.setdefault(base, line)
        return base

    def _last(self, path: _Path) -> _Path:
        """A path, or the last element of the array of tables that stands there."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _header(self) -> _Path:
        self.at += 1
        many = self.peek() == "["
        self.at += many
        parts, line = self._key()
        self.at += 1 + many
        path = self._mark((), parts, line)
        if many:
            self.counts[path] = self.counts.get(path, 0) + 1
            self.lines[self._last(path)] = line
        return self._last(path)

    def _pair(self, table: _Path) -> None:
        parts, line = self._key()
        path = self._mark(table, parts, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _value(self, path: _Path) -> None:
        if self.peek() == "[":
            self._array(path)
        elif self.peek() == "{":
            self.at += 1
            while self.peek() != "}":
                if self.peek() in (",", "\n"):
                    self.at += 1
                else:
                    self._pair(path)
            self.at += 1
        else:
            while self.peek() not in ("", "\n", ",", "]", "}"):
                self.at += 1

    def _array(self, path: _Path) -> None:
        self.at += 1
        index = 0
        while self.peek() != "]":
            if self.peek() in (",", "\n"):
                self.at += 1
                continue
            self.lines[(*path, index)] = self.tokens[self.at][1]
            self._value((*path, index))
            index += 1
        self.at += 1


# From files to tables.


class _Said(NamedTuple):
    """A row, the days that it holds for, and the editions that agree on it; None where there is none."""

    first: date
    last: date
    row: Row | None
    editions: tuple[str, ...]


@dataclass
class _Table:
    """The editions of a table, and what they say of each key."""

    name: str
    releases: list[Release] = field(default_factory=list)
    rows: dict[Key, list[_Said]] = field(default_factory=dict)


class _Cited(NamedTuple):
    """Releases that a row rests on, and the days that they speak of."""

    names: tuple[str, ...]
    first: date
    last: date
    url: str


class _Book:
    """The tables under construction."""

    def __init__(self, file: RuleFile) -> None:
        self.tables: dict[str, _Table] = {}
        self._editions: list[list[Release]] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._tables_of: list[list[str]] = []
        self._spans: dict[tuple[str, ...], _Cited] = {}
        self._codes: list[str] = []
        for i, series in enumerate(file.parse(_Releases).series):
            self._add_series(file, i, series)

    def _add_series(self, file: RuleFile, i: int, series: _Series) -> None:
        editions: list[Release] = []
        for j, edition in enumerate(series.releases):
            at = ("series", i, "releases", j)
            _check_order(file, at, edition.first, edition.last)
            if editions and edition.first <= editions[-1].last:
                after = f"a day after {editions[-1].name} ends ({editions[-1].last})"
                file.refuse((*at, "first"), edition.first, after)
            if edition.name in self._places:
                file.refuse((*at, "name"), _shown(edition.name), "a name that no other release has")
            self._places[edition.name] = i, j
            citation = Citation(f"{series.title}, {edition.edition}", url=series.url)
            # The book holds some codes of a release: one that it does not name may well be in there.
            editions.append(Release(edition.name, "", edition.first, edition.last, citation))
        self._editions.append(editions)
        self._tables_of.append(series.tables)
        for name in series.tables:
            self._table(name).releases += [replace(release, table=name) for release in editions]

    def _table(self, name: str) -> _Table:
        return self.tables.setdefault(name, _Table(name))

    def _edition(self, name: str) -> Release:
        series, place = self._places[name]
        return self._editions[series][place]

    def _cited(self, file: RuleFile, at: _Path, cites: Sequence[str], table: str = "") -> _Cited:
        """The releases cited, with all that lie between two of one series."""
        key = (table, *cites)
        if key not in self._spans:
            found: list[tuple[int, int]] = []
            for n, name in enumerate(cites):
                place = self._places.get(name)
                if place is None or (table and table not in self._tables_of[place[0]]):
                    of = f" of {table}" if table else ""
                    file.refuse((*at, "cites", n), _shown(name), f"a release{of} named in releases.toml")
                if found and found[-1][0] == place[0]:
                    if place[1] <= found[-1][1]:
                        file.refuse((*at, "cites", n), _shown(name), f"a release later than {cites[n - 1]}")
                    found += [(place[0], j) for j in range(found[-1][1] + 1, place[1])]
                found.append(place)
            releases = [self._editions[i][j] for i, j in found]
            first, last = min(r.first for r in releases), max(r.last for r in releases)
            self._spans[key] = _Cited(tuple(r.name for r in releases), first, last, releases[0].citation.url)
        return self._spans[key]

    def _add(self, file: RuleFile, at: _Path, table: str, key: Any, span: _Span, row: Row | None) -> list[_Said]:
        """One row for its days, which its releases must cover and no other row of its may share."""
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites, table)
        if span.first < cited.first:
            file.refuse((*at, "first"), span.first, f"no day before {cited.first}, where its releases begin")
        if span.last > cited.last:
            file.refuse((*at, "last"), span.last, f"no day after {cited.last}, where its releases end")
        periods = self._table(table).rows.setdefault(key, [])
        for other in periods:
            if other.first <= span.last and span.first <= other.last:
                file.refuse((*at, "first"), span.first, f"days outside {other.first} to {other.last}, taken already")
        periods.append(_Said(span.first, span.last, row, cited.names))
        return periods

    def add_codes(self, folder: Path) -> None:
        """What the releases say about each code that has a file."""
        for path in sorted((folder / "codes").glob("*.toml")):
            self._codes.append(path.stem)
            self._add_code(RuleFile.of(folder, f"codes/{path.name}"))

    def add_lists_of(self, folder: Path, *, optional: bool = False) -> None:
        """What they say about everything else."""
        files = {
            "modifiers.toml": self.add_modifiers,
            "places_of_service.toml": self.add_places,
            "lists.toml": self.add_lists,
        }
        for name, add in files.items():
            if not optional or (folder / name).exists():
                add(RuleFile.of(folder, name))
        if (folder / "successors.toml").exists():
            self.add_successors(RuleFile.of(folder, "successors.toml"))

    def add_bundles(self, folder: Path) -> None:
        """What they say about codes beside one another: pairs, and add-on codes."""
        for name, add in {"pairs.toml": self.add_pairs, "add_ons.toml": self.add_add_ons}.items():
            if (folder / name).exists():
                add(RuleFile.of(folder, name))

    def store(self, overlay: str = "") -> Store:
        """All of it as a database in memory."""
        database = new_database()
        writer = Writer(database)
        database.execute("BEGIN")
        for table in self.tables.values():
            _write(writer, table)
        database.execute("COMMIT")
        return Store(database, overlay)

    def _add_code(self, file: RuleFile) -> None:
        """What the releases say about one code."""
        content = file.parse(_OneCode)
        code = content.code
        if code != file.path.stem:
            file.refuse(("code",), _shown(code), f"{file.path.stem!r}, as the file is named")
        self._add_validity(file, content)
        for i, fee in enumerate(content.fee_schedule):
            row = Fee(**{name: getattr(fee, name) for name in _FEE_FIELDS})
            self._add(file, ("fee_schedule", i), FEE_SCHEDULE, (code, fee.modifier), fee, row)
        for i, mue in enumerate(content.mue):
            self._add(file, ("mue", i), f"mue_{mue.table}", code, mue, Mue(mue.units, mue.mai, mue.rationale))
        for i, opps in enumerate(content.opps):
            self._add(file, ("opps", i), OPPS_TABLE, code, opps, Opps(opps.status, opps.apc))
        for i, asc in enumerate(content.asc):
            self._add(file, ("asc", i), ASC_TABLE, code, asc, Asc(asc.addendum, asc.indicator))
        for i, no in enumerate(content.not_listed):
            key = (code, "") if no.table == FEE_SCHEDULE else code
            self._add(file, ("not_listed", i), no.table, key, no, None)

    def _add_validity(self, file: RuleFile, content: _OneCode) -> None:
        span, kind = content.validity, content.classification
        if span is None:
            if kind is not None:
                file.refuse(("classification",), "a classification", "a validity beside it")
            return
        _check_dates(file, ("validity",), span.added, span.ended)
        if span.added and span.first < span.added:
            file.refuse(("validity", "first"), span.first, f"no day before {span.added}, when it was added")
        if span.ended and span.last > span.ended:
            file.refuse(("validity", "last"), span.last, f"no day after {span.ended}, when it ended")
        row = CodeDates(span.added, span.ended)
        if kind is not None:
            row = row._replace(
                type_of_service=kind.type_of_service,
                betos=kind.betos,
                ccs=kind.ccs,
                needs=kind.needs,
                classified_by=kind.citation,
            )
        periods = self._add(file, ("validity",), CODES, content.code, span, row)
        periods += _outside(span.added, span.ended, date.min, date.max, periods[0].editions)

    def _whole(self, file: RuleFile, at: _Path, table: str, whole: _Whole | _List, title: str = "") -> str:
        """Let a list that may be whole govern its days; the name under which messages cite it."""
        if whole.whole_from and not whole.first <= whole.whole_from <= whole.last:
            file.refuse((*at, "whole_from"), whole.whole_from, f"a day between {whole.first} and {whole.last}")
        return self._list(file, at, table, whole, title, whole.whole_from)

    def _list(
        self, file: RuleFile, at: _Path, table: str, span: _Span, title: str, whole_from: date | None = None
    ) -> str:
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites)
        name = ", ".join(span.cites)
        citation = Citation(title or name, name if title else "", cited.url)
        self._table(table).releases.append(
            Release(name, table, span.first, span.last, citation, complete_from=whole_from)
        )
        return name

    def add_modifiers(self, file: RuleFile) -> None:
        """Every modifier, by family."""
        content = file.parse(_Modifiers)
        name = self._whole(file, (), MODIFIERS, content)
        rows = self._table(MODIFIERS).rows
        for family, modifiers in content.family.items():
            for code, dates in modifiers.items():
                at = ("family", family, code)
                if code in rows:
                    file.refuse(at, f"{code} a second time", "each modifier once")
                _check_dates(file, at, dates.added, dates.ended)
                row = Modifier(dates.added, dates.ended, family, dates.pricing)
                rows[code] = _within(content, dates, row, name)
        pairs = content.ambulance_pairs
        if pairs is not None:
            trip = Modifier(family=AMBULANCE_TRIP)
            always = _Said(content.first, content.last, None, (name,))
            for code in (one + other for one in pairs.origin for other in pairs.destination):
                rows[code] = [p if p.row else p._replace(row=trip) for p in rows.get(code, [always])]

    def add_places(self, file: RuleFile) -> None:
        """Every place of service."""
        content = file.parse(_Places)
        name = self._whole(file, (), PLACES, content)
        rows = self._table(PLACES).rows
        for code, place in content.place.items():
            _check_dates(file, ("place", code), place.added, place.ended)
            rows[code] = _within(content, place, Place(place.added, place.ended, place.facility), name)

    def add_pairs(self, file: RuleFile) -> None:
        """The pairs among codes, each table apart."""
        content = file.parse(_PairFile)
        for table, pairs in zip(PAIR_TABLES, (content.practitioner, content.outpatient), strict=True):
            at = table.removeprefix("ptp_")
            if pairs is None:
                continue
            name = self._among(file, (at,), table, pairs, "{0}-{0}" if pairs.whole else "")
            rows = self._table(table).rows
            listed = [("0", "never", pairs.never), ("1", "modifier", pairs.modifier)]
            for indicator, field_name, columns in listed:
                row = Pair(cast("Any", indicator), pairs.first)  # open: the release ends, not the pair
                for column1, column2s in columns.items():
                    for column2 in column2s:
                        if (column1, column2) in rows:
                            file.refuse((at, field_name, column1), f"{column2} a second time", "each pair once")
                        rows[column1, column2] = [_Said(pairs.first, pairs.last, row, (name,))]

    def add_add_ons(self, file: RuleFile) -> None:
        """Add-on codes and their primaries."""
        content = file.parse(_AddOnFile)
        name = self._among(file, (), ADD_ONS, content, "{0}" if content.whole else "")
        rows = self._table(ADD_ONS).rows
        for code, stretches in content.add_on.items():
            for i, stretch in enumerate(stretches):
                first, last = stretch.first or content.first, stretch.last or content.last
                _check_order(file, ("add_on", code, i), first, last)
                for primary in stretch.primaries:
                    row = AddOn(stretch.type, primary, first, stretch.last, stretch.note)
                    rows.setdefault((code, primary), []).append(_Said(first, last, row, (name,)))

    def _among(self, file: RuleFile, at: _Path, table: str, span: _Span, whole_for: str) -> str:
        """Let a table of codes beside one another govern its days; the name under which messages cite it."""
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites)
        name = ", ".join(span.cites)
        codes = f"(?:{'|'.join(self._codes)})"
        release = Release(
            name,
            table,
            span.first,
            span.last,
            Citation(name, url=cited.url),
            complete_from=span.first if whole_for else None,
            complete_for=whole_for.format(codes),
            editions=tuple(Edition(r.name, r.first, r.last) for r in map(self._edition, cited.names)),
        )
        self._table(table).releases.append(release)
        return name

    def add_lists(self, file: RuleFile) -> None:
        """The code lists, each a table of its own."""
        for table, content in file.parse(_Lists).root.items():
            name = self._whole(file, (table,), table, content, content.title)
            rows = self._table(table).rows
            members: list[tuple[_Path, str, str, _Stretch]] = [
                *(((table, "codes", i), code, "", _Stretch()) for i, code in enumerate(content.codes)),
                *(((table, "values", code), code, value, _Stretch()) for code, value in content.values.items()),
                *(((table, "dated", code), code, "", stretch) for code, stretch in content.dated.items()),
            ]
            for at, code, value, stretch in members:
                if code in rows:
                    file.refuse(at, f"{code} a second time", "each code once")
                first, last = stretch.first or content.first, stretch.last or content.last
                _check_order(file, at, first, last)
                rows[code] = [
                    _Said(first, last, Listed(value), (name,)),
                    *_outside(first, last, content.first, content.last, (name,)),
                ]

    def add_successors(self, file: RuleFile) -> None:
        """What replaced codes and modifiers that ended, as a list whose values messages quote."""
        content = file.parse(_SuccessorFile)
        name = self._list(file, (), SUCCESSORS, content, content.title)
        rows = self._table(SUCCESSORS).rows
        for i, successor in enumerate(content.successor):
            if not successor.codes and not successor.note:
                file.refuse(("successor", i, "note"), "nothing", "codes, or a note that says why there are none")
            value = " ".join(successor.codes) + (f"; {successor.note}" if successor.note else "")
            for j, code in enumerate(successor.of):
                if code in rows:
                    file.refuse(("successor", i, "of", j), f"{code} a second time", "each code once")
                rows[code] = [_Said(content.first, content.last, Listed(value), (name,))]


def _write(writer: Writer, table: _Table) -> None:
    """Write a table: one release for each set of editions that agree on a row."""
    by_name: dict[str, list[Release]] = {}
    for release in table.releases:
        by_name.setdefault(release.name, []).append(release)
    numbers: dict[tuple[str, ...], int] = {(r.name,): writer.release(r) for r in table.releases if r.complete_from}
    for key, said in table.rows.items():
        for first, last, row, names in said:
            if names not in numbers:
                numbers[names] = writer.release(
                    _agreeing(table.name, [r for name in names for r in by_name.get(name, [])])
                )
            if row is None:
                writer.absent(numbers[names], key, first, last)
            else:
                writer.row(numbers[names], table.name, key, row, first, last)
    spans = ((first, last) for said in table.rows.values() for first, last, *_ in said)
    if numbers:
        writer.borders(min(numbers.values()), spans)


def _agreeing(table: str, releases: list[Release]) -> Release:
    """What stands for editions that agree on a row. They are here in part, so that it is a row's own days
    that count."""
    releases = sorted(releases, key=lambda release: release.first)
    editions = tuple(Edition(r.name, r.first, r.last) for r in releases)
    name = releases[0].name if len(releases) == 1 else f"{releases[0].name} to {releases[-1].name}"
    return Release(name, table, date.min, date.max, releases[0].citation, editions=editions)


def _check_order(file: RuleFile, at: _Path, first: date, last: date) -> None:
    if last < first:
        file.refuse((*at, "last"), last, f"no day before {first}")


def _check_dates(file: RuleFile, at: _Path, added: date | None, ended: date | None) -> None:
    if added and ended and ended < added:
        file.refuse((*at, "ended"), ended, f"no day before {added}")


def _outside(added: date | None, ended: date | None, first: date, last: date, names: tuple[str, ...]) -> list[_Said]:
    """The days before something began and after it ended, when it is known not to be."""
    before = [_Said(first, added - DAY, None, names)] if added and added > first else []
    after = [_Said(ended + DAY, last, None, names)] if ended and ended < last else []
    return before + after


def _within(whole: _Whole, dates: _Dates, row: Row, name: str) -> list[_Said]:
    """The days of a list on which something is valid, and those on which it is not."""
    first, last = max(whole.first, dates.added or whole.first), min(whole.last, dates.ended or whole.last)
    valid = [_Said(first, last, row, (name,))] if first <= last else []
    return valid + _outside(dates.added, dates.ended, whole.first, whole.last, (name,))
