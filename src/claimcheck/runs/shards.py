"""Which worker judges whose claims."""

from __future__ import annotations

from zlib import crc32


def worker_of(patient: str, workers: int) -> int:
    """Which of some workers judges a patient's claims; a dependent goes with their subscriber."""
    return crc32(patient.partition("/")[0].encode(errors="backslashreplace")) % workers
