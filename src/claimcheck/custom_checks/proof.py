"""The proof of a check: it has what a check must have, and each of its examples says what it should.

Examples run in the engine, so that they prove all that decides whether a check is heard: the settings that it
is for, what concerns it, and what its findings lean on.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import get_args

from claimcheck.authoring.check import Check
from claimcheck.authoring.examples import Example, a_claim
from claimcheck.claim import SETTINGS, Claim, Line, Service
from claimcheck.engine.findings import NOT_JUDGED, PARTLY_JUDGED, ActiveCheck
from claimcheck.engine.loop import Engine, raise_errors
from claimcheck.engine.missing import CODE_SET
from claimcheck.message import SEVERITIES, Confidence, EditMessage, StandardCodes
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.tables import TABLES

TO_FILL_IN = "TODO"
"""What ``claimcheck new-check`` leaves where only its author knows what to write."""


def contract_violations(check: Check) -> Iterator[str]:
    """What a check lacks, apart from its examples: each a sentence about it."""
    if not check.doc.strip():
        yield "has no docstring: it is the check's page, and says what is wrong, why, and what to do"
    if not check.citation.title.strip():
        yield "has no citation: name the published rule that a biller can look up"
    if check.codes.claim_status is None:
        yield 'has no claim status: give one in its codes, such as codes("CO-4", "N519", "A7:453")'
    if any(TO_FILL_IN in text for text in (check.doc, *check.citation, *(e.title for e in check.examples))):
        yield f"still says {TO_FILL_IN}: fill in its page, its source and its examples"
    if check.severity not in SEVERITIES:
        yield f"has the severity {check.severity!r}; expected one of {', '.join(SEVERITIES)}"
    for what, given, known in (
        ("settings", check.settings, SETTINGS),
        ("confidence of its codes", (check.codes.confidence,), get_args(Confidence)),
    ):
        if unknown := sorted(set(given) - set(known)):
            expected = ", ".join(known)
            yield f"has {what} that there are none of: {', '.join(unknown)}; expected {expected}"
    tables = {*TABLES, "mue", "ptp"}.union(*(example.tables for example in check.examples))
    if nowhere := sorted({*check.tables} - tables):
        a_table = "a table of `claimcheck rules list`, mue, ptp, or a list that an example has"
        yield f"needs tables that there are none of: {', '.join(nowhere)}; expected {a_table}"
    yield from _unknown_codes(check.codes)
    missing = [v for v in ("passes", "fires") if v not in {example.verdict for example in check.examples}]
    if missing:
        yield f"has no example that {' and none that '.join(missing)}"


def _unknown_codes(codes: StandardCodes) -> Iterator[str]:
    """What is wrong with the standard codes that a check gives."""
    if codes.carc and (codes.carc.group not in ("CO", "OA", "PI", "PR") or not codes.carc.code):
        written = "-".join(codes.carc)
        yield f'has the codes {written!r}; expected a group CO, OA, PI or PR and a reason code, such as "CO-4"'
    status = codes.claim_status
    if status and not (re.fullmatch("[A-Z][0-9]", status.category) and status.code.isdigit()):
        yield f'has the claim status {":".join(status)!r}; expected a category and a code, such as "A7:453"'


def example_failure(check: Check, example: Example) -> str:
    """Why an example does not hold, be it an error of the check; blank where it does."""
    try:
        return prove(check, example)
    except Exception as error:  # a check's own error, whatever it is
        return f"breaks off with {error_of(error)}"


def prove(check: Check, example: Example) -> str:
    """Why an example does not hold; blank where it does.

    Raises:
        Exception: what the check raises.
    """
    said, waiting = _ask(check, example)
    if _ask(check, example) != (said, waiting):
        return "says something else when it is asked again: a verdict depends on the claim and the rules alone"
    found = _found(said, waiting)
    if example.verdict == "passes":
        return f"should pass, but {found}" if said or waiting else ""
    if example.verdict == "not judged":
        return f"should not be judged, but {found}" if said or not waiting else ""
    if not said or waiting:
        return f"should fire, but {found}"
    if not any(example.says in text for message in said for text in (message.text, message.remedy or "")):
        return f"should say {example.says!r}, but {found}"
    expected = example.severity or check.severity
    if {message.shadow or message.severity for message in said} != {expected}:
        return f"should {expected}, but {found}"
    return ""


def error_of(error: Exception) -> str:
    """A check's error and where it was raised, for its author."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def _ask(check: Check, example: Example) -> tuple[list[EditMessage], list[str]]:
    """What the engine says of an example by this check alone: its messages, and the tables that it waits for."""
    options = {**check.options, **example.options}
    book = Rulebook.of(**example.tables)
    engine = Engine(
        book, [ActiveCheck(check, check.severity, check.severity, options)], "example", on_error=raise_errors
    )
    messages = engine.check(_claim_of(example)).messages
    said = [message for message in messages if message.check == check.id]
    waiting = [message.observed or "" for message in messages if message.check in (NOT_JUDGED.id, PARTLY_JUDGED.id)]
    if said:  # of a code set that no table covers a check may speak all the same
        waiting = [table for table in waiting if not table.startswith(CODE_SET)]
    return said, waiting


def _claim_of(example: Example) -> Claim:
    if isinstance(example.subject, Service):
        return a_claim(Line(example.subject, example.day.isoformat()))
    return example.subject


def _found(said: list[EditMessage], waiting: list[str]) -> str:
    parts = [f"fires ({message.shadow or message.severity}): {message.text}" for message in said]
    parts += [f"is not judged for want of {tables}" for tables in waiting]
    return "; ".join(parts) or "passes"
