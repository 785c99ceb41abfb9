"""Performance on n-back beside the energy of the memory, for every network of the stored runs: one table, one figure.

Energy of neurons: events counted while the stored network ran, times the circuit's cost, simulated at the amplitude of
the layer's own set pulses. Energy of an LSTM: the digital estimate. Intervals are over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from energy.cost import SCOPES
from energy.digital import PRECISIONS, RecurrentCell, digital_energy
from ipcircuit.statistics import mean_interval
from network.experiments.memory.memory import N_BACK, layers_of
from network.experiments.runs import Cell, Record
from network.training.store import part_of, score_of
from reports.counted import memory_energy
from reports.memory.results import results
from reports.section import Run

Interval = tuple[float, float | None, float | None]  # mean, low, high; no interval of one seed
NETWORKS: Mapping[str, tuple[str, Mapping[str, Any]]] = {  # label to model and its options
    "IPNet": ("ipnet", {}),
    "IPNet, hidden layer plastic": ("ipnet", {"placement": "hidden"}),
    "IPNet, both layers plastic": ("ipnet", {"placement": "both"}),
    "IPNet without plasticity": ("ablated", {}),
    "LIF": ("lif", {}),
    "LIF in both layers": ("lif", {"leaky_hidden": True}),
    "LSTM": ("lstm", {}),
}


@dataclass(frozen=True)
class EnergyPoint:
    """One network at one n in one scope, or at one precision.

    Attributes:
        network: a key of `NETWORKS`. scope: of simulated neurons, else None. precision: of a digital LSTM, else None.
        seeds: how many. performance: PR. energy_J: of the memory per trial (28 nm where digital); None: not obtained.
        energy_45nm_J: the digital estimate unscaled.
    """

    n: int
    network: str
    scope: str | None
    precision: str | None
    seeds: int
    performance: Interval
    energy_J: Interval | None
    energy_45nm_J: float | None = None

    @property
    def basis(self) -> str:
        """Where the energy comes from, in words."""
        return f"simulated, {self.scope}" if self.scope else f"digital {self.precision}, 28 nm, assumed factor"


def energy_points(run: Run) -> list[EnergyPoint]:
    """Every point of the stored runs, by n; networks and n that were not run are left out."""
    return [
        point
        for n in N_BACK
        for label, (model, options) in NETWORKS.items()
        for point in _points(run, n, label, Cell("", "nback", model, {"n": n}, options))
    ]


def _points(run: Run, n: int, label: str, cell: Cell) -> Iterator[EnergyPoint]:
    records = [r for r in results(run).records if cell.holds(r)]
    if not records:
        return
    performance = mean_interval([score_of(r, "PR") for r in records])
    seeds = len({r["seed"] for r in records})
    if cell.model == "lstm":
        for precision in PRECISIONS:
            digital = digital_energy(_cell(records[0]), precision)
            energy = (digital.energy_per_sample_28nm_J, None, None)
            yield EnergyPoint(n, label, None, precision, seeds, performance, energy, digital.energy_per_sample_45nm_J)
        return
    energies = [_memory_energy(run, record) for record in records]
    for scope in SCOPES:
        values = [by_scope[scope] for by_scope in energies]
        known = [value for value in values if value is not None]
        energy = mean_interval(known) if len(known) == len(values) else None
        yield EnergyPoint(n, label, scope, None, seeds, performance, energy)


def _cell(record: Record) -> RecurrentCell:
    inputs, hidden, _ = part_of(record, "topology")
    steps = [layer["steps"] for layer in part_of(record, "layers") if "steps" in layer]
    return RecurrentCell("LSTM", inputs, hidden, max(steps, default=0))


def _memory_energy(run: Run, record: Record) -> dict[str, float | None]:
    """Energy of a run's memory per trial, by scope."""
    return memory_energy(layers_of(record).values(), run.jobs)
