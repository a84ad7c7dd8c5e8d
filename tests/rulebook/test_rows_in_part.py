"""Rows that lack values: by one that is not at hand no check judges anything."""

from datetime import date
from typing import Any

import pytest

from claimcheck import Checker, NotInForce
from claimcheck.authoring.check import Check, run_example
from claimcheck.authoring.examples import Example
from claimcheck.checks import all_checks
from claimcheck.rulebook import Fee, FeeInPart, Rulebook
from claimcheck.rulebook.tables.payment import FEE
from claimcheck.testing import a_claim, a_line

KNOWN = ("status", "global_days", "modifier", "source")
READERS = {check.id: check for check in all_checks() if any("fee" in example.tables for example in check.examples)}


def in_part(row: Fee) -> FeeInPart:
    """What is at hand of a row of 2026: its status and its global days."""
    known: Any = {name: value if name in KNOWN else None for name, value in row._asdict().items()}
    return FeeInPart(**known)


def test_a_value_that_is_not_at_hand_is_as_a_table_that_is_not_in_force() -> None:
    row = in_part(Fee("A", global_days="090"))
    assert (row.status, row.global_days) == ("A", "090")
    for name in set(FEE.values) - set(KNOWN):
        with pytest.raises(NotInForce) as gap:
            getattr(row, name)
        assert (gap.value.table, gap.value.lacks) == ("fee_schedule", name)


def test_it_is_stored_as_it_is() -> None:
    row = Rulebook.of(fee={"10000": in_part(Fee("A", global_days="090"))}).on(date(2026, 8, 3)).fee("10000")
    assert isinstance(row, FeeInPart)
    assert tuple(row._replace(source="example")) == tuple(in_part(Fee("A", global_days="090")))


def with_rows_in_part(example: Example) -> Example:
    rows = {code: in_part(row) for code, row in example.tables["fee"].items() if isinstance(row, Fee)}
    return example._replace(tables={**example.tables, "fee": rows})


def examples_of(check: Check) -> list[Example]:
    return [example for example in check.examples if "fee" in example.tables]


@pytest.mark.parametrize("id", READERS)
def test_no_check_judges_by_it(id: str) -> None:
    """Each example, by rows that lack all but status and global days: what is found is what is found by the whole rows,
    or the line is not judged."""
    for example in examples_of(READERS[id]):
        found, missed = run_example(READERS[id], with_rows_in_part(example))
        by_whole_rows, _ = run_example(READERS[id], example)
        texts = [finding.text for finding in by_whole_rows]
        assert {finding.text for finding in found} <= set(texts), example.title
        assert missed or [finding.text for finding in found] == texts, example.title


def test_the_checks_that_need_an_indicator_say_so() -> None:
    reading = {
        id
        for id, check in READERS.items()
        if any("fee_schedule" in run_example(check, with_rows_in_part(example))[1] for example in examples_of(check))
    }
    assert reading == {
        "ASC-PROV", "ASC-TC", "ASST", "BILAT-50", "BILAT-LTRT", "BILAT-UNITS", "COSURG", "DATE-SPAN", "DUP-LINE",
        "ENDO-BASE", "IMGFAM", "MOD-CONFLICT", "MUE-DOS", "MULT-51", "MULT-RANK", "NA-POS", "ORDREF", "ORDREF-LIST",
        "PCTC-26", "PCTC-POS", "PCTC-TC", "SUPV", "TEAM",
    }  # fmt: skip


def test_a_claim_of_the_summer_is_judged_by_what_is_at_hand() -> None:
    claim = a_claim(a_line("27447-80", day="20260803"), received_date="20260810")
    messages, dispositions, *_ = Checker(select=["ASST", "STATUS", "GLB"]).check(claim)
    assert [message.check for message in messages] == ["NOT-JUDGED"]
    assert "physician fee schedule" in messages[0].text
    assert dispositions == ["not_judged"]
