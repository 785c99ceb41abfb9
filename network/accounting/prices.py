"""Energy of a network's events: on simulated neurons, and of recurrent layers on a digital accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from energy.cost import SCOPES, NeuronCost
from energy.digital import DigitalEstimate, digital_energy
from energy.event_prices import event_prices
from energy.intervals import record
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.recurrent import cell_of
from network.accounting.price_list import event_counts


def neuron_energy(events: Mapping[str, LayerEvents], costs: Mapping[str, NeuronCost]) -> list[dict[str, Any]]:
    """Energy per trial of every layer of neurons in every scope: its events at the prices of its circuit's record.

    Args:
        costs: `NeuronCost` by layer, simulated for its pulses, or by circuit for all layers of it. Layers for which
            there is none are left out.

    Returns:
        Rows with `layer`, `part` (memory or neurons), `circuit`, `basis`, `scope`, `neurons`, `unit` (operation or
        spike) and `events_per_trial` of it, `density`, `energy_per_trial_J` (None: not obtained), `cost_amplitude_V`
        and `amplitude_V` (of the cost record and of the layer), the record's `spread` as it is (None: not sampled), and
        `intervals` of the energy per trial that it makes, by kind (`energy.intervals`; None without spread).
    """
    rows = []
    for layer in events.values():
        billing = layer.billing
        cost = None if billing is None else costs.get(layer.layer) or costs.get(billing.circuit or "")
        if billing is None or cost is None:
            continue
        count = layer.per_trial(layer.spikes if billing.event == "spike" else layer.operations)
        prices = event_prices(cost)
        counted = {scope: event_counts(layer, prices[scope]) for scope in SCOPES}
        rows += [
            {
                "layer": layer.layer,
                "part": layer.part,
                "circuit": cost.circuit,
                "basis": cost.basis,
                "scope": scope,
                "neurons": layer.neurons,
                "unit": billing.event,
                "events_per_trial": count,
                "density": count / layer.slots,
                "energy_per_trial_J": prices[scope].energy_J(counted[scope]),
                "intervals": record(prices[scope].energy_intervals(counted[scope])),
                "cost_amplitude_V": cost.conditions.get("amplitude_V"),
                "amplitude_V": layer.amplitude_V,
                "spread": None if cost.spread is None else dict(cost.spread),
            }
            for scope in SCOPES
        ]
    return rows


def recurrent_energy(model: nn.Module, steps: int, precision: str = "fp32") -> list[DigitalEstimate]:
    """Digital estimate of every recurrent layer of a model, from its own sizes, for one trial of `steps` steps."""
    layers = (module for module in model.modules() if isinstance(module, nn.LSTM | nn.GRU | nn.RNN))
    return [digital_energy(cell_of(layer, frames=steps), precision) for layer in layers]
