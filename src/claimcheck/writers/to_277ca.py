"""277CA: the claim acknowledgment (X12 005010X214) by which a clearinghouse answers who sent it an 837."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from tempfile import TemporaryFile
from typing import IO, Final

from claimcheck.claim import Claim, Group, Interchange, Line, Party, Submission, as_date, as_number
from claimcheck.engine.findings import NOT_JUDGED
from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, WARN, EditMessage, UnreadMessage
from claimcheck.writers import Format, FormatError


class NoEnvelopeError(FormatError):
    """Claims came as rows: there is no envelope, so nobody to answer."""


class AcknowledgmentWriter:
    """Answers each 837 transaction with one 277CA transaction, in an envelope that is the input's turned around.

    What the standard leaves open is decided so:

    - The information source is the receiver of the 837 (NM1*40), as a clearinghouse (AY).
    - A claim with a reject on it or on one of its lines is rejected, with the status of each edit: a line's stands
      at the claim too, with A3:247 (line information) beside it. A claim that passes is accepted (A2:20); one with
      a line that no rule could judge is only received (A1:19), since unknown is not clean.
    - STC12 holds the text of each edit that rejects or warns, and of what is not judged; what only informs has no
      place here. X12 ties STC12 to a status code that is no longer in use (its interpretation 1465), and knows no
      warnings (2203); contractors of Medicare and clearinghouses write the text all the same, and a status alone
      tells no biller what to do.
    - What could not be read is a status of the transaction; where no claim could be, the transaction is rejected.
      What is wrong with an interchange is a status of its first transaction.
    - Patients are not named: the name and the id that the guide demands say WITHHELD. The submitter finds a claim by
      its number (TRN02, from CLM01), and a line by its line control number. Characters that would end an element or
      a segment here are blanks; a claim whose number is not what it was for that has a text that says so.
    - REF*1K, the payer's number of the claim, is left to the payer.
    - Dates and control numbers are the input's, never the clock's; the same input gives the same bytes. A required
      value that the input lacks says UNKNOWN, or 1900-01-01.

    The totals stand before the claims, so that claims wait for the end of their transaction in a temporary file.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._out = _Segments(stream.write)
        self._spools = (_Spool(), _Spool())
        self._interchange: tuple[str, Interchange] | None = None
        self._group: tuple[str, Group] | None = None
        self._interchange_control = self._group_control = self._groups = self._transactions = 0
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
            raise _no_envelope(claim.locus.file)
        answer = self._answer_to(claim.locus.file, claim.submission)
        messages = [*self._unread, *outcome.messages] if self._unread else outcome.messages
        self._unread = []
        answer.add(claim, messages, judged=outcome.disposition != "not_judged")

    def close(self) -> None:
        """Finish the output; the stream stays open."""
        self._answer_early()
        self._end_transaction()
        self._end_envelopes(whole_interchange=True)

    def _take_unread(self, message: EditMessage) -> None:
        """Messages about a claim come before it, and wait for it; others are about its transaction. A file of which
        nothing is known to answer is reported on standard error, whatever the format."""
        if message.check.startswith("ROW-"):
            raise _no_envelope(message.locus.file)
        if not isinstance(message, UnreadMessage) or not (message.severity == REJECT or message.claim_status):
            return
        submission = message.submission
        if submission is None:
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
            self._acknowledgment = answer = _Acknowledgment(submission, *self._spools)
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
        self._open(answer.submission)
        self._transactions += 1
        answer.write(self._out, f"{self._transactions:04}")

    def _open(self, submission: Submission) -> None:
        """Open the envelopes of a transaction, unless they are open."""
        interchange, group = (self._file, submission.interchange), (self._file, submission.group)
        other = interchange != self._interchange
        if not other and group == self._group:
            return
        self._end_envelopes(whole_interchange=other)
        if other:
            self._interchange, self._groups = interchange, 0
            self._interchange_control = _control(submission.interchange.control, self._interchange_control)
            self._out.segment(*_isa(submission, self._interchange_control))
        self._group, self._groups, self._transactions = group, self._groups + 1, 0
        self._group_control = _control(submission.group.control, self._group_control)
        self._out.segment(*_gs(submission, self._group_control))

    def _end_envelopes(self, *, whole_interchange: bool) -> None:
        """Write the trailers of what is open."""
        if self._group is not None:
            self._out.segment("GE", str(self._transactions), str(self._group_control))
            self._group = None
        if self._interchange is not None and whole_interchange:
            self._out.segment("IEA", str(self._groups), f"{self._interchange_control:09}")
            self._interchange = None


def _no_envelope(file: str) -> NoEnvelopeError:
    return NoEnvelopeError(
        f"{file}: rows have no envelope, so that there is nobody to answer; a 277CA answers 837 files. Use jsonl or csv"
    )


class _Segments:
    """Writes segments, and counts them."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
        self.count = 0

    def segment(self, *elements: str) -> None:
        """Write a segment; empty elements at its end are left out."""
        self.write("*".join(elements).rstrip("*") + "~\n")
        self.count += 1


class _Spool(_Segments):
    """Segments that wait: in memory, and in a temporary file once they are many."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._size = 0
        self._file: IO[str] | None = None
        super().__init__(self._keep)

    def _keep(self, text: str) -> None:
        self._waiting.append(text)
        self._size += len(text)
        if self._size > _IN_MEMORY:
            if self._file is None:
                self._file = TemporaryFile("w+", encoding="ascii", newline="")  # noqa: SIM115 -- closed by pour
            self._file.writelines(self._waiting)
            self._waiting, self._size = [], 0

    def pour(self, out: _Segments) -> None:
        """Move what waits to its place."""
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for part in iter(partial(file.read, 1 << 16), ""):
                    out.write(part)
            self._file = None
        out.write("".join(self._waiting))
        out.count += self.count
        self._waiting, self._size, self.count = [], 0, 0


_IN_MEMORY: Final = 1 << 20
"""Characters that a spool holds before it writes them to its file."""


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

    def write(self, out: _Segments, accepted: str, rejected: str) -> None:
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

    def __init__(self, submission: Submission, of_provider: _Spool, of_transaction: _Spool) -> None:
        self.submission = submission
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
        code = f"{_element(status.category)}:{_element(status.code)}" if status else _SYNTAX
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
        out.segment("NM1", "QC", "1", _WITHHELD, "", "", "", "", "MI", _WITHHELD)
        number = _element(claim.claim_id) or _UNKNOWN
        out.segment("TRN", "2", number)
        day, total = _received(self.submission), _plain(amount)
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
            out.segment("REF", "D9", _element(claim.trace) or _UNKNOWN)
        if claim.type_of_bill:
            out.segment("REF", "BLT", _element(claim.type_of_bill) or _UNKNOWN)
        out.segment("DTP", "472", *(_days_of(claim) or ("D8", _NO_DATE)))
        if rejected:
            self._lines(claim, messages)

    def write(self, out: _Segments, control: str) -> None:
        """Write the transaction."""
        self._end_provider()
        submission, totals = self.submission, self._totals
        interchange, group, number, reference, submitter, receiver, *_ = submission
        day, trace = _received(submission), _element(f"{interchange.control}-{group.control}-{number}", 30)
        out.count = 0
        out.segment("ST", "277", control, "005010X214")
        out.segment("BHT", "0085", "08", trace, day, _time(submission), "TH")
        out.segment("HL", "1", "", "20", "1")
        out.segment(*_nm1("AY", receiver._replace(kind="2"), "46", receiver.id, group.receiver, interchange.receiver))
        out.segment("TRN", "1", trace)
        out.segment("DTP", "050", "D8", day)
        out.segment("DTP", "009", "D8", day)
        out.segment("HL", "2", "1", "21", "1" if totals.claims else "0")
        out.segment(*_nm1("41", submitter, "46", submitter.id, group.sender, interchange.sender))
        out.segment("TRN", "2", _element(reference) or trace)
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
        out, day = self._patients, _received(self.submission)
        for line in claim.lines:
            found = statuses.get((line.number, claim.locus_of(line)))
            if not found:
                continue
            out.segment("SVC", *_service(line))
            # pyx12 knows the submitter, 41, in STC01 alone, and asks for the date, which X12's example leaves out.
            first = sorted(found, key=lambda status: not status.endswith(":41"))
            out.segment(*_stc(tuple(first[:3]), day, "U", ""))
            out.segment("REF", "FJ", _element(line.control or "") or _element(line.number) or _UNKNOWN)
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
    first = f"{category}:{_element(code, 30)}" + (f":{entity}" if entity else "")
    return (first, f"{category}:187") if code == "510" else (first,)


def _rejects(messages: Iterable[EditMessage]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Statuses and text of each edit that rejects a claim, with the lines that it is the same for."""
    lines: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for message in messages:
        if message.severity == REJECT:
            statuses, number = _statuses(message), message.line_number
            if number is not None:
                statuses = (*statuses, _OF_LINE)
            lines.setdefault((statuses, message.check, message.text), []).extend([number] if number else [])
    for (statuses, check, text), numbers in lines.items():
        yield statuses, _text(check, numbers, text)


def _remarks(messages: Iterable[EditMessage]) -> list[str]:
    """The texts that an accepted claim is given: of warnings, and of what is not judged."""
    lines: dict[tuple[str, str], list[str]] = {}
    for message in messages:
        if message.severity == WARN or message.check == NOT_JUDGED.id:
            numbers = message.lines or ([message.line_number] if message.line_number else [])
            lines.setdefault((message.check, message.text), []).extend(numbers)
    return [_text(check, numbers, text) for (check, text), numbers in lines.items()]


def _text(check: str, lines: list[str], text: str) -> str:
    of = f"{check} line {', '.join(lines)}" if lines else check
    return _element(f"{of} - {text}".replace(":", ";"), 264)


# Segments


def _stc(statuses: tuple[str, ...], day: str, action: str, amount: str, text: str = "") -> tuple[str, ...]:
    first, second, third = (*statuses, "", "")[:3]
    return ("STC", first, day, action, amount, "", "", "", "", "", second, third, text)


def _nm1(entity: str, party: Party, qualifier: str, *ids: str) -> tuple[str, ...]:
    """Who it is, with the first of these ids that is one."""
    person = party.kind == "1"
    names = [_element(party.first_name, 35), _element(party.middle_name, 25)] if person else ["", ""]
    name = _element(party.name, 60) or _UNKNOWN
    return ("NM1", entity, "1" if person else "2", name, *names, "", "", qualifier, _id(ids, 80))


def _service(line: Line) -> tuple[str, ...]:
    """The elements of SVC. A line without a code is one of a revenue code alone."""
    service = line.service
    charge, units = as_number(line.charge or ""), service.quantity
    revenue, code = _element(line.revenue_code or "", 48), _element(service.code, 48)
    modifiers = [_element(modifier, 3) for modifier in service.modifiers]
    parts = [service.code_set if service.code_set in _CODE_SETS else "HC", code]
    parts += [modifier for modifier in modifiers if len(modifier) == 2][:4]
    if not code:
        parts, revenue = ["NU", revenue or _UNKNOWN], ""
    count = format(units.normalize(), "f") if units is not None else ""
    return ":".join(parts), _plain(charge or Decimal()), "", revenue, "", "", count if len(count) <= 15 else ""


def _isa(submission: Submission, control: int) -> tuple[str, ...]:
    sent = submission.interchange
    return (
        "ISA", "00", " " * 10, "00", " " * 10,
        _qualifier(sent.receiver_qualifier), _id([sent.receiver], 15).ljust(15),
        _qualifier(sent.sender_qualifier), _id([sent.sender], 15).ljust(15),
        _received(submission)[2:], _time(submission), "^", "00501",
        f"{control:09}", "0", sent.usage if sent.usage in ("P", "T") else "P", ":",
    )  # fmt: skip


def _gs(submission: Submission, control: int) -> tuple[str, ...]:
    interchange, group, *_ = submission
    source, receiver = _id([group.receiver, interchange.receiver], 15), _id([group.sender, interchange.sender], 15)
    return "GS", "HN", source, receiver, _received(submission), _time(submission), str(control), "X", "005010X214"


# Elements

_UNKNOWN: Final = "UNKNOWN"
_CHANGED: Final = "TRN02 is not all of CLM01, which has characters that X12 text can't hold, or too many of them"
_WITHHELD: Final = "WITHHELD"
_NO_DATE: Final = "19000101"
_PROVIDER_IDS: Final = {"XX": "XX", "FI": "FI", "24": "FI"}
"""Qualifiers of a provider's id and what the guide calls them; 24 is 4010's. A social security number is left out."""
_CODE_SETS: Final = ("AD", "ER", "HC", "HP", "IV", "WK")
_QUALIFIERS: Final = ("01", "14", "20", "27", "28", "29", "30", "33", "ZZ")
_PLAIN: Final = re.compile(r"[!-)+-9;-\]_-}](?:[ -)+-9;-\]_-}]*[!-)+-9;-\]_-}])?")
"""Characters of the extended set, without the delimiters that are written here; no blank at either end."""
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", re.ASCII)
_CONTROL: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def _element(text: str, longest: int = 50) -> str:
    """A text as an element can hold it: letters without accents, and blanks in place of delimiters and of what is
    in no character set of X12."""
    if not _PLAIN.fullmatch(text):
        letters = unicodedata.normalize("NFKD", text)
        bare = (c for c in letters if not unicodedata.combining(c))
        text = " ".join("".join(c if " " <= c < "~" and c not in "*:^" else " " for c in bare).split())
    return text[:longest].rstrip(" ")


def _id(ids: Iterable[str], longest: int) -> str:
    """The first text that can be an identification code: it has two characters at least."""
    return next((made for made in (_element(one, longest) for one in ids) if len(made) > 1), _UNKNOWN)


def _qualifier(qualifier: str) -> str:
    return qualifier if qualifier in _QUALIFIERS else "ZZ"


def _control(control: str, last: int) -> int:
    """The control number of the input's envelope; where that is none, or came before, the one after the last."""
    number = int(control) if _CONTROL.fullmatch(control) else 0
    return number if number > last else last % 999_999_999 + 1


def _received(submission: Submission) -> str:
    interchange, group, *_ = submission
    dates = (submission.received or "", group.date, "20" + interchange.date)
    return next(filter(None, map(_day, dates)), _NO_DATE)


def _time(submission: Submission) -> str:
    times = (submission.group.time[:4], submission.interchange.time[:4])
    return next(filter(_TIME.fullmatch, times), "0000")


@lru_cache(maxsize=4096)
def _day(text: str) -> str:
    """CCYYMMDD; empty where it is no date."""
    day = as_date(text)
    return day.isoformat().replace("-", "") if day else ""


def _days(first: str, last: str) -> tuple[str, str] | None:
    """A day or a span of days as a qualifier and a value; None where there is no date."""
    start, end = _day(first), _day(last)
    if not start:
        return None
    return ("RD8", f"{start}-{end}") if end > start else ("D8", start)


def _days_of(claim: Claim) -> tuple[str, str] | None:
    """The days that a claim gives for itself, else from the first day of its lines to the last."""
    starts = [day for line in claim.lines if (day := _day(line.from_date))]
    ends = [day for line in claim.lines if (day := _day(line.to_date))]
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


FORMAT: Final = Format(lambda stream, _: AcknowledgmentWriter(stream))
