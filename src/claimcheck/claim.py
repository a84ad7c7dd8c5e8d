"""A claim and its lines, as billed.

The records hold text exactly as the sender wrote it: a claim with a bad date or a bad NPI must be
representable, so that a check can say so. ``as_date`` and ``as_number`` give the typed view.
``None`` means that the source does not carry the field at all; ``""`` means that it was left empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple


class Setting(StrEnum):
    """Who bills, which picks the tables; equal to its text. ``institutional`` is a bill outside the outpatient
    prospective payment system (inpatient, nursing facility, home health, ...); no table here
    prices its lines. Of ``dental`` claims the number of lines alone is judged."""

    PROFESSIONAL = "professional"
    ASC = "asc"
    OUTPATIENT = "outpatient"
    DME = "dme"
    INSTITUTIONAL = "institutional"
    DENTAL = "dental"


PROFESSIONAL: Final = Setting.PROFESSIONAL
ASC: Final = Setting.ASC
OUTPATIENT: Final = Setting.OUTPATIENT
DME: Final = Setting.DME
INSTITUTIONAL: Final = Setting.INSTITUTIONAL
DENTAL: Final = Setting.DENTAL
SETTINGS: Final = tuple(Setting)

HCPCS: Final = "HC"
"""X12 qualifier of HCPCS and CPT codes, the only code set that published edits speak of."""

ASC_TAXONOMY: Final = "261QA1903X"
"""Provider taxonomy of an ambulatory surgical center. Place of service 24 does not prove one:
physicians bill it too."""

SUPPLIER_TAXONOMIES: Final = "332B"
"""How the taxonomies of suppliers of durable medical equipment begin. Their claims go to the DME contractor."""

OUTPATIENT_BILLS: Final = ("12", "13", "14", "85")
"""First two digits of the types of bill that the outpatient NCCI tables judge."""


class Service(NamedTuple):
    """The coded part of a line alone: what a SERVICE check sees. Hashable, and all text as billed.

    Attributes:
        code: procedure code, CPT or HCPCS Level II (837P SV101-2, 837I SV202-2); "" where none was billed.
        modifiers: up to four, in the order billed (SV101-3 to -6).
        units: service units as a plain decimal, or minutes where ``unit_basis`` is MJ (SV104, SV205).
        unit_basis: UN units, MJ minutes, DA days (SV103, SV204); "" where the source does not say.
        place_of_service: two digits of CMS's code set (SV105, else CLM05-1); None on hospitals' claims.
        setting: who bills, which picks the tables.
        code_set: qualifier of the code (SV101-1): HC for CPT and HCPCS.
    """

    code: str
    modifiers: tuple[str, ...] = ()
    units: str = "1"
    unit_basis: str = "UN"
    place_of_service: str | None = None
    setting: Setting = PROFESSIONAL
    code_set: str = HCPCS

    @property
    def quantity(self) -> Decimal | None:
        """The units as a number, or None where they are not one."""
        return as_number(self.units)


class Line(NamedTuple):
    """One service line, as billed.

    Attributes:
        service: its coded part.
        from_date: first date of service, CCYYMMDD or ISO 8601 (DTP*472); it picks the rules.
        to_date: last date of service where another was billed, else "".
        number: line number (LX01).
        control: the sender's line control number (REF*6R), given back in messages.
        charge: line charge in US dollars, a plain decimal (SV102, SV203).
        pointers: positions in the claim's diagnoses, from 1 (SV107).
        place: segment number (X12) or row number in the file.
        rendering_npi, rendering_taxonomy: who rendered it (NM1*82, PRV*PE), where not the billing provider.
        referring_npi, ordering_npi: who referred (NM1*DN) and who ordered it (NM1*DK); "" where nobody is named.
        revenue_code: four digits, on institutional lines (SV201).
        ndc: national drug code, 11 digits (LIN03); "" where none is given.
        clia: laboratory's CLIA number (REF*X4); "" where none is given.
        prior_authorization: number (REF*G1).
        description: free text (SV101-7, SV202-7), or the note of the line or claim (NTE) where there is none;
            "" where nothing is said. Never in a message.
        assumed_care_date, relinquished_care_date: of shared postoperative care (DTP*090, DTP*091).
        service_zip: ZIP code of where the service was rendered (N403 of the service facility, else of the billing
            provider); of ambulance services that of the pick-up alone. Never in a message.
    """

    service: Service
    from_date: str
    to_date: str = ""
    number: str = "1"
    control: str | None = None
    charge: str | None = None
    pointers: tuple[str, ...] | None = None
    place: int = 0
    rendering_npi: str | None = None
    rendering_taxonomy: str | None = None
    referring_npi: str | None = None
    ordering_npi: str | None = None
    revenue_code: str | None = None
    ndc: str | None = None
    clia: str | None = None
    prior_authorization: str | None = None
    description: str | None = None
    assumed_care_date: str | None = None
    relinquished_care_date: str | None = None
    service_zip: str | None = None

    @property
    def details(self) -> tuple[Any, ...]:
        """What it says besides service, dates, number, charge and diagnoses, which most lines have in common."""
        return self[_FIRST_DETAIL:]

    @property
    def code(self) -> str:
        """The procedure code."""
        return self.service.code

    @property
    def modifiers(self) -> tuple[str, ...]:
        """The modifiers, in the order billed."""
        return self.service.modifiers

    @property
    def amount(self) -> Decimal | None:
        """The charge as a number, or None where it is missing or not one."""
        return as_number(self.charge) if self.charge else None

    @property
    def day(self) -> date | None:
        """The first date of service, which picks the rules; None where it is not a date."""
        return as_date(self.from_date)

    @property
    def last_day(self) -> date | None:
        """The last date of service: the first one where no other was billed."""
        return as_date(self.to_date or self.from_date)


_FIRST_DETAIL: Final = Line._fields.index("rendering_npi")


class Resubmission(NamedTuple):
    """An earlier claim of a claim's number, billing provider, patient and payer, which was sent and not answered yet.

    Attributes:
        lines: its lines of which the claim has the code and date, too.
        is_same: whether all that is billed is the same.
        sent: the day that it was sent, as its envelope says; None where that is not known.
    """

    lines: tuple[Line, ...] = ()
    is_same: bool = False
    sent: date | None = None


class Location(NamedTuple):
    """A place in the input.

    Attributes:
        file: the file, as named.
        interchange: control number of the interchange (ISA13).
        transaction: control number of the transaction set (ST02).
        segment: number of the segment within the file, from 1 (X12).
        row: number of the row within the file, from 1 (CSV, with its header; JSONL).
    """

    file: str
    interchange: str | None = None
    transaction: str | None = None
    segment: int | None = None
    row: int | None = None


class Party(NamedTuple):
    """Who sends, receives or bills, as an NM1 names them; a patient only where ``Claim.patient`` is asked for.
    ``kind`` is 1 a person, 2 an organization (NM102), ``qualifier`` says what ``id`` is (NM108, NM109)."""

    kind: str = ""
    name: str = ""
    first_name: str = ""
    middle_name: str = ""
    qualifier: str = ""
    id: str = ""


class Interchange(NamedTuple):
    """An interchange's header: ISA05 to ISA10, ISA13 and ISA15. ``place`` is its segment number;
    ``acknowledgment`` says whether the sender asks for a TA1 (ISA14)."""

    sender_qualifier: str = ""
    sender: str = ""
    receiver_qualifier: str = ""
    receiver: str = ""
    date: str = ""
    time: str = ""
    control: str = ""
    usage: str = ""
    place: int = 0
    acknowledgment: str = ""


class Group(NamedTuple):
    """A functional group's header: GS02 to GS06. ``place`` is its segment number; ``function`` and ``version`` are
    GS01 and GS08."""

    sender: str = ""
    receiver: str = ""
    date: str = ""
    time: str = ""
    control: str = ""
    place: int = 0
    function: str = ""
    version: str = ""


class Submission(NamedTuple):
    """What an 837 says of itself, so that it can be answered: one record for all claims of a transaction.

    Attributes:
        interchange, group: the envelopes that it came in.
        control: transaction set control number (ST02).
        reference: the submitter's number of the transaction (BHT03).
        submitter, receiver: who sent it to whom (NM1*41, NM1*40).
        received: its date, as ``Claim.received_date``.
        place: segment number of its ST.
        kind: what it is (ST01): 837; "" where no transaction has begun.
        guide: the implementation guide that it names (ST03).
    """

    interchange: Interchange = Interchange()
    group: Group = Group()
    control: str = ""
    reference: str = ""
    submitter: Party = Party()
    receiver: Party = Party()
    received: str | None = None
    place: int = 0
    kind: str = ""
    guide: str = ""

    @property
    def has_transaction(self) -> bool:
        """Whether a transaction has begun: not the interchange or group alone."""
        return self.place not in (self.interchange.place, self.group.place)


class Claim(NamedTuple):
    """A claim as billed.

    Attributes:
        claim_id: the sender's number of the claim (CLM01).
        lines: its service lines, each an object of its own.
        setting: who bills; an 837I's comes from its type of bill, an 837P's from the billing taxonomy.
        locus: where it stands in the input.
        type_of_bill: three digits, on institutional claims (CLM05-1 and -3).
        payer_id: the payer that the claim goes to (2010BB NM109).
        billing_npi, billing_taxonomy: the billing provider (NM1*85, PRV*BI).
        patient_id: a key that tells patients apart; like ``birth_date`` and ``sex`` never in a message.
        birth_date: CCYYMMDD or ISO 8601 (DMG02).
        sex: F, M or U (DMG03).
        received_date: what "future" and "timely" are measured against: in X12 the envelope's date (GS04),
            never today.
        diagnoses: ICD-10-CM codes in order, up to 12 (HI).
        frequency: 1 an original claim, 7 one that replaces another, 8 one that takes it back (CLM05-3).
        charge: total charge in US dollars, a plain decimal (CLM02).
        statement: first and last day of the whole claim, where it gives them (DTP*434, DTP*472).
        trace: a clearinghouse's number of the claim (REF*D9).
        billing_provider: who bills, by name (NM1*85); never in a message.
        submission: the transaction that it came in; None where a source has none.
        filing_indicator: kind of the payer that the claim goes to (2000B SBR09), such as MB or CI.
        payer_responsibility: whether that payer pays first (P), second (S), third (T) ... (2000B SBR01).
        diagnosis_qualifiers: of an 837's diagnoses (HI01-1 ...), where they are not ABK and then ABF.
        original_reference: the payer's number of the claim that this one replaces or voids (2300 REF*F8).
        trial_number: of the clinical trial, 8 digits (2300 REF*P4).
        other_payers: the patient's other payers, each by its id, "" where it has none (2330B NM109 of each loop 2320).
        lacks_lines: whether lines of it may be missing, since a part of it could not be read.
        repeats_number: whether an earlier claim of the billing provider has its number, in the transaction or, of claim
            objects, in the file. A claim that replaces or voids another repeats nothing.
        patient: name and member id, of an 837 read with ``patient_names``, for a 277CA that names patients; else None.
            Never in a message.
    """

    claim_id: str
    lines: tuple[Line, ...]
    setting: Setting = PROFESSIONAL
    locus: Location = Location("")
    type_of_bill: str | None = None
    payer_id: str | None = None
    billing_npi: str | None = None
    billing_taxonomy: str | None = None
    patient_id: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    received_date: str | None = None
    diagnoses: tuple[str, ...] | None = None
    frequency: str | None = None
    charge: str | None = None
    statement: tuple[str, str] = ("", "")
    trace: str | None = None
    billing_provider: Party | None = None
    submission: Submission | None = None
    filing_indicator: str | None = None
    payer_responsibility: str | None = None
    diagnosis_qualifiers: tuple[str, ...] | None = None
    original_reference: str | None = None
    trial_number: str | None = None
    other_payers: tuple[str, ...] | None = None
    lacks_lines: bool = False
    repeats_number: bool = False
    patient: Party | None = None

    @property
    def earlier(self) -> int:
        """How many of the first lines stand on the patient's earlier claims, as a check across claims is handed
        them; none on a claim as billed."""
        return 0

    @property
    def resubmits(self) -> Resubmission | None:
        """The earlier claim that it bills again, as a check across claims is told; None on a claim as billed."""
        return None

    @property
    def known_since(self) -> date | None:
        """The first day of service of the history that the claim is judged with, as a check that looks over years is
        told; None without a history, and on a claim as billed."""
        return None

    def rendering_npi(self, line: Line) -> str | None:
        """Who rendered a line: its own provider, else the billing provider."""
        return line.rendering_npi or self.billing_npi

    def rendering_taxonomy(self, line: Line) -> str | None:
        """The taxonomy of who rendered a line, inherited as ``rendering_npi`` is."""
        return line.rendering_taxonomy if line.rendering_npi else self.billing_taxonomy

    def locus_of(self, line: Line) -> Location:
        """Where a line stands in the input."""
        file, interchange, transaction, _, row = self.locus
        if row is not None:
            return Location(file, interchange, transaction, None, line.place)
        return Location(file, interchange, transaction, line.place)


_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})", re.ASCII)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CCYYMMDD = re.compile(r"[0-9]{8}", re.ASCII)


@lru_cache(maxsize=65536)
def as_number(text: str) -> Decimal | None:
    """A plain decimal such as ``2`` or ``0.5``; None for anything else (``1e400``, ``NaN``)."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def in_dollars(amount: Decimal) -> str:
    """An amount in US dollars as people read it: ``-$1,250.00``."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


charge_of: Final[Callable[[Line], str | None]] = attrgetter("charge")
"""The charge of a line, as billed."""

_NO_CHARGE: Final = Decimal(0)


def total_charge(charges: Iterable[str | None]) -> Decimal | None:
    """The sum of charges, as billed; None where none is a number."""
    amounts: list[Any] = [*map(as_number, filter(None, charges))]
    try:
        return sum(amounts, _NO_CHARGE) if amounts else None
    except TypeError:  # one is not a number
        known = [amount for amount in amounts if amount is not None]
        return sum(known, _NO_CHARGE) if known else None


def can_be_place(place: str) -> bool:
    """Whether a text has the form of a place of service, or nearly so. Anything else may be the rest of a segment
    without its terminator, a name or a note, and must be neither quoted nor kept."""
    return len(place) <= 2 or (len(place) == 3 and place.isdigit())


@lru_cache(maxsize=65536)
def as_date(text: str) -> date | None:
    """A calendar day written CCYYMMDD or ISO 8601; None for anything else (``20250230``)."""
    if _CCYYMMDD.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def plain_diagnosis(diagnosis: str) -> str:
    """A diagnosis as tables are keyed by it: in capitals, without the decimal point after its third character."""
    return (f"{diagnosis[:3]}{diagnosis[4:]}" if diagnosis[3:4] == "." else diagnosis).upper()


def setting_of_bill(type_of_bill: str) -> Setting:
    """The setting of an institutional claim, by its type of bill (837I)."""
    # 0131 on paper and 131 in X12 are one bill: the leading zero is not sent electronically.
    return OUTPATIENT if type_of_bill.removeprefix("0").startswith(OUTPATIENT_BILLS) else INSTITUTIONAL


def setting_of_taxonomy(billing_taxonomy: str | None) -> Setting:
    """The setting of an 837P claim, by the billing provider's taxonomy."""
    if billing_taxonomy == ASC_TAXONOMY:
        return ASC
    return DME if (billing_taxonomy or "").startswith(SUPPLIER_TAXONOMIES) else PROFESSIONAL
