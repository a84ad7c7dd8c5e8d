"""A claimcheck.toml with every setting, its meaning and its default, made from the models: it can't go stale."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from claimcheck.config.configuration import Configuration, Payer
from claimcheck.config.files import key_of

_HEAD: Final = (
    "Configuration of claimcheck: every setting, its meaning and its default.",
    "To change one, remove the # in front of it. Paths are from the folder of this file.",
    "`claimcheck config check` checks it, `claimcheck config show` shows what is in effect.",
)

_WIDTH: Final = 98


def template() -> str:
    """The file, in which every setting is commented out."""
    blocks: list[list[str]] = [[f"# {line}" for line in _HEAD]]
    tables = [name for name, field in Configuration.model_fields.items() if isinstance(field.default, dict | BaseModel)]
    for name, field in Configuration.model_fields.items():
        if name not in tables:  # these come last: what follows a table's header belongs to it
            blocks.append([*_meaning(field), *_setting(name, field)])
    for name in tables:
        field = Configuration.model_fields[name]
        if isinstance(field.default, BaseModel):
            blocks.extend(_settings(name, field))
        else:
            blocks.extend(_payers(field) if name == "payers" else [[*_meaning(field), *_table(name, field)]])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _meaning(field: FieldInfo) -> Iterator[str]:
    for line in wrap(field.description or "", _WIDTH, break_on_hyphens=False):
        yield f"# {line}"


def _example(field: FieldInfo) -> Any:
    return (field.examples or [field.default])[0]


def _setting(name: str, field: FieldInfo) -> Iterator[str]:
    """A setting with its default, and an example where that is empty; of one without a default the example alone."""
    if field.default is None:
        yield f"#{name} = {_toml(_example(field))}"
        return
    if not field.default:
        yield f"# Example: {name} = {_toml(_example(field))}"
    yield f"#{name} = {_toml(field.default)}"


def _table(name: str, field: FieldInfo) -> Iterator[str]:
    yield f"#[{name}]"
    for key, value in _example(field).items():
        yield f"#{key_of(key)} = {_toml(value)}"


def _settings(name: str, field: FieldInfo) -> Iterator[list[str]]:
    """The settings of a table that has its own."""
    yield [*_meaning(field), f"#[{name}]"]
    for key, each in type(field.default).model_fields.items():
        yield [*_meaning(each), *_setting(key, each)]


def _payers(field: FieldInfo) -> Iterator[list[str]]:
    """The settings of a payer, then those of one of its filing indicators."""
    (pattern,) = _example(field)
    yield [*_meaning(field), f"#[{key_of('payers', pattern)}]"]
    settings = {name: each for name, each in Payer.model_fields.items() if name != "filing"}
    for name, each in sorted(settings.items(), key=lambda item: isinstance(item[1].default, dict)):
        yield [*_meaning(each), f"#{name} = {_toml(_example(each))}"]
    filing = Payer.model_fields["filing"]
    ((indicator, rules),) = _example(filing).items()
    entries = [f"#{name} = {_toml(value)}" for name, value in rules.items()]
    yield [*_meaning(filing), f"#[{key_of('payers', pattern, 'filing', indicator)}]", *entries]


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key_of(key)} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value) if isinstance(value, str | bool | int | float) else json.dumps(str(value))
