"""A network as a chain of layers of neurons with the weights between them, and the spikes of one sample.

What lies between two layers of neurons is a sum of weights: linear and convolutional layers, mean pooling, batch
normalisation with fixed statistics. Its matrix is what it makes of each unit vector.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign.description import NeuronDescription
from network.foreign.network import LoadedNetwork
from network.foreign.neurons import spikes_of, time_axis

LINEAR = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.Flatten,
    nn.Identity,
    nn.Dropout,
    nn.Dropout2d,
)
MOST_WEIGHTS = 4_000_000  # of one layer, written as text
_CHUNK = 256  # unit vectors at a time


@dataclass(frozen=True)
class Stage:
    """A layer of neurons with the weights in front of it.

    Attributes:
        path: its name in the network. neuron: its description. before: paths of the layers in front of it.
        weights: (inputs, neurons). bias: (neurons,), added in every step.
        spikes: (time, neurons), of the sample.
    """

    path: str
    neuron: NeuronDescription
    before: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray
    spikes: np.ndarray

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.bias)


@dataclass(frozen=True)
class Chain:
    """Layers of neurons in the order in which they run, and the sample's input, (time, inputs)."""

    inputs: np.ndarray
    stages: tuple[Stage, ...]


def chain_of(network: LoadedNetwork, sample: torch.Tensor) -> Chain:
    """Run one sample and take the network apart.

    Args:
        network: that is no recurrent one, and whose neurons stand in a row.
        sample: (time, *features).

    Raises:
        InputError: a layer that is no sum of weights stands before or between layers of neurons; more weights than
            `MOST_WEIGHTS`; no layer of neurons.
    """
    trace = _Trace(network.module, network.neurons())
    with torch.no_grad():
        network.run(sample[:1].unsqueeze(1))  # which may try how the network is fed
        with trace:
            network.run(sample.unsqueeze(1))
    network.reset()
    if not trace.spikes:
        raise InputError(
            "a network without neurons cannot be exported", where=network.source, allowed="spiking neurons"
        )
    stages, features = [], tuple(sample.shape[1:])
    for path, spikes in trace.spikes.items():
        weights, bias = _matrix(trace.between[path], features, path)
        before = tuple(name for name, _ in trace.between[path])
        fired = torch.cat(spikes).flatten(1).double().numpy()
        if fired.shape[1] != len(bias):
            raise InputError("not a chain of layers", where=path, found=fired.shape[1], allowed=f"{len(bias)} neurons")
        stages.append(Stage(path, trace.neurons[path], before, weights, bias, fired))
        features = tuple(spikes[0].shape[1:])
    inputs = sample.flatten(1).double().numpy()
    return Chain(np.broadcast_to(inputs, (len(stages[0].spikes), inputs.shape[1])), tuple(stages))


class _Trace:
    """Hooks that note which layers run between which layers of neurons, and what these return for the only sample."""

    def __init__(self, module: nn.Module, neurons: Mapping[str, NeuronDescription]) -> None:
        self.module, self.neurons = module, neurons
        self.between: dict[str, list[tuple[str, nn.Module]]] = {}
        self.spikes: dict[str, list[torch.Tensor]] = {}  # (time, *features) of each call
        self._since: list[tuple[str, nn.Module]] = []
        self._handles: list[Any] = []

    def __enter__(self) -> _Trace:
        within = tuple(f"{path}." for path in self.neurons)
        for path, layer in self.module.named_modules():
            if path in self.neurons:
                self._handles.append(layer.register_forward_hook(self._fired(path)))
            elif not path.startswith(within) and (not list(layer.children()) or isinstance(layer, LINEAR)):
                self._handles.append(layer.register_forward_hook(self._passed(path)))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _passed(self, path: str) -> Callable[..., None]:
        return lambda layer, *_: self._since.append((path, layer))

    def _fired(self, path: str) -> Callable[..., None]:
        def note(layer: nn.Module, _: Any, output: Any) -> None:
            spikes = spikes_of(layer, output)
            self.between.setdefault(path, self._since)
            spikes = spikes[:, 0] if time_axis(layer) == "multi" else spikes
            self.spikes.setdefault(path, []).append(spikes)
            self._since = []

        return note


def _matrix(
    layers: Sequence[tuple[str, nn.Module]], features: tuple[int, ...], where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (inputs, outputs) and bias of layers in a row, for inputs of this shape; in float64."""
    exact = []
    for path, layer in layers:
        if not isinstance(layer, LINEAR):
            allowed = ", ".join(kind.__name__ for kind in LINEAR)
            raise InputError("no sum of weights", where=path, found=type(layer).__name__, allowed=allowed)
        exact.append(copy.deepcopy(layer).double())

    def run(vectors: torch.Tensor) -> torch.Tensor:
        x = vectors.reshape(len(vectors), *features)
        for layer in exact:
            if isinstance(layer, nn.Linear) and x.shape[-1] != layer.in_features:
                x = x.flatten(1)  # a function that the network calls, and no layer of it
            x = layer(x.unsqueeze(0)).squeeze(0) if getattr(layer, "step_mode", "s") == "m" else layer(x)
        return x.flatten(1)

    width = math.prod(features)
    with torch.no_grad():
        bias = run(torch.zeros(1, width, dtype=torch.float64))[0]
        if width * len(bias) > MOST_WEIGHTS:
            allowed = f"up to {MOST_WEIGHTS}"
            raise InputError("too many weights for text", where=where, found=width * len(bias), allowed=allowed)
        rows = [run(part) - bias for part in torch.eye(width, dtype=torch.float64).split(_CHUNK)]
    return torch.cat(rows).numpy(), bias.numpy()
