"""What users import: each name that a public signature needs is public, and documented."""

from __future__ import annotations

import doctest
import importlib
import inspect
import sys
import typing
from collections.abc import Iterator
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

import claimcheck
import claimcheck.testing
import claimcheck.writers
from claimcheck import ClaimcheckError

MODULES = ("claimcheck", "claimcheck.arrow", "claimcheck.rulebook", "claimcheck.testing", "claimcheck.writers")
"""The modules that users import from; Spark's, which needs Java, has one function of its own."""


def public(module: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__all__}


def named() -> dict[str, Any]:
    """Every public name, as ``claimcheck.check``."""
    modules = {name: importlib.import_module(name) for name in MODULES}
    return {f"{at}.{name}": value for at, module in modules.items() for name, value in public(module).items()}


NAMES = named()
PUBLIC = [value for value in NAMES.values() if isinstance(value, type)]


def signatures(value: Any) -> Iterator[tuple[str, Any]]:
    """The functions that a public name is or has, with those classes of which fields are annotated."""
    if inspect.isfunction(value):
        yield value.__name__, value
        return
    if not isinstance(value, type):
        return
    yield value.__name__, value
    for name, member in vars(value).items():
        if name == "__init__" or not name.startswith("_"):
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if inspect.isfunction(function) and (function.__module__ or "").startswith("claimcheck"):
                yield f"{value.__name__}.{name}", function


def types_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not typing.get_args(annotation):
        yield annotation
    for part in (typing.get_origin(annotation), *typing.get_args(annotation)):
        if isinstance(part, list | tuple):  # the parameters of a Callable
            for each in part:
                yield from types_in(each)
        elif part is not None and part is not annotation:
            yield from types_in(part)


def annotations_of(value: Any) -> dict[str, Any]:
    """Annotations as types; names that are imported for types alone are found as a type checker does."""
    names = {name.rpartition(".")[2]: each for name, each in NAMES.items()}
    value = inspect.unwrap(value) if inspect.isfunction(value) else value
    for base in value.__mro__ if isinstance(value, type) else (value,):
        names |= vars(sys.modules[base.__module__])
    return typing.get_type_hints(value, names)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_signature_names_is_public(name: str) -> None:
    missing = set()
    for place, value in signatures(NAMES[name]):
        hints = {key: hint for key, hint in annotations_of(value).items() if not key.startswith("_")}
        for key, hint in hints.items():
            for found in types_in(hint):
                if found.__module__.partition(".")[0] == "claimcheck" and found not in PUBLIC:
                    missing.add(f"{place}({key}): {found.__module__}.{found.__qualname__}")
    assert not missing


def test_dir_shows_what_is_public() -> None:
    assert dir(claimcheck) == sorted([*claimcheck.__all__, "__version__"])


@pytest.mark.parametrize("name", [n for n, v in NAMES.items() if inspect.isfunction(v) or isinstance(v, type)])
def test_a_public_name_says_what_it_is(name: str) -> None:
    value = NAMES[name]
    doc = value.__doc__ or ""
    assert doc and not doc.startswith(f"{value.__name__}("), "an automatic docstring says nothing"
    if inspect.isfunction(value) and name.startswith("claimcheck.") and inspect.signature(value).parameters:
        assert inspect.signature(value).return_annotation is not inspect.Signature.empty


def test_every_error_has_one_base() -> None:
    errors = [value for value in PUBLIC if issubclass(value, BaseException)]
    assert {"ConfigurationError", "ChecksRefused", "NotInForce", "BookError", "RuleDataError", "WorkerDied"} < {
        error.__name__ for error in errors
    }
    assert all(issubclass(error, ClaimcheckError) for error in errors)
    for error, base in ((claimcheck.NotInForce, LookupError), (claimcheck.RuleDataError, ValueError)):
        assert issubclass(error, base)


def test_every_error_that_claimcheck_defines_has_that_base() -> None:
    def below(error: type[BaseException]) -> Iterator[type[BaseException]]:
        for each in error.__subclasses__():
            yield each
            yield from below(each)

    ours = {each for each in below(Exception) if each.__module__.partition(".")[0] == "claimcheck"}
    bare = {each.__qualname__ for each in ours if not issubclass(each, (ClaimcheckError, Warning))}
    assert {name for name in bare if not name.startswith("_")} <= {"Failed"}  # of the pytest plugin: a failed test


@pytest.mark.parametrize("kind", [claimcheck.Severity, claimcheck.Setting, claimcheck.Disposition])
def test_an_enum_is_its_text(kind: type[Enum]) -> None:
    for member in kind:
        assert member == member.value == str(member) == f"{member}"
        assert hash(member) == hash(member.value)


def test_the_examples_of_docstrings_run() -> None:
    found = doctest.testmod(claimcheck.testing)
    assert found.attempted > 3 and not found.failed
