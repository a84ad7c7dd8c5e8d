"""The diagnoses of an HI that also holds other things, or is not written as it must be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from claimcheck.readers.x12 import claim_issues
from claimcheck.readers.x12.composites import DIAGNOSES, MISWRITTEN
from claimcheck.readers.x12.issues import ReadIssue

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
            yield claim_issues.unread_diagnoses(number, self._unread, self._many)
        if self._unknown:
            yield claim_issues.unknown_qualifiers(number, self._unknown)
        if self._separators:
            where, found = ", ".join(self._separators), next(iter(self._separators.values()))
            yield claim_issues.diagnoses_with_another_separator(number, where, found, self._component)

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
