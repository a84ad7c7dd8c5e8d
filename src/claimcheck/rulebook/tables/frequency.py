"""How often a service is paid: for each code its family, the interval that the family has, and what changes it. They
come with claimcheck (``rules/frequency.toml``)."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from claimcheck.rulebook.tables import CMS, Column, Kind, Shown, Table


class Frequency(NamedTuple):
    """How often a service is paid. Codes of one ``family`` count together.

    Attributes:
        family: what messages call a service of it.
        rule: its interval (``rulebook.frequency``).
        counts: the codes that count with it, its own among them.
        after: other codes that it must keep a distance from, each with the interval: ``G0104=M(47); G0121=M(119)``.
        related: all codes that are looked at together with it.
        first_differs: whether the first one ever has a rule of its own.
        only_with: beginnings of diagnoses; a line that points to none of them is not of the family.
        risks: intervals of patients of whom a diagnosis says more: ``Z34 O09=R(3, 12); Z29.81=R(8, 12)``.
        ages: intervals from an age on, the highest first: ``40=M(11); 35=M(59); 0=NEVER``.
        modifiers: intervals of lines with a modifier: ``KX=NONE``.
        requires: the modifiers of which a line has one, or it is not of the family.
        spans: of a row of a modifier the codes that it is about; any without.
        apart: what counts by itself: each ``code``, ``provider`` or ``side``.
        minutes: of one unit, where the interval counts hours.
        severity: the most that an edit may be, once payers' answers are known.
        remedy: what else to do.
        remark: the remark code of the denial.
        reference: where the rule is published.
        tag: how sure that is: V read in the source, V2 in a contractor's or plan's text, K from knowledge of the field,
            K? in doubt.
    """

    family: str = ""
    rule: str = ""
    counts: str = ""
    after: str = ""
    related: str = ""
    first_differs: bool = False
    only_with: str = ""
    risks: str = ""
    ages: str = ""
    modifiers: str = ""
    requires: str = ""
    spans: str = ""
    apart: str = ""
    minutes: int = 0
    severity: str = "warn"
    remedy: str = ""
    remark: str = "N362"
    reference: str = ""
    tag: str = "K"
    source: str = "example"


_MEANS: Final[Mapping[str, str]] = {
    "M": "again once {} full months have passed after the month of the last one",
    "P": "not within {} days",
    "R": "{} in the {} months that the first of them opens",
    "LIFE": "once in a lifetime",
    "MON": "once a calendar month",
    "SESSIONS": "{} sessions",
    "SUPPLY": "{} units in {} months",
    "RENT": "{} months of rent",
    "MINUTES": "{} minutes in the first 12 months, {} in each calendar year after them",
    "YEARS": "{} minutes in the first calendar year, {} in each other",
    "EPISODE": "once an episode, which is not judged",
}


def _shown(row: Frequency) -> Iterator[Shown]:
    way, _, numbers = row.rule.rstrip(")").partition("(")
    for shown in _FREQUENCY.columns_of(row):
        is_rule = shown.value == row.rule
        yield shown._replace(meaning=_MEANS.get(way, "").format(*numbers.split(", "))) if is_rule else shown


FREQUENCY: Final = "frequency"
_FREQUENCY: Final = Kind(
    "frequency",
    Frequency,
    columns={
        "family": Column("Counts as"),
        "rule": Column("Paid"),
        "counts": Column("Together with"),
        "after": Column("Distance from others"),
        "only_with": Column("Diagnoses"),
        "risks": Column("By risk"),
        "ages": Column("By age"),
        "modifiers": Column("By modifier"),
        "reference": Column("Published in"),
    },
    shows=_shown,
)
TABLES: Final = {
    FREQUENCY: Table(
        _FREQUENCY,
        "list of how often services are paid",
        "Medicare Claims Processing Manual and National Coverage Determinations: how often services are paid",
        f"{CMS}/coverage/preventive-services-coverage",
        ships=True,
        heading="frequency",
    )
}
