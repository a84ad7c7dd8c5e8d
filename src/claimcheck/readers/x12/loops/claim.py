"""Segments of a claim, and of the providers of a claim or line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimcheck.claim import Claim, Line
from claimcheck.readers.x12.diagnoses import OddDiagnoses
from claimcheck.readers.x12.segments import element
from claimcheck.readers.x12.state import Fields, OpenClaim, State


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
    claim_of(state).diagnoses += codes


def statement(state: State, elements: Sequence[str], number: int) -> None:
    """First and last day of the claim."""
    claim_of(state).fields["statement"] = days(element(elements, 3))


def claim_note(state: State, elements: Sequence[str], number: int) -> None:
    """A note about the claim. It describes the lines that describe nothing themselves."""
    shared = claim_of(state).shared
    shared["description"] = shared["description"] or element(elements, 2)


def other_payer(state: State, elements: Sequence[str], number: int) -> None:
    """Another payer (2320) begins; names, dates and references that follow are its own."""
    claim_of(state).other_payers += 1


def adjudicating_payer(state: State, elements: Sequence[str], number: int) -> None:
    """Where claims are reported that a payer has adjudicated, the first of the other payers is that payer, and 2010BB
    only says who gets the report."""
    claim = claim_of(state)
    if state.is_adjudicated and claim.other_payers == 1 and not claim.payer_adjudicated and len(elements) > 2:
        claim.payer_adjudicated = True
        if payer := element(elements, 9):
            claim.fields["payer_id"] = payer


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
