"""Whole verdicts for tests: every message of a claim or batch as ``line check severity``, sorted, none left out.

``reject*`` is a reject that a payer may lower, as the specification writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from claimcheck import Checker, Claim, EditMessage, Line, Rulebook
from claimcheck.authoring.examples import A_DAY, A_PHYSICIAN, a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import ASC, OUTPATIENT
from claimcheck.config.configuration import Configuration, Payer
from claimcheck.engine.loop import raise_errors
from claimcheck.message import WARN, Severity
from claimcheck.rulebook import Row
from claimcheck.rulebook.opening import open_book

STARTER = open_book("starter")
IN_2024 = "20240814"
"""A day of which the starter book has the fee schedule, units, pairs and add-on codes, but no OPPS or ASC table."""
_LINE = re.compile(r"(?P<code>\S+)(?: x(?P<units>\S+))?(?: for (?P<charge>\S+))?")


class Judge(NamedTuple):
    """A checker, and one of a payer that may price what the specification marks as REJECT*."""

    checker: Checker
    lenient: Checker

    def told(self, claim: Claim) -> list[str]:
        """Everything that is said of a claim; ``reject*`` where a payer may price the line all the same."""
        strictly = self.checker.check(claim).messages
        leniently = self.lenient.check(claim).messages
        return sorted(
            f"{number} {m.check} {m.severity}{'' if other.severity == m.severity else '*'}"
            for m, other in zip(strictly, leniently, strict=True)
            for number in m.lines or [str(m.line_number or 0)]
        )


_LENIENT: dict[str, Severity] = {check.id: WARN for check in all_checks()}


def judge(book: Rulebook, profile: str | None = None) -> Judge:
    """Pairs and units of 2024 are carried into 2025, where OPPS and ASC tables are in force."""
    plain = Configuration(past_newest="carry")
    lenient = Configuration(past_newest="carry", payers={"*": Payer(soft=_LENIENT)})
    return Judge(*(Checker(book, profile, on_error=raise_errors, configuration=c) for c in (plain, lenient)))


def checker(book: Rulebook, *select: str, profile: str = "medicare_part_b") -> Checker:
    """A checker of these checks alone; what raises in one raises in the test."""
    return Checker(book, profile, select=select, on_error=raise_errors)


@cache
def starter(profile: str | None = None) -> Judge:
    """The starter book."""
    return judge(STARTER, profile)


def over(profile: str | None = None, **tables: Mapping[str, Row]) -> Judge:
    """The starter book with whole tables of a few rows over it (``Rulebook.of``)."""
    return judge(STARTER.under(*Rulebook.of(**tables).stores), profile)


def lines(*written: str | Line, **fields: Any) -> list[Line]:
    """Lines from ``CODE-MOD xUNITS for CHARGE``, all with the same fields."""
    made = []
    for one in written:
        if isinstance(one, Line):
            made.append(one)
            continue
        match = _LINE.fullmatch(one)
        assert match, one
        part = match.groupdict()
        more = {"charge": part["charge"]} if part["charge"] else {}
        made.append(a_line(part["code"], units=part["units"] or 1, **{"ordering_npi": A_PHYSICIAN, **fields, **more}))
    return made


def on_claim(*written: str | Line, claim: dict[str, Any] | None = None, **fields: Any) -> Claim:
    """A claim of such lines, received soon after the first of them."""
    made = lines(*written, **fields)
    day = max((line.last_day for line in made if line.last_day), default=A_DAY)
    received = (day + timedelta(days=10)).strftime("%Y%m%d")
    return a_claim(*made, **{"received_date": received, **(claim or {})})


def said(by: Judge, *written: str | Line, claim: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    """Everything that is said of a professional claim of such lines."""
    return by.told(on_claim(*written, claim=claim, **fields))


def said_of_center(by: Judge, *written: str | Line, **fields: Any) -> list[str]:
    """Everything that is said of a surgical center's claim of such lines."""
    return said(by, *written, **{"pos": "24", "setting": ASC, **fields})


def said_of_hospital(by: Judge, *written: str | Line, **fields: Any) -> list[str]:
    """Everything that is said of a hospital's outpatient claim of such lines."""
    return said(by, *written, **{"pos": None, "setting": OUTPATIENT, "revenue_code": "0360", **fields})


@cache
def _checker(profile: str | None, *select: str) -> Checker:
    return Checker(STARTER, profile, select=select, on_error=raise_errors)


def messages_of(claim: Claim, *select: str, profile: str | None = None) -> list[EditMessage]:
    """What some checks say of a claim, by the starter book."""
    return _checker(profile, *select).check(claim).messages


def severities_of(claim: Claim, *select: str, profile: str | None = None) -> list[tuple[str, str]]:
    """Which checks speak of a claim, and how severely."""
    return [(message.check, message.severity) for message in messages_of(claim, *select, profile=profile)]


def said_of_batch(checker: Checker, *claims: Claim) -> list[str]:
    """Everything that is said of a batch: ``claim line check severity``."""
    found = checker.run(claims)
    return sorted(
        f"{m.claim_id} {number} {m.check} {m.severity}"
        for m in found
        for number in m.lines or [str(m.line_number or 0)]
    )
