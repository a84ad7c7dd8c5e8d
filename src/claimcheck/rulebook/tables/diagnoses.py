"""Diagnoses: the codes of ICD-10-CM by date, and the lists that speak of them. All are keyed by a code without its
decimal point."""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from claimcheck.rulebook.tables import CMS, CODING, Kind, Table
from claimcheck.rulebook.tables.code_sets import LISTED

ICD_10_CM: Final = "icd10cm"
"""The codes that can be billed; a category is not one of them."""
EXCLUDES1: Final = "excludes1"
"""By category or code, what its Excludes1 notes name: codes, which stand for all under them, and ranges (``E08-E13``).
Notes of a section or chapter stand at each of its categories, after its name: ``E10 E11; G50-G59: M541``."""
UNSPECIFIED_SIDES: Final = "unspecified_sides"
"""Codes that leave the side open, each with those of the right and of the left side."""
MANIFESTATIONS: Final = "manifestations"
DIAGNOSIS_AGES: Final = "diagnosis_ages"
"""Codes for newborn, pediatric, maternity or adult patients."""
DIAGNOSIS_SEXES: Final = "diagnosis_sexes"
"""Codes for female (F) or male (M) patients."""


class Diagnosis(NamedTuple):
    """A code that can be billed, and the days on which it can; no last day is an open end."""

    first: date = date.min
    last: date | None = None
    source: str = "example"


DIAGNOSIS: Final = Kind("diagnosis", Diagnosis, key=("diagnosis",), self_dated=True)


class Note(NamedTuple):
    """What Excludes1 notes name: codes, which stand for all under them, and ranges of codes. ``where`` is the section
    or chapter that they stand at; "" for the code's own."""

    where: str
    codes: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]

    def names(self, diagnosis: str) -> bool:
        """Whether they name a diagnosis."""
        if diagnosis.startswith(self.codes):
            return True
        return any(first <= diagnosis[: len(first)] and diagnosis[: len(last)] <= last for first, last in self.ranges)


@lru_cache(maxsize=8192)
def notes_in(value: str) -> tuple[Note, ...]:
    """The notes in a value of the list."""
    notes = []
    for part in value.split("; "):
        where, _, named = part.rpartition(": ")
        ranges = [token.split("-") for token in named.split() if "-" in token]
        codes = tuple(token for token in named.split() if "-" not in token)
        notes.append(Note(where, codes, tuple((first, last) for first, last in ranges)))
    return tuple(notes)


_CODES: Final = f"{CODING}/icd-10-codes"
_EDITOR: Final = (
    "Definitions of Medicare Code Edits",
    f"{CMS}/payment/prospective-payment-systems/acute-inpatient-pps/ms-drg-classifications-and-software",
)
_TABULAR_ORDER: Final = "ICD-10-CM Files, Code Descriptions in Tabular Order", _CODES
_LISTS: Final = {
    EXCLUDES1: ("list of Excludes1 notes", ("ICD-10-CM Files, Tabular List", _CODES)),
    UNSPECIFIED_SIDES: ("list of diagnoses of an unspecified side", _TABULAR_ORDER),
    MANIFESTATIONS: ("list of manifestation codes", _EDITOR),
    DIAGNOSIS_AGES: ("list of ages by diagnosis", _EDITOR),
    DIAGNOSIS_SEXES: ("list of sexes by diagnosis", _EDITOR),
}
TABLES: Final = {
    ICD_10_CM: Table(DIAGNOSIS, "ICD-10-CM code list", *_TABULAR_ORDER, ships=True),
    **{
        table: Table(LISTED, name, *published, ships=True, keys="diagnosis")
        for table, (name, published) in _LISTS.items()
    },
}
