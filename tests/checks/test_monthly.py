"""Care of the calendar month, beyond the examples of MONTH: families#care-by-the-month."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, Line
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.claim import OUTPATIENT
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.message import WARN
from claimcheck.rulebook.sections import MONTHLY
from claimcheck.runs.workers import run
from claimcheck.writers.to_jsonl import JsonlWriter
from support.judging import STARTER, messages_of, said_of_batch, severities_of

CHECKER = Checker(STARTER, select=["MONTH"], on_error=raise_errors)


@pytest.mark.parametrize(
    ("one", "two", "fires"),
    [
        ("20240201", "20240229", True),
        ("20240131", "20240201", False),
        ("20241231", "20250101", False),
        ("20240815", "20250815", False),
        ("2024-08-01", "20240831", True),
        ("20240815", "20240230", False),
    ],
)
def test_a_month_is_of_the_calendar(one: str, two: str, fires: bool) -> None:
    claim = a_claim(a_line("99457", day=one), a_line("99457", day=two))
    assert severities_of(claim, "MONTH") == ([("MONTH", "reject")] if fires else [])


def test_a_span_counts_where_it_is_of_one_month() -> None:
    whole = a_line("99490", day="20240801", to_date="20240831")
    over_its_end = a_line("99490", day="20240815", to_date="20240914")
    again = a_line("99490", day="20240810")
    assert severities_of(a_claim(whole, again), "MONTH") == [("MONTH", "reject")]
    assert severities_of(a_claim(over_its_end, again), "MONTH") == []


@pytest.mark.parametrize("transition", ["99495", "99496"])
@pytest.mark.parametrize("care", ["99490", "99491", "99487"])
def test_care_after_a_discharge_goes_with_chronic_care(transition: str, care: str) -> None:
    one, two = (a_claim(a_line(code, day="20240820"), patient_id="P") for code in (transition, care))
    assert said_of_batch(CHECKER, one, two) == said_of_batch(CHECKER, two, one) == []


SETS = """
99487 99490 | one
99490 99491 | one
99424 99426 | one
99492 99493 | one
G0556 G0558 | one
G0557 99491 | one
G0558 99424 | one
90951 90962 | one
90960 90960 | one
99490 99424 | one
99487 99426 | one
99490 99484 | both
99457 98980 | both
99454 99457 | both
99487 99492 | both
90962 90963 | both
99490 99439 | both
"""


@pytest.mark.parametrize("row", SETS.strip().splitlines())
def test_of_which_codes_a_month_has_one(row: str) -> None:
    codes, _, expected = row.partition(" | ")
    one, two = codes.split()
    claim = a_claim(a_line(one, day="20250303"), a_line(two, day="20250320"))
    assert severities_of(claim, "MONTH") == ([("MONTH", "warn")] if expected == "one" else [])


def test_the_later_claim_has_the_message_whichever_day_it_is_of() -> None:
    early, late = (a_claim(a_line("99490", day=day), patient_id="P") for day in ("20250303", "20250320"))
    early, late = early._replace(claim_id="EARLY"), late._replace(claim_id="LATE")
    assert said_of_batch(CHECKER, early, late) == ["LATE 1 MONTH reject"]
    assert said_of_batch(CHECKER, late, early) == ["EARLY 1 MONTH reject"]
    (message,) = CHECKER.run([late, early])
    assert message.text == (
        "99490 is payable once per calendar month; it is also billed for 2025-03-20. See line 1 of claim LATE "
        "of 2025-03-20."
    )


def test_a_payer_may_price_the_second_all_the_same() -> None:
    claim = a_claim(a_line("99490", day="20250303"), a_line("99490", day="20250320"))
    lenient = Configuration(soft={"MONTH": WARN})
    assert [m.severity for m in Checker(STARTER, configuration=lenient, select=["MONTH"]).check(claim).messages] == [
        "warn"
    ]


def test_a_hospital_is_one_provider() -> None:
    def line(day: str, npi: str) -> Claim:
        care = a_line("99490", day=day, pos=None, setting=OUTPATIENT, revenue_code="0510", rendering_npi=npi)
        return a_claim(care, patient_id="P")

    assert said_of_batch(CHECKER, line("20250303", A_PHYSICIAN), line("20250320", AN_ORGANISATION)) == [
        "EXAMPLE 1 MONTH reject"
    ]


def test_units_of_more_time_are_those_of_the_month() -> None:
    """Those of one date are over the MUE, which says so."""
    thrice = a_claim(a_line("99439", units=3))
    apart = a_claim(a_line("99439", day="20250303"), a_line("99439", day="20250304"), a_line("99439", day="20250305"))
    assert messages_of(thrice, "MONTH") == []
    assert [m.line_number for m in messages_of(apart, "MONTH")] == ["3"]
    unknown = a_claim(a_line("99439", day="20250303", units=2), a_line("99439", day="20250304", units="x"))
    assert messages_of(unknown, "MONTH") == []


DAYS = st.integers(0, 70).map(lambda days: date(2025, 1, 1) + timedelta(days))
LINES = st.builds(
    lambda code, day, npi: a_line(code, day=day.isoformat(), rendering_npi=npi),
    st.sampled_from(["99490", "99487", "99424", "G0556", "99457", "90960", "90961", "99213"]),
    DAYS,
    st.sampled_from([None, A_PHYSICIAN, "1003000126"]),
)
ONE_OF = [{"99487", "99490", "G0556"}, {"99424", "G0556"}, {"90960", "90961"}, {"99457"}]


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=9), st.randoms(use_true_random=False))
def test_each_line_is_held_against_all_before_it(lines: list[Line], random: object) -> None:
    claim = a_claim(*lines)
    expected = []
    for line in claim.lines:
        others = [other for other in claim.lines if _order(claim, other) < _order(claim, line)]
        if any(_exclude(claim, line, other) for other in others):
            expected.append(line.number)
    messages = messages_of(claim, "MONTH")
    assert sorted(m.line_number or "" for m in messages) == sorted(expected)
    random.shuffle(lines)  # type: ignore[attr-defined]
    shuffled = messages_of(a_claim(*lines), "MONTH")
    assert sorted((m.code or "", m.text) for m in shuffled) == sorted((m.code or "", m.text) for m in messages)


def _order(claim: Claim, line: Line) -> tuple[str, str, str, int]:
    return line.from_date, line.code, claim.rendering_npi(line) or "", int(line.number)


def _exclude(claim: Claim, line: Line, other: Line) -> bool:
    if line.from_date[:7] != other.from_date[:7]:
        return False
    if (line.from_date, claim.rendering_npi(line)) == (other.from_date, claim.rendering_npi(other)):
        return False
    both = {line.code, other.code}
    one_practitioner = claim.rendering_npi(line) == claim.rendering_npi(other)
    if one_practitioner and both <= {"99424", "99426", "99487", "99490", "99491"}:
        return True
    return both <= MONTHLY and any(both <= group for group in ONE_OF)


@pytest.mark.parametrize("lines_in_memory", [0, 50_000])
def test_the_output_is_the_same_whatever_jobs_are(tmp_path: Path, lines_in_memory: int) -> None:
    """Claims of one month lie far from one another in the batch, and in another file."""
    header = "claim_id,patient_id,payer_id,billing_npi,from_date,code,units,charge"
    rows: dict[str, list[str]] = {"a": [], "b": []}
    for number in range(40):
        for name, day in (("a", "20250303"), ("b", f"202503{4 + number % 27:02}")):
            rows[name].append(f"{name}{number},P{number},PAYER,{AN_ORGANISATION},{day},99490,1,60.00")
    files = []
    for name, lines in rows.items():
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text("\n".join([header, *lines]))
    checker = Checker(STARTER, configuration=Configuration(lines_in_memory=lines_in_memory), select=["MONTH"])
    found = []
    for jobs in (1, 2, 3):
        path = tmp_path / f"{jobs}.jsonl"
        with path.open("w") as stream:
            run(files, checker, [JsonlWriter(stream)], jobs)
        found.append(path.read_bytes())
    assert found[0] == found[1] == found[2]
    assert found[0].count(b'"MONTH"') == 40
