"""Modifiers: on which claims and days they are valid, and which can't be reported together."""

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import Fee
from support.judging import over, said, said_of_center, said_of_hospital, starter

BOOK = starter()
PHYSICIANS = ("26", "53", "54", "55", "56", "62", "66", "80", "81", "82", "AS")


def test_hospital_modifiers_on_professional_claims() -> None:
    """MOD-CLAIMTYPE: 73/74, 27, CA on professional REJECT; PO/PN REJECT*; FX, FY, CT are professional."""
    for modifier in ("73", "74", "27", "CA"):
        assert said(BOOK, f"20610-LT-{modifier}") == ["1 MOD-CLAIMTYPE reject"]
    for modifier in ("PO", "PN"):
        assert said(BOOK, f"20610-LT-{modifier}") == ["1 MOD-CLAIMTYPE reject*"]
    for modifier in ("FX", "FY", "CT"):
        assert said(BOOK, f"71046-{modifier}") == []


@pytest.mark.parametrize("modifier", PHYSICIANS)
def test_physician_modifiers_on_facility_claims(modifier: str) -> None:
    """MOD-CLAIMTYPE: 26, 53–56, 62, 66, 80, 81, 82, AS on ASC REJECT, on hospital OP REJECT*, not on TOB 85x with
    revenue 096x–098x."""
    of_center = ["1 MOD-CLAIMTYPE reject", *(["1 PCTC-26 reject"] if modifier == "26" else [])]
    assert said_of_center(BOOK, f"19301-{modifier}") == of_center
    assert said_of_hospital(BOOK, f"19301-{modifier}") == ["1 MOD-CLAIMTYPE reject*"]
    critical_access = {"claim": {"type_of_bill": "851"}}
    for revenue in ("0960", "0972", "0989"):
        assert said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue, **critical_access) == []
        assert said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue) == ["1 MOD-CLAIMTYPE reject*"]
    for revenue in ("0959", "0990", "0360"):
        found = said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue, **critical_access)
        assert found == ["1 MOD-CLAIMTYPE reject*"]


@pytest.mark.parametrize(
    ("modifier", "before", "first"),
    [
        ("XE", "20141231", "20150101"),
        ("XU", "20141231", "20150101"),
        ("FT", "20211231", "20220101"),
        ("FS", "20211231", "20220101"),
        ("93", "20211231", "20220101"),
        ("JZ", "20221231", "20230101"),
        ("CQ", "20181231", "20190101"),
        ("CO", "20181231", "20190101"),
    ],
)
def test_modifiers_begin(modifier: str, before: str, first: str) -> None:
    """MOD-INVALID: dates from the HCPCS file, records 7/8; CPT modifiers from rules/modifiers.toml."""
    for day, expected in ((before, ["1 MOD-INVALID reject"]), (first, [])):
        found = said(BOOK, f"20610-{modifier}", day=day)
        assert [one for one in found if "MOD-INVALID" in one] == expected


def test_conflicting_sides() -> None:
    """MOD-CONFLICT: LT+RT: none if BILAT 3, REJECT* if 1, else WARN. 50+LT/RT REJECT*."""
    for indicator, expected in (
        ("3", []),
        ("1", ["1 MOD-CONFLICT reject*"]),
        ("0", ["1 MOD-CONFLICT warn"]),
        ("2", ["1 MOD-CONFLICT warn"]),
        ("9", ["1 MOD-CONFLICT warn"]),
    ):
        book = over(fee={"20610": Fee(bilateral=indicator)})
        assert said(book, "20610-LT-RT") == expected
    for side in ("LT", "RT"):
        assert said(BOOK, f"20610-50-{side}") == ["1 MOD-CONFLICT reject*"]


@pytest.mark.parametrize("pair", ["54-55", "54-56", "55-56", "58-78", "58-79", "78-79", "76-77", "52-53"])
def test_conflicts_that_may_be_priced(pair: str) -> None:
    """MOD-CONFLICT: 54+55, 54+56, 55+56, 58/78/79, 76+77, 52+53: REJECT*."""
    one, other = pair.split("-")
    book = over(fee={"66984": Fee(global_days="090"), "66984-53": Fee(global_days="090")})
    for both in (pair, f"{other}-{one}"):
        found = said(book, f"66984-{both}", pos="22")
        returns = one in ("58", "78")
        conflict = "1 GLB-RET reject*" if returns else "1 MOD-CONFLICT reject*"
        others = ["1 GLB-SPLIT warn"] if "56" in pair else ["1 MOD-ORDER warn"] if both == "52-53" else []
        assert found == sorted([conflict, *others])


@pytest.mark.parametrize("other", ["EY", "GA", "GL", "GZ", "KB", "QL", "TQ"])
def test_conflicts_of_gx(other: str) -> None:
    """MOD-CONFLICT: GX with EY GA GL GZ KB QL TQ REJECT."""
    assert said(BOOK, f"20610-LT-GX-{other}") == ["1 MOD-CONFLICT reject"]


def test_conflict_of_ga_and_gy() -> None:
    """MOD-CONFLICT: GA+GY REJECT*."""
    assert said(BOOK, "20610-LT-GA-GY") == ["1 MOD-CONFLICT reject*"]


@pytest.mark.parametrize(
    "pair",
    [
        *("24-25", "24-57", "25-57", "24-FT", "25-FT", "26-76", "26-77", "26-59", "50-59", "50-80", "50-62"),
        *("54-78", "54-79", "25-95", "AS-80", "GX-GY", "GX-TS", "KX-GP", "59-GP", "CQ-GP", "CO-GO", "LT-59"),
    ],
)
def test_modifiers_that_go_together(pair: str) -> None:
    """valid, must not fire: 24+25, 24+57, 25+57, 24+FT, 25+FT, 26+76, 26+77, 26+59, 50+59, 50+80, 50+62, 54+78,
    54+79, 25+95, AS+80, GX+GY, GX+TS, KX+GP, 59+GP, CQ+GP, CO+GO, LT+59."""
    one, other = pair.split("-")
    for both in (pair, f"{other}-{one}"):
        for code in ("99213", "19302", "97110", "71046"):
            assert not [x for x in said(BOOK, f"{code}-{both}", pos="22") if "MOD-CONFLICT" in x or "GLB-RET" in x]


def test_53_without_a_row_of_its_own() -> None:
    """MOD-53: 53 on a code without a 53 row: WARN (contractor review)."""
    rows = {"44388": Fee(), "44388-53": Fee(), "44389": Fee()}
    book = over(fee=rows, mue={})
    assert said(book, "44388-53", pos="22") == []
    assert said(book, "44389-53", pos="22") == ["1 MOD-53 warn"]


def test_only_the_modifier_that_is_repeated_is_named() -> None:
    outcome = Checker(select=["MOD-DUP"], on_error=raise_errors).check(a_claim(a_line("77424-59-TC-59")))
    assert [message.observed for message in outcome.messages] == ["59"]


def test_care_in_a_hospice_and_apart_from_it() -> None:
    """claim-data#modifiers-that-exclude-one-another: GV with GW, of original Medicare alone; either is right."""
    for modifiers in ("GV", "GW", "GV-25", "GW-25"):
        assert said(BOOK, f"99213-{modifiers}") == []
    assert said(BOOK, "99213-GV-GW") == said(BOOK, "99213-GW-25-GV") == ["1 HOSPICE reject*"]
    for profile in ("medicare_advantage", "medicaid", "medicaid_mco", "commercial", "commercial_other"):
        assert "HOSPICE" not in str(said(starter(profile), "99213-GV-GW"))
