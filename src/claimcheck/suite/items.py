"""Claims, their lines or checks as tests: what was found in them is why they fail."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from claimcheck.message import REJECT, WARN
from claimcheck.suite.cases import Case
from claimcheck.suite.expectations import Expectations, Message, expected_of
from claimcheck.suite.failures import Failed, report_of, text_of, who

if TYPE_CHECKING:
    from claimcheck.suite.collection import ClaimFile

STALE: Final = "expectations"
"""The test that every expected message has its claim."""


class ClaimWarning(UserWarning):
    """An edit message of severity ``warn``, as a warning of pytest."""


class CaseItem(pytest.Item):
    """A claim, a line or a check, and what was found in it."""

    parent: ClaimFile

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(name=case.name, **kwargs)
        self.case = case
        ids = dict.fromkeys(message.check for message in case.messages)
        self.extra_keyword_matches.update(ids)  # -k MUE: the claims with a message of an MUE check
        self.user_properties += [("check", id) for id in ids]

    def runtest(self) -> None:
        """Fail by a reject, warn by a warning, skip what is not judged."""
        case = self.case
        if case.errors or case.count[REJECT]:
            raise Failed(text_of(case))
        warned = [message for message in case.messages if message.severity == WARN]
        for message in warned:
            self._warn(f"{who(message)}: {message.check}: {message.text} {message.remedy or ''}")
        if case.count[WARN] > len(warned):
            self._warn(f"{self.name}: {case.count[WARN] - len(warned):,} warnings more")
        if case.first_waiting:
            first, more = case.first_waiting, f" (and {case.waiting - 1:,} lines more)" if case.waiting > 1 else ""
            pytest.skip(f"{self.parent.shown}: {who(first)}: {first.text}{more}")

    def _warn(self, text: str) -> None:
        """Warn, at line 0: pytest shows the line of the file that a warning names, and ours are of patients."""
        try:
            warnings.warn_explicit(ClaimWarning(text), None, self.parent.shown, 0)
        except ClaimWarning as warning:  # -W error
            raise Failed(f"{warning}\n{text_of(self.case)}") from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The messages as a biller reads them."""
        if isinstance(excinfo.value, Failed):
            return report_of(self, str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        row = self.case.messages[0].locus.row if self.case.messages else None
        return self.path, (row or 1) - 1, f"{self.parent.shown} {self.name}"


class GoldenItem(CaseItem):
    """A claim, a line or a check whose messages are expected."""

    def __init__(self, *, expectations: Expectations, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expectations = expectations

    def runtest(self) -> None:
        """Fail where the messages are not those expected."""
        key, expectations = self.case.key, self.expectations
        differing = expectations.difference(key)
        if self.case.errors:
            raise Failed(text_of(self.case))
        if self.parent.update:
            if not expectations.is_current(key):
                expectations.accept(key)
        elif differing:
            heading = f"not the messages of {expectations.shown}: {differing[0].strip()}"
            hint = "--claimcheck-update takes what is found as what is expected from now on."
            raise Failed("\n".join([heading, *differing, hint]))


class StaleItem(pytest.Item):
    """Expected messages of claims that the file does not have."""

    parent: ClaimFile

    def __init__(self, *, stale: dict[Hashable, list[Message]], expectations: Expectations, **kwargs: Any) -> None:
        super().__init__(name=STALE, **kwargs)
        self.stale = stale
        self.expectations = expectations

    def runtest(self) -> None:
        """Fail, or take them out."""
        if self.parent.update:
            for key in self.stale:
                self.expectations.accept(key)
            return
        messages = [message for each in self.stale.values() for message in each]
        names = ", ".join(dict.fromkeys(expected_of(message) for message in messages))
        expected, shown = self.expectations.shown, self.parent.shown
        raise Failed(f"{expected} is stale: {shown} has not what it expects messages of: {names}")

    repr_failure = CaseItem.repr_failure

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        return self.expectations.path, 0, f"{self.parent.shown} {self.name}"
