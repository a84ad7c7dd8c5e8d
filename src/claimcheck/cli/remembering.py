"""A history, as the commands that judge claims use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import typer

from claimcheck.cli.common import fail, saying_how_it_ends
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.files import ConfigurationError
from claimcheck.config.history import remembering_of
from claimcheck.memory.deposits import HistoryError
from claimcheck.memory.unkept import unkept_by
from claimcheck.runs.signals import blocked_signals


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
def batch_of(checker: Checker) -> Iterator[Callable[[ExitStack], object]]:
    """A batch that is judged with a checker's history, and what commits it, or the end. Another run that adds to it is
    waited for. From the moment of the commit to the end of the stack that is given, no signal ends us."""
    remembering = engines_of(checker).remembering
    assert remembering

    def commit(unbroken: ExitStack) -> None:
        remembering.commit(lambda _: unbroken.enter_context(blocked_signals()))

    with saying_how_it_ends(remembering.store, "remembered"), remembering.batch():
        yield commit
