"""What is remembered of a claim, and what a check across claims is handed of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from claimcheck.claim import Line

Patient = tuple[str, str | None, str, str]
"""Whose claims are judged together: patient, payer, setting and profile."""

Remembered = tuple[str, str | None, str | None, tuple[Line, ...], bytes]
"""A remembered claim: its number, billing provider and taxonomy, its lines, and whether each is unpaid."""

PAIRED: Final = 1
UNPAID: Final = 2
"""Why nothing is paid for a line: it is bundled into another line; or it is denied by itself."""
SCREENING: Final = 4
"""Added to it where a line of a code that is also a diagnostic test was billed as a screening, by its diagnoses, which
are not kept."""


class Earlier(NamedTuple):
    """Lines of a patient's earlier claims that may matter for a claim; by the line's ``id`` the number of the claim
    that each is on, and ``PAIRED`` or ``UNPAID`` where nothing is paid for it. There are none where they were
    ``too_many``."""

    lines: tuple[Line, ...] = ()
    claims: Mapping[int, str] = {}
    unpaid: Mapping[int, int] = {}
    too_many: bool = False


NOTHING: Final = Earlier()
