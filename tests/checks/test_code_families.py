"""Families of codes: where each begins and ends."""

from collections.abc import Callable

import pytest

from claimcheck.checks import families
from claimcheck.rulebook import sections


@pytest.mark.parametrize(
    ("family", "first", "last", "before", "after"),
    [
        (sections.is_anesthesia, "00100", "01999", "00099", "02000"),
        (sections.is_surgery, "10004", "69990", "10003", "69991"),
        (sections.is_radiology_or_laboratory, "70010", "89398", "70009", "89399"),
        (sections.is_laboratory, "80047", "89398", "80046", "89399"),
        (families.is_ambulance, "A0021", "A0999", "A0020", "A1000"),
    ],
)
def test_families_of_codes_begin_and_end(
    family: Callable[[str], bool], first: str, last: str, before: str, after: str
) -> None:
    assert [family(code) for code in (before, first, last, after)] == [False, True, True, False]
    assert not family("") and not family("0735T")
