"""What the engine finds: a finding with its severity in the payer's profile, or a table that is missing; and its own
edits, for lines that no rule in force can judge and for checks that end with an error."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import Check, names_check
from claimcheck.claim import Claim, Line
from claimcheck.engine.missing import CHECK_ERROR
from claimcheck.message import (
    INFORM,
    MEDICARE,
    WARN,
    Citation,
    Finding,
    PayerKind,
    ProfileSeverity,
    Severity,
    StandardCodes,
    milder,
)

_DESIGN = Citation("claimcheck README", "a line that no rule in force can judge is not judged, and is never lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """These lines could not be judged: no rule in force covers them.

        One message per claim lists the lines (``lines``) and the tables without a release for their codes on their
        dates of service. The lines are not clean: their disposition is ``not_judged``, unless another edit rejects
        them. The end of the run lists every missing table and quarter, with the CMS page to load it from. Load the
        release that covers the date of service, or review the lines by hand."""
    ),
)

PARTLY_JUDGED = Check(
    "PARTLY-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """Some edits could not judge these lines, because a list that only these edits use is missing.

        All other edits judged the lines and decide their dispositions. The message names the edits, the lists and the
        quarter. The claim needs no action; the end of the run lists what to load."""
    ),
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """A check ended with an error of its own, so it did not judge these lines.

        All other checks ran. The message names the error's type and place, never the claim's data. The error is
        in the check, not in the claim: please report it."""
    ),
)

ENGINE_EDITS = (NOT_JUDGED, PARTLY_JUDGED, CHECK_FAILED)


@dataclass(frozen=True)
class ActiveCheck:
    """A check as a profile has it: its severity, its severity where payers may price the line all the same (``soft``),
    and its options. With ``all_soft`` all of its rejects are soft; ``cases`` are the severities of its cases, where
    they are milder; ``kind`` is the payer's."""

    check: Check
    severity: Severity
    soft: Severity
    options: Mapping[str, Any] = field(default_factory=dict)
    all_soft: bool = False
    cases: Mapping[str, ProfileSeverity] = field(default_factory=dict)
    kind: PayerKind = MEDICARE

    @property
    def call(self) -> Callable[..., Iterator[Any]]:
        """The check's function with its options filled in."""
        assert self.check.function is not None
        return self.with_options(self.check.function)

    def with_options(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the check with the options that it takes."""
        taken = inspect.signature(function).parameters if self.options else {}
        options = {name: value for name, value in self.options.items() if name in taken}
        return partial(function, **options) if options else function


class ActiveFinding:
    """What a check yielded, ``worded`` for its payer, with the check and its severity in this profile; without a line,
    since many lines may have the same finding. ``constant`` is what its messages have in common, once that is made
    (``engine.messages``). A check on trial only informs; ``shadow`` is the severity that it would have."""

    __slots__ = ("check", "constant", "severity", "shadow", "worded")

    def __init__(self, check: Check, severity: Severity, yielded: Finding) -> None:
        self.check, self.worded = check, yielded
        self.shadow = severity if check.shadow else None
        self.severity = INFORM if check.shadow else severity
        self.constant: Any = None

    @property
    def own_severity(self) -> Severity:
        """Its severity before the profile and waivers."""
        return milder(self.check.severity, self.worded.severity or self.check.severity)

    def hides(self, other: ActiveFinding) -> bool:
        """Whether another finding of the line yields to this one, of an earlier step, which reports the same problem:
        a finding that is milder by itself does not hide a reject."""
        is_earlier = self.check.step < other.check.step and not self.check.shadow
        return is_earlier and other.names(self) and milder(self.own_severity, other.own_severity) == other.own_severity

    def names(self, other: ActiveFinding) -> bool:
        """Whether it yields to findings of the other's check, which is never its own, though a prefix may name both."""
        if other.check is self.check:
            return False
        return any(names_check(prefix, other.check.id) for prefix in self.worded.yields_to)


Gap = tuple[Check, str]
"""A check that could not judge, and the table that is missing."""


class Verdict(NamedTuple):
    """The verdict of the SERVICE checks on a service under the rules of a period.

    Attributes:
        findings: what they find.
        gaps: the checks that could not judge it, with the tables that are missing.
        unpaid: whether nothing is paid for it, by these findings (``engine.payment``).
        has_code: whether it has a code that a table may list.
        applies: the checks over lines that apply to it (``Check.applies_to``).
        only_with: the diagnoses without which it does not count among those of months and years (``Rules.only_with``).
    """

    findings: tuple[ActiveFinding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unpaid: int = 0
    has_code: bool = True
    applies: frozenset[Check] = frozenset()
    only_with: str | None = None


class Found:
    """What the checks over lines find in one claim, in the order in which they run. A finding about the whole claim, or
    about a line that is not the claim's, has no position; a gap of such a line applies to every line.

    Attributes:
        findings, gaps: what was found, each with the position of its line.
        failed: the checks that ended with an error.
        yielding: the checks of which a finding may have yielded to others, with the prefixes of these.
        marks: what is remembered of each line beside what it says (``memory.marks``).
    """

    __slots__ = ("_claim", "_positions", "failed", "findings", "gaps", "marks", "yielding")

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._positions: dict[int, int] | None = None
        self.findings: list[tuple[int | None, ActiveFinding]] = []
        self.gaps: list[tuple[int | None, Gap]] = []
        self.failed: set[Check] = set()
        self.yielding: dict[Check, tuple[str, ...]] = {}
        self.marks = b""

    def position(self, line: Line | None) -> int | None:
        """The position of a line in the claim."""
        if self._positions is None:
            self._positions = {id(line): at for at, line in enumerate(self._claim.lines)}
        return self._positions.get(id(line))

    def add_failure(self, check: Check, error: Exception, lines: Iterable[Line]) -> None:
        """Add that a check ended with an error, so that it judged none of these lines."""
        self.failed.add(check)
        self.findings.append((None, failure_of(check, error)))
        self.gaps += [(self.position(line), (check, CHECK_ERROR)) for line in lines]


_PARTS: Final = (
    ("text", (str,)),
    ("remedy", (str,)),
    *((name, (str, type(None))) for name in ("field", "observed", "allowed", "element", "box")),
    ("codes", (StandardCodes, type(None))),
    *((name, (tuple,)) for name in ("by", "yields_to", "wordings")),
)
"""The types of a finding's parts, so that writers can write them."""

content_of: Final = itemgetter(*(at for at, part in enumerate(Finding._fields) if part not in ("line", "beside")))
"""The content of a finding without its lines: findings with the same content are made once."""


def _must_be_writable(yielded: Finding) -> None:
    for name, kinds in _PARTS:
        if not isinstance(part := getattr(yielded, name), kinds):
            raise TypeError(f"{name} of a finding is {type(part).__name__}; expected {kinds[0].__name__}")
    for row in yielded.by:
        if not isinstance(row.source, str):
            raise TypeError("by of a finding must hold rows of tables")


def finding_of(chosen: ActiveCheck, yielded: Finding) -> ActiveFinding | None:
    """A finding as worded for its payer, with its severity: the mildest of the profile's, its case's and its own;
    None where its case is off.

    Raises:
        TypeError, AttributeError: a part of it is not of a type that a writer can write, such as a number as
            ``observed``.
        ValueError: it names a case that its check does not have, or yields to others though its check sees no lines.
    """
    _must_be_writable(yielded)
    check = chosen.check
    if yielded.case and yielded.case not in check.cases:
        raise ValueError(f"{check.id} has no case {yielded.case!r}")
    if yielded.yields_to and check.reach == "SERVICE":
        raise ValueError(f"{check.id} sees no lines, so that its findings cannot yield to others")
    of_case = chosen.cases.get(yielded.case)
    if of_case == "off":
        return None
    soft = yielded.soft or chosen.all_soft or of_case == "soft"
    severity = chosen.soft if soft else chosen.severity
    for milder_one in (yielded.severity, of_case):
        if milder_one and milder_one != "soft":
            severity = milder(severity, Severity(milder_one))
    worded = yielded.worded_for(chosen.kind, check.adopted_from)
    return ActiveFinding(check, severity, worded._replace(soft=soft, line=None, beside=()))


def failure_of(check: Check, error: Exception) -> ActiveFinding:
    """A check's own error as a finding. The error's text may quote the claim, so it stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"Check {check.id} ended with an error: {type(error).__name__}{place}."
    remedy = "Review the claim by hand, and report the error: it is in the check, not in the claim."
    yielded = Finding(text, remedy, observed=check.id)
    return ActiveFinding(CHECK_FAILED, CHECK_FAILED.severity, yielded)
