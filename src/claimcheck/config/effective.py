"""What is in effect for a payer's claims, and where each value of it comes from: ``claimcheck config show``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel

from claimcheck.authoring.check import Check
from claimcheck.claim import Setting
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.config.profile import Overrides, longest_prefix
from claimcheck.message import Severity

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


def values_in_force(checker: Checker, payer_id: str | None, filing: str | None, setting: Setting) -> list[Value]:
    """The configuration that holds for a payer's claims of a filing indicator and setting."""
    engines = engines_of(checker)
    pattern = engines.payer_pattern(payer_id)
    rules = engines.payer_rules(pattern, filing)
    found = [Value("profile", *engines.profile_for(pattern, filing, setting))]
    configuration, default = checker.configuration, Configuration()
    for name in Configuration.model_fields:
        if name in ("profile", "payers", *Overrides.model_fields):
            continue
        value = getattr(configuration, name)
        origins = [] if value == getattr(default, name) else [configuration.origin]
        own = [(origin, given) for origin, each in rules if (given := getattr(each, name, None))]
        if own and name == "select":
            origins, value = [own[0][0]], own[0][1]
        elif own:
            origins = [*(origin for origin, _ in own), *origins]
            value = [*chain(*(given for _, given in own)), *value]
        found.append(Value(name, _plain(value), ", ".join(origins) or DEFAULT))
    return found


def checks_in_force(
    checker: Checker, payer_id: str | None, filing: str | None, setting: Setting
) -> Iterator[CheckValue]:
    """Every check that may run, as it runs on a payer's claims of a filing indicator and setting."""
    engines = engines_of(checker)
    pattern = engines.payer_pattern(payer_id)
    running = {chosen.check: chosen for chosen in engines.engine_of(pattern, filing, setting).chosen}
    layers = engines.layers(pattern, filing, setting)
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


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    return [_plain(each) for each in value] if isinstance(value, list) else value
