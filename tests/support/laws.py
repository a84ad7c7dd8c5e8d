"""Laws of which one example takes long, so that many are for ``make thorough``."""

import os

from hypothesis import settings

THOROUGH = "CLAIMCHECK_THOROUGH" in os.environ
"""``make thorough``: all that there is time for at night."""


def slow_law(examples: int, *, thorough: int) -> settings:
    """How many examples a law is tried with: ``examples``, and ``thorough`` of them where there is time."""
    return settings(max_examples=thorough if THOROUGH else examples)
