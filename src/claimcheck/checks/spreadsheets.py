"""What to do about values that spreadsheets write anew: dates, and codes that have lost their leading zeros. Nothing is
restored: a message says what may have happened."""

import re
from typing import Final

_PARTED: Final = re.compile(
    r"[0-9]{1,4}([-/. ])(?:[0-9]{1,2}|[A-Za-z]{3,9})\1[0-9]{1,4}|[0-9]{1,2}[A-Za-z]{3}[0-9]{2,4}|[A-Za-z]{3,9}.*[0-9]"
)
_SHORT_YEAR: Final = re.compile(r"[0-9]{1,2}([-/. ]?)(?:[0-9]{1,2}|[A-Za-z]{3})\1[0-9]{2}")
_DAY_NUMBER: Final = re.compile(r"[1-6][0-9]{4}(?:\.[0-9]+)?")
"""Days since 1900, as a spreadsheet counts them, from 1927 to 2091."""


def remedy_of_date(written: str, otherwise: str) -> str:
    """What to do about a date that is not a calendar day in ISO 8601 or CCYYMMDD.

    Args:
        written: the date as it was submitted.
        otherwise: what to do where nothing is known by its form.
    """
    if _DAY_NUMBER.fullmatch(written):
        return "Format the column as a date (CCYY-MM-DD) before you save it: this is a spreadsheet's day number."
    if _SHORT_YEAR.fullmatch(written):
        return 'Write the year with four digits, and set date_format in the configuration, such as "M/D/YYYY".'
    if _PARTED.fullmatch(written):
        return 'Write it as CCYY-MM-DD, or set date_format in the configuration to its form, such as "M/D/YYYY".'
    return otherwise


def remedy_of_zeros(written: str, length: int, otherwise: str, *, fewest: int = 1, shown: bool = True) -> str:
    """What to do about a code that is too short: a spreadsheet drops the leading zeros of what it takes for a number.

    Args:
        written: the code as it was submitted.
        length: the digits that it should have.
        otherwise: what to do where it is not a number that is too short.
        fewest: the digits of the shortest number that is left of such a code.
        shown: whether the message may show the code.
    """
    if fewest <= len(written) < length and written.isascii() and written.isdigit():
        return f"Check for dropped leading zeros{f' ({written.zfill(length)})' * shown}."
    return otherwise
