"""Laws of which one example takes long, so that many are for ``make thorough``."""

import os

from hypothesis import settings

_THOROUGH = "CLAIMCHECK_THOROUGH" in os.environ


def slow_law(examples: int, *, thorough: int) -> settings:
    """How many examples a law is tried with: ``examples``, and ``thorough`` of them where there is time."""
    return settings(max_examples=thorough if _THOROUGH else examples)
