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


MONTHLY = frozenset(
    (
        *("99424", "99426", "99439", "99454", "99457", "99484", "99487", "99490", "99491", "99492", "99493", "98980"),
        *("G0323", "G0556", "G0557", "G0558", "G2214", "G3002"),
        *(str(number) for number in range(90951, 90963)),
    )
)
"""Care that is billed by the calendar month: chronic care, remote monitoring, dialysis."""

_READINGS = ("93010", "93018", "93042")


def is_reading(code: str, modifiers: tuple[str, ...]) -> bool:
    """The interpretation of a test: of electrocardiograms by a code of its own, of radiology (70010 to 79999) by 26."""
    return code in _READINGS or ("26" in modifiers and 70010 <= number_of(code) <= 79999)
