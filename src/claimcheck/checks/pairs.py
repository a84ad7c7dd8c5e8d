"""NCCI procedure-to-procedure (PTP) edits: a column 2 code bundles into its column 1 code on one date of service.

Each line of column 2 is judged for itself, against each line of column 1 by the same provider. The pair's
indicator says whether a modifier may bypass the edit; which modifier counts, and where, is the same for the
three checks.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple

from claimcheck.authoring.check import PRICED, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import (
    ANATOMIC,
    CORONARY_SITES,
    DISTINCT,
    EYELIDS,
    LEFT_SITES,
    MOST_NAMED,
    RETURN,
    RIGHT_SITES,
    biller,
    days_of,
    is_laboratory_test,
    is_visit,
    listing,
)
from claimcheck.claim import DME, OUTPATIENT, Claim, Line
from claimcheck.message import (
    FOLLOWS_CMS,
    INFORM,
    OTHER,
    REJECT,
    WARN,
    Finding,
    NotJudged,
    PayerKind,
    Severity,
    Wording,
    codes,
)
from claimcheck.rulebook import NCCI_TABLES, Listed, Pair, Program, Rulebook, Rules, ptp_table
from claimcheck.rulebook.sections import is_evaluation, number_of

_SETTINGS: Final = (*PRICED, DME)
_VISIT_MODIFIERS: Final = frozenset({"24", "25", "57"})
_EITHER_COLUMN: Final = date(2019, 7, 1)
"""From this day on 59 and X{EPSU} count on either line; before, on that of column 2 alone (CR 11168)."""
_VENIPUNCTURE: Final = "36415"
"""Paid with the laboratory's tests, and repeated as they are."""
_SEPARATE_VISIT: Final = "a significant, separately identifiable E/M"
_MAPS = codes("CO-236", "M80", "A3:735", "M")
_EXCLUSIVE = codes("CO-231", "M80", "A3:735", "L")
"""Of pairs whose published rationale is that they are mutually exclusive."""


class _Doubt(NamedTuple):
    """A modifier bypasses an edit, and policy doubts that it may: why, and what to do."""

    why: str
    remedy: str
    severity: Severity | None = None


class _Edit(NamedTuple):
    """A pair edit of the day that lines of column 2 meet, and the lines of column 1 that they are not paid beside.
    ``doubt`` is None where nothing bypasses it."""

    column1: str
    beside: tuple[Line, ...]
    indicator: str
    rules: Rules
    doubt: _Doubt | None = None


class _Clash(NamedTuple):
    """A line of column 2, the codes of column 1 that it is not paid beside, their lines, and the first pair in
    force."""

    line: Line
    column1s: tuple[str, ...]
    beside: tuple[Line, ...]
    pair: Pair
    doubt: _Doubt | None = None


_Said = _Clash | NotJudged


class _LastSaid(NamedTuple):
    """What the pair edits say of the claim that they were asked of last, and the checks that know it."""

    claim: Claim
    rulebook: Rulebook
    program: Program
    said: list[_Said]
    told: set[str]


_last: _LastSaid | None = None
"""Three checks ask of each claim, one after the other, and it is found out once: it is most of what they do."""


def _clashes(claim: Claim, rulebook: Rulebook, program: Program, check: str) -> list[_Said]:
    """What the pair edits say of a claim. A check that asks of it again has it found out anew."""
    global _last
    last = _last
    if last is None or last.claim is not claim or (last.rulebook, last.program) != (rulebook, program):
        last = None
    if last is None or check in last.told:
        last = _last = _LastSaid(claim, rulebook, program, [*_find_clashes(claim, rulebook, program)], set())
    last.told.add(check)
    return last.said


def _find_clashes(claim: Claim, rulebook: Rulebook, program: Program) -> Iterator[_Said]:
    """What the pair edits say of a claim, by day and provider; of lines that share several days, the worst."""
    if claim.setting not in NCCI_TABLES[program]["ptp"]:  # Medicare has none for suppliers
        return
    sessions: dict[tuple[date | str, str | None], dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    spanning: dict[int, dict[str, _Edit]] = {}
    for line in claim.lines:
        if line.code:
            provider = biller(claim, line)
            days = days_of(line)
            for shared in days:
                sessions[shared or line.from_date, provider][line.code].append(line)
            if len(days) > 1:
                spanning[id(line)] = {}
    for (day, _), by_code in sessions.items():
        if len(by_code) < 2:
            continue
        for said in _of_session(claim, by_code, rulebook, day if isinstance(day, date) else None, program):
            if isinstance(said, NotJudged):
                yield said
                continue
            lines, edits = said
            of_one_day = [line for line in lines if id(line) not in spanning]
            yield from _joined(claim, of_one_day, edits, program)
            for line in lines if len(of_one_day) < len(lines) else ():
                worst = spanning.get(id(line), {})
                worst |= {e.column1: min(worst.get(e.column1, e), e, key=_mildness) for e in edits}
    for line in claim.lines if spanning else ():
        yield from _joined(claim, [line], [*spanning.get(id(line), {}).values()], program)


def _mildness(edit: _Edit) -> int:
    """What rejects comes first, then what warns, then what only informs."""
    return 0 if edit.doubt is None else 2 if edit.doubt.severity == INFORM else 1


_MOST_APART: Final = MOST_NAMED
"""Codes of column 1 for each of which a line has a message of its own; with more, one names them together."""


def _joined(claim: Claim, lines: list[Line], edits: list[_Edit], program: Program) -> Iterator[_Clash]:
    """The clashes of lines that meet the same edits: one for each code of column 1, or for many alike."""
    if not lines:
        return
    alike: dict[tuple[str, int], list[_Edit]] = {}
    for edit in edits:
        alike.setdefault((edit.indicator, _mildness(edit)), []).append(edit)
    for edit in edits:
        some = alike[edit.indicator, _mildness(edit)]
        if len(some) <= _MOST_APART:
            some = [edit]
        elif edit is not some[0]:
            continue
        column1s = tuple(one.column1 for one in some)
        beside = tuple(chain.from_iterable(one.beside for one in some)) if len(some) > 1 else edit.beside
        pair = edit.rules.pair(edit.column1, lines[0].code, claim.setting, program)
        assert isinstance(pair, Pair)
        yield from (_Clash(line, column1s, beside, pair, edit.doubt) for line in lines)


def _of_session(
    claim: Claim, by_code: dict[str, list[Line]], rulebook: Rulebook, day: date | None, program: Program
) -> Iterator[tuple[list[Line], list[_Edit]] | NotJudged]:
    """The lines of each code of column 2, as far as the same edits meet them."""
    rules = rulebook.on(day)
    among = rules.pairs_among(frozenset(by_code), claim.setting, program)
    for code in sorted(among.unknown):
        yield from (NotJudged(line, ptp_table(claim.setting, program)) for line in by_code[code])
    kinds = _Kinds(claim, by_code)
    bypass = _Bypass(claim, rules, day or date.max)
    for column2 in sorted({column2 for column2, _ in among.column1s}):
        never, perhaps = among.column1s.get((column2, "0"), ()), among.column1s.get((column2, "1"), ())
        for lines in kinds.of(column2) if perhaps else [by_code[column2]]:
            edits = [_Edit(column1, kinds.lines(column1), "0", rules) for column1 in never]
            edits += [e for column1 in perhaps if (e := _edit(lines[0], column1, kinds, bypass, rules))]
            if edits:
                yield lines, sorted(edits, key=_COLUMN1) if never and perhaps else edits


_COLUMN1 = attrgetter("column1")


class _Kinds:
    """The lines of a session, by what of them may bypass an edit: it is asked once for all that are alike."""

    def __init__(self, claim: Claim, by_code: dict[str, list[Line]]) -> None:
        self._by_code = by_code
        self._kinds: dict[str, list[list[Line]]] = {}
        self._lines: dict[str, tuple[Line, ...]] = {}
        lines = chain.from_iterable(by_code.values())
        self._by_npi = claim.setting == OUTPATIENT and any("XP" in line.modifiers for line in lines)

    def of(self, code: str) -> list[list[Line]]:
        """The lines of a code, those that are alike together."""
        if code not in self._kinds:
            kinds: dict[object, list[Line]] = {}
            for line in self._by_code[code]:
                kinds.setdefault((_telling(line), line.rendering_npi if self._by_npi else None), []).append(line)
            self._kinds[code] = [*kinds.values()]
        return self._kinds[code]

    def lines(self, code: str) -> tuple[Line, ...]:
        """All lines of a code."""
        if code not in self._lines:
            self._lines[code] = tuple(self._by_code[code])
        return self._lines[code]


_TELLING: Final = _VISIT_MODIFIERS | ANATOMIC | RETURN | DISTINCT | {"27", "50", "91", "GG"}
"""Modifiers that may bypass an edit, or tell whether others do."""


def _telling(line: Line) -> frozenset[str]:
    return _TELLING.intersection(line.modifiers)


def _edit(line: Line, column1: str, kinds: _Kinds, bypass: "_Bypass", rules: Rules) -> _Edit | None:
    """The edit of indicator 1 that a line of column 2 meets with the lines of a column-1 code: the worst of them."""
    plain = not _telling(line)
    others = kinds.of(column1)
    said = [(some, False if plain and not _telling(some[0]) else bypass.of(some[0], line)) for some in others]
    unbypassed = [some for some, doubt in said if doubt is False]
    if unbypassed:
        return _Edit(column1, _together(unbypassed, others, kinds.lines(column1)), "1", rules)
    doubted = [(some, doubt) for some, doubt in said if isinstance(doubt, _Doubt)]
    if not doubted:
        return None
    worst = min((doubt for _, doubt in doubted), key=lambda doubt: doubt.severity == INFORM)
    return _Edit(column1, _together([some for some, _ in doubted], others, kinds.lines(column1)), "1", rules, worst)


def _together(some: list[list[Line]], of: list[list[Line]], all: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines of some kinds, in the order billed."""
    if len(some) == len(of):
        return all
    ids = {id(line) for kind in some for line in kind}
    return tuple(line for line in all if id(line) in ids)


class _Bypass:
    """Whether the modifiers of two lines bypass an edit of indicator 1 (NCCI Policy Manual, chapter I, E)."""

    def __init__(self, claim: Claim, rules: Rules, day: date) -> None:
        self._claim = claim
        self._rules = rules
        self._either = day >= _EITHER_COLUMN

    def of(self, one: Line, two: Line) -> _Doubt | bool:
        """True: bypassed. A doubt: bypassed, and policy doubts it. False: not. ``one`` is of column 1."""
        on_one, on_two = set(one.modifiers), set(two.modifiers)
        visits = is_visit(one.code, self._rules), is_visit(two.code, self._rules)
        if any(v is not False and m & _VISIT_MODIFIERS for v, m in zip(visits, (on_one, on_two), strict=True)):
            return True
        # A visit has no site, so that a procedure's does not tell them apart.
        sites = (frozenset[str](),) * 2 if True in visits else (_sites(one), _sites(two))
        both_sides = "50" in on_one or "50" in on_two
        apart = bool(sites[0] and sites[1]) and not any(_overlap(a, b) for a in sites[0] for b in sites[1])
        apart = apart and not both_sides
        if apart or self._by_place_or_repeat(one, two, visits) or _is_screening_that_led_on(one, two):
            return True
        returned = self._by_return(on_one, on_two, visits)
        return returned is True or self._by_distinct(one, two, visits, sites) or returned

    def _by_place_or_repeat(self, one: Line, two: Line, visits: tuple[bool | None, ...]) -> bool:
        """27, a hospital's second visit of the day; 91, a laboratory test done again."""
        for line, visit in zip((one, two), visits, strict=True):
            if "91" in line.modifiers and (is_laboratory_test(line.code) or line.code == _VENIPUNCTURE):
                return True
            if "27" in line.modifiers and self._claim.setting == OUTPATIENT and visit is not False:
                return True
        return False

    def _by_return(self, one: set[str], two: set[str], visits: tuple[bool | None, ...]) -> _Doubt | bool:
        """58, 78 and 79 say that a procedure belongs to another session; of one and the same, both can't."""
        found = (one & RETURN if visits[0] is not True else set()), (two & RETURN if visits[1] is not True else set())
        both = found[0] & found[1]
        if both:
            modifier = min(both)
            return _Doubt(
                f"both lines report {modifier}",
                f"Keep {modifier} on the later session's procedure only. If both are of one session, remove it.",
            )
        return bool(found[0] or found[1])

    def _by_distinct(
        self, one: Line, two: Line, visits: tuple[bool | None, ...], sites: tuple[frozenset[str], frozenset[str]]
    ) -> _Doubt | bool:
        """59 and X{EPSU}, and sites that do not tell the lines apart."""
        found = set(two.modifiers) & DISTINCT if visits[1] is not True else set()
        if self._either and visits[0] is not True:
            found |= set(one.modifiers) & DISTINCT
        if found and visits[1] is True:
            modifier = min(found)
            return _Doubt(
                f"{modifier} is on the procedure, not on the E/M",
                f"Remove {modifier} from {one.code}. If {_SEPARATE_VISIT} is documented, append 25 (57: decision for "
                f"major surgery) to {two.code}; otherwise remove {two.code}.",
            )
        place = _placed(one, two, sites)
        if not found:
            return place or False
        if place and sites[0] and sites[1]:
            verify = f"Verify that a separate session, lesion or injury is documented. If not, remove {two.code}."
            return _Doubt(place.why, verify, INFORM if "XE" in found else None)
        if found == {"XP"} and self._same_practitioner(one, two):
            return _Doubt(
                "XP requires another practitioner, and both lines have the same rendering NPI",
                "Correct the rendering NPI, or replace XP with XE, XS or XU if that is documented.",
            )
        return True

    def _same_practitioner(self, one: Line, two: Line) -> bool:
        npis = self._claim.rendering_npi(one), self._claim.rendering_npi(two)
        return npis[0] == npis[1] and (self._claim.setting != OUTPATIENT or one.rendering_npi is not None)


def _is_screening_that_led_on(one: Line, two: Line) -> bool:
    """A screening mammogram (59 or XU) that led to a diagnostic one of the day (GG): NCCI policy wants just that."""
    return (
        one.code in _DIAGNOSTIC_MAMMOGRAPHY
        and two.code in _SCREENING_MAMMOGRAPHY
        and "GG" in one.modifiers
        and not {"59", "XU"}.isdisjoint(two.modifiers)
    )


def _sites(line: Line) -> frozenset[str]:
    """The sites that a line names, as far as its code can be there."""
    return frozenset(m for m in line.modifiers if m in ANATOMIC and _possible(line.code, m))


def _possible(code: str, site: str) -> bool:
    if site in CORONARY_SITES:
        return 33010 <= number_of(code) <= 33999 or 92920 <= number_of(code) <= 93799 or number_of(code) < 0
    return site not in EYELIDS or _may_be_on_eyelid(code)


def _may_be_on_eyelid(code: str) -> bool:
    """Whether a code may be a procedure on an eyelid: not where its section is of another organ."""
    number = number_of(code)
    return number < 0 or 10004 <= number <= 21999 or 64600 <= number <= 68899


def _overlap(one: str, other: str) -> bool:
    """Whether two sites may be one place."""
    for side, digits in (("LT", LEFT_SITES), ("RT", RIGHT_SITES)):
        if side in (one, other) and {one, other} - {side} <= digits:
            return True
    return one == other


def _placed(one: Line, two: Line, sites: tuple[frozenset[str], frozenset[str]]) -> _Doubt | None:
    """Why the sites of two lines, none of which bypasses cleanly, bypass the edit all the same; None if they
    do not."""
    if not (sites[0] or sites[1]):
        return None
    distinct = f"If a separate lesion or session is documented, append XS, XE or 59 to {two.code}; otherwise remove it."
    if "50" in one.modifiers or "50" in two.modifiers:
        return _Doubt("50 covers both sides, the other line's site included", distinct)
    if sites[0] and sites[1]:
        shared = sites[0] & sites[1]
        why = f"both lines report {min(shared)}, the same site" if shared else "the sites may be the same"
        shoulder = _is_of_shoulder(one.code) and _is_of_shoulder(two.code)
        return _Doubt(why, _one_shoulder(two.code) if shoulder else distinct)
    bare = one.code if sites[1] else two.code
    remedy = f"If the sites differ, append the site to {bare} too; otherwise remove {two.code}."
    return _Doubt("only one line reports a site", remedy)


_NEVER = {"77470-77469": Pair("1"), "77469-99239": Pair("0")}
_VISIT = {"19301-99213": Pair("1")}
_SKIN = {"11042-11721": Pair("1")}
_VISITS = {"99213": Listed(), "99239": Listed()}


@claim_check(
    "PTP-0",
    severity=REJECT,
    citation=citations.PTP,
    codes=_MAPS,
    needs=("ptp",),
    settings=_SETTINGS,
    step=5,
    depends_on_payment="weaker",
    across=True,
    days_apart=0,
    services_only=True,
    denies="pair",
    examples=(
        fires(
            "a pair that no modifier bypasses",
            a_claim(a_line("77469"), a_line("99239-25")),
            says="not separately payable with 77469",
            pairs=_NEVER,
        ),
        fires("in whatever order they are billed", a_claim(a_line("99239"), a_line("77469")), pairs=_NEVER),
        passes("on two days", a_claim(a_line("77469"), a_line("99239", day="20250311")), pairs=_NEVER),
        passes(
            "by two practitioners",
            a_claim(a_line("77469"), a_line("99239", rendering_npi="1234567802")),
            pairs=_NEVER,
        ),
        passes(
            "a pair that a modifier may bypass is another edit", a_claim(a_line("77470"), a_line("77469")), pairs=_NEVER
        ),
        passes(
            "an ended pair",
            a_claim(a_line("32701"), a_line("77424")),
            pairs={"32701-77424": Pair("0", last=date(2025, 3, 9))},
        ),
        passes("a pair that never was", a_claim(a_line("32701"), a_line("77424")), pairs={"32701-77424": Pair("9")}),
        fires(
            "a supplier's items by Medicaid's pairs",
            a_claim(a_line("E0470", setting=DME), a_line("E0601", setting=DME)),
            options={"program": "medicaid"},
            medicaid_ptp_dme={"E0470-E0601": Pair("0")},
        ),
        passes(
            "Medicare has no pairs for suppliers",
            a_claim(a_line("77469", setting=DME), a_line("99239", setting=DME)),
            pairs=_NEVER,
        ),
        not_judged("no table of pairs", a_claim(a_line("32701"), a_line("77424"))),
    ),
)
def never_paid_together(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """An NCCI edit with indicator 0: the column 2 code is not separately payable, and no modifier overrides it.

    The column 2 code is denied for the same provider and date, whatever the order of the lines. Remove it, and do
    not bill the patient: an ABN does not shift liability for a coding denial. Where the column 1 line is itself
    rejected for its status or units, the edit only warns: if that line is removed, the edit clears. A line with
    this message has none of PTP-1. ``program`` is whose table is read (medicare, medicaid); only Medicaid has one for
    suppliers.
    """
    for said in _clashes(claim, rulebook, program, "PTP-0"):
        if isinstance(said, NotJudged):
            yield said
        elif said.pair.indicator == "0":
            one = listing(said.column1s)
            two = said.line.code
            no_override = "no modifier overrides it"
            text = f"NCCI edit, indicator 0: {two} is not separately payable with {one}; {no_override}."
            instead = _instead(said)
            finding = _finding(said, text, f"{instead or f'Remove {two}'}; do not bill the patient.", program)
            yield finding._replace(wordings=_elsewhere(said, program, no_override, f"{instead or f'Remove {two}'}."))


_WITH_A_VISIT: Final = {"90832": "90833", "90834": "90836", "90837": "90838"}
"""Psychotherapy, and the code of it with an E/M."""


def _instead(clash: _Clash) -> str:
    """What is to be billed in place of a pair that is never paid; "" where one of the two is to be removed."""
    codes = (*clash.column1s, clash.line.code)
    therapy = [code for code in codes if code in _WITH_A_VISIT]
    visits = [code for code in codes if is_evaluation(code)]
    if len(therapy) != 1 or len(visits) != len(codes) - 1:
        return ""
    return (
        f"If both are documented, report {_WITH_A_VISIT[therapy[0]]} with the E/M in place of {therapy[0]}; otherwise "
        f"remove {clash.line.code}"
    )


@claim_check(
    "PTP-1",
    severity=REJECT,
    citation=citations.PTP_MODIFIERS,
    codes=_MAPS,
    needs=("ptp",),
    refines=("visits",),
    settings=_SETTINGS,
    step=5,
    depends_on_payment="weaker",
    across=True,
    days_apart=0,
    services_only=True,
    denies="pair",
    examples=(
        fires(
            "no modifier", a_claim(a_line("11042"), a_line("11721")), says="bundles into 11042", pairs=_SKIN, visits={}
        ),
        passes("59 on column 2", a_claim(a_line("11042"), a_line("11721-59")), pairs=_SKIN, visits={}),
        passes("59 on column 1", a_claim(a_line("11042-59"), a_line("11721")), pairs=_SKIN, visits={}),
        fires(
            "59 on column 1 before 2019-07-01",
            a_claim(a_line("11042-59", day="20190630"), a_line("11721", day="20190630")),
            pairs=_SKIN,
            visits={},
        ),
        fires("76 bypasses nothing", a_claim(a_line("11042"), a_line("11721-76")), pairs=_SKIN, visits={}),
        passes("sites differ", a_claim(a_line("11042-LT"), a_line("11721-RT")), pairs=_SKIN, visits={}),
        passes("25 on the visit", a_claim(a_line("19301"), a_line("99213-25")), pairs=_VISIT, visits=_VISITS),
        fires("25 on the procedure", a_claim(a_line("19301-25"), a_line("99213")), pairs=_VISIT, visits=_VISITS),
        fires("59 on the visit", a_claim(a_line("19301"), a_line("99213-59")), pairs=_VISIT, visits=_VISITS),
        fires(
            "each line of column 2 for itself",
            a_claim(a_line("11042"), a_line("11721-59"), a_line("11721")),
            pairs=_SKIN,
            visits={},
        ),
        fires(
            "a coronary artery where there is none",
            a_claim(a_line("35301-LC"), a_line("36000-RC")),
            pairs={"35301-36000": Pair("1")},
            visits={},
        ),
        fires(
            "50 is not a site",
            a_claim(a_line("11042-50"), a_line("11721")),
            pairs=_SKIN,
            visits={},
        ),
        not_judged("no table of pairs", a_claim(a_line("11042"), a_line("11721"))),
    ),
)
def bundled_without_modifier(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """An NCCI edit with indicator 1: the column 2 code bundles into column 1, and no modifier shows distinct services.

    Modifiers that override it: 59, XE, XP, XS, XU on either line, but not on an E/M (before 2019-07-01 on the
    column 2 line only); 24, 25, 57 on the E/M; 58, 78, 79; anatomic modifiers that differ; 91 on a laboratory
    test; 27 on a hospital's E/M. No others do: not 22, 50, 51, 76 or 77. Append one only if the record
    documents distinct services; otherwise remove the column 2 line. ``program`` is whose table is read.
    """
    for said in _clashes(claim, rulebook, program, "PTP-1"):
        if isinstance(said, NotJudged):
            yield said
        elif said.pair.indicator == "1" and not said.doubt:
            one, two = listing(said.column1s), said.line.code
            text = f"NCCI edit: {two} (column 2) bundles into {one} (column 1), modifier allowed."
            remedy = _how_distinct(said, rulebook.on(said.line.day))
            elsewhere = _elsewhere(said, program, "a modifier is allowed", remedy.replace(_ONE_VISIT, ""))
            yield _finding(said, text, remedy, program)._replace(wordings=elsewhere, yields_to=("PTP-0",))


_ONE_VISIT: Final = " (Medicare pays one visit per day per specialty in a group)"


def _how_distinct(clash: _Clash, rules: Rules) -> str:
    """What to do about a bundled code that has no modifier, by what the two codes are."""
    one, two = listing(clash.column1s), clash.line.code
    hospital = clash.line.service.setting == OUTPATIENT
    first_is_visit = all(is_visit(code, rules) for code in clash.column1s)
    if is_visit(two, rules) and first_is_visit:
        return _two_visits(clash, hospital)
    if is_visit(two, rules):
        return (
            f"Append 25 to {two} if a significant, separately identifiable E/M is documented (24: unrelated, "
            "postoperative; 57: only where the procedure has 90 global days); otherwise remove it."
        )
    if first_is_visit:
        return f"If {_SEPARATE_VISIT} is documented, append 25 to {one}; otherwise remove {two}."
    distinct = "XE/XS/XP/XU" if hospital else "XE/XS/XU"  # only lines of a hospital are by several practitioners
    if of_kind := _of_kind(one, two):
        return of_kind
    if is_laboratory_test(two):
        return f"If documented, append 91 (repeat test), {distinct} or 59 to {two}; otherwise remove it."
    return (
        f"If a separate site, session or lesion is documented, append {distinct} or 59 (or an anatomic modifier) "
        f"to {two}; otherwise remove it."
    )


_DIAGNOSTIC_MAMMOGRAPHY: Final = frozenset({"77065", "77066"})
_SCREENING_MAMMOGRAPHY: Final = frozenset({"77063", "77067"})
_INITIAL_INFUSIONS: Final = ("96413", "96409", "96365", "96374", "96360")
"""Initial infusions and injections, the one to be kept of an encounter first."""


def _is_of_shoulder(code: str) -> bool:
    return 23000 <= number_of(code) <= 23929 or 29805 <= number_of(code) <= 29828


def _of_kind(one: str, two: str) -> str:
    """What to do about pairs for which NCCI policy says more; "" for others."""
    if one in _DIAGNOSTIC_MAMMOGRAPHY and two in _SCREENING_MAMMOGRAPHY:
        return (
            f"If a screening mammogram led to the diagnostic one, append GG to {one} and 59 or XU to {two}; otherwise "
            f"remove {two}."
        )
    if one in _INITIAL_INFUSIONS and two in _INITIAL_INFUSIONS:
        kept, replaced = sorted((one, two), key=_INITIAL_INFUSIONS.index)
        return (
            f"Report one initial service per encounter: keep {kept}. Append 59 to {two} only for a second access site "
            f"or encounter; otherwise report the subsequent or concurrent code in place of {replaced}."
        )
    return _one_shoulder(two) if _is_of_shoulder(one) and _is_of_shoulder(two) else ""


def _one_shoulder(two: str) -> str:
    return (
        f"A shoulder is one site: append XS or 59 to {two} (with LT and RT) only for the other shoulder, XE for "
        "another session; otherwise remove it."
    )


_ORDINARY_VISITS: Final = ((99202, 99215), (99221, 99239), (99304, 99316), (99341, 99350))
_EMERGENCY_VISITS: Final = (99281, 99285)
_CLINIC_VISIT: Final = "G0463"
_PREVENTIVE_VISITS: Final = frozenset({"G0101", "G0402", "G0438", "G0439"})
"""Medicare's examinations of the well: 25 is for the visit beside them."""


def _two_visits(clash: _Clash, hospital: bool) -> str:
    """What to do about two E/M services of one date. Only ordinary visits can be one visit of a higher level."""
    one, two = listing(clash.column1s), clash.line.code
    if all(_may_be_combined(code, hospital) for code in (*clash.column1s, two)):
        if hospital:
            return (
                f"Append 27 to {two} if the encounters were separate and documented; otherwise combine them into one "
                "code."
            )
        return (
            f"Combine both visits into one code{_ONE_VISIT}, or append 25 to {two} if the problems are documented as "
            "unrelated."
        )
    visit = one if two in _PREVENTIVE_VISITS else two
    return f"If {_SEPARATE_VISIT} is documented, append 25 to {visit}; otherwise remove it."


def _may_be_combined(code: str, hospital: bool) -> bool:
    ranges = (*_ORDINARY_VISITS, _EMERGENCY_VISITS) if hospital else _ORDINARY_VISITS
    return any(first <= number_of(code) <= last for first, last in ranges) or (hospital and code == _CLINIC_VISIT)


@claim_check(
    "PTP-WEAK",
    severity=WARN,
    citation=citations.PTP_MODIFIERS,
    codes=_MAPS,
    needs=("ptp",),
    refines=("visits",),
    settings=_SETTINGS,
    step=5,
    across=True,
    days_apart=0,
    services_only=True,
    denies="pair",
    examples=(
        fires(
            "the same site",
            a_claim(a_line("11042-LT"), a_line("11721-LT")),
            says="the same site",
            pairs=_SKIN,
            visits={},
        ),
        fires("a site on one line", a_claim(a_line("11042"), a_line("11721-T5")), pairs=_SKIN, visits={}),
        fires("a side that covers a digit", a_claim(a_line("11042-RT"), a_line("11721-T5")), pairs=_SKIN, visits={}),
        passes("two digits", a_claim(a_line("11042-T1"), a_line("11721-T5")), pairs=_SKIN, visits={}),
        fires("59 at the same site", a_claim(a_line("11042-LT"), a_line("11721-59-LT")), pairs=_SKIN, visits={}),
        fires(
            "another encounter at the same site",
            a_claim(a_line("11042-LT"), a_line("11721-XE-LT")),
            severity=INFORM,
            pairs=_SKIN,
            visits={},
        ),
        fires(
            "59 on the procedure for a visit",
            a_claim(a_line("19301-59"), a_line("99213")),
            pairs=_VISIT,
            visits=_VISITS,
        ),
        fires("both lines staged", a_claim(a_line("11042-58"), a_line("11721-58")), pairs=_SKIN, visits={}),
        passes("both lines staged, and 59", a_claim(a_line("11042-58"), a_line("11721-58-59")), pairs=_SKIN, visits={}),
        fires("XP by one practitioner", a_claim(a_line("11042"), a_line("11721-XP")), pairs=_SKIN, visits={}),
        fires(
            "50 and a side", a_claim(a_line("11042-50"), a_line("11721-LT")), says="both sides", pairs=_SKIN, visits={}
        ),
        not_judged("no table of pairs", a_claim(a_line("11042"), a_line("11721"))),
    ),
)
def weakly_bypassed(
    claim: Claim, rulebook: Rulebook, *, program: Program = "medicare"
) -> Iterator[Finding | NotJudged]:
    """A modifier overrides an NCCI edit in the payer's system, but NCCI policy does not support it as reported.

    The same site on both lines, or a site on one line only, does not show distinct services; nor does 58, 78 or 79
    on both lines, 59 on the procedure for an E/M, or XP where both lines have the same rendering NPI. The remedy
    says what to correct for each. Verify the record before an auditor does. ``program`` is whose table is read.
    """
    for said in _clashes(claim, rulebook, program, "PTP-WEAK"):
        if isinstance(said, NotJudged):
            yield said
        elif said.doubt:
            text = f"NCCI edit: {said.line.code} bundles into {listing(said.column1s)}; {said.doubt.why}."
            finding = _finding(said, text, said.doubt.remedy, program)
            elsewhere = _elsewhere(said, program, said.doubt.why)
            yield finding._replace(severity=said.doubt.severity, field="modifiers", wordings=elsewhere)


_WHOSE: Final[dict[Program, tuple[tuple[PayerKind, str], ...]]] = {
    "medicare": (
        (FOLLOWS_CMS, "NCCI edit, which this payer follows"),
        (OTHER, "NCCI edit, which this payer may follow"),
    ),
    "medicaid": ((FOLLOWS_CMS, "Medicaid NCCI edit"), (OTHER, "Medicaid NCCI edit, which this plan may follow")),
}
"""Whose edit a pair is to payers other than Medicare: one that they may have adopted, or a program's own."""


def _elsewhere(clash: _Clash, program: Program, but: str, remedy: str = "") -> tuple[Wording, ...]:
    """What a pair edit says to payers other than Medicare, who follow NCCI or may."""
    one, two = listing(clash.column1s), clash.line.code
    return tuple(
        Wording((kind,), f"{whose}: {two} bundles into {one}; {but}.", remedy) for kind, whose in _WHOSE[program]
    )


def _finding(clash: _Clash, text: str, remedy: str, program: Program) -> Finding:
    exclusive = clash.pair.rationale.startswith("Mutually exclusive")
    return Finding(
        text,
        remedy,
        line=clash.line,
        field="code",
        observed=f"{clash.line.code} with {listing(clash.column1s)}",
        by=(clash.pair,),
        beside=clash.beside,
        codes=_EXCLUSIVE if exclusive else None,
        citation=citations.MEDICAID_NCCI if program == "medicaid" else None,
    )
