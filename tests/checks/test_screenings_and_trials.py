"""Modifiers of preventive services and of clinical trials: families#preventive-services, families#clinical-trials."""

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT
from support.judging import STARTER, messages_of, severities_of

PT = """
10004-PT -
69990-PT -
45378-PT -
44388-PT -
00811-PT -
00810-PT -
G0500-PT -
99153-PT -
45385-PT-33 -
G0105-PT warn
G0104-PT warn
G0122-PT warn
00812-PT warn
74263-PT warn
96372-PT warn
J1885-PT warn
99213-PT -
G0439-PT -
85025-PT -
81528-PT -
71046-PT -
45385-33 warn
45398-33 warn
44387-33 -
G0121-33 warn
G0108-33 -
27447-33 -
"""


@pytest.mark.parametrize("row", PT.strip().splitlines())
def test_pt_and_33_to_medicare(row: str) -> None:
    written, expected = row.split()
    for profile in ("medicare_part_b", "medicare_advantage"):
        found = severities_of(a_claim(a_line(written)), "PT-33", profile=profile)
        assert found == ([("PT-33", expected)] if expected != "-" else [])


@pytest.mark.parametrize("profile", ["commercial", "commercial_other"])
def test_pt_and_33_to_others(profile: str) -> None:
    assert severities_of(a_claim(a_line("45385-PT")), "PT-33", profile=profile) == [("PT-33", "inform")]
    assert severities_of(a_claim(a_line("00811-AA-PT")), "PT-33", profile=profile) == [("PT-33", "inform")]
    assert severities_of(a_claim(a_line("45385-33"), a_line("G0121-33")), "PT-33", profile=profile) == []


def test_planning_is_of_the_same_provider_and_day_as_the_visit() -> None:
    both = a_claim(a_line("G0438"), a_line("99497-33"), a_line("99498-33"))
    assert severities_of(both, "ACP-33") == []
    other_format = a_claim(a_line("G0439", day="2025-03-10"), a_line("99497-33", day="20250310"))
    assert severities_of(other_format, "ACP-33") == []
    welcome = a_claim(a_line("G0402"), a_line("99497-33"))
    assert severities_of(welcome, "ACP-33") == [("ACP-33", "warn")]
    assert severities_of(a_claim(a_line("G0439", day="x"), a_line("G0136", day="x")), "ACP-33") == []


def test_each_case_of_a_trial_is_said_once_to_those_who_ask_for_it() -> None:
    claim = a_claim(a_line("99214-Q1"), a_line("99213"), trial_number="")
    expected = {
        "medicare_part_b": ["reject", "reject"],
        "medicare_asc": ["reject", "reject"],
        "medicare_opps": ["reject", "reject"],
        "medicare_advantage": ["warn", "warn"],
        "commercial": ["warn"],
        "commercial_other": [],
        "medicaid": [],
    }
    for profile, severities in expected.items():
        found = messages_of(claim, "TRIAL", profile=profile)
        assert [message.severity for message in found] == severities, profile
        assert {message.line_number for message in found} <= {"1"}
    diagnosis, number = messages_of(claim, "TRIAL", profile="medicare_part_b")
    assert (diagnosis.field, diagnosis.element) == ("diagnoses", "2300 HI01-2")
    assert (number.field, number.element, number.box) == ("trial_number", "2300 REF02 (P4)", "19")


@pytest.mark.parametrize(
    ("number", "fires"),
    [("01234567", False), ("1234567", True), ("123456789", True), ("0123456\u0661", True), ("", True), (None, False)],
)
def test_the_number_of_a_trial(number: str | None, fires: bool) -> None:
    claim = a_claim(a_line("99214-Q1"), diagnoses=("C50911", "Z006"), trial_number=number)
    messages = messages_of(claim, "TRIAL")
    assert bool(messages) is fires
    assert not any(number and number in message.text for message in messages), "it may be anything"


@pytest.mark.parametrize("diagnoses", [("", "I10"), ("z00.6",), ("I10", "Z006"), None])
def test_a_diagnosis_that_may_be_the_trials(diagnoses: tuple[str, ...] | None) -> None:
    claim = a_claim(a_line("99214-Q1"), diagnoses=diagnoses)
    assert severities_of(claim, "TRIAL") == []


def test_a_hospitals_claim_of_a_trial() -> None:
    line = a_line("99214-Q1", pos=None, setting=OUTPATIENT, revenue_code="0510")
    assert severities_of(a_claim(line), "TRIAL", "TRIAL2") == [("TRIAL", "reject")]


def test_z006_without_a_modifier_is_of_the_claim() -> None:
    claim = a_claim(a_line("99214"), a_line("85025"), diagnoses=("C50911", "Z00.6"))
    (message,) = Checker(STARTER, select=["TRIAL2"]).check(claim).messages
    assert (message.severity, message.line_number, message.field) == ("warn", None, "diagnoses")
    assert severities_of(a_claim(diagnoses=("Z006",)), "TRIAL2") == []
