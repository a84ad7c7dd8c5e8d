"""The edits, one module a family. ``all_checks()`` is the whole list."""

from functools import cache

from claimcheck.authoring.check import Check, checks_in
from claimcheck.checks import (
    add_ons,
    anesthesia,
    claim_data,
    codes,
    component,
    dates,
    diagnoses,
    drugs,
    duplicates,
    filing,
    global_period,
    hospital,
    information,
    laboratory,
    modifiers,
    mue,
    npi_lists,
    ordering,
    pairs,
    patient,
    status,
    surgery,
    surgical_center,
    telehealth,
    therapy,
    units,
    visits,
)


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check that ships, in order of evaluation. Pair edits (step 5) and add-on edits (step 6)
    take their place here by their ``step``."""
    modules = (
        codes,
        units,
        dates,
        modifiers,
        claim_data,
        filing,
        patient,
        diagnoses,
        therapy,
        anesthesia,
        status,
        component,
        surgery,
        visits,
        duplicates,
        mue,
        pairs,
        global_period,
        add_ons,
        surgical_center,
        hospital,
        laboratory,
        drugs,
        ordering,
        npi_lists,
        telehealth,
        information,
    )
    return tuple(checks_in(modules))
