"""The formats that messages are written in.

Each module ``to_NAME`` of this package writes the format ``NAME``, and its ``FORMAT`` says how. It is found by its
name, and loaded when it is asked for: a new format is one new module. Another distribution adds one by an entry point
of the group ``claimcheck.writers``, which names a ``Format``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import IO, Any, ClassVar, Final, NamedTuple, Protocol

from claimcheck import ClaimcheckError
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage

__all__ = [
    "AS_RECEIVED",
    "FORMATS",
    "Acknowledging",
    "ControlNumbers",
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
    """A writer that writes each message, or each claim, whatever came before it, so that several processes can write
    the text, and one join it."""

    takes_every_claim: ClassVar[bool] = False
    """Whether it writes something of claims without a message."""

    @abstractmethod
    def partial_writer(self, stream: IO[str]) -> MessageWriter:
        """A writer like this one, for a part of the messages."""

    @abstractmethod
    def write_text(self, text: str) -> None:
        """Write what a writer by ``partial_writer`` wrote."""


def takes_every_claim(writer: Writer) -> bool:
    """Whether a writer has something to write of claims without a message."""
    return writer.takes_every_claim if isinstance(writer, MergeableWriter) else not isinstance(writer, MessageWriter)


_PREFIX: Final = "to_"

_FIRST: Final = ("text", "jsonl", "csv", "html", "277ca", "999", "ta1", "parquet", "claims", "lines", "xlsx")
"""The formats that help lists first; others come after them by their names."""


class ControlNumbers(NamedTuple):
    """Control numbers of one's own, in their order: shared by all answers of a run, so that none comes twice.

    Attributes:
        interchanges: of interchanges (ISA13).
        groups: of functional groups (GS06).
    """

    interchanges: Iterator[int]
    groups: Iterator[int]


class Acknowledging(NamedTuple):
    """Who answers an 837 by 277CA, 999 and TA1, and how. What is empty is the input's.

    Attributes:
        sender: the sender's id (ISA06, GS02).
        sender_qualifier: what it is (ISA05).
        name: name of the information source of a 277CA (NM1*AY).
        id: its id (NM109).
        control_numbers: of interchanges and groups.
        run_date: the day of the answer, CCYYMMDD.
        names_patients: whether a 277CA names patients, where claims were read with names.
    """

    sender: str = ""
    sender_qualifier: str = "ZZ"
    name: str = ""
    id: str = ""
    control_numbers: ControlNumbers | None = None
    run_date: str = ""
    names_patients: bool = False


AS_RECEIVED: Final = Acknowledging()
"""All of it the input's."""


def _keep_silent(line: str) -> None:
    """Nobody is told."""


class Options(NamedTuple):
    """What a format may have a use for. The writers of a run share one.

    Attributes:
        colors: whether the output is a terminal that shows them.
        titles: gives what each check looks for, by its id.
        acknowledging: who answers an 837, and how.
        say: told in one line what an output lacks, and why.
        run_date: the day that the run is of; None where the newest date received of the input is it.
    """

    colors: bool = False
    titles: Callable[[], Mapping[str, str]] = dict
    acknowledging: Acknowledging = AS_RECEIVED
    say: Callable[[str], object] = _keep_silent
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
