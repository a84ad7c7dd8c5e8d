"""Laboratory tests: CLIA number, CLIA-waived tests (QW), repeated tests (91), panels."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import DISTINCT, FACILITY_PLACES, is_laboratory_test
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import LABORATORY_FEES, Absent, Fee, Listed, NotInForce, Rulebook, Rules
from claimcheck.rulebook.sections import number_of

_CLIA_NUMBER = re.compile("[0-9]{2}D[0-9]{7}")
_NUMBER = "36D0712345"
_WAIVED, _WAIVED_QW, _EXCLUDED = "clia_waived", "clia_waived_qw", "clia_excluded"


def _is_test(service: Service, rules: Rules) -> bool:
    return is_laboratory_test(service.code)


def _named(rules: Rules, name: str, code: str) -> Listed | Absent | None:
    """The row of a code in a list; None where no list is in force. For lists that only ever add proof."""
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
        fires("none", a_claim(a_line("85025", clia="")), says="CLIA number missing", clia_excluded={}),
        fires("none, for a waived test", a_claim(a_line("81002", clia="")), clia_waived={"81002": Listed()}),
        fires("none, for a test billed as waived", a_claim(a_line("80053-QW", clia=""))),
        fires("none, for a proprietary test", a_claim(a_line("0242U", clia=""))),
        fires("not in the format", a_claim(a_line("85025", clia="36-0712345")), says="36D0712345"),
        fires("none, for an interpretation", a_claim(a_line("88305-26", clia="")), severity=WARN, clia_excluded={}),
        passes("a code excluded from CLIA", a_claim(a_line("86486", clia="")), clia_excluded={"86486": Listed()}),
        passes("a source that has no CLIA numbers", a_claim(a_line("85025", clia=None))),
        passes("not a laboratory test", a_claim(a_line("36415", clia=""))),
        not_judged("nothing known of the code", a_claim(a_line("85025", clia=""))),
    ),
)
def certificate_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """CLIA number missing or invalid on a laboratory test.

    A laboratory that tests human specimens needs a CLIA certificate, at least a certificate of waiver. A
    professional claim reports its number: two digits, D, seven digits (REF*X4 of the claim or the line,
    CMS-1500 item 23). Hospital claims do not report it. CMS excludes some codes of the laboratory section from
    CLIA; where no list in the rule book says whether a code is excluded, a line without the number is not
    judged. Contractors apply CLIA edits to some interpretations too (modifier 26; 88120 and 88121, change
    request 7513). CMS does not list the others, so interpretations warn only.
    """
    good = None
    for line in claim.lines:
        clia = line.clia
        if clia is good or clia is None:  # the lines of a claim share one number
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
                f"CLIA number missing for {line.code}, a laboratory test.",
                "Report the CLIA number of the laboratory that performed the test: REF*X4 (CMS-1500 item 23).",
                line=line,
                field="clia",
                observed="",
                severity=WARN if "26" in line.modifiers else None,
                by=rests_on,
            )


def _not_a_number(line: Line, clia: str) -> Finding:
    return Finding(
        "CLIA number invalid: it has 10 characters, nnDnnnnnnn, such as 36D0712345.",
        "Report the number as on the certificate, without dashes: REF*X4 (CMS-1500 item 23).",
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


def _waived_with_qw(rules: Rules, code: str) -> Listed | Absent:
    """The row that shows a test to be waived with QW: of the laboratory fee schedule, which has an amount for it with
    QW, else of CMS's list, which has more. That the fee schedule has none proves nothing."""
    priced = _named(rules, LABORATORY_FEES, code)
    return priced if priced and priced.value == "QW" else rules.listed(_WAIVED_QW, code)


def _known_with_qw(rules: Rules, code: str) -> Listed | Absent | None:
    """The same; None where nothing in force tells."""
    try:
        return _waived_with_qw(rules, code)
    except NotInForce:
        return None


_LABORATORIES = ("291U", "292200000X", "293D")
_INDEPENDENT_LABORATORY = "81"


def _may_lack_qw(service: Service, rules: Rules, *, clia_waiver: tuple[str, ...] = ()) -> bool:
    """Whether QW on a test, or its absence, may be wrong. It depends on the laboratory where the test is waived only
    with QW, or where certificates of waiver are configured."""
    if not _is_test(service, rules):
        return False
    if "QW" in service.modifiers:
        return bool(_named(rules, _WAIVED, service.code)) or not _waived_with_qw(rules, service.code)
    return bool(clia_waiver) or bool(_known_with_qw(rules, service.code))


@claim_check(
    "QW",
    severity=REJECT,
    citation=citations.CLIA_WAIVED,
    codes=codes("CO-B7", "N822", "A7:453"),
    refines=("clia_waived_qw", LABORATORY_FEES),
    settings=(PROFESSIONAL,),
    applies_to=_may_lack_qw,
    examples=(
        passes("a waived test", a_claim(a_line("80053-QW")), clia_waived_qw={"80053": Listed()}),
        passes("waived without QW", a_claim(a_line("81002")), clia_waived={"81002": Listed()}),
        passes(
            "priced with QW by the laboratory fee schedule, not on the list",
            a_claim(a_line("85025-QW")),
            clia_waived_qw={},
            laboratory_fees={"85025": Listed("QW")},
        ),
        fires(
            "QW missing, by the laboratory fee schedule alone",
            a_claim(a_line("85025")),
            severity=WARN,
            laboratory_fees={"85025": Listed("QW")},
        ),
        fires(
            "QW missing under a certificate of waiver",
            a_claim(a_line("80053", clia=_NUMBER)),
            says="requires QW",
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
            "a test that is not waived, under a certificate of waiver",
            a_claim(a_line("88305", clia=_NUMBER)),
            says="not a CLIA-waived test",
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
            says="without QW",
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
    """Modifier QW missing or invalid for the test or the CLIA certificate.

    Under a certificate of waiver Medicare pays for waived tests only: with QW, or without it for the few that
    never take QW (81002 and others). ``clia_waiver`` lists your CLIA numbers that are certificates of waiver:
    a missing QW rejects for these and is not reported for others. Without the option a missing QW warns,
    except for independent laboratories and hospitals, whose certificates cover more than waived tests. QW on
    a test that is not on the QW list warns, unless the laboratory fee schedule has an amount for it with QW. Where
    neither the certificate nor the test is known to be waived,
    nothing is reported.
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
            text = f"{code} is CLIA-waived without QW; QW is reported."
            yield finding._replace(text=text, remedy="Remove QW.", by=(always,))
            return
        row = _waived_with_qw(rules, code)
        if not row:
            text = f"QW is for CLIA-waived tests; {code} is not on CMS's QW list for this date."
            yield finding._replace(text=text, remedy="Remove QW, or correct the code (CMS-1500 item 24D).", by=(row,))
        return
    if always:
        return
    of_waiver = line.clia in clia_waiver
    if not of_waiver and (clia_waiver or _covers_more_than_waived(claim, line)):
        return
    if of_waiver:
        yield from _under_certificate_of_waiver(finding, code, _waived_with_qw(rules, code))
        return
    known = _known_with_qw(rules, code)
    if known:
        text = f"{code} is CLIA-waived only with QW; QW is not reported."
        remedy = "Append QW if the laboratory's CLIA certificate is a certificate of waiver; otherwise no action."
        yield finding._replace(text=text, remedy=remedy, by=(known,))


def _under_certificate_of_waiver(finding: Finding, code: str, row: Listed | Absent) -> Iterator[Finding]:
    """A test without QW of a laboratory with a certificate of waiver."""
    if row:
        text = f"{code} requires QW under a certificate of waiver; QW is not reported."
        remedy = "Append QW if the test kit is CLIA-waived; otherwise this certificate does not cover the test."
        yield finding._replace(text=text, remedy=remedy, severity=None, by=(row,))
    else:
        text = f"{code} is not a CLIA-waived test; the CLIA number is a certificate of waiver."
        yield finding._replace(
            text=text, remedy="Report the CLIA number that covers the test: REF*X4 (CMS-1500 item 23).", by=(row,)
        )


def _covers_more_than_waived(claim: Claim, line: Line) -> bool:
    """Whether the biller, or the facility of the test, surely has a certificate for more than waived tests."""
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
        passes("an interpretation", a_service("84165-26-76"), fee={"84165": Fee("X", "9"), "84165-26": Fee("A", "6")}),
        not_judged("no fee schedule", a_service("84132-76")),
    ),
)
def laboratory_repeat_by_76(service: Service, rules: Rules) -> Iterator[Finding]:
    """Modifier 76 or 77 on a repeated clinical laboratory test, which takes 91.

    A clinical laboratory test (status X, paid by the laboratory fee schedule) that is repeated on the same
    day for a new result takes 91; another specimen or site takes 59. Pathology and interpretations on the
    physician fee schedule take 76 and 77. This is a separate edit, so that you can turn it off for a payer
    that accepts 76 and keep DUP-LINE, which 76 satisfies.
    """
    billed = [m for m in ("76", "77") if m in service.modifiers]
    if not billed or not is_laboratory_test(service.code):
        return
    row = rules.fee(service.code, service.modifiers)
    if row and row.status == "X":
        text = f"A repeated clinical laboratory test takes 91; {service.code} is reported with {billed[0]}."
        remedy = f"Replace {billed[0]} with 91 if the test was repeated, with 59 for another specimen or site."
        yield Finding(text, remedy, field="modifiers", observed=billed[0], allowed="91", by=(row,))


_PANELS: Mapping[str, frozenset[str]] = {
    panel: frozenset(tests.split())
    for panel, tests in (
        ("80053", "82040 82247 82310 82374 82435 82565 82947 84075 84132 84155 84295 84450 84460 84520"),
        ("80069", "82040 82310 82374 82435 82565 82947 84100 84132 84295 84520"),
        ("80048", "82310 82374 82435 82565 82947 84132 84295 84520"),
        ("80047", "82330 82374 82435 82565 82947 84132 84295 84520"),
        ("80076", "82040 82247 82248 84075 84155 84450 84460"),
        ("80051", "82374 82435 84132 84295"),
        ("80074", "86705 86709 86803 87340"),
        ("80061", "82465 83718 84478"),
    )
}
"""The tests of each panel, the largest first: of two that are whole the larger is billed."""
_TELLING = frozenset({"82374", "82248", "86709", "83718"})
"""One test of each panel, without which none is whole."""
assert all(not _TELLING.isdisjoint(tests) for tests in _PANELS.values())
_NOT_OF_PANEL = DISTINCT | {"91"}


def _tests(*codes_and_modifiers: str) -> Claim:
    return a_claim(*(a_line(written) for written in codes_and_modifiers))


_ELECTROLYTES = ("82374", "82435", "84132", "84295")
_BASIC = (*_ELECTROLYTES, "82310", "82565", "82947", "84520")


@claim_check(
    "LAB-PANEL",
    severity=WARN,
    citation=citations.NCCI_PANELS,
    codes=codes("CO-97", "M15", "A2:20", "L"),
    settings=(PROFESSIONAL,),
    step=5,
    adopted_from="NCCI",
    applies_to=lambda service, rules: service.code in _TELLING,
    services_only=True,
    across=True,
    days_apart=0,
    examples=(
        fires("every test of a panel", _tests("82465", "83718", "84478"), says="All 3 tests of panel 80061 are billed"),
        passes("the panel", _tests("80061")),
        passes("some of a panel's tests", _tests("82310", "82947")),
        fires("the larger of two panels", _tests(*_BASIC), says="All 8 tests of panel 80048"),
        fires("the smaller, where a test is repeated", _tests(*_BASIC[:-1], "84520-91"), says="80051"),
        fires("two panels", _tests(*_ELECTROLYTES, "82465", "83718", "84478")),
        passes("a panel and a test of it: a pair", _tests("80048", *_ELECTROLYTES)),
        passes("one of the tests by another laboratory", _tests("82465", "83718", "84478-90")),
        passes(
            "by two providers",
            a_claim(a_line("82465"), a_line("83718"), a_line("84478", rendering_npi=A_PHYSICIAN)),
        ),
    ),
)
def panel_billed_by_its_tests(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """All tests of a laboratory panel are billed one by one.

    Where every test of a panel is done on one date by one provider, the code of the panel is reported, of the largest
    one that is whole. Each test is column 2 of a pair with its panel. The edit is on the first of the lines. A test
    with 91, 59 or X{EPSU} does not count, nor does a test of a panel that is billed; tests of a reference laboratory
    (90) are a panel of their own.
    """
    if _TELLING.isdisjoint([line.code for line in claim.lines]):
        return
    days: dict[tuple[date, str | None, bool], dict[str, Line]] = defaultdict(dict)
    for line in claim.lines:
        if line.day and _NOT_OF_PANEL.isdisjoint(line.modifiers):
            day = days[line.day, claim.rendering_npi(line), "90" in line.modifiers]
            day.setdefault(line.code, line)
    own = {id(line) for line in claim.lines[claim.earlier :]}
    for billed in days.values():
        for panel, tests in _whole_panels(billed):
            lines = [line for code, line in billed.items() if code in tests]
            if first := next((line for line in lines if id(line) in own), None):
                yield _panel(panel, first, lines)


def _whole_panels(billed: Mapping[str, Line]) -> Iterator[tuple[str, frozenset[str]]]:
    """The panels of which every test is billed, each test counted once."""
    known = {test for panel, tests in _PANELS.items() if panel in billed for test in tests}
    for panel, tests in _PANELS.items():
        if tests <= billed.keys() and tests.isdisjoint(known):
            known |= tests
            yield panel, tests


def _panel(panel: str, first: Line, lines: list[Line]) -> Finding:
    return Finding(
        f"All {len(lines)} tests of panel {panel} are billed one by one.",
        f"Report {panel} instead of its tests; append 91 or 59 to a test only if it was repeated.",
        line=first,
        field="code",
        observed=" ".join(sorted(line.code for line in lines)),
        allowed=panel,
        beside=tuple(line for line in lines if line is not first),
    )
