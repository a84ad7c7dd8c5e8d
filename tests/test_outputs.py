"""Several formats at once, Parquet, exit status by disposition, and what is in force."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from claimcheck.cli import app
from claimcheck.sinks.columns import columns

ROOT = Path(__file__).parents[1]
DEMO = str(ROOT / "fixtures" / "837p" / "demo.837")
RUN = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_several_formats_at_once_say_what_each_says_alone() -> None:
    formats = ("jsonl", "csv", "parquet")
    pairs = [part for f in formats for part in ("--format", f, "--output", f"all.{f}")]
    done = RUN.invoke(app, ["check", DEMO, *pairs, "--format", "text"])
    assert done.exit_code == 1
    assert "REJECT  STATUS-X" in done.stdout
    assert done.stdout == RUN.invoke(app, ["check", DEMO]).stdout
    for f in formats:
        alone = RUN.invoke(app, ["check", DEMO, "--format", f, "--output", f"alone.{f}"])
        assert alone.stdout == ""
        assert Path(f"all.{f}").read_bytes() == Path(f"alone.{f}").read_bytes()


def test_columns_are_one_list_for_all_formats() -> None:
    RUN.invoke(
        app, ["check", DEMO, "--format", "csv", "--output", "a.csv", "--format", "parquet", "--output", "a.parquet"]
    )
    messages = [json.loads(line) for line in RUN.invoke(app, ["check", DEMO, "--format", "jsonl"]).stdout.splitlines()]
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
    monkeypatch.setattr("claimcheck.sinks.parquet._ROWS", 5)
    RUN.invoke(app, ["check", DEMO, "--format", "parquet", "--output", "a.parquet"])
    assert parquet.ParquetFile("a.parquet").num_row_groups > 1
    Path("clean.csv").write_text("claim_id,code,units,from_date\nC-1,19301,1,2024-08-14\n")
    RUN.invoke(app, ["check", "clean.csv", "--select", "STATUS-X", "--format", "parquet", "--output", "b.parquet"])
    assert parquet.read_table("b.parquet").column_names == columns()


def test_parquet_without_pyarrow_says_what_to_install() -> None:
    program = "import sys; sys.modules['pyarrow'] = None; from claimcheck.cli import main; main()"
    command = [sys.executable, "-c", program, "check", DEMO, "--format", "parquet", "--output", "a.parquet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "claimcheck: parquet needs pyarrow: pip install 'claimcheck[parquet]'\n"
    assert not Path("a.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--output", "a", "--output", "b"], "2 outputs are given, and 1 formats"),
        (["--format", "csv"] * 2, "only one can go to standard output"),
        (
            ["--format", "csv", "--output", "a", "--format", "jsonl", "--output", "a"],
            "two formats can't go into one file",
        ),
        (["--format", "csv", "--output", "none/a"], "there is no folder none"),
        (["--format", "docx"], "docx"),
    ],
)
def test_outputs_that_do_not_go_together(arguments: list[str], told: str) -> None:
    done = RUN.invoke(app, ["check", DEMO, *arguments])
    assert done.exit_code == 2
    assert told in done.stderr
    assert not Path("a").exists()


def test_where_one_output_fails_none_appears() -> None:
    Path("full").symlink_to("/dev/full")
    done = RUN.invoke(
        app, ["check", DEMO, "--format", "csv", "--output", "a.csv", "--format", "jsonl", "--output", "full"]
    )
    assert done.exit_code == 2
    assert "full: No space left on device" in done.stderr
    assert not Path("a.csv").exists()


def test_the_exit_status_by_disposition() -> None:
    Path("a.csv").write_text("claim_id,code,units,from_date\nC-1,12001,1,2024-08-14\n")
    assert RUN.invoke(app, ["check", "a.csv"]).exit_code == 0
    assert RUN.invoke(app, ["check", "a.csv", "--fail-on", "not_judged"]).exit_code == 1
    Path("claimcheck.toml").write_text('fail_on = ["not_judged", "rejected"]\n')
    assert RUN.invoke(app, ["check", "a.csv"]).exit_code == 1
    assert RUN.invoke(app, ["check", "a.csv", "--fail-on", "rejected"]).exit_code == 0
    Path("claimcheck.toml").write_text('fail_on = ["warn"]\n')
    wrong = RUN.invoke(app, ["check", "a.csv"])
    assert wrong.exit_code == 2
    assert "claimcheck.toml: fail_on.0: input should be" in wrong.stderr


CONFIGURATION = """
profile = "commercial"
severity = { NA-POS = "inform" }
waivers = "w.csv"

[payers."ACME*"]
profile = "medicaid"
ignore = ["MULT-RANK"]
severity = { STATUS-X = "off", PTP = "warn" }
options = { DATE-TIMELY = { months = 6 } }
"""


def test_what_is_in_force_and_where_it_comes_from() -> None:
    Path("claimcheck.toml").write_text(CONFIGURATION)
    Path("w.csv").write_text("check,reason,who,until\n")

    def shown(*arguments: str) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
        done = RUN.invoke(app, ["config", "show", "--format", "json", *arguments])
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
    assert values["ignore"] == (["MULT-RANK"], 'payers."ACME*"')
    assert (checks["STATUS-X"]["severity"], checks["STATUS-X"]["origin"]) == (
        "off",
        'severity: payers."ACME*" (STATUS-X)',
    )
    assert checks["PTP-1"]["severity"] == "warn"
    assert checks["PTP-1"]["origin"] == 'severity: payers."ACME*" (PTP); options: profile medicaid (PTP)'
    assert checks["MULT-RANK"]["origin"] == "not selected"
    assert checks["DATE-TIMELY"]["options"] == {"months": 6}

    assert shown("--isolated")[0]["profile"] == ("medicare_part_b", "setting professional")
    assert shown("--isolated", "--setting", "asc")[0]["profile"] == ("medicare_asc", "setting asc")
    assert shown("--profile", "medicaid_mco")[0]["profile"] == ("medicaid_mco", "command line")
    text = RUN.invoke(app, ["config", "show", "--payer", "ACME7"]).stdout
    assert text.startswith("ACME7, professional; configured by claimcheck.toml\n")
    assert 'payers."ACME*" (STATUS-X)' in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('profle = "x"', "profle: there is no such key; did you mean profile?"),
        ('[payers.X]\nslect = ["MUE"]', "payers.X.slect: there is no such key; did you mean select?"),
        ("zzz = 1", "zzz: there is no such key; expected one of severity, soft"),
        ('[payers.X]\nprofile = "medicade"', "medicade"),
    ],
)
def test_a_key_that_is_not_known_names_the_nearest(text: str, told: str) -> None:
    Path("claimcheck.toml").write_text(text)
    done = RUN.invoke(app, ["config", "show"])
    assert done.exit_code == 2
    assert told in done.stderr
