"""A new check to fill in: ``claimcheck new-check`` writes it.

It is a check that runs, with one example of each verdict, about codes that its author replaces. What only he knows
is marked, and until that is filled in no batch is judged by it.
"""

from __future__ import annotations

from string import Template
from typing import Final, Literal

from claimcheck.custom_checks.proof import TO_FILL_IN

NewReach = Literal["service", "claim", "history"]
"""The reaches of checks that one writes."""


def new_check(id: str, reach: NewReach, path: str) -> str:
    """The module of a new check.

    Args:
        id: such as ``ACME-101``.
        reach: what it must see: a line's service, the claim, or also the patient's earlier claims.
        path: where it will stand, as a shell takes it.

    Raises:
        ValueError: there is no such reach.
    """
    if reach not in _BY_REACH:
        raise ValueError(f"there is no reach {reach!r}; expected one of {', '.join(_BY_REACH)}")
    name, payer = id.lower().replace("-", "_"), id.partition("-")[0]
    return Template(_BY_REACH[reach]).substitute(id=id, name=name, payer=payer, todo=TO_FILL_IN, path=path)


_HEAD: Final = '''"""Checks of ${payer}'s payment policies.

Try them: pytest --claimcheck ${path}
Run them: claimcheck check --checks ${path} FILES
"""

from collections.abc import Iterator
'''

_SOURCE: Final = """
    "${id}",
    severity=REJECT,
    citation=Citation("${todo}: title of the published policy", "${todo}: section, version, date", "${todo}: address"),
    codes=codes("CO-96", "N130", "A7:454"),  # what an 835 and a 277CA would say: group-reason, remark, category:status
    settings=("professional",),
"""

_PAGE: Final = '''
    """${todo}: what is wrong, in one line.

    ${todo}: why, by which words of the policy, and what a biller can do.
    """
'''

_SERVICE: Final = (
    _HEAD
    + """
from claimcheck import REJECT, Citation, Finding, Rules, Service, a_service, codes, fires, passes, service_check

CODES = ("S9083", "S9088")


@service_check("""
    + _SOURCE
    + """    examples=(
        passes("${todo}: a code that the policy pays", a_service("99213", pos="20")),
        fires("${todo}: a code that it does not pay", a_service("S9088", pos="20"), says="S9088"),
    ),
)
def ${name}(service: Service, rules: Rules) -> Iterator[Finding]:"""
    + _PAGE
    + """    if service.code in CODES:
        yield Finding(
            f"${payer} does not pay {service.code}.",
            "Bill the services rendered by their own codes.",
            field="code",
            observed=service.code,
        )
"""
)

_CLAIM: Final = (
    _HEAD
    + """
from claimcheck import REJECT, Citation, Claim, Finding, Rulebook, a_claim, a_line, claim_check, codes, fires, passes

GLOBAL = "S9083"


@claim_check("""
    + _SOURCE
    + """    examples=(
        passes("${todo}: alone on its day", a_claim(a_line("S9083", pos="20"))),
        fires(
            "${todo}: beside another service of the day",
            a_claim(a_line("S9083", pos="20"), a_line("99213", pos="20")),
            says="99213",
        ),
    ),
)
def ${name}(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:"""
    + _PAGE
    + """    days = {line.day for line in claim.lines if line.code == GLOBAL and line.day}
    for line in claim.lines:
        if line.day in days and line.code != GLOBAL:
            yield Finding(
                f"{line.code} is billed beside {GLOBAL}, which pays the whole visit.",
                f"Bill {GLOBAL} alone, or the services without it.",
                line=line,
                field="code",
                observed=line.code,
            )
"""
)

_HISTORY: Final = (
    _HEAD
    + """
from claimcheck import REJECT, Citation, Claim, Finding, Rulebook, a_claim, a_line, claim_check, codes, fires, passes

GLOBAL = "S9083"


@claim_check("""
    + _SOURCE
    + """    across=True,  # it may be handed lines of the patient's earlier claims before the claim's own
    examples=(
        passes(
            "${todo}: once a day",
            a_claim(a_line("S9083", pos="20"), a_line("S9083", pos="20", day="20250311")),
        ),
        fires(
            "${todo}: twice on one day",
            a_claim(a_line("S9083", pos="20"), a_line("S9083", pos="20")),
            says="twice",
        ),
    ),
)
def ${name}(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:"""
    + _PAGE
    + """    first = {}
    for line in claim.lines:
        if line.code != GLOBAL or not line.day:
            continue
        earlier = first.setdefault(line.day, line)
        if earlier is not line:
            yield Finding(
                f"{GLOBAL} is billed twice on {line.day}, and pays a whole visit.",
                "Bill it once a day.",
                line=line,
                field="code",
                observed=line.code,
                beside=(earlier,),  # the line that the finding rests on
            )
"""
)

_BY_REACH: Final = {"service": _SERVICE, "claim": _CLAIM, "history": _HISTORY}
