"""The pytest plugin: ``pytest claims/*.837 --claimcheck``.

It is loaded in every run of pytest wherever claimcheck is installed, so it is tiny: claimcheck itself is imported
once a file of claims or checks is collected, or a fixture is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from claimcheck import Checker, Claim, Line, Rules, Service

_CLAIMS = (".837", ".837p", ".837i", ".x12", ".edi", ".csv", ".jsonl", ".ndjson", ".gz", ".zip")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--claimcheck`` and what goes with it."""
    group = parser.getgroup("claimcheck", "medical claims")
    group.addoption("--claimcheck", action="store_true", help="Collect claim files (837, CSV, JSONL), and checks.")
    group.addoption("--claimcheck-profile", metavar="P", help="Profile for every claim. Default: by each setting.")
    group.addoption("--claimcheck-rulebook", metavar="B", help="Rule book, as for `claimcheck check --rulebook`.")
    group.addoption(
        "--claimcheck-config", metavar="PATH", help="Configuration. Default: as `claimcheck check` in the root folder."
    )
    group.addoption(
        "--claimcheck-checks", metavar="MODULE|PATH", action="append", default=[], help="Checks of your own."
    )
    group.addoption(
        "--claimcheck-by", choices=("claim", "check", "line"), default="claim", help="What a test is. Default: a claim."
    )
    group.addoption(
        "--claimcheck-update", action="store_true", help="Write what is found to the files of expected messages."
    )
    group.addoption(
        "--claimcheck-compare", choices=("verdict", "all"),
        help="What must be as expected: check, severity, claim, line and observed value (verdict), or all. "
        "Default: the ini setting claimcheck_compare, else verdict.",
    )  # fmt: skip
    parser.addini("claimcheck_compare", "As --claimcheck-compare: verdict or all.", default="verdict")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what can't go together."""
    if config.getoption("claimcheck_update") and not config.getoption("claimcheck"):
        raise pytest.UsageError("--claimcheck-update goes with --claimcheck")
    if config.getoption("claimcheck_update") and config.getoption("dist", "no") != "no":
        raise pytest.UsageError("--claimcheck-update writes files: run it in one process (-n 0)")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect a file of claims, or of checks."""
    if not parent.config.getoption("claimcheck"):
        return None
    suffix = file_path.suffix.lower()
    if suffix != ".py" and suffix not in _CLAIMS and not parent.session.isinitpath(file_path):
        return None
    if suffix == ".py" and not _mentions_a_check(file_path):
        return None
    from claimcheck.suite.collection import collect_file

    return collect_file(file_path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Let pytest import no file of checks that is refused, as it would where the file is named."""
    if not parent.config.getoption("claimcheck") or not _mentions_a_check(module_path):
        return None
    from claimcheck.suite.collection import not_imported

    return not_imported(module_path, parent)


def _mentions_a_check(path: Path) -> bool:
    try:
        return b"_check(" in path.read_bytes()
    except OSError:  # pytest tells of it, if it is to be read
        return False


@pytest.fixture(scope="session", name="claimcheck")
def _claimcheck(pytestconfig: pytest.Config) -> Checker:
    """A Checker of the profile, the rule book and the configuration in use: ``claimcheck.check(a_claim(...))``.
    A check that raises ends the test."""
    from claimcheck.suite.session import checker_for_tests

    return checker_for_tests(pytestconfig)


@pytest.fixture(scope="session")
def a_claim() -> Callable[..., Claim]:
    """Build a claim: ``a_claim(a_line("99213"), payer_id="ACME")``."""
    from claimcheck import a_claim

    return a_claim


@pytest.fixture(scope="session")
def a_line() -> Callable[..., Line]:
    """Build a line: ``a_line("77424-26", units=2, pos="22", day="20250310")``."""
    from claimcheck import a_line

    return a_line


@pytest.fixture(scope="session")
def a_service() -> Callable[..., Service]:
    """Build a service, what a line bills: ``a_service("77424-26", units=2)``."""
    from claimcheck import a_service

    return a_service


@pytest.fixture(scope="session")
def rules(claimcheck: Any) -> Callable[[date | str], Rules]:
    """The rules of a day in the rule book in use: ``rules("2025-03-10").fee("77424")``."""
    from claimcheck.suite.session import rules_of

    return rules_of(claimcheck)
