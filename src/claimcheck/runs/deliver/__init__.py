"""All that comes of a run, in one folder: ``claimcheck check --deliver``.

One run judges every claim file. Of each it writes, into a folder of its own, the messages, the answers to an 837, and
the parts by disposition; of all of them a report, the record, the summary and metrics, and the manifest of what is
there. The folder appears whole or not at all, and is the same, byte for byte, each time: two files alone tell the
time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import claimcheck
from claimcheck.config.checker import Checker, exit_status_of
from claimcheck.engine.loop import Tally
from claimcheck.message import Disposition
from claimcheck.runs.batch import Streams, can_be_read_once, name_of
from claimcheck.runs.deliver.folder import new_file, sync, whole_folder
from claimcheck.runs.deliver.layout import (
    MANIFEST,
    METRICS,
    OF_THE_CLOCK,
    RECORD,
    SUMMARY,
    TIMING,
    DeliveryError,
    Place,
    must_be_different,
    places_of,
)
from claimcheck.runs.deliver.metrics import Clock, metrics_of
from claimcheck.runs.deliver.writing import PARTS, Counts, FolderWriter
from claimcheck.runs.record import counted_as_dict, digests_of, record_of
from claimcheck.runs.sources import CHANGED, Source, Stamp, read_again, sources_of, spooled
from claimcheck.runs.split import Sorted, SplitError, copy_parts
from claimcheck.writers import Options
from claimcheck.writers.figures import Counted, Figures

__all__ = ["Clock", "Delivery", "DeliveryError", "SplitError", "delivery_to", "must_be_deliverable"]


def must_be_deliverable(paths: Sequence[str | Path], columns: Mapping[str, str] = {}) -> None:
    """Each claim file can get a folder of its own, as far as that can be told before anything is read.

    Raises:
        DeliveryError: it can't, as it is named.
        OSError: one is not there.
    """
    must_be_different(paths)
    places_of(source for path in paths for source in _look_at(path, columns))


def _look_at(path: str | Path, columns: Mapping[str, str]) -> Iterable[Source]:
    if can_be_read_once(path):
        return (Source(str(path), name_of(path), "unknown"),)
    return sources_of(path, columns=columns)


@contextmanager
def delivery_to(
    path: Path,
    inputs: Sequence[str],
    checker: Checker,
    options: Options,
    say: Callable[[str], object],
    commit: Callable[[], object] = lambda: None,
) -> Iterator[Delivery]:
    """A delivery to write a run into, and then to finish. The folder appears when the context ends without an error.

    Args:
        path: the folder; it must not be there.
        inputs: the claim files; ``-`` is standard input.
        checker: what judges them.
        options: what formats may have a use for.
        say: told in one line of what a run left that was killed, and of a file that is held whole.
        commit: called once all is written, before the folder appears; where it raises, none does.

    Raises:
        DeliveryError: two inputs would have the same folder.
        SplitError: an input was changed or removed meanwhile.
        FormatError: what a format needs is not installed.
        OSError: the folder can't be written.
    """
    stamps = {name: Stamp.of(name) for name in inputs if not can_be_read_once(name)}
    columns = checker.configuration.columns
    with whole_folder(path, say) as folder, spooled(inputs) as streams, ExitStack() as stack:
        places = places_of(source for name in inputs for source in sources_of(name, streams, columns))
        writer = stack.enter_context(FolderWriter(folder, places, options))
        for spool in streams.values():
            spool.seek(0)
        yield Delivery(folder, inputs, stamps, streams, checker, places, writer, say)
        _must_be_as_they_were(stamps)
        commit()


class Delivery:
    """A delivery that is being written; ``delivery_to`` makes it.

    Attributes:
        writer: what the run is to be written into.
        streams: what is to be read in place of a path, by it.
    """

    def __init__(
        self,
        folder: Path,
        inputs: Sequence[str],
        stamps: Mapping[str, Stamp],
        streams: Streams,
        checker: Checker,
        places: Mapping[str, Place],
        writer: FolderWriter,
        say: Callable[[str], object],
    ) -> None:
        self._folder, self._inputs, self._stamps, self._checker = folder, inputs, stamps, checker
        self._places, self.writer, self._say = places, writer, say
        self.streams = streams

    @property
    def figures(self) -> Figures:
        """What was counted."""
        return self.writer.figures

    def copy_parts(self) -> None:
        """Copy each claim into its part, now that all are judged. A file that can't be split is held whole.

        Raises:
            SplitError: a file was changed or removed meanwhile.
            OSError: a part can't be written.
        """
        _must_be_as_they_were(self._stamps)
        left = dict(self._places)
        for path in self._inputs:
            for label, file in read_again(path, self.streams):
                place = left.pop(label, None)
                if place is None or label not in self.writer.found:
                    raise SplitError(f"{label}: {CHANGED}")
                self._copy(place, self.writer.found[label], cast(BinaryIO, file))
        for label, place in left.items():
            if place.source.is_open or label not in self.writer.found:
                raise SplitError(f"{label}: {CHANGED}")
            if not place.source.member and place.source.path not in self.streams:
                with Path(place.source.path).open("rb") as file:
                    self._copy(place, self.writer.found[label], file)

    def _copy(self, place: Place, found: Sorted, file: BinaryIO) -> None:
        folder = self._folder / place.folder
        with ExitStack() as stack:
            if found.trouble:
                if any(each.claims for each in self.writer.counts[place.source.label].by_disposition.values()):
                    self._say(f"{place.source.label}: held whole: {found.trouble}")  # of no claims it is told already
                _hold(file, stack.enter_context(_part(folder, "held", place)))
                return
            outputs = [stack.enter_context(_part(folder, name, place)) for name in PARTS]
            with _naming(place.source.label):
                copy_parts(file, found, outputs)

    def finish(self, tally: Tally, given: Mapping[str, Any], clock: Callable[[], Clock]) -> None:
        """Write the files of the whole run: its record, summary and metrics, and the manifest of all.

        Args:
            tally: what came of the run.
            given: what was given beside the configuration, as the record has it.
            clock: tells the time that the run took, once all but that is written.

        Raises:
            OSError: it can't be written.
        """
        digests = digests_of(self.streams)
        record = record_of(self._checker, self._inputs, tally, self.figures, given=given, streams=digests)
        self._write_json(RECORD, record)
        self._write_json(SUMMARY, self._summary(tally))
        now = clock()
        status = exit_status_of(tally, self._checker.configuration)
        self._write(METRICS, metrics_of(tally, self.figures, now, status))
        ended = datetime.fromtimestamp(now.ended, UTC).isoformat(timespec="milliseconds")
        seconds = {name: round(each, 3) for name, each in now.seconds.items()}
        self._write_json(TIMING, {"ended": ended, "seconds": seconds})
        self._write_json(MANIFEST, self._manifest(record["inputs"]))
        for each in (
            self._folder,
            *(path for path in self._folder.rglob("*") if path.is_dir()),
            self._folder / MANIFEST,
        ):
            sync(each)

    def _summary(self, tally: Tally) -> dict[str, Any]:
        return {
            "claimcheck": claimcheck.__version__,
            **tally.as_dict(),
            "by_disposition": _by_disposition(self.figures.lines),
            "inputs": [self._of_input(place) for place in self._places.values()],
        }

    def _of_input(self, place: Place) -> dict[str, Any]:
        label = place.source.label
        counts, found = self.writer.counts.get(label, Counts()), self.writer.found[label]
        claims = {part: sum(many for (of, _), many in found.claims.items() if of == part) for part in range(len(PARTS))}
        parts = {
            name: {"file": f"{place.folder}/{name}{place.suffix}", "claims": claims[part]}
            for part, name in enumerate(PARTS)
        }
        return {
            "input": label,
            "folder": str(place.folder),
            "kind": place.source.kind,
            "messages": counts.messages,
            "unreadable": counts.unreadable,
            "by_disposition": _by_disposition(counts.by_disposition),
            "parts": {} if found.trouble else parts,
            "held_whole": found.trouble or None,
        }

    def _manifest(self, inputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        of = {str(place.folder): label for label, place in self._places.items()}
        names = sorted(path.relative_to(self._folder) for path in self._folder.rglob("*") if path.is_file())
        return {
            "inputs": list(inputs),
            "files": [
                {"name": str(name), "input": of.get(str(name.parent)), **_size_and_digest(self._folder / name)}
                for name in names
                if str(name) not in OF_THE_CLOCK
            ],
        }

    def _write_json(self, name: str, value: object) -> None:
        self._write(name, json.dumps(value, indent=2) + "\n")

    def _write(self, name: str, text: str) -> None:
        with new_file(self._folder / name) as stream:
            stream.write(text)


def _must_be_as_they_were(stamps: Mapping[str, Stamp]) -> None:
    for name, stamp in stamps.items():
        with _naming(name):
            stamp.must_be_of(name)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Have an error say of which file it is."""
    try:
        yield
    except SplitError as error:
        raise SplitError(f"{name}: {error}") from None


def _part(folder: Path, name: str, place: Place) -> AbstractContextManager[BinaryIO]:
    return cast("AbstractContextManager[BinaryIO]", new_file(folder / f"{name}{place.suffix}", binary=True))


def _hold(file: BinaryIO, output: BinaryIO) -> None:
    while piece := file.read(1 << 16):
        output.write(piece)


def _by_disposition(counted: Mapping[Disposition, Counted]) -> dict[str, dict[str, Any]]:
    return {str(disposition): counted_as_dict(each) for disposition, each in counted.items()}


def _size_and_digest(path: Path) -> dict[str, Any]:
    sync(path)
    with path.open("rb") as stream:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
