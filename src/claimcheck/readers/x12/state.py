"""What has been read so far, by subject: transaction, billing provider, subscriber, patient, claim, line.

A subject keeps what a segment says under the name of the record's field that it becomes. So a claim is made of its
subjects in one place, ``State.made_of``, and a field of its own needs a line in the grammar and nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from claimcheck.authoring.check import unreadable
from claimcheck.claim import DENTAL, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Claim, Line, Location, Party, Setting
from claimcheck.message import REJECT, EditMessage
from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.composites import Composites, Facility
from claimcheck.readers.x12.edits import X12_LENGTH, X12_LOOP, X12_NO_LINES, X12_SEGMENT, X12_TRUNCATED
from claimcheck.readers.x12.envelope import Envelope
from claimcheck.readers.x12.issues import ReadIssue
from claimcheck.rulebook.sections import is_ambulance


class Levels:
    """Keeps account of the levels that are open: which waits for a claim, and which names a wrong parent.

    A level with a wrong parent or of an unknown kind is reported on each claim under it, or once if it has none. A
    level without a claim is reported once, unless it was reported why one may be missing.

    Attributes:
        waiting: the level of a subscriber or patient that waits for a claim: segment number and HL03.
        wrong: what is wrong with open levels, by HL03.
    """

    def __init__(self) -> None:
        self.waiting: tuple[int, str] | None = None
        self.wrong: dict[str, ReadIssue] = {}
        self._reported: set[str] = set()
        self._provider = 0
        self._accounted = self._any_accounted = False

    @property
    def holds_claims(self) -> bool:
        """Whether the transaction had a claim, or it was reported why one may be missing."""
        return self._accounted or self._any_accounted

    def account(self) -> None:
        """A claim begins, or something is reported for which one may be missing."""
        self._accounted, self.waiting = True, None

    def begin_provider(self, number: int) -> None:
        """The level of a billing provider begins; the number is 0 where its kind is unknown."""
        self._any_accounted, self._accounted, self._provider = self.holds_claims, False, number

    def reported_on_claim(self) -> list[ReadIssue]:
        """What is wrong with the open levels, to be reported on a claim."""
        self._reported.update(self.wrong)
        return [*self.wrong.values()]

    def end(self, kind: str) -> Iterator[ReadIssue]:
        """Levels end: those below a kind, by HL03, and of it."""
        for ended in [one for one in self.wrong if one >= kind]:
            wrong = self.wrong.pop(ended)
            if ended not in self._reported:
                yield wrong
            self._reported.discard(ended)
        if self.waiting and self.waiting[1] >= kind:
            issue = issues.bare_level(*self.waiting)
            self.account()
            yield issue
        if kind == "20" and self._provider and not self._accounted:
            self.account()
            yield issues.bare_level(self._provider, kind)

    def cut_off(self) -> None:
        """The file ends inside the transaction, which is reported: what is missing is unknown."""
        self.waiting, self._provider = None, 0


Fields = dict[str, Any]
"""Fields of a record, by name."""

IS_PICKED_UP: Final = "is_picked_up"
"""Among the fields of a line: whether it says, or its claim, where an ambulance picked the patient up."""

NEW_LINE: Final[Fields] = {
    **dict.fromkeys(Line._fields),
    **dict.fromkeys(("from_date", "to_date", "number", "charge"), ""),
    **dict.fromkeys(("referring_npi", "ordering_npi", "ndc", "clia", "description", "service_zip"), ""),
    **dict.fromkeys(("assumed_care_date", "relinquished_care_date"), ""),
    IS_PICKED_UP: False,
}
"""The fields of a line before anything is read. An 837 carries the fields that are "": they were left empty."""


def _line_of(fields: Fields) -> Line:
    """The line of some fields. Of an ambulance no place but the pick-up counts; an 837I has no loop for it."""
    service = fields["service"]
    if not fields.pop(IS_PICKED_UP) and is_ambulance(service.code):
        fields["service_zip"] = None if service.setting in (OUTPATIENT, INSTITUTIONAL) else ""
    return Line(**fields)


MOST_PROVIDERS: Final = 20_000
"""Billing providers of a transaction that are remembered, for a subscriber may name any of them: input chooses how
many there are. The guides allow 5,000 claims in a transaction."""

# Straight from their values: some 0.08 floors less than by name, in the one place where claims are made.
_as_claim: Final[Callable[[list[Any]], Claim]] = partial(tuple.__new__, Claim)
_as_location: Final[Callable[[tuple[Any, ...]], Location]] = partial(tuple.__new__, Location)

_PLACES: Final = {name: place for place, name in enumerate(Claim._fields)}
_NOTHING_OF_ITS_OWN: Final = None, "", "", (), False, False, None
"""The last fields of a claim, each a field of its own where there is something to say: unusual qualifiers of diagnoses,
the payer's number, the trial's, other payers, that it lacks lines, that it repeats a number, and the patient's name."""
_NO_STATEMENT: Final = Claim._field_defaults["statement"]
_MAY_COST_A_CLAIM: Final = (X12_SEGMENT, X12_LOOP, X12_LENGTH)
_MAY_COST_A_LINE: Final = (*_MAY_COST_A_CLAIM, X12_NO_LINES, X12_TRUNCATED)


class BillingProvider:
    """Who bills (2000A), and the setting of their professional claims."""

    __slots__ = ("level", "npi", "party", "setting", "taxonomy", "zip")

    def __init__(self, level: str = "") -> None:
        self.level, self.npi, self.zip = level, "", ""
        self.taxonomy: str | None = None
        self.party: Party | None = None
        self.setting: Setting = PROFESSIONAL


class Patient:
    """Whose the claims are: a subscriber (2000B, ``insured`` by name), or a ``dependant`` of theirs (2000C), by name.
    ``payment`` is the kind of their payer and in which order it pays, ``relation`` who the patient is to the subscriber
    (SBR02). These names are last and first name, and leave the reader in a key alone; ``name`` is kept only where names
    are asked for."""

    __slots__ = (
        *("birth_date", "born", "dependant", "insured", "level", "member_id", "name", "payer_id", "payment"),
        *("relation", "sex"),
    )

    def __init__(self, level: str) -> None:
        self.level, self.payer_id, self.payment, self.relation, self.insured = level, "", ("", ""), "", ""
        self.name: Party | None = None
        self.member_id: str | None = None
        self.birth_date: str | None = None
        self.born: str | None = None  # the subscriber, where the patient is a dependant
        self.sex: str | None = None
        self.dependant: str | None = None

    def begin_dependant(self, name: str) -> None:
        """The patient is a dependant from here on."""
        if self.dependant is None:
            self.born = self.birth_date
        self.birth_date = self.sex = None
        self.dependant = name

    def key(self) -> str | None:
        """A key that groups the patient's claims; it is never shown. A dependant has no member id of their own:
        the subscriber's, with what tells them from the others, twins too. Some senders give a subscriber who is the
        patient a level of dependants, too: by name and relation, or birth date, it is the same person."""
        if self.dependant is None or not self.member_id:
            return self.member_id if self.dependant is None else None
        name = self.dependant.upper()
        is_same = name == self.insured.upper() != "*"
        if is_same and (self.relation == INSURED or (self.birth_date and self.birth_date == self.born)):
            return self.member_id
        return f"{self.member_id}/{self.birth_date}/{self.sex}/{name.partition('*')[2].strip()}"


INSURED: Final = "18"
"""The relation of a subscriber who is the patient."""


class Transaction:
    """A transaction set (ST)."""

    def __init__(self) -> None:
        self.received: str | None = None
        self.is_837 = True
        self.kind_reported = False  # that lines are of another kind than its version
        self.loss_reported = False  # that it is of another kind and has lost claims
        self.levels = Levels()
        # The billing provider above, and all of them by HL01: a subscriber may name another one.
        self.provider = BillingProvider()
        self.providers: dict[str, BillingProvider] = {}

    def provider_named(self, parent: str) -> BillingProvider:
        """The billing provider that HL02 of a subscriber names, else the one above."""
        return self.provider if parent == self.provider.level else self.providers.get(parent, self.provider)


def _usual_qualifiers(count: int) -> tuple[str, ...]:
    return ("ABK", *["ABF"] * (count - 1)) if count else ()


Parts = tuple[str, str, Facility, int, Setting, list[str], list[Line], Fields]
"""What a claim has of its own: id, charge, CLM05, segment number, setting, diagnoses, lines, and other fields."""


class OpenClaim:
    """A claim that is being read.

    Attributes:
        kind: the kind of its lines, as the last one says; until the first one as the version says.
        shared: what it says for its lines: each begins as a copy.
        fields: what it says in fields of its own, where it says any.
        has_bare_line: whether a line number had no service behind it, which is reported.
        names_performer: whether the provider named last may be who rendered the service.
        other_payers: their ids, "" where a loop 2320 names none.
    """

    has_bare_line = names_performer = payer_adjudicated = False

    def __init__(self, kind: str, parts: Parts, service_zip: str = "") -> None:
        self.kind = kind
        self.id, self.charge, self.facility, self.number, self.setting, self.diagnoses, self.lines, self.fields = parts
        self.shared = {**NEW_LINE, "service_zip": service_zip}
        self.other_payers: list[str] = []

    def add_qualifiers(self, qualifiers: tuple[str, ...]) -> None:
        """Note those of diagnoses, before these are added; ABK and then ABF are usual, and not noted."""
        known = self.fields.get("diagnosis_qualifiers") or _usual_qualifiers(len(self.diagnoses))
        found = (*known, *qualifiers)
        if found != _usual_qualifiers(len(found)):
            self.fields["diagnosis_qualifiers"] = found

    def parts(self) -> Parts:
        """What it has of its own, as it is now."""
        if self.other_payers:
            self.fields["other_payers"] = tuple(self.other_payers)
        own = self.id, self.charge, self.facility, self.number, self.setting
        return *own, self.diagnoses, self.lines, self.fields


class State:
    """Everything that segments have said and that still holds. What is found, claims and messages, goes to ``found``.

    Attributes:
        kind: the kind of lines that the version announces.
        is_adjudicated: whether it announces claims that a payer has adjudicated.
        version_reported: the version that was reported in this group.
        keeps_names: whether claims are given with the patient's name.
    """

    def __init__(self, file: str, asc_npis: frozenset[str], keeps_names: bool = False) -> None:
        self.file, self.asc_npis, self.keeps_names = file, asc_npis, keeps_names
        self.found: list[Claim | EditMessage] = []
        self.envelope = Envelope(self.report)
        self.component = ":"
        self.composites = Composites(self.component)
        self.kind, self.is_adjudicated, self.version_reported = "SV1", False, ""
        self.claim: OpenClaim | None = None
        self.line: Fields | None = None
        self.begin_transaction()

    def taken(self) -> list[Claim | EditMessage]:
        """What was found since this was last asked."""
        found, self.found = self.found, []
        return found

    def begin_transaction(self) -> None:
        """Forget everything that the transaction before said."""
        self.transaction = Transaction()
        self.begin_provider(self.transaction.provider)

    def begin_provider(self, provider: BillingProvider) -> None:
        """Take what follows for the claims of a billing provider."""
        self.provider = provider
        self.begin_subscriber("")

    def begin_subscriber(self, level: str) -> None:
        """Take what follows for the claims of a subscriber, of whom nothing is known yet."""
        self.patient = Patient(level)

    def report(self, issue: ReadIssue) -> None:
        """Make a message of an issue, with its place in the file."""
        if issue.edit in _MAY_COST_A_CLAIM:
            self.transaction.levels.account()
        if self.claim and issue.edit in _MAY_COST_A_LINE:
            self.claim.fields["lacks_lines"] = True
        envelope = self.envelope
        self.found.append(
            unreadable(
                issue.edit,
                Location(self.file, envelope.interchange, envelope.transaction, issue.segment),
                issue.text,
                issue.remedy,
                claim_id=self.claim.id if self.claim else None,
                observed=issue.observed,
                allowed=issue.allowed,
                severity=issue.severity,
                submission=envelope.submission,
                syntax=envelope.placed(issue.syntax, (issue.severity or issue.edit.severity) == REJECT),
            )
        )

    def begin_claim(self, claim_id: str, charge: str, clm05: str, number: int) -> OpenClaim:
        """Begin a claim with what its CLM says."""
        self.end_claim()
        facility = self.composites.facility[clm05]
        setting = self.setting_of(self.kind, facility)
        fields = self.names() if self.keeps_names else {}
        self.claim = claim = OpenClaim(
            self.kind, (claim_id, charge, facility, number, setting, [], [], fields), self.provider.zip
        )
        levels = self.transaction.levels
        levels.account()
        if levels.wrong:
            for issue in levels.reported_on_claim():
                self.report(issue)
        return claim

    def names(self) -> Fields:
        """The fields of a claim that name its patient."""
        patient = self.patient
        if patient.name is None:
            return {}
        # A dependant has no member id of their own.
        return {"patient": patient.name._replace(id=patient.name.id or patient.member_id or "")}

    def setting_of(self, kind: str, facility: Facility) -> Setting:
        """The setting of a claim with lines of a kind."""
        if kind == "SV1":
            return self.provider.setting
        return facility.setting if kind == "SV2" else DENTAL

    def end_line(self) -> None:
        """End the open line, if there is one."""
        claim, line = self.claim, self.line
        if claim is None or line is None:
            return
        if line["service"] is not None:
            claim.lines.append(_line_of(line))
        else:
            claim.has_bare_line = True
            self.report(issues.bare_line(line["place"], claim.kind))
        self.line = None

    def end_claim(self) -> None:
        """A claim ends where something begins that can't belong to it."""
        claim = self.claim
        if claim is None:
            return
        self.end_line()
        if not claim.lines and not claim.has_bare_line:
            self.report(issues.bare_claim(claim.number))
        self.found.append(self.made_of(claim.parts()))
        self.claim = None

    def made_of(self, parts: Parts) -> Claim:
        """The one place where a claim of an 837 is made."""
        claim_id, charge, facility, number, setting, diagnoses, lines, fields = parts
        envelope, provider, patient = self.envelope, self.provider, self.patient
        values: list[Any] = [  # in the order of ``Claim``
            claim_id,
            tuple(lines),
            setting,
            _as_location((self.file, envelope.interchange, envelope.transaction, number, None)),
            facility.bill if setting == facility.setting else None,
            patient.payer_id,
            provider.npi,
            provider.taxonomy,
            patient.member_id if patient.dependant is None else patient.key(),
            patient.birth_date,
            patient.sex,
            self.transaction.received,
            tuple(diagnoses),
            facility.frequency,
            charge,
            _NO_STATEMENT,
            None,  # the trace, a field of its own
            provider.party,
            envelope.submission,
            *patient.payment,
            *_NOTHING_OF_ITS_OWN,
        ]
        for name in fields:
            values[_PLACES[name]] = fields[name]
        return _as_claim(values)

    def end_levels(self, kind: str = "20") -> None:
        """A claim ends, and so do levels: those below a kind, by HL03, and of it."""
        self.end_claim()
        for issue in self.transaction.levels.end(kind):
            self.report(issue)
