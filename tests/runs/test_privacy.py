"""Canaries: what names a patient stands in no output of any format, whatever goes wrong."""

import csv
import io
import json
from collections.abc import Iterable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from claimcheck import Checker, EditMessage, read
from claimcheck.engine.messages import Judged
from claimcheck.writers import FORMATS, format_of, open_writer
from claimcheck.writers.to_277ca import NoEnvelopeError
from support.canaries import CANARIES, FILE, canaries_in

CHECKER = Checker()


def outputs(content: bytes, name: str) -> str:
    """Everything that any format writes about an input, and the count."""
    result = CHECKER.judge(read(io.BytesIO(content), name=name))
    judged = list(result)
    return "\n".join([*(written(format, judged) for format in FORMATS), repr(result.summary)])


def test_no_canary_sings_in_a_claim_full_of_findings() -> None:
    text = outputs(FILE.format(**CANARIES).encode(), "x.837")
    assert "CLAIM7" in text and "CONTROL7" in text
    assert text.count("REJECT") > 5
    assert "TRN*2*CLAIM7~" in text and "REF*FJ*CONTROL7~" in text
    assert canaries_in(text) == []


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


def written(format: str, judged: Iterable[Judged | EditMessage]) -> str:
    """What a format writes, as text; of Parquet the cells."""
    out: io.StringIO | io.BytesIO = io.BytesIO() if format_of(format).binary else io.StringIO()
    writer = open_writer(format, out)
    with suppress(NoEnvelopeError):  # rows have nobody to answer
        for item in judged:
            writer.take(item)
        writer.close()
    return out.getvalue() if isinstance(out, io.StringIO) else str(parquet.read_table(out).to_pylist())


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
