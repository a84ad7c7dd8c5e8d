"""What rows may be told of: the edits of reading them."""

from __future__ import annotations

from typing import Final

from claimcheck.message import INFORM, REJECT, WARN, Citation, StandardCodes
from claimcheck.readers.edits import reading_edit

_FORMAT = Citation("claimcheck row format", "Claim lines as rows")
_DECODING = Citation("claimcheck row format", "Claim lines as rows: UTF-8 text")

ROW_HEADER = reading_edit(
    "ROW-HEADER",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """The file has no header with the needed columns.

    A CSV file begins with a row of column names; ``claim_id``, ``code``, ``from_date`` and ``units`` are
    needed. Nothing else was read from this file. Name the columns so, or say in the configuration
    what they are called: ``[columns] code = "hcpcs_cd"``.""",
)

ROW_COLUMN = reading_edit(
    "ROW-COLUMN",
    WARN,
    _FORMAT,
    StandardCodes(),
    """A column of the file is not known, is named twice, or is expected and missing.

    An unknown column is ignored; every other one is read. Said once a file for each column. If the
    column holds something that checks need, rename it or map it in the configuration (``[columns]``);
    otherwise leave it out, or ignore this message.""",
)

ROW_COLUMNS = reading_edit(
    "ROW-COLUMNS",
    INFORM,
    _FORMAT,
    StandardCodes(),
    """The file lacks columns on which checks depend.

    Those checks have nothing to judge in this file, and say nothing of its lines. Said once a file; in
    JSON lines once for each key, of the first row that lacks it. Add the columns, or map them in the
    configuration (``[columns]``), to have the lines judged by them.""",
)

ROW_CONFLICT = reading_edit(
    "ROW-CONFLICT",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Rows of one claim disagree about the claim.

    What belongs to the claim (setting, payer, billing provider, patient, received date, diagnoses, type
    of bill) is the same on each of its rows; a blank is a value too. A new claim begins at the row that
    differs: no row is lost, and none is guessed. Checks that look across a claim see two claims.
    Repeat the claim's values on all of its rows, or give each claim a number of its own.""",
)

ROW_APART = reading_edit(
    "ROW-APART",
    WARN,
    _FORMAT,
    StandardCodes(),
    """Rows of a claim stand apart in the file.

    The rows of a claim stand together. A claim whose number appears again later is read as two claims,
    and checks that look across a claim (pairs, add-ons, units of a day) see only one part at a time.
    Said once a file, at its end, with the first such row. Sort the file by claim. Claims that stand
    more than some 65,000 claims apart go unnoticed.""",
)

ROW_CLAIM = reading_edit(
    "ROW-CLAIM",
    WARN,
    _FORMAT,
    StandardCodes(),
    """A row has no claim number.

    It is judged as a claim of its own, so checks that look across a claim see this line alone. Give the
    row its ``claim_id``.""",
)

ROW_SETTING = reading_edit(
    "ROW-SETTING",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """The setting is none that is known, so the row can't be judged.

    The setting picks the tables: professional, asc, outpatient, dme, institutional or dental. It is not
    guessed. Write one of these, or leave it blank: then the type of bill decides, or else the billing
    provider's taxonomy, or else it is professional.""",
)

ROW_CELLS = reading_edit(
    "ROW-CELLS",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A row has more or fewer cells than the header.

    Which cell belongs to which column can't be told, so the row was not read. Look for a delimiter in a
    cell that is not in quotes, or for a row cut short.""",
)

ROW_QUOTE = reading_edit(
    "ROW-QUOTE",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A quote that opens a cell is not closed where the cell ends.

    The row was not read; reading goes on at the next line. Close the quote. A quote within a quoted cell
    is written twice.""",
)

ROW_SIZE = reading_edit(
    "ROW-SIZE",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A row, or a claim, is larger than can be one.

    A CSV row has at most 1,048,576 characters, a row of JSON lines 16,777,216 bytes: a longer one was
    skipped. A claim has at most 10,000 rows: the rows after so many are judged as a claim of their own, so that
    what spans them is not seen. Look for missing line breaks, or for a ``claim_id`` that is the same on every row.""",
)

ROW_TEXT = reading_edit(
    "ROW-TEXT",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A row holds what is no text: NUL characters in CSV, half a character in JSON lines.

    The row was not read. The file was damaged, or written in another encoding. Write it again as UTF-8.""",
)

ROW_JSON = reading_edit(
    "ROW-JSON",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A row of JSON lines is not one JSON object.

    Each line of the file is one whole JSON object: a claim line, or a claim with its ``lines``. The
    message gives the row, and the column where reading stopped. The row was not read.""",
)

ROW_FIELD = reading_edit(
    "ROW-FIELD",
    REJECT,
    _FORMAT,
    StandardCodes(),
    """A field of a row is missing, or of the wrong kind.

    ``claim_id``, ``code``, ``from_date`` and ``units`` are needed, if only as ``""``. Fields are text;
    numbers are read as they are written; ``modifiers``, ``diagnoses`` and ``pointers`` are lists of text.
    ``claimcheck schema`` prints the JSON Schema. The row was not read.""",
)

ROW_ENCODING = reading_edit(
    "ROW-ENCODING",
    WARN,
    _DECODING,
    StandardCodes(),
    """The file is not UTF-8 throughout.

    Bytes that are no UTF-8 were read as Latin-1. Said once a file, of the first such row. Codes, dates
    and amounts are not concerned; descriptions may be garbled. Write the file as UTF-8.""",
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
)
