"""Parsed composites: procedures, diagnoses, facilities, pointers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from claimcheck.claim import ASC, DENTAL, HCPCS, PROFESSIONAL, SETTINGS, Service, Setting, setting_of_bill
from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.issues import MISSING, ReadIssue

CODE_SETS: Final = ("AD", "ER", "HC", "HP", "IV", "WK")
"""Qualifiers of procedures."""
DIAGNOSES: Final = frozenset(("ABK", "BK", "ABF", "BF"))
"""Qualifiers of diagnoses."""
MISWRITTEN: Final = re.compile(f"({'|'.join(CODE_SETS)}|A?B[KF])([^0-9A-Za-z\\s])(?=[0-9A-Z])", re.ASCII)
"""A qualifier with something else than the component separator behind it."""

_CODE_SETS: Final = frozenset((*CODE_SETS, "ZZ"))  # ZZ, mutually defined, is 4010's for HIPPS rates
_A_CODE: Final = re.compile("[0-9A-Z][0-9]{3}[0-9A-Z]", re.ASCII)

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """What a function gave for each key. Real claims repeat themselves, and a look-up costs less than
    taking a text apart again. Bounded in number and in size, so that no file can fill the memory."""

    def __init__(self, make: Callable[[K], V], limit: int = 20_000) -> None:
        self.make = make
        self.limit = limit

    def __missing__(self, key: K) -> V:
        value = self.make(key)
        if len(self) >= self.limit:
            self.clear()
        if len(repr(key)) < 600:
            self[key] = value
        return value


class Facility(NamedTuple):
    """CLM05: a place of service or, for an institution, a type of bill."""

    place: str
    bill: str
    setting: Setting
    frequency: str


class Procedure(NamedTuple):
    """A procedure with its quantity and place: the service, its description (the seventh component) or "", and what is
    odd in its first components: another separator, or that the qualifier is missing."""

    service: Service
    description: str
    odd: str


ProcedureKey = tuple[str, str, str, str]
"""The composite, the units, their basis and the place of service."""


class Composites:
    """What composites say, each taken apart once. ``procedure`` has a memo per setting."""

    def __init__(self, component: str) -> None:
        self.facility = Memo(partial(_facility, component))
        self.pointers = Memo(partial(_pointers, component))
        self.diagnosis = Memo(partial(_diagnosis, component))
        self.procedure: dict[Setting, Memo[ProcedureKey, Procedure]] = {
            setting: Memo(partial(_procedure, component, setting)) for setting in SETTINGS
        }


def _facility(component: str, clm05: str) -> Facility:
    place, _, frequency, *_ = [*clm05.split(component), "", ""]
    bill = place + frequency
    return Facility(place, bill, setting_of_bill(bill), frequency)


def _pointers(component: str, sv107: str) -> tuple[str, ...]:
    return tuple(sv107.split(component)) if sv107 else ()


def _diagnosis(component: str, composite: str) -> str:
    """The code of a diagnosis; "" for anything else."""
    qualifier, _, rest = composite.partition(component)
    return rest.partition(component)[0] if qualifier in DIAGNOSES else ""


def _procedure(component: str, setting: Setting, key: ProcedureKey) -> Procedure:
    composite, units, basis, place = key
    parts, odd = _procedure_parts(component, composite)
    code_set, code, modifiers, text = parts[0].strip(), "".join(parts[1:2]), parts[2:6], "".join(parts[6:7])
    if not code.strip():
        code, code_set = "", code_set or HCPCS
    service = Service(
        code=code,
        modifiers=tuple(filter(None, modifiers)),
        units=units,
        unit_basis=basis,
        place_of_service=place if setting in (PROFESSIONAL, ASC, DENTAL) else None,
        setting=setting,
        code_set=code_set,
    )
    return Procedure(service, text, odd)


def _procedure_parts(component: str, composite: str) -> tuple[list[str], str]:
    """The components of a procedure, the qualifier first, and what is odd in them."""
    parts = composite.split(component)
    if parts[0] not in _CODE_SETS:
        if miswritten := MISWRITTEN.match(composite):
            return composite.split(miswritten[2]), miswritten[2]
        if (len(parts) == 1 and len(composite) > 2) or _A_CODE.fullmatch(parts[0]):
            parts.insert(0, "")
        if not parts[0].strip() and "".join(parts[1:2]).strip():
            return parts, MISSING
    return parts, ""


_NO_DIAGNOSES: Final = frozenset(
    "ABJ ABN APR BBQ BBR BE BG BH BI BJ BN BO BP BQ BR CAH DR PR TC TQ ZZ".split()  # noqa: SIM905
)
"""Qualifiers of what else an HI may hold: admitting and external-cause diagnoses, reasons for the visit, procedures,
occurrences, values, conditions, treatments, groups; no line points to them. ZZ is 4010's."""
_CODE: Final = re.compile(r"[A-Z0-9][0-9][0-9A-Z]\.?[0-9A-Z]{0,4}", re.ASCII)
_QUALIFIER: Final = re.compile("[0-9A-Za-z]{1,3}", re.ASCII)


class OddDiagnoses:
    """The diagnoses of such an HI. Occurrence codes, procedures and the like are left out; what is empty or can't be
    read keeps its place among the diagnoses.

    Attributes:
        codes: the diagnoses, "" where one can't be read.
    """

    def __init__(self, composites: Sequence[str], component: str) -> None:
        self.codes: list[str] = []
        self._component, self._many = component, len(composites)
        self._unread: list[str] = []
        self._unknown: dict[str, str] = {}
        self._separators: dict[str, str] = {}
        for place, composite in enumerate(composites, 1):
            self._take(f"HI{place:02}", composite)
        while self.codes and not self.codes[-1]:
            self.codes.pop()

    def issues(self, number: int) -> Iterator[ReadIssue]:
        """What is to be reported of it."""
        if self._unread:
            yield issues.unread_diagnoses(number, self._unread, self._many)
        if self._unknown:
            yield issues.unknown_qualifiers(number, self._unknown)
        if self._separators:
            where, found = ", ".join(self._separators), next(iter(self._separators.values()))
            yield issues.diagnoses_with_another_separator(number, where, found, self._component)

    def _take(self, place: str, composite: str) -> None:
        qualifier, parted, rest = composite.partition(self._component)
        code = rest.partition(self._component)[0]
        if qualifier in _NO_DIAGNOSES:
            return
        is_diagnosis = qualifier in DIAGNOSES
        if not composite or (is_diagnosis and code):
            self.codes.append(code)
        elif miswritten := MISWRITTEN.match(composite):
            self._separators[place] = miswritten[2]
            self.codes.append(composite[miswritten.end() :].partition(miswritten[2])[0])
        elif is_diagnosis or not (parted and code):
            self._unread.append(place)
            self.codes.append("")
        else:
            self._unknown[place] = qualifier if _QUALIFIER.fullmatch(qualifier) else "something else"
            if qualifier.upper() not in _NO_DIAGNOSES:
                self.codes.append(code if _CODE.fullmatch(code) else "")
