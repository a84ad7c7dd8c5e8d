"""What can be wrong with a published file, with what is told of it, or with the book that it goes into.

Each is refused in one sentence that says where it is, and the book stays as it was, byte for byte. The tables
are made here: CMS's layouts in a few rows.
"""

import csv
import gzip
import io
import os
import re
import resource
import sqlite3
import struct
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claimcheck.rulebook import BookError, Rulebook, Store
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile, Told
from claimcheck.rulebook.inspecting import verify
from support.command_line import invoke

# -- CMS's layouts, in a few rows --------------------------------------------------------------------

FEE_NAMES = (
    *("HCPCS", "MOD", "DESCRIPTION", "STATUS/CODE", "NOT USED/FOR/MEDICARE /PAYMENT", "WORK/RVU", "NON-FAC/PE RVU"),
    *("NON-FAC/NA/INDICATOR", "FACILITY/PE RVU", "FACILITY /NA/INDICATOR", "MP/RVU", "NON-FACILITY/TOTAL"),
    *("FACILITY/TOTAL", "PCTC/IND", "GLOB/DAYS", "PRE/OP", "INTRA/OP", "POST/OP", "MULT/PROC", "BILAT/SURG"),
    *("ASST/SURG", "CO-/SURG", "TEAM/SURG", "ENDO/BASE", "CONV/FACTOR"),
    *("PHYSICIAN/SUPERVISION OF/DIAGNOSTIC/PROCEDURES", "CALCULATION/FLAG", "DIAGNOSTIC/IMAGING/FAMILY/INDICATOR"),
    *("NON-FACILITY/PE USED/FOR OPPS/PAYMENT/AMOUNT", "FACILITY/PE USED/FOR OPPS/PAYMENT/AMOUNT"),
    "MP USED/FOR OPPS/PAYMENT/AMOUNT",
)
"""The columns of PPRRVU, and how their names are written over rows."""
FEE_ROWS = (
    "00100,,,J,,0.00,0.00,,0.00,,0.00,0.00,0.00,9,XXX,0.00,0.00,0.00,9,9,9,9,9,,32.3465,09,0,99,0.00,0.00,0.00",
    "27447,,,A,,19.60,15.30,NA,15.30,,3.98,38.88,38.88,0,090,0.10,0.69,0.21,2,1,2,1,0,,32.3465,09,0,99,0.00,0.00,0.00",
    "72148,26,,A,,1.44,0.70,,0.70,,0.10,2.24,2.24,1,XXX,0.00,0.00,0.00,0,0,0,0,0,,32.3465,09,0,99,0.00,0.00,0.00",
)
FEE_LINES = (
    "HDR CPT CODES AND DESCRIPTIONS ONLY ARE INVENTED HERE",
    f"{'00100':57}J   0.00   0.00     0.00    0.00   0.00  0.009XXX.00.00.0099999             32.3465 090 99",
    f"{'27447':57}A  19.60  15.30NA  15.30    3.98  38.88 38.880090.10.69.2121210             32.3465 090 99",
)


def fee_csv(*rows: str, names: tuple[str, ...] = FEE_NAMES, end: str = "\r\n") -> str:
    """PPRRVU of January 2025: a title, and names of columns that end in the tenth row."""
    width = len(names) - 4
    tops = [name.split("/") for name in names]
    heads = [",".join(parts[-n] if n <= len(parts) else "" for parts in tops) for n in range(5, 0, -1)]
    title = ",,2025 National Physician Fee Schedule Relative Value File January Release," + "," * width
    lines = [title, *[",,Invented notice," + "," * width] * 4, *heads, *(rows or FEE_ROWS)]
    return "".join(line + end for line in lines)


MUE_NAMES = '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale'
MUE_ROWS = (
    "0001U,1,2 Date of Service Edit: Policy,Code Descriptor / CPT Instruction",
    "27447,2,2 Date of Service Edit: Policy,CMS Policy",
    "77424,1,3 Date of Service Edit: Clinical,Nature of Service/Procedure",
)


def mue_csv(*rows: str) -> str:
    """Unit limits. The first data row is the fifth line, after a notice over two lines and names over two."""
    return "".join(f"{line}\n" for line in ('"Invented\nnotice",,,', MUE_NAMES, *(rows or MUE_ROWS)))


PTP_ROWS = (
    "00100\t36591\t*\t19960101\t20011231\t0\tMisuse of Column Two code with Column One code",
    "00100\t99213\t\t20200101\t*\t1\tStandards of medical/surgical practice",
    "27447\t99213\t\t20200101\t20200101\t9\tStandards of medical/surgical practice",
)


def ptp_txt(*rows: str) -> str:
    """NCCI pairs. The first data row is the seventh line."""
    top = (
        "Invented notice.\t\t\t\t\t\t",
        "Column1/Column2 Edits\t\t\t\t\t\t",
        "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale",
        "\t\tprior to 1996\tDate\tDate\t0=not allowed\t",
        "\t\t\t\t*=no data\t1=allowed\t",
        "\t\t\t\t\t9=not applicable\t",
    )
    return "".join(f"{line}\r\n" for line in (*top, *(rows or PTP_ROWS)))


AOC_NAMES = (
    *("AOC_Edit_Type", "Add-On_Code", "AOC_DelDT", "Primary_Code", "Primary_Code_DelDT", "AOC_Edit_EffDT"),
    *("AOC_Edit_DelDT", "Special_Instruction_Notes"),
)
AOC_ROWS = (
    "2\t0054T\t\tCCCCC\t\t2013091\t\tContractor Defined Primary Codes",
    "1\t01968\t\t01967\t\t2013091\t\t",
    "1\t19294\t2024366\t19301\t2024366\t2018001\t2024366\t",
)
AOC_LINES = tuple(
    "".join(cell.ljust(width) for cell, width in zip(row.split("\t"), (1, 5, 7, 5, 7, 7, 7, 40), strict=True))
    for row in AOC_ROWS
)


def aoc_tab(*rows: str) -> str:
    """Add-on codes, tab separated. The first data row is the third line."""
    return "".join(f"{line}\n" for line in ("Invented notice." + "\t" * 7, "\t".join(AOC_NAMES), *(rows or AOC_ROWS)))


OPPS_ROWS = ("0001F\t\t\tE1\t" + "\t" * 8, "27447\t\t\tJ1\t5115" + "\t" * 8)


def opps_txt(*rows: str) -> str:
    """Addendum B of 2025. The first data row is the third line."""
    names = "HCPCS Code\tShort Descriptor\t CI\t SI\t APC \tRelative Weight\tPayment Rate" + "\tMore" * 5 + "\tNote"
    title = "\tAddendum B.-- OPPS Payment by HCPCS Code for CY 2025" + "\t" * 11
    return "".join(f"{line}\r\n" for line in (title, names, *(rows or OPPS_ROWS)))


AA_ROWS = ("0101T,,,Y,R2,2.3486,$128.93", '27447,,,Y,J8,83.6109,"$4,589.82"')


def asc_csv(addendum: str, *rows: str) -> str:
    """Addendum AA or BB of January 2025. The first data row is the third line."""
    names = "HCPCS Code,,Short Descriptor,{},January 2025 Payment Indicator,January 2025  Payment Weight  ,Rate"
    title = f"Addendum {addendum} -- ASC Covered Surgical Procedures for CY 2025,,,,,,"
    return "".join(f"{line}\r\n" for line in (title, names, *(rows or AA_ROWS)))


HCPC_NAMES = (
    *("HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION", "PRICE1", "PRICE2", "PRICE3", "PRICE4"),
    *("MULT_PI", "CIM1", "CIM2", "CIM3", "MCM1", "MCM2", "MCM3", "STATUTE", *(f"LABCERT{n}" for n in range(1, 9))),
    *("XREF1", "XREF2", "XREF3", "XREF4", "XREF5", "COV", "ASC_GRP", "ASC_DT", "OPPS", "OPPS_PI", "OPPS_DT"),
    *("PROCNOTE", "BETOS", "TOS1", "TOS2", "TOS3", "TOS4", "TOS5", "ANEST_BU", "ADD DT", "ACT EFF DT", "TERM DT"),
    "ACTION CD",
)


def hcpcs_row(code: str, kind: str = "3", added: str = "20020701", ended: str = "", betos: str = "Z2") -> str:
    given = {"HCPC": code, "SEQNUM": "0010", "RECID": kind, "BETOS": betos, "ADD DT": added, "TERM DT": ended}
    return ",".join(given.get(name, "") for name in HCPC_NAMES)


def hcpcs_csv(*rows: str) -> str:
    """Level II. The first data row is the second line."""
    rows = rows or (hcpcs_row("A0021"), hcpcs_row("G0463", ended="20241231"), hcpcs_row("   GD", "7"))
    return "".join(f"{line}\n" for line in (",".join(HCPC_NAMES), *rows))


def hcpcs_line(code: str, kind: str = "3", added: str = "20020701", ended: str = "") -> str:
    start = f"{code:>5}00100{kind}{'':218}C{'':26}Z2  1{'':7}"
    return f"{start}{added}{added}{ended:8}N{'':27}"


HCPCS_LINES = (hcpcs_line("A0021"), hcpcs_line("G0463", ended="20241231"), hcpcs_line("GD", "7"))

MUE, PTP, FEE, OPPS = "MUE_Eff_04-01-2026.csv", "ccipra-v322r0-f1.txt", "PPRRVU25_JAN.csv", "2025 NFRM Addendum B.txt"
AOC, AOC_TAB, HCPCS = "AOC_V2026Q2-MCR.txt", "AOC_V2026Q2-MCR-tab.txt", "HCPC2026_JAN_ANWEB.csv"


def lines(*of: str) -> str:
    return "".join(f"{line}\r\n" for line in of)


def cells_of(text: str, delimiter: str = ",") -> list[list[Any]]:
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def xlsx(rows: list[list[Any]], sheet: str = "Table") -> bytes:
    """A workbook, with a number where a cell is one."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        workbook.set_properties({"created": datetime(2025, 1, 1)})  # the same bytes for every worker
        page = workbook.add_worksheet(sheet)
        for n, row in enumerate(rows):
            for k, cell in enumerate(row):
                page.write(n, k, cell)
    return stream.getvalue()


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)  # of no time: the same bytes for every worker
    return stream.getvalue()


LAYOUTS: dict[str, bytes] = {
    FEE: fee_csv().encode(),
    "PPRRVU25_JAN.txt": lines(*FEE_LINES).encode(),
    MUE: mue_csv().encode(),
    PTP: ptp_txt().encode(),
    AOC: lines(*AOC_LINES).encode(),
    AOC_TAB: aoc_tab().encode(),
    OPPS: opps_txt().encode(),
    "ASC-AA.csv": asc_csv("AA").encode(),
    "ASC-BB.csv": asc_csv("BB").encode(),
    HCPCS: hcpcs_csv().encode(),
    "HCPC2026_JAN_ANWEB.txt": lines(*HCPCS_LINES).encode(),
    "MUE_Eff_04-01-2026.xlsx": xlsx(cells_of(mue_csv())),
    "AOC_V2026Q2-MCR.xlsx": xlsx(cells_of(aoc_tab(), "\t")),
    "mue-2026-q2.zip": zipped({MUE: mue_csv(), "readme.pdf": b"%PDF-1.7\n\x80"}),
}

# -- adding them -------------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book that something is in already."""
    path = tmp_path / "book.sqlite"
    add(path, [file(tmp_path, "MUE_Eff_01-01-2020.csv", mue_csv())], partial=True)
    return path


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("latin-1"))
    return path


def left_beside(book: Path) -> list[str]:
    return [path.name for path in book.parent.iterdir() if ".building" in path.name]


def refused(book: Path, *files: Path, told: Told | None = None, partial: bool = True) -> str:
    """What is said of files that can't be added; the book is as it was, and nothing is left beside it."""
    before = book.read_bytes() if book.is_file() else None
    with pytest.raises(BookError) as caught:
        add(book, files, told, partial=partial)
    assert (book.read_bytes() if book.is_file() else None) == before
    assert not left_beside(book)
    said = str(caught.value)
    assert said and "\n" not in said
    return said


def taken(book: Path, *files: Path, told: Told | None = None) -> Report:
    """What is said of files that are added; the book is sound."""
    report = add(book, files, told, partial=True)
    assert list(verify(Store.open(book))) == []
    return report


def rows_of(book: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(book)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layouts_made_here_are_read(name: str, tmp_path: Path) -> None:
    """Or else none of what is refused below would prove a thing."""
    report = taken(tmp_path / "book.sqlite", file(tmp_path, name, LAYOUTS[name]))
    assert report.added
    assert sum(count for (count,) in rows_of(tmp_path / "book.sqlite", "SELECT rows FROM release")) in (2, 3)


def test_a_release_that_is_not_whole_is_refused_unless_it_may_be(book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, MUE, mue_csv()), partial=False)
    assert said.startswith(f"{MUE}: MUE practitioner 2026 Q2 is incomplete: has 3 rows; CMS publishes over 12,000")
    assert "--partial" in said


# -- files that are no table -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no table found that claimcheck reads"),
        (b"Dear Sir or Madam,\nhere is nothing to see.\n", "no table found that claimcheck reads"),
        (b"<!DOCTYPE html><html><body>502</body></html>", "no table found that claimcheck reads"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 9, "no table found that claimcheck reads"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "no table found that claimcheck reads"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "no table found that claimcheck reads"),
        (zipped({}), "no table found that claimcheck reads"),
        (
            gzip.compress(mue_csv().encode(), mtime=0),
            "is compressed with gzip; CMS publishes zip archives. Unpack it first",
        ),
        (mue_csv().encode("utf-16"), "is UTF-16 text. Save it as UTF-8"),
        (b"\xfe\xff" + mue_csv().encode("utf-16-be"), "is UTF-16 text. Save it as UTF-8"),
        (b"PK\x03\x04\x14\x00", "is truncated, or not a readable zip archive"),
    ],
)
def test_files_that_are_no_table(content: bytes, says: str, book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, MUE, content))
    assert MUE in said and says in said


def test_files_that_are_not_there(book: Path, tmp_path: Path) -> None:
    assert refused(book, tmp_path / "missing.csv") == f"{tmp_path / 'missing.csv'}: no such file"
    assert refused(book, tmp_path) == f"{tmp_path}: is a directory. Pass its files"
    assert "x: no such file" in refused(book, tmp_path / "a\0x")
    assert "too long" in refused(book, tmp_path / ("x" * 300)).lower()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read every file: be somebody else for a moment."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_without_permission(book: Path) -> None:
    before = book.read_bytes()
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are shut to others
        folder = Path(name)
        folder.chmod(0o755)
        shut = file(folder, MUE, mue_csv())
        shut.chmod(0)
        with as_nobody(), pytest.raises(InvalidSourceFile, match=re.escape(f"{shut}: Permission denied")):
            add(book, [shut])
    assert book.read_bytes() == before


def test_all_of_them_or_none(book: Path, tmp_path: Path) -> None:
    good, bad = file(tmp_path, MUE, mue_csv()), file(tmp_path, FEE, fee_csv(FEE_ROWS[0].replace("00100", "0O10")))
    said = refused(book, good, bad)
    assert said == f"{FEE}, row 11, column HCPCS: found '0O10', expected a code of five characters"
    refused(book, bad, good)
    refused(book, good, tmp_path / "missing.csv")


def test_names_that_are_no_text(book: Path, tmp_path: Path) -> None:
    """A name of bytes that are not UTF-8 is no reason not to read a file."""
    name = os.fsdecode(b"\xff" + MUE.encode())
    assert taken(book, file(tmp_path, name, mue_csv())).added
    said = refused(book, file(tmp_path, f"a\n{MUE}", mue_csv("27447,x,2 Policy,CMS Policy")))
    assert "row 5, column MUE Values: found 'x', expected a number of units" in said


# -- archives ----------------------------------------------------------------------------------------

CENTRAL = b"PK\x01\x02"


def patched(packed: bytes, central: int, local: int, value: bytes, every: bool = False) -> bytes:
    """An archive with bytes changed in the entry of its first member and in the list of all (``every``: of each)."""
    changed = bytearray(packed)
    changed[local : local + len(value)] = value
    place = packed.index(CENTRAL)
    while place >= 0:
        changed[place + central : place + central + len(value)] = value
        place = packed.find(CENTRAL, place + 4) if every else -1
    return bytes(changed)


def declaring(packed: bytes, size: int, every: bool = False) -> bytes:
    return patched(packed, 24, 22, struct.pack("<I", size), every)


@pytest.mark.parametrize("kept", [0.99, 0.7, 0.3])
def test_an_archive_that_is_cut_off(kept: float, book: Path, tmp_path: Path) -> None:
    whole = zipped({MUE: mue_csv(), FEE: fee_csv()})
    path = file(tmp_path, "mue.zip", whole[: int(len(whole) * kept)])
    assert refused(book, path).startswith(f"{path}: is truncated, or not a readable zip archive")


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv", "..\\x.csv", "C:/x.csv", "C:\\x.csv", "a/.."])
def test_a_path_that_climbs_out_of_an_archive(name: str, book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "mue.zip", zipped({MUE: mue_csv(), name: mue_csv()}))
    assert refused(book, path) == f"{path}: has a file named {name!r}, which points outside of the archive"
    assert not (tmp_path.parent / "x.csv").exists()


def test_an_archive_that_declares_too_much(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "mue.zip", declaring(zipped({MUE: mue_csv()}), 0x40000000))
    assert refused(book, path) == f"{path}: {MUE} unpacks to 1,074 MB, more than any file that CMS publishes"


def test_members_that_are_too_much_together(book: Path, tmp_path: Path) -> None:
    """Each is within bounds: a hundred of them are 54 GB."""
    packed = zipped({f"{n}.csv": b"" for n in range(100)})
    said = refused(book, file(tmp_path, "mue.zip", declaring(packed, 0x1FFFFFFF, every=True)))
    assert "mue.zip" in said and "unpack" in said
    assert "0.csv" not in said, "it is refused before anything is unpacked"


def test_an_archive_that_holds_more_than_it_declares(book: Path, tmp_path: Path) -> None:
    """No more is unpacked than was declared: a hundred megabytes would be seen."""
    path = file(tmp_path, "mue.zip", declaring(zipped({MUE: bytes(100_000_000)}, zipfile.ZIP_BZIP2), 1000))
    tracemalloc.start()
    said = refused(book, path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said.startswith(f"mue.zip: {MUE}: can't be unpacked") or "not of the 1,000 bytes" in said
    assert most < 20_000_000


def test_an_archive_that_holds_less_than_it_declares(book: Path, tmp_path: Path) -> None:
    packed = declaring(zipped({MUE: mue_csv()}), 5_000)
    said = refused(book, file(tmp_path, "mue.zip", packed))
    assert said == f"mue.zip: {MUE}: is not of the 5,000 bytes that the archive declares"


def test_an_archive_of_too_many_files(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "mue.zip", zipped({f"{n}.csv": b"" for n in range(501)}))
    assert refused(book, path) == f"{path}: has 501 files, more than any CMS archive"


def of_no_name(packed: bytes) -> bytes:
    """The first name has no characters, and a comment takes its place."""
    changed = bytearray(packed)
    start = packed.index(CENTRAL)
    changed[start + 32 : start + 34] = changed[start + 28 : start + 30]
    changed[start + 28 : start + 30] = b"\0\0"
    return bytes(changed)


def of_a_name_in_no_utf8(packed: bytes) -> bytes:
    changed = bytearray(patched(packed, 8, 6, b"\x00\x08"))
    changed[packed.index(CENTRAL) + 46] = 0xFF
    return bytes(changed)


def of_damaged_data(packed: bytes) -> bytes:
    """In the middle, where every way of packing sees it."""
    middle = packed.index(CENTRAL) // 2
    return packed[:middle] + b"\xff" * 40 + packed[middle + 40 :]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda packed: patched(packed, 8, 6, b"\x01\x00"), f"{MUE} is encrypted"),
        (lambda packed: patched(packed, 10, 8, b"\x4d\x00"), f"{MUE}: can't be unpacked"),
        (lambda packed: patched(packed, 16, 14, b"\x00\x00"), f"{MUE}: can't be unpacked: Bad CRC-32"),
        (of_damaged_data, f"{MUE}: can't be unpacked"),
        (of_no_name, "mue.zip"),
        (of_a_name_in_no_utf8, "mue.zip"),
    ],
    ids=["encrypted", "method", "checksum", "data", "no-name", "name"],
)
def test_a_damaged_member(damage: Callable[[bytes], bytes], says: str, book: Path, tmp_path: Path) -> None:
    rows = (f"{code:05},1,2 Date of Service Edit: Policy,CMS Policy" for code in range(99))
    assert says in refused(book, file(tmp_path, "mue.zip", damage(zipped({MUE: mue_csv(*rows)}))))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_cms_does_not_use(method: int, book: Path, tmp_path: Path) -> None:
    """They unpack a few bytes to any number, before anybody can count."""
    assert "can't be unpacked" in refused(book, file(tmp_path, "mue.zip", zipped({MUE: mue_csv()}, method)))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_way_of_packing(method: int, book: Path, tmp_path: Path) -> None:
    rows = (f"{code:05},{code * code},2 Date of Service Edit: Policy,CMS Policy" for code in range(900))
    packed = zipped({MUE: mue_csv(*rows)}, method)
    assert "can't be unpacked" in refused(book, file(tmp_path, "mue.zip", of_damaged_data(packed)))
    assert taken(book, file(tmp_path, "mue.zip", packed)).added


def test_a_member_that_is_named_like_a_folder(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "mue.zip", zipped({".": b"x", MUE: mue_csv()}))
    assert taken(book, path).added


def test_an_archive_within_an_archive(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "all.zip", zipped({"mue.zip": zipped({MUE: mue_csv()})}))
    assert refused(book, path) == "all.zip: mue.zip: is an archive inside an archive. Unpack it first"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.docx", zipped({"[Content_Types].xml": b"", "word/document.xml": b"<x/>"})),
        ("layout.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 99),
        # With a quotation mark that opens a field of the longest kind.
        ("notice.pdf", b'%PDF-1.7\n,,,,"' + bytes(200_000)),
        ("readme.txt", b"Nothing to see.\r\n"),
        ("empty.txt", b""),
        ("folder/", b""),
    ],
)
def test_what_else_is_in_an_archive_is_left_out(name: str, content: bytes, book: Path, tmp_path: Path) -> None:
    report = taken(book, file(tmp_path, "mue.zip", zipped({name: content, MUE: mue_csv()})))
    assert [line.partition(":")[0] for line in report.added] == ["MUE practitioner 2026 Q2"]
    if not name.endswith("/"):
        assert f"left out of mue.zip, since no check needs them: {name}" in report.notes


# -- workbooks ---------------------------------------------------------------------------------------

MUE_XLSX = "MUE_Eff_04-01-2026.xlsx"


def with_part(packed: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook one part of which is changed."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        parts: dict[str, str | bytes] = {part: archive.read(part) for part in archive.namelist()}
    content = parts[name]
    assert isinstance(content, bytes)
    changed = change(content)
    assert changed != content
    return zipped({**parts, name: changed})


def test_a_workbook_that_is_cut_off(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, MUE_XLSX, LAYOUTS[MUE_XLSX][:-3000])
    assert refused(book, path).startswith(f"{path}: is truncated")
    packed = file(tmp_path, "mue.zip", zipped({MUE_XLSX: LAYOUTS[MUE_XLSX][:-3000]}))
    assert refused(book, packed).startswith(f"mue.zip: {MUE_XLSX}: is not a readable workbook")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/worksheets/sheet1.xml", lambda part: part[: len(part) // 2]),
        ("xl/worksheets/sheet1.xml", lambda part: part.replace(b'r="A4"', b'r="4A"')),
        ("xl/worksheets/sheet1.xml", lambda part: part.replace(b'r="A4"', b'r="A0"')),
        ("xl/worksheets/sheet1.xml", lambda part: part.replace(b"<v>2</v>", b"<v>999</v>")),
        ("xl/worksheets/sheet1.xml", lambda part: b""),
        ("xl/sharedStrings.xml", lambda part: part[: len(part) // 2]),
        ("xl/workbook.xml", lambda part: part[: len(part) // 2]),
        ("xl/styles.xml", lambda part: part[: len(part) // 2]),
    ],
)
def test_a_damaged_workbook(part: str, change: Callable[[bytes], bytes], book: Path, tmp_path: Path) -> None:
    packed = with_part(LAYOUTS[MUE_XLSX], part, change)
    for path in (file(tmp_path, MUE_XLSX, packed), file(tmp_path, "mue.zip", zipped({MUE_XLSX: packed}))):
        assert MUE_XLSX in refused(book, path)


def test_a_workbook_that_declares_too_much(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, MUE_XLSX, declaring(LAYOUTS[MUE_XLSX], 0x40000000))
    assert refused(book, path) == f"{MUE_XLSX}: unpacks to 1,074 MB, more than any CMS workbook"


def test_a_part_of_a_workbook_that_holds_more_than_it_declares(book: Path, tmp_path: Path) -> None:
    packed = with_part(LAYOUTS[MUE_XLSX], "docProps/app.xml", lambda part: bytes(100_000_000))
    start = packed.index(CENTRAL + packed[packed.index(CENTRAL) + 4 :][:0])
    while packed[start + 46 :][:16] != b"docProps/app.xml":
        start = packed.index(CENTRAL, start + 4)
    packed = packed[: start + 24] + struct.pack("<I", 1000) + packed[start + 28 :]
    assert refused(book, file(tmp_path, MUE_XLSX, packed)).startswith(MUE_XLSX)


def test_a_workbook_with_a_cell_at_the_far_end(tmp_path: Path) -> None:
    """A few bytes that would be seventeen thousand million cells: told, and not run out of memory."""
    packed = xlsx([*cells_of(mue_csv()), [], ["", "", "", "", "far"]])
    packed = with_part(packed, "xl/worksheets/sheet1.xml", lambda part: part.replace(b'r="E7"', b'r="XFD1048576"'))
    path = file(tmp_path, MUE_XLSX, packed)
    done = command("--rulebook", tmp_path / "book.sqlite", "--partial", path, memory=4 << 30)
    assert done.returncode == 2
    assert done.stderr.startswith(f"claimcheck: {MUE_XLSX}") and done.stderr.count("\n") == 1
    assert not (tmp_path / "book.sqlite").exists()


@pytest.mark.parametrize(("cell", "code"), [(100, "00100"), (100.0, "00100"), ("100", "00100"), (27447, "27447")])
def test_leading_zeros_that_were_lost_are_put_back(cell: Any, code: str, book: Path, tmp_path: Path) -> None:
    rows = cells_of(mue_csv())
    rows[2][0] = cell
    if code == "27447":
        del rows[3]
    taken(book, file(tmp_path, MUE_XLSX, xlsx(rows)))
    assert (code, 3) in rows_of(book, "SELECT code, row FROM mue WHERE release = 2")


def test_leading_zeros_of_every_column_of_codes(book: Path, tmp_path: Path) -> None:
    add_ons = cells_of(aoc_tab(), "\t")
    add_ons[3][1], add_ons[3][3], add_ons[3][5] = 1968, 1967, 2013091
    pairs = cells_of(ptp_txt(), "\t")
    pairs[6][0], pairs[6][1], pairs[7][0] = 100, 591, 100
    fees = cells_of(fee_csv())
    fees[10][0], fees[10][25], fees[11][14], fees[11][23] = 100, 9, 90, 120
    files = {"AOC_V2026Q2.xlsx": add_ons, "ccipra-v322r0-f1.xlsx": pairs, "PPRRVU25_JAN.xlsx": fees}
    taken(book, *(file(tmp_path, name, xlsx(rows)) for name, rows in files.items()))
    assert ("01968", "01967", 20130401) in rows_of(book, "SELECT code, primary_code, first FROM add_on")
    assert rows_of(book, "SELECT column1, column2, row FROM pair WHERE column1 = '00100' ORDER BY 2") == [
        ("00100", "00591", 7),
        ("00100", "99213", 8),
    ]
    assert ("00100", "09", "XXX", "") in rows_of(
        book, "SELECT code, supervision, global_days, endoscopic_base FROM fee"
    )
    assert ("27447", "090", "00120") in rows_of(book, "SELECT code, global_days, endoscopic_base FROM fee")


@pytest.mark.parametrize("found", ["1E+02", "1.00E+02", "100.5", "1.5"])
def test_codes_that_a_spreadsheet_spoiled_are_refused(found: str, book: Path, tmp_path: Path) -> None:
    expected = (
        f"row 3, column HCPCS/CPT Code: found {found!r}, expected a code of five characters: "
        "a spreadsheet made a number of it, and the code can't be restored"
    )
    rows = cells_of(mue_csv())
    rows[2][0] = found
    said = refused(book, file(tmp_path, MUE_XLSX, xlsx(rows, "Limits")))
    assert said == f"{MUE_XLSX}, sheet Limits, {expected}"
    said = refused(book, file(tmp_path, MUE, mue_csv(MUE_ROWS[0].replace("0001U", found))))
    assert said == f"{MUE}, {expected}".replace("row 3", "row 5")


def test_a_cell_of_a_sheet_in_an_archive_is_named(book: Path, tmp_path: Path) -> None:
    rows = cells_of(mue_csv())
    rows[3][1] = "two"
    path = file(tmp_path, "mue.zip", zipped({f"in/{MUE_XLSX}": xlsx(rows, "Limits")}))
    assert refused(book, path) == (
        f"mue.zip: {MUE_XLSX}, sheet Limits, row 4, column MUE Values: found 'two', expected a number of units"
    )


# -- tables ------------------------------------------------------------------------------------------


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (FEE, changed(fee_csv(), "PCTC", "PCTD"), ", row 10: has no column PCTC IND: unknown layout"),
        (FEE, changed(fee_csv(), ",NA,FACILITY,", ",MA,FACILITY,"), "expected NA INDICATOR in the column after it"),
        (FEE, fee_csv(names=FEE_NAMES[:8] + FEE_NAMES[10:] + FEE_NAMES[8:9]), "NA INDICATOR"),
        (MUE, changed(mue_csv(), ",MUE Adjudication Indicator", ",Why"), "has no column MUE Adjudication Indicator"),
        (MUE, changed(mue_csv(), "Practitioner Services", "Some"), "no table found"),
        (PTP, changed(ptp_txt(), "Deletion", "Ending"), ", row 3: columns differ from the published PTP table"),
        (AOC_TAB, changed(aoc_tab(), "AOC_DelDT", "AOC_DT"), ", row 2: has no column AOC_DELDT: unknown layout"),
        (OPPS, changed(opps_txt(), " SI", " S1"), ", row 2: has no column SI: unknown layout"),
        (HCPCS, changed(hcpcs_csv(), "TERM DT", "END DT"), ", row 1: has no column TERM DT: unknown layout"),
        ("ASC-AA.csv", changed(asc_csv("AA"), "Addendum AA", "Addendum ZZ"), "no table found"),
    ],
)
def test_a_layout_that_is_not_known(name: str, content: str, says: str, book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, name, content))
    assert name in said and says in said


def test_an_asc_addendum_without_its_indicators(book: Path, tmp_path: Path) -> None:
    """Where the column of payment indicators is not, no other is taken for it."""
    content = changed(asc_csv("AA"), "January 2025 Payment Indicator", "January 2025 Indicator")
    assert "PAYMENT INDICATOR" in refused(book, file(tmp_path, "ASC-AA.csv", content)).upper()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            MUE,
            mue_csv("2744,1,2 Date,x", "27A4,1,2 Date,x"),
            "row 6, column HCPCS/CPT Code: found '27A4', expected a code",
        ),
        (MUE, mue_csv("27447,-1,2 Date,x"), "row 5, column MUE Values: found '-1', expected a number of units"),
        (MUE, mue_csv("27447,1.5,2 Date,x"), "row 5, column MUE Values: found '1.5', expected a number of units"),
        (MUE, mue_csv("27447,1,Date,x"), "row 5, column MUE Adjudication Indicator: found 'Date', expected 1, 2 or 3"),
        (FEE, fee_csv(FEE_ROWS[2].replace(",26,", ",27,")), "row 11, column MOD: found '27', expected 26, TC, 53"),
        (FEE, fee_csv(FEE_ROWS[1].replace("0.69", "o.69")), "row 11, column INTRA OP: found 'o.69', expected a number"),
        (FEE, fee_csv(FEE_ROWS[1].replace("0.69", "NaN")), "row 11, column INTRA OP: found 'NaN', expected a number"),
        (FEE, fee_csv(FEE_ROWS[1].replace("0.69", "Inf")), "row 11, column INTRA OP: found 'Inf', expected a number"),
        (FEE, fee_csv(FEE_ROWS[1].replace("0.69", "1e99")), "row 11, column INTRA OP: found '1e99', expected a number"),
        (
            PTP,
            ptp_txt(*PTP_ROWS, "2744A3\t99213\t\t20200101\t*\t1\tx"),
            "row 10, column Column 1: found '2744A3', expected",
        ),
        (
            PTP,
            ptp_txt(*PTP_ROWS, "27447\t992\x81\t\t20200101\t*\t1\tx"),
            "row 10, column Column 2: found '992\\x81', expected",
        ),
        (
            PTP,
            ptp_txt(*PTP_ROWS, "27447\t99212\tx\t20200101\t*\t1\tx"),
            "prior to 1996: found 'x', expected * or nothing",
        ),
        # The first row of all is a row too.
        (
            PTP,
            ptp_txt("2744a\t99213\t\t20200101\t*\t1\tx", *PTP_ROWS),
            "row 7, column Column 1: found '2744a', expected",
        ),
        (OPPS, opps_txt("2744A7" + "\t" * 12), "row 3, column HCPCS Code: found '2744A7', expected a code of five"),
        ("ASC-AA.csv", asc_csv("AA", "27-47,,,Y,R2,2,3"), "row 3, column HCPCS Code: found '27-47', expected a code"),
        (AOC_TAB, aoc_tab("1\t01968\t\tC\t\t2013091\t\t"), "row 3, column Primary_Code: found 'C', expected a code"),
        (
            HCPCS,
            hcpcs_csv(hcpcs_row("A0021"), hcpcs_row("  GDX", "7")),
            "row 3, column HCPC: found 'GDX', expected a mod",
        ),
    ],
)
def test_a_cell_that_can_not_be(name: str, content: str, says: str, book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, name, content))
    assert said.startswith(f"{name}, row ") and says in said


@pytest.mark.parametrize("day", ["20250230", "2025-01-01", "00000000", "2025366", "2025000", "20251301", "soon", "1"])
def test_a_date_that_is_none(day: str, book: Path, tmp_path: Path) -> None:
    expected = f"found {day!r}, expected a date, as CCYYMMDD or CCYYDDD"
    cases = {
        PTP: (ptp_txt(PTP_ROWS[1].replace("20200101", day)), "row 7, column Effective Date"),
        f"x{PTP}": (ptp_txt(*PTP_ROWS[:2], f"27447\t99213\t\t20200101\t{day}\t1\tx"), "row 9, column Deletion Date"),
        AOC_TAB: (aoc_tab(AOC_ROWS[1].replace("2013091", day)), "row 3, column AOC_Edit_EffDT"),
        f"x{AOC_TAB}": (aoc_tab(f"1\t01968\t\t01967\t\t2013091\t{day}\t"), "row 3, column AOC_Edit_DelDT"),
        HCPCS: (hcpcs_csv(hcpcs_row("A0021", added=day)), "row 2, column ADD DT"),
        f"x{HCPCS}": (hcpcs_csv(hcpcs_row("A0021", ended=day)), "row 2, column TERM DT"),
    }
    for name, (content, where) in cases.items():
        assert refused(book, file(tmp_path, name, content)) == f"{name}, {where}: {expected}"


@pytest.mark.parametrize(
    ("name", "content", "row"),
    [
        (PTP, ptp_txt(*PTP_ROWS[:2], "27447\t99213\t\t20200102\t20200101\t1\tx"), 9),
        (AOC_TAB, aoc_tab("1\t01968\t\t01967\t\t2018001\t2017365\t"), 3),
        (AOC, lines(*AOC_LINES, AOC_LINES[2].replace("2018001", "2025001")), 4),
        (HCPCS, hcpcs_csv(hcpcs_row("A0021", added="20020701", ended="20020630")), 2),
    ],
)
def test_a_row_that_ends_before_it_begins(name: str, content: str, row: int, book: Path, tmp_path: Path) -> None:
    assert f"{name}, row {row}, " in refused(book, file(tmp_path, name, content))


def test_rows_that_all_begin_after_the_days_of_their_release(book: Path, tmp_path: Path) -> None:
    """The file is of another quarter than its name says."""
    for name, content in {
        PTP: ptp_txt("00100\t99213\t\t20300101\t*\t1\tx"),
        AOC_TAB: aoc_tab("1\t01968\t\t01967\t\t2030001\t\t"),
        HCPCS: hcpcs_csv(hcpcs_row("A0021", added="20300101")),
    }.items():
        said = refused(book, file(tmp_path, name, content))
        assert name in said and "2030" in said


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        (FEE, fee_csv(FEE_ROWS[0].replace(",J,", ",Z,")), "row 11, column status: 'Z' is none of A, B,"),
        (FEE, fee_csv(FEE_ROWS[0].replace("9,XXX", "A,XXX")), "row 11, column pctc: 'A' is none of 0, 1,"),
        (FEE, fee_csv(FEE_ROWS[0].replace("XXX", "XXY")), "row 11, column global_days: 'XXY' is none of 000,"),
        (MUE, mue_csv("27447,1,7 New Edit,x"), "row 5, column MUE Adjudication Indicator: '7' is none of 1, 2, 3"),
        (
            PTP,
            ptp_txt(*PTP_ROWS, "27447\t99214\t\t20200101\t*\t7\tx"),
            "row 10, column Modifier: '7' is none of 0, 1, 9",
        ),
        (AOC_TAB, aoc_tab("4\t01968\t\t01967\t\t2013091\t\t"), "row 3, column AOC_Edit_Type: '4' is none of 1, 2, 3"),
        (
            AOC,
            lines("4" + AOC_LINES[1][1:], AOC_LINES[0], AOC_LINES[2]),
            "row 1, column AOC_Edit_Type: '4' is none of 1, 2, 3",
        ),
        (OPPS, opps_txt(OPPS_ROWS[1].replace("J1", "J9")), "row 3, column SI: 'J9' is none of A, B,"),
        ("ASC-AA.csv", asc_csv("AA", AA_ROWS[0].replace("R2", "R9")), "column Payment Indicator: 'R9' is none of A2,"),
    ],
)
def test_an_indicator_outside_its_values_is_kept_and_told(
    name: str, content: str, where: str, book: Path, tmp_path: Path
) -> None:
    report = taken(book, file(tmp_path, name, content))
    (note,) = (note for note in report.notes if note.startswith(f"{name}, row "))
    assert where in note
    assert note.endswith("taken for unknown, so that nothing is judged by it")
    (rows,) = rows_of(book, "SELECT rows FROM release WHERE id = 2")
    assert rows == (content.count("\n") - {FEE: 10, MUE: 4, PTP: 6, AOC: 0}.get(name, 2),), "no row is lost"


@pytest.mark.parametrize(
    ("name", "content", "row", "other"),
    [
        (MUE, mue_csv(*MUE_ROWS, "27447,3,2 Date of Service Edit: Policy,CMS Policy"), 8, 6),
        (FEE, fee_csv(*FEE_ROWS, FEE_ROWS[1].replace(",A,", ",X,")), 14, 12),
        (OPPS, opps_txt(*OPPS_ROWS, OPPS_ROWS[1].replace("J1", "J2")), 5, 4),
        ("ASC-AA.csv", asc_csv("AA", *AA_ROWS, AA_ROWS[0].replace("R2", "G2")), 5, 3),
        (HCPCS, hcpcs_csv(hcpcs_row("A0021"), hcpcs_row("A0021", betos="M1A")), 3, 2),
        (HCPCS, hcpcs_csv(hcpcs_row("A0021"), hcpcs_row("A0021", betos="M1A", added="20100101")), 3, 2),
        (AOC_TAB, aoc_tab(*AOC_ROWS, AOC_ROWS[1].replace("1", "3", 1)), 6, 4),
        (PTP, ptp_txt(*PTP_ROWS[:2], PTP_ROWS[1].replace("*\t1", "*\t0"), PTP_ROWS[2]), 9, 8),
    ],
)
def test_a_key_twice_that_says_two_things(
    name: str, content: str, row: int, other: int, book: Path, tmp_path: Path
) -> None:
    said = refused(book, file(tmp_path, name, content))
    assert said.startswith(f"{name}, row {row}, column ")
    assert f"row {other} says" in said


def test_rows_of_one_column_1_stand_together(book: Path, tmp_path: Path) -> None:
    """Else a row further down could contradict one that was passed long ago."""
    said = refused(book, file(tmp_path, PTP, ptp_txt(*PTP_ROWS, PTP_ROWS[1].replace("*\t1", "*\t0"))))
    assert said == f"{PTP}, row 10, column Column 1: found '00100', expected all rows of a column 1 code together"


def test_a_key_twice_that_says_one_thing_is_told(book: Path, tmp_path: Path) -> None:
    report = taken(book, file(tmp_path, MUE, mue_csv(*MUE_ROWS, MUE_ROWS[1])))
    assert f"{MUE}: 1 rows say again what another says of the same code" in report.notes
    assert rows_of(book, "SELECT count(*) FROM mue WHERE release = 2") == [(3,)]


def test_a_key_in_two_parts_of_a_release(book: Path, tmp_path: Path) -> None:
    """A code is either in Addendum AA or in BB; a pair is in one file of four."""
    addenda = [file(tmp_path, "ASC-AA.csv", asc_csv("AA")), file(tmp_path, "ASC-BB.csv", asc_csv("BB", AA_ROWS[0]))]
    said = refused(book, *addenda)
    assert "ASC-BB.csv" in said and "0101T" in said
    pairs = [
        file(tmp_path, PTP, ptp_txt()),
        file(tmp_path, "ccipra-v322r0-f2.txt", ptp_txt(PTP_ROWS[2], PTP_ROWS[1].replace("*\t1", "*\t0"))),
    ]
    assert "ccipra-v322r0-f2.txt" in refused(book, *pairs)


def test_a_file_of_pairs_under_two_names(book: Path, tmp_path: Path) -> None:
    one, other = file(tmp_path, PTP, ptp_txt()), file(tmp_path, "ccipra-v322r0-f2.txt", ptp_txt())
    report = taken(book, one, other)
    assert [note for note in report.notes if note.startswith("not read")] == [
        "not read: ccipra-v322r0-f2.txt (the same pairs as ccipra-v322r0-f1.txt)"
    ]


def test_two_revisions_of_pairs_together(book: Path, tmp_path: Path) -> None:
    """What the later one changes is not passed over as if it were the same."""
    later = ptp_txt(PTP_ROWS[0], PTP_ROWS[1].replace("*\t1", "*\t0"), PTP_ROWS[2])
    files = [file(tmp_path, PTP, ptp_txt()), file(tmp_path, "ccipra-v322r1-f1.txt", later)]
    try:
        report = add(book, files, partial=True)
    except InvalidSourceFile as refusal:
        assert "ccipra-v322r1-f1.txt" in str(refusal)
        return
    assert not any("the same as" in note for note in report.notes)
    assert rows_of(book, "SELECT indicator FROM pair WHERE column2 = '99213' AND column1 = '00100'") == [("0",)]


# -- tables that are cut off or have odd ends --------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (FEE, fee_csv(FEE_ROWS[0], FEE_ROWS[1][:60]), "row 12: has 16 columns, expected 31: is the file truncated?"),
        (FEE, fee_csv(FEE_ROWS[0][:9]), "row 11: has 4 columns, expected 31: is the file truncated?"),
        ("PPRRVU25_JAN.txt", lines(*FEE_LINES[:2], FEE_LINES[2][:99]), "row 3, column 1 to 147: found '27447"),
        (MUE, mue_csv(MUE_ROWS[0], "27447,2,2 Date of"), "row 6: has 3 columns, expected 4: is the file truncated?"),
        (MUE, mue_csv(MUE_ROWS[0], "27"), "row 6: has 1 columns, expected 4: is the file truncated?"),
        (PTP, ptp_txt(*PTP_ROWS, "27447\t99214\t\t2020"), "row 10: has 4 columns, expected 7: is the file truncated?"),
        (PTP, ptp_txt(*PTP_ROWS, "2744"), "row 10: has 1 columns, expected 7: is the file truncated?"),
        (AOC_TAB, aoc_tab(AOC_ROWS[0], "1\t01968\t\t01"), "row 4: has 4 columns, expected 8: is the file truncated?"),
        (AOC, lines(*AOC_LINES, "119294       19301       2018"), "row 4, column AOC_Edit_EffDT: found '2018'"),
        (OPPS, opps_txt(OPPS_ROWS[0], "27447\t\t\tJ1"), "row 4: has 4 columns, expected 13: is the file truncated?"),
        (
            "ASC-AA.csv",
            asc_csv("AA", AA_ROWS[0], "27447,,,Y"),
            "row 4: has 4 columns, expected 7: is the file truncated?",
        ),
        (HCPCS, hcpcs_csv(hcpcs_row("A0021"), hcpcs_row("A0080")[:60]), "row 3: has 45 columns, expected 48: is the"),
        (HCPCS, hcpcs_csv(hcpcs_row("A0021"), "A0080" + "," * 24), "row 3: has 25 columns, expected 48: is the file"),
        ("HCPC2026_JAN_ANWEB.txt", lines(HCPCS_LINES[0], HCPCS_LINES[1][:280]), "no table found"),
        (
            "HCPC2026_JAN_ANWEB.txt",
            lines(*HCPCS_LINES * 15, HCPCS_LINES[1][:280]),
            "row 46, column 1 to 293: found 'G0463",
        ),
    ],
)
def test_half_a_row(name: str, content: str, says: str, book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, name, content.rstrip("\r\n")))
    assert name in said and says in said


def test_half_a_file_is_half_a_release(book: Path, tmp_path: Path) -> None:
    """Cut between two rows: it is no longer than the release before, or than any."""
    quarter = [f"{code:05},1,2 Date of Service Edit: Policy,CMS Policy" for code in range(12_500)]
    add(book, [file(tmp_path, MUE, mue_csv(*quarter))])
    next_quarter = "MUE_Eff_07-01-2026.csv"
    said = refused(book, file(tmp_path, next_quarter, mue_csv(*quarter[:6_250])), partial=False)
    assert f"{next_quarter}: MUE practitioner 2026 Q3 is incomplete: has 6,250 rows" in said
    assert "is the file truncated?" in said
    add(book, [file(tmp_path, next_quarter, mue_csv(*quarter))])
    assert "is a part of MUE practitioner 2026 Q3, of which the book has the whole" in refused(
        book, file(tmp_path, next_quarter, mue_csv(*quarter[:6_250]))
    )


def test_a_quotation_mark_that_is_never_closed(book: Path, tmp_path: Path) -> None:
    """It would swallow all rows after it."""
    content = mue_csv(MUE_ROWS[0], changed(MUE_ROWS[1], "CMS", '"CMS'), MUE_ROWS[2])
    assert f"{MUE}, row " in refused(book, file(tmp_path, MUE, content))
    pairs = ptp_txt(PTP_ROWS[0], changed(PTP_ROWS[1], "Standards", '"Standards'), PTP_ROWS[2])
    assert f"{PTP}, row " in refused(book, file(tmp_path, PTP, pairs))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_line_ends(end: str, tmp_path: Path) -> None:
    """A bare CR as in July 2025, which a row's number counts too."""
    path = tmp_path / "book.sqlite"
    taken(path, file(tmp_path, FEE, fee_csv(end=end)))
    assert rows_of(path, "SELECT code FROM fee ORDER BY 1") == [("00100",), ("27447",), ("72148",)]
    if end != "\r\r\n":
        bad = file(tmp_path, FEE, fee_csv(FEE_ROWS[0], FEE_ROWS[1].replace("27447", "2744X7"), end=end))
        assert ", row 12, column HCPCS: found '2744X7'" in refused(path, bad)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name.endswith(("csv", "txt"))])
@pytest.mark.parametrize("last", [b"\x1a", b"\x1a\r\n", b"\r\n\r\n\x1a"])
def test_a_last_row_that_is_the_end_of_file_of_dos(name: str, last: bytes, tmp_path: Path) -> None:
    one, other = tmp_path / "one.sqlite", tmp_path / "other.sqlite"
    taken(one, file(tmp_path, name, LAYOUTS[name]))
    taken(other, file(tmp_path, name, LAYOUTS[name] + last))
    sql = "SELECT name, rows, content FROM release ORDER BY id"
    assert rows_of(one, sql) == rows_of(other, sql)


def test_a_table_of_nothing_but_its_end(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    report = add(book, [file(tmp_path, FEE, fee_csv("\x1a"))], partial=True)
    assert not report.added and book.read_bytes() == before
    assert "RVU25A: has nothing for fee_schedule" in report.notes


def test_a_heading_over_pairs_that_looks_like_a_code(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, PTP, "EDITS" + "\t" * 6 + "\r\n" + ptp_txt())
    taken(book, path)
    assert rows_of(book, "SELECT rows FROM release WHERE id = 2") == [(3,)]


# -- what is told ------------------------------------------------------------------------------------


def test_days_that_are_needed_and_not_told(book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, "limits.csv", mue_csv()))
    assert said.startswith("limits.csv: names no quarter") and "Pass --first" in said
    said = refused(book, file(tmp_path, "MUE_Eff_13-45-2026.csv", mue_csv()))
    assert said.startswith("MUE_Eff_13-45-2026.csv: names no quarter")
    report = taken(book, tmp_path / "limits.csv", told=Told(first=date(2026, 7, 1)))
    assert report.added == ["MUE practitioner 2026 Q3: mue_practitioner, 2026-07-01 to 2026-09-30, 3 rows"]


def test_days_that_can_not_be(book: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "limits.csv", mue_csv())
    said = refused(book, path, told=Told(first=date(2026, 7, 1), last=date(2026, 6, 30)))
    assert said.startswith("limits.csv: its last day, 2026-06-30, is before its first, 2026-07-01")
    assert "limits.csv" in refused(book, path, told=Told(last=date(2026, 9, 30)))
    named = file(tmp_path, MUE, mue_csv())
    assert "its last day, 2025-12-31, is before its first, 2026-04-01" in refused(
        book, named, told=Told(last=date(2025, 12, 31))
    )
    report = taken(book, path, told=Told(first=date(9999, 10, 1)))
    assert report.added == ["MUE practitioner 9999 Q4: mue_practitioner, 9999-10-01 to 9999-12-31, 3 rows"]


def test_a_table_that_must_be_told(book: Path, tmp_path: Path) -> None:
    path, july = file(tmp_path, "pairs.txt", ptp_txt()), date(2026, 7, 1)
    said = refused(book, path, told=Told(first=july))
    assert (
        said.startswith("pairs.txt: names neither practitioner nor hospital")
        and "Pass --table ptp_practitioner or" in said
    )
    said = refused(book, path, told=Told("mue_dme", july))
    assert said == "pairs.txt: is a PTP table, but --table is mue_dme, expected ptp_practitioner or ptp_outpatient"
    assert "PTP outpatient 2026 Q3" in taken(book, path, told=Told("ptp_outpatient", july)).added[0]


def test_a_table_that_contradicts_the_file(book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, PTP, ptp_txt()), told=Told("ptp_outpatient"))
    assert PTP in said and "--table" in said


def test_a_table_that_no_file_is_of(book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, MUE, mue_csv()), told=Told("ptp_practioner"))
    assert "--table" in said and "ptp_practioner" in said


# -- again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_same_file_again_changes_nothing(name: str, tmp_path: Path) -> None:
    path, source = tmp_path / "book.sqlite", file(tmp_path, name, LAYOUTS[name])
    taken(path, source)
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    report = add(path, [source, source], partial=True)
    assert not report.added
    assert report.unchanged and all("already in the book, from the same file" in line for line in report.unchanged)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)


def test_the_same_rows_in_another_file_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    taken(path, file(tmp_path, MUE, mue_csv()))
    before = path.read_bytes()
    report = add(path, [file(tmp_path, MUE, mue_csv(*reversed(MUE_ROWS)))], partial=True)
    assert report.unchanged == ["MUE practitioner 2026 Q2: already in the book, with the same rows"]
    assert path.read_bytes() == before


def test_a_corrected_release_replaces_the_one_before(book: Path, tmp_path: Path) -> None:
    taken(book, file(tmp_path, MUE, mue_csv()))
    corrected = mue_csv(MUE_ROWS[0], "27447,4,2 Date of Service Edit: Policy,CMS Policy", MUE_ROWS[2])
    report = taken(book, file(tmp_path, MUE, corrected))
    assert report.added == [
        "MUE practitioner 2026 Q2: mue_practitioner, 2026-04-01 to 2026-06-30, 3 rows; "
        "replaces the edition in the book: 1 differences"
    ]
    units = rows_of(book, "SELECT code, units FROM mue WHERE release > 1 ORDER BY 1")
    assert units == [("0001U", 1), ("27447", 4), ("77424", 1)]
    assert rows_of(book, "SELECT id, replaced_by, rows FROM release WHERE id > 1") == [(2, 3, 3), (3, None, 3)]
    again = taken(book, file(tmp_path, PTP, ptp_txt()), file(tmp_path, FEE, fee_csv()))
    assert len(again.added) == 2
    pairs = ptp_txt(PTP_ROWS[0], PTP_ROWS[1].replace("*\t1", "*\t0"), PTP_ROWS[2])
    (said,) = taken(book, file(tmp_path, PTP, pairs)).added
    assert said.endswith("3 rows; replaces the edition in the book: 1 differences")


def test_a_correction_within_a_quarter_stands_beside_what_the_quarter_began_with(book: Path, tmp_path: Path) -> None:
    taken(book, file(tmp_path, "MUE_Eff_07-01-2026.csv", mue_csv()))
    corrected = mue_csv(MUE_ROWS[0], "27447,4,2 Date of Service Edit: Policy,CMS Policy", MUE_ROWS[2])
    (said,) = taken(book, file(tmp_path, "MUE_Eff_08-15-2026.csv", corrected)).added
    assert said.startswith("MUE practitioner 2026 Q3 from 2026-08-15: mue_practitioner, 2026-08-15 to 2026-09-30")
    rules = Rulebook(Store.open(book))
    for day, units in ((date(2026, 7, 10), 2), (date(2026, 8, 14), 2), (date(2026, 8, 15), 4)):
        row = rules.on(day).mue("27447", "professional")
        assert row and row.units == units


@pytest.mark.parametrize(
    "junk",
    [b'"MUE" values, and more\n"a', zipped({"x": b"y"}), "readme".encode("utf-16")],
    ids=["quote", "zip", "utf-16"],
)
def test_what_lies_beside_a_table_in_an_archive_does_not_matter(junk: bytes, book: Path, tmp_path: Path) -> None:
    report = taken(book, file(tmp_path, "mue.zip", zipped({"readme.txt": junk, MUE: mue_csv()})))
    assert len(report.added) == 1
    assert any("readme.txt" in note for note in report.notes)


def test_a_hard_space_in_two_encodings(book: Path, tmp_path: Path) -> None:
    text = mue_csv().replace("27447,", "27447\xa0,")
    for n, encoding in enumerate(("latin-1", "utf-8")):
        taken(book.with_name(f"{n}.sqlite"), file(tmp_path, MUE, text.encode(encoding)))
        assert rows_of(book.with_name(f"{n}.sqlite"), "SELECT units FROM mue WHERE code = '27447'") == [(2,)]


def test_two_editions_at_once(book: Path, tmp_path: Path) -> None:
    corrected = mue_csv(MUE_ROWS[0], "27447,4,2 Date of Service Edit: Policy,CMS Policy", MUE_ROWS[2])
    files = file(tmp_path, MUE, mue_csv()), file(tmp_path, "MUE_Eff_04-01-2026_Revised.csv", corrected)
    assert "in the same format. Add only the right one" in refused(book, *files)


def test_what_is_told_does_not_overrule_what_a_file_says(book: Path, tmp_path: Path) -> None:
    said = refused(book, file(tmp_path, MUE, mue_csv()), told=Told(first=date(2026, 7, 1)))
    assert "is for 2026-04-01 to 2026-06-30" in said and "--first is 2026-07-01" in said


def test_wrong_days_can_be_mended(book: Path, tmp_path: Path) -> None:
    source = file(tmp_path, MUE, mue_csv())
    taken(book, source, told=Told(last=date(2026, 5, 31)))
    (said,) = taken(book, source).added
    assert said.endswith("replaces the edition in the book: 0 differences; it governed 2026-04-01 to 2026-05-31")


# -- the book ----------------------------------------------------------------------------------------


def made_by(*statements: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    return connection.serialize()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a rule book"),
        (b"Shopping list: milk, bread\n" * 200, "not a rule book"),
        (b"SQLite format 3\x00" + bytes(4080), "not a rule book"),
        (made_by("CREATE TABLE recipe (name TEXT)"), "not a rule book"),
        (made_by("CREATE TABLE recipe (name TEXT)", "PRAGMA user_version = 1"), "not a rule book"),
    ],
)
def test_a_book_that_is_none(content: bytes, says: str, tmp_path: Path) -> None:
    path = file(tmp_path, "book.sqlite", content)
    said = refused(path, file(tmp_path, MUE, mue_csv()))
    assert said.startswith(f"{path}: ") and says in said


def test_a_book_of_another_version(book: Path, tmp_path: Path) -> None:
    with sqlite3.connect(book) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    said = refused(book, file(tmp_path, FEE, fee_csv()))
    assert said.startswith(f"{book}: was made by another version of claimcheck (its tables are version 99,")


def test_a_book_that_is_damaged(book: Path, tmp_path: Path) -> None:
    """Wherever it is: nothing but words comes of it."""
    sound, said = book.read_bytes(), set()
    source = file(tmp_path, FEE, fee_csv())
    for start in range(0, len(sound), 4096):
        book.write_bytes(sound[: start + 100] + b"\xff" * 2048 + sound[start + 2148 :])
        before = book.read_bytes()
        try:
            add(book, [source], partial=True)
        except BookError as error:
            said.add(str(error).replace(str(book), "book"))
            assert book.read_bytes() == before
        assert not left_beside(book)
    assert any("damaged" in one or "malformed" in one for one in said)
    book.write_bytes(sound[: len(sound) // 2])
    assert "damaged" in refused(book, source)


def test_books_that_can_not_be_written(tmp_path: Path) -> None:
    source = file(tmp_path, MUE, mue_csv())
    loop = tmp_path / "loop.sqlite"
    loop.symlink_to(loop)
    (tmp_path / "folder").mkdir()
    for path in (loop, tmp_path / "folder", source / "book.sqlite", tmp_path / ("x" * 300), Path("/"), Path("/proc/b")):
        with pytest.raises(BookError) as caught:
            add(path, [source], partial=True)
        assert str(path) in str(caught.value)
    assert source.read_bytes() == mue_csv().encode()
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == []


def test_the_file_itself_is_no_book(tmp_path: Path) -> None:
    source = file(tmp_path, MUE, mue_csv())
    assert "not a rule book" in refused(source, source)
    assert source.read_bytes() == mue_csv().encode()


# -- the command line --------------------------------------------------------------------------------


def command(*arguments: object, memory: int) -> subprocess.CompletedProcess[str]:
    """``claimcheck rules add`` as a process, with so much memory."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "claimcheck"), "rules", "add", *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="backslashreplace",
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(
    ("name", "content", "options", "says"),
    [
        ("mue.zip", zipped({MUE: mue_csv()})[:-50], [], "is truncated"),
        ("mue.zip", zipped({"../x.csv": b""}), [], "points outside of the archive"),
        (MUE, mue_csv("27447,x,2 Policy,x"), [], f"{MUE}, row 5, column MUE Values: found 'x', expected a number"),
        (MUE, gzip.compress(b"x", mtime=0), [], "is compressed with gzip"),
        (MUE_XLSX, with_part(LAYOUTS[MUE_XLSX], "xl/worksheets/sheet1.xml", lambda part: part[:900]), [], MUE_XLSX),
        (f"a\n{MUE}", mue_csv("27447,x,2 Policy,x"), [], "row 5, column MUE Values"),
        ("pairs.txt", ptp_txt(), ["--first", "2026-07-01", "--table", "pairs"], "--table is pairs, expected ptp_prac"),
        ("limits.csv", mue_csv(), ["--first", "2026-02-30"], '--first: found "2026-02-30", expected a date'),
        (
            "limits.csv",
            mue_csv(),
            ["--last", "soon", "--first", "20260401"],
            '--last: found "soon", expected a date, CCYY',
        ),
        (
            "limits.csv",
            mue_csv(),
            ["--first", "20260401", "--last", "20260301"],
            "is before its first",
        ),
        ("limits.csv", mue_csv(), ["--first", "00000101"], '--first: found "00000101", expected a date'),
        ("limits.csv", mue_csv(), [], "Pass --first"),
    ],
)
def test_the_command_says_it_in_a_line(
    name: str, content: str | bytes, options: list[str], says: str, book: Path, tmp_path: Path
) -> None:
    before = book.read_bytes()
    done = invoke("rules", "add", "--partial", "--rulebook", book, *options, file(tmp_path, name, content))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("claimcheck: ") and says in done.stderr
    assert done.stderr.count("\n") == 1
    assert book.read_bytes() == before


def test_the_command_on_files_and_books_that_are_not_there(book: Path, tmp_path: Path) -> None:
    source = file(tmp_path, MUE, mue_csv())
    for path, files in ((book, [tmp_path / "no"]), (book, [tmp_path]), (source, [source]), ("/proc/x", [source])):
        done = invoke("rules", "add", "--partial", "--rulebook", path, *files)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("claimcheck: ") and done.stderr.count("\n") == 1
    assert invoke("rules", "add", "--rulebook", book).exit_code == 2
    done = invoke("rules", "add", "--partial", "--rulebook", "starter", source)
    assert done.exit_code == 2 and "the starter book comes with claimcheck and can't be changed" in done.stderr


# -- whatever comes ----------------------------------------------------------------------------------

PIECES = [
    b"",
    b"\t",
    b",",
    b'"',
    b"\r",
    b"\n",
    b"\r\n",
    b"\x1a",
    b"\0",
    b"\xff",
    b" ",
    b"*",
    b"9",
    b"0",
    b"E1",
    b"20260230",
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("template")
    add(folder / "book.sqlite", [file(folder, "MUE_Eff_01-01-2020.csv", mue_csv())], partial=True)
    return (folder / "book.sqlite").read_bytes()


def mutated(content: bytes, changes: list[tuple[float, int, bytes]], kept: float) -> bytes:
    for place, length, piece in changes:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + length :]
    return content[: int(len(content) * kept)]


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 9), st.sampled_from(PIECES) | st.binary(max_size=2)), max_size=3
    ),
    st.just(1.0) | st.floats(0, 1),
)
@example(MUE, [], 1.0)
def test_no_bytes_raise_or_spoil_the_book(
    template: bytes, tmp_path_factory: Any, name: str, changes: list[tuple[float, int, bytes]], kept: float
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = file(folder, "book.sqlite", template)
    source = file(folder, name, mutated(LAYOUTS[name], changes, kept))
    try:
        add(path, [source], partial=True)
    except BookError as error:
        assert path.read_bytes() == template
        assert "\n" not in str(error)
    assert list(verify(Store.open(path))) == []
    assert not left_beside(path)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["sheet1.xml", "sharedStrings.xml", "workbook.xml"]), st.floats(0, 1), st.sampled_from(b"<>\"'/aZ")
)
def test_no_workbook_raises(template: bytes, tmp_path_factory: Any, part: str, place: float, byte: int) -> None:
    """One byte of what is in it (no digit: a cell at the far end is tried above, in a process of its own)."""
    folder = tmp_path_factory.mktemp("workbook")
    name = f"xl/worksheets/{part}" if part == "sheet1.xml" else f"xl/{part}"

    def change(content: bytes) -> bytes:
        start = int(place * (len(content) - 1))
        return content[:start] + bytes([byte if content[start] != byte else 33]) + content[start + 1 :]

    path = file(folder, "book.sqlite", template)
    source = file(folder, MUE_XLSX, with_part(LAYOUTS[MUE_XLSX], name, change))
    try:
        add(path, [source], partial=True)
    except BookError:
        assert path.read_bytes() == template
    assert list(verify(Store.open(path))) == []
