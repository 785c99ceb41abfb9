"""Numbers of the ECRAM neuron's short-term plasticity, measured in ngspice once per run: rows C1, C3, C4."""

from __future__ import annotations

from circuits.delay_feedback_lif import LifDesign
from circuits.lif_plasticity import ablated, excitability, first_step, paired_pulse_ratios

NEAR, MIDDLE, LATE = 1e-6, 30e-6, 600e-6  # s; the last is six of the slow time constants


def measure(n_jobs: int | None = None) -> dict[str, float]:
    """The step of one spike (ohm), paired-pulse ratios and rate gains, both with their ablation at `NEAR`."""
    synapse, delay = LifDesign(), LifDesign(delay_path="ecram")
    near, middle, late = paired_pulse_ratios(synapse, [NEAR, MIDDLE, LATE], n_jobs=n_jobs)
    shifts = excitability(delay, (NEAR, LATE), n_jobs=n_jobs)
    return {
        "step_ohm": abs(first_step(synapse)),
        "ppr_near": float(near), "ppr_middle": float(middle), "ppr_late": float(late),
        "ppr_ablated": float(paired_pulse_ratios(ablated(synapse), [NEAR], n_jobs=n_jobs)[0]),
        "gain_near": shifts[0].rate_gain, "gain_late": shifts[1].rate_gain,
        "gain_ablated": excitability(ablated(delay), (NEAR,), n_jobs=n_jobs)[0].rate_gain,
    }  # fmt: skip
