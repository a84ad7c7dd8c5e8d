"""The bare floor: the least that plain Python can do to turn an 837P file into tuples of its fields.

It streams, splits the text into segments, splits the few that matter and builds one tuple a line
and one a claim, holding nearly every field that a check may ask for. It knows one interchange,
one set of delimiters, no errors, no messages and no second way of writing anything. The speed of
everything else is given as a multiple of this.

    python benchmarks/floor.py FILE.837
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

CHUNK = 1 << 16


def floor(path: str | Path) -> tuple[int, int]:
    """Read a file; the number of claims and of lines found."""
    claims = lines = 0
    with Path(path).open("rb") as stream:
        isa = stream.read(106).decode()
        e, c, t = isa[3], isa[104], isa[105]
        terminator = t.encode()
        interchange = isa.split(e)[13]
        received = transaction = hl = ""
        billing_npi = billing_taxonomy = member = payer = birth = sex = patient = ""
        claim = line = None
        claim_lines: list[tuple[object, ...]] = []
        diagnoses: list[str] = []
        number = 1
        rest = b""
        while chunk := stream.read(CHUNK):
            head, _, rest = (rest + chunk).rpartition(terminator)
            for segment in head.decode().replace("\n", "").split(t):
                number += 1
                tag = segment[:3]
                if tag == "SV1":
                    f = segment.split(e)
                    composite = f[1].split(c)
                    service = (composite[1], tuple(composite[2:6]), f[4], f[3], f[5] or place, composite[0])
                    line[0], line[1], line[2], line[3] = service, f[2], tuple(f[7].split(c)), number
                elif tag == "DTP":
                    f = segment.split(e)
                    if line is not None and f[1] == "472":
                        line[4], _, line[5] = f[3].partition("-")
                elif tag == "REF":
                    f = segment.split(e)
                    if line is not None:
                        if f[1] == "6R":
                            line[6] = f[2]
                        elif f[1] == "X4":
                            line[7] = f[2]
                        elif f[1] == "G1":
                            line[8] = f[2]
                    elif claim is not None:
                        if f[1] == "X4":
                            clia = f[2]
                        elif f[1] == "G1":
                            authorization = f[2]
                elif tag[:2] == "LX":
                    if line is not None:
                        claim_lines.append(tuple(line))
                    _, lx = segment.split(e)
                    line = [None, "", (), 0, "", "", None, clia, authorization, lx, rendering, taxonomy, None, None]
                elif tag == "NM1":
                    f = segment.split(e)
                    kind = f[1]
                    if kind == "82":
                        if line is not None:
                            line[10] = f[9]
                        else:
                            rendering = f[9]
                    elif kind == "IL":
                        member = f[9]
                    elif kind == "PR":
                        payer = f[9]
                    elif kind == "85":
                        billing_npi = f[9]
                    elif kind == "DN" and line is not None:
                        line[12] = f[9]
                elif tag == "LIN":
                    f = segment.split(e)
                    if f[2] == "N4":
                        line[13] = f[3]
                elif tag == "HI" + e:
                    for composite in segment.split(e)[1:]:
                        qualifier, _, code = composite.partition(c)
                        if qualifier in ("ABK", "ABF", "BK", "BF"):
                            diagnoses.append(code)
                elif tag == "PRV":
                    f = segment.split(e)
                    if f[1] == "BI":
                        billing_taxonomy = f[3]
                    elif line is not None:
                        line[11] = f[3]
                    else:
                        taxonomy = f[3]
                elif tag == "CLM":
                    f = segment.split(e)
                    place, _, frequency = f[5].split(c)
                    claim = (f[1], f[2], place, frequency, number)
                    line = clia = authorization = rendering = taxonomy = None
                    claim_lines, diagnoses = [], []
                elif tag[:2] == "HL" or tag[:2] == "SE":
                    if claim is not None:
                        claim_lines.append(tuple(line))
                        record = (*claim, tuple(claim_lines), tuple(diagnoses), billing_npi, billing_taxonomy,
                                  member, patient, birth, sex, payer, received, interchange, transaction)  # fmt: skip
                        claims += 1
                        lines += len(record[5])
                        claim = None
                    if tag[:2] == "HL":
                        hl = segment.split(e)[3]
                        patient = ""
                elif tag == "DMG":
                    f = segment.split(e)
                    birth, sex = f[2], f[3]
                    if hl == "23":
                        patient = f"{member}/{birth}{sex}"
                elif tag[:2] == "GS":
                    received = segment.split(e)[4]
                elif tag[:2] == "ST":
                    transaction = segment.split(e)[2]
    return claims, lines


def main() -> None:
    path = sys.argv[1]
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        claims, lines = floor(path)
        best = min(best, time.perf_counter() - start)
    print(f"{claims} claims, {lines} lines, {lines / best:,.0f} lines a second")


if __name__ == "__main__":
    main()
