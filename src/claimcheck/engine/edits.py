"""What the engine reports itself: lines that no rule in force can judge, and checks that break off."""

from __future__ import annotations

import inspect

from claimcheck.authoring.check import Check
from claimcheck.message import INFORM, WARN, Citation, StandardCodes

_DESIGN = Citation("claimcheck README", "what no rule in force can judge is not judged, and nothing is lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """No rule in force can judge these lines.

        One message for each claim names the lines (``lines``) and the tables that have no release for their codes on
        their dates of service. The lines are not clean: their disposition is ``not_judged``, unless another edit
        rejects them. The end of the run lists every table and quarter that is missing, with the page of CMS to load
        it from. Load the release that covers the date, or review the lines by hand."""
    ),
)

PARTLY_JUDGED = Check(
    "PARTLY-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """An edit could not judge these lines, for lack of a list that decides about this edit alone.

        All other edits judged the lines, and their dispositions are those of the other edits. The message names the
        edits, the lists and the quarter. Nothing is to be done on the claim; what to load is listed at the end of the
        run."""
    ),
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """A check broke off with an error of its own, so this line is not judged by it.

        The other checks went on. The message names the error's kind and place, never the claim's data.
        It is a fault of the check, not of the claim: please report it."""
    ),
)

ENGINE_EDITS = (NOT_JUDGED, PARTLY_JUDGED, CHECK_FAILED)
