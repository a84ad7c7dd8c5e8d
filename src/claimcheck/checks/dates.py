"""Dates of service: valid, in order, within one set of rules, and within timely filing."""

import calendar
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, date, timedelta
from functools import lru_cache
from typing import Final

from claimcheck.authoring.check import EVERY_SETTING, PRICED, ClaimColumns, claim_check
from claimcheck.authoring.examples import a_claim, a_line, fires, not_judged, passes
from claimcheck.checks import citations
from claimcheck.checks.spreadsheets import remedy_of_date
from claimcheck.claim import ASC, DME, INSTITUTIONAL, OUTPATIENT, Claim, Line, as_date
from claimcheck.message import REJECT, WARN, Finding, NotJudged, Sourced, codes
from claimcheck.rulebook import (
    FEE_SCHEDULE,
    Absent,
    Asc,
    CodeDates,
    Fee,
    FeeInPart,
    Listed,
    Mue,
    NotInForce,
    Opps,
    Pair,
    Rulebook,
    Rules,
)
from claimcheck.rulebook.sections import is_surgery, number_of


def _days_of(block: ClaimColumns) -> set[str]:
    """All dates of service of some claims, as billed: a batch has few distinct ones."""
    return {*block.columns["from_date"], *block.columns["to_date"]} - {""}


def _are_of_one_form(days: set[str]) -> bool:
    """Whether dates compare as text: all have the length of CCYYMMDD."""
    return set(map(len, days)) <= {8}


def _all_are_readable(block: ClaimColumns) -> bool:
    """Whether all dates are calendar dates."""
    days = {*_days_of(block), *block.of_claims("received_date")}
    days.update(*(block.columns[name] for name in _CARE_DATES))
    return "" not in block.columns["from_date"] and None not in map(as_date, days - {None, ""})


_CARE_DATES: Final = ("assumed_care_date", "relinquished_care_date")


@claim_check(
    "DATE-INVALID",
    severity=REJECT,
    citation=citations.tr3("DTP*472: service date"),
    codes=codes("CO-16", "M52", "A7:187"),
    settings=EVERY_SETTING,
    step=1,
    clean_if=_all_are_readable,
    examples=(
        passes("a calendar date", a_claim(a_line(day="20250310"))),
        fires("not a calendar date", a_claim(a_line(day="20250230")), says="not a calendar date"),
        fires("missing", a_claim(a_line(day="")), says="missing"),
        fires("an incomplete through date", a_claim(a_line(to_date="202503")), says="not a calendar date"),
        fires("as a spreadsheet writes it", a_claim(a_line(day="1/10/2025")), says="not a calendar date"),
        fires("the submission date", a_claim(a_line(), received_date="1/20/2025"), says="submission date"),
        fires("the date of assumed care", a_claim(a_line(assumed_care_date="1/2/2025")), says="assumed care"),
    ),
)
def date_not_readable(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A date of service is missing, or a date of the claim is not a calendar date.

    Dates are CCYYMMDD or ISO 8601 (CCYY-MM-DD). The date of service selects the rules, so without one no table
    judges the line. In files of rows ``date_format`` of the configuration says how dates are written otherwise, such
    as ``M/D/YYYY``; without it 1/10/2025 may be in January or October, and is not guessed. There the submission date
    and the dates of assumed and relinquished care are looked at, too; those of an 837 are its envelope's.
    """
    for line in claim.lines:
        day = as_date(line.from_date)
        wrong: dict[str, str] = {}
        if day is None:
            wrong["from_date"] = line.from_date
        elif line.to_date and as_date(line.to_date) is None:
            wrong["to_date"] = line.to_date
        wrong |= {name: date for name in _CARE_DATES if (date := getattr(line, name)) and as_date(date) is None}
        for field, written in wrong.items():
            yield _unreadable(field, written)._replace(line=line)
    received = claim.received_date
    if received and as_date(received) is None and claim.submission is None:
        yield _unreadable("received_date", received)


_NAMES: Final = {
    "from_date": "date of service",
    "to_date": "through date",
    "assumed_care_date": "date of assumed care",
    "relinquished_care_date": "date of relinquished care",
    "received_date": "submission date",
}


def _unreadable(field: str, written: str) -> Finding:
    name = _NAMES[field]
    text = f'The {name} "{written[:20]}" is not a calendar date.' if written else f"The {name} is missing."
    place = " (DTP*472)" if field in ("from_date", "to_date") else ""
    remedy = f"Report the {name} as CCYYMMDD{place}; in CSV and JSON, CCYY-MM-DD is accepted too."
    return Finding(text, remedy_of_date(written, remedy), field=field, observed=written[:20])


def _none_is_later(block: ClaimColumns) -> bool:
    """Whether all services were furnished before any of the claims was submitted."""
    days, received = _days_of(block), {claim.received_date or "" for claim in block.claims} - {""}
    return _are_of_one_form(days | received) and max(days, default="") <= min(received, default="9")


@claim_check(
    "DATE-FUTURE",
    severity=REJECT,
    citation=citations.tr3("DTP*472: service date, not after the date of submission"),
    codes=codes("CO-110", "M52", "A7:510", "H"),
    step=1,
    clean_if=_none_is_later,
    examples=(
        passes("before submission", a_claim(a_line(day="20250310"), received_date="20250310")),
        fires("after submission", a_claim(a_line(day="20250311"), received_date="20250310"), says="2025-03-11 is"),
        passes("unknown submission date", a_claim(a_line(day="20250311"), received_date=None)),
    ),
)
def date_in_future(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The date of service is after the claim's submission date.

    The submission date is the envelope's date or ``received_date``, never today's date.
    """
    received = as_date(claim.received_date or "")
    if received is None:
        return
    for line in claim.lines:
        day = as_date(line.from_date)
        last = as_date(line.to_date) if line.to_date else day
        if latest := max((date for date in (day, last) if date and date > received), default=None):
            yield Finding(
                f"Date of service {latest} is after the claim's submission date, {received}.",
                "Correct the date of service, or submit the claim after the service is furnished.",
                line=line,
                field="from_date",
                observed=line.to_date or line.from_date,
                allowed=received.isoformat(),
            )


def _are_in_order(block: ClaimColumns) -> bool:
    """Whether no through date is before its from date, and every patient was born before any service."""
    first, last = block.columns["from_date"], block.columns["to_date"]
    born = {claim.birth_date or "" for claim in block.claims} - {""}
    return (
        _are_of_one_form(born.union(first, filter(None, last)))
        and max(born, default="") <= min(first, default="9")
        and all(end >= start for start, end in zip(first, last, strict=True) if end)
    )


@claim_check(
    "DATE-ORDER",
    severity=REJECT,
    citation=citations.tr3("DTP*472 in form RD8: from and to; DMG02: birth date"),
    codes=codes("CO-16", "M52", "A7:187", "H"),
    step=1,
    clean_if=_are_in_order,
    examples=(
        passes("a span", a_claim(a_line(day="20250310", to_date="20250312"))),
        fires("backwards", a_claim(a_line(day="20250310", to_date="20250309")), says="is before the from date"),
        fires("before birth", a_claim(a_line(day="20250310"), birth_date="20250401"), says="before the patient"),
    ),
)
def dates_out_of_order(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """The through date is before the from date, or the date of service is before the patient's birth."""
    birth = claim.birth_date or ""
    born = as_date(birth) if birth else None
    for line in claim.lines:
        day = as_date(line.from_date)
        if day is None:
            continue
        last = as_date(line.to_date) if line.to_date else day
        if last and last < day:
            text, observed = (
                f"The through date {last} is before the from date {day}.",
                f"{line.from_date} to {line.to_date}",
            )
            yield Finding(text, "Correct the from or through date.", line=line, field="to_date", observed=observed)
        if born and day < born:
            text = f"Date of service {day} is before the patient's date of birth."
            remedy = "Correct the date of service (DTP*472) or the date of birth (DMG02)."
            yield Finding(text, remedy, line=line, field="from_date", observed=line.from_date)


def _none_spans_days(block: ClaimColumns) -> bool:
    """Whether every line has one date of service."""
    return not any(block.columns["to_date"])


@claim_check(
    "DATE-SPAN",
    severity=REJECT,
    citation=citations.tr3("DTP*472 in form RD8; rules by each date of service"),
    codes=codes("CO-268", "N61", "A7:773", "H"),
    needs=("codes", "fee_schedule", "mue", "opps", "asc"),
    refines=("global_visits",),
    any_code=True,
    cases=("year",),
    settings=EVERY_SETTING,
    clean_if=_none_spans_days,
    examples=(
        passes("one day", a_claim(a_line())),
        fires(
            "across the last day of a code",
            a_claim(a_line("K1021", day="20231230", to_date="20240102", setting=DME)),
            says="K1021 ended 2023-12-31",
            codes={"K1021": CodeDates(date(2021, 10, 1), date(2023, 12, 31))},
        ),
        passes(
            "to the last day of a code",
            a_claim(a_line("K1021", day="20231230", to_date="20231231", setting=DME)),
            codes={"K1021": CodeDates(date(2021, 10, 1), date(2023, 12, 31))},
        ),
        passes(
            "after it, which FMT-ENDED reports",
            a_claim(a_line("K1021", day="20240101", to_date="20240102")),
            codes={"K1021": CodeDates(date(2021, 10, 1), date(2023, 12, 31))},
        ),
        fires(
            "across New Year",
            a_claim(a_line("A4221", day="20241231", to_date="20250101", units=2)),
            says="calendar year",
            fee={"A4221": Fee()},
            mue={},
            global_visits={},
        ),
        passes(
            "one visit per day",
            a_claim(a_line("99232", to_date="20250312", units=3)),
            fee={"99232": Fee()},
            mue={},
            global_visits={"99232": Listed()},
        ),
        fires(
            "three days, one visit",
            a_claim(a_line("99232", to_date="20250312", units=1)),
            says="covers 3 days but 1 unit is billed",
            severity=WARN,
            fee={"99232": Fee()},
            mue={},
            global_visits={"99232": Listed()},
        ),
        passes(
            "a hospital line under one set of rules",
            a_claim(a_line("G0378", to_date="20250312", units=40, setting=OUTPATIENT)),
            mue={},
            opps={"G0378": Opps("N")},
        ),
        passes(
            "one quarter in which another code changes, without a table",
            a_claim(a_line("G0378", day="20250301", to_date="20250312", units=40, setting=OUTPATIENT)),
            mue={},
            pairs={"32701-77424": Pair("0", last=date(2025, 3, 9))},
        ),
        not_judged(
            "two quarters, without a table",
            a_claim(a_line("G0378", day="20241230", to_date="20250102", units=40, setting=OUTPATIENT)),
            mue={},
        ),
        not_judged("no list of visits", a_claim(a_line("99232", to_date="20250312")), fee={"99232": Fee()}),
    ),
)
def span_crosses(claim: Claim, rulebook: Rulebook) -> Iterator[Finding | NotJudged]:
    """The from and through dates cross a year, the end of the code or a rule change, or do not match the units.

    A line must be within one calendar year and within the days on which its code is valid: split it. Visits and
    surgery over several days are billed with one unit per day, or on one line per day. The from date selects the
    rules; where the rules of the through date differ, the edit warns, so that you can split the line there. On
    hospital claims the edit does not compare units and years, which are rules for practitioners; on DME claims and
    other types of bill it looks at the end of the code alone. Within one quarter a missing table does not leave the
    line not judged.
    """
    for line in claim.lines:
        if not line.to_date or line.to_date == line.from_date:
            continue
        day, last = line.day, line.last_day
        if day is None or last is None or last <= day:
            continue
        ended = rulebook.on(last).ended(line.code)
        if ended and ended.ended and ended.ended >= day:
            yield _past_its_end(line, ended.ended, ended)
            continue
        if ended or claim.setting not in PRICED:  # FMT-ENDED's; no table is read by these days
            continue
        observed = f"{line.from_date} to {line.to_date}"
        practitioner = claim.setting != OUTPATIENT
        if last.year != day.year and practitioner:
            text = f"A line must be within one calendar year; this one is from {day} through {last}."
            remedy = f"Split the line: one through {day.year}-12-31, one from {last.year}-01-01."
            yield Finding(text, remedy, line=line, field="to_date", observed=observed, case="year")
        try:
            if practitioner:
                yield from _units_against_days(line, rulebook.on(day), (last - day).days + 1)
            yield from _judged_otherwise(line, rulebook.on(day), rulebook.on(last), _quarter(day) == _quarter(last))
        except NotInForce as gap:
            yield NotJudged(line, gap.table)


def _past_its_end(line: Line, ended: date, row: Sourced) -> Finding:
    next_day = ended + timedelta(days=1)
    return Finding(
        f"{line.code} ended {ended}, before this line's through date.",
        f"Split the line: {line.code} through {ended}; from {next_day} a code that is valid then.",
        line=line,
        field="to_date",
        observed=f"{line.from_date} to {line.to_date}",
        allowed=f"through {ended}",
        by=(row,),
        codes=_SPLIT,
    )


def _units_against_days(line: Line, rules: Rules, days: int) -> Iterator[Finding]:
    if line.service.quantity == days:
        return
    maternity = 59400 <= number_of(line.code) <= 59899  # many days, one global service
    surgery = is_surgery(line.code) and not maternity
    visit = None if surgery else rules.listed("global_visits", line.code)
    if surgery or visit:
        units = line.service.units[:10] or "no"
        billed = f"{units} unit is" if units == "1" else f"{units} units are"
        yield Finding(
            f"{line.code} is billed as one unit per day: from/through covers {days} days but {billed} billed.",
            "Correct the dates or the units, or report one line per date of service.",
            line=line,
            field="units",
            observed=line.service.units[:20],
            allowed=str(days),
            severity=WARN,
            by=(visit,) if visit else (),
            codes=codes("CO-16", "M53", "A7:476"),
        )


_SPLIT = codes("CO-16", "N63", "A7:187", "L")
"""The remark code asks for separate lines."""

_Row = Fee | Mue | Opps | Asc | Absent


def _judged_otherwise(line: Line, first: Rules, last: Rules, one_quarter: bool) -> Iterator[Finding]:
    """Compare the values, not the releases that they are published in. CMS publishes quarterly: where no table governs
    the from date, none would judge another day of the same quarter otherwise."""
    if first is last:
        return
    service = line.service
    tables: list[tuple[str, Callable[[Rules], _Row]]] = [
        ("MUE", lambda rules: rules.mue(service.code, service.setting))
    ]
    if service.setting == OUTPATIENT:
        tables.append(("OPPS Addendum B", lambda rules: rules.opps(service.code)))
    else:
        tables.append(("physician fee schedule", lambda rules: rules.fee(service.code, service.modifiers)))
    if service.setting == ASC:
        tables.append(("ASC addenda", lambda rules: rules.asc(service.code)))
    for name, row_of in tables:
        try:
            one = row_of(first)
        except NotInForce:
            if one_quarter:
                continue
            raise
        other = row_of(last)
        if _values(one) == _values(other):
            if _is_in_part(one) and not one_quarter:
                raise NotInForce(FEE_SCHEDULE)
            continue
        if _is_in_part(one) != _is_in_part(other):
            raise NotInForce(FEE_SCHEDULE)
        yield Finding(
            f"The {name} entry for {line.code} changes between the from and through dates of this line.",
            "Split the line at the date of the change, usually the first day of a quarter.",
            line=line,
            field="to_date",
            observed=f"{line.from_date} to {line.to_date}",
            severity=WARN,
            by=(one, other),
            codes=_SPLIT,
        )


def _is_in_part(row: _Row) -> bool:
    """Whether a row lacks values, so that it may be the same as another or not."""
    return isinstance(row, FeeInPart)


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _values(row: _Row) -> tuple[object, ...]:
    """What a line is judged by: neither relative values nor the rationale of a limit."""
    if not row:
        return ()
    if isinstance(row, Fee):
        return tuple(row._replace(work_rvu="", non_facility_rvu="", facility_rvu="", source=""))
    if isinstance(row, Mue):
        return row.units, row.mai
    return tuple(row._replace(source=""))


def _all_are_in_time(block: ClaimColumns, *, months: int = 12, warn_days: int = 30) -> bool:
    """Whether all services are so recent that no filing limit is near."""
    received = {as_date(claim.received_date or "") for claim in block.claims}
    in_time = [_surely_in_time(day, months, warn_days).isoformat().replace("-", "") for day in received if day]
    days = _days_of(block)
    return not in_time or (_are_of_one_form(days) and min(days, default="9") > max(in_time))


@claim_check(
    "DATE-TIMELY",
    severity=REJECT,
    citation=citations.TIMELY,
    codes=codes("CO-29", "", "A3:718", "H"),
    settings=EVERY_SETTING,
    clean_if=_all_are_in_time,
    examples=(
        passes("ten days after", a_claim(a_line(day="20250310"), received_date="20250320")),
        passes("one day before the warning begins", a_claim(a_line(day="20240420"), received_date="20250320")),
        fires(
            "in the last weeks",
            a_claim(a_line(day="20240401"), received_date="20250320"),
            says="12 days",
            severity=WARN,
        ),
        fires("past the limit", a_claim(a_line(day="20240301"), received_date="20250320"), says="2025-03-01"),
        fires("a leap day", a_claim(a_line(day="20240229"), received_date="20250301"), says="2025-02-28"),
        fires(
            "a professional line counts from its from date",
            a_claim(a_line(day="20240310", to_date="20240325"), received_date="20250315"),
            says="2025-03-10",
        ),
        fires(
            "a hospital claim counts from its through date",
            a_claim(
                a_line("99213", setting=OUTPATIENT, day="20240310", to_date="20240325"),
                received_date="20250320",
            ),
            says="5 days",
            severity=WARN,
        ),
    ),
)
def filed_late(claim: Claim, rulebook: Rulebook, *, months: int = 12, warn_days: int = 30) -> Iterator[Finding]:
    """The claim is received after the timely filing limit, or shortly before it.

    Medicare requires claims to be received within one calendar year of the date of service: of the line's
    from date on professional claims, of the claim's through date on institutional claims; February 29 counts to
    February 28. A rejected claim does not extend the limit. Options: ``months`` of the limit, and how many days
    before it the edit begins to warn (``warn_days``).
    """
    received = as_date(claim.received_date or "")
    if received is None:
        return
    in_time = _surely_in_time(received, months, warn_days)
    whole_claim = claim.setting in (OUTPATIENT, INSTITUTIONAL)
    through = max((line.last_day for line in claim.lines if line.last_day), default=None) if whole_claim else None
    for line in claim.lines:
        start = through if whole_claim else as_date(line.from_date)
        if start is None or start > in_time:
            continue
        limit = _months_after(start, months)
        left = (limit - received).days
        finding = Finding(
            f"Past timely filing: this claim was due by {limit} and was submitted {received}.",
            "Verify the date of service. If it is correct, check whether a timely filing exception applies.",
            line=line,
            field="from_date",
            observed=line.from_date,
            allowed=limit.isoformat(),
        )
        if left < 0:
            yield finding
        elif left <= warn_days:
            text = f"The timely filing limit is {limit}: {left} {'day' if left == 1 else 'days'} left."
            remedy = "Submit the claim before the limit; a rejected claim does not extend it."
            yield finding._replace(text=text, remedy=remedy, severity=WARN)


@lru_cache(maxsize=4096)
def _surely_in_time(received: date, months: int, warn_days: int) -> date:
    """A service after this day needs no closer look: no month is shorter than 28 days."""
    return date.fromordinal(max(1, received.toordinal() - 28 * months + warn_days))


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > MAXYEAR:
        return date.max
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
