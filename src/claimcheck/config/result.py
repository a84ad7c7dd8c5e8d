"""What comes of a batch: items as they are judged, and once all are taken the summary and the exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import chain
from typing import Final, ParamSpec, TypeVar

from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import Tally
from claimcheck.errors import ClaimcheckError
from claimcheck.message import Disposition

CLEAN: Final = 0
REJECTED: Final = 1
COULD_NOT_RUN: Final = 2
TOO_LITTLE_JUDGED: Final = 3
"""The exit statuses of a run."""

_Item = TypeVar("_Item")
_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")


class NotFinished(ClaimcheckError, RuntimeError):
    """A result was asked for its summary before all of its items were taken."""


class Result(Iterator[_Item]):
    """What comes of a batch. Iterate over it once, for items in the order of the input: claims are read and judged as
    you do, so that a batch of any size needs little memory. Then ask for the summary::

        result = check("batch.837")
        for message in result:
            print(message.text)
        print(result.summary.rejected, "lines rejected")
        sys.exit(result.exit_status)

    ``len(list(result))`` or ``collections.deque(result, maxlen=0)`` takes all items where only the summary is wanted.
    """

    def __init__(self, items: Iterable[_Item], tally: Tally, configuration: Configuration) -> None:
        self._tally, self._configuration = tally, configuration
        self._is_finished = False
        self._items = chain.from_iterable(self._stages(items))

    def _stages(self, items: Iterable[_Item]) -> Iterator[Iterable[_Item]]:
        yield items
        self._is_finished = True

    def __iter__(self) -> Iterator[_Item]:
        return self._items

    def __next__(self) -> _Item:
        return next(self._items)

    @property
    def summary(self) -> Tally:
        """The counts of files, claims, lines and messages, and the rules that lines wait for.

        Raises:
            NotFinished: not all items were taken.
        """
        if not self._is_finished:
            raise NotFinished("the batch is not judged to its end: iterate over the result first, as list(result) does")
        return self._tally

    @property
    def dispositions(self) -> dict[Disposition, int]:
        """How many lines have each disposition; their sum is ``summary.lines``. Those of one claim's lines are in its
        ``Outcome.dispositions``: see ``Checker.judge``.

        Raises:
            NotFinished: not all items were taken.
        """
        summary = self.summary
        return {disposition: getattr(summary, disposition) for disposition in Disposition}

    @property
    def exit_status(self) -> int:
        """What ``claimcheck check`` ends with: 0 clean, 1 a line has a disposition of ``fail_on`` or something could
        not be read, 2 nothing could be read, 3 fewer lines could be judged than ``min_judged`` asks for.

        Raises:
            NotFinished: not all items were taken.
        """
        return exit_status_of(self.summary, self._configuration)


def exit_status_of(tally: Tally, configuration: Configuration) -> int:
    """The exit status of a run: 3 where too little could be judged, else 1 where a line has a disposition of
    ``fail_on`` or something could not be read, else 0; 2 where nothing could be read."""
    if tally.unreadable and not tally.claims:
        return COULD_NOT_RUN
    if is_too_little_judged(tally, configuration):
        return TOO_LITTLE_JUDGED
    failed = tally.unreadable or any(getattr(tally, disposition) for disposition in configuration.fail_on)
    return REJECTED if failed else CLEAN


def is_too_little_judged(tally: Tally, configuration: Configuration) -> bool:
    """Whether fewer lines could be judged than the configuration asks for."""
    return tally.judged_share < configuration.min_judged


def without_tally(function: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """The function, which tells callers that still pass the ``tally`` of earlier versions what took its place."""

    @wraps(function)
    def call(*given: _Given.args, **named: _Given.kwargs) -> _Returned:
        if "tally" in named or any(isinstance(each, Tally) for each in given):
            raise TypeError(
                f"{function.__name__}() takes no tally: iterate over the result that it returns, "
                "then read result.summary, result.dispositions and result.exit_status"
            )
        return function(*given, **named)

    return call
