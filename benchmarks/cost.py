"""What work costs in the process that does it: processor time and peak memory. The standard library alone, so that
a process with any packages can use it."""

from __future__ import annotations

import gc
import json
import re
import time
from collections.abc import Callable
from pathlib import Path


def report(work: Callable[[], object]) -> None:
    """Do some work, and say as JSON what it cost and what it ``found``."""
    gc.collect()
    start = time.process_time()
    found = work()
    seconds = time.process_time() - start
    print(json.dumps({"found": found, "seconds": seconds, "peak_mb": peak_mb()}))


def peak_mb() -> float:
    """The most memory that this process held. Not ``ru_maxrss``: that begins with the size of the process which
    started this one. 0 where the system does not tell."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0
