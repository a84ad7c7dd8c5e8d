"""Canaries: what names a patient stands in no output of any format, whatever goes wrong."""

import csv
import io
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from claimcheck import Checker, EditMessage, read
from claimcheck.engine.messages import Judged
from claimcheck.writers import FORMATS, Acknowledging, Options, format_of, open_writer
from claimcheck.writers.to_277ca import NoEnvelopeError

CANARIES = {
    "last": "CANARYLAST",
    "first": "CANARYFIRST",
    "street": "CANARYSTREET",
    "city": "CANARYCITY",
    "member": "CANARYMEMBER",
    "birth": "19310207",
    "other": "CANARYOTHER",
    "note": "CANARYNOTE",
    "group": "CANARYGROUP",
    "zip": "CANARYZIP",
}
FILE = """ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*0930*^*00501*000000007*0*T*:~
GS*HC*SENDER*RECEIVER*20250320*0930*7*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*7*20250320*0930*CH~
NM1*41*2*SUBMITTER*****46*SENDER~
NM1*40*2*PAYER*****46*RECEIVER~
HL*1**20*1~
PRV*BI*PXC*207Q00000X~
NM1*85*2*CLINIC*****XX*1234567890~
HL*2*1*22*1~
SBR*P**{group}******MB~
NM1*IL*1*{last}*{first}****MI*{member}~
N3*{street}~
N4*{city}*OH*432150001~
DMG*D8*{birth}*F~
NM1*PR*2*PAYER*****PI*PAYER1~
HL*3*2*23*0~
PAT*19~
NM1*QC*1*{last}*{first}~
N3*{street}~
DMG*D8*{birth}*M~
CLM*CLAIM7*100***22:B:1*Y*A*Y*Y~
NTE*ADD*{note}~
HI*ABK:I10~
NM1*77*2*CENTER~
N4*{city}*OH*{zip}~
SBR*S*18*{group}******CI~
OI***Y***Y~
NM1*IL*1*{other}*{first}****MI*{member}~
LX*1~
SV1*HC:77424:26:26*-5*UN*1e400***9~
DTP*472*D8*19000101~
REF*6R*CONTROL7~
NTE*ADD*{note}~
NM1*PW*2~
N4*{city}*OH*{zip}~
LX*2~
SV1*HC:99999:ZZ::::{note}*0*UN*2***1~
DTP*472*RD8*20250310-20250201~
SE*99*0002~
GE*1*7~
IEA*1*000000007~
"""


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


def canaries_in(text: str) -> list[str]:
    return [canary for canary in CANARIES.values() if canary in text]


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


@settings(max_examples=200, deadline=None)
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
