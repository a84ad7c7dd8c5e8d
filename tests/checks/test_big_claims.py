"""A claim of thousands of lines: time grows as its lines do, and each faulty line has a few messages."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import permutations
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, Finding, Line, NotInForce, Rulebook
from claimcheck.authoring.check import OVER_LINES, Check
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import DENTAL, OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import Absent, Among, Fee, Mue, Pair, ptp_table
from support.judging import STARTER, on_claim, over, said, said_of_batch

BOOK = Rulebook(*STARTER.stores, carry=True)
CODES = sorted({key[0] for key in BOOK.keys("fee_schedule")}, key=lambda code: code[::-1])
"""By their last digits, so that any number of them is a mixture of all families."""
BILLED = (
    *(
        "99213",
        "99213-25",
        "99214-57",
        "99215-24",
        "99291",
        "99292",
        "99203",
        "11721",
        "11721-59",
        "20610-LT",
        "20610-RT",
    ),
    *("27447-LT", "27447-RT-62", "27447-LT-80", "22551-62", "22551", "19301-LT", "19302", "19294", "45378", "45380"),
    *("45385-59", "71046-26", "71046-TC", "85025", "96523", "17000", "17003", "J1885", "70553", "72148", "97110-GP"),
    *("96365", "96366", "99024", "99495", "G2211", "99214-25", "G0439", "66984-54-RT", "66984-55-RT", "92012", "88311"),
)
SEVERAL_PROVIDERS = (
    *("00811-AA", "00811-QX", "00811-QZ", "93010", "99490"),
    *("99487", "82465", "83718", "84478", "99214-Q1"),
)
SHAPES: dict[str, Callable[[int, Setting], Line]] = {
    "one code": lambda i, setting: _line("11721", setting, i),
    "many codes of a day": lambda i, setting: _line(BILLED[i % len(BILLED)], setting, i),
    "each code once": lambda i, setting: _line(CODES[i % len(CODES)], setting, i),
    "many days": lambda i, setting: _line(BILLED[i % len(BILLED)], setting, i, day=f"2024081{i % 4}"),
    "spans": lambda i, setting: _line(BILLED[i % len(BILLED)], setting, i, to_date="20240816"),
    "many practitioners": lambda i, setting: _line(
        BILLED[i % len(BILLED)], setting, i, rendering_npi=f"1{i:09}", rendering_taxonomy="207Q00000X"
    ),
    "what several provide": lambda i, setting: _line(
        SEVERAL_PROVIDERS[i % 10], setting, i, rendering_npi=f"1{i // 20:09}", day=f"2024081{i % 3}"
    ),
    "no days": lambda i, setting: _line(BILLED[i % len(BILLED)], setting, i, day="x"),
}
FEW, MANY = 320, 640
"""Lines of the two claims that are compared: twice as many take twice as long, and some more to sort."""
GROWTH = 2.4


def _line(written: str, setting: Setting, i: int, day: str = "20240814", **fields: str) -> Line:
    pos = None if setting == OUTPATIENT else "23" if written == "93010" else "22"
    return a_line(written, setting=setting, pos=pos, day=day, charge=f"{100 + i % 3}.00", revenue_code="0360", **fields)


@cache
def claim_of(shape: str, lines: int, setting: Setting = PROFESSIONAL) -> Claim:
    return a_claim(*[SHAPES[shape](i, setting) for i in range(lines)], received_date="20241001")


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python some work runs: as good a measure of growth as its instructions, and quicker taken."""
    count = 0

    def on_event(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return on_event

    before = sys.gettrace()
    sys.settrace(on_event)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _all_of(call: Callable[..., Iterable[object]], *arguments: object) -> None:
    """Run through everything that a call yields."""
    for _ in call(*arguments):
        pass


def growth(check: Check, shape: str, setting: Setting = PROFESSIONAL) -> float:
    """By how many times more lines of Python a check runs over twice the lines, once all look-ups are remembered."""
    assert check.function
    counts = []
    for lines in (FEW, MANY):
        claim = claim_of(shape, lines, setting)
        call = check.function
        list(call(claim, BOOK))
        counts.append(lines_run(partial(_all_of, call, claim, BOOK)))
    return counts[1] / counts[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_check_compares_each_line_with_each(shape: str) -> None:
    checks = [check for check in all_checks() if check.reach in OVER_LINES and PROFESSIONAL in check.settings]
    found = {check.id: growth(check, shape) for check in checks}
    assert not {id: times for id, times in found.items() if times > GROWTH}
    hospital = [check for check in all_checks() if check.id in ("PTP-1", "PTP-WEAK", "MUE-DOS", "AOC-1", "DUP-LINE")]
    assert not {check.id: times for check in hospital if (times := growth(check, shape, OUTPATIENT)) > GROWTH}


def quadratic(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Tell of each line that others of its code precede it, as checks once did."""
    for i, line in enumerate(claim.lines):
        if any(other.code == line.code and other is line for other in claim.lines[:i]):
            yield Finding("Twice.", "Remove one.", line)


def test_the_guard_finds_a_check_that_does() -> None:
    check = next(check for check in all_checks() if check.id == "DUP-LINE")
    assert growth(replace(check, function=quadratic), "one code") > GROWTH


@pytest.mark.parametrize("shape", SHAPES)
def test_the_engine_makes_one_way_through_the_lines(shape: str) -> None:
    """All checks, what their findings lean on and the messages; with a claim of the patient's before it, too."""
    checker = Checker(BOOK, on_error=raise_errors, configuration=Configuration(past_newest="carry"))
    before = a_claim(_line("27447-LT", PROFESSIONAL, 1, day="20240801"), _line("11042", PROFESSIONAL, 2))
    counts = []
    for lines in (FEW, MANY):
        batch = [claim._replace(patient_id="P") for claim in (before, claim_of(shape, lines))]
        list(checker.run(batch))
        counts.append(lines_run(partial(_all_of, checker.run, batch)))
    assert counts[1] / counts[0] < GROWTH


@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_has_a_few_messages(shape: str) -> None:
    claim = claim_of(shape, 1000)
    outcome = Checker(BOOK, on_error=raise_errors, configuration=Configuration(past_newest="carry")).check(claim)
    count = Counter((message.line_number, message.check) for message in outcome.messages)
    assert max(count.values()) <= 11
    assert max(len(message.text) for message in outcome.messages) < 400
    assert max(len(message.releases) for message in outcome.messages) <= 12


# What is said of a line that many others bundle.

ELEVEN = ["10060", "17000", "19301", "19302", "20610", "22551", "27447", "29881", "36000", "43239", "45378"]
MANY_PAIRS = {f"{code}-11721": Pair("1") for code in ELEVEN}


def test_ten_codes_have_a_message_each_and_eleven_have_one() -> None:
    book = over(pairs=MANY_PAIRS, mue={}, fee={})
    ten = book.checker.check(on_claim("11721", *ELEVEN[:10]))
    assert ten.checks.count("PTP-1") == 10
    (message,) = [m for m in book.checker.check(on_claim("11721", *ELEVEN)).messages if m.check == "PTP-1"]
    assert (message.line_number, message.severity) == ("1", "reject")
    assert f"11721 (column 2) bundles into {', '.join(ELEVEN[:10])} and 1 more (column 1)" in message.text


def test_a_line_that_many_bundle_is_rejected_while_one_of_them_is_paid() -> None:
    """Whichever is paid: also one that the message does not name."""
    for rejected in (ELEVEN[:10], ELEVEN[1:], []):
        book = over(pairs=MANY_PAIRS, mue={code: Mue(1, mai=2) for code in rejected}, fee={"11721": Fee()})
        lines = [f"{code} x2" if code in rejected else code for code in ELEVEN]
        assert "1 PTP-1 reject" in said(book, "11721", *lines)
    book = over(pairs=MANY_PAIRS, mue={code: Mue(1, mai=2) for code in ELEVEN}, fee={"11721": Fee()})
    assert "1 PTP-1 warn" in said(book, "11721", *[f"{code} x2" for code in ELEVEN])


def test_many_lines_of_a_pair_each_have_their_verdict() -> None:
    book = over(pairs={"11042-11721": Pair("1")}, mue={}, fee={"11721": Fee(), "11042": Fee()})
    found = said(book, *["11042"] * 3, "11721", "11721-59", "11721-LT", *["11721 for 1.00"] * 2)
    pairs = [one for one in found if "PTP" in one]
    assert pairs == ["4 PTP-1 reject", "6 PTP-WEAK warn", "7 PTP-1 reject", "8 PTP-1 reject"]


def test_a_sum_of_many_lines_names_the_earlier_claim() -> None:
    day = {"patient_id": "P"}
    one = on_claim("27447-LT", claim=day)._replace(claim_id="A")
    two = on_claim("27447-RT", "27447-LT-59", claim=day)._replace(claim_id="B")
    (message, *_) = [m for m in STARTER_CHECKER.run([one, two]) if m.check == "MUE-DOS"]
    assert (message.claim_id, message.line_number) == ("B", "1")
    assert message.text.endswith(f" See line 1 of claim A of {one.lines[0].day}.")
    assert [m for m in said_of_batch(STARTER_CHECKER, two, one) if m.startswith("A 1 MUE-DOS")] == [
        "A 1 MUE-DOS reject"
    ]


STARTER_CHECKER = Checker(STARTER, on_error=raise_errors, configuration=Configuration(past_newest="carry"))


# The pairs among some codes are those that are found by asking for each two.

SOME = ["11042", "11721", "20610", "27447", "99213", "99291", "45378", "45380", "0735T", "ZZZZZ"]
PAIRS = st.dictionaries(
    st.tuples(st.sampled_from(SOME), st.sampled_from(SOME)).map("-".join),
    st.sampled_from([Pair("0"), Pair("1"), Pair("9"), Pair("?")]),  # type: ignore[arg-type]
    max_size=8,
)


def one_by_one(book: Rulebook, day: str, codes: frozenset[str], setting: Setting) -> Among:
    found: dict[tuple[str, str], list[str]] = {}
    unknown = set()
    for column1, column2 in permutations(sorted(codes), 2):
        try:
            pair = rules_of(book, day).pair(column1, column2, setting)
        except NotInForce as gap:
            assert gap.table == ptp_table(setting)
            unknown.add(column2)
            continue
        if isinstance(pair, Pair):
            found.setdefault((column2, pair.indicator), []).append(column1)
        else:
            assert isinstance(pair, Absent)
    return Among(found, frozenset(unknown))


def rules_of(book: Rulebook, day: str):  # type: ignore[no-untyped-def]
    return book.on(a_line(day=day).day)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PAIRS, max_size=2),
    st.sets(st.sampled_from(SOME)),
    st.sampled_from(["20240814", "20240514", "20230101", "20260101", "x"]),
    st.sampled_from([PROFESSIONAL, OUTPATIENT, DENTAL]),
    st.booleans(),
)
def test_pairs_among_codes_are_those_of_each_two(overlays, codes, day, setting, carry) -> None:  # type: ignore[no-untyped-def]
    stores = [store for pairs in overlays for store in Rulebook.of(pairs=pairs).stores]
    for book in (Rulebook(*stores, *STARTER.stores, carry=carry), Rulebook(*STARTER.stores, *stores, carry=carry)):
        found = rules_of(book, day).pairs_among(frozenset(codes), setting)
        assert found == one_by_one(book, day, frozenset(codes), setting)


# More lines than a claim may have.


@pytest.mark.parametrize(("setting", "most"), [(PROFESSIONAL, 50), (OUTPATIENT, 999), (DENTAL, 50)])
def test_more_lines_than_the_guide_allows(setting: Setting, most: int) -> None:
    full = a_claim(*[_line("99213", setting, i) for i in range(most)])
    checker = Checker(BOOK, on_error=raise_errors, select=["LINES"])
    assert "LINES" not in checker.check(full).checks
    outcome = checker.check(full._replace(lines=(*full.lines, _line("99213", setting, most))))
    (message,) = [message for message in outcome.messages if message.check == "LINES"]
    assert message.text == f"At most {most} service lines (loop 2400) per claim; this claim has {most + 1}."
    assert set(outcome.dispositions) == {"rejected"}
