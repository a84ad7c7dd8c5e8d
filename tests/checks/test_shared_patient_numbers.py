"""A file that gives many patients one number: nothing is told from their claims together."""

import time

from claimcheck import Checker, Claim, EditMessage, Tally
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.engine.loop import raise_errors
from claimcheck.memory.batch import MOST_EARLIER


def many(count: int) -> list[Claim]:
    lines = (a_line("99213", day="20240814"), a_line("71046-26", day="20240814"))
    return [
        a_claim(*lines, patient_id="UNKNOWN", received_date="20240820")._replace(claim_id=f"C{n}") for n in range(count)
    ]


def told(messages: list[EditMessage], claim_id: str) -> list[str]:
    return [m.check for m in messages if m.claim_id == claim_id]


def test_more_lines_of_a_day_than_a_patient_has_are_not_judged_together() -> None:
    tally = Tally()
    messages = list(Checker(on_error=raise_errors).run(many(MOST_EARLIER), tally))
    assert told(messages, "C0") == []
    assert "DUP-LINE" in told(messages, f"C{MOST_EARLIER // 2}")
    assert told(messages, f"C{MOST_EARLIER - 1}") == ["NOT-JUDGED"]
    ((text, *lines),) = {
        (m.text, *(m.lines or [])) for m in messages if m.check == "NOT-JUDGED" and m.claim_id == f"C{MOST_EARLIER - 1}"
    }
    assert text == (
        "Not checked: the batch has more lines on these days under this patient number than one patient can have."
    )
    assert lines == ["1", "2"]
    assert tally.lines == tally.accepted + tally.accepted_with_warnings + tally.rejected + tally.not_judged


def test_they_do_not_slow_the_run_down() -> None:
    """Each claim costs the same, however many came before it."""
    checker = Checker(on_error=raise_errors)
    claims = many(3000)
    list(checker.run(claims[:200]))

    def seconds(count: int) -> float:
        start = time.process_time()
        list(checker.run(claims[:count]))
        return time.process_time() - start

    few, more = min(seconds(500) for _ in range(3)), min(seconds(3000) for _ in range(2))
    assert more < 6 * few * 3


def test_claims_without_any_npi_are_not_taken_for_one_providers() -> None:
    line = a_line("77469", day="20240814", pos="22")
    claims = [
        a_claim(line, patient_id="P", billing_npi=npi, received_date="20240820")._replace(claim_id=id)
        for id, npi in (("A", None), ("B", None), ("C", "1993999998"), ("D", "1993999998"))
    ]
    messages = list(Checker(on_error=raise_errors, select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["D"]
