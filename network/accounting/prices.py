"""Energy of a network's events: on simulated neurons, and of recurrent layers on a digital accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from energy.compare import IDLE_LEAKAGE, operation_energy
from energy.cost import SCOPES, NeuronCost
from energy.digital import DigitalEstimate, RecurrentCell, digital_energy
from energy.intervals import record, scaled_intervals
from network.accounting.events import LayerEvents


def neuron_energy(events: Mapping[str, LayerEvents], costs: Mapping[str, NeuronCost]) -> list[dict[str, Any]]:
    """Energy per trial of every layer of neurons in every scope, by the events of its `Billing`.

    Args:
        costs: `NeuronCost` by layer, simulated for its pulses, or by circuit for all layers of it. Layers for which
            there is none are left out.

    Returns:
        Rows with `layer`, `part` (memory or neurons), `circuit`, `basis`, `scope`, `neurons`, `unit` (operation or
        spike), `events_per_trial`, `density`, `energy_per_trial_J` (None: not obtained), `cost_amplitude_V` and
        `amplitude_V` (of the cost record and of the layer), the record's `spread` as it is (None: not sampled), and
        `intervals` of the energy per trial that it makes, by kind (`energy.intervals`; None without spread).
    """
    rows = []
    for layer in events.values():
        billing = layer.billing
        cost = None if billing is None else costs.get(layer.layer) or costs.get(billing.circuit or "")
        if billing is None or cost is None:
            continue
        count = layer.per_trial(layer.spikes if billing.event == "spike" else layer.operations)
        totals = {scope: _layer_energy(cost, scope, billing.event, count, layer.slots) for scope in SCOPES}
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
                "energy_per_trial_J": totals[scope],
                "intervals": record(scaled_intervals(cost, scope, count, totals[scope], f"energy_per_{billing.event}")),
                "cost_amplitude_V": cost.conditions.get("amplitude_V"),
                "amplitude_V": layer.amplitude_V,
                "spread": None if cost.spread is None else dict(cost.spread),
            }
            for scope in SCOPES
        ]
    return rows


def _layer_energy(cost: NeuronCost, scope: str, unit: str, count: float, slots: float) -> float | None:
    """Events times the energy of one; neurons without any still leak in the scope that counts it."""
    record = cost.scopes[scope]
    per_operation = record.energy_per_operation_J
    per_event = record.energy_per_spike_J if unit == "spike" else per_operation
    if per_operation is None or per_event is None:
        return None
    if not count:
        reference = cost.conditions.get("density")
        idle = record.energy_breakdown_J.get(IDLE_LEAKAGE, 0.0)
        return slots * idle * reference / (1 - reference) if isinstance(reference, float) and reference < 1 else 0.0
    one = operation_energy(cost, scope, count / slots)
    return None if one is None else count * one * (per_event / per_operation)


def recurrent_energy(model: nn.Module, steps: int, precision: str = "fp32") -> list[DigitalEstimate]:
    """Digital estimate of every LSTM or RNN layer of a model, from its own sizes, for one trial of `steps` steps."""
    return [
        digital_energy(
            RecurrentCell(
                "LSTM" if isinstance(module, nn.LSTM) else "RNN", module.input_size, module.hidden_size, steps
            ),
            precision,
        )
        for module in model.modules()
        if isinstance(module, nn.LSTM | nn.RNN)
    ]
