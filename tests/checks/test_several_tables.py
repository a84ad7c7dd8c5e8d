"""Cases that need several tables at once, by the starter book: what an example's few rows can't show."""

from collections.abc import Callable

import pytest

from claimcheck import Checker, sections
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import families
from claimcheck.engine.loop import raise_errors


def test_a_zero_limit_of_what_suppliers_bill_only_warns() -> None:
    outcome = Checker(select=["MUE-ZERO"], on_error=raise_errors).check(a_claim(a_line("L3908")))
    assert [(m.check, m.severity) for m in outcome.messages] == [("MUE-ZERO", "warn")]
    assert outcome.messages[0].releases == ["MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: L3908",
                                            "MUE DME 2024 Q3 and MUE DME 2026 Q2, which agree: L3908"]  # fmt: skip


def test_a_surgical_centers_doubled_limit_names_the_indicator_too() -> None:
    lines = [a_line("19301-LT", units=3, pos="24", setting="asc"), a_line("77424", pos="24", setting="asc")]
    (message,) = Checker(select=["MUE-DOS"], on_error=raise_errors).check(a_claim(*lines)).messages
    assert (message.code, message.observed, message.allowed) == ("19301", "3", "2")
    assert [release.split(" ")[0] for release in message.releases] == ["MUE", "RVU25A"]


def test_a_line_of_another_code_set_without_a_date_is_not_judged_in_plain_words() -> None:
    outcome = Checker(on_error=raise_errors).check(a_claim(a_line("W1234", code_set="WK", day="")))
    (text,) = [m.text for m in outcome.messages if m.check == "NOT-JUDGED"]
    assert text == "Not checked: no rule table covers codes with qualifier WK."


def test_each_disposition() -> None:
    lines = {
        "accepted": a_line("99213"),
        "accepted_with_warnings": a_line("99232", to_date="20250312"),
        "not_judged": a_line("99999"),
        "rejected": a_line("77424"),
    }
    checker = Checker(on_error=raise_errors)
    for disposition, line in lines.items():
        outcome = checker.check(a_claim(line._replace(service=line.service._replace(place_of_service="21"))))
        if disposition == "accepted":  # an office visit to an inpatient would warn
            outcome = checker.check(a_claim(line))
        assert outcome.lines == [disposition]
        assert outcome.disposition == disposition
    outcome = checker.check(a_claim(*lines.values()))
    assert outcome.disposition == "rejected"
    outcome = checker.check(a_claim(lines["accepted"], lines["not_judged"]._replace(from_date="20250311")))
    assert (outcome.disposition, outcome.lines) == ("not_judged", ["accepted", "not_judged"])


@pytest.mark.parametrize(
    ("family", "first", "last", "before", "after"),
    [
        (sections.is_anesthesia, "00100", "01999", "00099", "02000"),
        (sections.is_surgery, "10004", "69990", "10003", "69991"),
        (sections.is_radiology_or_laboratory, "70010", "89398", "70009", "89399"),
        (sections.is_laboratory, "80047", "89398", "80046", "89399"),
        (families.is_ambulance, "A0021", "A0999", "A0020", "A1000"),
    ],
)
def test_families_of_codes_begin_and_end(
    family: Callable[[str], bool], first: str, last: str, before: str, after: str
) -> None:
    assert [family(code) for code in (before, first, last, after)] == [False, True, True, False]
    assert not family("") and not family("0735T")


def test_only_the_modifier_that_is_repeated_is_named() -> None:
    outcome = Checker(select=["MOD-DUP"], on_error=raise_errors).check(a_claim(a_line("77424-59-TC-59")))
    assert [message.observed for message in outcome.messages] == ["59"]
