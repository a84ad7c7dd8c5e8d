"""Providers who are on a list: excluded from federal health care programs, or with an NPI that is deactivated."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from claimcheck.authoring.check import ClaimColumns, claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.claim_data import NPI_REMARKS, npis_of, npis_of_all_lines
from claimcheck.claim import Claim, Line
from claimcheck.message import WARN, Finding, codes
from claimcheck.rulebook import Npi, Rulebook
from claimcheck.rulebook.tables.npis import DEACTIVATED, EXCLUDED


class _Found(NamedTuple):
    """A provider who is on a list on a day of service: as which they are reported, and on which line; None for all."""

    roles: list[str]
    npi: str
    line: Line | None
    row: Npi

    @property
    def whose(self) -> str:
        """As which they are reported, in words."""
        *others, last = self.roles
        return f"{', '.join(others)} and {last}" if others else last

    @property
    def remark(self) -> str:
        """The remark code of the first of these."""
        return NPI_REMARKS[self.roles[0]]


def _none_on(table: str) -> Callable[[ClaimColumns], bool]:
    """The test of whether a list has none of the NPIs of some claims, or is not in force."""

    def is_clean(block: ClaimColumns) -> bool:
        governed = [rules for rules in block.rules if rules.governs(table)]
        npis = {npi for npi in block.npis if npi} if governed else ()
        return not any(rules.listed_npis(table, npis) for rules in governed)

    return is_clean


def _on_list(table: str, claim: Claim, rulebook: Rulebook) -> Iterator[_Found]:
    """Every provider of a claim who is on a list: one of the whole claim once, another for the line."""
    of_claim = npis_of_all_lines(claim)
    days = [line.day for line in claim.lines]
    for npi, roles in of_claim.items():
        if row := _row(table, npi, days, rulebook):
            yield _Found(roles, npi, None, row)
    for line in claim.lines:
        roles_of: dict[str, list[str]] = {}
        for role, of_role in npis_of(line):
            if of_role and of_role not in of_claim:
                roles_of.setdefault(of_role, []).append(role)
        for npi, roles in roles_of.items():
            if row := _row(table, npi, [line.day], rulebook):
                yield _Found(roles, npi, line, row)


def _row(table: str, npi: str, days: Iterable[date | None], rulebook: Rulebook) -> Npi | None:
    """What a list says of an NPI on the first of some days on which it is listed. A day that no list speaks of is
    nobody's gap: nobody needs to have one."""
    for day in dict.fromkeys(days):
        rules = rulebook.on(day)
        if day and rules.listed_npis(table, (npi,)) and (row := rules.npi(table, npi, day)):
            return row
    return None


_EXCLUDED_IN_2020: Final = {A_PHYSICIAN: Npi(first=date(2020, 5, 20))}


@claim_check(
    "NPI-EXCLUDED",
    severity=WARN,
    citation=citations.EXCLUSIONS,
    codes=codes("CO-B7", "", "A3:91", "L"),
    refines=(EXCLUDED,),
    clean_if=_none_on(EXCLUDED),
    examples=(
        passes("not on the list", a_claim(a_line()), excluded_npis=_EXCLUDED_IN_2020),
        fires(
            "a rendering provider",
            a_claim(a_line(rendering_npi=A_PHYSICIAN)),
            says="Rendering provider NPI 1234567802 is excluded from federal health care programs since 2020-05-20",
            excluded_npis=_EXCLUDED_IN_2020,
        ),
        fires(
            "who ordered it",
            a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)),
            says="Ordering",
            excluded_npis=_EXCLUDED_IN_2020,
        ),
        fires(
            "the billing provider",
            a_claim(a_line()),
            says="Billing",
            excluded_npis={AN_ORGANISATION: Npi(first=date(2025, 3, 10))},
        ),
        passes(
            "excluded later",
            a_claim(a_line()),
            excluded_npis={AN_ORGANISATION: Npi(first=date(2025, 3, 11))},
        ),
        passes(
            "reinstated",
            a_claim(a_line()),
            excluded_npis={AN_ORGANISATION: Npi(first=date(2010, 1, 20), last=date(2025, 3, 9))},
        ),
        passes("no list", a_claim(a_line(rendering_npi=A_PHYSICIAN))),
    ),
)
def provider_is_excluded(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A provider of the claim is excluded from federal health care programs on the day of service.

    No federal program pays for what an excluded individual or entity furnishes, orders or prescribes, and whoever
    bills for it risks civil money penalties. The edit looks up the billing, rendering, referring and ordering NPIs in
    OIG's List of Excluded Individuals and Entities (LEIE). Few of its entries have an NPI: screening by name
    is still needed. Waivers for a State are not known to the edit. The list says what holds when it is released. It
    judges services of the 90 days before that, and without one nothing is judged.
    """
    for found in _on_list(EXCLUDED, claim, rulebook):
        yield Finding(
            f"{found.whose.capitalize()} provider NPI {found.npi} is excluded from federal health care programs "
            f"since {found.row.first} (OIG LEIE).",
            "Verify the name at exclusions.oig.hhs.gov. If confirmed, do not bill a federal program for the service.",
            line=found.line,
            field=f"{found.roles[0]}_npi",
            observed=found.npi,
            by=(found.row,),
        )


_DEACTIVATED_IN_2024: Final = {A_PHYSICIAN: Npi(first=date(2024, 6, 3))}


@claim_check(
    "NPI-DEACTIVATED",
    severity=WARN,
    citation=citations.NPPES,
    codes=codes("CO-208", "N290", "A7:562"),
    refines=(DEACTIVATED,),
    clean_if=_none_on(DEACTIVATED),
    examples=(
        passes("not on the list", a_claim(a_line()), deactivated_npis=_DEACTIVATED_IN_2024),
        fires(
            "before the service",
            a_claim(a_line(rendering_npi=A_PHYSICIAN)),
            says="Rendering provider NPI 1234567802 was deactivated on 2024-06-03",
            deactivated_npis=_DEACTIVATED_IN_2024,
        ),
        fires(
            "on the day",
            a_claim(a_line()),
            says="Billing",
            deactivated_npis={AN_ORGANISATION: Npi(first=date(2025, 3, 10))},
        ),
        passes(
            "after the service",
            a_claim(a_line()),
            deactivated_npis={AN_ORGANISATION: Npi(first=date(2025, 3, 11))},
        ),
        passes("no list", a_claim(a_line(rendering_npi=A_PHYSICIAN))),
    ),
)
def npi_is_deactivated(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A provider's NPI was deactivated on or before the day of service.

    The edit looks up the billing, rendering, referring and ordering NPIs in the list of NPIs that NPPES deactivated.
    The list says what holds when it is released: an NPI that is active again is no longer in it. It judges services of
    the 90 days before its release, and without one nothing is judged.
    """
    for found in _on_list(DEACTIVATED, claim, rulebook):
        yield Finding(
            f"{found.whose.capitalize()} provider NPI {found.npi} was deactivated on {found.row.first} (NPPES).",
            f"Look up the {found.whose} provider in NPPES and report the NPI that is active.",
            line=found.line,
            field=f"{found.roles[0]}_npi",
            observed=found.npi,
            by=(found.row,),
            codes=codes("CO-208", found.remark, "A7:562"),
        )
