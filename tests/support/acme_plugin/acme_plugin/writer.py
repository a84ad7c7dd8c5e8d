"""A format of one line per message."""

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


FORMAT = Format(lambda stream, options: AcmeWriter(stream))
RAISES = Format(lambda stream, options: RaisingWriter(stream))
