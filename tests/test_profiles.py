"""Profiles and configuration: which checks run and how severe, by payer."""

from pathlib import Path

import pytest

from claimcheck import Checker, Claim
from claimcheck.checks import all_checks
from claimcheck.examples import a_claim, a_line
from claimcheck.profile import (
    ConfigurationError,
    load_configuration,
    load_profile,
    options_model,
    profile_names,
)


def severities(name: str) -> dict[str, str]:
    return {c.check.id: c.severity for c in load_profile(name).chosen(all_checks())}


def soft(name: str) -> dict[str, str]:
    return {c.check.id: c.soft for c in load_profile(name).chosen(all_checks())}


# Table H of the specification, as its section M4 corrects it: R reject, W warn, I inform, - off, ~ not in the
# profile's settings; a column a profile.
PROFILES = (
    *("medicare_part_b", "medicare_asc", "medicare_opps", "medicare_advantage", "medicaid", "medicaid_mco"),
    *("commercial", "commercial_other"),
)
TABLE_H = """
FMT-CODE MOD-INVALID MOD-DUP UNIT-ZERO DATE-ORDER NPI DX-PTR LINES | R R R R R R R R
POS-INVALID             | R R - R R R R R
MOD-CONFLICT            | R R R R R W R W
STATUS-I STATUS-P STATUS-X | R - - W I - W -
STATUS-N                | R - - W I - W -
STATUS-E                | W - - W I - W -
STATUS-B STATUS-T       | R - - R W W W I
PCTC-26 PCTC-TC         | R R - R W W R W
PCTC-POS                | R - - R W W R W
GLB-25 GLB-57 GLB-SPLIT | R - - R W W R W
MULT-51                 | W - - I W W W W
BILAT-50                | R - W R W W R W
ASST COSURG TEAM        | R - - R W W R W
MUE-DOS                 | R R R R - - R W
MUE-LINE                | R R R R R R R W
PTP-0 PTP-1             | R R R R R W R W
AOC-1                   | R W W R W W R W
THER                    | R R R R W W W I
CLIA QW                 | R R R R R R W W
DRUG-JWJZ               | R W R W W W W I
NDC                     | W W W W R R W W
ANES                    | R R R R R R R W
TELE                    | W W W W W W W W
DATE-TIMELY             | R R R - - - - -
ASC-50                  | R R R R W W R W
GLB-24 GLB-25b GLB-57c  | I - - I I I I I
"""
LETTERS = {"R": "reject", "W": "warn", "I": "inform", "-": None}


@pytest.mark.parametrize("row", TABLE_H.strip().splitlines())
def test_table_h(row: str) -> None:
    checks, _, cells = row.partition("|")
    for profile, letter in zip(PROFILES, cells.split(), strict=True):
        for check in checks.split():
            assert severities(profile).get(check) == LETTERS[letter], (profile, check)


def test_what_may_be_priced_all_the_same_is_lowered_apart() -> None:
    assert soft("commercial")["MUE-DOS"] == "warn"
    assert soft("medicare_part_b")["MUE-DOS"] == "reject"
    clinical = a_claim(a_line("77425", units=2, pos="22"))
    by_policy = a_claim(a_line("77424", units=2, pos="22"))
    checker = Checker(profile="commercial", select=["MUE-DOS"])
    assert [m.severity for m in checker.check(clinical).messages] == ["warn"]
    assert [m.severity for m in checker.check(by_policy).messages] == ["reject"]


def test_the_setting_picks_the_profile() -> None:
    checker = Checker()
    profiles = {
        setting: checker.engine_for(Claim("C", (), setting)).profile  # type: ignore[arg-type]
        for setting in ("professional", "asc", "outpatient", "dme")
    }
    assert profiles == {
        "professional": "medicare_part_b",
        "asc": "medicare_asc",
        "outpatient": "medicare_opps",
        "dme": "medicare_part_b",
    }


def test_place_24_is_no_surgical_center() -> None:
    assert Checker().engine_for(a_claim(a_line(pos="24"))).profile == "medicare_part_b"


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (["MUE"], [], {"MUE-LINE", "MUE-DOS", "MUE-ZERO"}),
        (["MUE"], ["MUE-DOS"], {"MUE-LINE", "MUE-ZERO"}),
        (["MUE-DOS"], ["MUE"], {"MUE-DOS"}),
        (["MUE-DOS", "PCTC"], ["PCTC-POS"], {"MUE-DOS", "PCTC-26", "PCTC-TC", "PCTC-SPLIT"}),
        (["MUE-DOS"], ["MUE-DOS"], set()),
    ],
)
def test_the_longest_prefix_wins(select: list[str], ignore: list[str], expected: set[str]) -> None:
    chosen = load_profile("medicare_part_b").chosen(all_checks(), select, ignore)
    assert {c.check.id for c in chosen} == expected


def test_an_unknown_id_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match="did you mean MUE-DOS"):
        Checker(select=["MUE-DOT"])
    with pytest.raises(ConfigurationError, match="there are commercial, commercial_other, medicaid"):
        Checker(profile="medicare_acs")


def test_options_are_checked_against_the_check() -> None:
    timely = next(check for check in all_checks() if check.id == "DATE-TIMELY")
    assert options_model(timely)(months=6).model_dump() == {"months": 6, "warn_days": 30}


def _profile(folder: Path, text: str) -> str:
    path = folder / "acme.toml"
    path.write_text(text)
    return str(path)


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    text = 'title = "ACME"\n[severity]\nSTATUS = "off"\n[options.DATE-TIMELY]\nmonths = 3\n'
    checker = Checker(profile=_profile(tmp_path, text))
    outcome = checker.check(a_claim(a_line("77424", pos="22", day="20250102"), received_date="20250501"))
    assert [(m.check, m.allowed, m.profile) for m in outcome.messages] == [("DATE-TIMELY", "2025-04-02", "acme")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title =", "is not TOML"),
        ('title = "A"\nseverities = {}', "severities: there is no such key; did you mean severity"),
        ('title = "A"\n[severity]\nMUE = "rejct"', "severity.MUE"),
        ('title = "A"\n[severity]\nMUEE = "warn"', "no check is called 'MUEE'; did you mean MUE"),
        ('title = "A"\n[options.DATE-TIMELY]\nmonth = 3', "options of DATE-TIMELY: month"),
        ('title = "A"\n[options.DATE-TIMELY]\nmonths = "x"', "options of DATE-TIMELY: months"),
    ],
)
def test_a_bad_profile_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint.replace(".", r"\.")):
        Checker(profile=_profile(tmp_path, text))


def test_payers_are_configured_by_pattern(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('profile = "commercial"\n[payers."SKMA*"]\nprofile = "medicaid"\n')
    checker = Checker(configuration=load_configuration(path))
    assert checker.engine_for(a_claim(a_line(), payer_id="SKMA0")).profile == "medicaid"
    assert checker.engine_for(a_claim(a_line(), payer_id="AETNA")).profile == "commercial"
    assert checker.engine_for(a_claim(a_line())).profile == "commercial"


def test_a_payer_overrides_severities_options_and_the_selection(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(
        """
        [payers."ACME*"]
        profile = "medicare_advantage"
        severity = { STATUS-X = "reject", MUE = "warn", GLB-57c = "warn" }
        ignore = ["ORDREF"]
        options = { DATE-TIMELY = { months = 3 } }
        """
    )
    checker = Checker(configuration=load_configuration(path))
    line = a_line("77424", units=2, pos="22", day="20250102")
    told = {
        payer: {
            (m.check, m.severity)
            for m in checker.check(a_claim(line, payer_id=payer, received_date="20250501")).messages
        }
        for payer in ("ACME-1", "OTHER")
    }
    assert told == {
        "ACME-1": {("STATUS-X", "reject"), ("MUE-DOS", "warn")},
        "OTHER": {("STATUS-X", "reject"), ("MUE-DOS", "reject")},
    }
    chosen = {c.check.id: c for c in checker.engine_for(a_claim(line, payer_id="ACME-1")).chosen}
    assert chosen["GLB-57c"].severity == "warn" and "ORDREF" not in chosen
    assert chosen["STATUS-N"].severity == "warn" and chosen["GLB-25b"].severity == "inform"


def test_a_payer_may_have_a_selection_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('[payers."LATE"]\nselect = ["DATE"]\noptions = { DATE-TIMELY = { months = 3 } }\n')
    checker = Checker(configuration=load_configuration(path))
    claim = a_claim(a_line("77424", units=2, pos="22", day="20250102"), payer_id="LATE", received_date="20250501")
    assert [(m.check, m.allowed) for m in checker.check(claim).messages] == [("DATE-TIMELY", "2025-04-02")]


def test_a_bad_override_names_what_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('[payers."ACME"]\nseverity = { MUEE = "warn" }\n')
    with pytest.raises(ConfigurationError, match="did you mean MUE"):
        Checker(configuration=load_configuration(path))


def test_configuration_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('profil = "commercial"\n')
    with pytest.raises(ConfigurationError, match="profil: there is no such key; did you mean profile"):
        load_configuration(path)


def test_profiles_that_ship() -> None:
    assert profile_names() == sorted(PROFILES)
    for name in profile_names():
        Checker(profile=name)
