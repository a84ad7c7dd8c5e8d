"""The edits of reading rows, with their pages."""

from __future__ import annotations

from typing import Final

from claimcheck.authoring.check import reading_edit
from claimcheck.message import INFORM, REJECT, WARN, Citation, StandardCodes

_FORMAT = Citation("claimcheck row format", "Claim lines as rows")
_DECODING = Citation("claimcheck row format", "Claim lines as rows: UTF-8 text")

ROW_HEADER = reading_edit(
    "ROW-HEADER",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Header missing, or without the required columns.

    A CSV file starts with a row of column names; ``claim_id``, ``code``, ``from_date`` and ``units`` are
    required. Nothing else was read from this file. Rename the columns, or map them in the configuration:
    ``[columns] code = "hcpcs_cd"``.""",
)

ROW_COLUMN = reading_edit(
    "ROW-COLUMN",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Column unknown, duplicated, or mapped but missing.

    An unknown column is ignored; all others are read. Reported once per file for each column. If checks need
    the column, rename it or map it in the configuration (``[columns]``); otherwise remove it, or ignore this
    message.""",
)

ROW_COLUMNS = reading_edit(
    "ROW-COLUMNS",
    INFORM,
    _FORMAT,
    StandardCodes(),
    """Columns that checks depend on are missing.

    These checks have nothing to check in this file and report nothing. Reported once per file; in JSON lines
    once for each key, on the first row without it. Add the columns, or map them in the configuration
    (``[columns]``), to run these checks.""",
)

ROW_CONFLICT = reading_edit(
    "ROW-CONFLICT",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Rows of one claim have different claim values.

    Claim values (setting, payer, billing provider, patient, received date, diagnoses, type of bill) are the
    same on each row of a claim; a blank is a value too. A new claim starts at the row that differs: no row is
    lost, and no value is guessed. Checks that look across a claim see two claims. Repeat the claim's values on
    all of its rows, or give each claim its own ``claim_id``.""",
)

ROW_APART = reading_edit(
    "ROW-APART",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Rows of a claim are not together in the file.

    A ``claim_id`` that appears again after another claim is read as a second claim, and checks that look across
    a claim (NCCI edits, add-on codes, units per day) see only one part at a time. Reported once per file, at its
    end, for the first such row. Sort the file by claim. Rows more than some 65,000 claims away from the rest of
    their claim are not detected.""",
)

ROW_CLAIM = reading_edit(
    "ROW-CLAIM",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Claim number (``claim_id``) missing.

    The row is judged as a claim of its own, so checks that look across a claim see this line only. Report the
    claim number in ``claim_id``.""",
)

ROW_SETTING = reading_edit(
    "ROW-SETTING",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Setting not recognized; the row was not judged.

    The setting selects the tables: professional, asc, outpatient, dme, institutional or dental. It is not
    guessed. Report one of these, or leave it blank: then the type of bill decides, or else the billing
    provider's taxonomy, or else it is professional.""",
)

ROW_CELLS = reading_edit(
    "ROW-CELLS",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Row with more or fewer cells than the header.

    The cells can't be assigned to columns, so the row was not read. Check for a delimiter in an unquoted cell,
    or a truncated row.""",
)

ROW_QUOTE = reading_edit(
    "ROW-QUOTE",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Quoted cell not closed at its end.

    The row was not read; reading continues at the next line. Close the quote, and double each quote inside a
    quoted cell.""",
)

ROW_SIZE = reading_edit(
    "ROW-SIZE",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Row or claim exceeds the maximum size.

    A CSV row has at most 1,048,576 characters, a row of JSON lines 16,777,216 bytes; a longer one was skipped.
    A claim has at most 10,000 rows; the rows after that are judged as a separate claim, and checks do not look
    across the two. Check for missing line breaks, or a ``claim_id`` that is the same on every row.""",
)

ROW_TEXT = reading_edit(
    "ROW-TEXT",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Row contains invalid text: NUL characters in CSV, a lone surrogate in JSON lines.

    The row was not read. The file is damaged, or in another encoding. Save it again as UTF-8.""",
)

ROW_JSON = reading_edit(
    "ROW-JSON",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Row of JSON lines is not one JSON object.

    Each line of the file is one complete JSON object: a claim line, or a claim with its ``lines``. The message
    names the row, and the column where reading stopped. The row was not read.""",
)

ROW_FIELD = reading_edit(
    "ROW-FIELD",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """Field missing, or of the wrong type.

    ``claim_id``, ``code``, ``from_date`` and ``units`` are required, if only as ``""``. Fields are text; numbers
    are read as written; ``modifiers``, ``diagnoses`` and ``pointers`` are lists of text. ``claimcheck schema``
    prints the JSON Schema. The row was not read.""",
)

ROW_ENCODING = reading_edit(
    "ROW-ENCODING",
    WARN,
    _DECODING,
    StandardCodes(),
    """File is not UTF-8.

    Bytes that are not UTF-8 were read as Latin-1. Reported once per file, for the first such row. Codes, dates
    and amounts are not affected; descriptions may be garbled. Save the file as UTF-8.""",
)

ROW_SHEET = reading_edit(
    "ROW-SHEET",
    INFORM,
    _FORMAT,
    StandardCodes(),
    """Workbook with several sheets; only one was read.

    The first visible sheet with a header of known columns is read, or the one that ``sheet`` in the configuration
    names. It warns where another sheet has such a header too: its claim lines were not read. Save each of these sheets
    as a file of its own.""",
)

ROW_NUMBER = reading_edit(
    "ROW-NUMBER",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Cell of a workbook is a number of more than 15 digits.

    Excel keeps 15 digits of a number and makes the others zero, so that an identifier is no longer the one that was
    entered. Reported once per file for each column. Format the column as text, and enter its values again.""",
)

READING_EDITS: Final = (
    ROW_HEADER,
    ROW_COLUMN,
    ROW_COLUMNS,
    ROW_CONFLICT,
    ROW_APART,
    ROW_CLAIM,
    ROW_SETTING,
    ROW_CELLS,
    ROW_QUOTE,
    ROW_SIZE,
    ROW_TEXT,
    ROW_JSON,
    ROW_FIELD,
    ROW_ENCODING,
    ROW_SHEET,
    ROW_NUMBER,
)
