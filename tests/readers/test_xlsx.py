"""Claim lines from XLSX workbooks: real ones, written by another library."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, read
from claimcheck.claim import Claim
from claimcheck.message import EditMessage
from claimcheck.readers.rows import xlsx_rows
from claimcheck.readers.rows.columns import COLUMNS, DATE_COLUMNS
from support.command_line import invoke

HEADER = ["claim_id", "code", "units", "from_date"]
ROW = ["A", "99213", "1", "2025-03-10"]
Sheets = dict[str, Sequence[Sequence[Any]]]


def workbook(sheets: Sheets | Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of some sheets, or of one; text cells are text, and days have Excel's own format."""
    content = io.BytesIO()
    sheets = sheets if isinstance(sheets, dict) else {"Claims": sheets}
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "m/d/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, datetime | date):
                        sheet.write_datetime(row, column, cell, day)
                    elif isinstance(cell, str):
                        sheet.write_string(row, column, cell)
                    elif cell is not None:
                        sheet.write(row, column, cell)
        if change:
            change(book)
    return content.getvalue()


def found_in(content: bytes, **options: Any) -> tuple[list[Claim], list[EditMessage]]:
    found = [*read(io.BytesIO(content), name="f.xlsx", **options)]
    claims = [item for item in found if isinstance(item, Claim)]
    return claims, [m for m in found if isinstance(m, EditMessage) and m.check != "ROW-COLUMNS"]


def test_cells_are_read_as_csv_would_have_them() -> None:
    """Numbers without a point, a day as ISO 8601, with Excel's row; leading zeros stay lost."""
    rows: list[list[Any]] = [
        ["Claims of March"],
        [],
        ["Claim_ID", "Code", "units", "from_date", "charge", "billing_npi", "ndc", "modifiers", "to_date"],
        ["A", 810, 2.0, date(2025, 3, 10), 110.1, 1405000609, 409379501, 25, datetime(2025, 3, 11, 14, 30)],
        [None, "", " "],
        ["A", "00810", 0.5, "20250310", "110.10", "1405000609", "00409379501", "25|LT", ""],
    ]
    [claim], messages = found_in(workbook(rows))
    assert [m.check for m in messages] == []
    first, second = claim.lines
    assert (first.code, first.service.units, first.from_date, first.to_date) == ("810", "2", "2025-03-10", "2025-03-11")
    assert (first.charge, first.ndc, first.modifiers) == ("110.1", "409379501", ("25",))
    assert (second.code, second.service.units, second.from_date, second.ndc) == (
        "00810",
        "0.5",
        "20250310",
        "00409379501",
    )
    assert (claim.billing_npi, claim.locus.row, first.place, second.place) == ("1405000609", 4, 4, 6)


# No carriage returns: XML makes line feeds of them, and so does Excel.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=6).map(str.strip)
CELLS = st.one_of(
    TEXTS,
    st.sampled_from(["99213", "810", "00810", "2025-03-10", "1/10/2025", "1", "2.5", "11", "E119", "I10|E119", "25"]),
)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_text_cells_give_the_messages_of_the_same_csv(data: st.DataObject) -> None:
    names = [
        *HEADER,
        *data.draw(st.lists(st.sampled_from(sorted({*COLUMNS} - {*HEADER, "setting"})), unique=True, max_size=8)),
    ]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    rows[-1][0] = rows[-1][0] or "Z"
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    checker = Checker()
    for date_format in ("", "M/D/YYYY"):
        csv_said, xlsx_said = (
            [m.as_dict() for m in checker.run(read(io.BytesIO(content), name="f", date_format=date_format))]
            for content in (text.getvalue().encode(), workbook([names, *rows]))
        )
        assert xlsx_said == csv_said


def test_the_first_sheet_with_a_header_is_read_and_the_others_are_told() -> None:
    sheets: Sheets = {"Read me": [["Claims of 2025"]], "Jan": [HEADER, ROW], "Codes": [["code"], ["99213"]]}
    [claim], [message] = found_in(workbook(sheets))
    assert claim.claim_id == "A" and (message.check, message.severity) == ("ROW-SHEET", "inform")
    assert '"Jan" was read; not read: "Read me", "Codes"' in message.text

    sheets["Feb"] = [HEADER, ["B", *ROW[1:]]]
    [claim], [message] = found_in(workbook(sheets))
    assert message.severity == "warn" and 'also be on "Feb"' in message.text
    [claim], messages = found_in(workbook(sheets), sheet="Feb")
    assert claim.claim_id == "B" and messages == []
    assert found_in(workbook(sheets, lambda book: book.worksheets()[1].hide()))[0][0].claim_id == "B"

    [message] = found_in(workbook(sheets), sheet="Mar")[1]
    assert (message.check, message.severity) == ("FILE-UNREADABLE", "reject")
    assert 'has no sheet "Mar"; it has "Read me", "Jan", "Codes" and 1 more' in message.text


def test_a_workbook_without_a_header_says_so_and_shows_no_cell() -> None:
    for rows in ([["Smith", "John"], ["Doe", "Jane"]], [], [["claim_id", "code"], ["A", "99213"]]):
        [message] = found_in(workbook(rows))[1]
        assert (message.check, message.severity) == ("ROW-HEADER", "reject")
        assert "Smith" not in f"{message.text} {message.observed}"


def test_what_a_spreadsheet_has_lost_is_told() -> None:
    """An error in a cell, which CSV would show; digits beyond the fifteenth."""

    def change(book: Any) -> None:
        book.worksheets()[0].write_formula(1, 4, "=NA()", None, "#N/A")
        book.worksheets()[0].write_formula(2, 1, '=VLOOKUP(1,A1:A2,1)&"<"', None, "#REF!")

    long = [12345678901234567, "99213", "1", "2025-03-10"]
    claims, messages = found_in(workbook([[*HEADER, "modifiers"], ROW, ROW, long, long], change))
    assert [line.modifiers for line in claims[0].lines] == [("#N/A",), ()]
    assert claims[0].lines[1].code == "#REF!"
    [message] = messages
    assert (message.check, message.field, message.locus.row) == ("ROW-NUMBER", "claim_id", 4)


@pytest.mark.parametrize(("column", "cell", "says"), [
    ("code", 810, "(00810)"),
    ("place_of_service", 5, "(05)"),
    ("ndc", 409379501, "leading zeros"),
    ("revenue_code", 450, "(0450)"),
    ("service_zip", 2134, "leading zeros"),
    ("trial_number", 1234567, "leading zeros"),
])  # fmt: skip
def test_lost_leading_zeros_are_told_and_not_restored(column: str, cell: int, says: str) -> None:
    given = {"claim_id": "A", "code": "A0428", "modifiers": "RH|Q0", "units": 1, "from_date": date(2025, 3, 10)}
    given |= {
        "setting": "outpatient" if column == "revenue_code" else "professional",
        "diagnoses": "Z006",
        column: cell,
    }
    content = workbook([[*given], [*given.values()]])
    messages = [*Checker().run(read(io.BytesIO(content)))]
    told = [m for m in messages if m.field == column and m.remedy and says in m.remedy]
    assert told, [(m.check, m.field, m.remedy) for m in messages]


# -- bad workbooks -------------------------------------------------------------------------------


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


GOOD = workbook([HEADER, ROW, ROW])
SHEET = "xl/worksheets/sheet1.xml"
MEMBERS = sorted(members_of(GOOD))


def without(name: str) -> bytes:
    return packed({each: data for each, data in members_of(GOOD).items() if each != name})


def far_away() -> bytes:
    return workbook([HEADER, ROW], lambda book: book.worksheets()[0].write(1048575, 16383, 1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD[: len(GOOD) // 2], "damaged or truncated"),
        (without(SHEET), "is a damaged spreadsheet"),
        (without("xl/_rels/workbook.xml.rels"), "is a damaged spreadsheet"),
        (packed({**members_of(GOOD), SHEET: b"<worksheet><sheetData><row"}), "is a damaged spreadsheet"),
        (packed({**members_of(GOOD), "xl/workbook.xml": b"\xff\xfe"}), "is a damaged spreadsheet"),
        (packed({"xl/workbook.bin": b"", **members_of(GOOD)}), "is a binary spreadsheet (XLSB)"),
        (packed({"[Content_Types].xml": b"", "word/document.xml": b""}), "is an Office document"),
        (
            packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}),
            "is a spreadsheet (ODS)",
        ),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old Office document (XLS), or has a password"),
        (far_away(), "spans 17,179,869,184 cells"),
    ],
    ids=range(10),
)
def test_a_bad_workbook_is_one_message_that_says_what_to_do(content: bytes, says: str) -> None:
    claims, messages = found_in(content)
    assert claims == [] and [m.check for m in messages] == ["FILE-UNREADABLE"]
    assert says in messages[0].text and "CSV" in f"{messages[0].text} {messages[0].remedy}"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(members_of(GOOD))), st.integers(0, 5000), st.binary(max_size=4)), max_size=4
    )
)
def test_no_damage_raises(damage: list[tuple[str, int, bytes]]) -> None:
    members = members_of(GOOD)
    for name, at, data in damage:
        whole = members[name]
        at %= len(whole) or 1
        members[name] = whole[:at] + data + whole[at + len(data) :]
    found = [*read(io.BytesIO(packed(members)))]
    assert found


def test_a_cell_is_found_across_the_pieces_in_which_a_sheet_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(book: Any) -> None:
        book.worksheets()[0].write_formula(2, 4, "=NA()", None, "#N/A")

    content = workbook([[*HEADER, "modifiers"], ROW, ROW], change)
    for size in (7, 64, 1000):
        monkeypatch.setattr(xlsx_rows, "_PIECE", size)
        assert found_in(content)[0][0].lines[1].modifiers == ("#N/A",)


# -- commands ------------------------------------------------------------------------------------


def test_check_takes_workbooks_from_files_archives_and_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.xlsm").write_bytes(GOOD)
    with zipfile.ZipFile("z.zip", "w") as archive:
        archive.writestr("f.xlsx", GOOD)
    said = {
        invoke("check", *arguments, "--jobs", jobs, "--format", "jsonl", stdin=GOOD).stdout.replace(name, "f")
        for arguments, name in ((["f.xlsm"], "f.xlsm"), (["z.zip"], "z.zip!f.xlsx"), (["-"], "standard input"))
        for jobs in (1, 2)
    }
    assert len(said) == 1 and '"row": 3' in said.pop()


def test_the_configuration_names_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("claimcheck.toml").write_text('sheet = "Feb"\n[columns]\ncode = "CPT"\n')
    header = ["CPT" if name == "code" else name for name in HEADER]
    Path("f.xlsx").write_bytes(workbook({"Jan": [header, ROW], "Feb": [header, [*ROW[:2], "0", ROW[3]]]}))
    done = invoke("check", "f.xlsx", "--select", "UNIT")
    assert "UNIT-ZERO" in done.stdout and "ROW-SHEET" not in done.stdout


def test_a_workbook_is_not_split_and_is_delivered_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.xlsx").write_bytes(GOOD)
    done = invoke("split", "f.xlsx", "--accepted", "a.xlsx", "--rejected", "r.xlsx")
    assert done.exit_code == 2 and "can be checked but not split: save it as CSV" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["f.xlsx"]
    for name, stdin in (("f.xlsx", None), ("-", GOOD)):
        folder = tmp_path / f"of{name}"
        invoke("check", name, "--deliver", folder, stdin=stdin)
        [held] = folder.rglob("held.xlsx")
        assert held.read_bytes() == GOOD
        [found] = json.loads((folder / "summary.json").read_text())["inputs"]
        assert "save it as CSV" in found["held_whole"] and found["kind"] == "xlsx"


@pytest.mark.measured
def test_rows_are_not_held_beside_the_sheet() -> None:
    """What Python holds does not grow with the rows; the library's sheet is outside of Python."""
    import tracemalloc

    def peak(rows: int) -> int:
        content = workbook([HEADER, *([f"C{n % 50}", *ROW[1:]] for n in range(rows))])
        tracemalloc.start()
        assert sum(isinstance(item, Claim) for item in read(io.BytesIO(content))) == rows
        found = tracemalloc.get_traced_memory()[1] - len(content)
        tracemalloc.stop()
        return found

    peak(100)
    assert peak(4000) < peak(1000) + 300_000


def test_columns_of_dates_are_those_of_the_schema() -> None:
    assert {name for name in COLUMNS if name.endswith("_date")} == DATE_COLUMNS
