"""XLSX: read back by another library."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from claimcheck import Checker, EditMessage, Judged, read
from claimcheck.writers import open_writer
from support.command_line import invoke
from support.places import FIXTURES, ROOT

DEMO = ROOT / "fixtures" / "837p" / "demo.837"
SHEETS = {
    "rejected": "Rejected",
    "not_judged": "Not judged",
    "accepted_with_warnings": "Accepted with warnings",
    "accepted": "Accepted",
}


def workbook_of(content: bytes) -> dict[str, list[list[Any]]]:
    opened = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names}


def rows_of(sheet: list[list[Any]]) -> list[dict[str, Any]]:
    header, *rows = sheet
    return [dict(zip(header, row, strict=True)) for row in rows]


def written(items: list[Judged | EditMessage]) -> bytes:
    stream = io.BytesIO()
    writer = open_writer("xlsx", stream)
    for item in items:
        writer.take(item)
    writer.close()
    return stream.getvalue()


def judged(path: Path) -> list[Judged | EditMessage]:
    return list(Checker().judge(read(str(path), name=path.name)))


@pytest.mark.parametrize("path", sorted((*FIXTURES.rglob("*.837"), *FIXTURES.glob("rows/*.csv"))), ids=lambda p: p.name)
def test_each_line_is_in_the_sheet_of_its_disposition_as_the_format_lines_has_it(path: Path) -> None:
    items = judged(path)
    stream = io.StringIO()
    lines = open_writer("lines", stream)
    for item in items:
        lines.take(item)
    expected = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    found = workbook_of(written(items))
    for disposition, name in SHEETS.items():
        mine = [line for line in expected if line["disposition"] == disposition]
        rows = rows_of(found[name])
        assert len(rows) == len(mine)
        for row, line in zip(rows, mine, strict=True):
            assert (row["Claim"], row["Line"], row["Code"]) == (line["claim_id"], line["line_number"], line["code"])
            assert row["Reject"] == line["reject"].replace("|", ", ")
            assert (str(row["From"]), str(row["To"])) == (line["service_date"], line["last_service_date"])
            assert row["Charge"] == (float(line["charge"]) if line["charge"] else "")
            assert row["Billing NPI"] == line["billing_npi"]
            fired = {line[severity] for severity in ("reject", "warn", "inform")}
            assert all(check in row["Messages"] for checks in fired for check in checks.split("|"))
    unread = [item for item in items if isinstance(item, EditMessage)]
    assert [row["Check"] for row in rows_of(found["Not read"])] == [message.check for message in unread]


def test_codes_keep_their_zeros_and_nothing_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "claim_id,code,modifiers,units,from_date,charge\n"
        "=1+1,00100,,1,2024-08-14,-5.50\n"
        "https://example.com/,0071T,,1,2024-08-14,\n"
        "00042,99213,,1,18500101,x\n"
    )
    content = written(judged(path))
    rows = [row for name in SHEETS.values() for row in rows_of(workbook_of(content)[name])]
    by_claim = {row["Claim"]: row for row in rows}
    assert set(by_claim) == {"=1+1", "https://example.com/", "00042"}
    assert by_claim["=1+1"]["Code"] == "00100" and by_claim["=1+1"]["Charge"] == -5.5
    assert by_claim["https://example.com/"]["Code"] == "0071T"
    assert by_claim["00042"]["From"] == "1850-01-01", "a day before Excel's first"
    assert by_claim["00042"]["Charge"] == ""
    from zipfile import ZipFile

    with ZipFile(io.BytesIO(content)) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name)
    assert "<f>" not in text and "<hyperlink" not in text


def test_the_figures_are_those_of_the_summary() -> None:
    done = invoke("check", str(DEMO), "--format", "xlsx", "--output", "-")
    counts = json.loads(done.stderr.splitlines()[-1])
    sheet = {row[0]: row for row in workbook_of(done.stdout_bytes)["Summary"]}
    for disposition, name in SHEETS.items():
        assert (sheet[name][2], sheet[name][4]) == (counts[f"claims_{disposition}"], counts[disposition])
    assert (sheet["Rejected"][3], sheet["Rejected"][5]) == (3645, 3370)
    assert sheet["All"][2] == counts["messages"]
    assert sheet["STATUS-X"][2:6] == [1, 0, 0, 2600]
    assert "facility" in sheet["STATUS-X"][1].lower() or sheet["STATUS-X"][1]


def test_a_full_sheet_goes_on_in_another_and_the_summary_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimcheck.writers.to_xlsx.MOST_ROWS", 3)
    items = judged(DEMO)
    found = workbook_of(written(items))
    assert [len(rows_of(found[name])) for name in ("Rejected", "Rejected 2", "Rejected 3")] == [3, 3, 1]
    assert next(row for row in found["Summary"] if row[0] == "Rejected")[1] == "Rejected, Rejected 2, Rejected 3"
    lines = Counter(d for item in items if isinstance(item, Judged) for d in item.outcome.dispositions)
    assert (
        sum(len(rows_of(found[name])) for name in found if name.startswith("Rejected"))
        == lines[next(d for d in lines if d == "rejected")]
    )


def test_a_cell_that_holds_no_more_says_so(tmp_path: Path) -> None:
    items = judged(DEMO)
    item = next(item for item in items if isinstance(item, Judged))
    item.outcome.messages[0].text = "x" * 40_000
    sheet = rows_of(workbook_of(written([item]))["Rejected"])
    (cut,) = [row["Messages"] for row in sheet if "xxx" in row["Messages"]]
    assert len(cut) == 32_767 and cut.endswith("(cut: a cell holds no more)")


def test_the_same_input_gives_the_same_bytes_and_no_temporary_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    items = judged(DEMO)
    monkeypatch.setenv("TZ", "America/New_York")
    first = written(items)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert written(items) == first
    given_up = open_writer("xlsx", io.BytesIO())
    given_up.take(items[0])
    assert any(tmp_path.iterdir())
    del given_up
    import gc

    gc.collect()
    assert not any(tmp_path.iterdir())


def test_nothing_gives_a_workbook_with_the_same_sheets() -> None:
    found = workbook_of(written([]))
    assert list(found) == ["Summary", *SHEETS.values(), "Not read"]


def test_without_xlsxwriter_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['xlsxwriter'] = None; from claimcheck.cli import main; main()"
    command = [sys.executable, "-c", program, "check", str(DEMO), "--format", "xlsx", "--output", "a.xlsx"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "claimcheck: xlsx needs XlsxWriter: pip install 'claimcheck-edits[xlsx]'\n"
