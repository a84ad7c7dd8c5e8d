"""The two sides of a comparison: claims judged anew, or the messages of an earlier run; in step, claim by claim."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import tee
from pathlib import Path
from typing import IO, Any, Final, Protocol

from claimcheck import ClaimcheckError
from claimcheck.claim import Claim, Location
from claimcheck.config.checker import Checker, engines_of
from claimcheck.engine.findings import NOT_JUDGED
from claimcheck.engine.loop import Tally, judge
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import (
    MESSAGE_FIELDS,
    REJECT,
    WARN,
    Carc,
    Citation,
    ClaimStatus,
    Disposition,
    EditMessage,
    Severity,
    Waived,
)
from claimcheck.runs.batch import NOTHING_READ, claims_of, no_garbage_collection
from claimcheck.runs.comparing.differences import EXAMPLES, Comparison


class CompareError(ClaimcheckError):
    """Sides that can't be compared; the text says why."""


class Side(Protocol):
    """One side: it judges what is read, item by item, in order."""

    def judged(self, items: Iterable[Claim | EditMessage]) -> Iterator[Judged | EditMessage]:
        """Each claim with its outcome; what could not be read passes through."""

    def last(self) -> Iterable[EditMessage]:
        """What is said once the batch was judged."""


class Judging:
    """A side that judges.

    Args:
        checker: what judges.
        note: what each message says in addition, such as that a quarter's releases govern every day; "" for nothing.
    """

    def __init__(self, checker: Checker, note: str = "") -> None:
        self.checker = checker
        self._engines = engines_of(checker)
        self._note = note
        self.tally = Tally()

    def judged(self, items: Iterable[Claim | EditMessage]) -> Iterator[Judged | EditMessage]:
        """Judge claims, each with what came before it for the same patient."""
        engines = self._engines
        engines.begin()
        for item in judge(items, engines.engine_for, self.tally, engines.history()):
            if self._note and not isinstance(item, EditMessage):
                for message in item.outcome.messages:
                    message.text = f"{message.text} ({self._note})"
            yield item

    def last(self) -> Iterable[EditMessage]:
        """What is said of waivers and of the configuration."""
        return self._engines.last_messages(self.tally)


class Reported:
    """A side that was judged in an earlier run: its messages, as JSONL. Claims without a message passed.

    Args:
        path: the file of messages.

    Raises:
        CompareError: it can't be read, or is not JSONL of messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._messages = _messages_in(path)
        self._next: EditMessage | None = None
        self._advance()

    def judged(self, items: Iterable[Claim | EditMessage]) -> Iterator[Judged | EditMessage]:
        """Give each claim the messages that were reported of it."""
        for item in items:
            if isinstance(item, EditMessage):
                if self._next and _same_place(self._next.locus, item.locus) and self._next.check == item.check:
                    self._advance()
                yield item
                continue
            places = {item.locus[1:], *(item.locus_of(line)[1:] for line in item.lines)}
            messages = []
            while (found := self._next) and found.claim_id == item.claim_id and found.locus[1:] in places:
                messages.append(found)
                self._advance()
            yield Judged(item, Outcome(messages, _dispositions(item, messages)))

    def last(self) -> Iterable[EditMessage]:
        """What was reported at the end.

        Raises:
            CompareError: a message is about a claim that is not in the files.
        """
        while (message := self._next) is not None:
            if message.claim_id is not None:
                raise CompareError(
                    f"{self._path}: found a message about claim {message.claim_id}, which is not in the files or not"
                    " in this order; name the files of that run, in its order"
                )
            yield message
            self._advance()

    def _advance(self) -> None:
        self._next = next(self._messages, None)


def _same_place(one: Location, other: Location) -> bool:
    return one[1:] == other[1:]


_PARTS: Final[dict[str, Any]] = {
    "citation": Citation,
    "carc": Carc,
    "claim_status": ClaimStatus,
    "locus": Location,
    "waived": Waived,
}


def _messages_in(path: Path) -> Iterator[EditMessage]:
    """The messages of a JSONL file, one by one."""
    try:
        with _text_of(path) as stream:
            for number, line in enumerate(stream, 1):
                yield _message(line, f"{path}:{number}")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise CompareError(f"{path}: is not whole, or not a gzip file") from None
    except OSError as error:
        raise CompareError(
            f"{path}: {error.strerror}; expected messages as `claimcheck check --format jsonl`"
        ) from None
    except UnicodeDecodeError:
        raise CompareError(f"{path}: found bytes that are not UTF-8, expected messages as JSONL") from None


def _text_of(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix.lower() == ".gz" else path.open(encoding="utf-8")


def _message(line: str, place: str) -> EditMessage:
    try:
        record = json.loads(line)
        values = {name: record.get(name) for name in MESSAGE_FIELDS}
        for name, kind in _PARTS.items():
            values[name] = kind(**values[name]) if values[name] is not None else None
        values["severity"] = Severity(values["severity"])
        values["shadow"] = Severity(values["shadow"]) if values["shadow"] is not None else None
        return EditMessage(**values)
    except (ValueError, TypeError, AttributeError):
        raise CompareError(f"{place}: expected a message as `claimcheck check --format jsonl` writes it") from None


def _dispositions(claim: Claim, messages: Sequence[EditMessage]) -> list[Disposition]:
    """What messages make of a claim's lines."""
    severities: list[set[Severity]] = [set() for _ in claim.lines]
    unjudged: set[str] = set()
    for message in messages:
        if message.check == NOT_JUDGED.id:
            unjudged.update(message.lines or ())
        for of_line, line in zip(severities, claim.lines, strict=True):
            of_claim = message.line_number is None and message.lines is None
            if of_claim or (message.line_number == line.number and _same_place(message.locus, claim.locus_of(line))):
                of_line.add(message.severity)
    return [_disposition(of, line.number in unjudged) for of, line in zip(severities, claim.lines, strict=True)]


def _disposition(severities: set[Severity], unjudged: bool) -> Disposition:
    if REJECT in severities:
        return Disposition.REJECTED
    if unjudged:
        return Disposition.NOT_JUDGED
    return Disposition.ACCEPTED_WITH_WARNINGS if WARN in severities else Disposition.ACCEPTED


def compare_files(
    paths: Sequence[str | Path], reader: Checker, before: Side, after: Side, *, examples: int = EXAMPLES
) -> Comparison:
    """Judge files by two sides, and compare what comes out. Files are read once; memory does not grow with them.

    Args:
        paths: the files; ``-`` is standard input.
        reader: by whose configuration files are read.
        before, after: the sides.
        examples: how many examples to keep.

    Raises:
        CompareError: the sides do not fit the files.
    """
    comparison = Comparison(most=examples)
    one, other = tee(claims_of(paths, reader, Tally()))
    with no_garbage_collection():
        for left, right in zip(before.judged(one), after.judged(other), strict=True):
            if isinstance(left, EditMessage) or isinstance(right, EditMessage):
                comparison.unread += 1
                if isinstance(left, EditMessage) and left.check in NOTHING_READ:
                    comparison.files_unread.append(left)
            else:
                comparison.add(left.claim, left.outcome, right.outcome)
    comparison.add_last(before.last(), after.last())
    return comparison
