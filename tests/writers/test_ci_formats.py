"""Formats for editors and CI: concise, GitHub annotations, SARIF and JUnit."""

import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from claimcheck import Checker, EditMessage, Judged, read
from claimcheck.checks import all_checks
from claimcheck.writers import Options, open_writer
from support.command_line import invoke
from support.places import FIXTURES, ROOT

DEMO = ROOT / "fixtures" / "837p" / "demo.837"
BATCHES = sorted((*FIXTURES.rglob("*.837"), *FIXTURES.glob("rows/*.csv")))
OPTIONS = Options(checks=lambda: {check.id: check for check in all_checks()})
HOSTILE = (
    'claim_id,code,units,from_date,charge\n"C,1:%0A]]>&<\x1b[31m\u2028::error::x",77424,2,2024-08-14,5\nC-2,19301\n'
)


def judged(path: Path) -> list[Judged | EditMessage]:
    return list(Checker().judge(read(str(path), name=str(path))))


def written(format: str, items: list[Judged | EditMessage]) -> str:
    stream = io.StringIO(newline="")
    writer = open_writer(format, stream, OPTIONS)
    for item in items:
        writer.take(item)
    writer.close()
    return stream.getvalue()


def messages_of(items: list[Judged | EditMessage]) -> list[EditMessage]:
    return [m for item in items for m in ([item] if isinstance(item, EditMessage) else item.outcome.messages)]


@pytest.fixture
def hostile(tmp_path: Path) -> list[Judged | EditMessage]:
    path = tmp_path / "a,b:c.csv"
    path.write_text(HOSTILE, newline="")
    return judged(path)


def test_concise_is_a_line_a_message_with_its_place() -> None:
    lines = invoke("check", "fixtures/837p/demo.837", "--format", "concise").stdout.splitlines()
    assert len(lines) == len(messages_of(judged(DEMO)))
    assert (
        "fixtures/837p/demo.837:77: STATUS-X reject claim DEMO-04 line 1 77424: "
        "77424 is a facility-only service (status X); not payable on a professional claim."
    ) in lines
    for line in lines:
        assert re.match(r"[^:]+:[0-9]+: [A-Z0-9-]+ (reject|warn|inform)( claim [^:]+)?: ", line), line


@pytest.mark.parametrize("format", ["concise", "github"])
def test_no_input_ends_a_line(format: str, hostile: list[Judged | EditMessage]) -> None:
    text = written(format, hostile)
    assert len(text.splitlines()) == len(messages_of(hostile)) > 2
    assert "\x1b" not in text


def unescaped(text: str) -> str:
    for escape, meant in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, meant)
    return text


def test_github_reads_back_what_was_said(hostile: list[Judged | EditMessage]) -> None:
    for line, message in zip(written("github", hostile).splitlines(), messages_of(hostile), strict=True):
        found = re.fullmatch(r"::(error|warning|notice) file=([^,:]+),line=([0-9]+),title=([^,:]+)::(.*)", line)
        assert found, line
        command, file, row, title, text = found.groups()
        assert command == {"reject": "error", "warn": "warning", "inform": "notice"}[message.severity]
        assert (unescaped(file), int(row), title) == ("a,b:c.csv", message.locus.row, message.check)
        assert message.text in unescaped(text)
        assert "/" not in file, "no place of this machine"


# What the schema of SARIF 2.1.0 requires and allows of the objects that are written.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results"}),
    "driver": ({"name"}, {"version", "rules"}),
    "rule": ({"id"}, {"shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration"}),
    "result": (
        {"message"},
        {"ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "suppressions"},
    ),
    "location": (set(), {"physicalLocation", "logicalLocations"}),
    "physical": ({"artifactLocation"}, {"region"}),
    "logical": (set(), {"name", "fullyQualifiedName"}),
    "suppression": ({"kind"}, {"justification"}),
}


def fits(record: dict[str, Any], kind: str) -> None:
    required, optional = ALLOWED[kind]
    assert required <= set(record) <= required | optional, (kind, sorted(record))


def must_be_sarif(log: dict[str, Any]) -> None:
    fits(log, "log")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    fits(run, "run")
    driver = run["tool"]["driver"]
    fits(driver, "driver")
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids)), "rules are unique"
    for rule in driver["rules"]:
        fits(rule, "rule")
        assert rule.get("defaultConfiguration", {}).get("level", "warning") in ("none", "note", "warning", "error")
        assert re.match("https?://", rule.get("helpUri", "https://"))
    for result in run["results"]:
        fits(result, "result")
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert result["message"]["text"]
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
        for location in result["locations"]:
            fits(location, "location")
            fits(location["physicalLocation"], "physical")
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~!/%-]+", uri) and not uri.startswith("/"), uri
            assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
            for logical in location.get("logicalLocations", ()):
                fits(logical, "logical")
        for suppression in result.get("suppressions", ()):
            fits(suppression, "suppression")
            assert suppression["kind"] in ("inSource", "external")


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.name)
def test_sarif_has_each_message_as_a_result_with_its_rule(path: Path) -> None:
    items = judged(path)
    log = json.loads(written("sarif", items))
    must_be_sarif(log)
    found = [(result["ruleId"], result["level"]) for result in log["runs"][0]["results"]]
    levels = {"reject": "error", "warn": "warning", "inform": "note"}
    assert found == [(message.check, levels[message.severity]) for message in messages_of(items)]


def test_sarif_helps_with_what_the_catalog_says_and_names_no_place_of_this_machine() -> None:
    done = invoke("check", str(DEMO), "--format", "sarif")
    log = json.loads(done.stdout)
    must_be_sarif(log)
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] and rule["help"]["text"], rule["id"]
    assert str(ROOT) not in done.stdout
    assert str(ROOT) not in invoke("check", str(DEMO), "--format", "junit").stdout


def test_sarif_of_nothing_and_of_hostile_input(hostile: list[Judged | EditMessage]) -> None:
    must_be_sarif(json.loads(written("sarif", [])))
    must_be_sarif(json.loads(written("sarif", hostile)))


def test_sarif_suppresses_what_is_waived(tmp_path: Path) -> None:
    waivers = tmp_path / "w.csv"
    waivers.write_text("check,reason,who,until\nSTATUS-X,looked at,me,2099-01-01\n")
    done = invoke("check", str(DEMO), "--format", "sarif", "--waivers", str(waivers))
    results = json.loads(done.stdout)["runs"][0]["results"]
    (waived,) = (result for result in results if result["ruleId"] == "STATUS-X")
    assert waived["level"] == "note"
    assert waived["suppressions"] == [{"kind": "external", "justification": "looked at"}]


def test_a_result_is_known_again_wherever_it_is_in_the_file(tmp_path: Path) -> None:
    row = "C-1,77424,2,2024-08-14\n"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(f"claim_id,code,units,from_date\n{row}")
    second.write_text(f"claim_id,code,units,from_date\nC-0,19301,1,2024-08-14\n{row}")
    prints = []
    for path in (first, second):
        results = json.loads(written("sarif", judged(path)))["runs"][0]["results"]
        prints.append({r["partialFingerprints"]["claimcheck/v1"] for r in results if r["ruleId"] == "STATUS-X"})
    assert prints[0] == prints[1] != set()


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.name)
def test_junit_has_a_case_a_claim_and_counts_that_add_up(path: Path) -> None:
    items = judged(path)
    suites = ElementTree.fromstring(written("junit", items))
    cases = list(suites.iter("testcase"))
    assert len(cases) == len(items)
    for suite in suites:
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name) or "") == len(list(suite.iter(tag))), name
    dispositions = Counter(str(item.outcome.disposition) for item in items if isinstance(item, Judged))
    assert len(list(suites.iter("failure"))) == dispositions["rejected"]
    assert len(list(suites.iter("skipped"))) == dispositions["not_judged"]
    assert len(list(suites.iter("error"))) == sum(isinstance(i, EditMessage) and i.severity == "reject" for i in items)
    told = "\n".join(text for case in cases for text in case.itertext())
    for message in messages_of(items):
        assert message.text.replace("\n", "?") in told or any(
            message.text in (tag.get("message") or "") for tag in suites.iter()
        )


def test_junit_is_xml_whatever_the_input(hostile: list[Judged | EditMessage]) -> None:
    suites = ElementTree.fromstring(written("junit", hostile))
    (suite,) = suites
    assert suite.get("name") == "a,b:c.csv"
    assert [case.get("name") for case in suite if case.find("error") is not None] == ["ROW-CELLS at 3"]


def test_junit_has_a_suite_a_file() -> None:
    done = invoke("check", "fixtures/837p/demo.837", "fixtures/rows/lines.csv", "--format", "junit")
    names = [suite.get("name") for suite in ElementTree.fromstring(done.stdout)]
    assert names == ["fixtures/837p/demo.837", "fixtures/rows/lines.csv"]
