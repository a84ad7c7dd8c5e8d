"""Claims as a pytest suite: a claim (a line, a check) is a test, and its edit messages are why it fails.

A file of claims is judged as a batch of its own when it is collected, by the same engine as everywhere, and its
tests tell what came of it: a reject fails, a warning is a warning of pytest, what is not judged is skipped. Where a
file of expected messages lies beside it, a claim passes that has these messages and no others. Files of checks give a
test an example.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast, get_args

import pytest

from claimcheck.authoring.check import ChecksRefused
from claimcheck.claim import Claim
from claimcheck.config.checker import Checker
from claimcheck.custom_checks.loading import defines_checks, import_checks
from claimcheck.message import EditMessage
from claimcheck.readers import looks_like_claims, read
from claimcheck.runs.batch import NOTHING_READ
from claimcheck.suite.cases import Cases
from claimcheck.suite.check_items import CheckFile
from claimcheck.suite.expectations import Compare, ExpectationError, Expectations, expectation_of
from claimcheck.suite.failures import traceback_of
from claimcheck.suite.items import CaseItem, GoldenItem, StaleItem
from claimcheck.suite.session import columns_of, session_checker

MOST_ITEMS: Final = 50_000
"""Tests of claims or lines in one session; pytest keeps each in memory."""

_COUNT: Final = pytest.StashKey[int]()


def collect_file(path: Path, parent: pytest.Collector) -> pytest.File | None:
    """The collector of a file: of what is named on the command line always, else where it is known by its content."""
    if path.suffix == ".py":
        return CheckFile.from_parent(parent, path=path) if _holds_checks(path, parent.config) else None
    if path.name.endswith(".messages.jsonl"):  # it has no tests, but may be named among others
        return _NoTests.from_parent(parent, path=path)
    if parent.session.isinitpath(path) or looks_like_claims(path, columns_of(parent.config)):
        return ClaimFile.from_parent(parent, path=path)
    return None


def not_imported(path: Path, parent: pytest.Collector) -> pytest.File | None:
    """What stands for the test module as which pytest imports each Python file that is named, where that file holds
    checks that are refused: they are not to be run, and ``CheckFile`` tells why."""
    if _holds_checks(path, parent.config):
        try:
            import_checks([str(path)])
        except ChecksRefused:
            return _NoTests.from_parent(parent, path=path)
    return None


def _holds_checks(path: Path, config: pytest.Config) -> bool:
    tests = (*config.getini("python_files"), "conftest.py")
    return not any(fnmatch.fnmatch(path.name, pattern) for pattern in tests) and defines_checks(path)


class _NoTests(pytest.File):
    """A file without tests of its own."""

    def collect(self) -> list[pytest.Item]:
        """Give none."""
        return []


class ClaimFile(pytest.File):
    """A file of claims."""

    expectations: Expectations | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """Judge the file, and give its tests."""
        try:
            checker, errors = session_checker(self.config)
        except pytest.UsageError as error:
            raise self.CollectError(str(error)) from None
        by = self.config.getoption("claimcheck_by")
        self.shown = _shown_from(self.path, self.config.rootpath)
        expected = expectation_of(self.path)
        self.update = self.config.getoption("claimcheck_update")
        golden = expected.exists() or self.update
        cases = Cases(by, checker, golden)
        try:
            self._judge(cases, checker, errors)
        except KeyboardInterrupt as stopped:  # pytest shows each frame's arguments, and ours hold claims
            raise stopped.with_traceback(None) from None
        except self.CollectError:
            raise
        except Exception as error:
            heading = f"{self.shown}: claimcheck broke off, which is an error of its own:"
            raise self.CollectError(f"{heading}\n{traceback_of(error, of_claims=True)}") from None
        self.config.stash[_COUNT] = self.config.stash.get(_COUNT, 0) + len(cases.all)
        if not golden:
            yield from (CaseItem.from_parent(self, case=case) for case in cases.all)
            return
        try:
            shown = _shown_from(expected, self.config.rootpath)
            expectations = Expectations(expected, shown, by, cases.found, _compare_of(self.config))
        except ExpectationError as error:
            raise self.CollectError(str(error)) from None
        self.expectations = expectations
        yield from (GoldenItem.from_parent(self, case=case, expectations=expectations) for case in cases.all)
        if stale := expectations.without(case.key for case in cases.all):
            yield StaleItem.from_parent(self, stale=stale, expectations=expectations)

    def _judge(self, cases: Cases, checker: Checker, errors: dict[str, Exception]) -> None:
        unread = []
        for item in checker.judge(_claims_of(self.path, self.shown, checker)):
            if isinstance(item, EditMessage) and item.check in NOTHING_READ:
                unread.append(f"{item.locus.file}: {item.text} {item.remedy}")
            cases.add(item, errors)
            if cases.by != "check" and len(cases.all) + self.config.stash.get(_COUNT, 0) > MOST_ITEMS:
                raise self.CollectError(_too_many(self.shown))
        if unread and not cases.claims:
            raise self.CollectError("\n".join(unread))

    def teardown(self) -> None:
        """Write what is expected from now on."""
        if self.expectations:
            try:
                self.expectations.write()
            except OSError as error:
                pytest.fail(f"{self.expectations.shown}: can't be written: {error.strerror}", pytrace=False)


def _compare_of(config: pytest.Config) -> Compare:
    """What is compared with expected messages: the option, else the setting of the project.

    Raises:
        ExpectationError: the setting is neither.
    """
    chosen = config.getoption("claimcheck_compare") or config.getini("claimcheck_compare") or "verdict"
    if chosen not in get_args(Compare):
        raise ExpectationError(f"claimcheck_compare: {chosen!r} is unknown; expected verdict or all")
    return cast(Compare, chosen)


def _claims_of(path: Path, shown: str, checker: Checker) -> Iterator[Claim | EditMessage]:
    with path.open("rb") as stream:
        yield from read(stream, name=shown, **checker.configuration.read_options)


def _shown_from(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _too_many(shown: str) -> str:
    return (
        f"{shown}: holds more than {MOST_ITEMS:,} tests with those before it. Check so many claims with "
        f"`claimcheck check {shown}`, or make each check a test: --claimcheck-by check"
    )
