"""Chiropractic services: who rendered them, and for which payer (families#chiropractic)."""

import pytest

from claimcheck import Claim
from claimcheck.authoring.check import ClaimColumns
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line
from claimcheck.checks.chiropractic import not_covered_by_chiropractor
from claimcheck.checks.families import is_of_individual
from claimcheck.rulebook import Fee
from support.judging import STARTER, messages_of, over, said, severities_of

CHIROPRACTOR, PEDIATRIC = "111N00000X", "111NP0017X"


def by(taxonomy: str | None, *written: str) -> Claim:
    return a_claim(*(a_line(one) for one in written), billing_taxonomy=taxonomy)


@pytest.mark.parametrize(
    ("taxonomy", "severity"),
    [
        (CHIROPRACTOR, "reject"),
        (PEDIATRIC, "reject"),
        (None, "warn"),
        ("", "warn"),
        ("193400000X", "warn"),
        ("261QP2300X", "warn"),
        ("207Q00000X", None),
        ("225100000X", None),
        ("363LF0000X", None),
    ],
)
def test_who_rendered_a_manipulation(taxonomy: str | None, severity: str | None) -> None:
    expected = [("CHIRO-AT", severity)] if severity else []
    assert severities_of(by(taxonomy, "98941"), "CHIRO") == expected
    line = a_line("98941", rendering_npi=A_PHYSICIAN, rendering_taxonomy=taxonomy)
    own = a_claim(line, billing_taxonomy="261QP2300X")
    assert severities_of(own, "CHIRO") == expected
    assert is_of_individual(taxonomy) == (severity != "warn")


@pytest.mark.parametrize("modifier", ["AT", "GA", "GZ", "GY", "GX"])
def test_what_says_why_a_manipulation_is_billed(modifier: str) -> None:
    for code in ("98940", "98941", "98942"):
        assert severities_of(by(CHIROPRACTOR, f"{code}-{modifier}"), "CHIRO") == []
        assert severities_of(by(CHIROPRACTOR, f"{code}-59-{modifier}"), "CHIRO") == []


def test_chiropractors_by_payer() -> None:
    claim = by(CHIROPRACTOR, "98941", "98940-AT-GA", "99213-25")
    for profile, expected in {
        "medicare_part_b": [("CHIRO-AT", "reject"), ("CHIRO-AT-GA", "warn"), ("CHIRO-ONLY", "reject")],
        "medicare_advantage": [("CHIRO-AT", "warn"), ("CHIRO-ONLY", "inform")],
        "commercial": [],
        "commercial_other": [],
        "medicaid": [],
        "medicaid_mco": [],
    }.items():
        assert severities_of(claim, "CHIRO", profile=profile) == expected, profile
    (at,) = messages_of(by(CHIROPRACTOR, "98941"), "CHIRO-AT", profile="medicare_advantage")
    assert "GA" not in f"{at.text} {at.remedy}"


def test_what_is_not_covered_for_another_reason_is_said_once() -> None:
    book = over("medicare_part_b", fee={"A9270": Fee("N", "9"), "97010": Fee("A")}, opps={}, mue={}, pairs={})
    claim = {"billing_taxonomy": CHIROPRACTOR}
    assert [one for one in said(book, "A9270", claim=claim) if "CHIRO" in one] == []
    assert "1 CHIRO-ONLY reject*" in said(book, "97010-GP", claim=claim)
    assert "1 CHIRO-ONLY reject*" not in said(book, "9721", claim=claim), "no code at all"


def are_clean(*claims: Claim) -> bool:
    """Whether a look through the columns of claims calls them clean of CHIRO-ONLY."""
    assert not_covered_by_chiropractor.clean_if
    return bool(not_covered_by_chiropractor.clean_if(ClaimColumns.of(claims, STARTER)))


def test_a_look_through_a_block_misses_no_chiropractor() -> None:
    visits = by("207Q00000X", "99213"), by(None, "99213")
    for one in (by(PEDIATRIC, "99213"), a_claim(a_line(rendering_npi=A_PHYSICIAN, rendering_taxonomy=CHIROPRACTOR))):
        assert severities_of(one, "CHIRO-ONLY") == [("CHIRO-ONLY", "reject")]
        assert not are_clean(*visits, one)
    assert are_clean(*visits)
