"""Report section on temporal filters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from circuits.ecram_lif.temporal_filter import RATIO, SCALES
from ipcircuit.parameters import Parameter, read_parameters
from network.experiments.filters.sizing import LEVEL
from reports.filters import figures, findings, tables
from reports.section import Run, Section


def parameters(run: Run) -> Iterator[tuple[str, Parameter]]:
    """What the temporal filters assume beyond the device."""
    values = {"ratio": RATIO, "largest scale": max(SCALES), "smallest scale": min(SCALES), "level": LEVEL}
    for p in read_parameters(Path(__file__).with_name("parameters.toml"), **values):
        yield "temporal filter", p


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
