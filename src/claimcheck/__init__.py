"""claimcheck: a linter for medical claims.

from claimcheck import Checker, read

checker = Checker()
for message in checker.run(read("batch.837")):
    print(message.claim_id, message.line_number, message.check, message.text)
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
    "Configuration",
    "ConfigurationError",
    "EditMessage",
    "Fault",
    "Judged",
    "Line",
    "NotInForce",
    "NotJudged",
    "Outcome",
    "Rulebook",
    "Rules",
    "Service",
    "Tally",
    "a_claim",
    "a_line",
    "a_service",
    "check",
    "claim_check",
    "fires",
    "load_configuration",
    "maps",
    "not_judged",
    "open_book",
    "passes",
    "read",
    "service_check",
]

if TYPE_CHECKING:
    from claimcheck.batch import check
    from claimcheck.checking import Check, claim_check, service_check
    from claimcheck.claim import Claim, Line, Service
    from claimcheck.engine import Tally
    from claimcheck.examples import a_claim, a_line, a_service, fires, not_judged, passes
    from claimcheck.message import INFORM, REJECT, WARN, Citation, EditMessage, Fault, NotJudged, maps
    from claimcheck.own_checks import ChecksRefused
    from claimcheck.profile import Checker, Configuration, ConfigurationError, load_configuration
    from claimcheck.rulebook import NotInForce, Rulebook, Rules
    from claimcheck.rulebook.opening import open_book
    from claimcheck.sources import read
    from claimcheck.stamp import Judged, Outcome

_HOMES = {
    "claimcheck.batch": ("check",),
    "claimcheck.checking": ("Check", "claim_check", "service_check"),
    "claimcheck.claim": ("Claim", "Line", "Service"),
    "claimcheck.engine": ("Tally",),
    "claimcheck.examples": ("a_claim", "a_line", "a_service", "fires", "not_judged", "passes"),
    "claimcheck.message": ("INFORM", "REJECT", "WARN", "Citation", "EditMessage", "Fault", "NotJudged", "maps"),
    "claimcheck.own_checks": ("ChecksRefused",),
    "claimcheck.profile": ("Checker", "Configuration", "ConfigurationError", "load_configuration"),
    "claimcheck.rulebook": ("NotInForce", "Rulebook", "Rules"),
    "claimcheck.rulebook.opening": ("open_book",),
    "claimcheck.sources": ("read",),
    "claimcheck.stamp": ("Judged", "Outcome"),
}


def __getattr__(name: str) -> Any:
    """Public names load when they are first asked for, so that ``claimcheck --version`` is quick."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
