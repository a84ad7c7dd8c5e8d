"""Several formats at once, Parquet, exit status by disposition, and what is in force."""

import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from claimcheck import Checker, Claim, Line, Service
from claimcheck.cli.statistics import show_statistics
from claimcheck.engine.messages import Judged
from claimcheck.runs.record import statistics_of
from claimcheck.writers import FORMATS, FormatError, format_of, open_writer
from claimcheck.writers.columns import columns
from claimcheck.writers.figures import Figures
from support.command_line import invoke
from support.places import ROOT

DEMO = str(ROOT / "fixtures" / "837p" / "demo.837")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten_modules: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_several_formats_at_once_say_what_each_says_alone() -> None:
    formats = ("jsonl", "csv", "parquet")
    pairs = [part for f in formats for part in ("--format", f, "--output", f"all.{f}")]
    done = invoke("check", DEMO, *pairs, "--format", "text")
    assert done.exit_code == 1
    assert "REJECT  STATUS-X" in done.stdout
    assert done.stdout == invoke("check", DEMO).stdout
    for f in formats:
        alone = invoke("check", DEMO, "--format", f, "--output", f"alone.{f}")
        assert alone.stdout == ""
        assert Path(f"all.{f}").read_bytes() == Path(f"alone.{f}").read_bytes()


def test_columns_are_one_list_for_all_formats() -> None:
    invoke("check", DEMO, "--format", "csv", "--output", "a.csv", "--format", "parquet", "--output", "a.parquet")
    messages = [json.loads(line) for line in invoke("check", DEMO, "--format", "jsonl").stdout.splitlines()]
    table = parquet.read_table("a.parquet")
    with Path("a.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert table.column_names == columns() == list(rows[0])
    assert len(messages) == len(rows) == table.num_rows
    for message, row, cells in zip(messages, rows, table.to_pylist(), strict=True):
        assert cells["modifiers"] == message["modifiers"]
        assert cells["locus_segment"] == message["locus"]["segment"]
        assert cells["carc_code"] == (message["carc"] or {}).get("code")
        assert row["releases"] == "|".join(message["releases"])
        assert cells["text"] == row["text"] == message["text"]


def test_parquet_in_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimcheck.writers.to_parquet.ROWS", 5)
    invoke("check", DEMO, "--format", "parquet", "--output", "a.parquet")
    written = parquet.ParquetFile("a.parquet").metadata
    assert written.num_row_groups > 1
    assert written.num_rows == len(invoke("check", DEMO, "--format", "jsonl").stdout.splitlines())
    Path("clean.csv").write_text("claim_id,code,units,from_date\nC-1,19301,1,2024-08-14\n")
    invoke("check", "clean.csv", "--select", "STATUS-X", "--format", "parquet", "--output", "b.parquet")
    assert parquet.read_table("b.parquet").column_names == columns()


def test_parquet_without_pyarrow_says_what_to_install() -> None:
    program = "import sys; sys.modules['pyarrow'] = None; from claimcheck.cli import main; main()"
    command = [sys.executable, "-c", program, "check", DEMO, "--format", "parquet", "--output", "a.parquet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "claimcheck: parquet needs pyarrow: pip install 'claimcheck-edits[arrow]'\n"
    assert not Path("a.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--output", "a", "--output", "b"], "found 2 --outputs and 1 --format; each --output needs one"),
        (["--format", "csv"] * 2, "only one output can go to standard output"),
        (["--output", "-", "--format", "csv", "--format", "jsonl"], "only one output can go to standard output"),
        (["--output", "-", "--record", "-"], "only one output can go to standard output"),
        (
            ["--format", "csv", "--output", "a", "--format", "jsonl", "--output", "a"],
            "two formats can't go to one file",
        ),
        (["--format", "csv", "--output", "none/a"], "found no folder none"),
        (["--format", "docx"], "docx"),
    ],
)
def test_outputs_that_do_not_go_together(arguments: list[str], told: str) -> None:
    done = invoke("check", DEMO, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not Path("a").exists()


def test_where_one_output_fails_none_appears() -> None:
    Path("full").symlink_to("/dev/full")
    done = invoke("check", DEMO, "--format", "csv", "--output", "a.csv", "--format", "jsonl", "--output", "full")
    assert done.exit_code == 2
    assert "full: No space left on device" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["full"], "neither a.csv nor a part of it"


@pytest.mark.parametrize("name", ["nonsense", "", "TEXT", "277CA", "json"])
def test_a_format_that_there_is_none_of_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(FormatError) as refused:
        open_writer(name, io.StringIO())
    expected = f'--format: found "{name}", expected one of {", ".join(FORMATS)}'
    assert str(refused.value).partition(";")[0] == expected


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_writer_of_its_own(name: str) -> None:
    stream = io.BytesIO() if format_of(name).binary else io.StringIO()
    words = type(open_writer(name, stream)).__name__.lower()
    kinds = {"277ca": "", "999": "implementation", "ta1": "interchange"}
    assert words == (f"{kinds[name]}acknowledgmentwriter" if name in kinds else f"{name}writer")


def test_the_exit_status_by_disposition() -> None:
    Path("a.csv").write_text("claim_id,code,units,from_date\nC-1,12001,1,2024-08-14\n")
    assert invoke("check", "a.csv", "--min-judged", "0").exit_code == 0
    assert invoke("check", "a.csv", "--fail-on", "not_judged", "--min-judged", "0").exit_code == 1
    Path("claimcheck.toml").write_text('fail_on = ["not_judged", "rejected"]\nmin_judged = 0\n')
    assert invoke("check", "a.csv").exit_code == 1
    assert invoke("check", "a.csv", "--fail-on", "rejected").exit_code == 0
    Path("claimcheck.toml").write_text('fail_on = ["warn"]\n')
    wrong = invoke("check", "a.csv")
    assert wrong.exit_code == 2
    assert wrong.stderr == (
        'claimcheck: claimcheck.toml:1: fail_on: found "warn", expected one of '
        "accepted, accepted_with_warnings, rejected, not_judged\n"
    )


CONFIGURATION = """
profile = "commercial"
severity = { NA-POS = "inform" }
waivers = "w.csv"

[payers."ACME*"]
profile = "medicaid"
ignore = ["AGE"]
severity = { STATUS-X = "off", PTP = "warn", DATE-TIMELY = "warn" }
options = { DATE-TIMELY = { months = 6 } }
"""


def test_what_is_in_force_and_where_it_comes_from() -> None:
    Path("claimcheck.toml").write_text(CONFIGURATION)
    Path("w.csv").write_text("check,reason,who,until\n")

    def shown(*arguments: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        done = invoke("config", "show", "--format", "json", *arguments)
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)
        values = {value["name"]: (value["value"], value["origin"]) for value in found["values"]}
        return values, {check["check"]: check for check in found["checks"]}

    values, checks = shown()
    assert values["profile"] == ("commercial", "claimcheck.toml")
    assert values["waivers"] == ("w.csv", "claimcheck.toml")
    assert values["past_newest"] == ("not_judged", "default")
    assert (checks["NA-POS"]["severity"], checks["NA-POS"]["origin"]) == (
        "inform",
        "severity: claimcheck.toml (NA-POS)",
    )
    assert checks["DATE-TIMELY"]["origin"] == "severity: profile commercial (DATE-TIMELY)"

    values, checks = shown("--payer", "ACME7")
    assert values["profile"] == ("medicaid", 'payers."ACME*"')
    assert values["ignore"] == (["AGE"], 'payers."ACME*"')
    assert (checks["STATUS-X"]["severity"], checks["STATUS-X"]["origin"]) == (
        "off",
        'severity: payers."ACME*" (STATUS-X)',
    )
    assert checks["PTP-1"]["severity"] == "warn"
    assert checks["PTP-1"]["origin"] == 'severity: payers."ACME*" (PTP); options: profile medicaid (PTP)'
    assert checks["AGE"]["origin"] == "not selected"
    assert checks["DATE-TIMELY"]["options"]["months"] == 6

    assert shown("--isolated")[0]["profile"] == ("medicare_part_b", "setting professional")
    assert shown("--isolated", "--setting", "asc")[0]["profile"] == ("medicare_asc", "setting asc")
    assert shown("--profile", "medicaid_mco")[0]["profile"] == ("medicaid_mco", "command line")
    text = invoke("config", "show", "--payer", "ACME7").stdout
    assert text.startswith("ACME7, professional; configured by claimcheck.toml\n")
    assert 'payers."ACME*" (STATUS-X)' in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('profle = "x"', "claimcheck.toml:1: profle: unknown setting, expected one of severity, soft"),
        ('[payers.X]\nslect = ["MUE"]', "ignore, filing; did you mean select?"),
        ("zzz = 1", "payer_families, acknowledgments, payers\n"),
        ('[payers.X]\nprofile = "medicade"', "medicade"),
    ],
)
def test_a_key_that_is_not_known_names_the_nearest(text: str, told: str) -> None:
    Path("claimcheck.toml").write_text(text)
    done = invoke("config", "show")
    assert done.exit_code == 2
    assert told in done.stderr


# -- statistics and the record of a run -----------------------------------------------------------


def test_statistics_add_up_with_the_messages() -> None:
    done = invoke("check", DEMO, "--statistics", "--format", "jsonl")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    for check in ("ORDREF", "STATUS-X", "PTP-1"):
        mine = [m for m in messages if m["check"] == check]
        (row,) = (line.split() for line in done.stderr.splitlines() if line.startswith(f"{check} "))
        assert row[1] == str(len(mine))
    assert "rejected lines' charge" in done.stderr
    json.loads(done.stderr.splitlines()[-1])


def test_statistics_do_not_give_a_part_for_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Codes, payers and providers beyond the first 10,000 are counted together, and both the tables and the record say
    so: every dollar held back is in them."""
    (one,) = Checker().judge([Claim("C1", (Line(Service("77424", place_of_service="22"), "20240814", charge="100"),))])
    assert isinstance(one, Judged)
    figures = Figures()
    for number in range(10_005):
        figures.take(Judged(one.claim._replace(payer_id=f"P{number:05}"), one.outcome))
    show_statistics(figures)
    (row,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("(over "))
    assert row.split() == ["(over", "9,985", "more)", "9,990", "$999,000.00", "9,990", "$999,000.00"]
    statistics = statistics_of(figures)
    assert len(statistics["payer"]) == 10_000
    assert statistics["counted_together"] == {
        "payer": {"reject": 5, "warn": 0, "inform": 0}
        | {"rejected_lines_charge": "500", "held_claims": 5, "held_claims_charge": "500"},
    }


BATCH = """claim_id,code,modifiers,units,from_date,place_of_service,charge,payer_id,billing_npi
C-1,77424,,1,2024-08-14,22,100.25,P1,1405000609
C-1,19301,,1,2024-08-14,22,50,P1,1405000609
C-2,77424,,1,2024-08-14,22,7,P2,1003000126
C-3,19301,,1,2024-08-14,22,x,P3,1003000126
C-4,77424,,1,2024-08-14
C-5,12345,,1,2024-08-14,22,20,,
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("counted_apart", [1, 10_000])
def test_the_sum_of_each_statistic_is_that_of_the_run(
    counted_apart: int, jobs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimcheck.writers.figures.COUNTED_APART", counted_apart)
    Path("batch.csv").write_text(BATCH)
    given = ("--format", "jsonl", "--record", "r.json", "--min-judged", "0", "--jobs", jobs)
    done = invoke("check", DEMO, "batch.csv", *given)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(message["claim_id"] is None for message in messages), "a row that can't be read"
    record = json.loads(Path("r.json").read_text())
    counts, by_disposition = record["counts"], record["dispositions"]
    assert counts["messages"] == len(messages)
    for by in ("check", "code", "payer", "provider"):
        rows = [*record["statistics"][by].values()]
        if by in record["statistics"]["counted_together"]:
            rows.append(record["statistics"]["counted_together"][by])
        for severity in ("reject", "warn", "inform"):
            assert sum(row[severity] for row in rows) == sum(m["severity"] == severity for m in messages), by
        if by != "check":
            rejected = sum(Decimal(row["rejected_lines_charge"]) for row in rows)
            assert rejected == Decimal(counts["rejected_lines_charge"])
        if by in ("payer", "provider"):
            assert sum(row["held_claims"] for row in rows) == counts["claims_rejected"]
            assert sum(Decimal(row["held_claims_charge"]) for row in rows) == Decimal(counts["held_claims_charge"])
    for disposition, counted in by_disposition.items():
        assert (counted["lines"], counted["claims"]) == (counts[disposition], counts[f"claims_{disposition}"])
    assert by_disposition["rejected"]["claims_charge"] == counts["held_claims_charge"]
    assert by_disposition["rejected"]["lines_charge"] == counts["rejected_lines_charge"]
    assert 0 < Decimal(counts["rejected_lines_charge"]) < Decimal(counts["held_claims_charge"])


def test_the_summary_tells_claims_and_money() -> None:
    Path("batch.csv").write_text(BATCH)
    done = invoke("check", "batch.csv", "--min-judged", "0")
    *_, claims, charges, rate, _ = done.stderr.splitlines()
    assert claims == "claims: 0 accepted, 0 accepted with warnings, 3 rejected, 1 not judged"
    assert charges == "charges: $157.25 on rejected claims, of which $107.25 on rejected lines"
    assert re.fullmatch(r"80\.0% of lines judged; [0-9.]+ s, [0-9,]+ lines per second", rate)


def test_a_code_that_only_holds_money_back_is_among_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    for number in range(16):
        figures.codes.of(f"{number:05}").rejected_lines_charge += 1
    show_statistics(figures)
    assert re.search(r"^\(1 more\) +\$1\.00$", capsys.readouterr().err, re.MULTILINE)


def test_the_record_of_a_run_is_the_same_for_the_same_run_and_names_all_it_rests_on() -> None:
    Path("claimcheck.toml").write_text('checks = ["acme"]\nwaivers = "w.csv"\n')
    Path("w.csv").write_text("check,reason,who,until\n")
    example = (ROOT / "docs" / "rules-as-tests" / "horizon_rules" / "urgent_care.py").read_text()
    Path("acme.py").write_text(example)
    for name in ("a", "b"):
        done = invoke("check", DEMO, "--record", f"{name}.json", "--select", "MUE", "--format", "jsonl")
        assert done.exit_code == 1, done.stderr
    first = Path("a.json").read_text()
    assert first == Path("b.json").read_text()
    record = json.loads(first)
    assert [file["name"] for file in record["files"]] == ["claimcheck.toml", "w.csv", "acme.py"]
    assert record["given"] == {"profile": None, "select": ["MUE"], "ignore": [], "checks": []}
    summary = json.loads(done.stderr.splitlines()[-1])
    assert {**record["counts"], "missing": record["missing"]} == summary
    assert record["inputs"] == [{"name": DEMO, "sha256": _sha256(Path(DEMO)), "bytes": Path(DEMO).stat().st_size}]
    assert record["statistics"]["check"]["MUE-DOS"]["reject"] == 1
    assert {release["table"] for release in record["releases"]} >= {"fee_schedule", "mue_practitioner"}
    Path("acme.py").write_text(example + "\n")
    invoke("check", DEMO, "--record", "c.json", "--select", "MUE", "--format", "jsonl")
    assert [f["sha256"] for f in json.loads(Path("c.json").read_text())["files"]][:2] == [
        f["sha256"] for f in record["files"]
    ][:2]
    assert json.loads(Path("c.json").read_text())["files"][2] != record["files"][2]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_recorded_as_it_was_read(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(Path(DEMO).read_bytes())
    command = [sys.executable, "-m", "claimcheck", "check", "--record", "r.json", "--format", "jsonl"]
    done = subprocess.run(command, input=packed, capture_output=True, check=False)
    assert done.returncode == 1
    record = json.loads(Path("r.json").read_text())
    assert record["inputs"] == [{"name": "-", "sha256": hashlib.sha256(packed).hexdigest(), "bytes": len(packed)}]
    assert record["counts"]["claims"] == 5


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
