"""Several processes say what one says, byte for byte, whatever the input and whatever becomes of them."""

import gzip
import io
import json
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

from claimcheck import Checker, Claim, EditMessage, Tally, read
from claimcheck.config.configuration import Configuration
from claimcheck.readers.x12 import blocks
from claimcheck.runs import shards
from claimcheck.runs import worker as worker_module
from claimcheck.runs import workers as workers_module
from claimcheck.runs.reading import ShardReader
from claimcheck.runs.shards import Dealer
from claimcheck.runs.subscribers import EVERY_WORKER, Cutter, worker_of
from claimcheck.runs.workers import WORTH_A_WORKER, WorkerDied, run, worth
from claimcheck.writers.to_jsonl import JsonlWriter
from support.children import wait_for
from support.laws import slow_law
from support.places import FILES, ROOT, SHARED

FIXTURES = ROOT / "fixtures"
GENERATE = ROOT / "benchmarks" / "generate.py"
Found = tuple[str, Tally]
"""Messages, as JSON lines, and counts."""


# -- dealing out -----------------------------------------------------------------------------------

Items = list[Claim | EditMessage]


def dealt(data: bytes, name: str, workers: int) -> Items:
    """What several workers read of a file, merged round by round. No two find something in the same place."""
    items: Items = []
    readers = [ShardReader(number, workers, Configuration()) for number in range(workers)]
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for dealt in Dealer([(Path(file.name), name)], Configuration(), workers).rounds():
            shards = pickle.loads(pickle.dumps(dealt.shards))  # as they are sent
            parts = (reader.find(shard) for reader, shard in zip(readers, shards, strict=True))
            found = list(merge(*parts, key=itemgetter(0)))
            places = [place for place, _ in found]
            assert places == sorted(set(places))
            items += [item for _, item in found]
    return items


def whole(data: bytes, name: str) -> Items:
    return list(read(io.BytesIO(data), name=name))


SEGMENTS = [
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*0930*^*00501*000000007*0*T*:",
    "GS*HC*S*R*20250320*0930*9*X*005010X222A1",
    "ST*837*0001*005010X222A1",
    "ST*835*0002",
    "ST*83*0002",
    "BHT*0019*00*7*20250320*0930*CH",
    *("HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*1", "HL*4*3*23*0", "HL*9*9*99*0", "HL*9", "HL", "HL*4*3*23"),
    *(f"NM1*IL*1*DOE*{name}****MI*{member}" for name, member in (("A", "M1"), ("B", "M2"), ("C", "M3"), ("D", ""))),
    "NM1*QC*1*DOE*TIM",
    "NM1*85*2*CLINIC*****XX*1234567890",
    "NM1*PR*2*PAYER*****PI*PAYER",
    "DMG*D8*19500102*F",
    *(f"CLM*CLAIM{i}*50***11:B:1*Y*A*Y*Y" for i in range(4)),
    *("HI*ABK:I10", "HI*I10", "NTE*ADD*A NOTE", "SBR*S*18*******CI"),
    *(
        "LX*1",
        "LX*2",
        "SV1*HC:99213*50*UN*1***1",
        "SV2*0450*HC:99284*50*UN*1",
        "SV3*AD:D0120*50",
        "DTP*472*D8*20250310",
    ),
    *("SE*9*0001", "GE*1*9", "IEA*1*000000007", "QQQ*1", "", " "),
]


LOOPS = [
    ["HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567890"],
    ["HL*8**20*1", "PRV*BI*PXC*261QA1903X", "NM1*85*2*CENTER*****XX*1993999998"],
    *(
        [f"HL*6*{above}*22*0", "SBR*P*18", f"NM1*IL*1*DOE*A****MI*{member}", "NM1*PR*2*P*****PI*P1", *lines]
        for above, member in (("8", "M1"), ("8", "M2"), ("7", "M3"), ("1", "M1"))
        for lines in (
            ["CLM*B1*50***11:B:1", "HI*ABK:I10", "LX*1", "SV1*HC:99213*50*UN*1***1", "DTP*472*D8*20250310"],
            ["CLM*B2*50***11:B:1", "HI*ABK:I10*AFB:R05", "LX*1", "SV1*99213*50*UN*1***1", "DTP*472*D8*20250310"],
            [],
        )
    ),
    *(
        [f"HL*{level}*1*22*0", "SBR*P*18", f"NM1*IL*1*DOE*{member}****MI*{member}", f"CLM*{member}*50***11:B:1", *lines]
        for level, member in (("2", "M1"), ("3", "M2"), ("4", "M3"), ("2", "M4"))
        for lines in (
            ["HI*ABK:I10", "LX*1", "SV1*HC:99213*50*UN*1***1", "DTP*472*D8*20250310", "CLM*AGAIN*1***11:B:1", "LX*1"],
            ["LX*1", "SV2*0450*HC:99284*50*UN*1"],
            ["QQQ*1", "LX*1", "SV1*HC:99213*50*UN*1***1", "LX*2", "SV3*AD:D0120*50"],
        )
    ),
    [
        *("HL*6*1*22*0", "SBR*P*18", "NM1*IL*1*DOE*M1****MI*M1", "NM1*IL*1*DOE*M2****MI*M2"),
        *("CLM*TWO*50***11:B:1", "LX*1", "SV1*HC:99213*50*UN*1***1"),
    ],
    *(["HL*7*1*22*0", "SBR*P*18", f"NM1*IL*1*DOE*{member}****MI*{member}"] for member in ("M1", "M2", "M5")),
    ["HL*5*2*23*0", "PAT*19", "NM1*QC*1*DOE*TIM", "CLM*C9*50***11:B:1", "LX*1", "SV1*HC:99213*50*UN*1***1"],
]
PARTS = st.sampled_from([*([segment] for segment in SEGMENTS), *(loop for loop in LOOPS for _ in range(4))])


@given(
    st.lists(PARTS, max_size=30),
    st.sampled_from(["~", "~\n", "\n"]),
    st.integers(2, 4),
    st.sampled_from([blocks.CHUNK, 200, 997]),
)
def test_workers_read_together_what_one_reads(parts: list[list[str]], end: str, workers: int, chunk: int) -> None:
    data = end.join([*SEGMENTS[:3], *(segment for part in parts for segment in part), ""]).encode()
    with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160), patch.object(shards, "_ROUND", chunk):
        assert dealt(data, "a.837", workers) == whole(data, "a.837")


LINE = ("LX*1", "SV1*HC:99213*50*UN*1***1", "DTP*472*D8*20250310")
A_CLAIM = ("CLM*C*50***11:B:1", "HI*ABK:I10", *LINE)
A_DEPENDENT = ("HL*5*2*23*0", "PAT*19", "NM1*QC*1*DOE*TIM")
PROVIDERS = {level: (f"HL*{level}**20*1", f"NM1*85*2*CLINIC {level}*****XX*1234567890") for level in "18"}


def loop_of(member: str, *claims: str, above: str = "1") -> tuple[str, ...]:
    return (f"HL*2*{above}*22*0", "SBR*P*18", f"NM1*IL*1*DOE*ANN****MI*{member}", *claims)


PLAIN = st.sampled_from(["M1", "M2", "M3", "M4"]).map(lambda member: loop_of(member, *A_CLAIM))
ODD = [
    loop_of("M1"),
    loop_of("M2", "CLM*NO LINES*50***11:B:1"),
    loop_of("M3", "CLM*INSTITUTIONAL*50***11:B:1", "LX*1", "SV2*0450*HC:99284*50*UN*1"),
    loop_of("M4", "CLM*DENTAL*50***11:B:1", "LX*1", "SV3*AD:D0120*50"),
    loop_of("M1", "NM1*IL*1*DOE*BO****MI*M2", *A_CLAIM),
    loop_of("M2", *A_CLAIM, "SBR*S*18", "NM1*IL*1*DOE*BO****MI*M3", "LX*2", "SV1*HC:99213*1*UN*1***1"),
    loop_of("M3", *A_CLAIM, *A_DEPENDENT, *A_CLAIM, *A_DEPENDENT),
    loop_of("M4", *A_DEPENDENT, *A_CLAIM),
    loop_of("M4", "HL*5*7*23*0", *A_DEPENDENT[1:], *A_CLAIM),
    loop_of("", *A_CLAIM),
    *(loop_of("M1", *A_CLAIM, above=above) for above in ("8", "9", "")),
    *(loop_of("M2", segment, *A_CLAIM) for segment in ("QQQ*1", "SV1*HC:99213*50*UN*1***1", "CLM*TWICE*1***11:B:1")),
    loop_of("M3", "HL*7*1*99*0", *A_CLAIM),
    loop_of("M3", "HL*7*1", *A_CLAIM),
    *PROVIDERS.values(),
    ("HL*1**20*1",),
    *((segment,) for segment in ("QQQ*1", "", "HL", "HL*9*9*99*0", "SE*9*0001", "GE*1*9", "IEA*1*000000007")),
    *(
        (segment, *PROVIDERS["1"])
        for segment in ("ST*837*0002", "ST*835*0002", "GS*HC*S*R*20250320*0930*9*X*005010X223A2")
    ),
    (SEGMENTS[0], *PROVIDERS["1"]),
    (*SEGMENTS[:3], *PROVIDERS["1"]),
    (SEGMENTS[1], SEGMENTS[2], *PROVIDERS["8"]),
]


@slow_law(200, thorough=400)
@example([loop_of("M1", *A_CLAIM), loop_of("M2", *A_CLAIM, *A_DEPENDENT), ("HL",)], 2, blocks.CHUNK)
@given(
    st.lists(st.one_of(*[PLAIN] * 6, st.sampled_from(ODD)), min_size=2, max_size=20),
    st.integers(2, 4),
    st.sampled_from([blocks.CHUNK, 200, 499]),
)
def test_what_is_odd_among_plain_loops_is_found_alike(loops: list[tuple[str, ...]], workers: int, chunk: int) -> None:
    parts = [SEGMENTS[:3], PROVIDERS["1"], *loops, [""]]
    data = "~".join(segment for part in parts for segment in part).encode()
    with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160), patch.object(shards, "_ROUND", chunk):
        assert dealt(data, "a.837", workers) == whole(data, "a.837")


HEADER = (*SEGMENTS[:3], "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567890")
PLAIN_LOOPS = [segment for member in "ABCDEF" for segment in loop_of(member, *A_CLAIM)]


@pytest.mark.parametrize(
    "segments",
    [
        (*HEADER, *PLAIN_LOOPS),
        (*HEADER, *PLAIN_LOOPS[:-3], "CLM*X*1"),
        (*HEADER, *PLAIN_LOOPS, "", "", f"SE*{len(HEADER) + len(PLAIN_LOOPS)}*0001", "GE*1*9", "IEA*1*000000007"),
        (*HEADER, *PLAIN_LOOPS[:-4], "CLM*" + "9" * (blocks.LONGEST + 1), *PLAIN_LOOPS),
        (
            *HEADER,
            *(
                segment.replace("SV1*HC:99213", "SV2", 1).partition("*")[0] if n % 3 else segment
                for n, segment in enumerate(PLAIN_LOOPS)
            ),
        ),
        (*HEADER, *PLAIN_LOOPS, "SV2", *PLAIN_LOOPS, "SV2", *PLAIN_LOOPS),
    ],
    ids=["no end", "cut off", "doubled terminators", "a long segment", "bare names", "bare lines of another kind"],
)
def test_what_is_wrong_with_a_file_is_reported_once(segments: tuple[str, ...]) -> None:
    data = ("~".join(segments) + ("" if segments[-1] == "CLM*X*1" else "~")).encode()
    found = whole(data, "a.837")
    assert any(isinstance(item, EditMessage) for item in found)
    for workers in (2, 3):
        assert dealt(data, "a.837", workers) == found


def test_plain_loops_are_each_read_by_one_worker() -> None:
    members = [f"M{i}" for i in range(60)]
    parts = [SEGMENTS[:3], PROVIDERS["1"], *(loop_of(member, *A_CLAIM) for member in members), [""]]
    data = "~".join(segment for part in parts for segment in part).encode()
    cutter = Cutter(3)
    read = [part for block in blocks.read_blocks(io.BytesIO(data)) for part in (*cutter.cut(block), *cutter.end())]
    by = {worker: "".join(block.text for one, block in read if one == worker) for worker in range(-1, 3)}
    first, *others, last = members  # no border follows the last one
    assert all(f"*{member}~" in by[EVERY_WORKER] for member in (first, last))
    for member in others:
        assert [worker for worker, text in by.items() if f"*{member}~" in text] == [worker_of(member, 3)]


@pytest.mark.parametrize("second", ["SV1*HC:99213*50*UN*1***1", "SV2*0450*HC:99284*50*UN*1"])
def test_a_claim_of_another_worker_may_be_cut_anywhere(second: str) -> None:
    """Only the first line of a claim tells that its transaction announced another kind."""
    line = ("LX*1", "SV1*HC:99213*50*UN*1***1", "DTP*472*D8*20250310", "LX*2", second)
    subscribers = [
        (f"HL*{level}*1*22*0", "SBR*P*18", f"NM1*IL*1*DOE*A****MI*M{level}", f"CLM*C{level}*50***11:B:1", *lines)
        for level, lines in ((2, line), (3, line), (4, ("LX*1", "SV2*0450*HC:99284*50*UN*1")))
    ]
    head = (*SEGMENTS[:3], "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567890")
    data = "~".join([*head, *(segment for subscriber in subscribers for segment in subscriber), ""]).encode()
    told = [item.check for item in whole(data, "a.837") if isinstance(item, EditMessage)]
    assert "X12-VERSION" in told
    for chunk in range(160, len(data)):
        with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160):
            found = whole(data, "a.837")
            for workers in (2, 3):
                assert dealt(data, "a.837", workers) == found


ROWS = [
    *(
        f'{{"claim_id":"{claim}","patient_id":"{patient}","code":"99213","from_date":"20250310","units":"1"}}'
        for claim in "AB"
        for patient in "xyz"
    ),
    '{"claim_id":"A","code":"99213","from_date":"20250310","units":"1"}',
    '{"claim_id":"C","patient_id":"x","lines":[{"code":"99213","from_date":"20250310","units":"1"}]}',
    '{"claim_id":"C","setting":"odd","code":"99213","from_date":"20250310","units":"1"}',
    '{"claim_id":"","patient_id":"y","code":"99213","from_date":"20250310","units":"1","odd":"1"}',
    '{"claim_id":7}',
    "[]",
    "{",
]  # fmt: skip


@given(st.lists(st.sampled_from(ROWS), max_size=12), st.integers(2, 4))
def test_workers_read_rows_as_one_does(rows: list[str], workers: int) -> None:
    data = "\n".join(rows).encode()
    assert dealt(data, "a.jsonl", workers) == whole(data, "a.jsonl")


CELLS = [
    "A,x,99213,20250310,1",
    "A,y,99213,20250310,1",
    "B,x,99213,20250310,1",
    "B,,99213,20250310,1",
    ",,,",
    "1,2",
    '"',
]


@given(st.lists(st.sampled_from(CELLS), max_size=12), st.integers(2, 4))
def test_workers_read_cells_as_one_does(rows: list[str], workers: int) -> None:
    data = "\n".join(["claim_id,patient_id,code,from_date,units", *rows]).encode()
    assert dealt(data, "a.csv", workers) == whole(data, "a.csv")


@pytest.mark.skipif(not FILES, reason=f"no sample files in {SHARED / 'x12'}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files_are_dealt_out_whole(path: Path) -> None:
    for workers in (2, 3):
        assert dealt(path.read_bytes(), path.name, workers) == whole(path.read_bytes(), path.name)


def test_what_holds_no_claim_is_said_by_one_worker() -> None:
    for data, name in ((b"", "a.837"), (b"claim_id,code,from_date,units\n", "a.csv"), (b"\x89PNG", "a.837")):
        *_, message = dealt(data, name, 3)
        assert isinstance(message, EditMessage)
        assert message.check == "FILE-UNREADABLE"
        assert dealt(data, name, 3) == whole(data, name)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real file in which segments were dropped, doubled and moved, and bytes overwritten."""
    path = draw(st.sampled_from([path for path in FILES if path.stat().st_size < 60_000]))
    data = path.read_bytes()
    terminator = data[105:106] if data.startswith(b"ISA") else b"~"
    parts = data.split(terminator)
    whole_numbers = st.integers(0, 1 << 20)
    changes = st.tuples(whole_numbers, whole_numbers, st.sampled_from(["drop", "double", "move"]))
    for at, to, what in draw(st.lists(changes, max_size=5)):
        part = parts[at % len(parts)]
        if what != "double":
            parts.remove(part)
        if what != "drop" or not parts:
            parts.insert(to % (len(parts) + 1), part)
    changed = bytearray(terminator.join(parts))
    for at, byte in draw(st.lists(st.tuples(whole_numbers, st.sampled_from(b"~*:\n\xe9 A0")), max_size=5)):
        changed[at % len(changed)] = byte
    return path.name, bytes(changed[: draw(st.none() | whole_numbers)])


@pytest.mark.skipif(not FILES, reason=f"no sample files in {SHARED / 'x12'}")
@given(damaged(), st.sampled_from([2, 3]), st.sampled_from([blocks.CHUNK, 997]))
def test_damaged_files_are_found_alike(file: tuple[str, bytes], workers: int, chunk: int) -> None:
    name, data = file
    with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160), patch.object(shards, "_ROUND", chunk):
        assert dealt(data, name, workers) == whole(data, name)


# -- the same output -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some thousand claims. Every patient has a second claim, days later, in another file."""
    folder = tmp_path_factory.mktemp("batch")
    for name, first in (("1.837", "2024-07-02"), ("2.837", "2024-07-05")):
        code = f"from generate import *; generate(1500, Path('{name}'), 7, date.fromisoformat('{first}'))"
        environment = {**os.environ, "PYTHONPATH": str(GENERATE.parent)}
        subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, check=True)
    shutil.copy(FIXTURES / "837p" / "broken.837", folder / "3.837")
    (folder / "waivers.csv").write_text(
        "check,code,claim_id,payer_id,reason,who,until\n"
        "CLIA,,,,looked at,me,2030-01-01\nSTATUS-X,,,,looked at,me,2024-01-01\n"
        "TELE,,C00000000*,,looked at,me,2030-01-01\n"
    )
    return folder


@pytest.fixture(autouse=True)
def in_batch(batch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(batch)


def claimcheck(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "claimcheck", "check", *arguments, "--isolated"]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


FORMATS = ("jsonl", "csv", "parquet", "html", "277ca", "claims", "lines", "concise", "github", "sarif", "junit", "xlsx")


def test_every_output_is_that_of_one_process(batch: Path) -> None:
    done = []
    for jobs in ("1", "2", "3"):
        folder = batch / f"by-{jobs}"
        folder.mkdir()
        outputs = [part for f in FORMATS for part in ("--format", f, "--output", f"{folder}/out.{f}")]
        options = ["--record", f"{folder}/record.json", "--statistics", "--waivers", "waivers.csv"]
        done.append(claimcheck("1.837", "2.837", "3.837", *outputs, *options, "--format", "text", "--jobs", jobs))
        assert done[-1].returncode == 1, done[-1].stderr
        for name in (*(f"out.{f}" for f in FORMATS), "record.json"):
            assert (folder / name).read_bytes() == (batch / "by-1" / name).read_bytes(), (name, jobs)
    told = {(d.stdout, re.sub(rb"; [0-9.]+ s, [0-9,]+ lines per second\n", b"", d.stderr)) for d in done}
    assert len(told) == 1, "but for the time that it took"
    messages = (batch / "by-1" / "out.jsonl").read_text()
    assert '"WAIVER-EXPIRED"' in messages
    assert "of claim C0000" in messages, "the batch has something that is said across claims"


@pytest.mark.skipif(not FILES, reason=f"no sample files in {SHARED / 'x12'}")
def test_real_files_are_one_batch_for_any_number_of_jobs() -> None:
    paths = [str(path) for path in FILES]
    one, two, three = (checked(paths, jobs=jobs) for jobs in (1, 2, 3))
    assert one == two == three


def test_standard_input_and_packed_files_are_dealt_out_too(batch: Path) -> None:
    data = (batch / "1.837").read_bytes()
    (batch / "1.837.gz").write_bytes(gzip.compress(data))
    plain = claimcheck("-", "--format", "jsonl", stdin=data)
    assert plain.stdout.count(b"\n") > 100
    assert claimcheck("-", "--format", "jsonl", "--jobs", "2", stdin=data).stdout == plain.stdout
    packed = claimcheck("1.837.gz", "--format", "jsonl", "--jobs", "2").stdout
    assert packed.replace(b"1.837.gz", b"standard input") == plain.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_keeps_its_name(batch: Path) -> None:
    os.mkfifo(batch / "pipe.837")
    command = [
        sys.executable,
        "-m",
        "claimcheck",
        "check",
        "pipe.837",
        "--format",
        "jsonl",
        "--isolated",
        "--jobs",
        "2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        (batch / "pipe.837").write_bytes((batch / "1.837").read_bytes())
        out, _ = process.communicate()
    (batch / "pipe.837").unlink()
    assert out.replace(b"pipe.837", b"1.837") == claimcheck("1.837", "--format", "jsonl", "--jobs", "1").stdout


def test_rows_are_dealt_out_too(batch: Path) -> None:
    draw = random.Random(3)
    rows = [
        {
            "claim_id": f"C{i // 2}", "patient_id": f"P{i // 2 % 40}", "code": draw.choice(["99213", "80053", "77424"]),
            "from_date": "20240814", "units": "1", "billing_npi": "1234567893",
        }
        for i in range(400)
    ]  # fmt: skip
    (batch / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet.write_table(pa.Table.from_pylist(rows), batch / "rows.parquet")
    for file in ("rows.jsonl", "rows.parquet"):
        one, two = (claimcheck(file, "--format", "jsonl", "--jobs", jobs) for jobs in ("1", "2"))
        assert one.stdout.count(b"\n") > 100
        assert (one.stdout, one.stderr) == (two.stdout, two.stderr)


def test_several_processes_are_used_where_files_are_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "_cores", lambda: 4)
    file = tmp_path / "a.837"
    for size, expected in ((10, 1), (WORTH_A_WORKER * 2 + 1, 2), (WORTH_A_WORKER * 9, 4)):
        with file.open("wb") as stream:
            stream.truncate(size)
        assert worth([file]) == expected
    assert worth([file, "-"]) == 1
    monkeypatch.setattr(workers_module, "available", lambda: False)
    assert worth([file]) == 1


# -- what becomes of workers -----------------------------------------------------------------------


def killed_at(*moments: int, marker: Path) -> Callable[..., None]:
    """A worker that is killed, once for each moment, when it hands over what it found for the n-th time."""
    hand_over = worker_module.Worker._hand_over
    count = 0

    def handing_over(worker: worker_module.Worker, *arguments: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        deaths = len(list(marker.glob("*")))
        if worker.number == 1 and deaths < len(moments) and count == moments[deaths]:
            (marker / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        hand_over(worker, *arguments, **options)

    return handing_over


def checked(paths: list[str], **options: object) -> Found:
    out = io.StringIO()
    tally, _ = run(paths, Checker(), [JsonlWriter(out)], **options)  # type: ignore[arg-type]
    return out.getvalue(), tally


FILES_OF_BATCH = ["1.837", "2.837", "3.837"]


@pytest.fixture(scope="module")
def by_one_process(batch: Path) -> Found:
    """What is said of the batch without workers."""
    with chdir(batch):
        return checked(FILES_OF_BATCH, jobs=1)


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_worker_that_dies_is_replaced(
    moment: int, by_one_process: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module.Worker, "_hand_over", killed_at(moment, marker=tmp_path))
    said: list[str] = []
    assert checked(FILES_OF_BATCH, jobs=2, say=said.append) == by_one_process
    assert said == ["worker 2 of 2 died (ended by SIGKILL); its part is done again"]


WITH_ROWS = ["many.jsonl", "1.837", "3.837", "many.jsonl"]


@pytest.fixture(scope="module")
def rows_by_one_process(batch: Path) -> Found:
    """What is said of claims and rows without workers."""
    row = '{{"claim_id":"C{0}","patient_id":"P{1}","code":"77424","from_date":"20240814","units":"1"}}\n'
    (batch / "many.jsonl").write_text("".join(row.format(i, i % 40) for i in range(300)))
    with chdir(batch):
        return checked(WITH_ROWS, jobs=1)


@pytest.mark.parametrize("moment", [5, 12, 40])
def test_a_worker_that_dies_among_many_rounds_and_rows_is_replaced(
    moment: int, rows_by_one_process: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file has some forty rounds."""
    monkeypatch.setattr(shards, "_ROUND", 20_000)
    monkeypatch.setattr(blocks, "CHUNK", 20_000)
    monkeypatch.setattr(shards, "_ITEM", 2_500)
    monkeypatch.setattr(worker_module.Worker, "_hand_over", killed_at(moment, marker=tmp_path))
    said: list[str] = []
    assert checked(WITH_ROWS, jobs=2, say=said.append) == rows_by_one_process
    assert len(said) == 1


def test_a_worker_that_dies_twice_ends_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module.Worker, "_hand_over", killed_at(2, 2, marker=tmp_path))
    said: list[str] = []
    with pytest.raises(WorkerDied, match="worker 2 of 2 died twice"):
        checked(["1.837", "2.837"], jobs=2, say=said.append)
    assert len(said) == 1


def test_an_error_of_a_worker_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(worker: worker_module.Worker, *arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker_module.Worker, "_hand_over", full)
    with pytest.raises(OSError, match="No space left"):
        checked(["1.837"], jobs=2)


def children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture
def endless(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """A run over a file so large that it does not end by itself during the test."""
    data = Path("1.837").read_bytes()
    (tmp_path / "out").mkdir()
    with (tmp_path / "big.837").open("wb") as stream:
        for _ in range(60):
            stream.write(data)
    program = getattr(request, "param", ["-m", "claimcheck"])
    command = [sys.executable, *program, "check", str(tmp_path / "big.837"), "--isolated", "--jobs", "2"]
    output = ["--format", "jsonl", "--output", str(tmp_path / "out" / "out.jsonl")]
    # Whoever runs these tests in the background has Ctrl-C and a hang-up ignored.
    heeding = lambda: [signal.signal(ending, signal.SIG_DFL) for ending in (signal.SIGINT, signal.SIGHUP)]  # noqa: E731
    with subprocess.Popen([*command, *output], stderr=subprocess.PIPE, preexec_fn=heeding) as process:
        yield process
        process.kill()


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task").is_dir(), reason="no /proc to find workers in")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_nothing(
    endless: subprocess.Popen[bytes], ending: signal.Signals, tmp_path: Path
) -> None:
    wait_for(lambda: len(children_of(endless.pid)) == 2)
    workers = children_of(endless.pid)
    wait_for(lambda: all(_ignores(worker, signal.SIGHUP) for worker in workers))
    for worker in workers:  # a terminal tells them too, and they leave it to who started them
        os.kill(worker, signal.SIGINT)
        os.kill(worker, signal.SIGHUP)
    endless.send_signal(ending)
    assert endless.wait(20) == 128 + ending
    assert endless.stderr
    assert endless.stderr.read() == b""
    assert not list((tmp_path / "out").iterdir())
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


ENDED_AT_A_FORK = """
import os, signal
from claimcheck.cli import main

os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.{}))
main()
"""


@pytest.mark.parametrize(
    ("endless", "ending"),
    [(["-c", ENDED_AT_A_FORK.format(ending.name)], ending) for ending in (signal.SIGTERM, signal.SIGINT)],
    indirect=["endless"],
)
def test_a_run_that_is_ended_while_it_forks_leaves_nothing(
    endless: subprocess.Popen[bytes], ending: signal.Signals, tmp_path: Path
) -> None:
    """What a signal's handler raises there would be swallowed, or would leave a worker behind."""
    assert endless.wait(20) == 128 + ending
    assert endless.stderr
    assert b"Traceback" not in endless.stderr.read()
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task").is_dir(), reason="no /proc to find workers in")
def test_workers_end_with_who_started_them(endless: subprocess.Popen[bytes]) -> None:
    wait_for(lambda: len(children_of(endless.pid)) == 2)
    workers = children_of(endless.pid)
    endless.kill()
    endless.wait(20)
    wait_for(lambda: not [worker for worker in workers if _runs(worker)])


def _ignores(process: int, ending: signal.Signals) -> bool:
    (ignored,) = re.findall(r"SigIgn:\s+([0-9a-f]+)", Path(f"/proc/{process}/status").read_text())
    return bool(int(ignored, 16) & 1 << (ending - 1))


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
