"""claimcheck.toml: what is configured for all claims, and for each payer; read and validated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from claimcheck.authoring.check import Check, ChecksRefused
from claimcheck.config.files import ConfigurationError, Place, UnknownKey, as_model, first_error, read_toml
from claimcheck.config.profile import Overrides, by_current_ids
from claimcheck.memory import LINES_IN_MEMORY, Remember
from claimcheck.message import (
    Disposition,
)
from claimcheck.rulebook.filing_indicators import FILINGS

if TYPE_CHECKING:
    from claimcheck.readers.rows.options import ReadOptions
    from claimcheck.writers import Acknowledging

_Value = TypeVar("_Value")

_MONTHS_KEPT: Final = {"lines": (3, 84), "visits": (3, 120)}
"""What a history keeps for so many months, at least and at most."""


class PayerRules(Overrides):
    """What is configured for some payers' claims: a profile, and what differs from it."""

    profile: str | None = Field(
        default=None, description="Profile of these claims: a name, or a TOML file.", examples=["commercial"]
    )
    checks: list[str] = Field(
        default=[], description="Custom checks for these claims, beside those above.", examples=[["acme_rules.py"]]
    )
    overlays: list[Path] = Field(
        default=[], description="Folders with the payer's rule data; they win over those above.", examples=[["acme"]]
    )
    select: list[str] = Field(
        default=[], description="Run only these checks. Replaces what is selected above.", examples=[["MUE", "PTP-1"]]
    )
    ignore: list[str] = Field(
        default=[], description="Do not run these checks. Added to what is ignored above.", examples=[["MULT-RANK"]]
    )

    @field_validator("select", "ignore")
    @classmethod
    def _selected_by_current_ids(cls, given: Any, info: ValidationInfo) -> Any:
        return by_current_ids(given, info)


class Payer(PayerRules):
    """What is configured for payers whose id fits a pattern."""

    filing: dict[str, PayerRules] = Field(
        default={},
        description="What differs on this payer's claims of one filing indicator (SBR09), for a payer with several "
        "lines of business. Takes the same settings as the payer, and wins over them.",
        examples=[{"16": {"profile": "medicare_advantage"}}],
    )

    @field_validator("filing")
    @classmethod
    def _known_filings(cls, filing: dict[str, PayerRules]) -> dict[str, PayerRules]:
        return _all_of(filing, FILINGS, "filing indicator")


def _all_of(table: dict[str, _Value], allowed: Collection[str], what: str) -> dict[str, _Value]:
    """A table all of whose keys are allowed."""
    for name in table:
        if name not in allowed:
            raise UnknownKey(name, what, sorted(allowed))
    return table


class Acknowledgments(BaseModel):
    """How 277CA, 999 and TA1 answer an 837. What is not given is the input's: the receiver of the 837 answers."""

    model_config = ConfigDict(extra="forbid")

    sender: str | None = Field(
        default=None, description="Id of who answers (ISA06, GS02). Default: the input's receiver.", examples=["ACMECH"]
    )
    sender_qualifier: Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"] = Field(
        default="ZZ", description="What that id is (ISA05): ZZ mutually defined, 30 a tax id, 01 a DUNS number ..."
    )
    name: str | None = Field(
        default=None,
        description="Name of the information source of a 277CA (NM1*AY). Default: the sender's id, else the input's "
        "receiver (NM1*40).",
        examples=["ACME CLEARINGHOUSE"],
    )
    id: str | None = Field(
        default=None,
        description="Its id (NM109). Default: the sender's id, else that of the input's receiver.",
        examples=["ACMECH"],
    )
    first_control_number: int | None = Field(
        default=None,
        ge=1,
        le=999_999_999,
        strict=True,
        description="Control number (ISA13, GS06) of the first answer of a run; all answers of the run count on from "
        "it. Default: the input's numbers.",
        examples=[1001],
    )
    run_date: date | None = Field(
        default=None,
        description="Date of the answers: ISA09, GS04, and the date of each status. Default: the input's date.",
        examples=["2026-03-20"],
    )
    patient: Literal["withheld", "name"] = Field(
        default="withheld",
        description='How a 277CA names patients (NM1*QC): "withheld", or "name" for name and member id as the 837 '
        "gives them. No other output has them.",
    )

    @field_validator("sender", "name", "id")
    @classmethod
    def _is_an_element(cls, given: str | None, info: ValidationInfo) -> str | None:
        from claimcheck.writers.envelopes import an_element  # few configure it

        fewest, most = {"sender": (2, 15), "name": (1, 60), "id": (2, 80)}[str(info.field_name)]
        if given is not None and not (an_element(given, most) == given and len(given) >= fewest):
            raise ValueError(f"expected {fewest} to {most} characters of X12's basic set, without * : ~ ^")
        return given

    def acknowledging(self, run_date: date | None = None) -> Acknowledging:
        """Who answers in a run, and how; all answers of it share its control numbers. A ``run_date`` that is given wins
        over the configured one."""
        from itertools import count

        from claimcheck.writers import Acknowledging, ControlNumbers

        first, day = self.first_control_number, run_date or self.run_date
        numbers = [((number - 1) % 999_999_999 + 1 for number in count(first)) for _ in range(2)] if first else None
        return Acknowledging(
            self.sender or "",
            self.sender_qualifier,
            self.name or "",
            self.id or "",
            ControlNumbers(*numbers) if numbers else None,
            day.strftime("%Y%m%d") if day else "",
            self.patient == "name",
        )


class Configuration(Overrides):
    """``claimcheck.toml``, or ``[tool.claimcheck]`` in ``pyproject.toml``: closed, so that a misspelt key is an
    error and not silence. ``claimcheck init`` writes what is said of each setting here."""

    profile: str | None = Field(
        default=None,
        description="Profile of claims for which neither a payer below nor the filing indicator (SBR09) names one: a "
        "name, or a TOML file. Default: by the setting that bills.",
        examples=["medicare_part_b"],
    )
    checks: list[str] = Field(
        default=[],
        description="Custom checks: modules, files or folders of them, or entry points of installed packages.",
        examples=[["acme_rules", "rules/own.py"]],
    )
    select: list[str] = Field(
        default=[], description="Run only these checks: ids or prefixes.", examples=[["MUE", "PTP-1"]]
    )
    ignore: list[str] = Field(
        default=[],
        description="Do not run these checks: ids or prefixes. The longest prefix of select and ignore wins.",
        examples=[["MULT-RANK"]],
    )
    columns: dict[str, str] = Field(
        default={},
        description="What your files call the columns of claim lines. `claimcheck schema` lists ours.",
        examples=[{"code": "hcpcs_cd", "units": "line_srvc_cnt"}],
    )
    asc_npis: list[str] = Field(
        default=[],
        description="Billing NPIs of ambulatory surgical centers that do not report their taxonomy.",
        examples=[["1993999998"]],
    )
    date_format: str | None = Field(
        default=None,
        description="How claim lines write dates, beside ISO 8601 and CCYYMMDD, which are always read: YYYY, M or MM, "
        "D or DD; MMM for a name of a month. Without it 1/10/2025 is rejected: it may be in January or October.",
        examples=["M/D/YYYY"],
    )
    sheet: str | None = Field(
        default=None,
        description="The sheet of XLSX files that holds the claim lines. Default: the first visible one with a header.",
        examples=["Claims"],
    )
    past_newest: Literal["not_judged", "carry"] = Field(
        default="not_judged",
        description='What happens on dates of service after the newest release of a table: "not_judged", or "carry" to '
        "judge by the newest release, as each message then says.",
    )
    overlays: list[Path] = Field(
        default=[],
        description="Folders with rule data of your own, in the shape of rules/; they win over the rule book.",
        examples=[["our-rules"]],
    )
    waivers: Path | None = Field(
        default=None,
        description="Reviewed exceptions: CSV with check, code, claim_id, payer_id, reason, who, until; and, to record "
        "approvals, ticket, approved_by, approved_on.",
        examples=["waivers.csv"],
    )
    fail_on: list[Disposition] = Field(
        default=[Disposition.REJECTED], description="Dispositions of lines that make the exit status 1."
    )
    min_judged: float = Field(
        default=0.5,
        ge=0,
        le=1,
        strict=True,
        description="Share of the lines that must be judged, from 0 to 1. Below it the exit status is 3.",
    )
    across_claims: bool = Field(
        default=True, strict=True, description="Check the claims of one patient in a batch against one another."
    )
    lines_in_memory: int = Field(
        default=LINES_IN_MEMORY,
        ge=0,
        strict=True,
        description="Lines that are remembered for that before they go to a temporary file.",
    )
    history: str | None = Field(
        default=None,
        description="What earlier batches billed, to judge with and to add to: a SQLite file, or the URL of a "
        "PostgreSQL database. `claimcheck history init` makes it; `claimcheck check` uses it.",
        examples=["claims.history"],
    )
    history_key: Path | None = Field(
        default=None,
        description="File with the key that hashes the history's patients. The environment variable "
        "CLAIMCHECK_HISTORY_KEY_FILE wins.",
        examples=["history.key"],
    )
    remember: Remember = Field(
        default=Remember.accepted,
        description='Claims that count as sent in the history: "accepted" for those without a rejected or not judged '
        'line, the others being held; "all"; or "none", to add nothing.',
    )
    retention: dict[str, int] = Field(
        default={},
        description="Months for which `claimcheck history forget` keeps what the history has, after the last day of "
        "service: lines (3 to 84, 13 by default), and visits, which say that a patient is not new (37 by default). "
        "Services of which so many are paid in a time are kept as long as that takes.",
        examples=[{"lines": 24, "visits": 37}],
    )
    payer_families: dict[str, list[str]] = Field(
        default={},
        description="Payer ids that stand for one payer in the history, by a name for it.",
        examples=[{"acme": ["62308", "62308C"]}],
    )
    acknowledgments: Acknowledgments = Field(
        default=Acknowledgments(), description="How 277CA, 999 and TA1 answer an 837."
    )
    payers: dict[str, Payer] = Field(
        default={},
        description="Settings by payer id (NM109 of loop 2010BB), or by a pattern such as SKMA*. An id wins over "
        "patterns; of these the first that fits applies. Severities and options here win over those above.",
        examples=[{"ACME*": {}}],
    )

    _path: Path | None = None

    def with_given(self, **given: Any) -> Configuration:
        """This configuration with what was given beside it; None is not given.

        Raises:
            ConfigurationError: a key or value is not known.
        """
        given = {name: value for name, value in given.items() if value is not None}
        values = {**dict(self), **given}
        try:
            configuration = Configuration.model_validate(values)
        except ValidationError as error:
            raise first_error(Place(), error, Configuration, values) from None
        configuration._path = self._path
        return configuration

    @property
    def path(self) -> Path | None:
        """The file that it was read from."""
        return self._path

    @property
    def origin(self) -> str:
        """Where its values come from."""
        return str(self._path or "given")

    @field_validator("select", "ignore")
    @classmethod
    def _selected_by_current_ids(cls, given: Any, info: ValidationInfo) -> Any:
        return by_current_ids(given, info)

    @field_validator("retention")
    @classmethod
    def _known_retention(cls, retention: dict[str, int]) -> dict[str, int]:
        for name, months in _all_of(retention, _MONTHS_KEPT, "retention").items():
            fewest, most = _MONTHS_KEPT[name]
            if not fewest <= months <= most:
                raise ValueError(f"expected {fewest} to {most} months of {name}")
        return retention

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        if not columns:
            return columns
        from claimcheck.readers.rows.columns import KNOWN  # few files of rows need it, and no 837

        return _all_of(columns, KNOWN, "column of claim lines")

    @field_validator("date_format")
    @classmethod
    def _readable_date_format(cls, date_format: str | None) -> str | None:
        if date_format is not None:
            from claimcheck.readers.rows.date_formats import date_reader  # as above

            date_reader(date_format)
        return date_format


def read_options(configuration: Configuration) -> ReadOptions:
    """How files of claims are read: what ``claimcheck.read`` takes beside the file."""
    return {
        "columns": configuration.columns,
        "asc_npis": frozenset(configuration.asc_npis),
        "date_format": configuration.date_format or "",
        "sheet": configuration.sheet or "",
        "patient_names": configuration.acknowledgments.patient == "name",
    }


def own_checks(configuration: Configuration, names: Iterable[str] = ()) -> tuple[Check, ...]:
    """Every check of one's own that a configuration names, and those of more ``names``.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    (_, common), *of_payers = parts_of(configuration)
    named = [*common.checks, *names, *(name for _, rules in of_payers for name in rules.checks)]
    return checks_of(configuration, named)


def checks_of(configuration: Configuration, names: Sequence[str]) -> tuple[Check, ...]:
    """The custom checks of some modules, files or folders, told by their place where the configuration names one that
    can't be used. What loads and proves them is imported only where there are any.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    if not names:
        return ()
    from claimcheck.custom_checks.loading import load_checks

    try:
        return load_checks(names)
    except ChecksRefused as refused:
        raise ChecksRefused(_with_place(configuration, problem) for problem in refused.problems) from None


def _with_place(configuration: Configuration, problem: str) -> str:
    """A problem of a name as a whole, with the place in the file that names it; one in a Python file has its own."""
    for place, rules in parts_of(configuration):
        for number, name in enumerate(rules.checks):
            if place.path and problem.startswith(f"{name}: "):
                return f"{place.at('checks', number)}: {problem}"
    return problem


def placed(name: str, folder: Path) -> str:
    """A name of checks as a path where it stands in a folder, as file or package; else as it is, a module's."""
    module = (
        folder.joinpath(*name.split(".")) if all(part.isidentifier() for part in name.split(".")) else folder / name
    )
    for path in (folder / name, module.parent / f"{module.name}.py", module):
        if path.exists():
            return str(path)
    return name


def find_configuration(folder: Path) -> Path | None:
    """The configuration that holds in a folder: the nearest ``claimcheck.toml``, or ``pyproject.toml`` with a table
    ``[tool.claimcheck]``, in it or above it.

    Raises:
        ConfigurationError: a ``pyproject.toml`` on the way can't be read.
    """
    for place in (folder, *folder.resolve().parents):
        if (place / "claimcheck.toml").is_file():
            return place / "claimcheck.toml"
        pyproject = place / PYPROJECT
        if pyproject.is_file() and _our_table(read_toml(pyproject)) is not None:
            return pyproject
    return None


def load_configuration(path: Path) -> Configuration:
    """Read a configuration file; a path in it is from its own folder.

    Raises:
        ConfigurationError: it is missing, no TOML, or has a key or value that is not known.
    """
    whole = read_toml(path)
    table = _our_table(whole) if path.name == PYPROJECT else whole
    if table is None:
        raise ConfigurationError(f"{path}: found no table [tool.claimcheck]; add it, or name a claimcheck.toml")
    configuration = as_model(place_of(path), table, Configuration)
    payers = {pattern: _payer_in_folder(payer, path.parent) for pattern, payer in configuration.payers.items()}
    waivers = path.parent / configuration.waivers if configuration.waivers else None
    placed_paths = {"waivers": waivers, **_history_in_folder(configuration, path.parent)}
    configuration = _in_folder(configuration, path.parent).model_copy(update={"payers": payers, **placed_paths})
    configuration._path = path
    return configuration


PYPROJECT: Final = "pyproject.toml"


_TABLE: Final = ("tool", "claimcheck")
"""Where the settings are in ``pyproject.toml``."""


def parts_of(configuration: Configuration) -> Iterator[tuple[Place, Configuration | PayerRules]]:
    """Each part of a configuration, with its place: the common one, each payer's, and each of its filing indicators."""
    place = place_of(configuration.path)
    yield place, configuration
    for pattern, payer in configuration.payers.items():
        yield place.at("payers", pattern), payer
        for filing, rules in payer.filing.items():
            yield place.at("payers", pattern, "filing", filing), rules


def place_of(path: Path | None) -> Place:
    """Where the settings of a configuration file are."""
    return Place(path, _TABLE if path and path.name == PYPROJECT else ())


def _our_table(pyproject: Any) -> dict[str, Any] | None:
    tools = pyproject.get("tool", {})
    table = tools.get("claimcheck") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


_Placed = TypeVar("_Placed", Payer, PayerRules, Configuration)


def _history_in_folder(configuration: Configuration, folder: Path) -> dict[str, str | Path | None]:
    history, key = configuration.history, configuration.history_key
    is_path = history is not None and "://" not in history
    return {"history": str(folder / history) if history and is_path else history, "history_key": key and folder / key}


def _payer_in_folder(payer: Payer, folder: Path) -> Payer:
    filing = {indicator: _in_folder(rules, folder) for indicator, rules in payer.filing.items()}
    return _in_folder(payer, folder).model_copy(update={"filing": filing})


def _in_folder(configured: _Placed, folder: Path) -> _Placed:
    """What is configured, with its paths from a folder."""
    overlays = [folder / overlay for overlay in configured.overlays]
    checks = [placed(name, folder) for name in configured.checks]
    profile = configured.profile
    if profile and profile.endswith(".toml"):
        profile = str(folder / profile)
    return configured.model_copy(update={"overlays": overlays, "checks": checks, "profile": profile})
