"""What contributors and users find beside the code: hooks, workflow, forms, the changelog and its fragments."""

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from claimcheck.authoring.check import Check, run_example
from support.places import ROOT
from support.site import blocks, run

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[0-9]*.yml"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def loaded(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


# -- the workflow --------------------------------------------------------------------------------


def steps() -> Iterator[dict[str, Any]]:
    for job in loaded(".github/workflows/ci.yml")["jobs"].values():
        yield from job["steps"]


def test_the_workflow_calls_make_targets_alone_and_all_that_ci_calls() -> None:
    called = {step["run"] for step in steps() if "run" in step}
    assert all(re.fullmatch(r"make [a-z-]+", command) and command[5:] in TARGETS for command in called)
    ours = set(re.findall(r"^make [a-z-]+", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE))
    assert ours and ours <= called
    assert all("run" in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps())


def test_the_workflow_runs_every_python_that_is_supported() -> None:
    workflow = loaded(".github/workflows/ci.yml")
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert workflow["permissions"] == {"contents": "read"}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for version in versions:
        assert f'"Programming Language :: Python :: {version}"' in project
    text = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert "Not run by the project's own CI" in text


# -- hooks ---------------------------------------------------------------------------------------


def test_the_hooks_of_the_project_call_what_is_there() -> None:
    (repo,) = loaded(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        program, *arguments = shlex.split(hook["entry"])
        assert (Path(sys.executable).parent / Path(program).name).exists(), hook["id"]
        assert all((ROOT / argument).is_file() for argument in arguments if argument.startswith("tests/"))


GUIDE = (ROOT / "docs/guides/custom-checks.md").read_text("utf-8")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The rule files that the guide on custom checks shows."""
    for block in blocks(GUIDE):
        if block.title:
            (tmp_path / block.title).write_text(block.text, "utf-8")
    return tmp_path


def test_the_hooks_for_users_accept_the_files_of_the_guide_and_refuse_broken_ones(rules: Path) -> None:
    _, of_configuration, of_checks = loaded(".pre-commit-hooks.yaml")
    assert (of_configuration["id"], of_checks["id"]) == ("claimcheck-config", "claimcheck-checks")
    assert of_checks["id"] in GUIDE and of_configuration["id"] in GUIDE
    assert re.search(of_configuration["files"], "rules/claimcheck.toml")
    assert run(of_configuration["entry"], rules).returncode == 0
    assert run(f"{of_checks['entry']} acme_rules.py", rules).returncode == 0
    module = rules / "acme_rules.py"
    module.write_text(module.read_text("utf-8").replace('row.status == "I"', 'row.status == "Z"'))
    done = run(of_configuration["entry"], rules)
    assert done.returncode == 2 and "acme_rules.py" in done.stderr and "Traceback" not in done.stderr
    assert run(f"{of_checks['entry']} acme_rules.py", rules).returncode not in (0, 5)


# -- forms ---------------------------------------------------------------------------------------


def test_a_form_for_a_wrong_rule_asks_for_code_date_payer_and_source() -> None:
    form = loaded(".github/ISSUE_TEMPLATE/1-rule-is-wrong.yml")
    needed = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
    assert needed >= {"check", "code", "date", "payer", "source"}
    assert "Never paste a real claim" in form["body"][0]["attributes"]["value"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one_that_github_takes(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["name"] and form["description"]
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    for part in form["body"]:
        assert part["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        assert part["attributes"]["value" if part["type"] == "markdown" else "label"]


def test_security_and_conduct_say_how_to_report_and_forbid_real_claims() -> None:
    for name in ("SECURITY.md", "CODE_OF_CONDUCT.md"):
        text = (ROOT / name).read_text("utf-8")
        assert "private" in text
        assert re.search(r"never send a real claim|no patient data", text)


# -- the changelog -------------------------------------------------------------------------------


def test_the_changelog_has_the_sections_of_keepachangelog_in_their_order() -> None:
    assert "\n## [Unreleased]\n" in CHANGELOG
    for release in CHANGELOG.split("\n## ")[1:]:
        assert re.match(r"\[(?:Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)", release)
        sections = re.findall(r"^### (.*)$", release, re.MULTILINE)
        assert sections == [section for section in SECTIONS if section in sections]


@pytest.fixture
def collect() -> ModuleType:
    spec = importlib.util.spec_from_file_location("collect", ROOT / "changes" / "collect.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_fragments_that_wait_are_well_formed(collect: ModuleType) -> None:
    collect.fragments(ROOT / "changes")


def test_fragments_become_a_release(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    for name in ("collect.py", "README.md"):
        (tmp_path / "changes" / name).write_bytes((ROOT / "changes" / name).read_bytes())
    (tmp_path / "CHANGELOG.md").write_text(
        "# C\n\n## [Unreleased]\n\n### Fixed\n\n- Old.\n\n## [0.1.0] - 2026-01-02\n\n- X.\n"
    )
    (tmp_path / "changes" / "one.fixed.md").write_text("A file that is\ncut off is a message.\n")
    (tmp_path / "changes" / "two.added.md").write_text("`--new` is an option.\n")
    assert run("python changes/collect.py", tmp_path).stdout.startswith("### Added\n\n- `--new` is an option.\n")
    assert run("python changes/collect.py 0.2.0", tmp_path).returncode == 0
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", (tmp_path / "CHANGELOG.md").read_text())
    assert text == (
        "# C\n\n## [Unreleased]\n\n## [0.2.0] - DAY\n\n### Added\n\n- `--new` is an option.\n\n"
        "### Fixed\n\n- Old.\n- A file that is cut off is a message.\n\n## [0.1.0] - DAY\n\n- X.\n"
    )
    assert [path.name for path in (tmp_path / "changes").glob("*.md")] == ["README.md"]


@pytest.mark.parametrize(
    ("name", "text"), [("one.md", "x"), ("one.better.md", "x"), ("one.fixed.md", " "), ("one.added.md", "- x")]
)
def test_a_fragment_that_is_not_well_formed_is_refused(
    collect: ModuleType, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(collect.FragmentError, match=name):
        collect.fragments(tmp_path)


def test_the_pages_of_the_root_link_to_what_is_there() -> None:
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        "CHANGELOG.md",
        "changes/README.md",
    ):
        text = (ROOT / name).read_text("utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), (name, target)


# -- CONTRIBUTING --------------------------------------------------------------------------------


def test_the_check_of_contributing_is_a_check() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (program,) = (block.text for block in blocks(text) if block.language == "python")
    names: dict[str, object] = {}
    exec(compile(program, "CONTRIBUTING.md", "exec"), names)
    check = names["acme_wants_no_25"]
    assert isinstance(check, Check)
    for example in check.examples:
        findings, missing = run_example(check, example)
        assert bool(findings) == (example.verdict == "fires") and not missing
