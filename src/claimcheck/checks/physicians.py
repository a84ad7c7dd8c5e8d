"""Who is one physician: Medicare pays practitioners of one group and one specialty as if they were one.

The group is the billing provider. The specialty is the one of enrollment, which a claim shows by the taxonomy code of
the rendering provider: the crosswalk (``specialties``) gives the Medicare specialty codes that each may stand for. Pair
edits, unit limits and duplicates never ask: they are about one rendering NPI.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from claimcheck.claim import Claim, Line, Service
from claimcheck.message import INFORM, Severity, Sourced
from claimcheck.rulebook import Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.tables.code_sets import SPECIALTIES

Maybe = Literal["nothing", "inform"]
"""What a check says of two practitioners who may be of one specialty: a taxonomy code stands for several, and the other
one has one of them."""

COLLEAGUE: Final = "colleague"
"""The case of findings that rest on a service of another practitioner of the group."""

_NON_PHYSICIANS: Final = frozenset({"42", "43", "50", "62", "68", "80", "89", "97"})
"""Nurse-midwives, nurse anesthetists, nurse practitioners, psychologists, clinical social workers, clinical nurse
specialists, physician assistants: each is enrolled by profession, which says nothing of the field that they work in."""
_NON_PHYSICIAN_TAXONOMIES: Final = ("363A", "363L", "364S", "3675", "367A", "103T", "1041")
"""The same by their taxonomy codes, for a day whose crosswalk is not at hand."""
_MULTI_SPECIALTY: Final = "193200000X"
"""Taxonomy code of a group of several specialties: it does not tell which one is a member's."""

Specialties = Callable[[Claim, Line], tuple[str, ...]]
"""The specialties of who rendered a line: two practitioners are as one where they share any. None where that is not
known, or where a specialty does not tell."""


def _row_of(taxonomy: str, rules: Rules) -> Listed | None:
    """The Medicare specialty codes that a taxonomy code may stand for; None where the crosswalk does not say."""
    try:
        row = rules.row(SPECIALTIES, taxonomy)
    except NotInForce:
        return None
    return row if isinstance(row, Listed) else None


def crosswalk(claim: Claim, one: Line, other: Line, rulebook: Rulebook) -> tuple[Sourced, ...]:
    """The rows that make two practitioners one, where their taxonomy codes are not the same."""
    if claim.rendering_npi(one) == claim.rendering_npi(other):
        return ()
    taxonomies = claim.rendering_taxonomy(one), claim.rendering_taxonomy(other)
    if taxonomies[0] == taxonomies[1]:
        return ()
    rows = [_row_of(taxonomy, rulebook.on(one.day)) for taxonomy in taxonomies if taxonomy]
    return tuple(row for row in rows if row)


def one_specialty(rulebook: Rulebook, *, non_physicians: bool = False) -> Specialties:
    """Practitioners of one specialty have the same taxonomy code, or each a single Medicare specialty, the same one.
    Where ``non_physicians`` count too, all nurse practitioners are of one specialty, as they are enrolled."""

    def specialties(taxonomy: str, codes: frozenset[str]) -> tuple[str, ...]:
        return (*codes,) if len(codes) == 1 else (taxonomy,)

    return _of_practitioner(rulebook, specialties, non_physicians)


def perhaps_one_specialty(rulebook: Rulebook, *, non_physicians: bool = False) -> Specialties:
    """Practitioners may be of one specialty where their taxonomy codes stand for one that is the same."""

    def specialties(taxonomy: str, codes: frozenset[str]) -> tuple[str, ...]:
        return (taxonomy, *sorted(codes))

    return _of_practitioner(rulebook, specialties, non_physicians)


def degrees_of(rulebook: Rulebook, maybe: Maybe) -> list[tuple[Specialties, Severity | None]]:
    """How practitioners may be as one, the surest first, with the severity of what rests on it where that is milder."""
    sure: tuple[Specialties, Severity | None] = one_specialty(rulebook), None
    return [sure, (perhaps_one_specialty(rulebook), INFORM)] if maybe == "inform" else [sure]


def _of_practitioner(
    rulebook: Rulebook, specialties: Callable[[str, frozenset[str]], tuple[str, ...]], non_physicians: bool
) -> Specialties:
    def of(claim: Claim, line: Line) -> tuple[str, ...]:
        taxonomy = claim.rendering_taxonomy(line)
        if not taxonomy or taxonomy == _MULTI_SPECIALTY:
            return ()
        row = _row_of(taxonomy, rulebook.on(line.day))
        codes = frozenset(row.value.split()) if row else frozenset()
        return () if not non_physicians and _is_non_physician(taxonomy, codes) else specialties(taxonomy, codes)

    return of


def _is_non_physician(taxonomy: str, codes: frozenset[str]) -> bool:
    return codes <= _NON_PHYSICIANS if codes else taxonomy.startswith(_NON_PHYSICIAN_TAXONOMIES)


class OfOneDay(NamedTuple):
    """What several practitioners of one specialty billed on a day: by code the first line of each of them."""

    day: date
    by_code: Mapping[str, Sequence[Line]]


def days_of_several(
    claim: Claim, specialties: Specialties, is_concerned: Callable[[Service], bool]
) -> Iterator[OfOneDay]:
    """The days on which several practitioners of one specialty billed services of a kind. A line that spans several
    days is left out: it does not say on which of them they saw the patient."""
    npis: dict[tuple[date, str], set[str]] = {}
    found: dict[tuple[date, str], dict[str, dict[str, _Ranked]]] = {}
    for place, line in enumerate(claim.lines):
        day = line.day if is_concerned(line.service) else None
        npi = claim.rendering_npi(line)
        if day is None or line.last_day != day or not npi:
            continue
        ranked = place >= claim.earlier, line.modifiers, place, line
        for specialty in specialties(claim, line):
            npis.setdefault((day, specialty), set()).add(npi)
            by_npi = found.setdefault((day, specialty), {}).setdefault(line.code, {})
            by_npi[npi] = min(by_npi.get(npi, ranked), ranked, key=_RANK)
    for about, by_code in found.items():
        if len(npis[about]) > 1:
            yield OfOneDay(about[0], {code: _in_order(by_npi) for code, by_npi in by_code.items()})


_Ranked = tuple[bool, tuple[str, ...], int, Line]
_RANK: Final = itemgetter(0, 1, 2)
"""Lines of earlier claims come first, so that what is wrong is told of the claim that is judged now; then those with
fewer modifiers, since the order of a claim's lines decides only between lines that are alike."""


def _in_order(by_npi: Mapping[str, _Ranked]) -> list[Line]:
    return [line for *_, line in sorted(by_npi.values(), key=_RANK)]


def by_another(claim: Claim, lines: Sequence[Line], line: Line) -> Line | None:
    """The first of some lines, each of another practitioner, that is not by the practitioner of a line."""
    npi = claim.rendering_npi(line)
    return next((one for one in lines[:2] if claim.rendering_npi(one) != npi), None)
