"""What a check is: a plain function that implements one edit, and what is known about it."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain, combinations, repeat
from types import ModuleType
from typing import Any, Final, Literal, TypeVar, cast

from claimcheck import ClaimcheckError
from claimcheck.authoring.examples import Example
from claimcheck.claim import (
    ASC,
    DENTAL,
    DME,
    INSTITUTIONAL,
    OUTPATIENT,
    PROFESSIONAL,
    SETTINGS,
    Claim,
    Line,
    Location,
    Service,
    Setting,
    Submission,
    as_date,
    plain_diagnosis,
)
from claimcheck.message import (
    SEVERITIES,
    Citation,
    Finding,
    NotJudged,
    Severity,
    StandardCodes,
    SyntaxNote,
    UnreadMessage,
)
from claimcheck.rulebook import NOT_OF_CODES, NotInForce, Rulebook, Rules

Reach = Literal["SERVICE", "CLAIM", "HISTORY", "READING"]
"""How much a check must see: a ``Service`` alone, the claim around it, or also what earlier claims of the
batch billed for the patient. A READING edit is one that a source reports itself, about what it could not
read."""

OVER_LINES: tuple[Reach, ...] = ("CLAIM", "HISTORY")
"""The reaches of checks that are handed a claim."""

EVERY_SETTING: tuple[Setting, ...] = (PROFESSIONAL, ASC, OUTPATIENT, DME, INSTITUTIONAL)
PRACTITIONER: tuple[Setting, ...] = (PROFESSIONAL, ASC)
PRICED: tuple[Setting, ...] = (PROFESSIONAL, ASC, OUTPATIENT)
assert DENTAL not in EVERY_SETTING

ServiceFunction = Callable[..., Iterator[Finding]]
ClaimFunction = Callable[..., Iterator[Finding | NotJudged]]
Denies = Literal["", "code", "line", "pair"]
"""What a check's hard reject means for the payment of its line: nothing of its own; the ``code`` is not valid, so that
no table speaks of the line and nothing is paid for it; nothing is paid for the ``line``, whatever is billed beside it;
nothing is paid for it for the sake of the other line of a ``pair``."""

PaymentDependence = Literal["", "weaker", "only"]
"""What becomes of a finding when every line ``beside`` it is rejected for good, so that nothing is paid for them: a
bundled line may be the only one that is payable, so its finding only warns (``weaker``); an add-on without a primary
that is paid is at fault ``only`` then."""


@dataclass(frozen=True, eq=False)
class ClaimColumns:
    """A block of claims, its lines as columns, one for each field of ``Line``: to look through a column costs a part of
    what looking at each line does. ``rulebook`` is what they are judged by."""

    claims: Sequence[Claim]
    columns: dict[str, tuple[Any, ...]]
    rulebook: Rulebook

    @classmethod
    def of(cls, claims: Sequence[Claim], rulebook: Rulebook) -> ClaimColumns:
        """Put claims together."""
        lines = chain.from_iterable([claim.lines for claim in claims])
        columns = [*zip(*lines, strict=True)] or [()] * len(Line._fields)
        return cls(claims, dict(zip(Line._fields, columns, strict=True)), rulebook)

    @cached_property
    def days(self) -> set[date | None]:
        """All first dates of service; None for what is not a date."""
        return {*map(as_date, set(self.columns["from_date"]))}

    @cached_property
    def _of_claims(self) -> dict[str, tuple[Any, ...]]:
        columns = [*zip(*self.claims, strict=True)] or [()] * len(Claim._fields)
        return dict(zip(Claim._fields, columns, strict=True))

    def of_claims(self, name: str) -> tuple[Any, ...]:
        """A field of each claim, as a column."""
        return self._of_claims[name]

    @cached_property
    def rules(self) -> set[Rules]:
        """The rules of all first dates of service: most often those of one period."""
        on, days = self.rulebook.on, self.days
        known = days - {None}
        ends = {on(min(known)), on(max(known))} if known else set()  # type: ignore[type-var]
        return {*map(on, days)} if None in days or len(ends) > 1 else ends

    @cached_property
    def settings(self) -> set[Setting]:
        """The settings of the claims."""
        return {claim.setting for claim in self.claims}

    @cached_property
    def billing_npis(self) -> set[str | None]:
        """The billing NPIs, also those that are missing."""
        return {claim.billing_npi for claim in self.claims}

    @cached_property
    def npis(self) -> set[str | None]:
        """All NPIs: a block has few distinct ones."""
        others = (self.columns[name] for name in ("rendering_npi", "referring_npi", "ordering_npi"))
        return self.billing_npis.union(*others)

    @cached_property
    def diagnoses(self) -> set[tuple[str, ...] | None]:
        """The diagnoses of each claim, as billed; what several claims share once."""
        return {claim.diagnoses for claim in self.claims}

    @cached_property
    def diagnosis_pairs(self) -> set[tuple[str, str]]:
        """Every two diagnoses that are on one claim."""
        pairs: Callable[[tuple[str, ...], int], Iterable[tuple[str, str]]] = combinations  # type: ignore[assignment]
        return {*chain.from_iterable(map(pairs, filter(None, self.diagnoses), repeat(2)))}

    @cached_property
    def diagnosis_codes(self) -> set[str]:
        """All diagnoses, as a table is keyed by them."""
        return {*map(plain_diagnosis, chain.from_iterable(filter(None, self.diagnoses)))}


@dataclass(frozen=True, eq=False)
class Check:
    """One edit. ``function`` yields its findings; the docstring is its page; the examples its tests.

    ``step`` is the place in the order of evaluation (1 data, 2 one line, 3 duplicates, 4 units,
    5 pairs, 6 add-ons, 7 payment information). ``needs`` names the tables without which it can't judge a line, so
    that the line is not judged; ``refines`` those that decide about this edit alone, such as a code list: a line that
    lacks one is judged by the other checks, and a message says that this one could not.
    ``settings`` the claims that it makes sense for; ``options`` its keyword-only arguments.
    ``cases`` are the cases of its findings that a profile may lower apart (``Finding.case``). ``adopted_from`` names
    whose rule it is, for payers other than Medicare who may have adopted it: its texts to them begin so.
    ``denies`` says what its hard reject means for payment, ``depends_on_payment`` what the payment of other lines means
    for its findings. ``counts_held`` is of a check across claims that is handed lines of earlier claims that were not
    sent, too. With ``years`` it is handed, of earlier claims, the lines that count with its services over months
    and years, of any provider and setting, in place of those near in time. ``shadow`` puts it on trial: it is judged
    and counted, and its messages say how severe they would be, but only inform; it never changes a disposition, nor
    another check's message.

    Five *shortcuts* of a check over lines let the engine run it less often. Each says what it has nothing to say of, or
    when it says the same again, and is held to that: a custom check's by its examples (``custom_checks.proof``), those
    of the checks that ship on claims of any kind, too (``tests/engine/test_laws.py``).

    - ``applies_to(service, rules, *, options)`` tests one service: it runs only on claims with a service that passes.
      The engine remembers the answer as it does a SERVICE check's.
    - ``repeated`` runs it also, or only, on claims with a code on several lines of a day.
    - ``services_only``: what it says of lines of one practitioner depends on their services, the days between them, the
      days that each spans and the rules in force alone: not on charges, diagnoses, providers or the days themselves.
      The engine remembers what it said.
    - ``days_apart``: of earlier claims it needs only lines on days that are at most so many days from those of the
      claim, or of such a line of several days: 0 for the same days. It is handed no others, and where there are none,
      it judges the claim alone.
    - ``clean_if(block, *, options)`` looks through the columns of many claims (``ClaimColumns``): True where it plainly
      has nothing to say of any of them. It is for a check that nearly no claim fails, and yet that must look at each.
    """

    id: str
    severity: Severity
    reach: Reach
    citation: Citation
    codes: StandardCodes
    doc: str
    function: Callable[..., Iterator[Any]] | None = None
    needs: tuple[str, ...] = ()
    refines: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = EVERY_SETTING
    examples: tuple[Example, ...] = ()
    step: int = 2
    any_code: bool = False
    cases: tuple[str, ...] = ()
    adopted_from: str = ""
    denies: Denies = ""
    depends_on_payment: PaymentDependence = ""
    counts_held: bool = False
    applies_to: Callable[..., bool] | None = None
    repeated: bool = False
    services_only: bool = False
    days_apart: int | None = None
    clean_if: Callable[..., bool] | None = None
    years: bool = False
    shadow: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The first line of its page."""
        return self.doc.partition("\n")[0].rstrip(".")

    @property
    def judges_code(self) -> bool:
        """Whether it asks a table about the procedure code, so that an invalid one silences it; not so a
        check that looks at something else first (``any_code``)."""
        return not self.any_code and not NOT_OF_CODES.issuperset(self.tables)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it may ask."""
        return (*self.needs, *self.refines)

    def blocks(self, table: str) -> bool:
        """Whether a line is not judged where the check lacks this table."""
        return not self.shadow and not any(
            table == name or (name in _FAMILIES and f"{name}_" in table) for name in self.refines
        )


_FAMILIES = ("mue", "ptp")
"""Names of ``needs`` and ``refines`` that mean the table of the claim's setting and program, such as
``medicaid_mue_practitioner``."""


RENAMED: Final[Mapping[str, str]] = {
    "GLB-25b": "GLB-25-MAJOR",
    "GLB-57b": "GLB-57-MINOR",
    "GLB-57c": "GLB-57-NONE",
}
"""Former ids of checks, which configurations, waivers and expected messages may still have, and what they are now."""

_ALONE: Final = frozenset({"TELE", *(new.rpartition("-")[0] for new in RENAMED.values())})
"""Ids that name one check and are no prefix: of checks that have got an id that begins so, they have never spoken."""


class RenamedCheckWarning(FutureWarning):
    """A check is named by a former id."""


def current_id(name: str, where: str) -> str:
    """The id or prefix of ids by which a check goes now; a former one warns, and says ``where`` it is used."""
    new = RENAMED.get(name, name)
    if new != name:
        warnings.warn(f"{where}: {name} is now {new}", RenamedCheckWarning, stacklevel=_level_of_caller())
    return new


def _level_of_caller() -> int:
    """The ``stacklevel`` of ``current_id``'s warning by which it tells the line that called claimcheck."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "claimcheck":
        frame, level = frame.f_back, level + 1
    return level


def names_check(prefix: str, check_id: str) -> bool:
    """Whether an id or prefix names a check: by whole parts, so that ``MUE`` is not ``MUEX-1``."""
    if check_id == prefix:
        return True
    return prefix not in _ALONE and check_id.startswith(prefix if prefix.endswith("-") else prefix + "-")


def service_check(
    id: str,
    *,
    severity: str,
    citation: Citation,
    codes: StandardCodes,
    examples: tuple[Example, ...],
    needs: tuple[str, ...] = (),
    refines: tuple[str, ...] = (),
    any_code: bool = False,
    settings: tuple[str, ...] = EVERY_SETTING,
    step: int = 2,
    cases: tuple[str, ...] = (),
    adopted_from: str = "",
    denies: Denies = "",
    shadow: bool = False,
) -> Callable[[ServiceFunction], Check]:
    """Make a check of ``function(service: Service, rules: Rules, *, options) -> Iterator[Finding]``.

    Its verdict must be a pure function of the two: the engine remembers it.
    """
    facts = {name: value for name, value in locals().items() if name != "id"}
    return lambda function: _check(id, "SERVICE", function, facts)


def claim_check(
    id: str,
    *,
    severity: str,
    citation: Citation,
    codes: StandardCodes,
    examples: tuple[Example, ...],
    needs: tuple[str, ...] = (),
    refines: tuple[str, ...] = (),
    any_code: bool = False,
    settings: tuple[str, ...] = EVERY_SETTING,
    step: int = 2,
    cases: tuple[str, ...] = (),
    adopted_from: str = "",
    across: bool = False,
    denies: Denies = "",
    depends_on_payment: PaymentDependence = "",
    counts_held: bool = False,
    applies_to: Callable[..., bool] | None = None,
    repeated: bool = False,
    services_only: bool = False,
    days_apart: int | None = None,
    clean_if: Callable[..., bool] | None = None,
    years: bool = False,
    shadow: bool = False,
) -> Callable[[ClaimFunction], Check]:
    """Make a check of ``function(claim: Claim, rulebook: Rulebook, *, options)``, which yields
    ``Finding`` (with its ``line``, or None for the whole claim) and, where a line's rules are not in
    force, ``NotJudged``.

    A check that is ``across`` claims (reach HISTORY) may be handed a claim with lines of the patient's
    earlier claims before its own. It need not know: it judges them all, names in ``beside`` the lines that
    a finding rests on, and the engine says what is new. One that looks over ``years`` runs where a service of the claim
    is of those of which it is known how often they are paid (``Rules.frequency``). ``Check`` says what the other
    parameters are.
    """
    facts = {name: value for name, value in locals().items() if name not in ("id", "across")}
    return lambda function: _check(id, "HISTORY" if across else "CLAIM", function, facts)


def _check(id: str, reach: Reach, function: Callable[..., Iterator[Any]], facts: dict[str, Any]) -> Check:
    parameters = inspect.signature(function).parameters.values()
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    facts["severity"] = _known(facts["severity"], SEVERITIES)
    facts["settings"] = tuple(_known(setting, SETTINGS) for setting in facts["settings"])
    return Check(id, reach=reach, function=function, doc=inspect.getdoc(function) or "", options=options, **facts)


_Known = TypeVar("_Known", Severity, Setting)


def _known(given: str, known: Iterable[_Known]) -> _Known:
    """What is meant by a text; an unknown one as it is, so that the check is refused with a reason (``proof``)."""
    return next((each for each in known if each == given), cast("_Known", given))


class ChecksRefused(ClaimcheckError):
    """Checks that can't be used: ``problems`` says of each what is wrong, with file and line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def checks_in(modules: Iterable[ModuleType]) -> list[Check]:
    """Every check that modules define, by order of evaluation, then as written.

    Raises:
        ValueError: two checks share an id.
    """
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
    checks = {check.id: check for check in found}
    for check in found:
        if checks[check.id] is not check:
            raise ValueError(f"two checks have the id {check.id}")
    return sorted(checks.values(), key=lambda check: check.step)


def run_example(check: Check, example: Example) -> tuple[list[Finding], list[str]]:
    """What a check says of one of its examples: its findings, and the tables it missed."""
    assert check.function is not None
    book = Rulebook.of(**example.tables)
    try:
        if isinstance(example.subject, Service):
            rules: Rules = book.on(example.day)
            return list(check.function(example.subject, rules, **example.options)), []
        assert isinstance(example.subject, Claim)
        found = list(check.function(example.subject, book, **example.options))
    except NotInForce as gap:
        return [], [gap.table]
    finally:
        for store in book.stores:
            store.connection.close()  # a book refers to itself: what it holds in memory would wait for the collector
    # Nothing is rejected here but by this check: a finding that depends on the reject of another line is none.
    found = [f for f in found if not (check.depends_on_payment == "only" and isinstance(f, Finding) and f.beside)]
    return [f for f in found if isinstance(f, Finding)], [n.table for n in found if isinstance(n, NotJudged)]


# Edits that a reader reports itself: input that could not be read.


def reading_edit(id: str, severity: Severity, citation: Citation, codes: StandardCodes, page: str) -> Check:
    """An edit of the reading itself; ``page`` is its documentation, the first line its title."""
    return Check(id, severity, "READING", citation, codes, inspect.cleandoc(page), step=0)


def unreadable(
    edit: Check,
    locus: Location,
    text: str,
    remedy: str,
    *,
    claim_id: str | None = None,
    field: str | None = None,
    observed: str | None = None,
    allowed: str | None = None,
    severity: Severity | None = None,
    submission: Submission | None = None,
    syntax: SyntaxNote | None = None,
) -> UnreadMessage:
    """The message of a reading edit. ``observed`` must never hold a name, address, birth date or
    member id: give a segment id, a count, a column name, a control number."""
    return UnreadMessage(
        check=edit.id,
        severity=severity or edit.severity,
        claim_id=claim_id,
        line_number=None,
        line_control=None,
        lines=None,
        code=None,
        modifiers=[],
        field=field,
        element=None,
        box=None,
        text=text,
        remedy=remedy,
        observed=observed,
        allowed=allowed,
        profile=None,
        setting=None,
        service_date=None,
        payer_id=None,
        billing_npi=None,
        charge=None,
        releases=[],
        citation=edit.citation,
        carc=edit.codes.carc,
        rarc=edit.codes.rarc,
        claim_status=edit.codes.claim_status,
        locus=locus,
        submission=submission,
        syntax=syntax,
    )
