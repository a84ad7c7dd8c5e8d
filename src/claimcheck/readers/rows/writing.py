"""Claims as rows: the inverse of reading them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from claimcheck.claim import Claim
from claimcheck.readers.rows.columns import COLUMNS


def write_rows(claims: Iterable[Claim]) -> Iterator[dict[str, Any]]:
    """Claims as rows, ready for JSON: every column, None where the claim does not carry it.

    What reading the rows back does not give again: the place in the file they came from, ``""`` in a
    field for which a blank means None (see above), blanks at the end of a list and among modifiers, and
    spaces around a value. Two claims that follow each other with the same
    number and the same values are read back as one.
    """
    for claim in claims:
        for line in claim.lines:
            service = line.service
            yield {
                "claim_id": claim.claim_id,
                "line_number": line.number,
                "line_control": line.control,
                "setting": claim.setting,
                "type_of_bill": claim.type_of_bill,
                "frequency": claim.frequency,
                "payer_id": claim.payer_id,
                "billing_npi": claim.billing_npi,
                "billing_taxonomy": claim.billing_taxonomy,
                "rendering_npi": line.rendering_npi,
                "rendering_taxonomy": line.rendering_taxonomy,
                "referring_npi": line.referring_npi,
                "patient_id": claim.patient_id,
                "birth_date": claim.birth_date,
                "sex": claim.sex,
                "place_of_service": service.place_of_service,
                "from_date": line.from_date,
                "to_date": line.to_date,
                "received_date": claim.received_date,
                "code": service.code,
                "code_set": service.code_set,
                "modifiers": list(service.modifiers),
                "units": service.units,
                "unit_basis": service.unit_basis,
                "charge": line.charge,
                "diagnoses": None if claim.diagnoses is None else list(claim.diagnoses),
                "pointers": None if line.pointers is None else list(line.pointers),
                "revenue_code": line.revenue_code,
                "ndc": line.ndc,
                "clia": line.clia,
                "prior_authorization": line.prior_authorization,
                "description": line.description,
                "assumed_care_date": line.assumed_care_date,
                "relinquished_care_date": line.relinquished_care_date,
                "ordering_npi": line.ordering_npi,
                "filing_indicator": claim.filing_indicator,
            }


def write_csv(claims: Iterable[Claim], stream: TextIO, *, columns: Sequence[str] = COLUMNS) -> None:
    """Write claims as CSV.

    A CSV file has a column or has it not: where a claim does not carry the charge, place of service,
    pointers, diagnoses, NDC, CLIA number, description, referring or ordering provider or filing indicator (None),
    their cell is read back as empty. Leave such columns out of ``columns``. A ``|`` within an item of a list is read
    back as two items; a row with NUL is not read back.

    Args:
        claims: what to write.
        stream: a text file opened with ``newline=""``.
        columns: the columns to write, in order.
    """
    writer = csv.writer(stream)  # its line ends, CR LF, make it put both characters in quotes
    writer.writerow(columns)
    for row in write_rows(claims):
        cells = (row[name] for name in columns)
        writer.writerow("|".join(cell) if isinstance(cell, list) else cell for cell in cells)
