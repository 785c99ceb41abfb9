"""A network's neurons in the place of which a circuit's stand: in a copy of the network, whatever tool it is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.families import COUNTERPARTS
from network.foreign import neurons
from network.foreign.description import NeuronDescription
from network.foreign.network import LoadedNetwork
from network.mapping.counterpart import DESIGNED, Chip, Counterpart, LayerMapping, decay_of, drive_scale
from network.mapping.exchange import exchanged
from network.neurons.mapped import MappedNeuron
from network.neurons.stepping import StepMode

LAYER_SEEDS = 1000  # apart, of two chips: each layer has its own stream


class StandIn(nn.Module):
    """A circuit's layer that is called as the neuron was whose place it takes, and answers alike.

    Args:
        original: that neuron. Its other attributes, such as what makes states at rest, are still at hand.
        description: of it.
        layer: the circuit's.
    """

    def __init__(self, original: nn.Module, description: NeuronDescription, layer: MappedNeuron) -> None:
        super().__init__()
        object.__setattr__(self, "_original", original)
        self.layer = layer
        self._description = description
        self._scale, self._size = drive_scale(description), description.graded
        self._answers = _answers(original)

    def forward(self, inputs: torch.Tensor, *states: Any) -> Any:
        """Spikes, and what the neuron's tool returns beside them: the membrane, for the first state."""
        spikes = self.layer(inputs * _of(self._scale, inputs))
        out = spikes if self._size is None else spikes * _of(self._size, spikes)
        return out if self._answers is None else self._answers(out, self._membrane)

    @property
    def _membrane(self) -> torch.Tensor:
        """Of the network's units, after the last step."""
        d, level = self._description, self.layer.membrane()
        threshold = torch.as_tensor(d.threshold).to(level)
        return torch.as_tensor(d.rest).to(level) + level * (threshold - torch.as_tensor(d.rest).to(level))

    @property
    def step_mode(self) -> str:
        """As the layer's: SpikingJelly sets it in all modules of a network."""
        return self.layer.step_mode

    def reset(self) -> None:
        """Put the layer at rest."""
        self.layer.reset()

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            value = getattr(self.__dict__["_original"], name)
        if not (callable(value) and name.startswith(("init_", "reset_"))):
            return value

        def at_rest(*arguments: Any, **options: Any) -> Any:
            self.layer.reset()
            return value(*arguments, **options)

        return at_rest


Answer = Callable[[torch.Tensor, torch.Tensor], Any]


def _answers(original: nn.Module) -> Answer | None:
    """How a neuron's tool returns spikes; None for the spikes alone."""
    adapter = neurons.adapter_of(original)
    framework = adapter.framework if adapter is not None else ""
    if framework == "norse":
        return lambda spikes, membrane: (spikes, membrane)
    if framework == "snntorch" and (not getattr(original, "init_hidden", False) or getattr(original, "output", False)):
        further = sum(hasattr(original, name) for name in ("syn", "syn_exc", "syn_inh"))
        return lambda spikes, membrane: (spikes, *(torch.zeros_like(membrane),) * further, membrane)
    return None


def _of(value: Any, like: torch.Tensor) -> Any:
    return value.to(like) if isinstance(value, torch.Tensor) else value


Circuits = str | Mapping[str, str]
CircuitSettings = Mapping[str, Mapping[str, float | str]]


@dataclass(frozen=True)
class Plan:
    """Which circuit stands where.

    Attributes:
        layers: mapping of each layer that is exchanged, by its path.
        kept: path, class and reason of the layers of neurons that stay as they are.
        step_s: length of a time step, which all layers share.
        descriptions: of the exchanged neurons, by path.
        counterparts: by the circuit's name.
    """

    layers: Mapping[str, LayerMapping]
    kept: tuple[tuple[str, str, str], ...]
    step_s: float
    descriptions: Mapping[str, NeuronDescription] = field(repr=False)
    counterparts: Mapping[str, Counterpart] = field(repr=False)

    def network(self, network: LoadedNetwork, chip: Chip = DESIGNED) -> LoadedNetwork:
        """A copy of the network with the circuits' neurons in it, in its evaluation mode."""
        numbers = {path: number for number, path in enumerate(self.layers)}

        def layer(path: str, mode: StepMode) -> MappedNeuron:
            mapping = self.layers[path]
            own = replace(chip, seed=LAYER_SEEDS * chip.seed + numbers[path])
            return self.counterparts[mapping.circuit].layer(mapping, own, mode)

        return self.with_layers(network, layer)

    def with_layers(self, network: LoadedNetwork, layer: Callable[[str, StepMode], MappedNeuron]) -> LoadedNetwork:
        """A copy of the network with what `layer` gives for path and step mode in the places of the plan."""

        def make(path: str, module: nn.Module) -> nn.Module | None:
            if path not in self.layers:
                return None
            mode: StepMode = "m" if neurons.time_axis(module) == "multi" else "s"
            return StandIn(module, self.descriptions[path], layer(path, mode))

        copy = network.copy()
        copy.module = exchanged(copy.module, make)
        return copy.with_mode(False)


def plan(
    network: LoadedNetwork, circuits: Circuits, step_s: float | None = None, settings: CircuitSettings | None = None
) -> Plan:
    """Mapping of a network's neurons.

    All layers share the length of a step, that of the slowest one unless it is given; the others adapt where their
    circuit can.

    Args:
        circuits: name of the circuit for all layers of neurons, or names by path; the path ``""`` stands for all
            others, which without it stay as they are.
        step_s: length of a step, s.
        settings: of circuits, by name, where they are not as designed.

    Raises:
        InputError: a circuit without a counterpart or a setting, a path that is no layer of neurons, a step that a
            circuit cannot take, or no neuron that could be exchanged.
    """
    chosen = {"": circuits} if isinstance(circuits, str) else dict(circuits)
    found = network.neurons()
    for path in chosen:
        if path and path not in found:
            raise InputError("no layer of neurons", where="neuron", found=path, allowed=", ".join(found) or "none")
    names = {path: chosen.get(path, chosen.get("")) for path in found}
    reasons = {path: why_kept(found[path]) if name else "no circuit chosen" for path, name in names.items()}
    mapped = {path: str(names[path]) for path, reason in reasons.items() if reason is None}
    kept = tuple((path, found[path].class_name, reason) for path, reason in reasons.items() if reason is not None)
    if not mapped:
        detail = "; ".join(f"{path}: {reason}" for path, _, reason in kept) or "it has no neurons"
        raise InputError("no neuron of the network can be mapped onto a circuit", where=network.name, found=detail)
    counterparts = {name: _counterpart(name, (settings or {}).get(name)) for name in dict.fromkeys(mapped.values())}
    if step_s is None:
        own = (counterparts[name].step_s(_decay(found[path])) for path, name in mapped.items())
        step_s = max(own)
    layers = {path: counterparts[name].map(found[path], step_s) for path, name in mapped.items()}
    return Plan(layers, kept, step_s, {path: found[path] for path in mapped}, counterparts)


def _counterpart(name: str, settings: Mapping[str, float | str] | None) -> Counterpart:
    designed: Counterpart = COUNTERPARTS.load(name)
    return designed.with_settings(settings) if settings else designed


def why_kept(neuron: NeuronDescription) -> str | None:
    """Why a neuron is not exchanged; None where it can be."""
    if not neuron.spiking:
        return "it does not spike"
    if neuron.threshold is None or neuron.decay is None:
        return "; ".join(neuron.unsupported) or "its equation is not that of a LIF neuron"
    if neuron.recurrent:
        return "its module holds feedback weights, which a circuit's neuron does not"
    return None


def _decay(neuron: NeuronDescription) -> float:
    decay = decay_of(neuron)
    return 1.0 if decay is None else decay
