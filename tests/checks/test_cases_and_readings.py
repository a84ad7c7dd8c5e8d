"""One anesthesia case by two providers, one reading of a test: families#anesthesia, families#readings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, Line
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.engine.loop import raise_errors
from support.judging import STARTER, messages_of, said_of_batch, severities_of

ANOTHER = "1003000126"
NPIS = (AN_ORGANISATION, A_PHYSICIAN, ANOTHER)
EDITS = ("ANES-CASE", "ANES-BOTH", "READ-2")
CHECKER = Checker(STARTER, select=EDITS, on_error=raise_errors)


def by_several(*written: str, **fields: str) -> Claim:
    return a_claim(*(a_line(one, rendering_npi=npi, **fields) for one, npi in zip(written, NPIS, strict=False)))


CASES = """
AA QX | ANES-CASE
AA QZ | ANES-BOTH
AA QK | -
AA QY | -
AA AD | -
AA AA | -
QX QK | -
QX QY | -
QX AD | -
QX QX | -
QX QZ | -
QZ QK | ANES-CASE
QZ QY | ANES-CASE
QZ AD | ANES-CASE
QZ QZ | -
QK QY | ANES-CASE
QK AD | -
QY AD | -
AA QX QK | -
AA QX QY | -
AA QZ QX | ANES-BOTH ANES-CASE
"""


@pytest.mark.parametrize("row", CASES.strip().splitlines())
def test_which_modifiers_contradict_each_other(row: str) -> None:
    billed, _, expected = row.partition(" | ")
    written = [f"00811-{modifier}" for modifier in billed.split()]
    for one in (written, written[::-1]):
        found = severities_of(by_several(*one), *EDITS)
        assert sorted(found) == [(check, "warn") for check in expected.split() if check != "-"]


def test_a_line_without_a_modifier_or_with_two_is_another_edit() -> None:
    assert severities_of(by_several("00811-QS", "00811-QX"), *EDITS) == []
    assert severities_of(by_several("00811-AA-QK", "00811-QZ"), *EDITS) == []


def test_an_unknown_provider_is_nobody_else() -> None:
    claim = a_claim(a_line("00811-AA"), a_line("00811-QX", rendering_npi=A_PHYSICIAN), billing_npi=None)
    assert severities_of(claim, *EDITS) == []


def test_a_case_of_two_groups_is_one_in_a_batch() -> None:
    physician = a_claim(a_line("00811-AA"), patient_id="P")._replace(claim_id="MD")
    nurse = a_claim(a_line("00811-QX"), patient_id="P", billing_npi=ANOTHER)._replace(claim_id="CRNA")
    assert said_of_batch(CHECKER, physician, nurse) == ["CRNA 1 ANES-CASE warn"]
    assert said_of_batch(CHECKER, nurse, physician) == ["MD 1 ANES-CASE warn"]
    assert said_of_batch(CHECKER, physician, nurse._replace(patient_id="Q")) == []
    (message,) = CHECKER.run([physician, nurse])
    assert message.text.startswith("AA and QX contradict each other: two providers report one case of 00811.")


PLACES = """
23 23 | warn
23 21 | inform
22 23 | inform
21 21 | -
21 22 | -
23 11 | -
11 11 | -
"""


@pytest.mark.parametrize("row", PLACES.strip().splitlines())
@pytest.mark.parametrize("written", ["93010", "93018", "93042", "71046-26", "74177-26"])
def test_places_of_two_readings(row: str, written: str) -> None:
    places, _, expected = row.partition(" | ")
    one, two = places.split()
    claim = a_claim(a_line(written, pos=one), a_line(written, pos=two, rendering_npi=A_PHYSICIAN))
    assert severities_of(claim, "READ-2") == ([("READ-2", expected)] if expected != "-" else [])


@pytest.mark.parametrize("modifier", ["59", "76", "77", "XE", "XP"])
def test_either_line_may_say_that_it_is_another_reading(modifier: str) -> None:
    for written in (("93010", f"93010-{modifier}"), (f"93010-{modifier}", "93010")):
        assert severities_of(by_several(*written, pos="23"), "READ-2") == []


@pytest.mark.parametrize("written", ["93000", "93005", "71046", "71046-TC", "88305-26", "99283"])
def test_what_is_no_reading(written: str) -> None:
    assert severities_of(by_several(written, written, pos="23"), "READ-2") == []


LINES = st.builds(
    lambda written, npi, pos: a_line(written, rendering_npi=npi, pos=pos),
    st.sampled_from(["00811-AA", "00811-QX", "00811-QZ", "00811-QK", "00811-QY", "93010", "93010-76", "93010-GC"]),
    st.sampled_from(NPIS),
    st.sampled_from(["21", "23"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(lines: list[Line], random: object) -> None:
    before = messages_of(a_claim(*lines), *EDITS)
    random.shuffle(lines)  # type: ignore[attr-defined]
    after = messages_of(a_claim(*lines), *EDITS)
    assert sorted((m.text, m.severity, m.modifiers) for m in before) == sorted(
        (m.text, m.severity, m.modifiers) for m in after
    )
