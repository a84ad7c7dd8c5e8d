"""What other distributions add by entry points: formats of messages (``claimcheck.writers``), and checks
(``claimcheck.checks``). Nothing of them is loaded before its name is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from claimcheck import ClaimcheckError

WRITERS: Final = "claimcheck.writers"
CHECKS: Final = "claimcheck.checks"
"""The groups of entry points."""


class PluginError(ClaimcheckError):
    """What another distribution adds can't be used; the text says which, whose, and why."""


def plugins(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points of a group by name; of several distributions where they share one."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=group):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def plugin(group: str, name: str) -> EntryPoint | None:
    """The entry point of a name; None where no distribution has it.

    Raises:
        PluginError: several have it.
    """
    points = plugins(group).get(name, ())
    if len(points) > 1:
        whose = " and ".join(sorted({distribution_of(point) for point in points}))
        raise PluginError(f"{name!r} is an entry point of {whose}: uninstall one of them")
    return points[0] if points else None


def distribution_of(point: EntryPoint) -> str:
    """The distribution that an entry point is of, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "a distribution without a name"


def load(point: EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        PluginError: it can't be imported.
    """
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # whatever its module raises
        raise PluginError(f"{place_of(point)} can't be loaded: {said_by(error)}") from None


def place_of(point: EntryPoint) -> str:
    """An entry point as errors name it."""
    return f"{point.name!r} of {distribution_of(point)} ({point.value})"


def said_by(error: BaseException) -> str:
    """An error of somebody else's code, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
