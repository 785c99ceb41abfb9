"""Energy of the neurons of a network by two accounts: from the spikes it sent, and from its time steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energy.cost import SCOPES, NeuronCost
from ipcircuit.errors import InputError
from network.accounting.events import LayerEvents


def neurons_only(events: Mapping[str, LayerEvents]) -> dict[str, LayerEvents]:
    """Events of the layers of neurons, without those of the synapses."""
    return {name: layer for name, layer in events.items() if layer.billing is not None}


def energy_by_account(events: Mapping[str, LayerEvents], cost: NeuronCost) -> list[dict[str, Any]]:
    """Energy per sample, in each accounting scope, of all layers of neurons together.

    Two accounts, which are not to be added: by spikes (energy per spike times spikes of either sign) and by operations
    (energy per operation times neurons times steps, whether they spike or not). What the cost record lacks is None.
    Neurons only: synapses and data movement are not in it.

    Args:
        events: by layer, all over the same samples.
        cost: of one neuron.

    Raises:
        InputError: no layers, or layers that saw different numbers of samples.
    """
    layers = neurons_only(events).values()
    samples = {layer.trials for layer in layers}
    if len(samples) != 1 or 0 in samples:
        raise InputError("layers must have run on the same samples", where="events", found=sorted(samples))
    n = samples.pop()
    spikes, updates = sum(layer.spikes for layer in layers) / n, sum(layer.operations for layer in layers) / n
    rows = []
    for name in SCOPES:
        scope = cost.scopes[name]
        by_spike, by_operation = scope.energy_per_spike_J, scope.energy_per_operation_J
        rows.append(
            {
                "scope": name,
                "circuit": cost.circuit,
                "basis": cost.basis,
                "spikes_per_sample": spikes,
                "updates_per_sample": updates,
                "energy_by_spikes_J": None if by_spike is None else by_spike * spikes,
                "energy_by_operations_J": None if by_operation is None else by_operation * updates,
            }
        )
    return rows


def spike_table(events: Mapping[str, LayerEvents]) -> list[dict[str, Any]]:
    """Positive and negative spikes per neuron and step, and per sample, of each layer of neurons."""
    return [
        {
            "layer": name,
            "positive_rate": (layer.spikes - layer.negative_spikes) / layer.operations,
            "negative_rate": layer.negative_spikes / layer.operations,
            "positive_per_sample": layer.per_trial(layer.spikes - layer.negative_spikes),
            "negative_per_sample": layer.per_trial(layer.negative_spikes),
        }
        for name, layer in neurons_only(events).items()
    ]
