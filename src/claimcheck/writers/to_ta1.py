"""TA1: the interchange acknowledgment, which tells who sent an interchange how its envelope was found."""

from __future__ import annotations

from typing import IO, Final

from claimcheck.claim import Submission
from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, WARN, EditMessage, UnreadMessage
from claimcheck.writers import Format, Options
from claimcheck.writers.envelopes import (
    Envelopes,
    Segments,
    a_day,
    is_of_rows,
    is_time,
    no_envelope,
    number_of,
)


class InterchangeAcknowledgmentWriter:
    """Answers an interchange that asks for it (ISA14 is 1), or that is damaged, with a TA1 in an interchange of its
    own, as clearinghouses send it.

    - It is accepted (A), accepted with errors (E), or rejected (R) where it is damaged and no claim of it could be
      read: claims that were read go on, and the 277CA answers them. It has one note code: of several the first that
      rejects, else the first.
    - A group or transaction set that no 999 can answer, since GS is missing, is an error of the interchange.
    - A control number, date or time that TA1 can't give back is an error: 018, 014, 015.
    - Without ISA there is nobody to answer.
    """

    def __init__(self, stream: IO[str], options: Options) -> None:
        self._envelopes = Envelopes(Segments(stream.write), options.acknowledging, "", "")
        self._write = Segments(stream.write).segment
        self._at: tuple[str, int] = ("", 0)
        self._submission: Submission | None = None
        self._now: Submission | None = None
        self._notes: dict[str, bool] = {}
        self._has_claims = False

    def take(self, item: Judged | EditMessage) -> None:
        """Take one claim, or one message about what could not be read.

        Raises:
            NoEnvelopeError: it is of a file of rows.
        """
        if not isinstance(item, EditMessage):
            claim = item.claim
            if claim.submission is None:
                raise no_envelope(claim.locus.file, "a TA1")
            if claim.submission is not self._now:
                self._take(claim.locus.file, claim.submission)
            self._has_claims = True
        elif is_of_rows(item):
            raise no_envelope(item.locus.file, "a TA1")
        elif isinstance(item, UnreadMessage) and item.submission:
            self._take(item.locus.file, item.submission)
            if item.syntax and item.severity in (REJECT, WARN):
                for code in item.syntax.interchange:
                    self._notes[code] = self._notes.get(code, False) or item.severity == REJECT

    def close(self) -> None:
        """Finish the output; the stream stays open."""
        self._end()

    def _take(self, file: str, submission: Submission) -> None:
        """Take note of an interchange; the one before it ends where it is another."""
        self._now = submission
        at = file, submission.interchange.place
        if at != self._at:
            self._end()
            self._at, self._submission, self._notes, self._has_claims = at, submission, {}, False

    def _end(self) -> None:
        """Answer the interchange that was taken last."""
        submission, self._submission = self._submission, None
        if submission is None or not submission.interchange.place:
            return
        sent, notes = submission.interchange, self._notes
        rejects = [code for code, is_reject in notes.items() if is_reject]
        if sent.acknowledgment != _ASKED and not rejects:
            return
        control, day, time = number_of(sent.control), a_day(f"20{sent.date}")[2:], sent.time[:4]
        given = {"018": control, "014": day, "015": is_time(time)}
        codes = [*rejects, *notes, *(code for code, is_right in given.items() if not is_right)]
        self._envelopes.open_interchange(self._at[0], submission)
        verdict = "R" if rejects and not self._has_claims else "E" if codes else "A"
        note = codes[0] if codes else _NO_ERROR
        self._write("TA1", f"{control:09}", day or _NO_DAY, time if is_time(time) else _NO_TIME, verdict, note)
        self._envelopes.close()


_ASKED: Final = "1"
_NO_ERROR: Final = "000"
_NO_DAY: Final = "000101"
_NO_TIME: Final = "0000"

FORMAT: Final = Format(InterchangeAcknowledgmentWriter)
