"""837 claims, segment by segment: professional, institutional and dental, 5010 and, as far as it goes, 4010.

This is a walk through the loops of the 837. Each loop has a table that says which function reads which segment; a
segment that opens another loop also changes the table. So a REF of a provider can't be taken for one of the claim,
and a segment in which nothing is of use is never even split.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from claimcheck.authoring.check import Check
from claimcheck.claim import (
    ASC,
    DENTAL,
    HCPCS,
    PROFESSIONAL,
    SETTINGS,
    Claim,
    Line,
    Location,
    Party,
    Service,
    Setting,
    as_date,
    setting_of_bill,
    setting_of_taxonomy,
)
from claimcheck.message import INFORM, REJECT, WARN, Citation, EditMessage, Severity, StandardCodes, codes
from claimcheck.readers.deal import Deal
from claimcheck.readers.edits import reading_edit, unreadable
from claimcheck.readers.x12.envelope import Envelope
from claimcheck.readers.x12.segments import (
    SEGMENT_EDITS,
    SEGMENT_IDS,
    X12_LENGTH,
    Delimiters,
    ReadIssue,
    called,
    element,
    shown,
)

_TR3 = "ASC X12N 005010X222A1 (837P) and 005010X223A2 (837I)"
_999 = "ASC X12N 005010X231A1 (999 Implementation Acknowledgment)"

X12_SEGMENT: Final = reading_edit(
    "X12-SEGMENT",
    REJECT,
    Citation(_999, "IK304 code 1, unrecognized segment ID"),
    codes(status="A3:684"),
    """
    A segment begins with something that is no segment of an 837.

    It may be a segment with a misspelt name, the rest of one that was cut in two by a terminator inside
    a text, or text that does not belong here. It was skipped; if it was a service line, that line is
    missing from the claim.

    What to do: look at the file at this segment. Keep the segment terminator out of names and notes.
    """,
)

X12_HL: Final = reading_edit(
    "X12-HL",
    WARN,
    Citation(_TR3, "Loops 2000A, 2000B and 2000C; HL01 to HL03"),
    codes(status="A3:684", confidence="L"),
    """
    A level (HL) names a parent that is not the one above it, or is of an unknown kind.

    HL02 of a subscriber must be HL01 of the billing provider before it, HL02 of a patient HL01 of the
    subscriber before it. Claims of a subscriber that names another billing provider of the transaction
    are judged as that provider's; where HL02 names none, as those of the provider and the subscriber
    before them. Receivers differ, or refuse the file. Under a level of an unknown kind, which is a
    reject, claims have no provider and no patient: nobody can tell whose they are. Each claim that
    is concerned has a message.

    What to do: number the levels from 1 in each transaction, and let HL02 name the level above.
    """,
)

X12_NO_LINES: Final = reading_edit(
    "X12-NO-LINES",
    REJECT,
    Citation(_TR3, "Loop 2400, required: at least one service line"),
    codes(status="A6:247", confidence="L"),
    """
    A claim has no service line, or a line number (LX) has no service (SV1, SV2 or SV3) behind it.

    Every claim needs at least one line, and every LX a service segment. Nothing can be checked in
    what is not there. A billing provider, subscriber or patient level (HL) without a claim, or a whole
    837 transaction, is a warning: the claim may have been lost. ``claimcheck split`` writes such levels
    to the rejected part.

    What to do: complete the claim. If the lines were in the billing system, the export lost them.
    """,
)

X12_LOOP: Final = reading_edit(
    "X12-LOOP",
    REJECT,
    Citation(_999, "IK304 code 2, unexpected segment"),
    codes(status="A3:684"),
    """
    A service line stands where none can: outside any claim, or without a line number of its own.

    A line outside a claim (SV1, SV2 or SV3 with no CLM before it) belongs to nobody and is not read.
    A line without its LX, or of another kind than the claim's other lines, is read with a warning.

    What to do: export the claim again. Each claim needs its CLM, and each line its LX.
    """,
)

X12_DIAGNOSIS: Final = reading_edit(
    "X12-DIAGNOSIS",
    REJECT,
    Citation(_TR3, "Loop 2300, HI, C022-01 and C022-02"),
    codes(status="A7:255"),
    """
    A diagnosis is not written as qualifier and code, such as ABK:J0300.

    Each element of HI is a qualifier and a code with the component separator between them: ABK or ABF
    and an ICD-10-CM code (BK or BF and ICD-9-CM before October 2015), in capitals. An element with an
    unknown qualifier, or with no code, keeps its place, so that the diagnosis pointers of the lines
    still point to what they were meant for. Procedures, conditions, values and the like, which HI may
    hold too, are no diagnoses and have no place.

    What to do: write HI as HI*ABK:code*ABF:code, with the separator that ISA16 names.
    """,
)

X12_COMPOSITE: Final = reading_edit(
    "X12-COMPOSITE",
    REJECT,
    Citation(_TR3, "Loop 2400, SV101, SV202 and SV301; C003-01, product or service ID qualifier"),
    codes(status="A7:507", confidence="L"),
    """
    A procedure is not written as qualifier and code, such as HC:99213.

    The qualifier is missing, or another separator than ISA16 names parts it from the code. The first is
    not judged, for nobody can tell whose code it is; the other is read as it was meant. A receiver
    refuses either.

    What to do: send HC for CPT and HCPCS codes in SV101-1 or SV202-1 (AD for CDT codes in SV301-1), and
    the separator of ISA16 behind it.
    """,
)

X12_NOT_837: Final = reading_edit(
    "X12-NOT-837",
    WARN,
    Citation(_TR3, "ST01, transaction set identifier 837"),
    codes(status="A3:684", confidence="L"),
    """
    A transaction in the file is not an 837 claim, such as a remittance (835); it was skipped.

    It is a reject where claims may be lost with it: the transaction holds a claim or a service line, or its
    kind is unknown and its group (GS01 HC) or version says that it holds claims.

    What to do: nothing, if it is meant to be in the file and holds no claims; else correct ST01.
    """,
)

X12_VERSION: Final = reading_edit(
    "X12-VERSION",
    WARN,
    Citation("45 CFR 162.1102(c)", "", "https://www.ecfr.gov/current/title-45/section-162.1102"),
    StandardCodes(),
    """
    The claims are written in a version that is not 005010X222, X223 or X224, or don't fit their version.

    Since 2012 HIPAA asks for version 005010 of the 837: X222 professional, X223 institutional, X224
    dental. Claims in 004010 and in unknown versions are read as far as they go, and so are lines of
    another kind than the version names. Payers refuse them. Predeterminations (X291, X292) and reports of
    claims that a payer has adjudicated (X298, X299, X300) are read and judged as claims, which the message
    only informs of.

    What to do: export the claims as 005010, and name the right guide in GS08 and ST03.
    """,
)

READING_EDITS: Final[tuple[Check, ...]] = (
    *SEGMENT_EDITS,
    X12_SEGMENT,
    X12_HL,
    X12_NO_LINES,
    X12_LOOP,
    X12_DIAGNOSIS,
    X12_COMPOSITE,
    X12_NOT_837,
    X12_VERSION,
)


# Where the fields of a line stand: a line is a list until the next one begins, and then a ``Line``.
(
    SERVICE, FROM, TO, NUMBER, CONTROL, CHARGE, POINTERS, PLACE, RENDERING, TAXONOMY, REFERRING, ORDERING,
    REVENUE, NDC, CLIA, AUTHORIZATION, DESCRIPTION, ASSUMED, RELINQUISHED,
) = range(len(Line._fields))  # fmt: skip
NEW_LINE: Final = [
    None, "", "", "", None, "", None, 0, None, None, "", "", None, "", "", None, "", None, None,
]  # fmt: skip
OWN: Final = PLACE + 1
"""How many fields a line says itself; most lines leave the others to their claim."""

# Records straight from a tuple: several times as fast as their constructors, which a line can feel.
as_claim: Callable[[Sequence[Any]], Claim] = partial(tuple.__new__, Claim)
as_location: Callable[[tuple[Any, ...]], Location] = partial(tuple.__new__, Location)
as_line: Callable[[Sequence[Any]], Line] = partial(tuple.__new__, Line)
_as_service: Callable[[tuple[Any, ...]], Service] = partial(tuple.__new__, Service)

PAD = ("",) * 12
_DIAGNOSES = frozenset(("ABK", "BK", "ABF", "BF"))
_NO_DIAGNOSES: Final = frozenset(
    "ABJ ABN APR BBQ BBR BE BG BH BI BJ BN BO BP BQ BR CAH DR PR TC TQ ZZ".split()  # noqa: SIM905
)
"""Qualifiers of what else an HI may hold: admitting and external-cause diagnoses, reasons for the visit, procedures,
occurrences, values, conditions, treatments, groups; no line points to them. ZZ is 4010's."""
_DIAGNOSIS: Final = re.compile(r"[A-Z0-9][0-9][0-9A-Z]\.?[0-9A-Z]{0,4}", re.ASCII)
CODE_SETS: Final = ("AD", "ER", "HC", "HP", "IV", "WK")
"""Qualifiers of procedures."""
_CODE_SETS: Final = frozenset((*CODE_SETS, "ZZ"))  # ZZ, mutually defined, is 4010's for HIPPS rates
_MISSING: Final = "missing"
_A_CODE: Final = re.compile("[0-9A-Z][0-9]{3}[0-9A-Z]", re.ASCII)
_MISWRITTEN: Final = re.compile(f"({'|'.join(CODE_SETS)}|A?B[KF])([^0-9A-Za-z\\s])(?=[0-9A-Z])", re.ASCII)
"""A qualifier with something else than the component separator behind it."""

_KINDS: Final = {
    "X222": "SV1", "X098": "SV1", "X291": "SV1", "X298": "SV1",
    "X223": "SV2", "X096": "SV2", "X292": "SV2", "X299": "SV2",
    "X224": "SV3", "X097": "SV3", "X300": "SV3",
}  # fmt: skip
"""The guides of the 837, and the lines that they are for."""
_A_KIND: Final = {"SV1": "a professional", "SV2": "an institutional", "SV3": "a dental"}
_GUIDE_OF: Final = {
    "SV1": "005010X222A1 (professional)",
    "SV2": "005010X223A2 (institutional)",
    "SV3": "005010X224A2 (dental)",
}
_LEVELS: Final = {"20": "a billing provider", "22": "a subscriber", "23": "a patient"}
_PREDETERMINED: Final = ("X291", "X292")
_ADJUDICATED: Final = ("X298", "X299", "X300")
_OTHER_SETS: Final = frozenset("269 270 271 275 276 277 278 820 824 834 835 997 999".split())  # noqa: SIM905
"""Transactions of health care that hold no claims to be paid."""
MOST_PROVIDERS: Final = 20_000
"""Billing providers of a transaction that are remembered, for a subscriber may name any of them: input chooses how
many there are. The guides allow 5,000 claims in a transaction."""

Handler = Callable[[str, int], None]
Handlers = Mapping[str, Handler]
K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """What a function gave for each key. Real claims repeat themselves, and a look-up costs less than
    taking a text apart again. Bounded in number and in size, so that no file can fill the memory."""

    def __init__(self, make: Callable[[K], V], limit: int = 20_000) -> None:
        self.make = make
        self.limit = limit

    def __missing__(self, key: K) -> V:
        value = self.make(key)
        if len(self) >= self.limit:
            self.clear()
        if len(repr(key)) < 600:
            self[key] = value
        return value


class _Facility(NamedTuple):
    """CLM05: a place of service or, for an institution, a type of bill."""

    place: str
    bill: str
    setting: Setting
    frequency: str


class _Provider(NamedTuple):
    """What the level of a billing provider says: NPI, taxonomy, name, and the setting of their professional claims."""

    npi: str
    taxonomy: str | None
    party: Party | None
    professional: Setting


class _WrongLevel:
    """A level with a wrong parent or of an unknown kind, which is reported on each claim under it, or once if it has
    none."""

    __slots__ = ("reported", "trouble")

    def __init__(self, trouble: ReadIssue) -> None:
        self.trouble = trouble
        self.reported = False


class Walk:
    """The state of the walk. What is found, claims and messages, is appended to ``found``, with its turn where it is
    one worker's part of a batch. Claims that are not ``mine`` are passed over, but for what they say of others."""

    def __init__(self, file: str, asc_npis: frozenset[str], deal: Deal) -> None:
        self.file = file
        self.asc_npis = asc_npis
        self.deal = deal
        self.dealt = deal.workers > 1
        self.had_service = False
        self.lines: list[Line] = []
        self.line: list[Any] | None = None
        self.found: list[Claim | EditMessage] = []
        self.turns: list[int] = []
        self.envelope = Envelope(self.say)
        self.delimiters: Delimiters | None = None
        self.number = 0
        self.kind = "SV1"
        self.version_told = ""
        self.adjudicated = False
        self.performs = False
        self.table: Memo[str, Handler | None]
        self._begin_transaction()

    def _begin_transaction(self) -> None:
        """Forget everything that the transaction before said."""
        self.received: str | None = None
        self.kind_told = False
        # Whether it is no 837: then nobody is to be answered.
        self.is_other = False
        # Whether the billing provider had a claim, or it was said why one may be missing; and the transaction.
        self.accounted = self.any_accounted = False
        # The level of a subscriber or patient that waits for a claim: segment number and HL03.
        self.bare_level: tuple[int, str] | None = None
        # Whether it was said that a transaction of another kind lost claims.
        self.loss_told = False
        self.claim_id: str | None = None
        self.providers: dict[str, _Provider] = {}
        self.wrong_levels: dict[str, _WrongLevel] = {}
        self._begin_billing("")

    def _begin_billing(self, level: str) -> None:
        # The billing provider whose the claims are, and the one above: others than HL02 of the subscriber says.
        self.billing_level = self.level_above = level
        self.billing_number = 0
        self.billing_npi = ""
        self.billing_taxonomy: str | None = None
        self.billing_provider: Party | None = None
        self.names_provider = False
        self.professional: Setting = PROFESSIONAL
        self._begin_subscriber("")

    def _begin_subscriber(self, level: str) -> None:
        self.subscriber_level = level
        self.member_id: str | None = None
        self.payer_id: str | None = None
        self.filing_indicator = ""
        self._begin_patient(dependant=False)
        self.mine = self.deal.take_turn()

    def _begin_patient(self, dependant: bool) -> None:
        self.dependant = dependant
        self.first_name = ""
        self.birth_date: str | None = None
        self.sex: str | None = None

    # The walk

    def walk(self, text: str, number: int) -> int:
        """Hand each segment to who reads it here, and give the number of the next one."""
        for number, raw in enumerate(text.split(self.terminator), number):  # noqa: B020
            handle = self.table[raw[:4]]
            if handle is not None:
                handle(raw, number)
        return number + 1

    def trouble(self, trouble: ReadIssue) -> None:
        """Take in what could not be cut into segments."""
        self.envelope.note(trouble)
        self.say(trouble)

    def end(self) -> None:
        """The file ends: whatever is open ends with it."""
        self.envelope.end(self.number)
        if self.envelope.is_open:  # what is missing is said to be so
            self.bare_level, self.billing_number = None, 0
        self.end_levels()

    def hand_out(self) -> Iterator[Claim | EditMessage]:
        """Yield what was found."""
        if self.dealt:
            deal = self.deal
            for item, turn in zip(self.found, self.turns, strict=True):
                deal.now = turn
                yield item
            self.turns.clear()
        else:
            yield from self.found
        self.found.clear()

    def end_levels(self, kind: str = "20") -> None:
        """A claim ends, and so do levels: those below a kind, by HL03, and of it."""
        self.end_claim()
        if self.wrong_levels:
            for ended in [one for one in self.wrong_levels if one >= kind]:
                wrong = self.wrong_levels.pop(ended)
                if not wrong.reported:
                    self.say(wrong.trouble)
        if self.bare_level and self.bare_level[1] >= kind:
            number, bare = self.bare_level
            self._no_claim(f"This level (HL) is {_LEVELS[bare]}, and has no claim.", number)
        if kind == "20" and self.billing_number and not self.accounted:
            self._no_claim(f"This level (HL) is {_LEVELS[kind]}, and has no claim.", self.billing_number)

    def _no_claim(self, text: str, number: int) -> None:
        self.bare_level, self.accounted = None, True
        self._no_lines(text, number, severity=WARN)

    def say(self, trouble: ReadIssue) -> None:
        """Make an edit message of trouble, with its place in the file."""
        if trouble.edit in (X12_SEGMENT, X12_LOOP, X12_LENGTH):
            self.accounted, self.bare_level = True, None  # a claim may be missing for this
        self.deal.heard = True
        if not self.mine:
            return
        if self.dealt:
            self.turns.append(self.deal.turn)
        envelope = self.envelope
        self.found.append(
            unreadable(
                trouble.edit,
                Location(self.file, envelope.interchange, envelope.transaction, trouble.segment),
                trouble.text,
                trouble.remedy,
                claim_id=self.claim_id,
                observed=trouble.observed,
                allowed=trouble.allowed,
                severity=trouble.severity,
                submission=None if self.is_other else envelope.submission,
            )
        )

    def learn(self, delimiters: Delimiters) -> None:
        """Set up the tables and memos for these delimiters."""
        self.delimiters = delimiters
        self.element, self.component, self.terminator = delimiters
        self.control_number = f"REF{self.element}6R{self.element}"
        self.insured, self.paying = f"IL{self.element}", f"PR{self.element}"
        self.pointers = Memo(self._pointers)
        self.diagnosis = Memo(self._diagnosis)
        self.facility = Memo(self._facility)
        self.line_number = Memo(self._line_number)
        self.service_days = Memo(self._service_days)
        self.provider = Memo(self._provider)
        self.payer = Memo(self._payer)
        self.filing = Memo(self._filing)
        self.performer = Memo(self._performer)
        self.services = {setting: Memo(partial(self._service, setting)) for setting in SETTINGS}
        envelope: Handlers = {
            "ISA": self._isa,
            "GS": self._gs,
            "ST": self._st,
            "SE": self._se,
            "GE": self._ge,
            "IEA": self._iea,
        }
        orphans = dict.fromkeys(("SV1", "SV2", "SV3"), self._outside)
        claim: Handlers = {**envelope, **orphans, "HL": self._hl, "CLM": self._clm}
        services = {"SV1": self._sv1, "SV2": self._sv2, "SV3": self._sv3}
        inside: Handlers = {**claim, **services, "LX": self._lx, "HI": self._hi}
        headless = dict.fromkeys(SEGMENT_IDS - {"TA1"}, self._headless)
        self.outside = self._table({**headless, **envelope})
        lost = dict.fromkeys(("CLM", "SV1", "SV2", "SV3"), self._claim_skipped)
        self.skipped = self._table({**envelope, **lost}, skip=True)
        self.header = self._table({**claim, "BHT": self._bht, "NM1": self._header_nm1})
        billing = {"NM1": self._billing_nm1, "PRV": self._billing_prv, "REF": self._billing_ref}
        self.in_billing = self._table({**claim, **billing})
        subscriber = {"SBR": self._subscriber_sbr, "NM1": self._subscriber_nm1, "DMG": self._dmg}
        self.in_subscriber = self._table({**claim, **subscriber})
        self.in_patient = self._table({**claim, "NM1": self._patient_nm1, "DMG": self._dmg})
        shared = {"NM1": self._claim_nm1, "DTP": self._claim_dtp, "NTE": self._claim_nte, "SBR": self._sbr}
        self.in_claim = self._table({**inside, **shared, "REF": self._claim_ref})
        self.in_claim_provider = self._table({**inside, **shared, "PRV": self._prv})
        self.in_other_payer = self._table(inside)
        self.in_adjudicator = self._table({**inside, "SBR": self._sbr, "NM1": self._adjudicator_nm1})
        line = {
            "NM1": self._line_nm1,
            "DTP": self._line_dtp,
            "NTE": self._line_nte,
            "LIN": self._lin,
            "SVD": self._svd,
        }
        self.in_line = self._table({**inside, **line, "REF": self._line_ref})
        self.in_line_provider = self._table({**inside, **line, "PRV": self._prv})
        self.in_adjudication = self._table({**inside, "LIN": self._lin})
        another = dict.fromkeys(("SV1", "SV2", "SV3"), self._sv_passed_over)
        self.passed_over = self._table({**claim, **another}, skip=True)
        self.table = self.outside

    def _table(self, handlers: Handlers, skip: bool = False) -> Memo[str, Handler | None]:
        """Which function reads a segment, by its first four characters: a name and its separator."""
        unknown = None if skip else self._unknown

        def find(prefix: str) -> Handler | None:
            name = prefix.partition(self.element)[0]
            return handlers.get(name) if name in SEGMENT_IDS else unknown

        return Memo(find)

    def _unknown(self, raw: str, number: int) -> None:
        name = raw.split(self.element, 1)[0]
        is_id = re.fullmatch("[A-Za-z0-9]{2,3}", name, re.ASCII)
        called = f"begins with {name}, which is" if is_id else "does not begin with a segment id: it is"
        self.say(
            ReadIssue(
                X12_SEGMENT,
                number,
                f"Segment {number} {called} no segment of an 837. It was skipped.",
                "Look at the file at this segment: a name is misspelt, or a terminator stands in a text.",
                name if is_id else "not a segment id",
            )
        )

    # The envelope

    def _isa(self, raw: str, number: int) -> None:
        self.end_levels()
        self.envelope.isa(raw.split(self.element), number)
        self.version_told = ""
        self.table = self.outside

    def _gs(self, raw: str, number: int) -> None:
        self.end_levels()
        self.envelope.gs(raw.split(self.element), number)
        self.version_told = ""
        self.table = self.outside

    def _st(self, raw: str, number: int) -> None:
        self.end_levels()
        elements = raw.split(self.element)
        self.envelope.st(elements, number)
        self._begin_transaction()
        kind, version = element(elements, 1), self._version(element(elements, 3))
        if kind == "837":
            self._set_received("")
            self._set_version(version, number)
            self.table = self.header
            return
        self.table, self.is_other = self.skipped, True
        announced = self.envelope.function == "HC" or version[6:10] in _KINDS
        if announced and kind not in _OTHER_SETS:
            self._claims_lost(f"This transaction is {shown(kind)}, not 837", number, shown(kind))
            return
        self.say(
            ReadIssue(
                X12_NOT_837,
                number,
                "This transaction is not an 837 claim; it was skipped.",
                "Nothing needs to be done if it belongs in the file.",
                shown(kind),
                "837",
            )
        )

    def _version(self, st03: str) -> str:
        """The version of a transaction: GS08's, unless ST03 alone names a guide of the 837."""
        gs08 = self.envelope.version
        return st03 if gs08[6:10] not in _KINDS and (not gs08 or st03[6:10] in _KINDS) else gs08

    def _claim_skipped(self, raw: str, number: int) -> None:
        """A claim or service line in a transaction of another kind."""
        if not self.loss_told:
            self._claims_lost(f"This transaction is not an 837, and holds a claim ({raw[:3]})", number, raw[:3])

    def _claims_lost(self, what: str, number: int, observed: str) -> None:
        self.loss_told = True
        self.say(
            ReadIssue(
                X12_NOT_837,
                number,
                f"{what}. Its claims were not read.",
                "If it holds claims, send 837 in ST01; else move it to a group of its own kind (GS01).",
                observed,
                "837",
                severity=REJECT,
            )
        )

    def _headless(self, raw: str, number: int) -> None:
        self.envelope.headless(raw.split(self.element, 1)[0], number)
        self._begin_transaction()
        self.accounted = True
        self._set_received("")
        if self.envelope.version:
            self._set_version(self.envelope.version, number)
        self.table = self.header
        handle = self.table[raw[:4]]
        if handle is not None:
            handle(raw, number)

    def _se(self, raw: str, number: int) -> None:
        is_empty = not (self.accounted or self.any_accounted) and self.table is not self.skipped
        if is_empty and self.envelope.is_open:
            self.end_claim()
            self._no_claim("This 837 transaction holds no claim.", number)
        self.end_levels()
        self.envelope.se(raw.split(self.element), number)
        self.table = self.outside

    def _ge(self, raw: str, number: int) -> None:
        self.end_levels()
        self.envelope.ge(raw.split(self.element), number)
        self.table = self.outside

    def _iea(self, raw: str, number: int) -> None:
        self.end_levels()
        self.envelope.iea(raw.split(self.element), number)
        self.table = self.outside

    def _bht(self, raw: str, number: int) -> None:
        elements = raw.split(self.element)
        self.envelope.submission = self.envelope.submission._replace(reference=element(elements, 3))
        self._set_received(element(elements, 4))

    def _header_nm1(self, raw: str, number: int) -> None:
        entity, party = self._party(raw)
        if entity == "41":
            self.envelope.submission = self.envelope.submission._replace(submitter=party)
        elif entity == "40":
            self.envelope.submission = self.envelope.submission._replace(receiver=party)

    def _party(self, nm1: str) -> tuple[str, Party]:
        """The entity that an NM1 speaks of, and how it names it."""
        elements = [*nm1.split(self.element, 10), *PAD]
        return elements[1], Party(*elements[2:6], *elements[8:10])

    def _set_received(self, bht04: str) -> None:
        """The day that the envelope gives: GS04, else BHT04, else ISA09, which has no century."""
        envelope = self.envelope
        century = "20" + envelope.interchange_date
        dates = [envelope.group_date, bht04, century]
        self.received = next(filter(as_date, dates), next(filter(None, dates[:2]), None))
        envelope.submission = envelope.submission._replace(received=self.received)

    def _set_version(self, version: str, number: int) -> None:
        """What kind of claims the version announces. It says so once a group when it is not 5010."""
        guide = version[6:10]
        self.kind = _KINDS.get(guide, "SV1")
        is_5010 = version[:6] == "005010"
        self.adjudicated = is_5010 and guide in _ADJUDICATED
        if is_5010 and guide in ("X222", "X223", "X224"):
            return
        seen = (
            version if re.fullmatch("00[0-9]{4}(X[0-9]{3}([A-Z][0-9])?)?", version, re.ASCII) else "an unknown version"
        )
        if seen == self.version_told:
            return
        self.version_told = seen
        allowed = [_GUIDE_OF[self.kind]] if guide in _KINDS else [*_GUIDE_OF.values()]
        wrong = "which is not a known guide of the 837" if is_5010 else "not in version 005010"
        text = f"The claims are written in {seen}, {wrong}. They are read as far as it goes."
        remedy = f"Export the claims as {', '.join(allowed)}."
        severity: Severity | None = INFORM if self.adjudicated or (is_5010 and guide in _PREDETERMINED) else None
        if severity:
            what = "claims that a payer has adjudicated" if self.adjudicated else "requests for predetermination"
            text = f"These are {what} ({seen}). Each is judged as {_A_KIND[self.kind]} claim."
            remedy = f"No action if that is what they are; claims to be paid are {allowed[0]}."
        self.say(
            ReadIssue(
                X12_VERSION,
                number,
                text,
                remedy,
                seen,
                ", ".join(guide.partition(" ")[0] for guide in allowed),
                severity,
            )
        )

    # Billing provider, subscriber, patient

    def _hl(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 4)
        if len(elements) < 4:
            elements += PAD
        self._begin_level(elements[1], elements[2], elements[3], number)

    def _begin_level(self, level: str, parent: str, kind: str, number: int) -> None:
        if kind not in _LEVELS:  # a reject, which says why levels above may have no claim
            self.bare_level, self.accounted = None, True
        self.end_levels(kind if kind in ("22", "23") else "20")
        above, other = "", False
        if kind == "22":
            above = self.level_above
            other = self._is_billed_by(parent)
            self._begin_subscriber(level)
            self.bare_level = number, kind
            self.table = self.in_subscriber
        elif kind == "23":
            above = self.subscriber_level
            self._begin_patient(dependant=True)
            self.bare_level = number, kind
            self.table = self.in_patient
        else:
            self._remember_provider()
            self._begin_billing(level)
            self.billing_number = number if kind == "20" else 0
            self.any_accounted, self.accounted = self.any_accounted or self.accounted, False
            self.table = self.in_billing
        if kind not in _LEVELS:
            self.wrong_levels["20"] = _WrongLevel(self._unknown_level(level, kind, number))
        elif parent != above or (kind != "20" and not above):
            trouble = self._wrong_parent(level, parent, kind, above, number, judged_by_parent=other)
            if kind == "20":
                self.say(trouble)  # of one provider, however many claims they have
            else:
                self.wrong_levels[kind] = _WrongLevel(trouble)

    def _remember_provider(self) -> None:
        """Keep what the level of the billing provider above says, for subscribers further on may name it."""
        if self.billing_number and self.billing_level == self.level_above and len(self.providers) < MOST_PROVIDERS:
            self.providers[self.level_above] = _Provider(
                self.billing_npi, self.billing_taxonomy, self.billing_provider, self.professional
            )

    def _is_billed_by(self, parent: str) -> bool:
        """Take the billing provider that HL02 of a subscriber names, else the one above; whether it is another."""
        if parent == self.billing_level == self.level_above:
            return False
        self._remember_provider()
        level = parent if parent in self.providers else self.level_above
        if known := self.providers.get(level):
            self.billing_npi, self.billing_taxonomy, self.billing_provider, self.professional = known
        self.billing_level = level
        return level != self.level_above

    def _unknown_level(self, level: str, kind: str, number: int) -> ReadIssue:
        return ReadIssue(
            X12_HL,
            number,
            f"Level (HL) {shown(level)} is no billing provider (20), subscriber (22) or patient (23)."
            " The claims under it are read without them.",
            "Send 20, 22 or 23 in HL03.",
            shown(kind),
            "20, 22 or 23",
            severity=REJECT,
        )

    def _wrong_parent(
        self, level: str, parent: str, kind: str, above: str, number: int, *, judged_by_parent: bool
    ) -> ReadIssue:
        level_above = f"the level above it is {shown(above)}" if above else "there is no level above it"
        judged = (
            f"Its claims are judged as those of billing provider {shown(parent)}, which it names."
            if judged_by_parent
            else "Its claims are judged with the provider and the subscriber before it."
        )
        return ReadIssue(
            X12_HL,
            number,
            f"Level (HL) {shown(level)} is {_LEVELS[kind]} and names parent {shown(parent)}; {level_above}. {judged}",
            "Let HL02 name the level above: the billing provider for 22, the subscriber for 23.",
            shown(parent),
            shown(above),
        )

    def _provider(self, nm1: str) -> tuple[str, str | None]:
        """Who an NM1 names, and NM109 where it is an NPI: 4010 has tax and social security numbers there."""
        elements = [*nm1.split(self.element, 10), *PAD]
        return elements[1], elements[9] if elements[8] == "XX" else None

    def _billing_nm1(self, raw: str, number: int) -> None:
        entity, party = self._party(raw)
        self.names_provider = entity == "85"
        if self.names_provider:
            self.billing_provider = party
            self.billing_npi = party.id if party.qualifier == "XX" else ""
            self._set_professional()

    def _billing_ref(self, raw: str, number: int) -> None:
        """The tax number of a billing provider who has no NPI: then it is what he is known by."""
        elements = raw.split(self.element, 3)
        provider = self.billing_provider
        if provider and self.names_provider and not provider.id and element(elements, 1) == "EI":
            self.billing_provider = provider._replace(qualifier="FI", id=element(elements, 2))

    def _billing_prv(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 4)
        if element(elements, 1) == "BI":
            self.billing_taxonomy = element(elements, 3)
            self._set_professional()

    def _set_professional(self) -> None:
        """The setting of this provider's professional claims."""
        is_asc = self.billing_npi in self.asc_npis
        self.professional = ASC if is_asc else setting_of_taxonomy(self.billing_taxonomy)

    def _subscriber_sbr(self, raw: str, number: int) -> None:
        self.filing_indicator = self.filing[raw]

    def _filing(self, sbr: str) -> str:
        return element(sbr.split(self.element, 10), 9)

    def _subscriber_nm1(self, raw: str, number: int) -> None:
        entity = raw[4:7]
        if entity == self.insured:
            self.member_id = element(raw.split(self.element, 10), 9)
            self.mine = self.deal.take_turn(self.member_id)
        elif entity == self.paying:
            self.payer_id = self.payer[raw]

    def _payer(self, nm1: str) -> str:
        return element(nm1.split(self.element, 10), 9)

    def _patient_nm1(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 5)
        if element(elements, 1) == "QC":
            self.first_name = element(elements, 4)

    def _dmg(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 4)
        if len(elements) < 4:
            elements += PAD
        self.birth_date, self.sex = elements[2], elements[3]

    def patient_id(self) -> str | None:
        """A key that groups one dependant's claims; it is never shown. He has no member id of his own:
        the subscriber's, with what tells him from the others, twins too."""
        if not self.member_id:
            return None
        return f"{self.member_id}/{self.birth_date}/{self.sex}/{self.first_name.strip().upper()}"

    # Claims

    def _clm(self, raw: str, number: int) -> None:
        self.end_claim()
        elements = raw.split(self.element, 6)
        if len(elements) < 6:
            elements += PAD
        if not self.member_id:  # nobody's history: any worker may have it
            self.mine = self.deal.take_turn(elements[1])
        for wrong in self.wrong_levels.values():
            wrong.reported = True
        if self.mine:
            self.begin_claim(elements[1], elements[2], elements[5], number)
        else:
            self.accounted = self.deal.heard = True
            self.bare_level = None
            self.had_service = False
            self.table = self.passed_over

    def begin_claim(self, claim_id: str, charge: str, facility: str, number: int) -> None:
        """Begin a claim with what its CLM says: CLM01, CLM02 and CLM05."""
        self.end_claim()
        self.accounted = self.deal.heard = True
        self.bare_level = None
        self.claim_id, self.charge = claim_id, charge
        for wrong in self.wrong_levels.values():
            self.say(wrong.trouble)
        self.trace: str | None = None
        self.adjudicator: str | None = None
        self.claim_number = number
        self.lines = []
        self.line = None
        # Every line begins as a copy of this: what the claim says for all of its lines.
        self.shared: list[Any] = NEW_LINE.copy()
        self.statement = ("", "")
        self.bare_lx = False
        self.diagnoses: list[str] = []
        self.place, self.bill, self.bill_setting, self.frequency = self.facility[facility]
        self._set_kind(self.kind)
        self.table = self.in_claim

    def _set_kind(self, kind: str) -> None:
        """A claim's lines say what kind it is; until the first one the version does."""
        self.claim_kind = kind
        if kind == "SV1":
            self.setting = self.professional
        else:
            self.setting = self.bill_setting if kind == "SV2" else DENTAL
        self.service = self.services[self.setting]

    def _facility(self, clm05: str) -> _Facility:
        parts = [*clm05.split(self.component), "", ""]
        bill = parts[0] + parts[2]
        return _Facility(parts[0], bill, setting_of_bill(bill), parts[2])

    def end_claim(self) -> None:
        """A claim ends where something begins that can't belong to it."""
        claim_id = self.claim_id
        if claim_id is None:
            return
        self.end_line()
        if not self.lines and not self.bare_lx:
            self._no_lines("This claim has no service line.", self.claim_number)
        envelope = self.envelope
        locus = (self.file, envelope.interchange, envelope.transaction, self.claim_number, None)
        claim = (
            claim_id,
            tuple(self.lines),
            self.setting,
            as_location(locus),
            self.bill if self.setting == self.bill_setting else None,
            self.adjudicator or self.payer_id,
            self.billing_npi,
            self.billing_taxonomy,
            self.patient_id() if self.dependant else self.member_id,
            self.birth_date,
            self.sex,
            self.received,
            tuple(self.diagnoses),
            self.frequency,
            self.charge,
            self.statement,
            self.trace,
            self.billing_provider,
            envelope.submission,
            self.filing_indicator,
        )
        self.found.append(as_claim(claim))
        if self.dealt:
            self.turns.append(self.deal.turn)
        self.claim_id = None

    def _no_lines(self, text: str, number: int, severity: Severity | None = None) -> None:
        self.say(
            ReadIssue(
                X12_NO_LINES,
                number,
                text,
                "Complete the claim; if the line was in the billing system, look for what the export lost.",
                severity=severity,
            )
        )

    def _hi(self, raw: str, number: int) -> None:
        self._add_diagnoses(raw.split(self.element)[1:], number)

    def _add_diagnoses(self, composites: list[str], number: int) -> None:
        codes = [*map(self.diagnosis.__getitem__, composites)]
        if "" in codes:
            codes = self._odd_hi(composites, number)
        self.diagnoses += codes

    def _diagnosis(self, composite: str) -> str:
        """The code of a diagnosis; "" for all that is none."""
        qualifier, _, rest = composite.partition(self.component)
        return rest.partition(self.component)[0] if qualifier in _DIAGNOSES else ""

    def _odd_hi(self, composites: list[str], number: int) -> list[str]:
        """The diagnoses of an HI that also holds other things. Occurrence codes, procedures and the like
        are left out; what is empty or can't be read keeps its place among the diagnoses."""
        codes: list[str] = []
        unread: list[str] = []
        unknown: dict[str, str] = {}
        other: dict[str, str] = {}
        for place, composite in enumerate(composites, 1):
            qualifier, parted, rest = composite.partition(self.component)
            code = rest.partition(self.component)[0]
            if qualifier in _NO_DIAGNOSES:
                continue
            codes.append(code if qualifier in _DIAGNOSES else "")
            if not composite or codes[-1]:
                continue
            named = f"HI{place:02}"
            if miswritten := _MISWRITTEN.match(composite):
                other[named] = miswritten[2]
                codes[-1] = composite[miswritten.end() :].partition(miswritten[2])[0]
            elif qualifier in _DIAGNOSES or not (parted and code):
                unread.append(named)
            else:
                unknown[named] = (
                    qualifier if re.fullmatch("[0-9A-Za-z]{1,3}", qualifier, re.ASCII) else "something else"
                )
                if qualifier.upper() in _NO_DIAGNOSES:
                    codes.pop()
                elif _DIAGNOSIS.fullmatch(code):
                    codes[-1] = code
        while codes and not codes[-1]:
            codes.pop()
        if unread:
            self._unread_diagnoses(unread, len(composites), number)
        if unknown:
            self._unknown_qualifiers(unknown, number)
        if other:
            self._other_separator(X12_DIAGNOSIS, ", ".join(other), next(iter(other.values())), number)
        return codes

    def _unread_diagnoses(self, unread: Sequence[str], of: int, number: int) -> None:
        self.say(
            ReadIssue(
                X12_DIAGNOSIS,
                number,
                f"{len(unread)} of {of} elements of HI ({', '.join(unread)}) are not written as qualifier and code, and"
                " were not read.",
                "Write each as ABK:code or ABF:code, with the component separator of ISA16.",
                str(len(unread)),
                "0",
            )
        )

    def _unknown_qualifiers(self, unknown: Mapping[str, str], number: int) -> None:
        places, found = ", ".join(unknown), ", ".join(unknown.values())
        self.say(
            ReadIssue(
                X12_DIAGNOSIS,
                number,
                f"The qualifier in {places} is not known: {found}. A diagnosis has ABK (the first) or ABF.",
                f"Correct the qualifier in {places} (loop 2300), in capitals; pointers count the element's place.",
                found,
                "ABK, ABF",
            )
        )

    def _other_separator(self, edit: Check, where: str, found: str, number: int) -> None:
        """A composite is written with another separator than the file's others, and is read with that."""
        self.say(
            ReadIssue(
                edit,
                number,
                f"ISA16 names {called(self.component)} as the component separator, and {where} is written with"
                f" {called(found)}.",
                f"Write {where} with the separator of ISA16.",
                called(found),
                called(self.component),
            )
        )

    def _claim_dtp(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 4)
        kind, value = element(elements, 1), element(elements, 3)
        if kind in ("434", "472"):
            self.statement = _span(value)
        elif kind == "090":
            self.shared[ASSUMED] = value
        elif kind == "091":
            self.shared[RELINQUISHED] = value

    def _claim_nte(self, raw: str, number: int) -> None:
        """A note about the claim. It describes the lines that describe nothing themselves."""
        self.shared[DESCRIPTION] = self.shared[DESCRIPTION] or element(raw.split(self.element, 3), 2)

    def _claim_ref(self, raw: str, number: int) -> None:
        elements = [*raw.split(self.element, 3), *PAD]
        if elements[1] == "G1":
            self.shared[AUTHORIZATION] = elements[2]
        elif elements[1] == "X4":
            self.shared[CLIA] = elements[2]
        elif elements[1] == "D9":
            self.trace = elements[2]

    def _claim_nm1(self, raw: str, number: int) -> None:
        self.set_provider(self.shared, raw)
        self.table = self.in_claim_provider

    def set_provider(self, line: list[Any], nm1: str) -> None:
        """Take an NM1 of a claim or line into a line's fields."""
        entity, npi = self.provider[nm1]
        # Whoever has no NPI does not take the place of the claim's provider; then a PRV that follows says nothing.
        self.performs = entity != "82" or bool(npi) or not line[RENDERING]
        if entity == "82":
            if self.performs:
                line[RENDERING], line[TAXONOMY] = npi, None
        elif entity == "DN":
            line[REFERRING] = npi or ""
        elif entity == "DK":
            line[ORDERING] = npi or ""

    def _prv(self, raw: str, number: int) -> None:
        taxonomy = self.performer[raw]
        if taxonomy is not None and self.performs:
            line = self.shared if self.line is None else self.line
            line[TAXONOMY] = taxonomy

    def _performer(self, prv: str) -> str | None:
        """The taxonomy of who rendered the service; other providers have a PRV too."""
        elements = [*prv.split(self.element, 4), *PAD]
        return elements[3] if elements[1] == "PE" else None

    def _sbr(self, raw: str, number: int) -> None:
        """Another payer (2320) begins; names, dates and references that follow are its own. Where claims are reported
        that a payer has adjudicated, the first is that payer, and 2010BB only says who gets the report."""
        self.table = self.in_other_payer
        if self.adjudicated and self.adjudicator is None:
            self.adjudicator, self.table = "", self.in_adjudicator

    def _adjudicator_nm1(self, raw: str, number: int) -> None:
        if raw[4:7] == self.paying:
            self.adjudicator = self.payer[raw]
            self.table = self.in_other_payer

    # Lines

    def _lx(self, raw: str, number: int) -> None:
        line = self.line
        if line is not None:
            self.end_line()
        self.line = line = self.shared.copy()
        line[NUMBER] = self.line_number[raw]
        line[PLACE] = number
        self.table = self.in_line

    def _line_number(self, lx: str) -> str:
        return lx[3:].partition(self.element)[0]

    def end_line(self) -> None:
        """End the open line, if there is one."""
        line = self.line
        if line is None:
            return
        if line[SERVICE] is not None:
            self.lines.append(as_line(line))
        else:
            self.bare_lx = True
            self._no_lines("This line number (LX) has no service behind it.", line[PLACE])
        self.line = None

    def _begin_service(self, kind: str, number: int) -> list[Any]:
        """The line that a service segment belongs to."""
        if kind != self.claim_kind:
            self._other_kind(kind, number)
        line = self.line
        if line is None or line[SERVICE] is not None:
            line = self._line_without_lx(kind, number)
        return line

    def _sv1(self, raw: str, number: int) -> None:
        line = self.line
        if line is None or line[SERVICE] is not None or self.claim_kind != "SV1":
            line = self._begin_service("SV1", number)
        line[PLACE] = number
        self.table = self.in_line
        elements = raw.split(self.element, 8)
        if len(elements) < 8:
            elements += PAD
        line[SERVICE], text, odd = self.service[elements[1], elements[4], elements[3], elements[5] or self.place]
        if text:
            line[DESCRIPTION] = text
        if odd:
            self._odd_procedure("SV101", odd, number)
        line[CHARGE] = elements[2]
        line[POINTERS] = self.pointers[elements[7]]

    def _pointers(self, sv107: str) -> tuple[str, ...]:
        return tuple(sv107.split(self.component)) if sv107 else ()

    def _sv2(self, raw: str, number: int) -> None:
        line = self._begin_service("SV2", number)
        line[PLACE] = number
        self.table = self.in_line
        elements = raw.split(self.element, 6)
        if len(elements) < 6:
            elements += PAD
        _, line[REVENUE], composite, line[CHARGE], basis, units, *_ = elements
        line[SERVICE], text, odd = self.service[composite, units, basis, ""]
        line[DESCRIPTION] = text or line[DESCRIPTION]
        if odd:
            self._odd_procedure("SV202", odd, number)
        if not line[FROM]:
            line[FROM], line[TO] = self.statement

    def _sv3(self, raw: str, number: int) -> None:
        line = self._begin_service("SV3", number)
        line[PLACE] = number
        self.table = self.in_line
        elements = [*raw.split(self.element, 12), *PAD]
        _, composite, line[CHARGE], place, _, _, units, _, _, _, _, pointers, *_ = elements
        line[SERVICE], text, odd = self.service[composite, units, "UN", place or self.place]
        line[DESCRIPTION] = text or line[DESCRIPTION]
        if odd:
            self._odd_procedure("SV301", odd, number)
        line[POINTERS] = self.pointers[pointers]
        if not line[FROM]:
            line[FROM], line[TO] = self.statement

    def _service(self, setting: Setting, key: tuple[str, ...]) -> tuple[Service, str | None, str]:
        """A service, its description (the seventh component), and what is odd in its first components: another
        separator, or that the qualifier is missing."""
        composite, units, basis, place = key
        parts, odd = self._procedure(composite)
        code_set, code, modifiers, text = parts[0].strip(), "".join(parts[1:2]), parts[2:6], parts[6:7]
        if not code.strip():
            code, code_set = "", code_set or HCPCS
        service = (
            code,
            tuple(modifier for modifier in modifiers if modifier),
            units,
            basis,
            place if setting in (PROFESSIONAL, ASC, DENTAL) else None,
            setting,
            code_set,
        )
        return _as_service(service), text[0] if text else None, odd

    def _procedure(self, composite: str) -> tuple[list[str], str]:
        """The components of a procedure, the qualifier first, and what is odd in them."""
        parts = composite.split(self.component)
        if parts[0] not in _CODE_SETS:
            if miswritten := _MISWRITTEN.match(composite):
                return composite.split(miswritten[2]), miswritten[2]
            if (len(parts) == 1 and len(composite) > 2) or _A_CODE.fullmatch(parts[0]):
                parts.insert(0, "")
            if not parts[0].strip() and "".join(parts[1:2]).strip():
                return parts, _MISSING
        return parts, ""

    def _odd_procedure(self, where: str, odd: str, number: int) -> None:
        if odd is not _MISSING:
            self._other_separator(X12_COMPOSITE, where, odd, number)
            return
        self.say(
            ReadIssue(
                X12_COMPOSITE,
                number,
                f"The code's qualifier ({where}-1) is missing. It must be HC for CPT and HCPCS codes.",
                f"Send the qualifier before the code in {where}: HC:code (AD:code for CDT in SV301).",
                _MISSING,
                ", ".join(CODE_SETS),
            )
        )

    def _other_kind(self, kind: str, number: int) -> None:
        """The first line is of another kind than the version announced, or a line than the first."""
        setting = self.setting
        self._set_kind(kind)
        if self.lines or (self.line is not None and self.line[SERVICE] is not None):
            self.setting = setting
            self.say(
                ReadIssue(
                    X12_LOOP,
                    number,
                    f"This is {_A_KIND[kind]} line ({kind}), and the claim has lines of another kind. It is"
                    " read as what it is.",
                    "Put professional, institutional and dental services on claims of their own.",
                    kind,
                    severity=WARN,
                )
            )
        elif not self.kind_told:
            self.kind_told = True
            self.say(
                ReadIssue(
                    X12_VERSION,
                    number,
                    f"The version in the header is for {_A_KIND[self.kind]} claim, but this is"
                    f" {_A_KIND[kind]} line ({kind}). The claims are read as what their lines are.",
                    "Name the right guide in GS08 and ST03.",
                    kind,
                    self.kind,
                )
            )

    def _sv_passed_over(self, raw: str, number: int) -> None:
        """Another worker's line: it may be the first of its transaction that is of another kind than announced."""
        if not self.had_service and raw[:3] != self.kind:
            self.kind_told = True
        self.had_service = True

    def _line_without_lx(self, kind: str, number: int) -> list[Any]:
        self.end_line()
        self.line = line = self.shared.copy()
        line[NUMBER] = str(len(self.lines) + 1)
        self.say(
            ReadIssue(
                X12_LOOP,
                number,
                f"This service line ({kind}) has no line number (LX) of its own. It is read as line"
                f" {line[NUMBER]} of its claim.",
                "Send an LX before each service line.",
                kind,
                "LX",
                severity=WARN,
            )
        )
        return line

    def _outside(self, raw: str, number: int) -> None:
        self.say(
            ReadIssue(
                X12_LOOP,
                number,
                f"A service line ({raw[:3]}) stands outside any claim: there is no CLM before it. It was not read.",
                "Send the claim again with its CLM before its lines.",
                raw[:3],
                "CLM",
            )
        )

    def _line_dtp(self, raw: str, number: int) -> None:
        days = self.service_days[raw]
        if days is not None:
            line = self.line
            assert line is not None
            line[FROM], line[TO] = days

    def _service_days(self, dtp: str) -> tuple[str, str] | None:
        elements = [*dtp.split(self.element, 4), *PAD]
        return _span(elements[3]) if elements[1] == "472" else None

    def _line_ref(self, raw: str, number: int) -> None:
        line = self.line
        assert line is not None
        if raw[:7] == self.control_number:
            line[CONTROL] = raw[7:].partition(self.element)[0]
            return
        elements = [*raw.split(self.element, 5), *PAD]
        kind, value, _, payer = elements[1:5]
        if kind == "X4":
            line[CLIA] = value
        elif kind == "G1" and not payer:
            line[AUTHORIZATION] = value

    def _line_nm1(self, raw: str, number: int) -> None:
        assert self.line is not None
        self.set_provider(self.line, raw)
        self.table = self.in_line_provider

    def _line_nte(self, raw: str, number: int) -> None:
        """A note about the line, which takes the place of a description."""
        line = self.line
        assert line is not None
        if line[DESCRIPTION] in ("", self.shared[DESCRIPTION]):
            line[DESCRIPTION] = element(raw.split(self.element, 3), 2) or line[DESCRIPTION]

    def _lin(self, raw: str, number: int) -> None:
        elements = raw.split(self.element, 4)
        if element(elements, 2) == "N4":
            assert self.line is not None
            self.line[NDC] = element(elements, 3)

    def _svd(self, raw: str, number: int) -> None:
        """What another payer did with the line (2430) begins; its dates are its own."""
        self.table = self.in_adjudication


def _span(dates: str) -> tuple[str, str]:
    """First and last day of "CCYYMMDD" or "CCYYMMDD-CCYYMMDD", as written; the last "" if not given."""
    first, _, last = dates.partition("-")
    return first, last
