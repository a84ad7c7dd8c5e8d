"""The tables of a history, the same in SQLite and PostgreSQL, and how an older one becomes one of this version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from claimcheck.memory.deposits import State

_OF_1: Final = (
    "id, patient, last_day, fingerprint, span, received, party, sent, state, changed, lines, place, claim_id,"
    " reference, body"
)
"""The columns of a deposit in version 1."""

MIGRATIONS: Final[Sequence[Sequence[str]]] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        # The newest number, and how many patients and terms have one.
        "CREATE TABLE counter (last BIGINT NOT NULL, patients BIGINT NOT NULL, terms BIGINT NOT NULL)",
        "INSERT INTO counter VALUES (0, 0, 0)",
        "CREATE TABLE term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
        "CREATE TABLE patient (hash {BLOB} PRIMARY KEY, id INTEGER NOT NULL) {CLUSTERED}",
        "CREATE TABLE alias (old {BLOB} PRIMARY KEY, new {BLOB} NOT NULL) {CLUSTERED}",
        "CREATE TABLE input (digest {BLOB} PRIMARY KEY, before BIGINT NOT NULL) {CLUSTERED}",
        "CREATE TABLE run (token TEXT PRIMARY KEY, before BIGINT NOT NULL, last BIGINT NOT NULL) {CLUSTERED}",
        "CREATE TABLE lease (token TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,"
        " started DOUBLE PRECISION NOT NULL, renewed DOUBLE PRECISION NOT NULL)",
        "CREATE TABLE deposit (patient INTEGER, last_day INTEGER, id BIGINT, span INTEGER NOT NULL,"
        " received INTEGER, party INTEGER NOT NULL, sent BIGINT NOT NULL, state SMALLINT NOT NULL,"
        " changed BIGINT NOT NULL, lines INTEGER NOT NULL, fingerprint {BLOB} NOT NULL, place {BLOB} NOT NULL,"
        " claim_id TEXT NOT NULL, reference TEXT, body {BLOB} NOT NULL,"
        " PRIMARY KEY (patient, last_day, id)) {CLUSTERED}",
        "CREATE UNIQUE INDEX deposit_by_id ON deposit (id)",
    ),
    (
        # Deposits by number, so that a commit writes them one after the other.
        "ALTER TABLE deposit RENAME TO deposit_1",
        "CREATE TABLE deposit ({NUMBER}, patient INTEGER NOT NULL, last_day INTEGER NOT NULL,"
        " fingerprint {BLOB} NOT NULL, span INTEGER NOT NULL, received INTEGER, party INTEGER NOT NULL,"
        " sent BIGINT NOT NULL, state SMALLINT NOT NULL, changed BIGINT NOT NULL, lines INTEGER NOT NULL,"
        " place {BLOB} NOT NULL, claim_id TEXT NOT NULL, reference TEXT, body {BLOB} NOT NULL)",
        "CREATE UNIQUE INDEX deposit_of_patient ON deposit (patient, last_day, fingerprint)",
        f"INSERT INTO deposit ({_OF_1}) SELECT {_OF_1} FROM deposit_1 ORDER BY id",
        "DROP TABLE deposit_1",
        # How often something was changed that has no number, and the first day of which visits are kept; 0 for all.
        "ALTER TABLE counter ADD COLUMN edits BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE counter ADD COLUMN visits INTEGER NOT NULL DEFAULT 0",
        # By party, that is by payer and billing provider: as of which number which day is the first that is known.
        "CREATE TABLE beginning (party INTEGER, id BIGINT, day INTEGER NOT NULL, PRIMARY KEY (party, id)) {CLUSTERED}",
        "INSERT INTO beginning SELECT party, min(id),"
        " min(CASE WHEN received > last_day THEN received ELSE last_day END) FROM deposit GROUP BY party",
        # The number of the last deposit of its run before those of an input.
        "ALTER TABLE input ADD COLUMN within BIGINT NOT NULL DEFAULT 0",
        "UPDATE input SET within = before",
    ),
)
"""Statements that make the next version of the schema of the one before; the first makes it of nothing."""

STAGE: Final = (
    "CREATE TEMP TABLE stage (seq INTEGER PRIMARY KEY, patient {BLOB}, last_day INTEGER, fingerprint {BLOB},"
    " span INTEGER, received INTEGER, party INTEGER, sent INTEGER, state INTEGER, lines INTEGER, place {BLOB},"
    " claim_id TEXT, reference TEXT, body {BLOB})",
    "CREATE TEMP TABLE stage_term (id INTEGER PRIMARY KEY, text TEXT)",
)
"""Where a run keeps what it adds until it commits."""

STATES: Final = {State.HELD: 0, State.SENT: 0, State.SUPERSEDED: 2, State.VOID: 3}
"""How a state is written: that a deposit is sent is the number as of which it is (1 its own)."""
ENDED: Final = {number: state for state, number in STATES.items() if number}

DEPOSIT: Final = (
    "d.last_day, d.fingerprint, d.id, d.span, d.received, d.party, d.sent, d.state, d.changed, d.lines, d.place,"
    " d.claim_id, d.reference, d.body"
)
"""The columns of a deposit, but its patient."""

# -- what a commit does with the stage: what has place N in it gets the number :last + N --------------

NEW_PATIENTS: Final = (
    "INSERT INTO patient (hash, id) SELECT s.patient, ? + s.seq FROM stage s WHERE true ON CONFLICT (hash) DO NOTHING"
)
NEW_DEPOSITS: Final = (
    "INSERT INTO deposit (patient, last_day, fingerprint, id, span, received, party, sent, state, changed, lines,"
    " place, claim_id, reference, body)"
    " SELECT p.id, s.last_day, s.fingerprint, ? + s.seq, s.span, s.received, s.party, s.sent, 0, 0, s.lines,"
    " s.place, s.claim_id, s.reference, s.body"
    " FROM stage s JOIN patient p ON p.hash = s.patient WHERE true"
    " ORDER BY p.id, s.last_day, s.seq"  # so that a page is written once
    " ON CONFLICT (patient, last_day, fingerprint) DO NOTHING"
)
KNOWN: Final = (
    "CREATE TEMP TABLE known AS SELECT p.id AS patient, s.last_day AS last_day, s.fingerprint AS fingerprint,"
    " s.sent AS sent FROM stage s JOIN patient p ON p.hash = s.patient"
    " WHERE NOT EXISTS (SELECT 1 FROM deposit d WHERE d.id = ? + s.seq)"
)
"""What the run added that was there before, or that it added twice."""
_SAME: Final = "d.patient = {0}.patient AND d.last_day = {0}.last_day AND d.fingerprint = {0}.fingerprint"
NOW_SENT: Final = (
    f"UPDATE deposit AS d SET sent = ? FROM known k WHERE {_SAME.format('k')} AND d.id BETWEEN ? AND ?"
    " AND k.sent = 1 AND d.sent = 0 AND d.state = 0"
)
NOW_ENDED: Final = (
    "UPDATE deposit AS d SET state = o.state, changed = ? FROM"
    " (SELECT p.id AS patient, s.last_day AS last_day, s.fingerprint AS fingerprint, max(s.state) AS state"
    " FROM stage s JOIN patient p ON p.hash = s.patient WHERE s.state > 0 GROUP BY p.id, s.last_day, s.fingerprint) o"
    f" WHERE {_SAME.format('o')} AND d.state = 0"
)
NAMED: Final = (
    "SELECT s.fingerprint, d.id FROM stage s JOIN patient p ON p.hash = s.patient JOIN deposit d"
    " ON d.patient = p.id AND d.last_day = s.last_day AND d.fingerprint = s.fingerprint"
)
FIRST_ARRIVAL: Final = "SELECT max(last_day) FROM (SELECT last_day FROM stage ORDER BY seq LIMIT 100) AS first"
"""The newest day of service of the claims that a run has first: it began no earlier."""
BEGINNINGS: Final = (
    "INSERT INTO beginning (party, id, day) SELECT n.party, ?, n.day FROM (SELECT party,"
    " min(CASE WHEN received IS NULL AND last_day < ? THEN ? WHEN received > last_day THEN received ELSE last_day END)"
    " AS day FROM stage GROUP BY party) AS n"
    " WHERE NOT EXISTS (SELECT 1 FROM beginning b WHERE b.party = n.party AND b.day <= n.day)"
)
"""Since the first claim for a payer was received, all claims for it are known, so all services since. One that does not
say when it was received was so after its last day, and after the run's first ones."""
EDITED: Final = "UPDATE counter SET edits = edits + 1"
"""Something was changed that has no number."""
KNOWN_BEFORE: Final = f"SELECT count(DISTINCT d.id) FROM known k JOIN deposit d ON {_SAME.format('k')} WHERE d.id <= ?"
"""How many of what the run added were there before."""
