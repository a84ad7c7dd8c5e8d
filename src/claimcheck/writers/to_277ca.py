"""277CA: the claim acknowledgment (X12 005010X214) by which a clearinghouse answers who sent it an 837."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import IO, Final

from claimcheck.claim import Claim, Interchange, Line, Party, Submission, as_number
from claimcheck.engine.findings import NOT_JUDGED
from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, WARN, EditMessage, UnreadMessage
from claimcheck.writers import AS_RECEIVED, Acknowledging, Format, Options
from claimcheck.writers.envelopes import (
    NO_DATE,
    UNKNOWN,
    Envelopes,
    NoEnvelopeError,
    Segments,
    Spool,
    a_day,
    an_element,
    an_id,
    is_of_rows,
    no_envelope,
    received,
    time_of,
)

__all__ = ["FORMAT", "AcknowledgmentWriter", "NoEnvelopeError"]


class AcknowledgmentWriter:
    """Answers each 837 transaction with one 277CA transaction, in an envelope that is the input's turned around.

    What the standard leaves open is decided so:

    - The information source (AY, a clearinghouse) is the receiver of the 837 (NM1*40), unless another is configured.
    - A claim with a reject on it or on one of its lines is rejected, with the status of each edit: a line's stands
      at the claim too, with A3:247 (line information) beside it. A claim that passes is accepted (A2:20); one with
      a line that no rule could judge is only received (A1:19), since unknown is not clean.
    - STC12 holds the text of each edit that rejects or warns, and of what is not judged, with as much of the remedy as
      fits; what only informs has no place here. X12 ties STC12 to a status code that is no longer in use (its
      interpretation 1465), and knows no warnings (2203); contractors of Medicare and clearinghouses write the text all
      the same, and a status alone tells no biller what to do.
    - What could not be read is a status of the transaction; where no claim could be, the transaction is rejected.
      What is wrong with an interchange is a status of its first transaction.
    - Patients are not named, unless the configuration asks for it: the name and the id that the guide demands say
      WITHHELD. The submitter finds a claim by its number (TRN02, from CLM01), and a line by its line control number.
      Characters that would end an element or a segment here are blanks; a claim whose number is not what it was for
      that has a text that says so.
    - REF*1K, the payer's number of the claim, is left to the payer.

    The totals stand before the claims, so that claims wait for the end of their transaction in a temporary file.
    """

    def __init__(self, stream: IO[str], how: Acknowledging = AS_RECEIVED) -> None:
        self._out = Segments(stream.write)
        self._how = how
        self._envelopes = Envelopes(self._out, how, "HN", GUIDE)
        self._spools = (Spool(), Spool())
        self._file = ""
        self._acknowledgment: _Acknowledgment | None = None
        self._unread: list[EditMessage] = []
        self._early: list[UnreadMessage] = []

    def take(self, item: Judged | EditMessage) -> None:
        """Take one claim, or one message about what could not be read.

        Raises:
            NoEnvelopeError: it is of a file of rows.
        """
        if isinstance(item, EditMessage):
            self._take_unread(item)
            return
        claim, outcome = item.claim, item.outcome
        if claim.submission is None:
            raise no_envelope(claim.locus.file, "a 277CA")
        answer = self._answer_to(claim.locus.file, claim.submission)
        messages = [*self._unread, *outcome.messages] if self._unread else outcome.messages
        self._unread = []
        answer.add(claim, messages, judged=outcome.disposition != "not_judged")

    def close(self) -> None:
        """Finish the output; the stream stays open."""
        self._answer_early()
        self._end_transaction()
        self._envelopes.close()

    def _take_unread(self, message: EditMessage) -> None:
        """Messages about a claim come before it, and wait for it; others are about its transaction. A file of which
        nothing is known to answer is reported on standard error, whatever the format."""
        if is_of_rows(message):
            raise no_envelope(message.locus.file, "a 277CA")
        if not isinstance(message, UnreadMessage) or not (message.severity == REJECT or message.claim_status):
            return
        submission = message.submission
        if submission is None or (submission.has_transaction and submission.kind != "837"):
            return
        if message.claim_id is None and not (submission.control or submission.group.place):
            self._early.append(message)
            return
        answer = self._answer_to(message.locus.file, submission)
        if message.claim_id is None:
            answer.note(message)
        else:
            self._unread.append(message)

    def _answer_to(self, file: str, submission: Submission) -> _Acknowledgment:
        """The acknowledgment of a transaction; the one before it ends where it is another."""
        answer = self._acknowledgment
        if answer is None or file != self._file or submission.place != answer.submission.place:
            early = self._answer_early((file, submission.interchange))
            self._end_transaction()
            self._acknowledgment = answer = _Acknowledgment(submission, self._how, *self._spools)
            self._file = file
            for message in early:
                answer.note(message)
        answer.submission = submission  # what its header says is known in full only once it was read
        return answer

    def _answer_early(self, now: tuple[str, Interchange] | None = None) -> list[UnreadMessage]:
        """Answer what was found in interchanges that have no transaction; give what was found in the one that has."""
        early, self._early, kept = self._early, [], []
        for message in early:
            assert message.submission
            if (message.locus.file, message.submission.interchange) == now:
                kept.append(message)
            else:
                self._answer_to(message.locus.file, message.submission).note(message)
        return kept

    def _end_transaction(self) -> None:
        answer = self._acknowledgment
        if answer is None:
            return
        for message in self._unread:  # the claim never came
            answer.note(message)
        self._acknowledgment, self._unread = None, []
        control = self._envelopes.open(self._file, answer.submission)
        answer.write(self._out, control, self._envelopes.day(answer.submission))


@dataclass(slots=True)
class _Totals:
    """Claims accepted and rejected, and their charges."""

    accepted: int = 0
    rejected: int = 0
    accepted_amount: Decimal = Decimal()
    rejected_amount: Decimal = Decimal()

    @property
    def claims(self) -> int:
        return self.accepted + self.rejected

    @property
    def amount(self) -> str:
        return _plain(self.accepted_amount + self.rejected_amount)

    def add(self, amount: Decimal, *, rejected: bool) -> None:
        if rejected:
            self.rejected += 1
            self.rejected_amount += amount
        else:
            self.accepted += 1
            self.accepted_amount += amount

    def write(self, out: Segments, accepted: str, rejected: str) -> None:
        """Write the quantities, by these qualifiers, and the amounts: of what there is."""
        if self.accepted:
            out.segment("QTY", accepted, str(self.accepted))
        if self.rejected:
            out.segment("QTY", rejected, str(self.rejected))
        if self.accepted:
            out.segment("AMT", "YU", _plain(self.accepted_amount))
        if self.rejected:
            out.segment("AMT", "YY", _plain(self.rejected_amount))


class _Acknowledgment:
    """The answer to one transaction, while its claims come in. Levels are numbered in the order in which they will
    stand: 1 the source, 2 the receiver, then each billing provider with its patients behind it."""

    def __init__(self, submission: Submission, how: Acknowledging, of_provider: Spool, of_transaction: Spool) -> None:
        self.submission, self._how = submission, how
        self._patients, self._providers = of_provider, of_transaction
        self._level = 2
        self._provider: Party | None = None
        self._provider_level = 0
        self._provider_totals = _Totals()
        self._totals = _Totals()
        self._lost: dict[str, bool] = {}

    def note(self, message: EditMessage) -> None:
        """Take note of what could not be read, and whether that is a reject."""
        status = message.claim_status
        code = f"{an_element(status.category)}:{an_element(status.code)}" if status else _SYNTAX
        self._lost[code] = self._lost.get(code, False) or message.severity == REJECT

    def add(self, claim: Claim, messages: list[EditMessage], *, judged: bool) -> None:
        """Take a claim with what was found in it."""
        if not self._provider_level or claim.billing_provider != self._provider:
            self._end_provider()
            self._level += 1
            self._provider, self._provider_level = claim.billing_provider, self._level
        self._level += 1
        rejected = any(message.severity == REJECT for message in messages)
        amount = _charge(claim)
        self._totals.add(amount, rejected=rejected)
        self._provider_totals.add(amount, rejected=rejected)
        out = self._patients
        out.segment("HL", str(self._level), str(self._provider_level), "PT")
        out.segment(*(_patient(claim) if self._how.names_patients else _NOBODY))
        number = an_element(claim.claim_id) or UNKNOWN
        out.segment("TRN", "2", number)
        day, total = self._day(), _plain(amount)
        changed = [_CHANGED] if claim.claim_id and number != claim.claim_id else []
        if rejected:
            for statuses, text in _rejects(messages):
                out.segment(*_stc(statuses, day, "U", total, text))
            for text in changed:
                out.segment(*_stc(statuses, day, "U", total, text))
        else:
            status = _ACCEPTED if judged else _RECEIVED
            remarks = _remarks(messages) if messages else []
            for text in [*remarks, *changed] or [""]:
                out.segment(*_stc((status,), day, "WQ", total, text))
        if claim.trace:
            out.segment("REF", "D9", an_element(claim.trace) or UNKNOWN)
        if claim.type_of_bill:
            out.segment("REF", "BLT", an_element(claim.type_of_bill) or UNKNOWN)
        out.segment("DTP", "472", *(_days_of(claim) or ("D8", NO_DATE)))
        if rejected:
            self._lines(claim, messages)

    def _day(self) -> str:
        """The day of the statuses."""
        return self._how.run_date or received(self.submission)

    def write(self, out: Segments, control: str, day: str) -> None:
        """Write the transaction, of a day."""
        self._end_provider()
        submission, totals = self.submission, self._totals
        interchange, group, number, reference, submitter, receiver, *_ = submission
        how, trace = self._how, an_element(f"{interchange.control}-{group.control}-{number}", 30)
        out.count = 0
        out.segment("ST", "277", control, GUIDE)
        out.segment("BHT", "0085", "08", trace, day, time_of(submission), "TH")
        out.segment("HL", "1", "", "20", "1")
        source = Party("2", how.name or how.sender or receiver.name)
        ids = (how.id, how.sender, receiver.id, group.receiver, interchange.receiver)
        out.segment(*_nm1("AY", source, "46", *ids))
        out.segment("TRN", "1", trace)
        out.segment("DTP", "050", "D8", received(submission))
        out.segment("DTP", "009", "D8", day)
        out.segment("HL", "2", "1", "21", "1" if totals.claims else "0")
        out.segment(*_nm1("41", submitter, "46", submitter.id, group.sender, interchange.sender))
        out.segment("TRN", "2", an_element(reference) or trace)
        if totals.claims:
            out.segment(*_stc((_OF_BATCH,), day, "WQ", totals.amount))
        for status, is_reject in self._lost.items():
            if is_reject or not totals.claims:
                out.segment(*_stc((status,), day, "U", "0"))
        totals.write(out, "90", "AA")
        self._providers.pour(out)
        out.segment("SE", str(out.count + 1), control)

    def _end_provider(self) -> None:
        """Write the level of the billing provider, now that its totals are known, and its patients."""
        if not self._provider_level:
            return
        out, totals = self._providers, self._provider_totals
        out.segment("HL", str(self._provider_level), "2", "19", "1")
        provider = self._provider or Party()
        qualifier = _PROVIDER_IDS.get(provider.qualifier)
        out.segment(*_nm1("85", provider, qualifier or "SV", provider.id if qualifier else ""))
        out.segment("TRN", "1", "0")
        out.segment(*_stc((_OF_BATCH,), "", "WQ", totals.amount))
        totals.write(out, "QA", "QC")
        self._patients.pour(out)
        self._provider_level, self._provider_totals = 0, _Totals()

    def _lines(self, claim: Claim, messages: list[EditMessage]) -> None:
        """Write each line that is rejected, with up to three of its statuses; all of them stand at the claim."""
        statuses: dict[tuple[object, ...], dict[str, None]] = {}
        for message in messages:
            if message.severity == REJECT and message.line_number is not None:
                mine = statuses.setdefault((message.line_number, message.locus), {})
                mine.update(dict.fromkeys(_statuses(message)))
        out, day = self._patients, self._day()
        for line in claim.lines:
            found = statuses.get((line.number, claim.locus_of(line)))
            if not found:
                continue
            out.segment("SVC", *_service(line))
            # pyx12 knows the submitter, 41, in STC01 alone, and asks for the date, which X12's example leaves out.
            first = sorted(found, key=lambda status: not status.endswith(":41"))
            out.segment(*_stc(tuple(first[:3]), day, "U", ""))
            out.segment("REF", "FJ", an_element(line.control or "") or an_element(line.number) or UNKNOWN)
            if days := _days(line.from_date, line.to_date):
                out.segment("DTP", "472", *days)


# Statuses

_ACCEPTED: Final = "A2:20"
_RECEIVED: Final = "A1:19:40"
_OF_BATCH: Final = "A1:19:AY"
_OF_LINE: Final = "A3:247"
_SYNTAX: Final = "A3:684"
_RETURNED: Final = ("A3", "23")
"""Accepted; received by the receiver; a batch received by the clearinghouse; a claim rejected for one of its lines;
syntax that could not be read; returned to the submitter with the text, where an edit has no status of its own."""

_REJECTING: Final = ("A3", "A6", "A7", "A8")
_ENTITIES: Final = {
    "billing_npi": "85", "rendering_npi": "82", "referring_npi": "DN", "ordering_npi": "DK",
    "billing_taxonomy": "85", "rendering_taxonomy": "82", "birth_date": "QC", "sex": "QC", "payer_id": "PR",
}  # fmt: skip
_OF_AN_ENTITY: Final = ("145", "153", "157", "158", "562")
"""Statuses that speak of the entity whose field is at fault."""


def _statuses(message: EditMessage) -> tuple[str, ...]:
    """The statuses of a reject. Some codes must name an entity: 23 who gets the claim back, 480 the payer, others whose
    field it is. 510, a date in the future, must stand beside the code of the date: 187, the date of service."""
    status = message.claim_status
    category, code = status if status and status.category in _REJECTING else _RETURNED
    entity = {"23": "41", "480": "PR"}.get(code) or (
        _ENTITIES.get(message.field or "") if code in _OF_AN_ENTITY else ""
    )
    first = f"{category}:{an_element(code, 30)}" + (f":{entity}" if entity else "")
    return (first, f"{category}:187") if code == "510" else (first,)


def _rejects(messages: Iterable[EditMessage]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Statuses and text of each edit that rejects a claim, with the lines that it is the same for."""
    lines: dict[tuple[tuple[str, ...], str, str, str], list[str]] = {}
    for message in messages:
        if message.severity == REJECT:
            statuses, number = _statuses(message), message.line_number
            if number is not None:
                statuses = (*statuses, _OF_LINE)
            key = statuses, message.check, message.text, message.remedy or ""
            lines.setdefault(key, []).extend([number] if number else [])
    for (statuses, check, text, remedy), numbers in lines.items():
        yield statuses, _text(check, ", ".join(numbers), text, remedy)


def _remarks(messages: Iterable[EditMessage]) -> list[str]:
    """The texts that an accepted claim is given: of warnings, and of what is not judged."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for message in messages:
        if message.severity == WARN or message.check == NOT_JUDGED.id:
            numbers = message.lines or ([message.line_number] if message.line_number else [])
            lines.setdefault((message.check, message.text, message.remedy or ""), []).extend(numbers)
    return [_text(check, ", ".join(numbers), text, remedy) for (check, text, remedy), numbers in lines.items()]


_LONGEST_TEXT: Final = 264
"""Characters of STC12."""


@lru_cache(maxsize=4096)
def _text(check: str, lines: str, text: str, remedy: str) -> str:
    """The text of an edit, and as many whole sentences of its remedy as fit; a text that is too long ends with a
    word."""
    of = f"{check} line {lines}" if lines else check
    found = an_element(f"{of} - {text}".replace(":", ";"), 2 * _LONGEST_TEXT)
    if len(found) > _LONGEST_TEXT:
        return found[: _LONGEST_TEXT + 1].rpartition(" ")[0] or found[:_LONGEST_TEXT]
    for sentence in _SENTENCE_END.split(an_element(remedy.replace(":", ";"), _LONGEST_TEXT + 1)):
        if not sentence or len(found) + 1 + len(sentence) > _LONGEST_TEXT:
            break
        found = f"{found} {sentence}"
    return found


_SENTENCE_END: Final = re.compile(r"(?<=[.)]) (?=[A-Z])")


# Segments


def _stc(statuses: tuple[str, ...], day: str, action: str, amount: str, text: str = "") -> tuple[str, ...]:
    first, second, third = (*statuses, "", "")[:3]
    return ("STC", first, day, action, amount, "", "", "", "", "", second, third, text)


def _nm1(entity: str, party: Party, qualifier: str, *ids: str) -> tuple[str, ...]:
    """Who it is, with the first of these ids that is one."""
    person = party.kind == "1"
    names = [an_element(party.first_name, 35), an_element(party.middle_name, 25)] if person else ["", ""]
    name = an_element(party.name, 60) or UNKNOWN
    return ("NM1", entity, "1" if person else "2", name, *names, "", "", qualifier, an_id(ids, 80))


def _patient(claim: Claim) -> tuple[str, ...]:
    """Who the patient is, by name and member id as the 837 gives them."""
    patient = claim.patient
    if patient is None:
        return _NOBODY
    name, first, middle = patient.name, patient.first_name, patient.middle_name
    qualifier = patient.qualifier if patient.qualifier in ("MI", "II") else "MI"
    names = an_element(name, 60) or UNKNOWN, an_element(first, 35), an_element(middle, 25)
    return ("NM1", "QC", "1", *names, "", "", qualifier, an_id([patient.id], 80))


def _service(line: Line) -> tuple[str, ...]:
    """The elements of SVC. A line without a code is one of a revenue code alone."""
    service = line.service
    charge, units = as_number(line.charge or ""), service.quantity
    revenue, code = an_element(line.revenue_code or "", 48), an_element(service.code, 48)
    modifiers = [an_element(modifier, 3) for modifier in service.modifiers]
    parts = [service.code_set if service.code_set in _CODE_SETS else "HC", code]
    parts += [modifier for modifier in modifiers if len(modifier) == 2][:4]
    if not code:
        parts, revenue = ["NU", revenue or UNKNOWN], ""
    count = format(units.normalize(), "f") if units is not None else ""
    return ":".join(parts), _plain(charge or Decimal()), "", revenue, "", "", count if len(count) <= 15 else ""


# Elements

_CHANGED: Final = "TRN02 is not all of CLM01, which has characters that X12 text can't hold, or too many of them"
_WITHHELD: Final = "WITHHELD"
_NOBODY: Final = ("NM1", "QC", "1", _WITHHELD, "", "", "", "", "MI", _WITHHELD)
_PROVIDER_IDS: Final = {"XX": "XX", "FI": "FI", "24": "FI"}
"""Qualifiers of a provider's id and what the guide calls them; 24 is 4010's. A social security number is left out."""
_CODE_SETS: Final = ("AD", "ER", "HC", "HP", "IV", "WK")


def _days(first: str, last: str) -> tuple[str, str] | None:
    """A day or a span of days as a qualifier and a value; None where there is no date."""
    start, end = a_day(first), a_day(last)
    if not start:
        return None
    return ("RD8", f"{start}-{end}") if end > start else ("D8", start)


def _days_of(claim: Claim) -> tuple[str, str] | None:
    """The days that a claim gives for itself, else from the first day of its lines to the last."""
    starts = [day for line in claim.lines if (day := a_day(line.from_date))]
    ends = [day for line in claim.lines if (day := a_day(line.to_date))]
    return _days(*claim.statement) or _days(min(starts, default=""), max([*starts, *ends], default=""))


def _charge(claim: Claim) -> Decimal:
    """The total that a claim bills; where it gives none, that of its lines."""
    total = as_number(claim.charge or "")
    if total is not None:
        return total
    return sum((as_number(line.charge or "") or Decimal() for line in claim.lines), Decimal())


def _plain(amount: Decimal) -> str:
    """An amount to the cent, without a decimal point where it has no cents."""
    text = f"{amount:.2f}"
    return (text.rstrip("0").rstrip(".")) if text != "-0.00" else "0"


def _writer(stream: IO[str], options: Options) -> AcknowledgmentWriter:
    return AcknowledgmentWriter(stream, options.acknowledging)


GUIDE: Final = "005010X214"
FORMAT: Final = Format(_writer)
