"""Who is who across batches: the payer, the patient, the claim and its content.

Each but the payer is a hash by the history's own key: who reads a history without it can't find out whose a claim is by
trying every member id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from claimcheck.claim import Claim, Line
from claimcheck.memory import is_alone, payer_turn
from claimcheck.memory.keys import Key

_APART: Final = "\x1f"
"""Between the parts of what is hashed."""
_MBI: Final = re.compile(
    "[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)
"""A Medicare beneficiary identifier: each person has one of their own."""
_LETTERS_OF_A_NAME: Final = 5
_MOST_PAYERS: Final = 10_000


class Identity:
    """Makes the keys of one history.

    Args:
        key: the history's key.
        families: payer ids that stand for one payer, by a name for it.
    """

    def __init__(self, key: Key, families: Mapping[str, Iterable[str]] | None = None) -> None:
        self._hash = key.of
        self._family = {_id(one): _id(name) for name, ids in (families or {}).items() for one in ids}
        self._payers: dict[str | None, str] = {}

    def payer(self, payer_id: str | None) -> str:
        """The payer's key: the family that its id is of, else the id in capitals; "" where none is known."""
        known = self._payers.get(payer_id)
        if known is None:
            given = _id(payer_id or "")
            known = self._family.get(given, given)
            if len(self._payers) < _MOST_PAYERS:  # ids come from the input
                self._payers[payer_id] = known
        return known

    def patient(self, claim: Claim, profile: str) -> bytes | None:
        """The key of a claim's patient at its payer: a secondary payer is another one, and where no payer is named the
        profile is in its place. None where the patient is not known, and of claims that no edit looks at beside
        others."""
        if not claim.patient_id or is_alone(claim, frequency_of(claim)):
            return None
        who = _person(claim)
        if not who:
            return None
        payer = self.payer(claim.payer_id) or f"/{profile}"
        return self._hash("patient", _APART.join((payer, payer_turn(claim), who)))

    def place(self, claim: Claim, patient: bytes) -> bytes:
        """The key of what a resubmission has in common with the claim before: billing provider, payer, patient and
        number."""
        return self._hash("place", _APART.join((patient.hex(), claim.billing_npi or "", claim.claim_id)))

    def fingerprint(self, claim: Claim, patient: bytes, *, as_written: bool = False) -> bytes:
        """The key of all that is billed: the same submission has the same one, whatever envelope, line numbers, order
        of lines and file format it has. With amounts ``as_written`` it is the one of the first schema, to which 90 and
        90.00 were not the same."""
        head = patient.hex(), claim.billing_npi or "", claim.claim_id, frequency_of(claim)
        original = (claim.original_reference or "").strip()
        return self._hash("claim", _APART.join((*head, original, *sorted(_contents(claim, as_written)))))


def frequency_of(claim: Claim) -> str:
    """The frequency of a claim (CLM05-3, or the last digit of its type of bill): 1 where it has none."""
    return (claim.frequency or "").strip() or (claim.type_of_bill or "")[-1:] or "1"


def _id(text: str) -> str:
    return text.strip().upper()


def _plain(text: str | None) -> str:
    """Capitals and digits alone."""
    text = (text or "").upper()
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


def _person(claim: Claim) -> str:
    """Who the patient is at their payer: member and birth date; of dependants sex and first name, too. An identifier of
    Medicare's is one person's, so that a slip in the birth date loses nothing."""
    assert claim.patient_id
    birth = (claim.birth_date or "").replace("-", "")
    in_row = claim.locus.row is not None  # there a number may have any characters; of an 837 it is ours
    member, slash, dependant = (claim.patient_id, "", "") if in_row else claim.patient_id.partition("/")
    member = _plain(member)
    if not member:
        return ""
    if slash and dependant:
        name = dependant.rpartition("/")[2]
        return _APART.join((member, birth, claim.sex or "", _plain(name)[:_LETTERS_OF_A_NAME]))
    return member if _MBI.fullmatch(member) else f"{member}{_APART}{birth}"


def _contents(claim: Claim, as_written: bool) -> Iterator[str]:
    """What is billed on each line."""
    amount = str if as_written else _shortest
    pointed: dict[tuple[str, ...] | None, str] = {}
    for line in claim.lines:
        service, from_date, to_date, *_ = line
        if line.pointers not in pointed:
            pointed[line.pointers] = " ".join(_diagnoses(claim, line))
        modifiers = service.modifiers
        yield "\x1e".join(
            (
                service.code,
                " ".join(sorted(modifiers)) if modifiers else "",
                from_date.replace("-", ""),
                to_date.replace("-", "") if to_date and to_date != from_date else "",
                amount(service.units),
                service.unit_basis,
                amount(line.charge or ""),
                service.place_of_service or "",
                line.rendering_npi or claim.billing_npi or "",
                line.revenue_code or "",
                line.ndc or "",
                pointed[line.pointers],
            )
        )


def _shortest(number: str) -> str:
    """A number as an 837 writes it: 100 for the 100.00 of a table."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _diagnoses(claim: Claim, line: Line) -> Iterator[str]:
    diagnoses = claim.diagnoses or ()
    for pointer in line.pointers or ():
        if pointer.isascii() and pointer.isdecimal() and 0 < int(pointer[:3]) <= len(diagnoses):
            yield diagnoses[int(pointer[:3]) - 1]
