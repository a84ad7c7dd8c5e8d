"""``claimcheck history forget`` and ``merge``: what is taken out of a history, and what becomes one."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from claimcheck.claim import Claim, Location
from claimcheck.cli.commands import epilog
from claimcheck.cli.common import (
    ConfigOption,
    IsolatedOption,
    RulebookOption,
    book_at,
    count,
    fail,
    saying_how_it_ends,
)
from claimcheck.cli.history.group import (
    CHANGING,
    WAIT_SECONDS,
    AtOption,
    DryRunOption,
    HistoryCommand,
    Place,
    WaitOption,
    app,
    claims_added,
    day_of,
)

if TYPE_CHECKING:
    from claimcheck.memory.identity import Identity
    from claimcheck.memory.stores.keeping import Pairs

_TURNS: Final = (None, *"ABCDEFGHSTU")
"""In which order a payer may pay (SBR01): the same person is another patient to a second payer."""
_PATIENT_COLUMNS: Final = ("payer", "old_member_id", "old_birth_date", "new_member_id", "new_birth_date")


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history forget           what no edit looks for any more",
        "claimcheck history forget --before 2020-01-01 --dry-run",
        "claimcheck history forget --payer 00882 --patient - \\\n      --birth-date 1950-03-01 < member-id.txt",
        statuses=CHANGING,
    ),
)
def forget(
    history: AtOption = None,
    patient: Annotated[
        str | None,
        typer.Option("--patient", metavar="MEMBER", help="All of one member id; - reads it from standard input."),
    ] = None,
    birth_date: Annotated[str, typer.Option("--birth-date", metavar="DATE", help="Of the patient.")] = "",
    sex: Annotated[str, typer.Option("--sex", metavar="F|M|U", help="Of a dependant.")] = "",
    first_name: Annotated[str, typer.Option("--first-name", metavar="NAME", help="Of a dependant.")] = "",
    payer: Annotated[str | None, typer.Option("--payer", metavar="ID", help="All of one payer.")] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="DATE", help="All whose last day of service is before it.")
    ] = None,
    dry_run: DryRunOption = False,
    wait: WaitOption = WAIT_SECONDS,
    rulebook: RulebookOption = None,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Delete from a history: a patient, a payer, what is before a day; without any of these, what is kept long enough.

    Lines are kept for 13 months after the last day of service (`retention` in the configuration), counted from the
    newest day that the history knows; longer where it needs them to tell how often a service was paid, or whether a
    patient is new. What is deleted is overwritten, and its space on the disk is freed.
    """
    from claimcheck.memory.identity import Identity
    from claimcheck.memory.retention import Retention, first_days, visits_since
    from claimcheck.memory.stores import keeping

    if (birth_date or sex or first_name) and not patient:
        fail("--birth-date, --sex and --first-name are of a patient; name one by --patient")
    place = Place(history, config, isolated)
    identity = Identity(place.key, place.configuration.payer_families)
    day, born = day_of(before, "--before"), day_of(birth_date, "--birth-date", of_birth=True)
    hashes: list[bytes] = []
    if patient:
        if not payer:
            fail("--patient: name the payer too, by --payer: member ids are a payer's own")
        member = sys.stdin.readline().strip() if patient == "-" else patient
        hashes = _hashes(identity, payer, member, f"{born:%Y%m%d}" if born else "", sex.upper(), first_name.upper())
        if not hashes:
            fail("--patient: found no letter or digit in it, expected a member id")
    store = place.open()
    with saying_how_it_ends(store, "forgotten", ", but its space on the disk may not be free; run it again"):
        if hashes or payer or day:
            of_payer = identity.payer(payer) if payer and not hashes else None
            found = keeping.forget(store, wait, patients=hashes, payer=of_payer, before=day, dry_run=dry_run)
        else:
            book, retention = book_at(rulebook), Retention(**place.configuration.retention)
            found = keeping.forget_expired(
                store,
                wait,
                lambda newest: first_days(retention, newest, book),
                lambda newest: visits_since(retention, newest),
                dry_run=dry_run,
            )
    done = "would forget" if dry_run else "forgot"
    what = f"{count(found.lines, 'line')}, {count(found.deposits, 'claim')} whole"
    typer.echo(f"{store.name}: {done} {what}; nothing is left of {count(found.patients, 'patient')}", err=True)


def _hashes(identity: Identity, payer: str, member: str, born: str, sex: str, first_name: str) -> list[bytes]:
    """All hashes that a patient may have: as a subscriber or dependant, in an 837 or in rows, to a first payer or a
    further one."""
    patient = f"{member}/{born}/{sex}/{first_name}" if sex or first_name else member
    found = set()
    for turn, row in product(_TURNS, (None, 1)):
        claim = Claim(
            claim_id="",
            lines=(),
            payer_id=payer,
            patient_id=patient,
            birth_date=born or None,
            sex=sex or None,
            payer_responsibility=turn,
            locus=Location("", row=row),
        )
        found.add(identity.patient(claim, ""))
    return sorted(filter(None, found))


@app.command(
    cls=HistoryCommand,
    epilog=epilog(
        "claimcheck history merge other.history",
        "claimcheck history merge --patients new-ids.csv",
        "claimcheck history merge --patients new-ids.csv --undo",
        statuses=CHANGING,
    ),
)
def merge(
    other: Annotated[
        str | None, typer.Argument(metavar="[PATH|URL]", help="Another history of the same key, to add to this one.")
    ] = None,
    patients: Annotated[
        Path | None,
        typer.Option(
            "--patients",
            metavar="CSV",
            help=f"Patients whose ids have changed. Columns: {', '.join(_PATIENT_COLUMNS)}.",
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back that these patients are one.")] = False,
    history: AtOption = None,
    wait: WaitOption = WAIT_SECONDS,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Add another history to this one, or have old and new ids of a patient be one.

    What both histories have is there once. Patients are never merged by name, only as you say, and it can be undone.
    """
    from claimcheck.memory.identity import Identity
    from claimcheck.memory.stores import keeping

    if bool(other) == bool(patients):
        fail("name another history, or patients by --patients")
    if undo and not patients:
        fail("--undo: only patients can be separated again; name them by --patients")
    place = Place(history, config, isolated)
    store = place.open()
    if patients:
        named = [*_patients(patients, Identity(place.key, place.configuration.payer_families))]
        change = keeping.remove_aliases if undo else keeping.add_aliases
        what, others = ("separated", "were not one") if undo else ("merged", "were one before")
        with saying_how_it_ends(store, what):
            done = change(store, wait, named)
        typer.echo(
            f"{store.name}: {count(len(named), 'patient')} read: {done:,} {what}, {len(named) - done:,} {others}",
            err=True,
        )
        return
    source = place.open(other)
    if source.name == store.name:
        fail(f"{store.name}: can't be merged into itself")
    with saying_how_it_ends(store, "merged"):
        added = keeping.merge(store, source, wait)
    typer.echo(f"{store.name}: {claims_added(added)}; of {source.name}", err=True)


def _patients(path: Path, identity: Identity) -> Iterator[Pairs]:
    """Old and new hashes of each patient of a file. Messages name rows alone, never who is in them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if missing := [name for name in _PATIENT_COLUMNS if name not in (reader.fieldnames or ())]:
                fail(f"{path}: column {missing[0]} is missing; expected {', '.join(_PATIENT_COLUMNS)}")
            for row in reader:
                values = [(row[name] or "").strip() for name in _PATIENT_COLUMNS]
                yield _pairs_of(values, f"{path}:{reader.line_num}", identity)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fail(f"{path}: {getattr(error, 'strerror', None) or 'can not be read as CSV in UTF-8'}")


def _pairs_of(values: Sequence[str], place: str, identity: Identity) -> Pairs:
    payer, *ids = values
    if not payer or not ids[0] or not ids[2]:
        fail(f"{place}: payer, old_member_id or new_member_id is empty")
    hashes = []
    for member, birth in (ids[:2], ids[2:]):
        born = day_of(birth, f"{place}: a birth date", of_birth=True) if birth else None
        text = f"{born:%Y%m%d}" if born else ""
        claims = (
            Claim("", (), payer_id=payer, patient_id=member, birth_date=text, payer_responsibility=turn, locus=locus)
            for turn, locus in product(_TURNS, (Location(""), Location("", row=1)))
        )
        hashes.append([identity.patient(claim, "") for claim in claims])
    return [(old, new) for old, new in dict(zip(*hashes, strict=True)).items() if old and new]
