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
    "Check",
    "Checker",
    "ChecksRefused",
    "Citation",
    "Claim",
    "ClaimcheckError",
    "Configuration",
    "ConfigurationError",
    "EditMessage",
    "Finding",
    "Judged",
    "Line",
    "NotFinished",
    "NotInForce",
    "NotJudged",
    "Outcome",
    "Result",
    "Rulebook",
    "Rules",
    "Service",
    "Tally",
    "a_claim",
    "a_line",
    "a_service",
    "check",
    "claim_check",
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
    from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
    from claimcheck.claim import Claim, Line, Service
    from claimcheck.config.checker import Checker
    from claimcheck.config.configuration import Configuration, load_configuration
    from claimcheck.config.files import ConfigurationError
    from claimcheck.config.result import NotFinished, Result
    from claimcheck.engine.loop import Tally
    from claimcheck.engine.messages import Judged, Outcome
    from claimcheck.errors import ClaimcheckError
    from claimcheck.message import INFORM, REJECT, WARN, Citation, EditMessage, Finding, NotJudged, codes
    from claimcheck.readers import read
    from claimcheck.rulebook import NotInForce, Rulebook, Rules
    from claimcheck.rulebook.opening import open_book
    from claimcheck.runs.batch import check

_HOMES = {
    "claimcheck.authoring.check": ("Check", "ChecksRefused", "claim_check", "service_check"),
    "claimcheck.authoring.examples": ("a_claim", "a_line", "a_service", "fires", "not_judged", "passes"),
    "claimcheck.claim": ("Claim", "Line", "Service"),
    "claimcheck.config.checker": ("Checker",),
    "claimcheck.config.configuration": ("Configuration", "load_configuration"),
    "claimcheck.config.files": ("ConfigurationError",),
    "claimcheck.config.result": ("NotFinished", "Result"),
    "claimcheck.engine.loop": ("Tally",),
    "claimcheck.engine.messages": ("Judged", "Outcome"),
    "claimcheck.errors": ("ClaimcheckError",),
    "claimcheck.message": ("INFORM", "REJECT", "WARN", "Citation", "EditMessage", "Finding", "NotJudged", "codes"),
    "claimcheck.readers": ("read",),
    "claimcheck.rulebook": ("NotInForce", "Rulebook", "Rules"),
    "claimcheck.rulebook.opening": ("open_book",),
    "claimcheck.runs.batch": ("check",),
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
