"""Size of a network for event frames, from its shapes alone: nothing is run, and no weight is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ipcircuit.families import MODELS
from network.accounting.counting.recurrent import RECURRENT, dense_per_step
from network.accounting.counting.stand_in import Frames
from network.accounting.counting.weights import Synapses, dense_operations
from network.neurons.thermal_mtj.neurons import DifferentialNeuron
from network.tasks.task import Task


@dataclass(frozen=True)
class NetworkSize:
    """Size of a network for a sample.

    Attributes:
        parameters: trained numbers.
        macs: multiply-accumulates of a sample, all inputs counted; of a network of spikes the additions if all fired.
        neurons: simulated ones, each of the N parallel ones counted.
    """

    parameters: int
    macs: int
    neurons: int


def network_size(model: str, frames: Frames, options: Mapping[str, Any] | None = None) -> NetworkSize:
    """Size of a registered network.

    Args:
        model: registry name. frames: of a sample. options: of the model.

    Raises:
        InputError: unknown model, option or value.
    """
    task: Any = frames
    build = MODELS.load(model).builder(task, options)
    with torch.device("meta"), torch.no_grad():
        network, counts = build().eval(), {"macs": 0, "neurons": 0}
        for module in network.modules():
            _watch(module, counts)
        network(torch.zeros(frames.steps, 1, frames.channels, frames.size, frames.size))
    return NetworkSize(sum(p.numel() for p in network.parameters()), **counts)


def recurrent_sizes(model: str, frames: Frames | Task, options: Mapping[str, Any]) -> tuple[int, int]:
    """Inputs and units of the one recurrent layer of a registered network."""
    task: Any = frames
    with torch.device("meta"):
        network = MODELS.load(model).builder(task, options)()
    (layer,) = (m for m in network.modules() if isinstance(m, nn.LSTM | nn.RNN))
    return layer.input_size, layer.hidden_size


def _watch(module: nn.Module, counts: dict[str, int]) -> None:
    """Count a layer's operations as it runs; neurons hand on what has the shape of their output."""
    if getattr(module, "billing", None) is not None:
        double, parallel = isinstance(module, DifferentialNeuron), int(getattr(module, "parallel_neurons", 1))

        def neurons(x: torch.Tensor) -> torch.Tensor:
            counts["neurons"] += parallel * math.prod(x.shape[2:])
            return torch.cat((x, x), 2) if double else x

        module.forward = neurons
    elif isinstance(module, Synapses | RECURRENT):

        def macs(layer: Any, inputs: Any, output: Any) -> None:
            counts["macs"] += _macs(layer, inputs, output)

        module.register_forward_hook(macs)


def _macs(layer: Any, inputs: Any, output: Any) -> int:
    if isinstance(layer, RECURRENT):
        return inputs[0].numel() // layer.input_size * dense_per_step(layer)
    return dense_operations(layer, output)
