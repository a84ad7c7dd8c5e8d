"""Segments of the levels (HL): billing provider, subscriber, patient."""

from __future__ import annotations

from collections.abc import Sequence

from claimcheck.claim import ASC, setting_of_taxonomy
from claimcheck.readers.x12 import claim_issues
from claimcheck.readers.x12.loops.transaction import party
from claimcheck.readers.x12.segments import element
from claimcheck.readers.x12.state import MOST_PROVIDERS, BillingProvider, State


def billing_level(state: State, elements: Sequence[str], number: int) -> None:
    """The level of a billing provider begins."""
    level, parent = element(elements, 1), element(elements, 2)
    state.end_levels()
    provider = _begin_provider(state, level, number)
    if len(state.transaction.providers) < MOST_PROVIDERS:
        state.transaction.providers[level] = provider
    if parent:  # reported once, however many claims they have
        state.report(claim_issues.wrong_parent(number, level, parent, "20", "", judged_by_parent=False))


def unknown_level(state: State, elements: Sequence[str], number: int) -> None:
    """A level of an unknown kind begins: a reject, which says why levels above may have no claim."""
    state.transaction.levels.account()
    state.end_levels()
    level, kind = element(elements, 1), element(elements, 3)
    _begin_provider(state, level, 0)
    state.transaction.levels.wrong["20"] = claim_issues.unknown_level(number, level, kind)


def subscriber_level(state: State, elements: Sequence[str], number: int) -> None:
    """The level of a subscriber begins."""
    level, parent = element(elements, 1), element(elements, 2)
    state.end_levels("22")
    above = state.transaction.provider
    state.provider = state.transaction.provider_named(parent)
    state.begin_subscriber(level)
    _expect_claim(state, "22", level, parent, above.level, number, is_known=state.provider is not above)


def patient_level(state: State, elements: Sequence[str], number: int) -> None:
    """The level of a dependant begins."""
    level, parent = element(elements, 1), element(elements, 2)
    state.end_levels("23")
    patient = state.patient
    patient.birth_date, patient.sex, patient.first_name = None, None, ""
    _expect_claim(state, "23", level, parent, patient.level, number)


def billing_provider(state: State, elements: Sequence[str], number: int) -> None:
    """Who bills. 4010 has tax and social security numbers in place of an NPI."""
    provider = party(elements)
    npi = provider.id if provider.qualifier == "XX" else ""
    state.provider.party, state.provider.npi = provider, npi
    _set_setting(state)


def billing_taxonomy(state: State, elements: Sequence[str], number: int) -> None:
    """The taxonomy of who bills."""
    state.provider.taxonomy = element(elements, 3)
    _set_setting(state)


def billing_tax_number(state: State, elements: Sequence[str], number: int) -> None:
    """The tax number of a billing provider who has no NPI: then it is what they are known by."""
    provider = state.provider.party
    if provider and not provider.id:
        state.provider.party = provider._replace(qualifier="FI", id=element(elements, 2))


def filing_indicator(state: State, elements: Sequence[str], number: int) -> None:
    """The kind of payer."""
    state.patient.filing_indicator = element(elements, 9)


def insured(state: State, elements: Sequence[str], number: int) -> None:
    """The subscriber's member id."""
    if len(elements) > 2:
        state.patient.member_id = element(elements, 9)


def payer(state: State, elements: Sequence[str], number: int) -> None:
    """Who is to pay."""
    if len(elements) > 2:
        state.patient.payer_id = element(elements, 9)


def patient_name(state: State, elements: Sequence[str], number: int) -> None:
    """A dependant's first name, which tells twins apart."""
    state.patient.first_name = element(elements, 4)


def demographics(state: State, elements: Sequence[str], number: int) -> None:
    """The birth date and sex of a subscriber or dependant."""
    state.patient.birth_date, state.patient.sex = element(elements, 2), element(elements, 3)


def _begin_provider(state: State, level: str, number: int) -> BillingProvider:
    state.transaction.provider = provider = BillingProvider(level)
    state.begin_provider(provider)
    state.transaction.levels.begin_provider(number)
    return provider


def _expect_claim(
    state: State, kind: str, level: str, parent: str, above: str, number: int, *, is_known: bool = False
) -> None:
    """A level waits for a claim; a wrong parent is reported with it."""
    levels = state.transaction.levels
    levels.waiting = number, kind
    if not above or parent != above:
        levels.wrong[kind] = claim_issues.wrong_parent(number, level, parent, kind, above, judged_by_parent=is_known)


def _set_setting(state: State) -> None:
    """The setting of this provider's professional claims."""
    provider = state.provider
    provider.setting = ASC if provider.npi in state.asc_npis else setting_of_taxonomy(provider.taxonomy)
