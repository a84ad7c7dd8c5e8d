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
from claimcheck.config.checker import Checker
from claimcheck.engine.loop import Tally, judge
from claimcheck.message import EditMessage
from claimcheck.readers.rows.arrow_rows import read_arrow
from claimcheck.readers.rows.edits import ROW_APART
from claimcheck.runs.batch import no_garbage_collection
from claimcheck.writers.to_parquet import ROWS, SCHEMA, as_batch

MESSAGES: Final = SCHEMA
"""The columns of what comes out."""


def check_batches(
    batches: Iterable[pa.RecordBatch] | Any,
    checker: Checker,
    *,
    name: str = "table",
    tally: Tally | None = None,
    numbers: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """Check claim lines in columns: the row format, as a Parquet file of ``claimcheck check`` has it.

    A claim may go on in the next batch. The messages are those of the command line for the same rows, in the same
    order; what can't be read is a message too.

    Args:
        batches: record batches of one batch of claims; or a table, a reader, or whatever else gives an Arrow stream
            (``__arrow_c_stream__``), such as a frame of Polars or a relation of DuckDB. Memory is one batch.
        checker: the checks, over a rule book.
        name: stands in each message's ``locus_file``.
        tally: counted up as the messages are taken; when they are, it holds every line and what was unreadable.
        numbers: for one part of a larger whole, which an engine spreads over machines: the column of integers that
            numbers its rows, which messages carry as ``locus_row``. What only the whole can tell is then not reported:
            which columns it lacks, that rows of a claim are not together, which waivers and keys of the configuration
            were not used, and how many claims have the filing indicator ZZ.

    Yields:
        Record batches of the columns in ``MESSAGES``, none of them empty.
    """
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
        numbers=numbers,
    )
    messages = _of_a_part(claims, checker, tally) if numbers else checker.run(claims, tally)
    while True:
        with no_garbage_collection():
            some = [*islice(messages, ROWS)]
        if not some:
            return
        yield as_batch(some)


def _of_a_part(claims: Iterable[Claim | EditMessage], checker: Checker, tally: Tally | None) -> Iterator[EditMessage]:
    """The messages of some of the claims: without those that only the whole can tell."""
    of_part = (item for item in claims if not (isinstance(item, EditMessage) and item.check == ROW_APART.id))
    for item in judge(of_part, checker.engine_for, tally or Tally(), checker.history()):
        if isinstance(item, EditMessage):
            yield item
        else:
            yield from item.outcome.messages
