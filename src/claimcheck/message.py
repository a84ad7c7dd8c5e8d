"""What comes out: faults as checks yield them, and the edit messages that the engine stamps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Protocol

from claimcheck.claim import Line, Locus, Setting, Submission

Severity = Literal["reject", "warn", "inform"]
REJECT: Final = "reject"
WARN: Final = "warn"
INFORM: Final = "inform"
SEVERITIES: Final[tuple[Severity, ...]] = (REJECT, WARN, INFORM)

Disposition = Literal["accepted", "accepted_with_warnings", "rejected", "not_judged"]


def milder(one: Severity, other: Severity) -> Severity:
    """The less severe of two severities."""
    return max(one, other, key=SEVERITIES.index)


class Citation(NamedTuple):
    """A published source: title, section and address ("" where it has none of its own)."""

    title: str
    section: str = ""
    url: str = ""


class Carc(NamedTuple):
    """Claim adjustment group and reason code that a payer's 835 would carry."""

    group: str
    code: str


class ClaimStatus(NamedTuple):
    """Claim status category and code that a 277CA would carry."""

    category: str
    code: str


class Mapping(NamedTuple):
    """An edit in the standards' own words. ``confidence`` (H, M, L) is that of the pairing:
    the codes are published, which of them fits an edit is a judgement."""

    carc: Carc | None = None
    rarc: str | None = None
    claim_status: ClaimStatus | None = None
    confidence: Literal["H", "M", "L"] = "M"


def maps(carc: str = "", rarc: str = "", status: str = "", confidence: Literal["H", "M", "L"] = "M") -> Mapping:
    """A mapping written as coders write it: ``maps("CO-151", "N362", "A7:476", "M")``."""
    group, _, reason = carc.partition("-")
    category, _, code = status.partition(":")
    return Mapping(
        Carc(group, reason) if carc else None,
        rarc or None,
        ClaimStatus(category, code) if status else None,
        confidence,
    )


class Waived(NamedTuple):
    """A reviewed exception: the severity that a message would have, why it has it not, by whom, until when."""

    severity: Severity
    reason: str
    who: str
    until: str


class Sourced(Protocol):
    """A row of a table: it knows the release and the row that it came from."""

    @property
    def source(self) -> str:
        """The release and the row."""


class Fault(NamedTuple):
    """What a check yields: what is wrong, and where.

    ``line`` is None in a SERVICE check, and for a fault of the claim as a whole in a CLAIM check.
    ``severity`` is given only where it is milder than the check's own. ``soft`` marks a reject of
    which payers publish that it is wrong but which they may price all the same (REJECT* in the
    specification): it never weakens or cascades to another edit. ``by`` are the rows it rests on,
    ``beside`` the other lines, such as the column-1 line of a pair: what becomes of them may decide what
    becomes of this one (``Check.leans``). Faults of lines that rest on one another, such as those of one sum, may
    share one tuple: a claim may have thousands of lines.
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
    maps: Mapping | None = None
    beside: tuple[Line, ...] = ()


class NotJudged(NamedTuple):
    """What a CLAIM check yields for a line that no rule in force can judge."""

    line: Line
    table: str


@dataclass(slots=True)
class EditMessage:
    """A fault stamped by the engine, or what a source could not read. The field names are a contract.

    Attributes:
        check: id of the edit, such as ``MUE-DOS``; ``claimcheck explain`` has its page.
        severity: ``reject``, ``warn`` or ``inform``.
        claim_id: the sender's claim number; None where the message is about the file.
        line_number, line_control, code, modifiers: the line; None where it is about the whole claim.
        field: the row format's column that is at fault.
        text: what is wrong.
        remedy: what a biller can do.
        observed, allowed: the value found, and what would have passed.
        profile: the profile that the claim was judged by.
        setting: the claim's.
        service_date: first date of service, ISO 8601; as billed where it is no date.
        releases: each release and row that the verdict rests on.
        citation: the published rule.
        carc, rarc: adjustment and remark codes of the payer's likely 835.
        claim_status: category and code for a 277CA.
        locus: file, interchange, transaction, and segment or row.
        waived: the reviewed exception by which it only informs; None for most.
    """

    check: str
    severity: Severity
    claim_id: str | None
    line_number: str | None
    line_control: str | None
    code: str | None
    modifiers: list[str]
    field: str | None
    text: str
    remedy: str | None
    observed: str | None
    allowed: str | None
    profile: str | None
    setting: Setting | None
    service_date: str | None
    releases: list[str]
    citation: Citation
    carc: Carc | None
    rarc: str | None
    claim_status: ClaimStatus | None
    locus: Locus
    waived: Waived | None = None

    def as_dict(self) -> dict[str, Any]:
        """The message as plain JSON values, in the contract's order; absent values are None."""
        record: dict[str, Any] = {name: getattr(self, name) for name in MESSAGE_FIELDS}
        for name in ("citation", "carc", "claim_status", "locus", "waived"):
            if record[name] is not None:
                record[name] = record[name]._asdict()
        return record


MESSAGE_FIELDS: Final = tuple(EditMessage.__slots__)


@dataclass(slots=True)
class UnreadMessage(EditMessage):
    """What a source could not read. Beside the contract it knows the transaction that it is about, where there is
    one, so that the submitter can be answered."""

    submission: Submission | None = field(default=None, compare=False)
