"""Profiles: which checks run and how severe each is, for one kind of payer; and the ``Checker``,
which gives each claim the profile of its setting or of its payer's configuration."""

from __future__ import annotations

import difflib
import fnmatch
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator

from claimcheck.checking import Check, names_check
from claimcheck.checks import all_checks
from claimcheck.claim import ASC, DENTAL, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Claim, Setting
from claimcheck.engine import Engine, OnError, Tally, judge
from claimcheck.history import LINES_IN_MEMORY, History
from claimcheck.message import (
    MEDICARE,
    REJECT,
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
from claimcheck.stamp import ENGINE_EDITS, Chosen, Judged, Outcome
from claimcheck.waivers import Waivers, load_waivers

PROFILE_OF: Final[Mapping[Setting, str]] = {
    PROFESSIONAL: "medicare_part_b",
    ASC: "medicare_asc",
    OUTPATIENT: "medicare_opps",
    DME: "medicare_part_b",
    INSTITUTIONAL: "medicare_opps",
    DENTAL: "medicare_part_b",
}
"""The profile of a claim whose payer is not configured."""


class ConfigurationError(Exception):
    """A profile, a configuration file or an option that can't be used; the text says where and why."""


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

    def chosen(
        self,
        checks: Iterable[Check],
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        over: Iterable[Overrides] = (),
        known: Iterable[Check] = (),
    ) -> list[Chosen]:
        """The checks that run, as this profile has them, with severities and options ``over`` it, the first winning.
        ``known`` are more checks that may be named.

        Raises:
            ConfigurationError: an id or prefix names no check, or an option does not fit its check.
        """
        checks = list(checks)
        select, ignore, known = list(select), list(ignore), [*checks, *known]
        layers = (*over, self)
        for layer in layers:
            for prefix in (*layer.severity, *layer.cases, *layer.soft, *layer.options):
                _must_name_a_check(prefix, [*known, *ENGINE_EDITS])
            for prefix, cases in layer.cases.items():
                _must_be_cases(prefix, cases, known)
        for prefix in (*select, *ignore):
            _must_name_a_check(prefix, known)
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


def _must_be_cases(prefix: str, cases: Iterable[str], checks: Iterable[Check]) -> None:
    known = sorted({case for check in checks if names_check(prefix, check.id) for case in check.cases})
    for case in cases:
        if case not in known:
            expected = f"expected one of {', '.join(known)}" if known else "it has no cases"
            raise ConfigurationError(f"cases.{prefix}: {case}: there is no such case; {expected}")


def _must_name_a_check(prefix: str, checks: list[Check]) -> None:
    if any(names_check(prefix, check.id) for check in checks):
        return
    families = {check.id.partition("-")[0] for check in checks}
    if any(names_check(prefix, edit.id) for edit in (*ENGINE_EDITS, *reading_edits())):
        raise ConfigurationError(f"{prefix} tells of what could not be read or judged: it always runs")
    near = difflib.get_close_matches(prefix.upper(), [*(c.id for c in checks), *families], n=1)
    hint = f"; did you mean {near[0]}?" if near else "; see `claimcheck checks`"
    raise ConfigurationError(f"no check is called {prefix!r}{hint}")


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
    if not given:
        return {}
    model = options_model(check)
    try:
        return model(**given).model_dump()
    except ValidationError as error:
        raise ConfigurationError(_first_fault(f"options of {check.id}", error, model)) from None


@cache
def options_model(check: Check) -> type[BaseModel]:
    """The pydantic model of a check's options, made from its keyword-only arguments: of what an annotation names one
    by one (``Literal``) nothing else is taken."""
    hints = _hints(check) if check.options else {}
    fields: dict[str, Any] = {}
    for name, default in check.options.items():
        kind: Any = tuple[str, ...] if isinstance(default, tuple) else type(default)
        fields[name] = (hints[name] if get_origin(hints.get(name)) is Literal else kind, default)
    return create_model(f"{check.id} options", __config__=ConfigDict(extra="forbid", strict=False), **fields)


def _hints(check: Check) -> dict[str, Any]:
    """What a check's arguments are annotated with; nothing where a name of an annotation is for type checkers alone."""
    try:
        return get_type_hints(check.function)
    except NameError:
        return {}


def _first_fault(what: str, error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = Payer if first["loc"][0] == "payers" else model
        near = difflib.get_close_matches(str(first["loc"][-1]), known.model_fields, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(known.model_fields)}"
        return f"{what}: {place}: there is no such key{hint}"
    return f"{what}: {place}: {first['msg'].lower()}, found {str(first['input'])[:40]!r}"


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
        hint = f"there are {', '.join(profile_names())}"
        raise ConfigurationError(f"no profile is called {name!r}; {hint}")
    profile = _as_model(path, _read_toml(path), Profile)
    return profile.model_copy(
        update={"name": profile.name or path.stem, "overlays": [path.parent / overlay for overlay in profile.overlays]}
    )


class Payer(Overrides):
    """What is configured for payers whose id fits a pattern: a profile, and what differs from it. ``select``
    takes the place of the configuration's, ``ignore`` is added to it. ``checks`` are modules or files of checks
    for these payers' claims alone."""

    profile: str | None = None
    checks: list[str] = []
    overlays: list[Path] = []
    select: list[str] = []
    ignore: list[str] = []


class Configuration(Overrides):
    """``claimcheck.toml``, or ``[tool.claimcheck]`` in ``pyproject.toml``: closed, so that a misspelt key is an
    error and not silence.

    ``checks`` are modules (``acme_rules``), files or folders of checks of one's own, for every claim; severities
    and options win over every profile.
    ``columns`` maps our column names to a file's; ``asc_npis`` are billing NPIs of surgical centers
    that do not send their taxonomy; ``payers`` gives a profile, overlays, severities, options and a selection by
    payer id pattern (``"SKMA*"``; the first that fits). ``past_newest`` says what becomes of a day after the newest
    release of a table: it is ``not_judged``, or judged by the newest all the same (``carry``), as each message
    then says.
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
    min_judged: float = Field(default=0.5, ge=0, le=1)
    across_claims: bool = True
    lines_in_memory: int = Field(default=LINES_IN_MEMORY, ge=0)
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
            raise ConfigurationError(_first_fault("given", error, Configuration)) from None
        configuration._path = self._path
        return configuration

    @property
    def path(self) -> Path | None:
        """The file that it was read from."""
        return self._path

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in KNOWN:
                near = difflib.get_close_matches(name, KNOWN, n=1)
                raise ValueError(f"{name} is no column" + (f"; did you mean {near[0]}?" if near else ""))
        return columns


def own_checks(configuration: Configuration, names: Iterable[str] = ()) -> tuple[Check, ...]:
    """Every check of one's own that a configuration names, and those of more ``names``.

    Raises:
        ChecksRefused: one can't be imported, or an example does not hold.
    """
    of_payers = (name for payer in configuration.payers.values() for name in payer.checks)
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
    payers = {pattern: _in_folder(payer, path.parent) for pattern, payer in configuration.payers.items()}
    waivers = path.parent / configuration.waivers if configuration.waivers else None
    configuration = _in_folder(configuration, path.parent).model_copy(update={"payers": payers, "waivers": waivers})
    configuration._path = path
    return configuration


PYPROJECT: Final = "pyproject.toml"


def _our_table(pyproject: Any) -> dict[str, Any] | None:
    tools = pyproject.get("tool", {})
    table = tools.get("claimcheck") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


_Placed = TypeVar("_Placed", Payer, Configuration)


def _in_folder(configured: _Placed, folder: Path) -> _Placed:
    """What is configured, with its paths from a folder."""
    overlays = [folder / overlay for overlay in configured.overlays]
    checks = [placed(name, folder) for name in configured.checks]
    return configured.model_copy(update={"overlays": overlays, "checks": checks})


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
        raise ConfigurationError(_first_fault(str(path), error, model)) from None


class _Chosen(NamedTuple):
    """What picks an engine: a profile, the overlays over the rule book, and the pattern of the payer."""

    profile: str
    overlays: tuple[Path, ...]
    payer: str | None = None


class Findings(NamedTuple):
    """What a process learnt of its part of a batch: how often each waiver was used, and came too late, and which
    engines the claims called for."""

    waivers: list[tuple[int, int]]
    engines: list[_Chosen]


class Checker:
    """Checks claims: the chosen checks over a rule book, each claim by its payer's profile.

    Args:
        rulebook: every release loaded; where None, what ``open_book()`` opens: the user's own, else the
            starter book.
        profile: a profile's name or file for every claim; where None the configuration's, else that of
            the claim's setting.
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
        self._engines: dict[_Chosen, Engine] = {}
        self._profile = profile
        self.waivers = self._load_waivers()
        common = [*self.configuration.checks, *checks]
        names = {pattern: [*common, *payer.checks] for pattern, payer in self.configuration.payers.items()}
        self.own_names = list(dict.fromkeys(name for of in (common, *names.values()) for name in of))
        self._own: dict[str | None, tuple[Check, ...]] = {None: load_checks(common)}
        self._own |= {pattern: load_checks(of) for pattern, of in names.items()}
        self._by_payer: dict[tuple[str | None, Setting], Engine] = {}
        for pattern in (*self.configuration.payers, None):  # what can't be used is said at once
            self._engine(self._chosen(pattern, PROFESSIONAL))
        if not any(_selected(check.id, self._select, self._ignore) for check in self.checks()):
            raise ConfigurationError("no check is left to run: see what is selected and ignored")

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
        if self.waivers:
            self.waivers.begin()
        return chain(judge(items, self.engine_for, tally, self.history()), self.last_messages(tally))

    def judge_part(
        self, items: Iterable[Claim | EditMessage], tally: Tally, parts: int
    ) -> Iterator[Judged | EditMessage]:
        """Judge what is one worker's of a batch that ``parts`` workers share: all claims of some patients. What is to
        be said of the whole batch is left to who joins the parts."""
        return judge(items, self.engine_for, tally, self.history(parts))

    def last_messages(self, tally: Tally) -> Iterator[EditMessage]:
        """What is to be said when a batch was judged: of its waivers."""
        for message in self.waivers.messages(self.checks()) if self.waivers else ():
            tally.messages += 1
            yield message

    def findings(self) -> Findings:
        """What was learnt of a batch beside its messages."""
        used = [(waiver.used, waiver.late) for waiver in self.waivers.all] if self.waivers else []
        return Findings(used, [*self._engines])

    def add(self, findings: Findings) -> None:
        """Take in what another process learnt of its part of the batch."""
        for waiver, (used, late) in zip(self.waivers.all if self.waivers else (), findings.waivers, strict=True):
            waiver.used += used
            waiver.late += late
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
            raise ConfigurationError(str(error)) from None

    def history(self, parts: int = 1) -> History | None:
        """An empty memory of a batch, or of one of its parts, as the configuration has it."""
        lines = self.configuration.lines_in_memory // parts
        return History(lines) if self.configuration.across_claims else None

    def engine_for(self, claim: Claim) -> Engine:
        """The engine of a claim's profile and overlays."""
        key = claim.payer_id, claim.setting
        engine = self._by_payer.get(key)
        if engine is None:
            engine = self._engine(self._chosen(self.payer_pattern(claim.payer_id), claim.setting))
            if len(self._by_payer) < 10_000:  # payer ids come from the input
                self._by_payer[key] = engine
        return engine

    def payer_pattern(self, payer_id: str | None) -> str | None:
        """The pattern of the configuration that a payer's id fits, the first; None where none does."""
        patterns = self.configuration.payers
        return next((p for p in patterns if fnmatch.fnmatchcase(payer_id or "", p)), None)

    def profile_for(self, pattern: str | None, setting: Setting) -> tuple[str, str]:
        """The profile of a payer's claims of a setting, and what names it."""
        payer = self.configuration.payers[pattern] if pattern is not None else Payer()
        named = (
            (self._profile, "command line"),
            (payer.profile, "payer"),
            (self.configuration.profile, "configuration"),
        )
        return next(((name, by) for name, by in named if name), (PROFILE_OF[setting], f"setting {setting}"))

    def layers(self, pattern: str | None, setting: Setting) -> list[Overrides]:
        """What is said of severities and options for a payer's claims of a setting, the first winning."""
        payer = [self.configuration.payers[pattern]] if pattern is not None else []
        return [*payer, self.configuration, load_profile(self.profile_for(pattern, setting)[0])]

    def engine_of(self, pattern: str | None, setting: Setting) -> Engine:
        """The engine of the payers that a pattern of the configuration stands for; None for all others."""
        return self._engine(self._chosen(pattern, setting))

    def _chosen(self, pattern: str | None, setting: Setting) -> _Chosen:
        payer = self.configuration.payers[pattern] if pattern is not None else Payer()
        overlays = (*payer.overlays, *self.configuration.overlays)
        return _Chosen(self.profile_for(pattern, setting)[0], overlays, pattern)

    def _engine(self, chosen: _Chosen) -> Engine:
        engine = self._engines.get(chosen)
        if engine is None:
            profile = load_profile(chosen.profile)
            overlays = (self._overlay(path) for path in (*chosen.overlays, *profile.overlays))
            payer = self.configuration.payers[chosen.payer] if chosen.payer is not None else Payer()
            own = {**profile.severity, **self.configuration.severity, **payer.severity}
            severities = {e.id: s for e in ENGINE_EDITS if (s := severity_of(own.get(e.id, "off")))}
            engine = self._engines[chosen] = Engine(
                self.rulebook.under(*overlays),
                profile.chosen(
                    self._checks_for(chosen.payer),
                    payer.select or self._select,
                    [*self._ignore, *payer.ignore],
                    (payer, self.configuration),
                    self.checks(),
                ),
                profile.name,
                severities=severities,
                waive=self.waivers.waive if self.waivers else None,
                on_error=self._on_error,
                remember=self._remember,
            )
        return engine

    def _checks_for(self, payer: str | None) -> list[Check]:
        """The checks for the claims of a payer, in order of evaluation."""
        return sorted((*all_checks(), *self._own[payer]), key=lambda check: check.step)

    def _overlay(self, path: Path) -> Store:
        if path not in self._overlays:
            if not path.is_dir():
                raise ConfigurationError(f"{path}: there is no such overlay; it is a folder in the shape of rules/")
            from claimcheck.rulebook.starter import load_overlay

            self._overlays[path] = load_overlay(path)
        return self._overlays[path]
