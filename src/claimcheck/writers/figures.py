"""Figures of a batch, counted as its claims pass: its claims, lines and charges by disposition, and its messages by
check, code, provider and payer. Memory does not grow with the batch: it is bounded by the number of checks, and of the
codes, providers and payers that are counted individually."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from claimcheck.claim import Claim, total_charge
from claimcheck.engine.messages import WORST_FIRST, Judged, worst_of
from claimcheck.engine.missing import MissingRules
from claimcheck.message import REJECT, Disposition, EditMessage

DISPOSITIONS: Final = WORST_FIRST

COUNTED_APART: Final = 10_000
"""Codes, providers or payers that are counted one by one: input chooses them."""

_NOTHING: Final = Decimal(0)

_ABOUT_THE_RUN: Final = ("CONFIG-", "WAIVER-")
"""What messages about a run's own files begin with, such as its waivers: these are not claim files."""


@dataclass(slots=True)
class Counted:
    """What has one disposition.

    Attributes:
        lines: the lines that have it.
        claims: the claims that have it.
        lines_charge: charges on these lines.
        claims_charge: charges on all lines of these claims. A rejected claim may have lines that are accepted.
    """

    lines: int = 0
    claims: int = 0
    lines_charge: Decimal = _NOTHING
    claims_charge: Decimal = _NOTHING


@dataclass(slots=True)
class About:
    """What is counted of one check, code, provider or payer.

    Attributes:
        reject, warn, inform: its messages by severity.
        rejected_lines_charge: charges on its rejected lines: of a check those that it rejects.
        held_claims: its rejected claims; counted of providers and payers alone, of which a claim has one each.
        held_claims_charge: charges on all lines of these claims.
    """

    reject: int = 0
    warn: int = 0
    inform: int = 0
    rejected_lines_charge: Decimal = _NOTHING
    held_claims: int = 0
    held_claims_charge: Decimal = _NOTHING

    def __bool__(self) -> bool:
        """Whether anything is counted."""
        return bool(self.messages or self.rejected_lines_charge or self.held_claims)

    @property
    def messages(self) -> int:
        """The messages of every severity."""
        return self.reject + self.warn + self.inform

    def count(self, message: EditMessage) -> None:
        """Count a message."""
        setattr(self, message.severity, getattr(self, message.severity) + 1)

    def add(self, other: About) -> None:
        """Count all that another counts."""
        self.reject += other.reject
        self.warn += other.warn
        self.inform += other.inform
        self.rejected_lines_charge += other.rejected_lines_charge
        self.held_claims += other.held_claims
        self.held_claims_charge += other.held_claims_charge


class Breakdown:
    """Messages by one thing that they are about, under "" where they are about none. What comes after the first
    10,000 different ones is counted together, in ``rest``."""

    def __init__(self) -> None:
        self._of: dict[str, About] = {}
        self.rest = About()

    def of(self, name: str | None) -> About:
        """Where the messages about a name are counted."""
        known = self._of.get(name or "")
        if known is None:
            if len(self._of) >= COUNTED_APART:
                return self.rest
            known = self._of[name or ""] = About()
        return known

    def largest(self, most: int) -> tuple[list[tuple[str, About]], int, About]:
        """The names with the most messages, the worst first; how many others are counted one by one; and all that is
        counted of others."""
        counted = [(name, about) for name, about in self._of.items() if about]
        counted.sort(key=lambda one: (-one[1].reject, -one[1].warn, -one[1].inform, one[0]))
        others = About()
        for about in (*(about for _, about in counted[most:]), self.rest):
            others.add(about)
        return counted[:most], len(counted[most:]), others


class Subject(NamedTuple):
    """A message with what it is about: its claim and the lines of it, none where a source could not read them; and
    their disposition."""

    message: EditMessage
    claim: Claim | None = None
    lines: tuple[int, ...] = ()
    disposition: Disposition | None = None


def subjects(item: Judged | EditMessage) -> Iterator[Subject]:
    """Each message of an item with what it is about."""
    if isinstance(item, EditMessage):
        yield Subject(item)
        return
    claim, outcome = item
    if not outcome.messages:
        return
    places: dict[tuple[object, ...], list[int]] = {}
    by_number: dict[str, list[int]] = {}
    for at, line in enumerate(claim.lines):
        places.setdefault((line.number, line.place), []).append(at)
        by_number.setdefault(line.number, []).append(at)
    for message in outcome.messages:
        if message.lines is not None:
            lines = tuple(at for number in dict.fromkeys(message.lines) for at in by_number[number])
            disposition = worst_of(outcome.dispositions[at] for at in lines)
        elif message.line_number is None:
            lines, disposition = tuple(range(len(claim.lines))), outcome.disposition
        else:
            _, _, _, segment, row = message.locus
            lines = tuple(places[message.line_number, segment if row is None else row])
            disposition = outcome.dispositions[lines[0]]
        yield Subject(message, claim, lines, disposition)


class Figures:
    """The figures so far.

    Attributes:
        files: names of the files that claims, or messages about what could not be read, came from.
        lines: lines, claims and their charges, by disposition.
        messages: how many there are; ``unreadable`` are those that reject what could not be read.
        uncharged: lines whose charge is missing or not a number: they are in no sum.
        missing: what lines wait for, by table and quarter.
        checks, codes, providers, payers: the messages, by what they are about.
    """

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.lines = {disposition: Counted() for disposition in DISPOSITIONS}
        self.messages = self.unreadable = self.uncharged = 0
        self.checks, self.codes, self.providers, self.payers = (Breakdown() for _ in range(4))
        self.missing = MissingRules()

    def take(self, item: Judged | EditMessage) -> None:
        """Count a claim with what was found in it, or a message about what could not be read."""
        self.count(item, subjects(item))

    def count(self, item: Judged | EditMessage, found: Iterable[Subject]) -> None:
        """Count an item, whose messages are at hand with what they are about."""
        if isinstance(item, EditMessage):
            if not item.check.startswith(_ABOUT_THE_RUN):
                self.files[item.locus.file] = None
            self.unreadable += item.severity == REJECT
        else:
            self.files[item.claim.locus.file] = None
            self._claim(item)
        rejected_by: set[tuple[str, int]] = set()
        for subject in found:
            self._message(subject, rejected_by)

    @property
    def held_claims_charge(self) -> Decimal:
        """Charges on all lines of rejected claims."""
        return self.lines[Disposition.REJECTED].claims_charge

    @property
    def rejected_lines_charge(self) -> Decimal:
        """Charges on rejected lines alone."""
        return self.lines[Disposition.REJECTED].lines_charge

    def _claim(self, item: Judged) -> None:
        claim, outcome = item
        disposition_of_claim = outcome.disposition
        if outcome.waiting:
            self.missing.add(outcome.waiting)
        rejected = _NOTHING
        total = _NOTHING
        for line, disposition in zip(claim.lines, outcome.dispositions, strict=True):
            counted = self.lines[disposition]
            counted.lines += 1
            charge = line.amount
            if charge is None:
                self.uncharged += 1
                continue
            counted.lines_charge += charge
            total += charge
            if disposition is Disposition.REJECTED:
                rejected += charge
                self.codes.of(line.code).rejected_lines_charge += charge
        of_claim = self.lines[disposition_of_claim]
        of_claim.claims += 1
        of_claim.claims_charge += total
        if disposition_of_claim is Disposition.REJECTED:
            for about in (self.providers.of(claim.billing_npi), self.payers.of(claim.payer_id)):
                about.rejected_lines_charge += rejected
                about.held_claims += 1
                about.held_claims_charge += total

    def _message(self, subject: Subject, rejected_by: set[tuple[str, int]]) -> None:
        """Count a message. A line is counted once under each check that rejects it, however often it says so."""
        message, claim = subject.message, subject.claim
        self.messages += 1
        check = self.checks.of(message.check)
        check.count(message)
        self.codes.of(message.code).count(message)
        self.providers.of(claim and claim.billing_npi).count(message)
        self.payers.of(claim and claim.payer_id).count(message)
        if claim and message.severity == REJECT:
            new = [at for at in subject.lines if (message.check, at) not in rejected_by]
            rejected_by.update((message.check, at) for at in new)
            check.rejected_lines_charge += total_charge(claim.lines[at].charge for at in new) or _NOTHING
