"""JSONL: one edit message an object a line, every key always there."""

from __future__ import annotations

import json
from typing import TextIO

from claimcheck.message import EditMessage


class JsonlSink:
    """Writes the contract's keys, in its order."""

    def __init__(self, stream: TextIO) -> None:
        self._write = stream.write
        self._encode = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": ")).encode

    def write(self, message: EditMessage) -> None:
        """Write one line."""
        self._write(self._encode(message.as_dict()) + "\n")

    def close(self) -> None:
        """Nothing to finish."""
