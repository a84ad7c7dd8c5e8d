"""The formats ``claims`` and ``lines``: each claim and each line once, accepted ones too."""

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Judged, read
from claimcheck.claim import Location
from claimcheck.writers import open_writer
from claimcheck.writers.judged import CLAIM_FIELDS, JudgedClaim, JudgedLine, lines_of
from claimcheck.writers.to_lines import COLUMNS
from support.command_line import invoke
from support.generated import BOOK, claims
from support.places import FIXTURES, ROOT

DEMO = ROOT / "fixtures" / "837p" / "demo.837"
CHECKER = Checker(BOOK)
FACTS = st.sampled_from(["87726", "", "=1+1", 'a"b', "a,b", "-5", "a\nb", "\u00e9"]) | st.none()


def written(format: str, items: list[Judged | EditMessage]) -> str:
    stream = io.StringIO()
    writer = open_writer(format, stream)
    for item in items:
        writer.take(item)
    writer.close()
    return stream.getvalue()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@settings(max_examples=60, deadline=None)
@given(claims(), FACTS, FACTS, st.sampled_from([Location("a,b.csv", row=2), Location("a.837", "1", "2", 7)]))
def test_claims_and_lines_are_what_was_judged(
    claim: Claim, payer: str | None, control: str | None, locus: Location
) -> None:
    lines = tuple(line._replace(control=control) for line in claim.lines)
    claim = claim._replace(payer_id=payer, filing_indicator=control, locus=locus, lines=lines)
    (item,) = CHECKER.judge([claim])
    assert isinstance(item, Judged)
    text = written("claims", [item])
    assert text == json.dumps(JudgedClaim.of(item).as_dict()) + "\n"
    record = json.loads(text)
    assert record["disposition"] == item.outcome.disposition
    assert [line["disposition"] for line in record["lines"]] == item.outcome.dispositions
    rows = rows_of(written("lines", [item]))
    assert [row["disposition"] for row in rows] == item.outcome.dispositions
    for row, line in zip(rows, lines_of(item), strict=True):
        assert list(row) == list(COLUMNS)
        for name in ("line_number", "code", "units", "service_date", "last_service_date", "charge"):
            assert row[name].removeprefix("'") == (getattr(line, name) or ""), name
        assert row["modifiers"].removeprefix("'") == "|".join(line.modifiers)
        assert row["line_control"] == {"=1+1": "'=1+1", None: ""}.get(line.line_control, line.line_control)
        assert (row["locus_segment"] or row["locus_row"]) == str(line.segment or line.row or 0)


def judged(path: Path) -> list[Judged | EditMessage]:
    return list(Checker().judge(read(str(path), name=path.name)))


@pytest.mark.parametrize("path", sorted((*FIXTURES.rglob("*.837"), *FIXTURES.glob("rows/*.csv"))), ids=lambda p: p.name)
def test_every_line_of_a_file_is_in_one_row_and_nothing_is_lost_of_claims(path: Path) -> None:
    items = judged(path)
    objects = [json.loads(line) for line in written("claims", items).splitlines()]
    rows = rows_of(written("lines", items))
    of_claims = [item for item in items if isinstance(item, Judged)]
    assert len(objects) == len(items)
    assert sum(record["disposition"] is not None for record in objects) == len(of_claims)
    told = [message["check"] for record in objects for message in record["messages"]]
    assert told == [json.loads(line)["check"] for line in written("jsonl", items).splitlines()]
    in_rows = [(row["claim_id"], row["line_number"], row["disposition"]) for row in rows]
    in_claims = [
        (record["claim_id"], line["line_number"], line["disposition"]) for record in objects for line in record["lines"]
    ]
    assert in_rows == in_claims
    assert Counter(row["disposition"] for row in rows) == Counter(
        str(disposition) for item in of_claims for disposition in item.outcome.dispositions
    )
    for record in objects:
        charges = [Decimal(line["charge"]) for line in record["lines"] if line["charge"] is not None]
        assert record["charge"] == (f"{sum(charges):f}" if charges else None)
        rejected_by = {row["reject"] != "" for row in rows if row["claim_id"] == record["claim_id"]}
        assert (record["disposition"] == "rejected") <= (True in rejected_by)


def test_what_could_not_be_read_is_an_object_without_a_claim(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("claim_id,code,units,from_date\nC-1,19301,1,2024-08-14\nC-2,19301\n")
    records = [json.loads(line) for line in written("claims", judged(path)).splitlines()]
    unread = next(record for record in records if record["messages"][0]["check"] == "ROW-CELLS")
    assert list(unread) == list(CLAIM_FIELDS)
    assert {name: value for name, value in unread.items() if value} == {
        "messages": unread["messages"],
        "locus": unread["messages"][0]["locus"],
    }
    assert len(rows_of(written("lines", judged(path)))) == 1, "a row that could not be read is not a line"


def test_the_schema_is_that_of_a_judged_claim() -> None:
    schema: dict[str, Any] = json.loads(invoke("schema").stdout)["judged_claim"]
    assert (schema["version"], len(CLAIM_FIELDS), len(JudgedLine._fields)) == ("1.0", 13, 14)  # they grow together
    assert list(schema["properties"]) == list(CLAIM_FIELDS) == schema["required"]
    assert list(schema["$defs"]["JudgedLine"]["properties"]) == list(JudgedLine._fields)
    assert schema["$defs"]["EditMessage"]["type"] == "object"


def test_a_negative_charge_is_a_number_and_a_formula_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("claim_id,code,units,from_date,charge\n=C-1,19301,1,2024-08-14,-5.50\n")
    (row,) = rows_of(written("lines", judged(path)))
    assert (row["claim_id"], row["charge"]) == ("'=C-1", "-5.50")
    for row in rows_of(written("csv", judged(path))):
        assert row["charge"] in ("-5.50", "")
