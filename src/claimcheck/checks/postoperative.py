"""Care after surgery: by another practitioner (55), and a return to the operating room (78)."""

from collections.abc import Iterator
from typing import Final

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.claim import PROFESSIONAL, Claim, Service
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Fee, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import is_surgery, number_of

_WITH_FOLLOW_UP: Final = ("010", "090")
_CARE: Final = "55"
_ADOPTED: Final = "CMS global surgery rules"
_UNDATED: Final = {"assumed_care_date": "", "relinquished_care_date": "", "description": ""}
_CATARACT: Final = {"66984": Fee(global_days="090")}


@claim_check(
    "POST55",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASSUMED_CARE,
    codes=codes("CO-16", "MA130", "A6:187", "L"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: _CARE in service.modifiers,
    examples=(
        fires("no date", a_claim(a_line("66984-55-RT", **_UNDATED)), says="66984-55 requires the date", fee=_CATARACT),
        passes(
            "assumed", a_claim(a_line("66984-55-RT", **{**_UNDATED, "assumed_care_date": "20250312"})), fee=_CATARACT
        ),
        passes(
            "relinquished",
            a_claim(a_line("66984-55", **{**_UNDATED, "relinquished_care_date": "20250401"})),
            fee=_CATARACT,
        ),
        passes("a note", a_claim(a_line("66984-55", **{**_UNDATED, "description": "SEE DATES"})), fee=_CATARACT),
        passes("a source without these dates", a_claim(a_line("66984-55", description="")), fee=_CATARACT),
        passes("surgical care", a_claim(a_line("66984-54", **_UNDATED))),
        fires("10 days", a_claim(a_line("10060-55", **_UNDATED)), fee={"10060": Fee(global_days="010")}),
        passes("no follow-up", a_claim(a_line("11042-55", **_UNDATED)), fee={"11042": Fee(global_days="000")}),
        not_judged("no fee schedule", a_claim(a_line("66984-55", **_UNDATED))),
    ),
)
def assumed_care_undated(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Postoperative care alone (55) without the date on which it was assumed or relinquished.

    The fee of a procedure with 10 or 90 global days is divided by that date. Report the day of surgery as the date of
    service, and the date in DTP*090 (assumed) or DTP*091 (relinquished), or in the note, which contractors accept. A
    source that does not carry these fields is not judged.
    """
    for line in claim.lines:
        if _CARE not in line.modifiers:
            continue
        if (line.assumed_care_date, line.relinquished_care_date, line.description) != ("", "", ""):
            continue
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row and row.global_days in _WITH_FOLLOW_UP:
            yield Finding(
                f"{line.code}-55 requires the date on which postoperative care was assumed; none is reported.",
                "Report it in DTP*090 (relinquished: DTP*091) or the note; the date of service is the day of surgery.",
                line=line,
                field="assumed_care_date",
                observed="",
                soft=True,
                by=(row,),
            )


_NO_OPERATING_ROOM: Final = frozenset(
    ("02", "10", "11", "12", "13", "20", "31", "32", "33", "49", "50", "71", "72", "81")
)
_CARDIAC: Final = (92920, 93799)
"""Procedures of the heart, outside of the surgery section."""


def _is_procedure(code: str) -> bool:
    return is_surgery(code) or _CARDIAC[0] <= number_of(code) <= _CARDIAC[1]


@service_check(
    "OR-78",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.OPERATING_ROOM,
    codes=codes("CO-97", status="A2:20", confidence="L"),
    settings=(PROFESSIONAL,),
    examples=(
        passes("in a hospital", a_service("10180-78", pos="22")),
        passes("in a surgical center", a_service("10180-78", pos="24")),
        fires("in an office", a_service("10180-78", pos="11"), says="POS 11"),
        fires("in a nursing facility", a_service("10180-78-LT", pos="32"), says="POS 32"),
        passes("a staged procedure", a_service("10180-58", pos="11")),
        fires("a catheterization", a_service("93458-78", pos="11")),
        passes("a visit, on which 78 has no place", a_service("99213-78", pos="11")),
        passes("a vaccine, which is not a procedure", a_service("90662-78", pos="11")),
        passes("a place that is not known", a_service("10180-78", pos=None)),
    ),
)
def return_without_operating_room(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 78 (return to the operating room) in a place that has none.

    78 is for a complication treated in an operating room: one that is equipped and staffed for procedures alone, such
    as a laser or endoscopy suite, but not a patient's room or a treatment room. Care of a complication elsewhere is
    part of the global package. Only procedures are checked: surgery, and those of the heart (92920 to 93799).
    """
    code, place = service.code, service.place_of_service
    if "78" in service.modifiers and place in _NO_OPERATING_ROOM and _is_procedure(code):
        yield Finding(
            f"Modifier 78 requires an operating room; {code} is billed in POS {place}.",
            "Remove the line, which is part of the global package; if a procedure suite was used, say so in the note.",
            field="place_of_service",
            observed=place,
        )
