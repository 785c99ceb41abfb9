"""What a network does per trial, counted while it runs, and what that costs on the simulated neuron."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from energy.compare import operation_energy
from energy.cost import SCOPES, NeuronCost
from energy.digital import DigitalEstimate, RecurrentCell, digital_energy
from network.layers.lif import LIFNeuron
from network.layers.neurons import DifferentialNeuron, MtjLayer

CIRCUIT_OF = {"differential": "differential", "stochastic": "comparator"}  # circuit of each kind of layer


@dataclass
class LayerEvents:
    """Events of one layer, summed over `trials`.

    Attributes:
        layer: its name in the model. kind: differential, stochastic, lif or synapses.
        steps: time steps of a trial. units: inputs of the layer. neurons: N parallel neurons per input.
        operations: set pulses (neurons), or accumulations of a non-zero input (synapses).
        spikes: of both junctions of a differential neuron; 0 for synapses.
    """

    layer: str
    kind: str
    steps: int
    units: int
    neurons: int
    trials: int = 0
    operations: int = 0
    spikes: int = 0

    @property
    def density(self) -> float:
        """Share of time steps with an operation."""
        outputs = self.units * self.neurons * self.steps * self.trials
        return self.operations / outputs if outputs and self.kind != "synapses" else 0.0

    def to_json(self) -> dict[str, Any]:
        """Per trial."""
        row = asdict(self)
        for name in ("operations", "spikes"):
            row[f"{name}_per_trial"] = row.pop(name) / max(1, self.trials)
        return {**row, "density": self.density}


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
        events.spikes += round(_spikes(module, output.detach()) * neurons)

    return count


def _kind(module: nn.Module) -> str:
    if isinstance(module, DifferentialNeuron):
        return "differential"
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
    """Energy per trial of every layer of MTJ neurons in every scope.

    Args:
        costs: `NeuronCost` by circuit name (see `CIRCUIT_OF`).

    Returns:
        Rows with `layer`, `circuit`, `scope`, `operations_per_trial`, `energy_per_trial_J` (None: not obtained). The
        synapses that carry the spikes are not in it: no synapse circuit has been simulated for this network.
    """
    rows = []
    for layer in events.values():
        circuit = CIRCUIT_OF.get(layer.kind)
        if circuit is None or circuit not in costs:
            continue
        operations = layer.operations / max(1, layer.trials)
        for scope in SCOPES:
            one = operation_energy(costs[circuit], scope, layer.density) if layer.operations else 0.0
            rows.append({
                "layer": layer.layer, "circuit": circuit, "scope": scope, "neurons": layer.neurons,
                "operations_per_trial": operations, "density": layer.density,
                "energy_per_trial_J": None if one is None else one * operations,
            })  # fmt: skip
    return rows


def lstm_energy(model: nn.Module, steps: int, precision: str = "fp32") -> list[DigitalEstimate]:
    """Digital estimate of every LSTM layer of a model, from its own sizes, for one trial of `steps` steps."""
    return [
        digital_energy(RecurrentCell("LSTM", module.input_size, module.hidden_size, steps), precision)
        for module in model.modules()
        if isinstance(module, nn.LSTM)
    ]
