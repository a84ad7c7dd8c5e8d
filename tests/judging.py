"""Whole verdicts for tests: every message of a claim or batch as ``line check severity``, sorted, none left out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from claimcheck import Checker, Claim, EditMessage, Line, Rulebook
from claimcheck.claim import ASC, OUTPATIENT
from claimcheck.examples import A_DAY, A_PHYSICIAN, a_claim, a_line
from claimcheck.profile import Configuration
from claimcheck.rulebook.rows import Row
from claimcheck.rulebook.starter import load

STARTER = load()
IN_2024 = "20240814"
"""A day of which the starter book has the fee schedule, units, pairs and add-on codes, but no OPPS or ASC table."""
_CARRY = Configuration(past_newest="carry")
_LINE = re.compile(r"(?P<code>\S+)(?: x(?P<units>\S+))?(?: for (?P<charge>\S+))?")


def starter(profile: str | None = None) -> Checker:
    """The starter book, pairs and units of 2024 carried into 2025, where OPPS and ASC tables are in force."""
    return Checker(STARTER, profile, strict=True, configuration=_CARRY)


def over(profile: str | None = None, **tables: dict[str, Row]) -> Checker:
    """The starter book with whole tables of a few rows over it (``Rulebook.of``)."""
    book = STARTER.under(*Rulebook.of(**tables).stores)
    return Checker(book, profile, strict=True, configuration=_CARRY)


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


def told(messages: list[EditMessage]) -> list[str]:
    return sorted(f"{m.line_number or 0} {m.check} {m.severity}" for m in messages)


def said(checker: Checker, *written: str | Line, claim: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    """Everything that is said of a professional claim of such lines."""
    return told(checker.check(on_claim(*written, claim=claim, **fields)).messages)


def said_of_center(checker: Checker, *written: str | Line, **fields: Any) -> list[str]:
    """Everything that is said of a surgical center's claim of such lines."""
    return said(checker, *written, **{"pos": "24", "setting": ASC, **fields})


def said_of_hospital(checker: Checker, *written: str | Line, **fields: Any) -> list[str]:
    """Everything that is said of a hospital's outpatient claim of such lines."""
    return said(checker, *written, **{"pos": None, "setting": OUTPATIENT, "revenue_code": "0360", **fields})


def said_of_batch(checker: Checker, *claims: Claim) -> list[str]:
    """Everything that is said of a batch: ``claim line check severity``."""
    found = checker.run(claims)
    return sorted(f"{m.claim_id} {m.line_number or 0} {m.check} {m.severity}" for m in found)
