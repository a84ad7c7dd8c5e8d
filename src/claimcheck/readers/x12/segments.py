"""Which segments an 837 may hold, and their elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SEGMENT_IDS: Final = frozenset(
    """
    AMT BHT CAS CL1 CLM CN1 CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC CTP CUR DMG DN1 DN2 DSB DTP FRM GE GS HCP
    HI HL HSD IEA IMM ISA K3 LIN LQ LX MEA MIA MOA N2 N3 N4 NM1 NTE OI PAT PER PRV PS1 PWK QTY REF SBR SE
    ST SV1 SV2 SV3 SV4 SV5 SV6 SV7 SVD TA1 TOO UR
    """.split()  # noqa: SIM905
)
"""Every segment that an 837 may hold, of any kind and version, with its envelope."""

ENVELOPE: Final = ("ISA", "GS", "ST", "SE", "GE", "IEA")


def element(elements: Sequence[str], index: int) -> str:
    """An element of a split segment, "" where the segment ends before it."""
    return elements[index] if index < len(elements) else ""
