"""The rows of the tables. Values stay as published, as text; their meanings are in EDITS pages
and in ``claimcheck explain CODE``. Every row carries the release and row that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

UNKNOWN_MAI: Final = 0


class Fee(NamedTuple):
    """One row of the National Physician Fee Schedule Relative Value File, keyed (code, modifier):
    the 26, TC and 53 rows have values of their own. The parts of a global package are fractions of it
    (``"0.10"``); relative values are totals but for ``work_rvu``."""

    status: str = "A"
    pctc: str = "0"
    global_days: str = "XXX"
    multiple: str = "0"
    bilateral: str = "0"
    assistant: str = "0"
    co_surgeon: str = "0"
    team: str = "0"
    supervision: str = "09"
    imaging_family: str = "99"
    endoscopic_base: str = ""
    non_facility_na: bool = False
    facility_na: bool = False
    preoperative: str = ""
    intraoperative: str = ""
    postoperative: str = ""
    work_rvu: str = ""
    non_facility_rvu: str = ""
    facility_rvu: str = ""
    modifier: str = ""
    source: str = "example"


class Mue(NamedTuple):
    """Medically Unlikely Edit: units, and the MUE adjudication indicator (1 line, 2 date of service
    by policy, 3 date of service, clinical; None in Medicaid's tables, which have none; ``UNKNOWN_MAI``
    where a release has another)."""

    units: int
    mai: Literal[0, 1, 2, 3] | None = None
    rationale: str = ""
    source: str = "example"


class Opps(NamedTuple):
    """Outpatient prospective payment system, Addendum B: status indicator and payment class."""

    status: str
    apc: str = ""
    source: str = "example"


class Asc(NamedTuple):
    """ASC covered procedures (Addendum AA) and ancillary services (Addendum BB)."""

    addendum: Literal["AA", "BB"]
    indicator: str
    source: str = "example"


class CodeDates(NamedTuple):
    """When a procedure code is valid, and the classifications published with it: type of service, BETOS
    and, in the HCPCS file, coverage code, pricing indicators and laboratory certifications."""

    added: date | None = None
    ended: date | None = None
    type_of_service: str = ""
    betos: str = ""
    ccs: str = ""
    needs: str = ""
    source: str = "example"
    classified_by: str = ""
    coverage: str = ""
    pricing: str = ""
    laboratory: str = ""


class Modifier(NamedTuple):
    """A modifier: its family, and when it is valid. ``family`` names what it is about
    (``evaluation``, ``assistant``, ``anatomic``, ...); ``pricing`` ones belong first on the line."""

    added: date | None = None
    ended: date | None = None
    family: str = ""
    pricing: bool = False
    source: str = "example"


class Place(NamedTuple):
    """A place of service: when it is valid, and which Medicare rate it takes."""

    added: date | None = None
    ended: date | None = None
    facility: bool = False
    source: str = "example"


class Listed(NamedTuple):
    """Membership of a code in a published list, with the list's own value for it, if any."""

    value: str = ""
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


@dataclass(frozen=True, slots=True)
class Absent:
    """What a look-up gives where a release in force has no such row: a published fact, not a gap.
    ``source`` names that release."""

    source: str = "example"

    def __bool__(self) -> Literal[False]:
        return False


Row = Fee | Mue | Opps | Asc | CodeDates | Modifier | Place | Listed | Pair | AddOn
