"""``claimcheck check --deliver``: all that comes of a run, in one folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from claimcheck.cli.check import Asked, checked, say
from claimcheck.cli.common import fail, resolved
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import Tally
from claimcheck.runs import deliver as delivery
from claimcheck.writers import FormatError

_NOTHING = "Nothing was delivered."


def must_be_deliverable(
    folder: Path, paths: list[str], outputs: Iterable[Path | None], configuration: Configuration
) -> None:
    """A folder that can be made, and claim files that can each get one in it, or the end."""
    if os.path.lexists(folder):
        fail(f"{folder}: exists already; --deliver makes a new folder: name one that is not there")
    parent = resolved(folder).parent
    if not parent.is_dir():
        fail(f"{folder}: found no folder {folder.parent}; create it first")
    if not os.access(parent, os.W_OK | os.X_OK):
        fail(f"{folder}: can't be made: permission denied in {folder.parent}")
    if any(output and resolved(output) == resolved(folder) for output in outputs):
        fail(f"{folder}: is the file of another output; name another folder by --deliver")
    try:
        delivery.must_be_deliverable(paths, configuration.columns)
    except delivery.DeliveryError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def deliver(asked: Asked, folder: Path) -> Tally:
    """Check files, and deliver what comes of it, or the end."""
    # Every claim goes to the process that writes the parts and answers: more of them cost a third more in all.
    asked, timer = asked._replace(jobs=asked.jobs or 1), asked.timer
    try:
        given = asked.paths, asked.checker, asked.options, say
        # Files of other outputs take their places last: where nothing is delivered, none of them appears.
        with (
            ExitStack() as unbroken,
            ExitStack() as places,
            delivery.delivery_to(folder, *given, lambda: asked.commit(unbroken)) as made,
        ):
            tally = checked(asked._replace(places=places), [made.writer], made.figures, made.streams)
            made.copy_parts()
            timer.end("parts")

            def clock() -> delivery.Clock:
                timer.end("outputs")
                return delivery.Clock(time.time(), timer.phases)

            made.finish(tally, asked.given, clock)
    except (delivery.DeliveryError, delivery.SplitError, FormatError) as error:
        fail(f"{str(error).rstrip('.')}. {_NOTHING}")
    except BrokenPipeError:
        raise
    except OSError as error:
        place = error.filename if error.filename in asked.paths else folder  # never the unfinished folder's name
        fail(f"{place}: {error.strerror}. {_NOTHING}")
    return tally
