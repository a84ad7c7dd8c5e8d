"""Segments of a service line."""

from __future__ import annotations

from collections.abc import Sequence

from claimcheck.readers.x12 import claim_issues
from claimcheck.readers.x12.claim_issues import MISSING
from claimcheck.readers.x12.composites import CODE_SETS
from claimcheck.readers.x12.loops.claim import claim_of, days, fields_of
from claimcheck.readers.x12.segments import element
from claimcheck.readers.x12.state import Fields, OpenClaim, State


def lx(state: State, elements: Sequence[str], number: int) -> None:
    """A line begins."""
    state.end_line()
    state.line = {**claim_of(state).shared, "number": element(elements, 1), "place": number}


def sv1(state: State, elements: Sequence[str], number: int) -> None:
    """A professional service."""
    claim, line = _begin_service(state, "SV1", number)
    _, procedure, charge, basis, units, place, _, pointers, *_ = [*elements, *[""] * 8]
    line["charge"], line["pointers"] = charge, state.composites.pointers[pointers]
    _take_procedure(state, line, (procedure, units, basis, place or claim.facility.place), "SV101", number)


def sv2(state: State, elements: Sequence[str], number: int) -> None:
    """A service of an institution."""
    claim, line = _begin_service(state, "SV2", number)
    _, line["revenue_code"], procedure, line["charge"], basis, units, *_ = [*elements, *[""] * 6]
    _take_procedure(state, line, (procedure, units, basis, ""), "SV202", number)
    _date_by_claim(claim, line)


def sv3(state: State, elements: Sequence[str], number: int) -> None:
    """A dental service."""
    claim, line = _begin_service(state, "SV3", number)
    _, procedure, charge, place, _, _, units, _, _, _, _, pointers, *_ = [*elements, *[""] * 12]
    line["charge"], line["pointers"] = charge, state.composites.pointers[pointers]
    _take_procedure(state, line, (procedure, units, "UN", place or claim.facility.place), "SV301", number)
    _date_by_claim(claim, line)


def outside(state: State, elements: Sequence[str], number: int) -> None:
    """A service outside any claim."""
    state.report(claim_issues.line_outside_claim(number, elements[0]))


def service_dates(state: State, elements: Sequence[str], number: int) -> None:
    """First and last day of the service."""
    line = fields_of(state)
    line["from_date"], line["to_date"] = days(element(elements, 3))


def control_number(state: State, elements: Sequence[str], number: int) -> None:
    """The sender's number of the line."""
    if len(elements) > 2:
        fields_of(state)["control"] = elements[2]


def prior_authorization(state: State, elements: Sequence[str], number: int) -> None:
    """An authorization number, unless it is another payer's."""
    if not element(elements, 4):
        fields_of(state)["prior_authorization"] = element(elements, 2)


def line_note(state: State, elements: Sequence[str], number: int) -> None:
    """A note about the line, which takes the place of a description."""
    line = fields_of(state)
    if line["description"] in ("", claim_of(state).shared["description"]):
        line["description"] = element(elements, 2) or line["description"]


def _begin_service(state: State, kind: str, number: int) -> tuple[OpenClaim, Fields]:
    """The claim and line that a service segment belongs to."""
    claim = claim_of(state)
    if kind != claim.kind:
        _change_kind(state, claim, kind, number)
    line = state.line
    if line is None or line["service"] is not None:
        line = _line_without_lx(state, claim, kind, number)
    line["place"] = number
    return claim, line


def _change_kind(state: State, claim: OpenClaim, kind: str, number: int) -> None:
    """The first line is of another kind than the version announces, or a line than the first."""
    claim.kind = kind
    if claim.lines or (state.line is not None and state.line["service"] is not None):
        state.report(claim_issues.line_of_another_kind(number, kind))
        return
    claim.setting = state.setting_of(kind, claim.facility)
    if not state.transaction.kind_reported:
        state.transaction.kind_reported = True
        state.report(claim_issues.lines_of_another_version(number, kind, state.kind))


def _line_without_lx(state: State, claim: OpenClaim, kind: str, number: int) -> Fields:
    state.end_line()
    state.line = line = {**claim.shared, "number": str(len(claim.lines) + 1)}
    state.report(claim_issues.line_without_number(number, kind, line["number"]))
    return line


def _take_procedure(state: State, line: Fields, key: tuple[str, str, str, str], where: str, number: int) -> None:
    claim = claim_of(state)
    setting = state.setting_of(claim.kind, claim.facility)
    line["service"], description, odd = state.composites.procedure[setting][key]
    line["description"] = description or line["description"]
    if odd is MISSING:
        state.report(claim_issues.procedure_without_qualifier(number, where, CODE_SETS))
    elif odd:
        state.report(claim_issues.procedure_with_another_separator(number, where, odd, state.component))


def _date_by_claim(claim: OpenClaim, line: Fields) -> None:
    """A line without days of its own has those of its claim."""
    if not line["from_date"]:
        line["from_date"], line["to_date"] = claim.fields.get("statement", ("", ""))
