"""TOML files into models, or an error that names file, key and value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from claimcheck.config.errors import ConfigurationError, first_error

_Model = TypeVar("_Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        ConfigurationError: it can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from None


def as_model(path: Path, table: dict[str, Any], model: type[_Model]) -> _Model:
    """A table of a file as a model.

    Raises:
        ConfigurationError: a key or value does not fit.
    """
    try:
        return model(**table)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {first_error(error, model)}") from None
