"""Tables of working memory: n-back beside its energy by network, sweeps of the capacity, accuracy against energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from energy.cost import SCOPES
from energy.digital import NODE_SCALE
from network.experiments.memory.memory import N_BACK
from network.experiments.memory.sweeps import FRONT_N, SWEEPS
from reports.memory.networks import EnergyPoint, energy_points
from reports.memory.results import capacity, results
from reports.section import Run
from reports.tables.table import Table, default_text

HOW = (
    "One trial is a sequence of 20 items. Neurons: events of the layers that hold a state, counted while the stored "
    "network ran (set pulses; of LIF neurons output spikes, with the circuit delay_feedback_lif, a choice), times the "
    "circuit simulated at the amplitude of those pulses. Layers without memory and synapses are left out, as the "
    "source leaves out the backbone; ipcircuit eval --energy has them. LSTM: multiply-accumulates and SRAM traffic of "
    f"a layer of equal size, a lower bound; 28 nm is the 45 nm figure times an assumed {NODE_SCALE.value:.3f}. The "
    "LSTM's performance is that of 32-bit floats, also where its energy is that of 8-bit integers. GPU: the published "
    "increments are of another task and do not apply."
)

QUANTITIES = {  # swept quantity: its words and unit
    "gamma": ("decay per step, one pole", ""),
    "period_s": ("pulse period", "s"),
    "neurons": ("N", ""),
    "slope_per_V": ("slope k, 1/V", ""),
    "item_V": ("amplitude", "V"),
    "midpoint_spread_V": ("σ of the midpoint", "V"),
    "heating_spread": ("relative σ of the heating", ""),
    "off": ("share of devices off", ""),
}
_SCORES = ("predicted", "PR", "low", "high")
_HEADINGS = {"predicted": "predicted PR", "low": "95 %, from", "high": "to"}
_FORMATS: Mapping[str, Callable[[Any], str]] = {name: lambda v: f"{v:.3f}" for name in _SCORES}


def n_back_energy(run: Run) -> Table:
    """PR by n; energy of the memory per trial."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for point in energy_points(run):
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
        f"{HOW} Energy of the smallest n that was run. Performance: {results(run).origin}.",
        list(rows.values()),
        {f"PR_n{n}": f"PR, n = {n}" for n in N_BACK} | {"energy_45nm_J": "unscaled, 45 nm"},
    )


def n_back_networks(run: Run) -> Table:
    """The points of the figure: performance with its interval beside energy with its interval, for each n."""
    return Table(
        "memory_networks",
        "n-back: accuracy against memory energy, by network",
        f"{HOW} 95 % intervals over the seeds, none of one seed. They are of the counted events: the cost records of "
        f"these circuits hold no sampled spread. {results(run).origin}.",
        [_row(point) for point in energy_points(run)],
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


def sweeps(run: Run) -> Table:
    """Every trained network beside its prediction."""
    swept, rows = capacity(run), list[dict[str, Any]]()
    for row in swept.rows():
        quantity = SWEEPS[row["sweep"]].quantity
        words, unit = QUANTITIES[quantity]
        value = row[quantity]
        rows.append(
            {
                "quantity": words,
                "setting": default_text(f"x_{unit}", value) if value else "0",
                "value": value,
                "circuit's own": row["own"],
                "n": row["n"],
                **{name: row[name] for name in _SCORES},
                "seeds": row["seeds"],
            }
        )
    return Table(
        "memory_capacity",
        "Capacity of the heat memory",
        "PR on n-back when one quantity of the device or the network changes. Predicted: an ideal observer that knows "
        "the device, sees one step's spikes and decides by likelihood; computed before the training, nothing fitted. "
        f"Interval over the seeds where there are several. {swept.origin}.",
        rows,
        _HEADINGS,
        _FORMATS,
        missing="",
        hidden=("value",),
    )


def front(run: Run) -> Table:
    """The grid of N, decay and amplitude."""
    swept = capacity(run)
    rows = [
        {
            "neurons": row["neurons"],
            "gamma": row["gamma"],
            "item_V": row["item_V"],
            **{name: row[name] for name in _SCORES},
            "seeds": row["seeds"],
            **{f"{scope}_J": row[f"{scope}_J"] for scope in SCOPES},
            "best": ", ".join(scope for scope in SCOPES if row[f"{scope}_best"]),
        }
        for row in swept.front()
    ]
    return Table(
        "memory_front",
        "Accuracy and energy over N, decay and amplitude",
        f"n-back, n = {FRONT_N}; energy of the memory per trial by scope, the neuron simulated cold at each amplitude. "
        f"Best in: scopes in which no other network of the grid is as cheap and as good. {swept.origin}.",
        rows,
        {**_HEADINGS, "neurons": "N", "gamma": "γ per step", "item_V": "amplitude", "best": "best in"},
        _FORMATS,
        missing="",
    )
