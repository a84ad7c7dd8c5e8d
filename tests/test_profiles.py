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


@pytest.mark.parametrize(
    ("profile", "check", "severity"),
    [
        # Table H of the specification, as its section M4 corrects it.
        ("medicare_part_b", "FMT-CODE", "reject"),
        ("medicare_part_b", "STATUS-I", "reject"),
        ("medicare_part_b", "STATUS-N", "reject"),
        ("medicare_part_b", "STATUS-E", "warn"),
        ("medicare_part_b", "STATUS-B", "reject"),
        ("medicare_part_b", "PCTC-POS", "reject"),
        ("medicare_part_b", "MUE-DOS", "reject"),
        ("medicare_part_b", "DATE-TIMELY", "reject"),
        ("medicare_asc", "STATUS-X", None),
        ("medicare_asc", "PCTC-26", "reject"),
        ("medicare_asc", "PCTC-POS", None),
        ("medicare_asc", "GLB-SPLIT", None),
        ("medicare_asc", "BILAT-50", None),
        ("medicare_asc", "ASC-50", "reject"),
        ("medicare_asc", "MUE-DOS", "reject"),
        ("medicare_opps", "STATUS-B", None),
        ("medicare_opps", "PCTC-26", None),
        ("medicare_opps", "POS-INVALID", None),
        ("medicare_opps", "BILAT-50", "warn"),
        ("medicare_opps", "MUE-DOS", "reject"),
        ("medicare_opps", "OPPS-REV", "reject"),
        ("medicaid", "STATUS-X", "inform"),
        ("medicaid", "STATUS-B", "warn"),
        ("medicaid", "PCTC-26", "warn"),
        ("medicaid", "GLB-SPLIT", "warn"),
        ("medicaid", "MULT-51", "warn"),
        ("medicaid", "MUE-LINE", "reject"),
        ("medicaid", "MUE-DOS", None),
        ("medicaid", "MOD-CONFLICT", "reject"),
        ("medicaid", "DATE-TIMELY", None),
        ("medicare_part_b", "THER", "reject"),
        ("medicare_opps", "THER", "reject"),
        ("medicaid", "THER", "warn"),
        ("commercial", "THER", "warn"),
        ("medicare_part_b", "ANES", "reject"),
        ("medicaid", "ANES", "reject"),
        ("commercial", "ANES", "reject"),
        ("commercial", "STATUS-X", "warn"),
        ("commercial", "STATUS-T", "warn"),
        ("commercial", "PCTC-POS", "reject"),
        ("commercial", "MULT-51", "warn"),
        ("commercial", "MUE-DOS", "reject"),
        ("medicare_part_b", "CLIA", "reject"),
        ("commercial", "QW", "warn"),
        ("medicare_part_b", "DRUG-JWJZ", "reject"),
        ("medicare_opps", "DRUG-JWJZ", "reject"),
        ("medicare_asc", "DRUG-JWJZ", "warn"),
        ("medicaid", "DRUG-JWJZ", "warn"),
        ("medicare_part_b", "NDC", "warn"),
        ("medicaid", "NDC", "reject"),
        ("commercial", "ORDREF", None),
        ("medicaid", "TELE", "warn"),
    ],
)
def test_table_h(profile: str, check: str, severity: str | None) -> None:
    assert severities(profile).get(check) == severity


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
    with pytest.raises(ConfigurationError, match="there are commercial, medicaid, medicare_asc"):
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
        ('title = "A"\nseverities = {}', "severities: extra inputs are not permitted"),
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


def test_configuration_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('profil = "commercial"\n')
    with pytest.raises(ConfigurationError, match="profil: extra inputs"):
        load_configuration(path)


def test_profiles_that_ship() -> None:
    assert profile_names() == ["commercial", "medicaid", "medicare_asc", "medicare_opps", "medicare_part_b"]
    for name in profile_names():
        Checker(profile=name)
