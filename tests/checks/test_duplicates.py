"""Duplicate lines: which two lines are one, and which of them is told."""

from typing import Any

from claimcheck.authoring.examples import A_PHYSICIAN, a_line
from support.judging import over, said, starter

OTHER_SURGEON: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "2086S0122X"}
BOOK = starter()


def test_what_makes_a_duplicate() -> None:
    """DUP-LINE: identical code, modifiers, day, provider, place: REJECT on the second and later; differing units,
    charge or NDC: WARN."""
    book = over(mue={})
    assert said(book, "99213", "99213", "99213") == ["2 DUP-LINE reject", "3 DUP-LINE reject"]
    assert said(book, "71046-GW-FY", "71046-FY-GW") == ["2 DUP-LINE reject"]  # in whatever order
    for other in ("99213 x2", "99213 for 99.00", a_line("99213", ndc="00002143380")):
        assert said(book, "99213", other) == ["2 DUP-LINE warn"]
    for other in (
        a_line("99213-25"),
        a_line("99213", day="20250311"),
        a_line("99213", **OTHER_SURGEON),
        a_line("99213", pos="22"),
    ):
        assert said(book, "99213", other) == []


def test_the_first_of_identical_lines_is_clean() -> None:
    """order#step-3: DUP-LINE: first of identical lines is clean."""
    assert said(over(mue={}), "99213", "99213") == ["2 DUP-LINE reject"]


def test_surgery_and_aftercare_are_no_duplicates() -> None:
    """54/55 lines flagged duplicate."""
    assert said(BOOK, "66984-54-RT", "66984-55-RT", pos="22") == []
    assert "2 DUP-LINE reject" in said(BOOK, "66984-RT", "66984-RT", pos="22")
