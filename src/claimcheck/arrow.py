"""Claim lines checked where they are: record batches in, edit messages out. Needs the extra ``arrow`` (pyarrow).

from claimcheck import Checker
from claimcheck.arrow import check_batches

for messages in check_batches(table, Checker()):
    print(messages.num_rows)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from claimcheck.claim import Claim
from claimcheck.config.checker import Checker, Engines, Result, engines_of, messages_of, without_tally
from claimcheck.config.files import ConfigurationError
from claimcheck.engine.loop import Tally, judge
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage
from claimcheck.readers.rows.arrow_rows import read_arrow
from claimcheck.readers.rows.edits import ROW_APART
from claimcheck.runs.batch import no_garbage_collection
from claimcheck.writers.to_parquet import ROWS, SCHEMA, as_batch

__all__ = ["MESSAGES", "check_batches"]

MESSAGES: Final = SCHEMA
"""The columns of what comes out."""


@without_tally
def check_batches(
    batches: Iterable[pa.RecordBatch] | Any,
    checker: Checker,
    *,
    name: str = "table",
    numbers: str | None = None,
) -> Result[pa.RecordBatch]:
    """Check claim lines in columns: the row format, as a Parquet file of ``claimcheck check`` has it.

    A claim may go on in the next batch. The messages are those of the command line for the same rows, in the same
    order; what can't be read is a message too.

    Args:
        batches: record batches of one batch of claims; or a table, a reader, or whatever else gives an Arrow stream
            (``__arrow_c_stream__``), such as a frame of Polars or a relation of DuckDB. Memory is one batch.
        checker: the checks, over a rule book.
        name: stands in each message's ``locus_file``.
        numbers: for one part of a larger whole, which an engine spreads over machines: the column of integers that
            numbers its rows, which messages carry as ``locus_row``. What only the whole can tell is then not reported:
            which columns it lacks, that rows of a claim are not together, which waivers and keys of the configuration
            were not used, and how many claims have the filing indicator ZZ.

    Returns:
        Record batches of the columns in ``MESSAGES``, none of them empty, as they are asked for. Then the summary, with
        every line and what was unreadable.

    Raises:
        ConfigurationError: a part of a whole is to be judged with a history.
    """
    if numbers and engines_of(checker).remembering:
        raise ConfigurationError(
            f"numbers={numbers!r}: a part of a whole can't be judged with a history, which one process writes; check "
            "the whole, or use a Checker without history"
        )
    schema = None
    if hasattr(batches, "__arrow_c_stream__"):
        batches = pa.RecordBatchReader.from_stream(batches)
        schema = batches.schema
    elif isinstance(batches, pa.RecordBatch):
        batches = [batches]
    configuration = checker.configuration
    claims = read_arrow(
        batches,
        name,
        schema=schema,
        columns=configuration.columns,
        asc_npis=frozenset(configuration.asc_npis),
        date_format=configuration.date_format or "",
        numbers=numbers,
    )
    engines, tally = engines_of(checker), Tally()
    judged = _of_a_part(claims, engines, tally) if numbers else engines.judge(claims, tally)
    return Result(_in_batches(messages_of(judged)), tally, configuration)


def _in_batches(messages: Iterator[EditMessage]) -> Iterator[pa.RecordBatch]:
    while True:
        with no_garbage_collection():
            some = [*islice(messages, ROWS)]
        if not some:
            return
        yield as_batch(some)


def _of_a_part(claims: Iterable[Claim | EditMessage], engines: Engines, tally: Tally) -> Iterator[Judged | EditMessage]:
    """Some of the claims as they are judged, without what only the whole can tell."""
    of_part = (item for item in claims if not (isinstance(item, EditMessage) and item.check == ROW_APART.id))
    return judge(of_part, engines.engine_for, tally, engines.history())
