"""Which claims of a batch are judged together: those of one patient by one provider, at one payer."""

import time
from collections.abc import Iterator

import pytest

from claimcheck import Checker, Claim, EditMessage, Line
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.engine.loop import raise_errors
from claimcheck.memory.near import MOST_EARLIER
from claimcheck.message import INFORM
from claimcheck.rulebook import Pair, Rulebook

ONE, OTHER, SOMEBODY = "1993999998", "1234567802", "1999999984"


def repeated(*providers: tuple[str | None, str | None], setting: Setting = PROFESSIONAL) -> list[str]:
    """The claims whose line is said to repeat one of another claim; each is by a billing and a rendering provider."""

    def claims() -> Iterator[Claim]:
        for number, (billing_npi, rendering_npi) in enumerate(providers):
            line = a_line("99213", setting=setting, rendering_npi=rendering_npi)
            yield a_claim(line, setting=setting, billing_npi=billing_npi, patient_id="P")._replace(claim_id=str(number))

    return [
        m.claim_id or ""
        for m in Checker(select=["DUP-LINE"], on_error=raise_errors).run(claims())
        if m.check == "DUP-LINE"
    ]


def test_one_provider_repeats_a_service() -> None:
    assert repeated((ONE, None), (ONE, None)) == ["1"]
    assert repeated((ONE, SOMEBODY), (OTHER, SOMEBODY)) == ["1"]


def test_two_providers_repeat_nothing() -> None:
    assert repeated((ONE, None), (OTHER, None)) == []


def test_a_provider_who_is_not_named_is_not_known_to_be_the_same() -> None:
    assert repeated((None, None), (None, None)) == []
    assert repeated(("", ""), ("", "")) == []
    assert repeated((None, SOMEBODY), (None, SOMEBODY)) == ["1"]


def test_a_hospital_is_who_bills_whoever_attends() -> None:
    assert repeated((ONE, SOMEBODY), (ONE, SOMEBODY), setting=OUTPATIENT) == ["1"]
    assert repeated((ONE, SOMEBODY), (OTHER, SOMEBODY), setting=OUTPATIENT) == []
    assert repeated((None, SOMEBODY), (None, SOMEBODY), setting=OUTPATIENT) == []


def test_claims_without_any_npi_are_not_taken_for_one_providers() -> None:
    line = a_line("77469", day="20240814", pos="22")
    claims = [
        a_claim(line, patient_id="P", billing_npi=npi, received_date="20240820")._replace(claim_id=id)
        for id, npi in (("A", None), ("B", None), ("C", "1993999998"), ("D", "1993999998"))
    ]
    messages = list(Checker(on_error=raise_errors, select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["D"]


def test_one_number_at_two_payers_is_two_patients() -> None:
    line = a_line("77469", day="20240814", pos="22")
    claims = [
        a_claim(line, patient_id="1", payer_id=payer, received_date="20240820")._replace(claim_id=id)
        for id, payer in (("A", "ONE"), ("B", "TWO"), ("C", "ONE"))
    ]
    messages = list(Checker(select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["C"]


def test_one_of_two_claims_that_only_informs_stays_so() -> None:
    """What is blamed on the later claim is no more severe than it was."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={})
    line = {"day": "20250310", "pos": "11"}
    first, second = a_claim(a_line("11721-LT-XE", **line)), a_claim(a_line("11042-LT", **line))
    claims = [first._replace(claim_id="A", patient_id="P"), second._replace(claim_id="B", patient_id="P")]
    messages = list(Checker(book, select=["PTP"]).run(claims))
    assert [(m.claim_id, m.check, m.severity) for m in messages] == [("B", "PTP-WEAK", INFORM)]


def test_a_line_and_its_object_are_one() -> None:
    """Two equal lines of two claims are told apart: by object, not by what they say."""
    line = a_line("77469", day="20240814", pos="22")
    claims = [a_claim(line, patient_id="P", received_date="20240820")._replace(claim_id=id) for id in "AB"]
    messages = list(Checker(select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["B"] and isinstance(claims[0].lines[0], Line)


def test_an_earlier_line_whose_dates_make_no_span_is_seen_on_its_first_day() -> None:
    for to_date in ("20240301", "20240230"):
        visit = a_line("99213", day="20240814", pos="22")
        claims = [
            a_claim(a_line("77469", day="20240814", to_date=to_date, pos="22"), patient_id="P")._replace(claim_id="A"),
            a_claim(visit, patient_id="P")._replace(claim_id="B"),
        ]
        messages = list(Checker(select=["PTP"]).run(claims))
        assert [(m.claim_id, m.check) for m in messages] == [("B", "PTP-1")]


def test_what_was_wrong_with_an_earlier_span_is_not_said_again_of_a_day_of_it() -> None:
    """Its edit may rest on a line of another of its days, which no line of the claim is near."""

    def billed(id: str, code: str, day: str, to_date: str = "") -> Claim:
        line = a_line(code, day=day, to_date=to_date, pos="22")
        return a_claim(line, patient_id="P", received_date="20240820")._replace(claim_id=id)

    discharge, stay = billed("A", "99238", "20240815"), billed("B", "99232", "20240814", "20240816")
    messages = list(Checker(select=["PTP"]).run([discharge, stay, billed("C", "99238", "20240814")]))
    assert [(m.claim_id, m.check) for m in messages] == [("B", "PTP-0")]


def test_all_claims_of_a_patient_are_written_down() -> None:
    """Three claims go to the file at once, and the fourth is judged with each of them."""
    from claimcheck.config.configuration import Configuration

    claims = [
        a_claim(a_line("77425", day="20240814", pos="22"), patient_id="P", received_date="20240820")._replace(
            claim_id=id
        )
        for id in "ABCD"
    ]
    checker = Checker(select=["MUE-DOS"], configuration=Configuration(lines_in_memory=2))
    last = list(checker.run(claims))[-1]
    assert last.claim_id == "D" and last.observed == "4"


def many(count: int) -> list[Claim]:
    lines = (a_line("99213", day="20240814"), a_line("71046-26", day="20240814"))
    return [
        a_claim(*lines, patient_id="UNKNOWN", received_date="20240820")._replace(claim_id=f"C{n}") for n in range(count)
    ]


def told(messages: list[EditMessage], claim_id: str) -> list[str]:
    return [m.check for m in messages if m.claim_id == claim_id]


def test_more_lines_of_a_day_than_a_patient_has_are_not_judged_together() -> None:
    result = Checker(on_error=raise_errors).run(many(MOST_EARLIER))
    messages, tally = list(result), result.summary
    assert told(messages, "C0") == []
    assert "DUP-LINE" in told(messages, f"C{MOST_EARLIER // 2}")
    assert told(messages, f"C{MOST_EARLIER - 1}") == ["NOT-JUDGED"]
    ((text, *lines),) = {
        (m.text, *(m.lines or [])) for m in messages if m.check == "NOT-JUDGED" and m.claim_id == f"C{MOST_EARLIER - 1}"
    }
    assert text == ("Not checked: the batch has too many lines on these dates under this patient number.")
    assert lines == ["1", "2"]
    assert tally.lines == tally.accepted + tally.accepted_with_warnings + tally.rejected + tally.not_judged


@pytest.mark.measured
def test_a_number_that_many_patients_share_does_not_slow_the_run_down() -> None:
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
