"""Energy of one trial of a network: its memory, its other neurons, its synapses, beside an LSTM network of equal size.

Three numbers that are kept apart. Memory: the layers that hold a state (heat, membrane, LSTM cell). Neurons: simulated
circuits. Synapses: no synapse circuit has been simulated for these networks, so the linear layers of every network are
counted alike, as accumulations of a digital accelerator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from energy.cost import SCOPES, NeuronCost
from energy.digital import NODE_SCALE, PRECISIONS, accumulation_energy
from network.accounting.events import LayerEvents, lstm_energy, neuron_energy

DIGITAL = "digital estimate"
Row = dict[str, Any]


def synapse_energy(events: Mapping[str, LayerEvents], precision: str = "fp32") -> list[Row]:
    """Digital estimate of every linear layer, per trial, as `energy_per_trial_J` (28 nm) and `energy_45nm_J`.

    What comes from single spiking neurons is added; a mean over N neurons, or a real number, is multiplied first.

    Args:
        events: in the order in which the layers run.

    Raises:
        InputError: unknown precision.
    """
    rows, graded = list[Row](), True
    for layer in events.values():
        if layer.billing is not None:
            graded = layer.neurons > 1
            continue
        rows.append(_synapses(layer.layer, layer.per_trial(layer.operations), precision, graded=graded))
        graded = True
    return rows


def lstm_rows(model: nn.Module, steps: int, precision: str = "fp32") -> list[Row]:
    """Digital estimate of an LSTM network: its memory, and its linear layers, whose inputs are real numbers, never 0.

    Raises InputError: unknown precision.
    """
    rows = []
    for one in lstm_energy(model, steps, precision):
        at_28nm, at_45nm = one.energy_per_sample_28nm_J, one.energy_per_sample_45nm_J
        rows.append(_digital("LSTM", "memory", precision, "MAC", float(one.cell.macs * steps), at_28nm, at_45nm))
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            count = float(steps * module.in_features * module.out_features)
            rows.append(_synapses(name, count, precision, graded=True))
    return rows


def _synapses(layer: str, count: float, precision: str, *, graded: bool) -> Row:
    one = accumulation_energy(count, precision, graded=graded)
    return _digital(layer, "synapses", precision, "accumulation", count, one.energy_28nm_J, one.energy_45nm_J)


def _digital(layer: str, part: str, precision: str, unit: str, count: float, at_28nm: float, at_45nm: float) -> Row:
    return {
        "layer": layer,
        "part": part,
        "circuit": None,
        "basis": DIGITAL,
        "scope": None,
        "precision": precision,
        "unit": unit,
        "events_per_trial": count,
        "energy_per_trial_J": at_28nm,
        "energy_45nm_J": at_45nm,
        "spread": None,
    }


def trial_energy(
    events: Mapping[str, LayerEvents], costs: Mapping[str, NeuronCost], lstm: nn.Module | None, *, is_lstm: bool
) -> dict[str, Any]:
    """Everything that a trial costs, with the LSTM network of equal size beside it.

    Args:
        events: of the network, in the order in which its layers run.
        costs: `NeuronCost` by layer or by circuit, as for `neuron_energy`.
        lstm: the task's LSTM network: the alternative, or with `is_lstm` the network itself; None where the task has
            none, then its energies are None.

    Returns:
        `layers` (a row per layer and scope or precision), `memory` and `total` (a row per scope or precision; those of
        neurons with `lstm`, the alternative's energies by precision) and `notes`. Energies of None were not obtained.
    """
    steps = max(layer.steps for layer in events.values())
    digital = {precision: [] if lstm is None else lstm_rows(lstm, steps, precision) for precision in PRECISIONS}
    if is_lstm:
        memory, total = (
            [{"basis": DIGITAL, "scope": None, "precision": p, **_both(rows, part)} for p, rows in digital.items()]
            for part in ("memory", None)
        )
        layers = [row for rows in digital.values() for row in rows]
        return {"layers": layers, "memory": memory, "total": total, "notes": _notes(())}
    neurons = neuron_energy(events, costs)
    synapses = {precision: synapse_energy(events, precision) for precision in PRECISIONS}
    beside = {p: _both(rows, "memory") for p, rows in digital.items()}
    memory = [{**_scope_row([r for r in neurons if r["part"] == "memory"], scope), "lstm": beside} for scope in SCOPES]
    total = [_total(_scope_row(neurons, scope), synapses, digital) for scope in SCOPES]
    return {
        "layers": [*neurons, *(row for rows in synapses.values() for row in rows)],
        "memory": memory,
        "total": total,
        "notes": _notes(neurons),
    }


def _sum(rows: Sequence[Row], key: str) -> float | None:
    """Sum over rows; None if one of them was not obtained, or there are none."""
    values = [row[key] for row in rows]
    return None if not values or None in values else math.fsum(values)


def _both(rows: Sequence[Row], part: str | None) -> dict[str, float | None]:
    chosen = [row for row in rows if part in (None, row["part"])]
    return {key: _sum(chosen, key) for key in ("energy_per_trial_J", "energy_45nm_J")}


def _scope_row(rows: Sequence[Row], scope: str) -> Row:
    chosen = [row for row in rows if row["scope"] == scope]
    names, bases = (list(dict.fromkeys(row[key] for row in chosen)) for key in ("layer", "basis"))
    energy = _sum(chosen, "energy_per_trial_J")
    return {"layers": names, "basis": ", ".join(bases), "scope": scope, "energy_per_trial_J": energy}


def _total(neurons: Row, synapses: Mapping[str, Sequence[Row]], digital: Mapping[str, Sequence[Row]]) -> Row:
    """All layers in one scope: neurons alone, and with the synapses by precision; beside it the whole LSTM network."""
    alone = neurons["energy_per_trial_J"]
    both = {}
    for precision, rows in synapses.items():
        added = _both(rows, None)
        both[precision] = {key: None if None in (alone, value) else alone + value for key, value in added.items()}
    return {
        "scope": neurons["scope"],
        "neurons_J": alone,
        "with_synapses": both,
        "lstm": {precision: _both(rows, None) for precision, rows in digital.items()},
    }


def _notes(neurons: Sequence[Row]) -> list[str]:
    """Notes that belong with the numbers."""
    notes = [
        f"digital: operations and SRAM traffic of the layers times published 45 nm energies; 28 nm by the assumed "
        f"factor {NODE_SCALE.value:.3f}, 45 nm unscaled in brackets. A lower bound: no control, clock or leakage. Zero "
        "inputs of the LSTM are not skipped.",
        "synapses: a digital estimate for every network; no synapse circuit has been simulated. Memory alone leaves "
        "them out.",
    ]
    if lif := [row["circuit"] for row in neurons if row["unit"] == "spike"]:
        notes.append(
            f"LIF neurons: circuit {lif[0]}, a choice, and its energy per output spike, input spikes and all. There a "
            "spike takes several input spikes, here the inputs of the network; a step is one inter-spike interval."
        )
    notes += _amplitudes(neurons)
    if neurons and not any(row["spread"] for row in neurons):
        notes.append("no interval: the cost records of these circuits hold no sampled spread.")
    return notes


def _amplitudes(neurons: Sequence[Row]) -> list[str]:
    """Amplitude of each layer's pulses, and where its cost record is for others; heat goes with the square."""
    notes: dict[str, str] = {}
    for row in neurons:
        cost, own = row["cost_amplitude_V"], row["amplitude_V"]
        if cost is not None and own is not None:
            same = math.isclose(cost, own, rel_tol=1e-3)
            at = "as simulated" if same else f"but the energy is that of {row['circuit']} at {cost:.3g} V"
            notes[row["layer"]] = f"{row['layer']}: set pulses of {own:.3g} V (root mean square), {at}."
    return list(notes.values())
