"""Durable medical equipment and supplies, billed to the DME contractor: the modifiers that tell what is paid."""

from collections.abc import Iterator

from claimcheck.authoring.check import service_check
from claimcheck.authoring.examples import a_service, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.families import either
from claimcheck.claim import DME, Service
from claimcheck.message import MEDICARE_ADVANTAGE, NOT_MEDICARE, REJECT, WARN, Finding, Wording, codes
from claimcheck.rulebook import DMEPOS, Rules, Supply

_ADOPTED = "CMS DMEPOS fee schedule"
_MEANING = {"NU": "new", "RR": "rented", "UE": "used"}
_PRICED = frozenset(_MEANING)
_SAID_OTHERWISE = _PRICED | {"MS", "RA", "RB", "LL", "NR", "KR", "BP", "GY", "GZ"}
"""With one of these a line needs none of NU, RR and UE: maintenance, replacement, leases, partial months, or a denial
that is expected."""
_BOUGHT_OR_REPLACED = frozenset({"BP", "RA"})
_MONTHS = frozenset({"KH", "KI", "KJ", "MS", "KR"})
_RENTED_FAMILIES = ("A", "E", "K")
"""The letters of the codes that have a row for each of new, rented and used, or some of them, alone."""
_CAPPED_RENTAL = "CR"
_CAPPED, _BOUGHT, _BRACE = Supply("CR", "RR"), Supply("IN", "NU RR UE"), Supply("PO")


def _dme(written: str) -> Service:
    return a_service(written, pos="12", setting=DME)


def _explained(modifiers: frozenset[str]) -> str:
    return either([f"{modifier} ({_MEANING[modifier]})" for modifier in sorted(modifiers)])


@service_check(
    "DME-RENT",
    severity=REJECT,
    adopted_from=_ADOPTED,
    citation=citations.DMEPOS,
    codes=codes("CO-4", "N822", "A7:507"),
    needs=(DMEPOS,),
    settings=(DME,),
    examples=(
        passes("rented", _dme("E0601-RR-KH"), dmepos={"E0601": _CAPPED}),
        passes("bought new", _dme("K0005-NU"), dmepos={"K0005": _BOUGHT}),
        passes("maintenance", _dme("E0601-MS"), dmepos={"E0601": _CAPPED}),
        passes("a denial is expected", _dme("E0601-GY"), dmepos={"E0601": _CAPPED}),
        passes("a brace, which has one amount", _dme("L1833")),
        passes("a row without a modifier beside others", _dme("E0100"), dmepos={"E0100": Supply("IN", "none NU")}),
        passes("not on the fee schedule", _dme("E1399"), dmepos={}),
        fires("a capped rental", _dme("E0601"), says="E0601 requires RR (rented)", dmepos={"E0601": _CAPPED}),
        fires("rented or bought", _dme("K0005-KX"), says="NU (new), RR (rented) or UE", dmepos={"K0005": _BOUGHT}),
        not_judged("no fee schedule", _dme("E0601")),
    ),
)
def neither_rented_nor_bought(service: Service, rules: Rules) -> Iterator[Finding]:
    """Equipment without the modifier that says whether it is new, rented or used (NU, RR, UE).

    Where every row of a code on the DMEPOS fee schedule has NU, RR or UE, the code alone has no amount, and the DME
    contractor rejects the line. Codes with a row without them (braces, prosthetics, most supplies) need none. Lines for
    maintenance (MS), replacement (RA, RB), leases and partial months say it in another way.
    """
    if not service.code.startswith(_RENTED_FAMILIES) or not _SAID_OTHERWISE.isdisjoint(service.modifiers):
        return
    row = rules.supply(service.code)
    if row and all(_PRICED & modifiers for modifiers in row.rows):
        priced = _PRICED & row.priced
        missing = "none is reported" if len(priced) > 1 else "it is not reported"
        month = ", and KH, KI or KJ for the rental month" if _is_capped(row) else ""
        yield Finding(
            f"{service.code} requires {_explained(priced)} by the fee schedule; {missing}.",
            f"Append {either(sorted(priced))} as the first modifier{month}.",
            field="modifiers",
            observed=" ".join(service.modifiers)[:40],
            allowed=" ".join(sorted(priced)),
            by=(row,),
        )


def _is_capped(row: Supply) -> bool:
    return _CAPPED_RENTAL in row.category.split()


@service_check(
    "DME-RENT2",
    severity=WARN,
    adopted_from=_ADOPTED,
    citation=citations.DMEPOS,
    codes=codes("CO-4", "N519", "A2:20"),
    refines=(DMEPOS,),
    settings=(DME,),
    examples=(
        passes("rented", _dme("E0601-RR"), dmepos={"E0601": _CAPPED}),
        passes("used, where each is priced", _dme("K0005-UE"), dmepos={"K0005": _BOUGHT}),
        passes(
            "bought at once, as complex rehabilitation equipment is", _dme("K0861-NU-BP"), dmepos={"K0861": _CAPPED}
        ),
        passes("a replacement", _dme("E0601-NU-RA"), dmepos={"E0601": _CAPPED}),
        passes("not on the fee schedule", _dme("E1399-NU"), dmepos={}),
        passes("neither", _dme("L1833")),
        fires(
            "a capped rental as new", _dme("E0601-NU"), says="it has one with RR (rented)", dmepos={"E0601": _CAPPED}
        ),
        fires("rented, where it is bought alone", _dme("A7030-RR"), says="NU", dmepos={"A7030": Supply("IN", "NU")}),
        fires("a new brace", _dme("L1833-NU"), says="without NU, RR and UE", dmepos={"L1833": _BRACE}),
        not_judged("no fee schedule", _dme("E0601-NU")),
    ),
)
def not_priced_so(service: Service, rules: Rules) -> Iterator[Finding]:
    """NU, RR or UE on a code that has no amount with it.

    Capped rentals are rented (RR) and never bought at first; some accessories are bought alone (NU); braces,
    prosthetics and most supplies have one amount and take none of the three. Equipment of complex rehabilitation that
    is bought at once (BP), and replacements (RA), are left out.
    """
    billed = _PRICED.intersection(service.modifiers)
    if not billed or not _BOUGHT_OR_REPLACED.isdisjoint(service.modifiers):
        return
    row = rules.supply(service.code)
    if not row:
        return
    priced = _PRICED & row.priced
    for modifier in sorted(billed - priced):
        how = f"with {_explained(priced)}" if priced else "without NU, RR and UE"
        remedy = f"Replace {modifier} with {either(sorted(priced))}" if priced else f"Remove {modifier}"
        yield Finding(
            f"{service.code} has no amount with {modifier} on the DMEPOS fee schedule; it has one {how}.",
            f"{remedy} if the code is right; otherwise correct the code.",
            field="modifiers",
            observed=modifier,
            allowed=" ".join(sorted(priced)) or None,
            by=(row,),
        )


@service_check(
    "DME-CAP",
    severity=REJECT,
    citation=citations.CAPPED_RENTAL,
    codes=codes("CO-4", "N822", "A7:453"),
    needs=(DMEPOS,),
    settings=(DME,),
    examples=(
        passes("the first month", _dme("E0601-RR-KH"), dmepos={"E0601": _CAPPED}),
        passes("the thirteenth month", _dme("E0601-RR-KJ-KX"), dmepos={"E0601": _CAPPED}),
        passes("a part of a month", _dme("E0601-RR-KR"), dmepos={"E0601": _CAPPED}),
        passes("another category", _dme("E1390-RR"), dmepos={"E1390": Supply("OX", "RR")}),
        passes("not rented", _dme("K0005-NU")),
        fires("no month", _dme("E0601-RR-KX"), says="KH, KI or KJ", dmepos={"E0601": _CAPPED}),
        not_judged("no fee schedule", _dme("E0601-RR")),
    ),
)
def rental_month_missing(service: Service, rules: Rules) -> Iterator[Finding]:
    """Capped rental equipment (RR) without the modifier of the rental month (KH, KI, KJ).

    Medicare pays capped rentals for 13 months, at amounts that depend on the month. Maintenance (MS) and partial months
    (KR) say it in another way. It is a soft reject: a payer may still price the line, and its profile may lower the
    severity.
    """
    if "RR" not in service.modifiers or not _MONTHS.isdisjoint(service.modifiers):
        return
    row = rules.supply(service.code)
    if row and _is_capped(row):
        yield Finding(
            f"{service.code} is a capped rental: RR requires KH, KI or KJ for the month; none is reported.",
            "Append KH (month 1), KI (months 2 and 3) or KJ (months 4 to 13).",
            field="modifiers",
            observed=" ".join(service.modifiers)[:40],
            allowed="KH KI KJ",
            soft=True,
            by=(row,),
        )


_OF_COVERAGE = ("KX", "GA", "GZ", "GY")
_NOT_ORIGINAL_MEDICARE = (MEDICARE_ADVANTAGE, *NOT_MEDICARE)
"""Payers without ABNs, and so without GA, GZ and GY."""


@service_check(
    "DME-ONE-KX",
    severity=REJECT,
    citation=citations.COVERAGE_MODIFIERS,
    codes=codes("CO-4", "N519", "A8:453"),
    settings=(DME,),
    examples=(
        passes("criteria met", _dme("E0601-RR-KH-KX")),
        passes("with a voluntary notice", _dme("E0601-GX-GY")),
        passes("GA and GZ, which MOD-CONFLICT reports", _dme("E0601-GA-GZ")),
        fires("criteria met and not met", _dme("E0601-RR-KX-GA"), says="KX and GA"),
        fires("excluded by statute", _dme("A7030-NU-KX-GY"), says="KX and GY"),
    ),
)
def contradictory_coverage(service: Service, rules: Rules) -> Iterator[Finding]:
    """KX with GA, GZ or GY on one DME line: the coverage criteria are met, or a denial is expected.

    The DME contractor returns such a line. Two of GA, GZ and GY are reported by MOD-CONFLICT.
    """
    billed = [modifier for modifier in _OF_COVERAGE if modifier in service.modifiers]
    if len(billed) > 1 and billed[0] == "KX":
        named = " and ".join(billed)
        yield Finding(
            f"{named} cannot be reported together: a DME line takes one of KX, GA, GZ and GY.",
            "Keep KX if the coverage criteria are met; else GA with an ABN on file, GZ without, GY if excluded.",
            field="modifiers",
            observed=" ".join(billed),
            wordings=(Wording(_NOT_ORIGINAL_MEDICARE, remedy="Keep the documented one and remove the others."),),
        )


_PAP = frozenset(
    (
        *("E0601", "E0562", "A4604"),
        *(f"A{number}" for number in (*range(7027, 7040), *range(7044, 7047))),
    )
)


@service_check(
    "DME-PAP",
    severity=WARN,
    citation=citations.PAP,
    codes=codes("CO-4", "N822", "A2:20"),
    settings=(DME,),
    examples=(
        passes("criteria met", _dme("E0601-RR-KH-KX")),
        passes("not met, with a notice", _dme("A7030-NU-GA")),
        passes("an accessory of another policy", _dme("A7047-NU")),
        passes("another device", _dme("E0470-RR-KH")),
        fires("a device", _dme("E0601-RR-KH"), says="KX, GA, GZ or GY"),
        fires("the last accessory", _dme("A7046-NU"), says="A7046"),
    ),
)
def coverage_of_airway_pressure(service: Service, rules: Rules) -> Iterator[Finding]:
    """Positive airway pressure (PAP) device or accessory without KX, GA, GZ or GY.

    The DME contractors' policy wants one of them on each line of E0601, its humidifier and its accessories.
    """
    if service.code in _PAP and set(_OF_COVERAGE).isdisjoint(service.modifiers):
        yield Finding(
            f"{service.code} requires KX, GA, GZ or GY by the policy on PAP devices (L33718); none is reported.",
            "Append KX if the coverage criteria are met; else GA with an ABN on file, GZ without, GY if excluded.",
            field="modifiers",
            observed=" ".join(service.modifiers)[:40],
            allowed=" ".join(_OF_COVERAGE),
            wordings=(Wording(_NOT_ORIGINAL_MEDICARE, remedy="Append KX if the coverage criteria are met."),),
        )
