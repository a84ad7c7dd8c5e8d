"""Composites, taken apart: procedures, diagnoses, facilities, pointers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, TypeVar

from claimcheck.claim import ASC, DENTAL, HCPCS, PROFESSIONAL, SETTINGS, Service, Setting, setting_of_bill
from claimcheck.readers.x12.claim_issues import MISSING

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
    """The code of a diagnosis; "" for all that is none."""
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
