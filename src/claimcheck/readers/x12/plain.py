"""What is plainly written, read at one look instead of segment by segment.

Nearly all professional claims write the same segments in the same order. One pattern cuts a text into pieces: plain
claims, up to their first line, plain lines, and all else. A plain piece gives its fields as named groups; all else is
handed to the walker. Both keep what they read in one ``State``, and a plain claim that goes on otherwise is put there,
so that each goes on where the other stopped. What is plain reads as the walker would read it:
``tests/readers/test_x12_reader.py`` proves it.

Without this module claims read the same, and reading costs some 0.9 floors more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any, Final

from claimcheck.claim import PROFESSIONAL, SETTINGS, Line, Service, Setting
from claimcheck.readers.x12.claim_loops import Field, days
from claimcheck.readers.x12.composites import CODE_SETS, Composites, Memo
from claimcheck.readers.x12.grammar import GRAMMAR, OUTSIDE
from claimcheck.readers.x12.header_loops import party
from claimcheck.readers.x12.state import IS_PICKED_UP, NEW_LINE, Fields, OpenClaim, Parts
from claimcheck.readers.x12.syntax import Delimiters, element
from claimcheck.readers.x12.walker import Walker
from claimcheck.rulebook.sections import is_ambulance

# The groups of plain pieces, by name. The last of each kind always takes part in a match, and so tells the kind.
LINE_GROUPS: Final = (
    "line_number", "procedure", "line_charge", "quantity", "pointers", "dates", "control", "ndc", "line_providers",
)  # fmt: skip
CLAIM_GROUPS: Final = (
    "level", "parent", "payment", "name", "member_id", "birth_date", "sex", "payer",
    "patient_level", "patient_parent", "patient_name", "patient_birth_date", "patient_sex",
    "claim_id", "charge", "facility", "references", "diagnoses", "claim_providers",
)  # fmt: skip

Shared = tuple[Any, ...]
"""The fields of a line that are its claim's, unless it says otherwise: those behind ``place``, in their order."""
_SHARED: Final = Line._fields[Line._fields.index("place") + 1 :]
# Straight from a tuple: some 0.1 floors less than by ``Line._make``, in the one place where most lines are made.
as_line: Final[Callable[[tuple[Any, ...]], Line]] = partial(tuple.__new__, Line)
_Odd = tuple[str, bool]
"""What a line has of its own that few have: a description, and that it is an ambulance's and tells of no pick-up."""
_Services = Memo[tuple[str, str, str], tuple[Service, _Odd | None]]
_OpenClaim = tuple[list[Line], str, _Services | None, Shared]
"""What plain lines need of their claim: its lines so far, its place of service, services, and what its lines share."""
_shared_of: Final[Callable[[Fields], Shared]] = itemgetter(*_SHARED)


def _references() -> dict[str, Field]:
    """The fields that the grammar reads from a claim's references, by qualifier."""
    found: dict[str, Field] = {}
    for key, read in GRAMMAR["2300"].items():
        name, _, qualifier = key.partition("*")
        if name == "REF":
            assert isinstance(read, Field) and qualifier, f"{key} would have to be walked: take REF out of plain claims"
            found[qualifier] = read
    return found


_REFERENCES: Final = _references()


def plain_pieces(delimiters: Delimiters) -> re.Pattern[str]:
    """Piece after piece of text in which each segment has its terminator: a plain claim up to its first LX, a plain
    line, or a segment and all that follow it up to the next HL, CLM or LX.

    No quantifier is possessive: before Python 3.11.5 those match wrongly. None is needed: there is one way to match.
    """
    e, c, t = map(re.escape, delimiters)
    skip, whole, rest = f"[^{e}{t}]*", f"[^{t}]*", f"[^{t}]*{t}"
    end = f"(?:{e}{rest}|{t})"  # behind an element: never another part of it, or failing would take ages

    def field(name: str) -> str:
        return f"(?P<{name}>{skip})"

    def any_of(*names: str) -> str:
        return f"(?:(?:{'|'.join(names)}){e}{rest})*"

    def level(kind: str, name: str, parent: str) -> str:
        return f"HL{e}{field(name)}{e}(?P<{parent}>[^{e}{t}]+){e}{kind}{end}"

    def birth(birth_date: str, sex: str) -> str:
        return f"(?:DMG{e}{skip}{e}{field(birth_date)}{e}{field(sex)}{end})?"

    def providers(name: str, but: str = "") -> str:
        return f"(?P<{name}>(?:NM1{e}{but}{rest}{any_of('PRV', 'N3', 'N4', 'REF', 'PER')})*)"

    four = f"{e}{skip}" * 4  # elements that say nothing
    diagnoses = f"ABK{c}[^{e}{c}{t}]{skip}(?:{e}ABF{c}[^{e}{c}{t}]{skip})*"
    address, others = any_of("N3", "N4"), any_of("REF", "PER")
    line = (
        f"LX{e}{field('line_number')}{end}"
        f"SV1{e}(?P<procedure>(?:{'|'.join(CODE_SETS)}){c}[^{e}{t}]+){e}{field('line_charge')}"
        f"{e}(?P<quantity>{skip}{e}{skip}{e}{skip}){e}{skip}{e}{field('pointers')}{end}"
        f"DTP{e}472{e}{skip}{e}{field('dates')}{end}(?:REF{e}6R{e}{field('control')}{end})?"
        f"(?:LIN{e}{skip}{e}N4{e}{field('ndc')}{end}{any_of('CTP')})?"
        f"{providers('line_providers', but=f'(?!(?:77|PW){e})')}"  # which place counts depends on the claim's
    )
    subscriber = (
        f"{level('22', 'level', 'parent')}(?:SBR{e}(?P<payment>{whole}){t})?{any_of('PAT')}"
        f"NM1{e}IL{e}{skip}{e}(?P<name>{skip}{e}{skip}){four}{e}(?P<member_id>[^{e}{t}]+){end}"
        f"{address}{birth('birth_date', 'sex')}{others}"
        f"NM1{e}PR{e}(?P<payer>{whole}){t}{address}{any_of('REF')}"
    )
    patient = (
        f"{level('23', 'patient_level', 'patient_parent')}{any_of('PAT')}"
        f"NM1{e}QC{e}{skip}{e}(?P<patient_name>{skip}{e}{skip}){end}"
        f"{address}{birth('patient_birth_date', 'patient_sex')}{others}"
    )
    claim = (
        f"CLM{e}{field('claim_id')}{e}{field('charge')}{e}{skip}{e}{skip}{e}{field('facility')}{end}"
        f"(?:DTP{e}(?!434|472|090|091){rest})*{any_of('CL1', 'PWK', 'CN1', 'AMT')}(?P<references>{any_of('REF')})"
        f"{any_of('K3', 'CR1', 'CR2', 'CRC')}HI{e}(?P<diagnoses>{diagnoses}){t}{providers('claim_providers')}(?=LX{e})"
    )
    anything = f"{rest}(?:(?!(?:HL|CLM|LX){e}){rest})*"
    return re.compile(f"{line}|(?:{subscriber}|{patient})?{claim}|{anything}")


class PlainReader:
    """Reads what is plain, and has a walker read the rest."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.state = walker, walker.state
        self.delimiters: Delimiters | None = None
        # The open claim, where it is plain so far: an ``OpenClaim`` for each costs some 0.06 floors.
        self._plain_claim: Parts | None = None

    def learn(self, delimiters: Delimiters) -> None:
        """Read by these delimiters from now on."""
        self.walker.learn(delimiters)
        self.delimiters = delimiters
        self._element, _, self._terminator = delimiters
        self._lx = f"LX{self._element}"
        pattern = plain_pieces(delimiters)
        self._pieces = pattern.finditer
        self._is_line, self._is_claim = pattern.groupindex[LINE_GROUPS[-1]], pattern.groupindex[CLAIM_GROUPS[-1]]
        # By number, which is read off the names: half the time of asking by name.
        self._line_groups = itemgetter(*map(pattern.groupindex.__getitem__, LINE_GROUPS))
        self._claim_groups = itemgetter(*map(pattern.groupindex.__getitem__, CLAIM_GROUPS))
        self._facility, self._pointers = self.state.composites.facility, self.state.composites.pointers
        self._diagnosis = self.state.composites.diagnosis.__getitem__
        self._days = Memo(days)
        self._payment = Memo(partial(_payment, self._element))
        self._payer = Memo(partial(_element_of, self._element, 7))
        service = partial(_service, self.state.composites, self._element)
        self._services = {setting: Memo(partial(service, setting, False)) for setting in SETTINGS}
        self._services_of_pick_ups = {setting: Memo(partial(service, setting, True)) for setting in SETTINGS}
        self._pick_up = f"NM1{self._element}PW{self._element}"
        self._after_providers = Memo(partial(_after_providers, self.walker), 4_000)

    def read(self, text: str, number: int, whole: bool = False) -> int:
        """Read segments, each with its terminator, from a number on; give the number of the next one. Where a text is
        ``whole``, nothing that follows belongs to its last claim.

        It is here that a run spends its time in reading: plain lines are read in this one loop, without calls.
        """
        terminator = self._terminator
        is_line, is_claim, line_groups = self._is_line, self._is_claim, self._line_groups
        days_of, pointers_of, after = self._days, self._pointers, self._after_providers
        may_begin, (lines, place, services, shared) = self._may_begin(), self._open_claim(text, 0)
        plain_line: re.Match[str] | None = None  # the last piece, which may go on otherwise than plainly
        for piece in self._pieces(text):
            if piece.lastindex == is_line and services is not None:
                line_number, procedure, charge, quantity, pointers, dates, control, ndc, providers = line_groups(piece)
                service, odd = services[procedure, quantity, place]
                first, last = days_of[dates]
                line = as_line(
                    (service, first, last, line_number, control, charge, pointers_of[pointers], number + 1)
                    + (after[providers, shared] if providers else shared)
                )
                if odd or ndc is not None:
                    line = _with(line, odd, ndc)
                lines.append(line)
                plain_line = piece
                if providers or ndc is not None:
                    number += piece[0].count(terminator)
                else:
                    number += 3 if control is None else 4
            elif piece.lastindex == is_claim and may_begin and (begun := self._begin_claim(piece, number)):
                lines, place, services, shared = begun
                plain_line = None
                number += piece[0].count(terminator)
            else:
                start, end = piece.span()
                self._hand_back(shared, services)
                if plain_line:
                    start, number = plain_line.start(), lines.pop().place - 1
                number = self.walker.walk(text[start : end - 1], number)
                may_begin, (lines, place, services, shared) = self._may_begin(), self._open_claim(text, end)
                plain_line = None
        if whole and plain_line and self._plain_claim:
            self._end_claim()
            self._plain_claim = None
            return number
        self._hand_back(shared, services)
        if plain_line:
            number = self.walker.walk(text[plain_line.start() : -1], lines.pop().place - 1)
        return number

    def _may_begin(self) -> bool:
        """Whether plain claims may follow: in an 837 that announces professional claims, under levels that are so. Then
        they have the billing provider that is known now."""
        state = self.state
        self._nothing_shared = _shared_of({**NEW_LINE, "service_zip": state.provider.zip})
        is_open = self.walker.loop != OUTSIDE and state.transaction.is_837
        return is_open and state.kind == "SV1" and not state.transaction.levels.wrong

    def _open_claim(self, text: str, at: int) -> _OpenClaim:
        """What plain lines need of the claim that the walker has begun, where a text goes on; no services where none
        can follow: no claim is open, a line is that goes on, or there are lines of another kind."""
        if text.startswith(self._lx, at):
            self.state.end_line()
        claim = self.state.claim
        if claim is None or self.state.line or claim.kind != "SV1" or claim.setting != self.state.provider.setting:
            return [], "", None, ()
        services = self._services_of_pick_ups if claim.shared[IS_PICKED_UP] else self._services
        return claim.lines, claim.facility.place, services[claim.setting], _shared_of(claim.shared)

    def _begin_claim(self, piece: re.Match[str], number: int) -> _OpenClaim | None:
        """Begin a plain claim, and the level of a subscriber or dependant before it; None where it must be walked: its
        level names another parent than the one above, or a level above has no claim."""
        state = self.state
        (
            level, parent, payment, name, member_id, birth_date, sex, payer,
            patient_level, patient_parent, patient_name, patient_birth_date, patient_sex,
            claim_id, charge, facility, references, diagnoses, providers,
        ) = self._claim_groups(piece)  # fmt: skip
        if level is not None or patient_level is not None:
            named, above = (patient_parent, state.patient) if level is None else (parent, state.provider)
            if named != above.level or state.transaction.levels.waiting:
                return None
            number += piece.string.count(self._terminator, piece.start(), piece.start("claim_id"))
        self._end_claim()
        patient = state.patient
        if level is not None:
            patient.level, patient.member_id, patient.payer_id = level, member_id, self._payer[payer]
            patient.payment, patient.relation = self._payment[payment or ""]
            patient.birth_date, patient.sex = birth_date, sex
            patient.insured, patient.dependant = name.replace(self._element, "*"), None
        elif patient_level is not None:
            patient.begin_dependant(patient_name.replace(self._element, "*"))
            patient.birth_date, patient.sex = patient_birth_date, patient_sex
        if state.keeps_names:
            self._keep_name(piece, level, patient_level)
        lines: list[Line] = []
        codes = [*map(self._diagnosis, diagnoses.split(self._element))]
        shared, fields = self._after_references(references) if references else (self._nothing_shared, {})
        if state.keeps_names:
            fields |= state.names()
        at, setting = self._facility[facility], state.provider.setting
        services = self._services[setting]
        if providers:
            shared = self._after_providers[providers, shared]
            if self._pick_up in providers:
                services = self._services_of_pick_ups[setting]
        self._plain_claim = claim_id, charge, at, number, setting, codes, lines, fields
        return lines, at.place, services, shared

    def _keep_name(self, piece: re.Match[str], level: str | None, patient_level: str | None) -> None:
        """Keep the name of the subscriber or dependant of a level that begins, as few runs ask for."""
        entity = "IL" if level is not None else "QC" if patient_level is not None else ""
        if entity:
            element, terminator = self._element, self._terminator
            start = piece.string.index(f"{terminator}NM1{element}{entity}{element}", piece.start()) + 1
            name = piece.string[start : piece.string.index(terminator, start)].split(element)
            self.state.patient.name = party(name)

    def _after_references(self, references: str) -> tuple[Shared, Fields]:
        """What the references of a claim say for its lines, and in fields of its own: the grammar's, without the walk,
        which costs some 0.4 floors where each claim has a number of its own."""
        own: Fields = {}
        line = {**NEW_LINE, "service_zip": self.state.provider.zip}
        for raw in references[:-1].split(self._terminator):
            elements = raw.split(self._element)
            field = _REFERENCES.get(elements[1])
            if field is not None:
                (own if field.is_claims else line)[field.name] = element(elements, field.at)
        return _shared_of(line), own

    def _end_claim(self) -> None:
        """End the claim before one that is plain."""
        state = self.state
        if self._plain_claim:
            state.found.append(state.made_of(self._plain_claim))
        else:
            state.end_claim()
            state.transaction.levels.account()

    def _hand_back(self, shared: Shared, services: _Services | None) -> None:
        """The walker goes on in a claim that was plain so far."""
        if self._plain_claim:
            self.state.claim = claim = OpenClaim("SV1", self._plain_claim)
            claim.shared.update(zip(_SHARED, shared, strict=True))
            claim.shared[IS_PICKED_UP] = services is self._services_of_pick_ups[claim.setting]
            self.walker.open("2300")
            self._plain_claim = None


def _element_of(element: str, index: int, text: str) -> str:
    """An element of the text behind a segment's id and qualifier, "" where there is none."""
    return "".join(text.split(element, index + 1)[index : index + 1])


def _payment(element: str, text: str) -> tuple[tuple[str, str], str]:
    """What SBR says behind its id: the kind of payer, and in which order it pays; and who the patient is to the
    subscriber."""
    return (_element_of(element, 8, text), text.partition(element)[0]), _element_of(element, 1, text)


def _service(
    composites: Composites, element: str, setting: Setting, is_picked_up: bool, key: tuple[str, str, str]
) -> tuple[Service, _Odd | None]:
    """The service of a procedure, its unit with quantity and place, and the claim's place; and what is odd of it, on a
    claim that tells of a pick-up or not."""
    procedure, quantity, place = key
    basis, units, own_place = quantity.split(element)
    service, description, _ = composites.procedure[setting][procedure, units, basis, own_place or place]
    lacks_pick_up = not is_picked_up and is_ambulance(service.code)
    return service, (description, lacks_pick_up) if description or lacks_pick_up else None


def _after_providers(walker: Walker, key: tuple[str, Shared]) -> Shared:
    """What segments of providers leave of what is shared, or of a line's own."""
    providers, shared = key
    state, open_claim = walker.state, walker.state.claim
    state.claim = OpenClaim("SV1", ("", "", state.composites.facility[""], 0, PROFESSIONAL, [], [], {}))
    state.line = line = {**NEW_LINE, **dict(zip(_SHARED, shared, strict=True))}
    walker.open("2400")
    walker.walk(providers[:-1], 0)
    state.claim, state.line = open_claim, None
    return _shared_of(line)


def _with(line: Line, odd: _Odd | None, ndc: str | None) -> Line:
    """A line that has a description or drug of its own, or is an ambulance's that tells of no pick-up."""
    description, has_no_pick_up = odd or ("", False)
    return line._replace(
        description=description or line.description,
        ndc=line.ndc if ndc is None else ndc,
        service_zip="" if has_no_pick_up else line.service_zip,
    )
