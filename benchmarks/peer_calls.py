"""Call one peer on one file, as its README says, in a process that has its packages and nothing else.

    python -S benchmarks/peer_calls.py PEER FILE

Says as JSON how many claims, lines or segments it ``found``, so that a peer that read nothing can't be the fastest,
and what it cost, without the import of its packages.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from cost import report

Work = Callable[[], object]


def pyx12(path: str) -> Work:
    import pyx12.params
    import pyx12.x12n_document

    def validate() -> object:
        sound = pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), path, None, None, None)
        return "valid" if sound else "errors"

    return validate


def claim_validator(path: str) -> Work:
    """It reads no 837: the claims are handed to it as dicts, which are made and loaded before the clock starts."""
    from claim_validator import validate

    claims = json.loads(Path(path).with_suffix(".json").read_text())
    return lambda: f"{sum(len(validate(claim).findings) for claim in claims):,} findings"


def claim_validator_built_once(path: str) -> Work:
    """The same without what ``validate`` does anew for each claim: reading its settings and building its validators."""
    from claim_validator.models.claim import ClaimData
    from claim_validator.validators.pipeline import ValidationPipeline

    claims = json.loads(Path(path).with_suffix(".json").read_text())
    pipeline = ValidationPipeline.from_settings()
    return lambda: f"{sum(len(pipeline.run(ClaimData(**claim)).findings) for claim in claims):,} findings"


def x12sdk(path: str) -> Work:
    from x12sdk.io import X12ModelReader

    def models() -> object:
        with X12ModelReader(path) as reader:
            return f"{sum(1 for model in reader.models() for _ in model.claims()):,} claims"

    return models


def linuxforhealth_x12(path: str) -> Work:
    from linuxforhealth.x12.io import X12ModelReader

    def models() -> object:
        with X12ModelReader(path) as reader:
            return f"{sum(1 for _ in reader.models())} transaction sets"

    return models


def validedi(path: str) -> Work:
    from validedi import validate

    return lambda: f"{validate(path).error_count:,} errors"


def openx12(path: str) -> Work:
    from openx12 import x837p

    return lambda: f"{len(x837p.parse(Path(path).read_text()).claims):,} claims"


def x12_edi_tools(path: str) -> Work:
    from x12_edi_tools.x12_parser import X12Parser

    return lambda: f"{len(X12Parser().parse(Path(path).read_text())['CLM']):,} claims"


def badx12(path: str) -> Work:
    from badx12 import Parser

    return lambda: type(Parser().parse_document(path)).__name__


PEERS: dict[str, Callable[[str], Work]] = {
    "pyx12": pyx12,
    "claim-validator": claim_validator,
    "claim-validator, built once": claim_validator_built_once,
    "x12sdk": x12sdk,
    "linuxforhealth-x12": linuxforhealth_x12,
    "validedi": validedi,
    "openx12": openx12,
    "x12-edi-tools": x12_edi_tools,
    "badx12": badx12,
}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    report(PEERS[sys.argv[1]](sys.argv[2]))
