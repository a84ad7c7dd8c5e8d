"""Files of custom checks: their examples are tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claimcheck.authoring.check import Check, ChecksRefused
from claimcheck.authoring.examples import Example
from claimcheck.custom_checks.loading import import_checks, laws_broken_by, place_of
from claimcheck.custom_checks.proof import prove
from claimcheck.suite.failures import Failed, traceback_of
from claimcheck.suite.items import CaseItem


class CheckFile(pytest.File):
    """A file of checks: its examples are its tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test an example, and one for what a check must have."""
        try:
            checks = import_checks([str(self.path)])
        except ChecksRefused as refused:
            raise self.CollectError("\n".join(refused.problems)) from None
        for check in checks:
            yield LawItem.from_parent(self, name=check.id, check=check)
            titles: Counter[str] = Counter()
            for example in check.examples:
                titles[example.title] += 1
                number = f"[{titles[example.title]}]" if titles[example.title] > 1 else ""
                name = f"{check.id}: {example.title}{number}"
                yield ExampleItem.from_parent(self, name=name, check=check, example=example)


class LawItem(pytest.Item):
    """That a check has a page, a source, a mapping, both verdicts, an id of its own."""

    def __init__(self, *, check: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def runtest(self) -> None:
        """Fail by what it lacks."""
        broken = [f"{place_of(self.check)}: {self.check.id} {law}" for law in laws_broken_by(self.check)]
        if broken:
            raise Failed("\n".join(broken))

    repr_failure = CaseItem.repr_failure

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        line = place_of(self.check).rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdigit() else 0, self.name


class ExampleItem(LawItem):
    """That an example says what it should."""

    def __init__(self, *, example: Example, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def runtest(self) -> None:
        """Fail with the difference, or with the check's own error."""
        try:
            why = prove(self.check, self.example)
        except Exception as error:  # whatever the check raises
            own = traceback_of(error, of_claims=False)
            raise Failed(f"{self.name} broke off with {type(error).__name__}\n{own}") from None
        if why:
            raise Failed(f"{place_of(self.check)}: {self.check.id}: the example {self.example.title!r} {why}")
