"""Whose rules: the payer's configuration, its filing indicator, and what is told of payers that nobody can tell."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from claimcheck import Checker, Claim, EditMessage, Tally, a_claim, a_line, read
from claimcheck.arrow import check_batches
from claimcheck.claim import Setting
from claimcheck.config.configuration import load_configuration
from claimcheck.readers.x12.plain import PlainReader
from claimcheck.rulebook.filing_indicators import FILINGS
from claimcheck.runs.workers import run
from claimcheck.writers.to_jsonl import JsonlWriter
from support.command_line import invoke
from support.places import SHARED

BATCHES = sorted(SHARED.glob("remits/matched_nmartin15/837P_batch_*.txt"))


def checker_of(folder: Path, text: str, **given: Any) -> Checker:
    path = folder / "claimcheck.toml"
    path.write_text(text)
    return Checker(configuration=load_configuration(path), **given)


def profile_of(
    checker: Checker, filing: str | None, payer: str | None = None, setting: Setting = "professional"
) -> str:
    return checker.engine_for(Claim("C", (), setting, payer_id=payer, filing_indicator=filing)).profile


# -- which profile -------------------------------------------------------------------------------

SETTINGS: tuple[Setting, ...] = ("professional", "asc", "dme", "outpatient", "institutional", "dental")
MEDICARE = "medicare_part_b medicare_asc medicare_part_b medicare_opps medicare_opps medicare_part_b"
BY_FILING = """
MB MA ZZ HN mb 99 | Medicare's of the setting
16                | medicare_advantage
MC TV             | medicaid
FI CH VA OF       | commercial
CI BL 11 12 13 14 15 17 HM AM LM WC DS 09 10 LI | commercial_other
"""


@pytest.mark.parametrize("row", BY_FILING.strip().splitlines())
def test_the_filing_indicator_picks_the_profile(row: str) -> None:
    checker = Checker()
    indicators, _, profile = row.partition(" | ")
    for indicator in indicators.split():
        expected = [profile] * 6 if profile in ("medicaid", "commercial") or "_" in profile else MEDICARE.split()
        assert [profile_of(checker, indicator, setting=setting) for setting in SETTINGS] == expected, indicator


def test_every_indicator_of_the_list_is_in_the_table_above() -> None:
    assert set(FILINGS) <= set(BY_FILING.split())
    assert [code for code, filing in FILINGS.items() if not filing.in_5010] == ["09", "10", "LI"]


def test_what_wins_in_order(tmp_path: Path) -> None:
    text = """
    profile = "commercial"
    [payers."BLUE*"]
    profile = "medicaid"
    [payers."BLUE*".filing.16]
    profile = "medicaid_mco"
    [payers."BLUE*".filing.CI]
    severity = { PTP = "warn" }
    [payers."PLAIN"]
    ignore = ["NPI"]
    """
    checker = checker_of(tmp_path, text)
    assert profile_of(checker, "16", "BLUE1") == "medicaid_mco"
    assert profile_of(checker, "CI", "BLUE1") == "medicaid"
    assert profile_of(checker, "MB", "BLUE1") == "medicaid"
    assert profile_of(checker, "MB", "PLAIN") == "medicare_part_b"
    assert profile_of(checker, "16", "OTHER") == "medicare_advantage"
    assert profile_of(checker, None, "OTHER") == profile_of(checker, "ZZ") == profile_of(checker, "") == "commercial"
    assert profile_of(Checker(), None) == "medicare_part_b"
    decided = checker_of(tmp_path, text, profile="commercial_other")
    assert {profile_of(decided, "16", "BLUE1"), profile_of(decided, "MB"), profile_of(decided, None)} == {
        "commercial_other"
    }


def test_a_filing_indicator_under_a_payer_has_what_a_payer_has(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "releases.toml").write_text("series = []\n")
    text = """
    select = ["STATUS", "MUE", "CHG"]
    ignore = ["MUE-ZERO"]
    [payers.ACME]
    profile = "commercial"
    severity = { STATUS-X = "reject", STATUS-N = "reject" }
    ignore = ["STATUS-P"]
    [payers.ACME.filing.16]
    profile = "medicare_advantage"
    severity = { STATUS-X = "inform" }
    soft = { MUE-DOS = "warn" }
    overlays = ["rules"]
    ignore = ["STATUS-B"]
    options.MUE-LINE.every_line = true
    [payers.ACME.filing.BL]
    select = ["CHG", "STATUS-P"]
    """
    checker = checker_of(tmp_path, text)

    def chosen(filing: str) -> dict[str, tuple[str, str, dict[str, object]]]:
        engine = checker.engine_for(Claim("C", (), payer_id="ACME", filing_indicator=filing))
        return {c.check.id: (c.severity, c.soft, dict(c.options)) for c in engine.chosen}

    of_advantage, of_others = chosen("16"), chosen("CI")
    assert of_advantage["STATUS-X"][0] == "inform" and of_others["STATUS-X"][0] == "reject"
    assert of_advantage["STATUS-N"][0] == "reject"
    assert of_advantage["MUE-DOS"][1] == "warn"
    assert of_advantage["MUE-LINE"][2]["every_line"] is True and of_others["MUE-LINE"][2] == {}
    assert "STATUS-B" not in of_advantage and "STATUS-B" in of_others
    assert "STATUS-P" not in of_advantage and "STATUS-P" not in of_others and "MUE-ZERO" not in of_advantage
    assert set(chosen("BL")) == {"CHG"}


def test_the_engines_of_all_claims_that_may_come(tmp_path: Path) -> None:
    checker = checker_of(tmp_path, 'payers.P.filing.16.profile = "medicaid_mco"')
    profiles = {engine.profile for engine in checker.every_engine()}
    of_others = {"medicare_advantage", "medicaid", "medicaid_mco", "commercial", "commercial_other"}
    assert profiles == {*MEDICARE.split(), *of_others}


# -- reading it ----------------------------------------------------------------------------------

HEAD = [
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240820*1200*^*00501*000000001*0*P*:",
    "GS*HC*S*R*20240820*1200*1*X*005010X222A1",
    "ST*837*0001*005010X222A1",
    "BHT*0019*00*1*20240820*1200*CH",
    "HL*1**20*1",
    "PRV*BI*PXC*207Q00000X",
    "NM1*85*2*CLINIC*****XX*1993999998",
]
TAIL = ["SE*1*0001", "GE*1*1", "IEA*1*000000001"]


def a_subscriber(level: int, filing: str | None, *, extra: Iterable[str] = (), code: str = "77424") -> list[str]:
    """A subscriber with a claim of one line; ``extra`` segments of the claim make the walk read it."""
    sbr = [] if filing is None else [f"SBR*P*18*GROUP******{filing}"]
    return [
        *(f"HL*{level}*1*22*0", *sbr, f"NM1*IL*1*DOE*JANE****MI*M{level}", "DMG*D8*19500102*F"),
        *("NM1*PR*2*PAYER*****PI*P1", f"CLM*C-{level}*100***22:B:1*Y*A*Y*Y", "HI*ABK:C50919", *extra),
        *("LX*1", f"SV1*HC:{code}*100*UN*1***1", "DTP*472*D8*20240814"),
    ]


OTHER_PAYER = ("SBR*S*18*OTHER******MC", "OI***Y***Y", "NM1*PR*2*SECOND*****PI*P2")


def a_file(*subscribers: list[str], version: str = "005010X222A1") -> bytes:
    segments = [*HEAD, *(segment for subscriber in subscribers for segment in subscriber), *TAIL]
    return "".join(f"{segment}~" for segment in segments).replace("005010X222A1", version).encode()


def claims_in(data: bytes, name: str = "a.837") -> list[Claim]:
    return [item for item in read(io.BytesIO(data), name=name) if isinstance(item, Claim)]


FILE = a_file(
    a_subscriber(2, "CI"),
    a_subscriber(3, "16", extra=OTHER_PAYER),
    a_subscriber(4, ""),
    a_subscriber(5, "MB"),
    a_subscriber(6, None),
    a_subscriber(7, None, extra=OTHER_PAYER),
    [*a_subscriber(8, "BL")[:5], "HL*9*8*23*0", "NM1*QC*1*DOE*TIM", *a_subscriber(9, None)[4:]],
)


def test_the_filing_indicator_is_that_of_the_destination_payer(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ["CI", "16", "", "MB", "", "", "BL"]
    read_fast = claims_in(FILE)
    assert [claim.filing_indicator for claim in read_fast] == expected
    monkeypatch.setattr(PlainReader, "read", lambda self, text, number, whole: self.walker.walk(text[:-1], number))
    assert claims_in(FILE) == read_fast, "the walk reads as the pattern does"


def test_the_filing_indicator_of_version_4010() -> None:
    data = a_file(a_subscriber(2, "09"), a_subscriber(3, "LI"), version="004010X098A1")
    assert [claim.filing_indicator for claim in claims_in(data)] == ["09", "LI"]


def test_rows_carry_the_filing_indicator() -> None:
    header, row = "claim_id,code,units,from_date", "1,77424,1,2024-08-14"
    for more, cell, expected in ((",filing_indicator", ",16", "16"), (",filing_indicator", ",", ""), ("", "", None)):
        (claim,) = claims_in(f"{header}{more}\n{row}{cell}\n".encode(), "a.csv")
        assert claim.filing_indicator == expected
    line = {"code": "77424", "units": "1", "from_date": "2024-08-14"}
    for given, expected in (({"filing_indicator": "BL"}, "BL"), ({"filing_indicator": None}, None), ({}, None)):
        nested: dict[str, Any] = {"claim_id": "1", "lines": [line], **given}
        for as_json in ({"claim_id": "1", **line, **given}, nested):
            assert claims_in(json.dumps(as_json).encode(), "a.jsonl")[0].filing_indicator == expected
    table = pa.table({"claim_id": ["1"], **{name: [value] for name, value in line.items()}, "filing_indicator": ["HM"]})
    (batch,) = check_batches(table, Checker())
    assert {*batch.column("profile").to_pylist()} == {"commercial_other", None}, "None: of the columns it lacks"


# -- the check FILING ----------------------------------------------------------------------------


def said(checker: Checker, filing: str | None, **fields: object) -> list[tuple[str, str]]:
    claim = a_claim(a_line("19301", pos="22", day="20240814"), filing_indicator=filing, **fields)
    return [(m.severity, m.text) for m in checker.check(claim).messages if m.check == "FILING"]


def test_filing_in_every_profile(tmp_path: Path) -> None:
    for profile in ("", 'profile = "commercial"', 'payers.P.profile = "commercial"'):
        checker = checker_of(tmp_path, profile)
        assert said(checker, None) == said(checker, "ZZ") == said(checker, "CI") == []
        assert [s for s, _ in (*said(checker, ""), *said(checker, "LI"))] == ["warn", "warn"]
        assert said(checker, "HN") == [("reject", "HN is not a claim filing indicator; a Medicare HMO is 16.")]
        assert [s for s, _ in said(checker, "X?")] == ["reject"]
        assert [s for s, _ in said(checker, "HM")] == ["inform"]


def test_the_caller_who_names_a_profile_has_decided() -> None:
    checker = Checker(profile="medicare_part_b")
    assert [said(checker, filing) for filing in ("", "HN", "MA", "HM", "CI")] == [[]] * 5


def test_a_contradiction_is_between_medicare_and_all_others(tmp_path: Path) -> None:
    text = """
    [payers.FEDERAL]
    profile = "medicare_part_b"
    [payers.FEDERAL.filing.BL]
    profile = "commercial"
    [payers.STATE]
    profile = "medicaid"
    [payers.OWN]
    profile = "own.toml"
    [payers.ANY]
    ignore = ["NPI"]
    """
    (tmp_path / "own.toml").write_text('title = "Own"\n')
    checker = checker_of(tmp_path, text)
    told = "Claim filing indicator MC (Medicaid) conflicts with the payer, configured as medicare_part_b."
    assert said(checker, "MC", payer_id="FEDERAL") == [("warn", told)]
    assert [s for s, _ in said(checker, "16", payer_id="FEDERAL")] == ["warn"]
    assert [s for s, _ in said(checker, "MB", payer_id="STATE")] == ["warn"]
    for filing, payer in (("MB", "FEDERAL"), ("BL", "FEDERAL"), ("CI", "STATE"), ("MB", "OWN"), ("CI", "OWN")):
        assert said(checker, filing, payer_id=payer) == []
    items = [a_claim(a_line(), payer_id="FEDERAL", filing_indicator=filing) for filing in ("MB", "MC", "MB")]
    assert [m.observed for m in checker.run(items) if m.check == "FILING"] == ["MC"], "seen in a look at many, too"
    assert said(checker, "CI", payer_id="ANY") == said(checker, "ZZ", payer_id="FEDERAL") == []


# -- whose payer nobody can tell -----------------------------------------------------------------


def judged(checker: Checker, paths: list[Path], jobs: int) -> tuple[str, Tally]:
    stream = io.StringIO()
    tally, _ = run(paths, checker, [JsonlWriter(stream)], jobs)
    return stream.getvalue(), tally


def a_batch(folder: Path) -> list[Path]:
    zz = [a_subscriber(level, "ZZ") for level in range(2, 40)]
    files = {"b.837": a_file(*zz), "a.837": a_file(a_subscriber(2, "MB"), *zz[1:9], a_subscriber(99, ""))}
    files["c.csv"] = b"claim_id,code,units,from_date,payer_id\nX,77424,1,2024-08-14,P1\nY,77424,1,2024-08-14,KNOWN\n"
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


CONFIGURED = 'payers.KNOWN.profile = "commercial"\npayers."NOBODY*".profile = "medicaid"\n'


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_payers_that_nobody_can_tell_are_told_once(tmp_path: Path, jobs: int) -> None:
    paths = a_batch(tmp_path)
    text, tally = judged(checker_of(tmp_path, CONFIGURED), paths, jobs)
    assert tally.payer_unknown == 38 + 8 + 1 + 1
    last = [json.loads(line) for line in text.splitlines()][-3:]
    assert [(m["check"], m["severity"], Path(m["locus"]["file"]).name, m["locus"]["segment"]) for m in last] == [
        ("FILING", "inform", "a.837", 23),
        ("FILING", "inform", "b.837", 13),
        ("CONFIG-UNUSED", "warn", "claimcheck.toml", None),
    ]
    assert last[0]["text"] == (
        "8 claims have filing indicator ZZ, which names no kind of payer: judged by medicare_part_b."
    )
    assert last[0]["claim_status"] is None and last[0]["claim_id"] is None
    assert sum('"FILING"' in line for line in text.splitlines()) == 3, "two of files, one of an empty indicator"
    assert (text, tally) == judged(checker_of(tmp_path, CONFIGURED), paths, 1)


def test_zz_is_told_where_the_configuration_decides_and_not_where_the_payer_or_the_caller_does(tmp_path: Path) -> None:
    path = tmp_path / "z.837"
    path.write_bytes(a_file(a_subscriber(2, "ZZ")))

    def told(text: str, **given: str) -> list[str]:
        found, tally = judged(checker_of(tmp_path, text, **given), [path], 1)
        assert tally.payer_unknown == 0
        return [json.loads(line)["text"] for line in found.splitlines() if '"FILING"' in line]

    one = "1 claim has filing indicator ZZ, which names no kind of payer: judged by commercial."
    assert told('profile = "commercial"') == [one]
    assert told('profile = "commercial"\nignore = ["FILING"]') == []
    assert told('payers.P1.profile = "commercial"') == []
    assert told("", profile="commercial") == []


def test_the_summary_counts_claims_of_unknown_payers() -> None:
    header = "claim_id,code,units,from_date,place_of_service,filing_indicator\n"
    Path("a.csv").write_text(header + "A,77424,1,2024-08-14,22,MB\nB,77424,1,2024-08-14,22,ZZ\n")
    done = invoke("check", "a.csv", "--isolated", "--format", "jsonl")
    assert json.loads(done.stderr)["payer_unknown"] == 1
    lines = invoke("check", "a.csv", "--isolated").stderr.splitlines()
    assert lines[-1] == (
        "1 claim judged by Medicare's rules: no payer type reported. Report the filing indicator (SBR09), configure "
        "the payer, or give --profile"
    )
    assert "who pays" not in invoke("check", "a.csv", "--isolated", "--profile", "medicaid").stderr
    split = invoke("split", "a.csv", "--isolated", "--accepted", "ok.csv", "--rejected", "no.csv")
    assert split.stderr.splitlines()[-1] == lines[-1]
    Path("a.csv").write_text(header + "A,77424,1,2024-08-14,22,MB\n")
    assert "who pays" not in invoke("check", "a.csv", "--isolated").stderr


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# -- keys that nothing matched -------------------------------------------------------------------


def unused(checker: Checker, *claims: Claim) -> list[str]:
    return [m.text for m in checker.run(claims) if m.check == "CONFIG-UNUSED"]


def test_keys_that_matched_no_claim_are_told_once_a_batch(tmp_path: Path) -> None:
    text = """
    asc_npis = ["1993999998", "1234567802", "1234567802"]
    [payers."ACME*"]
    filing.16.profile = "medicare_advantage"
    filing.CI.profile = "commercial"
    [payers."A*"]
    profile = "commercial"
    """
    checker = checker_of(tmp_path, text)
    acme = a_claim(a_line(), payer_id="ACME1", filing_indicator="CI")
    assert unused(checker, acme) == [
        'payers."ACME*".filing.16 matched no claim of this batch.',
        'payers."A*" matched no claim of this batch.',
        "asc_npis: 1234567802 billed no claim of this batch.",
    ]
    assert unused(checker, acme._replace(payer_id="X", billing_npi=None)) == [
        'payers."ACME*" matched no claim of this batch.',
        'payers."A*" matched no claim of this batch.',
        "asc_npis: 1993999998 billed no claim of this batch.",
        "asc_npis: 1234567802 billed no claim of this batch.",
    ], "each batch counts for itself"
    assert unused(checker) == [], "a batch without a claim matches nothing"
    (message,) = (m for m in checker.run([acme]) if m.check == "CONFIG-UNUSED" and "asc" in m.text)
    assert (message.severity, Path(message.locus.file).name) == ("warn", "claimcheck.toml")
    assert message.remedy == "Correct the NPI, or take it out."


def test_an_unused_key_alone_does_not_change_the_exit_status() -> None:
    Path("claimcheck.toml").write_text('payers.NOBODY.profile = "medicaid"\n')
    Path("a.csv").write_text("claim_id,code,units,from_date,place_of_service\nB,77424,1,2024-08-14,22\n")
    done = invoke("check", "a.csv", "--select", "MUE", "--format", "jsonl")
    assert done.exit_code == 0
    assert [json.loads(line)["check"] for line in done.stdout.splitlines()] == ["ROW-COLUMNS", "CONFIG-UNUSED"]


def test_a_mapped_key_that_no_row_has_is_told() -> None:
    rows = [{"claim_id": "1", "code": "77424", "units": "1", "from_date": "2024-08-14", "lob": "MB"}]
    columns = {"filing_indicator": "lob", "payer_id": "payer", "ndc": "drug"}
    lines = "\n".join(map(json.dumps, [*rows, {**rows[0], "claim_id": "2", "payer": "P"}]))
    items = [*read(io.BytesIO(lines.encode()), name="a.jsonl", columns=columns)]
    (told,) = (m for m in items if isinstance(m, EditMessage) and m.check == "ROW-COLUMN")
    assert (told.text, told.observed) == ("ndc is mapped to key drug, which no row has.", "drug")


# -- what is in force ----------------------------------------------------------------------------


def test_config_show_names_where_the_profile_comes_from() -> None:
    Path("claimcheck.toml").write_text(
        'profile = "commercial"\n[payers."BLUE*"]\nprofile = "medicaid"\nignore = ["AGE"]\n'
        '[payers."BLUE*".filing.16]\nprofile = "medicare_advantage"\nignore = ["SEX"]\nseverity = { CLIA = "inform" }\n'
    )

    def shown(*arguments: str) -> tuple[dict[str, list[object]], dict[str, dict[str, object]]]:
        done = invoke("config", "show", "--format", "json", *arguments)
        found = json.loads(done.stdout)
        values = {value["name"]: [value["value"], value["origin"]] for value in found["values"]}
        return values, {check["check"]: check for check in found["checks"]}

    def profile(*arguments: str) -> list[object]:
        return shown(*arguments)[0]["profile"]

    pair = 'payers."BLUE*".filing.16'
    assert profile("--payer", "BLUE1", "--filing", "16") == ["medicare_advantage", pair]
    assert profile("--payer", "BLUE1", "--filing", "CI") == ["medicaid", 'payers."BLUE*"']
    assert profile("--filing", "16") == ["medicare_advantage", "filing indicator 16"]
    assert profile("--filing", "ZZ") == profile() == ["commercial", "claimcheck.toml"]
    assert profile("--filing", "MB", "--setting", "asc") == ["medicare_asc", "filing indicator MB"]
    assert profile("--filing", "16", "--profile", "medicaid_mco") == ["medicaid_mco", "command line"]
    assert profile("--isolated") == ["medicare_part_b", "setting professional"]
    values, checks = shown("--payer", "BLUE1", "--filing", "16")
    assert values["ignore"] == [["SEX", "AGE"], f'{pair}, payers."BLUE*"']
    assert (checks["CLIA"]["severity"], checks["CLIA"]["origin"]) == ("inform", f"severity: {pair} (CLIA)")
    assert shown("--payer", "BLUE1", "--filing", "CI")[1]["FILING"]["options"] == {"payer_profile": "medicaid"}
    assert checks["FILING"]["options"] == {}, "the configuration names this filing indicator"
    assert shown("--profile", "medicaid")[1]["FILING"]["origin"] == "severity: command line (FILING)"
    text = invoke("config", "show", "--payer", "BLUE1", "--filing", "16").stdout
    assert text.startswith("BLUE1, filing indicator 16, professional; configured by claimcheck.toml\n")


# -- a real batch --------------------------------------------------------------------------------


@pytest.mark.skipif(not BATCHES, reason="the shared batches are not here")
def test_five_filing_indicators_of_a_real_batch(tmp_path: Path) -> None:
    ignore = 'ignore = ["NPI", "DATE-FUTURE", "DX"]\n'

    def profiles(text: str) -> tuple[Counter[str], Counter[tuple[str, str]]]:
        checker = checker_of(tmp_path, ignore + text)
        claims = [item for path in BATCHES for item in read(path) if isinstance(item, Claim)]
        engines = Counter(checker.engine_for(claim).profile for claim in claims)
        messages = [m for claim in claims for m in checker.check(claim).messages if m.check == "FILING"]
        return engines, Counter((m.severity, m.observed or "") for m in messages)

    by_filing = {"commercial_other": 208, "medicaid": 32, "commercial": 10}
    assert profiles("") == (by_filing, {("inform", "HM"): 36})
    contractor = '[payers."12001"]\nprofile = "medicare_part_b"\n'
    assert profiles(contractor) == (
        {"commercial_other": 208, "medicare_part_b": 32, "commercial": 10},
        {("inform", "HM"): 36, ("warn", "MC"): 32},
    )


def test_no_message_of_the_check_is_longer_than_a_biller_reads() -> None:
    checker = Checker()
    for filing in ("", "HN", "09", "MA", "HM", "XX", "LI"):
        for _, text in said(checker, filing):
            assert len(text) <= 160 and not re.search(r"\bno\b \w+ of", text)


def test_an_id_that_is_written_out_wins_over_a_pattern(tmp_path: Path) -> None:
    text = """
    [payers."ACME*"]
    profile = "commercial"
    [payers.ACME7]
    profile = "medicare_advantage"
    """
    checker = checker_of(tmp_path, text)
    profiles = [checker.engine_for(Claim("C", (), payer_id=id)).profile for id in ("ACME7", "ACME8")]
    assert profiles == ["medicare_advantage", "commercial"]


@pytest.mark.parametrize(
    ("profile", "setting", "filing"),
    [("commercial", "professional", "MA"), ("medicaid", "professional", "MA"), ("commercial", "outpatient", "MB")],
)
def test_another_payer_is_not_told_to_report_medicare(profile: str, setting: str, filing: str, tmp_path: Path) -> None:
    checker = checker_of(tmp_path, f'payers.P.profile = "{profile}"')
    claim = a_claim(a_line("99213"))._replace(payer_id="P", filing_indicator=filing, setting=setting)  # type: ignore[arg-type]
    (message,) = (m for m in checker.check(claim).messages if m.check == "FILING")
    assert message.severity == "warn" and f"configured as {profile}" in message.text
    assert "Report" not in (message.remedy or "")


def test_a_filing_indicator_that_the_configuration_names_contradicts_nothing(tmp_path: Path) -> None:
    checker = checker_of(tmp_path, 'payers.P.filing.MC.profile = "medicare_part_b"')
    claim = a_claim(a_line("99213"))._replace(payer_id="P", filing_indicator="MC")
    assert "FILING" not in checker.check(claim).checks
