"""Outpatient therapy: therapy modifiers (GN, GO, GP) and therapist assistants (CQ, CO)."""

from collections.abc import Iterator

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.modifier_fits import is_out_of_place
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import REJECT, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Listed, NotInForce, Rulebook
from claimcheck.rulebook.sections import number_of

_DISCIPLINES = {"GN": "speech-language pathology", "GO": "occupational therapy", "GP": "physical therapy"}
_DISCIPLINE_OF_TAXONOMY = {"2251": "GP", "225X": "GO", "235Z": "GN"}
_ASSISTANTS = ("CQ", "CO")
_LISTED_ALONE = frozenset({"95851", "95852", "95992", "92597", "G0281", "G0283", "G0329"})
_SECTIONS = ((92507, 92526), (92605, 92618), (96105, 96125), (97010, 97799), (98975, 98981))
"""Sections with codes of CMS's therapy code list. Codes outside of them never require a therapy modifier."""


def _may_be_therapy(code: str) -> bool:
    number = number_of(code)
    return code in _LISTED_ALONE or any(first <= number <= last for first, last in _SECTIONS)


def _of_one_discipline(code: str) -> bool:
    """Whether a code is in a section of evaluations, some of which take the modifier of one discipline only."""
    number = number_of(code)
    return 92521 <= number <= 92524 or number in (92597, 92607) or 97161 <= number <= 97168


def _plans(service: Service) -> list[str]:
    """The therapy modifiers of a service: each names the discipline of the plan of care."""
    return [modifier for modifier in _DISCIPLINES if modifier in service.modifiers]


def _of_therapist(claim: Claim, line: Line) -> str:
    """The modifier of the therapist who rendered a line; "" where the provider is not a therapist."""
    return _DISCIPLINE_OF_TAXONOMY.get((claim.rendering_taxonomy(line) or "")[:4], "")


def _plan_in_doubt(service: Service) -> bool:
    """Whether a code list must tell if the therapy modifier is right, or missing. One modifier on what any
    discipline may render needs no list; two are reported by another edit."""
    plans = len(_plans(service))
    return _may_be_therapy(service.code) and (plans == 0 or (plans == 1 and _of_one_discipline(service.code)))


_PHYSICAL, _OCCUPATIONAL, _SPEECH = "225100000X", "225X00000X", "235Z00000X"


@claim_check(
    "THER",
    severity=REJECT,
    adopted_from="CMS therapy code list",
    citation=citations.THERAPY,
    codes=codes("CO-4", "N822", "A6:453"),
    refines=("always_therapy", "sometimes_therapy"),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=lambda service, rules: _plan_in_doubt(service),
    examples=(
        passes("with its modifier", a_claim(a_line("97110-GP"))),
        passes(
            "two of them are another edit",
            a_claim(a_line("97110-GP-GO")),
            always_therapy={"97110": Listed()},
        ),
        fires(
            "always therapy, by a physician",
            a_claim(a_line("97110")),
            says="GP (PT), GO (OT) or GN (SLP)",
            always_therapy={"97110": Listed()},
        ),
        fires(
            "with GY, as a chiropractor bills it",
            a_claim(a_line("97110-GY")),
            says="GP (PT), GO (OT) or GN (SLP)",
            always_therapy={"97110": Listed()},
        ),
        fires(
            "a hospital's",
            a_claim(a_line("97110", pos=None, setting=OUTPATIENT, revenue_code="0420")),
            always_therapy={"97110": Listed()},
        ),
        passes("evaluation in its discipline", a_claim(a_line("97161-GP")), always_therapy={"97161": Listed("GP")}),
        fires(
            "evaluation in another one",
            a_claim(a_line("97165-GP")),
            says="requires GO",
            always_therapy={"97165": Listed("GO")},
        ),
        passes(
            "sometimes therapy, by a physician",
            a_claim(a_line("97597")),
            always_therapy={},
            sometimes_therapy={"97597": Listed()},
        ),
        fires(
            "sometimes therapy, by a therapist",
            a_claim(a_line("97597"), billing_taxonomy=_PHYSICAL),
            says="by a therapist",
            always_therapy={},
            sometimes_therapy={"97597": Listed()},
        ),
        passes("a visit", a_claim(a_line("99213"))),
        not_judged("no list for the day", a_claim(a_line("97110"))),
        not_judged(
            "by a therapist, without a list of sometimes-therapy codes",
            a_claim(a_line("97597"), billing_taxonomy=_PHYSICAL),
            always_therapy={},
        ),
    ),
)
def therapy_modifier_missing(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Therapy modifier (GN, GO, GP) missing, or of another discipline than the evaluation.

    Contractors return an "always therapy" service without exactly one of GN (speech-language pathology), GO
    (occupational therapy) and GP (physical therapy), whoever renders it, and also a chiropractor's, which has
    GY too. Evaluations of one discipline take its modifier only. A "sometimes therapy" service requires one
    when a therapist renders it; a physician or other practitioner bills it without one, unless it is part of a
    therapy plan of care. Two of them on one line are reported by MOD-CONFLICT.
    """
    for line in claim.lines:
        if not _plan_in_doubt(line.service):
            continue
        plans, rules = _plans(line.service), rulebook.on(line.day)
        try:
            row = rules.listed("always_therapy", line.code)
            if row:
                yield from _plan_finding(line, plans, row)
            elif not plans and _of_therapist(claim, line):
                row = rules.listed("sometimes_therapy", line.code)
                if row:
                    yield _no_plan(line, row, f"{line.code} rendered by a therapist")
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _no_plan(line: Line, row: Listed, what: str) -> Finding:
    text = f"{what} requires a therapy modifier: GP (PT), GO (OT) or GN (SLP). None is reported."
    remedy = "Append the modifier of the therapy plan of care (CMS-1500 item 24D, UB-04 FL 44)."
    return Finding(text, remedy, line=line, field="modifiers", observed="", allowed="GN GO GP", by=(row,))


def _plan_finding(line: Line, plans: list[str], row: Listed) -> Iterator[Finding]:
    if not plans:
        yield _no_plan(line, row, line.code)
    elif row.value and plans != [row.value]:
        discipline = _DISCIPLINES.get(row.value, "one discipline")
        yield Finding(
            f"{line.code} ({discipline}) requires {row.value}; {plans[0]} is reported.",
            f"Replace {plans[0]} with {row.value}, or report the evaluation code of the rendering discipline.",
            line=line,
            field="modifiers",
            observed=plans[0],
            allowed=row.value,
            codes=codes("CO-4", "N519", "A8:453"),
            by=(row,),
        )


_EVALUATIONS = (97161, 97168)
"""Evaluations and re-evaluations by physical and occupational therapists."""


@claim_check(
    "THER2",
    severity=WARN,
    citation=citations.THERAPISTS,
    codes=codes("CO-4", "N519", "A8:453", "L"),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=lambda service, rules: not {*_DISCIPLINES, *_ASSISTANTS}.isdisjoint(service.modifiers),
    examples=(
        passes("a physical therapist's", a_claim(a_line("97110-GP-KX"), billing_taxonomy=_PHYSICAL)),
        passes("a physician's", a_claim(a_line("97110-GO"))),
        fires(
            "GP by an occupational therapist", a_claim(a_line("97110-GP"), billing_taxonomy=_OCCUPATIONAL), says="GO"
        ),
        fires("GN by a physical therapist", a_claim(a_line("92507-GN"), billing_taxonomy=_PHYSICAL), says="GP"),
        fires(
            "GP by a speech-language pathologist in a group",
            a_claim(a_line("97110-GP", rendering_npi="1234567802", rendering_taxonomy=_SPEECH)),
            says="GN",
        ),
        fires(
            "on a hospital claim",
            a_claim(
                a_line("97110-GP", pos=None, setting=OUTPATIENT, revenue_code="0420"), billing_taxonomy=_OCCUPATIONAL
            ),
            says="UB-04 FL 44, FL 78",
        ),
        passes("an assistant's treatment", a_claim(a_line("97110-GP-CQ"))),
        fires("an assistant's evaluation", a_claim(a_line("97161-GP-CQ")), says="do not evaluate"),
    ),
)
def therapist_of_another_discipline(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Therapy modifier conflicts with the provider's taxonomy, or an assistant reports an evaluation.

    A therapist works under a plan of care of their own discipline: physical therapists GP, occupational
    therapists GO, speech-language pathologists GN. Assistants (CQ, CO) treat, but do not evaluate. KX attests
    that services above the annual threshold are medically necessary and documented; a claim alone does not
    show what was billed before, so KX is not checked.
    """
    for line in claim.lines:
        own = _of_therapist(claim, line)
        plans = _plans(line.service) if own else []
        is_another = own and len(plans) == 1 and plans[0] != own
        # Not what MOD-FITS reports: a service that is not therapy at all.
        if is_another and not is_out_of_place(plans[0], line.service, rulebook.on(line.day)):
            boxes = "UB-04 FL 44, FL 78" if line.service.setting == OUTPATIENT else "CMS-1500 items 24D, 24J"
            yield Finding(
                f"{plans[0]} is for {_DISCIPLINES[plans[0]]}; the provider's taxonomy is {_DISCIPLINES[own]} ({own}).",
                f"Correct the modifier or the rendering provider ({boxes}).",
                line=line,
                field="modifiers",
                observed=plans[0],
                allowed=own,
            )
        for assistant in _ASSISTANTS:
            if assistant in line.modifiers and _EVALUATIONS[0] <= number_of(line.code) <= _EVALUATIONS[1]:
                text = f"Assistants do not evaluate; evaluation {line.code} has {assistant}, by an assistant."
                remedy = f"Remove {assistant} if the therapist performed the evaluation; otherwise correct the code."
                yield Finding(text, remedy, line=line, field="modifiers", observed=assistant)
