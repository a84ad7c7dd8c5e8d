"""Profiles: which checks run and how severe each is, for one kind of payer; and the ``Checker``,
which gives each claim the profile that its payer's configuration, its filing indicator or its setting names."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator

from claimcheck.checking import Check, names_check
from claimcheck.checks import all_checks
from claimcheck.claim import PROFESSIONAL, SETTINGS, Claim, Setting
from claimcheck.config_errors import ConfigurationError, first_error, instead_of, key_of
from claimcheck.engine import Engine, OnError, Tally, judge
from claimcheck.filing import FILINGS, PROFILE_OF, UNDEFINED, profile_of_filing
from claimcheck.history import LINES_IN_MEMORY, History
from claimcheck.message import (
    MEDICARE,
    REJECT,
    SEVERITIES,
    Disposition,
    EditMessage,
    PayerKind,
    ProfileSeverity,
    Severity,
    milder,
    severity_of,
)
from claimcheck.own_checks import load_checks, placed
from claimcheck.rulebook import Rulebook, Store
from claimcheck.rulebook.files import shipped_rules
from claimcheck.rulebook.opening import open_book
from claimcheck.sources import reading_edits
from claimcheck.sources.rows.columns import KNOWN
from claimcheck.stamp import ENGINE_EDITS, NOT_JUDGED, Chosen, Judged, Outcome
from claimcheck.usage import Usage
from claimcheck.waivers import Waivers, load_waivers

__all__ = ["PROFILE_OF", "Checker", "Configuration", "ConfigurationError", "Findings", "Payer", "Profile"]

_Value = TypeVar("_Value")


class Overrides(BaseModel):
    """Severities and options by check id, or prefix of ids; the longest that fits wins. The severity of one id is
    that severity; of a prefix it is at most that severity, so that what only informs stays so. ``soft`` is for
    rejects that payers may price all the same (the check's page says which; the severity ``soft`` makes all of a
    check's rejects such). ``cases`` lowers cases that a check's page names, by check id or prefix, then case; what a
    layer says of a check by its id holds for all cases that layers below it lower."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: dict[str, ProfileSeverity] = {}
    soft: dict[str, Severity] = {}
    cases: dict[str, dict[str, ProfileSeverity]] = {}
    options: dict[str, dict[str, Any]] = {}


class Profile(Overrides):
    """A payer's kind, as TOML in ``rules/profiles``. ``kind`` is whom its messages speak to. ``overlays`` are folders
    of the payer's own rule data in the shape of ``rules/``, the first of them winning, over the rule book; a path is
    from the file's own folder."""

    title: str
    name: str = ""
    kind: PayerKind = MEDICARE
    overlays: list[Path] = []

    _path: Path | None = None

    def chosen(
        self,
        checks: Iterable[Check],
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        over: Iterable[Overrides] = (),
        known: Iterable[Check] = (),
    ) -> list[Chosen]:
        """The checks that run, as this profile has them, with severities and options ``over`` it, the first winning.
        ``known`` are more checks that it may name.

        Raises:
            ConfigurationError: an id or prefix of the profile names no check, or an option does not fit its check.
        """
        checks = list(checks)
        select, ignore, layers = list(select), list(ignore), (*over, self)
        where = f"{self._path}: " if self._path else ""
        _must_fit(where, self, [*checks, *known])
        for prefix in self.options:
            named = [check for check in checks if names_check(prefix, check.id)]
            if named and not _runs(named, [self]) and not _runs(named, layers):
                raise ConfigurationError(f"{where}{key_of('options', prefix)}: {_off(prefix, 'this profile')}")
        chosen = []
        for check in checks:
            said = _severity([layer.severity for layer in layers], check)
            severity = severity_of(said)
            if severity is None or not _selected(check.id, select, ignore):
                continue
            soft = milder(severity, _first([layer.soft for layer in layers], check.id) or severity)
            options = _options(check, [layer.options for layer in layers])
            chosen.append(Chosen(check, severity, soft, options, said == "soft", _cases(layers, check), self.kind))
        return chosen


def _severity(layers: Iterable[Mapping[str, ProfileSeverity]], check: Check) -> ProfileSeverity:
    for layer in layers:
        prefix = longest_prefix(layer, check.id)
        if prefix is not None:
            severity = layer[prefix]
            if prefix == check.id or severity == "off":
                return severity
            if severity == "soft":
                return severity if check.severity == REJECT else check.severity
            return milder(severity, check.severity)
    return check.severity


def _cases(layers: Iterable[Overrides], check: Check) -> dict[str, ProfileSeverity]:
    """What is said of a check's cases; of each by the first layer, and by none below one that names the check."""
    found: dict[str, ProfileSeverity] = {}
    for layer in layers if check.cases else ():
        prefix = longest_prefix(layer.cases, check.id)
        found = {**(layer.cases[prefix] if prefix is not None else {}), **found}
        if check.id in layer.severity:
            break
    return {case: found[case] for case in check.cases if case in found}


def _runs(checks: Iterable[Check], layers: Sequence[Overrides]) -> bool:
    """Whether layers leave any of some checks running."""
    return any(_severity([layer.severity for layer in layers], check) != "off" for check in checks)


def _off(prefix: str, profiles: str) -> str:
    return f"{prefix} is off in {profiles}: its options do nothing; set its severity too"


def _must_fit(where: str, layer: Overrides, known: Iterable[Check]) -> None:
    """What a layer says is said of checks that there are, and of options that they have."""
    known = list(known)
    for table in ("severity", "soft", "cases", "options"):
        for prefix in getattr(layer, table):
            may_name = [*known, NOT_JUDGED] if table == "severity" else known
            _must_name_a_check(f"{where}{key_of(table, prefix)}: ", prefix, may_name)
    for prefix, level in layer.severity.items():
        if level == "off" and names_check(prefix, NOT_JUDGED.id):
            instead = instead_of(level, SEVERITIES)
            raise ConfigurationError(f"{where}{key_of('severity', prefix)}: {prefix} can't be off{instead}")
    for prefix, cases in layer.cases.items():
        _must_have(f"{where}{key_of('cases', prefix)}", prefix, cases, known)
    for prefix, given in layer.options.items():
        for check in known:
            if names_check(prefix, check.id):
                _must_take(f"{where}{key_of('options', prefix)}", check, given)


def _must_have(where: str, prefix: str, cases: Iterable[str], checks: Iterable[Check]) -> None:
    """Checks have these cases."""
    known = sorted({case for check in checks if names_check(prefix, check.id) for case in check.cases})
    for case in cases:
        if case not in known:
            has = f"no such case{instead_of(case, known)}" if known else "no cases"
            raise ConfigurationError(f"{where}.{key_of(case)}: {prefix} has {has}")


def _must_take(where: str, check: Check, given: Mapping[str, Any]) -> None:
    """A check has these options, and they are of the right type."""
    for name in given:
        if name not in check.options:
            has = f"no such option{instead_of(name, check.options)}" if check.options else "no options"
            raise ConfigurationError(f"{where}.{key_of(name)}: {check.id} has {has}")
    try:
        options_model(check)(**given)
    except ValidationError as error:
        raise ConfigurationError(f"{where}.{first_error(error, options_model(check))}") from None


def _must_name_a_check(where: str, prefix: str, checks: list[Check]) -> None:
    if any(names_check(prefix, check.id) for check in checks):
        return
    if any(names_check(prefix, edit.id) for edit in (*ENGINE_EDITS, *reading_edits())):
        raise ConfigurationError(f"{where}{prefix} tells of what could not be read or judged: it always runs")
    families = sorted({check.id.partition("-")[0] for check in checks})
    instead = instead_of(prefix.upper(), [*(c.id for c in checks), *families], "an id that `claimcheck checks` lists")
    raise ConfigurationError(f"{where}no check is called {prefix!r}{instead}")


def longest_prefix(by_prefix: Mapping[str, Any], check_id: str) -> str | None:
    """The id or the longest prefix that names a check, of those that something is said of."""
    return max((prefix for prefix in by_prefix if names_check(prefix, check_id)), key=len, default=None)


def _first(layers: Iterable[Mapping[str, Any]], check_id: str) -> Any:
    """What the first layer that names a check says of it."""
    return next((layer[prefix] for layer in layers if (prefix := longest_prefix(layer, check_id)) is not None), None)


def _selected(check_id: str, select: list[str], ignore: list[str]) -> bool:
    """Selected or ignored by the longest prefix that names the check; of two alike, ignored."""
    wanted = max((len(p) for p in select if names_check(p, check_id)), default=-1 if select else 0)
    unwanted = max((len(p) for p in ignore if names_check(p, check_id)), default=-1)
    return wanted > unwanted


def _options(check: Check, layers: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """A check's options; of each the first layer's that sets it."""
    given: dict[str, Any] = {}
    for layer in layers:
        prefix = longest_prefix(layer, check.id)
        given = {**layer[prefix], **given} if prefix is not None else given
    return options_model(check)(**given).model_dump() if given else {}


@cache
def options_model(check: Check) -> type[BaseModel]:
    """The pydantic model of a check's options, made from its keyword-only arguments: of what an annotation names one
    by one (``Literal``) nothing else is taken."""
    hints = _hints(check) if check.options else {}
    fields: dict[str, Any] = {}
    for name, default in check.options.items():
        if get_origin(hints.get(name)) is Literal:
            fields[name] = (hints[name], default)
        elif isinstance(default, tuple):
            fields[name] = (tuple[str, ...], default)
        else:
            least = 0 if type(default) is int else None  # months, days, counts: none is below zero
            fields[name] = (type(default), Field(default, strict=True, ge=least))
    return create_model(f"{check.id} options", __config__=ConfigDict(extra="forbid"), **fields)


def _hints(check: Check) -> dict[str, Any]:
    """What a check's arguments are annotated with; nothing where a name of an annotation is for type checkers alone."""
    try:
        return get_type_hints(check.function)
    except NameError:
        return {}


def profile_names() -> list[str]:
    """The profiles that ship."""
    return sorted(path.stem for path in (shipped_rules() / "profiles").glob("*.toml"))


def load_profile(name: str) -> Profile:
    """A profile by the name under which it ships, or from a TOML file.

    Raises:
        ConfigurationError: no such profile, or the file is none.
    """
    path = Path(name) if name.endswith(".toml") else shipped_rules() / "profiles" / f"{name}.toml"
    if not path.is_file():
        instead = instead_of(name, [*profile_names(), "or a TOML file"])
        raise ConfigurationError(f"no profile is called {name!r}{instead}")
    profile = _as_model(path, _read_toml(path), Profile)
    overlays = [path.parent / overlay for overlay in profile.overlays]
    profile = profile.model_copy(update={"name": profile.name or path.stem, "overlays": overlays})
    profile._path = path
    return profile


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
        return _all_of(filing, FILINGS, "a filing indicator")


def _all_of(table: dict[str, _Value], allowed: Collection[str], what: str) -> dict[str, _Value]:
    """A table all of whose keys are allowed."""
    for name in table:
        if name not in allowed:
            raise ValueError(f"{name!r} is not {what}{instead_of(name, sorted(allowed))}")
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
        try:
            configuration = Configuration.model_validate({**dict(self), **given})
        except ValidationError as error:
            raise ConfigurationError(f"given: {first_error(error, Configuration)}") from None
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

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        return _all_of(columns, KNOWN, "a column of claim lines")


def own_checks(configuration: Configuration, names: Iterable[str] = ()) -> tuple[Check, ...]:
    """Every check of one's own that a configuration names, and those of more ``names``.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    payers = configuration.payers.values()
    of_payers = (name for payer in payers for rules in (payer, *payer.filing.values()) for name in rules.checks)
    return load_checks([*configuration.checks, *names, *of_payers])


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
        if pyproject.is_file() and _our_table(_read_toml(pyproject)) is not None:
            return pyproject
    return None


def load_configuration(path: Path) -> Configuration:
    """Read a configuration file; a path in it is from its own folder.

    Raises:
        ConfigurationError: it is missing, no TOML, or has a key or value that is not known.
    """
    whole = _read_toml(path)
    table = _our_table(whole) if path.name == PYPROJECT else whole
    if table is None:
        raise ConfigurationError(f"{path}: has no table [tool.claimcheck]")
    configuration = _as_model(path, table, Configuration)
    payers = {pattern: _payer_in_folder(payer, path.parent) for pattern, payer in configuration.payers.items()}
    waivers = path.parent / configuration.waivers if configuration.waivers else None
    configuration = _in_folder(configuration, path.parent).model_copy(update={"payers": payers, "waivers": waivers})
    configuration._path = path
    return configuration


PYPROJECT: Final = "pyproject.toml"


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


_Model = TypeVar("_Model", bound=BaseModel)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from None


def _as_model(path: Path, table: dict[str, Any], model: type[_Model]) -> _Model:
    try:
        return model(**table)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {first_error(error, model)}") from None


class _EngineKey(NamedTuple):
    """What picks an engine: a profile, the overlays over the rule book, the payer's pattern, the filing indicator that
    is configured under it, and what named the profile where that is no payer's: ``configuration`` or ``setting``."""

    profile: str
    overlays: tuple[Path, ...]
    payer: str | None = None
    filing: str | None = None
    default: str = ""


class _Choice(NamedTuple):
    """A profile, what names it, and the same as ``default`` of an engine's key."""

    name: str
    origin: str
    default: str = ""


COMMAND_LINE: Final = "command line"
"""Where a profile comes from that is given for every claim."""


class Findings(NamedTuple):
    """What a process learnt of its part of a batch: how often each waiver was used, and came too late, which
    engines the claims called for, and what of the configuration."""

    waivers: list[tuple[int, int]]
    engines: list[_EngineKey]
    usage: Usage


class Checker:
    """Checks claims: the chosen checks over a rule book, each claim by its payer's profile.

    Args:
        rulebook: every release loaded; where None, what ``open_book()`` opens: the user's own, else the
            starter book.
        profile: a profile's name or file for every claim; where None that of its payer in the configuration, else of
            its filing indicator, else the configuration's own, else that of its setting.
        checks: modules, files or folders of checks of one's own, which run beside those of the configuration.
        select: ids or prefixes of the checks to run; empty for all.
        ignore: ids or prefixes of the checks to leave out; the longest prefix wins.
        configuration: what ``claimcheck.toml`` says.
        on_error: told of each error of a check, which becomes a message all the same.
        remember: keep verdicts; False only to prove that it changes nothing.

    Raises:
        ConfigurationError: a profile, id or option is not known.
        ChecksRefused: checks of one's own can't be imported, or an example of theirs does not hold.
        BookError, RuleDataError: the rule book or an overlay can't be used.
    """

    def __init__(
        self,
        rulebook: Rulebook | None = None,
        profile: str | None = None,
        *,
        checks: Iterable[str] = (),
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        configuration: Configuration | None = None,
        on_error: OnError | None = None,
        remember: bool = True,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.rulebook = rulebook if rulebook is not None else open_book()
        if self.configuration.past_newest == "carry":
            self.rulebook = Rulebook(*self.rulebook.stores, carry=True)
        self._overlays: dict[Path, Store] = {}
        self._select = [*select] or self.configuration.select
        self._ignore = [*ignore, *self.configuration.ignore]
        self._on_error, self._remember = on_error, remember
        self._engines: dict[_EngineKey, Engine] = {}
        self._by_default: set[Engine] = set()
        self._profiles: dict[str, Profile] = {}
        self._profile = profile
        self._asc_npis = frozenset(self.configuration.asc_npis)
        self.usage = Usage()
        self.waivers = self._load_waivers()
        common = [*self.configuration.checks, *checks]
        names = {(None, None): common} | {
            (pattern, filing): [*common, *chain(*(rules.checks for _, rules in self.payer_rules(pattern, filing)))]
            for pattern, filing in self._configured()
        }
        self.own_names = list(dict.fromkeys(chain(*names.values())))
        self._own = {of: load_checks(given) for of, given in names.items()}
        self._by_payer: dict[tuple[str | None, str | None, Setting], Engine] = {}
        self._must_be_usable([*select, *ignore])
        for pattern, filing in (*self._configured(), (None, None)):  # what can't be used is said at once
            self.engine_of(pattern, filing, PROFESSIONAL)
        if not any(_selected(check.id, self._select, self._ignore) for check in self.checks()):
            raise ConfigurationError("no check is left to run: see what is selected and ignored")

    def _configured(self) -> list[tuple[str | None, str | None]]:
        """The payer patterns of the configuration, each alone and with each filing indicator under it."""
        payers = self.configuration.payers.items()
        return [(pattern, filing) for pattern, payer in payers for filing in (None, *payer.filing)]

    def _must_be_usable(self, given: Iterable[str]) -> None:
        """What is configured names profiles, checks, options and overlays that there are; and so do the ids given."""
        checks = self.checks()
        for prefix in given:
            _must_name_a_check("", prefix, [*checks])
        if self._profile is not None:
            self._load(self._profile)
        for where, rules in self._named():
            _must_fit(where, rules, checks)
            for name in ("select", "ignore"):
                for prefix in getattr(rules, name):
                    _must_name_a_check(f"{where}{name}: ", prefix, [*checks])
            try:
                if rules.profile is not None:
                    self._load(rules.profile)
            except ConfigurationError as error:
                raise ConfigurationError(f"{where}profile: {error}") from None
            for path in rules.overlays:
                if not path.is_dir():
                    raise ConfigurationError(f"{where}overlays: {_no_overlay(path)}")
        for where, rules in self._named():
            for prefix in rules.options:
                self._must_do_something(f"{where}{key_of('options', prefix)}: ", rules, prefix)

    def _named(self) -> Iterator[tuple[str, Configuration | PayerRules]]:
        """Each part of the configuration, with the file and the key where it is."""
        file = f"{self.configuration.path}: " if self.configuration.path else ""
        yield file, self.configuration
        for pattern, filing in self._configured():
            origin, rules = self.payer_rules(pattern, filing)[0]
            yield f"{file}{origin}.", rules

    def _must_do_something(self, where: str, rules: Configuration | PayerRules, prefix: str) -> None:
        """Some check that options are given for runs on some claims that they are meant for."""
        checks = [check for check in self.checks() if names_check(prefix, check.id)]
        off_in: dict[str, None] = {}
        for layers, profile in self._possible():
            if any(layer is rules for layer in layers):
                if _runs(checks, [*layers, profile]):
                    return
                off_in[profile.name] = None
        if checks:
            profiles = f"profile {next(iter(off_in))}" if len(off_in) == 1 else "every profile"
            raise ConfigurationError(f"{where}{_off(prefix, profiles)}")

    def _possible(self) -> Iterator[tuple[list[Overrides], Profile]]:
        """What may be put over which profile: claims of any filing indicator and setting may come."""
        given = [self._profile] if self._profile else []
        for pattern, filing in (*self._configured(), (None, None)):
            rules = [rules for _, rules in self.payer_rules(pattern, filing)]
            named = next((each.profile for each in rules if each.profile), None)
            filings = [filing] if filing else [None, *FILINGS]
            default = self.configuration.profile
            by_filing = (
                profile_of_filing(each, setting) or default or PROFILE_OF[setting]
                for each in filings
                for setting in SETTINGS
            )
            for name in dict.fromkeys((*([named] if named else by_filing), *given)):
                yield [*rules, self.configuration], self._load(name)

    def checks(self) -> tuple[Check, ...]:
        """Every check that may run: those that ship, then those of the configuration's own, as written."""
        own = dict.fromkeys(check for checks in self._own.values() for check in checks)
        return (*all_checks(), *own)

    @property
    def overlay_folders(self) -> list[Path]:
        """The overlays in use, as they are known so far."""
        return list(self._overlays)

    def selected(self) -> list[str]:
        """The ids of the checks that some engine runs, in order of evaluation, as they are known so far."""
        run = dict.fromkeys(chosen.check for engine in self._engines.values() for chosen in engine.chosen)
        return [check.id for check in sorted(run, key=lambda check: check.step)]

    def check(self, claim: Claim) -> Outcome:
        """Judge one claim: its messages in order, and the disposition of each line."""
        return self.engine_for(claim).check(claim)

    def judge(self, items: Iterable[Claim | EditMessage], tally: Tally | None = None) -> Iterator[Judged | EditMessage]:
        """Judge what a source gives as one batch, claim by claim, each with what came before it for the
        same patient; what could not be read passes through. ``tally`` is counted up as claims are taken."""
        tally = tally if tally is not None else Tally()
        self.begin()
        return chain(judge(items, self.engine_for, tally, self.history()), self.last_messages(tally))

    def begin(self) -> None:
        """Forget what was learnt of the batch before."""
        self.usage = Usage()
        self._by_payer.clear()
        if self.waivers:
            self.waivers.begin()

    def judge_part(
        self, items: Iterable[Claim | EditMessage], tally: Tally, parts: int
    ) -> Iterator[Judged | EditMessage]:
        """Judge what is one worker's of a batch that ``parts`` workers share: all claims of some patients. What is to
        be said of the whole batch is left to who joins the parts."""
        self.begin()
        return judge(items, self.engine_for, tally, self.history(parts))

    def last_messages(self, tally: Tally) -> Iterator[EditMessage]:
        """What is to be said when a batch was judged: of its waivers, and of what the configuration has for it."""
        configuration = self.configuration
        yield from self._counted(self.waivers.messages(self.checks()) if self.waivers else (), tally)
        if tally.claims:
            payers = {pattern: [*payer.filing] for pattern, payer in configuration.payers.items()}
            messages = self.usage.messages(configuration.path, payers, configuration.asc_npis)
            yield from self._counted(messages, tally)

    @staticmethod
    def _counted(messages: Iterable[EditMessage], tally: Tally) -> Iterator[EditMessage]:
        for message in messages:
            tally.messages += 1
            yield message

    def findings(self) -> Findings:
        """What was learnt of a batch beside its messages."""
        used = [(waiver.used, waiver.late) for waiver in self.waivers.all] if self.waivers else []
        return Findings(used, [*self._engines], self.usage)

    def add(self, findings: Findings) -> None:
        """Take in what another process learnt of its part of the batch."""
        for waiver, (used, late) in zip(self.waivers.all if self.waivers else (), findings.waivers, strict=True):
            waiver.used += used
            waiver.late += late
        self.usage.add(findings.usage)
        for chosen in findings.engines:
            self._engine(chosen)

    def reopen(self) -> None:
        """Open the rule book's file anew, as a process must that was forked off."""
        for store in self.rulebook.stores:
            store.reopen()

    def run(self, items: Iterable[Claim | EditMessage], tally: Tally | None = None) -> Iterator[EditMessage]:
        """The messages of ``judge`` alone."""
        for item in self.judge(items, tally):
            if isinstance(item, EditMessage):
                yield item
            else:
                yield from item.outcome.messages

    def _load_waivers(self) -> Waivers | None:
        try:
            return load_waivers(self.configuration.waivers) if self.configuration.waivers else None
        except ValueError as error:
            where = f"{self.configuration.path}: waivers: " if self.configuration.path else ""
            raise ConfigurationError(f"{where}{error}") from None

    def history(self, parts: int = 1) -> History | None:
        """An empty memory of a batch, or of one of its parts, as the configuration has it."""
        lines = self.configuration.lines_in_memory // parts
        return History(lines) if self.configuration.across_claims else None

    def engine_for(self, claim: Claim) -> Engine:
        """The engine of a claim's profile and overlays."""
        key = claim.payer_id, claim.filing_indicator, claim.setting
        engine = self._by_payer.get(key)
        if engine is None:
            engine = self._engine_for(*key)
            if len(self._by_payer) < 10_000:  # payer ids and filing indicators come from the input
                self._by_payer[key] = engine
        if self._asc_npis and claim.billing_npi in self._asc_npis:
            self.usage.asc_npis.add(claim.billing_npi)
        if claim.filing_indicator == UNDEFINED and engine in self._by_default:
            self.usage.note_undefined(claim, engine.profile)
        return engine

    def _engine_for(self, payer_id: str | None, filing: str | None, setting: Setting) -> Engine:
        chosen = self._key(self.payer_pattern(payer_id), filing, setting)
        if chosen.payer is not None:
            self.usage.payers.add((chosen.payer, chosen.filing))
        return self._engine(chosen)

    def payer_pattern(self, payer_id: str | None) -> str | None:
        """The key of the configuration that a payer's id fits: the id itself, else the first pattern; None where none
        does."""
        patterns = self.configuration.payers
        if payer_id in patterns:
            return payer_id
        return next((p for p in patterns if fnmatch.fnmatchcase(payer_id or "", p)), None)

    def payer_rules(self, pattern: str | None, filing: str | None) -> list[tuple[str, PayerRules]]:
        """What is configured for claims of a payer and filing indicator, the first winning, each with its key."""
        if pattern is None:
            return []
        payer = self.configuration.payers[pattern]
        found: list[tuple[str, PayerRules]] = [(key_of("payers", pattern), payer)]
        if filing in payer.filing:
            found.insert(0, (key_of("payers", pattern, "filing", filing), payer.filing[filing]))
        return found

    def profile_for(self, pattern: str | None, filing: str | None, setting: Setting) -> tuple[str, str]:
        """The profile of a payer's claims of a filing indicator and setting, and what names it."""
        return self._choice(pattern, filing, setting)[:2]

    def _choice(self, pattern: str | None, filing: str | None, setting: Setting) -> _Choice:
        if self._profile:
            return _Choice(self._profile, COMMAND_LINE)
        for origin, rules in self.payer_rules(pattern, filing):
            if rules.profile:
                return _Choice(rules.profile, origin)
        if by_filing := profile_of_filing(filing, setting):
            return _Choice(by_filing, f"filing indicator {filing}")
        if self.configuration.profile:
            return _Choice(self.configuration.profile, self.configuration.origin, "configuration")
        return _Choice(PROFILE_OF[setting], f"setting {setting}", "setting")

    def layers(self, pattern: str | None, filing: str | None, setting: Setting) -> list[tuple[str, Overrides]]:
        """What is said of severities and options for a payer's claims of a filing indicator and setting, the first
        winning, each with where it is said."""
        key = self._key(pattern, filing, setting)
        return [*self._over(key), (f"profile {key.profile}", self._load(key.profile))]

    def _over(self, key: _EngineKey) -> list[tuple[str, Overrides]]:
        """What is said over an engine's profile. The check FILING is handed what it can't know: that the caller has
        decided, or which profile the payer's configuration names."""
        rules = self.payer_rules(key.payer, key.filing)
        over: list[tuple[str, Overrides]] = [*rules, (self.configuration.origin, self.configuration)]
        if self._profile:
            return [(COMMAND_LINE, Overrides(severity={"FILING": "off"})), *over]
        for origin, each in rules:
            if each.profile and not isinstance(each, Payer):
                return over  # the configuration names this very filing indicator
            if each.profile:
                options = {"FILING": {"payer_profile": self._load(each.profile).name}}
                return [*over, (origin, Overrides(options=options))]
        return over

    def engine_of(self, pattern: str | None, filing: str | None, setting: Setting) -> Engine:
        """The engine of the payers that a pattern of the configuration means (None for all others), for claims
        of a filing indicator and setting."""
        return self._engine(self._key(pattern, filing, setting))

    def every_engine(self) -> list[Engine]:
        """The engines of all claims that may come."""
        patterns, filings = (*self.configuration.payers, None), (*FILINGS, None)
        every = (self.engine_of(p, filing, setting) for p in patterns for filing in filings for setting in SETTINGS)
        return list(dict.fromkeys(every))

    def _key(self, pattern: str | None, filing: str | None, setting: Setting) -> _EngineKey:
        rules = self.payer_rules(pattern, filing)
        overlays = (*chain(*(each.overlays for _, each in rules)), *self.configuration.overlays)
        profile, _, default = self._choice(pattern, filing, setting)
        return _EngineKey(profile, overlays, pattern, filing if len(rules) > 1 else None, default)

    def _engine(self, key: _EngineKey) -> Engine:
        engine = self._engines.get(key)
        if engine is None:
            profile = self._load(key.profile)
            overlays = (self._overlay(path) for path in (*key.overlays, *profile.overlays))
            rules = [each for _, each in self.payer_rules(key.payer, key.filing)]
            over = [layer for _, layer in self._over(key)]
            not_judged = severity_of(_severity([layer.severity for layer in (*over, profile)], NOT_JUDGED))
            engine = self._engines[key] = Engine(
                self.rulebook.under(*overlays),
                profile.chosen(
                    sorted((*all_checks(), *self._own[key.payer, key.filing]), key=lambda check: check.step),
                    next((each.select for each in rules if each.select), self._select),
                    [*self._ignore, *chain(*(each.ignore for each in rules))],
                    over,
                    self.checks(),
                ),
                profile.name,
                severities={NOT_JUDGED.id: not_judged} if not_judged else {},
                waive=self.waivers.waive if self.waivers else None,
                on_error=self._on_error,
                remember=self._remember,
                payer_unknown=key.default == "setting",
            )
            if key.default and any(chosen.check.id == "FILING" for chosen in engine.chosen):
                self._by_default.add(engine)
        return engine

    def _load(self, name: str) -> Profile:
        if name not in self._profiles:
            self._profiles[name] = load_profile(name)
        return self._profiles[name]

    def _overlay(self, path: Path) -> Store:
        if path not in self._overlays:
            if not path.is_dir():
                raise ConfigurationError(_no_overlay(path))
            from claimcheck.rulebook.starter import load_overlay

            self._overlays[path] = load_overlay(path)
        return self._overlays[path]


def _no_overlay(path: Path) -> str:
    return f"{path}: there is no such overlay; it is a folder in the shape of rules/"
