"""Professional and technical components: indicators, the rows of 26 and TC, and places of service."""

from typing import Any

import pytest

from claimcheck.rulebook import Fee, Opps
from support.judging import over, said, starter

REJECTING, WARNING = ("19", "21", "22", "23", "51"), ("26", "31", "34", "52", "56", "61")
BOOK = starter()
HOSPITAL: dict[str, Any] = {"pos": "22"}
ALL_PLACES = (
    "11",
    "12",
    "19",
    "20",
    "21",
    "22",
    "23",
    "24",
    "26",
    "31",
    "32",
    "34",
    "49",
    "50",
    "51",
    "52",
    "56",
    "61",
)
TECHNICAL = over(
    fee={
        "71046": Fee(pctc="1"),
        "71046-26": Fee(pctc="1"),
        "71046-TC": Fee(pctc="1"),
        "93306": Fee(pctc="1"),
        "93005": Fee(pctc="3"),
        "93000": Fee(pctc="4"),
    },
)


@pytest.mark.parametrize("place", ALL_PLACES)
@pytest.mark.parametrize("code", ["71046", "71046-TC", "71046-26", "93306", "93005", "93000"])
def test_technical_components_in_facilities(place: str, code: str) -> None:
    """components#places-of-service: REJECT 19, 21, 22, 23, 51; WARN 26, 31, 34, 52, 56, 61; POS 24 (non-ASC claim):
    REJECT for PC/TC 3, 4 and for 1-TC/1-global on an Addendum BB code, else WARN."""
    expected = {**dict.fromkeys(REJECTING, "reject"), **dict.fromkeys(WARNING, "warn")}
    expected["24"] = "warn" if code == "93306" else "reject"
    verdict = expected.get(place) if code != "71046-26" else None
    assert said(TECHNICAL, code, pos=place) == ([f"1 PCTC-POS {verdict}"] if verdict else [])


@pytest.mark.parametrize("place", ["22", "24", "31"])
def test_who_may_bill_technical_components_in_facilities(place: str) -> None:
    """components#places-of-service. Exempt: IDTF 293D00000X, portable X-ray, and GW lines."""
    for taxonomy in ("293D00000X", "335V00000X"):
        for code in ("71046", "71046-TC", "93005", "93000"):
            assert said(TECHNICAL, code, pos=place, claim={"billing_taxonomy": taxonomy}) == []
    assert said(TECHNICAL, "71046-GW", pos=place) == []
    assert said(TECHNICAL, "71046", pos=place, claim={"billing_taxonomy": "291U00000X"}) != []


@pytest.mark.parametrize("place", ALL_PLACES)
def test_physician_interpretations_of_inpatients_alone(place: str) -> None:
    """components#indicator-8: payable POS 21, 51, 61; else REJECT*."""
    smear = over(fee={"85060": Fee(pctc="8")})
    assert said(smear, "85060", pos=place) == ([] if place in ("21", "51", "61") else ["1 PCTC-POS reject*"])


@pytest.mark.parametrize("place", ["11", "19", "21", "22", "23", "24", "31", "51", "52", "61"])
@pytest.mark.parametrize(
    ("taxonomy", "modifier", "verdict"),
    [
        ("225100000X", "GP", "reject"),
        ("2251X0800X", "GP", "reject"),
        ("225X00000X", "GO", "reject"),
        ("235Z00000X", "GN", "warn"),
        ("231H00000X", "GN", "warn"),
        ("207Q00000X", "GP", ""),
    ],
)
def test_therapists_in_facilities(place: str, taxonomy: str, modifier: str, verdict: str) -> None:
    """components#indicator-7: PT/OT taxonomy in 19, 21, 22, 23: REJECT; SLP/audiology: WARN."""
    book = over(fee={"97530": Fee(pctc="7")})
    expected = [f"1 PCTC-POS {verdict}"] if verdict and place in ("19", "21", "22", "23") else []
    assert said(book, f"97530-{modifier}", pos=place, claim={"billing_taxonomy": taxonomy}) == expected


def test_the_hospital_bills_the_technical_side() -> None:
    """PCTC-POS ignored (global imaging in POS 22)."""
    assert said(BOOK, "71046", pos="22") == ["1 PCTC-POS reject"]
    assert said(BOOK, "71046-TC", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]
    assert said(BOOK, "71046-26", pos="22") == []
    assert said(BOOK, "71046", pos="11") == []
    assert said(BOOK, "93005", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]
    assert said(BOOK, "93000", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]


def test_the_row_of_the_pricing_modifier_decides() -> None:
    """Not keying on (HCPCS, MOD)."""
    reading = {"83020": Fee("X", "9"), "83020-26": Fee("A", "6")}
    assert said(over(fee=reading, opps={"83020": Opps("J1")}), "83020-26", **HOSPITAL) == []
    assert said(BOOK, "83020-26", clia="36D0712345", **HOSPITAL) == []
    assert said(BOOK, "76519-26-50") == []
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]
    assert said(BOOK, "45378-53", **HOSPITAL) == []
    assert said(BOOK, "45380-53", **HOSPITAL) == ["1 MOD-53 warn"]


def test_rarely_performed_is_not_invalid() -> None:
    """NA indicator = invalid."""
    assert said(BOOK, "19301-LT", pos="11") == ["1 NA-POS warn"]
    assert said(BOOK, "19301-LT", pos="22") == []
    rare = {"95004": Fee(facility_na=True)}
    assert said(over(fee=rare, mue={}), "95004", pos="22") == ["1 NA-POS warn"]
    assert said(over(fee=rare, mue={}), "95004", pos="11") == []
