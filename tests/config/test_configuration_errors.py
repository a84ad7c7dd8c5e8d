"""What a configuration gets wrong is told with file, key, value and what is allowed, in words of our own."""

from pathlib import Path

import pytest

from claimcheck import Checker, Configuration
from claimcheck.claim import PROFESSIONAL
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import load_configuration
from claimcheck.config.files import ConfigurationError
from support.command_line import invoke

LEVELS = "reject, soft, warn, inform, off"
PROFILES = (
    "commercial, commercial_other, medicaid, medicaid_mco, medicare_advantage, medicare_asc, medicare_opps, "
    "medicare_part_b, or a TOML file"
)
OF_A_PAYER = "severity, soft, cases, options, profile, checks, overlays, select, ignore"
OF_THE_FILE = (
    "severity, soft, cases, options, profile, checks, select, ignore, columns, asc_npis, past_newest, overlays, "
    "waivers, fail_on, min_judged, across_claims, lines_in_memory, payers"
)
FILINGS = "09, 10, 11, 12, 13, 14, 15, 16, 17, AM, BL, CH, CI, DS, FI, HM, LI, LM, MA, MB, MC, OF, TV, VA, WC, ZZ"
LISTED = "an id that `claimcheck checks` lists"

CASES = {
    # values
    'severity = { MUE = "rejct" }': (
        f'severity.MUE: "rejct" is not allowed; did you mean reject? Expected one of {LEVELS}'
    ),
    '[payers."ACME*".severity]\nPTP = "none"': (
        f'payers."ACME*".severity.PTP: "none" is not allowed; expected one of {LEVELS}'
    ),
    "[payers.ACME.filing.16.severity]\nPTP = 5": (
        f"payers.ACME.filing.16.severity.PTP: 5 is not allowed; expected one of {LEVELS}"
    ),
    'soft = { MUE-DOS = "off" }': 'soft.MUE-DOS: "off" is not allowed; expected one of reject, warn, inform',
    'severity = { NOT-JUDGED = "off" }': (
        "severity.NOT-JUDGED: NOT-JUDGED can't be off; expected one of reject, warn, inform"
    ),
    'fail_on = ["rejectd"]': (
        'fail_on: "rejectd" is not allowed; did you mean rejected? Expected one of accepted, accepted_with_warnings, '
        "rejected, not_judged"
    ),
    'past_newest = "cary"': 'past_newest: "cary" is not allowed; did you mean carry? Expected one of not_judged, carry',
    "lines_in_memory = -1": "lines_in_memory: expected a number of at least 0, found -1",
    # keys
    'profil = "x"': f"profil: there is no such key; did you mean profile? Expected one of {OF_THE_FILE}",
    "[payers.ACME]\nslect = []": (
        f"payers.ACME.slect: there is no such key; did you mean select? Expected one of {OF_A_PAYER}, filing"
    ),
    "[payers.ACME.filing.16]\nslect = []": (
        f"payers.ACME.filing.16.slect: there is no such key; did you mean select? Expected one of {OF_A_PAYER}"
    ),
    '[payers.ACME.filing.HN]\nprofile = "medicaid"': (
        f"payers.ACME.filing: 'HN' is not a filing indicator; expected one of {FILINGS}"
    ),
    # names
    'profile = "medicad"': (
        f"profile: no profile is called 'medicad'; did you mean medicaid? Expected one of {PROFILES}"
    ),
    '[payers."*"]\nprofile = "x"': f"payers.\"*\".profile: no profile is called 'x'; expected one of {PROFILES}",
    '[payers."*".filing.CI]\nprofile = "x"': (
        f"payers.\"*\".filing.CI.profile: no profile is called 'x'; expected one of {PROFILES}"
    ),
    'severity = { MUEE = "warn" }': f"severity.MUEE: no check is called 'MUEE'; did you mean MUE? Expected {LISTED}",
    '[payers.ACME]\nselect = ["QQQQ"]': f"payers.ACME.select: no check is called 'QQQQ'; expected {LISTED}",
    '[payers.ACME.filing.MB]\nignore = ["NPII"]': (
        f"payers.ACME.filing.MB.ignore: no check is called 'NPII'; did you mean NPI? Expected {LISTED}"
    ),
    'soft = { NOT-JUDGED = "warn" }': (
        "soft.NOT-JUDGED: NOT-JUDGED tells of what could not be read or judged: it always runs"
    ),
    "options.DATE-TIMELY.month = 3": (
        "options.DATE-TIMELY.month: DATE-TIMELY has no such option; did you mean months? "
        "Expected one of months, warn_days"
    ),
    "options.AGE.months = 3": "options.AGE.months: AGE has no options",
    'overlays = ["none"]': "overlays: none: there is no such overlay; it is a folder in the shape of rules/",
    # types
    'options.DATE-TIMELY.months = "6"': 'options.DATE-TIMELY.months: expected a whole number, found "6"',
    "options.DATE-TIMELY.months = true": "options.DATE-TIMELY.months: expected a whole number, found true",
    'options.TELE.wants = "95"': 'options.TELE.wants: expected a list, found "95"',
    "options.TELE.wants = [95]": "options.TELE.wants: expected text, found 95",
    'options.TELE.medicare = "no"': 'options.TELE.medicare: expected true or false, found "no"',
    'select = "MUE"': 'select: expected a list, found "MUE"',
    "asc_npis = [1993999998]": "asc_npis: expected text, found 1993999998",
    'severity = "warn"': 'severity: expected a table, found "warn"',
    "[payers]\nACME = 3": "payers.ACME: expected a table, found 3",
    "[[payers]]\nid = 3": "payers: expected a table, found a list",
    'across_claims = "maybe"': 'across_claims: expected true or false, found "maybe"',
    'profile = ""': f"profile: no profile is called ''; expected one of {PROFILES}",
    'payers.A.profile = ""': f"payers.A.profile: no profile is called ''; expected one of {PROFILES}",
    "[options.DATE-TIMELY]\nmonths = -5": "options.DATE-TIMELY.months: expected a number of at least 0, found -5",
    "lines_in_memory = true": "lines_in_memory: expected a whole number, found true",
    "profile = 2024-08-14": "profile: expected text, found 2024-08-14",
    "columns.code = 5": "columns.code: expected text, found 5",
    "waivers = []": "waivers: expected text, found a list",
    # options of what is off
    '[payers.ACME]\nprofile = "commercial"\noptions.DATE-TIMELY.months = 6': (
        "payers.ACME.options.DATE-TIMELY: DATE-TIMELY is off in profile commercial: its options do nothing; set its "
        "severity too"
    ),
    "[payers.ACME.filing.CI]\noptions.DATE-TIMELY.months = 6": (
        "payers.ACME.filing.CI.options.DATE-TIMELY: DATE-TIMELY is off in profile commercial_other: its options do "
        "nothing; set its severity too"
    ),
    'severity.MUE = "off"\noptions.MUE-LINE.every_line = true': (
        "options.MUE-LINE: MUE-LINE is off in every profile: its options do nothing; set its severity too"
    ),
}


@pytest.mark.parametrize(("text", "told"), CASES.items())
def test_an_error_names_file_key_value_and_what_is_allowed(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("claimcheck.toml").write_text(text + "\n")
    done = invoke("config", "show")
    assert (done.exit_code, done.stderr) == (2, f"claimcheck: claimcheck.toml: {told}\n")


def test_what_is_given_beside_the_configuration() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Checker(profile="medicare_acs")
    assert str(refused.value) == (
        f"no profile is called 'medicare_acs'; did you mean medicare_asc? Expected one of {PROFILES}"
    )
    for given in ({"select": ["MUEE"]}, {"ignore": ["MUEE"]}):
        with pytest.raises(ConfigurationError) as refused:
            Checker(**given)  # type: ignore[arg-type]
        assert str(refused.value) == f"no check is called 'MUEE'; did you mean MUE? Expected {LISTED}"


WORKS = (
    # Off in some profiles that the claims of a payer may have, and on in others.
    "options.DATE-TIMELY.months = 6",
    "[payers.ACME]\noptions.DATE-TIMELY.months = 6",
    'profile = "commercial"\noptions.DATE-TIMELY.months = 6',
    # On for the payer, or for one of its filing indicators alone.
    '[payers.ACME]\nprofile = "commercial"\nseverity.DATE-TIMELY = "warn"\noptions.DATE-TIMELY.months = 6',
    '[payers.ACME]\nprofile = "commercial"\noptions.DATE-TIMELY.months = 6\nfiling.16.severity.DATE-TIMELY = "warn"',
    '[payers.ACME]\nprofile = "commercial"\noptions.DATE-TIMELY.months = 6\nfiling.MB.profile = "medicare_part_b"',
    # The configuration turns off what a profile has options for.
    'profile = "commercial"\nseverity.NDC = "off"',
)


@pytest.mark.parametrize("text", WORKS)
@pytest.mark.parametrize("profile", [None, "commercial"])
def test_options_that_some_claims_need_are_not_refused(text: str, profile: str | None, tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text(text)
    Checker(profile=profile, configuration=load_configuration(path))


def test_a_profile_with_options_of_what_it_turns_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('title = "Own"\nseverity.DATE-TIMELY = "off"\noptions.DATE-TIMELY.months = 6\n')
    with pytest.raises(ConfigurationError) as refused:
        Checker(profile=str(path))
    told = "DATE-TIMELY is off in this profile: its options do nothing; set its severity too"
    assert str(refused.value) == f"{path}: options.DATE-TIMELY: {told}"
    Checker(profile=str(path), configuration=Configuration(severity={"DATE-TIMELY": "warn"}))


def test_a_profile_of_the_configuration_is_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('title = "Own"\n')
    (tmp_path / "claimcheck.toml").write_text('profile = "own.toml"\npayers.P.filing.16.profile = "own.toml"\n')
    checker = Checker(configuration=load_configuration(tmp_path / "claimcheck.toml"))
    assert engines_of(checker).engine_of(None, None, PROFESSIONAL).profile == "own"
    assert engines_of(checker).engine_of("P", "16", PROFESSIONAL).profile == "own"
