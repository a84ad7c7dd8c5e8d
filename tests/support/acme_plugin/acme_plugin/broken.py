"""A module that can't be imported, and looks as if it defined checks."""

import socket

raise RuntimeError("no licence for " + socket.__name__)


@service_check()  # type: ignore[name-defined]  # noqa: F821
def never() -> None:
    """Not reached."""
