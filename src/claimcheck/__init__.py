"""claimcheck: a linter for medical claims.

from claimcheck import Checker, read

result = Checker().run(read("batch.837"))
for message in result:
    print(message.claim_id, message.line_number, message.check, message.text)
print(result.summary.rejected, "lines rejected")
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "INFORM",
    "REJECT",
    "WARN",
    "Acknowledgments",
    "BookError",
    "Carc",
    "Check",
    "Checker",
    "ChecksRefused",
    "Citation",
    "Claim",
    "ClaimDataError",
    "ClaimStatus",
    "ClaimcheckError",
    "Configuration",
    "ConfigurationError",
    "Disposition",
    "EditMessage",
    "Example",
    "Finding",
    "FormatError",
    "Group",
    "HistoryError",
    "Interchange",
    "Judged",
    "Line",
    "Location",
    "MissingRules",
    "MissingTable",
    "NotFinished",
    "NotInForce",
    "NotJudged",
    "Outcome",
    "Party",
    "Payer",
    "PayerRules",
    "Remember",
    "Resubmission",
    "Result",
    "RuleDataError",
    "Rulebook",
    "Rules",
    "Service",
    "Setting",
    "Severity",
    "ShortHistory",
    "Sourced",
    "SplitError",
    "StandardCodes",
    "Submission",
    "Tally",
    "Waiting",
    "Waived",
    "Wording",
    "WorkerDied",
    "a_claim",
    "a_line",
    "a_service",
    "check",
    "claim_check",
    "claim_from_dict",
    "claim_to_dict",
    "codes",
    "fires",
    "load_configuration",
    "not_judged",
    "open_book",
    "passes",
    "read",
    "service_check",
]

if TYPE_CHECKING:
    from claimcheck.authoring.check import Check, ChecksRefused, claim_check, service_check
    from claimcheck.authoring.examples import Example, a_claim, a_line, a_service, fires, not_judged, passes
    from claimcheck.claim import (
        Claim,
        Group,
        Interchange,
        Line,
        Location,
        Party,
        Resubmission,
        Service,
        Setting,
        Submission,
    )
    from claimcheck.config.checker import Checker, NotFinished, Result
    from claimcheck.config.configuration import Acknowledgments, Configuration, Payer, PayerRules, load_configuration
    from claimcheck.config.files import ConfigurationError
    from claimcheck.engine.loop import Tally
    from claimcheck.engine.messages import Judged, Outcome
    from claimcheck.engine.missing import MissingRules, MissingTable, Waiting
    from claimcheck.memory import HistoryError, Remember, ShortHistory
    from claimcheck.message import (
        INFORM,
        REJECT,
        WARN,
        Carc,
        Citation,
        ClaimStatus,
        Disposition,
        EditMessage,
        Finding,
        NotJudged,
        Severity,
        Sourced,
        StandardCodes,
        Waived,
        Wording,
        codes,
    )
    from claimcheck.readers import read
    from claimcheck.readers.rows.dicts import ClaimDataError, claim_from_dict, claim_to_dict
    from claimcheck.rulebook import BookError, NotInForce, Rulebook, Rules
    from claimcheck.rulebook.opening import open_book
    from claimcheck.rulebook.store import RuleDataError
    from claimcheck.runs.batch import check
    from claimcheck.runs.split import SplitError
    from claimcheck.runs.workers import WorkerDied
    from claimcheck.writers import FormatError


class ClaimcheckError(Exception):
    """The base of every error that claimcheck raises on purpose: of a configuration, a rule book, a check, a format or
    a file. Its text says what is wrong and what to do. What a claim holds never raises: it becomes an edit message."""


_HOMES = {
    "claimcheck.authoring.check": ("Check", "ChecksRefused", "claim_check", "service_check"),
    "claimcheck.authoring.examples": ("Example", "a_claim", "a_line", "a_service", "fires", "not_judged", "passes"),
    "claimcheck.claim": (
        "Claim",
        "Group",
        "Interchange",
        "Line",
        "Location",
        "Party",
        "Resubmission",
        "Service",
        "Setting",
        "Submission",
    ),
    "claimcheck.config.checker": ("Checker", "NotFinished", "Result"),
    "claimcheck.config.configuration": (
        "Acknowledgments",
        "Configuration",
        "Payer",
        "PayerRules",
        "load_configuration",
    ),
    "claimcheck.config.files": ("ConfigurationError",),
    "claimcheck.engine.loop": ("Tally",),
    "claimcheck.engine.messages": ("Judged", "Outcome"),
    "claimcheck.engine.missing": ("MissingRules", "MissingTable", "Waiting"),
    "claimcheck.memory": ("HistoryError", "Remember", "ShortHistory"),
    "claimcheck.message": (
        "INFORM",
        "REJECT",
        "WARN",
        "Carc",
        "Citation",
        "ClaimStatus",
        "Disposition",
        "EditMessage",
        "Finding",
        "NotJudged",
        "Severity",
        "Sourced",
        "StandardCodes",
        "Waived",
        "Wording",
        "codes",
    ),
    "claimcheck.readers": ("read",),
    "claimcheck.readers.rows.dicts": ("ClaimDataError", "claim_from_dict", "claim_to_dict"),
    "claimcheck.rulebook": ("BookError", "NotInForce", "Rulebook", "Rules"),
    "claimcheck.rulebook.opening": ("open_book",),
    "claimcheck.rulebook.store": ("RuleDataError",),
    "claimcheck.runs.batch": ("check",),
    "claimcheck.runs.split": ("SplitError",),
    "claimcheck.runs.workers": ("WorkerDied",),
    "claimcheck.writers": ("FormatError",),
}


def __getattr__(name: str) -> Any:
    """Public names load when they are first asked for, so that ``claimcheck --version`` is quick."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What users import; all other modules may move."""
    return sorted([*__all__, "__version__"])
