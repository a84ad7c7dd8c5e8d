"""What Medicare's physician fee schedule says of a code as such: its status.

The status of a code speaks of professional claims alone: a surgical center's or hospital's claim is
routed by the ASC payment indicator or the OPPS status indicator, whose letters mean other things.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

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
_OTHERS_MAY_PAY = frozenset({"99000", "99001", "99002", "99100", "99116", "99135", "99140"})
"""Bundled codes that other payers often pay: handling of specimens, circumstances that qualify anesthesia."""


def _row_with(status: str, service: Service, rules: Rules) -> Fee | None:
    """The service's fee schedule row, if it has this status."""
    row = rules.fee(service.code, service.modifiers)
    return row if row and row.status == status else None


def _adopted(text: str, remedy: str = "") -> Wording:
    """What the fee schedule says, for other payers than Medicare, some of whom have adopted it."""
    return Wording(NOT_MEDICARE, f"{_ADOPTED}, which payers that follow CMS apply: {text}", remedy)


def _is_charged(line: Line) -> bool:
    """Whether a line that reports and is not paid bears more than the cent that some systems need."""
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
        fires("always bundled", a_claim(a_line("99070")), says="always bundled", fee={"99070": Fee("B")}),
        fires("59 does not unbundle it", a_claim(a_line("99070-59")), fee={"99070": Fee("B")}),
        fires(
            "reported for data collection",
            a_claim(a_line("99024", charge="0.00")),
            severity=INFORM,
            fee={"99024": Fee("B")},
        ),
        fires("charged for", a_claim(a_line("99024", charge="100.00")), says="bundled", fee={"99024": Fee("B")}),
        not_judged("no fee schedule", a_claim(a_line("99070"))),
    ),
)
def always_bundled(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Medicare always bundles the code into another service, even where it is billed alone.

    No modifier unbundles it, and the patient may not be billed. 99024 (follow-up in a global period)
    is rightly reported for data collection at no charge. The case ``others_may_pay`` is that of codes which payers
    that follow CMS often pay all the same: handling of specimens, and circumstances that qualify anesthesia.
    """
    for line in claim.lines:
        try:
            row = _row_with("B", line.service, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row and line.code == "99024" and not _is_charged(line):
            text, remedy = "99024 is bundled: reported for data collection, not paid.", "Nothing to do."
            yield Finding(text, remedy, line=line, field="code", severity=INFORM, by=(row,))
        elif row:
            text = f"{line.code} is always bundled by Medicare; no separate payment, even if billed alone."
            remedy = "Remove the line" + (", or charge $0.00 or $0.01." if line.code == "99024" else ".")
            yield Finding(
                text,
                remedy,
                line=line,
                field="code",
                observed="status B",
                by=(row,),
                case="others_may_pay" if line.code in _OTHERS_MAY_PAY else "",
                wordings=(_adopted(f"{line.code} is always bundled; no separate payment, even if billed alone."),),
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
    """The Medicare contractor prices the code, by report.

    An unlisted procedure needs a description and a report; the edit warns.
    """
    row = _row_with("C", service, rules)
    if not row:
        return
    unlisted = is_unlisted(service.code)
    text = f"{service.code} is {'unlisted and ' if unlisted else ''}contractor-priced."
    remedy = "Send a description and the report with the claim."
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
    """The fee schedule excludes the code by regulation, and no other Part B schedule seems to pay it.

    Most codes of status E are drugs, paid by average sales price: the OPPS status indicator tells
    them. Rejecting status E as such would kill every drug claim.
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
        text = f"{service.code} is not on the physician fee schedule; payable only under another schedule."
        yield Finding(text, "Verify which schedule pays it.", field="code", observed="status E", by=(row, opps))


def _meant_to_be_denied(service: Service, row: Fee) -> Finding:
    return Finding(
        f"{service.code} is billed with GY: Medicare will deny it, as intended.",
        "Nothing to do.",
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
    """A line that reports and is not paid: fine at $0.00 or $0.01, doubtful at more."""
    charged = _is_charged(line)
    return Finding(
        f"{line.code} is reporting-only; not payable." + (" It bears a charge." if charged else ""),
        "Charge $0.00 or $0.01." if charged else "Nothing to do.",
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
            says="does not accept",
            fee={"99417": Fee("I")},
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
    """The code is not valid for Medicare, which uses another code for the service.

    Consultations are billed as visits; prolonged services by Medicare's own codes. Category II codes
    (ending in F) only report a measure (the case ``reporting``): they inform, or warn where they bear a charge.
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
            text = f"Medicare does not accept {line.code}; report the Medicare code."
            remedy = "Report the code that Medicare uses for this service."
            plan = Wording(
                (MEDICARE_ADVANTAGE,),
                f"Original Medicare does not accept {line.code}; the plan may.",
                "Verify with the plan whether it takes this code or the one that original Medicare uses.",
            )
            ask = "Verify with the payer which code it takes for this service."
            wordings = plan, _adopted(f"{line.code} is not valid; another code is used.", ask)
            yield Finding(text, remedy, line=line, field="code", observed="status I", by=(row,), wordings=wordings)


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
    """The code only reports a measure; it is never paid and never wrong as such.

    It warns where the line bears more than $0.01.
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
        fires("not covered, and said so", a_service("A9270-GY"), severity=INFORM, fee={"A9270": Fee("N")}),
    ),
)
def not_covered(service: Service, rules: Rules) -> Iterator[Finding]:
    """Medicare does not cover the service.

    With GY the denial is wanted, for the patient or a secondary payer, and the line goes through. A
    payer's profile may lower this edit: some price the line all the same.
    """
    row = _row_with("N", service, rules)
    if not row:
        return
    if "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
        return
    text = f"{service.code} is not covered by Medicare."
    remedy = "Add GY if a denial is wanted for a secondary payer; else remove the line."
    ask = "Verify that the payer covers the service."
    plan = Wording((MEDICARE_ADVANTAGE,), f"Original Medicare does not cover {service.code}; the plan may.", ask)
    wordings = plan, _adopted(f"{service.code} is not covered.", ask)
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
    """The supply or service is bundled with the visit that it goes with, and else excluded."""
    row = _row_with("P", service, rules)
    if row and "GY" in service.modifiers:
        yield _meant_to_be_denied(service, row)
    elif row:
        text = f"{service.code}: supply or service bundled or excluded; no separate payment."
        remedy = "Remove the line, or bill the DME contractor where it applies."
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
    """Special coverage rules apply; the contractor prices the code where it is covered."""
    row = _row_with("R", service, rules)
    if row:
        text = f"{service.code}: special coverage rules apply."
        remedy = "Check the national and local coverage determinations."
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
    services_only=True,
    denies="line",
    examples=(
        passes("alone", a_claim(a_line("36591")), fee={"36591": Fee("T")}),
        fires(
            "with a visit",
            a_claim(a_line("36591"), a_line("99213")),
            says="not paid with other services",
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
    """The service is paid only where no other fee-schedule service is billed that day by the same provider.

    No modifier changes that. Two such services alone are doubtful: the edit warns.
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
        yield Finding(
            f"{line.code} is not paid with other services of the day by the same provider ({codes}).",
            "Remove the line." if not alone else "Verify that both are payable.",
            line=line,
            field="code",
            observed=codes,
            severity=WARN if alone else None,
            by=(row, *[other for o, other in some if o is not line][:MOST_NAMED]),
            beside=lines,
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
        text = f"{service.code} is a supply; is it for the DME contractor?"
        remedy = "Bill the DME contractor where it pays for the supply."
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
            says="facility",
            fee={"77424": Fee("X")},
            opps={"77424": Opps("J1")},
        ),
        passes("an ambulance", a_service("A0382"), fee={"A0382": Fee("X")}, opps={"A0382": Opps("E1")}),
        passes("clinical laboratory", a_service("85025"), fee={"85025": Fee("X")}, opps={"85025": Opps("Q4")}),
        passes("a cast", a_service("Q4010"), fee={"Q4010": Fee("X")}, opps={"Q4010": Opps("B")}),
        passes("a supply is another edit", a_service("A4253"), fee={"A4253": Fee("X")}, opps={"A4253": Opps("Y")}),
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
    """The statute excludes the code from physician services, and only a facility furnishes it.

    Status X alone proves little: laboratory, ambulance, vaccines and supplies have it and are paid
    by other schedules. So the OPPS status indicator routes: J1, J2, P, V and C mark what only a
    facility furnishes, such as intraoperative radiation delivery, and are rejected; what stays
    unclear (the case ``unclear``) warns. No modifier helps: there is no professional component, and a
    waiver (GA) does not cure an exclusion. With GY the denial is intended.
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
        text = f"{service.code} is excluded from the physician fee schedule; which schedule pays it is unclear."
        remedy = "Verify that a practitioner may bill it, and to whom."
        yield Finding(text, remedy, field="code", observed="status X", severity=WARN, by=(row, opps), case="unclear")


def _facility_bills(service: Service, row: Fee, opps: Opps | Absent | Listed) -> Finding:
    place = service.place_of_service
    in_facility = place is None or place in FACILITY_PLACES
    return Finding(
        f"{service.code} is not payable under the physician fee schedule: it is a facility's service.",
        "The facility bills it. Bill only the physician's own professional service."
        if in_facility
        else "No fee schedule rate exists in this place of service; the facility that furnishes it bills it.",
        field="code",
        observed=f"status X, place of service {shown_place(place)}" if place else "status X",
        by=(row, opps),
        codes=None if in_facility else codes("CO-96", "N448", "A3:23", "L"),
    )
