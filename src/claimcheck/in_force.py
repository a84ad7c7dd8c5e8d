"""What is in force for a payer's claims, and where each value of it comes from: ``claimcheck config show``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from claimcheck.checking import Check
from claimcheck.claim import Setting
from claimcheck.message import Severity
from claimcheck.profile import Checker, Configuration, Overrides, Payer, longest_prefix

DEFAULT: Final = "default"


class Value(NamedTuple):
    """A value of the configuration: its name, itself as plain JSON, and where it comes from."""

    name: str
    value: Any
    origin: str


class CheckValue(NamedTuple):
    """A check as it runs: how severe, how severe where payers may price the line all the same, with which options,
    where that comes from, and how severe those of its cases are that are lowered."""

    check: str
    severity: Severity | Literal["off"]
    soft: Severity | Literal["off"]
    options: dict[str, Any]
    origin: str
    cases: dict[str, str]


def values_in_force(checker: Checker, payer_id: str | None, setting: Setting) -> list[Value]:
    """The configuration that holds for a payer's claims of a setting."""
    pattern = checker.payer_pattern(payer_id)
    payer = checker.configuration.payers[pattern] if pattern is not None else Payer()
    of_payer, of_file = _origin_of(pattern), _file(checker.configuration)
    profile, origin = checker.profile_for(pattern, setting)
    found = [Value("profile", profile, {"payer": of_payer, "configuration": of_file}.get(origin, origin))]
    configuration, default = checker.configuration, Configuration()
    for name in Configuration.model_fields:
        if name in ("profile", "payers", *Overrides.model_fields):
            continue
        value, own = getattr(configuration, name), getattr(payer, name, None)
        origin = DEFAULT if value == getattr(default, name) else of_file
        if own and name == "select":
            value, origin = own, of_payer
        elif own:
            value, origin = [*own, *value], of_payer if origin == DEFAULT else f"{of_payer}, {of_file}"
        found.append(Value(name, _plain(value), origin))
    return found


def checks_in_force(checker: Checker, payer_id: str | None, setting: Setting) -> Iterator[CheckValue]:
    """Every check that may run, as it runs on a payer's claims of a setting."""
    pattern = checker.payer_pattern(payer_id)
    running = {chosen.check: chosen for chosen in checker.engine_of(pattern, setting).chosen}
    names = {Payer: _origin_of(pattern), Configuration: _file(checker.configuration)}
    profile = f"profile {checker.profile_for(pattern, setting)[0]}"
    layers = [(names.get(type(layer), profile), layer) for layer in checker.layers(pattern, setting)]
    for check in checker.checks():
        chosen = running.get(check)
        if chosen is None:
            off = [origin for origin in _origins(layers, check) if origin.startswith("severity")]
            yield CheckValue(check.id, "off", "off", {}, "; ".join(off[:1]) or "not selected", {})
            continue
        origin = "; ".join(_origins(layers, check)) or "the check"
        yield CheckValue(check.id, chosen.severity, chosen.soft, dict(chosen.options), origin, dict(chosen.cases))


def _origins(layers: list[tuple[str, Overrides]], check: Check) -> Iterator[str]:
    """Where the severity of a check and its options come from, where they are not its own."""
    for what in ("severity", "cases", "soft", "options"):
        for origin, layer in layers:
            by_prefix: Mapping[str, Any] = getattr(layer, what)
            prefix = longest_prefix(by_prefix, check.id)
            if prefix is not None:
                yield f"{what}: {origin} ({prefix})"
                break


def _origin_of(pattern: str | None) -> str:
    return f'payers."{pattern}"' if pattern is not None else DEFAULT


def _file(configuration: Configuration) -> str:
    return str(configuration.path or "given")


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value
