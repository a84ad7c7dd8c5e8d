"""The values that CMS publishes for each indicator, as its record layouts and addenda list them."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

FeeStatus = Literal["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "L", "M", "N", "P", "Q", "R", "T", "X"]
Pctc = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
GlobalDays = Literal["000", "010", "090", "MMM", "XXX", "YYY", "ZZZ"]
Multiple = Literal["0", "1", "2", "3", "4", "5", "6", "7", "9"]
Bilateral = Literal["0", "1", "2", "3", "9"]
Surgeons = Literal["0", "1", "2", "9"]
"""Of the indicators for assistants at surgery, co-surgeons and teams."""
Supervision = Literal["01", "02", "03", "04", "05", "06", "09", "21", "22", "66", "6A", "77", "7A"]
ImagingFamily = Literal["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "88", "99"]
OppsStatus = Literal[
    "A", "B", "C", "D", "E1", "E2", "F", "G", "H", "H1", "J1", "J2", "K", "K1", "L", "M", "N",
    "P", "Q1", "Q2", "Q3", "Q4", "R", "S", "T", "U", "V", "Y",
]  # fmt: skip
AscIndicator = Literal[
    "A2", "B5", "C5", "D1", "D2", "D5", "E5", "F4", "G2", "H2", "J7", "J8", "K2", "K5", "K7", "L1", "L6", "M5", "M6",
    "N1", "P2", "P3", "R2", "S1", "U5", "X5", "Y5", "Z2", "Z3",
]  # fmt: skip
PairIndicator = Literal["0", "1", "9"]
AddOnType = Literal["1", "2", "3"]


def published(literal: Any) -> frozenset[str]:
    """The values of one of these, as a set."""
    return frozenset(get_args(literal))


FEE: Final = {
    "status": published(FeeStatus),
    "pctc": published(Pctc),
    "global_days": published(GlobalDays),
    "multiple": published(Multiple),
    "bilateral": published(Bilateral),
    "assistant": published(Surgeons),
    "co_surgeon": published(Surgeons),
    "team": published(Surgeons),
    "supervision": published(Supervision),
    "imaging_family": published(ImagingFamily),
}
