"""The pytest plugin: every option, what fails, warns and is skipped, and what bad input gets."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import claimcheck.suite.collection
from claimcheck import INFORM, REJECT, WARN, Checker, a_claim, a_line
from claimcheck.suite.cases import Case
from support.places import FIXTURES, ROOT

HEADER = "claim_id,code,modifiers,units,from_date,place_of_service,charge,patient_id,birth_date,received_date\n"
CLEAN = "C-01,99213,,1,2024-08-14,11,90.00,PATIENT9,1940-01-31,2024-08-20\n"
REJECTED = "C-02,77424,,1,2024-08-14,22,900.00,PATIENT9,1940-01-31,2024-08-20\n"
WARNED = "C-03,19301,LT,1,2024-08-14,11,90.00,PATIENT8,1940-01-31,2024-08-20\n"
UNKNOWN = "C-04,12001,,1,2024-08-14,11,90.00,PATIENT7,1940-01-31,2024-08-20\n"

RAISING = '''
from claimcheck import WARN, Citation, Finding, a_claim, a_line, claim_check, codes, fires, passes

@claim_check(
    "ACME-1", severity=WARN, citation=Citation("ACME manual"), codes=codes(status="A7:454"),
    examples=(passes("none", a_claim(a_line("99213"))), fires("one", a_claim(a_line("99212")))),
)
def acme(claim, rulebook):
    """ACME takes no 99212."""
    for line in claim.lines:
        if line.code == "77424":
            raise KeyError(f"{claim.patient_id} born {claim.birth_date}")
        if line.code == "99212":
            yield Finding("No 99212.", "Bill another.", line)
'''


@pytest.fixture
def claims(pytester: pytest.Pytester) -> Path:
    path = pytester.path / "claims.csv"
    path.write_text(HEADER + CLEAN + REJECTED + UNKNOWN)
    return path


def test_a_reject_fails_and_what_is_not_judged_is_skipped(claims: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck", "-rfs")
    result.assert_outcomes(passed=2, failed=1, skipped=1)  # one of the passed tells of columns that are not there
    assert result.ret == 1
    result.stdout.fnmatch_lines(["SKIPPED*claim C-04 line 1: Not checked: 12001 is not in the rule book*"])
    result.stdout.fnmatch_lines(
        [
            "STATUS-X on claim C-02 line 1",
            "claim C-02  claims.csv  professional  medicare_part_b",
            "    REJECT  STATUS-X  row 3",
            "            fix: Remove the line; the facility bills 77424.*",
            "            source: National Physician Fee Schedule*",
            "FAILED claims.csv::C-02 - STATUS-X on claim C-02 line 1",
        ]
    )


def test_nothing_is_collected_unasked(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest().assert_outcomes()


def test_claimcheck_is_not_imported_until_claims_are_collected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="import sys\n\ndef test_it():\n    assert 'claimcheck' not in sys.modules\n")
    (pytester.path / "helper.py").write_text("x = 1\n")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--claimcheck", "-q", "-p", "no:cacheprovider"],
        cwd=pytester.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


def test_a_warning_is_a_warning_of_pytest_and_shows_no_line_of_the_file(pytester: pytest.Pytester) -> None:
    (pytester.path / "claims.csv").write_text(HEADER + WARNED)
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*claims.csv:0: ClaimWarning: claim C-03 line 1: NA-POS: *"])
    result.stdout.no_fnmatch_line("*PATIENT8*")
    result.stdout.no_fnmatch_line("*1940-01-31*")
    strict = pytester.runpytest("--claimcheck", "-W", "error::UserWarning")
    strict.assert_outcomes(passed=1, failed=1)
    strict.stdout.fnmatch_lines(["    WARN    NA-POS  row 2"])


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("claim", ["C-01", "C-02", "C-04", "reading"]),
        ("line", ["C-01:1", "C-02:1", "C-04:1", "reading"]),
    ],
)
def test_what_a_test_is(by: str, names: list[str], claims: Path, pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest("--claimcheck", f"--claimcheck-by={by}", "--collect-only", "-q")
    assert sorted(line.partition("::")[2] for line in listed.outlines if "::" in line) == names


def test_a_claim_without_lines_is_a_test_of_its_lines_too(pytester: pytest.Pytester) -> None:
    text = (FIXTURES / "837p" / "iort.837").read_text()
    first, _, rest = text.partition("LX*")
    (pytester.path / "a.837").write_text(first + "CLM" + rest.partition("CLM")[2])
    for by in ("claim", "line"):
        listed = pytester.runpytest("--claimcheck", f"--claimcheck-by={by}", "--collect-only", "-q")
        names = [line.partition("::")[2].partition(":")[0] for line in listed.outlines if "::" in line]
        assert {"IORT-01", "IORT-02"} <= set(names)


def test_by_check_each_check_is_a_test(claims: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck", "--claimcheck-by=check", "-rfs")
    result.stdout.fnmatch_lines(["FAILED claims.csv::STATUS-X - STATUS-X on claim C-02 line 1"])
    result.stdout.fnmatch_lines(["SKIPPED*claim C-04 line 1: Not checked: 12001 *"])
    counts = result.parseoutcomes()
    assert counts["failed"] == 1
    assert counts["passed"] > 60  # the checks that had all they asked for
    assert counts["skipped"] > 5  # those that wait for the tables that 12001 is not in


def test_a_check_that_waits_is_skipped_and_not_passed(claims: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck", "--claimcheck-by=check", "-v", "-k", "MUE-DOS or STATUS-B or TELE")
    result.stdout.fnmatch_lines(
        ["claims.csv::STATUS-B SKIPPED*", "claims.csv::TELE PASSED*", "claims.csv::MUE-DOS SKIPPED*"]
    )


def test_a_check_with_many_messages_shows_some_and_counts_them(pytester: pytest.Pytester) -> None:
    rows = "".join(REJECTED.replace("C-02", f"C-{n}").replace("PATIENT9", f"P{n}") for n in range(100, 150))
    (pytester.path / "claims.csv").write_text(HEADER + rows)
    result = pytester.runpytest("--claimcheck", "--claimcheck-by=check", "-k", "STATUS-X")
    result.assert_outcomes(failed=1, deselected=result.parseoutcomes()["deselected"])
    assert result.stdout.str().count("REJECT  STATUS-X") == 20
    result.stdout.fnmatch_lines(["... and 30 messages more: claimcheck check shows them all"])


def test_a_check_shows_its_rejects_however_many_warnings_come_before(pytester: pytest.Pytester) -> None:
    """The NPI of CMS's example warns, one that is none rejects."""
    row = "C-{0},99213,1,2025-03-10,11,100.00,P{0},{1}\n"
    rows = "".join(row.format(n, "1234567893") for n in range(100, 140))
    header = "claim_id,code,units,from_date,place_of_service,charge,patient_id,billing_npi\n"
    (pytester.path / "claims.csv").write_text(header + rows + row.format(999, "1234567890"))
    result = pytester.runpytest("--claimcheck", "--claimcheck-by=check", "-k", "NPI", "-rf")
    result.stdout.fnmatch_lines(["*... and 21 messages more: claimcheck check shows them all"])
    result.stdout.fnmatch_lines(["FAILED claims.csv::NPI - NPI on claim C-999*"])
    assert result.stdout.str().count("WARN    NPI") == 19


def test_a_check_that_warns_says_how_many_warnings_it_does_not_show(pytester: pytest.Pytester) -> None:
    message = Checker().check(a_claim(a_line("77424", pos="22"))).messages[0]
    case = Case("X", "X")
    for at in range(30):
        case.add(replace(message, severity=INFORM if at < 20 else WARN), {}, 20)
    assert [message.severity for message in case.messages] == ["inform"] * 10 + ["warn"] * 10
    case.add(replace(message, severity=REJECT), {}, 20)
    assert [message.severity for message in case.messages] == ["inform"] * 9 + ["warn"] * 10 + ["reject"]
    assert case.count == {"inform": 20, "warn": 10, "reject": 1}


def test_selection_by_check_and_claim(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "-k", "STATUS-X and not NOT-JUDGED").assert_outcomes(failed=1, deselected=3)
    pytester.runpytest("--claimcheck", "claims.csv::C-01").assert_outcomes(passed=1)


def test_the_first_failure_stops_where_asked(pytester: pytest.Pytester) -> None:
    (pytester.path / "claims.csv").write_text(HEADER + REJECTED + REJECTED.replace("C-02", "C-03").replace("22", "21"))
    pytester.runpytest("--claimcheck", "-x", "-k", "C-0").assert_outcomes(failed=1, deselected=1)


def test_last_failed(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck").assert_outcomes(passed=2, failed=1, skipped=1)
    pytester.runpytest("--claimcheck", "--lf").assert_outcomes(failed=1)


def test_several_processes(claims: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck", "-n", "2")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    refused = pytester.runpytest("--claimcheck", "--claimcheck-update", "-n", "2")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*--claimcheck-update writes files: run it in one process*"])


def test_junit_xml(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--junitxml=report.xml")
    suite = ElementTree.parse(pytester.path / "report.xml").getroot()[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "4", "failures": "1", "skipped": "1", "errors": "0",
    }  # fmt: skip
    (failed,) = (case for case in suite if case.find("failure") is not None)
    assert failed.get("name") == "C-02"
    failure = failed.find("failure")
    assert failure is not None and failure.text and "fix: Remove the line; the facility bills 77424." in failure.text
    assert [p.get("value") for p in failed.iter("property") if p.get("name") == "check"] == ["STATUS-X"]


def test_profile_rulebook_and_configuration(claims: Path, pytester: pytest.Pytester) -> None:
    other = pytester.runpytest("--claimcheck", "--claimcheck-profile=commercial_other", "-k", "C-02")
    other.assert_outcomes(passed=1, deselected=3)  # another payer may pay it
    missing = pytester.runpytest("--claimcheck", "--claimcheck-rulebook=none.sqlite")
    missing.assert_outcomes(errors=1)
    missing.stdout.fnmatch_lines(["none.sqlite: rule book not found*"])
    (pytester.path / "claimcheck.toml").write_text('ignore = ["STATUS"]\n')
    pytester.runpytest("--claimcheck", "-k", "C-02").assert_outcomes(passed=1, deselected=3)
    (pytester.path / "other.toml").write_text('selct = ["MUE"]\n')
    wrong = pytester.runpytest("--claimcheck", "--claimcheck-config=other.toml")
    wrong.assert_outcomes(errors=1)
    wrong.stdout.fnmatch_lines(["other.toml:1: selct: *"])


def test_the_configuration_of_the_working_folder_holds_for_claims_that_lie_elsewhere(
    claims: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pytester.mkdir("project")
    (project / "claimcheck.toml").write_text('ignore = ["STATUS"]\n')
    monkeypatch.chdir(project)
    pytester.runpytest("--claimcheck", "../claims.csv").assert_outcomes(passed=3, skipped=1)


def test_columns_of_the_configuration_make_claims_of_a_file(pytester: pytest.Pytester) -> None:
    (pytester.path / "lines.csv").write_text("clm,hcpcs,dos,qty,x\nC-1,99213,2024-08-14,1,9\n")
    (pytester.path / "other.csv").write_text("name,town\nA,B\n")
    unknown = pytester.runpytest("--claimcheck")
    unknown.assert_outcomes(errors=1)
    unknown.stdout.fnmatch_lines(["lines.csv: *"])
    columns = '[columns]\nclaim_id = "clm"\ncode = "hcpcs"\nfrom_date = "dos"\nunits = "qty"\n'
    (pytester.path / "claimcheck.toml").write_text(columns)
    listed = pytester.runpytest("--claimcheck", "--collect-only", "-q")
    assert [line for line in listed.outlines if "::" in line] == ["lines.csv::reading", "lines.csv::C-1"]


# -- expected messages ---------------------------------------------------------------------------


def test_expected_messages(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update").assert_outcomes(passed=4)
    expected = claims.with_name("claims.messages.jsonl")
    before = expected.read_text()
    pytester.runpytest("--claimcheck").assert_outcomes(passed=4)

    expected.write_text(
        before.replace('"check": "STATUS-X", "severity": "reject"', '"check": "STATUS-X", "severity": "warn"')
    )
    changed = pytester.runpytest("--claimcheck")
    changed.assert_outcomes(passed=3, failed=1)
    changed.stdout.fnmatch_lines(
        ["not the messages of claims.messages.jsonl: ~ STATUS-X (reject) on claim C-02 line 1 is another:",
         "      severity: expected 'warn', found 'reject'"]
    )  # fmt: skip

    expected.write_text("".join(line for line in before.splitlines(True) if "STATUS-X" not in line.partition(",")[0]))
    added = pytester.runpytest("--claimcheck")
    added.assert_outcomes(passed=3, failed=1)
    added.stdout.fnmatch_lines(
        ["  + STATUS-X (reject) on claim C-02 line 1 is not expected: 77424 is a facility-only*"]
    )

    expected.write_text(before)
    claims.write_text(HEADER + CLEAN + REJECTED.replace("77424", "99213") + UNKNOWN)
    gone = pytester.runpytest("--claimcheck")
    gone.stdout.fnmatch_lines(["  - STATUS-X (reject) on claim C-02 line 1 was expected, and is not there: 77424*"])


def reworded(expected: str) -> str:
    """Expected messages as another version words them, by rules of another release."""
    lines = [json.loads(line) for line in expected.splitlines()]
    other = {"text": "Other words.", "remedy": None, "releases": ["another"], "rarc": "N1", "field": "pos"}
    return "".join(json.dumps({**line, **other}) + "\n" for line in reversed(lines))


def test_a_new_wording_breaks_no_expectation_unless_asked(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    expected = claims.with_name("claims.messages.jsonl")
    found = expected.read_text()
    expected.write_text(reworded(found))
    for by in ("claim", "line", "check"):
        assert pytester.runpytest("--claimcheck", f"--claimcheck-by={by}").ret == 0
    asked = pytester.runpytest("--claimcheck", "--claimcheck-compare=all")
    asked.assert_outcomes(failed=3, passed=1)
    asked.stdout.fnmatch_lines(["      text: expected 'Other words.', found *77424 *"])

    (pytester.path / "pytest.ini").write_text("[pytest]\nclaimcheck_compare = all\n")
    pytester.runpytest("--claimcheck").assert_outcomes(failed=3, passed=1)
    assert pytester.runpytest("--claimcheck", "--claimcheck-compare=verdict").ret == 0
    pytester.runpytest("--claimcheck", "--claimcheck-update").assert_outcomes(passed=4)
    assert sorted(expected.read_text().splitlines()) == sorted(found.splitlines())

    (pytester.path / "pytest.ini").write_text("[pytest]\nclaimcheck_compare = some\n")
    pytester.runpytest("--claimcheck").stdout.fnmatch_lines(["claimcheck_compare: 'some' is unknown; expected *"])


@pytest.mark.parametrize("name", ["check", "severity", "claim_id", "line_number", "lines", "observed"])
def test_each_part_of_a_verdict_is_compared(name: str, claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    expected = claims.with_name("claims.messages.jsonl")
    lines = [json.loads(line) for line in expected.read_text().splitlines()]
    for line in lines:
        if line["check"] == "STATUS-X":
            line[name] = ["7"] if name == "lines" else "other"
    expected.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert pytester.runpytest("--claimcheck", "-k", "C-02 or expectations").ret == 1


def test_each_message_is_expected_once(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    expected = claims.with_name("claims.messages.jsonl")
    twice = "".join(line * (2 if "STATUS-X" in line else 1) for line in expected.read_text().splitlines(True))
    expected.write_text(twice)
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*- STATUS-X (reject) on claim C-02 line 1 was expected, and is not there: *"])


def test_only_what_is_selected_is_updated(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    expected = claims.with_name("claims.messages.jsonl")
    before = expected.read_text()
    claims.write_text(HEADER + CLEAN + REJECTED.replace(",22,", ",21,") + UNKNOWN.replace("12001", "12002"))
    pytester.runpytest("--claimcheck", "--claimcheck-update", "-k", "C-04").assert_outcomes(passed=1, deselected=3)
    after = expected.read_text()
    assert "12002" in after and "12001" not in after
    assert [line for line in before.splitlines() if "C-02" in line] == [
        line for line in after.splitlines() if "C-02" in line
    ]
    pytester.runpytest("--claimcheck").assert_outcomes(passed=3, failed=1)


def test_an_update_writes_once_and_for_claims_without_messages_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = HEADER.replace(
        "received_date", "received_date,rendering_npi,sex,referring_npi,ordering_npi,clia,description"
    )
    (pytester.path / "claims.csv").write_text(columns + CLEAN.replace("\n", ",1234567802,F,,,,\n"))
    pytester.runpytest("--claimcheck", "--claimcheck-update", "-k", "C-01").assert_outcomes(passed=1)
    assert (pytester.path / "claims.messages.jsonl").read_text() == ""
    (pytester.path / "claims.csv").write_text(HEADER + REJECTED + WARNED + UNKNOWN)
    written: list[str] = []
    write = Path.write_text

    def noted(path: Path, text: str, *more: object, **options: object) -> int:
        written.append(path.name)
        return write(path, text, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", noted)
    pytester.runpytest("--claimcheck", "--claimcheck-update").assert_outcomes(passed=4)
    assert written.count("claims.messages.jsonl") == 1
    pytester.runpytest("--claimcheck").assert_outcomes(passed=4)


def test_an_update_goes_with_claimcheck(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--claimcheck-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--claimcheck-update goes with --claimcheck"])


def test_expectations_that_cannot_be_read_or_written_are_told(claims: Path, pytester: pytest.Pytester) -> None:
    expected = claims.with_name("claims.messages.jsonl")
    for content in (b"\xff\xfe{}", b'{"check": "X", "claim_id": "C", "line_number": null, "locus": {"file": 3}}\n'):
        expected.write_bytes(content)
        result = pytester.runpytest("--claimcheck")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["claims.messages.jsonl:*"])
        result.stdout.no_fnmatch_line("*suite.py*")
    expected.unlink()
    expected.symlink_to("nowhere/claims.messages.jsonl")
    result = pytester.runpytest("--claimcheck", "--claimcheck-update")
    result.stdout.fnmatch_lines(["*claims.messages.jsonl: can't be written: No such file or directory"])
    result.stdout.no_fnmatch_line("*suite.py*")


def test_stale_expectations_name_their_claims(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    claims.write_text(HEADER + CLEAN)
    stale = pytester.runpytest("--claimcheck")
    stale.assert_outcomes(passed=2, failed=1)
    stale.stdout.fnmatch_lines(
        ["claims.messages.jsonl is stale: claims.csv has not what it expects messages of: "
         "claim C-02 line 1 (STATUS-X), *claim C-04 line 1 (NOT-JUDGED)"]
    )  # fmt: skip
    pytester.runpytest("--claimcheck", "--claimcheck-update").assert_outcomes(passed=3)
    assert "C-02" not in claims.with_name("claims.messages.jsonl").read_text()


def test_what_is_no_message_is_named(claims: Path, pytester: pytest.Pytester) -> None:
    claims.with_name("claims.messages.jsonl").write_text('{"check": "STATUS-X"}\n')
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["claims.messages.jsonl:1: is no edit message as `claimcheck check --format jsonl`*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_packed_files_have_expectations_too(claims: Path, pytester: pytest.Pytester) -> None:
    import gzip

    Path("claims.csv.gz").write_bytes(gzip.compress(claims.read_bytes()))
    claims.unlink()
    pytester.runpytest("--claimcheck", "--claimcheck-update").assert_outcomes(passed=4)
    assert Path("claims.messages.jsonl").exists()
    pytester.runpytest("--claimcheck").assert_outcomes(passed=4)


# -- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.837", b"", "empty.837: The file is empty. *"),
        ("page.837", b"<html><body>Log in</body></html>", "page.837: The file is an HTML page*"),
        ("claims.parquet", b"PAR1xxxx", "claims.parquet: The file is a Parquet file*"),
        ("notes.txt", b"hello", "notes.txt: The file is not an 837*"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_of_collection(
    name: str, content: bytes, told: str, pytester: pytest.Pytester
) -> None:
    (pytester.path / name).write_bytes(content)
    result = pytester.runpytest("--claimcheck", name)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_cannot_be_read_of_a_file_is_a_test_that_fails(claims: Path, pytester: pytest.Pytester) -> None:
    claims.write_text(HEADER + CLEAN + "C-09,short\n" + REJECTED)
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["    REJECT  ROW-CELLS  row 3", "FAILED claims.csv::reading - ROW-CELLS on the file"])


def test_two_claims_of_one_number_are_two_tests(pytester: pytest.Pytester) -> None:
    (pytester.path / "claims.csv").write_text(HEADER + CLEAN + REJECTED + CLEAN)
    listed = pytester.runpytest("--claimcheck", "--collect-only", "-q")
    assert [line for line in listed.outlines if "C-01" in line] == [
        "claims.csv::C-01",
        "claims.csv::C-01[[]2]".replace("[[]", "["),
    ]


def test_too_many_items_are_pointed_elsewhere(
    claims: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claimcheck.suite.collection, "MOST_ITEMS", 3)
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*more than 3 tests*`claimcheck check claims.csv`*--claimcheck-by check"])
    assert pytester.runpytest("--claimcheck", "--claimcheck-by=check").parseoutcomes()["passed"] > 60


def test_a_check_that_raises_fails_its_tests_with_its_own_traceback(claims: Path, pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text(RAISING)
    (pytester.path / "claimcheck.toml").write_text('checks = ["acme"]\n')
    again = REJECTED.replace("C-02", "C-05").replace("PATIENT9", "PATIENT5")
    claims.write_text(HEADER + CLEAN + REJECTED + again)
    result = pytester.runpytest("--claimcheck", "claims.csv", "--showlocals")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "ACME-1 broke off:",
            '  File "*acme.py", line 12, in acme',
            "    raise KeyError(*",
            "KeyError: (its text may quote a patient: withheld)",
        ]
    )
    for secret in ("PATIENT9", "PATIENT5", "1940-01-31", "19400131"):
        result.stdout.no_fnmatch_line(f"*{secret}*")
    by_check = pytester.runpytest("--claimcheck", "--claimcheck-by=check", "claims.csv", "-rf")
    by_check.stdout.fnmatch_lines(["FAILED claims.csv::ACME-1 - CHECK-FAILED on claim C-02*"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}[as_date(claim.birth_date)]", "KeyError: (its text may quote a patient: withheld)"),
        ("raise TypeError(claim.birth_date.replace('-', '/'))", "TypeError: (its text may quote*"),
        ("int(claim.patient_id)", "ValueError: (its text may quote a patient: withheld)"),
        ("claim.nobody", "AttributeError: 'Claim' object has no attribute 'nobody'"),
        ("unknown", "NameError: name 'unknown' is not defined"),
    ],
)
def test_an_error_says_what_quotes_no_patient(body: str, told: str, claims: Path, pytester: pytest.Pytester) -> None:
    raising = RAISING.replace('raise KeyError(f"{claim.patient_id} born {claim.birth_date}")', body)
    (pytester.path / "acme.py").write_text("from claimcheck.claim import as_date\n" + raising)
    result = pytester.runpytest("--claimcheck", "--claimcheck-checks=acme.py", "claims.csv", "--showlocals")
    result.stdout.fnmatch_lines([told])
    for secret in ("PATIENT9", "*1940*1*31*"):
        result.stdout.no_fnmatch_line(f"*{secret}*")


def test_an_interrupted_check_shows_no_claim(claims: Path, pytester: pytest.Pytester) -> None:
    raising = RAISING.replace(
        'raise KeyError(f"{claim.patient_id} born {claim.birth_date}")', "raise KeyboardInterrupt"
    )
    (pytester.path / "acme.py").write_text(raising)
    options = ["--claimcheck-checks=acme.py", "--showlocals", "--full-trace"]
    result = pytester.runpytest_subprocess("--claimcheck", "claims.csv", *options)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "PATIENT" not in result.stdout.str() + result.stderr.str()


def test_an_engine_that_breaks_off_shows_no_claim(
    claims: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(engine: object, claim: object, *earlier: object) -> None:
        raise RuntimeError(claim)

    monkeypatch.setattr("claimcheck.engine.loop.Engine.check", check)
    result = pytester.runpytest("--claimcheck", "--showlocals", "--tb=long")
    result.stdout.fnmatch_lines(["claims.csv: claimcheck broke off*", "RuntimeError: (its text may quote*"])
    assert "PATIENT" not in result.stdout.str() + result.stderr.str()


def test_examples_that_fail_stop_the_collection_of_claims(claims: Path, pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text(RAISING.replace('a_line("99212")', 'a_line("99215")'))
    result = pytester.runpytest("--claimcheck", "--claimcheck-checks=acme.py", "claims.csv")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["acme.py:4: ACME-1: the example 'one' should fire, but passes"])


# -- files of checks -----------------------------------------------------------------------------


def test_examples_are_tests(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text(RAISING)
    (pytester.path / "helper.py").write_text("def x_check(a): return a\n")
    pytester.makepyfile(test_other="def test_it(): pass\n")
    result = pytester.runpytest("--claimcheck", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["acme.py::ACME-1 PASSED*", "acme.py::ACME-1: none PASSED*", "acme.py::ACME-1: one PASSED*"]
    )


def test_an_example_that_does_not_hold_fails_with_the_difference(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text(
        RAISING.replace('a_line("99213")', 'a_line("77424")').replace('a_line("99212")', 'a_line("99215")')
    )
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["ACME-1: none broke off with KeyError", '  File "*acme.py", line 12, in acme',
         "acme.py:4: ACME-1: the example 'one' should fire, but passes"]
    )  # fmt: skip


def test_a_rule_file_that_reaches_out_is_an_error_of_collection(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text("import socket\n" + RAISING)
    result = pytester.runpytest("--claimcheck")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["acme.py:1: imports socket: *"])


def test_a_file_that_is_named_and_refused_is_not_run(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text("open('made', 'w').close()\n" + RAISING)
    result = pytester.runpytest("--claimcheck", "acme.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["acme.py:1: open opens a file*"])
    assert not (pytester.path / "made").exists()


def test_a_file_that_is_named_keeps_its_own_tests(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.py").write_text(RAISING + "\n\ndef test_it():\n    assert acme.id == 'ACME-1'\n")
    pytester.runpytest("--claimcheck", "acme.py").assert_outcomes(passed=4)


def test_expected_messages_may_be_named_among_claims(claims: Path, pytester: pytest.Pytester) -> None:
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    pytester.runpytest("--claimcheck", "claims.csv", "claims.messages.jsonl").assert_outcomes(passed=4)


def test_the_checks_that_ship_are_proved_by_the_plugin_too(pytester: pytest.Pytester) -> None:
    shipped = Path(claimcheck.__file__).parent / "checks"
    result = pytester.runpytest("--claimcheck", str(shipped / "mue.py"), str(shipped / "pairs.py"))
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 40


# -- fixtures ------------------------------------------------------------------------------------


def test_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_our_contract(claimcheck, a_claim, a_line):
            outcome = claimcheck.check(a_claim(a_line("77424", day="20240814", pos="22")))
            assert "STATUS-X" in outcome.checks
            assert outcome.disposition == "rejected"

        def test_our_rules(rules, a_service):
            service = a_service("77424-26")
            assert rules("2024-08-14").fee(service.code).status == "X"
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)
    pytester.runpytest("--claimcheck-rulebook=none.sqlite").assert_outcomes(errors=2)


def test_a_day_that_is_none_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('def test_it(rules):\n    rules("2024-02-30")\n')
    result = pytester.runpytest()
    result.stdout.fnmatch_lines(["*ValueError: '2024-02-30' is no day; expected CCYY-MM-DD or CCYYMMDD"])


# -- a package of checks -------------------------------------------------------------------------

EXAMPLE = ROOT / "docs" / "rules-as-tests"


def test_an_installed_package_of_checks_serves_every_door(tmp_path: Path) -> None:
    """As one who bought or wrote a package of checks has it: installed beside claimcheck, named in a configuration."""
    source = tmp_path / "source"
    shutil.copytree(EXAMPLE, source)
    installed = tmp_path / "installed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(installed),
    ]
    subprocess.run([*pip, source], check=True, capture_output=True)
    assert (installed / "horizon_rules" / "urgent_care.py").exists()
    work = tmp_path / "work"
    shutil.copytree(EXAMPLE / "claims", work)
    (work / "claimcheck.toml").write_text('[payers."22099"]\nprofile = "commercial"\nchecks = ["horizon_rules"]\n')
    here = str(Path(claimcheck.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed), here))}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=work, env=environment, capture_output=True, text=True, check=False
        )

    cli = run("-m", "claimcheck", "check", "urgent_care.csv", "--format", "jsonl")
    assert cli.returncode == 1, cli.stderr
    assert cli.stdout == (EXAMPLE / "claims" / "urgent_care.messages.jsonl").read_text()
    tested = run("-m", "pytest", "--claimcheck", "-q", "urgent_care.csv")
    assert tested.returncode == 0, tested.stdout
    program = (
        "from pathlib import Path; from claimcheck import Checker, load_configuration, read\n"
        "from claimcheck.writers.to_jsonl import encode\n"
        "checker = Checker(configuration=load_configuration(Path('claimcheck.toml')))\n"
        "print(*map(encode, checker.run(read('urgent_care.csv'))), sep='', end='')"
    )
    python = run("-c", program)
    assert python.stdout == cli.stdout, python.stderr
    examples = run("-m", "pytest", "--claimcheck", "-q", "--pyargs", "horizon_rules")
    assert "11 passed" in examples.stdout, examples.stdout
