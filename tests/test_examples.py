"""The examples inside the checks are their first tests."""

import pytest

from claimcheck.checking import Check, run_example
from claimcheck.checks import all_checks
from claimcheck.examples import Example

CASES = [
    pytest.param(check, example, id=f"{check.id}: {example.title}")
    for check in all_checks()
    for example in check.examples
]


@pytest.mark.parametrize(("check", "example"), CASES)
def test_example(check: Check, example: Example) -> None:
    faults, missing = run_example(check, example)
    if example.verdict == "passes":
        assert (faults, missing) == ([], [])
    elif example.verdict == "not judged":
        assert missing and not faults
    else:
        assert faults and not missing
        assert any(example.says in fault.text or example.says in fault.remedy for fault in faults)
        assert {fault.severity for fault in faults} == {example.severity}


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_check_shows_every_verdict_and_its_source(check: Check) -> None:
    verdicts = {example.verdict for example in check.examples}
    assert {"passes", "fires"} <= verdicts
    assert check.cites.title
    assert check.title and len(check.doc) > 60
    assert check.maps != check.maps._replace(claim_status=None), "no claim status"
