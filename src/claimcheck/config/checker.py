"""The ``Checker``: what users judge claims with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration
from claimcheck.config.engines import Engines
from claimcheck.config.result import Result, without_tally
from claimcheck.engine.loop import OnError, Tally
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import EditMessage
from claimcheck.rulebook import Rulebook


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

    Raises:
        ConfigurationError: a profile, id or option is not known.
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
