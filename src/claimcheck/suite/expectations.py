"""Expected messages of a file of claims: the file beside it, and what differs from what is found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from claimcheck import ClaimcheckError
from claimcheck.authoring.check import RENAMED, current_id
from claimcheck.config.usage import CONFIG_UNUSED
from claimcheck.config.waivers import WAIVER_EDITS
from claimcheck.engine.findings import CHECK_FAILED
from claimcheck.readers import reading_edits

READING: Final = "reading"
"""The test of what could not be read as a claim."""

Message = dict[str, Any]
"""An edit message as it is written."""

By = Literal["claim", "check", "line"]

Compare = Literal["verdict", "all"]
"""What of a message must be as expected: its verdict, or its words, releases and codes too."""

_VERDICT: Final = ("check", "severity", "claim_id", "line_number", "lines", "observed")
"""The keys of a message that make its verdict: a new wording or a new release leaves them as they are."""

_READING_IDS: Final = frozenset(edit.id for edit in (*reading_edits(), *WAIVER_EDITS, CONFIG_UNUSED))


def _of_claim(message: Message) -> Hashable:
    return READING if message["check"] in _READING_IDS else ("claim", message["claim_id"])


def _of_line(message: Message) -> Hashable:
    of_claim = message["check"] in _READING_IDS or message["line_number"] is None
    return _of_claim(message) if of_claim else ("line", message["claim_id"], message["line_number"])


def check_of(check: str, observed: str | None) -> str:
    """The check that a message is of: of a check that broke off, that check."""
    return observed if check == CHECK_FAILED.id and observed else check


KEYS: Final[dict[str, Callable[[Message], Hashable]]] = {
    "claim": _of_claim,
    "line": _of_line,
    "check": lambda message: ("check", check_of(message["check"], message["observed"])),
}
"""What test an edit message, as written, belongs to."""


class ExpectationError(ClaimcheckError):
    """A file of expected messages that can't be read; the text says where."""


class Expectations:
    """The messages that are expected of a file of claims beside those that are found, by the test that they belong to.

    Args:
        path: the file of expected messages, which need not be there.
        shown: its name in texts.
        by: what a test is.
        found: the messages that are found, each with its test, in order.
        compare: what of a message must be as expected.

    Raises:
        ExpectationError: the file can't be read.
    """

    def __init__(
        self, path: Path, shown: str, by: By, found: list[tuple[Hashable, Message]], compare: Compare = "verdict"
    ) -> None:
        self.path, self.shown, self._compare = path, shown, compare
        self._in_order = found
        self._found: dict[Hashable, list[Message]] = {}
        for key, message in found:
            self._found.setdefault(key, []).append(message)
        self._expected: dict[Hashable, list[Message]] = {}
        self._accepted = self._has_former_ids = False
        if not path.exists():
            return
        try:
            lines = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ExpectationError(f"{shown}: can't be read: {error}") from None
        for number, line in enumerate(lines, start=1):
            try:
                message = self._by_current_id(json.loads(line), number)
                self._expected.setdefault(KEYS[by](message), []).append(placeless(message))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                text = f"{shown}:{number}: is no edit message as `claimcheck check --format jsonl` writes it: {error!r}"
                raise ExpectationError(text) from None

    def _by_current_id(self, message: Message, number: int) -> Message:
        """An expected message by the id that its check has now; the first with a former id warns."""
        part = "observed" if message["check"] == CHECK_FAILED.id else "check"
        if message[part] not in RENAMED:
            return message
        if not self._has_former_ids:
            self._has_former_ids = True
            current_id(message[part], f"{self.shown}:{number}")
        return {**message, part: RENAMED[message[part]]}

    def difference(self, key: Hashable) -> list[str]:
        """What differs in a test, a line each; nothing where nothing does that is compared."""
        return _difference(self._expected.get(key, []), self._found.get(key, []), self._compare)

    def is_current(self, key: Hashable) -> bool:
        """Whether the file holds the messages of a test as they are found, word for word."""
        is_written = self.path.exists() and not self._has_former_ids
        return is_written and self._expected.get(key, []) == self._found.get(key, [])

    def without(self, keys: Iterable[Hashable]) -> dict[Hashable, list[Message]]:
        """What is expected of other tests than these."""
        tests = set(keys)
        return {key: messages for key, messages in self._expected.items() if key not in tests}

    def accept(self, key: Hashable) -> None:
        """Take what is found in a test as what is expected from now on."""
        self._accepted = True
        if key in self._found:
            self._expected[key] = self._found[key]
        else:
            self._expected.pop(key, None)

    def write(self) -> None:
        """Write what is expected from now on, if anything was accepted, in the order in which it is found; what is not
        found as it is expected stands where its test begins, and what has no test at the end.

        Raises:
            OSError: it can't be written.
        """
        if self._accepted:
            self.path.write_text("".join(json.dumps(message) + "\n" for message in self._next()), "utf-8")

    def _next(self) -> Iterator[Message]:
        left = dict(self._expected)
        for key, message in self._in_order:
            if self._expected.get(key) == self._found[key]:
                left.pop(key, None)
                yield message
            else:
                yield from left.pop(key, ())
        for messages in left.values():
            yield from messages


def expectation_of(path: Path) -> Path:
    """The file of expected messages of a file of claims: ``x.messages.jsonl`` beside ``x.837`` or ``x.837.gz``."""
    packed = path.with_suffix("") if path.suffix == ".gz" else path
    return packed.with_suffix(".messages.jsonl")


def placeless(message: Message) -> Message:
    """A message as it is from wherever one looks: the file without its folder."""
    locus = message["locus"]
    folder, mark, member = locus["file"].partition("!")
    return {**message, "locus": {**locus, "file": Path(folder).name + mark + member}}


def _difference(expected: list[Message], found: list[Message], compare: Compare) -> list[str]:
    unmatched = Counter(_compared(message, compare) for message in found)
    unmatched.subtract(_compared(message, compare) for message in expected)
    left = [message for message in expected if _take(unmatched, _compared(message, compare), -1)]
    lines: list[str] = []
    for message in found:
        if not _take(unmatched, _compared(message, compare), 1):
            continue
        like = next((e for e in left if _subject_of(e) == _subject_of(message)), None)
        if like is None:
            lines.append(f"  + {_title(message)} is not expected: {message['text']}")
            continue
        left.remove(like)
        lines.append(f"  ~ {_title(message)} is another:")
        lines += [
            f"      {name}: expected {like.get(name)!r}, found {_plain(message.get(name))!r}"
            for name in (_VERDICT if compare == "verdict" else dict.fromkeys((*message, *like)))
            if like.get(name) != message.get(name)
        ]
    lines += [f"  - {_title(message)} was expected, and is not there: {message.get('text')}" for message in left]
    if not lines and compare == "all" and expected != found:
        return ["  the messages are the same, in another order"]
    return lines


def _plain(value: Any) -> Any:
    """A value as JSON has it: a severity as its text."""
    return str(value) if isinstance(value, str) else value


def _compared(message: Message, compare: Compare) -> str:
    """What of a message is compared, as a key."""
    return json.dumps(message if compare == "all" else [message.get(name) for name in _VERDICT])


def _take(unmatched: Counter[str], key: str, side: int) -> bool:
    """Whether one more message of a side (found: 1, expected: -1) has none like it on the other; if so, it is taken."""
    if unmatched[key] * side <= 0:
        return False
    unmatched[key] -= side
    return True


def _subject_of(message: Message) -> tuple[Any, ...]:
    return message.get("check"), message.get("claim_id"), message.get("line_number")


def _title(message: Message) -> str:
    return f"{message.get('check')} ({message.get('severity')}) on {expected_of(message).rpartition(' (')[0]}"


def expected_of(message: Message) -> str:
    """What a message as written is about: ``claim C1 line 2 (MUE-DOS)``."""
    claim = message.get("claim_id")
    lines = lines_of(message.get("line_number"), message.get("lines"))
    where = f"claim {claim}{lines}" if claim else "the file"
    return f"{where} ({message.get('check')})"


def lines_of(number: str | None, numbers: list[str] | None) -> str:
    """The lines that a message is about, to stand behind its claim: `` line 2``, `` lines 2, 3``."""
    numbers = numbers or ([number] if number else [])
    return f" line{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}" if numbers else ""
