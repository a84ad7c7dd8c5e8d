"""The files as CMS publishes them: plain or several in a zip; comma, tab or fixed columns, or XLSX.

Everything becomes sheets of rows of text. What a file says is bounded before it is believed: an archive's
members by the size they declare and by the size they turn out to have.
"""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NoReturn

from claimcheck.rulebook.store import BookError, Source

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

LARGEST: Final = 1 << 29
"""Bytes of one file, unpacked: four times the largest that CMS publishes."""
MOST_MEMBERS: Final = 500
MOST_CELLS: Final = 50_000_000
_DAMAGED: Final = (
    OSError, EOFError, ValueError, IndexError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading an archive raises whose bytes are not as they should be."""
_NO_TABLE: Final = (b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff")
_HEAD_ROWS: Final = 40
_HEAD_BYTES: Final = 1 << 16
_ZIP: Final = b"PK\x03\x04"
_FIXED = re.compile(
    r"[0-9A-Z ]{3}[0-9A-Z]{2}[0-9]{5}[3478]"  # HCPCS
    r"|\s*[123]\s*[0-9A-Z]{5}[\s0-9]{8}[^,\t]{15}"  # add-on codes
    r"|[0-9]{5} [A-Z][0-9A-Z]{2}[0-9A-Z ]{4} [01] "  # ICD-10-CM
    r"|\s*<"  # XML
)


class InvalidSourceFile(BookError):
    """A published file that can't be used: which, where in it, what was found and what was expected."""


class UnsupportedFile(InvalidSourceFile):
    """One that is known, but is not the table that is read."""


@dataclass(frozen=True)
class Document:
    """A file, or a member of an archive: its name, the archive's, and how to read it."""

    file: str
    container: str
    path: Path
    member: zipfile.ZipInfo | None = None

    @property
    def place(self) -> str:
        """The file as messages name it."""
        return f"{self.container}: {self.file}" if self.container else self.file

    @cached_property
    def data(self) -> bytes:
        """The whole file.

        Raises:
            InvalidSourceFile: it can't be read, is cut off or damaged, or too large.
        """
        if self.member is None:
            try:
                if self.path.stat().st_size > LARGEST:
                    raise InvalidSourceFile(
                        f"{self.place}: is over {_megabytes(LARGEST)}, more than any file that CMS publishes"
                    )
                return self.path.read_bytes()
            except OSError as error:
                raise InvalidSourceFile(f"{self.place}: {error.strerror}") from None
        if self.member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            said = "it uses a compression method that CMS does not use"
            raise InvalidSourceFile(f"{self.place}: can't be unpacked: {said}")
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                data = stream.read(self.member.file_size + 1)
        except _DAMAGED as error:
            raise InvalidSourceFile(f"{self.place}: can't be unpacked: {error}. Download the file again") from None
        if len(data) != self.member.file_size:
            raise InvalidSourceFile(
                f"{self.place}: is not of the {self.member.file_size:,} bytes that the archive declares"
            )
        return data

    @cached_property
    def sha256(self) -> str:
        """The file's sha256."""
        return hashlib.sha256(self.data).hexdigest()

    def forget(self) -> None:
        """Give back the memory that the file's bytes take."""
        self.__dict__.pop("data", None)

    def sheets(self) -> list[Sheet]:
        """The sheets of a workbook; of a text file the one that it is.

        Raises:
            InvalidSourceFile: it is neither.
        """
        if self.data.startswith(_ZIP):
            workbook = _workbook(self)
            return [WorkbookSheet(self, name, workbook) for name in workbook.sheet_names] if workbook else []
        if self.data.startswith(_NO_TABLE) or b"\0" in self.data[:_HEAD_BYTES]:
            return _refuse_wide(self) if self.data[:2] in (b"\xff\xfe", b"\xfe\xff") else []
        return [TextSheet(self)]


class Sheet(ABC):
    """Rows of text, each with its number: that of the line, or of the row of a workbook."""

    def __init__(self, document: Document, name: str = "") -> None:
        self.document = document
        self.name = name

    @abstractmethod
    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row. Cells are stripped of nothing."""

    @cached_property
    def head(self) -> list[list[str]]:
        """The first rows, by which a sheet is known."""
        return [row for _, row in islice(self.rows(), _HEAD_ROWS)]

    @property
    def fixed(self) -> bool:
        """Whether rows are lines of fixed columns, one cell each."""
        return self.format == "fixed"

    @cached_property
    def format(self) -> str:
        """csv, tab, fixed or xlsx."""
        return "xlsx"

    @cached_property
    def place(self) -> str:
        """The sheet as messages name it."""
        return f"{self.document.place}, sheet {self.name}" if self.name else self.document.place

    def source(self) -> Source:
        """The sheet as a rule book notes it."""
        return Source(self.document.file, self.document.container, self.name, self.document.sha256)

    def refuse(self, row: int, column: str, found: str, expected: str) -> InvalidSourceFile:
        """That a cell can't be."""
        shown = found if len(found) <= 40 else f"{found[:37]}..."
        return InvalidSourceFile(f"{self.place}, row {row}, column {column}: found {shown!r}, expected {expected}")


class TextSheet(Sheet):
    """A text file: comma or tab separated, or of fixed columns. The old ones are Latin-1, in which no
    byte is wrong, and in the columns that are read all are ASCII."""

    @cached_property
    def format(self) -> str:
        """csv, tab or fixed: the few layouts of fixed columns are known by how their lines begin, since
        descriptions have commas in them, too; the others by what separates the most cells."""
        start = self.document.data[:_HEAD_BYTES].decode("latin-1")
        lines = [line for line in start.splitlines()[:_HEAD_ROWS] if line.strip()]
        if lines and lines[0].startswith("HDR "):  # the fee schedule
            return "fixed"
        if sum(_FIXED.match(line) is not None for line in lines) * 2 > len(lines):
            return "fixed"
        tabs, commas = start.count("\t"), start.count(",")
        return "fixed" if not tabs and not commas else "tab" if tabs > commas else "csv"

    @cached_property
    def _encoding(self) -> str:
        """UTF-8 where it is that, else Latin-1, in which no byte is wrong."""
        try:
            self.document.data.decode("utf-8")
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row, by the number of the line that it ends in."""
        data = self.document.data.removeprefix(b"\xef\xbb\xbf")
        text = io.TextIOWrapper(io.BytesIO(data), encoding=self._encoding, newline="")
        if self.fixed:
            for number, line in enumerate(text, 1):
                yield number, [line.rstrip("\r\n")]
            return
        reader = csv.reader(text, delimiter="\t" if self.format == "tab" else ",", strict=True)
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise UnsupportedFile(f"{self.place}, row {reader.line_num}: is not a table: {error}") from None


class WorkbookSheet(Sheet):
    """A sheet of an XLSX workbook."""

    def __init__(self, document: Document, name: str, workbook: CalamineWorkbook) -> None:
        super().__init__(document, name)
        self._workbook = workbook

    @cached_property
    def _sheet(self) -> Any:
        from python_calamine import CalamineError

        try:
            return self._workbook.get_sheet_by_name(self.name)
        except CalamineError as error:
            raise InvalidSourceFile(f"{self.place}: is damaged: {error}. Download the file again") from None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row. Numbers are written as people would: 100 for a cell that says 100.0."""
        for number, row in enumerate(self._sheet.to_python(skip_empty_area=False), 1):
            yield number, [cell if isinstance(cell, str) else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (date, datetime)):
        return cell.strftime("%Y%m%d")
    return str(cell)


def _workbook(document: Document) -> CalamineWorkbook | None:
    """A workbook; None for an office document of another kind."""
    from python_calamine import CalamineError, CalamineWorkbook

    stream = io.BytesIO(document.data)
    try:
        with zipfile.ZipFile(stream) as inside:
            names = inside.namelist()
            if "[Content_Types].xml" not in names:
                raise UnsupportedFile(f"{document.place}: is an archive inside an archive. Unpack it first")
            if not any(name.startswith("xl/") for name in names):
                return None
            declared = sum(part.file_size for part in inside.infolist())
            if declared > LARGEST:
                raise InvalidSourceFile(
                    f"{document.place}: unpacks to {_megabytes(declared)}, more than any CMS workbook"
                )
            if inside.testzip() is not None:
                raise InvalidSourceFile(f"{document.place}: is damaged. Download the file again")
            for name in names:
                if name.startswith("xl/worksheets/") and _cells(inside.read(name)) > MOST_CELLS:
                    raise InvalidSourceFile(
                        f"{document.place}: has a cell far from all others, unlike any CMS workbook"
                    )
        stream.seek(0)
        return CalamineWorkbook.from_filelike(stream)
    except (*_DAMAGED, CalamineError) as error:
        raise InvalidSourceFile(f"{document.place}: is not a readable workbook: {error}") from None


def _cells(sheet: bytes) -> int:
    """How many cells a sheet would take in memory, from its first to its farthest."""
    cells = re.findall(rb' r="([A-Z]{1,3})([0-9]{1,7})"', sheet)
    columns, rows = {column for column, _ in cells}, {row for _, row in cells}
    width = 0
    for letter in max(columns, key=lambda column: (len(column), column), default=b""):
        width = width * 26 + letter - 64
    return width * max(map(int, rows), default=0)


def documents(path: Path) -> Iterator[Document]:
    """The files in what is given: itself, or the members of a zip archive.

    Raises:
        InvalidSourceFile: it can't be read, or is an archive that is damaged or out of bounds.
    """
    try:
        if not path.is_file():
            raise InvalidSourceFile(
                f"{path}: is a directory. Pass its files" if path.is_dir() else f"{path}: no such file"
            )
        with path.open("rb") as stream:
            start = stream.read(4)
    except (OSError, ValueError) as error:
        raise InvalidSourceFile(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if start[:2] == b"\x1f\x8b":
        raise InvalidSourceFile(f"{path}: is compressed with gzip; CMS publishes zip archives. Unpack it first")
    if start != _ZIP or _is_workbook(path):
        yield Document(_shown(path.name), "", path)
        return
    yield from _members(path)


def _shown(name: str) -> str:
    """A file's name as text, whatever its bytes are."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except _DAMAGED:
        return False


def _members(path: Path) -> Iterator[Document]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.strip("./") and not m.is_dir()]
    except _DAMAGED as error:
        raise InvalidSourceFile(
            f"{path}: is truncated, or not a readable zip archive ({error}). Download it again"
        ) from None
    if len(members) > MOST_MEMBERS:
        raise InvalidSourceFile(f"{path}: has {len(members):,} files, more than any CMS archive")
    together = sum(member.file_size for member in members)
    if together > 4 * LARGEST:
        raise InvalidSourceFile(f"{path}: its files unpack to {_megabytes(together)}, more than any CMS archive")
    for member in members:
        inside = PurePosixPath(member.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise InvalidSourceFile(
                f"{path}: has a file named {member.filename!r}, which points outside of the archive"
            )
        if member.file_size > LARGEST:
            size = _megabytes(member.file_size)
            raise InvalidSourceFile(
                f"{path}: {member.filename} unpacks to {size}, more than any file that CMS publishes"
            )
        if member.flag_bits & 1:
            raise InvalidSourceFile(f"{path}: {member.filename} is encrypted")
    for member in members:
        yield Document(_shown(PurePosixPath(member.filename).name), _shown(path.name), path, member)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _refuse_wide(document: Document) -> NoReturn:
    raise UnsupportedFile(f"{document.place}: is UTF-16 text. Save it as UTF-8")


def is_blank(row: list[str]) -> bool:
    """Whether a row says nothing: empty cells, or DOS's end of file."""
    return not any(cell.strip(" \t\x1a\xa0,") for cell in row)
