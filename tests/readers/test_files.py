"""Opening files, telling what they hold, and the one way into all sources."""

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers import FILE_UNREADABLE, files, read, reading_edits
from claimcheck.readers.files import Input, kind_of, open_inputs

CSV = b"claim_id,code,from_date,units\n1,99213,20250310,1\n2,99214,20250310,1\n"
JSONL = b'{"claim_id": "3", "code": "99213", "from_date": "20250310", "units": 1}\n'
ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*1200*^*00501*000000001*0*P*:~"


def found(source: Any, **options: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The claims read, and what is said but of the columns that are missing."""
    items = list(read(io.BytesIO(source) if isinstance(source, bytes) else source, **options))
    claims = [item.claim_id for item in items if isinstance(item, Claim)]
    messages = [item for item in items if isinstance(item, EditMessage) and item.check != "ROW-COLUMNS"]
    return claims, [(message.check, message.text) for message in messages]


def why_unreadable(source: Any, **options: Any) -> str:
    """The one message of a file of which nothing is read."""
    [message] = read(io.BytesIO(source) if isinstance(source, bytes) else source, **options)
    assert isinstance(message, EditMessage)
    assert (message.check, message.severity) == ("FILE-UNREADABLE", "reject")
    assert message.locus.file
    return message.text


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


class Pipe(io.RawIOBase):
    """A stream that gives a little at a time and can't go back."""

    def __init__(self, content: bytes, piece: int = 1) -> None:
        self.content = io.BytesIO(content)
        self.piece = piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.content.readinto(memoryview(buffer)[: self.piece])


# -- what a file holds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (ISA, "x", "837"),
        (b"\xef\xbb\xbf\r\n " + ISA, "x", "837"),
        (b"From: clearing house\r\n\r\n" + ISA, "x.txt", "837"),
        (b"GS*HC*A*B*20250320*1200*1*X*005010X222A1~ST*837*0001~", "x", "837"),
        (b"ST|837|0001|005010X222A1\n", "x", "837"),
        (b"CLM*1*100***11:B:1~", "x", "837"),
        (b"what is this", "batch.837", "837"),
        (b"what is this", "batch.X12.gz", "837"),
        (CSV, "x", "csv"),
        (b"\xef\xbb\xbfCLAIM_ID;Code;units\r\n", "x", "csv"),
        (b"clm_id\thcpcs_cd\n", "x", "csv"),
        (b"nonsense\n", "x.csv", "csv"),
        (b"[x],y\n", "x.csv", "csv"),
        (JSONL, "x", "jsonl"),
        (b"nonsense\n", "x.ndjson", "jsonl"),
        # Content wins over the name.
        (ISA, "x.csv", "837"),
        (CSV, "x.837", "csv"),
        (CSV, "x.jsonl", "csv"),
        (JSONL, "x.csv", "jsonl"),
    ],
)
def test_what_a_file_holds(head: bytes, name: str, kind: str) -> None:
    assert kind_of(head, name) == (kind, "")


def test_a_mapped_header_is_known() -> None:
    assert kind_of(b"nr,what\n", "x").kind == "unknown"
    assert kind_of(b"nr,what\n", "x", {"claim_id": "Nr", "code": "what"}).kind == "csv"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"<!DOCTYPE html><html><body>", "is an HTML page"),
        (b"\n<HTML>", "is an HTML page"),
        (b"<?xml version='1.0'?><claims/>", "is an XML document"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "is a damaged spreadsheet (XLSX)"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "is an Office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an old Office document"),
        (b"\x89PNG\r\n\x1a\n", "is an image (PNG)"),
        (b"\xff\xd8\xff\xe0", "is an image (JPEG)"),
        (b"PAR1" + bytes(9), "is a Parquet file that is damaged or truncated"),
        (b"FEA1" + bytes(9), "is a Feather version 1 file"),
        (bytes(range(256)), "is binary, not text"),
        (CSV.decode().encode("utf-16"), "is UTF-16 text: save it as UTF-8"),
        (CSV.decode().encode("utf-16-le"), "is UTF-16 text: save it as UTF-8"),
        (CSV.decode().encode("utf-16-be"), "is UTF-16 text: save it as UTF-8"),
        (b"BZh91AY&SY", "is compressed with bzip2"),
        (b"x" * 257 + b"ustar\x0000", "is a tar archive"),
        (b'[{"claim_id": "1"},\n{"claim_id": "2"}]', "is a JSON array: write JSON lines, one object per line"),
        (b'{\n  "claim_id": "1"\n}', "is JSON written over several lines: write one object per line"),
        (b"Dear Sir or Madam,\n", "is not an 837, JSON lines, or CSV"),
    ],
)
def test_why_a_file_is_not_read(content: bytes, reason: str) -> None:
    assert why_unreadable(content).startswith(f"The file {reason}")
    claims, [(check, _)] = found(zipped({"good.csv": CSV, "odd": content}))
    assert claims == ["1", "2"], "in an archive the others go on"
    assert check == "FILE-UNREADABLE"


# -- the one way in --------------------------------------------------------------------------------


def test_rows_are_read_by_their_content(tmp_path: Path) -> None:
    for content, claims in ((CSV, ["1", "2"]), (JSONL, ["3"])):
        path = tmp_path / "claims"
        path.write_bytes(content)
        assert found(path) == found(str(path)) == found(content) == (claims, [])


def test_columns_and_surgical_centres_are_passed_on() -> None:
    text = b"claim_id,hcpcs_cd,from_date,units,billing_npi\n1,99213,20250310,1,1993999998\n"
    items = list(read(io.BytesIO(text), columns={"code": "hcpcs_cd"}, asc_npis=frozenset({"1993999998"})))
    [claim] = [item for item in items if isinstance(item, Claim)]
    assert (claim.lines[0].code, claim.setting) == ("99213", "asc")


def test_837_files_are_passed_on() -> None:
    items = list(read(io.BytesIO(ISA), name="empty.837"))
    assert items, "an interchange without its end is told of"
    assert all(isinstance(item, EditMessage) and item.locus.file == "empty.837" for item in items)


def test_files_that_can_not_be_opened(tmp_path: Path) -> None:
    assert why_unreadable(tmp_path / "missing.csv") == "The file does not exist."
    assert why_unreadable(tmp_path) == "The file is a directory: pass the files in it."
    assert why_unreadable("a\0b").startswith("The file can't be opened")
    assert why_unreadable(tmp_path / ("x" * 5000)).startswith("The file can't be opened")


def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "closed.csv"
    path.write_bytes(CSV)
    path.chmod(0)
    me = os.geteuid()
    if me == 0:  # root may read every file, so be nobody for a moment
        os.seteuid(65534)
    try:
        assert why_unreadable(path) == "The file can't be opened: permission denied."
    finally:
        os.seteuid(me)


def test_names_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    cases: tuple[tuple[dict[str, Any], str], ...] = (({}, str(path)), ({"name": "batch 7"}, "batch 7"))
    for options, name in cases:
        [message] = read(path, **options)
        assert isinstance(message, EditMessage)
        assert message.locus.file == name
    [claim, *_] = [item for item in read(io.BytesIO(CSV)) if isinstance(item, Claim)]
    assert claim.locus.file == "-"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (CSV, gzip.compress(CSV), zipped({"a.csv": CSV})):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Pipe(content, 7))))
        assert found("-") == (["1", "2"], [])


def test_a_stream_of_the_caller_stays_open(tmp_path: Path) -> None:
    for content in (CSV, gzip.compress(CSV), zipped({"a.csv": CSV}), b"", ISA[:10]):
        stream = io.BytesIO(content)
        list(read(stream))
        assert not stream.closed


def test_reading_can_be_left_in_the_middle(tmp_path: Path) -> None:
    for content in (CSV, gzip.compress(CSV), zipped({"a.csv": CSV})):
        stream = io.BytesIO(content)
        items = read(stream)
        next(items)
        del items
        assert not stream.closed


# -- packed files --------------------------------------------------------------------------------


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(gzip.compress(CSV) + gzip.compress(b"3,99215,20250310,1\n"))
    assert found(path) == (["1", "2", "3"], [])


def test_what_was_read_of_a_file_that_breaks_off_is_kept() -> None:
    rows = b"".join(b"%d,99213,20250310,%d\n" % (i, i * 7919 % 1000) for i in range(20_000))
    packed = gzip.compress(b"claim_id,code,from_date,units\n" + rows)
    claims, messages = found(packed[: len(packed) * 3 // 4])
    assert 10_000 < len(claims) < 20_000
    assert claims == [str(i) for i in range(len(claims))]
    assert messages == [
        ("ROW-CELLS", "The file ends inside this row; the row was not read."),
        (
            "FILE-TRUNCATED",
            "The file was read only in part: it ends in the middle of compressed data. "
            "The claims read before are judged.",
        ),
    ]


def test_a_row_that_a_break_cuts_is_not_taken_for_whole() -> None:
    """Its last cell may have lost digits."""

    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            piece = super().read1(size)
            if not piece:
                raise OSError(5, "Input/output error")
            return piece

    claims, messages = found(Broken(CSV + b"3,99215,20250310,1"))
    assert claims == ["1", "2"]
    assert [check for check, _ in messages] == ["ROW-CELLS", "FILE-TRUNCATED"]
    assert "Input/output error" in messages[1][1]


def test_gzip_that_is_damaged_from_the_start() -> None:
    for damaged in (b"\x1f\x8b", b"\x1f\x8b\x08garbage, all of it", gzip.compress(CSV)[:12] + b"\xff" * 50):
        assert why_unreadable(damaged).startswith("The file can't be read: it")


def test_a_zip_archive_is_read_file_by_file() -> None:
    packed = zipped({"b.csv": CSV, "deep/a.jsonl": JSONL, "empty.837": b""})
    for stream in (io.BytesIO(packed), io.BufferedReader(Pipe(packed, 100))):
        items = list(read(stream, name="batch.zip"))
        assert [item.locus.file for item in items if isinstance(item, Claim)] == [
            "batch.zip!b.csv",
            "batch.zip!b.csv",
            "batch.zip!deep/a.jsonl",
        ]
        unread = [item for item in items if isinstance(item, EditMessage) and item.check == FILE_UNREADABLE.id]
        assert [(message.locus.file, message.text) for message in unread] == [
            ("batch.zip!empty.837", "The file is empty.")
        ]


def test_what_macos_packs_beside_files_is_passed_over() -> None:
    packed = zipped({"a.csv": CSV, "__MACOSX/._a.csv": b"\0\5\x16\7", "folder/": b""})
    assert found(packed) == (["1", "2"], [])


def encrypted(packed: bytes) -> bytes:
    """The first member marked as encrypted, in its own header and in the list."""
    damaged = bytearray(packed)
    damaged[6] |= 1
    damaged[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(damaged)


def of_unknown_method(packed: bytes) -> bytes:
    damaged = bytearray(packed)
    damaged[8] = 77
    damaged[packed.index(b"PK\x01\x02") + 10] = 77
    return bytes(damaged)


def of_damaged_data(packed: bytes) -> bytes:
    start = packed.index(b"a.jsonl") + len("a.jsonl")
    return packed[:start] + b"\xff" * 20 + packed[start + 20 :]


def of_wrong_checksum(packed: bytes) -> bytes:
    damaged = bytearray(packed)
    damaged[packed.index(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(damaged)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (encrypted, "is encrypted"),
        (of_unknown_method, "uses an unsupported compression method"),
        (of_damaged_data, "can't be read: its compressed data is damaged"),
        (of_wrong_checksum, "can't be read: its compressed data is damaged"),
    ],
)
def test_one_bad_file_in_an_archive_does_not_stop_the_others(damage: Callable[[bytes], bytes], said: str) -> None:
    claims, [(check, text)] = found(damage(zipped({"a.jsonl": JSONL, "b.csv": CSV})))
    assert claims == ["1", "2"]
    assert check == "FILE-UNREADABLE"
    assert said in text


def test_an_archive_that_breaks_off() -> None:
    whole = zipped({"a.csv": CSV, "b.csv": CSV})
    assert "is a damaged or truncated zip archive" in why_unreadable(whole[:-30])
    assert "is a damaged or truncated zip archive" in why_unreadable(io.BufferedReader(Pipe(whole[:80], 9)))


def test_a_file_without_a_name_in_an_archive() -> None:
    packed = bytearray(zipped({"a": CSV}))
    start = packed.index(b"PK\x01\x02")
    packed[start + 28 : start + 30] = b"\0\0"  # the name has no characters, and a comment takes its place
    packed[start + 32 : start + 34] = b"\1\0"
    [(check, text)] = found(bytes(packed))[1]
    assert check == "FILE-UNREADABLE"
    assert "is damaged in the archive" in text


def test_an_archive_without_files() -> None:
    assert why_unreadable(zipped({})) == "The file is an empty zip archive."


def test_archives_in_archives_are_not_unpacked() -> None:
    claims, messages = found(zipped({"a.zip": zipped({"b.csv": CSV}), "c.gz": gzip.compress(CSV), "d.csv": CSV}))
    assert claims == ["1", "2"]
    assert [text for _, text in messages] == [
        "The file is a zip archive inside another archive: unpack it first.",
        "The file is a gzip file inside another archive: unpack it first.",
    ]
    assert "inside another archive" in why_unreadable(gzip.compress(zipped({"b.csv": CSV})))


def test_inputs_can_be_opened_for_other_uses() -> None:
    [one] = open_inputs(io.BytesIO(CSV), "x")
    assert isinstance(one, Input)
    assert (one.label, one.head, one.trouble) == ("x", CSV, "")
    assert one.read() == CSV


# -- whatever comes ------------------------------------------------------------------------------

SEEDS = [CSV, JSONL, gzip.compress(CSV, mtime=0), zipped({"a.csv": CSV, "b.jsonl": JSONL})]


@given(
    st.binary() | st.text().map(str.encode) | st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=3),
)
def test_no_bytes_raise(content: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, change in changes:
        content = content[:place] + change + content[place + len(change) :]
    for item in read(io.BytesIO(content), name="batch"):
        assert item.locus.file.split("!")[0] == "batch"


@given(st.binary(max_size=300), st.sampled_from(["x", "x.csv", "x.jsonl"]))
def test_whatever_a_file_holds_there_is_a_word_for_it(head: bytes, name: str) -> None:
    kind, reason = kind_of(head, name)
    assert bool(reason) == (kind == "unknown")


def test_reading_edits_are_all_told_of() -> None:
    edits = reading_edits()
    assert set(files.READING_EDITS) < set(edits)
    assert len({edit.id for edit in edits}) == len(edits)
    assert all(re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)+", edit.id) and edit.title for edit in edits)
