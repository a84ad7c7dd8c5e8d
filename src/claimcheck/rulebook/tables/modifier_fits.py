"""What modifiers can be reported with: for each payer the kinds of code that a modifier is right and wrong on, and
which codes are of a kind. Both come with claimcheck (``rules/modifier_fits.toml``)."""

from functools import lru_cache
from typing import Final, Literal, NamedTuple

from claimcheck.rulebook.tables import CODING, Kind, Table

Payer = Literal[
    "medicare_part_b",
    "medicare_asc",
    "medicare_opps",
    "medicare_advantage",
    "medicaid",
    "medicaid_mco",
    "commercial",
    "commercial_other",
]
"""Whose reading of modifiers counts: the profiles that ship."""
OF_MEDICARE: Final[tuple[Payer, ...]] = ("medicare_part_b", "medicare_asc", "medicare_opps", "medicare_advantage")
OTHERS: Final[tuple[Payer, ...]] = ("medicaid", "medicaid_mco", "commercial", "commercial_other")


class ModifierFit(NamedTuple):
    """What a payer reads a modifier with. ``only`` are the codes of which nothing is said; of the others ``never``,
    ``warn`` and ``inform`` say how severe it is: names of classes and spans of codes (``visit 80047-87999``). ``rest``
    is the one of the three that holds for every other code of a class.

    ``says`` is what the modifier means, ``beside`` the modifiers that let it pass, ``no_global`` how severe it is on a
    procedure without a global period, ``reported_by`` checks that report the same; ``unread`` whether the payer does
    not read it on any code.
    """

    says: str = ""
    only: str = ""
    never: str = ""
    warn: str = ""
    inform: str = ""
    rest: str = ""
    beside: str = ""
    no_global: str = ""
    remedy: str = ""
    reported_by: str = ""
    unread: bool = False
    source: str = "example"


class CodeClass(NamedTuple):
    """A kind of code: what messages call one of them, and the spans of codes (``99202-99215 G0463``). That of
    ``EVERY_CLASS`` has the names of all the others instead."""

    says: str = ""
    codes: str = ""
    source: str = "example"


def covers(codes: str, code: str) -> bool:
    """Whether spans of codes have a code among them."""
    return any(first <= code <= last and _like(first, code) for first, last in _spans(codes))


@lru_cache(maxsize=512)
def _spans(codes: str) -> tuple[tuple[str, str], ...]:
    pairs = (span.partition("-") for span in codes.split())
    return tuple((first, last or first) for first, _, last in pairs)


def _like(first: str, code: str) -> bool:
    """Whether a code is written as the first of a span is: 0100T is not between 00100 and 01999."""
    ends_alike = code[4:] == first[4:] if first[4:].isalpha() else code[4:].isdigit()
    return len(code) == len(first) and code[:1].isalpha() == first[:1].isalpha() and ends_alike


MODIFIER_FITS: Final = "modifier_fits"
CODE_CLASSES: Final = "code_classes"
EVERY_CLASS: Final = "rest"
_PUBLISHED: Final = (
    "HCPCS Quarterly Update, modifiers; payers' modifier policies",
    f"{CODING}/healthcare-common-procedure-system/quarterly-update",
)
TABLES: Final = {
    MODIFIER_FITS: Table(
        Kind("modifier_fit", ModifierFit, key=("modifier", "payer")),
        "list of what modifiers fit",
        *_PUBLISHED,
        ships=True,
    ),
    CODE_CLASSES: Table(
        Kind("code_class", CodeClass, key=("class",)), "list of classes of codes", *_PUBLISHED, ships=True
    ),
}
