"""Segments before a claim: the envelope, a transaction's header, and the levels (HL)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from claimcheck.claim import ASC, Party, as_date, setting_of_taxonomy
from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.issues import shown, stated
from claimcheck.readers.x12.state import MOST_PROVIDERS, BillingProvider, State
from claimcheck.readers.x12.syntax import element

_KINDS: Final = {
    "X222": "SV1", "X098": "SV1", "X291": "SV1", "X298": "SV1",
    "X223": "SV2", "X096": "SV2", "X292": "SV2", "X299": "SV2",
    "X224": "SV3", "X097": "SV3", "X300": "SV3",
}  # fmt: skip
"""The guides of the 837, and the lines that they are for."""
_TO_BE_PAID: Final = ("X222", "X223", "X224")
_PREDETERMINED: Final = ("X291", "X292")
_ADJUDICATED: Final = ("X298", "X299", "X300")
_OTHER_SETS: Final = frozenset("269 270 271 275 276 277 278 820 824 834 835 997 999".split())  # noqa: SIM905
"""Transactions of health care that hold no claims to be paid."""


def unknown_segment(state: State, elements: Sequence[str], number: int) -> None:
    """What begins with no segment id of an 837."""
    state.report(issues.unknown_segment(number, elements[0]))


def isa(state: State, elements: Sequence[str], number: int) -> None:
    """An interchange begins."""
    state.end_levels()
    state.envelope.isa(elements, number)
    state.version_reported = ""


def gs(state: State, elements: Sequence[str], number: int) -> None:
    """A group begins."""
    state.end_levels()
    state.envelope.gs(elements, number)
    state.version_reported = ""


def st_837(state: State, elements: Sequence[str], number: int) -> None:
    """A transaction of claims begins."""
    _begin(state, elements, number)
    _set_received(state, "")
    _set_version(state, _version(state, elements), number)


def st(state: State, elements: Sequence[str], number: int) -> None:
    """A transaction of another kind begins: then nobody is to be answered."""
    _begin(state, elements, number)
    state.transaction.is_837 = False
    kind = element(elements, 1)
    is_announced = state.envelope.function == "HC" or _version(state, elements)[6:10] in _KINDS
    if is_announced and kind not in _OTHER_SETS:
        _report_loss(state, number, f"ST01 is {stated(kind)}, not 837", shown(kind))
    else:
        state.report(issues.other_transaction(number, kind))


def claim_skipped(state: State, elements: Sequence[str], number: int) -> None:
    """A claim or service line in a transaction of another kind."""
    if not state.transaction.loss_reported:
        name = elements[0]
        _report_loss(state, number, f"ST01 is not 837, but the transaction contains a claim ({name})", name)


def headless(state: State, elements: Sequence[str], number: int) -> None:
    """A segment of a claim is outside a transaction: read as if there were an ST before it."""
    state.envelope.headless(elements[0], number)
    state.begin_transaction()
    state.transaction.levels.account()
    _set_received(state, "")
    if state.envelope.version:
        _set_version(state, state.envelope.version, number)


def bht(state: State, elements: Sequence[str], number: int) -> None:
    """The submitter's number of the transaction, and its date."""
    envelope = state.envelope
    envelope.submission = envelope.submission._replace(reference=element(elements, 3))
    _set_received(state, element(elements, 4))


def submitter(state: State, elements: Sequence[str], number: int) -> None:
    """Who sends."""
    state.envelope.submission = state.envelope.submission._replace(submitter=party(elements))


def receiver(state: State, elements: Sequence[str], number: int) -> None:
    """Who receives."""
    state.envelope.submission = state.envelope.submission._replace(receiver=party(elements))


def se(state: State, elements: Sequence[str], number: int) -> None:
    """A transaction ends."""
    transaction = state.transaction
    if state.envelope.is_open and transaction.is_837 and not transaction.levels.holds_claims:
        transaction.levels.account()
        state.report(issues.bare_transaction(number))
    state.end_levels()
    state.envelope.se(elements, number)


def ge(state: State, elements: Sequence[str], number: int) -> None:
    """A group ends."""
    state.end_levels()
    state.envelope.ge(elements, number)


def ta1(state: State, elements: Sequence[str], number: int) -> None:
    """The interchange acknowledges another one."""
    state.envelope.ta1()


def iea(state: State, elements: Sequence[str], number: int) -> None:
    """An interchange ends."""
    state.end_levels()
    state.envelope.iea(elements, number)


def party(nm1: Sequence[str]) -> Party:
    """Who an NM1 names."""
    kind, name, first_name, middle_name, _, _, qualifier, id, *_ = [*nm1[2:], *[""] * 8]
    return Party(kind, name, first_name, middle_name, qualifier, id)


def _begin(state: State, elements: Sequence[str], number: int) -> None:
    state.end_levels()
    state.envelope.st(elements, number)
    state.begin_transaction()


def _report_loss(state: State, number: int, what: str, observed: str) -> None:
    state.transaction.loss_reported = True
    state.report(issues.claims_lost(number, what, observed))


def _set_received(state: State, bht04: str) -> None:
    """The day that the envelope gives: GS04, else BHT04, else ISA09, which has no century."""
    envelope = state.envelope
    dates = [envelope.group_date, bht04, "20" + envelope.interchange_date]
    received = next(filter(as_date, dates), next(filter(None, dates[:2]), None))
    state.transaction.received = received
    envelope.submission = envelope.submission._replace(received=received)


def _version(state: State, st: Sequence[str]) -> str:
    """The version of a transaction: GS08's, unless ST03 alone names a guide of the 837."""
    st03, gs08 = element(st, 3), state.envelope.version
    return st03 if gs08[6:10] not in _KINDS and (not gs08 or st03[6:10] in _KINDS) else gs08


def _set_version(state: State, version: str, number: int) -> None:
    """What kind of claims the version announces, which is reported once per group where it is not 5010."""
    guide, is_5010 = version[6:10], version[:6] == "005010"
    state.kind = _KINDS.get(guide, "SV1")
    state.is_adjudicated = is_5010 and guide in _ADJUDICATED
    if is_5010 and guide in _TO_BE_PAID:
        return
    seen = issues.shown_version(version)
    if seen == state.version_reported:
        return
    state.version_reported = seen
    if state.is_adjudicated or (is_5010 and guide in _PREDETERMINED):
        state.report(issues.not_to_be_paid(number, seen, state.kind, state.is_adjudicated))
    else:
        kind = state.kind if guide in _KINDS else None
        state.report(issues.unexpected_version(number, seen, kind, is_5010))


def billing_level(state: State, elements: Sequence[str], number: int) -> None:
    """The level of a billing provider begins."""
    level, parent = element(elements, 1), element(elements, 2)
    state.end_levels()
    provider = _begin_provider(state, level, number)
    if len(state.transaction.providers) < MOST_PROVIDERS:
        state.transaction.providers[level] = provider
    if parent:  # reported once, however many claims they have
        state.report(issues.wrong_parent(number, level, parent, "20", "", judged_by_parent=False))


def unknown_level(state: State, elements: Sequence[str], number: int) -> None:
    """A level of an unknown kind begins: a reject, which says why levels above may have no claim."""
    state.transaction.levels.account()
    state.end_levels()
    level, kind = element(elements, 1), element(elements, 3)
    _begin_provider(state, level, 0)
    state.transaction.levels.wrong["20"] = issues.unknown_level(number, level, kind)


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
    patient.begin_dependant("")
    patient.name = None
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


def billing_city(state: State, elements: Sequence[str], number: int) -> None:
    """The ZIP code of who bills: services are rendered there, unless a claim names another place."""
    state.provider.zip = element(elements, 3)


def payment(state: State, elements: Sequence[str], number: int) -> None:
    """The kind of payer, and in which order it pays; and who the patient is to the subscriber."""
    state.patient.payment = element(elements, 9), element(elements, 1)
    state.patient.relation = element(elements, 2)


def insured(state: State, elements: Sequence[str], number: int) -> None:
    """The subscriber's name and member id."""
    state.patient.insured = f"{element(elements, 3)}*{element(elements, 4)}"
    if len(elements) > 2:
        state.patient.member_id = element(elements, 9)
    if state.keeps_names:
        state.patient.name = party(elements)


def payer(state: State, elements: Sequence[str], number: int) -> None:
    """Who is to pay."""
    if len(elements) > 2:
        state.patient.payer_id = element(elements, 9)


def patient_name(state: State, elements: Sequence[str], number: int) -> None:
    """A dependant's name, which distinguishes twins."""
    state.patient.dependant = f"{element(elements, 3)}*{element(elements, 4)}"
    if state.keeps_names:
        state.patient.name = party(elements)


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
        levels.wrong[kind] = issues.wrong_parent(number, level, parent, kind, above, judged_by_parent=is_known)


def _set_setting(state: State) -> None:
    """The setting of this provider's professional claims."""
    provider = state.provider
    provider.setting = ASC if provider.npi in state.asc_npis else setting_of_taxonomy(provider.taxonomy)
