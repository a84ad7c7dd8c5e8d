"""Medically unlikely edits: which units are summed, against which limit, and what is said where there is none."""

from typing import Any

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import Mue, Rulebook
from support.judging import STARTER, checker, on_claim, over, said, starter

BOOK = starter()
HOSPITAL: dict[str, Any] = {"pos": "22"}


def test_a_limit_of_zero_where_a_status_speaks() -> None:
    """MUE-ZERO: not on a line with GY, nor where a status speaks."""
    assert said(BOOK, "A9270") == ["1 STATUS-N reject*"]
    assert said(BOOK, "A9270-GY") == ["1 STATUS-N inform"]
    assert said(BOOK, "A9270-GA") == ["1 STATUS-N reject*"]


def test_units_of_all_lines_are_summed() -> None:
    """order#step-4: MUE: sums all lines that passed step 1, duplicates and rejected ones too; one MUE-DOS on each
    line of the code and day."""
    assert said(BOOK, "77424", "77424", "77424-26", pos="22") == [
        "1 MUE-DOS reject",
        "1 STATUS-X reject",
        "2 DUP-LINE reject",
        "2 MUE-DOS reject",
        "2 STATUS-X reject",
        "3 MUE-DOS reject",
        "3 PCTC-26 reject",
        "3 STATUS-X reject",
    ]


@pytest.mark.parametrize(
    ("units", "counted"), [("0.5", True), ("0", False), ("-1", False), ("two", False), ("", False)]
)
def test_units_that_are_not_a_number_are_not_summed(units: str, counted: bool) -> None:
    """order#step-1: UNIT-ZERO/-FRAC take the line out of the MUE sum only if the units are not a number or ≤ 0."""
    other = a_line("19302-LT-76", units=units, pos="22")
    data = "2 UNIT-FRAC reject" if counted else "2 UNIT-ZERO reject"
    over_limit = ["1 MUE-DOS reject", "2 MUE-DOS reject"] if counted else []
    assert said(BOOK, "19302-LT", other, pos="22") == sorted([data, *over_limit])


@pytest.mark.parametrize("modifier", ["76", "59", "XS", "77", "91"])
def test_units_of_a_day_are_summed_and_no_modifier_bypasses_them(modifier: str) -> None:
    """MUE applied per line; 76/59 "bypassing" MAI 2/3; trimming instead of denying all units."""
    by_policy, clinical = over(mue={"95937": Mue(1, 2)}), over(mue={"95937": Mue(1, 3)})
    misplaced = ["2 MOD-FITS reject*"] if modifier == "91" else []
    for judge, verdict in ((by_policy, "reject"), (clinical, "reject*")):
        units = [f"1 MUE-DOS {verdict}", f"2 MUE-DOS {verdict}"]
        assert said(judge, "95937", f"95937-{modifier}") == sorted([*units, *misplaced])
        assert said(judge, "95937") == []


def test_all_units_are_denied() -> None:
    """MUE applied per line; 76/59 "bypassing" MAI 2/3; trimming instead of denying all units."""
    outcome = BOOK.checker.check(on_claim("71046", "71046-76 x2"))
    assert [(m.line_number, m.check, m.observed, m.allowed) for m in outcome.messages] == [
        ("1", "MUE-DOS", "3", "2"),
        ("2", "MUE-DOS", "3", "2"),
    ]
    assert outcome.dispositions == ["rejected", "rejected"]


def test_a_line_edit_is_judged_by_line() -> None:
    """MUE applied per line: right for the few codes of MAI 1 alone."""
    ambulance: dict[str, Any] = {"pos": "41"}
    alone = ["1 AMB-BASE warn", "2 AMB-BASE warn"]
    assert said(BOOK, "A0425-RH x250", "A0425-HR x250", **ambulance) == alone
    assert said(BOOK, "A0425-RH x250", "A0425-HR x251", **ambulance) == [*alone, "2 MUE-LINE reject"]


def test_a_limit_of_zero_is_no_license() -> None:
    """MUE 0 or missing = unlimited."""
    assert said(BOOK, "G0463", pos="22") == ["1 STATUS-X reject"]  # one finding, one message
    assert Checker(STARTER, select=["MUE-ZERO"]).check(on_claim("G0463", pos="22")).checks == ["MUE-ZERO"]
    assert said(over(mue={"20610": Mue(0, 3)}), "20610-LT") == ["1 MUE-ZERO reject"]
    assert said(over(mue={"20610": Mue(1, 3)}), "20610-LT") == []


def test_a_missing_limit_is_not_called_clean() -> None:
    """MUE 0 or missing = unlimited: a day without a table is not judged."""
    outcome = BOOK.checker.check(on_claim("99213 x50", day="20230814"))
    assert [m.check for m in outcome.messages] == ["NOT-JUDGED"]
    assert "mue_practitioner" in (outcome.messages[0].observed or "")
    assert outcome.dispositions == ["not_judged"]


def test_two_sides_against_a_limit_of_one() -> None:
    """50 with units 2, LT+RT lines passing for MUE 1."""
    assert said(BOOK, "27447-50", **HOSPITAL) == []
    assert said(BOOK, "27447-50 x2", **HOSPITAL) == ["1 BILAT-UNITS reject*", "1 MUE-DOS reject"]
    assert said(BOOK, "27447-LT", "27447-RT", **HOSPITAL) == [
        "1 BILAT-LTRT warn",
        "1 MUE-DOS reject",
        "2 BILAT-LTRT warn",
        "2 MUE-DOS reject",
    ]


def test_minutes_are_no_units() -> None:
    """Anaesthesia minutes compared with MUE."""
    book = over(mue={"00811": Mue(1, 3)})
    nurse = {"billing_taxonomy": "367500000X"}
    assert said(book, "00811-QZ x60", basis="MJ", claim=nurse) == []
    assert said(book, "00811-QZ x60", claim=nurse) == ["1 MUE-DOS reject*", "1 UNIT-MJ warn"]


def test_a_span_that_reaches_another_lines_day_is_summed_with_it() -> None:
    """Neither is over the limit of a day by itself, and the lines begin on two days."""
    book = Rulebook.of(mue={"97110": Mue(8, 2)})
    lines = (a_line("97110", day="20240813", to_date="20240814", units=8), a_line("97110", day="20240814", units=5))
    found = checker(book, "MUE-DOS").check(a_claim(*lines)).messages
    assert [(m.line_number, m.observed) for m in found] == [("1", "9"), ("2", "9")]


def test_a_zero_limit_of_what_suppliers_bill_only_warns() -> None:
    outcome = Checker(select=["MUE-ZERO"], on_error=raise_errors).check(a_claim(a_line("L3908")))
    assert [(m.check, m.severity) for m in outcome.messages] == [("MUE-ZERO", "warn")]
    assert outcome.messages[0].releases == ["MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: L3908",
                                            "MUE DME 2024 Q3 and MUE DME 2026 Q2, which agree: L3908"]  # fmt: skip
