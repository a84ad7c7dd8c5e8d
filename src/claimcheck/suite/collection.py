"""Claims as a pytest suite: a claim (a line, a check) is a test, and its edit messages are why it fails.

A file of claims is judged as a batch of its own when it is collected, by the same engine as everywhere, and its
tests tell what came of it: a reject fails, a warning is a warning of pytest, what is not judged is skipped. Where a
file of expected messages lies beside it, exactly those are what passes. Files of checks give a test an example.
"""

from __future__ import annotations

import fnmatch
import io
import json
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from claimcheck.authoring.check import Check
from claimcheck.authoring.examples import Example
from claimcheck.claim import Claim, as_date
from claimcheck.config.checker import Checker
from claimcheck.config.configuration import Configuration, find_configuration, load_configuration
from claimcheck.config.errors import ConfigurationError
from claimcheck.config.usage import CONFIG_UNUSED
from claimcheck.config.waivers import WAIVER_EDITS
from claimcheck.custom_checks.loading import (
    ChecksRefused,
    defines_checks,
    import_checks,
    laws_broken_by,
    place_of,
    placed,
)
from claimcheck.custom_checks.proof import prove
from claimcheck.engine.edits import CHECK_FAILED, NOT_JUDGED, PARTLY_JUDGED
from claimcheck.engine.loop import raise_errors
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import REJECT, SEVERITIES, WARN, EditMessage
from claimcheck.readers import looks_like_claims, read, reading_edits
from claimcheck.rulebook import BookError, Rules
from claimcheck.rulebook.files import RuleDataError
from claimcheck.rulebook.opening import open_book
from claimcheck.runs.batch import NOTHING_READ
from claimcheck.writers.text import TextWriter

MOST_ITEMS: Final = 50_000
"""Tests of claims or lines in one session; pytest keeps each in memory."""

_SHOWN: Final = 20
"""Messages that a test of a whole check shows."""

_NAMED: Final = 3
"""Edits that the first line of a failure names."""

_READING: Final = "reading"
"""The test of what could not be read as a claim."""

_STALE: Final = "expectations"
"""The test that every expected message has its claim."""


class ClaimWarning(UserWarning):
    """An edit message of severity ``warn``, as a warning of pytest."""


# -- the checker of a session --------------------------------------------------------------------

_CHECKER: Final = pytest.StashKey[Checker]()
_ERRORS: Final = pytest.StashKey[dict[str, Exception]]()
_COUNT: Final = pytest.StashKey[int]()


def checker_for_tests(config: pytest.Config) -> Checker:
    """The checker that the options and the configuration of a session make; a check's own error ends the test.

    Raises:
        pytest.UsageError: it can't be made.
    """
    return _checker(config, raise_errors)


def rules_of(checker: Checker) -> Callable[[date | str], Rules]:
    """What gives the rules of a day."""

    def rules(day: date | str) -> Rules:
        known = as_date(day) if isinstance(day, str) else day
        if known is None:
            raise ValueError(f"{day!r} is no day; expected CCYY-MM-DD or CCYYMMDD")
        return checker.rulebook.on(known)

    return rules


def _checker(config: pytest.Config, on_error: Callable[[Check, Exception], None]) -> Checker:
    option = config.getoption
    try:
        found = option("claimcheck_config")
        folders = config.rootpath, config.invocation_params.dir  # claims may lie elsewhere, and the root with them
        path = Path(found) if found else next(filter(None, map(find_configuration, folders)), None)
        return Checker(
            open_book(option("claimcheck_rulebook")),
            option("claimcheck_profile"),
            checks=[placed(name, config.rootpath) for name in option("claimcheck_checks")],
            configuration=load_configuration(path) if path else Configuration(),
            on_error=on_error,
        )
    except (ConfigurationError, ChecksRefused, BookError, RuleDataError) as error:
        raise pytest.UsageError(str(error)) from None


def _session_checker(config: pytest.Config) -> tuple[Checker, dict[str, Exception]]:
    """The checker of collected claims, and the last error of each check that raised one."""
    if _CHECKER not in config.stash:
        errors: dict[str, Exception] = {}
        config.stash[_CHECKER] = _checker(config, lambda check, error: errors.update({check.id: error}))
        config.stash[_ERRORS] = errors
    return config.stash[_CHECKER], config.stash[_ERRORS]


# -- collecting ----------------------------------------------------------------------------------


def collect_file(path: Path, parent: pytest.Collector) -> pytest.File | None:
    """The collector of a file: of what is named on the command line always, else where it is known by its content."""
    if path.suffix == ".py":
        return CheckFile.from_parent(parent, path=path) if _holds_checks(path, parent.config) else None
    if path.name.endswith(".messages.jsonl"):  # it has no tests, but may be named among others
        return _NoTests.from_parent(parent, path=path)
    if parent.session.isinitpath(path) or looks_like_claims(path, _columns(parent.config)):
        return ClaimFile.from_parent(parent, path=path)
    return None


def not_imported(path: Path, parent: pytest.Collector) -> pytest.File | None:
    """What stands for the test module as which pytest imports each Python file that is named, where that file holds
    checks that are refused: they are not to be run, and ``CheckFile`` tells why."""
    if _holds_checks(path, parent.config):
        try:
            import_checks([str(path)])
        except ChecksRefused:
            return _NoTests.from_parent(parent, path=path)
    return None


def _holds_checks(path: Path, config: pytest.Config) -> bool:
    tests = (*config.getini("python_files"), "conftest.py")
    return not any(fnmatch.fnmatch(path.name, pattern) for pattern in tests) and defines_checks(path)


class _NoTests(pytest.File):
    """A file without tests of its own."""

    def collect(self) -> list[pytest.Item]:
        """Give none."""
        return []


def _columns(config: pytest.Config) -> dict[str, str]:
    try:
        return _session_checker(config)[0].configuration.columns
    except pytest.UsageError:
        return {}  # told when the file is collected


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


class ClaimFile(pytest.File):
    """A file of claims."""

    accepted = False

    def collect(self) -> Iterator[pytest.Item]:
        """Judge the file, and give its tests."""
        try:
            checker, errors = _session_checker(self.config)
        except pytest.UsageError as error:
            raise self.CollectError(str(error)) from None
        by = self.config.getoption("claimcheck_by")
        self.shown = _relative(self.path, self.config.rootpath)
        self.expectation = expectation_of(self.path)
        self.update = self.config.getoption("claimcheck_update")
        golden = self.expectation.exists() or self.update
        cases = _Cases(by, checker, golden)
        try:
            self._judge(cases, checker, errors)
        except KeyboardInterrupt as stopped:  # pytest shows each frame's arguments, and ours hold claims
            raise stopped.with_traceback(None) from None
        except self.CollectError:
            raise
        except Exception as error:
            told = f"{self.shown}: claimcheck broke off, which is a fault of its own:"
            raise self.CollectError(f"{told}\n{traceback_of(error, of_claims=True)}") from None
        self.config.stash[_COUNT] = self.config.stash.get(_COUNT, 0) + len(cases.all)
        if not golden:
            yield from (CaseItem.from_parent(self, case=case) for case in cases.all)
            return
        self.found, self.in_order = cases.found, cases.in_order
        self.expected = self._read_expectation(by)
        keys = {case.key for case in cases.all}
        yield from (GoldenItem.from_parent(self, case=case) for case in cases.all)
        stale = {key: said for key, said in self.expected.items() if key not in keys}
        if stale:
            yield StaleItem.from_parent(self, stale=stale)

    def _judge(self, cases: _Cases, checker: Checker, errors: dict[str, Exception]) -> None:
        unread = []
        for item in checker.judge(_claims_of(self.path, self.shown, checker)):
            if isinstance(item, EditMessage) and item.check in NOTHING_READ:
                unread.append(f"{item.locus.file}: {item.text} {item.remedy}")
            cases.add(item, errors)
            if cases.by != "check" and len(cases.all) + self.config.stash.get(_COUNT, 0) > MOST_ITEMS:
                raise self.CollectError(_too_many(self.shown))
        if unread and not cases.claims:
            raise self.CollectError("\n".join(unread))

    def _read_expectation(self, by: By) -> dict[Hashable, list[dict[str, Any]]]:
        expected: dict[Hashable, list[dict[str, Any]]] = {}
        if not self.expectation.exists():
            return expected
        shown = _relative(self.expectation, self.config.rootpath)
        try:
            lines = self.expectation.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise self.CollectError(f"{shown}: can't be read: {error}") from None
        for number, line in enumerate(lines, start=1):
            try:
                message = json.loads(line)
                expected.setdefault(_KEYS[by](message), []).append(_placeless(message))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                text = f"{shown}:{number}: is no edit message as `claimcheck check --format jsonl` writes it: {error!r}"
                raise self.CollectError(text) from None
        return expected

    def accept(self, key: Hashable) -> None:
        """Take what was found as what is expected from now on; it is written when the file's tests end."""
        self.accepted = True
        if key in self.found:
            self.expected[key] = self.found[key]
        else:
            self.expected.pop(key, None)

    def teardown(self) -> None:
        """Write what is expected from now on."""
        if self.accepted:
            lines = [json.dumps(message) + "\n" for message in self._expected_in_order()]
            try:
                self.expectation.write_text("".join(lines), "utf-8")
            except OSError as error:
                shown = _relative(self.expectation, self.config.rootpath)
                pytest.fail(f"{shown}: can't be written: {error.strerror}", pytrace=False)

    def _expected_in_order(self) -> Iterator[dict[str, Any]]:
        """What is expected, in the order in which it is found; what is not found as it is expected stands where its
        test begins, and what has no test at the end."""
        left = dict(self.expected)
        for key, message in self.in_order:
            if self.expected.get(key) == self.found[key]:
                left.pop(key, None)
                yield message
            else:
                yield from left.pop(key, ())
        for messages in left.values():
            yield from messages


By = Literal["claim", "check", "line"]

_READING_IDS: Final = frozenset(edit.id for edit in (*reading_edits(), *WAIVER_EDITS, CONFIG_UNUSED))


def _of_claim(message: dict[str, Any]) -> Hashable:
    return _READING if message["check"] in _READING_IDS else ("claim", message["claim_id"])


def _of_line(message: dict[str, Any]) -> Hashable:
    of_claim = message["check"] in _READING_IDS or message["line_number"] is None
    return _of_claim(message) if of_claim else ("line", message["claim_id"], message["line_number"])


def _check_of(check: str, observed: str | None) -> str:
    """The check that a message is of: of a check that broke off, that check."""
    return observed if check == CHECK_FAILED.id and observed else check


_KEYS: Final[dict[str, Callable[[dict[str, Any]], Hashable]]] = {
    "claim": _of_claim,
    "line": _of_line,
    "check": lambda message: ("check", _check_of(message["check"], message["observed"])),
}
"""What test an edit message, as written, belongs to."""


class _Cases:
    """The tests of a file as its claims are judged. ``found`` are its messages as written, by what they are
    expected by, and ``in_order``; they are kept only where they are to be compared."""

    def __init__(self, by: By, checker: Checker, golden: bool) -> None:
        self.all: list[Case] = []
        self.claims = 0
        self.found: dict[Hashable, list[dict[str, Any]]] = {}
        self.in_order: list[tuple[Hashable, dict[str, Any]]] = []
        self.by, self._golden = by, golden
        self._names: Counter[str] = Counter()
        self._standing: dict[Hashable, Case] = {}
        self._ids = {check.id for check in checker.checks()}
        if by == "check":
            for id in checker.selected():
                self._case(id, ("check", id))

    def add(self, item: Judged | EditMessage, errors: dict[str, Exception]) -> None:
        """Add what came of a claim, or what could not be read."""
        if isinstance(item, EditMessage):
            key = _KEYS[self.by](item.as_dict())
            self._tell(self._standing_case(item.check if self.by == "check" else _READING, key), item, errors)
            return
        self.claims += 1
        claim, outcome = item
        if self.by == "check":
            for message in outcome.messages:
                id = _check_of(message.check, message.observed)
                self._tell(self._standing_case(id, ("check", id)), message, errors)
                if message.check in (NOT_JUDGED.id, PARTLY_JUDGED.id):
                    self._wait(message, outcome)
            return
        cases = dict(self._cases_of(claim, outcome.messages))
        for message in outcome.messages:
            if self._is_of_lines(message):
                for place, case in cases.items():
                    if isinstance(place, tuple) and place[0] in (message.lines or ()):
                        self._tell(case, message, errors, lines=1)
                continue
            place = None if self.by == "claim" or message.line_number is None else _place_of(message)
            self._tell(cases[place], message, errors)

    def _wait(self, message: EditMessage, outcome: Outcome) -> None:
        """Have the test of each check wait that could not judge lines of a message."""
        blocks = message.check == NOT_JUDGED.id
        lines = {(one.check, one.line) for one in outcome.waiting if one.blocks == blocks}
        for id, count in sorted(Counter(id for id, _ in lines).items()):
            if id in self._ids:
                self._standing_case(id, ("check", id)).wait(message, count)

    def _is_of_lines(self, message: EditMessage) -> bool:
        """Whether a message is told to each of its lines' tests; what is expected is a message of the claim."""
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

    def _tell(self, case: Case, message: EditMessage, errors: dict[str, Exception], lines: int | None = None) -> None:
        case.add(message, errors, _SHOWN if self.by == "check" else None, lines)
        if self._golden:
            written = _placeless(message.as_dict())
            self.found.setdefault(case.key, []).append(written)
            self.in_order.append((case.key, written))

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


def _claims_of(path: Path, shown: str, checker: Checker) -> Iterator[Claim | EditMessage]:
    configuration = checker.configuration
    with path.open("rb") as stream:
        yield from read(stream, name=shown, columns=configuration.columns, asc_npis=frozenset(configuration.asc_npis))


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _too_many(shown: str) -> str:
    return (
        f"{shown}: holds more than {MOST_ITEMS:,} tests with those before it. Check so many claims with "
        f"`claimcheck check {shown}`, or make each check a test: --claimcheck-by check"
    )


# -- the tests of claims -------------------------------------------------------------------------


class _Failed(Exception):
    """A test that fails; the text is what is shown."""


def _told(item: pytest.Item, text: str) -> ReprExceptionInfo:
    """A failure as pytest tells it: the first line where it lists failures, all of it where it shows them. A bare
    text would stand in that list whole, where pytest runs in CI."""
    path, line, _ = item.reportinfo()
    place = ReprFileLocation(str(path), (line or 0) + 1, text.partition("\n")[0])
    return ReprExceptionInfo(ReprTraceback([ReprEntryNative([f"{text}\n"])], None, "native"), place)


class CaseItem(pytest.Item):
    """A claim, a line or a check, and what was said of it."""

    parent: ClaimFile

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(name=case.name, **kwargs)
        self.case = case
        ids = dict.fromkeys(message.check for message in case.messages)
        self.extra_keyword_matches.update(ids)  # -k MUE: the claims with a message of an MUE check
        self.user_properties += [("check", id) for id in ids]

    def runtest(self) -> None:
        """Fail by a reject, warn by a warning, skip what is not judged."""
        case = self.case
        if case.errors or case.count[REJECT]:
            raise _Failed(_as_text(case))
        warned = [message for message in case.messages if message.severity == WARN]
        for message in warned:
            self._warn(f"{_who(message)}: {message.check}: {message.text} {message.remedy or ''}")
        if case.count[WARN] > len(warned):
            self._warn(f"{self.name}: {case.count[WARN] - len(warned):,} warnings more")
        if case.first_waiting:
            first, more = case.first_waiting, f" (and {case.waiting - 1:,} lines more)" if case.waiting > 1 else ""
            pytest.skip(f"{self.parent.shown}: {_who(first)}: {first.text}{more}")

    def _warn(self, text: str) -> None:
        """Warn, at line 0: pytest shows the line of the file that a warning names, and ours are of patients."""
        try:
            warnings.warn_explicit(ClaimWarning(text), None, self.parent.shown, 0)
        except ClaimWarning as warning:  # -W error
            raise _Failed(f"{warning}\n{_as_text(self.case)}") from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The messages as a biller reads them."""
        failed = isinstance(excinfo.value, _Failed)
        return _told(self, str(excinfo.value)) if failed else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        row = self.case.messages[0].locus.row if self.case.messages else None
        return self.path, (row or 1) - 1, f"{self.parent.shown} {self.name}"


class GoldenItem(CaseItem):
    """A claim, a line or a check whose messages are expected."""

    def runtest(self) -> None:
        """Fail where the messages are not those expected."""
        key, of = self.case.key, self.parent
        difference = _difference(of.expected.get(key, []), of.found.get(key, []))
        if self.case.errors:
            raise _Failed(_as_text(self.case))
        if of.update and (difference or not of.expectation.exists()):
            of.accept(key)
        elif difference:
            shown = _relative(of.expectation, self.config.rootpath)
            told = "--claimcheck-update takes what is found as what is expected from now on."
            raise _Failed("\n".join([f"not the messages of {shown}: {difference[0].strip()}", *difference, told]))


class StaleItem(pytest.Item):
    """Expected messages of claims that the file does not have."""

    parent: ClaimFile

    def __init__(self, *, stale: dict[Hashable, list[dict[str, Any]]], **kwargs: Any) -> None:
        super().__init__(name=_STALE, **kwargs)
        self.stale = stale

    def runtest(self) -> None:
        """Fail, or take them out."""
        if self.parent.update:
            for key in self.stale:
                self.parent.accept(key)
            return
        messages = [message for said in self.stale.values() for message in said]
        names = ", ".join(dict.fromkeys(_expected_of(message) for message in messages))
        shown = _relative(self.parent.expectation, self.config.rootpath)
        raise _Failed(f"{shown} is stale: {self.parent.shown} has not what it expects messages of: {names}")

    repr_failure = CaseItem.repr_failure

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        return self.parent.expectation, 0, f"{self.parent.shown} {self.name}"


def _expected_of(message: dict[str, Any]) -> str:
    claim = message.get("claim_id")
    lines = _lines_of(message.get("line_number"), message.get("lines"))
    where = f"claim {claim}{lines}" if claim else "the file"
    return f"{where} ({message.get('check')})"


def _who(message: EditMessage) -> str:
    who = f"claim {message.claim_id}" if message.claim_id else "the file"
    return who + _lines_of(message.line_number, message.lines)


def _lines_of(number: str | None, numbers: list[str] | None) -> str:
    numbers = numbers or ([number] if number else [])
    return f" line{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}" if numbers else ""


def _as_text(case: Case) -> str:
    """What is wrong in one line, then every message with place, source and remedy, then errors of checks."""
    out = io.StringIO()
    writer = TextWriter(out)
    for message in case.messages:
        writer.write(message)
    total = sum(case.count.values())
    if total > len(case.messages):
        out.write(f"\n... and {total - len(case.messages):,} messages more: claimcheck check shows them all\n")
    for id, error in case.errors.items():
        out.write(f"\n{id} broke off:\n{traceback_of(error, of_claims=True)}")
    worst = [m for m in case.messages if m.severity == REJECT or m.check == CHECK_FAILED.id] or case.messages
    said = dict.fromkeys(f"{message.check} on {_who(message)}" for message in worst)
    more = f" and {len(said) - _NAMED:,} more" if len(said) > _NAMED else ""
    return f"{', '.join([*said][:_NAMED])}{more}\n{out.getvalue()}"


# -- what is expected ----------------------------------------------------------------------------


def expectation_of(path: Path) -> Path:
    """The file of expected messages of a file of claims: ``x.messages.jsonl`` beside ``x.837`` or ``x.837.gz``."""
    packed = path.with_suffix("") if path.suffix == ".gz" else path
    return packed.with_suffix(".messages.jsonl")


def _placeless(message: dict[str, Any]) -> dict[str, Any]:
    """A message as it is from wherever one looks: the file without its folder."""
    locus = message["locus"]
    folder, mark, member = locus["file"].partition("!")
    return {**message, "locus": {**locus, "file": Path(folder).name + mark + member}}


def _difference(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    """What differs, a line each; nothing where nothing does."""
    if expected == found:
        return []
    left = list(expected)
    lines: list[str] = []
    for message in found:
        if message in left:
            left.remove(message)
            continue
        like = next((e for e in left if _told_by(e) == _told_by(message) and e not in found), None)
        if like is None:
            lines.append(f"  + {_title(message)} is not expected: {message['text']}")
            continue
        left.remove(like)
        lines.append(f"  ~ {_title(message)} is another:")
        lines += [
            f"      {name}: expected {like.get(name)!r}, found {message.get(name)!r}"
            for name in dict.fromkeys((*message, *like))
            if like.get(name) != message.get(name)
        ]
    lines += [f"  - {_title(message)} was expected, and is not there: {message.get('text')}" for message in left]
    return lines or ["  the messages are the same, in another order"]


def _told_by(message: dict[str, Any]) -> tuple[Any, ...]:
    return message.get("check"), message.get("claim_id"), message.get("line_number")


def _title(message: dict[str, Any]) -> str:
    return f"{message.get('check')} ({message.get('severity')}) on {_expected_of(message).rpartition(' (')[0]}"


# -- the tests of checks -------------------------------------------------------------------------


class CheckFile(pytest.File):
    """A file of checks: its examples are its tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test an example, and one for what a check must have."""
        try:
            checks = import_checks([str(self.path)])
        except ChecksRefused as refused:
            raise self.CollectError("\n".join(refused.problems)) from None
        for check in checks:
            yield LawItem.from_parent(self, name=check.id, check=check)
            titles: Counter[str] = Counter()
            for example in check.examples:
                titles[example.title] += 1
                number = f"[{titles[example.title]}]" if titles[example.title] > 1 else ""
                name = f"{check.id}: {example.title}{number}"
                yield ExampleItem.from_parent(self, name=name, check=check, example=example)


class LawItem(pytest.Item):
    """That a check has a page, a source, a mapping, both verdicts, an id of its own."""

    def __init__(self, *, check: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def runtest(self) -> None:
        """Fail by what it lacks."""
        broken = [f"{place_of(self.check)}: {self.check.id} {law}" for law in laws_broken_by(self.check)]
        if broken:
            raise _Failed("\n".join(broken))

    repr_failure = CaseItem.repr_failure

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and title."""
        line = place_of(self.check).rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdigit() else 0, self.name


class ExampleItem(LawItem):
    """That an example says what it should."""

    def __init__(self, *, example: Example, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def runtest(self) -> None:
        """Fail with the difference, or with the check's own error."""
        try:
            why = prove(self.check, self.example)
        except Exception as error:  # whatever the check raises
            own = traceback_of(error, of_claims=False)
            raise _Failed(f"{self.name} broke off with {type(error).__name__}\n{own}") from None
        if why:
            raise _Failed(f"{place_of(self.check)}: {self.check.id}: the example {self.example.title!r} {why}")


# -- errors of checks ----------------------------------------------------------------------------


def traceback_of(error: Exception, *, of_claims: bool) -> str:
    """A check's error with its own traceback, from where the engine called it. No value of a variable is shown, and
    what the error itself says only where it can't quote a patient, or was no error over claims but an example's."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parents[1])
    own = [frame for frame in frames if not frame.filename.startswith(ours) or "/checks/" in frame.filename]
    said = str(error) if not of_claims or _quotes_nothing(error, frames) else "(its text may quote a patient: withheld)"
    return "".join(traceback.format_list(own or frames)) + f"{type(error).__name__}: {said}\n"


def _quotes_nothing(error: Exception, frames: traceback.StackSummary) -> bool:
    """Whether an error is Python's own about a program, which names variables and types but no value."""
    raised = not frames or (frames[-1].line or "").startswith("raise")
    return not raised and type(error) in (AttributeError, IndexError, NameError, TypeError, ZeroDivisionError)
