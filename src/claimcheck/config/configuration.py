"""claimcheck.toml: what is configured for all claims, and for each payer; read and validated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator

from claimcheck.authoring.check import Check
from claimcheck.config.files import ConfigurationError, Place, UnknownKey, as_model, first_error, read_toml
from claimcheck.config.profile import Overrides
from claimcheck.memory import LINES_IN_MEMORY
from claimcheck.message import (
    Disposition,
)
from claimcheck.rulebook.filing_indicators import FILINGS

_Value = TypeVar("_Value")


class PayerRules(Overrides):
    """What is configured for some payers' claims: a profile, and what differs from it. ``select`` takes the place of
    the configuration's, ``ignore`` is added to it. ``checks`` are modules or files of checks for these claims alone."""

    profile: str | None = None
    checks: list[str] = []
    overlays: list[Path] = []
    select: list[str] = []
    ignore: list[str] = []


class Payer(PayerRules):
    """What is configured for payers whose id fits a pattern; ``filing`` is what differs from that on claims of theirs
    with a filing indicator, for a payer with several lines of business."""

    filing: dict[str, PayerRules] = {}

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


class Configuration(Overrides):
    """``claimcheck.toml``, or ``[tool.claimcheck]`` in ``pyproject.toml``: closed, so that a misspelt key is an
    error and not silence.

    ``checks`` are modules (``acme_rules``), files or folders of checks of one's own, for every claim; severities
    and options win over every profile.
    ``profile`` is that of claims whose payer neither ``payers`` nor their filing indicator names.
    ``columns`` maps our column names to a file's; ``asc_npis`` are billing NPIs of surgical centers
    that do not send their taxonomy; ``payers`` gives a profile, overlays, severities, options and a selection by
    payer id pattern (``"SKMA*"``; the first that fits), and under it by filing indicator. ``past_newest`` says what
    becomes of a day after the newest release of a table: it is ``not_judged``, or judged by the newest all the same
    (``carry``), as each message then says.
    ``waivers`` is a file of reviewed exceptions. ``fail_on`` are the dispositions of lines that make the exit status 1.
    ``min_judged`` is the share of lines that must be judged, from 0 to 1: below it the exit status is 3.
    ``across_claims`` judges claims of one patient in one batch together; ``lines_in_memory`` is how many lines are
    remembered for it before they go to a temporary file.
    """

    profile: str | None = None
    checks: list[str] = []
    select: list[str] = []
    ignore: list[str] = []
    columns: dict[str, str] = {}
    asc_npis: list[str] = []
    past_newest: Literal["not_judged", "carry"] = "not_judged"
    overlays: list[Path] = []
    waivers: Path | None = None
    fail_on: list[Disposition] = ["rejected"]
    min_judged: float = Field(default=0.5, ge=0, le=1, strict=True)
    across_claims: bool = Field(default=True, strict=True)
    lines_in_memory: int = Field(default=LINES_IN_MEMORY, ge=0, strict=True)
    payers: dict[str, Payer] = {}

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
    def place(self) -> Place:
        """Where its settings are."""
        return _place_of(self._path)

    @property
    def origin(self) -> str:
        """Where its values come from."""
        return str(self._path or "given")

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        if not columns:
            return columns
        from claimcheck.readers.rows.columns import KNOWN  # few files of rows need it, and no 837

        return _all_of(columns, KNOWN, "column of claim lines")


def own_checks(configuration: Configuration, names: Iterable[str] = ()) -> tuple[Check, ...]:
    """Every check of one's own that a configuration names, and those of more ``names``.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    payers = configuration.payers.values()
    of_payers = (name for payer in payers for rules in (payer, *payer.filing.values()) for name in rules.checks)
    return checks_of([*configuration.checks, *names, *of_payers])


def checks_of(names: Sequence[str]) -> tuple[Check, ...]:
    """The custom checks of some modules, files or folders. What loads and proves them is imported only where there are
    any.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    if not names:
        return ()
    from claimcheck.custom_checks.loading import load_checks

    return load_checks(names)


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
    configuration = as_model(_place_of(path), table, Configuration)
    payers = {pattern: _payer_in_folder(payer, path.parent) for pattern, payer in configuration.payers.items()}
    waivers = path.parent / configuration.waivers if configuration.waivers else None
    configuration = _in_folder(configuration, path.parent).model_copy(update={"payers": payers, "waivers": waivers})
    configuration._path = path
    return configuration


PYPROJECT: Final = "pyproject.toml"


_TABLE: Final = ("tool", "claimcheck")
"""Where the settings are in ``pyproject.toml``."""


def _place_of(path: Path | None) -> Place:
    """Where the settings of a configuration file are."""
    return Place(path, _TABLE if path and path.name == PYPROJECT else ())


def _our_table(pyproject: Any) -> dict[str, Any] | None:
    tools = pyproject.get("tool", {})
    table = tools.get("claimcheck") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


_Placed = TypeVar("_Placed", Payer, PayerRules, Configuration)


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
