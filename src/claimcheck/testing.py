"""For the unit tests of your checks, profiles and rule data: builders of claims, and ``judge``.

>>> from claimcheck.rulebook import Mue
>>> from claimcheck.testing import a_claim, a_line, judge
>>> outcome = judge(a_claim(a_line("97110", units=9)), {"mue": {"97110": Mue(8, mai=1)}}, select=["MUE"])
>>> outcome.checks
['MUE-LINE']
>>> outcome.disposition == "rejected"
True

Where ``pytest`` is used, the fixtures ``a_claim``, ``a_line``, ``a_service`` and ``claimcheck`` need no import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from claimcheck.authoring.examples import a_claim, a_line, a_service
from claimcheck.claim import Claim
from claimcheck.config.checker import Checker
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.engine.messages import Outcome
from claimcheck.rulebook import Row, Rulebook

__all__ = ["a_claim", "a_line", "a_service", "judge"]


def judge(
    claim: Claim,
    tables: Mapping[str, Mapping[str, Row]] | None = None,
    *,
    over: Rulebook | None = None,
    profile: str | Path | None = None,
    checks: Iterable[str] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    configuration: Configuration | None = None,
) -> Outcome:
    """Judge a claim by a handful of rows, which hold on every day.

    Args:
        claim: what to judge, such as ``a_claim(a_line("77424-26", units=2))``.
        tables: rows by table and code, as ``Rulebook.of`` takes them: ``{"fee": {"77424": Fee("X")},
            "pairs": {"32701-77424": Pair("0")}}``. A table that is named is whole: a code without a row is not in it.
        over: what holds for the tables that are not named, such as ``open_book("starter")``. Where None there are
            none: a check that needs one can't judge, and the outcome says so.
        profile: a profile's name or file; where None, by payer, filing indicator and setting, as always.
        checks: modules, files or folders of custom checks.
        select: ids or prefixes of the checks to run; empty for all.
        ignore: ids or prefixes of the checks to leave out.
        configuration: what ``claimcheck.toml`` says.

    Returns:
        The messages of the claim in order (``outcome.checks`` are their ids), and the disposition of each line.

    Raises:
        ConfigurationError, ChecksRefused: a profile, id, option or check can't be used.
        TypeError: a table is not a mapping of rows by code.
        Exception: whatever a check itself raises, which in a run would be a message.
    """
    rows = Rulebook.of(**tables or {})
    checker = Checker(
        over.under(*rows.stores) if over else rows,
        str(profile) if profile else None,
        checks=checks,
        select=select,
        ignore=ignore,
        configuration=configuration,
        on_error=raise_errors,
    )
    return checker.check(claim)
