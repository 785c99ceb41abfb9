"""Memory energy per sample of the differential neuron at several N, beside the baselines of the paper."""

from __future__ import annotations

from energy.compare import ComparisonRow, EventWorkload, compare, published_comparison
from energy.digital import digital_energy, published_cell
from energy.gpu import load_gpu_baselines
from reports import simulated
from reports.section import Run
from reports.thermal_mtj.circuit import DIFFERENTIAL

MANY = (4, 8, 16)  # N beside 1


def _rows(run: Run, neurons: int) -> list[ComparisonRow]:
    digital = [digital_energy(published_cell(kind)) for kind in ("RNN", "LSTM")]
    cost = simulated.cost(DIFFERENTIAL, run.jobs)
    return compare(cost, EventWorkload(neurons=neurons), load_gpu_baselines(), digital=digital)


def device_energy(run: Run, scope: str, neurons: int) -> float | None:
    """The device's energy per sample in a scope, J."""
    device = next(r for r in _rows(run, neurons) if r.scope == scope and r.system.startswith(DIFFERENTIAL))
    return device.energy_per_sample_J


def published_energy(neurons: int) -> float:
    """The same from the paper's own inputs, J."""
    return published_comparison((neurons,)).memory_energy_J[neurons]


def baseline_rows(run: Run) -> list[ComparisonRow]:
    """Baselines; they are the same in every scope and at every N."""
    return [r for r in _rows(run, 1) if r.scope == "paper" and not r.system.startswith(DIFFERENTIAL)]
