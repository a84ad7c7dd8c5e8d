"""999: the implementation acknowledgment (X12 005010X231A1), which tells who sent an 837 how its syntax was found."""

from __future__ import annotations

import re
from typing import IO, Final

from claimcheck.claim import Submission
from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, WARN, EditMessage, SegmentError, UnreadMessage
from claimcheck.writers import Format, Options
from claimcheck.writers.envelopes import Envelopes, Segments, Spool, an_element, is_of_rows, no_envelope, number_of


class ImplementationAcknowledgmentWriter:
    """Answers each functional group of an 837 with one 999 transaction, in an envelope that is the input's turned
    around. It speaks of what could not be read as required, never of what an edit of codes found: that is a 277CA's.

    - A transaction set is rejected (R) where no claim of it could be read and a message that rejects is about the set
      as a whole, and where it is of another kind than 837. A set whose claims were read is never rejected: the 277CA
      answers them one by one, and they go on. What is wrong or lost in it are errors in a set that is accepted (E).
    - A group is accepted (A), with errors (E), in part (P) where one of its sets is rejected or lost, or rejected (R)
      where none is accepted.
    - A place is the segment's position in its set, with ST as 1; a missing segment is reported where it should be. A
      segment without a segment ID says UNK. The claim, where there is one, stands in CTX as its number. The copy of
      what was submitted (IK404) is given of level numbers alone; anything else might be a patient's.
    - What has no code here stays out: empty segments, and the encoding.
    - A group is answered if it is for claims (GS01 HC) or has an 837. A group of another version than 005010 is not:
      the answer to 4010 is a 997. ``say`` is told how many there were.

    A group's answer waits for its end, in a temporary file once it is long.
    """

    def __init__(self, stream: IO[str], options: Options) -> None:
        self._out = Segments(stream.write)
        self._envelopes = Envelopes(self._out, options.acknowledging, "FA", GUIDE)
        self._say = options.say
        self._spool = Spool()
        self._at: tuple[str, int] = ("", 0)
        self._group: _Group | None = None
        self._unanswered: dict[str, int] = {}

    def take(self, item: Judged | EditMessage) -> None:
        """Take one claim, or one message about what could not be read.

        Raises:
            NoEnvelopeError: it is of a file of rows.
        """
        if not isinstance(item, EditMessage):
            claim = item.claim
            if claim.submission is None:
                raise no_envelope(claim.locus.file, "a 999")
            group = self._group
            if group is None or group.now is not claim.submission:
                group = self._group_of(claim.locus.file, claim.submission, has_set=True)
            if group:
                group.has_claim()
        elif is_of_rows(item):
            raise no_envelope(item.locus.file, "a 999")
        elif isinstance(item, UnreadMessage) and (submission := item.submission):
            group = self._group_of(item.locus.file, submission, has_set=submission.has_transaction)
            if group:
                group.note(item)

    def close(self) -> None:
        """Finish the output; the stream stays open."""
        self._end_group()
        self._envelopes.close()
        if self._unanswered:
            versions = ", ".join(sorted(self._unanswered))
            many = sum(self._unanswered.values())
            groups = "functional group has" if many == 1 else "functional groups have"
            self._say(f"{many} {groups} no 999, which answers version 005010 alone; found {versions}")

    def _group_of(self, file: str, submission: Submission, *, has_set: bool) -> _Group | None:
        """The answer to a group; the one before it ends where it is another. None outside any group."""
        if (file, submission.group.place) != self._at:
            self._end_group()
            self._at = file, submission.group.place
            if submission.group.place:
                self._group = _Group(file, submission, self._spool)
        group = self._group
        if group and has_set:
            group.take(submission)
        return group

    def _end_group(self) -> None:
        group, self._group = self._group, None
        if group is None:
            return
        group.end_set()
        if not group.is_of_claims:
            self._spool.drop()
        elif group.is_of_another_version:
            self._spool.drop()
            version = group.header.version[:6]
            self._unanswered[version] = self._unanswered.get(version, 0) + 1
        else:
            control = self._envelopes.open(group.file, group.first)
            group.write(self._out, control)


class _Group:
    """The answer to a functional group, while its transaction sets come in.

    Attributes:
        now: the submission that was taken last.
    """

    def __init__(self, file: str, submission: Submission, spool: Spool) -> None:
        self.file, self.first, self.header = file, submission, submission.group
        self.now: Submission | None = None
        self.is_of_claims = self.header.function == _CLAIMS
        self._spool = spool
        self._set: _Set | None = None
        self._received = self._accepted = 0
        self._included: int | None = None
        self._codes: dict[str, None] = {} if number_of(self.header.control) else {"6": None}
        self._has_errors = bool(self._codes)

    @property
    def is_of_another_version(self) -> bool:
        """Whether it names a version that is not 005010."""
        return bool(_VERSION.match(self.header.version)) and not self.header.version.startswith("005010")

    def take(self, submission: Submission) -> None:
        """Take note that there is a transaction set."""
        if self._set is None or self._set.place != submission.place:
            self.end_set()
            self._set = _Set(submission, self._spool)
            self._received += 1
            self.is_of_claims = self.is_of_claims or submission.kind == _SET
        self.now = submission

    def has_claim(self) -> None:
        """Take note that a claim of the set that is open was read."""
        if self._set:
            self._set.has_claims = True

    def note(self, message: UnreadMessage) -> None:
        """Take note of what could not be read."""
        note = message.syntax
        if note is None or message.severity not in (REJECT, WARN):
            return
        if note.group:
            self._codes.update(dict.fromkeys(note.group))
            self._has_errors = True
            self._included = self._included if note.included is None else note.included
        if self._set and (note.transaction or note.segment):
            self._set.note(message, note.transaction, note.segment)

    def end_set(self) -> None:
        """Write the end of the transaction set that is open."""
        if self._set:
            is_accepted = self._set.end()
            self._accepted += is_accepted
            self._has_errors = self._has_errors or self._set.has_errors
        self._set = None

    def write(self, out: Segments, control: str) -> None:
        """Write the transaction."""
        header = self.header
        out.count = 0
        out.segment("ST", "999", control, GUIDE)
        function = header.function if header.function in _FUNCTIONS else _CLAIMS
        version = header.version if _PLAIN_VERSION.fullmatch(header.version) else _NO_VERSION
        out.segment("AK1", function, str(number_of(header.control)), version)
        self._spool.pour(out)
        included = self._received if self._included is None else self._included
        counts = (str(min(count, _MOST)) for count in (included, self._received, self._accepted))
        out.segment("AK9", self._verdict(included), *counts, *[*self._codes][:5])
        out.segment("SE", str(out.count + 1), control)

    def _verdict(self, included: int) -> str:
        if not self._accepted:
            return "R"
        if self._accepted < max(self._received, included):
            return "P"
        return "E" if self._has_errors else "A"


class _Set:
    """The answer to a transaction set, while its messages come in.

    Attributes:
        has_errors: whether anything in it is wrong.
        has_claims: whether a claim of it was read.
    """

    def __init__(self, submission: Submission, spool: Spool) -> None:
        self.place, self.has_errors, self.has_claims = submission.place, False, False
        self._spool = spool
        self._is_damaged = submission.kind not in (_SET, "")
        self._codes: dict[str, None] = {}
        self._errors: list[str] = []
        kind = submission.kind if submission.kind in _SETS else _SET
        control = submission.control
        if not _SET_CONTROL.fullmatch(control):  # a number that AK202 can't hold as it is
            control, self.has_errors = an_element(control, 9).rjust(4, "0"), True
            self._codes[_INVALID_CONTROL] = None
        guide = submission.guide if _PLAIN_GUIDE.fullmatch(submission.guide) else ""
        spool.segment("AK2", kind, control, guide)

    def note(self, message: UnreadMessage, codes: tuple[str, ...], segment: SegmentError | None) -> None:
        """Take note of an error in it."""
        self.has_errors = True
        self._codes.update(dict.fromkeys(codes))
        if message.severity == REJECT and (codes or message.claim_id is None):
            self._is_damaged = True
        if segment:
            self._codes[_SEGMENTS_IN_ERROR] = None
            self._write(segment, (message.locus.segment or self.place) - self.place + 1, message.claim_id)

    def _write(self, error: SegmentError, position: int, claim_id: str | None) -> None:
        out = self._spool
        name = error.name if _SEGMENT_ID.fullmatch(error.name) else _NO_SEGMENT_ID
        out.segment("IK3", name, str(max(1, min(position, _MOST))), error.loop[:_LONGEST_LOOP], error.code)
        if claim_id and (number := an_element(claim_id, _LONGEST_REFERENCE)):
            out.segment("CTX", f"CLM01:{number}")
        for position, code, component, reference, copy in error.elements:
            if position <= _LAST_ELEMENT:
                place = f"{position}:{component}" if component else str(position)
                out.segment("IK4", place, reference, code, copy)

    def end(self) -> bool:
        """Write its end; give whether it is accepted."""
        is_rejected = self._is_damaged and not self.has_claims
        self._spool.segment("IK5", "R" if is_rejected else "E" if self.has_errors else "A", *[*self._codes][:5])
        return not is_rejected


GUIDE: Final = "005010X231A1"
_CLAIMS: Final = "HC"
_SET: Final = "837"
_FUNCTIONS: Final = ("BE", "HB", "HC", "HI", "HN", "HP", "HR", "HS", "RA")
_SETS: Final = ("270", "271", "276", "277", "278", "820", "834", "835", "837")
"""What the guide answers, by GS01 and ST01."""
_SEGMENTS_IN_ERROR: Final = "5"
_INVALID_CONTROL: Final = "7"
_NO_VERSION: Final = "005010"
"""Where GS08 names none; the guide asks for one."""
_NO_SEGMENT_ID: Final = "UNK"
_MOST: Final = 999_999
"""The largest count and position that have a place."""
_LAST_ELEMENT: Final = 99
_LONGEST_LOOP: Final = 4
"""Of 2010AA the element has room for 2010 alone."""
_LONGEST_REFERENCE: Final = 35
_VERSION: Final = re.compile(r"0[0-9]{5}", re.ASCII)
_PLAIN_VERSION: Final = re.compile(r"[0-9A-Z]{1,12}", re.ASCII)
_PLAIN_GUIDE: Final = re.compile(r"[0-9A-Z]{1,35}", re.ASCII)
_SET_CONTROL: Final = re.compile(r"[0-9A-Za-z]{4,9}", re.ASCII)
_SEGMENT_ID: Final = re.compile(r"[A-Z][0-9A-Z]{1,2}", re.ASCII)

FORMAT: Final = Format(ImplementationAcknowledgmentWriter)
