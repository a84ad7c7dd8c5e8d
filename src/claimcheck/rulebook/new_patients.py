"""Which services say that a patient is new, which ones that they were seen, and for how long that counts: what codes
say of themselves, whatever table knows them."""

from datetime import timedelta
from functools import lru_cache
from typing import Final

from claimcheck.claim import Service
from claimcheck.rulebook.sections import number_of

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

STILL_KNOWN: Final = timedelta(days=1095)
"""How long a patient who was seen is not new: three years, as Medicare's Common Working File counts them."""


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
