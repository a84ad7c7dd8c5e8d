"""Vaccines and their administration: which code administers which vaccine, and neither without the other."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import Day, either, listing
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import REJECT, WARN, Finding, codes
from claimcheck.rulebook import Rulebook, Rules


class _Group(NamedTuple):
    """Vaccines that have an administration code of their own for Medicare."""

    name: str
    administration: str
    products: frozenset[str]


def _codes(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(str(number) for first, last in ranges for number in range(first, last + 1))


_INFLUENZA = _codes(
    *((90616, 90616), (90630, 90630), (90653, 90658), (90660, 90662), (90672, 90674), (90682, 90682), (90685, 90689)),
    *((90694, 90694), (90756, 90756)),
) | {f"Q203{last}" for last in range(4, 10)}
_PNEUMOCOCCAL = frozenset({"90670", "90671", "90677", "90684", "90732"})
_HEPATITIS_B = frozenset({"90739", "90740", "90743", "90744", "90746", "90747", "90759"})
_COVID = _codes((91300, 91399))
_GROUPS = (
    _Group("influenza", "G0008", _INFLUENZA),
    _Group("pneumococcal", "G0009", _PNEUMOCOCCAL),
    _Group("hepatitis B", "G0010", _HEPATITIS_B),
    _Group("COVID-19", "90480", _COVID),
)
_BY_ADMINISTRATION = {group.administration: group for group in _GROUPS}
_90480_FROM = date(2023, 9, 11)
"""The first day of 90480; before, each COVID-19 vaccine had administration codes of its own, such as 0001A."""
_GROUPED = frozenset().union(*(group.products for group in _GROUPS))
_PRODUCTS = _GROUPED | (_codes((90476, 90759)) - {"90480"})
_ANY_VACCINE = frozenset({"90460", "90461", "90471", "90472", "90473", "90474"})
"""Administration of any vaccine, by CPT."""
_FIRST = frozenset({"90460", "90471", "90473", *_BY_ADMINISTRATION})
"""Administration codes that need a product; the others add to one of them."""
_ADMINISTRATION = _ANY_VACCINE | _FIRST | {"90470", *(f"{number:04}A" for number in range(1, 175))}
_IMMUNE_GLOBULINS = _codes((90281, 90399))
_FAMILY = _PRODUCTS | _ADMINISTRATION | _IMMUNE_GLOBULINS
_PAIRED = _PRODUCTS | _FIRST
_NONE_OTHER = _GROUPED | _ADMINISTRATION
"""Beside these alone, no vaccine of the day explains an administration code of any vaccine."""


def _day(line: Line) -> Day:
    return line.day or line.from_date


def _codes_by_day(lines: tuple[Line, ...]) -> dict[Day, set[str]]:
    """The codes of vaccines and their administration on each day."""
    found: dict[Day, set[str]] = {}
    for line in lines:
        if line.code in _FAMILY:
            found.setdefault(_day(line), set()).add(line.code)
    return found


@claim_check(
    "VAX-ADMIN",
    severity=REJECT,
    adopted_from="CMS rules on vaccines",
    citation=citations.VACCINES,
    codes=codes("CO-16", "N56", "A7:507"),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: service.code in _ANY_VACCINE,
    examples=(
        passes("influenza by G0008", a_claim(a_line("90662"), a_line("G0008"))),
        passes(
            "and another vaccine by 90471",
            a_claim(a_line("90662"), a_line("90715"), a_line("G0008-59"), a_line("90471")),
        ),
        passes("another vaccine on the day", a_claim(a_line("90662"), a_line("90715"), a_line("90471"))),
        passes("another day", a_claim(a_line("90662", day="20250310"), a_line("90471", day="20250311"))),
        passes("COVID-19 before 90480", a_claim(a_line("91300", day="20230910"), a_line("90471", day="20230910"))),
        fires(
            "influenza by 90471",
            a_claim(a_line("90662"), a_line("90471")),
            says="G0008 is required for 90662; 90471 is",
        ),
        fires("hepatitis B by 90460", a_claim(a_line("90746"), a_line("90460")), says="G0010 is required for 90746"),
        fires(
            "COVID-19 from the first day of 90480",
            a_claim(a_line("91320", day="20230911"), a_line("90471", day="20230911")),
            says="90480 is required for 91320",
        ),
        fires(
            "the second of two",
            a_claim(a_line("90662"), a_line("G0008"), a_line("90677"), a_line("90472")),
            says="G0009 is required for 90677; 90472 is",
        ),
    ),
)
def administration_of_another_vaccine(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Influenza, pneumococcal, hepatitis B or COVID-19 vaccine with an administration code that Medicare does not take.

    Medicare pays their administration by G0008, G0009, G0010 and 90480, one code per vaccine, and takes 90460 to 90474
    for other vaccines only. The edit is on the administration line. It is silent where another vaccine of the day
    explains the code. It is a soft reject: a payer may still price the line, and its profile may lower the severity.
    """
    by_day = _codes_by_day(claim.lines)
    for line in claim.lines:
        if line.code not in _ANY_VACCINE:
            continue
        billed = by_day[_day(line)]
        if not billed <= _NONE_OTHER:
            continue
        wanted = {
            group.administration: listing(products)
            for group in _GROUPS
            if (products := group.products & billed) and group.administration not in billed and _is_taken(group, line)
        }
        if wanted:
            (first, its), *others = wanted.items()
            also = "".join(f", and {code} for {products}" for code, products in others)
            yield Finding(
                f"{first} is required for {its}{also}; {line.code} is reported.",
                f"Replace {line.code} with {either([*wanted])}; report one administration code per vaccine.",
                line=line,
                field="code",
                observed=line.code,
                allowed=" ".join(wanted),
                soft=True,
            )


def _is_taken(group: _Group, line: Line) -> bool:
    """Whether Medicare takes the group's administration code on the day of a line."""
    return group.administration != "90480" or (line.day is not None and line.day >= _90480_FROM)


@service_check(
    "VAX-ADMIN2",
    severity=WARN,
    citation=citations.VACCINE_ADMINISTRATION,
    codes=codes("CO-16", "N56", "A7:507", "L"),
    settings=(PROFESSIONAL,),
    examples=(
        passes("by CPT", a_service("90471")),
        passes("COVID-19", a_service("90480")),
        fires("influenza", a_service("G0008"), says="90471 or 90460"),
        fires("hepatitis B", a_service("G0010"), says="G0010"),
    ),
)
def administration_of_medicare(service: Service, rules: Rules) -> Iterator[Finding]:
    """Vaccine administration code of Medicare (G0008, G0009, G0010) on a claim to another payer.

    Most other payers take the CPT codes, 90460 and 90461 with counseling of a child, 90471 to 90474 otherwise. A payer
    that takes the G codes says so in its manual.
    """
    if service.code in ("G0008", "G0009", "G0010"):
        yield Finding(
            f"{service.code} is a HCPCS Level II administration code; most payers want 90471 or 90460.",
            f"Replace it with the CPT administration code, unless this payer's manual names {service.code}.",
            field="code",
            observed=service.code,
        )


@claim_check(
    "VAX-PAIR",
    severity=WARN,
    citation=citations.VACCINE_ADMINISTRATION,
    codes=codes("", "", "A2:20"),
    settings=(PROFESSIONAL,),
    across=True,
    days_apart=0,
    applies_to=lambda service, rules: service.code in _PAIRED,
    examples=(
        passes("both", a_claim(a_line("90662"), a_line("G0008"))),
        passes("a vaccine of no group may be a new one", a_claim(a_line("90637"), a_line("G0008"))),
        passes("COVID-19 by its former administration code", a_claim(a_line("91300"), a_line("0001A"))),
        passes("an immune globulin", a_claim(a_line("90371"))),
        passes("an added administration", a_claim(a_line("90472"))),
        fires("a vaccine alone", a_claim(a_line("90662")), says="90662 is reported without"),
        fires("an administration alone", a_claim(a_line("90471")), says="without a vaccine"),
        fires(
            "the vaccine of another group",
            a_claim(a_line("G0009"), a_line("90662")),
            says="without a pneumococcal vaccine",
        ),
        fires("on another day", a_claim(a_line("90715"), a_line("90471", day="20250311"))),
    ),
)
def vaccine_and_administration(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A vaccine without its administration on the day, or an administration without a vaccine.

    Both belong on a claim, a free vaccine at $0.00 where the payer wants it. The patient's earlier claims of the batch
    count. Where one was given elsewhere, or the payer wants one of them alone, no action is needed.
    """
    own = claim.lines[claim.earlier :]
    if _PAIRED.isdisjoint([line.code for line in own]):
        return
    by_day = _codes_by_day(claim.lines)
    for line in own:
        if line.code in _PRODUCTS and _ADMINISTRATION.isdisjoint(by_day[_day(line)]):
            text = f"{line.code} is reported without a vaccine administration code on this date."
            remedy = "Report the administration code if you gave the vaccine; otherwise no action is needed."
        elif line.code in _FIRST and (missing := _missing_vaccine(line.code, by_day[_day(line)])):
            text = f"{line.code} is reported without {missing} on this date."
            remedy = "Report the vaccine's code; one that was free at $0.00, with SL where the payer wants it."
        else:
            continue
        yield Finding(text, remedy, line=line, field="code", observed=line.code)


def _missing_vaccine(administration: str, billed: set[str]) -> str:
    """What an administration code lacks among the codes of a day; "" where that may be there."""
    group = _BY_ADMINISTRATION.get(administration)
    if group is None:
        return "a vaccine" if (_PRODUCTS | _IMMUNE_GLOBULINS).isdisjoint(billed) else ""
    may_be = group.products | (_PRODUCTS - _GROUPED)
    article = "an" if group.name[0] in "aeiou" else "a"
    return f"{article} {group.name} vaccine" if may_be.isdisjoint(billed) else ""
