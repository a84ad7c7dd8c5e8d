"""What is said of each claim file, written into its folder as the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Literal

from claimcheck.engine.messages import Judged
from claimcheck.message import Disposition, EditMessage
from claimcheck.runs.deliver.layout import MESSAGES, REPORT, Place
from claimcheck.runs.split import Sorted, Sorting
from claimcheck.writers import Options, Writer, open_writer
from claimcheck.writers.figures import DISPOSITIONS, Counted, Figures
from claimcheck.writers.to_html import HtmlWriter

PARTS: Final[dict[str, Disposition]] = {
    "accepted": Disposition.ACCEPTED,
    "warned": Disposition.ACCEPTED_WITH_WARNINGS,
    "held": Disposition.REJECTED,
    "not_judged": Disposition.NOT_JUDGED,
}
"""The names of the parts, and what is in each."""

_PART_OF: Final = {disposition: part for part, disposition in enumerate(PARTS.values())}

_ANSWERS: Final = ("277ca", "999", "ta1")
"""The formats that answer an 837, each a file of its own, where there is anything to answer, and it can be split."""


@dataclass(slots=True)
class Counts:
    """What was found in one claim file."""

    messages: int = 0
    unreadable: int = 0
    by_disposition: dict[Disposition, Counted] = field(
        default_factory=lambda: {each: Counted() for each in DISPOSITIONS}
    )

    @classmethod
    def of(cls, figures: Figures, before: Counts | None = None) -> Counts:
        """What figures have counted, without what they, or so many of them, had counted before."""
        before = before or cls()
        by_disposition = {each: _less(now, before.by_disposition[each]) for each, now in figures.lines.items()}
        return cls(figures.messages - before.messages, figures.unreadable - before.unreadable, by_disposition)


def _less(now: Counted, before: Counted) -> Counted:
    return Counted(*(getattr(now, name) - getattr(before, name) for name in Counted.__slots__))


class FolderWriter:
    """Writes the outputs of each claim file into its folder: messages, and answers to an 837; and finds out where
    each claim goes. What is about no claim file, such as a waiver that is not used, goes into the delivery's own
    ``messages.jsonl``; all of it into the report.

    Args:
        folder: the delivery, which is to be filled.
        places: the place of each claim file in it, by the name that messages carry.
        options: what formats may have a use for.

    Attributes:
        figures: what was counted of all files.
        counts: the same of each.
        found: where everything in each file goes.
    """

    def __init__(self, folder: Path, places: Mapping[str, Place], options: Options) -> None:
        self._folder, self._places, self._options = folder, places, options
        self.counts: dict[str, Counts] = {}
        self.found: dict[str, Sorted] = {}
        self._of_file, self._of_run = ExitStack(), ExitStack()
        self._report = HtmlWriter(self._stream(self._of_run, folder / REPORT), options)
        self.figures = self._report.figures  # counted once for the report, the summary and the record
        self._common = [open_writer("jsonl", self._stream(self._of_run, folder / MESSAGES), options)]
        self._writers: list[Writer] = self._common
        self._file: str | None = None

    def __enter__(self) -> FolderWriter:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        """Close what is open: after an error without another one, for what waits may be what can't be written."""
        with suppress(OSError) if error else nullcontext(), self._of_run:
            self._of_file.close()

    def take(self, item: Judged | EditMessage) -> None:
        """A claim was judged, or something could not be read: in the order of the files."""
        file = item.locus.file if isinstance(item, EditMessage) else item.claim.locus.file
        if file != self._file:
            self._turn_to(file)
        for writer in self._writers:
            writer.take(item)
        self._report.take(item)

    def close(self) -> None:
        """Finish what is written."""
        self._turn_to(None)
        self._report.close()
        self._of_run.close()

    def _turn_to(self, file: str | None) -> None:
        """Finish what is written of one file, and begin with the next."""
        for writer in self._writers if self._writers is not self._common else ():
            writer.close()
        self._of_file.close()
        self._file, self._writers = file, self._common
        place = self._places.get(file) if file is not None else None
        if file is not None and place is not None:
            self._writers = [*self._writers_of(file, place)]

    def _writers_of(self, file: str, place: Place) -> list[Writer]:
        folder, stack = self._folder / place.folder, self._of_file
        before = Counts.of(self.figures, self.counts.get(file))
        stack.callback(lambda: self.counts.update({file: Counts.of(self.figures, before)}))
        if file in self.found:  # a message about it when the batch ends, such as of an unknown filing indicator
            return [open_writer("jsonl", self._stream(stack, folder / MESSAGES, "a"), self._options)]
        folder.mkdir(parents=True)
        sorting = Sorting(place.source.kind, _PART_OF)
        self.found[file] = sorting.found
        names = {"jsonl": MESSAGES, **{name: f"{name}.x12" for name in _ANSWERS if place.source.kind == "837"}}
        for name in _ANSWERS:
            stack.callback(self._drop_unless_needed, file, folder / f"{name}.x12")
        streams = {name: self._stream(stack, folder / path) for name, path in names.items()}
        options = self._options._replace(say=lambda line: self._options.say(f"{file}: {line}"))
        return [sorting, *(open_writer(name, stream, options) for name, stream in streams.items())]

    def _drop_unless_needed(self, file: str, path: Path) -> None:
        """An empty file would be sent on as if there were something to answer; and of a file that is held whole no
        claim goes on, whatever an answer says of it."""
        if path.exists() and (self.found[file].trouble or not path.stat().st_size):
            path.unlink()

    def _stream(self, stack: ExitStack, path: Path, mode: Literal["x", "a"] = "x") -> IO[str]:
        return stack.enter_context(path.open(mode, encoding="utf-8", newline=""))
