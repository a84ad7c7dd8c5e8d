"""The sections of the code set by number: what a code says of itself, whatever table knows it."""

from functools import lru_cache


@lru_cache(maxsize=16_384)
def number_of(code: str) -> int:
    """The number of a five-digit (category I) code; -1 for any other code."""
    return int(code) if len(code) == 5 and code.isascii() and code.isdigit() else -1


def is_ambulance(code: str) -> bool:
    """Ambulance and other transportation services, A0021 to A0999."""
    return "A0021" <= code <= "A0999"


def is_anesthesia(code: str) -> bool:
    """Anesthesia services, 00100 to 01999."""
    return 100 <= number_of(code) <= 1999


def is_surgery(code: str) -> bool:
    """Surgical services, 10004 to 69990."""
    return 10004 <= number_of(code) <= 69990


def is_radiology_or_laboratory(code: str) -> bool:
    """Radiology, pathology and laboratory services, 70010 to 89398."""
    return 70010 <= number_of(code) <= 89398


def is_laboratory(code: str) -> bool:
    """Clinical laboratory and pathology services, 80047 to 89398."""
    return 80047 <= number_of(code) <= 89398


def is_evaluation(code: str) -> bool:
    """Evaluation and management services and eye visits: 99202 to 99499, 92002 to 92014."""
    number = number_of(code)
    return 99202 <= number <= 99499 or 92002 <= number <= 92014
