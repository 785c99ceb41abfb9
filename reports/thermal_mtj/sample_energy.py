"""Memory energy per sample at several N, for tables, figures and findings: the same rows everywhere."""

from __future__ import annotations

from energy.compare import ComparisonRow, EventWorkload, compare, published_comparison
from energy.digital import digital_energy, published_cell
from energy.gpu import load_gpu_baselines
from reports.page.context import RunContext

CIRCUIT = "differential"
NEURONS = (1, 4, 8, 16)


def comparison(context: RunContext, neurons: int = 1) -> list[ComparisonRow]:
    """The comparison of the differential neuron at N = `neurons`, all scopes, GPU and digital baselines."""
    digital = [digital_energy(published_cell(kind)) for kind in ("RNN", "LSTM")]
    workload = EventWorkload(neurons=neurons)
    return compare(context.cost(CIRCUIT), workload, load_gpu_baselines(), digital=digital)


def device_row(context: RunContext, scope: str, neurons: int) -> ComparisonRow:
    """The device's row of a scope."""
    return next(r for r in comparison(context, neurons) if r.scope == scope and r.system.startswith(CIRCUIT))


def device_energy(context: RunContext, scope: str, neurons: int) -> float | None:
    """The device's energy per sample in a scope, J."""
    return device_row(context, scope, neurons).energy_per_sample_J


def published_energy(neurons: int) -> float:
    """The same from the source's own inputs, J."""
    return published_comparison((neurons,)).memory_energy_J[neurons]


def baseline_rows(context: RunContext) -> list[ComparisonRow]:
    """Baselines (they are the same in every scope and at every N), in the order of `comparison`."""
    rows = [r for r in comparison(context) if r.scope == "paper"]
    return [r for r in rows if not r.system.startswith(CIRCUIT)]
