"""Ambulatory surgical center (ASC) claims, by the payment indicators of the ASC addenda."""

from collections.abc import Iterator

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import is_reporting_only
from claimcheck.claim import ASC, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Asc, Fee, NotInForce, Rulebook, Rules

_ADOPTED = "CMS payment rules of surgical centers"
_SURGICAL = frozenset({"A2", "D2", "G2", "J8", "P2", "P3", "R2"})
"""Payment indicators of covered surgical procedures. D2: dental surgery added since 2024."""

_WITH_SURGERY = frozenset({"Z2", "Z3", "K2", "H2", "J7"})
"""Paid only when integral to a covered surgical procedure: radiology, drugs, brachytherapy sources, devices."""

_NOT_PAID = frozenset({"B5", "D1", "D5", "K5"})
_FULL_CLAIM = 50


def _asc(written: str, **fields: object):  # type: ignore[no-untyped-def]
    return a_line(written, pos="24", setting=ASC, **fields)  # type: ignore[arg-type]


@claim_check(
    "ASC-ANC",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASC_ADDENDA,
    codes=codes("CO-107", "N674", "A3:736"),
    needs=("asc",),
    settings=(ASC,),
    step=6,
    applies_to=lambda service, rules: _indicator(service, rules) in _WITH_SURGERY,
    services_only=True,
    examples=(
        passes(
            "with surgery",
            a_claim(_asc("19301-LT"), _asc("77424")),
            asc={"19301": Asc("AA", "A2"), "77424": Asc("BB", "Z2")},
        ),
        fires("alone", a_claim(_asc("77424")), says="same day", asc={"77424": Asc("BB", "Z2")}),
        fires(
            "on another day",
            a_claim(_asc("19301-LT"), _asc("77424", day="20250311")),
            asc={"19301": Asc("AA", "A2"), "77424": Asc("BB", "Z2")},
        ),
        fires(
            "packaged surgery does not count",
            a_claim(_asc("19294"), _asc("77424")),
            asc={"19294": Asc("AA", "N1"), "77424": Asc("BB", "Z2")},
        ),
        fires(
            "the surgery may be on the claim's continuation",
            a_claim(*[_asc("77424")] * 50),
            severity=WARN,
            asc={"77424": Asc("BB", "Z2")},
        ),
        not_judged("no ASC list for the day", a_claim(_asc("77424"))),
    ),
)
def ancillary_without_surgery(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """ASC ancillary service billed without a covered surgical procedure on the same day.

    A claim of 50 lines may continue on another claim, so there the edit warns.

    It is a soft reject: a payer may still price the line, and its profile may lower the severity.
    """
    surgery_days: set[object] = set()
    unknown_days: dict[object, str] = {}
    ancillary: list[tuple[int, Asc]] = []
    for i, line in enumerate(claim.lines):
        try:
            row = rulebook.on(line.day).asc(line.code)
        except NotInForce as gap:
            unknown_days[_day(line)] = gap.table
            continue
        if row and row.indicator in _SURGICAL:
            surgery_days.add(_day(line))
        elif row and row.indicator in _WITH_SURGERY:
            ancillary.append((i, row))
    if not ancillary:
        yield from (NotJudged(line, unknown_days[_day(line)]) for line in claim.lines if _day(line) in unknown_days)
    for i, row in ancillary:
        line = claim.lines[i]
        if _day(line) in surgery_days:
            continue
        if _day(line) in unknown_days:  # the unknown code may be the surgical procedure
            yield NotJudged(line, unknown_days[_day(line)])
            continue
        yield Finding(
            f"{line.code} is paid to an ASC only with a covered surgical procedure on the same day; none is billed.",
            "Report the surgical procedure on the same claim with the same date, or remove the line.",
            line=line,
            field="code",
            observed=f"payment indicator {row.indicator}",
            severity=WARN if len(claim.lines) >= _FULL_CLAIM else None,
            soft=True,
            by=(row,),
        )


def _day(line: Line) -> object:
    return line.day or line.from_date


def _indicator(service: Service, rules: Rules) -> str:
    row = rules.asc(service.code)
    return row.indicator if row else ""


@service_check(
    "ASC-50",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASC,
    codes=codes("CO-4", "N519", "A7:453"),
    settings=(ASC,),
    examples=(
        passes("one side", a_service("19301-LT", pos="24", setting=ASC)),
        fires("both sides by 50", a_service("19301-50", pos="24", setting=ASC), says="one side is paid"),
    ),
)
def bilateral_modifier_on_asc(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 50 on an ASC claim, where it is not recognized for payment.

    One side is paid. Report two lines, or 2 units.

    It is a soft reject: a payer may still price the line, and its profile may lower the severity.
    """
    if "50" in service.modifiers:
        text = f"ASC claims do not recognize modifier 50: one side is paid. {service.code} is reported with 50."
        yield Finding(
            text,
            "Remove 50; report the bilateral procedure on two lines, or as 2 units.",
            field="modifiers",
            observed="50",
            soft=True,
        )


@service_check(
    "ASC-TC",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASC,
    codes=codes("CO-4", "N519", "A7:453"),
    needs=("asc", "fee_schedule"),
    settings=(ASC,),
    examples=(
        passes(
            "technical component",
            a_service("76000-TC", pos="24", setting=ASC),
            asc={"76000": Asc("BB", "Z3")},
            fee={"76000": Fee(pctc="1")},
        ),
        fires(
            "without TC",
            a_service("76000", pos="24", setting=ASC),
            says="TC",
            asc={"76000": Asc("BB", "Z3")},
            fee={"76000": Fee(pctc="1")},
        ),
        passes(
            "a code that does not split",
            a_service("77424", pos="24", setting=ASC),
            asc={"77424": Asc("BB", "Z2")},
            fee={"77424": Fee("X", "9")},
        ),
        not_judged("no ASC list for the day", a_service("76000", pos="24", setting=ASC)),
    ),
)
def technical_modifier_missing(service: Service, rules: Rules) -> Iterator[Finding]:
    """Radiology or a diagnostic test on an ASC claim without TC.

    The ASC bills the technical component (PC/TC indicator 1); the physician bills the professional component.

    It is a soft reject: a payer may still price the line, and its profile may lower the severity.
    """
    if "TC" in service.modifiers:
        return
    row = rules.asc(service.code)
    if not row or row.indicator not in ("Z2", "Z3"):
        return
    fee = rules.fee(service.code)
    if fee and fee.pctc == "1":
        text = f"An ASC bills only the technical component of {service.code}; TC is not reported."
        yield Finding(text, "Append TC (CMS-1500 item 24D).", field="modifiers", allowed="TC", soft=True, by=(row, fee))


@service_check(
    "ASC-LIST",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASC_ADDENDA,
    codes=codes("CO-171", "N95", "A3:249", "L"),
    needs=("asc", "fee_schedule"),
    settings=(ASC,),
    examples=(
        passes("covered surgery", a_service("19301", pos="24", setting=ASC), asc={"19301": Asc("AA", "A2")}),
        fires(
            "on neither list",
            a_service("77469", pos="24", setting=ASC),
            says="on neither",
            asc={},
            fee={"77469": Fee()},
        ),
        passes("a quality measure", a_service("G8907", pos="24", setting=ASC), asc={}, fee={"G8907": Fee("M", "9")}),
        fires(
            "packaged",
            a_service("19294", pos="24", setting=ASC),
            severity=INFORM,
            asc={"19294": Asc("AA", "N1")},
        ),
        fires(
            "no payment",
            a_service("C9999", pos="24", setting=ASC),
            severity=WARN,
            asc={"C9999": Asc("BB", "K5")},
        ),
        not_judged("no ASC list for the day", a_service("77469", pos="24", setting=ASC)),
    ),
)
def not_on_asc_list(service: Service, rules: Rules) -> Iterator[Finding]:
    """Code on an ASC claim is not on the ASC covered procedures or ancillary services list.

    The lists are Addendum AA (covered surgical procedures) and Addendum BB (covered ancillary services).
    Packaged items (N1) may be reported; their payment is included in that of the procedure. A physician's
    service is billed by the physician. Payment indicators that mean "no payment made" warn.
    """
    row = rules.asc(service.code)
    finding = Finding("", "", field="code", by=(row,))
    if not row and (is_reporting_only(service.code) or _is_measure(service, rules)):
        return
    if not row:
        text = f"An ASC bills codes of Addendum AA (procedures) and BB (ancillary); {service.code} is on neither."
        remedy = "Remove the line, or correct the code. Bill a physician's service on the physician's own claim."
        yield finding._replace(text=text, remedy=remedy, observed="not listed")
    elif row.indicator == "N1":
        text = f"{service.code} is packaged in an ASC (payment indicator N1): included in payment for the procedure."
        packaged = codes("CO-97", "", "A2:20")
        yield finding._replace(text=text, remedy="No action needed.", observed="N1", severity=INFORM, codes=packaged)
    elif row.indicator in _NOT_PAID:
        text = f"No payment is made to an ASC for {service.code} (payment indicator {row.indicator})."
        yield finding._replace(
            text=text,
            remedy="Verify the code; if it is right, expect no payment.",
            observed=row.indicator,
            severity=WARN,
        )


def _is_measure(service: Service, rules: Rules) -> bool:
    """Whether the code only reports quality (status M): an ASC reports it at no charge."""
    row = rules.fee(service.code)
    return isinstance(row, Fee) and row.status == "M"


@service_check(
    "ASC-PROV",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.ASC_OTHER_ENTITIES,
    codes=codes("CO-171", "N95", "A3:249", "L"),
    needs=("fee_schedule",),
    refines=("asc",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("in the office", a_service("77424", pos="11")),
        passes("a physician's service", a_service("77469", pos="24"), fee={"77469": Fee(pctc="0")}),
        passes(
            "an interpretation",
            a_service("76000-26", pos="24"),
            asc={"76000": Asc("BB", "Z3")},
            fee={"76000": Fee(pctc="1")},
        ),
        fires(
            "the ASC's own",
            a_service("77424", pos="24"),
            says="ASC bills",
            asc={"77424": Asc("BB", "Z2")},
            fee={"77424": Fee("X", "9")},
        ),
        not_judged("no ASC list for the day", a_service("77424", pos="24"), fee={"77424": Fee("X", "9")}),
    ),
)
def ancillary_of_the_center(service: Service, rules: Rules) -> Iterator[Finding]:
    """Physician in an ASC (POS 24) bills an ancillary service that the ASC bills.

    In an ASC anyone but the ASC is paid only the professional component of ancillary services (Addendum BB).
    A technical-only code (PC/TC 3), or one to which the concept does not apply (PC/TC 9), has no professional
    component.
    """
    if service.place_of_service != "24":
        return
    fee = rules.fee(service.code, service.modifiers)
    if not fee or fee.pctc not in ("3", "9"):
        return
    row = rules.asc(service.code)
    if row and row.addendum == "BB":
        text = f"In POS 24 the ASC bills {service.code}: it has no professional component for a physician to bill."
        remedy = "Remove the line; the ASC bills it. If the place is wrong, correct the POS (CMS-1500 item 24B)."
        yield Finding(text, remedy, field="code", observed=f"PC/TC {fee.pctc}", by=(row, fee))
