"""The command line.

Exit status: 0 no line rejected; 1 some line rejected, or something could not be read; 2 could not run.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from typing import Final

import claimcheck

_ENDINGS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class _Leave:
    """End in order when a signal says so, so that no part of an output is left, and no worker.

    Attributes:
        status: the exit status, as shells have it; 0 as long as there was no signal.
    """

    status = 0

    def __call__(self, ending: int, frame: object) -> None:
        self.status = 128 + ending
        raise SystemExit(self.status)


def main() -> None:
    """Run the command line. A reader that goes away (``| head``) is no error of ours; one that can't take more (a full
    device) is told of."""
    gc.set_threshold(100_000)  # loading makes tens of thousands of objects, and no garbage: a tenth of the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a claim id that the terminal can't show is no error
            stream.reconfigure(errors="backslashreplace")
    leave = _Leave()
    for ending in _ENDINGS:
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as a shell has it for what runs in the background
            signal.signal(ending, leave)
    try:
        _run()
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except OSError as error:  # of a claim file it is a message, and of an output that is named the command's to say
        _drop_output()
        sys.exit(_could_not_run(f"{error.filename or 'standard output'}: {error.strerror}"))
    except Exception:
        if not leave.status:
            raise
        sys.exit(leave.status)  # whoever was interrupted made an error of its own of it
    finally:
        gc.freeze()  # what is left goes with the process: to look through it at the end is a tenth more


def _run() -> None:
    if sys.argv[1:] == ["--version"]:  # scripts ask for it all the time: it loads nothing
        print(f"claimcheck {claimcheck.__version__}", flush=True)  # noqa: T201
        return
    from claimcheck.cli.commands import app

    app()


def _drop_output() -> None:
    """Have standard output take what waits to be written there, else Python tries once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _could_not_run(text: str) -> int:
    sys.stderr.write(f"claimcheck: {text}\n")
    return 2
