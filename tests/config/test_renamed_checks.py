"""Former ids of checks go on working wherever a user may have written them, with a note of the new id."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from claimcheck import Checker, a_claim, a_line, load_configuration
from claimcheck.authoring.check import RENAMED, RenamedCheckWarning, names_check
from claimcheck.checks import all_checks
from claimcheck.config.files import ConfigurationError
from claimcheck.config.profile import is_selected, load_profile
from support.places import ROOT

OLD, NEW = "GLB-57c", "GLB-57-NONE"
ALONE = a_claim(a_line("99213-57", day="20240814"))
"""A visit with 57 and no procedure."""


def severities(checker: Checker) -> dict[str, str]:
    return {message.check: message.severity for message in checker.check(ALONE).messages}


def test_former_ids_are_no_longer_in_use_and_new_ones_are() -> None:
    ids = {check.id for check in all_checks()}
    assert not ids & RENAMED.keys() and {*RENAMED.values()} <= ids


def test_the_id_that_a_new_one_begins_with_names_its_own_check_alone() -> None:
    """As ever: who ignores GLB-57 has not ignored what was GLB-57b."""
    for new in RENAMED.values():
        first = new.rpartition("-")[0]
        assert names_check(first, first) and not names_check(first, new)
        assert names_check("GLB", new) and names_check(first + "-", new)
        assert is_selected(new, [], [first]) and not is_selected(new, [first], [])


@pytest.mark.parametrize(
    ("written", "where", "found"),
    [
        (f'severity = {{ {OLD} = "warn" }}', "severity", "warn"),
        (f'[payers."*"]\nseverity = {{ {OLD} = "warn" }}', "severity", "warn"),
        (f'severity = {{ {OLD} = "reject", {NEW} = "warn" }}', "severity", "warn"),
        (f'ignore = ["{OLD}"]', "ignore", None),
        (f'select = ["{OLD}"]', "select", "inform"),
        (f'[payers."*"]\nselect = ["{OLD}"]', "select", "inform"),
        (f'[payers."*"]\nignore = ["{OLD}"]', "ignore", None),
    ],
)
def test_a_configuration(written: str, where: str, found: str | None, tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(written)
    with pytest.warns(RenamedCheckWarning) as told:
        configuration = load_configuration(path)
    assert [str(one.message) for one in told] == [f"{path}: {where}: {OLD} is now {NEW}"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker = Checker(configuration=configuration)
    claim = ALONE._replace(payer_id="X")
    said = {message.check: message.severity for message in checker.check(claim).messages}
    assert said.get(NEW) == found
    if where == "select":
        assert {*said} == {NEW}


@pytest.mark.parametrize("table", ["[severity]", "[payers.X.severity]"])
def test_a_wrong_value_of_a_former_id_is_told_by_its_line_and_key(table: str, tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(f'{table}\nMUE-DOS = "warn"\n{OLD} = "bogus"\n')
    with pytest.raises(ConfigurationError) as told:
        load_configuration(path)
    assert str(told.value).startswith(f'{path}:3: {table} {OLD}: found "bogus", expected')


def test_a_new_id_is_told_of_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(f'severity = {{ {NEW} = "warn" }}\nignore = ["{NEW}"]\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert NEW not in severities(Checker(configuration=load_configuration(path)))


def test_what_a_python_program_selects() -> None:
    with pytest.warns(RenamedCheckWarning, match=f"select: {OLD} is now {NEW}"):
        assert severities(Checker(select=[OLD])) == {NEW: "inform"}
    with pytest.warns(RenamedCheckWarning, match=f"ignore: {OLD} is now {NEW}"):
        assert NEW not in severities(Checker(ignore=[OLD]))


def test_a_warning_tells_the_line_that_names_it() -> None:
    with pytest.warns(RenamedCheckWarning) as told:
        Checker(select=[OLD])
    assert [one.filename for one in told] == [__file__]


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'title = "Mine"\nseverity = {{ {OLD} = "warn" }}\n')
    with pytest.warns(RenamedCheckWarning, match=f"mine.toml: severity: {OLD} is now {NEW}"):
        profile = load_profile(str(path))
    assert profile.severity == {NEW: "warn"}


def test_a_waiver(tmp_path: Path) -> None:
    (tmp_path / "waivers.csv").write_text(f"check,reason,who,until\n{OLD},seen,me,2099-12-31\n")
    (tmp_path / "claimcheck.toml").write_text('waivers = "waivers.csv"\n')
    with pytest.warns(RenamedCheckWarning, match=f"waivers.csv:2: check: {OLD} is now {NEW}"):
        checker = Checker(configuration=load_configuration(tmp_path / "claimcheck.toml"))
    (waived,) = (message for message in checker.check(ALONE).messages if message.check == NEW)
    assert waived.waived and waived.waived.who == "me"


def test_expected_messages(pytester: pytest.Pytester) -> None:
    row = "C-1,99213,57,1,2024-08-14,11,90.00,P1\n"
    (pytester.path / "c.csv").write_text(
        "claim_id,code,modifiers,units,from_date,place_of_service,charge,patient_id\n" + row
    )
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    expected = pytester.path / "c.messages.jsonl"
    written = expected.read_text()
    assert f'"{NEW}"' in written
    expected.write_text(written.replace(f'"{NEW}"', f'"{OLD}"'))
    for by in ("claim", "line", "check"):
        result = pytester.runpytest("--claimcheck", f"--claimcheck-by={by}")
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"*c.messages.jsonl:*: {OLD} is now {NEW}"])
    pytester.runpytest("--claimcheck", "--claimcheck-update")
    assert expected.read_text() == written


def test_the_command_line_notes_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "claimcheck.toml").write_text(f'ignore = ["{OLD}"]\n')
    demo = str(ROOT / "fixtures" / "837p" / "demo.837")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "claimcheck", *command]
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run("check", demo, "--format", "jsonl", "--jobs", "2")
    assert done.stderr.count(f"claimcheck: claimcheck.toml: ignore: {OLD} is now {NEW}\n") == 1
    assert "Warning" not in done.stderr
    assert NEW not in {json.loads(line)["check"] for line in done.stdout.splitlines()}
    explained = run("explain", OLD)
    assert (explained.returncode, explained.stderr) == (0, f"claimcheck: explain: {OLD} is now {NEW}\n")
    assert explained.stdout.strip().startswith(NEW) or NEW in explained.stdout
    for written in (OLD.lower(), OLD.upper()):
        assert run("explain", written).stdout == explained.stdout
    listed = run("checks", OLD.lower(), "--isolated")
    assert (listed.returncode, listed.stderr) == (0, f"claimcheck: checks: {OLD} is now {NEW}\n")
    assert listed.stdout.startswith(f"{NEW} ")
