"""``claimcheck init``: every setting with its meaning and its default, as the models have them."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from claimcheck import Acknowledgments, Checker, Configuration
from claimcheck.config.configuration import Payer, load_configuration
from claimcheck.config.template import template
from support.command_line import invoke

SETTING = re.compile(r"^#(?=[\w\[])", re.MULTILINE)
"""What is in front of a setting; in front of a sentence there is a space as well."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_written_changes_nothing_and_is_no_warning() -> None:
    done = invoke("init")
    assert (done.exit_code, done.stderr) == (0, "")
    assert Path("claimcheck.toml").read_text() == template()
    assert dict(load_configuration(Path("claimcheck.toml"))) == dict(Configuration())
    Path("rows.csv").write_text("claim_id,code,units,from_date\nC-1,19301,1,2024-08-14\n")
    written, alone = (invoke("check", "rows.csv", "--format", "jsonl", *more) for more in ((), ("--isolated",)))
    assert (written.stdout, written.stderr) == (alone.stdout, alone.stderr)
    assert invoke("config", "check").stdout == "claimcheck.toml: OK\n"


def test_every_setting_is_there_with_its_meaning_and_default() -> None:
    set_all = tomllib.loads(SETTING.sub("", template()))
    (payer,) = set_all["payers"].values()
    assert set(set_all) == set(Configuration.model_fields)
    assert set(payer) == set(Payer.model_fields)
    assert set(set_all["acknowledgments"]) == set(Acknowledgments.model_fields)
    words = " ".join(re.sub(r"^# ?", "", template(), flags=re.MULTILINE).split())
    for model in (Configuration, Payer, Acknowledgments):
        for name, field in model.model_fields.items():
            assert field.description and " ".join(field.description.split()) in words, name
            if model is Configuration and field.default is not None and not isinstance(field.default, dict | BaseModel):
                assert set_all[name] == field.default, name


def test_every_setting_can_be_used_as_it_is_written() -> None:
    Path("all.toml").write_text(SETTING.sub("", template()))
    configuration = load_configuration(Path("all.toml"))
    payers = {
        pattern: payer.model_copy(update={"checks": [], "overlays": []})
        for pattern, payer in configuration.payers.items()
    }
    Checker(configuration=configuration.model_copy(update={"waivers": None, "payers": payers}))
    for example in re.findall(r"^# Example: (.*)$", template(), re.MULTILINE):
        Configuration(**tomllib.loads(example))


def test_a_file_is_replaced_only_on_request() -> None:
    Path("claimcheck.toml").write_text('profile = "medicaid"\n')
    done = invoke("init")
    assert done.exit_code == 2
    assert done.stderr == (
        "claimcheck: claimcheck.toml: exists; --force replaces it, or name another file by --output\n"
    )
    assert Path("claimcheck.toml").read_text() == 'profile = "medicaid"\n'
    assert invoke("init", "--force").exit_code == 0
    assert Path("claimcheck.toml").read_text() == template()


def test_it_goes_where_it_is_sent() -> None:
    assert invoke("init", "--output", "-").stdout == template()
    assert invoke("init", "--output", "other.toml").exit_code == 0
    assert invoke("init", "--output", "none/other.toml").exit_code == 2
    assert [path.name for path in Path().iterdir()] == ["other.toml"]


def test_config_check_finds_what_is_wrong_in_what_the_configuration_names() -> None:
    Path("own.toml").write_text('title = "Own"\n[severity]\nMUEE = "warn"\n')
    Path("claimcheck.toml").write_text('# ours\n[payers.ACME]\nprofile = "own.toml"\n')
    done = invoke("config", "check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(WRONG)


WRONG = "claimcheck: own.toml:3: [severity] MUEE: unknown check"


def test_a_configuration_is_never_compressed() -> None:
    done = invoke("init", "--output", "x.toml.gz")
    assert (done.exit_code, done.stderr) == (
        2,
        "claimcheck: x.toml.gz: a configuration can't be compressed; name it x.toml\n",
    )
    assert not Path("x.toml.gz").exists()


def test_a_byte_order_mark_as_of_windows_editors_is_no_error() -> None:
    Path("claimcheck.toml").write_text('profile = "medicaid"\nselect = ["NOPE"]\n', "utf-8-sig")
    assert load_configuration(Path("claimcheck.toml")).profile == "medicaid"
    assert "claimcheck.toml:2: select: " in invoke("config", "check").stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('\nchecks = ["nope"]', "claimcheck.toml:2: checks: nope: "),
        ('[payers.X]\nchecks = ["nope"]', "claimcheck.toml:2: [payers.X] checks: nope: "),
        ('[payers.X.filing.MB]\nchecks = ["nope"]', "claimcheck.toml:2: [payers.X.filing.MB] checks: nope: "),
    ],
)
def test_checks_that_are_not_found_are_told_by_the_line_that_names_them(text: str, place: str) -> None:
    Path("claimcheck.toml").write_text(text)
    for command in (("config", "check"), ("checks",), ("check", "-")):
        done = invoke(*command, stdin="")
        assert done.exit_code == 2 and f"{place}no module" in done.stderr, done.stderr
