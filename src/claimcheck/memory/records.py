"""What is remembered of a claim, and what a check across claims is handed of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from claimcheck import ClaimcheckError
from claimcheck.claim import Line, Resubmission

Patient = tuple[str | bytes | None, ...]
"""Whose claims are judged together: in a batch patient, payer and its turn, setting and profile."""

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
    ``too_many``. ``held`` are lines of claims that were not sent: what they say was done, and nothing is paid for it
    yet (``Check.counts_held``). ``resubmits`` says which of these claims the claim bills again."""

    lines: tuple[Line, ...] = ()
    claims: Mapping[int, str] = {}
    unpaid: Mapping[int, int] = {}
    too_many: bool = False
    held: tuple[Line, ...] = ()
    resubmits: Resubmission | None = None


class ShortHistory(NamedTuple):
    """Lines of which a check looks further back than a history reaches: how many ``lines`` there are, how many months
    are ``needed``, the most of any, and how many are ``known``, the fewest of any."""

    lines: int
    needed: int
    known: int

    def and_also(self, other: ShortHistory) -> ShortHistory:
        """Both together."""
        return ShortHistory(self.lines + other.lines, max(self.needed, other.needed), min(self.known, other.known))


NOTHING: Final = Earlier()
"""The one of claims that have nothing before them."""


class Remember(StrEnum):
    """Which claims of a batch count as sent."""

    accepted = "accepted"
    """Those of which every line is accepted, with or without warnings; the others are kept as held."""
    all = "all"
    none = "none"
    """None is kept."""


class HistoryError(ClaimcheckError):
    """A history that can't be used: no key or a wrong one, a newer schema, a file that is not a history, a server that
    is away, another writer that does not end; the text says which, and what to do."""
