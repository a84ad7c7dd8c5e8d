"""The contract at the command line: streams and exit status, of a process as a pipeline meets it, or in this one."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from claimcheck.message import MESSAGE_FIELDS
from support.command_line import invoke, start
from support.places import ROOT

IORT = ROOT / "fixtures" / "837p" / "iort.837"
CLEAN_ROWS = (
    "claim_id,code,modifiers,units,from_date,place_of_service,charge,diagnoses,pointers,billing_npi,received_date\n"
    "R1,99213,25,1,2024-08-14,11,110.00,I10,1,1993999998,2024-08-20\n"
    "R1,71046,26,1,2024-08-14,11,12.00,I10,1,1993999998,2024-08-20\n"
)
SUMMARY = (
    *("files", "claims", "lines", "accepted", "accepted_with_warnings", "rejected", "not_judged"),
    *("messages", "unreadable", "payer_unknown"),
    *("claims_accepted", "claims_accepted_with_warnings", "claims_rejected", "claims_not_judged", "shadow"),
    *("held_claims_charge", "rejected_lines_charge", "judged_share"),
)


def summary(done: subprocess.CompletedProcess[bytes]) -> dict[str, int]:
    counts: dict[str, int] = json.loads(done.stderr.decode().splitlines()[-1])
    assert tuple(counts) == (*SUMMARY, "missing")
    dispositions = ("accepted", "accepted_with_warnings", "rejected", "not_judged")
    assert counts["lines"] == sum(counts[name] for name in dispositions)
    return counts


def test_jsonl_keeps_every_key_and_the_order_of_the_contract() -> None:
    done = start("check", IORT, "--format", "jsonl")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert messages
    for message in messages:
        assert list(message) == list(MESSAGE_FIELDS)
        assert list(message["citation"]) == ["title", "section", "url"]
        assert list(message["locus"]) == ["file", "interchange", "transaction", "segment", "row"]
    counts = summary(done)
    assert counts["messages"] == len(messages)
    assert (counts["files"], counts["claims"], counts["lines"]) == (1, 7, 12)


def test_exit_status_tells_clean_rejected_and_could_not_run(tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    clean.write_text(CLEAN_ROWS)
    assert start("check", clean).returncode == 0
    assert start("check", IORT).returncode == 1
    assert start("check", tmp_path / "missing.837").returncode == 2
    assert start("check", clean, "--output", "/proc/out.jsonl").returncode == 2
    assert invoke("check", clean, "--profile", "medicare_part_c").exit_code == 2
    assert invoke("check", clean, "--select", "MUW").exit_code == 2
    assert invoke("check", clean, "--fromat", "jsonl").exit_code == 2
    assert invoke("check", clean, "--rulebook", tmp_path / "none").exit_code == 2
    assert invoke("check", clean, "--config", tmp_path / "none.toml").exit_code == 2
    assert invoke("check", clean, "--output", tmp_path / "none" / "out.jsonl").exit_code == 2


def _archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.837", b"", "empty"),
        ("page.837", b"<!DOCTYPE html><html><body>502</body></html>", "HTML"),
        ("noise.837", bytes(range(256)) * 20, "noise.837"),
        ("book.csv", b"PK\x03\x04\x14\x00", "book.csv"),
    ],
)
def test_one_unreadable_file_is_one_line_and_status_2(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = invoke("check", path, "--format", "jsonl")
    assert done.exit_code == 2
    complaint, counts = done.stderr.splitlines()
    assert complaint.startswith("claimcheck: ") and says in complaint
    assert json.loads(counts)["unreadable"] == 1


def test_rows_without_a_code_can_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("claim_id,hcpcs,units,from_date\nR1,99213,1,2025-03-10\n")
    done = invoke("check", path, "--format", "jsonl")
    assert done.exit_code == 2
    assert "code" in done.stderr and json.loads(done.stdout)["check"] == "ROW-HEADER"


def test_a_directory_is_named_as_one(tmp_path: Path) -> None:
    done = invoke("check", tmp_path)
    assert done.exit_code == 2
    assert "is a directory" in done.stderr


def test_an_unreadable_file_among_others_is_a_message_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = tmp_path / "bad.837"
    bad.write_bytes(b"")
    clean = tmp_path / "clean.csv"
    clean.write_text(CLEAN_ROWS)
    done = start("check", bad, clean, "--format", "jsonl")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[0])["check"] == "FILE-UNREADABLE"
    counts = summary(done)
    assert (counts["files"], counts["accepted"], counts["unreadable"]) == (2, 2, 1)


def test_standard_input_gzip_zip_and_globs_say_the_same(tmp_path: Path) -> None:
    content = IORT.read_bytes()
    (tmp_path / "a.837.gz").write_bytes(gzip.compress(content))
    (tmp_path / "b.zip").write_bytes(_archive(**{"iort.837": content}))
    (tmp_path / "c.837").write_bytes(content)

    def told(stdout: str | bytes) -> list[dict[str, object]]:
        messages = [json.loads(line) for line in stdout.splitlines()]
        for message in messages:
            message["locus"]["file"] = ""
        return messages

    def check(*arguments: object) -> list[dict[str, object]]:
        return told(invoke("check", *arguments, "--format", "jsonl").stdout)

    plain = check(IORT)
    assert told(start("check", "-", "--format", "jsonl", stdin=content).stdout) == plain
    assert told(start("check", "--format", "jsonl", stdin=gzip.compress(content)).stdout) == plain
    assert check(tmp_path / "a.837.gz") == plain
    assert check(tmp_path / "b.zip") == plain
    alone = tmp_path / "alone.toml"
    alone.write_text("across_claims = false\n")
    assert check(tmp_path / "[a-c].*", "--config", alone) == check(IORT, "--config", alone) * 3


def test_output_appears_whole_and_says_what_standard_output_would(tmp_path: Path) -> None:
    out = tmp_path / "messages.jsonl"
    done = start("check", IORT, "--format", "jsonl", "--output", out)
    assert done.stdout == b""
    assert out.read_bytes() == start("check", IORT, "--format", "jsonl").stdout
    assert [path.name for path in tmp_path.iterdir()] == ["messages.jsonl"]


def test_output_never_destroys_what_is_there(tmp_path: Path) -> None:
    batch = tmp_path / "batch.837"
    batch.write_bytes(IORT.read_bytes())
    assert invoke("check", batch, "--output", batch).exit_code == 2
    assert batch.read_bytes() == IORT.read_bytes()
    private = tmp_path / "private.jsonl"
    private.write_text("")
    private.chmod(0o600)
    link = tmp_path / "link.jsonl"
    link.symlink_to(private)
    assert invoke("check", batch, "--format", "jsonl", "--output", link).exit_code == 1
    assert link.is_symlink() and private.read_text() == invoke("check", batch, "--format", "jsonl").stdout
    assert private.stat().st_mode & 0o777 == 0o600
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert start("check", batch, "--format", "jsonl", "--output", pipe).returncode == 1
        assert reader.stdout is not None and reader.stdout.read() == private.read_bytes()
    assert invoke("check", batch, "--output", tmp_path).exit_code == 2


def test_a_terminal_that_can_not_show_a_claim_id_is_no_error(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("claim_id,code,units,from_date\nÉtude,77424,2,2025-03-10\n")
    done = start("check", rows, environment={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1 and b"claim \\xc9tude" in done.stdout


def test_what_selects_nothing_or_what_must_run_is_an_error() -> None:
    nothing = invoke("check", IORT, "--select", "MUE", "--ignore", "MUE")
    assert nothing.exit_code == 2 and "no check is left" in nothing.stderr
    assert invoke("check", IORT, "--select", "").exit_code == 2
    always = invoke("check", IORT, "--ignore", "ROW-COLUMNS")
    assert always.exit_code == 2 and "always runs" in always.stderr


def test_a_misspelt_column_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "claimcheck.toml"
    config.write_text('[columns]\nchrge = "amt"\n')
    done = invoke("check", IORT, "--config", config)
    assert done.exit_code == 2 and "did you mean charge" in done.stderr


def test_a_file_without_any_claim_is_not_clean(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(CLEAN_ROWS.splitlines()[0] + "\n")
    done = invoke("check", rows)
    assert done.exit_code == 2 and "contains no claims" in done.stderr


def test_csv_has_a_header_and_a_row_a_message() -> None:
    done = start("check", IORT, "--format", "csv")
    rows = done.stdout.decode().splitlines()
    assert rows[0].startswith("check,severity,claim_id,line_number,line_control,lines,code,modifiers,")
    assert len(rows) == summary(done)["messages"] + 1


def test_columns_and_profile_come_from_the_configuration(tmp_path: Path) -> None:
    rows = tmp_path / "lines.csv"
    rows.write_text("claim_id,hcpcs_cd,units,from_date\nR1,77424,1,2025-03-10\n")
    config = tmp_path / "claimcheck.toml"
    config.write_text('profile = "commercial"\nselect = ["STATUS"]\n[columns]\ncode = "hcpcs_cd"\n')
    done = invoke("check", rows, "--config", config, "--format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(m["check"], m["severity"], m["profile"]) for m in found if m["claim_id"]]
    assert told == [("STATUS-X", "warn", "commercial")]
    assert done.exit_code == 0


def test_text_has_no_colours_where_nobody_looks() -> None:
    done = start("check", IORT)
    assert b"\x1b" not in done.stdout
    assert b"claim IORT-01" in done.stdout
    assert b"7 claims, 12 lines" in done.stderr


def test_explain_a_code() -> None:
    done = invoke("explain", "77424")
    page = done.stdout
    assert done.exit_code == 0
    for expected in (
        "2012-01-01", "I4B", "211", "a separately reportable surgical procedure", "RVU25D 77424", "Z2", "J1", "5627",
        "excluded by statute", "by date of service, policy: absolute", "the concept does not apply",
    ):  # fmt: skip
        assert expected in page, expected
    assert "not judged" in invoke("explain", "77424", "--on", "2019-12-31").stdout
    assert invoke("explain", "77424", "--on", "yesterday").exit_code == 2
    assert invoke("explain", "NOSUCH").exit_code == 2


def test_explain_a_check() -> None:
    page = invoke("explain", "MUE-DOS").stdout
    for expected in ("MUE-DOS", "CO-151", "N362", "A7:476", "76 does not help", "option", "FAQ 11344"):
        assert expected in page, expected


def test_every_check_has_a_page() -> None:
    listed = json.loads(invoke("checks", "--format", "json").stdout)
    assert len(listed) > 70
    assert {"MUE-DOS", "NOT-JUDGED", "X12-COUNT", "FILE-UNREADABLE"} <= {check["id"] for check in listed}
    for check in listed:
        assert check["title"] and check["citation"]["title"], check["id"]
        assert check["severity"] in ("reject", "warn", "inform")


def test_the_list_holds_everything_that_is_known_of_a_check() -> None:
    listed = {check["id"]: check for check in json.loads(invoke("checks", "--format", "json").stdout)}
    day = listed["MUE-DOS"]
    assert (day["name"], day["family"], day["reach"], day["step"]) == ("units_over_day_mue", "mue", "HISTORY", 4)
    assert day["needs"] == ["mue", "fee_schedule"]
    assert day["settings"] == ["professional", "asc", "outpatient", "dme"]
    assert day["options"] == {"program": {"type": "string", "default": "medicare"}}
    rest = {"options": {}, "all_soft": False, "cases": {}}
    assert day["profiles"]["commercial"] == {"severity": "reject", "soft": "warn", **rest}
    assert day["profiles"]["medicaid"] == {"severity": "off", "soft": None, **rest}
    assert listed["ASST"]["profiles"]["commercial"] == {"severity": "reject", "soft": None, **rest, "all_soft": True}
    assert listed["STATUS-X"]["cases"] == ["unclear"]
    assert listed["STATUS-X"]["profiles"]["medicare_advantage"]["cases"] == {"unclear": "inform"}
    assert listed["MUE-LINE"]["profiles"]["medicaid"]["options"] == {"program": "medicaid", "every_line": True}
    assert day["carc"] == {"group": "CO", "code": "151"}
    assert (day["rarc"], day["claim_status"], day["confidence"]) == ("N362", {"category": "A7", "code": "476"}, "M")
    assert set(day["citation"]) == {"title", "section", "url"}
    for edit in ("NOT-JUDGED", "CHECK-FAILED", "X12-COUNT", "ROW-JSON", "FILE-TRUNCATED"):
        assert (listed[edit]["reach"], listed[edit]["family"], listed[edit]["name"]) == ("READING", "reading", None)
        assert {of["severity"] for of in listed[edit]["profiles"].values()} == {listed[edit]["severity"]}


def test_checks_can_be_filtered_and_seen_by_profile() -> None:
    assert len(invoke("checks", "MUE").stdout.splitlines()) == 3
    off = json.loads(invoke("checks", "MUE-DOS", "--profile", "medicaid", "--format", "json").stdout)
    assert off[0]["severity"] == "off"
    assert invoke("checks", "NOPE").exit_code == 2
    half = invoke("checks", "MUE", "NOPE")
    assert (half.exit_code, half.stdout) == (2, "")
    assert 'unknown check "NOPE"' in half.stderr


def test_schemas_are_json_schema_and_fit_what_is_written() -> None:
    schemas = json.loads(invoke("schema").stdout)
    assert set(schemas) == {"claim_line", "claim", "edit_message", "judged_claim", "check"}
    assert list(schemas["edit_message"]["properties"]) == list(MESSAGE_FIELDS)
    assert (schemas["edit_message"]["version"], len(MESSAGE_FIELDS)) == ("1.2", 29)  # they grow together
    assert {"claim_id", "code", "from_date", "units"} <= set(schemas["claim_line"]["required"])
    (listed,) = json.loads(invoke("checks", "MUE-DOS", "--format", "json").stdout)
    assert list(schemas["check"]["properties"]) == list(listed) == schemas["check"]["required"]
    assert list(schemas["check"]["$defs"]["InProfile"]["properties"]) == [
        *("severity", "soft", "options", "all_soft", "cases")
    ]
    assert list(schemas["check"]["$defs"]["Option"]["properties"]) == ["type", "default"]
    message = json.loads(invoke("check", IORT, "--format", "jsonl").stdout.splitlines()[0])
    for schema, record in ((schemas["check"], listed), (schemas["edit_message"], message)):
        for field, name in {"citation": "Citation", "carc": "Carc", "claim_status": "ClaimStatus"}.items():
            assert schema["$defs"][name]["type"] == "object"
            assert list(schema["$defs"][name]["properties"]) == list(record[field])


def test_version() -> None:
    assert start("--version").stdout.startswith(b"claimcheck ")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{Path(sys.executable).parent / 'claimcheck'} checks | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=ROOT, check=False)
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("command", ["--version", "--help", "checks MUE", "schema", "explain 77424", "config show"])
def test_a_device_that_is_full_is_no_traceback(command: str) -> None:
    program = [str(Path(sys.executable).parent / "claimcheck"), *command.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    assert done.stderr == b"claimcheck: standard output: No space left on device\n"
    assert done.returncode == 2


ENDED_WITHIN_A_LIBRARY = """
import os, signal, claimcheck.cli

def run():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit as error:
        raise ValueError("as pydantic does, whose schemas are built when we start") from error

claimcheck.cli._run = run
claimcheck.cli.main()
"""


def test_a_signal_of_which_a_library_makes_an_error_ends_the_run_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", ENDED_WITHIN_A_LIBRARY], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")


ENDED_WHILE_LOADING = """
import os, signal, sys, weakref
from claimcheck.cli import main

class Thing: pass

class Finder:
    def find_spec(self, name, *_):
        if name == "claimcheck.cli.check":  # Python does this to the lock of each module that it loads
            thing = Thing()
            reference = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
            del thing

sys.meta_path.insert(0, Finder())
main()
"""


def test_a_signal_while_we_start_is_not_swallowed() -> None:
    program = [sys.executable, "-c", ENDED_WHILE_LOADING, "check", str(IORT)]
    done = subprocess.run(program, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, b"", b"")


def test_more_processes_than_anyone_can_mean() -> None:
    done = start("check", IORT, "--jobs", "1000")
    assert done.returncode == 2
    assert b"256" in done.stderr
