"""Numbers of the ECRAM neuron's short-term plasticity, from the simulations that its figures show: rows C1, C3, C4."""

from __future__ import annotations

from circuits.ecram_lif.plasticity import first_step
from reports.ecram_lif.ecram_runs import INTERVALS, EcramRuns

NEAR, MIDDLE, LATE = 1e-6, 30e-6, 600e-6  # s, of `INTERVALS` and the ends of `PAUSES`; the last is six slow constants


def measure(runs: EcramRuns) -> dict[str, float]:
    """The step of one spike (ohm), paired-pulse ratios and rate gains, both with their ablation at `NEAR`."""
    near, middle, late = (INTERVALS.index(t) for t in (NEAR, MIDDLE, LATE))
    pairs, shifts = runs.pairs, runs.pauses
    return {
        "step_ohm": abs(first_step(runs.testbench.design)),
        "ppr_near": float(pairs["device"][near]),
        "ppr_middle": float(pairs["device"][middle]),
        "ppr_late": float(pairs["device"][late]),
        "ppr_ablated": float(pairs["ablated"][near]),
        "gain_near": shifts["device"][0].rate_gain,
        "gain_late": shifts["device"][-1].rate_gain,
        "gain_ablated": shifts["ablated"][0].rate_gain,
    }
