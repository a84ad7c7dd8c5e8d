"""Hospital outpatient claims: OPPS status letters are not those of the fee schedule."""

from support.judging import over, said, said_of_hospital, starter

BOOK = starter()


def test_letters_of_three_name_spaces() -> None:
    """specification#often-got-wrong: OPPS SI letters mixed with MPFS status letters."""
    # OPPS T (45378, 20610), B (99213), M (93010), N (J3301), X of the fee schedule (85025) on a hospital's claim.
    found = said_of_hospital(over(pairs={}), "45378", "93010", "J3301", "85025", "77424")
    assert found == ["0 OPPS-INFO inform"]
    # The same letters of OPPS say nothing on a practitioner's claim, where all of these are active.
    assert said(BOOK, "45378", pos="22") == []
    assert said(BOOK, "99213") == []
    assert said(BOOK, "93010") == []
    # B and N of the fee schedule are not OPPS's of the same code (36000: B and N; 99396: N and E1).
    assert said(BOOK, "36000") == ["1 STATUS-B reject"]
    assert said_of_hospital(BOOK, "36000") == []
