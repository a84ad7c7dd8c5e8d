"""What a plainly written professional claim looks like: one pattern that cuts a text into pieces.

Nearly all claims write the same segments in the same order. One look at such a piece costs less than a walk through
its segments, and gives the same; what is written otherwise is walked through.

No quantifier is possessive: before Python 3.11.5 those match wrongly. None is needed, for there is one way to match.
"""

from __future__ import annotations

import re
from typing import Final

from claimcheck.readers.x12.delimiters import Delimiters
from claimcheck.readers.x12.walk import CODE_SETS

LINE: Final = 9
CLAIM: Final = 27
"""The kinds of plain pieces, by ``lastindex`` of their match. The groups of all of them, in this order:

- an LX, up to what need not be there: number, procedure, charge, unit with quantity and place, pointers, the DTP of
  its days, control number and drug (None where there is no REF*6R, no LIN), and segments of providers;
- where a claim is the first of its HL, of a subscriber: level, parent, SBR (None where there is none), member id,
  birth date and sex (None where there is no DMG), and the payer's NM1; or of a dependant: level, parent, first name,
  birth date and sex;
- a CLM, up to its first LX: number, charge, CLM05, segments of references, the elements of HI, and segments of
  providers.
"""


def plain_pieces(delimiters: Delimiters) -> re.Pattern[str]:
    """Piece after piece of text in which each segment has its terminator: a plain one, or a segment and all that follow
    it up to the next HL, CLM or LX."""
    e, c, t = map(re.escape, delimiters)
    skip, whole, rest = f"[^{e}{t}]*", f"[^{t}]*", f"[^{t}]*{t}"
    field, something = f"({skip})", f"([^{e}{t}]+)"

    def any_of(*names: str) -> str:
        return f"(?:(?:{'|'.join(names)}){e}{rest})*"

    def level(kind: str) -> str:
        return f"HL{e}{field}{e}{field}{e}{kind}(?:{e}{rest}|{t})"

    providers = f"((?:NM1{e}{rest}{any_of('PRV', 'N3', 'N4', 'REF', 'PER')})*)"
    line = (
        f"LX{e}{field}(?:{e}{rest}|{t})"
        f"SV1{e}((?:{'|'.join(CODE_SETS)}){c}[^{e}{t}]+){e}{field}{e}({skip}{e}{skip}{e}{skip}){e}{skip}{e}{field}{rest}"
        f"(DTP{e}472{e}{whole}){t}(?:REF{e}6R{e}{field}{rest})?"
        f"(?:LIN{e}{skip}{e}N4{e}{field}{rest}{any_of('CTP')})?{providers}"
    )
    address, others = any_of("N3", "N4"), any_of("REF", "PER")
    birth = f"(?:DMG{e}{skip}{e}{field}{e}{field}{rest})?"
    payment = f"(?:(SBR{e}{whole}){t})?{any_of('PAT')}"
    member = f"{level('22')}{payment}NM1{e}IL{f'{e}{skip}' * 7}{e}{something}{rest}"
    subscriber = f"{member}{address}{birth}{others}(NM1{e}PR{e}{whole}){t}{address}{any_of('REF')}"
    patient = f"NM1{e}QC{e}{skip}{e}{skip}{e}{field}{rest}"
    dependant = f"{level('23')}{any_of('PAT')}{patient}{address}{birth}{others}"
    dates = f"(?:DTP{e}(?!434|472|090|091){rest})*"
    claim = (
        f"CLM{e}{field}{e}{field}{e}{skip}{e}{skip}{e}{field}{rest}"
        f"{dates}{any_of('CL1', 'PWK', 'CN1', 'AMT')}({any_of('REF')}){any_of('K3', 'CR1', 'CR2', 'CRC')}"
        f"HI{e}({whole}){t}{providers}(?=LX{e})"
    )
    others = f"{rest}(?:(?!(?:HL|CLM|LX){e}){rest})*"
    pieces = f"{line}|(?:{subscriber}|{dependant})?{claim}|{others}"
    return re.compile(pieces)
