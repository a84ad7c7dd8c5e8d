"""Profiles: which checks run and how severe each is, for one kind of payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, create_model, field_validator

from claimcheck.authoring.check import RENAMED, Check, current_id, names_check
from claimcheck.config.files import (
    ConfigurationError,
    Place,
    as_model,
    expected_one_of,
    first_error,
    read_toml,
    value_shown,
)
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

    severity: dict[str, ProfileSeverity] = Field(
        default={},
        description="Severity by check id or prefix of ids: reject, soft, warn, inform or off. The longest prefix "
        "wins. By a prefix no check gets more severe than it is; soft rejects what the payer may price all the same.",
        examples=[{"PTP": "warn", "STATUS-X": "off", "DATE-TIMELY": "reject"}],
    )
    soft: dict[str, Severity] = Field(
        default={},
        description="Severity, by check id or prefix of ids, of rejects that the payer may price all the same. The "
        "page of a check says which these are.",
        examples=[{"MUE-DOS": "warn"}],
    )
    cases: dict[str, dict[str, ProfileSeverity]] = Field(
        default={},
        description="Severity of single cases of a check. The page of a check names them.",
        examples=[{"MUE-ZERO": {"drug_discontinued": "inform"}}],
    )
    options: dict[str, dict[str, Any]] = Field(
        default={},
        description="Options of checks. The page of a check names them.",
        examples=[{"DATE-TIMELY": {"months": 6}}],
    )

    @field_validator("severity", "soft", "cases", "options")
    @classmethod
    def _by_current_ids(cls, table: Any, info: ValidationInfo) -> Any:
        return by_current_ids(table, info)


def by_current_ids(given: Any, info: ValidationInfo) -> Any:
    """A list or table of ids with each former one as it is now; a former one does not win over the check's own. For
    validators that run last: an error of a value is found in the file by the id written there."""
    where = f"{info.context['file']}: {info.field_name}" if info.context else str(info.field_name)
    if isinstance(given, list):
        return [current_id(name, where) if isinstance(name, str) else name for name in given]
    if isinstance(given, dict):
        former = {current_id(name, where): value for name, value in given.items() if name in RENAMED}
        return {**former, **{name: value for name, value in given.items() if name not in RENAMED}}
    return given


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
        place = Place(self._path)
        must_fit(place, self, [*checks, *known])
        for prefix in self.options:
            named = [check for check in checks if names_check(prefix, check.id)]
            if named and not any_runs(named, [self]) and not any_runs(named, layers):
                raise place.at("options", prefix).error(off_text(prefix, "this profile"))
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


def severity_in(layers: Iterable[Mapping[str, ProfileSeverity]], check: Check) -> ProfileSeverity | Severity:
    """The severity of a check by the first layer that speaks of it; its own by default."""
    for layer in layers:
        prefix = longest_prefix(layer, check.id)
        if prefix is not None:
            severity = layer[prefix]
            if prefix == check.id or severity == "off":
                return severity
            if severity == "soft":
                return severity if check.severity == REJECT else check.severity
            return milder(Severity(severity), check.severity)
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
    return f"{prefix} is off in {profiles}, so its options do nothing; set its severity too"


def must_fit(place: Place, layer: Overrides, known: Iterable[Check]) -> None:
    """What a layer says is said of checks that there are, and of options that they have."""
    known = list(known)
    for table in ("severity", "soft", "cases", "options"):
        for prefix in getattr(layer, table):
            may_name = [*known, NOT_JUDGED] if table == "severity" else known
            must_name_a_check(place.at(table, prefix), prefix, may_name)
    for prefix, level in layer.severity.items():
        if level == "off" and names_check(prefix, NOT_JUDGED.id):
            raise place.at("severity", prefix).error(f"{prefix} can't be off, {expected_one_of(level, SEVERITIES)}")
    for prefix, cases in layer.cases.items():
        _must_have(place.at("cases", prefix), prefix, cases, known)
    for prefix, given in layer.options.items():
        for check in known:
            if names_check(prefix, check.id):
                _must_take(place.at("options", prefix), check, given)


def _must_have(place: Place, prefix: str, cases: Iterable[str], checks: Iterable[Check]) -> None:
    """Checks have these cases."""
    known = sorted({case for check in checks if names_check(prefix, check.id) for case in check.cases})
    for case in cases:
        if case not in known:
            has = f"no such case, {expected_one_of(case, known)}" if known else "no cases; remove it"
            raise place.at(case).error(f"{prefix} has {has}")


def _must_take(place: Place, check: Check, given: Mapping[str, Any]) -> None:
    """A check has these options, and they are of the right type."""
    for name in given:
        if name not in check.options:
            has = (
                f"no such option, {expected_one_of(name, check.options)}" if check.options else "no options; remove it"
            )
            raise place.at(name).error(f"{check.id} has {has}")
    try:
        options_model(check)(**given)
    except ValidationError as error:
        raise first_error(place, error, options_model(check), given) from None


def must_name_a_check(place: Place, prefix: str, checks: list[Check]) -> None:
    """An id or prefix names some check."""
    if any(names_check(prefix, check.id) for check in checks):
        return
    if any(names_check(prefix, edit.id) for edit in (*ENGINE_EDITS, *reading_edits())):
        raise place.error(f"{prefix} reports what could not be read or judged: it always runs; remove it here")
    families = sorted({check.id.partition("-")[0] for check in checks})
    names = [*(check.id for check in checks), *families]
    expected = expected_one_of(prefix.upper(), names, "an id, or a prefix of ids, that `claimcheck checks` lists")
    raise place.error(f"unknown check {value_shown(prefix)}, {expected}")


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
        ConfigurationError: no such profile, or the file is not one.
    """
    path = Path(name) if name.endswith(".toml") else shipped_rules() / "profiles" / f"{name}.toml"
    if not path.is_file():
        expected = expected_one_of(name, [*profile_names(), "or a TOML file"])
        raise ConfigurationError(f"unknown profile {value_shown(name)}, {expected}")
    profile = as_model(Place(path), read_toml(path), Profile)
    overlays = [path.parent / overlay for overlay in profile.overlays]
    profile = profile.model_copy(update={"name": profile.name or path.stem, "overlays": overlays})
    profile._path = path
    return profile
