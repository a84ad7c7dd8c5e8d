"""Families of codes, modifiers, places of service and taxonomies that several checks use."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from claimcheck.claim import OUTPATIENT, Claim, Line, can_be_place
from claimcheck.rulebook import Listed, NotInForce, Rules
from claimcheck.rulebook.sections import is_ambulance as is_ambulance
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
"""Anatomic modifiers: the ones that NCCI edits allow (NCCI Policy Manual, chapter I, section E)."""

FACILITY_PLACES = frozenset(("19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61"))
"""Places of service where a facility bills the technical component (CMS's facility list)."""

PT_OT_TAXONOMIES = ("2251", "225100000X", "225X")
SPEECH_HEARING_TAXONOMIES = ("235Z", "231H")
NON_PHYSICIAN_TAXONOMIES = ("363A", "363L", "364S")
"""Physician assistants, nurse practitioners, clinical nurse specialists."""
PHYSICIAN_TAXONOMIES = ("207", "208", "204")


def shown_place(place: str) -> str:
    """A place of service as messages show it."""
    return place if can_be_place(place) else f"of {len(place)} characters"


def successors_in(listed: Listed) -> tuple[tuple[str, ...], str]:
    """The codes in a row of the list of successors (``J1010; its unit is 1 mg``), and its note."""
    names, _, note = listed.value.partition("; ")
    return tuple(names.split()), note


def either(codes: Sequence[str]) -> str:
    """Codes as alternatives: ``J0165, J0166 or J0167``."""
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
"""HCPCS Level II codes that have a laboratory certification code in the HCPCS file."""


def is_laboratory_test(code: str) -> bool:
    """Laboratory tests: 80047 to 89398, proprietary and multianalyte tests (four digits and U or M), and those of
    HCPCS Level II."""
    return is_laboratory(code) or code in _LABORATORY_LEVEL_II or (code[4:] in ("U", "M") and code[:4].isdecimal())


UNCLASSIFIED_DRUGS = frozenset({"J1599", "J3490", "J3590", "J7199", "J7999", "J9999"})
"""Unclassified drug codes."""


def is_drug(code: str) -> bool:
    """Drugs that a physician administers: the J codes, and the biologicals among the Q codes."""
    return len(code) == 5 and ("J0120" <= code <= "J9999" or "Q5101" <= code <= "Q5199")


_IRREGULARLY_UNLISTED = frozenset(
    (
        *("21089", "23929", "26989", "37501", "38129", "38589", "43289", "43659", "44238", "44979", "47379"),
        *("47579", "49329", "49659", "50549", "50949", "55559", "58578", "58579", "58679", "59897", "59898", "60659"),
        *("69949", "69979", "76496", "76497", "76498", "89240", "92700", "93998", "96379", "96549", "97039", "97139"),
    )
)


def is_unlisted(code: str) -> bool:
    """Unlisted procedures: most CPT codes that end in 99, and some others."""
    return (number_of(code) > 0 and code.endswith("99")) or code in _IRREGULARLY_UNLISTED


def is_reporting_only(code: str) -> bool:
    """Category II performance measures, four digits and an F: never paid, billed at $0.00 or $0.01."""
    return len(code) == 5 and code.endswith("F") and code[:4].isdigit()


MILEAGE = frozenset({"A0425", "A0435", "A0436"})
"""Miles of an ambulance: on the ground, by airplane, by helicopter."""

_ORIGINS = frozenset("DEGHIJNPRS")


def is_trip(modifier: str) -> bool:
    """Whether a modifier of an ambulance line says where it went from and to, such as RH. Elsewhere 46 of these pairs
    of letters mean something else."""
    return len(modifier) == 2 and modifier[0] in _ORIGINS and (modifier[1] in _ORIGINS or modifier[1] == "X")


_OF_INDIVIDUALS = frozenset(
    (
        *("10", "11", "12", "13", "14", "15", "16", "17", "18", "20", "21", "22", "23", "24"),
        *("36", "37", "39"),
    )
)


def is_of_individual(taxonomy: str | None) -> bool:
    """Whether a taxonomy code is that of a person. Those of groups (193), agencies, clinics and suppliers (25 to 34)
    do not tell who rendered a service."""
    return (taxonomy or "")[:2] in _OF_INDIVIDUALS


def taxonomy_in(claim: Claim, line: Line, prefixes: tuple[str, ...]) -> bool:
    """Whether the rendering provider of the line has a taxonomy code with one of these prefixes."""
    return (claim.rendering_taxonomy(line) or "").startswith(prefixes)


LONGEST_SPAN = 366
"""Days of a span; a longer one is an error in a date, and is judged by its from date."""


def span_of(line: Line) -> int:
    """How many days a line spans; 1 where its dates do not form a span."""
    if not line.to_date or line.to_date == line.from_date:
        return 1
    first, last = line.day, line.last_day
    if first is None or last is None or not 0 <= (last - first).days < LONGEST_SPAN:
        return 1
    return (last - first).days + 1


def days_of(line: Line) -> list[date | None]:
    """Every date of service of a line; ``[None]`` where it has no valid one."""
    first, count = line.day, span_of(line)
    return [first] if count == 1 or first is None else [first + timedelta(days=i) for i in range(count)]


def same_session(claim: Claim, line: Line) -> tuple[object, ...]:
    """What makes lines of one claim one encounter: the date of service and the rendering provider."""
    return line.day or line.from_date, claim.rendering_npi(line)


def biller(claim: Claim, line: Line) -> str | None:
    """The provider of a line as payers see it: the rendering provider, or the hospital."""
    return claim.billing_npi if claim.setting == OUTPATIENT else claim.rendering_npi(line)


def is_visit(code: str, rules: Rules) -> bool | None:
    """Whether a code is an E/M service; None where no list is in force."""
    try:
        return bool(rules.listed("visits", code))
    except NotInForce:
        return None


MOST_NAMED = 10
"""Codes and rows that one message names. A claim may have thousands of lines, each with a message."""


def named(lines: Iterable[Line]) -> str:
    """The codes of lines as messages list them."""
    return listing({line.code for line in lines})


def listing(codes: Collection[str]) -> str:
    """Codes as messages list them, in order: the first ones, and how many more there are."""
    more = len(codes) - MOST_NAMED
    return ", ".join(sorted(codes)[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


Day = date | str
"""A date of service; as billed where it is not a date."""


class LinesOfDays:
    """The lines of a claim by date, provider and code, each in the order billed. A check looks up here which other
    lines go with a line: comparing each line with every other takes too long where there are thousands.

    Args:
        claim: the claim.
        provider: returns the provider of a line, as the check distinguishes providers.
    """

    def __init__(self, claim: Claim, provider: Callable[[Claim, Line], Hashable] = biller) -> None:
        self._places = {id(line): place for place, line in enumerate(claim.lines)}
        self._by_code: dict[tuple[Day, Hashable], dict[str, list[Line]]] = {}
        for line in claim.lines:
            for day in days_of(line):
                codes = self._by_code.setdefault((day or line.from_date, provider(claim, line)), {})
                codes.setdefault(line.code, []).append(line)

    def codes(self, day: Day, provider: Hashable) -> Mapping[str, Sequence[Line]]:
        """The lines of a provider on a date, by their code."""
        return self._by_code.get((day, provider), {})

    def of(self, days: Iterable[Day], provider: Hashable, codes: Collection[str]) -> tuple[Line, ...]:
        """The lines with these codes on any of these dates."""
        found: dict[int, Line] = {}
        for day in days:
            by_code = self.codes(day, provider)
            fewer = codes if len(codes) < len(by_code) else by_code
            found |= {self._places[id(line)]: line for c in fewer if c in codes for line in by_code.get(c, ())}
        return tuple(found[place] for place in sorted(found))
