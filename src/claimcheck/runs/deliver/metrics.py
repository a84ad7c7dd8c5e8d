"""The figures of a run as Prometheus reads them: a file for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from claimcheck.engine.loop import Tally
from claimcheck.message import SEVERITIES
from claimcheck.writers.figures import Figures


class Clock(NamedTuple):
    """When a run ended, and how long it took.

    Attributes:
        ended: in seconds since 1970.
        seconds: how long each phase took.
    """

    ended: float
    seconds: Mapping[str, float]

    @property
    def duration(self) -> float:
        """How long all of it took, in seconds."""
        return sum(self.seconds.values())


def metrics_of(tally: Tally, figures: Figures, clock: Clock, exit_status: int) -> str:
    """The metrics, each with what it means.

    Args:
        tally, figures: what came of the run.
        clock: when, and how long.
        exit_status: what it ends with.
    """
    return "".join(f"{line}\n" for line in _lines(tally, figures, clock, exit_status))


def _lines(tally: Tally, figures: Figures, clock: Clock, exit_status: int) -> Iterator[str]:
    by = {str(disposition): lines for disposition, lines in figures.lines.items()}
    _, _, every = figures.checks.largest(0)
    severities = {str(each): getattr(every, each) for each in SEVERITIES}
    yield from _metric("files", "Claim files that were read.", tally.files)
    yield from _metric("claims", "Claims, by disposition.", {d: each.claims for d, each in by.items()}, "disposition")
    yield from _metric(
        "lines", "Claim lines, by disposition.", {d: each.lines for d, each in by.items()}, "disposition"
    )
    yield from _metric(
        "charges_dollars",
        "Charges on lines, by disposition.",
        {d: each.lines_charge for d, each in by.items()},
        "disposition",
    )
    yield from _metric(
        "claims_charges_dollars",
        "Charges on all lines of claims, by disposition of the claim.",
        {d: each.claims_charge for d, each in by.items()},
        "disposition",
    )
    yield from _metric("messages", "Edit messages, by severity.", severities, "severity")
    yield from _metric("unreadable", "Rows, segments and files that could not be read.", tally.unreadable)
    yield from _metric("judged_ratio", "Share of the lines that could be judged.", f"{tally.judged_share:.6f}")
    yield from _metric("run_exit_status", "Exit status of the run.", exit_status)
    yield from _metric("run_duration_seconds", "How long the run took.", f"{clock.duration:.3f}")
    yield from _metric("lines_per_second", "Claim lines per second of the run.", f"{tally.lines / clock.duration:.1f}")
    yield from _metric("last_run_timestamp_seconds", "When the run ended.", f"{clock.ended:.3f}")


def _metric(name: str, help: str, values: object, label: str = "") -> Iterator[str]:
    yield f"# HELP claimcheck_{name} {help}"
    yield f"# TYPE claimcheck_{name} gauge"
    if isinstance(values, dict):
        for of, value in values.items():
            yield f'claimcheck_{name}{{{label}="{of}"}} {value}'
    else:
        yield f"claimcheck_{name} {values}"
