"""Energy of the memory of a stored network: events counted while it ran, times the simulated cost of its circuit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

from energy.characterize import cost_at
from energy.cost import SCOPES, NeuronCost
from network.accounting.counting.events import LayerEvents
from network.accounting.prices import neuron_energy


def memory_energy(layers: Iterable[LayerEvents], jobs: int | None = None) -> dict[str, float | None]:
    """Energy of the layers that hold a state per trial, by scope; None: not obtained, or no such layer."""
    memory = {
        layer.layer: layer for layer in layers if layer.billing and layer.billing.circuit and layer.billing.memory
    }
    rows = neuron_energy(memory, {name: _cost(layer, jobs) for name, layer in memory.items()})
    return {scope: _total([row["energy_per_trial_J"] for row in rows if row["scope"] == scope]) for scope in SCOPES}


def _total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known and len(known) == len(values) else None


def _cost(layer: LayerEvents, jobs: int | None) -> NeuronCost:
    """Cost of a layer's circuit at the layer's amplitude, to 10 mV (1 % of energy); where unknown, at the default."""
    assert layer.billing is not None  # a layer of neurons
    amplitude = None if layer.amplitude_V is None else round(layer.amplitude_V, 2)
    return _cost_at(layer.billing.circuit, amplitude, n_jobs=jobs)


_cost_at = cache(cost_at)
