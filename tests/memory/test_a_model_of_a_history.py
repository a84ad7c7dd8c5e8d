"""Both stores do what a dictionary would, whatever is added, changed and abandoned."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimcheck.memory.deposits import Deposit, State
from claimcheck.memory.stores.sql import SqlStore
from support.deposits import FIRST, a_deposit, patient

Added = tuple[int, int, int, bool]
"""A deposit: number of its claim, its patient, its day, and whether it was sent."""


@dataclass
class Entry:
    """A deposit of the model: when it became what."""

    deposit: Deposit
    id: int
    sent: int = 0
    ended: tuple[State, int] | None = None

    def as_of(self, before: int) -> State | None:
        if self.id > before:
            return None
        if self.ended and self.ended[1] <= before:
            return self.ended[0]
        return State.SENT if 0 < self.sent <= before else State.HELD


@dataclass
class Model:
    """A history as a dictionary by fingerprint, in order."""

    last: int
    entries: dict[bytes, Entry] = field(default_factory=dict)

    def commit(self, added: list[Deposit], changes: list[tuple[bytes, State, bytes]]) -> None:
        first, known = self.last, {*self.entries}
        for number, deposit in enumerate(added, first + 1):
            if deposit.fingerprint not in self.entries:
                self.entries[deposit.fingerprint] = Entry(deposit, number)
                self.last = first + len(added)
        mark, changed = first + len(added) + 1, False
        for deposit in added:
            entry = self.entries[deposit.fingerprint]
            if deposit.state is State.SENT and not entry.sent and not entry.ended:
                is_new = deposit.fingerprint not in known
                entry.sent = entry.id if is_new else mark
                changed |= not is_new
        for target, state, by in changes:
            entry = self.entries[target]
            if not entry.ended:
                number = self.entries[by].id
                entry.ended, changed = (state, number if number > first else mark), True
        self.last = mark if changed else self.last


adds = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2), st.booleans()), max_size=5)
changes = st.lists(
    st.tuples(st.integers(0, 99), st.sampled_from([State.SUPERSEDED, State.VOID]), st.integers(0, 9), st.booleans()),
    max_size=2,
)
runs = st.lists(st.tuples(adds, changes, st.booleans()), min_size=1, max_size=4)
examples = count()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(runs=runs, day=st.integers(-1, 3))
def test_a_store_does_what_a_dictionary_would(
    store: SqlStore, runs: list[tuple[list[Added], list[tuple[int, State, int, bool]], bool]], day: int
) -> None:
    example = next(examples)
    names = [f"{example} {who}" for who in range(2)]
    reader = store.reader()
    model, first = Model(reader.before), reader.before
    reader.close()
    for added, changing, is_committed in runs:
        deposits = [
            a_deposit(str(claim), names[who], served, State.SENT if is_sent else State.HELD)
            for claim, who, served, is_sent in added
        ]
        there = [*model.entries.values()]
        mine = [deposit.fingerprint for deposit in deposits]
        chosen = []
        with store.run(5) as run:
            assert run.before == model.last
            run.add(deposits[:2])
            run.add(deposits[2:])
            for at, state, by, in_run in changing if deposits else ():
                by_print = mine[by % len(mine)]
                target = mine[at % len(mine)] if in_run or not there else there[at % len(there)].deposit.fingerprint
                entry = model.entries.get(target)
                run.change([entry.id if entry and not in_run else target], state, by_print)
                chosen.append((target, state, by_print))
            if is_committed:
                run.commit({})
                model.commit(deposits, chosen)
    since = {patient(name): FIRST + timedelta(day) for name in names}
    for before in range(first, model.last + 1):
        reader = store.reader(before)
        found = reader.of_patients(since)
        reader.close()
        for name in names:
            expected = [
                (entry.id, entry.deposit.claim_id, entry.as_of(before))
                for entry in sorted(model.entries.values(), key=lambda entry: entry.id)
                if entry.deposit.patient == patient(name)
                and entry.id <= before
                and entry.deposit.last_day >= since[patient(name)]
            ]
            assert [(each.id, each.claim_id, each.state) for each in found.get(patient(name), [])] == expected
    whole = store.reader()
    for each in whole.all():
        if entry := model.entries.get(each.fingerprint):
            for before in range(first, model.last + 1):
                assert each.as_of(before) == entry.as_of(before)
    whole.close()


def test_the_model_tells_what_was_held_from_what_was_sent() -> None:
    model = Model(0)
    held = a_deposit("1", state=State.HELD)
    model.commit([held], [])
    model.commit([held._replace(state=State.SENT)], [])
    assert [model.entries[held.fingerprint].as_of(before) for before in (0, 1, 2, 3)] == [
        None,
        State.HELD,
        State.HELD,
        State.SENT,
    ]
    with pytest.raises(KeyError):
        model.commit([], [(bytes(16), State.VOID, bytes(16))])
