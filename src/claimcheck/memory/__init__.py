"""What earlier claims billed, so that edits apply across the claims of a patient: those of a batch, and, where there is
a history, those of earlier batches (``across``).

One pass: a claim is judged with the earlier claims of the same patient, payer and setting, and then remembered, as
small tuples, which go to a temporary SQLite file once they are many. A payer adjudicates the same way: of two claims
in conflict it denies the later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from claimcheck import ClaimcheckError
from claimcheck.claim import DENTAL, INSTITUTIONAL, OUTPATIENT, SETTINGS, Claim, Line, Resubmission
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.tables.frequency import is_screening, pointed

if TYPE_CHECKING:
    from claimcheck.memory.spilled import Spilled

Patient = tuple[str | bytes | None, ...]
"""Whose claims are judged together: in a batch patient, payer and its turn, setting and profile."""

Remembered = tuple[str, str | None, str | None, tuple[Line, ...], bytes]
"""A remembered claim: its number, billing provider and taxonomy, its lines, and whether each is unpaid."""

PAIRED: Final = 1
UNPAID: Final = 2
"""Why nothing is paid for a line: it is bundled into another line; or it is denied by itself."""
SCREENING: Final = 4
"""Added to it where a line of a code that is also a diagnostic test was billed as a screening, by its diagnoses, which
are not kept."""


class Earlier(NamedTuple):
    """Lines of a patient's earlier claims that may matter for a claim; by the line's ``id`` the number of the claim
    that each is on, and ``PAIRED`` or ``UNPAID`` where nothing is paid for it. There are none where they were
    ``too_many``. ``held`` are lines of claims that were not sent: what they say was done, and nothing is paid for it
    yet (``Check.counts_held``). ``resubmits`` says which of these claims the claim bills again, ``since`` on which day
    the history begins that lines of years were looked up in."""

    lines: tuple[Line, ...] = ()
    claims: Mapping[int, str] = {}
    unpaid: Mapping[int, int] = {}
    too_many: bool = False
    held: tuple[Line, ...] = ()
    resubmits: Resubmission | None = None
    since: date | None = None


class ShortHistory(NamedTuple):
    """Lines of which a check looks further back than a history reaches: how many ``lines`` there are, how many months
    are ``needed``, the most of any, and how many are ``known``, the fewest of any."""

    lines: int
    needed: int
    known: int

    def and_also(self, other: ShortHistory) -> ShortHistory:
        """Both together."""
        return ShortHistory(self.lines + other.lines, max(self.needed, other.needed), min(self.known, other.known))


NOTHING: Final = Earlier()
"""The one of claims that have nothing before them."""


class _Joined(Claim):
    """A claim with lines of earlier ones before its own."""

    own: int = 0
    again: Resubmission | None = None
    since: date | None = None

    @property
    def earlier(self) -> int:
        """All lines but the claim's own."""
        return len(self.lines) - self.own

    @property
    def resubmits(self) -> Resubmission | None:
        """The earlier claim that it bills again."""
        return self.again

    @property
    def known_since(self) -> date | None:
        """The first day of the history."""
        return self.since


def with_earlier(claim: Claim, earlier: Earlier, *, held: bool = False) -> Claim:
    """A claim with the patient's earlier lines before its own, those that were ``held`` too or not."""
    lines = (*earlier.held, *earlier.lines) if held else earlier.lines
    joined = _Joined(*claim._replace(lines=(*lines, *claim.lines)))
    joined.own, joined.again, joined.since = len(claim.lines), earlier.resubmits, earlier.since
    return joined


def marks(claim: Claim, only_with: Sequence[str | None]) -> bytes | None:
    """For each line ``SCREENING``, where its code and diagnoses make it one; empty where that is true of no line. None
    where of no line of the claim it is known how often it is paid. ``only_with`` are the diagnoses of each line's code
    (``Rules.only_with``)."""
    is_known, screenings = False, bytearray()
    for at, diagnoses in enumerate(only_with):
        if diagnoses is None:
            continue
        if not diagnoses:
            is_known = True
        elif is_screening(diagnoses, pointed(claim, claim.lines[at])):
            screenings = screenings or bytearray(len(only_with))
            screenings[at] = SCREENING
    return bytes(screenings) if screenings or is_known else None


class Remember(StrEnum):
    """Which claims of a batch count as sent."""

    accepted = "accepted"
    """Those of which every line is accepted, with or without warnings; the others are kept as held."""
    all = "all"
    none = "none"
    """None is kept."""


class HistoryError(ClaimcheckError):
    """A history that can't be used: no key or a wrong one, a newer schema, a file that is not a history, a server that
    is away, another writer that does not end; the text says which, and what to do."""


LINES_IN_MEMORY: Final = 50_000
"""Lines remembered before they are written to a file: some 40 MB."""

_REPLACED_OR_VOID: Final = ("7", "8")
"""Claim frequencies (CLM05-3, the last digit of a type of bill) of a replacement and of a void."""


_ALONE: Final = frozenset("09ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Frequencies of a hospital's claims that are not for payment (0), the last of a home health period (9), or adjustments
of the payer (letters): what they bill is on other claims, too."""


def is_alone(claim: Claim, frequency: str) -> bool:
    """Whether no edit looks at a claim beside others: inpatient and dental ones, and some of a hospital's."""
    setting = claim.setting
    return setting in (INSTITUTIONAL, DENTAL) or (setting == OUTPATIENT and frequency in _ALONE)


_PRIMARY: Final = ("P", "", None)


def payer_turn(claim: Claim) -> str:
    """Whether a claim's payer pays second (S), third (T), ...; "" where it pays first, or nothing is said. What two
    turns of one payer have in common is coordination, not repetition."""
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
        self._recent: dict[Patient, list[Any]] = defaultdict(list)
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
        self._recent[patient].append(claim)
        self._count = count = self._count + len(claim[3])
        if count > self._limit:
            self._spill()

    def _spill(self) -> None:
        if self._spilled is None:
            from claimcheck.memory.spilled import Spilled  # few batches are so large

            self._spilled = Spilled()
        self._spilled.add(self._recent)
        self._recent, self._count = defaultdict(list), 0


class History(OwnClaims):
    """The memory of one batch, which knows of no other.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int = LINES_IN_MEMORY) -> None:
        super().__init__(lines_in_memory)
        self._patient: Patient | None = None
        self._profiles: set[str] = set()

    def prepare(self, block: Sequence[object], judges: Sequence[Any]) -> Iterable[tuple[str, ShortHistory]]:
        """Note by which profiles claims are judged. Nothing has to be looked up, and nobody expects more than the
        batch."""
        self._profiles.update([judge.profile for judge in {*judges} if judge])
        return ()

    @staticmethod
    def patient_of(claim: Claim, profile: str) -> Patient | None:
        """The patient whose history a claim belongs to, among claims judged by one profile: another payer does not see
        it, nor does one payer repeat itself that pays first and second. None where the patient is unknown, or where the
        claim replaces or voids another."""
        frequency = claim.frequency or (claim.type_of_bill or "")[-1:]
        if not claim.patient_id or frequency in _REPLACED_OR_VOID or is_alone(claim, frequency):
            return None
        return claim.patient_id, claim.payer_id, payer_turn(claim), claim.setting, profile

    def before(self, claim: Claim, patient: Patient | None) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter."""
        self._patient = patient
        if patient is None:
            return NOTHING
        known: Sequence[Remembered] = self._recent.get(patient, ()) if self._spilled is None else self.of(patient)
        return _near(claim, known) if known else NOTHING

    def of_years(self, claim: Claim, rulebook: Rulebook) -> Earlier:
        """What earlier claims of the patient and payer, of any setting, billed that counts with services of the claim
        over months and years; of the claim that ``before`` was asked for last."""
        if self._patient is None:
            return NOTHING
        whose, kinds = self._patient[:3], product(sorted(SETTINGS), sorted(self._profiles))
        known = [one for kind in kinds for one in self.of((*whose, *kind))]
        return _of_years(claim, known, rulebook) if known else NOTHING

    def remember(self, claim: Claim, patient: Patient | None, judgement: Judgement) -> None:
        """Remember a claim that was judged, with its unpaid lines and screenings."""
        if patient is not None:
            billed = claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines, judgement.unpaid
            self.add(patient, billed)


# Few claims have earlier ones; what looks through them is loaded for the first.


def _near(claim: Claim, known: Sequence[Remembered]) -> Earlier:
    from claimcheck.memory.near import earlier_lines, resubmitted

    return resubmitted(claim, known, earlier_lines(claim, known))


def _of_years(claim: Claim, known: Sequence[Remembered], rulebook: Rulebook) -> Earlier:
    from claimcheck.memory.near import lines_of_years

    return lines_of_years(claim, known, rulebook)
