"""Cases that need several tables at once, by the starter book: what an example's few rows can't show."""

from claimcheck import Checker
from claimcheck.examples import a_claim, a_line


def test_a_zero_limit_of_what_suppliers_bill_only_warns() -> None:
    outcome = Checker(select=["MUE-ZERO"], strict=True).check(a_claim(a_line("L3908")))
    assert [(m.check, m.severity) for m in outcome.messages] == [("MUE-ZERO", "warn")]
    assert outcome.messages[0].releases == ["MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: L3908",
                                            "MUE DME 2024 Q3 and MUE DME 2026 Q2, which agree: L3908"]  # fmt: skip


def test_a_surgical_centers_doubled_limit_names_the_indicator_too() -> None:
    lines = [a_line("19301-LT", units=3, pos="24", setting="asc"), a_line("77424", pos="24", setting="asc")]
    (message,) = Checker(select=["MUE-DOS"], strict=True).check(a_claim(*lines)).messages
    assert (message.code, message.observed, message.allowed) == ("19301", "3", "2")
    assert [release.split(" ")[0] for release in message.releases] == ["MUE", "RVU25A"]


def test_a_line_of_another_code_set_without_a_date_is_not_judged_in_plain_words() -> None:
    outcome = Checker(strict=True).check(a_claim(a_line("W1234", code_set="WK", day="")))
    (text,) = [m.text for m in outcome.messages if m.check == "NOT-JUDGED"]
    assert text == "Not judged: there is no readable service date to pick the rules by."
