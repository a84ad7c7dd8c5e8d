"""Formats of other distributions: ``--format NAME`` finds each by its entry point, and tells whose an error is."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import EntryPoint
from typing import IO, Any

from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage
from claimcheck.plugins import WRITERS, PluginError, load, place_of, plugin, plugins
from claimcheck.writers import FORMATS, Format, FormatError, Options, Writer


def format_of_plugin(name: str) -> Format:
    """The format that another distribution gives a name.

    Raises:
        FormatError: there is none, or it can't be used.
    """
    try:
        point = plugin(WRITERS, name)
        if point is None:
            known = ", ".join((*FORMATS, *sorted(plugins(WRITERS))))
            near = get_close_matches(name, FORMATS, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise FormatError(f'--format: found "{name}", expected one of {known}{meant}')
        found = load(point)
    except PluginError as error:
        raise FormatError(f"format {error}") from None
    if not isinstance(found, Format):
        kind = type(found).__name__
        raise FormatError(f"format {place_of(point)} is a {kind}; expected a claimcheck.writers.Format")

    def writer(stream: IO[Any], options: Options) -> Writer:
        return _Guarded(point, found, stream, options)

    return found._replace(writer=writer)


class _Guarded:
    """A writer of another distribution. Its errors name it, and the run ends with their text; those of the output, such
    as a full disk, are not its own."""

    def __init__(self, point: EntryPoint, format: Format, stream: IO[Any], options: Options) -> None:
        self._point = point
        try:
            self._writer = format.writer(stream, options)
        except (OSError, FormatError):
            raise
        except Exception as error:
            raise self._told(error) from None

    def take(self, item: Judged | EditMessage) -> None:
        """Hand on one claim or message."""
        try:
            self._writer.take(item)
        except (OSError, FormatError):
            raise
        except Exception as error:
            raise self._told(error) from None

    def close(self) -> None:
        """Finish the output."""
        try:
            self._writer.close()
        except (OSError, FormatError):
            raise
        except Exception as error:
            raise self._told(error) from None

    def _told(self, error: Exception) -> FormatError:
        """The error without its text, which may quote the claim."""
        return FormatError(f"format {place_of(self._point)} broke off with {type(error).__name__}")
