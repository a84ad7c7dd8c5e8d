"""What a shell completes: names of profiles, formats and checks. Nothing is loaded before a shell asks."""

from __future__ import annotations


def profiles(incomplete: str) -> list[str]:
    """The profiles that ship."""
    from claimcheck.config.profile import profile_names

    return [name for name in profile_names() if name.startswith(incomplete)]


def formats(incomplete: str) -> list[str]:
    """The formats of messages."""
    from claimcheck.writers import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def check_ids(incomplete: str) -> list[str]:
    """The checks that ship, also after a comma."""
    from claimcheck.catalog.entries import every_check

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{check.id}" for check in every_check() if check.id.startswith(last.upper())]


def dispositions(incomplete: str) -> list[str]:
    """The dispositions that may fail a run."""
    return [name for name in ("rejected", "not_judged", "accepted_with_warnings") if name.startswith(incomplete)]
