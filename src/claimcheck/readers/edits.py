"""Edits that a reader reports itself: input that could not be read, with its location."""

from __future__ import annotations

import inspect

from claimcheck.authoring.check import Check
from claimcheck.claim import Location, Submission
from claimcheck.message import Citation, Severity, StandardCodes, UnreadMessage


def reading_edit(id: str, severity: Severity, citation: Citation, codes: StandardCodes, page: str) -> Check:
    """An edit of the reading itself; ``page`` is its documentation, the first line its title."""
    return Check(id, severity, "READING", citation, codes, inspect.cleandoc(page), step=0)


def unreadable(
    edit: Check,
    locus: Location,
    text: str,
    remedy: str,
    *,
    claim_id: str | None = None,
    field: str | None = None,
    observed: str | None = None,
    allowed: str | None = None,
    severity: Severity | None = None,
    submission: Submission | None = None,
) -> UnreadMessage:
    """The message of a reading edit. ``observed`` must never hold a name, address, birth date or
    member id: give a segment id, a count, a column name, a control number."""
    return UnreadMessage(
        check=edit.id,
        severity=severity or edit.severity,
        claim_id=claim_id,
        line_number=None,
        line_control=None,
        lines=None,
        code=None,
        modifiers=[],
        field=field,
        element=None,
        box=None,
        text=text,
        remedy=remedy,
        observed=observed,
        allowed=allowed,
        profile=None,
        setting=None,
        service_date=None,
        releases=[],
        citation=edit.citation,
        carc=edit.codes.carc,
        rarc=edit.codes.rarc,
        claim_status=edit.codes.claim_status,
        locus=locus,
        submission=submission,
    )
