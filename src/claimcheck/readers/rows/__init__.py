"""Claim lines as rows: one format, written as CSV or as JSON lines.

One row a line, the rows of a claim together; JSON lines may also hold one claim an object with its
``lines``. Reading is streaming: one claim is in memory at a time, whatever the file's size. What
can't be read becomes an edit message with its row, and the rest of the file goes on.

Spaces and tabs around a value are dropped; nothing else is changed, so that a check can judge it.
A column that the file does not have is ``None`` (not carried). A blank cell means:

===================================================  ===============================================
column                                               a blank cell means
===================================================  ===============================================
code, from_date, units, charge, place_of_service     carried but empty: ``""``
referring_npi, ordering_npi, ndc, clia, description  carried but empty: ``""``
filing_indicator, payer_responsibility               carried but empty: ``""``
original_reference, trial_number, service_zip        carried but empty: ``""``
assumed_care_date, relinquished_care_date            carried but empty: ``""``
diagnoses, pointers, other_payers                    carried but empty: ``()``
modifiers, to_date                                   none: ``()`` and ``""``
unit_basis                                           not said: ``""``
code_set                                             ``HC`` (HCPCS and CPT)
setting                                              by type of bill, else by the billing provider
line_number                                          the line's position in the claim
claim_id                                             ``""``, with ROW-CLAIM: a claim of its own
every other column                                   not carried: ``None``
===================================================  ===============================================

In JSON lines ``""`` and ``[]`` are a blank cell, and ``null`` or an absent key is a column that the
file does not have; the needed ``code``, ``from_date`` and ``units`` are then ``""``. Numbers are kept
as they are written (``1e400``, ``0.50``).

Rows are counted by physical line: in CSV the header is row 1, and a row with a line break in a cell
counts from its first line; JSON lines count from 1. Each line of a claim object has its object's row.
"""
