"""What a service requires in addition to its code: the ordering provider, and a description where the code has none."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final

from claimcheck.authoring.check import PRICED, ClaimColumns, claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.claim_data import npi_problem
from claimcheck.checks.families import UNCLASSIFIED_DRUGS, is_laboratory_test, is_unlisted
from claimcheck.claim import DME, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, Setting
from claimcheck.message import REJECT, WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import Absent, Fee, NotInForce, Npi, Rulebook, Rules
from claimcheck.rulebook.sections import number_of
from claimcheck.rulebook.tables.npis import ORDER_REFERRING, SERVICES

_SCREENING = frozenset({"77063", "77067"})
"""Screening mammography, which needs no order (42 CFR 410.34)."""
_REPAIRS = frozenset({"K0739", "K0740"})
_TESTS = ("1", "3", "4")
"""PC/TC indicators of tests: with both components, the technical one alone, the global test alone."""


@lru_cache(maxsize=4096)
def _is_test(code: str) -> bool:
    """Whether a code is a laboratory's test or diagnostic imaging."""
    return is_laboratory_test(code) or _is_imaging(code)


def _is_imaging(code: str) -> bool:
    """Diagnostic imaging; not the guidance of procedures, nor radiation oncology."""
    number = number_of(code)
    ranges = ((70010, 76499), (76506, 76886), (77046, 77092), (78012, 78999))
    return any(first <= number <= last for first, last in ranges) and code not in _SCREENING


def _may_be_ordered(service: Service, rules: Rules) -> bool:
    """Whether a service requires an order, as far as its code tells."""
    code = service.code
    if service.setting == DME:
        return code[:1] in ("A", "B", "E", "K", "L") and code not in _REPAIRS
    return "26" not in service.modifiers and _is_test(code)


@claim_check(
    "ORDREF",
    severity=REJECT,
    citation=citations.ORDERING,
    codes=codes("CO-16", "N265", "A6:562"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL, DME),
    applies_to=_may_be_ordered,
    examples=(
        passes("ordered", a_claim(a_line("71046", ordering_npi=A_PHYSICIAN))),
        passes("referred", a_claim(a_line("71046", referring_npi=A_PHYSICIAN, ordering_npi=""))),
        fires(
            "no ordering provider",
            a_claim(a_line("71046", referring_npi="", ordering_npi="")),
            says="missing",
            fee={"71046": Fee(pctc="1")},
        ),
        fires(
            "a laboratory test",
            a_claim(a_line("85025", referring_npi="", ordering_npi="")),
            fee={"85025": Fee("X", "9")},
        ),
        fires(
            "equipment",
            a_claim(a_line("E0601", setting=DME, referring_npi="", ordering_npi="")),
            says="loop 2420E NM1*DK (CMS-1500 items 17, 17b)",
        ),
        passes(
            "the reading",
            a_claim(a_line("71046-26", referring_npi="", ordering_npi="")),
            fee={"71046": Fee(pctc="1")},
        ),
        passes("screening", a_claim(a_line("77067", referring_npi="", ordering_npi="")), fee={"77067": Fee(pctc="1")}),
        passes("a visit", a_claim(a_line("99213", referring_npi="", ordering_npi=""))),
        passes(
            "a pathologist's own service",
            a_claim(a_line("80503", referring_npi="", ordering_npi="")),
            fee={"80503": Fee("A", "0")},
        ),
        fires(
            "the practice as the ordering provider",
            a_claim(a_line("71046", ordering_npi=AN_ORGANISATION, rendering_npi=A_PHYSICIAN)),
            says="individual",
            fee={"71046": Fee(pctc="1")},
        ),
        passes("a physician who bills under their own NPI", a_claim(a_line("85025", ordering_npi=AN_ORGANISATION))),
        passes("a source that does not tell", a_claim(a_line("71046", referring_npi=None, ordering_npi=None))),
        not_judged("no fee schedule", a_claim(a_line("71046", referring_npi="", ordering_npi=""))),
    ),
)
def nobody_ordered_it(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The ordering or referring provider is missing, or is an organization.

    Laboratory tests, diagnostic imaging (the technical component or the global service) and items of DME
    suppliers require the name and NPI of the individual who ordered or referred: loop 2420E NM1*DK, or 2310A or
    2420F NM1*DN (CMS-1500 items 17 and 17b). In an office the physician who rendered the test is also the ordering
    provider, and is reported again. Screening mammography needs no order. The ordering provider is an individual
    (Type 1 NPI): the NPI that a group or laboratory bills under is Type 2.
    """
    for line in claim.lines:
        named = line.ordering_npi or line.referring_npi
        missing = not named and (line.ordering_npi is not None or line.referring_npi is not None)
        if not missing and not (named and _is_billing_organization(claim, line, named)):
            continue
        if not _may_be_ordered(line.service, rulebook.undated):
            continue
        try:
            rests_on = _is_ordered(line, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if rests_on is not None:
            yield _order_finding(line, named)._replace(by=rests_on)


def _is_ordered(line: Line, rules: Rules) -> tuple[Sourced, ...] | None:
    """The rows by which a service needs an order; None where it needs none."""
    if line.service.setting == DME:
        return ()
    row = rules.fee(line.code, line.modifiers)
    if not row:
        return None
    by_laboratory = row.status == "X" and is_laboratory_test(line.code)
    return (row,) if by_laboratory or row.pctc in _TESTS else None


_ORGANIZATIONS = ("26", "28", "291U", "293D", "33", "335V")
"""Taxonomies of clinics, hospitals, laboratories, testing facilities and suppliers."""


def _is_billing_organization(claim: Claim, line: Line, npi: str) -> bool:
    """Whether an NPI is that of an organization: the billing one, where another rendered the service or its
    taxonomy says so. A physician who bills under their own NPI may well have ordered."""
    if npi != claim.billing_npi:
        return False
    others = line.rendering_npi is not None and line.rendering_npi != npi
    return others or (claim.billing_taxonomy or "").startswith(_ORGANIZATIONS)


def _order_finding(line: Line, named: str | None) -> Finding:
    field = "ordering_npi" if line.ordering_npi or not named else "referring_npi"
    if named:
        text = f"Ordering/referring NPI for {line.code} is the billing group's; an individual (Type 1) NPI is required."
        remedy = "Report the ordering practitioner's individual (Type 1) NPI."
        wrong = codes("CO-16", "N265", "A7:562")
        return Finding(text, remedy, line=line, field=field, observed=named[:20], codes=wrong)
    # Of a DME supplier's items nobody refers: a practitioner orders them.
    loop, element = "loop 2420E NM1*DK", "2420E NM109"
    if line.service.setting != DME:
        loop, element = f"{loop} or 2310A NM1*DN", f"{element} / 2310A NM109"
    return Finding(
        f"Ordering/referring provider NPI missing for {line.code}.",
        f"Report the individual's name and NPI: {loop} (CMS-1500 items 17, 17b).",
        line=line,
        field=field,
        observed="",
        element=element,
    )


_PART_B, _DME = "PARTB", "DME"
"""Columns of the Order and Referring list: whether an NPI may order Part B services, and equipment."""


def _listed_as(setting: Setting) -> str:
    """The column that says whether an NPI may order on a claim of a kind."""
    return _DME if setting == DME else _PART_B


def _all_may_order(block: ClaimColumns) -> bool:
    """Whether the list has all who are reported as ordering or referring, for any claim, or is not in force."""
    governed = [rules for rules in block.rules if rules.governs(ORDER_REFERRING)]
    if not governed:
        return True
    columns = block.columns["ordering_npi"], block.columns["referring_npi"]
    npis = {npi for column in columns for npi in set(column) if npi}
    return all(_are_listed(rules, npis) for rules in governed)


def _are_listed(rules: Rules, npis: set[str]) -> bool:
    listed = rules.listed_npis(ORDER_REFERRING, npis)
    values = {value for held in set(listed.values()) for _, _, value in held}
    return len(listed) == len(npis) and all({*value.split()} >= {_PART_B, _DME} for value in values)


_ORDERED: Final = {"71046": Fee(pctc="1")}


@claim_check(
    "ORDREF-LIST",
    severity=WARN,
    citation=citations.ORDERING,
    codes=codes("CO-16", "N265", "A7:562"),
    needs=("fee_schedule",),
    refines=(ORDER_REFERRING,),
    settings=(PROFESSIONAL, DME),
    applies_to=_may_be_ordered,
    clean_if=_all_may_order,
    examples=(
        passes(
            "on the list",
            a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)),
            order_referring={A_PHYSICIAN: Npi("PARTB DME HHA PMD")},
            fee=_ORDERED,
        ),
        fires(
            "not on the list",
            a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)),
            says="Ordering NPI 1234567802 for 71046 is not on the Order and Referring list",
            order_referring={"1000000004": Npi("PARTB DME")},
            fee=_ORDERED,
        ),
        fires(
            "not for Part B services",
            a_claim(a_line("71046", referring_npi=A_PHYSICIAN)),
            says="Referring NPI 1234567802 for 71046 is on the Order and Referring list, but not for Part B services",
            order_referring={A_PHYSICIAN: Npi("HHA")},
            fee=_ORDERED,
        ),
        fires(
            "not for equipment",
            a_claim(a_line("E0601", setting=DME, ordering_npi=A_PHYSICIAN)),
            says="DMEPOS items",
            order_referring={A_PHYSICIAN: Npi("PARTB")},
        ),
        passes(
            "a visit",
            a_claim(a_line("99213", referring_npi=A_PHYSICIAN)),
            order_referring={"1000000004": Npi("PARTB DME")},
        ),
        passes("no list", a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)), fee=_ORDERED),
        not_judged(
            "no fee schedule",
            a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)),
            order_referring={"1000000004": Npi("PARTB DME")},
        ),
    ),
)
def not_enrolled_to_order(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The ordering or referring provider is not on the Order and Referring list of PECOS.

    What needs an order (see ORDREF) is paid only if whoever orders or refers is enrolled in Medicare or has validly
    opted out. CMS lists them by NPI, with what each may order: the list's column PARTB counts for Part B services, DME
    for items of DME suppliers. The list says what holds when it is released: it judges services of the 90 days before
    that, and without one nothing is judged.
    """
    for line in claim.lines:
        npi = line.ordering_npi or line.referring_npi
        if line.day is None or not npi or npi_problem(npi) or not _may_be_ordered(line.service, rulebook.undated):
            continue
        rules = rulebook.on(line.day)
        row = _on_order_list(rules, npi, line.day)
        column = _listed_as(line.service.setting)
        if row is None or (row and column in row.value.split()):
            continue
        try:
            rests_on = _is_ordered(line, rules)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if rests_on is not None:
            yield _list_finding(line, npi, row, column)._replace(by=(row, *rests_on))


def _on_order_list(rules: Rules, npi: str, day: date) -> Npi | Absent | None:
    """What the list says of an NPI; None where there is none that speaks of the day: nobody needs to have one."""
    if not rules.governs(ORDER_REFERRING):
        return None
    try:
        return rules.npi(ORDER_REFERRING, npi, day)
    except NotInForce:
        return None


def _list_finding(line: Line, npi: str, row: Npi | Absent, column: str) -> Finding:
    role = "ordering" if line.ordering_npi else "referring"
    services = SERVICES[column]
    text = f"{role.capitalize()} NPI {npi} for {line.code} is not on the Order and Referring list (PECOS)."
    remedy = "Verify the NPI and the enrollment in PECOS; report a practitioner who is enrolled or has opted out."
    wrong = codes("CO-16", "N265" if role == "ordering" else "N286", "A7:562")
    if row:
        text = (
            f"{role.capitalize()} NPI {npi} for {line.code} is on the Order and Referring list, but not for {services}."
        )
        remedy = f"Report a practitioner who may order {services}, or have the enrollment in PECOS corrected."
        wrong = codes("CO-184" if role == "ordering" else "CO-183", "N574", "A7:562")
    return Finding(text, remedy, line=line, field=f"{role}_npi", observed=npi, codes=wrong, yields_to=("ORDREF",))


def _says_nothing(service: Service, rules: Rules) -> bool:
    """Whether a code has no description of its own."""
    return is_unlisted(service.code) or service.code in UNCLASSIFIED_DRUGS


@claim_check(
    "NOC-DESC",
    severity=REJECT,
    citation=citations.UNLISTED,
    codes=codes("CO-16", "N350", "A6:306"),
    settings=(*PRICED, DME),
    applies_to=_says_nothing,
    examples=(
        passes("described", a_claim(a_line("19499", description="what was done"))),
        fires("not described", a_claim(a_line("19499", description="")), says="description"),
        fires("an unclassified drug", a_claim(a_line("J3490", description=" ")), says="description"),
        fires(
            "on a hospital claim",
            a_claim(a_line("19499", description="", setting=OUTPATIENT)),
            says="SV202-7 or NTE (UB-04 FL 80)",
        ),
        fires("an unlisted laboratory test", a_claim(a_line("84999", description="")), severity=WARN),
        passes("a code that says it", a_claim(a_line("99213", description=""))),
        passes("a source that has no descriptions", a_claim(a_line("19499", description=None))),
    ),
)
def unlisted_without_description(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """An unlisted or not otherwise classified (NOC) code without a description.

    The line's description (SV101-7) is required with such a code; a note (NTE) of the line or claim is
    accepted too (CMS-1500 item 19). For a drug, report its name and dosage. Medicare no longer lists laboratory
    codes as NOC, so they only warn. The description itself is never judged or repeated.
    """
    for line in claim.lines:
        if line.description is None or line.description.strip() or not _says_nothing(line.service, rulebook.undated):
            continue
        hospital = line.service.setting == OUTPATIENT
        where = "SV202-7 or NTE (UB-04 FL 80)" if hospital else "SV101-7 or NTE (CMS-1500 item 19)"
        yield Finding(
            f"{line.code} is an unlisted or NOC code; the line has no description.",
            f"Report a description of the service, or the drug's name and dosage: {where}.",
            line=line,
            field="description",
            observed="",
            severity=WARN if is_laboratory_test(line.code) else None,
        )
