"""What a history does not keep of a line, and which checks across claims look at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any, Final, Protocol

from claimcheck.claim import Line

KEPT: Final = frozenset(
    {
        *("service", "from_date", "to_date", "number", "charge"),
        *("rendering_npi", "rendering_taxonomy", "revenue_code", "ndc"),
    }
)
"""The fields of a line that a history keeps; the others are None on lines of earlier batches."""
_NOT_KEPT: Final = (*(name for name in Line._fields if name not in KEPT), "details")
_MANY: Final = 500
"""Functions of a check's module that are looked through, at most."""


class _Check(Protocol):
    @property
    def reach(self) -> str: ...

    @property
    def function(self) -> Any: ...


def unkept_by(checks: Iterable[Any]) -> Iterator[tuple[Any, Sequence[str]]]:
    """Each check across claims that looks at fields of lines which a history does not keep, with these."""
    for check in checks:
        if check.reach == "HISTORY" and check.function is not None:
            named = _names(check.function)
            if fields := [name for name in _NOT_KEPT if name in named and name != "place"]:
                yield check, fields


def _names(function: Any) -> set[str]:
    """The attributes that a function names, with the functions of its module that it calls."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [function]
    while waiting and len(seen) < _MANY:
        one = waiting.pop()
        code = getattr(one, "__code__", None)
        if not isinstance(code, CodeType) or id(code) in seen:
            continue
        seen.add(id(code))
        names = {*_names_of_code(code)}
        found |= names
        module = one.__globals__
        waiting += [module[name] for name in names if getattr(module.get(name), "__module__", None) == one.__module__]
    return found


def _names_of_code(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_of_code(constant)
