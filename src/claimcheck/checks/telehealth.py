"""Telehealth: POS 02 and 10, modifiers 93, 95, GT and GQ, and Medicare's list of telehealth services."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from claimcheck.authoring.check import claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import PT_OT_TAXONOMIES, SPEECH_HEARING_TAXONOMIES, shown_place, taxonomy_in
from claimcheck.checks.modifier_fits import is_out_of_place
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Claim, Line, Service
from claimcheck.message import INFORM, WARN, Finding, NotJudged, codes
from claimcheck.rulebook import Listed, NotInForce, Rulebook, Rules

_PLACES = frozenset({"02", "10"})
_HOME = "10"
_MODIFIERS = frozenset({"93", "95", "GT", "GQ"})
_AUDIO_ONLY = frozenset({"93", "FQ"})
_GT_ENDED = date(2018, 1, 1)
"""From this date the POS replaces GT on professional claims (change request 10152)."""
_AUDIO_AT_HOME = date(2025, 1, 1)
"""From this date any listed service may be audio-only, to patients at home (42 CFR 410.78)."""
_PLACE_CODES = codes("CO-5", "M77", "A8:249")


def _is_telehealth(service: Service, rules: Rules) -> bool:
    return service.place_of_service in _PLACES or not _MODIFIERS.isdisjoint(service.modifiers)


@claim_check(
    "TELE",
    severity=WARN,
    citation=citations.TELEHEALTH,
    codes=codes("CO-4", "N822", "A7:453"),
    refines=("telehealth",),
    settings=(PROFESSIONAL, OUTPATIENT),
    applies_to=_is_telehealth,
    examples=(
        passes("on the list, at home", a_claim(a_line("99213", pos="10")), telehealth={"99213": Listed()}),
        passes("audio-only at home", a_claim(a_line("99213-93", pos="10")), telehealth={"99213": Listed()}),
        fires("not on the list", a_claim(a_line("20610", pos="10")), says="telehealth services", telehealth={}),
        fires(
            "95 is not needed", a_claim(a_line("99213-95", pos="02")), severity=INFORM, telehealth={"99213": Listed()}
        ),
        fires("GT on a professional claim", a_claim(a_line("99213-GT", pos="02")), telehealth={"99213": Listed()}),
        fires("GQ", a_claim(a_line("99213-GQ", pos="02")), says="Alaska", telehealth={"99213": Listed()}),
        fires("audio-only elsewhere", a_claim(a_line("99213-93", pos="02")), telehealth={"99213": Listed()}),
        passes("95 with the place of a visit", a_claim(a_line("99213-95")), telehealth={"99213": Listed()}),
        passes("not telehealth", a_claim(a_line("20610"))),
        passes(
            "a critical access hospital, method II",
            a_claim(a_line("99213-GT", pos=None, setting=OUTPATIENT, revenue_code="0961"), type_of_bill="851"),
        ),
        fires(
            "GT on another hospital's claim",
            a_claim(a_line("99213-GT", pos=None, setting=OUTPATIENT, revenue_code="0510")),
            says="critical access",
        ),
        fires(
            "a payer that requires a modifier",
            a_claim(a_line("99213", pos="10")),
            says="95 or GT",
            options={"medicare": False, "wants": ("95", "GT")},
        ),
        passes(
            "with the modifier",
            a_claim(a_line("99213-GT", pos="10")),
            options={"medicare": False, "wants": ("95", "GT")},
        ),
        not_judged("no list of telehealth services for the day", a_claim(a_line("99213", pos="10"))),
    ),
)
def telehealth_doubtful(
    claim: Claim, rulebook: Rulebook, *, medicare: bool = True, wants: tuple[str, ...] = ()
) -> Iterator[Finding | NotJudged]:
    """Telehealth service not on Medicare's list, or telehealth modifier not valid with the POS or claim.

    Medicare pays the services on its telehealth list in POS 10 (the patient's home) or 02 (elsewhere), without
    a modifier: 95 adds nothing there. 93 is audio-only, from 2025 for patients at home; GT is for critical
    access hospitals that bill under method II; GQ for the demonstrations in Alaska and Hawaii. For other
    payers set ``medicare`` to false, which turns off these rules and the list; ``wants`` lists the modifiers of
    which the payer requires one in POS 02 and 10.
    """
    for line in claim.lines:
        if not _is_telehealth(line.service, rulebook.undated):
            continue
        if not medicare:
            if claim.setting == PROFESSIONAL:
                yield from _modifier_wanted(line, wants)
            continue
        yield from _modifier_findings(claim, line, rulebook.on(line.day))
        if claim.setting == PROFESSIONAL:
            try:
                yield from _not_on_list(line, rulebook.on(line.day))
            except NotInForce as gap:
                yield NotJudged(line, gap.table)


def _modifier_wanted(line: Line, wants: tuple[str, ...]) -> Iterator[Finding]:
    if wants and line.service.place_of_service in _PLACES and _accepted(wants).isdisjoint(line.modifiers):
        text = f"The payer requires {' or '.join(wants)} on telehealth services; none is reported."
        remedy = f"Append {' or '.join(wants)}, or 93 if the service was audio-only (CMS-1500 item 24D)."
        yield Finding(text, remedy, line=line, field="modifiers", observed=" ".join(line.modifiers)[:40])


def _accepted(wants: tuple[str, ...]) -> frozenset[str]:
    """The modifiers that satisfy a payer: an audio-only service has its own."""
    return _AUDIO_ONLY | {"GQ"} | set(wants)


def _modifier_findings(claim: Claim, line: Line, rules: Rules) -> Iterator[Finding]:
    place, day = line.service.place_of_service, line.day
    finding = Finding("", "", line=line, field="modifiers")
    # Not what MOD-FITS reports: telehealth of a service that is not one.
    billed = {one for one in line.modifiers if one in _MODIFIERS and not is_out_of_place(one, line.service, rules)}
    if "GT" in billed and (day is None or day >= _GT_ENDED) and not _is_method_two(claim, line):
        text = "Modifier GT is for critical access hospitals that bill telehealth under method II."
        remedy = "Remove GT; POS 02 or 10 reports telehealth." if claim.setting == PROFESSIONAL else "Remove GT."
        yield finding._replace(text=text, remedy=remedy, observed="GT")
    if claim.setting != PROFESSIONAL:
        return
    if "GQ" in billed:
        text = "Modifier GQ is for the telehealth demonstrations in Alaska and Hawaii."
        yield finding._replace(text=text, remedy="Remove GQ, unless the service is part of one.", observed="GQ")
    if "93" in billed and place != _HOME and day is not None and day >= _AUDIO_AT_HOME:
        reported = f"POS {shown_place(place)}" if place else "no POS"
        text = f"Modifier 93 (audio-only) requires POS 10, the patient's home; {reported} is reported."
        remedy = (
            "Report POS 10 if the patient was at home (CMS-1500 item 24B). Remove 93 only if the service had video."
        )
        yield finding._replace(text=text, remedy=remedy, observed="93", allowed=_HOME, codes=_PLACE_CODES)
    if "95" in billed and place in _PLACES:
        text = f"Modifier 95 is not needed: POS {place} already reports telehealth."
        yield finding._replace(text=text, remedy="No action needed.", observed="95", severity=INFORM)


def _is_method_two(claim: Claim, line: Line) -> bool:
    bill = (claim.type_of_bill or "").removeprefix("0")
    return claim.setting == OUTPATIENT and bill.startswith("85") and (line.revenue_code or "").startswith(_FEES)


_FEES = ("096", "097", "098")
"""Revenue codes under which a critical access hospital bills professional services."""


def _not_on_list(line: Line, rules: Rules) -> Iterator[Finding]:
    row = rules.listed("telehealth", line.code)
    if not row:
        yield Finding(
            f"{line.code} is not on CMS's list of telehealth services for this date.",
            "If it was in person, correct the POS (CMS-1500 item 24B) and modifier; otherwise verify the code.",
            line=line,
            field="place_of_service",
            observed=shown_place(line.service.place_of_service or ""),
            by=(row,),
            codes=_PLACE_CODES,
        )


_USUAL_PLACE: Final = date(2020, 3, 1), date(2023, 12, 31)
"""In these days 95 with the place of an office visit was right (public health emergency)."""
_OF_HOSPITALS: Final = frozenset(("19", "21", "22", "23"))
"""The clinician is in the hospital, the patient at home."""
_THERAPY: Final = frozenset({"GN", "GO", "GP"})
_THERAPISTS: Final = (*PT_OT_TAXONOMIES, "2252", *SPEECH_HEARING_TAXONOMIES)


def _is_visual(service: Service, rules: Rules) -> bool:
    """Whether a service has 95 or 93 and not the place of telehealth, and no therapy modifier; no place is known, or
    none."""
    place = service.place_of_service
    if not place or place in _PLACES or place in _OF_HOSPITALS:
        return False
    return not {"95", "93"}.isdisjoint(service.modifiers) and _THERAPY.isdisjoint(service.modifiers)


@claim_check(
    "TELE-95",
    severity=WARN,
    citation=citations.TELEHEALTH_PLACES,
    codes=_PLACE_CODES,
    settings=(PROFESSIONAL,),
    step=7,
    applies_to=_is_visual,
    examples=(
        fires("in an office", a_claim(a_line("99214-95", day="20240101")), says="95 with POS 11"),
        fires("in a home", a_claim(a_line("99214-95", pos="12")), says="POS 12"),
        fires("audio-only", a_claim(a_line("99214-93", day="20240814")), says="93 with POS 11"),
        passes("while the usual place was right", a_claim(a_line("99214-95", day="20231231"))),
        passes("from its first day", a_claim(a_line("99214-95", day="20200301"))),
        fires("before", a_claim(a_line("99214-95", day="20200229")), says="telehealth is POS 02;"),
        passes("the patient's home", a_claim(a_line("99214-95", pos="10"))),
        passes("a clinician in the hospital", a_claim(a_line("99214-95", pos="22"))),
        passes("therapy", a_claim(a_line("97110-GP-95"))),
        passes("by a therapist", a_claim(a_line("97750-95"), billing_taxonomy="225100000X")),
        passes("in person", a_claim(a_line("99214"))),
    ),
)
def telehealth_in_usual_place(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Telehealth modifier 95 or 93 with a POS that is not telehealth's.

    Since 2024 Medicare takes telehealth in POS 10 (the patient is at home) or 02; 95 stays right for clinicians in a
    hospital whose patient is at home, and for therapists. From March 2020 to the end of 2023 telehealth with 95 had the
    place of the visit in person. Contractors may pay the line as a visit in person, which would be an overpayment.
    """
    first, last = _USUAL_PLACE
    for line in claim.lines:
        day = line.day
        if not _is_visual(line.service, rulebook.undated) or day is None or first <= day <= last:
            continue
        if taxonomy_in(claim, line, _THERAPISTS):
            continue
        modifier = "95" if "95" in line.modifiers else "93"
        if is_out_of_place(modifier, line.service, rulebook.on(day)):  # MOD-FITS reports it
            continue
        place = shown_place(line.service.place_of_service or "")
        places = "POS 02 or 10" if day > last else "POS 02"
        elsewhere = "POS 10 if the patient was at home, 02 elsewhere" if day > last else "POS 02"
        yield Finding(
            f"Modifier {modifier} with POS {place}: telehealth is {places}; this POS says in person.",
            f"Report {elsewhere} (CMS-1500 item 24B); if the visit was in person, remove {modifier}.",
            line=line,
            field="place_of_service",
            observed=place,
            allowed="02 10" if day > last else "02",
            yields_to=("TELE", "POS-INVALID", "POS-TYPE"),
        )
