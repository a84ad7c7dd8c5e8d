"""Segments of a claim, of its providers, and of its service lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimcheck.claim import Claim, Line
from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.composites import CODE_SETS, DIAGNOSES, OddDiagnoses
from claimcheck.readers.x12.issues import MISSING
from claimcheck.readers.x12.state import IS_PICKED_UP, Fields, OpenClaim, State
from claimcheck.readers.x12.syntax import element


@dataclass(frozen=True)
class Field:
    """Reads an element as a field of the claim, or else of the open line or, before the first line, of all lines of
    the claim."""

    name: str
    at: int
    is_claims: bool

    def __call__(self, state: State, elements: Sequence[str], number: int) -> None:
        """Read a segment."""
        fields = claim_of(state).fields if self.is_claims else fields_of(state)
        fields[self.name] = element(elements, self.at)


def claim_field(name: str, at: int) -> Field:
    """Reads an element as a field of the claim."""
    assert name in Claim._fields
    return Field(name, at, is_claims=True)


def line_field(name: str, at: int) -> Field:
    """Reads an element as a field of the open line or, before the first line, of all lines of the claim."""
    assert name in Line._fields
    return Field(name, at, is_claims=False)


def clm(state: State, elements: Sequence[str], number: int) -> None:
    """A claim begins."""
    state.begin_claim(element(elements, 1), element(elements, 2), element(elements, 5), number)


def hi(state: State, elements: Sequence[str], number: int) -> None:
    """Diagnoses, and other things."""
    composites = elements[1:]
    codes = [*map(state.composites.diagnosis.__getitem__, composites)]
    if "" in codes:
        odd = OddDiagnoses(composites, state.component)
        codes = odd.codes
        for issue in odd.issues(number):
            state.report(issue)
    claim = claim_of(state)
    qualifiers = (composite.partition(state.component)[0] for composite in composites)
    claim.add_qualifiers(tuple(qualifier for qualifier in qualifiers if qualifier in DIAGNOSES))
    claim.diagnoses += codes


def statement(state: State, elements: Sequence[str], number: int) -> None:
    """First and last day of the claim."""
    claim_of(state).fields["statement"] = days(element(elements, 3))


def claim_note(state: State, elements: Sequence[str], number: int) -> None:
    """A note about the claim. It describes the lines that describe nothing themselves."""
    shared = claim_of(state).shared
    shared["description"] = shared["description"] or element(elements, 2)


def other_payer(state: State, elements: Sequence[str], number: int) -> None:
    """Another payer (2320) begins; names, dates and references that follow are its own."""
    claim_of(state).other_payers.append("")


def other_payer_name(state: State, elements: Sequence[str], number: int) -> None:
    """Another payer's id. Where claims are reported that a payer has adjudicated, the first of the other payers is that
    payer, and 2010BB only says who gets the report."""
    claim, payer = claim_of(state), element(elements, 9)
    claim.other_payers[-1] = claim.other_payers[-1] or payer
    if state.is_adjudicated and len(claim.other_payers) == 1 and not claim.payer_adjudicated and len(elements) > 2:
        claim.payer_adjudicated = True
        if payer:
            claim.fields["payer_id"] = payer


def service_facility(state: State, elements: Sequence[str], number: int) -> None:
    """A place where the service was rendered, other than the billing provider's. A patient who is transported is picked
    up elsewhere."""
    claim_of(state).names_performer = True
    if not fields_of(state)[IS_PICKED_UP]:
        fields_of(state)["service_zip"] = ""


def service_facility_city(state: State, elements: Sequence[str], number: int) -> None:
    """The ZIP code of where the service was rendered."""
    if not fields_of(state)[IS_PICKED_UP]:
        fields_of(state)["service_zip"] = element(elements, 3)


def pick_up(state: State, elements: Sequence[str], number: int) -> None:
    """Where an ambulance picked the patient up: that place alone counts."""
    claim_of(state).names_performer = True
    fields_of(state).update({"service_zip": "", IS_PICKED_UP: True})


def pick_up_city(state: State, elements: Sequence[str], number: int) -> None:
    """The ZIP code of a pick-up."""
    fields_of(state)["service_zip"] = element(elements, 3)


def other_provider(state: State, elements: Sequence[str], number: int) -> None:
    """A provider of whom nothing is read."""
    claim_of(state).names_performer = True


def rendering_provider(state: State, elements: Sequence[str], number: int) -> None:
    """Who rendered the service. Whoever has no NPI does not take the place of the claim's provider."""
    claim, fields, npi = claim_of(state), fields_of(state), npi_of(elements)
    claim.names_performer = bool(npi) or not fields["rendering_npi"]
    if claim.names_performer:
        fields["rendering_npi"], fields["rendering_taxonomy"] = npi, None


def referring_provider(state: State, elements: Sequence[str], number: int) -> None:
    """Who referred the patient."""
    claim_of(state).names_performer = True
    fields_of(state)["referring_npi"] = npi_of(elements) or ""


def ordering_provider(state: State, elements: Sequence[str], number: int) -> None:
    """Who ordered the service."""
    claim_of(state).names_performer = True
    fields_of(state)["ordering_npi"] = npi_of(elements) or ""


def rendering_taxonomy(state: State, elements: Sequence[str], number: int) -> None:
    """The taxonomy of who rendered the service."""
    if claim_of(state).names_performer:
        fields_of(state)["rendering_taxonomy"] = element(elements, 3)


def claim_of(state: State) -> OpenClaim:
    """The claim that is open, as one is in all of its loops."""
    assert state.claim is not None
    return state.claim


def fields_of(state: State) -> Fields:
    """The fields of the open line or, before the first line, of all lines of the claim."""
    return claim_of(state).shared if state.line is None else state.line


def npi_of(nm1: Sequence[str]) -> str | None:
    """NM109 where it is an NPI: 4010 has tax and social security numbers there."""
    return element(nm1, 9) if element(nm1, 8) == "XX" else None


def days(dates: str) -> tuple[str, str]:
    """First and last day of "CCYYMMDD" or "CCYYMMDD-CCYYMMDD", as written; the last "" if not given."""
    first, _, last = dates.partition("-")
    return first, last


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
    state.report(issues.line_outside_claim(number, elements[0]))


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
        state.report(issues.line_of_another_kind(number, kind))
        return
    claim.setting = state.setting_of(kind, claim.facility)
    if not state.transaction.kind_reported:
        state.transaction.kind_reported = True
        state.report(issues.lines_of_another_version(number, kind, state.kind))


def _line_without_lx(state: State, claim: OpenClaim, kind: str, number: int) -> Fields:
    state.end_line()
    state.line = line = {**claim.shared, "number": str(len(claim.lines) + 1)}
    state.report(issues.line_without_number(number, kind, line["number"]))
    return line


def _take_procedure(state: State, line: Fields, key: tuple[str, str, str, str], where: str, number: int) -> None:
    claim = claim_of(state)
    setting = state.setting_of(claim.kind, claim.facility)
    line["service"], description, odd = state.composites.procedure[setting][key]
    line["description"] = description or line["description"]
    if odd is MISSING:
        state.report(issues.procedure_without_qualifier(number, where, CODE_SETS))
    elif odd:
        state.report(issues.procedure_with_another_separator(number, where, odd, state.component))


def _date_by_claim(claim: OpenClaim, line: Fields) -> None:
    """A line without days of its own has those of its claim."""
    if not line["from_date"]:
        line["from_date"], line["to_date"] = claim.fields.get("statement", ("", ""))
