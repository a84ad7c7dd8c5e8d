"""The memory of a batch with a history: what earlier batches billed, and what this one adds to it.

What an earlier deposit means for a claim is decided here: whether it is the same claim, what a claim replaces, and what
counts. A claim is judged as of the numbers that its input was judged as of first, so that the same input has the same
messages whenever it is read, and whatever is read with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from claimcheck.claim import Claim, Line, Resubmission, as_date, can_be_place
from claimcheck.memory import NOTHING, Earlier, Judgement, OwnClaims, Remember, Remembered, ShortHistory, is_alone
from claimcheck.memory.deposits import AsOf, Deposit, Reader, State
from claimcheck.memory.identity import Identity, frequency_of
from claimcheck.memory.near import (
    NEAR,
    LookBack,
    earlier_lines,
    first_day_needed,
    lines_of_years,
    looks_back,
    resubmitted,
)
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.sections import STILL_KNOWN, is_face_to_face, is_new_patient_visit
from claimcheck.rulebook.tables.frequency import days_after, days_before

REPLACEMENT: Final = "7"
VOID: Final = "8"
_DAYS_OF_A_MONTH: Final = 30.4375
_LIFETIME: Final = 120
"""Months that are named where all of a life counts."""
_NOT_SENT: Final = frozenset("rn")
"""First letters of the dispositions of lines that hold their claim back."""


class Kept(NamedTuple):
    """What a batch adds to a history for one claim: its deposit, and the deposits whose place it takes, by number or,
    of the same batch, by fingerprint, which are then ``state``. ``file`` is the one that the claim is in."""

    deposit: Deposit
    file: str
    replaces: tuple[int | bytes, ...] = ()
    state: State = State.SUPERSEDED


class LeftOut(StrEnum):
    """Why a history does not keep a claim."""

    kind = "institutional or dental"
    """No edit looks at it beside others (``is_alone``)."""
    patient = "without a patient's number"
    date = "without a date of service"


class Whose(NamedTuple):
    """A claim's patient with the claim's other keys, and as of which numbers it is judged."""

    patient: bytes
    place: bytes
    fingerprint: bytes
    as_of: AsOf
    profile: str
    days: tuple[date, date] | None


_KIND: Final = attrgetter("kind")


class _Earlier(NamedTuple):
    """An earlier claim, of the history or the batch: how it is named, its setting and profile, its place and
    days, and what is remembered."""

    name: int | bytes
    kind: tuple[str, str]
    place: bytes
    first_day: date
    last_day: date
    claim: Remembered


class AcrossBatches:
    """Judges the claims of a batch with a history (``Memory``).

    Args:
        reader: looks up deposits.
        identity: makes the keys of claims.
        known: for each input that was read before, by the name of the file, as of when its claims are judged.
        now: the newest number, as of which all others are.
        remember: which claims count as sent.
        keep: told of each claim what it adds to the history.
        left_out: counts the claims of which nothing is kept.
        lines_in_memory: how many lines of the batch to keep before they go to a temporary file.
        judges: False where claims are added without being judged: what they replace alone is looked for.
        goes_on: called with each block, also of claims of which nothing is kept.
    """

    def __init__(
        self,
        reader: Reader,
        identity: Identity,
        known: Mapping[str, AsOf],
        now: int,
        remember: Remember,
        keep: Callable[[Kept], object],
        left_out: Counter[LeftOut],
        lines_in_memory: int,
        judges: bool = True,
        goes_on: Callable[[], object] | None = None,
    ) -> None:
        self._judges, self._goes_on, self._left_out = judges, goes_on, left_out
        self._reader, self._identity, self._keep = reader, identity, keep
        self._known, self._now, self._remember = known, AsOf(now), remember
        self._as_of: dict[str, AsOf] = {}  # by file
        self._own = OwnClaims(lines_in_memory)
        # What claims of this batch replace, by patient, and the input of each that does.
        self._gone: dict[bytes, list[tuple[AsOf, int | bytes]]] = {}
        self._whose: dict[int, Whose] = {}
        self._block: Sequence[Claim] = ()
        self._stored: Mapping[bytes, Sequence[Deposit]] = {}
        self._replaces: tuple[int | bytes, ...] = ()  # by the claim that is judged
        self._is_again = False
        self._runs: dict[int, frozenset[str]] = {}
        self._sent: list[_Earlier] = []

    def prepare(self, block: Sequence[object], judges: Sequence[Any]) -> Iterable[tuple[str, ShortHistory]]:
        """Look up the patients of a block, each as far back as its claims need."""
        if self._goes_on:
            self._goes_on()
        short: list[tuple[str, ShortHistory]] = []
        self._whose, self._block = {}, [claim for claim in block if isinstance(claim, Claim)]
        since: dict[bytes, date] = {}
        for claim, judge in zip(block, judges, strict=True):
            if not isinstance(claim, Claim) or (patient := self._identity.patient(claim, judge.profile)) is None:
                continue
            days = _days(claim)
            as_of = self._as_of_file(claim.locus.file) if self._known else self._now
            place, fingerprint = self._identity.place(claim, patient), self._identity.fingerprint(claim, patient)
            self._whose[id(claim)] = Whose(patient, place, fingerprint, as_of, judge.profile, days)
            if days is None:
                continue
            first = days[0]
            if self._judges:
                looks = looks_back(claim, judge.rulebook)
                if looks:
                    short += self._short(claim, judge, looks, as_of.before)
                first = first_day_needed(first, looks)
            elif not self._now.before:
                continue
            if first < since.get(patient, date.max):
                since[patient] = first
        self._stored = self._reader.of_patients(since) if since else {}
        self._whose.update([*self._of_first_schema()])
        if not self._judges:
            return ()
        if further := dict(self._further(since)):
            self._stored = {**self._stored, **self._reader.of_patients(further)}
        return short

    def _of_first_schema(self) -> Iterator[tuple[int, Whose]]:
        """Claims that the history has since its first schema, with the fingerprint that it had for them."""
        for claim in self._block if self._stored else ():
            if not (whose := self._whose.get(id(claim))):
                continue
            known = [one.fingerprint for one in self._stored.get(whose.patient, ()) if one.place == whose.place]
            if known and whose.fingerprint not in known:
                first = self._identity.fingerprint(claim, whose.patient, as_written=True)
                if first in known:
                    yield id(claim), whose._replace(fingerprint=first)

    def _short(
        self, claim: Claim, judge: Any, looks: Iterable[LookBack], before: int
    ) -> Iterator[tuple[str, ShortHistory]]:
        """The checks of whose look back over years a part is before what the history knows of the provider's claims for
        the payer."""
        begins = self._begins(claim, before) or date.max
        runs = self._runs.get(id(judge))
        if runs is None:
            runs = self._runs[id(judge)] = frozenset(each.check.id for each in judge.chosen)
        for check, day, since in looks:
            first = max(begins, self._reader.visits_since) if check == "NEW-PT" else begins
            if since < first and check in runs:
                needed = min(round((day - since).days / _DAYS_OF_A_MONTH), _LIFETIME)
                known = max(_months(first, day), 0)
                if known < needed or needed < _LIFETIME:
                    yield check, ShortHistory(1, needed, min(known, needed))

    def _begins(self, claim: Claim, before: int) -> date | None:
        """Since when the provider's claims for the payer are known, as of a number."""
        return self._reader.begins(self._identity.payer(claim.payer_id), claim.billing_npi, before)

    def _further(self, since: Mapping[bytes, date]) -> Iterator[tuple[bytes, date]]:
        """Patients of whom more must be known: they were seen before a visit, billed earlier, that says that they are
        new. What was seen before that was told with it."""
        for claim in self._block:
            whose = self._whose.get(id(claim))
            days = whose and whose.days
            if not whose or not days:
                continue
            stored, own = self._stored.get(whose.patient, ()), self._own.of((whose.patient,))
            last = days[1].toordinal()
            later_ones = [
                *[one.lines for one in stored if one.last_day > days[1]],
                *[one[3] for one in own if one[-1] > last],
            ]
            if not later_ones or not any(is_face_to_face(line.service) for line in claim.lines):
                continue
            visits = [
                line.day for lines in later_ones for line in lines if line.day and is_new_patient_visit(line.code)
            ]
            later = [day for day in visits if days[1] < day <= days_after(days[1], STILL_KNOWN)]
            if later and (first := days_before(min(later), STILL_KNOWN)) < since[whose.patient]:
                yield whose.patient, first

    def _as_of_file(self, file: str) -> AsOf:
        """As of when the claims of a file are judged."""
        if file not in self._as_of:
            name = input_of(file, self._known)
            self._as_of[file] = self._now if name is None else self._known[name]
        return self._as_of[file]

    def patient_of(self, claim: Claim, profile: str) -> Whose | None:
        """The keys of a claim of the block that was prepared."""
        return self._whose.get(id(claim))

    def before(self, claim: Claim, patient: Whose | None) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter, those that count."""
        self._replaces, self._is_again, self._sent = (), False, []
        if patient is None:
            return NOTHING
        deposits = self._stored.get(patient.patient, ())
        looks = self._judges or frequency_of(claim) in (REPLACEMENT, VOID)
        own = self._own.of((patient.patient,)) if looks else ()
        if not deposits and not own:
            return NOTHING
        first = next((one for one in deposits if one.fingerprint == patient.fingerprint), None)
        if first is None or first.id > patient.as_of.before:
            return self._near(claim, patient, *self._that_count(patient, deposits, own, patient.as_of))
        # The same submission again: judged as of before the first, it is not its own duplicate.
        earlier = self._near(claim, patient, *self._that_count(patient, deposits, (), AsOf(first.id - 1)))
        state = first.as_of(patient.as_of.before)
        self._is_again = state != State.HELD
        again = Resubmission(is_same=True, sent=first.received)
        return earlier._replace(resubmits=again) if state == State.SENT else earlier

    def of_years(self, claim: Claim, rulebook: Rulebook) -> Earlier:
        """What earlier claims billed, in any setting, that counts with services of the claim over months and years; and
        since when the history knows."""
        known = [one.claim for one in sorted(self._sent, key=_KIND)]
        earlier = lines_of_years(claim, known, rulebook) if known else NOTHING
        whose = self._whose.get(id(claim))
        since = self._begins(claim, whose.as_of.before) if whose else None
        return earlier._replace(since=since) if since else earlier

    def _that_count(
        self, whose: Whose, deposits: Sequence[Deposit], own: Sequence[Any], as_of: AsOf
    ) -> tuple[list[_Earlier], list[_Earlier]]:
        """Earlier claims that were sent, and those that were held. Those of the run itself count as sent, as they did
        when it judged them, also where it held them."""
        gone = {name for by, name in self._gone.get(whose.patient, ()) if whose.as_of.counts(by)}
        stored = {one.fingerprint for one in deposits} if self._known else ()
        of_batch = _of_batch(own, as_of, gone, stored) if own else []
        names = {one.name for one in of_batch}
        sent: list[_Earlier] = []
        held: list[_Earlier] = []
        for one in deposits:
            state = one.as_of(as_of.newest)
            is_of_run = one.id > as_of.before
            # A replacement that is held replaces nothing: the rest of its run does not see it.
            counts = state == State.SENT or (state == State.HELD and is_of_run and one.frequency != REPLACEMENT)
            if is_own := counts and one.fingerprint in names:
                names.remove(one.fingerprint)
            if is_own and is_of_run:
                sent += [judged for judged in of_batch if judged.name == one.fingerprint]
            elif one.frequency == VOID or one.id in gone or one.fingerprint in gone:
                continue
            elif counts or (state == State.HELD and not is_of_run):
                (sent if counts else held).append(_of_deposit(one))
        sent += [judged for judged in of_batch if judged.name in names]
        return sent, held

    def _near(self, claim: Claim, whose: Whose, sent: list[_Earlier], held: list[_Earlier]) -> Earlier:
        """What counts for a claim, near enough in time; and what it replaces."""
        frequency = frequency_of(claim)
        if frequency in (REPLACEMENT, VOID):
            sent = self._without_replaced(claim, whose, sent, held)
            if frequency == VOID:
                return NOTHING
        else:
            self._replaces = tuple(one.name for one in held if one.place == whose.place)
        if not self._judges:
            return NOTHING
        self._sent = sent
        since = _since(claim, whose, sent)
        known = [one.claim for one in sent if one.last_day >= since and one.kind[0] == claim.setting]
        earlier = resubmitted(claim, known, earlier_lines(claim, known)) if known else NOTHING
        if not held or earlier.too_many or not any(is_new_patient_visit(line.code) for line in claim.lines):
            return earlier
        seen = [one.claim for one in held if one.place != whose.place and one.kind[0] == claim.setting]
        return _with_held(earlier, earlier_lines(claim, seen))

    def _without_replaced(
        self, claim: Claim, whose: Whose, sent: list[_Earlier], held: list[_Earlier]
    ) -> list[_Earlier]:
        """Find what a claim replaces or takes back: by its number, else the only claim of its days with a code of its
        own. Where there is none its original is older than the history: then nothing of those days counts."""
        replaced = [one for one in (*sent, *held) if one.place == whose.place]
        if not replaced and (days := whose.days):
            alike = [one for one in sent if one.claim[1] == claim.billing_npi and _is_alike(claim, one, *days)]
            replaced = alike if len(alike) == 1 else []
            if not replaced:
                return [one for one in sent if one.last_day < days[0] or one.first_day > days[1]]
        self._replaces = tuple(one.name for one in replaced)
        return [one for one in sent if one not in replaced]

    def remember(self, claim: Claim, patient: Whose | None, judgement: Judgement) -> None:
        """Remember a claim that was judged, for the rest of the batch and for the history."""
        days = patient and patient.days
        if patient is None or days is None:
            self._left_out[_why_left_out(claim, patient)] += 1
            return
        letters = "".join([one[0] for one in judgement.dispositions]) if self._judges else ""
        is_whole = _NOT_SENT.isdisjoint(letters) and not claim.lacks_lines
        is_held = self._remember == Remember.accepted and not is_whole
        frequency = frequency_of(claim)
        resubmits = frequency in (REPLACEMENT, VOID)
        if not self._is_again and frequency != VOID and not (resubmits and is_held):
            kind = str(claim.setting), patient.profile
            keys = patient.place, patient.fingerprint, *patient.as_of, days[0].toordinal(), days[1].toordinal()
            billed = claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines, judgement.unpaid
            self._own.add((patient.patient,), (*billed, kind, *keys))
        replaces = () if resubmits and is_held else self._replaces
        if replaces:
            self._gone.setdefault(patient.patient, []).extend((patient.as_of, name) for name in replaces)
        if self._remember != Remember.none:
            state = State.VOID if frequency == VOID else State.SUPERSEDED
            deposit = self._deposit(claim, patient, days, letters, is_held, judgement)
            self._keep(Kept(deposit, claim.locus.file, replaces, state))

    def _deposit(
        self,
        claim: Claim,
        whose: Whose,
        days: tuple[date, date],
        letters: str,
        is_held: bool,
        judgement: Judgement,
    ) -> Deposit:
        return Deposit(
            whose.patient,
            whose.fingerprint,
            whose.place,
            claim.claim_id,
            self._identity.payer(claim.payer_id),
            claim.setting,
            whose.profile,
            claim.billing_npi,
            claim.billing_taxonomy,
            _short(claim.type_of_bill, 4) or None,
            _short(frequency_of(claim), 2),
            claim.original_reference,
            as_date(claim.received_date or ""),
            *days,
            State.HELD if is_held else State.SENT,
            _kept(claim.lines),
            judgement.unpaid,
            letters,
        )


def input_of(file: str, names: Container[str]) -> str | None:
    """Which input a file is, by its name, or the archive that it is in (``batch.zip!a.837``)."""
    if file in names:
        return file
    at = file.find("!")
    while at >= 0 and file[:at] not in names:
        at = file.find("!", at + 1)
    return file[:at] if at >= 0 else None


def _of_batch(own: Iterable[Any], as_of: AsOf, gone: Container[object], stored: Container[bytes]) -> list[_Earlier]:
    """Claims of the batch that count as earlier ones, in order, by fingerprint: one may be there twice. To a new input,
    those of one that was read before are what the history has of them: held, it may be, or superseded."""
    found: list[_Earlier] = []
    for *claim, kind, place, fingerprint, before, within, first_day, last_day in own:
        if as_of.within is None:
            counts = within is None or fingerprint not in stored
        else:
            counts = as_of.counts(AsOf(before, within))
        if counts and fingerprint not in gone:
            days = date.fromordinal(first_day), date.fromordinal(last_day)
            found.append(_Earlier(fingerprint, kind, place, *days, cast(Remembered, tuple(claim))))
    return found


def _why_left_out(claim: Claim, patient: Whose | None) -> LeftOut:
    if patient is not None:
        return LeftOut.date
    return LeftOut.kind if is_alone(claim, frequency_of(claim)) else LeftOut.patient


def _kept(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Lines as a history keeps them: in a damaged claim a note or a name may be in the place of service."""
    if all(can_be_place(line.service.place_of_service or "") for line in lines):
        return lines
    return tuple(
        line
        if can_be_place(line.service.place_of_service or "")
        else line._replace(service=line.service._replace(place_of_service=None))
        for line in lines
    )


def _short(text: str | None, most: int) -> str:
    """A code as a history keeps it: a longer text may be a note or a name."""
    return text if text and len(text) <= most else ""


def _months(first: date, last: date) -> int:
    """Whole months between two days."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def _days(claim: Claim) -> tuple[date, date] | None:
    """The first and last date of service of a claim."""
    days = [day for line in claim.lines for day in (line.day, line.last_day) if day]
    return (min(days), max(days)) if days else None


def _since(claim: Claim, whose: Whose, sent: Iterable[_Earlier]) -> date:
    """From which last day on earlier claims are near enough in time for a claim: all where it bills a visit of a new
    patient, or is older than one of them, which may bill such a visit."""
    if not whose.days or any(is_new_patient_visit(line.code) for line in claim.lines):
        return date.min
    first, last = whose.days
    return date.min if any(one.last_day > last for one in sent) else days_before(first, NEAR)


def _of_deposit(one: Deposit) -> _Earlier:
    claim = one.claim_id, one.billing_npi, one.billing_taxonomy, one.lines, one.unpaid
    return _Earlier(one.id, (str(one.setting), one.profile), one.place, one.first_day, one.last_day, claim)


def _is_alike(claim: Claim, earlier: _Earlier, first_day: date, last_day: date) -> bool:
    """Whether an earlier claim may be the one that a claim replaces: its days overlap, and a code is on both."""
    if earlier.last_day < first_day or earlier.first_day > last_day:
        return False
    return not {line.code for line in claim.lines}.isdisjoint(line.code for line in earlier.claim[3])


def _with_held(earlier: Earlier, held: Earlier) -> Earlier:
    """Earlier lines, with those that were held and say that somebody saw the patient."""
    seen: Iterable[Line] = (line for line in held.lines if is_face_to_face(line.service))
    if not (lines := (*seen,)):
        return earlier
    return earlier._replace(held=lines, claims={**held.claims, **earlier.claims})
