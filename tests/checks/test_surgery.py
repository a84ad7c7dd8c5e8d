"""Several procedures, both sides, assistants and co-surgeons, value by value of the fee schedule."""

from typing import Any

from claimcheck.rulebook import AddOn, Fee, Mue
from support.judging import over, said, said_of_center, starter

BOOK = starter()
HOSPITAL: dict[str, Any] = {"pos": "22"}


def test_multiple_procedures() -> None:
    """surgery#multiple-procedures: 51: 2-7 INFORM, 0 INFORM, 9 and add-ons WARN (Medicare); rank INFORM."""
    for indicator in "0234567":
        assert said(over(fee={"20610": Fee(multiple=indicator)}), "20610-51-LT") == ["1 MULT-51 inform"]
    assert said(over(fee={"20610": Fee(multiple="9")}), "20610-51-LT") == ["1 MULT-51 warn"]
    assert said(BOOK, "17000", "17003-51") == ["2 MULT-51 warn"]  # ZZZ
    listed = over(fee={"17000": Fee(), "17003": Fee()}, add_ons={"17003-17000": AddOn("1", "17000")})
    assert said(listed, "17000", "17003-51") == ["2 MULT-51 warn"]  # named by the list of add-on codes alone
    values = over(
        fee={
            "20610": Fee(multiple="2", non_facility_rvu="2.0"),
            "11721": Fee(multiple="2", non_facility_rvu="1.0"),
        },
        pairs={},
    )
    assert said(values, "20610-LT", "11721-51") == ["2 MULT-51 inform", "2 MULT-RANK inform"]
    assert said(values, "20610-51-LT", "11721") == ["1 MULT-51 inform", "1 MULT-RANK inform", "2 MULT-RANK inform"]


def test_multiple_procedures_inform_in_each_program() -> None:
    """H: MULT-51 Medicare I; PCTC-POS ASC –."""
    for profile in ("medicare_part_b", "medicare_advantage"):
        assert said(starter(profile), "20610-51-LT") == ["1 MULT-51 inform"]
    assert said_of_center(BOOK, "19301-LT", "71046-TC") == []


def test_bilateral_0() -> None:
    """surgery#bilateral-0: 50 REJECT*; LT+RT WARN."""
    book = over(fee={"64483": Fee(bilateral="0")}, mue={"64483": Mue(2, 3)})
    assert said(book, "64483-50") == ["1 BILAT-50 reject*"]
    assert said(book, "64483-LT", "64483-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(book, "64483-LT") == []
    assert said(book, "64483 x2") == []  # the MUE decides
    assert said(book, "64483 x3") == ["1 MUE-DOS reject*"]


def test_bilateral_1() -> None:
    """surgery#bilateral-1: 50 with units ≠ 1: REJECT* if MUE = 1 else WARN; LT+RT WARN; 2 units WARN; MUE decides."""
    assert said(BOOK, "20610-50") == []
    assert said(BOOK, "20610-50 x2") == ["1 BILAT-UNITS warn"]  # the limit is 2
    assert said(BOOK, "20610-50 x3") == ["1 BILAT-UNITS warn", "1 MUE-DOS reject*"]
    assert said(BOOK, "27447-50 x2", pos="22") == ["1 BILAT-UNITS reject*", "1 MUE-DOS reject"]  # the limit is 1
    assert said(BOOK, "20610-LT", "20610-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(BOOK, "20610 x2") == ["1 BILAT-UNITS warn"]
    assert said(BOOK, "27447 x2", pos="22") == ["1 BILAT-UNITS warn", "1 MUE-DOS reject"]
    unpublished = over(mue={})
    assert said(unpublished, "20610-50 x2") == ["1 BILAT-UNITS warn"]


def test_bilateral_2() -> None:
    """surgery#bilateral-2: 50 REJECT*; LT+RT or 2 units WARN; MUE decides. Row of the pricing modifier (76519, 92136:
    26 is 3)."""
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]
    assert said(BOOK, "76519-LT", "76519-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(BOOK, "76519 x2") == ["1 BILAT-UNITS warn"]
    assert said(BOOK, "76519 x3") == ["1 MUE-DOS reject"]
    assert said(BOOK, "76519-26-LT", "76519-26-RT") == []
    assert said(BOOK, "76519-26-50") == []
    assert said(BOOK, "76519-26 x2") == []
    rows = {"92136": Fee(pctc="1", bilateral="2"), "92136-26": Fee(pctc="1", bilateral="3")}
    assert said(over(fee=rows, mue={}), "92136-50") == ["1 BILAT-50 reject*"]
    assert said(over(fee=rows, mue={}), "92136-26-50") == []


def test_bilateral_3() -> None:
    """surgery#bilateral-3: all forms accepted, also LT RT on one line; MUE still applies (17 of 80 have MUE 1)."""
    for limit in (2, 1):
        book = over(mue={"73630": Mue(limit, 2)})
        for written in (["73630-50"], ["73630-LT-RT"], ["73630-LT"], ["73630"]):
            assert said(book, *written) == []
        too_many = limit == 1
        assert said(book, "73630 x2") == (["1 MUE-DOS reject"] if too_many else [])
        assert said(book, "73630-50 x2") == (["1 MUE-DOS reject"] if too_many else [])
        assert said(book, "73630-LT-RT x2") == (["1 MUE-DOS reject"] if too_many else [])
        both = ["1 MUE-DOS reject", "2 MUE-DOS reject"]
        assert said(book, "73630-LT", "73630-RT") == (both if too_many else [])


def test_a_bilateral_indicator_of_0_or_2_is_priced_and_9_is_invalid() -> None:
    """BILAT 0/2 vs 9 treated alike (0/2 price at 100%; 9 invalid)."""
    assert said(BOOK, "22551-50", pos="22") == ["1 BILAT-50 reject*"]  # 0
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]  # 2
    assert said(BOOK, "77424-50", pos="22") == ["1 BILAT-50 reject", "1 STATUS-X reject"]  # 9


def test_the_scale_of_assistants_runs_against_that_of_co_surgeons() -> None:
    """ASST 0/1 treated like CO-SURG 0/1."""
    assert said(BOOK, "19301-80", **HOSPITAL) == ["1 ASST warn"]  # 0: with documentation
    assert said(BOOK, "45378-80", **HOSPITAL) == ["1 ASST reject"]  # 1: never
    assert said(BOOK, "19302-80", **HOSPITAL) == []  # 2: paid
    assert said(BOOK, "19301-62", **HOSPITAL) == ["1 COSURG reject"]  # 0: never
    assert said(BOOK, "19302-62", **HOSPITAL) == ["1 COSURG warn"]  # 1: with documentation
    assert said(BOOK, "22551-62", **HOSPITAL) == ["1 COSURG inform"]  # 2: paid to two specialties
