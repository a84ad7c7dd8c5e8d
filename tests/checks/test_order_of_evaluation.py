"""Which edit suppresses which on one line."""

from claimcheck.authoring.examples import a_line
from claimcheck.rulebook import Fee, Mue, Pair
from support.judging import over, said, starter

BOOK = starter()


def test_an_invalid_code_silences_every_table_check() -> None:
    """order#step-1: FMT-CODE suppresses every table check of that line (not DATE-*, NPI, DX-PTR, MOD-DUP)."""
    book = over(fee={"77424": Fee()}, codes={}, asc={}, mue={"77423": Mue(1, 2)}, pairs={"77423-77424": Pair("0")})
    line = a_line("77423-26-26", units=2, day="20250310", rendering_npi="1234567890", pointers=("9",), pos="21")
    found = said(book, line, "77424", claim={"received_date": "20250309"})
    assert found == [
        "1 DATE-FUTURE reject",
        "1 DX-PTR reject",
        "1 FMT-CODE reject",
        "1 MOD-DUP reject",
        "1 NPI reject",
        "2 DATE-FUTURE reject",
    ]


def test_what_sees_one_line_suppresses_nothing() -> None:
    """order#step-2: STATUS, modifier against indicator, claim data, families do not suppress one another."""
    assert said(BOOK, "77424-26-TC-50-80", pos="22") == [
        "1 ASST reject",
        "1 BILAT-50 reject",
        "1 MOD-CONFLICT reject",
        "1 PCTC-26 reject",
        "1 PCTC-TC reject",
        "1 STATUS-X reject",
    ]
