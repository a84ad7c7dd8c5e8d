"""What a modifier can be reported with: the code on its line, and the payer."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import is_ambulance, is_laboratory_test
from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, as_date
from claimcheck.message import INFORM, NOT_MEDICARE, REJECT, WARN, Finding, NotJudged, Severity, Wording, codes
from claimcheck.rulebook import Fee, NotInForce, Row, Rulebook, Rules
from claimcheck.rulebook.tables.modifier_fits import (
    CODE_CLASSES,
    EVERY_CLASS,
    MODIFIER_FITS,
    CodeClass,
    ModifierFit,
    Payer,
    covers,
)

_B: Final = "medicare_part_b"
_FROM, _TO = "DEGHIJNPRS", "DEGHIJNPRSX"
_PAID_WITHOUT_GLOBAL = "A", "XXX"
"""Status and global days of a procedure to which the concept of a global period does not apply."""


def _fit(modifier: str, service: Service, rules: Rules, payer: Payer) -> ModifierFit | None:
    """What a payer reads a modifier with. On ambulance services two letters say where the trip went."""
    if is_ambulance(service.code) and len(modifier) == 2 and modifier[0] in _FROM and modifier[1] in _TO:
        return None
    row = rules.row(MODIFIER_FITS, (modifier, payer))
    return row if isinstance(row, ModifierFit) else None


class _Place(NamedTuple):
    """Where a code is in a cell; ``says`` is what the class is called, "" for a span of codes."""

    says: str = ""
    by: tuple[Row, ...] = ()


def _in(cell: str, code: str, rules: Rules) -> _Place | None:
    for name in cell.split():
        if not name.islower():
            if covers(name, code):
                return _Place()
            continue
        row = rules.row(CODE_CLASSES, name)
        if isinstance(row, CodeClass) and covers(row.codes, code):
            return _Place(row.says, (row,))
    return None


def _in_any(code: str, rules: Rules) -> _Place | None:
    row = rules.row(CODE_CLASSES, EVERY_CLASS)
    return _in(row.codes, code, rules) if isinstance(row, CodeClass) else None


_SEVERITIES: Final = {"never": REJECT, "warn": WARN, "inform": INFORM}


class _Misfit(NamedTuple):
    """A modifier that does not go with the line, or is in doubt there; ``remedy`` where it is not the usual one."""

    severity: Severity
    text: str
    by: tuple[Row, ...]
    remedy: str = ""


def _misfit(modifier: str, fit: ModifierFit, service: Service, rules: Rules) -> _Misfit | None:
    code = service.code
    if any(other in service.modifiers for other in fit.beside.split()) or _in(fit.only, code, rules):
        return None
    for cell, severity in _SEVERITIES.items():
        place = _in(getattr(fit, cell), code, rules)
        if place:
            return _misplaced(severity, modifier, fit, code, place)
    place = _in_any(code, rules) if fit.rest else None
    if place and not fit.only:  # of no code of the payer's, so it is not this code's fault
        what = "does not apply to" if fit.rest == "never" else "is not expected on"
        return _Misfit(_SEVERITIES[fit.rest], f"Modifier {modifier} ({fit.says}) {what} this type of claim.", (fit,))
    if place:
        return _misplaced(_SEVERITIES[fit.rest], modifier, fit, code, place)
    if fit.no_global:
        row = _fee(code, rules)
        if row and (row.status, row.global_days) == _PAID_WITHOUT_GLOBAL:
            text = f"Modifier {modifier} ({fit.says}) is for procedures with a global period; {code} has none."
            return _Misfit(_SEVERITIES[fit.no_global], text, (fit, row))
    return None


def _misplaced(severity: Severity, modifier: str, fit: ModifierFit, code: str, place: _Place) -> _Misfit:
    what = "does not apply to" if severity == REJECT else "is not expected with"
    kind = f", {place.says}" if place.says else ""
    return _Misfit(severity, f"Modifier {modifier} ({fit.says}) {what} {code}{kind}.", (fit, *place.by))


def _fee(code: str, rules: Rules) -> Fee | None:
    """The fee schedule row, where one is known: it only adds what is said."""
    try:
        return rules.fee(code) or None
    except NotInForce:
        return None


def is_out_of_place(modifier: str, service: Service, rules: Rules, payer: Payer = "medicare_part_b") -> bool:
    """Whether MOD-FITS rejects a modifier on a service. Checks that have less to say of it are then silent."""
    try:
        fit = _fit(modifier, service, rules, payer)
        misfit = _misfit(modifier, fit, service, rules) if fit else None
    except NotInForce:
        return False
    return misfit is not None and misfit.severity == REJECT


_INFANT, _REFERRED, _BY_ANOTHER = "63", "90", "77"
"""Modifiers of which the claim decides: the patient's age, the kind of biller, who rendered the other line."""
_LABORATORIES = ("291U", "293D")


def _may_not_fit(service: Service, rules: Rules, *, payer: Payer = "medicare_part_b") -> bool:
    for modifier in service.modifiers:
        if modifier in (_INFANT, _BY_ANOTHER):
            return True
        if modifier == _REFERRED and payer == _B and is_laboratory_test(service.code):
            return True
        fit = _fit(modifier, service, rules, payer)
        if fit and _misfit(modifier, fit, service, rules):
            return True
    return False


def _of_b(modifier: str, fit: ModifierFit) -> dict[str, ModifierFit]:
    return {f"{modifier}-{_B}": fit}


_VISITS = CodeClass("an E/M service", "99202-99215")
_SIDE = _of_b("RT", ModifierFit("side of the body", never="visit 80047-87999"))
_EYELID = _of_b("E1", ModifierFit("eyelid", only="67700-67999", never="visit", warn="visit surgery"))
_INFANTS = _of_b("63", ModifierFit("infant under 4 kg", only="20100-69990"))
_CLASSES = {"visit": _VISITS, "surgery": CodeClass("a surgical procedure", "10004-69990")}


@claim_check(
    "MOD-FITS",
    severity=REJECT,
    cases=("doubtful",),
    citation=citations.MODIFIER_FITS,
    codes=codes("CO-4", "N519", "A7:453"),
    refines=("modifier_fits", "code_classes"),
    settings=(PROFESSIONAL, ASC, OUTPATIENT, DME),
    applies_to=_may_not_fit,
    examples=(
        passes("a side of a joint", a_claim(a_line("20610-RT")), modifier_fits=_SIDE, code_classes=_CLASSES),
        fires(
            "a side of a visit",
            a_claim(a_line("99213-RT")),
            says="RT (side of the body) does not apply to 99213, an E/M service",
            modifier_fits=_SIDE,
            code_classes=_CLASSES,
        ),
        fires("a side of a blood test", a_claim(a_line("85025-RT")), modifier_fits=_SIDE, code_classes=_CLASSES),
        passes("an eyelid", a_claim(a_line("67820-E1")), modifier_fits=_EYELID, code_classes=_CLASSES),
        fires(
            "an eyelid on other surgery",
            a_claim(a_line("64612-E1")),
            says="is not expected with",
            severity=WARN,
            modifier_fits=_EYELID,
            code_classes=_CLASSES,
        ),
        passes("a code of no known class", a_claim(a_line("S9999-E1")), modifier_fits=_EYELID, code_classes=_CLASSES),
        fires(
            "a procedure without a global period",
            a_claim(a_line("93000-22")),
            says="has none",
            severity=WARN,
            modifier_fits=_of_b("22", ModifierFit("increased procedural service", no_global="warn")),
            fee={"93000": Fee(global_days="XXX")},
        ),
        passes(
            "a trip from home to a physician",
            a_claim(a_line("A0425-RR", pos="41")),
            modifier_fits=_of_b("RR", ModifierFit("rental", never="A0021-A0999")),
        ),
        fires(
            "an infant's modifier on the first birthday",
            a_claim(a_line("44140-63"), birth_date="20240310"),
            says="1 year or older",
            modifier_fits=_INFANTS,
        ),
        passes(
            "the day before it",
            a_claim(a_line("44140-63"), birth_date="20240311"),
            modifier_fits=_INFANTS,
        ),
        fires(
            "a test sent out by a physician",
            a_claim(a_line("85025-90")),
            says="independent laboratory",
            severity=WARN,
            modifier_fits=_of_b("90", ModifierFit("test by an outside laboratory")),
        ),
        not_judged("no list for the day", a_claim(a_line("99213-RT"))),
    ),
)
def modifier_does_not_fit(
    claim: Claim, rulebook: Rulebook, *, payer: Payer = "medicare_part_b"
) -> Iterator[Finding | NotJudged]:
    """A modifier on a code that it does not apply to, such as RT on a visit.

    Each modifier is for some kinds of code: an eyelid modifier goes on an eyelid procedure, a rental modifier on
    equipment. The edit rejects a modifier on a kind of code where it is certainly wrong. The case ``doubtful`` is a
    kind of code where it is unusual. A code of no known kind is not judged, and two letters on an ambulance service are
    a trip. Modifier 63 is for infants, 77 for a repeat by another practitioner; on Medicare Part B claims 90 is for
    independent laboratories. Where another check reports the same modifier with more detail, this one is silent.
    ``payer`` is the profile whose reading counts: not all payers read all modifiers. Nobody publishes a list of all
    pairs of modifiers and codes, so this one names only what is sure.
    """
    rendered = _rendered(claim)
    for line in claim.lines:
        if not line.modifiers:
            continue
        rules = rulebook.on(line.day)
        is_repeated = rendered[line.code, line.day, line.rendering_npi] > 1
        try:
            for modifier in dict.fromkeys(line.modifiers):
                fit = _fit(modifier, line.service, rules, payer)
                if fit is None:
                    continue
                misfit = _misfit(modifier, fit, line.service, rules)
                misfit = misfit or _misfit_on(claim, line, modifier, fit, payer, is_repeated)
                if misfit:
                    yield _finding(line, modifier, fit, misfit)
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _misfit_on(
    claim: Claim, line: Line, modifier: str, fit: ModifierFit, payer: Payer, is_repeated: bool
) -> _Misfit | None:
    """A modifier that goes with the code, and not with the claim."""
    said = f"Modifier {modifier} ({fit.says})"
    if modifier == _INFANT and _is_a_year_old(claim, line):
        text = f"{said} does not apply; the patient is 1 year or older."
        return _Misfit(REJECT, text, (fit,), f"Remove {modifier}, or correct the date of birth (DMG02).")
    if modifier == _REFERRED and payer == _B and _is_not_a_laboratory(claim, line):
        text = f"{said} is for an independent laboratory; the billing provider's taxonomy is another."
        remedy = "Have the laboratory that performed the test bill it; otherwise verify the billing taxonomy."
        return _Misfit(WARN, text, (fit,), remedy)
    if modifier == _BY_ANOTHER and is_repeated:
        text = f"Modifier {modifier} is for a repeat by another practitioner; the same one rendered both {line.code}."
        remedy = "Report 76 if the same practitioner repeated it; otherwise correct the rendering provider."
        return _Misfit(WARN, text, (fit,), remedy)
    return None


def _finding(line: Line, modifier: str, fit: ModifierFit, misfit: _Misfit) -> Finding:
    finding = Finding(
        misfit.text,
        misfit.remedy or fit.remedy,
        line=line,
        field="modifiers",
        observed=modifier,
        by=misfit.by,
        yields_to=("FMT", "MOD-INVALID", *fit.reported_by.split()),
    )
    if misfit.severity == REJECT:
        usual = f"Remove {modifier}, or move it to the line that it belongs to."
        return finding._replace(remedy=finding.remedy or usual, soft=True)
    usual = f"Verify the code. Remove {modifier} if it is not documented for {line.code}."
    return finding._replace(remedy=finding.remedy or usual, severity=misfit.severity, case="doubtful", codes=_DOUBTFUL)


_DOUBTFUL = codes("CO-4", "N823", "A7:453", "L")


def _is_a_year_old(claim: Claim, line: Line) -> bool:
    born, day = as_date(claim.birth_date or ""), line.day
    if born is None or day is None:
        return False
    return (day.year, day.month, day.day) >= (born.year + 1, born.month, born.day)


def _rendered(claim: Claim) -> Counter[tuple[object, ...]]:
    """How often each practitioner who is named rendered a service on a date."""
    lines = claim.lines if claim.setting == PROFESSIONAL else ()
    return Counter((line.code, line.day, line.rendering_npi) for line in lines if line.rendering_npi)


def _is_not_a_laboratory(claim: Claim, line: Line) -> bool:
    taxonomy = claim.billing_taxonomy or ""
    return bool(taxonomy) and not taxonomy.startswith(_LABORATORIES) and is_laboratory_test(line.code)


@service_check(
    "MOD-PAYER",
    severity=WARN,
    citation=citations.MODIFIERS_OF_PAYERS,
    codes=codes("CO-4", "N519", "A7:453", "L"),
    refines=("modifier_fits",),
    settings=(PROFESSIONAL, OUTPATIENT, DME),
    examples=(
        passes("one that Medicare reads", a_service("99213-25"), modifier_fits=_of_b("U1", ModifierFit(unread=True))),
        fires(
            "a state's level of care",
            a_service("99213-U1"),
            says="Medicare does not use modifier U1",
            modifier_fits=_of_b("U1", ModifierFit(unread=True)),
        ),
        passes("a trip", a_service("A0429-SH"), modifier_fits=_of_b("SH", ModifierFit(unread=True))),
        fires(
            "a notice, to a health plan",
            a_service("99213-GA"),
            options={"payer": "commercial"},
            modifier_fits={"GA-commercial": ModifierFit(unread=True)},
        ),
        not_judged("no list for the day", a_service("99213-U1")),
    ),
)
def modifier_of_another_payer(service: Service, rules: Rules, *, payer: Payer = "medicare_part_b") -> Iterator[Finding]:
    """A modifier that the payer does not read.

    Medicare does not use the modifiers of states and behavioral health programs (coverage code I in the HCPCS file),
    such as HO or U1. Other payers may not read Medicare's own, such as GA or AT. Most payers ignore such a modifier.
    ``payer`` is the profile whose reading counts.
    """
    for modifier in dict.fromkeys(service.modifiers):
        fit = _fit(modifier, service, rules, payer)
        if fit and fit.unread:
            yield Finding(
                f"Medicare does not use modifier {modifier}.",
                "Remove it, unless it is meant for the secondary payer.",
                field="modifiers",
                observed=modifier,
                by=(fit,),
                wordings=(
                    Wording(
                        NOT_MEDICARE,
                        f"The payer may not use modifier {modifier}.",
                        "Verify that the payer asks for it; otherwise remove it.",
                    ),
                ),
            )
