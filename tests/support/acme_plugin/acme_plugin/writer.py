"""A format of one line per message."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from claimcheck import EditMessage
from claimcheck.writers import Format, MessageWriter


class AcmeWriter(MessageWriter):
    """Writes the check and the line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, message: EditMessage) -> None:
        """Write one message."""
        self._stream.write(f"ACME {message.check} {message.line_number}\n")


class RaisingWriter(AcmeWriter):
    """Breaks off."""

    def write(self, message: EditMessage) -> None:
        """Raise what may quote a claim."""
        raise KeyError(message.claim_id)


class Ending(AcmeWriter):
    """Does something of its own in place of its end."""

    def __init__(self, stream: IO[str], end: Callable[[IO[str]], object]) -> None:
        super().__init__(stream)
        self._end = end

    def close(self) -> None:
        """Do it."""
        self._end(self._stream)


def _pipe(stream: IO[str]) -> None:
    raise BrokenPipeError("of its own")


def _wait(stream: IO[str]) -> None:
    stream.flush()
    print("waiting", file=sys.stderr, flush=True)
    time.sleep(60)


FORMAT = Format(lambda stream, options: AcmeWriter(stream))
RAISES = Format(lambda stream, options: RaisingWriter(stream))
EXITS = Format(lambda stream, options: Ending(stream, lambda _: sys.exit()))
OPENS = Format(lambda stream, options: Ending(stream, lambda _: Path("no such template").read_text()))
PIPES = Format(lambda stream, options: Ending(stream, _pipe))
CLOSES = Format(lambda stream, options: Ending(stream, lambda stream: stream.close()))
WAITS = Format(lambda stream, options: Ending(stream, _wait))
