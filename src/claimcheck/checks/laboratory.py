"""Laboratory tests: the laboratory's CLIA certificate, waived tests, repeated tests."""

import re
from collections.abc import Iterator

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import FACILITY_PLACES, is_laboratory_test
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Absent, Fee, Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_CLIA_NUMBER = re.compile("[0-9]{2}D[0-9]{7}")
_NUMBER = "36D0712345"
_WAIVED, _WAIVED_QW, _EXCLUDED = "clia_waived", "clia_waived_qw", "clia_excluded"


def _is_test(service: Service, rules: Rules) -> bool:
    return is_laboratory_test(service.code)


def _named(rules: Rules, name: str, code: str) -> Listed | Absent | None:
    """What a list says of a code; None where it does not say. For lists that only ever add proof."""
    try:
        return rules.listed(name, code)
    except NotInForce:
        return None


@claim_check(
    "CLIA",
    severity=REJECT,
    citation=citations.CLIA,
    codes=codes("CO-16", "MA120", "A6:544", "H"),
    refines=("clia_excluded",),
    settings=(PROFESSIONAL,),
    applies_to=_is_test,
    examples=(
        passes("a certificate", a_claim(a_line("85025", clia=_NUMBER))),
        fires("none", a_claim(a_line("85025", clia="")), says="CLIA number is missing", clia_excluded={}),
        fires("none, for a waived test", a_claim(a_line("81002", clia="")), clia_waived={"81002": Listed()}),
        fires("none, for a test billed as waived", a_claim(a_line("80053-QW", clia=""))),
        fires("none, for a proprietary test", a_claim(a_line("0242U", clia=""))),
        fires("not written as one", a_claim(a_line("85025", clia="36-0712345")), says="36D0712345"),
        fires("none, for a reading", a_claim(a_line("88305-26", clia="")), severity=WARN, clia_excluded={}),
        passes("a code excluded from CLIA", a_claim(a_line("86486", clia="")), clia_excluded={"86486": Listed()}),
        passes("a source that has no CLIA numbers", a_claim(a_line("85025", clia=None))),
        passes("no laboratory test", a_claim(a_line("36415", clia=""))),
        not_judged("nothing known of the code", a_claim(a_line("85025", clia=""))),
    ),
)
def certificate_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """A laboratory test without the laboratory's CLIA number, or with one that can't be.

    Who tests human specimens needs a certificate, if only one of waiver, and a professional claim bears its
    number: two digits, D, seven digits (REF*X4, of the claim or the line). A hospital's claim has no place
    for it. CMS excludes some codes of the laboratory section; where no list says whether a code is one of
    them, a line without a number is not judged. Readings (26) are edited for a certificate too, at least
    some (88120 and 88121, change request 7513); as CMS names no more of them, they only warn.
    """
    good = None
    for line in claim.lines:
        clia = line.clia
        if clia is good or clia is None:  # one number stands on all lines
            continue
        if _CLIA_NUMBER.fullmatch(clia):
            good = clia
            continue
        if not is_laboratory_test(line.code):
            continue
        if clia:
            yield _not_a_number(line, clia)
            continue
        try:
            rests_on = _under_clia(line, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if rests_on is not None:
            yield Finding(
                f"The CLIA number is missing; {line.code} is a laboratory test.",
                "Report the CLIA number of the laboratory that did the test.",
                line=line,
                field="clia",
                observed="",
                severity=WARN if "26" in line.modifiers else None,
                by=rests_on,
            )


def _not_a_number(line: Line, clia: str) -> Finding:
    return Finding(
        "The CLIA number is not written as one, such as 36D0712345.",
        "Report the number on the certificate: two digits, D, seven digits.",
        line=line,
        field="clia",
        observed=clia[:20],
        codes=codes("CO-16", "MA120", "A7:544", "H"),
    )


def _under_clia(line: Line, rules: Rules) -> tuple[Listed | Absent, ...] | None:
    """The rows by which a laboratory code needs a certificate; None where it needs none."""
    code = line.code
    # CMS excludes codes of the 80000 series alone.
    if "QW" in line.modifiers or number_of(code) < 0:
        return ()
    for name in (_WAIVED, _WAIVED_QW):
        row = _named(rules, name, code)
        if row:
            return (row,)
    excluded = rules.listed(_EXCLUDED, code)
    return None if excluded else (excluded,)


_LABORATORIES = ("291U", "292200000X", "293D")
_INDEPENDENT_LABORATORY = "81"


def _may_lack_qw(service: Service, rules: Rules, *, clia_waiver: tuple[str, ...] = ()) -> bool:
    """Whether QW on a test, or its lack, may be wrong: it depends on the laboratory where the test is waived with
    QW alone, or where certificates of waiver are known."""
    if not _is_test(service, rules):
        return False
    if "QW" in service.modifiers:
        return bool(_named(rules, _WAIVED, service.code)) or not rules.listed(_WAIVED_QW, service.code)
    return bool(clia_waiver) or bool(_named(rules, _WAIVED_QW, service.code))


@claim_check(
    "QW",
    severity=REJECT,
    citation=citations.CLIA_WAIVED,
    codes=codes("CO-B7", "N822", "A7:453"),
    refines=("clia_waived_qw",),
    settings=(PROFESSIONAL,),
    applies_to=_may_lack_qw,
    examples=(
        passes("a waived test", a_claim(a_line("80053-QW")), clia_waived_qw={"80053": Listed()}),
        passes("waived whatever the kit", a_claim(a_line("81002")), clia_waived={"81002": Listed()}),
        fires(
            "QW missing under a certificate of waiver",
            a_claim(a_line("80053", clia=_NUMBER)),
            says="without QW",
            options={"clia_waiver": (_NUMBER,)},
            clia_waived_qw={"80053": Listed()},
        ),
        fires(
            "QW missing, certificate not known",
            a_claim(a_line("80053", clia=_NUMBER)),
            severity=WARN,
            clia_waived_qw={"80053": Listed()},
        ),
        fires(
            "more than waived tests under a certificate of waiver",
            a_claim(a_line("88305", clia=_NUMBER)),
            says="not a waived test",
            severity=WARN,
            options={"clia_waiver": (_NUMBER,)},
            clia_waived_qw={},
        ),
        passes(
            "another certificate",
            a_claim(a_line("80053", clia="99D9999999")),
            options={"clia_waiver": (_NUMBER,)},
            clia_waived_qw={"80053": Listed()},
        ),
        passes(
            "an independent laboratory",
            a_claim(a_line("80053", pos="81", clia=_NUMBER)),
            clia_waived_qw={"80053": Listed()},
        ),
        fires(
            "QW on a test that has no waived kit",
            a_claim(a_line("88305-QW")),
            severity=WARN,
            clia_waived_qw={},
        ),
        fires(
            "QW where none is needed",
            a_claim(a_line("81002-QW")),
            says="needs no QW",
            severity=WARN,
            clia_waived={"81002": Listed()},
        ),
        passes("nothing known of the test or the certificate", a_claim(a_line("85025", clia=_NUMBER))),
        not_judged("QW on a test of which nothing is known", a_claim(a_line("85025-QW"))),
        not_judged(
            "a certificate of waiver, and nothing known of the test",
            a_claim(a_line("85025", clia=_NUMBER)),
            options={"clia_waiver": (_NUMBER,)},
        ),
    ),
)
def waived_test_not_shown(
    claim: Claim, rulebook: Rulebook, *, clia_waiver: tuple[str, ...] = ()
) -> Iterator[Finding | NotJudged]:
    """QW does not fit the test or the laboratory's certificate.

    Under a certificate of waiver a test is paid only as a waived one: with QW, or one of the few that are
    waived whatever the kit (81002 and others) without it. ``clia_waiver`` names the CLIA numbers that are
    certificates of waiver: for them a missing QW rejects, and other numbers are no longer doubted. Without
    it a missing QW warns, but for independent laboratories and hospitals, whose certificates reach further.
    QW on a test that the list does not name warns. Where neither the certificate nor the test is known to be
    of waiver, there is nothing to say.
    """
    for line in claim.lines:
        if not is_laboratory_test(line.code) or "26" in line.modifiers:
            continue
        try:
            yield from _waiver_findings(claim, line, rulebook.on(line.day), clia_waiver)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _waiver_findings(claim: Claim, line: Line, rules: Rules, clia_waiver: tuple[str, ...]) -> Iterator[Finding]:
    code = line.code
    finding = Finding("", "", line=line, field="modifiers", observed=" ".join(line.modifiers)[:40], severity=WARN)
    always = _named(rules, _WAIVED, code)
    if "QW" in line.modifiers:
        if always:
            text = f"{code} is a waived test that needs no QW."
            yield finding._replace(text=text, remedy="Remove QW.", by=(always,))
            return
        row = rules.listed(_WAIVED_QW, code)
        if not row:
            text = f"QW on {code}, which is not on the list of waived tests."
            yield finding._replace(text=text, remedy="Remove QW, or correct the code.", by=(row,))
        return
    if always:
        return
    of_waiver = line.clia in clia_waiver
    if not of_waiver and (clia_waiver or _reaches_further(claim, line)):
        return
    if of_waiver:
        yield from _under_certificate_of_waiver(finding, code, rules.listed(_WAIVED_QW, code))
        return
    known = _named(rules, _WAIVED_QW, code)
    if known:
        text = f"{code} without QW: is it the waived test?"
        remedy = "Add QW if the laboratory has a certificate of waiver alone."
        yield finding._replace(text=text, remedy=remedy, by=(known,))


def _under_certificate_of_waiver(finding: Finding, code: str, row: Listed | Absent) -> Iterator[Finding]:
    """A test without QW of a laboratory whose certificate is one of waiver."""
    if row:
        text = f"{code} without QW, under a certificate of waiver."
        yield finding._replace(text=text, remedy="Add QW.", severity=None, by=(row,))
    else:
        text = f"{code} is not a waived test, and the certificate is one of waiver."
        yield finding._replace(text=text, remedy="Report the certificate that covers the test.", by=(row,))


def _reaches_further(claim: Claim, line: Line) -> bool:
    """Whether who bills surely has a certificate of more than waived tests, or bills where another has."""
    if (claim.billing_taxonomy or "").startswith(_LABORATORIES):
        return True
    place = line.service.place_of_service
    return place == _INDEPENDENT_LABORATORY or place in FACILITY_PLACES


@service_check(
    "LAB-REPEAT",
    severity=WARN,
    citation=citations.LABORATORY_REPEATS,
    codes=codes("CO-4", "N519", "A7:453"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    examples=(
        passes("a repeat", a_service("84132-91"), fee={"84132": Fee("X", "9")}),
        fires("as a procedure", a_service("84132-76"), says="91", fee={"84132": Fee("X", "9")}),
        passes("pathology", a_service("88305-76"), fee={"88305": Fee("A", "1")}),
        passes("a reading", a_service("84165-26-76"), fee={"84165": Fee("X", "9"), "84165-26": Fee("A", "6")}),
        not_judged("no fee schedule", a_service("84132-76")),
    ),
)
def laboratory_repeat_by_76(service: Service, rules: Rules) -> Iterator[Finding]:
    """A repeated laboratory test is shown by 76 or 77, which are for procedures.

    A clinical laboratory test (status X, paid by the laboratory fee schedule) that is repeated on the day for
    a new result takes 91; another specimen or site takes 59. Pathology and readings of the physician fee
    schedule take 76 and 77. It is an edit of its own, so that a payer who accepts 76 can switch it off
    without DUP-LINE, which 76 satisfies.
    """
    billed = [m for m in ("76", "77") if m in service.modifiers]
    if not billed or not is_laboratory_test(service.code):
        return
    row = rules.fee(service.code, service.modifiers)
    if row and row.status == "X":
        text = f"{billed[0]} on {service.code}: a repeated laboratory test takes 91."
        remedy = "Report 91 for a repeat, 59 for another specimen."
        yield Finding(text, remedy, field="modifiers", observed=billed[0], allowed="91", by=(row,))
