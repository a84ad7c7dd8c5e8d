"""A deposit's lines as one short run of bytes: 17 for most lines, whatever they say.

What many lines have in common (a service, a provider) is a term: text that the store keeps once, under a number. What
does not fit a line's record, such as a date that is not one, follows the records as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from struct import Struct
from typing import Any, Final, NamedTuple, cast

from claimcheck.claim import Line, Service, Setting, as_date
from claimcheck.memory.deposits import Deposit

_FIELDS: Final = "IIIHHB"
"""Service, details, charge, days before the deposit's last day, days of the span, what became of the line."""
_RECORD: Final = Struct(f"<{_FIELDS}")
_NO_DATES: Final = (0, 0)
RECORD_BYTES: Final = _RECORD.size
_MOST_DAYS: Final = 0xFFFF
_NO_CHARGE: Final = 0xFFFFFFFF
_ODD_CHARGE: Final = 0xFFFFFFFE
_CHARGE: Final = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,2}))?", re.ASCII)
_DISPOSITIONS: Final = ("", "a", "w", "r", "n")
_FATES: Final = {letter: place << 4 for place, letter in enumerate(_DISPOSITIONS)}
_SETTINGS: Final[Mapping[str, Setting]] = {str(setting): setting for setting in Setting}

_PARTY: Final = slice(Deposit._fields.index("payer"), Deposit._fields.index("frequency") + 1)

Details = tuple[str | None, str | None, str | None, str | None]
"""Of a line: rendering provider and taxonomy, revenue code, NDC."""


class Party(NamedTuple):
    """What many deposits have in common: payer, setting, profile, billing provider, bill and frequency; fields of a
    deposit that follow one another."""

    payer: str
    setting: str
    profile: str
    billing_npi: str | None
    billing_taxonomy: str | None
    type_of_bill: str | None
    frequency: str


def term_of(value: Sequence[Any]) -> str:
    """The text of a term: a service, details or a party."""
    return _encode(value)


_encode: Final = json.JSONEncoder(separators=(",", ":")).encode
_decode: Final = json.JSONDecoder().raw_decode


def value_of(term: str) -> Service | Details | Party:
    """What a term says; which of the three it is its length tells (a service has a list in it)."""
    values, _ = _decode(term)
    if len(values) == 4:
        return (*values,)
    if isinstance(values[1], list):
        code, modifiers, units, basis, place, setting, code_set = values
        return Service(code, tuple(modifiers), units, basis, place, _SETTINGS.get(setting, setting), code_set)
    return Party(*values)


def party_of(deposit: Deposit) -> tuple[Any, ...]:
    """What a deposit has in common with others, as ``Party`` names it."""
    return cast(tuple[Any, ...], deposit[_PARTY])


_service_of: Final = itemgetter(Line._fields.index("service"))
_details_of: Final = itemgetter(
    *(Line._fields.index(name) for name in ("rendering_npi", "rendering_taxonomy", "revenue_code", "ndc"))
)


def terms_of(deposits: Sequence[Deposit]) -> Iterator[tuple[Any, ...]]:
    """The terms of deposits, each party and details once."""
    yield from dict.fromkeys(map(party_of, deposits))
    lines = [line for deposit in deposits for line in deposit.lines]
    yield from dict.fromkeys(map(_details_of, lines))
    yield from {id(service): service for service in map(_service_of, lines)}.values()


Numbers = Callable[[tuple[Any, ...]], int]
"""Gives the number of a term."""


class Packer:
    """Packs the lines of deposits.

    Args:
        number_of: gives the number of a term.
    """

    def __init__(self, number_of: Numbers) -> None:
        self._number_of = number_of
        self._services: dict[int, tuple[Service, int]] = {}

    def pack(self, deposit: Deposit) -> bytes:
        """The lines of a deposit."""
        last = deposit.last_day.toordinal()
        unpaid, dispositions = deposit.unpaid, deposit.dispositions
        packed: list[int] = []
        odd: dict[int, dict[str, str | None]] = {}
        number_of, services = self._number_of, self._services
        since = until = None
        dates: tuple[int, int] | None = None
        for at, line in enumerate(deposit.lines):
            service, from_date, to_date, number, _, charge, _, _, npi, taxonomy, _, _, revenue, ndc, *_ = line
            _, of_service = services.get(id(service)) or self._number(service)
            cents = _NO_CHARGE if charge is None else _number_of_charge(charge)
            if cents == _ODD_CHARGE:
                odd[at] = {"charge": charge}
            if from_date != since or to_date != until:  # most lines of a claim are of one day
                since, until = from_date, to_date
                dates = _dates(from_date, to_date, last)
            if dates is None:
                odd.setdefault(at, {}).update(from_date=from_date, to_date=to_date)
            if number != _number(at):
                odd.setdefault(at, {}).update(number=number)
            fate = unpaid[at] if unpaid else 0
            if dispositions:
                fate |= _FATES[dispositions[at]]
            packed += of_service, number_of((npi, taxonomy, revenue, ndc)), cents, *(dates or _NO_DATES), fate
        body = _records(len(deposit.lines)).pack(*packed)
        return body + _json(odd) if odd else body

    def _number(self, service: Service) -> tuple[Service, int]:
        """The number of a service, which is known by its place in memory: Python hashes a member of an enumeration
        slowly, and readers make few services. It is kept, so that the place stays its own."""
        if len(self._services) >= _MOST_SERVICES:
            self._services.clear()
        found = self._services[id(service)] = service, self._number_of(service)
        return found


_MOST_SERVICES: Final = 20_000


@lru_cache(maxsize=256)
def _records(lines: int) -> Struct:
    return Struct("<" + _FIELDS * lines)


def _dates(from_date: str, to_date: str, last: int) -> tuple[int, int] | None:
    """The dates of a line in its record; None where they are not dates, or too far from the last day."""
    day = _ordinal(from_date)
    span = _ordinal(to_date) - day + 1 if to_date else 0
    if 0 <= last - day <= _MOST_DAYS and (0 < span <= _MOST_DAYS or not to_date):
        return last - day, span
    return None


def _json(value: Any) -> bytes:
    return _encode(value).encode()


def terms_in(body: bytes, lines: int) -> list[int]:
    """The numbers of the terms in a packed deposit: service and details of each line."""
    return [number for record in _RECORD.iter_unpack(body[: lines * RECORD_BYTES]) for number in record[:2]]


def unpack(body: bytes, lines: int, last: int, term: Mapping[int, Any]) -> tuple[tuple[Line, ...], bytes, str]:
    """The lines of a deposit, whether each is unpaid, and their dispositions.

    Args:
        body: what ``pack`` made.
        lines: how many they are.
        last: the deposit's last day, as an ordinal.
        term: what each number of a term says.

    Raises:
        KeyError: a term is not there.
    """
    end = lines * RECORD_BYTES
    found: list[Line] = []
    since = until = None
    from_date = to_date = ""
    for service, details, cents, back, span, _ in _RECORD.iter_unpack(body[:end]):
        npi, taxonomy, revenue, ndc = term[details]
        if back != since or span != until:  # most lines of a claim are of one day
            since, until = back, span
            from_date, to_date = _text(last - back), _text(last - back + span - 1) if span else ""
        billed = term[service], from_date, to_date, _number(len(found)), None, _charge_of(cents)
        who = None, 0, npi, taxonomy, None, None, revenue, ndc
        found.append(_new(Line, billed + who + _NOT_KEPT))
    if len(body) > end:
        for key, strange in json.loads(body[end:]).items():
            found[int(key)] = found[int(key)]._replace(**strange)
    return (*found,), *_fates(body[RECORD_BYTES - 1 : end : RECORD_BYTES])


_new: Final = tuple.__new__
"""Makes a line of its values: what a named tuple's own way does besides takes longer than all the rest."""
_NOT_KEPT: Final = (None,) * (len(Line._fields) - Line._fields.index("ndc") - 1)


@lru_cache(maxsize=4096)
def _fates(fates: bytes) -> tuple[bytes, str]:
    """Whether each line is unpaid, and their dispositions."""
    unpaid = bytes(fate & 15 for fate in fates)
    return unpaid if any(unpaid) else b"", "".join(_DISPOSITIONS[fate >> 4] for fate in fates)


def only(body: bytes, lines: int, kept: Sequence[int]) -> bytes:
    """A packed deposit with some of its lines alone; they keep their numbers."""
    end = lines * RECORD_BYTES
    odd = json.loads(body[end:]) if len(body) > end else {}
    records = [body[at * RECORD_BYTES : (at + 1) * RECORD_BYTES] for at in kept]
    strange = {new: {"number": _number(at)} | odd.get(str(at), {}) for new, at in enumerate(kept)}
    strange = {new: each for new, each in strange.items() if each != {"number": _number(new)}}
    if strange:
        records.append(_json(strange))
    return b"".join(records)


@lru_cache(maxsize=8192)
def _ordinal(text: str) -> int:
    """A day as an ordinal; 0 where it is not one."""
    day = as_date(text)
    return day.toordinal() if day else 0


@lru_cache(maxsize=8192)
def _text(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat().replace("-", "")


@lru_cache(maxsize=4096)
def _number(at: int) -> str:
    return str(at + 1)


@lru_cache(maxsize=8192)
def _number_of_charge(charge: str) -> int:
    """A charge as its digits times four, plus how many of them are decimals."""
    found = _CHARGE.fullmatch(charge)
    if not found:
        return _ODD_CHARGE
    whole, decimals = found[1], found[2] or ""
    number = int(whole + decimals) * 4 + len(decimals)
    return number if number < _ODD_CHARGE else _ODD_CHARGE


@lru_cache(maxsize=8192)
def _charge_of(number: int) -> str | None:
    if number >= _ODD_CHARGE:
        return None
    digits, decimals = divmod(number, 4)
    if not decimals:
        return str(digits)
    whole, part = divmod(digits, 10**decimals)
    return f"{whole}.{part:0{decimals}}"
