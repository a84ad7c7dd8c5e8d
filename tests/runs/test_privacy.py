"""Canaries: what names a patient stands in no output of any format, whatever goes wrong."""

import csv
import io
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from claimcheck import Checker, EditMessage, read
from claimcheck.engine.messages import Judged
from claimcheck.writers import FORMATS, Acknowledging, Options, format_of, open_writer
from claimcheck.writers.to_277ca import NoEnvelopeError
from support.canaries import CANARIES, FILE, canaries_in
from support.command_line import invoke
from support.laws import slow_law

CHECKER = Checker()


def outputs(content: bytes, name: str) -> str:
    """Everything that any format writes about an input, and the count."""
    result = CHECKER.judge(read(io.BytesIO(content), name=name))
    judged = list(result)
    named = list(CHECKER.judge(read(io.BytesIO(content), name=name, patient_names=True)))
    text = written("277ca", named, NAMES)
    assert canaries_in(WHO_IS_THE_PATIENT.sub("", text)) == []
    assert canaries_in(written("jsonl", named, NAMES) + written("999", named, NAMES)) == []
    return "\n".join([*(written(format, judged) for format in FORMATS), repr(result.summary)])


NAMES = Options(acknowledging=Acknowledging(names_patients=True))
WHO_IS_THE_PATIENT = re.compile(r"^NM1\*QC\*[^~]*~$", re.MULTILINE)
"""Where a 277CA names patients, if the configuration asks for it: nowhere else, and no other format."""


def test_no_canary_sings_in_a_claim_full_of_findings() -> None:
    text = outputs(FILE.format(**CANARIES).encode(), "x.837")
    assert "CLAIM7" in text and "CONTROL7" in text
    assert text.count("REJECT") > 5
    assert "TRN*2*CLAIM7~" in text and "REF*FJ*CONTROL7~" in text
    assert canaries_in(text) == []


def test_names_are_in_a_277ca_alone_and_only_where_they_are_asked_for() -> None:
    content = FILE.format(**CANARIES).encode()
    judged = list(CHECKER.judge(read(io.BytesIO(content), name="x.837", patient_names=True)))
    assert canaries_in(written("277ca", judged)) == []
    text = written("277ca", judged, NAMES)
    assert canaries_in(text) == ["CANARYLAST", "CANARYFIRST", "CANARYMEMBER"]
    assert "NM1*QC*1*CANARYLAST*CANARYFIRST****MI*CANARYMEMBER~" in text
    for format in FORMATS:
        assert format == "277ca" or canaries_in(written(format, judged, NAMES)) == []


def test_a_note_that_is_read_as_a_place_of_service_is_not_quoted() -> None:
    """A CLM without its end takes the elements of the NTE behind it for its own."""
    whole = FILE.format(**CANARIES)
    cut = whole.replace("CLM*CLAIM7*100***22:B:1*Y*A*Y*Y~", "CLM*CLAIM7*100*")
    assert cut != whole
    assert canaries_in(outputs(cut.encode(), "x.837")) == []


@slow_law(60, thorough=200)
@given(st.data())
def test_no_canary_sings_in_a_broken_file(data: st.DataObject) -> None:
    """Segments are dropped, doubled, cut and run together; terminators and separators get lost."""
    segments = FILE.format(**CANARIES).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(segments) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "cut", "join", "stars", "colons", "swap"]))
        if how == "drop":
            del segments[at]
        elif how == "double":
            segments.insert(at, segments[at])
        elif how == "cut":
            segments[at] = segments[at][: data.draw(st.integers(0, len(segments[at])))]
        elif how == "join":
            segments[at] = segments[at].rstrip("~")
        elif how == "stars":
            segments[at] = segments[at].replace("*", ":")
        elif how == "colons":
            segments[at] = segments[at].replace("*", "~")
        else:
            segments[at], segments[-1] = segments[-1], segments[at]
    assert canaries_in(outputs("\n".join(segments).encode(), "x.837")) == []


def test_no_canary_sings_in_bad_rows() -> None:
    row = {
        "claim_id": "CLAIM7",
        "code": "77424",
        "units": "x",
        "from_date": "20250230",
        "patient_id": CANARIES["member"],
        "birth_date": CANARIES["birth"],
        "description": CANARIES["note"],
    }
    lines = [
        json.dumps(row),
        json.dumps({**row, "sex": [CANARIES["last"]]}),
        json.dumps({**row, "patient_id": {}}),
    ]
    lines += [f'{{"claim_id": "C", "{CANARIES["last"]}', f'{{"patient_id": "{CANARIES["member"]}", oops}}']
    lines += [json.dumps({**row, "birth_date": [CANARIES["birth"]]}), CANARIES["first"]]
    assert canaries_in(outputs("\n".join(lines).encode(), "x.jsonl")) == []
    header = ",".join(row)
    values = ",".join(row.values())
    table = f'{header}\n{values}\n{values},{CANARIES["last"]}\n"{CANARIES["street"]}\n'
    assert canaries_in(outputs(table.encode(), "x.csv")) == []


def claim_files(folder: Path) -> list[Path]:
    """Claims full of canaries: 837P, one of them broken off, 837I, CSV, JSON lines and XLSX."""
    whole = FILE.format(**CANARIES)
    hospital = whole.replace("X222A1", "X223A2").replace("22:B:1", "13:A:1")
    hospital = hospital.replace("SV1*HC:77424:26:26*", "SV2*0333*HC:77424*")
    row = {
        "claim_id": "CLAIM7",
        "code": "77424",
        "units": "2",
        "from_date": "2025-03-10",
        "patient_id": CANARIES["member"],
        "birth_date": CANARIES["birth"],
        "description": CANARIES["note"],
        "service_zip": CANARIES["zip"],
    }
    rows = [row, {**row, "claim_id": "CLAIM8", "units": "x", "sex": CANARIES["first"]}]
    contents = {
        "p.837": whole,
        "cut.837": whole[: whole.index("SV1*HC:77424")],
        "i.837": hospital,
        "r.jsonl": "\n".join(map(json.dumps, rows)),
        "r.csv": "\n".join([",".join(row), ",".join(row.values()), f'"{CANARIES["street"]}']),
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    with xlsxwriter.Workbook(folder / "r.xlsx") as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate([[*row], *([*each.values()] for each in rows)]):
            sheet.write_row(at, 0, cells)
    return [folder / name for name in (*contents, "r.xlsx")]


def test_no_canary_sings_in_a_delivery(tmp_path: Path) -> None:
    """Neither in a file's content or name nor on a stream; the parts are the claims themselves."""
    out = tmp_path / "out"
    done = invoke("check", "-v", "--statistics", "--isolated", *claim_files(tmp_path), "--deliver", out)
    assert done.exit_code == 1, done.output
    parts = {"accepted", "warned", "held", "not_judged"}
    kept = [path for path in out.rglob("*") if path.is_file() and path.stem not in parts]
    assert {path.name for path in kept} >= {"report.html", "run.json", "summary.json", "277ca.x12", "999.x12"}
    text = b"".join(path.read_bytes() for path in kept).decode()
    assert "CLAIM7" in text and "CLAIM8" in text
    assert canaries_in(text + done.output + " ".join(map(str, kept))) == []


def test_no_canary_sings_in_a_comparison(tmp_path: Path) -> None:
    sides = "--before", "profile=medicare_part_b", "--after", "profile=commercial", "--examples", 1000
    files = claim_files(tmp_path)
    for format in ("text", "json", "html"):
        done = invoke("compare", "--isolated", *files, *sides, "--format", format)
        assert done.exit_code == 1, done.output
        assert "CLAIM7" in done.output
        assert canaries_in(done.output) == []


def test_a_checks_own_error_does_not_quote_the_claim() -> None:
    """CHECK-FAILED names the error's kind and place alone (see test_laws)."""
    assert all(isinstance(m, EditMessage) for m in Checker().run(read(io.BytesIO(b"{"), name="x.jsonl")))


def written(format: str, judged: Iterable[Judged | EditMessage], options: Options | None = None) -> str:
    """What a format writes, as text; of Parquet and XLSX the cells."""
    out: io.StringIO | io.BytesIO = io.BytesIO() if format_of(format).binary else io.StringIO()
    writer = open_writer(format, out, options)
    with suppress(NoEnvelopeError):  # rows have nobody to answer
        for item in judged:
            writer.take(item)
        writer.close()
    if isinstance(out, io.StringIO):
        return out.getvalue()
    return str(parquet.read_table(out).to_pylist() if format == "parquet" else sheets_of(out.getvalue()))


def sheets_of(workbook: bytes) -> list[Any]:
    """The cells of a workbook."""
    opened = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return [opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names]


def test_a_claim_id_can_not_break_a_format() -> None:
    claim_id = '=1+1",\n<b>\x1b[31m'
    row = json.dumps({"claim_id": claim_id, "code": "77424", "units": "2", "from_date": "2025-03-10"}).encode()
    judged = list(CHECKER.judge(read(io.BytesIO(row), name="x.jsonl")))
    text = written("text", judged)
    assert "\x1b" not in text and 'claim =1+1",?<b>?[31m' in text
    messages = [json.loads(line) for line in written("jsonl", judged).splitlines()]
    assert {m["claim_id"] for m in messages} == {None, claim_id}
    rows = list(csv.DictReader(io.StringIO(written("csv", judged))))
    assert {r["claim_id"] for r in rows} == {"", "'" + claim_id}
