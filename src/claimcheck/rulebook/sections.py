"""The sections of the code set by number, and which services say that a patient is new or was seen: what a code says of
itself, whatever table knows it."""

from functools import lru_cache
from typing import Final

from claimcheck.claim import Service


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


_NEW_PATIENTS: Final = ((99201, 99205), (92002, 92004), (99341, 99345), (99324, 99328), (99381, 99387))
"""Visits of new patients; 99324 to 99328 and 99343 were deleted in 2023, 99201 in 2021."""
_FACE_TO_FACE: Final = (
    *((10004, 36399), (36430, 69990), (90791, 90899), (92002, 92014), (97010, 97814), (98940, 98943)),
    *((99201, 99255), (99281, 99285), (99291, 99292), (99304, 99337), (99341, 99350), (99381, 99412)),
    *((99455, 99456), (99460, 99480), (99483, 99483), (99495, 99498)),
)
"""Visits, also of a newborn in the hospital, procedures, psychiatry, therapy, acupuncture and chiropractic. Not so the
drawing of blood (36400 to 36425), which staff do, nor what is done without the patient: calls, consultations between
practitioners, monitoring, care management."""
_FACE_TO_FACE_LEVEL_II: Final = frozenset({"G0101", "G0402", "G0438", "G0439"})
_COMPONENTS: Final = frozenset({"26", "TC"})
"""A reading alone, and the technical component: the practitioner did not see the patient."""

STILL_KNOWN: Final = 1095
"""For how many days a patient who was seen is not new: three years, as Medicare's Common Working File counts them."""


@lru_cache(maxsize=16_384)
def is_new_patient_visit(code: str) -> bool:
    """Visits of new patients: 99202 to 99205, 92002, 92004, 99341 to 99345, 99381 to 99387."""
    return _is_in(_NEW_PATIENTS, code)


def is_face_to_face(service: Service) -> bool:
    """Whether who renders a service sees the patient."""
    return _COMPONENTS.isdisjoint(service.modifiers) and _is_face_to_face_code(service.code)


@lru_cache(maxsize=16_384)
def _is_face_to_face_code(code: str) -> bool:
    return code in _FACE_TO_FACE_LEVEL_II or _is_in(_FACE_TO_FACE, code)


def _is_in(ranges: tuple[tuple[int, int], ...], code: str) -> bool:
    number = number_of(code)
    return any(first <= number <= last for first, last in ranges)
