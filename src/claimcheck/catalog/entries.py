"""The catalog: all data of each edit, for the list of checks and for their pages."""

from __future__ import annotations

import inspect
from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from claimcheck.authoring.check import Check, Reach
from claimcheck.checks import all_checks
from claimcheck.claim import Setting
from claimcheck.config.profile import Profile, load_profile, options_model, profile_names
from claimcheck.config.usage import CONFIG_UNUSED
from claimcheck.config.waivers import WAIVER_EDITS
from claimcheck.engine.findings import ENGINE_EDITS, NOT_JUDGED, ActiveCheck
from claimcheck.message import Carc, Citation, ClaimStatus, Confidence, ProfileSeverity, Severity, severity_of
from claimcheck.readers import reading_edits
from claimcheck.rulebook import NCCI_TABLES, Program

READING: Final = "reading"
"""The family of the edits that a source or the engine reports itself."""


class Option(NamedTuple):
    """A keyword-only argument of a check: its type, as JSON Schema names it, and its default."""

    type: str
    default: Any


class InProfile(NamedTuple):
    """A check in a profile. ``soft`` is the severity of soft rejects, where the profile sets it separately;
    ``options`` are those that the profile sets; ``all_soft`` is true if all its rejects are soft; ``cases`` are the
    severities of the cases that the profile sets."""

    severity: Severity | Literal["off"]
    soft: Severity | None
    options: dict[str, Any]
    all_soft: bool
    cases: dict[str, ProfileSeverity]


@dataclass(frozen=True)
class CheckEntry:
    """An edit as ``claimcheck checks --format json`` lists it.

    Attributes:
        id: such as ``MUE-DOS``.
        name: of its function; null for what a source or the engine reports itself.
        title: the first line of its page.
        family: the module that it is in; ``reading`` for what a source or the engine reports itself.
        severity: its own, or that of the profile asked for.
        profiles: its severity and options in each profile that ships.
        reach: what it needs, a service or the claim; READING: input that could not be read or judged.
        step: its place in the order of evaluation.
        settings: the types of claims that it applies to.
        needs: the tables without which it can't judge a line.
        refines: the tables that only this edit needs; without them the other edits still judge the line.
        options: its settings by name.
        cases: names of cases whose severity a profile may set separately.
        citation: the published rule.
        carc, rarc, claim_status: the CARC, RARC and claim status that a payer is expected to answer with.
        confidence: H, M or L: how certain these codes are.
    """

    id: str
    name: str | None
    title: str
    family: str
    severity: Severity | Literal["off"]
    profiles: dict[str, InProfile]
    reach: Reach
    step: int
    settings: tuple[Setting, ...]
    needs: tuple[str, ...]
    refines: tuple[str, ...]
    options: dict[str, Option]
    cases: tuple[str, ...]
    citation: Citation
    carc: Carc | None
    rarc: str | None
    claim_status: ClaimStatus | None
    confidence: Confidence

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain JSON values; absent values are None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return _plain(value._asdict()) if hasattr(value, "_asdict") else [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


@cache
def every_check() -> tuple[Check, ...]:
    """Every edit: the checks in order of evaluation, then what the engine and the sources report."""
    return (*all_checks(), *ENGINE_EDITS, *reading_edits(), *WAIVER_EDITS, CONFIG_UNUSED)


def tables_of(check: Check) -> set[str]:
    """The tables that a check may ask, by the names that ``rules list`` gives them."""
    programs: tuple[Program, ...] = ("medicare", "medicaid") if "program" in check.options else ("medicare",)
    return {table for setting in check.settings for program in programs for table in tables_in(check, setting, program)}


def tables_in(check: Check, setting: Setting, program: Program = "medicare") -> set[str]:
    """The tables that a check may ask about claims of a setting; ``program`` is whose they are, where there is one for
    each setting."""
    tables = set()
    for name in check.tables if setting in check.settings else ():
        by_setting = NCCI_TABLES[program].get(name)
        if by_setting is None:
            tables.add(name)
        elif setting in by_setting:
            tables.add(by_setting[setting])
    return tables


def checks_by_table() -> dict[str, list[str]]:
    """The ids of the checks that ask a table, for each table that any asks."""
    asking: dict[str, list[str]] = defaultdict(list)
    for check in every_check():
        for table in tables_of(check):
            asking[table].append(check.id)
    return dict(asking)


def entry_of(check: Check, profile: str | None = None) -> CheckEntry:
    """The entry of an edit; with its severity in a profile, if one is named.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profiles = {name: in_profile(check, name) for name in profile_names()}
    of_options = options_model(check).model_json_schema().get("properties", {})
    return CheckEntry(
        id=check.id,
        name=check.function.__name__ if check.function else None,
        title=check.title,
        family=family_of(check),
        severity=in_profile(check, profile).severity if profile else check.severity,
        profiles=profiles,
        reach=check.reach,
        step=check.step,
        settings=check.settings,
        needs=check.needs,
        refines=check.refines,
        options={name: Option(of_options[name]["type"], default) for name, default in check.options.items()},
        cases=check.cases,
        citation=check.citation,
        carc=check.codes.carc,
        rarc=check.codes.rarc,
        claim_status=check.codes.claim_status,
        confidence=check.codes.confidence,
    )


def in_profile(check: Check, name: str) -> InProfile:
    """An edit in a profile, by name or file."""
    if check.function is None:
        return InProfile(_always(check, _profile(name)), None, {}, False, {})
    chosen = _shipped_in(name).get(check.id)
    if check not in all_checks():  # one of the user's own
        chosen = next(iter(_profile(name).chosen([check], known=all_checks())), None)
    if chosen is None:
        return InProfile("off", None, {}, False, {})
    own = {name: value for name, value in chosen.options.items() if value != check.options[name]}
    return InProfile(
        chosen.severity,
        chosen.soft if chosen.soft != chosen.severity else None,
        own,
        chosen.all_soft,
        dict(chosen.cases),
    )


@cache
def _profile(name: str) -> Profile:
    return load_profile(name)


@cache
def _shipped_in(name: str) -> dict[str, ActiveCheck]:
    return {chosen.check.id: chosen for chosen in _profile(name).chosen(all_checks())}


def _always(check: Check, profile: Profile) -> Severity:
    """The severity of an edit that can't be turned off; a profile may change that of NOT-JUDGED only."""
    given = profile.severity.get(check.id, "off") if check is NOT_JUDGED else "off"
    return severity_of(given) or check.severity


def family_of(check: Check) -> str:
    """The family of an edit: the name of its module."""
    return check.function.__module__.rpartition(".")[2] if check.function else READING


def family_title(check: Check) -> str:
    """The title of a family: the first paragraph of its module's docstring, in one line."""
    module = inspect.getmodule(check.function) if check.function else None
    paragraph = (
        (inspect.getdoc(module) or "").partition("\n\n")[0] if module else "Input that could not be read or judged."
    )
    return " ".join(paragraph.split()).rstrip(".")
