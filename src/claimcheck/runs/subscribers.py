"""An 837 cut at its subscribers' loops, before anything of it is parsed.

A subscriber's loop goes from its HL to the next one that is no dependent's, or to the transaction's end. It leaves
nothing behind that the next one needs, if it is plainly written, and so is the one before it: under the billing
provider that it names, with one member id, at least one claim, and service lines of the kind that the transaction
announces. Such a loop is dealt to the worker of its member. All else is every worker's: the envelope, the billing
providers with the first subscriber of each, and whatever is odd.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from zlib import crc32

from claimcheck.readers.x12.blocks import Block
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.readers.x12.syntax import ENVELOPE, Delimiters, element

EVERY_WORKER: Final = -1

_LINES_OF: Final = {"X222": "SV1", "X223": "SV2", "X224": "SV3"}
"""The guides whose claims are dealt out, and the service lines that they announce."""

_BILLING_PROVIDER, _SUBSCRIBER, _DEPENDENT = "20", "22", "23"

_LONGEST_LOOP: Final = 1 << 20
"""Characters of a subscriber's loop that wait for its end."""


def worker_of(patient: str, workers: int) -> int:
    """Which of some workers judges a patient's claims; a dependent goes with their subscriber. Ids that a history takes
    for one person's, whatever their case and punctuation, are one worker's."""
    member = patient.partition("/")[0].upper()
    if not member.isalnum():
        member = "".join(filter(str.isalnum, member))
    return crc32(member.encode(errors="backslashreplace")) % workers


class _Patterns(NamedTuple):
    """What is looked for in text that has a terminator before each segment and at its end.

    Attributes:
        borders: where a loop or the envelope goes on: an HL, with its level, parent and kind in groups 1 to 3, and the
            member id in group 4 where it is a subscriber's that has one; or, with its name in group 5, a segment of the
            envelope or an HL that is not so.
        insured: where a segment begins that names a member.
        claim: where a claim begins.
        lines: where a service line begins, by its kind; it may be a bare name.
    """

    borders: re.Pattern[str]
    insured: str
    claim: str
    lines: Mapping[str, tuple[str, str]]


def _patterns(delimiters: Delimiters) -> _Patterns:
    element, _, terminator = delimiters
    e, _, t = map(re.escape, delimiters)
    skip, rest = f"[^{e}{t}]*", f"[^{t}]*"
    payment = f"(?:{t}SBR{e}{rest})?(?:{t}PAT{e}{rest})*"
    member = f"(?<={e}22)(?:{e}{rest})?{payment}{t}NM1{e}IL{f'{e}{skip}' * 7}{e}([^{e}{t}]+)"
    level = f"HL{e}({skip}){e}({skip}){e}({skip})(?:{member})?"
    return _Patterns(
        re.compile(f"{t}(?:{level}|({'|'.join(('HL', *ENVELOPE))}))(?=[{e}{t}])"),
        f"{terminator}NM1{element}IL{element}",
        f"{terminator}CLM{element}",
        {kind: (f"{terminator}{kind}{element}", f"{terminator}{kind}{terminator}") for kind in _LINES_OF.values()},
    )


class Cutter:
    """Cuts one file into parts, each with the worker that reads it, or ``EVERY_WORKER``."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._patterns: _Patterns
        self._delimiters: Delimiters | None = None
        self._version = self._announced = ""  # GS08, and the lines that the open transaction announces
        self._provider = ""  # the level of the billing provider whose subscribers follow
        self._after_loop = False  # whether what was cut last is a plain loop
        self._open: Block | None = None  # a subscriber's loop whose end is still to come

    def cut(self, block: Block | ReadIssue) -> Iterator[tuple[int, Block | ReadIssue]]:
        """The parts that are whole by the end of a block."""
        if isinstance(block, ReadIssue):
            yield from self.end()
            yield EVERY_WORKER, block
            return
        if block.delimiters != self._delimiters:
            yield from self.end()
            self._delimiters, self._patterns = block.delimiters, _patterns(block.delimiters)
        if self._open:
            text = f"{self._open.text}{block.delimiters.terminator}{block.text}"
            block, self._open = self._open._replace(text=text), None
        yield from self._parts(block)

    def end(self) -> Iterator[tuple[int, Block]]:
        """What still waits for its end, which every worker reads."""
        if self._open:
            yield EVERY_WORKER, self._open
            self._open, self._after_loop = None, False

    def _parts(self, block: Block) -> Iterator[tuple[int, Block]]:
        """Cut a block. Neighbours that the same worker reads stay together."""
        delimiters, terminator = block.delimiters, block.delimiters.terminator
        text = f"{terminator}{block.text}{terminator}"
        kinds = {kind for kind, (line, bare) in self._patterns.lines.items() if line in text or bare in text}
        at, number = 0, block.first
        worker, whole = EVERY_WORKER, False  # of what stands from there on
        loop: re.Match[str] | None = None  # the subscriber's loop that is open

        for border in self._patterns.borders.finditer(text):
            level, parent, kind, _, name = border.groups()
            if kind == _DEPENDENT:
                continue
            start = border.start()
            if loop:
                is_level = kind in (_BILLING_PROVIDER, _SUBSCRIBER)  # an unknown one says why a level may have no claim
                ends = is_level or name in ENVELOPE
                reader, is_whole = self._reader_of(text, loop, start, ends and kinds <= {self._announced})
                if reader != worker or is_whole != whole:
                    if at < (end := loop.start()):
                        yield worker, Block(delimiters, text[at + 1 : end], number, whole)
                        number += text.count(terminator, at + 1, end + 1)
                        at = end
                    worker, whole = reader, is_whole
            if kind == _SUBSCRIBER and parent == self._provider != "":
                loop = border
                continue
            loop = None
            if whole:
                yield worker, Block(delimiters, text[at + 1 : start], number, whole)
                number += text.count(terminator, at + 1, start + 1)
                at = start
            worker, whole, self._after_loop = EVERY_WORKER, False, False
            self._provider = level if kind == _BILLING_PROVIDER and self._announced else ""
            if name:
                self._envelope(name, text[start + 1 : text.index(terminator, start + 1)].split(delimiters.element))
        end = loop.start() if loop else len(text) - 1
        if at < end:
            yield worker, Block(delimiters, text[at + 1 : end], number, whole)
        if loop:
            number += text.count(terminator, at + 1, end + 1) if at < end else 0
            self._open = Block(delimiters, text[end + 1 : -1], number)
            if len(self._open.text) > _LONGEST_LOOP:
                yield from self.end()

    def _reader_of(self, text: str, loop: re.Match[str], end: int, may_be_plain: bool) -> tuple[int, bool]:
        """Who reads a subscriber's loop, and whether it is known to be whole."""
        patterns, head = self._patterns, loop.end()
        claim = text.find(patterns.claim, head, end)
        first = not self._after_loop
        self._after_loop = may_be_plain and loop[4] is not None and claim >= 0
        self._after_loop = self._after_loop and text.find(patterns.insured, head, claim) < 0
        if first or not self._after_loop:
            return EVERY_WORKER, self._after_loop
        return worker_of(loop[4], self._workers), True

    def _envelope(self, name: str, elements: Sequence[str]) -> None:
        """Take in what a segment of the envelope says of the claims that follow."""
        if name == "HL":
            return
        self._announced = ""
        if name == "GS":
            self._version = element(elements, 8)
        elif name == "ISA":
            self._version = ""
        elif name == "ST" and element(elements, 1) == "837":
            self._announced = _LINES_OF.get(self._version[6:10], "")
