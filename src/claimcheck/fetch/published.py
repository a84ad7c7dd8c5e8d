"""Where CMS publishes each table: the page, what its links look like, and which quarters a file governs.

Names are typed by hand at CMS and drift: ``2026q3`` or ``2026-q3``, ``-updated-08-26-2026``, ``-0``. So a pattern knows
a link by what stays the same, and the link itself is taken from the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

from claimcheck.fetch.client import CSV, ZIP, FileType
from claimcheck.rulebook.quarters import Quarter
from claimcheck.rulebook.tables import CODING, TABLES
from claimcheck.rulebook.tables.code_sets import ICD_10_CM
from claimcheck.rulebook.tables.npis import DEACTIVATED, EXCLUDED, ORDER_REFERRING, SNAPSHOT
from claimcheck.rulebook.tables.payment import ASP, CARRIERS, DMEPOS, NDC_CROSSWALK

NCCI: Final = f"{CODING}/national-correct-coding-initiative-ncci-edits"
LICENSES: Final = {
    "AMA": "https://www.cms.gov/license/ama",
    "ADA": "https://www.cms.gov/license/ada",
}
"""CMS's pages of the license agreements for CPT and CDT codes, by whose they are."""

_MONTHS: Final = {"january": 1, "april": 2, "july": 3, "october": 4}
_ALWAYS: Final = Quarter(1, 1)
"""The first quarter of a file that holds all earlier editions too."""

Span = tuple[Quarter, Quarter]
"""The first and the last quarter that a file governs."""


def _in_quarter(match: re.Match[str]) -> Span | None:
    """A file that governs one quarter, by the groups ``year`` and ``quarter``."""
    found = match.groupdict()
    digits = found["year"] or found.get("year_before")
    if not digits:
        return None
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    named = (found["quarter"] or "a").lower()  # the first of a year may have none
    number = _MONTHS.get(named) or ("abcd".find(named) + 1 if named.isalpha() else int(named))
    return Quarter(year, number), Quarter(year, number)


def _until_quarter(match: re.Match[str]) -> Span | None:
    """A file that keeps what earlier editions said, with dates, so that it governs all quarters up to its own."""
    span = _in_quarter(match)
    return (_ALWAYS, span[1]) if span else None


def _until_day(match: re.Match[str]) -> Span:
    """As ``_until_quarter``, by a day, MMDDYYYY."""
    day = match["day"]
    return _ALWAYS, Quarter(int(day[4:]), (int(day[:2]) + 2) // 3)


def _in_fiscal_year(match: re.Match[str]) -> Span:
    """A file of a fiscal year, from October on, or of its update in April."""
    year = int(match["year"])
    return (Quarter(year, 2) if match["april"] else Quarter(year - 1, 4)), Quarter(year, 3)


def _in_year(match: re.Match[str]) -> Span:
    """A file that governs a calendar year."""
    year = int(match["year"])
    return Quarter(year, 1), Quarter(year, 4)


def _after_day(match: re.Match[str]) -> Span:
    """A file that governs the quarter after the day in its name, which is when it was made."""
    following = Quarter(int(match["year"]), (int(match["month"]) + 2) // 3).next
    return following, following


def _before_release(match: re.Match[str]) -> Span | None:
    """A list that says what holds on its day, CCYYMMDD, and speaks of some time before that."""
    try:
        day = datetime.strptime(match["version"] or "", "%Y%m%d").date()
    except ValueError:
        return None
    return snapshot_of(day)


def _before_month_day(match: re.Match[str]) -> Span | None:
    """The same, by a day written MMDDYY."""
    try:
        return snapshot_of(datetime.strptime(match["released"], "%m%d%y").date())
    except ValueError:
        return None


def snapshot_of(day: date) -> Span:
    """The quarters of which the list of a day speaks."""
    return Quarter.of(day - SNAPSHOT), Quarter.of(day)


@dataclass(frozen=True)
class Publication:
    """Files of one kind that CMS publishes on a page.

    Attributes:
        name: what people call them.
        page: the address of the page.
        links: knows the address of a file; the groups ``year`` and ``quarter`` (or ``day``, ``april``) say which
            quarters it governs, ``kind`` of which table it is, and ``version`` which edition.
        tables: the tables, by what ``kind`` says.
        span: reads the quarters off a link.
        releases: knows the addresses of the pages that the files are on, where each release has a page of its own.
        in_parts: whether an edition is several files.
        named: what a file is usually called, so that people know what to look for: ``str.format`` of a quarter.
        type: what its files are.
        is_undated: whether its file has the same address at all times, so that its day is that of the download.
    """

    name: str
    page: str
    links: re.Pattern[str]
    tables: Mapping[str, str]
    span: Callable[[re.Match[str]], Span | None] = _in_quarter
    releases: re.Pattern[str] | None = None
    in_parts: bool = False
    named: str = ""
    type: FileType = ZIP
    is_undated: bool = False

    def file_name(self, table: str, quarter: Quarter) -> str:
        """What the file of a table and quarter is usually called."""
        year, number = quarter
        kind = next(kind for kind, name in self.tables.items() if name == table)
        letter, month = "abcd"[number - 1], [*_MONTHS][number - 1]
        return self.named.format(
            year=year,
            yy=f"{year % 100:02}",
            number=number,
            letter=letter,
            month=month,
            kind=kind,
            mm=f"{3 * number - 2:02}",
        )

    @property
    def needs_license(self) -> bool:
        """Whether the files hold CPT or CDT codes, which all but those of diagnoses, ZIP codes and NPIs do."""
        return _WITHOUT_CPT.isdisjoint(self.tables.values())


def _links(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def _page(table: str) -> str:
    return TABLES[table].page


_WITHOUT_CPT: Final = frozenset({ICD_10_CM, CARRIERS, ORDER_REFERRING, EXCLUDED, DEACTIVATED})
_MONTH: Final = "(?P<quarter>january|april|july|october)"
_OF_DRUGS: Final = rf"/files/zip/{_MONTH}-(?P<year>\d{{4}})-(?=(?:[^/?]*(?P<version>final))?)"
"""A file of drugs of a quarter; the final version comes after a preliminary one."""
_SETTINGS_OF_MEDICAID: Final = ("practitioner", "outpatient", "durable-medical-equipment")


def _of_medicaid(kind: str, span: Callable[[re.Match[str]], Span | None]) -> Publication:
    """Medicaid's MUE or PTP, one file for each setting; the year is before the quarter or after it."""
    settings = "|".join(_SETTINGS_OF_MEDICAID)
    return Publication(
        f"Medicaid NCCI {kind.upper()}",
        _page(f"medicaid_{kind}_practitioner"),
        _links(
            r"/files/zip/medicaid-ncci-(?:(?P<year_before>\d{4})-?)?q(?P<quarter>[1-4])(?:-?(?P<year>\d{4}))?-"
            rf"{kind}-edits-(?:[a-z]+-)*?(?P<kind>{settings})[^/?]*\.zip"
        ),
        {
            setting: f"medicaid_{kind}_{table}"
            for setting, table in zip(_SETTINGS_OF_MEDICAID, ("practitioner", "outpatient", "dme"), strict=True)
        },
        span=span,
        named=f"medicaid-ncci-{{year}}-q{{number}}-{kind}-edits-{{kind}}-services.zip",
    )


PUBLICATIONS: Final = (
    Publication(
        "Physician fee schedule, relative value files",
        _page("fee_schedule"),
        _links(r"/files/zip/rvu(?P<year>\d\d)(?P<quarter>[a-d])(?P<version>r?)[^?]*\.zip"),
        {"": "fee_schedule"},
        releases=_links(r"/pfs-relative-value-files/rvu(?P<year>\d\d)(?P<quarter>[a-d])(?:r\d*)?(?:-\d+)?$"),
        named="rvu{yy}{letter}.zip",
    ),
    Publication(
        "NCCI MUE",
        _page("mue_practitioner"),
        _links(
            r"/files/zip/medicare-ncci-(?P<year>\d{4})-?q(?P<quarter>[1-4])-"
            r"(?P<kind>practitioner|facility-outpatient-hospital|dme-supplier)-services-mue-table[^/?]*\.zip"
        ),
        {
            "practitioner": "mue_practitioner",
            "facility-outpatient-hospital": "mue_outpatient",
            "dme-supplier": "mue_dme",
        },
        named="medicare-ncci-{year}-q{number}-{kind}-services-mue-table.zip",
    ),
    Publication(
        "NCCI PTP",
        _page("ptp_practitioner"),
        _links(
            r"/files/zip/medicare-ncci-(?P<year>\d{4})-?q(?P<quarter>[1-4])-(?P<kind>practitioner|hospital)-ptp-edits-"
            r"cci(?:pra|oph)-v(?P<version>\d{3}r\d+)-f\d\.zip"
        ),
        {"practitioner": "ptp_practitioner", "hospital": "ptp_outpatient"},
        span=_until_quarter,
        in_parts=True,
        named="medicare-ncci-{year}q{number}-{kind}-ptp-edits-...-f1.zip to -f4.zip",
    ),
    _of_medicaid("mue", _in_quarter),
    _of_medicaid("ptp", _until_quarter),
    Publication(
        "Add-on codes",
        _page("add_on"),
        _links(r"/files/zip/add-code-edits-medicare-effective-(?P<day>\d{8})[^/?]*\.zip"),
        {"": "add_on"},
        span=_until_day,
        named="add-code-edits-medicare-effective-{mm}01{year}.zip",
    ),
    Publication(
        "OPPS Addendum B",
        _page("opps"),
        _links(
            rf"/files/zip/(?:cy-(?P<year_before>\d{{4}})-)?{_MONTH}-(?:(?P<year>\d{{4}})-)?(?:opps-|web-)*addendum-b[^?]*"
            r"\.zip"
        ),
        {"": "opps"},
        releases=_links(rf"/quarterly-addenda-updates/{_MONTH}-(?P<year>\d{{4}})[^?/]*addendum-b[^?/]*$"),
        named="{month}-{year}-opps-addendum-b.zip",
    ),
    Publication(
        "ASC addenda AA, BB and DD1",
        _page("asc"),
        _links(rf"/files/zip/{_MONTH}-(?P<year>\d{{4}})-asc-(?:addenda|approved)[^?]*\.zip"),
        {"": "asc", "indicators": "asc_indicators"},
        named="{month}-{year}-asc-addenda.zip",
    ),
    Publication(
        "HCPCS Level II (ANWEB)",
        _page("codes"),
        _links(rf"/files/zip/{_MONTH}-(?P<year>\d{{4}})-alpha-numeric-hcpcs-files?[^/?]*\.zip"),
        {"": "codes"},
        span=_until_quarter,
        named="{month}-{year}-alpha-numeric-hcpcs-file.zip",
    ),
    Publication(
        "ICD-10-CM codes",
        f"{CODING}/icd-10-codes",
        _links(r"/files/zip/(?P<april>april-1-)?(?P<year>\d{4})-code-descriptions-tabular-order[^/?]*\.zip"),
        {"": ICD_10_CM},
        span=_in_fiscal_year,
        named="...-code-descriptions-tabular-order.zip",
    ),
    Publication(
        "Clinical laboratory fee schedule",
        _page("laboratory_fees"),
        _links(r"/files/zip/(?P<year>\d\d)clabq(?P<quarter>[1-4])(?P<version>(?:v\d)?)[^/?]*\.zip"),
        {"": "laboratory_fees"},
        releases=_links(r"/files/(?P<year>\d\d)clabq(?P<quarter>[1-4])(?:v\d)?$"),
        named="{yy}clabq{number}.zip",
    ),
    Publication(
        "DMEPOS fee schedule",
        _page(DMEPOS),
        _links(r"/files/zip/dme(?P<year>\d\d)(?:-?(?P<quarter>[a-d]))?(?:-\d)?\.zip"),
        {"": DMEPOS},
        releases=_links(r"/dmepos-fee-schedule/dme(?P<year>\d\d)(?:-(?P<quarter>[a-d]))?(?:-\d)?$"),
        named="dme{yy}-{letter}.zip",
    ),
    Publication(
        "ASP payment limits",
        _page(ASP),
        _links(rf"{_OF_DRUGS}(?:medicare-part-b-payment-limit-files|asp-pricing(?:-final)?-file)[^/?]*\.zip"),
        {"": ASP},
        named="{month}-{year}-medicare-part-b-payment-limit-files.zip",
    ),
    Publication(
        "ASP NDC-HCPCS crosswalk",
        _page(NDC_CROSSWALK),
        _links(rf"{_OF_DRUGS}(?:asp-)?ndc-hcpcs-crosswalks?[^/?]*\.zip"),
        {"": NDC_CROSSWALK},
        named="{month}-{year}-ndc-hcpcs-crosswalk.zip",
    ),
    Publication(
        "Telehealth services",
        _page("telehealth"),
        _links(r"/files/zip/list-telehealth-services-calendar-year-(?P<year>\d{4})[^/?]*\.zip"),
        {"": "telehealth"},
        span=_in_year,
        named="list-telehealth-services-calendar-year-{year}.zip",
    ),
    Publication(
        "ZIP code to carrier and locality",
        _page(CARRIERS),
        _links(
            r"/files/zip/zip-code-carrier-locality-file-[^?]*?(?P<month>0[1-9]|1[0-2])[-/]\d\d[-/](?P<year>\d{4})[^?]*\.zip"
        ),
        {"": CARRIERS},
        span=_after_day,
        named="zip-code-carrier-locality-file-....zip",
    ),
    Publication(
        "Order and Referring (PECOS)",
        "https://data.cms.gov/data.json",
        _links(r"/OrderReferring_(?P<version>\d{8})\.csv$"),
        {"": ORDER_REFERRING},
        span=_before_release,
        named="OrderReferring_{year}....csv",
        type=CSV,
    ),
    Publication(
        "LEIE",
        _page(EXCLUDED),
        _links(r"/UPDATED(?:_(?P<version>\d{8}))?\.csv$"),
        {"": EXCLUDED},
        span=_before_release,
        named="UPDATED.csv",
        type=CSV,
        is_undated=True,
    ),
    Publication(
        "NPPES, deactivated NPIs",
        _page(DEACTIVATED),
        _links(r"/NPPES_Deactivated_NPI_Report_(?P<released>\d{6})(?:_v\d)?\.zip$"),
        {"": DEACTIVATED},
        span=_before_month_day,
        named="NPPES_Deactivated_NPI_Report_....zip",
    ),
)
"""Every kind of file that ``claimcheck rules fetch`` looks for."""


class Link(NamedTuple):
    """A file on CMS's pages.

    Attributes:
        url: its address.
        page: the address of the page that it is on.
        table: the table that it holds, or a part of.
        span: the quarters that it governs.
        edition: what all parts of one edition share, and no other; the later edition is the greater.
        type: what the file is.
        day: when it is downloaded, where its address does not say of which day it is.
    """

    url: str
    page: str
    table: str
    span: Span
    edition: tuple[Any, ...]
    type: FileType = ZIP
    day: date | None = None

    @property
    def name(self) -> str:
        """The file's name; a date in it may be written with slashes."""
        path = urlsplit(self.url).path
        *_, name = re.split("/zip/", path, flags=re.IGNORECASE)
        name = name.replace("/", "-") if name != path else path.rpartition("/")[2]
        stem, dot, suffix = name.rpartition(".")
        return f"{stem}_{self.day:%Y%m%d}{dot}{suffix}" if self.day else name


def links_of(
    publication: Publication, addresses: Iterable[str], page: str, today: date | None = None
) -> Iterator[Link]:
    """The files of a publication among addresses that a page has links to, each once; ``today`` is the day of a file
    that is undated."""
    seen = set()
    for place, url in enumerate(addresses):
        path = urlsplit(url).path
        match = publication.links.search(path)
        span = publication.span(match) if match else None
        day = today if match and span is None and publication.is_undated else None
        if day:
            span = snapshot_of(day)
        if match is None or span is None or path in seen:
            continue
        seen.add(path)
        found = match.groupdict()
        kind = (found.get("kind") or "").lower()
        if kind in publication.tables:
            # Of two files of a quarter the later dated is meant; without dates, the one that the page has first.
            which = () if publication.in_parts else (_dated(path), -place)
            edition = span[1], found.get("version") or "", which
            yield Link(url, page, publication.tables[kind], span, edition, publication.type, day)


def releases_of(publication: Publication, text: str, page: str, wanted: Iterable[Quarter]) -> list[str]:
    """The addresses of the pages of releases that govern quarters, where each release has a page of its own."""
    assert publication.releases
    quarters = set(wanted)
    found = []
    for url in addresses_in(text, page):
        match = publication.releases.search(urlsplit(url).path)
        span = publication.span(match) if match else None
        if span and span[1] in quarters:
            found.append(url)
    return [*dict.fromkeys(found)]


def best_of(links: Iterable[Link], table: str, quarter: Quarter) -> list[Link]:
    """The files that govern a quarter of a table: all parts of the latest edition."""
    governing = [link for link in links if link.table == table and link.span[0] <= quarter <= link.span[1]]
    latest = max((link.edition for link in governing), default=())
    return [link for link in governing if link.edition == latest]


_DATED: Final = re.compile(r"-(\d\d)[-/](\d\d)[-/](\d{4})")


def _dated(path: str) -> tuple[str, ...]:
    """The date in a name, such as ``-updated-08-26-2026``; year first."""
    match = _DATED.search(path)
    return (match[3], match[1], match[2]) if match else ()


class _Hrefs(HTMLParser):
    """Collects what links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of a link."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def addresses_in(text: str, page: str) -> list[str]:
    """The absolute addresses that a page of HTML or JSON has links to, as far as they are of the same publisher; of a
    link by way of a license page, the address of the file behind it."""
    hrefs = _texts_of_json(text)
    if hrefs is None:
        parser = _Hrefs()
        parser.feed(text)
        hrefs = parser.found
    return [url for href in hrefs if (url := _address(href, page))]


def _texts_of_json(text: str) -> list[str] | None:
    """The texts in JSON; None where it is something else, such as HTML that begins with a bracket."""
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return [value for value in _texts_in(json.loads(text)) if _ADDRESS.fullmatch(value)]
    return None


def _address(href: str, page: str) -> str:
    """Where a link leads to; "" where that is no address, or one of another publisher: nobody asked for its files."""
    try:
        url, at = urlsplit(urljoin(page, _behind_license(href.strip()))), urlsplit(page)
    except ValueError:
        return ""
    publisher = ".".join(at.netloc.split(".")[-2:])  # cms.gov of www.cms.gov
    if url.scheme not in ("http", "https") or not f".{url.netloc.lower()}".endswith(f".{publisher}"):
        return ""
    return urlunsplit(url._replace(scheme=at.scheme, fragment=""))


_ADDRESS: Final = re.compile(r"(?:https?:/)?/[^\s\[\]]+")
"""What an address in JSON looks like, in which most texts are none."""


def _behind_license(href: str) -> str:
    parts = urlsplit(href)
    if "/license/" not in parts.path and not parts.path.startswith("/apps/ama/"):
        return href
    return "".join(parse_qs(parts.query).get("file", [href])[:1])


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)
