"""Report section on temporal filters."""

from __future__ import annotations

from collections.abc import Iterator

from circuits.ecram_lif.temporal_filter import RATIO, SCALES
from ipcircuit.parameters import Parameter
from network.experiments.filters.sizing import LEVEL
from reports.filters import figures, findings, tables
from reports.section import Run, Section


def parameters(run: Run) -> Iterator[tuple[str, Parameter]]:
    """What the temporal filters assume beyond the device."""
    kind = "time constants of both channels of a filter over the default ones, "
    for name, value, description, reason in (
        (
            "ratio",
            RATIO,
            "time constants of the depressing channel over the facilitating one's",
            "nothing is published; wide enough for a band, narrow enough to be one material's range",
        ),
        ("largest scale", max(SCALES), f"{kind}slowest filter", "nothing is published; spans the task's intervals"),
        ("smallest scale", min(SCALES), f"{kind}fastest filter", "nothing is published; spans the task's intervals"),
        (
            "sign",
            -1.0,
            "sign of the depressing channel's change against the facilitating one's",
            "a channel of the other type (p beside n) on the same chip",
        ),
        (
            "level",
            LEVEL,
            "share of the contrast at which the sized neuron changes its count",
            "below a half, for bursts end before the response settles",
        ),
    ):
        yield "temporal filter", Parameter(name, value, "", description, f"assumed: {reason}", "assumed")


SECTION = Section(
    "filters",
    "Temporal filters",
    "Pairs of ECRAM synapses with different time constants prefer different input rates: a bank of them, and a task "
    "that cannot be done by counting.",
    figures=(figures.response, figures.models),
    tables=(tables.preferred_rates, tables.models),
    findings=(findings.prediction, findings.task),
    parameters=parameters,
)
