"""Practitioners of one group and one specialty, who are paid as one: their visits of one day, their evaluations and
tests of one day, and surgical care that they split between them."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import SIDES, listing
from claimcheck.checks.physicians import (
    Maybe,
    OfOneDay,
    Specialties,
    by_another,
    crosswalk,
    days_of_several,
    degrees_of,
    one_specialty,
)
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, WARN, Finding, NotJudged, Severity, Sourced, codes
from claimcheck.rulebook import Listed, Pair, Program, Rulebook, Rules, ptp_table
from claimcheck.rulebook.sections import number_of


class _Together(NamedTuple):
    """A line, lines of the day by other practitioners of the specialty that it is not paid with, and the rows that say
    so."""

    line: Line
    others: tuple[Line, ...]
    by: tuple[Sourced, ...]


def _paired(
    claim: Claim, of_day: OfOneDay, rulebook: Rulebook, program: Program, may_pair: Callable[[str, str], bool]
) -> Iterator[_Together | NotJudged]:
    """Lines of column 2 with those of column 1 by other practitioners, of the pairs in force that may be meant; and of
    one code the lines of all practitioners but the first."""
    rules = rulebook.on(of_day.day)
    among = rules.pairs_among(frozenset(of_day.by_code), PROFESSIONAL, program)
    for code, lines in sorted(of_day.by_code.items()):
        if code in among.unknown:
            yield from (NotJudged(line, ptp_table(PROFESSIONAL, program)) for line in lines)
        column1s = {*among.column1s.get((code, "0"), ()), *among.column1s.get((code, "1"), ())}
        paired = [of_day.by_code[one] for one in sorted(column1s) if may_pair(one, code)]
        for line in lines:
            others = [lines[0]] if line is not lines[0] and may_pair(code, code) else []
            others += [other for some in paired if (other := by_another(claim, some, line))]
            if others:
                pair = rules.pair(others[-1].code, code, PROFESSIONAL, program) if others[-1].code != code else None
                rows = crosswalk(claim, line, others[0], rulebook)
                yield _Together(line, tuple(others), (pair, *rows) if isinstance(pair, Pair) else rows)


_VISITS: Final = (
    *((99202, 99215), (99221, 99223), (99231, 99236), (99238, 99239), (99281, 99285)),
    *((99304, 99310), (99315, 99316), (99341, 99350)),
)
_SEPARATE: Final = frozenset({"24", "25", "57"})
"""Modifiers by which two visits of one practitioner are separate, and so those of two."""


def _is_open_visit(service: Service, rules: Rules | None = None) -> bool:
    """Whether a service is a visit that another one of the day may be paid with."""
    number = number_of(service.code)
    return any(first <= number <= last for first, last in _VISITS) and _SEPARATE.isdisjoint(service.modifiers)


def _any_two(one: str, two: str) -> bool:
    return True


_ONE, _TWO = "1234567802", "1003000126"
_VISIT_PAIR = {"99214-99213": Pair("1")}
_SPECIALTIES = {"207R00000X": Listed("11"), "207RH0002X": Listed("11"), "207RC0000X": Listed("06 11")}


def _visits_of(taxonomy: str, other: str, modifiers: str = "") -> Claim:
    """Two visits by two practitioners of a group."""
    return a_claim(
        a_line("99214", rendering_npi=_ONE, rendering_taxonomy=taxonomy),
        a_line(f"99213{modifiers}", rendering_npi=_TWO, rendering_taxonomy=other),
    )


@claim_check(
    "EM-DAY",
    severity=WARN,
    adopted_from="CMS visit rules",
    citation=citations.GROUP_PRACTICE,
    codes=codes("CO-97", "M15", "A3:735", "L"),
    refines=("ptp",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_is_open_visit,
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        fires(
            "two internists of a group",
            _visits_of("207R00000X", "207R00000X"),
            says="99213 and 99214",
            pairs=_VISIT_PAIR,
        ),
        fires(
            "visits of one code",
            a_claim(
                a_line("99213", rendering_npi=_ONE, rendering_taxonomy="207R00000X"),
                a_line("99213", rendering_npi=_TWO, rendering_taxonomy="207R00000X"),
            ),
            pairs={},
        ),
        fires(
            "one specialty by the crosswalk",
            _visits_of("207R00000X", "207RH0002X"),
            pairs=_VISIT_PAIR,
            specialties=_SPECIALTIES,
        ),
        passes("unrelated problems", _visits_of("207R00000X", "207R00000X", "-25"), pairs=_VISIT_PAIR),
        passes(
            "another specialty", _visits_of("207R00000X", "207Q00000X"), pairs=_VISIT_PAIR, specialties=_SPECIALTIES
        ),
        passes(
            "a cardiologist, who may be enrolled as an internist",
            _visits_of("207R00000X", "207RC0000X"),
            pairs=_VISIT_PAIR,
            specialties=_SPECIALTIES,
        ),
        fires(
            "the same, where what may be is reported",
            _visits_of("207R00000X", "207RC0000X"),
            severity=INFORM,
            options={"maybe": "inform"},
            pairs=_VISIT_PAIR,
            specialties=_SPECIALTIES,
        ),
        passes("two nurse practitioners", _visits_of("363LF0000X", "363LF0000X"), pairs=_VISIT_PAIR),
        passes("codes that are not a pair", _visits_of("207R00000X", "207R00000X"), pairs={}),
        not_judged("no table of pairs", _visits_of("207R00000X", "207R00000X")),
    ),
)
def visits_paid_as_one(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare", maybe: Maybe = "nothing"
) -> Iterator[Finding | NotJudged]:
    """Two E/M visits on one date by practitioners of one group and specialty, without modifier 25.

    Practitioners of one group and one specialty bill and are paid as if they were one: one visit per day, at the level
    of both, unless the problems are unrelated. The edit compares visits of one code, and visits that are an NCCI pair;
    PTP-1 reports those of one practitioner. Specialties are compared by the taxonomy codes of the rendering providers.
    Nurse practitioners, physician assistants and other non-physicians, whose specialty says nothing of their field,
    never count as one. ``maybe`` is what to report where a taxonomy code stands for several specialties, one of which
    is the colleague's (nothing, inform). ``program`` is whose table of pairs is read (medicare, medicaid).
    """
    told: set[int] = set()
    for specialties, severity in degrees_of(rulebook, maybe):
        for of_day in days_of_several(claim, specialties, _is_open_visit):
            for said in _paired(claim, of_day, rulebook, program, _any_two):
                if id(said.line) in told:
                    continue
                told.add(id(said.line))
                yield said if isinstance(said, NotJudged) else _visits_finding(said, severity)


def _visits_finding(said: _Together, severity: Severity | None) -> Finding:
    one, two = listing({line.code for line in said.others}), said.line.code
    of_one = "perhaps of one specialty" if severity else "one specialty"
    return Finding(
        f"{two} and {one} on one date, by practitioners of one group and {of_one}: paid as one visit.",
        f"Combine the visits into one code, or append 25 to {two} if the problems are documented as unrelated.",
        line=said.line,
        field="code",
        observed=f"{two} with {one}",
        severity=severity,
        by=said.by,
        beside=said.others,
        yields_to=("NEW-PT",),
    )


_THERAPISTS: Final = {"2251": "physical", "225X": "occupational"}
_REEVALUATIONS: Final = ("97164", "97168")
_TESTS: Final = frozenset({"97750", "97755", "97763"})
_ORTHOTICS: Final = frozenset({"97760", "97761"})


def _is_evaluation_of_therapy(code: str) -> bool:
    return 97161 <= number_of(code) <= 97168


def _is_evaluation_or_test(service: Service, rules: Rules | None = None) -> bool:
    return _is_evaluation_of_therapy(service.code) or service.code in _TESTS | _ORTHOTICS


def _evaluation_with_test(one: str, two: str) -> bool:
    """Whether two codes are an evaluation and what is not paid with it."""
    evaluation, other = (one, two) if _is_evaluation_of_therapy(one) else (two, one)
    if not _is_evaluation_of_therapy(evaluation):
        return False
    return other in _TESTS or (other in _ORTHOTICS and evaluation in _REEVALUATIONS)


def _discipline(claim: Claim, line: Line) -> tuple[str, ...]:
    """The discipline of a physical or occupational therapist (Medicare specialties 65 and 67), by their taxonomy."""
    discipline = _THERAPISTS.get((claim.rendering_taxonomy(line) or "")[:4])
    return (discipline,) if discipline else ()


def _therapists(taxonomy: str, other: str) -> Claim:
    return a_claim(
        a_line("97161-GP", rendering_npi=_ONE, rendering_taxonomy=taxonomy),
        a_line("97750-GP", rendering_npi=_TWO, rendering_taxonomy=other),
    )


_EVALUATION_PAIR = {"97161-97750": Pair("0"), "97760-97164": Pair("1")}


@claim_check(
    "THER-EVAL",
    severity=WARN,
    adopted_from="NCCI policy manual",
    citation=citations.THERAPY_EVALUATIONS,
    codes=codes("CO-236", "M80", "A3:735", "L"),
    refines=("ptp",),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_is_evaluation_or_test,
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        fires("two physical therapists", _therapists("225100000X", "2251X0800X"), says="97750", pairs=_EVALUATION_PAIR),
        fires(
            "orthotics with a re-evaluation, which is column 2",
            a_claim(
                a_line("97760-GP", rendering_npi=_ONE, rendering_taxonomy="225100000X"),
                a_line("97164-GP", rendering_npi=_TWO, rendering_taxonomy="225100000X"),
            ),
            says="97164 with 97760",
            pairs=_EVALUATION_PAIR,
        ),
        passes(
            "a physical and an occupational therapist", _therapists("225100000X", "225X00000X"), pairs=_EVALUATION_PAIR
        ),
        passes("one therapist, whose pair is another edit", a_claim(a_line("97161-GP"), a_line("97750-GP")), pairs={}),
        passes("codes that are not a pair", _therapists("225100000X", "225100000X"), pairs={}),
        not_judged("no table of pairs", _therapists("225100000X", "225100000X")),
    ),
)
def evaluation_and_test_by_two_therapists(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """A therapy evaluation and a test or training on one date by two therapists of one group and discipline.

    NCCI bundles 97750, 97755 and 97763 with evaluations (97161 to 97168), and 97760 and 97761 with re-evaluations
    (97164, 97168), also where two therapists of one discipline render them. Only a physical and an occupational
    therapist may report both. PTP-0 and PTP-1 report those of one therapist. ``program`` is whose table of pairs is
    read (medicare, medicaid).
    """
    for of_day in days_of_several(claim, _discipline, _is_evaluation_or_test):
        for said in _paired(claim, of_day, rulebook, program, _evaluation_with_test):
            yield said if isinstance(said, NotJudged) else _therapy_finding(claim, said)


def _therapy_finding(claim: Claim, said: _Together) -> Finding:
    one, two = listing({line.code for line in said.others}), said.line.code
    (discipline,) = _discipline(claim, said.line)
    return Finding(
        f"{two} with {one} on one date, by two {discipline} therapists of one group: not separately payable.",
        f"Remove {two}, or correct its rendering provider: only physical with occupational therapy is paid for both.",
        line=said.line,
        field="code",
        observed=f"{two} with {one}",
        by=said.by,
        beside=said.others,
    )


_POSTOPERATIVE, _SURGICAL = "55", "54"
_LONGEST: Final = 90
"""Days after surgery in which its postoperative care falls."""


def _is_split(service: Service, rules: Rules | None = None) -> bool:
    return _POSTOPERATIVE in service.modifiers or _SURGICAL in service.modifiers


def _cataract(taxonomy: str, other: str = "-55-RT", **fields: Any) -> Claim:
    return a_claim(
        a_line("66984-54-RT", rendering_npi=_ONE, rendering_taxonomy="207W00000X", day="20250301"),
        a_line(f"66984{other}", rendering_npi=_TWO, rendering_taxonomy=taxonomy, **{"day": "20250301", **fields}),
    )


@claim_check(
    "POST55-GROUP",
    severity=WARN,
    citation=citations.SPLIT_CARE,
    codes=codes("CO-4", "N519", "A7:453", "L"),
    settings=(PROFESSIONAL,),
    step=5,
    applies_to=_is_split,
    across=True,
    services_only=True,
    examples=(
        fires("two ophthalmologists of a group", _cataract("207W00000X"), says="54 and 55"),
        fires("by the day on which care began", _cataract("207W00000X", day="20250310")),
        passes("an optometrist", _cataract("152W00000X")),
        passes("the other eye", _cataract("207W00000X", "-55-LT")),
        passes("after its global period", _cataract("207W00000X", day="20250531")),
        passes("care before surgery", _cataract("207W00000X", day="20250228")),
        passes("one surgeon", a_claim(a_line("66984-54-RT"), a_line("66984-55-RT"))),
    ),
)
def care_split_within_a_group(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Surgical care (54) and postoperative care (55) of a procedure by practitioners of one group and specialty.

    54 and 55 are for care that passes to another group or specialty. Practitioners of one group and specialty are paid
    as one: one of them bills the whole package, without either modifier.
    """
    specialties = one_specialty(rulebook)
    surgeries: dict[tuple[str, str], dict[date, dict[str, Line]]] = {}
    for line in claim.lines:
        day, npi = line.day, claim.rendering_npi(line)
        if day and npi and _SURGICAL in line.modifiers:
            for specialty in specialties(claim, line):
                of_day = surgeries.setdefault((line.code, specialty), {}).setdefault(day, {})
                of_day.setdefault(npi, line)
    for line in claim.lines if surgeries else ():
        if _POSTOPERATIVE in line.modifiers and (surgery := _surgery_of(claim, line, surgeries, specialties)):
            yield Finding(
                f"Surgical and postoperative care (54 and 55) of {line.code} are split within one group and specialty.",
                f"Report {line.code} once without 54 and 55, by one of the two: they are paid as one.",
                line=line,
                field="modifiers",
                observed=_POSTOPERATIVE,
                by=crosswalk(claim, line, surgery, rulebook),
                beside=(surgery,),
            )


def _surgery_of(
    claim: Claim,
    line: Line,
    surgeries: dict[tuple[str, str], dict[date, dict[str, Line]]],
    specialties: Specialties,
) -> Line | None:
    """The surgery by another practitioner, of the same side, whose postoperative care a line is."""
    day = line.day
    if day is None:
        return None
    for specialty in specialties(claim, line):
        by_day = surgeries.get((line.code, specialty), {})
        for since in range(min(_LONGEST + 1, day.toordinal())) if by_day else ():
            of_day = [*by_day.get(day - timedelta(days=since), {}).values()]
            other = by_another(claim, of_day, line)
            if other and not _other_side(other, line):
                return other
    return None


def _other_side(one: Line, two: Line) -> bool:
    sides = SIDES.intersection(one.modifiers), SIDES.intersection(two.modifiers)
    return bool(sides[0] and sides[1]) and sides[0].isdisjoint(sides[1])
