"""837 claims from X12: what is plainly written at one look, everything else by a walk through its segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, BinaryIO, Final

from claimcheck.claim import SETTINGS, Claim, Line, Service, Setting
from claimcheck.message import EditMessage
from claimcheck.readers.x12.blocks import Block, read_blocks
from claimcheck.readers.x12.delimiters import Delimiters
from claimcheck.readers.x12.edits import READING_EDITS
from claimcheck.readers.x12.plain import CLAIM, LINE, plain_pieces
from claimcheck.readers.x12.walk import (
    AUTHORIZATION,
    CLIA,
    DESCRIPTION,
    NDC,
    NEW_LINE,
    OWN,
    PAD,
    TAXONOMY,
    Memo,
    Walk,
    as_claim,
    as_line,
    as_location,
)

__all__ = ["READING_EDITS", "read_837"]

_Shared = tuple[Any, ...]
"""The fields of a line that are its claim's, unless it says otherwise."""
_Services = Memo[tuple[str, str, str], tuple[Service, str | None]]
"""A service and its description, by procedure, unit with quantity and place, and the claim's place."""

_NOTHING_SHARED: Final = tuple(NEW_LINE[OWN:])
_NO_STATEMENT: Final = ("", "")
_CLAIM_GROUP: Final = CLAIM - 5
"""The group of a plain claim's number, CLM01: from it on its segments are counted."""
_of_line = itemgetter(*range(1, LINE + 1))
_of_claim = itemgetter(*range(LINE + 1, CLAIM + 1))
"""The groups of each kind of plain piece: half the time of asking for all groups."""


def read_837(stream: BinaryIO, file: str, *, asc_npis: frozenset[str] = frozenset()) -> Iterator[Claim | EditMessage]:
    """Read the claims of an X12 file, and messages about what can't be read, in the file's order.

    Messages about a claim come before it. ``asc_npis`` are billing providers known to be ambulatory
    surgical centers, whatever their taxonomy. No bytes raise an exception.
    """
    reader = _Reader(file, asc_npis)
    try:
        for block in read_blocks(stream):
            if isinstance(block, Block):
                reader.read(block)
            else:
                reader.trouble(block)
            yield from reader.hand_out()
        reader.end()
        yield from reader.hand_out()
    finally:
        # Its tables hold its own methods. Callers may have switched the cyclic collector off.
        vars(reader).clear()


class _Reader(Walk):
    """A walk that first looks whether it need be one."""

    def read(self, block: Block) -> None:
        """Read a block of segments."""
        if block.delimiters != self.delimiters:
            self.learn(block.delimiters)
        self.number = self._read(block.text + self.terminator, block.first) - 1

    def learn(self, delimiters: Delimiters) -> None:
        """Set up the tables, patterns and memos for these delimiters."""
        super().learn(delimiters)
        self.pieces = plain_pieces(delimiters).finditer
        self.after_providers = Memo(self._after_providers, 4_000)
        self.plain_services = {setting: Memo(partial(self._plain_service, setting)) for setting in SETTINGS}

    def _read(self, text: str, number: int) -> int:
        """Read segments, each with its terminator, from a number on; give the number of the next one.

        It is here that a run spends its time in reading: what is plain is read in this one loop, by its own names and
        without calls. Where anything else comes, what was begun here is handed to the walk.
        """
        element, terminator, envelope = self.element, self.terminator, self.envelope
        days_of, pointers_of, after = self.service_days, self.pointers, self.after_providers
        payer_of, filing_of, facility_of = self.payer, self.filing, self.facility
        diagnosis_of = self.diagnosis.__getitem__
        is_plain = self._can_be_plain()
        lines, place, shared, services = self._begun()
        claim: list[Any] | None = None  # that is plain so far
        of_claim = ""  # its CLM05
        providers: str | None = None  # of the last line, where it is plain so far
        for piece in self.pieces(text):
            if services is not None and piece.lastindex == LINE:
                if self.line is not None:
                    self.end_line()
                line_number, procedure, charge, how_many, pointers, days, control, ndc, providers = _of_line(piece)
                service, description = services[procedure, how_many, place]
                first, last = days_of[days]  # type: ignore[misc]  # only a DTP*472 is plain
                own = (service, first, last, line_number, control, charge, pointers_of[pointers], number + 1)
                line: Sequence[Any] = own + (after[providers, shared] if providers else shared)
                if description or ndc is not None:
                    line = _with(line, description, ndc)
                lines.append(as_line(line))
                if providers or ndc is not None:
                    number += text.count(terminator, *piece.span())
                else:
                    number += 3 if control is None else 4
                continue
            fits = False
            if is_plain and piece.lastindex == CLAIM:
                (
                    level, above, filing, member, birth_date, sex, payer,
                    his_level, his_above, first_name, his_birth_date, his_sex,
                    claim_id, charge, facility, references, diagnoses, by,
                ) = _of_claim(piece)  # fmt: skip
                if level is not None:
                    fits = above == self.billing_level != ""
                elif self.member_id:
                    fits = his_level is None or his_above == self.subscriber_level != ""
                if self.bare_level and (level or his_level) is not None:
                    fits = False
                if fits:
                    codes = (*map(diagnosis_of, diagnoses.split(element)),)
                    fits = "" not in codes
            if not fits:
                if claim:
                    self._hand_over(claim, of_claim, lines, shared)
                    claim = None
                if providers is not None:
                    self._reopen(providers)
                    providers = None
                start, at = piece.span()
                number = self.walk(text[start : at - 1], number)
                is_plain = self._can_be_plain()
                lines, place, shared, services = self._begun()
                continue
            if claim:
                claim[1] = tuple(lines)
                self.found.append(as_claim(claim))
            elif self.claim_id is not None:
                self.end_claim()
            begin = number
            if level is not None:
                self.subscriber_level, self.member_id, self.payer_id = level, member, payer_of[payer]
                self.birth_date, self.sex, self.dependant, self.first_name = birth_date, sex, False, ""
                self.filing_indicator = filing_of[filing] if filing else ""
                begin += text.count(terminator, piece.start(), piece.start(_CLAIM_GROUP))
            elif his_level is not None:
                self.dependant, self.first_name = True, first_name
                self.birth_date, self.sex = his_birth_date, his_sex
                begin += text.count(terminator, piece.start(), piece.start(_CLAIM_GROUP))
            self.accounted = True
            self.bare_level = None
            number = begin + text.count(terminator, piece.start(_CLAIM_GROUP), piece.end())
            place, bill, bill_setting, frequency = facility_of[facility]
            setting = self.professional
            services = self.plain_services[setting]
            shared = after[by, _NOTHING_SHARED] if by else _NOTHING_SHARED
            trace = None
            if references:
                shared, trace = self._after_references(references, shared)
            lines, providers = [], None
            claim = [
                claim_id,
                None,
                setting,
                as_location((self.file, envelope.interchange, envelope.transaction, begin, None)),
                bill if setting == bill_setting else None,
                self.payer_id,
                self.billing_npi,
                self.billing_taxonomy,
                self.patient_id() if self.dependant else self.member_id,
                self.birth_date,
                self.sex,
                self.received,
                codes,
                frequency,
                charge,
                _NO_STATEMENT,
                trace,
                self.billing_provider,
                envelope.submission,
                self.filing_indicator,
            ]
            of_claim = facility
        if claim:
            self._hand_over(claim, of_claim, lines, shared)
        if providers is not None:
            self._reopen(providers)
        return number

    def _can_be_plain(self) -> bool:
        """Whether plain claims may follow: in an 837 that announces professional claims, under levels that are so."""
        return self.kind == "SV1" and not (self.is_other or self.wrong_levels) and self.table is not self.outside

    def _begun(self) -> tuple[list[Line], str, _Shared, _Services | None]:
        """What plain lines need to know of the claim that the walk has begun; no services where there can be none:
        no claim is open, or it has lines of several kinds."""
        if self.claim_id is None or self.claim_kind != "SV1" or self.service is not self.services[self.setting]:
            return [], "", (), None
        return self.lines, self.place, tuple(self.shared[OWN:]), self.plain_services[self.setting]

    def _hand_over(self, claim: list[Any], facility: str, lines: list[Line], shared: _Shared) -> None:
        """A claim that was plain so far goes on otherwise."""
        claim_id, _, _, locus, *_, diagnoses, _, charge, _, trace, _, _, _ = claim
        self.begin_claim(claim_id, charge, facility, locus.segment)
        self.diagnoses, self.trace, self.lines = [*diagnoses], trace, lines
        self.shared[OWN:] = shared
        self.table = self.in_claim_provider  # what follows is an LX at least

    def _reopen(self, providers: str) -> None:
        """The last line, which was plain so far, goes on otherwise."""
        self.line = [*self.lines.pop()]
        self.table = self.in_line_provider if providers else self.in_line

    def _after_providers(self, key: tuple[str, _Shared]) -> _Shared:
        """What segments of providers leave of what is shared, or of a line's own."""
        segments, shared = key
        line = [*NEW_LINE[:OWN], *shared]
        for raw in segments.split(self.terminator):
            if raw.startswith("NM1"):
                self.set_provider(line, raw)
            elif raw.startswith("PRV"):
                taxonomy = self.performer[raw]
                if taxonomy is not None and self.performs:
                    line[TAXONOMY] = taxonomy
        return tuple(line[OWN:])

    def _after_references(self, segments: str, shared: _Shared) -> tuple[_Shared, str | None]:
        """What a claim's references leave of what its lines share, and a clearinghouse's number of it."""
        line = [*NEW_LINE[:OWN], *shared]
        trace = None
        for raw in segments.split(self.terminator):
            _, kind, value, *_ = [*raw.split(self.element, 3), *PAD]
            if kind == "G1":
                line[AUTHORIZATION] = value
            elif kind == "X4":
                line[CLIA] = value
            elif kind == "D9":
                trace = value
        return tuple(line[OWN:]), trace

    def _plain_service(self, setting: Setting, key: tuple[str, str, str]) -> tuple[Service, str | None]:
        procedure, how_many, place = key
        basis, units, own_place = how_many.split(self.element)
        service, text, _ = self.services[setting][procedure, units, basis, own_place or place]
        return service, text


def _with(line: Sequence[Any], description: str | None, ndc: str | None) -> list[Any]:
    """A line that has a description or drug of its own."""
    own = [*line]
    if description:
        own[DESCRIPTION] = description
    if ndc is not None:
        own[NDC] = ndc
    return own
