"""What the files in ``rules/``, and those of an overlay, may say. The rows of a code are those of the tables that are
declared with a section."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model

from claimcheck.rulebook.schema import KINDS, sections_of
from claimcheck.rulebook.tables import Kind
from claimcheck.rulebook.tables.modifier_fits import Payer


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Code = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z]$")]
_TaxonomyCode = Annotated[str, Field(pattern=r"^[0-9]{3}[0-9A-Z]{6}X$")]
_ModifierCode = Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
_PlaceCode = Annotated[str, Field(pattern=r"^[0-9]{2}$")]
_Text = Annotated[str, Field(min_length=1)]
_Cites = Annotated[list[_Text], Field(min_length=1)]


class _Edition(_Model):
    name: _Text
    edition: _Text
    first: date
    last: date


class Series(_Model):
    """The releases of one publication, oldest first, and the tables that hold rows of them."""

    tables: list[_Text]
    title: _Text
    url: Annotated[str, Field(pattern=r"^(https://.*)?$")] = ""
    releases: Annotated[list[_Edition], Field(min_length=1)]


class Releases(_Model):
    """``releases.toml``."""

    series: list[Series]


class Span(_Model):
    """Days, and the releases that say it of them."""

    first: date
    last: date
    cites: _Cites


class Validity(Span):
    """When a code is valid."""

    added: date | None = None
    ended: date | None = None


class _Classification(_Model):
    type_of_service: str = ""
    betos: str = ""
    ccs: str = ""
    needs: str = ""
    citation: _Text


class CodeFile(_Model):
    """What the releases say of one code: when it is valid, and its rows in the tables that have a section."""

    code: _Code
    validity: Validity | None = None
    classification: _Classification | None = None


def _row_model(kind: Kind) -> type[Span]:
    """What a section may say of a row: the columns that are declared, and which of several tables it is in."""
    modifier: Any = Literal[kind.modifiers] if kind.modifiers else Literal[""] | _ModifierCode
    fields: dict[str, Any] = dict.fromkeys(kind.carries, (modifier, ""))
    if kind.by_setting:
        fields["table"] = (Literal[tuple(sections_of(kind))], ...)
    for name, column in kind.columns.items():
        given: Any = kind.type_of(name)
        if column.values:
            given = Literal[tuple(column.values)]
        elif given is int:
            given = Annotated[int, Field(ge=0)]
        elif column.pattern:
            given = Annotated[str, Field(pattern=column.pattern)]
        required = column.values and (name == kind.decides or not kind.in_part)
        if kind.in_part and column.values and not required:
            given = given | None
        fields[name] = (given, ... if required else None if column.values else kind.row._field_defaults.get(name, ...))
    if kind.in_part:
        fields["in_part"] = (bool, False)
    return create_model(f"_{kind.row.__name__}", __base__=Span, **fields)


SECTIONS: Final = tuple(kind for kind in KINDS if kind.section)
"""The kinds of rows that a code's file may have."""


def _code_model() -> type[CodeFile]:
    """A code's file, with a section for each kind of row that has one, and the tables that do not name the code,
    which is a published fact too."""
    fields: dict[str, Any] = {kind.section: (list[_row_model(kind)], []) for kind in SECTIONS}  # type: ignore[misc]
    tables: Any = Literal[tuple(name for kind in SECTIONS for name in sections_of(kind).values())]
    not_listed = create_model("_NotListed", __base__=Span, table=(tables, ...))
    return create_model("_OneCode", __base__=CodeFile, **fields, not_listed=(list[not_listed], []))  # type: ignore[valid-type]


ONE_CODE: Final = _code_model()


class Dates(_Model):
    """The first and last day of what is named."""

    added: date | None = None
    ended: date | None = None


class Whole(Span):
    """A list with everything in it: from ``whole_from`` on, what it does not name does not exist."""

    whole_from: date


class _Modifier(Dates):
    pricing: bool = False


class _AmbulancePairs(_Model):
    origin: Annotated[str, Field(pattern=r"^[A-Z]+$")]
    destination: Annotated[str, Field(pattern=r"^[A-Z]+$")]


class Modifiers(Whole):
    """``modifiers.toml``."""

    family: dict[_Text, dict[_ModifierCode, _Modifier]]
    ambulance_pairs: _AmbulancePairs | None = None


class _Place(Dates):
    facility: bool


class Places(Whole):
    """``places_of_service.toml``."""

    place: dict[_PlaceCode, _Place]


class Dated(_Model):
    """Some days of those that a file is for."""

    first: date | None = None
    last: date | None = None


class TitledList(Span):
    """A list with a title. Without ``whole_from`` it is known in part: what it does not name may be in it all the
    same, as it may after ``whole_to``."""

    title: _Text
    whole_from: date | None = None
    whole_to: date | None = None


class CodeList(TitledList):
    """Codes of a list; ``values`` where the list says something of each, ``dated`` where a code
    stands in it for some of its days only."""

    codes: list[_Code] = []
    values: dict[_Code, _Text] = {}
    dated: dict[_Code, Dated] = {}


class _Pairs(Span):
    """NCCI pairs by column 1. ``never`` no modifier bypasses (indicator 0), ``modifier`` one may (1).
    ``whole`` says that every pair among the codes that have a file is here. ``again``: other days on which they are in
    force."""

    whole: bool = False
    again: list[Span] = []
    never: dict[_Code, list[_Code]] = {}
    modifier: dict[_Code, list[_Code]] = {}


class PairFile(_Model):
    """``pairs.toml``."""

    practitioner: _Pairs | None = None
    outpatient: _Pairs | None = None


class _AddOnRows(Dated):
    type: Literal["1", "2", "3"]
    primaries: Annotated[list[_Code], Field(min_length=1)]
    note: str = ""


class AddOnFile(Span):
    """Add-on codes and their primaries. ``whole`` says that no other code that has a file is one."""

    whole: bool = False
    add_on: dict[_Code, list[_AddOnRows]] = {}


class _Successor(_Model):
    """What to report in place of codes or modifiers that ended; ``note`` says more of it, such as its unit, or why
    nothing replaces them."""

    of: Annotated[list[_Code | _ModifierCode], Field(min_length=1)]
    codes: list[_Code | _ModifierCode] = []
    note: str = ""


class SuccessorFile(Span):
    """``successors.toml``."""

    title: _Text
    successor: list[_Successor]


class Lists(RootModel[dict[_Text, CodeList]]):
    """``lists.toml``."""


class _TaxonomyList(CodeList):
    codes: list[_TaxonomyCode] = []
    values: dict[_TaxonomyCode, _Text] = {}
    dated: dict[_TaxonomyCode, Dated] = {}


class TaxonomyLists(RootModel[dict[_Text, _TaxonomyList]]):
    """``taxonomies.toml``."""


_CodeSpan = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z](-[0-9A-Z][0-9]{3}[0-9A-Z])?$")]
_ClassName = Annotated[str, Field(pattern=r"^[a-z_]+$")]
_Payers = Annotated[list[Payer | Literal["medicare", "others"]], Field(min_length=1)]
_Cell = list[_CodeSpan | _ClassName]


class CodeClass(_Model):
    """A kind of code, and what messages call one of them."""

    says: _Text
    codes: Annotated[list[_CodeSpan], Field(min_length=1)]


class Unread(_Model):
    """Modifiers that payers do not read."""

    of: Annotated[list[_ModifierCode], Field(min_length=1)]
    payers: _Payers = ["medicare", "others"]


class Fits(Unread, Dated):
    """What modifiers can be reported with."""

    says: _Text
    only: _Cell = []
    silent: _Cell = []
    never: _Cell = []
    warn: _Cell = []
    inform: _Cell = []
    beside: list[_ModifierCode] = []
    no_global: Literal["", "warn", "inform"] = ""
    remedy: str = ""
    reported_by: list[_Text] = []


class ModifierFits(TitledList):
    """``modifier_fits.toml``. Without a class it may speak of spans of codes, and of the ``rest``."""

    class_: dict[_ClassName, CodeClass] = Field({}, alias="class")
    fits: list[Fits] = []
    unread: list[Unread] = []


_Rule = Annotated[str, Field(pattern=r"^[A-Z]+(\([0-9]+(, [0-9]+)?\))?$")]
_Beginning = Annotated[str, Field(pattern=r"^[A-Z][0-9A-Z]{1,6}$")]


_Together = Annotated[str, Field(pattern=r"^[A-Z][0-9A-Z]{1,6}(\+[A-Z][0-9A-Z]{1,6})*$")]


class _Risk(_Model):
    diagnoses: Annotated[list[_Together], Field(min_length=1)]
    rule: _Rule


class Family(Dated):
    """Services that are counted together."""

    name: _Text
    codes: list[_Code] = []
    by_modifier: list[_ModifierCode] = []
    spans: list[_CodeSpan] = []
    rule: _Rule
    also: _Rule | None = None
    after: dict[_Code, _Rule] = {}
    excludes: list[_Code] = []
    beside: list[_Code] = []
    first_differs: bool = False
    follows: _Code | None = None
    only_with: list[_Beginning] = []
    risks: list[_Risk] = []
    ages: dict[Annotated[str, Field(pattern=r"^[0-9]{1,3}$")], _Rule] = {}
    modifiers: dict[_ModifierCode, _Rule] = {}
    requires: list[_ModifierCode] = []
    apart: list[Literal["code", "provider", "side"]] = []
    minutes: dict[_Code, Annotated[int, Field(gt=0)]] = {}
    severity: Literal["reject", "warn", "inform"] = "warn"
    remedy: str = ""
    remark: Annotated[str, Field(pattern=r"^[A-Z]+[0-9]+$")] = "N362"
    reference: _Text
    tag: Literal["V", "V2", "K", "K?"]


class Frequencies(TitledList):
    """``frequency.toml``."""

    family: list[Family] = []
