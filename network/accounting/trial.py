"""Energy of one trial of a network: its memory, its other neurons, its synapses, beside an LSTM network of equal size.

Numbers that are kept apart. Memory: the layers that hold a state (heat, membrane, recurrent cell). Neurons: simulated
circuits. Synapses: no synapse circuit has been simulated for these networks, so the linear layers of every network are
counted alike, as accumulations of a digital accelerator. Buffer: the store of frames that are replayed in a burst.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from energy.buffer import BufferEstimate
from energy.cost import SCOPES, NeuronCost
from energy.digital import NODE_SCALE, PRECISIONS, accumulation_energy
from energy.inference import chip_prices, inference_energy
from energy.intervals import summed
from network.accounting.balance import DIGITAL, Row, balance_rows, buffer_notes, buffer_rows, digital_row
from network.accounting.counting.events import SYNAPSES, LayerEvents
from network.accounting.prices import neuron_energy, recurrent_energy
from network.accounting.work import state_work

MOST_LAYERS = 4  # of one circuit that have a note each


def synapse_energy(events: Mapping[str, LayerEvents], precision: str = "fp32") -> list[Row]:
    """Digital estimate of every linear layer, per trial, as `energy_per_trial_J` (28 nm) and `energy_45nm_J`.

    Spikes are added: an input of n, the sum of n spikes behind a shortcut, adds its weight n times. A mean over N
    neurons, or a real number, is multiplied. What comes straight from a layer with memory is added once per non-zero
    input: the gain of its difference channel is part of the weight. In runs stored before sizes of inputs were counted,
    what follows single spiking neurons is added and all else multiplied.

    Args:
        events: in the order in which the layers run.

    Raises:
        InputError: unknown precision.
    """
    rows, before = list[Row](), None
    for layer in events.values():
        if layer.billing is not None:
            before = layer
            continue
        if layer.form != SYNAPSES:
            continue
        graded, count = _accumulated(layer, before)
        rows.append(_synapses(layer.layer, layer.per_trial(count), precision, graded=graded))
        before = None
    return rows


def _accumulated(layer: LayerEvents, neurons: LayerEvents | None) -> tuple[bool, float]:
    """Whether a layer's inputs are multiplied, and its accumulations; `neurons` come straight before it, or none do."""
    if layer.whole is None:
        return neurons is None or neurons.neurons > 1, layer.operations
    if not layer.whole or (neurons is not None and neurons.neurons > 1):
        return True, layer.operations
    memory = neurons is not None and neurons.billing is not None and neurons.billing.memory
    return False, layer.operations if memory else layer.additions


def lstm_rows(model: nn.Module, steps: int, precision: str = "fp32") -> list[Row]:
    """Digital estimate of an LSTM network: its memory, and its linear layers, whose inputs are real numbers, never 0.

    Raises InputError: unknown precision.
    """
    rows = _recurrent(model, steps, precision)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            count = float(steps * module.in_features * module.out_features)
            rows.append(_synapses(name, count, precision, graded=True))
    return rows


def _recurrent(model: nn.Module, steps: int, precision: str) -> list[Row]:
    """Digital estimate of every recurrent layer."""
    return [
        digital_row(
            *(one.cell.kind, "memory", precision, "MAC", float(one.cell.macs * steps)),
            *(one.energy_per_sample_28nm_J, one.energy_per_sample_45nm_J),
        )
        for one in recurrent_energy(model, steps, precision)
    ]


def _states(events: Mapping[str, LayerEvents], precision: str) -> list[Row]:
    """Digital estimate of neurons with a state, each of which is read, updated and written in every step."""
    rows = []
    for layer in events.values():
        if layer.billing is not None and layer.billing.memory:
            one, count = inference_energy(state_work(layer.slots), chip_prices(precision)), float(layer.slots)
            energies = one.energy_28nm_J, one.energy_45nm_J
            rows.append(digital_row(layer.layer, "memory", precision, "update", count, *energies))
    return rows


def _synapses(layer: str, count: float, precision: str, *, graded: bool) -> Row:
    one = accumulation_energy(count, precision, graded=graded)
    return digital_row(layer, "synapses", precision, "accumulation", count, one.energy_28nm_J, one.energy_45nm_J)


def trial_energy(
    events: Mapping[str, LayerEvents],
    costs: Mapping[str, NeuronCost],
    lstm: nn.Module | None,
    *,
    is_lstm: bool,
    buffer: BufferEstimate | None = None,
) -> dict[str, Any]:
    """Everything that a trial costs, with the LSTM network of equal size beside it.

    Args:
        events: of the network, in the order in which its layers run.
        costs: `NeuronCost` by layer or by circuit, as for `neuron_energy`.
        lstm: the task's LSTM network: the alternative, or with `is_lstm` the network itself, which has no simulated
            neurons, or has them on a digital chip; None where the task has none, then its energies are None.
        buffer: of the frames, where they are replayed in a burst; None: not counted.

    Returns:
        `layers` (a row per layer and scope or precision), `memory` and `total` (a row per scope or precision; those of
        neurons with `lstm`, the alternative's energies by precision), `balance` (all parts and the memory's share of
        their sum, see `balance_rows`) and `notes`. Energies of None were not obtained. Rows of neurons have `intervals`
        by kind (`energy.intervals`), those of sums with ends added up: as if all neurons were off together.
    """
    steps = max(layer.steps for layer in events.values())
    synapses = {precision: synapse_energy(events, precision) for precision in PRECISIONS}
    stored = buffer_rows(buffer)
    if is_lstm:
        recurrent = {p: [] if lstm is None else _recurrent(lstm, steps, p) for p in PRECISIONS}
        memory = {p: [*rows, *_states(events, p)] for p, rows in recurrent.items()}
        digital = {precision: [*memory[precision], *synapses[precision]] for precision in PRECISIONS}
        kept, total = (
            [{"basis": DIGITAL, "scope": None, "precision": p, **_both(rows, part)} for p, rows in digital.items()]
            for part in ("memory", None)
        )
        layers = [row for rows in digital.values() for row in rows]
        notes = [*_notes(()), *buffer_notes(buffer)]
        if lstm is not None and any(isinstance(module, nn.Conv3d) for module in lstm.modules()):
            notes.append("memory: that of 3-D convolutions is no layer of its own, and is among the synapses.")
        balance = balance_rows([], digital, stored)
        return {"layers": [*layers, *stored], "memory": kept, "total": total, "balance": balance, "notes": notes}
    digital = {precision: [] if lstm is None else lstm_rows(lstm, steps, precision) for precision in PRECISIONS}
    neurons = neuron_energy(events, costs)
    known, billed = {row["layer"] for row in neurons}, [e for e in events.values() if e.billing is not None]
    incomplete = {e.part for e in billed if e.layer not in known}
    beside = {p: _both(rows, "memory") for p, rows in digital.items()}
    memory = [{**_scope_row([r for r in neurons if r["part"] == "memory"], scope), "lstm": beside} for scope in SCOPES]
    total = [_total(_scope_row(neurons, scope), synapses, digital) for scope in SCOPES]
    return {
        "layers": [*neurons, *(row for rows in synapses.values() for row in rows), *stored],
        "memory": memory,
        "total": total,
        "balance": balance_rows(neurons, synapses, stored, incomplete),
        "notes": [*_notes(neurons), *buffer_notes(buffer)],
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
    ends = None if energy is None else summed(row["intervals"] for row in chosen)
    return {"layers": names, "basis": ", ".join(bases), "scope": scope, "energy_per_trial_J": energy, "intervals": ends}


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
        "intervals": neurons["intervals"],
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
        "them out. Spikes are added, the sum of n spikes n times; means over neurons and real numbers are multiplied.",
    ]
    if lif := [row["circuit"] for row in neurons if row["unit"] == "spike"]:
        notes.append(
            f"LIF neurons: circuit {lif[0]}, a choice: input spikes, the charge that they bring, and output spikes at "
            "their prices; a step is one inter-spike interval."
        )
    notes += _amplitudes(neurons)
    if neurons and not any(row["spread"] for row in neurons):
        notes.append("no interval: the cost records of these circuits hold no sampled spread.")
    return notes


def _amplitudes(neurons: Sequence[Row]) -> list[str]:
    """Amplitude of each layer's pulses, and where its cost record is for others; heat goes with the square."""
    notes, same = dict[str, str](), dict[str, dict[str, float]]()
    for row in neurons:
        cost, own, layer = row["cost_amplitude_V"], row["amplitude_V"], row["layer"]
        if cost is None or own is None:
            continue
        if math.isclose(cost, own, rel_tol=1e-3):
            same.setdefault(row["circuit"], {})[layer] = own
        else:
            other = f"but the energy is that of {row['circuit']} at {cost:.3g} V"
            notes[layer] = f"{layer}: set pulses of {own:.3g} V (root mean square), {other}."
    for circuit, layers in same.items():
        if len(layers) > MOST_LAYERS:
            ends = f"{min(layers.values()):.3g} to {max(layers.values()):.3g} V"
            notes[circuit] = (
                f"{len(layers)} layers of {circuit}: set pulses of {ends} (root mean square), as simulated."
            )
        else:
            notes |= {
                layer: f"{layer}: set pulses of {own:.3g} V (root mean square), as simulated."
                for layer, own in layers.items()
            }
    return list(notes.values())
