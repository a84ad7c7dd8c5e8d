"""Providers: the rendering provider of a group's services, and provider taxonomy codes."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from claimcheck.authoring.check import ClaimColumns, claim_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.claim import ASC_TAXONOMY, PROFESSIONAL, Claim, Line, Party
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Listed, NotInForce, Rulebook
from claimcheck.rulebook.tables.code_sets import TAXONOMIES

# Who rendered the services of a group.

_GROUPS: Final = ("193200000X", "193400000X", "261Q")
"""Taxonomies of organizations that bill for their practitioners: groups of several specialties or one, and clinics."""
_ORGANIZATION: Final = "2"
_MASS_IMMUNIZATION: Final = "60"
_A_GROUP: Final = Party(_ORGANIZATION, "CLINIC")


@lru_cache(maxsize=4096)
def _is_group(taxonomy: str | None) -> bool:
    """Whether a taxonomy is of an organization whose practitioners render the services."""
    return taxonomy is not None and taxonomy.startswith(_GROUPS) and taxonomy != ASC_TAXONOMY


def _a_group_bills(claim: Claim) -> bool:
    """Whether an organization bills that is a group or clinic. Rows do not tell persons from organizations (NM102), but
    only organizations have these taxonomies."""
    party = claim.billing_provider
    return _is_group(claim.billing_taxonomy) and (party is None or party.kind == _ORGANIZATION)


def _all_are_named(block: ClaimColumns) -> bool:
    """Whether no group bills, or every line names who rendered it."""
    named = {*block.columns["rendering_npi"]}.isdisjoint((None, ""))
    return named or not any(map(_is_group, {*block.of_claims("billing_taxonomy")}))


def _of_group(*lines: Line, taxonomy: str = "193200000X", party: Party | None = _A_GROUP) -> Claim:
    return a_claim(*lines, billing_taxonomy=taxonomy, billing_provider=party)


_NAMED: Final = a_line(rendering_npi=A_PHYSICIAN)


@claim_check(
    "REND-NPI",
    severity=REJECT,
    citation=citations.RENDERING,
    codes=codes("CO-16", "N290", "A6:562"),
    settings=(PROFESSIONAL,),
    any_code=True,
    clean_if=_all_are_named,
    examples=(
        passes("named", _of_group(_NAMED)),
        passes("named on one line: REND-MIX", _of_group(_NAMED, a_line())),
        fires("a group of several specialties", _of_group(a_line()), says="rendering provider's NPI"),
        fires("a group of one specialty", _of_group(a_line(), taxonomy="193400000X")),
        fires("a clinic", _of_group(a_line(), taxonomy="261QP2300X")),
        passes("a surgical center", _of_group(a_line(), taxonomy=ASC_TAXONOMY)),
        passes("a laboratory", _of_group(a_line("80053"), taxonomy="291U00000X")),
        passes("a physician's own taxonomy", _of_group(a_line(), taxonomy="207Q00000X")),
        passes("a person bills", _of_group(a_line(), party=Party("1", "DOE"))),
        passes("mass immunization", _of_group(a_line("90471", pos="60"))),
        passes("rows do not say that nobody is named", _of_group(a_line(), party=None)),
    ),
)
def rendering_provider_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A group or clinic bills, and no rendering provider's NPI is on the claim.

    Payers pay each practitioner of a group under the practitioner's own NPI, which an 837P has once for the claim (loop
    2310B) or on each line (2420A). Checked are organizations with a taxonomy of a group (193200000X, 193400000X) or
    clinic (261Q...). Surgical centers, and suppliers that have other taxonomies, such as laboratories, ambulances and
    pharmacies, have no rendering provider; neither does roster billing of vaccines in place of service 60. Rows do not
    tell an organization from a person, nor a blank from a column that they lack: they are not checked.
    """
    if claim.billing_provider is None or not _a_group_bills(claim) or any(line.rendering_npi for line in claim.lines):
        return
    if all(line.service.place_of_service == _MASS_IMMUNIZATION for line in claim.lines):
        return
    yield Finding(
        "A group's claim requires the rendering provider's NPI; neither the claim nor a line has it.",
        "Report the practitioner in loop 2310B, or 2420A per line: NM1*82 (CMS-1500 item 24J).",
        field="rendering_npi",
        observed="",
    )


_SHOWN_LINES: Final = 5


@claim_check(
    "REND-MIX",
    severity=WARN,
    citation=citations.RENDERING,
    codes=codes("CO-16", "N290", "A2:20"),
    settings=(PROFESSIONAL,),
    any_code=True,
    clean_if=_all_are_named,
    examples=(
        passes("every line", _of_group(_NAMED, _NAMED)),
        passes("no line: REND-NPI", _of_group(a_line(), a_line())),
        fires("one of two", _of_group(_NAMED, a_line()), says="line 2 has none"),
        fires("in rows", _of_group(a_line(), _NAMED, a_line(), party=None), says="lines 1 and 3 have none"),
        passes("a physician's own taxonomy", _of_group(_NAMED, a_line(), taxonomy="207Q00000X")),
        passes("a person bills", _of_group(_NAMED, a_line(), party=Party("1", "DOE"))),
    ),
)
def rendering_provider_on_some_lines(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A group or clinic bills, and some lines have a rendering provider's NPI while others have none.

    A line without one is taken for the billing provider's, which is a group. The organizations are those of REND-NPI.
    In rows, a line whose ``rendering_npi`` is blank has none.
    """
    missing = [line for line in claim.lines if not line.rendering_npi]
    if not missing or len(missing) == len(claim.lines) or not _a_group_bills(claim):
        return
    yield Finding(
        f"A group's lines require the rendering provider's NPI; {_lines(missing)} none, other lines have one.",
        "Report the practitioner of each line in loop 2420A, or of all in 2310B: NM1*82 (CMS-1500 item 24J).",
        line=missing[0],
        field="rendering_npi",
        observed="",
    )


def _lines(lines: list[Line]) -> str:
    numbers = [line.number for line in lines]
    if len(numbers) == 1:
        return f"line {numbers[0]} has"
    if len(numbers) > _SHOWN_LINES:
        return f"{len(numbers)} lines (the first is {numbers[0]}) have"
    return f"lines {', '.join(numbers[:-1])} and {numbers[-1]} have"


# Taxonomy codes.

_FORM: Final = re.compile("[0-9A-Za-z]{10}", re.ASCII)
_NUCC: Final = re.compile("[0-9]{3}[0-9A-Z]{6}X", re.ASCII)
"""All codes of the list have this form. Anything else may be a name, and is not shown."""


def _taxonomies_are_listed(block: ClaimColumns) -> bool:
    """Whether all taxonomies are in force on all days; a batch has few different ones."""
    found = {*block.of_claims("billing_taxonomy"), *block.columns["rendering_taxonomy"]} - {None}
    return not found or all(rules.all_are(True, TAXONOMIES, found) for rules in block.rules)


_LIST: Final = {TAXONOMIES: {"207Q00000X": Listed()}}
_BILLING: Final = codes("CO-16", "N255", "A7:145")
_RENDERING: Final = codes("CO-16", "N288", "A7:145")


def _billed_as(taxonomy: str) -> Claim:
    return a_claim(a_line(), billing_taxonomy=taxonomy)


@claim_check(
    "TAXONOMY",
    severity=REJECT,
    citation=citations.TAXONOMY,
    codes=_BILLING,
    refines=(TAXONOMIES,),
    step=1,
    any_code=True,
    clean_if=_taxonomies_are_listed,
    examples=(
        passes("a code of the list", _billed_as("207Q00000X"), **_LIST),
        passes("not carried by the source", a_claim(a_line(), billing_taxonomy=None)),
        fires("nine characters", _billed_as("207Q0000X"), says="has 9 characters"),
        fires("empty", _billed_as(""), says="is missing"),
        fires(
            "not in the list", _billed_as("207Q99999X"), says="207Q99999X is not a NUCC code", severity=WARN, **_LIST
        ),
        fires("codes end in X", _billed_as("207Q00000N"), says="is not a NUCC code", severity=WARN),
        fires(
            "a rendering provider's",
            a_claim(a_line(rendering_npi=A_PHYSICIAN, rendering_taxonomy="FAMILY MED"), billing_taxonomy=None),
            says="the rendering provider's has other characters",
        ),
        not_judged("no list for the day", _billed_as("207Q00000X")),
    ),
)
def taxonomy_not_valid(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A provider's taxonomy code is not ten letters or digits, or was not a NUCC code on the date of service.

    Looked at are the billing provider's (PRV*BI) and the rendering providers' (PRV*PE). An ill-formed code rejects. One
    that NUCC deactivated before the date of service, or never had, warns. All codes begin with three digits and end in
    X. NUCC adds codes twice a year: of a code that the list does not have, nothing is known once its days are over.
    """
    seen: set[str | None] = {None}
    for line in claim.lines:
        for whose, taxonomy in (("billing", claim.billing_taxonomy), ("rendering", line.rendering_taxonomy)):
            if taxonomy in seen or taxonomy is None:
                continue
            if found := _of_taxonomy(whose, taxonomy, line, rulebook):
                seen.add(taxonomy)
                yield found


def _of_taxonomy(whose: str, taxonomy: str, line: Line, rulebook: Rulebook) -> Finding | NotJudged | None:
    """What is wrong with a taxonomy on the day of a line."""
    is_billing = whose == "billing"
    finding = Finding(
        "",
        f"Report the taxonomy code that the provider enrolled with ({'PRV*BI' if is_billing else 'PRV*PE'}).",
        line=None if is_billing else line,
        field=f"{whose}_taxonomy",
        observed=taxonomy,
        codes=_BILLING if is_billing else _RENDERING,
    )
    if not taxonomy:
        return finding._replace(text=f"The {whose} provider's taxonomy code is missing.")
    if not _FORM.fullmatch(taxonomy):
        text = f"A taxonomy code has 10 letters or digits; the {whose} provider's has {_size(taxonomy)}."
        return finding._replace(text=text, observed=_size(taxonomy), allowed="10 letters or digits")
    if not _NUCC.fullmatch(taxonomy):
        text = f"The {whose} provider's taxonomy is not a NUCC code: 3 digits, 6 digits or capitals, then X."
        return finding._replace(text=text, observed="10 characters", severity=WARN)
    try:
        row = rulebook.on(line.day).listed(TAXONOMIES, taxonomy)
    except NotInForce as gap:
        return NotJudged(line, gap.table)
    if row:
        return None
    known = rulebook.newest(TAXONOMIES, taxonomy)
    wrong = f"ended before the date of service, {line.day}" if known else "is not a NUCC code"
    return finding._replace(text=f"The {whose} provider's taxonomy {taxonomy} {wrong}.", severity=WARN, by=(row,))


def _size(taxonomy: str) -> str:
    return f"{len(taxonomy)} characters" if len(taxonomy) != 10 else "other characters"
