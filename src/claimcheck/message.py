"""What comes out: findings as checks yield them, and the edit messages that the engine stamps."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, Protocol

from claimcheck.claim import Line, Location, Setting, Submission

Confidence = Literal["H", "M", "L"]
"""How sure it is that an edit's standard codes are what a payer answers."""


class Severity(StrEnum):
    """How severe a message is; equal to its text. A reject makes its line rejected."""

    REJECT = "reject"
    WARN = "warn"
    INFORM = "inform"


REJECT: Final = Severity.REJECT
WARN: Final = Severity.WARN
INFORM: Final = Severity.INFORM
SEVERITIES: Final = tuple(Severity)

ProfileSeverity = Literal["reject", "soft", "warn", "inform", "off"]
"""How severe a profile makes a check: ``soft`` rejects as what payers may price all the same (``Finding.soft``)."""

PayerKind = Literal["medicare", "medicare_advantage", "follows_cms", "other"]
"""Whom a message speaks of: original Medicare, a Medicare Advantage plan, another payer that follows CMS's rules of
correct coding, or one that may follow them."""
MEDICARE: Final = "medicare"
MEDICARE_ADVANTAGE: Final = "medicare_advantage"
FOLLOWS_CMS: Final = "follows_cms"
OTHER: Final = "other"
NOT_MEDICARE: Final[tuple[PayerKind, ...]] = (FOLLOWS_CMS, OTHER)


class Disposition(StrEnum):
    """What becomes of a line; equal to its text. Each line has exactly one."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    REJECTED = "rejected"
    NOT_JUDGED = "not_judged"


ACCEPTED: Final = Disposition.ACCEPTED
REJECTED: Final = Disposition.REJECTED


def milder(one: Severity, other: Severity) -> Severity:
    """The less severe of two severities."""
    return max(one, other, key=SEVERITIES.index)


def severity_of(given: ProfileSeverity | Severity) -> Severity | None:
    """The severity of what a profile makes so severe; None where it is off."""
    return None if given == "off" else REJECT if given == "soft" else Severity(given)


class Citation(NamedTuple):
    """A published source.

    Attributes:
        title: its title, as published.
        section: chapter, section or question; "" where the title says it all.
        url: its address; "" where it has none of its own.
    """

    title: str
    section: str = ""
    url: str = ""


class Carc(NamedTuple):
    """Claim adjustment group and reason code that a payer's 835 would carry.

    Attributes:
        group: CO, PR, OA or PI.
        code: the claim adjustment reason code (CARC).
    """

    group: str
    code: str


class ClaimStatus(NamedTuple):
    """Claim status category and code that a 277CA would carry.

    Attributes:
        category: the category, such as A7.
        code: the claim status code.
    """

    category: str
    code: str


class StandardCodes(NamedTuple):
    """An edit in the standards' own words. ``confidence`` (H, M, L) is that of the pairing:
    the codes are published, which of them fits an edit is a judgement."""

    carc: Carc | None = None
    rarc: str | None = None
    claim_status: ClaimStatus | None = None
    confidence: Confidence = "M"


def codes(carc: str = "", rarc: str = "", status: str = "", confidence: Confidence = "M") -> StandardCodes:
    """Standard codes as coders write them: ``codes("CO-151", "N362", "A7:476", "M")``.

    Args:
        carc: claim adjustment group and reason code (CARC); "" for none.
        rarc: remittance advice remark code (RARC); "" for none.
        status: claim status category and code of a 277CA; "" for none.
        confidence: H, M or L: how sure it is that a payer answers with these.
    """
    group, _, reason = carc.partition("-")
    category, _, code = status.partition(":")
    return StandardCodes(
        Carc(group, reason) if carc else None,
        rarc or None,
        ClaimStatus(category, code) if status else None,
        confidence,
    )


class Waived(NamedTuple):
    """A reviewed exception.

    Attributes:
        severity: what the message would have without it.
        reason: why it was granted.
        who: who granted it.
        until: the last day on which it counts.
        ticket: where it is filed; None where the file of waivers does not say.
        approved_by: who approved it; None as above.
        approved_on: the day of the approval, ISO 8601; None as above.
    """

    severity: Severity
    reason: str
    who: str
    until: str
    ticket: str | None = None
    approved_by: str | None = None
    approved_on: str | None = None


class Sourced(Protocol):
    """A row of a table: it knows the release and the row that it came from."""

    @property
    def source(self) -> str:
        """The release and the row."""


class Wording(NamedTuple):
    """What a finding says to payers of these kinds; "" where it says the same as to original Medicare."""

    kinds: tuple[PayerKind, ...]
    text: str = ""
    remedy: str = ""


class Finding(NamedTuple):
    """What a check yields: what is wrong, and where.

    ``line`` is None in a SERVICE check, and for a finding of the claim as a whole in a CLAIM check.
    ``severity`` is given only where it is milder than the check's own. ``soft`` marks a reject of
    which payers publish that it is wrong but which they may price all the same (order#severity
    of the specification): it never weakens or cascades to another edit. ``by`` are the rows it rests on,
    ``beside`` the other lines, such as the column-1 line of a pair: what becomes of them may decide what
    becomes of this one (``Check.depends_on_payment``). Findings of lines that rest on one another, such as those of one
    sum, may share one tuple: a claim may have thousands of lines.

    ``case`` names one of the check's cases, to which a profile may give a milder severity of its own (``[cases]``).
    ``yields_to``, of a check over lines, are ids or prefixes of checks that report the same finding. Where one of an
    earlier step has a finding on the line that is no milder by itself, this one is dropped; where one of the same step
    has a message on the line that is no milder, this one has none.
    ``wordings`` are what it says to other payers than original Medicare. ``element`` and ``box`` are given only where
    they are more exact than the place of ``field`` on such a claim, which the engine knows; ``citation`` only where the
    rule is another source's than the check's.
    """

    text: str
    remedy: str
    line: Line | None = None
    field: str | None = None
    observed: str | None = None
    allowed: str | None = None
    severity: Severity | None = None
    soft: bool = False
    by: tuple[Sourced, ...] = ()
    codes: StandardCodes | None = None
    beside: tuple[Line, ...] = ()
    case: str = ""
    yields_to: tuple[str, ...] = ()
    wordings: tuple[Wording, ...] = ()
    element: str | None = None
    box: str | None = None
    citation: Citation | None = None

    def worded_for(self, kind: PayerKind, adopted_from: str = "") -> Finding:
        """The finding as it is worded for a payer of this kind. Without a text of its own for a payer other than
        Medicare it names whose rule it is, if that is one which such payers may have adopted."""
        if not self.wordings and not (adopted_from and kind in NOT_MEDICARE):
            return self
        own = next((wording for wording in self.wordings if kind in wording.kinds), Wording(()))
        adopted = f"{adopted_from}, which payers that follow CMS apply: " if adopted_from else ""
        text = f"{adopted}{self.text}" if kind in NOT_MEDICARE else self.text
        return self._replace(text=own.text or text, remedy=own.remedy or self.remedy)

    def adding(self, before: str = "", after: str = "") -> Finding:
        """The finding with more before or after its text, in every wording."""
        wordings = tuple(w._replace(text=f"{before}{w.text}{after}") if w.text else w for w in self.wordings)
        return self._replace(text=f"{before}{self.text}{after}", wordings=wordings)


class NotJudged(NamedTuple):
    """What a CLAIM check yields for a line that no rule in force can judge."""

    line: Line
    table: str


@dataclass(slots=True)
class EditMessage:
    """A finding stamped by the engine, or what a source could not read. The field names are a contract.

    Attributes:
        check: id of the edit, such as ``MUE-DOS``; ``claimcheck explain`` has its page.
        severity: ``reject``, ``warn`` or ``inform``.
        claim_id: the sender's claim number; None where the message is about the file.
        line_number: the line's number (LX01) or row; None where the message is about the whole claim.
        line_control: the sender's control number of the line (REF*6R), if it has one.
        code: the line's procedure code, as billed; None where the message is about the whole claim.
        modifiers: the line's modifiers in the order billed.
        lines: numbers of the lines that one message about a claim is about; None for a message about one line or the
            whole claim.
        field: the row format's column that is at fault.
        element: its loop, segment and element in an 837, such as ``2400 SV101-3``; of a value that a line may take
            from the claim both, the line's first: ``2420A NM109 / 2310B NM109``.
        box: its item on the CMS-1500, such as ``24D``; its locator on the UB-04, such as ``FL 44``.
        text: what is wrong.
        remedy: what a biller can do.
        observed: the value that was submitted.
        allowed: what would have passed, where the rule names it.
        profile: the profile that the claim was judged by.
        setting: who bills, which picks the tables: ``professional``, ``outpatient`` ...
        service_date: first date of service, ISO 8601; as billed where it is not a date.
        payer_id: the payer that the claim goes to (2010BB NM109).
        billing_npi: NPI of the billing provider (2010AA NM109).
        charge: charge in US dollars, a plain decimal: of the line; of ``lines``, their sum; of a message about the
            whole claim, the sum of its lines. None where no line has a charge that is a number.
        releases: each release and row that the verdict rests on.
        citation: the published rule.
        carc: group and reason code that the payer's 835 would carry.
        rarc: remark code that it would carry.
        claim_status: category and code for a 277CA.
        locus: file, interchange, transaction, and segment or row.
        waived: the reviewed exception by which it only informs; None for most.
        shadow: the severity that it would have, were its check not on trial (``shadow``); None for most.
    """

    check: str
    severity: Severity
    claim_id: str | None
    line_number: str | None
    line_control: str | None
    lines: list[str] | None
    code: str | None
    modifiers: list[str]
    field: str | None
    element: str | None
    box: str | None
    text: str
    remedy: str | None
    observed: str | None
    allowed: str | None
    profile: str | None
    setting: Setting | None
    service_date: str | None
    payer_id: str | None
    billing_npi: str | None
    charge: str | None
    releases: list[str]
    citation: Citation
    carc: Carc | None
    rarc: str | None
    claim_status: ClaimStatus | None
    locus: Location
    waived: Waived | None = None
    shadow: Severity | None = None

    def as_dict(self) -> dict[str, Any]:
        """The message as plain JSON values, in the contract's order; absent values are None."""
        record: dict[str, Any] = {name: getattr(self, name) for name in MESSAGE_FIELDS}
        for name in ("citation", "carc", "claim_status", "locus", "waived"):
            if record[name] is not None:
                record[name] = record[name]._asdict()
        return record


MESSAGE_FIELDS: Final = tuple(EditMessage.__slots__)

MESSAGE_VERSION: Final = "1.2"
"""Version of the fields. The second number grows with each that is added; under the first none is removed or changed.
1.1 added ``element`` and ``box``; 1.2 ``payer_id``, ``billing_npi``, ``charge`` and ``shadow``."""


class ElementError(NamedTuple):
    """An element of a segment that is in error, as IK4 of a 999 reports it.

    Attributes:
        position: of the element in its segment, from 1.
        code: the element's error (IK403).
        component: its position in the composite; 0 where the element is none.
        reference: X12's number of the data element.
        copy: what was submitted, where that can't be a patient's: a number alone; "" else.
    """

    position: int
    code: str
    component: int = 0
    reference: str = ""
    copy: str = ""


class SegmentError(NamedTuple):
    """A segment of a transaction set that is in error, as IK3 of a 999 reports it.

    Attributes:
        name: the segment ID; "" where it has none.
        code: the segment's error (IK304).
        loop: the loop that it is in; "" where that is unknown.
        elements: the elements of it that are in error.
    """

    name: str
    code: str
    loop: str = ""
    elements: tuple[ElementError, ...] = ()


class SyntaxNote(NamedTuple):
    """An error of syntax in the words of the acknowledgments 999 and TA1, by the levels that report it.

    Attributes:
        interchange: note codes of the interchange (TA105).
        group: error codes of the functional group (AK905).
        transaction: error codes of the transaction set (IK502).
        segment: the segment in error.
        included: transaction sets that the group's trailer counts (AK902), where that is not what was found.
    """

    interchange: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    transaction: tuple[str, ...] = ()
    segment: SegmentError | None = None
    included: int | None = None


@dataclass(slots=True)
class UnreadMessage(EditMessage):
    """What a source could not read. Beside the contract it knows the transaction that it is about, where there is
    one, and what an acknowledgment says of it, so that the submitter can be answered."""

    submission: Submission | None = field(default=None, compare=False)
    syntax: SyntaxNote | None = field(default=None, compare=False)
