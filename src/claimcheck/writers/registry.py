"""The formats that messages are written in.

Each module ``to_NAME`` of this package writes the format ``NAME``, and its ``FORMAT`` says how. It is found by its
name, and loaded when it is asked for: a new format is one new module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from claimcheck.writers import FormatError, Writer

_PREFIX: Final = "to_"

_FIRST: Final = ("text", "jsonl", "csv", "html", "277ca", "parquet")
"""The formats that help lists first; others come after them by their names."""


class Options(NamedTuple):
    """What a format may have a use for.

    Attributes:
        colors: whether the output is a terminal that shows them.
        titles: gives what each check looks for, by its id.
    """

    colors: bool = False
    titles: Callable[[], Mapping[str, str]] = dict


class Format(NamedTuple):
    """How a format is written.

    Attributes:
        writer: makes its writer for a stream; raises ``FormatError`` where what it needs is not installed.
        binary: whether the stream takes bytes, not text.
    """

    writer: Callable[[IO[Any], Options], Writer]
    binary: bool = False


def _found() -> tuple[str, ...]:
    names = {path.stem.removeprefix(_PREFIX) for path in Path(__file__).parent.glob(f"{_PREFIX}*.py")}
    return (*(name for name in _FIRST if name in names), *sorted(names.difference(_FIRST)))


FORMATS: Final = _found()
"""The name of each format."""


def format_of(name: str) -> Format:
    """The format of a name.

    Raises:
        FormatError: there is no such format, or what it needs is not installed.
    """
    if name not in FORMATS:
        raise FormatError(f"there is no format {name!r}; expected one of {', '.join(FORMATS)}")
    format: Format = import_module(f"claimcheck.writers.{_PREFIX}{name}").FORMAT
    return format


def open_writer(name: str, stream: IO[Any], options: Options | None = None) -> Writer:
    """The writer of a format.

    Raises:
        FormatError: there is no such format, or what it needs is not installed.
    """
    return format_of(name).writer(stream, options or Options())
