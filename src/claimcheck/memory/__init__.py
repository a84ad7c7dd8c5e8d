"""What earlier claims billed, so that edits apply across the claims of a patient: those of a batch, and, where there is
a history, those of earlier batches (``across``).

One pass: a claim is judged with the earlier claims of the same patient, payer and setting, and then remembered, as
small tuples, which go to a temporary SQLite file once they are many. A payer adjudicates the same way: of two claims
in conflict it denies the later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Protocol

from claimcheck.claim import DENTAL, INSTITUTIONAL, Claim, Resubmission
from claimcheck.memory.findings import new_findings, with_earlier
from claimcheck.memory.near import MOST_EARLIER, earlier_lines, lines_of_years, marks
from claimcheck.memory.records import NOTHING, PAIRED, UNPAID, Earlier, Patient, Remembered, ShortHistory
from claimcheck.rulebook import Rulebook

if TYPE_CHECKING:
    from claimcheck.memory.spilled import Spilled

__all__ = [
    "LINES_IN_MEMORY",
    "MOST_EARLIER",
    "NOTHING",
    "PAIRED",
    "UNPAID",
    "Earlier",
    "History",
    "Judgement",
    "Memory",
    "OwnClaims",
    "Patient",
    "marks",
    "new_findings",
    "resubmitted",
    "with_earlier",
]

LINES_IN_MEMORY: Final = 50_000
"""Lines remembered before they are written to a file: some 40 MB."""

_REPLACED_OR_VOID: Final = ("7", "8")
"""Claim frequencies (CLM05-3, the last digit of a type of bill) of a replacement and of a void."""


_ORIGINAL: Final = ("1", "", None)
_PRIMARY: Final = ("P", "", None)


def payer_turn(claim: Claim) -> str:
    """Whether a claim's payer pays second (S), third (T), ...; "" where it pays first, or nothing is said. Its claims
    are apart: what two turns of one payer have in common is coordination, no repetition."""
    turn = claim.payer_responsibility
    return "" if turn is None or turn in _PRIMARY else turn


class Judgement(Protocol):
    """What the engine made of a claim, as far as it is remembered."""

    @property
    def unpaid(self) -> bytes:
        """For each line whether nothing is paid for it; empty where that is true of no line."""

    @property
    def dispositions(self) -> Sequence[str]:
        """What becomes of each line."""


class Memory(Protocol):
    """What the loop asks for what was billed before, and tells what it judged."""

    def prepare(self, block: Sequence[object], judges: Sequence[Any]) -> Iterable[tuple[str, ShortHistory]]:
        """Look up all claims of a block at once; ``judges`` has for each its engine. Gives the checks that look further
        back than is known."""

    def patient_of(self, claim: Claim, profile: str) -> Any:
        """Whose claims a claim is judged with; None for no earlier ones."""

    def before(self, claim: Claim, patient: Any) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter."""

    def of_years(self, claim: Claim, rulebook: Rulebook) -> Earlier:
        """What earlier claims billed, in any setting, that counts with services of the claim over months and years; of
        the claim that ``before`` was asked for last."""

    def remember(self, claim: Claim, patient: Any, judgement: Judgement) -> None:
        """Remember a claim that was judged."""


class OwnClaims:
    """The claims of a batch so far, by patient.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int) -> None:
        self._limit = lines_in_memory
        self._recent: dict[Patient, list[Any]] = {}
        self._count = 0
        self._spilled: Spilled | None = None

    def of(self, patient: Patient) -> Sequence[Any]:
        """What was added for a patient, in order."""
        known: Sequence[Any] = self._recent.get(patient, ())
        if self._spilled and self._spilled.may_know(patient):
            known = [*self._spilled.of(patient), *known]
        return known

    def add(self, patient: Patient, claim: tuple[Any, ...]) -> None:
        """Add what is remembered of a claim; plain values that follow it come back with it."""
        self._recent.setdefault(patient, []).append(claim)
        self._count += len(claim[3])
        if self._count > self._limit:
            if self._spilled is None:
                from claimcheck.memory.spilled import Spilled  # few batches are so large

                self._spilled = Spilled()
            self._spilled.add(self._recent)
            self._recent, self._count = {}, 0


class History:
    """The memory of one batch, which knows of no other.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int = LINES_IN_MEMORY) -> None:
        self._claims = OwnClaims(lines_in_memory)
        self._patient: Patient | None = None
        self._kinds: dict[Patient, None] = {}  # the settings and profiles that there are

    def prepare(self, block: Sequence[object], judges: Sequence[Any]) -> Iterable[tuple[str, ShortHistory]]:
        """Nothing has to be looked up, and nobody expects more than the batch."""
        return ()

    @staticmethod
    def patient_of(claim: Claim, profile: str) -> Patient | None:
        """The patient whose history a claim belongs to, among claims judged by one profile: another payer does not see
        it, nor does one payer repeat itself that pays first and second. None where the patient is unknown, or where the
        claim replaces or voids another."""
        frequency = claim.frequency or (claim.type_of_bill or "")[-1:]
        if not claim.patient_id or frequency in _REPLACED_OR_VOID or claim.setting in (INSTITUTIONAL, DENTAL):
            return None
        return claim.patient_id, claim.payer_id, payer_turn(claim), claim.setting, profile

    def before(self, claim: Claim, patient: Patient | None) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter."""
        self._patient = patient
        if patient is None:
            return NOTHING
        known: Sequence[Remembered] = self._claims.of(patient)
        return resubmitted(claim, known, earlier_lines(claim, known)) if known else NOTHING

    def of_years(self, claim: Claim, rulebook: Rulebook) -> Earlier:
        """What earlier claims of the patient and payer, of any setting, billed that counts with services of the claim
        over months and years; of the claim that ``before`` was asked for last."""
        patient = self._patient
        if patient is None:
            return NOTHING
        known = [one for kind in sorted(self._kinds) for one in self._claims.of((*patient[:3], *kind))]
        return lines_of_years(claim, known, rulebook) if known else NOTHING

    def remember(self, claim: Claim, patient: Patient | None, judgement: Judgement) -> None:
        """Remember a claim that was judged, with its unpaid lines and screenings."""
        if patient is not None:
            self._kinds[patient[3:]] = None
            billed = claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines, judgement.unpaid
            self._claims.add(patient, billed)


def resubmitted(claim: Claim, known: Sequence[Remembered], earlier: Earlier, sent: date | None = None) -> Earlier:
    """The same, saying which of the earlier lines are of an original claim with the number of this one, which is an
    original too, and bill what it bills."""
    number, npi = claim.claim_id, claim.billing_npi
    if not earlier.lines or not number or all(one[0] != number or one[1] != npi for one in known):
        return earlier
    if (claim.frequency or (claim.type_of_bill or "")[-1:]) not in _ORIGINAL:
        return earlier
    billed = {(line.code, line.day) for line in claim.lines}
    lines = [ln for ln in earlier.lines if (ln.code, ln.day) in billed and earlier.claims[id(ln)] == number]
    return earlier._replace(resubmits=Resubmission((*lines,), sent=sent)) if lines else earlier
