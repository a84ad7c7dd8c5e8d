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

from claimcheck.readers.x12.segments import ENVELOPE, Block, Delimiters, ReadIssue, element

EVERY_WORKER: Final = -1

_LINES_OF: Final = {"X222": "SV1", "X223": "SV2", "X224": "SV3"}
"""The guides whose claims are dealt out, and the service lines that they announce."""

_BILLING_PROVIDER, _SUBSCRIBER, _DEPENDENT = "20", "22", "23"

_LONGEST_LOOP: Final = 1 << 20
"""Characters of a subscriber's loop that wait for its end."""


def worker_of(patient: str, workers: int) -> int:
    """Which of some workers judges a patient's claims; a dependent goes with their subscriber."""
    return crc32(patient.partition("/")[0].encode(errors="backslashreplace")) % workers


class _Patterns(NamedTuple):
    """What is looked for in text that has a terminator before each segment and at its end.

    Attributes:
        borders: an HL, with its level, parent and kind in groups 1 to 3; or a segment of the envelope, or an HL that is
            none of these, with its name in group 4.
        member: a subscriber's loop up to the member id, group 1.
        insured: where a segment begins that names a member.
        claim: where a claim begins.
        lines: where a service line begins, by its kind.
    """

    borders: re.Pattern[str]
    member: re.Pattern[str]
    insured: str
    claim: str
    lines: Mapping[str, str]


def _patterns(delimiters: Delimiters) -> _Patterns:
    element, _, terminator = delimiters
    e, _, t = map(re.escape, delimiters)
    skip, rest = f"[^{e}{t}]*", f"[^{t}]*"
    borders = f"{t}(?:HL{e}({skip}){e}({skip}){e}({skip})|({'|'.join(('HL', *ENVELOPE))}))(?=[{e}{t}])"
    member = f"{t}HL{rest}(?:{t}SBR{e}{rest})?(?:{t}PAT{e}{rest})*{t}NM1{e}IL{f'{e}{skip}' * 7}{e}([^{e}{t}]+)"
    return _Patterns(
        re.compile(borders),
        re.compile(member),
        f"{terminator}NM1{element}IL{element}",
        f"{terminator}CLM{element}",
        {kind: f"{terminator}{kind}{element}" for kind in _LINES_OF.values()},
    )


class Part(NamedTuple):
    """What of a file one worker reads, or ``EVERY_WORKER``."""

    worker: int
    content: Block | ReadIssue


class Cutter:
    """Cuts one file into parts, for some workers."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._patterns: _Patterns
        self._delimiters: Delimiters | None = None
        self._version = self._announced = ""  # GS08, and the lines that the open transaction announces
        self._provider = ""  # the level of the billing provider whose subscribers follow
        self._after_loop = False  # whether what was cut last is a plain loop
        self._open: Block | None = None  # a subscriber's loop whose end is still to come

    def cut(self, block: Block | ReadIssue) -> Iterator[Part]:
        """The parts that are whole by the end of a block."""
        if isinstance(block, ReadIssue):
            yield from self.end()
            yield Part(EVERY_WORKER, block)
            return
        if block.delimiters != self._delimiters:
            yield from self.end()
            self._delimiters, self._patterns = block.delimiters, _patterns(block.delimiters)
        if self._open:
            text = f"{self._open.text}{block.delimiters.terminator}{block.text}"
            block, self._open = self._open._replace(text=text), None
        yield from self._parts(block)

    def end(self) -> Iterator[Part]:
        """What still waits for its end, which every worker reads."""
        if self._open:
            yield Part(EVERY_WORKER, self._open)
            self._open, self._after_loop = None, False

    def _parts(self, block: Block) -> Iterator[Part]:
        delimiters, terminator = block.delimiters, block.delimiters.terminator
        text = f"{terminator}{block.text}{terminator}"
        at, number = 0, block.first
        worker, whole = EVERY_WORKER, False  # of what stands from ``at`` on
        loop: int | None = None

        def up_to(end: int) -> Iterator[Part]:
            nonlocal at, number
            if at < end:
                yield Part(worker, Block(delimiters, text[at + 1 : end], number, whole))
                number += text.count(terminator, at + 1, end + 1)
                at = end

        for border in self._patterns.borders.finditer(text):
            level, parent, kind, name = border.groups()
            if kind == _DEPENDENT:
                continue
            start = border.start()
            if loop is not None:
                reader = self._reader_of(text, loop, start)
                if reader != (worker, whole):
                    yield from up_to(loop)
                    worker, whole = reader
                loop = None
            if kind == _SUBSCRIBER and self._announced and parent == self._provider != "":
                loop = start
                continue
            yield from up_to(start) if whole else ()
            worker, whole, self._after_loop = EVERY_WORKER, False, False
            if name is None:
                self._provider = level if kind == _BILLING_PROVIDER else ""
            else:
                self._provider = ""
                self._envelope(name, text[start + 1 : text.index(terminator, start + 1)].split(delimiters.element))
        if loop is None:
            yield from up_to(len(text) - 1)
            return
        yield from up_to(loop)
        self._open = Block(delimiters, text[loop + 1 : -1], number)
        if len(self._open.text) > _LONGEST_LOOP:
            yield from self.end()

    def _reader_of(self, text: str, start: int, end: int) -> tuple[int, bool]:
        """Who reads a subscriber's loop, and whether it is known to be whole."""
        patterns = self._patterns
        head = patterns.member.match(text, start, end)
        claim = text.find(patterns.claim, head.end(), end) if head else -1
        if (
            head is None
            or claim < 0
            or text.find(patterns.insured, head.end(), claim) >= 0
            or any(text.find(line, claim, end) >= 0 for kind, line in patterns.lines.items() if kind != self._announced)
        ):
            self._after_loop = False
            return EVERY_WORKER, False
        first, self._after_loop = not self._after_loop, True
        return EVERY_WORKER if first else worker_of(head[1], self._workers), True

    def _envelope(self, name: str, elements: Sequence[str]) -> None:
        """Take in what a segment of the envelope says of the claims that follow."""
        self._announced = ""
        if name == "GS":
            self._version = element(elements, 8)
        elif name == "ISA":
            self._version = ""
        elif name == "ST" and element(elements, 1) == "837":
            self._announced = _LINES_OF.get(self._version[6:10], "")
