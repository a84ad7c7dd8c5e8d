"""A history, as the commands that judge claims use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from claimcheck.cli.common import fail
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.files import ConfigurationError
from claimcheck.config.history import remembering_of
from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.unkept import unkept_by


def use(checker: Checker, *, wait: float, as_of_now: bool) -> None:
    """Have a checker judge with the history that its configuration names, or the end. Custom checks that look at more
    of earlier lines than a history keeps are named."""
    configuration = checker.configuration
    assert configuration.history
    try:
        found = remembering_of(configuration.history, configuration, wait=wait, as_of_now=as_of_now)
    except (ConfigurationError, HistoryError) as error:
        fail(str(error))
    engines = engines_of(checker)
    engines.remember_in(found)
    for check, fields in unkept_by(engines.own_checks()):
        typer.echo(
            f"claimcheck: {check.id} reads {', '.join(fields)}, which the history does not keep: on lines of earlier "
            "batches they are None",
            err=True,
        )


@contextmanager
def batch_of(checker: Checker) -> Iterator[Callable[[], object]]:
    """A batch that is judged with a checker's history, and what commits it, or the end. Another run that adds to it is
    waited for."""
    remembering = engines_of(checker).remembering
    assert remembering
    try:
        with remembering.batch():
            yield remembering.commit
    except HistoryError as error:
        fail(str(error))
