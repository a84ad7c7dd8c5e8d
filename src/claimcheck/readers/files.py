"""Opening input: plain files, standard input, ``.gz`` and ``.zip``, and detecting the format of the content.

A file that can't be read is a message, never an error; reading is streaming, whatever the size.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, Literal, NamedTuple, cast

from claimcheck.authoring.check import reading_edit, unreadable
from claimcheck.claim import Location
from claimcheck.message import REJECT, Citation, EditMessage, StandardCodes

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_FILES = Citation("claimcheck input files", "837, CSV, XLSX, JSON lines, Parquet and Arrow; plain, .gz or .zip")

FILE_UNREADABLE: Final = reading_edit(
    "FILE-UNREADABLE",
    REJECT,
    _FILES,
    StandardCodes(),
    """File can't be read, or contains no claims in a supported format.

    Nothing was read from it; the other files were. Claims are read from X12 837 files, and from CSV, XLSX,
    JSON lines, Parquet and Arrow files in the row format, in UTF-8 (``claimcheck schema`` prints the row format).
    Each may be compressed with gzip, or several in a zip archive. The message names the format that the file
    appears to have.""",
)

FILE_TRUNCATED: Final = reading_edit(
    "FILE-TRUNCATED",
    REJECT,
    _FILES,
    StandardCodes(),
    """File truncated, or damaged from some point on.

    Claims before that point were read and judged; what follows is not known. An incomplete row or segment at
    that point is not read. Send the complete file again, or compress it again.""",
)

READING_EDITS: Final = (FILE_UNREADABLE, FILE_TRUNCATED)

_HEAD = 1 << 13
"""Bytes read to detect the format of a file."""

_BUFFER = 1 << 16


# -- formats ------------------------------------------------------------------------------------

Kind = Literal["837", "csv", "jsonl", "parquet", "arrow", "xlsx", "unknown"]


class Sniffed(NamedTuple):
    """The format of a file and, where it is not supported, why: the rest of a sentence about the file."""

    kind: Kind
    reason: str = ""


_MAGIC: Final = (
    (b"PK\x03\x04", "is a zip archive inside another archive: unpack it first"),
    (b"\x1f\x8b", "is a gzip file inside another archive: unpack it first"),
    (b"BZh", "is compressed with bzip2: decompress it, or use gzip"),
    (b"\xfd7zXZ\x00", "is compressed with xz: decompress it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd: decompress it, or use gzip"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it, or use zip"),
    (b"Rar!", "is a RAR archive: unpack it, or use zip"),
    (b"\xd0\xcf\x11\xe0", "is an old Office document (XLS), or has a password: save it as XLSX without one, or as CSV"),
    (b"%PDF", "is a PDF document"),
    (b"{\\rtf", "is an RTF document"),
    (b"\x89PNG", "is an image (PNG)"),
    (b"\xff\xd8\xff", "is an image (JPEG)"),
    (b"GIF8", "is an image (GIF)"),
    (b"II*\x00", "is an image (TIFF)"),
    (b"MM\x00*", "is an image (TIFF)"),
    (b"PARE", "is an encrypted Parquet file: write it without encryption"),
    (b"FEA1", "is a Feather version 1 file: write it as Parquet or Arrow"),
    (b"SQLite format 3\x00", "is an SQLite database"),
    (b"\xff\xfe\x00\x00", "is UTF-32 text: save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "is UTF-32 text: save it as UTF-8"),
    (b"\xff\xfe", "is UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text: save it as UTF-8"),
)

PARQUET: Final = b"PAR1"
_ARROW_FILE: Final = b"ARROW1\0\0"
_ARROW_STREAM: Final = b"\xff\xff\xff\xff"
"""What a message of an Arrow stream begins with, before its length; a stream begins with a schema, which has one."""

_OPEN_DOCUMENT = "is a spreadsheet (ODS) or another OpenDocument: save the claims as XLSX or CSV"
_DOCUMENT = "is an Office document: save the claims as CSV"
_NOT_KNOWN = "is not an 837, JSON lines, or CSV with a header of known columns"

_INTERCHANGE = re.compile(rb"ISA[^A-Za-z0-9\s]")
_SEGMENT = re.compile(rb"(?:GS|ST|TA1|BHT|HL|NM1|PRV|SBR|CLM|LX|SV[123])[^A-Za-z0-9\s]")
_LATER_INTERCHANGE = re.compile(rb"[\r\n]\s*ISA[^A-Za-z0-9\s,]")
_837_NAME = re.compile(r"\.(?:837[pid]?|x12|edi)$", re.IGNORECASE)
_CSV_NAME = re.compile(r"\.(?:csv|tsv|psv)$", re.IGNORECASE)
_JSONL_NAME = re.compile(r"\.(?:jsonl|ndjson)$", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1b]")


def kind_of(head: bytes, name: str, columns: Mapping[str, str] = {}) -> Sniffed:
    """Detect the format of a file: by its first bytes where they are unmistakable, else by its name.

    Args:
        head: the first bytes, some thousands.
        name: the file's name.
        columns: our column names to the file's, to know a CSV header by.
    """
    for magic, reason in _MAGIC:
        if head.startswith(magic):
            return (_of_office(head) if magic.startswith(b"PK") else None) or Sniffed("unknown", reason)
    if head.startswith(PARQUET):
        return Sniffed("parquet")
    if head.startswith(_ARROW_FILE) or is_arrow_stream(head):
        return Sniffed("arrow")
    if head[257:262] == b"ustar":
        return Sniffed("unknown", "is a tar archive: unpack it, or use zip")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return Sniffed("unknown", "is empty")
    if _INTERCHANGE.match(text):
        return Sniffed("837")
    if text.startswith(b"{"):
        return _of_object(text)
    if text.startswith(b"["):
        reason = "is a JSON array: write JSON lines, one object per line without [ and ]"
        is_array = text[1:].lstrip()[:1] in (b"{", b"[", b"]")
        return Sniffed("unknown", reason) if is_array else _by_name(name)
    if text.startswith(b"<"):
        return Sniffed("unknown", _of_markup(text))
    if _is_wide(head):
        return Sniffed("unknown", "is UTF-16 text: save it as UTF-8")
    if len(_CONTROL.findall(head)) * 20 > len(head):
        return Sniffed("unknown", "is binary, not text")
    if _is_header(text, columns):
        return Sniffed("csv")
    if _SEGMENT.match(text) or _LATER_INTERCHANGE.search(text):
        return Sniffed("837")
    return _by_name(name)


def is_arrow_stream(head: bytes) -> bool:
    """Whether a file is an Arrow stream, which is read from its beginning on; an Arrow file is read from its end."""
    return head.startswith(_ARROW_STREAM) and 0 < int.from_bytes(head[4:8], "little") < 1 << 31


def _of_office(head: bytes) -> Sniffed | None:
    """What a zip archive is that an office program wrote; None for another archive."""
    if b"opendocument.spreadsheet" in head:
        return Sniffed("unknown", _OPEN_DOCUMENT)
    if not any(name in head for name in (b"[Content_Types].xml", b"_rels/.rels", b"xl/", b"docProps/")):
        return None
    return Sniffed("unknown", _DOCUMENT) if b"word/" in head or b"ppt/" in head else Sniffed("xlsx")


def _of_object(text: bytes) -> Sniffed:
    if text[1:].lstrip(b" \t\r")[:1] == b"\n":
        return Sniffed("unknown", "is JSON written over several lines: write one object per line")
    return Sniffed("jsonl")


def _of_markup(text: bytes) -> str:
    start = text[:500].lower()
    if b"<html" in start or b"<!doctype html" in start:
        return "is an HTML page (a login or error page?), not claims"
    return "is an XML document, not claims"


def _is_wide(head: bytes) -> bool:
    """Whether every other byte is NUL, as in UTF-16 without a byte-order mark."""
    fewer, more = sorted((head[::2].count(0), head[1::2].count(0)))
    return more * 20 > len(head) * 7 and fewer * 20 < len(head)


def _is_header(text: bytes, columns: Mapping[str, str]) -> bool:
    """Whether the first line names columns."""
    from claimcheck.readers.rows.csv_rows import sniff_header  # not needed for an 837
    from claimcheck.readers.rows.notices import LIKELY_HEADER

    lines = text.decode("utf-8", "replace").splitlines()
    return sniff_header(lines[0], columns)[1] >= LIKELY_HEADER


def _by_name(name: str) -> Sniffed:
    """The format by the name. A file that turns out to be something else is reported by its reader."""
    name = re.sub(r"\.gz$", "", name, flags=re.IGNORECASE)
    if _837_NAME.search(name):
        return Sniffed("837")
    if _CSV_NAME.search(name):
        return Sniffed("csv")
    if _JSONL_NAME.search(name):
        return Sniffed("jsonl")
    return Sniffed("unknown", _NOT_KNOWN)


# -- opening -------------------------------------------------------------------------------------


class Input(io.BufferedReader):
    """The bytes of one file. Reading never fails: where the source does, the file ends, and
    ``trouble`` says why.

    Attributes:
        label: the name that messages carry.
        head: the first bytes, which are read again as part of the file.
        plain: the file itself, where its bytes can be had in any order.
    """

    def __init__(self, label: str, source: IO[bytes], plain: IO[bytes] | None = None) -> None:
        self.label = label
        self.plain = plain
        self._source = _Source(source)
        self.head = self._source.look(_HEAD)
        super().__init__(self._source, _BUFFER)

    @property
    def trouble(self) -> str:
        """Why the file broke off; blank where it did not."""
        return self._source.trouble

    def breaks_off(self, why: str) -> None:
        """A reader found that the file can't be read to its end."""
        self._source.trouble = self._source.trouble or why


class _Source(io.RawIOBase):
    """A source of bytes that was looked at, and whose failure is its end."""

    def __init__(self, source: IO[bytes]) -> None:
        # read1 gives what there is before it fails; read would lose it.
        self._read: Callable[[int], bytes] = getattr(source, "read1", source.read)
        self._ahead = b""
        self.trouble = ""

    def look(self, size: int) -> bytes:
        """The first bytes, as many as there are."""
        while len(self._ahead) < size and (piece := self._take(size)):
            self._ahead += piece
        return self._ahead[:size]

    def _take(self, size: int) -> bytes:
        if self.trouble:
            return b""
        try:
            return self._read(size) or b""
        except Exception as error:  # damaged archives raise a dozen kinds, and none may end the batch
            self.trouble = _trouble_of(error)
            return b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what was looked at, then with what follows."""
        size = len(buffer)
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            piece = self._take(size)
        buffer[: len(piece)] = piece
        return len(piece)


def _trouble_of(error: Exception) -> str:
    """Why reading failed, without the error's own text."""
    if isinstance(error, EOFError):
        return "it ends in the middle of compressed data"
    if isinstance(error, OSError) and error.strerror:
        return f"reading failed: {error.strerror}"
    if isinstance(error, zlib.error) or type(error).__name__ in ("BadGzipFile", "BadZipFile", "LZMAError"):
        return "its compressed data is damaged"
    return f"reading failed ({type(error).__name__})"


def open_inputs(
    source: Path | BinaryIO | None, name: str | None = None, watch: Callable[[BinaryIO], object] | None = None
) -> Iterator[Input | EditMessage]:
    """Open what is given; a zip archive gives each file in it, in order, as ``batch.zip!claims.837``.

    Args:
        source: a path, a stream, or None for standard input.
        name: the name that messages carry; by default the path, or that of the stream.
        watch: handed the file of a path once it is open.

    Yields:
        Each file that there is to read, to be read before the next is taken; and a message for what
        can't be opened.
    """
    if source is None:
        yield from _unpacked(sys.stdin.buffer, name or "-")
        return
    if not isinstance(source, Path):
        own = getattr(source, "name", None)
        yield from _unpacked(source, name or (own if isinstance(own, str) else "-"))
        return
    name = name or str(source)
    try:
        stream = source.open("rb")
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        yield unread(name, _why_not_opened(error), "Check the file's name and permissions.")
        return
    with stream:
        if watch:
            watch(stream)
        yield from _unpacked(stream, name)


def _why_not_opened(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, IsADirectoryError):
        return "is a directory: pass the files in it"
    if isinstance(error, PermissionError):
        return "can't be opened: permission denied"
    return f"can't be opened: {getattr(error, 'strerror', None) or type(error).__name__}"


def unread(
    name: str, reason: str, remedy: str = "Pass an 837 file, or claim lines as CSV, XLSX, JSON lines, Parquet or Arrow."
) -> EditMessage:
    """The message of a file of which nothing is read."""
    return unreadable(FILE_UNREADABLE, Location(name), f"The file {reason}.", remedy)


def holds_no_claim(name: str) -> EditMessage:
    """The message of a file in which nothing was found."""
    return unread(name, "contains no claims")


def broken_off(name: str, trouble: str) -> EditMessage:
    """The message of a file that could be read in part."""
    text = f"The file was read only in part: {trouble}. The claims read before are judged."
    return unreadable(FILE_TRUNCATED, Location(name), text, "Send the complete file again.")


def _unpacked(source: IO[bytes], name: str) -> Iterator[Input | EditMessage]:
    """The file, or what is packed in it."""
    plain = Input(name, source, source if _is_plain(source) else None)
    if plain.head.startswith(b"\x1f\x8b"):
        import gzip

        yield Input(name, cast(IO[bytes], gzip.GzipFile(fileobj=plain)))
    elif not plain.head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        yield plain
    elif source.seekable():
        yield from _members(source, name)
    else:
        # The list of a zip archive is at its end: one that comes through a pipe is spooled first.
        with tempfile.TemporaryFile() as whole:
            try:
                shutil.copyfileobj(plain, whole, _BUFFER)
            except OSError as error:
                yield unread(name, f"can't be spooled to unpack it: {error.strerror}")
                return
            yield from _members(whole, name)
        if plain.trouble:
            yield broken_off(name, plain.trouble)


def _is_plain(source: IO[bytes]) -> bool:
    """Whether a source is a file at its beginning, which can be read in any order."""
    return source.seekable() and source.tell() == 0


@contextmanager
def in_any_order(stream: Input) -> Iterator[IO[bytes]]:
    """The bytes of a file that is read from its end. It is spooled to a temporary file if it is compressed or comes
    through a pipe.

    Raises:
        OSError: they can't be spooled.
    """
    if stream.plain:
        stream.plain.seek(0)
        yield stream.plain
        return
    with tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(stream, whole, _BUFFER)
        yield whole


def _members(whole: IO[bytes], name: str) -> Iterator[Input | EditMessage]:
    """Each file in a zip archive."""
    import zipfile

    try:
        archive = zipfile.ZipFile(whole)
    except Exception:  # zipfile raises many kinds at damaged archives
        yield unread(name, "is a damaged or truncated zip archive: create it again")
        return
    with archive:
        files = [member for member in archive.infolist() if not _is_no_file(member)]
        names = {member.filename for member in files}
        if any(path.startswith(("xl/", "word/", "ppt/")) for path in names) and "[Content_Types].xml" in names:
            if not any(path.startswith("xl/") for path in names):
                yield unread(name, _DOCUMENT)
                return
            whole.seek(0)
            yield Input(name, whole, whole)
            return
        if {"mimetype", "content.xml"} <= names:
            yield unread(name, _OPEN_DOCUMENT)
            return
        if not files:
            yield unread(name, "is an empty zip archive")
        for member in files:
            yield from _member(archive, member, f"{name}!{member.filename}")


def _is_no_file(member: ZipInfo) -> bool:
    """Whether this is a folder, or what macOS packs beside each file: its icon and the like."""
    name = member.filename  # blank in a damaged archive, where is_dir() raises
    return name.endswith(("/", "/.DS_Store")) or name.startswith("__MACOSX/")


def _member(archive: ZipFile, member: ZipInfo, name: str) -> Iterator[Input | EditMessage]:
    if member.flag_bits & 1:
        yield unread(name, "is encrypted: unpack it with its password first")
        return
    try:
        stream = archive.open(member)
    except NotImplementedError:
        yield unread(name, "uses an unsupported compression method: create the zip archive with deflate")
        return
    except Exception:  # zipfile raises many kinds at damaged archives
        yield unread(name, "is damaged in the archive: create the archive again")
        return
    with stream:
        yield Input(name, stream)
