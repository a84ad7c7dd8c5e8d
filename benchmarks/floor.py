"""The bare floor: the least that plain Python can do to turn an 837P file into tuples of its fields.

It streams, splits the text into segments, splits the few that matter and builds one tuple a line
and one a claim, holding nearly every field that a check may ask for. It knows one interchange,
one set of delimiters, no errors, no messages and no second way of writing anything. The speed of
everything else is given as a multiple of this.

    python benchmarks/floor.py FILE.837

says as JSON what it found and cost.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cost import report

CHUNK = 1 << 16


def floor(path: str | Path) -> tuple[int, int]:
    """Read a file; the number of claims and of lines found."""
    claims = lines = 0
    claim: tuple[object, ...] | None = None
    line: list[object] | None = None
    claim_lines: list[tuple[object, ...]] = []
    diagnoses: list[str] = []
    transaction = received = level = billing_npi = billing_taxonomy = ""
    member = payer = birth_date = sex = patient = place = ""
    clia = authorization = rendering = rendering_taxonomy = None
    number = 1
    rest = b""
    with Path(path).open("rb") as stream:
        isa = stream.read(106).decode()
        separator, component, terminator = isa[3], isa[104], isa[105]
        interchange = isa.split(separator)[13]
        end = terminator.encode()
        while chunk := stream.read(CHUNK):
            whole, _, rest = (rest + chunk).rpartition(end)
            for segment in whole.decode().replace("\n", "").split(terminator):
                number += 1
                tag = segment[:3]
                if tag == "SV1":
                    fields = segment.split(separator)
                    code_set, code, *modifiers = fields[1].split(component)
                    service = (code, tuple(modifiers), fields[4], fields[3], fields[5] or place, code_set)
                    line[:4] = service, fields[2], tuple(fields[7].split(component)), number
                elif tag == "DTP":
                    fields = segment.split(separator)
                    if line is not None and fields[1] == "472":
                        line[4], _, line[5] = fields[3].partition("-")
                elif tag == "REF":
                    fields = segment.split(separator)
                    if line is not None:
                        if fields[1] == "6R":
                            line[6] = fields[2]
                        elif fields[1] == "X4":
                            line[7] = fields[2]
                        elif fields[1] == "G1":
                            line[8] = fields[2]
                    elif claim is not None:
                        if fields[1] == "X4":
                            clia = fields[2]
                        elif fields[1] == "G1":
                            authorization = fields[2]
                elif tag[:2] == "LX":
                    if line is not None:
                        claim_lines.append(tuple(line))
                    line = [None, "", (), 0, "", "", None, clia, authorization]
                    line += (segment.split(separator)[1], rendering, rendering_taxonomy, None, None)
                elif tag == "NM1":
                    fields = segment.split(separator)
                    if fields[1] == "IL":
                        member = fields[9]
                    elif fields[1] == "PR":
                        payer = fields[9]
                    elif fields[1] == "82":
                        if line is not None:
                            line[10] = fields[9]
                        else:
                            rendering = fields[9]
                    elif fields[1] == "DN" and line is not None:
                        line[12] = fields[9]
                    elif fields[1] == "85":
                        billing_npi = fields[9]
                elif tag == "HI*":
                    for composite in segment.split(separator)[1:]:
                        qualifier, _, code = composite.partition(component)
                        if qualifier in ("ABK", "ABF", "BK", "BF"):
                            diagnoses.append(code)
                elif tag == "PRV":
                    fields = segment.split(separator)
                    if fields[1] == "BI":
                        billing_taxonomy = fields[3]
                    elif line is not None:
                        line[11] = fields[3]
                    else:
                        rendering_taxonomy = fields[3]
                elif tag == "DMG":
                    fields = segment.split(separator)
                    birth_date, sex = fields[2], fields[3]
                    patient = f"{member}/{birth_date}{sex}" if level == "23" else member
                elif tag == "LIN":
                    line[13] = segment.split(separator)[3]
                elif tag == "CLM" or tag[:2] == "HL" or tag[:2] == "SE":
                    if claim is not None:
                        claim_lines.append(tuple(line))
                        parties = (billing_npi, billing_taxonomy, payer, patient, birth_date, sex)
                        envelope = (received, interchange, transaction)
                        record = (*claim, tuple(claim_lines), tuple(diagnoses), *parties, *envelope)
                        claims += 1
                        lines += len(record[5])
                        claim = line = None
                    fields = segment.split(separator)
                    if tag == "CLM":
                        place, _, frequency = fields[5].split(component)
                        claim = (fields[1], fields[2], place, frequency, number)
                        clia = authorization = rendering = rendering_taxonomy = None
                        claim_lines, diagnoses = [], []
                    elif tag[:2] == "HL":
                        level = fields[3]
                elif tag[:2] == "GS":
                    received = segment.split(separator)[4]
                elif tag[:2] == "ST":
                    transaction = segment.split(separator)[2]
    return claims, lines


def main() -> None:
    path = sys.argv[1]
    report(lambda: "{:,} claims, {:,} lines".format(*floor(path)))


if __name__ == "__main__":
    main()
