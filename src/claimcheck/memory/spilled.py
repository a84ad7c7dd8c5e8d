"""Remembered claims that wait in a temporary file."""

from __future__ import annotations

import hashlib
import marshal
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from claimcheck.claim import Line, Service, Setting
from claimcheck.memory import Patient

_SETTINGS: Final[Mapping[str, Setting]] = {str(setting): setting for setting in Setting}
_BITS: Final = 1 << 25


def _packed(claim: tuple[Any, ...]) -> tuple[Any, ...]:
    """A claim as plain values (a setting as its text), with every field of its lines: a check across claims may use
    any. Plain values may follow."""
    claim_id, billing_npi, billing_taxonomy, lines, *more = claim
    billed = [((*service._replace(setting=cast(Setting, str(service.setting))),), *rest) for service, *rest in lines]
    return claim_id, billing_npi, billing_taxonomy, billed, *more


def _unpacked(packed: tuple[Any, ...]) -> tuple[Any, ...]:
    claim_id, billing_npi, billing_taxonomy, billed, *more = packed
    lines = tuple(Line(_with_setting(Service(*service)), *rest) for service, *rest in billed)
    return claim_id, billing_npi, billing_taxonomy, lines, *more


def _with_setting(service: Service) -> Service:
    setting = _SETTINGS.get(service.setting)
    return service._replace(setting=setting) if setting else service


class Spilled:
    """Claims in a temporary file, which is deleted with the run. Patients are in it as keyed hashes, and a bit for each
    saves most claims the look-up."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._bits = bytearray(_BITS // 8)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE claim (patient BLOB, remembered BLOB)")
        self._db.execute("CREATE INDEX by_patient ON claim (patient)")

    def add(self, recent: Mapping[Patient, list[Any]]) -> None:
        """Write claims to the file."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO claim VALUES (?, ?)", self._records(recent))
        self._db.execute("COMMIT")

    def _records(self, recent: Mapping[Patient, list[Any]]) -> Iterator[tuple[bytes, bytes]]:
        for patient, claims in recent.items():
            bit = hash(patient) % _BITS
            self._bits[bit >> 3] |= 1 << (bit & 7)
            yield self._key(patient), marshal.dumps([*map(_packed, claims)])

    def may_know(self, patient: Patient) -> bool:
        """Whether the file may have the patient; rarely true in error."""
        bit = hash(patient) % _BITS
        return bool(self._bits[bit >> 3] & 1 << (bit & 7))

    def of(self, patient: Patient) -> list[tuple[Any, ...]]:
        """A patient's claims, in the order in which they came."""
        sql = "SELECT remembered FROM claim WHERE patient = ? ORDER BY rowid"
        found = self._db.execute(sql, (self._key(patient),))
        return [_unpacked(claim) for (packed,) in found for claim in marshal.loads(packed)]

    def _key(self, patient: Patient) -> bytes:
        return hashlib.blake2b(repr(patient).encode(), key=self._salt, digest_size=16).digest()
