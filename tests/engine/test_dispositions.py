"""What becomes of a line and of its claim."""

from dataclasses import replace

from claimcheck import Checker, Service
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.config.profile import load_profile
from claimcheck.engine.loop import Engine, raise_errors
from claimcheck.rulebook import Fee, Rulebook, Rules


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
        assert outcome.dispositions == [disposition]
        assert outcome.disposition == disposition
    outcome = checker.check(a_claim(*lines.values()))
    assert outcome.disposition == "rejected"
    outcome = checker.check(a_claim(lines["accepted"], lines["not_judged"]._replace(from_date="20250311")))
    assert (outcome.disposition, outcome.dispositions) == ("not_judged", ["accepted", "not_judged"])


def test_a_line_is_rejected_with_its_claim() -> None:
    claim = a_claim(a_line("99213", day="20240814"), billing_npi="1993999997", received_date="20240820")
    outcome = Checker(select=["NPI"]).check(claim)
    assert [(m.check, m.line_number) for m in outcome.messages] == [("NPI", None)]
    assert outcome.dispositions == ["rejected"]


def test_a_guard_that_breaks_off_is_told_like_its_check() -> None:
    def broken(service: Service, rules: Rules) -> bool:
        raise KeyError("a name that is no patient's")

    (check,) = (c for c in load_profile("medicare_part_b").chosen(all_checks()) if c.check.id == "STATUS-T")
    guarded = replace(check, check=replace(check.check, applies_to=broken))
    book = Rulebook.of(fee={"99213": Fee()})
    outcome = Engine(book, [guarded], "x").check(a_claim(a_line("99213")))
    assert [m.check for m in outcome.messages] == ["CHECK-FAILED", "NOT-JUDGED"]
    assert outcome.dispositions == ["not_judged"] and "a name" not in repr(outcome.messages)
