"""Failures of tests, as a biller or the author of a check reads them."""

from __future__ import annotations

import io
import traceback
from pathlib import Path
from typing import Final

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from claimcheck.engine.findings import CHECK_FAILED
from claimcheck.message import REJECT, EditMessage
from claimcheck.suite.cases import Case
from claimcheck.suite.expectations import lines_of
from claimcheck.writers.to_text import TextWriter

_NAMED: Final = 3
"""Edits that the first line of a failure names."""


class Failed(Exception):
    """A test that fails; the text is what is shown."""


def report_of(item: pytest.Item, text: str) -> ReprExceptionInfo:
    """A failure as pytest reports it: the first line where it lists failures, all of it where it shows them. A bare
    text would stand in that list whole, where pytest runs in CI."""
    path, line, _ = item.reportinfo()
    place = ReprFileLocation(str(path), (line or 0) + 1, text.partition("\n")[0])
    return ReprExceptionInfo(ReprTraceback([ReprEntryNative([f"{text}\n"])], None, "native"), place)


def who(message: EditMessage) -> str:
    """What a message is about: ``claim C1 line 2``."""
    claim = f"claim {message.claim_id}" if message.claim_id else "the file"
    return claim + lines_of(message.line_number, message.lines)


def text_of(case: Case) -> str:
    """What is wrong in one line, then every message with place, source and remedy, then errors of checks."""
    out = io.StringIO()
    writer = TextWriter(out)
    for message in case.messages:
        writer.write(message)
    total = sum(case.count.values())
    if total > len(case.messages):
        out.write(f"\n... and {total - len(case.messages):,} messages more: claimcheck check shows them all\n")
    for id, error in case.errors.items():
        out.write(f"\n{id} broke off:\n{traceback_of(error, of_claims=True)}")
    worst = [m for m in case.messages if m.severity == REJECT or m.check == CHECK_FAILED.id] or case.messages
    edits = dict.fromkeys(f"{message.check} on {who(message)}" for message in worst)
    more = f" and {len(edits) - _NAMED:,} more" if len(edits) > _NAMED else ""
    return f"{', '.join([*edits][:_NAMED])}{more}\n{out.getvalue()}"


def traceback_of(error: Exception, *, of_claims: bool) -> str:
    """A check's error with its own traceback, from where the engine called it. No value of a variable is shown, and
    what the error itself says only where it can't quote a patient, or was no error over claims but an example's."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parents[1])
    own = [frame for frame in frames if not frame.filename.startswith(ours) or "/checks/" in frame.filename]
    text = str(error) if not of_claims or _quotes_nothing(error, frames) else "(its text may quote a patient: withheld)"
    return "".join(traceback.format_list(own or frames)) + f"{type(error).__name__}: {text}\n"


def _quotes_nothing(error: Exception, frames: traceback.StackSummary) -> bool:
    """Whether an error is Python's own about a program, which names variables and types but no value."""
    raised = not frames or (frames[-1].line or "").startswith("raise")
    return not raised and type(error) in (AttributeError, IndexError, NameError, TypeError, ZeroDivisionError)
