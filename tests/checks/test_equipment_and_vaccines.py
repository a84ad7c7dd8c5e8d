"""Equipment and vaccines: what examples cannot show. The specification's families#equipment and families#vaccines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import families, vaccines
from claimcheck.claim import DME, Claim
from claimcheck.rulebook import Listed, Rulebook, Supply
from support.judging import STARTER, checker, said_of_batch, severities_of

SCHEDULE = Rulebook.of(
    dmepos={
        "E0601": Supply("CR", "RR"),
        "E1390": Supply("OX", "RR RR-QB RR-QF"),
        "A7030": Supply("IN", "NU"),
        "K0005": Supply("IN", "NU RR UE"),
        "L1833": Supply("PO"),
    }
)
MODIFIERS = ("NU", "RR", "UE", "KH", "KI", "KJ", "MS", "KR", "RA", "BP", "KX", "GA", "GZ", "GY", "LT")


def of_supplier(*written: str, profile: str = "medicare_part_b", book: Rulebook = SCHEDULE) -> list[tuple[str, str]]:
    claim = a_claim(*(a_line(each, pos="12", setting=DME) for each in written))
    return [(m.check, m.severity) for m in checker(book, "DME", profile=profile).check(claim).messages]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("E0601", [("DME-RENT", "reject"), ("DME-PAP", "warn")]),
        ("E0601-NU", [("DME-RENT2", "warn"), ("DME-PAP", "warn")]),
        ("E0601-RR", [("DME-CAP", "reject"), ("DME-PAP", "warn")]),
        ("E0601-RR-KH-KX", []),
        ("E1390-RR-QB", []),
        ("L1833", []),
        ("L1833-NU", [("DME-RENT2", "warn")]),
        ("K0005-LL", []),
        ("K0005-UE-KX-GY", [("DME-ONE-KX", "reject")]),
    ],
)
def test_each_fault_of_a_line_once(written: str, expected: list[tuple[str, str]]) -> None:
    assert of_supplier(written) == expected


def test_a_line_is_not_judged_without_the_fee_schedule_where_that_could_reject_it() -> None:
    assert of_supplier("K0005", book=STARTER) == [("NOT-JUDGED", "inform")]
    assert of_supplier("E1390-RR", book=STARTER) == [("NOT-JUDGED", "inform")]
    assert of_supplier("K0005-NU", book=STARTER) == [("PARTLY-JUDGED", "inform")]
    assert of_supplier("L1833", "K0005-MS", book=STARTER) == []


def test_practitioners_bill_no_equipment() -> None:
    assert severities_of(a_claim(a_line("E0601"), a_line("L1833-NU-KX-GA")), "DME") == []


def test_nothing_is_said_of_a_code_that_the_fee_schedule_lacks() -> None:
    assert of_supplier("E1399", "E1399-NU", "E1399-RR") == []


@given(st.sampled_from(["E0601", "E1390", "A7030", "K0005", "L1833"]), st.sets(st.sampled_from(MODIFIERS), max_size=4))
def test_laws_of_rented_equipment(code: str, modifiers: set[str]) -> None:
    """The three by the fee schedule never speak of one line at once but for a second modifier; the order of modifiers
    is nothing to them."""
    written = "-".join((code, *sorted(modifiers)))
    found = of_supplier(written)
    assert sorted(found) == sorted(of_supplier("-".join((code, *sorted(modifiers, reverse=True)))))
    checks = {check for check, _ in found}
    assert not {"DME-RENT", "DME-RENT2"} <= checks
    assert not {"DME-RENT", "DME-CAP"} <= checks
    if {"RA", "BP"} & modifiers:
        assert not checks & {"DME-RENT", "DME-RENT2"}
    assert ("DME-ONE-KX" in checks) == ("KX" in modifiers and bool({"GA", "GZ", "GY"} & modifiers))


def test_no_vaccine_is_in_two_groups() -> None:
    groups = [group.products for group in vaccines._GROUPS]
    assert sum(map(len, groups)) == len(frozenset().union(*groups)) == len(vaccines._GROUPED)
    assert not vaccines._PRODUCTS & vaccines._ADMINISTRATION
    assert not any(families.is_laboratory_test(code) for code in vaccines._FAMILY)


def _claim(id: str, *written: str, patient: str | None = "P1", day: str = "20241003") -> Claim:
    return a_claim(*(a_line(each, day=day) for each in written), patient_id=patient)._replace(claim_id=id)


def test_a_vaccine_and_its_administration_on_two_claims_of_a_batch() -> None:
    commercial = checker(STARTER, "VAX-PAIR", profile="commercial")
    first, second = _claim("A", "90662"), _claim("B", "90471")
    assert said_of_batch(commercial, first, second) == ["A 1 VAX-PAIR warn"], "B was not yet known to A"
    assert said_of_batch(commercial, second, first) == ["B 1 VAX-PAIR warn"]
    others = _claim("C", "90471", patient="P2"), _claim("D", "90471", day="20241004"), _claim("E", "99213")
    assert said_of_batch(commercial, first, *others) == ["A 1 VAX-PAIR warn", "C 1 VAX-PAIR warn", "D 1 VAX-PAIR warn"]


def test_medicare_is_told_softly_and_others_not_by_medicares_codes() -> None:
    claim = a_claim(a_line("90662"), a_line("90471"))
    assert severities_of(claim, "VAX", profile="medicare_part_b") == [("VAX-ADMIN", "reject")]
    assert severities_of(claim, "VAX", profile="medicare_advantage") == [("VAX-ADMIN", "warn")]
    assert severities_of(claim, "VAX", profile="commercial") == []
    by_medicare = a_claim(a_line("90662"), a_line("G0008"))
    assert severities_of(by_medicare, "VAX", profile="commercial") == [("VAX-ADMIN2", "warn")]
    assert severities_of(by_medicare, "VAX", profile="medicare_part_b") == []


def test_every_administration_of_a_day_is_told_and_two_groups_in_one_message() -> None:
    claim = a_claim(a_line("90662"), a_line("90677"), a_line("90471"), a_line("90472"))
    found = checker(STARTER, "VAX-ADMIN").check(claim).messages
    assert [(m.line_number, m.allowed) for m in found] == [("3", "G0008 G0009"), ("4", "G0008 G0009")]
    assert found[0].text == "G0008 is required for 90662, and G0009 for 90677; 90471 is reported."


@given(st.lists(st.sampled_from(["90662", "90677", "90715", "90371", "91320", "G0008", "90471", "90480", "99213"])))
def test_laws_of_vaccines(written: list[str]) -> None:
    """Nothing is said of lines that are neither; a vaccine with its own administration is right; and the order of lines
    is nothing to what is said."""
    claim = a_claim(*map(a_line, written))
    found = checker(STARTER, "VAX").check(claim).messages
    back = checker(STARTER, "VAX").check(a_claim(*map(a_line, reversed(written)))).messages
    assert sorted((m.check, m.code or "") for m in found) == sorted((m.check, m.code or "") for m in back)
    assert not {m.code for m in found} & {"99213", "90371"}
    if {"90715", "90371"} & set(written):
        assert not any(m.check == "VAX-ADMIN" for m in found)


def test_a_test_with_qw_on_the_laboratory_fee_schedule() -> None:
    """It shows what the shipped list does not; and the list what it lacks."""
    book = STARTER.under(*Rulebook.of(laboratory_fees={"85610": Listed("QW"), "80053": Listed()}).stores)
    for written in ("85610-QW", "80053-QW"):
        assert not checker(book, "QW").check(a_claim(a_line(written))).messages, written
    assert [m.check for m in checker(STARTER, "QW").check(a_claim(a_line("85610-QW"))).messages] == ["PARTLY-JUDGED"]
    assert [m.check for m in checker(book, "QW").check(a_claim(a_line("85610"))).messages] == ["QW"]
