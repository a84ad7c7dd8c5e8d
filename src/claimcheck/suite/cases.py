"""What became of a file of claims, test by test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker, engines_of
from claimcheck.engine.findings import CHECK_FAILED, NOT_JUDGED, PARTLY_JUDGED
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import SEVERITIES, EditMessage
from claimcheck.suite.expectations import KEYS, READING, By, Message, check_of, placeless

_SHOWN: Final = 20
"""Messages that a test of a whole check shows."""


@dataclass
class Case:
    """What a test tells: the messages of a claim, of a line, or of a check. ``key`` is what it is expected by."""

    name: str
    key: Hashable
    messages: list[EditMessage] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    first_waiting: EditMessage | None = None
    errors: dict[str, Exception] = field(default_factory=dict)

    def wait(self, message: EditMessage, lines: int) -> None:
        """Add lines that were not judged."""
        self.waiting += lines
        self.first_waiting = self.first_waiting or message

    def add(
        self, message: EditMessage, errors: dict[str, Exception], most: int | None = None, lines: int | None = None
    ) -> None:
        """Add a message; past ``most`` it takes the place of the last of the mildest, or is only counted. ``lines`` is
        how many of its lines the test is about, all where None."""
        self.count[message.severity] += 1
        if message.check == CHECK_FAILED.id and message.observed in errors:
            self.errors[message.observed] = errors[message.observed]
        if message.check == NOT_JUDGED.id:
            self.wait(message, lines if lines is not None else len(message.lines or ()))
        if most is not None and len(self.messages) >= most:
            rank = [SEVERITIES.index(kept.severity) for kept in self.messages]
            mildest = max(range(most), key=lambda at: (rank[at], at))
            if rank[mildest] <= SEVERITIES.index(message.severity):
                return
            del self.messages[mildest]
        self.messages.append(message)


class Cases:
    """The tests of a file as its claims are judged. ``found`` are its messages as written, each with what it is
    expected by; they are kept only where they are to be compared."""

    def __init__(self, by: By, checker: Checker, golden: bool) -> None:
        self.all: list[Case] = []
        self.claims = 0
        self.found: list[tuple[Hashable, Message]] = []
        self.by, self._golden = by, golden
        self._names: Counter[str] = Counter()
        self._standing: dict[Hashable, Case] = {}
        self._ids = {check.id for check in checker.checks()}
        if by == "check":
            for id in engines_of(checker).selected():
                self._case(id, ("check", id))

    def add(self, item: Judged | EditMessage, errors: dict[str, Exception]) -> None:
        """Add what came of a claim, or what could not be read."""
        if isinstance(item, EditMessage):
            key = KEYS[self.by](item.as_dict())
            self._report(self._standing_case(item.check if self.by == "check" else READING, key), item, errors)
            return
        self.claims += 1
        claim, outcome = item
        if self.by == "check":
            for message in outcome.messages:
                id = check_of(message.check, message.observed)
                self._report(self._standing_case(id, ("check", id)), message, errors)
                if message.check in (NOT_JUDGED.id, PARTLY_JUDGED.id):
                    self._wait(message, outcome)
            return
        cases = dict(self._cases_of(claim, outcome.messages))
        for message in outcome.messages:
            if self._is_of_lines(message):
                for place, case in cases.items():
                    if isinstance(place, tuple) and place[0] in (message.lines or ()):
                        self._report(case, message, errors, lines=1)
                continue
            place = None if self.by == "claim" or message.line_number is None else _place_of(message)
            self._report(cases[place], message, errors)

    def _wait(self, message: EditMessage, outcome: Outcome) -> None:
        """Have the test of each check wait that could not judge lines of a message."""
        blocks = message.check == NOT_JUDGED.id
        lines = {(one.check, one.line) for one in outcome.waiting if one.blocks == blocks}
        for id, count in sorted(Counter(id for id, _ in lines).items()):
            if id in self._ids:
                self._standing_case(id, ("check", id)).wait(message, count)

    def _is_of_lines(self, message: EditMessage) -> bool:
        """Whether a message is reported by each of its lines' tests; what is expected is a message of the claim."""
        return self.by == "line" and message.lines is not None and not self._golden

    def _cases_of(self, claim: Claim, messages: list[EditMessage]) -> Iterator[tuple[Hashable, Case]]:
        whole = self.by == "claim" or not claim.lines
        if whole or any(message.line_number is None and not self._is_of_lines(message) for message in messages):
            yield None, self._case(claim.claim_id or "no id", ("claim", claim.claim_id))
        if self.by == "line":
            for line in claim.lines:
                name = f"{claim.claim_id or 'no id'}:{line.number}"
                case = self._case(name, ("line", claim.claim_id, line.number))
                yield (line.number, claim.locus_of(line)), case

    def _report(self, case: Case, message: EditMessage, errors: dict[str, Exception], lines: int | None = None) -> None:
        case.add(message, errors, _SHOWN if self.by == "check" else None, lines)
        if self._golden:
            self.found.append((case.key, placeless(message.as_dict())))

    def _standing_case(self, name: str, key: Hashable) -> Case:
        """The one case of a file with this key."""
        return self._standing.get(key) or self._case(name, key)

    def _case(self, name: str, key: Hashable) -> Case:
        """A new case; of several claims with one name each gets a name of its own."""
        name = "".join(c if c.isprintable() else "?" for c in name)
        self._names[name] += 1
        unique = name if self._names[name] == 1 else f"{name}[{self._names[name]}]"
        case = Case(unique, key)
        self.all.append(case)
        self._standing.setdefault(key, case)
        return case


def _place_of(message: EditMessage) -> Hashable:
    return message.line_number, message.locus
