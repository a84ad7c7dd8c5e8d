"""Every row of intraoperative-radiation#claims, in March 2025.

Dates are moved by one year to 2025-03-10; where a row must differ, its note says so. The pairs are those of
2024 Q3, as the table has them, carried to that day. ``expected`` is the whole set of messages: line, check,
severity (line 0 is the claim).
"""

import csv
import re

import pytest

from claimcheck import Checker, Line
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from support.places import ROOT

TABLE = ROOT / "fixtures" / "iort" / "table.csv"
ROWS = list(csv.DictReader(TABLE.open()))
CARRIED = Configuration(past_newest="carry")
_LINE = re.compile(
    r"(?P<code>\S+)(?: x(?P<units>\S+))?(?: on (?P<day>\d{8}))?(?: rev (?P<rev>\d{4}))?(?: for (?P<charge>\S+))?"
)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(on_error=raise_errors, configuration=CARRIED)


def _line(written: str, row: dict[str, str]) -> Line:
    match = _LINE.fullmatch(written)
    assert match, written
    part = match.groupdict()
    return a_line(
        part["code"],
        units=part["units"] or 1,
        day=part["day"] or "20250310",
        charge=part["charge"] or "1000.00",
        pos=row["place"] or None,
        setting=row["setting"],
        revenue_code=part["rev"],
    )


@pytest.mark.parametrize("row", ROWS, ids=[f"row {row['row']}" for row in ROWS])
def test_row(row: dict[str, str], checker: Checker) -> None:
    if row["profile"]:
        checker = Checker(profile=row["profile"], on_error=raise_errors, configuration=CARRIED)
    facts = {"billing_taxonomy": "363A00000X"} if "-AS" in row["lines"] else {}
    claim = a_claim(*(_line(written, row) for written in row["lines"].split("; ")), **facts)
    found = {
        f"{number} {message.check} {message.severity}"
        for message in checker.check(claim).messages
        for number in message.lines or [str(message.line_number or 0)]
    }
    assert found == set(filter(None, row["expected"].split("; ")))


def test_the_table_is_whole() -> None:
    assert {int(row["row"]) for row in ROWS} == set(range(1, 72))


def test_messages_name_the_release_and_the_row(checker: Checker) -> None:
    claim = a_claim(a_line("77424", pos="22"))
    (message,) = checker.check(claim).messages
    assert message.releases == ["RVU25A 77424", "OPPS Addendum B 2025 77424"]
    assert message.service_date == "2025-03-10"
