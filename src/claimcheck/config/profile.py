"""Profiles: which checks run and how severe each is, for one kind of payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from claimcheck.authoring.check import Check, names_check
from claimcheck.config.files import ConfigurationError, as_model, first_error, instead_of, key_of, read_toml
from claimcheck.engine.findings import ENGINE_EDITS, NOT_JUDGED, ActiveCheck
from claimcheck.message import (
    MEDICARE,
    REJECT,
    SEVERITIES,
    PayerKind,
    ProfileSeverity,
    Severity,
    milder,
    severity_of,
)
from claimcheck.readers import reading_edits
from claimcheck.rulebook.store import shipped_rules


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
    """A payer's kind, as TOML in ``rules/profiles``."""

    title: str = Field(description="What it is called in listings.")
    name: str = Field(default="", description="What messages call it. Default: the file's name.")
    kind: PayerKind = Field(default=MEDICARE, description="Whom its messages speak to.")
    overlays: list[Path] = Field(
        default=[],
        description="Folders with the payer's rule data, in the shape of rules/; the first wins, over the rule book. "
        "A path is from the profile's own folder.",
    )

    _path: Path | None = None

    def chosen(
        self,
        checks: Iterable[Check],
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        over: Iterable[Overrides] = (),
        known: Iterable[Check] = (),
    ) -> list[ActiveCheck]:
        """The checks that run, as this profile has them, with severities and options ``over`` it, the first winning.
        ``known`` are more checks that it may name.

        Raises:
            ConfigurationError: an id or prefix of the profile names no check, or an option does not fit its check.
        """
        checks = list(checks)
        select, ignore, layers = list(select), list(ignore), (*over, self)
        where = f"{self._path}: " if self._path else ""
        must_fit(where, self, [*checks, *known])
        for prefix in self.options:
            named = [check for check in checks if names_check(prefix, check.id)]
            if named and not any_runs(named, [self]) and not any_runs(named, layers):
                raise ConfigurationError(f"{where}{key_of('options', prefix)}: {off_text(prefix, 'this profile')}")
        chosen = []
        for check in checks:
            said = severity_in([layer.severity for layer in layers], check)
            severity = severity_of(said)
            if severity is None or not is_selected(check.id, select, ignore):
                continue
            soft = milder(severity, _first([layer.soft for layer in layers], check.id) or severity)
            options = _options(check, [layer.options for layer in layers])
            chosen.append(ActiveCheck(check, severity, soft, options, said == "soft", _cases(layers, check), self.kind))
        return chosen


def severity_in(layers: Iterable[Mapping[str, ProfileSeverity]], check: Check) -> ProfileSeverity:
    """The severity of a check by the first layer that speaks of it; its own by default."""
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


def any_runs(checks: Iterable[Check], layers: Sequence[Overrides]) -> bool:
    """Whether layers leave any of some checks running."""
    return any(severity_in([layer.severity for layer in layers], check) != "off" for check in checks)


def off_text(prefix: str, profiles: str) -> str:
    """The text of an error: what a prefix names is off."""
    return f"{prefix} is off in {profiles}: its options do nothing; set its severity too"


def must_fit(where: str, layer: Overrides, known: Iterable[Check]) -> None:
    """What a layer says is said of checks that there are, and of options that they have."""
    known = list(known)
    for table in ("severity", "soft", "cases", "options"):
        for prefix in getattr(layer, table):
            may_name = [*known, NOT_JUDGED] if table == "severity" else known
            must_name_a_check(f"{where}{key_of(table, prefix)}: ", prefix, may_name)
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


def must_name_a_check(where: str, prefix: str, checks: list[Check]) -> None:
    """An id or prefix names some check."""
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


def is_selected(check_id: str, select: list[str], ignore: list[str]) -> bool:
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
    profile = as_model(path, read_toml(path), Profile)
    overlays = [path.parent / overlay for overlay in profile.overlays]
    profile = profile.model_copy(update={"name": profile.name or path.stem, "overlays": overlays})
    profile._path = path
    return profile
