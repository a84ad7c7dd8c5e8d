"""Sinks: what was judged out, one module a format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import IO, Protocol

from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage


class FormatError(Exception):
    """A format that can't be written: what it needs is not installed, or the claims come without it; the text says
    which."""


class Writer(Protocol):
    """Takes each claim with what was said of it, and what could not be read, in order."""

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
