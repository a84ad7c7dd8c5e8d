"""The starter rule book: the TOML files in ``rules/``, which make a fresh install work at once.

``rules/releases.toml`` names the releases, ``rules/codes/CODE.toml`` holds what they say about one
code, and ``modifiers.toml``, ``places_of_service.toml`` and ``lists.toml`` hold what they say about
everything else; ``successors.toml`` names what replaced codes that ended, and ``taxonomies.toml`` holds lists of
provider taxonomy codes. Whatever is wrong with a
file is one exception, ``RuleDataError``, that names the file, the line and the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

from claimcheck.message import Citation
from claimcheck.rulebook import (
    ADD_ONS,
    AMBULANCE_TRIP,
    CODES,
    MODIFIERS,
    PLACES,
    SUCCESSORS,
    AddOn,
    CodeDates,
    Key,
    Listed,
    Modifier,
    Pair,
    Place,
    Release,
    Row,
    Rulebook,
    Store,
    models,
)
from claimcheck.rulebook.schema import DAY, Edition, kind_of, sections_of
from claimcheck.rulebook.store import RuleDataError, new_database, shipped_rules
from claimcheck.rulebook.tables import Kind
from claimcheck.rulebook.tables.code_sets import LISTED
from claimcheck.rulebook.tables.frequency import FREQUENCY, Frequency, intervals_of
from claimcheck.rulebook.tables.modifier_fits import (
    CODE_CLASSES,
    EVERY_CLASS,
    MODIFIER_FITS,
    OF_MEDICARE,
    OTHERS,
    CodeClass,
    ModifierFit,
)
from claimcheck.rulebook.tables.ncci import PAIR_TABLES
from claimcheck.rulebook.toml import RuleFile, shown
from claimcheck.rulebook.toml_places import At
from claimcheck.rulebook.writing import Writer

__all__ = ["RuleDataError", "RuleFile", "load", "shipped_rules"]


def load(folder: Path | None = None) -> Rulebook:
    """The rule book made of the files in a folder: by default the rules that come with claimcheck.

    Raises:
        RuleDataError: a file is missing, is not TOML, or says something that can't be.
    """
    folder = folder or shipped_rules()
    book = _Book(RuleFile.of(folder, "releases.toml"))
    if not (folder / "codes").is_dir():
        raise RuleDataError(f"{folder.name}/codes", 1, "", "no such folder", "a folder with one file per code")
    book.add_codes(folder)
    book.add_bundles(folder)
    book.add_lists_of(folder)
    return Rulebook(book.store())


def load_lists() -> Store:
    """What comes with claimcheck and no file of CMS has: families of modifiers, places of service and
    code lists. It lies under a whole rule book."""
    book = _Book(RuleFile.of(shipped_rules(), "releases.toml"))
    book.add_lists_of(shipped_rules())
    return book.store()


def load_overlay(folder: Path) -> Store:
    """A payer's overlay: a folder in the shape of ``rules/``, with ``releases.toml`` and any of the rest.

    Raises:
        RuleDataError: a file is missing, is not TOML, or says something that can't be.
    """
    book = _Book(RuleFile.of(folder, "releases.toml"))
    book.add_codes(folder)
    book.add_bundles(folder)
    book.add_lists_of(folder, optional=True)
    return book.store(overlay=folder.name)


class _Said(NamedTuple):
    """A row, the days that it holds for, and the editions that agree on it; None where there is none."""

    first: date
    last: date
    row: Row | None
    editions: tuple[str, ...]


@dataclass
class _Table:
    """The editions of a table, and what they say of each key."""

    name: str
    releases: list[Release] = field(default_factory=list)
    rows: dict[Key, list[_Said]] = field(default_factory=dict)


class _Cited(NamedTuple):
    """Releases that a row rests on, and the days that they speak of."""

    names: tuple[str, ...]
    first: date
    last: date
    url: str


class _Book:
    """The tables under construction."""

    def __init__(self, file: RuleFile) -> None:
        self.tables: dict[str, _Table] = {}
        self._editions: list[list[Release]] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._tables_of: list[list[str]] = []
        self._spans: dict[tuple[str, ...], _Cited] = {}
        self._codes: list[str] = []
        for i, series in enumerate(file.parse(models.Releases).series):
            self._add_series(file, i, series)

    def _add_series(self, file: RuleFile, i: int, series: models.Series) -> None:
        editions: list[Release] = []
        for j, edition in enumerate(series.releases):
            at = ("series", i, "releases", j)
            _check_order(file, at, edition.first, edition.last)
            if editions and edition.first <= editions[-1].last:
                after = f"a day after {editions[-1].name} ends ({editions[-1].last})"
                file.refuse((*at, "first"), edition.first, after)
            if edition.name in self._places:
                file.refuse((*at, "name"), shown(edition.name), "a name that no other release has")
            self._places[edition.name] = i, j
            citation = Citation(f"{series.title}, {edition.edition}", url=series.url)
            # The book holds some codes of a release: one that it does not name may well be in there.
            editions.append(Release(edition.name, "", edition.first, edition.last, citation))
        self._editions.append(editions)
        self._tables_of.append(series.tables)
        for name in series.tables:
            self._table(name).releases += [replace(release, table=name) for release in editions]

    def _table(self, name: str) -> _Table:
        return self.tables.setdefault(name, _Table(name))

    def _edition(self, name: str) -> Release:
        series, place = self._places[name]
        return self._editions[series][place]

    def _cited(self, file: RuleFile, at: At, cites: Sequence[str], table: str = "") -> _Cited:
        """The releases cited, with all that lie between two of one series."""
        key = (table, *cites)
        if key not in self._spans:
            found: list[tuple[int, int]] = []
            for n, name in enumerate(cites):
                place = self._places.get(name)
                if place is None or (table and table not in self._tables_of[place[0]]):
                    of = f" of {table}" if table else ""
                    file.refuse((*at, "cites", n), shown(name), f"a release{of} named in releases.toml")
                if found and found[-1][0] == place[0]:
                    if place[1] <= found[-1][1]:
                        file.refuse((*at, "cites", n), shown(name), f"a release later than {cites[n - 1]}")
                    found += [(place[0], j) for j in range(found[-1][1] + 1, place[1])]
                found.append(place)
            releases = [self._editions[i][j] for i, j in found]
            first, last = min(r.first for r in releases), max(r.last for r in releases)
            self._spans[key] = _Cited(tuple(r.name for r in releases), first, last, releases[0].citation.url)
        return self._spans[key]

    def _add(self, file: RuleFile, at: At, table: str, key: Any, span: models.Span, row: Row | None) -> list[_Said]:
        """One row for its days, which its releases must cover and no other row of its may share."""
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites, table)
        if span.first < cited.first:
            file.refuse((*at, "first"), span.first, f"no day before {cited.first}, where its releases begin")
        if span.last > cited.last:
            file.refuse((*at, "last"), span.last, f"no day after {cited.last}, where its releases end")
        periods = self._table(table).rows.setdefault(key, [])
        for other in periods:
            if other.first <= span.last and span.first <= other.last:
                file.refuse((*at, "first"), span.first, f"days outside {other.first} to {other.last}, taken already")
        periods.append(_Said(span.first, span.last, row, cited.names))
        return periods

    def add_codes(self, folder: Path) -> None:
        """What the releases say about each code that has a file."""
        for path in sorted((folder / "codes").glob("*.toml")):
            self._codes.append(path.stem)
            self._add_code(RuleFile.of(folder, f"codes/{path.name}"))

    def add_lists_of(self, folder: Path, *, optional: bool = False) -> None:
        """What they say about everything else."""
        files = {
            "modifiers.toml": self.add_modifiers,
            "places_of_service.toml": self.add_places,
            "lists.toml": self.add_lists,
        }
        for name, add in files.items():
            if not optional or (folder / name).exists():
                add(RuleFile.of(folder, name))
        others = {
            "taxonomies.toml": self.add_taxonomies,
            "successors.toml": self.add_successors,
            "modifier_fits.toml": self.add_modifier_fits,
            "frequency.toml": self.add_frequencies,
        }
        for name, add in others.items():
            if (folder / name).exists():
                add(RuleFile.of(folder, name))

    def add_bundles(self, folder: Path) -> None:
        """What they say about codes beside one another: pairs, and add-on codes."""
        for name, add in {"pairs.toml": self.add_pairs, "add_ons.toml": self.add_add_ons}.items():
            if (folder / name).exists():
                add(RuleFile.of(folder, name))

    def store(self, overlay: str = "") -> Store:
        """All of it as a database in memory."""
        database = new_database()
        writer = Writer(database)
        database.execute("BEGIN")
        for table in self.tables.values():
            _write(writer, table)
        database.execute("COMMIT")
        return Store(database, overlay)

    def _add_code(self, file: RuleFile) -> None:
        """What the releases say about one code."""
        content = file.parse(models.ONE_CODE)
        code = content.code
        if code != file.path.stem:
            file.refuse(("code",), shown(code), f"{file.path.stem!r}, as the file is named")
        self._add_validity(file, content)
        for kind in models.SECTIONS:
            for i, said in enumerate(_section(content, kind.section)):
                row = _row_of(file, (kind.section, i), kind, said)
                table = sections_of(kind)[said.table] if kind.by_setting else kind.section
                key = (code, *(getattr(row, name) for name in kind.carries)) if kind.carries else code
                self._add(file, (kind.section, i), table, key, said, row)
        for i, no in enumerate(_section(content, "not_listed")):
            self._add(file, ("not_listed", i), no.table, kind_of(no.table).plain_key(code), no, None)

    def _add_validity(self, file: RuleFile, content: models.CodeFile) -> None:
        span, kind = content.validity, content.classification
        if span is None:
            if kind is not None:
                file.refuse(("classification",), "a classification", "a validity beside it")
            return
        _check_dates(file, ("validity",), span.added, span.ended)
        if span.added and span.first < span.added:
            file.refuse(("validity", "first"), span.first, f"no day before {span.added}, when it was added")
        if span.ended and span.last > span.ended:
            file.refuse(("validity", "last"), span.last, f"no day after {span.ended}, when it ended")
        row = CodeDates(span.added, span.ended)
        if kind is not None:
            row = row._replace(
                type_of_service=kind.type_of_service,
                betos=kind.betos,
                ccs=kind.ccs,
                needs=kind.needs,
                classified_by=kind.citation,
            )
        periods = self._add(file, ("validity",), CODES, content.code, span, row)
        periods += _outside(span.added, span.ended, date.min, date.max, periods[0].editions)

    def _whole(
        self, file: RuleFile, at: At, table: str, whole: models.Whole | models.TitledList, title: str = ""
    ) -> str:
        """Let a list that may be whole govern its days; the name under which messages cite it."""
        days = {"whole_from": whole.whole_from, "whole_to": getattr(whole, "whole_to", None)}
        for name, day in days.items():
            if day and not whole.first <= day <= whole.last:
                file.refuse((*at, name), day, f"a day between {whole.first} and {whole.last}")
        return self._list(file, at, table, whole, title, *days.values())

    def _list(
        self,
        file: RuleFile,
        at: At,
        table: str,
        span: models.Span,
        title: str,
        whole_from: date | None = None,
        whole_to: date | None = None,
    ) -> str:
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites)
        name = ", ".join(span.cites)
        citation = Citation(title or name, name if title else "", cited.url)
        self._table(table).releases.append(
            Release(name, table, span.first, span.last, citation, complete_from=whole_from, complete_to=whole_to)
        )
        return name

    def add_modifiers(self, file: RuleFile) -> None:
        """Every modifier, by family."""
        content = file.parse(models.Modifiers)
        name = self._whole(file, (), MODIFIERS, content)
        rows = self._table(MODIFIERS).rows
        for family, modifiers in content.family.items():
            for code, dates in modifiers.items():
                at = ("family", family, code)
                if code in rows:
                    file.refuse(at, f"{code} a second time", "each modifier once")
                _check_dates(file, at, dates.added, dates.ended)
                row = Modifier(dates.added, dates.ended, family, dates.pricing)
                rows[code] = _within(content, dates, row, name)
        pairs = content.ambulance_pairs
        if pairs is not None:
            trip = Modifier(family=AMBULANCE_TRIP)
            always = _Said(content.first, content.last, None, (name,))
            for code in (one + other for one in pairs.origin for other in pairs.destination):
                rows[code] = [p if p.row else p._replace(row=trip) for p in rows.get(code, [always])]

    def add_places(self, file: RuleFile) -> None:
        """Every place of service."""
        content = file.parse(models.Places)
        name = self._whole(file, (), PLACES, content)
        rows = self._table(PLACES).rows
        for code, place in content.place.items():
            _check_dates(file, ("place", code), place.added, place.ended)
            rows[code] = _within(content, place, Place(place.added, place.ended, place.facility), name)

    def add_pairs(self, file: RuleFile) -> None:
        """The pairs among codes, each table apart."""
        content = file.parse(models.PairFile)
        for table, pairs in zip(PAIR_TABLES, (content.practitioner, content.outpatient), strict=True):
            at = table.removeprefix("ptp_")
            if pairs is None:
                continue
            spans = [((at,), pairs), *(((at, "again", i), span) for i, span in enumerate(pairs.again))]
            held = [
                (self._among(file, where, table, span, "{0}-{0}" if pairs.whole else ""), span) for where, span in spans
            ]
            rows = self._table(table).rows
            listed = [("0", "never", pairs.never), ("1", "modifier", pairs.modifier)]
            for indicator, field_name, columns in listed:
                # Open: the release ends, not the pair.
                said = [_Said(s.first, s.last, Pair(cast("Any", indicator), s.first), (name,)) for name, s in held]
                for column1, column2s in columns.items():
                    for column2 in column2s:
                        if (column1, column2) in rows:
                            file.refuse((at, field_name, column1), f"{column2} a second time", "each pair once")
                        rows[column1, column2] = said

    def add_add_ons(self, file: RuleFile) -> None:
        """Add-on codes and their primaries."""
        content = file.parse(models.AddOnFile)
        name = self._among(file, (), ADD_ONS, content, "{0}" if content.whole else "")
        rows = self._table(ADD_ONS).rows
        for code, parts in content.add_on.items():
            for i, part in enumerate(parts):
                first, last = part.first or content.first, part.last or content.last
                _check_order(file, ("add_on", code, i), first, last)
                for primary in part.primaries:
                    row = AddOn(part.type, primary, first, part.last, part.note)
                    rows.setdefault((code, primary), []).append(_Said(first, last, row, (name,)))

    def _among(self, file: RuleFile, at: At, table: str, span: models.Span, whole_for: str) -> str:
        """Let a table of codes beside one another govern its days; the name under which messages cite it."""
        _check_order(file, at, span.first, span.last)
        cited = self._cited(file, at, span.cites)
        name = ", ".join(span.cites)
        codes = f"(?:{'|'.join(self._codes)})"
        release = Release(
            name,
            table,
            span.first,
            span.last,
            Citation(name, url=cited.url),
            complete_from=span.first if whole_for else None,
            complete_for=whole_for.format(codes),
            editions=tuple(Edition(r.name, r.first, r.last) for r in map(self._edition, cited.names)),
        )
        self._table(table).releases.append(release)
        return name

    def add_lists(self, file: RuleFile) -> None:
        """The code lists, each a table of its own."""
        self._add_lists(file, file.parse(models.Lists).root)

    def add_taxonomies(self, file: RuleFile) -> None:
        """Lists of provider taxonomy codes."""
        self._add_lists(file, file.parse(models.TaxonomyLists).root)

    def _add_lists(self, file: RuleFile, lists: Mapping[str, models.CodeList]) -> None:
        for table, content in lists.items():
            if kind_of(table) is not LISTED:
                file.refuse((table,), f'"{table}"', "the name of a list of codes: this is a table of another kind")
            name = self._whole(file, (table,), table, content, content.title)
            rows = self._table(table).rows
            members: list[tuple[At, str, str, models.Dated]] = [
                *(((table, "codes", i), code, "", models.Dated()) for i, code in enumerate(content.codes)),
                *(((table, "values", code), code, value, models.Dated()) for code, value in content.values.items()),
                *(((table, "dated", code), code, "", part) for code, part in content.dated.items()),
            ]
            for at, code, value, part in members:
                if code in rows:
                    file.refuse(at, f"{code} a second time", "each code once")
                first, last = part.first or content.first, part.last or content.last
                _check_order(file, at, first, last)
                rows[code] = [
                    _Said(first, last, Listed(value), (name,)),
                    *_outside(first, last, content.first, content.last, (name,)),
                ]

    def add_successors(self, file: RuleFile) -> None:
        """What replaced codes and modifiers that ended, as a list whose values messages quote."""
        content = file.parse(models.SuccessorFile)
        name = self._list(file, (), SUCCESSORS, content, content.title)
        rows = self._table(SUCCESSORS).rows
        for i, successor in enumerate(content.successor):
            if not successor.codes and not successor.note:
                file.refuse(("successor", i, "note"), "nothing", "codes, or a note that says why there are none")
            value = " ".join(successor.codes) + (f"; {successor.note}" if successor.note else "")
            for j, code in enumerate(successor.of):
                if code in rows:
                    file.refuse(("successor", i, "of", j), f"{code} a second time", "each code once")
                rows[code] = [_Said(content.first, content.last, Listed(value), (name,))]

    def add_modifier_fits(self, file: RuleFile) -> None:
        """What modifiers can be reported with, a row for each payer, and the classes of codes that they speak of."""
        content = file.parse(models.ModifierFits)
        classes = content.class_
        for name, one in classes.items():
            _check_spans(file, ("class", name, "codes"), one.codes, ())
        cited = self._whole(file, (), MODIFIER_FITS, content, content.title)
        always = content.first, content.last
        if classes:
            self._whole(file, (), CODE_CLASSES, content, content.title)
            spans = {name: CodeClass(one.says, " ".join(one.codes)) for name, one in classes.items()}
            spans[EVERY_CLASS] = CodeClass("", " ".join(classes))
            self._table(CODE_CLASSES).rows |= {name: [_Said(*always, row, (cited,))] for name, row in spans.items()}
        unread = {(m, payer) for one in content.unread for m in one.of for payer in _payers(one)}
        rows = self._table(MODIFIER_FITS).rows
        for i, fits in enumerate(content.fits):
            first, last = fits.first or content.first, fits.last or content.last
            _check_order(file, ("fits", i), first, last)
            cells = {
                cell: _cell(file, ("fits", i, cell), getattr(fits, cell), classes)
                for cell in ("only", "silent", "never", "warn", "inform")
            }
            row = ModifierFit(
                says=fits.says,
                only=f"{cells['only']} {cells['silent']}".strip(),
                never=cells["never"],
                warn=cells["warn"],
                inform=cells["inform"],
                rest=next((cell for cell in ("never", "warn", "inform") if EVERY_CLASS in getattr(fits, cell)), ""),
                beside=" ".join(fits.beside),
                no_global=fits.no_global,
                remedy=fits.remedy,
                reported_by=" ".join(fits.reported_by),
            )
            for j, modifier in enumerate(fits.of):
                for key in ((modifier, payer) for payer in _payers(fits)):
                    periods = rows.setdefault(key, [])
                    if any(other.first <= last and first <= other.last for other in periods):
                        file.refuse(("fits", i, "of", j), f"{modifier} a second time", f"it once for {key[1]}")
                    periods.append(_Said(first, last, row._replace(unread=key in unread), (cited,)))
        for key in sorted(unread - rows.keys()):
            rows[key] = [_Said(*always, ModifierFit(unread=True), (cited,))]

    def add_frequencies(self, file: RuleFile) -> None:
        """How often services are paid, a row for each code, or for each modifier of a family that has no codes."""
        content = file.parse(models.Frequencies)
        cited = self._whole(file, (), FREQUENCY, content, content.title)
        rows = self._table(FREQUENCY).rows
        for i, family in enumerate(content.family):
            first, last = family.first or content.first, family.last or content.last
            _check_order(file, ("family", i), first, last)
            row = _frequency(file, ("family", i), family, content)
            for field_name in ("codes", "by_modifier"):
                for j, key in enumerate(getattr(family, field_name)):
                    periods = rows.setdefault(key, [])
                    if any(other.first <= last and first <= other.last for other in periods):
                        file.refuse(("family", i, field_name, j), f"{key} a second time", "each code in one family")
                    periods.append(_Said(first, last, row._replace(minutes=family.minutes.get(key, 0)), (cited,)))


def _frequency(file: RuleFile, at: At, family: models.Family, content: models.Frequencies) -> Frequency:
    """The row of a family. What is looked at together with it is what it names, and what names it."""
    own = family.codes or family.by_modifier
    if not own:
        file.refuse((*at, "codes"), "nothing", "codes, or by_modifier")
    families = content.family
    together = [*own, *_of_the_same_name(family, content)]
    named = {*family.after, *family.beside, *filter(None, (family.follows,))}
    naming = {code for other in families if not {*other.after, *other.beside}.isdisjoint(own) for code in other.codes}
    siblings = {code for other in families if not named.isdisjoint(other.codes) for code in other.codes}
    excluding = [code for other in families if not set(other.excludes).isdisjoint(own) for code in other.codes]
    excludes = dict.fromkeys([*family.excludes, *excluding])
    row = Frequency(
        family=family.name,
        rule=family.rule,
        also=family.also or "",
        counts=" ".join(together),
        after="; ".join(f"{code}={rule}" for code, rule in family.after.items()),
        excludes=" ".join(excludes),
        related=" ".join(sorted({*together, *named, *naming, *siblings, *excludes})),
        first_differs=family.first_differs,
        follows=family.follows or "",
        only_with=" ".join(family.only_with),
        risks="; ".join(f"{' '.join(risk.diagnoses)}={risk.rule}" for risk in family.risks),
        ages="; ".join(f"{age}={family.ages[age]}" for age in sorted(family.ages, key=int, reverse=True)),
        modifiers="; ".join(f"{modifier}={rule}" for modifier, rule in family.modifiers.items()),
        requires=" ".join(family.requires),
        spans=" ".join(family.spans),
        apart=" ".join(family.apart),
        severity=family.severity,
        remedy=family.remedy,
        remark=family.remark,
        reference=family.reference,
        tag=family.tag,
    )
    try:
        [*intervals_of(row)]
    except ValueError as error:
        file.refuse((*at, "rule"), shown(str(error)), "an interval")
    return row


def _of_the_same_name(family: models.Family, content: models.Frequencies) -> Iterator[str]:
    """Codes of other families that have its name at the same time: they count with its own."""
    first, last = family.first or content.first, family.last or content.last
    for other in content.family:
        overlap = (other.first or content.first) <= last and first <= (other.last or content.last)
        if overlap and other.name == family.name and other is not family:
            yield from other.codes


def _payers(said: models.Unread) -> list[str]:
    groups: dict[str, Sequence[str]] = {"medicare": OF_MEDICARE, "others": OTHERS}
    return [payer for name in said.payers for payer in groups.get(name, [name])]


def _cell(file: RuleFile, at: At, said: Sequence[str], classes: Mapping[str, models.CodeClass]) -> str:
    """The classes and spans of a cell."""
    _check_spans(file, at, said, (*classes, EVERY_CLASS))
    return " ".join(name for name in said if name != EVERY_CLASS)


def _check_spans(file: RuleFile, at: At, said: Sequence[str], classes: Sequence[str]) -> None:
    for n, name in enumerate(said):
        first, _, last = name.partition("-")
        if name.islower() and name not in classes:
            file.refuse((*at, n), shown(name), f"one of {', '.join(classes)}, or a span of codes")
        if last and last < first:
            file.refuse((*at, n), shown(name), "a span from the lower code to the higher")


def _row_of(file: RuleFile, at: At, kind: Kind, said: Any) -> Row:
    """A row of a section. One ``in_part`` lacks what is not given; another must give all that has published values."""
    given = {name: getattr(said, name) for name in (*kind.carries, *kind.columns)}
    if kind.in_part and said.in_part:
        lacking = dict.fromkeys(set(kind.values) - said.model_fields_set)
        return cast("Row", kind.in_part(**{**given, **lacking}))
    for name, column in kind.columns.items():
        if column.values and given[name] is None and kind.in_part:
            file.refuse((*at, name), "nothing", "a value")
    return cast("Row", kind.row(**given))


def _section(content: models.CodeFile, name: str) -> list[Any]:
    """What a section of a code's file says; which there are follows from the tables."""
    said: list[Any] = getattr(content, name)
    return said


def _write(writer: Writer, table: _Table) -> None:
    """Write a table: one release for each set of editions that agree on a row."""
    by_name: dict[str, list[Release]] = {}
    for release in table.releases:
        by_name.setdefault(release.name, []).append(release)
    numbers: dict[tuple[str, ...], int] = {(r.name,): writer.release(r) for r in table.releases if r.complete_from}
    for key, said in table.rows.items():
        for first, last, row, names in said:
            if names not in numbers:
                numbers[names] = writer.release(
                    _agreeing(table.name, [r for name in names for r in by_name.get(name, [])])
                )
            if row is None:
                writer.absent(numbers[names], key, first, last)
            else:
                writer.row(numbers[names], table.name, key, row, first, last)
    spans = ((first, last) for said in table.rows.values() for first, last, *_ in said)
    if numbers:
        writer.change_dates(min(numbers.values()), spans)


def _agreeing(table: str, releases: list[Release]) -> Release:
    """What stands for editions that agree on a row. They are here in part, so that it is a row's own days
    that count."""
    releases = sorted(releases, key=lambda release: release.first)
    editions = tuple(Edition(r.name, r.first, r.last) for r in releases)
    name = releases[0].name if len(releases) == 1 else f"{releases[0].name} to {releases[-1].name}"
    return Release(name, table, date.min, date.max, releases[0].citation, editions=editions)


def _check_order(file: RuleFile, at: At, first: date, last: date) -> None:
    if last < first:
        file.refuse((*at, "last"), last, f"no day before {first}")


def _check_dates(file: RuleFile, at: At, added: date | None, ended: date | None) -> None:
    if added and ended and ended < added:
        file.refuse((*at, "ended"), ended, f"no day before {added}")


def _outside(added: date | None, ended: date | None, first: date, last: date, names: tuple[str, ...]) -> list[_Said]:
    """The days before something began and after it ended, when it is known not to be."""
    before = [_Said(first, added - DAY, None, names)] if added and added > first else []
    after = [_Said(ended + DAY, last, None, names)] if ended and ended < last else []
    return before + after


def _within(whole: models.Whole, dates: models.Dates, row: Row, name: str) -> list[_Said]:
    """The days of a list on which something is valid, and those on which it is not."""
    first, last = max(whole.first, dates.added or whole.first), min(whole.last, dates.ended or whole.last)
    valid = [_Said(first, last, row, (name,))] if first <= last else []
    return valid + _outside(dates.added, dates.ended, whole.first, whole.last, (name,))
