"""Reviewed exceptions: what is waived still shows and counts, and waivers that are no use are told."""

import csv
import json
from pathlib import Path

import pytest

from claimcheck import Checker, Claim, Configuration, ConfigurationError, Tally, a_claim, a_line
from support.command_line import invoke

HEADER = "check,code,claim_id,payer_id,reason,who,until\n"


def claim(code: str = "77424", **fields: object) -> Claim:
    return a_claim(a_line(code, day="20240814", pos="22"), received_date="20240820", payer_id="ACME1", **fields)


def waived_by(tmp_path: Path, *rows: str, columns: str = HEADER) -> Checker:
    path = tmp_path / "waivers.csv"
    path.write_text(columns + "".join(f"{row}\n" for row in rows))
    return Checker(configuration=Configuration(waivers=path))


def run(checker: Checker, *claims: Claim) -> tuple[dict[str, str], Tally]:
    result = checker.run(claims)
    return {m.check: m.severity for m in result}, result.summary


def test_a_waived_reject_informs_says_by_whom_and_counts(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "STATUS-X,77424,,ACME*,contract 12,J. Coder,2024-12-31")
    (message,) = (m for m in checker.check(claim()).messages if m.check == "STATUS-X")
    assert message.severity == "inform"
    assert message.waived == ("reject", "contract 12", "J. Coder", "2024-12-31", None, None, None)
    assert message.carc is None
    assert "rejected" not in checker.check(claim()).dispositions
    said, tally = run(checker, claim())
    assert tally.messages == len(said)
    assert not [check for check in said if check.startswith("WAIVER")]


@pytest.mark.parametrize(
    "row",
    [
        "STATUS-X,19301,,,r,w,2024-12-31",
        "STATUS-X,,OTHER*,,r,w,2024-12-31",
        "STATUS-X,,,P2,r,w,2024-12-31",
        "MUE,,,,r,w,2024-12-31",
    ],
)
def test_a_waiver_of_something_else_waives_nothing_and_is_told(row: str, tmp_path: Path) -> None:
    said, _ = run(waived_by(tmp_path, row), claim())
    assert said["STATUS-X"] == "reject"
    assert said["WAIVER-UNUSED"] == "warn"


@pytest.mark.parametrize("row", ["STATUS,77*,EX*,AC*,r,w,20240820", "STATUS-X,,,,r,w,2024-08-20"])
def test_patterns_and_prefixes_and_the_last_day(row: str, tmp_path: Path) -> None:
    assert run(waived_by(tmp_path, row), claim())[0]["STATUS-X"] == "inform"


def test_an_ended_waiver_waives_nothing_and_is_told_with_its_row(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "AGE,,,,r,w,2099-01-01", "STATUS-X,,,,r,w,2024-08-19")
    messages = list(checker.run([claim(), claim()._replace(claim_id="B")]))
    (expired,) = (m for m in messages if m.check == "WAIVER-EXPIRED")
    assert expired.text == "The waiver of STATUS-X ended on 2024-08-19; later messages not waived: 2."
    assert (Path(expired.locus.file).name, expired.locus.row) == ("waivers.csv", 3)
    assert {m.severity for m in messages if m.check == "STATUS-X"} == {"reject"}


def test_the_day_is_that_of_submission_else_of_service_never_today(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "STATUS-X,,,,r,w,2024-08-14")
    assert run(checker, claim())[0]["STATUS-X"] == "reject"
    assert run(checker, claim()._replace(received_date=None))[0]["STATUS-X"] == "inform"


@pytest.mark.parametrize("check", ["STATUS-Y", "NOT-JUDGED", "CHECK-FAILED", "ROW-CELLS"])
def test_what_cannot_be_waived_is_told(check: str, tmp_path: Path) -> None:
    said, _ = run(waived_by(tmp_path, f"{check},,,,r,w,2024-12-31"), claim())
    assert said["WAIVER-UNKNOWN"] == "warn"


def test_what_is_not_judged_stays_so(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "STATUS,,,,r,w,2099-12-31", "MUE,,,,r,w,2099-12-31")
    assert checker.check(claim("12001")).dispositions == ["not_judged"]


def test_a_message_of_the_whole_claim_can_be_waived(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "NPI,,,,r,w,2024-12-31")
    wrong = claim("19301", billing_npi="1234567890")
    assert run(Checker(), wrong)[0]["NPI"] == "reject"
    said, tally = run(checker, wrong)
    assert said["NPI"] == "inform"
    assert tally.rejected == 0
    by_code = waived_by(tmp_path, "NPI,19301,,,r,w,2024-12-31")
    assert run(by_code, wrong)[0]["NPI"] == "reject", "no code is at fault"


def test_what_is_reported_once_of_all_lines_is_waived_where_each_line_is(tmp_path: Path) -> None:
    """One rendering NPI on two lines is one message; waivers of both codes cover it, and neither does alone."""
    wrong = a_claim(*(a_line(code, day="20240814", rendering_npi="1234567804") for code in ("19301", "99213")))
    rows = ["NPI,19301,,,r,w,2099-12-31", "NPI,99213,,,r,w,2099-12-31"]
    messages = [m for m in waived_by(tmp_path, *rows).check(wrong).messages if m.check == "NPI"]
    assert [(m.severity, m.line_number) for m in messages] == [("inform", None)]
    assert run(waived_by(tmp_path, rows[0]), wrong)[0]["NPI"] == "reject"


def test_each_batch_counts_for_itself(tmp_path: Path) -> None:
    checker = waived_by(tmp_path, "STATUS-X,,,,r,w,2024-12-31")
    assert "WAIVER-UNUSED" not in run(checker, claim())[0]
    assert "WAIVER-UNUSED" in run(checker, claim("19301"))[0]


@pytest.mark.parametrize(
    ("columns", "row", "told"),
    [
        ("check,reason,who\n", "MUE,r,w", ":1: found no column until, expected check, code"),
        ("check,reason,who,until,note\n", "MUE,r,w,2024-01-01,x", ':1: unknown column "note", expected one of check'),
        (HEADER, "MUE,,,,,w,2024-01-01", ":2: reason: found nothing, expected a value"),
        (HEADER, "MUE,,,,r,,2024-01-01", ":2: who: found nothing, expected a value"),
        (HEADER, ",,,,r,w,2024-01-01", ":2: check: found nothing, expected a value"),
        (HEADER, "MUE,,,,r,w,soon", ':2: until: found "soon", expected a date, CCYY-MM-DD'),
        (HEADER, "MUE,,,,r,w", ":2: found fewer cells than columns"),
        ("chekc,reason,who,until\n", "MUE,r,w,2024-01-01", "did you mean check?"),
        (HEADER, 'MUE,,,,"r,w,2024-01-01', ":2: expected CSV"),
        (HEADER, "MUE,,,,r,w,2024-01-01,x", ":2: found more cells than columns"),
    ],
)
def test_a_bad_waiver_file_says_where(columns: str, row: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        waived_by(tmp_path, row, columns=columns)
    assert told in str(refused.value)


def test_waivers_at_the_command_line_in_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w.csv").write_text(HEADER + "STATUS-X,,,,=contract,J. Coder,2024-12-31\n")
    Path("c.csv").write_text("claim_id,code,units,from_date,place_of_service\nC-1,77424,1,2024-08-14,22\n")
    Path("claimcheck.toml").write_text('waivers = "w.csv"\n')
    for arguments in (["--waivers", "w.csv", "--isolated"], []):
        command = ["check", "c.csv", "--select", "STATUS-X", *arguments]
        done = invoke(*command, "--format", "jsonl")
        assert done.exit_code == 0
        message = next(m for m in map(json.loads, done.stdout.splitlines()) if m["check"] == "STATUS-X")
        assert message["waived"]["who"] == "J. Coder"
        assert "waived: =contract (J. Coder, until 2024-12-31; it would reject)" in invoke(*command).stdout
        (row,) = (
            row
            for row in csv.DictReader(invoke(*command, "--format", "csv").stdout.splitlines())
            if row["check"] == "STATUS-X"
        )
        assert row["waived_reason"] == "'=contract"
    missing = invoke("check", "c.csv", "--waivers", "none.csv")
    assert missing.exit_code == 2
    assert "none.csv: No such file or directory" in missing.stderr


# -- approvals -----------------------------------------------------------------------------------

APPROVED = HEADER.replace("\n", ",ticket,approved_by,approved_on\n")


def test_an_approval_is_told_with_what_it_waived(tmp_path: Path) -> None:
    row = "STATUS-X,,,,contract 12,J. Coder,2024-12-31,COMP-7,M. Lead,20240701"
    messages = [*waived_by(tmp_path, row, columns=APPROVED).run([claim()])]
    (message,) = (m for m in messages if m.check == "STATUS-X")
    assert message.waived and message.waived[4:] == ("COMP-7", "M. Lead", "2024-07-01")
    assert not [m for m in messages if m.check.startswith("WAIVER")]
    (tmp_path / "lines.csv").write_text(
        "claim_id,code,units,from_date,place_of_service,filing_indicator\nA,77424,1,2024-08-14,22,MB\n"
    )
    options = ("check", tmp_path / "lines.csv", "--waivers", tmp_path / "waivers.csv", "--select", "STATUS")
    assert "ticket COMP-7; approved by M. Lead on 2024-07-01" in " ".join(invoke(*options).stdout.split())
    [found] = [
        record
        for record in csv.DictReader(invoke(*options, "--format", "csv").stdout.splitlines())
        if record["check"] == "STATUS-X"
    ]
    assert found["waived_ticket"] == "COMP-7" and found["waived_approved_on"] == "2024-07-01"
    said = [json.loads(line) for line in invoke(*options, "--format", "jsonl").stdout.splitlines()]
    assert [m["waived"]["approved_by"] for m in said if m["waived"]] == ["M. Lead"]


@pytest.mark.parametrize(
    ("columns", "row", "missing"),
    [
        (APPROVED, "STATUS-X,,,,r,w,2024-12-31,T-1,,2024-07-01", "approved_by"),
        (APPROVED, "STATUS-X,,,,r,w,2024-12-31,,,", "ticket, approved_by, approved_on"),
        ("check,reason,who,until,approved_by\n", "STATUS-X,r,w,2024-12-31,M. Lead", "ticket, approved_on"),
        (HEADER, "STATUS-X,,,,r,w,2024-12-31", ""),
    ],
)
def test_who_records_approvals_is_told_of_waivers_without_one(
    columns: str, row: str, missing: str, tmp_path: Path
) -> None:
    messages = [*waived_by(tmp_path, row, columns=columns).run([claim()])]
    assert {m.severity for m in messages if m.check == "STATUS-X"} == {"inform"}, "it holds all the same"
    told = [m for m in messages if m.check == "WAIVER-INCOMPLETE"]
    assert [m.text for m in told] == [
        f"The waiver of STATUS-X requires an approval in full; missing: {missing}."
    ] * bool(missing)
    assert all((m.severity, m.locus.row) == ("inform", 2) for m in told)


@pytest.mark.parametrize(
    ("approved_on", "says"),
    [
        ("7/1/2024", 'approved_on: found "7/1/2024", expected a date'),
        ("2025-01-01", "approved_on: found 2025-01-01, expected a day no later than until (2024-12-31)"),
    ],
)
def test_a_day_of_approval_that_is_wrong_is_refused(approved_on: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        waived_by(tmp_path, f"STATUS-X,,,,r,w,2024-12-31,T,M,{approved_on}", columns=APPROVED)
    assert f"waivers.csv:2: {says}" in str(refused.value)
