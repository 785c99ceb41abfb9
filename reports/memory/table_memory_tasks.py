"""n-back performance beside the energy of the memory, network by network."""

from __future__ import annotations

from typing import Any

from energy.digital import NODE_SCALE
from network.experiments.memory.memory import N_BACK
from reports.memory.memory_networks import EnergyPoint, energy_points
from reports.memory.reproduce_memory import results
from reports.page.context import RunContext
from reports.tables.table import Table

HOW = (
    "One trial is a sequence of 20 items. Neurons: events of the layers that hold a state, counted while the stored "
    "network ran (set pulses; of LIF neurons output spikes, with the circuit delay_feedback_lif, a choice), times the "
    "circuit simulated at the amplitude of those pulses. Layers without memory and synapses are left out, as the "
    "source leaves out the backbone; ipcircuit eval --energy has them. LSTM: multiply-accumulates and SRAM traffic of "
    f"a layer of equal size, a lower bound; 28 nm is the 45 nm figure times an assumed {NODE_SCALE.value:.3f}. The "
    "LSTM's performance is that of 32-bit floats, also where its energy is that of 8-bit integers. GPU: the published "
    "increments are of another task and do not apply."
)


def n_back_energy(context: RunContext) -> Table:
    """PR by n; energy of the memory per trial."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for point in energy_points(context):
        row = rows.setdefault(
            (point.network, point.basis),
            {
                "network": point.network,
                "basis": point.basis,
                **dict.fromkeys([f"PR_n{n}" for n in N_BACK]),
                "energy_per_trial_J": point.energy_J and point.energy_J[0],
                "energy_45nm_J": point.energy_45nm_J,
            },
        )
        row[f"PR_n{point.n}"] = point.performance[0]
    return Table(
        "memory_n_back",
        "n-back: performance and energy of the memory",
        f"{HOW} Energy of the smallest n that was run. Performance: {results(context).origin}.",
        list(rows.values()),
        {f"PR_n{n}": f"PR, n = {n}" for n in N_BACK} | {"energy_45nm_J": "unscaled, 45 nm"},
    )


def n_back_networks(context: RunContext) -> Table:
    """The points of the figure: performance with its interval beside energy with its interval, for each n."""
    return Table(
        "memory_networks",
        "n-back: accuracy against memory energy, by network",
        f"{HOW} 95 % intervals over the seeds, none of one seed. They are of the counted events: the cost records of "
        f"these circuits hold no sampled spread. {results(context).origin}.",
        [_row(point) for point in energy_points(context)],
        {
            "PR_low": "low",
            "PR_high": "high",
            "energy_low_J": "low",
            "energy_high_J": "high",
            "energy_45nm_J": "unscaled, 45 nm",
        },
        hidden=("energy_low_J", "energy_high_J"),
    )


def _row(point: EnergyPoint) -> dict[str, Any]:
    pr, pr_low, pr_high = point.performance
    energy, low, high = point.energy_J or (None, None, None)
    return {
        "n": point.n,
        "network": point.network,
        "basis": point.basis,
        "seeds": point.seeds,
        "PR": pr,
        "PR_low": pr_low,
        "PR_high": pr_high,
        "energy_per_trial_J": energy,
        "energy_low_J": low,
        "energy_high_J": high,
        "energy_45nm_J": point.energy_45nm_J,
    }
