"""Preventive services: modifiers that say that a service is one, PT and 33."""

from collections.abc import Iterator
from datetime import date

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, a_service, fires, passes
from claimcheck.checks import citations
from claimcheck.checks.families import is_laboratory_test, is_visit, same_session
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, WARN, Finding, codes
from claimcheck.rulebook import Rulebook, Rules
from claimcheck.rulebook.sections import is_evaluation, is_radiology_or_laboratory, number_of

_WELLNESS = frozenset({"G0438", "G0439"})
_RISK_ASSESSMENT = "G0136"
_WITH_WELLNESS = frozenset({"99497", "99498", _RISK_ASSESSMENT})
_RISK_ASSESSED = date(2024, 1, 1), date(2025, 12, 31)
"""First and last day of G0136 as an element of a wellness visit."""


@claim_check(
    "ACP-33",
    severity=WARN,
    citation=citations.ADVANCE_CARE_PLANNING,
    codes=codes("", "", "A2:20"),
    settings=(PROFESSIONAL,),
    applies_to=lambda service, rules: service.code in _WITH_WELLNESS,
    examples=(
        passes("with a wellness visit", a_claim(a_line("G0439"), a_line("99497-33"))),
        fires("with another visit", a_claim(a_line("99214"), a_line("99497-33")), says="G0438 or G0439"),
        fires("of another day", a_claim(a_line("G0439"), a_line("99497-33", day="20250311"))),
        fires("of another provider", a_claim(a_line("G0439"), a_line("99497-33", rendering_npi=A_PHYSICIAN))),
        fires("33 missing", a_claim(a_line("G0439"), a_line("99497")), says="Append 33", severity=INFORM),
        passes("by itself", a_claim(a_line("99497"))),
        fires("an assessment of risks", a_claim(a_line("G0136-33", day="20240101"))),
        passes("an assessment before", a_claim(a_line("G0136-33", day="20231231"))),
        passes("and after", a_claim(a_line("G0136-33", day="20260101"))),
    ),
)
def planning_without_wellness_visit(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Modifier 33 on advance care planning (99497, 99498) or G0136 without a wellness visit, or missing beside one.

    33 waives deductible and coinsurance where the service is an element of an annual wellness visit: by the same
    provider, on the same date and claim as G0438 or G0439. Without that visit the patient's share applies. Beside it
    without 33 the patient pays a share that need not be.
    """
    visits = {same_session(claim, line) for line in claim.lines if line.code in _WELLNESS}
    for line in claim.lines:
        if line.code not in _WITH_WELLNESS or not _is_element(line):
            continue
        code, has_33 = line.code, "33" in line.modifiers
        is_beside = same_session(claim, line) in visits
        if has_33 and not is_beside:
            yield Finding(
                f"33 on {code} waives the patient's share only with G0438 or G0439 on the same date and claim; none is "
                "billed.",
                "Report both on one claim by the same provider, or remove 33 (CMS-1500 item 24D).",
                line=line,
                field="modifiers",
                observed="33",
            )
        elif is_beside and not has_33:
            yield Finding(
                f"{code} is billed with a wellness visit and without 33, so that the patient's share applies.",
                "Append 33 if it was an element of the wellness visit (CMS-1500 item 24D).",
                line=line,
                field="modifiers",
                observed=" ".join(line.modifiers),
                allowed="33",
                severity=INFORM,
            )


def _is_element(line: Line) -> bool:
    """Whether a service may be an element of a wellness visit on its day."""
    if line.code != _RISK_ASSESSMENT:
        return True
    first, last = _RISK_ASSESSED
    return line.day is not None and first <= line.day <= last


_SCREENINGS = frozenset({"G0104", "G0105", "G0106", "G0120", "G0121", "G0122"})
_MAY_TAKE_PT = frozenset({"00810", "00811", "99153", "G0500"})
"""Anesthesia (00810 until 2017) and sedation of a screening colonoscopy that became a procedure."""
_COLONOGRAPHY = "74263"


def _is_colonoscopy(code: str) -> bool:
    return 44388 <= number_of(code) <= 45398


def _never_takes_pt(service: Service, rules: Rules) -> bool:
    """Services on which PT is wrong whatever happened; MOD-FITS reports it there."""
    code = service.code
    if is_evaluation(code) or is_laboratory_test(code) or (is_radiology_or_laboratory(code) and code != _COLONOGRAPHY):
        return True
    return bool(is_visit(code, rules))


@service_check(
    "PT-33",
    severity=WARN,
    citation=citations.SCREENING_COLONOSCOPY,
    codes=codes("CO-4", "N519", "A2:20", "L"),
    settings=(PROFESSIONAL, OUTPATIENT),
    examples=(
        passes("a polyp removed", a_service("45385-PT")),
        passes("its anesthesia", a_service("00811-AA-PT")),
        passes("its sedation", a_service("G0500-PT")),
        fires("the screening itself", a_service("G0121-PT"), says="G0121 is the screening itself"),
        fires("another anesthesia", a_service("00142-AA-PT"), says="00142 is not one"),
        passes("a visit is another edit", a_service("99213-PT")),
        passes("so is a laboratory test", a_service("88305-PT")),
        fires("33 on a colonoscopy", a_service("45385-33"), says="takes PT"),
        fires("33 on the screening", a_service("G0105-33"), says="Remove 33"),
        passes("33 elsewhere", a_service("99497-33")),
        fires(
            "PT to a payer that reads 33",
            a_service("45385-PT"),
            says="33",
            options={"medicare": False},
        ),
        passes("33 to a payer that reads it", a_service("45385-33"), options={"medicare": False}),
    ),
)
def screening_modifier_wrong(service: Service, rules: Rules, *, medicare: bool = True) -> Iterator[Finding]:
    """Modifier PT or 33 does not fit a colorectal cancer screening.

    PT tells Medicare that a screening became a diagnostic test or a procedure. It is on the procedure that was done
    (10004 to 69999), its anesthesia (00811) or sedation (G0500, 99153), never on the screening itself, whose code says
    what it is. Medicare reads PT there, not 33. Other payers read 33 and not PT: with ``medicare`` false, PT is
    reported on any code. PT on a visit, a laboratory test or imaging is MOD-FITS.
    """
    code = service.code
    if "PT" in service.modifiers:
        if not medicare:
            yield _pt_to_others(code)
        elif not (10004 <= number_of(code) <= 69999 or code in _MAY_TAKE_PT or _never_takes_pt(service, rules)):
            why = f"{code} is the screening itself" if code in _SCREENINGS else f"{code} is not one"
            yield Finding(
                f"PT applies to the procedure that a colorectal cancer screening became; {why}.",
                "Remove PT, or append it to the procedure that was done (CMS-1500 item 24D).",
                field="modifiers",
                observed="PT",
            )
    elif "33" in service.modifiers and medicare:
        yield from _by_33(code)


def _pt_to_others(code: str) -> Finding:
    return Finding(
        f"PT is reported for {code}; this payer reads 33 for a screening that became a procedure.",
        "Replace PT with 33 if it began as a screening; otherwise remove PT (CMS-1500 item 24D).",
        field="modifiers",
        observed="PT",
        allowed="33",
    )


def _by_33(code: str) -> Iterator[Finding]:
    if _is_colonoscopy(code):
        text = f"33 is reported for {code}; a colorectal cancer screening that became a procedure takes PT."
        remedy = "Replace 33 with PT if it began as a screening; otherwise remove 33 (CMS-1500 item 24D)."
        yield Finding(text, remedy, field="modifiers", observed="33", allowed="PT")
    elif code in _SCREENINGS:
        text = f"33 is reported for {code}, whose code says that it is a screening; no modifier is needed."
        yield Finding(text, "Remove 33 (CMS-1500 item 24D).", field="modifiers", observed="33")
