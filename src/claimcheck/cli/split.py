"""``claimcheck split``: a claim file in, its claims out by what was said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from claimcheck.cli.common import (
    ChecksOption,
    ConfigOption,
    IgnoreOption,
    IsolatedOption,
    MinJudgedOption,
    ProfileOption,
    RulebookOption,
    SelectOption,
    checker_of,
    configured,
    count,
    end_run,
    fail,
    must_be_writable,
)
from claimcheck.message import Disposition
from claimcheck.runs import split as splitting
from claimcheck.runs.outputs import output_to


def split(
    file: Annotated[
        str, typer.Argument(metavar="FILE or -", help="837, CSV, JSONL, Parquet or Arrow, also .gz, .zip.")
    ],
    accepted: Annotated[
        Path, typer.Option("--accepted", metavar="PATH", help="Where claims go of which no line is rejected.")
    ],
    rejected: Annotated[
        Path,
        typer.Option("--rejected", metavar="PATH", help="Where rejected claims go, and what could not be read."),
    ],
    warned: Annotated[
        Path | None,
        typer.Option("--warned", metavar="PATH", help="Where claims accepted with warnings go. Default: accepted."),
    ] = None,
    not_judged: Annotated[
        Path | None,
        typer.Option(
            "--not-judged", metavar="PATH", help="Where claims that could not be judged go. Default: rejected."
        ),
    ] = None,
    profile: ProfileOption = None,
    rulebook: RulebookOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    checks: ChecksOption = None,
    min_judged: MinJudgedOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Split a claim file: each claim, byte for byte, into the part of its disposition.

    Every part is written, whole or not at all; one without a claim is an empty file (CSV: the header alone; Parquet
    and Arrow: the columns alone).
    """
    # What could not be judged is not sent on as clean unless the caller says so.
    given: dict[Disposition, Path] = {
        "accepted": accepted,
        "rejected": rejected,
        "accepted_with_warnings": warned or accepted,
        "not_judged": not_judged or rejected,
    }
    if accepted.resolve() == rejected.resolve():
        fail("accepted and rejected claims can't go to one file")
    parts = {path.resolve(): path for path in given.values()}
    paths = [*parts.values()]
    _must_be_parts(paths, file)
    part_of = {disposition: [*parts].index(path.resolve()) for disposition, path in given.items()}
    configuration = configured(config, isolated).with_given(min_judged=min_judged)
    checker = checker_of(rulebook, profile, configuration, checks=checks, select=select, ignore=ignore)
    name = "standard input" if file == "-" else file
    try:
        with splitting.opened(file, name) as source:
            found = splitting.sort_claims(source, checker, part_of)
            with ExitStack() as stack:
                outputs = [_output(stack, path) for path in paths]
                bare = splitting.copy_parts(source, found, outputs)
                for output in outputs:  # so that a full disk leaves none of the parts, rather than some
                    output.flush()
    except splitting.SplitError as error:
        fail(f"{name}: {error} Nothing was split.")
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"{error.filename or name}: {error.strerror}. Nothing was split.")
    end_run(found.tally, configuration, "\n".join(_summary(name, paths, found, bare)))


def _must_be_parts(paths: Sequence[Path], file: str) -> None:
    """Parts can be written, each to a file of its own."""
    for path in paths:
        must_be_writable(path, [file] if Path(file).exists() else [])
        if path.suffix.lower() in (".gz", ".zip"):
            fail(f"{path}: parts are not packed; name it without {path.suffix}")


def _output(stack: ExitStack, path: Path) -> BinaryIO:
    return cast("BinaryIO", stack.enter_context(output_to(path, binary=True)))


def _summary(name: str, paths: Sequence[Path], found: splitting.Sorted, bare: int) -> Iterator[str]:
    """How many claims went where, and why, line by line."""
    yield f"{name}: {count(found.tally.claims, 'claim')}"
    for part, path in enumerate(paths):
        whys = {why: many for (of, why), many in found.claims.items() if of == part}
        reasons = [f"{many:,} {_REASONS[why]}" for why, many in sorted(whys.items())]
        if part == found.rest and bare:
            what = "loop without a claim" if found.kind == "837" else "row that could not be read"
            reasons.append(f"and {bare:,} {what if bare == 1 else _PLURALS[what]}")
        yield f"  {count(sum(whys.values()), 'claim')} to {path}: {', '.join(reasons) or 'nothing'}"
    if found.unread:
        yield f"{count(found.unread, 'place')} could not be read; `claimcheck check` says which."


_REASONS: dict[splitting.Why, str] = {
    "accepted": "accepted",
    "accepted_with_warnings": "accepted with warnings",
    "not_judged": "not judged",
    "rejected": "rejected",
    "unread": "not read whole",
}
_PLURALS = {
    "loop without a claim": "loops without a claim",
    "row that could not be read": "rows that could not be read",
}
