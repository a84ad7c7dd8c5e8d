"""Every test uses the rule book that comes along, whatever the user has made on this machine."""

import os

os.environ["CLAIMCHECK_RULEBOOK"] = "starter"

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Runs of pytest inside of a test do without Hypothesis, whose report takes a second of each."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    return pytester
