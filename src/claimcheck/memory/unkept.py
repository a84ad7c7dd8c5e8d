"""What a history does not keep of a line, and which checks across claims look at it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import CodeType, FunctionType
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
_BY_TEXT: Final = frozenset({"getattr", "attrgetter", "_asdict"})
"""What reads a field whose name is a text; elsewhere a text that is one says something else."""
_PLAIN: Final = (str, bytes, int, float, type(None))
_MANY: Final = 500
"""Objects of a check's modules that are looked through, at most."""


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
    """The attributes that a function names, with what it uses of its own modules: functions, also in a class, a table
    or a ``partial``, and getters."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [function]
    home = _place(function)
    while waiting and len(seen) < _MANY:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, FunctionType):
            if _place(one) == home:
                names = {*_names_of_code(one.__code__)}
                found |= names
                known = (one.__globals__.get(name) for name in names)
                waiting += [value for value in known if not isinstance(value, _PLAIN)]
                waiting += [cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell)]
        elif isinstance(one, attrgetter):
            found.update(one.__reduce__()[1])
        else:
            waiting += [part for part in _parts(one, home) if not isinstance(part, _PLAIN)]
    return found


def _parts(one: Any, home: Any) -> Iterable[Any]:
    """What is in an object that functions may be in."""
    if isinstance(one, partial):
        return (one.func, *one.args, *one.keywords.values())
    if isinstance(one, staticmethod | classmethod):
        return (one.__func__,)
    if isinstance(one, property):
        return (one.fget,)
    if isinstance(one, type):
        return vars(one).values() if _place(one) == home else ()
    if isinstance(one, Mapping):
        return (*one.values(),)
    if isinstance(one, list | tuple | set | frozenset):
        return one
    if (wrapped := getattr(one, "__wrapped__", None)) is not None:
        return (wrapped,)
    return (type(one),) if _place(type(one)) == home else ()


def _place(one: Any) -> Path | None:
    """The folder of the module that something is of: modules beside each other are of one author."""
    module = sys.modules.get(getattr(one, "__module__", None) or "")
    file = getattr(module, "__file__", None) or getattr(getattr(one, "__code__", None), "co_filename", None)
    return Path(file).parent if file else None


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _names_of_code(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    by_text = not _BY_TEXT.isdisjoint(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_of_code(constant)
        elif by_text and isinstance(constant, str):
            yield constant
