"""The tables of the National Correct Coding Initiative (NCCI): Medically Unlikely Edits, procedure-to-procedure edits
and add-on codes. Medicaid has tables of its own."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple

from claimcheck.claim import ASC, DME, OUTPATIENT, PROFESSIONAL
from claimcheck.rulebook.tables import CODING, Column, Kind, Shown, Table

Program = Literal["medicare", "medicaid"]
"""Whose NCCI tables: Medicaid has limits and pairs of its own."""

UNKNOWN_MAI: Final = 0


class Mue(NamedTuple):
    """Medically Unlikely Edit: units, and the MUE adjudication indicator (1 line, 2 date of service
    by policy, 3 date of service, clinical; None in Medicaid's tables, which have none; ``UNKNOWN_MAI``
    where a release has another)."""

    units: int
    mai: Literal[0, 1, 2, 3] | None = None
    rationale: str = ""
    source: str = "example"


class Pair(NamedTuple):
    """An NCCI procedure-to-procedure edit, keyed (column 1, column 2): column 2 is not paid beside
    column 1. ``indicator`` says whether a modifier may bypass it (0 never, 1 where appropriate); a row
    of indicator 9 was never in force, and no look-up gives one. ``last`` is None where it is open."""

    indicator: Literal["0", "1", "9"]
    first: date = date.min
    last: date | None = None
    prior_1996: bool = False
    rationale: str = ""
    source: str = "example"


class AddOn(NamedTuple):
    """One primary code of an add-on code. ``type`` 1: the list of primaries is closed; 2: the
    contractor defines them (``primary`` is ``CCCCC``); 3: some are listed. ``note`` may limit the row to
    practitioners or to facilities."""

    type: Literal["1", "2", "3"]
    primary: str
    first: date = date.min
    last: date | None = None
    note: str = ""
    source: str = "example"


MUE_TABLES: Final[Mapping[str, str]] = {
    PROFESSIONAL: "mue_practitioner",
    ASC: "mue_practitioner",
    OUTPATIENT: "mue_outpatient",
    DME: "mue_dme",
}
PTP_TABLES: Final[Mapping[str, str]] = {
    PROFESSIONAL: "ptp_practitioner",
    ASC: "ptp_practitioner",
    OUTPATIENT: "ptp_outpatient",
}
PAIR_TABLES: Final = tuple(dict.fromkeys(PTP_TABLES.values()))


def _of_medicaid(tables: Mapping[str, str]) -> Mapping[str, str]:
    return {setting: f"medicaid_{table}" for setting, table in tables.items()}


NCCI_TABLES: Final[Mapping[Program, Mapping[str, Mapping[str, str]]]] = {
    "medicare": {"mue": MUE_TABLES, "ptp": PTP_TABLES},
    # Only Medicaid has pairs for suppliers (DME).
    "medicaid": {"mue": _of_medicaid(MUE_TABLES), "ptp": _of_medicaid({**PTP_TABLES, DME: "ptp_dme"})},
}
"""The tables of each program: of unit limits and of pairs, one for each setting that has one."""


def mue_table(setting: str, program: Program = "medicare") -> str:
    """The name of the table of unit limits for a setting, of Medicare or of Medicaid."""
    return NCCI_TABLES[program]["mue"].get(setting, "mue")


def ptp_table(setting: str, program: Program = "medicare") -> str:
    """The name of the table of pairs for a setting, of Medicare or of Medicaid."""
    return NCCI_TABLES[program]["ptp"].get(setting, "ptp")


# Source: NCCI policy manual and add-on code edits.

_MAI: Final = {
    1: "adjudicated by line",
    2: "by date of service, policy: absolute",
    3: "by date of service, clinical: appealable",
}


def _limit(row: Mue) -> Iterator[Shown]:
    yield Shown("units", str(row.units), "no units payable" if row.units == 0 else "MUE limit")
    no_indicator = "adjudicated by line (no indicator)"
    yield Shown("MAI", str(row.mai or "none"), no_indicator if row.mai is None else MUE.means("mai", row.mai))
    if row.rationale:
        yield Shown("rationale", row.rationale)


MUE: Final = Kind(
    "mue",
    Mue,
    columns={"units": Column("units"), "mai": Column("MAI", _MAI), "rationale": Column("rationale")},
    decides="mai",
    by_setting=MUE_TABLES,
    section="mue",
    example="mue",
    called="MUE",
    shows=_limit,
)
PAIR: Final = Kind(
    "pair",
    Pair,
    key=("column1", "column2"),
    columns={
        "indicator": Column(
            values={
                "0": "never paid together: no modifier bypasses the edit",
                "1": "a modifier may bypass the edit where it is clinically appropriate",
                "9": "",
            }
        ),
    },
    decides="indicator",
    self_dated=True,
    by_setting=PTP_TABLES,
    example="pairs",
    called="NCCI pairs",
)
"""Of these there are millions: the store keeps them packed (``schema.py``)."""
ADD_ON: Final = Kind(
    "add_on",
    AddOn,
    key=("code", "primary_code"),
    carries=("primary",),
    columns={
        "type": Column(
            values={
                "1": "paid only with one of the primary codes listed",
                "2": "no list: the contractor says which primary codes",
                "3": "primary codes listed, and more that the contractor may accept",
            }
        ),
    },
    self_dated=True,
    example="add_ons",
    called="add-on codes",
)

_NCCI: Final = f"{CODING}/national-correct-coding-initiative-ncci-edits"
_MUE_PAGE: Final = f"{_NCCI}/medicare-ncci-medically-unlikely-edits-mues"
PTP_PAGE: Final = f"{_NCCI}/medicare-ncci-procedure-procedure-ptp-edits"
_MUES: Final = "Medicare NCCI Medically Unlikely Edits"
_PAIRS: Final = "Medicare NCCI Procedure to Procedure (PTP) Edits"


def _medicaid(kind: Kind, name: str, part: str) -> Table:
    page = f"{CODING}/ncci-medicaid/medicaid-ncci-edit-files"
    return Table(kind, f"Medicaid {name}", f"Medicaid NCCI Edit Files, {part}", page)


TABLES: Final = {
    "mue_practitioner": Table(
        MUE,
        "NCCI MUE (practitioner)",
        f"{_MUES}, Practitioner Services",
        _MUE_PAGE,
        heading="MUE, practitioner and ASC",
    ),
    "mue_outpatient": Table(
        MUE,
        "NCCI MUE (outpatient)",
        f"{_MUES}, Facility Outpatient Services",
        _MUE_PAGE,
        heading="MUE, hospital outpatient",
    ),
    "mue_dme": Table(MUE, "NCCI MUE (DME)", f"{_MUES}, DME Supplier Services", _MUE_PAGE, heading="MUE, DME supplier"),
    "ptp_practitioner": Table(
        PAIR, "NCCI PTP (practitioner)", f"{_PAIRS}, Practitioner", PTP_PAGE, heading="NCCI pairs, practitioner and ASC"
    ),
    "ptp_outpatient": Table(
        PAIR, "NCCI PTP (outpatient)", f"{_PAIRS}, Hospital", PTP_PAGE, heading="NCCI pairs, hospital outpatient"
    ),
    "medicaid_mue_practitioner": _medicaid(MUE, "MUE (practitioner)", "MUE, Practitioner Services"),
    "medicaid_mue_outpatient": _medicaid(MUE, "MUE (outpatient)", "MUE, Outpatient Hospital Services"),
    "medicaid_mue_dme": _medicaid(MUE, "MUE (DME)", "MUE, Durable Medical Equipment"),
    "medicaid_ptp_practitioner": _medicaid(PAIR, "PTP (practitioner)", "PTP, Practitioner Services"),
    "medicaid_ptp_outpatient": _medicaid(PAIR, "PTP (outpatient)", "PTP, Outpatient Hospital Services"),
    "medicaid_ptp_dme": _medicaid(PAIR, "PTP (DME)", "PTP, Durable Medical Equipment"),
    "add_on": Table(
        ADD_ON, "add-on code table", "Medicare NCCI Add-on Code Edits", f"{_NCCI}/medicare-ncci-add-code-edits"
    ),
}
