"""Formats of other distributions: ``--format NAME`` finds each by its entry point, and tells whose an error is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from importlib.metadata import EntryPoint
from typing import IO, Any, Self, TypeVar

from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage
from claimcheck.plugins import WRITERS, PluginError, load, place_of, plugin, plugins
from claimcheck.writers import FORMATS, Format, FormatError, Options, Writer

_Returned = TypeVar("_Returned")


def format_of_plugin(name: str) -> Format:
    """The format that another distribution gives a name.

    Raises:
        FormatError: there is none, or it can't be used.
    """
    try:
        point = plugin(WRITERS, name)
        if point is None:
            known = ", ".join((*FORMATS, *sorted({*plugins(WRITERS)}.difference(FORMATS))))
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


class _Output:
    """A stream as a plug-in is handed it: it remembers the error of its own, such as of a full disk, and stays open
    whoever closes it."""

    def __init__(self, stream: IO[Any]) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, data: Any) -> int:
        """Write text, or bytes where the format is binary."""
        return self._remembered(self._stream.write, data)

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._remembered(self._stream.flush)

    def close(self) -> None:
        """Flush alone: other writers may follow on standard output, and a file is closed once it is whole."""
        self.flush()

    def _remembered(self, call: Callable[..., _Returned], *given: Any) -> _Returned:
        try:
            return call(*given)
        except OSError as error:
            self.error = error
            raise


class _Guarded:
    """A writer of another distribution. Its errors name it, and the run ends with their text; those of the output, such
    as a full disk, are not its own."""

    def __init__(self, point: EntryPoint, format: Format, stream: IO[Any], options: Options) -> None:
        self._point = point
        self._output = _Output(stream)
        self._writer = self._guarded(format.writer, self._output, options)

    def take(self, item: Judged | EditMessage) -> None:
        """Hand on one claim or message."""
        self._guarded(self._writer.take, item)

    def close(self) -> None:
        """Finish the output."""
        self._guarded(self._writer.close)

    def _guarded(self, call: Callable[..., _Returned], *given: Any) -> _Returned:
        try:
            return call(*given)
        except (Exception, SystemExit) as error:
            raise self._told(error) from None

    def _told(self, error: BaseException) -> BaseException:
        """The error without its text, which may quote the claim; that of the output, of a format that says what is
        wrong, and the end by a signal, whose ``SystemExit`` is of a class of its own, as they are."""
        if self._output.error:
            return self._output.error
        if isinstance(error, FormatError) or (isinstance(error, SystemExit) and type(error) is not SystemExit):
            return error
        return FormatError(f"format {place_of(self._point)} broke off with {type(error).__name__}")
