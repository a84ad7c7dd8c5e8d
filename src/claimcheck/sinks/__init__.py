"""Sinks: edit messages out, one module a format. Each has ``open_sink(stream) -> Sink``."""

from __future__ import annotations

from typing import Protocol

from claimcheck.message import EditMessage


class Sink(Protocol):
    """Takes edit messages one by one, in order."""

    def write(self, message: EditMessage) -> None:
        """Take one message."""

    def close(self) -> None:
        """Finish the output; the stream stays open."""
