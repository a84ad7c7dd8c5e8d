"""Claim lines in columns: Parquet and Arrow files as sources, and record batches checked where they are."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from claimcheck import Checker, Claim, Configuration, EditMessage, Tally, read
from claimcheck.arrow import MESSAGES, check_batches
from claimcheck.readers.rows.arrow_rows import read_arrow
from claimcheck.readers.rows.columns import COLUMNS
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.columns import columns as message_columns
from claimcheck.writers.columns import values
from support.command_line import invoke
from support.places import SHARED

LISTS = ("modifiers", "diagnoses", "pointers")
BOOK = open_book("starter")
CHECKER = Checker(BOOK)


def a_row(**more: Any) -> dict[str, Any]:
    return {"claim_id": "1", "code": "99213", "from_date": "20250310", "units": "1", **more}


def in_columns(rows: list[dict[str, Any]], **kinds: pa.DataType) -> pa.Table:
    """Rows as a table, in which a key that a row lacks is null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    of_list = {name: pa.list_(pa.string()) for name in LISTS}
    fields = [(name, kinds.get(name, of_list.get(name, pa.string()))) for name in names]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def as_parquet(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out, **options)
    return out.getvalue()


def as_arrow(table: pa.Table, new: Callable[..., Any] = pa.ipc.new_file) -> bytes:
    out = io.BytesIO()
    with new(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return out.getvalue()


def as_stream(table: pa.Table) -> bytes:
    return as_arrow(table, pa.ipc.new_stream)


def as_feather(table: pa.Table) -> bytes:
    out = io.BytesIO()
    feather.write_feather(table, out)
    return out.getvalue()


def as_json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def items_of(data: bytes, **options: Any) -> list[Claim | EditMessage]:
    return [*read(io.BytesIO(data), name="f", **options)]


def claims_of(data: bytes, **options: Any) -> list[Claim]:
    return [item for item in items_of(data, **options) if isinstance(item, Claim)]


def told(data: bytes, **options: Any) -> list[tuple[str, int | None, str]]:
    """What is said of a file, but of the columns that checks lack."""
    messages = [item for item in items_of(data, **options) if isinstance(item, EditMessage)]
    return [(m.check, m.locus.row, m.text) for m in messages if m.check != "ROW-COLUMNS"]


def line_of(kind: pa.DataType, value: Any, column: str = "units") -> str | None:
    """What a cell of a kind becomes."""
    of_kind = {"claim_id": ["1"], "code": ["99213"], "from_date": ["20250310"], "units": ["1"]}
    arrays = {name: pa.array(cells) for name, cells in of_kind.items()} | {column: pa.array([value], kind)}
    [claim] = (item for item in read_arrow(pa.table(arrays).to_batches(), "f") if isinstance(item, Claim))
    [line] = claim.lines
    return {"units": line.service.units, "from_date": line.from_date, "charge": line.charge}[column]


# -- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [as_parquet, as_arrow, as_stream, as_feather])
def test_columns_are_read_as_rows_are(write: Callable[[pa.Table], bytes]) -> None:
    text = {name: name for name in COLUMNS if name not in LISTS} | {"setting": "asc"}
    rows = [{**text, "claim_id": str(at), **{name: [f"{name}{at}", "", "x"] for name in LISTS}} for at in range(8)]
    assert items_of(write(in_columns(rows))) == items_of(as_json_lines(rows))
    assert len(claims_of(write(in_columns(rows)))) == 8


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (pa.int64(), 3, "3"),
        (pa.uint8(), 3, "3"),
        (pa.float64(), 2.0, "2"),
        (pa.float64(), 0.5, "0.5"),
        (pa.float64(), 1e-7, "0.0000001"),
        (pa.float64(), float("nan"), "NaN"),
        (pa.float64(), float("inf"), "Infinity"),
        (pa.float32(), 0.1, "0.1"),
        (pa.decimal128(9, 2), Decimal("1.50"), "1.50"),
        (pa.decimal256(9, 8), Decimal("0.00000001"), "0.00000001"),
        (pa.string(), " 4\u00a0", "4"),
        (pa.large_string(), " 4", "4"),
        (pa.string_view(), " 4", "4"),
        (pa.dictionary(pa.int8(), pa.string()), " 4", "4"),
        (pa.dictionary(pa.int32(), pa.int64()), 4, "4"),
        (pa.string(), None, ""),
        (pa.null(), None, ""),
    ],
)
def test_numbers_and_text_of_every_kind(kind: pa.DataType, value: Any, written: str) -> None:
    assert line_of(kind, value) == written


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (pa.date32(), date(2025, 3, 10), "2025-03-10"),
        (pa.date64(), date(2025, 3, 10), "2025-03-10"),
        (pa.timestamp("ns"), datetime(2025, 3, 10, 23, 59), "2025-03-10"),
        (pa.timestamp("s"), datetime(1969, 12, 31, 1), "1969-12-31"),
        (pa.timestamp("us", "America/New_York"), datetime(2025, 3, 11, 1, tzinfo=UTC), "2025-03-10"),
        (pa.date32(), 5_000_000, "15659-07-15"),
        (pa.int32(), 20250310, "20250310"),
        (pa.string(), "2025-03-10 ", "2025-03-10"),
    ],
)
def test_days_of_every_kind(kind: pa.DataType, value: Any, written: str) -> None:
    assert line_of(kind, value, "from_date") == written


@pytest.mark.parametrize(
    ("kind", "value", "read_as"),
    [
        (pa.list_(pa.string()), ["26 ", None, "59", ""], ("26", "", "59")),
        (pa.large_list(pa.large_string()), ["26", "59"], ("26", "59")),
        (pa.list_(pa.string(), 2), ["26", "59"], ("26", "59")),
        (pa.list_(pa.string(), 2), None, None),
        (pa.list_view(pa.string()), ["26", "59"], ("26", "59")),
        (pa.list_(pa.dictionary(pa.int8(), pa.string())), ["26"], ("26",)),
        (pa.list_(pa.int64()), [26], ("26",)),
        (pa.list_(pa.string()), ["a|b"], ("a|b",)),
        (pa.string(), "26| 59|", ("26", "59")),
        (pa.list_(pa.string()), [], ()),
        (pa.list_(pa.string()), None, None),
    ],
)
def test_lists_of_every_kind(kind: pa.DataType, value: Any, read_as: Any) -> None:
    table = in_columns([a_row(pointers=value, claim_id="1"), a_row(pointers=value, claim_id="2")], pointers=kind)
    claims = [item for item in read_arrow(table.to_batches(), "f") if isinstance(item, Claim)]
    assert [claim.lines[0].pointers for claim in claims] == [read_as, read_as]


def test_split_modifiers_are_one_list() -> None:
    table = in_columns([a_row(modifier_1="26", modifier_2=None, modifier_3=" 59")])
    assert claims_of(as_parquet(table))[0].lines[0].modifiers == ("26", "59")


def test_columns_that_are_mapped_unknown_or_missing() -> None:
    rows = [{"claim_id": "1", "HCPCS_CD": "99213", "from_date": "20250310", "units": "1", "hcpcs": "x"}]
    data = as_parquet(in_columns(rows))
    columns = {"code": "hcpcs_cd", "charge": "amount"}
    [claim] = claims_of(data, columns=columns)
    assert claim.lines[0].code == "99213"
    assert told(data, columns=columns) == [
        ("ROW-COLUMN", 1, "charge is mapped to column amount, which the file does not have."),
        ("ROW-COLUMN", 1, "Column hcpcs is unknown and was ignored."),
    ]
    assert [(check, text.partition(";")[0]) for check, _, text in told(data)] == [
        ("ROW-HEADER", "Required column missing: code")
    ]
    assert claims_of(data) == []
    [(_, _, text)] = told(as_parquet(pa.table({})))
    assert text.endswith("the file was not read. It has no columns.")
    [(_, _, text)] = told(as_parquet(pa.table({"?": ["1"]})))  # which may be data, and is not told
    assert text.endswith("the file was not read.")


@pytest.mark.parametrize(
    ("column", "kind", "value", "why"),
    [
        (
            "code",
            pa.bool_(),
            True,
            "Column code is of type bool, expected text, a number or a date; the file was not read.",
        ),
        (
            "code",
            pa.binary(),
            b"x",
            "Column code is of type binary, expected text, a number or a date; the file was not read.",
        ),
        (
            "pointers",
            pa.bool_(),
            True,
            "Column pointers is of type bool, expected a list of text; the file was not read.",
        ),
        (
            "lines",
            pa.string(),
            "x",
            "Column lines is of type string, expected a list of claim lines; the file was not read.",
        ),
    ],
)
def test_a_column_of_a_kind_that_can_not_be_read(column: str, kind: pa.DataType, value: Any, why: str) -> None:
    data = as_parquet(in_columns([a_row(**{column: value})], **{column: kind}))
    assert told(data) == [("ROW-HEADER", 1, why)]


def test_text_that_is_not_utf_8() -> None:
    good = pa.array(["x", "y", "z"])
    garbled = pa.StringArray.from_buffers(3, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xe9c"))
    days, units = pa.array(["20250310"] * 3), pa.array([1, 1, 1])
    table = pa.table({"claim_id": good, "code": good, "from_date": days, "units": units, "description": garbled})
    found = [*read_arrow(table.to_batches(), "f")]
    assert [item.lines[0].description for item in found if isinstance(item, Claim)] == ["a", "é", "c"]
    assert [(m.check, m.locus.row) for m in found if isinstance(m, EditMessage) and m.check != "ROW-COLUMNS"] == [
        ("ROW-ENCODING", 2)
    ]


@pytest.mark.parametrize("first", [["26", "59"], ["26", None], ["26|", "59"]])
def test_lists_of_text_that_is_not_utf_8(first: list[str | None]) -> None:
    """Told of the row, whether its lists can be joined to be taken apart or not."""
    items = pa.array([None if item is None else item.encode() for item in first] + [b"26", b"\xe9\xe9"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 4, items.buffers(), items.null_count)
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 3, 4], pa.int32()), text)
    good, days, units = pa.array(["x", "y", "z"]), pa.array(["20250310"] * 3), pa.array([1, 1, 1])
    table = pa.table({"claim_id": good, "code": good, "from_date": days, "units": units, "modifiers": lists})
    found = [*read_arrow(table.to_batches(), "f")]
    assert [item.lines[0].service.modifiers for item in found if isinstance(item, Claim)][1:] == [("26",), ("éé",)]
    assert [m.locus.row for m in found if isinstance(m, EditMessage) and m.check == "ROW-ENCODING"] == [3]


def test_claims_with_their_lines() -> None:
    def a_claim(number: int, *lines: Any) -> dict[str, Any]:
        return {"claim_id": str(number), "payer_id": None if number else "P", "lines": list(lines)}

    def a_line(code: str, **more: Any) -> dict[str, Any]:
        return {"code": code, "from_date": "20250310", "units": "1", "modifiers": ["26"], "clia": None, **more}

    rows: list[dict[str, Any]] = [
        a_claim(0, a_line("99213"), a_line("99214", clia="x")),
        a_claim(1),
        {**a_claim(2), "lines": None},
        a_claim(3, a_line("77424"), None, a_line("G0283")),
        a_claim(4, None),
    ]
    fields = [(n, pa.list_(pa.string()) if n in LISTS else pa.string()) for n in a_line("99213")]
    table = in_columns(rows, lines=pa.list_(pa.struct(fields)))
    expected = items_of(as_json_lines(rows))
    assert [item.check for item in expected if isinstance(item, EditMessage)].count("ROW-FIELD") == 4
    for write in (as_parquet, as_arrow, as_stream):
        assert items_of(write(table)) == expected


def test_lines_inherit_what_their_claim_states() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": "1"}
    lines: list[dict[str, Any]] = [{**line, "clia": None}, {**line, "clia": "OWN"}, {**line, "clia": ""}]
    rows = [
        {"claim_id": "A", "clia": "C", "place_of_service": "22", "rendering_npi": None, "lines": lines},
        {"claim_id": "B", "clia": None, "place_of_service": None, "rendering_npi": "N", "lines": lines},
    ]
    table = in_columns(rows, lines=pa.list_(pa.struct([(name, pa.string()) for name in lines[0]])))
    expected = items_of(as_json_lines(rows))
    claims = [item for item in expected if isinstance(item, Claim)]
    assert [[line.clia for line in claim.lines] for claim in claims] == [["C", "OWN", ""], [None, "OWN", ""]]
    assert [claim.lines[0].service.place_of_service for claim in claims] == ["22", None]
    assert [claim.lines[0].rendering_npi for claim in claims] == [None, "N"]
    for write in (as_parquet, as_arrow, as_stream):
        assert items_of(write(table)) == expected


def test_a_file_without_rows_or_claims() -> None:
    empty = in_columns([a_row()]).slice(0, 0)
    for write in (as_parquet, as_arrow, as_stream):
        assert told(write(empty)) == [("FILE-UNREADABLE", None, "The file contains no claims.")]


def test_memory_is_a_batch_however_many_rows(tmp_path: Path) -> None:
    def peak(groups: int) -> int:
        path = tmp_path / f"{groups}.parquet"
        table = in_columns([a_row(claim_id=str(at)) for at in range(2000)])
        with parquet.ParquetWriter(path, table.schema) as writer:
            for _ in range(groups):
                writer.write_table(table)
        tracemalloc.start()
        count = sum(isinstance(item, Claim) for item in read(path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 2000 * groups
        return peak

    peak(20)
    assert peak(40) < 1.2 * peak(20)


# -- files ---------------------------------------------------------------------------------------

TABLE = in_columns([a_row(claim_id=str(at)) for at in range(8)])


def test_packed_piped_and_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for write in (as_parquet, as_arrow, as_stream):
        data = write(TABLE)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.bin", data)
        path = tmp_path / "x"
        path.write_bytes(data)
        reading, writing = os.pipe()
        os.write(writing, data)  # less than a pipe holds
        os.close(writing)
        with os.fdopen(reading, "rb", buffering=0) as pipe, path.open("rb") as plain:
            sources = (path, str(path), plain, pipe, io.BytesIO(packed.getvalue()), io.BytesIO(gzip.compress(data)))
            for source in sources:
                claims = [item for item in read(source) if isinstance(item, Claim)]
                assert [claim.claim_id for claim in claims] == [str(at) for at in range(8)]
            assert not plain.closed
        result = invoke("check", "--isolated", stdin=data)
        assert "1 file, 8 claims, 8 lines" in result.stderr
        result = invoke("check", "--isolated", "-", "--record", str(tmp_path / "r"), stdin=data)
        assert json.loads((tmp_path / "r").read_text())["counts"]["claims"] == 8


def test_files_that_are_damaged_or_break_off() -> None:
    for write, what in ((as_parquet, "a Parquet"), (as_arrow, "an Arrow"), (as_stream, "an Arrow")):
        data = write(TABLE)
        text = f"The file is {what} file that is damaged or truncated."
        assert told(data[:40]) == [("FILE-UNREADABLE", None, text)]
        assert told(gzip.compress(data)[:-40]) != []
    data = as_stream(TABLE)
    [(check, _, text)] = told(data[: len(data) - 200])
    assert check == "FILE-TRUNCATED"
    assert "only in part: its columns are damaged from some point on." in text
    assert 0 < len(claims_of(data[: len(data) - 200])) < 8
    assert told(b"PARE" + bytes(50)) == [
        ("FILE-UNREADABLE", None, "The file is an encrypted Parquet file: write it without encryption.")
    ]


@given(st.sampled_from([as_parquet, as_arrow, as_stream]), st.lists(st.tuples(st.integers(8), st.binary(max_size=3))))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(write: Callable[[pa.Table], bytes], changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(write(TABLE))
    for place, change in changes:
        at = 8 + place % len(data)
        data[at : at + len(change)] = change
    assert items_of(bytes(data))


def test_without_pyarrow_one_message_says_what_to_install(tmp_path: Path) -> None:
    for name, data in (("a Parquet", as_parquet(TABLE)), ("an Arrow", as_stream(TABLE))):
        (tmp_path / "x").write_bytes(data)
        program = "import sys; sys.modules['pyarrow'] = None; from claimcheck.cli import main; main()"
        command = [sys.executable, "-c", program, "check", "--isolated", str(tmp_path / "x"), "--format", "jsonl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        [message] = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 2
        assert message["text"] == f"The file is {name} file, which requires pyarrow."
        assert message["remedy"].startswith("Run pip install 'claimcheck-edits[arrow]'")


# -- the same messages as of JSON lines ----------------------------------------------------------


def of_json_lines(rows: list[dict[str, Any]], checker: Checker) -> tuple[list[list[Any]], Tally]:
    options: dict[str, Any] = {
        "columns": checker.configuration.columns,
        "asc_npis": frozenset(checker.configuration.asc_npis),
    }
    source = read(io.BytesIO(as_json_lines(rows)), name="f.jsonl", **options)
    result = checker.run(source)
    return [values(message) for message in result], result.summary


def of_columns(batches: Any, checker: Checker) -> tuple[list[list[Any]], Tally]:
    result = check_batches(batches, checker, name="f.jsonl")
    found = [*result]
    assert all(batch.num_rows and batch.schema == MESSAGES for batch in found)
    return [[*row.values()] for batch in found for row in batch.to_pylist()], result.summary


texts = st.sampled_from([None, "", " ", "1", "x", " 2 ", "é"])
cells = {
    "claim_id": st.sampled_from(["1", "1", "2", "2", "3", "", None]),
    "setting": st.sampled_from([None, None, None, "asc", "outpatient", "none such"]),
    "patient_id": st.sampled_from(["A", "A", "B", None]),
    "code": st.sampled_from(["99213", "99214", "77424", "19301", "7742", "97110", "", None]),
    "from_date": st.sampled_from(["20240814", "2024-08-14", "20240815", "20240230", "", None]),
    "units": st.sampled_from(["1", "9", "0", "x", None]),
    "modifiers": st.sampled_from([None, [], ["26"], ["26", "TC"], ["59", ""], ["25"]]),
    "diagnoses": st.sampled_from([None, [], ["I10"], ["I10", "E119"]]),
    "pointers": st.sampled_from([None, [], ["1"], ["3"]]),
    "place_of_service": st.sampled_from([None, "11", "22"]),
    "received_date": st.sampled_from([None, "20240901"]),
    **dict.fromkeys(("payer_id", "billing_npi", "rendering_npi", "charge", "line_number", "clia", "mine"), texts),
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of the row format with some of its columns, and one that is not known."""
    needed = ["claim_id", "code", "from_date", "units"]
    names = needed + draw(st.lists(st.sampled_from(sorted(set(cells) - set(needed))), unique=True))
    rows = draw(st.lists(st.fixed_dictionaries({name: cells[name] for name in names}), min_size=1, max_size=12))
    return sorted(rows, key=lambda row: str(row["claim_id"])) if draw(st.booleans()) else rows


@given(tables(), st.integers(1, 5), st.booleans())
@settings(max_examples=100, deadline=None)
def test_the_messages_are_those_of_json_lines_in_the_same_order(
    rows: list[dict[str, Any]], size: int, repeats: bool
) -> None:
    rows = rows * 3 if repeats else rows
    table = in_columns(rows)
    expected = of_json_lines(rows, CHECKER)
    assert of_columns(table.to_batches(max_chunksize=size), CHECKER) == expected
    assert of_columns(table, CHECKER) == expected


def of_real_file(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="") as stream:
        rows: list[dict[str, Any]] = [*islice(csv.DictReader(stream), 1000)]
    for row in rows:
        if "diagnoses" in row:
            row["diagnoses"] = row["diagnoses"].split("|")
            row["pointers"] = row["pointers"].split("|")
    return rows


REAL = sorted(path for path in (SHARED / "claims").glob("*.csv") if "claim_id" in path.open().readline())
NAMES = {"line_number": "line_no", "place_of_service": "pos", **{f"modifier_{n}": f"m{n}" for n in range(1, 5)}}


@pytest.mark.skipif(not REAL, reason=f"no claims in {SHARED / 'claims'}")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_claims_as_json_lines_and_as_columns(path: Path) -> None:
    checker = Checker(BOOK, configuration=Configuration(columns=NAMES))
    rows = of_real_file(path)
    messages, tally = of_json_lines(rows, checker)
    assert tally.lines
    assert of_columns(in_columns(rows), checker) == (messages, tally)
    assert of_columns(in_columns(rows).to_batches(max_chunksize=1001), checker) == (messages, tally)


def test_whatever_gives_an_arrow_stream() -> None:
    table = in_columns([a_row(code="7742"), a_row(code="7743")])
    expected = of_columns(table, CHECKER)
    assert len(expected[0]) >= 2
    assert of_columns(table.to_reader(), CHECKER) == expected
    assert of_columns(table.to_batches()[0], CHECKER) == expected
    assert of_columns(iter(table.to_batches()), CHECKER) == expected
    assert [field.name for field in MESSAGES] == message_columns()


def test_what_is_unreadable_is_told_and_counted() -> None:
    messages, tally = of_columns(in_columns([a_row(setting="none such"), a_row(setting="asc", claim_id="2")]), CHECKER)
    assert (tally.claims, tally.lines, tally.unreadable) == (1, 1, 1)
    assert "ROW-SETTING" in [message[0] for message in messages]
    messages, tally = of_columns(pa.table({"claim_id": ["1"]}), CHECKER)
    assert [message[0] for message in messages] == ["ROW-HEADER"]
    assert tally == Tally(messages=1, unreadable=1)


def test_batches_of_another_shape_are_read_by_their_own_columns() -> None:
    one = in_columns([a_row()]).to_batches()
    other = in_columns([a_row(claim_id="2", units=2)], units=pa.int64()).select([3, 2, 1, 0]).to_batches()

    def given() -> Iterator[pa.RecordBatch]:
        yield from one
        yield from other

    claims = [item for item in read_arrow(given(), "f") if isinstance(item, Claim)]
    assert [(claim.claim_id, claim.lines[0].service.units) for claim in claims] == [("1", "1"), ("2", "2")]


# -- split ---------------------------------------------------------------------------------------

PARTS = {"accepted": "A", "rejected": "R", "accepted_with_warnings": "W", "not_judged": "N"}


def split(folder: Path, data: bytes, *options: str) -> dict[str, bytes]:
    """The parts that the command writes, one for each disposition."""
    (folder / "in").write_bytes(data)
    outputs = [f"--{name.removeprefix('accepted_with_').replace('warnings', 'warned')}" for name in PARTS]
    arguments = [
        text
        for name, part in zip(outputs, PARTS.values(), strict=True)
        for text in (name.replace("_", "-"), str(folder / part))
    ]
    result = invoke("split", "--isolated", str(folder / "in"), *arguments, *options)
    assert result.exit_code in (0, 1), result.stderr
    return {part: (folder / part).read_bytes() for part in PARTS.values()}


def table_of(data: bytes) -> pa.Table:
    if data.startswith(b"PAR1"):
        return parquet.read_table(io.BytesIO(data))
    return (pa.ipc.open_stream if data.startswith(b"\xff") else pa.ipc.open_file)(data).read_all()


@given(tables(), st.sampled_from([as_parquet, as_arrow, as_stream]))
@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking takes minutes
def test_the_union_of_the_parts_holds_every_row_once_and_in_order(
    folder: Path, rows: list[dict[str, Any]], write: Callable[[pa.Table], bytes]
) -> None:
    table = in_columns([{"n": str(at), **row} for at, row in enumerate(rows)])
    table = table.append_column("other", pa.array([{"x": at} for at in range(len(rows))]))
    table = table.replace_schema_metadata({"mine": "kept"})
    judged = [item for item in CHECKER.judge(read(io.BytesIO(write(table)))) if not isinstance(item, EditMessage)]
    if not judged:
        return
    parts = {part: table_of(data) for part, data in split(folder, write(table)).items()}
    whole = table_of(write(table)).schema
    assert whole.metadata[b"mine"] == b"kept"
    for part in parts.values():
        assert part.schema.equals(whole, check_metadata=True), part.schema
    union = pa.concat_tables(parts.values()).to_pylist()
    assert sorted(union, key=lambda row: int(row["n"])) == table.to_pylist()
    for part in parts.values():
        assert part["n"].to_pylist() == sorted(part["n"].to_pylist(), key=int)
    messages = [item for item in items_of(write(table)) if isinstance(item, EditMessage)]
    unread = {message.locus.row for message in messages if message.severity == "reject"}
    warned = {message.claim_id for message in messages if message.severity == "warn"}
    for claim, outcome in judged:
        places = {line.place for line in claim.lines}
        [part] = {name for name, one in parts.items() for n in one["n"].to_pylist() if int(n) + 1 in places}
        allowed = {PARTS[outcome.disposition], *(["R"] if unread else [])}
        if outcome.disposition == "accepted" and claim.claim_id in warned:
            allowed.add("W")  # of several claims with one number, that of which the reader warns
        assert part in allowed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("split")


@pytest.mark.parametrize("write", [as_parquet, as_arrow, as_stream])
def test_a_part_that_has_all_equals_the_whole(write: Callable[[pa.Table], bytes], tmp_path: Path) -> None:
    kinds = {"units": pa.decimal128(9, 2), "code": pa.dictionary(pa.int32(), pa.string())}
    table = in_columns([a_row(claim_id=str(at), units=Decimal("1.00")) for at in range(100)], **kinds)
    parts = split(tmp_path, gzip.compress(write(table)), "--select", "STATUS-X")
    full = [part for part in parts.values() if table_of(part).num_rows]
    assert [table_of(part) for part in full] == [table]
    assert sum(table_of(part).num_rows for part in parts.values()) == 100


def test_columns_without_claims_are_not_split(tmp_path: Path) -> None:
    for data, why in (
        (as_parquet(TABLE)[:-9], "damaged"),
        (as_parquet(pa.table({"code": ["1"]})), "missing: claim_id"),
    ):
        (tmp_path / "in").write_bytes(data)
        arguments = [
            "split",
            str(tmp_path / "in"),
            "--accepted",
            str(tmp_path / "A"),
            "--rejected",
            str(tmp_path / "R"),
        ]
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert why in result.stderr
        assert not (tmp_path / "A").exists()


def test_a_parquet_output_that_is_given_up_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("claim_id,code,units,from_date\nA,99213,1,2025-03-10\n")
    outputs = ["--format", "parquet", "--output", "p.parquet", "--format", "277ca", "--output", "a.277"]
    command = [sys.executable, "-m", "claimcheck", "check", "a.csv", *outputs, "--isolated"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]
