"""What the engine finds: a finding with its severity in the payer's profile, or a table that is lacking; and its own
edits, of lines that no rule in force can judge and of checks that break off."""

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

_DESIGN = Citation("claimcheck README", "what no rule in force can judge is not judged, and nothing is lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """No rule in force can judge these lines.

        One message for each claim names the lines (``lines``) and the tables that have no release for their codes on
        their dates of service. The lines are not clean: their disposition is ``not_judged``, unless another edit
        rejects them. The end of the run lists every table and quarter that is missing, with the page of CMS to load
        it from. Load the release that covers the date, or review the lines by hand."""
    ),
)

PARTLY_JUDGED = Check(
    "PARTLY-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """An edit could not judge these lines, for lack of a list that decides about this edit alone.

        All other edits judged the lines, and their dispositions are those of the other edits. The message names the
        edits, the lists and the quarter. Nothing is to be done on the claim; what to load is listed at the end of the
        run."""
    ),
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """A check broke off with an error of its own, so this line is not judged by it.

        The other checks went on. The message names the error's kind and place, never the claim's data.
        It is a error in the check, not of the claim: please report it."""
    ),
)

ENGINE_EDITS = (NOT_JUDGED, PARTLY_JUDGED, CHECK_FAILED)


@dataclass(frozen=True)
class ActiveCheck:
    """A check as a profile has it: how severe, how severe where payers may price the line all the same
    (``soft``), and with which options. ``all_soft`` says so of all that it rejects; ``cases`` are the severities of
    its cases, where they are milder; ``kind`` is that of the payer."""

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
        """A function of the check with those options that it takes."""
        taken = inspect.signature(function).parameters if self.options else {}
        options = {name: value for name, value in self.options.items() if name in taken}
        return partial(function, **options) if options else function


class ActiveFinding:
    """What a check yielded, ``worded`` for its payer, with the check and its severity in this profile; of no line,
    since many may have the same. ``constant`` is what its messages have in common, once that is made
    (``engine.messages``)."""

    __slots__ = ("check", "constant", "severity", "worded")

    def __init__(self, check: Check, severity: Severity, yielded: Finding) -> None:
        self.check, self.severity, self.worded = check, severity, yielded
        self.constant: Any = None

    @property
    def own_severity(self) -> Severity:
        """How severe it is by itself, whatever the profile or a waiver makes of it."""
        return milder(self.check.severity, self.worded.severity or self.check.severity)

    def hides(self, other: ActiveFinding) -> bool:
        """Whether another finding of the line yields to this one, which reports the same finding: one that is milder by
        itself does not hide a reject."""
        named = any(names_check(prefix, self.check.id) for prefix in other.worded.yields_to)
        return named and milder(self.own_severity, other.own_severity) == other.own_severity


Gap = tuple[Check, str]
"""A check that could not judge, and the table that it lacked."""


class Verdict(NamedTuple):
    """What is known of a service under the rules of a period: what its SERVICE checks find, and what none can judge.

    Attributes:
        findings: what they find.
        gaps: what they lack.
        unpaid: whether nothing is paid for it, by what they find (``engine.payment``).
        has_code: whether it has a code that a table may speak of.
        applies: the checks over lines that say that they apply to it (``Check.applies_to``).
    """

    findings: tuple[ActiveFinding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unpaid: int = 0
    has_code: bool = True
    applies: frozenset[Check] = frozenset()


class Found:
    """What the checks over lines find of one claim, in the order in which they run. A finding of the whole claim, or of
    a line that is not the claim's, has no position; a gap of such a line is every line's.

    Attributes:
        findings, gaps: what was found, each with the position of its line.
        failed: the checks that broke off.
        yielding: the checks of which a finding may have yielded to others, with the prefixes of these.
    """

    __slots__ = ("_claim", "_positions", "failed", "findings", "gaps", "yielding")

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._positions: dict[int, int] | None = None
        self.findings: list[tuple[int | None, ActiveFinding]] = []
        self.gaps: list[tuple[int | None, Gap]] = []
        self.failed: set[Check] = set()
        self.yielding: dict[Check, tuple[str, ...]] = {}

    def position(self, line: Line | None) -> int | None:
        """Where a line stands in the claim."""
        if self._positions is None:
            self._positions = {id(line): at for at, line in enumerate(self._claim.lines)}
        return self._positions.get(id(line))

    def add_failure(self, check: Check, error: Exception, lines: Iterable[Line]) -> None:
        """Add that a check broke off, so that it judged none of some lines."""
        self.failed.add(check)
        self.findings.append((None, failure_of(check, error)))
        self.gaps += [(self.position(line), (check, CHECK_ERROR)) for line in lines]


_PARTS: Final = (
    ("text", (str,)),
    ("remedy", (str,)),
    *((name, (str, type(None))) for name in ("field", "observed", "allowed")),
    ("codes", (StandardCodes, type(None))),
    *((name, (tuple,)) for name in ("by", "yields_to", "wordings")),
)
"""What the parts of a finding are, for writers to write them."""

said_of: Final = itemgetter(*(at for at, part in enumerate(Finding._fields) if part not in ("line", "beside")))
"""All that a finding says but of which lines it says it: those that say the same are one finding."""


def _must_be_writable(yielded: Finding) -> None:
    for name, kinds in _PARTS:
        if not isinstance(part := getattr(yielded, name), kinds):
            raise TypeError(f"{name} of a finding is {type(part).__name__}; expected {kinds[0].__name__}")
    for row in yielded.by:
        if not isinstance(row.source, str):
            raise TypeError("by of a finding must hold rows of tables")


def finding_of(chosen: ActiveCheck, yielded: Finding) -> ActiveFinding | None:
    """A finding as its payer reads it, with its severity: the mildest of the profile's, that of its case and its own;
    None where its case is off.

    Raises:
        TypeError, AttributeError: a part of it is nothing that a writer can write, such as a number as ``observed``.
        ValueError: it names a case that its check does not have, or yields to others though its check sees no lines.
    """
    _must_be_writable(yielded)
    check = chosen.check
    if yielded.case and yielded.case not in check.cases:
        raise ValueError(f"{check.id} has no case {yielded.case!r}")
    if yielded.yields_to and check.reach == "SERVICE":
        raise ValueError(f"{check.id} sees no lines, so that its findings yield to none")
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
    text = f"{check.id} broke off with {type(error).__name__}{place}."
    yielded = Finding(text, "Report this as a error in the check; review the line by hand.", observed=check.id)
    return ActiveFinding(CHECK_FAILED, CHECK_FAILED.severity, yielded)
