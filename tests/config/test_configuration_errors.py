"""What a configuration gets wrong is reported with file, line, key, value and what is expected, and no internals."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Configuration
from claimcheck.claim import PROFESSIONAL
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import load_configuration
from claimcheck.config.files import ConfigurationError, key_of
from support.command_line import invoke

LEVELS = "reject, soft, warn, inform, off"
PROFILES = (
    "commercial, commercial_other, medicaid, medicaid_mco, medicare_advantage, medicare_asc, medicare_opps, "
    "medicare_part_b, or a TOML file"
)
OF_A_PAYER = "severity, soft, cases, options, profile, checks, overlays, select, ignore"
OF_THE_FILE = (
    "severity, soft, cases, options, profile, checks, select, ignore, columns, asc_npis, date_format, sheet, "
    "past_newest, overlays, waivers, fail_on, min_judged, across_claims, lines_in_memory, history, history_key, "
    "remember, retention, payer_families, acknowledgments, payers"
)
FILINGS = "09, 10, 11, 12, 13, 14, 15, 16, 17, AM, BL, CH, CI, DS, FI, HM, LI, LM, MA, MB, MC, OF, TV, VA, WC, ZZ"
LISTED = "an id, or a prefix of ids, that `claimcheck checks` lists"

CASES = {
    '[acknowledgments]\nsender = "A*B"': "2: [acknowledgments] sender: expected 2 to 15 characters of X12's basic set, "
    "without * : ~ ^",
    '[acknowledgments]\nrun_date = "today"': '2: [acknowledgments] run_date: found "today", expected a date such as '
    "2026-03-20",
    '[acknowledgments]\npatient = "names"': '2: [acknowledgments] patient: found "names", expected one of withheld, '
    "name; did you mean name?",
    # values
    'severity = { MUE = "rejct" }': f'1: [severity] MUE: found "rejct", expected one of {LEVELS}; did you mean reject?',
    '[payers."ACME*".severity]\nPTP = "none"': (
        f'2: [payers."ACME*".severity] PTP: found "none", expected one of {LEVELS}'
    ),
    "[payers.ACME.filing.16.severity]\nPTP = 5": (
        f"2: [payers.ACME.filing.16.severity] PTP: found 5, expected one of {LEVELS}"
    ),
    'soft = { MUE-DOS = "off" }': '1: [soft] MUE-DOS: found "off", expected one of reject, warn, inform',
    'severity = { NOT-JUDGED = "off" }': (
        "1: [severity] NOT-JUDGED: NOT-JUDGED can't be off, expected one of reject, warn, inform"
    ),
    'fail_on = ["rejectd"]': (
        '1: fail_on: found "rejectd", expected one of accepted, accepted_with_warnings, rejected, not_judged; '
        "did you mean rejected?"
    ),
    'past_newest = "cary"': ('1: past_newest: found "cary", expected one of not_judged, carry; did you mean carry?'),
    "lines_in_memory = -1": "1: lines_in_memory: found -1, expected a number of at least 0",
    # keys
    'rulebook = "x"': "1: rulebook: is not a setting; name the rule book by --rulebook or CLAIMCHECK_RULEBOOK",
    'profil = "x"': f"1: profil: unknown setting, expected one of {OF_THE_FILE}; did you mean profile?",
    "[payers.ACME]\nslect = []": (
        f"2: [payers.ACME] slect: unknown setting, expected one of {OF_A_PAYER}, filing; did you mean select?"
    ),
    "[payers.ACME.filing.16]\nslect = []": (
        f"2: [payers.ACME.filing.16] slect: unknown setting, expected one of {OF_A_PAYER}; did you mean select?"
    ),
    '[payers.ACME.filing.HN]\nprofile = "medicaid"': (
        f"1: [payers.ACME.filing] HN: unknown filing indicator, expected one of {FILINGS}"
    ),
    # names
    'profile = "medicad"': (
        f'1: profile: unknown profile "medicad", expected one of {PROFILES}; did you mean medicaid?'
    ),
    '[payers."*"]\nprofile = "x"': (f'2: [payers."*"] profile: unknown profile "x", expected one of {PROFILES}'),
    '[payers."*".filing.CI]\nprofile = "x"': (
        f'2: [payers."*".filing.CI] profile: unknown profile "x", expected one of {PROFILES}'
    ),
    'severity = { MUEE = "warn" }': (f'1: [severity] MUEE: unknown check "MUEE", expected {LISTED}; did you mean MUE?'),
    '[payers.ACME]\nselect = ["QQQQ"]': f'2: [payers.ACME] select: unknown check "QQQQ", expected {LISTED}',
    '[payers.ACME.filing.MB]\nignore = ["NPII"]': (
        f'2: [payers.ACME.filing.MB] ignore: unknown check "NPII", expected {LISTED}; did you mean NPI?'
    ),
    'soft = { NOT-JUDGED = "warn" }': (
        "1: [soft] NOT-JUDGED: NOT-JUDGED reports what could not be read or judged: it always runs; remove it here"
    ),
    "options.DATE-TIMELY.month = 3": (
        "1: [options.DATE-TIMELY] month: DATE-TIMELY has no such option, expected one of months, warn_days; "
        "did you mean months?"
    ),
    "options.AGE.months = 3": "1: [options.AGE] months: AGE has no options; remove it",
    'overlays = ["none"]': "1: overlays: found no folder none, expected an overlay: a folder in the shape of rules/",
    # types
    'options.DATE-TIMELY.months = "6"': '1: [options.DATE-TIMELY] months: found "6", expected a whole number',
    "options.DATE-TIMELY.months = true": "1: [options.DATE-TIMELY] months: found true, expected a whole number",
    'options.TELE.wants = "95"': '1: [options.TELE] wants: found "95", expected a list',
    "options.TELE.wants = [95]": "1: [options.TELE] wants: found 95, expected text in quotes",
    'options.TELE.medicare = "no"': '1: [options.TELE] medicare: found "no", expected true or false',
    'select = "MUE"': '1: select: found "MUE", expected a list',
    "asc_npis = [1993999998]": "1: asc_npis: found 1993999998, expected text in quotes",
    'severity = "warn"': '1: severity: found "warn", expected a table',
    "[payers]\nACME = 3": "2: [payers] ACME: found 3, expected a table",
    "[[payers]]\nid = 3": "1: payers: found a list, expected a table",
    'across_claims = "maybe"': '1: across_claims: found "maybe", expected true or false',
    'profile = ""': f'1: profile: unknown profile "", expected one of {PROFILES}',
    'payers.A.profile = ""': f'1: [payers.A] profile: unknown profile "", expected one of {PROFILES}',
    "[options.DATE-TIMELY]\nmonths = -5": "2: [options.DATE-TIMELY] months: found -5, expected a number of at least 0",
    "lines_in_memory = true": "1: lines_in_memory: found true, expected a whole number",
    "profile = 2024-08-14": "1: profile: found 2024-08-14, expected text in quotes",
    "columns.code = 5": "1: [columns] code: found 5, expected text in quotes",
    "waivers = []": "1: waivers: found a list, expected text in quotes",
    # options of what is off
    '[payers.ACME]\nprofile = "commercial"\noptions.DATE-TIMELY.months = 6': (
        "3: [payers.ACME.options] DATE-TIMELY: DATE-TIMELY is off in profile commercial, so its options do nothing; "
        "set its severity too"
    ),
    "[payers.ACME.filing.CI]\noptions.DATE-TIMELY.months = 6": (
        "2: [payers.ACME.filing.CI.options] DATE-TIMELY: DATE-TIMELY is off in profile commercial_other, so its "
        "options do nothing; set its severity too"
    ),
    'severity.MUE = "off"\noptions.MUE-LINE.every_line = true': (
        "2: [options] MUE-LINE: MUE-LINE is off in every profile, so its options do nothing; set its severity too"
    ),
}


@pytest.mark.parametrize(("text", "told"), CASES.items())
def test_an_error_names_file_key_value_and_what_is_allowed(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("claimcheck.toml").write_text(text + "\n")
    done = invoke("config", "show")
    assert (done.exit_code, done.stderr) == (2, f"claimcheck: claimcheck.toml:{told}\n")


def test_what_is_given_beside_the_configuration() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Checker(profile="medicare_acs")
    assert str(refused.value) == (
        f'unknown profile "medicare_acs", expected one of {PROFILES}; did you mean medicare_asc?'
    )
    for ids in ({"select": ["MUEE"]}, {"ignore": ["MUEE"]}):
        with pytest.raises(ConfigurationError) as refused:
            Checker(**ids)  # type: ignore[arg-type]
        assert str(refused.value) == f'unknown check "MUEE", expected {LISTED}; did you mean MUE?'


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
    told = "DATE-TIMELY is off in this profile, so its options do nothing; set its severity too"
    assert str(refused.value) == f"{path}:3: [options] DATE-TIMELY: {told}"
    Checker(profile=str(path), configuration=Configuration(severity={"DATE-TIMELY": "warn"}))


def test_a_profile_of_the_configuration_is_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('title = "Own"\n')
    (tmp_path / "claimcheck.toml").write_text('profile = "own.toml"\npayers.P.filing.16.profile = "own.toml"\n')
    checker = Checker(configuration=load_configuration(tmp_path / "claimcheck.toml"))
    assert engines_of(checker).engine_of(None, None, PROFESSIONAL).profile == "own"
    assert engines_of(checker).engine_of("P", "16", PROFESSIONAL).profile == "own"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('code = "9921"\n', ":1: code: found '9921', expected a code of 5 characters, such as 99213 or J1010"),
        (
            'code = "99213"\n[[fee_schedule]]\nfirst = 2025-01-01\nlast = 2025-12-31\ncites = ["x"]\nmodifier = "x"\n',
            ":6: fee_schedule[0].modifier: found 'x', expected '', '26', 'TC' or '53'",
        ),
    ],
)
def test_an_overlay_is_told_of_in_the_same_way(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "acme" / "codes").mkdir(parents=True)
    (tmp_path / "acme" / "releases.toml").write_text("series = []\n")
    (tmp_path / "acme" / "codes" / "99213.toml").write_text(text)
    (tmp_path / "claimcheck.toml").write_text('overlays = ["acme"]\n')
    done = invoke("config", "check", "--config", tmp_path / "claimcheck.toml")
    assert (done.exit_code, done.stderr) == (2, f"claimcheck: acme/codes/99213.toml{told}\n")


def test_keys_of_pyproject_and_of_tables_in_lists_are_found_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n[tool.claimcheck]\nselect = [\n  "MUE",\n  "MUEE",\n]\n')
    with pytest.raises(ConfigurationError) as refused:
        Checker(configuration=load_configuration(path))
    assert str(refused.value).startswith(f'{path}:6: [tool.claimcheck] select: unknown check "MUEE"')


NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("Cc", "Cs")), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.data())
def test_the_line_of_any_payer_is_found(names: list[str], data: st.DataObject) -> None:
    wrong = data.draw(st.sampled_from(names))
    text = "\n".join(f'[payers."{name}"]\n# "{wrong}" = [\nprofil{"e" * (name != wrong)} = "x"' for name in names)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "claimcheck.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigurationError) as refused:
            load_configuration(path)
    line = 3 * names.index(wrong) + 3
    assert str(refused.value).startswith(f"{path}:{line}: [{key_of('payers', wrong)}] profil: unknown setting")
