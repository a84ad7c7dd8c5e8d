"""The status of a code on Medicare's physician fee schedule.

The status applies to professional claims only. Surgical center and hospital claims are judged by the ASC payment
indicator or the OPPS status indicator, whose letters mean other things.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import (
    FACILITY_PLACES,
    MOST_NAMED,
    is_ambulance,
    is_reporting_only,
    is_unlisted,
    listing,
    same_session,
    shown_place,
)
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service, as_number
from claimcheck.message import (
    INFORM,
    MEDICARE_ADVANTAGE,
    NOT_MEDICARE,
    REJECT,
    WARN,
    Citation,
    Finding,
    NotJudged,
    Wording,
    codes,
)
from claimcheck.rulebook import Absent, Fee, Listed, NotInForce, Opps, Rulebook, Rules
from claimcheck.rulebook.sections import is_laboratory

_STATUS = citations.pfs("Attachment A: status codes")
_ADOPTED = "CMS fee schedule"
_NO_OTHER = "no other CMS fee schedule is known to pay it"
_OTHERS_MAY_PAY = frozenset({"99000", "99001", "99002", "99100", "99116", "99135", "99140"})
"""Bundled codes that other payers often pay: specimen handling, qualifying circumstances of anesthesia."""


def _row_with(status: str, service: Service, rules: Rules) -> Fee | None:
    """The service's fee schedule row, if it has this status."""
    row = rules.fee(service.code, service.modifiers)
    return row if row and row.status == status else None


def _adopted(text: str, remedy: str = "") -> Wording:
    """What the fee schedule says, for other payers than Medicare, some of whom have adopted it."""
    return Wording(NOT_MEDICARE, f"{_ADOPTED}, which payers that follow CMS apply: {text}", remedy)


def _is_charged(line: Line) -> bool:
    """Whether a reporting-only line has a charge above $0.01, which some systems need."""
    charge = as_number(line.charge or "")
    return charge is not None and charge > Decimal("0.01")


@claim_check(
    "STATUS-B",
    severity=REJECT,
    citation=_STATUS,
    codes=codes("CO-97", "M15", "A3:735"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: _row_with("B", service, rules) is not None,
    cases=("others_may_pay",),
    denies="line",
    examples=(
        passes("active", a_claim(a_line("99213")), fee={"99213": Fee("A")}),
        fires("always bundled", a_claim(a_line("99070")), says="always included", fee={"99070": Fee("B")}),
        fires("59 does not unbundle it", a_claim(a_line("99070-59")), fee={"99070": Fee("B")}),
        fires(
            "reported for data collection",
            a_claim(a_line("99024", charge="0.00")),
            severity=INFORM,
            fee={"99024": Fee("B")},
        ),
        fires("charged for", a_claim(a_line("99024", charge="100.00")), says="included", fee={"99024": Fee("B")}),
        not_judged("no fee schedule", a_claim(a_line("99070"))),
    ),
)
def always_bundled(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Payment for the code is always included in other services (status B), even if it is billed alone.

    No modifier unbundles it, and the patient may not be billed. 99024 (follow-up in a global period) is correctly
    reported for data collection at no charge. The case ``others_may_pay`` is for codes that payers who follow CMS
    often pay: specimen handling, and qualifying circumstances of anesthesia.
    """
    for line in claim.lines:
        try:
            row = _row_with("B", line.service, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row and line.code == "99024" and not _is_charged(line):
            text, remedy = "99024 is reported for data collection only (status B); not paid.", "No action needed."
            yield Finding(text, remedy, line=line, field="code", severity=INFORM, by=(row,))
        elif row:
            text = f"Payment for {line.code} is always included in other services (status B)."
            free = ", or report a charge of $0.00 or $0.01" if line.code == "99024" else ""
            yield Finding(
                text,
                f"Remove the line{free}; do not bill the patient.",
                line=line,
                field="code",
                observed="status B",
                by=(row,),
                case="others_may_pay" if line.code in _OTHERS_MAY_PAY else "",
                wordings=(_adopted(text, f"Remove the line{free}."),),
            )


@service_check(
    "STATUS-C",
    severity=WARN,
    citation=_STATUS,
    codes=codes("CO-252", "M29", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    denies="line",
    examples=(
        passes("priced nationally", a_service("99213"), fee={"99213": Fee("A")}),
        fires("contractor-priced", a_service("0735T"), severity=INFORM, fee={"0735T": Fee("C")}),
        fires("unlisted", a_service("19499"), says="unlisted", fee={"19499": Fee("C")}),
    ),
)
def contractor_priced(service: Service, rules: Rules) -> Iterator[Finding]:
    """The Medicare contractor prices the code by report (status C).

    An unlisted procedure requires a description and documentation; the edit warns.
    """
    row = _row_with("C", service, rules)
    if not row:
        return
    unlisted = is_unlisted(service.code)
    text = f"{service.code} is {'unlisted and ' if unlisted else ''}contractor-priced (status C)."
    remedy = "Submit a description and the operative or procedure report with the claim."
    yield Finding(text, remedy, field="code", observed="status C", severity=None if unlisted else INFORM, by=(row,))


@service_check(
    "STATUS-E",
    severity=WARN,
    citation=_STATUS,
    codes=codes("CO-96", "N448", "A2:20", "L"),
    needs=("fee_schedule",),
    refines=("opps",),
    settings=(PROFESSIONAL,),
    denies="line",
    examples=(
        passes(
            "a drug paid by its own schedule",
            a_service("J1885"),
            fee={"J1885": Fee("E")},
            opps={"J1885": Opps("N")},
        ),
        fires("payable by no schedule", a_service("J3490"), fee={"J3490": Fee("E")}, opps={"J3490": Opps("E1")}),
        fires("not in Addendum B", a_service("A9155"), fee={"A9155": Fee("E")}, opps={}),
        passes("a drug newer than Addendum B", a_service("J0175"), fee={"J0175": Fee("E")}, opps={}),
        fires("meant to be denied", a_service("J3490-GY"), severity=INFORM, fee={"J3490": Fee("E")}),
        not_judged("no OPPS table for the day", a_service("J1885"), fee={"J1885": Fee("E")}),
    ),
)
def excluded_by_regulation(service: Service, rules: Rules) -> Iterator[Finding]:
    """The code is excluded from the physician fee schedule by regulation (status E), and no other schedule may pay it.

    Most status E codes are drugs that Part B pays by average sales price: the OPPS status indicator tells which.
    Status E alone is therefore not a reason to reject.
    """
    row = _row_with("E", service, rules)
    if not row:
        return
    if "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
        return
    opps = rules.opps(service.code)
    newer = not opps and service.code.startswith(("J", "Q"))  # drugs get codes between two addenda
    if not newer and (not opps or opps.status in ("B", "E1", "Y", "S", "T", "Q1")):
        text = f"{service.code} is excluded from the physician fee schedule (status E); {_NO_OTHER}."
        yield Finding(
            text,
            "Verify coverage and the correct payer before you submit the line.",
            field="code",
            observed="status E",
            by=(row, opps),
        )


def _meant_to_be_denied(service: Service, row: Fee) -> Finding:
    return Finding(
        f"{service.code} is billed with GY (statutorily excluded): Medicare will deny it, as intended.",
        "No action needed.",
        field="code",
        observed=f"status {row.status}",
        severity=INFORM,
        by=(row,),
        codes=codes("PR-96", "N425", "A2:20"),
        wordings=(
            Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), f"{service.code} is billed with GY: a denial is intended."),
        ),
    )


_REPORTING = codes("CO-246", "N620", "A2:20", "H")


def _reporting_only(line: Line, row: Fee) -> Finding:
    """A reporting-only line: correct at $0.00 or $0.01; more warns."""
    charged = _is_charged(line)
    return Finding(
        f"{line.code} is reporting-only (status {row.status}), not payable"
        + ("; a charge is billed." if charged else "."),
        "Report a charge of $0.00 or $0.01." if charged else "No action needed.",
        line=line,
        field="charge" if charged else "code",
        observed=line.charge,
        severity=WARN if charged else INFORM,
        by=(row,),
        codes=_REPORTING,
        case="reporting" if row.status == "I" else "",
    )


def _lines_with(status: str, claim: Claim, rulebook: Rulebook) -> Iterator[tuple[Line, Fee] | NotJudged]:
    """Each line of a claim whose fee schedule row has this status, with the row."""
    for line in claim.lines:
        try:
            row = _row_with(status, line.service, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row:
            yield line, row


@claim_check(
    "STATUS-I",
    severity=REJECT,
    citation=_STATUS,
    codes=codes("CO-16", "N56", "A7:507"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: _row_with("I", service, rules) is not None,
    cases=("reporting",),
    denies="line",
    examples=(
        passes("active", a_claim(a_line("99213")), fee={"99213": Fee("A")}),
        fires(
            "Medicare has another code",
            a_claim(a_line("99417")),
            says="not valid for Medicare",
            fee={"99417": Fee("I"), "G2212": Fee("A")},
        ),
        fires("a measure", a_claim(a_line("3100F", charge="0.00")), severity=INFORM, fee={"3100F": Fee("I")}),
        fires(
            "a measure with a charge",
            a_claim(a_line("3100F", charge="9")),
            severity=WARN,
            fee={"3100F": Fee("I")},
        ),
        fires("meant to be denied", a_claim(a_line("99417-GY")), severity=INFORM, fee={"99417": Fee("I")}),
        not_judged("no fee schedule", a_claim(a_line("99417"))),
    ),
)
def not_valid_for_medicare(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The code is not valid for Medicare (status I), which uses another code for the service.

    The remedy names Medicare's code where one is known and valid on the date: consultations are reported as visits,
    prolonged services with Medicare's own codes. Category II codes (ending in F) only report a measure (the case
    ``reporting``): they inform, or warn if they have a charge.
    """
    for found in _lines_with("I", claim, rulebook):
        if isinstance(found, NotJudged):
            yield found
            continue
        line, row = found
        if is_reporting_only(line.code):
            yield _reporting_only(line, row)
        elif "GY" in line.modifiers:
            yield _meant_to_be_denied(line.service, row)._replace(line=line)
        else:
            medicare = _medicare_code(line.code, rulebook.on(line.day))
            text = f"{line.code} is not valid for Medicare (status I)."
            remedy = f"Report {medicare or 'the code that Medicare uses for this service'}."
            plan = Wording(
                (MEDICARE_ADVANTAGE,),
                f"{line.code} is not valid for original Medicare (status I); the plan may accept it.",
                "Verify with the plan whether to report this code or the one that original Medicare uses"
                + (f": {medicare}." if medicare else "."),
            )
            ask = "Verify with the payer which code it accepts for this service."
            wordings = plan, _adopted(f"{line.code} is not valid (status I); another code is used.", ask)
            yield Finding(text, remedy, line=line, field="code", observed="status I", by=(row,), wordings=wordings)


class _MedicareCode(NamedTuple):
    """What Medicare has reported in place of a code that it does not accept, and codes of it that must be valid."""

    text: str
    codes: tuple[str, ...]


_VISIT = _MedicareCode("the office visit by its level (99202 to 99215)", ("99202", "99215"))
_AUDIO_ONLY = _VISIT._replace(text=f"{_VISIT.text} with 93 (audio-only)")
_INITIAL = _MedicareCode(
    "the initial hospital or nursing facility visit (99221 to 99223, 99304 to 99306)", ("99221", "99304")
)
_DRUG_TESTS = _MedicareCode("G0480 to G0483 or G0659, by the drug classes tested", ("G0480", "G0659"))
_PROLONGED = _MedicareCode(
    "G2212, G0316, G0317 or G0318, by the visit that it prolongs", ("G2212", "G0316", "G0317", "G0318")
)


def _only(code: str, use: str = "") -> _MedicareCode:
    return _MedicareCode(f"{code} {use}".strip(), (code,))


_MEDICARE_CODES: Final[dict[str, tuple[_MedicareCode, ...]]] = {
    "27215": (_only("G0412"),),
    "27216": (_only("G0413"),),
    "27217": (_only("G0414"),),
    "27218": (_only("G0415"),),
    "77061": (_only("G0279", "with 77065 or 77066"),),
    "77062": (_only("G0279", "with 77065 or 77066"),),
    "77385": (_only("G6015"),),
    "77386": (_only("G6015"),),
    "77387": (_MedicareCode("G6001, G6002 or G6017, by the guidance used", ("G6001", "G6002", "G6017")),),
    "77402": (_MedicareCode("G6003 to G6006, by the energy", ("G6003", "G6006")),),
    "77407": (_MedicareCode("G6007 to G6010, by the energy", ("G6007", "G6010")),),
    "77412": (_MedicareCode("G6011 to G6014, by the energy", ("G6011", "G6014")),),
    "97014": (_only("G0283"),),
    "99358": (_PROLONGED,),
    "99359": (_PROLONGED,),
    "99375": (_only("G0181"),),
    "99378": (_only("G0182"),),
    "99417": (_only("G2212", "with 99205, 99215 or 99483"), _only("G0318", "with 99345 or 99350")),
    "99418": (_only("G0316", "with 99223, 99233 or 99236"), _only("G0317", "with 99306 or 99310")),
    **dict.fromkeys(map(str, range(80320, 80378)), (_DRUG_TESTS,)),
    **dict.fromkeys(map(str, range(98000, 98008)), (_VISIT,)),
    **dict.fromkeys(map(str, range(98008, 98016)), (_AUDIO_ONLY,)),
    **dict.fromkeys(map(str, range(99241, 99246)), (_VISIT,)),
    **dict.fromkeys(map(str, range(99251, 99256)), (_INITIAL,)),
}
"""What Medicare has reported instead of codes of status I. Sources: Medicare Claims Processing Manual, chapter 12,
sections 30.6.10 (consultations) and 30.6.15 (prolonged services); physician fee schedule final rules of 2011, 2015,
2023 and 2025; clinical laboratory fee schedule (drug tests). The file of January 2025 has each as status I."""


def _medicare_code(code: str, rules: Rules) -> str:
    """What Medicare has reported instead of a code, as far as it is valid by these rules; "" where nothing is known."""
    return "; ".join(
        one.text for one in _MEDICARE_CODES.get(code, ()) if all(_may_be_valid(c, rules) for c in one.codes)
    )


def _may_be_valid(code: str, rules: Rules) -> bool:
    """Whether the fee schedule has a code other than as not valid, or none of it is known."""
    try:
        row = rules.fee(code)
    except NotInForce:
        return True
    return isinstance(row, Fee) and row.status != "I"


@claim_check(
    "STATUS-M",
    severity=WARN,
    citation=_STATUS,
    codes=_REPORTING,
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: _row_with("M", service, rules) is not None,
    denies="line",
    examples=(
        passes("active", a_claim(a_line("99213")), fee={"99213": Fee("A")}),
        fires("reporting", a_claim(a_line("G8427", charge="0.01")), severity=INFORM, fee={"G8427": Fee("M")}),
        fires(
            "reporting, with a charge",
            a_claim(a_line("G8427", charge="9")),
            says="charge",
            severity=WARN,
            fee={"G8427": Fee("M")},
        ),
        not_judged("no fee schedule", a_claim(a_line("G8427"))),
    ),
)
def measurement_code(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The code only reports a measure (status M): it is not payable, and not an error.

    It warns if the line has a charge above $0.01.
    """
    for found in _lines_with("M", claim, rulebook):
        yield found if isinstance(found, NotJudged) else _reporting_only(*found)


@service_check(
    "STATUS-N",
    severity=REJECT,
    citation=citations.LIABILITY,
    codes=codes("CO-96", "N425", "A3:23"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    denies="line",
    examples=(
        passes("active", a_service("99213"), fee={"99213": Fee("A")}),
        fires("not covered", a_service("A9270"), says="not covered", fee={"A9270": Fee("N")}),
        fires("not covered, with GY", a_service("A9270-GY"), severity=INFORM, fee={"A9270": Fee("N")}),
    ),
)
def not_covered(service: Service, rules: Rules) -> Iterator[Finding]:
    """Medicare does not cover the service (status N).

    With GY the denial is intended, for the patient or a secondary payer, and the line is accepted. The patient may
    be responsible: an ABN is not required for a statutory exclusion. A payer's profile may lower this edit: some
    price the line all the same.
    """
    row = _row_with("N", service, rules)
    if not row:
        return
    if "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
        return
    text = f"{service.code} is not covered by Medicare (status N)."
    remedy = "For a denial to a secondary payer, append GY; the patient may be responsible. Otherwise remove the line."
    ask = "Verify that the payer covers the service."
    original = f"{service.code} is not covered by original Medicare (status N); the plan may cover it."
    wordings = (
        Wording((MEDICARE_ADVANTAGE,), original, ask),
        _adopted(f"{service.code} is not covered (status N).", ask),
    )
    yield Finding(text, remedy, field="code", observed="status N", soft=True, by=(row,), wordings=wordings)


@service_check(
    "STATUS-P",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=_STATUS,
    codes=codes("CO-97", "M15", "A3:735"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    denies="line",
    examples=(
        passes("active", a_service("99213"), fee={"99213": Fee("A")}),
        fires("bundled or excluded", a_service("A4550"), says="bundled or excluded", fee={"A4550": Fee("P")}),
        fires("meant to be denied", a_service("A4550-GY"), severity=INFORM, fee={"A4550": Fee("P")}),
    ),
)
def bundled_or_excluded(service: Service, rules: Rules) -> Iterator[Finding]:
    """Payment for the supply or service is included in the visit that it is incident to; otherwise it is excluded."""
    row = _row_with("P", service, rules)
    if row and "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
    elif row:
        text = f"{service.code} is bundled or excluded (status P); no separate payment."
        remedy = "Remove the line, or bill the DME contractor if the item is for home use."
        others = Wording((MEDICARE_ADVANTAGE, *NOT_MEDICARE), remedy="Remove the line.")
        yield Finding(text, remedy, field="code", observed="status P", by=(row,), wordings=(others,))


@service_check(
    "STATUS-R",
    severity=WARN,
    citation=_STATUS,
    codes=codes("CO-252", "M29", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    denies="line",
    examples=(
        passes("active", a_service("99213"), fee={"99213": Fee("A")}),
        fires("restricted", a_service("D0150"), says="special coverage", fee={"D0150": Fee("R")}),
    ),
)
def restricted_coverage(service: Service, rules: Rules) -> Iterator[Finding]:
    """Special coverage rules apply (status R); the contractor prices the code if it is covered."""
    row = _row_with("R", service, rules)
    if row:
        text = f"{service.code} has restricted coverage (status R): special coverage rules apply."
        remedy = "Check the national and local coverage determinations (NCD, LCD)."
        yield Finding(text, remedy, field="code", observed="status R", by=(row,))


@claim_check(
    "STATUS-T",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=_STATUS,
    codes=codes("CO-97", "N20", "A3:735"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: _row_with("T", service, rules) is not None,
    across=True,
    days_apart=0,
    services_only=True,
    denies="line",
    examples=(
        passes("alone", a_claim(a_line("36591")), fee={"36591": Fee("T")}),
        fires(
            "with a visit",
            a_claim(a_line("36591"), a_line("99213")),
            says="not payable with other services",
            fee={"36591": Fee("T"), "99213": Fee("A")},
        ),
        fires(
            "59 does not help",
            a_claim(a_line("36591-59"), a_line("99213-25")),
            fee={"36591": Fee("T"), "99213": Fee("A")},
        ),
        fires(
            "one day written in two ways",
            a_claim(a_line("36591"), a_line("99213", day="2025-03-10")),
            fee={"36591": Fee("T"), "99213": Fee("A")},
        ),
        passes(
            "with what the fee schedule does not pay",
            a_claim(a_line("36591"), a_line("85025")),
            fee={"36591": Fee("T"), "85025": Fee("X")},
        ),
        fires(
            "two of them",
            a_claim(a_line("36591"), a_line("36592")),
            severity=WARN,
            fee={"36591": Fee("T"), "36592": Fee("T")},
        ),
        passes("no fee schedule: nothing tells which line it is", a_claim(a_line("36591"))),
    ),
)
def paid_only_alone(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The service is payable only if the same provider bills no other fee schedule service for the date (status T).

    No modifier changes that. Two such services with no other only warn.
    """
    sessions: dict[tuple[object, ...], list[tuple[Line, Fee]]] = {}
    unknown: dict[tuple[object, ...], str] = {}
    for line in claim.lines:
        session = same_session(claim, line)
        try:
            row = rulebook.on(line.day).fee(line.code, line.modifiers)
        except NotInForce as gap:
            unknown[session] = gap.table
            continue
        if row and row.status in ("A", "R", "C", "T"):
            sessions.setdefault(session, []).append((line, row))
    for session, rows in sessions.items():
        if len(rows) > 1:
            yield from _not_alone(rows)
        elif (
            rows[0][1].status == "T" and session in unknown
        ):  # what nothing is known of may be the service that is paid
            yield NotJudged(rows[0][0], unknown[session])


def _not_alone(rows: list[tuple[Line, Fee]]) -> Iterator[Finding]:
    """What is wrong with the lines of a session that are paid only alone."""
    alone = all(row.status == "T" for _, row in rows)
    lines = tuple(line for line, _ in rows)
    count = Counter(line.code for line in lines)
    some = rows[: MOST_NAMED + 1]
    others: dict[str, str] = {}
    for line, row in rows:
        if row.status != "T":
            continue
        if line.code not in others:
            others[line.code] = listing(count if count[line.code] > 1 else count.keys() - {line.code})
        codes = others[line.code]
        text = f"{line.code} (status T) is not payable with other services by the same provider on this date: {codes}."
        if alone:
            condition = "payable only if no other fee schedule service is billed by this provider on this date"
            text = f"{_all_status_t([*count])}: {condition}."
        yield Finding(
            text,
            f"Remove {line.code}; no modifier overrides this." if not alone else "Verify that both are payable.",
            line=line,
            field="code",
            observed=codes,
            severity=WARN if alone else None,
            by=(row, *[other for o, other in some if o is not line][:MOST_NAMED]),
            beside=lines,
        )


def _all_status_t(billed: list[str]) -> str:
    """The codes of a session of which each is payable only alone."""
    if len(billed) == 1:
        return f"{billed[0]} is status T"
    return (
        f"{' and '.join(sorted(billed))} are both status T" if len(billed) == 2 else f"{listing(billed)} are status T"
    )


_FACILITY_SERVICE = frozenset({"J1", "J2", "P", "V", "C"})
"""OPPS status indicators of what only a facility furnishes."""

_PAID_ELSEWHERE = frozenset(["Q4", "A", "Q1", "Q2", "R", "L", "M", "S", "K", "G", "E2", "F"])
"""Laboratory, ambulance, blood, vaccines, drugs, ...: excluded from the fee schedule, paid by another."""

_NOT_LISTED = ""
"""A code that Addendum B does not list: mostly one newer than it. Its family decides."""

_CONTRACTOR_PAYS = ("A4641", "A4642", "A4648", "A95", "A96", "A97", "A98", "J", "M0", "P", "Q", "V", "8", "90")
"""Contrast, radiopharmaceuticals, drugs, casts: packaged for hospitals, paid by the Part B contractor."""


def _pays_as_part_b(code: str, indicator: str) -> bool:
    if indicator in _PAID_ELSEWHERE or is_ambulance(code) or is_laboratory(code):
        return True
    return indicator in ("N", "B", _NOT_LISTED) and code.startswith(_CONTRACTOR_PAYS)


def _is_supply(code: str, indicator: str) -> bool:
    if _pays_as_part_b(code, indicator) or not _may_be_supply(code):
        return False
    return indicator in ("N", "B", "E1", "Y", _NOT_LISTED)


def _may_be_supply(code: str) -> bool:
    return code[:1] == "V" or "A4000" <= code <= "A8999" or "A9900" <= code <= "A9999"


def supply_for_dme_contractor(service: Service, rules: Rules) -> Iterator[Finding]:
    """Part of POS-TYPE: a supply that the fee schedule excludes and the DME contractor may pay."""
    if service.setting != PROFESSIONAL or not _may_be_supply(service.code) or "GY" in service.modifiers:
        return
    row = _row_with("X", service, rules)
    if not row:
        return
    opps = rules.opps(service.code)
    if _is_supply(service.code, opps.status if opps else _NOT_LISTED):
        text = f"{service.code} is a supply that the DME contractor may pay, not the Part B contractor."
        remedy = "If the supply is for home use, bill the DME contractor."
        yield Finding(text, remedy, field="code", observed="status X", severity=WARN, by=(row, opps), case="supply")


@service_check(
    "STATUS-X",
    severity=REJECT,
    citation=Citation(
        citations.pfs("").title,
        "Attachment A: status X, routed by the OPPS status indicator (Addendum B)",
        citations.pfs("").url,
    ),
    codes=codes("CO-171", "N95", "A3:23", "L"),
    needs=("fee_schedule",),
    refines=("opps", "facility_only"),
    settings=(PROFESSIONAL,),
    cases=("unclear",),
    adopted_from=_ADOPTED,
    denies="line",
    examples=(
        fires(
            "a facility's service",
            a_service("77424", pos="22"),
            says="facility-only",
            fee={"77424": Fee("X")},
            opps={"77424": Opps("J1")},
        ),
        passes("an ambulance", a_service("A0382"), fee={"A0382": Fee("X")}, opps={"A0382": Opps("E1")}),
        passes("clinical laboratory", a_service("85025"), fee={"85025": Fee("X")}, opps={"85025": Opps("Q4")}),
        passes("a cast", a_service("Q4010"), fee={"Q4010": Fee("X")}, opps={"Q4010": Opps("B")}),
        passes("a supply is another edit", a_service("A4253"), fee={"A4253": Fee("X")}, opps={"A4253": Opps("Y")}),
        fires(
            "a facility's service outside a facility",
            a_service("77424", pos="11"),
            says="Verify the place of service",
            fee={"77424": Fee("X")},
            opps={"77424": Opps("J1")},
        ),
        fires(
            "home health",
            a_service("G0299"),
            severity=WARN,
            fee={"G0299": Fee("X")},
            opps={"G0299": Opps("B")},
        ),
        fires("meant to be denied", a_service("77424-GY"), severity=INFORM, fee={"77424": Fee("X")}),
        fires(
            "no OPPS table, but a known facility service",
            a_service("77424"),
            fee={"77424": Fee("X")},
            facility_only={"77424": Listed("J1")},
        ),
        not_judged("no OPPS table", a_service("85025"), fee={"85025": Fee("X")}, facility_only={}),
    ),
)
def not_a_physician_service(service: Service, rules: Rules) -> Iterator[Finding]:
    """The code is excluded from physician services by statute (status X), and only a facility furnishes it.

    Status X alone proves little: laboratory tests, ambulance, vaccines and supplies have it and are payable under
    other schedules. The OPPS status indicator decides: J1, J2, P, V and C mark facility-only services, such as
    intraoperative radiation delivery, and are rejected; what remains unclear (the case ``unclear``) warns. No
    modifier helps: there is no professional component for 26, and a waiver of liability (GA) does not apply to an
    exclusion. With GY the denial is intended.
    """
    row = _row_with("X", service, rules)
    if not row:
        return
    if "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
        return
    try:
        opps: Opps | Absent | Listed = rules.opps(service.code)
    except NotInForce as gap:
        opps = rules.listed("facility_only", service.code)
        if not opps:
            raise gap from None
    indicator = opps.value if isinstance(opps, Listed) else opps.status if opps else _NOT_LISTED
    if indicator in _FACILITY_SERVICE:
        yield _facility_bills(service, row, opps)
    elif not _pays_as_part_b(service.code, indicator) and not _is_supply(service.code, indicator):
        text = f"{service.code} is excluded from the physician fee schedule (status X); {_NO_OTHER}."
        remedy = "Verify that a practitioner may bill it, and to which contractor."
        yield Finding(text, remedy, field="code", observed="status X", severity=WARN, by=(row, opps), case="unclear")


_PROFESSIONAL_SERVICE: Final = {"77424": "77469", "77425": "77469"}
"""What the physician bills beside a facility-only service: the management of intraoperative radiation."""


def _facility_bills(service: Service, row: Fee, opps: Opps | Absent | Listed) -> Finding:
    place = service.place_of_service
    in_facility = place is None or place in FACILITY_PLACES
    own = _PROFESSIONAL_SERVICE.get(service.code, "the physician's own service")
    furnished = f"Report {own} if the physician furnished and documented it; do not append 26."
    outside = "Verify the place of service. If it is correct, remove the line."
    return Finding(
        f"{service.code} is a facility-only service (status X); not payable on a professional claim.",
        f"Remove the line; the facility bills {service.code}. {furnished}" if in_facility else outside,
        field="code",
        observed=f"status X, place of service {shown_place(place)}" if place else "status X",
        by=(row, opps),
        codes=None if in_facility else codes("CO-96", "N448", "A3:23", "L"),
        wordings=() if in_facility else (Wording(NOT_MEDICARE, remedy="Verify the contract with the payer."),),
    )
