"""Help reads well at 80 columns, its examples are true, and what is wrong with an option is said in our words."""

import re
import shlex

import pytest

from claimcheck.cli.commands import HOMES
from support.command_line import invoke

GROUPS = {
    "config": ("show", "check"),
    "rules": ("add", "list", "diff", "verify"),
    "history": ("init", "add", "sent", "stats", "verify", "forget", "merge", "export", "import-deposits"),
}
COMMANDS = [(), *((name,) for name in HOMES), *((group, name) for group, names in GROUPS.items() for name in names)]


def help_of(*command: str) -> str:
    return invoke(*command, "--help").stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples_and_exit_statuses_within_80_columns(command: tuple[str, ...]) -> None:
    page = help_of(*command)
    assert invoke(*command, "-h").stdout == page
    assert max(map(len, page.splitlines())) <= 80
    examples, _, statuses = page.partition("\nExamples:\n")[2].partition("\nExit status:\n")
    assert examples.count("claimcheck ") >= 1
    assert re.match(r"  0 +\w", statuses), statuses
    assert "<list" not in page and "<str>" not in page, "no types of Python"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_examples_use_commands_and_options_that_there_are(command: tuple[str, ...]) -> None:
    text = help_of(*command).partition("\nExamples:\n")[2].partition("\nExit status:\n")[0].replace("\\\n", " ")
    for line in text.splitlines():
        for words in re.findall(r"(?<!-)claimcheck ([^|>]*)", line.split("   ")[0]):
            if words.startswith("COMMAND"):
                continue
            first, *rest = shlex.split(words)
            assert first in HOMES, line
            name = (first, rest[0]) if first in GROUPS else (first,)
            known = help_of(*name).partition("\nExamples:\n")[0]
            for option in (word for word in rest if word.startswith("-") and word != "-"):
                assert re.search(rf"^  .*{option}\b", known, re.MULTILINE), (line, option)


def test_the_statuses_of_a_run_are_all_in_its_help() -> None:
    for status in ("0", "1", "2", "3", "129, 130, 143"):
        assert re.search(rf"^  {status} +\w", help_of("check"), re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("chekc",), "Did you mean 'check'"),
        (("check", "--fromat", "csv"), "--format"),
        (("check", "-", "--format", "josnl"), 'found "josnl", expected one of text, jsonl, csv, '),
        (("check", "-", "--format", "josnl"), "did you mean jsonl?"),
        (("check", "--min-judged", "5"), "'--min-judged': expected at most 1"),
        (("check", "--min-judged", "most"), "'--min-judged': expected a number"),
        (("check", "--jobs", "0"), "'--jobs': expected at least 1"),
        (("check", "--jobs", "two"), "'--jobs': expected a whole number"),
        (("check", "--fail-on", "rejectd"), 'found "rejectd", expected one of rejected, not_judged, '),
        (("config", "show", "--setting", "denta"), "did you mean dental?"),
        (("explain", "MUE-DAS"), "did you mean MUE-DOS?"),
        (("explain", "77424", "--on", "soon"), '--on: found "soon", expected a date, CCYY-MM-DD or CCYYMMDD'),
        (
            ("checks", "MUE-DAS"),
            'unknown check "MUE-DAS", expected an id or prefix that',
        ),
        (("check", "-", "-q", "-v"), "-q and -v can't be used together"),
        (("-v",), "-v is an option of a command"),
    ],
)
def test_wrong_usage_says_what_is_expected(arguments: tuple[str, ...], told: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    for internal in ("Value error", "Input should", "Traceback", "literal"):
        assert internal not in done.stderr


def test_the_version_says_more_on_request() -> None:
    (short,) = invoke("--version").stdout.splitlines()
    first, *more = invoke("--version", "-v").stdout.splitlines()
    assert first == short
    for told in ("Python 3", "pydantic", "rule book: "):
        assert any(told in line for line in more), told
