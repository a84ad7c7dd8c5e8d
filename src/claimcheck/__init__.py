"""claimcheck: a linter for medical claims.

from claimcheck import Checker, read

checker = Checker()
for message in checker.run(read("batch.837")):
    print(message.claim_id, message.line_number, message.check, message.text)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Checker",
    "Claim",
    "EditMessage",
    "Fault",
    "Line",
    "NotJudged",
    "Rulebook",
    "Service",
    "Tally",
    "check",
    "claim_check",
    "open_book",
    "read",
    "service_check",
]

if TYPE_CHECKING:
    from claimcheck.checking import claim_check, service_check
    from claimcheck.claim import Claim, Line, Service
    from claimcheck.engine import Tally
    from claimcheck.message import EditMessage, Fault, NotJudged
    from claimcheck.profile import Checker
    from claimcheck.rulebook import Rulebook
    from claimcheck.rulebook.opening import open_book
    from claimcheck.sources import read

_HOMES = {
    "claimcheck.checking": ("claim_check", "service_check"),
    "claimcheck.claim": ("Claim", "Line", "Service"),
    "claimcheck.engine": ("Tally",),
    "claimcheck.message": ("EditMessage", "Fault", "NotJudged"),
    "claimcheck.profile": ("Checker",),
    "claimcheck.rulebook": ("Rulebook",),
    "claimcheck.rulebook.opening": ("open_book",),
    "claimcheck.sources": ("read",),
    "claimcheck.batch": ("check",),
}


def __getattr__(name: str) -> Any:
    """Public names load when they are first asked for, so that ``claimcheck --version`` is quick."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
