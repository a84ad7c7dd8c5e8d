"""The checker of a session of pytest, made of its options and the project's configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from claimcheck import ClaimcheckError
from claimcheck.authoring.check import Check
from claimcheck.claim import as_date
from claimcheck.config.checker import Checker
from claimcheck.config.configuration import Configuration, find_configuration, load_configuration, placed
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import Rules
from claimcheck.rulebook.opening import open_book

_CHECKER: Final = pytest.StashKey[Checker]()
_ERRORS: Final = pytest.StashKey[dict[str, Exception]]()


def checker_for_tests(config: pytest.Config) -> Checker:
    """The checker that the options and the configuration of a session make; a check's own error ends the test.

    Raises:
        pytest.UsageError: it can't be made.
    """
    return _make_checker(config, raise_errors)


def rules_of(checker: Checker) -> Callable[[date | str], Rules]:
    """What gives the rules of a day."""

    def rules(day: date | str) -> Rules:
        known = as_date(day) if isinstance(day, str) else day
        if known is None:
            raise ValueError(f"{day!r} is no day; expected CCYY-MM-DD or CCYYMMDD")
        return checker.rulebook.on(known)

    return rules


def _make_checker(config: pytest.Config, on_error: Callable[[Check, Exception], None]) -> Checker:
    option = config.getoption
    try:
        found = option("claimcheck_config")
        folders = config.rootpath, config.invocation_params.dir  # claims may lie elsewhere, and the root with them
        path = Path(found) if found else next(filter(None, map(find_configuration, folders)), None)
        return Checker(
            open_book(option("claimcheck_rulebook")),
            option("claimcheck_profile"),
            checks=[placed(name, config.rootpath) for name in option("claimcheck_checks")],
            configuration=load_configuration(path) if path else Configuration(),
            on_error=on_error,
        )
    except ClaimcheckError as error:
        raise pytest.UsageError(str(error)) from None


def session_checker(config: pytest.Config) -> tuple[Checker, dict[str, Exception]]:
    """The checker of collected claims, and the last error of each check that raised one."""
    if _CHECKER not in config.stash:
        errors: dict[str, Exception] = {}
        config.stash[_CHECKER] = _make_checker(config, lambda check, error: errors.update({check.id: error}))
        config.stash[_ERRORS] = errors
    return config.stash[_CHECKER], config.stash[_ERRORS]


def columns_of(config: pytest.Config) -> dict[str, str]:
    """The configuration's names of columns; none where it can't be used."""
    try:
        return session_checker(config)[0].configuration.columns
    except pytest.UsageError:
        return {}  # reported when the file is collected
