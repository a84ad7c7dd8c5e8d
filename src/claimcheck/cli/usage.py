"""Errors of usage in our words: typer hands over those of pydantic."""

from __future__ import annotations

import re
from typing import Final

from claimcheck.config.files import expected_one_of

_CHOICE: Final = re.compile(r"Value error, '(.*)' is not one of (.*)\.", re.DOTALL)
_BOUND: Final = re.compile(r"Input should be (greater|less) than or equal to (.*)")
_KIND: Final = re.compile(r"Input should be a valid (integer|number)\b.*")

_BOUNDS: Final = {"greater": "at least", "less": "at most"}
_KINDS: Final = {"integer": "a whole number", "number": "a number"}


def in_our_words(complaint: str) -> str:
    """What is wrong with the value of an option: what is expected, and what was perhaps meant."""
    if choice := _CHOICE.fullmatch(complaint):
        names = re.findall(r"'([^']*)'", choice[2])
        return f'found "{choice[1]}", {expected_one_of(choice[1], names)}'
    if bound := _BOUND.fullmatch(complaint):
        return f"expected {_BOUNDS[bound[1]]} {bound[2]}"
    if kind := _KIND.fullmatch(complaint):
        return f"expected {_KINDS[kind[1]]}"
    return complaint
