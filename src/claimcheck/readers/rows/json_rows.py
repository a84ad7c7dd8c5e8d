"""Claim lines, or claims, from JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from json import JSONDecodeError, JSONDecoder
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from claimcheck.authoring.check import unreadable
from claimcheck.claim import Claim, Location
from claimcheck.message import EditMessage
from claimcheck.readers.rows.assemble import Row, WholeClaim, assemble
from claimcheck.readers.rows.columns import (
    CLAIM_COLUMNS,
    INHERITED,
    KNOWN,
    LINE_COLUMNS,
    LIST_COLUMNS,
    NEEDED,
    NUMBER_COLUMNS,
    SPACES,
    SPLIT_MODIFIERS,
    ClaimHead,
    ClaimLine,
    ClaimRow,
)
from claimcheck.readers.rows.edits import ROW_JSON, ROW_SIZE, ROW_TEXT
from claimcheck.readers.rows.layout import Layout, folded, layout_of
from claimcheck.readers.rows.notices import WITHOUT, Notices, misread
from claimcheck.readers.rows.records import Cells, without_last_blanks

_LONGEST_ROW = 16 << 20
"""Bytes of one row."""

_DECODER = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers stay as they are written: 1e400 is for a check to judge, and 0.10 is not 0.1."""

_KINDS = {bool: "true or false", str: "text", list: "a list", dict: "an object", type(None): "null"}
_TEXTS = frozenset({str, type(None)})
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_LAYOUTS = 1000
"""Orders of keys remembered: they are input, so what is remembered of them is bounded."""


def read_jsonl(
    stream: BinaryIO,
    file: str,
    *,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
) -> Iterator[Claim | EditMessage]:
    """Read claims from JSON lines: each row one claim line, or one claim with its ``lines``.

    Nothing that the bytes hold raises.

    Args:
        stream: the file's bytes.
        file: the name that messages carry.
        columns: our column names to the file's.
        asc_npis: billing NPIs of surgical centers, for rows that state no setting.
        date_format: how the file writes dates, beside ISO 8601 and CCYYMMDD.

    Yields:
        Each claim, and a message for whatever could not be read, in the order of the file.
    """
    return assemble(JsonRows(file, columns).read(stream), file, asc_npis, date_format)


def physical_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The rows as they are counted here, byte for byte; a long one comes in pieces."""
    number = 1
    for piece in iter(partial(stream.readline, 1 << 16), b""):
        yield number, piece
        number += piece.endswith(b"\n")


class _Shape:
    """One kind of object in a file, and where its columns stand for each order of keys met so far."""

    def __init__(
        self, model: type[BaseModel], columns: Mapping[str, str], known: Iterable[str], needed: Sequence[str]
    ) -> None:
        self.model = model
        self.columns = columns
        self.known = frozenset(known)
        self.needed = needed
        self.met: set[str] = set()
        self.layouts: dict[tuple[str, ...], Layout] = {}

    def new_layout(self, record: dict[str, Any]) -> Layout:
        """The layout of an object whose keys are not met before."""
        if len(self.layouts) >= _MOST_LAYOUTS:
            self.layouts.clear()
        names = tuple(record)
        layout = self.layouts[names] = layout_of(names, self.columns, self.known, self.needed)
        there = set(map(folded, names))
        self.met.update(ours for ours, theirs in self.columns.items() if folded(theirs) in there)
        return layout


class JsonRows:
    """The rows of one file of JSON lines."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self.file = file
        self.notices = Notices(file, columns)
        self.row = _Shape(ClaimRow, columns, KNOWN, NEEDED)
        self.claim = _Shape(ClaimHead, columns, (*CLAIM_COLUMNS, *INHERITED), NEEDED[:1])
        self.line = _Shape(ClaimLine, columns, (*LINE_COLUMNS, *SPLIT_MODIFIERS), NEEDED[1:])

    def read(self, stream: BinaryIO) -> Iterator[Row | WholeClaim | EditMessage]:
        """Each row, or what is wrong with it."""
        read = partial(stream.readline, _LONGEST_ROW + 1)
        layouts = self.row.layouts
        yield from self.notices.of_mapping(1)
        for place, raw in enumerate(iter(read, b""), start=1):
            if len(raw) > _LONGEST_ROW and not raw.endswith(b"\n"):
                yield self._skipped(stream, place)
                continue
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                yield from self.notices.of_encoding(place)
                text = raw.decode("latin-1")
            if place == 1:
                text = text.removeprefix("\ufeff")
            try:
                record = _decoded(text)
            except (ValueError, RecursionError) as error:
                if text.strip():
                    yield self._not_json(place, error)
                continue
            if record.__class__ is not dict:
                yield self._not_json(place, record)
            elif b"\\u" in raw and not _is_text(record):
                text = "The row contains a lone surrogate (half a character); it was not read."
                yield unreadable(ROW_TEXT, Location(self.file, row=place), text, "Save the file again as UTF-8.")
            elif "lines" in record:
                yield from self._whole(place, record)
            else:
                layout = layouts.get(tuple(record))
                if layout is None:
                    layout = self.row.new_layout(record)
                    yield from self.notices.of_unknown(layout.unknown, place)
                cells = _cells(record, layout)
                if cells is not None and self.notices.may_lack:
                    yield from self._of_missing(place, (layout, cells))
                if cells is None:
                    yield self._misfit(self.row, place, record, layout)
                else:
                    yield Row(place, layout.claim(cells), layout.service(cells), layout.line(cells))
        shapes = (self.row, self.claim, self.line)
        if any(shape.layouts for shape in shapes):
            yield from self.notices.of_unmet(set().union(*(shape.met for shape in shapes)), 1)

    def _whole(self, place: int, record: dict[str, Any]) -> Iterator[WholeClaim | EditMessage]:
        """One claim with its lines; those that can't be read are reported one by one."""
        lines = record.pop("lines")
        layout = self.claim.layouts.get(tuple(record))
        if layout is None:
            layout = self.claim.new_layout(record)
            yield from self.notices.of_unknown(layout.unknown, place)
        of_claim = _cells(record, layout)
        if of_claim is None:
            yield self._misfit(self.claim, place, record, layout)
            return
        claim = layout.claim(of_claim)
        if lines.__class__ is not list or not lines:
            kind = "empty" if lines == [] else _kind(lines)
            yield misread(self.file, place, "lines", f"lines is {kind}, expected a list of claim lines", claim[0])
            return
        readable: list[tuple[Cells, Cells]] = []
        for number, line in enumerate(lines, start=1):
            if line.__class__ is not dict:
                text = f"line {number} is {_kind(line)}, expected an object"
                yield misread(self.file, place, "lines", text, claim[0])
                continue
            of_line = self.line.layouts.get(tuple(line))
            if of_line is None:
                of_line = self.line.new_layout(line)
                yield from self.notices.of_unknown(of_line.unknown, place)
            cells = _cells(line, of_line)
            if cells is not None and self.notices.may_lack:
                yield from self._of_missing(place, (layout, of_claim), (of_line, cells))
            if cells is None:
                yield self._misfit(self.line, place, line, of_line, f"line {number}: ", claim[0])
            else:
                readable.append((of_line.service(cells), of_line.line(cells)))
        if readable:
            yield WholeClaim(place, claim, readable, (layout.service(of_claim), layout.line(of_claim)))

    def _of_missing(self, place: int, *read: tuple[Layout, list[Any]]) -> Iterator[EditMessage]:
        """Keys that a row lacks, or has as null, and that no row lacked before."""
        carried = {name for layout, cells in read for name, at in layout.at.items() if cells[at] is not None}
        yield from self.notices.of_missing(carried, place, WITHOUT)

    def _skipped(self, stream: BinaryIO, place: int) -> EditMessage:
        """Pass over the rest of a row that is too long, a piece at a time."""
        while (piece := stream.readline(1 << 16)) and not piece.endswith(b"\n"):
            pass
        text = f"A row has at most {_LONGEST_ROW:,} bytes; this one has more and was not read."
        remedy = "Check for missing line breaks: each row is one claim line, or one claim."
        return unreadable(ROW_SIZE, Location(self.file, row=place), text, remedy)

    def _not_json(self, place: int, found: Any) -> EditMessage:
        """The row itself is never shown: it may contain patient data."""
        text = f"Each row must be one JSON object; this one is {_kind(found)} and was not read."
        if isinstance(found, JSONDecodeError):
            text = f"Invalid JSON from column {found.colno} on; the row was not read."
        elif isinstance(found, Exception):
            text = "The JSON is nested too deep; the row was not read."
        remedy = "Write one complete JSON object per line: a claim line, or a claim with its lines."
        return unreadable(ROW_JSON, Location(self.file, row=place), text, remedy)

    def _misfit(
        self,
        shape: _Shape,
        place: int,
        record: dict[str, Any],
        layout: Layout,
        where: str = "",
        claim_id: Any = None,
    ) -> EditMessage:
        """The message of an object that fails validation, without the object's values."""
        values = list(record.values())
        given = {ours: values[at] for ours, at in layout.at.items() if ours not in SPLIT_MODIFIERS}
        if layout.split:
            given["modifiers"] = [values[layout.at[name]] for name in SPLIT_MODIFIERS if name in layout.at]
        reasons: dict[str, str] = {}
        try:
            shape.model.model_validate(given)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                field, *within = map(str, fault["loc"])
                verb = "holds" if within else "is"
                found = "missing" if fault["type"] == "missing" else _kind(fault["input"])
                reasons.setdefault(field, f"{field} {verb} {found}, expected {_expected(field)}")
        text = where + "; ".join(reasons.values())
        return misread(self.file, place, next(iter(reasons), None), text, claim_id or given.get("claim_id"))


def _decoded(text: str) -> Any:
    """The JSON value that is the whole of a row."""
    value, end = _DECODER.raw_decode(text)
    if end < len(text) - 1 and text[end:].strip():
        raise JSONDecodeError("more than one value", text, end)
    return value


def _cells(record: dict[str, Any], layout: Layout) -> list[Any] | None:
    """The values of an object, or None where one is of the wrong kind or a needed one is missing."""
    cells = [value.strip(SPACES) if value.__class__ is str else value for value in record.values()]
    cells.append(None)
    if layout.missing or not _TEXTS.issuperset(map(type, layout.texts(cells))):
        return None
    for place in layout.lists:
        value = cells[place]
        if value.__class__ is list:
            if not _TEXTS.issuperset(map(type, value)):
                return None
            cells[place] = without_last_blanks(part.strip(SPACES) if part else "" for part in value)
        elif value.__class__ not in _TEXTS:
            return None
    if layout.split:
        cells[-1:] = layout.split(cells), None
    return cells


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "something else")


def _expected(name: str) -> str:
    if name in LIST_COLUMNS:
        return "a list of text"
    return "text or a number" if name in NUMBER_COLUMNS else "text"


def _is_text(value: Any) -> bool:
    """Whether all text in a JSON value can be written again: escapes can spell half a character."""
    waiting = [value]  # no recursion, for the input chooses the depth
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and _SURROGATE.search(value):
            return False
    return True
