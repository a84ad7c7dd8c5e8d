"""The ``Checker``, the ``Result`` that it returns, and behind it the ``Engines``, which workers use: a claim is judged
by that of the profile which its payer's configuration, its filing indicator or its setting names."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeVar

from claimcheck import ClaimcheckError
from claimcheck.authoring.check import Check, current_id, names_check
from claimcheck.checks import all_checks
from claimcheck.claim import PROFESSIONAL, SETTINGS, Claim, Setting
from claimcheck.config.configuration import Configuration, Payer, PayerRules, checks_of, parts_of
from claimcheck.config.files import ConfigurationError, Place, key_of
from claimcheck.config.profile import (
    Overrides,
    Profile,
    any_runs,
    is_selected,
    load_profile,
    must_fit,
    must_name_a_check,
    off_text,
    severity_in,
)
from claimcheck.config.usage import Usage
from claimcheck.engine.findings import NOT_JUDGED
from claimcheck.engine.loop import Engine, OnError, Tally, Unjudged, judge
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.memory import History, Memory
from claimcheck.message import Disposition, EditMessage, severity_of
from claimcheck.rulebook import Rulebook, Store
from claimcheck.rulebook.filing_indicators import FILINGS, PROFILE_OF, UNDEFINED, profile_of_filing
from claimcheck.rulebook.opening import open_book

if TYPE_CHECKING:
    from claimcheck.config.waivers import Waivers
    from claimcheck.memory.across import Kept, LeftOut
    from claimcheck.memory.remembering import Remembering

# -- what comes of a batch -------------------------------------------------------------------------

CLEAN: Final = 0
REJECTED: Final = 1
COULD_NOT_RUN: Final = 2
TOO_LITTLE_JUDGED: Final = 3
"""The exit statuses of a run."""

_Item = TypeVar("_Item")
_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")


class NotFinished(ClaimcheckError, RuntimeError):
    """A result was asked for its summary before all of its items were taken."""


class Result(Iterator[_Item]):
    """What comes of a batch. Iterate over it once, for items in the order of the input: claims are read and judged as
    you do, so that a batch of any size needs little memory. Then ask for the summary::

        result = check("batch.837")
        for message in result:
            print(message.text)
        print(result.summary.rejected, "lines rejected")
        sys.exit(result.exit_status)

    ``len(list(result))`` or ``collections.deque(result, maxlen=0)`` takes all items where only the summary is wanted.
    """

    def __init__(self, items: Iterable[_Item], tally: Tally, configuration: Configuration) -> None:
        self._tally, self._configuration = tally, configuration
        self._is_finished = False
        self._items = self._until_the_end(items)

    def _until_the_end(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items. An error of the input leaves the result not finished for good: a generator that raised ends."""
        yield from items
        self._is_finished = True

    def __iter__(self) -> Iterator[_Item]:
        return self._items

    def __next__(self) -> _Item:
        return next(self._items)

    @property
    def summary(self) -> Tally:
        """The counts of files, claims, lines and messages, and the rules that lines wait for.

        Raises:
            NotFinished: not all items were taken.
        """
        if not self._is_finished:
            raise NotFinished("the batch is not judged to its end: iterate over the result first, as list(result) does")
        return self._tally

    @property
    def dispositions(self) -> dict[Disposition, int]:
        """How many lines have each disposition; their sum is ``summary.lines``. Those of one claim's lines are in its
        ``Outcome.dispositions``: see ``Checker.judge``.

        Raises:
            NotFinished: not all items were taken.
        """
        summary = self.summary
        return {disposition: getattr(summary, disposition) for disposition in Disposition}

    @property
    def exit_status(self) -> int:
        """What ``claimcheck check`` ends with: 0 clean, 1 a line has a disposition of ``fail_on`` or something could
        not be read, 2 nothing could be read, 3 fewer lines could be judged than ``min_judged`` asks for.

        Raises:
            NotFinished: not all items were taken.
        """
        return exit_status_of(self.summary, self._configuration)


def exit_status_of(tally: Tally, configuration: Configuration) -> int:
    """The exit status of a run: 3 where too little could be judged, else 1 where a line has a disposition of
    ``fail_on`` or something could not be read, else 0; 2 where nothing could be read."""
    if tally.unreadable and not tally.claims:
        return COULD_NOT_RUN
    if is_too_little_judged(tally, configuration):
        return TOO_LITTLE_JUDGED
    failed = tally.unreadable or any(getattr(tally, disposition) for disposition in configuration.fail_on)
    return REJECTED if failed else CLEAN


def is_too_little_judged(tally: Tally, configuration: Configuration) -> bool:
    """Whether fewer lines could be judged than the configuration asks for."""
    return tally.judged_share < configuration.min_judged


def without_tally(function: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """The function, which tells callers that still pass the ``tally`` of earlier versions what took its place."""

    @wraps(function)
    def call(*given: _Given.args, **named: _Given.kwargs) -> _Returned:
        if "tally" in named or any(isinstance(each, Tally) for each in given):
            raise TypeError(
                f"{function.__name__}() takes no tally: iterate over the result that it returns, "
                "then read result.summary, result.dispositions and result.exit_status"
            )
        return function(*given, **named)

    return call


# -- what judges it ------------------------------------------------------------------------------


class Checker:
    """Checks claims: the chosen checks over a rule book, each claim by its payer's profile.

    Make it once, and judge many batches with it: it remembers verdicts. It is not for several threads at once.

    Args:
        rulebook: every release loaded; where None, what ``open_book()`` opens: the user's own, else the
            starter book.
        profile: a profile's name or file for every claim; where None that of its payer in the configuration, else of
            its filing indicator, else the configuration's own, else that of its setting.
        checks: modules, files or folders of custom checks, which run beside those of the configuration.
        select: ids or prefixes of the checks to run; empty for all.
        ignore: ids or prefixes of the checks to leave out; the longest prefix wins.
        configuration: what ``claimcheck.toml`` says.
        on_error: told of each error of a check, which becomes a message all the same.
        remember: keep verdicts; False only to prove that it changes nothing.
        history: what earlier batches billed, to judge with and to add to: a SQLite file, or a ``postgresql://`` URL.
            The environment or the configuration names the file of its key; the configuration says what is added. A
            batch of ``judge`` or ``run`` is added once all of its result was taken; ``check`` judges a claim by itself.

    Raises:
        ConfigurationError: a profile, id or option is not known.
        HistoryError: the history can't be used.
        ChecksRefused: custom checks can't be imported, or an example of theirs does not hold.
        BookError, RuleDataError: the rule book or an overlay can't be used.
    """

    def __init__(
        self,
        rulebook: Rulebook | None = None,
        profile: str | None = None,
        *,
        checks: Iterable[str] = (),
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        configuration: Configuration | None = None,
        on_error: OnError | None = None,
        remember: bool = True,
        history: str | Path | None = None,
    ) -> None:
        self._engines = Engines(
            rulebook,
            profile,
            checks=checks,
            select=select,
            ignore=ignore,
            configuration=configuration,
            on_error=on_error,
            remember=remember,
        )
        if history is not None:
            from claimcheck.config.history import remembering_of  # most have none

            self._engines.remember_in(remembering_of(str(history), self.configuration))

    @property
    def configuration(self) -> Configuration:
        """What ``claimcheck.toml`` says, or was given."""
        return self._engines.configuration

    @property
    def rulebook(self) -> Rulebook:
        """The rules that claims are judged by."""
        return self._engines.rulebook

    def checks(self) -> tuple[Check, ...]:
        """Every check that may run: those that ship, then custom checks, as written."""
        return self._engines.checks()

    def check(self, claim: Claim) -> Outcome:
        """Judge one claim by itself.

        Returns:
            Its messages in order, and the disposition of each line.
        """
        return self._engines.engine_for(claim).check(claim)

    @without_tally
    def judge(self, items: Iterable[Claim | EditMessage]) -> Result[Judged | EditMessage]:
        """Judge claims as one batch, each with what came before it for the same patient.

        Args:
            items: claims, and what could not be read, as ``read`` gives them. They are taken as the result is
                iterated, some ahead.

        Returns:
            Each claim with its outcome, in the order of the input; what could not be read passes through.
        """
        tally = Tally()
        return Result(self._engines.judge(items, tally), tally, self.configuration)

    @without_tally
    def run(self, items: Iterable[Claim | EditMessage]) -> Result[EditMessage]:
        """Check claims as one batch: the messages of ``judge`` alone.

        Args:
            items: claims, and what could not be read, as ``read`` gives them.

        Returns:
            Each message, in the order of the input, as it is asked for; then the summary and the exit status.
        """
        tally = Tally()
        return Result(messages_of(self._engines.judge(items, tally)), tally, self.configuration)


def messages_of(judged: Iterable[Judged | EditMessage]) -> Iterator[EditMessage]:
    """The messages of judged claims, and those about what could not be read."""
    return chain.from_iterable((item,) if isinstance(item, EditMessage) else item.outcome.messages for item in judged)


def engines_of(checker: Checker) -> Engines:
    """What stands behind a checker, for workers and commands; users need none of it."""
    return checker._engines


# -- what stands behind it -----------------------------------------------------------------------


class EngineKey(NamedTuple):
    """What picks an engine: a profile, the overlays over the rule book, the payer's pattern, the filing indicator that
    is configured under it, and what named the profile where that is not a payer's: ``configuration`` or ``setting``."""

    profile: str
    overlays: tuple[Path, ...]
    payer: str | None = None
    filing: str | None = None
    default: str = ""


class _Choice(NamedTuple):
    """A profile, what names it, and the same as ``default`` of an engine's key."""

    name: str
    origin: str
    default: str = ""


COMMAND_LINE: Final = "command line"
"""Where a profile comes from that is given for every claim."""


class BatchNotes(NamedTuple):
    """What a process learnt of its part of a batch: how often each waiver was used, and came too late, which
    engines the claims called for, and what of the configuration; how many claims a history does not keep, by why."""

    waivers: list[tuple[int, int]]
    engines: list[EngineKey]
    usage: Usage
    left_out: Mapping[LeftOut, int]


class Engines:
    """The engines of a ``Checker``, which has the same arguments and errors."""

    def __init__(
        self,
        rulebook: Rulebook | None = None,
        profile: str | None = None,
        *,
        checks: Iterable[str] = (),
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        configuration: Configuration | None = None,
        on_error: OnError | None = None,
        remember: bool = True,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.rulebook = rulebook if rulebook is not None else open_book()
        if self.configuration.past_newest == "carry":
            self.rulebook = self.rulebook.carrying()
        self._overlays: dict[Path, Store] = {}
        select = [current_id(name, "select") for name in select]
        ignore = [current_id(name, "ignore") for name in ignore]
        self._select = select or self.configuration.select
        self._ignore = [*ignore, *self.configuration.ignore]
        self._on_error, self._remember = on_error, remember
        self.remembering: Remembering | None = None
        self._engines: dict[EngineKey, Engine] = {}
        self._by_default: set[Engine] = set()
        self._profiles: dict[str, Profile] = {}
        self._profile = profile
        self._asc_npis = frozenset(self.configuration.asc_npis)
        self.usage = Usage()
        self.waivers = self._load_waivers()
        common = [*self.configuration.checks, *checks]
        names = {(None, None): common} | {
            (pattern, filing): [*common, *chain(*(rules.checks for _, rules in self.payer_rules(pattern, filing)))]
            for pattern, filing in self._configured()
        }
        self.own_names = list(dict.fromkeys(chain(*names.values())))
        self._own = {of: checks_of(self.configuration, given) for of, given in names.items()}
        self._by_payer: dict[tuple[str | None, str | None, Setting], Engine] = {}
        self._must_be_usable([*select, *ignore])
        for pattern, filing in (*self._configured(), (None, None)):  # what can't be used is said at once
            self.engine_of(pattern, filing, PROFESSIONAL)
        if not any(is_selected(check.id, self._select, self._ignore) for check in self.checks()):
            raise ConfigurationError("no check is left to run: see what is selected and ignored")

    def _configured(self) -> list[tuple[str | None, str | None]]:
        """The payer patterns of the configuration, each alone and with each filing indicator under it."""
        payers = self.configuration.payers.items()
        return [(pattern, filing) for pattern, payer in payers for filing in (None, *payer.filing)]

    def _must_be_usable(self, given: Iterable[str]) -> None:
        """What is configured names profiles, checks, options and overlays that there are; and so do the ids given."""
        checks = self.checks()
        for prefix in given:
            must_name_a_check(Place(), prefix, [*checks])
        if self._profile is not None:
            self._load(self._profile)
        for place, rules in parts_of(self.configuration):
            must_fit(place, rules, checks)
            for name in ("select", "ignore"):
                for number, prefix in enumerate(getattr(rules, name)):
                    must_name_a_check(place.at(name, number), prefix, [*checks])
            try:
                if rules.profile is not None:
                    self._load(rules.profile)
            except ConfigurationError as error:
                raise place.at("profile").error(str(error)) from None
            for number, path in enumerate(rules.overlays):
                if not path.is_dir():
                    raise place.at("overlays", number).error(_no_overlay(path))
        for place, rules in parts_of(self.configuration):
            for prefix in rules.options:
                self._must_do_something(place.at("options", prefix), rules, prefix)

    def _must_do_something(self, place: Place, rules: Configuration | PayerRules, prefix: str) -> None:
        """Some check that options are given for runs on some claims that they are meant for."""
        checks = [check for check in self.checks() if names_check(prefix, check.id)]
        off_in: dict[str, None] = {}
        for layers, profile in self._possible():
            if any(layer is rules for layer in layers):
                if any_runs(checks, [*layers, profile]):
                    return
                off_in[profile.name] = None
        if checks:
            profiles = f"profile {next(iter(off_in))}" if len(off_in) == 1 else "every profile"
            raise place.error(off_text(prefix, profiles))

    def _possible(self) -> Iterator[tuple[list[Overrides], Profile]]:
        """What may be put over which profile: claims of any filing indicator and setting may come."""
        given = [self._profile] if self._profile else []
        for pattern, filing in (*self._configured(), (None, None)):
            rules = [rules for _, rules in self.payer_rules(pattern, filing)]
            named = next((each.profile for each in rules if each.profile), None)
            filings = [filing] if filing else [None, *FILINGS]
            default = self.configuration.profile
            by_filing = (
                profile_of_filing(each, setting) or default or PROFILE_OF[setting]
                for each in filings
                for setting in SETTINGS
            )
            for name in dict.fromkeys((*([named] if named else by_filing), *given)):
                yield [*rules, self.configuration], self._load(name)

    def checks(self) -> tuple[Check, ...]:
        """Every check that may run: those that ship, then those of the configuration's own, as written."""
        return (*all_checks(), *self.own_checks())

    def own_checks(self) -> list[Check]:
        """The custom checks, each once."""
        return list(dict.fromkeys(check for checks in self._own.values() for check in checks))

    @property
    def overlay_folders(self) -> list[Path]:
        """The overlays in use, as they are known so far."""
        return list(self._overlays)

    def selected(self) -> list[str]:
        """The ids of the checks that some engine runs, in order of evaluation, as they are known so far."""
        run = dict.fromkeys(chosen.check for engine in self._engines.values() for chosen in engine.chosen)
        return [check.id for check in sorted(run, key=lambda check: check.step)]

    def judge(self, items: Iterable[Claim | EditMessage], tally: Tally) -> Iterator[Judged | EditMessage]:
        """Judge what a source gives as one batch, claim by claim, each with what came before it for the same patient;
        what could not be read passes through. The batch begins when its first item is asked for; ``tally`` is counted
        up as claims are taken."""

        def stages() -> Iterator[Iterable[Judged | EditMessage]]:
            self.begin()
            yield judge(items, self.engine_for, tally, self.history())
            yield self.last_messages(tally)

        if self.remembering and not self.remembering.is_open:
            return self.remembering.whole(chain.from_iterable(stages()))
        return chain.from_iterable(stages())

    def remember_in(self, remembering: Remembering) -> None:
        """Judge with a history, or, by what it says, add to it without judging."""
        self.remembering = remembering
        self._engines.clear()
        self._by_payer.clear()

    def begin(self) -> None:
        """Forget what was learnt of the batch before."""
        self.usage = Usage()
        self._by_payer.clear()
        if self.waivers:
            self.waivers.begin()

    def last_messages(self, tally: Tally) -> Iterator[EditMessage]:
        """What is to be said when a batch was judged: of its waivers, and of what the configuration has for it."""
        configuration = self.configuration
        yield from self._counted(self.waivers.messages(self.checks()) if self.waivers else (), tally)
        if tally.claims:
            payers = {pattern: [*payer.filing] for pattern, payer in configuration.payers.items()}
            messages = self.usage.messages(configuration.path, payers, configuration.asc_npis)
            yield from self._counted(messages, tally)

    @staticmethod
    def _counted(messages: Iterable[EditMessage], tally: Tally) -> Iterator[EditMessage]:
        for message in messages:
            tally.messages += 1
            yield message

    def notes(self) -> BatchNotes:
        """What was learnt of a batch beside its messages."""
        used = [(waiver.used, waiver.late) for waiver in self.waivers.all] if self.waivers else []
        left_out = self.remembering.left_out if self.remembering else {}
        return BatchNotes(used, [*self._engines], self.usage, left_out)

    def add_notes(self, notes: BatchNotes) -> None:
        """Take in what another process learnt of its part of the batch."""
        for waiver, (used, late) in zip(self.waivers.all if self.waivers else (), notes.waivers, strict=True):
            waiver.used += used
            waiver.late += late
        self.usage.add(notes.usage)
        if self.remembering:
            self.remembering.left_out.update(notes.left_out)
        for chosen in notes.engines:
            self._engine(chosen)

    def reopen(self) -> None:
        """Open the rule book's file once more, as a process must that was forked off."""
        for store in self.rulebook.stores:
            store.reopen()

    def must_have_one_book(self) -> None:
        """Make sure that nobody wrote into the rule book's file since it was opened.

        Raises:
            BookError: somebody did, so that verdicts may rest on anything.
        """
        for store in self.rulebook.stores:
            store.must_be_unchanged()

    def _load_waivers(self) -> Waivers | None:
        if not self.configuration.waivers:
            return None
        from claimcheck.config.waivers import load_waivers  # most runs have none

        return load_waivers(self.configuration.waivers)

    def history(self, parts: int = 1, keep: Callable[[Kept], object] | None = None) -> Memory | None:
        """An empty memory of a batch, or of one of its parts, as the configuration has it. With a history ``keep`` is
        told what is to be added to it; by default it is added."""
        lines = self.configuration.lines_in_memory // parts
        if self.remembering:
            return self.remembering.history(lines, keep)
        return History(lines) if self.configuration.across_claims else None

    def engine_for(self, claim: Claim) -> Engine:
        """The engine of a claim's profile and overlays."""
        key = claim.payer_id, claim.filing_indicator, claim.setting
        engine = self._by_payer.get(key)
        if engine is None:
            engine = self._engine_for(*key)
            if len(self._by_payer) < 10_000:  # payer ids and filing indicators come from the input
                self._by_payer[key] = engine
        if self._asc_npis and claim.billing_npi in self._asc_npis:
            self.usage.asc_npis.add(claim.billing_npi)
        if claim.filing_indicator == UNDEFINED and engine in self._by_default:
            self.usage.note_undefined(claim, engine.profile)
        return engine

    def _engine_for(self, payer_id: str | None, filing: str | None, setting: Setting) -> Engine:
        chosen = self._key(self.payer_pattern(payer_id), filing, setting)
        if chosen.payer is not None:
            self.usage.payers.add((chosen.payer, chosen.filing))
        return self._engine(chosen)

    def payer_pattern(self, payer_id: str | None) -> str | None:
        """The key of the configuration that a payer's id fits: the id itself, else the first pattern; None where none
        does."""
        patterns = self.configuration.payers
        if payer_id in patterns:
            return payer_id
        return next((p for p in patterns if fnmatch.fnmatchcase(payer_id or "", p)), None)

    def payer_rules(self, pattern: str | None, filing: str | None) -> list[tuple[str, PayerRules]]:
        """What is configured for claims of a payer and filing indicator, the first winning, each with its key."""
        if pattern is None:
            return []
        payer = self.configuration.payers[pattern]
        found: list[tuple[str, PayerRules]] = [(key_of("payers", pattern), payer)]
        if filing in payer.filing:
            found.insert(0, (key_of("payers", pattern, "filing", filing), payer.filing[filing]))
        return found

    def profile_for(self, pattern: str | None, filing: str | None, setting: Setting) -> tuple[str, str]:
        """The profile of a payer's claims of a filing indicator and setting, and what names it."""
        return self._choice(pattern, filing, setting)[:2]

    def _choice(self, pattern: str | None, filing: str | None, setting: Setting) -> _Choice:
        if self._profile:
            return _Choice(self._profile, COMMAND_LINE)
        for origin, rules in self.payer_rules(pattern, filing):
            if rules.profile:
                return _Choice(rules.profile, origin)
        if by_filing := profile_of_filing(filing, setting):
            return _Choice(by_filing, f"filing indicator {filing}")
        if self.configuration.profile:
            return _Choice(self.configuration.profile, self.configuration.origin, "configuration")
        return _Choice(PROFILE_OF[setting], f"setting {setting}", "setting")

    def layers(self, pattern: str | None, filing: str | None, setting: Setting) -> list[tuple[str, Overrides]]:
        """The severities and options for a payer's claims of a filing indicator and setting, the first
        winning, each with where it is said."""
        key = self._key(pattern, filing, setting)
        return [*self._over(key), (f"profile {key.profile}", self._load(key.profile))]

    def _over(self, key: EngineKey) -> list[tuple[str, Overrides]]:
        """What is said over an engine's profile. The check FILING is handed what it can't know: that the caller has
        decided, or which profile the payer's configuration names."""
        rules = self.payer_rules(key.payer, key.filing)
        over: list[tuple[str, Overrides]] = [*rules, (self.configuration.origin, self.configuration)]
        if self._profile:
            return [(COMMAND_LINE, Overrides(severity={"FILING": "off"})), *over]
        for origin, each in rules:
            if each.profile and not isinstance(each, Payer):
                return over  # the configuration names this very filing indicator
            if each.profile:
                options = {"FILING": {"payer_profile": self._load(each.profile).name}}
                return [*over, (origin, Overrides(options=options))]
        return over

    def engine_of(self, pattern: str | None, filing: str | None, setting: Setting) -> Engine:
        """The engine of the payers that a pattern of the configuration means (None for all others), for claims
        of a filing indicator and setting."""
        return self._engine(self._key(pattern, filing, setting))

    def every_engine(self) -> list[Engine]:
        """The engines of all claims that may come."""
        patterns, filings = (*self.configuration.payers, None), (*FILINGS, None)
        every = (self.engine_of(p, filing, setting) for p in patterns for filing in filings for setting in SETTINGS)
        return list(dict.fromkeys(every))

    def _key(self, pattern: str | None, filing: str | None, setting: Setting) -> EngineKey:
        rules = self.payer_rules(pattern, filing)
        overlays = (*chain(*(each.overlays for _, each in rules)), *self.configuration.overlays)
        profile, _, default = self._choice(pattern, filing, setting)
        return EngineKey(profile, overlays, pattern, filing if len(rules) > 1 else None, default)

    def _engine(self, key: EngineKey) -> Engine:
        engine = self._engines.get(key)
        if engine is None:
            profile = self._load(key.profile)
            overlays = (self._overlay(path) for path in (*key.overlays, *profile.overlays))
            rules = [each for _, each in self.payer_rules(key.payer, key.filing)]
            over = [layer for _, layer in self._over(key)]
            not_judged = severity_of(severity_in([layer.severity for layer in (*over, profile)], NOT_JUDGED))
            make = Engine if self.remembering is None or self.remembering.judges else Unjudged
            engine = self._engines[key] = make(
                self.rulebook.under(*overlays),
                profile.chosen(
                    sorted((*all_checks(), *self._own[key.payer, key.filing]), key=lambda check: check.step),
                    next((each.select for each in rules if each.select), self._select),
                    [*self._ignore, *chain(*(each.ignore for each in rules))],
                    over,
                    self.checks(),
                ),
                profile.name,
                severities={NOT_JUDGED.id: not_judged} if not_judged else {},
                waive=self.waivers.waive if self.waivers else None,
                on_error=self._on_error,
                remember=self._remember,
                payer_unknown=key.default == "setting",
            )
            if key.default and any(chosen.check.id == "FILING" for chosen in engine.chosen):
                self._by_default.add(engine)
        return engine

    def _load(self, name: str) -> Profile:
        if name not in self._profiles:
            self._profiles[name] = load_profile(name)
        return self._profiles[name]

    def _overlay(self, path: Path) -> Store:
        if path not in self._overlays:
            if not path.is_dir():
                raise ConfigurationError(_no_overlay(path))
            from claimcheck.rulebook.starter import load_overlay

            self._overlays[path] = load_overlay(path)
        return self._overlays[path]


def _no_overlay(path: Path) -> str:
    return f"found no folder {path}, expected an overlay: a folder in the shape of rules/"
