"""Profiles and configuration: which checks run and how severe, by payer."""

import re
from functools import cache
from pathlib import Path

import pytest

from claimcheck import Checker, Claim
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import Configuration, load_configuration
from claimcheck.config.files import ConfigurationError
from claimcheck.config.profile import load_profile, options_model, profile_names
from claimcheck.engine.findings import ActiveCheck, finding_of
from claimcheck.message import Finding, milder


@cache
def in_profile(name: str) -> dict[str, ActiveCheck]:
    return {c.check.id: c for c in load_profile(name).chosen(all_checks())}


# The matrix of payers: R reject, R* softly, W warn, I inform, - off; a column a profile. ``ID:case`` is a case of a
# check, ``ID*`` what is soft of it. A case and a soft reject are at most as severe as their check.
PROFILES = (
    *("medicare_part_b", "medicare_asc", "medicare_opps", "medicare_advantage", "medicaid", "medicaid_mco"),
    *("commercial", "commercial_other"),
)
MATRIX = """
FMT-CODE FMT-ENDED FMT-FUTURE MOD-INVALID MOD-DUP UNIT-ZERO DATE-INVALID DATE-FUTURE DATE-ORDER | R R R R R R R R
NPI DX-PTR NOC-DESC CHG AGE FILING LINES | R R R R R R R R
BIRTH SEX-CODE TAXONOMY PAYER-ID QUAL-CODE | R R R R R R R R
COB                                   | W W W W W W W W
REND-NPI                              | R - - R* R* R* W W
REND-MIX                              | W - - W W W W W
BALANCE CLM-FREQ PCN                  | R R R R R R R R
CLM-FREQ:reopening                    | I - - - - - - -
CLM-REF                               | - - R R R R R R
CLM-REF2 PCN-DUP DUP-CLAIM            | W W W W W W W W
BIG-CHARGE                            | R - - R* W - - -
POS-INVALID                           | R R - R R R R R
POS-TYPE                              | R R - W W W W I
POS-TYPE:supply                       | R - - - - - - -
UNIT-FRAC                             | R R R R W W R W
UNIT-MJ                               | R - - R W W R W
DATE-SPAN                             | R R R R R R R R
DATE-SPAN:year                        | R R R W W W W I
DATE-TIMELY                           | R R R - - - - -
MOD-CONFLICT                          | R R R R R W R W
MOD-CONFLICT:sides                    | R R R R W W R W
MOD-CLAIMTYPE                         | R R R* R W W R W
MOD-ORDER                             | W W W W W W W I
MOD-EM-ONLY MOD-EM-59                 | R R R R R R R W
MOD-FITS                              | R W W R W W R W
MOD-FITS:doubtful                     | W W I W I I W I
MOD-PAYER                             | W - W W I I I I
MOD-MISSING SEX DX-LAT                | W W W W W W W W
DX-INVALID DX-SPAN DX-MISSING DX-COUNT DX-DOT DX-QUAL | R R R R R R R R
DX-FIRST                              | R R R R R W R W
DX-FIRST:manifestation                | R* R* R R* W W R* W
DX-FIRST-PTR                          | W - - W W W W W
DX-DUP DX-EXCL1 DX-SEX                | W W W W W W W W
DX-AGE                                | W W R* W W W W W
DX-UNSPEC                             | W W - W W W W W
MOD-53                                | W - - W I I I -
DUP-LINE                              | R R R R R R R W
STATUS-N                              | R - - I - - - -
STATUS-I                              | R - - W - - - -
STATUS-I:reporting                    | R - - I - - - -
STATUS-P                              | R - - W - - I -
STATUS-X                              | R - - W - - W -
STATUS-X:unclear                      | R - - I - - - -
STATUS-E STATUS-R STATUS-C STATUS-M   | W - - I - - - -
STATUS-B                              | R - - R I I W I
STATUS-B:others_may_pay               | R - - R I I I I
STATUS-T                              | R - - R W W W I
PCTC-26 PCTC-TC                       | R R - R W W R W
PCTC-POS                              | R - - R W W R W
PCTC-SPLIT SUPV IMGFAM MULT-RANK      | I - - I - - I -
ENDO-BASE                             | W - - W I I W I
NA-POS                                | W - - I - - - -
GLB-25 GLB-57 GLB-SPLIT GLB-SPLIT2 GLB-RET | R - - R W W R W
GLB-POSTOP                            | W - - W W W W W
GLB-25:colleague GLB-57:colleague     | R - - R W W R I
GLB-POSTOP:colleague                  | W - - W W W W I
EM-DAY THER-EVAL                      | W - - W W W W I
NEW-PT                                | W - - W W W W W
FREQ FREQ-ORDER                       | W - W W - - - -
FREQ:counseling FREQ-ORDER:first       | I - I I - - - -
POST55-GROUP                          | W - - W - - - -
GLB-57-MINOR                          | W - - W I I W I
GLB-57-NONE GLB-24 GLB-25-MAJOR       | I - - I I I I I
MULT-51                               | W - - I - - W -
MULT-51:no_concept                    | W - - I - - I -
BILAT-50 BILAT-UNITS                  | R - W R W W R W
BILAT-LTRT                            | W - W W W W W W
ASST COSURG TEAM                      | R - - R W W R* W
COSURG-PAIR                           | W - - W W W W I
MUE-LINE                              | R R R R R R R W
MUE-DOS                               | R R R R - - R W
MUE-DOS*                              | R R R R - - W W
MUE-ZERO                              | R R R R R R W I
MUE-ZERO:policy MUE-ZERO:oral_drug MUE-ZERO:compounded_drug | R R R - R R - -
MUE-ZERO:drug_discontinued            | R R R R* R R W I
MUE-ZERO:clinical                     | R R R W R R - -
PTP-0 PTP-1                           | R R R R R W R W
PTP-WEAK                              | W W W W W W W I
AOC-1 AOC-2                           | R W W R W W R W
AOC-3                                 | W W W W W W W W
THER                                  | R - R R W W W I
THER2 LAB-REPEAT                      | W W W W W W W I
CLIA                                  | R R - R R R W W
QW                                    | R R - R W W W I
DRUG-JWJZ                             | R W R W W W W -
NDC                                   | I I I I R R W W
ORDREF                                | R R - W W W - -
ORDREF-LIST                           | W W - - - - - -
NPI-EXCLUDED NPI-DEACTIVATED          | W W W - - - - -
ANES                                  | R - - R R R R W
ANES2 ANES-CASE ANES-BOTH LAB-PANEL   | W - - W W W W W
READ-2                                | W - - W W W W I
ACP-33 TRIAL2                         | W - - W - - - -
PT-33                                 | W - W W - - I I
MONTH                                 | R - R R W W R W
TRIAL TRIAL:diagnosis                 | R R R W - - W -
TRIAL:number                          | R R R W - - - -
AMB-TRIP                              | R - R R R W W W
AMB-MILE                              | W - W W W W I I
AMB-BASE                              | W - W W W W W W
AMB-ZIP                               | R - - R* W W W W
CHIRO-AT                              | R - - W - - - -
CHIRO-AT-GA                           | W - - - - - - -
CHIRO-ONLY                            | R - - I - - - -
POST55                                | R - - W I I I I
OR-78                                 | W - - W W W W W
HOSPICE                               | R - - - - - - -
FS-PLACE                              | R - - W - - W I
TELE-95                               | W - - W - - - -
VISIT-COMPLEXITY                      | W - - W - - I -
TELE                                  | W - W I W W W W
ASC-ANC ASC-50 ASC-TC ASC-LIST ASC-PROV | R R - W - - W -
DME-RENT                              | R - - W W W W W
DME-RENT2                             | W - - W W W W W
DME-CAP DME-ONE-KX                    | R - - W - - - -
DME-PAP                               | W - - W - - - -
VAX-ADMIN                             | R - - W - - - -
VAX-ADMIN2                            | - - - - W W W W
VAX-PAIR                              | I - - I W W W W
OPPS-REV                              | - - R R R R R R
OPPS-INFO                             | - - I I - - - -
"""
LETTERS = {"reject": "R", "warn": "W", "inform": "I"}
ROWS = {what: row for row in MATRIX.strip().splitlines() for what in row.partition("|")[0].split()}


def cell(name: str, what: str) -> str:
    """What a profile makes of a check, of a case of it, or of what is soft of it."""
    check, _, case = what.rstrip("*").partition(":")
    chosen = in_profile(name).get(check)
    if chosen is None:
        return "-"
    yielded = Finding("", "", case=case, soft=what.endswith("*"))
    finding = finding_of(chosen, yielded)
    if finding is None:
        return "-"
    return LETTERS[finding.severity] + ("*" if finding.worded.soft and not yielded.soft else "")


@pytest.mark.parametrize("what", ROWS)
def test_matrix(what: str) -> None:
    expected = ROWS[what].partition("|")[2].split()
    assert [cell(profile, what) for profile in PROFILES] == expected


def test_the_matrix_is_whole() -> None:
    checks = {check.id for check in all_checks()}
    cases = {f"{check.id}:{case}" for check in all_checks() for case in check.cases}
    assert {what for what in ROWS if not what.endswith("*")} == checks | cases
    assert len(ROWS) == sum(len(row.partition("|")[0].split()) for row in MATRIX.strip().splitlines())


@pytest.mark.parametrize("name", PROFILES)
def test_a_group_raises_nothing(name: str) -> None:
    profile = load_profile(name)
    for id, chosen in in_profile(name).items():
        if id not in profile.severity:
            assert milder(chosen.severity, chosen.check.severity) == chosen.severity, id


def test_what_may_be_priced_all_the_same_is_lowered_apart() -> None:
    clinical = a_claim(a_line("77425", units=2, pos="22"))
    by_policy = a_claim(a_line("77424", units=2, pos="22"))
    checker = Checker(profile="commercial", select=["MUE-DOS"])
    assert [m.severity for m in checker.check(clinical).messages] == ["warn"]
    assert [m.severity for m in checker.check(by_policy).messages] == ["reject"]


def test_the_setting_picks_the_profile() -> None:
    checker = Checker()
    profiles = {
        setting: engines_of(checker).engine_for(Claim("C", (), setting)).profile
        for setting in (PROFESSIONAL, ASC, OUTPATIENT, DME)
    }
    assert profiles == {
        "professional": "medicare_part_b",
        "asc": "medicare_asc",
        "outpatient": "medicare_opps",
        "dme": "medicare_part_b",
    }


def test_place_24_is_no_surgical_center() -> None:
    assert engines_of(Checker()).engine_for(a_claim(a_line(pos="24"))).profile == "medicare_part_b"


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
    with pytest.raises(ConfigurationError, match=r"expected one of commercial, .*; did you mean medicare_asc\?"):
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
        ("title =", ':1: found "title =", expected TOML'),
        ('title = "A"\nseverities = {}', ":2: severities: unknown setting, expected one of severity, soft"),
        ('title = "A"\n[severity]\nMUE = "rejct"', ":3: [severity] MUE: found"),
        ('title = "A"\n[severity]\nMUEE = "warn"', ":3: [severity] MUEE: unknown check"),
        (
            'title = "A"\n[options.DATE-TIMELY]\nmonth = 3',
            "[options.DATE-TIMELY] month: DATE-TIMELY has no such option, expected one of months, warn_days; did you",
        ),
        (
            'title = "A"\n[options.DATE-TIMELY]\nmonths = "x"',
            ':3: [options.DATE-TIMELY] months: found "x", expected a whole number',
        ),
    ],
)
def test_a_bad_profile_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(complaint)):
        Checker(profile=_profile(tmp_path, text))


def test_payers_are_configured_by_pattern(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('profile = "commercial"\n[payers."SKMA*"]\nprofile = "medicaid"\n')
    checker = Checker(configuration=load_configuration(path))
    assert engines_of(checker).engine_for(a_claim(a_line(), payer_id="SKMA0")).profile == "medicaid"
    assert engines_of(checker).engine_for(a_claim(a_line(), payer_id="AETNA")).profile == "commercial"
    assert engines_of(checker).engine_for(a_claim(a_line())).profile == "commercial"


def test_a_payer_overrides_severities_options_and_the_selection(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(
        """
        [payers."ACME*"]
        profile = "medicare_advantage"
        severity = { STATUS-X = "reject", MUE = "warn", GLB-57-NONE = "warn", DATE-TIMELY = "reject" }
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
        "ACME-1": {("STATUS-X", "reject"), ("MUE-DOS", "warn"), ("DATE-TIMELY", "reject")},
        "OTHER": {("STATUS-X", "reject"), ("MUE-DOS", "reject")},
    }
    chosen = {c.check.id: c for c in engines_of(checker).engine_for(a_claim(line, payer_id="ACME-1")).chosen}
    assert chosen["GLB-57-NONE"].severity == "warn" and "ORDREF" not in chosen
    assert chosen["STATUS-N"].severity == "inform" and chosen["GLB-25-MAJOR"].severity == "inform"


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
    with pytest.raises(ConfigurationError, match=r"toml:1: profil: unknown setting, .*; did you mean profile"):
        load_configuration(path)


def test_profiles_that_ship() -> None:
    assert profile_names() == sorted(PROFILES)
    for name in profile_names():
        Checker(profile=name)


@pytest.mark.parametrize(
    "check", ["MUE-LINE", "MUE-ZERO", "MUE-DOS", "PTP-0", "PTP-1", "PTP-WEAK", "EM-DAY", "THER-EVAL"]
)
def test_a_program_whose_tables_there_are_not_is_refused(check: str) -> None:
    """Else its lines would not be judged, for want of a table that nobody publishes."""
    configuration = Configuration(options={check: {"program": "medicade"}})
    told = f'[options.{check}] program: found "medicade", expected one of medicare, medicaid; did you mean medicare?'
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        Checker(configuration=configuration)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"past_newest": "carried"}, 'past_newest: found "carried", expected one of not_judged, carry; did'),
        ({"fail_on": ["reject"]}, 'fail_on: found "reject", expected one of accepted'),
        ({"profil": "medicaid"}, "profil: unknown setting, expected one of severity, soft"),
    ],
)
def test_what_is_given_beside_a_configuration_is_held_to_the_same(given: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        Configuration().with_given(**given)


def test_what_is_given_beside_a_configuration_wins_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('waivers = "w.csv"\n[payers."A*"]\nprofile = "medicaid"\n')
    configuration = load_configuration(path)
    given = configuration.with_given(fail_on=["not_judged"], waivers=None)
    assert (given.fail_on, given.waivers, given.path) == (["not_judged"], tmp_path / "w.csv", path)
    assert given.payers == configuration.payers
