"""The name that we are installed by: on the package index ``claimcheck`` is another project, so that no hint of ours
may install it. The import and the command are called ``claimcheck`` all the same."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.places import ROOT

NAME = "claimcheck-edits"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

_INSTALLERS = (
    r"(?:pip[0-9.]*|pipx|pipenv|conda|mamba)\s+install",
    r"(?:uv|poetry|pdm|rye|pixi)\s+add",
    r"uv\s+tool\s+install",
    r"(?:pipx|uv\s+tool)\s+run",
    r"(?:uvx|uv\s+run\s+--with)",
    r"pipx\s+inject",
)
_OTHER_FORMS = (
    # An installer and its arguments, up to the end of the command.
    re.compile(rf"\b(?:{'|'.join(_INSTALLERS)})\b[^\n`|&;]*?(?<![\w./-])claimcheck(?![\w./-])", re.IGNORECASE),
    # The same as a list of arguments.
    re.compile(r"""["']install["'][^\n\]]*["']claimcheck["'\s\[<>=!~@]"""),
    # An extra, and a requirement with a version, wherever it is.
    re.compile(r"(?<![\w.-])claimcheck\s*\[(?!\[)[a-z]+\]"),
    re.compile(r"""["']claimcheck\s*(?:[<>!~=]=|[<>]|@)[^"'\n]*["']"""),
    # A list of dependencies, in whatever file one is shown.
    re.compile(r"""\b(?:dependencies|requires|install_requires|deps)["']?\s*[=:]\s*\[[^\]]*["']claimcheck["']"""),
    # A line of requirements.
    re.compile(r"^\s*-?\s*claimcheck\s*(?:[<>!~=]=|@)\s*\S+.*$", re.MULTILINE),
)


def other_forms(text: str) -> list[str]:
    """Hints in a text that install, or require, what is not ours."""
    return [found[0] for form in _OTHER_FORMS for found in form.finditer(text)]


def other_requirements(text: str) -> list[str]:
    """Requirements in a ``pyproject.toml``, in whichever table, of what is not ours; and what it is called."""
    project = tomllib.loads(text)
    table = project.get("project", {})
    lists = [
        project.get("build-system", {}).get("requires", []),
        table.get("dependencies", []),
        *table.get("optional-dependencies", {}).values(),
        *project.get("dependency-groups", {}).values(),
    ]
    names = [table.get("name", ""), *(each for one in lists for each in one if isinstance(each, str))]
    return [name for name in names if re.match(r"claimcheck(?![\w.-])", name)]


def tracked() -> Iterator[tuple[str, str]]:
    """Each text of the repository but this one, with its name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__) and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", "replace")


def test_no_text_installs_or_requires_another_project() -> None:
    texts = dict(tracked())
    for needed in (
        "README.md",
        "CONTRIBUTING.md",
        "Makefile",
        ".ci/run",
        "src/claimcheck/writers/to_parquet.py",
        "benchmarks/run.py",
    ):
        assert needed in texts
    found = {name: forms for name, text in texts.items() if (forms := other_forms(text))}
    assert found == {}
    projects = {name: text for name, text in texts.items() if Path(name).name == "pyproject.toml"}
    assert {"pyproject.toml", "docs/rules-as-tests/pyproject.toml"} <= projects.keys()
    assert {name: wrong for name, text in projects.items() if (wrong := other_requirements(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "pip install claimcheck",
        "$ pip install 'claimcheck[html]'",
        "run: pip install claimcheck pytest .",
        "python -m pip install --quiet -U pytest claimcheck==0.1.0",
        "pip3.11 install 'claimcheck>=0.1'",
        "uv add claimcheck",
        "uv pip install claimcheck",
        "uv tool install claimcheck",
        "uvx claimcheck check a.837",
        "pipx install claimcheck",
        "pipx run claimcheck",
        "poetry add claimcheck",
        "uv run --with claimcheck pytest",
        'subprocess.run([python, "-m", "pip", "install", "-q", "claimcheck"])',
        "the extra claimcheck[arrow]",
        'spark = ["claimcheck[arrow]", "pandas>=2.2,<3"]',
        'needs = ["pytest", "claimcheck>=0.1"]',
        "x = 'claimcheck ~= 0.1'",
        'dependencies = ["claimcheck"]',
        'dependencies = [\n    "pytest",\n    "claimcheck",\n]',
        'requires = ["hatchling", "claimcheck"]',
        "claimcheck==0.1.0",
        "dependencies:\n  - claimcheck>=0.1",
    ],
)
def test_another_form_is_found(text: str) -> None:
    assert other_forms(text)
    assert not other_forms(text.replace("claimcheck", NAME))


@pytest.mark.parametrize(
    "text",
    [
        "pip install .",
        "pip install -e . && claimcheck check a.837",
        "`pip install .`, then `claimcheck --version`",
        "pip install ./claimcheck",
        "pip install dist/claimcheck_edits-0.1.0-py3-none-any.whl",
        'HOMES["claimcheck"]',
        'containers = ["claimcheck"]',
        "import claimcheck",
        "[tool.claimcheck]",
        "uv run pytest --claimcheck",
    ],
)
def test_what_installs_nothing_of_another_is_let_be(text: str) -> None:
    assert not other_forms(text)


def test_each_hint_of_ours_would_be_found_if_it_named_the_other_project() -> None:
    """A mutation: the name is taken away wherever a text installs by it."""
    hinting = {name: text for name, text in tracked() if NAME in text}
    assert {
        "README.md",
        "docs/guides/engines.md",
        "src/claimcheck/writers/to_html.py",
        "docs/rules-as-tests/README.md",
    } <= set(hinting)
    for name, text in hinting.items():
        for at in (found.start() for found in re.finditer(rf"\b{NAME}\[|install {NAME}|= \[[\"']{NAME}[\"']\]", text)):
            mutated = text[:at] + text[at:].replace(NAME, "claimcheck", 1)
            assert other_forms(mutated), (name, text[at : at + 60])
    whole = (ROOT / "pyproject.toml").read_text()
    assert other_requirements(whole.replace(f'name = "{NAME}"', 'name = "claimcheck"')) == ["claimcheck"]
    assert other_requirements(whole.replace('"filelock>=3.16"', '"claimcheck"')) == ["claimcheck"]
    assert other_requirements(whole.replace('"axe-playwright-python>=0.1.4"', '"claimcheck"')) == ["claimcheck"]


def test_every_extra_that_a_hint_names_is_one_of_ours() -> None:
    named = {extra for _, text in tracked() for extra in re.findall(rf"{NAME}\[(\w+)\]", text)}
    assert {"arrow", "html", "spark"} <= named <= set(PROJECT["optional-dependencies"])
