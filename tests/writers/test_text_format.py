"""What was found, as the text format shows it: a biller must see a value that is blank, and blanks in one."""

from __future__ import annotations

import io
from typing import Any

import pytest

from claimcheck import Checker, read
from claimcheck.authoring.check import unreadable
from claimcheck.claim import Location
from claimcheck.message import EditMessage
from claimcheck.readers.x12.edits import X12_ISA
from claimcheck.writers.to_text import TextWriter, visible


def shown(**fields: Any) -> list[str]:
    """The lines of a message about what was found."""
    stream = io.StringIO()
    TextWriter(stream).write(unreadable(X12_ISA, Location("a.837"), "Something is wrong.", "Correct it.", **fields))
    return [line.strip() for line in stream.getvalue().splitlines() if "found:" in line or "allowed:" in line]


@pytest.mark.parametrize(
    ("observed", "allowed", "expected"),
    [
        ("", "0", ["found: (blank); allowed: 0"]),
        (" ", "0", ["found: (blank); allowed: 0"]),
        ("", None, ["found: (blank)"]),
        (None, "0", ["allowed: 0"]),
        (None, None, []),
        ("7", "0", ["found: 7; allowed: 0"]),
        (" 7", "0", ['found: " 7"; allowed: 0']),
        ("7 ", None, ['found: "7 "']),
        ("99 213", None, ['found: "99 213"']),
        ("99  213", None, ['found: "99  213"']),
        ("99\t213", None, ['found: "99?213"']),
        ("status X, place of service 22", None, ["found: status X, place of service 22"]),
        ("nothing", "ISA", ["found: nothing; allowed: ISA"]),
        ("wrong", None, []),  # the text says it
        (" ", None, ["found: (blank)"]),  # though the text has blanks
        ("is  ", None, ['found: "is  "']),
    ],
)
def test_what_was_found_is_to_be_seen(observed: str | None, allowed: str | None, expected: list[str]) -> None:
    assert shown(observed=observed, allowed=allowed) == expected


def test_a_line_with_blank_units() -> None:
    rows = b"claim_id,code,units,from_date,place_of_service\nA,99213,,20250310,11\nB,99213, 1 2 ,20250310,11\n"
    stream = io.StringIO()
    writer = TextWriter(stream)
    for message in Checker(select=["UNIT"]).run(read(io.BytesIO(rows), name="a.csv")):
        assert isinstance(message, EditMessage)
        writer.write(message)
    assert "found: (blank)" in stream.getvalue()
    assert 'found: "1 2"' in stream.getvalue()


def test_words_are_left_as_they_are() -> None:
    assert visible("line 1 of claim A") == "line 1 of claim A"
