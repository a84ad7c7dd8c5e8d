"""Claim lines, or claims, from columns: record batches of Arrow, as Parquet and Arrow files hold them.

The rows are those of JSON lines with the same keys: a null is a column that the row does not have. Columns are
decoded one by one, each distinct value once, and only then put together to rows. Needs pyarrow, which no other
source does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from itertools import accumulate, chain, islice
from typing import IO, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from claimcheck.authoring.check import unreadable
from claimcheck.claim import Claim, Location
from claimcheck.message import EditMessage
from claimcheck.readers.files import PARQUET, Input, broken_off, in_any_order, is_arrow_stream, unread
from claimcheck.readers.rows.assemble import Row, WholeClaim, assemble
from claimcheck.readers.rows.columns import (
    CLAIM_COLUMNS,
    INHERITED,
    LINE_COLUMNS,
    LIST_COLUMNS,
    NEEDED,
    SPACES,
    SPLIT_MODIFIERS,
)
from claimcheck.readers.rows.edits import ROW_HEADER
from claimcheck.readers.rows.layout import Layout, layout_of
from claimcheck.readers.rows.notices import LIKELY_HEADER, WITHOUT, Notices, misread, no_header
from claimcheck.readers.rows.records import listed, without_last_blanks

_ROWS: Final = 1 << 14
"""Rows taken to Python's objects at a time, however many a batch has."""

_LINES: Final = "lines"
"""The column of a claim's lines, where a row is one claim."""

_SAMPLE: Final = 1000
"""Values looked at to tell whether a column repeats them."""

Column = Sequence[Any]
"""The cells of one column."""


def _rows(columns: Iterable[Iterable[Any]]) -> Iterator[tuple[Any, ...]]:
    """Columns side by side."""
    return zip(*columns, strict=True)


class Columnar(NamedTuple):
    """A file of columns: its schema, and its batches."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


def open_columns(
    file: IO[bytes], head: bytes, columns: Mapping[str, str] = {}, *, whole: bool = False, rows: int = _ROWS
) -> Columnar:
    """Open a Parquet file, an Arrow file (Feather) or an Arrow stream, which its first bytes distinguish.

    Args:
        file: the file, at its beginning.
        head: its first bytes.
        columns: our column names to the file's.
        whole: give every column, not only those that have a name of ours, which is all that Parquet need decode.
        rows: rows of a batch of Parquet, which has no batches of its own.

    Raises:
        Exception: it can't be read; so may taking a batch.
    """
    if head.startswith(PARQUET):
        parquet = pq.ParquetFile(file)
        schema = _named(parquet.schema_arrow)
        wanted = None if whole else _wanted(schema.names, columns)
        return Columnar(schema, parquet.iter_batches(rows, columns=wanted, use_threads=False))
    if is_arrow_stream(head):
        stream = pa.ipc.open_stream(file)
        return Columnar(_named(stream.schema), map(_sound, stream))
    reader = pa.ipc.open_file(file)
    return Columnar(_named(reader.schema), map(_sound, map(reader.get_batch, range(reader.num_record_batches))))


def _named(schema: pa.Schema) -> pa.Schema:
    """A schema whose names are text: in a damaged file they need not be."""
    for field in schema:
        str(field.name), str(field.type)
    return schema


def _sound(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch as it was read. Arrow's files are taken into memory as they are: what a damaged one says of the places
    of its values must be true before anyone looks there."""
    batch.validate(full=True)
    return batch


def read_columns(
    stream: Input,
    *,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
) -> Iterator[Claim | EditMessage]:
    """Read claims from a Parquet file, an Arrow file or an Arrow stream, as ``read_arrow`` does."""
    with ExitStack() as stack:
        try:
            whole = stream if is_arrow_stream(stream.head) else stack.enter_context(in_any_order(stream))
            schema, batches = open_columns(whole, stream.head, columns)
        except Exception as error:  # pyarrow raises many kinds at damaged files
            yield _not_opened(stream, error)
            return
        batches = _unbroken(batches, stream)
        yield from read_arrow(
            batches, stream.label, schema=schema, columns=columns, asc_npis=asc_npis, date_format=date_format
        )
    if stream.trouble:
        yield broken_off(stream.label, stream.trouble)


def _not_opened(stream: Input, error: Exception) -> EditMessage:
    if isinstance(error, OSError) and error.strerror:
        return unread(stream.label, f"can't be spooled to a temporary file: {error.strerror}")
    why = f"was read only in part: {stream.trouble}" if stream.trouble else "is damaged or truncated"
    what = "a Parquet" if stream.head.startswith(PARQUET) else "an Arrow"
    return unread(stream.label, f"is {what} file that {why}", "Write the file again, or send the complete file.")


def _unbroken(batches: Iterator[pa.RecordBatch], stream: Input) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except Exception:  # as above
        stream.breaks_off("its columns are damaged from some point on")


def _wanted(names: Sequence[str], columns: Mapping[str, str]) -> list[str] | None:
    """The columns to decode; None for all, where names are not unique."""
    if len(set(names)) < len(names) or any("." in name for name in names):
        return None
    at = layout_of(names, columns).at
    return [name for place, name in enumerate(names) if place in at.values() or name == _LINES]


def read_arrow(
    batches: Iterable[pa.RecordBatch],
    file: str,
    *,
    schema: pa.Schema | None = None,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
    numbers: str | None = None,
) -> Iterator[Claim | EditMessage]:
    """Read claims from record batches: each row one claim line, or one claim with its ``lines``.

    A claim may go on in the next batch. Nothing that the batches hold raises.

    Args:
        batches: the batches; memory is one of them.
        file: the name that messages carry.
        schema: all columns of the file, where the batches have but some of them, or there may be none.
        columns: our column names to the file's.
        asc_npis: billing NPIs of surgical centers, for rows that state no setting.
        date_format: how columns of text write dates, beside ISO 8601 and CCYYMMDD.
        numbers: the column that numbers the rows, where they are but a part of a file. Then nothing is reported of its
            columns.

    Yields:
        Each claim, and a message for whatever could not be read, in the order of the batches.
    """
    pieces = _ArrowRows(file, columns, numbers).read(batches, schema)
    return assemble(chain.from_iterable(pieces), file, asc_npis, date_format)


class _Unfit(Exception):
    """A schema that holds no claim lines; its argument is the message that says so."""


class _ArrowRows:
    """The rows of one file of columns."""

    def __init__(self, file: str, columns: Mapping[str, str], numbers: str | None) -> None:
        self.file = file
        self.columns = columns
        self.numbers = numbers
        self.notices = Notices(file, columns)
        self.place = 1
        self.recoded: int | None = None

    def read(
        self, batches: Iterable[pa.RecordBatch], schema: pa.Schema | None
    ) -> Iterator[Iterable[Row | WholeClaim | EditMessage]]:
        """The rows, or what is wrong with them, some at a time."""
        if not self.numbers:
            yield self.notices.of_mapping(1)
        try:
            if schema is not None:
                yield [*self._of_schema(schema)]
            known = schema
            for batch in batches:
                if schema is None and not batch.schema.equals(known or pa.schema([])):
                    known = batch.schema
                    yield [*self._of_schema(known)]
                read = self._whole_claims if _LINES in batch.schema.names else self._lines
                for start in range(0, batch.num_rows, _ROWS):
                    part = batch.slice(start, _ROWS)
                    yield from read(part)
                    self.place += part.num_rows
        except _Unfit as unfit:
            yield unfit.args

    # -- what columns there are ------------------------------------------------------------------

    def _of_schema(self, schema: pa.Schema) -> Iterator[EditMessage]:
        """Messages about the columns, once."""
        if _LINES in schema.names:
            lines = schema.field(schema.names.index(_LINES)).type
            if not (_is_list(lines) and pa.types.is_struct(lines.value_type)):
                raise self._unfit(_LINES, lines, "a list of claim lines")
            kinds = [[*_others(schema)], [*lines.value_type]]
            layouts = [*_of_claims(schema, self.columns)]
        else:
            kinds = [[*schema]]
            layouts = [layout_of(schema.names, self.columns)]
        for layout, fields in zip(layouts, kinds, strict=True):
            names = [field.name for field in fields]
            if layout.missing:
                raise _Unfit(no_header(self.file, self.place, names, layout.missing, self.columns, LIKELY_HEADER))
            for ours, at in layout.at.items():
                kind = fields[at].type
                if ours in LIST_COLUMNS and not (_is_text(kind) or (_is_list(kind) and _is_text(kind.value_type))):
                    raise self._unfit(ours, kind, "a list of text")
                if ours not in LIST_COLUMNS and not _is_text(kind):
                    raise self._unfit(ours, kind, "text, a number or a date")
            if self.numbers:
                continue
            if len(kinds) == 1:
                yield from self.notices.of_mapped(names, layout, self.place)
            yield from self.notices.of_unknown(layout.unknown, self.place)

    def _unfit(self, ours: str, kind: pa.DataType, expected: str) -> _Unfit:
        text = f"Column {ours} is of type {str(kind)[:40]}, expected {expected}; the file was not read."
        remedy = "Write the column as in the row format; claimcheck schema prints it."
        return _Unfit(unreadable(ROW_HEADER, Location(self.file, row=self.place), text, remedy, field=ours))

    # -- rows ------------------------------------------------------------------------------------

    def _lines(self, batch: pa.RecordBatch) -> Iterator[Iterable[Row | EditMessage]]:
        """The rows of a batch of claim lines."""
        layout = layout_of(batch.schema.names, self.columns)
        self.recoded = None
        cells = self._cells(batch.columns, layout, batch.num_rows)
        places: Sequence[int] = range(self.place, self.place + batch.num_rows)
        if self.numbers:
            places = batch.column(self.numbers).to_pylist()
        parts = (_rows(pick(cells)) for pick in (layout.claim, layout.service, layout.line))
        rows = map(partial(tuple.__new__, Row), _rows((places, *parts)))
        reported = 0
        for at in () if self.numbers else self._first_missing(layout, cells):
            yield islice(rows, at - reported)
            reported = at
            if self.recoded == at:
                yield self.notices.of_encoding(self.place + at)
            carried = {name for name, place in layout.at.items() if cells[place][at] is not None}
            yield self.notices.of_missing(carried, self.place + at, WITHOUT)
        yield rows

    def _whole_claims(self, batch: pa.RecordBatch) -> Iterator[Iterable[WholeClaim | EditMessage]]:
        yield self._claims(batch)

    def _claims(self, batch: pa.RecordBatch) -> Iterator[WholeClaim | EditMessage]:
        """The rows of a batch of claims, each with its lines."""
        of_claim, of_line = _of_claims(batch.schema, self.columns)
        self.recoded = None
        claims = self._cells(_others(batch.schema, batch.columns), of_claim, batch.num_rows)
        nested = _as_list(batch.column(batch.schema.names.index(_LINES)))
        many_lines = pc.list_value_length(nested).to_pylist()
        garbled, self.recoded = self.recoded, None
        lines = pc.list_flatten(nested)
        cells = self._cells(lines.flatten(), of_line, len(lines))
        garbled = _row_of(self.recoded, many_lines) if garbled is None else garbled
        there = lines.is_valid().to_pylist()
        rows = _rows((_rows(of_line.service(cells)), _rows(of_line.line(cells))))
        upto = 0
        shared = _rows((_rows(of_claim.service(claims)), _rows(of_claim.line(claims))))
        for row, (claim, many, stated) in enumerate(_rows((_rows(of_claim.claim(claims)), many_lines, shared))):
            place = self.place + row
            if garbled == row:
                yield from self.notices.of_encoding(place)
            if not many:
                text = f"lines is {'null' if many is None else 'empty'}, expected a list of claim lines"
                yield misread(self.file, place, "lines", text, claim[0])
                continue
            readable = []
            for number, line in enumerate(islice(rows, many), start=1):
                at, upto = upto, upto + 1
                if not there[at]:
                    text = f"line {number} is null, expected an object"
                    yield misread(self.file, place, "lines", text, claim[0])
                    continue
                if self.notices.may_lack:
                    carried = {name for name, i in of_claim.at.items() if claims[i][row] is not None}
                    carried |= {name for name, i in of_line.at.items() if cells[i][at] is not None}
                    yield from self.notices.of_missing(carried, place, WITHOUT)
                readable.append(line)
            if readable:
                yield WholeClaim(place, claim, readable, stated)

    def _first_missing(self, layout: Layout, cells: Sequence[Column]) -> list[int]:
        """The rows at which something is to be reported: the first one that lacks what no row lacked before, and the
        first one that is not UTF-8."""
        nothing = cells[-1]
        found = set() if self.recoded is None else {self.recoded}
        for names in self.notices.not_reported:
            columns = [cells[layout.at[name]] for name in names if name in layout.at]
            if all(None in column for column in columns):
                columns = columns or [nothing]
                missing = (None,) * len(columns)
                found.update(islice((at for at, row in enumerate(_rows(columns)) if row == missing), 1))
        return sorted(found)

    # -- cells -----------------------------------------------------------------------------------

    def _cells(self, columns: Sequence[pa.Array], layout: Layout, rows: int) -> list[Column]:
        """The columns as a layout takes cells: one by one where they stand, then that of split modifiers, then
        that of every column which is missing."""
        nothing = [None] * rows
        cells: list[Column] = [nothing] * len(columns)
        for ours, place in layout.at.items():
            array = columns[place]
            if array.null_count < rows:
                listed = ours in LIST_COLUMNS and _is_list(array.type)
                cells[place] = self._lists(array) if listed else self._texts(array)
        if layout.split:
            cells.append([*_rows(layout.split([*cells, nothing]))])
        cells.append(nothing)
        return cells

    def _lists(self, array: pa.Array) -> Column:
        """Cells of a list column; each distinct list is split once."""
        joined = _joined(_as_list(array))
        if joined is None:
            return self._lists_of_items(_as_list(array))
        texts = self._texts(joined)
        lists = {text: listed(text) for text in {*texts}}
        return [*map(lists.__getitem__, texts)]

    def _lists_of_items(self, array: pa.Array) -> Column:
        lengths = pc.list_value_length(array).to_pylist()
        before, self.recoded = self.recoded, None
        items = iter(self._texts(pc.list_flatten(array)))
        found = [row for row in (before, _row_of(self.recoded, lengths)) if row is not None]
        self.recoded = min(found, default=None)
        return [
            None if many is None else without_last_blanks(part or "" for part in islice(items, many))
            for many in lengths
        ]

    def _texts(self, array: pa.Array) -> Column:
        """Cells as text, without spaces around them; each distinct value is decoded once."""
        array = _plain(array)
        sample = array.slice(0, _SAMPLE)
        if len(pc.unique(sample)) * 2 > len(sample) and _is_words(array.type):
            return self._words(array)
        encoded = array.dictionary_encode("encode")
        indices = _whole_numbers(encoded.indices)
        return [*map(self._words(encoded.dictionary, indices).__getitem__, indices)]

    def _words(self, array: pa.Array, indices: list[int] | None = None) -> list[str | None]:
        """Values as text; ``indices`` say which value a row has."""
        try:
            if _is_words(array.type):
                words: list[str | None] = pc.utf8_trim(array, characters=SPACES).to_pylist()
                return words
            return [_written(value) for value in array.to_pylist()]
        except (UnicodeDecodeError, pa.ArrowInvalid):
            return self._recoded(array.cast(pa.binary()).to_pylist(), indices)

    def _recoded(self, values: list[bytes | None], indices: list[int] | None) -> list[str | None]:
        """Values that are not all UTF-8."""
        words: list[str | None] = []
        latin = set()
        for at, value in enumerate(values):
            try:
                text = value.decode() if value is not None else None
            except UnicodeDecodeError as error:
                latin.add(at)
                text = error.object.decode("latin-1")
            words.append(text.strip(SPACES) if text else text)
        first = next(row for row, at in enumerate(indices or range(len(values))) if at in latin)
        self.recoded = first if self.recoded is None else min(first, self.recoded)
        return words


# -- kinds of columns ----------------------------------------------------------------------------


_TEXTS: Final = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal),
    *(pa.types.is_date, pa.types.is_timestamp, pa.types.is_null),
)
"""Kinds whose cells have one way to be written: text, numbers, days, or nothing at all."""

_LISTS: Final = (
    *(pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list),
    *(pa.types.is_list_view, pa.types.is_large_list_view),
)


def _of_claims(schema: pa.Schema, columns: Mapping[str, str]) -> tuple[Layout, Layout]:
    """The layouts of the columns of claims and of their lines."""
    lines = schema.field(schema.names.index(_LINES)).type.value_type
    names = [field.name for field in lines]
    return (
        layout_of(
            [field.name for field in _others(schema)], columns, frozenset((*CLAIM_COLUMNS, *INHERITED)), NEEDED[:1]
        ),
        layout_of(names, columns, frozenset((*LINE_COLUMNS, *SPLIT_MODIFIERS)), NEEDED[1:]),
    )


def _others(schema: pa.Schema, columns: Iterable[Any] | None = None) -> list[Any]:
    """What there is of a schema, or of columns that have it, without the lines."""
    at = schema.names.index(_LINES)
    return [column for place, column in enumerate(schema if columns is None else columns) if place != at]


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(is_one(kind) for is_one in _TEXTS)


def _is_words(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_list(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in _LISTS)


def _as_list(array: pa.Array) -> pa.Array:
    """A list column in which a null has no items: where all lists are of one length, it has."""
    return array.cast(pa.list_(array.type.value_type)) if pa.types.is_fixed_size_list(array.type) else array


def _row_of(item: int | None, lengths: Iterable[int | None]) -> int | None:
    """The row in whose list an item stands, of lists side by side."""
    return None if item is None else bisect_right([*accumulate(many or 0 for many in lengths)], item)


def _joined(array: pa.Array) -> pa.Array | None:
    """Lists as the row format may write them, their items joined with ``|``; None where that tells them not apart."""
    kind = array.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return None
    if not (_is_words(kind.value_type) or pa.types.is_integer(kind.value_type) or kind.value_type == pa.string_view()):
        return None
    array = array.cast(pa.list_(pa.string()))
    items = pc.list_flatten(array)
    if items.null_count or pc.any(pc.match_substring(items, "|")).as_py():
        return None
    return pc.binary_join(array, "|")


def _whole_numbers(array: pa.Array) -> list[int]:
    """An array of 32 bits without nulls, as numbers: a look at its buffer is many times as fast as ``to_pylist``."""
    numbers: list[int] = memoryview(array.buffers()[1]).cast("i")[array.offset :][: len(array)].tolist()
    return numbers


def _plain(array: pa.Array) -> pa.Array:
    """Cells of one of few kinds: text, integers, decimals, doubles."""
    types = pa.types
    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if kind == pa.string_view():
        return array.cast(pa.large_string())
    if types.is_timestamp(kind):
        array = (pc.local_timestamp(array) if kind.tz else array).cast(pa.date32(), safe=False)
    if types.is_date(array.type):
        return array.cast(pa.string())
    if types.is_floating(kind) and kind != pa.float64():  # by way of text: 0.1 is not 0.10000000149011612
        return array.cast(pa.string()).cast(pa.float64())
    return array


def _written(value: Any) -> str | None:
    """A cell as text: a day as it is, a number as a plain decimal, a whole one without a point."""
    if value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
