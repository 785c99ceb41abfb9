"""What a network does per trial, counted while it runs, and what that costs on the simulated neuron."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from energy.compare import IDLE_LEAKAGE, operation_energy
from energy.cost import SCOPES, NeuronCost
from energy.digital import DigitalEstimate, RecurrentCell, digital_energy
from ipcircuit.errors import InputError
from network.neurons.lif import LIFNeuron
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, MtjLayer, ThermalNeuron

# Circuit of each kind of layer. That of a LIF layer is a choice: of the registry's LIF neurons the one whose compact
# model `ipcircuit check` holds against the circuit.
CIRCUIT_OF = {
    "differential": "differential",
    "thermal": "comparator",
    "stochastic": "comparator",
    "lif": "delay_feedback_lif",
}
MEMORY_KINDS = ("differential", "thermal", "lif")  # layers with a state; a stochastic neuron has none


@dataclass
class LayerEvents:
    """Events of one layer, summed over `trials`.

    Attributes:
        layer: its name in the model. kind: differential, thermal, stochastic, lif or synapses.
        steps: time steps of a trial. units: inputs of the layer. neurons: N parallel neurons per input.
        operations: set pulses (neurons), or accumulations of a non-zero input (synapses).
        spikes: of both junctions of a differential neuron; 0 for synapses.
        squares_V2: squared amplitudes of all set pulses, summed; 0 where a layer has none, and in runs stored before
            they were counted.
    """

    layer: str
    kind: str
    steps: int
    units: int
    neurons: int
    trials: int = 0
    operations: int = 0
    spikes: int = 0
    squares_V2: float = 0.0

    @property
    def density(self) -> float:
        """Share of time steps with an operation."""
        outputs = self.units * self.neurons * self.steps * self.trials
        return self.operations / outputs if outputs and self.kind != "synapses" else 0.0

    @property
    def amplitude_V(self) -> float | None:
        """Root mean square of the set pulses' amplitudes: heat goes with the square. None where not counted."""
        return math.sqrt(self.squares_V2 / self.operations) if self.squares_V2 and self.operations else None

    @property
    def slots(self) -> float:
        """Neurons times steps of one trial: the operations that it could have had."""
        return self.units * self.neurons * self.steps

    def per_trial(self, count: float) -> float:
        """A summed count as a mean."""
        return count / max(1, self.trials)

    def to_json(self) -> dict[str, Any]:
        """Per trial."""
        row = asdict(self)
        del row["squares_V2"]
        for name in ("operations", "spikes"):
            row[f"{name}_per_trial"] = self.per_trial(row.pop(name))
        return {**row, "density": self.density, "amplitude_V": self.amplitude_V}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> LayerEvents:
        """Inverse of `to_json`, for stored runs.

        Raises:
            InputError: a key is missing.
        """
        try:
            trials = row["trials"]
            operations, spikes = (round(row[f"{name}_per_trial"] * trials) for name in ("operations", "spikes"))
            squares = (row.get("amplitude_V") or 0.0) ** 2 * operations
            return cls(
                row["layer"],
                row["kind"],
                row["steps"],
                row["units"],
                row["neurons"],
                trials,
                operations,
                spikes,
                squares,
            )
        except KeyError as error:
            raise InputError(f"events of a layer lack {error}", where=str(row.get("layer", "layers"))) from error


@contextlib.contextmanager
def counted_events(model: nn.Module) -> Iterator[dict[str, LayerEvents]]:
    """Count the events of every neuron and synapse layer of `model` within the block, by layer name."""
    found: dict[str, LayerEvents] = {}
    handles = [
        module.register_forward_hook(_counter(name, found))
        for name, module in model.named_modules()
        if isinstance(module, MtjLayer | LIFNeuron | nn.Linear)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _counter(name: str, found: dict[str, LayerEvents]) -> Any:
    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        x = inputs[0].detach()
        neurons = module.neurons if isinstance(module, MtjLayer) else 1
        if name not in found:
            found[name] = LayerEvents(name, _kind(module), x.shape[0], x[0, 0].numel(), neurons)
        events = found[name]
        events.trials += x.shape[1]
        active = int((x != 0).sum())
        if isinstance(module, nn.Linear):
            events.operations += active * module.out_features
            return
        events.operations += active * neurons
        if isinstance(module, MtjLayer):
            events.squares_V2 += float(x.double().square().sum()) * neurons
        events.spikes += round(_spikes(module, output.detach()) * neurons)

    return count


def _kind(module: nn.Module) -> str:
    if isinstance(module, DifferentialNeuron):
        return "differential"
    if isinstance(module, ThermalNeuron):
        return "thermal"
    if isinstance(module, MtjLayer):
        return "stochastic"
    return "lif" if isinstance(module, LIFNeuron) else "synapses"


def _spikes(module: nn.Module, output: torch.Tensor) -> float:
    total = float(output.double().sum())
    if not isinstance(module, DifferentialNeuron):
        return total
    reference = float(output[:, :, : output.shape[2] // 2].double().sum())
    return total + reference  # channels are reference and temporal less reference: the junctions fire 2 r + (t - r)


def neuron_energy(events: Mapping[str, LayerEvents], costs: Mapping[str, NeuronCost]) -> list[dict[str, Any]]:
    """Energy per trial of every layer of neurons in every scope.

    An MTJ neuron works whenever it gets a set pulse, so its layer is counted by operations. A LIF neuron's operation is
    an inter-spike interval: its layer is counted by output spikes, and inputs that lead to none are left out.

    Args:
        costs: `NeuronCost` by layer, simulated for its pulses, or by circuit (see `CIRCUIT_OF`) for all layers of it.
            Layers for which there is none are left out.

    Returns:
        Rows with `layer`, `part` (memory or neurons), `circuit`, `basis`, `scope`, `neurons`, `unit` (operation or
        spike), `events_per_trial`, `density`, `energy_per_trial_J` (None: not obtained), `cost_amplitude_V` and
        `amplitude_V` (of the cost record and of the layer), and the record's `spread` as it is (None: not sampled).
    """
    rows = []
    for layer in events.values():
        cost = costs.get(layer.layer) or costs.get(CIRCUIT_OF.get(layer.kind, ""))
        if cost is None:
            continue
        unit = "spike" if layer.kind == "lif" else "operation"
        count = layer.per_trial(layer.spikes if unit == "spike" else layer.operations)
        rows += [
            {
                "layer": layer.layer,
                "part": "memory" if layer.kind in MEMORY_KINDS else "neurons",
                "circuit": cost.circuit,
                "basis": cost.basis,
                "scope": scope,
                "neurons": layer.neurons,
                "unit": unit,
                "events_per_trial": count,
                "density": count / layer.slots,
                "energy_per_trial_J": _layer_energy(cost, scope, unit, count, layer.slots),
                "cost_amplitude_V": cost.conditions.get("amplitude_V"),
                "amplitude_V": layer.amplitude_V,
                "spread": None if cost.spread is None else dict(cost.spread),
            }
            for scope in SCOPES
        ]
    return rows


def _layer_energy(cost: NeuronCost, scope: str, unit: str, count: float, slots: float) -> float | None:
    """Events times the energy of one; neurons without any still leak in the scope that counts it."""
    found = cost.scopes[scope]
    per_operation = found.energy_per_operation_J
    per_event = found.energy_per_spike_J if unit == "spike" else per_operation
    if per_operation is None or per_event is None:
        return None
    if not count:
        reference = cost.conditions.get("density")
        idle = found.energy_breakdown_J.get(IDLE_LEAKAGE, 0.0)
        return slots * idle * reference / (1 - reference) if isinstance(reference, float) and reference < 1 else 0.0
    one = operation_energy(cost, scope, count / slots)
    return None if one is None else count * one * (per_event / per_operation)


def lstm_energy(model: nn.Module, steps: int, precision: str = "fp32") -> list[DigitalEstimate]:
    """Digital estimate of every LSTM layer of a model, from its own sizes, for one trial of `steps` steps."""
    return [
        digital_energy(RecurrentCell("LSTM", module.input_size, module.hidden_size, steps), precision)
        for module in model.modules()
        if isinstance(module, nn.LSTM)
    ]
