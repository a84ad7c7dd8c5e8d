"""Outputs of commands: ``-``, ``.gz``, and what is said where."""

import gzip
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from pyarrow import BufferReader, parquet

from support.children import wait_for
from support.command_line import PROGRAM, invoke
from support.places import ROOT

IORT = str(ROOT / "fixtures" / "837p" / "iort.837")
FORMATS = ("text", "jsonl", "csv", "html", "277ca")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_dash_is_standard_output() -> None:
    plain = invoke("check", IORT, "--format", "jsonl")
    dash = invoke("check", IORT, "--format", "jsonl", "--output", "-")
    assert (dash.stdout, dash.stderr) == (plain.stdout, plain.stderr)
    both = invoke("check", IORT, "--format", "csv", "--output", "a.csv", "--format", "jsonl", "--output", "-")
    assert both.stdout == plain.stdout
    assert Path("a.csv").read_text() == invoke("check", IORT, "--format", "csv").stdout
    assert [path.name for path in Path().iterdir()] == ["a.csv"], "no file is called -"


@pytest.mark.parametrize("format", FORMATS)
def test_what_ends_in_gz_is_what_is_written_otherwise_compressed(format: str) -> None:
    invoke("check", IORT, "--format", format, "--output", "plain")
    done = invoke("check", IORT, "--format", format, "--output", "packed.gz")
    assert done.exit_code == 1
    assert gzip.decompress(Path("packed.gz").read_bytes()) == Path("plain").read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == ["packed.gz", "plain"]


def test_parquet_is_compressed_too() -> None:
    invoke("check", IORT, "--format", "parquet", "--output", "a.parquet.gz", "--format", "jsonl", "--output", "a.jsonl")
    table = parquet.read_table(BufferReader(gzip.decompress(Path("a.parquet.gz").read_bytes())))
    assert table.num_rows == len(Path("a.jsonl").read_text().splitlines())


def test_compressed_bytes_hold_no_time_and_no_name_and_are_the_same_whatever_the_jobs() -> None:
    invoke("check", IORT, "--format", "jsonl", "--output", "a.jsonl.gz")
    invoke("check", IORT, "--format", "jsonl", "--output", "b.GZ", "--jobs", "2")
    packed = Path("a.jsonl.gz").read_bytes()
    assert packed == Path("b.GZ").read_bytes()
    assert packed[3:8] == bytes(5), "no flags, so no name, and no time"


def test_what_a_run_left_that_was_killed_is_removed_by_the_next() -> None:
    """And not before it has ended; nor is what another output has, or what is not a run's."""
    Path(".a.jsonl.mine").touch()
    Path(".a.jsonl.b.c.unfinished").touch()
    Path(".a.jsonl.link.unfinished").symlink_to(IORT)
    kept = {path.name for path in Path().iterdir()}
    command = str(PROGRAM), "check", "-", "--isolated", "--format", "jsonl", "--output", "a.jsonl"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(lambda: len(list(Path().iterdir())) > len(kept))
        time.sleep(0.1)
        other = invoke("check", IORT, "--isolated", "--format", "jsonl", "--output", "a.jsonl")
        assert other.exit_code == 1 and "removed" not in other.stderr
        [left] = {path.name for path in Path().iterdir()} - {*kept, "a.jsonl"}
        process.kill()
    for output, removed in (("jsonl", False), ("b.jsonl", False), ("a.jsonl", True), ("a.jsonl", False)):
        done = invoke("check", IORT, "--isolated", "--format", "jsonl", "--output", output)
        assert (f"{left}: removed: an earlier run that was killed had left it" in done.stderr) is removed
    assert {path.name for path in Path().iterdir()} == {*kept, "jsonl", "a.jsonl", "b.jsonl"}


def test_where_the_device_is_full_no_compressed_output_appears() -> None:
    Path("full.gz").symlink_to("/dev/full")
    done = invoke("check", IORT, "--format", "csv", "--output", "a.csv.gz", "--format", "jsonl", "--output", "full.gz")
    assert done.exit_code == 2
    assert "full.gz: No space left on device" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["full.gz"]


def test_a_record_may_go_to_standard_output() -> None:
    done = invoke("check", IORT, "--output", "a.txt", "--record", "-")
    assert json.loads(done.stdout)["counts"]["claims"] == 7


def test_parts_of_a_split_are_compressed_and_one_may_be_standard_output() -> None:
    invoke("split", IORT, "--accepted", "a.837", "--rejected", "r.837")
    done = invoke("split", IORT, "--accepted", "-", "--rejected", "r.837.gz")
    assert done.exit_code == 1
    assert done.stdout_bytes == Path("a.837").read_bytes()
    assert gzip.decompress(Path("r.837.gz").read_bytes()) == Path("r.837").read_bytes()
    assert "claims to standard output:" in done.stderr


def test_a_new_check_may_go_to_standard_output() -> None:
    written = invoke("new-check", "ACME-101", "--output", "-").stdout
    invoke("new-check", "ACME-101")
    assert Path("acme_101.py").read_text() == written
    again = invoke("new-check", "ACME-101")
    assert again.exit_code == 2
    assert again.stderr == "claimcheck: acme_101.py: exists; name another file by --output\n"


def test_quiet_leaves_messages_errors_and_the_exit_status() -> None:
    for format in ("text", "jsonl"):
        loud, quiet = (invoke("check", IORT, "--format", format, *more) for more in ((), ("-q",)))
        assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (1, loud.stdout, "")
        assert loud.stderr
    Path("rows.csv").write_text("claim_id,code,units,from_date\nC-1,19301,1,2031-08-14\n")
    little = invoke("check", "rows.csv", "--quiet")
    assert little.exit_code == 3
    assert little.stderr.startswith("claimcheck: only 0 of 1 line could be judged")
    assert little.stderr.count("\n") == 1
    assert invoke("split", IORT, "--accepted", "a", "--rejected", "r", "-q").stderr == ""


def test_verbose_says_what_the_run_rests_on_before_the_summary() -> None:
    Path("waivers.csv").write_text("check,reason,who,until\nAGE,r,w,2099-01-01\n")
    Path("claimcheck.toml").write_text('waivers = "waivers.csv"\n[payers."ACME*"]\nprofile = "commercial"\n')
    done = invoke("check", IORT, "--format", "jsonl", "-v")
    assert done.stdout == invoke("check", IORT, "--format", "jsonl").stdout
    for told in (
        "configuration: claimcheck.toml\n",
        "rule book: the starter book",
        "  mue_practitioner: 4 releases, 2024-04-01 to 2026-09-30\n",
        "profile: of each claim by its payer's configuration",
        '  [payers."ACME*"] commercial\n',
        "checks: ",
        "waivers: waivers.csv, 1 waiver\n",
        "time: start ",
        "claims ",
    ):
        assert told in done.stderr, told
    assert json.loads(done.stderr.splitlines()[-1])["claims"] == 7, "the summary is still the last line"
    given = invoke("check", IORT, "-v", "--isolated", "--profile", "medicaid").stderr
    assert "configuration: no file\n" in given
    assert "profile: medicaid for every claim (--profile)\n" in given
    assert "rule book: the starter book" in invoke("split", IORT, "--accepted", "a", "--rejected", "r", "-v").stderr


@pytest.mark.parametrize(
    "command",
    [
        ("init", "--output", "loop"),
        ("check", IORT, "--output", "loop"),
        ("check", IORT, "--record", "loop"),
        ("split", IORT, "--accepted", "loop", "--rejected", "b"),
    ],
)
def test_links_that_form_a_loop_are_refused(command: tuple[str, ...]) -> None:
    Path("loop").symlink_to("loop")
    done = invoke(*command)
    assert done.exit_code == 2
    assert done.stderr == "claimcheck: loop: found symbolic links that form a loop; name another file\n"


def test_two_outputs_to_one_file_are_refused_whatever_it_is_called() -> None:
    Path("link").symlink_to("a")
    two = ("--format", "jsonl", "--output", "a", "--format", "csv", "--output", "link")
    done = invoke("check", IORT, *two)
    assert (done.exit_code, done.stderr) == (
        2,
        "claimcheck: two formats can't go to one file; give each its own --output\n",
    )
    for record in ("a", "link", "./a"):
        done = invoke("check", IORT, "--output", "a", "--record", record)
        assert done.exit_code == 2 and "is the file of an --output; name another file by --record" in done.stderr
    assert not Path("a").exists()


@pytest.mark.skipif(os.name == "nt", reason="no shell that closes a stream")
@pytest.mark.parametrize("command", [("init", "--output", "-"), ("split", IORT, "--accepted", "-", "--rejected", "b")])
def test_standard_output_that_is_closed_is_told(command: tuple[str, ...]) -> None:
    program = ["sh", "-c", 'exec "$0" "$@" >&-', str(PROGRAM), *command]
    done = subprocess.run(program, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"claimcheck: standard output is closed; name a file\n")


@pytest.mark.parametrize("format", ["277ca", "999", "ta1", "html"])
def test_the_run_date_that_is_given_dates_the_answers_and_the_report(format: str) -> None:
    Path("claimcheck.toml").write_text("[acknowledgments]\nrun_date = 2026-05-04\n")
    Path("asked.837").write_text(Path(IORT).read_text().replace("*0*T*:~", "*1*T*:~"))
    configured = invoke("check", "asked.837", "-q", "--format", format).stdout
    given = invoke("check", "asked.837", "-q", "--format", format, "--run-date", "2026-11-29").stdout
    day, other = ("2026-05-04", "2026-11-29") if format == "html" else ("260504", "261129")
    assert day in configured and other in given and day not in given
