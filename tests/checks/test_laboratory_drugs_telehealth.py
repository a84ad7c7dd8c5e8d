"""Laboratory, telehealth, drug and ordering edits: awkward cases beyond their examples."""

from datetime import date

import pytest

from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.checks import families
from claimcheck.claim import ASC, OUTPATIENT
from claimcheck.rulebook import Asc, Listed, NotInForce, Rulebook
from support.judging import STARTER, checker, messages_of, severities_of

EDITS = ["CLIA", "QW", "LAB-REPEAT", "TELE", "DRUG-JWJZ", "NDC", "ORDREF", "NOC-DESC", "PCTC-SPLIT"]


def test_a_list_without_whole_from_never_says_that_a_code_is_not_in_it() -> None:
    rules = STARTER.on(date(2025, 3, 10))
    assert rules.listed("clia_waived_qw", "80053")
    with pytest.raises(NotInForce):
        rules.listed("clia_waived_qw", "88305")
    assert not rules.listed("clia_waived", "88305"), "the nine that need no QW are the whole list"


def test_a_row_source_without_the_columns_raises_nothing() -> None:
    lines = (a_line("80053"), a_line("71046"), a_line("19499"), a_line("J1885"))
    assert severities_of(a_claim(*lines), "CLIA", "ORDREF", "NOC-DESC", "NDC") == []


def test_a_waived_test_is_a_laboratory_test_whatever_the_other_lists_say() -> None:
    assert severities_of(a_claim(a_line("80053", clia="")), "CLIA") == [("CLIA", "reject")]
    assert severities_of(a_claim(a_line("85730", clia="")), "CLIA") == [("PARTLY-JUDGED", "inform")]
    assert severities_of(a_claim(a_line("86486", clia="")), "CLIA") == []


def test_a_number_that_is_no_number_is_wrong_whatever_the_lists_say() -> None:
    assert severities_of(a_claim(a_line("85730", clia="36d0712345")), "CLIA") == [("CLIA", "reject")]
    assert severities_of(a_claim(a_line("99213", clia="36d0712345")), "CLIA") == [], (
        "a claim's number stands on every line"
    )


def test_codes_of_level_ii_that_are_no_tests_ask_no_list() -> None:
    assert severities_of(a_claim(a_line("G0008", clia=""), a_line("G0439", clia="")), "CLIA", "QW") == []
    assert families.is_laboratory_test("G0480") and not families.is_laboratory_test("G0463")
    assert not families.is_laboratory_test("0042T")
    assert not families.is_laboratory_test("")


def test_a_certificate_that_surely_reaches_further_needs_no_qw() -> None:
    """Of an independent laboratory, by its taxonomy or the place of service, and of a hospital."""
    for pos, taxonomy, expected in (
        ("11", "207Q00000X", [("QW", "warn")]),
        ("11", None, [("QW", "warn")]),
        ("11", "291U00000X", []),
        ("11", "293D00000X", []),
        ("81", None, []),
        ("22", None, []),
    ):
        claim = a_claim(a_line("80053", pos=pos, clia="36D0712345"), billing_taxonomy=taxonomy)
        assert severities_of(claim, "QW") == expected, (pos, taxonomy)


def test_a_drug_that_a_center_is_not_paid_for_apart_needs_no_jz() -> None:
    claim = a_claim(a_line("J1745", setting=ASC, pos="24"))
    for indicator, expected in (("K2", ["DRUG-JWJZ"]), ("N1", [])):
        book = Rulebook.of(asc={"J1745": Asc("BB", indicator)}, single_dose_drugs={"J1745": Listed()})
        assert [m.check for m in checker(book, "DRUG-JWJZ").check(claim).messages] == expected
    unlisted = Rulebook.of(asc={}, single_dose_drugs={"J1745": Listed()})
    assert checker(unlisted, "DRUG-JWJZ").check(claim).messages == []


def test_another_payers_profile_lowers_the_certificate() -> None:
    claim = a_claim(a_line("80053", clia=""))
    assert severities_of(claim, "CLIA", profile="commercial") == [("CLIA", "warn")]
    assert severities_of(claim, "CLIA", profile="medicaid") == [("CLIA", "reject")]


def test_telehealth_asks_for_its_list_only_where_a_line_is_telehealth() -> None:
    assert severities_of(a_claim(a_line("20610")), "TELE") == []
    assert severities_of(a_claim(a_line("20610", pos="10")), "TELE") == [("PARTLY-JUDGED", "inform")]
    assert severities_of(a_claim(a_line("99213", pos="10")), "TELE") == []
    assert severities_of(a_claim(a_line("99213", pos="10")), "TELE", profile="commercial") == [("TELE", "warn")]
    assert severities_of(a_claim(a_line("20610", pos="10")), "TELE", profile="medicaid") == []


def test_audio_only_needs_no_video_modifier_from_a_commercial_payer() -> None:
    assert severities_of(a_claim(a_line("99213-93", pos="10")), "TELE", profile="commercial") == []


def test_a_drug_given_by_two_physicians_is_two_drugs() -> None:
    claim = a_claim(a_line("J1745"), a_line("J1745-JW", rendering_npi=A_PHYSICIAN))
    found = [(m.line_number, m.severity) for m in messages_of(claim, "DRUG-JWJZ")]
    assert found == [("1", "reject"), ("2", "warn")]


def test_the_discarded_amount_counts_however_the_day_is_written() -> None:
    assert severities_of(a_claim(a_line("J1745"), a_line("J1745-JW", day="2025-03-10")), "DRUG-JWJZ") == []


def test_a_missing_drug_code_is_the_payers_matter() -> None:
    claim = a_claim(a_line("J1885", ndc=""))
    assert severities_of(claim, "NDC") == []
    assert severities_of(claim, "NDC", profile="commercial") == [("NDC", "warn")]
    assert severities_of(claim, "NDC", profile="medicaid") == [("NDC", "reject")]
    assert severities_of(a_claim(a_line("J1885", ndc="1")), "NDC") == [("NDC", "inform")]


def test_an_ill_formed_drug_code_is_told_of_with_and_without_a_drug_beside_it() -> None:
    visit, drug = a_line("99213", ndc="0409379501"), a_line("J1885", ndc="00409379501")
    for lines in ([visit], [visit, drug]):
        assert [(m.line_number, m.severity) for m in messages_of(a_claim(*lines), "NDC")] == [("1", "inform")]


def test_either_provider_will_do_and_the_other_may_be_blank() -> None:
    assert severities_of(a_claim(a_line("71046", referring_npi=A_PHYSICIAN, ordering_npi="")), "ORDREF") == []
    assert severities_of(a_claim(a_line("71046", referring_npi="")), "ORDREF") == [("ORDREF", "reject")]


def test_a_laboratory_does_not_order_its_own_tests() -> None:
    claim = a_claim(a_line("80053", ordering_npi=AN_ORGANISATION), billing_taxonomy="291U00000X")
    assert severities_of(claim, "ORDREF") == [("ORDREF", "reject")]


def test_a_hospital_names_nobody_who_ordered() -> None:
    line = a_line("71046", setting=OUTPATIENT, referring_npi="", ordering_npi="", revenue_code="0324")
    assert severities_of(a_claim(line), "ORDREF") == []


def test_a_description_is_never_repeated() -> None:
    claim = a_claim(a_line("19499", description="CANARY"), a_line("19499", description=""))
    messages = messages_of(claim, *EDITS)
    assert [m.check for m in messages] == ["NOC-DESC"]
    assert "CANARY" not in str(messages)


LIPIDS = ("82465", "83718", "84478")
METABOLIC = (
    *("82040", "82247", "82310", "82374", "82435", "82565", "82947", "84075", "84132", "84155", "84295", "84450"),
    *("84460", "84520"),
)


def panels_of(*written: str) -> list[str]:
    messages = messages_of(a_claim(*map(a_line, written)), "LAB-PANEL")
    return sorted(message.allowed or "" for message in messages)


def test_the_largest_panels_are_billed() -> None:
    assert panels_of(*METABOLIC) == ["80053"]
    assert panels_of(*METABOLIC, *LIPIDS) == ["80053", "80061"]
    assert panels_of(*METABOLIC, "82248") == ["80053"], "a test is of one panel"
    assert panels_of(*(test for test in METABOLIC if test != "82947"), "82248") == ["80051", "80076"]
    assert panels_of(*METABOLIC, "80048") == [], "pairs speak of a test beside a panel that has it"
    assert panels_of(*LIPIDS, "80048") == ["80061"]
    assert panels_of("82330", "82374", "82435", "82565", "82947", "84132", "84295", "84520") == ["80047"]
    assert panels_of("86705", "86709", "86803", "87340") == ["80074"]


@pytest.mark.parametrize("modifier", ["59", "XE", "91"])
def test_a_repeated_test_is_not_one_of_a_panel(modifier: str) -> None:
    assert panels_of("82465", "83718", f"84478-{modifier}") == []
    assert panels_of(*LIPIDS, f"84478-{modifier}") == ["80061"]


def test_tests_that_are_all_waived_or_all_referred_are_a_panel() -> None:
    assert panels_of(*(f"{test}-QW" for test in LIPIDS)) == ["80061"]
    assert panels_of(*(f"{test}-90" for test in LIPIDS)) == ["80061"]


def test_the_message_is_on_the_first_line_and_counts_all() -> None:
    claim = a_claim(*map(a_line, ("99213", "84478", "83718", "82465")))
    (message,) = messages_of(claim, "LAB-PANEL")
    assert (message.line_number, message.code, message.observed) == ("2", "84478", "82465 83718 84478")
    assert message.text == "All 3 tests of panel 80061 are billed one by one."


def test_the_claim_that_completes_a_panel_has_the_message() -> None:
    claims = [
        a_claim(*map(a_line, written), patient_id="P")._replace(claim_id=claim_id)
        for claim_id, written in (("A", LIPIDS[:2]), ("B", LIPIDS[2:]), ("C", ("82465",)))
    ]
    found = list(checker(STARTER, "LAB-PANEL").run(claims))
    assert [message.claim_id for message in found] == ["B"]
    day = claims[0].lines[0].day
    assert f"See lines 1, 2 of claim A of {day}." in found[0].text


# Telehealth in the place of a visit in person: families#telehealth.


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("20200229", "telehealth is POS 02; this"),
        ("20200301", ""),
        ("20231231", ""),
        ("20240101", "telehealth is POS 02 or 10; this"),
    ],
)
def test_telehealth_in_the_usual_place_by_day(day: str, told: str) -> None:
    found = messages_of(a_claim(a_line("99214-95", day=day)), "TELE-95")
    assert [m.text.partition(": ")[2] for m in found] == ([f"{told} POS says in person."] if told else [])


def test_telehealth_by_whom_and_where() -> None:
    for place in ("11", "12", "31", "32", "49"):
        assert severities_of(a_claim(a_line("99214-95", pos=place)), "TELE-95") == [("TELE-95", "warn")]
    for other in ("02", "10", "19", "21", "22", "23", "", None):
        assert severities_of(a_claim(a_line("99214-95", pos=other)), "TELE-95") == []
    for taxonomy in ("225100000X", "2252", "225X00000X", "235Z00000X", "231H00000X"):
        assert severities_of(a_claim(a_line("97750-95"), billing_taxonomy=taxonomy), "TELE-95") == []
    for modifier in ("GN", "GO", "GP"):
        assert severities_of(a_claim(a_line(f"97110-{modifier}-95")), "TELE-95") == []


def test_telehealth_that_is_not_listed_is_said_once() -> None:
    book = Rulebook.of(telehealth={"99214": Listed()})
    both, alone = checker(book, "TELE", "TELE-95"), checker(book, "TELE-95")
    for written, day, expected in (
        ("99214-95", "20250310", ["TELE-95"]),
        ("20610-95", "20250310", ["TELE"]),
        ("99214-93", "20250310", ["TELE"]),
        ("99214-93", "20241231", ["TELE-95"]),
    ):
        claim = a_claim(a_line(written, day=day))
        assert [m.check for m in both.check(claim).messages] == expected, written
        assert [m.check for m in alone.check(claim).messages] == ["TELE-95"], written


def test_who_names_tele_does_not_mean_tele_95() -> None:
    claim = a_claim(a_line("99214-95"))
    assert severities_of(claim, "TELE") == []
    spoken = severities_of(a_claim(a_line("99214-93")), "TELE", "TELE-95", profile="medicare_advantage")
    assert spoken == [("TELE", "inform")], "what it says weighs less there, and is the same"
    assert severities_of(claim, "TELE-95", profile="medicare_advantage") == [("TELE-95", "warn")]
    assert severities_of(claim, "TELE-95", profile="commercial") == []
