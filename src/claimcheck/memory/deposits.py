"""What a history keeps of a claim that was submitted, and what a store of it can do.

A store holds deposits: claims as they were submitted, patients as keyed hashes alone. It never judges: what an earlier
deposit means for a claim is decided by who asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from claimcheck.claim import Line
from claimcheck.memory import HistoryError as HistoryError


class State(StrEnum):
    """What became of a deposit."""

    HELD = "held"
    """It was rejected or not judged, or the caller says that it was not sent."""
    SENT = "sent"
    """It went to the payer, whose answer is not known."""
    SUPERSEDED = "superseded"
    """A later deposit took its place."""
    VOID = "void"
    """A later deposit took it back."""


class Deposit(NamedTuple):
    """A claim as it was submitted, with what is kept of it: no diagnosis, name, address, member id or birth date.

    Attributes:
        patient: keyed hash of payer key and patient, 16 bytes.
        fingerprint: keyed hash of the whole content, 16 bytes: the same submission has the same one.
        place: keyed hash of billing NPI, payer key, patient and CLM01, 16 bytes: a resubmission has the same one.
        claim_id: the sender's number of the claim (CLM01).
        payer: the payer's key: the configured family, else its id in capitals.
        setting: who billed.
        profile: the profile that it was judged by; "" where it was added without judging.
        billing_npi, billing_taxonomy: the billing provider.
        type_of_bill: of institutional claims.
        frequency: 1 an original claim, 7 a replacement, 8 a void (CLM05-3).
        original_reference: the payer's number of the claim that it replaces or voids (REF*F8).
        received: the day that it was submitted (GS04), as the input says; never today.
        first_day, last_day: the first and last date of service of its lines.
        state: what became of it.
        lines: its lines: number, code, modifiers, units, unit basis, dates, charge, place of service, rendering
            provider and taxonomy, revenue code and NDC.
        unpaid: for each line whether nothing is paid for it, as ``Outcome.unpaid``; empty where all are.
        dispositions: for each line the first letter of its disposition (``a``, ``w``, ``r``, ``n``), "" unknown.
        id: its number in the store, in the order of deposit; 0 before it is there.
        changed: the number as of which it is superseded or void, that of the deposit that made it so; 0 for none.
        sent: the number as of which it is sent: its own, or a later one where it was held first; 0 never.
    """

    patient: bytes
    fingerprint: bytes
    place: bytes
    claim_id: str
    payer: str
    setting: str
    profile: str
    billing_npi: str | None
    billing_taxonomy: str | None
    type_of_bill: str | None
    frequency: str
    original_reference: str | None
    received: date | None
    first_day: date
    last_day: date
    state: State
    lines: tuple[Line, ...]
    unpaid: bytes = b""
    dispositions: str = ""
    id: int = 0
    changed: int = 0
    sent: int = 0

    def as_of(self, before: int) -> State | None:
        """What it was when a number was the newest; None before it was there."""
        if self.id > before:
            return None
        if 0 < self.changed <= before:
            return self.state
        return State.SENT if 0 < self.sent <= before else State.HELD


class Reader(Protocol):
    """Looks up deposits; each process of a run has one of its own. What it sees does not change while it is open. In a
    process that is forked off it opens the store anew, and sees the same."""

    @property
    def before(self) -> int:
        """The newest number when it was opened: what it sees is as of then."""

    @property
    def visits_since(self) -> date:
        """The first day of which visits are kept: those before were deleted."""

    def begins(self, payer: str, billing_npi: str | None, before: int) -> date | None:
        """The first day since which all claims of a provider for a payer are known, as of a number: that on which the
        first of them was received. None where there are none.

        Args:
            payer: the payer's key.
            billing_npi: the billing provider.
            before: the number.
        """

    def of_patients(self, since: Mapping[bytes, date]) -> dict[bytes, list[Deposit]]:
        """The deposits of many patients at once, those of each in the order of deposit, aliases resolved; a patient of
        whom nothing is known is left out.

        Args:
            since: of each patient the first day that matters: deposits whose last day is before it are left out.

        Raises:
            HistoryError: the store can't be read any more.
        """

    def close(self) -> None:
        """Let go of the store."""


class AsOf(NamedTuple):
    """As of which numbers an input is judged. One that a run read before is judged as it was then, whatever is read
    with it now, so that the same messages come out.

    Attributes:
        before: the newest number when the run began that read it first.
        within: the number of the last deposit of that run before those of the input; None for a new input.
    """

    before: int
    within: int | None = None

    @property
    def newest(self) -> int:
        """The newest number that counts."""
        return self.before if self.within is None else self.within

    def counts(self, other: AsOf) -> bool:
        """Whether claims of another input of the batch, or of this one, count as those before it: for a new input all
        of them; for one that was read before those that came before it in that run."""
        if self.within is None:
            return True
        return other.before == self.before and other.within is not None and other.within <= self.within


class Added(NamedTuple):
    """What a commit made of the deposits that a run added, each counted once: those that are ``new``, those that were
    ``known`` before, and those that were added ``twice``. Of the known ones some were held and are ``now_sent``."""

    new: int = 0
    known: int = 0
    twice: int = 0
    now_sent: int = 0


class Look(Protocol):
    """A look of one run at a store, as of when it began. Others may read and write meanwhile."""

    @property
    def before(self) -> int:
        """The newest number when the run began: what a new input is judged as of. A number is given to each deposit in
        order, and to each commit that changes what was there."""

    def known(self, digests: Sequence[bytes]) -> list[AsOf | None]:
        """Of each input, by the SHA-256 of its bytes, as of when a run has read it first; None for a new one."""

    def renew(self) -> None:
        """Say that the run goes on."""

    def commit(self, inputs: Mapping[bytes, int], last: Callable[[Any], object] = ...) -> Added:
        """End it: nothing is added.

        Raises:
            HistoryError: something was taken out of the store meanwhile, or patients became one, so that one part of
                the run may have seen it and another not.
        """


class Run(Look, Protocol):
    """One run's part in a store: nothing of it is seen by others before ``commit``, and all of it after."""

    def add(self, deposits: Iterable[Deposit]) -> None:
        """Add deposits, in order; ``held`` and ``sent`` ones. One that is there already, with this fingerprint for this
        patient, is not added again; one that was held and now is sent becomes so.

        Raises:
            HistoryError: they can't be kept until the commit.
        """

    def change(self, targets: Iterable[int | bytes], state: State, by: bytes) -> None:
        """Make deposits superseded or void by the deposit of this run with a fingerprint; one that already is stays so.

        Args:
            targets: by their ids, or by the fingerprints of deposits of this run.
            state: superseded or void.
            by: the fingerprint of one that this run adds, before or after.
        """

    def renew(self) -> None:
        """Say that the run goes on; costs nothing where it did so within the minute. ``add`` does it too. A run that
        has not for ten minutes may lose the lease, and then can't commit.

        Raises:
            HistoryError: another run has taken the lease.
        """

    def commit(self, inputs: Mapping[bytes, int], last: Callable[[Any], object] = ...) -> Added:
        """Make all of it seen at once, with the inputs that were read, and give the lease back.

        Args:
            inputs: by the SHA-256 of each input, how many deposits had been added before its first.
            last: called within the transaction, just before it is committed, with its connection.

        Raises:
            HistoryError: it could not be; the text says that nothing was remembered.
        """


class Store(Protocol):
    """A history: a SQLite file or a PostgreSQL database. ``claimcheck.memory.stores.open_history`` opens one."""

    @property
    def name(self) -> str:
        """What messages call it: its path, or its server and database without a password."""

    @property
    def was_changed(self) -> bool | None:
        """Whether the last run committed, also one that a signal ended; None where that can't be told."""

    def reader(self, before: int | None = None) -> Reader:
        """A reader of its own, as of now, or as of an earlier ``before``.

        Raises:
            HistoryError: the store can't be read.
        """

    def look(self) -> Look:
        """Begin a run that adds nothing, and waits for nobody.

        Raises:
            HistoryError: the store can't be read.
        """

    def run(self, wait: float) -> AbstractContextManager[Run]:
        """Take the lease, and begin to write; left without ``commit`` nothing is changed.

        Args:
            wait: seconds to wait for another writer.

        Raises:
            HistoryError: another writer did not end in time, or the store can't be written.
        """

    def close(self) -> None:
        """Let go of the store."""
