"""Edits that never reject: supervision, multiple procedure reductions, endoscopy families, unusual places."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from claimcheck.authoring.check import claim_check, service_check
from claimcheck.authoring.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import DISTINCT, FACILITY_PLACES, MOST_NAMED, same_session
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service, as_number
from claimcheck.message import INFORM, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Fee, NotInForce, Pair, Place, Rulebook, Rules

_ADOPTED = "CMS fee schedule"
_NO_ACTION = "No action needed: the payer applies the reduction."
_SUPERVISION = {
    "01": "general supervision",
    "02": "direct supervision",
    "03": "personal supervision",
    "04": "general supervision unless a qualified psychologist performs it",
    "05": "general supervision unless a qualified audiologist performs it",
    "06": "a physician, or a physical therapist certified in electrophysiology",
    "21": "general supervision of a certified technician, else direct supervision",
    "22": "a technician in real-time contact with a physician",
    "66": "a physician, or a certified physical therapist where state law allows",
    "6A": "supervision as for indicator 66; the certified therapist may supervise",
    "77": "a certified physical therapist, or direct supervision",
    "7A": "supervision as for indicator 77; the certified therapist may supervise",
}


@service_check(
    "SUPV",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.pfs("Attachment A: physician supervision of diagnostic procedures (post-payment review)"),
    codes=codes(status="A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=7,
    examples=(
        passes("supervision does not apply", a_service("71046-26"), fee={"71046": Fee(supervision="09")}),
        fires(
            "direct supervision", a_service("93015"), says="direct supervision", fee={"93015": Fee(supervision="02")}
        ),
        not_judged("no fee schedule", a_service("93015")),
    ),
)
def supervision_required(service: Service, rules: Rules) -> Iterator[Finding]:
    """The diagnostic test requires physician supervision of a certain level.

    Medicare reviews it after payment, so the edit only informs. Keep the documentation.
    """
    row = rules.fee(service.code, service.modifiers)
    if row and row.supervision in _SUPERVISION:
        text = f"{service.code} requires {_SUPERVISION[row.supervision]} (supervision indicator {row.supervision})."
        remedy = "No action on the claim. Keep documentation of the supervision."
        yield Finding(text, remedy, field="code", observed=f"supervision {row.supervision}", by=(row,))


@claim_check(
    "IMGFAM",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.pfs("Attachment A: diagnostic imaging family 88; multiple procedure indicator 4"),
    codes=codes("CO-59", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=7,
    applies_to=lambda service, rules: _is_imaging(service, rules) is not None,
    services_only=True,
    examples=(
        passes("one study", a_claim(a_line("70553")), fee={"70553": Fee(imaging_family="88")}),
        fires(
            "two studies in one session",
            a_claim(a_line("70553"), a_line("72148")),
            says="payment reduction",
            fee={"70553": Fee(imaging_family="88"), "72148": Fee(imaging_family="88")},
        ),
        passes(
            "both components of one study",
            a_claim(a_line("70553-26"), a_line("70553-TC")),
            fee={"70553": Fee(imaging_family="88")},
        ),
        passes(
            "two days",
            a_claim(a_line("70553"), a_line("72148", day="20250311")),
            fee={"70553": Fee(imaging_family="88"), "72148": Fee(imaging_family="88")},
        ),
        not_judged("no fee schedule", a_claim(a_line("70553"), a_line("72148"))),
    ),
)
def imaging_reduced(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Multiple imaging studies in one session: payment for all but one is reduced.

    Of the studies of imaging family 88 the highest-priced is paid in full, the technical component of the others
    at 50 percent and their professional component at 95 percent.
    """
    if len(claim.lines) < 2:
        return
    studies: list[tuple[Line, Fee]] = []
    for line in claim.lines:
        try:
            row = _is_imaging(line.service, rulebook.on(line.day))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)
            continue
        if row:
            studies.append((line, row))
    sessions: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for line, _ in studies:  # the components of a code are one study
        sessions[same_session(claim, line)].add(line.code)
    for line, row in studies:
        count = len(sessions[same_session(claim, line)])
        if count > 1:
            text = f"{count} imaging studies in one session: payment reduction applies to all but the highest-priced."
            yield Finding(text, _NO_ACTION, line=line, field="code", observed="imaging family 88", by=(row,))


@claim_check(
    "MULT-RANK",
    severity=INFORM,
    adopted_from=_ADOPTED,
    citation=citations.pfs("Attachment A: multiple procedure indicators 2 and 3"),
    codes=codes("CO-59", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=7,
    applies_to=lambda service, rules: _is_ranked(service, rules) is not None,
    services_only=True,
    examples=(
        passes("one procedure", a_claim(a_line("19301")), fee={"19301": Fee(multiple="2")}),
        fires(
            "the lesser of two",
            a_claim(a_line("19301"), a_line("11042")),
            says="11042 ranks 2 of 2",
            fee={
                "19301": Fee(multiple="2", non_facility_rvu="20.10"),
                "11042": Fee(multiple="2", non_facility_rvu="3.60"),
            },
        ),
        fires(
            "51 on the greater of two",
            a_claim(a_line("19301-51"), a_line("11042-51")),
            says="highest-valued",
            fee={
                "19301": Fee(multiple="2", non_facility_rvu="20.10"),
                "11042": Fee(multiple="2", non_facility_rvu="3.60"),
            },
        ),
        fires(
            "two of one endoscopy family",
            a_claim(a_line("45380"), a_line("45385")),
            says="expect payment for 45380 less the value of 45378",
            fee={
                "45380": Fee(multiple="3", endoscopic_base="45378", non_facility_rvu="12.99"),
                "45385": Fee(multiple="3", endoscopic_base="45378", non_facility_rvu="13.60"),
            },
        ),
        fires(
            "the sixth",
            a_claim(*(a_line(str(code)) for code in range(11042, 11048))),
            says="11047 ranks 6 of 6 procedures on this date by value: expect payment by report",
            fee={str(11042 + i): Fee(multiple="2", non_facility_rvu=str(9 - i)) for i in range(6)},
        ),
        passes(
            "an endoscopy and its base, which ENDO-BASE reports",
            a_claim(a_line("45378"), a_line("45385")),
            fee={
                "45378": Fee(multiple="2", non_facility_rvu="10.19"),
                "45385": Fee(multiple="3", endoscopic_base="45378", non_facility_rvu="13.60"),
            },
        ),
        passes(
            "no relative values in the rule book",
            a_claim(a_line("19301"), a_line("11042")),
            fee={"19301": Fee(multiple="2"), "11042": Fee(multiple="2")},
        ),
        passes("no fee schedule", a_claim(a_line("19301"), a_line("11042"))),
    ),
)
def reduced_by_rank(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """Multiple procedures on one date by one practitioner: all but the highest-valued are paid at 50 percent.

    From the sixth on they are paid by report.
    The payer ranks them by the fee schedule's relative value units, in facilities by the facility ones. An
    endoscopy family ranks as one procedure; within it each lower-valued endoscopy is paid its value above that of the
    base code. The payer needs no modifier 51 for this; on the highest-valued procedure 51 is wrong.
    """
    sessions: dict[tuple[object, ...], list[tuple[Decimal, Line, Fee]]] = defaultdict(list)
    for line in claim.lines:
        try:
            row = _is_ranked(line.service, rulebook.on(line.day))
            value = _value(line, row) if row else None
        except NotInForce as gap:
            if gap.lacks:
                yield NotJudged(line, gap.table)
            continue  # where there is no row, the checks of its status say that the line is not judged
        if row and value is not None:
            sessions[same_session(claim, line)].append((value, line, row))
    for ranked in sessions.values():
        if len(ranked) > 1:
            yield from _ranks(sorted(ranked, key=lambda entry: -entry[0]))


_LAST_AT_HALF: Final = 5
"""The fee schedule pays 100, 50, 50, 50 and 50 percent, and the rest by report."""


def _ranks(ranked: list[tuple[Decimal, Line, Fee]]) -> Iterator[Finding]:
    _, first, row = ranked[0]
    if "51" in first.modifiers:
        text = f"Modifier 51 does not apply to {first.code}, the highest-valued procedure of this date."
        yield Finding(text, f"Remove 51 from {first.code}.", line=first, field="modifiers", observed="51", by=(row,))
    procedures: list[tuple[Line, Fee]] = []
    families: dict[str, Line] = {}  # the endoscopy of highest value, by the base of its family
    for _, line, row in ranked:
        base = row.endoscopic_base if row.multiple == "3" else ""
        if base in families:
            pair = f"{line.code} and {families[base].code} are endoscopies of one family"
            text = f"{pair}: expect payment for {line.code} less the value of {base}, the base."
            yield _lesser(text, line, row)
        elif line.code not in families:  # ENDO-BASE reports a base with one of its family
            procedures.append((line, row))
            if base:
                families[base] = line
    for place, (line, row) in enumerate(procedures[1:], start=2):
        paid = "at 50%" if place <= _LAST_AT_HALF else "by report"
        ranks = f"{line.code} ranks {place} of {len(procedures)} procedures on this date by value"
        yield _lesser(f"{ranks}: expect payment {paid}.", line, row)


def _lesser(text: str, line: Line, row: Fee) -> Finding:
    return Finding(text, _NO_ACTION, line=line, field="code", observed=f"multiple {row.multiple}", by=(row,))


def _is_ranked(service: Service, rules: Rules) -> Fee | None:
    row = rules.fee(service.code, service.modifiers)
    return row if row and row.multiple in ("2", "3") and row.status in ("A", "C", "R") else None


def _value(line: Line, row: Fee) -> Decimal | None:
    """The row's total relative value units for the line's place; None where the rule book has none."""
    facility = line.service.place_of_service in FACILITY_PLACES
    return as_number(row.facility_rvu if facility else row.non_facility_rvu)


@claim_check(
    "ENDO-BASE",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.ENDOSCOPY,
    codes=codes("CO-97", "M15", "A3:735"),
    needs=("fee_schedule", "ptp"),
    settings=(PROFESSIONAL,),
    step=7,
    applies_to=lambda service, rules: _endoscopic_base(service, rules) != "",
    across=True,
    days_apart=0,
    services_only=True,
    examples=(
        fires(
            "the base with a code of its family",
            a_claim(a_line("45378"), a_line("45385")),
            says="Base endoscopy 45378 is included in 45385",
            fee={"45378": Fee(multiple="3"), "45385": Fee(multiple="3", endoscopic_base="45378")},
            pairs={},
        ),
        passes(
            "a pair edit reports the two",
            a_claim(a_line("45378"), a_line("45385")),
            fee={"45378": Fee(multiple="3"), "45385": Fee(multiple="3", endoscopic_base="45378")},
            pairs={"45385-45378": Pair("1")},
        ),
        fires(
            "a modifier that bypasses the pair edit",
            a_claim(a_line("45378-59"), a_line("45385")),
            fee={"45378": Fee(multiple="3"), "45385": Fee(multiple="3", endoscopic_base="45378")},
            pairs={"45385-45378": Pair("1")},
        ),
        passes(
            "two codes of the family, without the base",
            a_claim(a_line("45380"), a_line("45385")),
            fee={
                "45380": Fee(multiple="3", endoscopic_base="45378"),
                "45385": Fee(multiple="3", endoscopic_base="45378"),
            },
        ),
        passes(
            "a code listed as its own base",
            a_claim(a_line("45378"), a_line("45378-76")),
            fee={"45378": Fee(multiple="3", endoscopic_base="45378")},
        ),
        passes("no fee schedule", a_claim(a_line("45378"), a_line("45385"))),
    ),
)
def endoscopic_base_billed(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The base code of an endoscopy family is billed with a code of the family that includes it.

    Each endoscopy of the family includes the base, which is not paid separately. Where an NCCI edit for the pair
    applies and no modifier bypasses it, PTP-0 or PTP-1 reports it instead.
    """
    families: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in claim.lines:
        try:
            base = _endoscopic_base(line.service, rulebook.on(line.day))
        except NotInForce as gap:
            if gap.lacks:
                yield NotJudged(line, gap.table)
            continue  # where there is no row, the checks of its status say that the line is not judged
        if base and base != line.code:
            families[base, *same_session(claim, line)].append(line)
    unpaired: dict[tuple[object, ...], tuple[Line, ...]] = {}
    for line in claim.lines:
        family = line.code, *same_session(claim, line)
        about = DISTINCT.isdisjoint(line.modifiers), *family
        if about not in unpaired:
            rules = rulebook.on(line.day)
            unpaired[about] = tuple(m for m in families.get(family, ()) if not _paired(line, m, rules))
        if members := unpaired[about]:
            rows = [rulebook.on(m.day).fee(m.code, m.modifiers) for m in members[:MOST_NAMED]]
            yield Finding(
                f"Base endoscopy {line.code} is included in {members[0].code} and not paid separately.",
                f"Remove {line.code}.",
                line=line,
                field="code",
                observed=f"{line.code} with {members[0].code}",
                by=tuple(rows),
                beside=members,
            )


def _endoscopic_base(service: Service, rules: Rules) -> str:
    row = rules.fee(service.code, service.modifiers)
    return row.endoscopic_base if row and row.multiple == "3" else ""


def _paired(base: Line, member: Line, rules: Rules) -> bool:
    """Whether a pair edit rejects the base already."""
    try:
        pair = rules.pair(member.code, base.code, PROFESSIONAL)
    except NotInForce:
        return False
    return isinstance(pair, Pair) and (
        pair.indicator == "0" or DISTINCT.isdisjoint((*base.modifiers, *member.modifiers))
    )


def _is_imaging(service: Service, rules: Rules) -> Fee | None:
    row = rules.fee(service.code, service.modifiers)
    return row if row and row.imaging_family == "88" else None


_FACILITY_SIDE = frozenset("13457")
"""PC/TC indicators for which PCTC-POS judges the place."""


_NOT_IN_OFFICE = Fee(non_facility_na=True)
_PLACES = {"11": Place(), "22": Place(facility=True), "02": Place(facility=True)}


@service_check(
    "NA-POS",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.pfs("Attachment A: non-facility and facility NA indicators"),
    codes=codes("CO-5", "M77", "A2:20", "L"),
    needs=("fee_schedule",),
    refines=("places_of_service",),
    settings=(PROFESSIONAL,),
    examples=(
        passes(
            "surgery in a hospital",
            a_service("19301", pos="22"),
            fee={"19301": _NOT_IN_OFFICE},
            places=_PLACES,
        ),
        fires("surgery in the office", a_service("19301"), fee={"19301": _NOT_IN_OFFICE}, places=_PLACES),
        passes(
            "a telehealth visit",
            a_service("99232", pos="02"),
            fee={"99232": _NOT_IN_OFFICE},
            places=_PLACES,
        ),
        fires(
            "rarely in a facility", a_service("95004", pos="22"), fee={"95004": Fee(facility_na=True)}, places=_PLACES
        ),
        passes(
            "a technical component, which PCTC-POS reports",
            a_service("71046", pos="22"),
            fee={"71046": Fee(pctc="1", facility_na=True)},
            places=_PLACES,
        ),
        not_judged("no fee schedule", a_service("19301", pos="11")),
    ),
)
def rarely_in_this_place(service: Service, rules: Rules) -> Iterator[Finding]:
    """The fee schedule marks the service as rarely or never performed in this place of service (NA indicator).

    It is not invalid there: the contractor prices it at the other rate or reviews it. PCTC-POS judges
    tests whose technical component the facility bills.
    """
    place = service.place_of_service
    if not place:
        return
    row = rules.fee(service.code, service.modifiers)
    if not row or not (row.non_facility_na or row.facility_na):
        return
    in_facility = rules.place(place)
    if not in_facility:  # POS-INVALID reports it
        return
    rare = row.facility_na and row.pctc not in _FACILITY_SIDE if in_facility.facility else row.non_facility_na
    if rare:
        kind = "facility" if in_facility.facility else "non-facility"
        text = f"{service.code} is rarely or never performed in a {kind} setting; place of service is {place}."
        remedy = "Verify the place of service. If it is correct, expect medical review."
        yield Finding(text, remedy, field="place_of_service", observed=place[:10], severity=None, by=(row,))
