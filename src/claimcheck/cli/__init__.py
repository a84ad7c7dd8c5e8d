"""The command line.

Exit status: 0 no line rejected; 1 some line rejected, or something could not be read; 2 could not run; 3 too little
could be judged; 129, 130 and 143 ended by a signal.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import NoReturn

import claimcheck
from claimcheck.runs.signals import SIGNALS, EndedBySignal, blocked_signals


class _Leave:
    """End in order when a signal says so, so that no part of an output is left, and no worker.

    Attributes:
        status: the exit status, as shells have it; 0 as long as there was no signal.
    """

    status = 0

    def __call__(self, ending: int, frame: object) -> None:
        self.status = 128 + ending
        raise EndedBySignal(ending)


def main() -> NoReturn:
    """Run the command line, and end the process with its status."""
    gc.set_threshold(100_000)  # loading makes tens of thousands of objects, and no garbage: a tenth of the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a claim id that the terminal can't show is no error
            stream.reconfigure(errors="backslashreplace")
    leave = _Leave()
    for ending in SIGNALS:
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as a shell has it for what runs in the background
            signal.signal(ending, leave)
    status = _status(leave)
    # At once: to take all apart first is a tenth more, and libraries' threads (pyarrow's) may abort if they meet it.
    os._exit(status)


def _status(leave: _Leave) -> int:
    """Run the command line up to its last output. A reader that goes away (``| head``) is no error of ours; one that
    can't take more (a full device) is told of."""
    try:
        status = _run()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        return status
    except BrokenPipeError:
        return 1
    except OSError as error:  # of a claim file it is a message, and of an output that is named the command's to say
        with suppress(OSError):  # it may be standard error itself
            print(f"claimcheck: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr, flush=True)  # noqa: T201
        return 2
    except Exception as error:
        if leave.status:
            return leave.status  # what was interrupted made another error of it
        # Never its text, which may quote a patient; and never status 1, which says that a line was rejected.
        import traceback  # no other start needs it

        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(at.filename)}:{at.lineno}"  # noqa: PTH119
        print(  # noqa: T201
            f"claimcheck: internal error, {type(error).__name__} at {place}; please report it",
            file=sys.stderr,
            flush=True,
        )
        return 2


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    """A warning as the command line says things, without the place in the program that it comes from."""
    print(f"claimcheck: {message}", file=sys.stderr)  # noqa: T201


def _run() -> int:
    if sys.argv[1:] == ["--version"]:  # scripts ask for it all the time: it loads nothing
        print(f"claimcheck {claimcheck.__version__}")  # noqa: T201
        return 0
    if os.environ.get("_CLAIMCHECK_COMPLETE") == "complete_bash" and not (
        "COMP_WORDS" in os.environ and os.environ.get("COMP_CWORD", "").isdecimal()
    ):
        expected = "expected COMP_WORDS, and COMP_CWORD as a number; run claimcheck --install-completion"
        print(f"claimcheck: completion: {expected}", file=sys.stderr)  # noqa: T201
        return 2
    warnings.showwarning = _show_warning
    with blocked_signals():
        from claimcheck.cli.commands import app
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
