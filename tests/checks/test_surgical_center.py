"""Claims of ambulatory surgical centers: which edits are theirs, and what place of service 24 does not mean."""

from datetime import date, timedelta
from typing import Any

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import ASC
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import Asc, Fee
from support.judging import over, said, said_of_center, starter

BOOK = starter()


def test_50_is_not_recognised() -> None:
    """facilities#asc-50: REJECT* "not recognised for payment: one side is paid; use two lines or 2 units"."""
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301-LT", "19301-RT") == []
    assert said_of_center(BOOK, "19301 x2") == []
    assert said(BOOK, "19301-50", pos="24") == []


def test_edits_that_hold_for_centers() -> None:
    """facilities#checks-of-the-setting: on: E edits, PTP, MUE, AOC (W), PCTC-26, PCTC-TC, ASC-*."""
    assert said_of_center(BOOK, "1930") == ["1 FMT-CODE reject"]
    assert said_of_center(BOOK, "19301-LT-LT") == ["1 MOD-DUP reject"]
    assert said_of_center(BOOK, "19301-LT x0") == ["1 UNIT-ZERO reject"]
    assert said_of_center(BOOK, "19301-LT", pos="22") == ["1 POS-TYPE reject"]
    assert said_of_center(BOOK, "19302-LT", "19301-LT") == ["2 PTP-WEAK warn"]
    assert said_of_center(BOOK, "19302", "19301") == ["2 PTP-1 reject"]
    assert said_of_center(BOOK, "19302-LT x3") == ["1 MUE-DOS reject"]
    assert said_of_center(BOOK, "27447-LT", "19294") == ["2 AOC-1 warn", "2 ASC-LIST inform"]
    assert said_of_center(BOOK, "19301-26") == ["1 MOD-CLAIMTYPE reject", "1 PCTC-26 reject"]
    assert said_of_center(BOOK, "19301-LT", "77424-TC") == ["2 PCTC-TC reject*"]
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]


def test_edits_that_do_not_hold_for_centers() -> None:
    """facilities#checks-of-the-setting: off: STATUS, PCTC-POS, GLB, MULT, BILAT, ASST, COSURG, TEAM, SUPV, NA-POS."""
    book = over(
        fee={
            "20610": Fee("I", "9", "000", "9", "9", "9", "9", "9", "03", non_facility_na=True, facility_na=True),
            "27447": Fee("X", "4", "090", "9", "0", supervision="02"),
            "99213": Fee(),
        },
        asc={"20610": Asc("AA", "A2"), "27447": Asc("AA", "J8"), "99213": Asc("AA", "P3")},
        pairs={},
        mue={},
    )
    for line in ("20610", "20610-51", "20610-58", "20610-LT", "27447-RT", "27447-51"):
        assert said_of_center(book, line) == []
    assert said_of_center(book, "20610", "99213", "27447") == []
    for line in ("20610-80", "20610-62", "20610-66", "20610-54"):
        assert said_of_center(book, line) == ["1 MOD-CLAIMTYPE reject"]


def test_technical_component_of_ancillary_services() -> None:
    """facilities#asc-tc: ASC claim, PC/TC 1 code with PI Z2/Z3, no TC: REJECT*. PC/TC 3, 0, 9: TC not wanted: PCTC-TC
    REJECT*."""
    surgery = "19301-LT"
    assert said_of_center(BOOK, surgery, "70553") == ["2 ASC-TC reject*"]  # Z2
    assert said_of_center(BOOK, surgery, "71046") == ["2 ASC-TC reject*"]  # Z3
    assert said_of_center(BOOK, surgery, "70553-TC") == []
    assert said_of_center(BOOK, surgery, "76942") == ["2 ASC-LIST inform"]  # packaged, N1
    for component in "039":
        book = over(
            fee={"76000": Fee(pctc=component), "19301": Fee()},
            asc={"76000": Asc("BB", "Z2"), "19301": Asc("AA", "A2")},
            mue={},
            pairs={},
        )
        assert said_of_center(book, surgery, "76000") == []
        assert said_of_center(book, surgery, "76000-TC") == ["2 PCTC-TC reject*"]


@pytest.mark.parametrize("ancillary", ["Z2", "Z3", "K2", "H2", "J7"])
def test_ancillary_services_need_a_procedure_that_day(ancillary: str) -> None:
    """facilities#asc-anc: PI Z2/Z3/K2/H2/J7 and no line that day with PI A2, G2, J8, P2, P3, R2 (N1 does not count):
    REJECT*."""
    for surgery in ("A2", "G2", "J8", "P2", "P3", "R2", "N1", "Z2", "L1"):
        rows = {"77424": Asc("BB", ancillary), "19301": Asc("BB" if surgery in ("Z2", "L1") else "AA", surgery)}
        book = over(asc=rows, pairs={})
        found = [one for one in said_of_center(book, "77424", "19301-LT") if "ASC-LIST" not in one]
        counts = surgery in ("A2", "G2", "J8", "P2", "P3", "R2")
        assert found == ([] if counts else ["1 ASC-ANC reject*", *(["2 ASC-ANC reject*"] if surgery == "Z2" else [])])
    book = over(asc={"77424": Asc("BB", ancillary), "19301": Asc("AA", "A2")}, pairs={})
    assert said_of_center(book, "77424", a_line("19301-LT", day="20250311", pos="24", setting=ASC)) == [
        "1 ASC-ANC reject*"
    ]


def full_claim(lines: int) -> list[Any]:
    """Lines that nothing is said of, one a day."""
    days = [date(2025, 3, 9) - timedelta(days=i) for i in range(lines)]
    return [a_line("99213", day=day.strftime("%Y%m%d")) for day in days]


def test_ancillary_services_on_a_full_claim() -> None:
    """facilities#asc-anc: WARN if the claim has 50 lines."""
    for lines, verdict in ((49, "reject*"), (50, "warn")):
        measure = {"code": "3100F", "setting": ASC, "place_of_service": "24"}
        others = [one._replace(service=one.service._replace(**measure)) for one in full_claim(lines - 1)]
        assert said_of_center(BOOK, "77424", *others) == [f"1 ASC-ANC {verdict}"]


def test_services_without_a_professional_component() -> None:
    """facilities#asc-prov: professional claim, POS 24, an Addendum BB code with PC/TC 3 or 9: no professional
    component exists for a physician to bill."""
    for component in "01234569":
        book = over(fee={"76000": Fee(pctc=component)}, asc={"76000": Asc("BB", "Z3")}, mue={})
        expected = ["1 ASC-PROV reject"] if component in "39" else []
        assert [x for x in said(book, "76000", pos="24") if "ASC" in x] == expected
        assert [x for x in said(book, "76000", pos="22") if "ASC" in x] == []
        assert [x for x in said_of_center(book, "76000") if "ASC-PROV" in x] == []
    covered = over(fee={"76000": Fee(pctc="9")}, asc={"76000": Asc("AA", "A2")}, mue={})
    assert said(covered, "76000", pos="24") == []


def test_codes_that_no_addendum_lists() -> None:
    """facilities#asc-list: ASC claim, code on neither Addendum AA nor BB: REJECT; packaged (N1): INFORM."""
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]
    assert said_of_center(BOOK, "19301-LT", "19294") == ["2 ASC-LIST inform"]
    assert said_of_center(BOOK, "19301-LT", "77424") == []
    assert said(BOOK, "77469", pos="24") == []


def test_place_24_is_no_surgical_center() -> None:
    """specification#often-got-wrong: POS 24 = ASC."""
    physician: dict[str, Any] = {"pos": "24"}
    assert said(BOOK, "77469", **physician) == []
    assert said(BOOK, "19301-50", **physician) == []
    assert said(BOOK, "77424", **physician) == ["1 ASC-PROV reject", "1 STATUS-X reject"]
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301-LT", "77424") == []


def test_a_surgical_center_shows_two_sides_without_50() -> None:
    """specification#often-got-wrong: ASC 50 / doubling ignored."""
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301 x2") == []
    assert said_of_center(BOOK, "19301-LT", "19301-RT") == []
    assert said_of_center(BOOK, "19301 x3") == ["1 MUE-DOS reject*"]
    assert said_of_center(BOOK, "19301-LT", "77424 x2") == ["2 MUE-DOS reject"]  # bilateral 9: no doubling


def test_a_surgical_centers_doubled_limit_names_the_indicator_too() -> None:
    lines = [a_line("19301-LT", units=3, pos="24", setting="asc"), a_line("77424", pos="24", setting="asc")]
    (message,) = Checker(select=["MUE-DOS"], on_error=raise_errors).check(a_claim(*lines)).messages
    assert (message.code, message.observed, message.allowed) == ("19301", "3", "2")
    assert [release.split(" ")[0] for release in message.releases] == ["MUE", "RVU25A"]
