"""Energy of the neurons of a network from the spikes it sent and what one neuron costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energy.cost import SCOPES, NeuronCost
from ipcircuit.errors import InputError
from network.neurons.signed_mtj.layer import SpikeCount


def neuron_energy(counts: Mapping[str, SpikeCount], cost: NeuronCost) -> list[dict[str, Any]]:
    """Energy per sample, in each accounting scope, of all layers together.

    Two accounts, which are not to be added: by spikes (energy per spike times spikes of either sign) and by operations
    (energy per operation times neurons times steps, whether they spike or not). What the cost record lacks is None.
    Neurons only: synapses and data movement are not in it.

    Args:
        counts: by layer, all over the same samples.
        cost: of one neuron.

    Raises:
        InputError: no layers, or layers that saw different numbers of samples.
    """
    samples = {count.samples for count in counts.values()}
    if len(samples) != 1 or 0 in samples:
        raise InputError("layers must have run on the same samples", where="counts", found=sorted(samples))
    n = samples.pop()
    spikes = sum(count.positive + count.negative for count in counts.values()) / n
    updates = sum(count.updates for count in counts.values()) / n
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


def spike_table(counts: Mapping[str, SpikeCount]) -> list[dict[str, Any]]:
    """Positive and negative spikes per neuron and step, and per sample, of each layer."""
    return [
        {
            "layer": name,
            "positive_rate": count.positive / count.updates,
            "negative_rate": count.negative / count.updates,
            "positive_per_sample": count.positive / count.samples,
            "negative_per_sample": count.negative / count.samples,
        }
        for name, count in counts.items()
    ]
