"""Other engines say what the command line says; the code is that of docs/guides/engines.md."""

import importlib.util
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimcheck import Checker, Configuration, ConfigurationError, read
from claimcheck.arrow import check_batches
from claimcheck.memory.keys import make_key_file
from claimcheck.memory.stores import create_history
from claimcheck.rulebook.opening import open_book
from claimcheck.writers.columns import columns, values
from support.optional import lacking
from support.places import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guides/engines.md").read_text(), re.DOTALL)
OF_COLUMNS = ("ROW-COLUMN", "ROW-COLUMNS")


def rows() -> list[dict[str, Any]]:
    """Claims of 40 patients, of which some do not go together, and some can't be read."""
    made: list[dict[str, Any]] = []
    for claim in range(400):
        patient = claim * 7 % 40
        codes = (("99213", "7742"), ("99213",), ("20610", "99213"), ("77424", "97110"))[claim % 4]
        for line, code in enumerate(codes, start=1):
            made.append(
                {
                    "claim_id": f"C{claim}" if claim % 50 else None,
                    "line_number": line if claim % 50 else 1,
                    "patient_id": f"P{patient}" if patient else " ",
                    "setting": "none such" if claim == 77 else None,
                    "code": code,
                    "from_date": f"202408{14 + claim % 3}",
                    "units": claim % 9,
                    "billing_npi": "1234567893",
                    "charge": None if claim % 5 else "10.00",
                    "mine": "x",
                }
            )
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the lines are, in one file and in parts by patient."""
    monkeypatch.chdir(tmp_path)
    table = pa.Table.from_pylist(rows())
    numbered = table.append_column("line_id", pa.array(range(1, table.num_rows + 1)))
    pq.write_table(table, "plain.parquet")
    pq.write_table(numbered, "lines.parquet")
    Path("parts").mkdir()
    of_patient = [hash(row["patient_id"]) % 3 for row in rows()]
    for part in range(3):
        mine = numbered.filter(pa.array([of == part for of in of_patient]))
        pq.write_table(mine, f"parts/{part}.parquet")
    return tmp_path


def told(messages: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Counter[str]:
    """Messages to be compared as they are, whatever their order and their file's name."""
    return Counter(json.dumps({**message, "locus_file": ""}, sort_keys=True) for message in messages)


def by_the_command_line(path: str, *without: str) -> Counter[str]:
    messages = Checker(open_book("starter")).run(read(path))
    return told([dict(zip(columns(), values(m), strict=True)) for m in messages if m.check not in without])


def test_arrow(folder: Path) -> None:
    exec(BLOCKS[0], {})
    expected = by_the_command_line("lines.parquet")
    assert len(expected) > 500
    assert told(pq.read_table("messages.parquet").to_pylist()) == expected


def test_parts_are_not_judged_with_a_history(folder: Path) -> None:
    create_history("claims.history", make_key_file(Path("history.key")))
    configuration = Configuration(history_key=Path("history.key"))
    checker = Checker(open_book("starter"), history="claims.history", configuration=configuration)
    table = pq.read_table("lines.parquet")
    with pytest.raises(ConfigurationError, match="a part of a whole can't be judged with a history"):
        check_batches(table, checker, numbers="line_id")
    assert any(
        message["check"] == "DUP-LINE" for batch in check_batches(table, checker) for message in batch.to_pylist()
    )


@pytest.mark.spark
def test_a_frame_is_not_judged_with_a_history() -> None:
    if not importlib.util.find_spec("pyspark"):
        lacking("pyspark")
    from claimcheck.spark import check

    frame: Any = None  # it is refused before anything is asked of it
    with pytest.raises(ConfigurationError, match="a frame can't be judged with a history"):
        check(frame, configuration=Configuration(history="claims.history"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if not importlib.util.find_spec("pyspark"):
        lacking("pyspark")
    if not shutil.which("java"):
        lacking("Java")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.sql.adaptive.enabled", "false")  # which would make one part of three small ones
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark(folder: Path, spark: Any) -> None:
    code = BLOCKS[1]
    for name in ("lines.parquet", "messages"):  # Spark's paths begin where its Java was started
        code = code.replace(f'"{name}"', repr(str(folder / name)))
    exec(code, {})
    messages = [row.asDict() for row in spark.read.parquet(str(folder / "messages")).collect()]
    assert told(messages) == by_the_command_line("plain.parquet")


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_groups_by_what_the_checks_must_see(folder: Path, spark: Any) -> None:
    from claimcheck.spark import check

    frame = spark.read.parquet(str(folder / "lines.parquet")).repartition(4)
    bare = frame.drop("line_number")  # which is then a line's place in its claim
    for lines, selected in ((frame, "STATUS-X"), (bare, "STATUS-X"), (bare, "PTP"), (bare, "DUP")):
        found = check(lines, rulebook="starter", order="line_id", select=[selected])
        plan = found._jdf.queryExecution().executedPlan().toString()
        assert plan.count("hashpartitioning(_claimcheck_key") == 1
        expected = Checker(open_book("starter"), select=[selected]).run(read("plain.parquet"))
        rows = [dict(zip(columns(), values(m), strict=True)) for m in expected]
        assert told([row.asDict() for row in found.collect()]) == told(rows)
    with pytest.raises(ValueError, match="the frame lacks code"):
        check(frame.drop("code"), rulebook="starter")
    with pytest.raises(ValueError, match="column units is binary"):
        check(frame.withColumn("units", frame.code.cast("binary")), rulebook="starter")


@pytest.mark.dask
def test_dask(folder: Path) -> None:
    if not importlib.util.find_spec("dask"):
        lacking("dask")
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(BLOCKS[2], names)
    assert told(names["messages"].to_pylist()) == by_the_command_line("plain.parquet", *OF_COLUMNS)
