"""The base of every error that claimcheck raises on purpose."""

from __future__ import annotations


class ClaimcheckError(Exception):
    """An error of claimcheck's own: of a configuration, a rule book, a check, a format or a file. Its text says what is
    wrong and what to do. What a claim holds never raises: it becomes an edit message."""
