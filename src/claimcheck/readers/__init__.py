"""Readers of claims: 837 files, and rows of CSV, XLSX, JSON lines, Parquet or Arrow. ``read`` opens any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Unpack

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers.files import FILE_UNREADABLE, Input, broken_off, holds_no_claim, kind_of, open_inputs, unread

if TYPE_CHECKING:
    from claimcheck.readers.rows.options import RowOptions

_ABOUT_COLUMNS: Final = "ROW-COLUMNS"
"""Reported for a file with and without rows alike, so it does not tell that the file has claims."""

__all__ = ["FILE_UNREADABLE", "looks_like_claims", "read", "read_input", "reading_edits"]


def read(
    path: str | Path | BinaryIO,
    *,
    name: str | None = None,
    columns: Mapping[str, str] = {},
    asc_npis: frozenset[str] = frozenset(),
    date_format: str = "",
    sheet: str = "",
    patient_names: bool = False,
    watch: Callable[[BinaryIO], object] | None = None,
) -> Iterator[Claim | EditMessage]:
    """Read the claims of a file, whatever it is: an 837, CSV, XLSX, JSON lines, Parquet or Arrow; plain, ``.gz`` or
    ``.zip``.

    The format is detected from the content. Reading is streaming: one claim is in memory at a
    time, of Parquet and Arrow one batch of rows; of XLSX it is one sheet. No input raises: what can't be read is a
    message with its place in the file.

    Args:
        path: a path, ``-`` for standard input, or a stream of bytes, which stays open.
        name: the name of the file in messages; by default the path. A file in a zip archive is named
            ``batch.zip!claims.837``.
        columns: for rows, our column names to the file's: ``{"code": "hcpcs_cd"}``.
        asc_npis: billing NPIs that are ambulatory surgical centers, where the claim does not say so.
        date_format: for rows, how dates are written beside ISO 8601 and CCYYMMDD: ``YYYY``, ``M`` or ``MM``, ``D`` or
            ``DD``, such as ``M/D/YYYY``; ``MMM`` is an English name of a month.
        sheet: of XLSX, the sheet to read; by default the first visible one with a header.
        patient_names: whether claims of an 837 carry their patient's name, for a 277CA alone.
        watch: handed the file once it is open, to ask it how far it was read.

    Yields:
        Each claim, and an edit message for whatever could not be read, in the order of the file.
        A file of which nothing can be read gives one FILE-UNREADABLE message.

    Raises:
        ValueError: the date format can't be read.
    """
    source = None if path == "-" else Path(path) if isinstance(path, str) else path
    for opened in open_inputs(source, name, watch):
        if isinstance(opened, EditMessage):
            yield opened
        else:
            yield from read_input(
                opened,
                columns=columns,
                asc_npis=asc_npis,
                date_format=date_format,
                sheet=sheet,
                patient_names=patient_names,
            )


def read_input(
    stream: Input, *, sheet: str = "", patient_names: bool = False, **options: Unpack[RowOptions]
) -> Iterator[Claim | EditMessage]:
    """Read the claims of one opened file, as ``read`` does."""
    items = _claims(stream, sheet, patient_names, options)
    for item in items:
        yield item
        if not (isinstance(item, EditMessage) and item.check == _ABOUT_COLUMNS):
            yield from items
            return
    yield holds_no_claim(stream.label)


def looks_like_claims(path: Path, columns: Mapping[str, str] = {}) -> bool:
    """Whether a file can be known for claims by its content: an interchange, or rows or objects with claim ids.
    One that can't be opened is not."""
    try:
        with path.open("rb") as stream:
            return _known_by_content(next(open_inputs(stream, path.name), None), columns)
    except OSError:
        return False


def _known_by_content(opened: Input | EditMessage | None, columns: Mapping[str, str]) -> bool:
    if not isinstance(opened, Input):
        return False
    kind, _ = kind_of(opened.head, "", columns)  # without a name, which is what it may only seem to be
    return kind in ("837", "csv", "parquet", "arrow") or (
        kind == "jsonl" and columns.get("claim_id", "claim_id").encode() in opened.head
    )


def _claims(stream: Input, sheet: str, patient_names: bool, options: RowOptions) -> Iterator[Claim | EditMessage]:
    """The claims of one opened file. Readers are imported when needed, so that starting is quick."""
    kind, reason = kind_of(stream.head, stream.label, options.get("columns", {}))
    if kind == "unknown":
        yield unread(stream.label, f"can't be read: {stream.trouble}" if stream.trouble else reason)
        return
    if kind == "837":
        from claimcheck.readers.x12.claims import read_837

        asc_npis = options.get("asc_npis", frozenset())
        yield from read_837(stream, stream.label, asc_npis=asc_npis, patient_names=patient_names)
    elif kind == "csv":
        from claimcheck.readers.rows.csv_rows import read_csv

        yield from read_csv(stream, stream.label, **options)
    elif kind in ("parquet", "arrow"):
        try:
            from claimcheck.readers.rows.arrow_rows import read_columns
        except ModuleNotFoundError:
            what = "a Parquet" if kind == "parquet" else "an Arrow"
            remedy = "Run pip install 'claimcheck-edits[arrow]', or save the file as CSV or JSON lines."
            yield unread(stream.label, f"is {what} file, which requires pyarrow", remedy)
            return
        yield from read_columns(stream, **options)
        return
    elif kind == "xlsx":
        from claimcheck.readers.rows.xlsx_rows import read_xlsx

        yield from read_xlsx(stream, sheet=sheet, **options)
    else:
        from claimcheck.readers.rows.json_rows import read_jsonl

        yield from read_jsonl(stream, stream.label, **options)
    if stream.trouble:
        yield broken_off(stream.label, stream.trouble)


def reading_edits() -> tuple[Check, ...]:
    """Every edit of the reading itself: of files, of 837 segments and loops, of rows."""
    from claimcheck.readers import files
    from claimcheck.readers.rows import edits as rows
    from claimcheck.readers.x12 import edits

    return (*files.READING_EDITS, *edits.READING_EDITS, *rows.READING_EDITS)
