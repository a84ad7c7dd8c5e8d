"""Processes that a test forks off."""

import os
import time
import traceback
from collections.abc import Callable


def fork(do: Callable[[], object]) -> int:
    """Have a process of its own do something; its id. It ends with status 1 where that raises."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        do()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(child: int) -> int:
    """The exit status of a process once it ends; negative, of a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_child(do: Callable[[], object]) -> int:
    """Have a process of its own do something; its exit status."""
    return ended(fork(do))


def wait_for(what: Callable[[], object]) -> None:
    """Until something is true that another process does."""
    until = time.monotonic() + 30
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)
