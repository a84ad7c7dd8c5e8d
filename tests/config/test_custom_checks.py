"""Checks of one's own: how they are found, what they may reach, how they are proved and configured; new-check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from claimcheck import Checker, ChecksRefused, Configuration, a_claim, a_line, load_configuration
from claimcheck.authoring.check import Check
from claimcheck.checks import all_checks
from claimcheck.config.configuration import find_configuration, placed
from claimcheck.config.files import ConfigurationError
from claimcheck.config.profile import options_model
from claimcheck.custom_checks.loading import load_checks
from claimcheck.custom_checks.scaffold import new_check
from claimcheck.custom_checks.shortcuts import shortcut_failure
from support.command_line import invoke

CHECK = '''
from claimcheck import WARN, Citation, Finding, a_service, codes, fires, passes, service_check


@service_check(
    "{id}",
    severity=WARN,
    citation=Citation("ACME manual 2025", "page 12"),
    codes=codes("CO-96", "N130", "A7:454"),
    examples=(
        passes("another code", a_service("99213")),
        fires("this code", a_service("99417", units=9), says="99417"),
        passes("the units are an option", a_service("99417", units=9), options={{"most": 9}}),
    ),
)
def acme(service, rules, *, most: int = 8):
    """ACME takes no more than ``most`` units."""
    if service.code == "99417" and service.quantity > most:
        yield Finding(f"{{service.code}} has more than {{most}} units.", "Correct the units.")
'''
CLAIM = a_claim(a_line("99417", units=9))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten_modules: None) -> Path:
    """A folder to write rule files in; their modules are forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, id: str = "ACME-101", extra: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(extra + CHECK.format(id=id))
    return path


def fired(checker: Checker) -> list[str]:
    return [check for check in checker.check(CLAIM).checks if check.startswith("ACME")]


# -- finding -------------------------------------------------------------------------------------


def test_a_file_a_folder_a_package_and_a_module(folder: Path) -> None:
    write(folder / "one.py", "ACME-1")
    write(folder / "more" / "two.py", "ACME-2")
    write(folder / "more" / "test_two.py", "ACME-9")
    (folder / "more" / "helper.py").write_text("X = 1\n")
    write(folder / "pack" / "sub" / "three.py", "ACME-3")
    for name in ("pack", "pack/sub"):
        (folder / name / "__init__.py").write_text("")
    for names, ids in (
        (["one.py"], ["ACME-1"]),
        (["more"], ["ACME-2"]),
        (["pack"], ["ACME-3"]),
        (["pack/sub/three.py"], ["ACME-3"]),
        ([placed("pack.sub.three", Path())], ["ACME-3"]),
        ([placed("one", Path())], ["ACME-1"]),
        (["one.py", "more", "one.py"], ["ACME-1", "ACME-2"]),
    ):
        assert [check.id for check in load_checks(names)] == ids
    assert sys.modules["pack.sub.three"].acme in load_checks(["pack"])


def test_an_installed_module_and_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "site" / "acme_single.py", "ACME-1")
    write(folder / "site" / "acme_pack" / "rules.py", "ACME-2")
    (folder / "site" / "acme_pack" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(folder / "site")
    assert [check.id for check in load_checks(["acme_single", "acme_pack.rules"])] == ["ACME-1", "ACME-2"]
    assert [check.id for check in load_checks(["acme_pack"])] == ["ACME-2"]


@pytest.mark.parametrize("name", ["acme_single", "acme_pack", "acme_space"])
def test_what_is_installed_beside_is_not_its_own(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other packages of a folder of installed ones are refused where they are imported, not read one after another."""
    extra = "import other\n"
    write(folder / "site" / "acme_single.py", "ACME-1", extra)
    write(folder / "site" / "acme_pack" / "rules.py", "ACME-2", extra)
    write(folder / "site" / "acme_space" / "rules.py", "ACME-3", extra)
    (folder / "site" / "acme_pack" / "__init__.py").write_text("")
    (folder / "site" / "other.py").write_text("import os\n")
    monkeypatch.syspath_prepend(folder / "site")
    with pytest.raises(ChecksRefused, match=r"^site/.*\.py:1: imports other: "):
        load_checks([name])


def test_files_of_a_folder_may_import_one_another(folder: Path) -> None:
    write(folder / "rules" / "acme_a.py", "ACME-1")
    write(folder / "rules" / "acme_b.py", "ACME-2", "from acme_a import acme as other\nfrom acme_codes import CODES\n")
    (folder / "rules" / "acme_codes.py").write_text("CODES = ('99417',)\n")
    assert [check.id for check in load_checks(["rules"])] == ["ACME-1", "ACME-2"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.py", "none.py: there is no such file or folder of checks"),
        ("no_such_module", "no_such_module: no module or entry point has this name"),
        ("json", "json: defines no check"),
        ("empty", "empty: defines no check"),
    ],
)
def test_what_is_not_found_is_told(name: str, told: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ChecksRefused, match=told):
        load_checks([name])


def test_a_name_that_another_module_has_is_told(folder: Path) -> None:
    write(folder / "decimal.py")
    with pytest.raises(ChecksRefused, match=r"decimal\.py: another module is called decimal too: rename the file"):
        load_checks(["decimal.py"])


def test_two_folders_may_not_each_have_a_helper_of_one_name(folder: Path) -> None:
    for payer in "ab":
        write(folder / payer / f"rules_{payer}.py", f"ACME-{payer.upper()}", "from codes import CODES\n")
        (folder / payer / "codes.py").write_text(f"CODES = {payer!r}\n")
    with pytest.raises(ChecksRefused, match=r"b/codes\.py: another module is called codes too"):
        load_checks(["a", "b"])


def test_a_name_of_a_module_without_a_file_is_told(folder: Path) -> None:
    write(folder / "itertools.py")
    with pytest.raises(ChecksRefused, match=r"itertools\.py: another module is called itertools too"):
        load_checks(["itertools.py"])


def test_no_check_of_a_folder_is_passed_over(folder: Path) -> None:
    alias = CHECK.replace("service_check\n", "service_check as rule\n").replace("@service_check", "@rule")
    write(folder / "rules" / "acme_a.py", "ACME-1")
    (folder / "rules" / "acme_b.py").write_text(alias.format(id="ACME-2"))
    (folder / "rules" / "download.py").write_text("import urllib.request\n")  # defines none, and is not run
    assert [check.id for check in load_checks(["rules"])] == ["ACME-1", "ACME-2"]
    assert "download" not in sys.modules


# -- what a check may reach ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import os", "imports os"),
        ("import os.path as p", "imports os.path"),
        ("from pathlib import Path", "imports pathlib"),
        ("import requests", "imports requests"),
        ("from urllib.request import urlopen", "imports urllib.request"),
        ("from time import time", "imports time"),
        ("import random", "imports random"),
        ("import importlib", "imports importlib"),
        ("from claimcheck import read", "imports claimcheck.read"),
        ("from claimcheck.config import profile", "imports claimcheck.config.profile"),
        ("import claimcheck", "imports all of claimcheck, which reads files: import by name"),
        ("import claimcheck.claim", "imports all of claimcheck"),
        ("from claimcheck import *", "imports all of claimcheck"),
        ("from claimcheck.rulebook import Store", "imports claimcheck.rulebook.Store"),
        ("exit()", "exit ends the run"),
        ("raise SystemExit(0)", "SystemExit ends the run"),
        ("from claimcheck.rulebook import opening", "imports claimcheck.rulebook.opening"),
        ("from claimcheck.rulebook.opening import open_book", "imports claimcheck.rulebook.opening"),
        ("from claimcheck.rulebook.tables import import_module", "imports claimcheck.rulebook.tables.import_module"),
        ("from claimcheck.readers import read", "imports claimcheck.readers"),
        ("CODES = open('codes.txt').read()", "open opens a file"),
        ("def f():\n    return __import__('os')", "__import__ runs what can't be looked at"),
        ("x = eval('1')", "eval runs"),
        ("print('hello')", "print writes to where messages go"),
        ("from datetime import date\nTODAY = date.today()", "today reads the clock"),
        ("import datetime as dt\ndef f():\n    return dt.datetime.now()", "now reads the clock"),
        ("from datetime import datetime\nf = datetime.utcnow", "utcnow reads the clock"),
        ("from datetime import date as d\nf = d.today", "today reads the clock"),
        ("from datetime import datetime as dt\nf = dt.now()", "now reads the clock"),
    ],
)
def test_a_check_reads_no_file_no_clock_no_network(line: str, told: str, folder: Path) -> None:
    path = write(folder / "acme.py", extra=f"{line}\n")
    with pytest.raises(ChecksRefused) as refused:
        load_checks([str(path)])
    place = 3 if line.startswith("import datetime") else 1 + (line.startswith(("from datetime", "def")))
    assert refused.value.problems[0].startswith(f"acme.py:{place}: {told}")
    assert "acme" not in sys.modules, "it was run before it was looked at"


def test_nor_does_what_it_imports(folder: Path) -> None:
    write(folder / "acme.py", extra="import acme_helper\n")
    (folder / "acme_helper.py").write_text("import socket\n")
    with pytest.raises(ChecksRefused, match=r"acme_helper\.py:1: imports socket"):
        load_checks(["acme.py"])
    write(folder / "pack" / "rules.py", extra="from . import helper\nfrom .helper import X\n")
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "helper.py").write_text("import socket\nX = 1\n")
    with pytest.raises(ChecksRefused, match=r"helper\.py:1: imports socket"):
        load_checks(["pack"])


@pytest.mark.parametrize(
    "line",
    [
        "import re, math, json, csv, hashlib",
        "import claimcheck.claim as claims",
        "from collections.abc import Iterator",
        "from datetime import date\nDAY = date(2024, 1, 1)",
        "from claimcheck.rulebook import Fee, Mue, Rulebook",
        "from claimcheck.rulebook.rows import Fee, Row",
        "from claimcheck.rulebook.sections import is_surgery",
        "from claimcheck.rulebook.tables.payment import Fee",
        "from claimcheck import REJECT, Claim, Line, NotInForce, NotJudged, Rulebook, Rules, claim_check",
    ],
)
def test_what_it_may_import(line: str, folder: Path) -> None:
    assert load_checks([str(write(folder / "acme.py", extra=f"{line}\n"))])


# -- proof ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'says="99417"',
            'says="units of 99417"',
            r"'this code' should say 'units of 99417', but fires \(warn\): 99417 has",
        ),
        ('options={"most": 9}', 'options={"most": 8}', r"'the units are an option' should pass, but fires \(warn\)"),
        ('"Correct the units.")', '"Correct the units.", unit=1)', "'this code' breaks off with TypeError"),
        ('passes("another code"', 'fires("another code"', "'another code' should fire, but passes"),
        (
            "> most",
            "> unknown",
            r"'this code' breaks off with NameError: name 'unknown' .* at .*acme\.py:18",
        ),
        ('fires("this code", ', 'fires("this code", severity="inform", subject=', r"should inform, but fires \(warn\)"),
        ('"Correct the units.")', '"Correct.", observed=9)', "TypeError: observed of a finding is int; expected str"),
        ('"Correct the units.")', "None)", "TypeError: remedy of a finding is NoneType; expected str"),
        ('"Correct the units.")', '"Correct.", by=rules)', "TypeError: by of a finding is Rules; expected tuple"),
        ('"Correct the units.")', '"Correct.", by=("MUE",))', "AttributeError: 'str' object has no attribute 'source'"),
        (
            '"Correct the units.")',
            '"Correct.", codes="CO-96")',
            "TypeError: codes of a finding is str; expected StandardCodes",
        ),
        ('"A7:454"', '""', "has no claim status"),
        ("severity=WARN", 'severity="error"', "has the severity 'error'; expected one of reject, warn, inform"),
        ('"ACME manual 2025"', '"TODO"', "still says TODO"),
        ('"ACME manual 2025"', '""', "has no citation"),
        (
            "examples=(",
            'settings=("office",), examples=(',
            "has settings that there are none of: office; expected professional, asc, outpatient, dme, institutional",
        ),
        (
            '"A7:454"',
            '"A7:454", "high"',
            "has confidence of its codes that there are none of: high; expected H, M, L",
        ),
        ("ACME-101", "ACME101", "is no id of a check: write it like ACME-101"),
        ("ACME-101", "acme-101", "is no id of a check"),
        ("ACME-101", "MUE-101", "has the prefix MUE, which is of checks that ship"),
        ("ACME-101", "ROW-101", "has the prefix ROW"),
    ],
)
def test_a_check_that_is_not_proved_is_refused(old: str, new: str, told: str, folder: Path) -> None:
    path = write(folder / "acme.py")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ChecksRefused, match=told):
        load_checks([str(path)])


def test_an_option_takes_what_its_annotation_names_and_nothing_else(folder: Path) -> None:
    path = write(folder / "acme.py")
    text = path.read_text().replace("most: int = 8", 'kind: Literal["a", "b"] = "a", most: int = 8')
    path.write_text("from typing import Literal\n" + text)
    (check,) = load_checks([str(path)])
    with pytest.raises(ConfigurationError, match=r'\[options\.ACME\] kind: found "c", expected one of a, b'):
        Checker(configuration=Configuration(checks=[str(path)], options={"ACME": {"kind": "c"}}))
    assert options_model(check)(kind="b").model_dump() == {"kind": "b", "most": 8}


def test_a_verdict_that_depends_on_what_was_asked_before_is_refused(folder: Path) -> None:
    path = write(folder / "acme.py", extra="SEEN = []\n")
    path.write_text(path.read_text().replace("> most:", "> most and not SEEN.append(1) and len(SEEN) % 2:"))
    with pytest.raises(ChecksRefused, match="says something else when it is asked again"):
        load_checks([str(path)])


def test_an_example_is_proved_in_the_engine_where_settings_count(folder: Path) -> None:
    path = write(folder / "acme.py")
    path.write_text(path.read_text().replace("examples=(", 'settings=("outpatient",), examples=(', 1))
    with pytest.raises(ChecksRefused, match="'this code' should fire, but passes"):
        load_checks([str(path)])


A_CLAIM_CHECK = '''
from claimcheck import REJECT, Citation, Finding, a_claim, a_line, claim_check, codes, fires, passes


@claim_check(
    "ACME-201",
    severity=REJECT,
    citation=Citation("ACME manual 2025", "page 13"),
    codes=codes("CO-96", "N130", "A7:454"),
    {parameter}
    examples=(
        passes("a certificate", a_claim(a_line("85025", clia="36D0712345"), a_line("80053", clia="36D0712345"))),
        fires("none", a_claim(a_line("85025", clia=""), a_line("85025", clia=""))),
    ),
)
def acme(claim, rulebook):
    """ACME wants a certificate on every line."""
    for line in claim.lines:
        if line.clia == "":
            yield Finding("No certificate.", "Report it.", line=line)
'''


@pytest.mark.parametrize(
    "shortcut",
    [
        "services_only=True",
        "clean_if=lambda block: True",
        'applies_to=lambda service, rules: service.code == "85025"',
        "repeated=True",
    ],
)
def test_a_shortcut_that_does_not_hold_is_refused(folder: Path, shortcut: str) -> None:
    """Each example holds with it. Claims that are put together from them show that it would lose rejects."""
    (folder / "acme.py").write_text(A_CLAIM_CHECK.format(parameter=f"{shortcut},"))
    parameter = shortcut.partition("=")[0]
    with pytest.raises(ChecksRefused, match=rf"acme\.py:5: ACME-201: (.* should fire|{parameter}= does not hold)"):
        load_checks(["acme.py"])


@pytest.mark.parametrize(
    "shortcut",
    [
        'clean_if=lambda block: "" not in block.columns["clia"]',
        'applies_to=lambda service, rules: service.code[:1] != "Q"',
    ],
)
def test_a_shortcut_that_holds_is_used(folder: Path, shortcut: str) -> None:
    (folder / "acme.py").write_text(A_CLAIM_CHECK.format(parameter=f"{shortcut},"))
    checker = Checker(checks=["acme.py"], select=["ACME"])
    bad, good = (a_claim(a_line("80053", clia=clia)) for clia in ("", "36D0712345"))
    assert [m.check for m in checker.run([good, good, bad])] == ["ACME-201"]


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_the_shortcuts_of_the_checks_that_ship_hold(check: Check) -> None:
    assert shortcut_failure(check) == ""


@pytest.mark.parametrize("parameter", ['depends_on_payment="only"', 'depends_on_payment="weaker"', 'denies="line"'])
def test_what_nothing_proves_is_refused(folder: Path, parameter: str) -> None:
    (folder / "acme.py").write_text(A_CLAIM_CHECK.format(parameter=f"{parameter},"))
    name = parameter.partition("=")[0]
    with pytest.raises(ChecksRefused, match=rf"acme\.py:5: ACME-201 passes {name}=, .* leave {name}= out"):
        load_checks(["acme.py"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    citation=", "    cites=", "5: cites= is citation= now: rename it"),
        ("    codes=", "    maps=", "5: maps= is codes= now: rename it"),
        ("    examples=", "    concerns=None, examples=", "5: concerns= is applies_to= now: rename it"),
        ("    examples=", '    leans="", examples=', "5: leans= is depends_on_payment= now: rename it"),
        (
            "    examples=",
            "    by_services=True, examples=",
            "5: by_services= is services_only= now: rename it",
        ),
        ("    examples=", "    screen=None, examples=", "5: screen= is clean_if= now: rename it"),
        ("    examples=", '    when=("repeated",), examples=', "5: when= is repeated= now: rename it"),
        ("    examples=", "    by_details=True, examples=", "5: by_details= is no more: leave it out, or see"),
        (
            "    examples=",
            "    by_dates=True, examples=",
            "5: by_dates= is no more: leave it out, or see clean_if=",
        ),
        ("line=line)", "line=line, maps=None)", "20: maps= is codes= now: rename it"),
        ("codes, fires, passes", "maps, fires, passes", "2: imports claimcheck.maps, which is claimcheck.codes now"),
        (
            "\n\n@claim_check",
            "\nfrom claimcheck.checking import PRICED\n\n@claim_check",
            "4: imports claimcheck.checking, which is claimcheck.authoring.check now",
        ),
        (
            "\n\n@claim_check",
            "\nfrom claimcheck import sections\n\n@claim_check",
            "4: imports claimcheck.sections, which is claimcheck.rulebook.sections now",
        ),
        (
            "\n\n@claim_check",
            "\nimport claimcheck.examples as e\n\n@claim_check",
            "4: imports claimcheck.examples, which is claimcheck.authoring.examples now",
        ),
    ],
)
def test_a_name_of_an_earlier_version_is_refused_with_the_new_one(folder: Path, old: str, new: str, told: str) -> None:
    text = A_CLAIM_CHECK.format(parameter="")
    assert old in text
    (folder / "acme.py").write_text(text.replace(old, new, 1))
    with pytest.raises(ChecksRefused) as refused:
        load_checks(["acme.py"])
    (problem,) = refused.value.problems
    assert problem.startswith(f"acme.py:{told}")


def test_a_check_without_shortcuts_loses_no_reject(folder: Path) -> None:
    """The second claim has the services of the first, and another certificate: with services_only it went unheard."""
    (folder / "acme.py").write_text(A_CLAIM_CHECK.format(parameter=""))
    checker = Checker(checks=["acme.py"], select=["ACME"])
    good = a_claim(a_line("80053", clia="36D0712345"))
    claims = [good, good, good._replace(lines=(good.lines[0]._replace(clia=""),))]
    assert [checker.check(claim).checks for claim in claims] == [[], [], ["ACME-201"]]


def test_a_check_needs_both_verdicts_and_a_page(folder: Path) -> None:
    path = write(folder / "acme.py")
    kept = [line for line in path.read_text().splitlines() if "passes(" not in line and '"""' not in line]
    path.write_text("\n".join(kept))
    with pytest.raises(ChecksRefused) as refused:
        load_checks([str(path)])
    first, second = refused.value.problems
    assert first.startswith("acme.py:5: ACME-101 has no docstring")
    assert second.startswith("acme.py:5: ACME-101 has no example that passes")


def test_a_module_that_raises_or_is_no_python_is_told(folder: Path) -> None:
    with pytest.raises(ChecksRefused, match=r"acme\.py: can't be imported: ZeroDivisionError: .* at .*acme\.py:1"):
        load_checks([str(write(folder / "acme.py", extra="1 / 0\n"))])
    with pytest.raises(ChecksRefused, match=r"wrong\.py:1: is no Python"):
        load_checks([str(write(folder / "wrong.py", extra="def\n"))])
    (folder / "binary.py").write_bytes(b"\xff\xfe\x00@service_check(")
    with pytest.raises(ChecksRefused, match=r"binary\.py: can't be read as a Python file"):
        load_checks(["binary.py"])


def test_two_checks_of_one_id_are_refused(folder: Path) -> None:
    write(folder / "a.py")
    write(folder / "b.py")
    with pytest.raises(ChecksRefused, match=r"b\.py:5: ACME-101 is defined in .*a\.py:5 too"):
        load_checks(["a.py", "b.py"])


# -- configuration -------------------------------------------------------------------------------


def test_the_configuration_names_checks_and_their_options(folder: Path) -> None:
    write(folder / "acme_rules.py")
    pyproject = folder / "pyproject.toml"
    pyproject.write_text('[tool.claimcheck]\nchecks = ["acme_rules"]\n')
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    assert find_configuration(below) == pyproject
    assert fired(Checker(configuration=load_configuration(pyproject))) == ["ACME-101"]
    for more in ("options = { ACME-101 = { most = 9 } }", 'severity = { ACME = "off" }', 'ignore = ["ACME"]'):
        pyproject.write_text(f'[tool.claimcheck]\nchecks = ["acme_rules"]\n{more}\n')
        assert fired(Checker(configuration=load_configuration(pyproject))) == []
    pyproject.write_text('[tool.claimcheck]\nchecks = ["acme_rules"]\nseverity = { ACME-101 = "reject" }\n')
    (message,) = (
        m for m in Checker(configuration=load_configuration(pyproject)).check(CLAIM).messages if m.check == "ACME-101"
    )
    assert message.severity == "reject"
    pyproject.write_text('[tool.claimcheck]\nchecks = ["acme_rules"]\noptions = { ACME-101 = { least = 9 } }\n')
    with pytest.raises(
        ConfigurationError,
        match=r"options\.ACME-101\] least: ACME-101 has no such option, expected one of most$",
    ):
        Checker(configuration=load_configuration(pyproject))


def test_a_payers_checks_judge_its_claims_alone(folder: Path) -> None:
    path = str(write(folder / "acme_rules.py"))
    checker = Checker(configuration=Configuration(payers={"ACME*": {"checks": [path]}}))  # type: ignore[dict-item]
    assert fired(checker) == []
    of_acme = checker.check(CLAIM._replace(payer_id="ACME1"))
    assert "ACME-101" in of_acme.checks
    assert "ACME-101" in [check.id for check in checker.checks()]


def test_a_configurations_severity_wins_over_the_profiles_and_a_payers_over_both() -> None:
    claim = a_claim(a_line("19301", day="20240814"), payer_id="P1")

    def severity(**configured: object) -> str:
        checker = Checker(configuration=Configuration(**configured))  # type: ignore[arg-type]
        return next((m.severity for m in checker.check(claim).messages if m.check == "NA-POS"), "off")

    assert severity() == "warn"
    assert severity(severity={"NA-POS": "inform"}) == "inform"
    assert severity(severity={"NA-POS": "inform"}, payers={"P1": {"severity": {"NA-POS": "reject"}}}) == "reject"
    assert severity(severity={"NA": "off"}) == "off"


def test_claimcheck_toml_goes_before_pyproject_and_the_nearest_before_both(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.claimcheck]\n")
    assert find_configuration(folder) == folder / "pyproject.toml"
    (folder / "claimcheck.toml").write_text("")
    assert find_configuration(folder) == folder / "claimcheck.toml"
    below = folder / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text("[tool.other]\n")
    assert find_configuration(below) == folder / "claimcheck.toml"
    with pytest.raises(ConfigurationError, match=r"found no table \[tool\.claimcheck\]"):
        load_configuration(below / "pyproject.toml")
    (below / "pyproject.toml").write_text("[tool.claimcheck\n")
    with pytest.raises(ConfigurationError, match=r"pyproject.toml:1: found .*, expected TOML"):
        find_configuration(below)


# -- the command line ----------------------------------------------------------------------------


@pytest.fixture
def batch(folder: Path) -> Path:
    path = folder / "claims.csv"
    path.write_text("claim_id,code,units,from_date\nC-1,99417,9,2025-03-10\n")
    return path


def test_checks_at_the_command_line(folder: Path, batch: Path) -> None:
    write(folder / "rules" / "acme.py")
    plain = invoke("check", batch.name)
    assert "ACME-101" not in plain.stdout
    for arguments in (["--checks", "rules"], ["--checks", "rules/acme.py"]):
        done = invoke("check", batch.name, "--select", "ACME", *arguments)
        assert "ACME-101" in done.stdout
        assert "99417 has more than 8 units" in done.stdout
    (folder / "claimcheck.toml").write_text('checks = ["rules"]\n')
    found = invoke("check", batch.name)
    assert "ACME-101" in found.stdout
    assert "configured by claimcheck.toml" in found.stderr
    isolated = invoke("check", batch.name, "--isolated")
    assert "ACME-101" not in isolated.stdout
    assert "ACME-101  warn" in invoke("checks", "ACME").stdout
    page = invoke("explain", "acme-101").stdout
    assert "ACME manual 2025" in page and "the units are an option" in page


def test_no_batch_is_judged_by_a_check_whose_examples_fail(folder: Path, batch: Path) -> None:
    path = write(folder / "acme.py")
    path.write_text(path.read_text().replace('says="99417"', 'says="nothing of it"').replace('"A7:454"', '""'))
    done = invoke("check", batch.name, "--checks", "acme.py")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "claimcheck: acme.py:5: ACME-101 has no claim status: give one in its codes, such as "
        'codes("CO-4", "N519", "A7:453")',
        "claimcheck: acme.py:5: ACME-101: the example 'this code' should say 'nothing of it', but fires (warn): "
        "99417 has more than 8 units.",
    ]


@pytest.mark.parametrize("reach", ["service", "claim", "history"])
def test_a_new_check_is_marked_until_it_is_filled_in(reach: str, folder: Path, batch: Path) -> None:
    made = invoke("new-check", "ACME-101", "--reach", reach)
    assert made.exit_code == 0
    path = folder / "acme_101.py"
    refused = invoke("check", batch.name, "--checks", "acme_101.py")
    assert refused.exit_code == 2
    (line,) = refused.stderr.splitlines()
    assert "ACME-101 still says TODO" in line

    path.write_text(path.read_text().replace("TODO: ", ""))
    del sys.modules["acme_101"]
    (check,) = load_checks([str(path)])
    assert check.reach == reach.upper()
    assert {example.verdict for example in check.examples} == {"passes", "fires"}
    lint = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I", "--line-length", "120", str(path)]
    assert subprocess.run(lint, check=False).returncode == 0
    shape = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--line-length", "120", str(path)]
    assert subprocess.run(shape, check=False).returncode == 0


def test_a_new_check_says_how_to_run_the_file_that_it_is_in(folder: Path) -> None:
    made = invoke("new-check", "ACME-101", "--output", "urgent care.py")
    assert "try it: pytest --claimcheck 'urgent care.py'" in made.stdout
    assert "Try them: pytest --claimcheck 'urgent care.py'\n" in (folder / "urgent care.py").read_text()


def test_there_is_no_new_check_of_another_reach() -> None:
    with pytest.raises(ValueError, match="there is no reach 'payer'; expected one of service, claim, history"):
        new_check("ACME-101", "payer", "acme.py")  # type: ignore[arg-type]


def test_there_is_no_example_of_a_setting_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="there is no setting 'office'; expected one of professional, asc, outpatient"):
        a_line("99213", setting="office")


def test_new_check_is_careful(folder: Path) -> None:
    assert invoke("new-check", "ACME-1").exit_code == 0
    again = invoke("new-check", "ACME-1")
    assert again.exit_code == 2
    assert "acme_1.py: exists" in again.stderr
    for id, told in (("MUE-1", "has the prefix MUE"), ("acme", "is no id of a check")):
        wrong = invoke("new-check", id)
        assert wrong.exit_code == 2
        assert told in wrong.stderr
    nowhere = invoke("new-check", "ACME-2", "--output", "none/x.py")
    assert nowhere.exit_code == 2
    assert "none/x.py: No such file or directory" in nowhere.stderr
    assert not (folder / "mue_1.py").exists()


@pytest.mark.parametrize(
    ("given", "instead", "told"),
    [
        (
            "    examples=(",
            '    needs=("fee_shedule",),\n    examples=(',
            "needs tables that there are none of: fee_shedule",
        ),
        ("    examples=(", '    settings=("office",),\n    examples=(', "has settings that there are none of: office"),
        ('"CO-', '"ZZ-', "has the codes 'ZZ-"),
        ('"A', '"Q', "claim status"),
    ],
)
def test_what_names_nothing_that_there_is_is_refused(given: str, instead: str, told: str, folder: Path) -> None:
    path = write(folder / "acme.py")
    text = path.read_text()
    if given == '"A':
        text = re.sub('"(A[0-9]:)', '"Q:', text)
    else:
        text = text.replace(given, instead, 1)
    path.write_text(text)
    with pytest.raises(ChecksRefused, match=told):
        load_checks([str(path)])
