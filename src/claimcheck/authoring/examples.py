"""Small services, lines and claims to write examples and tests with, and what an example is.

``a_service("77424-26-TC", units=2, pos="22")`` reads like the line on the claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from claimcheck.claim import ASC_TAXONOMY, PROFESSIONAL, SETTINGS, Claim, Line, Service, Setting
from claimcheck.message import Severity
from claimcheck.rulebook import Row

A_DAY = date(2025, 3, 10)
A_PHYSICIAN = "1234567802"
AN_ORGANISATION = "1993999998"


def a_service(
    written: str = "99213",
    *,
    units: int | float | str = 1,
    basis: str = "UN",
    pos: str | None = "11",
    setting: str = PROFESSIONAL,
    code_set: str = "HC",
) -> Service:
    """A service from ``CODE-MOD-MOD``.

    Args:
        written: the procedure code and its modifiers.
        units: service units, or minutes where ``basis`` is MJ.
        basis: UN units, MJ minutes, DA days.
        pos: place of service; None on hospitals' claims.
        setting: a ``Setting`` or its text.
        code_set: X12 qualifier of the code.

    Raises:
        ValueError: the setting is not known, so that an example of it could only pass.
    """
    if setting not in SETTINGS:
        raise ValueError(f"there is no setting {setting!r}; expected one of {', '.join(SETTINGS)}")
    code, *modifiers = written.split("-")
    return Service(code, tuple(modifiers), str(units), basis, pos, Setting(setting), code_set)


def a_line(
    written: str = "99213",
    *,
    units: int | float | str = 1,
    basis: str = "UN",
    pos: str | None = "11",
    setting: str = PROFESSIONAL,
    code_set: str = "HC",
    day: str = "20250310",
    **fields: Any,
) -> Line:
    """A line of one service.

    Args:
        written, units, basis, pos, setting, code_set: as of ``a_service``.
        day: first date of service, CCYYMMDD or ISO 8601.
        fields: those of ``Line`` (``charge="90.00"``, ...).

    Raises:
        ValueError: the setting is not known.
        TypeError: ``Line`` has no such field.
    """
    service = a_service(written, units=units, basis=basis, pos=pos, setting=setting, code_set=code_set)
    fields = {"charge": "100.00", "pointers": ("1",), **fields}
    return Line(service, day, **fields)


def a_claim(*lines: Line, **fields: Any) -> Claim:
    """A claim of these lines, numbered from 1; its setting is the first line's.

    Args:
        lines: as ``a_line`` makes them.
        fields: those of ``Claim`` (``payer_id="ACME"``, ``received_date="20250320"``, ...).

    Raises:
        TypeError: ``Claim`` has no such field.
    """
    setting = lines[0].service.setting if lines else PROFESSIONAL
    numbered = tuple(line._replace(number=str(i), place=line.place or i) for i, line in enumerate(lines, start=1))
    taxonomy = ASC_TAXONOMY if setting == "asc" else "207Q00000X"
    fields = {
        "setting": setting,
        "billing_npi": AN_ORGANISATION,
        "billing_taxonomy": taxonomy,
        "diagnoses": ("I10",),
        "type_of_bill": "131" if setting == "outpatient" else None,
        "received_date": "20250320",
        **fields,
    }
    return Claim("EXAMPLE", numbered, **fields)


class Example(NamedTuple):
    """One case of a check: what it is given, with rule rows of its own, and what it must say."""

    title: str
    subject: Service | Claim
    verdict: Literal["passes", "fires", "not judged"]
    says: str = ""
    severity: Severity | None = None
    day: date = A_DAY
    options: Mapping[str, Any] = {}
    tables: Mapping[str, Mapping[str, Row]] = {}


def passes(
    title: str,
    subject: Service | Claim,
    *,
    options: Mapping[str, Any] | None = None,
    **tables: Mapping[str, Row],
) -> Example:
    """An example of which the check yields nothing. Parameters are those of ``fires``."""
    return Example(title, subject, "passes", options=options or {}, tables=tables)


def fires(
    title: str,
    subject: Service | Claim,
    *,
    says: str = "",
    severity: str | None = None,
    options: Mapping[str, Any] | None = None,
    **tables: Mapping[str, Row],
) -> Example:
    """An example of which the check yields a finding.

    Args:
        title: what it shows.
        subject: a service or a claim, as the check sees it.
        says: what the finding's text contains.
        severity: the finding's, where it is milder than the check's own.
        options: options of the check.
        tables: all rule rows that there are, by table and code (``fee={"77424": Fee("X")}``).
    """
    milder = Severity(severity) if severity else None
    return Example(title, subject, "fires", says, milder, options=options or {}, tables=tables)


def not_judged(
    title: str,
    subject: Service | Claim,
    *,
    options: Mapping[str, Any] | None = None,
    **tables: Mapping[str, Row],
) -> Example:
    """An example that no rule in force can judge. Parameters are those of ``fires``."""
    return Example(title, subject, "not judged", options=options or {}, tables=tables)
