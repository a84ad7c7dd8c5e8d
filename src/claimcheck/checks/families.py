"""Families of codes, modifiers, places and taxonomies that several checks speak of."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from claimcheck.claim import OUTPATIENT, Claim, Line
from claimcheck.rulebook import Listed, NotInForce, Rules
from claimcheck.rulebook.sections import is_laboratory, number_of

DISTINCT = frozenset({"59", "XE", "XS", "XP", "XU"})
"""Modifiers of a distinct procedural service."""

REPEAT = frozenset({"76", "77", "91"})
SPLIT_CARE = ("54", "55", "56")
RETURN = frozenset({"58", "78", "79"})
ASSISTANTS = ("80", "81", "82", "AS")

LEFT_SITES = frozenset({"FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4", "E1", "E2"})
RIGHT_SITES = frozenset({"F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9", "E3", "E4"})
SITES = LEFT_SITES | RIGHT_SITES

CORONARY_SITES = frozenset({"LC", "LD", "RC", "LM", "RI"})
EYELIDS = frozenset({"E1", "E2", "E3", "E4"})
SIDES = frozenset({"LT", "RT"})
ANATOMIC = SIDES | SITES | CORONARY_SITES
"""Modifiers that name a site; the pair edits know no others (NCCI Policy Manual, chapter I, section E)."""

FACILITY_PLACES = frozenset(("19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61"))
"""Places of service where a facility bills the technical side (CMS's facility list)."""

PT_OT_TAXONOMIES = ("2251", "225100000X", "225X")
SPEECH_HEARING_TAXONOMIES = ("235Z", "231H")
NON_PHYSICIAN_TAXONOMIES = ("363A", "363L", "364S")
"""Physician assistants, nurse practitioners, clinical nurse specialists."""
PHYSICIAN_TAXONOMIES = ("207", "208", "204")


def can_be_place(place: str) -> bool:
    """Whether a text is written as a place of service, or nearly so. Any other one may be the rest of a segment that a
    terminator is missing from, a name or a note, and is not to be quoted."""
    return len(place) <= 2 or (len(place) == 3 and place.isdigit())


def shown_place(place: str) -> str:
    """A place of service as messages show it."""
    return place if can_be_place(place) else f"of {len(place)} characters"


def is_ambulance(code: str) -> bool:
    """Ambulance services, A0021 to A0999."""
    return "A0021" <= code <= "A0999"


def successors_in(listed: Listed) -> tuple[tuple[str, ...], str]:
    """The codes that a row of a list of successors names (``J1010; its unit is 1 mg``), and its note."""
    names, _, note = listed.value.partition("; ")
    return tuple(names.split()), note


def either(codes: Sequence[str]) -> str:
    """Codes as a choice: ``J0165, J0166 or J0167``."""
    *others, last = codes
    return f"{', '.join(others)} or {last}" if others else last


_LABORATORY_LEVEL_II = frozenset(
    (
        *("G0027", "G0103", "G0123", "G0124", "G0141", "G0143", "G0144", "G0145", "G0147", "G0148", "G0306", "G0307"),
        *("G0327", "G0328", "G0416", "G0432", "G0433", "G0435", "G0472", "G0475", "G0476", "G0480", "G0481", "G0482"),
        *("G0483", "G0499", "G0567", "G0659", "G9143", "P3000", "P3001", "P7001"),
        *("Q0111", "Q0112", "Q0113", "Q0114", "Q0115"),
    )
)
"""The codes of HCPCS Level II for which the HCPCS file asks a laboratory certification."""


def is_laboratory_test(code: str) -> bool:
    """A laboratory's test by any of its codes: the section 80047 to 89398, proprietary and multianalyte
    tests (four digits and U or M), and those of Level II."""
    return is_laboratory(code) or code in _LABORATORY_LEVEL_II or (code[4:] in ("U", "M") and code[:4].isdecimal())


UNCLASSIFIED_DRUGS = frozenset({"J1599", "J3490", "J3590", "J7199", "J7999", "J9999"})
"""Codes for drugs that have none of their own."""


def is_drug(code: str) -> bool:
    """Drugs that a physician gives: the J codes, and the biologicals among the Q codes."""
    return len(code) == 5 and ("J0120" <= code <= "J9999" or "Q5101" <= code <= "Q5199")


_IRREGULARLY_UNLISTED = frozenset(
    (
        *("21089", "23929", "26989", "37501", "38129", "38589", "43289", "43659", "44238", "44979", "47379"),
        *("47579", "49329", "49659", "50549", "50949", "55559", "58578", "58579", "58679", "59897", "59898", "60659"),
        *("69949", "69979", "76496", "76497", "76498", "89240", "92700", "93998", "96379", "96549", "97039", "97139"),
    )
)


def is_unlisted(code: str) -> bool:
    """Unlisted procedures: most numbers that end in 99, and some others of the sections of CPT."""
    return (number_of(code) > 0 and code.endswith("99")) or code in _IRREGULARLY_UNLISTED


def is_reporting_only(code: str) -> bool:
    """Category II performance measures, four digits and an F: never paid, billed at $0.00 or $0.01."""
    return len(code) == 5 and code.endswith("F") and code[:4].isdigit()


def taxonomy_in(claim: Claim, line: Line, prefixes: tuple[str, ...]) -> bool:
    """Whether whoever rendered the line is of one of these kinds of provider."""
    return (claim.rendering_taxonomy(line) or "").startswith(prefixes)


LONGEST_SPAN = 366
"""Days of a span; what is longer is a mistake in a date, and is judged by its first day."""


def span_of(line: Line) -> int:
    """How many days a line spans; 1 where its dates do not make a span."""
    if not line.to_date or line.to_date == line.from_date:
        return 1
    first, last = line.day, line.last_day
    if first is None or last is None or not 0 <= (last - first).days < LONGEST_SPAN:
        return 1
    return (last - first).days + 1


def days_of(line: Line) -> list[date | None]:
    """Every day of a line; None alone where it has no readable one."""
    first, count = line.day, span_of(line)
    return [first] if count == 1 or first is None else [first + timedelta(days=i) for i in range(count)]


def same_session(claim: Claim, line: Line) -> tuple[object, ...]:
    """What makes lines of one claim the same encounter: the day, and who rendered them."""
    return line.day or line.from_date, claim.rendering_npi(line)


def biller(claim: Claim, line: Line) -> str | None:
    """Whom a payer takes as the provider of a line: the practitioner who rendered it, or the hospital."""
    return claim.billing_npi if claim.setting == OUTPATIENT else claim.rendering_npi(line)


def is_visit(code: str, rules: Rules) -> bool | None:
    """Whether a code is an evaluation and management service; None where no list is in force."""
    try:
        return bool(rules.listed("visits", code))
    except NotInForce:
        return None


MOST_NAMED = 10
"""Codes, and rows, that a message names. A claim may have thousands of lines, and each of them a message."""


def named(lines: Iterable[Line]) -> str:
    """The codes of lines as a message names them."""
    return listing({line.code for line in lines})


def listing(codes: Collection[str]) -> str:
    """Codes as a message names them, in order: the first of them, and how many more there are."""
    more = len(codes) - MOST_NAMED
    return ", ".join(sorted(codes)[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


Day = date | str
"""A day of service; where it is not one, as it was written."""


class LinesOfDays:
    """The lines of a claim by day, provider and code, each in the order billed. A check that looks for what is
    beside a line looks it up here: to compare each line with each takes too long where there are thousands.

    Args:
        claim: the claim.
        provider: gives whom a line is billed by, as far as the check tells providers apart.
    """

    def __init__(self, claim: Claim, provider: Callable[[Claim, Line], Hashable] = biller) -> None:
        self._places = {id(line): place for place, line in enumerate(claim.lines)}
        self._by_code: dict[tuple[Day, Hashable], dict[str, list[Line]]] = {}
        for line in claim.lines:
            for day in days_of(line):
                codes = self._by_code.setdefault((day or line.from_date, provider(claim, line)), {})
                codes.setdefault(line.code, []).append(line)

    def codes(self, day: Day, provider: Hashable) -> Mapping[str, Sequence[Line]]:
        """The lines of a day by a provider, by their code."""
        return self._by_code.get((day, provider), {})

    def of(self, days: Iterable[Day], provider: Hashable, codes: Collection[str]) -> tuple[Line, ...]:
        """The lines of these codes on any of some days."""
        found: dict[int, Line] = {}
        for day in days:
            by_code = self.codes(day, provider)
            fewer = codes if len(codes) < len(by_code) else by_code
            found |= {self._places[id(line)]: line for c in fewer if c in codes for line in by_code.get(c, ())}
        return tuple(found[place] for place in sorted(found))
