"""What changes the price or the paperwork and never rejects: supervision, imaging, rare places."""

from collections import defaultdict
from collections.abc import Iterator

from claimcheck.checking import claim_check, service_check
from claimcheck.checks import citations
from claimcheck.checks.families import same_session
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.examples import a_claim, a_line, a_service, fires, not_judged, passes
from claimcheck.message import INFORM, WARN, Fault, NotJudged, maps
from claimcheck.rulebook import Fee, NotInForce, Place, Rulebook, Rules

_SUPERVISION = {
    "01": "general supervision",
    "02": "direct supervision",
    "03": "personal supervision",
    "04": "general supervision unless a qualified psychologist performs it",
    "05": "general supervision unless a qualified audiologist performs it",
    "06": "a physician, or a physical therapist certified in electrophysiology",
    "21": "general supervision of a certified technician, else direct",
    "22": "a technician with real-time contact to a physician",
    "66": "a physician, or a certified physical therapist with state authority",
    "6A": "supervision as for 66, by the certified therapist too",
    "77": "a certified physical therapist, or direct supervision",
    "7A": "supervision as for 77, by the certified therapist too",
}


@service_check(
    "SUPV",
    severity=INFORM,
    cites=citations.pfs("Attachment A: physician supervision of diagnostic procedures (post-payment review)"),
    maps=maps(status="A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=7,
    examples=(
        passes("the concept does not apply", a_service("71046-26"), fee={"71046": Fee(supervision="09")}),
        fires("direct", a_service("93015"), says="direct supervision", fee={"93015": Fee(supervision="02")}),
        not_judged("no fee schedule", a_service("93015")),
    ),
)
def supervision_required(service: Service, rules: Rules) -> Iterator[Fault]:
    """The diagnostic test needs a level of physician supervision.

    Medicare looks at it after payment, so that it only informs: keep the record.
    """
    row = rules.fee(service.code, service.modifiers)
    if row and row.supervision in _SUPERVISION:
        text = f"{service.code} requires {_SUPERVISION[row.supervision]}."
        remedy = "Keep the record of supervision."
        yield Fault(text, remedy, field="code", observed=f"supervision {row.supervision}", by=(row,))


@claim_check(
    "IMGFAM",
    severity=INFORM,
    cites=citations.pfs("Attachment A: diagnostic imaging family 88; multiple procedure indicator 4"),
    maps=maps("CO-59", "", "A2:20"),
    needs=("fee_schedule",),
    settings=(PROFESSIONAL,),
    step=7,
    concerns=lambda service, rules: _is_imaging(service, rules) is not None,
    examples=(
        passes("one study", a_claim(a_line("70553")), fee={"70553": Fee(imaging_family="88")}),
        fires(
            "two studies in one session",
            a_claim(a_line("70553"), a_line("72148")),
            says="reduced",
            fee={"70553": Fee(imaging_family="88"), "72148": Fee(imaging_family="88")},
        ),
        passes(
            "two parts of one study",
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
def imaging_reduced(claim: Claim, rulebook: Rulebook) -> Iterator[Fault | NotJudged]:
    """Several imaging studies in one session: the second and later are paid less.

    For studies of the imaging family 88 the first is paid in full, the technical part of the others
    at half and their reading at 95 percent.
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
    for line, _ in studies:  # the reading and the technical part of a code are one study
        sessions[same_session(claim, line)].add(line.code)
    for line, row in studies:
        count = len(sessions[same_session(claim, line)])
        if count > 1:
            text = f"{count} imaging studies in one session: all but the highest-priced are paid reduced."
            yield Fault(text, "Nothing to do.", line=line, field="code", observed="imaging family 88", by=(row,))


def _is_imaging(service: Service, rules: Rules) -> Fee | None:
    row = rules.fee(service.code, service.modifiers)
    return row if row and row.imaging_family == "88" else None


_FACILITY_SIDE = frozenset("13457")
"""PC/TC indicators whose facility side another edit judges (PCTC-POS)."""


_NOT_IN_OFFICE = Fee(non_facility_na=True)
_PLACES = {"11": Place(), "22": Place(facility=True), "02": Place(facility=True)}


@service_check(
    "NA-POS",
    severity=WARN,
    cites=citations.pfs("Attachment A: non-facility and facility NA indicators"),
    maps=maps("CO-5", "M77", "A2:20", "L"),
    needs=("fee_schedule", "places_of_service"),
    settings=(PROFESSIONAL,),
    examples=(
        passes(
            "surgery in hospital",
            a_service("19301", pos="22"),
            fee={"19301": _NOT_IN_OFFICE},
            places=_PLACES,
        ),
        fires("surgery in the office", a_service("19301"), fee={"19301": _NOT_IN_OFFICE}, places=_PLACES),
        passes(
            "a visit by telehealth",
            a_service("99232", pos="02"),
            fee={"99232": _NOT_IN_OFFICE},
            places=_PLACES,
        ),
        fires(
            "rarely in a facility", a_service("95004", pos="22"), fee={"95004": Fee(facility_na=True)}, places=_PLACES
        ),
        passes(
            "a test's technical side is another edit",
            a_service("71046", pos="22"),
            fee={"71046": Fee(pctc="1", facility_na=True)},
            places=_PLACES,
        ),
        not_judged("no fee schedule", a_service("19301", pos="11")),
    ),
)
def rarely_in_this_place(service: Service, rules: Rules) -> Iterator[Fault]:
    """The fee schedule says that the service is rarely or never performed in such a place.

    It is not invalid there: the contractor prices it at the other rate or reviews it. Tests whose
    technical side belongs to the facility are judged by PCTC-POS.
    """
    place = service.place_of_service
    if not place:
        return
    row = rules.fee(service.code, service.modifiers)
    if not row or not (row.non_facility_na or row.facility_na):
        return
    in_facility = rules.place(place)
    if not in_facility:  # POS-INVALID speaks of it
        return
    rare = row.facility_na and row.pctc not in _FACILITY_SIDE if in_facility.facility else row.non_facility_na
    if rare:
        kind = "a facility" if in_facility.facility else "an office or another place that is no facility"
        text = f"{service.code} is rarely performed in {kind}."
        remedy = "Verify the place of service; expect medical review."
        yield Fault(text, remedy, field="place_of_service", observed=place[:10], severity=None, by=(row,))
