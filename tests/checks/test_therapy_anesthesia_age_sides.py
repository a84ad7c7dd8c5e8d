"""Therapy, anesthesia, age, sex, sides and sites: the awkward cases beyond the checks' own examples."""

from datetime import date
from pathlib import Path

import pytest

from claimcheck import Checker, Claim
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks.diagnoses import side_of_diagnosis
from claimcheck.checks.patient import _in_band
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import NotInForce, Rulebook
from claimcheck.rulebook.starter import load_lists, shipped_rules
from support.judging import severities_of

OURS = ("THER", "ANES", "AGE", "SEX", "DX-LAT", "MOD-MISSING", "VISIT-COMPLEXITY")


def said(claim: Claim, profile: str | None = None) -> list[tuple[str, str]]:
    """What the edits of these families say of a claim."""
    return severities_of(claim, *OURS, profile=profile)


def test_a_line_of_therapy_is_rejected_or_warned_of_by_the_profile() -> None:
    claim = a_claim(a_line("97110"))
    assert said(claim) == [("THER", "reject")]
    assert said(claim, "commercial") == [("THER", "warn")]


def test_the_evaluations_of_each_discipline_take_its_modifier_alone() -> None:
    fits = {"97161": "GP", "97168": "GO", "92521": "GN", "92597": "GN", "92607": "GN"}
    for code, modifier in fits.items():
        others = {"GN", "GO", "GP"} - {modifier}
        assert said(a_claim(a_line(f"{code}-{modifier}"))) == []
        assert [said(a_claim(a_line(f"{code}-{other}"))) for other in others] == [[("THER", "reject")]] * 2


def test_what_therapists_do_and_no_list_at_hand_names_is_not_judged_and_a_physicians_is_silent() -> None:
    swallowing = a_line("92610")
    assert said(a_claim(swallowing)) == []
    assert said(a_claim(swallowing, billing_taxonomy="235Z00000X")) == [("PARTLY-JUDGED", "inform")]
    assert said(a_claim(swallowing, billing_taxonomy="231H00000X")) == []


def test_a_therapy_service_is_unknown_outside_of_the_days_of_the_list() -> None:
    assert said(a_claim(a_line("97110", day="20191231"))) == [("PARTLY-JUDGED", "inform")]
    assert said(a_claim(a_line("97161-GP", day="20191231"))) == [("PARTLY-JUDGED", "inform")]
    assert said(a_claim(a_line("97110-GP", day="20191231"))) == []
    assert said(a_claim(a_line("99213", day="20191231"))) == []


def test_a_list_that_is_known_in_part_proves_nothing_by_its_silence() -> None:
    rules = Rulebook(load_lists()).on(date(2025, 3, 10))
    assert rules.listed("sometimes_therapy", "97550")
    with pytest.raises(NotInForce):
        rules.listed("sometimes_therapy", "92610")
    before = Rulebook(load_lists()).on(date(2023, 12, 31))
    assert not before.listed("sometimes_therapy", "97550")


def test_two_payment_modifiers_of_anesthesia_are_told_once() -> None:
    messages = Checker(on_error=raise_errors).check(a_claim(a_line("00811-AA-QK", basis="MJ", units=30))).messages
    assert [m.check for m in messages if m.check.startswith(("ANES", "MOD-"))] == ["MOD-CONFLICT"]


def test_the_order_of_anesthesia_modifiers_is_told_once() -> None:
    messages = Checker(on_error=raise_errors).check(a_claim(a_line("00811-QS-AA", basis="MJ", units=30))).messages
    assert [m.check for m in messages if m.check.startswith(("ANES", "MOD-"))] == ["MOD-ORDER"]


@pytest.mark.parametrize(
    ("band", "born", "day", "inside"),
    [
        ("under 1 year", date(2024, 3, 11), date(2025, 3, 10), True),
        ("under 1 year", date(2024, 3, 10), date(2025, 3, 10), False),
        ("65 years and over", date(1960, 3, 10), date(2025, 3, 10), True),
        ("65 years and over", date(1960, 3, 11), date(2025, 3, 10), False),
        ("18-39 years", date(2004, 2, 29), date(2022, 2, 28), False),
        ("18-39 years", date(2004, 2, 29), date(2022, 3, 1), True),
        ("0-28 days", date(2025, 2, 10), date(2025, 3, 10), True),
        ("29 days to 24 months", date(2025, 2, 10), date(2025, 3, 10), False),
        ("29 days to 24 months", date(2023, 3, 11), date(2025, 3, 10), True),
        ("29 days to 24 months", date(2023, 3, 10), date(2025, 3, 10), False),
        ("2-5 years", date(2023, 3, 10), date(2025, 3, 10), True),
        ("of any age", date(1900, 1, 1), date(2025, 3, 10), True),
    ],
)
def test_birthdays_open_and_close_a_band(band: str, born: date, day: date, inside: bool) -> None:
    assert _in_band(band, born, day) is inside


def test_every_band_of_the_list_can_be_read() -> None:
    rules = Rulebook(load_lists())
    bands = {rules.on(date(2025, 3, 10)).listed("age_bands", str(code)) for code in rules.keys("age_bands")}
    old, young = date(1900, 1, 1), date(2025, 3, 10)
    for band in bands:
        assert band and not (_in_band(band.value, old, young) and _in_band(band.value, young, young))


def test_a_code_of_either_sex_within_a_section_of_one_is_let_be() -> None:
    """58323 is laboratory work on a donor's specimen; 58322, beside it, is not."""
    assert said(a_claim(a_line("58323"), sex="M")) == []
    assert any("SEX" in one for one in map(str, said(a_claim(a_line("58322"), sex="M"))))


def test_a_message_says_nothing_of_the_patient() -> None:
    claim = a_claim(a_line("99383"), a_line("59400"), birth_date="19811231", sex="M", diagnoses=("I10",))
    for message in Checker(select=("AGE", "SEX"), on_error=raise_errors).check(claim).messages:
        text = " ".join(str(value) for value in message.as_dict().values())
        assert "1981" not in text and "43" not in message.text


def test_a_birth_after_the_service_is_another_edit() -> None:
    assert said(a_claim(a_line("99383"), birth_date="20260101")) == []


def test_sides_are_read_where_their_place_is_certain() -> None:
    sides = {
        "C50.911": "right", "C50912": "left", "C50.919": "", "M17.11": "right", "M1712": "left", "M17.0": "",
        "S52.501A": "right", "S52.525A": "left", "S52.209A": "", "H25.13": "", "H25.11": "right", "N63.21": "",
        "C64.2": "left", "I63.311": "", "G81.91": "", "Z89.511": "", "I10": "", "": "", "X": "", "O30.001": "",
    }  # fmt: skip
    assert {code: side_of_diagnosis(code) for code in sides} == sides


def test_a_pointer_past_the_end_is_another_edit() -> None:
    assert said(a_claim(a_line("19301-RT", pointers=("2", "A", "")), diagnoses=("C50912",))) == []


def test_sites_of_both_sides_name_none() -> None:
    assert said(a_claim(a_line("28285-TA-T5"), diagnoses=("M20.41",))) == []


def test_a_rules_folder_ships_every_list_that_checks_ask() -> None:
    text = (Path(str(shipped_rules())) / "lists.toml").read_text("utf-8")
    for name in ("always_therapy", "sometimes_therapy", "age_bands", "site_modifier", "preventive_services"):
        assert f"[{name}]" in text
