"""Claim lines checked on Spark: a frame of lines in, a frame of edit messages out. Needs the extra ``spark``.

    from claimcheck.spark import check

    messages = check(spark.read.parquet("lines"), rulebook="/dbfs/rulebook.sqlite", order="line_id")

What the checks must see decides how rows are brought together: all claims of a patient where some check looks at
earlier claims, the rows of each claim where some looks at a claim, none where each line is judged by itself (and has
its ``line_number``). A part of the frame then streams through one checker, as a file does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 -- as all of Spark's documentation does

from claimcheck import ClaimcheckError
from claimcheck.arrow import check_batches
from claimcheck.authoring.check import Reach
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.config.files import ConfigurationError
from claimcheck.message import EditMessage
from claimcheck.readers.rows.columns import LIST_COLUMNS, SPACES
from claimcheck.readers.rows.layout import Layout, layout_of
from claimcheck.readers.rows.notices import OF_CHECKS, WITHOUT, Notices
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.columns import LISTS, NUMBERS, columns
from claimcheck.writers.to_parquet import as_batch

__all__ = ["FrameError", "check"]

_ROW, _FIRST, _KEY, _CLAIM = "_claimcheck_row", "_claimcheck_first", "_claimcheck_key", "_claimcheck_claim"
"""Columns beside the frame's own: a row's number, that of its claim's first row, what it is grouped by."""

MESSAGES: Final = ", ".join(
    f"{name} {'array<string>' if name in LISTS else 'bigint' if name in NUMBERS else 'string'}" for name in columns()
)
"""The columns of what comes out."""


class FrameError(ClaimcheckError, ValueError):
    """A frame that can't be read as claim lines: which column, what it is, and what is expected."""


class _Settings(NamedTuple):
    """What a checker is made of, as it goes to the executors: each worker makes its own once."""

    profile: str | None
    rulebook: str | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    configuration: str


def check(
    frame: DataFrame,
    *,
    profile: str | None = None,
    rulebook: str | Path | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    configuration: Configuration | None = None,
    order: str | None = None,
    name: str = "frame",
) -> DataFrame:
    """Check a frame of claim lines: one row a line, with the columns of the row format.

    The messages are those of the command line for the same rows, but for their order, which a frame does not have,
    and for what only one reader of the whole could report: rows of a claim that are not together (ROW-APART), waivers
    and keys of the configuration that were not used, and claims with the filing indicator ZZ.
    Two rows are of one claim only if they name one patient.

    Args:
        frame: the lines. Its rows are read once more, in the columns that checks may lack, to say which they lack.
        profile: a profile's name for every claim; where None by each claim's payer, filing indicator and setting.
        rulebook: the rule book's path on the executors, or its name as ``SparkContext.addFile`` distributed it;
            ``starter``, or where None what ``open_book()`` opens there.
        select: ids or prefixes of the checks to run; empty for all.
        ignore: ids or prefixes of the checks to leave out.
        configuration: what ``claimcheck.toml`` says; its paths are the executors'.
        order: a column of integers that numbers the lines in the order of the input: of two claims that do not go
            together it is the later one that is wrong. Messages carry it as ``locus_row``. Where None, the order in
            which Spark happens to read the rows, as ``monotonically_increasing_id`` counts them: within a file that
            is the file's, among files it is Spark's.
        name: stands in each message's ``locus_file``.

    Returns:
        The messages, in the columns of every other format.

    Raises:
        FrameError: the frame lacks a column that is needed, or has one of a kind that can't be read.
        ConfigurationError: a profile, id or option is not known, or the configuration names a history.
        BookError, RuleDataError: the rule book can't be used.
    """
    if configuration and configuration.history:
        raise ConfigurationError(
            f"{configuration.origin}: a frame can't be judged with a history, which one process writes; set history to "
            "None, and check the rows with `claimcheck check` or check_batches"
        )
    configured = (configuration or Configuration()).model_dump_json()
    settings = _Settings(profile, str(rulebook) if rulebook else None, (*select,), (*ignore,), configured)
    checker = _checker(settings)
    names = checker.configuration.columns
    given = frame.drop(order) if order else frame
    layout = layout_of(given.columns, names)
    _must_fit(given, layout, names)
    found = {ours: F.col(f"`{given.columns[at]}`") for ours, at in layout.at.items()}
    number = F.col(f"`{order}`").cast("long") if order else F.monotonically_increasing_id() + 1
    lines = frame.select(*found.values(), number.alias(_ROW))
    messages_of = partial(_of_columns, given.columns, names, name)
    notices = lines.agg(*_missing(found)).mapInArrow(messages_of, MESSAGES)
    judged = _together(lines, found, _reach(checker)).mapInArrow(partial(_check, settings, name), MESSAGES)
    return notices.unionByName(judged)


def _must_fit(frame: DataFrame, layout: Layout, names: dict[str, str]) -> None:
    """The columns that are needed are there, and those that are there hold what can be read."""
    if layout.missing:
        wanted = ", ".join(names.get(name, name) for name in layout.missing)
        raise FrameError(f"the frame lacks {wanted}; name its columns so, or map them in configuration.columns")
    kinds = {field.name: field.dataType.simpleString() for field in frame.schema}
    for ours, at in layout.at.items():
        theirs = frame.columns[at]
        listed = ours in LIST_COLUMNS and kinds[theirs] == "array<string>"
        if not listed and kinds[theirs].startswith(("array", "struct", "map", "binary", "boolean", "variant")):
            expected = "an array of strings" if ours in LIST_COLUMNS else "text, a number or a date"
            raise FrameError(f"column {theirs} is {kinds[theirs]}, expected {expected}")


def _reach(checker: Checker) -> Reach:
    """The furthest that any check looks which may run; at least the claim, for one message tells of all its lines that
    could not be judged."""
    configuration = checker.configuration
    reaches = {chosen.check.reach for engine in engines_of(checker).every_engine() for chosen in engine.chosen}
    if "HISTORY" in reaches and configuration.across_claims:
        return "HISTORY"
    return "CLAIM"


def _together(lines: DataFrame, found: dict[str, Column], reach: Reach) -> DataFrame:
    """The lines, those together that must be judged together, in the order of the input.

    One shuffle brings the rows of a key into one part; within it claims follow each other by their first rows. The
    window needs no shuffle of its own, for rows that agree in more than the key are where the key is.
    """
    claim = _text(found["claim_id"])
    patient = _text(found["patient_id"]) if reach == "HISTORY" and "patient_id" in found else F.lit(None)
    row = F.col(_ROW)
    of_claim = Window.partitionBy(_KEY, _CLAIM)
    return (
        lines.withColumn(_CLAIM, F.coalesce(claim, row.cast("string")))
        .withColumn(_KEY, F.coalesce(patient, _CLAIM))
        .repartition(_KEY)
        .withColumn(_FIRST, F.min(_ROW).over(of_claim))
        .sortWithinPartitions(_FIRST, _KEY, _CLAIM, _ROW)
        .drop(_FIRST, _KEY, _CLAIM)
    )


def _text(column: Column) -> Column:
    """A cell as it is read, None where it is blank."""
    return F.nullif(F.btrim(column.cast("string"), F.lit(SPACES)), F.lit(""))


# -- on the executors ----------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _checker(settings: _Settings) -> Checker:
    """The checker of a worker, made once for all parts that it is given."""
    return Checker(
        _book(settings.rulebook),
        settings.profile,
        select=settings.select,
        ignore=settings.ignore,
        configuration=Configuration(**json.loads(settings.configuration)),
    )


def _book(path: str | None) -> Rulebook:
    """The rule book at a path, or that Spark brought along."""
    return open_book(path if path is None or Path(path).exists() else _brought(path))


def _brought(path: str) -> str:
    brought = SparkFiles.get(path)
    return brought if Path(brought).exists() else path


def _check(settings: _Settings, name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return check_batches(batches, _checker(settings), name=name, numbers=_ROW)


# -- messages about columns ----------------------------------------------------------------------


def _missing(found: dict[str, Column]) -> list[Column]:
    """For the columns of which checks need one, the first row that has none of them."""
    row = F.col(_ROW)
    aggregates = [F.min(row).alias("first")]
    for at, names in enumerate(OF_CHECKS):
        none = F.lit(True)
        for ours in names:
            none = none & found[ours].isNull() if ours in found else none
        aggregates.append(F.min(F.when(none, row)).alias(f"at{at}"))
    return aggregates


def _of_columns(
    columns: list[str], mapped: dict[str, str], name: str, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Messages about a frame's columns, once."""
    for batch in batches:
        for first, *rows in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if first is not None and (messages := [*_messages_about_columns(columns, mapped, name, first, rows)]):
                yield as_batch(messages)


def _messages_about_columns(
    columns: list[str], mapped: dict[str, str], name: str, first: int, rows: list[int | None]
) -> Iterator[EditMessage]:
    notices = Notices(name, mapped)
    layout = layout_of(columns, mapped)
    yield from notices.of_mapping(first)
    yield from notices.of_mapped(columns, layout, first)
    yield from notices.of_unknown(layout.unknown, first)
    for row in sorted({row for row in rows if row is not None}):
        missing = {ours for names, at in zip(OF_CHECKS, rows, strict=True) if at == row for ours in names}
        carried = {ours for names in OF_CHECKS for ours in names} - missing
        yield from notices.of_missing(carried, row, WITHOUT)
