"""What spans the claims of a batch: what of it is remembered, for whom, and what is said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Finding, Judged, Line, Tally, claim_check, codes
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line, fires, passes
from claimcheck.checks import all_checks, citations
from claimcheck.claim import ASC, DENTAL, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Service, Setting
from claimcheck.config.configuration import Configuration
from claimcheck.engine.findings import ActiveCheck
from claimcheck.engine.loop import Engine, judge, raise_errors
from claimcheck.engine.messages import Outcome
from claimcheck.memory import History
from claimcheck.message import WARN
from claimcheck.rulebook import Fee, Mue, Opps, Pair, Rulebook
from claimcheck.runs.subscribers import worker_of
from claimcheck.runs.workers import run
from claimcheck.writers.to_jsonl import JsonlWriter
from support.judging import STARTER, on_claim, over, said_of_batch

BOOK = Rulebook(*STARTER.stores, carry=True)
CODES = [
    *("99213", "99213-25", "99213-57", "99213-24", "99223", "99291", "99292", "11721", "11721-59", "20610-LT"),
    *("20610-RT", "20610", "27447-LT", "27447-LT-58", "19301-LT", "19302-LT", "19294", "22551-62", "22551-80"),
    *("22551", "96523", "77424", "45378", "45385", "71046", "66984-54-RT", "66984-55-RT", "77425", "G2211"),
    *("00811-AA", "00811-QX", "00811-QZ", "93010", "99490", "99487"),
    *("99203", "99214"),
]
ACROSS = {check.id for check in all_checks() if check.reach == "HISTORY"}


@st.composite
def claims(draw: st.DrawFn, patients: Sequence[str | None] = ("P1", "P2", None)) -> Claim:
    setting: Setting = draw(st.sampled_from([PROFESSIONAL] * 4 + [ASC, OUTPATIENT, INSTITUTIONAL, DENTAL]))

    def line() -> Line:
        code, *modifiers = draw(st.sampled_from(CODES)).split("-")
        place = None if setting in (OUTPATIENT, INSTITUTIONAL) else "24" if setting == ASC else "22"
        service = Service(
            code, tuple(modifiers), draw(st.sampled_from(["1", "1", "1", "2", "0"])), "UN", place, setting
        )
        rendered = draw(st.sampled_from([(None, None), (A_PHYSICIAN, "207Q00000X"), ("1003000126", "2086S0122X")]))
        return Line(
            service,
            draw(st.sampled_from(["20240303", "20250303", "20250310", "20250310", "20250311", "20250610", ""])),
            to_date=draw(st.sampled_from(["", "", "", "20250312"])),
            charge=draw(st.sampled_from(["100.00", "100.00", "90.00"])),
            rendering_npi=rendered[0],
            rendering_taxonomy=rendered[1],
            revenue_code="0360" if setting == OUTPATIENT else None,
            description=draw(st.sampled_from(["", "", "a note"])),
        )

    fields = {
        "setting": setting,
        "patient_id": draw(st.sampled_from(patients)),
        "payer_id": draw(st.sampled_from(["PAYER", "PAYER", "ANOTHER", None])),
        "frequency": draw(st.sampled_from(["1", "1", None, "7", "8"])),
        "billing_npi": draw(st.sampled_from([AN_ORGANISATION, AN_ORGANISATION, "1003000126", None])),
        "received_date": "20250620",
    }
    lines = [line() for _ in range(draw(st.integers(1, 3)))]
    return a_claim(*lines, **fields)


def numbered(batch: Sequence[Claim]) -> list[Claim]:
    return [claim._replace(claim_id=f"C{i}") for i, claim in enumerate(batch, start=1)]


batches = st.lists(claims(), min_size=2, max_size=6).map(numbered)
PROPERTY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def checker(lines_in_memory: int = 50_000, across_claims: bool = True, select: tuple[str, ...] = ()) -> Checker:
    configuration = Configuration(past_newest="carry", lines_in_memory=lines_in_memory, across_claims=across_claims)
    return Checker(BOOK, on_error=raise_errors, configuration=configuration, select=select)


def told(messages: Sequence[EditMessage]) -> list[dict[str, Any]]:
    return [asdict(message) for message in messages]


def by_claim(messages: Sequence[EditMessage]) -> dict[str | None, list[dict[str, Any]]]:
    found: dict[str | None, list[dict[str, Any]]] = {}
    for message in messages:
        found.setdefault(message.claim_id, []).append(asdict(message))
    return found


@PROPERTY
@given(batches)
def test_what_is_spilled_is_as_what_is_kept(batch: list[Claim]) -> None:
    kept = told(list(checker().run(batch)))
    for lines in (0, 1, 3):
        assert told(list(checker(lines).run(batch))) == kept


@PROPERTY
@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_different_patients_does_not_matter(batch: list[Claim], random: Any) -> None:
    patients = sorted({claim.patient_id or "" for claim in batch})
    queues = {patient: [c for c in batch if (c.patient_id or "") == patient] for patient in patients}
    mixed = []
    while any(queues.values()):
        mixed.append(queues[random.choice([p for p in patients if queues[p]])].pop(0))
    assert by_claim(list(checker().run(mixed))) == by_claim(list(checker().run(batch)))


# A custom check may look at any field of an earlier line: none is forgotten, wherever the line was kept.


@claim_check(
    "ACME-ALL",
    severity=WARN,
    citation=citations.NPI,
    codes=codes("", "", "A2:20"),
    any_code=True,
    across=True,
    examples=(passes("a claim without lines", a_claim()), fires("a line", a_claim(a_line()))),
)
def everything(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Tell all that a claim and the lines before it say."""
    for line in claim.lines[claim.earlier :]:
        yield Finding(repr(claim.lines[: claim.earlier]), repr(claim._replace(lines=())), line, beside=claim.lines)


ANY = st.text(max_size=4)
NUMBERS = st.sampled_from([A_PHYSICIAN, AN_ORGANISATION]) | ANY
A_DAY_OR_NOT = st.sampled_from(["20250310", "20250310", "2025-03-10", "20250312", "", "x"])


def of_type(written: str) -> st.SearchStrategy[Any]:
    """Values of a field, by its annotation."""
    plain: dict[str, st.SearchStrategy[Any]] = {"str": ANY, "int": st.integers(0), "tuple[str, ...]": st.tuples(ANY)}
    kind, _, none = written.partition(" | ")
    return plain[kind] | st.none() if none else plain[kind]


ANY_SERVICE = st.builds(
    Service,
    code=st.sampled_from(["27447", "99213", "", "x"]),
    **{name: of_type(Service.__annotations__[name].__forward_arg__) for name in ("modifiers", "units", "unit_basis")},
    place_of_service=st.none() | ANY,
    code_set=st.sampled_from(["HC", "IV"]),
)
PARTICULAR = {"service": ANY_SERVICE, "from_date": A_DAY_OR_NOT, "to_date": st.just("") | A_DAY_OR_NOT}
ANY_LINE = st.builds(
    Line,
    **{
        **{
            name: of_type(kind.__forward_arg__) for name, kind in Line.__annotations__.items() if name not in PARTICULAR
        },
        **PARTICULAR,
        "rendering_npi": st.none() | NUMBERS,
    },
)
ANY_CLAIM = st.builds(
    lambda lines, **fields: a_claim()._replace(lines=tuple(lines), **fields),
    lines=st.lists(ANY_LINE, min_size=1, max_size=3),
    patient_id=st.sampled_from(["P1", "P1/1", "P2"]),
    payer_id=st.sampled_from([None, "PAYER"]),
    billing_npi=st.sampled_from([AN_ORGANISATION, AN_ORGANISATION, A_PHYSICIAN, None]),
    billing_taxonomy=st.none() | ANY,
    diagnoses=st.none() | st.tuples(ANY),
    trace=st.none() | ANY,
)


def _always(engine: Engine, _: Claim) -> Engine:
    return engine


def told_of_everything(batch: Sequence[Claim], lines_in_memory: int, jobs: int = 1, remember: bool = True) -> Any:
    """What the check says of each claim, in the batch's order, where so many workers share it."""
    found = {}
    for worker in range(jobs):
        mine = [claim for claim in batch if worker_of(claim.patient_id or "", jobs) == worker]
        engine = Engine(BOOK, [ActiveCheck(everything, WARN, WARN)], "x", on_error=raise_errors, remember=remember)
        for item in judge(mine, partial(_always, engine), Tally(), History(lines_in_memory // jobs)):
            assert isinstance(item, Judged)
            found[item.claim.claim_id] = told(item.outcome.messages)
    return found


@settings(parent=PROPERTY, max_examples=80)
@given(st.lists(ANY_CLAIM, min_size=2, max_size=6).map(numbered))
def test_no_field_of_an_earlier_line_is_forgotten(batch: list[Claim]) -> None:
    kept = told_of_everything(batch, 50_000)
    assert set(kept) == {claim.claim_id for claim in batch}
    for lines in (0, 1, 4):
        for jobs in (1, 2):
            assert told_of_everything(batch, lines, jobs) == kept
    assert told_of_everything(batch, 50_000, 2) == kept
    assert told_of_everything(batch, 2, remember=False) == kept


def test_a_patient_with_too_many_lines_has_too_many_wherever_they_are_kept() -> None:
    """100 lines of the days around a claim are looked at, not 101; it is told on each claim from there on."""
    batch = numbered([claim_of("", "71046", claim={"patient_id": "P"}) for _ in range(103)])
    unjudged = [["NOT-JUDGED" in _checks(messages)] for messages in told_of_everything(batch, 50_000).values()]
    assert unjudged == [[number > 101] for number in range(1, 104)]
    for lines in (0, 7, 150):
        for jobs in (1, 2):
            assert told_of_everything(batch, lines, jobs) == told_of_everything(batch, 50_000)


def _checks(messages: list[dict[str, Any]]) -> set[str]:
    return {message["check"] for message in messages}


A_CUSTOM_CHECK = '''
from collections.abc import Iterator
from claimcheck import REJECT, Citation, Claim, Finding, Rulebook, a_claim, a_line, claim_check, codes, fires, passes

@claim_check("ACME-CLIA", severity=REJECT, citation=Citation("ACME manual"), codes=codes("", "", "A7:544"), across=True,
    examples=(passes("one laboratory", a_claim(a_line("85025", clia="36D0712345"))),
              fires("two", a_claim(a_line("85025", clia="36D0712345"), a_line("80053", clia="36D0712346")))))
def two_laboratories(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """A patient's tests of one day are one laboratory's."""
    first = {}
    for line in claim.lines:
        if line.clia and first.setdefault(line.day, line).clia != line.clia:
            other = first[line.day]
            text = f"Two laboratories: {line.clia}, {other.clia} (line {other.number}, {other.control})."
            yield Finding(text, "Bill them apart.", line, beside=(other,))
'''


@pytest.mark.parametrize("between", [40, 60])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_custom_check_sees_a_claim_that_was_spilled(tmp_path: Path, between: int, jobs: int) -> None:
    """Of 50 lines in memory, with fewer and with more of them between two claims of one patient."""
    rules = tmp_path / f"clia_rules_{between}_{jobs}.py"  # a module's name is of one file
    rules.write_text(A_CUSTOM_CHECK)
    header = "claim_id,patient_id,billing_npi,line_control,from_date,code,units,charge,clia"
    rest = "1245319599,C,20250310,85025,1,10.00,{}"
    rows = [f"B{n},P{n},{rest.format('36D0712345')}" for n in range(between)]
    rows = [header, f"A,P,{rest.format('36D0712345')}", *rows, f"Z,P,{rest.format('36D0712346')}"]
    (tmp_path / "batch.csv").write_text("\n".join(rows))
    configuration = Configuration(lines_in_memory=50)
    small = Checker(BOOK, configuration=configuration, checks=[str(rules)], select=["ACME-CLIA"])
    with (tmp_path / "found.jsonl").open("w") as stream:
        tally, _ = run([tmp_path / "batch.csv"], small, [JsonlWriter(stream)], jobs)
    assert (tally.claims, tally.rejected) == (between + 2, 1)
    found = (tmp_path / "found.jsonl").read_text().splitlines()
    (message,) = [line for line in found if "ACME-CLIA" in line]
    assert "Two laboratories: 36D0712346, 36D0712345 (line 1, C). See line 1 of claim A of 2025-03-10." in message


@PROPERTY
@given(batches)
def test_one_claim_of_each_patient_is_judged_alone(batch: list[Claim]) -> None:
    apart = [claim._replace(patient_id=f"P{i}") for i, claim in enumerate(batch)]
    alone = [message for claim in apart for message in checker().check(claim).messages]
    assert told(list(checker().run(apart))) == told(alone)


@PROPERTY
@given(batches)
def test_without_reach_across_claims_each_is_judged_alone(batch: list[Claim]) -> None:
    alone = [message for claim in batch for message in checker().check(claim).messages]
    assert told(list(checker(across_claims=False).run(batch))) == told(alone)


@PROPERTY
@given(batches)
def test_replacements_and_voids_neither_see_nor_are_seen(batch: list[Claim]) -> None:
    found = by_claim(list(checker().run(batch)))
    others = [claim for claim in batch if claim.frequency not in ("7", "8")]
    without = by_claim(list(checker().run(others)))
    for claim in batch:
        if claim.frequency in ("7", "8"):
            assert found.get(claim.claim_id, []) == told(checker().check(claim).messages)
        else:
            assert found.get(claim.claim_id, []) == without.get(claim.claim_id, [])


@PROPERTY
@given(batches)
def test_payers_and_settings_have_histories_of_their_own(batch: list[Claim]) -> None:
    found = by_claim(list(checker().run(batch)))
    for key in {(claim.payer_id, claim.setting) for claim in batch}:
        mine = [claim for claim in batch if (claim.payer_id, claim.setting) == key]
        alone = by_claim(list(checker().run(mine)))
        for claim in mine:
            assert found.get(claim.claim_id, []) == alone.get(claim.claim_id, [])


@PROPERTY
@given(batches)
def test_no_patient_is_named_and_only_checks_across_claims_say_more(batch: list[Claim]) -> None:
    renamed = [claim._replace(patient_id=f"CANARY{claim.patient_id}") for claim in batch if claim.patient_id]
    found = list(checker().run(renamed))
    alone = [message for claim in renamed for message in checker(across_claims=False).check(claim).messages]
    assert "CANARY" not in repr(told(found))

    def others(messages: Sequence[EditMessage]) -> list[dict[str, Any]]:
        return told([m for m in messages if m.check not in ACROSS and m.check != "NOT-JUDGED"])

    assert others(found) == others(alone)


@PROPERTY
@given(st.tuples(claims(patients=("P1",)), claims(patients=("P1",))))
def test_a_claim_in_two_is_judged_as_one(pair: tuple[Claim, Claim]) -> None:
    """What is said of the lines of the second is what would be said if all stood on one claim."""
    one, two = pair
    common: dict[str, Any] = {
        "payer_id": "PAYER",
        "frequency": "1",
        "billing_npi": AN_ORGANISATION,
        "setting": PROFESSIONAL,
    }

    def professional(claim: Claim, claim_id: str, first: int) -> Claim:
        lines = [
            line._replace(
                from_date=line.from_date or "20250310",
                service=line.service._replace(setting=PROFESSIONAL, place_of_service="22"),
                revenue_code=None,
                number=str(i),
            )
            for i, line in enumerate(claim.lines, start=first)
        ]
        return claim._replace(lines=tuple(lines), claim_id=claim_id, billing_taxonomy="207Q00000X", **common)

    one = professional(one, "ONE", 1)
    two = professional(two, "TWO", len(one.lines) + 1)
    whole = one._replace(lines=(*one.lines, *two.lines))
    mine = {line.number for line in two.lines}
    judge = checker(select=tuple(sorted(ACROSS | {"STATUS", "MUE", "FMT"})))

    def verdicts(messages: Sequence[EditMessage]) -> list[tuple[str | None, str, str]]:
        return sorted((m.line_number, m.check, m.severity) for m in messages if m.check in ACROSS)

    together = judge.check(whole).messages
    apart = list(judge.run([one, two]))
    before = verdicts([m for m in together if m.line_number not in mine])
    # What the second does to the first is a warning on the second: then the first was paid, and is not on one claim.
    assume(before == verdicts([m for m in apart if m.claim_id == "ONE"]))
    apart = [m for m in apart if m.claim_id == "TWO" and not m.text.startswith("This line causes an edit on ")]
    assert verdicts(apart) == verdicts([m for m in together if m.line_number in mine])


# Each check that reaches across claims, in both orders.

NO_PAIRS = over(pairs={}).checker
PARTS = checker(select=("ANES-CASE", "ANES-BOTH", "READ-2", "MONTH", "LAB-PANEL"))
OTHER: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "2086S0122X"}


def claim_of(claim_id: str, *written: str | Line, claim: dict[str, Any] | None = None, **fields: Any) -> Claim:
    facts = {"patient_id": "P", "received_date": "20250620", **(claim or {})}
    return on_claim(*written, claim=facts, **fields)._replace(claim_id=claim_id)


def center(claim_id: str, *written: str) -> Claim:
    return claim_of(claim_id, *written, pos="24", setting=ASC)


def hospital(claim_id: str, *written: str, rendering_npi: str | None = None, **claim: Any) -> Claim:
    fields = {"pos": None, "setting": OUTPATIENT, "revenue_code": "0360", "rendering_npi": rendering_npi}
    return claim_of(claim_id, *written, claim=claim, **fields)


SURGERY = claim_of("S", "27447-LT", pos="22")
VISIT = claim_of("V", "99213")
INTERNIST: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "207R00000X"}
COLLEAGUE: dict[str, Any] = {"rendering_npi": "1003000126", "rendering_taxonomy": "207R00000X"}
FAMILY_DOCTOR: dict[str, Any] = {"rendering_npi": "1003000126", "rendering_taxonomy": "207Q00000X"}
THERAPIST: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "225100000X"}
ANOTHER_THERAPIST: dict[str, Any] = {"rendering_npi": "1003000126", "rendering_taxonomy": "2251X0800X"}
VISITS = over(pairs={"99214-99213": Pair("1")}).checker
THERAPY = over(
    fee={"97161": Fee(), "97750": Fee()}, mue={}, pairs={"97161-97750": Pair("0")}, add_ons={}, opps={}
).checker
ANOTHER_GROUP = {"billing_npi": A_PHYSICIAN, "billing_taxonomy": "2086S0122X"}


@pytest.mark.parametrize(
    ("book", "one", "two", "forth", "back"),
    [
        pytest.param(
            checker(),
            SURGERY,
            claim_of("V", "27447-RT", pos="22"),
            ["V 1 MUE-DOS reject"],
            ["S 1 MUE-DOS reject"],
            id="MUE-DOS",
        ),
        pytest.param(
            checker(), SURGERY, claim_of("V", "27447-LT", pos="22"),
            ["V 1 DUP-LINE reject", "V 1 MUE-DOS reject"], ["S 1 DUP-LINE reject", "S 1 MUE-DOS reject"], id="DUP-LINE"
        ),
        pytest.param(
            checker(), claim_of("S", "71046"), claim_of("V", "71046 for 99.00"),
            ["V 1 DUP-LINE warn"], ["S 1 DUP-LINE warn"], id="DUP-LINE with another charge",
        ),
        pytest.param(checker(), claim_of("S", "71046"), claim_of("V", "71046-76"), [], [], id="DUP-LINE and 76"),
        pytest.param(
            checker(), claim_of("S", "11721"), VISIT, ["V 1 PTP-1 reject"], ["S 1 PTP-1 warn"], id="PTP-1"
        ),
        pytest.param(checker(), claim_of("S", "11721"), claim_of("V", "99213-25"), [], [], id="PTP-1 and 25"),
        pytest.param(
            checker(), claim_of("S", "10060"), claim_of("V", "99446"),
            ["V 1 PTP-0 reject"], ["S 1 PTP-0 warn"], id="PTP-0",
        ),
        pytest.param(
            over(pairs={"20610-10060": Pair("1")}).checker, claim_of("S", "20610-LT"), claim_of("V", "10060-LT"),
            ["V 1 PTP-WEAK warn"], ["S 1 PTP-WEAK warn"], id="PTP-WEAK",
        ),
        pytest.param(
            over(pairs={"20610-10060": Pair("1")}).checker, claim_of("S", "20610-LT"), claim_of("V", "10060-XE-LT"),
            ["V 1 PTP-WEAK inform"], ["S 1 PTP-WEAK inform"], id="PTP-WEAK that informs",
        ),
        pytest.param(
            checker(), claim_of("S", "19301-LT", pos="22"), claim_of("V", "19294", pos="22"),
            [], ["V 1 AOC-1 reject"], id="AOC-1: a primary that comes later can't be known of",
        ),
        pytest.param(
            checker(), claim_of("S", "19301-LT", pos="22", **OTHER), claim_of("V", "19294", pos="22"),
            ["V 1 AOC-1 reject"], ["V 1 AOC-1 reject"], id="AOC-1: another surgeon's primary",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "11721"), VISIT, ["V 1 GLB-25 reject"], ["S 1 GLB-25 warn"], id="GLB-25"
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "11721", claim=ANOTHER_GROUP), VISIT, [], [], id="GLB-25: another group"
        ),
        pytest.param(NO_PAIRS, SURGERY, VISIT, ["V 1 GLB-57 reject"], ["S 1 GLB-57 warn"], id="GLB-57"),
        pytest.param(
            checker(), SURGERY, claim_of("V", "99213", day="20250309"),
            ["V 1 GLB-57 warn"], ["S 1 GLB-57 warn"], id="GLB-57 the day before",
        ),
        pytest.param(checker(), SURGERY, claim_of("V", "99213", day="20250308"), [], [], id="GLB-57 two days before"),
        pytest.param(
            checker(), SURGERY, claim_of("V", "99213", day="20250608"),
            ["V 1 GLB-POSTOP warn"], ["S 1 GLB-POSTOP warn"], id="GLB-POSTOP on day 90",
        ),
        pytest.param(checker(), SURGERY, claim_of("V", "99213", day="20250609"), [], [], id="GLB-POSTOP on day 91"),
        pytest.param(
            checker(), claim_of("S", "17000"), claim_of("V", "99213", day="20250320"),
            ["V 1 GLB-POSTOP warn"], ["S 1 GLB-POSTOP warn"], id="GLB-POSTOP on day 10",
        ),
        pytest.param(
            checker(), claim_of("S", "17000"), claim_of("V", "99213", day="20250321"), [], [], id="GLB-POSTOP on day 11"
        ),
        pytest.param(
            checker(), SURGERY, claim_of("V", "11721", day="20250320"),
            ["V 1 GLB-POSTOP warn"], ["S 1 GLB-POSTOP warn"], id="GLB-POSTOP of a procedure",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "96523"), VISIT, ["V 1 STATUS-T warn"], ["S 1 STATUS-T reject"], id="STATUS-T"
        ),
        pytest.param(NO_PAIRS, claim_of("S", "96523"), claim_of("V", "99213", **OTHER), [], [], id="STATUS-T by two"),
        pytest.param(
            checker(), claim_of("S", "22551-62", pos="22"), claim_of("V", "22551", pos="22", claim=ANOTHER_GROUP),
            ["S 1 COSURG inform", "V 1 COSURG-PAIR warn"], ["S 1 COSURG inform", "S 1 COSURG-PAIR warn"],
            id="COSURG-PAIR of two groups",
        ),
        pytest.param(
            checker(), claim_of("S", "22551-62", pos="22"), claim_of("V", "22551-62", pos="22", claim=ANOTHER_GROUP),
            ["S 1 COSURG inform", "V 1 COSURG inform"], ["S 1 COSURG inform", "V 1 COSURG inform"],
            id="COSURG-PAIR, both with 62",
        ),
        pytest.param(
            PARTS, claim_of("S", "00811-AA"), claim_of("V", "00811-QX", claim=ANOTHER_GROUP),
            ["V 1 ANES-CASE warn"], ["S 1 ANES-CASE warn"], id="ANES-CASE of two groups",
        ),
        pytest.param(
            PARTS, claim_of("S", "00811-AA"), claim_of("V", "00811-QZ", **OTHER),
            ["V 1 ANES-BOTH warn"], ["S 1 ANES-BOTH warn"], id="ANES-BOTH",
        ),
        pytest.param(
            PARTS, claim_of("S", "00811-AA"), claim_of("V", "00811-QX", day="20250311", **OTHER), [], [],
            id="ANES-CASE on two days",
        ),
        pytest.param(
            PARTS, claim_of("S", "93010", pos="23"), claim_of("V", "93010", pos="23", claim=ANOTHER_GROUP),
            ["V 1 READ-2 warn"], ["S 1 READ-2 warn"], id="READ-2 of two groups",
        ),
        pytest.param(
            PARTS, claim_of("S", "71046-26", pos="23"), claim_of("V", "71046-26", pos="21", claim=ANOTHER_GROUP),
            ["V 1 READ-2 inform"], ["S 1 READ-2 inform"], id="READ-2 in two places",
        ),
        pytest.param(
            PARTS, claim_of("S", "99490", day="20250301"), claim_of("V", "99490", day="20250331", **OTHER),
            ["V 1 MONTH reject"], ["S 1 MONTH reject"], id="MONTH, from its first day to its last, by two of a group",
        ),
        pytest.param(
            PARTS, claim_of("S", "99490", day="20250331"), claim_of("V", "99487", day="20250302"),
            ["V 1 MONTH warn"], ["S 1 MONTH warn"], id="MONTH of two alternatives",
        ),
        pytest.param(
            PARTS, claim_of("S", "99490", day="20250331"), claim_of("V", "99490", day="20250401"), [], [],
            id="MONTH: the next one",
        ),
        pytest.param(
            PARTS, claim_of("S", "99490", day="20250301"), claim_of("V", "99490", day="20250331", claim=ANOTHER_GROUP),
            [], [], id="MONTH: another group",
        ),
        pytest.param(
            PARTS, claim_of("S", "82465", "83718"), claim_of("V", "84478"),
            ["V 1 LAB-PANEL warn"], ["S 1 LAB-PANEL warn"], id="LAB-PANEL",
        ),
        pytest.param(
            checker(), center("S", "19301-LT"), center("V", "19301-LT"),
            ["V 1 DUP-LINE reject"], ["S 1 DUP-LINE reject"], id="one side twice in a surgical center",
        ),
        pytest.param(checker(), center("S", "19301-LT"), center("V", "19301-RT"), [], [], id="two sides in a center"),
        pytest.param(
            checker(), center("S", "19301"), center("V", "19301"),
            ["V 1 DUP-LINE warn"], ["S 1 DUP-LINE warn"], id="two claims of a center may show two sides",
        ),
        pytest.param(
            checker(), hospital("S", "45378"), hospital("V", "45378"),
            ["V 1 DUP-LINE warn", "V 1 MUE-DOS reject"], ["S 1 DUP-LINE warn", "S 1 MUE-DOS reject"],
            id="a hospital's",
        ),
        pytest.param(
            checker(), hospital("S", "45378"), hospital("V", "45378", type_of_bill="137"), [], [],
            id="a hospital's replacement, known by its type of bill",
        ),
        pytest.param(
            checker(),
            hospital("S", "45378", rendering_npi="1003000126"),
            hospital("V", "45378", rendering_npi="1003000126", billing_npi=A_PHYSICIAN),
            [], [], id="two hospitals where one physician works",
        ),
        pytest.param(
            checker(),
            claim_of("S", "27447-LT", pos="22", rendering_npi="1003000126"),
            claim_of("V", "27447-RT", pos="22", rendering_npi="1003000126", claim=ANOTHER_GROUP),
            ["V 1 MUE-DOS reject"], ["S 1 MUE-DOS reject"], id="one surgeon in two groups",
        ),
        pytest.param(
            VISITS, claim_of("S", "99214", **INTERNIST), claim_of("V", "99213", **COLLEAGUE),
            ["V 1 EM-DAY warn"], ["S 1 EM-DAY warn"], id="EM-DAY",
        ),
        pytest.param(
            VISITS, claim_of("S", "99213", **INTERNIST), claim_of("V", "99213", **COLLEAGUE),
            ["V 1 EM-DAY warn"], ["S 1 EM-DAY warn"], id="EM-DAY of one code",
        ),
        pytest.param(
            VISITS, claim_of("S", "99214", **INTERNIST), claim_of("V", "99213", **FAMILY_DOCTOR),
            [], [], id="EM-DAY of two specialties",
        ),
        pytest.param(
            VISITS, claim_of("S", "99214", claim=ANOTHER_GROUP, **INTERNIST), claim_of("V", "99213", **COLLEAGUE),
            [], [], id="EM-DAY of two groups",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99213", **INTERNIST), claim_of("V", "99203", day="20250610", **INTERNIST),
            ["V 1 NEW-PT warn"], ["S 1 NEW-PT warn"], id="NEW-PT",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99213", **INTERNIST), claim_of("V", "99203", day="20250610", **COLLEAGUE),
            ["V 1 NEW-PT warn"], ["S 1 NEW-PT warn"], id="NEW-PT to a colleague",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99213", **INTERNIST), claim_of("V", "99203", day="20250610", **FAMILY_DOCTOR),
            [], [], id="NEW-PT to another specialty",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99213", claim=ANOTHER_GROUP, **INTERNIST),
            claim_of("V", "99203", day="20250610", **INTERNIST),
            ["V 1 NEW-PT warn"], ["S 1 NEW-PT warn"], id="NEW-PT: one practitioner in two groups",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99213", claim=ANOTHER_GROUP, **INTERNIST),
            claim_of("V", "99203", day="20250610", **COLLEAGUE), [], [], id="NEW-PT: two groups",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "99203", **INTERNIST), claim_of("V", "99203", **COLLEAGUE),
            ["V 1 NEW-PT warn"], ["S 1 NEW-PT warn"], id="NEW-PT: of one day, in place of EM-DAY",
        ),
        pytest.param(
            NO_PAIRS, claim_of("S", "71046-26", **INTERNIST), claim_of("V", "99203", day="20250610", **COLLEAGUE),
            [], [], id="NEW-PT: a reading does not count",
        ),
        pytest.param(
            checker(), claim_of("S", "11721", **INTERNIST), claim_of("V", "99213", **COLLEAGUE),
            ["V 1 GLB-25 warn"], ["S 1 GLB-25 warn"], id="GLB-25 of a colleague, also of an NCCI pair",
        ),
        pytest.param(
            checker(), claim_of("S", "27447-LT", pos="22", **INTERNIST),
            claim_of("V", "99213", day="20250608", **COLLEAGUE),
            ["V 1 GLB-POSTOP warn"], ["S 1 GLB-POSTOP warn"], id="GLB-POSTOP of a colleague",
        ),
        pytest.param(
            checker(), claim_of("S", "99291", pos="22", **INTERNIST), claim_of("V", "99292", pos="22", **COLLEAGUE),
            [], ["V 1 AOC-1 warn"], id="AOC-1: critical care that a colleague began",
        ),
        pytest.param(
            checker(), claim_of("S", "99291", pos="22", **INTERNIST), claim_of("V", "99292", pos="22", **FAMILY_DOCTOR),
            ["V 1 AOC-1 warn"], ["V 1 AOC-1 warn"], id="AOC-1: critical care by another specialty",
        ),
        pytest.param(
            THERAPY, claim_of("S", "97161-GP", **THERAPIST), claim_of("V", "97750-GP", **ANOTHER_THERAPIST),
            ["V 1 THER-EVAL warn"], ["S 1 THER-EVAL warn"], id="THER-EVAL",
        ),
        pytest.param(
            checker(), claim_of("S", "66984-54-RT", pos="22", **INTERNIST),
            claim_of("V", "66984-55-RT", pos="22", assumed_care_date="20250311", **COLLEAGUE),
            ["V 1 POST55-GROUP warn"], ["S 1 POST55-GROUP warn"], id="POST55-GROUP",
        ),
        pytest.param(
            checker(), claim_of("S", "97110-GP x4", **THERAPIST), claim_of("V", "97110-GP x4", **ANOTHER_THERAPIST),
            [], [], id="units and duplicates are of one therapist",
        ),
    ],
)  # fmt: skip
def test_two_claims(book: Checker, one: Claim, two: Claim, forth: list[str], back: list[str]) -> None:
    assert said_of_batch(book, one, two) == forth
    assert said_of_batch(book, two, one) == back


def test_what_is_not_paid_on_an_earlier_claim() -> None:
    """A column 1 that is rejected for its status or units weakens a pair, and a rejected primary satisfies no
    add-on code, on whichever claim they stand; a soft reject does neither."""
    status = over(fee={"11721": Fee("X"), "99213": Fee()}, opps={"11721": Opps("J1")}).checker
    assert said_of_batch(status, claim_of("S", "11721"), VISIT) == ["S 1 STATUS-X reject", "V 1 PTP-1 warn"]
    units = claim_of("S", "11721 x2")
    assert said_of_batch(checker(), units, VISIT) == ["S 1 MUE-DOS reject", "V 1 PTP-1 warn"]
    soft = over(mue={"11721": Mue(1, 3)}).checker
    assert said_of_batch(soft, units, VISIT) == ["S 1 MUE-DOS reject", "V 1 PTP-1 reject"]
    add_on = claim_of("V", "19294", pos="22")
    twice = claim_of("S", "19302-LT x2", pos="22")
    for book in (checker(), checker(0)):
        assert said_of_batch(book, twice, add_on) == ["S 1 MUE-DOS reject", "V 1 AOC-1 reject"]
    assert said_of_batch(checker(), claim_of("S", "19301-LT x2", pos="22"), add_on) == ["S 1 MUE-DOS reject"]
    paired = over(pairs={"20610-19301": Pair("1")}).checker
    found = said_of_batch(paired, claim_of("S", "20610", "19301", pos="22"), add_on)
    assert found == ["S 2 PTP-1 reject", "V 1 AOC-1 reject"]


def test_a_full_claim_is_counted_by_its_own_lines() -> None:
    """An add-on code without its primary only warns on a claim of 50 lines; earlier claims' lines are not its own."""
    days = [f"202503{day:02}" for day in range(9, 11)]
    many = [a_line("71046", day=day, number=str(i), charge=f"{i}.00") for i in range(1, 26) for day in days]
    limits = over(mue={}).checker
    found = said_of_batch(limits, claim_of("S", *many[:49]), claim_of("V", "17003"))
    assert [one for one in found if one.startswith("V")] == ["V 1 AOC-1 reject"]
    found = said_of_batch(limits, claim_of("V", "17003", *many[:49]))
    assert [one for one in found if "AOC" in one] == ["V 1 AOC-1 warn"]


def test_what_was_wrong_before_is_not_said_again() -> None:
    before = claim_of("V", "99213", "11721")
    assert said_of_batch(NO_PAIRS, before, claim_of("S", "20610-LT")) == ["V 1 GLB-25 reject"]
    assert said_of_batch(NO_PAIRS, before, claim_of("S", "85025", clia="36D0712345")) == ["V 1 GLB-25 reject"]
    # A pair that only the later claim makes is another finding.
    found = said_of_batch(checker(), before, claim_of("S", "20610-LT"))
    assert found == ["S 1 PTP-1 warn", "V 1 PTP-1 reject"]


def test_messages_name_the_other_claim_and_its_line() -> None:
    before = claim_of("EARLIER", "71046", "11721")
    (message,) = checker().run([before, VISIT])
    assert message.claim_id == "V"
    assert f" See line 2 of claim EARLIER of {before.lines[1].day}." in message.text
    (message,) = checker().run([VISIT, claim_of("LATER", "71046", "11721")])
    assert (message.claim_id, message.line_number, message.severity) == ("LATER", "2", "warn")
    assert message.text.startswith(f"This line causes an edit on line 1 of claim V of {VISIT.lines[0].day}: ")


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_replacement_is_judged_alone(frequency: str) -> None:
    replaced = VISIT._replace(frequency=frequency)
    procedure = claim_of("S", "11721")
    by_itself = "V 0 CLM-FREQ inform"
    for batch in ([procedure, replaced], [replaced, procedure]):
        assert said_of_batch(checker(), *batch) == [by_itself]
    found = said_of_batch(checker(), procedure, replaced, VISIT._replace(claim_id="W"))
    assert found == [by_itself, "W 1 PTP-1 reject"]


def test_of_a_month_the_lines_that_are_billed_by_it_are_asked_for() -> None:
    """And of another group the lines of the same case or reading alone."""
    history = History()

    def before(*written: str | Line, **claim: Any) -> list[tuple[str, str]]:
        mine = claim_of("NOW", *written, claim=claim)
        return [(line.code, line.from_date) for line in history.before(mine, ("P", None, "", "")).lines]

    first, last = "20250301", "20250331"
    for claim_id, claim in (("A", {}), ("B", ANOTHER_GROUP)):
        sent = claim_of(claim_id, "99490", "99213", "93010", "71046-26", "00811-AA", day=first, claim=claim)
        history.remember(sent, ("P", None, "", ""), Outcome([], []))
    assert before(a_line("99457", day=last)) == [("99490", first)]
    assert before(a_line("99213", day=last)) == before(a_line("99490", day="20250401")) == []
    nobody: dict[str, Any] = {"billing_npi": "1003000126"}
    assert before(a_line("93010", day=first), **nobody) == [("93010", first)] * 2
    assert before(a_line("71046-26", day=first), a_line("00811-QX", day="20250302"), **nobody) == [
        *(("71046", first), ("00811", first)),
        *(("71046", first), ("00811", first)),
    ]
    assert before(a_line("71046", day=first), a_line("99490", day=first), **nobody) == []


def test_a_patient_without_a_key_has_no_history() -> None:
    for key in (None, ""):
        nobody = [claim._replace(patient_id=key) for claim in (claim_of("S", "11721"), VISIT)]
        assert list(checker().run(nobody)) == []


def test_each_run_begins_anew() -> None:
    judge = checker()
    assert list(judge.run([claim_of("S", "11721")])) == []
    assert list(judge.run([VISIT])) == []


def test_every_check_across_claims_is_tried() -> None:
    tried = {"MUE-DOS", "DUP-LINE", "PTP-0", "PTP-1", "PTP-WEAK", "AOC-1", "GLB-25", "GLB-57", "GLB-POSTOP"}
    tried |= {"STATUS-T", "COSURG-PAIR", "ANES-CASE", "ANES-BOTH", "READ-2", "MONTH", "LAB-PANEL"}
    tried |= {"DUP-CLAIM"}  # tests/memory/test_across_batches.py
    tried |= {"FREQ", "FREQ-ORDER"}  # tests/checks/test_frequency.py
    tried |= {"VAX-PAIR"}  # tests/checks/test_equipment_and_vaccines.py
    tried |= {"EM-DAY", "NEW-PT", "THER-EVAL", "POST55-GROUP"}
    beside = {
        "AOC-2",
        "AOC-3",
        "ENDO-BASE",
        "GLB-24",
        "GLB-25-MAJOR",
        "GLB-57-MINOR",
        "GLB-57-NONE",
    }  # by the properties alone
    tried |= {"AMB-BASE"}  # in tests/checks/test_ambulance.py
    assert tried | beside == ACROSS


@pytest.mark.parametrize(("one", "other", "together"), [("MB", "MB", True), ("MB", None, True), ("CI", "MB", False)])
def test_claims_to_different_kinds_of_payers_are_not_judged_together(
    one: str, other: str | None, together: bool
) -> None:
    """One payer id may stand for several lines of business, and rows may name no payer at all."""
    line = a_line("77424", day="20240814", pos="22")
    claims = [
        a_claim(line, patient_id="P", received_date="20240820")._replace(claim_id=id, filing_indicator=filing)
        for id, filing in (("A", one), ("B", other))
    ]
    messages = list(Checker(select=["DUP-LINE"]).run(claims))
    assert [m.claim_id for m in messages] == (["B"] if together else [])
