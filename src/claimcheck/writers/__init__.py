"""The formats that messages are written in.

Each module ``to_NAME`` of this package writes the format ``NAME``, and its ``FORMAT`` says how. It is found by its
name, and loaded when it is asked for: a new format is one new module. Another distribution adds one by an entry point
of the group ``claimcheck.writers``, which names a ``Format``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from claimcheck import ClaimcheckError
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage

__all__ = [
    "FORMATS",
    "Format",
    "FormatError",
    "MergeableWriter",
    "MessageWriter",
    "Options",
    "Writer",
    "format_of",
    "open_writer",
]


class FormatError(ClaimcheckError):
    """A format that can't be written: what it needs is not installed, or the claims come without it; the text says
    which."""


class Writer(Protocol):
    """Takes each claim with what was found in it, and what could not be read, in order."""

    def take(self, item: Judged | EditMessage) -> None:
        """Take one claim, or one message about what could not be read."""

    def close(self) -> None:
        """Finish the output; the stream stays open."""


class MessageWriter(ABC):
    """A writer that writes edit messages one by one, and nothing of claims without one."""

    def take(self, item: Judged | EditMessage) -> None:
        """Write the messages of a claim, or one message."""
        if isinstance(item, EditMessage):
            self.write(item)
        else:
            for message in item.outcome.messages:
                self.write(message)

    @abstractmethod
    def write(self, message: EditMessage) -> None:
        """Write one message."""

    def close(self) -> None:  # noqa: B027 -- most formats have no end of their own
        """Nothing to finish."""


class MergeableWriter(MessageWriter):
    """A writer that writes each message whatever came before it, so that several processes can write the text, and one
    join it."""

    @abstractmethod
    def partial_writer(self, stream: IO[str]) -> MessageWriter:
        """A writer like this one, for a part of the messages."""

    @abstractmethod
    def write_text(self, text: str) -> None:
        """Write what a writer by ``partial_writer`` wrote."""


_PREFIX: Final = "to_"

_FIRST: Final = ("text", "jsonl", "csv", "html", "277ca", "parquet")
"""The formats that help lists first; others come after them by their names."""


class Options(NamedTuple):
    """What a format may have a use for.

    Attributes:
        colors: whether the output is a terminal that shows them.
        titles: gives what each check looks for, by its id.
        run_date: the day that the run is of; None where the newest date received of the input is it.
    """

    colors: bool = False
    titles: Callable[[], Mapping[str, str]] = dict
    run_date: date | None = None


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
    """The format of a name: one that ships, else one of another distribution.

    Raises:
        FormatError: there is no such format, what it needs is not installed, or it can't be loaded.
    """
    if name not in FORMATS:
        from claimcheck.writers.plugged_in import format_of_plugin  # few look for other distributions, which takes long

        return format_of_plugin(name)
    format: Format = import_module(f"claimcheck.writers.{_PREFIX}{name}").FORMAT
    return format


def open_writer(name: str, stream: IO[Any], options: Options | None = None) -> Writer:
    """The writer of a format.

    Raises:
        FormatError: there is no such format, or what it needs is not installed.
    """
    return format_of(name).writer(stream, options or Options())
