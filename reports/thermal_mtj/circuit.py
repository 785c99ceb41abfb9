"""The comparator and the differential neuron as simulated: operation, window, transfer curves, energy per sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from circuits.measurement import CurveCheck
from circuits.thermal_mtj import check
from circuits.thermal_mtj.half import Half
from circuits.thermal_mtj.testbench import OperationResult, ThermalMtjTestbench
from energy.compare import ComparisonRow, EventWorkload, compare, published_comparison
from energy.digital import published_estimates
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.families import CIRCUITS
from reports import simulated
from reports.section import Run
from reports.thermal_mtj.junction import effective_slope

NEURONS = ("comparator", "differential")
COMPARATOR, DIFFERENTIAL = NEURONS
MANY = (4, 8, 16)  # N beside 1


def testbench(circuit: str) -> ThermalMtjTestbench:
    """A circuit under its default conditions."""
    return CIRCUITS.load(circuit)


@cache
def operation(circuit: str, jobs: int | None) -> OperationResult:
    """One simulated operation."""
    return testbench(circuit).operation(n_jobs=jobs)


def setting(circuit: str, jobs: int | None) -> str:
    """Simulator, corner, temperature and supplies, for a caption."""
    cycle = operation(circuit, jobs).cycle
    return f"{simulated.setting(cycle.run.simulator, cycle.conditions)}, V_READ = {cycle.conditions.v_read:g} V"


@dataclass(frozen=True)
class Window:
    """Read levels (V) of one half's divider around the comparator's threshold.

    Attributes:
        parallel_V, antiparallel_V: simulated levels.
        constant_V: distance of the levels if R_AP kept its low-bias value.
    """

    half: Half
    parallel_V: float
    antiparallel_V: float
    threshold_V: float
    constant_V: float

    @property
    def width_V(self) -> float:
        """Distance of the simulated levels."""
        return self.antiparallel_V - self.parallel_V

    @property
    def margins_V(self) -> tuple[float, float]:
        """Distances of the P and AP levels to the threshold."""
        return self.threshold_V - self.parallel_V, self.antiparallel_V - self.threshold_V


def windows(circuit: str, jobs: int | None) -> list[Window]:
    """Window of every half."""
    result = operation(circuit, jobs)
    halves, v_read = result.cycle.neuron.halves, result.cycle.conditions.v_read
    low, high = (result.cycle.levels[(state,) * len(halves)] for state in (False, True))
    return [
        Window(
            half,
            low[i],
            high[i],
            result.threshold_V,
            half.divider.level_antiparallel_low_bias(v_read) - half.divider.level_parallel(v_read),
        )
        for i, half in enumerate(halves)
    ]


def curves_of(circuit: str, name: str, jobs: int | None) -> list[tuple[str, CurveCheck]]:
    """Halves and checks of the circuit's curve `name`; the half's label is "" where there is only one."""
    named = [(*curve.curve.partition(", "), curve) for curve in simulated.curves(circuit, jobs)]
    return [(half, curve) for title, _, half, curve in named if title == name]


def pole_errors(jobs: int | None) -> tuple[float, float]:
    """Largest error in firing probability over the 16 sequences with one thermal pole for both, and with two."""
    bench = testbench(COMPARATOR)
    ((_, curve),) = curves_of(COMPARATOR, "sequence", jobs)
    one, two = (
        float(np.abs(check.sequence_prediction(bench.neuron, bench.conditions, poles) - curve.circuit).max())
        for poles in (1, 2)
    )
    return one, two


def pulse_rmse_V(jobs: int | None) -> float:
    """RMS difference of the midpoint shift between compact model and circuit over three pulses (Fig. S4)."""
    errors = []
    for curve in simulated.curves(COMPARATOR, jobs):
        if curve.curve.startswith("pulses"):
            shift = [np.log(p / (1 - p)) for p in (curve.circuit, curve.compact)]
            errors.append((shift[0] - shift[1]) / effective_slope())
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))


def worst_error(curves: list[CurveCheck]) -> float:
    """Largest error over curves."""
    return max(curve.max_error for curve in curves)


def _rows(run: Run, neurons: int) -> list[ComparisonRow]:
    cost = simulated.sampled_cost(DIFFERENTIAL, run.jobs)
    return compare(cost, EventWorkload(neurons=neurons), load_gpu_baselines(), digital=published_estimates())


def device_row(run: Run, scope: str, neurons: int) -> ComparisonRow:
    """The device in a scope."""
    return next(r for r in _rows(run, neurons) if r.scope == scope and r.system.startswith(DIFFERENTIAL))


def device_energy(run: Run, scope: str, neurons: int) -> float | None:
    """The device's energy per sample in a scope, J."""
    return device_row(run, scope, neurons).energy_per_sample_J


def published_energy(neurons: int) -> float:
    """The same from the paper's own inputs, J."""
    return published_comparison((neurons,)).memory_energy_J[neurons]


def baseline_rows(run: Run) -> list[ComparisonRow]:
    """Baselines; they are the same in every scope and at every N."""
    return [r for r in _rows(run, 1) if r.scope == "paper" and not r.system.startswith(DIFFERENTIAL)]
