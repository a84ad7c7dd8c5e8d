"""NPI: an NPI that repeats on every line of a claim is one cause, and is reported once; no line's verdict changes."""

from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, a_claim, a_line
from claimcheck.engine.loop import raise_errors

EXAMPLE, WRONG, RIGHT = "1234567893", "1234567890", "1234567802"
NPIS = st.sampled_from([EXAMPLE, WRONG, "123", RIGHT, "", None])
CHECKER = Checker(select=["NPI"], profile="medicare_part_b", on_error=raise_errors)


def told(claim: Claim) -> list[tuple[str | None, str, str]]:
    return [(m.line_number, m.severity, m.text) for m in CHECKER.check(claim).messages if m.check == "NPI"]


def test_the_example_npi_for_every_provider_of_every_line_is_reported_once() -> None:
    lines = [a_line(rendering_npi=EXAMPLE, ordering_npi=EXAMPLE)] * 9
    text = "Billing, rendering and ordering provider NPI 1234567893 is a placeholder from CMS's documentation."
    assert told(a_claim(*lines, billing_npi=EXAMPLE)) == [(None, "warn", text)]


def test_a_provider_of_every_line_is_reported_once_and_of_some_lines_on_these() -> None:
    everywhere = a_claim(*[a_line(rendering_npi=WRONG)] * 3, billing_npi=RIGHT)
    assert [(number, severity) for number, severity, _ in told(everywhere)] == [(None, "reject")]
    some = a_claim(a_line(rendering_npi=WRONG, number="1"), a_line(number="2"), a_line(rendering_npi=WRONG, number="3"))
    assert [(number, severity) for number, severity, _ in told(some)] == [("1", "reject"), ("3", "reject")]


def test_two_wrong_npis_are_two_causes() -> None:
    found = told(a_claim(*[a_line(rendering_npi="123", ordering_npi=WRONG)] * 2, billing_npi=EXAMPLE))
    assert [text.split()[0] for _, _, text in found] == ["Billing", "Rendering", "Ordering"]


@given(NPIS, st.lists(st.tuples(NPIS, NPIS, NPIS), min_size=1, max_size=4))
def test_every_line_is_judged_as_if_each_npi_were_reported_where_it_is(
    billing: str | None, lines: list[tuple[str | None, str | None, str | None]]
) -> None:
    claim = a_claim(
        *(a_line(rendering_npi=a, referring_npi=b, ordering_npi=c, number=str(n)) for n, (a, b, c) in enumerate(lines)),
        billing_npi=billing,
    )

    def severity_of(npi: str | None) -> int:
        return {EXAMPLE: 1, WRONG: 2, "123": 2}.get(npi or "", 0)

    of_claim = 1 if billing == "" else severity_of(billing)
    expected = [max(of_claim, *map(severity_of, npis)) for npis in lines]
    names = ["accepted", "accepted_with_warnings", "rejected"]
    assert CHECKER.check(claim).dispositions == [names[worst] for worst in expected]
    texts = [text for _, _, text in told(claim)]
    assert len(told(claim)) == len({(number, text) for number, _, text in told(claim)}) and all(texts)
