"""What earlier claims of a batch billed, so that edits apply across the claims of a patient.

One pass: a claim is judged with the earlier claims of the same patient, payer and setting, and then remembered, as
small tuples, which go to a temporary SQLite file once they are many. A payer adjudicates the same way: of two claims
in conflict it denies the later one.
"""

from __future__ import annotations

from typing import Final

from claimcheck.claim import DENTAL, INSTITUTIONAL, Claim
from claimcheck.memory.findings import new_findings, with_earlier
from claimcheck.memory.near import MOST_EARLIER, earlier_lines, lines_of_years, marks
from claimcheck.memory.records import NOTHING, PAIRED, UNPAID, Earlier, Patient, Remembered
from claimcheck.memory.spilled import Spilled
from claimcheck.rulebook import Rulebook

__all__ = [
    "LINES_IN_MEMORY",
    "MOST_EARLIER",
    "NOTHING",
    "PAIRED",
    "UNPAID",
    "Earlier",
    "History",
    "Patient",
    "marks",
    "new_findings",
    "patient_of",
    "with_earlier",
]

LINES_IN_MEMORY: Final = 50_000
"""Lines remembered before they are written to a file: some 40 MB."""

_REPLACED_OR_VOID: Final = ("7", "8")
"""Claim frequencies (CLM05-3, the last digit of a type of bill) of a replacement and of a void."""


class History:
    """The claims of one batch so far.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int = LINES_IN_MEMORY) -> None:
        self._limit = lines_in_memory
        self._recent: dict[Patient, list[Remembered]] = {}
        self._count = 0
        self._spilled: Spilled | None = None
        self._kinds: dict[tuple[str, str], None] = {}

    def before(self, claim: Claim, patient: Patient | None) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter."""
        if patient is None:
            return NOTHING
        known = self._of(patient)
        return earlier_lines(claim, known) if known else NOTHING

    def of_years(self, patient: Patient | None, claim: Claim, rulebook: Rulebook) -> Earlier:
        """What earlier claims of the patient and payer, of any setting, billed that counts with services of the claim
        over months and years."""
        if patient is None:
            return NOTHING
        known = [one for kind in sorted(self._kinds) for one in self._of((*patient[:2], *kind)) or ()]
        return lines_of_years(claim, known, rulebook) if known else NOTHING

    def _of(self, patient: Patient) -> list[Remembered] | None:
        known = self._recent.get(patient)
        if self._spilled and self._spilled.may_know(patient):
            return [*self._spilled.of(patient), *(known or ())]
        return known

    def remember(self, claim: Claim, patient: Patient | None, unpaid: bytes) -> None:
        """Remember a claim that was judged, with its unpaid lines and screenings (``Outcome.unpaid``)."""
        if patient is None:
            return
        remembered = (claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines, unpaid)
        self._recent.setdefault(patient, []).append(remembered)
        self._kinds[patient[2:]] = None
        self._count += len(claim.lines)
        if self._count > self._limit:
            self._spill()

    def _spill(self) -> None:
        if self._spilled is None:
            self._spilled = Spilled()
        self._spilled.add(self._recent)
        self._recent, self._count = {}, 0


def patient_of(claim: Claim, profile: str) -> Patient | None:
    """The patient whose history a claim belongs to, among claims judged by one profile: another payer does not see it.
    None where the patient is unknown, or where the claim replaces or voids another."""
    frequency = claim.frequency or (claim.type_of_bill or "")[-1:]
    if not claim.patient_id or frequency in _REPLACED_OR_VOID or claim.setting in (INSTITUTIONAL, DENTAL):
        return None
    return claim.patient_id, claim.payer_id, claim.setting, profile
