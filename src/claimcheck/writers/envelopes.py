"""What the answers to an 837 have in common: segments, elements, and the envelopes, which are the input's turned
around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from tempfile import TemporaryFile
from typing import IO, Final

from claimcheck.claim import Group, Interchange, Submission, as_date
from claimcheck.message import EditMessage
from claimcheck.writers import Acknowledging, FormatError


class NoEnvelopeError(FormatError):
    """Claims came as rows: there is no envelope, so nobody to answer."""


def no_envelope(file: str, what: str) -> NoEnvelopeError:
    """The error that a file of rows can't be answered by ``what``: "a 277CA"."""
    return NoEnvelopeError(
        f"{file}: rows have no envelope, so that there is nobody to answer; {what} answers 837 files. Use jsonl or csv"
    )


def is_of_rows(message: EditMessage) -> bool:
    """Whether a message is about a file of rows."""
    return message.check.startswith("ROW-")


def a_segment(*elements: str) -> str:
    """A segment; empty elements at its end are left out."""
    return "*".join(elements).rstrip("*") + "~\n"


class Segments:
    """Writes segments, and counts them."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
        self.count = 0

    def segment(self, *elements: str) -> None:
        """Write a segment; empty elements at its end are left out."""
        self.write(a_segment(*elements))
        self.count += 1

    def put(self, segments: Sequence[str]) -> None:
        """Write segments that are made."""
        self.write("".join(segments))
        self.count += len(segments)


class Spool(Segments):
    """Segments that wait: in memory, and in a temporary file once they are many."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._size = 0
        self._file: IO[str] | None = None
        super().__init__(self._keep)

    def _keep(self, text: str) -> None:
        self._waiting.append(text)
        self._size += len(text)
        if self._size > IN_MEMORY:
            if self._file is None:
                self._file = TemporaryFile("w+", encoding="ascii", newline="")  # noqa: SIM115 -- closed by pour
            self._file.writelines(self._waiting)
            self._waiting, self._size = [], 0

    def drop(self) -> None:
        """Forget what waits."""
        self.pour(Segments(_forget))

    def pour(self, out: Segments) -> None:
        """Move what waits to its place."""
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for part in iter(partial(file.read, 1 << 16), ""):
                    out.write(part)
            self._file = None
        out.write("".join(self._waiting))
        out.count += self.count
        self._waiting, self._size, self.count = [], 0, 0


def _forget(text: str) -> None:
    """Written nowhere."""


IN_MEMORY: Final = 1 << 20
"""Characters that a spool holds before it writes them to its file."""


class Envelopes:
    """The interchanges and groups of the answers to one batch: one interchange for each of the input, and in it a group
    for each of the input, opened when there is something to answer.

    Dates and control numbers are the input's, never the clock's, unless the configuration gives others; the same input
    gives the same bytes. A required value that the input lacks says UNKNOWN, or 1900-01-01. A control number that came
    before in the output is counted on.

    Args:
        out: where segments go.
        how: who answers.
        function: functional identifier code of the answers (GS01).
        guide: their implementation guide (GS08).
    """

    def __init__(self, out: Segments, how: Acknowledging, function: str, guide: str) -> None:
        self._out, self._how, self._function, self._guide = out, how, function, guide
        self._interchange: tuple[str, Interchange] | None = None
        self._group: tuple[str, Group] | None = None
        self._interchange_control = self._group_control = self._groups = self._transactions = 0

    def open(self, file: str, submission: Submission) -> str:
        """Open the envelopes of an answer to a submission, unless they are open; give the answer's transaction set
        control number."""
        interchange, group = (file, submission.interchange), (file, submission.group)
        if interchange != self._interchange or group != self._group:
            self.close(whole_interchange=interchange != self._interchange)
            if self._interchange is None:
                self.open_interchange(file, submission)
            self._group, self._groups, self._transactions = group, self._groups + 1, 0
            counters = self._how.control_numbers
            self._group_control = (
                next(counters.groups) if counters else _control(submission.group.control, self._group_control)
            )
            self._out.segment(*self._gs(submission))
        self._transactions += 1
        return f"{self._transactions:04}"

    def open_interchange(self, file: str, submission: Submission) -> None:
        """Open an interchange, in which there need be no group."""
        self._interchange, self._groups = (file, submission.interchange), 0
        counters = self._how.control_numbers
        self._interchange_control = (
            next(counters.interchanges)
            if counters
            else _control(submission.interchange.control, self._interchange_control)
        )
        self._out.segment(*self._isa(submission))

    def close(self, *, whole_interchange: bool = True) -> None:
        """Write the trailers of what is open."""
        if self._group is not None:
            self._out.segment("GE", str(self._transactions), str(self._group_control))
            self._group = None
        if self._interchange is not None and whole_interchange:
            self._out.segment("IEA", str(self._groups), f"{self._interchange_control:09}")
            self._interchange = None

    def _isa(self, submission: Submission) -> tuple[str, ...]:
        sent, how = submission.interchange, self._how
        qualifier = how.sender_qualifier if how.sender else _qualifier(sent.receiver_qualifier)
        return (
            "ISA", "00", " " * 10, "00", " " * 10,
            qualifier, an_id([how.sender or sent.receiver], 15).ljust(15),
            _qualifier(sent.sender_qualifier), an_id([sent.sender], 15).ljust(15),
            self.day(submission)[2:], time_of(submission), "^", "00501",
            f"{self._interchange_control:09}", "0", sent.usage if sent.usage in ("P", "T") else "P", ":",
        )  # fmt: skip

    def _gs(self, submission: Submission) -> tuple[str, ...]:
        interchange, group, *_ = submission
        source = self._how.sender or an_id([group.receiver, interchange.receiver], 15)
        receiver = an_id([group.sender, interchange.sender], 15)
        day, time = self.day(submission), time_of(submission)
        return "GS", self._function, source, receiver, day, time, str(self._group_control), "X", self._guide

    def day(self, submission: Submission) -> str:
        """The day of an answer, CCYYMMDD: the configured one, else the day on which the submission was received."""
        return self._how.run_date or received(submission)


# Elements

UNKNOWN: Final = "UNKNOWN"
NO_DATE: Final = "19000101"
_QUALIFIERS: Final = ("01", "14", "20", "27", "28", "29", "30", "33", "ZZ")
_PLAIN: Final = re.compile(r"[!-)+-9;-\]_-}](?:[ -)+-9;-\]_-}]*[!-)+-9;-\]_-}])?")
"""Characters of the extended set, without the delimiters that are written here; no blank at either end."""
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", re.ASCII)
_CONTROL: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def an_element(text: str, longest: int = 50) -> str:
    """A text as an element can hold it: letters without accents, and blanks in place of delimiters and of what is
    in no character set of X12."""
    if not _PLAIN.fullmatch(text):
        letters = unicodedata.normalize("NFKD", text)
        bare = (c for c in letters if not unicodedata.combining(c))
        text = " ".join("".join(c if " " <= c < "~" and c not in "*:^" else " " for c in bare).split())
    return text[:longest].rstrip(" ")


def an_id(ids: Iterable[str], longest: int) -> str:
    """The first text that can be an identification code: it has two characters at least."""
    return next((made for made in (an_element(one, longest) for one in ids) if len(made) > 1), UNKNOWN)


def _qualifier(qualifier: str) -> str:
    return qualifier if qualifier in _QUALIFIERS else "ZZ"


def number_of(control: str) -> int:
    """A control number of an interchange or group; 0 where it is none."""
    return int(control) if _CONTROL.fullmatch(control) else 0


def _control(control: str, last: int) -> int:
    """The control number of the input's envelope; where that is none, or came before, the one after the last."""
    number = number_of(control)
    return number if number > last else last % 999_999_999 + 1


def received(submission: Submission) -> str:
    """The day on which a submission was received, CCYYMMDD."""
    interchange, group, *_ = submission
    dates = (submission.received or "", group.date, "20" + interchange.date)
    return next(filter(None, map(a_day, dates)), NO_DATE)


def time_of(submission: Submission) -> str:
    """The time of a submission, HHMM."""
    times = (submission.group.time[:4], submission.interchange.time[:4])
    return next(filter(is_time, times), "0000")


def is_time(text: str) -> bool:
    """Whether a text is a time, HHMM."""
    return _TIME.fullmatch(text) is not None


_FIRST_YEAR: Final = 1800


@lru_cache(maxsize=4096)
def a_day(text: str) -> str:
    """CCYYMMDD; empty where it is not a date, or so early that validators of X12 refuse it."""
    day = as_date(text)
    return day.isoformat().replace("-", "") if day and day.year >= _FIRST_YEAR else ""
